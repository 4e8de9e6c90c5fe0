/* rehearse: `staircase rehearse` tries a changed workflow on the cases that there are, live and past, and tells what would differ. It reads the
 * data folder itself, also while an engine runs on it, and writes nothing. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/command/files.h"
#include "engine/command/folder.h"
#include "engine/command/table.h"
#include "engine/command/talk.h"
#include "engine/command/word.h"
#include "engine/command/row.h"
#include "engine/map.h"
#include "engine/rehearse.h"

enum { TABLE_ROWS = 200, COLUMNS = 5 };

struct rehearsal {
    const struct command_line *line;
    struct text_table table;
    uint32_t rows;   /* in the table */
    uint64_t shown, most;
    bool all;
};

/* ---- one case ---- */

static struct text place_words(const struct command_line *line, const struct rehearsed_place *place)
{
    if (*place->end)
        return arena_print(line->arena, command_say(line, "ended: %s", "已结案：%s"), place->end);
    return arena_print(line->arena, "%s%s%s", place->stage, *place->level ? " · " : "", place->level);
}

static struct text joined(const struct command_line *line, struct text before, struct text after)
{
    return before.size ? arena_print(line->arena, "%.*s%s%.*s", (int)before.size, before.data, command_say(line, "; ", "；"), (int)after.size, after.data) : after;
}

static struct text refusal_words(const struct command_line *line, const struct rehearsed *rehearsed)
{
    struct text at = time_words(line->arena, text_of(rehearsed->zone), rehearsed->refused_at);
    struct text words = arena_print(line->arena, command_say(line, "refused on %.*s: %.*s by %.*s, %s (%.*s)", "%.*s 会被拒绝：%.*s（%.*s），%s（%.*s）"), (int)at.size, at.data,
                                    (int)rehearsed->refused.size, rehearsed->refused.data, (int)rehearsed->refused_by.size, rehearsed->refused_by.data,
                                    err_name(rehearsed->refused_code), (int)rehearsed->refused_why.size, rehearsed->refused_why.data);
    if (rehearsed->refused_count > 1)
        words = arena_print(line->arena, command_say(line, "%.*s and %u more", "%.*s，另有 %u 次"), (int)words.size, words.data, rehearsed->refused_count - 1);
    return words;
}

static struct text difference_words(const struct command_line *line, const struct rehearsed *rehearsed)
{
    struct text words = {"", 0};
    if (rehearsed->too_long)
        return text_of(command_say(line, "its history is too long to be rehearsed", "经过太长，未推演"));
    if (rehearsed->no_place.size)
        words = arena_print(line->arena, command_say(line, "no place: %.*s", "无处可去：%.*s"), (int)rehearsed->no_place.size, rehearsed->no_place.data);
    if (rehearsed->late)
        words = joined(line, words, text_of(command_say(line, "would be late", "将逾期")));
    if (rehearsed->relieved)
        words = joined(line, words, text_of(command_say(line, "would not be late", "将不再逾期")));
    if (rehearsed->flipped)
        words = joined(line, words, text_of(command_say(line, "a vote would go the other way", "表决结果将改变")));
    if (rehearsed->refused_count)
        words = joined(line, words, refusal_words(line, rehearsed));
    return words;
}

static void print_json(struct rehearsal *rehearsal, const struct rehearsed *rehearsed)
{
    struct arena *arena = rehearsal->line->arena;
    struct arena_mark mark = arena_save(arena);
    struct map_maker map = map_begin(arena);
    map_put_number(&map, "case", (int64_t)rehearsed->id);
    map_put_text(&map, "no", rehearsed->number);
    map_put_number(&map, "version", rehearsed->version);
    map_put_string(&map, "s", rehearsed->is.stage);
    map_put_string(&map, "l", rehearsed->is.level);
    map_put_string(&map, "end", rehearsed->is.end);
    map_put_number(&map, "due", rehearsed->is.due);
    map_put_string(&map, "would-s", rehearsed->would.stage);
    map_put_string(&map, "would-l", rehearsed->would.level);
    map_put_string(&map, "would-end", rehearsed->would.end);
    map_put_number(&map, "would-due", rehearsed->would.due);
    map_put_flag(&map, "late", rehearsed->late);
    map_put_flag(&map, "relieved", rehearsed->relieved);
    map_put_flag(&map, "elsewhere", rehearsed->elsewhere);
    map_put_number(&map, "flipped", rehearsed->flipped);
    map_put_text(&map, "no-place", rehearsed->no_place);
    map_put_number(&map, "refused", rehearsed->refused_count);
    map_put_text(&map, "event", rehearsed->refused);
    map_put_text(&map, "by", rehearsed->refused_by);
    map_put_text(&map, "why", rehearsed->refused_why);
    map_put_string(&map, "code", rehearsed->refused_count ? err_name(rehearsed->refused_code) : "");
    map_put_flag(&map, "not-opened", rehearsed->not_opened);
    map_put_flag(&map, "blind", rehearsed->blind);
    map_put_flag(&map, "too-long", rehearsed->too_long);
    struct value row = map_end(&map);
    talk_print_row(rehearsal->line, &row);
    arena_rewind(arena, mark);
}

