/* fuzz_calendar: a calendar as the office wrote it. What is accepted compiles to bytes that decode to the same. */
#include "engine/calendar_yaml.h"
#include "tests/campaign/fuzz_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    struct calendar read, again = {0};
    enum err code = calendar_read(&arena, "calendar.yaml", fuzz_text(data, size), &problems, &read);
    fuzz_form_problems(&arena, code, &problems);
    if (!code) {
        fuzz_form_again(&arena, &calendar_shape, &read.tables, &again.tables);
        calendar_bind(&again);
    }
    arena_close(&arena);
    return 0;
}
