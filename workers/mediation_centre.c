/* mediation_centre: the program of the mediation centre. `serve` is the worker process with the docket (centre.c); the other commands
 * are for its people and ask the serving process at its desk (desk.h says what). */
#include <signal.h>

#include "engine/command/receipt.h"
#include "engine/command/show.h"
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"
#include "engine/guard.h"
#include "workers/centre.h"

/* ---- words ---- */

static struct text state_words(const struct command_line *line, struct text state)
{
    static const struct {
        const char *name, *zh;
    } states[] = {{"received", "待受理"},  {"accepted", "已受理"},  {"returned", "已退回"},
                  {"concluded", "已办结"}, {"handed-on", "已转出"}, {"withdrawn", "已撤回"}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (text_is(state, states[i].name))
            return text_of(command_say(line, states[i].name, states[i].zh));
    return state;
}

/* What is being done about it, or what came of the last try. */
static struct text outcome_words(const struct command_line *line, const struct value *docket)
{
    struct text event = row_text(docket, "event"), code = row_text(docket, "code"), why = row_text(docket, "why");
    if (row_integer(docket, "sending"))
        return arena_print(line->arena, command_say(line, "sending %.*s", "正在发送 %.*s"), (int)event.size, event.data);
    if (code.size)
        return arena_print(line->arena, command_say(line, "%.*s refused: %.*s %.*s", "%.*s 被拒绝: %.*s %.*s"), (int)event.size, event.data,
                           (int)code.size, code.data, (int)why.size, why.data);
    return event;
}

static struct text docket_time(const struct command_line *line, const struct value *row, const char *name)
{
    int64_t time = row_integer(row_map(row, "docket"), name);
    return time_words(line->arena, row_text(row, "zone"), time);
}

/* ---- list ---- */

static void print_list(const struct command_line *line, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"case", "编号"}, {"number", "案号"}, {"state", "状态"}, {"received", "收到"},
                                                 {"stage", "环节"}, {"due", "时限"}, {"from", "来自"}, {"outcome", "结果"}};
    struct text_table table;
    text_table_begin(&table, line, line->arena, heads, 8);
    table.right[0] = true;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i], *docket = row_map(row, "docket");
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(row, "case")));
        text_table_cell(&table, row_text(row, "no"));
        text_table_cell(&table, state_words(line, row_text(docket, "state")));
        text_table_cell(&table, docket_time(line, row, "received"));
        text_table_cell(&table, row_text(row, row_text(row, "end").size ? "end" : "s"));
        text_table_cell(&table, row_due(line->arena, row, "due"));
        text_table_cell(&table, row_text(row, "home"));
        text_table_cell(&table, outcome_words(line, docket));
    }
    if (page->count)
        text_table_print(&table, stdout);
    else
        fprintf(stderr, "%s\n", command_say(line, "The docket is empty.", "卷宗中没有案件。"));
}

static void print_rows(const struct command_line *line, const struct talk_page *page, void (*print)(const struct command_line *, const struct talk_page *))
{
    for (uint32_t i = 0; line->json && i < page->count; i++)
        talk_print_row(line, &page->rows[i]);
    if (!line->json)
        print(line, page);
}

static int ask(struct command_line *line, struct message *question, void (*print)(const struct command_line *, const struct talk_page *))
{
    struct client *client;
    struct talk_page page;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    do {
        code = talk_ask(line, client, question, line->arena, &page);
        if (code == COMMAND_DONE)
            print_rows(line, &page, print);
        question->after = page.after;
    } while (code == COMMAND_DONE && page.after);
    client_disconnect(&client);
    return code;
}

static int run_list(struct command_line *line)
{
    return ask(line, &(struct message){.kind = MESSAGE_LIST, .what = command_flag(line, "all") ? TEXT("all") : (struct text){0}}, print_list);
}

/* ---- show ---- */

static void print_docket(const struct command_line *line, const struct value *row)
{
    const struct value *docket = row_map(row, "docket"), *notes = row_list(docket, "notes");
    struct text state = state_words(line, row_text(docket, "state"));
    struct text received = docket_time(line, row, "received"), accepted = docket_time(line, row, "accepted");
    struct text by = row_text(docket, "by"), outcome = outcome_words(line, docket);
    printf(command_say(line, "\nIn the docket: %.*s, received %.*s", "\n卷宗: %.*s，收到 %.*s"), (int)state.size, state.data, (int)received.size,
           received.data);
    if (accepted.size)
        printf(command_say(line, ", accepted %.*s by %.*s", "，%.*s 由 %.*s 受理"), (int)accepted.size, accepted.data, (int)by.size, by.data);
    if (row_integer(docket, "visits") > 1)
        printf(command_say(line, ", visit %lld", "，第 %lld 次到来"), (long long)row_integer(docket, "visits"));
    if (outcome.size)
        printf("; %.*s", (int)outcome.size, outcome.data);
    printf("\n");
    for (uint32_t i = 0; notes && i < notes->count; i++) {
        const struct value *words = row_map(&notes->items[i], "text");
        struct text time = time_words(line->arena, row_text(row, "zone"), row_integer(&notes->items[i], "t"));
        struct text zh = row_text(words, "zh"), en = row_text(words, "en"), said = (line->language == LANGUAGE_ZH || !en.size) && zh.size ? zh : en;
        printf("  %.*s  %.*s\n", (int)time.size, time.data, (int)said.size, said.data);
    }
}

