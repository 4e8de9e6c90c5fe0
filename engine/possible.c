/* possible: what may be sent to a case where it stands: the answer to `not-now`, and what a person is shown. */
#include "engine/extend.h"
#include "engine/poll.h"
#include "engine/reopen.h"
#include "engine/stop.h"
#include "engine/task.h"

struct names {
    const struct advance_input *input;
    struct text *items;
    uint32_t count, room;
};

/* Inner before outer: a name that the stage has hides the same name of `anywhere`. */
static void add(struct names *names, struct text name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (text_equal(names->items[i], name))
            return;
    if (names->count < names->room)
        names->items[names->count++] = name;
}

static void add_events(struct names *names, struct span events)
{
    const struct workflow *workflow = names->input->workflow;
    for (int32_t row = events.first; row < events.first + events.count; row++) {
        int32_t task = workflow_event(workflow, row)->task;
        if (task == NONE || !task_is_settled(names->input->before, task))
            add(names, text_of(workflow_event_name(workflow, row)));
    }
}

static bool any_held(const struct workflow *workflow, const struct case_state *state)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].state == TASK_HELD && task_is_for_people(workflow, &state->tasks[i]))
            return true;
    return false;
}

/* The events that the language itself gives. */
static void add_given(struct names *names)
{
    const struct workflow *workflow = names->input->workflow;
    const struct case_state *state = names->input->before;
    if (extend_possible(workflow, state))
        add(names, TEXT("extend"));
    if (extend_is_asked(state)) {
        if (case_clock(state, CLOCK_STAGE, 0))
            add(names, TEXT("grant"));
        add(names, TEXT("deny"));
    }
    if (stop_possible(workflow, state))
        add(names, TEXT("stop-clock"));
    if (stop_is_stopped(state))
        add(names, TEXT("resume"));
    if (task_claimable(workflow, state)) {
        add(names, TEXT("claim"));
        add(names, TEXT("hand-over"));
        add(names, TEXT("add-handler"));
    }
    if (any_held(workflow, state))
        add(names, TEXT("unclaim"));
    if (state->handler_count)
        add(names, TEXT("remove-handler"));
    if (state->part_count)
        add(names, TEXT("take-back"));
    if (poll_takes_ballots(state)) {
        add(names, TEXT("ballot"));
        add(names, TEXT("attend"));
        add(names, TEXT("recuse"));
    }
}

enum { GIVEN_MOST = 14 };

void advance_possible(const struct advance_input *input, struct arena *arena, struct decision *out)
{
    const struct case_state *state = input->before;
    if (state->stage == NONE)
        return;
    if (state->flags & CASE_ENDED) {
        struct text *reopen = ARENA_NEW(arena, struct text);
        *reopen = TEXT("reopen");
        out->possible = reopen;
        out->possible_count = reopen_possible(input);
        return;
    }
    struct span stage = workflow_stage(input->workflow, state->stage)->events, anywhere = workflow_head(input->workflow)->anywhere;
    struct names names = {.input = input, .room = (uint32_t)(stage.count + anywhere.count + GIVEN_MOST)};
    names.items = ARENA_ARRAY(arena, struct text, names.room);
    add_events(&names, stage);
    add_events(&names, anywhere);
    add_given(&names);
    out->possible = names.items;
    out->possible_count = names.count;
}
