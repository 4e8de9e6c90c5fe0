/* store_bench: see store_bench.h. */
#include "engine/store_bench.h"

#include "engine/store_lmdb_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    PRELOAD_BATCH = 1024,
    OPS_PER_ROW_MOST = 2, /* one goes, one comes */
    PAGE = 4096,
    VALUE_MOST = 4096,
    GROUP_KEY_LEAST = 16,
};

const struct store_bench_workload store_bench_climb = {
    .row_count = 8,
    .rows = {
        {STORE_LOG, STORE_BENCH_APPENDED, 12, 600, {0}, false},
        {STORE_CASE, STORE_BENCH_CASE, 12, 350, {0}, false},
        {STORE_RECEIPT, STORE_BENCH_RECENT, 28, 26, {0}, false},
        {STORE_DEADLINE, STORE_BENCH_PLACED, 23, 17, {1, 1, 1, 1, 0}, true},
        {STORE_OUTBOX, STORE_BENCH_PASSING, 36, 68, {0}, false},
        {STORE_OPEN, STORE_BENCH_PLACED, 16, 25, {2312, 635, 56, 1, 0}, false},
        {STORE_KEY, STORE_BENCH_OPENING, 20, 17, {0}, false},
        {STORE_META, STORE_BENCH_BATCH, 9, 77, {0}, false},
    },
};

/* A case in flight. */
struct climber {
    uint64_t id, home; /* home: a number by chance that says in which group of any count it lies */
    uint64_t passing;  /* number of its passing row */
    uint32_t events;   /* of its life so far */
};

struct op {
    const struct store_bench_row *row;
    bool goes; /* deleted, not put */
    uint8_t key[STORE_KEY_MOST];
};

struct bench {
    const struct store_bench_workload *workload;
    struct lmdb_file file;
    struct climber *climbers;
    uint32_t climber_count;
    struct op *ops, **sorted;
    uint32_t op_count;
    uint64_t position, time, chance;
    char value[VALUE_MOST];
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t per_second(uint64_t count, uint64_t ns)
{
    return ns ? (uint64_t)((unsigned __int128)count * 1000000000u / ns) : 0;
}

static uint64_t chance(struct bench *bench)
{
    bench->chance ^= bench->chance << 13;
    bench->chance ^= bench->chance >> 7;
    bench->chance ^= bench->chance << 17;
    return bench->chance;
}

/* ---- the rows of an event ---- */

static void write_number(uint8_t *at, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(number >> (56 - 8 * i));
}

/* One change, its key beginning with one or two numbers. */
static void add(struct bench *bench, const struct store_bench_row *row, bool goes, uint64_t first, uint64_t second)
{
    struct op *op = &bench->ops[bench->op_count++];
    op->row = row;
    op->goes = goes;
    memset(op->key, 0, row->key_size);
    write_number(op->key, first);
    if (row->key_size >= GROUP_KEY_LEAST)
        write_number(op->key + 8, second);
}

/* Where a placed row lies after so many events (1 to STORE_BENCH_EVENTS); false: nowhere. */
static bool place_of(const struct store_bench_row *row, const struct climber *climber, uint32_t events, uint64_t *place)
{
    if (events == 0 || row->groups[events - 1] == 0)
        return false;
    uint64_t count = row->groups[events - 1], level = row->apart ? events : UINT32_MAX - count;
    *place = level << 32 | climber->home % count; /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): 64 bits wide */
    return true;
}

static void add_placed(struct bench *bench, const struct store_bench_row *row, const struct climber *climber, uint32_t before)
{
    uint64_t from = 0, to = 0;
    bool was = place_of(row, climber, before, &from), is = place_of(row, climber, climber->events, &to);
    if (was && (!is || from != to))
        add(bench, row, true, from, climber->id);
    if (is)
        add(bench, row, false, to, climber->id);
}

static void add_passing(struct bench *bench, const struct store_bench_row *row, struct climber *climber, uint32_t before)
{
    if (before > 0)
        add(bench, row, true, climber->passing, 0);
    climber->passing = bench->position;
    if (climber->events < STORE_BENCH_EVENTS)
        add(bench, row, false, climber->passing, 0);
}

