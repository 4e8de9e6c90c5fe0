/* directory_units: the units of a directory, read and tied to one tree; see directory_yaml.h. */
#include "engine/directory_draft.h"

#include "proto/wire.h"

#include <stdlib.h>

enum { NEAREST_UNTIL = 100 };

/* ---- finding ---- */

int32_t draft_find_unit(const struct draft *draft, struct text path)
{
    int32_t low = 0, high = draft->unit_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2, unit = draft->by_path[middle];
        int order = text_compare(draft->units[unit].path, path);
        if (order == 0)
            return unit;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

const char *draft_nearest_unit(const struct draft *draft, struct text path)
{
    struct nearest nearest = nearest_to(path);
    for (int32_t i = 0; i < draft->unit_count && draft->problems->errors < NEAREST_UNTIL; i++)
        nearest_offer(&nearest, draft->units[i].path);
    return nearest_hint(&nearest, draft->arena);
}

int32_t draft_unit(struct draft *draft, const struct node *node)
{
    struct text path;
    if (!node_text(draft->problems, node, 0, &path))
        return NONE;
    int32_t unit = draft_find_unit(draft, path);
    if (unit == NONE && draft->units_hold)
        problems_add(draft->problems, node, "there is no unit %s in `units`.%s", node_found(draft->arena, node),
                     draft_nearest_unit(draft, path));
    return unit;
}

static const char *path_of(const struct draft *draft, int32_t unit)
{
    return draft->units[unit].path.data;
}

static int32_t line_of(const struct draft *draft, int32_t unit)
{
    return draft->sources[unit].node->key_place.line;
}

/* ---- one unit by itself ---- */

/* Names in kebab-case with slashes between them. */
static bool path_holds(struct text path)
{
    const char *at = path.data, *end = path.data + path.size;
    if (path.size > WIRE_PATH_MOST)
        return false;
    for (const char *slash; (slash = memchr(at, '/', (size_t)(end - at))); at = slash + 1)
        if (!name_holds((struct text){at, (size_t)(slash - at)}))
            return false;
    return name_holds((struct text){at, (size_t)(end - at)});
}

static void read_unit(struct draft *draft, const struct node *node, struct part_unit *unit, struct unit_source *source)
{
    struct problems *problems = draft->problems;
    *unit = (struct part_unit){.path = node->key, .parent = NONE, .successor = NONE};
    source->node = node;
    if (!path_holds(node->key))
        problems_add_key(problems, node, "found the path \"%.*s\"; allowed are names of small letters, digits and hyphens, with a slash "
                         "between them, such as jinnong/grid-3; at most %d bytes.", text_shown(node->key), node->key.data, WIRE_PATH_MOST);
    if (!draft_check(draft, node, IN_UNIT))
        return;
    node_number(problems, draft_get(node, IN_UNIT, "id"), 1, INT32_MAX, &unit->id);
    draft_title(draft, node, IN_UNIT, &unit->title);
    int32_t level = draft_level(draft, draft_get(node, IN_UNIT, "level"));
    source->has_level = level != NONE;
    unit->level = source->has_level ? level : 0;
    node_name(problems, draft_get(node, IN_UNIT, "calendar"), &unit->calendar);
    node_text(problems, draft_get(node, IN_UNIT, "short"), DIRECTORY_SHORT_MOST, &unit->short_zh);
}

struct path_order {
    struct text path;
    int32_t unit;
};

static int compare_paths(const void *left, const void *right)
{
    return text_compare(((const struct path_order *)left)->path, ((const struct path_order *)right)->path);
}

static void sort_paths(struct draft *draft)
{
    struct path_order *order = ARENA_ARRAY(draft->arena, struct path_order, (size_t)draft->unit_count);
    for (int32_t i = 0; i < draft->unit_count; i++)
        order[i] = (struct path_order){draft->units[i].path, i};
    if (draft->unit_count)
        qsort(order, (size_t)draft->unit_count, sizeof *order, compare_paths);
    draft->by_path = ARENA_ARRAY(draft->arena, int32_t, (size_t)draft->unit_count);
    for (int32_t i = 0; i < draft->unit_count; i++)
        draft->by_path[i] = order[i].unit;
}

struct id_order {
    int32_t id, unit;
};

static int compare_ids(const void *left, const void *right)
{
    const struct id_order *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

/* Ids are for ever: two units with one would be one unit to every stored case. */
static void check_ids(struct draft *draft)
{
    struct id_order *order = ARENA_ARRAY(draft->arena, struct id_order, (size_t)draft->unit_count);
    for (int32_t i = 0; i < draft->unit_count; i++)
        order[i] = (struct id_order){draft->units[i].id, i};
    if (draft->unit_count)
        qsort(order, (size_t)draft->unit_count, sizeof *order, compare_ids);
    for (int32_t i = 1; i < draft->unit_count; i++)
        if (order[i].id > 0 && order[i].id == order[i - 1].id)
            problems_add(draft->problems, draft_get(draft->sources[order[i].unit].node, IN_UNIT, "id"),
                         "the id %d is that of %s already (line %d). Give every unit its own, and never one that was used before.",
                         order[i].id, path_of(draft, order[i - 1].unit), line_of(draft, order[i - 1].unit));
}

/* ---- the tree ---- */

/* The unit above: as `in` says, or by the path. NONE: there is none, or it is reported. */
static int32_t parent_of(struct draft *draft, int32_t unit, bool *top)
{
    const struct node *node = draft->sources[unit].node, *in = draft_get(node, IN_UNIT, "in");
    struct text path = draft->units[unit].path;
    const char *slash = strrchr(path.data, '/');
    *top = !in && !slash && node->kind == NODE_MAP && !node_get(node, "in");
    if (in || !slash)
        return draft_unit(draft, in);
    struct text above = arena_copy(draft->arena, (struct text){path.data, (size_t)(slash - path.data)});
    int32_t parent = draft_find_unit(draft, above);
    if (parent == NONE)
        problems_add_key(draft->problems, node, "the unit above, \"%s\", is not listed.%s List it, or say with `in` where this unit belongs.",
                         above.data, draft_nearest_unit(draft, above));
    return parent;
}

static void check_level(struct draft *draft, int32_t unit)
{
    int32_t parent = draft->units[unit].parent;
    if (parent == NONE || !draft->sources[unit].has_level || !draft->sources[parent].has_level ||
        draft->units[unit].level < draft->units[parent].level)
        return;
    problems_add(draft->problems, draft_get(draft->sources[unit].node, IN_UNIT, "level"),
                 "a %s cannot lie in %s, which is a %s. Levels rise towards the top, in the order of `levels`.",
                 draft->levels[draft->units[unit].level].name.data, path_of(draft, parent),
                 draft->levels[draft->units[parent].level].name.data);
}

/* That there is a top needs no check: units that all lie in another make a ring, and no ring has levels that only rise. */
static void tie_tree(struct draft *draft)
{
    int32_t top = NONE;
    for (int32_t unit = 0; unit < draft->unit_count; unit++) {
        bool is_top;
        const struct node *node = draft->sources[unit].node;
        draft->units[unit].parent = parent_of(draft, unit, &is_top);
        check_level(draft, unit);
        if (!is_top)
            continue;
        if (top != NONE)
            problems_add_key(draft->problems, node, "there is a top unit already, %s (line %d). Say with `in` which unit this one belongs to.",
                             path_of(draft, top), line_of(draft, top));
        else if (node->kind == NODE_MAP && !node_get(node, "calendar"))
            problems_add_key(draft->problems, node, "the top unit must name a `calendar`: it counts wherever no unit below names another.");
        top = top == NONE ? unit : top;
    }
}

/* ---- what needs the whole tree ---- */

static void read_successor(struct draft *draft, int32_t unit)
{
    const struct node *node = draft_get(draft->sources[unit].node, IN_UNIT, "successor");
    int32_t successor = draft_unit(draft, node);
    if (successor == NONE)
        return;
    if (successor == unit)
        problems_add(draft->problems, node, "a unit cannot be its own successor.");
    else if (node_get(draft->sources[successor].node, "successor"))
        problems_add(draft->problems, node, "%s is closed itself. Name the unit that took both over.", path_of(draft, successor));
    draft->units[unit].successor = successor;
}

/* `above` is `unit` or lies over it. A ring of units (which is reported by their levels) ends the search. */
static bool lies_over(const struct draft *draft, int32_t above, int32_t unit)
{
    for (int32_t steps = 0; unit != NONE && steps <= DIRECTORY_DEPTH_MOST; steps++, unit = draft->units[unit].parent)
        if (unit == above)
            return true;
    return false;
}

static void read_serve(struct draft *draft, int32_t by, const struct node *item)
{
    int32_t unit = draft_unit(draft, item);
    if (unit == NONE)
        return;
    if (lies_over(draft, by, unit)) {
        problems_add(draft->problems, item, "%s lies in this unit: it is served without being named.", path_of(draft, unit));
        return;
    }
    for (int32_t i = 0; i < draft->serve_count; i++)
        if (draft->serves[i].unit == unit && draft->units[draft->serves[i].by].level == draft->units[by].level) {
            problems_add(draft->problems, item, "%s is served by %s for this level already (line %d).", path_of(draft, unit),
                         path_of(draft, draft->serves[i].by), line_of(draft, draft->serves[i].by));
            return;
        }
    draft->serves[draft->serve_count++] = (struct part_serve){.unit = unit, .by = by};
}

static void read_serves(struct draft *draft)
{
    uint32_t count, most = 0;
    const struct node *first;
    for (int32_t unit = 0; unit < draft->unit_count; unit++) {
        const struct node *node = draft_get(draft->sources[unit].node, IN_UNIT, "serves");
        most += !node ? 0 : node->kind == NODE_LIST ? node->count : 1;
    }
    draft->serves = ARENA_ARRAY(draft->arena, struct part_serve, most);
    for (int32_t unit = 0; unit < draft->unit_count; unit++) {
        const struct node *node = draft_get(draft->sources[unit].node, IN_UNIT, "serves");
        if (!node_list(draft->problems, node, true, &first, &count))
            continue;
        for (uint32_t i = 0; i < count; i++, first = first->next)
            read_serve(draft, unit, first);
    }
}

void draft_units(struct draft *draft)
{
    const struct node *units = draft_get(draft->root, IN_DIRECTORY, "units");
    size_t count = units ? units->count : 0;
    draft->units_hold = count > 0;
    draft->units = ARENA_ARRAY(draft->arena, struct part_unit, count);
    draft->sources = ARENA_ARRAY(draft->arena, struct unit_source, count);
    for (node_each(node, units)) {
        read_unit(draft, node, &draft->units[draft->unit_count], &draft->sources[draft->unit_count]);
        draft->unit_count++;
    }
    if (units && count == 0)
        problems_add(draft->problems, units, "found an empty mapping; allowed is at least one unit.");
    sort_paths(draft);
    check_ids(draft);
    tie_tree(draft);
    for (int32_t unit = 0; unit < draft->unit_count; unit++)
        read_successor(draft, unit);
    read_serves(draft);
}
