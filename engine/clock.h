/* clock: the clocks of a case: its stage's deadline, warning and reminders, its tasks' deadlines. When they start, what moves them, when
 * they are dropped. Pure; part of the step that a decision is made in. */
#ifndef STAIRCASE_CLOCK_H
#define STAIRCASE_CLOCK_H

#include "engine/step.h"

/* The case has entered its stage: the deadline, its warning, the reminders that count from entry. */
void clock_enter(struct step *step);
/* A task of `tasks` is owed from now on: its own deadline, where it has one. Row of TASKS. */
void clock_start_task(struct step *step, int32_t task);
/* The case leaves its stage: its clocks are dropped; what extensions added is kept where the deadline counts from the first entry. */
void clock_leave(struct step *step);
/* The stage's deadline has passed and the case stays: the reminders that count from it. */
void clock_start_after_due(struct step *step, int64_t due);
/* Of a case that is held no more: its reminders begin now. */
void clock_release(struct step *step);
/* A reminder has fired: when it does so again. */
void clock_next_reminder(struct step *step, struct case_clock *clock);

/* Fields have changed: deadlines that hang on one follow it. */
void clock_follow(struct step *step);
/* So many units of `extend.add` more on the stage's deadline. */
void clock_extend(struct step *step, int32_t units);
/* The stage's deadline waits (an extension was asked for) and goes on. */
void clock_hold(struct step *step);
void clock_let_go(struct step *step);

/* A newer calendar counts: every clock that was computed under an older one is computed anew; what moved stands in the decision's
 * `changed`. False: none was older. */
bool clock_recompute(struct step *step);

#endif
