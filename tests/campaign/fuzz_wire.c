/* fuzz_wire: bytes from the network, as a message. What is one is written back and read again as the same bytes. */
#include "proto/wire.h"
#include "tests/campaign/fuzz.h"

/* What the header walk lets pass can be read as a value to its end; an integer above 2^63 - 1, which some members may have, is no value. */
static void read_as_value(struct arena *arena, struct text bytes)
{
    struct wire_reader reader = wire_reader_of(arena, bytes);
    struct value value = wire_get_value(&reader);
    if (wire_reader_done(&reader))
        wire_json(arena, &value);
}

static void read_as_message(struct arena *arena, struct text bytes)
{
    struct message message, again;
    struct text why = {0}, once, twice;
    if (wire_decode(arena, bytes, &message, &why) != ERR_OK) {
        MUST(why.size > 0);
        return;
    }
    if (wire_encode_bounded(arena, &message, &once) != ERR_OK)
        return; /* of a message at the limit of size the canonical form may be beyond it */
    MUST(wire_decode(arena, once, &again, &why) == ERR_OK);
    MUST(wire_encode_bounded(arena, &again, &twice) == ERR_OK);
    MUST(text_equal(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct text bytes = fuzz_text(data, size);
    const char *why = NULL;
    if (wire_check(bytes, &why) == ERR_OK)
        read_as_value(&arena, bytes);
    read_as_message(&arena, bytes);
    arena_close(&arena);
    return 0;
}
