/* key_folder: see key_folder.h. */
#include "engine/key_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/source.h"

static const char *path_of(const char *data, struct arena *arena, const char *name)
{
    return arena_print(arena, "%s/keys/%s", data, name).data;
}

static enum err err_of(int error)
{
    return error == ENOSPC || error == EDQUOT ? ERR_DISK_FULL : error == EEXIST ? ERR_KEY_TAKEN : error == EACCES || error == EPERM ? ERR_DENIED : ERR_IO;
}

/* ---- files that are their owner's alone ---- */

static enum err write_all(int descriptor, struct text text)
{
    for (size_t at = 0; at < text.size;) {
        ssize_t put = write(descriptor, text.data + at, text.size - at);
        if (put < 0 && errno != EINTR)
            return err_of(errno);
        at += put > 0 ? (size_t)put : 0;
    }
    return fsync(descriptor) == 0 ? ERR_OK : err_of(errno);
}

/* `fresh`: there may be none yet. */
static enum err write_file(const char *path, struct text text, bool fresh)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_EXCL : O_TRUNC), 0600);
    if (descriptor < 0)
        return err_of(errno);
    enum err code = fchmod(descriptor, 0600) == 0 ? write_all(descriptor, text) : err_of(errno);
    close(descriptor);
    if (code && fresh)
        unlink(path);
    return code;
}

static enum err sync_folder(const char *data, struct arena *arena)
{
    int folder = open(path_of(data, arena, "."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_of(errno);
    enum err code = fsync(folder) == 0 ? ERR_OK : err_of(errno);
    close(folder);
    return code;
}

static enum err make_folders(const char *data, struct arena *arena)
{
    if ((mkdir(data, 0700) != 0 && errno != EEXIST) || (mkdir(path_of(data, arena, ""), 0700) != 0 && errno != EEXIST))
        return err_of(errno);
    return ERR_OK;
}

/* ---- the engine's own pair ---- */

void key_folder_pair(struct key_ring *ring)
{
    *ring = (struct key_ring){0};
    crypto_box_keypair(ring->public_key, ring->secret_key); /* from the system's random source: curve25519, as CURVE has it */
}

static struct text key_text(const char *name, const struct key_ring *ring, bool client, struct arena *arena)
{
    char public[KEY_DIGITS + 1], secret[KEY_DIGITS + 1], server[KEY_DIGITS + 1];
    key_digits(ring->public_key, public);
    key_digits(ring->secret_key, secret);
    key_digits(ring->server_key, server);
    return arena_print(arena, "# Staircase: the key of %s. Secret: who can read this file can speak in its name.\npublic: %s\nsecret: %s\n%s%s%s", name, public, secret,
                       client ? "server: " : "", client ? server : "", client ? "\n" : "");
}

static enum err make_server(const char *data, struct arena *arena, struct key_ring *ring)
{
    enum err code = make_folders(data, arena);
    if (code)
        return code;
    key_folder_pair(ring);
    code = write_file(path_of(data, arena, "server.key"), key_text("an engine", ring, false, arena), true);
    return code ? code : sync_folder(data, arena);
}

enum err key_folder_server(const char *data, struct arena *arena, struct key_ring *ring, struct text *why)
{
    const char *path = path_of(data, arena, "server.key");
    enum err code = key_load(path, false, ring);
    if (code == ERR_NOT_FOUND)
        code = make_server(data, arena, ring);
    if (code == ERR_KEY_TAKEN) /* another process has just made it */
        code = key_load(path, false, ring);
    if (code)
        *why = arena_print(arena, "%s: %s", path, key_sentence(code));
    return code;
}

enum err key_folder_write_client(const char *path, const char *name, const struct key_ring *ring, struct arena *arena)
{
    return write_file(path, key_text(name, ring, true, arena), true);
}

/* ---- the list ---- */

struct key_stamp key_folder_stamp(const char *data, struct arena *arena)
{
    struct stat status;
    struct arena_mark mark = arena_save(arena);
    int failed = stat(path_of(data, arena, "principals.yaml"), &status);
    arena_rewind(arena, mark);
    if (failed)
        return (struct key_stamp){0};
    return (struct key_stamp){.device = status.st_dev, .inode = status.st_ino, .size = (uint64_t)status.st_size,
                              .modified_s = status.st_mtim.tv_sec, .modified_ns = status.st_mtim.tv_nsec,
                              .changed_s = status.st_ctim.tv_sec, .changed_ns = status.st_ctim.tv_nsec};
}

static enum err check_owner(const char *path, struct arena *arena, struct text *why)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : err_of(errno);
    if (!(status.st_mode & 077) && (status.st_uid == geteuid() || status.st_uid == 0))
        return ERR_OK;
    *why = arena_print(arena, "%s says who may connect: it must be its owner's alone (chmod 600).", path);
    return ERR_DENIED;
}

enum err key_folder_read(const char *data, struct arena *arena, struct principals *principals, struct text *why)
{
    const char *path = path_of(data, arena, "principals.yaml");
    struct problems problems;
    struct text source;
    *principals = (struct principals){0};
    enum err code = check_owner(path, arena, why);
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    code = code ? code : source_load(arena, path, &source, why);
    if (code)
        return code;
    code = principals_read(principals, arena, path, source, &problems);
    if (code)
        *why = problems_print(&problems, arena);
    return code;
}

enum err key_folder_lock(const char *data, struct arena *arena, int *lock, struct text *why)
{
    enum err code = make_folders(data, arena);
    *lock = code ? -1 : open(path_of(data, arena, "principals.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock >= 0 && flock(*lock, LOCK_EX) == 0)
        return ERR_OK;
    code = code ? code : err_of(errno);
    *why = arena_print(arena, "%s: %s", path_of(data, arena, "principals.lock"), err_sentence(code));
    key_folder_unlock(*lock);
    return code;
}

void key_folder_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

enum err key_folder_write(const char *data, struct arena *arena, const struct principals *principals, struct text *why)
{
    const char *path = path_of(data, arena, "principals.yaml"), *beside = path_of(data, arena, "principals.new");
    enum err code = write_file(beside, principals_print(principals, arena), false);
    if (!code && rename(beside, path) != 0)
        code = err_of(errno);
    code = code ? code : sync_folder(data, arena);
    if (code)
        *why = arena_print(arena, "%s: %s", path, err_sentence(code));
    return code;
}
