/* case: a case as a value: finding, adding and dropping its rows, its size. See case.h. */
#include "engine/case.h"

bool case_clock_runs(const struct case_clock *clock)
{
    return clock->remaining < 0;
}

struct case_clock *case_clock(const struct case_state *state, int32_t kind, int32_t which)
{
    for (uint32_t i = 0; i < state->clock_count; i++)
        if (state->clocks[i].kind == kind && state->clocks[i].which == which)
            return &state->clocks[i];
    return NULL;
}

const struct case_clock *case_due_before(const struct case_state *state, int64_t time)
{
    const struct case_clock *earliest = NULL;
    for (uint32_t i = 0; i < state->clock_count; i++) {
        const struct case_clock *clock = &state->clocks[i];
        if (clock->due < time && case_clock_runs(clock) && (!earliest || clock->due < earliest->due))
            earliest = clock;
    }
    return earliest;
}

int64_t case_due(const struct case_state *state)
{
    const struct case_clock *clock = case_clock(state, CLOCK_STAGE, 0);
    return clock ? clock->due : 0;
}

struct case_task *case_task_by_id(const struct case_state *state, uint64_t id)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].id == id)
            return &state->tasks[i];
    return NULL;
}

struct case_task *case_task_by_row(const struct case_state *state, int32_t row)
{
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].row == row && state->tasks[i].state != TASK_DONE)
            return &state->tasks[i];
    return NULL;
}

struct case_count *case_count_of(const struct case_state *state, int32_t event)
{
    for (uint32_t i = 0; i < state->count_count; i++)
        if (state->counts[i].event == event)
            return &state->counts[i];
    return NULL;
}

struct case_first *case_first_of(const struct case_state *state, int32_t stage)
{
    for (uint32_t i = 0; i < state->first_count; i++)
        if (state->firsts[i].stage == stage)
            return &state->firsts[i];
    return NULL;
}

uint32_t case_parts_of(const struct case_state *state, int32_t event)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->part_count; i++)
        count += state->parts[i].event == event;
    return count;
}

/* ---- copying, adding, dropping ---- */

static void *copied(struct arena *arena, const void *rows, uint32_t count, size_t size)
{
    return count ? memcpy(arena_take_array(arena, count, size), rows, count * size) : NULL;
}

struct case_state *case_copy(struct arena *arena, const struct case_state *state)
{
    struct case_state *copy = ARENA_NEW(arena, struct case_state);
    *copy = *state;
    copy->data = copied(arena, state->data, state->data_count, sizeof *state->data);
    copy->clocks = copied(arena, state->clocks, state->clock_count, sizeof *state->clocks);
    copy->tasks = copied(arena, state->tasks, state->task_count, sizeof *state->tasks);
    copy->parts = copied(arena, state->parts, state->part_count, sizeof *state->parts);
    copy->counts = copied(arena, state->counts, state->count_count, sizeof *state->counts);
    copy->firsts = copied(arena, state->firsts, state->first_count, sizeof *state->firsts);
    return copy;
}

/* The same rows with a zeroed one at `index`. Arrays are short and grow by one or two an event: no spare room is kept. */
static void *grown(struct arena *arena, const void *rows, uint32_t count, size_t size, uint32_t index)
{
    char *more = arena_take_array(arena, (size_t)count + 1, size);
    if (index)
        memcpy(more, rows, index * size);
    if (index < count)
        memcpy(more + (index + 1) * size, (const char *)rows + index * size, (count - index) * size);
    return more;
}

static bool clock_follows(const struct case_clock *clock, int32_t kind, int32_t which)
{
    return clock->kind > kind || (clock->kind == kind && clock->which > which);
}

struct case_clock *case_add_clock(struct arena *arena, struct case_state *state, int32_t kind, int32_t which)
{
    struct case_clock *known = case_clock(state, kind, which);
    if (known)
        return known;
    uint32_t at = 0;
    while (at < state->clock_count && !clock_follows(&state->clocks[at], kind, which))
        at++;
    state->clocks = grown(arena, state->clocks, state->clock_count++, sizeof *state->clocks, at);
    state->clocks[at] = (struct case_clock){.kind = kind, .which = which, .remaining = -1};
    return &state->clocks[at];
}

struct case_task *case_add_task(struct arena *arena, struct case_state *state, uint64_t id)
{
    uint32_t at = state->task_count++;
    state->tasks = grown(arena, state->tasks, at, sizeof *state->tasks, at);
    state->tasks[at].id = id;
    return &state->tasks[at];
}

struct case_part *case_add_part(struct arena *arena, struct case_state *state)
{
    uint32_t at = state->part_count++;
    state->parts = grown(arena, state->parts, at, sizeof *state->parts, at);
    return &state->parts[at];
}

struct case_count *case_add_count(struct arena *arena, struct case_state *state, int32_t event)
{
    struct case_count *known = case_count_of(state, event);
    if (known)
        return known;
    uint32_t at = 0;
    while (at < state->count_count && state->counts[at].event < event)
        at++;
    state->counts = grown(arena, state->counts, state->count_count++, sizeof *state->counts, at);
    state->counts[at].event = event;
    return &state->counts[at];
}

