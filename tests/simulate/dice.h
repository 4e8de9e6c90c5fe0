/* dice: everything random in a run, from one seed (SplitMix64). The same seed throws the same for ever. */
#ifndef STAIRCASE_SIMULATE_DICE_H
#define STAIRCASE_SIMULATE_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t x = dice->state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* 0 to bound - 1; 0 for a bound of 0. */
static inline uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return bound ? (uint32_t)(dice_next(dice) % bound) : 0;
}

/* Both ends included. */
static inline int64_t dice_between(struct dice *dice, int64_t least, int64_t most)
{
    return least + (int64_t)(dice_next(dice) % (uint64_t)(most - least + 1));
}

static inline bool dice_chance(struct dice *dice, uint32_t per_mille)
{
    return dice_below(dice, 1000) < per_mille;
}

/* Mostly short, now and then long: from `least`, each doubling half as likely as the one before. */
static inline int64_t dice_tail(struct dice *dice, int64_t least, int64_t most)
{
    int64_t reach = least > 0 ? least : 1;
    while (reach < most && dice_chance(dice, 500))
        reach *= 2;
    return dice_between(dice, least, reach < most ? reach : most);
}

#endif
