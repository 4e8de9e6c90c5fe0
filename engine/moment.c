/* moment: see moment.h. */
#include "engine/moment.h"

#include "engine/condition.h"
#include "engine/lookup.h"
#include "engine/retain.h"

const struct calendar *moment_calendar(const struct step *step, int32_t kind)
{
    int32_t home = kind == CLOCK_CASE ? advance_unit(step->input.directory, step->state->home_unit) : NONE;
    const struct calendar *calendar = home == NONE ? NULL : advance_calendar(&step->input, home);
    return calendar ? calendar : step->calendar;
}

/* Row of LIMITS that a clock of that kind runs by, or NONE. */
static int32_t limit_of(const struct step *step, int32_t kind, int32_t which)
{
    switch ((enum clock_kind)kind) {
    case CLOCK_STAGE: return step_stage(step)->within;
    case CLOCK_TASK: return workflow_task(step->workflow, which)->within;
    case CLOCK_CASE: return workflow_head(step->workflow)->limit;
    case CLOCK_WARN:
    case CLOCK_REMIND:
    case CLOCK_STOP:
    case CLOCK_RETAIN:
    case CLOCK_PUBLICATION: break;
    }
    return NONE;
}

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
        return case_began(step->state);
    const struct case_first *first = case_first_of(step->state, step->state->stage);
    return limit->from == FROM_FIRST_ENTRY && first ? first->at : step->state->entered_at;
}

static struct moment moment_of(int64_t started, struct calendar_due due)
{
    return (struct moment){.started = started, .due = due.time, .provisional = due.provisional};
}

