/* store_memory: the store that tests, scenarios and the simulator run on. It keeps nothing on disk, and it is strict.
 *
 * The durable image is one store_image per table. A transaction begins with a share of it: a reader keeps that, a writer
 * changes its own, a commit puts the writer's in the place of the durable one. A crash drops what is open.
 *
 * Strict: every value that is handed out is a copy that is spoilt and freed at the very moment when the contract ends its
 * life, where LMDB would often let it live; and a cursor that is moved on after its table was changed is an assertion.
 * So what works here by luck does not work at all. Not thread-safe; memory running out ends the process. */
#include "engine/store.h"

#include "engine/store_image.h"

#include <assert.h>
#include <stdlib.h>

/* A key or value in the caller's hands. */
struct handed {
    struct handed *next;
    size_t size;
    char bytes[];
};

struct memory_cursor {
    struct store_cursor base;
    struct memory_cursor *next;
    enum { BEFORE_FIRST, AT_KEY, AFTER_LAST } stands;
    uint64_t changes; /* of the table, when it was last sought */
    size_t key_size;
    char key[STORE_KEY_MOST];
};

struct memory_txn {
    struct store_txn base;
    struct memory_txn *next;
    struct image tables[STORE_TABLE_COUNT];
    uint64_t changes[STORE_TABLE_COUNT]; /* puts and deletes so far */
    struct handed *handed;
    struct memory_cursor *cursors;
    enum err failure; /* the first that spoiled a write transaction */
    bool dead;        /* from before a crash */
};

struct memory_store {
    struct store base;
    struct image durable[STORE_TABLE_COUNT];
    struct memory_txn *txns; /* open or dead */
    bool failed;             /* a commit failed */
    struct store_memory_fault fault;
    uint64_t calls;
};

