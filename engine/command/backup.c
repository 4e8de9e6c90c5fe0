/* backup: `staircase backup TO` copies a data folder while its engine runs. */
#include "engine/backup.h"
#include "engine/command/command.h"
#include "proto/wire.h"

static const struct command_words contents[MANIFEST_FILES] = {
    [MANIFEST_STORE] = {"log and state", "日志与状态"},
    [MANIFEST_KEYS] = {"the keys of private values", "个人信息的密钥"},
    [MANIFEST_SERVER_KEY] = {"the engine's own key: clients connect again", "引擎自身的密钥：客户端可照常连接"},
    [MANIFEST_PRINCIPALS] = {"who may connect by TCP", "可经 TCP 连接者"},
    [MANIFEST_DOCKET] = {"the docket of the mediation centre", "调解中心的卷宗"},
};

static uint64_t bytes_of(const struct manifest *manifest)
{
    uint64_t bytes = 0;
    for (int i = 0; i < MANIFEST_FILES; i++)
        bytes += manifest->files[i].size;
    return bytes;
}

static void print_json(const struct command_line *line, const char *to, const struct manifest *manifest)
{
    const struct value items[] = {
        value_text(TEXT("backup")),   value_text(text_of(to)),
        value_text(TEXT("taken")),    value_text(text_of(manifest->taken)),
        value_text(TEXT("epoch")),    value_integer(manifest->epoch),
        value_text(TEXT("position")), value_integer((int64_t)manifest->position),
        value_text(TEXT("log_hash")),   value_text(text_of(command_hex(line, manifest->log, HASH_SIZE))),
        value_text(TEXT("state_hash")), value_text(text_of(command_hex(line, manifest->state, HASH_SIZE))),
        value_text(TEXT("bytes")),    value_integer((int64_t)bytes_of(manifest)),
    };
    const struct value map = {.kind = VALUE_MAP, .count = sizeof items / sizeof *items / 2, .items = items};
    struct text json = wire_json(line->arena, &map);
    printf("%.*s\n", (int)json.size, json.data);
}

static void print_words(const struct command_line *line, const char *to, const struct manifest *manifest)
{
    printf(command_say(line, "%s: all events up to %llu, %llu MB. As `verify` says it: log %s\n", "%s：含截至第 %llu 号的全部事件，%llu MB。与 verify 所示一致：日志 %s\n"), to,
           (unsigned long long)manifest->position, (unsigned long long)((bytes_of(manifest) + (1 << 20) - 1) >> 20), command_hex(line, manifest->log, HASH_SIZE));
    for (int i = 0; i < MANIFEST_FILES; i++)
        if (manifest->files[i].there)
            printf("  %-26s%s\n", manifest_paths[i], command_say(line, contents[i].en, contents[i].zh));
    printf(command_say(line, "Keep it where only the operator can read it. Check it: staircase verify %s\n", "请存放在只有运维人员可读之处。核验：staircase verify %s\n"), to);
}

static int run(struct command_line *line)
{
    struct manifest manifest;
    struct text why;
    const char *to = line->operands[0];
    enum err code = backup_take(line->data, to, &manifest, line->arena, &why);
    if (code)
        return command_fail(line, command_exit_of(code), "%.*s", (int)why.size, why.data);
    (line->json ? print_json : print_words)(line, to, &manifest);
    return COMMAND_DONE;
}

const struct command command_backup = {
    .name = "backup",
    .line = {"copy the data folder while the engine runs", "引擎运行中备份数据目录"},
    .synopsis = "TO",
    .examples = {"  staircase backup /backup/monday                         store, keys and a manifest; /backup/monday must not be there yet\n"
                 "  staircase verify /backup/monday                         is it whole, and what its log says?\n"
                 "  cp -a /backup/monday /srv/again && staircase serve --data /srv/again     restore: a start on a copy; deadlines that passed meanwhile fire\n"
                 "It runs as the owner of the data folder, beside the engine, which goes on. The copy holds the keys of private values: who can read it\n"
                 "can read them. What was erased before is in no backup that is taken afterwards; older backups still hold it: let them expire.\n"
                 "The keys of TCP are in it, and the docket of a mediation centre that keeps it in this folder. One that was stopped half-way is TO.unfinished; the next clears it.\n",
                 "  staircase backup /backup/monday                         存储、密钥与清单；/backup/monday 须尚不存在\n"
                 "  staircase verify /backup/monday                         是否完整，是否与日志一致\n"
                 "  cp -a /backup/monday /srv/again && staircase serve --data /srv/again     恢复：在副本上启动；其间已到的时限随即处理\n"
                 "以数据目录所有者身份运行，引擎照常工作。备份含个人信息的密钥，能读备份者即能读个人信息。\n"
                 "已抹除的内容不会出现在此后的备份中；此前的备份仍含有它，应按期销毁。\n"
                 "含 TCP 密钥；调解中心的卷宗若在此目录中亦含在内。中途停止的备份名为 TO.unfinished，下次备份时清除。\n"},
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
