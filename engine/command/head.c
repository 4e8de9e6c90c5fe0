/* head: `staircase head` tells the head of the log, which can be published: what is proven later is proven against it. */
#include "engine/command/head.h"

#include "engine/command/folder.h"
#include "engine/command/receipt.h"
#include "engine/command/row.h"
#include "engine/command/talk.h"
#include "engine/view.h"

#include <stdlib.h>

static void show_progress(void *context, uint64_t done, uint64_t all)
{
    const struct command_line *line = context;
    command_progress(line, command_say(line, "records", "记录"), done, all);
}

struct proof head_proof(struct command_line *line, struct engine *engine)
{
    return (struct proof){.engine = engine, .progress = show_progress, .context = line};
}

int head_size(const struct command_line *line, const struct proof *proof, const char *word, uint64_t *size)
{
    uint64_t all = engine_position(proof->engine);
    char *end = NULL;
    *size = all;
    if (!word)
        return COMMAND_DONE;
    bool digits = word[0] >= '1' && word[0] <= '9';
    *size = digits ? strtoull(word, &end, 10) : 0;
    if (!digits || *end)
        return command_misuse(line, command_say(line, "\"%s\" is not a number of records.", "“%s”不是记录数。"), word);
    if (*size > all)
        return command_fail(line, COMMAND_REFUSED, command_say(line, "the log has %llu records, not %s.", "日志共 %llu 条记录，没有 %s 条。"),
                            (unsigned long long)all, word);
    return COMMAND_DONE;
}

struct value head_row(struct arena *arena, const struct proof_head *head)
{
    struct map_maker map = map_begin(arena);
    map_put(&map, "root", value_bytes(arena_copy(arena, (struct text){(const char *)head->root.bytes, TREE_HASH}).data, TREE_HASH));
    map_put(&map, "size", value_integer((int64_t)head->size));
    if (head->size)
        map_put(&map, "time", value_integer(head->time));
    return map_end(&map);
}

int head_code(const struct command_line *line, enum err code)
{
    command_progress_end(line);
    if (code == ERR_CORRUPT)
        return command_fail(line, COMMAND_FAILED, "%s", command_say(line, "the log has a gap or a record that cannot be read: staircase verify says where.",
                                                                    "日志有缺失或无法读取的记录：staircase verify 可指出位置。"));
    return code ? command_fail(line, command_exit_of(code), "%s", code_sentence(line, code)) : COMMAND_DONE;
}

static void print_head(const struct command_line *line, struct engine *engine, const struct proof_head *head)
{
    struct view view = {.engine = engine, .arena = line->arena};
    struct text time = head->size ? time_words(line->arena, text_of(view_zone(&view, (struct text){0})), head->time) : TEXT("-");
    printf(command_say(line, "records  %llu\ntime     %.*s\nhead     %s\n", "记录数  %llu\n时间    %.*s\n日志头  %s\n"), (unsigned long long)head->size,
           (int)time.size, time.data, command_hex(line, head->root.bytes, TREE_HASH));
}

static int tell_head(struct command_line *line, struct engine *engine)
{
    const struct proof proof = head_proof(line, engine);
    struct proof_head head;
    uint64_t size;
    int done = head_size(line, &proof, command_value(line, "position"), &size);
    if (done != COMMAND_DONE)
        return done;
    done = head_code(line, proof_head(&proof, size, &head));
    if (done != COMMAND_DONE)
        return done;
    struct value row = head_row(line->arena, &head);
    if (line->json)
        talk_print_row(line, &row);
    else
        print_head(line, engine, &head);
    return COMMAND_DONE;
}

static int run(struct command_line *line)
{
    struct folder folder;
    int done = folder_open(line, &folder);
    if (done == COMMAND_DONE)
        done = tell_head(line, folder.engine);
    folder_close(&folder);
    return done;
}

static const struct command_option options[] = {
    {"position", "N", {"the head as it was when the log had N records", "日志有 N 条记录时的日志头"}, false},
    {0},
};

const struct command command_head = {
    .name = "head",
    .line = {"tell the head of the log, to be published: proofs are checked against it", "给出可公布的日志头：证明依据它核对"},
    .synopsis = "[--position N]",
    .examples = {"  staircase head                          one hash that stands for every record so far\n"
                 "  staircase head --json >2026-11-21.json   publish this, once a day\n"
                 "  staircase head --position 1000          as it was at 1000 records\n"
                 "The data folder is read, also while an engine runs on it, or a copy of it (--data COPY).\n",
                 "  staircase head                          代表至今全部记录的一个哈希值\n"
                 "  staircase head --json >2026-11-21.json   每日公布一次\n"
                 "  staircase head --position 1000          日志有 1000 条记录时的日志头\n"
                 "读取数据目录，引擎运行时也可；或读取其副本（--data 副本）。\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
