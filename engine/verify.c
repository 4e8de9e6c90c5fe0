/* verify: see verify.h. */
#include "engine/verify.h"

#include "engine/case.h"
#include "engine/engine.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS_PER_BATCH = 1000, PARTITION = 0 };

struct verify {
    struct store *subject, *second;
    struct engine *engine; /* over `second` */
    struct verify_report *report;
    void *context;
    verify_progress progress;
    uint64_t all;
};

/* Keeps the first one. Always ERR_CORRUPT. */
static __attribute__((format(printf, 2, 3))) enum err problem(struct verify *verify, const char *format, ...)
{
    if (verify->report->problem[0])
        return ERR_CORRUPT;
    va_list args;
    va_start(args, format);
    vsnprintf(verify->report->problem, sizeof verify->report->problem, format, args);
    va_end(args);
    return ERR_CORRUPT;
}

static void say(const struct verify *verify, const char *step, uint64_t done)
{
    if (verify->progress)
        verify->progress(verify->context, step, done, verify->all);
}

/* ---- the chain ---- */

/* What the log should be, by the word of the state. */
static enum err read_meta(struct verify *verify, struct store_txn *txn, struct meta_row *meta)
{
    struct record_key key = key_meta(PARTITION);
    struct text value;
    *meta = (struct meta_row){.format = RECORD_FORMAT};
    enum err code = store_get(txn, STORE_META, key_text(&key), &value);
    if (code == ERR_NOT_FOUND)
        return verify->all == 0 ? ERR_OK : problem(verify, "a log of %llu records, but no state", (unsigned long long)verify->all);
    code = code ? code : row_decode_meta(value, meta);
    if (code == ERR_CORRUPT)
        return problem(verify, "the state does not say where it stands: its own row cannot be read");
    if (!code && meta->format < RECORD_FORMAT) {
        problem(verify, "an older version wrote this state (format %u, now %d). Start the engine on it once: that brings it up to date", meta->format, RECORD_FORMAT);
        return ERR_OLDER_VERSION;
    }
    return code ? code : meta->format > RECORD_FORMAT ? ERR_NEWER_FORMAT : ERR_OK;
}

/* How far an older version wrote the log. */
static enum err read_older(struct verify *verify, struct store_txn *txn)
{
    struct record_key key = key_meta_older(PARTITION);
    struct text value;
    uint64_t position = 0;
    enum err code = store_get(txn, STORE_META, key_text(&key), &value);
    code = code == ERR_NOT_FOUND ? ERR_OK : code ? code : row_decode_number(value, &position);
    engine_replay_older(verify->engine, position);
    return code == ERR_CORRUPT ? problem(verify, "the row that says how far an older version wrote cannot be read") : code;
}

/* The last record that was looked at. */
struct link {
    uint64_t position;
    uint32_t epoch;
    int64_t time;
    uint8_t hash[HASH_SIZE];
};

static enum err check_link(struct verify *verify, struct text key, struct text value, struct link *last, struct arena *arena)
{
    uint64_t position, expected = last->position + 1;
    struct log_record record;
    if (!key_read_u64_last(key, &position) || position != expected)
        return problem(verify, "record %llu is missing", (unsigned long long)expected);
    enum err code = log_decode(arena, value, &record);
    if (code == ERR_NEWER_FORMAT)
        return code;
    if (code)
        return problem(verify, "record %llu cannot be read", (unsigned long long)expected);
    if (memcmp(record.predecessor, last->hash, HASH_SIZE) != 0)
        return problem(verify, "record %llu does not follow the one before it: one of the two was changed", (unsigned long long)expected);
    *last = (struct link){.position = position, .epoch = record.epoch, .time = record.time};
    log_hash(value, last->hash);
    return ERR_OK;
}

