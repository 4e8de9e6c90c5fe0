/* fuzz_workflow: a workflow that a supervisor wrote. What is accepted compiles to bytes that decode to the same. */
#include "engine/workflow_yaml.h"
#include "tests/campaign/fuzz_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    struct workflow read, again = {0};
    enum err code = workflow_read(&arena, "workflow.yaml", fuzz_text(data, size), &problems, &read);
    fuzz_form_problems(&arena, code, &problems);
    if (!code) {
        fuzz_form_again(&arena, &workflow_shape, &read.tables, &again.tables);
        workflow_bind(&again);
        MUST(workflow_sound(&again));
    }
    arena_close(&arena);
    return 0;
}
