/* manifest: what a backup says of itself, in the file `manifest` of its folder; written last, so a folder without one is no backup.
 *
 *     staircase-backup: 2
 *     taken: 2026-11-21T22:50:00Z
 *     program: 0.2
 *     record-format: 1
 *     epoch: 3
 *     position: 1234
 *     log: HASH                              of the last record: `log_hash` of verify
 *     state: HASH                            `state_hash` of verify
 *     file: SHA-256 BYTES store/data.mdb
 *     file: SHA-256 BYTES keys/data.mdb      then those of manifest_paths that the folder had
 *
 * Format 1 has the first two files, and `head` for `log`. It is read as strictly as it is written: what would not be printed the same again is no
 * manifest. */
#ifndef STAIRCASE_MANIFEST_H
#define STAIRCASE_MANIFEST_H

#include "engine/arena.h"
#include "engine/record.h"

enum { MANIFEST_FORMAT = 2, MANIFEST_WORD_MOST = 32 };
/* Of every backup are the first two; the keys of TCP and the centre's docket where the folder has them. */
enum { MANIFEST_STORE, MANIFEST_KEYS, MANIFEST_NEEDED, MANIFEST_SERVER_KEY = MANIFEST_NEEDED, MANIFEST_PRINCIPALS, MANIFEST_DOCKET, MANIFEST_FILES };

struct manifest_file {
    bool there;
    uint8_t hash[HASH_SIZE]; /* SHA-256 */
    uint64_t size;
};

struct manifest {
    char taken[MANIFEST_WORD_MOST], program[MANIFEST_WORD_MOST]; /* by the clock of the machine; of the program that took it */
    uint32_t format, record_format, epoch;
    uint64_t position;
    uint8_t log[HASH_SIZE], state[HASH_SIZE];
    struct manifest_file files[MANIFEST_FILES]; /* in the order of manifest_paths */
};

/* In the folder of a backup. */
extern const char *const manifest_paths[MANIFEST_FILES];

struct text manifest_print(struct arena *arena, const struct manifest *manifest);
/* ERR_OK; ERR_NEWER_FORMAT; ERR_CORRUPT: it is not what manifest_print writes. */
enum err manifest_read(struct arena *arena, struct text bytes, struct manifest *manifest);
/* Size and SHA-256 of a file, which is there then. ERR_OK; ERR_NOT_FOUND; ERR_IO. */
enum err manifest_measure(const char *path, struct manifest_file *file);

#endif
