/* host: the process that the engine runs in: door, engine, seal and outbox, as the server uses them, without sockets and loop.
 *
 * It can die at any moment and is started again; then everything but the two stores is gone. Its clock is its own: it may be off, and step.
 * host_turn.c is one turn of its loop: what a server does, in its order. host_owed.c: what it owes to those whose keys it holds. */
#ifndef STAIRCASE_SIMULATE_HOST_H
#define STAIRCASE_SIMULATE_HOST_H

#include "engine/outbox.h"
#include "engine/walltime.h"
#include "tests/simulate/map.h"
#include "tests/simulate/sim.h"

struct inbox_item {
    struct inbox_item *next;
    uint64_t peer;
    struct text bytes;
};

/* A case key whose parked events are to be decided. */
struct parked_key {
    struct parked_key *next;
    struct text key;
};

struct host {
    struct store *store, *keys; /* outlive the process */
    bool alive;
    struct engine *engine;
    struct seal *seal;
    struct outbox *outbox;
    int64_t counts_at;  /* not before that: the disk of the keys was full (monotonic) */
    struct door door;
    int64_t skew, jump; /* of the wall clock; the jump is one that must not be believed */
    struct walltime walltime;
    int64_t clock_most; /* the latest that it has ever shown */
    uint64_t leases;    /* given out by all processes so far */
    struct inbox_item *inbox, **inbox_end;
    uint32_t inbox_count;
    struct parked_key *parked; /* to be decided */
    struct map waiting;        /* (sender, id) of a parked event -> letter that waits for the final answer */
    int64_t turn_at;           /* the next turn; INT64_MAX: none is planned */
    uint64_t turns, crashes, faults;
    bool in_batch;
    bool dying;                /* it was killed while it sent something to a worker */
    bool reload;               /* a batch failed: read the state again first */
    struct arena arena;        /* of a turn: answers live here until they are sent */
    /* an armed fault: the store has failed once it has been called so often */
    bool store_armed, keys_armed;
    uint64_t store_fails_at, keys_fails_at;
    struct store_memory_fault store_fault, keys_fault;
};

void host_begin(struct sim *sim);
void host_end(struct sim *sim);
/* false: the store failed while it started; it tries again later. */
bool host_start(struct sim *sim);
/* Somebody finds that it is down, if it is. */
void host_wake(struct sim *sim);
void host_crash(struct sim *sim, const char *where);
void host_receive(struct sim *sim, uint64_t peer, struct text bytes);
void host_plan_turn(struct sim *sim, int64_t at);
int64_t host_clock(const struct sim *sim);
/* How far that is ahead of the true time. */
int64_t host_ahead(const struct sim *sim);
struct outbox_time host_outbox_time(struct sim *sim);

/* An error of the engine: whatever it was, the batch is gone. Says so if the store had no part in it. */
void host_failed(struct sim *sim, enum err code, const char *where);
/* The fault that was armed has come. */
bool host_fault_came(const struct sim *sim);
void host_disarm(struct sim *sim);
/* While somebody else looks into the stores, an armed fault waits. */
void host_pause_faults(struct sim *sim);
void host_resume_faults(struct sim *sim);

/* The key of a person is destroyed. */
enum err host_erase(struct sim *sim, struct text person);
/* host_owed.c: what is owed to secret votes, as events for the next batch; between batches. */
bool host_owes_counts(const struct sim *sim);
enum err host_take_counts(struct sim *sim, struct event *events, uint32_t most, uint32_t *count);
enum err host_decide_counts(struct sim *sim, const struct event *events, uint32_t count);
/* Keys of cases whose time is over: after a commit; and of all there are, after a start. */
enum err host_forget(struct sim *sim, const struct engine_done *done);
enum err host_forget_again(struct sim *sim);

/* host_turn.c */
void host_turn(struct sim *sim);
/* Sends an answer and lets the audit look at it; `to` may be gone. */
void host_answer(struct sim *sim, uint64_t peer, const struct message *answer);

#endif
