/* verify: `staircase verify` answers whether a stopped folder, or a copy, is what its log says it must be. */
#include "engine/verify.h"

#include "engine/command/command.h"
#include "proto/wire.h"

#include <sys/stat.h>

static void show_progress(void *context, const char *step, uint64_t done, uint64_t all)
{
    command_progress(context, step, done, all);
}

static const char *hex(struct arena *arena, const uint8_t hash[HASH_SIZE])
{
    char *out = arena_take(arena, 2 * HASH_SIZE + 1);
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    return out;
}

/* A data folder holds its store in `store`; a bare copy of the store is taken as it is. */
static const char *store_folder(const struct command_line *line)
{
    const char *folder = line->operand_count ? line->operands[0] : line->data;
    const char *inner = arena_print(line->arena, "%s/store", folder).data;
    struct stat status;
    return stat(inner, &status) == 0 && S_ISDIR(status.st_mode) ? inner : folder;
}

static void print_json(const struct command_line *line, const struct verify_report *report, bool holds)
{
    const struct value items[] = {
        value_text(TEXT("holds")),      value_boolean(holds),
        value_text(TEXT("records")),    value_integer((int64_t)report->records),
        value_text(TEXT("cases")),      value_integer((int64_t)report->cases),
        value_text(TEXT("open")),       value_integer((int64_t)report->open_cases),
        value_text(TEXT("rows")),       value_integer((int64_t)report->rows),
        value_text(TEXT("log_hash")),   value_text(text_of(hex(line->arena, report->log_hash))),
        value_text(TEXT("state_hash")), value_text(text_of(hex(line->arena, report->state_hash))),
        value_text(TEXT("problem")),    value_text(text_of(report->problem)),
    };
    const struct value map = {.kind = VALUE_MAP, .count = sizeof items / sizeof *items / 2, .items = items};
    struct text json = wire_json(line->arena, &map);
    printf("%.*s\n", (int)json.size, json.data);
}

static void print_words(const struct command_line *line, const struct verify_report *report)
{
    printf(command_say(line, "%llu records, an unbroken chain; decided again they give the same state, byte for byte.\n",
                       "共 %llu 条记录，哈希链完整；重放所得状态逐字节一致。\n"),
           (unsigned long long)report->records);
    printf(command_say(line, "%llu cases, %llu of them open; %llu rows compared, the indexes agree.\n",
                       "案件 %llu 件，其中未结 %llu 件；比对 %llu 行，索引一致。\n"),
           (unsigned long long)report->cases, (unsigned long long)report->open_cases, (unsigned long long)report->rows);
    printf(command_say(line, "log   %s\nstate %s\n", "日志 %s\n状态 %s\n"), hex(line->arena, report->log_hash), hex(line->arena, report->state_hash));
}

static int run(struct command_line *line)
{
    struct verify_report report;
    const char *folder = store_folder(line);
    enum err code = verify_folder(folder, &report, line, show_progress);
    command_progress_end(line);
    if (code == ERR_NOT_FOUND && !report.problem[0])
        return command_fail(line, command_exit_of(code), command_say(line, "%s holds no store: name a data folder, or a copy of one.",
                                                                     "%s 中没有存储：请指定数据目录或其副本。"), folder);
    if (code && !report.problem[0])
        return command_fail(line, command_exit_of(code), "%s: %s %s", folder, err_sentence(code), err_advice(code));
    if (line->json)
        print_json(line, &report, code == ERR_OK);
    else if (!code)
        print_words(line, &report);
    if (code == ERR_OLDER_VERSION && !line->json)
        fprintf(stderr, "%s: %s.\n", folder, report.problem);
    else if (code && !line->json)
        fprintf(stderr, command_say(line, "does not hold: %s\n%s\n", "不一致: %s\n%s\n"), report.problem, err_advice(ERR_CORRUPT));
    return code ? COMMAND_REFUSED : COMMAND_DONE;
}

const struct command command_verify = {
    .name = "verify",
    .line = {"check a stopped data folder, or a copy of one", "核验已停止的数据目录或其副本"},
    .synopsis = "[FOLDER]",
    .examples = {"  staircase verify                    the data folder ./var, its engine stopped\n"
                 "  staircase verify /backup/monday     a copy\n"
                 "  staircase verify --json | jq .state_hash\n",
                 "  staircase verify                    核验 ./var（引擎须已停止）\n"
                 "  staircase verify /backup/monday     核验副本\n"},
    .operands_most = 1,
    .run = run,
};
