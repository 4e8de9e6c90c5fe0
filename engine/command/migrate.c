/* migrate: `staircase migrate` lets the open cases of a workflow go on under another version: first what would happen to each, and with --go it happens.
 *
 * Each case by itself, all or nothing: one that has no place in the other version stays as it is and says what is missing. Asked and sent in
 * windows of many, so that a thousand cases take seconds. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/command/receipt.h"
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"
#include "engine/map.h"

enum { WINDOW = 256 };

struct migration {
    const struct command_line *line;
    struct client *client;
    int64_t to, from; /* from 0: whatever they are under */
    bool go;
    struct message message; /* what is asked, or sent, of each */
    uint64_t good, bad, already;
    bool headed;
};

/* One case on its way. */
struct moved {
    const struct value *row;  /* as it stands */
    uint64_t request;
    bool done;
    struct text stage, code, why;
    int64_t due;
};

/* ---- what is to be said ---- */

static struct value read_drop(const struct command_line *line)
{
    struct list_maker list = {.arena = line->arena};
    const char *word;
    for (int i = 0; (word = command_value_at(line, "drop", i)); i++)
        list_add(&list, value_text(text_of(word)));
    return list_end(&list);
}

static bool read_call(const struct command_line *line, struct migration *migration)
{
    struct value stages, drop = read_drop(line);
    struct field_value *data = ARENA_ARRAY(line->arena, struct field_value, 2);
    struct message *message = &migration->message;
    const char *as = command_value(line, "as"), *user = getenv("USER");
    migration->go = command_flag(line, "go");
    if (!command_value(line, "to")) {
        command_misuse(line, "%s", command_say(line, "--to VERSION is missing: which version they are to go on under.", "缺少 --to 版本：要改按哪一版继续。"));
        return false;
    }
    if (!command_number(line, "to", 1, UINT32_MAX, &migration->to) || !command_number(line, "from", 1, UINT32_MAX, &migration->from) || !word_stages(line, "map", &stages))
        return false;
    *message = (struct message){.kind = migration->go ? MESSAGE_MIGRATE : MESSAGE_EXPLAIN, .workflow = text_of(line->operands[0]),
                                .version = (uint32_t)migration->to, .data = data, .as = text_of(as)};
    if (migration->go && !as)
        message->as = arena_print(line->arena, "local:%s", user && *user ? user : "operator");
    if (drop.count)
        data[message->data_count++] = (struct field_value){TEXT("drop"), drop};
    if (stages.count)
        data[message->data_count++] = (struct field_value){TEXT("stages"), stages};
    return true;
}

/* ---- what became of each ---- */

static void read_answer(struct migration *migration, struct moved *moved, const struct message *answer)
{
    struct arena *arena = migration->line->arena;
    moved->done = true;
    if (answer->kind == MESSAGE_REFUSED || answer->kind == MESSAGE_BUSY) {
        moved->code = text_of(err_name(answer->code));
        moved->why = arena_copy(arena, answer->why);
        return;
    }
    if (migration->go) {
        moved->stage = arena_copy(arena, answer->stage);
        moved->due = answer->due;
        return;
    }
    const struct value *row = answer->rows.kind == VALUE_LIST && answer->rows.count ? row_map(&answer->rows.items[0], "trial") : NULL;
    moved->stage = arena_copy(arena, row_text(row, "s"));
    moved->code = arena_copy(arena, row_text(row, "code"));
    moved->why = arena_copy(arena, row_text(row, "why"));
    moved->due = row_integer(row, "due");
}

static void print_row(struct migration *migration, struct text_table *table, const struct moved *moved)
{
    const struct command_line *line = migration->line;
    struct arena *arena = line->arena;
    struct text zone = row_text(moved->row, "zone"), before = row_text(moved->row, "s");
    bool good = moved->code.size == 0;
    struct text due = due_words(arena, zone, row_integer(moved->row, "due")), due_after = due_words(arena, zone, moved->due);
    bool same = text_equal(due, due_after);
    text_table_cell(table, arena_print(arena, "%lld", (long long)row_integer(moved->row, "case")));
    text_table_cell(table, row_text(moved->row, "no"));
    text_table_cell(table, arena_print(arena, "%lld", (long long)row_integer(moved->row, "version")));
    text_table_cell(table, good && !text_equal(before, moved->stage) ? arena_print(arena, "%.*s → %.*s", (int)before.size, before.data, (int)moved->stage.size, moved->stage.data) : before);
    text_table_cell(table, good && !same ? arena_print(arena, "%.*s → %.*s", (int)due.size, due.size ? due.data : "", (int)due_after.size, due_after.size ? due_after.data : "") : due);
    text_table_cell(table, good ? text_of(migration->go ? command_say(line, "moved", "已迁移") : command_say(line, "can go", "可迁移"))
                                : arena_print(arena, "%.*s: %.*s", (int)moved->code.size, moved->code.data, (int)moved->why.size, moved->why.data));
}

