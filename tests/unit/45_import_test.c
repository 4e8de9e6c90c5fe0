/* import: a CSV is read as it was meant, a broken row costs no other; keys and ids follow from the file alone, and so does the order. */
#include "engine/command/import_queue.h"
#include "engine/command/import_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct csv csv;
static char path[64];

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    snprintf(path, sizeof path, "%s", "/tmp/staircase-csv-XXXXXX");
    int file = mkstemp(path);
    return file < 0 || close(file);
}

static int finish(void **state)
{
    (void)state;
    csv_close(&csv);
    unlink(path);
    arena_close(&arena);
    return 0;
}

static void file_of(const char *text, size_t size)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(csv_open(&csv, path), ERR_OK);
}

#define given(text) file_of((text), sizeof(text) - 1)

/* The cells of the next row, each in brackets; or what is wrong with it. */
static const char *next(void)
{
    const char *why = "";
    enum err code = csv_next(&csv, &why);
    if (code == ERR_NOT_FOUND)
        return "no more";
    if (code)
        return why;
    struct text row = {0};
    for (uint32_t i = 0; i < csv.cell_count; i++)
        row = arena_print(&arena, "%.*s[%.*s]", (int)row.size, row.data, (int)csv.cells[i].size, csv.cells[i].data);
    return row.data;
}

/* ---- reading ---- */

static void rows_as_they_were_meant(void **state)
{
    (void)state;
    given("\xEF\xBB\xBF"
          "case,event,note\r\n"
          "1,\"a \"\"quoted\"\" one\",\"two\r\nlines, one cell\"\r\n"
          "\n"
          "2,,漏水\n"
          "3,half\"quoted,");
    assert_string_equal(next(), "[case][event][note]");
    assert_string_equal(next(), "[1][a \"quoted\" one][two\r\nlines, one cell]");
    assert_int_equal(csv.line, 2);
    assert_string_equal(next(), "[2][][漏水]");
    assert_int_equal(csv.line, 5);
    assert_string_equal(next(), "[3][half\"quoted][]");
    assert_string_equal(next(), "no more");
}

static void a_broken_row_costs_no_other(void **state)
{
    (void)state;
    given("a,b\n"
          "1,\"x\" y, and more\n"
          "2,fine\n"
          "3\n"
          "4,fine\n"
          "5,x,y\n"
          "6,\xC2\xA9 and \xA9\n"
          "7,fine\n"
          "8,\"left open\n");
    assert_string_equal(next(), "[a][b]");
    assert_string_equal(next(), "text stands behind a closing quote");
    assert_int_equal(csv.line, 2);
    assert_string_equal(next(), "[2][fine]");
    assert_string_equal(next(), "the row has fewer columns than the head");
    assert_string_equal(next(), "[4][fine]");
    assert_string_equal(next(), "the row has more columns than the head");
    assert_string_equal(next(), "the row is not UTF-8; save the file as UTF-8");
    assert_string_equal(next(), "[7][fine]");
    assert_int_equal(csv.line, 8);
    assert_string_equal(next(), "a quote is left open");
    assert_string_equal(next(), "no more");
}

static void rows_have_an_end(void **state)
{
    (void)state;
    size_t size = CSV_ROW_MOST + 600;
    char *text = arena_take(&arena, size);
    memset(text, 'x', size);
    memcpy(text, "a,b\n", 4);
    memcpy(text + size - 11, "\n2,fine\n", 8);
    memset(text + size - 3, '\n', 3);
    file_of(text, size);
    assert_string_equal(next(), "[a][b]");
    assert_string_equal(next(), "a row is longer than 256 KB (is a quote left open?)");
    assert_string_equal(next(), "[2][fine]");
    assert_int_equal(csv.line, 3);
    assert_string_equal(next(), "no more");
}

static void columns_have_an_end(void **state)
{
    (void)state;
    char text[CSV_COLUMNS_MOST + 32] = "a\n";
    memset(text + 2, ',', CSV_COLUMNS_MOST);
    memcpy(text + 2 + CSV_COLUMNS_MOST, "\nfine\n", 6);
    file_of(text, 2 + CSV_COLUMNS_MOST + 6);
    assert_string_equal(next(), "[a]");
    assert_string_equal(next(), "a row has more than 256 columns");
    assert_string_equal(next(), "[fine]");
    assert_string_equal(next(), "no more");
}

static void nothing_and_nobody(void **state)
{
    (void)state;
    given("");
    assert_string_equal(next(), "no more");
    csv_close(&csv);
    assert_int_equal(csv_open(&csv, "/nowhere/at/all.csv"), ERR_NOT_FOUND);
}

/* ---- keys, ids, times ---- */

static const struct import_map map = {.name = {"old", 3}, .time = {.column = 0}, .has_offset = true, .offset_minutes = 480};

