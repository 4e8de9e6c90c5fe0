/* store in memory: crashes and faults, which LMDB cannot be asked for. */
#include "tests/unit/stores.h"

static int start(void **state)
{
    struct store *store;
    enum err err = store_memory_open(&store);
    *state = store;
    return err ? -1 : 0;
}

static int finish(void **state)
{
    struct store *store = *state;
    store_close(&store);
    return 0;
}

static void a_crash_leaves_what_was_committed(void **state)
{
    struct store *store = *state;
    put_now(store, STORE_CASE, "kept", "one");
    struct store_txn *txn = begin_write(store);
    put(txn, STORE_CASE, "kept", "two");
    put(txn, STORE_CASE, "lost", "two");
    store_memory_crash(store);
    expect_now(store, STORE_CASE, "kept", "one");
    expect_now(store, STORE_CASE, "lost", NULL);
    put_now(store, STORE_CASE, "next", "three");
    store_abort(&txn);
    expect_now(store, STORE_CASE, "next", "three");
}

static void transactions_from_before_a_crash_are_dead(void **state)
{
    struct store *store = *state;
    struct store_cursor *cursor = NULL;
    struct text key, value;
    put_now(store, STORE_CASE, "a", "one");
    struct store_txn *writer = begin_write(store), *reader = begin_read(store), *forgotten = begin_read(store);
    assert_int_equal(store_cursor_open(reader, STORE_CASE, &cursor), ERR_OK);
    assert_int_equal(store_cursor_seek(cursor, TEXT("a"), &key, &value), ERR_OK);
    store_memory_crash(store);
    assert_int_equal(store_get(reader, STORE_CASE, TEXT("a"), &value), ERR_IO);
    assert_int_equal(store_cursor_next(cursor, &key, &value), ERR_IO);
    assert_int_equal(store_put(writer, STORE_CASE, TEXT("a"), TEXT("two")), ERR_IO);
    assert_int_equal(store_delete(writer, STORE_CASE, TEXT("a")), ERR_IO);
    assert_int_equal(store_get(forgotten, STORE_CASE, TEXT("a"), &value), ERR_IO); /* never ended: closing frees it */
    store_cursor_close(&cursor);
    store_end_read(&reader);
    assert_int_equal(store_commit(&writer), ERR_IO);
    assert_null(writer);
    expect_now(store, STORE_CASE, "a", "one");
}

/* One transaction of everything that can fail; the verb that did, or ERR_OK. `*calls` are those that were made. */
static enum err run(struct store *store, uint64_t *calls)
{
    struct store_txn *txn = NULL;
    struct store_cursor *cursor = NULL;
    struct store_figures figures;
    struct text key, value;
    uint64_t before = store_memory_calls(store);
    enum err err = store_begin_write(store, &txn);
    if (!err)
        err = store_put(txn, STORE_CASE, TEXT("a"), TEXT("new"));
    if (!err)
        err = store_append(txn, STORE_LOG, TEXT("1"), TEXT("new"));
    if (!err)
        err = store_delete(txn, STORE_CASE, TEXT("b"));
    if (!err)
        err = store_get(txn, STORE_CASE, TEXT("a"), &value);
    if (!err)
        err = store_cursor_open(txn, STORE_CASE, &cursor);
    if (!err)
        err = store_cursor_seek(cursor, TEXT("a"), &key, &value);
    if (!err)
        err = store_cursor_previous(cursor, &key, &value) == ERR_NOT_FOUND ? ERR_OK : ERR_DISK_FULL;
    if (!err)
        err = store_commit(&txn);
    store_abort(&txn);
    if (!err)
        err = store_read_figures(store, &figures);
    if (!err)
        err = store_housekeep(store);
    if (!err)
        err = store_grow(store);
    *calls = store_memory_calls(store) - before;
    return err;
}

static void every_call_can_be_made_to_fail_once(void **state)
{
    struct store *store = *state;
    uint64_t calls, all;
    put_now(store, STORE_CASE, "a", "old");
    put_now(store, STORE_CASE, "b", "old");
    for (uint32_t countdown = 1; countdown <= 9; countdown++) {
        store_memory_set_fault(store, (struct store_memory_fault){.countdown = countdown, .code = ERR_DISK_FULL});
        assert_int_equal(run(store, &calls), ERR_DISK_FULL);
        assert_int_equal(calls, countdown);
        assert_int_equal(store_reopen(store), ERR_OK);
        expect_now(store, STORE_CASE, "a", "old");
        expect_now(store, STORE_CASE, "b", "old");
        expect_now(store, STORE_LOG, "1", NULL);
    }
    assert_int_equal(run(store, &all), ERR_OK);
    assert_int_equal(all, 12);
    expect_now(store, STORE_CASE, "a", "new");
    expect_now(store, STORE_CASE, "b", NULL);
}

static void a_spoilt_transaction_fails_to_its_end(void **state)
{
    struct store *store = *state;
    struct text value;
    struct store_txn *txn = begin_write(store);
    put(txn, STORE_CASE, "a", "one");
    store_memory_set_fault(store, (struct store_memory_fault){.countdown = 1, .code = ERR_MAP_FULL});
    assert_int_equal(store_put(txn, STORE_CASE, TEXT("b"), TEXT("two")), ERR_MAP_FULL);
    assert_int_equal(store_put(txn, STORE_CASE, TEXT("c"), TEXT("three")), ERR_MAP_FULL);
    assert_int_equal(store_get(txn, STORE_CASE, TEXT("a"), &value), ERR_MAP_FULL);
    assert_int_equal(store_commit(&txn), ERR_MAP_FULL);
    assert_int_equal(store_grow(store), ERR_OK); /* it was no failed commit */
    expect_now(store, STORE_CASE, "a", NULL);
}

static void a_failed_commit_keeps_or_loses_and_asks_for_a_reopening(void **state)
{
    struct store *store = *state;
    for (unsigned holds = 0; holds < 2; holds++) {
        struct store_txn *txn = begin_write(store);
        put(txn, STORE_CASE, "a", "one");
        store_memory_set_fault(store, (struct store_memory_fault){.countdown = 1, .code = ERR_IO, .commit_holds = holds == 1});
        assert_int_equal(store_commit(&txn), ERR_IO);
        assert_int_equal(store_begin_write(store, &txn), ERR_IO);
        assert_int_equal(store_begin_read(store, &txn), ERR_IO);
        assert_int_equal(store_reopen(store), ERR_OK);
        expect_now(store, STORE_CASE, "a", holds ? "one" : NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_crash_leaves_what_was_committed, start, finish),
        cmocka_unit_test_setup_teardown(transactions_from_before_a_crash_are_dead, start, finish),
        cmocka_unit_test_setup_teardown(every_call_can_be_made_to_fail_once, start, finish),
        cmocka_unit_test_setup_teardown(a_spoilt_transaction_fails_to_its_end, start, finish),
        cmocka_unit_test_setup_teardown(a_failed_commit_keeps_or_loses_and_asks_for_a_reopening, start, finish),
    };
    return cmocka_run_group_tests_name("store in memory", tests, NULL, NULL);
}
