/* scenario_yaml: a scenario file, read. See scenario.h for how one looks; the table of keys stands first. */
#include "engine/form.h"
#include "engine/scenario_inner.h"

enum { NAME_MOST = 64, PERSON_MOST = 128, PATH_MOST = 256, TITLE_MOST = 200 };

static const char *const crash_words[2] = {"before-commit", "after-commit"};
static const char *const does_words[4] = {"accept", "settle", "fail", "vanish"};
static const char *const step_words[3] = {"crash", "repeat", "parked"}; /* each is a whole step */
static const char *const none_words[1] = {"none"};
const char *const notice_words[NOTICE_WITHDRAWN + 1] = {
    [NOTICE_TEXT] = "text",         [NOTICE_STAGE] = "stage",         [NOTICE_WARN] = "warn",   [NOTICE_OVERDUE] = "overdue",
    [NOTICE_REMINDER] = "reminder", [NOTICE_CANCELLED] = "cancelled", [NOTICE_ENDED] = "ended", [NOTICE_EXTENDED] = "extended",
    [NOTICE_ASKED] = "asked",       [NOTICE_DENIED] = "denied",       [NOTICE_HANDED_OVER] = "handed-over",
    [NOTICE_STOPPED] = "stopped",   [NOTICE_RESUMED] = "resumed",     [NOTICE_VOTED] = "voted",
    [NOTICE_REOPENED] = "reopened",
    [NOTICE_PUBLISHED] = "published", [NOTICE_WITHDRAWN] = "withdrawn"};
const char *const poll_words[POLL_LEFT + 1] = {[POLL_OPEN] = "open",     [POLL_COUNTING] = "counting",    [POLL_PASSED] = "passed",
                                               [POLL_FAILED] = "failed", [POLL_NO_QUORUM] = "no-quorum", [POLL_LEFT] = "left"};

#define S KIND_SCALAR
#define L KIND_LIST
#define M KIND_MAP

#define A_CASE "a name for a case; NAME/2 is the second that it has opened"
#define A_PERSON "a person of the directory, or any name for a resident"
#define A_MOMENT "a local time such as 2026-09-24 09:00"
#define SOME_DATA "a mapping of fields to values"
#define SOME_NAMES "a name, or a list of names"

/* ---- what values are (form.h) ---- */

#define MAPPING(where_) {.kind = FORM_MAP, .where = (where_)}
#define EITHER(...) {.kind = FORM_EITHER, .parts = (const struct form *const[]){__VA_ARGS__, NULL}}
#define TEXT_TO(most_) {.kind = FORM_TEXT, .least = 1, .most = (most_)}
#define DAY_PATTERN "[0-9]{4}-[0-9]{2}-[0-9]{2}"

static const struct form open_map_form = MAPPING(SCENARIO_OPEN), send_map_form = MAPPING(SCENARIO_SEND), retry_map_form = MAPPING(SCENARIO_RETRY),
                         worker_map_form = MAPPING(SCENARIO_WORKER), expect_map_form = MAPPING(SCENARIO_EXPECT), refused_map_form = MAPPING(SCENARIO_REFUSED),
                         step_map_form = MAPPING(SCENARIO_STEP), vote_map_form = MAPPING(SCENARIO_VOTE), opened_map_form = MAPPING(SCENARIO_OPENED);
