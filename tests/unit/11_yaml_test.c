/* yaml: what the loader refuses, where it says it is, and what the typed readers make of a scalar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/yaml.h"

static struct arena arena;

static int arena_open(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_shut(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static const struct node *load(struct text source, struct problems *problems)
{
    problems_init(problems, &arena, "f");
    return yaml_load(&arena, source, problems);
}

static const struct node *load_good(const char *source)
{
    struct problems problems;
    const struct node *root = load(text_of(source), &problems);
    if (problems.errors + problems.warnings)
        fail_msg("%s", problems_print(&problems, &arena).data);
    assert_non_null(root);
    return root;
}

static void test_tree(void **state)
{
    (void)state;
    const struct node *root = load_good("a: 1\nb:\n  - x\n  - {c: 'y', d: [调处, z]}\n");
    assert_int_equal(root->kind, NODE_MAP);
    assert_int_equal(root->count, 2);
    assert_true(node_is(node_get(root, "a"), "1"));
    assert_null(node_get(root, "c"));
    assert_null(node_get(node_get(root, "a"), "c"));
    const struct node *b = node_get(root, "b");
    assert_int_equal(b->count, 2);
    assert_int_equal(b->place.line, 3);
    assert_int_equal(b->key_place.line, 2);
    const struct node *c = node_get(b->first->next, "c");
    assert_false(c->plain);
    assert_int_equal(c->place.line, 4);
    assert_int_equal(c->place.column, 9);
    assert_int_equal(c->key_place.column, 6);
    const struct node *z = node_get(b->first->next, "d")->first->next;
    assert_string_equal(node_path(&arena, z).data, "b[2].d[2]");
    assert_int_equal(z->place.column, 22); /* characters, not bytes */
    uint32_t seen = 0;
    for (node_each(item, b))
        assert_int_equal(item->index, seen++);
    assert_int_equal(seen, 2);
    for (node_each(item, node_get(root, "a")))
        fail_msg("a scalar has no children (%s)", item->text.data);
}

struct refusal {
    const char *source, *printed;
};

static void expect_printed(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct problems problems;
        load(text_of(cases[i].source), &problems);
        assert_string_equal(problems_print(&problems, &arena).data, cases[i].printed);
    }
}

static void test_left_out_and_reported(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"a: 1\nb: 2\na: 3\n", "f:3:1: a: the key \"a\" stands here a second time (first in line 1). Keep one.\n"},
        {"x: {b: 1, a: 1, b: 2, b: 3}\n",
         "f:1:17: x.b: the key \"b\" stands here a second time (first in line 1). Keep one.\n"
         "f:1:23: x.b: the key \"b\" stands here a second time (first in line 1). Keep one.\n"},
        {"a: &here [1]\nb: *here\n",
         "f:1:4: a: the anchor &here cannot be used here. Write the value out where it is needed.\n"
         "f:2:4: b: the alias *here cannot be used here. Write the value out where it is needed.\n"},
        {"a: !!int 1\n", "f:1:4: a: the tag tag:yaml.org,2002:int cannot be used here. Leave it out.\n"},
        {"a: {<<: 1}\n", "f:1:5: a: `<<` cannot be used here. Write the keys out where they are needed.\n"},
        {"? [a]\n: 1\n", "f:1:3: a key must be one word or text, found a list.\n"},
        {"a: \"x\\0y\"\n", "f:1:4: a: a zero byte (\\0) stands in this text. Leave it out.\n"},
    };
    expect_printed(cases, sizeof cases / sizeof cases[0]);
}