struct case_first *case_add_first(struct arena *arena, struct case_state *state, int32_t stage)
{
    struct case_first *known = case_first_of(state, stage);
    if (known)
        return known;
    uint32_t at = 0;
    while (at < state->first_count && state->firsts[at].stage < stage)
        at++;
    state->firsts = grown(arena, state->firsts, state->first_count++, sizeof *state->firsts, at);
    state->firsts[at].stage = stage;
    return &state->firsts[at];
}

void case_drop_clock(struct case_state *state, int32_t kind, int32_t which)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->clock_count; i++)
        if (state->clocks[i].kind != kind || state->clocks[i].which != which)
            state->clocks[kept++] = state->clocks[i];
    state->clock_count = kept;
}

void case_drop_part(struct case_state *state, uint32_t index)
{
    state->part_count--;
    for (uint32_t i = index; i < state->part_count; i++)
        state->parts[i] = state->parts[i + 1];
}

/* ---- people ---- */

struct text case_person(const struct value *entry)
{
    if (entry->kind == VALUE_TEXT)
        return entry->text;
    const struct value *id = value_get(entry, "id");
    return id && id->kind == VALUE_TEXT ? id->text : (struct text){0};
}

const struct value *case_with(const struct value *entry, const char *name)
{
    return value_get(entry, name);
}

bool case_has_person(const struct value *people, struct text person)
{
    if (people->kind != VALUE_LIST || !person.size)
        return false;
    for (uint32_t i = 0; i < people->count; i++)
        if (text_equal(case_person(&people->items[i]), person))
            return true;
    return false;
}

/* ---- size: upper bounds of what case_record.c writes ---- */

enum { HEADER_BYTES = 160, NUMBER_BYTES = 9, CLOCK_BYTES = 64, TASK_BYTES = 48, PART_BYTES = 16, COUNT_BYTES = 32, FIRST_BYTES = 24 };

static size_t value_size(const struct value *value)
{
    size_t size = NUMBER_BYTES;
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BYTES)
        return size + value->text.size;
    uint32_t items = value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
    for (uint32_t i = 0; i < items; i++)
        size += value_size(&value->items[i]);
    return size;
}

size_t case_size(const struct case_state *state)
{
    size_t size = HEADER_BYTES + 8 * NUMBER_BYTES;
    size += state->number.size + state->opener.size + state->opener_for.size + state->asked_by.size;
    for (uint32_t i = 0; i < state->data_count; i++)
        size += value_size(&state->data[i]);
    size += state->clock_count * (size_t)CLOCK_BYTES + state->first_count * (size_t)FIRST_BYTES;
    for (uint32_t i = 0; i < state->task_count; i++)
        size += TASK_BYTES + state->tasks[i].topic.size + state->tasks[i].holder.size;
    for (uint32_t i = 0; i < state->part_count; i++)
        size += PART_BYTES + state->parts[i].person.size + state->parts[i].by.size;
    for (uint32_t i = 0; i < state->count_count; i++)
        size += COUNT_BYTES + state->counts[i].last_as.size + state->counts[i].last_for.size;
    return size;
}

/* ---- fitting the workflow ---- */

static bool row_of(const struct workflow *workflow, enum workflow_table table, int32_t row)
{
    return row >= 0 && row < workflow_count(workflow, table);
}

static bool event_of(const struct workflow *workflow, int32_t event)
{
    return event == CASE_EXTEND || row_of(workflow, WORKFLOW_EVENTS, event);
}

static bool clock_fits(const struct case_clock *clock, const struct workflow *workflow)
{
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE:
    case CLOCK_WARN: return clock->which == 0;
    case CLOCK_REMIND: return row_of(workflow, WORKFLOW_REMINDERS, clock->which);
    case CLOCK_TASK: return row_of(workflow, WORKFLOW_TASKS, clock->which);
    }
    return false;
}

bool case_fits(const struct case_state *state, const struct workflow *workflow)
{
    bool fits = row_of(workflow, WORKFLOW_STAGES, state->stage) &&
                (state->level == NONE || row_of(workflow, WORKFLOW_LEVELS, state->level)) &&
                (state->end == NONE || row_of(workflow, WORKFLOW_ENDS, state->end)) &&
                (state->end != NONE) == ((state->flags & CASE_ENDED) != 0) &&
                state->data_count == (uint32_t)workflow_count(workflow, WORKFLOW_FIELDS);
    for (uint32_t i = 0; i < state->clock_count; i++)
        fits = fits && clock_fits(&state->clocks[i], workflow);
    for (uint32_t i = 0; i < state->task_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_TASKS, state->tasks[i].row);
    for (uint32_t i = 0; i < state->part_count; i++)
        fits = fits && event_of(workflow, state->parts[i].event);
    for (uint32_t i = 0; i < state->count_count; i++)
        fits = fits && event_of(workflow, state->counts[i].event);
    for (uint32_t i = 0; i < state->first_count; i++)
        fits = fits && row_of(workflow, WORKFLOW_STAGES, state->firsts[i].stage);
    return fits;
}
