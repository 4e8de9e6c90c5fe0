/* trouble: what happens to the host that it has not asked for: kills, failing stores, a clock that steps, deployments in the middle of
 * everything; and, with --break, what is broken on purpose. */
#ifndef STAIRCASE_SIMULATE_TROUBLE_H
#define STAIRCASE_SIMULATE_TROUBLE_H

#include "tests/simulate/sim.h"
#include "tests/simulate/sources.h"

struct message;

/* --break keep-vote-key */
enum { KEPT_KEYS_MOST = 64 };
struct kept_key {
    struct text key, value;
};

struct trouble {
    enum source_name deploying; /* SOURCE_COUNT: nothing */
    uint32_t ids;               /* of deployments */
    uint32_t deployed;          /* bits: those that are in force */
    uint32_t acts;              /* of --break, so far */
    int64_t full_until;         /* the disk */
    struct kept_key kept[KEPT_KEYS_MOST];
    uint32_t kept_count;
};

void trouble_begin(struct sim *sim);
/* A point at which the process may be killed; `weight` per mille of the profile's chance. */
bool trouble_kills(struct sim *sim, uint32_t weight);
void trouble_before_turn(struct sim *sim);
/* The disk may be full while the process starts. */
void trouble_before_start(struct sim *sim);
bool trouble_disk_is_full(const struct sim *sim);
void trouble_after_turn(struct sim *sim);
/* Within a batch: deploys what is to be deployed, if anything is. */
enum err trouble_deploy(struct sim *sim, struct message *answer);
/* After the commit. */
void trouble_deployed(struct sim *sim, const struct message *answer);
/* --break lose-last-commit: after a crash. */
void trouble_lose_last(struct sim *sim);

#endif
