/* engine_previous: what an opening takes over from the case before it (`previous` of a workflow): two years of a review are two cases, and a rule about both needs
 * the result of the first in the second.
 *
 * The case before it is the one of the same workflow and home unit that ended last; a row of COUNTER names it, written when a case of such a
 * workflow ends. What is taken over is put into the event and so stands in the log: the core looks at no other case. */
#include "engine/engine_inner.h"

static struct record_key key_of(struct engine *engine, const struct workflow *workflow, uint32_t unit)
{
    struct text name = arena_print(&engine->batch.arena, "%u/%s", unit, workflow_string(workflow, workflow_head(workflow)->name));
    return key_counter(engine->options.partition, 'e', name);
}

/* It goes on in another case, or was cancelled with the one that had opened it: it has no result. */
static bool has_no_result(const struct case_state *state)
{
    return case_link_of(state, LINK_MERGED_INTO) || state->end == END_CANCELLED || state->end == END_MERGED;
}

void engine_previous_note(struct engine *engine, const struct case_state *before, const struct case_state *after)
{
    if (!(after->flags & CASE_ENDED) || (before && before->flags & CASE_ENDED) || has_no_result(after))
        return;
    const struct workflow *workflow = engine_workflow(engine, after->workflow);
    if (workflow_head(workflow)->previous.count == 0)
        return;
    struct record_key key = key_of(engine, workflow, after->home_unit);
    batch_put(&engine->batch, STORE_COUNTER, &key, row_encode_number(&engine->batch.arena, after->id));
}

/* The newest ended case; NULL in `*state` when there is none. One that was opened again since has no result yet. */
static enum err find_previous(struct engine *engine, const struct workflow *workflow, uint32_t unit, const struct case_state **state)
{
    struct record_key key = key_of(engine, workflow, unit);
    struct text value;
    uint64_t id;
    struct batch_case *subject;
    *state = NULL;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, &key, &value);
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    code = code ? code : row_decode_number(value, &id);
    code = code ? code : engine_case_by_id(engine, id, &subject);
    if (!code && subject->state->flags & CASE_ENDED)
        *state = subject->state;
    return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
}

static bool same_kind(const struct workflow_field *a, const struct workflow_field *b)
{
    return a->type == b->type && a->scale == b->scale && !a->private && !b->private;
}

enum err engine_previous_fill(struct engine *engine, const struct workflow *workflow, struct event *event)
{
    struct span rows = workflow_head(workflow)->previous;
    if (rows.count == 0 || event->previous_count)
        return ERR_OK;
    const struct directory *directory = engine_directory(engine);
    const struct case_state *state;
    uint32_t unit = (uint32_t)directory_unit(directory, directory_find_unit(directory, event->unit))->id;
    enum err code = find_previous(engine, workflow, unit, &state);
    if (code || !state)
        return code;
    const struct workflow *other = engine_workflow(engine, state->workflow);
    if (!other)
        return ERR_CORRUPT;
    struct field_value *taken = ARENA_ARRAY(&engine->batch.arena, struct field_value, (size_t)rows.count);
    for (int32_t i = 0; i < rows.count; i++) {
        const struct workflow_previous *row = workflow_previous(workflow, rows.first + i);
        int32_t from = workflow_find_field(other, text_of(workflow_field_name(workflow, row->from)));
        if (from == NONE || state->data[from].kind == VALUE_NONE || !same_kind(workflow_field(other, from), workflow_field(workflow, row->from)))
            continue;
        taken[event->previous_count++] = (struct field_value){.name = text_of(workflow_field_name(workflow, row->field)), .value = state->data[from]};
    }
    event->previous = taken;
    return ERR_OK;
}
