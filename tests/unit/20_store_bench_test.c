/* store_bench: that it writes the rows it says it writes. How fast is not for a test to judge. */
#include "tests/unit/stores.h"

#include "engine/store_bench.h"

static void read_figures(const char *folder, struct store_figures *figures)
{
    struct store *store = NULL;
    struct store_lmdb_options options = {.read_only = true};
    assert_int_equal(store_lmdb_open(&store, folder, &options), ERR_OK);
    assert_int_equal(store_read_figures(store, figures), ERR_OK);
    store_close(&store);
}

/* Ten cases in flight, two of each age: 0 to 4 events; beside 3,000 that stand there. */
static void rows_are_those_of_the_workload(void **state)
{
    char folder[64];
    struct store_figures figures;
    struct store_bench_result result;
    struct store_bench_options options = {.batch = 10, .seconds = 0, .open_cases = 3000};
    (void)state;
    folder_make(folder, sizeof folder);
    assert_int_equal(store_bench_rows(folder, &store_bench_climb, &options, &result), ERR_OK);
    assert_int_equal(result.events_per_s, 0);
    read_figures(folder, &figures);
    assert_int_equal(figures.rows[STORE_LOG], 3000 + 2 * (1 + 2 + 3 + 4));
    assert_int_equal(figures.rows[STORE_RECEIPT], 3000 + 2 * (1 + 2 + 3 + 4));
    assert_int_equal(figures.rows[STORE_CASE], 3000 + 8);
    assert_int_equal(figures.rows[STORE_KEY], 3000 + 8);
    assert_int_equal(figures.rows[STORE_OPEN], 3000 + 8);
    assert_int_equal(figures.rows[STORE_DEADLINE], 3000 + 8);
    assert_int_equal(figures.rows[STORE_OUTBOX], 3000 + 8);
    assert_int_equal(figures.rows[STORE_META], 1);
    folder_remove(folder);
}

static void whole_lives_leave_what_they_must(void **state)
{
    char folder[64];
    struct store_figures figures;
    struct store_bench_result result;
    struct store_bench_options options = {.batch = 10, .seconds = 1, .open_cases = 0};
    (void)state;
    folder_make(folder, sizeof folder);
    assert_int_equal(store_bench_rows(folder, &store_bench_climb, &options, &result), ERR_OK);
    assert_true(result.events_per_s > 0 && result.commits_per_s > 0 && result.file_bytes > 0);
    read_figures(folder, &figures);
    assert_int_equal(figures.rows[STORE_LOG], figures.rows[STORE_RECEIPT]);
    assert_int_equal(figures.rows[STORE_CASE], figures.rows[STORE_KEY]);
    assert_int_equal(figures.rows[STORE_OPEN], 8); /* two of ten have just ended, whenever the time was up */
    assert_int_equal(figures.rows[STORE_DEADLINE], 8);
    assert_int_equal(figures.rows[STORE_OUTBOX], 8);
    folder_remove(folder);
}

static void syncs_are_counted_and_nothing_is_left(void **state)
{
    char folder[64];
    uint64_t per_second = 0;
    (void)state;
    folder_make(folder, sizeof folder);
    assert_int_equal(store_bench_sync(folder, 1, &per_second), ERR_OK);
    assert_true(per_second > 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(store_bench_sync(folder, 1, &per_second), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_workload),
        cmocka_unit_test(whole_lives_leave_what_they_must),
        cmocka_unit_test(syncs_are_counted_and_nothing_is_left),
    };
    return cmocka_run_group_tests_name("store bench", tests, NULL, NULL);
}
