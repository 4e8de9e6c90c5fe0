/* backup: see backup.h. */
#include "engine/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/limits.h"
#include "engine/store_folder.h"
#include "engine/store_lmdb_copy.h"

enum { MANIFEST_BYTES_MOST = 4096, PARTITION = 0 };

static const char mark_name[] = "backup-unfinished", manifest_name[] = "manifest", begun_name[] = "manifest.restoring",
                  restored_name[] = "manifest.restored";
/* What is copied row by row, and its folder. */
static const char keys_name[] = "keys", docket_name[] = "mediation-centre";

struct backup {
    const char *data, *to, *work; /* work: where it is made */
    struct arena *arena;
    struct text *why;
    int mark;                     /* its descriptor; the lock of whoever is at work here */
};

static const char *join(struct arena *arena, const char *folder, const char *name)
{
    return arena_print(arena, "%s/%s", folder, name).data;
}

static enum err err_of(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_DISK_FULL;
    case ENOMEM: return ERR_NO_MEMORY;
    case ENOENT:
    case ENOTDIR: return ERR_NOT_FOUND;
    default: return ERR_IO;
    }
}

static enum err fail(const struct backup *backup, const char *path, int number)
{
    *backup->why = arena_print(backup->arena, "%s: %s.", path, strerror(number));
    return err_of(number);
}

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* ---- the place ---- */

static enum err make_folder(const struct backup *backup, const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? ERR_OK : fail(backup, path, errno);
}

