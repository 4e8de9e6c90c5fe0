/* yaml_world: core_world with a workflow that is read from text: decisions of the pure core, with the rows of rolls that they need. Each is made
 * twice, once with its trace and once without: explaining changes nothing. */
#ifndef STAIRCASE_TEST_YAML_WORLD_H
#define STAIRCASE_TEST_YAML_WORLD_H

#include "tests/unit/core_world.h"

#include "engine/poll.h"
#include "engine/source.h"

enum { ROWS_MOST = 64 };

static struct world w;
static const struct workflow *target; /* of a migration */
static struct roll_row rows[ROWS_MOST]; /* of all rolls */
static uint32_t row_count;

static inline int start(void **state)
{
    (void)state;
    world_begin(&w);
    row_count = 0;
    return 0;
}

static inline int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* What stands under the first three keys. */
static inline void load(const char *rest)
{
    struct problems problems;
    struct source source;
    struct text text = arena_print(&w.arena, "workflow: tried\nversion: 1\ntitle: {zh: 试, en: Tried}\n%s", rest);
    if (source_read(&w.arena, "tried.yaml", text, &problems, &source))
        fail_msg("%s", problems_print(&problems, &w.arena).data);
    struct workflow *workflow = ARENA_NEW(&w.arena, struct workflow);
    assert_int_equal(tables_decode(&w.arena, &workflow_shape, source.compiled, &workflow->tables), ERR_OK);
    workflow_bind(workflow);
    assert_true(workflow_sound(workflow));
    w.workflow = workflow;
}

static inline struct roll_row *row_of_person(uint32_t roll, struct text person)
{
    for (uint32_t i = 0; i < row_count; i++)
        if (rows[i].roll == roll && text_equal(rows[i].person, person))
            return &rows[i];
    return NULL;
}

static inline void keep_rows(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->roll_count; i++) {
        struct roll_row *row = row_of_person(decision->rolls[i].roll, decision->rolls[i].person);
        assert_true(row || row_count < ROWS_MOST);
        *(row ? row : &rows[row_count++]) = decision->rolls[i];
    }
}

static inline bool same_decision(const struct decision *a, const struct decision *b)
{
    if (a->code != b->code || a->effect_count != b->effect_count || a->roll_count != b->roll_count || !text_equal(a->why, b->why) || !text_equal(a->note_en, b->note_en))
        return false;
    return !a->after || text_equal(case_encode(&w.arena, a->after), case_encode(&w.arena, b->after));
}

static inline enum err decide_event(struct event event)
{
    struct text persons[POLL_READS_MOST];
    struct roll_row read[POLL_READS_MOST];
    struct decision silent;
    uint32_t roll = 0, wanted = w.state && event.kind != EVENT_OPEN ? poll_reads(w.workflow, w.state, &event, &roll, persons) : 0;
    event.data = w.given;
    event.data_count = w.given_count;
    if (wanted) /* by what comes with it */
        wanted = poll_reads(w.workflow, w.state, &event, &roll, persons);
    struct advance_input input = world_input(&w, &event);
    input.rolls = read;
    input.target = target;
    for (uint32_t i = 0; i < wanted; i++) {
        const struct roll_row *row = row_of_person(roll, persons[i]);
        if (row)
            read[input.roll_count++] = *row;
    }
    advance(&input, &w.arena, &silent);
    input.explain = true;
    advance(&input, &w.arena, &w.decision);
    assert_true(same_decision(&silent, &w.decision));
    assert_int_equal(silent.trace_count, 0);
    w.given_count = 0;
    if (!w.decision.code) {
        assert_true(case_fits(w.decision.after, target ? target : w.workflow));
        w.state = w.decision.after;
        w.position++;
        keep_rows(&w.decision);
    }
    return w.decision.code;
}

static inline void must(enum err expected, enum err got, const char *words)
{
    const char *why = arena_string(&w.arena, w.decision.why);
    if (got != expected || !strstr(why, words))
        fail_msg("%s: %s, and not %s: %s", err_name(got), why, err_name(expected), words);
}

static inline enum err open_with(void)
{
    w.state = NULL;
    return decide_event((struct event){.kind = EVENT_OPEN, .key = TEXT("KEYKEYKEYKEYKEYK"), .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("li")});
}

static inline void open_votes(void)
{
    must(ERR_OK, open_with(), "");
}

static inline enum err send_for(const char *name, const char *as, const char *on_behalf)
{
    return decide_event((struct event){.kind = EVENT_SEND, .name = text_of(name), .as = text_of(as), .on_behalf = text_of(on_behalf)});
}

static inline enum err say(const char *name, const char *as)
{
    return send_for(name, as, "");
}

static inline void fall_due(void)
{
    const struct case_clock *clock = case_due_before(w.state, INT64_MAX);
    assert_non_null(clock);
    w.now = clock->due + 1;
    must(ERR_OK, decide_event((struct event){.kind = EVENT_DUE, .clock_kind = clock->kind, .clock_which = clock->which, .due = clock->due}), "");
}

#endif
