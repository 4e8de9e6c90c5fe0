/* fuzz_case: a stored case, behind its checksum. What decodes is canonical from then on. */
#include "engine/case.h"
#include "tests/campaign/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct text bytes = fuzz_text(data, size);
    struct case_header header;
    struct case_state *state, *again;
    enum err head = case_header_read(bytes, &header);
    if (case_decode(&arena, bytes, &state) == ERR_OK) {
        MUST(head == ERR_OK);
        struct text once = case_encode(&arena, state);
        MUST(case_decode(&arena, once, &again) == ERR_OK);
        MUST(text_equal(once, case_encode(&arena, again)));
    }
    arena_close(&arena);
    return 0;
}
