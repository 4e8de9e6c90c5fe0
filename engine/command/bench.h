/* bench: what the files of `staircase bench` share.
 *
 *   bench.c         the command: options, the report
 *   bench_engine.c  an engine of its own in a child process, in a folder that is removed afterwards
 *   bench_curve.c   the same load over the socket and over TCP with CURVE, in turn
 *   bench_load.c    the load: cases that climb, as many in flight as asked, and how long each answer took */
#ifndef STAIRCASE_COMMAND_BENCH_H
#define STAIRCASE_COMMAND_BENCH_H

#include "engine/command/command.h"
#include "proto/client.h"
#include "proto/key.h"

#include <sys/types.h>

/* ---- bench_engine.c ---- */
struct bench_engine {
    char folder[512];   /* data folder */
    char listen[64];    /* an address of TCP for clients; empty: none */
    struct key_ring key; /* of a client that may connect to it */
    pid_t child;
    int64_t cpu_us;     /* of the child, once stopped */
    int64_t resident_kb; /* at most, map not counted; once measured */
};

/* Goes to the folder that has config/ and workflows/bench/: the working directory, or that of the program. */
bool bench_find_files(void);
/* `clock_offset_ms` is added to the wall clock of the engine, so that a flood of deadlines need not be waited for. */
int bench_engine_start(struct command_line *line, struct bench_engine *engine, int64_t clock_offset_ms);
/* The same; it listens on `listen`, too, for a client with `key`. */
int bench_engine_start_curve(struct command_line *line, struct bench_engine *engine);
/* CPU time of the child so far, microseconds. */
int64_t bench_engine_cpu_us(const struct bench_engine *engine);
/* Resident memory of the child that is not file-backed, KB. */
int64_t bench_engine_resident_kb(const struct bench_engine *engine);
/* Bytes that the store takes on disk. */
int64_t bench_engine_disk(const struct bench_engine *engine);
void bench_remove_folder(const char *folder);
/* Stops the child and removes the folder. */
void bench_engine_stop(struct bench_engine *engine);

/* ---- bench_load.c ---- */
struct bench_units {
    const char **paths; /* of all buildings of the directory */
    uint32_t count;
    const char *person; /* who may open and raise everywhere */
};

enum { BENCH_BUCKETS = 4096 };

struct bench_times {
    uint64_t count, most_us;
    uint64_t buckets[BENCH_BUCKETS]; /* about 1.6 % wide each */
};

struct bench_load {
    struct client *client;
    const struct bench_units *units;
    uint32_t in_flight;
    uint64_t next_unit;
    struct bench_slot *slots;        /* [in_flight] */
    struct bench_times times;
    uint64_t applied, refused;
    char refusal[256];               /* the first one */
};

/* Over the socket in its folder, or over TCP. */
enum err bench_load_open(struct bench_load *load, const struct bench_engine *engine, bool curve, const struct bench_units *units, uint32_t in_flight);
void bench_load_close(struct bench_load *load);
/* Cases that are opened and stay open; `date` (YYYY-MM-DD, or NULL): they fall due at its close. */
enum err bench_load_preload(struct bench_load *load, uint64_t cases, const char *date, const struct command_line *line);
/* Counts and times begin anew. */
void bench_load_forget(struct bench_load *load);
/* W1 until the monotonic time `until_us`, or until `stop` says so; then what is in flight is waited for. Adds to counts and times. */
enum err bench_load_run(struct bench_load *load, int64_t until_us, bool (*stop)(void *context), void *context);

/* ---- bench_curve.c ---- */
/* Measures and prints. What to return. */
int bench_curve(struct command_line *line, const struct bench_units *units, uint32_t in_flight, int64_t seconds);

int64_t bench_now_us(void);
uint64_t bench_percentile_us(const struct bench_times *times, unsigned per_mille);

#endif
