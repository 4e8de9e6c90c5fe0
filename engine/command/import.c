/* import: `staircase import` brings an office's old cases along, from a CSV of events.
 *
 * It reads ahead a bounded number of rows and sends them in an order that follows from the file alone (import_queue.h). Case keys and event ids
 * do, too, so a second run, or one after an interruption, finds what was applied before and changes nothing. The cases are
 * held: they live in their own times and send nothing out until they are released (--release, or `staircase release`).
 *
 * A row whose case was not opened before it is parked by the engine, and the file goes on: the opening may come further down. Where it does
 * not (it is missing, or was refused), the row is left waiting in the engine, and the report says so. */
#include "engine/command/import_queue.h"
#include "engine/command/import_row.h"
#include "engine/command/talk.h"
#include "engine/source.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>

struct reason {
    enum err code;
    uint64_t count;
    uint64_t line;    /* of the first */
    char why[200];
};

struct import {
    struct command_line *line;
    const char *path;
    struct import_map map;
    struct csv csv;
    struct client *client;
    struct import_queue queue;
    struct import_row *under_way[IMPORT_IN_FLIGHT + 1];
    struct arena scratch;          /* of one message */
    FILE *refused_file;
    uint64_t rows, skipped, applied, duplicates, refused, released, waiting, bytes;
    uint32_t expected;             /* of those under way: the round waits for their answers */
    uint32_t stranded;             /* parked, their case not opened yet */
    struct reason reasons[ERR_COUNT];
    bool reading, releasing;
    uint32_t release_slot;         /* the next case to release */
    const char *as;
};

/* ---- what became of the rows ---- */

static void note_refused(struct import *import, enum err code, uint64_t row_line, struct text why)
{
    struct reason *reason = &import->reasons[code];
    import->refused++;
    if (reason->count++ > 0)
        return;
    reason->code = code;
    reason->line = row_line;
    snprintf(reason->why, sizeof reason->why, "%.*s", (int)(why.size < 190 ? why.size : 190), why.data);
}

static void write_cell(FILE *file, struct text cell, char end)
{
    fputc('"', file);
    for (size_t i = 0; i < cell.size; i++) {
        if (cell.data[i] == '"')
            fputc('"', file);
        fputc(cell.data[i], file);
    }
    fputc('"', file);
    fputc(end, file);
}

static void keep_refused(struct import *import, const struct text *cells, uint32_t count, enum err code, struct text why)
{
    if (!import->refused_file)
        return;
    for (uint32_t i = 0; i < count; i++)
        write_cell(import->refused_file, cells[i], ',');
    write_cell(import->refused_file, text_of(err_name(code)), ',');
    write_cell(import->refused_file, why, '\n');
}

static void note_bad_row(struct import *import, struct text why)
{
    note_refused(import, ERR_BAD_DATA, import->csv.line, why);
    keep_refused(import, import->csv.cells, import->csv.cell_count, ERR_BAD_DATA, why);
}

/* ---- sending ---- */

/* The slot of a request under way; of request 0, which there is not: a free one. They are few. */
static struct import_row **slot_of(struct import *import, uint64_t request)
{
    for (size_t i = 0; i < sizeof import->under_way / sizeof *import->under_way; i++) {
        struct import_row *row = import->under_way[i];
        if ((row ? row->request : 0) == request)
            return &import->under_way[i];
    }
    return NULL;
}

static bool make_message(struct import *import, struct import_row *row, struct message *message, struct text *why)
{
    if (row->activity)
        return import_message(&import->map, row->activity, row->cells, row->time, row->subject->key, &import->scratch, message, why);
    *message = (struct message){.kind = MESSAGE_RELEASE, .as = text_of(import->as),
                                .subject = {.kind = CASE_REF_KEY, .text = {(const char *)row->subject->key, ID_SIZE}}};
    return true;
}

