/* files: see files.h. */
#include "engine/command/files.h"

#include <unistd.h>

#include "engine/command/row.h"
#include "engine/scenario.h"
#include "proto/wire.h"

/* ---- a workflow against a directory: roles and levels are names in it ---- */

static const struct place top = {1, 1};

static bool any_unit_of(const struct directory *directory, int32_t level)
{
    const struct directory_unit *units = directory->table[DIRECTORY_UNITS].rows;
    for (int32_t i = 0; i < directory->table[DIRECTORY_UNITS].count; i++)
        if (units[i].level == level)
            return true;
    return false;
}

static void check_role(struct problems *problems, const struct directory *directory, const char *role)
{
    struct nearest nearest = nearest_to(text_of(role));
    const struct directory_role *roles = directory->table[DIRECTORY_ROLES].rows;
    if (directory_find_role(directory, text_of(role)) != NONE)
        return;
    for (int32_t i = 0; i < directory->table[DIRECTORY_ROLES].count; i++)
        nearest_offer(&nearest, text_of(directory_string(directory, roles[i].name)));
    problems_add_at(problems, top, TEXT("(directory)"), "the directory has no role \"%s\".%s", role, nearest_hint(&nearest, problems->arena));
}

static void check_level(struct problems *problems, const struct directory *directory, const char *name)
{
    int32_t level = directory_find_level(directory, text_of(name));
    if (level == NONE)
        problems_add_at(problems, top, TEXT("(directory)"), "the directory has no level \"%s\".", name);
    else if (!any_unit_of(directory, level))
        problems_add_at(problems, top, TEXT("(directory)"), "no unit of the directory has the level \"%s\".", name);
}

static void check_against(const struct workflow *workflow, const struct directory *directory, struct problems *problems)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_PEOPLE); row++) {
        const struct workflow_people *people = workflow_people(workflow, row);
        bool checked = people->kind != PEOPLE_ROLE;
        for (int32_t before = 0; before < row && !checked; before++)
            checked = workflow_people(workflow, before)->kind == PEOPLE_ROLE && workflow_people(workflow, before)->role == people->role;
        if (!checked)
            check_role(problems, directory, workflow_string(workflow, people->role));
    }
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_LEVELS); row++)
        check_level(problems, directory, workflow_level_name(workflow, row));
}

/* ---- printing ---- */

static void put(struct value *items, uint32_t *at, const char *name, struct value value)
{
    items[(*at)++] = value_text(text_of(name));
    items[(*at)++] = value;
}

static void print_json(const struct command_line *line, struct value *items, uint32_t count)
{
    struct value map = {.kind = VALUE_MAP, .count = count / 2, .items = items};
    struct text json = wire_json(line->arena, &map);
    printf("%.*s\n", (int)json.size, json.data);
}

static void print_problems(const struct command_line *line, const struct problems *problems)
{
    uint32_t count;
    if (!line->json) {
        struct text text = problems_print(problems, line->arena);
        fwrite(text.data, 1, text.size, stdout);
        return;
    }
    const struct problem *rows = problems_sorted(problems, line->arena, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct value items[12];
        uint32_t at = 0;
        put(items, &at, "column", value_integer(rows[i].place.column));
        put(items, &at, "file", value_text(text_of(problems->file)));
        put(items, &at, "line", value_integer(rows[i].place.line));
        put(items, &at, "path", value_text(rows[i].path));
        put(items, &at, "warning", value_boolean(rows[i].warning));
        put(items, &at, "why", value_text(rows[i].text));
        print_json(line, items, at);
    }
}

/* ---- reading ---- */

/* A scenario is only read here; `staircase test` runs it. */
static void read_scenario(struct arena *arena, const char *path, struct text text, struct problems *problems)
{
    problems_init(problems, arena, path);
    const struct node *root = yaml_load(arena, text, problems);
    if (root)
        scenario_check(arena, root, problems);
}

int file_check(const struct command_line *line, const char *path, const struct directory *directory, struct checked_file *out)
{
    struct problems problems;
    struct text why;
    *out = (struct checked_file){.path = path};
    if (source_load(line->arena, path, &out->text, &why) != ERR_OK)
        return command_fail(line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    if (source_kind_of(out->text) == SOURCE_SCENARIO) {
        out->source.kind = SOURCE_SCENARIO;
        read_scenario(line->arena, path, out->text, &problems);
    } else if (source_read(line->arena, path, out->text, &problems, &out->source) == ERR_OK && out->source.kind == SOURCE_WORKFLOW && directory) {
        check_against(&out->source.workflow, directory, &problems);
    }
    print_problems(line, &problems);
    out->good = problems.errors == 0;
    return out->good ? COMMAND_DONE : COMMAND_REFUSED;
}
