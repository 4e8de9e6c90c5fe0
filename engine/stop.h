/* stop: the clock is stopped and goes on: the events stop-clock and resume. Pure.
 *
 *     runs ── stop-clock: by whom, on which ground, before the deadline ──> stopped ──┬── resume ──────────────────────────> runs
 *       ^                                                                            ├── `longest` is used up (a clock) ──> runs
 *       └────────────────────────────────────────────────────────────────────────────┴── the stage is left ──────────────> runs
 *
 * While it is stopped nothing of the stage falls due, nor does the limit of the case; its warning and reminders are silent. What was left of each
 * deadline is kept as its period is counted (calendar_left), or, with `then: restart`, the stage's begin anew. All stops in a stage
 * together last no longer than `longest`, however often the case comes back to it. */
#ifndef STAIRCASE_STOP_H
#define STAIRCASE_STOP_H

#include "engine/step.h"

bool stop_clock(struct step *step);
bool stop_resume(struct step *step);
/* The clock of `longest` has run out: it goes on from that moment, however late that is noticed. */
void stop_fire(struct step *step, int64_t due);
/* The stage is left: a stop ends with it. */
void stop_leave(struct step *step);

bool stop_is_stopped(const struct case_state *state);
/* stop-clock could be sent now. */
bool stop_possible(const struct workflow *workflow, const struct case_state *state);

#endif
