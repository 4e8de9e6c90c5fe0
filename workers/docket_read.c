/* docket_read: the histories of its cases, as the engine shows them. See docket.h. */
#include "workers/docket_inner.h"

enum err docket_next_unread(struct docket *docket, uint64_t after, uint64_t *case_id, uint64_t *turn)
{
    struct docket_key from = docket_key_number(after + 1);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = store_cursor_open(txn, STORE_DEADLINE, &cursor);
    if (!err) {
        err = store_cursor_seek(cursor, docket_key_text(&from), &key, &value);
        if (!err)
            err = docket_decode_number(value, turn);
        if (!err)
            *case_id = docket_key_read(key, 0);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return err;
}

static enum err want_body(struct docket *docket, struct store_txn *txn, void *context)
{
    const uint64_t *case_id = context;
    struct docket_entry entry;
    enum err err = docket_get_entry(&docket->arena, txn, *case_id, &entry);
    return err ? err : docket_put_want(docket, txn, *case_id);
}

enum err docket_want(struct docket *docket, uint64_t case_id)
{
    return docket_write(docket, want_body, &case_id);
}

struct reading {
    uint64_t case_id, turn;
    const struct value *rows;
    bool last;
};

static bool task_stands(const struct value *row, uint64_t task)
{
    const struct value *tasks = value_get(row, "tasks");
    for (uint32_t i = 0; tasks && tasks->kind == VALUE_LIST && i < tasks->count; i++) {
        const struct value *id = value_get(&tasks->items[i], "task"), *state = value_get(&tasks->items[i], "state");
        if (id && id->kind == VALUE_INTEGER && (uint64_t)id->integer == task && state && state->kind == VALUE_TEXT)
            return text_is(state->text, "open") || text_is(state->text, "held");
    }
    return false;
}

/* The case itself as it stands now: also says when an event of the centre has not settled its task after all. */
static enum err read_case(struct docket *docket, struct store_txn *txn, uint64_t case_id, const struct value *row)
{
    struct docket_entry entry;
    enum err err = docket_get_entry(&docket->arena, txn, case_id, &entry);
    if (err)
        return err;
    if (entry.state == DOCKET_HANDED_ON && task_stands(row, entry.task)) {
        entry.state = entry.accepted ? DOCKET_ACCEPTED : DOCKET_RECEIVED;
        err = docket_put_entry(docket, txn, &entry);
    }
    return err ? err : docket_put_shown(docket, txn, case_id, 0, row);
}

static enum err read_done(struct store_txn *txn, const struct reading *reading)
{
    struct docket_key key = docket_key_number(reading->case_id);
    struct text value;
    uint64_t turn = 0;
    enum err err = store_get(txn, STORE_DEADLINE, docket_key_text(&key), &value);
    if (!err)
        err = docket_decode_number(value, &turn);
    if (!err && turn == reading->turn)
        err = store_delete(txn, STORE_DEADLINE, docket_key_text(&key));
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err read_body(struct docket *docket, struct store_txn *txn, void *context)
{
    const struct reading *reading = context;
    const struct value *rows = reading->rows;
    enum err err = ERR_OK;
    for (uint32_t i = 0; !err && rows->kind == VALUE_LIST && i < rows->count; i++) {
        const struct value *position = value_get(&rows->items[i], "p");
        bool entry = position && position->kind == VALUE_INTEGER && position->integer > 0;
        err = entry ? docket_put_shown(docket, txn, reading->case_id, (uint64_t)position->integer, &rows->items[i])
                    : read_case(docket, txn, reading->case_id, &rows->items[i]);
    }
    return err || !reading->last ? err : read_done(txn, reading);
}

enum err docket_read(struct docket *docket, uint64_t case_id, uint64_t turn, const struct value *rows, bool last)
{
    return docket_write(docket, read_body, &(struct reading){.case_id = case_id, .turn = turn, .rows = rows, .last = last});
}
