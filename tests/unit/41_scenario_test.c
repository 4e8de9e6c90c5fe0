/* scenario: what should pass passes, and what should not fails at the right place with the right words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "engine/scenario.h"

static char folder[64];
static struct arena arena;
static struct scenario_shelf *shelf;

/* A shop of a workflow: one stage on a ladder, a worker at the top, a private field. */
static const char workflow[] =
    "workflow: errand\n"
    "version: 1\n"
    "reference: '{unit}办〔{year}〕{number}号'\n"
    "opens: {by: [resident, grid-worker], at: building, needs: [what], may: [who, when, cost]}\n"
    "data:\n"
    "  what: {type: text, most: 200}\n"
    "  who:  {type: people, most: 3}\n"
    "  when: {type: date}\n"
    "  cost: {type: number, scale: 2, least: 0}\n"
    "  done: {type: boolean}\n"
    "  note: {type: text, most: 200, sees: [mediator]}\n"
    "start: {go: doing, level: building}\n"
    "stages:\n"
    "  doing:\n"
    "    ladder: [building, grid, community, centre]\n"
    "    within: 2 working days\n"
    "    warn: 1 working day\n"
    "    task: {for: mediator, worker: {per: level, topics: {centre: shop}}}\n"
    "    events:\n"
    "      finish: {by: [mediator, worker], needs: [done], end: finished}\n"
    "      raise:  {by: mediator, climb: up}\n"
    "      drop:   {by: [opener, who], when: {level: building}, end: dropped}\n"
    "    overdue: {climb: up}\n"
    "    top: {end: dropped}\n"
    "anywhere:\n"
    "  remark: {by: mediator, needs: [note], stay: true}\n"
    "ends:\n"
    "  finished: {title: {en: Finished}}\n"
    "  dropped: {title: {en: Dropped}}\n";

#define HEAD "scenario: a try\nnow: 2026-09-24 09:00\nsteps:\n"
#define OPEN "  - open: {unit: jinnong/grid-3/building-7, by: zhao, data: {what: 修灯, cost: 12.50, when: 2026-10-01, who: [zhao, li]}}\n"

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct scenario_result run(const char *text)
{
    struct scenario_result result;
    write_file("scenario.yaml", text);
    scenario_run(shelf, &arena, path_of("scenario.yaml"), &result);
    return result;
}

static void passes(const char *text)
{
    struct scenario_result result = run(text);
    if (!result.passed)
        print_error("%.*s%.*s", (int)result.failure.size, result.failure.data, (int)result.history.size, result.history.data);
    assert_true(result.passed);
}

/* Fails at that line, and the sentence holds these words. */
static void fails(const char *text, int line, const char *words)
{
    struct scenario_result result = run(text);
    char *failure = arena_string(&arena, result.failure), place[32];
    snprintf(place, sizeof place, "scenario.yaml:%d:", line);
    if (result.passed || !strstr(failure, place) || !strstr(failure, words))
        print_error("wanted %s ... %s\nbut: %s\n", place, words, result.passed ? "it passed" : failure);
    assert_false(result.passed);
    assert_non_null(strstr(failure, place));
    assert_non_null(strstr(failure, words));
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/scenario-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    arena_init(&arena);
    shelf = scenario_shelf_create();
    write_file("workflow.yaml", workflow);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"workflow.yaml", "scenario.yaml", "newer.yaml", "inner/story.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("inner"));
    rmdir(folder);
    scenario_shelf_destroy(&shelf);
    arena_close(&arena);
    return 0;
}

/* ---- what passes ---- */

static void a_story_passes(void **state)
{
    (void)state;
    struct scenario_result result = run(HEAD OPEN
        "  - expect: {stage: doing, level: building, unit: jinnong/grid-3/building-7, home: jinnong/grid-3/building-7, due: 2026-09-29 18:00,\n"
        "             number: 金农办〔2026〕1号, task: mediator, end: none, overdue: false, held: false, incident: false, holder: none,\n"
        "             data: {what: 修灯, cost: 12.5, when: 2026-10-01, who: [zhao, li], done: none},\n"
        "             possible: [finish, raise, drop, remark], impossible: follow-up}\n"
        "  - expect: {due: 2026-09-29}\n"
        "  - send: {event: finish, by: li, data: {done: true}}\n"
        "  - expect: {end: finished, task: none, due: none, data: {done: true}}\n");
    assert_true(result.passed);
    assert_int_equal(result.steps, 5);
    assert_true(text_is(result.title, "a try"));
    assert_int_equal(result.failure.size, 0);
}

