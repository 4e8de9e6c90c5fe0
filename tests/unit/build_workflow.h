/* build_workflow: workflows by hand, for tests of the core that read no YAML. Rows are appended to tables of fixed room, so that a pointer
 * to a row stays good; names are looked up, so stages, fields, groups, levels and ends are said before they are used.
 *
 *     struct builder b = workflow_begin(&arena, "dispute");
 *     int32_t summary = field(&b, "summary", FIELD_TEXT);
 *     stage(&b, "mediation");  ladder(&b, "mediation", "building grid community");
 *     event(&b, "mediation", "raise", any(&b, "mediator"), climb(&b, CLIMB_UP, NULL))->needs = refs_of_fields(&b, "reason");
 *     struct workflow *workflow = workflow_end_building(&b);
 *
 * People are words: opener resident worker, a field, a group, role, role@home, role@below, role@LEVEL. */
#ifndef STAIRCASE_TEST_BUILD_WORKFLOW_H
#define STAIRCASE_TEST_BUILD_WORKFLOW_H

#include <assert.h>

#include "engine/calendar.h"
#include "engine/workflow.h"

enum { BUILDER_ROWS = 256, BUILDER_STRINGS = 16 * 1024 };

struct builder {
    struct arena *arena;
    struct workflow *workflow;
    char *strings;
};

static inline int32_t string_of(struct builder *b, const char *string)
{
    size_t size = strlen(string) + 1;
    int32_t at = b->workflow->tables.strings_size;
    assert((size_t)at + size <= BUILDER_STRINGS);
    memcpy(b->strings + at, string, size);
    b->workflow->tables.strings_size += (int32_t)size;
    return at;
}

/* A new row with the bytes of `row`; its number. */
static inline int32_t row_of_table(struct builder *b, enum workflow_table table, const void *row)
{
    size_t size = workflow_shape.shapes[table].row_size;
    struct table *rows = &b->workflow->table[table];
    if (!rows->rows)
        rows->rows = arena_take_array(b->arena, BUILDER_ROWS, size);
    assert(rows->count < BUILDER_ROWS);
    memcpy((char *)rows->rows + (size_t)rows->count * size, row, size);
    return rows->count++;
}

#define ROW_OF(b, name, type, ...) row_of_table((b), WORKFLOW_##name, &(struct workflow_##type){__VA_ARGS__})
#define ROW_AT(b, name, type, row) (&((struct workflow_##type *)(b)->workflow->table[WORKFLOW_##name].rows)[row])

static inline struct workflow_head *head_of(struct builder *b)
{
    return b->workflow->table[WORKFLOW_HEAD].rows;
}

static inline struct builder workflow_begin(struct arena *arena, const char *name)
{
    struct builder b = {.arena = arena, .workflow = ARENA_NEW(arena, struct workflow), .strings = arena_take(arena, BUILDER_STRINGS)};
    b.workflow->tables.strings = b.strings;
    int32_t string = string_of(&b, name);
    ROW_OF(&b, HEAD, head, .name = string, .version = 1, .title_zh = NONE, .title_en = NONE, .about_zh = NONE, .about_en = NONE,
           .applies_from = NONE, .reference = NONE, .retain = NONE, .opens_by = NONE, .start = NONE, .limit = NONE, .overdue = NONE, .reopen = NONE);
    b.workflow->position = 3;
    return b;
}

/* `next_word` takes words off a list that is separated by spaces. */
static inline bool next_word(const char **list, char word[64])
{
    const char *at = *list;
    while (*at == ' ')
        at++;
    size_t size = strcspn(at, " ");
    assert(size < 64);
    memcpy(word, at, size);
    word[size] = '\0';
    *list = at + size;
    return size > 0;
}

/* ---- names ---- */

static inline int32_t level(struct builder *b, const char *name)
{
    int32_t found = workflow_find_level(b->workflow, text_of(name));
    return found != NONE ? found : row_of_table(b, WORKFLOW_LEVELS, &(struct workflow_level){string_of(b, name)});
}

