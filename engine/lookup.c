/* lookup: see lookup.h. */
#include "engine/lookup.h"

#include "engine/condition.h"

static bool row_fits(const struct workflow *workflow, const struct case_state *state, const struct workflow_lookup *lookup, int32_t row)
{
    struct span cells = workflow_lookup_row(workflow, row)->cells;
    for (int32_t i = 0; i < cells.count; i++) {
        int32_t wanted = workflow_lookup_cell(workflow, cells.first + i)->value;
        const struct value *value = &state->data[workflow_ref(workflow, lookup->of.first + i)];
        if (wanted != NONE && !condition_value_is(workflow, value, workflow_value(workflow, wanted)))
            return false;
    }
    return true;
}

int32_t lookup_find(const struct workflow *workflow, const struct case_state *state, int32_t row)
{
    const struct workflow_lookup *lookup = workflow_lookup(workflow, row);
    for (int32_t at = lookup->rows.first; at < lookup->rows.first + lookup->rows.count; at++)
        if (row_fits(workflow, state, lookup, at))
            return at;
    return NONE;
}
