/* clock: see clock.h. */
#include "engine/clock.h"

#include "engine/condition.h"
#include "engine/lookup.h"

struct moment {
    int64_t started, due;
    bool provisional;
};

/* ---- when a limit is due ---- */

static bool row_matches(const struct step *step, const struct workflow_limit *limit, const struct workflow_limit_row *row)
{
    if (row->level == NONE && row->value == NONE)
        return true; /* any */
    if (limit->kind == LIMIT_LEVEL)
        return row->level == step->state->level;
    return row->value != NONE &&
           condition_value_is(step->workflow, &step->state->data[limit->field], workflow_value(step->workflow, row->value));
}

/* Row of DURATIONS that applies; NONE: no limit here. */
static int32_t limit_duration(const struct step *step, const struct workflow_limit *limit)
{
    if (limit->kind == LIMIT_ONE)
        return limit->duration;
    if (limit->kind == LIMIT_TABLE) {
        int32_t found = lookup_find(step->workflow, step->state, limit->lookup);
        return found == NONE ? NONE : workflow_lookup_row(step->workflow, found)->duration;
    }
    for (int32_t i = 0; i < limit->rows.count; i++) {
        const struct workflow_limit_row *row = workflow_limit_row(step->workflow, limit->rows.first + i);
        if (row_matches(step, limit, row))
            return row->duration;
    }
    return NONE;
}

static bool date_of(const struct step *step, int32_t field, int32_t *date)
{
    const struct value *value = &step->state->data[field];
    *date = value->kind == VALUE_INTEGER ? (int32_t)value->integer : 0;
    return value->kind == VALUE_INTEGER;
}

static int64_t limit_start(const struct step *step, const struct workflow_limit *limit)
{
    if (limit->from == FROM_OPENING)
        return step->state->opened_at;
    const struct case_first *first = case_first_of(step->state, step->state->stage);
    return limit->from == FROM_FIRST_ENTRY && first ? first->at : step->state->entered_at;
}

static struct moment moment_of(int64_t started, struct calendar_due due)
{
    return (struct moment){.started = started, .due = due.time, .provisional = due.provisional};
}

/* false: no limit, or the field that it counts from is empty. */
static bool limit_moment(const struct step *step, const struct workflow_limit *limit, struct moment *out)
{
    const struct calendar *calendar = step->calendar;
    int32_t date;
    if (limit->kind == LIMIT_UNTIL) {
        if (!date_of(step, limit->field, &date))
            return false;
        *out = moment_of(step->state->entered_at, calendar_until(calendar, date));
        return true;
    }
    int32_t row = limit_duration(step, limit);
    if (row == NONE)
        return false;
    const struct workflow_duration *duration = workflow_duration(step->workflow, row);
    if (limit->from == FROM_FIELD) {
        if (!date_of(step, limit->from_field, &date))
            return false;
        *out = moment_of(calendar_time(calendar, date, 0), calendar_add_date(calendar, date, duration));
        return true;
    }
    int64_t start = limit_start(step, limit);
    *out = moment_of(start, calendar_add(calendar, start, duration));
    return true;
}

/* What extensions add counts from the deadline: for days and longer from the day that it ends, which is the day before when it ends at 24:00. */
static struct calendar_due extended(const struct step *step, int64_t due, int32_t units)
{
    struct workflow_duration add = *workflow_duration(step->workflow, workflow_extend(step->workflow, step_stage(step)->extend)->add);
    add.count = units;
    bool by_hours = add.unit == MINUTES || add.unit == HOURS || add.unit == WORKING_HOURS;
    return calendar_add(step->calendar, by_hours ? due : due - 1, &add);
}

static bool stage_moment(const struct step *step, int32_t added, struct moment *out)
{
    const struct workflow_stage *stage = step_stage(step);
    if (stage->within == NONE || !limit_moment(step, workflow_limit(step->workflow, stage->within), out))
        return false;
    if (added > 0 && stage->extend != NONE) {
        struct calendar_due later = extended(step, out->due, added);
        out->due = later.time;
        out->provisional = out->provisional || later.provisional;
    }
    return true;
}

/* ---- starting ---- */

static void set(const struct step *step, struct case_clock *clock, const struct moment *moment)
{
    clock->started = moment->started;
    clock->due = moment->due;
    clock->provisional = moment->provisional;
    clock->calendar = step->calendar->position;
}

static struct moment warn_moment(const struct step *step, const struct case_clock *deadline)
{
    const struct workflow_duration *warn = workflow_duration(step->workflow, step_stage(step)->warn);
    return (struct moment){.started = deadline->started, .due = calendar_before(step->calendar, deadline->due, warn),
                           .provisional = deadline->provisional};
}

/* A warning whose moment has passed already is given at once: whoever has come to own the work late still hears of it. After the
 * deadline there is nothing to warn of. */
static void start_warning(struct step *step)
{
    case_drop_clock(step->state, CLOCK_WARN, 0);
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    if (!deadline || step_stage(step)->warn == NONE || deadline->due < step->input.now)
        return;
    struct moment moment = warn_moment(step, deadline);
    int64_t remaining = deadline->remaining;
    struct case_clock *warning = case_add_clock(step->arena, step->state, CLOCK_WARN, 0);
    set(step, warning, &moment);
    warning->remaining = remaining;
}

