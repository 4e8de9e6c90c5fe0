/* children: see children.h. */
#include "engine/children.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "engine/limits.h"

enum { WAIT_FIRST_MS = 1000, WAIT_MOST_MS = 60000, STEADY_MS = 60000 };

struct child {
    struct children *all;
    const struct config_worker *worker;
    char **arguments;
    uv_process_t process;
    uv_pipe_t life; /* its standard input: open as long as this process lives */
    uv_timer_t timer;
    bool running, life_open, timer_open;
    uint64_t started, wait_ms;
};

struct children {
    uv_loop_t *loop;
    struct arena arena;
    struct child children[LIMIT_CHILDREN];
    uint32_t count;
    bool stopping;
};

static void start(struct child *child);

static void close_life(struct child *child)
{
    if (child->life_open)
        uv_close((uv_handle_t *)&child->life, NULL);
    child->life_open = false;
}

static void start_again(uv_timer_t *timer)
{
    struct child *child = timer->data;
    if (!child->all->stopping)
        start(child);
}

static void plan_again(struct child *child)
{
    if (child->all->stopping)
        return;
    bool steady = uv_now(child->all->loop) - child->started > STEADY_MS;
    child->wait_ms = steady || child->wait_ms == 0 ? WAIT_FIRST_MS : child->wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : child->wait_ms * 2;
    oplog(OPLOG_WARN, "worker-waits", OPLOG_STRING("worker", child->worker->name), OPLOG_NUMBER("ms", child->wait_ms));
    uv_timer_start(&child->timer, start_again, child->wait_ms, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    plan_again(child);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct child *child = process->data;
    child->running = false;
    oplog(child->all->stopping ? OPLOG_INFO : OPLOG_WARN, "worker-ended", OPLOG_STRING("worker", child->worker->name), OPLOG_NUMBER("status", status),
          OPLOG_NUMBER("signal", signal));
    close_life(child);
    uv_close((uv_handle_t *)process, on_closed);
}

static void start(struct child *child)
{
    child->process = (uv_process_t){.data = child};
    uv_pipe_init(child->all->loop, &child->life, 0);
    child->life_open = true;
    uv_stdio_container_t streams[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->life},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}, /* what it prints is for the operator; standard output is the engine's */
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    const uv_process_options_t options = {.exit_cb = on_exit_of, .file = child->arguments[0], .args = child->arguments, .stdio = streams, .stdio_count = 3,
                                          .flags = UV_PROCESS_DETACHED};
    child->started = uv_now(child->all->loop);
    int error = uv_spawn(child->all->loop, &child->process, &options);
    child->process.data = child;
    if (error) {
        oplog(OPLOG_ERROR, "worker-not-started", OPLOG_STRING("worker", child->worker->name), OPLOG_STRING("program", child->arguments[0]),
              OPLOG_STRING("why", uv_strerror(error)));
        close_life(child);
        uv_close((uv_handle_t *)&child->process, on_closed);
        return;
    }
    child->running = true;
    oplog(OPLOG_INFO, "worker-started", OPLOG_STRING("worker", child->worker->name), OPLOG_NUMBER("pid", child->process.pid));
}

/* ---- what is started ---- */

/* A program without a slash: the one beside the engine's own, when there is one; otherwise as PATH has it. */
static char *find_program(struct children *all, const char *named, const char *program)
{
    const char *slash = program ? strrchr(program, '/') : NULL;
    if (slash && !strchr(named, '/')) {
        struct text beside = arena_print(&all->arena, "%.*s/%s", (int)(slash - program), program, named);
        if (access(beside.data, X_OK) == 0)
            return arena_string(&all->arena, beside);
    }
    return arena_string(&all->arena, text_of(named));
}

static char *with_data(struct children *all, const char *argument, const char *data)
{
    const char *mark = strstr(argument, "{data}");
    if (!mark)
        return arena_string(&all->arena, text_of(argument));
    struct text filled = arena_print(&all->arena, "%.*s%s%s", (int)(mark - argument), argument, data, mark + strlen("{data}"));
    return arena_string(&all->arena, filled);
}

static void prepare(struct children *all, const struct config_worker *worker, const char *data, const char *program)
{
    struct child *child = &all->children[all->count++];
    uint32_t count = 0;
    while (worker->command[count])
        count++;
    *child = (struct child){.all = all, .worker = worker, .arguments = ARENA_ARRAY(&all->arena, char *, (size_t)count + 1)};
    for (uint32_t i = 0; i < count; i++)
        child->arguments[i] = i == 0 ? find_program(all, worker->command[0], program) : with_data(all, worker->command[i], data);
    uv_timer_init(all->loop, &child->timer);
    child->timer.data = child;
    child->timer_open = true;
}

enum err children_start(struct children **out, uv_loop_t *loop, const struct config *config, const char *data, const char *program)
{
    struct children *all = calloc(1, sizeof *all);
    if (!all)
        return ERR_NO_MEMORY;
    all->loop = loop;
    arena_init(&all->arena);
    for (uint32_t i = 0; i < config->worker_count && i < LIMIT_CHILDREN; i++)
        prepare(all, &config->workers[i], data, program);
    for (uint32_t i = 0; i < all->count; i++)
        start(&all->children[i]);
    *out = all;
    return ERR_OK;
}

/* ---- the end ---- */

/* The whole group: a worker may have started programs of its own. */
static void send_signal(const struct children *all, int signal)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->children[i].running && kill(-all->children[i].process.pid, signal) != 0)
            kill(all->children[i].process.pid, signal);
}

void children_stop(struct children *children)
{
    children->stopping = true;
    send_signal(children, SIGTERM);
}

void children_kill(struct children *children)
{
    send_signal(children, SIGKILL);
}

uint32_t children_running(const struct children *children)
{
    uint32_t running = 0;
    for (uint32_t i = 0; children && i < children->count; i++)
        running += children->children[i].running;
    return running;
}

void children_close(struct children *children)
{
    children->stopping = true;
    for (uint32_t i = 0; i < children->count; i++) {
        struct child *child = &children->children[i];
        close_life(child);
        if (child->timer_open)
            uv_close((uv_handle_t *)&child->timer, NULL);
        child->timer_open = false;
        if (child->running)
            uv_close((uv_handle_t *)&child->process, NULL);
        child->running = false;
    }
}

void children_free(struct children **children)
{
    if (!*children)
        return;
    arena_close(&(*children)->arena);
    free(*children);
    *children = NULL;
}
