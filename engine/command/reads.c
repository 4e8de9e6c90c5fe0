/* reads: `staircase reads` lists to whom something private was shown: of which case, which fields, when, over which key. */
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"

static void print_table(const struct command_line *line, const struct talk_page *page)
{
    static const struct command_words heads[] = {{"when", "时间"}, {"case", "案件"}, {"number", "案号"}, {"who", "何人"}, {"through", "经由"}, {"how", "方式"}, {"fields", "内容"}};
    struct text_table table;
    text_table_begin(&table, line, line->arena, heads, 7);
    table.right[1] = true;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct value *row = &page->rows[i], *fields = row_list(row, "fields");
        text_table_cell(&table, row_time(line->arena, row, "t"));
        text_table_cell(&table, arena_print(line->arena, "%lld", (long long)row_integer(row, "case")));
        text_table_cell(&table, row_text(row, "no"));
        text_table_cell(&table, row_text(row, "as"));
        text_table_cell(&table, row_text(row, "through"));
        text_table_cell(&table, row_text(row, "what"));
        struct text names = fields ? value_words(line->arena, fields) : TEXT("");
        text_table_cell(&table, row_flag(row, "cut") ? arena_print(line->arena, "%.*s, ...", (int)names.size, names.data) : names);
    }
    text_table_print(&table, stdout);
}

static int show_page(const struct command_line *line, const struct talk_page *page, bool first)
{
    for (uint32_t i = 0; line->json && i < page->count; i++)
        talk_print_row(line, &page->rows[i]);
    if (!line->json && page->count)
        print_table(line, page);
    if (!line->json && first && page->count == 0 && !page->after)
        fprintf(stderr, "%s\n", command_say(line, "None.", "没有。"));
    return COMMAND_DONE;
}

static int run(struct command_line *line)
{
    const char *person = command_value(line, "person"), *as = command_value(line, "as");
    struct message question = {.kind = MESSAGE_LIST, .what = TEXT("reads"), .on_behalf = text_of(person ? person : ""), .as = text_of(as ? as : "")};
    if (line->operand_count && !word_case(line, line->operands[0], &question.subject))
        return COMMAND_USAGE;
    return talk_show_pages(line, &question, show_page);
}

static const struct command_option options[] = {
    {"person", "PERSON", {"only what was shown to that person, or to worker:NAME", "只列向此人（或 worker:名称）展示的"}, false},
    {"as", "PERSON", {"who asks: over an app's key, a supervisor of the case's unit", "由谁查询：经应用密钥时须为案件所在单元的督办人员"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_reads = {
    .name = "reads",
    .line = {"list to whom something private was shown", "列出向何人展示过非公开内容"},
    .synopsis = "[CASE] [--person PERSON]",
    .examples = {"  staircase reads 金农调字〔2026〕15号\n"
                 "  staircase reads --person li --json\n"
                 "Names of fields, never what stood in them. The newest 262,144 are kept.\n",
                 "  staircase reads 金农调字〔2026〕15号\n"
                 "  staircase reads --person li --json\n"
                 "只记字段名称，不记内容。保留最近 262144 条。\n"},
    .options = options,
    .operands_most = 1,
    .run = run,
};
