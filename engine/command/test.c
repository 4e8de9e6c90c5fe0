/* test: `staircase test` runs scenarios in virtual time and says which do not tell what they should. */
#include <dirent.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/command/talk.h"
#include "engine/map.h"
#include "engine/scenario.h"
#include "engine/source.h"

enum { FILES_MOST = 10000, FOLDERS_DEPTH = 16 };

struct files {
    const char **paths;
    int count;
};

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_yaml(const char *path)
{
    size_t size = strlen(path);
    return (size > 5 && strcmp(path + size - 5, ".yaml") == 0) || (size > 4 && strcmp(path + size - 4, ".yml") == 0);
}

static bool is_scenario(const struct command_line *line, const char *path)
{
    struct arena_mark mark = arena_save(line->arena);
    struct text source, why;
    bool scenario = source_load(line->arena, path, &source, &why) == ERR_OK && source_kind_of(source) == SOURCE_SCENARIO;
    arena_rewind(line->arena, mark);
    return scenario;
}

/* Every scenario in a folder and the folders below it, in order of name; other files are passed over. */
static void find_scenarios(const struct command_line *line, const char *folder, int depth, struct files *files)
{
    struct dirent **entries;
    int count = depth < FOLDERS_DEPTH ? scandir(folder, &entries, NULL, alphasort) : -1;
    const char *inside = strcmp(folder, ".") == 0 ? "" : folder;
    for (int i = 0; i < count; i++) {
        struct stat status;
        const char *path = arena_print(line->arena, "%s%s%s", inside, *inside && inside[strlen(inside) - 1] != '/' ? "/" : "", entries[i]->d_name).data;
        bool hidden = entries[i]->d_name[0] == '.';
        free(entries[i]);
        if (hidden || stat(path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode))
            find_scenarios(line, path, depth + 1, files);
        else if (is_yaml(path) && files->count < FILES_MOST && is_scenario(line, path))
            files->paths[files->count++] = path;
    }
    if (count >= 0)
        free(entries);
}

/* Files as they are named; of a folder what is in it; without any, what is under ./workflows. */
static struct files find_files(const struct command_line *line)
{
    struct files files = {.paths = ARENA_ARRAY(line->arena, const char *, FILES_MOST)};
    static char *standard[] = {"workflows"};
    char **names = line->operand_count ? line->operands : standard;
    for (int i = 0; i < (line->operand_count ? line->operand_count : 1); i++) {
        struct stat status;
        int first = files.count;
        if (stat(names[i], &status) == 0 && S_ISDIR(status.st_mode))
            find_scenarios(line, names[i], 0, &files);
        else if (files.count < FILES_MOST)
            files.paths[files.count++] = names[i];
        qsort(files.paths + first, (size_t)(files.count - first), sizeof *files.paths, compare_paths);
    }
    return files;
}

static void print_json(const struct command_line *line, const char *path, const struct scenario_result *result)
{
    struct map_maker map = map_begin(line->arena);
    map_put_string(&map, "file", path);
    map_put_text(&map, "scenario", result->title);
    map_put(&map, "passed", value_boolean(result->passed));
    map_put_number(&map, "steps", result->steps);
    map_put_text(&map, "failure", result->failure);
    map_put_text(&map, "history", result->history);
    struct value row = map_end(&map);
    talk_print_row(line, &row);
}

static void print_result(const struct command_line *line, const char *path, const struct scenario_result *result)
{
    if (line->json) {
        print_json(line, path, result);
        return;
    }
    const char *red = line->colour_out ? "\033[31m" : "", *green = line->colour_out ? "\033[32m" : "",
               *plain = line->colour_out ? "\033[0m" : "";
    if (result->passed) {
        printf(command_say(line, "%sok%s    %s: %.*s (%u steps)\n", "%s通过%s  %s: %.*s（%u 步）\n"), green, plain, path,
               (int)result->title.size, result->title.data, result->steps);
        return;
    }
    printf(command_say(line, "%sFAILED%s %s%s%.*s\n%.*s", "%s失败%s  %s%s%.*s\n%.*s"), red, plain, path, result->title.size ? ": " : "",
           (int)result->title.size, result->title.data, (int)result->failure.size, result->failure.data);
    if (result->history.size)
        printf("%s\n%.*s", command_say(line, "  What happened until then:", "  此前的经过："), (int)result->history.size,
               result->history.data);
}

/* Every scenario has a store and an engine of its own, made and thrown away within a millisecond: memory that goes back to the system each time and
 * comes anew, page by page, took a third of it. */
static void keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

static int run(struct command_line *line)
{
    keep_memory();
    struct files files = find_files(line);
    struct scenario_shelf *shelf = scenario_shelf_create();
    struct arena arena;
    int failed = 0;
    if (files.count == 0)
        fprintf(stderr, "%s\n", command_say(line, "There are no scenarios there.", "那里没有场景。"));
    arena_init(&arena);
    for (int i = 0; i < files.count; i++) {
        struct scenario_result result;
        command_progress(line, command_say(line, "scenarios", "场景"), (uint64_t)i, (uint64_t)files.count);
        scenario_run(shelf, &arena, files.paths[i], &result);
        command_progress_end(line);
        print_result(line, files.paths[i], &result);
        failed += !result.passed;
        arena_reset(&arena);
    }
    arena_close(&arena);
    scenario_shelf_destroy(&shelf);
    if (!line->json && files.count)
        printf(command_say(line, "%d passed, %d failed\n", "%d 个通过，%d 个失败\n"), files.count - failed, failed);
    return failed || files.count == 0 ? COMMAND_REFUSED : COMMAND_DONE;
}

const struct command command_test = {
    .name = "test",
    .line = {"run scenarios in virtual time", "以虚拟时间运行场景"},
    .synopsis = "[FILE | FOLDER]...",
    .examples = {"  staircase test                         everything under ./workflows\n"
                 "  staircase test workflows/dispute-mediation\n"
                 "  staircase test my-scenario.yaml        with workflow.yaml beside it, or in the folder above\n"
                 "A scenario:\n"
                 "  scenario: the neighbour does not agree\n"
                 "  now: 2026-09-24 09:00\n"
                 "  steps:\n"
                 "    - open: {unit: jinnong/grid-3/building-7, by: li, data: {summary: 漏水, applicant: zhao, respondent: qian}}\n"
                 "    - expect: {stage: consent, due: 2026-10-09 18:00, task: mediator}\n"
                 "    - send: {event: decline, by: qian}\n"
                 "    - expect: {end: refused}\n"
                 "It runs in a small district that is built in (jinnong, its grids 3 and 4; li, wang, chen, sun, zhou), or in one of your own.\n",
                 "  staircase test                         运行 ./workflows 下的全部场景\n"
                 "  staircase test workflows/dispute-mediation\n"
                 "  staircase test my-scenario.yaml        其旁或上级目录有 workflow.yaml\n"
                 "场景写法：\n"
                 "  scenario: 邻居不同意\n"
                 "  now: 2026-09-24 09:00\n"
                 "  steps:\n"
                 "    - open: {unit: jinnong/grid-3/building-7, by: li, data: {summary: 漏水, applicant: zhao, respondent: qian}}\n"
                 "    - expect: {stage: consent, due: 2026-10-09 18:00, task: mediator}\n"
                 "    - send: {event: decline, by: qian}\n"
                 "    - expect: {end: refused}\n"
                 "默认在内置的小片区中运行（金农社区第 3、4 网格；li、wang、chen、sun、zhou），也可另指定通讯录。\n"},
    .operands_most = -1,
    .run = run,
};