static void deadlines_fire_in_their_order(void **state)
{
    (void)state;
    passes(HEAD OPEN
        "  - wait: until 2026-09-28 18:00\n"
        "  - expect: {level: building, notices: none}\n"    /* in time is in time */
        "  - wait: 1 minute\n"
        "  - expect: {level: building, notices: warn, told: [mediator, li]}\n"
        "  - wait: until due\n"
        "  - expect: {level: grid, due: 2026-10-08 18:00}\n" /* National Day does not count */
        "  - wait: 3 months\n"
        "  - expect: {end: dropped}\n");
}

static void waits_end_at_the_same_time_of_day(void **state)
{
    (void)state;
    passes("scenario: waits\nnow: 2026-09-24 09:00\nsteps:\n" OPEN
        "  - wait: 1 day\n  - wait: until 2026-09-25 09:00\n"
        "  - wait: 1 week\n  - wait: until 2026-10-02 09:00\n"
        "  - wait: 1 working day\n  - wait: until 2026-10-08 09:00\n"
        "  - wait: 2 hours\n  - wait: until 2026-10-08 11:00\n"
        "  - wait: 1 month\n  - wait: until 2026-11-08 11:00\n");
}

static void refusals_are_looked_at(void **state)
{
    (void)state;
    passes(HEAD OPEN
        "  - send: {event: finish, by: chen, data: {done: true}}\n  - refused: not-allowed\n"
        "  - send: {event: finish, by: li}\n  - refused: {code: bad-data, says: done}\n"
        "  - send: {event: finsh, by: li}\n  - refused: {code: unknown-event, possible: [finish, raise]}\n"
        "  - expect: {stage: doing}\n");
}

static void a_crash_keeps_what_was_applied(void **state)
{
    (void)state;
    passes(HEAD OPEN
        "  - crash\n"
        "  - expect: {level: building, due: 2026-09-29 18:00}\n"
        "  - send: {event: raise, by: li, crash: before-commit}\n"
        "  - expect: {level: grid}\n"
        "  - send: {event: raise, by: wang, crash: after-commit}\n"
        "  - expect: {level: community}\n"                   /* once, although it was sent twice */
        "  - repeat\n"
        "  - expect: {level: community}\n"
        "  - crash\n"
        "  - wait: until due\n"
        "  - expect: {level: centre}\n");
}

static void workers_work(void **state)
{
    (void)state;
    const char *to_the_top = HEAD OPEN "  - send: {event: raise, by: li}\n  - send: {event: raise, by: wang}\n  - send: {event: raise, by: chen}\n"
                                       "  - expect: {level: centre, task: shop}\n";
    char text[4096];
    snprintf(text, sizeof text, "%s%s", to_the_top,
        "  - worker: {topic: shop, does: accept}\n  - expect: {holder: shop}\n  - crash\n"
        "  - worker: {topic: shop, event: finish, data: {done: true}}\n  - expect: {end: finished}\n");
    passes(text);
    snprintf(text, sizeof text, "%s%s", to_the_top,
        "  - worker: {topic: shop, does: fail, why: 停电, again: false}\n  - expect: {incident: true}\n"
        "  - retry: {by: zheng}\n  - expect: {incident: false}\n"
        "  - worker: {topic: shop, does: vanish}\n  - expect: {incident: false}\n  - wait: 1 hour\n"
        "  - worker: {topic: shop, event: finish, data: {done: true}}\n  - expect: {end: finished}\n");
    passes(text);
}

