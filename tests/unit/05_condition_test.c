/* condition: each kind of condition against values of each kind, what it says of itself, and decimal numbers. */
#include "engine/condition.h"
#include "engine/decimal.h"
#include "engine/lookup.h"
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"

static struct arena arena;
static struct builder b;
static struct case_state state;

static int start(void **unused)
{
    (void)unused;
    arena_init(&arena);
    b = workflow_begin(&arena, "conditions");
    field(&b, "kept", FIELD_BOOLEAN);
    field(&b, "category", FIELD_CHOICE);
    field_row(&b, field(&b, "amount", FIELD_NUMBER))->scale = 2;
    field(&b, "day", FIELD_DATE);
    field(&b, "applicant", FIELD_PEOPLE);
    field(&b, "note", FIELD_TEXT);
    stage(&b, "first");
    refs_of_levels(&b, "building grid community");
    event(&b, "first", "look", any(&b, "opener"), stay(&b));
    opens(&b, "opener", "", "", "", go(&b, "first", NULL));
    state = (struct case_state){.stage = 0, .level = NONE, .end = NONE, .data_count = 6};
    state.data = ARENA_ARRAY(&arena, struct value, 6);
    return 0;
}

/* One row of a table with a cell each for kept and category (NONE: any), one after the other. */
static void row_of(int32_t kept, int32_t category, int32_t line)
{
    int32_t first = ROW_OF(&b, LOOKUP_CELLS, lookup_cell, .value = kept);
    ROW_OF(&b, LOOKUP_CELLS, lookup_cell, .value = category);
    ROW_OF(&b, LOOKUP_ROWS, lookup_row, .cells = {first, 2}, .value = NONE, .duration = NONE, .line = line);
}

static int32_t line_of(int32_t lookup)
{
    int32_t row = lookup_find(b.workflow, &state, lookup);
    return row == NONE ? NONE : workflow_lookup_row(b.workflow, row)->line;
}

static int finish(void **unused)
{
    (void)unused;
    arena_close(&arena);
    return 0;
}

static void set_value(const char *name, struct value value)
{
    state.data[find_field(&b, name)] = value;
}

static bool holds(int32_t condition)
{
    return condition_holds(b.workflow, &state, condition, NULL);
}

static void words_are(int32_t condition, const char *words)
{
    assert_string_equal(arena_string(&arena, condition_words(b.workflow, &arena, condition)), words);
}

static void the_first_row_that_fits_is_found(void **unused)
{
    (void)unused;
    row_of(value_of_number(&b, VALUE_BOOLEAN, 1), value_of_text(&b, "family"), 10);
    row_of(value_of_number(&b, VALUE_BOOLEAN, 1), NONE, 11);
    row_of(NONE, value_of_text(&b, "labour"), 12);
    int32_t name = string_of(&b, "table");
    struct span of = refs_of_fields(&b, "kept category");
    int32_t lookup = ROW_OF(&b, LOOKUPS, lookup, .name = name, .of = of, .field = NONE, .rows = {0, 3});
    assert_int_equal(line_of(lookup), NONE);
    set_value("kept", value_boolean(true));
    assert_int_equal(line_of(lookup), 11); /* an empty field fits only `any` */
    set_value("category", value_text(TEXT("family")));
    assert_int_equal(line_of(lookup), 10);
    set_value("kept", value_boolean(false));
    assert_int_equal(line_of(lookup), NONE);
    set_value("category", value_text(TEXT("labour")));
    assert_int_equal(line_of(lookup), 12);
}

static void an_empty_field_is_never_equal(void **unused)
{
    (void)unused;
    int32_t no = when_in(&b, "kept", value_of_number(&b, VALUE_BOOLEAN, 0), 1);
    assert_false(holds(when_true(&b, "kept")));
    assert_false(holds(no));
    assert_false(holds(when_text(&b, "category", "")));
    assert_false(holds(when_range(&b, "amount", 0, 0, 0)));
    set_value("kept", value_boolean(false));
    assert_true(holds(no));
}

