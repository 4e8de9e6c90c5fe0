/* exec: see exec.h. */
#include "workers/exec.h"

#include "proto/wire.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* So much is read in one step: more than a pipe holds, so that nothing stays behind in it, and an end to it where something
 * that the program left running writes for ever. */
enum { CHUNK = 16 * 1024, CHUNKS_MOST = 80, STANDARD = 3 };

struct exec {
    pid_t pid;
    int process; /* pidfd */
    int input, output, error; /* our ends of the pipes; -1: closed */
    char *pending; /* what the program has not read yet */
    size_t pending_size, pending_at;
    char *kept; /* standard output */
    size_t kept_size, kept_room;
    char line[EXEC_LINE_MOST], last[EXEC_LINE_MOST]; /* of standard error: the one that is being read, the last whole one */
    size_t line_size, last_size;
    bool ended;
    struct exec_end end;
};

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

/* ---- starting ---- */

static bool may_run(const char *folder, size_t size, const char *program)
{
    char path[4096];
    size_t name = strlen(program);
    if (size + 1 + name + 1 > sizeof path)
        return false;
    memcpy(path, size ? folder : ".", size ? size : 1);
    size = size ? size : 1;
    path[size] = '/';
    memcpy(path + size + 1, program, name + 1);
    return access(path, X_OK) == 0;
}

enum err exec_find(const char *program)
{
    if (strchr(program, '/'))
        return access(program, X_OK) == 0 ? ERR_OK : ERR_NOT_FOUND;
    const char *path = getenv("PATH");
    for (const char *at = path; at && *program;) {
        size_t size = strcspn(at, ":");
        if (may_run(at, size, program))
            return ERR_OK;
        at = at[size] ? at + size + 1 : NULL;
    }
    return ERR_NOT_FOUND;
}

/* A child's standard descriptors, its group, and its signals as a fresh program expects them. */
static int spawn(struct exec *exec, char *const argv[], const int theirs[STANDARD])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int code = posix_spawn_file_actions_init(&files);
    if (code)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code)
        goto no_attributes;
    for (int i = 0; i < STANDARD && !code; i++)
        code = posix_spawn_file_actions_adddup2(&files, theirs[i], i);
    if (!code)
        code = posix_spawn_file_actions_addclosefrom_np(&files, STANDARD);
    sigemptyset(&none);
    sigfillset(&all);
    if (!code)
        code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!code)
        code = posix_spawnattr_setsigmask(&attributes, &none);
    if (!code)
        code = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!code)
        code = posix_spawnp(&exec->pid, argv[0], &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
no_attributes:
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static enum err err_of(int code)
{
    switch (code) {
    case 0: return ERR_OK;
    case ENOENT:
    case EACCES:
    case ENOEXEC:
    case ENOTDIR:
    case EISDIR: return ERR_NOT_FOUND;
    case EAGAIN:
    case ENOMEM: return ERR_NO_MEMORY;
    default: return ERR_IO;
    }
}

/* Ours never block; theirs are plain pipes, as every program expects. The pipes stay clear of 0, 1 and 2, so that the dup2
 * calls of the child cannot overwrite one another, also where our own standard descriptors were closed. */
static bool pipe_open(int *reading, int *writing, bool we_read)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (ends[i] < STANDARD) {
            int higher = fcntl(ends[i], F_DUPFD_CLOEXEC, STANDARD);
            close(ends[i]);
            ends[i] = higher;
        }
    *reading = ends[0];
    *writing = ends[1];
    return ends[0] >= 0 && ends[1] >= 0 && fcntl(we_read ? ends[0] : ends[1], F_SETFL, O_NONBLOCK) == 0;
}

static bool copy_input(struct exec *exec, struct text input)
{
    exec->pending = malloc(input.size ? input.size : 1);
    if (!exec->pending)
        return false;
    memcpy(exec->pending, input.size ? input.data : "", input.size);
    exec->pending_size = input.size;
    return true;
}

static enum err start(struct exec *exec, char *const argv[], struct text input)
{
    int theirs[STANDARD] = {-1, -1, -1};
    enum err err = ERR_IO;
    if (!copy_input(exec, input))
        return ERR_NO_MEMORY;
    if (pipe_open(&theirs[0], &exec->input, false) && pipe_open(&exec->output, &theirs[1], true) &&
        pipe_open(&exec->error, &theirs[2], true))
        err = err_of(spawn(exec, argv, theirs));
    for (int i = 0; i < STANDARD; i++)
        descriptor_close(&theirs[i]);
    if (err)
        return err;
    exec->process = pidfd_open(exec->pid, 0);
    return exec->process >= 0 ? ERR_OK : ERR_IO;
}

enum err exec_start(struct exec **out, char *const argv[], struct text input)
{
    struct exec *exec = calloc(1, sizeof *exec);
    *out = NULL;
    if (!exec)
        return ERR_NO_MEMORY;
    exec->process = exec->input = exec->output = exec->error = -1;
    enum err err = start(exec, argv, input);
    if (err)
        exec_close(&exec);
    *out = exec;
    return err;
}

/* ---- running ---- */

uint32_t exec_watch(const struct exec *exec, struct pollfd *descriptors)
{
    uint32_t count = 0;
    if (exec->ended)
        return 0;
    descriptors[count++] = (struct pollfd){.fd = exec->process, .events = POLLIN};
    if (exec->input >= 0)
        descriptors[count++] = (struct pollfd){.fd = exec->input, .events = POLLOUT};
    if (exec->output >= 0)
        descriptors[count++] = (struct pollfd){.fd = exec->output, .events = POLLIN};
    if (exec->error >= 0)
        descriptors[count++] = (struct pollfd){.fd = exec->error, .events = POLLIN};
    return count;
}