static inline int32_t field(struct builder *b, const char *name, enum field_type type)
{
    int32_t string = name ? string_of(b, name) : NONE;
    return ROW_OF(b, FIELDS, field, .name = string, .title_zh = NONE, .title_en = NONE, .type = (int32_t)type, .of = NONE);
}

static inline struct workflow_field *field_row(struct builder *b, int32_t row)
{
    return ROW_AT(b, FIELDS, field, row);
}

static inline int32_t find_field(struct builder *b, const char *name)
{
    int32_t row = workflow_find_field(b->workflow, text_of(name));
    assert(row != NONE);
    return row;
}

/* What belongs to each person of a people field; those of one field one after the other. */
static inline void with(struct builder *b, const char *people, const char *name, enum field_type type, int32_t scale)
{
    int32_t of = field(b, NULL, type), row = find_field(b, people);
    field_row(b, of)->scale = scale;
    int32_t at = ROW_OF(b, WITHS, with, .name = string_of(b, name), .of = of);
    struct span *span = &field_row(b, row)->with;
    span->first = span->count ? span->first : at;
    span->count++;
}

static inline void choices(struct builder *b, int32_t row, const char *names)
{
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_NAMES)};
    char word[64];
    while (next_word(&names, word)) {
        struct workflow_name name = {.name = string_of(b, word), .title_zh = NONE, .title_en = NONE};
        row_of_table(b, WORKFLOW_NAMES, &name);
        span.count++;
    }
    field_row(b, row)->choices = span;
}

static inline int32_t ref(struct builder *b, int32_t row)
{
    return row_of_table(b, WORKFLOW_REFS, &(struct workflow_ref){row});
}

static inline struct span refs_of_fields(struct builder *b, const char *names)
{
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_REFS)};
    char word[64];
    for (; next_word(&names, word); span.count++)
        ref(b, find_field(b, word));
    return span;
}

static inline struct span refs_of_levels(struct builder *b, const char *names)
{
    const char *again = names;
    char word[64];
    while (next_word(&again, word))
        level(b, word);
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_REFS)};
    for (; next_word(&names, word); span.count++)
        ref(b, level(b, word));
    return span;
}

static inline struct span refs_of_rows(struct builder *b, const int32_t *rows, int32_t count)
{
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_REFS), .count = count};
    for (int32_t i = 0; i < count; i++)
        ref(b, rows[i]);
    return span;
}

static inline void group(struct builder *b, const char *name, const char *fields)
{
    struct span span = refs_of_fields(b, fields);
    int32_t string = string_of(b, name);
    ROW_OF(b, GROUPS, group, .name = string, .fields = span);
}

static inline int32_t ending(struct builder *b, const char *name)
{
    for (int32_t row = 0; row < workflow_count(b->workflow, WORKFLOW_ENDS); row++)
        if (strcmp(workflow_end_name(b->workflow, row), name) == 0)
            return row;
    int32_t string = string_of(b, name);
    return ROW_OF(b, ENDS, end, .name = string, .title_zh = NONE, .title_en = NONE);
}

/* ---- people ---- */

static inline int32_t find_group(struct builder *b, const char *name)
{
    for (int32_t row = 0; row < workflow_count(b->workflow, WORKFLOW_GROUPS); row++)
        if (strcmp(workflow_string(b->workflow, workflow_group(b->workflow, row)->name), name) == 0)
            return row;
    return NONE;
}

static inline struct workflow_people role_of_word(struct builder *b, char *word)
{
    struct workflow_people people = {.kind = PEOPLE_ROLE, .level = NONE, .field = NONE, .group = NONE, .event = NONE};
    char *at = strchr(word, '@');
    if (at) {
        *at++ = '\0';
        people.where = strcmp(at, "home") == 0 ? WHERE_HOME : strcmp(at, "below") == 0 ? WHERE_BELOW : WHERE_LEVEL;
        if (people.where == WHERE_LEVEL)
            people.level = level(b, at);
    }
    people.role = string_of(b, word);
    return people;
}

