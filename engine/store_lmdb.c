/* store_lmdb: the store that keeps data.
 *
 * One environment in one folder (store_lmdb_file), a named database per table, LMDB's default flags: they are the only ones
 * that lost nothing in a power cut (pitfall 9). A commit is: the changed pages, one sync, the page that points to them,
 * another sync.
 *
 * In a write transaction each table keeps one LMDB cursor from the first use to the end, for get, put and delete alike: what
 * is near the row before is found on the page that is at hand already. A read transaction that has ended is kept and
 * renewed, since a new one costs a lock and a search for a slot.
 *
 * How it can fail. A row that does not fit in the map: LMDB spoils the transaction, we keep the code and give it for
 * everything that follows; nothing was written, the caller aborts and grows. A commit that the disk refuses: what LMDB
 * keeps in memory and what the disk holds may differ from now on, so every begin is refused until the environment was
 * opened again. */
#include "engine/store.h"

#include "engine/store_lmdb_wipe.h"

#include <assert.h>
#include <lmdb.h>
#include <stdlib.h>

struct lmdb_cursor {
    struct store_cursor base;
    MDB_cursor *cursor;
    struct lmdb_cursor *next;
    enum { BEFORE_FIRST, AT_KEY, AFTER_LAST } stands;
};

struct lmdb_txn {
    struct store_txn base;
    MDB_txn *txn;
    MDB_cursor *rows[STORE_TABLE_COUNT]; /* of a write transaction: see above */
    struct lmdb_cursor *cursors;         /* those that the caller has open */
    enum err failure;                    /* the first that spoiled a write transaction */
};

struct lmdb_store {
    struct store base;
    struct lmdb_file file;
    bool failed;                  /* a commit failed, or reopening did */
    unsigned reading;             /* open read transactions */
    struct lmdb_txn *idle_reader; /* ended, to be renewed; or NULL */
    struct lmdb_txn writer;       /* open while writer.txn is set */
    char *scratch;                /* checksum and value of the row that is being put */
    size_t scratch_size;
};

static enum err translate(const struct lmdb_store *store, int code)
{
    return lmdb_file_translate(&store->file, code);
}

/* ---- transactions ---- */

static enum err reader_begin(struct lmdb_store *store, struct lmdb_txn **out)
{
    struct lmdb_txn *txn = store->idle_reader;
    int code;
    if (txn) {
        store->idle_reader = NULL;
        code = mdb_txn_renew(txn->txn);
        if (code)
            mdb_txn_abort(txn->txn);
    } else {
        txn = calloc(1, sizeof *txn);
        if (!txn)
            return ERR_NO_MEMORY;
        txn->base = (struct store_txn){.store = &store->base, .write = false};
        code = mdb_txn_begin(store->file.env, NULL, MDB_RDONLY, &txn->txn);
    }
    if (code) {
        free(txn);
        return translate(store, code);
    }
    store->reading++;
    *out = txn;
    return ERR_OK;
}

static enum err lmdb_begin(struct store *base, bool write, struct store_txn **out)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    if (store->failed)
        return ERR_IO;
    struct lmdb_txn *txn = &store->writer;
    enum err err;
    if (write) {
        assert(!store->file.options.read_only && !txn->txn);
        *txn = (struct lmdb_txn){.base = {.store = base, .write = true}};
        err = translate(store, mdb_txn_begin(store->file.env, NULL, 0, &txn->txn));
    } else {
        err = reader_begin(store, &txn);
    }
    if (!err)
        *out = &txn->base;
    return err;
}

/* The cursors of a write transaction go with it; those of a reader must be closed before it. */
static void close_cursors(struct lmdb_txn *txn)
{
    while (txn->cursors) {
        struct lmdb_cursor *cursor = txn->cursors;
        txn->cursors = cursor->next;
        if (!txn->base.write)
            mdb_cursor_close(cursor->cursor);
        free(cursor);
    }
}

static void lmdb_abort(struct store_txn *base)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    close_cursors(txn);
    if (base->write) {
        mdb_txn_abort(txn->txn);
        txn->txn = NULL;
        return;
    }
    store->reading--;
    if (store->idle_reader) {
        mdb_txn_abort(txn->txn);
        free(txn);
    } else {
        mdb_txn_reset(txn->txn);
        store->idle_reader = txn;
    }
}

static enum err lmdb_commit(struct store_txn *base)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    enum err err = txn->failure;
    if (err) {
        lmdb_abort(base);
        return err;
    }
    close_cursors(txn);
    err = translate(store, mdb_txn_commit(txn->txn));
    txn->txn = NULL;
    if (err && err != ERR_MAP_FULL)
        store->failed = true;
    return err;
}

/* ---- rows ---- */

static MDB_val val_of(struct text text)
{
    return (MDB_val){.mv_size = text.size, .mv_data = (void *)(uintptr_t)text.data};
}

static struct text text_of_val(MDB_val val)
{
    return (struct text){.data = val.mv_data, .size = val.mv_size};
}

