/* A case goes on under another version: by names, as far as all of it has a place there, or not at all; and the log replays. */
#include "engine/poll.h"
#include "tests/unit/rooms.h"

#define KEY "case-key-0000001"
#define BUILDING "jinnong/grid-3/building-7"
#define FILE_NAME "tests/migrate/neighbour-matter.yaml"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct rooms *rooms;

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
    bed_assert_replays(&rooms->bed);
    rooms_close(rooms);
    free(rooms);
    return 0;
}

/* The file with some of its words changed, everywhere where they stand: pairs, ended by NULL. */
static struct text changed_file(const char *file, const char *const *words)
{
    struct arena *arena = &rooms->bed.arena;
    struct text text = bed_file(&rooms->bed, file);
    for (; *words; words += 2) {
        const char *rest = arena_string(arena, text), *found;
        struct text out = {0};
        assert_non_null(strstr(rest, words[0]));
        for (; (found = strstr(rest, words[0])); rest = found + strlen(words[0]))
            out = arena_print(arena, "%.*s%.*s%s", (int)out.size, out.data, (int)(found - rest), rest, words[1]);
        text = arena_print(arena, "%.*s%s", (int)out.size, out.data, rest);
    }
    return text;
}

static struct text changed(const char *const *words)
{
    return changed_file(FILE_NAME, words);
}

static void deploy(const char *const *words)
{
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "changed.yaml", changed(words)), ERR_OK);
}

static void open_matter_of(const char *key)
{
    struct value *parties = ARENA_ARRAY(&rooms->bed.arena, struct value, 2);
    parties[0] = value_text(TEXT("app:qian"));
    parties[1] = value_text(TEXT("app:zhao"));
    const struct field_value data[] = {field_text("kind", "noise"), {TEXT("parties"), {.kind = VALUE_LIST, .count = 2, .items = parties}},
                                       field_text("secret", "whisper"), field_text("what", "a dog")};
    struct message message = message_open(rooms, key, "neighbour-matter", BUILDING, "li", data, 4);
    expect_applied(rooms_tell(rooms, &message));
}

static void open_matter(void)
{
    open_matter_of(KEY);
}

static void tell(const char *event, const char *as, const struct field_value *data, uint32_t count)
{
    struct message message = message_send(rooms, KEY, event, as, data, count);
    expect_applied(rooms_tell(rooms, &message));
}

static struct message migrate_with(uint32_t version, const struct field_value *data, uint32_t count)
{
    struct message message = {.kind = MESSAGE_MIGRATE, .request = 5, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY)},
                              .workflow = TEXT("neighbour-matter"), .version = version, .as = TEXT("local:chief"), .data = data, .data_count = count};
    message = recode(rooms, &message);
    return rooms_tell(rooms, &message);
}

static struct message migrate(uint32_t version)
{
    return migrate_with(version, NULL, 0);
}

static struct field_value drop(const char *name)
{
    struct value *one = ARENA_NEW(&rooms->bed.arena, struct value);
    *one = value_text(text_of(name));
    return (struct field_value){TEXT("drop"), {.kind = VALUE_LIST, .count = 1, .items = one}};
}

static struct field_value stages(const char *from, const char *to)
{
    struct value *pair = ARENA_ARRAY(&rooms->bed.arena, struct value, 2);
    pair[0] = value_text(text_of(from));
    pair[1] = value_text(text_of(to));
    return (struct field_value){TEXT("stages"), {.kind = VALUE_MAP, .count = 1, .items = pair}};
}

static const struct case_state *state_now(void)
{
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY)};
    const struct case_state *state;
    assert_int_equal(engine_find_case(rooms->bed.engine, &subject, &state), ERR_OK);
    return state;
}

static void expect_why(struct message answer, enum err code, const char *words)
{
    expect_refused(answer, code);
    if (!memmem(answer.why.data, answer.why.size, words, strlen(words)))
        fail_msg("%.*s", (int)answer.why.size, answer.why.data);
}

