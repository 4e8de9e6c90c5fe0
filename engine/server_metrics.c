/* server_metrics: the figures of the running engine for Prometheus, on request and in a file. See server.h; engine/RUNBOOK.md says what each means.
 *
 * Names, numbers and codes only: nothing that anybody put into a case, no person, no unit. */
#include "engine/server_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static const uint64_t size_bounds[HISTOGRAM_BOUNDS] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
static const uint64_t commit_bounds[HISTOGRAM_BOUNDS] = {500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000};

int64_t server_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void meter_batch(struct meter *meter, uint64_t events, int64_t commit_us)
{
    histogram_note(&meter->sizes, size_bounds, events);
    histogram_note(&meter->commits, commit_bounds, commit_us > 0 ? (uint64_t)commit_us : 0);
}

void meter_refusal(struct meter *meter, enum err code)
{
    meter->refused[(unsigned)code < ERR_COUNT ? code : ERR_OTHER]++;
}

/* ---- what is counted ---- */

static void put_events(const struct server *server, struct metrics *metrics)
{
    const struct query_figures *figures = &server->figures;
    metrics_family(metrics, METRICS_COUNTER, "staircase_answers_total", "Answers to events and questions since the start.");
    metrics_put_label(metrics, "answer", TEXT("applied"), (int64_t)figures->applied);
    metrics_put_label(metrics, "answer", TEXT("duplicate"), (int64_t)figures->duplicate);
    metrics_put_label(metrics, "answer", TEXT("refused"), (int64_t)figures->refused);
    metrics_put_label(metrics, "answer", TEXT("busy"), (int64_t)figures->busy);
    metrics_put_label(metrics, "answer", TEXT("malformed"), (int64_t)figures->malformed);
    metrics_family(metrics, METRICS_COUNTER, "staircase_refusals_total", "Refusals by code since the start.");
    for (unsigned code = 1; code < ERR_COUNT; code++)
        if (server->meter.refused[code])
            metrics_put_label(metrics, "code", text_of(err_name((enum err)code)), (int64_t)server->meter.refused[code]);
    metrics_family(metrics, METRICS_COUNTER, "staircase_denied_total", "Messages of keys that are not trusted with that since the start.");
    metrics_put(metrics, (int64_t)figures->denied);
    metrics_family(metrics, METRICS_COUNTER, "staircase_turned_away_total", "Connections and messages without a known key since the start.");
    metrics_put(metrics, (int64_t)figures->turned_away);
    metrics_family(metrics, METRICS_COUNTER, "staircase_deadlines_fired_total", "Deadlines fired since the start.");
    metrics_put(metrics, (int64_t)server->meter.fired);
    metrics_family(metrics, METRICS_HISTOGRAM, "staircase_batch_events", "Records in a batch that was committed.");
    metrics_put_histogram(metrics, &server->meter.sizes, size_bounds, 0);
    metrics_family(metrics, METRICS_HISTOGRAM, "staircase_commit_seconds", "How long a batch took to be on disk.");
    metrics_put_histogram(metrics, &server->meter.commits, commit_bounds, 6);
}

/* ---- how it stands ---- */

