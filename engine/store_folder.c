/* store_folder: see store_folder.h. */
#include "engine/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEGABYTE ((uint64_t)1 << 20)

enum {
    PATH_MOST = 4096,
    FULL_BYTES = 1 << 20, /* LMDB writes 256 KB at once at most: when such a write came back short, less than that was left */
};

static bool is_full(int code)
{
    return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

static enum err err_of(int code)
{
    return is_full(code) ? ERR_DISK_FULL : code == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
}

static enum err sync_path(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return err_of(errno);
    enum err err = fsync(descriptor) == 0 ? ERR_OK : err_of(errno);
    close(descriptor);
    return err;
}

enum err store_folder_sync(const char *folder)
{
    return sync_path(folder);
}

/* The folder's own name is an entry of its parent. */
static enum err sync_parent(const char *folder)
{
    char path[PATH_MOST];
    int size = snprintf(path, sizeof path, "%s/..", folder);
    return size < 0 || size >= (int)sizeof path ? ERR_IO : sync_path(path);
}

static enum err create(const char *folder)
{
    if (mkdir(folder, 0700) == 0)
        return sync_parent(folder);
    return errno == EEXIST ? ERR_OK : err_of(errno);
}

static enum err take_lock(const char *path, int flags, int kind, int *lock)
{
    int descriptor = open(path, flags | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : err_of(errno);
    if (flock(descriptor, kind | LOCK_NB) != 0) {
        enum err err = errno == EWOULDBLOCK ? ERR_LOCKED : err_of(errno);
        close(descriptor);
        return err;
    }
    *lock = descriptor;
    return ERR_OK;
}

static enum err enter_to_read(const char *folder, const char *path, int *lock)
{
    struct stat status;
    if (stat(folder, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : err_of(errno);
    enum err err = take_lock(path, O_RDONLY, LOCK_SH, lock);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_folder_enter(const char *folder, bool read_only, int *lock)
{
    char path[PATH_MOST];
    *lock = STORE_FOLDER_NO_LOCK;
    int size = snprintf(path, sizeof path, "%s/store.lock", folder);
    if (size < 0 || size >= (int)sizeof path)
        return ERR_IO;
    if (read_only)
        return enter_to_read(folder, path, lock);
    enum err err = create(folder);
    if (err)
        return err;
    err = take_lock(path, O_RDWR | O_CREAT, LOCK_EX, lock);
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

void store_folder_leave(int *lock)
{
    if (*lock != STORE_FOLDER_NO_LOCK)
        close(*lock);
    *lock = STORE_FOLDER_NO_LOCK;
}

/* Asked by taking the room, not by reading figures: a file system keeps part of what it calls free for itself (ext4: the root's share, and
 * up to 16 MB that not even root gets), and a limit on files or a quota does not show in them at all. */
bool store_folder_is_full(const char *folder)
{
    char path[PATH_MOST];
    int size = snprintf(path, sizeof path, "%s/store.probe", folder);
    if (size < 0 || size >= (int)sizeof path)
        return false;
    int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return is_full(errno);
    unlink(path);
    int code = posix_fallocate(descriptor, 0, FULL_BYTES);
    close(descriptor);
    return is_full(code);
}

uint64_t store_folder_map_most(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur / 2 >= wanted)
        return wanted;
    uint64_t half = limit.rlim_cur / 2 / MEGABYTE * MEGABYTE;
    return half > 0 ? half : MEGABYTE;
}

bool store_folder_has_address_space(uint64_t size)
{
    void *probe = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED)
        return false;
    munmap(probe, size);
    return true;
}
