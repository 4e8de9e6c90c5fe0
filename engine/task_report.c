/* task_report: what worker processes and supervisors say about tasks: accepted, failed, try again. See task.h.
 *
 * Reports come late, twice, and from workers whose lease has lapsed. A report that does not speak of the task as it is now changes
 * nothing: its sender is told to drop it (unknown-task, stale-lease). */
#include "engine/task.h"

#include "engine/kin.h"
#include "engine/sender.h"
#include "engine/notice.h"

static struct case_task *task_of(struct step *step)
{
    uint64_t id = step->input.event->task;
    struct case_task *task = case_task_by_id(step->state, id);
    if (task && task->state != TASK_DONE)
        return task;
    step_refuse(step, ERR_UNKNOWN_TASK, "the task %llu is settled, or was never one of this case", (unsigned long long)id);
    return NULL;
}

static bool refuse_held(struct step *step, const struct case_task *task)
{
    return step_refuse(step, ERR_STALE_LEASE, "%.*s holds the task %s now", SHOWN(task->holder), task_name(step, task));
}

static bool held_by_other(const struct step *step, const struct case_task *task)
{
    return task->state == TASK_HELD && (!task->topic.size || !text_equal(task->holder, step->input.event->worker));
}

bool task_may_report(struct step *step)
{
    const struct event *event = step->input.event;
    if (!event->worker.size || !event->task)
        return true;
    const struct case_task *task = task_of(step);
    if (!task)
        return false;
    return !held_by_other(step, task) || refuse_held(step, task);
}

/* Accepted again by who holds it: its first answer was lost; it gets the same one. */
bool task_accept(struct step *step)
{
    struct case_task *task = task_of(step);
    if (!task)
        return false;
    if (held_by_other(step, task))
        return refuse_held(step, task);
    if (task->state == TASK_FAILED || !task->topic.size)
        return step_refuse(step, ERR_STALE_LEASE, "the task %s is not offered to workers now", task_name(step, task));
    if (task->state == TASK_HELD)
        return true;
    task_withdraw(step, task);
    task->state = TASK_HELD;
    task->holder = step->input.event->worker;
    step_say(step, arena_print(step->arena, "%.*s接收交办 %s", SHOWN(task->holder), task_name(step, task)), "%.*s holds the task %s", SHOWN(task->holder), task_name(step, task));
    return true;
}

/* The events that a worker may send where the case stands: they settle a task. */
static struct text worker_events(struct step *step)
{
    struct span lists[] = {step_stage(step)->events, workflow_head(step->workflow)->anywhere};
    struct text names = {0};
    for (int i = 0; i < 2; i++)
        for (int32_t row = lists[i].first; row < lists[i].first + lists[i].count; row++) {
            struct span people = workflow_by(step->workflow, workflow_event(step->workflow, row)->by)->people;
            bool worker = false;
            for (int32_t p = people.first; p < people.first + people.count; p++)
                worker = worker || workflow_people(step->workflow, p)->kind == PEOPLE_WORKER;
            if (worker)
                names = arena_print(step->arena, "%.*s%s%s", SHOWN(names), names.size ? ", " : "", workflow_event_name(step->workflow, row));
        }
    return names;
}

bool task_settled_by_report(struct step *step)
{
    const struct case_task *task = task_of(step);
    if (!task)
        return false;
    struct text names = worker_events(step);
    return step_refuse(step, ERR_BAD_DATA, "the task %s is settled by an event, which says how it went: send %.*s", task_name(step, task),
                       SHOWN(names.size ? names : TEXT("one that its stage has")));
}

/* ---- failing ---- */

