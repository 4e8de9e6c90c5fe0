/* workflow: the shape of a compiled workflow, and its rows by number and by name. See workflow.h. */
#include "engine/workflow.h"

#include "engine/rating.h"
#include "engine/vote.h"

#include <assert.h>

/* ---- the shape: one line per member, in the order of the struct ---- */

#define MEMBER(kind_, row, member, table_)                                                                             \
    {                                                                                                                  \
        .kind = (kind_), .offset = (uint32_t)offsetof(struct workflow_##row, member), .table = (table_)                \
    }
#define NUMBER(row, member) MEMBER(MEMBER_NUMBER, row, member, 0)
#define WIDE(row, member) MEMBER(MEMBER_WIDE, row, member, 0)
#define STRING(row, member) MEMBER(MEMBER_STRING, row, member, 0)
#define NAMED(row, member) MEMBER(MEMBER_NEEDED_STRING, row, member, 0)
#define ROW(row, member, table) MEMBER(MEMBER_ROW, row, member, WORKFLOW_##table)
#define NEEDED(row, member, table) MEMBER(MEMBER_NEEDED_ROW, row, member, WORKFLOW_##table)
#define SPAN(row, member, table) MEMBER(MEMBER_SPAN, row, member, WORKFLOW_##table)
#define REFS(row, member, table) MEMBER(MEMBER_REFS, row, member, WORKFLOW_##table)
#define CHOICE(row, member, last) MEMBER(MEMBER_CHOICE, row, member, (uint32_t)(last) + 1)
#define FLAG(row, member) MEMBER(MEMBER_CHOICE, row, member, 2)
/* What version 2 brought to rows of version 1 (not to rows of tables that it brought itself). */
#define ADDED_2(kind_, row, member, table_)                                                                            \
    {                                                                                                                  \
        .kind = (kind_), .offset = (uint32_t)offsetof(struct workflow_##row, member), .table = (table_), .since = 2    \
    }

static const struct member head_members[] = {
    NAMED(head, name),
    NUMBER(head, version),
    STRING(head, title_zh),
    STRING(head, title_en),
    STRING(head, about_zh),
    STRING(head, about_en),
    NUMBER(head, applies_from),
    STRING(head, reference),
    ROW(head, opens_by, BY), /* NONE: only the calendar opens cases */
    REFS(head, opens_at, LEVELS),
    REFS(head, opens_needs, FIELDS),
    REFS(head, opens_may, FIELDS),
    NEEDED(head, start, OUTCOMES),
    SPAN(head, anywhere, EVENTS),
    SPAN(head, tells, PEOPLE),
    CHOICE(head, late, LATE_REFUSE),
    ADDED_2(MEMBER_ROW, head, limit, WORKFLOW_LIMITS),
    ADDED_2(MEMBER_ROW, head, overdue, WORKFLOW_OUTCOMES),
    ADDED_2(MEMBER_SPAN, head, previous, WORKFLOW_PREVIOUS),
    ADDED_2(MEMBER_ROW, head, reopen, WORKFLOW_REOPENS),
    ADDED_2(MEMBER_ROW, head, retain, WORKFLOW_DURATIONS),
};

static const struct member name_members[] = {NAMED(name, name)};

static const struct member ref_members[] = {MEMBER(MEMBER_REF, ref, row, 0)};

static const struct member field_members[] = {
    STRING(field, name), /* NONE: an element of a list */
    STRING(field, title_zh),
    STRING(field, title_en),
    CHOICE(field, type, FIELD_REFERENCE),
    ROW(field, of, FIELDS),
    NUMBER(field, scale),
    NUMBER(field, bounded),
    WIDE(field, least),
    WIDE(field, most),
    SPAN(field, choices, NAMES),
    FLAG(field, private),
    SPAN(field, sees, PEOPLE),
    ADDED_2(MEMBER_SPAN, field, with, WORKFLOW_WITHS),
};

static const struct member with_members[] = {NAMED(with, name), NEEDED(with, of, FIELDS)};

static const struct member group_members[] = {NAMED(group, name), REFS(group, fields, FIELDS)};

static const struct member people_members[] = {
    CHOICE(people, kind, PEOPLE_MISSING), STRING(people, role),         CHOICE(people, where, WHERE_FIELD),
    ROW(people, level, LEVELS),           ROW(people, field, FIELDS), ROW(people, group, GROUPS),
    ROW(people, event, EVENTS),
};

static const struct member value_members[] = {NUMBER(value, kind), WIDE(value, number), STRING(value, string)};

static const struct member condition_members[] = {
    CHOICE(condition, kind, CONDITION_COUNT),
    SPAN(condition, parts, REFS), /* of CONDITIONS or LEVELS, by kind: see workflow_sound */
    ROW(condition, field, FIELDS),
    SPAN(condition, values, VALUES),
    NUMBER(condition, bounded),
    WIDE(condition, least),
    WIDE(condition, most),
    WIDE(condition, after),
    WIDE(condition, before),
    ROW(condition, event, EVENTS),
    CHOICE(condition, scope, COUNT_STAGE),
    NUMBER(condition, line),
};

static const struct member duration_members[] = {
    CHOICE(duration, unit, UNTIL_DATE),
    NUMBER(duration, count),
    NUMBER(duration, month),
    NUMBER(duration, day),
};

static const struct member limit_members[] = {
    CHOICE(limit, kind, LIMIT_TABLE),  ROW(limit, duration, DURATIONS), ROW(limit, field, FIELDS),
    CHOICE(limit, from, FROM_FIELD), ROW(limit, from_field, FIELDS),  SPAN(limit, rows, LIMIT_ROWS),
    ADDED_2(MEMBER_ROW, limit, lookup, WORKFLOW_LOOKUPS),
};

static const struct member limit_row_members[] = {
    ROW(limit_row, level, LEVELS),
    ROW(limit_row, value, VALUES),
    ROW(limit_row, duration, DURATIONS),
};

static const struct member reminder_members[] = {
    SPAN(reminder, who, PEOPLE),
    NEEDED(reminder, every, DURATIONS),
    CHOICE(reminder, after, AFTER_DUE),
};

static const struct member outcome_members[] = {
    CHOICE(outcome, kind, OUTCOME_CHOOSE), ROW(outcome, stage, STAGES),
    CHOICE(outcome, go_level, GO_LEVEL_KEEP), ROW(outcome, level, LEVELS),
    CHOICE(outcome, direction, CLIMB_DOWN), ROW(outcome, end, ENDS),
    SPAN(outcome, branches, BRANCHES),    SPAN(outcome, sets, SETS),
    SPAN(outcome, notices, NOTICES),
    ADDED_2(MEMBER_SPAN, outcome, opens, WORKFLOW_OPENS),
    ADDED_2(MEMBER_ROW, outcome, publish, WORKFLOW_PUBLICATIONS),
};

static const struct member branch_members[] = {
    ROW(branch, condition, CONDITIONS),
    NEEDED(branch, outcome, OUTCOMES),
};

static const struct member set_members[] = {
    NEEDED(set, field, FIELDS),
    CHOICE(set, kind, SET_LOOKUP),
    ROW(set, value, VALUES),
    ROW(set, from, FIELDS),
    ADDED_2(MEMBER_ROW, set, lookup, WORKFLOW_LOOKUPS),
};

static const struct member notice_members[] = {
    SPAN(notice, who, PEOPLE),
    STRING(notice, worker),
    STRING(notice, text_zh),
    STRING(notice, text_en),
};

static const struct member by_members[] = {
    CHOICE(by, kind, BY_AT_LEAST),
    SPAN(by, people, PEOPLE),
    NUMBER(by, numerator),
    NUMBER(by, denominator),
};

static const struct member event_members[] = {
    NAMED(event, name),
    STRING(event, title_zh),
    STRING(event, title_en),
    NEEDED(event, by, BY),
    REFS(event, not_same_as_events, EVENTS),
    REFS(event, not_same_as_fields, FIELDS),
    REFS(event, needs, FIELDS),
    REFS(event, may, FIELDS),
    ROW(event, when, CONDITIONS),
    ROW(event, within, DURATIONS),
    NUMBER(event, most),
    NEEDED(event, outcome, OUTCOMES),
    ROW(event, task, TASKS),
    NUMBER(event, line),
    {.kind = MEMBER_CHOICE, .offset = (uint32_t)offsetof(struct workflow_event, not_same_as_opener), .table = 2, .since = 2},
};

static const struct member task_members[] = {
    STRING(task, name),
    SPAN(task, people, PEOPLE),
    SPAN(task, topics, TOPIC_ROWS),
    ROW(task, topic_field, FIELDS),
    ROW(task, within, LIMITS),
    ROW(task, overdue, OUTCOMES),
};

static const struct member topic_row_members[] = {
    ROW(topic_row, level, LEVELS),
    ROW(topic_row, value, VALUES),
    NAMED(topic_row, topic),
};

static const struct member extend_members[] = {
    NEEDED(extend, by, BY), REFS(extend, needs, FIELDS), NEEDED(extend, add, DURATIONS),
    FLAG(extend, up_to),    NUMBER(extend, most),        SPAN(extend, asks, PEOPLE),
};

static const struct member stop_members[] = {
    NEEDED(stop, by, BY),
    SPAN(stop, grounds, NAMES),
    NEEDED(stop, longest, DURATIONS),
    FLAG(stop, restart),
};

static const struct member publication_members[] = {REFS(publication, fields, FIELDS), ROW(publication, lasting, DURATIONS)};

static const struct member reopen_members[] = {
    NEEDED(reopen, by, BY),    REFS(reopen, needs, FIELDS), REFS(reopen, may, FIELDS),        ROW(reopen, within, DURATIONS),
    NUMBER(reopen, most),      FLAG(reopen, resume),        NEEDED(reopen, outcome, OUTCOMES),
};

static const struct member stage_members[] = {
    NAMED(stage, name),
    STRING(stage, title_zh),
    STRING(stage, title_en),
    CHOICE(stage, at, AT_PREVIOUS),
    ROW(stage, at_level, LEVELS),
    ROW(stage, at_field, FIELDS),
    REFS(stage, ladder, LEVELS),
    ROW(stage, top, OUTCOMES),
    ROW(stage, bottom, OUTCOMES),
    ROW(stage, within, LIMITS),
    ROW(stage, warn, DURATIONS),
    ROW(stage, overdue, OUTCOMES),
    SPAN(stage, reminders, REMINDERS),
    ROW(stage, extend, EXTENDS),
    ROW(stage, task, TASKS),
    SPAN(stage, tasks, TASKS),
    CHOICE(stage, done, DONE_SOME),
    NUMBER(stage, done_some),
    ROW(stage, then, OUTCOMES),
    SPAN(stage, events, EVENTS),
    NUMBER(stage, line),
    ADDED_2(MEMBER_ROW, stage, stop_clock, WORKFLOW_STOPS),
    ADDED_2(MEMBER_SPAN, stage, children, WORKFLOW_WAITS),
    ADDED_2(MEMBER_ROW, stage, vote, WORKFLOW_VOTES),
    ADDED_2(MEMBER_ROW, stage, publish, WORKFLOW_PUBLICATIONS),
};

static const struct member vote_members[] = {
    SPAN(vote, roll, PEOPLE),
    SPAN(vote, choices, NAMES),
    SPAN(vote, rules, VOTE_RULES),
    ROW(vote, field, FIELDS),
    ROW(vote, quorum, VOTE_RULES),
    SPAN(vote, weights, VOTE_WEIGHTS),
    NUMBER(vote, seats),
    SPAN(vote, recuse, PEOPLE),
    SPAN(vote, grounds, NAMES),
    SPAN(vote, recused_by, PEOPLE),
    FLAG(vote, final),
    FLAG(vote, early),
    FLAG(vote, secret),
    NUMBER(vote, proxy_most),
    FLAG(vote, proxy_written),
    NEEDED(vote, passed, OUTCOMES),
    NEEDED(vote, failed, OUTCOMES),
    ROW(vote, no_quorum, OUTCOMES),
    SPAN(vote, raters, RATERS),
    SPAN(vote, grades, GRADES),
    ROW(vote, sets, FIELDS),
};

static const struct member rater_members[] = {NAMED(rater, name), SPAN(rater, people, PEOPLE), NUMBER(rater, weight), NUMBER(rater, least)};

static const struct member grade_members[] = {NUMBER(grade, value)};

static const struct member vote_rule_members[] = {
    ROW(vote_rule, value, VALUES),     NUMBER(vote_rule, choice), NUMBER(vote_rule, numerator),
    NUMBER(vote_rule, denominator),    FLAG(vote_rule, more),     CHOICE(vote_rule, of, VOTE_CAST),
    FLAG(vote_rule, present),
};

static const struct member vote_weight_members[] = {NAMED(vote_weight, name), ROW(vote_weight, with, WITHS)};

static const struct member end_members[] = {
    NAMED(end, name),
    STRING(end, title_zh),
    STRING(end, title_en),
    ADDED_2(MEMBER_REFS, end, gives, WORKFLOW_FIELDS),
};

static const struct member open_members[] = {
    NAMED(open, workflow),      CHOICE(open, at, OPEN_AT_FIELD), ROW(open, level, LEVELS), ROW(open, field, FIELDS),
    SPAN(open, with, GIVENS),    SPAN(open, returns, RETURNS),    CHOICE(open, if_parent_ends, PARENT_ENDS_CANCEL),
};

static const struct member given_members[] = {NAMED(given, its), ROW(given, from, FIELDS), ROW(given, value, VALUES)};

static const struct member return_members[] = {NEEDED(return, field, FIELDS), NAMED(return, its)};

static const struct member wait_members[] = {
    CHOICE(wait, wait, DONE_SOME), NUMBER(wait, some), CHOICE(wait, scope, COUNT_STAGE), SPAN(wait, ends, NAMES), FLAG(wait, stops_clock),
};

static const struct member lookup_members[] = {
    NAMED(lookup, name),
    REFS(lookup, of, FIELDS),
    ROW(lookup, field, FIELDS),
    SPAN(lookup, rows, LOOKUP_ROWS),
};

static const struct member lookup_row_members[] = {
    SPAN(lookup_row, cells, LOOKUP_CELLS),
    ROW(lookup_row, value, VALUES),
    ROW(lookup_row, duration, DURATIONS),
    NUMBER(lookup_row, line),
};

static const struct member lookup_cell_members[] = {ROW(lookup_cell, value, VALUES)};
static const struct member previous_members[] = {NEEDED(previous, field, FIELDS), NEEDED(previous, from, FIELDS)};

static const struct member recurs_members[] = {
    NAMED(recurs, rule),         NUMBER(recurs, first),         ROW(recurs, level, LEVELS),           STRING(recurs, role), FLAG(recurs, rotation),
    ROW(recurs, of, LEVELS),     REFS(recurs, sets, FIELDS),    CHOICE(recurs, day_off, DAY_OFF_PREVIOUS), CHOICE(recurs, missed, MISSED_REPORT),
};

static const struct member quota_members[] = {
    NUMBER(quota, least), NEEDED(quota, level, LEVELS), REFS(quota, ends, ENDS), NEEDED(quota, short_, OUTCOMES),
};

#define SHAPE(table, row)                                                                                              \
    [WORKFLOW_##table] = {.name = #row,                                                                                \
                          .row_size = sizeof(struct workflow_##row),                                                   \
                          .member_count = sizeof row##_members / sizeof row##_members[0],                              \
                          .members = row##_members}
#define SHAPE_2(table, row)                                                                                            \
    [WORKFLOW_##table] = {.name = #row,                                                                                \
                          .row_size = sizeof(struct workflow_##row),                                                   \
                          .member_count = sizeof row##_members / sizeof row##_members[0],                              \
                          .members = row##_members,                                                                    \
                          .since = 2}

static const struct table_shape shapes[WORKFLOW_TABLE_COUNT] = {
    SHAPE(HEAD, head),
    SHAPE(NAMES, name),
    SHAPE(REFS, ref),
    SHAPE(LEVELS, name),
    SHAPE(FIELDS, field),
    SHAPE(GROUPS, group),
    SHAPE(PEOPLE, people),
    SHAPE(VALUES, value),
    SHAPE(CONDITIONS, condition),
    SHAPE(DURATIONS, duration),
    SHAPE(LIMITS, limit),
    SHAPE(LIMIT_ROWS, limit_row),
    SHAPE(REMINDERS, reminder),
    SHAPE(OUTCOMES, outcome),
    SHAPE(BRANCHES, branch),
    SHAPE(SETS, set),
    SHAPE(NOTICES, notice),
    SHAPE(BY, by),
    SHAPE(EVENTS, event),
    SHAPE(TASKS, task),
    SHAPE(TOPIC_ROWS, topic_row),
    SHAPE(EXTENDS, extend),
    SHAPE(STAGES, stage),
    SHAPE(ENDS, end),
    SHAPE_2(WITHS, with),
    SHAPE_2(LOOKUPS, lookup),
    SHAPE_2(LOOKUP_ROWS, lookup_row),
    SHAPE_2(LOOKUP_CELLS, lookup_cell),
    SHAPE_2(STOPS, stop),
    SHAPE_2(PREVIOUS, previous),
    SHAPE_2(OPENS, open),
    SHAPE_2(GIVENS, given),
    SHAPE_2(RETURNS, return),
    SHAPE_2(WAITS, wait),
    SHAPE_2(RECURS, recurs),
    SHAPE_2(QUOTAS, quota),
    SHAPE_2(VOTES, vote),
    SHAPE_2(VOTE_RULES, vote_rule),
    SHAPE_2(VOTE_WEIGHTS, vote_weight),
    SHAPE_2(REOPENS, reopen),
    SHAPE_2(RATERS, rater),
    SHAPE_2(GRADES, grade),
    SHAPE_2(PUBLICATIONS, publication),
};

const struct form_shape workflow_shape = {
    .name = "workflow",
    .version = 2, /* 2 brought what has `.since = 2`; nothing may be added to it once it was released */
    .shape_count = WORKFLOW_TABLE_COUNT,
    .shapes = shapes,
};

/* ---- rows by number ---- */

#define ROW_ACCESSOR(row_, table_)                                                                                     \
    const struct workflow_##row_ *workflow_##row_(const struct workflow *workflow, int32_t row)                        \
    {                                                                                                                  \
        assert(row >= 0 && row < workflow->table[WORKFLOW_##table_].count);                                            \
        return (const struct workflow_##row_ *)workflow->table[WORKFLOW_##table_].rows + row;                          \
    }

ROW_ACCESSOR(field, FIELDS)
ROW_ACCESSOR(group, GROUPS)
ROW_ACCESSOR(people, PEOPLE)
ROW_ACCESSOR(value, VALUES)
ROW_ACCESSOR(condition, CONDITIONS)
ROW_ACCESSOR(duration, DURATIONS)
ROW_ACCESSOR(limit, LIMITS)
ROW_ACCESSOR(limit_row, LIMIT_ROWS)
ROW_ACCESSOR(reminder, REMINDERS)
ROW_ACCESSOR(outcome, OUTCOMES)
ROW_ACCESSOR(branch, BRANCHES)
ROW_ACCESSOR(set, SETS)
ROW_ACCESSOR(notice, NOTICES)
ROW_ACCESSOR(by, BY)
ROW_ACCESSOR(event, EVENTS)
ROW_ACCESSOR(task, TASKS)
ROW_ACCESSOR(topic_row, TOPIC_ROWS)
ROW_ACCESSOR(extend, EXTENDS)
ROW_ACCESSOR(stop, STOPS)
ROW_ACCESSOR(reopen, REOPENS)
ROW_ACCESSOR(publication, PUBLICATIONS)
ROW_ACCESSOR(stage, STAGES)
ROW_ACCESSOR(end, ENDS)
ROW_ACCESSOR(previous, PREVIOUS)
ROW_ACCESSOR(with, WITHS)
ROW_ACCESSOR(lookup, LOOKUPS)
ROW_ACCESSOR(lookup_row, LOOKUP_ROWS)
ROW_ACCESSOR(lookup_cell, LOOKUP_CELLS)
ROW_ACCESSOR(open, OPENS)
ROW_ACCESSOR(given, GIVENS)
ROW_ACCESSOR(return, RETURNS)
ROW_ACCESSOR(wait, WAITS)
ROW_ACCESSOR(vote, VOTES)
ROW_ACCESSOR(vote_rule, VOTE_RULES)
ROW_ACCESSOR(vote_weight, VOTE_WEIGHTS)
ROW_ACCESSOR(rater, RATERS)
ROW_ACCESSOR(grade, GRADES)

const struct workflow_head *workflow_head(const struct workflow *workflow)
{
    assert(workflow->table[WORKFLOW_HEAD].count == 1);
    return workflow->table[WORKFLOW_HEAD].rows;
}

int32_t workflow_ref(const struct workflow *workflow, int32_t row)
{
    assert(row >= 0 && row < workflow->table[WORKFLOW_REFS].count);
    return ((const struct workflow_ref *)workflow->table[WORKFLOW_REFS].rows)[row].row;
}

const struct workflow_recurs *workflow_recurs(const struct workflow *workflow)
{
    return workflow->table[WORKFLOW_RECURS].count ? workflow->table[WORKFLOW_RECURS].rows : NULL;
}

const struct workflow_quota *workflow_quota(const struct workflow *workflow)
{
    return workflow->table[WORKFLOW_QUOTAS].count ? workflow->table[WORKFLOW_QUOTAS].rows : NULL;
}

int32_t workflow_count(const struct workflow *workflow, enum workflow_table table)
{
    return workflow->table[table].count;
}

void workflow_bind(struct workflow *workflow)
{
    for (int table = 0; table < WORKFLOW_TABLE_COUNT; table++)
        workflow->table[table] = workflow->tables.table[table];
}

/* ---- names ---- */

const char *workflow_string(const struct workflow *workflow, int32_t offset)
{
    if (offset == NONE)
        return "";
    assert(offset >= 0 && offset < workflow->tables.strings_size);
    return workflow->tables.strings + offset;
}

const char *workflow_stage_name(const struct workflow *workflow, int32_t stage)
{
    return stage == NONE ? "" : workflow_string(workflow, workflow_stage(workflow, stage)->name);
}

static const struct workflow_name *level_row(const struct workflow *workflow, int32_t level)
{
    assert(level >= 0 && level < workflow->table[WORKFLOW_LEVELS].count);
    return (const struct workflow_name *)workflow->table[WORKFLOW_LEVELS].rows + level;
}

const char *workflow_level_name(const struct workflow *workflow, int32_t level)
{
    return level == NONE ? "" : workflow_string(workflow, level_row(workflow, level)->name);
}

const char *workflow_event_name(const struct workflow *workflow, int32_t event)
{
    return event == NONE ? "" : workflow_string(workflow, workflow_event(workflow, event)->name);
}

const char *workflow_field_name(const struct workflow *workflow, int32_t field)
{
    return field == NONE ? "" : workflow_string(workflow, workflow_field(workflow, field)->name);
}

const char *workflow_end_name(const struct workflow *workflow, int32_t end)
{
    if (end == END_CANCELLED || end == END_MERGED)
        return end == END_CANCELLED ? "cancelled" : "merged";
    return end == NONE ? "" : workflow_string(workflow, workflow_end(workflow, end)->name);
}

const char *workflow_choice(const struct workflow *workflow, struct span names, int32_t index)
{
    assert(index >= 0 && index < names.count && names.first + index < workflow->table[WORKFLOW_NAMES].count);
    return workflow_string(workflow, ((const struct workflow_name *)workflow->table[WORKFLOW_NAMES].rows)[names.first + index].name);
}

void workflow_end_titles(const struct workflow *workflow, int32_t end, struct text *zh, struct text *en)
{
    if (end < NONE) {
        *zh = end == END_CANCELLED ? TEXT("已取消") : TEXT("已并案");
        *en = end == END_CANCELLED ? TEXT("Cancelled") : TEXT("Merged into another case");
        return;
    }
    *zh = text_of(workflow_string(workflow, workflow_end(workflow, end)->title_zh));
    *en = text_of(workflow_string(workflow, workflow_end(workflow, end)->title_en));
}

/* ---- rows by name ---- */

static bool string_is(const struct workflow *workflow, int32_t offset, struct text name)
{
    return offset != NONE && text_is(name, workflow_string(workflow, offset));
}

int32_t workflow_find_field(const struct workflow *workflow, struct text name)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_FIELDS); row++)
        if (string_is(workflow, workflow_field(workflow, row)->name, name))
            return row;
    return NONE;
}

int32_t workflow_find_stage(const struct workflow *workflow, struct text name)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_STAGES); row++)
        if (string_is(workflow, workflow_stage(workflow, row)->name, name))
            return row;
    return NONE;
}

int32_t workflow_find_level(const struct workflow *workflow, struct text name)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_LEVELS); row++)
        if (string_is(workflow, level_row(workflow, row)->name, name))
            return row;
    return NONE;
}

