/* clock: the clocks of a case: its stage's deadline, warning and reminders, its tasks' deadlines, the limit of the whole case. When they
 * start, stop and go on, what moves them, when they are dropped; moment.h says when they are due. Pure. */
#ifndef STAIRCASE_CLOCK_H
#define STAIRCASE_CLOCK_H

#include "engine/step.h"

/* The case begins: the limit of the whole, where there is one. */
void clock_begin(struct step *step);
/* What an outcome has published comes down by itself. Row of PUBLICATIONS. */
void clock_start_publication(struct step *step, int32_t publication);
/* The case ends, its stage was left: nothing of it can fall due, but what is published. What is left of its limit is kept where that goes on when the case is opened again. */
void clock_end(struct step *step, bool limit_resumes);
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
/* The same for the limit of the whole case, which goes on where a stage is left. */
void clock_follow_case(struct step *step);
/* `due_cap` of the case has changed. */
void clock_follow_cap(struct step *step);
/* So many units of `extend.add` more on the stage's deadline. */
void clock_extend(struct step *step, int32_t units);
/* The stage's deadline waits (an extension was asked for) and goes on. */
void clock_hold(struct step *step);
void clock_let_go(struct step *step);

/* Every deadline of the stage and the limit of the case stop; what is left of each is kept. */
void clock_stop(struct step *step);
/* They go on from `at`, with what was left, or (but for the limit of the case) with all of it `anew`. */
void clock_go_on(struct step *step, int64_t at, bool anew);
/* The deadline of a merged case, in a stage whose clock stands: as it would have been if it had been known when the clock stopped. */
int64_t clock_before_stop(const struct step *step, int64_t due);
/* Entered again, by a case whose deadline here, or whose limit, had passed before: it passes only once. */
void clock_stay_overdue(struct step *step);
void clock_stay_over_limit(struct step *step);
/* The stop itself has an end: `longest`. */
void clock_start_stop(struct step *step);

/* It was computed under another calendar than the one that counts now. */
bool clock_is_older(const struct step *step, const struct case_clock *clock);

/* The case goes on under another version, which `step->workflow` is by now: its clocks are counted anew from where they began, with what extensions had
 * added. A deadline that has passed already under the old version (`old`, the case before) does not pass again. What moved stands in `changed`. */
void clock_migrate(struct step *step, const struct case_state *old, int32_t added);

/* A newer calendar counts: every clock that was computed under an older one is computed anew; what moved stands in the decision's
 * `changed`. False: none was older. */
bool clock_recompute(struct step *step);

#endif
