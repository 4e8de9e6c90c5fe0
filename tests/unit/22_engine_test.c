/* engine: the journey on a store in memory, with the shipped calendar and directory and the workflow of the bench. */
#include "tests/unit/engines.h"

static const char key_bytes[ID_SIZE] = "case-key-0000001";
static const struct text case_key = {key_bytes, ID_SIZE};
static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};

static struct event opening(struct bed *bed)
{
    return (struct event){.kind = EVENT_OPEN, .id = bed_id(bed), .sender = TEXT("local"), .key = case_key, .workflow = TEXT("bench"),
                          .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static struct event sending(struct bed *bed, const char *name)
{
    return (struct event){.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = case_key},
                          .name = text_of(name), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static int set_up(void **state)
{
    static struct bed bed;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    bed_deploy_samples(&bed, "workflows/bench/workflow.yaml");
    *state = &bed;
    return 0;
}

static int tear_down(void **state)
{
    bed_close(*state);
    return 0;
}

static void assert_text(struct text text, const char *expected)
{
    if (!text_is(text, expected))
        fail_msg("'%.*s' is not '%s'", (int)text.size, text.data, expected);
}

static void climbs_and_is_numbered(void **state)
{
    struct bed *bed = *state;
    struct event event = opening(bed);
    struct message answer = bed_send(bed, AT(1000), &event);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    assert_text(answer.number, "金农测字〔2026〕1号");
    assert_text(answer.stage, "handling");
    assert_text(answer.level, "building");
    assert_true(answer.due == AT(0) + INT64_C(15) * 86400000 + 9 * 3600000); /* 2026-10-09 18:00: Mid-Autumn and National Day do not count */
    static const char *const levels[] = {"grid", "community"};
    for (int i = 0; i < 2; i++) {
        event = sending(bed, "raise");
        answer = bed_send(bed, AT(2000 + i), &event);
        assert_int_equal(answer.kind, MESSAGE_APPLIED);
        assert_text(answer.level, levels[i]);
    }
    bed_assert_replays(bed);
}

static void a_repeat_gets_the_first_answer(void **state)
{
    struct bed *bed = *state;
    struct event event = opening(bed);
    struct message first = bed_send(bed, AT(1000), &event);
    uint64_t position = first.position, id = first.case_id;
    int64_t time = first.time;
    struct message again = bed_send(bed, AT(9000), &event);
    assert_int_equal(again.kind, MESSAGE_DUPLICATE);
    assert_true(again.position == position && again.case_id == id && again.time == time);
    assert_text(again.number, "金农测字〔2026〕1号");
    event.unit = TEXT("jinnong/grid-3/building-8");
    struct message other = bed_send(bed, AT(9000), &event);
    assert_int_equal(other.code, ERR_ID_REUSED);
}

static void events_of_one_batch_see_each_other(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed), raise = sending(bed, "raise"), raise2 = sending(bed, "raise"), resolve = sending(bed, "resolve"), late = sending(bed, "raise");
    engine_begin(bed->engine, AT(1000));
    assert_int_equal(bed_decide(bed, &open).kind, MESSAGE_APPLIED);
    assert_int_equal(bed_decide(bed, &open).kind, MESSAGE_DUPLICATE);
    assert_int_equal(bed_decide(bed, &raise).kind, MESSAGE_APPLIED);
    assert_int_equal(bed_decide(bed, &raise2).kind, MESSAGE_APPLIED);
    assert_text(bed_decide(bed, &resolve).end, "resolved");
    struct message refused = bed_decide(bed, &late);
    assert_int_equal(refused.code, ERR_NOT_NOW);
    bed_commit(bed);
    bed_assert_replays(bed);
}

static void refusals_change_nothing(void **state)
{
    struct bed *bed = *state;
    uint8_t before[HASH_SIZE], after[HASH_SIZE];
    struct event event = opening(bed);
    bed_send(bed, AT(1000), &event);
    bed_hash(bed, before);
    uint64_t position = engine_position(bed->engine);
    struct {
        enum err code;
        struct event event;
    } table[] = {
        {ERR_KEY_TAKEN, opening(bed)},        {ERR_UNKNOWN_UNIT, opening(bed)}, {ERR_UNKNOWN_WORKFLOW, opening(bed)}, {ERR_UNKNOWN_PERSON, sending(bed, "raise")},
        {ERR_UNKNOWN_EVENT, sending(bed, "x")}, {ERR_NOT_ALLOWED, sending(bed, "raise")}, {ERR_BAD_DATA, sending(bed, "raise")}, {ERR_UNKNOWN_CASE, sending(bed, "raise")},
        {ERR_BAD_TIME, sending(bed, "raise")},
    };
    static const char other_key[ID_SIZE] = "case-key-0000002";
    table[1].event.key = table[2].event.key = (struct text){other_key, ID_SIZE};
    table[1].event.unit = TEXT("jinnong/nowhere");
    table[2].event.workflow = TEXT("nothing");
    table[3].event.as = TEXT("nobody");
    table[5].event.as = TEXT("li");
    table[6].event.data_count = 0;
    table[7].event.subject = (struct case_ref){.kind = CASE_REF_NUMBER, .text = TEXT("金农测字〔2026〕99号")};
    table[8].event.has_happened_at = true;
    table[8].event.happened_at = AT(86400000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct message answer = bed_send(bed, AT(2000), &table[i].event);
        assert_int_equal(answer.kind, MESSAGE_REFUSED);
        assert_string_equal(err_name(answer.code), err_name(table[i].code));
        assert_true(answer.why.size > 0 && answer.todo.size > 0);
    }
    bed_hash(bed, after);
    assert_memory_equal(before, after, HASH_SIZE);
    assert_true(engine_position(bed->engine) == position);
}

static void an_early_event_is_parked_and_has_one_final_answer(void **state)
{
    struct bed *bed = *state;
    struct event raise = sending(bed, "raise"), sealed = raise;
    sealed.data = NULL;
    sealed.data_count = 0;
    sealed.sealed = TEXT("sealed-for-the-test");
    struct message answer = bed_send(bed, AT(1000), &sealed);
    assert_int_equal(answer.kind, MESSAGE_PARKED);
    assert_int_equal(bed_send(bed, AT(1500), &sealed).kind, MESSAGE_PARKED);
    struct event open = opening(bed);
    engine_begin(bed->engine, AT(2000));
    bed_decide(bed, &open);
    struct engine_done done;
    assert_int_equal(engine_commit(bed->engine, &done), ERR_OK);
    assert_int_equal(done.unparkable_count, 1);
    struct event parked;
    uint64_t position;
    assert_int_equal(engine_parked(bed->engine, &bed->arena, case_key, 0, &position, &parked), ERR_OK);
    assert_true(text_equal(parked.sealed, sealed.sealed));
    raise.parked = position;
    answer = bed_send(bed, AT(3000), &raise);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    assert_int_equal(engine_parked(bed->engine, &bed->arena, case_key, 0, &position, &parked), ERR_NOT_FOUND);
    raise.parked = 0;
    assert_int_equal(bed_send(bed, AT(4000), &raise).kind, MESSAGE_DUPLICATE);
    bed_assert_replays(bed);
}

static void a_parked_event_expires(void **state)
{
    struct bed *bed = *state;
    struct event raise = sending(bed, "raise");
    raise.data = NULL;
    raise.data_count = 0;
    assert_int_equal(bed_send(bed, AT(1000), &raise).kind, MESSAGE_PARKED);
    uint32_t fired;
    engine_begin(bed->engine, AT(INT64_C(31) * 86400000));
    assert_int_equal(engine_fire(bed->engine, 100, &fired), ERR_OK);
    assert_int_equal(fired, 1);
    bed_commit(bed);
    assert_int_equal(bed_send(bed, AT(INT64_C(31) * 86400000), &raise).kind, MESSAGE_PARKED); /* decided anew */
    bed_assert_replays(bed);
}

static void what_is_due_fires_before_the_next_event(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    int64_t due = bed_send(bed, AT(1000), &open).due;
    struct event in_time = sending(bed, "raise"), late = sending(bed, "raise");
    struct message answer = bed_send(bed, due, &in_time); /* exactly at its due time is in time */
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    due = answer.due;
    answer = bed_send(bed, due + 1, &late);
    assert_int_equal(answer.code, ERR_NOT_NOW); /* it ended late just before */
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *ended;
    assert_int_equal(engine_find_case(bed->engine, &ref, &ended), ERR_OK);
    assert_true((ended->flags & CASE_ENDED) != 0);
    assert_true(engine_next_due(bed->engine) == INT64_MAX || engine_next_due(bed->engine) == INT64_MIN);
    bed_assert_replays(bed);
}

static void overdue_fires_in_bounded_batches(void **state)
{
    struct bed *bed = *state;
    char keys[20][ID_SIZE];
    int64_t due = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(keys[i], ID_SIZE, "many-key-%06d", i);
        struct event open = opening(bed);
        open.key = (struct text){keys[i], ID_SIZE};
        due = bed_send(bed, AT(1000), &open).due;
    }
    uint32_t fired, all = 0;
    do {
        engine_begin(bed->engine, due + 1);
        assert_int_equal(engine_fire(bed->engine, 8, &fired), ERR_OK);
        assert_true(fired <= 8);
        all += fired;
        bed_commit(bed);
    } while (fired);
    assert_int_equal(all, 20);
    bed_assert_replays(bed);
}

static void deployments_name_their_content(void **state)
{
    struct bed *bed = *state;
    struct text source = bed_file(bed, "workflows/bench/workflow.yaml");
    assert_int_equal(bed_deploy(bed, AT(1000), "same", source), ERR_OK);
    char *changed = arena_string(&bed->arena, source);
    memcpy(strstr(changed, "most: 400"), "most: 500", 9);
    assert_int_equal(bed_deploy(bed, AT(1000), "changed", text_of(changed)), ERR_OTHER_CONTENT);
    memcpy(strstr(changed, "version: 1"), "version: 2", 10);
    struct event open = opening(bed);
    bed_send(bed, AT(1000), &open);
    assert_int_equal(bed_deploy(bed, AT(2000), "newer", text_of(changed)), ERR_OK);
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *pinned;
    assert_int_equal(engine_find_case(bed->engine, &ref, &pinned), ERR_OK);
    assert_int_equal(workflow_head(engine_workflow(bed->engine, pinned->workflow))->version, 1);
    assert_int_equal(workflow_head(engine_newest_workflow(bed->engine, TEXT("bench"), AT(2000)))->version, 2);
    bed_assert_replays(bed);
}

static void a_failed_commit_leaves_nothing(void **state)
{
    struct bed *bed = *state;
    uint8_t before[HASH_SIZE], after[HASH_SIZE];
    bed_hash(bed, before);
    struct event open = opening(bed);
    engine_begin(bed->engine, AT(1000));
    bed_decide(bed, &open);
    store_memory_set_fault(bed->store, (struct store_memory_fault){.countdown = 3, .code = ERR_IO});
    assert_int_equal(engine_commit(bed->engine, NULL), ERR_IO);
    store_memory_set_fault(bed->store, (struct store_memory_fault){0});
    store_memory_crash(bed->store);
    const char *why;
    assert_int_equal(engine_reload(bed->engine, &why), ERR_OK);
    bed_hash(bed, after);
    assert_memory_equal(before, after, HASH_SIZE);
    assert_int_equal(bed_send(bed, AT(2000), &open).kind, MESSAGE_APPLIED); /* the sender repeats the same id */
    bed_assert_replays(bed);
}

/* Decides a parked event while the store fails at every call in turn: an error or the answer, and never anything in between. */
static void any_read_may_fail(void **state)
{
    struct bed *bed = *state;
    struct event raise = sending(bed, "raise"), sealed = raise, open = opening(bed);
    uint8_t before[HASH_SIZE], after[HASH_SIZE];
    sealed.data = NULL;
    sealed.data_count = 0;
    sealed.sealed = TEXT("sealed-for-the-test");
    raise.parked = bed_send(bed, AT(1000), &sealed).position;
    bed_send(bed, AT(2000), &open);
    bed_hash(bed, before);
    enum err code = ERR_IO;
    for (uint32_t call = 1; code; call++) {
        struct message answer;
        const char *why;
        bed_hash(bed, after);
        assert_memory_equal(before, after, HASH_SIZE);
        engine_begin(bed->engine, AT(3000));
        store_memory_set_fault(bed->store, (struct store_memory_fault){.countdown = call, .code = ERR_IO});
        code = engine_decide(bed->engine, &raise, &answer);
        store_memory_set_fault(bed->store, (struct store_memory_fault){0});
        if (!code) {
            assert_int_equal(answer.kind, MESSAGE_APPLIED);
            bed_commit(bed);
            assert_true(call > 5);
            break;
        }
        engine_abort(bed->engine);
        assert_int_equal(engine_reload(bed->engine, &why), ERR_OK);
    }
    bed_assert_replays(bed);
}

static void it_goes_on_after_a_restart(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed), raise = sending(bed, "raise");
    bed_send(bed, AT(1000), &open);
    uint32_t epoch = engine_epoch(bed->engine);
    engine_close(&bed->engine);
    bed_open_engine(bed);
    assert_int_equal(engine_epoch(bed->engine), epoch + 1);
    assert_int_equal(bed_send(bed, AT(500), &open).kind, MESSAGE_DUPLICATE);
    assert_text(bed_send(bed, AT(500), &raise).level, "grid"); /* log time never goes back */
    bed_assert_replays(bed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(climbs_and_is_numbered), TEST(a_repeat_gets_the_first_answer), TEST(events_of_one_batch_see_each_other), TEST(refusals_change_nothing),
        TEST(an_early_event_is_parked_and_has_one_final_answer), TEST(a_parked_event_expires), TEST(what_is_due_fires_before_the_next_event),
        TEST(overdue_fires_in_bounded_batches), TEST(deployments_name_their_content), TEST(a_failed_commit_leaves_nothing), TEST(any_read_may_fail), TEST(it_goes_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
