/* server_folder: the data folder at the start: for its owner alone, no half of a backup; its stores. See server.h. */
#include "engine/server_inner.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/backup.h"

static enum err make_folder(const char *path, struct arena *arena, struct text *why)
{
    struct stat status;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        *why = arena_print(arena, "The data folder %s cannot be made: %s.", path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        *why = arena_print(arena, "%s is not a folder.", path);
        return ERR_IO;
    }
    /* Who may enter it may act for anyone, and read what is private: its owner alone. */
    if ((status.st_mode & 077) && chmod(path, 0700) != 0) {
        *why = arena_print(arena, "The data folder %s is open to others, and that cannot be changed: %s.", path, strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

/* The keys of private values, where a copy brought them along with other permissions: whoever could read them may have done so, and the operator is to know. */
static enum err check_keys(const char *data, struct arena *arena, struct text *why)
{
    struct stat status;
    const char *path = arena_print(arena, "%s/keys/data.mdb", data).data;
    if (stat(path, &status) != 0 || !(status.st_mode & 077))
        return ERR_OK; /* there are none yet, or what is wrong with the folder is told when the store is opened */
    *why = arena_print(arena, "%s holds the keys of private values: it must be its owner's alone (chmod 600).", path);
    return ERR_DENIED;
}

/* Before anything in it is opened, which might write: half a backup is none, and a whole one is none any more from now on. */
static enum err begin_life(const struct server *server, struct arena *arena, struct text *why)
{
    struct manifest manifest;
    enum err code = backup_read(server->data, &manifest, arena, why);
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    code = code ? code : backup_glance(server->data, &manifest, arena, why);
    return code ? code : backup_begin_life(server->data, arena);
}

enum err server_make_folder(const struct server *server, struct arena *arena, struct text *why)
{
    enum err code = make_folder(server->data, arena, why);
    code = code ? code : check_keys(server->data, arena, why);
    return code ? code : begin_life(server, arena, why);
}

/* A start on a backup is the restoring of it: it is to stand where it says. */
enum err server_note_restored(struct server *server, struct arena *arena, struct text *why)
{
    struct manifest manifest;
    enum err code = backup_read_begun(server->data, &manifest, arena, why);
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    if (!code && (manifest.position != engine_position(server->engine) || memcmp(manifest.log, engine_hash(server->engine), HASH_SIZE) != 0)) {
        *why = arena_print(arena, "%s: the store of this backup does not end where its manifest says. Run `staircase verify %s`; use another backup.", server->data,
                           server->data);
        return ERR_CORRUPT;
    }
    code = code ? code : backup_has_life(server->data, arena);
    if (!code)
        oplog(OPLOG_WARN, "restored", OPLOG_STRING("taken", manifest.taken), OPLOG_NUMBER("position", manifest.position),
              OPLOG_STRING("do", manifest.files[MANIFEST_PRINCIPALS].there ? "revoke again the keys that were revoked since, erase again who was erased since"
                                                                         : "erase again who was erased since"));
    return code;
}

static enum err open_store(struct server *server, const char *name, struct store **store, struct arena *arena, struct text *why)
{
    const char *path = arena_print(arena, "%s/%s", server->data, name).data;
    const struct store_lmdb_options options = {.map_size = store == &server->store ? server->config->map_bytes : UINT64_C(1) << 30};
    enum err code = store_lmdb_open(store, path, &options);
    if (code)
        *why = arena_print(arena, "%s: %s %s", path, err_sentence(code), err_advice(code));
    return code;
}

enum err server_open_stores(struct server *server, const struct server_options *options, struct arena *arena, struct text *why)
{
    enum err code = ERR_OK;
    server->store = options->store;
    server->keys = options->keys;
    if (!server->store)
        code = open_store(server, "store", &server->store, arena, why); /* takes the lock, before anything is bound */
    if (!code && !server->keys)
        code = open_store(server, "keys", &server->keys, arena, why);
    return code;
}

/* ---- their maps ---- */

static bool is_nearly_full(const struct store_figures *figures)
{
    return figures->map_used > figures->map_size / 5 * 4; /* both 0: there is no map */
}

enum err server_look_at_maps(struct server *server)
{
    struct store_figures store, keys;
    enum err code = store_read_figures(server->store, &store);
    code = code ? code : store_read_figures(server->keys, &keys);
    if (code)
        return code;
    bool low = is_nearly_full(&store) || is_nearly_full(&keys);
    if (low != server->map_low)
        oplog(low ? OPLOG_WARN : OPLOG_INFO, low ? "map-nearly-full" : "map-has-room-again", OPLOG_NUMBER("store-used", store.map_used),
              OPLOG_NUMBER("store-map", store.map_size), OPLOG_NUMBER("keys-used", keys.map_used), OPLOG_NUMBER("keys-map", keys.map_size));
    server->map_low = low;
    return ERR_OK;
}
