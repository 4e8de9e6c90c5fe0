/* fuzz_config: an operator's configuration. */
#include "engine/config.h"
#include "tests/campaign/fuzz_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    problems_init(&problems, &arena, "staircase.yaml");
    struct config config;
    config_defaults(&config);
    enum err code = config_read(&config, &arena, "staircase.yaml", fuzz_text(data, size), &problems);
    fuzz_form_problems(&arena, code, &problems);
    arena_close(&arena);
    return 0;
}