/* What a backup before this one has left when it was stopped. Nothing that a backup does not make is touched. */
static void clear_remains(const struct backup *backup)
{
    static const char *const names[] = {"store/data.mdb", "keys/data.mdb", "keys/lock.mdb", "keys/store.lock", "keys/server.key", "keys/principals.yaml",
                                        "mediation-centre/data.mdb", "mediation-centre/lock.mdb", "mediation-centre/store.lock", "manifest"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(join(backup->arena, backup->work, names[i])); /* most are not there; what cannot go stops the copy */
}

/* The mark is made before anything else, and locked for as long as this process is at work. */
static enum err take_place(struct backup *backup)
{
    const char *mark = join(backup->arena, backup->work, mark_name);
    enum err code = make_folder(backup, backup->work);
    if (code)
        return code;
    backup->mark = open(mark, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (backup->mark < 0)
        return fail(backup, mark, errno);
    if (flock(backup->mark, LOCK_EX | LOCK_NB) != 0) {
        *backup->why = arena_print(backup->arena, "Another backup to %s is on its way.", backup->to);
        return ERR_LOCKED;
    }
    clear_remains(backup);
    code = make_folder(backup, join(backup->arena, backup->work, "store"));
    return code ? code : make_folder(backup, join(backup->arena, backup->work, keys_name));
}

/* ---- copying ---- */

static enum err copy_store(const struct backup *backup)
{
    const char *path = join(backup->arena, backup->work, "store/data.mdb"), *from = join(backup->arena, backup->data, "store");
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(backup, path, errno);
    enum err code = store_lmdb_copy(from, descriptor);
    if (!code && fsync(descriptor) != 0)
        code = err_of(errno);
    if (close(descriptor) != 0 && !code)
        code = err_of(errno);
    if (code == ERR_NOT_FOUND)
        *backup->why = arena_print(backup->arena, "%s holds no store: name the data folder of an engine.", backup->data);
    else if (code)
        *backup->why = arena_print(backup->arena, "%s could not be copied to %s: %s %s", from, path, err_sentence(code), err_advice(code));
    return code;
}

static enum err could_not(const struct backup *backup, const char *from, const char *to, enum err code)
{
    *backup->why = arena_print(backup->arena, "%s could not be copied to %s: %s %s", from, to, err_sentence(code), err_advice(code));
    return code;
}

/* Nothing that was deleted is left in a corner of it. */
static enum err copy_rows(const struct backup *backup, const char *name)
{
    const char *from = join(backup->arena, backup->data, name), *to = join(backup->arena, backup->work, name);
    enum err code = store_lmdb_copy_rows(from, to);
    if (code)
        return could_not(backup, from, to, code);
    unlink(join(backup->arena, to, "lock.mdb")); /* of the copying itself */
    unlink(join(backup->arena, to, "store.lock"));
    return ERR_OK;
}

static int copy_bytes(int from, int to)
{
    char bytes[4096];
    ssize_t got;
    while ((got = read(from, bytes, sizeof bytes)) > 0) {
        errno = ENOSPC; /* of a write that came back short */
        if (write(to, bytes, (size_t)got) != got)
            return errno;
    }
    return got < 0 || fsync(to) != 0 ? errno : 0;
}

/* A key file, which is written by renaming: whole, before or after. Not every folder has one. */
static enum err copy_key_file(const struct backup *backup, const char *name)
{
    const char *from = join(backup->arena, backup->data, name), *to = join(backup->arena, backup->work, name);
    int source = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (source < 0)
        return errno == ENOENT ? ERR_OK : fail(backup, from, errno);
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int number = target < 0 ? errno : copy_bytes(source, target);
    if (target >= 0 && close(target) != 0 && !number)
        number = errno;
    close(source);
    return number ? fail(backup, to, number) : ERR_OK;
}

static enum err copy_keys(const struct backup *backup)
{
    enum err code = copy_rows(backup, keys_name);
    code = code ? code : copy_key_file(backup, manifest_paths[MANIFEST_SERVER_KEY]);
    return code ? code : copy_key_file(backup, manifest_paths[MANIFEST_PRINCIPALS]);
}

/* Of a centre that keeps its docket in this folder. */
static enum err copy_docket(const struct backup *backup)
{
    if (!is_there(join(backup->arena, backup->data, manifest_paths[MANIFEST_DOCKET])))
        return ERR_OK;
    enum err code = make_folder(backup, join(backup->arena, backup->work, docket_name));
    return code ? code : copy_rows(backup, docket_name);
}

/* ---- what it says of itself ---- */

static enum err describe_store(struct store *store, struct manifest *manifest)
{
    struct record_key key = key_meta(PARTITION);
    struct meta_row meta = {.format = RECORD_FORMAT};
    struct store_txn *txn;
    struct text value;
    enum err code = store_begin_read(store, &txn);
    if (code)
        return code;
    code = store_get(txn, STORE_META, key_text(&key), &value);
    code = code == ERR_NOT_FOUND ? ERR_OK : code ? code : row_decode_meta(value, &meta);
    store_end_read(&txn);
    manifest->record_format = meta.format;
    manifest->epoch = meta.epoch;
    manifest->position = meta.position;
    memcpy(manifest->log, meta.hash, HASH_SIZE);
    return code ? code : engine_state_hash(store, manifest->state);
}

/* Read from the copy itself: what it says is true of what is there. */
static enum err describe(const struct backup *backup, struct manifest *manifest)
{
    struct store *store;
    time_t now = time(NULL);
    struct tm civil;
    *manifest = (struct manifest){.format = MANIFEST_FORMAT};
    strftime(manifest->taken, sizeof manifest->taken, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &civil));
    snprintf(manifest->program, sizeof manifest->program, "%s", STAIRCASE_VERSION);
    enum err code = store_lmdb_open_to_read(&store, join(backup->arena, backup->work, "store"));
    if (!code) {
        code = describe_store(store, manifest);
        store_close(&store);
    }
    for (int i = 0; i < MANIFEST_FILES && !code; i++) {
        code = manifest_measure(join(backup->arena, backup->work, manifest_paths[i]), &manifest->files[i]);
        code = code == ERR_NOT_FOUND && i >= MANIFEST_NEEDED ? ERR_OK : code;
    }
    if (code)
        *backup->why = arena_print(backup->arena, "The copy could not be read again: %s %s", err_sentence(code), err_advice(code));
    return code;
}

static enum err write_manifest(const struct backup *backup, const struct manifest *manifest)
{
    const char *path = join(backup->arena, backup->work, manifest_name);
    struct text bytes = manifest_print(backup->arena, manifest);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(backup, path, errno);
    errno = ENOSPC; /* of a write that came back short */
    bool written = write(descriptor, bytes.data, bytes.size) == (ssize_t)bytes.size && fsync(descriptor) == 0;
    int number = errno;
    close(descriptor);
    return written ? ERR_OK : fail(backup, path, number);
}

/* ---- the end ---- */

static enum err sync_folders(const struct backup *backup)
{
    enum err code = store_folder_sync(join(backup->arena, backup->work, "store"));
    code = code ? code : store_folder_sync(join(backup->arena, backup->work, keys_name));
    if (!code && is_there(join(backup->arena, backup->work, docket_name)))
        code = store_folder_sync(join(backup->arena, backup->work, docket_name));
    code = code ? code : store_folder_sync(backup->work);
    if (code)
        *backup->why = arena_print(backup->arena, "%s: %s", backup->work, err_sentence(code));
    return code;
}

/* The mark goes last, when everything else is on disk under its name. */
static enum err finish(const struct backup *backup)
{
    enum err code = sync_folders(backup);
    if (code)
        return code;
    if (rename(backup->work, backup->to) != 0)
        return fail(backup, backup->to, errno);
    code = store_folder_sync(join(backup->arena, backup->to, ".."));
    if (!code && unlink(join(backup->arena, backup->to, mark_name)) != 0)
        code = err_of(errno);
    code = code ? code : store_folder_sync(backup->to);
    if (code)
        *backup->why = arena_print(backup->arena, "%s: %s", backup->to, err_sentence(code));
    return code;
}

static const char *without_slash(struct arena *arena, const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    return arena_string(arena, (struct text){path, size});
}

enum err backup_take(const char *data, const char *to, struct manifest *manifest, struct arena *arena, struct text *why)
{
    struct backup backup = {.data = data, .to = without_slash(arena, to), .arena = arena, .why = why, .mark = -1};
    backup.work = arena_print(arena, "%s.unfinished", backup.to).data;
    *why = (struct text){0};
    if (is_there(backup.to)) {
        *why = arena_print(arena, "%s is there already: a backup has a place of its own.", backup.to);
        return ERR_USAGE;
    }
    enum err code = take_place(&backup);
    code = code ? code : copy_store(&backup);
    code = code ? code : copy_keys(&backup); /* after the store: see backup.h */
    code = code ? code : copy_docket(&backup);
    code = code ? code : describe(&backup, manifest);
    code = code ? code : write_manifest(&backup, manifest);
    code = code ? code : finish(&backup);
    if (backup.mark >= 0)
        close(backup.mark);
    return code;
}

/* ---- what is asked of one ---- */

/* At most so much: a manifest is small. */
static enum err read_small(struct arena *arena, const char *path, struct text *bytes)
{
    char *out = arena_take(arena, MANIFEST_BYTES_MOST);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return err_of(errno);
    ssize_t got = read(descriptor, out, MANIFEST_BYTES_MOST);
    close(descriptor);
    *bytes = (struct text){out, got > 0 ? (size_t)got : 0};
    return got < 0 ? ERR_IO : ERR_OK;
}

static enum err read_manifest(const char *folder, const char *name, struct manifest *manifest, struct arena *arena, struct text *why)
{
    struct text bytes;
    const char *path = join(arena, folder, name);
    enum err code = read_small(arena, path, &bytes);
    code = code ? code : manifest_read(arena, bytes, manifest);
    if (code && code != ERR_NOT_FOUND)
        *why = arena_print(arena, "%s: %s", path,
                           code == ERR_CORRUPT ? "This is not a manifest as a backup writes it: it was changed or damaged." : err_sentence(code));
    return code;
}

enum err backup_read(const char *folder, struct manifest *manifest, struct arena *arena, struct text *why)
{
    *why = (struct text){0};
    if (is_there(join(arena, folder, mark_name))) {
        *why = arena_print(arena, "%s is a backup that was stopped before it was finished (it has the mark %s). Use another one, and take this one again.", folder,
                           mark_name);
        return ERR_CORRUPT;
    }
    return read_manifest(folder, manifest_name, manifest, arena, why);
}

enum err backup_check(const char *folder, const struct manifest *manifest, struct arena *arena, struct text *why)
{
    for (int i = 0; i < MANIFEST_FILES; i++) {
        const char *path = join(arena, folder, manifest_paths[i]);
        struct manifest_file file = {.size = 0};
        if (!manifest->files[i].there)
            continue;
        enum err code = manifest_measure(path, &file);
        if (!code && (file.size != manifest->files[i].size || memcmp(file.hash, manifest->files[i].hash, HASH_SIZE) != 0)) {
            *why = arena_print(arena, "%s is not the file of the manifest: it was changed or damaged after the backup.", path);
            return ERR_CORRUPT;
        }
        if (code) {
            *why = arena_print(arena, "%s: %s", path, code == ERR_NOT_FOUND ? "This file of the backup is missing." : err_sentence(code));
            return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
        }
    }
    return ERR_OK;
}

enum err backup_glance(const char *folder, const struct manifest *manifest, struct arena *arena, struct text *why)
{
    for (int i = 0; i < MANIFEST_FILES; i++) {
        struct stat status;
        const char *path = join(arena, folder, manifest_paths[i]);
        if (!manifest->files[i].there || (stat(path, &status) == 0 && (uint64_t)status.st_size == manifest->files[i].size))
            continue;
        *why = arena_print(arena, "%s is missing, or not of the size that the manifest of this backup says. Use another backup.", path);
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

static enum err rename_within(const char *folder, const char *from, const char *to, struct arena *arena)
{
    if (rename(join(arena, folder, from), join(arena, folder, to)) != 0)
        return err_of(errno);
    return store_folder_sync(folder);
}

enum err backup_begin_life(const char *folder, struct arena *arena)
{
    return rename_within(folder, manifest_name, begun_name, arena);
}

enum err backup_read_begun(const char *folder, struct manifest *manifest, struct arena *arena, struct text *why)
{
    *why = (struct text){0};
    return read_manifest(folder, begun_name, manifest, arena, why);
}

enum err backup_has_life(const char *folder, struct arena *arena)
{
    return rename_within(folder, begun_name, restored_name, arena);
}
