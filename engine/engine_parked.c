/* engine_parked: events whose case is not here yet.
 *
 * An event for an unknown key is kept, with all its data sealed as one (the server cannot know yet which fields are private). When the case
 * opens, the server takes the event out again, seals field by field, and brings it to the door as a send that names the park; it is then
 * applied, or refused, and goes. One that waits longer than ENGINE_PARKED_DAYS expires. The parking, and its end, are in the log. */
#include "engine/engine_inner.h"
#include "engine/log.h"

#include <assert.h>

static enum err change_count(struct engine *engine, struct text sender, int by, uint64_t *count)
{
    struct record_key key = key_counter(engine->options.partition, 'p', sender);
    struct text value;
    *count = 0;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, &key, &value);
    code = code ? code : row_decode_number(value, count);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (by < 0 && *count == 0)
        return ERR_CORRUPT; /* an event is parked that was never counted */
    *count = by < 0 ? *count - 1 : *count + (uint64_t)by;
    if (by && *count)
        batch_put(&engine->batch, STORE_COUNTER, &key, row_encode_number(&engine->batch.arena, *count));
    else if (by)
        batch_delete(&engine->batch, STORE_COUNTER, &key);
    return ERR_OK;
}

int64_t engine_park_expires(int64_t parked_at)
{
    return parked_at + (int64_t)ENGINE_PARKED_DAYS * ENGINE_PARKED_MS_PER_DAY;
}

enum err engine_park(struct engine *engine, const struct event *event, struct message *answer)
{
    assert(event->data_count == 0 || event->sealed.size > 0); /* design 12.6: nothing private goes to the log in clear */
    uint64_t count;
    enum err code = change_count(engine, event->sender, 0, &count);
    if (code)
        return code;
    if (count >= ENGINE_PARKED_MOST) {
        engine_refuse(answer, ERR_TOO_MANY_PARKED, (struct text){0});
        return ERR_OK;
    }
    code = change_count(engine, event->sender, 1, &count);
    if (code)
        return code;
    uint32_t partition = engine->options.partition;
    struct arena *arena = &engine->batch.arena;
    uint64_t position = engine_next_position(engine);
    int64_t expires = engine_park_expires(engine->working.time);
    struct parked_row row = {.expires = expires, .id = event->id, .sender = event->sender};
    struct record_key key = key_parked(partition, event->subject.text, position);
    batch_put(&engine->batch, STORE_PARKED, &key, row_encode_parked(arena, &row));
    key = key_deadline(partition, expires, position, RECORD_CLOCK_PARKED, 0);
    batch_put(&engine->batch, STORE_DEADLINE, &key, row_encode_number(arena, 0));
    engine_put_receipt(engine, event, position, true);
    struct log_record record = {.effective = engine->working.time, .event = *event};
    record.event.kind = EVENT_PARK;
    engine_append(engine, &record);
    engine->parked_count++;
    engine->parked_here++;
    engine_answer(engine, MESSAGE_PARKED, position, &record, answer);
    return ERR_OK;
}

enum err engine_unpark_rows(struct engine *engine, struct text case_key, uint64_t parked, struct parked_row *row)
{
    uint32_t partition = engine->options.partition;
    struct record_key key = key_parked(partition, case_key, parked);
    struct text value;
    enum err code = batch_get(&engine->batch, STORE_PARKED, &key, &value);
    if (code == ERR_NOT_FOUND)
        return ERR_OK; /* it has gone already */
    code = code ? code : row_decode_parked(arena_copy(&engine->batch.arena, value), row);
    if (code)
        return code;
    batch_delete(&engine->batch, STORE_PARKED, &key);
    key = key_deadline(partition, row->expires, parked, RECORD_CLOCK_PARKED, 0);
    batch_delete(&engine->batch, STORE_DEADLINE, &key);
    uint64_t count;
    code = change_count(engine, row->sender, -1, &count);
    if (!code)
        engine->parked_count--; /* what memory counts follows the last step that can fail */
    return code;
}

