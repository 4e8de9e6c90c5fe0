/* clock_stand: clocks that stand (stopped, or while children are waited for) and go on with what was left of them. See clock_stand.h.
 *
 *     runs ── clock_stop: what is left is kept as a rest ──> stands ── clock_go_on: from then, with what was left ──> runs
 *
 * A deadline that a field takes away while its clock stands leaves its rest behind, and finds it when it comes back. */
#include "engine/clock_stand.h"

/* ---- standing ---- */

static int32_t rest_which(const struct step *step, const struct case_clock *clock)
{
    return clock->kind == CLOCK_STAGE ? step->state->stage : clock->which;
}

/* When the clock would be due by its own limit alone: what merged cases bring along is theirs, and they may go again. */
static int64_t own_due(struct step *step, const struct case_clock *clock)
{
    struct moment moment;
    int64_t cap = step->state->due_cap;
    if (clock->kind != CLOCK_STAGE || !cap)
        return clock->due;
    step->state->due_cap = 0;
    bool any = moment_of_stage(step, clock->added, &moment);
    step->state->due_cap = cap;
    return any && moment.due > clock->due ? moment.due : clock->due;
}

/* What is left of a clock is kept. */
static void rest(struct step *step, struct case_clock *clock)
{
    enum duration_unit unit = moment_unit(step, clock);
    int64_t due = own_due(step, clock);
    struct case_rest *kept = case_add_rest(step->arena, step->state, clock->kind, rest_which(step, clock));
    kept->at = step->input.now;
    kept->left = clock->remaining = calendar_left(moment_calendar(step, clock->kind), unit, step->input.now, due);
    kept->unit = (int32_t)unit;
    kept->added = clock->added;
    kept->plain = moment_plain(step, clock->kind, clock->which);
}

static bool stands(const struct case_state *state)
{
    return (state->flags & (CASE_STOPPED | CASE_WAITS)) != 0;
}

void clock_stand_still(struct step *step, struct case_clock *clock)
{
    const struct case_rest *kept = moment_rest(step, clock->kind, clock->which);
    if (!stands(step->state))
        return;
    if (kept && (kept->at == step->state->stopped_at || step->state->flags & CASE_WAITS))
        clock->remaining = kept->left;
    else
        rest(step, clock);
}

static bool stops(const struct case_clock *clock)
{
    return clock->kind == CLOCK_STAGE || clock->kind == CLOCK_TASK || clock->kind == CLOCK_CASE;
}

void clock_stop(struct step *step)
{
    for (uint32_t i = 0; i < step->state->clock_count; i++) {
        struct case_clock *clock = &step->state->clocks[i];
        if (clock->kind == CLOCK_WARN)
            clock->remaining = 0;
        if (stops(clock))
            rest(step, clock);
    }
}

/* What is left of the limit of the case. One that has passed has nothing left. */
static void keep_limit(struct step *step)
{
    struct case_clock *clock = case_clock(step->state, CLOCK_CASE, 0);
    if (clock)
        rest(step, clock);
    else if (step->state->flags & CASE_OVER_LIMIT)
        *case_add_rest(step->arena, step->state, CLOCK_CASE, 0) = (struct case_rest){.kind = CLOCK_CASE, .at = step->input.now, .unit = DAYS};
}

void clock_end(struct step *step, bool limit_resumes)
{
    struct case_state *state = step->state;
    if (limit_resumes)
        keep_limit(step);
    struct case_rest *kept = limit_resumes ? case_rest_of(state, CLOCK_CASE, 0) : NULL;
    if (kept)
        state->rests[0] = *kept;
    state->rest_count = kept != NULL;
    case_drop_clock(state, CLOCK_CASE, 0);
}

/* ---- going on ---- */

/* So much was left of it at the one time; so much is left of it at the other. */
static int64_t shifted(const struct step *step, const struct case_rest *rest, int64_t due, int64_t from, int64_t to)
{
    enum duration_unit unit = (enum duration_unit)rest->unit;
    return due ? calendar_go_on(step->calendar, unit, to, calendar_left(step->calendar, unit, from, due)).time : 0;
}

/* The deadlines that merged cases brought along stood still too. */
static void shift_caps(struct step *step, const struct case_rest *rest, int64_t at)
{
    struct case_state *state = step->state;
    state->due_cap = shifted(step, rest, state->due_cap, rest->at, at);
    for (uint32_t i = 0; i < state->link_count; i++)
        if (state->links[i].kind == LINK_ABSORBED)
            state->links[i].due = shifted(step, rest, state->links[i].due, rest->at, at);
}

int64_t clock_before_stop(const struct step *step, int64_t due)
{
    const struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    const struct case_rest *rest = moment_rest(step, CLOCK_STAGE, 0);
    bool stands = clock && rest && step->state->flags & (CASE_STOPPED | CASE_WAITS);
    return stands ? shifted(step, rest, due, step->input.now, rest->at) : due;
}

void clock_recount_rest(const struct step *step, const struct case_clock *clock)
{
    struct case_rest *rest = moment_rest(step, clock->kind, clock->which);
    if (rest)
        rest->plain = moment_plain(step, clock->kind, clock->which);
}

static void go_on(struct step *step, struct case_clock *clock, int64_t at, bool anew)
{
    struct case_rest *rest = moment_rest(step, clock->kind, clock->which);
    struct moment moment;
    clock->remaining = -1;
    if (clock_is_older(step, clock))
        clock_recount_rest(step, clock);
    if (clock->kind == CLOCK_STAGE)
        shift_caps(step, rest, at);
    rest->at = at;
    if (anew && clock->kind != CLOCK_CASE && !moment_is_date(step, clock)) {
        rest->left = CASE_REST_ANEW;
        rest->added = clock->added = 0;
    }
    if (moment_anew(step, clock, &moment))
        clock_set(step, clock, &moment);
}

/* A warning that had been given before the stop is not given again because of it. */
static void go_on_warning(struct step *step)
{
    bool pending = case_clock(step->state, CLOCK_WARN, 0) != NULL;
    clock_start_warning(step);
    const struct case_clock *warning = case_clock(step->state, CLOCK_WARN, 0);
    if (warning && !pending && warning->due <= step->input.now)
        case_drop_clock(step->state, CLOCK_WARN, 0);
}

/* A clock whose limit was taken away while it stood goes on with what was left when the limit comes back. */
static void shift_absent(struct step *step, int64_t at)
{
    struct case_state *state = step->state;
    for (uint32_t i = 0; i < state->rest_count; i++) {
        struct case_rest *kept = &state->rests[i];
        bool of_another_stage = kept->kind == CLOCK_STAGE && kept->which != state->stage;
        if (state->stopped_at && kept->at == state->stopped_at && !of_another_stage && !case_clock(state, kept->kind, kept->kind == CLOCK_STAGE ? 0 : kept->which))
            kept->at = at;
    }
}

void clock_go_on(struct step *step, int64_t at, bool anew)
{
    shift_absent(step, at);
    for (uint32_t i = 0; i < step->state->clock_count; i++)
        if (stops(&step->state->clocks[i]) && !case_clock_runs(&step->state->clocks[i]))
            go_on(step, &step->state->clocks[i], at, anew);
    go_on_warning(step);
}
