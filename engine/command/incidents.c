/* incidents: `staircase incidents` lists the tasks that a person must look at; `incidents retry` sends those of a case out again. */
#include <stdlib.h>

#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"

static void print_table(const struct command_line *line, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"task", "交办"},  {"case", "案件"},  {"number", "案号"}, {"unit", "单元"},
                                                 {"topic", "主题"}, {"since", "起于"}, {"tries", "次数"},  {"why", "原因"}};
    struct text_table table;
    text_table_begin(&table, line, line->arena, heads, 8);
    table.right[0] = table.right[1] = table.right[6] = true;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i];
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(row, "task")));
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(row, "case")));
        text_table_cell(&table, row_text(row, "no"));
        text_table_cell(&table, row_text(row, "u"));
        text_table_cell(&table, row_text(row, "topic"));
        text_table_cell(&table, row_time(line->arena, row, "t"));
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(row, "tries")));
        text_table_cell(&table, row_text(row, "why"));
    }
    text_table_print(&table, stdout);
}

static int print_open(const struct command_line *line, struct client *client, struct message *question)
{
    struct talk_page page = {0};
    int code;
    uint32_t shown = 0;
    do {
        code = talk_ask(line, client, question, line->arena, &page);
        for (uint32_t i = 0; line->json && i < page.count; i++)
            talk_print_row(line, &page.rows[i]);
        if (!line->json && page.count)
            print_table(line, &page);
        shown += page.count;
        question->after = page.after;
    } while (code == COMMAND_DONE && page.after);
    if (code == COMMAND_DONE && shown == 0 && !line->json)
        fprintf(stderr, "%s\n", command_say(line, "None.", "没有。"));
    return code;
}

/* Every open incident of the case, or the one of the task that --task names. The worst code counts. */
static int retry_all(const struct command_line *line, struct client *client, struct message *question, int64_t only)
{
    struct talk_page page;
    int code = talk_ask(line, client, question, line->arena, &page), worst = code;
    uint32_t sent = 0;
    for (uint32_t i = 0; code == COMMAND_DONE && i < page.count; i++) {
        int64_t task = row_integer(&page.rows[i], "task");
        if (only && task != only)
            continue;
        struct message event = {.kind = MESSAGE_RETRY, .task = (uint64_t)task, .as = text_of(command_value(line, "as"))};
        int one = talk_event(line, client, &event);
        worst = one > worst ? one : worst;
        sent++;
    }
    if (code == COMMAND_DONE && sent == 0)
        return command_fail(line, COMMAND_REFUSED, "%s",
                            command_say(line, "that case has no such incident. List the open ones with: staircase incidents",
                                        "该案件没有这项故障。列出未处理的: staircase incidents"));
    return worst;
}

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_INCIDENTS, .unit = text_of(command_value(line, "unit"))};
    struct client *client;
    int64_t task = 0;
    bool retry = line->operand_count > 0;
    if (retry && (!text_is(text_of(line->operands[0]), "retry") || line->operand_count != 2))
        return command_misuse(
            line, "%s",
            command_say(line, "write: staircase incidents retry CASE --as PERSON", "请写: staircase incidents retry 案件 --as 人员"));
    if (retry && !command_value(line, "as"))
        return command_misuse(line, "%s", command_say(line, "who retries it? --as PERSON is needed.", "由谁重试？需要 --as 人员。"));
    if (!command_number(line, "task", 1, INT64_MAX, &task) || (retry && !word_case(line, line->operands[1], &question.subject)))
        return COMMAND_USAGE;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = retry ? retry_all(line, client, &question, task) : print_open(line, client, &question);
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"unit", "PATH", {"only at this unit and below it", "只列该单元及其下级"}, false},
    {"as", "PERSON", {"retry: who does it, a supervisor", "重试：由谁，须为督办人员"}, false},
    {"task", "TASK", {"retry: only this one of the case", "重试：只重试该项交办"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_incidents = {
    .name = "incidents",
    .line = {"list tasks that could not be done; send them out again", "列出未能完成的交办，或重新发出"},
    .synopsis = "[retry CASE --as PERSON]",
    .examples = {"  staircase incidents --unit jinnong\n"
                 "  staircase incidents retry 金农调字〔2026〕15号 --as zhou\n",
                 "  staircase incidents --unit jinnong\n"
                 "  staircase incidents retry 金农调字〔2026〕15号 --as zhou\n"},
    .options = options,
    .operands_most = 2,
    .run = run,
};