/* The limit alone. false: no limit, or the field that it counts from is empty. */
static bool limit_moment(const struct step *step, const struct workflow_limit *limit, const struct calendar *calendar, struct moment *out)
{
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

/* ---- a clock that was stopped counts from where it went on ---- */

static int32_t named(const struct step *step, int32_t kind, int32_t which)
{
    return kind == CLOCK_STAGE ? step->state->stage : which;
}

struct case_rest *moment_rest(const struct step *step, int32_t kind, int32_t which)
{
    return case_rest_of(step->state, kind, named(step, kind, which));
}

static struct moment rest_moment(const struct step *step, const struct workflow_limit *limit, const struct calendar *calendar, const struct case_rest *rest)
{
    if (rest->left != CASE_REST_ANEW)
        return moment_of(rest->at, calendar_go_on(calendar, (enum duration_unit)rest->unit, rest->at, rest->left));
    return moment_of(rest->at, calendar_add(calendar, rest->at, workflow_duration(step->workflow, limit_duration(step, limit))));
}

/* false: no limit, or the field that it counts from is empty. */
static bool counted_moment(const struct step *step, int32_t kind, int32_t which, struct moment *out)
{
    int32_t row = limit_of(step, kind, which);
    if (row == NONE)
        return false;
    const struct workflow_limit *limit = workflow_limit(step->workflow, row);
    const struct calendar *calendar = moment_calendar(step, kind);
    const struct case_rest *rest = moment_rest(step, kind, which);
    if (!limit_moment(step, limit, calendar, out))
        return false;
    if (rest)
        *out = rest_moment(step, limit, calendar, rest);
    return true;
}

static const struct workflow_duration *extension(const struct step *step)
{
    return workflow_duration(step->workflow, workflow_extend(step->workflow, step_stage(step)->extend)->add);
}

static enum duration_unit limit_unit(const struct step *step, int32_t row)
{
    const struct workflow_limit *limit = workflow_limit(step->workflow, row);
    int32_t duration = limit->kind == LIMIT_UNTIL ? NONE : limit_duration(step, limit);
    return duration == NONE ? DAYS : (enum duration_unit)workflow_duration(step->workflow, duration)->unit;
}

enum duration_unit moment_unit(const struct step *step, const struct case_clock *clock)
{
    if (clock->kind == CLOCK_STAGE && clock->added > 0 && step_stage(step)->extend != NONE)
        return calendar_left_unit((enum duration_unit)extension(step)->unit);
    return calendar_left_unit(limit_unit(step, limit_of(step, clock->kind, clock->which)));
}

int64_t moment_plain(const struct step *step, int32_t kind, int32_t which)
{
    struct moment plain;
    int32_t row = limit_of(step, kind, which);
    return row != NONE && limit_moment(step, workflow_limit(step->workflow, row), moment_calendar(step, kind), &plain) ? plain.due : 0;
}

/* What the field has moved the limit by, it moves what was left of it by. */
void moment_follow_rest(const struct step *step, int32_t kind, int32_t which)
{
    struct case_rest *rest = moment_rest(step, kind, which);
    int64_t plain = moment_plain(step, kind, which);
    if (!rest || rest->left == CASE_REST_ANEW || !plain || !rest->plain || plain == rest->plain)
        return;
    const struct calendar *calendar = moment_calendar(step, kind);
    enum duration_unit unit = (enum duration_unit)rest->unit;
    if (plain > rest->plain)
        rest->left += calendar_left(calendar, unit, rest->plain, plain);
    else
        rest->left -= calendar_left(calendar, unit, plain, rest->plain);
    rest->left = rest->left < 0 ? 0 : rest->left;
    rest->plain = plain;
}

/* ---- each kind of clock ---- */

/* What extensions add counts from the deadline: for days and longer from the day that it ends, which is the day before when it ends at 24:00. */
static struct calendar_due extended(const struct step *step, int64_t due, int32_t units)
{
    struct workflow_duration add = *extension(step);
    add.count = units;
    bool by_hours = add.unit == MINUTES || add.unit == HOURS || add.unit == WORKING_HOURS;
    return calendar_add(step->calendar, by_hours ? due : due - 1, &add);
}

bool moment_of_stage(const struct step *step, int32_t added, struct moment *out)
{
    const struct case_rest *rest = moment_rest(step, CLOCK_STAGE, 0);
    int64_t cap = step->state->due_cap;
    if (!counted_moment(step, CLOCK_STAGE, 0, out)) {
        *out = (struct moment){.started = step->state->entered_at, .due = cap};
        return cap != 0;
    }
    added -= rest ? rest->added : 0;
    if (added > 0 && step_stage(step)->extend != NONE) {
        struct calendar_due later = extended(step, out->due, added);
        out->due = later.time;
        out->provisional = out->provisional || later.provisional;
    }
    if (cap && cap < out->due)
        out->due = cap;
    return true;
}

bool moment_of_task(const struct step *step, int32_t task, struct moment *out)
{
    return counted_moment(step, CLOCK_TASK, task, out);
}

bool moment_of_case(const struct step *step, struct moment *out)
{
    return counted_moment(step, CLOCK_CASE, 0, out);
}

struct moment moment_of_warning(const struct step *step, const struct case_clock *deadline)
{
    const struct workflow_duration *warn = workflow_duration(step->workflow, step_stage(step)->warn);
    return (struct moment){.started = deadline->started, .due = calendar_before(step->calendar, deadline->due, warn),
                           .provisional = deadline->provisional};
}

struct moment moment_of_reminder(const struct step *step, int32_t reminder, int64_t from)
{
    int32_t every = workflow_reminder(step->workflow, reminder)->every;
    return moment_of(from, calendar_add(step->calendar, from, workflow_duration(step->workflow, every)));
}

struct moment moment_of_stop(const struct step *step)
{
    const struct case_state *state = step->state;
    const struct workflow_duration *longest = workflow_duration(step->workflow, workflow_stop(step->workflow, step_stage(step)->stop_clock)->longest);
    const struct case_stop *used = case_stop_of(state, state->stage);
    if (!used)
        return moment_of(state->stopped_at, calendar_add(step->calendar, state->stopped_at, longest));
    return moment_of(state->stopped_at, calendar_go_on(step->calendar, calendar_left_unit((enum duration_unit)longest->unit), state->stopped_at, used->left));
}

struct moment moment_of_publication(const struct step *step, int32_t publication, int64_t from)
{
    int32_t lasting = workflow_publication(step->workflow, publication)->lasting;
    return moment_of(from, calendar_add(step->calendar, from, workflow_duration(step->workflow, lasting)));
}

bool moment_anew(const struct step *step, const struct case_clock *clock, struct moment *out)
{
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE: return moment_of_stage(step, clock->added, out);
    case CLOCK_WARN: /* comes after the stage's in the order of clocks, so that one is new already */
        if (deadline)
            *out = moment_of_warning(step, deadline);
        return deadline != NULL;
    case CLOCK_REMIND: *out = moment_of_reminder(step, clock->which, clock->started); return true;
    case CLOCK_TASK: return moment_of_task(step, clock->which, out);
    case CLOCK_CASE: return moment_of_case(step, out);
    case CLOCK_STOP: *out = moment_of_stop(step); return true;
    case CLOCK_PUBLICATION: *out = moment_of_publication(step, clock->which, clock->started); return true;
    case CLOCK_RETAIN: *out = moment_of(clock->started, retain_due(step, clock->started)); return true;
    }
    return false;
}

bool moment_hangs_on_field(const struct step *step, int32_t kind, int32_t which)
{
    int32_t row = limit_of(step, kind, which);
    if (row == NONE)
        return false;
    const struct workflow_limit *limit = workflow_limit(step->workflow, row);
    return limit->kind == LIMIT_FIELD || limit->kind == LIMIT_TABLE || limit->kind == LIMIT_UNTIL || limit->from == FROM_FIELD;
}

bool moment_is_date(const struct step *step, const struct case_clock *clock)
{
    int32_t row = limit_of(step, clock->kind, clock->which);
    return row != NONE && workflow_limit(step->workflow, row)->kind == LIMIT_UNTIL;
}
