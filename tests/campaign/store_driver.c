/* store_driver: the store alone, for the campaigns.
 *
 *     store_driver write FOLDER [unsafe]    a row in a commit, again and again; each is acknowledged by its number in a line, once it is committed.
 *                                           `unsafe`: without sync; after a power cut this store must have lost
 *     store_driver read FOLDER              how many rows there are, each with the value it must have; status 1 when the store cannot say
 *     store_driver rows FOLDER TABLE OUT    each value of a table into a file of its own: seeds for fuzzing */
#include "engine/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW_SIZE = 600, PATH_MOST = 4096 };

static int complain(const char *what, enum err code)
{
    fprintf(stderr, "%s: %s\n", what, err_sentence(code));
    return 1;
}

/* Keys spread over the table, so that a commit touches several pages, as the engine's do. */
static struct text row_key(char out[32], uint64_t number)
{
    int size = snprintf(out, 32, "%016" PRIx64, number * 0x9E3779B97F4A7C15u);
    return (struct text){.data = out, .size = (size_t)size};
}

static struct text row_value(char out[ROW_SIZE], uint64_t number)
{
    for (size_t i = 0; i < ROW_SIZE; i++)
        out[i] = (char)((number * 31 + i) & 0xFF);
    return (struct text){.data = out, .size = ROW_SIZE};
}

static enum err write_row(struct store *store, uint64_t number)
{
    struct store_txn *txn;
    char key[32], value[ROW_SIZE];
    enum err code = store_begin_write(store, &txn);
    if (code)
        return code;
    code = store_put(txn, STORE_CASE, row_key(key, number), row_value(value, number));
    if (code) {
        store_abort(&txn);
        return code;
    }
    return store_commit(&txn);
}

static int write_rows(struct store *store)
{
    for (uint64_t number = 1;; number++) {
        enum err code = write_row(store, number);
        if (code)
            return complain("write", code);
        printf("%" PRIu64 "\n", number);
        fflush(stdout);
    }
}

static int read_rows(struct store *store)
{
    struct store_txn *txn;
    char key[32], wanted[ROW_SIZE];
    enum err code = store_begin_read(store, &txn);
    if (code)
        return complain("read", code);
    uint64_t count = 0;
    struct text value;
    while ((code = store_get(txn, STORE_CASE, row_key(key, count + 1), &value)) == ERR_OK) {
        count++;
        if (!text_equal(value, row_value(wanted, count)))
            code = ERR_CORRUPT;
        if (code)
            break;
    }
    store_end_read(&txn);
    if (code != ERR_NOT_FOUND)
        return complain("read", code);
    printf("%" PRIu64 "\n", count);
    return 0;
}

static int keep_row(const char *folder, const char *table, unsigned number, struct text value)
{
    char path[PATH_MOST];
    snprintf(path, sizeof path, "%s/%s-%u", folder, table, number);
    FILE *file = fopen(path, "wbe");
    if (!file || fwrite(value.data, 1, value.size, file) != value.size || fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

static int keep_rows(struct store *store, const char *name, const char *folder)
{
    unsigned table = 0, number = 0;
    while (table < STORE_TABLE_COUNT && strcmp(store_table_name((enum store_table)table), name) != 0)
        table++;
    if (table == STORE_TABLE_COUNT)
        return complain(name, ERR_NOT_FOUND);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_begin_read(store, &txn);
    if (code)
        return complain("read", code);
    int status = 0;
    code = store_cursor_open(txn, (enum store_table)table, &cursor);
    for (code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value))
        status |= keep_row(folder, name, number++, value);
    store_cursor_close(&cursor);
    store_end_read(&txn);
    return code == ERR_NOT_FOUND ? status : complain("read", code);
}

int main(int count, char **words)
{
    const char *verb = count >= 3 ? words[1] : "";
    bool writes = strcmp(verb, "write") == 0;
    if (!writes && strcmp(verb, "read") != 0 && !(strcmp(verb, "rows") == 0 && count == 5)) {
        fprintf(stderr, "usage: store_driver write FOLDER [unsafe] | read FOLDER | rows FOLDER TABLE OUT\n");
        return 2;
    }
    struct store_lmdb_options options = {.read_only = !writes, .unsafe_no_sync = writes && count > 3, .map_size = 1u << 30};
    struct store *store = NULL;
    enum err code = store_lmdb_open(&store, words[2], &options);
    if (code)
        return complain(words[2], code);
    int status = writes ? write_rows(store) : count == 5 ? keep_rows(store, words[3], words[4]) : read_rows(store);
    store_close(&store);
    return status;
}
