/* clock_stand: what clock.c and clock_stand.c share. */
#ifndef STAIRCASE_CLOCK_STAND_H
#define STAIRCASE_CLOCK_STAND_H

#include "engine/clock.h"
#include "engine/moment.h"

void clock_set(const struct step *step, struct case_clock *clock, const struct moment *moment);
/* The warning of the stage's deadline, by the deadline as it is now. */
void clock_start_warning(struct step *step);
/* Begun while the clocks of the case stand, it stands too: with what was left when they stopped, if it ran then. */
void clock_stand_still(struct step *step, struct case_clock *clock);

/* What its limit alone comes to has moved with the calendar, not with a field. */
void clock_recount_rest(const struct step *step, const struct case_clock *clock);

#endif