/* Since when the first deadline is due that has not fired; 0: none is. */
static enum err oldest_deadline(const struct server *server, int64_t now, int64_t *late)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    struct deadline_key deadline;
    *late = 0;
    enum err code = store_begin_read(server->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_DEADLINE, &cursor);
    if (!code) {
        code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
        if (!code && !key_read_deadline(key, &deadline))
            code = ERR_CORRUPT;
        if (!code && deadline.due < now)
            *late = now - deadline.due;
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err put_waiting(struct server *server, struct metrics *metrics)
{
    struct outbox_time time = server_time(server);
    int64_t late, ready;
    enum err code = oldest_deadline(server, time.now, &late);
    code = code ? code : outbox_oldest(server->outbox, time, &ready);
    if (code)
        return code;
    metrics_family(metrics, METRICS_GAUGE, "staircase_oldest_undelivered_task_seconds", "For how long the oldest task waits that no worker has; 0: none.");
    metrics_put_decimal(metrics, ready < time.now ? time.now - ready : 0, 3);
    metrics_family(metrics, METRICS_GAUGE, "staircase_oldest_unfired_deadline_seconds", "For how long the oldest deadline is due that has not fired; 0: none.");
    metrics_put_decimal(metrics, late, 3);
    metrics_family(metrics, METRICS_GAUGE, "staircase_workers", "Connections on which a worker has registered.");
    metrics_put(metrics, outbox_worker_count(server->outbox));
    metrics_family(metrics, METRICS_GAUGE, "staircase_tasks_leased", "Tasks that workers have and have not reported.");
    metrics_put(metrics, outbox_lease_count(server->outbox));
    metrics_family(metrics, METRICS_GAUGE, "staircase_watches", "Watches of all connections.");
    metrics_put(metrics, server->watch_count);
    metrics_family(metrics, METRICS_GAUGE, "staircase_watch_lag_events", "How many records the watch that is furthest behind has not been told.");
    metrics_put(metrics, (int64_t)watch_lag(server));
    return ERR_OK;
}

static enum err put_stores(const struct server *server, struct metrics *metrics)
{
    struct store_figures store, keys;
    enum err code = store_read_figures(server->store, &store);
    code = code ? code : store_read_figures(server->keys, &keys);
    if (code)
        return code;
    metrics_family(metrics, METRICS_GAUGE, "staircase_map_bytes", "Room of the map; it is enlarged when it is full.");
    metrics_put_label(metrics, "store", TEXT("store"), (int64_t)store.map_size);
    metrics_put_label(metrics, "store", TEXT("keys"), (int64_t)keys.map_size);
    metrics_family(metrics, METRICS_GAUGE, "staircase_map_used_bytes", "Of that, up to the highest page ever used.");
    metrics_put_label(metrics, "store", TEXT("store"), (int64_t)store.map_used);
    metrics_put_label(metrics, "store", TEXT("keys"), (int64_t)keys.map_used);
    metrics_family(metrics, METRICS_GAUGE, "staircase_cases_open", "Open cases, held ones and ended ones of which something is published among them.");
    metrics_put(metrics, (int64_t)store.rows[STORE_OPEN]);
    metrics_family(metrics, METRICS_GAUGE, "staircase_incidents", "Open incidents: tasks that no worker could do.");
    metrics_put(metrics, (int64_t)store.rows[STORE_INCIDENT]);
    metrics_family(metrics, METRICS_GAUGE, "staircase_tasks_owed", "Tasks, notices and cancellations owed to workers.");
    metrics_put(metrics, (int64_t)store.rows[STORE_OUTBOX]);
    metrics_family(metrics, METRICS_GAUGE, "staircase_events_parked", "Events that wait for their case.");
    metrics_put(metrics, (int64_t)store.rows[STORE_PARKED]);
    return ERR_OK;
}

static void put_machine(const struct server *server, struct metrics *metrics)
{
    struct statvfs disk;
    int64_t memory = server_resident();
    if (statvfs(server->data, &disk) == 0) {
        metrics_family(metrics, METRICS_GAUGE, "staircase_disk_free_bytes", "Free on the disk of the data folder.");
        metrics_put(metrics, (int64_t)((uint64_t)disk.f_bavail * disk.f_frsize));
    }
    if (memory >= 0) {
        metrics_family(metrics, METRICS_GAUGE, "staircase_resident_memory_bytes", "Resident memory, the map of the store not counted.");
        metrics_put(metrics, memory);
    }
    metrics_family(metrics, METRICS_GAUGE, "staircase_clock_behind_log_seconds", "By how much the clock is behind the last record; 0: it is not.");
    metrics_put_decimal(metrics, server_is_ahead(server) > 0 ? server_is_ahead(server) : 0, 3);
    metrics_family(metrics, METRICS_GAUGE, "staircase_writable", "1: events are taken. 0: the disk is full, or the engine stops.");
    metrics_put(metrics, server->mode == SERVING);
    metrics_family(metrics, METRICS_GAUGE, "staircase_alarm", "1: the alarm stands.");
    for (int kind = 0; kind < ALARM_KINDS; kind++)
        metrics_put_label(metrics, "name", text_of(alarm_table[kind].name), server_alarm_stands(server, (enum alarm_kind)kind));
}

static void put_engine(const struct server *server, struct metrics *metrics)
{
    metrics_family(metrics, METRICS_GAUGE, "staircase_info", "1; the label is the version of the program.");
    metrics_put_label(metrics, "version", TEXT(STAIRCASE_VERSION), 1);
    metrics_family(metrics, METRICS_GAUGE, "staircase_start_time_seconds", "When the engine was started.");
    metrics_put_decimal(metrics, server->now_started, 3);
    metrics_family(metrics, METRICS_GAUGE, "staircase_epoch", "How often an engine was started on this log.");
    metrics_put(metrics, engine_epoch(server->engine));
    metrics_family(metrics, METRICS_COUNTER, "staircase_log_records_total", "Position of the last record of the log.");
    metrics_put(metrics, (int64_t)engine_position(server->engine));
}

enum err metrics_collect(struct server *server, struct arena *arena, struct text *out)
{
    struct metrics metrics;
    metrics_begin(&metrics, arena);
    put_engine(server, &metrics);
    put_events(server, &metrics);
    enum err code = put_waiting(server, &metrics);
    code = code ? code : put_stores(server, &metrics);
    put_machine(server, &metrics);
    *out = metrics_end(&metrics);
    return code;
}

/* ---- on request ---- */

static bool take_line(struct text *text, struct text *line)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    if (!end)
        return false;
    *line = (struct text){text->data, (size_t)(end - text->data)};
    *text = (struct text){end + 1, text->size - line->size - 1};
    return true;
}