/* ---- the table, a piece at a time ---- */

static void begin_table(struct rehearsal *rehearsal, bool heads)
{
    static const struct command_words titles[COLUMNS] = {{"case", "编号"}, {"number", "案号"}, {"stands", "现在"}, {"would stand", "将会"}, {"", ""}};
    const struct command_line *line = rehearsal->line;
    text_table_init(&rehearsal->table, line->arena, COLUMNS);
    rehearsal->table.headed = heads;
    rehearsal->table.colour = line->colour_out;
    rehearsal->table.width = terminal_width(STDOUT_FILENO);
    rehearsal->table.right[0] = true;
    rehearsal->rows = 0;
    for (int i = 0; i < COLUMNS && heads; i++)
        text_table_cell(&rehearsal->table, text_of(command_say(line, titles[i].en, titles[i].zh)));
}

static void take(void *context, const struct rehearsed *rehearsed)
{
    struct rehearsal *rehearsal = context;
    const struct command_line *line = rehearsal->line;
    if (!rehearsal->all && !rehearsed_differs(rehearsed))
        return;
    rehearsal->shown++;
    if (line->json) {
        print_json(rehearsal, rehearsed);
        return;
    }
    if (rehearsal->most && rehearsal->shown > rehearsal->most)
        return;
    bool same = !rehearsed->elsewhere && !rehearsed->not_opened && !rehearsed->too_long;
    text_table_cell(&rehearsal->table, arena_print(line->arena, "%llu", (unsigned long long)rehearsed->id));
    text_table_cell(&rehearsal->table, rehearsed->number);
    text_table_cell(&rehearsal->table, place_words(line, &rehearsed->is));
    text_table_cell(&rehearsal->table, same                    ? TEXT("=")
                                       : rehearsed->not_opened ? text_of(command_say(line, "not opened", "不会立案"))
                                       : rehearsed->too_long   ? TEXT("?")
                                                               : place_words(line, &rehearsed->would));
    text_table_cell(&rehearsal->table, difference_words(line, rehearsed));
    rehearsal->rows++;
}

/* ---- all of it ---- */

static void print_sum(const struct rehearsal *rehearsal, const struct rehearse_sum *sum)
{
    const struct command_line *line = rehearsal->line;
    const struct {
        const char *name, *en, *zh;
        uint64_t count;
    } figures[] = {
        {"late", "would be late and are not", "件将逾期（现未逾期）", sum->late},
        {"relieved", "are late and would not be", "件现已逾期而将不逾期", sum->relieved},
        {"flipped", "have a vote that would go the other way", "件表决结果将改变", sum->flipped},
        {"refused", "have an event that would be refused", "件有事件会被拒绝", sum->refused},
        {"no-place", "have no place in it as they stand", "件按现状在新流程中无处可去", sum->no_place},
        {"elsewhere", "would stand elsewhere", "件所处位置会不同", sum->elsewhere},
        {"too-long", "have a history too long to be rehearsed", "件经过太长，未推演", sum->too_long},
        {"unreadable", "could not be read", "件无法读取", sum->unreadable},
    };
    if (line->json) {
        struct map_maker map = map_begin(line->arena);
        map_put(&map, "cases", value_integer((int64_t)sum->cases));
        map_put(&map, "open", value_integer((int64_t)sum->open));
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
            map_put(&map, figures[i].name, value_integer((int64_t)figures[i].count));
        struct map_maker row = map_begin(line->arena);
        map_put(&row, "summary", map_end(&map));
        struct value value = map_end(&row);
        talk_print_row(line, &value);
        return;
    }
    printf(command_say(line, "%llu cases rehearsed, %llu of them open:\n", "共推演 %llu 件，其中在办 %llu 件：\n"), (unsigned long long)sum->cases, (unsigned long long)sum->open);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (figures[i].count || i < 6)
            printf("  %8llu %s\n", (unsigned long long)figures[i].count, command_say(line, figures[i].en, figures[i].zh));
    printf("%s\n", command_say(line, "Nothing was changed.", "未改动任何内容。"));
}

