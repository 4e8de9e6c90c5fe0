/* intake: every type of field, in clear and private: what is taken, how the case keeps it, what is said of the rest. */
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"

static struct world w;
static struct builder b;

/* One field of each type, bounded; an event for each that needs it. */
static void one(const char *name, enum field_type type, int32_t bounded, int64_t least, int64_t most)
{
    int32_t row = field(&b, name, type);
    field_row(&b, row)->bounded = bounded;
    field_row(&b, row)->least = least;
    field_row(&b, row)->most = most;
    field_row(&b, row)->private = strncmp(name, "private", 7) == 0;
}

static void list_of(const char *name, enum field_type type, int64_t most)
{
    one(name, FIELD_LIST, 2, 0, most);
    int32_t element = field(&b, NULL, type);
    field_row(&b, find_field(&b, name))->of = element;
}

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "fields");
    one("text", FIELD_TEXT, 2, 0, 200);
    one("number", FIELD_NUMBER, 3, 50, 10000);
    field_row(&b, find_field(&b, "number"))->scale = 2;
    one("boolean", FIELD_BOOLEAN, 0, 0, 0);
    one("date", FIELD_DATE, 0, 0, 0);
    one("choice", FIELD_CHOICE, 0, 0, 0);
    choices(&b, find_field(&b, "choice"), "red green");
    one("people", FIELD_PEOPLE, 3, 2, 3);
    one("unit", FIELD_UNIT, 0, 0, 0);
    one("reference", FIELD_REFERENCE, 0, 0, 0);
    one("private-text", FIELD_TEXT, 0, 0, 0);
    one("private-people", FIELD_PEOPLE, 0, 0, 0);
    one("owners", FIELD_PEOPLE, 0, 0, 0);
    with(&b, "owners", "area", FIELD_NUMBER, 2);
    with(&b, "owners", "since", FIELD_DATE, 0);
    list_of("list", FIELD_TEXT, 2);
    list_of("private-list", FIELD_TEXT, 9);
    list_of("dates", FIELD_DATE, 9);
    stage(&b, "first");
    static const char *const names[] = {"text", "number", "boolean", "date", "choice", "people", "unit", "reference", "private-text",
                                        "private-people", "owners", "list", "private-list", "dates"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        event(&b, "first", names[i], any(&b, "mediator"), stay(&b))->needs = refs_of_fields(&b, names[i]);
    opens(&b, "mediator", "", "", "", go(&b, "first", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong", "chen");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void taken(const char *name, struct value value)
{
    give(&w, name, value);
    applied(&w, name, "chen");
}

static void not_taken(const char *name, struct value value, const char *words)
{
    give(&w, name, value);
    refused(&w, name, "chen", ERR_BAD_DATA, words);
    assert_non_null(strstr(arena_string(&w.arena, w.decision.why), name));
}

static struct value text(const char *string)
{
    return value_text(text_of(string));
}

static struct value long_text(size_t size)
{
    char *bytes = arena_take(&w.arena, size + 1);
    memset(bytes, 'x', size);
    return value_text((struct text){bytes, size});
}

/* [position of the last event, size] */
static void is_reference(const struct value *value, int64_t size)
{
    assert_true(value->kind == VALUE_LIST && value->count == 2);
    assert_true(value->items[0].kind == VALUE_INTEGER && value->items[1].kind == VALUE_INTEGER);
    assert_int_equal(value->items[0].integer, w.position - 1);
    assert_int_equal(value->items[1].integer, size);
}

static void texts(void **state)
{
    (void)state;
    taken("text", text("漏水"));
    assert_true(text_is(field_of(&w, "text")->text, "漏水"));
    taken("text", long_text(CASE_TEXT_INLINE));
    assert_int_equal(field_of(&w, "text")->kind, VALUE_TEXT);
    taken("text", long_text(CASE_TEXT_INLINE + 1));
    is_reference(field_of(&w, "text"), CASE_TEXT_INLINE + 1);
    not_taken("text", text(""), "may not be empty");
    not_taken("text", value_integer(1), "must be a text");
    not_taken("text", long_text(201), "has 201 characters, at most 200");
    not_taken("text", value_bytes("sealed", 6), "is not private and must arrive in clear");
    not_taken("text", (struct value){.kind = VALUE_NONE}, "is needed and did not come");
    char *characters = arena_take(&w.arena, 601);
    for (int i = 0; i < 200; i++)
        memcpy(characters + (ptrdiff_t)i * 3, "水", 3);
    taken("text", value_text((struct text){characters, 600})); /* characters count, not bytes */
    is_reference(field_of(&w, "text"), 600);
}

static void numbers(void **state)
{
    (void)state;
    taken("number", text("12.5"));
    assert_int_equal(field_of(&w, "number")->integer, 1250);
    taken("number", value_integer(50));
    assert_int_equal(field_of(&w, "number")->integer, 50);
    not_taken("number", value_integer(49), "is 0.49, at least 0.50");
    not_taken("number", text("100.01"), "is 100.01, at most 100.00");
    not_taken("number", text("1.234"), "'1.234' is not a number with at most 2 decimal places");
    not_taken("number", text("many"), "is not a number");
    not_taken("number", value_boolean(true), "must be a number");
}

static void booleans_dates_choices(void **state)
{
    (void)state;
    taken("boolean", value_boolean(true));
    taken("boolean", text("false"));
    assert_true(field_of(&w, "boolean")->kind == VALUE_BOOLEAN && !field_of(&w, "boolean")->boolean);
    not_taken("boolean", text("yes"), "must be true or false");
    not_taken("boolean", value_integer(1), "must be true or false");
    taken("date", text("2026-10-09"));
    assert_int_equal(field_of(&w, "date")->integer, day_of(2026, 10, 9));
    not_taken("date", text("2026-02-30"), "must be a date");
    taken("date", value_integer(20000));
    assert_int_equal(field_of(&w, "date")->integer, 20000);
    not_taken("date", value_integer(INT64_C(1) << 40), "must be a date");
    not_taken("date", value_boolean(true), "must be a date");
    taken("choice", text("green"));
    not_taken("choice", text("blue"), "'blue' is not one of red, green");
    not_taken("choice", value_integer(1), "must be one of red, green");
}

static void units_and_references(void **state)
{
    (void)state;
    taken("unit", text("jinnong/grid-4"));
    not_taken("unit", text("jinnong/grid-9"), "there is no unit 'jinnong/grid-9'");
    not_taken("unit", text("jinnong/grid-3/building-8"), "there is no unit"); /* closed */
    not_taken("unit", value_integer(4), "must be the path of a unit");
    taken("reference", text("12345-2026-0001"));
    taken("reference", long_text(256));
    assert_int_equal(field_of(&w, "reference")->kind, VALUE_TEXT);
    not_taken("reference", long_text(257), "1 to 256 bytes");
    not_taken("reference", text(""), "1 to 256 bytes");
}

static struct value person(const char *id, const char *more, struct value value, uint32_t pairs)
{
    struct value *items = ARENA_ARRAY(&w.arena, struct value, 4);
    items[0] = text("id");
    items[1] = text(id);
    items[2] = text(more);
    items[3] = value;
    return (struct value){.kind = VALUE_MAP, .count = pairs, .items = items};
}

static struct value list(const struct value *items, uint32_t count)
{
    return (struct value){.kind = VALUE_LIST, .count = count, .items = items};
}

static void people_are_references(void **state)
{
    (void)state;
    taken("people", people_value(&w, "a:1 a:2"));
    not_taken("people", text("a:1"), "names 1, at least 2");
    not_taken("people", people_value(&w, "a:1 a:2 a:3 a:4"), "names 4, at most 3");
    not_taken("people", people_value(&w, "a:1 a:1"), "names a:1 twice");
    not_taken("people", list(NULL, 0), "may not be empty");
    taken("people", people_value(&w, "li a:2"));
    not_taken("people", people_value(&w, "li lee"), "'lee' is not in the directory; a resident is written app:token");
    not_taken("people", value_integer(3), "each must be a reference");
    struct value empty[] = {text("a:1"), text("")};
    not_taken("people", list(empty, 2), "1 to 128 bytes");
    struct value clear[] = {text("a:1"), person("a:2", "name", text("Zhao"), 2)};
    not_taken("people", list(clear, 2), "{id, sealed} with the details sealed");
    struct value open_details[] = {text("a:1"), person("a:2", "sealed", text("Zhao"), 2)};
    not_taken("people", list(open_details, 2), "{id, sealed} with the details sealed");
    struct value sealed[] = {person("a:1", "sealed", value_bytes("??", 2), 2), person("a:2", "", (struct value){.kind = VALUE_NONE}, 1)};
    taken("people", list(sealed, 2));
    const struct value *kept = field_of(&w, "people");
    assert_true(kept->items[0].kind == VALUE_MAP && kept->items[1].kind == VALUE_TEXT); /* {id} alone is the text */
    assert_true(case_has_person(kept, TEXT("a:1")) && case_has_person(kept, TEXT("a:2")));
}

static struct value owner(const char *id, struct value area, struct value since)
{
    struct value *members = ARENA_ARRAY(&w.arena, struct value, 6);
    members[0] = text("area");
    members[1] = area;
    members[2] = text("id");
    members[3] = text(id);
    members[4] = text("since");
    members[5] = since;
    return (struct value){.kind = VALUE_MAP, .count = 3, .items = members};
}

static void what_belongs_to_each_person_comes_with_each(void **state)
{
    (void)state;
    struct value both[] = {owner("a:1", text("98.50"), text("2026-01-02")), owner("a:2", value_integer(120), value_integer(20000))};
    taken("owners", list(both, 2));
    const struct value *kept = field_of(&w, "owners");
    assert_int_equal(case_with(&kept->items[0], "area")->integer, 9850);
    assert_int_equal(case_with(&kept->items[0], "since")->integer, 20455);
    assert_int_equal(case_with(&kept->items[1], "area")->integer, 120);
    assert_null(case_with(&kept->items[1], "height"));
    assert_true(case_has_person(kept, TEXT("a:2")));
    not_taken("owners", text("a:1"), "a:1 comes without area");
    struct value wrong[] = {both[0], owner("a:2", text("1.234"), text("2026-01-02"))};
    not_taken("owners", list(wrong, 2), "area of a:2: '1.234' is not a number with at most 2 decimal places");
    struct value no_date[] = {owner("a:1", text("1"), (struct value){.kind = VALUE_NONE})};
    not_taken("owners", list(no_date, 1), "a:1 comes without since");
    struct value foreign[] = {person("a:1", "height", value_integer(3), 2)};
    not_taken("owners", list(foreign, 1), "{id, sealed} with the details sealed");
    struct value sealed[] = {owner("a:1", value_bytes("x", 1), text("2026-01-02"))};
    not_taken("owners", list(sealed, 1), "area of a:1: is not private and must arrive in clear");
}

static void private_values_come_sealed(void **state)
{
    (void)state;
    not_taken("private-text", text("secret"), "is private and must arrive sealed");
    taken("private-text", value_bytes("sealed", 6));
    assert_int_equal(field_of(&w, "private-text")->kind, VALUE_BYTES);
    struct value sealed = long_text(300);
    sealed.kind = VALUE_BYTES;
    taken("private-text", sealed);
    is_reference(field_of(&w, "private-text"), 300);
    taken("private-people", text("a:1")); /* the reference decides who may act: it is in clear */
    not_taken("private-people", value_bytes("sealed", 6), "each must be a reference");
    not_taken("private-list", text("secret"), "is private and must arrive sealed");
    taken("private-list", value_bytes("sealed", 6));
    assert_int_equal(field_of(&w, "private-list")->count, 1);
    is_reference(&field_of(&w, "private-list")->items[0], 6);
}

static void lists_take_one_element_at_a_time(void **state)
{
    (void)state;
    taken("list", text("first"));
    is_reference(&field_of(&w, "list")->items[0], 5);
    struct value two[] = {text("a"), text("b")};
    not_taken("list", list(two, 2), "must be a text");
    taken("list", text("second"));
    assert_int_equal(field_of(&w, "list")->count, 2);
    is_reference(&field_of(&w, "list")->items[1], 6);
    not_taken("list", text("third"), "holds 2 already");
    taken("dates", text("2026-01-01"));
    not_taken("dates", text("soon"), "must be a date");
}

static void nothing_else_may_come(void **state)
{
    (void)state;
    give(&w, "text", text("x"));
    give(&w, "number", value_integer(100));
    give(&w, "surprise", text("x"));
    refused(&w, "text", "chen", ERR_BAD_DATA,
            "number: does not come with this event; allowed: text; surprise: does not come with this event; allowed: text");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(texts), TEST(numbers), TEST(booleans_dates_choices), TEST(units_and_references), TEST(people_are_references), TEST(what_belongs_to_each_person_comes_with_each),
        TEST(private_values_come_sealed), TEST(lists_take_one_element_at_a_time), TEST(nothing_else_may_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
