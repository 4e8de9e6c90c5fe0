/* directory: see directory.h. */
#include "engine/directory.h"

#include <assert.h>

/* ---- the form ---- */

#define MEMBER(kind_, row, member, table_)                                                                             \
    {                                                                                                                  \
        .kind = (kind_), .offset = (uint32_t)offsetof(struct directory_##row, member), .table = (table_)               \
    }
#define NUMBER(row, member) MEMBER(MEMBER_NUMBER, row, member, 0)
#define STRING(row, member) MEMBER(MEMBER_STRING, row, member, 0)
#define NAMED(row, member) MEMBER(MEMBER_NEEDED_STRING, row, member, 0)
#define ROW(row, member, table) MEMBER(MEMBER_ROW, row, member, DIRECTORY_##table)
#define NEEDED(row, member, table) MEMBER(MEMBER_NEEDED_ROW, row, member, DIRECTORY_##table)
#define SPAN(row, member, table) MEMBER(MEMBER_SPAN, row, member, DIRECTORY_##table)
#define CHOICE(row, member, last) MEMBER(MEMBER_CHOICE, row, member, (uint32_t)(last) + 1)

static const struct member head_members[] = {NAMED(head, name), NUMBER(head, version)};
static const struct member level_members[] = {NAMED(level, name), STRING(level, title_zh), STRING(level, title_en)};
static const struct member role_members[] = {
    NAMED(role, name),
    STRING(role, title_zh),
    STRING(role, title_en),
    CHOICE(role, reach, REACH_BELOW),
};
static const struct member unit_members[] = {
    NUMBER(unit, id),
    NAMED(unit, path),
    STRING(unit, title_zh),
    STRING(unit, title_en),
    NEEDED(unit, level, LEVELS),
    ROW(unit, parent, UNITS),
    STRING(unit, calendar),
    STRING(unit, short_zh),
    NUMBER(unit, successor),
    SPAN(unit, serves, SERVES),
};
static const struct member unit_id_members[] = {NUMBER(unit_id, id), NEEDED(unit_id, unit, UNITS)};
static const struct member serve_members[] = {
    NEEDED(serve, unit, UNITS),
    NEEDED(serve, level, LEVELS),
    NEEDED(serve, by, UNITS),
};
static const struct member person_members[] = {NAMED(person, id), STRING(person, title), SPAN(person, holds, HOLDS)};
static const struct member hold_members[] = {
    NEEDED(hold, person, PEOPLE), NEEDED(hold, role, ROLES), NEEDED(hold, unit, UNITS), NUMBER(hold, from), NUMBER(hold, until),
    {.kind = MEMBER_ROW, .offset = (uint32_t)offsetof(struct directory_hold, instead_of), .table = DIRECTORY_PEOPLE, .since = 3},
};
static const struct member held_members[] = {
    NEEDED(held, unit, UNITS),
    NEEDED(held, role, ROLES),
    NEEDED(held, hold, HOLDS),
};

static const struct member delegation_members[] = {
    NEEDED(delegation, person, PEOPLE), NEEDED(delegation, on_behalf, PEOPLE), NAMED(delegation, basis), NUMBER(delegation, from), NUMBER(delegation, until),
};

#define SHAPE(table, row, list)                                                                                        \
    [DIRECTORY_##table] = {                                                                                            \
        .name = #row, .row_size = sizeof(struct directory_##row), .member_count = sizeof(list) / sizeof *(list), .members = (list)}

static const struct table_shape shapes[DIRECTORY_TABLE_COUNT] = {
    SHAPE(HEAD, head, head_members),           SHAPE(LEVELS, level, level_members),    SHAPE(ROLES, role, role_members),
    SHAPE(UNITS, unit, unit_members),          SHAPE(UNIT_IDS, unit_id, unit_id_members), SHAPE(SERVES, serve, serve_members),
    SHAPE(PEOPLE, person, person_members),     SHAPE(HOLDS, hold, hold_members),       SHAPE(HELD, held, held_members),
    [DIRECTORY_DELEGATIONS] = {.name = "delegation", .row_size = sizeof(struct directory_delegation), .member_count = sizeof delegation_members / sizeof *delegation_members,
                               .members = delegation_members, .since = 2},
};

const struct form_shape directory_shape = {
    .name = "directory", .version = 3,  .shape_count = DIRECTORY_TABLE_COUNT, .shapes = shapes};

void directory_bind(struct directory *directory)
{
    if (!directory->tables.table)
        directory->tables.table = directory->table;
    for (int table = 0; table < DIRECTORY_TABLE_COUNT; table++)
        directory->table[table] = directory->tables.table[table];
}

/* ---- rows and names ---- */

static int32_t count_of(const struct directory *directory, enum directory_table table)
{
    return directory->table[table].count;
}

static const void *row_of(const struct directory *directory, enum directory_table table, int32_t row)
{
    assert(row >= 0 && row < count_of(directory, table));
    return (const char *)directory->table[table].rows + (size_t)row * shapes[table].row_size;
}

static const struct directory_head *head_of(const struct directory *directory)
{
    return row_of(directory, DIRECTORY_HEAD, 0);
}

static const struct directory_level *level_of(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_LEVELS, row);
}

static const struct directory_hold *hold_of(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_HOLDS, row);
}

