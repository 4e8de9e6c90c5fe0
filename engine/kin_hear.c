/* kin_hear: what another case has to say. See kin.h.
 *
 * It has happened there, so it cannot be refused here: what the case cannot take (a value that does not fit, a way that leads nowhere) is
 * left out, and the supervisor of its unit is told. */
#include "engine/kin.h"

#include "engine/attempt.h"
#include "engine/clock.h"
#include "engine/due.h"
#include "engine/intake.h"
#include "engine/outcome.h"
#include "engine/task.h"

/* ---- a child has ended ---- */

static struct text its_name(struct step *step, const struct case_child *child)
{
    return text_of(workflow_string(step->workflow, workflow_open(step->workflow, child->open)->workflow));
}

/* Each value that the child gave, under the name of the field that it fills here (the engine has turned `returns` around). */
static void take_returns(struct step *step, const struct case_child *child)
{
    const struct event *event = step->input.event;
    struct text wrong = {0};
    for (uint32_t i = 0; i < event->data_count; i++) {
        int32_t row = workflow_find_field(step->workflow, event->data[i].name);
        if (row == NONE)
            continue;
        const struct workflow_field *field = workflow_field(step->workflow, row);
        struct value kept = {0};
        struct text complaint = intake_value(step, field, field->private != 0, &event->data[i].value, &kept);
        if (complaint.size)
            wrong = arena_print(step->arena, "%.*s%s%.*s: %.*s", SHOWN(wrong), wrong.size ? "; " : "", SHOWN(event->data[i].name), SHOWN(complaint));
        else
            intake_put(step, row, kept);
    }
    if (wrong.size)
        kin_tell_supervisor(step, arena_print(step->arena, "子案件 %.*s 的结果无法全部接收：%.*s", SHOWN(its_name(step, child)), SHOWN(wrong)),
                        arena_print(step->arena, "not all that the child case %.*s gave could be taken over: %.*s", SHOWN(its_name(step, child)), SHOWN(wrong)));
}

/* What its values are worth, as far as the case can hold them. */
static void try_returns(struct step *step, const struct case_child *child)
{
    struct attempt attempt = attempt_begin(step);
    take_returns(step, child);
    if (due_within_bounds(step))
        return;
    struct text why = step->out->why;
    attempt_undo(step, &attempt);
    kin_tell_supervisor(step, arena_print(step->arena, "子案件的结果无法接收：%.*s", SHOWN(why)),
                    arena_print(step->arena, "what a child case gave could not be taken over: %.*s", SHOWN(why)));
}

/* 9. `then`, when nothing more is waited for. */
void kin_try_to_go_on(struct step *step)
{
    struct attempt attempt = attempt_begin(step);
    if (outcome_follow(step) && due_within_bounds(step))
        return;
    struct text why = step->out->why;
    attempt_undo(step, &attempt);
    kin_tell_supervisor(step, arena_print(step->arena, "子案件办结后的处理无法进行：%.*s", SHOWN(why)),
                    arena_print(step->arena, "what should follow the end of the child cases cannot be done: %.*s", SHOWN(why)));
}

static bool child_ended(struct step *step, struct case_child *child)
{
    child->state = CHILD_ENDED;
    child->end = step->input.event->end;
    step_say(step, arena_print(step->arena, "子案 %.*s 已结案：%.*s", SHOWN(its_name(step, child)), SHOWN(child->end)), "the child %.*s has ended: %.*s", SHOWN(its_name(step, child)), SHOWN(child->end));
    bool ended = step->state->flags & CASE_ENDED;
    if (!ended || (case_link_of(step->state, LINK_MERGED_INTO) && !(step->state->flags & CASE_FORGOTTEN)))
        try_returns(step, child); /* a merged one may go on yet, and has then what it waited for */
    if (ended)
        return true;
    clock_follow(step);
    kin_try_to_go_on(step);
    return true;
}

/* ---- a child could not be opened ---- */

static bool child_refused(struct step *step, struct case_child *child)
{
    child->state = CHILD_REFUSED;
    task_mark_incidents(step->state);
    if (step->state->flags & CASE_ENDED)
        return true;
    struct effect *effect = step_effect(step, EFFECT_INCIDENT);
    effect->task = child->id;
    effect->why = arena_print(step->arena, "the child case %.*s could not be opened: %.*s", SHOWN(its_name(step, child)), SHOWN(step->input.event->why));
    return true;
}

/* ---- all of it ---- */

static struct case_child *child_of(struct step *step)
{
    struct case_child *child = case_child_by_id(step->state, step->input.event->child);
    /* One that has ended may end again: it was opened again, or was merged by mistake. */
    bool ends = text_is(step->input.event->name, "child-ended");
    return child && (child->state == CHILD_OPEN || (ends && child->state == CHILD_ENDED)) ? child : NULL;
}

static bool parent_ended(struct step *step)
{
    bool ours = step->state->child && step->input.event->other.size == ID_SIZE && memcmp(step->state->parent, step->input.event->other.data, ID_SIZE) == 0;
    if (!ours || step->state->flags & CASE_ENDED)
        return step_refuse(step, ERR_NOT_NOW, "the case has ended, or was opened by another");
    step_say(step, arena_print(step->arena, "立案的上级案件已结案：%.*s", SHOWN(step->input.event->end)), "the case that opened it has ended: %.*s", SHOWN(step->input.event->end));
    return outcome_cancel(step);
}

bool kin_hear(struct step *step)
{
    struct text name = step->input.event->name;
    if (text_is(name, "parent-ended"))
        return parent_ended(step);
    bool known, heard = kin_hear_link(step, &known);
    if (known)
        return heard;
    struct case_child *child = child_of(step);
    if (child && text_is(name, "child-ended"))
        return child_ended(step, child);
    if (child && text_is(name, "child-refused"))
        return child_refused(step, child);
    return step_refuse(step, ERR_NOT_NOW, "the case waits for nothing like '%.*s'", SHOWN(name));
}
