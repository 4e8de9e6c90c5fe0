/* workflow_keys: the one table of the language's keys. The reader refuses what is not in it; the reference and the schema are
 * made from it. A key that is marked KEY_LATER is known and refused with a sentence that says so. */
#include "engine/rating.h"
#include "engine/form.h"
#include "engine/workflow_reader.h"

#define S KIND_SCALAR
#define L KIND_LIST
#define M KIND_MAP

#define A_TITLE "{zh: ..., en: ...}"
#define A_DURATION "a duration such as \"5 working days\""
#define AN_OUTCOME "an outcome such as {go: STAGE} or {end: END}"
#define SOME_PEOPLE "people: a role, a people field, a group, opener, {role: R, of: ...}, or a list of these"
#define A_BY "people, {each: PEOPLE} or {at-least: N, of: PEOPLE}"
#define SOME_FIELDS "a list of fields such as [summary, reason]"

/* ---- what values are (form.h) ---- */

#define FORM(kind_, ...) {.kind = (kind_), __VA_ARGS__}
#define MAPPING(where_) {.kind = FORM_MAP, .where = (where_)}
#define LIST_OF(form_) {.kind = FORM_LIST, .least = 1, .of = &(form_)}
#define NAMED(least_, form_) {.kind = FORM_NAMED, .least = (least_), .keys = &form_name, .of = &(form_)}
#define EITHER(...) {.kind = FORM_EITHER, .parts = (const struct form *const[]){__VA_ARGS__, NULL}}

const char *const type_words[TYPE_COUNT] = {"text", "number", "boolean", "date", "choice", "people", "list", "unit", "reference"};
const char *const late_words[3] = {"now", "then", "refuse"};
const char *const day_off_words[4] = {"keep", "skip", "next", "previous"}, *const missed_words[2] = {"catch-up", "report"};
const char *const direction_words[2] = {"up", "down"};
const char *const after_words[2] = {"entry", "due"};
const char *const stop_words[2] = {"resume", "restart"};
const char *const scope_words[2] = {"case", "stage"};
const char *const from_words[3] = {"entry", "first-entry", "opening"};
const char *const parent_ends_words[2] = {"keep", "cancel"};
const char *const base_words[4] = {"all members", "roll", "present", "cast"};
/* Of the types those that an element can have; a choice needs its `of`, and so a mapping. */
static const char *const element_words[] = {"text", "number", "boolean", "date", "unit", "reference", "choice"};
static const char *const with_words[] = {"number", "boolean", "date", "unit", "reference", "choice"};
static const char *const keep_words[] = {"keep"}, *const previous_words[] = {"previous"}, *const level_words[] = {"level"},
                         *const place_words[] = {"home", "below"}, *const none_words[] = {"none"}, *const rotation_words[] = {"rotation"}, *const year_words[] = {"year"};

static const struct form title_map = MAPPING(IN_TITLE), opens_map = MAPPING(IN_OPENS), field_map = MAPPING(IN_FIELD), element_map = MAPPING(IN_ELEMENT), with_map = MAPPING(IN_WITH),
                         stage_map = MAPPING(IN_STAGE), at_map = MAPPING(IN_AT), limit_map = MAPPING(IN_LIMIT), remind_map = MAPPING(IN_REMIND),
                         extend_map = MAPPING(IN_EXTEND), stop_map = MAPPING(IN_STOP), reopen_map = MAPPING(IN_REOPEN), publish_map = MAPPING(IN_PUBLISH), publish_for_map = MAPPING(IN_PUBLISH_FOR), task_map = MAPPING(IN_TASK), tasks_map = MAPPING(IN_TASKS), worker_map = MAPPING(IN_WORKER),
                         event_map = MAPPING(IN_EVENT), outcome_map = MAPPING(IN_OUTCOME), branch_map = MAPPING(IN_BRANCH),
                         notify_map = MAPPING(IN_NOTIFY), role_map = MAPPING(IN_ROLE), each_map = MAPPING(IN_EACH), at_least_map = MAPPING(IN_AT_LEAST),
                         missing_map = MAPPING(IN_MISSING), range_map = MAPPING(IN_RANGE), count_map = MAPPING(IN_COUNT), end_map = MAPPING(IN_END),
                         condition_map = MAPPING(IN_CONDITION), set_table_map = MAPPING(IN_SET_TABLE), table_map = MAPPING(IN_TABLE),
                         child_map = MAPPING(IN_CHILD), children_map = MAPPING(IN_CHILDREN),
                         recurs_map = MAPPING(IN_RECURS), turn_map = MAPPING(IN_TURN), quota_map = MAPPING(IN_QUOTA),
                         short_map = MAPPING(IN_SHORT), short_open_map = MAPPING(IN_SHORT_OPEN), vote_map = MAPPING(IN_VOTE), pass_map = MAPPING(IN_PASS), quorum_map = MAPPING(IN_QUORUM),
                         recuse_map = MAPPING(IN_RECUSE), proxy_map = MAPPING(IN_PROXY), rate_map = MAPPING(IN_RATE), rater_map = MAPPING(IN_RATER), grade_map = MAPPING(IN_GRADE);

/* scalars */
static const struct form version = FORM(FORM_WHOLE, .least = 1, .most = WORKFLOW_VERSION_MOST);
static const struct form reference = FORM(FORM_TEXT, .least = 1, .most = WORKFLOW_REFERENCE_MOST, .pattern = "[{]number[}]");
static const struct form sentence = FORM(FORM_TEXT, .least = 1, .most = WORKFLOW_TEXT_MOST);
static const struct form scale = FORM(FORM_WHOLE, .least = 0, .most = WORKFLOW_SCALE_MOST);
static const struct form late = FORM_WORDS(late_words), direction = FORM_WORDS(direction_words), after = FORM_WORDS(after_words), stop_then = FORM_WORDS(stop_words),
                         scope = FORM_WORDS(scope_words), type = FORM_WORDS(type_words), element_type = FORM_WORDS(element_words), with_type = FORM_WORDS(with_words);