static inline struct workflow_people people_of_word(struct builder *b, char *word)
{
    struct workflow_people people = {.role = NONE, .level = NONE, .field = NONE, .group = NONE, .event = NONE};
    if (strcmp(word, "opener") == 0)
        people.kind = PEOPLE_OPENER;
    else if (strcmp(word, "resident") == 0)
        people.kind = PEOPLE_RESIDENT;
    else if (strcmp(word, "worker") == 0)
        people.kind = PEOPLE_WORKER;
    else if ((people.group = find_group(b, word)) != NONE)
        people.kind = PEOPLE_GROUP;
    else if ((people.field = workflow_find_field(b->workflow, text_of(word))) != NONE)
        people.kind = PEOPLE_FIELD;
    else
        people = role_of_word(b, word);
    return people;
}

static inline struct span people(struct builder *b, const char *words)
{
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_PEOPLE)};
    char word[64];
    for (; next_word(&words, word); span.count++) {
        struct workflow_people row = people_of_word(b, word);
        row_of_table(b, WORKFLOW_PEOPLE, &row);
    }
    return span;
}

static inline struct span people_missing(struct builder *b, int32_t event)
{
    int32_t row = ROW_OF(b, PEOPLE, people, .kind = PEOPLE_MISSING, .role = NONE, .level = NONE, .field = NONE, .group = NONE, .event = event);
    return (struct span){row, 1};
}

static inline int32_t by(struct builder *b, enum by_kind kind, const char *words, int32_t numerator, int32_t denominator)
{
    struct span span = people(b, words);
    return ROW_OF(b, BY, by, .kind = (int32_t)kind, .people = span, .numerator = numerator, .denominator = denominator);
}

static inline int32_t any(struct builder *b, const char *words)
{
    return by(b, BY_ANY, words, 0, 0);
}

static inline int32_t each(struct builder *b, const char *words)
{
    return by(b, BY_EACH, words, 0, 0);
}

/* ---- values, conditions ---- */

static inline int32_t value_of_text(struct builder *b, const char *string)
{
    int32_t at = string_of(b, string);
    return ROW_OF(b, VALUES, value, .kind = VALUE_TEXT, .string = at);
}

static inline int32_t value_of_number(struct builder *b, enum value_kind kind, int64_t number)
{
    return ROW_OF(b, VALUES, value, .kind = (int32_t)kind, .number = number, .string = NONE);
}

static inline struct workflow_condition condition_row(enum condition_kind kind)
{
    return (struct workflow_condition){.kind = (int32_t)kind, .field = NONE, .event = NONE, .line = 42};
}

/* `values` rows stand one after the other. */
static inline int32_t when_in(struct builder *b, const char *name, int32_t first, int32_t count)
{
    struct workflow_condition row = condition_row(CONDITION_IN);
    row.field = find_field(b, name);
    row.values = (struct span){first, count};
    return row_of_table(b, WORKFLOW_CONDITIONS, &row);
}

static inline int32_t when_true(struct builder *b, const char *name)
{
    return when_in(b, name, value_of_number(b, VALUE_BOOLEAN, 1), 1);
}

static inline int32_t when_text(struct builder *b, const char *name, const char *value)
{
    return when_in(b, name, value_of_text(b, value), 1);
}

/* `bounded` as in struct workflow_condition: 1 least, 2 most, 4 after, 8 before. */
static inline int32_t when_range(struct builder *b, const char *name, int32_t bounded, int64_t low, int64_t high)
{
    struct workflow_condition row = condition_row(CONDITION_RANGE);
    row.field = find_field(b, name);
    row.bounded = bounded;
    row.least = row.after = low;
    row.most = row.before = high;
    return row_of_table(b, WORKFLOW_CONDITIONS, &row);
}

static inline int32_t when_level(struct builder *b, const char *names)
{
    struct workflow_condition row = condition_row(CONDITION_LEVEL);
    row.parts = refs_of_levels(b, names);
    return row_of_table(b, WORKFLOW_CONDITIONS, &row);
}