static int64_t time_of(const char *text)
{
    const struct text cells[] = {text_of(text)};
    struct text why;
    int64_t time;
    return import_time(&map, cells, &arena, &time, &why) ? time : -1;
}

static void ids_follow_from_the_row(void **state)
{
    (void)state;
    struct text cells[] = {TEXT("1"), TEXT("opened")}, moved[] = {TEXT("1o"), TEXT("pened")};
    uint8_t key[ID_SIZE], again[ID_SIZE], ids[6][ID_SIZE];
    import_key(&map, TEXT("1"), key);
    import_key(&map, TEXT("1"), again);
    assert_memory_equal(key, again, ID_SIZE);
    import_key(&map, TEXT("2"), again);
    assert_memory_not_equal(key, again, ID_SIZE);
    import_id(&map, cells, 2, 1000, 0, ids[0]);
    import_id(&map, cells, 2, 1000, 0, again);
    assert_memory_equal(ids[0], again, ID_SIZE);
    import_id(&map, moved, 2, 1000, 0, again);
    assert_memory_not_equal(ids[0], again, ID_SIZE);
    /* They order as the events do: by time, then as they stand in the file. */
    import_id(&map, cells, 2, 1000, 1, ids[1]);
    import_id(&map, cells, 2, 1000, 255, ids[2]);
    import_id(&map, cells, 2, 1000, 256, ids[3]);
    import_id(&map, cells, 2, 1000, 4095, ids[4]);
    import_id(&map, cells, 2, 1001, 0, ids[5]);
    for (int i = 1; i < 6; i++)
        assert_true(memcmp(ids[i - 1], ids[i], ID_SIZE) < 0);
}

static void times_need_an_offset(void **state)
{
    (void)state;
    assert_true(time_of("2026-09-24T09:00:00+08:00") == 1790211600000);
    assert_true(time_of("2026-09-24T09:00:00") == 1790211600000);
    assert_true(time_of("2026-09-24T01:00:00Z") == 1790211600000);
    assert_true(time_of("yesterday") == -1);
    assert_true(time_of("") == -1);
    struct import_map without = map;
    without.has_offset = false;
    const struct text cells[] = {TEXT("2026-09-24T09:00:00")};
    struct text why = {0};
    int64_t time;
    assert_false(import_time(&without, cells, &arena, &time, &why));
    assert_non_null(strstr(why.data, "has no offset"));
}

/* ---- the order ---- */

static void rounds_take_one_row_of_each_case(void **state)
{
    (void)state;
    static const char cases[] = "aabacbbc";
    struct import_queue queue;
    assert_true(import_queue_init(&queue));
    for (int chunk = 0; chunk < 2; chunk++) {
        char taken[16];
        size_t count = 0;
        import_queue_begin(&queue);
        for (size_t i = 0; i < sizeof cases - 1; i++) {
            uint8_t key[ID_SIZE] = {(uint8_t)cases[i]};
            struct csv row = {.cells = {{&cases[i], 1}}, .cell_count = 1, .line = i};
            struct import_case *subject = import_queue_case(&queue, key);
            import_queue_add(&queue, import_queue_row(subject, &row));
        }
        for (uint32_t round = 0; round < queue.rounds; round++) {
            uint32_t at = 0;
            struct import_row *row;
            while ((row = import_queue_take(&queue, round, &at)) != NULL) {
                taken[count++] = row->cells[0].data[0];
                free(row);
            }
            taken[count++] = ' ';
        }
        taken[count] = '\0';
        assert_string_equal(taken, "abc abc ab ");
    }
    assert_int_equal(queue.case_count, 3);
    import_queue_close(&queue);
}

static void thousands_of_cases(void **state)
{
    (void)state;
    struct import_queue queue;
    assert_true(import_queue_init(&queue));
    struct import_case *first = NULL;
    for (uint32_t i = 0; i < 5000; i++) {
        uint8_t key[ID_SIZE];
        import_key(&map, arena_print(&arena, "%u", i), key);
        struct import_case *subject = import_queue_case(&queue, key);
        first = first ? first : subject;
        assert_ptr_equal(import_queue_case(&queue, key), subject);
    }
    uint8_t key[ID_SIZE];
    import_key(&map, TEXT("0"), key);
    assert_ptr_equal(import_queue_case(&queue, key), first);
    assert_int_equal(queue.case_count, 5000);
    import_queue_close(&queue);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(rows_as_they_were_meant), TEST(a_broken_row_costs_no_other), TEST(rows_have_an_end), TEST(columns_have_an_end), TEST(nothing_and_nobody),
        TEST(ids_follow_from_the_row), TEST(times_need_an_offset), TEST(rounds_take_one_row_of_each_case), TEST(thousands_of_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
