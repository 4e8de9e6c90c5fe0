/* reopen: an ended case is opened again: by whom, how long after, into which stage. Pure.
 *
 * It is the one event that an ended case takes. Its clocks start anew, first entries among them; what has happened in it still counts (`most`, not-same-as);
 * whatever of it was published is taken down. The limit of the whole case begins anew, or goes on with what was left. */
#ifndef STAIRCASE_REOPEN_H
#define STAIRCASE_REOPEN_H

#include "engine/step.h"

/* The event; true: applied. */
bool reopen_case(struct step *step);
/* The case ends: its clocks with it, but for what a re-opening will need to know. */
void reopen_remember(struct step *step);
/* It could be sent now to this ended case. */
bool reopen_possible(const struct advance_input *input);
/* Until when, for an ended case whose workflow has `reopen`; INT64_MAX: for ever. */
int64_t reopen_last_moment(const struct advance_input *input);

#endif
