/* directory_make: see directory_make.h. */
#include "engine/directory_make.h"

#include <assert.h>

struct maker {
    struct arena *arena;
    const struct directory_parts *parts;
    struct directory *out;
    int32_t *unit_rows, *person_rows, *hold_rows; /* index of a part -> row of its table */
    char *strings;
    int32_t strings_size;
};

/* ---- sorting: an order is a list of part numbers ---- */

typedef int compare_fn(const struct maker *maker, int32_t a, int32_t b);

static void merge(const struct maker *maker, compare_fn *compare, int32_t *order, int32_t *spare, int32_t count)
{
    if (count < 2)
        return;
    int32_t half = count / 2, left = 0, right = half;
    merge(maker, compare, order, spare, half);
    merge(maker, compare, order + half, spare, count - half);
    memcpy(spare, order, sizeof *order * (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        bool take_left = right == count || (left < half && compare(maker, spare[left], spare[right]) <= 0);
        order[i] = spare[take_left ? left++ : right++];
    }
}

static int32_t *sorted(const struct maker *maker, compare_fn *compare, int32_t count)
{
    int32_t *order = ARENA_ARRAY(maker->arena, int32_t, (size_t)count);
    for (int32_t i = 0; i < count; i++)
        order[i] = i;
    merge(maker, compare, order, ARENA_ARRAY(maker->arena, int32_t, (size_t)count), count);
    return order;
}

/* Which row each part has in an order. */
static int32_t *rows_of(const struct maker *maker, const int32_t *order, int32_t count)
{
    int32_t *rows = ARENA_ARRAY(maker->arena, int32_t, (size_t)count);
    for (int32_t row = 0; row < count; row++)
        rows[order[row]] = row;
    return rows;
}

static int compare_numbers(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

static int compare_paths(const struct maker *maker, int32_t a, int32_t b)
{
    return text_compare(maker->parts->units[a].path, maker->parts->units[b].path);
}

static int compare_ids(const struct maker *maker, int32_t a, int32_t b)
{
    return compare_numbers(maker->parts->units[a].id, maker->parts->units[b].id);
}

static int compare_people(const struct maker *maker, int32_t a, int32_t b)
{
    return text_compare(maker->parts->people[a].id, maker->parts->people[b].id);
}

static int compare_serves(const struct maker *maker, int32_t a, int32_t b)
{
    const struct part_serve *left = &maker->parts->serves[a], *right = &maker->parts->serves[b];
    const struct part_unit *units = maker->parts->units;
    int order = compare_numbers(maker->unit_rows[left->unit], maker->unit_rows[right->unit]);
    return order ? order : compare_numbers(units[left->by].level, units[right->by].level);
}

static int compare_times(const struct part_hold *left, const struct part_hold *right)
{
    int order = compare_numbers(left->from, right->from);
    return order ? order : compare_numbers(left->until, right->until);
}

static int compare_holds(const struct maker *maker, int32_t a, int32_t b)
{
    const struct part_hold *left = &maker->parts->holds[a], *right = &maker->parts->holds[b];
    int order = compare_numbers(maker->person_rows[left->person], maker->person_rows[right->person]);
    if (!order)
        order = compare_numbers(left->role, right->role);
    if (!order)
        order = compare_numbers(maker->unit_rows[left->unit], maker->unit_rows[right->unit]);
    return order ? order : compare_times(left, right);
}

/* The holds are sorted by person already: within a unit and role their rows are in the order of the people. */
static int compare_held(const struct maker *maker, int32_t a, int32_t b)
{
    const struct part_hold *left = &maker->parts->holds[a], *right = &maker->parts->holds[b];
    int order = compare_numbers(maker->unit_rows[left->unit], maker->unit_rows[right->unit]);
    if (!order)
        order = compare_numbers(left->role, right->role);
    return order ? order : compare_numbers(maker->hold_rows[a], maker->hold_rows[b]);
}

static int compare_delegations(const struct maker *maker, int32_t a, int32_t b)
{
    const struct part_delegation *left = &maker->parts->delegations[a], *right = &maker->parts->delegations[b];
    int order = compare_numbers(maker->person_rows[left->person], maker->person_rows[right->person]);
    if (!order)
        order = compare_numbers(maker->person_rows[left->on_behalf], maker->person_rows[right->on_behalf]);
    if (!order)
        order = compare_numbers(left->from, right->from);
    if (!order)
        order = compare_numbers(left->until, right->until);
    return order ? order : text_compare(left->basis, right->basis);
}

/* ---- strings ---- */

static int32_t size_of(struct text text)
{
    return text.size ? (int32_t)text.size + 1 : 0;
}

static int32_t size_of_title(const struct part_title *title)
{
    return size_of(title->zh) + size_of(title->en);
}

static int32_t size_of_strings(const struct directory_parts *parts)
{
    int32_t size = size_of(parts->name);
    for (int32_t i = 0; i < parts->level_count; i++)
        size += size_of(parts->levels[i].name) + size_of_title(&parts->levels[i].title);
    for (int32_t i = 0; i < parts->role_count; i++)
        size += size_of(parts->roles[i].name) + size_of_title(&parts->roles[i].title);
    for (int32_t i = 0; i < parts->unit_count; i++) {
        const struct part_unit *unit = &parts->units[i];
        size += size_of(unit->path) + size_of_title(&unit->title) + size_of(unit->calendar) + size_of(unit->short_zh);
    }
    for (int32_t i = 0; i < parts->person_count; i++)
        size += size_of(parts->people[i].id) + size_of(parts->people[i].title);
    for (int32_t i = 0; i < parts->delegation_count; i++)
        size += size_of(parts->delegations[i].basis);
    return size;
}

/* Its offset in the pool; NONE for no text. */
static int32_t put_string(struct maker *maker, struct text text)
{
    if (text.size == 0)
        return NONE;
    int32_t offset = maker->strings_size;
    memcpy(maker->strings + offset, text.data, text.size);
    maker->strings_size += size_of(text);
    return offset;
}

/* ---- tables ---- */

static void *take_rows(struct maker *maker, enum directory_table table, int32_t count)
{
    void *rows = arena_take_array(maker->arena, (size_t)count, directory_shape.shapes[table].row_size);
    maker->out->table[table] = (struct table){.rows = rows, .count = count};
    return rows;
}

static void make_names(struct maker *maker)
{
    const struct directory_parts *parts = maker->parts;
    struct directory_head *head = take_rows(maker, DIRECTORY_HEAD, 1);
    head->name = put_string(maker, parts->name);
    head->version = parts->version;
    struct directory_level *levels = take_rows(maker, DIRECTORY_LEVELS, parts->level_count);
    for (int32_t i = 0; i < parts->level_count; i++) {
        levels[i].name = put_string(maker, parts->levels[i].name);
        levels[i].title_zh = put_string(maker, parts->levels[i].title.zh);
        levels[i].title_en = put_string(maker, parts->levels[i].title.en);
    }
    struct directory_role *roles = take_rows(maker, DIRECTORY_ROLES, parts->role_count);
    for (int32_t i = 0; i < parts->role_count; i++) {
        roles[i].name = put_string(maker, parts->roles[i].name);
        roles[i].title_zh = put_string(maker, parts->roles[i].title.zh);
        roles[i].title_en = put_string(maker, parts->roles[i].title.en);
        roles[i].reach = (int32_t)parts->roles[i].reach;
    }
}

static int32_t unit_row(const struct maker *maker, int32_t unit)
{
    assert(unit == NONE || (unit >= 0 && unit < maker->parts->unit_count));
    return unit == NONE ? NONE : maker->unit_rows[unit];
}

static void make_units(struct maker *maker)
{
    const struct directory_parts *parts = maker->parts;
    int32_t *order = sorted(maker, compare_paths, parts->unit_count);
    maker->unit_rows = rows_of(maker, order, parts->unit_count);
    struct directory_unit *units = take_rows(maker, DIRECTORY_UNITS, parts->unit_count);
    for (int32_t row = 0; row < parts->unit_count; row++) {
        const struct part_unit *part = &parts->units[order[row]];
        assert(part->level >= 0 && part->level < parts->level_count);
        units[row] = (struct directory_unit){
            .id = part->id, .path = put_string(maker, part->path),
            .title_zh = put_string(maker, part->title.zh), .title_en = put_string(maker, part->title.en),
            .level = part->level, .parent = unit_row(maker, part->parent), .calendar = put_string(maker, part->calendar),
            .short_zh = put_string(maker, part->short_zh),
            .successor = part->successor == NONE ? 0 : parts->units[part->successor].id,
        };
    }
    order = sorted(maker, compare_ids, parts->unit_count);
    struct directory_unit_id *ids = take_rows(maker, DIRECTORY_UNIT_IDS, parts->unit_count);
    for (int32_t row = 0; row < parts->unit_count; row++)
        ids[row] = (struct directory_unit_id){parts->units[order[row]].id, maker->unit_rows[order[row]]};
}

static void make_serves(struct maker *maker)
{
    const struct directory_parts *parts = maker->parts;
    int32_t *order = sorted(maker, compare_serves, parts->serve_count);
    struct directory_serve *serves = take_rows(maker, DIRECTORY_SERVES, parts->serve_count);
    struct directory_unit *units = maker->out->table[DIRECTORY_UNITS].rows;
    for (int32_t row = 0; row < parts->serve_count; row++) {
        const struct part_serve *part = &parts->serves[order[row]];
        int32_t unit = unit_row(maker, part->unit);
        serves[row] = (struct directory_serve){unit, parts->units[part->by].level, unit_row(maker, part->by)};
        if (units[unit].serves.count++ == 0)
            units[unit].serves.first = row;
    }
}

static void make_people(struct maker *maker)
{
    const struct directory_parts *parts = maker->parts;
    int32_t *order = sorted(maker, compare_people, parts->person_count);
    maker->person_rows = rows_of(maker, order, parts->person_count);
    struct directory_person *people = take_rows(maker, DIRECTORY_PEOPLE, parts->person_count);
    for (int32_t row = 0; row < parts->person_count; row++) {
        people[row].id = put_string(maker, parts->people[order[row]].id);
        people[row].title = put_string(maker, parts->people[order[row]].title);
    }
    order = sorted(maker, compare_holds, parts->hold_count);
    maker->hold_rows = rows_of(maker, order, parts->hold_count);
    struct directory_hold *holds = take_rows(maker, DIRECTORY_HOLDS, parts->hold_count);
    for (int32_t row = 0; row < parts->hold_count; row++) {
        const struct part_hold *part = &parts->holds[order[row]];
        int32_t person = maker->person_rows[part->person];
        holds[row] = (struct directory_hold){person, part->role, unit_row(maker, part->unit), part->from, part->until,
                                              part->instead_of == NONE ? NONE : maker->person_rows[part->instead_of]};
        if (people[person].holds.count++ == 0)
            people[person].holds.first = row;
    }
    order = sorted(maker, compare_held, parts->hold_count);
    struct directory_held *held = take_rows(maker, DIRECTORY_HELD, parts->hold_count);
    for (int32_t row = 0; row < parts->hold_count; row++) {
        const struct directory_hold *hold = &holds[maker->hold_rows[order[row]]];
        held[row] = (struct directory_held){hold->unit, hold->role, maker->hold_rows[order[row]]};
    }
}

static void make_delegations(struct maker *maker)
{
    const struct directory_parts *parts = maker->parts;
    int32_t *order = sorted(maker, compare_delegations, parts->delegation_count);
    struct directory_delegation *delegations = take_rows(maker, DIRECTORY_DELEGATIONS, parts->delegation_count);
    for (int32_t row = 0; row < parts->delegation_count; row++) {
        const struct part_delegation *part = &parts->delegations[order[row]];
        delegations[row] = (struct directory_delegation){.person = maker->person_rows[part->person], .on_behalf = maker->person_rows[part->on_behalf],
                                                         .basis = put_string(maker, part->basis), .from = part->from, .until = part->until};
    }
}

void directory_make(struct arena *arena, const struct directory_parts *parts, struct directory *out)
{
    struct maker maker = {.arena = arena, .parts = parts, .out = out};
    *out = (struct directory){.position = 0};
    maker.strings = arena_take(arena, (size_t)size_of_strings(parts));
    make_names(&maker);
    make_units(&maker);
    make_serves(&maker);
    make_people(&maker);
    make_delegations(&maker);
    out->tables = (struct tables){.table = ARENA_ARRAY(arena, struct table, DIRECTORY_TABLE_COUNT), .strings = maker.strings,
                                  .strings_size = maker.strings_size};
    memcpy(out->tables.table, out->table, sizeof out->table);
    directory_bind(out);
}
