/* random walks: whatever is sent, in whatever order, by whomever, at whatever time, some things always hold of a case.
 * A walk is a function of its number: a failure says which it was and comes back with it. */
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

enum { WALKS = 200, STEPS = 400 };

static uint64_t seed, walk;

static uint32_t below(uint32_t most)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % most;
}

#define ONE_OF(list) (list)[below((uint32_t)(sizeof(list) / sizeof *(list)))]

static const char *const people_there[] = {"li", "wang", "mei", "chen", "zhou", "gao", "sun", "app:zhao", "app:qian", "app:other", "nemo"};
static const char *const busy[] = {"li", "wang", "mei", "chen", "app:zhao", "app:qian"}; /* who gets something done */
static const char *const events_there[] = {"agree-to-mediate", "agree-to-mediate", "decline", "sign", "raise", "raise", "return", "stop", "follow-up", "withdraw",
                                           "comment", "extend", "grant", "deny", "claim", "hand-over", "take-back", "survey", "photograph", "dance"};
static const char *const texts_there[] = {"", "short", "app:zhao", "li", "mei", "neighbour", "1 month", "survey", "2026-10-09",
                                          "a text that is so long that the case does not keep it but says at which position it stands in the log"};

/* The dispute, and a stage with several tasks, offered to workers too, that an extension can be asked for in. */
static const struct workflow *walk_workflow(struct arena *arena)
{
    struct builder b = workflow_begin(arena, "walk");
    dispute_data(&b);
    stage(&b, "consent");
    stage(&b, "mediation");
    stage(&b, "keeping");
    stage(&b, "survey-stage");
    dispute_consent(&b);
    dispute_mediation(&b);
    dispute_keeping(&b);
    one_of_tasks(&b, "survey-stage", "survey", "mediator", "survey")->within = limit(&b, "2 working days", FROM_FIRST_ENTRY, NULL);
    one_of_tasks(&b, "survey-stage", "photograph", "mediator worker", "camera");
    struct workflow_stage *survey = stage_row(&b, "survey-stage");
    survey->done = DONE_ALL;
    survey->then = go(&b, "consent", "building");
    survey->within = limit(&b, "10 working days", FROM_FIRST_ENTRY, NULL);
    survey->warn = lasting(&b, "3 working days");
    remind(&b, "survey-stage", people(&b, "supervisor"), "1 week", AFTER_ENTRY);
    extend(&b, "survey-stage", any(&b, "mediator"), "5 working days", 3, "supervisor")->up_to = 1;
    event(&b, NULL, "withdraw", any(&b, "applicant"), end_with(&b, "withdrawn"))->needs = refs_of_fields(&b, "reason");
    event(&b, NULL, "comment", any(&b, "parties mediator grid-worker"), stay(&b))->needs = refs_of_fields(&b, "comments");
    opens(&b, "resident grid-worker mediator", "", "summary category applicant respondent", "", go(&b, "survey-stage", NULL));
    head_of(&b)->tells = people(&b, "parties opener");
    return workflow_end_building(&b);
}

static void open_somewhere(struct world *w)
{
    static const char *const units[] = {"jinnong/grid-3/building-7", "jinnong/grid-3/building-7", "jinnong", "east/building-1", "jinnong/grid-4"};
    w->held = below(5) == 0;
    give_text(w, "summary", "漏水");
    give_text(w, "category", "neighbour");
    give_people(w, "applicant", "app:zhao");
    give_people(w, "respondent", "app:qian");
    opened(w, ONE_OF(units), "app:zhao");
}

static void give_something(struct world *w)
{
    static const char *const fields[] = {"agreement", "reason", "kept", "comments", "to", "task", "add", "event", "nonsense"};
    for (uint32_t count = below(3); count-- > 0;) {
        const char *name = ONE_OF(fields);
        bool there = false;
        for (uint32_t i = 0; i < w->given_count; i++)
            there = there || text_is(w->given[i].name, name);
        if (there)
            continue;
        if (below(4) == 0 || strcmp(name, "kept") == 0)
            give_true(w, name, below(2) == 0);
        else
            give_text(w, name, ONE_OF(texts_there));
    }
}

