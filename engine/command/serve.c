/* serve: `staircase serve` runs the engine on a data folder until SIGINT or SIGTERM. */
#include <unistd.h>

#include "engine/command/command.h"
#include "engine/guard.h"
#include "engine/server.h"
#include "engine/systemd.h"

/* Where this program stands: workers are looked for beside it. */
static const char *own_path(const struct command_line *line)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    return size > 0 ? arena_string(line->arena, (struct text){.data = path, .size = (size_t)size}) : NULL;
}

static int read_config(const struct command_line *line, struct config *config)
{
    struct problems problems;
    config_defaults(config);
    if (!line->config)
        return COMMAND_DONE;
    enum err code = config_load(config, line->arena, line->config, &problems);
    if (problems.errors || problems.warnings)
        fprintf(stderr, "%s", problems_print(&problems, line->arena).data);
    return code ? COMMAND_REFUSED : COMMAND_DONE;
}

/* The walk of the README, word for word: a dispute climbs from its building to the centre. */
static const char walk[] =
    "  PATH=$PWD/build:$PATH key=$(cat /proc/sys/kernel/random/uuid)\n"
    "  staircase open dispute-mediation jinnong/grid-3/building-7 --as li --for app:zhao --key $key summary=漏水 category=neighbour applicant=app:zhao respondent=app:qian\n"
    "  both() { for party in app:zhao app:qian; do staircase send $key agree-to-mediate --as $party; done; }\n"
    "  for mediator in li wang chen; do both; staircase send $key raise --as $mediator reason=双方差距太大; done; both\n"
    "  mediation_centre list\n";

/* Whether everything that the walk needs is configured. */
static bool can_walk(const struct config *config)
{
    bool workflow = false, centre = false;
    for (uint32_t i = 0; i < config->deploy_count; i++)
        workflow = workflow || strstr(config->deploys[i].path, "dispute-mediation");
    for (uint32_t i = 0; i < config->worker_count; i++)
        centre = centre || strcmp(config->workers[i].name, "mediation-centre") == 0;
    return workflow && centre;
}

/* The walk names no folder: where it is not the usual one, both programs are told it beforehand. */
static const char *elsewhere(const struct command_line *line, const char *data)
{
    if (!*data)
        return "";
    return arena_print(line->arena, "  staircase() { command staircase \"$@\"%s; }; mediation_centre() { command mediation_centre \"$@\"%s; }\n", data, data).data;
}

/* What to type next: exactly as it can be typed. */
static void print_welcome(const struct command_line *line, const struct config *config)
{
    const char *data = strcmp(line->data, "./var") == 0 ? "" : arena_print(line->arena, " --data '%s'", line->data).data;
    printf(command_say(line, "The engine runs on %s. Ctrl-C stops it.\n", "引擎已在 %s 上运行，按 Ctrl-C 停止。\n"), line->data);
    if (can_walk(config))
        printf(command_say(line, "In another terminal (bash), a dispute climbs from its building to the mediation centre:\n%s%s",
                           "另开一个终端 (bash)，一件纠纷从楼院逐级上报到调解中心：\n%s%s"), elsewhere(line, data), walk);
    else if (config->deploy_count == 0)
        printf(command_say(line, "In another terminal, deploy a calendar, a directory and a workflow:\n  staircase deploy%s FILE...\n",
                           "请另开一个终端，部署日历、通讯录与流程：\n  staircase deploy%s FILE...\n"), data);
    else
        printf(command_say(line, "In another terminal:\n  staircase status%s\n", "另开一个终端：\n  staircase status%s\n"), data);
    fflush(stdout);
}

static int run(struct command_line *line)
{
    struct config config;
    struct server *server;
    struct text why = {0};
    int read = read_config(line, &config);
    if (read != COMMAND_DONE)
        return read;
    const char *user = command_value(line, "user");
    systemd_begin();
    guard_rights();
    enum err code = guard_user(user ? user : config.user, line->data, line->arena, &why); /* before anything is written */
    if (code)
        return command_fail(line, COMMAND_FAILED, "%.*s", (int)why.size, why.data);
    const struct server_options options = {.data = line->data, .config = &config, .program = own_path(line)};
    code = server_open(&server, &options, line->arena, &why);
    if (code)
        return command_fail(line, command_exit_of(code), "%.*s", (int)why.size, why.data);
    print_welcome(line, &config);
    code = server_run(server);
    server_close(&server);
    return code ? command_fail(line, command_exit_of(code), "%s %s", err_sentence(code), err_advice(code)) : COMMAND_DONE;
}

static const struct command_option options[] = {
    {"user", "NAME", {"who the engine becomes when root starts it (default: `user` of the configuration)", "由 root 启动时所切换的用户（默认按配置中的 user）"}, false},
    {0},
};

const struct command command_serve = {
    .name = "serve",
    .line = {"run the engine on a data folder", "在数据目录上运行引擎"},
    .synopsis = "[--data DIR] [--config FILE] [--user NAME]",
    .examples = {"  staircase serve --data /srv/cases --config config/staircase.yaml\n"
                 "Ctrl-C, or SIGTERM, stops it within five seconds; started again it goes on where it was. The log of the operator goes to\n"
                 "standard error, one event a line; engine/RUNBOOK.md says what each means. SIGHUP reads the configuration again, all of it or nothing.\n"
                 "  staircase serve --data /var/lib/staircase --user staircase\n"
                 "Started by root it becomes that user, whose the data folder then is; started by that user it stays so.\n",
                 "  staircase serve --data /srv/cases --config config/staircase.yaml\n"
                 "按 Ctrl-C 或发送 SIGTERM，引擎五秒内停止；再次启动后继续。运行日志写到标准错误，每行一条，含义见 engine/RUNBOOK.md。\n"
                 "发送 SIGHUP 重新读取配置：有错误则全部不生效。\n"
                 "  staircase serve --data /var/lib/staircase --user staircase\n"
                 "由 root 启动时切换为该用户，数据目录归其所有；由该用户启动则不变。\n"},
    .options = options,
    .operands_least = 0,
    .operands_most = 0,
    .run = run,
};
