/* case: a case as a value: finding, adding and dropping its rows, its size. See case.h; whether it fits its workflow says case_fits.c. */
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

int64_t case_limit(const struct case_state *state)
{
    const struct case_clock *clock = case_clock(state, CLOCK_CASE, 0);
    return clock ? clock->due : 0;
}

int64_t case_began(const struct case_state *state)
{
    return state->reopened_at ? state->reopened_at : state->opened_at;
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

struct case_rest *case_rest_of(const struct case_state *state, int32_t kind, int32_t which)
{
    for (uint32_t i = 0; i < state->rest_count; i++)
        if (state->rests[i].kind == kind && state->rests[i].which == which)
            return &state->rests[i];
    return NULL;
}

struct case_stop *case_stop_of(const struct case_state *state, int32_t stage)
{
    for (uint32_t i = 0; i < state->stop_count; i++)
        if (state->stops[i].stage == stage)
            return &state->stops[i];
    return NULL;
}

struct case_child *case_child_by_id(const struct case_state *state, uint64_t id)
{
    for (uint32_t i = 0; i < state->child_count; i++)
        if (state->children[i].id == id)
            return &state->children[i];
    return NULL;
}

uint32_t case_parts_of(const struct case_state *state, int32_t event)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < state->part_count; i++)
        count += state->parts[i].event == event;
    return count;
}

bool case_poll_counting(const struct case_state *state)
{
    for (uint32_t i = 0; i < state->poll_count; i++)
        if (state->polls[i].state == POLL_COUNTING)
            return true;
    return false;
}

struct case_poll *case_poll_now(const struct case_state *state)
{
    struct case_poll *last = state->poll_count ? &state->polls[state->poll_count - 1] : NULL;
    return last && last->state <= POLL_COUNTING && last->stage == state->stage ? last : NULL;
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
    copy->handlers = copied(arena, state->handlers, state->handler_count, sizeof *state->handlers);
    copy->firsts = copied(arena, state->firsts, state->first_count, sizeof *state->firsts);
    copy->rests = copied(arena, state->rests, state->rest_count, sizeof *state->rests);
    copy->stops = copied(arena, state->stops, state->stop_count, sizeof *state->stops);
    copy->publications = copied(arena, state->publications, state->publication_count, sizeof *state->publications);
    copy->children = copied(arena, state->children, state->child_count, sizeof *state->children);
    copy->polls = copied(arena, state->polls, state->poll_count, sizeof *state->polls);
    copy->links = copied(arena, state->links, state->link_count, sizeof *state->links);
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

struct case_child *case_add_child(struct arena *arena, struct case_state *state, uint64_t id)
{
    uint32_t at = state->child_count++;
    state->children = grown(arena, state->children, at, sizeof *state->children, at);
    state->children[at].id = id;
    return &state->children[at];
}

struct case_poll *case_add_poll(struct arena *arena, struct case_state *state)
{
    uint32_t number = state->poll_count ? state->polls[state->poll_count - 1].roll + 1 : 1;
    if (state->poll_count == CASE_POLLS_MOST) {
        uint32_t oldest = 0;
        while (oldest < state->poll_count && state->polls[oldest].owed)
            oldest++;
        if (oldest == state->poll_count)
            return NULL;
        state->poll_count--;
        memmove(state->polls + oldest, state->polls + oldest + 1, (state->poll_count - oldest) * sizeof *state->polls);
    }
    state->polls = grown(arena, state->polls, state->poll_count, sizeof *state->polls, state->poll_count);
    struct case_poll *poll = &state->polls[state->poll_count++];
    poll->roll = number;
    return poll;
}

struct case_handler *case_add_handler(struct arena *arena, struct case_state *state)
{
    uint32_t at = state->handler_count++;
    state->handlers = grown(arena, state->handlers, at, sizeof *state->handlers, at);
    return &state->handlers[at];
}

void case_drop_handler(struct case_state *state, uint32_t index)
{
    state->handler_count--;
    for (uint32_t i = index; i < state->handler_count; i++)
        state->handlers[i] = state->handlers[i + 1];
}

struct case_link *case_add_link(struct arena *arena, struct case_state *state)
{
    uint32_t at = state->link_count++;
    state->links = grown(arena, state->links, at, sizeof *state->links, at);
    return &state->links[at];
}

struct case_link *case_link_of(const struct case_state *state, enum link_kind kind)
{
    for (uint32_t i = 0; i < state->link_count; i++)
        if (state->links[i].kind == kind)
            return &state->links[i];
    return NULL;
}

void case_drop_link(struct case_state *state, uint32_t index)
{
    state->link_count--;
    for (uint32_t i = index; i < state->link_count; i++)
        state->links[i] = state->links[i + 1];
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

struct case_rest *case_add_rest(struct arena *arena, struct case_state *state, int32_t kind, int32_t which)
{
    struct case_rest *known = case_rest_of(state, kind, which);
    if (known)
        return known;
    uint32_t at = 0;
    while (at < state->rest_count && (state->rests[at].kind < kind || (state->rests[at].kind == kind && state->rests[at].which < which)))
        at++;
    state->rests = grown(arena, state->rests, state->rest_count++, sizeof *state->rests, at);
    state->rests[at] = (struct case_rest){.kind = kind, .which = which};
    return &state->rests[at];
}

struct case_stop *case_add_stop(struct arena *arena, struct case_state *state, int32_t stage)
{
    struct case_stop *known = case_stop_of(state, stage);
    if (known)
        return known;
    uint32_t at = 0;
    while (at < state->stop_count && state->stops[at].stage < stage)
        at++;
    state->stops = grown(arena, state->stops, state->stop_count++, sizeof *state->stops, at);
    state->stops[at] = (struct case_stop){.stage = stage};
    return &state->stops[at];
}

struct case_publication *case_add_publication(struct arena *arena, struct case_state *state, int32_t row)
{
    uint32_t at = 0;
    while (at < state->publication_count && state->publications[at].row < row)
        at++;
    if (at == state->publication_count || state->publications[at].row != row)
        state->publications = grown(arena, state->publications, state->publication_count++, sizeof *state->publications, at);
    state->publications[at] = (struct case_publication){.row = row};
    return &state->publications[at];
}

bool case_drop_publication(struct case_state *state, int32_t row)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < state->publication_count; i++)
        if (state->publications[i].row != row)
            state->publications[kept++] = state->publications[i];
    bool dropped = kept < state->publication_count;
    state->publication_count = kept;
    return dropped;
}

