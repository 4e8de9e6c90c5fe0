/* task: see task.h. */
#include "engine/task.h"

#include "engine/clock.h"
#include "engine/condition.h"
#include "engine/notice.h"

/* ---- making ---- */

static bool topic_matches(const struct step *step, const struct workflow_task *task, const struct workflow_topic_row *row)
{
    if (row->level == NONE && row->value == NONE)
        return true; /* any */
    if (row->value == NONE)
        return row->level == step->state->level;
    return task->topic_field != NONE &&
           condition_value_is(step->workflow, &step->state->data[task->topic_field], workflow_value(step->workflow, row->value));
}

/* Empty: here it is for people only. */
static struct text topic_of(const struct step *step, const struct workflow_task *task)
{
    for (int32_t i = 0; i < task->topics.count; i++) {
        const struct workflow_topic_row *row = workflow_topic_row(step->workflow, task->topics.first + i);
        if (topic_matches(step, task, row))
            return text_of(workflow_string(step->workflow, row->topic));
    }
    return (struct text){0};
}

static bool make(struct step *step, int32_t row)
{
    uint64_t id;
    if (!step_make_id(step, &id))
        return false;
    struct case_task *task = case_add_task(step->arena, step->state, id);
    task->row = row;
    task->topic = topic_of(step, workflow_task(step->workflow, row));
    if (task->topic.size)
        task_offer(step, task, step->input.now);
    clock_start_task(step, row);
    step_tell(step, TRACE(.kind = TRACE_TASK, .row = task->row, .name = task->topic), "task %s: %s%.*s", task_name(step, task), task->topic.size ? "offered to workers of " : "for people", SHOWN(task->topic));
    return true;
}

bool task_enter(struct step *step)
{
    const struct workflow_stage *stage = step_stage(step);
    if (stage->task != NONE && !make(step, stage->task))
        return false;
    for (int32_t i = 0; i < stage->tasks.count; i++)
        if (!make(step, stage->tasks.first + i))
            return false;
    return true;
}

static bool has_task(const struct case_state *state, int32_t row)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].row == row)
            return true;
    return false;
}

/* Work that a worker has accepted stays with it whatever the topic is called now. */
static void follow_topic(struct step *step, struct case_task *task)
{
    struct text topic = topic_of(step, workflow_task(step->workflow, task->row));
    bool offered = task->state == TASK_OPEN && !text_equal(task->topic, topic);
    if (!offered)
        return;
    task_withdraw(step, task);
    task->topic = topic;
    task->attempts = 0;
    if (topic.size)
        task_offer(step, task, step->input.now);
}

bool task_migrate(struct step *step)
{
    const struct workflow_stage *stage = step_stage(step);
    for (uint32_t i = 0; i < step->state->task_count; i++)
        follow_topic(step, &step->state->tasks[i]);
    if (stage->task != NONE && !has_task(step->state, stage->task) && !make(step, stage->task))
        return false;
    for (int32_t i = 0; i < stage->tasks.count; i++)
        if (!has_task(step->state, stage->tasks.first + i) && !make(step, stage->tasks.first + i))
            return false;
    return true;
}

/* ---- offering ---- */

void task_offer(struct step *step, struct case_task *task, int64_t ready_at)
{
    struct effect *effect = step_effect(step, EFFECT_OFFER);
    effect->task = task->id;
    effect->topic = task->topic;
    effect->ready_at = ready_at;
    task->ready_at = ready_at;
}

void task_withdraw(struct step *step, const struct case_task *task)
{
    if (task->state != TASK_OPEN || !task->topic.size)
        return;
    struct effect *effect = step_effect(step, EFFECT_WITHDRAW);
    effect->task = task->id;
    effect->topic = task->topic;
    effect->was_ready_at = task->ready_at;
}

void task_offer_anew(struct step *step, struct case_task *task)
{
    task->topic = topic_of(step, workflow_task(step->workflow, task->row));
    task->attempts = 0;
    if (task->topic.size)
        task_offer(step, task, step->input.now);
}

void task_offer_all(struct step *step)
{
    for (uint32_t i = 0; i < step->state->task_count; i++) {
        struct case_task *task = &step->state->tasks[i];
        if (task->state == TASK_OPEN && task->topic.size)
            task_offer(step, task, step->input.now);
    }
}