static struct event some_report(const struct world *w)
{
    static const enum event_kind kinds[] = {EVENT_ACCEPT, EVENT_FAIL, EVENT_FAIL, EVENT_FAIL, EVENT_SETTLE, EVENT_RETRY, EVENT_SEND};
    static const char *const workers[] = {"w1", "w2"};
    struct event event = {.kind = ONE_OF(kinds), .worker = text_of(ONE_OF(workers)), .attempt = 1, .again = below(4) > 0, .why = TEXT("why"),
                          .attempts_most = 3, .retry_base_ms = 1000, .retry_most_ms = 60000, .name = TEXT("photograph")};
    if (w->state->task_count && below(8)) {
        const struct case_task *task = &w->state->tasks[below(w->state->task_count)];
        event.task = task->id;
        event.attempt = task->attempts + (below(5) > 0);
    }
    if (event.kind == EVENT_RETRY)
        event.as = text_of(ONE_OF(people_there));
    return event;
}

static struct event some_clock(const struct world *w)
{
    struct event event = {.kind = below(6) ? EVENT_DUE : EVENT_RECOMPUTE};
    if (w->state->clock_count) {
        const struct case_clock *clock = &w->state->clocks[below(w->state->clock_count)];
        event.clock_kind = clock->kind;
        event.clock_which = clock->which;
        event.due = clock->due - (below(8) == 0);
    }
    return event;
}

static struct event something(struct world *w)
{
    uint32_t what = below(12);
    if (what == 0)
        return (struct event){.kind = EVENT_RELEASE};
    if (what < 4)
        return some_report(w);
    if (what < 6)
        return some_clock(w);
    give_something(w);
    if (below(8) == 0)
        w->on_behalf = ONE_OF(people_there);
    const char *as = below(3) ? ONE_OF(busy) : ONE_OF(people_there);
    return (struct event){.kind = EVENT_SEND, .name = text_of(ONE_OF(events_there)), .as = text_of(as)};
}

/* ---- what always holds ---- */

static void check_tasks(const struct case_state *state)
{
    bool failed = false;
    for (uint32_t i = 0; i < state->task_count; i++) {
        const struct case_task *task = &state->tasks[i];
        assert_true(i == 0 || task[-1].id < task->id);
        assert_true((task->state == TASK_HELD) == (task->holder.size > 0) || task->state == TASK_DONE);
        failed = failed || task->state == TASK_FAILED;
    }
    assert_true(failed == ((state->flags & CASE_INCIDENT) != 0));
}

static void check_clocks(const struct case_state *state)
{
    bool asked = state->asked_by.size > 0;
    for (uint32_t i = 0; i < state->clock_count; i++) {
        const struct case_clock *clock = &state->clocks[i];
        assert_true(i == 0 || clock[-1].kind < clock->kind || (clock[-1].kind == clock->kind && clock[-1].which < clock->which));
        assert_true(case_clock_runs(clock) || (asked && (clock->kind == CLOCK_STAGE || clock->kind == CLOCK_WARN)));
        if (clock->kind == CLOCK_TASK)
            assert_non_null(case_task_by_row(state, clock->which)); /* nothing falls due for work that is done */
    }
    assert_false(asked && !case_clock(state, CLOCK_STAGE, 0));
    assert_false((state->flags & CASE_OVERDUE) && !(state->flags & CASE_WAS_LATE));
}