/* ---- what stayed in the log ---- */

/* Under that name; or the text of that size: until now a field that was set from another did not keep whose it was. */
const struct value *case_referred(const struct event *event, struct text field, const struct value *reference)
{
    const struct value *same_size = NULL;
    struct text name = reference->count == 3 ? reference->items[2].text : field;
    for (uint32_t i = 0; i < event->data_count; i++) {
        const struct value *value = &event->data[i].value;
        if (text_equal(event->data[i].name, name))
            return value;
        if (!same_size && value->kind == VALUE_TEXT && (int64_t)value->text.size == reference->items[1].integer)
            same_size = value;
    }
    return same_size;
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

enum { HEADER_BYTES = 160, NUMBER_BYTES = 9, CLOCK_BYTES = 64, TASK_BYTES = 48, PART_BYTES = 16, COUNT_BYTES = 32, FIRST_BYTES = 24, REST_BYTES = 56,
       STOP_BYTES = 16, PUBLICATION_BYTES = 24, SECTIONS_BYTES = 64, CHILD_BYTES = 32, PARENT_BYTES = 48, HANDLER_BYTES = 24, POLL_BYTES = 100,
       LINK_BYTES = 56, CAP_BYTES = 16, MARK_BYTES = 16 };

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

bool case_value_is_kept(const struct value *value)
{
    return value->kind == VALUE_LIST && value->count > CASE_PEOPLE_INLINE && (value->items[0].kind == VALUE_TEXT || value->items[0].kind == VALUE_MAP);
}

bool case_value_is_mark(const struct value *value)
{
    return value->kind == VALUE_MAP && value->count == 1 && value->items[0].kind == VALUE_TEXT && text_is(value->items[0].text, "kept");
}

size_t case_size(const struct case_state *state)
{
    size_t size = HEADER_BYTES + SECTIONS_BYTES + 8 * NUMBER_BYTES;
    size += state->number.size + state->opener.size + state->opener_for.size + state->asked_by.size;
    for (uint32_t i = 0; i < state->data_count; i++)
        size += case_value_is_kept(&state->data[i]) ? MARK_BYTES : value_size(&state->data[i]);
    size += state->clock_count * (size_t)CLOCK_BYTES + state->first_count * (size_t)FIRST_BYTES;
    for (uint32_t i = 0; i < state->publication_count; i++) {
        size += PUBLICATION_BYTES;
        for (uint32_t j = 0; j < state->publications[i].count; j++)
            size += value_size(&state->publications[i].values[j]);
    }
    size += state->rest_count * (size_t)REST_BYTES + state->stop_count * (size_t)STOP_BYTES;
    for (uint32_t i = 0; i < state->task_count; i++)
        size += TASK_BYTES + state->tasks[i].topic.size + state->tasks[i].holder.size;
    for (uint32_t i = 0; i < state->part_count; i++)
        size += PART_BYTES + state->parts[i].person.size + state->parts[i].by.size;
    for (uint32_t i = 0; i < state->handler_count; i++)
        size += HANDLER_BYTES + state->handlers[i].person.size + state->handlers[i].by.size;
    for (uint32_t i = 0; i < state->count_count; i++)
        size += COUNT_BYTES + state->counts[i].last_as.size + state->counts[i].last_for.size;
    if (state->child || state->child_count)
        size += PARENT_BYTES;
    for (uint32_t i = 0; i < state->child_count; i++)
        size += CHILD_BYTES + state->children[i].end.size;
    for (uint32_t i = 0; i < state->poll_count; i++)
        size += POLL_BYTES + state->polls[i].tally.lanes * (8 + state->polls[i].tally.choices) * (size_t)NUMBER_BYTES;
    if (state->link_count || state->due_cap)
        size += CAP_BYTES;
    for (uint32_t i = 0; i < state->link_count; i++)
        size += LINK_BYTES + state->links[i].number.size;
    return size;
}
