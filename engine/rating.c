/* rating: see rating.h.
 *
 * Exact with 128 bits and no great numbers: of each term weight × 10^scale × sum / rated the whole part is taken out; what is left of the terms are at
 * most eight proper fractions, and rounding asks only how many halves they make together. Their common denominator is below 10000^8 < 2^107. */
#include "engine/rating.h"

#include "engine/decimal.h"

#include <assert.h>

__extension__ typedef __int128 wide;

uint32_t rating_short(const struct rating_group *groups, uint32_t count)
{
    uint32_t group = 0;
    while (group < count && groups[group].rated >= groups[group].least)
        group++;
    return group;
}

static wide greatest_divisor(wide a, wide b)
{
    while (b) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Floor of the sum of 2 × rest[i] / rated[i]. */
static wide halves_of(const wide *rest, const struct rating_group *groups, uint32_t count)
{
    wide denominator = 1, numerator = 0;
    for (uint32_t i = 0; i < count; i++)
        denominator = denominator / greatest_divisor(denominator, groups[i].rated) * groups[i].rated;
    for (uint32_t i = 0; i < count; i++)
        numerator += 2 * rest[i] * (denominator / groups[i].rated);
    return numerator / denominator;
}

int64_t rating_score(const struct rating_group *groups, uint32_t count, int32_t scale)
{
    wide unit = 1, whole = 0, weights = 0, rest[RATING_GROUPS_MOST];
    assert(count > 0 && count <= RATING_GROUPS_MOST && scale >= 0 && scale <= RATING_SCALE_MOST);
    for (int32_t i = 0; i < scale; i++)
        unit *= 10;
    for (uint32_t i = 0; i < count; i++) {
        const struct rating_group *group = &groups[i];
        assert(group->rated > 0 && group->rated <= RATING_RATERS_MOST && group->weight > 0 && group->weight <= RATING_WEIGHT_MOST);
        assert(group->sum >= 0 && group->sum <= group->rated * RATING_GRADE_MOST);
        wide term = (wide)group->weight * unit * group->sum;
        whole += term / group->rated;
        rest[i] = term % group->rated;
        weights += group->weight;
    }
    /* floor((whole + rest) / weights + 1/2), where rest is known by its halves: a floor of a floor is the floor. */
    return (int64_t)((2 * whole + halves_of(rest, groups, count) + weights) / (2 * weights));
}

struct text rating_words(struct arena *arena, const struct rating_group *groups, uint32_t count, int32_t scale)
{
    struct text words = {0};
    int64_t weights = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct rating_group *group = &groups[i];
        words = arena_print(arena, "%.*s%s%.*s %lld × %lld/%lld", (int)words.size, words.data, i ? ", " : "", (int)group->name.size,
                            group->name.data, (long long)group->weight, (long long)group->sum, (long long)group->rated);
        weights += group->weight;
    }
    struct text score = decimal_print(arena, rating_score(groups, count, scale), scale);
    return arena_print(arena, "%.*s; / %lld = %.*s", (int)words.size, words.data, (long long)weights, (int)score.size, score.data);
}
