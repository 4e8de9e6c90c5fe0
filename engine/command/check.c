/* check: `staircase check` reads files as the engine would and tells every mistake with its place. */
#include "engine/command/files.h"
#include "engine/command/talk.h"
#include "engine/map.h"
#include "engine/workflow_fit.h"

static void print_good(const struct command_line *line, const struct checked_file *file)
{
    struct text name = file->source.name;
    const char *kind = source_kind_name(file->source.kind);
    if (line->json)
        return; /* nothing is wrong: no rows */
    if (file->source.kind == SOURCE_NONE)
        printf(command_say(line, "%s: a configuration, no mistakes.\n", "%s: 配置，没有错误。\n"), file->path);
    else if (file->source.kind == SOURCE_SCENARIO)
        printf(command_say(line, "%s: a scenario, well written. Run it with: staircase test %s\n",
                           "%s: 场景，写法无误。运行: staircase test %s\n"),
               file->path, file->path);
    else
        printf(command_say(line, "%s: %s %.*s version %u, no mistakes.\n", "%s: %s %.*s 第 %u 版，没有错误。\n"), file->path, kind,
               (int)name.size, name.data, file->source.version);
}

/* ---- workflows that open cases of each other ---- */

struct workflows {
    const struct workflow **items;
    struct checked_file *files;
    uint32_t count;
};

/* "28:15: with: ...": the place apart. */
static void print_misfit(const struct command_line *line, const char *path, struct text misfit)
{
    int row = 0, column = 0, past = 0;
    const char *sentence = arena_string(line->arena, misfit);
    if (sscanf(sentence, "%d:%d: %n", &row, &column, &past) == 2 && past)
        sentence += past;
    if (!line->json) {
        printf("%s:%.*s\n", path, (int)misfit.size, misfit.data);
        return;
    }
    struct map_maker map = map_begin(line->arena);
    map_put_string(&map, "file", path);
    map_put_number(&map, "line", row);
    map_put_number(&map, "column", column);
    map_put_string(&map, "why", sentence);
    struct value printed = map_end(&map);
    talk_print_row(line, &printed);
}

static int print_misfits(const struct command_line *line, const char *path, struct text misfits)
{
    for (const char *at = misfits.data, *end = at + misfits.size, *next; at && at < end; at = next + 1) {
        next = memchr(at, '\n', (size_t)(end - at));
        print_misfit(line, path, (struct text){at, (size_t)(next - at)});
    }
    return misfits.size ? COMMAND_REFUSED : COMMAND_DONE;
}

/* Each is good by itself; whether it is good among the others is told here. */
static int check_together(const struct command_line *line, const struct workflows *all)
{
    int worst = COMMAND_DONE;
    for (uint32_t i = 0; i < all->count; i++) {
        const char *path = all->files[i].path;
        int code = COMMAND_DONE, ends;
        for (uint32_t k = 0; k < all->count; k++)
            if (print_misfits(line, path, workflow_fit(line->arena, all->items[i], all->items[k])) != COMMAND_DONE)
                code = COMMAND_REFUSED;
        ends = print_misfits(line, path, workflow_fit_ends(line->arena, all->items[i], all->items, all->count));
        code = ends > code ? ends : code;
        if (code == COMMAND_DONE)
            print_good(line, &all->files[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static void keep_workflow(const struct command_line *line, const struct checked_file *file, struct workflows *all)
{
    struct workflow *kept = ARENA_NEW(line->arena, struct workflow);
    *kept = file->source.workflow;
    all->items[all->count] = kept;
    all->files[all->count++] = *file;
}

static int run(struct command_line *line)
{
    const char *directory_path = command_value(line, "directory");
    struct checked_file directory = {0}, file;
    int worst = COMMAND_DONE;
    struct workflows all = {.items = ARENA_ARRAY(line->arena, const struct workflow *, (size_t)line->operand_count),
                            .files = ARENA_ARRAY(line->arena, struct checked_file, (size_t)line->operand_count)};
    if (directory_path) {
        worst = file_check(line, directory_path, NULL, &directory);
        if (worst != COMMAND_DONE)
            return worst;
        if (directory.source.kind != SOURCE_DIRECTORY)
            return command_misuse(line, command_say(line, "%s is no directory.", "%s 不是通讯录。"), directory_path);
    }
    for (int i = 0; i < line->operand_count; i++) {
        int code = file_check(line, line->operands[i], directory_path ? &directory.source.directory : NULL, &file);
        if (code == COMMAND_DONE && file.source.kind == SOURCE_WORKFLOW)
            keep_workflow(line, &file, &all);
        else if (code == COMMAND_DONE)
            print_good(line, &file);
        worst = code > worst ? code : worst;
    }
    int together = check_together(line, &all);
    return together > worst ? together : worst;
}

static const struct command_option options[] = {
    {"directory", "FILE", {"roles and levels of workflows must be in this directory", "流程的角色与层级须在该通讯录中"}, false},
    {0},
};

const struct command command_check = {
    .name = "check",
    .line = {"tell every mistake of workflows, directories, calendars, scenarios and configurations, with its place", "检查流程、通讯录、日历、场景与配置文件，逐一指出错误及其位置"},
    .synopsis = "FILE... [--directory FILE]",
    .examples = {"  staircase check workflows/dispute-mediation/workflow.yaml\n"
                 "  staircase check my-workflow.yaml --directory config/directory.yaml\n"
                 "  staircase check workflows/*/workflow.yaml --json\n"
                 "What several workflows open of each other is checked where both are named.\n",
                 "  staircase check workflows/dispute-mediation/workflow.yaml\n"
                 "  staircase check my-workflow.yaml --directory config/directory.yaml\n"
                 "  staircase check workflows/*/workflow.yaml --json\n"
                 "同时给出父、子两个流程时，也检查立子案件是否相符。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};
