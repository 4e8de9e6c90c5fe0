/* open: `staircase open` opens a case. */
#include "engine/command/talk.h"
#include "engine/command/word.h"

static bool read_opening(const struct command_line *line, struct message *event)
{
    event->kind = MESSAGE_OPEN;
    event->workflow = text_of(line->operands[0]);
    event->unit = text_of(line->operands[1]);
    event->as = text_of(command_value(line, "as"));
    event->on_behalf = text_of(command_value(line, "for"));
    event->held = command_flag(line, "held");
    bool given;
    if (!word_id(line, "key", &event->key) || !word_id(line, "id", &event->id) || !word_time(line, "at", &given, &event->happened_at))
        return false;
    event->has |= given ? MESSAGE_HAS_HAPPENED_AT : 0;
    return word_fields(line, line->operands + 2, line->operand_count - 2, &event->data, &event->data_count);
}

static int run(struct command_line *line)
{
    struct message event = {0};
    struct client *client;
    if (!command_value(line, "as"))
        return command_misuse(line, "%s", command_say(line, "who opens it? --as PERSON is needed.", "由谁立案？需要 --as 人员。"));
    if (!read_opening(line, &event))
        return COMMAND_USAGE;
    int code = talk_connect(line, &client);
    if (code != COMMAND_DONE)
        return code;
    code = talk_event(line, client, &event);
    client_disconnect(&client);
    return code;
}

static const struct command_option options[] = {
    {"as", "PERSON", {"who opens it: a person of the directory, or app:token for a resident", "立案人：通讯录中的人员；居民写作 应用:代号"}, false},
    {"for", "PERSON", {"whom that person acts for", "代表谁"}, false},
    {"key", "KEY", {"the case's key, a UUID of your own (default: a new one)", "案件键，自定的 UUID（默认新生成）"}, false},
    {"id", "ID", {"the event's id, to send the same event again", "事件编号，用于重发同一事件"}, false},
    {"at", "TIME", {"when it happened, if not now", "发生时间（若非现在）"}, false},
    {"held", NULL, {"an old case: it lives in its own time until it is released (needs --at)", "旧案：在 release 之前按其自身时间运行（需要 --at）"}, false},
    TALK_OPTIONS,
    {0},
};

const struct command command_open = {
    .name = "open",
    .line = {"open a case", "立案"},
    .synopsis = "WORKFLOW UNIT --as PERSON [FIELD=VALUE]...",
    .examples = {
        "  staircase open dispute-mediation jinnong/grid-3/building-7 --as li \\\n"
        "      summary=漏水 category=neighbour applicant=wechat:zhao respondent=wechat:qian\n"
        "  staircase open grid-matter jinnong/grid-3 --as li summary=楼道灯不亮 kind=facility found-on=2026-03-01\n"
        "A field given twice is a list: applicant=wechat:zhao applicant=wechat:sun. FIELD:=JSON gives the value as JSON:\n"
        "applicant:='[\"wechat:zhao\",\"wechat:sun\"]'.\n",
        "  staircase open dispute-mediation jinnong/grid-3/building-7 --as li \\\n"
        "      summary=漏水 category=neighbour applicant=wechat:zhao respondent=wechat:qian\n"
        "  staircase open grid-matter jinnong/grid-3 --as li summary=楼道灯不亮 kind=facility found-on=2026-03-01\n"
        "同一字段给多次即为多项: applicant=wechat:zhao applicant=wechat:sun。字段:=JSON 直接给出 JSON 值。\n"},
    .options = options,
    .operands_least = 2,
    .operands_most = -1,
    .run = run,
};
