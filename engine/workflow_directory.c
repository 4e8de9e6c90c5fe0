/* workflow_directory: roles and levels are names of the directory. A workflow that is read together with one must use what is there:
 * work for a role that nobody can hold is work for nobody. Without one, a role that is probably misspelt is warned of. */
#include "engine/directory.h"
#include "engine/workflow_reader.h"

static const char *name_at(const struct directory *directory, enum directory_table table, int32_t row)
{
    if (table == DIRECTORY_LEVELS)
        return directory_level_name(directory, row);
    return directory_string(directory, directory_role(directory, row)->name);
}

/* A level where a role is meant or the other way round, a person, a unit; otherwise the nearest name. */
static const char *other_or_nearest(struct workflow_reader *reader, enum directory_table table, const char *word, const struct nearest *nearest)
{
    bool role = table == DIRECTORY_ROLES;
    int32_t other = role ? directory_find_level(reader->directory, text_of(word)) : directory_find_role(reader->directory, text_of(word));
    if (other == NONE && role && directory_find_person(reader->directory, text_of(word)) != NONE)
        return arena_print(reader->arena, " \"%s\" is a person of it: say a role that they hold.", word).data;
    int32_t unit = other == NONE && !role ? directory_find_unit(reader->directory, text_of(word)) : NONE;
    if (unit != NONE)
        return arena_print(reader->arena, " \"%s\" is a unit of it: say its level, %s.", word, directory_level_name(reader->directory, directory_unit(reader->directory, unit)->level)).data;
    if (other == NONE)
        return nearest_hint(nearest, reader->arena);
    return arena_print(reader->arena, " \"%s\" is a %s of it.", word, role ? "level" : "role").data;
}

/* ` Did you mean "x"? Roles: x, y.` */
static const char *allowed(struct workflow_reader *reader, enum directory_table table, const char *word)
{
    const struct directory *directory = reader->directory;
    struct nearest nearest = nearest_to(text_of(word));
    const char *list = "";
    for (int32_t row = 0; row < directory->table[table].count; row++) {
        nearest_offer(&nearest, text_of(name_at(directory, table, row)));
        list = arena_print(reader->arena, "%s%s%s", list, row ? ", " : "", name_at(directory, table, row)).data;
    }
    return arena_print(reader->arena, "%s %s: %s.", other_or_nearest(reader, table, word, &nearest), table == DIRECTORY_LEVELS ? "Levels" : "Roles", list).data;
}

static void check_roles(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_PEOPLE); row++) {
        const struct workflow_people *people = ROW_OF(reader, PEOPLE, people, row);
        const char *role = string_at(reader, people->role);
        if (people->kind == PEOPLE_ROLE && directory_find_role(reader->directory, text_of(role)) == NONE)
            problems_add(reader->problems, row_node(reader, WORKFLOW_PEOPLE, row), "the directory has no role \"%s\".%s", role,
                         allowed(reader, DIRECTORY_ROLES, role));
    }
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_RECURS); row++) {
        const char *role = string_at(reader, ROW_OF(reader, RECURS, recurs, row)->role);
        if (*role && directory_find_role(reader->directory, text_of(role)) == NONE)
            problems_add(reader->problems, row_node(reader, WORKFLOW_RECURS, row), "the directory has no role \"%s\".%s", role,
                         allowed(reader, DIRECTORY_ROLES, role));
    }
}

static bool any_unit_of(const struct directory *directory, int32_t level)
{
    for (int32_t unit = 0; unit < directory_unit_count(directory); unit++)
        if (directory_unit(directory, unit)->level == level)
            return true;
    return false;
}

static void check_levels(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_LEVELS); row++) {
        const char *name = row_name(reader, WORKFLOW_LEVELS, row);
        int32_t level = directory_find_level(reader->directory, text_of(name));
        if (level == NONE)
            problems_add(reader->problems, row_node(reader, WORKFLOW_LEVELS, row), "the directory has no level \"%s\".%s", name,
                         allowed(reader, DIRECTORY_LEVELS, name));
        else if (!any_unit_of(reader->directory, level))
            problems_warn(reader->problems, row_node(reader, WORKFLOW_LEVELS, row), "no unit of the directory has the level \"%s\": a case never comes there.", name);
    }
}

/* ---- units that outcomes and tables put into fields ---- */

static void check_unit(struct workflow_reader *reader, int32_t field, int32_t value, const struct node *node)
{
    if (value == NONE || ROW_OF(reader, FIELDS, field, field)->type != FIELD_UNIT)
        return;
    const struct directory *directory = reader->directory;
    struct text path = text_of(string_at(reader, ROW_OF(reader, VALUES, value, value)->string));
    int32_t unit = directory_find_unit(directory, path);
    struct nearest nearest = nearest_to(path);
    for (int32_t i = 0; unit == NONE && i < directory_unit_count(directory); i++)
        nearest_offer(&nearest, text_of(directory_unit_path(directory, i)));
    if (unit == NONE)
        problems_add(reader->problems, node, "the directory has no unit \"%s\".%s", path.data, nearest_hint(&nearest, reader->arena));
    else if (directory_unit(directory, unit)->successor)
        problems_add(reader->problems, node, "the unit \"%s\" is closed.", path.data);
}

static void check_units(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_SETS); row++) {
        const struct workflow_set *set = ROW_OF(reader, SETS, set, row);
        check_unit(reader, set->field, set->value, row_node(reader, WORKFLOW_SETS, row));
    }
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_LOOKUPS); row++) {
        const struct workflow_lookup *lookup = ROW_OF(reader, LOOKUPS, lookup, row);
        for (int32_t i = lookup->rows.first; lookup->field != NONE && i < lookup->rows.first + lookup->rows.count; i++)
            check_unit(reader, lookup->field, ROW_OF(reader, LOOKUP_ROWS, lookup_row, i)->value, row_node(reader, WORKFLOW_LOOKUP_ROWS, i));
    }
}

/* ---- without a directory: a role that stands once, and nearly like one that stands often, is probably misspelt ---- */

static int32_t times_used(struct workflow_reader *reader, int32_t role)
{
    int32_t times = 0;
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_PEOPLE); row++) {
        const struct workflow_people *people = ROW_OF(reader, PEOPLE, people, row);
        times += people->kind == PEOPLE_ROLE && people->role == role;
    }
    return times;
}

static void warn_of_odd_roles(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_PEOPLE); row++) {
        const struct workflow_people *odd = ROW_OF(reader, PEOPLE, people, row);
        if (odd->kind != PEOPLE_ROLE || times_used(reader, odd->role) > 1)
            continue;
        struct nearest nearest = nearest_to(text_of(string_at(reader, odd->role)));
        nearest.most = 2;
        for (int32_t i = 0; i < row_count(reader, WORKFLOW_PEOPLE); i++) {
            const struct workflow_people *people = ROW_OF(reader, PEOPLE, people, i);
            if (people->kind == PEOPLE_ROLE && people->role != odd->role && times_used(reader, people->role) > 1)
                nearest_offer(&nearest, text_of(string_at(reader, people->role)));
        }
        if (nearest.best.size)
            problems_warn(reader->problems, row_node(reader, WORKFLOW_PEOPLE, row), "\"%s\" is read as a role of its own.%s", string_at(reader, odd->role),
                          nearest_hint(&nearest, reader->arena));
    }
}

void check_directory(struct workflow_reader *reader)
{
    if (!reader->directory) {
        warn_of_odd_roles(reader);
        return;
    }
    check_roles(reader);
    check_levels(reader);
    check_units(reader);
}