static void a_case_goes_on_under_the_new_version(void **state)
{
    (void)state;
    open_matter();
    int64_t before = case_due(state_now());
    deploy((const char *const[]){"version: 1", "version: 2", "within:  5 working days", "within:  8 working days", NULL});
    struct message answer = migrate(2);
    expect_applied(answer);
    assert_true(answer.due > before);
    assert_true(text_is(answer.stage, "talk"));
    expect_refused(migrate(2), ERR_NOT_NOW);
    assert_int_equal(workflow_head(engine_workflow(rooms->bed.engine, state_now()->workflow))->version, 2);
    struct log_record record;
    struct view view = {.engine = rooms->bed.engine, .seal = rooms->seal, .arena = &rooms->bed.arena};
    assert_int_equal(view_begin(&view), ERR_OK);
    assert_int_equal(view_record(&view, state_now()->last_position, &record), ERR_OK);
    view_end(&view);
    assert_int_equal(record.change_count, 1);
    assert_true(record.changes[0].before == before && record.changes[0].after == answer.due);
    tell("agree", "app:zhao", NULL, 0); /* and goes on */
    tell("agree", "app:qian", NULL, 0);
    assert_string_equal(workflow_stage_name(engine_workflow(rooms->bed.engine, state_now()->workflow), state_now()->stage), "work");
}

static void the_same_message_again_counts_once(void **state)
{
    (void)state;
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", NULL});
    struct message message = {.kind = MESSAGE_MIGRATE, .request = 5, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY)},
                              .workflow = TEXT("neighbour-matter"), .version = 2, .as = TEXT("local:chief")};
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_DUPLICATE);
}

static void a_stage_that_is_called_otherwise_is_named(void **state)
{
    (void)state;
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", "talk", "hearing", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "the stage 'talk'");
    struct field_value unknown = stages("tlak", "hearing"), nowhere = stages("talk", "haering"), right = stages("talk", "hearing");
    expect_why(migrate_with(2, &unknown, 1), ERR_BAD_DATA, "has no stage 'tlak'");
    expect_why(migrate_with(2, &nowhere, 1), ERR_BAD_DATA, "has no stage 'haering'");
    struct message answer = migrate_with(2, &right, 1);
    expect_applied(answer);
    assert_true(text_is(answer.stage, "hearing"));
}

