/* Long people values: they stand in rows of their own, survive a start, go when they are replaced, and are what the log gives. */
#include "tests/unit/engines.h"

static const struct text case_key = {"owners-012345678", ID_SIZE};

static int set_up(void **state)
{
    static struct bed bed;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    bed_deploy_samples(&bed, "tests/scenarios/vote/owners-many.yaml");
    *state = &bed;
    return 0;
}

static int tear_down(void **state)
{
    bed_close(*state);
    return 0;
}

static struct value owner(struct bed *bed, int number)
{
    struct value *pairs = ARENA_ARRAY(&bed->arena, struct value, 4);
    pairs[0] = value_text(TEXT("id"));
    pairs[1] = value_text(arena_print(&bed->arena, "app:owner-%d", number));
    pairs[2] = value_text(TEXT("area"));
    pairs[3] = value_text(TEXT("80.25"));
    return (struct value){.kind = VALUE_MAP, .count = 2, .items = pairs};
}

static struct field_value *owners(struct bed *bed, int count)
{
    struct value *list = ARENA_ARRAY(&bed->arena, struct value, (size_t)count);
    struct field_value *field = ARENA_NEW(&bed->arena, struct field_value);
    for (int i = 0; i < count; i++)
        list[i] = owner(bed, i);
    *field = (struct field_value){TEXT("owners"), {.kind = VALUE_LIST, .count = (uint32_t)count, .items = list}};
    return field;
}

static void opened(struct bed *bed, int count)
{
    struct event event = {.kind = EVENT_OPEN, .id = bed_id(bed), .sender = TEXT("local"), .key = case_key, .workflow = TEXT("owners-many"),
                          .unit = TEXT("jinnong/grid-3"), .as = TEXT("li"), .data = owners(bed, count), .data_count = 1};
    assert_int_equal(bed_send(bed, AT(0), &event).kind, MESSAGE_APPLIED);
}

static enum message_kind sent(struct bed *bed, const char *name, const char *as, const struct field_value *data)
{
    struct event event = {.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = case_key},
                          .name = text_of(name), .as = text_of(as), .data = data, .data_count = 1};
    return bed_send(bed, AT(1000), &event).kind;
}

static const struct case_state *state_of(struct bed *bed)
{
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *state;
    assert_int_equal(engine_find_case(bed->engine, &subject, &state), ERR_OK);
    return state;
}

static uint64_t kept(struct bed *bed)
{
    struct store_figures figures;
    assert_int_equal(store_read_figures(bed->store, &figures), ERR_OK);
    return figures.rows[STORE_KEPT];
}

static void start_again(struct bed *bed)
{
    engine_close(&bed->engine);
    bed_open_engine(bed);
}

static void more_than_a_record_holds(void **state)
{
    struct bed *bed = *state;
    struct field_value choice = {TEXT("choice"), value_text(TEXT("approve"))};
    opened(bed, 1500);
    assert_int_equal(kept(bed), 1);
    start_again(bed);
    const struct value *people = &state_of(bed)->data[0];
    assert_int_equal(people->count, 1500);
    assert_true(case_has_person(people, TEXT("app:owner-1499")));
    assert_int_equal(case_with(&people->items[7], "area")->integer, 8025);
    assert_true(case_size(state_of(bed)) < 2000);
    assert_int_equal(sent(bed, "ballot", "app:owner-1499", &choice), MESSAGE_APPLIED);
    assert_int_equal(sent(bed, "ballot", "app:owner-1500", &choice), MESSAGE_REFUSED);
    assert_int_equal(state_of(bed)->polls[0].tally.lane[1].cast, 8025);
    assert_int_equal(kept(bed), 1);
    bed_assert_replays(bed);
}

/* Who reads a case without the engine finds only a mark, until the rows are read too; without its row it is broken. */
static void a_mark_stands_for_them(void **state)
{
    struct bed *bed = *state;
    struct store_txn *txn;
    struct text bytes;
    struct case_state *read;
    opened(bed, 100);
    struct record_key key = key_case(0, state_of(bed)->id), row = key_kept(0, state_of(bed)->id, 0);
    assert_int_equal(store_begin_read(bed->store, &txn), ERR_OK);
    assert_int_equal(store_get(txn, STORE_CASE, key_text(&key), &bytes), ERR_OK);
    assert_int_equal(case_decode(&bed->arena, arena_copy(&bed->arena, bytes), &read), ERR_OK);
    assert_true(case_value_is_mark(&read->data[0]));
    assert_int_equal(kept_read(&bed->arena, txn, 0, read), ERR_OK);
    assert_true(value_equal(&read->data[0], &state_of(bed)->data[0]));
    store_end_read(&txn);
    assert_int_equal(store_begin_write(bed->store, &txn), ERR_OK);
    assert_int_equal(store_delete(txn, STORE_KEPT, key_text(&row)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_int_equal(store_begin_read(bed->store, &txn), ERR_OK);
    assert_int_equal(case_decode(&bed->arena, case_encode(&bed->arena, read), &read), ERR_OK);
    assert_int_equal(kept_read(&bed->arena, txn, 0, read), ERR_CORRUPT);
    store_end_read(&txn);
    /* Its form, for ever: version, then the list as the log has it. */
    struct value one = value_text(TEXT("a")), list = {.kind = VALUE_LIST, .count = 1, .items = &one};
    struct text form = row_encode_kept(&bed->arena, &list);
    assert_true(form.size == 4 && memcmp(form.data, "\x01\x91\xa1" "a", 4) == 0);
}

static void a_shorter_one_stands_in_the_record(void **state)
{
    struct bed *bed = *state;
    opened(bed, CASE_PEOPLE_INLINE + 1);
    assert_int_equal(kept(bed), 1);
    assert_int_equal(sent(bed, "correct", "li", owners(bed, CASE_PEOPLE_INLINE)), MESSAGE_APPLIED);
    assert_int_equal(kept(bed), 0);
    assert_int_equal(state_of(bed)->data[0].count, CASE_PEOPLE_INLINE);
    start_again(bed);
    assert_int_equal(sent(bed, "correct", "li", owners(bed, 200)), MESSAGE_APPLIED);
    assert_int_equal(kept(bed), 1);
    start_again(bed);
    assert_int_equal(state_of(bed)->data[0].count, 200);
    bed_assert_replays(bed);
}

/* A row that is missing is a damaged store, not an empty list. */
static void a_missing_row_is_not_an_empty_list(void **state)
{
    struct bed *bed = *state;
    struct store_txn *txn;
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    opened(bed, 100);
    struct record_key key = key_kept(0, state_of(bed)->id, 0);
    assert_int_equal(store_begin_write(bed->store, &txn), ERR_OK);
    assert_int_equal(store_delete(txn, STORE_KEPT, key_text(&key)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    start_again(bed);
    assert_int_equal(engine_find_case(bed->engine, &subject, &found), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_than_a_record_holds, set_up, tear_down), cmocka_unit_test_setup_teardown(a_mark_stands_for_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shorter_one_stands_in_the_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_row_is_not_an_empty_list, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