/* The table's own cursor in a write transaction. */
static int rows_of(struct lmdb_txn *txn, enum store_table table, MDB_cursor **rows)
{
    struct lmdb_store *store = (struct lmdb_store *)txn->base.store;
    int code = txn->rows[table] ? MDB_SUCCESS : mdb_cursor_open(txn->txn, store->file.tables[table], &txn->rows[table]);
    *rows = txn->rows[table];
    return code;
}

/* Checks and strips the checksum. */
static enum err value_of_stored(struct text key, struct text stored, struct text *value)
{
    if (stored.size < STORE_CHECKSUM_SIZE)
        return ERR_CORRUPT;
    struct text content = {.data = stored.data + STORE_CHECKSUM_SIZE, .size = stored.size - STORE_CHECKSUM_SIZE};
    uint64_t checksum = store_checksum(key, content);
    for (unsigned i = 0; i < STORE_CHECKSUM_SIZE; i++)
        if ((unsigned char)stored.data[i] != (unsigned char)(checksum >> (8 * i)))
            return ERR_CORRUPT;
    *value = content;
    return ERR_OK;
}

static enum err lmdb_get(struct store_txn *base, enum store_table table, struct text key, struct text *value)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    if (txn->failure)
        return txn->failure;
    if (!store->file.present[table])
        return ERR_NOT_FOUND;
    MDB_val name = val_of(key), stored;
    MDB_cursor *rows;
    int code;
    if (base->write) {
        code = rows_of(txn, table, &rows);
        if (!code)
            code = mdb_cursor_get(rows, &name, &stored, MDB_SET);
    } else {
        code = mdb_get(txn->txn, store->file.tables[table], &name, &stored);
    }
    return code ? translate(store, code) : value_of_stored(key, text_of_val(stored), value);
}

/* Checksum and value in one piece, and the key behind them: both may point into a page that the put is about to change. */
static enum err fill_scratch(struct lmdb_store *store, struct text key, struct text value)
{
    size_t size = STORE_CHECKSUM_SIZE + value.size + key.size;
    if (store->scratch_size < size) {
        char *larger = realloc(store->scratch, size * 2);
        if (!larger)
            return ERR_NO_MEMORY;
        store->scratch = larger;
        store->scratch_size = size * 2;
    }
    uint64_t checksum = store_checksum(key, value);
    for (unsigned i = 0; i < STORE_CHECKSUM_SIZE; i++)
        store->scratch[i] = (char)(unsigned char)(checksum >> (8 * i));
    if (value.size)
        memcpy(store->scratch + STORE_CHECKSUM_SIZE, value.data, value.size);
    memcpy(store->scratch + STORE_CHECKSUM_SIZE + value.size, key.data, key.size);
    return ERR_OK;
}

static enum err lmdb_put(struct store_txn *base, enum store_table table, struct text key, struct text value, bool append)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    if (txn->failure)
        return txn->failure;
    txn->failure = fill_scratch(store, key, value);
    if (txn->failure)
        return txn->failure;
    MDB_val stored = {.mv_size = STORE_CHECKSUM_SIZE + value.size, .mv_data = store->scratch};
    MDB_val name = {.mv_size = key.size, .mv_data = store->scratch + stored.mv_size};
    MDB_cursor *rows;
    int code = rows_of(txn, table, &rows);
    if (!code)
        code = mdb_cursor_put(rows, &name, &stored, append ? MDB_APPEND : 0);
    assert(code != MDB_KEYEXIST); /* an append that is not above the last key */
    txn->failure = translate(store, code);
    return txn->failure;
}

static enum err lmdb_delete(struct store_txn *base, enum store_table table, struct text key)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    if (txn->failure)
        return txn->failure;
    MDB_val name = val_of(key);
    MDB_cursor *rows;
    int code = rows_of(txn, table, &rows);
    if (!code)
        code = mdb_cursor_get(rows, &name, NULL, MDB_SET);
    if (code == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    if (!code)
        code = mdb_cursor_del(rows, 0);
    txn->failure = translate(store, code);
    return txn->failure;
}

/* ---- cursors ---- */

static enum err lmdb_cursor_open(struct store_txn *base, enum store_table table, struct store_cursor **out)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)base;
    struct lmdb_store *store = (struct lmdb_store *)base->store;
    if (txn->failure)
        return txn->failure;
    struct lmdb_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return ERR_NO_MEMORY;
    cursor->base = (struct store_cursor){.txn = base, .table = table};
    int code = store->file.present[table] ? mdb_cursor_open(txn->txn, store->file.tables[table], &cursor->cursor) : MDB_SUCCESS;
    if (code) {
        free(cursor);
        return translate(store, code);
    }
    cursor->next = txn->cursors;
    txn->cursors = cursor;
    *out = &cursor->base;
    return ERR_OK;
}

