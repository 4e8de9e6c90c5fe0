/* send: `staircase send` sends an event to a case; `staircase release` lets an imported case go live. */
#include "engine/command/talk.h"
#include "engine/command/word.h"

static bool read_event(const struct command_line *line, struct message *event)
{
    event->kind = MESSAGE_SEND;
    event->event = text_of(line->operands[1]);
    event->as = text_of(command_value(line, "as"));
    event->on_behalf = text_of(command_value(line, "for"));
    bool given;
    if (!word_case(line, line->operands[0], &event->subject) || !word_id(line, "id", &event->id) || !word_time(line, "at", &given, &event->happened_at))
        return false;
    event->has |= given ? MESSAGE_HAS_HAPPENED_AT : 0;
    return word_fields(line, line->operands + 2, line->operand_count - 2, &event->data, &event->data_count);
}

static int deliver(struct command_line *line, const struct message *event)
{
    struct client *client;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = talk_event(line, client, event);
    client_disconnect(&client);
    return code;
}

static int needs_person(const struct command_line *line)
{
    return command_misuse(line, "%s", command_say(line, "who sends it? --as PERSON is needed.", "由谁发送？需要 --as 人员。"));
}

static int run_send(struct command_line *line)
{
    struct message event = {0};
    if (!command_value(line, "as"))
        return needs_person(line);
    return read_event(line, &event) ? deliver(line, &event) : COMMAND_USAGE;
}

static int run_release(struct command_line *line)
{
    struct message event = {.kind = MESSAGE_RELEASE, .as = text_of(command_value(line, "as"))};
    if (!command_value(line, "as"))
        return needs_person(line);
    if (!word_case(line, line->operands[0], &event.subject) || !word_id(line, "id", &event.id))
        return COMMAND_USAGE;
    return deliver(line, &event);
}

static const struct command_option send_options[] = {
    {"as", "PERSON", {"who acts: a person of the directory, or app:token for a resident", "办理人：通讯录中的人员；居民写作 应用:代号"}, false},
    {"for", "PERSON", {"whom that person acts for", "代表谁"}, false},
    {"id", "ID", {"the event's id, to send the same event again", "事件编号，用于重发同一事件"}, false},
    {"at", "TIME", {"when it happened, if not now", "发生时间（若非现在）"}, false},
    TALK_OPTIONS,
    {0},
};

static const struct command_option release_options[] = {
    {"as", "PERSON", {"who releases it", "放行人"}, false},
    {"id", "ID", {"the event's id, to send the same event again", "事件编号，用于重发同一事件"}, false},
    TALK_OPTIONS,
    {0},
};

#define CASE_EN "CASE is an id, a number, or the key that its sender gave it.\n"
#define CASE_ZH "案件可写编号、案号，或发送方给定的键。\n"

const struct command command_send = {
    .name = "send",
    .line = {"send an event to a case", "向案件发送事件"},
    .synopsis = "CASE EVENT --as PERSON [FIELD=VALUE]...",
    .examples = {"  staircase send 42 agree-to-mediate --as wechat:zhao\n"
                 "  staircase send 金农调字〔2026〕15号 raise --as wang reason=双方差距太大\n"
                 "  staircase send 42 hand-over --as wang to=chen\n" CASE_EN,
                 "  staircase send 42 agree-to-mediate --as wechat:zhao\n"
                 "  staircase send 金农调字〔2026〕15号 raise --as wang reason=双方差距太大\n"
                 "  staircase send 42 hand-over --as wang to=chen\n" CASE_ZH},
    .options = send_options,
    .operands_least = 2,
    .operands_most = -1,
    .run = run_send,
};

const struct command command_release = {
    .name = "release",
    .line = {"let an imported case go live", "放行导入的旧案"},
    .synopsis = "CASE --as PERSON",
    .examples = {"  staircase release 42 --as chen\n" CASE_EN, "  staircase release 42 --as chen\n" CASE_ZH},
    .options = release_options,
    .operands_least = 1,
    .operands_most = 1,
    .run = run_release,
};
