/* To whom something private was shown: what is put is there, in order, after a start too, however old the oldest; a torn row is passed over; a full disk
 * costs the oldest and nothing else. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/reads.h"

static struct arena arena;
static char folder[64];
static struct reads *reads;

static void open_again(void)
{
    struct text why = {0};
    reads_close(&reads);
    assert_int_equal(reads_open(&reads, folder, &arena, &why), ERR_OK);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    strcpy(folder, "/tmp/staircase-reads-XXXXXX");
    assert_non_null(mkdtemp(folder));
    open_again();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reads_close(&reads);
    assert_int_equal(system(arena_print(&arena, "rm -rf %s", folder).data), 0);
    arena_close(&arena);
    return 0;
}

static void put(uint64_t case_id)
{
    const struct reads_row row = {.time = -5 + (int64_t)case_id, .case_id = case_id, .person = TEXT("li"), .through = TEXT("local"), .what = TEXT("show"),
                                  .fields = TEXT("summary,applicant")};
    assert_int_equal(reads_put(reads, &row), ERR_OK);
}

/* How many there are from `after` on; the cases of all are in order. */
static uint32_t count_from(uint64_t after, uint64_t *first, uint64_t *last)
{
    struct reads_row row;
    uint32_t count = 0;
    enum err code;
    while ((code = reads_next(reads, &arena, &after, UINT32_MAX, &row)) == ERR_OK) {
        assert_int_equal(row.number, after);
        if (count++ == 0)
            *first = row.case_id;
        else
            assert_true(row.case_id > *last);
        *last = row.case_id;
    }
    assert_int_equal(code, ERR_NOT_FOUND);
    return count;
}

static void what_is_put_is_there(void **state)
{
    (void)state;
    struct reads_row row;
    uint64_t after = 0;
    assert_int_equal(reads_next(reads, &arena, &after, 10, &row), ERR_NOT_FOUND);
    put(7);
    assert_int_equal(reads_sync(reads), ERR_OK);
    assert_int_equal(reads_sync(reads), ERR_OK);
    for (int i = 0; i < 2; i++, open_again()) {
        after = 0;
        assert_int_equal(reads_next(reads, &arena, &after, 10, &row), ERR_OK);
        assert_int_equal(after, 1);
        assert_int_equal(row.number, 1);
        assert_int_equal(row.time, 2);
        assert_int_equal(row.case_id, 7);
        assert_true(text_is(row.person, "li") && text_is(row.through, "local") && text_is(row.what, "show") && text_is(row.fields, "summary,applicant"));
        assert_false(row.cut);
        assert_int_equal(reads_next(reads, &arena, &after, 10, &row), ERR_NOT_FOUND);
    }
}

static void what_is_too_long_is_cut_between_names(void **state)
{
    (void)state;
    char long_text[2000], fields[2000] = "";
    memset(long_text, 'x', sizeof long_text);
    for (int i = 0; i < 40; i++)
        strcat(fields, i ? ",a-field-with-a-name" : "a-field-with-a-name");
    const struct text word = {long_text, sizeof long_text};
    const struct reads_row given = {.case_id = 1, .person = word, .through = word, .what = word, .fields = text_of(fields)};
    struct reads_row row;
    uint64_t after = 0;
    assert_int_equal(reads_put(reads, &given), ERR_OK);
    assert_int_equal(reads_next(reads, &arena, &after, 1, &row), ERR_OK);
    assert_true(row.cut && row.person.size == 135 && row.through.size == 64 && row.what.size == 16);
    assert_true(row.fields.size > 200 && (row.fields.size + 1) % 20 == 0);
}

static void old_files_go(void **state)
{
    (void)state;
    uint64_t first = 0, last = 0;
    for (uint64_t i = 1; i <= 3 * READS_FILE + 5; i++)
        put(i);
    open_again();
    put(3 * READS_FILE + 6);
    assert_int_equal(count_from(0, &first, &last), 3 * READS_FILE + 6);
    assert_int_equal(first, 1);
    assert_int_equal(unlink(arena_print(&arena, "%s/%016d", folder, 0).data), 0);
    assert_int_equal(unlink(arena_print(&arena, "%s/%016d", folder, 2).data), 0); /* and one in the middle */
    open_again();
    assert_int_equal(count_from(0, &first, &last), READS_FILE + 6);
    assert_int_equal(first, READS_FILE + 1);
    assert_int_equal(last, 3 * READS_FILE + 6);
    assert_int_equal(count_from(last - 2, &first, &last), 2);
}

static void a_page_looks_at_so_many(void **state)
{
    (void)state;
    struct reads_row row;
    uint64_t after = 0;
    put(1);
    put(2);
    put(3);
    int file = open(arena_print(&arena, "%s/%016d", folder, 0).data, O_WRONLY);
    assert_int_equal(pwrite(file, "torn", 4, READS_ROW + 100), 4);
    assert_int_equal(pwrite(file, "torn", 4, 100), 4);
    close(file);
    assert_int_equal(reads_next(reads, &arena, &after, 2, &row), ERR_BUSY);
    assert_int_equal(after, 2);
    assert_int_equal(reads_next(reads, &arena, &after, 2, &row), ERR_OK);
    assert_int_equal(row.case_id, 3);
    open_again();
    put(4);
    after = 3;
    assert_int_equal(reads_next(reads, &arena, &after, 2, &row), ERR_OK);
    assert_int_equal(row.case_id, 4);
}

/* No file may grow: as on a full disk, there is no room for another. */
static void a_full_disk_costs_the_oldest(void **state)
{
    (void)state;
    uint64_t first = 0, last = 0;
    struct rlimit before, none = {0, RLIM_INFINITY};
    for (uint64_t i = 1; i <= READS_FILE + 1; i++)
        put(i);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_cur = READS_FILE * READS_ROW - 1; /* what is there may be written over, but for its last row */
    none.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (uint64_t i = READS_FILE + 2; i < 2 * READS_FILE; i++)
        put(i);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    put(2 * READS_FILE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    put(2 * READS_FILE + 1); /* takes the place of the first file */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(count_from(0, &first, &last), READS_FILE + 1);
    assert_int_equal(first, READS_FILE + 1);
    open_again();
    assert_int_equal(count_from(0, &first, &last), READS_FILE + 1);
    assert_int_equal(last, 2 * READS_FILE + 1);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    struct reads *other = NULL;
    struct text why = {0};
    const char *path = arena_print(&arena, "%s/file", folder).data;
    close(open(path, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(reads_open(&other, path, &arena, &why), ERR_IO);
    assert_non_null(memmem(why.data, why.size, "file", 4));
    assert_int_equal(reads_open(&other, arena_print(&arena, "%s/no/such", folder).data, &arena, &why), ERR_IO);
    assert_null(other);
    reads_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_put_is_there), TEST(what_is_too_long_is_cut_between_names), TEST(old_files_go),
        TEST(a_page_looks_at_so_many), TEST(a_full_disk_costs_the_oldest), TEST(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
