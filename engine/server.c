/* server: its life: open, run, stop. See server.h.
 *
 * The loop, exactly (pitfall 1: ZeroMQ's descriptor is an edge, and everything that touches a socket eats it):
 *
 *     prepare   asks link_pending: is there something? then an idle handle runs, so that the poll does not sleep
 *     poll      its callbacks are empty: they only wake the loop
 *     check     the turn, and with it every receive and send
 *
 * Nothing else touches the sockets. After a turn a timer is set for the next thing that comes by itself: a deadline, a lease, a try. */
#include "engine/server_inner.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STOP_MS = 4000, MINUTE_MS = 60000, TRIES_MS = 1000, LOOK_MS = 1000, HELD_BACK_MS = 20 };

/* What is owed is ready by the time of the log, which may be ahead of a clock that was set back: what was ready then is ready now. */
struct outbox_time server_time(const struct server *server)
{
    int64_t now = server->walltime.now, stamped = engine_now(server->engine);
    return (struct outbox_time){.now = now > stamped ? now : stamped, .monotonic = server->walltime.monotonic};
}

int64_t server_is_ahead(const struct server *server)
{
    return engine_now(server->engine) - server->walltime.now;
}

void server_fail(struct server *server, enum err code, const char *doing)
{
    if (server->failure)
        return;
    server->failure = code;
    oplog(OPLOG_ERROR, "leaving", OPLOG_STRING("doing", doing), OPLOG_STRING("code", err_name(code)), OPLOG_STRING("why", err_sentence(code)),
          OPLOG_STRING("do", err_advice(code)));
}

/* ---- answers ---- */

enum err server_send(struct server *server, link_peer peer, const struct message *message)
{
    struct arena_mark mark = arena_save(&server->scratch);
    struct text bytes;
    enum err code = wire_encode_bounded(&server->scratch, message, &bytes);
    if (!code)
        code = link_send(server->link, peer, bytes);
    arena_rewind(&server->scratch, mark);
    return code;
}

bool server_is_deaf(struct server *server, link_peer peer)
{
    return server->memory_tight && !link_takes(server->link, peer);
}

void server_answer(struct server *server, const struct item *item, struct message *answer)
{
    answer->request = item->message.request;
    enum err code = server_is_deaf(server, item->from->peer) ? ERR_BUSY : server_send(server, item->from->peer, answer);
    /* A connection that is gone or full loses its answer, and asks again under the same id. */
    if (code)
        oplog(OPLOG_DEBUG, "answer-lost", OPLOG_STRING("kind", message_kind_name(answer->kind)), OPLOG_STRING("code", err_name(code)));
}

void server_tell_refusal(struct server *server, const struct item *item, enum err code, struct text why)
{
    struct message answer = {.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .id = item->message.id, .task = item->message.task,
                             .why = why.size ? why : text_of(err_sentence(code)), .todo = text_of(err_advice(code))};
    server_answer(server, item, &answer);
}

void server_refuse(struct server *server, const struct item *item, enum err code, struct text why)
{
    refusal_note(server, item->from->principal, message_kind_name(item->message.kind), code);
    server_tell_refusal(server, item, code, why);
}

void server_busy(struct server *server, const struct item *item, enum err code, uint64_t after_ms, struct text why)
{
    struct message answer = {.kind = MESSAGE_BUSY, .has = MESSAGE_HAS_CODE, .code = code, .id = item->message.id, .after = after_ms,
                             .why = why.size ? why : text_of(err_sentence(code)), .todo = text_of(err_advice(code))};
    server->figures.busy++;
    server_answer(server, item, &answer);
}

static enum err send_to_worker(void *context, uint64_t peer, const struct message *message)
{
    return server_is_deaf(context, peer) ? ERR_BUSY : server_send(context, peer, message);
}

/* ---- the loop ---- */

static void end_loop(struct server *server)
{
    server->stopped = true;
    uv_stop(&server->loop);
}

/* Milliseconds until something is to be done without anyone asking; INT64_MAX: nothing. */
static int64_t next_work(struct server *server)
{
    struct outbox_time time = server_time(server);
    int64_t wait = outbox_wait(server->outbox, time), due;
    if (server->mode == READ_ONLY)
        return server->retry_at - time.monotonic;
    if (server->mode == STOPPING)
        return INT64_MAX;
    if (server->held_back && wait > HELD_BACK_MS)
        wait = HELD_BACK_MS;
    due = engine_next_due(server->engine);
    if (due == INT64_MIN || server->unpark_count || server_owes_counts(server))
        return 0;
    if (engine_owes_counts(server->engine) && server->counts_at - time.monotonic < wait)
        wait = server->counts_at - time.monotonic;
    if (server->forget_due && server->forget_at - time.monotonic < wait)
        wait = server->forget_at - time.monotonic;
    /* A deadline is in time at its due moment: it fires after it. One that could not fire is not tried without a pause. */
    if (due != INT64_MAX && due + 1 - time.now < wait)
        wait = due + 1 - time.now > 0 ? due + 1 - time.now : server->fired ? 0 : TRIES_MS;
    return wait;
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer; /* the turn follows */
}

