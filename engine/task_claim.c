/* task_claim: people of a task's role take it, or hand it to one of them. See task.h.
 *
 * Which task: the one that the field `task` names; it may be left out where only one can be meant. A task that people hold is no longer
 * offered to workers; one that a worker has accepted cannot be taken from it. */
#include "engine/task.h"

#include "engine/intake.h"
#include "engine/notice.h"

bool task_is_for_people(const struct workflow *workflow, const struct case_task *task)
{
    bool workers = task->state == TASK_HELD && task->topic.size;
    return task->state != TASK_DONE && !workers && workflow_task(workflow, task->row)->people.count > 0;
}

bool task_claimable(const struct workflow *workflow, const struct case_state *state)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (task_is_for_people(workflow, &state->tasks[i]))
            return true;
    return false;
}

/* Of those that people may have: the named one, else the only one that is for the sender. NULL: refused. */
static struct case_task *choose(struct step *step, const struct value *named)
{
    struct case_task *chosen = NULL;
    uint32_t found = 0, any = 0;
    for (uint32_t i = 0; i < step->state->task_count; i++) {
        struct case_task *task = &step->state->tasks[i];
        if (!task_is_for_people(step->workflow, task) || (named && !text_is(named->text, task_name(step, task))))
            continue;
        any++;
        if (!access_includes(&step->input, workflow_task(step->workflow, task->row)->people, step->person))
            continue;
        chosen = task;
        found++;
    }
    if (found == 1)
        return chosen;
    if (found > 1)
        step_refuse(step, ERR_BAD_DATA, "task: is needed, since more than one task is meant");
    else if (any == 0)
        step_refuse(step, ERR_NOT_NOW, "no such task is open to people here now");
    else
        step_refuse(step, ERR_NOT_ALLOWED, "%.*s is not among those whom the task is for", SHOWN(step->person));
    return NULL;
}

static bool text_or_absent(struct step *step, const struct value *value, const char *name)
{
    return !value || value->kind == VALUE_TEXT || step_refuse(step, ERR_BAD_DATA, "%s: must be a text", name);
}

static void hold(struct step *step, struct case_task *task, struct text person)
{
    task_withdraw(step, task);
    task_close_incident(step, task);
    task->state = TASK_HELD;
    task->topic = (struct text){0};
    task->holder = person;
    task_mark_incidents(step->state);
    step_say(step, arena_print(step->arena, "%.*s认领交办 %s", SHOWN(person), task_name(step, task)), "%.*s holds the task %s", SHOWN(person), task_name(step, task));
}

bool task_claim(struct step *step)
{
    struct intake intake = {.besides = {"task", NULL}};
    const struct value *named = intake_given(step->input.event, "task");
    if (!intake_check(step, &intake) || !text_or_absent(step, named, "task"))
        return false;
    struct case_task *task = choose(step, named);
    if (!task)
        return false;
    if (task->state == TASK_HELD)
        return step_refuse(step, ERR_NOT_NOW, "%.*s holds the task %s already: only hand-over changes that", SHOWN(task->holder),
                           task_name(step, task));
    hold(step, task, step->person);
    return true;
}

static bool check_to(struct step *step, const struct case_task *task, struct text to)
{
    struct span people = workflow_task(step->workflow, task->row)->people;
    if (task->state == TASK_HELD && text_equal(task->holder, to))
        return step_refuse(step, ERR_BAD_DATA, "to: %.*s holds the task %s already", SHOWN(to), task_name(step, task));
    if (access_includes(&step->input, people, to))
        return true;
    return step_refuse(step, ERR_BAD_DATA, "to: %.*s is not among those whom the task %s is for: %.*s", SHOWN(to), task_name(step, task),
                       SHOWN(access_words(&step->input, step->arena, people)));
}

bool task_hand_over(struct step *step)
{
    struct intake intake = {.besides = {"task", "to"}};
    const struct value *named = intake_given(step->input.event, "task"), *to = intake_given(step->input.event, "to");
    if (!intake_check(step, &intake) || !text_or_absent(step, named, "task") || !text_or_absent(step, to, "to"))
        return false;
    if (!to)
        return step_refuse(step, ERR_BAD_DATA, "to: is needed: the person who takes the task over");
    struct case_task *task = choose(step, named);
    if (!task || !check_to(step, task, to->text))
        return false;
    struct text before = task->state == TASK_HELD ? task->holder : (struct text){0};
    hold(step, task, to->text);
    notice_to_person(step, NOTICE_HANDED_OVER, to->text, NOTICE_NO_WORDS);
    if (before.size && !text_equal(before, step->person))
        notice_to_person(step, NOTICE_CANCELLED, before, NOTICE_NO_WORDS);
    return true;
}