static void print_json(struct migration *migration, const struct moved *moved)
{
    struct map_maker map = map_begin(migration->line->arena);
    bool good = moved->code.size == 0;
    map_put_number(&map, "case", row_integer(moved->row, "case"));
    map_put_text(&map, "no", row_text(moved->row, "no"));
    map_put_number(&map, "from", row_integer(moved->row, "version"));
    map_put_number(&map, "to", migration->to);
    map_put_text(&map, "before", row_text(moved->row, "s"));
    map_put_number(&map, "due-before", row_integer(moved->row, "due"));
    map_put_text(&map, "after", moved->stage);
    map_put_number(&map, "due-after", moved->due);
    map_put_text(&map, "code", moved->code);
    map_put_text(&map, "why", moved->why);
    map_put(&map, "moved", value_boolean(good && migration->go));
    struct value row = map_end(&map);
    talk_print_row(migration->line, &row);
}

static void print_moved(struct migration *migration, const struct moved *moved, uint32_t count)
{
    static const struct command_words heads[] = {{"case", "编号"}, {"number", "案号"}, {"version", "版本"}, {"stage", "环节"}, {"due", "时限"}, {"", ""}};
    const struct command_line *line = migration->line;
    struct text_table table;
    text_table_init(&table, line->arena, 6);
    table.headed = !migration->headed;
    table.colour = line->colour_out;
    table.right[0] = true;
    for (int i = 0; i < 6 && !migration->headed; i++)
        text_table_cell(&table, text_of(command_say(line, heads[i].en, heads[i].zh)));
    for (uint32_t i = 0; i < count; i++) {
        *(moved[i].code.size ? &migration->bad : &migration->good) += 1;
        if (line->json)
            print_json(migration, &moved[i]);
        else
            print_row(migration, &table, &moved[i]);
    }
    if (!line->json && count)
        text_table_print(&table, stdout);
    migration->headed = migration->headed || count;
}

/* ---- asking and sending ---- */

static struct moved *moved_of(struct moved *moved, uint32_t count, uint64_t request)
{
    for (uint32_t i = 0; i < count; i++)
        if (moved[i].request == request && !moved[i].done)
            return &moved[i];
    return NULL;
}

/* One window of cases. COMMAND_DONE, or what to return. */
static int move_window(struct migration *migration, struct moved *moved, uint32_t count)
{
    enum err code = ERR_OK;
    uint32_t left = count;
    for (uint32_t i = 0; i < count && !code; i++) {
        migration->message.subject = (struct case_ref){.kind = CASE_REF_ID, .id = (uint64_t)row_integer(moved[i].row, "case")};
        code = client_submit(migration->client, &migration->message, &moved[i].request);
    }
    while (left && !code) {
        struct message answer;
        code = client_next(migration->client, -1, &answer);
        struct moved *one = code ? NULL : moved_of(moved, count, answer.request);
        if (one) {
            read_answer(migration, one, &answer);
            left--;
        }
    }
    if (!code)
        return COMMAND_DONE;
    return command_fail(migration->line, code == ERR_TIMED_OUT ? COMMAND_UNCERTAIN : command_exit_of(code), "%s %s", err_sentence(code), err_advice(code));
}

static bool is_meant(struct migration *migration, const struct value *row)
{
    int64_t version = row_integer(row, "version");
    if (version == migration->to)
        migration->already++;
    return version != migration->to && (!migration->from || version == migration->from);
}

static int move_page(struct migration *migration, const struct talk_page *page)
{
    struct moved moved[WINDOW];
    int code = COMMAND_DONE;
    for (uint32_t at = 0; at < page->count && code == COMMAND_DONE;) {
        uint32_t count = 0;
        struct arena_mark mark = arena_save(migration->line->arena);
        for (; at < page->count && count < WINDOW; at++)
            if (is_meant(migration, &page->rows[at]))
                moved[count++] = (struct moved){.row = &page->rows[at]};
        code = move_window(migration, moved, count);
        if (code == COMMAND_DONE)
            print_moved(migration, moved, count);
        arena_rewind(migration->line->arena, mark);
    }
    return code;
}

