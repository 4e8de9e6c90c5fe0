/* bench: `staircase bench` measures this machine's engine, disk and all.
 *
 * An engine of its own runs in a child process on the disk of the data folder; this process is the load. What a figure is worth shows only
 * beside what the same disk and the same LMDB do in the same minute: both are measured right after, and the ratio is what to quote. */
#include "engine/command/bench.h"

#include "engine/calendar.h"
#include "engine/directory_yaml.h"
#include "engine/store_bench.h"
#include "proto/wire.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { WARM_UP_US = 500000, SLICES = 5, SLICED_CASES_MOST = 20000 };

struct figures {
    int64_t in_flight, cases, deadlines;
    uint64_t events;
    int64_t elapsed_us, cpu_us, own_cpu_us, disk_bytes, resident_kb;
    struct bench_times times;
    uint64_t limit_events, limit_seconds, sync_per_s; /* bare LMDB with the same rows; fdatasync of 4 KB */
    uint64_t flood_seconds;
};

static uint64_t per_second(uint64_t count, int64_t us)
{
    return us > 0 ? count * 1000000 / (uint64_t)us : 0;
}

static int64_t own_cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* ---- the units of the sample district ---- */

static bool read_file(struct arena *arena, const char *path, struct text *out)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    char *bytes = arena_take(arena, 1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    *out = (struct text){bytes, size};
    return true;
}

static bool read_units(struct command_line *line, struct bench_units *units)
{
    struct text source;
    struct problems problems;
    struct directory *directory = ARENA_NEW(line->arena, struct directory);
    problems_init(&problems, line->arena, "config/directory.yaml");
    if (!read_file(line->arena, "config/directory.yaml", &source) ||
        directory_read(line->arena, "config/directory.yaml", source, &problems, directory))
        return false;
    int32_t level = directory_find_level(directory, TEXT("building"));
    units->paths = ARENA_ARRAY(line->arena, const char *, (size_t)directory_unit_count(directory));
    for (int32_t unit = 0; unit < directory_unit_count(directory); unit++)
        if (directory_unit(directory, unit)->level == level)
            units->paths[units->count++] = directory_unit_path(directory, unit);
    /* Whoever supervises the whole district may open and raise everywhere. */
    int32_t role = directory_find_role(directory, TEXT("supervisor"));
    for (int32_t unit = 0; unit < directory_unit_count(directory) && role != NONE; unit++) {
        int32_t person;
        if (directory_unit(directory, unit)->parent == NONE && directory_holders(directory, role, unit, 20000, &person, 1) > 0)
            units->person = directory_string(directory, directory_person(directory, person)->id);
    }
    return units->count > 0 && units->person;
}

/* ---- measuring ---- */

/* Bare LMDB with the same rows, in a folder beside the engine's. Adds to the figures. */
static enum err measure_limit(const char *data, uint32_t seconds, struct figures *figures)
{
    char folder[512];
    const struct store_bench_options options = {.batch = (uint32_t)figures->in_flight, .seconds = seconds, .open_cases = (uint64_t)figures->cases};
    struct store_bench_result result = {0};
    snprintf(folder, sizeof folder, "%s/bench-XXXXXX", data);
    if (!mkdtemp(folder))
        return ERR_IO;
    enum err code = store_bench_rows(folder, &store_bench_climb, &options, &result);
    bench_remove_folder(folder);
    figures->limit_events += result.events_per_s * seconds;
    figures->limit_seconds += seconds;
    return code;
}

static enum err measure_slice(struct bench_load *load, const struct bench_engine *engine, int64_t slice_us, struct figures *figures)
{
    int64_t disk = bench_engine_disk(engine), cpu = bench_engine_cpu_us(engine), own = own_cpu_us(), from = bench_now_us();
    enum err code = bench_load_run(load, from + slice_us, NULL, NULL);
    figures->elapsed_us += bench_now_us() - from;
    figures->cpu_us += bench_engine_cpu_us(engine) - cpu;
    figures->own_cpu_us += own_cpu_us() - own;
    figures->disk_bytes += bench_engine_disk(engine) - disk;
    return code;
}

