/* explain: `staircase explain` tells why a case is where it is and what may happen next; or, with --event, what one event would do and why
 * it would be refused. See engine/explain.h for what the engine says; here it is put in order for people. */
#include <string.h>

#include "engine/command/receipt.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"

static bool zh(const struct command_line *line)
{
    return line->language == LANGUAGE_ZH;
}

/* A member that is said in both languages. */
static struct text words(const struct command_line *line, const struct value *row, const char *name)
{
    const struct value *both = row_map(row, name);
    struct text said = both ? row_text(both, zh(line) ? "zh" : "en") : TEXT("");
    return said.size || !both ? said : row_text(both, zh(line) ? "en" : "zh");
}

static void print_line(const struct command_line *line, const char *indent, const char *en, const char *chinese, struct text said)
{
    if (said.size)
        printf("%s%s%s%.*s\n", indent, command_say(line, en, chinese), command_say(line, ": ", "："), (int)said.size, said.data);
}

static struct text joined(const struct command_line *line, struct text before, const char *mark, struct text after)
{
    if (!before.size || !after.size)
        return before.size ? before : after;
    return arena_print(line->arena, "%.*s%s%.*s", (int)before.size, before.data, mark, (int)after.size, after.data);
}

/* ---- people ---- */

/* "Li Xiaomei (li), app:zhao". */
static struct text persons(const struct command_line *line, const struct value *row, const char *name)
{
    const struct value *list = row_list(row, name);
    struct text all = {"", 0};
    for (uint32_t i = 0; list && i < list->count; i++) {
        struct text id = row_text(&list->items[i], "id"), called = row_text(&list->items[i], "name");
        if (called.size)
            id = arena_print(line->arena, command_say(line, "%.*s (%.*s)", "%.*s（%.*s）"), (int)called.size, called.data, (int)id.size, id.data);
        all = joined(line, all, command_say(line, ", ", "、"), id);
    }
    return all;
}

static struct text who(const struct command_line *line, const struct value *way)
{
    struct text said = joined(line, words(line, way, "who"), command_say(line, ": ", "："), persons(line, way, "persons"));
    if (row_integer(way, "more"))
        said = arena_print(line->arena, command_say(line, "%.*s and %lld more", "%.*s等，另有 %lld 人"), (int)said.size, said.data, (long long)row_integer(way, "more"));
    struct text barred = words(line, way, "not");
    if (barred.size)
        said = arena_print(line->arena, command_say(line, "%.*s; nobody who has part in: %.*s", "%.*s；但不得是参与以下事项的人：%.*s"), (int)said.size,
                           said.data, (int)barred.size, barred.data);
    return said;
}

/* How many of them it takes, and who is waited for. */
static struct text share(const struct command_line *line, const struct value *way)
{
    struct text said = words(line, way, "share"), missing = persons(line, way, "missing");
    if (missing.size)
        said = arena_print(line->arena, command_say(line, "%.*s; waiting for %.*s", "%.*s；尚待%.*s"), (int)said.size, said.data, (int)missing.size, missing.data);
    return said;
}

/* ---- what may happen ---- */

static struct text until(const struct command_line *line, const struct value *row, const struct value *way)
{
    struct text due = due_words(line->arena, row_text(row, "zone"), row_integer(way, "until"));
    return row_flag(way, "passed") ? joined(line, due, command_say(line, ", ", "，"), text_of(command_say(line, "which has passed", "已过"))) : due;
}

static struct text condition(const struct command_line *line, const struct value *way)
{
    struct text when = words(line, way, "when");
    const char *holds = row_flag(way, "holds") ? command_say(line, " (holds now)", "（现已符合）") : command_say(line, " (does not hold now)", "（现不符合）");
    return when.size ? arena_print(line->arena, "%.*s%s", (int)when.size, when.data, holds) : when;
}

