/* map: see map.h. */
#include "tests/simulate/map.h"

enum { ROOM_FIRST = 64 };

static uint32_t hash(struct text key)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.size; i++)
        h = (h ^ (unsigned char)key.data[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static struct map_slot *slot_of(struct map_slot *slots, uint32_t room, struct text key)
{
    uint32_t at = hash(key) & (room - 1);
    while (slots[at].key.data && !text_equal(slots[at].key, key))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static void widen(struct map *map)
{
    uint32_t room = map->room ? map->room * 2 : ROOM_FIRST;
    struct map_slot *slots = ARENA_ARRAY(map->arena, struct map_slot, room);
    for (uint32_t i = 0; i < map->room; i++)
        if (map->slots[i].key.data)
            *slot_of(slots, room, map->slots[i].key) = map->slots[i];
    map->slots = slots;
    map->room = room;
}

void **map_at(struct map *map, struct text key)
{
    if (map->count * 2 >= map->room)
        widen(map);
    struct map_slot *slot = slot_of(map->slots, map->room, key);
    if (!slot->key.data) {
        slot->key = arena_copy(map->arena, key);
        map->count++;
    }
    return &slot->value;
}

void *map_find(const struct map *map, struct text key)
{
    return map->room ? slot_of(map->slots, map->room, key)->value : NULL;
}