int32_t workflow_find_with(const struct workflow *workflow, int32_t field, struct text name)
{
    struct span with = workflow_field(workflow, field)->with;
    for (int32_t row = with.first; row < with.first + with.count; row++)
        if (string_is(workflow, workflow_with(workflow, row)->name, name))
            return row;
    return NONE;
}

int32_t workflow_find_end(const struct workflow *workflow, struct text name)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_ENDS); row++)
        if (string_is(workflow, workflow_end(workflow, row)->name, name))
            return row;
    return NONE;
}

static int32_t find_event_in(const struct workflow *workflow, struct span events, struct text name)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        if (string_is(workflow, workflow_event(workflow, row)->name, name))
            return row;
    return NONE;
}

int32_t workflow_find_event(const struct workflow *workflow, int32_t stage, struct text name)
{
    int32_t event = stage == NONE ? NONE : find_event_in(workflow, workflow_stage(workflow, stage)->events, name);
    return event != NONE ? event : find_event_in(workflow, workflow_head(workflow)->anywhere, name);
}

/* ---- the events that a key gives ---- */

static bool has_tasks(const struct workflow *workflow)
{
    return workflow_count(workflow, WORKFLOW_TASKS) > 0;
}

static bool has_extend(const struct workflow *workflow)
{
    return workflow_count(workflow, WORKFLOW_EXTENDS) > 0;
}

