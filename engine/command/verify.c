/* verify: `staircase verify` answers whether a stopped folder, or a copy, is what its log says it must be. */
#include "engine/verify.h"

#include "engine/backup.h"
#include "engine/command/folder.h"
#include "proto/wire.h"

static void show_progress(void *context, const char *step, uint64_t done, uint64_t all)
{
    command_progress(context, step, done, all);
}

static void print_json(const struct command_line *line, const struct verify_report *report, bool holds, const char *taken)
{
    const struct value items[] = {
        value_text(TEXT("holds")),      value_boolean(holds),
        value_text(TEXT("records")),    value_integer((int64_t)report->records),
        value_text(TEXT("cases")),      value_integer((int64_t)report->cases),
        value_text(TEXT("open")),       value_integer((int64_t)report->open_cases),
        value_text(TEXT("rows")),       value_integer((int64_t)report->rows),
        value_text(TEXT("log_hash")),   value_text(text_of(command_hex(line, report->log_hash, HASH_SIZE))),
        value_text(TEXT("state_hash")), value_text(text_of(command_hex(line, report->state_hash, HASH_SIZE))),
        value_text(TEXT("problem")),    value_text(text_of(report->problem)),
        value_text(TEXT("backup")),     value_text(text_of(taken)),
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
    printf(command_say(line, "log   %s\nstate %s\n", "日志 %s\n状态 %s\n"), command_hex(line, report->log_hash, HASH_SIZE), command_hex(line, report->state_hash, HASH_SIZE));
}

static enum err problem(struct verify_report *report, enum err code, struct text why)
{
    snprintf(report->problem, sizeof report->problem, "%.*s", (int)why.size, why.data);
    return code;
}

/* The store of a backup is to be at the end that its manifest names. */
static enum err compare(const struct manifest *manifest, struct verify_report *report)
{
    if (manifest->position == report->records && memcmp(manifest->log, report->log_hash, HASH_SIZE) == 0 &&
        memcmp(manifest->state, report->state_hash, HASH_SIZE) == 0)
        return ERR_OK;
    return problem(report, ERR_CORRUPT, TEXT("the manifest names another last record, or another state, than the backup has"));
}

/* A backup's files are first those of its manifest, then what any folder's must be. */
static enum err verify_all(const struct command_line *line, const char *folder, struct manifest *manifest, bool *backup, struct verify_report *report)
{
    struct text why;
    enum err code = backup_read(folder, manifest, line->arena, &why);
    *report = (struct verify_report){0};
    *backup = code == ERR_OK;
    if (*backup)
        code = backup_check(folder, manifest, line->arena, &why);
    if (code && code != ERR_NOT_FOUND)
        return problem(report, code, why);
    code = verify_folder(folder_store(line, folder), report, (void *)line, show_progress);
    command_progress_end(line);
    return code || !*backup ? code : compare(manifest, report);
}

static int run(struct command_line *line)
{
    struct verify_report report;
    struct manifest manifest;
    bool backup;
    const char *folder = line->operand_count ? line->operands[0] : line->data;
    enum err code = verify_all(line, folder, &manifest, &backup, &report);
    if (code == ERR_NOT_FOUND && !report.problem[0])
        return command_fail(line, command_exit_of(code), command_say(line, "%s holds no store: name a data folder, or a copy of one.",
                                                                     "%s 中没有存储：请指定数据目录或其副本。"), folder);
    if (code && !report.problem[0])
        return command_fail(line, command_exit_of(code), "%s: %s %s", folder, err_sentence(code), err_advice(code));
    if (line->json)
        print_json(line, &report, code == ERR_OK, backup ? manifest.taken : "");
    else if (!code)
        print_words(line, &report);
    if (!code && !line->json && backup)
        printf(command_say(line, "A backup, taken %s: its files are those of its manifest.\n", "这是 %s 的备份，各文件与清单一致。\n"), manifest.taken);
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
                 "  staircase verify /backup/monday     a copy, or a backup with its manifest\n"
                 "  staircase verify --json | jq .state_hash\n",
                 "  staircase verify                    核验 ./var（引擎须已停止）\n"
                 "  staircase verify /backup/monday     核验副本或备份（含清单）\n"},
    .operands_most = 1,
    .run = run,
};
