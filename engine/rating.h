/* rating: the exact score of a graded review (述职评议): groups of raters with weights, a mean in each. Pure arithmetic; no floating point.
 *
 *     score = ( Σ weight × sum / rated ) / Σ weight          rounded half up, once, at the end, to the scale of the field that takes it
 *
 * A group whose raters are fewer than its `least` leaves the rating without a score: the mix is part of the rule, so a group's weight is never
 * handed to the others. Source of the form: 述职评议 in the reports (domain C9); weights and minimum numbers are the workflow's. */
#ifndef STAIRCASE_RATING_H
#define STAIRCASE_RATING_H

#include "engine/arena.h"

enum {
    RATING_GROUPS_MOST = 8,
    RATING_RATERS_MOST = 10000,    /* of one group */
    RATING_WEIGHT_MOST = 10000,
    RATING_GRADE_MOST = 1000000,
    RATING_SCALE_MOST = 9,
};

struct rating_group {
    struct text name;
    int64_t weight; /* 1 to RATING_WEIGHT_MOST */
    int64_t least;  /* how many must have rated, at least 1 */
    int64_t rated;  /* how many have, at most RATING_RATERS_MOST */
    int64_t sum;    /* of the values of their grades, each from 0 to RATING_GRADE_MOST */
};

/* The first group that has too few; count: none. */
uint32_t rating_short(const struct rating_group *groups, uint32_t count);

/* The score in units of the scale. Every group must have been rated by somebody (asserted: rating_short comes first). */
int64_t rating_score(const struct rating_group *groups, uint32_t count, int32_t scale);

/* How it came about: "superior 30 × 170/2, residents 60 × 4200/50; / 90 = 84.33". */
struct text rating_words(struct arena *arena, const struct rating_group *groups, uint32_t count, int32_t scale);

#endif