static const struct form short_element = FORM(FORM_WORD, .words = element_words, .word_count = sizeof element_words / sizeof *element_words - 1);
static const struct form keep = FORM_WORDS(keep_words), previous = FORM_WORDS(previous_words), level_word = FORM_WORDS(level_words),
                         place = FORM_WORDS(place_words), none = FORM_WORDS(none_words), from_word = FORM_WORDS(from_words);
static const struct form level_or_keep = EITHER(&keep, &form_name), from = EITHER(&from_word, &form_name), per = EITHER(&level_word, &form_name),
                         of_role = EITHER(&place, &form_name, &at_map), at = EITHER(&previous, &form_name, &at_map);
static const struct form done = FORM(FORM_TEXT, .pattern = "^(all|any|[0-9]{1,4} of [0-9]{1,4})$");
static const struct form extension = FORM(FORM_TEXT, .pattern = "^(up to )?" FORM_DURATION_PATTERN "$");
static const struct form deadline = FORM(FORM_TEXT, .name = "deadline", .pattern = "^(" FORM_DURATION_PATTERN "|until [0-9]{2}-[0-9]{2})$");
static const struct form whole_part = FORM(FORM_WHOLE, .least = 1, .most = WORKFLOW_PEOPLE_MOST);
static const struct form part_text = FORM(FORM_TEXT, .pattern = "^[1-9][0-9]*(/[1-9][0-9]*)?$");
static const struct form part = EITHER(&whole_part, &part_text);
static const struct form most_count = FORM(FORM_WHOLE, .least = 0, .most = 10000);

static const struct form rule = FORM(FORM_TEXT, .least = 6, .most = 500, .pattern = "FREQ="), recurs_date_list = {.kind = FORM_LIST, .least = 1, .most = 40, .of = &form_date};
static const struct form day_off = FORM_WORDS(day_off_words), missed = FORM_WORDS(missed_words), rotation = FORM_WORDS(rotation_words), year = FORM_WORDS(year_words);
static const struct form turn = EITHER(&form_name, &turn_map);
static const struct form quota_least = FORM(FORM_WHOLE, .least = 1, .most = WORKFLOW_QUOTA_MOST);

/* people, fields, levels */
static const struct form person = EITHER(&form_name, &role_map), persons = LIST_OF(person);
static const struct form people = FORM(FORM_EITHER, .name = "people", .parts = (const struct form *const[]){&form_name, &role_map, &persons, NULL});
static const struct form by = FORM(FORM_EITHER, .name = "by", .parts = (const struct form *const[]){&people, &each_map, &at_least_map, NULL});
static const struct form one_reminded = EITHER(&form_name, &role_map, &missing_map), many_reminded = LIST_OF(one_reminded);
static const struct form reminded = EITHER(&form_name, &role_map, &missing_map, &many_reminded);
static const struct form some_names = FORM(FORM_EITHER, .name = "names", .parts = (const struct form *const[]){&form_name, &form_names, NULL});
static const struct form group = LIST_OF(form_name), groups = NAMED(0, group), previous_fields = NAMED(1, form_name);

/* data and conditions */
static const struct form choice = FORM(FORM_TEXT, .least = 1, .most = 64), choices = LIST_OF(choice);
/* words alone, or with titles */
static const struct form title_of_word = EITHER(&form_nothing, &title_map), titled_choices = FORM(FORM_NAMED, .name = "titled-words", .least = 1, .keys = &choice, .of = &title_of_word),
                         words = EITHER(&choices, &titled_choices);
static const struct form of_field = EITHER(&choices, &short_element, &element_map, &titled_choices);
static const struct form with = EITHER(&short_element, &with_map), withs = NAMED(1, with);
static const struct form value = EITHER(&form_text, &form_number, &form_boolean), values = LIST_OF(value);
static const struct form new_value = EITHER(&form_text, &form_number, &form_boolean, &form_nothing, &set_table_map), sets = NAMED(1, new_value);
static const struct form condition_value = FORM(FORM_EITHER, .name = "field-condition", .parts = (const struct form *const[]){&form_text, &form_number, &form_boolean, &values, &range_map, NULL});
static const struct form conditions = LIST_OF(condition_map);
static const struct form bound = EITHER(&form_number, &form_date);

static const struct form table_cell = EITHER(&form_text, &form_number, &form_boolean, &form_nothing);
static const struct form table_row = FORM(FORM_LIST, .least = 2, .of = &table_cell), table_rows = LIST_OF(table_row), tables = NAMED(1, table_map);
/* votes */
static const char *const ballots_words[] = {"final", "changeable"}, *const quorum_base_words[] = {"all members", "roll"};
static const struct form ballots = FORM_WORDS(ballots_words), base = FORM_WORDS(base_words), quorum_base = FORM_WORDS(quorum_base_words);
static const struct form vote_part = FORM(FORM_TEXT, .name = "part-of-votes", .pattern = "^(at least|more than) [1-9][0-9]{0,4}/[1-9][0-9]{0,4}$");
static const struct form vote_list = FORM(FORM_LIST, .least = 2, .of = &choice), vote_titles = FORM(FORM_NAMED, .least = 2, .keys = &choice, .of = &title_of_word),
                         vote_choices = EITHER(&vote_list, &vote_titles), pass_limits = NAMED(1, pass_map);