/* Whether the log ends where the state says that it stands. */
static enum err check_end(struct verify *verify, const struct link *last, const struct meta_row *meta)
{
    if (meta->position != last->position)
        return problem(verify, "record %llu is the last of the log, but the state stands at position %llu", (unsigned long long)last->position,
                       (unsigned long long)meta->position);
    if (memcmp(meta->hash, last->hash, HASH_SIZE) != 0)
        return problem(verify, "record %llu, the last one, is not the one that the state remembers", (unsigned long long)last->position);
    if (meta->epoch != last->epoch || meta->time != last->time)
        return problem(verify, "record %llu, the last one, is of another run or time than the state says", (unsigned long long)last->position);
    memcpy(verify->report->log_hash, last->hash, HASH_SIZE);
    return ERR_OK;
}

/* Without a decision: a changed record is found here, and not by what comes of deciding it. */
static enum err check_chain(struct verify *verify, struct store_txn *txn, const struct meta_row *meta)
{
    struct store_cursor *cursor;
    struct text key, value;
    struct arena arena;
    struct link last = {0};
    arena_init(&arena);
    enum err code = store_cursor_open(txn, STORE_LOG, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        arena_reset(&arena);
        code = check_link(verify, key, value, &last, &arena);
        if (code)
            break;
        if (last.position % 10000 == 0)
            say(verify, "chain", last.position);
        code = store_cursor_next(cursor, &key, &value);
    }
    arena_close(&arena);
    verify->report->records = last.position;
    if (code == ERR_CORRUPT)
        return problem(verify, "record %llu does not match its checksum", (unsigned long long)last.position + 1);
    return code == ERR_NOT_FOUND ? check_end(verify, &last, meta) : code;
}

/* ---- the log, decided again ---- */

static enum err replay_some(struct verify *verify, struct store_cursor *cursor, struct text *key, struct text *value, uint64_t *expected)
{
    enum err code = ERR_OK;
    engine_begin(verify->engine, INT64_MIN);
    for (int i = 0; i < RECORDS_PER_BATCH && !code; i++) {
        const char *why = "";
        code = engine_replay(verify->engine, *value, &why);
        if (code)
            problem(verify, "record %llu: %s", (unsigned long long)*expected, *why ? why : err_sentence(code));
        else
            (*expected)++;
        code = code ? code : store_cursor_next(cursor, key, value);
    }
    if (code && code != ERR_NOT_FOUND) {
        engine_abort(verify->engine);
        return code;
    }
    enum err committed = engine_commit(verify->engine, NULL);
    return committed ? committed : code;
}

