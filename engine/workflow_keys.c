/* workflow_keys: the one table of the language's keys. The reader refuses what is not in it; the reference and the schema are
 * made from it. A key that is marked KEY_LATER is known and refused with a sentence that says so. */
#include "engine/workflow_yaml.h"

#define S KIND_SCALAR
#define L KIND_LIST
#define M KIND_MAP

#define A_TITLE "{zh: ..., en: ...}"
#define A_DURATION "a duration such as \"5 working days\""
#define AN_OUTCOME "an outcome such as {go: STAGE} or {end: END}"
#define SOME_PEOPLE "people: a role, a people field, a group, opener, {role: R, of: ...}, or a list of these"
#define A_BY "people, {each: PEOPLE} or {at-least: N, of: PEOPLE}"
#define SOME_FIELDS "a list of fields such as [summary, reason]"

/* An outcome stands in several kinds of mapping. */
#define OUTCOME_KEYS(where)                                                                                            \
    {where, "go", S, 0, "the name of a stage", "the stage that is entered"},                                           \
    {where, "level", S, 0, "a level of that stage's ladder, or keep", "the level at which it is entered"},             \
    {where, "climb", S, 0, "up or down", "the next level of the stage's ladder"},                                      \
    {where, "to", S, 0, "the name of a stage", "the stage that is entered there, if not the same"},                    \
    {where, "end", S, 0, "the name of an end", "the case is over"},                                                    \
    {where, "stay", S, 0, "true", "the case stays where it is"},                                                       \
    {where, "choose", L, 0, "a list of ways: {when: CONDITION, OUTCOME}, the last without when", "the first way whose condition holds"}, \
    {where, "set", M, 0, "a mapping of fields to values", "fields that the engine fills in"},                          \
    {where, "notify", M | L, 0, "{who: PEOPLE, text: {zh, en}}, or a list of these", "who is told, and what"},         \
    {where, "publish", M, KEY_LATER, "a publication", "a notice that stands beside the work"},                         \
    {where, "open", L, KEY_LATER, "a list of child cases", "cases that are opened for this one"}

#define TASK_KEYS(where)                                                                                               \
    {where, "for", S | L | M, 0, SOME_PEOPLE, "who does it"},                                                          \
    {where, "worker", S | M, 0, "a topic, or {per: level or FIELD, topics: {...}}", "which worker process does it"}