static const struct form recuse = EITHER(&form_name, &role_map, &persons, &recuse_map);
static const struct form rating_weight = FORM(FORM_WHOLE, .least = 1, .most = RATING_WEIGHT_MOST), rating_least = FORM(FORM_WHOLE, .least = 1, .most = RATING_RATERS_MOST),
                         worth = FORM(FORM_WHOLE, .least = 0, .most = RATING_GRADE_MOST), grade = EITHER(&worth, &grade_map), grades = FORM(FORM_NAMED, .least = 2, .keys = &choice, .of = &grade), raters = NAMED(1, rater_map);
static const struct form seats = FORM(FORM_WHOLE, .least = 1, .most = WORKFLOW_PEOPLE_MOST), proxies = FORM(FORM_WHOLE, .least = 1, .most = 10000);

/* limits and work */
static const struct form limit = FORM(FORM_EITHER, .name = "deadlines", .parts = (const struct form *const[]){&deadline, &limit_map, NULL});
static const struct form limit_row = EITHER(&none, &deadline), limits = FORM(FORM_NAMED, .keys = &choice, .of = &limit_row);
static const struct form worker = EITHER(&form_name, &worker_map), topics = FORM(FORM_NAMED, .keys = &choice, .of = &form_name);
static const struct form reminds = LIST_OF(remind_map), remind = EITHER(&remind_map, &reminds);
static const struct form notices = LIST_OF(notify_map), notify = EITHER(&notify_map, &notices);

/* child cases */
static const struct form child_at = EITHER(&form_name, &at_map), child_value = EITHER(&form_text, &form_number, &form_boolean);
static const struct form child_with = NAMED(1, child_value), child_returns = NAMED(1, form_name), parent_ends = FORM_WORDS(parent_ends_words);
static const struct form child_list = LIST_OF(child_map), opens = EITHER(&child_map, &child_list);
static const struct form short_open_list = LIST_OF(short_open_map), short_opens = EITHER(&short_open_map, &short_open_list);

/* the parts of the file */
static const struct form fields = NAMED(0, field_map), stages = NAMED(1, stage_map), events = NAMED(0, event_map), tasks = NAMED(1, tasks_map);
static const struct form end = EITHER(&form_nothing, &end_map), ends = NAMED(1, end), ways = LIST_OF(branch_map);

/* ---- the keys ---- */

/* An outcome stands in several kinds of mapping. */
#define GO_KEYS(where)                                                                                                  \
    {where, "go", S, KEY_ONE, "the name of a stage", "the stage that is entered", &form_name},                          \
    {where, "level", S, 0, "a level of that stage's ladder, or keep", "the level at which it is entered", &level_or_keep}

#define CHOOSE_KEY(where)                                                                                               \
    {where, "choose", L, KEY_ONE, "a list of ways: {when: CONDITION, OUTCOME}, the last without when", "the first way whose condition holds", &ways}

#define BESIDE_KEYS(where)                                                                                              \
    {where, "set", M, 0, "a mapping of fields to values", "fields that the engine fills in", &sets},                    \
    {where, "notify", M | L, 0, "{who: PEOPLE, text: {zh, en}}, or a list of these", "who is told, and what", &notify}, \
    {where, "publish", M, 0, "{fields: [...], for: D}", "a notice that stands beside the work, for so long", &publish_for_map},                    \
    {where, "open", M | L, 0, "{workflow, at, with, returns, if-parent-ends}, or a list of these", "cases that are opened for this one", &opens}

#define OUTCOME_KEYS(where)                                                                                             \
    GO_KEYS(where),                                                                                                     \
    {where, "climb", S, KEY_ONE, "up or down", "the next level of the stage's ladder", &direction},                     \
    {where, "to", S, 0, "the name of a stage", "the stage that is entered there, if not the same", &form_name},         \
    {where, "end", S, KEY_ONE, "the name of an end", "the case is over", &form_name},                                   \
    {where, "stay", S, KEY_ONE, "true", "the case stays where it is", &form_true},                                      \
    CHOOSE_KEY(where),                                                                                                  \
    BESIDE_KEYS(where)

#define TASK_KEYS(where)                                                                                                \
    {where, "for", S | L | M, KEY_SOME, SOME_PEOPLE, "who does it", &people},                                           \
    {where, "worker", S | M, KEY_SOME, "a topic, or {per: level or FIELD, topics: {...}}", "which worker process does it", &worker}

