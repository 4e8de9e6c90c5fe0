/* wire_put: the writing half of wire.h. Everything goes through msgpack-c's packer, whose forms are the smallest; with
 * its callback known to the compiler it is inlined to what one would write by hand. */
#include "proto/wire.h"

#include <assert.h>
#include <msgpack/pack.h>
#include <stdlib.h>

enum { WRITER_ROOM_LEAST = 256 };

static void writer_grow(struct wire_writer *writer, size_t more)
{
    size_t room = writer->room ? writer->room * 2 : WRITER_ROOM_LEAST;
    while (room < writer->size + more)
        room *= 2;
    char *data = arena_take(writer->arena, room);
    if (writer->size)
        memcpy(data, writer->data, writer->size);
    writer->data = data;
    writer->room = room;
}

void wire_put_raw(struct wire_writer *writer, const void *data, size_t size)
{
    if (writer->room - writer->size < size)
        writer_grow(writer, size);
    if (size)
        memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

/* The packer's callback. */
static inline int writer_append(void *writer, const char *data, size_t size)
{
    wire_put_raw(writer, data, size);
    return 0;
}

static inline msgpack_packer packer_of(struct wire_writer *writer)
{
    return (msgpack_packer){.data = writer, .callback = writer_append};
}

void wire_put_nil(struct wire_writer *writer)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_nil(&packer);
}

void wire_put_boolean(struct wire_writer *writer, bool boolean)
{
    msgpack_packer packer = packer_of(writer);
    if (boolean)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

void wire_put_unsigned(struct wire_writer *writer, uint64_t number)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_uint64(&packer, number);
}

void wire_put_integer(struct wire_writer *writer, int64_t number)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_int64(&packer, number);
}

void wire_put_text(struct wire_writer *writer, struct text text)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_str(&packer, text.size);
    wire_put_raw(writer, text.data, text.size);
}

void wire_put_bytes(struct wire_writer *writer, struct text bytes)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_bin(&packer, bytes.size);
    wire_put_raw(writer, bytes.data, bytes.size);
}

void wire_put_array(struct wire_writer *writer, uint32_t count)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_array(&packer, count);
}

void wire_put_map(struct wire_writer *writer, uint32_t pairs)
{
    msgpack_packer packer = packer_of(writer);
    msgpack_pack_map(&packer, pairs);
}

static int pair_compare(const void *a, const void *b)
{
    const struct value *const *left = a, *const *right = b;
    return text_compare((*left)->text, (*right)->text);
}

static void put_pair(struct wire_writer *writer, const struct value *name)
{
    wire_put_text(writer, name[0].text);
    wire_put_value(writer, &name[1]);
}

static void put_sorted(struct wire_writer *writer, const struct value *map)
{
    const struct value **names = ARENA_ARRAY(writer->arena, const struct value *, map->count);
    for (uint32_t i = 0; i < map->count; i++)
        names[i] = &map->items[2 * i];
    qsort(names, map->count, sizeof names[0], pair_compare);
    for (uint32_t i = 0; i < map->count; i++) {
        assert(i == 0 || !text_equal(names[i - 1]->text, names[i]->text)); /* a map has a name once */
        put_pair(writer, names[i]);
    }
}

static void put_map_value(struct wire_writer *writer, const struct value *map)
{
    wire_put_map(writer, map->count);
    if (!wire_map_ascends(map)) {
        put_sorted(writer, map);
        return;
    }
    for (uint32_t i = 0; i < map->count; i++)
        put_pair(writer, &map->items[2 * i]);
}

void wire_put_value(struct wire_writer *writer, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NONE: wire_put_nil(writer); return;
    case VALUE_BOOLEAN: wire_put_boolean(writer, value->boolean); return;
    case VALUE_INTEGER: wire_put_integer(writer, value->integer); return;
    case VALUE_TEXT: wire_put_text(writer, value->text); return;
    case VALUE_BYTES: wire_put_bytes(writer, value->text); return;
    case VALUE_LIST:
        wire_put_array(writer, value->count);
        for (uint32_t i = 0; i < value->count; i++)
            wire_put_value(writer, &value->items[i]);
        return;
    case VALUE_MAP: put_map_value(writer, value); return;
    }
    assert(0 && "a kind of value that does not exist");
}

/* ---- measuring ---- */

struct extent {
    size_t bytes, elements; /* at most so many */
};

enum {
    HEAD_MOST = 9,
    REST_OF_RESULT = 1024, /* bytes of a result besides its rows; far more than its numbers take */
    MEMBERS_OF_RESULT = 32,
};

static void extent_add(struct extent *extent, const struct value *value)
{
    extent->bytes += HEAD_MOST;
    extent->elements++;
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BYTES)
        extent->bytes += value->text.size;
    uint32_t items = value->kind == VALUE_LIST ? value->count : value->kind == VALUE_MAP ? value->count * 2 : 0;
    for (uint32_t i = 0; i < items; i++)
        extent_add(extent, &value->items[i]);
}

uint32_t wire_rows_fit(const struct value *rows, uint32_t count)
{
    struct extent extent = {.bytes = REST_OF_RESULT, .elements = MEMBERS_OF_RESULT};
    for (uint32_t i = 0; i < count; i++) {
        extent_add(&extent, &rows[i]);
        bool full = extent.bytes > WIRE_MESSAGE_MOST || extent.elements > WIRE_ELEMENTS_MOST;
        if (full && i > 0)
            return i;
    }
    return count;
}
