/* fuzz_directory: units, roles and people as the office wrote them. What is accepted compiles to bytes that decode to the same. */
#include "engine/directory_yaml.h"
#include "tests/campaign/fuzz_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    struct directory read, again = {0};
    enum err code = directory_read(&arena, "directory.yaml", fuzz_text(data, size), &problems, &read);
    fuzz_form_problems(&arena, code, &problems);
    if (!code) {
        fuzz_form_again(&arena, &directory_shape, &read.tables, &again.tables);
        directory_bind(&again);
    }
    arena_close(&arena);
    return 0;
}
