/* map: making a value that is a map, member by member. Members may be put in any order; map_end sorts them, since a map on the wire has its
 * names in order. */
#ifndef STAIRCASE_MAP_H
#define STAIRCASE_MAP_H

#include "engine/arena.h"
#include "proto/value.h"

struct map_maker {
    struct arena *arena;
    struct value *items; /* name, value, name, value ... */
    uint32_t pairs, room;
};

struct map_maker map_begin(struct arena *arena);
/* `name` lives as long as the map. */
void map_put(struct map_maker *map, const char *name, struct value value);
void map_put_named(struct map_maker *map, struct text name, struct value value);
/* These leave the member out where it is empty, 0, false. */
void map_put_text(struct map_maker *map, const char *name, struct text text);
void map_put_string(struct map_maker *map, const char *name, const char *string);
void map_put_bytes(struct map_maker *map, const char *name, struct text bytes);
void map_put_number(struct map_maker *map, const char *name, int64_t number);
void map_put_flag(struct map_maker *map, const char *name, bool flag);
void map_put_list(struct map_maker *map, const char *name, const struct value *items, uint32_t count);
/* Each name is there once: a name put twice is a bug (asserted). */
struct value map_end(struct map_maker *map);

/* {en, zh}, without what is empty. */
struct value map_words(struct arena *arena, struct text en, struct text zh);

/* A list that grows in the arena. */
struct list_maker {
    struct arena *arena;
    struct value *items;
    uint32_t count, room;
};
void list_add(struct list_maker *list, struct value value);
struct value list_end(const struct list_maker *list);

/* All of it, texts too, in the arena. */
struct value value_copy(struct arena *arena, const struct value *value);
/* How many bytes it takes in a message, at most, and how many elements wire_check counts. */
struct value_weight {
    size_t bytes, elements;
};
struct value_weight value_weigh(const struct value *value);

#endif
