/* audit: looks at everything that the engine shows, and holds it against what it has promised. Nothing of the engine's memory is asked: only
 * what is on disk, and what leaves.
 *
 *   audit.c          what was found; when to look at what
 *   audit_log.c      every new record: chain, once only, numbers, deadlines that fired, private values
 *   audit_answer.c   every answer, held against the log
 *   audit_work.c     what is handed to workers, leases, and what is owed at the end
 *   audit_state.c    all rows of the store together: indexes, known states, deadlines
 *   audit_polls.c    rolls and ballots, what is published, what is forgotten
 *   audit_agenda.c   what the calendar opens and closes
 *   audit_replay.c   a second engine that is fed the log alone */
#ifndef STAIRCASE_SIMULATE_AUDIT_H
#define STAIRCASE_SIMULATE_AUDIT_H

#include "engine/record.h"
#include "tests/simulate/mail.h"
#include "tests/simulate/map.h"

struct model;
struct replica;

/* A case as its records have shown it. */
struct seen_case {
    uint64_t id, last;         /* positions of its first and its last record */
    uint64_t last_other;       /* of the last one that was no deadline */
    uint32_t events;
    const struct workflow *workflow;
    bool held;                 /* imported, not released */
    int64_t effective;         /* of its last record */
    struct text stage, level, end; /* as its last record says */
    void *predicted;           /* model.h */
    bool forgotten;            /* the time for which it is kept is over */
    bool unclaimed;            /* a task of it was given back by a person */
    bool stopped;              /* its clock is stopped */
    struct text sealed_name, sealed; /* a private value that it was opened with */
    uint32_t community;        /* id of the one that it counts for; ended_in: the year */
    int ended_in;
};

/* A roll, as it was drawn. */
struct seen_roll {
    struct text members;
    struct text sealed; /* one of its ballots, where they are secret */
    uint32_t counted;
};

struct seen_ballot {
    struct text choice; /* of a secret one */
};

/* How far the rounds have come. */
enum { AGENDA_GRIDS = 3 };
struct seen_series {
    int through, last; /* days */
};
struct seen_agenda {
    int begins[2]; /* of each version */
    int quota_from; /* the year in which the workflow that has one was deployed; 0: not yet */
    struct seen_series series[AGENDA_GRIDS];
};
struct seen_year {
    int ended;       /* cases that count */
    uint64_t closed; /* position */
};

/* A workflow, as it was deployed. */
struct seen_workflow {
    const struct workflow *workflow;
    struct text name;
    uint32_t version;
    uint64_t position;
};
enum { WORKFLOWS_MOST = 16 };

/* One (sender, id). */
struct identity {
    uint64_t applied;        /* position; 0: not applied */
    uint64_t parked;         /* position of the park that is not decided yet; 0: none */
    uint32_t contents;       /* that were sent under it */
};

/* A task, as what was reported about it tells. */
struct seen_task {
    uint32_t failures; /* since the last retry */
    bool incident;
};

struct seen_record {
    uint8_t hash[HASH_SIZE];
    struct text bytes;
    struct log_record record;
    struct seen_case *subject;
    uint64_t ended; /* of a park: the record that decided it; 0: none yet */
};

struct lease {
    uint64_t number, peer, task;
    int64_t until; /* monotonic */
    bool is_task, over, rests; /* rests: the worker could not take note of it; owed again after a while */
};

/* What a worker has asked for on its connection. */
struct seen_worker {
    struct text name;
    const char *const *topics; /* ends with NULL */
    uint64_t peer;
    uint32_t credit;
    int64_t heard; /* monotonic */
    bool everywhere, busy; /* busy: its connection took no more; until it says something */
};

struct audit {
    struct seen_record **records; /* by position - 1 */
    uint64_t count, room;
    uint64_t before;        /* how many there were before the last batch */
    struct map cases;       /* id -> seen_case */
    struct map identities;  /* sender 0 id -> identity */
    struct map numbers;     /* case number -> seen_case */
    struct map keys;        /* case key -> seen_case */
    struct map parks;       /* position of a park -> seen_record; NULL again when it was decided */
    struct map fired;       /* what has fired -> position */
    struct map leases;      /* outbox entry -> lease */
    struct map tasks;       /* task -> seen_task */
    struct map rolls;       /* case/roll -> seen_roll */
    struct map persons;     /* id of the person's key -> audit_erase.c */
    struct map ballots;     /* position -> seen_ballot, of secret ones */
    struct map years;       /* unit/year -> seen_year */
    struct seen_agenda agenda;
    uint64_t last_lease;
    struct seen_worker workers[SPEAKERS_MOST];
    uint32_t worker_count;
    uint32_t all_count;     /* cases */
    struct seen_workflow workflows[WORKFLOWS_MOST];
    uint32_t workflow_count;
    uint32_t calendar_version; /* the newest */
    uint64_t checked;       /* position at which the whole state was looked at last */
    uint64_t undecided;     /* parked events */
    int64_t time;           /* of the last record */
    uint32_t epoch;         /* of the last record */
    uint32_t process;       /* of the running process: no record may have less from now on */
    struct model *model;
    struct replica *replica;
};

