/* outbox_oldest: how long what is owed waits for somebody to take it. See outbox.h. */
#include "engine/outbox_inner.h"

static bool is_held(const struct outbox *outbox, uint64_t task)
{
    const struct lease *lease = lease_find(outbox, task);
    return lease && lease->state != LEASE_RESTING;
}

/* Rows stand by topic and then by readiness: of each topic the first that is not held counts, then the next topic is looked for. */
static enum err walk(const struct outbox *outbox, struct store_cursor *cursor, int64_t now, int64_t *oldest)
{
    uint32_t partition = engine_partition(outbox->options.engine);
    struct text key, value, topic;
    int64_t ready_at;
    uint64_t task;
    enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (uint32_t looked = 0; !code && looked < LIMIT_TURN_SCAN; looked++) {
        if (!key_read_outbox(key, &topic, &ready_at, &task))
            return ERR_CORRUPT;
        if (ready_at <= now && is_held(outbox, task)) {
            code = store_cursor_next(cursor, &key, &value);
            continue;
        }
        if (ready_at <= now && ready_at < *oldest)
            *oldest = ready_at;
        struct record_key behind = key_outbox(partition, topic, INT64_MAX, UINT64_MAX);
        code = store_cursor_seek(cursor, key_text(&behind), &key, &value);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err outbox_oldest(const struct outbox *outbox, struct outbox_time time, int64_t *ready_at)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    *ready_at = INT64_MAX;
    enum err code = store_begin_read(engine_store(outbox->options.engine), &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_OUTBOX, &cursor);
    if (!code) {
        code = walk(outbox, cursor, time.now, ready_at);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code;
}
