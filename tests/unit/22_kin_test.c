/* kin: what cases have to say to each other, on the engine: heard once whatever breaks off, the same after a replay. */
#include "tests/unit/engines.h"

static const char parent_bytes[ID_SIZE] = "parent-key-00001", other_bytes[ID_SIZE] = "other--key-00001";
static const struct text parent_key = {parent_bytes, ID_SIZE}, other_key = {other_bytes, ID_SIZE};
static const struct field_value task_field[] = {{.name = {"task", 4}, .value = {.kind = VALUE_TEXT, .text = {"lamps", 5}}}};
static const struct field_value report_field[] = {{.name = {"report", 6}, .value = {.kind = VALUE_TEXT, .text = {"done", 4}}}};

static int set_up(void **state)
{
    static struct bed bed;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    assert_int_equal(bed_deploy(&bed, AT(0), "calendar-cn.yaml", bed_file(&bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&bed, AT(0), "directory", bed_file(&bed, "config/practice-directory.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&bed, AT(0), "meeting", bed_file(&bed, "tests/scenarios/children/meeting.yaml")), ERR_OK);
    *state = &bed;
    return 0;
}

static int tear_down(void **state)
{
    bed_close(*state);
    return 0;
}

static void deploy_child(struct bed *bed)
{
    assert_int_equal(bed_deploy(bed, AT(1), "resolution", bed_file(bed, "tests/scenarios/children/resolution.yaml")), ERR_OK);
}

static void open_parent(struct bed *bed, struct text key)
{
    struct event event = {.kind = EVENT_OPEN, .id = bed_id(bed), .sender = TEXT("local"), .key = key, .workflow = TEXT("meeting"), .unit = TEXT("jinnong"),
                          .as = TEXT("secretary-11")};
    assert_int_equal(bed_send(bed, AT(10), &event).kind, MESSAGE_APPLIED);
}

static struct event sending(struct bed *bed, struct text key, const char *name, const struct field_value *data)
{
    return (struct event){.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = key},
                          .name = text_of(name), .as = TEXT("secretary-11"), .data = data, .data_count = data ? 1 : 0};
}

static void send_to(struct bed *bed, struct text key, const char *name, const struct field_value *data)
{
    struct event event = sending(bed, key, name, data);
    struct message answer = bed_send(bed, AT(20), &event);
    if (answer.kind != MESSAGE_APPLIED)
        fail_msg("%s: %.*s", name, (int)answer.why.size, answer.why.data);
}

/* A batch in which up to so many events are heard; how many were. */
static uint32_t hear(struct bed *bed, uint32_t most)
{
    uint32_t heard;
    engine_begin(bed->engine, AT(30));
    assert_int_equal(engine_fire(bed->engine, most, &heard), ERR_OK);
    bed_commit(bed);
    return heard;
}

static void hear_all(struct bed *bed)
{
    while (hear(bed, 100) > 0)
        ;
}

static const struct case_state *find(struct bed *bed, struct text key)
{
    const struct case_state *state = NULL;
    enum err code = engine_find_case(bed->engine, &(struct case_ref){.kind = CASE_REF_KEY, .text = key}, &state);
    return code == ERR_OK ? state : NULL;
}

static struct text child_key(struct bed *bed, uint32_t number)
{
    return engine_child_key(&bed->arena, parent_key, find(bed, parent_key)->children[number].id);
}

static void start_again(struct bed *bed)
{
    engine_close(&bed->engine);
    store_memory_crash(bed->store);
    bed_open_engine(bed);
}

static void nothing_is_heard_before_it_is_on_disk(void **state)
{
    struct bed *bed = *state;
    uint32_t heard;
    deploy_child(bed);
    open_parent(bed, parent_key);
    struct event event = sending(bed, parent_key, "resolve", task_field);
    engine_begin(bed->engine, AT(20));
    assert_int_equal(bed_decide(bed, &event).kind, MESSAGE_APPLIED);
    assert_int_equal(engine_fire(bed->engine, 100, &heard), ERR_OK);
    assert_int_equal(heard, 0);
    bed_commit(bed);
    assert_true(engine_next_due(bed->engine) == INT64_MIN);
    assert_null(find(bed, child_key(bed, 0)));
    assert_int_equal(hear(bed, 100), 1);
    assert_non_null(find(bed, child_key(bed, 0)));
    bed_assert_replays(bed);
}

/* The engine dies between any two batches, and with any batch undone. */
static void a_child_is_opened_once_and_its_end_comes_back_once(void **state)
{
    struct bed *bed = *state;
    uint32_t heard;
    deploy_child(bed);
    open_parent(bed, parent_key);
    for (int i = 0; i < 3; i++)
        send_to(bed, parent_key, "resolve", task_field);
    start_again(bed);
    engine_begin(bed->engine, AT(30)); /* heard, and lost with its batch */
    assert_int_equal(engine_fire(bed->engine, 100, &heard), ERR_OK);
    assert_int_equal(heard, 3);
    engine_abort(bed->engine);
    start_again(bed);
    assert_int_equal(hear(bed, 2), 2); /* as many as a batch takes */
    assert_non_null(find(bed, child_key(bed, 1)));
    assert_null(find(bed, child_key(bed, 2)));
    start_again(bed);
    hear_all(bed);
    send_to(bed, child_key(bed, 1), "report", report_field);
    start_again(bed);
    hear_all(bed);
    assert_int_equal(hear(bed, 100), 0);
    const struct case_state *parent = find(bed, parent_key);
    assert_int_equal(parent->child_count, 3);
    assert_int_equal(parent->children[1].state, CHILD_ENDED);
    assert_true(text_is(parent->children[1].end, "done"));
    assert_int_equal(parent->children[0].state, CHILD_OPEN);
    assert_int_equal(parent->events, 5); /* open, three times resolve, and one end */
    assert_int_equal(find(bed, child_key(bed, 1))->events, 2);
    bed_assert_replays(bed);
}

static void what_is_refused_stands_on_the_parent(void **state)
{
    struct bed *bed = *state;
    open_parent(bed, parent_key);
    send_to(bed, parent_key, "resolve", task_field);
    hear_all(bed);
    const struct case_state *parent = find(bed, parent_key);
    assert_int_equal(parent->children[0].state, CHILD_REFUSED);
    assert_true((parent->flags & CASE_INCIDENT) != 0);
    struct event retry = {.kind = EVENT_RETRY, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = parent_key}, .as = TEXT("zhou"),
                          .task = parent->children[0].id};
    deploy_child(bed);
    assert_int_equal(bed_send(bed, AT(20), &retry).kind, MESSAGE_APPLIED);
    hear_all(bed);
    assert_int_equal(find(bed, parent_key)->children[0].state, CHILD_OPEN);
    assert_true((find(bed, parent_key)->flags & CASE_INCIDENT) == 0);
    assert_non_null(find(bed, child_key(bed, 0)));
    retry.id = bed_id(bed);
    assert_int_equal(bed_send(bed, AT(20), &retry).code, ERR_UNKNOWN_INCIDENT);
    bed_assert_replays(bed);
}

/* What ends while its opening is still on the way: opened, and then cancelled. */
static void the_parent_ends_first(void **state)
{
    struct bed *bed = *state;
    deploy_child(bed);
    open_parent(bed, parent_key);
    send_to(bed, parent_key, "resolve", task_field);
    struct text child = child_key(bed, 0);
    send_to(bed, parent_key, "close", NULL);
    send_to(bed, parent_key, "give-up", NULL);
    hear_all(bed);
    assert_int_equal(find(bed, child)->end, END_CANCELLED);
    assert_true(text_is(find(bed, parent_key)->children[0].end, "cancelled"));
    bed_assert_replays(bed);
}

/* Each asks the other at once: neither ends. */
static void two_cases_that_would_take_each_other_over(void **state)
{
    struct bed *bed = *state;
    open_parent(bed, parent_key);
    open_parent(bed, other_key);
    struct event events[2] = {sending(bed, parent_key, "merge", NULL), sending(bed, other_key, "merge", NULL)};
    for (int i = 0; i < 2; i++) {
        events[i].as = TEXT("zhou");
        events[i].other = i == 0 ? other_key : parent_key;
        events[i].other_unit = TEXT("jinnong");
        events[i].other_case = 1;
        assert_int_equal(bed_send(bed, AT(20), &events[i]).kind, MESSAGE_APPLIED);
    }
    hear_all(bed);
    assert_int_equal(find(bed, parent_key)->end, NONE);
    assert_int_equal(find(bed, parent_key)->link_count, 0);
    assert_int_equal(find(bed, other_key)->end, NONE);
    assert_int_equal(find(bed, other_key)->link_count, 0);
    bed_assert_replays(bed);
}

/* The one that stays ends before it hears that the other was merged into it. */
static void merged_into_a_case_that_has_ended_meanwhile(void **state)
{
    struct bed *bed = *state;
    open_parent(bed, parent_key);
    open_parent(bed, other_key);
    struct event merge = sending(bed, parent_key, "merge", NULL);
    merge.as = TEXT("zhou");
    merge.other = other_key;
    merge.other_unit = TEXT("jinnong");
    assert_int_equal(bed_send(bed, AT(20), &merge).kind, MESSAGE_APPLIED);
    assert_int_equal(hear(bed, 1), 1);
    assert_int_equal(find(bed, other_key)->end, END_MERGED);
    send_to(bed, parent_key, "close", NULL); /* no children: it ends at once */
    assert_true((find(bed, parent_key)->flags & CASE_ENDED) != 0);
    hear_all(bed);
    assert_int_equal(find(bed, other_key)->end, NONE);
    assert_int_equal(find(bed, other_key)->link_count, 0);
    assert_int_equal(find(bed, parent_key)->link_count, 0);
    bed_assert_replays(bed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_heard_before_it_is_on_disk),
        TEST(a_child_is_opened_once_and_its_end_comes_back_once),
        TEST(what_is_refused_stands_on_the_parent),
        TEST(the_parent_ends_first),
        TEST(two_cases_that_would_take_each_other_over),
        TEST(merged_into_a_case_that_has_ended_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
