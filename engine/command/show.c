/* show: `staircase show` prints one case: where it stands, who owes what, what it holds, and its history. */
#include <unistd.h>

#include "engine/command/show.h"
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"

struct sheet {
    const struct command_line *line;
    struct text_table table;
};

static void add(struct sheet *sheet, const char *en, const char *zh, struct text words)
{
    if (words.size == 0)
        return;
    text_table_cell(&sheet->table, arena_print(sheet->line->arena, "  %s", command_say(sheet->line, en, zh)));
    text_table_cell(&sheet->table, words);
}

/* A member of the row as people call it. */
static struct text titled(const struct command_line *line, const struct value *row, const char *member)
{
    return row_title(line->arena, row, member, row_text(row, member), line->language == LANGUAGE_ZH);
}

static struct text print_place(const struct command_line *line, const struct value *row)
{
    struct text stage = titled(line, row, "s"), level = titled(line, row, "l"), unit = titled(line, row, "u"), home = titled(line, row, "home");
    struct text words = arena_print(line->arena, "%.*s%s%.*s, %.*s", (int)stage.size, stage.data, level.size ? " · " : "", (int)level.size,
                                    level.data, (int)unit.size, unit.data);
    if (text_equal(unit, home) || home.size == 0)
        return words;
    return arena_print(line->arena, command_say(line, "%.*s (opened at %.*s)", "%.*s（立案于 %.*s）"), (int)words.size, words.data,
                       (int)home.size, home.data);
}

static struct text print_deadline(const struct command_line *line, const struct value *row)
{
    struct text due = row_due(line->arena, row, "due");
    if (row_flag(row, "waits"))
        return text_of(command_say(line, "stands still while children are waited for", "等待子案件期间停止计时"));
    if (!row_flag(row, "overdue"))
        return due;
    return arena_print(line->arena, command_say(line, "%.*s%soverdue", "%.*s%s已逾期"), (int)due.size, due.data, due.size ? ", " : "");
}

static struct text print_stop(const struct command_line *line, const struct value *row)
{
    const struct value *stop = row_map(row, "stopped");
    if (!stop)
        return TEXT("");
    struct text name = row_text(stop, "ground"), title = row_text(row_map(stop, "title"), "zh");
    bool chinese = line->language == LANGUAGE_ZH && title.size;
    struct text ground = chinese ? arena_print(line->arena, "%.*s（%.*s）", (int)title.size, title.data, (int)name.size, name.data) : name, zone = row_text(row, "zone"), until = due_words(line->arena, zone, row_integer(stop, "until"));
    return arena_print(line->arena, command_say(line, "%.*s, at most until %.*s", "%.*s，至迟至 %.*s"), (int)ground.size, ground.data,
                       (int)until.size, until.data);
}