static void plan_wake(struct server *server)
{
    int64_t wait = server->again ? 0 : next_work(server);
    server->again = wait <= 0;
    if (wait == INT64_MAX || wait <= 0)
        uv_timer_stop(&server->wake);
    else /* the wall clock may be set meanwhile, which no timer of the loop follows: it is looked at each second */
        uv_timer_start(&server->wake, on_wake, wait < LOOK_MS ? (uint64_t)wait : LOOK_MS, 0);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* it is enough that it runs: the poll does not wait */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct server *server = prepare->data;
    if (server->again || link_pending(server->link))
        uv_idle_start(&server->idle, on_idle);
    else
        uv_idle_stop(&server->idle);
}

static void on_check(uv_check_t *check)
{
    struct server *server = check->data;
    server_turn(server);
    if (server->failure) {
        end_loop(server);
        return;
    }
    uv_update_time(&server->loop); /* the clock of the loop stood still during the commit */
    plan_wake(server);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events; /* the check sees to it */
}

static void on_minute(uv_timer_t *timer)
{
    struct server *server = timer->data;
    enum err code = store_housekeep(server->store);
    if (!code)
        code = store_housekeep(server->keys);
    if (!code)
        code = server_look_at_maps(server);
    if (code)
        oplog(OPLOG_WARN, "housekeeping", OPLOG_STRING("code", err_name(code)));
    server_wipe(server);
}

/* ---- stopping ---- */

static void on_stop_over(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (server->children)
        children_kill(server->children);
    end_loop(server);
}

static void on_stop_look(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (children_running(server->children) == 0)
        end_loop(server);
    else if (uv_now(&server->loop) - server->stop_began > STOP_MS)
        on_stop_over(timer);
}

void server_stop(struct server *server)
{
    if (server->mode == STOPPING)
        return;
    oplog(OPLOG_INFO, "stopping", OPLOG_NUMBER("position", engine_position(server->engine)));
    server->mode = STOPPING;
    manager_stopping();
    uv_update_time(&server->loop);
    server->stop_began = uv_now(&server->loop);
    if (server->children)
        children_stop(server->children);
    uv_timer_start(&server->stop_timer, on_stop_look, 0, 20);
}

static void on_signal(uv_signal_t *handle, int number)
{
    oplog(OPLOG_INFO, "signal", OPLOG_NUMBER("number", number));
    server_stop(handle->data);
}

/* Of a terminal that was closed, or of an operator who has changed the configuration. What becomes of it the log says. */
static void on_hangup(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    if (server->in_terminal)
        on_signal(handle, number);
    else if (server->mode != STOPPING)
        server_reload(server);
}

/* ---- opening: the rooms ---- */

static enum err open_engine(struct server *server, struct arena *arena, struct text *why)
{
    const char *particulars = "";
    enum err code = engine_open(&server->engine, server->store, &(struct engine_options){0}, &particulars);
    if (code) {
        bool more = *particulars && strcmp(particulars, err_sentence(code)) != 0;
        *why = arena_print(arena, "%s/store: %s%s%s %s", server->data, more ? particulars : "", more ? ". " : "", err_sentence(code), err_advice(code));
        return code;
    }
    return seal_open(&server->seal, server->keys, NULL);
}

static enum err open_outbox(struct server *server)
{
    const struct config *config = server->config;
    const struct outbox_options options = {
        .engine = server->engine,
        .seal = server->seal,
        .sender = {.send = send_to_worker, .context = server},
        .may_still = access_works_at,
        .note_shown = server_note_task,
        .context = server,
        .lease_ms = config->lease_ms,
        .first_lease = (uint64_t)server_time(server).now << 12, /* above those that an engine before this one gave: none gives four million a second */
        .history_topics = config->history_topics,
        .history_topic_count = config->history_topic_count,
    };
    server->door = (struct door){.engine = server->engine, .seal = server->seal, .operator = TEXT("local"), .may = access_still, .may_context = server, .attempts_most = config->retry_attempts,
                                 .retry_base_ms = config->retry_base_ms, .retry_most_ms = config->retry_most_ms};
    return outbox_create(&server->outbox, &options);
}

static struct text stranger_answer(struct arena *arena)
{
    const struct message answer = {.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = ERR_DENIED,
                                   .why = TEXT("This connection chose its routing id itself; who does that could take another's answers."),
                                   .todo = TEXT("Let the library make the routing id.")};
    return wire_encode(arena, &answer);
}

