/* store_lmdb_file: the LMDB environment of a store: the folder with its lock, the map, the tables. Opened, measured, enlarged,
 * closed; what is read and written in it is store_lmdb. */
#ifndef STAIRCASE_STORE_LMDB_FILE_H
#define STAIRCASE_STORE_LMDB_FILE_H

#include "engine/store.h"

#include <lmdb.h>

enum { LMDB_FILE_PATH_MOST = 4096 };

struct lmdb_file {
    struct store_lmdb_options options;
    char folder[LMDB_FILE_PATH_MOST];
    int lock;     /* see store_folder_enter */
    MDB_env *env; /* NULL while closed */
    MDB_dbi tables[STORE_TABLE_COUNT];
    bool present[STORE_TABLE_COUNT]; /* read-only, a folder of an older engine may lack the newest tables */
};

/* Enters the folder and opens; see store_lmdb_open for what comes back. After a failure there is nothing to close. */
enum err lmdb_file_open(struct lmdb_file *file, const char *folder, const struct store_lmdb_options *options);
void lmdb_file_close(struct lmdb_file *file);
/* Closes and opens the environment under the same lock. After a failure the environment is closed, the lock still held. */
/* `after_failure`: what the system remembers of the file is not to be believed. */
enum err lmdb_file_reopen(struct lmdb_file *file, bool after_failure);
/* Twice the map, or as much more as the address space has. ERR_NO_MEMORY: nothing has changed. ERR_IO: the map is gone. */
enum err lmdb_file_grow(struct lmdb_file *file);
/* Clears the slots of readers that died. */
enum err lmdb_file_clear_readers(struct lmdb_file *file);
/* Bytes of the map, and of those up to the highest page ever used. */
enum err lmdb_file_measure(struct lmdb_file *file, uint64_t *map_size, uint64_t *map_used);

/* What a code of LMDB or the operating system means to us. */
enum err lmdb_file_translate(const struct lmdb_file *file, int code);

#endif
