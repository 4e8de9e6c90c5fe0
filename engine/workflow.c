/* workflow: rows of a compiled workflow by number and by name, and the events that its keys give. See workflow.h. */
#include "engine/workflow.h"

#include <assert.h>

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

struct span workflow_short_opens(const struct workflow *workflow)
{
    const struct workflow_quota *quota = workflow_quota(workflow);
    return quota ? workflow_outcome(workflow, quota->short_)->opens : (struct span){0, 0};
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

bool workflow_is_period(const struct workflow_stage *stage)
{
    return stage->publish != NONE || (stage->then != NONE && stage->done == DONE_NONE && stage->children.count == 0 && stage->vote == NONE);
}

const char *workflow_stage_name(const struct workflow *workflow, int32_t stage)
{
    return stage == NONE ? "" : workflow_string(workflow, workflow_stage(workflow, stage)->name);
}

static const struct workflow_level *level_row(const struct workflow *workflow, int32_t level)
{
    assert(level >= 0 && level < workflow->table[WORKFLOW_LEVELS].count);
    return (const struct workflow_level *)workflow->table[WORKFLOW_LEVELS].rows + level;
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

static const struct workflow_name *name_row(const struct workflow *workflow, struct span names, int32_t index)
{
    assert(index >= 0 && index < names.count && names.first + index < workflow->table[WORKFLOW_NAMES].count);
    return (const struct workflow_name *)workflow->table[WORKFLOW_NAMES].rows + names.first + index;
}

const char *workflow_choice(const struct workflow *workflow, struct span names, int32_t index)
{
    return workflow_string(workflow, name_row(workflow, names, index)->name);
}

void workflow_choice_titles(const struct workflow *workflow, struct span names, int32_t index, struct text *zh, struct text *en)
{
    *zh = text_of(workflow_string(workflow, name_row(workflow, names, index)->title_zh));
    *en = text_of(workflow_string(workflow, name_row(workflow, names, index)->title_en));
}

int32_t workflow_find_choice(const struct workflow *workflow, struct span names, struct text word)
{
    for (int32_t i = 0; i < names.count; i++)
        if (text_is(word, workflow_choice(workflow, names, i)))
            return i;
    return NONE;
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
