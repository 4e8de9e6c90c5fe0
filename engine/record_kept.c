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

enum err kept_read(struct arena *arena, struct store_txn *txn, uint32_t partition, struct case_state *state)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < state->data_count && !code; i++) {
        if (!case_value_is_mark(&state->data[i]))
            continue;
        struct record_key key = key_kept(partition, state->id, i);
        struct text bytes;
        code = store_get(txn, STORE_KEPT, key_text(&key), &bytes);
        code = code == ERR_NOT_FOUND ? ERR_CORRUPT : code ? code : row_decode_kept(arena, arena_copy(arena, bytes), &state->data[i]);
    }
    return code;
}
