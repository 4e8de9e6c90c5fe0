/* docket_read: the histories of its cases, as the engine shows them. See docket.h. */
#include "workers/docket_inner.h"

/* ---- rows that the engine shows ----
 *
 * A private field is shown to the centre while the case is there, and left out when it has moved on, with its name under `private`. What the
 * centre has seen in its own case it keeps: a docket that forgot the summary on the day of the agreement would be none. But what was erased (`erased`) it
 * does not keep. */

static bool names_it(const struct value *names, struct text name)
{
    for (uint32_t i = 0; names && names->kind == VALUE_LIST && i < names->count; i++)
        if (text_equal(names->items[i].text, name))
            return true;
    return false;
}

static const struct value *known_before(const struct value *stored, struct text name)
{
    const struct value *data = value_get(stored, "data");
    for (uint32_t i = 0; data && data->kind == VALUE_MAP && i < data->count; i++)
        if (text_equal(data->items[2 * i].text, name))
            return &data->items[2 * i + 1];
    return NULL;
}

/* The fields that are shown now, and those left out now that were shown before. */
static struct value data_with(struct arena *arena, const struct value *stored, const struct value *shown)
{
    const struct value *before = value_get(stored, "data"), *now = value_get(shown, "data");
    const struct value *hidden[] = {value_get(shown, "private"), value_get(shown, "cut")}, *erased = value_get(shown, "erased");
    uint32_t old_count = before && before->kind == VALUE_MAP ? before->count : 0, new_count = now && now->kind == VALUE_MAP ? now->count : 0;
    struct map_maker map = map_begin(arena);
    for (uint32_t i = 0; i < new_count; i++)
        map_put_named(&map, now->items[2 * i].text, now->items[2 * i + 1]);
    for (uint32_t i = 0; i < old_count; i++) {
        struct text name = before->items[2 * i].text;
        if ((names_it(hidden[0], name) || names_it(hidden[1], name)) && !names_it(erased, name) && !known_before(shown, name))
            map_put_named(&map, name, before->items[2 * i + 1]);
    }
    return map_end(&map);
}

/* Of `private` or `cut`: those that are not known from before either. */
static struct value still_hidden(struct arena *arena, const struct value *stored, const struct value *names, const struct value *erased)
{
    struct list_maker list = {.arena = arena};
    for (uint32_t i = 0; i < names->count; i++)
        if (names_it(erased, names->items[i].text) || !known_before(stored, names->items[i].text))
            list_add(&list, names->items[i]);
    return list_end(&list);
}

static struct value with_known(struct arena *arena, const struct value *stored, const struct value *shown)
{
    struct map_maker map = map_begin(arena);
    struct value data = data_with(arena, stored, shown);
    for (uint32_t i = 0; i < shown->count; i++) {
        const struct value *pair = &shown->items[2 * i];
        bool hidden = (text_is(pair->text, "private") || text_is(pair->text, "cut")) && pair[1].kind == VALUE_LIST;
        if (text_is(pair->text, "data"))
            continue;
        struct value rest = hidden ? still_hidden(arena, stored, &pair[1], value_get(shown, "erased")) : pair[1];
        if (!hidden || rest.count)
            map_put_named(&map, pair->text, rest);
    }
    if (data.count)
        map_put(&map, "data", data);
    return map_end(&map);
}

struct value docket_with_fields(struct arena *arena, const struct value *row, const struct value *fields)
{
    struct map_maker map = map_begin(arena), data = map_begin(arena);
    const struct value *now = value_get(row, "data");
    for (uint32_t i = 0; now && now->kind == VALUE_MAP && i < now->count; i++)
        map_put_named(&data, now->items[2 * i].text, now->items[2 * i + 1]);
    for (uint32_t i = 0; i < fields->count; i++)
        if (!known_before(row, fields->items[2 * i].text))
            map_put_named(&data, fields->items[2 * i].text, fields->items[2 * i + 1]);
    for (uint32_t i = 0; i < row->count; i++)
        if (!text_is(row->items[2 * i].text, "data"))
            map_put_named(&map, row->items[2 * i].text, row->items[2 * i + 1]);
    if (data.pairs)
        map_put(&map, "data", map_end(&data));
    return map_end(&map);
}

enum err docket_put_shown(struct docket *docket, struct store_txn *txn, uint64_t case_id, uint64_t position, const struct value *row)
{
    struct docket_key key = docket_key_pair(case_id, position);
    struct value stored, merged = *row;
    struct text bytes;
    enum err err = store_get(txn, STORE_LOG, docket_key_text(&key), &bytes);
    if (!err)
        err = docket_decode_value(&docket->arena, bytes, &stored);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (!err && (value_get(row, "private") || value_get(row, "cut")))
        merged = with_known(&docket->arena, &stored, row);
    return store_put(txn, STORE_LOG, docket_key_text(&key), docket_encode_value(&docket->arena, &merged));
}

/* ---- which are to be read ---- */

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

/* ---- reading ---- */

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
    const struct value *forgotten = value_get(row, "forgotten");
    if (!err && forgotten && forgotten->kind == VALUE_BOOLEAN && forgotten->boolean)
        err = docket_strip(docket, txn, case_id);
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