void audit_begin(struct sim *sim);
void audit_end(struct sim *sim);
/* After a commit, and after a start: reads what is new on disk. */
void audit_disk(struct sim *sim);
/* After a start, when that has been done: from now on records bear the number of this process, which no other has had. */
void audit_process(struct sim *sim, uint32_t epoch);
/* A letter goes out under its id. */
void audit_letter(struct sim *sim, struct letter *letter);
/* The host sends this answer to that letter; whether it arrives is another matter. */
void audit_answer(struct sim *sim, struct letter *letter, const struct message *answer);
/* A turn had nothing to decide, and nothing was due at that time any more. */
void audit_quiet(struct sim *sim, int64_t time);
/* Everything at once: cases against indexes, log against memory. */
void audit_whole(struct sim *sim);
/* The run is over and everything is drained. */
void audit_finish(struct sim *sim);

/* ---- workers ---- */
void audit_handed_out(struct sim *sim, const struct speaker *worker, const struct message *message);
/* It has registered, or given credit; or its connection is full. */
void audit_registered(struct sim *sim, const struct speaker *worker, uint32_t credit);
void audit_credit(struct sim *sim, uint64_t peer, uint32_t credit);
void audit_busy(struct sim *sim, uint64_t peer);
void audit_rests(struct sim *sim, uint64_t task);
/* The outbox has handed out what it would: nothing may lie there that a worker waits for. */
void audit_handed_all(struct sim *sim, int64_t time);
void audit_beat(struct sim *sim, uint64_t peer);
void audit_lease_over(struct sim *sim, uint64_t task);
void audit_lapsed(struct sim *sim, uint64_t task);
void audit_lapsed_quietly(struct sim *sim);
void audit_leases_forgotten(struct sim *sim);

/* ---- for the files of the audit ---- */
const struct seen_record *audit_record(const struct sim *sim, uint64_t position); /* NULL: not on disk */
struct seen_case *audit_case(const struct sim *sim, uint64_t id);
struct identity *audit_identity(struct sim *sim, struct text sender, struct text id);
void audit_log_record(struct sim *sim, struct seen_record *seen, uint64_t position);
void audit_state(struct sim *sim, bool last);
void audit_owed(struct sim *sim);
/* What is owed to workers, in words; empty: nothing. */
struct text audit_first_owed(struct sim *sim);
void audit_chain(struct sim *sim);
void audit_ends(struct sim *sim);

/* ---- audit_polls.c ---- */
struct case_state;
void audit_poll_record(struct sim *sim, struct store_txn *txn, const struct seen_record *seen, uint64_t position);
void audit_private_record(struct sim *sim, struct seen_case *subject, const struct log_record *record);
void audit_polls(struct sim *sim, struct store_txn *txn, const struct case_state *state, const struct workflow *workflow, bool last);
/* When nothing is left to do at that time. */
void audit_published(struct sim *sim, const struct case_state *state, const struct workflow *workflow, int64_t time);
void audit_forgotten(struct sim *sim, const struct case_state *state, const struct workflow *workflow, const struct seen_case *subject, bool last);

/* ---- audit_erase.c ---- */
void audit_person_record(struct sim *sim, const struct log_record *record, uint64_t position);
/* Its sender is told that this person is erased. */
void audit_erased(struct sim *sim, struct text reference);
/* The run is over. */
void audit_persons(struct sim *sim);

/* ---- audit_agenda.c ---- */
void audit_agenda_begin(struct sim *sim);
void audit_agenda_record(struct sim *sim, const struct seen_record *seen, uint64_t position);
void audit_agenda_quiet(struct sim *sim, int64_t time);
/* Before the case takes over what its record says. */
void audit_case_ended(struct sim *sim, struct seen_case *subject, const struct log_record *record);

/* ---- audit_replay.c ---- */
struct replica *replica_open(struct sim *sim);
/* The host's store becomes one that holds the first `count` records and what follows from them. */
void replica_rebuild(struct sim *sim, uint64_t count);
void replica_finish(struct sim *sim);
void replica_close(struct replica **replica);
/* Decides the record again; the same bytes must come of it. */
void replica_feed(struct sim *sim, struct replica *replica, struct text record, uint64_t position);
/* The same log hash, and, where `whole` says so, the same state. */
void replica_compare(struct sim *sim, struct replica *replica, bool whole);

#endif
