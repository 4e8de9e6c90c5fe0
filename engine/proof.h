/* proof: heads of the log, and what can be shown against them: that the records of a case stand in it, that a newer log begins with an older one.
 *
 * Each record is a leaf of the tree (tree.h) in the order of the log: the record at position p is leaf p - 1, its hash that of log_hash. The head of
 * a log of n records is the root over the first n leaves; whoever has a head, published once, can be shown of each record that it was there by then and
 * is as it was. A head is computed from the records themselves whenever it is asked for, so it vouches for what is on the disk now.
 *
 * Only reads; an engine may write meanwhile, since what a log has it keeps. No read transaction is held for longer than a page of records. */
#ifndef STAIRCASE_PROOF_H
#define STAIRCASE_PROOF_H

#include "engine/engine.h"
#include "engine/tree.h"

enum { PROOF_RECORDS_MOST = 4096 }; /* of one case */

struct proof_head {
    uint64_t size; /* records */
    struct tree_hash root;
    int64_t time;  /* of the last one; INT64_MIN: there is none */
};

struct proof_record {
    struct text record; /* its bytes; empty: something in it is not for the viewer, the hash alone is given */
    struct tree_leaf leaf;
};

struct proof_case {
    uint64_t id;
    struct text number;
    struct proof_head head;
    struct proof_record *records; /* oldest first */
    uint32_t count;
};

/* Over an engine that writes nothing (read_only). `progress` may be NULL. */
struct proof {
    struct engine *engine;
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
};

/* All: ERR_OK; ERR_CORRUPT: a record is missing or cannot be read; store errors. Sizes are at most engine_position (asserted). */

enum err proof_head(const struct proof *proof, uint64_t size, struct proof_head *head);
/* A case's records among the first `size`; whole is what `show` would show all of to that person (empty: nobody). In the arena. ERR_UNKNOWN_CASE;
 * ERR_NOT_FOUND: it was opened later; ERR_TOO_LARGE: more than PROOF_RECORDS_MOST. */
enum err proof_case(const struct proof *proof, struct arena *arena, const struct case_ref *ref, struct text person, uint64_t size, struct proof_case *out);
/* 1 <= old <= size. */
enum err proof_consistency(const struct proof *proof, uint64_t old, uint64_t size, struct proof_head heads[2], struct tree_path *path);

#endif
