/* verify: is a stopped data folder, or a copy of one, what its log says it must be?
 *
 * Three questions, in this order: is the log an unbroken chain up to the position that the state remembers; does deciding every record again,
 * in an empty store, give the same records and then the same state, byte for byte; do the indexes agree with the cases they point to. So
 * nothing is decided that the chain does not vouch for. Nothing in the folder is changed; the second store stands in a temporary folder
 * and is removed. */
#ifndef STAIRCASE_VERIFY_H
#define STAIRCASE_VERIFY_H

#include "engine/verify_rows.h"

struct verify_report {
    uint64_t records, cases, open_cases, rows;
    uint8_t log_hash[HASH_SIZE];   /* of the last record */
    uint8_t state_hash[HASH_SIZE]; /* engine_state_hash */
    char problem[VERIFY_PROBLEM_MOST]; /* the first one, a sentence that names the place; empty: none */
};

/* Called now and then with what is done and what there is to do; may be NULL. `step`: "chain", "replay", "indexes". */
typedef void (*verify_progress)(void *context, const char *step, uint64_t done, uint64_t all);

/* ERR_OK: it holds. ERR_CORRUPT: report->problem says what does not. ERR_LOCKED, ERR_NOT_FOUND, ERR_IO, ERR_NEWER_FORMAT. */
enum err verify_folder(const char *folder, struct verify_report *report, void *context, verify_progress progress);

#endif
