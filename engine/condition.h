/* condition: does a condition hold for a case? Pure. */
#ifndef STAIRCASE_CONDITION_H
#define STAIRCASE_CONDITION_H

#include "engine/case.h"

/* Does row `condition` hold? When it does not and `failed` is not NULL, it gets the row of the innermost part that did not.
 * An empty field is never equal, never within a range. */
bool condition_holds(const struct workflow *workflow, const struct case_state *state, int32_t condition, int32_t *failed);

/* Is a field's value the one that the workflow names? (Rows of limits and topics are chosen by it too.) */
bool condition_value_is(const struct workflow *workflow, const struct value *value, const struct workflow_value *wanted);

/* The condition in words, for refusals and traces: "kept is true", "category is one of neighbour, family". */
struct text condition_words(const struct workflow *workflow, struct arena *arena, int32_t condition);

#endif
