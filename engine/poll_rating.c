/* poll_rating: how a rating comes out: the score of its groups, or a group that has too few. See poll.h; the arithmetic is rating.c's. */
#include "engine/decimal.h"
#include "engine/poll.h"
#include "engine/rating.h"

static const struct workflow_vote *rating_of(const struct workflow *workflow, const struct case_poll *poll)
{
    return workflow_vote(workflow, workflow_stage(workflow, poll->stage)->vote);
}

bool poll_is_rating(const struct workflow *workflow, const struct case_poll *poll)
{
    return rating_of(workflow, poll)->raters.count > 0;
}

/* Called as their author has called them; in Chinese by their titles. */
static uint32_t groups_of(const struct workflow *workflow, const struct case_poll *poll, bool chinese, struct rating_group groups[RATING_GROUPS_MOST])
{
    const struct workflow_vote *rating = rating_of(workflow, poll);
    for (int32_t i = 0; i < rating->raters.count; i++) {
        const struct workflow_rater *rater = workflow_rater(workflow, rating->raters.first + i);
        const struct vote_lane *lane = &poll->tally.lane[i];
        int32_t name = chinese && rater->title_zh != NONE ? rater->title_zh : rater->name;
        groups[i] = (struct rating_group){.name = text_of(workflow_string(workflow, name)), .weight = rater->weight, .least = rater->least};
        for (int32_t grade = 0; grade < rating->grades.count; grade++) {
            groups[i].rated += lane->choice[grade];
            groups[i].sum += lane->choice[grade] * workflow_grade(workflow, rating->grades.first + grade)->value;
        }
    }
    return (uint32_t)rating->raters.count;
}

enum vote_result poll_rating_result(const struct workflow *workflow, const struct case_poll *poll)
{
    struct rating_group groups[RATING_GROUPS_MOST];
    uint32_t count = groups_of(workflow, poll, false, groups);
    return rating_short(groups, count) < count ? VOTE_NO_QUORUM : VOTE_PASSED;
}

bool poll_rating_is_complete(const struct case_poll *poll)
{
    for (uint32_t i = 0; i < poll->tally.lanes; i++)
        if (poll->tally.lane[i].cast + poll->tally.lane[i].gone < poll->tally.lane[i].roll)
            return false;
    return true;
}

void poll_rating_take(struct step *step, const struct case_poll *poll)
{
    struct rating_group groups[RATING_GROUPS_MOST];
    uint32_t count = groups_of(step->workflow, poll, false, groups);
    int32_t field = rating_of(step->workflow, poll)->sets;
    step->state->data[field] = value_integer(rating_score(groups, count, workflow_field(step->workflow, field)->scale));
}

/* ---- words ---- */

static struct text turnout(struct arena *arena, const struct case_poll *poll, bool chinese)
{
    int64_t cast = 0, roll = 0;
    for (uint32_t i = 0; i < poll->tally.lanes; i++) {
        cast += poll->tally.lane[i].cast;
        roll += poll->tally.lane[i].roll;
    }
    return arena_print(arena, chinese ? "已评议 %lld 人，共 %lld 人" : "%lld of %lld have rated", (long long)cast, (long long)roll);
}

static struct text too_few(struct arena *arena, const struct rating_group *group, bool chinese)
{
    return arena_print(arena, chinese ? "%.*s 评议 %lld 人，至少需要 %lld 人：评议无效" : "%.*s: %lld have rated, at least %lld are needed: no result",
                       SHOWN(group->name), (long long)group->rated, (long long)group->least);
}

struct text poll_rating_sentence(const struct workflow *workflow, struct arena *arena, const struct case_poll *poll, bool chinese)
{
    struct rating_group groups[RATING_GROUPS_MOST];
    if (poll->state != POLL_PASSED && poll->state != POLL_NO_QUORUM)
        return turnout(arena, poll, chinese);
    uint32_t count = groups_of(workflow, poll, chinese, groups), missing = rating_short(groups, count);
    if (missing < count)
        return too_few(arena, &groups[missing], chinese);
    struct text words = rating_words(arena, groups, count, workflow_field(workflow, rating_of(workflow, poll)->sets)->scale);
    return arena_print(arena, chinese ? "得分：%.*s" : "score: %.*s", SHOWN(words));
}
