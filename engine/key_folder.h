/* key_folder: the keys of TCP as files in DATA/keys: the engine's own pair (server.key), and who may connect (principals.yaml).
 *
 * Both are their owner's alone, which is checked each time they are read. A file is written beside its place, synced and renamed: a reader sees the
 * old one or the new one. Who changes the list holds the folder's lock meanwhile. */
#ifndef STAIRCASE_KEY_FOLDER_H
#define STAIRCASE_KEY_FOLDER_H

#include "engine/principal.h"
#include "proto/key.h"

/* The engine's own pair; made when there is none yet. Sentences in `*why`, in the arena. */
enum err key_folder_server(const char *data, struct arena *arena, struct key_ring *ring, struct text *why);

/* A new pair. */
void key_folder_pair(struct key_ring *ring);
/* A key file for a client, as key_load reads it. ERR_OK; ERR_KEY_TAKEN: there is a file of that name; ERR_IO, ERR_DISK_FULL. */
enum err key_folder_write_client(const char *path, const char *name, const struct key_ring *ring, struct arena *arena);

/* Tells one state of the list from another: two that are equal are the same file, unchanged. Zeros: there is none. */
struct key_stamp {
    uint64_t device, inode, size;
    int64_t modified_s, modified_ns, changed_s, changed_ns;
};
struct key_stamp key_folder_stamp(const char *data, struct arena *arena);

/* Nobody, where there is no file. ERR_OK; ERR_DENIED: others may read or write it; ERR_BAD_CONFIG; ERR_IO, with `*why`: whole sentences, each mistake with its place. */
enum err key_folder_read(const char *data, struct arena *arena, struct principals *principals, struct text *why);
/* From reading to writing. `*lock` is for key_folder_unlock. */
enum err key_folder_lock(const char *data, struct arena *arena, int *lock, struct text *why);
void key_folder_unlock(int lock);
enum err key_folder_write(const char *data, struct arena *arena, const struct principals *principals, struct text *why);

#endif