static struct text state_words(const struct command_line *line, struct text state)
{
    static const struct {
        const char *name, *zh;
    } states[] = {{"open", "待办"}, {"held", "已认领"}, {"done", "已办"}, {"failed", "失败"}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (text_is(state, states[i].name))
            return text_of(command_say(line, states[i].name, states[i].zh));
    return state;
}

static void add_tasks(struct sheet *sheet, const struct value *row)
{
    const struct value *tasks = row_list(row, "tasks");
    struct arena *arena = sheet->line->arena;
    for (uint32_t i = 0; tasks && i < tasks->count; i++) {
        const struct value *task = &tasks->items[i];
        struct text whom = row_text(task, "for"), topic = row_text(task, "topic"), holder = row_text(task, "worker"),
                    state = state_words(sheet->line, row_text(task, "state"));
        struct text name = row_title(arena, row, "can", row_text(task, "name"), sheet->line->language == LANGUAGE_ZH); /* its event has its name */
        struct text words = arena_print(arena, "%.*s%s%.*s%s%.*s: %.*s", (int)name.size, name.data, name.size ? ", " : "", (int)whom.size, whom.data,
                                        whom.size && topic.size ? ", " : "", (int)topic.size, topic.data, (int)state.size, state.data);
        if (holder.size)
            words = arena_print(arena, command_say(sheet->line, "%.*s by %.*s", "%.*s，%.*s"), (int)words.size, words.data,
                                (int)holder.size, holder.data);
        const struct value *others = row_list(task, "with");
        struct text with = others ? value_words(arena, others) : TEXT("");
        if (with.size)
            words = arena_print(arena, command_say(sheet->line, "%.*s, with %.*s", "%.*s，协办 %.*s"), (int)words.size, words.data, (int)with.size, with.data);
        if (row_integer(task, "try"))
            words = arena_print(arena, command_say(sheet->line, "%.*s, failed attempts: %lld", "%.*s，失败 %lld 次"), (int)words.size,
                                words.data, (long long)row_integer(task, "try"));
        add(sheet, i ? "" : "task", i ? "" : "交办", words);
    }
}

static struct text in_language(const struct command_line *line, const struct value *words)
{
    struct text zh = row_text(words, "zh"), en = row_text(words, "en");
    return (line->language == LANGUAGE_ZH && zh.size) || !en.size ? zh : en;
}

/* Votes with their arithmetic, the newest last. */
static void add_votes(struct sheet *sheet, const struct value *row)
{
    const struct value *votes = row_list(row, "votes");
    struct arena *arena = sheet->line->arena;
    for (uint32_t i = 0; votes && i < votes->count; i++) {
        const struct value *vote = &votes->items[i];
        struct text title = in_language(sheet->line, row_map(vote, "title")), stage = title.size ? title : row_text(vote, "s"), says = in_language(sheet->line, row_map(vote, "says"));
        struct text words = arena_print(arena, "%.*s: %.*s", (int)stage.size, stage.data, (int)says.size, says.data);
        if (row_flag(vote, "early"))
            words = arena_print(arena, command_say(sheet->line, "%.*s, before the deadline", "%.*s，提前结束"), (int)words.size, words.data);
        if (text_is(row_text(vote, "state"), "left"))
            words = arena_print(arena, command_say(sheet->line, "%.*s, broken off", "%.*s，已中止"), (int)words.size, words.data);
        if (row_integer(vote, "late"))
            words = arena_print(arena, command_say(sheet->line, "%.*s; ballots that came too late: %lld", "%.*s；迟到选票 %lld 张"), (int)words.size,
                                words.data, (long long)row_integer(vote, "late"));
        add(sheet, i ? "" : "vote", i ? "" : "表决", words);
    }
}

/* "金农议〔2026〕1号 (case 45), resolution: doing" */
static struct text other_words(const struct command_line *line, const struct value *other)
{
    struct text number = row_text(other, "no"), workflow = row_text(other, "w"), stage = row_text(other, "s"), end = row_text(other, "end");
    struct text words = arena_print(line->arena, command_say(line, "%.*s%scase %lld", "%.*s%s案件 %lld"), (int)number.size, number.data, number.size ? ", " : "",
                                    (long long)row_integer(other, "case"));
    if (workflow.size)
        words = arena_print(line->arena, "%.*s, %.*s", (int)words.size, words.data, (int)workflow.size, workflow.data);
    struct text place = end.size ? end : stage;
    return place.size ? arena_print(line->arena, "%.*s: %.*s", (int)words.size, words.data, (int)place.size, place.data) : words;
}

static void add_children(struct sheet *sheet, const struct value *row)
{
    const struct value *children = row_list(row, "children");
    struct arena *arena = sheet->line->arena;
    for (uint32_t i = 0; children && i < children->count; i++) {
        const struct value *child = &children->items[i];
        struct text words = other_words(sheet->line, child), workflow = row_text(child, "w");
        if (row_integer(child, "task"))
            words = arena_print(arena, command_say(sheet->line, "%.*s: could not be opened (`staircase incidents` says why)", "%.*s：未能立案（原因见 staircase incidents）"),
                                (int)workflow.size, workflow.data);
        else if (!row_integer(child, "case"))
            words = text_of(command_say(sheet->line, "is being opened", "立案中"));
        add(sheet, i ? "" : "children", i ? "" : "子案件", words);
    }
}

static void add_links(struct sheet *sheet, const struct value *row)
{
    static const struct {
        const char *kind, *en, *zh;
    } kinds[] = {{"linked", "linked with", "关联案件"}, {"merged-into", "merged into", "已并入"}, {"absorbed", "took over", "并入的案件"},
                 {"split-from", "split from", "分立自"}, {"split-into", "split off", "分立出"}};
    const struct value *links = row_list(row, "links");
    for (uint32_t i = 0; links && i < links->count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (text_is(row_text(&links->items[i], "kind"), kinds[k].kind))
                add(sheet, kinds[k].en, kinds[k].zh, other_words(sheet->line, &links->items[i]));
}

static void add_data(struct sheet *sheet, const struct value *row)
{
    const struct value *data = row_map(row, "data");
    for (uint32_t i = 0; data && i < data->count; i++) {
        bool chinese = sheet->line->language == LANGUAGE_ZH;
        struct text name = row_title(sheet->line->arena, row, "data", data->items[2 * i].text, chinese),
                    words = row_value(sheet->line->arena, row, data->items[2 * i].text, &data->items[2 * i + 1], chinese);
        add(sheet, i ? "" : "data", i ? "" : "内容",
            arena_print(sheet->line->arena, "%.*s: %.*s", (int)name.size, name.data, (int)words.size, words.data));
    }
}

static bool is_among(const struct value *names, struct text name)
{
    for (uint32_t i = 0; names && i < names->count; i++)
        if (text_equal(names->items[i].text, name))
            return true;
    return false;
}

/* What there is and this viewer does not see; what was erased nobody does. */
static void add_private(struct sheet *sheet, const struct value *row)
{
    const struct value *private = row_list(row, "private"), *erased = row_list(row, "erased");
    struct list_maker list = {.arena = sheet->line->arena};
    for (uint32_t i = 0; private && i < private->count; i++)
        if (!is_among(erased, private->items[i].text))
            list_add(&list, private->items[i]);
    struct value names = list_end(&list);
    struct text words = value_words(sheet->line->arena, &names);
    if (words.size)
        words = arena_print(
            sheet->line->arena,
            command_say(sheet->line, "%.*s (--as PERSON shows them to who may see them)", "%.*s（有权者可用 --as 人员 查看）"),
            (int)words.size, words.data);
    add(sheet, "private", "不公开", words);
    add(sheet, "erased", "已清除", erased ? value_words(sheet->line->arena, erased) : TEXT(""));
}

void show_case(const struct command_line *line, const struct value *row)
{
    struct sheet sheet = {.line = line};
    struct arena *arena = line->arena;
    struct text number = row_text(row, "no"), workflow = titled(line, row, "w"),
                flag = row_flag(row, "held") ? text_of(command_say(line, ", held", "，未放行")) : TEXT("");
    printf(command_say(line, "%.*s%scase %lld: %.*s version %lld%.*s\n", "%.*s%s案件 %lld: %.*s 第 %lld 版%.*s\n"), (int)number.size,
           number.data, number.size ? ", " : "", (long long)row_integer(row, "case"), (int)workflow.size, workflow.data,
           (long long)row_integer(row, "version"), (int)flag.size, flag.data);
    text_table_init(&sheet.table, arena, 2);
    sheet.table.width = terminal_width(STDOUT_FILENO);
    add(&sheet, "ended", "结案", titled(line, row, "end"));
    if (row_flag(row, "forgotten"))
        add(&sheet, "kept", "保存", text_of(command_say(line, "no longer: what it held of people has been destroyed", "期限已满，涉及个人的内容已销毁")));
    add(&sheet, "stage", "环节", print_place(line, row));
    add(&sheet, "due", "时限", print_deadline(line, row));
    add(&sheet, "whole case", "总时限", row_due(arena, row, "limit"));
    add(&sheet, "stopped", "中止计时", print_stop(line, row));
    add(&sheet, "late", "曾逾期", row_flag(row, "late") ? text_of(command_say(line, "a deadline was missed", "是")) : TEXT(""));
    add(&sheet, "opened", "立案", row_time(arena, row, "opened"));
    add_tasks(&sheet, row);
    if (row_map(row, "parent"))
        add(&sheet, "opened by", "父案件", other_words(line, row_map(row, "parent")));
    add_children(&sheet, row);
    add_links(&sheet, row);
    add_votes(&sheet, row);
    add_data(&sheet, row);
    add_private(&sheet, row);
    add(&sheet, "possible", "可办", row_possible(arena, row, line->language == LANGUAGE_ZH));
    text_table_print(&sheet.table, stdout);
}

static struct text brought_words(const struct command_line *line, const struct value *entry)
{
    const struct value *data = row_map(entry, "data");
    struct text words = TEXT("");
    for (uint32_t i = 0; data && i < data->count; i++) {
        struct text name = data->items[2 * i].text, value = row_value(line->arena, entry, name, &data->items[2 * i + 1], line->language == LANGUAGE_ZH);
        words = arena_print(line->arena, "%.*s%s%.*s: %.*s", (int)words.size, words.data, i ? ", " : "", (int)name.size, name.data, (int)value.size, value.data);
    }
    return words;
}

/* What an entry brought: its fields, or why, or which deadline. */
static struct text entry_words(const struct command_line *line, const struct value *entry)
{
    struct arena *arena = line->arena;
    struct text says = in_language(line, row_map(entry, "says"));
    struct text why = row_text(entry, "why"), clock = row_text(entry, "clock");
    const struct value *other = row_map(entry, "other");
    struct text words = brought_words(line, entry), number = other ? row_text(other, "no") : TEXT(""), end = other ? row_text(other, "end") : TEXT("");
    if (other)
        words = arena_print(arena, "%.*s%scase %lld%s%.*s%s%.*s", (int)number.size, number.data, number.size ? " " : "", (long long)row_integer(other, "case"), end.size ? ": " : "",
                            (int)end.size, end.data, words.size ? "; " : "", (int)words.size, words.data);
    if (clock.size)
        words = arena_print(arena, "%.*s%s%.*s", (int)clock.size, clock.data, words.size ? "; " : "", (int)words.size, words.data);
    if (why.size)
        words = arena_print(arena, "%.*s%s%.*s", (int)words.size, words.data, words.size ? "; " : "", (int)why.size, why.data);
    if (says.size)
        words = arena_print(arena, "%.*s%s%.*s", (int)words.size, words.data, words.size ? "; " : "", (int)says.size, says.data);
    return words;
}

void show_history(const struct command_line *line, const struct value *rows, uint32_t count)
{
    static const struct command_words heads[] = {{"position", "序号"},    {"when", "时间"}, {"event", "事件"}, {"by", "办理人"},
                                                 {"then at", "其后环节"}, {"unit", "单元"}, {"due", "时限"},   {"with", "内容"}};
    struct text_table table;
    text_table_begin(&table, line, line->arena, heads, 8);
    table.right[0] = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct value *entry = &rows[i];
        struct text by = row_text(entry, "as"), whom = row_text(entry, "for"), worker = row_text(entry, "worker"),
                    stage = row_text(entry, "s"), level = row_text(entry, "l"), end = row_text(entry, "end");
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(entry, "p")));
        text_table_cell(&table, row_time(line->arena, entry, row_integer(entry, "at") ? "at" : "t"));
        text_table_cell(&table, row_text(entry, "e"));
        text_table_cell(&table, whom.size ? arena_print(line->arena, command_say(line, "%.*s for %.*s", "%.*s 代 %.*s"), (int)by.size,
                                                        by.data, (int)whom.size, whom.data)
                                : by.size ? by
                                          : worker);
        text_table_cell(&table, end.size ? end
                                         : arena_print(line->arena, "%.*s%s%.*s", (int)stage.size, stage.data, level.size ? " · " : "",
                                                       (int)level.size, level.data));
        text_table_cell(&table, row_text(entry, "u"));
        text_table_cell(&table, row_due(line->arena, entry, "due"));
        text_table_cell(&table, entry_words(line, entry));
    }
    printf("\n");
    text_table_print(&table, stdout);
}