static enum err send_row(struct import *import, struct import_row *row)
{
    struct message message;
    struct text why = {0};
    arena_reset(&import->scratch);
    if (!make_message(import, row, &message, &why)) {
        note_refused(import, ERR_BAD_DATA, row->line, why);
        keep_refused(import, row->cells, row->cell_count, ERR_BAD_DATA, why);
        free(row);
        return ERR_OK;
    }
    message.id = (struct text){(const char *)row->id, ID_SIZE};
    enum err code = client_submit(import->client, &message, &row->request);
    if (code) {
        free(row);
        return code;
    }
    *slot_of(import, 0) = row; /* client_submit takes no more than there are slots */
    import->expected++;
    return ERR_OK;
}

/* No longer waited for: the engine keeps it until its case comes, or the park expires. */
static void leave_waiting(struct import *import, struct import_row **slot)
{
    client_forget(import->client, (*slot)->request);
    free(*slot);
    *slot = NULL;
    import->stranded--;
    import->waiting++;
}

/* Parked: what follows of its case must not wait for it, since the opening may be among that. */
static void row_parked(struct import *import, struct import_row **slot)
{
    struct import_row *row = *slot;
    if (row->parked)
        return; /* told again */
    row->parked = true;
    import->expected--;
    if (row->subject->opened)
        return;
    row->stranded = true;
    import->stranded++;
    if (import->stranded == IMPORT_STRANDED_MOST)
        leave_waiting(import, slot);
}

/* Their final answers are on their way now. */
static void case_opened(struct import *import, struct import_case *subject)
{
    subject->opened = true;
    for (size_t i = 0; import->stranded && i < sizeof import->under_way / sizeof *import->under_way; i++) {
        struct import_row *row = import->under_way[i];
        if (row && row->stranded && row->subject == subject) {
            row->stranded = false;
            import->stranded--;
        }
    }
}

static void note_answer(struct import *import, struct import_row *row, const struct message *answer)
{
    if (answer->kind == MESSAGE_APPLIED)
        *(row->activity ? &import->applied : &import->released) += 1;
    else if (answer->kind == MESSAGE_DUPLICATE)
        import->duplicates++;
    else if (row->activity || answer->code != ERR_NOT_NOW) { /* a release of a case that is live already is none */
        note_refused(import, answer->code, row->line, answer->why);
        keep_refused(import, row->cells, row->cell_count, answer->code, answer->why);
    }
    if (answer->kind != MESSAGE_REFUSED && row->activity && row->activity->opens)
        case_opened(import, row->subject);
}

static enum err take_answer(struct import *import)
{
    struct message answer;
    enum err code = client_next(import->client, -1, &answer);
    if (code)
        return code;
    struct import_row **slot = slot_of(import, answer.request);
    if (!slot || !*slot)
        return ERR_OK;
    struct import_row *row = *slot;
    if (answer.kind == MESSAGE_PARKED) {
        row_parked(import, slot);
        return ERR_OK;
    }
    *slot = NULL;
    note_answer(import, row, &answer);
    import->expected -= !row->parked;
    import->stranded -= row->stranded;
    free(row);
    return ERR_OK;
}

/* ---- reading ---- */

/* The row that was just read, as one to send; NULL: there is nothing to send, and it was noted why. */
static enum err make_row(struct import *import, struct import_row **out)
{
    const struct csv *csv = &import->csv;
    struct text name, activity_name, why = {0};
    int64_t time = 0;
    uint8_t key[ID_SIZE];
    *out = NULL;
    arena_reset(&import->scratch);
    bool known = import_cell_text(&import->scratch, &import->map.subject, csv->cells, &name, &why) &&
                 import_cell_text(&import->scratch, &import->map.activity, csv->cells, &activity_name, &why);
    const struct import_activity *activity = known ? import_map_find(&import->map, activity_name) : NULL;
    if (activity && activity->skip) {
        import->skipped++;
        return ERR_OK;
    }
    if (known && !activity)
        why = arena_print(&import->scratch, "\"%.*s\" is not in the mapping's events", (int)activity_name.size, activity_name.data);
    if (!activity || !import_time(&import->map, csv->cells, &import->scratch, &time, &why)) {
        note_bad_row(import, why);
        return ERR_OK;
    }
    import_key(&import->map, name, key);
    struct import_case *subject = import_queue_case(&import->queue, key);
    struct import_row *row = subject ? import_queue_row(subject, csv) : NULL;
    if (!row)
        return ERR_NO_MEMORY;
    subject->same = time == subject->last_time ? subject->same + 1 : 0;
    subject->last_time = time;
    row->activity = activity;
    row->time = time;
    import_id(&import->map, row->cells, row->cell_count, time, subject->same, row->id);
    *out = row;
    return ERR_OK;
}

