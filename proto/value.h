/* value: what a field can hold, on the wire, in the log and in a case. No floating point anywhere. */
#ifndef STAIRCASE_VALUE_H
#define STAIRCASE_VALUE_H

#include "proto/text.h"

enum value_kind {
    VALUE_NONE,    /* nil: not given */
    VALUE_BOOLEAN, /* .boolean */
    VALUE_INTEGER, /* .integer: numbers in units of their scale, dates as days since 1970-01-01 */
    VALUE_TEXT,    /* .text, UTF-8 */
    VALUE_BYTES,   /* .text, any bytes: ids, and sealed private values (engine/seal.h) */
    VALUE_LIST,    /* .items[0 .. count) */
    VALUE_MAP,     /* .items[0 .. 2*count): name, value, name, value ...; names are VALUE_TEXT, sorted and unique where
                      the value is canonical */
};

struct value {
    enum value_kind kind;
    uint32_t count; /* of a list: items; of a map: pairs */
    union {
        bool boolean;
        int64_t integer;
        struct text text;
        const struct value *items;
    };
};

/* A named field of an event. */
struct field_value {
    struct text name;
    struct value value;
};

static inline struct value value_text(struct text text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static inline struct value value_bytes(const void *data, size_t size)
{
    return (struct value){.kind = VALUE_BYTES, .text = {.data = data, .size = size}};
}

static inline struct value value_integer(int64_t integer)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

static inline struct value value_boolean(bool boolean)
{
    return (struct value){.kind = VALUE_BOOLEAN, .boolean = boolean};
}

static inline bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case VALUE_NONE: return true;
    case VALUE_BOOLEAN: return a->boolean == b->boolean;
    case VALUE_INTEGER: return a->integer == b->integer;
    case VALUE_TEXT:
    case VALUE_BYTES: return text_equal(a->text, b->text);
    case VALUE_LIST:
    case VALUE_MAP: break;
    }
    uint32_t items = a->kind == VALUE_MAP ? a->count * 2 : a->count;
    for (uint32_t i = 0; i < items; i++)
        if (!value_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

/* The value under a name in a map; NULL when it is not there or `map` is no map. */
static inline const struct value *value_get(const struct value *map, const char *name)
{
    if (!map || map->kind != VALUE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++)
        if (text_is(map->items[2 * i].text, name))
            return &map->items[2 * i + 1];
    return NULL;
}

#endif