static enum err replay_all(struct verify *verify, struct store_txn *txn)
{
    struct store_cursor *cursor;
    struct text key, value;
    uint64_t expected = 1;
    enum err code = store_cursor_open(txn, STORE_LOG, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        code = replay_some(verify, cursor, &key, &value, &expected);
        say(verify, "replay", expected - 1);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err compare_states(struct verify *verify, struct store_txn *txn)
{
    struct store_txn *txn2;
    enum err code = store_begin_read(verify->second, &txn2);
    if (code)
        return code;
    code = verify_rows_compare(txn, txn2, verify->report->problem, &verify->report->rows);
    store_end_read(&txn2);
    return code;
}

/* ---- indexes against cases ---- */

static bool row_is_there(struct store_txn *txn, enum store_table table, const struct record_key *key)
{
    struct text value;
    return store_get(txn, table, key_text(key), &value) == ERR_OK;
}

static enum err check_case(struct verify *verify, struct store_txn *txn, const struct case_state *state, uint64_t *deadlines)
{
    struct record_key key = key_case_key(PARTITION, (struct text){.data = (const char *)state->key, .size = ID_SIZE});
    verify->report->cases++;
    if (!row_is_there(txn, STORE_KEY, &key))
        return problem(verify, "case %llu is not found by its key", (unsigned long long)state->id);
    key = key_number(PARTITION, state->number);
    if (state->number.size && !row_is_there(txn, STORE_NUMBER, &key))
        return problem(verify, "case %llu is not found by its number", (unsigned long long)state->id);
    key = key_open(PARTITION, state->unit, state->id);
    bool open = case_flags_listed(state->flags);
    if (row_is_there(txn, STORE_OPEN, &key) != open)
        return problem(verify, "case %llu and the index of open cases disagree", (unsigned long long)state->id);
    verify->report->open_cases += open;
    for (uint32_t i = 0; i < state->clock_count && !(state->flags & CASE_HELD); i++) {
        const struct case_clock *clock = &state->clocks[i];
        if (clock->remaining >= 0)
            continue;
        key = key_deadline(PARTITION, clock->due, state->id, clock->kind, clock->which);
        if (!row_is_there(txn, STORE_DEADLINE, &key))
            return problem(verify, "case %llu has a clock without a row among the deadlines", (unsigned long long)state->id);
        *deadlines += 1;
    }
    return ERR_OK;
}

static enum err check_cases(struct verify *verify, struct store_txn *txn, const struct store_figures *figures)
{
    struct store_cursor *cursor;
    struct text key, value;
    struct arena arena;
    uint64_t deadlines = 0;
    arena_init(&arena);
    enum err code = store_cursor_open(txn, STORE_CASE, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        struct case_state *state;
        arena_reset(&arena);
        code = case_decode(&arena, value, &state);
        code = code ? code : check_case(verify, txn, state, &deadlines);
        code = code ? code : store_cursor_next(cursor, &key, &value);
        if (verify->report->cases % 10000 == 0)
            say(verify, "indexes", verify->report->cases);
    }
    arena_close(&arena);
    if (code != ERR_NOT_FOUND)
        return code == ERR_CORRUPT ? problem(verify, "case number %llu of the table cannot be read", (unsigned long long)verify->report->cases + 1) : code;
    if (figures->rows[STORE_OPEN] != verify->report->open_cases)
        return problem(verify, "the index of open cases has %llu rows for %llu open cases", (unsigned long long)figures->rows[STORE_OPEN],
                       (unsigned long long)verify->report->open_cases);
    deadlines += figures->rows[STORE_PARKED];
    if (figures->rows[STORE_DEADLINE] != deadlines)
        return problem(verify, "there are %llu deadlines for %llu clocks and parked events", (unsigned long long)figures->rows[STORE_DEADLINE],
                       (unsigned long long)deadlines);
    return ERR_OK;
}

/* ---- all of it ---- */

static enum err verify_stores(struct verify *verify)
{
    struct store_figures figures = {0};
    struct meta_row meta;
    struct store_txn *txn;
    const char *why;
    const struct engine_options options = {.partition = PARTITION};
    enum err code = store_read_figures(verify->subject, &figures);
    verify->all = figures.rows[STORE_LOG];
    code = code ? code : engine_open(&verify->engine, verify->second, &options, &why);
    code = code ? code : store_begin_read(verify->subject, &txn);
    if (code)
        return code;
    code = read_meta(verify, txn, &meta);
    code = code ? code : read_older(verify, txn);
    code = code ? code : check_chain(verify, txn, &meta);
    code = code ? code : replay_all(verify, txn);
    code = code ? code : compare_states(verify, txn);
    verify->all = figures.rows[STORE_CASE];
    code = code ? code : check_cases(verify, txn, &figures);
    store_end_read(&txn);
    return code ? code : engine_state_hash(verify->subject, verify->report->state_hash);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static enum err with_second_store(struct verify *verify)
{
    char folder[4096];
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/staircase-verify-XXXXXX", base && *base ? base : "/var/tmp");
    if (!mkdtemp(folder))
        return ERR_IO;
    const struct store_lmdb_options options = {.unsafe_no_sync = true}; /* thrown away afterwards */
    enum err code = store_lmdb_open(&verify->second, folder, &options);
    code = code ? code : verify_stores(verify);
    engine_close(&verify->engine);
    if (verify->second)
        store_close(&verify->second);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return code;
}

enum err verify_folder(const char *folder, struct verify_report *report, void *context, verify_progress progress)
{
    *report = (struct verify_report){0};
    struct verify verify = {.report = report, .context = context, .progress = progress};
    const struct store_lmdb_options options = {.read_only = true};
    enum err code = store_lmdb_open(&verify.subject, folder, &options);
    if (code)
        return code;
    code = with_second_store(&verify);
    store_close(&verify.subject);
    return code;
}
