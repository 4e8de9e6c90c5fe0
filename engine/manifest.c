/* manifest: see manifest.h. */
#include "engine/manifest.h"

#include "engine/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16, HEX_SIZE = 2 * HASH_SIZE };
_Static_assert((int)HASH_SIZE == (int)SHA256_SIZE, "a file's hash is as long as a record's");

const char *const manifest_paths[MANIFEST_FILES] = {"store/data.mdb", "keys/data.mdb"};

static const char *hex(struct arena *arena, const uint8_t hash[HASH_SIZE])
{
    char *out = arena_take(arena, HEX_SIZE + 1);
    return sodium_bin2hex(out, HEX_SIZE + 1, hash, HASH_SIZE);
}

struct text manifest_print(struct arena *arena, const struct manifest *manifest)
{
    struct text out = arena_print(arena,
                                  "staircase-backup: %u\ntaken: %s\nprogram: %s\nrecord-format: %u\nepoch: %u\nposition: %" PRIu64 "\nhead: %s\nstate: %s\n",
                                  manifest->format, manifest->taken, manifest->program, manifest->record_format, manifest->epoch, manifest->position,
                                  hex(arena, manifest->head), hex(arena, manifest->state));
    for (int i = 0; i < MANIFEST_FILES; i++)
        out = arena_print(arena, "%.*sfile: %s %" PRIu64 " %s\n", (int)out.size, out.data, hex(arena, manifest->files[i].hash), manifest->files[i].size,
                          manifest_paths[i]);
    return out;
}

static bool read_hash(const char *digits, uint8_t hash[HASH_SIZE])
{
    size_t size;
    return sodium_hex2bin(hash, HASH_SIZE, digits, HEX_SIZE, NULL, &size, NULL) == 0 && size == HASH_SIZE;
}

enum err manifest_read(struct arena *arena, struct text bytes, struct manifest *manifest)
{
    char head[HEX_SIZE + 1], state[HEX_SIZE + 1], files[MANIFEST_FILES][HEX_SIZE + 1];
    const char *source = arena_string(arena, bytes);
    *manifest = (struct manifest){.format = 0};
    if (sscanf(source, "staircase-backup: %9u", &manifest->format) == 1 && manifest->format > MANIFEST_FORMAT)
        return ERR_NEWER_FORMAT;
    int found = sscanf(source,
                       "staircase-backup: %9u taken: %31s program: %31s record-format: %9u epoch: %9u position: %19" SCNu64
                       " head: %64s state: %64s file: %64s %19" SCNu64 " store/data.mdb file: %64s %19" SCNu64 " keys/data.mdb",
                       &manifest->format, manifest->taken, manifest->program, &manifest->record_format, &manifest->epoch, &manifest->position, head, state,
                       files[0], &manifest->files[0].size, files[1], &manifest->files[1].size);
    if (found != 12 || !read_hash(head, manifest->head) || !read_hash(state, manifest->state))
        return ERR_CORRUPT;
    for (int i = 0; i < MANIFEST_FILES; i++)
        if (!read_hash(files[i], manifest->files[i].hash))
            return ERR_CORRUPT;
    return text_equal(manifest_print(arena, manifest), bytes) ? ERR_OK : ERR_CORRUPT;
}

enum err manifest_measure(const char *path, struct manifest_file *file)
{
    static uint8_t bytes[READ_BYTES];
    struct sha256 state;
    ssize_t got;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    file->size = 0;
    sha256_start(&state);
    while ((got = read(descriptor, bytes, sizeof bytes)) > 0) {
        sha256_add(&state, bytes, (size_t)got);
        file->size += (uint64_t)got;
    }
    sha256_end(&state, file->hash);
    close(descriptor);
    return got < 0 ? ERR_IO : ERR_OK;
}
