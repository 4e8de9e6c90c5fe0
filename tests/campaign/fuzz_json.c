/* fuzz_json: JSON that a person or a worker's program wrote, as a value. What is one is the same after a turn through our own JSON. */
#include "proto/wire.h"
#include "tests/campaign/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct value value, again;
    struct text why = {0};
    if (wire_from_json(&arena, fuzz_text(data, size), &value, &why) == ERR_OK) {
        struct text once = wire_json(&arena, &value);
        MUST(wire_from_json(&arena, once, &again, &why) == ERR_OK);
        MUST(text_equal(once, wire_json(&arena, &again)));
    } else {
        MUST(why.size > 0);
    }
    arena_close(&arena);
    return 0;
}
