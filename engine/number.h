/* number: case numbers. advance_series (advance.h) says which series a new case counts in; this fills its number in. Pure. */
#ifndef STAIRCASE_NUMBER_H
#define STAIRCASE_NUMBER_H

#include "engine/advance.h"

struct text number_in(struct arena *arena, struct text series, uint64_t sequence);

#endif