static void what_holds_data_is_not_lost_unless_said(void **state)
{
    (void)state;
    struct field_value remark = field_text("remark", "keep me");
    open_matter();
    tell("note", "li", &remark, 1);
    deploy((const char *const[]){"version: 1", "version: 2", "  remark:  {type: text, most: 200}\n", "", "[remark, secret]", "[secret]", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "the field 'remark'");
    struct field_value wrong = drop("remrak"), right = drop("remark");
    expect_refused(migrate_with(2, &wrong, 1), ERR_BAD_DATA);
    expect_applied(migrate_with(2, &right, 1));
}

static void a_field_of_another_kind_is_no_place(void **state)
{
    (void)state;
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", "[noise, water, other]", "[water, other]", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "the field 'kind' holds a choice");
    deploy((const char *const[]){"version: 1", "version: 3", "{type: text, most: 100, sees: [mediator]}", "{type: text, most: 100}", NULL});
    expect_why(migrate(3), ERR_NO_PLACE, "(private or not)");
    deploy((const char *const[]){"version: 1", "version: 4", "{type: text, most: 200}", "{type: date}", NULL});
    expect_why(migrate(4), ERR_NO_PLACE, "the field 'what'");
}

/* What was private under the old version stays hidden, although the new one has no such field, or one that everyone sees. */
static void what_was_private_stays_private(void **state)
{
    (void)state;
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", "{type: text, most: 100, sees: [mediator]}", "{type: text, most: 100}", NULL});
    struct field_value secret = drop("secret");
    expect_applied(migrate_with(2, &secret, 1));
    struct view view = {.engine = rooms->bed.engine, .seal = rooms->seal, .arena = &rooms->bed.arena};
    const struct case_state *now = state_now();
    assert_int_equal(view_begin(&view), ERR_OK);
    for (uint64_t position = now->last_position; position;) {
        struct log_record record;
        struct value row;
        const struct viewer anyone = {.person = {0}};
        assert_int_equal(view_record(&view, position, &record), ERR_OK);
        assert_int_equal(view_history(&view, now, position, &record, &anyone, &row), ERR_OK);
        struct text json = wire_json(&rooms->bed.arena, &row);
        assert_null(memmem(json.data, json.size, "whisper", 7));
        position = record.previous;
    }
    view_end(&view);
}

static void a_level_must_be_in_the_ladder(void **state)
{
    (void)state;
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", "ladder:  [building, grid, community]", "ladder:  [grid, community]", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "the level 'building'");
    tell("raise", "li", NULL, 0);
    expect_applied(migrate(2));
}

static void what_somebody_has_said_waits_on(void **state)
{
    (void)state;
    open_matter();
    tell("agree", "app:zhao", NULL, 0);
    deploy((const char *const[]){"version: 1", "version: 2", "{each: parties}", "parties", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "app:zhao has sent 'agree'");
    deploy((const char *const[]){"version: 1", "version: 3", "note:", "remark-made:", NULL});
    expect_applied(migrate(3));
    assert_int_equal(state_now()->part_count, 1);
    tell("agree", "app:qian", NULL, 0);
    assert_int_equal(state_now()->part_count, 0);
}

static void an_open_task_needs_its_place(void **state)
{
    (void)state;
    open_matter();
    tell("agree", "app:zhao", NULL, 0);
    tell("agree", "app:qian", NULL, 0);
    deploy((const char *const[]){"version: 1", "version: 2", "      clean:  {for: grid-worker}\n", "", "      clean:  {by: grid-worker, stay: true}\n", "", NULL});
    expect_why(migrate(2), ERR_NO_PLACE, "the task clean");
    deploy((const char *const[]){"version: 1", "version: 3", "      clean:  {for: grid-worker}\n", "      clean:  {for: grid-worker}\n      paint:  {for: grid-worker}\n",
                                 "      clean:  {by: grid-worker, stay: true}\n", "      clean:  {by: grid-worker, stay: true}\n      paint:  {by: grid-worker, stay: true}\n", NULL});
    expect_applied(migrate(3));
    assert_int_equal(state_now()->task_count, 3);
    tell("repair", "li", NULL, 0);
    tell("clean", "li", NULL, 0);
    tell("paint", "li", NULL, 0);
    assert_true(state_now()->flags & CASE_ENDED);
    deploy((const char *const[]){"version: 1", "version: 4", NULL});
    expect_why(migrate(4), ERR_NOT_NOW, "has ended");
}

static void the_deadline_moves_with_its_extension(void **state)
{
    (void)state;
    open_matter();
    int64_t plain = case_due(state_now());
    tell("extend", "li", NULL, 0);
    int64_t longer = case_due(state_now());
    assert_true(longer > plain);
    deploy((const char *const[]){"version: 1", "version: 2", NULL});
    expect_applied(migrate(2));
    assert_true(case_due(state_now()) == longer);
    deploy((const char *const[]){"version: 1", "version: 3", "    extend:  {by: mediator, add: 5 working days, most: 1}\n", "", NULL});
    expect_why(migrate(3), ERR_NO_PLACE, "the deadline was extended");
    struct field_value extend = drop("extend");
    expect_applied(migrate_with(3, &extend, 1));
    assert_true(case_due(state_now()) == plain);
}

static void a_shorter_deadline_fires_when_it_has_passed(void **state)
{
    (void)state;
    open_matter();
    rooms->time.now += 2 * DAY_MS; /* the second day: a Saturday, after the Mid-Autumn day */
    deploy((const char *const[]){"version: 1", "version: 2", "within:  5 working days", "within:  30 minutes", NULL});
    struct message answer = migrate(2);
    expect_applied(answer);
    assert_true(answer.due < rooms->time.now);
    uint32_t fired = 0;
    rooms_begin(rooms);
    assert_int_equal(engine_fire(rooms->bed.engine, 10, &fired), ERR_OK);
    rooms_commit(rooms);
    assert_true(fired > 0);
    const struct workflow *workflow = engine_workflow(rooms->bed.engine, state_now()->workflow);
    assert_string_equal(workflow_level_name(workflow, state_now()->level), "grid"); /* what follows the deadline followed */
}

static void only_the_operator_may(void **state)
{
    (void)state;
    static const struct door_origin stranger = {.principal = TEXT("app")};
    open_matter();
    deploy((const char *const[]){"version: 1", "version: 2", NULL});
    rooms->door.operator = TEXT("local");
    struct message message = {.kind = MESSAGE_MIGRATE, .request = 5, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY)},
                              .workflow = TEXT("neighbour-matter"), .version = 2, .as = TEXT("li")};
    rooms_begin(rooms);
    expect_refused(rooms_decide(rooms, &message, &stranger), ERR_DENIED);
    rooms_commit(rooms);
    expect_applied(rooms_tell(rooms, &message));
}

static void a_version_that_is_not_there_is_said_so(void **state)
{
    (void)state;
    open_matter();
    expect_why(migrate(7), ERR_UNKNOWN_WORKFLOW, "version 7");
}

/* ---- stages that begin something when they are entered, or wait for others ---- */

static void deploy_waiting(const char *const *words)
{
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "waiting.yaml", changed_file("tests/migrate/waiting-matter.yaml", words)), ERR_OK);
}