enum err engine_unpark(struct engine *engine, const struct event *event)
{
    struct parked_row row = {0};
    enum err code = engine_unpark_rows(engine, event->subject.text, event->parked, &row);
    if (code || row.id.size == 0)
        return code;
    /* A refusal is not remembered: the same id may be sent again and is decided anew. */
    struct record_key key = key_receipt(engine->options.partition, row.id, row.sender);
    batch_delete(&engine->batch, STORE_RECEIPT, &key);
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_append(engine, &record);
    return ERR_OK;
}

enum err engine_is_parked(struct engine *engine, struct text id, struct text sender, bool *parked)
{
    *parked = false;
    if (engine->parked_count == 0 || id.size == 0)
        return ERR_OK;
    assert(engine->in_batch);
    struct record_key key = key_receipt(engine->options.partition, id, sender);
    struct text value;
    struct receipt_row receipt;
    enum err code = batch_get(&engine->batch, STORE_RECEIPT, &key, &value);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_OK : code;
    code = row_decode_receipt(value, &receipt);
    *parked = !code && receipt.parked;
    return code;
}

/* Parked in this batch, or before it? */
static enum err any_parked(struct engine *engine, struct text case_key, bool *any)
{
    struct record_key prefix = key_parked_case(engine->options.partition, case_key);
    *any = false;
    for (uint32_t i = 0; engine->parked_here && i < engine->batch.row_count && !*any; i++) {
        const struct batch_row *row = engine->batch.rows[i];
        *any = row->table == STORE_PARKED && !row->deleted && key_begins(row->key, &prefix);
    }
    struct store_txn *txn;
    struct store_cursor *cursor;
    enum err code = *any ? ERR_OK : batch_txn(&engine->batch, &txn);
    if (code || *any)
        return code;
    code = store_cursor_open(txn, STORE_PARKED, &cursor);
    if (code)
        return code;
    struct text key, value;
    code = store_cursor_seek(cursor, key_text(&prefix), &key, &value);
    *any = !code && key_begins(key, &prefix);
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err engine_note_unparkable(struct engine *engine, struct text case_key)
{
    if (engine->parked_count == 0)
        return ERR_OK;
    bool any;
    enum err code = any_parked(engine, case_key, &any);
    if (code || !any)
        return code;
    uint32_t count = engine->done.unparkable_count;
    struct text *wider = ARENA_ARRAY(&engine->batch.arena, struct text, count + 1); /* rare: one by one is enough */
    if (count)
        memcpy(wider, engine->done.unparkable, count * sizeof *wider);
    wider[count] = arena_copy(&engine->batch.arena, case_key);
    engine->done.unparkable = wider;
    engine->done.unparkable_count = count + 1;
    return ERR_OK;
}

static enum err read_parked(struct engine *engine, struct arena *arena, struct store_txn *txn, uint64_t position, struct event *event)
{
    struct text bytes;
    struct log_record record;
    enum err code = log_in_store.read(txn, engine->options.partition, position, &bytes);
    code = code ? code : log_decode(arena, arena_copy(arena, bytes), &record);
    if (!code)
        *event = record.event;
    return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
}

/* After position `after`; 0: the first. */
enum err engine_parked(struct engine *engine, struct arena *arena, struct text case_key, uint64_t after, uint64_t *position, struct event *event)
{
    assert(!engine->in_batch);
    struct record_key prefix = key_parked_case(engine->options.partition, case_key);
    struct record_key from = key_parked(engine->options.partition, case_key, after + 1);
    struct store_txn *txn;
    struct store_cursor *cursor;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_PARKED, &cursor);
    struct text key, value;
    code = code ? code : store_cursor_seek(cursor, key_text(&from), &key, &value);
    if (!code && !key_begins(key, &prefix))
        code = ERR_NOT_FOUND;
    if (!code && !key_read_u64_last(key, position))
        code = ERR_CORRUPT;
    code = code ? code : read_parked(engine, arena, txn, *position, event);
    store_end_read(&txn);
    return code;
}