static struct link_options choose_endpoints(struct server *server, struct arena *arena)
{
    const struct config *config = server->config;
    struct link_endpoint *endpoints = ARENA_ARRAY(arena, struct link_endpoint, LIMIT_ENDPOINTS);
    uint32_t count = 0;
    endpoints[count++] = (struct link_endpoint){LINK_CLIENTS, arena_print(arena, "ipc://%s/engine.sock", server->data).data, "local"};
    endpoints[count++] = (struct link_endpoint){LINK_WORKERS, arena_print(arena, "ipc://%s/workers.sock", server->data).data, "local"};
    if (config->listen_clients)
        endpoints[count++] = (struct link_endpoint){LINK_CLIENTS, config->listen_clients, ""};
    if (config->listen_workers)
        endpoints[count++] = (struct link_endpoint){LINK_WORKERS, config->listen_workers, ""};
    return (struct link_options){.endpoints = endpoints, .count = count, .stranger = stranger_answer(arena), .keys = server->access.on ? &server->access.keys : NULL};
}

/* A mistake in an address shows before anything is written. */
static enum err check_link(struct server *server, struct arena *arena, struct text *why)
{
    const struct link_options options = choose_endpoints(server, arena);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < options.count; i++)
        code = link_check_address(options.endpoints[i].address, arena, why);
    return code;
}

static enum err open_link(struct server *server, struct arena *arena, struct text *why)
{
    const struct link_options options = choose_endpoints(server, arena);
    server->endpoint_count = options.count;
    enum err code = link_open(&server->link, &options, arena, why);
    for (uint32_t i = 0; !code && i < options.count; i++)
        oplog(OPLOG_INFO, "listening", OPLOG_STRING("endpoint", link_address(server->link, i)),
              OPLOG_STRING("for", options.endpoints[i].side == LINK_CLIENTS ? "clients" : "workers"));
    return code;
}

static enum err take_memory(struct server *server)
{
    server->received = calloc(LIMIT_BATCH_MESSAGES, sizeof *server->received);
    server->items = calloc(LIMIT_BATCH_MESSAGES, sizeof *server->items);
    server->unparked = calloc(LIMIT_BATCH_UNPARKED, sizeof *server->unparked);
    server->unparked_answers = calloc(LIMIT_BATCH_UNPARKED, sizeof *server->unparked_answers);
    server->lapsed = calloc(LIMIT_BATCH_LAPSED, sizeof *server->lapsed);
    server->waiting = calloc(LIMIT_PARKED_WAITING, sizeof *server->waiting);
    if (backlog_open(&server->backlog))
        return ERR_NO_MEMORY;
    bool all = server->received && server->items && server->unparked && server->unparked_answers && server->lapsed && server->waiting;
    return all ? ERR_OK : ERR_NO_MEMORY;
}

/* Many connections at once must not be the end (pitfall 7). */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= LIMIT_DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < LIMIT_DESCRIPTORS ? limit.rlim_max : LIMIT_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        oplog(OPLOG_WARN, "few-descriptors", OPLOG_NUMBER("limit", limit.rlim_cur));
}

/* ---- opening: the loop ---- */

static void start_signals(struct server *server)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    server->in_terminal = isatty(STDERR_FILENO);
    for (int i = 0; i < 3; i++) {
        uv_signal_init(&server->loop, &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], numbers[i] == SIGHUP ? on_hangup : on_signal, numbers[i]);
    }
}

static enum err start_loop(struct server *server)
{
    if (uv_loop_init(&server->loop) != 0)
        return ERR_NO_MEMORY;
    server->loop_open = true;
    uv_prepare_init(&server->loop, &server->prepare);
    uv_check_init(&server->loop, &server->check);
    uv_idle_init(&server->loop, &server->idle);
    uv_timer_init(&server->loop, &server->wake);
    uv_timer_init(&server->loop, &server->minute);
    uv_timer_init(&server->loop, &server->stop_timer);
    server->prepare.data = server->check.data = server->minute.data = server->stop_timer.data = server;
    uv_prepare_start(&server->prepare, on_prepare);
    uv_check_start(&server->check, on_check);
    uv_timer_start(&server->minute, on_minute, MINUTE_MS, MINUTE_MS);
    for (uint32_t i = 0; i < link_descriptor_count(server->link); i++) {
        uv_poll_init(&server->loop, &server->polls[i], link_descriptor(server->link, i));
        uv_poll_start(&server->polls[i], UV_READABLE, on_readable);
    }
    memory_watch(server);
    uv_timer_init(&server->loop, &server->metrics);
    server->metrics.data = server;
    metrics_write_regularly(server);
    access_watch(server);
    server_watch_reads(server);
    manager_watch(server);
    server->again = true; /* what is overdue fires first */
    return ERR_OK;
}

