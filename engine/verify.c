/* verify: see verify.h. */
#include "engine/verify.h"

#include "engine/case.h"
#include "engine/engine.h"

#include <ftw.h>
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

static enum err problem(struct verify *verify, const char *format, unsigned long long number, const char *detail)
{
    if (!verify->report->problem[0])
        snprintf(verify->report->problem, sizeof verify->report->problem, format, number, detail);
    return ERR_CORRUPT;
}

static void say(const struct verify *verify, const char *step, uint64_t done)
{
    if (verify->progress)
        verify->progress(verify->context, step, done, verify->all);
}

/* ---- the log, decided again ---- */

static enum err replay_some(struct verify *verify, struct store_cursor *cursor, struct text *key, struct text *value, uint64_t *expected)
{
    enum err code = ERR_OK;
    engine_begin(verify->engine, INT64_MIN);
    for (int i = 0; i < RECORDS_PER_BATCH && !code; i++) {
        uint64_t position;
        const char *why;
        if (!key_read_u64_last(*key, &position) || position != *expected)
            code = problem(verify, "the log has a gap before position %llu%s", (unsigned long long)*expected, "");
        code = code ? code : engine_replay(verify->engine, *value, &why);
        if (code)
            problem(verify, "record %llu: %s", (unsigned long long)*expected, why && *why ? why : err_sentence(code));
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
    verify->report->records = expected - 1;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err check_head(struct verify *verify, struct store_txn *txn)
{
    struct record_key key = key_meta(PARTITION);
    struct text value;
    struct meta_row meta = {0};
    enum err code = store_get(txn, STORE_META, key_text(&key), &value);
    if (code == ERR_NOT_FOUND)
        return verify->report->records == 0 ? ERR_OK : problem(verify, "a log of %llu records, but no state%s", verify->report->records, "");
    code = code ? code : row_decode_meta(value, &meta);
    if (code)
        return code;
    if (meta.position != verify->report->records)
        return problem(verify, "the state stands at position %llu, the log does not%s", meta.position, "");
    if (memcmp(meta.hash, engine_hash(verify->engine), HASH_SIZE) != 0)
        return problem(verify, "the hash of record %llu is not the one the state remembers%s", meta.position, "");
    memcpy(verify->report->log_hash, meta.hash, HASH_SIZE);
    return ERR_OK;
}

/* ---- two states, row by row ---- */

static enum err compare_rows(struct verify *verify, enum store_table table, struct store_cursor *one, struct store_cursor *other)
{
    struct text key, value, key2, value2;
    enum err code = store_cursor_seek(one, (struct text){0}, &key, &value);
    enum err code2 = store_cursor_seek(other, (struct text){0}, &key2, &value2);
    uint64_t row = 1;
    for (; !code && !code2; row++) {
        if (!text_equal(key, key2) || !text_equal(value, value2))
            return problem(verify, "row %llu of table %s differs from what the log gives", row, store_table_name(table));
        code = store_cursor_next(one, &key, &value);
        code2 = store_cursor_next(other, &key2, &value2);
    }
    verify->report->rows += row - 1;
    if (code == ERR_NOT_FOUND && code2 == ERR_NOT_FOUND)
        return ERR_OK;
    if ((code && code != ERR_NOT_FOUND) || (code2 && code2 != ERR_NOT_FOUND))
        return code && code != ERR_NOT_FOUND ? code : code2;
    return problem(verify, "row %llu of table %s is there once too often or once too seldom", row, store_table_name(table));
}

static enum err compare_tables(struct verify *verify, struct store_txn *txn, struct store_txn *txn2)
{
    enum err code = ERR_OK;
    for (int table = 0; table < STORE_TABLE_COUNT && !code; table++) {
        struct store_cursor *one, *other;
        if (table == STORE_LOG || table == STORE_META)
            continue;
        code = store_cursor_open(txn, (enum store_table)table, &one);
        if (code)
            return code;
        code = store_cursor_open(txn2, (enum store_table)table, &other);
        if (!code) {
            code = compare_rows(verify, (enum store_table)table, one, other);
            store_cursor_close(&other);
        }
        store_cursor_close(&one);
    }
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
        return problem(verify, "case %llu is not found by its %s", state->id, "key");
    key = key_number(PARTITION, state->number);
    if (state->number.size && !row_is_there(txn, STORE_NUMBER, &key))
        return problem(verify, "case %llu is not found by its %s", state->id, "number");
    key = key_open(PARTITION, state->unit, state->id);
    bool open = !(state->flags & CASE_ENDED);
    if (row_is_there(txn, STORE_OPEN, &key) != open)
        return problem(verify, "case %llu and the index of open cases disagree%s", state->id, "");
    verify->report->open_cases += open;
    for (uint32_t i = 0; i < state->clock_count && !(state->flags & CASE_HELD); i++) {
        const struct case_clock *clock = &state->clocks[i];
        if (clock->remaining >= 0)
            continue;
        key = key_deadline(PARTITION, clock->due, state->id, clock->kind, clock->which);
        if (!row_is_there(txn, STORE_DEADLINE, &key))
            return problem(verify, "case %llu has a clock without a row among the deadlines%s", state->id, "");
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
        return code;
    if (figures->rows[STORE_OPEN] != verify->report->open_cases)
        return problem(verify, "the index of open cases has %llu rows too many%s", figures->rows[STORE_OPEN] - verify->report->open_cases, "");
    if (figures->rows[STORE_DEADLINE] != deadlines + figures->rows[STORE_PARKED])
        return problem(verify, "%llu deadlines belong to no clock%s", figures->rows[STORE_DEADLINE] - deadlines - figures->rows[STORE_PARKED], "");
    return ERR_OK;
}

/* ---- all of it ---- */

static enum err compare_states(struct verify *verify, struct store_txn *txn)
{
    struct store_txn *txn2;
    enum err code = store_begin_read(verify->second, &txn2);
    if (code)
        return code;
    code = compare_tables(verify, txn, txn2);
    store_end_read(&txn2);
    return code;
}

static enum err verify_stores(struct verify *verify)
{
    struct store_figures figures;
    struct store_txn *txn;
    const char *why;
    const struct engine_options options = {.partition = PARTITION};
    enum err code = store_read_figures(verify->subject, &figures);
    verify->all = figures.rows[STORE_LOG];
    code = code ? code : engine_open(&verify->engine, verify->second, &options, &why);
    code = code ? code : store_begin_read(verify->subject, &txn);
    if (code)
        return code;
    code = replay_all(verify, txn);
    code = code ? code : check_head(verify, txn);
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