static struct value line_row(struct arena *arena, struct text line)
{
    struct map_maker row = map_begin(arena);
    map_put_text(&row, "text", line);
    return map_end(&row);
}

enum err metrics_answer(struct server *server, const struct item *item)
{
    struct text metrics;
    struct arena_mark mark = arena_save(&server->scratch);
    enum err code = metrics_collect(server, &server->scratch, &metrics);
    if (!code) {
        struct list_maker rows = {.arena = &server->scratch};
        for (struct text line; take_line(&metrics, &line);)
            list_add(&rows, line_row(&server->scratch, line));
        struct message answer = {.kind = MESSAGE_RESULT, .position = engine_position(server->engine), .time = server->walltime.now, .rows = list_end(&rows)};
        server_answer(server, item, &answer);
    }
    arena_rewind(&server->scratch, mark);
    return code;
}

/* ---- in a file ---- */

/* Beside the file and then in its place: who reads it reads a whole one. 0, or the number of the error. */
static int write_whole(struct arena *arena, const char *path, struct text bytes)
{
    const char *beside = arena_print(arena, "%s.new", path).data;
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return errno;
    errno = ENOSPC; /* of a write that came back short */
    int failed = fchmod(descriptor, 0644) != 0 ? errno : write(descriptor, bytes.data, bytes.size) == (ssize_t)bytes.size ? 0 : errno;
    if (close(descriptor) != 0 && !failed)
        failed = errno;
    if (!failed && rename(beside, path) != 0)
        failed = errno;
    if (failed)
        unlink(beside);
    return failed;
}

/* Said once, until it works again. */
static void note_written(struct server *server, int failed)
{
    if (failed && !server->metrics_failed)
        oplog(OPLOG_WARN, "metrics-not-written", OPLOG_STRING("file", server->config->metrics_file), OPLOG_STRING("why", strerror(failed)));
    if (!failed && server->metrics_failed)
        oplog(OPLOG_INFO, "metrics-written-again", OPLOG_STRING("file", server->config->metrics_file));
    server->metrics_failed = failed != 0;
}

static void on_metrics(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct text metrics;
    struct arena arena;
    arena_init(&arena);
    enum err code = metrics_collect(server, &arena, &metrics);
    if (code)
        server_fail(server, code, "reading figures");
    else
        note_written(server, write_whole(&arena, server->config->metrics_file, metrics));
    arena_close(&arena);
}

void metrics_write_regularly(struct server *server)
{
    uint64_t each = (uint64_t)server->config->metrics_seconds * 1000;
    uv_timer_stop(&server->metrics);
    server->metrics_failed = false;
    if (server->config->metrics_file)
        uv_timer_start(&server->metrics, on_metrics, 0, each);
}