static enum err read_row(struct import *import, struct import_row **row)
{
    const char *why;
    *row = NULL;
    enum err code = csv_next(&import->csv, &why);
    if (code == ERR_NOT_FOUND) {
        import->reading = false;
        return ERR_OK;
    }
    if (code == ERR_IO)
        return code;
    import->rows++;
    if (import->rows % 256 == 0)
        command_progress(import->line, "import", (uint64_t)ftell(import->csv.file), import->bytes);
    if (code == ERR_MALFORMED) {
        note_bad_row(import, text_of(why));
        return ERR_OK;
    }
    return make_row(import, row);
}

/* The release of the next case; its id follows from its key, so that a second run is a duplicate. */
static enum err release_row(struct import *import, struct import_row **row)
{
    *row = NULL;
    while (import->release_slot < import->queue.case_slots && !import->queue.cases[import->release_slot])
        import->release_slot++;
    if (import->release_slot == import->queue.case_slots) {
        import->releasing = false;
        return ERR_OK;
    }
    struct import_case *subject = import->queue.cases[import->release_slot++];
    const struct csv none = {0};
    *row = import_queue_row(subject, &none);
    if (!*row)
        return ERR_NO_MEMORY;
    crypto_generichash((*row)->id, ID_SIZE, subject->key, ID_SIZE, (const unsigned char *)"staircase release", 17);
    return ERR_OK;
}

static enum err send_round(struct import *import, uint32_t round)
{
    struct import_row *row;
    uint32_t at = 0;
    enum err code = ERR_OK;
    while (!code && (row = import_queue_take(&import->queue, round, &at)) != NULL) {
        while (!code && client_outstanding(import->client) >= IMPORT_IN_FLIGHT)
            code = take_answer(import);
        if (code)
            free(row);
        else
            code = send_row(import, row);
    }
    while (!code && import->expected > 0)
        code = take_answer(import);
    return code;
}

/* Parked rows whose case has come are told of soon; the others may wait for ever. */
static enum err finish_parked(struct import *import)
{
    enum err code = ERR_OK;
    while (!code && client_outstanding(import->client) > import->stranded)
        code = take_answer(import);
    for (size_t i = 0; !code && import->stranded; i++)
        if (import->under_way[i] && import->under_way[i]->stranded)
            leave_waiting(import, &import->under_way[i]);
    return code;
}

static enum err work(struct import *import, bool *more, enum err (*next)(struct import *import, struct import_row **row))
{
    enum err code = ERR_OK;
    while (!code && *more) {
        import_queue_begin(&import->queue);
        while (!code && *more && import->queue.count < IMPORT_ROWS_MOST) {
            struct import_row *row = NULL;
            code = next(import, &row);
            if (!code && row)
                import_queue_add(&import->queue, row);
        }
        for (uint32_t round = 0; !code && round < import->queue.rounds; round++)
            code = send_round(import, round);
    }
    return code ? code : finish_parked(import);
}

/* ---- the report ---- */