static int rehearse_all(struct rehearsal *rehearsal, struct engine *engine, const struct rehearse_options *options)
{
    const struct command_line *line = rehearsal->line;
    struct rehearse *rehearse;
    struct rehearse_sum sum = {0};
    uint64_t after = 0;
    enum err code = rehearse_open(&rehearse, engine, options);
    struct arena_mark mark = arena_save(line->arena);
    begin_table(rehearsal, true);
    while (!code) {
        code = rehearse_some(rehearse, &after, &sum, take, rehearsal);
        command_progress(line, command_say(line, "cases", "案件"), sum.cases, 0);
        if (line->json || (rehearsal->rows < TABLE_ROWS && code != ERR_NOT_FOUND))
            continue;
        command_progress_end(line);
        if (rehearsal->rows)
            text_table_print(&rehearsal->table, stdout);
        arena_rewind(line->arena, mark);
        begin_table(rehearsal, false);
    }
    rehearse_close(&rehearse);
    command_progress_end(line);
    if (code != ERR_NOT_FOUND)
        return command_fail(line, command_exit_of(code), "%s %s", err_sentence(code), err_advice(code));
    if (!line->json && rehearsal->most && rehearsal->shown > rehearsal->most)
        printf(command_say(line, "… and %llu more: --limit 0 shows all.\n", "……另有 %llu 件：--limit 0 显示全部。\n"), (unsigned long long)(rehearsal->shown - rehearsal->most));
    print_sum(rehearsal, &sum);
    return COMMAND_DONE;
}

static int rehearse_in(struct command_line *line, struct engine *engine, const struct value *stages)
{
    struct rehearsal rehearsal = {.line = line, .most = 100, .all = command_flag(line, "all")};
    struct checked_file file;
    struct timespec wall;
    int64_t most = 100;
    if (!command_number(line, "limit", 0, 1000000000, &most))
        return COMMAND_USAGE;
    rehearsal.most = (uint64_t)most;
    int code = file_check(line, line->operands[0], engine_directory(engine), &file);
    if (code != COMMAND_DONE)
        return code;
    if (file.source.kind != SOURCE_WORKFLOW)
        return command_fail(line, COMMAND_REFUSED, command_say(line, "%s is no workflow.", "%s 不是流程。"), file.path);
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t now = (int64_t)wall.tv_sec * 1000;
    const struct rehearse_options options = {.workflow = &file.source.workflow, .stages = stages->count ? stages : NULL,
                                             .now = now > engine_now(engine) ? now : engine_now(engine), .open_only = command_flag(line, "open")};
    return rehearse_all(&rehearsal, engine, &options);
}

static int run(struct command_line *line)
{
    struct folder folder;
    struct value stages;
    if (!word_stages(line, "map", &stages))
        return COMMAND_USAGE;
    int done = folder_open(line, &folder);
    if (done == COMMAND_DONE)
        done = rehearse_in(line, folder.engine, &stages);
    folder_close(&folder);
    return done;
}

static const struct command_option options[] = {
    {"map", "OLD=NEW", {"a stage that is called otherwise in the changed workflow", "在改动后的流程中改了名的环节"}, true},
    {"open", NULL, {"only open cases", "只推演在办案件"}, false},
    {"all", NULL, {"also list the cases for which nothing differs", "也列出没有变化的案件"}, false},
    {"limit", "N", {"list at most so many (default 100; 0: all); all are counted", "最多列出条数（默认 100；0 为全部），计数不受影响"}, false},
    {0},
};

const struct command command_rehearse = {
    .name = "rehearse",
    .line = {"try a changed workflow on the cases that there are; nothing is changed", "用已有案件推演改动后的流程，不改动任何内容"},
    .synopsis = "NEW.yaml [--map OLD=NEW]... [--open]",
    .examples = {"  staircase rehearse dispute-2.yaml\n"
                 "  staircase rehearse dispute-2.yaml --map consent=first-contact --open\n"
                 "What people sent is decided again under the changed workflow, at the time when they sent it. It need not be deployed.\n"
                 "The data folder is read, also while an engine runs on it, or a copy of it (--data COPY).\n",
                 "  staircase rehearse dispute-2.yaml\n"
                 "  staircase rehearse dispute-2.yaml --map consent=first-contact --open\n"
                 "人们办理过的事项按当时的时间、依改动后的流程重新判定。该流程不必已部署。\n"
                 "读取数据目录，引擎运行时也可；或读取其副本（--data 副本）。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
