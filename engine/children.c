/* children: see children.h.
 *
 * Not uv_spawn: between fork and exec the child asks the kernel for SIGTERM when this process dies, which uv_spawn has no place for. A
 * pidfd tells the loop when a child has ended. */
#include "engine/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "engine/limits.h"

enum { WAIT_FIRST_MS = 1000, WAIT_MOST_MS = 60000, STEADY_MS = 60000, CANNOT_EXEC = 127 };

struct child {
    struct children *all;
    const struct config_worker *worker;
    char **arguments;
    pid_t pid; /* 0: does not run */
    int pidfd;
    uv_poll_t end;
    uv_timer_t timer;
    bool end_open;
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
    close(child->pidfd);
    child->end_open = false;
    plan_again(child);
}

static void on_end(uv_poll_t *poll, int status, int events)
{
    struct child *child = poll->data;
    int how = 0;
    (void)status, (void)events;
    if (waitpid(child->pid, &how, WNOHANG) != child->pid)
        return;
    child->pid = 0;
    if (WIFEXITED(how) && WEXITSTATUS(how) == CANNOT_EXEC && !child->all->stopping)
        oplog(OPLOG_ERROR, "worker-not-started", OPLOG_STRING("worker", child->worker->name), OPLOG_STRING("program", child->arguments[0]),
              OPLOG_STRING("why", "its program cannot be run"));
    oplog(child->all->stopping ? OPLOG_INFO : OPLOG_WARN, "worker-ended", OPLOG_STRING("worker", child->worker->name),
          OPLOG_NUMBER("status", WIFEXITED(how) ? WEXITSTATUS(how) : -1), OPLOG_NUMBER("signal", WIFSIGNALED(how) ? WTERMSIG(how) : 0));
    uv_close((uv_handle_t *)poll, on_closed);
}

/* In the child, between fork and exec: only what may be called there. What it prints goes to standard error: it is for the operator. */
static void become(const struct child *child, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    setsid(); /* Ctrl-C in the terminal reaches the engine alone */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(CANNOT_EXEC); /* it died before it could be asked */
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    syscall(SYS_close_range, 3, ~0u, 0);
    execvp(child->arguments[0], child->arguments);
    _exit(CANNOT_EXEC); /* on_end says so */
}

static void start(struct child *child)
{
    pid_t self = getpid();
    child->started = uv_now(child->all->loop);
    child->pid = fork();
    if (child->pid == 0)
        become(child, self);
    child->pidfd = child->pid > 0 ? (int)syscall(SYS_pidfd_open, child->pid, 0) : -1;
    if (child->pidfd < 0) {
        oplog(OPLOG_ERROR, "worker-not-started", OPLOG_STRING("worker", child->worker->name), OPLOG_STRING("why", strerror(errno)));
        if (child->pid > 0)
            kill(child->pid, SIGKILL);
        child->pid = 0;
        plan_again(child);
        return;
    }
    uv_poll_init(child->all->loop, &child->end, child->pidfd);
    child->end.data = child;
    child->end_open = true;
    uv_poll_start(&child->end, UV_READABLE, on_end);
    oplog(OPLOG_INFO, "worker-started", OPLOG_STRING("worker", child->worker->name), OPLOG_STRING("program", child->arguments[0]),
          OPLOG_NUMBER("pid", child->pid));
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
static void send_signal(const struct children *all, int number)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->children[i].pid && kill(-all->children[i].pid, number) != 0)
            kill(all->children[i].pid, number); /* it has not got so far as to have a group */
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
        running += children->children[i].pid != 0;
    return running;
}

void children_close(struct children *children)
{
    children->stopping = true;
    children_kill(children);
    for (uint32_t i = 0; i < children->count; i++) {
        struct child *child = &children->children[i];
        uv_close((uv_handle_t *)&child->timer, NULL);
        if (child->end_open && !uv_is_closing((uv_handle_t *)&child->end))
            uv_close((uv_handle_t *)&child->end, on_closed);
        if (child->pid)
            waitpid(child->pid, NULL, 0); /* it was killed: this does not wait */
        child->pid = 0;
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