static const struct form vote_state_form = FORM_WORDS(poll_words);
static const struct form headline_form = TEXT_TO(TITLE_MOST), case_name_form = TEXT_TO(NAME_MOST), person_form = TEXT_TO(PERSON_MOST), path_form = TEXT_TO(PATH_MOST), file_form = TEXT_TO(PATH_MOST);
static const struct form file_list_form = {.kind = FORM_LIST, .least = 1, .most = SCENARIO_WORKFLOWS_MOST, .of = &file_form}, files_form = EITHER(&file_form, &file_list_form);
static const struct form sender_list_form = {.kind = FORM_LIST, .least = 1, .of = &person_form}, senders_form = EITHER(&person_form, &sender_list_form);
static const struct form moment_form = {.kind = FORM_TEXT, .pattern = "^" DAY_PATTERN "([ T][0-9]{2}:[0-9]{2}.*)?$"};
static const struct form due_form = {.kind = FORM_TEXT, .pattern = "^(none|" DAY_PATTERN "( [0-9]{2}:[0-9]{2})?)$"};
static const struct form wait_form = {.kind = FORM_TEXT, .pattern = "^(until .+|" FORM_DURATION_PATTERN ")$"};
static const struct form crash_form = FORM_WORDS(crash_words), does_form = FORM_WORDS(does_words), step_word_form = FORM_WORDS(step_words);
static const struct form hold_form = {.kind = FORM_TEXT, .least = 1, .most = NAME_MOST + PATH_MOST, .pattern = ".+ at .+"}, hold_list_form = {.kind = FORM_LIST, .least = 1, .of = &hold_form};
static const struct form holds_form = EITHER(&hold_form, &hold_list_form), people_form = {.kind = FORM_NAMED, .keys = &form_text, .of = &holds_form};
static const struct form data_form = {.kind = FORM_NAMED, .keys = &form_text, .of = &form_any};
static const struct form published_form = EITHER(&form_text, &data_form);
static const struct form word_list_form = {.kind = FORM_LIST, .of = &form_text}, words_form = EITHER(&form_text, &word_list_form);
static const struct form none_form = FORM_WORDS(none_words), notice_form = FORM_WORDS(notice_words), notice_list_form = {.kind = FORM_LIST, .of = &notice_form};
static const struct form notices_form = EITHER(&none_form, &notice_form, &notice_list_form);
static const struct form opened_form = EITHER(&none_form, &form_count, &opened_map_form), short_form = EITHER(&form_text, &word_list_form);
static const struct form refused_form = EITHER(&form_name, &refused_map_form);
static const struct form step_form = EITHER(&step_word_form, &step_map_form), steps_form = {.kind = FORM_LIST, .least = 1, .of = &step_form};

/* ---- the keys ---- */