static void test_ends_the_reading(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"", "f:1:1: the file is empty.\n"},
        {"# nothing\n", "f:1:1: the file is empty.\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here (---). A file holds one.\n"},
        {"a: [1, 2\nb: 3\n",
         "f:1:4: a [ was not closed, or a comma is missing; a text with a comma or colon in it goes in quotes (noticed at 2:2).\n"},
        {"a: 'open\n\nb: 1\n", "f:1:4: a quote was opened and not closed (noticed at 4:1).\n"},
        {"a: 1\n b: 2\n", "f:2:3: a colon too many, or the line is indented too far; a text with a colon in it goes in quotes.\n"},
        {"a:\n\tb: 2\n", "f:2:1: a tab stands at the beginning of this line. Indent with ordinary spaces.\n"},
        {"a:\n  b: 2\n c: 3\n", "f:3:2: the line is not indented like those before it, or something before it was not closed.\n"},
        {"\xef\xbb\xbf" "a: 1\nb\n", "f:2:1: this should be a key, and a key is followed by a colon and a space (noticed at 3:1).\n"},
        {"a: {b: 1}}\n", "f:1:10: a } too many: nothing is open here that it could close.\n"},
        {"a: 1\nb: \"\\d\"\n", "f:2:4: in double quotes \\ has a meaning of its own; write \\\\, or single quotes.\n"},
        {"a: {b：1}\nc: {d:1}\n", "f:1:5: a.b：1: after the key \"b\" comes an ordinary colon and a space (\"b: \").\n"
                                  "f:2:5: c.d:1: after the key \"d\" comes an ordinary colon and a space (\"d: \").\n"},
        {"a: 1\nb: x\xff\n",
         "f:2:5: this is not readable text: invalid leading UTF-8 octet. Save the file as UTF-8, without control characters.\n"},
        {"a: \xe8\xb0\x83\nb: \x01\n",
         "f:2:4: this is not readable text: control characters are not allowed. Save the file as UTF-8, without control characters.\n"},
    };
    expect_printed(cases, sizeof cases / sizeof cases[0]);
}

/* `times` copies of a piece. */
static struct text repeated(const char *piece, size_t times)
{
    size_t size = strlen(piece);
    char *text = arena_take(&arena, size * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * size, piece, size);
    return (struct text){.data = text, .size = size * times};
}

/* A broken section does not hide the mistakes of those after it. */
static void test_every_section_is_looked_at(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"a: [1\nb: 2\nc: {d: 1\ne: 'x\nf: 1\n",
         "f:1:4: a [ was not closed, or a comma is missing; a text with a comma or colon in it goes in quotes (noticed at 2:2).\n"
         "f:3:4: a { was not closed, or a comma is missing; a text with a comma or colon in it goes in quotes (noticed at 4:2).\n"
         "f:4:4: a quote was opened and not closed (noticed at 6:1).\n"},
        {"a: 1}\nb:\n  c: 1\n   d: 2\ne: 3\n",
         "f:4:5: a colon too many, or the line is indented too far; a text with a colon in it goes in quotes.\n"},
    };
    expect_printed(cases, sizeof cases / sizeof cases[0]);
    struct problems problems; /* each look may read to the end: there are not many */
    load(repeated("a: }\n", 1000), &problems);
    assert_int_equal(problems.errors, 9);
}

static void expect_only(struct text source, const char *printed)
{
    struct problems problems;
    assert_null(load(source, &problems));
    assert_string_equal(problems_print(&problems, &arena).data, printed);
}

static void test_bounds(void **state)
{
    (void)state;
    expect_only(repeated("[", 40000), "f:1:33: lists and mappings are nested more than 32 deep.\n");
    expect_only(repeated("- ", 40000), "f:1:65: lists and mappings are nested more than 32 deep.\n");
    expect_only(repeated("- a\n", 100001), "f:100000:3: the file holds more than 100000 values. Split it.\n");
    expect_only(repeated("#", YAML_BYTES_MOST + 1), "f:1:1: the file has 1048577 bytes; at most 1048576 are read. Split it.\n");
    struct problems problems;
    assert_null(load(repeated("#", YAML_BYTES_MOST), &problems));
    const struct node *root = load(repeated("- a\n", 99999), &problems);
    assert_non_null(root);
    assert_int_equal(root->count, 99999);
}

