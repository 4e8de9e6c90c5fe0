/* fuzz_log: a record of the log, behind its checksum. What decodes is canonical from then on. */
#include "engine/record.h"
#include "tests/campaign/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct log_record record, again;
    if (log_decode(&arena, fuzz_text(data, size), &record) == ERR_OK) {
        struct text once = log_encode(&arena, &record);
        MUST(log_decode(&arena, once, &again) == ERR_OK);
        MUST(text_equal(once, log_encode(&arena, &again)));
        MUST(event_digest(&arena, &record.event) == event_digest(&arena, &again.event));
    }
    arena_close(&arena);
    return 0;
}
