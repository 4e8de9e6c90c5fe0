/* kin: cases that know each other: a case and the children that it opened, and those that people tie to each other (kin_link.c). Pure.
 *
 * Cases touch each other only by events. What one has to say is an effect (EFFECT_SAY), which the engine keeps in the outbox and, once it
 * is on disk, brings to the door as an event for the other (engine_kin.c); so it would also go to another machine.
 *
 *     parent                                               child
 *     open: [...]      ──── EVENT_OPEN ──────────────────> it opens
 *       CHILD_REFUSED  <─── EVENT_CASE child-refused ───── it could not: an incident stands on the parent; retry says the first again
 *       CHILD_ENDED    <─── EVENT_CASE child-ended ─────── it has ended, with what its end gives
 *     it has ended     ──── EVENT_CASE parent-ended ─────> it is cancelled (if-parent-ends: cancel)
 *
 * A held case says nothing; what it should have opened is opened when it is released. */
#ifndef STAIRCASE_KIN_H
#define STAIRCASE_KIN_H

#include "engine/step.h"

/* Opens the children of OPENS rows. What cannot be opened here becomes an incident. false: refused. */
bool kin_open(struct step *step, struct span opens);
/* The case has ended: its children hear of it where they should, and so does its parent. false: refused. */
bool kin_end(struct step *step);
/* An ended case goes on: what could not be opened is an incident again. */
void kin_resume(struct step *step);
/* A held case was released: its children are opened. */
void kin_release(struct step *step);
/* A supervisor's retry of a child that could not be opened. */
void kin_open_again(struct step *step, struct case_child *child);
/* What the stage waits for: so many of its children have ended as they should, so many are needed, so many there are. */
struct kin_wait {
    int32_t ended, needed, of;
    bool enough; /* also of a stage that waits for none */
};
struct kin_wait kin_waits(const struct workflow *workflow, const struct case_state *state);
/* Whether enough children have ended for the stage to go on; a stage that waits for none: yes. */
bool kin_enough(const struct step *step);
/* `stops-clock`: the clock stands still, and goes on, where the stage says so; more than once does no harm. */
void kin_stop_clock(struct step *step);
void kin_let_clock_go(struct step *step);

/* What this case has to say to the one of that key: the caller adds to it. NULL: refused. */
struct event *kin_say(struct step *step, struct text name, struct text key);
/* The same as an opening, of a case that is nobody's child. */
struct event *kin_say_open(struct step *step, uint32_t unit);

/* What the case could not take of what another had to say. */
void kin_tell_supervisor(struct step *step, struct text zh, struct text en);

/* ---- kin_hear.c ---- */
/* EVENT_CASE; true: applied. What follows from it cannot be refused to the other case: where it is, it is told to the supervisor. */
bool kin_hear(struct step *step);
/* `then` of the stage where nothing more is waited for; where it cannot be done, the supervisor is told. */
void kin_try_to_go_on(struct step *step);

/* ---- kin_link.c: events of a supervisor; true: applied ---- */
bool kin_link(struct step *step);
bool kin_merge(struct step *step);
bool kin_unmerge(struct step *step);
bool kin_split(struct step *step);
/* What another case has to say about them; `*known` false: it is nothing of the kind. */
bool kin_hear_link(struct step *step, bool *known);
/* It was opened because another case was split: that one hears of it. false: refused. */
bool kin_was_split_off(struct step *step);
/* The case that this one was merged into, in words; empty: it was not. */
struct text kin_survivor(struct step *step);

#endif