static void one_of_several(void **unused)
{
    (void)unused;
    int32_t first = value_of_text(&b, "neighbour");
    value_of_text(&b, "family");
    int32_t condition = when_in(&b, "category", first, 2);
    set_value("category", value_text(TEXT("family")));
    assert_true(holds(condition));
    set_value("category", value_text(TEXT("famil")));
    assert_false(holds(condition));
    set_value("category", value_boolean(true)); /* another kind of value is never equal */
    assert_false(holds(condition));
    words_are(condition, "category is one of neighbour, family");
    words_are(when_true(&b, "kept"), "kept is true");
}

static void people_by_reference(void **unused)
{
    (void)unused;
    struct value id[] = {value_text(TEXT("id")), value_text(TEXT("app:qian")), value_text(TEXT("sealed")), value_bytes("?", 1)};
    struct value entries[] = {value_text(TEXT("app:zhao")), {.kind = VALUE_MAP, .count = 2, .items = id}};
    set_value("applicant", (struct value){.kind = VALUE_LIST, .count = 2, .items = entries});
    assert_true(holds(when_text(&b, "applicant", "app:zhao")));
    assert_true(holds(when_text(&b, "applicant", "app:qian")));
    assert_false(holds(when_text(&b, "applicant", "app:sun")));
}

static void a_text_kept_in_the_log_equals_nothing(void **unused)
{
    (void)unused;
    struct value pair[] = {value_integer(7), value_integer(500)};
    set_value("note", (struct value){.kind = VALUE_LIST, .count = 2, .items = pair});
    assert_false(holds(when_text(&b, "note", "anything")));
}

