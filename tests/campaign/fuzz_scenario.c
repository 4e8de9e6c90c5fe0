/* fuzz_scenario: a scenario as it is written; nothing is run. */
#include "engine/scenario.h"
#include "tests/campaign/fuzz_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    problems_init(&problems, &arena, "scenario.yaml");
    const struct node *root = yaml_load(&arena, fuzz_text(data, size), &problems);
    if (root)
        scenario_check(&arena, root, &problems);
    MUST(root || problems.errors > 0);
    problems_print(&problems, &arena);
    arena_close(&arena);
    return 0;
}
