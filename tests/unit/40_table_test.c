/* table: columns line up whatever is in them, and nothing in them reaches the terminal's controls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/command/table.h"

static struct arena arena;

static int arena_setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static char *printed(const struct text_table *table)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    assert_non_null(stream);
    text_table_print(table, stream);
    fclose(stream);
    return out;
}

static void fill(struct text_table *table, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_table_cell(table, text_of(cells[i]));
}

static void widths_are_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(TEXT("")), 0);
    assert_int_equal(text_width(TEXT("grid")), 4);
    assert_int_equal(text_width(TEXT("金农调字〔2026〕15号")), 20);
    assert_int_equal(text_width(TEXT("，。（）")), 8);
    assert_int_equal(text_width(TEXT("e\xCC\x81")), 1);             /* e and a combining acute */
    assert_int_equal(text_width(TEXT("é·…–")), 4);
    assert_int_equal(text_width(TEXT("ｆｕｌｌ")), 8);
    assert_int_equal(text_width(TEXT("한글かな")), 8);
    assert_int_equal(text_width(TEXT("\xF0\xA0\x80\x80")), 2);      /* U+20000 */
    assert_int_equal(text_width(TEXT("a\xFF\xFEz")), 4);            /* bytes that are no UTF-8 */
    assert_int_equal(text_width(TEXT("\xE9\x87")), 2);              /* cut off in the middle */
}

static void columns_line_up(void **state)
{
    (void)state;
    static const char *const cells[] = {"case", "stage", "unit", "7", "征求同意", "jinnong", "120", "consent", "银杏"};
    struct text_table table;
    text_table_init(&table, &arena, 3);
    table.right[0] = true;
    fill(&table, cells, 9);
    char *out = printed(&table);
    assert_string_equal(out, "case  stage     unit\n"
                             "   7  征求同意  jinnong\n"
                             " 120  consent   银杏\n");
    free(out);
}

static void lines_have_no_trailing_blanks(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "", "", "bbb", "x", "", "", "", "y"};
    struct text_table table;
    text_table_init(&table, &arena, 3);
    fill(&table, cells, 9);
    char *out = printed(&table);
    assert_string_equal(out, "a\nbbb  x\n        y\n");
    free(out);
}

static void heading_is_bold_only_with_colour(void **state)
{
    (void)state;
    static const char *const cells[] = {"a", "b", "c", "d"};
    struct text_table table;
    text_table_init(&table, &arena, 2);
    table.headed = table.colour = true;
    fill(&table, cells, 4);
    char *out = printed(&table);
    assert_string_equal(out, "\033[1ma  b\033[0m\nc  d\n");
    free(out);
    text_table_init(&table, &arena, 2);
    table.headed = true;
    fill(&table, cells, 4);
    out = printed(&table);
    assert_string_equal(out, "a  b\nc  d\n");
    free(out);
}

static void last_column_fits_the_terminal(void **state)
{
    (void)state;
    static const char *const cells[] = {"1", "双方差距太大，需要上级调解", "2", "short"};
    struct text_table table;
    text_table_init(&table, &arena, 2);
    table.width = 14; /* 11 for the last column: five characters, or four and the mark */
    fill(&table, cells, 4);
    char *out = printed(&table);
    assert_string_equal(out, "1  双方差距太…\n2  short\n");
    free(out);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct text cut = text_fit(&arena, TEXT("调解中心"), 6);
    assert_string_equal(cut.data, "调解…");
    cut = text_fit(&arena, TEXT("调解中心"), 5);
    assert_string_equal(cut.data, "调解…");
    cut = text_fit(&arena, TEXT("调解中心"), 8);
    assert_true(text_is(cut, "调解中心"));
    cut = text_fit(&arena, TEXT("abc"), 2);
    assert_string_equal(cut.data, "a…");
}

/* What a resident wrote could otherwise clear the screen, colour it, or turn the direction of a line. */
static void controls_are_made_harmless(void **state)
{
    (void)state;
    assert_true(text_is(text_harmless(&arena, TEXT("a\033[2Jb")), "a\xEF\xBF\xBD[2Jb"));
    assert_true(text_is(text_harmless(&arena, TEXT("a\r\nb\tc")), "a  b c"));
    assert_true(text_is(text_harmless(&arena, TEXT("\xC2\x9B" "2J")), "\xEF\xBF\xBD" "2J"));            /* C1: CSI */
    assert_true(text_is(text_harmless(&arena, TEXT("\xE2\x80\xAE" "x")), "\xEF\xBF\xBD" "x"));          /* right-to-left override */
    assert_true(text_is(text_harmless(&arena, TEXT("a\xFFz")), "a\xEF\xBF\xBDz"));
    assert_true(text_is(text_harmless(&arena, TEXT("漏水")), "漏水"));
    assert_true(text_is(text_harmless_lines(&arena, TEXT("one\ntwo\r")), "one\ntwo "));
}

static void cells_are_made_harmless(void **state)
{
    (void)state;
    static const char *const cells[] = {"x\n\033[31my", "z"};
    struct text_table table;
    text_table_init(&table, &arena, 2);
    fill(&table, cells, 2);
    char *out = printed(&table);
    assert_string_equal(out, "x \xEF\xBF\xBD[31my  z\n");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(columns_line_up),
        cmocka_unit_test(lines_have_no_trailing_blanks),
        cmocka_unit_test(heading_is_bold_only_with_colour),
        cmocka_unit_test(last_column_fits_the_terminal),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(controls_are_made_harmless),
        cmocka_unit_test(cells_are_made_harmless),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
