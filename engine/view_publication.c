/* view_publication: what a case has published, as everybody may see it: not the case, only what is up. See view.h. */
#include "engine/view.h"

#include "engine/access.h"

/* The case as if it held nothing but what was put up, as it was then. */
static struct case_state *shown(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct case_publication *publication)
{
    const struct workflow_publication *form = workflow_publication(workflow, publication->row);
    struct case_state *copy = case_copy(view->arena, state);
    copy->data = ARENA_ARRAY(view->arena, struct value, state->data_count);
    for (uint32_t i = 0; i < publication->count; i++)
        copy->data[workflow_ref(workflow, form->fields.first + (int32_t)i)] = publication->values[i];
    return copy;
}

/* Of an outcome the clock that takes it down, of a stage its period. */
static int64_t until(const struct case_state *state, const struct case_publication *publication)
{
    const struct case_clock *clock = case_clock(state, CLOCK_PUBLICATION, publication->row);
    return clock ? clock->due : case_due(state);
}

static bool of_stage(const struct workflow *workflow, const struct case_publication *publication)
{
    return workflow_publication(workflow, publication->row)->lasting == NONE;
}

static enum err publication_row(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct case_publication *publication,
                                struct value *out)
{
    const struct directory *directory = engine_directory(view->engine);
    int32_t unit = directory ? directory_unit_by_id(directory, state->unit) : NONE;
    const char *path = unit == NONE ? "" : directory_unit_path(directory, unit);
    struct map_maker row = map_begin(view->arena);
    struct decision nothing = {.possible_count = 0};
    struct viewer everybody = {.person = {0}};
    struct case_state *copy = shown(view, workflow, state, publication);
    map_put_number(&row, "case", (int64_t)state->id);
    map_put_text(&row, "no", state->number);
    map_put_string(&row, "w", workflow_string(workflow, workflow_head(workflow)->name));
    map_put_string(&row, "u", path);
    map_put_string(&row, "zone", view_zone(view, text_of(path)));
    map_put_number(&row, "since", publication->at);
    map_put_number(&row, "until", until(state, publication));
    if (of_stage(workflow, publication) && workflow_find_event(workflow, state->stage, TEXT("object")) != NONE)
        map_put_flag(&row, "objections", true);
    enum err code = view_case_data(view, copy, &everybody, &row);
    view_words(workflow, &row);
    copy->stage = copy->level = copy->end = NONE; /* where the case stands is not of the text */
    copy->home_unit = copy->unit;
    view_titles(view, workflow, copy, &nothing, &row);
    *out = map_end(&row);
    return code;
}

enum err view_publications(struct view *view, const struct case_state *state, struct list_maker *list)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    enum err code = workflow ? ERR_OK : ERR_CORRUPT;
    for (uint32_t i = 0; !code && i < state->publication_count; i++) {
        struct value row;
        code = publication_row(view, workflow, state, &state->publications[i], &row);
        if (!code)
            list_add(list, row);
    }
    return code;
}