static void start_deadline(struct step *step, int32_t added)
{
    struct moment moment;
    if (!stage_moment(step, added, &moment))
        return;
    struct case_clock *clock = case_add_clock(step->arena, step->state, CLOCK_STAGE, 0);
    set(step, clock, &moment);
    clock->added = added;
    if (step->input.explain) {
        struct text due = calendar_print(step->calendar, step->arena, moment.due);
        step_tell(step, TRACE(.kind = TRACE_DUE, .name = due), "the stage is due %.*s", SHOWN(due));
    }
    start_warning(step);
}

static void start_reminder(struct step *step, struct case_clock *clock, int64_t from)
{
    const struct workflow_reminder *reminder = workflow_reminder(step->workflow, clock->which);
    struct moment moment = moment_of(from, calendar_add(step->calendar, from, workflow_duration(step->workflow, reminder->every)));
    set(step, clock, &moment);
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
    int32_t within = workflow_task(step->workflow, task)->within;
    struct moment moment;
    if (within != NONE && limit_moment(step, workflow_limit(step->workflow, within), &moment))
        set(step, case_add_clock(step->arena, step->state, CLOCK_TASK, task), &moment);
}

void clock_leave(struct step *step)
{
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    struct case_first *first = case_first_of(step->state, step->state->stage);
    if (first && deadline)
        first->added = deadline->added;
    step->state->clock_count = 0; /* every kind there is belongs to a stage; one over the whole case would be kept here */
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

static bool hangs_on_field(const struct step *step, int32_t within)
{
    if (within == NONE)
        return false;
    const struct workflow_limit *limit = workflow_limit(step->workflow, within);
    return limit->kind == LIMIT_FIELD || limit->kind == LIMIT_TABLE || limit->kind == LIMIT_UNTIL || limit->from == FROM_FIELD;
}

static void follow_deadline(struct step *step)
{
    struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    struct moment moment;
    if (step->state->flags & CASE_OVERDUE)
        return; /* what has passed has passed */
    if (!stage_moment(step, clock ? clock->added : 0, &moment)) {
        case_drop_clock(step->state, CLOCK_STAGE, 0);
        case_drop_clock(step->state, CLOCK_WARN, 0);
    } else if (!clock) {
        start_deadline(step, 0);
    } else if (clock->due != moment.due) {
        set(step, clock, &moment);
        start_warning(step);
    }
}

static void follow_task(struct step *step, int32_t row)
{
    int32_t within = workflow_task(step->workflow, row)->within;
    struct moment moment;
    if (!hangs_on_field(step, within) || (!case_clock(step->state, CLOCK_TASK, row) && step->state->flags & CASE_OVERDUE))
        return;
    if (limit_moment(step, workflow_limit(step->workflow, within), &moment))
        set(step, case_add_clock(step->arena, step->state, CLOCK_TASK, row), &moment);
    else
        case_drop_clock(step->state, CLOCK_TASK, row);
}

/* Something that hangs on a field was computed under an older calendar. */
static bool follows_older_calendar(const struct step *step)
{
    for (uint32_t i = 0; i < step->state->clock_count; i++) {
        const struct case_clock *clock = &step->state->clocks[i];
        int32_t within = clock->kind == CLOCK_STAGE  ? step_stage(step)->within
                         : clock->kind == CLOCK_TASK ? workflow_task(step->workflow, clock->which)->within
                                                     : NONE;
        if (clock->calendar != step->calendar->position && hangs_on_field(step, within))
            return true;
    }
    return false;
}

void clock_follow(struct step *step)
{
    if (follows_older_calendar(step))
        clock_recompute(step); /* with before and after: it may not be the field that moves it */
    if (hangs_on_field(step, step_stage(step)->within))
        follow_deadline(step);
    for (uint32_t i = 0; i < step->state->task_count; i++)
        if (step->state->tasks[i].state != TASK_DONE)
            follow_task(step, step->state->tasks[i].row);
}

void clock_extend(struct step *step, int32_t units)
{
    struct case_clock *clock = case_clock(step->state, CLOCK_STAGE, 0);
    struct moment moment;
    clock->added += units;
    clock->remaining = -1;
    if (stage_moment(step, clock->added, &moment))
        set(step, clock, &moment);
    start_warning(step);
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

static bool moment_anew(const struct step *step, const struct case_clock *clock, struct moment *out)
{
    const struct workflow *workflow = step->workflow;
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE: return stage_moment(step, clock->added, out);
    case CLOCK_WARN: /* comes after the stage's in the order of clocks, so that one is new already */
        if (deadline)
            *out = warn_moment(step, deadline);
        return deadline != NULL;
    case CLOCK_REMIND:
        *out = moment_of(clock->started,
                         calendar_add(step->calendar, clock->started,
                                      workflow_duration(workflow, workflow_reminder(workflow, clock->which)->every)));
        return true;
    case CLOCK_TASK: return limit_moment(step, workflow_limit(workflow, workflow_task(workflow, clock->which)->within), out);
    }
    return false;
}

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
        if (clock->calendar == step->calendar->position)
            continue;
        older = true;
        if (moment_anew(step, clock, &moment))
            set(step, clock, &moment);
        clock->calendar = step->calendar->position;
        if (clock->due != before)
            note_change(step, clock, before);
    }
    return older;
}
