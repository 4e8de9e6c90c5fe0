/* directory_units: the units of a directory, read and tied to one tree; see directory_yaml.h. */
#include "engine/directory_reader.h"

#include "proto/wire.h"

#include <stdlib.h>

enum { SHORT_MOST = 16, NEAREST_UNTIL = 100 };

/* ---- finding ---- */

int32_t reader_find_unit(const struct reader *reader, struct text path)
{
    int32_t low = 0, high = reader->unit_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2, unit = reader->by_path[middle];
        int order = text_compare(reader->units[unit].path, path);
        if (order == 0)
            return unit;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

const char *reader_nearest_unit(const struct reader *reader, struct text path)
{
    struct nearest nearest = nearest_to(path);
    for (int32_t i = 0; i < reader->unit_count && reader->problems->errors < NEAREST_UNTIL; i++)
        nearest_offer(&nearest, reader->units[i].path);
    return nearest_hint(&nearest, reader->arena);
}

int32_t reader_unit(struct reader *reader, const struct node *node)
{
    struct text path;
    if (!node_text(reader->problems, node, 0, &path))
        return NONE;
    int32_t unit = reader_find_unit(reader, path);
    if (unit == NONE && reader->units_hold)
        problems_add(reader->problems, node, "there is no unit %s in `units`.%s", node_found(reader->arena, node),
                     reader_nearest_unit(reader, path));
    return unit;
}

static const char *path_of(const struct reader *reader, int32_t unit)
{
    return reader->units[unit].path.data;
}

static int32_t line_of(const struct reader *reader, int32_t unit)
{
    return reader->sources[unit].node->key_place.line;
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

static void read_unit(struct reader *reader, const struct node *node, struct part_unit *unit, struct unit_source *source)
{
    struct problems *problems = reader->problems;
    *unit = (struct part_unit){.path = node->key, .parent = NONE, .successor = NONE};
    source->node = node;
    if (!path_holds(node->key))
        problems_add_key(problems, node, "found the path \"%.*s\"; allowed are names of small letters, digits and hyphens, with a slash "
                         "between them, such as jinnong/grid-3; at most %d bytes.", text_shown(node->key), node->key.data, WIRE_PATH_MOST);
    if (!reader_check(reader, node, IN_UNIT))
        return;
    node_number(problems, reader_get(node, IN_UNIT, "id"), 1, INT32_MAX, &unit->id);
    reader_title(reader, node, IN_UNIT, &unit->title);
    int32_t level = reader_level(reader, reader_get(node, IN_UNIT, "level"));
    source->has_level = level != NONE;
    unit->level = source->has_level ? level : 0;
    node_name(problems, reader_get(node, IN_UNIT, "calendar"), &unit->calendar);
    node_text(problems, reader_get(node, IN_UNIT, "short"), SHORT_MOST, &unit->short_zh);
}

struct path_order {
    struct text path;
    int32_t unit;
};

static int compare_paths(const void *left, const void *right)
{
    return text_compare(((const struct path_order *)left)->path, ((const struct path_order *)right)->path);
}

static void sort_paths(struct reader *reader)
{
    struct path_order *order = ARENA_ARRAY(reader->arena, struct path_order, (size_t)reader->unit_count);
    for (int32_t i = 0; i < reader->unit_count; i++)
        order[i] = (struct path_order){reader->units[i].path, i};
    if (reader->unit_count)
        qsort(order, (size_t)reader->unit_count, sizeof *order, compare_paths);
    reader->by_path = ARENA_ARRAY(reader->arena, int32_t, (size_t)reader->unit_count);
    for (int32_t i = 0; i < reader->unit_count; i++)
        reader->by_path[i] = order[i].unit;
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
static void check_ids(struct reader *reader)
{
    struct id_order *order = ARENA_ARRAY(reader->arena, struct id_order, (size_t)reader->unit_count);
    for (int32_t i = 0; i < reader->unit_count; i++)
        order[i] = (struct id_order){reader->units[i].id, i};
    if (reader->unit_count)
        qsort(order, (size_t)reader->unit_count, sizeof *order, compare_ids);
    for (int32_t i = 1; i < reader->unit_count; i++)
        if (order[i].id > 0 && order[i].id == order[i - 1].id)
            problems_add(reader->problems, reader_get(reader->sources[order[i].unit].node, IN_UNIT, "id"),
                         "the id %d is that of %s already (line %d). Give every unit its own, and never one that was used before.",
                         order[i].id, path_of(reader, order[i - 1].unit), line_of(reader, order[i - 1].unit));
}

/* ---- the tree ---- */

/* The unit above: as `in` says, or by the path. NONE: there is none, or it is reported. */
static int32_t parent_of(struct reader *reader, int32_t unit, bool *top)
{
    const struct node *node = reader->sources[unit].node, *in = reader_get(node, IN_UNIT, "in");
    struct text path = reader->units[unit].path;
    const char *slash = strrchr(path.data, '/');
    *top = !in && !slash && node->kind == NODE_MAP && !node_get(node, "in");
    if (in || !slash)
        return reader_unit(reader, in);
    struct text above = arena_copy(reader->arena, (struct text){path.data, (size_t)(slash - path.data)});
    int32_t parent = reader_find_unit(reader, above);
    if (parent == NONE)
        problems_add_key(reader->problems, node, "the unit above, \"%s\", is not listed.%s List it, or say with `in` where this unit belongs.",
                         above.data, reader_nearest_unit(reader, above));
    return parent;
}

static void check_level(struct reader *reader, int32_t unit)
{
    int32_t parent = reader->units[unit].parent;
    if (parent == NONE || !reader->sources[unit].has_level || !reader->sources[parent].has_level ||
        reader->units[unit].level < reader->units[parent].level)
        return;
    problems_add(reader->problems, reader_get(reader->sources[unit].node, IN_UNIT, "level"),
                 "a %s cannot lie in %s, which is a %s. Levels rise towards the top, in the order of `levels`.",
                 reader->levels[reader->units[unit].level].name.data, path_of(reader, parent),
                 reader->levels[reader->units[parent].level].name.data);
}

/* That there is a top needs no check: units that all lie in another make a ring, and no ring has levels that only rise. */
static void tie_tree(struct reader *reader)
{
    int32_t top = NONE;
    for (int32_t unit = 0; unit < reader->unit_count; unit++) {
        bool is_top;
        const struct node *node = reader->sources[unit].node;
        reader->units[unit].parent = parent_of(reader, unit, &is_top);
        check_level(reader, unit);
        if (!is_top)
            continue;
        if (top != NONE)
            problems_add_key(reader->problems, node, "there is a top unit already, %s (line %d). Say with `in` which unit this one belongs to.",
                             path_of(reader, top), line_of(reader, top));
        else if (node->kind == NODE_MAP && !node_get(node, "calendar"))
            problems_add_key(reader->problems, node, "the top unit must name a `calendar`: it counts wherever no unit below names another.");
        top = top == NONE ? unit : top;
    }
}

/* ---- what needs the whole tree ---- */

static void read_successor(struct reader *reader, int32_t unit)
{
    const struct node *node = reader_get(reader->sources[unit].node, IN_UNIT, "successor");
    int32_t successor = reader_unit(reader, node);
    if (successor == NONE)
        return;
    if (successor == unit)
        problems_add(reader->problems, node, "a unit cannot be its own successor.");
    else if (node_get(reader->sources[successor].node, "successor"))
        problems_add(reader->problems, node, "%s is closed itself. Name the unit that took both over.", path_of(reader, successor));
    reader->units[unit].successor = successor;
}

/* `above` is `unit` or lies over it. A ring of units (which is reported by their levels) ends the search. */
static bool lies_over(const struct reader *reader, int32_t above, int32_t unit)
{
    for (int32_t steps = 0; unit != NONE && steps <= DIRECTORY_DEPTH_MOST; steps++, unit = reader->units[unit].parent)
        if (unit == above)
            return true;
    return false;
}

static void read_serve(struct reader *reader, int32_t by, const struct node *item)
{
    int32_t unit = reader_unit(reader, item);
    if (unit == NONE)
        return;
    if (lies_over(reader, by, unit)) {
        problems_add(reader->problems, item, "%s lies in this unit: it is served without being named.", path_of(reader, unit));
        return;
    }
    for (int32_t i = 0; i < reader->serve_count; i++)
        if (reader->serves[i].unit == unit && reader->units[reader->serves[i].by].level == reader->units[by].level) {
            problems_add(reader->problems, item, "%s is served by %s for this level already (line %d).", path_of(reader, unit),
                         path_of(reader, reader->serves[i].by), line_of(reader, reader->serves[i].by));
            return;
        }
    reader->serves[reader->serve_count++] = (struct part_serve){.unit = unit, .by = by};
}

static void read_serves(struct reader *reader)
{
    uint32_t count, most = 0;
    const struct node *first;
    for (int32_t unit = 0; unit < reader->unit_count; unit++) {
        const struct node *node = reader_get(reader->sources[unit].node, IN_UNIT, "serves");
        most += !node ? 0 : node->kind == NODE_LIST ? node->count : 1;
    }
    reader->serves = ARENA_ARRAY(reader->arena, struct part_serve, most);
    for (int32_t unit = 0; unit < reader->unit_count; unit++) {
        const struct node *node = reader_get(reader->sources[unit].node, IN_UNIT, "serves");
        if (!node_list(reader->problems, node, true, &first, &count))
            continue;
        for (uint32_t i = 0; i < count; i++, first = first->next)
            read_serve(reader, unit, first);
    }
}

void reader_units(struct reader *reader)
{
    const struct node *units = reader_get(reader->root, IN_DIRECTORY, "units");
    size_t count = units ? units->count : 0;
    reader->units_hold = count > 0;
    reader->units = ARENA_ARRAY(reader->arena, struct part_unit, count);
    reader->sources = ARENA_ARRAY(reader->arena, struct unit_source, count);
    for (node_each(node, units)) {
        read_unit(reader, node, &reader->units[reader->unit_count], &reader->sources[reader->unit_count]);
        reader->unit_count++;
    }
    if (units && count == 0)
        problems_add(reader->problems, units, "found an empty mapping; allowed is at least one unit.");
    sort_paths(reader);
    check_ids(reader);
    tie_tree(reader);
    for (int32_t unit = 0; unit < reader->unit_count; unit++)
        read_successor(reader, unit);
    read_serves(reader);
}