/* Engine and bare LMDB in turn, so that a disk that is fast one moment and slow the next (others use it too) is so for both. With many open
 * cases bare LMDB takes long to be filled: then once each. */
static enum err measure_climb(struct bench_load *load, const struct bench_engine *engine, const char *data, int64_t seconds, struct figures *figures)
{
    int64_t slices = figures->cases > SLICED_CASES_MOST ? 1 : seconds < SLICES ? seconds : SLICES;
    enum err code = bench_load_run(load, bench_now_us() + WARM_UP_US, NULL, NULL);
    bench_load_forget(load);
    for (int64_t slice = 0; slice < slices && !code; slice++) {
        code = measure_slice(load, engine, seconds * 1000000 / slices, figures);
        code = code ? code : measure_limit(data, slices == 1 ? 3 : 1, figures);
    }
    figures->events = load->applied;
    figures->times = load->times;
    figures->resident_kb = bench_engine_resident_kb(engine);
    return code ? code : store_bench_sync(data, 1, &figures->sync_per_s);
}

/* Deadlines that have fired so far are cases that are no longer open: the engine counts them. */
struct flood {
    const char *endpoint;
    struct client *client;
    uint64_t open_at_least;
    int64_t asked_us;
    bool begun;
};

static uint64_t ask_late(struct client *client, const char *member)
{
    struct message question = {.kind = MESSAGE_STATUS}, answer;
    if (client_ask(client, &question, &answer) || answer.rows.kind != VALUE_LIST || answer.rows.count == 0)
        return 0;
    const struct value *value = value_get(&answer.rows.items[0], member);
    return value && value->kind == VALUE_INTEGER ? (uint64_t)value->integer : 0;
}

/* The flood is over when the waiting cases have ended. */
static bool flood_is_over(void *context)
{
    struct flood *flood = context;
    int64_t now = bench_now_us();
    if (now - flood->asked_us < 250000)
        return false;
    flood->asked_us = now;
    return ask_late(flood->client, "cases") < flood->open_at_least;
}

static enum err measure_flood(struct bench_load *load, const struct bench_engine *engine, struct figures *figures)
{
    char endpoint[600];
    snprintf(endpoint, sizeof endpoint, "ipc://%s/engine.sock", engine->folder);
    struct flood flood = {.open_at_least = (uint64_t)figures->in_flight + 1};
    const struct client_options options = {.endpoint = endpoint, .name = "bench flood", .give_up_ms = 60000};
    enum err code = client_connect(&flood.client, &options);
    if (code)
        return code;
    bench_load_forget(load);
    int64_t from = bench_now_us();
    code = bench_load_run(load, from + 120 * 1000000, flood_is_over, &flood);
    figures->elapsed_us = bench_now_us() - from;
    figures->flood_seconds = (uint64_t)figures->elapsed_us / 1000000;
    figures->events = load->applied;
    figures->times = load->times;
    if (!code && ask_late(flood.client, "cases") >= flood.open_at_least)
        code = ERR_TIMED_OUT;
    client_disconnect(&flood.client);
    return code;
}

/* So far before the close of a working day that `deadlines` cases can be opened first: the offset of the engine's clock. */
static int64_t flood_offset(int64_t deadlines, char date[16])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t wall = (int64_t)now.tv_sec * 1000, ahead = 8000 + deadlines / 8;
    int32_t day = (int32_t)(wall / 86400000) + 1;
    while (civil_weekday(day) != 3) /* a Wednesday in summer of the published year would do as well; holidays are rare on one */
        day++;
    struct civil civil = civil_of(day);
    snprintf(date, 16, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    return (int64_t)day * 86400000 + 10 * 3600000 - ahead - wall; /* 18:00 in Shanghai is 10:00 UTC */
}

/* ---- the report ---- */