static const struct key table[] = {
    {IN_WORKFLOW, "workflow", S, KEY_NEEDED, "a name such as dispute-mediation", "what it is called by programs", &form_name},
    {IN_WORKFLOW, "version", S, KEY_NEEDED, "a whole number", "counted up with every change", &version},
    {IN_WORKFLOW, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_WORKFLOW, "about", M, 0, A_TITLE, "what it is for", &title_map},
    {IN_WORKFLOW, "applies-from", S, 0, "a date such as 2026-01-01", "cases are opened under it from that day on", &form_date},
    {IN_WORKFLOW, "reference", S, 0, "text with {unit}, {year} and {number}", "the number that people quote", &reference},
    {IN_WORKFLOW, "opens", M, KEY_NEEDED, "a mapping: by, at, needs, may", "who opens a case, where, with which fields", &opens_map},
    {IN_WORKFLOW, "data", M, 0, "a mapping of fields", "what a case can hold", &fields},
    {IN_WORKFLOW, "groups", M, 0, "a mapping of groups to lists of people fields", "a name for several people fields", &groups},
    {IN_WORKFLOW, "tables", M, 0, "a mapping of tables: {of: [FIELD, ...], rows: [[value or any, ..., result], ...]}", "what follows from the values of fields", &tables},
    {IN_WORKFLOW, "previous", M, 0, "a mapping of fields to fields of the case before", "taken over from the last ended case of this workflow at the same unit", &previous_fields},
    {IN_WORKFLOW, "start", M, KEY_NEEDED, "{go: STAGE} or {choose: [...]}", "the first stage", &outcome_map},
    {IN_WORKFLOW, "stages", M, KEY_NEEDED, "a mapping of stages", "where a case can stand", &stages},
    {IN_WORKFLOW, "anywhere", M, 0, "a mapping of events", "what can happen in every stage", &events},
    {IN_WORKFLOW, "ends", M, KEY_NEEDED, "a mapping of ends", "how a case can be over", &ends},
    {IN_WORKFLOW, "limit", S | M, 0, A_DURATION ", or {limit, from}, {per, limits} or {until: FIELD}", "one limit over the whole case, beside those of its stages", &limit},
    {IN_WORKFLOW, "overdue", M, 0, AN_OUTCOME, "what happens at that limit", &outcome_map},
    {IN_WORKFLOW, "late", S, 0, "then, now or refuse", "what an event may do that happened before it was received", &late},
    {IN_WORKFLOW, "tells", S | L | M, 0, SOME_PEOPLE, "who is told at each change of stage", &people},
    {IN_WORKFLOW, "quota", M, 0, "{least, a: year, for-each: LEVEL, ends: [...], short: {notify: ..., open: ...}}", "so many ends a year", &quota_map},
    {IN_WORKFLOW, "reopen", M, 0, "{by, needs, within, go}", "an ended case opened again", &reopen_map},
    {IN_WORKFLOW, "retain", S, 0, A_DURATION, "how long a case is kept after its end; then what it holds of people is destroyed", &form_duration},

    {IN_TITLE, "zh", S, 0, "text", "in Chinese", &sentence},
    {IN_TITLE, "en", S, 0, "text", "in English", &sentence},

    {IN_OPENS, "by", S | L | M, KEY_SOME, "roles, resident, or a list of these", "who may open a case", &people},
    {IN_OPENS, "at", S | L, 0, "levels, such as building or [building, grid]", "at units of which levels; anywhere unless said", &some_names},
    {IN_OPENS, "needs", S | L, 0, SOME_FIELDS, "fields that must come with the opening", &some_names},
    {IN_OPENS, "may", S | L, 0, SOME_FIELDS, "fields that may come with it", &some_names},
    {IN_OPENS, "recurs", M, KEY_SOME, "{rule, first, for-each, day-off, missed}", "the calendar opens cases", &recurs_map},

    {IN_RECURS, "rule", S, KEY_ONE, "a rule of RFC 5545 such as \"FREQ=WEEKLY;BYDAY=TU,TH\"", "on which days", &rule},
    {IN_RECURS, "dates", L, KEY_ONE, "a list of dates", "on these days, which no rule computes", &recurs_date_list},
    {IN_RECURS, "first", S, 0, "a date such as 2026-01-01", "the rule begins on that day; needed beside rule", &form_date},
    {IN_RECURS, "for-each", S | M, KEY_NEEDED, "a level, or {role: R, in: rotation}, or {level: L, in: rotation}", "one case at each unit of the level; or one, for whose turn it is", &turn},
    {IN_RECURS, "day-off", S, KEY_NEEDED, "keep, skip, next or previous", "what becomes of a run on a day off: it stays, is left out, or goes to the next or previous working day", &day_off},
    {IN_RECURS, "missed", S, 0, "catch-up or report", "what becomes of runs while the engine was down: each is opened (unless said), or the newest, which tells of the others", &missed},
    {IN_RECURS, "sets", S, 0, "a date field", "gets the day of the run", &form_name},

    {IN_TURN, "role", S, KEY_ONE, "a role", "its holders take turns", &form_name},
    {IN_TURN, "level", S, KEY_ONE, "a level", "its units take turns", &form_name},
    {IN_TURN, "in", S, KEY_NEEDED, "rotation", "one after the other", &rotation},
    {IN_TURN, "of", S, 0, "a level", "each unit of that level has a rotation of its own; one for all unless said", &form_name},
    {IN_TURN, "sets", S, 0, "a people field", "gets the one whose turn it is", &form_name},

    {IN_QUOTA, "least", S, KEY_NEEDED, "a whole number", "so many or more", &quota_least},
    {IN_QUOTA, "a", S, KEY_NEEDED, "year", "in a calendar year", &year},
    {IN_QUOTA, "for-each", S, KEY_NEEDED, "a level", "at each of its units", &form_name},
    {IN_QUOTA, "ends", S | L, KEY_NEEDED, "a list of ends", "which ends count", &some_names},
    {IN_QUOTA, "short", M, KEY_NEEDED, "{notify: ..., open: ...}", "what follows at the year's end where there were fewer", &short_map},

    {IN_SHORT, "notify", M | L, KEY_SOME, "{who: PEOPLE, text: {zh, en}}, or a list of these", "who is told, and what", &notify},
    {IN_SHORT, "open", M | L, KEY_SOME, "{workflow, at, with}, or a list of these", "cases that are opened at the unit", &short_opens},

    {IN_SHORT_OPEN, "workflow", S, KEY_NEEDED, "the name of a workflow", "what kind of case is opened", &form_name},
    {IN_SHORT_OPEN, "at", S, 0, "a level", "at the unit of that level for the one that fell short; at that one itself unless said", &form_name},
    {IN_SHORT_OPEN, "with", M, 0, "a mapping of its fields to values", "what it begins with", &child_with},

    {IN_FIELD, "type", S, KEY_NEEDED, "text, number, boolean, date, choice, people, list, unit or reference", "what it holds", &type},
    {IN_FIELD, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_FIELD, "of", S | L | M, 0, "choices such as [a, b] or {a: {zh: ..., en: ...}}, or the type of a list's elements", "which choices, or what a list holds", &of_field},
    {IN_FIELD, "scale", S, 0, "a whole number from 0 to 9", "decimal places of a number", &scale},
    {IN_FIELD, "least", S, 0, "a number", "the smallest number, or the fewest people", &form_number},
    {IN_FIELD, "most", S, 0, "a number", "the largest number, the longest text, or the most people or elements", &form_number},
    {IN_FIELD, "with", M, 0, "a mapping of names to types, such as {area: {type: number, scale: 2}}", "what belongs to each of the people", &withs},
    {IN_FIELD, "sees", S | L | M, 0, SOME_PEOPLE, "who alone sees it: it is private", &people},

    {IN_ELEMENT, "type", S, KEY_NEEDED, "text, number, boolean, date, choice, unit or reference", "what an element holds", &element_type},
    {IN_ELEMENT, "of", L | M, 0, "choices such as [a, b] or {a: {zh: ..., en: ...}}", "which choices", &words},
    {IN_ELEMENT, "scale", S, 0, "a whole number from 0 to 9", "decimal places of a number", &scale},
    {IN_ELEMENT, "least", S, 0, "a number", "the smallest number", &form_number},
    {IN_ELEMENT, "most", S, 0, "a number", "the largest number, or the longest text", &form_number},

    {IN_WITH, "type", S, KEY_NEEDED, "number, boolean, date, choice, unit or reference", "what it holds", &with_type},
    {IN_WITH, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_WITH, "of", L | M, 0, "choices such as [a, b] or {a: {zh: ..., en: ...}}", "which choices", &words},
    {IN_WITH, "scale", S, 0, "a whole number from 0 to 9", "decimal places of a number", &scale},
    {IN_WITH, "least", S, 0, "a number", "the smallest number", &form_number},
    {IN_WITH, "most", S, 0, "a number", "the largest number", &form_number},

    {IN_STAGE, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_STAGE, "at", S | M, 0, "a level, {unit: FIELD} or previous", "the unit where the case stands in this stage", &at},
    {IN_STAGE, "ladder", L, 0, "a list of levels, lowest first", "the stage exists at each of these levels", &form_names},
    {IN_STAGE, "top", M, 0, AN_OUTCOME, "what a climb up does at the last level", &outcome_map},
    {IN_STAGE, "bottom", M, 0, AN_OUTCOME, "what a climb down does at the first level", &outcome_map},
    {IN_STAGE, "within", S | M, 0, A_DURATION ", or {limit, from}, {per, limits} or {until: FIELD}", "the deadline of the stage", &limit},
    {IN_STAGE, "warn", S, 0, A_DURATION, "that long before the deadline a notice goes out", &form_duration},
    {IN_STAGE, "overdue", M, 0, AN_OUTCOME, "what happens at the deadline", &outcome_map},
    {IN_STAGE, "remind", M | L, 0, "{who, every, after}, or a list of these", "who is reminded, how often", &remind},
    {IN_STAGE, "extend", M, 0, "{by, needs, add, most, asks}", "who may move the deadline, by how much", &extend_map},
    {IN_STAGE, "stop-clock", M, 0, "{by, grounds, longest, then}", "who may stop the deadline, and why", &stop_map},
    {IN_STAGE, "task", M, 0, "{for, worker}", "the work of this stage", &task_map},
    {IN_STAGE, "tasks", M, 0, "a mapping of tasks", "several pieces of work, side by side", &tasks},
    {IN_STAGE, "done", S, 0, "all, any or N of M", "when enough of the tasks are settled", &done},
    {IN_STAGE, "vote", M, 0, "a vote: roll, choices, pass, passed, failed ...", "the stage is a vote, closed by its deadline", &vote_map},
    {IN_STAGE, "rate", M, 0, "a rating: raters, grades, sets, no-quorum ...", "the stage is a rating, closed by its deadline or when everybody has rated", &rate_map},
    {IN_STAGE, "children", M, 0, "{wait, of, ends}", "child cases that are waited for", &children_map},
    {IN_STAGE, "publish", M, 0, "{fields: [...]}", "the stage is a publication of these, for the time of its within", &publish_map},
    {IN_STAGE, "objections", M, 0, "{by, needs, OUTCOME}", "who may object to what is published, and what follows: the event object", &event_map},
    {IN_STAGE, "events", M, 0, "a mapping of events", "what can happen in this stage", &events},
    {IN_STAGE, "then", M, 0, AN_OUTCOME, "what follows when the tasks are done, the children have ended, the period is over", &outcome_map},

    {IN_VOTE, "roll", S | L | M, KEY_NEEDED, SOME_PEOPLE, "who may vote: drawn when the stage is entered, and frozen", &people},
    {IN_VOTE, "choices", L | M, KEY_NEEDED, "a list of choices such as [approve, reject, abstain], or a mapping of them to titles", "what can be chosen", &vote_choices},
    {IN_VOTE, "pass", M, KEY_NEEDED, "such as {approve: at least 4/5, of: all members}, or {per: FIELD, limits: {...}}", "which choice must reach which part of what", &pass_map},
    {IN_VOTE, "quorum", M, 0, "such as {turnout: at least 2/3, of: all members}", "how many must take part, apart from what passes", &quorum_map},
    {IN_VOTE, "weights", L, 0, "[heads], or [heads, area]", "what is counted: pass and quorum must hold in each; heads unless said", &form_names},
    {IN_VOTE, "seats", S, 0, "a whole number", "how many members there are: vacant seats stand in all members", &seats},
    {IN_VOTE, "recuse", S | L | M, 0, SOME_PEOPLE ", or {who, grounds, by}", "who is out before the roll is frozen", &recuse},
    {IN_VOTE, "ballots", S, 0, "final or changeable", "whether a ballot can be changed while the vote is open; final unless said", &ballots},
    {IN_VOTE, "early", S, 0, "true or false", "closes as soon as no further ballot can change the result", &form_boolean},
    {IN_VOTE, "secret", S, 0, "true or false", "nobody can join a choice with a person", &form_boolean},
    {IN_VOTE, "proxy", M, 0, "{written: true, most: 1}", "one may give a ballot for others", &proxy_map},
    {IN_VOTE, "passed", M, KEY_NEEDED, AN_OUTCOME, "what follows when it passes", &outcome_map},
    {IN_VOTE, "failed", M, KEY_NEEDED, AN_OUTCOME, "what follows when it does not", &outcome_map},
    {IN_VOTE, "no-quorum", M, 0, AN_OUTCOME, "what follows when the quorum is not reached", &outcome_map},

    /* Beside these keys the choice stands (mappings below). */
    {IN_PASS, "of", S, 0, "all members, roll, present or cast", "the base: of what it is a part", &base},
    {IN_PASS, "per", S, 0, "a field", "what the rule depends on", &form_name},
    {IN_PASS, "limits", M, 0, "a mapping of the field's values to rules", "which rule for each", &pass_limits},

    {IN_QUORUM, "turnout", S, 0, "such as \"at least 2/3\"", "so many must give a ballot", &vote_part},
    {IN_QUORUM, "present", S, 0, "such as \"more than 1/2\"", "so many must attend or give a ballot", &vote_part},
    {IN_QUORUM, "of", S, 0, "all members or roll", "the base: of what it is a part", &quorum_base},

    {IN_RECUSE, "who", S | L | M, 0, SOME_PEOPLE, "who is out before the roll is frozen", &people},
    {IN_RECUSE, "grounds", L | M, 0, "a list of grounds, or a mapping of them to titles", "for which a member is recused later; any words unless said", &words},
    {IN_RECUSE, "by", S | L | M, 0, SOME_PEOPLE, "who may recuse a member; members may always recuse themselves", &people},

    {IN_RATE, "raters", M, KEY_NEEDED, "a mapping of groups: {who, weight, least}", "who rates: drawn when the stage is entered, and frozen", &raters},
    {IN_RATE, "grades", M, KEY_NEEDED, "a mapping of grades to whole numbers, such as {good: 100, fair: 70, poor: 0}, or to {worth, title}", "what a rater can give, and what it is worth", &grades},
    {IN_RATE, "sets", S, KEY_NEEDED, "a field of type number", "the score goes there", &form_name},
    {IN_RATE, "recuse", S | L | M, 0, SOME_PEOPLE ", or {who, grounds, by}", "who is out before the roll is frozen", &recuse},
    {IN_RATE, "ballots", S, 0, "final or changeable", "whether a grade can be changed while the rating is open; final unless said", &ballots},
    {IN_RATE, "secret", S, 0, "true or false", "nobody can join a grade with a person", &form_boolean},
    {IN_RATE, "no-quorum", M, KEY_NEEDED, AN_OUTCOME, "what follows when a group has too few raters", &outcome_map},

    {IN_GRADE, "worth", S, KEY_NEEDED, "a whole number", "what the grade is worth", &worth},
    {IN_GRADE, "title", M, 0, A_TITLE, "what it is called by people", &title_map},

    {IN_RATER, "who", S | L | M, KEY_NEEDED, SOME_PEOPLE, "who is in the group", &people},
    {IN_RATER, "weight", S, KEY_NEEDED, "a whole number", "of the group's mean among the others", &rating_weight},
    {IN_RATER, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_RATER, "least", S, 0, "a whole number", "how many of the group must have rated; one unless said", &rating_least},

    {IN_PROXY, "most", S, KEY_NEEDED, "a whole number", "for how many others one person may give a ballot", &proxies},
    {IN_PROXY, "written", S, 0, "true or false", "the ballot names the paper (its field \"proxy\")", &form_boolean},

    {IN_AT, "unit", S, KEY_NEEDED, "a field of type unit", "the unit in that field", &form_name},

    {IN_LIMIT, "limit", S, KEY_ONE, A_DURATION, "how long", &deadline},
    {IN_LIMIT, "from", S, 0, "entry, first-entry, opening or a date field", "counted from when", &from},
    {IN_LIMIT, "until", S, KEY_ONE, "a date field", "until the end of that day", &form_name},
    {IN_LIMIT, "per", S, KEY_ONE, "level or a field", "what the limit depends on", &per},
    {IN_LIMIT, "limits", M, 0, "a mapping of levels or values to durations", "how long for each", &limits},
    {IN_LIMIT, "table", S, KEY_ONE, "a table", "how long, looked up in a table", &form_name},

    {IN_REMIND, "who", S | L | M, KEY_NEEDED, SOME_PEOPLE ", or {missing: EVENT}", "who is reminded", &reminded},
    {IN_REMIND, "every", S, KEY_NEEDED, A_DURATION, "how often", &form_duration},
    {IN_REMIND, "after", S, KEY_NEEDED, "entry or due", "from the beginning, or from the deadline on", &after},

    {IN_EXTEND, "by", S | L | M, KEY_NEEDED, A_BY, "who may ask", &by},
    {IN_EXTEND, "needs", S | L, 0, SOME_FIELDS, "fields that must come with it", &some_names},
    {IN_EXTEND, "add", S, KEY_NEEDED, "a duration such as \"1 month\" or \"up to 30 days\"", "how much is added", &extension},
    {IN_EXTEND, "most", S, 0, "a whole number", "how often in the whole case; any number unless said", &form_count},
    {IN_EXTEND, "asks", S | L | M, 0, SOME_PEOPLE, "who must grant it; at once unless said", &people},

    {IN_PUBLISH, "fields", S | L, KEY_NEEDED, SOME_FIELDS, "what everybody sees; none of it private", &some_names},

    {IN_PUBLISH_FOR, "fields", S | L, KEY_NEEDED, SOME_FIELDS, "what everybody sees; none of it private", &some_names},
    {IN_PUBLISH_FOR, "for", S, KEY_NEEDED, A_DURATION, "how long it stays up", &form_duration},

    {IN_REOPEN, "by", S | L | M, KEY_NEEDED, SOME_PEOPLE ", resident", "who may open an ended case again", &people},
    {IN_REOPEN, "needs", S | L, 0, SOME_FIELDS, "fields that must come with it", &some_names},
    {IN_REOPEN, "may", S | L, 0, SOME_FIELDS, "fields that may come with it", &some_names},
    {IN_REOPEN, "within", S, 0, A_DURATION, "how long after the end; at any time unless said", &form_duration},
    {IN_REOPEN, "most", S, 0, "a whole number", "how often in a case; any number unless said", &form_count},
    {IN_REOPEN, "limit", S, 0, "restart or resume", "the limit of the whole case begins anew (unless said), or what was left of it goes on", &stop_then},
    GO_KEYS(IN_REOPEN),
    CHOOSE_KEY(IN_REOPEN),
    BESIDE_KEYS(IN_REOPEN),

    {IN_STOP, "by", S | L | M, KEY_NEEDED, SOME_PEOPLE, "who may stop the clock and let it go on", &people},
    {IN_STOP, "grounds", L | M, KEY_NEEDED, "a list of names such as [hearing, expert-opinion], or a mapping of them to titles", "why it may be stopped: one of these must be given", &words},
    {IN_STOP, "longest", S, KEY_NEEDED, A_DURATION, "all stops of the stage together; then it goes on by itself", &form_duration},
    {IN_STOP, "then", S, 0, "resume or restart", "what was left goes on (unless said), or the stage's limit begins anew", &stop_then},

    TASK_KEYS(IN_TASK),
    TASK_KEYS(IN_TASKS),
    {IN_TASKS, "within", S | M, 0, A_DURATION, "the deadline of this task", &limit},
    {IN_TASKS, "overdue", M, 0, AN_OUTCOME, "what happens at that deadline", &outcome_map},

    {IN_WORKER, "per", S, KEY_NEEDED, "level or a field", "what the topic depends on", &per},
    {IN_WORKER, "topics", M, KEY_NEEDED, "a mapping of levels or values to topics", "which topic for each", &topics},

    {IN_EVENT, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_EVENT, "by", S | L | M, KEY_NEEDED, A_BY, "who may send it", &by},
    {IN_EVENT, "not-same-as", S | L, 0, "events, people fields, groups, a stage with a vote, or opener", "who sent those, stands there, or had a voice in that vote may not send it", &some_names},
    {IN_EVENT, "needs", S | L, 0, SOME_FIELDS, "fields that must come with it", &some_names},
    {IN_EVENT, "may", S | L, 0, SOME_FIELDS, "fields that may come with it", &some_names},
    {IN_EVENT, "when", M, 0, "a condition such as {FIELD: value}", "when it is possible, by the data before it", &condition_map},
    {IN_EVENT, "within", S, 0, A_DURATION, "from entry; afterwards it is refused", &form_duration},
    {IN_EVENT, "most", S, 0, "a whole number", "how often in a case; any number unless said", &form_count},
    OUTCOME_KEYS(IN_EVENT),

    OUTCOME_KEYS(IN_OUTCOME),

    {IN_BRANCH, "when", M, 0, "a condition such as {FIELD: value}", "when this way is taken", &condition_map},
    OUTCOME_KEYS(IN_BRANCH),

    {IN_NOTIFY, "who", S | L | M, KEY_ONE, SOME_PEOPLE, "people who are told", &people},
    {IN_NOTIFY, "worker", S, KEY_ONE, "a topic", "the worker processes that are told", &form_name},
    {IN_NOTIFY, "text", M, KEY_NEEDED, A_TITLE, "what they are told", &title_map},

    /* Beside these keys the names of fields stand (mappings below). workflow_condition_yaml.c reads each by its name. */
    {IN_CONDITION, "level", S | L, 0, "levels, such as grid or [grid, community]", "the case is at one of these levels", &some_names},
    {IN_CONDITION, "count", M, 0, "{event: E, least: N, most: N, in: stage or case}", "how often an event has happened", &count_map},
    {IN_CONDITION, "all", L, 0, "a list of conditions", "every one of them holds", &conditions},
    {IN_CONDITION, "any", L, 0, "a list of conditions", "at least one of them holds", &conditions},
    {IN_CONDITION, "none", L, 0, "a list of conditions", "not one of them holds", &conditions},

    {IN_SET_TABLE, "table", S, KEY_NEEDED, "a table", "the value, looked up in a table", &form_name},

    {IN_TABLE, "of", S | L, KEY_NEEDED, SOME_FIELDS, "the fields that it looks at", &some_names},
    {IN_TABLE, "rows", L, KEY_NEEDED, "a list of rows: [value or any, ..., result]", "which values give which result", &table_rows},

    {IN_ROLE, "role", S, KEY_NEEDED, "a role of the directory", "who holds it", &form_name},
    {IN_ROLE, "of", S | M, 0, "home, below, a level or {unit: FIELD}", "at which unit; the current one unless said", &of_role},

    {IN_EACH, "each", S | L | M, KEY_NEEDED, SOME_PEOPLE, "every one of them must send it", &people},

    {IN_AT_LEAST, "at-least", S, KEY_NEEDED, "a number such as 3 or a part such as 4/5", "so many of them must send it", &part},
    {IN_AT_LEAST, "of", S | L | M, KEY_NEEDED, SOME_PEOPLE, "of whom", &people},

    {IN_MISSING, "missing", S, KEY_NEEDED, "an event that each of some people must send", "those who have not sent it", &form_name},

    {IN_RANGE, "least", S, 0, "a number or date", "it or more", &bound},
    {IN_RANGE, "most", S, 0, "a number or date", "it or less", &bound},
    {IN_RANGE, "after", S, 0, "a date", "later than that day", &form_date},
    {IN_RANGE, "before", S, 0, "a date", "earlier than that day", &form_date},

    {IN_COUNT, "event", S, KEY_NEEDED, "an event", "what is counted", &form_name},
    {IN_COUNT, "least", S, KEY_SOME, "a whole number", "so often or more", &form_count},
    {IN_COUNT, "most", S, KEY_SOME, "a whole number", "so often or less", &most_count},
    {IN_COUNT, "in", S, 0, "stage or case", "since the stage was entered, or ever; in the case unless said", &scope},

    {IN_END, "title", M, 0, A_TITLE, "what it is called by people", &title_map},
    {IN_END, "gives", S | L, 0, SOME_FIELDS, "what the parent case gets", &some_names},

    {IN_CHILD, "workflow", S, KEY_NEEDED, "the name of a workflow", "what kind of case is opened", &form_name},
    {IN_CHILD, "at", S | M, 0, "a level, or {unit: FIELD}", "at which unit; where the case stands, unless said", &child_at},
    {IN_CHILD, "with", M, 0, "a mapping of its fields to fields or values", "what it begins with", &child_with},
    {IN_CHILD, "returns", M, 0, "a mapping of fields to its fields", "what comes back with its end", &child_returns},
    {IN_CHILD, "if-parent-ends", S, 0, "keep or cancel", "what becomes of it when this case ends; keep unless said", &parent_ends},

    {IN_CHILDREN, "wait", S, KEY_NEEDED, "all, any or N of M", "how many of them must have ended", &done},
    {IN_CHILDREN, "of", S, 0, "case or stage", "which children: all of the case, or those opened in this stage; of the case unless said", &scope},
    {IN_CHILDREN, "ends", S | L, 0, "ends of the child's workflow", "only these ends count; every end unless said", &some_names},
    {IN_CHILDREN, "stops-clock", S, 0, "true", "the stage's deadline stands still while it waits", &form_boolean},
};

