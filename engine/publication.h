/* publication: what a case shows to everybody: the fields that its workflow names, as they were when they were put up. Pure.
 *
 *     a stage with `publish`      up when it is entered, down when it is left; its `within` is the period, and at its end `then` follows
 *     an outcome with `publish`   up beside the work, also of a case that has ended; down after its time (a clock of its own)
 *     reopening                   takes everything down
 *
 * Of one `publish` of the workflow one publication is up at a time: put up again, the new one takes the place of the old. */
#ifndef STAIRCASE_PUBLICATION_H
#define STAIRCASE_PUBLICATION_H

#include "engine/step.h"

/* The stage was entered; it is left. */
void publication_enter(struct step *step);
void publication_leave(struct step *step);
/* An outcome's `publish`: row of PUBLICATIONS, or NONE. */
void publication_put_up(struct step *step, int32_t row);
/* Its time is over. */
void publication_fire(struct step *step, int32_t row);
/* The case is opened again: nothing of it stays up. */
void publication_withdraw(struct step *step);

#endif