static const struct directory_held *held_of(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_HELD, row);
}

const struct directory_unit *directory_unit(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_UNITS, row);
}

const struct directory_person *directory_person(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_PEOPLE, row);
}

const struct directory_role *directory_role(const struct directory *directory, int32_t row)
{
    return row_of(directory, DIRECTORY_ROLES, row);
}

const char *directory_string(const struct directory *directory, int32_t offset)
{
    return offset == NONE ? "" : directory->tables.strings + offset;
}

int32_t directory_version(const struct directory *directory)
{
    return head_of(directory)->version;
}

const char *directory_name(const struct directory *directory)
{
    return directory_string(directory, head_of(directory)->name);
}

int32_t directory_unit_count(const struct directory *directory)
{
    return count_of(directory, DIRECTORY_UNITS);
}

const char *directory_unit_path(const struct directory *directory, int32_t unit)
{
    return unit == NONE ? "" : directory_string(directory, directory_unit(directory, unit)->path);
}

const char *directory_level_name(const struct directory *directory, int32_t level)
{
    return level == NONE ? "" : directory_string(directory, level_of(directory, level)->name);
}

/* ---- finding ---- */

/* The row whose string at `member` (an offset into the pool) is `wanted`, in a table that is sorted by it. */
static int32_t find_sorted(const struct directory *directory, enum directory_table table, size_t member, struct text wanted)
{
    int32_t low = 0, high = count_of(directory, table);
    while (low < high) {
        int32_t middle = low + (high - low) / 2, offset;
        memcpy(&offset, (const char *)row_of(directory, table, middle) + member, sizeof offset);
        int order = text_compare(text_of(directory_string(directory, offset)), wanted);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

int32_t directory_find_unit(const struct directory *directory, struct text path)
{
    return find_sorted(directory, DIRECTORY_UNITS, offsetof(struct directory_unit, path), path);
}

int32_t directory_find_person(const struct directory *directory, struct text id)
{
    return find_sorted(directory, DIRECTORY_PEOPLE, offsetof(struct directory_person, id), id);
}

int32_t directory_find_level(const struct directory *directory, struct text name)
{
    for (int32_t level = 0; level < count_of(directory, DIRECTORY_LEVELS); level++)
        if (text_is(name, directory_level_name(directory, level)))
            return level;
    return NONE;
}

int32_t directory_find_role(const struct directory *directory, struct text name)
{
    for (int32_t role = 0; role < count_of(directory, DIRECTORY_ROLES); role++)
        if (text_is(name, directory_string(directory, directory_role(directory, role)->name)))
            return role;
    return NONE;
}

int32_t directory_unit_by_id(const struct directory *directory, uint32_t id)
{
    int32_t low = 0, high = count_of(directory, DIRECTORY_UNIT_IDS);
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const struct directory_unit_id *row = row_of(directory, DIRECTORY_UNIT_IDS, middle);
        if ((uint32_t)row->id == id)
            return row->unit;
        if ((uint32_t)row->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

/* ---- the tree ---- */

static int32_t parent_of(const struct directory *directory, int32_t unit)
{
    return directory_unit(directory, unit)->parent;
}

const char *directory_unit_calendar(const struct directory *directory, int32_t unit)
{
    for (; unit != NONE; unit = parent_of(directory, unit))
        if (directory_unit(directory, unit)->calendar != NONE)
            return directory_string(directory, directory_unit(directory, unit)->calendar);
    return "";
}

int32_t directory_unit_numbering(const struct directory *directory, int32_t unit)
{
    for (int32_t above = unit; above != NONE; above = parent_of(directory, above))
        if (directory_unit(directory, above)->short_zh != NONE)
            return above;
    return unit;
}

const char *directory_unit_short(const struct directory *directory, int32_t unit)
{
    const struct directory_unit *named = directory_unit(directory, directory_unit_numbering(directory, unit));
    if (named->short_zh != NONE)
        return directory_string(directory, named->short_zh);
    const char *path = directory_unit_path(directory, unit);
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool directory_covers(const struct directory *directory, int32_t above, int32_t unit)
{
    while (unit != NONE && unit != above)
        unit = parent_of(directory, unit);
    return unit == above;
}

/* Who serves the level for this very unit, or NONE. */
static int32_t server_of(const struct directory *directory, int32_t unit, int32_t level)
{
    struct span serves = directory_unit(directory, unit)->serves;
    for (int32_t row = serves.first; row < serves.first + serves.count; row++) {
        const struct directory_serve *serve = row_of(directory, DIRECTORY_SERVES, row);
        if (serve->level == level)
            return serve->by;
    }
    return NONE;
}

/* The unit, or who took it over. */
static int32_t open_unit(const struct directory *directory, int32_t unit)
{
    int32_t successor = directory_unit(directory, unit)->successor;
    return successor ? directory_unit_by_id(directory, (uint32_t)successor) : unit;
}

int32_t directory_unit_at(const struct directory *directory, int32_t home, int32_t level)
{
    for (int32_t unit = home; unit != NONE; unit = parent_of(directory, unit))
        if (directory_unit(directory, unit)->level == level)
            return open_unit(directory, unit);
    for (int32_t unit = home; unit != NONE; unit = parent_of(directory, unit)) {
        int32_t by = server_of(directory, unit, level);
        if (by != NONE)
            return open_unit(directory, by);
    }
    return NONE;
}

int32_t directory_id_path(const struct directory *directory, int32_t unit, uint32_t ids[DIRECTORY_DEPTH_MOST])
{
    int32_t depth = 0;
    for (int32_t above = unit; above != NONE; above = parent_of(directory, above))
        depth++;
    assert(depth <= DIRECTORY_DEPTH_MOST);
    for (int32_t at = depth; unit != NONE; unit = parent_of(directory, unit))
        ids[--at] = (uint32_t)directory_unit(directory, unit)->id;
    return depth;
}

/* ---- who holds what ---- */

static bool in_force(const struct directory_hold *hold, int32_t day)
{
    return (hold->from == NONE || day >= hold->from) && (hold->until == NONE || day <= hold->until);
}

static bool reaches_below(const struct directory *directory, int32_t role)
{
    return directory_role(directory, role)->reach == REACH_BELOW;
}

bool directory_holds(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day)
{
    struct span holds = directory_person(directory, person)->holds;
    for (int32_t row = holds.first; row < holds.first + holds.count; row++) {
        const struct directory_hold *hold = hold_of(directory, row);
        if (hold->role == role && in_force(hold, day) &&
            (hold->unit == unit || (reaches_below(directory, role) && directory_covers(directory, hold->unit, unit))))
            return true;
    }
    return false;
}

bool directory_only_substitutes(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day)
{
    struct span holds = directory_person(directory, person)->holds;
    bool any = false;
    for (int32_t row = holds.first; row < holds.first + holds.count; row++) {
        const struct directory_hold *hold = hold_of(directory, row);
        bool there = hold->unit == unit || (reaches_below(directory, role) && directory_covers(directory, hold->unit, unit));
        if (hold->role != role || !in_force(hold, day) || !there)
            continue;
        if (hold->instead_of == NONE)
            return false;
        any = true;
    }
    return any;
}

bool directory_stands_in(const struct directory *directory, int32_t person, int32_t other, int32_t role, int32_t day)
{
    struct span holds = directory_person(directory, person)->holds;
    for (int32_t row = holds.first; row < holds.first + holds.count; row++) {
        const struct directory_hold *hold = hold_of(directory, row);
        if (hold->role == role && hold->instead_of == other && in_force(hold, day))
            return true;
    }
    return false;
}

bool directory_serves_within(const struct directory *directory, int32_t person, int32_t unit, int32_t day)
{
    struct span holds = directory_person(directory, person)->holds;
    for (int32_t row = holds.first; row < holds.first + holds.count; row++) {
        const struct directory_hold *hold = hold_of(directory, row);
        if (in_force(hold, day) && directory_covers(directory, unit, hold->unit))
            return true;
    }
    return false;
}

static bool has_children(const struct directory *directory, int32_t unit)
{
    for (int32_t row = 0; row < directory_unit_count(directory); row++)
        if (parent_of(directory, row) == unit)
            return true;
    return false;
}

bool directory_holds_below(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day)
{
    struct span holds = directory_person(directory, person)->holds;
    for (int32_t row = holds.first; row < holds.first + holds.count; row++) {
        const struct directory_hold *hold = hold_of(directory, row);
        if (hold->role != role || !in_force(hold, day))
            continue;
        if (hold->unit != unit && directory_covers(directory, unit, hold->unit))
            return true;
        if (reaches_below(directory, role) && directory_covers(directory, hold->unit, unit) && has_children(directory, unit))
            return true;
    }
    return false;
}

/* Rows of HELD for one unit and role: [at, end). */
struct holders {
    int32_t at, end;
};

/* The first row of HELD that is not before (unit, role). */
static int32_t held_from(const struct directory *directory, int32_t unit, int32_t role)
{
    int32_t low = 0, high = count_of(directory, DIRECTORY_HELD);
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const struct directory_held *held = held_of(directory, middle);
        if (held->unit < unit || (held->unit == unit && held->role < role))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t person_at(const struct directory *directory, const struct holders *holders)
{
    return hold_of(directory, held_of(directory, holders->at)->hold)->person;
}

/* Goes on to the first row in force from `at` on. */
static void skip_not_in_force(const struct directory *directory, struct holders *holders, int32_t day)
{
    while (holders->at < holders->end && !in_force(hold_of(directory, held_of(directory, holders->at)->hold), day))
        holders->at++;
}

/* The lists that together make up who holds the role at `unit`: its own, and those of all above it where the role reaches below. */
static int32_t holders_lists(const struct directory *directory, int32_t role, int32_t unit, int32_t day,
                             struct holders lists[DIRECTORY_DEPTH_MOST])
{
    int32_t count = 0;
    do {
        assert(count < DIRECTORY_DEPTH_MOST);
        lists[count] = (struct holders){held_from(directory, unit, role), held_from(directory, unit, role + 1)};
        skip_not_in_force(directory, &lists[count++], day);
        unit = parent_of(directory, unit);
    } while (unit != NONE && reaches_below(directory, role));
    return count;
}

int32_t directory_holders(const struct directory *directory, int32_t role, int32_t unit, int32_t day, int32_t *people, int32_t most)
{
    struct holders lists[DIRECTORY_DEPTH_MOST];
    int32_t list_count = holders_lists(directory, role, unit, day, lists);
    for (int32_t found = 0;; found++) { /* a merge: each list ascends by person */
        int32_t next = INT32_MAX;
        for (int32_t i = 0; i < list_count; i++)
            if (lists[i].at < lists[i].end && person_at(directory, &lists[i]) < next)
                next = person_at(directory, &lists[i]);
        if (next == INT32_MAX)
            return found;
        if (found < most)
            people[found] = next;
        for (int32_t i = 0; i < list_count; i++)
            while (lists[i].at < lists[i].end && person_at(directory, &lists[i]) == next) {
                lists[i].at++;
                skip_not_in_force(directory, &lists[i], day);
            }
    }
}

/* ---- who acts for whom ---- */

bool directory_delegates(const struct directory *directory)
{
    return count_of(directory, DIRECTORY_DELEGATIONS) > 0;
}

const struct directory_delegation *directory_delegation(const struct directory *directory, int32_t person, int32_t on_behalf, int32_t day,
                                                        const struct directory_delegation **ended)
{
    const struct directory_delegation *rows = directory->table[DIRECTORY_DELEGATIONS].rows;
    *ended = NULL;
    for (int32_t i = 0; i < count_of(directory, DIRECTORY_DELEGATIONS); i++) {
        const struct directory_delegation *row = &rows[i];
        if (row->person != person || row->on_behalf != on_behalf || (row->from != NONE && day < row->from))
            continue;
        if (day <= row->until)
            return row;
        if (!*ended || row->until > (*ended)->until)
            *ended = row;
    }
    return NULL;
}