static const struct key table[] = {
    {SCENARIO_HEAD, "scenario", S, KEY_NEEDED, "a title", "what it shows", &headline_form},
    {SCENARIO_HEAD, "now", S, KEY_NEEDED, A_MOMENT, "when it begins", &moment_form},
    {SCENARIO_HEAD, "workflow", S | L, 0, "a file, or a list of files", "what is deployed; workflow.yaml beside it unless said", &files_form},
    {SCENARIO_HEAD, "directory", S, 0, "a file", "units and people; the practice district unless said", &file_form},
    {SCENARIO_HEAD, "calendar", S, 0, "a file", "working days; the official calendar unless said", &file_form},
    {SCENARIO_HEAD, "people", M, 0, "a mapping such as {li: [mediator at jinnong/grid-3]}", "people besides those of the directory", &people_form},
    {SCENARIO_HEAD, "steps", L, KEY_NEEDED, "a list of steps", "what happens, and what must then be so", &steps_form},

    {SCENARIO_STEP, "open", M, KEY_ONE, "a mapping: unit, by, data ...", "opens a case", &open_map_form},
    {SCENARIO_STEP, "send", M, KEY_ONE, "a mapping: event, by, data ...", "sends an event", &send_map_form},
    {SCENARIO_STEP, "release", M, KEY_ONE, "a mapping: by, case", "an imported case goes live", &retry_map_form},
    {SCENARIO_STEP, "retry", M, KEY_ONE, "a mapping: by, case", "a supervisor sends a failed task out again", &retry_map_form},
    {SCENARIO_STEP, "worker", M, KEY_ONE, "a mapping: topic, and event or does", "a worker process does something with its task", &worker_map_form},
    {SCENARIO_STEP, "wait", S, KEY_ONE, "a duration, `until due`, or `until 2026-10-09 18:00`", "time passes", &wait_form},
    {SCENARIO_STEP, "down", S, KEY_ONE, "a duration, or `until 2026-10-09 18:00`", "the engine is down for so long, and starts again", &wait_form},
    {SCENARIO_STEP, "opened", S | M, KEY_ONE, "a number, none, or {unit, on, case}", "how many cases the calendar opened since the last step that acted; or one of them", &opened_form},
    {SCENARIO_STEP, "short", S | L, KEY_ONE, "the path of a unit, a list of these, or none", "exactly these units had fewer than their quota", &short_form},
    {SCENARIO_STEP, "deploy", S, KEY_ONE, "a file", "a workflow, directory or calendar is deployed", &file_form},
    {SCENARIO_STEP, "expect", M, KEY_ONE, "a mapping: stage, due ...", "how the case must stand", &expect_map_form},
    {SCENARIO_STEP, "refused", S | M, KEY_ONE, "a code, or {code, says, possible}", "the event before was refused like this", &refused_form},

    {SCENARIO_OPEN, "case", S, 0, A_CASE, "what this scenario calls it, where there are several", &case_name_form},
    {SCENARIO_OPEN, "workflow", S, 0, "the name of a workflow", "which; the only one unless said", &form_name},
    {SCENARIO_OPEN, "unit", S, KEY_NEEDED, "the path of a unit", "where", &path_form},
    {SCENARIO_OPEN, "by", S, KEY_NEEDED, A_PERSON, "who opens it", &person_form},
    {SCENARIO_OPEN, "for", S, 0, A_PERSON, "whom that person acts for", &person_form},
    {SCENARIO_OPEN, "data", M, 0, SOME_DATA, "the fields that come with it", &data_form},
    {SCENARIO_OPEN, "at", S, 0, A_MOMENT, "when it happened, if not now", &moment_form},
    {SCENARIO_OPEN, "held", S, 0, "true", "an imported case", &form_boolean},
    {SCENARIO_OPEN, "crash", S, 0, "before-commit or after-commit", "the engine dies in the middle; the sender sends it again", &crash_form},

    {SCENARIO_SEND, "case", S, 0, A_CASE, "which case; the last one unless said", &case_name_form},
    {SCENARIO_SEND, "event", S, KEY_NEEDED, "the name of an event", "what is sent", &form_name},
    {SCENARIO_SEND, "by", S | L, KEY_NEEDED, A_PERSON ", or a list: each of them sends it", "who acts", &senders_form},
    {SCENARIO_SEND, "for", S, 0, A_PERSON, "whom that person acts for", &person_form},
    {SCENARIO_SEND, "data", M, 0, SOME_DATA, "the fields that come with it", &data_form},
    {SCENARIO_SEND, "at", S, 0, A_MOMENT, "when it happened, if not now", &moment_form},
    {SCENARIO_SEND, "crash", S, 0, "before-commit or after-commit", "the engine dies in the middle; the sender sends it again", &crash_form},

    {SCENARIO_RETRY, "case", S, 0, A_CASE, "which case; the last one unless said", &case_name_form},
    {SCENARIO_RETRY, "by", S, KEY_NEEDED, A_PERSON, "who does it", &person_form},

    {SCENARIO_WORKER, "topic", S, KEY_NEEDED, "a topic", "what it works on", &form_name},
    {SCENARIO_WORKER, "case", S, 0, A_CASE, "whose task; that of the last case unless said", &case_name_form},
    {SCENARIO_WORKER, "event", S, KEY_ONE, "the name of an event", "the event that it sends", &form_name},
    {SCENARIO_WORKER, "by", S, 0, A_PERSON, "who acts in it; the worker itself unless said", &person_form},
    {SCENARIO_WORKER, "data", M, 0, SOME_DATA, "the fields that come with it", &data_form},
    {SCENARIO_WORKER, "does", S, KEY_ONE, "accept, settle, fail or vanish", "what it does instead of sending an event", &does_form},
    {SCENARIO_WORKER, "why", S, 0, "a sentence", "why it fails", &form_text},
    {SCENARIO_WORKER, "again", S, 0, "true or false", "whether a failure is worth trying again; true unless said", &form_boolean},

    {SCENARIO_EXPECT, "case", S, 0, A_CASE, "which case; the last one unless said", &case_name_form},
    {SCENARIO_EXPECT, "stage", S, 0, "the name of a stage", "the stage it is in", &form_name},
    {SCENARIO_EXPECT, "level", S, 0, "a level, or none", "the level of that stage's ladder", &form_name},
    {SCENARIO_EXPECT, "unit", S, 0, "the path of a unit", "where it is", &path_form},
    {SCENARIO_EXPECT, "home", S, 0, "the path of a unit", "where it was opened", &path_form},
    {SCENARIO_EXPECT, "due", S, 0, "a local time, a date, or none", "the stage's deadline", &due_form},
    {SCENARIO_EXPECT, "overdue", S, 0, "true or false", "whether the deadline, or the limit of the case, has passed", &form_boolean},
    {SCENARIO_EXPECT, "limit", S, 0, "a local time, a date, or none", "the limit of the whole case", &due_form},
    {SCENARIO_EXPECT, "late", S, 0, "true or false", "whether some deadline of it has ever been missed", &form_boolean},
    {SCENARIO_EXPECT, "stopped", S, 0, "a ground, or none", "why its clock is stopped", &form_text},
    {SCENARIO_EXPECT, "end", S, 0, "the name of an end, or none", "the end it has reached; none: it is open", &form_name},
    {SCENARIO_EXPECT, "held", S, 0, "true or false", "whether it is imported and not released", &form_boolean},
    {SCENARIO_EXPECT, "number", S, 0, "a case number", "what people quote", &form_text},
    {SCENARIO_EXPECT, "task", S | L, 0, "a role, field, topic or name of a task; a list; or none", "work that is owed now, and for whom", &words_form},
    {SCENARIO_EXPECT, "holder", S, 0, "a person or worker, or none", "who has taken one of the tasks", &form_text},
    {SCENARIO_EXPECT, "incident", S, 0, "true or false", "whether a task of it has failed, or a child could not be opened", &form_boolean},
    {SCENARIO_EXPECT, "vote", M, 0, "a mapping: state, says ...", "how its vote stands or came out", &vote_map_form},
    {SCENARIO_EXPECT, "says", S, 0, "a part of a sentence", "what the answer to the last event says besides", &form_text},
    {SCENARIO_EXPECT, "data", M, 0, SOME_DATA, "what it holds; none: nothing", &data_form},
    {SCENARIO_EXPECT, "published", S | M, 0, "fields and their values, or none", "what of it is published now", &published_form},
    {SCENARIO_EXPECT, "seen-by", S, 0, A_PERSON, "who looks at the data: private fields are none for who may not see them", &person_form},
    {SCENARIO_EXPECT, "children", S | L, 0, "for each that it has opened, in order: open, refused, or the end it has reached; or none", "its child cases", &words_form},
    {SCENARIO_EXPECT, "links", S | L, 0, "of: linked, merged-into, absorbed, split-from, split-into; or none", "how it is tied to other cases", &words_form},
    {SCENARIO_EXPECT, "parent", S, 0, A_CASE ", or none", "the case that has opened it", &case_name_form},
    {SCENARIO_EXPECT, "possible", S | L, 0, SOME_NAMES, "events that may be sent now", &words_form},
    {SCENARIO_EXPECT, "impossible", S | L, 0, SOME_NAMES, "events that may not", &words_form},
    {SCENARIO_EXPECT, "notices", S | L, 0, "none, or of: text, stage, warn, overdue, reminder, cancelled, ended, extended, asked, denied, handed-over, stopped, resumed, voted, reopened, published, withdrawn",
     "exactly these kinds were given out since the last step that acted", &notices_form},
    {SCENARIO_EXPECT, "told", S | L, 0, "persons, role or role@unit; or none", "who was told since then; others may have been too", &words_form},

    {SCENARIO_VOTE, "of", S, 0, "the name of a stage", "whose vote; the newest unless said", &form_name},
    {SCENARIO_VOTE, "state", S, 0, "open, counting, passed, failed, no-quorum or left", "how it stands", &vote_state_form},
    {SCENARIO_VOTE, "early", S, 0, "true or false", "whether it closed before its deadline", &form_boolean},
    {SCENARIO_VOTE, "late", S, 0, "a whole number", "ballots that came after the close", &form_number},
    {SCENARIO_VOTE, "says", S, 0, "a part of its arithmetic", "such as \"13 of 16 members\"; in English or Chinese", &form_text},

    {SCENARIO_OPENED, "unit", S, 0, "the path of a unit", "where", &path_form},
    {SCENARIO_OPENED, "on", S, 0, "a date", "the day that it is for", &form_date},
    {SCENARIO_OPENED, "workflow", S, 0, "the name of a workflow", "which", &form_name},
    {SCENARIO_OPENED, "case", S, 0, A_CASE, "what this scenario calls it from now on", &case_name_form},

    {SCENARIO_REFUSED, "code", S, KEY_NEEDED, "a code such as not-now", "why", &form_name},
    {SCENARIO_REFUSED, "says", S, 0, "a part of the sentence", "the particulars", &form_text},
    {SCENARIO_REFUSED, "possible", S | L, 0, SOME_NAMES, "events that it names as possible", &words_form},
};

