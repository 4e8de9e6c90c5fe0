/* erase: `staircase erase` destroys what is private of a person. */
#include "engine/command/talk.h"
#include "engine/command/word.h"

static int run(struct command_line *line)
{
    struct message event = {.kind = MESSAGE_ERASE, .on_behalf = text_of(line->operands[0]), .as = text_of(command_value(line, "as")),
                            .why = text_of(command_value(line, "why"))};
    struct client *client;
    if (!command_value(line, "as"))
        return command_misuse(line, "%s", command_say(line, "who erases? --as PERSON is needed.", "由谁清除？需要 --as 人员。"));
    if (event.why.size == 0)
        return command_misuse(line, "%s", command_say(line, "why? --why TEXT is needed; it stays in the history, so it names nobody.",
                                                      "为什么？需要 --why 理由；理由会留在记录中，请勿写出姓名。"));
    if (!word_id(line, "id", &event.id))
        return COMMAND_USAGE;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = talk_event(line, client, &event);
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"as", "PERSON", {"who erases, a person of the directory", "由谁清除：通讯录中的人员"}, false},
    {"why", "TEXT", {"the reason; it stays in the history, so it names nobody", "理由；会留在记录中，请勿写出姓名"}, false},
    {"id", "ID", {"the event's id, to send the same event again", "事件编号，用于重发同一事件"}, false},
    TALK_OPTIONS,
    {0},
};

#define WHAT_EN                                                                                                                  \
    "PERSON is the reference, app:token. Nobody can read any more what is private of that person: not here, not in later backups.\n" \
    "It cannot be taken back. Backups from before still hold it: see engine/RUNBOOK.md.\n"
#define WHAT_ZH "人员写代号：应用:代号。此后任何人都无法再读取其私密内容，之后的备份中也没有。\n此操作无法撤销。此前的备份仍含有这些内容，见 engine/RUNBOOK.md。\n"

const struct command command_erase = {
    .name = "erase",
    .line = {"destroy what is private of a person, for ever", "永久清除某人的私密内容"},
    .synopsis = "PERSON --as PERSON --why TEXT",
    .examples = {"  staircase erase wechat:7f3a --as zhou --why \"asked for, form 12 of 2026-11-21\"\n" WHAT_EN,
                 "  staircase erase wechat:7f3a --as zhou --why \"本人申请，2026-11-21 第 12 号\"\n" WHAT_ZH},
    .options = options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
