/* Slips of the keyboard: what a Chinese input method or an editor leaves in a file, told by name and place; and what is right as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/yaml.h"

static struct arena arena;

static const char *printed(struct problems *problems, const char *source)
{
    problems_init(problems, &arena, "f");
    typing_report(problems, text_of(source));
    return problems_print(problems, &arena).data;
}

static void test_each_slip_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *source, *says;
    } cases[] = {
        {"a: 1\nb：2\n", "f:2:2: found the full-width \"：\". After a key comes \":\" and a space.\n"},
        {"a:\n  - b ：2\n", "f:2:7: found the full-width \"：\". After a key comes \":\" and a space.\n"},
        {"a: {b：2}\n", "f:1:6: found the full-width \"：\". After a key comes \":\" and a space.\n"},
        {"a: {b: 2， c: 3}\n", "f:1:9: found the full-width \"，\". Entries are separated by \",\" and a space.\n"},
        {"a: [b、c]\n", "f:1:6: found the full-width \"、\". Entries are separated by \",\" and a space.\n"},
        {"a: ｛b: 2｝\n", "f:1:4: found the full-width \"｛\". Write the ordinary {\nf:1:9: found the full-width \"｝\". Write the ordinary }\n"},
        {"a: 【b】\n", "f:1:4: found the full-width \"【\". Write the ordinary [\nf:1:6: found the full-width \"】\". Write the ordinary ]\n"},
        {"a: “x”\n", "f:1:4: found the full-width \"“\". Write the ordinary \"\nf:1:6: found the full-width \"”\". Write the ordinary \"\n"},
        {"a:\n\tb: 1\n", "f:2:1: a tab stands at the beginning of this line. Indent with ordinary spaces.\n"},
        {"a:\n  \tb: 1\n", "f:2:3: a tab stands at the beginning of this line. Indent with ordinary spaces.\n"},
        {"a:\n　b: 1\n", "f:2:1: a wide space stands at the beginning of this line. Indent with ordinary spaces.\n"},
        {"a:　1\n", "f:1:3: a wide space stands after the colon. Write an ordinary one.\n"},
        {"a:1\n", "f:1:2: a space is missing after this colon.\n"},
        {"a: {b:漏水}\n", "f:1:6: a space is missing after this colon.\n"},
        {"a：1\nb：2", "f:1:2: found the full-width \"：\". After a key comes \":\" and a space.\n"
                       "f:2:2: found the full-width \"：\". After a key comes \":\" and a space.\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct problems problems;
        assert_string_equal(printed(&problems, cases[i].source), cases[i].says);
    }
}

static void test_what_is_right(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "a: 请注意：漏水，停电、停水\n", "a: 【急】“五个到社区”\n",  "# a：b，c\n",          "a: 1 # b：2\n",
        "a: \"b：2\"\n",                 "a: {zh: '｛x｝， y'}\n",    "a: [app:zhao, 09:00]\n", "- app:zhao\n",
        "a: http://x\n",                  "a: '{unit}调字〔{year}〕'\n", "a: b # it's\n",        "",
    };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct problems problems;
        assert_string_equal(printed(&problems, sources[i]), "");
    }
}

static void test_no_bytes_are_too_odd(void **state)
{
    (void)state;
    struct problems problems;
    printed(&problems, "\xe3\x80");
    printed(&problems, "a: \xff\xff：\xf0\x9f\n\xc3");
    assert_int_equal(problems.warnings, 0);
}

static void test_hints(void **state)
{
    (void)state;
    static const struct {
        const char *word, *hint;
    } cases[] = {
        {"３ days", " (with the full-width \"３\": write \"3\")"},
        {"a，b", " (with the full-width \"，\": write \",\")"},
        {"3\xc2\xa0" "days", " (with a wide space: write an ordinary one)"},
        {"3 days", ""},
        {"３天", ""},
        {"漏水，停电", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(typing_hint(&arena, text_of(cases[i].word)), cases[i].hint);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_slip_at_its_place),
        cmocka_unit_test(test_what_is_right),
        cmocka_unit_test(test_no_bytes_are_too_odd),
        cmocka_unit_test(test_hints),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed;
}
