/* store_lmdb_copy: see store_lmdb_copy.h. */
#include "engine/store_lmdb_copy.h"

#include "engine/store_lmdb_file.h"

enum { ROWS_PER_COMMIT = 10000 };

enum err store_lmdb_open_to_read(struct store **store, const char *folder)
{
    enum err code = store_lmdb_open(store, folder, &(struct store_lmdb_options){.read_only = true});
    return code == ERR_LOCKED ? store_lmdb_open(store, folder, &(struct store_lmdb_options){.read_only = true, .beside = true}) : code;
}

enum err store_lmdb_copy(const char *folder, int descriptor)
{
    struct lmdb_file file;
    enum err code = lmdb_file_open(&file, folder, &(struct store_lmdb_options){.read_only = true});
    if (code == ERR_LOCKED)
        code = lmdb_file_open(&file, folder, &(struct store_lmdb_options){.read_only = true, .beside = true});
    if (code)
        return code;
    code = lmdb_file_translate(&file, mdb_env_copyfd2(file.env, descriptor, MDB_CP_COMPACT));
    lmdb_file_close(&file);
    return code;
}

/* ---- row by row ---- */

/* At most so many rows of a table, behind the last that was copied. ERR_NOT_FOUND: that was all. A copied cursor's key is the caller's until it moves. */
static enum err copy_some(struct store *to, enum store_table table, struct store_cursor *cursor, struct text *key, struct text *value)
{
    struct store_txn *txn;
    enum err more = ERR_OK, code = store_begin_write(to, &txn);
    if (code)
        return code;
    for (int i = 0; i < ROWS_PER_COMMIT && !code && !more; i++) {
        code = store_append(txn, table, *key, *value);
        more = code ? ERR_OK : store_cursor_next(cursor, key, value);
    }
    if (code) {
        store_abort(&txn);
        return code;
    }
    code = store_commit(&txn);
    return code ? code : more;
}

static enum err copy_table(struct store_txn *from, struct store *to, enum store_table table)
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(from, table, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code)
        code = copy_some(to, table, cursor, &key, &value);
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err copy_tables(struct store *from, struct store *to)
{
    struct store_txn *txn;
    enum err code = store_begin_read(from, &txn);
    if (code)
        return code;
    for (unsigned table = 0; table < STORE_TABLE_COUNT && !code; table++)
        code = copy_table(txn, to, (enum store_table)table);
    store_end_read(&txn);
    return code;
}

enum err store_lmdb_copy_rows(const char *folder, const char *path)
{
    struct store *from = NULL, *to = NULL;
    enum err code = store_lmdb_open_to_read(&from, folder);
    code = code ? code : store_lmdb_open(&to, path, &(struct store_lmdb_options){0});
    if (!code && from && to)
        code = copy_tables(from, to);
    if (to)
        store_close(&to);
    if (from)
        store_close(&from);
    return code;
}