/* Open cases of the workflow, a page at a time; or the one that is named. Migrating does not move a case in the list. */
static int move_all(struct migration *migration)
{
    const struct command_line *line = migration->line;
    struct message question = {.kind = MESSAGE_LIST, .workflow = migration->message.workflow};
    struct arena arena;
    struct talk_page page;
    const char *one = command_value(line, "case");
    if (one) {
        question = (struct message){.kind = MESSAGE_SHOW};
        if (!word_case(line, one, &question.subject))
            return COMMAND_USAGE;
    }
    int code;
    arena_init(&arena);
    do {
        arena_reset(&arena);
        code = talk_ask(line, migration->client, &question, &arena, &page);
        if (code == COMMAND_DONE)
            code = move_page(migration, &page);
        question.after = page.after;
    } while (code == COMMAND_DONE && question.after);
    arena_close(&arena);
    return code;
}

static void print_sum(const struct migration *migration)
{
    const struct command_line *line = migration->line;
    if (line->json)
        return;
    printf(migration->go ? command_say(line, "%llu cases go on under version %lld; %llu could not and stay as they were; %llu were under it already.\n",
                                       "%llu 件已改按第 %lld 版继续；%llu 件不能迁移，保持不变；%llu 件此前已是该版。\n")
                         : command_say(line, "%llu cases can go on under version %lld; %llu cannot; %llu are under it already. Nothing was changed.\n",
                                       "%llu 件可改按第 %lld 版继续；%llu 件不能；%llu 件已是该版。尚未改动任何内容。\n"),
           (unsigned long long)migration->good, (long long)migration->to, (unsigned long long)migration->bad, (unsigned long long)migration->already);
    if (!migration->go && migration->good)
        printf("%s\n", command_say(line, "The same command with --go does it.", "同一命令加 --go 即执行。"));
}

static int run(struct command_line *line)
{
    struct migration migration = {.line = line};
    if (!read_call(line, &migration))
        return COMMAND_USAGE;
    int code = talk_connect(line, &migration.client);
    if (code != COMMAND_DONE)
        return code;
    code = move_all(&migration);
    client_disconnect(&migration.client);
    if (code != COMMAND_DONE)
        return code;
    print_sum(&migration);
    return migration.bad ? COMMAND_REFUSED : COMMAND_DONE;
}

static const struct command_option options[] = {
    {"to", "VERSION", {"the version that they are to go on under; it must be deployed", "要改按的版本，须已部署"}, false},
    {"from", "VERSION", {"only cases under this version", "只迁移该版本下的案件"}, false},
    {"case", "CASE", {"only this case", "只迁移该案件"}, false},
    {"map", "OLD=NEW", {"a stage that is called otherwise in that version", "在新版本中改了名的环节"}, true},
    {"drop", "NAME", {"a field whose data may be lost; an event whose parts may be; extend: what an extension added", "可舍弃其内容的字段，可舍弃其部分办理的事件；extend：已延长的时限"}, true},
    {"as", "PERSON", {"who does it (default: local:USER)", "由谁迁移（默认 local:用户名）"}, false},
    {"go", NULL, {"do it; without it, it is only told what would happen", "真正执行；不加则只说明会怎样"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_migrate = {
    .name = "migrate",
    .line = {"let open cases go on under another version of their workflow", "让在办案件改按流程的另一版本继续"},
    .synopsis = "WORKFLOW --to VERSION [--map OLD=NEW]... [--drop NAME]... [--go]",
    .examples = {"  staircase deploy dispute-2.yaml\n"
                 "  staircase migrate dispute-mediation --to 2 --map consent=first-contact\n"
                 "  staircase migrate dispute-mediation --to 2 --map consent=first-contact --go\n"
                 "Each case by itself, all or nothing, as an event of its history. Without it cases keep the version they began with.\n"
                 "Deadlines are counted anew under the new version, from the day on which the case entered its stage.\n",
                 "  staircase deploy dispute-2.yaml\n"
                 "  staircase migrate dispute-mediation --to 2 --map consent=first-contact\n"
                 "  staircase migrate dispute-mediation --to 2 --map consent=first-contact --go\n"
                 "逐案进行，要么全部迁移要么不动，并记入该案经过。不迁移的案件沿用立案时的版本。\n"
                 "时限按新版本重新计算，自案件进入该环节之日起。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
