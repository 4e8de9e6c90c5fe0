/* advance: the step at its edges: directories that lead nowhere, cases that were merged, versions with other tasks, more ids than one event can make. */
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"
#include "tests/unit/yaml_world.h"

#define PLAIN                                                                                                          \
    "opens: {by: mediator, at: building}\n"                                                                            \
    "start: {go: work}\n"                                                                                              \
    "stages:\n"                                                                                                        \
    "  work:\n"                                                                                                        \
    "    task: {for: mediator, worker: desk}\n"                                                                        \
    "    events: {finish: {by: [mediator, worker], end: done}}\n"                                                      \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

/* Two units that have taken each other over. */
static void successors_in_a_circle_lead_nowhere(void **state)
{
    (void)state;
    load(PLAIN);
    must(ERR_OK, open_with(), "");
    struct part_unit units[COUNT_OF(world_units)];
    memcpy(units, world_units, sizeof units);
    units[U_B7].successor = U_B8;
    struct directory_parts parts = {
        .name = T("district"), .version = 2, .levels = world_levels, .roles = world_roles, .units = units, .serves = world_serves, .people = world_people,
        .holds = world_holds, .level_count = COUNT_OF(world_levels), .role_count = COUNT_OF(world_roles), .unit_count = COUNT_OF(units),
        .serve_count = COUNT_OF(world_serves), .person_count = COUNT_OF(world_people), .hold_count = COUNT_OF(world_holds),
    };
    directory_make(&w.arena, &parts, &w.directory);
    assert_int_equal(advance_unit(&w.directory, 4), NONE);
    must(ERR_UNKNOWN_UNIT, say("finish", "li"), "the directory has no unit with the id 4");
    must(ERR_UNKNOWN_UNIT, open_with(), "is closed; 'none' has taken it over");
}

/* A run that the calendar opened, of a workflow that says nothing of runs (any more): no field comes with it. */
static void a_run_of_a_workflow_without_runs(void **state)
{
    (void)state;
    load(PLAIN);
    w.state = NULL;
    struct event run = {.kind = EVENT_OPEN, .key = TEXT("KEYKEYKEYKEYKEYK"), .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("li"), .run = 5};
    give_text(&w, "note", "x");
    must(ERR_BAD_DATA, decide_event(run), "note: does not come");
}

static void a_held_case_at_a_unit_that_is_gone_is_not_released(void **state)
{
    (void)state;
    load(PLAIN);
    must(ERR_OK, open_with(), "");
    struct case_state *held = case_copy(&w.arena, w.state);
    held->flags |= CASE_HELD;
    held->unit = 9999;
    w.state = held;
    must(ERR_UNKNOWN_UNIT, decide_event((struct event){.kind = EVENT_RELEASE}), "the directory has no unit with the id 9999");
}

static void what_was_merged_takes_no_more(void **state)
{
    (void)state;
    load(PLAIN);
    must(ERR_OK, open_with(), "");
    uint64_t task = w.state->tasks[0].id;
    must(ERR_OK, say("finish", "li"), "");
    struct case_state *merged = case_copy(&w.arena, w.state);
    struct case_link *link = case_add_link(&w.arena, merged);
    link->kind = LINK_MERGED_INTO;
    link->id = 77;
    link->number = TEXT("77号");
    w.state = merged;
    must(ERR_NOT_NOW, say("reopen", "li"), "the case was merged into 77号");
    must(ERR_NOT_NOW, say("finish", "li"), "send it there");
    must(ERR_UNKNOWN_TASK, decide_event((struct event){.kind = EVENT_ACCEPT, .worker = TEXT("w1"), .task = task}), "the case has ended");
    must(ERR_UNKNOWN_TASK, decide_event((struct event){.kind = EVENT_SETTLE, .worker = TEXT("w1"), .task = task}), "the case has ended");
    must(ERR_UNKNOWN_TASK, decide_event((struct event){.kind = EVENT_FAIL, .worker = TEXT("w1"), .task = task}), "the case has ended");
}

/* ---- other versions ---- */

#define VERSION_WITH(task_or_tasks, events)                                                                            \
    "opens: {by: mediator, at: building}\n"                                                                            \
    "start: {go: work}\n"                                                                                              \
    "stages:\n"                                                                                                        \
    "  work:\n"                                                                                                        \
    "    within: 10 days\n" task_or_tasks                                                                              \
    "    events:\n" events                                                                                             \
    "      finish: {by: mediator, end: done}\n"                                                                        \
    "    overdue: {end: done}\n"                                                                                       \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

#define BY_WORKER "      did: {by: worker, end: done}\n"