/* A program that does not read its task, or not all of it, is none the worse for it: EPIPE ends the writing. */
static void write_input(struct exec *exec)
{
    while (exec->input >= 0 && exec->pending_at < exec->pending_size) {
        ssize_t wrote = write(exec->input, exec->pending + exec->pending_at, exec->pending_size - exec->pending_at);
        if (wrote < 0 && errno == EAGAIN)
            return;
        if (wrote < 0 && errno != EINTR)
            break;
        exec->pending_at += wrote > 0 ? (size_t)wrote : 0;
    }
    descriptor_close(&exec->input);
}

/* Memory that runs out counts as too much output. */
static void keep_output(struct exec *exec, const char *bytes, size_t size)
{
    if (exec->kept_size + size > exec->kept_room && !exec->end.overflowed) {
        size_t room = exec->kept_room ? exec->kept_room * 2 : CHUNK;
        char *larger = room > EXEC_OUTPUT_MOST ? NULL : realloc(exec->kept, room);
        exec->end.overflowed = !larger;
        exec->kept = larger ? larger : exec->kept;
        exec->kept_room = larger ? room : exec->kept_room;
    }
    if (exec->end.overflowed)
        return;
    memcpy(exec->kept + exec->kept_size, bytes, size);
    exec->kept_size += size;
}

static bool line_is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static void line_close(struct exec *exec)
{
    if (!line_is_blank(exec->line, exec->line_size)) {
        memcpy(exec->last, exec->line, exec->line_size);
        exec->last_size = exec->line_size;
    }
    exec->line_size = 0;
}

/* Passed on as it comes: what the program complains about is for whoever runs the worker. When ours is closed or full
 * there is nobody to tell, and the last line still reaches the engine. */
static void keep_error(struct exec *exec, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t wrote = write(STDERR_FILENO, bytes + at, size - at);
        if (wrote < 0 && errno != EINTR)
            break;
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            line_close(exec);
        else if (exec->line_size < EXEC_LINE_MOST)
            exec->line[exec->line_size++] = bytes[i];
    }
}

static void read_pipe(struct exec *exec, int *descriptor, void (*keep)(struct exec *, const char *, size_t))
{
    char chunk[CHUNK];
    for (int chunks = 0; *descriptor >= 0 && chunks < CHUNKS_MOST; chunks++) {
        ssize_t size = read(*descriptor, chunk, sizeof chunk);
        if (size > 0)
            keep(exec, chunk, (size_t)size);
        else if (size < 0 && errno == EAGAIN)
            return;
        else if (size == 0 || errno != EINTR)
            descriptor_close(descriptor);
    }
}

/* ---- the end ---- */

static bool process_ended(struct exec *exec)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)exec->process, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
        return false;
    bool exited = info.si_code == CLD_EXITED;
    exec->end.status = exited ? info.si_status : -1;
    exec->end.signal = exited ? 0 : info.si_status;
    return true;
}

/* The line goes into a message: bytes that are no text become question marks. */
static struct text mend(char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = 1;
        while (length <= 4 && i + length <= size && !wire_is_text((struct text){.data = bytes + i, .size = length}))
            length++;
        bool good = length <= 4 && i + length <= size && (unsigned char)bytes[i] >= 0x20 && bytes[i] != 0x7f;
        if (!good)
            bytes[i] = '?';
        i += good ? length : 1;
    }
    return (struct text){.data = bytes, .size = size};
}

static struct text trim(struct text line)
{
    while (line.size && line_is_blank(line.data, 1)) {
        line.data++;
        line.size--;
    }
    while (line.size && line_is_blank(line.data + line.size - 1, 1))
        line.size--;
    return line;
}

/* The end is looked for first: what the process wrote before it is in the pipes by then, and is read after. */
bool exec_step(struct exec *exec)
{
    if (exec->ended)
        return true;
    bool ended = process_ended(exec);
    write_input(exec);
    read_pipe(exec, &exec->output, keep_output);
    read_pipe(exec, &exec->error, keep_error);
    if (!ended)
        return false;
    line_close(exec);
    exec->ended = true;
    exec->end.output = (struct text){.data = exec->kept ? exec->kept : "", .size = exec->kept_size};
    exec->end.last_line = trim(mend(exec->last, exec->last_size));
    descriptor_close(&exec->input);
    descriptor_close(&exec->output);
    descriptor_close(&exec->error);
    return true;
}

const struct exec_end *exec_end(const struct exec *exec)
{
    assert(exec->ended);
    return &exec->end;
}

/* The group's number stays taken as long as its leader has not been waited for, so no stranger can be hit. */
void exec_signal(struct exec *exec, int number)
{
    if (!exec->ended && exec->pid > 0)
        kill(-exec->pid, number);
}

void exec_close(struct exec **out)
{
    struct exec *exec = *out;
    if (!exec)
        return;
    exec_signal(exec, SIGKILL);
    while (exec->pid > 0 && !exec->ended && waitpid(exec->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    descriptor_close(&exec->process);
    descriptor_close(&exec->input);
    descriptor_close(&exec->output);
    descriptor_close(&exec->error);
    free(exec->pending);
    free(exec->kept);
    free(exec);
    *out = NULL;
}
