/* decimal: numbers with a declared scale, as integers in units of that scale. "12.5" at scale 2 is 1250. Pure; no floating point. */
#ifndef STAIRCASE_DECIMAL_H
#define STAIRCASE_DECIMAL_H

#include "engine/arena.h"

/* false: not a decimal number, more decimal places than the scale has, or beyond 64 bits. */
bool decimal_parse(struct text text, int32_t scale, int64_t *number);
struct text decimal_print(struct arena *arena, int64_t number, int32_t scale);

#endif
