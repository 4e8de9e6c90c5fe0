/* status: `staircase status` prints the engine's figures. */
#include "engine/command/table.h"
#include "engine/command/talk.h"

/* Members whose value is a moment. */
static bool is_time(struct text name)
{
    return text_is(name, "t") || text_is(name, "started") || text_is(name, "next");
}

static const char *title(const struct command_line *line, struct text name)
{
    static const struct {
        const char *name;
        struct command_words words;
    } titles[] = {
        {"p", {"position", "日志位置"}},
        {"t", {"time", "时间"}},
        {"cases", {"open cases", "未结案件"}},
        {"held", {"of these held", "其中未放行"}},
        {"parked", {"parked events", "暂存事件"}},
        {"incidents", {"incidents", "故障"}},
        {"owed", {"tasks owed to workers", "待工作进程办理"}},
        {"next", {"next deadline", "下一时限"}},
        {"late", {"deadlines not yet fired", "已到未处理的时限"}},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (text_is(name, titles[i].name))
            return command_say(line, titles[i].words.en, titles[i].words.zh);
    return arena_string(line->arena, name);
}

static void add_rows(const struct command_line *line, struct text_table *table, struct text name, const struct value *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        text_table_cell(table, i ? TEXT("") : text_of(title(line, name)));
        text_table_cell(table, value_words(line->arena, &list->items[i]));
    }
}

static void print_status(const struct command_line *line, const struct value *row)
{
    struct text_table table;
    text_table_init(&table, line->arena, 2);
    for (uint32_t i = 0; row->kind == VALUE_MAP && i < row->count; i++) {
        struct text name = row->items[2 * i].text;
        const struct value *value = &row->items[2 * i + 1];
        if (value->kind == VALUE_LIST) {
            add_rows(line, &table, name, value);
            continue;
        }
        text_table_cell(&table, text_of(title(line, name)));
        text_table_cell(&table,
                        is_time(name) ? row_time(line->arena, row, arena_string(line->arena, name)) : value_words(line->arena, value));
    }
    text_table_print(&table, stdout);
}

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_STATUS};
    struct client *client;
    struct talk_page page;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = talk_ask(line, client, &question, line->arena, &page);
    for (uint32_t i = 0; code == COMMAND_DONE && i < page.count; i++)
        (line->json ? talk_print_row : print_status)(line, &page.rows[i]);
    client_disconnect(&client);
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
