/* view_kin: the cases that a case knows: the one that opened it, those that it opened, those that it is tied to. See view.h. */
#include "engine/view.h"

/* The case of that key. ERR_NOT_FOUND: it is not here (yet). */
static enum err find(struct view *view, struct text key, struct case_state **state)
{
    uint32_t partition = engine_partition(view->engine);
    struct record_key row = key_case_key(partition, key);
    struct text value;
    uint64_t id;
    enum err code = store_get(view->txn, STORE_KEY, key_text(&row), &value);
    code = code ? code : row_decode_number(value, &id);
    if (code)
        return code;
    row = key_case(partition, id);
    code = store_get(view->txn, STORE_CASE, key_text(&row), &value);
    return code ? code : case_decode(view->arena, arena_copy(view->arena, value), state);
}

/* How people find it, and where it stands; nothing of that where the viewer may not look at it. */
static enum err put_case(struct view *view, struct text key, const struct viewer *viewer, struct map_maker *row)
{
    struct case_state *state;
    enum err code = find(view, key, &state);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_OK : code;
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    if (!view_shows_case(view, state, viewer))
        return ERR_OK;
    map_put_number(row, "case", (int64_t)state->id);
    map_put_text(row, "no", state->number);
    map_put_string(row, "w", workflow_string(workflow, workflow_head(workflow)->name));
    map_put_string(row, "s", state->flags & CASE_ENDED ? "" : workflow_stage_name(workflow, state->stage));
    map_put_string(row, "end", workflow_end_name(workflow, state->end));
    return ERR_OK;
}

static const char *child_state_name(enum child_state state)
{
    switch (state) {
    case CHILD_OPEN: return "open";
    case CHILD_REFUSED: return "refused";
    case CHILD_ENDED: break;
    }
    return "ended";
}

static enum err put_children(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    struct list_maker list = {.arena = view->arena};
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < state->child_count && !code; i++) {
        const struct case_child *child = &state->children[i];
        struct map_maker map = map_begin(view->arena);
        map_put_string(&map, "state", child_state_name(child->state));
        code = put_case(view, engine_child_key(view->arena, (struct text){(const char *)state->key, ID_SIZE}, child->id), viewer, &map);
        if (child->state == CHILD_REFUSED) {
            map_put_number(&map, "task", (int64_t)child->id); /* of its incident: for a retry */
            map_put_string(&map, "w", workflow_string(workflow, workflow_open(workflow, child->open)->workflow));
        }
        list_add(&list, map_end(&map));
    }
    map_put_list(row, "children", list.items, list.count);
    return code;
}

static enum err put_links(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    static const char *const kinds[] = {[LINK_OTHER] = "linked", [LINK_MERGED_INTO] = "merged-into", [LINK_ABSORBED] = "absorbed",
                                        [LINK_SPLIT_FROM] = "split-from", [LINK_SPLIT_INTO] = "split-into"};
    struct list_maker list = {.arena = view->arena};
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < state->link_count && !code; i++) {
        const struct case_link *link = &state->links[i];
        struct map_maker map = map_begin(view->arena);
        map_put_string(&map, "kind", kinds[link->kind]);
        map_put_flag(&map, "waits", link->kind == LINK_ABSORBED && link->waits);
        code = put_case(view, (struct text){(const char *)link->key, ID_SIZE}, viewer, &map);
        list_add(&list, map_end(&map));
    }
    map_put_list(row, "links", list.items, list.count);
    return code;
}

enum err view_kin(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    enum err code = ERR_OK;
    if (state->child) {
        struct map_maker map = map_begin(view->arena);
        code = put_case(view, (struct text){(const char *)state->parent, ID_SIZE}, viewer, &map);
        map_put(row, "parent", map_end(&map));
    }
    code = code ? code : put_children(view, workflow, state, viewer, row);
    return code ? code : put_links(view, state, viewer, row);
}

/* Whether the viewer's connection may look at the case of that key. One that is not here yet has nothing to hide. */
static enum err shows(struct view *view, struct text key, const struct viewer *viewer, bool *shown)
{
    struct case_state *other;
    *shown = true;
    if (!viewer->sight)
        return ERR_OK;
    enum err code = find(view, key, &other);
    if (!code)
        *shown = view_shows_case(view, other, viewer);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err view_merged_into(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    const struct case_link *link = case_link_of(state, LINK_MERGED_INTO);
    bool shown;
    if (!link)
        return ERR_OK;
    struct map_maker map = map_begin(view->arena);
    enum err code = shows(view, (struct text){(const char *)link->key, ID_SIZE}, viewer, &shown);
    if (!code && shown) {
        map_put_number(&map, "case", (int64_t)link->id);
        map_put_text(&map, "no", link->number);
    }
    map_put(row, "merged-into", map_end(&map));
    return code;
}

enum err view_other(struct view *view, const struct event *event, const struct viewer *viewer, struct map_maker *row)
{
    bool shown;
    if (!event->other.size || (!event->other_case && !event->end.size))
        return ERR_OK;
    enum err code = shows(view, event->other, viewer, &shown);
    if (code || !shown)
        return code;
    struct map_maker map = map_begin(view->arena);
    map_put_number(&map, "case", (int64_t)event->other_case);
    map_put_text(&map, "no", event->other_number);
    map_put_text(&map, "end", event->end);
    map_put(row, "other", map_end(&map));
    return ERR_OK;
}
