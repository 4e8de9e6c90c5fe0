/* view_poll: the votes of a case, how they stand or came out, with the arithmetic. Who voted how stands in the history, and of a secret
 * vote nowhere. See view.h. */
#include "engine/poll.h"
#include "engine/view.h"

static const char *state_name(enum poll_state state)
{
    switch (state) {
    case POLL_OPEN: return "open";
    case POLL_COUNTING: return "counting";
    case POLL_PASSED: return "passed";
    case POLL_FAILED: return "failed";
    case POLL_NO_QUORUM: return "no-quorum";
    case POLL_LEFT: return "left";
    }
    return "";
}

static struct value poll_row(const struct view *view, const struct workflow *workflow, const struct case_poll *poll)
{
    struct map_maker row = map_begin(view->arena);
    map_put_string(&row, "s", workflow_stage_name(workflow, poll->stage));
    const struct workflow_stage *stage = workflow_stage(workflow, poll->stage);
    if (stage->title_en != NONE || stage->title_zh != NONE)
        map_put(&row, "title", map_words(view->arena, text_of(workflow_string(workflow, stage->title_en)), text_of(workflow_string(workflow, stage->title_zh))));
    map_put_string(&row, "state", state_name(poll->state));
    map_put(&row, "says", map_words(view->arena, poll_sentence(workflow, view->arena, poll, false), poll_sentence(workflow, view->arena, poll, true)));
    map_put_number(&row, "members", poll->members);
    map_put_number(&row, "late", poll->late);
    map_put_flag(&row, "early", poll->early);
    map_put_number(&row, "opened", poll->opened_at);
    map_put_number(&row, "closed", poll->closed_at);
    return map_end(&row);
}

void view_polls(const struct view *view, const struct workflow *workflow, const struct case_state *state, struct map_maker *row)
{
    struct list_maker list = {.arena = view->arena};
    for (uint32_t i = 0; i < state->poll_count; i++)
        list_add(&list, poll_row(view, workflow, &state->polls[i]));
    map_put_list(row, "votes", list.items, list.count);
}
