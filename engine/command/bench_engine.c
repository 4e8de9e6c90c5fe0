/* bench_engine: see bench.h. The engine under load is the real one: `serve` in a child process, on the disk of the data folder. */
#include "engine/command/bench.h"

#include "engine/key_folder.h"
#include "engine/server.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the child ---- */

static int64_t clock_offset;

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t shifted_wall(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME) + clock_offset;
}

static int64_t monotonic(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

/* Says on `ready` whether the engine is open: an empty line, or why not. */
static void run_child(const struct bench_engine *engine, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const struct walltime_source clock = {.wall = shifted_wall, .monotonic = monotonic};
    const struct config_deploy deploys[] = {
        {"calendar", "config/calendar-cn.yaml"}, {"directory", "config/directory.yaml"}, {"workflow", "workflows/bench/workflow.yaml"}};
    struct config config;
    config_defaults(&config);
    config.deploys = deploys;
    config.deploy_count = sizeof deploys / sizeof *deploys;
    config.worker_count = 0;
    config.listen_clients = engine->listen[0] ? engine->listen : NULL;
    config.log_level = OPLOG_WARN;
    const struct server_options options = {.data = engine->folder, .config = &config, .clock = &clock};
    struct arena arena;
    arena_init(&arena);
    struct server *server;
    struct text why = {0};
    enum err code = server_open(&server, &options, &arena, &why);
    if (code)
        dprintf(ready, "%s: %.*s", err_name(code), (int)why.size, why.data);
    close(ready);
    if (code)
        _exit(1);
    code = server_run(server);
    server_close(&server);
    arena_close(&arena);
    _exit(code ? 1 : 0);
}

/* ---- the parent ---- */

/* The files of the workload stand beside the program's folder, or in the working directory. */
bool bench_find_files(void)
{
    if (access("workflows/bench/workflow.yaml", R_OK) == 0)
        return true;
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = 0;
    return chdir(dirname(dirname(path))) == 0 && access("workflows/bench/workflow.yaml", R_OK) == 0;
}

static int wait_until_open(struct command_line *line, struct bench_engine *engine, int ready)
{
    char why[512];
    ssize_t size = 0, more;
    while (size < (ssize_t)sizeof why - 1 && (more = read(ready, why + size, sizeof why - 1 - (size_t)size)) > 0)
        size += more;
    close(ready);
    why[size > 0 ? size : 0] = 0;
    if (size == 0)
        return COMMAND_DONE;
    bench_engine_stop(engine);
    return command_fail(line, COMMAND_FAILED, "the engine does not start: %s", why);
}

static int make_folder(struct command_line *line, struct bench_engine *engine)
{
    *engine = (struct bench_engine){0};
    snprintf(engine->folder, sizeof engine->folder, "%s/bench-XXXXXX", line->data);
    return mkdtemp(engine->folder) ? COMMAND_DONE : command_fail(line, COMMAND_FAILED, "%s: cannot write there", line->data);
}

static int start(struct command_line *line, struct bench_engine *engine)
{
    int ready[2];
    if (pipe(ready) != 0)
        return command_fail(line, COMMAND_FAILED, "cannot start a process");
    fflush(NULL);
    engine->child = fork();
    if (engine->child == 0) {
        close(ready[0]);
        run_child(engine, ready[1]);
    }
    close(ready[1]);
    if (engine->child < 0)
        return command_fail(line, COMMAND_FAILED, "cannot start a process");
    return wait_until_open(line, engine, ready[0]);
}

int bench_engine_start(struct command_line *line, struct bench_engine *engine, int64_t clock_offset_ms)
{
    int exit = make_folder(line, engine);
    clock_offset = clock_offset_ms;
    return exit ? exit : start(line, engine);
}

/* A port that nobody has at this moment. */
static bool find_port(char listen[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool found = descriptor >= 0 && bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(descriptor, (struct sockaddr *)&address, &size) == 0;
    if (descriptor >= 0)
        close(descriptor);
    snprintf(listen, 64, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return found;
}

/* One operator, whose key is ours. */
static enum err make_keys(struct command_line *line, struct bench_engine *engine, struct text *why)
{
    struct key_ring server;
    char *digits = arena_take(line->arena, KEY_DIGITS + 1);
    enum err code = key_folder_server(engine->folder, line->arena, &server, why);
    if (code)
        return code;
    key_folder_pair(&engine->key);
    memcpy(engine->key.server_key, server.public_key, KEY_SIZE);
    key_digits(engine->key.public_key, digits);
    struct principal operator = {.name = TEXT("bench"), .kind = PRINCIPAL_OPERATOR, .key = text_of(digits), .revoked = NONE};
    return key_folder_write(engine->folder, line->arena, &(struct principals){.items = &operator, .count = 1}, why);
}

int bench_engine_start_curve(struct command_line *line, struct bench_engine *engine)
{
    struct text why = TEXT("no free port");
    int exit = make_folder(line, engine);
    if (!exit && (!find_port(engine->listen) || make_keys(line, engine, &why)))
        exit = command_fail(line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    clock_offset = 0;
    return exit ? exit : start(line, engine);
}

int64_t bench_engine_cpu_us(const struct bench_engine *engine)
{
    clockid_t id;
    struct timespec used;
    if (clock_getcpuclockid(engine->child, &id) != 0 || clock_gettime(id, &used) != 0)
        return 0;
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

int64_t bench_engine_resident_kb(const struct bench_engine *engine)
{
    char path[64], row[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)engine->child);
    FILE *file = fopen(path, "re");
    long long kb = 0;
    while (file && fgets(row, sizeof row, file))
        if (sscanf(row, "RssAnon: %lld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

int64_t bench_engine_disk(const struct bench_engine *engine)
{
    char path[600];
    struct stat status;
    snprintf(path, sizeof path, "%s/store/data.mdb", engine->folder);
    return stat(path, &status) == 0 ? (int64_t)status.st_blocks * 512 : 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void bench_remove_folder(const char *folder)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void bench_engine_stop(struct bench_engine *engine)
{
    if (engine->child > 0) {
        struct rusage used;
        kill(engine->child, SIGTERM);
        wait4(engine->child, NULL, 0, &used);
        engine->cpu_us = (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
        engine->child = 0;
    }
    if (engine->folder[0])
        bench_remove_folder(engine->folder);
    engine->folder[0] = 0;
}
