/* part: events that count when each of some people, or enough of them, have sent them. Pure.
 *
 * Every person counts once; an agent counts for each it acts for. Whom it takes is read anew with every part: who has left the
 * group since does not count, who has come is waited for. Nobody at all never completes it. */
#ifndef STAIRCASE_PART_H
#define STAIRCASE_PART_H

#include "engine/step.h"

/* The sender's part of `event` (row of EVENTS, or CASE_EXTEND) under row `by`. `*complete`: all that it takes is there (at once where
 * one is enough); the parts are dropped then. false: refused, who has sent it may not send it twice. */
bool part_give(struct step *step, int32_t by, int32_t event, bool *complete);
/* The event `take-back`: the sender's part is undone. */
bool part_take_back(struct step *step);

#endif