static void ranges(void **unused)
{
    (void)unused;
    static const struct {
        int32_t bounded;
        int64_t low, high, value;
        bool holds;
    } table[] = {
        {1, 100, 0, 99, false},  {1, 100, 0, 100, true},  {2, 0, 200, 200, true},  {2, 0, 200, 201, false},
        {3, 100, 200, 150, true}, {3, 100, 200, 99, false}, {4, 100, 0, 100, false}, {4, 100, 0, 101, true},
        {8, 0, 200, 200, false}, {8, 0, 200, 199, true},  {12, 100, 200, 150, true}, {12, 100, 200, 200, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        set_value("amount", value_integer(table[i].value));
        assert_int_equal(holds(when_range(&b, "amount", table[i].bounded, table[i].low, table[i].high)), table[i].holds);
    }
    words_are(when_range(&b, "amount", 3, 1050, 20000), "amount is at least 10.50 and at most 200.00");
    words_are(when_range(&b, "day", 12, day_of(2026, 1, 1), day_of(2026, 12, 31)), "day is after 2026-01-01 and before 2026-12-31");
}

static void levels(void **unused)
{
    (void)unused;
    int32_t condition = when_level(&b, "building grid");
    assert_false(holds(condition));
    state.level = workflow_find_level(b.workflow, TEXT("grid"));
    assert_true(holds(condition));
    state.level = workflow_find_level(b.workflow, TEXT("community"));
    assert_false(holds(condition));
    words_are(condition, "the level is one of building, grid");
}

static void counts_in_stage_and_case(void **unused)
{
    (void)unused;
    int32_t in_case = when_count(&b, 0, 1, 2, 0, COUNT_CASE), in_stage = when_count(&b, 0, 2, 0, 1, COUNT_STAGE);
    int32_t once = when_count(&b, 0, 1, 1, 0, COUNT_STAGE);
    assert_false(holds(in_case));
    assert_true(holds(in_stage));
    struct case_count *count = case_add_count(&arena, &state, 0);
    count->in_case = 2;
    assert_true(holds(in_case));
    assert_true(holds(in_stage));
    assert_false(holds(once));
    count->in_stage = 2;
    assert_false(holds(in_stage));
    assert_true(holds(once));
    words_are(in_case, "look has happened at least 2 times in this case");
    words_are(in_stage, "look has happened at most 1 times in this stage");
}

static void all_any_none(void **unused)
{
    (void)unused;
    int32_t kept = when_true(&b, "kept"), family = when_text(&b, "category", "family");
    int32_t parts[] = {kept, family};
    int32_t all = when_parts(&b, CONDITION_ALL, parts, 2), either = when_parts(&b, CONDITION_ANY, parts, 2);
    int32_t none = when_parts(&b, CONDITION_NONE, parts, 2);
    static const struct {
        bool kept, family, all, either, none;
    } table[] = {{false, false, false, false, true}, {true, false, false, true, false}, {false, true, false, true, false}, {true, true, true, true, false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        set_value("kept", value_boolean(table[i].kept));
        set_value("category", value_text(table[i].family ? TEXT("family") : TEXT("labour")));
        assert_int_equal(holds(all), table[i].all);
        assert_int_equal(holds(either), table[i].either);
        assert_int_equal(holds(none), table[i].none);
    }
    words_are(all, "(kept is true and category is family)");
    words_are(none, "not (kept is true or category is family)");
}

static void the_innermost_part_is_named(void **unused)
{
    (void)unused;
    int32_t kept = when_true(&b, "kept"), family = when_text(&b, "category", "family"), failed = NONE;
    int32_t either_parts[] = {kept, family};
    int32_t either = when_parts(&b, CONDITION_ANY, either_parts, 2);
    int32_t inner_parts[] = {kept, either};
    int32_t inner = when_parts(&b, CONDITION_ALL, inner_parts, 2);
    int32_t outer_parts[] = {inner, family};
    int32_t outer = when_parts(&b, CONDITION_ALL, outer_parts, 2);
    assert_false(condition_holds(b.workflow, &state, outer, &failed));
    assert_int_equal(failed, kept);
    set_value("kept", value_boolean(true));
    assert_false(condition_holds(b.workflow, &state, outer, &failed));
    assert_int_equal(failed, family);
    set_value("kept", value_boolean(false));
    assert_false(condition_holds(b.workflow, &state, either, &failed));
    assert_int_equal(failed, either);
}

static void decimals(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int32_t scale;
        bool good;
        int64_t number;
        const char *printed;
    } table[] = {
        {"12.5", 2, true, 1250, "12.50"},   {"12", 0, true, 12, "12"},       {"-0.01", 2, true, -1, "-0.01"},   {"0", 3, true, 0, "0.000"},
        {"12.505", 2, false, 0, ""},        {"", 0, false, 0, ""},           {"-", 0, false, 0, ""},            {"1.", 1, false, 0, ""},
        {".5", 1, false, 0, ""},            {"1e3", 0, false, 0, ""},        {"1.2.3", 2, false, 0, ""},        {" 1", 0, false, 0, ""},
        {"9223372036854775807", 0, true, INT64_MAX, "9223372036854775807"}, {"-9223372036854775808", 0, true, INT64_MIN, "-9223372036854775808"},
        {"9223372036854775808", 0, false, 0, ""}, {"92233720368547758.08", 2, false, 0, ""},
        {"-92233720368547758.08", 2, true, INT64_MIN, "-92233720368547758.08"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t number;
        if (decimal_parse(text_of(table[i].text), table[i].scale, &number) != table[i].good)
            fail_msg("'%s' at scale %d", table[i].text, table[i].scale);
        if (!table[i].good)
            continue;
        assert_true(number == table[i].number);
        assert_string_equal(arena_string(&arena, decimal_print(&arena, number, table[i].scale)), table[i].printed);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(the_first_row_that_fits_is_found), TEST(an_empty_field_is_never_equal), TEST(one_of_several), TEST(people_by_reference), TEST(a_text_kept_in_the_log_equals_nothing),
        TEST(ranges), TEST(levels), TEST(counts_in_stage_and_case), TEST(all_any_none), TEST(the_innermost_part_is_named), TEST(decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
