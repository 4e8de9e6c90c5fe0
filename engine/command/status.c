/* status: `staircase status` prints the engine's figures. */
#include "engine/command/table.h"
#include "engine/command/talk.h"

static long long figure(const struct value *row, const char *name)
{
    return (long long)row_integer(row, name);
}

static void add(const struct command_line *line, struct text_table *table, const char *en, const char *zh, struct text words)
{
    if (words.size == 0)
        return;
    text_table_cell(table, text_of(command_say(line, en, zh)));
    text_table_cell(table, words);
}

static void add_work(const struct command_line *line, struct text_table *table, const struct value *row)
{
    struct arena *arena = line->arena;
    struct text next = row_due(arena, row, "next");
    add(line, table, "  cases", "  案件",
        arena_print(arena, command_say(line, "%lld open, %lld with an incident", "%lld 件未结，%lld 件有故障"), figure(row, "cases"),
                    figure(row, "incidents")));
    add(line, table, "  waiting", "  等待",
        arena_print(arena, command_say(line, "%lld tasks for workers, %lld events for their case", "%lld 项待工作进程办理，%lld 个事件等待其案件"),
                    figure(row, "owed"), figure(row, "parked")));
    add(line, table, "  deadlines", "  时限",
        arena_print(arena, command_say(line, "next %.*s, %lld late", "下一个 %.*s，%lld 个已到未处理"), next.size ? (int)next.size : 1,
                    next.size ? next.data : "-", figure(row, "late")));
}

static void add_engine(const struct command_line *line, struct text_table *table, const struct value *row)
{
    struct arena *arena = line->arena;
    const struct value *store = row_map(row, "store");
    add(line, table, "  log", "  日志", arena_print(arena, command_say(line, "%lld events", "%lld 个事件"), figure(row, "p")));
    add(line, table, "  answered", "  已答复",
        arena_print(arena,
                    command_say(line, "%lld applied, %lld duplicate, %lld refused, %lld busy, %lld malformed",
                                "%lld 生效，%lld 重复，%lld 拒绝，%lld 忙，%lld 格式不对"),
                    figure(row, "applied"), figure(row, "duplicate"), figure(row, "refused"), figure(row, "busy"), figure(row, "malformed")));
    add(line, table, "  store", "  存储",
        arena_print(arena, command_say(line, "%lld MB used, room for %lld MB", "已用 %lld MB，可用到 %lld MB"), figure(store, "used") >> 20,
                    figure(store, "size") >> 20));
    if (row_flag(row, "read-only"))
        add(line, table, "  disk", "  磁盘", text_of(command_say(line, "full: questions are answered, nothing else", "已满：只答复查询")));
}

/* A row of the list for each line; the words of the first column only once. */
static void add_list(const struct command_line *line, struct text_table *table, const struct value *list, const char *en, const char *zh,
                     struct text (*words)(const struct command_line *line, const struct value *row))
{
    for (uint32_t i = 0; list && i < list->count; i++)
        add(line, table, i ? "" : en, i ? "" : zh, words(line, &list->items[i]));
}

static struct text deployed_words(const struct command_line *line, const struct value *row)
{
    struct text what = row_text(row, "what"), name = row_text(row, "n"), from = row_text(row, "from");
    struct text words = arena_print(line->arena, command_say(line, "%.*s %.*s version %lld", "%.*s %.*s 第 %lld 版"), (int)what.size, what.data,
                                    (int)name.size, name.data, figure(row, "version"));
    if (from.size == 0)
        return words;
    return arena_print(line->arena, command_say(line, "%.*s, from %.*s", "%.*s，自 %.*s 起"), (int)words.size, words.data, (int)from.size, from.data);
}

static struct text kind_words(const struct command_line *line, const struct value *row)
{
    struct text name = row_text(row, "w");
    return arena_print(line->arena, command_say(line, "%.*s: %lld open, %lld of them overdue; %lld closed, %lld of them late", "%.*s：未结 %lld 件，其中已逾期 %lld 件；已结 %lld 件，其中曾逾期 %lld 件"),
                       (int)name.size, name.data, figure(row, "open"), figure(row, "overdue"), figure(row, "closed"), figure(row, "late"));
}