/* The next event of a case; or of a new one the first few as if they were one, so that it stands there. */
static void add_event(struct bench *bench, struct climber *climber, uint32_t events)
{
    uint32_t before = climber->events;
    climber->events = before + events;
    bench->position++;
    if (before == 0) {
        climber->id = bench->position;
        climber->home = chance(bench) >> 8;
    }
    for (uint32_t i = 0; i < bench->workload->row_count; i++) {
        const struct store_bench_row *row = &bench->workload->rows[i];
        switch (row->how) {
        case STORE_BENCH_APPENDED: add(bench, row, false, bench->position, 0); break;
        case STORE_BENCH_CASE: add(bench, row, false, climber->id, 0); break;
        case STORE_BENCH_OPENING:
            if (before > 0)
                break;
            /* fall through */
        case STORE_BENCH_RECENT: add(bench, row, false, bench->time << 16 | (chance(bench) & 0xffff), chance(bench)); break;
        case STORE_BENCH_PASSING: add_passing(bench, row, climber, before); break;
        case STORE_BENCH_PLACED: add_placed(bench, row, climber, before); break;
        case STORE_BENCH_BATCH: break;
        }
    }
}

/* ---- a commit ---- */

static int compare_ops(const void *left, const void *right)
{
    const struct op *a = *(const struct op *const *)left, *b = *(const struct op *const *)right;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    int order = memcmp(a->key, b->key, a->row->key_size);
    return order ? order : (a > b) - (a < b);
}

static int write_op(struct bench *bench, MDB_cursor *cursor, const struct op *op)
{
    MDB_val key = {.mv_size = op->row->key_size, .mv_data = (void *)(uintptr_t)op->key}; /* NOLINT(clang-analyzer-core.NullDereference): every op has its row */
    MDB_val value = {.mv_size = op->row->value_size, .mv_data = bench->value};
    if (!op->goes)
        return mdb_cursor_put(cursor, &key, &value, op->row->how == STORE_BENCH_APPENDED ? MDB_APPEND : 0);
    int code = mdb_cursor_get(cursor, &key, NULL, MDB_SET);
    return code ? code : mdb_cursor_del(cursor, 0);
}

static int write_ops(struct bench *bench, MDB_txn *txn)
{
    for (uint32_t i = 0; i < bench->workload->row_count; i++)
        if (bench->workload->rows[i].how == STORE_BENCH_BATCH)
            add(bench, &bench->workload->rows[i], false, 0, 0);
    for (uint32_t i = 0; i < bench->op_count; i++)
        bench->sorted[i] = &bench->ops[i];
    qsort(bench->sorted, bench->op_count, sizeof *bench->sorted, compare_ops);
    const struct store_bench_row *row = NULL;
    MDB_cursor *cursor = NULL;
    int code = MDB_SUCCESS;
    for (uint32_t i = 0; i < bench->op_count && !code; i++) {
        const struct op *op = bench->sorted[i];
        if (op->row != row)
            code = mdb_cursor_open(txn, bench->file.tables[op->row->table], &cursor); /* ends with the transaction */
        row = op->row;
        if (!code)
            code = write_op(bench, cursor, op);
    }
    return code;
}

static enum err commit(struct bench *bench)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(bench->file.env, NULL, 0, &txn);
    if (code)
        return lmdb_file_translate(&bench->file, code);
    code = write_ops(bench, txn);
    if (code)
        mdb_txn_abort(txn);
    else
        code = mdb_txn_commit(txn);
    bench->op_count = 0;
    bench->time++;
    return lmdb_file_translate(&bench->file, code);
}

/* ---- the run ---- */

/* Open cases, spread over all places that a case has in its life; in a hurry, synced once. */
static enum err preload(struct bench *bench, uint64_t open_cases)
{
    int code = mdb_env_set_flags(bench->file.env, MDB_NOSYNC, 1);
    enum err err = lmdb_file_translate(&bench->file, code);
    for (uint64_t done = 0; done < open_cases && !err; done++) {
        struct climber climber = {0};
        add_event(bench, &climber, (uint32_t)(1 + done % (STORE_BENCH_EVENTS - 1)));
        if (done % PRELOAD_BATCH == PRELOAD_BATCH - 1 || done + 1 == open_cases)
            err = commit(bench);
    }
    if (err)
        return err;
    code = mdb_env_sync(bench->file.env, 1);
    if (!code)
        code = mdb_env_set_flags(bench->file.env, MDB_NOSYNC, 0);
    bench->time += 1 << 20; /* the load comes later than all this */
    return lmdb_file_translate(&bench->file, code);
}

/* One event of each case in flight; a case that has ended makes room for a new one. */
static enum err run_batch(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->climber_count; i++) {
        if (bench->climbers[i].events == STORE_BENCH_EVENTS)
            bench->climbers[i] = (struct climber){0};
        add_event(bench, &bench->climbers[i], 1);
    }
    return commit(bench);
}