static const struct mapping mappings[SCENARIO_WHERE_COUNT] = {
    [SCENARIO_HEAD] = {.name = "scenario"}, [SCENARIO_STEP] = {.name = "step"}, [SCENARIO_OPEN] = {.name = "open"}, [SCENARIO_SEND] = {.name = "send"},
    [SCENARIO_EXPECT] = {.name = "expect"}, [SCENARIO_REFUSED] = {.name = "refused"}, [SCENARIO_WORKER] = {.name = "worker"},
    [SCENARIO_RETRY] = {.name = "by-and-case"}, [SCENARIO_VOTE] = {.name = "vote", .least = 1}, [SCENARIO_OPENED] = {.name = "opened"},
};

const struct keys scenario_keys = {table, sizeof table / sizeof *table, mappings, SCENARIO_WHERE_COUNT};

static const struct node *get(const struct node *map, enum scenario_where where, const char *name)
{
    return keys_get(map, &scenario_keys, (int)where, name);
}

static void get_text(struct problems *problems, const struct node *map, enum scenario_where where, const char *name, uint32_t most, struct text *out)
{
    node_text(problems, get(map, where, name), most, out);
}

/* ---- people ---- */

/* "mediator at jinnong/grid-3/building-7" */
static void read_hold(struct problems *problems, const struct node *node, struct text person, struct scenario_hold *hold)
{
    struct text text = {0};
    *hold = (struct scenario_hold){.person = person, .node = node};
    if (!node_text(problems, node, NAME_MOST + PATH_MOST, &text))
        return;
    const char *at = memmem(text.data, text.size, " at ", 4);
    if (!at) {
        problems_add(problems, node, "found %s; allowed is ROLE at UNIT, such as \"mediator at jinnong/grid-3\".", node_found(problems->arena, node));
        return;
    }
    hold->role = (struct text){text.data, (size_t)(at - text.data)};
    hold->unit = (struct text){at + 4, text.size - hold->role.size - 4};
}

