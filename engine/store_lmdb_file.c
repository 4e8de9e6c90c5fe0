/* store_lmdb_file: see store_lmdb_file.h.
 *
 * The folder's lock is ours, not LMDB's: `store.lock`, held shared by readers of a stopped folder and exclusively by an
 * engine. While it is held no other process can write, so a read-only environment needs none of LMDB's own locking and thus
 * no right to write. */
#include "engine/store_lmdb_file.h"

#include "engine/store_folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_SIZE_DEFAULT ((uint64_t)64 << 30)
#define MAP_SIZE_LEAST ((uint64_t)1 << 20)
#define MAP_SIZE_STEP ((uint64_t)1 << 16) /* a multiple of every page size */

/* A full disk shows itself as ENOSPC or, after a short write, as EIO: then the folder tells which it was. */
enum err lmdb_file_translate(const struct lmdb_file *file, int code)
{
    switch (code) {
    case MDB_SUCCESS: return ERR_OK;
    case MDB_NOTFOUND: return ERR_NOT_FOUND;
    case MDB_MAP_FULL: return ERR_MAP_FULL;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_DISK_FULL;
    case EIO: return !file->options.read_only && store_folder_is_full(file->folder) ? ERR_DISK_FULL : ERR_IO;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID: return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH: return ERR_NEWER_FORMAT;
    case ENOMEM: return ERR_NO_MEMORY;
    default: return ERR_IO;
    }
}

static void environment_close(struct lmdb_file *file)
{
    if (file->env)
        mdb_env_close(file->env);
    file->env = NULL;
}