/* Every anchor is a problem; the list stays bounded all the same, and says how many there were. */
static void test_problems_are_bounded_and_sorted(void **state)
{
    (void)state;
    struct problems problems;
    load(repeated("- &a x\n", 80000), &problems);
    assert_int_equal(problems.errors, 80000);
    assert_int_equal(problems.kept, PROBLEMS_KEPT);
    struct text printed = problems_print(&problems, &arena);
    const char *last = "f: and 79900 more\n";
    assert_string_equal(printed.data + printed.size - strlen(last), last);

    problems_init(&problems, &arena, "f");
    const struct node *root = load_good("a: 1\nb: 2\n");
    problems_warn(&problems, node_get(root, "b"), "third");
    problems_add(&problems, node_get(root, "a"), "second");
    problems_add_key(&problems, node_get(root, "a"), "first");
    problems_add(&problems, node_get(root, "b"), "fourth");
    assert_string_equal(problems_print(&problems, &arena).data,
                        "f:1:1: a: first\nf:1:4: a: second\nf:2:4: warning: b: third\nf:2:4: b: fourth\n");
    assert_int_equal(problems.errors, 3);
    assert_int_equal(problems.warnings, 1);
}

/* ---- typed scalars: the value of `v`, or what is said about it ---- */

enum reading { AS_TEXT, AS_INTEGER, AS_DECIMAL, AS_BOOLEAN, AS_DATE, AS_NAME, AS_CHOICE };

/* The result as text: a value, or the first problem. */
static const char *read_as(enum reading reading, const char *value)
{
    static const char *const words[] = {"now", "then", "refuse"};
    struct problems problems;
    const struct node *root = load(arena_print(&arena, "v: %s\n", value), &problems);
    const struct node *node = node_get(root, "v");
    struct text text = TEXT("untouched");
    int64_t integer = -77;
    int32_t number = -77;
    bool boolean = false, read = false;
    switch (reading) {
    case AS_TEXT: read = node_text(&problems, node, 8, &text); break;
    case AS_NAME: read = node_name(&problems, node, &text); break;
    case AS_INTEGER: read = node_integer(&problems, node, -5, 1000, &integer); break;
    case AS_DECIMAL: read = node_decimal(&problems, node, 2, &integer); break;
    case AS_BOOLEAN: read = node_boolean(&problems, node, &boolean); break;
    case AS_DATE: read = node_date(&problems, node, &number); break;
    case AS_CHOICE: read = node_choice(&problems, node, words, 3, &number); break;
    }
    assert_int_equal(read, problems.errors == 0);
    if (problems.kept)
        return arena_print(&arena, "%s%.*s", problems.items[0].warning ? "warning: " : "", (int)problems.items[0].text.size,
                           problems.items[0].text.data).data;
    if (reading == AS_TEXT || reading == AS_NAME)
        return text.data;
    if (reading == AS_BOOLEAN)
        return boolean ? "true" : "false";
    return arena_print(&arena, "%lld", (long long)(reading == AS_DATE || reading == AS_CHOICE ? number : integer)).data;
}

static const char name_rule[] =
    "allowed is a name of small letters a to z, digits and single hyphens, beginning with a letter, at most 64.";