static inline int32_t when_count(struct builder *b, int32_t event, int32_t bounded, int64_t least, int64_t most, enum count_scope scope)
{
    struct workflow_condition row = condition_row(CONDITION_COUNT);
    row.event = event;
    row.bounded = bounded;
    row.least = least;
    row.most = most;
    row.scope = (int32_t)scope;
    return row_of_table(b, WORKFLOW_CONDITIONS, &row);
}

static inline int32_t when_parts(struct builder *b, enum condition_kind kind, const int32_t *parts, int32_t count)
{
    struct workflow_condition row = condition_row(kind);
    row.parts = refs_of_rows(b, parts, count);
    return row_of_table(b, WORKFLOW_CONDITIONS, &row);
}

/* ---- durations, limits ---- */

static inline int32_t lasting(struct builder *b, const char *words)
{
    struct workflow_duration duration;
    bool good = duration_parse(text_of(words), &duration);
    assert(good);
    return good ? row_of_table(b, WORKFLOW_DURATIONS, &duration) : NONE;
}

static inline int32_t limit(struct builder *b, const char *words, enum limit_from from, const char *from_field)
{
    int32_t duration = lasting(b, words);
    return ROW_OF(b, LIMITS, limit, .kind = LIMIT_ONE, .duration = duration, .field = NONE, .from = (int32_t)from,
                  .from_field = from_field ? find_field(b, from_field) : NONE, .lookup = NONE);
}

static inline int32_t limit_until(struct builder *b, const char *name)
{
    return ROW_OF(b, LIMITS, limit, .kind = LIMIT_UNTIL, .duration = NONE, .field = find_field(b, name), .from_field = NONE, .lookup = NONE);
}

/* Rows of LIMIT_ROWS that stand one after the other; `field` NULL: per level. */
static inline int32_t limit_per(struct builder *b, const char *name, struct span rows)
{
    return ROW_OF(b, LIMITS, limit, .kind = name ? LIMIT_FIELD : LIMIT_LEVEL, .duration = NONE, .field = name ? find_field(b, name) : NONE,
                  .from_field = NONE, .rows = rows, .lookup = NONE);
}

static inline int32_t limit_row(struct builder *b, int32_t at_level, int32_t value, const char *words)
{
    int32_t duration = words ? lasting(b, words) : NONE;
    return ROW_OF(b, LIMIT_ROWS, limit_row, .level = at_level, .value = value, .duration = duration);
}

/* `stop-clock`: grounds separated by spaces. */
static inline int32_t stopping(struct builder *b, const char *who, const char *grounds, const char *longest)
{
    struct span span = {.first = workflow_count(b->workflow, WORKFLOW_NAMES)};
    char word[64];
    while (next_word(&grounds, word)) {
        struct workflow_name name = {.name = string_of(b, word), .title_zh = NONE, .title_en = NONE};
        row_of_table(b, WORKFLOW_NAMES, &name);
        span.count++;
    }
    int32_t by_row = any(b, who), duration = lasting(b, longest);
    return ROW_OF(b, STOPS, stop, .by = by_row, .grounds = span, .longest = duration);
}

static inline int32_t extend_row(struct builder *b, const char *who, const char *add)
{
    int32_t by_row = any(b, who), duration = lasting(b, add);
    return ROW_OF(b, EXTENDS, extend, .by = by_row, .add = duration);
}

/* ---- stages, outcomes, events ---- */

static inline int32_t stage(struct builder *b, const char *name)
{
    int32_t string = string_of(b, name);
    return ROW_OF(b, STAGES, stage, .name = string, .title_zh = NONE, .title_en = NONE, .at_level = NONE, .at_field = NONE, .top = NONE,
                  .bottom = NONE, .within = NONE, .warn = NONE, .overdue = NONE, .extend = NONE, .task = NONE, .then = NONE, .stop_clock = NONE, .publish = NONE, .vote = NONE);
}

