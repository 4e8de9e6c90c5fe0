/* engine_count: what is owed to secret votes: their counts, then the end of their keys. Rows of the outbox under a topic that no worker can
 * register for; whoever holds the keys brings the events (door_count.c). */
#include "engine/engine_inner.h"

static const struct text topic = {RECORD_TOPIC_COUNTS, sizeof RECORD_TOPIC_COUNTS - 1};

void engine_owe_count(struct engine *engine, const struct case_state *after, const struct effect *effect)
{
    struct outbox_row row = {.kind = OUTBOX_COUNT, .case_id = after->id, .position = engine_next_position(engine), .unit = after->unit};
    struct record_key key = key_outbox(engine->options.partition, topic, effect->ready_at, effect->task);
    batch_put(&engine->batch, STORE_OUTBOX, &key, row_encode_outbox(&engine->batch.arena, &row));
    engine->counts = true;
}

void engine_counted(struct engine *engine, const struct effect *effect)
{
    struct record_key key = key_outbox(engine->options.partition, topic, effect->was_ready_at, effect->task);
    batch_delete(&engine->batch, STORE_OUTBOX, &key);
}

bool engine_owes_counts(const struct engine *engine)
{
    return engine->counts;
}

/* The first row behind `after`. */
static enum err find_row(struct engine *engine, const struct record_key *after, uint64_t *case_id, uint64_t *task, struct record_key *found)
{
    struct record_key prefix = key_outbox_topic(engine->options.partition, topic);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value, ignored;
    struct outbox_row row;
    int64_t ready_at;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_OUTBOX, &cursor);
    if (!code) {
        code = store_cursor_seek(cursor, key_text(after->size ? after : &prefix), &key, &value);
        if (!code && after->size && text_equal(key, key_text(after)))
            code = store_cursor_next(cursor, &key, &value);
        code = !code && !key_begins(key, &prefix) ? ERR_NOT_FOUND : code;
        if (!code && (!key_read_outbox(key, &ignored, &ready_at, task) || row_decode_outbox(value, &row) || row.kind != OUTBOX_COUNT))
            code = ERR_CORRUPT;
        if (!code) {
            *case_id = row.case_id;
            found->size = key.size;
            memcpy(found->bytes, key.data, key.size);
        }
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code;
}

enum err engine_next_count(struct engine *engine, struct record_key *after, struct engine_count *out)
{
    bool first = after->size == 0;
    uint64_t case_id;
    enum err code = find_row(engine, after, &case_id, &out->task, after);
    engine->counts = engine->counts && !(first && code == ERR_NOT_FOUND);
    if (code)
        return code;
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = case_id};
    code = engine_find_case(engine, &subject, &out->state);
    out->poll = NULL;
    for (uint32_t i = 0; !code && i < out->state->poll_count; i++)
        if (out->state->polls[i].owed == out->task)
            out->poll = &out->state->polls[i];
    out->workflow = code ? NULL : engine_workflow(engine, out->state->workflow);
    return code == ERR_UNKNOWN_CASE || (!code && (!out->poll || !out->workflow)) ? ERR_CORRUPT : code;
}

void engine_forget_counts(struct engine *engine)
{
    engine->counts = false;
}

enum err engine_find_counts(struct engine *engine)
{
    struct record_key after = {.size = 0};
    uint64_t case_id, task;
    enum err code = find_row(engine, &after, &case_id, &task, &after);
    engine->counts = code == ERR_OK;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}