static void open_waiting(void)
{
    const struct field_value data[] = {field_text("what", "a dog")};
    deploy_waiting((const char *const[]){NULL});
    struct message message = message_open(rooms, KEY, "waiting-matter", BUILDING, "li", data, 1);
    expect_applied(rooms_tell(rooms, &message));
}

static struct message migrate_waiting(uint32_t version)
{
    struct message message = {.kind = MESSAGE_MIGRATE, .request = 5, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY)},
                              .workflow = TEXT("waiting-matter"), .version = version, .as = TEXT("local:chief")};
    message = recode(rooms, &message);
    return rooms_tell(rooms, &message);
}

static void a_clock_that_stands_while_children_are_waited_for_stands_on(void **state)
{
    (void)state;
    open_waiting();
    tell("ask", "li", NULL, 0);
    tell("wait", "li", NULL, 0);
    assert_false(case_clock_runs(case_clock(state_now(), CLOCK_STAGE, 0)));
    int64_t left = case_clock(state_now(), CLOCK_STAGE, 0)->remaining;
    rooms->time.now += 20 * DAY_MS;
    deploy_waiting((const char *const[]){"version: 1", "version: 2", NULL});
    expect_applied(migrate_waiting(2));
    assert_true(state_now()->flags & CASE_WAITS);
    assert_false(case_clock_runs(case_clock(state_now(), CLOCK_STAGE, 0)));
    assert_true(case_clock(state_now(), CLOCK_STAGE, 0)->remaining == left);
    deploy_waiting((const char *const[]){"version: 1", "version: 3", ", stops-clock: true", "", NULL});
    expect_applied(migrate_waiting(3));
    assert_false(state_now()->flags & CASE_WAITS);
    assert_true(case_due(state_now()) > rooms->time.now); /* with what was left of it */
}

static void where_nothing_is_waited_for_any_more_the_case_goes_on(void **state)
{
    (void)state;
    open_waiting();
    tell("ask", "li", NULL, 0);
    tell("wait", "li", NULL, 0);
    deploy_waiting((const char *const[]){"version: 1", "version: 2", "of: case", "of: stage", NULL});
    expect_applied(migrate_waiting(2));
    assert_true(state_now()->flags & CASE_ENDED);
}

/* What a quota opens is nobody's child. */
static void a_child_finds_its_place_in_what_a_case_opens(void **state)
{
    (void)state;
    open_waiting();
    tell("ask", "li", NULL, 0);
    deploy_waiting((const char *const[]){"version: 1", "version: 2", "data:", "quota: {least: 1, a: year, for-each: building, ends: done, short: {open: {workflow: errand}}}\ndata:", NULL});
    expect_applied(migrate_waiting(2));
    const struct workflow *workflow = engine_version(rooms->bed.engine, TEXT("waiting-matter"), 2);
    assert_int_equal(workflow_short_opens(workflow).count, 1);
    assert_int_not_equal(state_now()->children[0].open, workflow_short_opens(workflow).first);
    deploy_waiting((const char *const[]){"version: 1", "version: 3", "open: {workflow: errand", "open: {workflow: visit", "data:", "quota: {least: 1, a: year, for-each: building, ends: done, short: {open: {workflow: errand}}}\ndata:", NULL});
    expect_why(migrate_waiting(3), ERR_NO_PLACE, "nothing there opens such a one");
}

static void a_vote_or_a_publication_begins_only_when_it_is_entered(void **state)
{
    (void)state;
    open_waiting();
    deploy_waiting((const char *const[]){"version: 1", "version: 2", "    within: 5 working days\n",
                                         "    within: 5 working days\n    vote: {roll: mediator, choices: [yes-1, no-1], pass: {yes-1: at least 1/1, of: roll}, passed: {end: done}, failed: {end: dropped}}\n", NULL});
    expect_why(migrate_waiting(2), ERR_NO_PLACE, "holds a vote, which begins only when it is entered");
    deploy_waiting((const char *const[]){"version: 1", "version: 3", "    within: 5 working days\n", "    within: 5 working days\n    publish: {fields: [what]}\n    then: {end: done}\n", NULL});
    expect_why(migrate_waiting(3), ERR_NO_PLACE, "a publication, which is put up only when it is entered");
}