static struct text milliseconds(struct arena *arena, uint64_t us)
{
    return arena_print(arena, "%llu.%03llu", (unsigned long long)(us / 1000), (unsigned long long)(us % 1000));
}

static uint64_t limit_per_s(const struct figures *figures)
{
    return figures->limit_seconds ? figures->limit_events / figures->limit_seconds : 0;
}

static uint64_t ratio_percent(const struct figures *figures)
{
    uint64_t rate = per_second(figures->events, figures->elapsed_us), limit = limit_per_s(figures);
    return limit ? rate * 100 / limit : 0;
}

static void print_json(struct arena *arena, const struct figures *figures)
{
    uint64_t events = figures->events ? figures->events : 1;
    const uint64_t ratio = ratio_percent(figures);
    printf("{\"in_flight\":%lld,\"cases\":%lld,\"deadlines\":%lld,\"events\":%llu,\"events_per_s\":%llu,\"p50_ms\":%s,\"p95_ms\":%s,\"p99_ms\":%s,\"max_ms\":%s,"
           "\"limit_events_per_s\":%llu,\"ratio\":%llu.%02llu,\"fdatasync_per_s\":%llu,\"disk_bytes_per_event\":%llu,\"cpu_us_per_event\":%llu,"
           "\"load_cpu_us_per_event\":%llu,\"resident_kb\":%lld}\n",
           (long long)figures->in_flight, (long long)figures->cases, (long long)figures->deadlines, (unsigned long long)figures->events,
           (unsigned long long)per_second(figures->events, figures->elapsed_us), milliseconds(arena, bench_percentile_us(&figures->times, 500)).data,
           milliseconds(arena, bench_percentile_us(&figures->times, 950)).data, milliseconds(arena, bench_percentile_us(&figures->times, 990)).data,
           milliseconds(arena, figures->times.most_us).data, (unsigned long long)limit_per_s(figures), (unsigned long long)(ratio / 100),
           (unsigned long long)(ratio % 100), (unsigned long long)figures->sync_per_s, (unsigned long long)((uint64_t)figures->disk_bytes / events),
           (unsigned long long)((uint64_t)figures->cpu_us / events), (unsigned long long)((uint64_t)figures->own_cpu_us / events),
           (long long)figures->resident_kb);
}

static void print_words(struct arena *arena, const struct figures *figures)
{
    uint64_t events = figures->events ? figures->events : 1;
    printf("events      %llu in %s s: %llu/s, %lld in flight, acknowledged on disk\n", (unsigned long long)figures->events,
           milliseconds(arena, (uint64_t)figures->elapsed_us / 1000).data, (unsigned long long)per_second(figures->events, figures->elapsed_us),
           (long long)figures->in_flight);
    printf("answers     p50 %s ms, p95 %s ms, p99 %s ms, slowest %s ms\n", milliseconds(arena, bench_percentile_us(&figures->times, 500)).data,
           milliseconds(arena, bench_percentile_us(&figures->times, 950)).data, milliseconds(arena, bench_percentile_us(&figures->times, 990)).data,
           milliseconds(arena, figures->times.most_us).data);
    if (figures->deadlines) {
        printf("deadlines   %lld fell due in the same second while these events ran; all have fired\n", (long long)figures->deadlines);
        return;
    }
    printf("cost        %llu us CPU of the engine, %llu us of the load, %llu bytes on disk an event; %lld MB resident besides the map\n",
           (unsigned long long)((uint64_t)figures->cpu_us / events), (unsigned long long)((uint64_t)figures->own_cpu_us / events),
           (unsigned long long)((uint64_t)figures->disk_bytes / events), (long long)figures->resident_kb / 1024);
    printf("this disk   bare LMDB, the same rows, %lld to a commit: %llu events/s; fdatasync of 4 KB: %llu/s\n", (long long)figures->in_flight,
           (unsigned long long)limit_per_s(figures), (unsigned long long)figures->sync_per_s);
    printf("ratio       %llu %% of bare LMDB\n", (unsigned long long)ratio_percent(figures));
}