static inline struct workflow_stage *stage_row(struct builder *b, const char *name)
{
    int32_t row = workflow_find_stage(b->workflow, text_of(name));
    assert(row != NONE);
    return ROW_AT(b, STAGES, stage, row);
}

static inline void ladder(struct builder *b, const char *name, const char *levels)
{
    stage_row(b, name)->ladder = refs_of_levels(b, levels);
}

static inline void stage_at(struct builder *b, const char *name, const char *at)
{
    stage_row(b, name)->at = AT_LEVEL;
    stage_row(b, name)->at_level = level(b, at);
}

static inline struct workflow_outcome outcome_row(enum outcome_kind kind)
{
    return (struct workflow_outcome){.kind = (int32_t)kind, .stage = NONE, .level = NONE, .end = NONE, .publish = NONE};
}

/* `at`: NULL, "keep" or a level. */
static inline int32_t go(struct builder *b, const char *to, const char *at)
{
    struct workflow_outcome row = outcome_row(OUTCOME_GO);
    row.stage = workflow_find_stage(b->workflow, text_of(to));
    assert(row.stage != NONE);
    row.go_level = !at ? GO_LEVEL_NONE : strcmp(at, "keep") == 0 ? GO_LEVEL_KEEP : GO_LEVEL_NAMED;
    if (row.go_level == GO_LEVEL_NAMED)
        row.level = level(b, at);
    return row_of_table(b, WORKFLOW_OUTCOMES, &row);
}

static inline int32_t climb(struct builder *b, enum climb_direction direction, const char *to)
{
    struct workflow_outcome row = outcome_row(OUTCOME_CLIMB);
    row.direction = (int32_t)direction;
    row.stage = to ? workflow_find_stage(b->workflow, text_of(to)) : NONE;
    return row_of_table(b, WORKFLOW_OUTCOMES, &row);
}

static inline int32_t end_with(struct builder *b, const char *name)
{
    struct workflow_outcome row = outcome_row(OUTCOME_END);
    row.end = ending(b, name);
    return row_of_table(b, WORKFLOW_OUTCOMES, &row);
}

static inline int32_t stay(struct builder *b)
{
    struct workflow_outcome row = outcome_row(OUTCOME_STAY);
    return row_of_table(b, WORKFLOW_OUTCOMES, &row);
}

static inline int32_t choose(struct builder *b, const struct workflow_branch *branches, int32_t count)
{
    struct workflow_outcome row = outcome_row(OUTCOME_CHOOSE);
    row.branches = (struct span){workflow_count(b->workflow, WORKFLOW_BRANCHES), count};
    for (int32_t i = 0; i < count; i++)
        row_of_table(b, WORKFLOW_BRANCHES, &branches[i]);
    return row_of_table(b, WORKFLOW_OUTCOMES, &row);
}

static inline struct workflow_outcome *outcome_at(struct builder *b, int32_t row)
{
    return ROW_AT(b, OUTCOMES, outcome, row);
}

static inline void set_field(struct builder *b, int32_t outcome, const struct workflow_set *set)
{
    int32_t row = row_of_table(b, WORKFLOW_SETS, set);
    if (set->kind != SET_LOOKUP)
        ROW_AT(b, SETS, set, row)->lookup = NONE;
    struct span *sets = &outcome_at(b, outcome)->sets;
    if (sets->count++ == 0)
        sets->first = row;
    assert(sets->first + sets->count == row + 1);
}

static inline void notify(struct builder *b, int32_t outcome, const char *who, const char *topic, const char *zh)
{
    struct span span = people(b, who);
    struct workflow_notice notice = {span, topic ? string_of(b, topic) : NONE, string_of(b, zh), NONE};
    int32_t row = row_of_table(b, WORKFLOW_NOTICES, &notice);
    outcome_at(b, outcome)->notices = (struct span){row, 1};
}

