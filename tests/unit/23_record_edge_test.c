/* record: rows and records that nobody wrote: what does not hold is refused by whoever reads it, and a store that fails says so. */
#include "engine/record.h"
#include "proto/wire.h"
#include "tests/unit/stores.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* ---- rows of KEPT ---- */

static struct value a_list(void)
{
    struct value *people = ARENA_ARRAY(&arena, struct value, CASE_PEOPLE_INLINE + 1);
    for (uint32_t i = 0; i <= CASE_PEOPLE_INLINE; i++)
        people[i] = value_text(arena_print(&arena, "app:owner-%u", i));
    return (struct value){.kind = VALUE_LIST, .count = CASE_PEOPLE_INLINE + 1, .items = people};
}

static enum err decode_kept(const char *bytes, size_t size)
{
    struct value value;
    return row_decode_kept(&arena, (struct text){bytes, size}, &value);
}

static void kept_rows_are_of_version_one_and_whole(void **state)
{
    (void)state;
    struct value list = a_list();
    struct text row = row_encode_kept(&arena, &list);
    assert_int_equal(decode_kept(row.data, row.size), ERR_OK);
    assert_int_equal(decode_kept("", 0), ERR_CORRUPT);
    assert_int_equal(decode_kept("\2", 1), ERR_NEWER_FORMAT);
    assert_int_equal(decode_kept("\0", 1), ERR_CORRUPT);
    for (size_t size = 1; size < row.size; size++)
        assert_int_equal(decode_kept(row.data, size), ERR_CORRUPT);
    assert_int_equal(decode_kept("\1\x91\xa1" "a", 4), ERR_CORRUPT); /* so few stand with their case */
    assert_int_equal(decode_kept("\1\5", 2), ERR_CORRUPT);               /* a number is no list of people */
}

static struct case_state *case_with_mark(void)
{
    struct case_state *state = ARENA_NEW(&arena, struct case_state);
    state->id = 7;
    state->data_count = 1;
    state->data = ARENA_ARRAY(&arena, struct value, 1);
    struct value *mark = ARENA_ARRAY(&arena, struct value, 2);
    mark[0] = value_text(TEXT("kept"));
    mark[1] = value_integer(1);
    state->data[0] = (struct value){.kind = VALUE_MAP, .count = 1, .items = mark};
    assert_true(case_value_is_mark(&state->data[0]));
    return state;
}

static void kept_rows_that_cannot_be_read_are_no_damage(void **state)
{
    (void)state;
    struct store *store;
    struct value list = a_list();
    struct record_key key = key_kept(0, 7, 0);
    assert_int_equal(store_memory_open(&store), ERR_OK);
    struct store_txn *txn = begin_read(store);
    assert_int_equal(kept_read(&arena, txn, 0, case_with_mark()), ERR_CORRUPT); /* it must be there */
    store_end_read(&txn);
    txn = begin_write(store);
    assert_int_equal(store_put(txn, STORE_KEPT, key_text(&key), row_encode_kept(&arena, &list)), ERR_OK);
    commit(txn);
    txn = begin_read(store);
    store_memory_set_fault(store, (struct store_memory_fault){.countdown = 1, .code = ERR_IO});
    assert_int_equal(kept_read(&arena, txn, 0, case_with_mark()), ERR_IO);
    assert_int_equal(kept_read(&arena, txn, 0, case_with_mark()), ERR_OK);
    store_end_read(&txn);
    store_close(&store);
}

/* ---- keys ---- */

static void keys_of_another_size_are_not_read(void **state)
{
    (void)state;
    const struct record_key kept = key_kept(0, 1, 2), roll = key_roll(0, 1, 2, TEXT("l")), none = key_roll(0, 1, 2, TEXT(""));
    uint64_t case_id;
    uint32_t number;
    struct text person;
    for (size_t size = 0; size <= STORE_KEY_MOST; size++) {
        assert_int_equal(key_read_kept((struct text){(const char *)kept.bytes, size}, &case_id, &number), size == kept.size);
        assert_int_equal(key_read_roll((struct text){(const char *)roll.bytes, size}, &case_id, &number, &person), size > none.size);
    }
}

/* ---- records ---- */

static const struct text id = {"0123456789abcdef", ID_SIZE};

static struct text long_word(void)
{
    char *word = arena_take(&arena, RECORD_WORD_MOST + 1);
    memset(word, 'x', RECORD_WORD_MOST + 1);
    return (struct text){word, RECORD_WORD_MOST + 1};
}

static bool is_read(const struct event *event)
{
    struct log_record record = {.event = *event}, again;
    enum err code = log_decode(&arena, log_encode(&arena, &record), &again);
    assert_true(code == ERR_OK || code == ERR_CORRUPT);
    return code == ERR_OK;
}

