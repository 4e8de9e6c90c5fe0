/* reads: see reads.h. */
#include "engine/reads.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/bytes.h"

enum { TEXTS = 4, HEAD = 4 * 8 + TEXTS * 2 + 1, FILE_BYTES = READS_ROW * READS_FILE, NAME_MOST = 24, PERSON_MOST = 135, THROUGH_MOST = 64, WHAT_MOST = 16,
       FIELDS_MOST = READS_ROW - HEAD - PERSON_MOST - THROUGH_MOST - WHAT_MOST };
_Static_assert(FIELDS_MOST >= 4 * 64, "four fields of the longest names stand in a row");

struct reads {
    int folder;
    int file;         /* the newest, open; -1: none */
    uint64_t newest, oldest; /* numbers of files; newest < oldest: there is none */
    uint64_t next;    /* number of the next row */
    bool dirty;
};

static const char *name_of(char name[NAME_MOST], uint64_t number)
{
    snprintf(name, NAME_MOST, "%016llu", (unsigned long long)number);
    return name;
}

static uint64_t file_of(uint64_t number)
{
    return (number - 1) / READS_FILE;
}

static off_t place_of(uint64_t number)
{
    return (off_t)((number - 1) % READS_FILE * READS_ROW);
}

/* ---- rows ---- */

/* FNV-1a over everything but itself: a torn row is to be found out, nobody is to be kept from writing one. */
static uint64_t check_of(const uint8_t bytes[READS_ROW])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < READS_ROW; i++)
        hash = (hash ^ (i >= 24 && i < 32 ? 0 : bytes[i])) * UINT64_C(0x100000001b3);
    return hash;
}

static struct text at_most(struct text text, size_t most)
{
    return (struct text){.data = text.data, .size = text.size < most ? text.size : most};
}

/* As many names as fit. */
static struct text whole_names(struct text fields, bool *cut)
{
    if (fields.size <= FIELDS_MOST)
        return fields;
    *cut = true;
    size_t size = FIELDS_MOST;
    while (size && fields.data[size] != ',')
        size--;
    return at_most(fields, size);
}

static void encode(uint8_t bytes[READS_ROW], const struct reads_row *row)
{
    bool cut = row->cut;
    const struct text texts[TEXTS] = {at_most(row->person, PERSON_MOST), at_most(row->through, THROUGH_MOST), at_most(row->what, WHAT_MOST), whole_names(row->fields, &cut)};
    uint8_t *at = bytes + HEAD;
    memset(bytes, 0, READS_ROW);
    bytes_put_u64(bytes, row->number);
    bytes_put_u64(bytes + 8, bytes_time(row->time));
    bytes_put_u64(bytes + 16, row->case_id);
    for (int i = 0; i < TEXTS; i++) {
        bytes[32 + 2 * i] = (uint8_t)(texts[i].size >> 8);
        bytes[33 + 2 * i] = (uint8_t)texts[i].size;
        if (texts[i].size)
            memcpy(at, texts[i].data, texts[i].size);
        at += texts[i].size;
    }
    bytes[HEAD - 1] = cut;
    bytes_put_u64(bytes + 24, check_of(bytes));
}

/* false: nothing of that number stands there. */
static bool decode(struct arena *arena, const uint8_t bytes[READS_ROW], uint64_t number, struct reads_row *row)
{
    struct text *const texts[TEXTS] = {&row->person, &row->through, &row->what, &row->fields};
    size_t at = HEAD;
    if (bytes_u64(bytes) != number || bytes_u64(bytes + 24) != check_of(bytes))
        return false;
    *row = (struct reads_row){.number = number, .time = bytes_time_back(bytes_u64(bytes + 8)), .case_id = bytes_u64(bytes + 16), .cut = bytes[HEAD - 1] != 0};
    for (int i = 0; i < TEXTS; i++) {
        size_t size = (size_t)bytes[32 + 2 * i] << 8 | bytes[33 + 2 * i];
        if (size > READS_ROW - at)
            return false;
        *texts[i] = arena ? arena_copy(arena, (struct text){.data = (const char *)bytes + at, .size = size}) : (struct text){0};
        at += size;
    }
    return true;
}

/* ---- files ---- */

static bool exists(const struct reads *reads)
{
    return reads->oldest <= reads->newest;
}