static void test_typed_scalars(void **state)
{
    (void)state;
    static const struct {
        enum reading reading;
        const char *value, *result;
    } cases[] = {
        {AS_TEXT, "hello", "hello"},
        {AS_TEXT, "'012'", "012"},
        {AS_TEXT, "3 days", "3 days"},
        {AS_TEXT, "调解中心调解中心", "调解中心调解中心"},
        {AS_TEXT, "调解中心调解中心一", "this text has 9 characters; at most 8 are allowed."},
        {AS_TEXT, "", "found nothing; allowed is text."},
        {AS_TEXT, "~", "found nothing; allowed is text."},
        {AS_TEXT, "''", "found \"\"; allowed is text."},
        {AS_TEXT, "[a]", "found a list; allowed is text."},
        {AS_TEXT, "\"a\\e[31m\"", "a\033[31m"},
        {AS_TEXT, "yes", "warning: \"yes\" is taken as text here, but other YAML readers take it for true or false. Write it in quotes."},
        {AS_TEXT, "1:30", "warning: \"1:30\" is taken as text here, but other YAML readers take it for a number, a time or a date. Write it in quotes."},
        {AS_TEXT, "0x1f", "warning: \"0x1f\" is taken as text here, but other YAML readers take it for a number, a time or a date. Write it in quotes."},
        {AS_TEXT, "1.2.3", "1.2.3"},
        {AS_TEXT, "1e3", "warning: \"1e3\" is taken as text here, but other YAML readers take it for a number, a time or a date. Write it in quotes."},
        {AS_INTEGER, "12", "12"},
        {AS_INTEGER, "0", "0"},
        {AS_INTEGER, "-5", "-5"},
        {AS_INTEGER, "-6", "found -6; allowed is a whole number from -5 to 1000."},
        {AS_INTEGER, "1001", "found 1001; allowed is a whole number from -5 to 1000."},
        {AS_INTEGER, "9999999999999999999999", "found \"9999999999999999999999\"; allowed is a whole number."},
        {AS_INTEGER, "012", "found \"012\"; allowed is a whole number without leading zeros (YAML readers differ on 012: ten or twelve)."},
        {AS_INTEGER, "'12'", "found \"12\" in quotes, which is text; allowed is a whole number without quotes."},
        {AS_INTEGER, "1.5", "found \"1.5\"; allowed is a whole number."},
        {AS_INTEGER, "+1", "found \"+1\"; allowed is a whole number."},
        {AS_INTEGER, "{a: 1}", "found a mapping; allowed is a whole number."},
        {AS_DECIMAL, "12.5", "1250"},
        {AS_DECIMAL, "-0.05", "-5"},
        {AS_DECIMAL, "0", "0"},
        {AS_DECIMAL, "7", "700"},
        {AS_DECIMAL, "12.345", "found \"12.345\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_DECIMAL, "12.", "found \"12.\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_DECIMAL, ".5", "found \".5\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_DECIMAL, "--5", "found \"--5\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_DECIMAL, "1e3", "found \"1e3\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_DECIMAL, "99999999999999999", "found \"99999999999999999\"; allowed is a number with at most 2 decimal places, such as 12.75."},
        {AS_BOOLEAN, "true", "true"},
        {AS_BOOLEAN, "false", "false"},
        {AS_BOOLEAN, "Yes", "found \"Yes\"; allowed is true or false. Write true."},
        {AS_BOOLEAN, "off", "found \"off\"; allowed is true or false. Write false."},
        {AS_BOOLEAN, "'true'", "found \"true\" in quotes; allowed is true or false without quotes. Write true."},
        {AS_BOOLEAN, "maybe", "found \"maybe\"; allowed is true or false."},
        {AS_DATE, "1970-01-02", "1"},
        {AS_DATE, "'2026-10-09'", "20735"},
        {AS_DATE, "2026-02-30", "found \"2026-02-30\"; allowed is a date that exists, written as 2026-10-09."},
        {AS_NAME, "hand-over2", "hand-over2"},
        {AS_NAME, "Hand", NULL},
        {AS_NAME, "a--b", NULL},
        {AS_NAME, "a-", NULL},
        {AS_NAME, "2a", NULL},
        {AS_NAME, "no", "warning: \"no\" is taken as a name here, but other YAML readers take it for true or false. Use another name."},
        {AS_CHOICE, "then", "1"},
        {AS_CHOICE, "thne", "found \"thne\"; allowed is now, then or refuse. Did you mean \"then\"?"},
        {AS_CHOICE, "sometimes", "found \"sometimes\"; allowed is now, then or refuse."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *expected = cases[i].result;
        if (!expected)
            expected = arena_print(&arena, "found \"%s\"; %s", cases[i].value, name_rule).data;
        assert_string_equal(read_as(cases[i].reading, cases[i].value), expected);
    }
}

/* ---- keys from a table ---- */

enum where { IN_FILE, IN_ROOM };
static const struct key table[] = {
    {IN_FILE, "name", KIND_SCALAR, KEY_NEEDED, "a name", "what it is called", NULL},
    {IN_FILE, "rooms", KIND_MAP, 0, "a mapping of rooms", "its rooms", NULL},
    {IN_FILE, "doors", KIND_LIST | KIND_SCALAR, KEY_LATER, "a list of doors", "its doors", NULL},
    {IN_ROOM, "width", KIND_SCALAR, 0, "a number of metres", "from wall to wall", NULL},
};
static const struct keys keys = {table, sizeof table / sizeof table[0], NULL, 0};

static void test_keys(void **state)
{
    (void)state;
    struct problems problems;
    const struct node *root = load(TEXT("nmae: x\nrooms: [1]\ndoors: 2\nwidth: 3\n"), &problems);
    assert_true(keys_check(&problems, root, &keys, IN_FILE));
    assert_string_equal(problems_print(&problems, &arena).data,
                        "f:1:1: nmae: there is no key \"nmae\" here. Did you mean \"name\"? Allowed: name, rooms.\n"
                        "f:1:1: the key \"name\" is missing: a name (what it is called).\n"
                        "f:2:8: rooms: found a list; allowed is a mapping of rooms.\n"
                        "f:3:1: doors: \"doors\" belongs to the language, but this version of Staircase does not carry it yet. "
                        "Leave it out for now.\n"
                        "f:4:1: width: there is no key \"width\" here. Allowed: name, rooms.\n");
    assert_null(keys_get(root, &keys, IN_FILE, "rooms"));
    assert_null(keys_get(root, &keys, IN_FILE, "doors"));
    problems_init(&problems, &arena, "f");
    assert_false(keys_check(&problems, NULL, &keys, IN_FILE));
    assert_int_equal(problems.errors, 0);
    assert_false(keys_check(&problems, node_get(root, "width"), &keys, IN_ROOM));
    assert_string_equal(problems_print(&problems, &arena).data,
                        "f:4:8: width: found \"3\"; allowed is a mapping with the keys: width.\n");
}

static void test_lists(void **state)
{
    (void)state;
    struct problems problems;
    const struct node *root = load(TEXT("a: [x, y]\nb: x\nc: []\nd:\n"), &problems);
    const struct node *first;
    uint32_t count;
    assert_true(node_list(&problems, node_get(root, "a"), false, &first, &count));
    assert_int_equal(count, 2);
    assert_true(node_list(&problems, node_get(root, "b"), true, &first, &count));
    assert_int_equal(count, 1);
    assert_true(node_is(first, "x"));
    assert_false(node_list(&problems, node_get(root, "b"), false, &first, &count));
    assert_false(node_list(&problems, node_get(root, "c"), true, &first, &count));
    assert_false(node_list(&problems, node_get(root, "d"), true, &first, &count));
    assert_false(node_list(&problems, NULL, true, &first, &count));
    assert_string_equal(problems_print(&problems, &arena).data,
                        "f:2:4: b: found \"x\"; allowed is a list such as [a, b].\n"
                        "f:3:4: c: found an empty list; allowed is a list such as [a, b].\n"
                        "f:4:3: d: found nothing; allowed is a list such as [a, b].\n");
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *hint;
    } cases[] = {
        {"wihtin", " Did you mean \"within\"?"}, {"overdu", " Did you mean \"overdue\"?"}, {"xyz", ""},
        {"", ""}, {"withinwithinwithinwithinwithinwithinwithinwithinwithinwithinwithinwithin", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nearest nearest = nearest_to(text_of(cases[i].wanted));
        nearest_offer(&nearest, TEXT("within"));
        nearest_offer(&nearest, TEXT("overdue"));
        nearest_offer(&nearest, TEXT("title"));
        assert_string_equal(nearest_hint(&nearest, &arena), cases[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_left_out_and_reported, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_ends_the_reading, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_every_section_is_looked_at, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_bounds, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_problems_are_bounded_and_sorted, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_typed_scalars, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_keys, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_lists, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_nearest, arena_open, arena_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