static struct text worker_words(const struct command_line *line, const struct value *row)
{
    const struct value *topics = row_list(row, "topics");
    struct text name = row_text(row, "what"), words = topics ? value_words(line->arena, topics) : TEXT("");
    return arena_print(line->arena, command_say(line, "%.*s: works on %.*s, has %lld", "%.*s: 办理 %.*s，手上 %lld 项"), (int)name.size, name.data,
                       (int)words.size, words.data, figure(row, "leased"));
}

static struct text calendar_words(const struct command_line *line, const struct value *row)
{
    struct text due = row_due(line->arena, row, "due"), workflow = row_text(row, "w"), unit = row_text(row, "u"), why = row_text(row, "why");
    struct text words = arena_print(line->arena, "%.*s %.*s", (int)due.size, due.data, (int)workflow.size, workflow.data);
    if (text_is(row_text(row, "e"), "quota"))
        words = arena_print(line->arena, command_say(line, "%.*s: the year is counted", "%.*s：年度计数"), (int)words.size, words.data);
    if (figure(row, "units") > 1)
        words = arena_print(line->arena, command_say(line, "%.*s, %lld units", "%.*s，%lld 个单元"), (int)words.size, words.data, figure(row, "units"));
    else if (unit.size)
        words = arena_print(line->arena, "%.*s, %.*s", (int)words.size, words.data, (int)unit.size, unit.data);
    if (why.size == 0)
        return words;
    return arena_print(line->arena, command_say(line, "%.*s (the one before was passed over: %.*s)", "%.*s（上一次未能开展：%.*s）"), (int)words.size, words.data,
                       (int)why.size, why.data);
}

/* By its name, in whichever language. */
static struct text alarm_words(const struct command_line *line, const struct value *name)
{
    struct text sentence = talk_alarm(line, name->text, TEXT(""));
    return arena_print(line->arena, "%.*s: %.*s", (int)name->text.size, name->text.data, (int)sentence.size, sentence.data);
}

static void print_status(const struct command_line *line, const struct value *row)
{
    struct text_table table;
    struct text version = row_text(row, "version"), started = row_time(line->arena, row, "started");
    printf(command_say(line, "staircase %.*s on %s, since %.*s\n", "staircase %.*s，数据目录 %s，自 %.*s 起运行\n"), (int)version.size, version.data,
           line->data, (int)started.size, started.data);
    text_table_init(&table, line->arena, 2);
    add_work(line, &table, row);
    add_engine(line, &table, row);
    add_list(line, &table, row_list(row, "kinds"), "  by workflow", "  按流程", kind_words);
    add_list(line, &table, row_list(row, "calendar"), "  calendar", "  日历", calendar_words);
    add_list(line, &table, row_list(row, "deployed"), "  deployed", "  已部署", deployed_words);
    add_list(line, &table, row_list(row, "workers"), "  workers", "  工作进程", worker_words);
    add_list(line, &table, row_list(row, "alarm-names"), "  alarms", "  警报", alarm_words);
    text_table_print(&table, stdout);
}

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_STATUS};
    struct talk_page page;
    int code = talk_ask_once(line, &question, &page);
    for (uint32_t i = 0; code == COMMAND_DONE && i < page.count; i++)
        (line->json ? talk_print_row : print_status)(line, &page.rows[i]);
    return code;
}

static const struct command_option options[] = {TALK_OPTIONS, {0}};

const struct command command_status = {
    .name = "status",
    .line = {"show the engine's figures, workers and what is deployed", "查看引擎的数字、工作进程与已部署的内容"},
    .synopsis = "",
    .examples = {"  staircase status\n  staircase status --data /srv/staircase --json\n", "  staircase status\n  staircase status --data /srv/staircase --json\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
