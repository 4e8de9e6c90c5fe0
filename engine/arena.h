/* arena: memory for one batch. Everything decoded or decided lives here and goes in one call.
 *
 * A bump allocator over blocks that are kept from batch to batch. Allocation never returns NULL: running out of memory
 * calls the handler below, because a half-decided batch has no answer for anyone (the process leaves and recovers at
 * start). The pure rooms use it too: it is the only thing they allocate from. Not thread-safe; one owner. */
#ifndef STAIRCASE_ARENA_H
#define STAIRCASE_ARENA_H

#include "proto/text.h"

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    size_t used;    /* bytes used in the current block */
    size_t total;   /* bytes handed out since the last reset */
};

/* A mark to come back to: what was allocated after it is given back by arena_rewind. */
struct arena_mark {
    struct arena_block *block;
    size_t used, total;
};

void arena_init(struct arena *arena);
void arena_close(struct arena *arena);
/* Gives everything back; keeps blocks up to 4 MB for the next batch. */
void arena_reset(struct arena *arena);
struct arena_mark arena_save(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Zeroed, aligned for any type. A size of 0 gives a valid pointer. */
void *arena_take(struct arena *arena, size_t size);
/* count * size, checked for overflow. */
void *arena_take_array(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_take((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_take_array((arena), (count), sizeof(type)))

/* Copies. The string form adds a NUL. */
struct text arena_copy(struct arena *arena, struct text text);
char *arena_string(struct arena *arena, struct text text);
/* printf without floating point, locale or '%n': %s %.*s %d %u %ld %lu %lld %llu %zu %x %c %%, with width and 0 flag.
 * Pure (the core may print its reasons with it). The result is NUL-terminated and its size is exact. */
struct text arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
