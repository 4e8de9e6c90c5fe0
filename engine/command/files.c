/* files: see files.h. */
#include "engine/command/files.h"

#include "engine/command/talk.h"
#include "engine/config.h"
#include "engine/map.h"
#include "engine/scenario.h"

/* ---- printing ---- */

static void print_problem(const struct command_line *line, const char *file, const struct problem *problem)
{
    struct map_maker map = map_begin(line->arena);
    map_put_string(&map, "file", file);
    map_put_number(&map, "line", problem->place.line);
    map_put_number(&map, "column", problem->place.column);
    map_put_text(&map, "path", problem->path);
    map_put_text(&map, "why", problem->text);
    map_put_flag(&map, "warning", problem->warning);
    struct value row = map_end(&map);
    talk_print_row(line, &row);
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
    for (uint32_t i = 0; i < count; i++)
        print_problem(line, problems->file, &rows[i]);
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

/* Told by its first key, too; also by one that is only misspelt. */
static bool is_configuration(struct text text)
{
    struct text first = source_first_key(text);
    struct nearest nearest = nearest_to(first);
    bool configuration = false;
    for (int kind = SOURCE_NONE + 1; kind < SOURCE_KIND_COUNT; kind++)
        nearest_offer(&nearest, text_of(source_kind_name((enum source_kind)kind)));
    for (size_t i = 0; first.size && i < config_keys.count; i++) {
        if (config_keys.key[i].where != config_keys.key[0].where)
            continue;
        nearest_offer(&nearest, text_of(config_keys.key[i].name));
        configuration = configuration || text_is(nearest.best, config_keys.key[i].name);
    }
    return configuration;
}

static void read_configuration(struct arena *arena, const char *path, struct text text, struct problems *problems)
{
    struct config config;
    config_defaults(&config);
    config_read(&config, arena, path, text, problems); /* what it returns stands in problems */
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
    } else if (is_configuration(out->text)) {
        read_configuration(line->arena, path, out->text, &problems);
    } else {
        source_read_for(line->arena, path, out->text, directory, &problems, &out->source); /* what it returns stands in problems */
    }
    print_problems(line, &problems);
    out->good = problems.errors == 0;
    return out->good ? COMMAND_DONE : COMMAND_REFUSED;
}