/* What the run before may have left. A backup that reads is not waited for: the first minute is as good. */
static enum err wipe_at_start(struct server *server)
{
    enum err code = seal_wipe(server->seal);
    return code == ERR_BUSY || code == ERR_DISK_FULL ? ERR_OK : code;
}

static enum err open_rooms(struct server *server, const struct server_options *options, struct arena *arena, struct text *why)
{
    enum err code = check_link(server, arena, why);
    code = code ? code : server_make_folder(server, arena, why);
    code = code ? code : server_open_stores(server, options, arena, why);
    code = code ? code : reads_open(&server->reads, arena_print(arena, "%s/reads", server->data).data, arena, why);
    code = code ? code : open_engine(server, arena, why);
    code = code ? code : server_note_restored(server, arena, why);
    code = code ? code : server_look_at_maps(server);
    code = code ? code : open_outbox(server);
    code = code ? code : deploy_configured(server, arena, why);
    code = code ? code : server_find_unparkable(server);
    server_forget_later(server);
    code = code ? code : server_forget_again(server);
    code = code ? code : wipe_at_start(server);
    code = code ? code : access_open(server, arena, why);
    code = code ? code : open_link(server, arena, why);
    code = code ? code : start_loop(server);
    if (!code && !options->quiet_signals)
        start_signals(server);
    if (!code && server->config->worker_count)
        code = children_start(&server->children, &server->loop, server->config, server->data, options->program);
    return code;
}

enum err server_open(struct server **out, const struct server_options *options, struct arena *arena, struct text *why)
{
    *why = (struct text){0};
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return ERR_NO_MEMORY;
    server->config = server->started = options->config;
    server->data = options->data;
    arena_init(&server->inbox);
    arena_init(&server->scratch);
    arena_init(&server->reloaded);
    oplog_set_level(options->config->log_level);
    raise_descriptors();
    walltime_init(&server->walltime, options->clock);
    server->now_started = server->walltime.now;
    enum err code = take_memory(server);
    code = code ? code : open_rooms(server, options, arena, why);
    if (code) {
        if (why->size == 0)
            *why = arena_print(arena, "%s %s", err_sentence(code), err_advice(code));
        server_close(&server);
        return code;
    }
    oplog(OPLOG_INFO, "serving", OPLOG_STRING("data", server->data), OPLOG_NUMBER("position", engine_position(server->engine)),
          OPLOG_NUMBER("epoch", engine_epoch(server->engine)), OPLOG_NUMBER("pid", getpid()));
    if (server_is_ahead(server) > WALLTIME_JUMP_MOST_MS)
        oplog(OPLOG_ERROR, "clock-behind-log", OPLOG_NUMBER("ms", server_is_ahead(server)), OPLOG_STRING("do", "set the clock right if it is wrong"));
    manager_ready();
    *out = server;
    return ERR_OK;
}

/* ---- running and closing ---- */

bool server_step(struct server *server, bool wait)
{
    if (!server->stopped)
        uv_run(&server->loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    return !server->stopped;
}

enum err server_run(struct server *server)
{
    while (!server->stopped)
        uv_run(&server->loop, UV_RUN_DEFAULT);
    oplog(OPLOG_INFO, "stopped", OPLOG_NUMBER("position", server->failure ? 0 : engine_position(server->engine)),
          OPLOG_STRING("code", err_name(server->failure)));
    return server->failure;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* With its last watcher libuv gives a signal its default action back: an impatient second Ctrl-C would kill what is about to close. */
static void hold_signals(const struct server *server)
{
    sigset_t all;
    if (!server->signals[0].data) /* never watched */
        return;
    sigemptyset(&all);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void close_loop(struct server *server)
{
    if (!server->loop_open)
        return;
    if (server->children)
        children_close(server->children);
    hold_signals(server);
    uv_walk(&server->loop, close_handle, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&server->loop);
    assert(left == 0);
    children_free(&server->children);
}

void server_close(struct server **out)
{
    struct server *server = *out;
    if (!server)
        return;
    close_loop(server);
    link_close(&server->link);
    access_close(server);
    watch_close_all(server);
    deploy_close_all(server);
    outbox_destroy(&server->outbox);
    server_close_reads(server);
    seal_close(&server->seal);
    engine_close(&server->engine);
    if (server->keys)
        store_close(&server->keys);
    if (server->store)
        store_close(&server->store);
    arena_close(&server->inbox);
    arena_close(&server->scratch);
    arena_close(&server->reloaded);
    backlog_close(&server->backlog);
    free(server->received);
    free(server->items);
    free(server->unparked);
    free(server->unparked_answers);
    free(server->lapsed);
    free(server->waiting);
    free(server->unpark_keys);
    free(server);
    *out = NULL;
}

const char *server_address(const struct server *server, uint32_t endpoint)
{
    return link_address(server->link, endpoint);
}
