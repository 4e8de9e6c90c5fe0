/* watch: `staircase watch` prints what is committed as it comes, each event once and in order, until Ctrl-C. */
#include "engine/command/talk.h"
#include "engine/command/word.h"

enum { WATCH_CREDIT = 256, WATCH_WAIT_MS = 60000 };

/* What a notice says, in a word. */
static struct text kind_words(const struct command_line *line, struct text kind)
{
    static const struct {
        const char *kind, *zh;
    } kinds[] = {{"text", "通知"},      {"stage", "环节变更"}, {"warn", "临近时限"},     {"overdue", "已逾期"}, {"reminder", "提醒"},        {"cancelled", "交办取消"},
                 {"ended", "已结案"}, {"extended", "已延长"}, {"asked", "请求延长"}, {"denied", "不同意延长"}, {"handed-over", "已转交"},
                 {"stopped", "计时中止"}, {"resumed", "恢复计时"}, {"reopened", "重新办理"}, {"voted", "表决结果"}, {"published", "已公示"}, {"withdrawn", "撤下公示"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(kind, kinds[i].kind))
            return text_of(command_say(line, kinds[i].kind, kinds[i].zh));
    return kind;
}

static void print_notices(const struct command_line *line, const struct value *row)
{
    const struct value *notices = row_list(row, "notices");
    for (uint32_t i = 0; notices && i < notices->count; i++) {
        const struct value *notice = &notices->items[i], *text = row_map(notice, "text");
        const struct value *who = value_get(notice, "who");
        struct text zh = row_text(text, "zh"), en = row_text(text, "en"),
                    words = line->language == LANGUAGE_ZH && zh.size ? zh
                            : en.size                                ? en
                                                                     : zh;
        struct text whom = who ? value_words(line->arena, who) : TEXT(""), kind = kind_words(line, row_text(notice, "kind"));
        printf("    → %.*s: %.*s%s%.*s\n", (int)whom.size, whom.data, (int)kind.size, kind.data, words.size ? ": " : "", (int)words.size,
               words.data);
    }
}

static void print_news(const struct command_line *line, const struct value *row)
{
    struct arena *arena = line->arena;
    struct text when = row_time(arena, row, "t"), event = row_text(row, "e"), by = row_text(row, "as"), number = row_text(row, "no");
    struct text stage = row_text(row, "s"), level = row_text(row, "l"), unit = row_text(row, "u"), end = row_text(row, "end");
    struct text name = number.size                ? number
                       : row_integer(row, "case") ? arena_print(arena, "%lld", (long long)row_integer(row, "case"))
                       : row_text(row, "n").size == 0 ? row_text(row, "w")
                                                  : row_text(row, "n");
    printf("%lld  %.*s  %.*s  %.*s", (long long)row_integer(row, "p"), (int)when.size, when.data, (int)name.size, name.data,
           (int)event.size, event.data);
    if (by.size)
        printf(" (%.*s)", (int)by.size, by.data);
    if (end.size)
        printf(" → %.*s", (int)end.size, end.data);
    else if (stage.size)
        printf(" → %.*s%s%.*s, %.*s", (int)stage.size, stage.data, level.size ? " · " : "", (int)level.size, level.data, (int)unit.size,
               unit.data);
    else if (unit.size)
        printf(" → %.*s", (int)unit.size, unit.data);
    if (row_integer(row, "least"))
        printf(command_say(line, ": %lld of %lld in %lld", "：%3$lld 年 %1$lld 件，应有 %2$lld 件"), (long long)row_integer(row, "count"), (long long)row_integer(row, "least"),
               (long long)row_integer(row, "year"));
    printf("\n");
    print_notices(line, row);
}

static void print_row(const struct command_line *line, const struct value *row)
{
    struct arena_mark mark = arena_save(line->arena);
    struct value kept = talk_keep(line, line->arena, row);
    (line->json ? talk_print_row : print_news)(line, &kept);
    fflush(stdout);
    arena_rewind(line->arena, mark);
}

static int follow(const struct command_line *line, struct client *client, const struct message *watch, int64_t most)
{
    struct message answer = {0};
    uint64_t request;
    enum err code = client_submit(client, watch, &request);
    int64_t seen = 0;
    while (code == ERR_OK && !ferror(stdout)) {
        code = client_next(client, WATCH_WAIT_MS, &answer);
        if (code == ERR_TIMED_OUT && answer.request == 0) {
            code = ERR_OK; /* nothing has happened for a while */
            continue;
        }
        if (code == ERR_OK && (answer.kind == MESSAGE_REFUSED || answer.kind == MESSAGE_BUSY))
            return talk_answer(line, client, MESSAGE_WATCH, ERR_OK, &answer);
        if (code == ERR_OK && answer.kind == MESSAGE_NEWS) {
            print_row(line, &answer.rows);
            if (most && ++seen >= most)
                return COMMAND_DONE;
        }
    }
    return code == ERR_OK ? COMMAND_DONE : talk_answer(line, client, MESSAGE_WATCH, code, &answer);
}

static int run(struct command_line *line)
{
    struct message watch = {
        .kind = MESSAGE_WATCH,
        .credit = WATCH_CREDIT,
        .workflow = text_of(command_value(line, "workflow")),
        .unit = text_of(command_value(line, "unit")),
        .as = text_of(command_value(line, "as")),
        .what = text_of(command_flag(line, "erasures") ? "erasures" : ""),
    };
    struct client *client;
    int64_t from = 0, most = 0;
    if (!command_number(line, "from", 1, INT64_MAX, &from) || !command_number(line, "count", 1, INT64_MAX, &most))
        return COMMAND_USAGE;
    if (command_value(line, "case") && !word_case(line, command_value(line, "case"), &watch.subject))
        return COMMAND_USAGE;
    watch.position = (uint64_t)from;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = follow(line, client, &watch, most);
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"from", "POSITION", {"from this position of the log on (1: everything; default: from now on)", "从日志的该位置起（1 为全部；默认从现在起）"}, false},
    {"count", "N", {"end after so many", "收到 N 条后结束"}, false},
    {"unit", "PATH", {"only at this unit and below it", "只看该单元及其下级"}, false},
    {"workflow", "NAME", {"only of this workflow", "只看该流程"}, false},
    {"case", "CASE", {"only of this case", "只看该案件"}, false},
    {"erasures", NULL, {"only who was erased, and which cases were forgotten", "只看被清除的人员和期满销毁的案件"}, false},
    {"as", "PERSON", {"whose eyes", "以谁的身份"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_watch = {
    .name = "watch",
    .line = {"print what happens, as it is committed, with its notices", "随提交逐条显示所发生的事件与通知"},
    .synopsis = "[--from POSITION] [--unit PATH] [--workflow NAME] [--case CASE]",
    .examples = {"  staircase watch --unit jinnong\n"
                 "  staircase watch --from 1 --json >events.jsonl\n"
                 "Keep the last position that you have dealt with; after a break go on with --from of the next.\n",
                 "  staircase watch --unit jinnong\n"
                 "  staircase watch --from 1 --json >events.jsonl\n"
                 "请记下已处理的最后位置；中断后用 --from 从下一位置继续。\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