static void print_way(const struct command_line *line, const struct value *row, const struct value *way)
{
    static const char *const indent = "      ";
    struct text title = words(line, way, "title"), name = row_text(way, "e");
    printf("  %.*s\n", (int)(title.size ? title.size : name.size), title.size ? title.data : name.data);
    print_line(line, indent, "who", "办理人", who(line, way));
    print_line(line, indent, "together", "合办", share(line, way));
    print_line(line, indent, "needs", "须填", words(line, way, "needs-words"));
    print_line(line, indent, "may bring", "可填", words(line, way, "may-words"));
    print_line(line, indent, "only if", "条件", condition(line, way));
    print_line(line, indent, "until", "截至", until(line, row, way));
    if (value_get(way, "left"))
        print_line(line, indent, "times left", "尚可次数", arena_print(line->arena, "%lld", (long long)row_integer(way, "left")));
    print_line(line, indent, "then", "之后", joined(line, words(line, way, "settles"), command_say(line, "; ", "；"), words(line, way, "leads")));
}

static void print_ways(const struct command_line *line, const struct value *row)
{
    const struct value *ways = row_list(row, "ways");
    if (!ways || ways->count == 0)
        return;
    printf("%s\n", command_say(line, "What may happen next:", "接下来可以办理："));
    for (uint32_t i = 0; i < ways->count; i++)
        print_way(line, row, &ways->items[i]);
}

static const char *clock_label(const struct command_line *line, struct text clock)
{
    static const struct {
        const char *name, *en, *zh;
    } clocks[] = {{"stage", "deadline", "时限"}, {"warn", "warning", "预警"}, {"remind", "reminder", "催办"}, {"case", "limit of the whole case", "全案总时限"}, {"stop", "stopped at most until", "中止至多到"}, {"publication", "published until", "公示至"}, {"task", "task deadline", "交办时限"}};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        if (text_is(clock, clocks[i].name))
            return command_say(line, clocks[i].en, clocks[i].zh);
    return arena_string(line->arena, clock);
}

static void print_clocks(const struct command_line *line, const struct value *row)
{
    const struct value *clocks = row_list(row, "clocks");
    for (uint32_t i = 0; clocks && i < clocks->count; i++) {
        const struct value *clock = &clocks->items[i];
        struct text due = due_words(line->arena, row_text(row, "zone"), row_integer(clock, "due")), leads = words(line, clock, "leads"), task = row_text(clock, "task");
        printf("  %s%s%.*s%s%.*s%s%s%.*s\n", clock_label(line, row_text(clock, "clock")), task.size ? " " : "", (int)task.size, task.data,
               command_say(line, ": ", "："), (int)due.size, due.data,
               row_flag(clock, "stopped") ? command_say(line, " (stopped)", "（已中止）") : "", command_say(line, "; then ", "；到时："), (int)leads.size, leads.data);
    }
}

/* ---- the history ---- */

static void print_trace(const struct command_line *line, const struct value *row, const char *indent)
{
    const struct value *trace = row_list(row, "trace");
    for (uint32_t i = 0; trace && i < trace->count; i++) {
        struct text said = row_text(&trace->items[i], zh(line) ? "zh" : "en");
        printf("%s· %.*s\n", indent, (int)said.size, said.data);
    }
}

static struct text event_words(const struct command_line *line, struct text name)
{
    static const struct {
        const char *name, *en, *zh;
    } own[] = {{"open", "opened", "立案（open）"}, {"due", "a deadline", "时限到期（due）"}, {"recompute", "deadlines computed anew", "时限重算（recompute）"},
               {"release", "released", "放行（release）"}, {"accept", "taken over by a worker program", "办事程序接收（accept）"},
               {"settle", "settled by a worker program", "办事程序办结（settle）"}, {"fail", "a worker program failed", "办事程序失败（fail）"},
               {"retry", "sent out again", "重新交办（retry）"}, {"migrate", "moved to another version", "迁移到另一版本（migrate）"}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i].name))
            return text_of(command_say(line, own[i].en, own[i].zh));
    return name;
}

