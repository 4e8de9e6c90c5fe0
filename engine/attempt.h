/* attempt: something that may be refused, within a decision that may not be: what a deadline leads to, what another case has to say. Pure.
 *
 * Refused half-way it is taken back, and the decision goes on as if it had not been tried. */
#ifndef STAIRCASE_ATTEMPT_H
#define STAIRCASE_ATTEMPT_H

#include "engine/step.h"

/* Everything that an outcome may have changed when it is refused half-way. */
struct attempt {
    struct case_state *state;
    uint32_t effect_count, roll_count, made;
    bool entered;
};

struct attempt attempt_begin(const struct step *step);
/* Also clears the refusal. */
void attempt_undo(struct step *step, const struct attempt *attempt);

#endif
