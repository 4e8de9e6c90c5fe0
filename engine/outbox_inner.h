/* outbox_inner: what the files of the outbox share. Nobody else includes it.
 *
 *   outbox.c          workers: registering, credit, beats       outbox_report.c   reports, lapses, withdrawals
 *   outbox_pump.c     handing out                               outbox_lease.c    the table of leases */
#ifndef STAIRCASE_OUTBOX_INNER_H
#define STAIRCASE_OUTBOX_INNER_H

#include "engine/limits.h"
#include "engine/outbox.h"

struct worker_link;

/* Where reading a topic goes on: the first row that was not looked at. */
struct outbox_place {
    int64_t ready_at;
    uint64_t task;
};

struct subscription {
    struct text topic;
    struct outbox_place place;
    int64_t wake; /* engine's time from which there may be something at `place`; INT64_MIN: look now, INT64_MAX: only when something changes */
};

/* A connection on which a worker has registered. */
struct worker_link {
    struct worker_link *next;
    uint64_t peer;
    char *memory;        /* of the texts below */
    struct text name;
    struct text unit;    /* path; empty: everywhere */
    struct subscription *topics;
    uint32_t topic_count;
    uint32_t turn;       /* the topic that is asked first */
    uint32_t credit, leased;
    int64_t heard;       /* monotonic time of its last beat or registration */
    bool stuffed;        /* it took no more; until it says something */
    bool gone;           /* kept while it has leases, for their time to run out */
    struct lease *oldest, *newest; /* its leases, in the order of granting */
};

enum lease_state {
    LEASE_HELD,
    LEASE_LAPSING, /* its failure is being decided */
    LEASE_RESTING, /* a notice or cancellation that failed: owed again at `until` */
};

/* One grant. */
struct lease {
    uint64_t task, number;
    struct worker_link *worker; /* NULL when resting */
    struct lease *older, *newer;
    struct text topic;          /* copied */
    int64_t ready_at;
    uint64_t case_id;
    uint32_t attempt;
    enum outbox_kind kind;
    enum lease_state state;
    int64_t granted;            /* monotonic */
    int64_t until;              /* monotonic, of resting */
};

struct outbox {
    struct outbox_options options;
    struct worker_link *workers; /* newest first */
    uint32_t worker_count;
    uint32_t turn;               /* the worker that is asked first */
    uint64_t next_lease;
    uint64_t directory;          /* position of the directory that the places were read under */
    struct lease **slots;        /* by task, open addressing */
    uint32_t slot_count;         /* a power of two */
    uint32_t lease_count, resting;
};

/* ---- outbox.c ---- */
struct worker_link *worker_by_peer(const struct outbox *outbox, uint64_t peer);
/* When it may have run out: it was granted, or its worker was heard, lease_ms before. */
int64_t lease_expiry(const struct outbox *outbox, const struct lease *lease);
/* Lets go of connections that are gone or silent and hold nothing. */
void outbox_sweep(struct outbox *outbox, struct outbox_time time);
/* Everyone who reads the topic looks at that place again. An empty topic: all topics. */
void outbox_look_again(struct outbox *outbox, struct text topic, struct outbox_place place);

/* ---- outbox_pump.c ---- */
/* The unit is the worker's own or below it. */
bool worker_at_unit(const struct outbox *outbox, const struct worker_link *worker, uint32_t unit_id);

/* ---- outbox_lease.c ---- */
struct lease *lease_find(const struct outbox *outbox, uint64_t task);
/* The number of a lease ends with the attempt that it is for: so a report that comes when the lease is long over still says of which attempt it speaks. */
enum { LEASE_ATTEMPT_BITS = 8 };
static inline uint64_t lease_attempt(uint64_t attempt_or_number)
{
    return attempt_or_number & ((1u << LEASE_ATTEMPT_BITS) - 1);
}
/* NULL: no memory, or too many. */
struct lease *lease_grant(struct outbox *outbox, struct worker_link *worker, uint64_t task, struct text topic, uint32_t attempt);
/* The worker loses it; it is kept as resting. */
void lease_rest(struct outbox *outbox, struct lease *lease, int64_t until);
void lease_end(struct outbox *outbox, struct lease *lease);
/* The first one that rests at or before that time, or NULL. */
struct lease *lease_rested(const struct outbox *outbox, int64_t monotonic);
bool leases_init(struct outbox *outbox);
void leases_close(struct outbox *outbox);

#endif
