/* record_kept: rows of KEPT: long people values of cases. A version byte, then msgpack. See record.h. */
#include "engine/record.h"
#include "proto/wire.h"

enum { KEPT_VERSION = 1 };

struct text row_encode_kept(struct arena *arena, const struct value *value)
{
    static const char version = KEPT_VERSION;
    struct wire_writer writer = {.arena = arena};
    wire_put_raw(&writer, &version, 1);
    wire_put_value(&writer, value);
    return (struct text){.data = writer.data, .size = writer.size};
}

enum err row_decode_kept(struct arena *arena, struct text bytes, struct value *value)
{
    if (bytes.size == 0)
        return ERR_CORRUPT;
    if ((uint8_t)bytes.data[0] != KEPT_VERSION)
        return (uint8_t)bytes.data[0] > KEPT_VERSION ? ERR_NEWER_FORMAT : ERR_CORRUPT;
    struct wire_reader reader = wire_reader_of(arena, (struct text){.data = bytes.data + 1, .size = bytes.size - 1});
    *value = wire_get_value(&reader);
    return wire_reader_done(&reader) && case_value_is_kept(value) ? ERR_OK : ERR_CORRUPT;
}
