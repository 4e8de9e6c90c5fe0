/* extend: see extend.h. */
#include "engine/extend.h"

#include "engine/clock.h"
#include "engine/intake.h"
#include "engine/notice.h"
#include "engine/part.h"
#include "engine/sender.h"
#include "engine/stop.h"

bool extend_is_asked(const struct case_state *state)
{
    return state->asked_by.size > 0;
}

bool extend_possible(const struct workflow *workflow, const struct case_state *state)
{
    return workflow_stage(workflow, state->stage)->extend != NONE && case_clock(state, CLOCK_STAGE, 0) && !extend_is_asked(state) &&
           !stop_is_stopped(state);
}

static const struct workflow_extend *extend_of(const struct step *step)
{
    return workflow_extend(step->workflow, step_stage(step)->extend);
}

static bool refuse_no_deadline(struct step *step)
{
    return step_refuse(step, ERR_NOT_NOW, "no deadline runs in %s", workflow_stage_name(step->workflow, step->state->stage));
}

static bool in_time(struct step *step)
{
    const char *stage = workflow_stage_name(step->workflow, step->state->stage);
    const struct case_clock *deadline = case_clock(step->state, CLOCK_STAGE, 0);
    if (step_stage(step)->extend == NONE)
        return step_refuse(step, ERR_NOT_NOW, "the deadline of %s cannot be extended", stage);
    if (!deadline && (step->state->flags & CASE_OVERDUE))
        return step_refuse(step, ERR_TOO_LATE, "the deadline of %s has passed; it could be extended only before", stage);
    if (!deadline)
        return refuse_no_deadline(step);
    if (extend_is_asked(step->state))
        return step_refuse(step, ERR_NOT_NOW, "the extension that %.*s asked for waits for grant or deny", SHOWN(step->state->asked_by));
    if (stop_is_stopped(step->state))
        return step_refuse(step, ERR_NOT_NOW, "the clock of %s is stopped; its deadline can be extended when it goes on", stage);
    if (step->input.now <= deadline->due)
        return true;
    return step_refuse(step, ERR_TOO_LATE, "it was possible until %.*s",
                       SHOWN(calendar_print(step->calendar, step->arena, deadline->due)));
}

/* How many units of the workflow's `add`: all of it; or, where it says `up to`, what the field `add` asks for. */
static bool read_add(struct step *step, const struct workflow_extend *extend, int32_t *units)
{
    const struct workflow_duration *most = workflow_duration(step->workflow, extend->add);
    const struct value *given = intake_given(step->input.event, "add");
    struct workflow_duration asked;
    *units = most->count;
    if (!extend->up_to)
        return true;
    if (!given && step->state->asked_add) {
        *units = step->state->asked_add;
        return true;
    }
    if (!given || given->kind != VALUE_TEXT || !duration_parse(given->text, &asked) || asked.unit != most->unit || asked.count < 1 ||
        asked.count > most->count)
        return step_refuse(step, ERR_BAD_DATA, "add: must say how much, at most %.*s and in the same unit",
                           SHOWN(duration_print(step->arena, most)));
    if (step->state->asked_add && step->state->asked_add != asked.count)
        return step_refuse(step, ERR_BAD_DATA, "add: the others have asked for %d, and all must ask for the same", step->state->asked_add);
    *units = asked.count;
    return true;
}

static void move_deadline(struct step *step, int32_t units)
{
    struct case_state *state = step->state;
    state->asked_by = (struct text){0};
    state->asked_add = 0;
    clock_extend(step, units);
    struct text due = calendar_print(step->calendar, step->arena, case_due(state));
    step_tell(step, TRACE(.kind = TRACE_EXTENDED, .name = due), "the deadline is extended to %.*s", SHOWN(due));
    notice_to_told(step, NOTICE_EXTENDED, true, (struct notice_words){arena_print(step->arena, "时限延长至 %.*s", SHOWN(due)),
                                                                      arena_print(step->arena, "Extended until %.*s", SHOWN(due))});
}

static void ask(struct step *step, const struct workflow_extend *extend, int32_t units)
{
    const struct workflow_duration *add = workflow_duration(step->workflow, extend->add);
    struct workflow_duration asked = *add;
    asked.count = units;
    struct text words = duration_print(step->arena, &asked);
    step->state->asked_by = step->person;
    step->state->asked_add = units;
    clock_hold(step);
    step_tell(step, TRACE(.kind = TRACE_ASKED), "the deadline waits for grant or deny");
    notice_to_people(step, NOTICE_ASKED, extend->asks, (struct notice_words){arena_print(step->arena, "申请延长时限：%.*s", SHOWN(words)),
                                                                             arena_print(step->arena, "An extension is asked for: %.*s", SHOWN(words))});
}

bool extend_ask(struct step *step)
{
    int32_t units;
    bool complete;
    if (!in_time(step))
        return false;
    const struct workflow_extend *extend = extend_of(step);
    struct intake intake = {.needs = extend->needs, .besides = {extend->up_to ? "add" : NULL, NULL}};
    if (!sender_among(step, workflow_by(step->workflow, extend->by)->people) || !sender_not_too_often(step, CASE_EXTEND, extend->most) ||
        !intake_check(step, &intake) || !read_add(step, extend, &units))
        return false;
    intake_take(step, &intake);
    clock_follow(step);
    if (!case_clock(step->state, CLOCK_STAGE, 0))
        return refuse_no_deadline(step); /* what came with it has taken it away */
    if (!part_give(step, extend->by, CASE_EXTEND, &complete))
        return false;
    if (!complete) {
        step->state->asked_add = units;
        return true;
    }
    if (extend->asks.count > 0) {
        ask(step, extend, units);
        return true;
    }
    sender_count(step, CASE_EXTEND);
    move_deadline(step, units);
    return true;
}

static bool may_answer(struct step *step)
{
    struct intake nothing = {.count = 0};
    if (!extend_is_asked(step->state))
        return step_refuse(step, ERR_NOT_NOW, "no extension waits for an answer");
    return sender_among(step, extend_of(step)->asks) && intake_check(step, &nothing);
}

/* The count keeps who asked last, not who granted: `not-same-as` speaks of senders. */
bool extend_grant(struct step *step)
{
    if (!may_answer(step))
        return false;
    if (!case_clock(step->state, CLOCK_STAGE, 0))
        return refuse_no_deadline(step); /* what it hung on has been taken away since */
    struct text asked_by = step->state->asked_by;
    sender_count(step, CASE_EXTEND);
    struct case_count *count = case_count_of(step->state, CASE_EXTEND);
    count->last_as = asked_by;
    count->last_for = (struct text){0};
    move_deadline(step, step->state->asked_add);
    return true;
}

bool extend_deny(struct step *step)
{
    if (!may_answer(step))
        return false;
    struct text asked_by = step->state->asked_by;
    step->state->asked_by = (struct text){0};
    step->state->asked_add = 0;
    clock_let_go(step);
    notice_to_person(step, NOTICE_DENIED, asked_by, NOTICE_NO_WORDS);
    return true;
}