static bool has_asking_extend(const struct workflow *workflow)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_EXTENDS); row++)
        if (workflow_extend(workflow, row)->asks.count > 0)
            return true;
    return false;
}

static bool has_stop(const struct workflow *workflow)
{
    return workflow_count(workflow, WORKFLOW_STOPS) > 0;
}

static bool has_vote(const struct workflow *workflow)
{
    return workflow_count(workflow, WORKFLOW_VOTES) > 0;
}

static bool has_reopen(const struct workflow *workflow)
{
    return workflow_head(workflow)->reopen != NONE;
}

/* Only what counts in parts can be taken back. */
static bool has_parts(const struct workflow *workflow)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_BY); row++)
        if (workflow_by(workflow, row)->kind != BY_ANY)
            return true;
    return false;
}

/* A supervisor's, in every workflow. */
static bool always(const struct workflow *workflow)
{
    (void)workflow;
    return true;
}

static const struct {
    const char *name;
    bool (*given)(const struct workflow *workflow);
} given_events[] = {
    {"ballot", has_vote},       {"attend", has_vote},         {"recuse", has_vote},
    {"extend", has_extend},     {"grant", has_asking_extend}, {"deny", has_asking_extend},
    {"stop-clock", has_stop},   {"resume", has_stop},         {"reopen", has_reopen},
    {"link", always}, {"merge", always}, {"un-merge", always}, {"split", always},
    {"claim", has_tasks}, {"hand-over", has_tasks}, {"unclaim", has_tasks}, {"add-handler", has_tasks}, {"remove-handler", has_tasks},   {"take-back", has_parts},
};

