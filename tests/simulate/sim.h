/* sim: one run: a seed, virtual time, what will happen when, and the first promise that was found broken.
 *
 * Everybody in the simulated world (clients, workers, the network, the host with the real engine in it, trouble) does what it does in happenings:
 * a time, a function, a subject. Nothing else moves time, and nothing but the dice decides, so a seed is a run. */
#ifndef STAIRCASE_SIMULATE_SIM_H
#define STAIRCASE_SIMULATE_SIM_H

#include "engine/arena.h"
#include "tests/simulate/dice.h"
#include "tests/simulate/invariants.h"

struct sim;
struct audit;
struct mail;
struct host;
struct clients;
struct workers;
struct trouble;

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define DAY (INT64_C(24) * HOUR)

struct sim_options {
    uint64_t seed;
    bool trace;           /* print what happens */
    enum broken broken;   /* what is broken on purpose */
    char *tail;           /* the last lines of the trace go here (a ring), or NULL */
    size_t tail_size;
};

/* How wild this run is; per mille where nothing is said. Every seed draws its own, so that calm runs and mad ones both happen. */
struct profile {
    uint32_t clients, cases, letters; /* how many */
    int64_t pace;                     /* between two acts of a client, about */
    uint32_t away, early, held, late, wrong, repeat, impostor, on_behalf;
    uint32_t lose, twice, slow;       /* of the network */
    uint32_t crash, fault, full, clock, deploy, migrate; /* of a turn; migrate: of an act */
    uint32_t down;                    /* of a crash: that it is found only days later */
    uint32_t die, silent, fail, hold; /* of a worker with a task */
    uint32_t batch, fire;             /* of the host: how many at most */
    uint32_t credit, attempts, lease_ms, retry_base_ms, retry_most_ms;
};

struct broken_promise {
    bool found;
    enum invariant which;
    char text[640];
};

typedef void (*sim_happen)(struct sim *sim, void *subject);

struct happening {
    int64_t at;
    uint64_t order;
    sim_happen happen;
    void *subject;
};

struct sim {
    struct sim_options options;
    struct profile profile;
    struct dice dice;
    struct arena memory;   /* for the whole run */
    struct arena scratch;  /* for one happening */
    int64_t start, now;    /* the true time, milliseconds UTC */
    struct happening *queue; /* a heap */
    size_t waiting, room;
    uint64_t order, happened;
    bool draining;         /* no more trouble: everything that is owed must arrive now */
    struct broken_promise broken_promise;
    size_t tail_at;
    struct mail *mail;
    struct host *host;
    struct clients *clients;
    struct workers *workers;
    struct trouble *trouble;
    struct audit *audit;
};

struct sim_figures {
    uint64_t records, letters, crashes, faults, cases;
    uint8_t hash[32]; /* of the last record: the same for the same seed */
};

/* One run. The broken promise, if any, is in `out`. */
void sim_run(const struct sim_options *options, struct broken_promise *out, struct sim_figures *figures);

void sim_at(struct sim *sim, int64_t at, sim_happen happen, void *subject);
void sim_after(struct sim *sim, int64_t milliseconds, sim_happen happen, void *subject);
int64_t sim_monotonic(const struct sim *sim);

/* Something that must never happen has happened. The first one counts; the run ends. */
void sim_broken(struct sim *sim, enum invariant which, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool sim_over(const struct sim *sim);

void sim_tell(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Costs nothing when nobody listens. */
#define sim_trace(sim, ...)                                                                                            \
    do {                                                                                                               \
        if ((sim)->options.trace || (sim)->options.tail)                                                               \
            sim_tell((sim), __VA_ARGS__);                                                                              \
    } while (0)

#define SHOW(text) (int)(text).size, (text).data

/* Ids and keys in the trace: the last four bytes. */
unsigned sim_short(struct text id);

#endif
