/* list: `staircase list` prints open cases, or the units of the directory, page by page. */
#include "engine/command/table.h"
#include "engine/command/talk.h"

static void print_cases(const struct command_line *line, struct arena *arena, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"case", "编号"},  {"number", "案号"}, {"workflow", "流程"},
                                                 {"stage", "环节"}, {"level", "层级"},  {"due", "时限"},
                                                 {"", ""},          {"unit", "单元"}};
    struct text_table table;
    text_table_begin(&table, line, arena, heads, 8);
    table.right[0] = true;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i];
        text_table_cell(&table, arena_print(arena, "%lld", (long long)row_integer(row, "case")));
        text_table_cell(&table, row_text(row, "no"));
        text_table_cell(&table, row_text(row, "w"));
        text_table_cell(&table, row_text(row, "s"));
        text_table_cell(&table, row_text(row, "l"));
        text_table_cell(&table, row_due(arena, row, "due"));
        text_table_cell(&table, row_flag(row, "overdue") ? text_of(command_say(line, "overdue", "逾期"))
                                : row_text(row, "end").size ? text_of(command_say(line, "ended", "已结"))
                                : row_flag(row, "held")  ? text_of(command_say(line, "held", "未放行"))
                                                         : TEXT(""));
        text_table_cell(&table, row_text(row, "u"));
    }
    text_table_print(&table, stdout);
}

static void print_units(const struct command_line *line, struct arena *arena, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"unit", "单元"}, {"level", "层级"}, {"title", "名称"}};
    struct text_table table;
    text_table_begin(&table, line, arena, heads, 3);
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *title = row_map(&page->rows[i], "title");
        struct text zh = row_text(title, "zh"), en = row_text(title, "en");
        bool chinese = line->language == LANGUAGE_ZH;
        text_table_cell(&table, row_text(&page->rows[i], "u"));
        text_table_cell(&table, row_text(&page->rows[i], "l"));
        text_table_cell(&table, (chinese || !en.size) && zh.size ? zh : en);
    }
    text_table_print(&table, stdout);
}

static void print_published(const struct command_line *line, struct arena *arena, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"number", "案号"}, {"workflow", "流程"}, {"unit", "单元"}, {"since", "公示起"}, {"until", "公示止"}, {"text", "内容"}};
    struct text_table table;
    text_table_begin(&table, line, arena, heads, 6);
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i], *data = row_map(row, "data");
        bool chinese = line->language == LANGUAGE_ZH;
        struct text words = TEXT(""), number = row_text(row, "no");
        for (uint32_t j = 0; data && j < data->count; j++) {
            struct text name = row_title(arena, row, "data", data->items[2 * j].text, chinese), value = row_value(arena, row, data->items[2 * j].text, &data->items[2 * j + 1], chinese);
            words = arena_print(arena, "%.*s%s%.*s: %.*s", (int)words.size, words.data, j ? "; " : "", (int)name.size, name.data, (int)value.size, value.data);
        }
        text_table_cell(&table, number.size ? number : arena_print(arena, "%lld", (long long)row_integer(row, "case")));
        text_table_cell(&table, row_title(arena, row, "w", row_text(row, "w"), chinese));
        text_table_cell(&table, row_text(row, "u"));
        text_table_cell(&table, row_time(arena, row, "since"));
        text_table_cell(&table, row_due(arena, row, "until"));
        text_table_cell(&table, words);
    }
    text_table_print(&table, stdout);
}

static void print_rows(const struct command_line *line, struct arena *arena, struct text what, const struct talk_page *page)
{
    if (text_is(what, "units"))
        print_units(line, arena, page);
    else if (text_is(what, "published"))
        print_published(line, arena, page);
    else
        print_cases(line, arena, page);
}

/* Page by page until so many rows; 0: all. */
static int print_pages(const struct command_line *line, struct client *client, struct message *question, int64_t most)
{
    struct arena arena;
    struct talk_page page;
    int64_t shown = 0;
    int code;
    arena_init(&arena);
    do {
        arena_reset(&arena);
        question->limit = most && most - shown < 1000 ? (uint32_t)(most - shown) : 1000;
        code = talk_ask(line, client, question, &arena, &page);
        for (uint32_t i = 0; line->json && i < page.count; i++)
            talk_print_row(line, &page.rows[i]);
        if (!line->json && page.count)
            print_rows(line, &arena, question->what, &page);
        shown += page.count;
        question->after = page.after;
    } while (code == COMMAND_DONE && page.after && !(most && shown >= most) && !ferror(stdout));
    if (code == COMMAND_DONE && page.after && !line->json)
        fprintf(
            stderr, "%s\n",
            command_say(line, "There are more: --limit N shows N, --limit 0 all.", "还有更多: --limit N 显示 N 条，--limit 0 显示全部。"));
    if (code == COMMAND_DONE && shown == 0 && !line->json)
        fprintf(stderr, "%s\n", command_say(line, "None.", "没有。"));
    arena_close(&arena);
    return code;
}

static int run(struct command_line *line)
{
    struct message question = {
        .kind = MESSAGE_LIST,
        .what = command_flag(line, "units") ? TEXT("units") : command_flag(line, "published") ? TEXT("published")
                : command_flag(line, "late")                                                            ? TEXT("late")
                                                                                                        : (struct text){NULL, 0},
        .unit = text_of(command_value(line, "unit")),
        .workflow = text_of(command_value(line, "workflow")),
        .stage = text_of(command_value(line, "stage")),
        .level = text_of(command_value(line, "level")),
        .as = text_of(command_value(line, "as")),
        .overdue = command_flag(line, "overdue"),
    };
    struct client *client;
    int64_t most = 100;
    if (!command_number(line, "limit", 0, 1000000000, &most))
        return COMMAND_USAGE;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = print_pages(line, client, &question, most);
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"unit", "PATH", {"only at this unit and below it", "只列该单元及其下级"}, false},
    {"workflow", "NAME", {"only of this workflow", "只列该流程"}, false},
    {"stage", "NAME", {"only in this stage", "只列该环节"}, false},
    {"level", "NAME", {"only at this level", "只列该层级"}, false},
    {"overdue", NULL, {"only what is overdue", "只列逾期的"}, false},
    {"late", NULL, {"every case, open or ended, that has missed a deadline", "列出曾逾期的案件（含已结）"}, false},
    {"published", NULL, {"what is published now, for everybody to see", "列出正在公示的内容"}, false},
    {"units", NULL, {"the units of the directory instead of cases", "改为列出通讯录中的单元"}, false},
    {"limit", "N", {"at most so many (default 100; 0: all)", "最多条数（默认 100；0 为全部）"}, false},
    {"as", "PERSON", {"whose eyes", "以谁的身份"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_list = {
    .name = "list",
    .line = {"list open cases by unit, workflow, stage, overdue; or what is published; or units", "列出未结案件（按单元、流程、环节、逾期），或列出公示、单元"},
    .synopsis = "[--unit PATH] [--workflow NAME] [--stage NAME] [--overdue] [--late] [--published] [--units]",
    .examples = {"  staircase list --unit jinnong --overdue\n"
                 "  staircase list --workflow dispute-mediation --stage consent --limit 0 --json\n"
                 "  staircase list --published --unit jinnong\n"
                 "  staircase list --units --unit jinnong/grid-3\n",
                 "  staircase list --unit jinnong --overdue\n"
                 "  staircase list --workflow dispute-mediation --stage consent --limit 0 --json\n"
                 "  staircase list --published --unit jinnong\n"
                 "  staircase list --units --unit jinnong/grid-3\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
