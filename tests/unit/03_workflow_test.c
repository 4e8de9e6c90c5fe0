/* workflow: rows by number and by name, on a small workflow that is written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/workflow.h"

/* Offsets into the pool below. */
enum { N_TINY = 0, N_ASK = 5, N_WORK = 9, N_DONE = 14, N_CLOSE = 19, N_NOTE = 25, N_MEDIATOR = 30, N_GRID = 39, POOL_SIZE = 44 };
static const char pool[] = "tiny\0ask\0work\0done\0close\0note\0mediator\0grid";

/* Everything a test may change lives here. */
struct sample {
    struct workflow_head head;
    struct workflow_level levels[1];
    struct workflow_ref refs[2];
    struct workflow_field fields[2];
    struct workflow_people people[1];
    struct workflow_by by[2];
    struct workflow_outcome outcomes[3];
    struct workflow_branch branches[1];
    struct workflow_condition conditions[2];
    struct workflow_event events[3];
    struct workflow_task tasks[1];
    struct workflow_stage stages[2];
    struct workflow_end ends[1];
    struct table table[WORKFLOW_TABLE_COUNT];
    struct workflow workflow;
};

static struct workflow_stage stage_of(int32_t name, struct span events)
{
    return (struct workflow_stage){.name = name, .vote = NONE, .title_zh = NONE, .title_en = NONE, .at_level = NONE, .at_field = NONE,
                                   .top = NONE, .bottom = NONE, .within = NONE, .warn = NONE, .overdue = NONE, .stop_clock = NONE, .publish = NONE,
                                   .extend = NONE, .task = NONE, .then = NONE, .events = events};
}

static struct workflow_event event_of(int32_t name, int32_t outcome)
{
    return (struct workflow_event){.name = name, .title_zh = NONE, .title_en = NONE, .by = 0, .when = NONE, .within = NONE, .not_same_as_vote = NONE,
                                   .outcome = outcome, .task = NONE};
}

static struct workflow_outcome outcome_of(enum outcome_kind kind, int32_t stage, int32_t end)
{
    return (struct workflow_outcome){.kind = (int32_t)kind, .stage = stage, .level = NONE, .end = end, .publish = NONE};
}