/* Brings the cases in flight apart, so that every batch holds events of every kind. */
static enum err stagger(struct bench *bench)
{
    enum err err = ERR_OK;
    for (uint32_t round = 1; round < STORE_BENCH_EVENTS && !err; round++) {
        for (uint32_t i = 0; i < bench->climber_count; i++)
            if (i % STORE_BENCH_EVENTS >= round)
                add_event(bench, &bench->climbers[i], 1);
        err = bench->op_count ? commit(bench) : ERR_OK;
    }
    return err;
}

static enum err measure(struct bench *bench, uint32_t seconds, struct store_bench_result *result)
{
    uint64_t begun = now_ns(), end = begun + (uint64_t)seconds * 1000000000u, commits = 0, unused;
    enum err err = ERR_OK;
    while (!err && now_ns() < end) {
        err = run_batch(bench);
        commits++;
    }
    uint64_t took = now_ns() - begun;
    if (err)
        return err;
    result->commits_per_s = per_second(commits, took);
    result->events_per_s = per_second(commits * bench->climber_count, took);
    return lmdb_file_measure(&bench->file, &unused, &result->file_bytes);
}

static void check_workload(const struct store_bench_workload *workload)
{
    assert(workload->row_count <= STORE_BENCH_ROWS_MOST);
    for (uint32_t i = 0; i < workload->row_count; i++) {
        const struct store_bench_row *row = &workload->rows[i];
        uint32_t least = row->how == STORE_BENCH_PLACED ? GROUP_KEY_LEAST : 8;
        assert(row->key_size >= least && row->key_size <= STORE_KEY_MOST && row->value_size <= VALUE_MOST);
    }
}

static enum err bench_open(struct bench *bench, const char *folder, uint32_t batch)
{
    uint32_t events = batch > PRELOAD_BATCH ? batch : PRELOAD_BATCH;
    uint32_t most = (events + 1) * bench->workload->row_count * OPS_PER_ROW_MOST;
    bench->climber_count = batch;
    bench->climbers = calloc(batch, sizeof *bench->climbers);
    bench->ops = calloc(most, sizeof *bench->ops); /* NOLINT(clang-analyzer-optin.portability.UnixAPI): a workload has rows */
    bench->sorted = calloc(most, sizeof *bench->sorted);
    bench->chance = 0x9e3779b97f4a7c15u;
    bench->time = 1;
    if (!bench->climbers || !bench->ops || !bench->sorted)
        return ERR_NO_MEMORY;
    return lmdb_file_open(&bench->file, folder, &(struct store_lmdb_options){0});
}

static void bench_close(struct bench *bench)
{
    if (bench->file.env)
        lmdb_file_close(&bench->file);
    free(bench->climbers);
    free(bench->ops);
    free(bench->sorted);
}

enum err store_bench_rows(const char *folder, const struct store_bench_workload *workload,
                          const struct store_bench_options *options, struct store_bench_result *result)
{
    assert(options->batch > 0);
    check_workload(workload);
    struct bench bench = {.workload = workload};
    *result = (struct store_bench_result){0};
    enum err err = bench_open(&bench, folder, options->batch);
    if (!err)
        err = preload(&bench, options->open_cases);
    if (!err)
        err = stagger(&bench);
    if (!err)
        err = measure(&bench, options->seconds, result);
    bench_close(&bench);
    return err;
}

/* ---- the disk alone ---- */

static enum err append_synced(int file, uint32_t seconds, uint64_t *rate)
{
    static const char page[PAGE];
    uint64_t begun = now_ns(), end = begun + (uint64_t)seconds * 1000000000u, count = 0;
    while (now_ns() < end) {
        ssize_t written = write(file, page, PAGE);
        if (written != PAGE)
            return written >= 0 || errno == ENOSPC ? ERR_DISK_FULL : ERR_IO;
        if (fdatasync(file) != 0)
            return ERR_IO;
        count++;
    }
    *rate = per_second(count, now_ns() - begun);
    return ERR_OK;
}

enum err store_bench_sync(const char *folder, uint32_t seconds, uint64_t *rate)
{
    char path[LMDB_FILE_PATH_MOST];
    int size = snprintf(path, sizeof path, "%s/sync.bench", folder);
    if (size < 0 || size >= (int)sizeof path)
        return ERR_IO;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return ERR_IO;
    enum err err = append_synced(file, seconds, rate);
    close(file);
    if (unlink(path) != 0 && !err)
        err = ERR_IO;
    return err;
}
