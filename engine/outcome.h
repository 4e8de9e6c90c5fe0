/* outcome: what follows an event or a deadline: go, climb, end, stay, or a choice among them. Pure.
 *
 *     sets ── choose ──┬── stay                                                        (nothing restarts)
 *                      ├── go, climb ── where? ── leave ── enter ── who is told
 *                      └── end ──────────────── leave ── ended ── who is told
 *
 * Leaving: its tasks are cancelled and who holds them is told, its clocks, its parts of an `each` and an extension that waits go.
 * Entering: unit and level, clocks, tasks, notices. Children are opened after that. Votes, ratings and publications of a stage begin in enter
 * and end in leave, beside the tasks. */
#ifndef STAIRCASE_OUTCOME_H
#define STAIRCASE_OUTCOME_H

#include "engine/step.h"

/* Row of OUTCOMES. false: refused; what has been done to the case so far is to be thrown away. */
bool outcome_run(struct step *step, int32_t outcome);
/* `then` of the stage, where nothing more is waited for and its children were; otherwise nothing. outcome_run does so by itself. false: refused. */
bool outcome_follow(struct step *step);
/* The case ends because another case says so: with its end `cancelled`, or the one that every workflow has. false: refused. */
bool outcome_cancel(struct step *step);
/* The same with `merged`: its children are none the wiser. */
bool outcome_end_merged(struct step *step);
/* A case that had ended enters the stage anew where it stood. false: refused. */
bool outcome_resume(struct step *step);

/* ---- place.c: where a stage is entered ---- */
/* The unit of that level for this case: a row of the directory, or NONE. */
int32_t place_level_unit(const struct step *step, int32_t level);
struct place_to {
    int32_t unit;         /* row of the directory */
    int32_t level;        /* row of LEVELS, or NONE */
    struct text skipped;  /* levels that were passed over because they have no unit: "grid, community", or empty */
};
/* Where `outcome` (a go) leads. false: refused. */
bool place_go(struct step *step, const struct workflow_outcome *outcome, struct place_to *to);
/* One rung up or down the current stage's ladder, entering `stage`. `*beyond`: there is none; nothing is refused then. false: refused. */
bool place_climb(struct step *step, enum climb_direction direction, int32_t stage, struct place_to *to, bool *beyond);

#endif