static void *take(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

/* Counts a call, and tells whether it is the one that must fail. */
static enum err count_call(struct memory_store *store, bool writes)
{
    store->calls++;
    if (store->fault.countdown == 0 || (store->fault.writes_only && !writes) || --store->fault.countdown > 0)
        return ERR_OK;
    return store->fault.code;
}

static struct memory_store *store_of(const struct store_txn *txn)
{
    return (struct memory_store *)txn->store;
}

/* What every verb within a transaction asks first. */
static enum err enter(struct memory_txn *txn)
{
    enum err err = count_call(store_of(&txn->base), txn->base.write);
    return txn->dead ? ERR_IO : txn->failure ? txn->failure : err;
}

/* ---- what is handed out ---- */

static struct text hand_out(struct memory_txn *txn, struct text text)
{
    struct handed *handed = take(sizeof *handed + text.size + 1);
    *handed = (struct handed){.next = txn->handed, .size = text.size};
    if (text.size)
        memcpy(handed->bytes, text.data, text.size);
    txn->handed = handed;
    return (struct text){.data = handed->bytes, .size = text.size};
}

static void take_back(struct memory_txn *txn)
{
    while (txn->handed) {
        struct handed *handed = txn->handed;
        txn->handed = handed->next;
        memset(handed->bytes, 0xdb, handed->size);
        free(handed);
    }
}

/* ---- transactions ---- */

static bool has_open(const struct memory_store *store, bool only_writers)
{
    for (const struct memory_txn *txn = store->txns; txn; txn = txn->next)
        if (!txn->dead && (txn->base.write || !only_writers))
            return true;
    return false;
}

static enum err memory_begin(struct store *base, bool write, struct store_txn **out)
{
    struct memory_store *store = (struct memory_store *)base;
    enum err err = count_call(store, write);
    if (err)
        return err;
    if (store->failed)
        return ERR_IO;
    assert(!write || !has_open(store, true));
    struct memory_txn *txn = take(sizeof *txn);
    txn->base = (struct store_txn){.store = base, .write = write};
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
        txn->tables[table] = image_share(store->durable[table]);
    txn->next = store->txns;
    store->txns = txn;
    *out = &txn->base;
    return ERR_OK;
}

static void drop_images(struct image *tables)
{
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
        image_drop(&tables[table]);
}

/* Unlinks and frees. */
static void end(struct memory_txn *txn)
{
    struct memory_txn **link = &store_of(&txn->base)->txns;
    while (*link != txn)
        link = &(*link)->next;
    *link = txn->next;
    take_back(txn);
    drop_images(txn->tables);
    while (txn->cursors) {
        struct memory_cursor *cursor = txn->cursors;
        txn->cursors = cursor->next;
        free(cursor);
    }
    free(txn);
}

static void memory_abort(struct store_txn *txn)
{
    end((struct memory_txn *)txn);
}

static enum err memory_commit(struct store_txn *base)
{
    struct memory_txn *txn = (struct memory_txn *)base;
    struct memory_store *store = store_of(base);
    bool spoilt = txn->dead || txn->failure;
    enum err err = enter(txn);
    if (!spoilt) {
        if (!err || store->fault.commit_holds) {
            drop_images(store->durable);
            memcpy(store->durable, txn->tables, sizeof store->durable);
            memset(txn->tables, 0, sizeof txn->tables);
        }
        store->failed = err && err != ERR_MAP_FULL;
    }
    end(txn);
    return err;
}

/* ---- rows ---- */

static enum err memory_get(struct store_txn *base, enum store_table table, struct text key, struct text *value)
{
    struct memory_txn *txn = (struct memory_txn *)base;
    struct text stored;
    enum err err = enter(txn);
    if (err)
        return err;
    if (!image_get(txn->tables[table], key, &stored))
        return ERR_NOT_FOUND;
    *value = hand_out(txn, stored);
    return ERR_OK;
}

static enum err memory_put(struct store_txn *base, enum store_table table, struct text key, struct text value, bool append)
{
    struct memory_txn *txn = (struct memory_txn *)base;
    struct image_row last;
    enum err err = enter(txn);
    if (err) {
        txn->failure = err;
        return err;
    }
    if (append)
        assert(!image_last(txn->tables[table], &last) || text_compare(last.key, key) < 0);
    image_put(&txn->tables[table], key, value);
    txn->changes[table]++;
    take_back(txn); /* only now: the key and the value may be what we handed out */
    return ERR_OK;
}

static enum err memory_delete(struct store_txn *base, enum store_table table, struct text key)
{
    struct memory_txn *txn = (struct memory_txn *)base;
    enum err err = enter(txn);
    if (err) {
        txn->failure = err;
        return err;
    }
    bool there = image_delete(&txn->tables[table], key);
    txn->changes[table]++;
    take_back(txn);
    return there ? ERR_OK : ERR_NOT_FOUND;
}

/* ---- cursors ---- */

static enum err memory_cursor_open(struct store_txn *base, enum store_table table, struct store_cursor **out)
{
    struct memory_txn *txn = (struct memory_txn *)base;
    enum err err = enter(txn);
    if (err)
        return err;
    struct memory_cursor *cursor = take(sizeof *cursor);
    cursor->base = (struct store_cursor){.txn = base, .table = table};
    cursor->changes = txn->changes[table];
    cursor->next = txn->cursors;
    txn->cursors = cursor;
    *out = &cursor->base;
    return ERR_OK;
}

/* Stands at the row and hands it out; or, without one, on the far side of the table. */
static enum err stand(struct memory_cursor *cursor, bool back, const struct image_row *row, struct text *key, struct text *value)
{
    struct memory_txn *txn = (struct memory_txn *)cursor->base.txn;
    if (!row) {
        cursor->stands = back ? BEFORE_FIRST : AFTER_LAST;
        return ERR_NOT_FOUND;
    }
    cursor->stands = AT_KEY;
    cursor->key_size = row->key.size;
    memcpy(cursor->key, row->key.data, row->key.size);
    *key = hand_out(txn, row->key);
    *value = hand_out(txn, row->value);
    return ERR_OK;
}

static enum err memory_cursor_seek(struct store_cursor *base, struct text from, struct text *key, struct text *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    struct memory_txn *txn = (struct memory_txn *)base->txn;
    struct image_row row;
    enum err err = enter(txn);
    if (err)
        return err;
    cursor->changes = txn->changes[base->table];
    bool there = image_at_or_above(txn->tables[base->table], from, &row);
    return stand(cursor, false, there ? &row : NULL, key, value);
}

static enum err memory_cursor_step(struct store_cursor *base, bool back, struct text *key, struct text *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    struct memory_txn *txn = (struct memory_txn *)base->txn;
    struct image image = txn->tables[base->table];
    struct image_row row;
    enum err err = enter(txn);
    if (err)
        return err;
    assert(cursor->changes == txn->changes[base->table]); /* the table was changed: seek first */
    struct text at = {.data = cursor->key, .size = cursor->key_size};
    bool there = false;
    switch (cursor->stands) {
    case BEFORE_FIRST: there = !back && image_at_or_above(image, (struct text){0}, &row); break;
    case AT_KEY: there = back ? image_below(image, at, &row) : image_above(image, at, &row); break;
    case AFTER_LAST: there = back && image_last(image, &row); break;
    }
    return stand(cursor, back, there ? &row : NULL, key, value);
}

static void memory_cursor_close(struct store_cursor *base)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    struct memory_cursor **link = &((struct memory_txn *)base->txn)->cursors;
    while (*link != cursor)
        link = &(*link)->next;
    *link = cursor->next;
    free(cursor);
}