bool workflow_knows_event(const struct workflow *workflow, struct text name)
{
    struct span all = {0, workflow_count(workflow, WORKFLOW_EVENTS)};
    if (find_event_in(workflow, all, name) != NONE)
        return true;
    for (size_t i = 0; i < sizeof given_events / sizeof given_events[0]; i++)
        if (text_is(name, given_events[i].name))
            return given_events[i].given(workflow);
    return false;
}

/* ---- soundness of a decoded form ---- */

/* Refs of a condition's parts: conditions before `row`, or levels. */
static bool parts_sound(const struct workflow *workflow, struct span parts, int32_t below)
{
    for (int32_t i = 0; i < parts.count; i++) {
        int32_t part = workflow_ref(workflow, parts.first + i);
        if (part < 0 || part >= below)
            return false;
    }
    return true;
}

static bool condition_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_condition *condition = workflow_condition(workflow, row);
    switch ((enum condition_kind)condition->kind) {
    case CONDITION_ALL:
    case CONDITION_ANY:
    case CONDITION_NONE: return parts_sound(workflow, condition->parts, row);
    case CONDITION_LEVEL: return parts_sound(workflow, condition->parts, workflow_count(workflow, WORKFLOW_LEVELS));
    case CONDITION_IN:
    case CONDITION_RANGE: return condition->field != NONE;
    case CONDITION_COUNT: return condition->event != NONE;
    }
    return false;
}

