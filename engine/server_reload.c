/* server_reload: the configuration read again while the engine runs (SIGHUP). See server.h.
 *
 * All or nothing: a file with a mistake changes nothing, and the log names the mistake. What can change while it runs does; what only a start can
 * change stays as it was at the start, and the same line of the log names it. Files that are deployed are for `staircase deploy`. */
#include "engine/server_inner.h"

struct setting {
    const char *key;
    bool (*same)(const struct config *a, const struct config *b);
    void (*apply)(struct server *server); /* NULL: only a start does */
};

static bool same_string(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- which settings there are ---- */

static bool same_log(const struct config *a, const struct config *b)
{
    return a->log_level == b->log_level;
}

static bool same_batch(const struct config *a, const struct config *b)
{
    return a->batch_most == b->batch_most;
}

static bool same_retry(const struct config *a, const struct config *b)
{
    return a->retry_attempts == b->retry_attempts && a->retry_base_ms == b->retry_base_ms && a->retry_most_ms == b->retry_most_ms;
}

static bool same_metrics(const struct config *a, const struct config *b)
{
    return same_string(a->metrics_file, b->metrics_file) && a->metrics_seconds == b->metrics_seconds;
}

static bool same_history(const struct config *a, const struct config *b)
{
    bool same = a->history_topic_count == b->history_topic_count;
    for (uint32_t i = 0; same && i < a->history_topic_count; i++)
        same = text_equal(a->history_topics[i], b->history_topics[i]);
    return same;
}

static bool same_user(const struct config *a, const struct config *b)
{
    return same_string(a->user, b->user);
}

static bool same_lease(const struct config *a, const struct config *b)
{
    return a->lease_ms == b->lease_ms;
}

static bool same_listen(const struct config *a, const struct config *b)
{
    return same_string(a->listen_clients, b->listen_clients) && same_string(a->listen_workers, b->listen_workers);
}

static bool same_store(const struct config *a, const struct config *b)
{
    return a->map_bytes == b->map_bytes;
}

static bool same_worker(const struct config_worker *a, const struct config_worker *b)
{
    size_t i = 0;
    while (a->command[i] && b->command[i] && strcmp(a->command[i], b->command[i]) == 0)
        i++;
    return strcmp(a->name, b->name) == 0 && !a->command[i] && !b->command[i];
}

static bool same_workers(const struct config *a, const struct config *b)
{
    bool same = a->worker_count == b->worker_count;
    for (uint32_t i = 0; same && i < a->worker_count; i++)
        same = same_worker(&a->workers[i], &b->workers[i]);
    return same;
}

static bool same_deploys(const struct config *a, const struct config *b)
{
    bool same = a->deploy_count == b->deploy_count;
    for (uint32_t i = 0; same && i < a->deploy_count; i++)
        same = strcmp(a->deploys[i].what, b->deploys[i].what) == 0 && strcmp(a->deploys[i].path, b->deploys[i].path) == 0;
    return same;
}

/* ---- taking them over ---- */

static void apply_log(struct server *server)
{
    oplog_set_level(server->config->log_level);
}

static void apply_retry(struct server *server)
{
    server->door.attempts_most = server->config->retry_attempts;
    server->door.retry_base_ms = server->config->retry_base_ms;
    server->door.retry_most_ms = server->config->retry_most_ms;
}

static void apply_history(struct server *server)
{
    outbox_set_history(server->outbox, server->config->history_topics, server->config->history_topic_count);
}

/* What is asked of the configuration each time anew. */
static void apply_by_itself(struct server *server)
{
    (void)server;
}

static const struct setting settings[] = {
    {"log", same_log, apply_log},          {"batch", same_batch, apply_by_itself},  {"retry", same_retry, apply_retry},
    {"prometheus", same_metrics, metrics_write_regularly}, {"history", same_history, apply_history}, {"lease-seconds", same_lease, NULL},
    {"listen", same_listen, NULL},         {"store", same_store, NULL},             {"workers", same_workers, NULL},
    {"deploy", same_deploys, NULL},        {"user", same_user, NULL},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* As the file has it, but what only a start changes as it was at the start. */
static struct config merge(const struct config *started, const struct config *read)
{
    struct config merged = *read;
    merged.user = started->user;
    merged.lease_ms = started->lease_ms;
    merged.listen_clients = started->listen_clients;
    merged.listen_workers = started->listen_workers;
    merged.map_bytes = started->map_bytes;
    merged.workers = started->workers;
    merged.worker_count = started->worker_count;
    merged.deploys = started->deploys;
    merged.deploy_count = started->deploy_count;
    return merged;
}

/* The names of those that differ, and of which only a start makes anything, or which are taken over. */
static struct text name_changes(struct arena *arena, const struct config *a, const struct config *b, bool by_start)
{
    struct text names = TEXT("");
    for (int i = 0; i < SETTINGS; i++)
        if (!settings[i].same(a, b) && by_start == (settings[i].apply == NULL))
            names = arena_print(arena, "%.*s%s%s", (int)names.size, names.data, names.size ? "," : "", settings[i].key);
    return names;
}

static void take_over(struct server *server, struct arena *arena, const struct config *read)
{
    const struct config before = *server->config;
    struct text changed = name_changes(arena, &before, read, false), by_start = name_changes(arena, server->started, read, true);
    struct config *merged = ARENA_NEW(arena, struct config);
    *merged = merge(server->started, read);
    server->config = merged;
    for (int i = 0; i < SETTINGS; i++)
        if (settings[i].apply && !settings[i].same(&before, merged))
            settings[i].apply(server);
    apply_history(server); /* its texts stand in the new arena, changed or not */
    oplog_set_level(OPLOG_INFO); /* this line is written, whatever the level before and after */
    oplog(by_start.size ? OPLOG_WARN : OPLOG_INFO, "reloaded", OPLOG_STRING("file", merged->file), OPLOG_TEXT("changed", changed), OPLOG_TEXT("needs-restart", by_start));
    apply_log(server);
}

enum err server_reload(struct server *server)
{
    struct config read;
    struct problems problems;
    struct arena arena;
    if (!*server->started->file) {
        oplog(OPLOG_WARN, "reload-refused", OPLOG_STRING("why", "the engine was started without a configuration file"));
        return ERR_NOT_FOUND;
    }
    arena_init(&arena);
    enum err code = config_load(&read, &arena, server->started->file, &problems);
    if (code) {
        oplog(OPLOG_ERROR, "reload-refused", OPLOG_NUMBER("mistakes", problems.errors), OPLOG_TEXT("why", problems_print(&problems, &arena)),
              OPLOG_STRING("do", "nothing has changed; mend the file and reload again"));
        arena_close(&arena);
        return code;
    }
    take_over(server, &arena, &read);
    arena_close(&server->reloaded); /* of the time before: nothing points there any more */
    server->reloaded = arena;
    return ERR_OK;
}
