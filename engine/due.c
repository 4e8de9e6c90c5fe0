/* due: see due.h. */
#include "engine/due.h"

#include "engine/attempt.h"
#include "engine/clock.h"
#include "engine/notice.h"
#include "engine/outcome.h"
#include "engine/publication.h"
#include "engine/poll.h"
#include "engine/retain.h"
#include "engine/stop.h"
#include "engine/task.h"

/* ---- an outcome that nobody can be refused ---- */

/* What follows one deadline may begin a stage whose own is over already. When that goes round in a circle the engine says so (`again`). */
static bool leads_on(struct step *step, int32_t outcome)
{
    if (step->input.event->again)
        return step_refuse(step, ERR_NOT_NOW, "deadlines that are over lead to each other in a circle");
    return outcome_run(step, outcome) && due_within_bounds(step);
}

void due_follow(struct step *step, int32_t outcome)
{
    if (outcome == NONE)
        return;
    struct attempt attempt = attempt_begin(step);
    if (leads_on(step, outcome))
        return;
    struct text why = step->out->why;
    attempt_undo(step, &attempt);
    notice_to_owners(step, NOTICE_OVERDUE, NULL,
                     (struct notice_words){arena_print(step->arena, "逾期后的处理无法进行：%.*s", SHOWN(why)),
                                           arena_print(step->arena, "What should follow the deadline cannot be done: %.*s", SHOWN(why))});
}

/* ---- what each kind of clock brings about ---- */

static struct notice_words due_words(struct step *step, const char *zh, const char *en, int64_t due)
{
    struct text time = calendar_print(step->calendar, step->arena, due);
    return (struct notice_words){
        arena_print(step->arena, "%.*s：%s %.*s", SHOWN(step_stage_title_zh(step)), zh, SHOWN(time)),
        arena_print(step->arena, "%.*s: %s %.*s", SHOWN(step_stage_title_en(step)), en, SHOWN(time)),
    };
}

/* A period is over, such as that of a publication: nobody is late; only where what should follow cannot be done does the case wait for someone. */
static void fire_period(struct step *step)
{
    case_drop_clock(step->state, CLOCK_STAGE, 0);
    case_drop_clock(step->state, CLOCK_WARN, 0);
    step_say(step, TEXT("期满"), "the period is over");
    due_follow(step, step_stage(step)->then);
    if (!step->entered)
        step->state->flags |= CASE_OVERDUE;
}

static void fire_stage(struct step *step, int64_t due)
{
    if (poll_takes_ballots(step->state)) { /* its deadline is how a vote closes: nothing is late */
        poll_close_due(step);
        return;
    }
    if (workflow_is_period(step_stage(step))) {
        fire_period(step);
        return;
    }
    notice_to_owners(step, NOTICE_OVERDUE, NULL, due_words(step, "已逾期，时限为", "overdue, was due", due));
    case_drop_clock(step->state, CLOCK_STAGE, 0);
    case_drop_clock(step->state, CLOCK_WARN, 0);
    step->state->flags |= CASE_WAS_LATE;
    due_follow(step, step_stage(step)->overdue);
    if (step->entered)
        return;
    step->state->flags |= CASE_OVERDUE;
    clock_start_after_due(step, due);
}

static void fire_warning(struct step *step)
{
    case_drop_clock(step->state, CLOCK_WARN, 0);
    notice_to_owners(step, NOTICE_WARN, NULL, due_words(step, "即将到期，时限为", "is due soon:", case_due(step->state)));
}

static struct notice_words reminder_words(struct step *step)
{
    int64_t due = case_due(step->state);
    if (due)
        return due_words(step, "请及时办理，时限为", "a reminder; is due", due);
    return (struct notice_words){arena_print(step->arena, "%.*s：请及时办理", SHOWN(step_stage_title_zh(step))),
                                 arena_print(step->arena, "%.*s: a reminder", SHOWN(step_stage_title_en(step)))};
}

static void fire_reminder(struct step *step, struct case_clock *clock)
{
    const struct workflow_reminder *reminder = workflow_reminder(step->workflow, clock->which);
    clock_next_reminder(step, clock);
    if (stop_is_stopped(step->state))
        return; /* nobody is late while the clock stands */
    notice_to_people(step, NOTICE_REMINDER, reminder->who, reminder_words(step));
}

