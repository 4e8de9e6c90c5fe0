/* store: the verbs as functions, the names of the tables, the checksum. See store.h. */
#include "engine/store.h"

#include <assert.h>

static void check_key(struct text key)
{
    assert(key.size >= 1 && key.size <= STORE_KEY_MOST);
}

/* ---- transactions ---- */

enum err store_begin_read(struct store *store, struct store_txn **txn)
{
    return store->verbs->begin(store, false, txn);
}

void store_end_read(struct store_txn **txn)
{
    if (!*txn)
        return;
    assert(!(*txn)->write);
    (*txn)->store->verbs->abort(*txn);
    *txn = NULL;
}

enum err store_begin_write(struct store *store, struct store_txn **txn)
{
    return store->verbs->begin(store, true, txn);
}

enum err store_commit(struct store_txn **txn)
{
    assert((*txn)->write);
    enum err err = (*txn)->store->verbs->commit(*txn);
    *txn = NULL;
    return err;
}

void store_abort(struct store_txn **txn)
{
    if (!*txn)
        return;
    assert((*txn)->write);
    (*txn)->store->verbs->abort(*txn);
    *txn = NULL;
}

/* ---- rows ---- */

enum err store_get(struct store_txn *txn, enum store_table table, struct text key, struct text *value)
{
    check_key(key);
    return txn->store->verbs->get(txn, table, key, value);
}

enum err store_put(struct store_txn *txn, enum store_table table, struct text key, struct text value)
{
    assert(txn->write);
    check_key(key);
    return txn->store->verbs->put(txn, table, key, value, false);
}

enum err store_append(struct store_txn *txn, enum store_table table, struct text key, struct text value)
{
    assert(txn->write);
    check_key(key);
    return txn->store->verbs->put(txn, table, key, value, true);
}

enum err store_delete(struct store_txn *txn, enum store_table table, struct text key)
{
    assert(txn->write);
    check_key(key);
    return txn->store->verbs->del(txn, table, key);
}

/* ---- cursors ---- */

enum err store_cursor_open(struct store_txn *txn, enum store_table table, struct store_cursor **cursor)
{
    return txn->store->verbs->cursor_open(txn, table, cursor);
}

enum err store_cursor_seek(struct store_cursor *cursor, struct text from, struct text *key, struct text *value)
{
    assert(from.size <= STORE_KEY_MOST);
    return cursor->txn->store->verbs->cursor_seek(cursor, from, key, value);
}

enum err store_cursor_next(struct store_cursor *cursor, struct text *key, struct text *value)
{
    return cursor->txn->store->verbs->cursor_step(cursor, false, key, value);
}

enum err store_cursor_previous(struct store_cursor *cursor, struct text *key, struct text *value)
{
    return cursor->txn->store->verbs->cursor_step(cursor, true, key, value);
}

void store_cursor_close(struct store_cursor **cursor)
{
    if (!*cursor)
        return;
    (*cursor)->txn->store->verbs->cursor_close(*cursor);
    *cursor = NULL;
}

/* ---- the store itself ---- */

enum err store_grow(struct store *store)
{
    return store->verbs->grow(store);
}

enum err store_read_figures(struct store *store, struct store_figures *figures)
{
    return store->verbs->figures(store, figures);
}

enum err store_housekeep(struct store *store)
{
    return store->verbs->housekeep(store);
}

enum err store_reopen(struct store *store)
{
    return store->verbs->reopen(store);
}

enum err store_wipe(struct store *store)
{
    return store->verbs->wipe(store);
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    (*store)->verbs->close(*store);
    *store = NULL;
}

const char *store_table_name(enum store_table table)
{
    static const char *const names[STORE_TABLE_COUNT] = {
#define STORE_NAME(table, name) [STORE_##table] = name,
        STORE_TABLES(STORE_NAME)
#undef STORE_NAME
    };
    assert((unsigned)table < STORE_TABLE_COUNT);
    return names[table];
}

/* ---- checksum ----
 *
 * 64 bits over key and value, so that a value that a damaged page shows under another key is found too. Two lanes take eight
 * bytes each in turn. A step (xor the word in, multiply by an odd number, turn the bits) can be undone when the word is
 * known, and for a known lane gives another result for every other word. So damage within eight aligned bytes of a value is
 * always found; other damage, a torn or misplaced page, goes unnoticed once in 2^64 as far as our tests can tell (every bit
 * of the input moves about half of the bits of the result). It is no protection against someone who wants to deceive: that
 * is what the hash chain of the log is for. */

#define ODD_ONE 0x9e3779b97f4a7c15u  /* 2^64 / golden ratio */
#define ODD_TWO 0xc2b2ae3d27d4eb4fu  /* any odd numbers with well mixed bits do */

static uint64_t turn(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static uint64_t step(uint64_t lane, uint64_t word, uint64_t odd)
{
    return turn((lane ^ word) * odd, 29);
}

/* Spreads every bit over all; can be undone, so it loses nothing. */
static uint64_t spread(uint64_t word)
{
    word = (word ^ word >> 32) * ODD_ONE;
    word = (word ^ word >> 29) * ODD_TWO;
    return word ^ word >> 32;
}

static uint64_t load(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The last 1 to 7 bytes as a word, with zeros above: their number is in the seed. */
static uint64_t load_rest(const char *data, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)(unsigned char)data[i] << (8 * i);
    return word;
}

static uint64_t absorb(uint64_t seed, struct text text)
{
    const char *at = text.data;
    size_t left = text.size;
    uint64_t one = seed ^ text.size, two = turn(seed, 32);
    for (; left >= 16; at += 16, left -= 16) {
        one = step(one, load(at), ODD_ONE);
        two = step(two, load(at + 8), ODD_TWO);
    }
    if (left >= 8) {
        one = step(one, load(at), ODD_ONE);
        at += 8;
        left -= 8;
    }
    if (left > 0)
        two = step(two, load_rest(at, left), ODD_TWO);
    return spread(one) ^ turn(spread(two ^ ODD_ONE), 17);
}

uint64_t store_checksum(struct text key, struct text value)
{
    return spread(absorb(absorb(ODD_TWO, key), value));
}