static uint64_t length_of(struct lmdb_file *file)
{
    int descriptor;
    struct stat status;
    int code = mdb_env_get_fd(file->env, &descriptor);
    assert(code == MDB_SUCCESS);
    return fstat(descriptor, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* One try with a map of this size. LMDB itself raises a size that is below what the file holds. */
static int environment_try(struct lmdb_file *file, uint64_t map_size)
{
    unsigned flags = MDB_NOTLS;
    if (file->options.read_only)
        flags |= file->options.beside ? MDB_RDONLY : MDB_RDONLY | MDB_NOLOCK; /* store.lock stands for it: see the head comment */
    if (file->options.unsafe_no_sync)
        flags |= MDB_NOSYNC;
    int descriptor, code = mdb_env_create(&file->env);
    if (code) {
        file->env = NULL;
        return code;
    }
    code = mdb_env_set_mapsize(file->env, map_size);
    if (!code)
        code = mdb_env_set_maxdbs(file->env, STORE_TABLE_COUNT);
    if (!code)
        code = mdb_env_open(file->env, file->folder, flags, 0600);
    if (!code)
        code = mdb_env_get_fd(file->env, &descriptor);
    if (!code && fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) /* the only one that LMDB leaves open for children */
        code = errno;
    if (code)
        environment_close(file);
    return code;
}

/* A process may have less address space than we would like: half, and half again, until it fits. (valgrind says EINVAL.) */
static enum err environment_map(struct lmdb_file *file)
{
    uint64_t wanted = file->options.map_size ? file->options.map_size : MAP_SIZE_DEFAULT;
    uint64_t size = file->options.read_only && !file->options.beside ? MAP_SIZE_STEP : store_folder_map_most(wanted);
    size = (size + MAP_SIZE_STEP - 1) / MAP_SIZE_STEP * MAP_SIZE_STEP;
    int code = environment_try(file, size);
    while ((code == ENOMEM || code == EINVAL) && size / 2 >= MAP_SIZE_LEAST) {
        size = size / 2 / MAP_SIZE_STEP * MAP_SIZE_STEP;
        code = environment_try(file, size);
    }
    if (code == ENOENT)
        return ERR_NOT_FOUND;
    return lmdb_file_translate(file, code);
}

/* How many of the pages from `first` on are free: LMDB's table 0 holds lists of them, the number of items in front. */
static int count_free_pages(struct lmdb_file *file, size_t first, size_t *count)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, list;
    *count = 0;
    int code = mdb_txn_begin(file->env, NULL, MDB_RDONLY, &txn);
    if (code)
        return code;
    code = mdb_cursor_open(txn, 0, &cursor);
    if (!code) {
        while (!(code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT))) {
            size_t items = 0, room = list.mv_size / sizeof items, page;
            if (room > 0)
                memcpy(&items, list.mv_data, sizeof items);
            for (size_t i = 1; i <= items && i < room; i++) {
                memcpy(&page, (const char *)list.mv_data + i * sizeof page, sizeof page);
                *count += page >= first;
            }
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

static enum err set_length(struct lmdb_file *file, uint64_t size)
{
    char path[LMDB_FILE_PATH_MOST + 16];
    snprintf(path, sizeof path, "%s/data.mdb", file->folder);
    return truncate(path, (off_t)size) == 0 ? ERR_OK : lmdb_file_translate(file, errno);
}

/* What LMDB says of its file: `pages` up to the last that was ever used, of `page` bytes each. */
struct extent {
    uint64_t map_size, pages, page;
};

static enum err measure(struct lmdb_file *file, struct extent *extent)
{
    MDB_envinfo info;
    MDB_stat stat;
    int code = mdb_env_info(file->env, &info);
    if (!code)
        code = mdb_env_stat(file->env, &stat);
    if (code)
        return lmdb_file_translate(file, code);
    *extent = (struct extent){.map_size = info.me_mapsize, .pages = info.me_last_pgno + 1, .page = stat.ms_psize};
    return ERR_OK;
}

/* A file that was cut short would kill us with SIGBUS when one of the missing pages is read. LMDB itself leaves pages away at
 * the end that were taken and given back in one transaction. So: give the file its length (zeros), and see whether all that
 * was missing is free. Never beside an engine: it has looked itself, and between our look and our cut it may have written more. */
static enum err check_length(struct lmdb_file *file)
{
    struct extent extent;
    size_t missing_free;
    enum err err = measure(file, &extent);
    if (err)
        return err;
    uint64_t size = length_of(file);
    if (size >= extent.pages * extent.page)
        return ERR_OK;
    if (set_length(file, extent.pages * extent.page) != ERR_OK)
        return ERR_CORRUPT;
    size_t first = (size_t)(size / extent.page);
    int code = count_free_pages(file, first, &missing_free);
    if (!code && missing_free == extent.pages - first)
        return ERR_OK;
    err = set_length(file, size);
    return err ? err : ERR_CORRUPT;
}

/* Opens what is there. MDB_NOTFOUND: a table is missing. */
static int tables_find(struct lmdb_file *file, MDB_txn *txn, unsigned flags)
{
    int result = MDB_SUCCESS;
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
        int code = mdb_dbi_open(txn, store_table_name((enum store_table)table), flags, &file->tables[table]);
        file->present[table] = code == MDB_SUCCESS;
        if (code == MDB_NOTFOUND)
            result = code;
        else if (code)
            return code;
    }
    return result;
}

/* A store that has all its tables is opened without writing, so that it opens on a full disk too. */
static enum err tables_open(struct lmdb_file *file)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(file->env, NULL, MDB_RDONLY, &txn);
    if (code)
        return lmdb_file_translate(file, code);
    code = tables_find(file, txn, 0);
    int end = mdb_txn_commit(txn); /* a commit keeps the handles */
    if (code != MDB_NOTFOUND || file->options.read_only)
        return lmdb_file_translate(file, code == MDB_SUCCESS || code == MDB_NOTFOUND ? end : code);
    code = mdb_txn_begin(file->env, NULL, 0, &txn);
    if (code)
        return lmdb_file_translate(file, code);
    code = tables_find(file, txn, MDB_CREATE);
    if (code) {
        mdb_txn_abort(txn);
        return lmdb_file_translate(file, code);
    }
    code = mdb_txn_commit(txn);
    return code ? lmdb_file_translate(file, code) : store_folder_sync(file->folder);
}

static enum err environment_open(struct lmdb_file *file)
{
    enum err err = environment_map(file);
    if (err)
        return err;
    err = file->options.beside ? ERR_OK : check_length(file);
    if (!err)
        err = tables_open(file);
    if (!err && !file->options.read_only)
        err = lmdb_file_clear_readers(file);
    if (err)
        environment_close(file);
    return err;
}

enum err lmdb_file_open(struct lmdb_file *file, const char *folder, const struct store_lmdb_options *options)
{
    size_t size = strlen(folder);
    if (size >= sizeof file->folder)
        return ERR_IO;
    *file = (struct lmdb_file){.options = *options};
    memcpy(file->folder, folder, size);
    file->lock = STORE_FOLDER_NO_LOCK;
    enum err err = options->beside ? ERR_OK : store_folder_enter(folder, options->read_only, &file->lock);
    if (!err)
        err = environment_open(file);
    if (err)
        store_folder_leave(&file->lock);
    return err;
}

void lmdb_file_close(struct lmdb_file *file)
{
    environment_close(file);
    store_folder_leave(&file->lock);
}

/* After a sync that failed the system's memory holds what the disk does not, and takes it for written: what is written over it may then never arrive
 * (ext4 on a disk with less room than it promised: the blocks stay unwritten, and later syncs succeed). Nothing maps the file now, so the system can be made
 * to forget it; what is read from here on is what the disk has. */
static void forget_memory(const struct lmdb_file *file)
{
    char path[sizeof file->folder + 16];
    snprintf(path, sizeof path, "%s/data.mdb", file->folder);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return; /* opening it again will tell */
    int failed = fdatasync(descriptor); /* what can still be written is written: only what is clean can be forgotten; that it fails is known */
    (void)failed;
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    close(descriptor);
}

enum err lmdb_file_reopen(struct lmdb_file *file, bool after_failure)
{
    environment_close(file);
    if (after_failure)
        forget_memory(file);
    return environment_open(file);
}

enum err lmdb_file_grow(struct lmdb_file *file)
{
    MDB_envinfo info;
    int code = mdb_env_info(file->env, &info);
    assert(code == MDB_SUCCESS);
    uint64_t more = info.me_mapsize;
    while (more >= MAP_SIZE_LEAST && !store_folder_has_address_space(more))
        more = more / 2 / MAP_SIZE_STEP * MAP_SIZE_STEP;
    if (more < MAP_SIZE_LEAST)
        return ERR_NO_MEMORY;
    file->options.map_size = info.me_mapsize + more; /* for a reopening too */
    return mdb_env_set_mapsize(file->env, file->options.map_size) == MDB_SUCCESS ? ERR_OK : ERR_IO;
}

enum err lmdb_file_clear_readers(struct lmdb_file *file)
{
    int dead;
    return file->env ? lmdb_file_translate(file, mdb_reader_check(file->env, &dead)) : ERR_IO;
}

enum err lmdb_file_measure(struct lmdb_file *file, uint64_t *map_size, uint64_t *map_used)
{
    struct extent extent;
    enum err err = measure(file, &extent);
    if (err)
        return err;
    *map_size = extent.map_size;
    *map_used = extent.pages * extent.page;
    return ERR_OK;
}
