/* scenario_people: the people that a scenario brings along, put into its directory. See scenario_inner.h.
 *
 * A directory is tables of rows sorted and tied by number, so it is taken apart into its parts, the people are added, and it is made anew. */
#include "engine/scenario_inner.h"

#include "engine/directory_make.h"

/* Parts that grow. */
struct people {
    struct arena *arena;
    const struct directory *base;
    struct part_role *roles;
    struct part_person *persons;
    struct part_hold *holds;
    int32_t role_count, person_count, hold_count;
};

/* ---- taking a directory apart ---- */

static struct text string_of(const struct directory *directory, int32_t offset)
{
    return text_of(offset == NONE ? "" : directory_string(directory, offset));
}

static struct part_title title_of(const struct directory *directory, int32_t zh, int32_t en)
{
    return (struct part_title){string_of(directory, zh), string_of(directory, en)};
}

static const struct part_level *take_levels(struct arena *arena, const struct directory *base)
{
    const struct table *table = &base->table[DIRECTORY_LEVELS];
    const struct directory_level *rows = table->rows;
    struct part_level *parts = ARENA_ARRAY(arena, struct part_level, (size_t)table->count);
    for (int32_t i = 0; i < table->count; i++)
        parts[i] = (struct part_level){string_of(base, rows[i].name), title_of(base, rows[i].title_zh, rows[i].title_en)};
    return parts;
}

static const struct part_unit *take_units(struct arena *arena, const struct directory *base)
{
    const struct table *table = &base->table[DIRECTORY_UNITS];
    const struct directory_unit *rows = table->rows;
    struct part_unit *parts = ARENA_ARRAY(arena, struct part_unit, (size_t)table->count);
    for (int32_t i = 0; i < table->count; i++)
        parts[i] = (struct part_unit){
            .id = rows[i].id,
            .path = string_of(base, rows[i].path),
            .title = title_of(base, rows[i].title_zh, rows[i].title_en),
            .level = rows[i].level,
            .parent = rows[i].parent,
            .calendar = string_of(base, rows[i].calendar),
            .short_zh = string_of(base, rows[i].short_zh),
            .successor = rows[i].successor ? directory_unit_by_id(base, (uint32_t)rows[i].successor) : NONE,
        };
    return parts;
}

static const struct part_serve *take_serves(struct arena *arena, const struct directory *base)
{
    const struct table *table = &base->table[DIRECTORY_SERVES];
    const struct directory_serve *rows = table->rows;
    struct part_serve *parts = ARENA_ARRAY(arena, struct part_serve, (size_t)table->count);
    for (int32_t i = 0; i < table->count; i++)
        parts[i] = (struct part_serve){.unit = rows[i].unit, .by = rows[i].by};
    return parts;
}

static const struct part_delegation *take_delegations(struct arena *arena, const struct directory *base)
{
    const struct table *table = &base->table[DIRECTORY_DELEGATIONS];
    const struct directory_delegation *rows = table->rows;
    struct part_delegation *parts = ARENA_ARRAY(arena, struct part_delegation, (size_t)table->count);
    for (int32_t i = 0; i < table->count; i++)
        parts[i] = (struct part_delegation){rows[i].person, rows[i].on_behalf, string_of(base, rows[i].basis), rows[i].from, rows[i].until};
    return parts;
}

/* With room for as many more as the scenario can bring. */
static void take_people(struct people *people, uint32_t more)
{
    const struct directory *base = people->base;
    const struct directory_role *roles = base->table[DIRECTORY_ROLES].rows;
    const struct directory_person *persons = base->table[DIRECTORY_PEOPLE].rows;
    const struct directory_hold *holds = base->table[DIRECTORY_HOLDS].rows;
    people->role_count = base->table[DIRECTORY_ROLES].count;
    people->person_count = base->table[DIRECTORY_PEOPLE].count;
    people->hold_count = base->table[DIRECTORY_HOLDS].count;
    people->roles = ARENA_ARRAY(people->arena, struct part_role, (size_t)people->role_count + more);
    people->persons = ARENA_ARRAY(people->arena, struct part_person, (size_t)people->person_count + more);
    people->holds = ARENA_ARRAY(people->arena, struct part_hold, (size_t)people->hold_count + more);
    for (int32_t i = 0; i < people->role_count; i++)
        people->roles[i] = (struct part_role){string_of(base, roles[i].name), title_of(base, roles[i].title_zh, roles[i].title_en),
                                              (enum role_reach)roles[i].reach};
    for (int32_t i = 0; i < people->person_count; i++)
        people->persons[i] = (struct part_person){string_of(base, persons[i].id), string_of(base, persons[i].title)};
    for (int32_t i = 0; i < people->hold_count; i++)
        people->holds[i] = (struct part_hold){holds[i].person, holds[i].role, holds[i].unit, holds[i].from, holds[i].until, holds[i].instead_of};
}

/* ---- what the scenario adds ---- */