static void print_show(const struct command_line *line, const struct talk_page *page)
{
    if (page->count == 0)
        return;
    show_case(line, &page->rows[0]);
    print_docket(line, &page->rows[0]);
    if (page->count > 1)
        show_history(line, page->rows + 1, page->count - 1);
}

static int run_show(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_SHOW, .history = true};
    return word_case(line, line->operands[0], &question.subject) ? ask(line, &question, print_show) : COMMAND_USAGE;
}

/* ---- orders ---- */

/* Kept is not sent: the exit code says that the engine has not spoken yet. */
static int print_kept(const struct command_line *line, const struct message *answer)
{
    if (line->json)
        talk_print_message(line, answer);
    else
        printf("%s\n", command_say(line, "Kept in the docket. The engine has not answered yet: it is sent until it does, and counts once.\n"
                                         "`mediation_centre list` shows what came of it.",
                                   "已存入卷宗。引擎尚未应答：将一直发送到有回答为止，不会重复计算。结果见 mediation_centre list。"));
    return COMMAND_UNCERTAIN;
}

static int deliver(struct command_line *line, struct message *order)
{
    struct client *client;
    struct message answer = {0};
    uint8_t id[ID_SIZE];
    order->kind = MESSAGE_SEND;
    order->as = command_value(line, "as") ? text_of(command_value(line, "as")) : TEXT(CENTRE_NAME);
    if (!word_case(line, line->operands[0], &order->subject) || !word_id(line, "id", &order->id))
        return COMMAND_USAGE;
    if (order->id.size == 0) {
        client_new_id(id);
        order->id = (struct text){.data = (const char *)id, .size = ID_SIZE};
    }
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    enum err err = client_ask(client, order, &answer);
    bool kept = err == ERR_OK && answer.kind == MESSAGE_PARKED;
    code = kept ? print_kept(line, &answer) : talk_answer(line, client, MESSAGE_SEND, err, &answer);
    client_disconnect(&client);
    return code;
}

static int run_accept(struct command_line *line)
{
    return deliver(line, &(struct message){.event = TEXT("claim")});
}

/* An event with one text. */
static int deliver_text(struct command_line *line, struct text event, const char *option, const char *field)
{
    const char *words = command_value(line, option);
    if (!words || !*words)
        return command_misuse(line, command_say(line, "--%s TEXT is needed.", "需要 --%s 文字。"), option);
    struct field_value data = {.name = text_of(field), .value = value_text(text_of(words))};
    return deliver(line, &(struct message){.event = event, .data = &data, .data_count = 1});
}

static int run_return(struct command_line *line)
{
    return deliver_text(line, TEXT("return"), "reason", "reason");
}

static int run_conclude(struct command_line *line)
{
    return deliver_text(line, TEXT("sign"), "agreement", "agreement");
}

static int run_send(struct command_line *line)
{
    struct message order = {.event = text_of(line->operands[1])};
    return word_fields(line, line->operands + 2, line->operand_count - 2, &order.data, &order.data_count) ? deliver(line, &order) : COMMAND_USAGE;
}

static int run_serve(struct command_line *line)
{
    return centre_serve(line);
}

/* ---- the commands ---- */

#define ORDER_OPTIONS                                                                                                  \
    {"as", "PERSON", {"who acts (default mediation-centre)", "办理人（默认 mediation-centre）"}, false},                 \
    {"id", "ID", {"the event's id, to send the same order again", "事件编号，用于重发同一指令"}, false},                  \
    TALK_HERE

static const struct command_option talk_options[] = {TALK_HERE, {0}};
static const struct command_option list_options[] = {{"all", NULL, {"also those that are done", "包括已处理的"}, false}, TALK_HERE, {0}};
static const struct command_option order_options[] = {ORDER_OPTIONS, {0}};
static const struct command_option return_options[] = {{"reason", "TEXT", {"why it goes back", "退回理由"}, false}, ORDER_OPTIONS, {0}};
static const struct command_option conclude_options[] = {{"agreement", "TEXT", {"what the parties have agreed on", "协议内容"}, false}, ORDER_OPTIONS, {0}};

#define EXAMPLES(words) {words, words}

static const struct command_option serve_options[] = {
    {"workers", "tcp://HOST:PORT", {"an engine elsewhere: its `listen: workers`", "别处的引擎：其 listen 中的 workers 地址"}, false},
    {"key-file", "FILE", {"the centre's key there: keys make mediation-centre --worker mediation-centre", "在那里的密钥：keys make mediation-centre --worker mediation-centre"}, false},
    {"clients", "tcp://HOST:PORT", {"the same engine's `listen: clients`, to read histories", "同一引擎 listen 中的 clients 地址，用于读取经过"}, false},
    {"clients-key-file", "FILE", {"the key for that: keys make NAME --app --person mediation-centre --unit UNIT", "相应的密钥：keys make 名称 --app --person mediation-centre --unit 单位"}, false},
    {0},
};