/* With its room on the disk. 0, or the number of the error. */
static int make_file(const struct reads *reads, uint64_t number)
{
    char name[NAME_MOST];
    int file = openat(reads->folder, name_of(name, number), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return errno;
    int failed = posix_fallocate(file, 0, FILE_BYTES);
    if (!failed && fsync(file) != 0)
        failed = errno;
    close(file);
    if (failed)
        unlinkat(reads->folder, name, 0);
    return failed;
}

static int take_oldest(struct reads *reads, uint64_t number)
{
    char from[NAME_MOST], to[NAME_MOST];
    if (renameat(reads->folder, name_of(from, reads->oldest), reads->folder, name_of(to, number)) != 0)
        return errno;
    reads->oldest++;
    return 0;
}

/* The next file: a new one while there may be more and there is room for it, or the oldest once again: its rows have other numbers, so they are none here. */
static int begin_file(struct reads *reads, uint64_t number)
{
    char name[NAME_MOST];
    bool full = exists(reads) && reads->newest - reads->oldest + 1 >= READS_FILES;
    int failed = full ? ENOSPC : make_file(reads, number);
    if (failed && exists(reads))
        failed = take_oldest(reads, number);
    if (!failed && fsync(reads->folder) != 0)
        failed = errno;
    if (failed)
        return failed;
    if (reads->file >= 0)
        close(reads->file);
    reads->newest = number;
    reads->oldest = reads->oldest > number ? number : reads->oldest;
    reads->file = openat(reads->folder, name_of(name, number), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return reads->file < 0 ? errno : 0;
}

/* Which files there are. false: the folder cannot be read. */
static bool find_files(struct reads *reads)
{
    int again = dup(reads->folder);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    if (!folder) {
        if (again >= 0)
            close(again);
        return false;
    }
    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        char *end;
        uint64_t number = strtoull(entry->d_name, &end, 10);
        if (end - entry->d_name != 16 || *end)
            continue;
        bool first = !exists(reads);
        reads->oldest = first || number < reads->oldest ? number : reads->oldest;
        reads->newest = first || number > reads->newest ? number : reads->newest;
    }
    closedir(folder);
    return true;
}

/* The last row of the newest file that is whole. */
static bool find_end(struct reads *reads)
{
    uint64_t first = reads->newest * READS_FILE + 1;
    uint8_t bytes[READS_ROW];
    struct reads_row row;
    reads->next = first;
    for (uint64_t number = first; number < first + READS_FILE; number++) {
        ssize_t size = pread(reads->file, bytes, READS_ROW, place_of(number));
        if (size < 0)
            return false;
        if (size == READS_ROW && decode(NULL, bytes, number, &row))
            reads->next = number + 1;
    }
    return true;
}

static int open_folder(struct reads *reads, const char *folder)
{
    char name[NAME_MOST];
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return errno;
    reads->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (reads->folder < 0 || !find_files(reads))
        return errno;
    if (!exists(reads)) {
        reads->next = 1;
        return begin_file(reads, 0);
    }
    reads->file = openat(reads->folder, name_of(name, reads->newest), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return reads->file < 0 || !find_end(reads) ? errno : 0;
}

enum err reads_open(struct reads **out, const char *folder, struct arena *arena, struct text *why)
{
    struct reads *reads = calloc(1, sizeof *reads);
    if (!reads)
        return ERR_NO_MEMORY;
    *reads = (struct reads){.folder = -1, .file = -1, .oldest = 1};
    int failed = open_folder(reads, folder);
    if (!failed) {
        *out = reads;
        return ERR_OK;
    }
    *why = arena_print(arena, "%s, where it is recorded who was shown something private: %s.", folder, strerror(failed));
    reads_close(&reads);
    return failed == ENOSPC || failed == EDQUOT ? ERR_DISK_FULL : ERR_IO;
}

void reads_close(struct reads **reads)
{
    if (!*reads)
        return;
    if ((*reads)->file >= 0)
        close((*reads)->file);
    if ((*reads)->folder >= 0)
        close((*reads)->folder);
    free(*reads);
    *reads = NULL;
}

/* ---- writing ---- */

enum err reads_put(struct reads *reads, const struct reads_row *given)
{
    uint8_t bytes[READS_ROW];
    struct reads_row row = *given;
    row.number = reads->next;
    if (file_of(row.number) != reads->newest && (reads_sync(reads) || begin_file(reads, file_of(row.number))))
        return ERR_IO;
    encode(bytes, &row);
    if (pwrite(reads->file, bytes, READS_ROW, place_of(row.number)) != READS_ROW)
        return ERR_IO;
    reads->next++;
    reads->dirty = true;
    return ERR_OK;
}

enum err reads_sync(struct reads *reads)
{
    if (reads->dirty && fdatasync(reads->file) != 0)
        return ERR_IO;
    reads->dirty = false;
    return ERR_OK;
}

/* ---- reading ---- */

static int open_file(const struct reads *reads, uint64_t number)
{
    char name[NAME_MOST];
    return openat(reads->folder, name_of(name, number), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

enum err reads_next(const struct reads *reads, struct arena *arena, uint64_t *after, uint32_t most, struct reads_row *row)
{
    uint64_t first = reads->oldest * READS_FILE + 1, open_number = 0;
    uint8_t bytes[READS_ROW];
    int file = -1;
    enum err code = ERR_NOT_FOUND;
    if (*after + 1 < first)
        *after = first - 1;
    while (code == ERR_NOT_FOUND && *after + 1 < reads->next) {
        uint64_t number = *after + 1;
        if (most-- == 0) {
            code = ERR_BUSY;
            break;
        }
        if (file < 0 || file_of(number) != open_number) {
            if (file >= 0)
                close(file);
            open_number = file_of(number);
            file = open_file(reads, open_number);
        }
        ssize_t size = file < 0 ? (errno == ENOENT ? 0 : -1) : pread(file, bytes, READS_ROW, place_of(number));
        *after = number;
        if (size < 0)
            code = ERR_IO;
        else if (size == READS_ROW && decode(arena, bytes, number, row))
            code = ERR_OK;
    }
    if (file >= 0)
        close(file);
    return code;
}
