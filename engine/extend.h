/* extend: the stage's deadline is moved: the events extend, grant and deny. Pure.
 *
 *     extend ── by whom, how often, fields, before the deadline ── all of an `each`? ──┬── nobody is asked: moved
 *                                                                                      └── asked: the deadline waits ──┬── grant: moved
 *                                                                                                                      └── deny: goes on as it was */
#ifndef STAIRCASE_EXTEND_H
#define STAIRCASE_EXTEND_H

#include "engine/step.h"

bool extend_ask(struct step *step);
bool extend_grant(struct step *step);
bool extend_deny(struct step *step);
/* Which of them could be sent now. */
bool extend_possible(const struct workflow *workflow, const struct case_state *state);
bool extend_is_asked(const struct case_state *state);

#endif
