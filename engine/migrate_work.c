/* migrate_work: what is open in a case, or was, finds its place under another version: tasks and who handles them, children, votes, publications, clocks
 * that were stopped and went on. See migrate_inner.h. */
#include "engine/migrate_inner.h"

#include "engine/migrate_vote.h"

/* ---- tasks ---- */

/* The task of the other version's stage: the only one for the only one, else by name; or NONE. */
static int32_t task_of(const struct migration *migration, const struct workflow_stage *stage, int32_t row)
{
    int32_t name = workflow_task(migration->from, row)->name;
    if (name == NONE)
        return stage->task;
    for (int32_t target = stage->tasks.first; target < stage->tasks.first + stage->tasks.count; target++)
        if (strcmp(workflow_string(migration->to, workflow_task(migration->to, target)->name), workflow_string(migration->from, name)) == 0)
            return target;
    return NONE;
}

bool migrate_tasks(struct migration *migration, struct case_state *state)
{
    const struct workflow_stage *stage = workflow_stage(migration->to, state->stage);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->task_count; i++) {
        struct case_task task = state->tasks[i];
        const char *name = workflow_string(migration->from, workflow_task(migration->from, task.row)->name);
        int32_t row = task_of(migration, stage, task.row);
        if (row == NONE && task.state == TASK_DONE)
            continue;
        if (row == NONE)
            return no_place(migration, "the task%s%s of the case is open, and '%s' has none of the kind", *name ? " " : "", name,
                            workflow_stage_name(migration->to, state->stage));
        task.row = row;
        state->tasks[kept++] = task;
    }
    state->task_count = kept;
    return true;
}

/* ---- children ---- */

/* A case opens such children there. */
static bool opens_child(const struct workflow *workflow, int32_t row, const char *name)
{
    struct span not_children = workflow_short_opens(workflow);
    return (row < not_children.first || row >= not_children.first + not_children.count) &&
           strcmp(workflow_string(workflow, workflow_open(workflow, row)->workflow), name) == 0;
}

/* What opens cases of the same workflow: the one at the same place among them, else the last of them; or NONE. */
static int32_t open_of(const struct migration *migration, int32_t row)
{
    const char *name = workflow_string(migration->from, workflow_open(migration->from, row)->workflow);
    int32_t place = 0, found = NONE;
    for (int32_t before = 0; before < row; before++)
        place += opens_child(migration->from, before, name);
    for (int32_t target = 0; target < workflow_count(migration->to, WORKFLOW_OPENS) && place >= 0; target++)
        if (opens_child(migration->to, target, name)) {
            found = target;
            place--;
        }
    return found;
}

bool migrate_children(struct migration *migration, struct case_state *state)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->child_count; i++) {
        struct case_child child = state->children[i];
        const char *workflow = workflow_string(migration->from, workflow_open(migration->from, child.open)->workflow);
        int32_t open = open_of(migration, child.open);
        if (open == NONE && child.state != CHILD_ENDED)
            return no_place(migration, "a case of %s that it has opened is waited for, and nothing there opens such a one", workflow);
        if (open == NONE)
            continue;
        child.open = open;
        state->children[kept++] = child;
    }
    state->child_count = kept;
    return true;
}

/* ---- votes, and who handles a task besides ---- */

static bool refuse_vote(struct migration *migration, int32_t vote, const char *stage)
{
    if (vote == NONE)
        return no_place(migration, "a vote was held in '%s', and there is none there", stage);
    return no_place(migration, "the vote that was held in '%s' was decided by another rule, or with other choices, weights, quorum or grades, than that version has; "
                               "such a case stays under its own", stage);
}

/* A vote that is over goes along with its rule, so that its arithmetic can still be told; one that is open is not taken elsewhere. */
bool migrate_polls(struct migration *migration, struct case_state *state)
{
    for (uint32_t i = 0; i < state->poll_count; i++) {
        struct case_poll *poll = &state->polls[i];
        const char *name = workflow_stage_name(migration->from, poll->stage);
        int32_t was = workflow_stage(migration->from, poll->stage)->vote, stage = migrate_stage_of(migration, poll->stage), rule;
        if (poll->state == POLL_OPEN || poll->state == POLL_COUNTING)
            return no_place(migration, "a vote is open; the case can go on under another version when it is over");
        if (!migrate_vote(migration->from, was, poll->rule, migration->to, stage == NONE ? NONE : workflow_stage(migration->to, stage)->vote, &rule))
            return refuse_vote(migration, stage == NONE ? NONE : workflow_stage(migration->to, stage)->vote, name);
        poll->stage = stage;
        poll->rule = rule;
    }
    return true;
}