static bool workflow_names_role(const struct workflow *workflow, struct text role)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_PEOPLE); row++) {
        const struct workflow_people *people = workflow_people(workflow, row);
        if (people->kind == PEOPLE_ROLE && text_is(role, workflow_string(workflow, people->role)))
            return true;
    }
    const struct workflow_recurs *recurs = workflow_recurs(workflow);
    return recurs && recurs->role != NONE && text_is(role, workflow_string(workflow, recurs->role));
}

static int32_t person_row(struct people *people, struct text id)
{
    for (int32_t i = 0; i < people->person_count; i++)
        if (text_equal(people->persons[i].id, id))
            return i;
    people->persons[people->person_count] = (struct part_person){.id = id};
    return people->person_count++;
}

/* NONE: neither the directory nor a workflow knows the role. */
static int32_t role_row(struct people *people, struct text role, const struct shelf_form *const *workflows, uint32_t workflow_count)
{
    for (int32_t i = 0; i < people->role_count; i++)
        if (text_equal(people->roles[i].name, role))
            return i;
    for (uint32_t i = 0; i < workflow_count; i++)
        if (workflow_names_role(&workflows[i]->source.workflow, role)) {
            people->roles[people->role_count] = (struct part_role){.name = role, .reach = REACH_HERE};
            return people->role_count++;
        }
    return NONE;
}

static void unknown_unit(const struct people *people, const struct scenario_hold *hold, struct problems *problems)
{
    struct nearest nearest = nearest_to(hold->unit);
    const struct directory_unit *units = people->base->table[DIRECTORY_UNITS].rows;
    for (int32_t i = 0; i < people->base->table[DIRECTORY_UNITS].count; i++)
        nearest_offer(&nearest, string_of(people->base, units[i].path));
    problems_add(problems, hold->node, "there is no unit \"%.*s\" in the directory.%s", (int)hold->unit.size, hold->unit.data,
                 nearest_hint(&nearest, problems->arena));
}

static void unknown_role(const struct people *people, const struct scenario_hold *hold, struct problems *problems)
{
    struct nearest nearest = nearest_to(hold->role);
    for (int32_t i = 0; i < people->role_count; i++)
        nearest_offer(&nearest, people->roles[i].name);
    problems_add(problems, hold->node, "neither the directory nor a workflow knows the role \"%.*s\".%s", (int)hold->role.size,
                 hold->role.data, nearest_hint(&nearest, problems->arena));
}

static void add_hold(struct people *people, const struct scenario_hold *hold, const struct shelf_form *const *workflows,
                     uint32_t workflow_count, struct problems *problems)
{
    int32_t unit = directory_find_unit(people->base, hold->unit), role = role_row(people, hold->role, workflows, workflow_count);
    if (unit == NONE)
        unknown_unit(people, hold, problems);
    if (role == NONE)
        unknown_role(people, hold, problems);
    if (unit == NONE || role == NONE)
        return;
    struct part_hold added = {.person = person_row(people, hold->person), .role = role, .unit = unit, .from = NONE, .until = NONE, .instead_of = NONE};
    for (int32_t i = 0; i < people->hold_count; i++)
        if (people->holds[i].person == added.person && people->holds[i].role == role && people->holds[i].unit == unit)
            return; /* the directory has it already */
    people->holds[people->hold_count++] = added;
}

const struct shelf_form *people_add(struct arena *arena, const struct shelf_form *directory, const struct scenario *scenario,
                                    const struct shelf_form *const *workflows, uint32_t workflow_count, struct problems *problems)
{
    if (scenario->hold_count == 0)
        return directory;
    const struct directory *base = &directory->source.directory;
    struct people people = {.arena = arena, .base = base};
    take_people(&people, scenario->hold_count);
    for (uint32_t i = 0; i < scenario->hold_count; i++)
        add_hold(&people, &scenario->holds[i], workflows, workflow_count, problems);
    struct directory_parts parts = {
        .name = directory->source.name,
        .version = (int32_t)directory->source.version,
        .levels = take_levels(arena, base),
        .level_count = base->table[DIRECTORY_LEVELS].count,
        .units = take_units(arena, base),
        .unit_count = base->table[DIRECTORY_UNITS].count,
        .serves = take_serves(arena, base),
        .serve_count = base->table[DIRECTORY_SERVES].count,
        .roles = people.roles,
        .role_count = people.role_count,
        .people = people.persons,
        .person_count = people.person_count,
        .holds = people.holds,
        .hold_count = people.hold_count,
        .delegations = take_delegations(arena, base),
        .delegation_count = base->table[DIRECTORY_DELEGATIONS].count,
    };
    struct shelf_form *form = ARENA_NEW(arena, struct shelf_form);
    *form = *directory;
    directory_make(arena, &parts, &form->source.directory);
    form->source.compiled = tables_encode(arena, &directory_shape, &form->source.directory.tables);
    return form;
}
