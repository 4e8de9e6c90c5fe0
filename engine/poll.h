/* poll: votes (and ratings) while they run: the roll is drawn and frozen, members attend, give ballots, are recused. Pure.
 *
 *     stage entered ── poll_open: draw the roll, choose the rule ──> OPEN ──┬── early: the result is certain ──> poll_close
 *                           ballot, attend, recuse ──^     │                ├── the stage's deadline ──────────> poll_close_due
 *                                                          │                └── the stage is left otherwise ───> LEFT
 *     poll_close: the result with its arithmetic is noted and told, then the way of the vote that it leads to is run.
 *     A secret vote is COUNTING between its deadline and the event that brings the counts (poll_count.c).
 *
 * Rows of the roll come in as values (advance_input.rolls: those of the persons that poll_reads names) and go out as changes of the
 * decision. The tally stands in the case. A ballot that comes after the close is recorded, and its answer says that it does not count.
 *
 * A rating is a vote without `pass`: the same drawing with a lane for each group of raters, the same events and rows; its own is how it closes
 * (poll_rating.c): with a score, or with too few raters in some group; at its deadline, or when everybody has given a final grade. */
#ifndef STAIRCASE_POLL_H
#define STAIRCASE_POLL_H

#include "engine/step.h"

/* ---- what a decision needs ---- */

enum { POLL_READS_MOST = 3 };
/* Which rows of which roll the event needs: the persons, at most POLL_READS_MOST; 0: none. */
uint32_t poll_reads(const struct workflow *workflow, const struct case_state *state, const struct event *event, uint32_t *roll,
                    struct text persons[POLL_READS_MOST]);
bool poll_is_event(struct text name); /* ballot, attend, recuse */
/* Whether that person had a voice in the newest vote of the stage: on its roll and not recused, or with a ballot for others. Known of those whose
 * rows poll_reads has named, which it does for an event that keeps the voters of a stage out (not-same-as). */
bool poll_had_voice(const struct step *step, int32_t stage, struct text person);

/* ---- the stage ---- */

/* The stage that was just entered has a vote: it opens. true without one. false: refused. */
bool poll_open(struct step *step);
/* The stage is left: a vote that is open ends without a result. */
bool poll_leave(struct step *step); /* false: refused */
/* The stage's deadline has come and a vote is open: it closes. */
void poll_close_due(struct step *step);

/* Who stands in one lane, and with which weight. */
struct poll_lane {
    struct span people;
    int32_t with_name; /* string: the `with` whose value is the weight; NONE: one each */
};
/* Draws the roll of `poll` (its tally has lanes and choices): a row for everyone in some lane; who is among `recuse` is recused at once. false: refused. */
bool poll_draw(struct step *step, struct case_poll *poll, const struct poll_lane *lanes, struct span recuse);

/* ---- the events; true: applied ---- */
bool poll_ballot(struct step *step);
bool poll_attend(struct step *step);
bool poll_recuse(struct step *step);
/* The vote that an event is for: the one that its field `vote` names by its stage, else the one that runs, else the newest. NULL: none. */
const struct case_poll *poll_of_event(const struct workflow *workflow, const struct case_state *state, const struct event *event);
/* Whether they are possible now. */
bool poll_takes_ballots(const struct case_state *state);
/* Of an ended case: a ballot for a vote that is over is recorded all the same. */
bool poll_is_late_ballot(const struct step *step);

/* ---- the result (poll_result.c) ---- */

/* The vote's rules as numbers. */
struct vote_rule poll_rule(const struct workflow *workflow, const struct case_poll *poll);
/* How it stands or came out, with its arithmetic. */
struct text poll_sentence(const struct workflow *workflow, struct arena *arena, const struct case_poll *poll, bool chinese);
/* If it closed now. */
enum vote_result poll_result(const struct workflow *workflow, const struct case_poll *poll);
/* It closes with this result: noted, told, and its way is run. */
void poll_close(struct step *step, struct case_poll *poll, enum vote_result result, bool early);
/* After a ballot, an attendance or a recusal: closes a vote whose result is certain. */
void poll_look_early(struct step *step, struct case_poll *poll);
/* ---- ratings (poll_rating.c) ---- */

bool poll_is_rating(const struct workflow *workflow, const struct case_poll *poll);
/* If it closed now: VOTE_PASSED (there is a score) or VOTE_NO_QUORUM (some group has too few). */
enum vote_result poll_rating_result(const struct workflow *workflow, const struct case_poll *poll);
/* Everybody on the roll has rated, or cannot any more. */
bool poll_rating_is_complete(const struct case_poll *poll);
struct text poll_rating_sentence(const struct workflow *workflow, struct arena *arena, const struct case_poll *poll, bool chinese);
/* The score goes into its field. */
void poll_rating_take(struct step *step, const struct case_poll *poll);

/* Which of the choices that is; -1: none. */
int32_t poll_choice(const struct workflow *workflow, const struct case_poll *poll, struct text name);

/* ---- secret votes (poll_count.c) ---- */

bool poll_is_secret(const struct workflow *workflow, const struct case_poll *poll);
/* Of a secret vote that is over: its counts, and the end of its key, are owed from now on. false: refused. */
bool poll_owe(struct step *step, struct case_poll *poll);
/* A held case was released: what is owed leaves now. */
void poll_release(struct step *step);
/* EVENT_COUNT: the counts have come ("counted"), or the key is no more ("key-destroyed"); true: applied. */
bool poll_counted(struct step *step);

#endif
