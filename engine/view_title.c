/* view_title: what people call what a case's row names: the titles of its workflow and of the directory, by the members of the row. See view.h.
 *
 *     titles: {w: {en, zh}, s: ..., l: ..., u: ..., home: ..., end: ..., can: {EVENT: {en, zh}}, data: {FIELD: {en, zh}}} */
#include "engine/view.h"

static void put_title(struct map_maker *map, struct text name, struct text en, struct text zh)
{
    if (en.size || zh.size)
        map_put_named(map, name, map_words(map->arena, en, zh));
}

static struct text workflow_text(const struct workflow *workflow, int32_t offset)
{
    return text_of(offset == NONE ? "" : workflow_string(workflow, offset));
}

static struct text directory_text(const struct directory *directory, int32_t offset)
{
    return text_of(directory_string(directory, offset));
}

static void put_unit(struct map_maker *map, const struct directory *directory, const char *member, uint32_t id)
{
    int32_t row = directory_unit_by_id(directory, id);
    if (row == NONE)
        return;
    const struct directory_unit *unit = directory_unit(directory, row);
    put_title(map, text_of(member), directory_text(directory, unit->title_en), directory_text(directory, unit->title_zh));
}

static void put_place(struct map_maker *map, const struct directory *directory, const struct workflow *workflow, const struct case_state *state)
{
    const struct directory_level *levels = directory->table[DIRECTORY_LEVELS].rows;
    int32_t level = directory_find_level(directory, text_of(workflow_level_name(workflow, state->level)));
    if (level != NONE)
        put_title(map, TEXT("l"), directory_text(directory, levels[level].title_en), directory_text(directory, levels[level].title_zh));
    put_unit(map, directory, "u", state->unit);
    put_unit(map, directory, "home", state->home_unit);
}

static void put_events(struct map_maker *map, const struct workflow *workflow, const struct case_state *state, const struct text *names, uint32_t count)
{
    struct map_maker titles = map_begin(map->arena);
    for (uint32_t i = 0; i < count; i++) {
        int32_t row = workflow_find_event(workflow, state->stage, names[i]);
        if (row == NONE) /* one of the language's own */
            continue;
        const struct workflow_event *event = workflow_event(workflow, row);
        put_title(&titles, names[i], workflow_text(workflow, event->title_en), workflow_text(workflow, event->title_zh));
    }
    if (titles.pairs)
        map_put(map, "can", map_end(&titles));
}

static void put_fields(struct map_maker *map, const struct workflow *workflow, const struct case_state *state)
{
    struct map_maker titles = map_begin(map->arena);
    for (uint32_t row = 0; row < state->data_count; row++) {
        const struct workflow_field *field = workflow_field(workflow, (int32_t)row);
        if (state->data[row].kind != VALUE_NONE)
            put_title(&titles, text_of(workflow_field_name(workflow, (int32_t)row)), workflow_text(workflow, field->title_en), workflow_text(workflow, field->title_zh));
    }
    if (titles.pairs)
        map_put(map, "data", map_end(&titles));
}

void view_titles(const struct view *view, const struct workflow *workflow, const struct case_state *state, const struct decision *possible, struct map_maker *row)
{
    const struct directory *directory = engine_directory(view->engine);
    const struct workflow_head *head = workflow_head(workflow);
    struct map_maker map = map_begin(view->arena);
    put_title(&map, TEXT("w"), workflow_text(workflow, head->title_en), workflow_text(workflow, head->title_zh));
    if (state->stage != NONE) {
        const struct workflow_stage *stage = workflow_stage(workflow, state->stage);
        put_title(&map, TEXT("s"), workflow_text(workflow, stage->title_en), workflow_text(workflow, stage->title_zh));
    }
    if (state->end != NONE) {
        struct text zh, en;
        workflow_end_titles(workflow, state->end, &zh, &en);
        put_title(&map, TEXT("end"), en, zh);
    }
    if (directory)
        put_place(&map, directory, workflow, state);
    put_events(&map, workflow, state, possible->possible, possible->possible_count);
    put_fields(&map, workflow, state);
    if (map.pairs)
        map_put(row, "titles", map_end(&map));
}