static bool outcome_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_outcome *outcome = workflow_outcome(workflow, row);
    for (int32_t i = 0; i < outcome->branches.count; i++)
        if (workflow_branch(workflow, outcome->branches.first + i)->outcome >= row)
            return false;
    switch ((enum outcome_kind)outcome->kind) {
    case OUTCOME_GO: return outcome->stage != NONE && (outcome->go_level != GO_LEVEL_NAMED || outcome->level != NONE);
    case OUTCOME_END: return outcome->end != NONE;
    case OUTCOME_CHOOSE: return outcome->branches.count > 0;
    case OUTCOME_CLIMB:
    case OUTCOME_STAY: return true;
    }
    return false;
}

static bool people_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_people *people = workflow_people(workflow, row);
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return people->role != NONE && (people->where != WHERE_LEVEL || people->level != NONE) &&
                             (people->where != WHERE_FIELD || people->field != NONE);
    case PEOPLE_FIELD: return people->field != NONE;
    case PEOPLE_GROUP: return people->group != NONE;
    case PEOPLE_MISSING: return people->event != NONE;
    case PEOPLE_OPENER:
    case PEOPLE_RESIDENT:
    case PEOPLE_WORKER: return true;
    }
    return false;
}

/* "Missing" is defined by an event's `by`: it may not stand in one itself. */
static bool by_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_by *by = workflow_by(workflow, row);
    for (int32_t i = 0; i < by->people.count; i++)
        if (workflow_people(workflow, by->people.first + i)->kind == PEOPLE_MISSING)
            return false;
    return by->people.count > 0 && (by->kind != BY_AT_LEAST || (by->numerator > 0 && by->denominator >= 0));
}