static void several_cases_and_one_that_comes_late(void **state)
{
    (void)state;
    passes(HEAD
        "  - send: {case: late, event: raise, by: li}\n  - parked\n"
        "  - open: {case: early, unit: jinnong/grid-3/building-8, by: zhao, data: {what: a}}\n"
        "  - open: {case: late, unit: jinnong/grid-3/building-7, by: zhao, data: {what: b}}\n"
        "  - expect: {level: grid, data: {what: b}}\n"
        "  - expect: {case: early, level: building, data: {what: a}}\n");
}

static void private_fields_are_seen_by_who_may(void **state)
{
    (void)state;
    static const char open[] = "  - open: {unit: jinnong/grid-3/building-7, by: zhao, data: {what: 修灯}}\n";
    char text[2048];
    snprintf(text, sizeof text, "%s%s%s", HEAD, open,
        "  - send: {event: remark, by: li, data: {note: 谨慎}}\n"
        "  - expect: {seen-by: li, data: {note: 谨慎}}\n"
        "  - expect: {seen-by: zhao, data: {what: 修灯}}\n");
    passes(text);
    /* Of whom the case speaks sees nothing of it by a role. */
    fails(HEAD OPEN
        "  - send: {event: remark, by: li, data: {note: 谨慎}}\n"
        "  - expect: {seen-by: li, data: {note: 谨慎}}\n", 6, "is private");
    fails(HEAD OPEN
        "  - send: {event: remark, by: li, data: {note: 谨慎}}\n"
        "  - expect: {seen-by: zhao, data: {note: 谨慎}}\n", 6, "is private");
}

static void people_come_along(void **state)
{
    (void)state;
    passes("scenario: people\nnow: 2026-09-24 09:00\npeople: {hu: [mediator at jinnong/grid-4/building-10], li: mediator at jinnong/grid-4}\nsteps:\n"
        "  - open: {unit: jinnong/grid-4/building-10, by: zhao, data: {what: a}}\n"
        "  - send: {event: raise, by: hu}\n"
        "  - send: {event: raise, by: li}\n"
        "  - expect: {level: community}\n");
}

static void the_workflow_may_be_in_the_folder_above(void **state)
{
    (void)state;
    struct scenario_result result;
    assert_int_equal(mkdir(path_of("inner"), 0700), 0);
    write_file("inner/story.yaml", HEAD OPEN);
    scenario_run(shelf, &arena, path_of("inner/story.yaml"), &result);
    assert_true(result.passed);
}

static void a_newer_version_leaves_open_cases_alone(void **state)
{
    (void)state;
    char newer[sizeof workflow];
    memcpy(newer, workflow, sizeof workflow);
    memcpy(strstr(newer, "version: 1"), "version: 2", 10);
    memcpy(strstr(newer, "within: 2"), "within: 9", 9);
    write_file("newer.yaml", newer);
    passes(HEAD OPEN
        "  - deploy: newer.yaml\n"
        "  - expect: {due: 2026-09-29 18:00}\n"
        "  - send: {event: raise, by: li}\n"
        "  - expect: {due: 2026-09-29 18:00}\n"
        "  - open: {unit: jinnong/grid-3/building-7, by: zhao, data: {what: b}}\n"
        "  - expect: {due: 2026-10-14 18:00}\n");
}

/* ---- what fails ---- */

static void each_difference_is_named_with_its_place(void **state)
{
    (void)state;
    struct scenario_result result = run(HEAD OPEN "  - expect: {stage: doing, level: grid,\n             due: 2026-09-28 18:00}\n");
    char *failure = arena_string(&arena, result.failure);
    assert_false(result.passed);
    assert_non_null(strstr(failure, "scenario.yaml:5:35: level: expected \"grid\", found \"building\"."));
    assert_non_null(strstr(failure, "scenario.yaml:6:19: due: expected \"2026-09-28 18:00\", found \"2026-09-29 18:00\"."));
    assert_non_null(strstr(arena_string(&arena, result.history), "open"));
    assert_non_null(strstr(arena_string(&arena, result.history), "doing at building, jinnong/grid-3/building-7, due 2026-09-29 18:00"));
}