static void fire_task(struct step *step, int32_t row, int64_t due)
{
    const struct case_task *task = case_task_by_row(step->state, row);
    case_drop_clock(step->state, CLOCK_TASK, row);
    if (!task)
        return; /* a done task has no clock; but firing must end whatever stands here */
    notice_to_owners(step, NOTICE_OVERDUE, task, due_words(step, "交办事项已逾期，时限为", "a task is overdue, was due", due));
    step->state->flags |= CASE_WAS_LATE;
    due_follow(step, workflow_task(step->workflow, row)->overdue);
    if (!step->entered)
        step->state->flags |= CASE_OVERDUE;
}

/* Beside what the stages have: what follows belongs to no stage, and where it leads the case is over its limit still. */
static void fire_case(struct step *step, int64_t due)
{
    struct text time = calendar_print(step->calendar, step->arena, due);
    notice_to_owners(step, NOTICE_OVERDUE, NULL,
                     (struct notice_words){arena_print(step->arena, "全案已超总时限，时限为 %.*s", SHOWN(time)),
                                           arena_print(step->arena, "The whole case is overdue, was due %.*s", SHOWN(time))});
    case_drop_clock(step->state, CLOCK_CASE, 0);
    step->state->flags |= CASE_WAS_LATE;
    due_follow(step, workflow_head(step->workflow)->overdue);
    if (!(step->state->flags & CASE_ENDED))
        step->state->flags |= CASE_OVER_LIMIT;
}

static void fire(struct step *step, struct case_clock *clock)
{
    if (step->input.explain) {
        struct text due = calendar_print(step->calendar, step->arena, clock->due);
        step_tell(step, TRACE(.kind = TRACE_FIRES, .number = clock->kind, .name = due), "due since %.*s", SHOWN(due));
    }
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE: fire_stage(step, clock->due); break;
    case CLOCK_WARN: fire_warning(step); break;
    case CLOCK_REMIND: fire_reminder(step, clock); break;
    case CLOCK_TASK: fire_task(step, clock->which, clock->due); break;
    case CLOCK_CASE: fire_case(step, clock->due); break;
    case CLOCK_STOP: stop_fire(step, clock->due); break;
    case CLOCK_PUBLICATION: publication_fire(step, clock->which); break;
    case CLOCK_RETAIN: retain_fire(step); break;
    }
}

/* ---- the events ---- */

static bool is_due(struct step *step, const struct case_clock *clock, int64_t due)
{
    if (!clock || clock->due != due)
        return step_refuse(step, ERR_NOT_NOW, "the case has no such clock that is due then");
    if (!case_clock_runs(clock))
        return step_refuse(step, ERR_NOT_NOW, "the clock is stopped");
    return clock->due <= step->input.now || step_refuse(step, ERR_NOT_NOW, "the clock is not due yet");
}

/* Computed under an older calendar it is computed anew first, and fires only if it is still due. */
bool due_fire(struct step *step)
{
    const struct event *event = step->input.event;
    struct case_clock *clock = case_clock(step->state, event->clock_kind, event->clock_which);
    if (!is_due(step, clock, event->due))
        return false;
    if (clock_is_older(step, clock))
        clock_recompute(step);
    if (clock->due <= step->input.now)
        fire(step, clock);
    return true;
}

bool due_recompute(struct step *step)
{
    return clock_recompute(step) || step_refuse(step, ERR_NOT_NOW, "every clock of the case follows the calendar that counts now");
}

/* ---- bounds ---- */

bool due_within_bounds(struct step *step)
{
    const struct case_state *state = step->state;
    if (state->clock_count > CASE_CLOCKS_MOST)
        return step_refuse(step, ERR_CASE_FULL, "it would have %u clocks, at most %d can run", state->clock_count, CASE_CLOCKS_MOST);
    if (state->task_count > CASE_TASKS_MOST)
        return step_refuse(step, ERR_CASE_FULL, "it would have %u tasks, at most %d can be open", state->task_count, CASE_TASKS_MOST);
    if (state->part_count > CASE_PARTS_MOST)
        return step_refuse(step, ERR_CASE_FULL, "%u people would have sent an event that others are waited for, at most %d can",
                           state->part_count, CASE_PARTS_MOST);
    size_t size = case_size(state);
    return size <= CASE_BYTES_MOST || step_refuse(step, ERR_CASE_FULL, "it would take %zu bytes, at most %d are allowed", size, CASE_BYTES_MOST);
}