/* A single value in clear, which the engine may look into. */
static bool with_sound(const struct workflow *workflow, const struct workflow_with *with)
{
    const struct workflow_field *of = workflow_field(workflow, with->of);
    return of->type != FIELD_TEXT && of->type != FIELD_PEOPLE && of->type != FIELD_LIST && !of->private;
}

static bool field_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_field *field = workflow_field(workflow, row);
    if (field->with.count && field->type != FIELD_PEOPLE)
        return false;
    for (int32_t i = 0; i < field->with.count; i++)
        if (!with_sound(workflow, workflow_with(workflow, field->with.first + i)))
            return false;
    if (field->type != FIELD_LIST)
        return field->of == NONE;
    return field->of != NONE && workflow_field(workflow, field->of)->type != FIELD_LIST;
}

static bool limit_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_limit *limit = workflow_limit(workflow, row);
    if (limit->from == FROM_FIELD && limit->from_field == NONE)
        return false;
    switch ((enum limit_kind)limit->kind) {
    case LIMIT_ONE: return limit->duration != NONE;
    case LIMIT_LEVEL: return true;
    case LIMIT_TABLE: return limit->lookup != NONE && workflow_lookup(workflow, limit->lookup)->field == NONE;
    case LIMIT_FIELD:
    case LIMIT_UNTIL: return limit->field != NONE;
    }
    return false;
}

