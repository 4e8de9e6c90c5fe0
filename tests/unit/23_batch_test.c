/* batch: what is said last counts, and is written once, in order; as often as it must be written. */
#include "engine/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { PARTITION = 0 };

struct bench {
    struct store *store;
    struct batch batch;
};

static int start(void **state)
{
    static struct bench bench;
    assert_int_equal(store_memory_open(&bench.store), ERR_OK);
    batch_init(&bench.batch, bench.store);
    batch_begin(&bench.batch, 1);
    *state = &bench;
    return 0;
}

static int finish(void **state)
{
    struct bench *bench = *state;
    batch_close(&bench->batch);
    store_close(&bench->store);
    return 0;
}

/* ---- short words ---- */

static struct record_key named(const char *name)
{
    return key_counter(PARTITION, 'n', text_of(name));
}

static void put(struct batch *batch, const char *name, const char *value)
{
    struct record_key key = named(name);
    batch_put(batch, STORE_COUNTER, &key, arena_copy(&batch->arena, text_of(value)));
}

static void drop(struct batch *batch, const char *name)
{
    struct record_key key = named(name);
    batch_delete(batch, STORE_COUNTER, &key);
}

/* NULL: it is not there. */
static void expect(struct batch *batch, const char *name, const char *value)
{
    struct record_key key = named(name);
    struct text found;
    enum err code = batch_get(batch, STORE_COUNTER, &key, &found);
    assert_int_equal(code, value ? ERR_OK : ERR_NOT_FOUND);
    if (value && !text_is(found, value))
        fail_msg("%s: '%.*s' instead of '%s'", name, (int)found.size, found.data, value);
}

