/* case_fits: whether every row that a case speaks of is one of its workflow, as the rest of the core relies on. See case.h. */
#include "engine/case.h"

#include "engine/rating.h"

static bool row_of(const struct workflow *workflow, enum workflow_table table, int32_t row)
{
    return row >= 0 && row < workflow_count(workflow, table);
}

static bool event_of(const struct workflow *workflow, int32_t event)
{
    return event == CASE_EXTEND || event == CASE_REOPEN || row_of(workflow, WORKFLOW_EVENTS, event);
}

static bool clock_fits(const struct case_clock *clock, const struct workflow *workflow, bool stopped)
{
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE:
    case CLOCK_WARN:
    case CLOCK_CASE: return clock->which == 0;
    case CLOCK_STOP: return clock->which == 0 && stopped;
    case CLOCK_PUBLICATION: return row_of(workflow, WORKFLOW_PUBLICATIONS, clock->which) && workflow_publication(workflow, clock->which)->lasting != NONE;
    case CLOCK_RETAIN: return clock->which == 0 && workflow_head(workflow)->retain != NONE;
    case CLOCK_REMIND: return row_of(workflow, WORKFLOW_REMINDERS, clock->which);
    case CLOCK_TASK: return row_of(workflow, WORKFLOW_TASKS, clock->which);
    }
    return false;
}

/* A stage whose clock can be stopped; NONE otherwise. */
static int32_t stops_in(const struct workflow *workflow, int32_t stage)
{
    return row_of(workflow, WORKFLOW_STAGES, stage) ? workflow_stage(workflow, stage)->stop_clock : NONE;
}

/* Row of LIMITS that the clock runs by; NONE: there is no such clock that could be stopped. */
static int32_t rest_limit(const struct case_rest *rest, const struct workflow *workflow)
{
    switch ((enum clock_kind)rest->kind) {
    case CLOCK_STAGE: return row_of(workflow, WORKFLOW_STAGES, rest->which) ? workflow_stage(workflow, rest->which)->within : NONE;
    case CLOCK_TASK: return row_of(workflow, WORKFLOW_TASKS, rest->which) ? workflow_task(workflow, rest->which)->within : NONE;
    case CLOCK_CASE: return rest->which == 0 ? workflow_head(workflow)->limit : NONE;
    case CLOCK_WARN:
    case CLOCK_REMIND:
    case CLOCK_STOP:
    case CLOCK_RETAIN:
    case CLOCK_PUBLICATION: break;
    }
    return NONE;
}

bool case_rest_fits(const struct case_rest *rest, const struct workflow *workflow)
{
    int32_t limit = rest_limit(rest, workflow);
    return limit != NONE && (rest->left != CASE_REST_ANEW || workflow_limit(workflow, limit)->kind != LIMIT_UNTIL);
}

static bool stop_fits(const struct case_state *state, const struct workflow *workflow)
{
    int32_t stop = stops_in(workflow, state->stage);
    if ((state->stopped_at != 0) != ((state->flags & CASE_STOPPED) != 0))
        return false;
    return !state->stopped_at || (stop != NONE && state->stopped_ground >= 0 && state->stopped_ground < workflow_stop(workflow, stop)->grounds.count &&
                                  case_clock(state, CLOCK_STOP, 0));
}

static bool rating_fits(const struct case_poll *poll, const struct workflow_vote *rating)
{
    for (uint32_t i = 0; i < poll->tally.lanes; i++)
        if (poll->tally.lane[i].all > RATING_RATERS_MOST)
            return false;
    return poll->rule == NONE && poll->tally.lanes == (uint32_t)rating->raters.count;
}

static bool poll_fits(const struct case_poll *poll, const struct workflow *workflow)
{
    if (!row_of(workflow, WORKFLOW_STAGES, poll->stage))
        return false;
    int32_t row = workflow_stage(workflow, poll->stage)->vote;
    if (row == NONE)
        return false;
    const struct workflow_vote *vote = workflow_vote(workflow, row);
    if (poll->tally.choices != (uint32_t)vote->choices.count)
        return false;
    if (vote->raters.count)
        return rating_fits(poll, vote);
    return row_of(workflow, WORKFLOW_VOTE_RULES, poll->rule) && poll->tally.lanes == (uint32_t)vote->weights.count &&
           workflow_vote_rule(workflow, poll->rule)->choice < vote->choices.count;
}

bool case_fits(const struct case_state *state, const struct workflow *workflow)
{
    bool fits = row_of(workflow, WORKFLOW_STAGES, state->stage) &&
                (state->level == NONE || row_of(workflow, WORKFLOW_LEVELS, state->level)) &&
                (state->end == NONE || state->end == END_CANCELLED || state->end == END_MERGED || row_of(workflow, WORKFLOW_ENDS, state->end)) &&
                (state->end != NONE) == ((state->flags & CASE_ENDED) != 0) &&
                state->data_count == (uint32_t)workflow_count(workflow, WORKFLOW_FIELDS);
    for (uint32_t i = 0; i < state->clock_count; i++)
        fits = fits && clock_fits(&state->clocks[i], workflow, state->stopped_at != 0);
    for (uint32_t i = 0; i < state->task_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_TASKS, state->tasks[i].row);
    for (uint32_t i = 0; i < state->part_count; i++)
        fits = fits && event_of(workflow, state->parts[i].event);
    for (uint32_t i = 0; i < state->count_count; i++)
        fits = fits && event_of(workflow, state->counts[i].event);
    for (uint32_t i = 0; i < state->handler_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_TASKS, state->handlers[i].task);
    for (uint32_t i = 0; i < state->first_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_STAGES, state->firsts[i].stage);
    for (uint32_t i = 0; i < state->poll_count; i++)
        fits = fits && poll_fits(&state->polls[i], workflow);
    for (uint32_t i = 0; i < state->rest_count; i++)
        fits = fits && case_rest_fits(&state->rests[i], workflow);
    for (uint32_t i = 0; i < state->stop_count; i++)
        fits = fits && stops_in(workflow, state->stops[i].stage) != NONE;
    for (uint32_t i = 0; i < state->child_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_OPENS, state->children[i].open);
    for (uint32_t i = 0; i < state->publication_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_PUBLICATIONS, state->publications[i].row) &&
               workflow_publication(workflow, state->publications[i].row)->fields.count == (int32_t)state->publications[i].count;
    fits = fits && (state->publication_count > 0) == ((state->flags & CASE_PUBLISHED) != 0);
    return fits && stop_fits(state, workflow);
}
