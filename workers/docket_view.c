/* docket_view: what the docket answers when it is asked. Reads only. See docket.h. */
#include "workers/docket_inner.h"

/* Of one page: what is read to make it, long rows included. */
enum { HISTORY_BYTES = 256 * 1024, LIST_BYTES = 4 * 1024 * 1024 };

/* ---- finding ---- */

static enum err get_named(struct store_txn *txn, char what, struct text name, uint64_t *case_id)
{
    struct docket_key key = docket_key_name(what, name);
    struct text value;
    enum err err = store_get(txn, STORE_NUMBER, docket_key_text(&key), &value);
    return err ? err : docket_decode_number(value, case_id);
}

enum err docket_get_case(struct store_txn *txn, const struct case_ref *ref, uint64_t *case_id)
{
    struct docket_key key = docket_key_number(ref->id);
    struct text value;
    enum err err = ERR_NOT_FOUND;
    *case_id = ref->id;
    switch (ref->kind) {
    case CASE_REF_NONE: break;
    case CASE_REF_ID: err = store_get(txn, STORE_CASE, docket_key_text(&key), &value); break;
    case CASE_REF_KEY: err = get_named(txn, 'k', ref->text, case_id); break;
    case CASE_REF_NUMBER: err = get_named(txn, 'n', ref->text, case_id); break;
    }
    return err == ERR_NOT_FOUND ? ERR_UNKNOWN_CASE : err;
}

enum err docket_find(struct docket *docket, const struct case_ref *ref, uint64_t *case_id)
{
    struct store_txn *txn;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = docket_get_case(txn, ref, case_id);
    store_end_read(&txn);
    return err;
}

/* ---- one case ---- */

static bool is_docket_word(struct text name, const char *const *words)
{
    for (; *words; words++)
        if (text_is(name, *words))
            return true;
    return false;
}

/* The case as the engine showed it last, and the docket's own entry beside it. A list shows only what has room in a line. */
static enum err get_row(struct arena *arena, struct store_txn *txn, uint64_t case_id, bool brief, struct value *row)
{
    static const char *const long_members[] = {"data", "can", "tasks", "event", "history", "text", "docket", NULL}, *const own[] = {"docket", NULL};
    struct docket_key key = docket_key_pair(case_id, 0);
    struct docket_entry entry;
    struct value shown = {.kind = VALUE_MAP};
    struct text value;
    enum err err = docket_get_entry(arena, txn, case_id, &entry);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_UNKNOWN_CASE : err;
    err = store_get(txn, STORE_LOG, docket_key_text(&key), &value);
    if (!err)
        err = docket_decode_value(arena, value, &shown);
    if (err && err != ERR_NOT_FOUND)
        return err;
    struct map_maker map = map_begin(arena);
    for (uint32_t i = 0; i < shown.count; i++)
        if (!is_docket_word(shown.items[2 * i].text, brief ? long_members : own))
            map_put_named(&map, shown.items[2 * i].text, shown.items[2 * i + 1]);
    if (!value_get(&shown, "case"))
        map_put_number(&map, "case", (int64_t)case_id);
    if (!value_get(&shown, "no"))
        map_put_text(&map, "no", entry.number);
    if (brief)
        entry.notes = (struct value){0};
    map_put(&map, "docket", docket_entry_row(arena, &entry));
    *row = map_end(&map);
    return ERR_OK;
}

enum err docket_case(struct docket *docket, struct arena *arena, uint64_t case_id, struct value *row)
{
    struct store_txn *txn;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = get_row(arena, txn, case_id, false, row);
    store_end_read(&txn);
    return err;
}

static enum err read_history(struct arena *arena, struct store_cursor *cursor, uint64_t case_id, uint64_t *after, uint32_t most, struct value *items,
                             uint32_t *count)
{
    struct docket_key from = docket_key_pair(case_id, *after + 1);
    struct text key, value;
    size_t bytes = 0;
    uint64_t last = *after;
    enum err err = store_cursor_seek(cursor, docket_key_text(&from), &key, &value);
    *after = 0;
    while (!err && docket_key_read(key, 0) == case_id) {
        if (*count == most || (*count && bytes + value.size > HISTORY_BYTES)) {
            *after = last;
            return ERR_OK;
        }
        bytes += value.size;
        last = docket_key_read(key, 1);
        err = docket_decode_value(arena, value, &items[(*count)++]);
        if (!err)
            err = store_cursor_next(cursor, &key, &value);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err docket_history(struct docket *docket, struct arena *arena, uint64_t case_id, uint64_t *after, uint32_t most, struct value *rows)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct value *items = ARENA_ARRAY(arena, struct value, most);
    uint32_t count = 0;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = store_cursor_open(txn, STORE_LOG, &cursor);
    if (!err) {
        err = read_history(arena, cursor, case_id, after, most, items, &count);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    *rows = (struct value){.kind = VALUE_LIST, .count = count, .items = items};
    return err;
}

/* ---- the list ---- */

enum err docket_list(struct docket *docket, struct arena *arena, bool all, uint64_t *after, uint32_t most, struct value *rows)
{
    struct docket_key from = docket_key_number(*after + 1);
    struct value *items = ARENA_ARRAY(arena, struct value, most);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    size_t taken = arena->total;
    uint32_t count = 0;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = store_cursor_open(txn, all ? STORE_CASE : STORE_OPEN, &cursor);
    if (!err)
        err = store_cursor_seek(cursor, docket_key_text(&from), &key, &value);
    for (; !err && count < most && arena->total - taken < LIST_BYTES; err = err ? err : store_cursor_next(cursor, &key, &value)) {
        *after = docket_key_read(key, 0);
        err = get_row(arena, txn, *after, true, &items[count++]);
    }
    if (err == ERR_NOT_FOUND)
        *after = 0;
    store_end_read(&txn);
    *rows = (struct value){.kind = VALUE_LIST, .count = count, .items = items};
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
