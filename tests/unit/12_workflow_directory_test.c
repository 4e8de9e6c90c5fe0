/* A workflow that is read together with a directory: its roles and levels must be there; told at their places, in one run with everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/directory_yaml.h"
#include "engine/workflow_yaml.h"
#include "tests/unit/yaml_mistakes.h"

static struct arena arena;
static struct directory directory;

static const char small[] = "directory: small\nversion: 1\n"
                            "levels: [{level: building}, {level: grid}, {level: district}]\n"
                            "roles: {clerk: {reach: below}, mediator: {reach: here}}\n"
                            "units: {town: {id: 1, level: district, title: Town, calendar: x}, town/one: {id: 2, level: grid, title: One}}\n"
                            "people: {li: {name: Li, holds: [{role: clerk, at: town/one}]}}\n";

static const char good[] = "workflow: w\n"
                           "version: 1\n"
                           "title: {en: W}\n"
                           "reference: \"{number}\"\n"
                           "opens: {by: [clerk, mediator], at: grid, needs: [a]}\n"
                           "data: {a: {type: text}}\n"
                           "start: {go: s}\n"
                           "stages:\n"
                           "  s:\n"
                           "    at: grid\n"
                           "    task: {for: clerk}\n"
                           "    events: {e: {by: [clerk, {role: mediator, of: district}], end: done}}\n"
                           "ends: {done: }\n";

static const char *printed(const char *from, const char *to)
{
    struct problems problems;
    struct workflow workflow;
    enum err code = workflow_read_for(&arena, "f", source_with(&arena, good, from, to), &directory, &problems, &workflow);
    assert_int_equal(code, problems.errors ? ERR_INVALID_SOURCE : ERR_OK);
    return problems_print(&problems, &arena).data;
}

static void test_what_is_there(void **state)
{
    (void)state;
    assert_string_equal(printed("clerk", "clerk"), "");
}

static void test_what_is_not(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"[clerk, mediator]", "[clerk, mediater]",
         "f:5:21: opens.by[2]: the directory has no role \"mediater\". Did you mean \"mediator\"? Roles: clerk, mediator.\n"},
        {"for: clerk", "for: policeman", "f:11:17: stages.s.task.for: the directory has no role \"policeman\". Roles: clerk, mediator.\n"},
        {"of: district", "of: distict",
         "f:12:51: stages.s.events.e.by[2].of: the directory has no level \"distict\". Did you mean \"district\"? Levels: building, grid, district.\n"},
        {"for: clerk", "for: district",
         "f:11:17: stages.s.task.for: the directory has no role \"district\". \"district\" is a level of it. Roles: clerk, mediator.\n"},
        {"for: clerk", "for: li", "f:11:17: stages.s.task.for: the directory has no role \"li\". \"li\" is a person of it: say a role that they hold. Roles: clerk, mediator.\n"},
        {"of: district", "of: town", "f:12:51: stages.s.events.e.by[2].of: the directory has no level \"town\". \"town\" is a unit of it: say its level, district. "
                                     "Levels: building, grid, district.\n"},
        {"of: district", "of: clerk",
         "f:12:51: stages.s.events.e.by[2].of: the directory has no level \"clerk\". \"clerk\" is a role of it. Levels: building, grid, district.\n"},
        {"at: grid\n", "at: building\n",
         "f:10:9: warning: stages.s.at: no unit of the directory has the level \"building\": a case never comes there.\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(printed(cases[i].from, cases[i].to), cases[i].printed);
}

/* A mistake of another kind does not hide these. */
static void test_all_in_one_run(void **state)
{
    (void)state;
    const char *all = printed("for: clerk}\n    events", "for: clark, wroker: x}\n    events");
    assert_non_null(strstr(all, "wroker"));
    assert_non_null(strstr(all, "the directory has no role \"clark\". Did you mean \"clerk\"?"));
}

int main(void)
{
    arena_init(&arena);
    struct problems problems;
    enum err code = directory_read(&arena, "d", text_of(small), &problems, &directory);
    if (code) {
        fputs(problems_print(&problems, &arena).data, stderr);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_there),
        cmocka_unit_test(test_what_is_not),
        cmocka_unit_test(test_all_in_one_run),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed;
}