static void read_people(struct arena *arena, const struct node *map, struct problems *problems, struct scenario *out)
{
    uint32_t room = 0;
    for (node_each(person, map))
        room += person->kind == NODE_LIST ? person->count : 1;
    struct scenario_hold *holds = ARENA_ARRAY(arena, struct scenario_hold, room);
    for (node_each(person, map)) {
        const struct node *item;
        uint32_t count;
        if (!node_list(problems, person, true, &item, &count))
            continue;
        for (; count; count--, item = item->next)
            read_hold(problems, item, person->key, &holds[out->hold_count++]);
    }
    out->holds = holds;
}

/* ---- steps that act ---- */

static void read_crash(struct problems *problems, const struct node *node, struct scenario_step *step)
{
    int32_t which;
    if (node_choice(problems, node, crash_words, 2, &which))
        step->crash = which == 0 ? CRASH_BEFORE_COMMIT : CRASH_AFTER_COMMIT;
}

static void read_sender(struct problems *problems, const struct node *map, enum scenario_where where, struct scenario_step *step)
{
    get_text(problems, map, where, "case", NAME_MOST, &step->case_name);
    if (!step->senders)
        get_text(problems, map, where, "by", PERSON_MOST, &step->by);
}

static void read_event(struct problems *problems, const struct node *map, enum scenario_where where, struct scenario_step *step)
{
    read_sender(problems, map, where, step);
    get_text(problems, map, where, "for", PERSON_MOST, &step->on_behalf);
    step->data = get(map, where, "data");
    step->at = get(map, where, "at");
    read_crash(problems, get(map, where, "crash"), step);
}

static void read_open(struct problems *problems, const struct node *map, struct scenario_step *step)
{
    read_event(problems, map, SCENARIO_OPEN, step);
    get_text(problems, map, SCENARIO_OPEN, "workflow", NAME_MOST, &step->workflow);
    get_text(problems, map, SCENARIO_OPEN, "unit", PATH_MOST, &step->unit);
    node_boolean(problems, get(map, SCENARIO_OPEN, "held"), &step->held);
}