static void deploy_vote(int version, const char *choices, const char *pass, const char *more)
{
    struct text text = arena_print(&rooms->bed.arena, "workflow: neighbour-matter\nversion: %d\nopens: {by: mediator, at: building, needs: [parties]}\n"
                                   "data: {parties: {type: people}}\nstart: {go: decide}\nstages:\n  decide:\n    within: 3 days\n"
                                   "    vote: {roll: parties, choices: %s, pass: {yes-please: %s, of: all members}, early: true, passed: {go: work}, failed: {end: over}}\n"
                                   "  work: {within: 9 days, task: {for: mediator}, events: {done: {by: mediator, end: over}}%s}\nends: {over: }\n",
                                   version, choices, pass, more);
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "vote.yaml", text), ERR_OK);
}

/* What came out of a vote is told by its choices and its rule: under others it would be told wrongly. */
static void a_vote_that_is_over_keeps_its_arithmetic(void **state)
{
    (void)state;
    deploy_vote(11, "[yes-please, no-thanks]", "more than 1/2", "");
    struct value *parties = ARENA_ARRAY(&rooms->bed.arena, struct value, 2);
    parties[0] = value_text(TEXT("app:qian"));
    parties[1] = value_text(TEXT("app:zhao"));
    const struct field_value data[] = {{TEXT("parties"), {.kind = VALUE_LIST, .count = 2, .items = parties}}}, yes[] = {field_text("choice", "yes-please")};
    struct message message = message_open(rooms, KEY, "neighbour-matter", BUILDING, "li", data, 1);
    expect_applied(rooms_tell(rooms, &message));
    tell("ballot", "app:qian", yes, 1);
    tell("ballot", "app:zhao", yes, 1);
    deploy_vote(12, "[no-thanks, yes-please]", "more than 1/2", "");
    expect_why(migrate(12), ERR_NO_PLACE, "the vote that was held in 'decide' was decided by another rule, or with other choices");
    deploy_vote(13, "[yes-please, no-thanks]", "at least 1/2", "");
    expect_why(migrate(13), ERR_NO_PLACE, "the vote that was held in 'decide' was decided by another rule, or with other choices");
    deploy_vote(14, "[yes-please, no-thanks]", "more than 1/2", ", warn: 1 day");
    expect_applied(migrate(14));
    const struct case_state *now = state_now();
    struct text says = poll_sentence(engine_workflow(rooms->bed.engine, now->workflow), &rooms->bed.arena, &now->polls[0], false);
    assert_non_null(memmem(says.data, says.size, "2 × 2 = 4 > 1 × 2 = 2", strlen("2 × 2 = 4 > 1 × 2 = 2")));
}

/* Versions of one workflow are counted in one row: wherever a batch ends, a case that fell behind under one and ended under the other is none less than
 * nobody (the one that was opened under the new version has the batch count that one first). */
static void wherever_batches_end_the_counts_are_the_same(void **state)
{
    (void)state;
    uint32_t fired;
    open_matter();
    tell("agree", "app:zhao", NULL, 0);
    tell("agree", "app:qian", NULL, 0);
    deploy((const char *const[]){"version: 1", "version: 2", NULL});
    open_matter_of("case-key-0000002");
    rooms->time.now += 40 * DAY_MS;
    rooms_begin(rooms);
    assert_int_equal(engine_fire(rooms->bed.engine, 100, &fired), ERR_OK);
    rooms_commit(rooms);
    assert_true(state_now()->flags & CASE_OVERDUE);
    expect_applied(migrate(2));
    tell("repair", "li", NULL, 0);
    tell("clean", "li", NULL, 0);
    assert_true(state_now()->flags & CASE_ENDED);
    for (uint32_t most = 1; most <= engine_position(rooms->bed.engine); most++)
        bed_assert_replays_by(&rooms->bed, most);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_case_goes_on_under_the_new_version), TEST(the_same_message_again_counts_once), TEST(a_stage_that_is_called_otherwise_is_named),
        TEST(what_holds_data_is_not_lost_unless_said), TEST(a_field_of_another_kind_is_no_place), TEST(what_was_private_stays_private),
        TEST(a_level_must_be_in_the_ladder), TEST(what_somebody_has_said_waits_on), TEST(an_open_task_needs_its_place),
        TEST(the_deadline_moves_with_its_extension), TEST(a_shorter_deadline_fires_when_it_has_passed), TEST(only_the_operator_may),
        TEST(a_version_that_is_not_there_is_said_so), TEST(a_clock_that_stands_while_children_are_waited_for_stands_on),
        TEST(a_child_finds_its_place_in_what_a_case_opens), TEST(where_nothing_is_waited_for_any_more_the_case_goes_on), TEST(a_vote_or_a_publication_begins_only_when_it_is_entered),
        TEST(a_vote_that_is_over_keeps_its_arithmetic), TEST(wherever_batches_end_the_counts_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
