/* clock: see clock.h. */
#include "engine/clock_stand.h"

#include "engine/moment.h"

/* ---- starting ---- */

void clock_set(const struct step *step, struct case_clock *clock, const struct moment *moment)
{
    clock->started = moment->started;
    clock->due = moment->due;
    clock->provisional = moment->provisional;
    clock->calendar = moment_calendar(step, clock->kind)->position;
}

bool clock_is_older(const struct step *step, const struct case_clock *clock)
{
    return clock->calendar != moment_calendar(step, clock->kind)->position;
}

/* A warning whose moment has passed already is given at once: whoever has come to own the work late still hears of it. After the
 * deadline there is nothing to warn of. */
void clock_start_warning(struct step *step)
{
    case_drop_clock(step->state, CLOCK_WARN, 0);
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    if (!deadline || step_stage(step)->warn == NONE || deadline->due < step->input.now)
        return;
    struct moment moment = moment_of_warning(step, deadline);
    int64_t remaining = deadline->remaining;
    struct case_clock *warning = case_add_clock(step->arena, step->state, CLOCK_WARN, 0);
    clock_set(step, warning, &moment);
    warning->remaining = remaining;
}

static void start_deadline(struct step *step, int32_t added)
{
    struct moment moment;
    if (!moment_of_stage(step, added, &moment))
        return;
    struct case_clock *clock = case_add_clock(step->arena, step->state, CLOCK_STAGE, 0);
    clock_set(step, clock, &moment);
    clock->added = added;
    if (step->input.explain) {
        struct text due = calendar_print(step->calendar, step->arena, moment.due);
        step_tell(step, TRACE(.kind = TRACE_DUE, .name = due), "the stage is due %.*s", SHOWN(due));
    }
    clock_start_warning(step);
}

static void start_reminder(struct step *step, struct case_clock *clock, int64_t from)
{
    struct moment moment = moment_of_reminder(step, clock->which, from);
    clock_set(step, clock, &moment);
}

/* Those of a held case would tell nobody, and in years of standing still there can be thousands: they begin when it is released. */
static void start_reminders(struct step *step, enum reminder_after after, int64_t from)
{
    if (step->state->flags & CASE_HELD)
        return;
    struct span reminders = step_stage(step)->reminders;
    for (int32_t row = reminders.first; row < reminders.first + reminders.count; row++)
        if (workflow_reminder(step->workflow, row)->after == (int32_t)after)
            start_reminder(step, case_add_clock(step->arena, step->state, CLOCK_REMIND, row), from);
}

/* Remembers the first entry where the deadline counts from it; gives back what extensions had added. */
static int32_t first_entry(struct step *step)
{
    int32_t within = step_stage(step)->within;
    if (within == NONE || workflow_limit(step->workflow, within)->from != FROM_FIRST_ENTRY)
        return 0;
    struct case_first *first = case_first_of(step->state, step->state->stage);
    if (!first) {
        first = case_add_first(step->arena, step->state, step->state->stage);
        first->at = step->state->entered_at;
    }
    return first->added;
}

void clock_enter(struct step *step)
{
    start_deadline(step, first_entry(step));
    start_reminders(step, AFTER_ENTRY, step->state->entered_at);
}

void clock_start_task(struct step *step, int32_t task)
{
    struct moment moment;
    if (moment_of_task(step, task, &moment))
        clock_set(step, case_add_clock(step->arena, step->state, CLOCK_TASK, task), &moment);
}

/* Of the case's own clocks those that belong to no stage are kept. */
static void drop_stage_clocks(struct case_state *state)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->clock_count; i++)
        if (state->clocks[i].kind == CLOCK_CASE || state->clocks[i].kind == CLOCK_PUBLICATION)
            state->clocks[kept++] = state->clocks[i];
    state->clock_count = kept;
}

/* From where a clock went on is forgotten with it; but a deadline that counts from the first entry survives leaving. */
static void drop_stage_rests(struct step *step)
{
    struct case_state *state = step->state;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->rest_count; i++) {
        const struct case_rest *rest = &state->rests[i];
        bool first = rest->kind == CLOCK_STAGE && case_first_of(state, rest->which);
        if (first || rest->kind == CLOCK_CASE)
            state->rests[kept++] = *rest;
    }
    state->rest_count = kept;
}

void clock_leave(struct step *step)
{
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    struct case_first *first = case_first_of(step->state, step->state->stage);
    if (first && deadline)
        first->added = deadline->added;
    drop_stage_clocks(step->state);
    drop_stage_rests(step);
}

void clock_begin(struct step *step)
{
    struct case_rest *rest = moment_rest(step, CLOCK_CASE, 0);
    struct moment moment;
    if (rest)
        rest->at = step->input.now;
    if (moment_of_case(step, &moment))
        clock_set(step, case_add_clock(step->arena, step->state, CLOCK_CASE, 0), &moment);
}

void clock_start_after_due(struct step *step, int64_t due)
{
    start_reminders(step, AFTER_DUE, due);
}

