/* engine_erase: a person's private values are destroyed (PROTOCOL.md, section 14).
 *
 *     who, when and why: a record of the log ─ on disk ─> the server destroys the person's key ─ on disk ─> the answer
 *
 * The engine knows no keys. It keeps who was erased, so that a start after a crash, or on an older copy of the keys, destroys them (again), and so that
 * nothing is sealed for that person any more. A row of COUNTER ("x", and the digest of the reference, not the reference) names the record. */
#include "engine/engine_inner.h"

#include <assert.h>

enum { DIGEST_SIZE = 16, WHY_MOST = 1000, ROW_ERASED = 'x' };

static struct record_key row_of(const struct engine *engine, struct text person)
{
    uint8_t hash[HASH_SIZE];
    log_hash(person, hash);
    return key_counter(engine->options.partition, ROW_ERASED, (struct text){.data = (const char *)hash, .size = DIGEST_SIZE});
}

/* ---- asked from the door ---- */

/* A row as the batch sees it; between batches as it stands in the store: the value is in the arena then. */
static enum err read_row(struct engine *engine, struct arena *arena, enum store_table table, const struct record_key *key, struct text *value)
{
    struct store_txn *txn;
    if (engine->in_batch)
        return batch_get(&engine->batch, table, key, value);
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = store_get(txn, table, key_text(key), value);
    if (!code)
        *value = arena_copy(arena, *value);
    store_end_read(&txn);
    return code;
}

enum err engine_is_erased(struct engine *engine, struct arena *arena, struct text person, bool *erased)
{
    struct record_key key = row_of(engine, person);
    struct text value;
    enum err code = read_row(engine, arena, STORE_COUNTER, &key, &value);
    *erased = code == ERR_OK;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err engine_first_time(struct engine *engine, struct text id, struct text sender, struct event *first, bool *found)
{
    struct record_key key = key_receipt(engine->options.partition, id, sender);
    struct text value;
    struct receipt_row receipt;
    struct log_record record;
    *found = false;
    assert(engine->in_batch);
    enum err code = batch_get(&engine->batch, STORE_RECEIPT, &key, &value);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_OK : code;
    code = row_decode_receipt(value, &receipt);
    code = code ? code : engine_read_record(engine, receipt.position, &record);
    if (code)
        return code;
    *first = record.event;
    *found = true;
    return ERR_OK;
}

/* ---- deciding ---- */

static bool is_in_directory(const struct engine *engine, struct text person)
{
    const struct directory *directory = engine_directory(engine);
    return directory && directory_find_person(directory, person) != NONE;
}

static enum err check(struct engine *engine, const struct event *event, struct text *why)
{
    if (event->on_behalf.size == 0 || event->why.size == 0 || event->why.size > WHY_MOST) {
        *why = TEXT("It takes the person's reference, and a reason of at most 1,000 bytes, in which nobody is named.");
        return ERR_BAD_DATA;
    }
    if (!is_in_directory(engine, event->on_behalf))
        return ERR_OK;
    *why = arena_print(&engine->batch.arena, "\"%.*s\" is in the directory: what an official has written belongs to the cases. Who has left it can be erased.",
                       (int)event->on_behalf.size, event->on_behalf.data);
    return ERR_NOT_ALLOWED;
}

enum err engine_erase(struct engine *engine, const struct event *event, struct message *answer)
{
    struct text why = {0};
    bool erased;
    enum err refusal = check(engine, event, &why), code = engine_is_erased(engine, &engine->batch.arena, event->on_behalf, &erased);
    if (code)
        return code;
    if (!refusal && erased) {
        why = TEXT("What was private of this person has been erased already.");
        refusal = ERR_NOT_NOW;
    }
    if (refusal) {
        engine_refuse(answer, refusal, why);
        return ERR_OK;
    }
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_append(engine, &record);
    struct record_key key = row_of(engine, event->on_behalf);
    batch_put(&engine->batch, STORE_COUNTER, &key, row_encode_number(&engine->batch.arena, engine->working.position));
    engine_put_receipt(engine, event, engine->working.position, false);
    engine_answer(engine, MESSAGE_APPLIED, engine->working.position, &record, answer);
    return ERR_OK;
}

/* ---- who was erased ---- */

/* The row at or behind a key, and its record. */
static enum err read_erased(struct engine *engine, struct store_txn *txn, struct arena *arena, struct record_key *at, struct engine_erased *out)
{
    struct record_key prefix = key_counter(engine->options.partition, ROW_ERASED, (struct text){0}), place;
    struct store_cursor *cursor;
    struct text key, value;
    struct log_record record;
    enum err code = store_cursor_open(txn, STORE_COUNTER, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, key_text(at->size ? at : &prefix), &key, &value);
    if (!code && at->size && text_equal(key, key_text(at)))
        code = store_cursor_next(cursor, &key, &value);
    if (!code && !key_begins(key, &prefix))
        code = ERR_NOT_FOUND;
    code = code ? code : row_decode_number(value, &out->position);
    if (!code) {
        memcpy(at->bytes, key.data, key.size);
        at->size = key.size;
    }
    store_cursor_close(&cursor);
    if (code)
        return code;
    place = key_log(engine->options.partition, out->position);
    code = store_get(txn, STORE_LOG, key_text(&place), &value);
    code = code ? code : log_decode(arena, arena_copy(arena, value), &record);
    if (!code)
        out->person = record.event.on_behalf;
    return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
}

enum err engine_next_erased(struct engine *engine, struct arena *arena, struct record_key *after, struct engine_erased *out)
{
    struct store_txn *txn;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = read_erased(engine, txn, arena, after, out);
    store_end_read(&txn);
    return code;
}
