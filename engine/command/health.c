/* health: `staircase health` says in one sentence, and by its exit code, how the engine is. */
#include "engine/command/talk.h"

struct health {
    bool read_only, stopping;
    const struct value *alarms; /* sentences; NULL: none */
    const struct value *names;
};

static bool is_ready(const struct health *health)
{
    return !health->read_only && !health->stopping && !health->alarms;
}

static void print_json(const struct command_line *line, const struct health *health)
{
    const struct value none = {.kind = VALUE_LIST};
    const struct value items[] = {
        value_text(TEXT("alive")),     value_boolean(true),
        value_text(TEXT("ready")),     value_boolean(is_ready(health)),
        value_text(TEXT("read-only")), value_boolean(health->read_only),
        value_text(TEXT("stopping")),  value_boolean(health->stopping),
        value_text(TEXT("alarms")),    health->names ? *health->names : none,
    };
    const struct value map = {.kind = VALUE_MAP, .count = sizeof items / sizeof *items / 2, .items = items};
    talk_print_row(line, &map);
}

static void print_words(const struct command_line *line, const struct health *health)
{
    if (is_ready(health))
        printf("%s\n", command_say(line, "Ready: events are taken, questions answered, no alarm stands.", "就绪：接收事件，答复查询，没有警报。"));
    else if (health->stopping)
        printf("%s\n", command_say(line, "Alive, not ready: it is stopping.", "运行中，未就绪：正在停止。"));
    else if (health->read_only)
        printf("%s\n", command_say(line, "Alive, not ready: the disk is full, questions are answered, events turned away.", "运行中，未就绪：磁盘已满，只答复查询，不接收事件。"));
    else
        printf("%s\n", command_say(line, "Alive, with an alarm.", "运行中，有警报。"));
    for (uint32_t i = 0; health->alarms && i < health->alarms->count; i++) {
        struct text name = health->names && i < health->names->count ? health->names->items[i].text : TEXT("alarm");
        struct text sentence = talk_alarm(line, name, health->alarms->items[i].text);
        printf("  %.*s: %.*s\n", (int)name.size, name.data, (int)sentence.size, sentence.data);
    }
}

static int run(struct command_line *line)
{
    struct message question = {.kind = MESSAGE_STATUS};
    struct talk_page page;
    int code = talk_ask_once(line, &question, &page);
    if (code != COMMAND_DONE)
        return code;
    const struct value *row = page.count ? &page.rows[0] : NULL;
    if (!row)
        return command_fail(line, COMMAND_UNCERTAIN, "%s", command_say(line, "the engine answered, but not how it is.", "引擎有回答，但未说明状态。"));
    const struct health health = {.read_only = row_flag(row, "read-only"), .stopping = row_flag(row, "stopping"), .alarms = row_list(row, "alarms"),
                                  .names = row_list(row, "alarm-names")};
    (line->json ? print_json : print_words)(line, &health);
    return is_ready(&health) ? COMMAND_DONE : COMMAND_REFUSED;
}

static const struct command_option options[] = {TALK_OPTIONS, {0}};

const struct command command_health = {
    .name = "health",
    .line = {"say whether the engine is alive and ready, by exit code too", "引擎是否存活、就绪（也以退出码表示）"},
    .synopsis = "",
    .examples = {"  staircase health --timeout 5\n"
                 "  staircase health --json\n"
                 "0 ready, no alarm · 1 alive, but not ready or with an alarm: it says which; engine/RUNBOOK.md what to do ·\n"
                 "3 no engine · 4 alive or not: no answer in time. Restart it for 3 and 4, never for 1.\n",
                 "  staircase health --timeout 5\n"
                 "  staircase health --json\n"
                 "0 就绪且无警报 · 1 存活，但未就绪或有警报（会说明，处置见 engine/RUNBOOK.md）· 3 没有引擎 · 4 未及时回答。\n"
                 "退出码为 3、4 时可重启，为 1 时不要重启。\n"},
    .options = options,
    .operands_most = 0,
    .run = run,
};
