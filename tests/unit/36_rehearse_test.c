/* What a changed workflow would have made of the cases that there are; and that the same one would have made the same of them. */
#include "tests/unit/rooms.h"

#include "engine/rehearse.h"

#define KEY "case-key-0000001"
#define BUILDING "jinnong/grid-3/building-7"
#define FILE_NAME "tests/migrate/neighbour-matter.yaml"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct rooms *rooms;
static struct rehearsed last;
static struct rehearse_sum sum;

static int set_up(void **state)
{
    (void)state;
    rooms = calloc(1, sizeof *rooms);
    rooms_open(rooms, FILE_NAME);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rooms_close(rooms);
    free(rooms);
    return 0;
}

/* The file with some of its words changed, the first place of each: pairs, ended by NULL. */
static struct text changed(const char *const *words)
{
    struct text text = bed_file(&rooms->bed, FILE_NAME);
    for (; *words; words += 2) {
        const char *whole = arena_string(&rooms->bed.arena, text), *at = strstr(whole, words[0]);
        assert_non_null(at);
        text = arena_print(&rooms->bed.arena, "%.*s%s%s", (int)(at - whole), whole, words[1], at + strlen(words[0]));
    }
    return text;
}

static void open_matter(void)
{
    struct value parties = value_text(TEXT("app:zhao"));
    const struct field_value data[] = {field_text("kind", "noise"), {TEXT("parties"), parties}, field_text("secret", "whisper"), field_text("what", "a dog")};
    struct message message = message_open(rooms, KEY, "neighbour-matter", BUILDING, "li", data, 4);
    expect_applied(rooms_tell(rooms, &message));
}

static void tell(const char *event, const char *as, const struct field_value *data, uint32_t count)
{
    struct message message = message_send(rooms, KEY, event, as, data, count);
    expect_applied(rooms_tell(rooms, &message));
}

/* Days go by, as the engine lives them: what is due fires soon after. */
static void live(int days)
{
    for (int hour = 0; hour < 24 * days; hour++) {
        uint32_t fired = 0;
        rooms->time.now += 3600 * 1000;
        rooms_begin(rooms);
        assert_int_equal(engine_fire(rooms->bed.engine, 100, &fired), ERR_OK);
        rooms_commit(rooms);
    }
}

static void take(void *context, const struct rehearsed *rehearsed)
{
    (void)context;
    last = *rehearsed;
    last.refused = arena_copy(&rooms->bed.arena, rehearsed->refused);
    last.no_place = arena_copy(&rooms->bed.arena, rehearsed->no_place);
    last.would.stage = arena_string(&rooms->bed.arena, text_of(rehearsed->would.stage ? rehearsed->would.stage : ""));
    last.would.level = arena_string(&rooms->bed.arena, text_of(rehearsed->would.level ? rehearsed->would.level : ""));
    last.would.end = arena_string(&rooms->bed.arena, text_of(rehearsed->would.end ? rehearsed->would.end : ""));
}

static void rehearse(const char *const *words)
{
    struct problems problems;
    struct source source;
    struct rehearse *rehearsal;
    uint64_t after = 0, position = engine_position(rooms->bed.engine);
    uint8_t before[HASH_SIZE], now[HASH_SIZE];
    if (source_read(&rooms->bed.arena, "changed.yaml", changed(words), &problems, &source))
        fail_msg("%s", problems_print(&problems, &rooms->bed.arena).data);
    const struct rehearse_options options = {.workflow = &source.workflow, .now = rooms->time.now};
    bed_hash(&rooms->bed, before);
    sum = (struct rehearse_sum){0};
    assert_int_equal(rehearse_open(&rehearsal, rooms->bed.engine, &options), ERR_OK);
    assert_int_equal(rehearse_some(rehearsal, &after, &sum, take, NULL), ERR_NOT_FOUND);
    rehearse_close(&rehearsal);
    bed_hash(&rooms->bed, now);
    assert_memory_equal(before, now, HASH_SIZE);
    assert_int_equal(engine_position(rooms->bed.engine), position);
}

static void the_same_comes_of_the_same(void **state)
{
    (void)state;
    open_matter();
    live(30); /* climbs twice, each time when its level's time is up */
    assert_int_equal(engine_position(rooms->bed.engine) > 20, true);
    rehearse((const char *const[]){"version: 1", "version: 2", NULL});
    assert_int_equal(sum.cases, 1);
    assert_false(rehearsed_differs(&last));
    assert_true(last.is.due == last.would.due);
    assert_true(last.is.late);
}

static void deadlines_are_the_changed_ones(void **state)
{
    (void)state;
    open_matter();
    live(3);
    rehearse((const char *const[]){"version: 1", "version: 2", "within:  5 working days", "within:  2 hours", NULL});
    assert_true(last.late);
    assert_true(last.elsewhere);
    assert_string_equal(last.would.end, "dropped"); /* two hours at each level, and then the top */
    live(20); /* the holidays of October are among them */
    rehearse((const char *const[]){"version: 1", "version: 2", "within:  5 working days", "within:  90 days", NULL});
    assert_true(last.relieved);
    assert_string_equal(last.would.level, "building");
}

static void what_people_sent_is_decided_anew(void **state)
{
    (void)state;
    struct field_value remark = field_text("remark", "calm now");
    open_matter();
    tell("note", "li", &remark, 1);
    tell("give-up", "li", NULL, 0);
    rehearse((const char *const[]){"version: 1", "version: 2", "[remark, secret], stay", "[secret], stay", "  remark:  {type: text, most: 200}\n", "", NULL});
    assert_int_equal(last.refused_count, 1);
    assert_true(text_is(last.refused, "note"));
    assert_string_equal(last.would.end, "dropped"); /* and on as far as the rest fits */
    rehearse((const char *const[]){"version: 1", "version: 2", "by: [mediator]", "by: [grid-leader]", NULL});
    assert_true(last.not_opened);
    assert_true(text_is(last.refused, "open"));
}

static void what_is_sealed_passes(void **state)
{
    (void)state;
    open_matter();
    rehearse((const char *const[]){"version: 1", "version: 2", "{type: text, most: 100, sees: [mediator]}", "{type: text, most: 100}", NULL});
    assert_true(last.blind);
    assert_int_equal(last.refused_count, 0);
    assert_non_null(memmem(last.no_place.data, last.no_place.size, "'secret'", 8)); /* as it stands it could not go there */
    rehearse((const char *const[]){"version: 1", "version: 2", "{type: text, most: 200}", "{type: text, most: 200, sees: [mediator]}", NULL});
    assert_false(last.blind);
    assert_int_equal(last.refused_count, 0);
}

static void another_workflow_has_no_cases(void **state)
{
    (void)state;
    open_matter();
    rehearse((const char *const[]){"workflow: neighbour-matter", "workflow: other-matter", NULL});
    assert_int_equal(sum.cases, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_same_comes_of_the_same), TEST(deadlines_are_the_changed_ones), TEST(what_people_sent_is_decided_anew), TEST(what_is_sealed_passes),
        TEST(another_workflow_has_no_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