static void read_send(struct problems *problems, const struct node *map, struct scenario_step *step)
{
    const struct node *by = get(map, SCENARIO_SEND, "by");
    step->senders = by && by->kind == NODE_LIST ? by : NULL;
    read_event(problems, map, SCENARIO_SEND, step);
    struct text person;
    for (node_each(one, step->senders))
        node_text(problems, one, PERSON_MOST, &person);
    get_text(problems, map, SCENARIO_SEND, "event", NAME_MOST, &step->event);
}

static void read_opened(struct problems *problems, const struct node *map, struct scenario_step *step)
{
    get_text(problems, map, SCENARIO_OPENED, "unit", PATH_MOST, &step->unit);
    get_text(problems, map, SCENARIO_OPENED, "workflow", NAME_MOST, &step->workflow);
    get_text(problems, map, SCENARIO_OPENED, "case", NAME_MOST, &step->case_name);
    step->at = get(map, SCENARIO_OPENED, "on");
    int32_t day;
    node_date(problems, step->at, &day);
}

static void read_worker(struct problems *problems, const struct node *map, struct scenario_step *step)
{
    int32_t which = -1;
    read_sender(problems, map, SCENARIO_WORKER, step);
    get_text(problems, map, SCENARIO_WORKER, "topic", NAME_MOST, &step->topic);
    get_text(problems, map, SCENARIO_WORKER, "event", NAME_MOST, &step->event);
    get_text(problems, map, SCENARIO_WORKER, "why", 0, &step->why);
    step->data = get(map, SCENARIO_WORKER, "data");
    step->again = true;
    node_boolean(problems, get(map, SCENARIO_WORKER, "again"), &step->again);
    const struct node *does = get(map, SCENARIO_WORKER, "does");
    node_choice(problems, does, does_words, 4, &which);
    step->does = which < 0 ? WORKER_SENDS : (enum worker_does)(WORKER_ACCEPTS + which);
    if ((does != NULL) == (node_get(map, "event") != NULL))
        problems_add(problems, map, "a worker either sends an event (event: NAME) or does one of accept, settle, fail, vanish (does: accept).");
}

static void read_wait(struct problems *problems, const struct node *node, struct scenario_step *step)
{
    struct workflow_duration duration;
    struct text text = {0};
    if (!node_text(problems, node, NAME_MOST, &text))
        return;
    step->why = text;
    bool until = text.size > 6 && memcmp(text.data, "until ", 6) == 0;
    if (!until && (!duration_parse(text, &duration) || duration.unit == UNTIL_DATE))
        problems_add(problems, node, "found %s; allowed is a duration such as \"3 days\", `until due`, or a moment such as `until 2026-10-09 18:00`.",
                     node_found(problems->arena, node));
}

/* `refused: not-now`, or with `code`: a code that does not exist would only be seen as another one. */
static void read_code(struct problems *problems, const struct node *node)
{
    const struct node *code = node->kind == NODE_SCALAR ? node : get(node, SCENARIO_REFUSED, "code");
    if (!code || err_from_name(code->text.data, code->text.size) != ERR_COUNT)
        return;
    struct nearest nearest = nearest_to(code->text);
    for (int i = 0; i < ERR_COUNT; i++)
        nearest_offer(&nearest, text_of(err_name((enum err)i)));
    problems_add(problems, code, "found %s; allowed is a code of a refusal, such as not-now, not-allowed, bad-data or condition.%s",
                 node_found(problems->arena, code), nearest_hint(&nearest, problems->arena));
}

/* ---- a step ---- */

static const struct {
    const char *key;
    enum scenario_step_kind kind;
    int where; /* of its mapping; -1: it has none */
} step_kinds[] = {
    {"open", STEP_OPEN, SCENARIO_OPEN},       {"send", STEP_SEND, SCENARIO_SEND},         {"release", STEP_RELEASE, SCENARIO_RETRY},
    {"retry", STEP_RETRY, SCENARIO_RETRY},    {"worker", STEP_WORKER, SCENARIO_WORKER},   {"wait", STEP_WAIT, -1},
    {"deploy", STEP_DEPLOY, -1},              {"expect", STEP_EXPECT, SCENARIO_EXPECT},   {"refused", STEP_REFUSED, SCENARIO_REFUSED},
    {"crash", STEP_CRASH, -1},                {"repeat", STEP_REPEAT, -1},                {"parked", STEP_PARKED, -1},
    {"down", STEP_DOWN, -1},                  {"opened", STEP_OPENED, SCENARIO_OPENED},   {"short", STEP_SHORT, -1},
};