void clock_release(struct step *step)
{
    if (step->state->flags & CASE_ENDED)
        return;
    bool due_has_passed = (step->state->flags & CASE_OVERDUE) && !case_clock(step->state, CLOCK_STAGE, 0);
    start_reminders(step, AFTER_ENTRY, step->input.now);
    if (due_has_passed)
        start_reminders(step, AFTER_DUE, step->input.now);
}

/* From the last one's time, so that they do not drift; from now, when the engine was away for longer than a period: one is enough. */
void clock_next_reminder(struct step *step, struct case_clock *clock)
{
    clock->count++;
    start_reminder(step, clock, clock->due);
    if (clock->due < step->input.now)
        start_reminder(step, clock, step->input.now);
}

/* ---- changing ---- */

static void follow_deadline(struct step *step)
{
    struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    struct moment moment;
    if (step->state->flags & CASE_OVERDUE)
        return; /* what has passed has passed */
    moment_follow_rest(step, CLOCK_STAGE, 0);
    if (!moment_of_stage(step, clock ? clock->added : 0, &moment)) {
        case_drop_clock(step->state, CLOCK_STAGE, 0);
        case_drop_clock(step->state, CLOCK_WARN, 0);
    } else if (!clock) {
        start_deadline(step, 0);
        clock_stand_still(step, case_clock(step->state, CLOCK_STAGE, 0));
        clock_start_warning(step);
        if (step->state->asked_by.size)
            clock_hold(step); /* an extension waits for its answer, and the deadline with it */
    } else if (clock->due != moment.due) {
        clock_set(step, clock, &moment);
        clock_start_warning(step);
    }
}

void clock_follow_cap(struct step *step)
{
    const struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    struct moment moment;
    bool runs = !clock || case_clock_runs(clock);
    if (runs || !moment_of_stage(step, clock->added, &moment)) /* one that stands follows when it goes on, if there is still a deadline */
        follow_deadline(step);
}

static void follow_task(struct step *step, int32_t row)
{
    struct moment moment;
    if (!moment_hangs_on_field(step, CLOCK_TASK, row) || (!case_clock(step->state, CLOCK_TASK, row) && step->state->flags & CASE_OVERDUE))
        return;
    moment_follow_rest(step, CLOCK_TASK, row);
    bool known = case_clock(step->state, CLOCK_TASK, row) != NULL;
    if (!moment_of_task(step, row, &moment)) {
        case_drop_clock(step->state, CLOCK_TASK, row);
        return;
    }
    struct case_clock *clock = case_add_clock(step->arena, step->state, CLOCK_TASK, row);
    clock_set(step, clock, &moment);
    if (!known)
        clock_stand_still(step, clock);
}

/* Something that hangs on a field was computed under an older calendar. */
static bool follows_older_calendar(const struct step *step)
{
    for (uint32_t i = 0; i < step->state->clock_count; i++) {
        const struct case_clock *clock = &step->state->clocks[i];
        if (clock_is_older(step, clock) && moment_hangs_on_field(step, clock->kind, clock->which))
            return true;
    }
    return false;
}

void clock_follow(struct step *step)
{
    if (follows_older_calendar(step))
        clock_recompute(step); /* with before and after: it may not be the field that moves it */
    if (moment_hangs_on_field(step, CLOCK_STAGE, 0))
        follow_deadline(step);
    for (uint32_t i = 0; i < step->state->task_count; i++)
        if (step->state->tasks[i].state != TASK_DONE)
            follow_task(step, step->state->tasks[i].row);
}

void clock_follow_case(struct step *step)
{
    struct moment moment;
    if (step->state->flags & (CASE_OVER_LIMIT | CASE_ENDED) || !moment_hangs_on_field(step, CLOCK_CASE, 0))
        return; /* what has passed has passed */
    if (follows_older_calendar(step))
        clock_recompute(step);
    moment_follow_rest(step, CLOCK_CASE, 0);
    bool known = case_clock(step->state, CLOCK_CASE, 0) != NULL;
    if (!moment_of_case(step, &moment)) {
        case_drop_clock(step->state, CLOCK_CASE, 0);
        return;
    }
    struct case_clock *clock = case_add_clock(step->arena, step->state, CLOCK_CASE, 0);
    clock_set(step, clock, &moment);
    if (!known)
        clock_stand_still(step, clock);
}

void clock_extend(struct step *step, int32_t units)
{
    struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    struct moment moment;
    clock->added += units;
    clock->remaining = -1;
    if (moment_of_stage(step, clock->added, &moment))
        clock_set(step, clock, &moment);
    clock_start_warning(step);
}

/* ---- stopping and going on ---- */

void clock_start_publication(struct step *step, int32_t publication)
{
    struct moment moment = moment_of_publication(step, publication, step->input.now);
    clock_set(step, case_add_clock(step->arena, step->state, CLOCK_PUBLICATION, publication), &moment);
}

