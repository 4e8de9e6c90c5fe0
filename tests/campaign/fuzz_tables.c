/* fuzz_tables: a compiled form as it stands in the store. The first byte says which: 'w' workflow, 'd' directory, else a calendar. What decodes is
 * bound, as the engine does it, and asked whether it is sound. */
#include "engine/calendar.h"
#include "engine/directory.h"
#include "engine/workflow.h"
#include "tests/campaign/fuzz_form.h"

static void try_workflow(struct arena *arena, struct text bytes)
{
    struct workflow form = {0};
    struct tables again;
    if (tables_decode(arena, &workflow_shape, bytes, &form.tables) != ERR_OK)
        return;
    fuzz_form_again(arena, &workflow_shape, &form.tables, &again);
    workflow_bind(&form);
    workflow_sound(&form);
}

static void try_directory(struct arena *arena, struct text bytes)
{
    struct directory form = {0};
    struct tables again;
    if (tables_decode(arena, &directory_shape, bytes, &form.tables) != ERR_OK)
        return;
    fuzz_form_again(arena, &directory_shape, &form.tables, &again);
    directory_bind(&form);
}

static void try_calendar(struct arena *arena, struct text bytes)
{
    struct calendar form = {0};
    struct tables again;
    if (tables_decode(arena, &calendar_shape, bytes, &form.tables) != ERR_OK)
        return;
    fuzz_form_again(arena, &calendar_shape, &form.tables, &again);
    calendar_bind(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    if (size > 0) {
        struct text bytes = fuzz_text(data + 1, size - 1);
        data[0] == 'w' ? try_workflow(&arena, bytes) : data[0] == 'd' ? try_directory(&arena, bytes) : try_calendar(&arena, bytes);
    }
    arena_close(&arena);
    return 0;
}
