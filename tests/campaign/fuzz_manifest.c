/* fuzz_manifest: what a backup says of itself. What is accepted is just what would be printed. */
#include "engine/manifest.h"
#include "tests/campaign/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct manifest manifest;
    if (manifest_read(&arena, fuzz_text(data, size), &manifest) == ERR_OK)
        MUST(text_equal(manifest_print(&arena, &manifest), fuzz_text(data, size)));
    arena_close(&arena);
    return 0;
}