void clock_stay_overdue(struct step *step)
{
    case_drop_clock(step->state, CLOCK_STAGE, 0);
    case_drop_clock(step->state, CLOCK_WARN, 0);
    step->state->flags |= CASE_OVERDUE;
    start_reminders(step, AFTER_DUE, step->input.now);
}

void clock_stay_over_limit(struct step *step)
{
    case_drop_clock(step->state, CLOCK_CASE, 0);
    step->state->flags |= CASE_OVER_LIMIT;
}

void clock_start_stop(struct step *step)
{
    struct moment moment = moment_of_stop(step);
    clock_set(step, case_add_clock(step->arena, step->state, CLOCK_STOP, 0), &moment);
}

static void set_remaining(struct step *step, int64_t remaining)
{
    const int32_t kinds[] = {CLOCK_STAGE, CLOCK_WARN};
    for (int i = 0; i < 2; i++) {
        struct case_clock *clock = case_clock(step->state, kinds[i], 0);
        if (clock)
            clock->remaining = remaining;
    }
}

void clock_hold(struct step *step)
{
    set_remaining(step, 0);
}

void clock_let_go(struct step *step)
{
    set_remaining(step, -1);
}

/* ---- a newer calendar ---- */

static void note_change(struct step *step, const struct case_clock *clock, int64_t before)
{
    struct decision *out = step->out;
    if (!out->changed)
        out->changed = ARENA_ARRAY(step->arena, struct clock_change, step->state->clock_count);
    out->changed[out->changed_count++] =
        (struct clock_change){.kind = clock->kind, .which = clock->which, .before = before, .after = clock->due};
    if (step->input.explain) {
        struct text due = calendar_print(step->calendar, step->arena, clock->due);
        step_tell(step, TRACE(.kind = TRACE_CALENDAR, .name = due), "another calendar counts: due %.*s instead of %.*s", SHOWN(due),
                  SHOWN(calendar_print(step->calendar, step->arena, before)));
    }
}

bool clock_recompute(struct step *step)
{
    bool older = false;
    for (uint32_t i = 0; i < step->state->clock_count; i++) {
        struct case_clock *clock = &step->state->clocks[i];
        int64_t before = clock->due;
        struct moment moment;
        if (!clock_is_older(step, clock))
            continue;
        older = true;
        if (moment_anew(step, clock, &moment))
            clock_set(step, clock, &moment);
        clock->calendar = moment_calendar(step, clock->kind)->position;
        clock_recount_rest(step, clock);
        if (clock->due != before)
            note_change(step, clock, before);
    }
    return older;
}

/* ---- another version ---- */

/* What has passed under the old version passes again only if it has time again; that it was late is not forgotten. */
static void pass_once(struct step *step, int32_t kind, uint32_t flag)
{
    const struct case_clock *clock = case_clock(step->state, kind, 0);
    if (!clock || !(step->state->flags & flag))
        return;
    if (clock->due >= step->input.now) {
        step->state->flags &= ~flag;
        return;
    }
    case_drop_clock(step->state, kind, 0);
    if (kind == CLOCK_STAGE)
        case_drop_clock(step->state, CLOCK_WARN, 0);
}

/* A deadline that went on after a stop goes on with what was left of it, more or less by what the new version's limit is more or less. */
static void follow_rests(struct step *step)
{
    for (uint32_t i = 0; i < step->state->rest_count; i++) {
        const struct case_rest *rest = &step->state->rests[i];
        if (rest->kind != CLOCK_STAGE || rest->which == step->state->stage)
            moment_follow_rest(step, rest->kind, rest->kind == CLOCK_STAGE ? 0 : rest->which);
    }
}

static void note_moved(struct step *step, const struct case_state *old, int32_t kind)
{
    const struct case_clock *was = case_clock(old, kind, 0), *is = case_clock(step->state, kind, 0);
    int64_t before = was ? was->due : 0, after = is ? is->due : 0;
    struct decision *out = step->out;
    if (before == after)
        return;
    if (!out->changed)
        out->changed = ARENA_ARRAY(step->arena, struct clock_change, 2);
    out->changed[out->changed_count++] = (struct clock_change){.kind = kind, .before = before, .after = after};
}

void clock_migrate(struct step *step, const struct case_state *old, int32_t added)
{
    struct case_state *state = step->state;
    state->clock_count = 0;
    follow_rests(step);
    clock_begin(step);
    first_entry(step);
    start_deadline(step, added);
    pass_once(step, CLOCK_CASE, CASE_OVER_LIMIT);
    pass_once(step, CLOCK_STAGE, CASE_OVERDUE);
    start_reminders(step, AFTER_ENTRY, step->input.now);
    if (state->flags & CASE_OVERDUE)
        start_reminders(step, AFTER_DUE, step->input.now);
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].state != TASK_DONE)
            clock_start_task(step, state->tasks[i].row);
    note_moved(step, old, CLOCK_STAGE);
    note_moved(step, old, CLOCK_CASE);
}