static struct text entry_words(const struct command_line *line, const struct value *entry)
{
    struct text time = row_time(line->arena, entry, row_integer(entry, "at") ? "at" : "t"), event = words(line, entry, "title");
    if (event.size == 0)
        event = event_words(line, row_text(entry, "e"));
    struct text as = row_text(entry, "as"), whom = row_text(entry, "for"), worker = row_text(entry, "worker");
    struct text by = as.size ? as : worker;
    if (whom.size)
        by = arena_print(line->arena, command_say(line, "%.*s for %.*s", "%.*s 代 %.*s"), (int)by.size, by.data, (int)whom.size, whom.data);
    struct text said = arena_print(line->arena, "%.*s  %.*s", (int)time.size, time.data, (int)event.size, event.data);
    return by.size ? arena_print(line->arena, command_say(line, "%.*s (%.*s)", "%.*s（%.*s）"), (int)said.size, said.data, (int)by.size, by.data) : said;
}

static void print_entry(const struct command_line *line, const struct value *entry)
{
    struct text said = entry_words(line, entry), why = row_text(entry, "why");
    printf("  %.*s\n", (int)said.size, said.data);
    if (why.size)
        printf("      · %.*s\n", (int)why.size, why.data);
    print_trace(line, entry, "      ");
}

/* ---- the case ---- */

static void print_head(const struct command_line *line, const struct value *row)
{
    struct text number = row_text(row, "no"), workflow = row_title(line->arena, row, "w", row_text(row, "w"), zh(line));
    printf(command_say(line, "%.*s%scase %lld: %.*s version %lld%s\n", "%.*s%s案件 %lld：%.*s 第 %lld 版%s\n"), (int)number.size, number.data,
           number.size ? command_say(line, ", ", "，") : "", (long long)row_integer(row, "case"), (int)workflow.size, workflow.data,
           (long long)row_integer(row, "version"), row_flag(row, "held") ? command_say(line, ", held", "，未放行") : "");
    struct text place = words(line, row, "place");
    if (row_flag(row, "overdue"))
        place = joined(line, place, command_say(line, "; ", "；"), text_of(command_say(line, "overdue", "已逾期")));
    print_line(line, "  ", "stands at", "现在", place);
    print_line(line, "  ", "waits for", "等待", words(line, row, "awaits"));
}

static void print_case(const struct command_line *line, const struct value *row)
{
    const struct value *because = row_map(row, "because");
    print_head(line, row);
    if (because) {
        print_line(line, "  ", "because", "因为", entry_words(line, because));
        print_trace(line, because, "      ");
    }
    print_clocks(line, row);
    print_ways(line, row);
    if (row_flag(row, "untold"))
        printf("%s\n", command_say(line, "Its history is too long to be told with its reasons; staircase show CASE --history has it.",
                                   "经过太长，无法逐条说明理由；可用 staircase show CASE --history 查看。"));
    else
        printf("%s\n", command_say(line, "What happened:", "经过："));
}

/* ---- one event ---- */

static void print_refused(const struct command_line *line, const struct value *row, const struct value *trial)
{
    struct text code = row_text(trial, "code"), why = row_text(trial, "why"), why_zh = row_text(trial, "why-zh");
    enum err known = err_from_name(code.data, code.size);
    printf("  %s%.*s: %s\n", command_say(line, "refused: ", "会被拒绝："), (int)code.size, code.data, known == ERR_COUNT ? "" : code_sentence(line, known));
    print_line(line, "      ", "why", "原因", zh(line) && why_zh.size ? why_zh : why);
    if (known != ERR_COUNT)
        print_line(line, "      ", "what to do", "怎么办", text_of(code_advice(line, known)));
    const struct value *can = row_list(trial, "can");
    struct text names = {"", 0};
    for (uint32_t i = 0; can && i < can->count; i++)
        names = joined(line, names, command_say(line, ", ", "、"), row_title(line->arena, row, "can", can->items[i].text, zh(line)));
    print_line(line, "      ", "possible now", "现在可办", names);
}

