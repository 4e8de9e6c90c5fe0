/* workflow_shape: the shape of a compiled workflow, for tables.c: which tables there are, and what stands in their rows. See workflow.h.
 *
 * It grows at its end only: a new table after the last, a new member after the last of its row, each with the version that brought it. */
#include "engine/vote.h"
#include "engine/workflow.h"

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
/* What version 3 brought to rows of lower versions. */
#define TITLE_3(row, member)                                                                                           \
    {                                                                                                                  \
        .kind = MEMBER_STRING, .offset = (uint32_t)offsetof(struct workflow_##row, member), .since = 3                 \
    }
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

static const struct member name_members[] = {
    NAMED(name, name),
    ADDED_2(MEMBER_STRING, name, title_zh, 0),
    ADDED_2(MEMBER_STRING, name, title_en, 0),
};

static const struct member level_members[] = {NAMED(level, name)};

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
    ADDED_2(MEMBER_ROW, event, not_same_as_vote, WORKFLOW_STAGES),
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

static const struct member rater_members[] = {
    NAMED(rater, name), SPAN(rater, people, PEOPLE), NUMBER(rater, weight), NUMBER(rater, least), TITLE_3(rater, title_zh), TITLE_3(rater, title_en),
};

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
    SHAPE(LEVELS, level),
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
    .version = 3, /* each brought what has its `.since`; nothing may be added to one once it was released */
    .shape_count = WORKFLOW_TABLE_COUNT,
    .shapes = shapes,
};