/* Events of one stage (NULL: anywhere) are said one after the other. */
static inline struct workflow_event *event(struct builder *b, const char *at, const char *name, int32_t by_row, int32_t outcome)
{
    int32_t string = string_of(b, name);
    int32_t row = ROW_OF(b, EVENTS, event, .name = string, .title_zh = NONE, .title_en = NONE, .by = by_row, .when = NONE, .within = NONE,
                         .outcome = outcome, .task = NONE, .line = 1, .not_same_as_vote = NONE);
    struct span *events = at ? &stage_row(b, at)->events : &head_of(b)->anywhere;
    if (events->count++ == 0)
        events->first = row;
    assert(events->first + events->count == row + 1);
    return ROW_AT(b, EVENTS, event, row);
}

static inline int32_t event_row(struct builder *b, const struct workflow_event *row)
{
    return (int32_t)(row - (struct workflow_event *)b->workflow->table[WORKFLOW_EVENTS].rows);
}

/* ---- tasks, reminders, extensions ---- */

static inline int32_t topic_row(struct builder *b, int32_t at_level, int32_t value, const char *topic)
{
    int32_t string = string_of(b, topic);
    return ROW_OF(b, TOPIC_ROWS, topic_row, .level = at_level, .value = value, .topic = string);
}

/* The stage's one task. `topic` NULL: for people only. */
static inline struct workflow_task *task(struct builder *b, const char *at, const char *who, const char *topic)
{
    struct span span = people(b, who);
    struct span topics = {0, 0};
    if (topic)
        topics = (struct span){topic_row(b, NONE, NONE, topic), 1};
    int32_t row = ROW_OF(b, TASKS, task, .name = NONE, .people = span, .topics = topics, .topic_field = NONE, .within = NONE, .overdue = NONE);
    stage_row(b, at)->task = row;
    return ROW_AT(b, TASKS, task, row);
}

/* One of several, side by side; settled by the event of its name, which is said here too: by whom it is for, a stay. */
static inline struct workflow_task *one_of_tasks(struct builder *b, const char *at, const char *name, const char *who, const char *topic)
{
    struct span span = people(b, who);
    struct span topics = {0, 0};
    if (topic)
        topics = (struct span){topic_row(b, NONE, NONE, topic), 1};
    int32_t string = string_of(b, name);
    int32_t row = ROW_OF(b, TASKS, task, .name = string, .people = span, .topics = topics, .topic_field = NONE, .within = NONE, .overdue = NONE);
    struct workflow_stage *of = stage_row(b, at);
    if (of->tasks.count++ == 0)
        of->tasks.first = row;
    event(b, at, name, any(b, who), stay(b))->task = row;
    return ROW_AT(b, TASKS, task, row);
}

static inline void remind(struct builder *b, const char *at, struct span who, const char *every, enum reminder_after after)
{
    int32_t duration = lasting(b, every);
    int32_t row = ROW_OF(b, REMINDERS, reminder, .who = who, .every = duration, .after = (int32_t)after);
    struct span *reminders = &stage_row(b, at)->reminders;
    if (reminders->count++ == 0)
        reminders->first = row;
}

static inline struct workflow_extend *extend(struct builder *b, const char *at, int32_t by_row, const char *add, int32_t most, const char *asks)
{
    int32_t duration = lasting(b, add);
    struct span asked = {0, 0};
    if (asks)
        asked = people(b, asks);
    int32_t row = ROW_OF(b, EXTENDS, extend, .by = by_row, .add = duration, .most = most, .asks = asked);
    stage_row(b, at)->extend = row;
    return ROW_AT(b, EXTENDS, extend, row);
}

static inline void opens(struct builder *b, const char *who, const char *levels, const char *needs, const char *may, int32_t start)
{
    struct workflow_head *head = head_of(b);
    head->opens_by = any(b, who);
    head->opens_at = refs_of_levels(b, levels);
    head->opens_needs = refs_of_fields(b, needs);
    head->opens_may = refs_of_fields(b, may);
    head->start = start;
}

static inline struct workflow *workflow_end_building(struct builder *b)
{
    b->workflow->tables.table = b->workflow->table;
    assert(workflow_sound(b->workflow));
    return b->workflow;
}

#endif