static void write_all(struct batch *batch)
{
    struct store_txn *txn;
    batch_end_read(batch);
    assert_int_equal(store_begin_write(batch->store, &txn), ERR_OK);
    assert_int_equal(batch_write(batch, txn, PARTITION), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
}

static uint64_t stored_rows(struct store *store, enum store_table table)
{
    struct store_figures figures;
    assert_int_equal(store_read_figures(store, &figures), ERR_OK);
    return figures.rows[table];
}

/* ---- what is said last counts ---- */

static void the_batch_comes_before_the_store(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    put(batch, "kept", "old");
    put(batch, "changed", "old");
    put(batch, "gone", "old");
    write_all(batch);
    batch_begin(batch, 1);
    expect(batch, "changed", "old");
    put(batch, "changed", "new");
    drop(batch, "gone");
    put(batch, "fresh", "new");
    expect(batch, "kept", "old");
    expect(batch, "changed", "new");
    expect(batch, "gone", NULL);
    expect(batch, "fresh", "new");
    expect(batch, "never", NULL);
    write_all(batch);
    batch_begin(batch, 1); /* now from the store */
    expect(batch, "kept", "old");
    expect(batch, "changed", "new");
    expect(batch, "gone", NULL);
    expect(batch, "fresh", "new");
    assert_int_equal(stored_rows(bench->store, STORE_COUNTER), 3);
}

static void what_came_and_went_leaves_nothing(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    put(batch, "brief", "1");
    drop(batch, "brief");
    expect(batch, "brief", NULL);
    drop(batch, "never");
    put(batch, "back", "1");
    drop(batch, "back");
    put(batch, "back", "2");
    expect(batch, "back", "2");
    write_all(batch);
    assert_int_equal(stored_rows(bench->store, STORE_COUNTER), 1);
    batch_begin(batch, 1);
    expect(batch, "back", "2");
}

static void a_batch_that_is_given_up_leaves_nothing(void **state)
{
    struct bench *bench = *state;
    put(&bench->batch, "brief", "1");
    batch_append_record(&bench->batch, TEXT("record"));
    batch_begin(&bench->batch, 1);
    expect(&bench->batch, "brief", NULL);
    assert_null(batch_record(&bench->batch, 1));
    write_all(&bench->batch);
    assert_int_equal(stored_rows(bench->store, STORE_COUNTER), 0);
    assert_int_equal(stored_rows(bench->store, STORE_LOG), 0);
}

static void the_same_key_in_two_tables_is_two_rows(void **state)
{
    struct bench *bench = *state;
    struct record_key key = key_incident(PARTITION, 5);
    const struct batch_row *row;
    struct text value;
    batch_put(&bench->batch, STORE_INCIDENT, &key, TEXT("incident"));
    batch_put(&bench->batch, STORE_OPEN, &key, TEXT("open"));
    assert_int_equal(batch_get(&bench->batch, STORE_INCIDENT, &key, &value), ERR_OK);
    assert_true(text_is(value, "incident"));
    assert_int_equal(batch_get(&bench->batch, STORE_OPEN, &key, &value), ERR_OK);
    assert_true(text_is(value, "open"));
    assert_int_equal(batch_get(&bench->batch, STORE_KEY, &key, &value), ERR_NOT_FOUND);
    assert_true(batch_changed(&bench->batch, STORE_OPEN, key_text(&key), &row));
    assert_false(batch_changed(&bench->batch, STORE_KEY, key_text(&key), &row));
    batch_delete(&bench->batch, STORE_OPEN, &key);
    assert_true(batch_changed(&bench->batch, STORE_OPEN, key_text(&key), &row) && row->deleted);
}

/* ---- many rows, against a model ---- */

enum { MANY = 6000, TURNS = 40000 };

static uint64_t dice(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static struct record_key many_key(uint32_t number)
{
    return number % 2 ? key_incident(PARTITION, number) : key_deadline(PARTITION, (int64_t)number - MANY / 2, 7, 1, (int32_t)number);
}

static enum store_table many_table(uint32_t number)
{
    return number % 2 ? STORE_INCIDENT : STORE_DEADLINE;
}

/* 0: not there. */
static void expect_many(struct batch *batch, const uint32_t *model)
{
    for (uint32_t i = 0; i < MANY; i++) {
        struct record_key key = many_key(i);
        struct text value;
        uint64_t number;
        enum err code = batch_get(batch, many_table(i), &key, &value);
        if (code != (model[i] ? ERR_OK : ERR_NOT_FOUND))
            fail_msg("row %u: %s", i, err_name(code));
        if (!code && (row_decode_number(value, &number) || number != model[i]))
            fail_msg("row %u has another value", i);
    }
}

static void thousands_of_rows(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    static uint32_t model[MANY];
    uint64_t seed = 20261009, rows = 0;
    memset(model, 0, sizeof model);
    for (int round = 0; round < 3; round++) {
        for (uint32_t turn = 1; turn <= TURNS; turn++) {
            uint32_t number = (uint32_t)(dice(&seed) % MANY);
            struct record_key key = many_key(number);
            model[number] = dice(&seed) % 3 ? turn : 0;
            if (model[number])
                batch_put(batch, many_table(number), &key, row_encode_number(&batch->arena, turn));
            else
                batch_delete(batch, many_table(number), &key);
        }
        expect_many(batch, model);
        write_all(batch);
        batch_begin(batch, 1);
        expect_many(batch, model);
    }
    for (uint32_t i = 0; i < MANY; i++)
        rows += model[i] != 0;
    assert_int_equal(stored_rows(bench->store, STORE_INCIDENT) + stored_rows(bench->store, STORE_DEADLINE), rows);
}

/* ---- cases ---- */

static struct case_state *new_case(struct batch *batch, uint64_t id, uint32_t events)
{
    struct case_state *made = ARENA_NEW(&batch->arena, struct case_state);
    *made = (struct case_state){.id = id, .level = NONE, .end = NONE, .events = events};
    return made;
}

static void keep(struct batch *batch, struct batch_case *subject, uint32_t events)
{
    struct case_state *made = new_case(batch, subject->id, events);
    subject->state = made;
    subject->encoded = case_encode(&batch->arena, made);
    subject->dirty = true;
}

static void a_case_is_read_once_and_written_when_it_changed(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    struct batch_case *one, *other, *again;
    keep(batch, batch_new_case(batch, 1), 10);
    keep(batch, batch_new_case(batch, 2), 20);
    write_all(batch);
    batch_begin(batch, 1);
    assert_int_equal(batch_case(batch, PARTITION, 3, &one), ERR_NOT_FOUND);
    assert_int_equal(batch_case(batch, PARTITION, 1, &one), ERR_OK);
    assert_int_equal(batch_case(batch, PARTITION, 2, &other), ERR_OK);
    assert_true(one->state->events == 10 && other->state->events == 20 && !one->dirty && !one->fits);
    uint64_t calls = store_memory_calls(bench->store);
    assert_int_equal(batch_case(batch, PARTITION, 1, &again), ERR_OK);
    assert_ptr_equal(again, one);
    assert_int_equal(store_memory_calls(bench->store), calls);
    keep(batch, other, 21);
    batch_end_read(batch);
    calls = store_memory_calls(bench->store);
    write_all(batch);
    assert_int_equal(store_memory_calls(bench->store) - calls, 3); /* begin, one put, commit */
    batch_begin(batch, 1);
    assert_int_equal(batch_case(batch, PARTITION, 2, &other), ERR_OK);
    assert_int_equal(other->state->events, 21);
}

static void thousands_of_cases(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    static struct batch_case *made[3000];
    struct batch_case *found;
    for (uint64_t i = 0; i < 3000; i++) {
        made[i] = batch_new_case(batch, i * 512); /* ids that differ in their higher bits only */
        keep(batch, made[i], (uint32_t)i);
    }
    for (uint64_t i = 0; i < 3000; i++) {
        assert_int_equal(batch_case(batch, PARTITION, i * 512, &found), ERR_OK);
        assert_ptr_equal(found, made[i]); /* the table grew, the case stayed where it was */
    }
    write_all(batch);
    batch_begin(batch, 1);
    for (uint64_t i = 0; i < 3000; i++) {
        assert_int_equal(batch_case(batch, PARTITION, i * 512, &found), ERR_OK);
        assert_true(found->id == i * 512 && found->state->id == i * 512 && found->state->events == i);
    }
}

static void a_damaged_case_is_not_kept(void **state)
{
    struct bench *bench = *state;
    struct batch_case *found;
    struct store_txn *txn;
    struct record_key key = key_case(PARTITION, 9);
    assert_int_equal(store_begin_write(bench->store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_CASE, key_text(&key), TEXT("\x01nothing")), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_int_equal(batch_case(&bench->batch, PARTITION, 9, &found), ERR_CORRUPT);
    assert_int_equal(batch_case(&bench->batch, PARTITION, 9, &found), ERR_CORRUPT);
    batch_end_read(&bench->batch);
    assert_int_equal(store_begin_write(bench->store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_CASE, key_text(&key), TEXT("\xff")), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_int_equal(batch_case(&bench->batch, PARTITION, 9, &found), ERR_NEWER_FORMAT);
}

/* ---- records ---- */

static void records_have_their_positions(void **state)
{
    struct bench *bench = *state;
    struct batch *batch = &bench->batch;
    batch_begin(batch, 41);
    for (int i = 0; i < 1000; i++)
        batch_append_record(batch, arena_print(&batch->arena, "record %d", 41 + i));
    assert_null(batch_record(batch, 40));
    assert_null(batch_record(batch, 0));
    assert_null(batch_record(batch, 1041));
    for (uint64_t position = 41; position < 1041; position++) {
        const struct text *record = batch_record(batch, position);
        assert_non_null(record);
        assert_true(text_equal(*record, arena_print(&batch->arena, "record %llu", (unsigned long long)position)));
    }
    write_all(batch);
    assert_int_equal(stored_rows(bench->store, STORE_LOG), 1000);
}

/* ---- how it is written: a store that only listens ---- */

struct heard {
    enum store_table table;
    bool deleted, append;
    size_t key_size;
    uint8_t key[64];
};

struct listener {
    struct store base;
    struct store_txn txn;
    uint32_t count;
    struct heard heard[256];
};

static enum err hear(struct store_txn *txn, enum store_table table, struct text key, bool deleted, bool append)
{
    struct listener *listener = (struct listener *)txn->store;
    struct heard *heard = &listener->heard[listener->count++];
    assert_true(listener->count <= 256 && key.size <= sizeof heard->key);
    memset(heard, 0, sizeof *heard); /* padding too: they are compared as bytes */
    heard->table = table;
    heard->deleted = deleted;
    heard->append = append;
    heard->key_size = key.size;
    memcpy(heard->key, key.data, key.size);
    return deleted ? ERR_NOT_FOUND : ERR_OK;
}

static enum err hear_put(struct store_txn *txn, enum store_table table, struct text key, struct text value, bool append)
{
    (void)value;
    return hear(txn, table, key, false, append);
}

static enum err hear_delete(struct store_txn *txn, enum store_table table, struct text key)
{
    return hear(txn, table, key, true, false);
}

static const struct store_verbs listening = {.put = hear_put, .del = hear_delete};

static void listen(struct listener *listener, struct batch *batch)
{
    listener->base.verbs = &listening;
    listener->txn = (struct store_txn){.store = &listener->base, .write = true};
    listener->count = 0;
    assert_int_equal(batch_write(batch, &listener->txn, PARTITION), ERR_OK);
}

static void some_of_everything(struct batch *batch)
{
    static const char *const names[] = {"b", "a", "longer than eight bytes", "longer than eight", "longer than eight bytes, by far", "", "ab"};
    struct record_key key;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(batch, names[i], "1");
    drop(batch, "a");
    put(batch, "b", "2");
    put(batch, "b", "3");
    for (uint64_t i = 0; i < 20; i++) {
        keep(batch, batch_new_case(batch, 1000 - i * 7), 1);
        batch_append_record(batch, TEXT("record"));
        key = key_receipt(PARTITION, arena_print(&batch->arena, "id%014llu", (unsigned long long)(99 - i)), TEXT("local"));
        batch_put(batch, STORE_RECEIPT, &key, row_encode_number(&batch->arena, i));
        key = key_outbox(PARTITION, i % 2 ? TEXT("print") : TEXT("mail"), (int64_t)(100 - i), i);
        batch_put(batch, STORE_OUTBOX, &key, row_encode_number(&batch->arena, i));
    }
    key = key_open(PARTITION, 1, 2);
    batch_delete(batch, STORE_OPEN, &key);
}

static void written_once_in_order_the_log_first(void **state)
{
    struct bench *bench = *state;
    static struct listener listener;
    some_of_everything(&bench->batch);
    listen(&listener, &bench->batch);
    assert_int_equal(listener.count, 20 + 20 + 20 + 20 + 7 + 1);
    for (uint32_t i = 0; i < listener.count; i++) {
        const struct heard *heard = &listener.heard[i], *before = i ? heard - 1 : NULL;
        assert_int_equal(heard->append, heard->table == STORE_LOG);
        assert_int_equal(i < 20, heard->table == STORE_LOG);
        if (!before)
            continue;
        assert_true(before->table <= heard->table); /* LOG and CASE stand first among the tables that a batch writes */
        if (before->table == heard->table) {
            struct text one = {(const char *)before->key, before->key_size}, other = {(const char *)heard->key, heard->key_size};
            assert_true(text_compare(one, other) < 0);
        }
    }
}

/* Enlarging the map, a batch is written again: the same, to the last byte. */
static void written_twice_it_is_the_same(void **state)
{
    struct bench *bench = *state;
    static struct listener once, twice;
    some_of_everything(&bench->batch);
    listen(&once, &bench->batch);
    listen(&twice, &bench->batch);
    assert_int_equal(once.count, twice.count);
    assert_memory_equal(once.heard, twice.heard, once.count * sizeof once.heard[0]);
}

static enum err write_with_fault(struct batch *batch, uint32_t countdown)
{
    struct store_txn *txn;
    batch_end_read(batch);
    assert_int_equal(store_begin_write(batch->store, &txn), ERR_OK);
    store_memory_set_fault(batch->store, (struct store_memory_fault){.countdown = countdown, .code = ERR_MAP_FULL});
    enum err code = batch_write(batch, txn, PARTITION);
    if (code)
        store_abort(&txn);
    else
        code = store_commit(&txn);
    store_memory_set_fault(batch->store, (struct store_memory_fault){0});
    return code;
}

static void the_map_is_full_at_every_row(void **state)
{
    (void)state;
    uint64_t rows = 0;
    uint32_t countdown = 1;
    for (enum err code = ERR_MAP_FULL; code == ERR_MAP_FULL; countdown++) {
        struct store *store;
        struct batch batch;
        assert_int_equal(store_memory_open(&store), ERR_OK);
        batch_init(&batch, store);
        batch_begin(&batch, 1);
        some_of_everything(&batch);
        code = write_with_fault(&batch, countdown);
        if (code == ERR_MAP_FULL) {
            assert_int_equal(stored_rows(store, STORE_CASE) + stored_rows(store, STORE_LOG), 0);
            assert_int_equal(store_grow(store), ERR_OK);
            assert_int_equal(write_with_fault(&batch, 0), ERR_OK);
        }
        uint64_t written = 0;
        for (int table = 0; table < STORE_TABLE_COUNT; table++)
            written += stored_rows(store, (enum store_table)table);
        rows = rows ? rows : written;
        assert_int_equal(written, rows);
        batch_close(&batch);
        store_close(&store);
    }
    assert_int_equal(countdown - 2, 20 + 20 + 20 + 20 + 7 + 1 + 1); /* every row, and the commit */
}

static void nothing_is_nothing(void **state)
{
    struct bench *bench = *state;
    static struct listener listener;
    listen(&listener, &bench->batch);
    assert_int_equal(listener.count, 0);
    batch_append_record(&bench->batch, TEXT("record")); /* a record need not change a row */
    listen(&listener, &bench->batch);
    assert_int_equal(listener.count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(the_batch_comes_before_the_store), TEST(what_came_and_went_leaves_nothing), TEST(a_batch_that_is_given_up_leaves_nothing),
        TEST(the_same_key_in_two_tables_is_two_rows), TEST(thousands_of_rows), TEST(a_case_is_read_once_and_written_when_it_changed),
        TEST(thousands_of_cases), TEST(a_damaged_case_is_not_kept), TEST(records_have_their_positions), TEST(written_once_in_order_the_log_first),
        TEST(written_twice_it_is_the_same), TEST(the_map_is_full_at_every_row), TEST(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