static const struct mapping mappings[WORKFLOW_WHERE_COUNT] = {
    [IN_WORKFLOW] = {.name = "workflow"}, [IN_TITLE] = {.name = "title", .least = 1}, [IN_OPENS] = {.name = "opens"}, [IN_FIELD] = {.name = "field"},
    [IN_ELEMENT] = {.name = "element"}, [IN_WITH] = {.name = "with"}, [IN_STAGE] = {.name = "stage"}, [IN_AT] = {.name = "at"}, [IN_LIMIT] = {.name = "limit"},
    [IN_REMIND] = {.name = "remind"}, [IN_EXTEND] = {.name = "extend"}, [IN_STOP] = {.name = "stop-clock"}, [IN_REOPEN] = {.name = "reopen"}, [IN_PUBLISH] = {.name = "publish"}, [IN_PUBLISH_FOR] = {.name = "publish-for"}, [IN_TASK] = {.name = "task"}, [IN_TASKS] = {.name = "one-of-tasks"},
    [IN_WORKER] = {.name = "worker"}, [IN_EVENT] = {.name = "event"}, [IN_OUTCOME] = {.name = "outcome"}, [IN_BRANCH] = {.name = "way"},
    [IN_NOTIFY] = {.name = "notify"}, [IN_SET_TABLE] = {.name = "set-table"}, [IN_TABLE] = {.name = "table"}, [IN_ROLE] = {.name = "role"}, [IN_EACH] = {.name = "each"},
    [IN_AT_LEAST] = {.name = "at-least"}, [IN_MISSING] = {.name = "missing"}, [IN_RANGE] = {.name = "range", .least = 1}, [IN_COUNT] = {.name = "count"},
    [IN_RECURS] = {.name = "recurs"}, [IN_TURN] = {.name = "turn"}, [IN_QUOTA] = {.name = "quota"}, [IN_SHORT] = {.name = "short"}, [IN_SHORT_OPEN] = {.name = "short-open"},
    [IN_VOTE] = {.name = "vote"}, [IN_PASS] = {.name = "pass", .others = &vote_part, .least = 1, .other_keys = &choice}, [IN_QUORUM] = {.name = "quorum"},
    [IN_RECUSE] = {.name = "recuse", .least = 1}, [IN_PROXY] = {.name = "proxy"}, [IN_RATE] = {.name = "rate"}, [IN_RATER] = {.name = "raters"}, [IN_GRADE] = {.name = "grade"},
    [IN_END] = {.name = "end"}, [IN_CHILD] = {.name = "child"}, [IN_CHILDREN] = {.name = "children"}, [IN_CONDITION] = {.name = "condition", .others = &condition_value, .least = 1},
};

const struct keys workflow_keys = {table, sizeof table / sizeof table[0], mappings, WORKFLOW_WHERE_COUNT};
