/* workers: processes that are handed tasks. They accept and settle days later, settle at once, fail, say nothing, answer twice, and die in between.
 *
 * A worker keeps on its own disk (its ledger) what it has accepted, before it says so, as PROTOCOL.md asks; everything else dies with it. So, when
 * all is drained, what the cases say a worker holds and what stands in its ledger must be the same. */
#ifndef STAIRCASE_SIMULATE_WORKERS_H
#define STAIRCASE_SIMULATE_WORKERS_H

#include "tests/simulate/mail.h"

enum { WORKERS_MOST = 8, TOPICS_MOST = 4 };

enum job_state {
    JOB_NEW,      /* leased; it will do something about it */
    JOB_REPORTED, /* a report is under way */
    JOB_HELD,     /* accepted */
    JOB_OVER,
};

struct job {
    struct job *next;
    struct sim_worker *worker;
    uint64_t task, lease, about, case_id;
    struct text topic, workflow, stage;
    bool notice, kept; /* kept: it stands in the ledger */
    enum job_state state;
    struct letter *report;
};

struct sim_worker {
    struct speaker speaker; /* first: a speaker of a worker is its worker */
    const char *topics[TOPICS_MOST];
    const char *unit; /* limited to it and below; NULL: everywhere */
    bool alive, registered;
    int64_t silent_until;
    struct letter *registration;
    struct job *jobs;
    uint32_t ids;
};

struct workers {
    struct sim_worker workers[WORKERS_MOST];
    uint32_t count;
};

void workers_begin(struct sim *sim);
/* Obedient from now on: everybody lives and accepts whatever comes. */
void workers_drain(struct sim *sim);
/* The engine was started: connections are made anew. */
void workers_engine_is_back(struct sim *sim);
/* Its connection has broken: it makes another one. */
void workers_connect_again(struct sim *sim, struct speaker *speaker);
/* Whoever is alive and not silent has sent its beats by now. */
void workers_beat(struct sim *sim);
/* Every report has its answer. */
bool workers_done(const struct sim *sim);
/* Whether that task stands in the ledger of the worker of that name. */
bool workers_keeps(const struct sim *sim, struct text name, uint64_t task);
/* --break double-lease. */
void workers_tell_another(struct sim *sim, const struct speaker *first, const struct message *message);

#endif
