/* stop: see stop.h. */
#include "engine/stop.h"

#include "engine/clock.h"
#include "engine/extend.h"
#include "engine/intake.h"
#include "engine/notice.h"
#include "engine/sender.h"

bool stop_is_stopped(const struct case_state *state)
{
    return state->stopped_at != 0;
}

static bool used_up(const struct case_state *state)
{
    const struct case_stop *used = case_stop_of(state, state->stage);
    return used && used->left == 0;
}

bool stop_possible(const struct workflow *workflow, const struct case_state *state)
{
    return workflow_stage(workflow, state->stage)->stop_clock != NONE && case_clock(state, CLOCK_STAGE, 0) && !stop_is_stopped(state) &&
           !extend_is_asked(state) && !used_up(state);
}

static const struct workflow_stop *stop_of(const struct step *step)
{
    return workflow_stop(step->workflow, step_stage(step)->stop_clock);
}

static const char *ground_name(const struct step *step, int32_t ground)
{
    return workflow_choice(step->workflow, stop_of(step)->grounds, ground);
}

/* ---- stopping ---- */

static bool may_stop_here(struct step *step)
{
    const char *stage = workflow_stage_name(step->workflow, step->state->stage);
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    if (step_stage(step)->stop_clock == NONE)
        return step_refuse(step, ERR_NOT_NOW, "the clock of %s cannot be stopped", stage);
    if (!deadline && (step->state->flags & CASE_OVERDUE))
        return step_refuse(step, ERR_TOO_LATE, "the deadline of %s has passed; its clock could be stopped only before", stage);
    if (!deadline)
        return step_refuse(step, ERR_NOT_NOW, "no deadline runs in %s", stage);
    if (stop_is_stopped(step->state))
        return step_refuse(step, ERR_NOT_NOW, "the clock is stopped already: %s", ground_name(step, step->state->stopped_ground));
    if (extend_is_asked(step->state))
        return step_refuse(step, ERR_NOT_NOW, "the extension that %.*s asked for waits for grant or deny", SHOWN(step->state->asked_by));
    if (step->input.now > deadline->due)
        return step_refuse(step, ERR_TOO_LATE, "it was possible until %.*s", SHOWN(calendar_print(step->calendar, step->arena, deadline->due)));
    return true;
}

static bool some_is_left(struct step *step)
{
    if (!used_up(step->state))
        return true;
    struct text longest = duration_print(step->arena, workflow_duration(step->workflow, stop_of(step)->longest));
    return step_refuse(step, ERR_TOO_OFTEN, "the clock may be stopped for %.*s in this stage, and that is used up", SHOWN(longest));
}

static struct text grounds_listed(struct step *step)
{
    struct text list = {0};
    for (int32_t i = 0; i < stop_of(step)->grounds.count; i++)
        list = arena_print(step->arena, "%.*s%s%s", SHOWN(list), i ? ", " : "", ground_name(step, i));
    return list;
}

static bool read_ground(struct step *step, int32_t *ground)
{
    const struct value *given = intake_given(step->input.event, "ground");
    for (*ground = 0; given && given->kind == VALUE_TEXT && *ground < stop_of(step)->grounds.count; ++*ground)
        if (text_is(given->text, ground_name(step, *ground)))
            return true;
    return step_refuse(step, ERR_BAD_DATA, "ground: must be one of %.*s", SHOWN(grounds_listed(step)));
}

static void tell_stopped(struct step *step)
{
    const char *name = ground_name(step, step->state->stopped_ground);
    struct text zh, en;
    workflow_choice_titles(step->workflow, stop_of(step)->grounds, step->state->stopped_ground, &zh, &en);
    zh = zh.size ? zh : text_of(name);
    en = en.size ? en : text_of(name);
    struct text until = calendar_print(step->calendar, step->arena, case_clock(step->state, CLOCK_STOP, 0)->due);
    step_say(step, arena_print(step->arena, "计时中止（%.*s），至迟于 %.*s 恢复", SHOWN(zh), SHOWN(until)), "the clock is stopped (%.*s), at most until %.*s", SHOWN(en), SHOWN(until));
    notice_to_told(step, NOTICE_STOPPED, true,
                   (struct notice_words){arena_print(step->arena, "计时中止（%.*s），至迟于 %.*s 恢复", SHOWN(zh), SHOWN(until)),
                                         arena_print(step->arena, "The clock is stopped (%.*s), at most until %.*s", SHOWN(en), SHOWN(until))});
}

bool stop_clock(struct step *step)
{
    struct intake intake = {.besides = {"ground", NULL}};
    int32_t ground;
    if (!may_stop_here(step) || !sender_among(step, workflow_by(step->workflow, stop_of(step)->by)->people) || !some_is_left(step) ||
        !intake_check(step, &intake) || !read_ground(step, &ground))
        return false;
    clock_stop(step);
    step->state->stopped_at = step->input.now;
    step->state->stopped_ground = ground;
    step->state->flags |= CASE_STOPPED;
    clock_start_stop(step);
    tell_stopped(step);
    return true;
}

/* ---- going on ---- */

/* How much of `longest` is left for another stop. */
static void count_stop(struct step *step, int64_t at)
{
    const struct case_clock *end = case_clock(step->state, CLOCK_STOP, 0);
    enum duration_unit unit = (enum duration_unit)workflow_duration(step->workflow, stop_of(step)->longest)->unit;
    int64_t left = calendar_left(step->calendar, calendar_left_unit(unit), at, end->due);
    case_add_stop(step->arena, step->state, step->state->stage)->left = left;
    case_drop_clock(step->state, CLOCK_STOP, 0);
}

static void go_on(struct step *step, int64_t at, bool restart)
{
    count_stop(step, at);
    clock_go_on(step, at, restart);
    step->state->stopped_at = 0;
    step->state->stopped_ground = 0;
    step->state->flags &= ~(uint32_t)CASE_STOPPED;
}

static void tell_resumed(struct step *step)
{
    struct text due = calendar_print(step->calendar, step->arena, case_due(step->state));
    step_say(step, arena_print(step->arena, "恢复计时，时限 %.*s", SHOWN(due)), "the clock goes on, the stage is due %.*s", SHOWN(due));
    notice_to_told(step, NOTICE_RESUMED, true, (struct notice_words){arena_print(step->arena, "恢复计时，时限为 %.*s", SHOWN(due)),
                                                                     arena_print(step->arena, "The clock goes on, due %.*s", SHOWN(due))});
}

bool stop_resume(struct step *step)
{
    struct intake nothing = {.count = 0};
    if (!stop_is_stopped(step->state))
        return step_refuse(step, ERR_NOT_NOW, "the clock is not stopped");
    if (!sender_among(step, workflow_by(step->workflow, stop_of(step)->by)->people) || !intake_check(step, &nothing))
        return false;
    go_on(step, step->input.now, stop_of(step)->restart);
    tell_resumed(step);
    return true;
}

void stop_fire(struct step *step, int64_t due)
{
    if (!stop_is_stopped(step->state))
        return;
    go_on(step, due, stop_of(step)->restart);
    tell_resumed(step);
}

void stop_leave(struct step *step)
{
    if (stop_is_stopped(step->state))
        go_on(step, step->input.now, false);
}
