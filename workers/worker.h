/* worker: the C library for worker processes. One connection to one engine, one thread. PROTOCOL.md section 10 is the contract.
 *
 * It registers, and again whenever the connection or the engine was lost; gives credit as there is room; beats so that leases
 * hold while the caller works; keeps every report and sends it again under the same event id until it is answered.
 *
 *     worker_next ── TASK ──> held under a lease ──(accept, settle, fail, send_event: a report)──> answered: worker_next gives
 *                             │    ^ the same task again, with a new lease: taken note of here,     APPLIED, DUPLICATE or REFUSED
 *                             │    └ the caller goes on with what it does                           with `task`: it is held no more
 *                             └── CANCEL of that task: nothing is owed any more, a report of it would be refused
 *
 * Tasks arrive at least once. As long as a task is held the caller sees it once; whoever must not do a thing twice after a
 * restart, or after a lease that ran out, remembers the task's id with what came of it (as the mediation centre's docket does).
 *
 * A program that waits for nothing else calls worker_next with a wait. One with its own loop polls worker_descriptor, at most
 * worker_wake_ms long, and calls worker_next(…, 0, …) until it gives ERR_TIMED_OUT before it polls again, after reports too. Nothing beats in the background: who
 * works longer than a third of the lease without calling worker_next loses it. */
#ifndef STAIRCASE_WORKER_H
#define STAIRCASE_WORKER_H

#include "proto/message.h"

struct worker;
struct key_ring;

struct worker_options {
    const char *endpoint;      /* ipc:///path/workers.sock or tcp://HOST:PORT */
    const struct key_ring *key; /* for TCP (proto/key.h); copied; NULL for ipc */
    const char *name;          /* stays the same over restarts: accepted tasks belong to it */
    const char *const *topics;
    uint32_t topic_count;
    const char *unit;          /* only cases at that unit and below; NULL: everywhere */
    uint32_t in_flight_most;   /* tasks held at once; 0 means 1. After a lost connection up to twice as many for a while */
    uint32_t retry_ms;         /* a report is sent again when no answer came in this time; 0 means 5000 */
    int64_t (*clock)(void);    /* milliseconds that never go back; NULL: the machine's. For tests */
};

/* ERR_OK; ERR_USAGE: not an endpoint; ERR_NO_MEMORY. The engine need not be there yet. Strings and topics stay the caller's and must live on. */
enum err worker_open(struct worker **worker, const struct worker_options *options);
/* Leaves at once: what is held comes again when its lease has run out. Reports without an answer are forgotten. */
void worker_close(struct worker **worker);

/* The next thing that the caller must know, waiting up to wait_ms (0: do not wait; negative: for ever). The message lives until the next call:
 *   TASK     a task or, with `what` = notice, a notice
 *   CANCEL   with `about`: a task accepted before is no longer wanted; the cancellation is held like a task, settle it. Without:
 *            the held task `task` is no longer wanted, and is held no more
 *   APPLIED, DUPLICATE, REFUSED   the final answer to the report about `task` (`id`: the report's). A task that is still held
 *            after a refusal (worker_holds) must be reported otherwise
 * ERR_OK; ERR_TIMED_OUT: nothing came, or a signal did; ERR_NO_MEMORY; any other: the engine refused the registration for good, and `*message` is its refusal. */
enum err worker_next(struct worker *worker, int wait_ms, struct message *message);

/* For poll; another one after a lost connection, so ask each time. */
int worker_descriptor(struct worker *worker);
/* How long poll may wait at most before worker_next wants to be called again. */
int worker_wake_ms(const struct worker *worker);
/* The engine knows this worker. */
bool worker_registered(const struct worker *worker);
bool worker_holds(const struct worker *worker, uint64_t task);
/* How many tasks are held; reports without an answer. */
uint32_t worker_held(const struct worker *worker);
uint32_t worker_unanswered(const struct worker *worker);

/* ---- reports: each is kept and sent until answered; `id` is the event id to use, 16 bytes, empty: a new one ----
 * ERR_OK; ERR_UNKNOWN_TASK: it is not held, or has been reported already; ERR_BUSY: too many reports have no answer yet;
 * ERR_TOO_LARGE; ERR_NO_MEMORY. */

/* It is on my disk: from now on it is mine, without a lease, until an event settles it. */
enum err worker_accept(struct worker *worker, uint64_t task, struct text id);
/* Of a notice, a cancellation, or a task whose stage asks for no event. */
enum err worker_settle(struct worker *worker, uint64_t task, struct text id);
/* `again`: worth another attempt, after `after_ms` (0: as the engine thinks right). Otherwise an incident stands on the case. */
enum err worker_fail(struct worker *worker, uint64_t task, struct text id, struct text why, bool again, uint32_t after_ms);
/* An event of the workflow that settles a task that is held, or was accepted before (then after the answer to the acceptance):
 * `task`, `subject`, `event`, `data`; `id` and `as` may be empty: a new one, `worker:NAME`. */
enum err worker_send_event(struct worker *worker, const struct message *event);

#endif
