/* task_handlers: a task is given back, and others are brought in while it runs. See task.h.
 *
 *     unclaim          who holds it gives it back: it is free again, for people and for the workers it was offered to
 *     add-handler      somebody of the directory handles it too, besides those whom it is for: may send what they may, and hears what they hear
 *     remove-handler   no longer; also by that handler
 *
 * Who holds the task says who handles it with him; while nobody holds it, everyone whom it is for does. A task that ends has no handlers any more. */
#include "engine/task.h"

#include "engine/intake.h"
#include "engine/notice.h"

/* The task that the field `task` names, else the only one that people have here. NULL: refused. */
static struct case_task *choose(struct step *step, const struct value *named, bool held)
{
    struct case_task *chosen = NULL;
    uint32_t found = 0;
    for (uint32_t i = 0; i < step->state->task_count; i++) {
        struct case_task *task = &step->state->tasks[i];
        bool fits = task_is_for_people(step->workflow, task) && (!held || task->state == TASK_HELD);
        if (!fits || (named && !text_is(named->text, task_name(step, task))))
            continue;
        chosen = task;
        found++;
    }
    if (found == 1)
        return chosen;
    if (found > 1)
        step_refuse(step, ERR_BAD_DATA, "task: is needed, since more than one task is meant");
    else
        step_refuse(step, ERR_NOT_NOW, held ? "no such task is held by a person here now" : "no such task is open to people here now");
    return NULL;
}

/* The fields `task` (which may be left out) and, unless NULL, `who`. */
static bool take_fields(struct step *step, const char *who, const struct value **task, struct text *person)
{
    struct intake intake = {.besides = {"task", who}};
    const struct value *named = intake_given(step->input.event, "task"), *given = who ? intake_given(step->input.event, who) : NULL;
    if (!intake_check(step, &intake))
        return false;
    if (named && named->kind != VALUE_TEXT)
        return step_refuse(step, ERR_BAD_DATA, "task: must be a text");
    if (who && (!given || given->kind != VALUE_TEXT || given->text.size == 0))
        return step_refuse(step, ERR_BAD_DATA, "%s: is needed: the person", who);
    *task = named;
    *person = given ? given->text : (struct text){0};
    return true;
}

bool task_unclaim(struct step *step)
{
    const struct value *named = NULL;
    struct text nobody = {0};
    if (!take_fields(step, NULL, &named, &nobody))
        return false;
    struct case_task *task = choose(step, named, true);
    if (!task)
        return false;
    if (!text_equal(task->holder, step->person))
        return step_refuse(step, ERR_NOT_ALLOWED, "%.*s holds the task %s, and gives it back", SHOWN(task->holder), task_name(step, task));
    task->state = TASK_OPEN;
    task->holder = (struct text){0};
    task_offer_anew(step, task);
    notice_to_people(step, NOTICE_HANDED_OVER, workflow_task(step->workflow, task->row)->people,
                     (struct notice_words){TEXT("已放回，待认领"), TEXT("given back, and free to be claimed")});
    step_say(step, arena_print(step->arena, "%.*s放回交办 %s", SHOWN(step->person), task_name(step, task)), "%.*s gives the task %s back", SHOWN(step->person), task_name(step, task));
    return true;
}

/* ---- others who handle it too ---- */

static bool may_say(struct step *step, const struct case_task *task)
{
    bool held = task->state == TASK_HELD;
    if (held ? text_equal(task->holder, step->person) : access_includes(&step->input, workflow_task(step->workflow, task->row)->people, step->person))
        return true;
    return step_refuse(step, ERR_NOT_ALLOWED, "who handles the task %s is said by %.*s", task_name(step, task),
                       SHOWN(held ? task->holder : access_words(&step->input, step->arena, workflow_task(step->workflow, task->row)->people)));
}

bool task_add_handler(struct step *step)
{
    const struct value *named = NULL;
    struct text who = {0};
    if (!take_fields(step, "who", &named, &who))
        return false;
    struct case_task *task = choose(step, named, false);
    if (!task || !may_say(step, task))
        return false;
    if (directory_find_person(step->input.directory, who) == NONE)
        return step_refuse(step, ERR_BAD_DATA, "who: '%.*s' is not in the directory", SHOWN(who));
    if (text_equal(who, task->holder) || access_includes(&step->input, workflow_task(step->workflow, task->row)->people, who))
        return step_refuse(step, ERR_BAD_DATA, "who: %.*s is among those whom the task %s is for already", SHOWN(who), task_name(step, task));
    if (step->state->handler_count == CASE_HANDLERS_MOST)
        return step_refuse(step, ERR_CASE_FULL, "a case has %d such handlers at most", CASE_HANDLERS_MOST);
    struct case_handler *handler = case_add_handler(step->arena, step->state);
    *handler = (struct case_handler){.task = task->row, .person = who, .by = step->person};
    notice_to_person(step, NOTICE_HANDED_OVER, who, (struct notice_words){TEXT("参与协办"), TEXT("handles it too")});
    step_say(step, arena_print(step->arena, "%.*s协办 %s", SHOWN(who), task_name(step, task)), "%.*s handles the task %s too", SHOWN(who), task_name(step, task));
    return true;
}

bool task_remove_handler(struct step *step)
{
    const struct value *named = NULL;
    struct text who = {0};
    if (!take_fields(step, "who", &named, &who))
        return false;
    struct case_task *task = choose(step, named, false);
    if (!task || (!text_equal(who, step->person) && !may_say(step, task)))
        return false;
    for (uint32_t i = 0; i < step->state->handler_count; i++) {
        if (step->state->handlers[i].task != task->row || !text_equal(step->state->handlers[i].person, who))
            continue;
        case_drop_handler(step->state, i);
        if (!text_equal(who, step->person))
            notice_to_person(step, NOTICE_CANCELLED, who, NOTICE_NO_WORDS);
        return true;
    }
    return step_refuse(step, ERR_BAD_DATA, "who: %.*s has not been added to the task %s", SHOWN(who), task_name(step, task));
}

void task_drop_handlers(struct step *step, int32_t task)
{
    const struct event *event = step->input.event;
    struct persons told = {.arena = step->arena};
    for (uint32_t i = step->state->handler_count; i-- > 0;) {
        struct text person = step->state->handlers[i].person;
        if (step->state->handlers[i].task != task)
            continue;
        if (!text_equal(person, event->as) && !text_equal(person, event->on_behalf)) /* who does it knows */
            persons_add(&told, person);
        case_drop_handler(step->state, i);
    }
    notice_send(step, NOTICE_CANCELLED, &told, NOTICE_NO_WORDS);
}
