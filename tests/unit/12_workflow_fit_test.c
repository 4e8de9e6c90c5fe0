/* workflow_fit: workflows that open cases of each other, checked together. */
#include "engine/source.h"
#include "engine/workflow_fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static struct text file_of(const char *path)
{
    const char *root = getenv("STAIRCASE_SOURCE");
    struct text source, why = {0};
    if (source_load(&arena, arena_print(&arena, "%s/%s", root ? root : ".", path).data, &source, &why))
        fail_msg("%s", why.data);
    return source;
}

static bool with_places; /* what does not fit is told with its line */

/* The file with one place changed. */
static struct workflow *workflow_of(const char *path, const char *from, const char *to)
{
    char *text = arena_string(&arena, file_of(path)), *at = from ? strstr(text, from) : NULL;
    struct text changed = text_of(text);
    if (from && !at)
        fail_msg("%s is not there", from);
    if (at)
        changed = arena_print(&arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    struct problems problems;
    struct source *source = ARENA_NEW(&arena, struct source);
    if (source_read(&arena, path, changed, &problems, source))
        fail_msg("%s", problems_print(&problems, &arena).data);
    if (!with_places)
        source->workflow.opens_at = source->workflow.waits_at = NULL;
    return &source->workflow;
}

#define MEETING "tests/scenarios/children/meeting.yaml"
#define RESOLUTION "tests/scenarios/children/resolution.yaml"

static void assert_says(struct text found, const char *expected)
{
    char *text = arena_string(&arena, found);
    assert_string_equal(text, expected);
}

static void what_fits(void **state)
{
    (void)state;
    const struct workflow *meeting = workflow_of(MEETING, NULL, NULL), *resolution = workflow_of(RESOLUTION, NULL, NULL);
    assert_says(workflow_fit(&arena, meeting, resolution), "");
    assert_says(workflow_fit(&arena, resolution, meeting), "");
    assert_says(workflow_fit_ends(&arena, meeting, (const struct workflow *const[]){resolution}, 1), "");
    assert_says(workflow_fit_ends(&arena, meeting, NULL, 0), "");
}

static void what_does_not_fit(void **state)
{
    static const struct {
        const char *file, *from, *to, *says;
    } cases[] = {
        {MEETING, "{task: task, budget", "{tasks: task, task: task, budget", "with: resolution has no field \"tasks\".\n"},
        {MEETING, "{task: task, budget", "{report: task, task: task, budget",
         "with: the opening of resolution does not take \"report\": it stands neither in its needs nor in its may.\n"},
        {MEETING, "budget: budget,", "budget: by-when,", "with: \"budget\" of resolution cannot hold what it is given.\n"},
        {MEETING, "urgent: false", "urgent: soon", "with: \"urgent\" of resolution cannot hold what it is given.\n"},
        {MEETING, "{task: task, budget", "{budget", "with: resolution cannot be opened without \"task\", which is not given.\n"},
        {MEETING, "reports: report,", "reports: verdict,", "returns: resolution has no field \"verdict\".\n"},
        {MEETING, "reports: report,", "reports: task,", "returns: no end of resolution gives \"task\".\n"},
        {MEETING, "spent: spent}", "spent: report}", "returns: \"spent\" cannot hold what \"report\" of resolution gives.\n"},
        {MEETING, "at: {unit: place}", "at: street", "at: cases of resolution are not opened at the level street.\n"},
        {RESOLUTION, "budget:  {type: number, scale: 2}", "budget:  {type: number, scale: 1}", "with: \"budget\" of resolution cannot hold what it is given.\n"},
        {RESOLUTION, "budget:  {type: number, scale: 2}", "budget:  {type: number, scale: 2, sees: secretary}",
         "with: \"budget\" of resolution is private (it has \"sees\"): what another case gives cannot be sealed for it.\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool parent = strcmp(cases[i].file, MEETING) == 0;
        const struct workflow *meeting = workflow_of(MEETING, parent ? cases[i].from : NULL, cases[i].to);
        const struct workflow *resolution = workflow_of(RESOLUTION, parent ? "  needs: [task]" : cases[i].from, parent ? "  at: community\n  needs: [task]" : cases[i].to);
        assert_says(workflow_fit(&arena, meeting, resolution), cases[i].says);
    }
}

/* Of several that are opened each by its own line. */
static void where_it_does_not_fit(void **state)
{
    (void)state;
    with_places = true;
    const struct workflow *resolution = workflow_of(RESOLUTION, NULL, NULL);
    assert_says(workflow_fit(&arena, workflow_of(MEETING, "open: [{workflow: resolution, at: {unit: place}, with: {task: task}}]",
                                                 "open: [{workflow: resolution, with: {task: task}},\n               {workflow: resolution, with: {tusk: task, task: task}}]"), resolution),
                "36:16: with: resolution has no field \"tusk\".\n");
    const struct workflow *waits = workflow_of(MEETING, "wait: any, ends: [done]", "wait: any, ends: [finished]");
    assert_says(workflow_fit_ends(&arena, waits, (const struct workflow *const[]){waits, resolution}, 2),
                "56:15: children: a stage waits for the end \"finished\", which nothing that it opens has.\n");
    with_places = false;
}

static void an_end_that_nothing_has(void **state)
{
    (void)state;
    const struct workflow *meeting = workflow_of(MEETING, "wait: any, ends: [done]", "wait: any, ends: [finished]"), *resolution = workflow_of(RESOLUTION, NULL, NULL);
    const struct workflow *const children[] = {meeting, resolution};
    assert_says(workflow_fit_ends(&arena, meeting, children, 2), "children: a stage waits for the end \"finished\", which nothing that it opens has.\n");
    assert_says(workflow_fit_ends(&arena, meeting, children, 1), ""); /* what it opens is not known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_fits), cmocka_unit_test(what_does_not_fit), cmocka_unit_test(where_it_does_not_fit), cmocka_unit_test(an_end_that_nothing_has)};
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed;
}