/* Moves, and notes on which side of the table the cursor stands when there is nothing. */
static enum err cursor_move(struct lmdb_cursor *cursor, MDB_cursor_op move, MDB_val name, struct text *key, struct text *value)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)cursor->base.txn;
    if (txn->failure)
        return txn->failure;
    MDB_val stored;
    int code = cursor->cursor ? mdb_cursor_get(cursor->cursor, &name, &stored, move) : MDB_NOTFOUND;
    bool backwards = move == MDB_LAST || move == MDB_PREV;
    cursor->stands = code == MDB_SUCCESS ? AT_KEY : backwards ? BEFORE_FIRST : AFTER_LAST;
    if (code)
        return translate((struct lmdb_store *)txn->base.store, code);
    *key = text_of_val(name);
    return value_of_stored(*key, text_of_val(stored), value);
}

static enum err lmdb_cursor_seek(struct store_cursor *base, struct text from, struct text *key, struct text *value)
{
    return cursor_move((struct lmdb_cursor *)base, from.size ? MDB_SET_RANGE : MDB_FIRST, val_of(from), key, value);
}

static enum err lmdb_cursor_step(struct store_cursor *base, bool back, struct text *key, struct text *value)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    if (cursor->stands == (back ? BEFORE_FIRST : AFTER_LAST))
        return ERR_NOT_FOUND;
    MDB_cursor_op move = cursor->stands == AT_KEY ? (back ? MDB_PREV : MDB_NEXT) : (back ? MDB_LAST : MDB_FIRST);
    return cursor_move(cursor, move, (MDB_val){0}, key, value);
}

static void lmdb_cursor_close(struct store_cursor *base)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    struct lmdb_cursor **link = &((struct lmdb_txn *)base->txn)->cursors;
    while (*link != cursor)
        link = &(*link)->next;
    *link = cursor->next;
    if (cursor->cursor)
        mdb_cursor_close(cursor->cursor);
    free(cursor);
}

/* ---- the store itself ---- */

static bool transactions_open(const struct lmdb_store *store)
{
    return store->writer.txn || store->reading > 0;
}

static void drop_idle_reader(struct lmdb_store *store)
{
    if (store->idle_reader) {
        mdb_txn_abort(store->idle_reader->txn);
        free(store->idle_reader);
    }
    store->idle_reader = NULL;
}

static enum err lmdb_grow(struct store *base)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    assert(!transactions_open(store)); /* LMDB would say yes and move the map under them (pitfall 12) */
    if (store->failed)
        return ERR_IO;
    enum err err = lmdb_file_grow(&store->file);
    store->failed = err == ERR_IO;
    return err;
}

static enum err lmdb_figures(struct store *base, struct store_figures *figures)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    struct store_txn *base_txn;
    *figures = (struct store_figures){0};
    enum err err = lmdb_begin(base, false, &base_txn);
    if (err)
        return err;
    struct lmdb_txn *txn = (struct lmdb_txn *)base_txn;
    for (unsigned table = 0; table < STORE_TABLE_COUNT && !err; table++) {
        MDB_stat stat = {0};
        if (store->file.present[table])
            err = translate(store, mdb_stat(txn->txn, store->file.tables[table], &stat));
        figures->rows[table] = stat.ms_entries;
    }
    lmdb_abort(base_txn);
    return err ? err : lmdb_file_measure(&store->file, &figures->map_size, &figures->map_used);
}

static enum err lmdb_housekeep(struct store *base)
{
    return lmdb_file_clear_readers(&((struct lmdb_store *)base)->file);
}

static enum err lmdb_reopen(struct store *base)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    assert(!transactions_open(store));
    drop_idle_reader(store);
    enum err err = lmdb_file_reopen(&store->file, store->failed);
    store->failed = err != ERR_OK;
    return err;
}

/* Pages are made in memory that LMDB keeps from one transaction to the next and does not clear: opened again, it has none. */
static enum err lmdb_wipe(struct store *base)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    enum err err = lmdb_reopen(base);
    return err ? err : lmdb_file_wipe(&store->file);
}

static void lmdb_close(struct store *base)
{
    struct lmdb_store *store = (struct lmdb_store *)base;
    assert(!transactions_open(store));
    drop_idle_reader(store);
    lmdb_file_close(&store->file);
    free(store->scratch);
    free(store);
}

enum err store_lmdb_open(struct store **out, const char *folder, const struct store_lmdb_options *options)
{
    static const struct store_verbs verbs = {
        .begin = lmdb_begin,
        .get = lmdb_get,
        .put = lmdb_put,
        .del = lmdb_delete,
        .cursor_open = lmdb_cursor_open,
        .cursor_seek = lmdb_cursor_seek,
        .cursor_step = lmdb_cursor_step,
        .cursor_close = lmdb_cursor_close,
        .commit = lmdb_commit,
        .abort = lmdb_abort,
        .grow = lmdb_grow,
        .figures = lmdb_figures,
        .housekeep = lmdb_housekeep,
        .reopen = lmdb_reopen,
        .wipe = lmdb_wipe,
        .close = lmdb_close,
    };
    struct lmdb_store *store = calloc(1, sizeof *store);
    if (!store)
        return ERR_NO_MEMORY;
    store->base.verbs = &verbs;
    enum err err = lmdb_file_open(&store->file, folder, options);
    if (err) {
        free(store);
        return err;
    }
    *out = &store->base;
    return ERR_OK;
}
