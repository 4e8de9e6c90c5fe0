/* map: see map.h. */
#include "engine/map.h"

#include <assert.h>

enum { ROOM_FIRST = 16 };

/* Doubles in the arena; what was there stays behind and goes with it. */
static struct value *grow(struct arena *arena, const struct value *items, uint32_t count, uint32_t room)
{
    struct value *wider = ARENA_ARRAY(arena, struct value, room);
    if (count)
        memcpy(wider, items, count * sizeof *wider);
    return wider;
}

struct map_maker map_begin(struct arena *arena)
{
    return (struct map_maker){.arena = arena};
}

void map_put_named(struct map_maker *map, struct text name, struct value value)
{
    if (map->pairs == map->room) {
        map->room = map->room ? map->room * 2 : ROOM_FIRST;
        map->items = grow(map->arena, map->items, map->pairs * 2, map->room * 2);
    }
    /* A few names each, nearly in order already: straight into its place. */
    uint32_t at = map->pairs++;
    for (; at > 0 && text_compare(map->items[2 * (at - 1)].text, name) >= 0; at--) {
        assert(!text_equal(map->items[2 * (at - 1)].text, name));
        map->items[2 * at] = map->items[2 * (at - 1)];
        map->items[2 * at + 1] = map->items[2 * (at - 1) + 1];
    }
    map->items[2 * at] = value_text(name);
    map->items[2 * at + 1] = value;
}

void map_put(struct map_maker *map, const char *name, struct value value)
{
    map_put_named(map, text_of(name), value);
}

void map_put_text(struct map_maker *map, const char *name, struct text text)
{
    if (text.size)
        map_put(map, name, value_text(text));
}

void map_put_string(struct map_maker *map, const char *name, const char *string)
{
    map_put_text(map, name, text_of(string));
}

void map_put_bytes(struct map_maker *map, const char *name, struct text bytes)
{
    if (bytes.size)
        map_put(map, name, value_bytes(bytes.data, bytes.size));
}

void map_put_number(struct map_maker *map, const char *name, int64_t number)
{
    if (number)
        map_put(map, name, value_integer(number));
}

void map_put_flag(struct map_maker *map, const char *name, bool flag)
{
    if (flag)
        map_put(map, name, value_boolean(true));
}

void map_put_list(struct map_maker *map, const char *name, const struct value *items, uint32_t count)
{
    if (count)
        map_put(map, name, (struct value){.kind = VALUE_LIST, .count = count, .items = items});
}

struct value map_end(struct map_maker *map)
{
    return (struct value){.kind = VALUE_MAP, .count = map->pairs, .items = map->items};
}

struct value map_words(struct arena *arena, struct text en, struct text zh)
{
    struct map_maker map = map_begin(arena);
    map_put_text(&map, "en", en);
    map_put_text(&map, "zh", zh);
    return map_end(&map);
}

void list_add(struct list_maker *list, struct value value)
{
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : ROOM_FIRST;
        list->items = grow(list->arena, list->items, list->count, list->room);
    }
    list->items[list->count++] = value;
}

struct value list_end(const struct list_maker *list)
{
    return (struct value){.kind = VALUE_LIST, .count = list->count, .items = list->items};
}

static uint32_t item_count(const struct value *value)
{
    return value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
}

struct value value_copy(struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    uint32_t count = item_count(value);
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BYTES)
        copy.text = arena_copy(arena, value->text);
    if (count == 0)
        return copy;
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    for (uint32_t i = 0; i < count; i++)
        items[i] = value_copy(arena, &value->items[i]);
    copy.items = items;
    return copy;
}

struct value_weight value_weigh(const struct value *value)
{
    struct value_weight weight = {.bytes = 9, .elements = 1}; /* the longest head of anything */
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BYTES)
        weight.bytes += value->text.size;
    for (uint32_t i = 0; i < item_count(value); i++) {
        struct value_weight item = value_weigh(&value->items[i]);
        weight.bytes += item.bytes;
        weight.elements += item.elements;
    }
    return weight;
}