static const struct event said = {.kind = EVENT_CASE, .subject = {.kind = CASE_REF_KEY, .text = {"0123456789abcdef", ID_SIZE}}, .name = {"child-ended", 11},
                                  .other = {"fedcba9876543210", ID_SIZE}};
static const struct event run = {.kind = EVENT_RUN, .workflow = {"walk", 4}, .run = 1};
static const struct event piece = {.kind = EVENT_DEPLOY_PART, .what = {"workflow", 8}, .deployed = {"walk", 4}, .version = 1, .part = 1, .parts = 1, .bytes = {"x", 1}};
static const struct event parked = {.kind = EVENT_PARK, .id = {"0123456789abcdef", ID_SIZE}, .subject = {.kind = CASE_REF_KEY, .text = {"fedcba9876543210", ID_SIZE}}};

static void what_holds_is_read(void **state)
{
    (void)state;
    struct event quota = run, counted = {.kind = EVENT_COUNT, .subject = {.kind = CASE_REF_ID, .id = 5}}, numbered = {.kind = EVENT_SEND, .subject = {.kind = CASE_REF_NUMBER, .text = TEXT("1号")}};
    quota.kind = EVENT_QUOTA;
    assert_true(is_read(&said) && is_read(&run) && is_read(&piece) && is_read(&parked) && is_read(&quota) && is_read(&counted) && is_read(&numbered));
}

/* What cases say to each other is between two keys. */
static void what_a_case_says_has_both_keys(void **state)
{
    (void)state;
    struct event bad[4] = {said, said, said, said};
    bad[0].subject = (struct case_ref){.kind = CASE_REF_ID, .id = 5};
    bad[1].subject.text.size--;
    bad[2].other = (struct text){0};
    bad[3].other.size--;
    for (size_t i = 0; i < 4; i++)
        assert_false(is_read(&bad[i]));
}

static void keys_of_parked_events_and_counts(void **state)
{
    (void)state;
    struct event bad[5] = {parked, parked, parked, parked, {.kind = EVENT_COUNT, .subject = {.kind = CASE_REF_KEY, .text = id}}};
    bad[0].subject = (struct case_ref){.kind = CASE_REF_ID, .id = 5};
    bad[1].subject.text.size--;
    bad[2].id = (struct text){0};
    bad[3].kind = EVENT_UNPARK;
    bad[3].subject.kind = CASE_REF_NUMBER;
    for (size_t i = 0; i < 5; i++)
        assert_false(is_read(&bad[i]));
}

static void runs_have_a_workflow_and_words_that_fit_in_keys(void **state)
{
    (void)state;
    struct event bad[4] = {run, run, run, run};
    bad[0].workflow = (struct text){0};
    bad[1].workflow = long_word();
    bad[2].turn = long_word();
    bad[3].kind = (enum event_kind)(EVENT_ERASE + 1);
    for (size_t i = 0; i < 4; i++)
        assert_false(is_read(&bad[i]));
}

static void pieces_are_no_larger_than_pieces(void **state)
{
    (void)state;
    struct event bad = piece;
    bad.bytes = (struct text){arena_take(&arena, DEPLOY_PIECE + 1), DEPLOY_PIECE};
    assert_true(is_read(&bad));
    bad.bytes.size++;
    assert_false(is_read(&bad));
}

/* A map of more fields than a message can have. */
static void data_of_more_fields_than_a_message_has(void **state)
{
    (void)state;
    for (uint32_t count = WIRE_ELEMENTS_MOST; count <= WIRE_ELEMENTS_MOST + 1; count++) {
        struct field_value *data = ARENA_ARRAY(&arena, struct field_value, count);
        for (uint32_t i = 0; i < count; i++)
            data[i] = (struct field_value){.name = TEXT("a"), .value = value_integer(1)};
        const struct event event = {.kind = EVENT_SEND, .subject = {.kind = CASE_REF_ID, .id = 5}, .data = data, .data_count = count};
        assert_int_equal(is_read(&event), count == WIRE_ELEMENTS_MOST);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(kept_rows_are_of_version_one_and_whole), TEST(kept_rows_that_cannot_be_read_are_no_damage), TEST(keys_of_another_size_are_not_read),
        TEST(what_holds_is_read), TEST(what_a_case_says_has_both_keys), TEST(keys_of_parked_events_and_counts),
        TEST(runs_have_a_workflow_and_words_that_fit_in_keys), TEST(pieces_are_no_larger_than_pieces), TEST(data_of_more_fields_than_a_message_has),
    };
    return cmocka_run_group_tests_name("record, edges", tests, NULL, NULL);
}