static bool set_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_set *set = workflow_set(workflow, row);
    if (set->kind == SET_LOOKUP)
        return set->lookup != NONE && workflow_lookup(workflow, set->lookup)->field == set->field;
    return set->kind != SET_FIELD || set->from != NONE;
}

/* A cell for each field. */
static bool lookup_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_lookup *lookup = workflow_lookup(workflow, row);
    for (int32_t i = 0; i < lookup->rows.count; i++)
        if (workflow_lookup_row(workflow, lookup->rows.first + i)->cells.count != lookup->of.count)
            return false;
    return true;
}

/* Nothing that is sealed is shown to everybody. */
static bool publication_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_publication *publication = workflow_publication(workflow, row);
    bool sound = publication->fields.count > 0;
    for (int32_t i = 0; i < publication->fields.count; i++)
        sound = sound && !workflow_field(workflow, workflow_ref(workflow, publication->fields.first + i))->private;
    return sound;
}

/* There is a ground to give, and an end. */
static bool stop_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_stop *stop = workflow_stop(workflow, row);
    return stop->grounds.count > 0 && workflow_duration(workflow, stop->longest)->unit != UNTIL_DATE;
}

/* At the end of a restart the whole limit begins anew, which a date does not. */
static bool restart_sound(const struct workflow *workflow, const struct workflow_stage *stage)
{
    return stage->stop_clock == NONE || !workflow_stop(workflow, stage->stop_clock)->restart || stage->within == NONE ||
           workflow_limit(workflow, stage->within)->kind != LIMIT_UNTIL;
}

/* What a stage publishes stays up while it lasts; what an outcome publishes has an end of its own. */
static bool publish_sound(const struct workflow *workflow, int32_t publish, bool of_stage)
{
    return publish == NONE || (workflow_publication(workflow, publish)->lasting == NONE) == of_stage;
}

static bool stage_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_stage *stage = workflow_stage(workflow, row);
    if (!restart_sound(workflow, stage) || !publish_sound(workflow, stage->publish, true))
        return false;
    return (stage->at != AT_LEVEL || stage->at_level != NONE) && (stage->at != AT_UNIT_FIELD || stage->at_field != NONE);
}

static bool open_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_open *open = workflow_open(workflow, row);
    return (open->at != OPEN_AT_LEVEL || open->level != NONE) && (open->at != OPEN_AT_FIELD || open->field != NONE);
}

static bool given_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_given *given = workflow_given(workflow, row);
    return (given->from == NONE) != (given->value == NONE);
}

static bool wait_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_wait *wait = workflow_wait(workflow, row);
    return wait->wait != DONE_NONE && (wait->wait != DONE_SOME || wait->some > 0);
}

/* Units of a level, or holders of a role, which are always in turn; and somebody opens cases, if not people then the calendar. */
static bool recurs_sound(const struct workflow *workflow)
{
    const struct workflow_recurs *recurs = workflow_recurs(workflow);
    if (!recurs)
        return workflow_head(workflow)->opens_by != NONE;
    for (int32_t i = 0; i < recurs->sets.count; i++) {
        const struct workflow_field *field = workflow_field(workflow, workflow_ref(workflow, recurs->sets.first + i));
        if (field->type != FIELD_DATE && (field->type != FIELD_PEOPLE || recurs->role == NONE))
            return false;
    }
    bool turn = recurs->role != NONE ? recurs->rotation && recurs->level == NONE : recurs->level != NONE;
    return workflow_count(workflow, WORKFLOW_RECURS) == 1 && turn && (recurs->rotation || recurs->of == NONE);
}

