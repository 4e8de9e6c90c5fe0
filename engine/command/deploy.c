/* deploy: `staircase deploy` hands workflows, directories and calendars over. All files are checked here first: when one has mistakes, none
 * is sent. */
#include <pwd.h>
#include <unistd.h>

#include "engine/command/files.h"
#include "engine/command/talk.h"

/* Whoever is logged in: before the first directory there is nobody else to name. */
static const char *local_user(const struct command_line *line)
{
    const struct passwd *user = getpwuid(getuid());
    return user ? arena_print(line->arena, "local:%s", user->pw_name).data : arena_print(line->arena, "local:%u", (unsigned)getuid()).data;
}

static int check_all(const struct command_line *line, struct checked_file *files)
{
    int worst = COMMAND_DONE;
    for (int i = 0; i < line->operand_count; i++) {
        int code = file_check(line, line->operands[i], NULL, &files[i]);
        if (code == COMMAND_DONE && (files[i].source.kind == SOURCE_NONE || files[i].source.kind == SOURCE_SCENARIO))
            code = command_fail(line, COMMAND_REFUSED,
                                command_say(line, "%s is no workflow, directory or calendar: it is not deployed.",
                                            "%s 不是流程、通讯录或日历，不能部署。"),
                                files[i].path);
        worst = code > worst ? code : worst;
    }
    if (worst != COMMAND_DONE)
        fprintf(stderr, "%s\n", command_say(line, "Nothing was deployed.", "什么也没有部署。"));
    return worst;
}

static int run(struct command_line *line)
{
    struct checked_file *files = ARENA_ARRAY(line->arena, struct checked_file, (size_t)line->operand_count);
    const char *as = command_value(line, "as") ? command_value(line, "as") : local_user(line);
    struct client *client;
    int code = check_all(line, files);
    if (code == COMMAND_DONE)
        code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    for (int i = 0; i < line->operand_count && code == COMMAND_DONE; i++) {
        struct message answer = {0};
        enum err sent = client_deploy(client, source_kind_name(files[i].source.kind), files[i].path, files[i].text, as, &answer);
        code = talk_answer(line, client, MESSAGE_DEPLOY, sent, &answer);
    }
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"as", "PERSON", {"who deploys it (default: local:USER)", "由谁部署（默认 local:用户名）"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_deploy = {
    .name = "deploy",
    .line = {"put workflows, directories and calendars into force", "部署流程、通讯录与日历"},
    .synopsis = "FILE... [--as PERSON]",
    .examples = {"  staircase deploy config/calendar-cn.yaml config/directory.yaml workflows/dispute-mediation/workflow.yaml\n"
                 "A changed file needs a new version. Cases keep the version they began with; directory and calendar are always the newest.\n",
                 "  staircase deploy config/calendar-cn.yaml config/directory.yaml workflows/dispute-mediation/workflow.yaml\n"
                 "改动后的文件要有新版本号。案件沿用立案时的流程版本；通讯录与日历始终用最新的。\n"},
    .options = options,
    .operands_least = 1,
    .operands_most = -1,
    .run = run,
};
