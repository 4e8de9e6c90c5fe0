/* vote: see vote.h. */
#include "engine/vote.h"

#include <assert.h>

/* ---- drawing and casting ---- */

static bool fits(int64_t total, int64_t weight)
{
    return weight >= 0 && weight <= VOTE_TOTAL_MOST - total;
}

bool vote_draw(struct vote_tally *tally, const struct vote_member *member)
{
    for (uint32_t i = 0; i < tally->lanes; i++)
        if (!fits(tally->lane[i].all, member->weight[i]))
            return false;
    for (uint32_t i = 0; i < tally->lanes; i++) {
        tally->lane[i].all += member->weight[i];
        tally->lane[i].roll += member->recused ? 0 : member->weight[i];
    }
    return true;
}

bool vote_add_vacant(struct vote_tally *tally, uint32_t lane, int64_t seats)
{
    assert(lane < tally->lanes);
    if (!fits(tally->lane[lane].all, seats))
        return false;
    tally->lane[lane].all += seats;
    return true;
}

static bool may_take_part(const struct vote_member *member)
{
    return !member->recused && !member->gone;
}

static bool is_present(const struct vote_member *member)
{
    return member->attended || member->cast;
}

void vote_attend(struct vote_tally *tally, struct vote_member *member)
{
    assert(may_take_part(member));
    for (uint32_t i = 0; i < tally->lanes && !is_present(member); i++)
        tally->lane[i].present += member->weight[i];
    member->attended = true;
}

static void add_choice(struct vote_tally *tally, const struct vote_member *member, int32_t choice, int64_t sign)
{
    assert(choice < (int32_t)tally->choices);
    for (uint32_t i = 0; i < tally->lanes && choice >= 0; i++)
        tally->lane[i].choice[choice] += sign * member->weight[i];
}

void vote_cast(struct vote_tally *tally, struct vote_member *member, int32_t choice)
{
    assert(may_take_part(member));
    for (uint32_t i = 0; i < tally->lanes; i++) {
        tally->lane[i].present += is_present(member) ? 0 : member->weight[i];
        tally->lane[i].cast += member->cast ? 0 : member->weight[i];
    }
    if (member->cast)
        add_choice(tally, member, member->choice, -1);
    add_choice(tally, member, choice, 1);
    member->cast = true;
    member->choice = choice;
}

void vote_recuse(struct vote_tally *tally, struct vote_member *member)
{
    assert(!member->recused);
    if (member->gone)
        return;
    if (member->cast)
        add_choice(tally, member, member->choice, -1);
    for (uint32_t i = 0; i < tally->lanes && !member->cast; i++) {
        tally->lane[i].gone += member->weight[i];
        tally->lane[i].gone_present += member->attended ? member->weight[i] : 0;
    }
    member->gone = true;
    member->choice = -1;
}

void vote_count(struct vote_tally *tally, int32_t choice, int64_t ballots)
{
    assert(choice >= 0 && choice < (int32_t)tally->choices);
    for (uint32_t i = 0; i < tally->lanes; i++)
        tally->lane[i].choice[choice] += ballots;
}

/* ---- rules ---- */

int64_t vote_base_of(const struct vote_lane *lane, enum vote_base of)
{
    switch (of) {
    case VOTE_ALL: return lane->all;
    case VOTE_ROLL: return lane->roll;
    case VOTE_PRESENT: return lane->present;
    case VOTE_CAST: return lane->cast;
    }
    return 0;
}

static int64_t times(int64_t number, int32_t part)
{
    int64_t product = 0;
    bool over = __builtin_mul_overflow(number, (int64_t)part, &product);
    assert(!over); /* VOTE_TOTAL_MOST and VOTE_PART_MOST see to it */
    return product;
}

bool vote_reaches(const struct vote_part *part, int64_t ballots, int64_t base)
{
    int64_t have = times(ballots, part->denominator), need = times(base, part->numerator);
    return base > 0 && (part->more ? have > need : have >= need);
}

static bool passes(const struct vote_rule *rule, const struct vote_lane *lane)
{
    return vote_reaches(&rule->pass, lane->choice[rule->choice], vote_base_of(lane, rule->pass.of));
}

static bool has_quorum(const struct vote_rule *rule, const struct vote_lane *lane)
{
    int64_t turnout = rule->quorum_is_present ? lane->present : lane->cast;
    return !rule->has_quorum || vote_reaches(&rule->quorum, turnout, vote_base_of(lane, rule->quorum.of));
}

enum vote_result vote_close(const struct vote_rule *rule, const struct vote_tally *tally)
{
    bool quorum = true, passed = true;
    for (uint32_t i = 0; i < tally->lanes; i++) {
        quorum = quorum && has_quorum(rule, &tally->lane[i]);
        passed = passed && passes(rule, &tally->lane[i]);
    }
    return !quorum ? VOTE_NO_QUORUM : passed ? VOTE_PASSED : VOTE_FAILED;
}

/* Everyone who is still out comes and gives a ballot: for the proposal, or against it. */
static struct vote_lane filled(const struct vote_lane *lane, int32_t choice, bool for_it)
{
    struct vote_lane full = *lane;
    int64_t out = lane->roll - lane->cast - lane->gone;
    full.present = lane->roll - (lane->gone - lane->gone_present);
    full.cast += out;
    full.choice[choice] += for_it ? out : 0;
    return full;
}

static struct vote_tally all_filled(const struct vote_rule *rule, const struct vote_tally *tally, bool for_it)
{
    struct vote_tally full = *tally;
    for (uint32_t i = 0; i < tally->lanes; i++)
        full.lane[i] = filled(&tally->lane[i], rule->choice, for_it);
    return full;
}

enum vote_result vote_early(const struct vote_rule *rule, const struct vote_tally *tally)
{
    struct vote_tally best = all_filled(rule, tally, true), worst = all_filled(rule, tally, false);
    if (vote_close(rule, tally) == VOTE_NO_QUORUM) /* it may stay as it is */
        return vote_close(rule, &best) == VOTE_NO_QUORUM ? VOTE_NO_QUORUM : VOTE_OPEN;
    if (vote_close(rule, tally) == VOTE_PASSED && vote_close(rule, &worst) == VOTE_PASSED)
        return VOTE_PASSED;
    return vote_close(rule, &best) == VOTE_FAILED ? VOTE_FAILED : VOTE_OPEN;
}
