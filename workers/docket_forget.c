/* docket_forget: what the engine has destroyed, the docket destroys too. See docket.h.
 *
 *     news of an erasure ─> which cases name that person ─> their histories are read again ─> what is erased there goes here ─> the file is wiped
 *
 * The position of the news and the wish to read again are one commit, and the wish stays until the reading is done: whatever crashes, it is done. Who is
 * meant stands in the rows: who opened a case, who sent an event and for whom, who stands in its fields. */
#include "workers/docket_inner.h"

static const struct text watched = TEXT("watched");

/* ---- how far the news have come ---- */

enum err docket_watched(struct docket *docket, uint64_t *position)
{
    struct store_txn *txn;
    struct text value;
    *position = 0;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = store_get(txn, STORE_META, watched, &value);
    err = err ? err : docket_decode_number(value, position);
    store_end_read(&txn);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err docket_is_empty(struct docket *docket, bool *empty)
{
    struct store_figures figures;
    enum err err = store_read_figures(docket->store, &figures);
    *empty = !err && figures.rows[STORE_CASE] == 0;
    return err;
}

/* ---- whose rows ---- */

static bool names_person(const struct value *value, struct text person)
{
    uint32_t items = value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
    if (value->kind == VALUE_TEXT)
        return text_equal(value->text, person);
    for (uint32_t i = 0; i < items; i++)
        if (names_person(&value->items[i], person))
            return true;
    return false;
}

/* The next case above `*case_id` that names the person; of size 0: the next. ERR_NOT_FOUND: none. */
static enum err next_named(struct docket *docket, struct store_txn *txn, struct text person, uint64_t *case_id)
{
    struct docket_key from = docket_key_pair(*case_id + 1, 0);
    struct store_cursor *cursor;
    struct text key, bytes;
    bool found = false;
    enum err err = store_cursor_open(txn, STORE_LOG, &cursor);
    if (err)
        return err;
    err = store_cursor_seek(cursor, docket_key_text(&from), &key, &bytes);
    while (!err && !found) {
        struct arena_mark mark = arena_save(&docket->arena);
        struct value row;
        err = docket_decode_value(&docket->arena, bytes, &row);
        found = !err && (person.size == 0 || names_person(&row, person));
        if (found)
            *case_id = docket_key_read(key, 0);
        arena_rewind(&docket->arena, mark);
        if (!err && !found)
            err = store_cursor_next(cursor, &key, &bytes);
    }
    store_cursor_close(&cursor);
    return err;
}

static enum err want_named(struct docket *docket, struct store_txn *txn, struct text person)
{
    uint64_t case_id = 0;
    enum err err;
    while (!(err = next_named(docket, txn, person, &case_id)))
        if ((err = docket_put_want(docket, txn, case_id)))
            return err;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err want_case(struct docket *docket, struct store_txn *txn, uint64_t case_id)
{
    struct docket_entry entry;
    enum err err = docket_get_entry(&docket->arena, txn, case_id, &entry);
    return err == ERR_NOT_FOUND ? ERR_OK : err ? err : docket_put_want(docket, txn, case_id);
}

static enum err lose_body(struct docket *docket, struct store_txn *txn, void *context)
{
    const struct docket_loss *loss = context;
    enum err err = loss->person.size || loss->anyone ? want_named(docket, txn, loss->person) : ERR_OK;
    if (!err && loss->case_id)
        err = want_case(docket, txn, loss->case_id);
    return err ? err : store_put(txn, STORE_META, watched, docket_encode_number(&docket->arena, loss->position));
}

enum err docket_lose(struct docket *docket, const struct docket_loss *loss)
{
    struct docket_loss copy = *loss;
    return docket_write(docket, lose_body, &copy);
}

/* ---- a case that was kept long enough ---- */

static struct value without_data(struct arena *arena, const struct value *row)
{
    struct map_maker map = map_begin(arena);
    for (uint32_t i = 0; i < row->count; i++)
        if (!text_is(row->items[2 * i].text, "data"))
            map_put_named(&map, row->items[2 * i].text, row->items[2 * i + 1]);
    return map_end(&map);
}

/* The row at or behind `*position`. ERR_NOT_FOUND: the case has no more. */
static enum err next_row(struct docket *docket, struct store_txn *txn, uint64_t case_id, uint64_t *position, struct value *row)
{
    struct docket_key from = docket_key_pair(case_id, *position);
    struct store_cursor *cursor;
    struct text key, bytes;
    enum err err = store_cursor_open(txn, STORE_LOG, &cursor);
    if (err)
        return err;
    err = store_cursor_seek(cursor, docket_key_text(&from), &key, &bytes);
    if (!err && docket_key_read(key, 0) != case_id)
        err = ERR_NOT_FOUND;
    if (!err) {
        *position = docket_key_read(key, 1);
        err = docket_decode_value(&docket->arena, bytes, row);
    }
    store_cursor_close(&cursor);
    return err;
}

enum err docket_strip(struct docket *docket, struct store_txn *txn, uint64_t case_id)
{
    struct value row;
    uint64_t position = 0;
    enum err err;
    while (!(err = next_row(docket, txn, case_id, &position, &row))) {
        struct docket_key key = docket_key_pair(case_id, position++);
        struct value rest = without_data(&docket->arena, &row);
        err = store_put(txn, STORE_LOG, docket_key_text(&key), docket_encode_value(&docket->arena, &rest));
        if (err)
            return err;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