/* There is no case: what follows can only tell people who hold a role, or workers. */
static bool quota_sound(const struct workflow *workflow)
{
    const struct workflow_quota *quota = workflow_quota(workflow);
    if (!quota)
        return true;
    const struct workflow_outcome *outcome = workflow_outcome(workflow, quota->short_);
    for (int32_t i = 0; i < outcome->notices.count; i++) {
        struct span who = workflow_notice(workflow, outcome->notices.first + i)->who;
        if (workflow_notice(workflow, outcome->notices.first + i)->worker != NONE)
            return false;
        for (int32_t row = who.first; row < who.first + who.count; row++)
            if (workflow_people(workflow, row)->kind != PEOPLE_ROLE)
                return false;
    }
    return workflow_count(workflow, WORKFLOW_QUOTAS) == 1 && quota->least > 0 && quota->ends.count > 0 && outcome->kind == OUTCOME_STAY &&
           outcome->sets.count == 0;
}

static bool vote_rule_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_vote_rule *rule = workflow_vote_rule(workflow, row);
    return rule->numerator > 0 && rule->denominator > 0 && rule->numerator <= VOTE_PART_MOST && rule->denominator <= VOTE_PART_MOST &&
           rule->choice >= 0 && rule->choice < VOTE_CHOICES_MOST;
}

static bool rater_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_rater *rater = workflow_rater(workflow, row);
    return rater->people.count > 0 && rater->weight > 0 && rater->weight <= RATING_WEIGHT_MOST && rater->least > 0 && rater->least <= RATING_RATERS_MOST;
}

static bool grade_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_grade *grade = workflow_grade(workflow, row);
    return grade->value >= 0 && grade->value <= RATING_GRADE_MOST;
}

static bool rating_sound(const struct workflow *workflow, const struct workflow_vote *vote)
{
    return vote->raters.count <= RATING_GROUPS_MOST && vote->choices.count >= 2 && vote->choices.count <= VOTE_CHOICES_MOST &&
           vote->grades.count == vote->choices.count && vote->no_quorum != NONE && vote->sets != NONE && !vote->early && vote->proxy_most == 0 &&
           workflow_field(workflow, vote->sets)->type == FIELD_NUMBER && (!vote->secret || vote->raters.count == 1);
}

static bool vote_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_vote *vote = workflow_vote(workflow, row);
    if (vote->raters.count)
        return rating_sound(workflow, vote);
    bool sound = vote->roll.count > 0 && vote->choices.count >= 2 && vote->choices.count <= VOTE_CHOICES_MOST && vote->weights.count > 0 &&
                 vote->weights.count <= VOTE_LANES_MOST && vote->rules.count > 0 && vote->seats >= 0 && vote->proxy_most >= 0 &&
                 (vote->quorum == NONE) == (vote->no_quorum == NONE) && (!vote->early || vote->final) && (!vote->secret || !vote->early);
    for (int32_t i = 0; sound && i < vote->rules.count; i++) {
        const struct workflow_vote_rule *rule = workflow_vote_rule(workflow, vote->rules.first + i);
        sound = rule->choice < vote->choices.count && (rule->value == NONE || vote->field != NONE);
    }
    for (int32_t i = 0; sound && i < vote->weights.count; i++)
        sound = !vote->secret || workflow_vote_weight(workflow, vote->weights.first + i)->with == NONE;
    return sound;
}

bool workflow_sound(const struct workflow *workflow)
{
    static const struct {
        enum workflow_table table;
        bool (*sound)(const struct workflow *workflow, int32_t row);
    } checks[] = {
        {WORKFLOW_CONDITIONS, condition_sound}, {WORKFLOW_OUTCOMES, outcome_sound}, {WORKFLOW_PEOPLE, people_sound},
        {WORKFLOW_BY, by_sound},                {WORKFLOW_FIELDS, field_sound},     {WORKFLOW_LIMITS, limit_sound},
        {WORKFLOW_SETS, set_sound},             {WORKFLOW_LOOKUPS, lookup_sound},   {WORKFLOW_STOPS, stop_sound},
        {WORKFLOW_PUBLICATIONS, publication_sound},
        {WORKFLOW_OPENS, open_sound},           {WORKFLOW_GIVENS, given_sound},     {WORKFLOW_WAITS, wait_sound},
        {WORKFLOW_STAGES, stage_sound},
        {WORKFLOW_VOTE_RULES, vote_rule_sound}, {WORKFLOW_VOTES, vote_sound},
        {WORKFLOW_RATERS, rater_sound},         {WORKFLOW_GRADES, grade_sound},
    };
    if (workflow_count(workflow, WORKFLOW_HEAD) != 1)
        return false;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        for (int32_t row = 0; row < workflow_count(workflow, checks[i].table); row++)
            if (!checks[i].sound(workflow, row))
                return false;
    return recurs_sound(workflow) && quota_sound(workflow);
}