static int print_trial(const struct command_line *line, const struct value *row)
{
    const struct value *trial = row_map(row, "trial"), *ways = row_list(row, "ways");
    struct text event = row_text(trial, "e"), as = row_text(trial, "as"), whom = row_text(trial, "for");
    bool refused = row_text(trial, "code").size > 0;
    struct text named = row_title(line->arena, row, "can", event, zh(line));
    print_head(line, row);
    printf(command_say(line, "If %.*s sent %.*s now%s%.*s:\n", "若%.*s现在办理%.*s%s%.*s：\n"), (int)as.size, as.data, (int)named.size, named.data,
           whom.size ? command_say(line, " for ", "，代 ") : "", (int)whom.size, whom.data);
    if (row_integer(trial, "fired"))
        printf(command_say(line, "  · %lld deadlines that have passed would fire first\n", "  · 此前已到期的 %lld 项时限会先生效\n"), (long long)row_integer(trial, "fired"));
    print_trace(line, trial, "  ");
    if (refused)
        print_refused(line, row, trial);
    else
        print_line(line, "  ", "applied; it would then stand at", "会受理；之后", joined(line, words(line, trial, "then"), command_say(line, "; due ", "；时限 "),
                                                                                  due_words(line->arena, row_text(row, "zone"), row_integer(trial, "due"))));
    for (uint32_t i = 0; refused && ways && i < ways->count; i++)
        if (text_equal(row_text(&ways->items[i], "e"), event)) {
            printf("%s\n", command_say(line, "What that event takes:", "该事件的要求："));
            print_way(line, row, &ways->items[i]);
        }
    return refused ? COMMAND_REFUSED : COMMAND_DONE;
}

/* ---- all of it ---- */

static int print_page(const struct command_line *line, const struct talk_page *page, bool first)
{
    int code = COMMAND_DONE;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i];
        bool trial = row_map(row, "trial") != NULL;
        if (trial && row_text(row_map(row, "trial"), "code").size)
            code = COMMAND_REFUSED;
        if (line->json)
            talk_print_row(line, row);
        else if (trial)
            code = print_trial(line, row);
        else if (first && i == 0)
            print_case(line, row);
        else
            print_entry(line, row);
    }
    return code;
}

static bool read_question(const struct command_line *line, struct message *question)
{
    const char *event = command_value(line, "event");
    *question = (struct message){.kind = MESSAGE_EXPLAIN, .as = text_of(command_value(line, "as")), .on_behalf = text_of(command_value(line, "for")),
                                 .event = text_of(event)};
    if (!word_case(line, line->operands[0], &question->subject))
        return false;
    if (event && !command_value(line, "as")) {
        command_misuse(line, "%s", command_say(line, "--event needs --as PERSON: whether it is refused depends on who sends it.", "--event 须与 --as 人员 同用：是否受理因人而异。"));
        return false;
    }
    if (!event && (line->operand_count > 1 || command_value(line, "for"))) {
        command_misuse(line, "%s", command_say(line, "fields and --for belong to an event: name it with --event.", "字段和 --for 属于某个事件：请用 --event 指明。"));
        return false;
    }
    return word_fields(line, line->operands + 1, line->operand_count - 1, &question->data, &question->data_count);
}

static int run(struct command_line *line)
{
    struct message question;
    return read_question(line, &question) ? talk_show_pages(line, &question, print_page) : COMMAND_USAGE;
}

static const struct command_option options[] = {
    {"event", "NAME", {"what this event would do now, or why it would be refused; nothing is sent", "该事件现在办理会怎样、为何会被拒绝；并不真正发送"}, false},
    {"as", "PERSON", {"who would send it; without --event: whose eyes", "由谁办理；不带 --event 时：以谁的身份查看"}, false},
    {"for", "PERSON", {"who would be acted for", "代谁办理"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_explain = {
    .name = "explain",
    .line = {"tell why a case is where it is, what may happen next, and why an event is refused", "说明案件为何在此、接下来可办什么、某事件为何被拒绝"},
    .synopsis = "CASE [--event NAME --as PERSON [FIELD=VALUE]...]",
    .examples = {"  staircase explain 42\n"
                 "  staircase explain 金农调字〔2026〕15号 --lang zh\n"
                 "  staircase explain 42 --event sign --as li agreement=\"repaired within three days\"\n"
                 "With --event it ends with 1 when the event would be refused. Nothing is changed either way.\n",
                 "  staircase explain 42\n"
                 "  staircase explain 金农调字〔2026〕15号 --lang zh\n"
                 "  staircase explain 42 --event sign --as li agreement=三日内修好\n"
                 "带 --event 时，若会被拒绝则以 1 结束。两种用法都不改变任何内容。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};
