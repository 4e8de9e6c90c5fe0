/* outbox: what is owed to worker processes, and who is at it.
 *
 * What is owed stands in the store (table OUTBOX), written by the engine with the event that made it, and goes only by an event. Who has
 * been given what is kept here and is forgotten with the process: a lease. So a crash repeats tasks and loses none.
 *
 *            engine writes row                     engine deletes row (accepted, settled), or moves it (failed: later)
 *                  │                                         │
 *     (owed) ── pump: a worker with credit ──> (leased) ── report ──> (reported) ── commit ──> gone, or owed again
 *        ^                                        │                        │
 *        └──────── lapsed: no beat for lease_ms ──┘ <── commit refused ────┘
 *
 * A lapsed task is a failed attempt (an event); a lapsed notice or cancellation just becomes owed again. Cancellations go only to the
 * worker that held what is cancelled. Each worker reads its topics from where it stopped (rows stand in order of readiness), and a turn
 * looks at a bounded number of rows, so a long queue delays nobody.
 *
 * Files: outbox.c (workers), outbox_pump.c (handing out), outbox_report.c (reports, silence), outbox_lease.c (the table of leases).
 *
 * No socket, no clock: `sender` carries messages, `now` is the engine's time (rows are ready by it), `monotonic` counts leases. */
#ifndef STAIRCASE_OUTBOX_H
#define STAIRCASE_OUTBOX_H

#include "engine/door.h"
#include "engine/view.h"

struct outbox;

/* Hands a message to a connection. ERR_OK; ERR_BUSY: it takes no more now; ERR_NOT_FOUND: it is gone. */
struct outbox_sender {
    enum err (*send)(void *context, uint64_t peer, const struct message *message);
    void *context;
};

struct outbox_options {
    struct engine *engine;
    struct seal *seal;
    struct outbox_sender sender;
    /* Whether who registered under that name for that unit may still, now that the directory has changed. NULL: yes. */
    bool (*may_still)(void *context, uint64_t peer, struct text name, struct text unit);
    void *context;
    /* What private fields a task is about to show that worker. ERR_OK, or why it may not go now, as of the sender. NULL: nobody asks. */
    enum err (*note_shown)(void *context, uint64_t peer, struct text worker, struct view_shown *shown);
    uint32_t lease_ms;
    uint64_t first_lease;               /* numbers of leases begin here, times 256: above those of any engine before it */
    const struct text *history_topics;  /* tasks of these topics bring the case's history along */
    uint32_t history_topic_count;
};

struct outbox_time {
    int64_t now;       /* engine's time, milliseconds UTC */
    int64_t monotonic; /* milliseconds */
};

/* The options' texts stay the caller's. */
enum err outbox_create(struct outbox **outbox, const struct outbox_options *options);
void outbox_destroy(struct outbox **outbox);

/* Other topics bring the history along from now on. */
void outbox_set_history(struct outbox *outbox, const struct text *topics, uint32_t count);

/* ---- what workers say ---- */
/* Registers, again on the same connection: replaces. The answer is `registered` or a refusal. */
void outbox_register(struct outbox *outbox, uint64_t peer, const struct message *message, struct outbox_time time, struct message *answer);
/* false: this connection is not registered. */
bool outbox_credit(struct outbox *outbox, uint64_t peer, uint32_t credit);
bool outbox_beat(struct outbox *outbox, uint64_t peer, struct outbox_time time);
/* The connection is gone. Its leases run out as if it were silent: it may come back. */
void outbox_gone(struct outbox *outbox, uint64_t peer);

/* Checks a report (accept, settle, fail, send) against registration and lease, and says who brings it. ERR_OK; ERR_NOT_REGISTERED, ERR_DENIED with
 * `*why` in the arena; ERR_STALE_LEASE, ERR_UNKNOWN_TASK: to be refused so, unless it was applied before (door_seen: a repeat gets its first
 * answer also when the task has gone to another meanwhile); store errors. */
enum err outbox_check(struct outbox *outbox, struct arena *arena, uint64_t peer, const struct message *message, struct door_origin *origin,
                      struct text *why);
/* A worker could not take note of a notice or cancellation: no event, it just rests and is owed again. true: this was such a report, answer
 * it with applied. */
bool outbox_note_failed(struct outbox *outbox, uint64_t peer, const struct message *report, struct outbox_time time);
/* What was decided about a report that was checked, after the commit: what is owed no more is leased no more. */
void outbox_reported(struct outbox *outbox, uint64_t peer, const struct message *report, const struct message *answer);

/* ---- leases that ran out ---- */
/* The next one whose worker has been silent, or false. `*origin` and `*task` are for door_lapse; decide it and call outbox_lapse_done after the commit.
 * (A batch that fails brings them again.) Notices and cancellations are not brought: they are owed again at once. */
bool outbox_lapsed(struct outbox *outbox, struct outbox_time time, struct door_origin *origin, uint64_t *task);
void outbox_lapse_done(struct outbox *outbox, uint64_t task);
/* A batch was given up: what outbox_lapsed brought is to be brought again. */
void outbox_lapse_again(struct outbox *outbox);

/* ---- after a commit ---- */
/* Tasks that are no longer to be done: whoever leases one is told. */
void outbox_withdrawn(struct outbox *outbox, const uint64_t *tasks, uint32_t count);
/* Something new is owed, ready at `earliest` or later. */
void outbox_changed(struct outbox *outbox, int64_t earliest);
/* Hands out what is owed, as far as credit and the limits of a turn go. `*more`: there is more to look at, come again. Between batches.
 * ERR_OK or a store error. */
enum err outbox_pump(struct outbox *outbox, struct arena *arena, struct outbox_time time, bool *more);
/* How many milliseconds until something is to be done; INT64_MAX: nothing by itself. */
int64_t outbox_wait(const struct outbox *outbox, struct outbox_time time);

/* ---- figures ---- */
uint32_t outbox_worker_count(const struct outbox *outbox);
/* Since when the oldest waits that is ready and that no worker has: INT64_MAX: none. Of the first LIMIT_TURN_SCAN rows that are looked at.
 * ERR_OK or a store error. */
enum err outbox_oldest(const struct outbox *outbox, struct outbox_time time, int64_t *ready_at);
uint32_t outbox_lease_count(const struct outbox *outbox);
/* The name a connection has registered; empty: none. */
struct text outbox_worker_name(const struct outbox *outbox, uint64_t peer);
/* Rows for `status`: {what, topics, u, credit, leased, seen}. */
struct value outbox_workers(const struct outbox *outbox, struct arena *arena, struct outbox_time time);

#endif