static enum err migrate_to(const char *yaml)
{
    const struct workflow *from = w.workflow;
    load(yaml);
    struct workflow *to = ARENA_NEW(&w.arena, struct workflow);
    *to = *w.workflow;
    to->position = from->position + 1;
    w.workflow = from;
    target = to;
    enum err code = decide_event((struct event){.kind = EVENT_MIGRATE, .as = TEXT("sun"), .workflow = TEXT("tried"), .version = 2});
    target = NULL;
    return code;
}

static void work_goes_on_under_its_new_topics(void **state)
{
    (void)state;
    load(VERSION_WITH("    task: {for: mediator, worker: desk}\n", BY_WORKER));
    must(ERR_OK, open_with(), "");
    const struct case_state *before = w.state;
    /* Offered under another topic. */
    must(ERR_OK, migrate_to(VERSION_WITH("    task: {for: mediator, worker: counter}\n", BY_WORKER)), "");
    assert_true(text_is(w.state->tasks[0].topic, "counter"));
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    assert_int_equal(effects_of(&w, EFFECT_OFFER), 1);
    /* Under the same. */
    w.state = before;
    must(ERR_OK, migrate_to(VERSION_WITH("    task: {for: mediator, worker: desk}\n", BY_WORKER)), "");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 0);
    /* For people only. */
    w.state = before;
    must(ERR_OK, migrate_to(VERSION_WITH("    task: {for: mediator}\n", "")), "");
    assert_int_equal(w.state->tasks[0].topic.size, 0);
    assert_int_equal(effects_of(&w, EFFECT_OFFER), 0);
    /* Who has accepted it keeps it. */
    w.state = before;
    must(ERR_OK, decide_event((struct event){.kind = EVENT_ACCEPT, .worker = TEXT("w1"), .task = w.state->tasks[0].id}), "");
    must(ERR_OK, migrate_to(VERSION_WITH("    task: {for: mediator, worker: counter}\n", BY_WORKER)), "");
    assert_true(text_is(w.state->tasks[0].topic, "desk") && text_is(w.state->tasks[0].holder, "w1"));
    assert_int_equal(w.decision.effect_count, 0);
}

static void tasks_that_are_new_are_made(void **state)
{
    (void)state;
    load(VERSION_WITH("", ""));
    must(ERR_OK, open_with(), "");
    const struct case_state *before = w.state;
    assert_int_equal(before->task_count, 0);
    must(ERR_OK, migrate_to(VERSION_WITH("    task: {for: mediator, worker: desk}\n", BY_WORKER)), "");
    assert_int_equal(w.state->task_count, 1);
    w.state = before;
    must(ERR_OK, migrate_to(VERSION_WITH("    tasks: {one: {for: mediator}, two: {for: mediator}}\n    done: all\n    then: {end: done}\n", "      one: {by: mediator, stay: true}\n      two: {by: mediator, stay: true}\n")), "");
    assert_int_equal(w.state->task_count, 2);
}

/* ---- more than one event can make ---- */

/* A case that was split off says so to the one that it comes from, and finds no id for that. */
static void a_case_that_cannot_say_where_it_comes_from_does_not_open(void **state)
{
    (void)state;
    struct builder b = workflow_begin(&w.arena, "crowd");
    stage(&b, "work");
    ending(&b, "done");
    event(&b, "work", "finish", any(&b, "mediator"), end_with(&b, "done"));
    int32_t start_row = go(&b, "work", NULL), topic = string_of(&b, "bell"), words = string_of(&b, "响");
    struct span who = people(&b, "mediator");
    int32_t first = workflow_count(b.workflow, WORKFLOW_NOTICES);
    for (int i = 0; i < STEP_MADE_MOST; i++)
        ROW_OF(&b, NOTICES, notice, .who = who, .worker = topic, .text_zh = words, .text_en = NONE);
    outcome_at(&b, start_row)->notices = (struct span){first, STEP_MADE_MOST};
    opens(&b, "mediator", "building", "", "", start_row);
    w.workflow = workflow_end_building(&b);
    must(ERR_OK, open_with(), "");
    w.state = NULL;
    must(ERR_CASE_FULL, decide_event((struct event){.kind = EVENT_OPEN, .key = TEXT("KEYKEYKEYKEYKEYK"), .other = TEXT("OTHEROTHEROTHERO"), .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("li")}),
         "more than 255 tasks and notices");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(successors_in_a_circle_lead_nowhere), TEST(a_run_of_a_workflow_without_runs), TEST(a_held_case_at_a_unit_that_is_gone_is_not_released),
        TEST(what_was_merged_takes_no_more), TEST(work_goes_on_under_its_new_topics), TEST(tasks_that_are_new_are_made),
        TEST(a_case_that_cannot_say_where_it_comes_from_does_not_open),
    };
    return cmocka_run_group_tests_name("advance, edges", tests, NULL, NULL);
}