static const struct command command_docket_serve = {
    .name = "serve",
    .line = {"take escalated cases into the docket and serve the people of the centre, until Ctrl-C", "接收上报的案件并提供服务，按 Ctrl-C 停止"},
    .synopsis = "[--workers ADDRESS --key-file FILE --clients ADDRESS --clients-key-file FILE]",
    .examples = {"  mediation_centre --data var serve                      beside an engine, in its data folder\n"
                 "  mediation_centre serve --data /srv/centre --workers tcp://engine:7411 --key-file mediation-centre.key \\\n"
                 "      --clients tcp://engine:7410 --clients-key-file centre-desk.key\n"
                 "elsewhere, with its docket in a folder of its own and two keys of that engine:\n"
                 "  staircase keys make mediation-centre --worker mediation-centre --people jinnong-centre --out mediation-centre.key\n"
                 "  staircase keys make centre-desk --app --person mediation-centre --unit jinnong --out centre-desk.key\n",
                 "  mediation_centre --data var serve                      与引擎同机，使用其数据目录\n"
                 "  mediation_centre serve --data /srv/centre --workers tcp://engine:7411 --key-file mediation-centre.key \\\n"
                 "      --clients tcp://engine:7410 --clients-key-file centre-desk.key\n"
                 "在别处运行，卷宗在自己的目录中，使用该引擎的两个密钥：\n"
                 "  staircase keys make mediation-centre --worker mediation-centre --people jinnong-centre --out mediation-centre.key\n"
                 "  staircase keys make centre-desk --app --person mediation-centre --unit jinnong --out centre-desk.key\n"},
    .options = serve_options,
    .run = run_serve,
};

static const struct command command_docket_list = {
    .name = "list",
    .line = {"list the cases of the docket", "列出卷宗中的案件"},
    .synopsis = "[--all]",
    .examples = EXAMPLES("  mediation_centre list\n  mediation_centre list --all --json\n"),
    .options = list_options,
    .run = run_list,
};

static const struct command command_docket_show = {
    .name = "show",
    .line = {"show one case with its whole history", "查看案件及其全部经过"},
    .synopsis = "CASE",
    .examples = EXAMPLES("  mediation_centre show 42\n  mediation_centre show 金农调字〔2026〕15号\n"),
    .options = talk_options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run_show,
};

static const struct command command_docket_accept = {
    .name = "accept",
    .line = {"take a case on", "受理案件"},
    .synopsis = "CASE [--as PERSON]",
    .examples = EXAMPLES("  mediation_centre accept 42\n"),
    .options = order_options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run_accept,
};

static const struct command command_docket_return = {
    .name = "return",
    .line = {"hand a case back to the level below, with a reason", "说明理由，将案件退回下一级"},
    .synopsis = "CASE --reason TEXT",
    .examples = {"  mediation_centre return 42 --reason 'the community has not heard both sides'\n", "  mediation_centre return 42 --reason 社区尚未听取双方意见\n"},
    .options = return_options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run_return,
};

static const struct command command_docket_conclude = {
    .name = "conclude",
    .line = {"conclude a case with the agreement that the parties signed", "以双方签署的协议办结案件"},
    .synopsis = "CASE --agreement TEXT",
    .examples = {"  mediation_centre conclude 42 --agreement 'repaired by Friday, costs shared'\n", "  mediation_centre conclude 42 --agreement 周五前修好，费用各半\n"},
    .options = conclude_options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run_conclude,
};

static const struct command command_docket_send = {
    .name = "send",
    .line = {"send any event of the case's workflow", "发送流程中的任一事件"},
    .synopsis = "CASE EVENT [FIELD=VALUE]...",
    .examples = {"  mediation_centre send 42 comment comments='heard both sides today'\n", "  mediation_centre send 42 comment comments=今日已听取双方意见\n"},
    .options = order_options,
    .operands_least = 2,
    .operands_most = -1,
    .run = run_send,
};

static const struct command *const commands[] = {
    &command_docket_serve,  &command_docket_list,     &command_docket_show, &command_docket_accept,
    &command_docket_return, &command_docket_conclude, &command_docket_send,
};

int main(int argc, char **argv)
{
    static const struct command_program program = {
        .name = "mediation_centre",
        .line = {"the docket of the cases that have climbed to the mediation centre", "上报到调解中心的案件卷宗"},
        .commands = commands,
        .count = sizeof commands / sizeof *commands,
        .socket = CENTRE_NAME "/docket.sock",
        .server = {"mediation centre", "调解中心"},
    };
    signal(SIGPIPE, SIG_IGN);
    guard_memory();
    return command_run(&program, argc, argv);
}