static const struct key table[] = {
    {IN_WORKFLOW, "workflow", S, KEY_NEEDED, "a name such as dispute-mediation", "what it is called by programs"},
    {IN_WORKFLOW, "version", S, KEY_NEEDED, "a whole number", "counted up with every change"},
    {IN_WORKFLOW, "title", M, 0, A_TITLE, "what it is called by people"},
    {IN_WORKFLOW, "about", M, 0, A_TITLE, "what it is for"},
    {IN_WORKFLOW, "applies-from", S, 0, "a date such as 2026-01-01", "cases are opened under it from that day on"},
    {IN_WORKFLOW, "reference", S, 0, "text with {unit}, {year} and {number}", "the number that people quote"},
    {IN_WORKFLOW, "opens", M, KEY_NEEDED, "a mapping: by, at, needs, may", "who opens a case, where, with which fields"},
    {IN_WORKFLOW, "data", M, 0, "a mapping of fields", "what a case can hold"},
    {IN_WORKFLOW, "groups", M, 0, "a mapping of groups to lists of people fields", "a name for several people fields"},
    {IN_WORKFLOW, "tables", M, KEY_LATER, "a mapping of tables", "values looked up by fields"},
    {IN_WORKFLOW, "start", M, KEY_NEEDED, "{go: STAGE} or {choose: [...]}", "the first stage"},
    {IN_WORKFLOW, "stages", M, KEY_NEEDED, "a mapping of stages", "where a case can stand"},
    {IN_WORKFLOW, "anywhere", M, 0, "a mapping of events", "what can happen in every stage"},
    {IN_WORKFLOW, "ends", M, KEY_NEEDED, "a mapping of ends", "how a case can be over"},
    {IN_WORKFLOW, "limit", S | M, KEY_LATER, A_DURATION, "one limit over the whole case"},
    {IN_WORKFLOW, "overdue", M, KEY_LATER, AN_OUTCOME, "what happens at that limit"},
    {IN_WORKFLOW, "late", S, 0, "then, now or refuse", "what an event may do that happened before it was received"},
    {IN_WORKFLOW, "tells", S | L | M, 0, SOME_PEOPLE, "who is told at each change of stage"},
    {IN_WORKFLOW, "quota", M, KEY_LATER, "a quota", "so many ends a year"},
    {IN_WORKFLOW, "reopen", M, KEY_LATER, "{by, needs, within, go}", "an ended case opened again"},
    {IN_WORKFLOW, "retain", S, KEY_LATER, A_DURATION, "how long a case is kept after its end"},

    {IN_TITLE, "zh", S, 0, "text", "in Chinese"},
    {IN_TITLE, "en", S, 0, "text", "in English"},

    {IN_OPENS, "by", S | L | M, KEY_NEEDED, "roles, resident, or a list of these", "who may open a case"},
    {IN_OPENS, "at", S | L, 0, "levels, such as building or [building, grid]", "at units of which levels; anywhere unless said"},
    {IN_OPENS, "needs", S | L, 0, SOME_FIELDS, "fields that must come with the opening"},
    {IN_OPENS, "may", S | L, 0, SOME_FIELDS, "fields that may come with it"},
    {IN_OPENS, "recurs", M, KEY_LATER, "a recurrence", "the calendar opens cases"},

    {IN_FIELD, "type", S, KEY_NEEDED, "text, number, boolean, date, choice, people, list, unit or reference", "what it holds"},
    {IN_FIELD, "title", M, 0, A_TITLE, "what it is called by people"},
    {IN_FIELD, "of", S | L | M, 0, "choices such as [a, b], or the type of a list's elements", "which choices, or what a list holds"},
    {IN_FIELD, "scale", S, 0, "a whole number from 0 to 9", "decimal places of a number"},
    {IN_FIELD, "least", S, 0, "a number", "the smallest number, or the fewest people"},
    {IN_FIELD, "most", S, 0, "a number", "the largest number, the longest text, or the most people or elements"},
    {IN_FIELD, "with", M, KEY_LATER, "a mapping of fields", "what belongs to each of the people"},
    {IN_FIELD, "sees", S | L | M, 0, SOME_PEOPLE, "who alone sees it: it is private"},

    {IN_ELEMENT, "type", S, KEY_NEEDED, "text, number, boolean, date, choice, unit or reference", "what an element holds"},
    {IN_ELEMENT, "of", L, 0, "choices such as [a, b]", "which choices"},
    {IN_ELEMENT, "scale", S, 0, "a whole number from 0 to 9", "decimal places of a number"},
    {IN_ELEMENT, "least", S, 0, "a number", "the smallest number"},
    {IN_ELEMENT, "most", S, 0, "a number", "the largest number, or the longest text"},

    {IN_STAGE, "title", M, 0, A_TITLE, "what it is called by people"},
    {IN_STAGE, "at", S | M, 0, "a level, {unit: FIELD} or previous", "the unit where the case stands in this stage"},
    {IN_STAGE, "ladder", L, 0, "a list of levels, lowest first", "the stage exists at each of these levels"},
    {IN_STAGE, "top", M, 0, AN_OUTCOME, "what a climb up does at the last level"},
    {IN_STAGE, "bottom", M, 0, AN_OUTCOME, "what a climb down does at the first level"},
    {IN_STAGE, "within", S | M, 0, A_DURATION ", or {limit, from}, {per, limits} or {until: FIELD}", "the deadline of the stage"},
    {IN_STAGE, "warn", S, 0, A_DURATION, "that long before the deadline a notice goes out"},
    {IN_STAGE, "overdue", M, 0, AN_OUTCOME, "what happens at the deadline"},
    {IN_STAGE, "remind", M | L, 0, "{who, every, after}, or a list of these", "who is reminded, how often"},
    {IN_STAGE, "extend", M, 0, "{by, needs, add, most, asks}", "who may move the deadline, by how much"},
    {IN_STAGE, "stop-clock", M, KEY_LATER, "{by, grounds, longest, then}", "who may stop the deadline"},
    {IN_STAGE, "task", M, 0, "{for, worker}", "the work of this stage"},
    {IN_STAGE, "tasks", M, 0, "a mapping of tasks", "several pieces of work, side by side"},
    {IN_STAGE, "done", S, 0, "all, any or N of M", "when enough of the tasks are settled"},
    {IN_STAGE, "vote", M, KEY_LATER, "a vote", "the stage is a vote"},
    {IN_STAGE, "rate", M, KEY_LATER, "a rating", "the stage is a rating"},
    {IN_STAGE, "children", M, KEY_LATER, "{wait, of, ends}", "child cases that are waited for"},
    {IN_STAGE, "publish", M, KEY_LATER, "{fields: [...]}", "the stage publishes"},
    {IN_STAGE, "objections", M, KEY_LATER, "{by, needs, OUTCOME}", "objections to what is published"},
    {IN_STAGE, "events", M, 0, "a mapping of events", "what can happen in this stage"},
    {IN_STAGE, "then", M, 0, AN_OUTCOME, "what follows when the tasks are done"},

    {IN_AT, "unit", S, KEY_NEEDED, "a field of type unit", "the unit in that field"},

    {IN_LIMIT, "limit", S, 0, A_DURATION, "how long"},
    {IN_LIMIT, "from", S, 0, "entry, first-entry, opening or a date field", "counted from when"},
    {IN_LIMIT, "until", S, 0, "a date field", "until the end of that day"},
    {IN_LIMIT, "per", S, 0, "level or a field", "what the limit depends on"},
    {IN_LIMIT, "limits", M, 0, "a mapping of levels or values to durations", "how long for each"},
    {IN_LIMIT, "table", S, KEY_LATER, "a table", "looked up in a table"},

    {IN_REMIND, "who", S | L | M, KEY_NEEDED, SOME_PEOPLE ", or {missing: EVENT}", "who is reminded"},
    {IN_REMIND, "every", S, KEY_NEEDED, A_DURATION, "how often"},
    {IN_REMIND, "after", S, KEY_NEEDED, "entry or due", "from the beginning, or from the deadline on"},

    {IN_EXTEND, "by", S | L | M, KEY_NEEDED, A_BY, "who may ask"},
    {IN_EXTEND, "needs", S | L, 0, SOME_FIELDS, "fields that must come with it"},
    {IN_EXTEND, "add", S, KEY_NEEDED, "a duration such as \"1 month\" or \"up to 30 days\"", "how much is added"},
    {IN_EXTEND, "most", S, 0, "a whole number", "how often in the whole case; any number unless said"},
    {IN_EXTEND, "asks", S | L | M, 0, SOME_PEOPLE, "who must grant it; at once unless said"},

    TASK_KEYS(IN_TASK),
    TASK_KEYS(IN_TASKS),
    {IN_TASKS, "within", S | M, 0, A_DURATION, "the deadline of this task"},
    {IN_TASKS, "overdue", M, 0, AN_OUTCOME, "what happens at that deadline"},

    {IN_WORKER, "per", S, KEY_NEEDED, "level or a field", "what the topic depends on"},
    {IN_WORKER, "topics", M, KEY_NEEDED, "a mapping of levels or values to topics", "which topic for each"},

    {IN_EVENT, "title", M, 0, A_TITLE, "what it is called by people"},
    {IN_EVENT, "by", S | L | M, KEY_NEEDED, A_BY, "who may send it"},
    {IN_EVENT, "not-same-as", S | L, 0, "events or people fields", "who sent those, or stands there, may not send it"},
    {IN_EVENT, "needs", S | L, 0, SOME_FIELDS, "fields that must come with it"},
    {IN_EVENT, "may", S | L, 0, SOME_FIELDS, "fields that may come with it"},
    {IN_EVENT, "when", M, 0, "a condition such as {FIELD: value}", "when it is possible, by the data before it"},
    {IN_EVENT, "within", S, 0, A_DURATION, "from entry; afterwards it is refused"},
    {IN_EVENT, "most", S, 0, "a whole number", "how often in a case; any number unless said"},
    OUTCOME_KEYS(IN_EVENT),

    OUTCOME_KEYS(IN_OUTCOME),

    {IN_BRANCH, "when", M, 0, "a condition such as {FIELD: value}", "when this way is taken"},
    OUTCOME_KEYS(IN_BRANCH),

    {IN_NOTIFY, "who", S | L | M, 0, SOME_PEOPLE, "people who are told"},
    {IN_NOTIFY, "worker", S, 0, "a topic", "the worker processes that are told"},
    {IN_NOTIFY, "text", M, KEY_NEEDED, A_TITLE, "what they are told"},

    {IN_SET_TABLE, "table", S, KEY_LATER, "a table", "looked up in a table"},

    {IN_ROLE, "role", S, KEY_NEEDED, "a role of the directory", "who holds it"},
    {IN_ROLE, "of", S, 0, "home, below or a level", "at which unit; the current one unless said"},

    {IN_EACH, "each", S | L | M, KEY_NEEDED, SOME_PEOPLE, "every one of them must send it"},

    {IN_AT_LEAST, "at-least", S, KEY_NEEDED, "a number such as 3 or a part such as 4/5", "so many of them must send it"},
    {IN_AT_LEAST, "of", S | L | M, KEY_NEEDED, SOME_PEOPLE, "of whom"},

    {IN_MISSING, "missing", S, KEY_NEEDED, "an event that each of some people must send", "those who have not sent it"},

    {IN_RANGE, "least", S, 0, "a number or date", "it or more"},
    {IN_RANGE, "most", S, 0, "a number or date", "it or less"},
    {IN_RANGE, "after", S, 0, "a date", "later than that day"},
    {IN_RANGE, "before", S, 0, "a date", "earlier than that day"},

    {IN_COUNT, "event", S, KEY_NEEDED, "an event", "what is counted"},
    {IN_COUNT, "least", S, 0, "a whole number", "so often or more"},
    {IN_COUNT, "most", S, 0, "a whole number", "so often or less"},
    {IN_COUNT, "in", S, 0, "stage or case", "since the stage was entered, or ever; in the case unless said"},

    {IN_END, "title", M, 0, A_TITLE, "what it is called by people"},
    {IN_END, "gives", S | L, KEY_LATER, SOME_FIELDS, "what the parent case gets"},
};

const struct keys workflow_keys = {table, sizeof table / sizeof table[0]};
