/* notice: see notice.h. */
#include "engine/notice.h"

/* The role that hears of warnings and of deadlines that were missed, where the directory has it. */
static const char supervisor[] = "supervisor";

static bool silent(const struct step *step)
{
    return (step->state->flags & CASE_HELD) != 0;
}

void notice_send(struct step *step, enum notice_kind kind, const struct persons *names, struct notice_words words)
{
    if (names->count == 0 || silent(step))
        return;
    struct effect *effect = step_effect(step, EFFECT_NOTICE);
    effect->notice = kind;
    effect->who = names->items;
    effect->who_count = names->count;
    effect->text_zh = words.zh;
    effect->text_en = words.en;
}

void notice_to_person(struct step *step, enum notice_kind kind, struct text person, struct notice_words words)
{
    struct persons names = {.arena = step->arena};
    if (person.size)
        persons_add(&names, person);
    notice_send(step, kind, &names, words);
}

void notice_to_people(struct step *step, enum notice_kind kind, struct span people, struct notice_words words)
{
    struct persons names = {.arena = step->arena};
    if (silent(step))
        return;
    access_add_names(&step->input, &names, people);
    notice_send(step, kind, &names, words);
}

/* A person who holds the task owns it; otherwise everyone whom it is for does. */
static void add_owners(struct step *step, struct persons *names, const struct case_task *task)
{
    if (task->state == TASK_HELD && !task->topic.size)
        persons_add(names, task->holder);
    else if (task->state != TASK_DONE)
        access_add_names(&step->input, names, workflow_task(step->workflow, task->row)->people);
    for (uint32_t i = 0; i < step->state->handler_count && task->state != TASK_DONE; i++)
        if (step->state->handlers[i].task == task->row)
            persons_add(names, step->state->handlers[i].person);
}

static void add_all_owners(struct step *step, struct persons *names)
{
    for (uint32_t i = 0; i < step->state->task_count; i++)
        add_owners(step, names, &step->state->tasks[i]);
    if (step_stage(step)->vote == NONE)
        return;
    const struct workflow_vote *vote = workflow_vote(step->workflow, step_stage(step)->vote);
    access_add_names(&step->input, names, vote->roll); /* a vote is its members' to do, a rating its raters' */
    for (int32_t i = 0; i < vote->raters.count; i++)
        access_add_names(&step->input, names, workflow_rater(step->workflow, vote->raters.first + i)->people);
}

static void add_supervisor(struct step *step, struct persons *names, int32_t unit)
{
    const struct directory *directory = step->input.directory;
    if (unit != NONE && directory_find_role(directory, text_of(supervisor)) != NONE)
        persons_add(names, arena_print(step->arena, "%s@%s", supervisor, directory_unit_path(directory, unit)));
}

void notice_to_told(struct step *step, enum notice_kind kind, bool owners, struct notice_words words)
{
    struct persons names = {.arena = step->arena};
    if (silent(step))
        return;
    access_add_names(&step->input, &names, workflow_head(step->workflow)->tells);
    if (owners)
        add_all_owners(step, &names);
    notice_send(step, kind, &names, words);
}

void notice_to_owners(struct step *step, enum notice_kind kind, const struct case_task *task, struct notice_words words)
{
    struct persons names = {.arena = step->arena};
    if (silent(step))
        return;
    if (task)
        add_owners(step, &names, task);
    else
        add_all_owners(step, &names);
    add_supervisor(step, &names, step->unit);
    if (kind == NOTICE_OVERDUE) /* what is late, its superior hears of too */
        add_supervisor(step, &names, directory_unit(step->input.directory, step->unit)->parent);
    notice_send(step, kind, &names, words);
}

static bool tell_worker(struct step *step, const struct workflow_notice *notice, struct notice_words words)
{
    uint64_t id;
    if (!step_make_id(step, &id))
        return false;
    struct effect *effect = step_effect(step, EFFECT_TELL_WORKER);
    effect->task = id;
    effect->topic = text_of(workflow_string(step->workflow, notice->worker));
    effect->ready_at = step->input.now;
    effect->text_zh = words.zh;
    effect->text_en = words.en;
    return true;
}

bool notice_workflow(struct step *step, struct span notices)
{
    for (int32_t i = 0; i < notices.count && !silent(step); i++) {
        const struct workflow_notice *notice = workflow_notice(step->workflow, notices.first + i);
        struct notice_words words = {text_of(workflow_string(step->workflow, notice->text_zh)),
                                     text_of(workflow_string(step->workflow, notice->text_en))};
        if (notice->worker != NONE && !tell_worker(step, notice, words))
            return false;
        notice_to_people(step, NOTICE_TEXT, notice->who, words);
    }
    return true;
}