static void print_json(const struct import *import)
{
    printf("{\"rows\":%llu,\"applied\":%llu,\"duplicate\":%llu,\"refused\":%llu,\"skipped\":%llu,\"waiting\":%llu,\"cases\":%u,\"released\":%llu}\n",
           (unsigned long long)import->rows, (unsigned long long)import->applied, (unsigned long long)import->duplicates,
           (unsigned long long)import->refused, (unsigned long long)import->skipped, (unsigned long long)import->waiting, import->queue.case_count,
           (unsigned long long)import->released);
}

static void print_words(const struct import *import)
{
    const struct command_line *line = import->line;
    printf(command_say(line, "%llu rows of %u cases: %llu applied, %llu already there, %llu refused, %llu skipped.\n",
                       "共 %llu 行、%u 件案件：已登记 %llu，此前已有 %llu，未受理 %llu，跳过 %llu。\n"),
           (unsigned long long)import->rows, import->queue.case_count, (unsigned long long)import->applied, (unsigned long long)import->duplicates,
           (unsigned long long)import->refused, (unsigned long long)import->skipped);
    for (int code = 0; code < ERR_COUNT; code++)
        if (import->reasons[code].count)
            printf(command_say(line, "refused %-14s %6llu   first at line %llu: %s\n", "未受理 %-14s %6llu   首见于第 %llu 行: %s\n"), err_name((enum err)code),
                   (unsigned long long)import->reasons[code].count, (unsigned long long)import->reasons[code].line, import->reasons[code].why);
    if (import->waiting)
        printf(command_say(line, "%llu wait in the engine: their case has no opening in this file, or it was refused. Mend that and import again.\n",
                           "%llu 行已暂存于引擎：文件中没有其案件的立案行，或立案未受理。请改正后再次导入。\n"),
               (unsigned long long)import->waiting);
    if (import->released)
        printf(command_say(line, "%llu cases released.\n", "已放行 %llu 件。\n"), (unsigned long long)import->released);
    else
        printf("%s\n", command_say(line, "The cases are held until they are released: --release --as PERSON, or staircase release CASE.",
                                   "案件在放行前按其自身时间运行：--release --as 人员，或 staircase release 案件。"));
}

/* ---- the command ---- */