/* ---- the store itself ---- */

static enum err memory_grow(struct store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    assert(!has_open(store, false));
    enum err err = count_call(store, false);
    return err ? err : store->failed ? ERR_IO : ERR_OK;
}

static enum err memory_figures(struct store *base, struct store_figures *figures)
{
    struct memory_store *store = (struct memory_store *)base;
    *figures = (struct store_figures){0};
    enum err err = count_call(store, false);
    if (err || store->failed)
        return err ? err : ERR_IO;
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
        figures->rows[table] = store->durable[table].rows;
    return ERR_OK;
}

static enum err memory_housekeep(struct store *base)
{
    return count_call((struct memory_store *)base, false);
}

/* It has no disk. */
static enum err memory_wipe(struct store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    assert(!has_open(store, false));
    return store->failed ? ERR_IO : ERR_OK;
}

static enum err memory_reopen(struct store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    assert(!has_open(store, false));
    store->failed = false;
    return ERR_OK;
}

static void memory_close(struct store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    assert(!has_open(store, false));
    while (store->txns) /* NOLINT(clang-analyzer-unix.Malloc): end unlinks it */
        end(store->txns);
    drop_images(store->durable);
    free(store);
}

enum err store_memory_open(struct store **out)
{
    static const struct store_verbs verbs = {
        .begin = memory_begin,
        .get = memory_get,
        .put = memory_put,
        .del = memory_delete,
        .cursor_open = memory_cursor_open,
        .cursor_seek = memory_cursor_seek,
        .cursor_step = memory_cursor_step,
        .cursor_close = memory_cursor_close,
        .commit = memory_commit,
        .abort = memory_abort,
        .grow = memory_grow,
        .figures = memory_figures,
        .housekeep = memory_housekeep,
        .reopen = memory_reopen,
        .wipe = memory_wipe,
        .close = memory_close,
    };
    struct memory_store *store = take(sizeof *store);
    store->base.verbs = &verbs;
    *out = &store->base;
    return ERR_OK;
}

/* ---- the simulator's hand ---- */

static struct memory_store *memory_of(const struct store *store)
{
    assert(store->verbs->begin == memory_begin);
    return (struct memory_store *)(uintptr_t)store;
}

void store_memory_crash(struct store *base)
{
    struct memory_store *store = memory_of(base);
    for (struct memory_txn *txn = store->txns; txn; txn = txn->next) {
        txn->dead = true;
        take_back(txn);
        drop_images(txn->tables);
    }
    store->failed = false;
}

void store_memory_set_fault(struct store *store, struct store_memory_fault fault)
{
    assert(!fault.commit_holds || fault.code != ERR_MAP_FULL); /* a full map is noticed before anything is written */
    memory_of(store)->fault = fault;
}

uint64_t store_memory_calls(const struct store *store)
{
    return memory_of(store)->calls;
}
