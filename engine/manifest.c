/* manifest: see manifest.h. */
#include "engine/manifest.h"

#include "engine/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16, HEX_SIZE = 2 * HASH_SIZE };
_Static_assert((int)HASH_SIZE == (int)SHA256_SIZE, "a file's hash is as long as a record's");

const char *const manifest_paths[MANIFEST_FILES] = {
    [MANIFEST_STORE] = "store/data.mdb", [MANIFEST_KEYS] = "keys/data.mdb", [MANIFEST_SERVER_KEY] = "keys/server.key",
    [MANIFEST_PRINCIPALS] = "keys/principals.yaml", [MANIFEST_DOCKET] = "mediation-centre/data.mdb",
};

static const char *hex(struct arena *arena, const uint8_t hash[HASH_SIZE])
{
    char *out = arena_take(arena, HEX_SIZE + 1);
    return sodium_bin2hex(out, HEX_SIZE + 1, hash, HASH_SIZE);
}

struct text manifest_print(struct arena *arena, const struct manifest *manifest)
{
    struct text out = arena_print(arena,
                                  "staircase-backup: %u\ntaken: %s\nprogram: %s\nrecord-format: %u\nepoch: %u\nposition: %" PRIu64 "\n%s: %s\nstate: %s\n",
                                  manifest->format, manifest->taken, manifest->program, manifest->record_format, manifest->epoch, manifest->position,
                                  manifest->format == 1 ? "head" : "log", hex(arena, manifest->log), hex(arena, manifest->state));
    for (int i = 0; i < MANIFEST_FILES; i++)
        if (manifest->files[i].there)
            out = arena_print(arena, "%.*sfile: %s %" PRIu64 " %s\n", (int)out.size, out.data, hex(arena, manifest->files[i].hash), manifest->files[i].size,
                              manifest_paths[i]);
    return out;
}

static bool read_hash(const char *digits, uint8_t hash[HASH_SIZE])
{
    size_t size;
    return sodium_hex2bin(hash, HASH_SIZE, digits, HEX_SIZE, NULL, &size, NULL) == 0 && size == HASH_SIZE;
}

static int file_of(const char *path)
{
    int i = 0;
    while (i < MANIFEST_FILES && strcmp(manifest_paths[i], path) != 0)
        i++;
    return i;
}

/* Whatever is left of it, file by file. */
static bool read_files(const char *source, struct manifest *manifest)
{
    char digits[HEX_SIZE + 1], path[MANIFEST_WORD_MOST];
    struct manifest_file file = {.there = true};
    int size = 0;
    while (sscanf(source, " file: %64s %19" SCNu64 " %31s%n", digits, &file.size, path, &size) == 3) {
        int i = file_of(path);
        if (i == MANIFEST_FILES || !read_hash(digits, file.hash))
            return false;
        manifest->files[i] = file;
        source += size;
    }
    return manifest->files[MANIFEST_STORE].there && manifest->files[MANIFEST_KEYS].there;
}

enum err manifest_read(struct arena *arena, struct text bytes, struct manifest *manifest)
{
    char name[5], log[HEX_SIZE + 1], state[HEX_SIZE + 1];
    const char *source = arena_string(arena, bytes);
    int size = 0;
    *manifest = (struct manifest){.format = 0};
    if (sscanf(source, "staircase-backup: %9u", &manifest->format) == 1 && manifest->format > MANIFEST_FORMAT)
        return ERR_NEWER_FORMAT;
    int found = sscanf(source, "staircase-backup: %9u taken: %31s program: %31s record-format: %9u epoch: %9u position: %19" SCNu64 " %4[a-z]: %64s state: %64s%n",
                       &manifest->format, manifest->taken, manifest->program, &manifest->record_format, &manifest->epoch, &manifest->position, name, log, state,
                       &size);
    if (found != 9 || !read_hash(log, manifest->log) || !read_hash(state, manifest->state) || !read_files(source + size, manifest))
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
    *file = (struct manifest_file){.there = true};
    sha256_start(&state);
    while ((got = read(descriptor, bytes, sizeof bytes)) > 0) {
        sha256_add(&state, bytes, (size_t)got);
        file->size += (uint64_t)got;
    }
    sha256_end(&state, file->hash);
    close(descriptor);
    return got < 0 ? ERR_IO : ERR_OK;
}