static void check_case(struct world *w)
{
    const struct case_state *state = w->state;
    struct case_state *again;
    struct text bytes = case_encode(&w->arena, state);
    assert_in_range(bytes.size, 1, case_size(state));
    assert_int_equal(case_decode(&w->arena, bytes, &again), ERR_OK);
    assert_true(text_equal(case_encode(&w->arena, again), bytes));
    check_tasks(state);
    check_clocks(state);
    if (state->flags & CASE_ENDED)
        assert_true(!state->clock_count && !state->task_count && !state->part_count && !state->asked_by.size);
    for (uint32_t i = 0; i < state->part_count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_false(state->parts[i].event == state->parts[j].event && text_equal(state->parts[i].person, state->parts[j].person));
    assert_true(state->last_at == w->now && state->unit != 0);
}

/* What is offered is exactly what stands open: an outbox that only does what effects say has the open tasks of workers, and no others. */
static uint64_t owed[256];
static uint32_t owed_count;

static uint32_t find_owed(uint64_t task)
{
    uint32_t i = 0;
    while (i < owed_count && owed[i] != task)
        i++;
    return i;
}

static void keep_outbox(const struct world *w)
{
    for (uint32_t i = 0; i < w->decision.effect_count; i++) {
        const struct effect *effect = &w->decision.effects[i];
        uint32_t at = find_owed(effect->task);
        if (effect->kind == EFFECT_OFFER) {
            assert_true(at == owed_count && owed_count < 256);
            owed[owed_count++] = effect->task;
        } else if (effect->kind == EFFECT_WITHDRAW) {
            assert_true(at < owed_count);
            owed[at] = owed[--owed_count];
        }
    }
    uint32_t open = 0;
    for (uint32_t i = 0; i < w->state->task_count; i++) {
        const struct case_task *task = &w->state->tasks[i];
        if (task->state != TASK_OPEN || !task->topic.size || w->state->flags & CASE_HELD)
            continue;
        assert_true(find_owed(task->id) < owed_count);
        open++;
    }
    assert_int_equal(open, owed_count);
}

static void one_walk(struct world *w, uint32_t *applied_steps, uint32_t *ends)
{
    owed_count = 0;
    open_somewhere(w);
    keep_outbox(w);
    for (int step = 0; step < STEPS; step++) {
        const struct case_state *before = w->state;
        struct text bytes = case_encode(&w->arena, before);
        w->now += below(3) ? below(3600000) : below(4 * 24 * 3600 * 1000);
        struct event event = something(w);
        w->explain = below(4) == 0;
        enum err code = decide(w, event);
        assert_true(text_equal(case_encode(&w->arena, before), bytes)); /* what it was given is never changed */
        if (code)
            continue;
        ++*applied_steps;
        check_case(w);
        keep_outbox(w);
        if (w->state->flags & CASE_ENDED) {
            ++*ends;
            return;
        }
    }
}

static void whatever_is_sent(void **state)
{
    (void)state;
    uint32_t applied_steps = 0, ends = 0;
    for (walk = 1; walk <= WALKS; walk++) {
        static struct world w;
        seed = walk * 7919;
        world_begin(&w);
        w.workflow = walk_workflow(&w.arena);
        one_walk(&w, &applied_steps, &ends);
        world_end(&w);
    }
    print_message("%u steps applied, %u cases ended\n", applied_steps, ends);
    assert_in_range(applied_steps, WALKS * 5, WALKS * STEPS); /* the walks get somewhere */
    assert_in_range(ends, WALKS / 10, WALKS);
}

static int say_which(void **state)
{
    (void)state;
    if (walk <= WALKS)
        print_error("it was walk %llu\n", (unsigned long long)walk);
    return 0;
}

/* The same events give the same decisions, byte for byte, with and without an explanation. */
static void the_same_twice(void **state)
{
    (void)state;
    static struct world w[2];
    uint32_t unused = 0;
    for (int i = 0; i < 2; i++) {
        seed = 424242;
        world_begin(&w[i]);
        w[i].workflow = walk_workflow(&w[i].arena);
        one_walk(&w[i], &unused, &unused);
    }
    assert_int_equal(w[0].position, w[1].position);
    assert_true(text_equal(case_encode(&w[0].arena, w[0].state), case_encode(&w[1].arena, w[1].state)));
    world_end(&w[0]);
    world_end(&w[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(whatever_is_sent, say_which), cmocka_unit_test(the_same_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