void task_mark_incidents(struct case_state *state)
{
    state->flags &= ~(uint32_t)CASE_INCIDENT;
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].state == TASK_FAILED)
            state->flags |= CASE_INCIDENT;
    for (uint32_t i = 0; i < state->child_count && !(state->flags & CASE_ENDED); i++)
        if (state->children[i].state == CHILD_REFUSED)
            state->flags |= CASE_INCIDENT;
}

void task_close_incident(struct step *step, const struct case_task *task)
{
    if (task->state == TASK_FAILED)
        step_effect(step, EFFECT_INCIDENT_CLOSED)->task = task->id;
}

/* ---- ending ---- */

/* It came from this worker, or from this person: who does a thing need not be told that it is no longer wanted. */
static bool by_its_holder(const struct step *step, const struct case_task *task)
{
    const struct event *event = step->input.event;
    if (task->topic.size)
        return event->task == task->id && text_equal(event->worker, task->holder);
    return text_equal(task->holder, event->as) || text_equal(task->holder, event->on_behalf);
}

static bool cancel_held(struct step *step, const struct case_task *task)
{
    if (by_its_holder(step, task))
        return true;
    if (!task->topic.size) {
        notice_to_person(step, NOTICE_CANCELLED, task->holder, NOTICE_NO_WORDS);
        return true;
    }
    uint64_t id;
    if (!step_make_id(step, &id))
        return false;
    struct effect *effect = step_effect(step, EFFECT_CANCEL);
    effect->task = id;
    effect->about = task->id;
    effect->topic = task->topic;
    effect->worker = task->holder;
    effect->ready_at = step->input.now;
    return true;
}

/* What its end asks for, by the state it is in. */
static bool end_task(struct step *step, const struct case_task *task)
{
    switch (task->state) {
    case TASK_OPEN: task_withdraw(step, task); return true;
    case TASK_HELD: return cancel_held(step, task);
    case TASK_FAILED: task_close_incident(step, task); return true;
    case TASK_DONE: break;
    }
    return true;
}

static void drop_task_clocks(struct step *step)
{
    for (uint32_t i = 0; i < step->state->task_count; i++)
        case_drop_clock(step->state, CLOCK_TASK, step->state->tasks[i].row);
}

bool task_cancel_all(struct step *step)
{
    for (uint32_t i = 0; i < step->state->task_count; i++) {
        if (!end_task(step, &step->state->tasks[i]))
            return false;
        task_drop_handlers(step, step->state->tasks[i].row);
    }
    drop_task_clocks(step);
    step->state->task_count = 0;
    task_mark_incidents(step->state);
    return true;
}

bool task_settle(struct step *step, int32_t row)
{
    struct case_task *task = case_task_by_row(step->state, row);
    if (!task)
        return true; /* the event belongs to another stage's task: here it settles nothing */
    if (!end_task(step, task))
        return false;
    task_drop_handlers(step, row);
    task->state = TASK_DONE;
    task_mark_incidents(step->state);
    case_drop_clock(step->state, CLOCK_TASK, row);
    step_tell(step, TRACE(.kind = TRACE_TASK_DONE, .row = task->row), "task %s is done", task_name(step, task));
    return true;
}

bool task_is_settled(const struct case_state *state, int32_t row)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].row == row)
            return state->tasks[i].state == TASK_DONE;
    return false;
}

bool task_stage_done(const struct step *step)
{
    const struct workflow_stage *stage = step_stage(step);
    int32_t done = 0;
    for (uint32_t i = 0; i < step->state->task_count; i++)
        done += step->state->tasks[i].state == TASK_DONE;
    switch ((enum done_kind)stage->done) {
    case DONE_ALL: return stage->tasks.count > 0 && done == stage->tasks.count;
    case DONE_ANY: return done > 0;
    case DONE_SOME: return done >= stage->done_some;
    case DONE_NONE: break;
    }
    return false;
}

const char *task_name(const struct step *step, const struct case_task *task)
{
    int32_t name = workflow_task(step->workflow, task->row)->name;
    return name == NONE ? workflow_stage_name(step->workflow, step->state->stage) : workflow_string(step->workflow, name);
}