static void every_key_can_fail(void **state)
{
    (void)state;
    static const struct {
        const char *key, *words;
    } tries[] = {
        {"stage: done", "found \"doing\""},        {"level: none", "found \"building\""},    {"unit: jinnong", "found \"jinnong/grid-3/building-7\""},
        {"home: jinnong", "found \"jinnong/grid-3/building-7\""}, {"due: none", "found \"2026-09-29 18:00\""}, {"overdue: true", "found \"false\""},
        {"end: finished", "found \"none\""},       {"held: true", "found \"false\""},        {"number: 1号", "found \"金农办〔2026〕1号\""},
        {"task: supervisor", "found: mediator"},   {"task: none", "found: mediator"},        {"holder: li", "found: none"},
        {"incident: true", "found \"false\""},     {"data: {what: x}", "found \"修灯\""},    {"data: {cost: 12}", "found \"12.50\""},
        {"data: {when: none}", "found \"2026-10-01\""}, {"data: {who: [li]}", "[\"scenario:zhao\",\"li\"]"}, {"data: {nil: 1}", "no field \"nil\""},
        {"possible: sign", "found: finish"},       {"impossible: [sign, raise]", "\"raise\" may be sent now"}, {"notices: none", "found: stage"},
        {"notices: [stage, warn]", "expected \"warn\""}, {"told: supervisor", "told: expected \"supervisor\""}, {"case: other", "no such case"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        char text[1024];
        snprintf(text, sizeof text, HEAD OPEN "  - expect: {%s}\n", tries[i].key);
        fails(text, 5, tries[i].words);
    }
}

static void steps_that_cannot_be_done_fail(void **state)
{
    (void)state;
    fails(HEAD "  - send: {event: raise, by: li}\n", 4, "no case is open yet");
    fails(HEAD OPEN "  - send: {event: raise, by: chen}\n  - expect: {level: building}\n", 5, "refused as not-allowed");
    fails(HEAD OPEN "  - send: {event: raise, by: chen}\n", 5, "the next step is `- refused: not-allowed`");
    fails(HEAD OPEN "  - send: {event: rais, by: li}\n", 5, "Did you mean \"raise\"? Possible now: ");
    fails(HEAD OPEN "  - expect: {told: chen}\n", 5, "told: expected \"chen\"");
    fails(HEAD OPEN "  - send: {event: raise, by: chen}\n  - refused: not-now\n", 6, "it was refused as not-allowed");
    fails(HEAD OPEN "  - send: {event: raise, by: chen}\n  - refused: {code: not-allowed, says: banana}\n", 6, "but it says");
    fails(HEAD OPEN "  - refused: not-now\n", 5, "but it was applied");
    fails(HEAD OPEN "  - parked\n", 5, "but it was applied");
    fails(HEAD "  - send: {case: typo, event: raise, by: li}\n", 4, "waits for its case");
    fails(HEAD OPEN "  - wait: until 2026-09-23 09:00\n", 5, "in the past");
    fails(HEAD OPEN "  - send: {event: drop, by: zhao}\n  - wait: until due\n", 6, "no deadline");
    fails(HEAD OPEN "  - worker: {topic: shop, does: accept}\n", 5, "has no task");
    fails(HEAD OPEN "  - retry: {by: zhou}\n", 5, "no task of this case has failed");
    fails(HEAD "  - repeat\n", 4, "no event was sent");
    fails(HEAD OPEN "  - deploy: nowhere.yaml\n", 5, "nowhere.yaml");
    fails(HEAD "  - open: {unit: jinnong/grid-9, by: zhao, data: {what: a}}\n", 4, "unknown-unit");
    fails(HEAD "  - open: {unit: jinnong/grid-3/bulding-7, by: zhao, data: {what: a}}\n", 4, "Did you mean \"jinnong/grid-3/building-7\"?");
}

static void a_file_with_mistakes_is_not_run(void **state)
{
    (void)state;
    fails("scenario: x\nnow: 2026-09-24 09:00\nsteps: []\n", 3, "no steps");
    fails("scenario: x\nnow: tomorrow\nsteps:\n  - crash\n", 2, "found \"tomorrow\"");
    fails("scenario: x\nsteps:\n  - crash\n", 1, "now");
    fails(HEAD "  - crush\n", 4, "crash");
    fails(HEAD "  - expcet: {stage: x}\n", 4, "Did you mean \"expect\"?");
    fails(HEAD "  - expect: {stag: x}\n", 4, "Did you mean \"stage\"?");
    fails(HEAD "  - open: {unit: jinnong}\n", 4, "by");
    fails(HEAD "  - send: {by: li}\n", 4, "\"event\" is missing");
    fails(HEAD "  - wait: soon\n", 4, "a duration");
    fails(HEAD "  - refused: not-alowed\n", 4, "Did you mean \"not-allowed\"?");
    fails(HEAD "  - refused: {code: not-alowed}\n", 4, "Did you mean \"not-allowed\"?");
    fails(HEAD "  - worker: {topic: shop}\n", 4, "either sends an event");
    fails(HEAD "  - {crash: now, expect: {stage: x}}\n", 4, "crash");
    fails("scenario: x\nnow: 2026-09-24 09:00\npeople: {hu: mediator}\nsteps:\n  - crash\n", 3, "ROLE at UNIT");
    fails("scenario: x\nnow: 2026-09-24 09:00\npeople: {hu: mediator at jinnon}\nsteps:\n  - crash\n", 3, "Did you mean \"jinnong\"?");
    fails("scenario: x\nnow: 2026-09-24 09:00\npeople: {hu: mediatr at jinnong}\nsteps:\n  - crash\n", 3, "Did you mean \"mediator\"?");
    fails("scenario: x\nnow: 2026-09-24 09:00\nworkflow: gone.yaml\nsteps:\n  - crash\n", 3, "gone.yaml");
    fails("scenario: x\nnow: 2026-09-24 09:00\ncalendar: workflow.yaml\nsteps:\n  - crash\n", 3, "a calendar is needed");
}

/* Not once for each of its scenarios. */
static void mistakes_of_a_workflow_are_told_once(void **state)
{
    (void)state;
    struct scenario_result result;
    assert_int_equal(mkdir(path_of("broken"), 0700), 0);
    assert_int_equal(mkdir(path_of("broken/scenarios"), 0700), 0);
    write_file("broken/workflow.yaml", "workflow: broken\nverzion: 1\n");
    write_file("broken/scenarios/1.yaml", HEAD OPEN);
    write_file("broken/scenarios/2.yaml", HEAD OPEN);
    scenario_run(shelf, &arena, path_of("broken/scenarios/1.yaml"), &result);
    const char *first = arena_string(&arena, result.failure);
    assert_non_null(strstr(first, "/broken/workflow.yaml cannot be used:\n"));
    assert_non_null(strstr(first, "Did you mean \"version\"?"));
    scenario_run(shelf, &arena, path_of("broken/scenarios/2.yaml"), &result);
    const char *second = arena_string(&arena, result.failure);
    assert_non_null(strstr(second, "/broken/workflow.yaml cannot be used, as was said above.\n"));
    assert_null(strstr(second, "Did you mean"));
}

static void a_missing_file_is_said(void **state)
{
    (void)state;
    struct scenario_result result;
    scenario_run(shelf, &arena, path_of("nothing.yaml"), &result);
    assert_false(result.passed);
    assert_non_null(strstr(arena_string(&arena, result.failure), "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_passes),
        cmocka_unit_test(deadlines_fire_in_their_order),
        cmocka_unit_test(waits_end_at_the_same_time_of_day),
        cmocka_unit_test(refusals_are_looked_at),
        cmocka_unit_test(a_crash_keeps_what_was_applied),
        cmocka_unit_test(workers_work),
        cmocka_unit_test(several_cases_and_one_that_comes_late),
        cmocka_unit_test(private_fields_are_seen_by_who_may),
        cmocka_unit_test(people_come_along),
        cmocka_unit_test(the_workflow_may_be_in_the_folder_above),
        cmocka_unit_test(a_newer_version_leaves_open_cases_alone),
        cmocka_unit_test(each_difference_is_named_with_its_place),
        cmocka_unit_test(every_key_can_fail),
        cmocka_unit_test(steps_that_cannot_be_done_fail),
        cmocka_unit_test(a_file_with_mistakes_is_not_run),
        cmocka_unit_test(mistakes_of_a_workflow_are_told_once),
        cmocka_unit_test(a_missing_file_is_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
