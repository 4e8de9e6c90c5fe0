/* metrics: `staircase metrics` prints the engine's figures as Prometheus reads them. */
#include "engine/command/talk.h"

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_STATUS, .what = TEXT("metrics")};
    struct talk_page page;
    int code = talk_ask_once(line, &question, &page);
    for (uint32_t i = 0; code == COMMAND_DONE && i < page.count; i++) {
        struct text text = row_text(&page.rows[i], "text");
        if (line->json)
            talk_print_row(line, &page.rows[i]);
        else
            printf("%.*s\n", (int)text.size, text.data);
    }
    return code;
}

static const struct command_option options[] = {TALK_OPTIONS, {0}};

const struct command command_metrics = {
    .name = "metrics",
    .line = {"print the engine's figures for Prometheus", "以 Prometheus 格式输出引擎的数字"},
    .synopsis = "",
    .examples = {"  staircase metrics --data /srv/staircase\n"
                 "  staircase metrics | grep refusals\n"
                 "For node_exporter the engine writes them into a file by itself: `prometheus: {file: .../staircase.prom}` in its configuration.\n"
                 "engine/RUNBOOK.md says what each means. They hold no case, no person and no unit.\n",
                 "  staircase metrics --data /srv/staircase\n"
                 "  staircase metrics | grep refusals\n"
                 "供 node_exporter 使用时，在配置中写 prometheus: {file: .../staircase.prom}，引擎会定期写入该文件。\n"
                 "各项含义见 engine/RUNBOOK.md；其中没有案件、人员或单元的信息。\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