static int read_map(struct import *import, const char *path)
{
    struct arena *arena = import->line->arena;
    struct text source, why;
    struct problems problems;
    enum err code = source_load(arena, path, &source, &why);
    if (code)
        return command_fail(import->line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    problems_init(&problems, arena, path);
    code = import_map_read(arena, source, &problems, &import->map);
    struct text printed = problems_print(&problems, arena);
    fwrite(printed.data, 1, printed.size, stderr);
    return code ? COMMAND_REFUSED : COMMAND_DONE;
}

static int open_csv(struct import *import)
{
    const char *why = "";
    struct text missing = {0};
    struct stat status;
    enum err code = csv_open(&import->csv, import->path);
    code = code ? code : csv_next(&import->csv, &why);
    if (code)
        return command_fail(import->line, COMMAND_FAILED, "%s: %s", import->path, *why ? why : err_sentence(code));
    if (fstat(fileno(import->csv.file), &status) == 0)
        import->bytes = (uint64_t)status.st_size;
    if (!import_map_bind(&import->map, &import->csv, &missing))
        return command_fail(import->line, COMMAND_REFUSED, "%s: there is no column \"%.*s\"", import->path, (int)missing.size, missing.data);
    const char *refused = command_value(import->line, "refused");
    if (!refused)
        return COMMAND_DONE;
    import->refused_file = fopen(refused, "we");
    if (!import->refused_file)
        return command_fail(import->line, COMMAND_FAILED, "%s: cannot be written", refused);
    for (uint32_t i = 0; i < import->csv.cell_count; i++)
        write_cell(import->refused_file, import->csv.cells[i], ',');
    fputs("code,why\n", import->refused_file);
    return COMMAND_DONE;
}

static int connect_client(struct import *import)
{
    struct client_options options = {.name = "import", .in_flight_most = IMPORT_IN_FLIGHT + 1};
    struct client *probe;
    int exit = talk_connect(import->line, &probe); /* says at once when no engine is there */
    if (exit)
        return exit;
    client_disconnect(&probe);
    exit = talk_place(import->line, "engine.sock", &options.endpoint, &options.key);
    if (exit)
        return exit;
    enum err code = client_connect(&import->client, &options);
    return code ? command_fail(import->line, command_exit_of(code), "%s", err_sentence(code)) : COMMAND_DONE;
}

static int run_import(struct import *import)
{
    int exit = read_map(import, command_value(import->line, "map"));
    exit = exit ? exit : open_csv(import);
    exit = exit ? exit : connect_client(import);
    if (exit)
        return exit;
    import->reading = true;
    enum err code = work(import, &import->reading, read_row);
    import->releasing = command_flag(import->line, "release");
    code = code ? code : work(import, &import->releasing, release_row);
    command_progress_end(import->line);
    if (code)
        return command_fail(import->line, command_exit_of(code), "%s After %llu rows; run it again, what was applied stays.", err_sentence(code), (unsigned long long)import->rows);
    if (import->line->json)
        print_json(import);
    else
        print_words(import);
    return import->refused || import->waiting ? COMMAND_REFUSED : COMMAND_DONE;
}

static int run(struct command_line *line)
{
    struct import *import = calloc(1, sizeof *import);
    if (!import || !import_queue_init(&import->queue)) {
        if (import)
            import_queue_close(&import->queue);
        free(import);
        return command_fail(line, COMMAND_FAILED, "%s", err_sentence(ERR_NO_MEMORY));
    }
    import->line = line;
    import->path = line->operands[0];
    import->as = command_value(line, "as");
    arena_init(&import->scratch);
    int exit;
    if (!command_value(line, "map"))
        exit = command_misuse(line, "%s", command_say(line, "which column is what? --map FILE is needed.", "需要 --map 映射文件。"));
    else if (command_flag(line, "release") && !import->as)
        exit = command_misuse(line, "%s", command_say(line, "who releases? --as PERSON is needed.", "由谁放行？需要 --as 人员。"));
    else
        exit = run_import(import);
    if (import->client)
        client_disconnect(&import->client);
    if (import->refused_file) {
        bool whole = !ferror(import->refused_file);
        if (fclose(import->refused_file) != 0 || !whole)
            exit = command_fail(line, COMMAND_FAILED, "%s: could not be written in full", command_value(line, "refused"));
    }
    csv_close(&import->csv);
    for (size_t i = 0; i < sizeof import->under_way / sizeof *import->under_way; i++)
        free(import->under_way[i]);
    import_queue_close(&import->queue);
    arena_close(&import->scratch);
    free(import);
    return exit;
}

static const struct command_option options[] = {
    {"map", "FILE", {"the mapping: which column is what (see engine/command/import_map.h and the example)", "映射文件：各列的含义"}, false},
    {"refused", "FILE", {"write the refused rows there, with code and reason", "将未受理的行写入该文件"}, false},
    {"release", NULL, {"afterwards release all cases of the file (needs --as)", "导入后放行全部案件（需要 --as）"}, false},
    {"as", "PERSON", {"who releases them", "由谁放行"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_import = {
    .name = "import",
    .line = {"bring old cases along from a CSV of events", "从事件 CSV 导入旧案"},
    .synopsis = "FILE.csv --map MAP.yaml [--refused FILE] [--release --as PERSON]",
    .examples = {"  staircase import permits.csv --map workflows/examples/permit-receipts/map.yaml\n"
                 "  staircase import permits.csv --map map.yaml --refused refused.csv\n"
                 "It may be interrupted and run again: what was applied is found and left alone.\n",
                 "  staircase import permits.csv --map workflows/examples/permit-receipts/map.yaml\n"
                 "可以中断后再次运行：已登记的不会重复。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