static void sample_tie(struct sample *sample)
{
#define TIE(table_, rows_)                                                                                             \
    sample->table[WORKFLOW_##table_] =                                                                                 \
        (struct table){.rows = sample->rows_, .count = (int32_t)(sizeof sample->rows_ / sizeof sample->rows_[0])}
    sample->table[WORKFLOW_HEAD] = (struct table){.rows = &sample->head, .count = 1};
    TIE(LEVELS, levels);
    TIE(REFS, refs);
    TIE(FIELDS, fields);
    TIE(PEOPLE, people);
    TIE(BY, by);
    TIE(OUTCOMES, outcomes);
    TIE(BRANCHES, branches);
    TIE(CONDITIONS, conditions);
    TIE(EVENTS, events);
    TIE(TASKS, tasks);
    TIE(STAGES, stages);
    TIE(ENDS, ends);
#undef TIE
    sample->workflow.tables = (struct tables){.table = sample->table, .strings = pool, .strings_size = POOL_SIZE};
    workflow_bind(&sample->workflow);
}

/* ask (work, close) -> work (close); anywhere: note. `ask` is the name of a stage and of nothing else. */
static void sample_init(struct sample *sample)
{
    *sample = (struct sample){
        .head = {.name = N_TINY, .version = 1, .title_zh = NONE, .title_en = NONE, .about_zh = NONE, .about_en = NONE,
                 .applies_from = NONE, .reference = NONE, .limit = NONE, .overdue = NONE, .reopen = NONE, .opens_at = {1, 1}, .start = 0, .anywhere = {2, 1}},
        .levels = {{.name = N_GRID}},
        .refs = {{.row = 0}, {.row = 0}},
        .fields = {{.name = NONE, .title_zh = NONE, .title_en = NONE, .type = FIELD_TEXT, .of = NONE},
                   {.name = N_NOTE, .title_zh = NONE, .title_en = NONE, .type = FIELD_LIST, .of = 0}},
        .people = {{.kind = PEOPLE_ROLE, .role = N_MEDIATOR, .level = NONE, .field = NONE, .group = NONE, .event = NONE}},
        .by = {{.kind = BY_ANY, .people = {0, 1}}, {.kind = BY_ANY, .people = {0, 1}}},
        .outcomes = {outcome_of(OUTCOME_GO, 1, NONE), outcome_of(OUTCOME_END, NONE, 0), outcome_of(OUTCOME_CHOOSE, NONE, NONE)},
        .branches = {{.condition = NONE, .outcome = 0}},
        .conditions = {{.kind = CONDITION_COUNT, .field = NONE, .event = 0},
                       {.kind = CONDITION_NONE, .parts = {0, 1}, .field = NONE, .event = NONE}},
        .events = {event_of(N_WORK, 0), event_of(N_CLOSE, 1), event_of(N_NOTE, 1)},
        .tasks = {{.name = NONE, .people = {0, 1}, .topic_field = NONE, .within = NONE, .overdue = NONE}},
        .stages = {stage_of(N_ASK, (struct span){0, 2}), stage_of(N_WORK, (struct span){1, 1})},
        .ends = {{.name = N_DONE, .title_zh = NONE, .title_en = NONE}},
    };
    sample->outcomes[2].branches = (struct span){0, 1};
    sample_tie(sample);
}

static void test_names_of_rows(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    const struct workflow *workflow = &sample.workflow;
    assert_string_equal(workflow_string(workflow, workflow_head(workflow)->name), "tiny");
    assert_string_equal(workflow_stage_name(workflow, 1), "work");
    assert_string_equal(workflow_level_name(workflow, 0), "grid");
    assert_string_equal(workflow_event_name(workflow, 1), "close");
    assert_string_equal(workflow_field_name(workflow, 1), "note");
    assert_string_equal(workflow_field_name(workflow, 0), "");
    assert_string_equal(workflow_end_name(workflow, 0), "done");
    assert_string_equal(workflow_stage_name(workflow, NONE), "");
    assert_string_equal(workflow_string(workflow, NONE), "");
    assert_int_equal(workflow_count(workflow, WORKFLOW_EVENTS), 3);
    assert_int_equal(workflow_count(workflow, WORKFLOW_SETS), 0);
}

static void test_rows_by_name(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    const struct workflow *workflow = &sample.workflow;
    assert_int_equal(workflow_find_field(workflow, TEXT("note")), 1);
    assert_int_equal(workflow_find_field(workflow, TEXT("")), NONE);
    assert_int_equal(workflow_find_stage(workflow, TEXT("work")), 1);
    assert_int_equal(workflow_find_stage(workflow, TEXT("wor")), NONE);
    assert_int_equal(workflow_find_level(workflow, TEXT("grid")), 0);
    assert_int_equal(workflow_find_level(workflow, TEXT("street")), NONE);
}

static void test_events_inner_before_outer(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    assert_int_equal(workflow_find_event(&sample.workflow, 0, TEXT("close")), 1);
    assert_int_equal(workflow_find_event(&sample.workflow, 1, TEXT("work")), NONE);
    assert_int_equal(workflow_find_event(&sample.workflow, 1, TEXT("note")), 2);
    assert_int_equal(workflow_find_event(&sample.workflow, NONE, TEXT("note")), 2);
    sample.events[2].name = N_CLOSE; /* the same name outside: the stage's own wins */
    assert_int_equal(workflow_find_event(&sample.workflow, 0, TEXT("close")), 1);
    assert_int_equal(workflow_find_event(&sample.workflow, NONE, TEXT("close")), 2);
}

static void test_events_that_keys_give(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    const struct workflow *workflow = &sample.workflow;
    assert_true(workflow_knows_event(workflow, TEXT("work")));
    assert_true(workflow_knows_event(workflow, TEXT("claim")));
    assert_true(workflow_knows_event(workflow, TEXT("hand-over")));
    assert_false(workflow_knows_event(workflow, TEXT("extend")));
    assert_false(workflow_knows_event(workflow, TEXT("take-back")));
    assert_false(workflow_knows_event(workflow, TEXT("nonsense")));
    sample.by[1].kind = BY_EACH;
    assert_true(workflow_knows_event(workflow, TEXT("take-back")));
    sample.workflow.table[WORKFLOW_TASKS].count = 0;
    assert_false(workflow_knows_event(workflow, TEXT("claim")));
}

static void test_sound(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    assert_true(workflow_sound(&sample.workflow));
}

/* Each spoils one thing that the shape alone cannot see. */
static void spoil_head(struct sample *s) { s->workflow.table[WORKFLOW_HEAD].count = 0; }
static void spoil_condition_loop(struct sample *s) { s->refs[0].row = 1; }
static void spoil_condition_event(struct sample *s) { s->conditions[0].event = NONE; }
static void spoil_choice_loop(struct sample *s) { s->branches[0].outcome = 2; }
static void spoil_choice_empty(struct sample *s) { s->outcomes[2].branches.count = 0; }
static void spoil_go(struct sample *s) { s->outcomes[0].stage = NONE; }
static void spoil_end(struct sample *s) { s->outcomes[1].end = NONE; }
static void spoil_role(struct sample *s) { s->people[0].role = NONE; }
static void spoil_missing(struct sample *s) { s->people[0].kind = PEOPLE_MISSING, s->people[0].event = 0; }
static void spoil_by(struct sample *s) { s->by[0].people.count = 0; }
static void spoil_at_least(struct sample *s) { s->by[0].kind = BY_AT_LEAST; }
static void spoil_list_of_list(struct sample *s) { s->fields[1].of = 1; }
static void spoil_element(struct sample *s) { s->fields[0].of = 0; }
static void spoil_at(struct sample *s) { s->stages[0].at = AT_LEVEL; }

static void test_unsound(void **state)
{
    (void)state;
    static void (*const spoils[])(struct sample *) = {
        spoil_head, spoil_condition_loop, spoil_condition_event, spoil_choice_loop, spoil_choice_empty, spoil_go, spoil_end,
        spoil_role, spoil_missing, spoil_by, spoil_at_least, spoil_list_of_list, spoil_element, spoil_at,
    };
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct sample sample;
        sample_init(&sample);
        spoils[i](&sample);
        if (workflow_sound(&sample.workflow))
            fail_msg("spoil %zu went unseen", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_rows),
        cmocka_unit_test(test_rows_by_name),
        cmocka_unit_test(test_events_inner_before_outer),
        cmocka_unit_test(test_events_that_keys_give),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_unsound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