/* A well-spread number of a task and an attempt (the finaliser of SplitMix64): jitter without a random number. */
static uint64_t spread(uint64_t task, uint32_t attempt)
{
    uint64_t x = task * 0x9e3779b97f4a7c15u + attempt;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Doubles with every failure up to the most; then somewhere in the later half of that, so that tasks which failed together do not
 * come back together. */
static int64_t delay_ms(const struct event *event, const struct case_task *task)
{
    uint64_t delay = event->retry_base_ms ? event->retry_base_ms : 1;
    for (uint32_t i = 1; i < task->attempts && delay < event->retry_most_ms; i++)
        delay *= 2;
    if (delay > event->retry_most_ms)
        delay = event->retry_most_ms;
    uint64_t half = delay / 2;
    return (int64_t)(delay - spread(task->id, task->attempts) % (half + 1));
}

static void raise_incident(struct step *step, struct case_task *task)
{
    task_withdraw(step, task);
    task->state = TASK_FAILED;
    task->holder = (struct text){0};
    task_mark_incidents(step->state);
    struct effect *effect = step_effect(step, EFFECT_INCIDENT);
    effect->task = task->id;
    effect->topic = task->topic;
    effect->why = step->input.event->why;
    step_say(step, arena_print(step->arena, "交办 %s 失败，须人工处理", task_name(step, task)), "an incident stands on the task %s", task_name(step, task));
}

static void try_later(struct step *step, struct case_task *task)
{
    task_withdraw(step, task);
    task_offer(step, task, step->input.now + delay_ms(step->input.event, task));
    task->state = TASK_OPEN;
    task->holder = (struct text){0};
    step_say(step, arena_print(step->arena, "交办 %s 将重新派出", task_name(step, task)), "the task %s is offered again at %.*s", task_name(step, task),
               SHOWN(calendar_print(step->calendar, step->arena, task->ready_at)));
}

bool task_fail(struct step *step)
{
    const struct event *event = step->input.event;
    struct case_task *task = task_of(step);
    if (!task)
        return false;
    if (held_by_other(step, task) || (event->lapsed && task->state == TASK_HELD))
        return refuse_held(step, task); /* accepted in the last moment: a lease that runs out takes nothing from who holds it */
    if (task->state == TASK_FAILED || !task->topic.size || event->attempt != task->attempts + 1)
        return step_refuse(step, ERR_STALE_LEASE, "attempt %u of the task %s is over: it has failed %u times", event->attempt,
                           task_name(step, task), task->attempts);
    task->attempts++;
    if (event->again && task->attempts < event->attempts_most)
        try_later(step, task);
    else
        raise_incident(step, task);
    return true;
}

/* ---- trying again ---- */

static bool may_retry(struct step *step)
{
    const struct directory *directory = step->input.directory;
    int32_t role = directory_find_role(directory, TEXT("supervisor"));
    int32_t person = directory_find_person(directory, step->person);
    if (role != NONE && person != NONE &&
        directory_holds(directory, person, role, step->unit, calendar_date(step->calendar, step->input.now)))
        return true;
    return step_refuse(step, ERR_NOT_ALLOWED, "an incident is retried by a supervisor at %s, not by %.*s",
                       directory_unit_path(directory, step->unit), SHOWN(step->person));
}

/* An incident may also stand on the opening of a child. */
static bool retry_child(struct step *step, struct case_child *child)
{
    if (!may_retry(step))
        return false;
    kin_open_again(step, child);
    return true;
}

bool task_retry(struct step *step)
{
    struct case_child *child = case_child_by_id(step->state, step->input.event->task);
    if (child && child->state == CHILD_REFUSED)
        return retry_child(step, child);
    struct case_task *task = case_task_by_id(step->state, step->input.event->task);
    if (!task || task->state != TASK_FAILED)
        return step_refuse(step, ERR_UNKNOWN_INCIDENT, "no incident stands on the task %llu", (unsigned long long)step->input.event->task);
    if ((step->input.event->on_behalf.size && !sender_named(step)) || !may_retry(step))
        return false;
    task_close_incident(step, task);
    task_offer(step, task, step->input.now);
    task->state = TASK_OPEN;
    task->attempts = 0;
    task_mark_incidents(step->state);
    return true;
}
