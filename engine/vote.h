/* vote: counting ballots, exactly. Integers and fractions only; the base is always named.
 *
 * Every member of a roll has one weight in each *lane*; ballots are counted lane by lane.
 *   A vote has a lane per weight (heads, floor area), every member stands in all of them, and pass and quorum must hold in each.
 *   A rating has a lane per group of raters: a rater's weight is 1 in the lane of their group and 0 in the others; its choices are the grades.
 *     It reads `cast` and `choice` of each lane (how many of the group rated, and how) and forms its score from them; drawing, casting
 *     and recusing are the same.
 *
 * The four bases. A roll is drawn when the vote opens and frozen then.
 *     all       everyone drawn, also those recused before it was frozen, and seats that are vacant where the vote says how many there are
 *     roll      without those recused before
 *     present   of the roll: who attended or cast a ballot
 *     cast      of the roll: who gave a ballot, abstentions included
 * Recused afterwards: the ballot is void, which means that it counts for no choice; no base changes. Absent is not abstain: who is absent
 * stands in `all` and `roll` alone. Nothing passes on an empty base.
 *
 * Early: with final ballots a vote is decided as soon as no further ballot and no further attendance can change its result. Three
 * results are possible, so it must be certain which: while the quorum is not reached, only that it cannot be reached any more is
 * certain; once it is, it stays so. Whoever is still out can make things worst for a proposal by voting against it (or by coming, where
 * the base is who is present), and best by voting for it, in every lane at once: so the bounds of the lanes are reached together. */
#ifndef STAIRCASE_VOTE_H
#define STAIRCASE_VOTE_H

#include "engine/arena.h"

enum {
    VOTE_CHOICES_MOST = 12,
    VOTE_LANES_MOST = 8,
    VOTE_PART_MOST = 10000, /* numerator and denominator */
};
#define VOTE_TOTAL_MOST INT64_C(100000000000000) /* of a lane: a total times a part fits 64 bits */

struct vote_lane {
    int64_t all, roll, present, cast;
    int64_t gone, gone_present; /* recused before they gave a ballot: they cannot give one any more; those of them who were present */
    int64_t choice[VOTE_CHOICES_MOST];
};

/* A member of the roll, as its row keeps it. */
struct vote_member {
    int64_t weight[VOTE_LANES_MOST];
    bool recused;   /* before the roll was frozen: in `all` alone */
    bool gone;      /* recused afterwards */
    bool attended;
    bool cast;
    int32_t choice; /* of a ballot that counts; -1: none, void, or sealed until the vote closes */
};

struct vote_tally {
    struct vote_lane lane[VOTE_LANES_MOST];
    uint32_t lanes, choices;
};

/* false: the weight is below 0, or a lane would come to more than VOTE_TOTAL_MOST; nothing is changed. */
bool vote_draw(struct vote_tally *tally, const struct vote_member *member);
/* Seats that nobody holds, in the lane of heads: they stand in `all`. false: as above. */
bool vote_add_vacant(struct vote_tally *tally, uint32_t lane, int64_t seats);
/* May be told again. */
void vote_attend(struct vote_tally *tally, struct vote_member *member);
/* A ballot, or (where ballots can be changed) another one instead of it. choice -1: sealed, counted by vote_count. */
void vote_cast(struct vote_tally *tally, struct vote_member *member, int32_t choice);
/* Afterwards: the ballot is void. May be told again. */
void vote_recuse(struct vote_tally *tally, struct vote_member *member);
/* Of a secret vote, when it closes: so many ballots for that choice (of one head each). */
void vote_count(struct vote_tally *tally, int32_t choice, int64_t ballots);

/* ---- rules ---- */

enum vote_base { VOTE_ALL, VOTE_ROLL, VOTE_PRESENT, VOTE_CAST };

struct vote_part {
    int32_t numerator, denominator; /* 1..VOTE_PART_MOST; 1/1: unanimous */
    bool more;                      /* more than; otherwise at least */
    enum vote_base of;
};

struct vote_rule {
    int32_t choice;         /* that must reach `pass` */
    struct vote_part pass;
    bool has_quorum;
    bool quorum_is_present; /* counts who is present; otherwise who gave a ballot */
    struct vote_part quorum; /* of all, or of the roll */
};

enum vote_result { VOTE_OPEN, VOTE_PASSED, VOTE_FAILED, VOTE_NO_QUORUM };

int64_t vote_base_of(const struct vote_lane *lane, enum vote_base of);
/* ballots × denominator ≥ (or >) numerator × base, and the base is not empty. */
bool vote_reaches(const struct vote_part *part, int64_t ballots, int64_t base);
/* If it closed now. */
enum vote_result vote_close(const struct vote_rule *rule, const struct vote_tally *tally);
/* The result when it is certain by now; otherwise VOTE_OPEN. Only for final ballots. */
enum vote_result vote_early(const struct vote_rule *rule, const struct vote_tally *tally);

/* ---- words (vote_words.c) ---- */

struct vote_words {
    const char *lane[VOTE_LANES_MOST];  /* "heads", or the name of the field; of a vote with one lane it is left out */
    const char *lane_zh[VOTE_LANES_MOST]; /* as a Chinese sentence calls it; NULL: by the same name */
    int32_t scale[VOTE_LANES_MOST];     /* decimal places of its weights */
    const char *choice[VOTE_CHOICES_MOST]; /* by its title: only a Chinese sentence says it */
    bool secret_open;                   /* ballots are sealed: only the turnout is known */
};
/* The result with its arithmetic: "13 of 16 members: 5 × 13 = 65 ≥ 4 × 16 = 64, passed". A lane after the other, the quorum first. While it
 * is open: how it stands. */
struct text vote_sentence(struct arena *arena, const struct vote_rule *rule, const struct vote_tally *tally, enum vote_result result,
                          const struct vote_words *words, bool chinese);
const char *vote_result_word(enum vote_result result);

#endif