/* ---- the command ---- */

static int measure(struct command_line *line, const struct bench_units *units, int64_t seconds, struct figures *figures)
{
    struct bench_engine engine;
    struct bench_load load = {0};
    char date[16];
    int exit = bench_engine_start(line, &engine, figures->deadlines ? flood_offset(figures->deadlines, date) : 0);
    if (exit)
        return exit;
    enum err code = bench_load_open(&load, &engine, false, units, (uint32_t)figures->in_flight);
    if (!code && figures->cases)
        code = bench_load_preload(&load, (uint64_t)figures->cases, NULL, line);
    if (!code && figures->deadlines)
        code = bench_load_preload(&load, (uint64_t)figures->deadlines, date, line);
    if (!code)
        code = figures->deadlines ? measure_flood(&load, &engine, figures) : measure_climb(&load, &engine, line->data, seconds, figures);
    bench_load_close(&load);
    bench_engine_stop(&engine);
    if (load.refused)
        return command_fail(line, COMMAND_FAILED, "%llu events were refused, the first: %s", (unsigned long long)load.refused, load.refusal);
    return code ? command_fail(line, command_exit_of(code), "%s", err_sentence(code)) : COMMAND_DONE;
}

static int run(struct command_line *line)
{
    struct figures figures = {.in_flight = 256, .cases = 0};
    int64_t seconds = 10;
    if (!command_number(line, "in-flight", 1, 16384, &figures.in_flight) || !command_number(line, "seconds", 1, 3600, &seconds) ||
        !command_number(line, "cases", 0, 10000000, &figures.cases) || !command_number(line, "deadlines", 0, 1000000, &figures.deadlines))
        return COMMAND_USAGE;
    struct bench_units units = {0};
    char data[PATH_MAX]; /* what realpath may fill */
    mkdir(line->data, 0700);
    if (!realpath(line->data, data)) /* before the working directory changes */
        return command_fail(line, COMMAND_FAILED, "%s: no such folder", line->data);
    line->data = data;
    if (!bench_find_files() || !read_units(line, &units))
        return command_fail(line, COMMAND_FAILED, "config/directory.yaml and workflows/bench/ are not here; run it in the project's folder");
    if (command_flag(line, "curve"))
        return bench_curve(line, &units, (uint32_t)figures.in_flight, seconds);
    int exit = measure(line, &units, seconds, &figures);
    if (exit)
        return exit;
    if (line->json)
        print_json(line->arena, &figures);
    else
        print_words(line->arena, &figures);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"in-flight", "N", {"events without an answer at any time (default 256)", "同时未答复的事件数（默认 256）"}, false},
    {"seconds", "S", {"how long to measure (default 10)", "测量秒数（默认 10）"}, false},
    {"cases", "N", {"open so many cases first", "先开立的案件数"}, false},
    {"deadlines", "N", {"instead: so many deadlines in the same second, and how long others wait", "改测：同一秒到期的时限数"}, false},
    {"curve", NULL, {"instead: the socket and TCP with CURVE in turn, and their ratio", "改测：轮流经套接字与 CURVE 加密的 TCP，比较二者"}, false},
    {0},
};

const struct command command_bench = {
    .name = "bench",
    .line = {"measure this machine's engine, disk included", "测量本机引擎（含磁盘）"},
    .synopsis = "[--in-flight N] [--seconds S] [--cases N] [--deadlines N] [--curve]",
    .examples = {"  staircase bench --in-flight 1024 --seconds 10     five events to a case, from a building to the centre\n"
                 "  staircase bench --cases 1000000                   with a million open cases\n"
                 "  staircase bench --deadlines 100000 --in-flight 64 how long clients wait while 100,000 deadlines fire\n"
                 "  staircase bench --curve                           what encryption costs\n",
                 "  staircase bench --in-flight 1024 --seconds 10\n"},
    .options = options,
    .run = run,
};
