/* due: a clock of the case has run out: the deadline of its stage or of a task, a warning, a reminder. Pure.
 *
 * Firing is idempotent: a clock that is not there any more, that is due at another time, or that is not due yet is refused, and
 * nothing changes. What a deadline brings about cannot be refused: nobody would hear it, and it would fall due for ever. Where
 * its outcome cannot be carried out the case is marked overdue instead, and its supervisor is told why. */
#ifndef STAIRCASE_DUE_H
#define STAIRCASE_DUE_H

#include "engine/step.h"

/* EVENT_DUE; true: applied. */
bool due_fire(struct step *step);
/* EVENT_RECOMPUTE; true: applied. */
bool due_recompute(struct step *step);
/* Runs an outcome that nobody can be refused: where it cannot be carried out the case stays as it is, and its supervisor is told why. NONE: nothing. */
void due_follow(struct step *step, int32_t outcome);
/* The case holds no more than a case can hold. false: refused. */
bool due_within_bounds(struct step *step);

#endif
