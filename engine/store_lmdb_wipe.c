/* store_lmdb_wipe: see store_lmdb_wipe.h. The form of a page is that of LMDB 0.9, which its file names in its first pages and mdb_env_open has checked. */
#include "engine/store_lmdb_wipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A page begins with its own number (8 bytes), 2 of padding, its flags, and where its free room begins and ends; an overflow has the count of its pages there. */
enum { PAGE_FLAGS = 10, PAGE_LOWER = 12, PAGE_UPPER = 14, PAGE_PAGES = 12, PAGE_HEADER = 16, FIRST_PAGE = 2 };
enum { IS_BRANCH = 1, IS_LEAF = 2, IS_OVERFLOW = 4 };

struct wipe {
    struct lmdb_file *file;
    int descriptor;
    size_t page_size, last; /* last: the highest page that LMDB has ever used */
    uint8_t *page, *zeros, *free; /* free: a bit for each page */
    bool wrote;
};

/* ---- who reads ---- */

/* A line for each reader: process, thread, and the transaction that it reads, or "-". */
static int take_reader(const char *line, void *context)
{
    size_t *oldest = context, transaction;
    int process;
    if (sscanf(line, "%d %*s %zu", &process, &transaction) == 2 && transaction < *oldest)
        *oldest = transaction;
    return 0;
}

/* What another process still reads is not to be changed under it. */
static enum err look_for_readers(const struct wipe *wipe, size_t newest)
{
    size_t oldest = newest;
    if (mdb_reader_list(wipe->file->env, take_reader, &oldest) < 0)
        return ERR_IO;
    return oldest < newest ? ERR_BUSY : ERR_OK;
}

/* ---- which are free ---- */

static void mark_free(struct wipe *wipe, MDB_val list)
{
    size_t count = 0, room = list.mv_size / sizeof count, page;
    if (room > 0)
        memcpy(&count, list.mv_data, sizeof count);
    for (size_t i = 1; i <= count && i < room; i++) {
        memcpy(&page, (const char *)list.mv_data + i * sizeof page, sizeof page);
        if (page <= wipe->last)
            wipe->free[page / 8] |= (uint8_t)(1u << page % 8);
    }
}

static bool is_free(const struct wipe *wipe, size_t page)
{
    return page > wipe->last || (wipe->free[page / 8] >> page % 8 & 1);
}

/* LMDB's table 0 holds lists of them, the number of items in front. */
static enum err read_free(struct wipe *wipe)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, list;
    int code = mdb_txn_begin(wipe->file->env, NULL, MDB_RDONLY, &txn);
    if (code)
        return lmdb_file_translate(wipe->file, code);
    code = mdb_cursor_open(txn, 0, &cursor);
    if (!code) {
        while (!(code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)))
            mark_free(wipe, list);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return code == MDB_NOTFOUND ? ERR_OK : lmdb_file_translate(wipe->file, code);
}

/* ---- overwriting ---- */

/* What is zeros already is not written again, so a second wipe writes nothing. */
static enum err overwrite(struct wipe *wipe, size_t number, size_t from, size_t to)
{
    size_t size = to - from;
    if (memcmp(wipe->page + from, wipe->zeros, size) == 0)
        return ERR_OK;
    wipe->wrote = true;
    if (pwrite(wipe->descriptor, wipe->zeros, size, (off_t)(number * wipe->page_size + from)) != (ssize_t)size)
        return lmdb_file_translate(wipe->file, errno ? errno : EIO);
    return ERR_OK;
}

static uint16_t read_u16(const uint8_t *at)
{
    uint16_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

/* `*pages`: how many it is. */
static enum err wipe_used(struct wipe *wipe, size_t number, size_t *pages)
{
    const uint8_t *page = wipe->page;
    size_t itself;
    uint32_t count;
    memcpy(&itself, page, sizeof itself);
    if (itself != number)
        return ERR_CORRUPT;
    uint16_t flags = read_u16(page + PAGE_FLAGS), lower = read_u16(page + PAGE_LOWER), upper = read_u16(page + PAGE_UPPER);
    if (flags == IS_OVERFLOW) {
        memcpy(&count, page + PAGE_PAGES, sizeof count);
        *pages = count;
        return count > 0 && count <= wipe->last - number + 1 ? ERR_OK : ERR_CORRUPT;
    }
    if ((flags != IS_BRANCH && flags != IS_LEAF) || lower < PAGE_HEADER || lower > upper || upper > wipe->page_size)
        return ERR_CORRUPT;
    return overwrite(wipe, number, lower, upper);
}

static enum err wipe_pages(struct wipe *wipe)
{
    enum err code = ERR_OK;
    size_t pages;
    for (size_t number = FIRST_PAGE; !code; number += pages) {
        pages = 1;
        errno = 0;
        ssize_t got = pread(wipe->descriptor, wipe->page, wipe->page_size, (off_t)(number * wipe->page_size));
        if (got < 0)
            return lmdb_file_translate(wipe->file, errno);
        if ((size_t)got < wipe->page_size)
            break; /* the end; LMDB leaves pages away there that are free */
        code = is_free(wipe, number) ? overwrite(wipe, number, 0, wipe->page_size) : wipe_used(wipe, number, &pages);
    }
    return code;
}

static enum err begin(struct wipe *wipe, size_t *newest)
{
    MDB_envinfo info;
    MDB_stat stat;
    int code = mdb_env_info(wipe->file->env, &info);
    code = code ? code : mdb_env_stat(wipe->file->env, &stat);
    code = code ? code : mdb_env_get_fd(wipe->file->env, &wipe->descriptor);
    if (code)
        return lmdb_file_translate(wipe->file, code);
    wipe->page_size = stat.ms_psize;
    wipe->last = info.me_last_pgno;
    *newest = info.me_last_txnid;
    wipe->page = malloc(wipe->page_size);
    wipe->zeros = calloc(1, wipe->page_size);
    wipe->free = calloc(1, wipe->last / 8 + 1);
    return ERR_OK;
}

static enum err wipe_file(struct wipe *wipe, size_t newest)
{
    if (!wipe->page || !wipe->zeros || !wipe->free)
        return ERR_NO_MEMORY;
    enum err code = look_for_readers(wipe, newest);
    code = code ? code : read_free(wipe);
    code = code ? code : wipe_pages(wipe);
    if (!code && wipe->wrote && fdatasync(wipe->descriptor) != 0)
        code = lmdb_file_translate(wipe->file, errno);
    return code;
}

enum err lmdb_file_wipe(struct lmdb_file *file)
{
    struct wipe wipe = {.file = file};
    size_t newest = 0;
    enum err code = begin(&wipe, &newest);
    code = code ? code : wipe_file(&wipe, newest);
    free(wipe.page);
    free(wipe.zeros);
    free(wipe.free);
    return code;
}
