/* migrate_vote: see migrate_vote.h. */
#include "engine/migrate_vote.h"

static bool same_names(const struct workflow *from, struct span was, const struct workflow *to, struct span is)
{
    const struct workflow_name *old = from->table[WORKFLOW_NAMES].rows, *now = to->table[WORKFLOW_NAMES].rows;
    bool same = was.count == is.count;
    for (int32_t i = 0; same && i < was.count; i++)
        same = strcmp(workflow_string(from, old[was.first + i].name), workflow_string(to, now[is.first + i].name)) == 0;
    return same;
}

static bool same_rule(const struct workflow_vote_rule *one, const struct workflow_vote_rule *other)
{
    return one->choice == other->choice && one->numerator == other->numerator && one->denominator == other->denominator && one->more == other->more &&
           one->of == other->of && one->present == other->present;
}

static bool same_quorum(const struct workflow *from, int32_t was, const struct workflow *to, int32_t is)
{
    return was == NONE || is == NONE ? was == is : same_rule(workflow_vote_rule(from, was), workflow_vote_rule(to, is));
}

static bool same_weights(const struct workflow *from, struct span was, const struct workflow *to, struct span is)
{
    bool same = was.count == is.count;
    for (int32_t i = 0; same && i < was.count; i++) {
        const struct workflow_vote_weight *one = workflow_vote_weight(from, was.first + i), *other = workflow_vote_weight(to, is.first + i);
        same = (one->with == NONE) == (other->with == NONE) && strcmp(workflow_string(from, one->name), workflow_string(to, other->name)) == 0;
    }
    return same;
}

static bool same_raters(const struct workflow *from, struct span was, const struct workflow *to, struct span is)
{
    bool same = was.count == is.count;
    for (int32_t i = 0; same && i < was.count; i++) {
        const struct workflow_rater *one = workflow_rater(from, was.first + i), *other = workflow_rater(to, is.first + i);
        same = one->weight == other->weight && one->least == other->least && strcmp(workflow_string(from, one->name), workflow_string(to, other->name)) == 0;
    }
    return same;
}

static bool same_grades(const struct workflow *from, struct span was, const struct workflow *to, struct span is)
{
    bool same = was.count == is.count;
    for (int32_t i = 0; same && i < was.count; i++)
        same = workflow_grade(from, was.first + i)->value == workflow_grade(to, is.first + i)->value;
    return same;
}

/* The first that decides in the same way, whatever it is asked by. */
static bool find_rule(const struct workflow *from, int32_t rule, const struct workflow *to, struct span rules, int32_t *same)
{
    for (*same = rules.first; *same < rules.first + rules.count; ++*same)
        if (same_rule(workflow_vote_rule(from, rule), workflow_vote_rule(to, *same)))
            return true;
    return false;
}

bool migrate_vote(const struct workflow *from, int32_t was, int32_t rule, const struct workflow *to, int32_t is, int32_t *same)
{
    if (was == NONE || is == NONE)
        return false;
    const struct workflow_vote *old = workflow_vote(from, was), *now = workflow_vote(to, is);
    *same = NONE;
    return same_names(from, old->choices, to, now->choices) && same_weights(from, old->weights, to, now->weights) && same_raters(from, old->raters, to, now->raters) &&
           same_grades(from, old->grades, to, now->grades) && same_quorum(from, old->quorum, to, now->quorum) &&
           (old->raters.count > 0 || find_rule(from, rule, to, now->rules, same));
}
