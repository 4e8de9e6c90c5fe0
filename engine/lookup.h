/* lookup: the row of a table that fits a case. Pure. */
#ifndef STAIRCASE_LOOKUP_H
#define STAIRCASE_LOOKUP_H

#include "engine/case.h"

/* The first row (of LOOKUP_ROWS) that fits the values of the case; NONE: none does. An empty field fits only `any`. */
int32_t lookup_find(const struct workflow *workflow, const struct case_state *state, int32_t lookup);

#endif
