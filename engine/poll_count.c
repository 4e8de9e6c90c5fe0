/* poll_count: secret votes: choices are sealed before the door to a key of the vote, and counted when it closes. See poll.h.
 *
 *     OPEN ── deadline ──> COUNTING ── event "counted" (the counts, sorted) ──> PASSED, FAILED, NO_QUORUM ── event "key-destroyed"
 *                 the server owes the counts: a row of the outbox (EFFECT_COUNT)        it owes the end of the key: the same row
 *
 * The core never sees a choice. Both events come from the server, which holds the key; the row goes with the second, so whatever breaks off in
 * between is done again. A secret vote of which the stage is left owes the end of its key alone. */
#include "engine/intake.h"
#include "engine/poll.h"

#include <assert.h>

bool poll_is_secret(const struct workflow *workflow, const struct case_poll *poll)
{
    return workflow_vote(workflow, workflow_stage(workflow, poll->stage)->vote)->secret != 0;
}

static void owe(struct step *step, const struct case_poll *poll)
{
    struct effect *effect = step_effect(step, EFFECT_COUNT);
    effect->task = poll->owed;
    effect->ready_at = poll->owed_at;
}

bool poll_owe(struct step *step, struct case_poll *poll)
{
    if (!poll_is_secret(step->workflow, poll) || poll->owed)
        return true;
    poll->owed_at = step->input.now;
    if (!step_make_id(step, &poll->owed))
        return false;
    owe(step, poll);
    return true;
}

void poll_release(struct step *step)
{
    for (uint32_t i = 0; i < step->state->poll_count; i++)
        if (step->state->polls[i].owed)
            owe(step, &step->state->polls[i]);
}

static struct case_poll *find_owed(struct step *step)
{
    for (uint32_t i = 0; i < step->state->poll_count; i++)
        if (step->state->polls[i].owed && step->state->polls[i].owed == step->input.event->task)
            return &step->state->polls[i];
    return NULL;
}

static bool take_counts(struct step *step, struct case_poll *poll)
{
    const struct event *event = step->input.event;
    int64_t counted = 0;
    for (uint32_t i = 0; i < event->data_count; i++) {
        const struct value *value = &event->data[i].value;
        int32_t choice = poll_choice(step->workflow, poll, event->data[i].name);
        if (choice < 0 || value->kind != VALUE_INTEGER || value->integer < 0 || value->integer > poll->tally.lane[0].cast - counted)
            return step_refuse(step, ERR_BAD_DATA, "the counts are not those of this vote");
        counted += value->integer;
        vote_count(&poll->tally, choice, value->integer);
    }
    return true;
}

static bool counted(struct step *step, struct case_poll *poll)
{
    if (poll->state != POLL_COUNTING)
        return step_refuse(step, ERR_NOT_NOW, "the vote is not being counted");
    if (!take_counts(step, poll))
        return false;
    poll_close(step, poll, poll_result(step->workflow, poll), false);
    return true;
}

bool poll_counted(struct step *step)
{
    struct case_poll *poll = find_owed(step);
    if (!poll)
        return step_refuse(step, ERR_UNKNOWN_TASK, "nothing is owed to that vote");
    if (text_is(step->input.event->name, "counted"))
        return counted(step, poll);
    if (poll->state == POLL_COUNTING)
        return step_refuse(step, ERR_NOT_NOW, "the ballots are not counted yet");
    struct effect *effect = step_effect(step, EFFECT_COUNTED);
    effect->task = poll->owed;
    effect->was_ready_at = poll->owed_at;
    poll->owed = 0;
    poll->owed_at = 0;
    return true;
}