static int print_page(const struct command_line *line, const struct talk_page *page, bool first)
{
    if (line->json) {
        for (uint32_t i = 0; i < page->count; i++)
            talk_print_row(line, &page->rows[i]);
        return COMMAND_DONE;
    }
    uint32_t skip = first && page->count ? 1 : 0;
    if (skip)
        show_case(line, &page->rows[0]);
    if (page->count > skip)
        show_history(line, page->rows + skip, page->count - skip);
    return COMMAND_DONE;
}

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_SHOW, .history = command_flag(line, "history"), .as = text_of(command_value(line, "as"))};
    return word_case(line, line->operands[0], &question.subject) ? talk_show_pages(line, &question, print_page) : COMMAND_USAGE;
}

static const struct command_option options[] = {
    {"history", NULL, {"with everything that happened to it", "连同全部经过"}, false},
    {"as", "PERSON", {"whose eyes: private fields are shown to those who may see them, and that is recorded", "以谁的身份：有权者可见不公开的字段，并留下记录"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_show = {
    .name = "show",
    .line = {"show one case, with its history if asked", "查看案件及其经过"},
    .synopsis = "CASE [--history] [--as PERSON]",
    .examples = {"  staircase show 42\n"
                 "  staircase show 金农调字〔2026〕15号 --history\n"
                 "  staircase show 0190f1c2-7f3e-7abc-8def-0123456789ab --json\n",
                 "  staircase show 42\n"
                 "  staircase show 金农调字〔2026〕15号 --history\n"
                 "  staircase show 0190f1c2-7f3e-7abc-8def-0123456789ab --json\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
