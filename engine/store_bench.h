/* store_bench: what the disk and LMDB alone can do, printed by `staircase bench` beside what the engine does.
 *
 * The same kinds of rows as the engine writes for an event, of the same sizes and in the same places, so many events to a
 * commit, straight into LMDB: no decision, no encoding, no checksum, no socket. Written in the order that proved fastest:
 * table by table, sorted by key. */
#ifndef STAIRCASE_STORE_BENCH_H
#define STAIRCASE_STORE_BENCH_H

#include "engine/store.h"

enum { STORE_BENCH_EVENTS = 5, STORE_BENCH_ROWS_MOST = 12 };

enum store_bench_how {
    STORE_BENCH_APPENDED, /* a new row with every event, above all others: the log */
    STORE_BENCH_CASE,     /* one row per case, ascending with its opening, put by every event and kept */
    STORE_BENCH_RECENT,   /* a new row with every event, its key a time and chance: receipts */
    STORE_BENCH_OPENING,  /* the same, with the first event of a case only: keys of cases */
    STORE_BENCH_PASSING,  /* a new row with every event but the last, ascending; the case's row before it goes: the outbox */
    STORE_BENCH_PLACED,   /* one row per open case, in a group by where the case stands, ascending in it: index, deadlines */
    STORE_BENCH_BATCH,    /* one row that every commit puts: where the store stands */
};

struct store_bench_row {
    enum store_table table;
    enum store_bench_how how;
    uint32_t key_size, value_size; /* bytes; a key of a group is 16 at least, any other 8 */
    /* Of a placed row: in one of how many groups it lies after each event of its case, by chance, 0: in none. From one event
     * to the next it stays where it is if the number is the same, unless `apart`. */
    uint32_t groups[STORE_BENCH_EVENTS];
    bool apart;
};

struct store_bench_workload {
    uint32_t row_count;
    struct store_bench_row rows[STORE_BENCH_ROWS_MOST];
};

/* A case that is opened at one of 2,312 buildings and carried to grid, community, centre and to its end: what the engine
 * writes for it (record.h). */
extern const struct store_bench_workload store_bench_climb;

struct store_bench_options {
    uint32_t batch;      /* events per commit, each of another case; 1 or more */
    uint32_t seconds;
    uint64_t open_cases; /* that stand there before the clock starts */
};

struct store_bench_result {
    uint64_t events_per_s, commits_per_s;
    uint64_t file_bytes; /* at the end */
};

/* In a folder of its own, that the caller empties and removes. Errors of the store. */
enum err store_bench_rows(const char *folder, const struct store_bench_workload *workload,
                          const struct store_bench_options *options, struct store_bench_result *result);

/* How often in a second 4 KB can be appended to a file and synced (fdatasync), one after the other. */
enum err store_bench_sync(const char *folder, uint32_t seconds, uint64_t *per_second);

#endif
