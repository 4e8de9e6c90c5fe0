/* engine_replay: the same log gives the same state.
 *
 * Each record of a log is decided again, at its own time, and must come out as the same bytes: the same decision, the same case
 * afterwards, the same hash. Everything that decides is in the log, so a fresh store and the log are enough. */
#include "engine/bytes.h"
#include "engine/engine_inner.h"
#include "engine/sha256.h"

#include <assert.h>

static enum err replay_due(struct engine *engine, const struct log_record *record)
{
    struct batch_case *subject;
    enum err code = engine_case_by_id(engine, record->event.subject.id, &subject);
    if (code)
        return ERR_CORRUPT;
    struct decision decision;
    code = engine_decide_case(engine, &record->event, subject, record->effective, &decision);
    return code ? code : decision.code ? ERR_CORRUPT : ERR_OK;
}

static enum err replay_event(struct engine *engine, const struct log_record *record)
{
    struct message answer;
    struct event event = record->event;
    uint64_t position;
    switch (event.kind) {
    case EVENT_DUE:
    case EVENT_RECOMPUTE: return replay_due(engine, record);
    case EVENT_UNPARK: return engine_unpark(engine, &event);
    case EVENT_DEPLOY_PART: return engine_apply_part(engine, &event);
    case EVENT_DEPLOY: return engine_apply_deploy(engine, &event, &position);
    case EVENT_RUN: return engine_apply_run(engine, &event);
    case EVENT_QUOTA: return engine_apply_quota(engine, &event);
    case EVENT_PARK:
        event.kind = EVENT_SEND; /* it is parked again, for the same reason */
        break;
    case EVENT_CASE:
    case EVENT_COUNT:
        if (event.code)
            return engine_drop_said(engine, &event);
        break;
    case EVENT_OPEN:
    case EVENT_SEND:
    case EVENT_RELEASE:
    case EVENT_MIGRATE:
    case EVENT_RETRY:
    case EVENT_ACCEPT:
    case EVENT_SETTLE:
    case EVENT_ERASE:
    case EVENT_FAIL: break;
    }
    return engine_decide(engine, &event, &answer);
}

/* What an older version told stays as it was told. */
static bool is_what_was_made(struct engine *engine, struct text made, struct text bytes)
{
    if (text_equal(made, bytes))
        return true;
    if (engine->working.position > engine->older || !log_same_case(made, bytes))
        return false;
    batch_replace_record(&engine->batch, bytes);
    log_hash(bytes, engine->working.hash);
    return true;
}

enum err engine_replay(struct engine *engine, struct text bytes, const char **why)
{
    assert(engine->in_batch);
    struct log_record record;
    *why = "";
    uint64_t position = engine_next_position(engine);
    bytes = arena_copy(&engine->batch.arena, bytes); /* the event lives as long as the batch */
    enum err code = log_decode(&engine->batch.arena, bytes, &record);
    if (code)
        return code;
    if (memcmp(record.predecessor, engine->working.hash, HASH_SIZE) != 0) {
        *why = "the record does not follow its predecessor (hash chain)";
        return ERR_CORRUPT;
    }
    if (record.time < engine->working.time) {
        *why = "the record is older than its predecessor";
        return ERR_CORRUPT;
    }
    engine->epoch = record.epoch;
    engine->working.time = record.time;
    code = replay_event(engine, &record);
    code = engine->trouble ? engine->trouble : code;
    const struct text *made = batch_record(&engine->batch, position);
    if (!code && (!made || engine->working.position != position || !is_what_was_made(engine, *made, bytes))) {
        *why = "deciding the record again gives another outcome";
        return ERR_CORRUPT;
    }
    return code;
}

void engine_replay_older(struct engine *engine, uint64_t position)
{
    engine->older = position;
}

/* ---- the hash of the state ---- */

static void hash_text(struct sha256 *hash, struct text text)
{
    uint8_t size[8];
    bytes_put_u64(size, text.size); /* the same on every machine */
    sha256_add(hash, size, sizeof size);
    sha256_add(hash, text.data, text.size);
}

static enum err hash_table(struct store_txn *txn, enum store_table table, struct sha256 *hash)
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, table, &cursor);
    if (code)
        return code;
    hash_text(hash, text_of(store_table_name(table)));
    code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        hash_text(hash, key);
        hash_text(hash, value);
        code = store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* LOG is what the state follows from, and META only says how far: neither belongs to it. */
enum err engine_state_hash(struct store *store, uint8_t out[HASH_SIZE])
{
    struct store_txn *txn;
    struct sha256 hash;
    sha256_start(&hash);
    enum err code = store_begin_read(store, &txn);
    if (code)
        return code;
    for (int table = 0; table < STORE_TABLE_COUNT && !code; table++)
        if (table != STORE_LOG && table != STORE_META)
            code = hash_table(txn, (enum store_table)table, &hash);
    store_end_read(&txn);
    sha256_end(&hash, out);
    return code;
}