static bool same_fields(const struct migration *migration, struct span from, struct span to)
{
    bool same = from.count == to.count;
    for (int32_t i = 0; same && i < from.count; i++)
        same = strcmp(workflow_field_name(migration->from, workflow_ref(migration->from, from.first + i)),
                      workflow_field_name(migration->to, workflow_ref(migration->to, to.first + i))) == 0;
    return same;
}

/* What the stage publishes stays up where its stage publishes the same fields. What is published beside the work has a clock of its own, which belongs to
 * the way that put it up: it is waited for. */
bool migrate_publications(struct migration *migration, struct case_state *state)
{
    int32_t from = workflow_stage(migration->from, migration->old->stage)->publish, to = workflow_stage(migration->to, state->stage)->publish;
    for (uint32_t i = 0; i < state->publication_count; i++) {
        struct case_publication *publication = &state->publications[i];
        if (publication->row != from)
            return no_place(migration, "something is published beside the work; the case can go on under another version when its time is over");
        if (to == NONE || !same_fields(migration, workflow_publication(migration->from, from)->fields, workflow_publication(migration->to, to)->fields))
            return no_place(migration, "the case is published, and '%s' does not publish the same fields", workflow_stage_name(migration->to, state->stage));
        publication->row = to;
    }
    return true;
}

void migrate_handlers(struct migration *migration, struct case_state *state)
{
    const struct workflow_stage *stage = workflow_stage(migration->to, state->stage);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->handler_count; i++) {
        struct case_handler handler = state->handlers[i];
        handler.task = task_of(migration, stage, handler.task);
        if (handler.task != NONE)
            state->handlers[kept++] = handler;
    }
    state->handler_count = kept;
}

/* ---- clocks that were stopped and went on ---- */

static int32_t rest_of(const struct migration *migration, const struct case_rest *rest)
{
    if (rest->kind == CLOCK_STAGE)
        return migrate_stage_of(migration, rest->which);
    return rest->kind == CLOCK_TASK ? task_of(migration, workflow_stage(migration->to, migration->step->state->stage), rest->which) : rest->which;
}

void migrate_rests(struct migration *migration, struct case_state *state)
{
    state->rests = NULL;
    state->rest_count = 0;
    for (uint32_t i = 0; i < migration->old->rest_count; i++) {
        const struct case_rest *old = &migration->old->rests[i];
        int32_t which = rest_of(migration, old);
        if (which == NONE || case_rest_of(state, old->kind, which))
            continue;
        struct case_rest rest = *old;
        rest.which = which;
        if (case_rest_fits(&rest, migration->to))
            *case_add_rest(migration->step->arena, state, old->kind, which) = rest;
    }
}

static enum duration_unit stop_unit(const struct workflow *workflow, int32_t stage)
{
    int32_t stop = workflow_stage(workflow, stage)->stop_clock;
    return calendar_left_unit((enum duration_unit)workflow_duration(workflow, workflow_stop(workflow, stop)->longest)->unit);
}

/* What was used of `longest` counts on, where it is counted in the same way. */
void migrate_stops(struct migration *migration, struct case_state *state)
{
    state->stops = NULL;
    state->stop_count = 0;
    for (uint32_t i = 0; i < migration->old->stop_count; i++) {
        const struct case_stop *old = &migration->old->stops[i];
        int32_t stage = migrate_stage_of(migration, old->stage);
        bool can = stage != NONE && workflow_stage(migration->from, old->stage)->stop_clock != NONE && workflow_stage(migration->to, stage)->stop_clock != NONE;
        if (can && stop_unit(migration->from, old->stage) == stop_unit(migration->to, stage))
            case_add_stop(migration->step->arena, state, stage)->left = old->left;
    }
}
