/* task: the work of a stage: made on entering, settled by the stage's events or by leaving, offered to worker processes. Pure.
 *
 *     TASK_OPEN ──accept, claim──> TASK_HELD ──event of the task's name──> TASK_DONE
 *         │  ^                        │
 *         │  └──────── fails, later ──┤            every state but DONE: leaving the stage ends it; offers are withdrawn,
 *         └── fails for the last time ┴──> TASK_FAILED    who holds it is told, an incident is closed
 *                 an incident stands; a supervisor's retry, or a person's claim, takes it out again */
#ifndef STAIRCASE_TASK_H
#define STAIRCASE_TASK_H

#include "engine/step.h"

/* The stage was entered: its tasks are made and offered. false: refused. */
bool task_enter(struct step *step);
/* The case goes on under another version: tasks that its stage has there and had not before are made, and offers follow their topics. false: refused. */
bool task_migrate(struct step *step);
/* The stage is left, or `done` holds: everything that is not done ends. false: refused. */
bool task_cancel_all(struct step *step);
/* An event has settled the task of that row. false: refused. */
bool task_settle(struct step *step, int32_t row);
/* Whether the stage's `done` holds (it has no `tasks`: no). */
bool task_stage_done(const struct step *step);
/* A task that an event settles has been settled already in this stage. */
bool task_is_settled(const struct case_state *state, int32_t row);
/* A held case was released: every open task of workers is offered. */
void task_offer_all(struct step *step);
/* Offered to workers from `ready_at` on. */
void task_offer(struct step *step, struct case_task *task, int64_t ready_at);
/* Nobody holds it any more: offered to the workers of its topic, where it has one. */
void task_offer_anew(struct step *step, struct case_task *task);
/* No longer offered, where it was. */
void task_withdraw(struct step *step, const struct case_task *task);
/* The incident on it is closed, where there is one; call it while the task is still TASK_FAILED. */
void task_close_incident(struct step *step, const struct case_task *task);
/* Sets or clears CASE_INCIDENT by what the tasks and the openings of children say. */
void task_mark_incidents(struct case_state *state);
/* The task's name, or the stage's when it is the only one. */
const char *task_name(const struct step *step, const struct case_task *task);

/* ---- task_report.c: what workers and supervisors say about tasks; true: applied ---- */
bool task_accept(struct step *step);
bool task_settled_by_report(struct step *step);
bool task_fail(struct step *step);
bool task_retry(struct step *step);
/* A send in the name of a task: that it is still there and this worker's. false: refused. */
bool task_may_report(struct step *step);

/* ---- task_claim.c: the events claim and hand-over; true: applied ---- */
bool task_claim(struct step *step);
bool task_hand_over(struct step *step);
/* People may have it: it is for people, not done, and no worker holds it. */
bool task_is_for_people(const struct workflow *workflow, const struct case_task *task);
/* Whether there is a task that people could claim or hand over now. */
bool task_claimable(const struct workflow *workflow, const struct case_state *state);

/* ---- task_handlers.c: the events unclaim, add-handler and remove-handler; true: applied ---- */
bool task_unclaim(struct step *step);
bool task_add_handler(struct step *step);
bool task_remove_handler(struct step *step);
/* The task has ended: who handled it besides is told. */
void task_drop_handlers(struct step *step, int32_t task);

#endif
