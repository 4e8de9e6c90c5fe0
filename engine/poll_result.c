/* poll_result: how a vote comes out, and what follows. See poll.h. */
#include "engine/due.h"
#include "engine/notice.h"
#include "engine/poll.h"

#include <assert.h>

static const struct workflow_vote *vote_of(const struct workflow *workflow, const struct case_poll *poll)
{
    return workflow_vote(workflow, workflow_stage(workflow, poll->stage)->vote);
}

static struct vote_part part_of(const struct workflow_vote_rule *rule)
{
    return (struct vote_part){.numerator = rule->numerator, .denominator = rule->denominator, .more = rule->more != 0, .of = (enum vote_base)rule->of};
}

struct vote_rule poll_rule(const struct workflow *workflow, const struct case_poll *poll)
{
    const struct workflow_vote_rule *pass = workflow_vote_rule(workflow, poll->rule);
    struct vote_rule rule = {.choice = pass->choice, .pass = part_of(pass)};
    int32_t quorum = vote_of(workflow, poll)->quorum;
    if (quorum == NONE)
        return rule;
    rule.has_quorum = true;
    rule.quorum = part_of(workflow_vote_rule(workflow, quorum));
    rule.quorum_is_present = workflow_vote_rule(workflow, quorum)->present != 0;
    return rule;
}

/* ---- words ---- */

static struct vote_words words_of(const struct workflow *workflow, const struct case_poll *poll)
{
    const struct workflow_vote *vote = vote_of(workflow, poll);
    struct vote_words words = {.secret_open = vote->secret && (poll->state <= POLL_COUNTING || poll->state == POLL_LEFT)};
    for (int32_t i = 0; i < vote->choices.count; i++) {
        struct text zh, en;
        workflow_choice_titles(workflow, vote->choices, i, &zh, &en);
        words.choice[i] = zh.size ? zh.data : workflow_choice(workflow, vote->choices, i);
    }
    for (int32_t i = 0; i < vote->weights.count; i++) {
        const struct workflow_vote_weight *weight = workflow_vote_weight(workflow, vote->weights.first + i);
        words.lane[i] = workflow_string(workflow, weight->name);
        if (weight->with == NONE)
            continue;
        const struct workflow_field *field = workflow_field(workflow, workflow_with(workflow, weight->with)->of);
        words.scale[i] = field->scale;
        words.lane_zh[i] = field->title_zh == NONE ? NULL : workflow_string(workflow, field->title_zh);
    }
    return words;
}

static enum vote_result result_of(const struct case_poll *poll)
{
    switch (poll->state) {
    case POLL_PASSED: return VOTE_PASSED;
    case POLL_FAILED: return VOTE_FAILED;
    case POLL_NO_QUORUM: return VOTE_NO_QUORUM;
    case POLL_OPEN:
    case POLL_COUNTING:
    case POLL_LEFT: break;
    }
    return VOTE_OPEN;
}

struct text poll_sentence(const struct workflow *workflow, struct arena *arena, const struct case_poll *poll, bool chinese)
{
    if (poll_is_rating(workflow, poll))
        return poll_rating_sentence(workflow, arena, poll, chinese);
    struct vote_words words = words_of(workflow, poll);
    struct vote_rule rule = poll_rule(workflow, poll);
    return vote_sentence(arena, &rule, &poll->tally, result_of(poll), &words, chinese);
}

/* ---- closing ---- */

static enum poll_state state_of(enum vote_result result)
{
    return result == VOTE_PASSED ? POLL_PASSED : result == VOTE_NO_QUORUM ? POLL_NO_QUORUM : POLL_FAILED;
}

static int32_t way_of(const struct workflow_vote *vote, enum vote_result result)
{
    return result == VOTE_PASSED ? vote->passed : result == VOTE_NO_QUORUM ? vote->no_quorum : vote->failed;
}

static void drop_clocks(struct step *step)
{
    case_drop_clock(step->state, CLOCK_STAGE, 0);
    case_drop_clock(step->state, CLOCK_WARN, 0);
}

/* The clock of the stage has done its work; where its way cannot be gone the case is marked overdue and its supervisor told why. */
void poll_close(struct step *step, struct case_poll *poll, enum vote_result result, bool early)
{
    int32_t way = way_of(vote_of(step->workflow, poll), result);
    poll->state = state_of(result);
    poll->early = early;
    if (result == VOTE_PASSED && poll_is_rating(step->workflow, poll))
        poll_rating_take(step, poll);
    if (!poll->closed_at)
        poll->closed_at = step->input.now;
    step->out->note_zh = poll_sentence(step->workflow, step->arena, poll, true);
    step->out->note_en = poll_sentence(step->workflow, step->arena, poll, false);
    step_say(step, arena_print(step->arena, "表决%s结束：%.*s", early ? "提前" : "", SHOWN(step->out->note_zh)), "the vote closes%s: %.*s", early ? " early" : "", SHOWN(step->out->note_en));
    drop_clocks(step);
    notice_to_told(step, NOTICE_VOTED, true, (struct notice_words){step->out->note_zh, step->out->note_en});
    due_follow(step, way);
    if (!step->entered)
        step->state->flags |= CASE_OVERDUE;
}

/* A rating whose grades are final has nothing to wait for when everybody has given one. A secret one waits, as a secret vote does. */
static void look_complete(struct step *step, struct case_poll *poll)
{
    const struct workflow_vote *vote = vote_of(step->workflow, poll);
    if (vote->final && !vote->secret && poll_rating_is_complete(poll))
        poll_close(step, poll, poll_rating_result(step->workflow, poll), true);
}

void poll_look_early(struct step *step, struct case_poll *poll)
{
    if (poll_is_rating(step->workflow, poll)) {
        look_complete(step, poll);
        return;
    }
    if (!vote_of(step->workflow, poll)->early)
        return;
    struct vote_rule rule = poll_rule(step->workflow, poll);
    enum vote_result result = vote_early(&rule, &poll->tally);
    if (result != VOTE_OPEN)
        poll_close(step, poll, result, true);
}

enum vote_result poll_result(const struct workflow *workflow, const struct case_poll *poll)
{
    if (poll_is_rating(workflow, poll))
        return poll_rating_result(workflow, poll);
    struct vote_rule rule = poll_rule(workflow, poll);
    return vote_close(&rule, &poll->tally);
}

/* A deadline makes nothing before this: there is a number left for what is owed. */
static void begin_counting(struct step *step, struct case_poll *poll)
{
    poll->state = POLL_COUNTING;
    poll->closed_at = step->input.now;
    drop_clocks(step);
    bool owed = poll_owe(step, poll);
    assert(owed);
    step_say(step, TEXT("表决已结束，正在计票"), "the vote has closed; its ballots are being counted");
}

void poll_close_due(struct step *step)
{
    struct case_poll *poll = case_poll_now(step->state);
    if (poll_is_secret(step->workflow, poll)) {
        begin_counting(step, poll);
        return;
    }
    poll_close(step, poll, poll_result(step->workflow, poll), false);
}