/* Words that are a whole step: - crash */
static void read_word(struct problems *problems, const struct node *node, struct scenario_step *step)
{
    static const enum scenario_step_kind kinds[] = {STEP_CRASH, STEP_REPEAT, STEP_PARKED};
    int32_t which;
    if (node_choice(problems, node, step_words, 3, &which))
        step->kind = kinds[which];
}

static void read_body(struct problems *problems, const struct node *value, struct scenario_step *step)
{
    switch (step->kind) {
    case STEP_OPEN: read_open(problems, value, step); return;
    case STEP_SEND: read_send(problems, value, step); return;
    case STEP_WORKER: read_worker(problems, value, step); return;
    case STEP_RELEASE:
    case STEP_RETRY: read_sender(problems, value, SCENARIO_RETRY, step); return;
    case STEP_WAIT:
    case STEP_DOWN: read_wait(problems, value, step); return;
    case STEP_OPENED:
        if (value->kind == NODE_MAP)
            read_opened(problems, value, step);
        return;
    case STEP_DEPLOY: node_text(problems, value, PATH_MOST, &step->file); return;
    case STEP_REFUSED: read_code(problems, value); return;
    case STEP_EXPECT: get_text(problems, value, SCENARIO_EXPECT, "case", NAME_MOST, &step->case_name); return;
    default: return;
    }
}

static void read_step(struct problems *problems, const struct node *node, struct scenario_step *step)
{
    *step = (struct scenario_step){.node = node};
    if (node->kind == NODE_SCALAR) {
        read_word(problems, node, step);
        return;
    }
    if (!keys_check(problems, node, &scenario_keys, SCENARIO_STEP))
        return;
    if (node->count != 1) {
        problems_add(problems, node, "a step is one thing, such as \"send: {...}\"; begin each with its own \"- \".");
        return;
    }
    const struct node *value = node_first(node);
    step->node = value;
    for (size_t i = 0; i < sizeof step_kinds / sizeof *step_kinds; i++)
        if (text_is(value->key, step_kinds[i].key)) {
            step->kind = step_kinds[i].kind;
            if (value->kind != NODE_MAP || step_kinds[i].where < 0 || keys_check(problems, value, &scenario_keys, step_kinds[i].where))
                read_body(problems, value, step);
        }
}

static void read_steps(struct arena *arena, const struct node *list, struct problems *problems, struct scenario *out)
{
    if (!list)
        return;
    struct scenario_step *steps = ARENA_ARRAY(arena, struct scenario_step, list->count);
    for (node_each(node, list))
        read_step(problems, node, &steps[out->step_count++]);
    out->steps = steps;
    if (out->step_count == 0)
        problems_add(problems, list, "there are no steps.");
}

static void read_workflows(struct problems *problems, const struct node *node, struct scenario *out)
{
    const struct node *item;
    uint32_t count, most = sizeof out->workflows / sizeof *out->workflows;
    struct text file;
    if (!node_list(problems, node, true, &item, &count))
        return;
    if (count > most)
        problems_add(problems, node, "at most %u workflows.", most);
    for (; count && out->workflow_count < most; count--, item = item->next)
        if (node_text(problems, item, PATH_MOST, &file))
            out->workflows[out->workflow_count++] = item;
}

void scenario_read(struct arena *arena, const struct node *root, struct problems *problems, struct scenario *out)
{
    if (!keys_check(problems, root, &scenario_keys, SCENARIO_HEAD))
        return;
    get_text(problems, root, SCENARIO_HEAD, "scenario", TITLE_MOST, &out->title);
    out->now = get(root, SCENARIO_HEAD, "now");
    out->directory = get(root, SCENARIO_HEAD, "directory");
    out->calendar = get(root, SCENARIO_HEAD, "calendar");
    read_workflows(problems, get(root, SCENARIO_HEAD, "workflow"), out);
    read_people(arena, get(root, SCENARIO_HEAD, "people"), problems, out);
    read_steps(arena, get(root, SCENARIO_HEAD, "steps"), problems, out);
}

void scenario_check(struct arena *arena, const struct node *root, struct problems *problems)
{
    struct scenario scenario = {0};
    scenario_read(arena, root, problems, &scenario);
}
