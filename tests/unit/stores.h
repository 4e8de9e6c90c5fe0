/* stores: what the tests of the store share: a folder of their own, short words for rows. */
#ifndef STAIRCASE_TESTS_STORES_H
#define STAIRCASE_TESTS_STORES_H

#include "engine/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct rig {
    struct store *store;
    char folder[64]; /* of LMDB; for the store in memory it stays empty */
};

static inline void folder_make(char *folder, size_t size)
{
    snprintf(folder, size, "%s", "/tmp/staircase-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline void folder_remove(const char *folder)
{
    char path[1024];
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(unlink(path), 0);
    }
    closedir(listing);
    assert_int_equal(rmdir(folder), 0);
}

static inline struct store *lmdb_open(const char *folder, uint64_t map_size)
{
    struct store *store = NULL;
    struct store_lmdb_options options = {.map_size = map_size};
    assert_int_equal(store_lmdb_open(&store, folder, &options), ERR_OK);
    return store;
}

static inline struct store_txn *begin_write(struct store *store)
{
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_write(store, &txn), ERR_OK);
    return txn;
}

static inline struct store_txn *begin_read(struct store *store)
{
    struct store_txn *txn = NULL;
    assert_int_equal(store_begin_read(store, &txn), ERR_OK);
    return txn;
}

static inline void put(struct store_txn *txn, enum store_table table, const char *key, const char *value)
{
    assert_int_equal(store_put(txn, table, text_of(key), text_of(value)), ERR_OK);
}

static inline void commit(struct store_txn *txn)
{
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_null(txn);
}

static inline void put_now(struct store *store, enum store_table table, const char *key, const char *value)
{
    struct store_txn *txn = begin_write(store);
    put(txn, table, key, value);
    commit(txn);
}

/* NULL: there must be no such row. */
static inline void expect(struct store_txn *txn, enum store_table table, const char *key, const char *value)
{
    struct text found = {0};
    enum err err = store_get(txn, table, text_of(key), &found);
    assert_int_equal(err, value ? ERR_OK : ERR_NOT_FOUND);
    if (value && !text_is(found, value))
        fail_msg("%s: %.*s instead of %s", key, (int)found.size, found.data, value);
}

static inline void expect_now(struct store *store, enum store_table table, const char *key, const char *value)
{
    struct store_txn *txn = begin_read(store);
    expect(txn, table, key, value);
    store_end_read(&txn);
}

#endif
