/* map: from bytes to a pointer; open addressing, in an arena, never shrinks, nothing is taken out (a NULL is as good). */
#ifndef STAIRCASE_SIMULATE_MAP_H
#define STAIRCASE_SIMULATE_MAP_H

#include "engine/arena.h"

struct map_slot {
    struct text key;
    void *value;
};

struct map {
    struct arena *arena;
    struct map_slot *slots;
    uint32_t count, room; /* a power of two */
};

/* Where the value of that key stands: NULL in it when it is new. Good until the next call. The key is copied. */
void **map_at(struct map *map, struct text key);
/* NULL: not there. */
void *map_find(const struct map *map, struct text key);

/* Keys made of numbers. */
struct map_number {
    char bytes[8];
};
static inline struct text map_key(struct map_number *storage, uint64_t number)
{
    memcpy(storage->bytes, &number, sizeof number);
    return (struct text){storage->bytes, sizeof storage->bytes};
}

#endif
