/* case_record: the stored form of a case. Uses wire, so it is not one of the pure rooms.
 *
 *   header, 133 bytes, big-endian, times with their sign bit turned over:
 *     version 1, flags 4, partition 4, id 8, key 16, workflow 8, home unit 4, unit 4, previous unit 4, stage 4, level 4, end 4,
 *     opened at 8, entered at 8, last at 8, last id 16, last position 8, events 4, due 8, number of fields 4, 0 4
 *   then one msgpack array:
 *     number, opener, opener for, asked by, asked add, [fields], [clocks], [tasks], [parts], [counts], [firsts], {sections}
 *     fields: their values, nil where empty, {kept: count} where a long people value stands in KEPT; the others: one array a row, members in the order of the struct
 *     sections: what only some cases have: section number -> its array, in the order of the numbers, absent where empty (case_section.h).
 *     A case without any is written as version 1, which does not have this member
 *
 * Canonical: one case has one form (rows stand in the order that case.h gives them, integers are the smallest msgpack has), so that
 * replaying a log can be compared byte for byte. Reading believes nothing: sizes, counts, ranges and the order of rows are
 * checked; whether rows exist in the workflow is asked with case_fits by whoever has both.
 * To change it: count CASE_VERSION up, keep the reader of the old one, add a golden record to tests/unit/21_case_record_test.c. */
#include "engine/bytes.h"
#include "engine/case_section.h"

enum { CASE_VERSION = 2, HEADER_SIZE = 133, BODY_MEMBERS = 11, COUNTS_MOST = 1024, ALL_FLAGS = (CASE_FORGOTTEN << 1) - 1 };

/* In the order of their numbers. A number names one content for ever:
 * 1 votes, 2 ratings, 3 publications, 4 children and parent, 5 stopped clocks, 6 handlers, 7 links and merges, 8 re-openings. */
static const struct case_section *const sections[] = {&case_section_polls, &case_section_publications, &case_section_children, &case_section_rest, &case_section_handlers, &case_section_links, &case_section_reopen, NULL};

enum header_offset {
    OFFSET_VERSION = 0,
    OFFSET_FLAGS = 1,
    OFFSET_PARTITION = 5,
    OFFSET_ID = 9,
    OFFSET_KEY = 17,
    OFFSET_WORKFLOW = 33,
    OFFSET_HOME_UNIT = 41,
    OFFSET_UNIT = 45,
    OFFSET_PREVIOUS_UNIT = 49,
    OFFSET_STAGE = 53,
    OFFSET_LEVEL = 57,
    OFFSET_END = 61,
    OFFSET_OPENED = 65,
    OFFSET_ENTERED = 73,
    OFFSET_LAST = 81,
    OFFSET_LAST_ID = 89,
    OFFSET_LAST_POSITION = 105,
    OFFSET_EVENTS = 113,
    OFFSET_DUE = 117,
    OFFSET_FIELDS = 125,
    OFFSET_ZERO = 129,
};

/* ---- header ---- */

static void put_header(uint8_t *at, const struct case_state *state, uint8_t version)
{
    at[OFFSET_VERSION] = version;
    bytes_put_u32(at + OFFSET_FLAGS, state->flags);
    bytes_put_u32(at + OFFSET_PARTITION, state->partition);
    bytes_put_u64(at + OFFSET_ID, state->id);
    memcpy(at + OFFSET_KEY, state->key, ID_SIZE);
    bytes_put_u64(at + OFFSET_WORKFLOW, state->workflow);
    bytes_put_u32(at + OFFSET_HOME_UNIT, state->home_unit);
    bytes_put_u32(at + OFFSET_UNIT, state->unit);
    bytes_put_u32(at + OFFSET_PREVIOUS_UNIT, state->previous_unit);
    bytes_put_u32(at + OFFSET_STAGE, (uint32_t)state->stage);
    bytes_put_u32(at + OFFSET_LEVEL, (uint32_t)state->level);
    bytes_put_u32(at + OFFSET_END, (uint32_t)state->end);
    bytes_put_u64(at + OFFSET_OPENED, bytes_time(state->opened_at));
    bytes_put_u64(at + OFFSET_ENTERED, bytes_time(state->entered_at));
    bytes_put_u64(at + OFFSET_LAST, bytes_time(state->last_at));
    memcpy(at + OFFSET_LAST_ID, state->last_id, ID_SIZE);
    bytes_put_u64(at + OFFSET_LAST_POSITION, state->last_position);
    bytes_put_u32(at + OFFSET_EVENTS, state->events);
    bytes_put_u64(at + OFFSET_DUE, bytes_time(case_due(state)));
    bytes_put_u32(at + OFFSET_FIELDS, state->data_count);
    bytes_put_u32(at + OFFSET_ZERO, 0);
}

static enum err check_header(struct text bytes)
{
    if (bytes.size == 0)
        return ERR_CORRUPT;
    if ((uint8_t)bytes.data[OFFSET_VERSION] > CASE_VERSION)
        return ERR_NEWER_FORMAT;
    bool good = bytes.data[OFFSET_VERSION] != 0 && bytes.size >= HEADER_SIZE;
    return good && bytes_u32(bytes.data + OFFSET_ZERO) == 0 ? ERR_OK : ERR_CORRUPT;
}

enum err case_header_read(struct text bytes, struct case_header *out)
{
    enum err code = check_header(bytes);
    if (code)
        return code;
    const char *at = bytes.data;
    *out = (struct case_header){
        .flags = bytes_u32(at + OFFSET_FLAGS),
        .partition = bytes_u32(at + OFFSET_PARTITION),
        .id = bytes_u64(at + OFFSET_ID),
        .workflow = bytes_u64(at + OFFSET_WORKFLOW),
        .last_position = bytes_u64(at + OFFSET_LAST_POSITION),
        .home_unit = bytes_u32(at + OFFSET_HOME_UNIT),
        .unit = bytes_u32(at + OFFSET_UNIT),
        .previous_unit = bytes_u32(at + OFFSET_PREVIOUS_UNIT),
        .events = bytes_u32(at + OFFSET_EVENTS),
        .stage = (int32_t)bytes_u32(at + OFFSET_STAGE),
        .level = (int32_t)bytes_u32(at + OFFSET_LEVEL),
        .end = (int32_t)bytes_u32(at + OFFSET_END),
        .opened_at = bytes_time_back(bytes_u64(at + OFFSET_OPENED)),
        .entered_at = bytes_time_back(bytes_u64(at + OFFSET_ENTERED)),
        .last_at = bytes_time_back(bytes_u64(at + OFFSET_LAST)),
        .due = bytes_time_back(bytes_u64(at + OFFSET_DUE)),
    };
    memcpy(out->key, at + OFFSET_KEY, ID_SIZE);
    return ERR_OK;
}

static void take_header(const char *at, const struct case_header *header, struct case_state *state)
{
    *state = (struct case_state){
        .partition = header->partition,
        .id = header->id,
        .workflow = header->workflow,
        .home_unit = header->home_unit,
        .unit = header->unit,
        .previous_unit = header->previous_unit,
        .stage = header->stage,
        .level = header->level,
        .end = header->end,
        .flags = header->flags,
        .opened_at = header->opened_at,
        .entered_at = header->entered_at,
        .last_at = header->last_at,
        .last_position = header->last_position,
        .events = header->events,
        .data_count = bytes_u32(at + OFFSET_FIELDS),
    };
    memcpy(state->key, header->key, ID_SIZE);
    memcpy(state->last_id, at + OFFSET_LAST_ID, ID_SIZE);
}

/* ---- writing ---- */

static void put_clocks(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->clock_count);
    for (uint32_t i = 0; i < state->clock_count; i++) {
        const struct case_clock *clock = &state->clocks[i];
        wire_put_array(writer, 9);
        wire_put_integer(writer, clock->kind);
        wire_put_integer(writer, clock->which);
        wire_put_integer(writer, clock->started);
        wire_put_integer(writer, clock->due);
        wire_put_integer(writer, clock->remaining);
        wire_put_unsigned(writer, clock->calendar);
        wire_put_boolean(writer, clock->provisional);
        wire_put_integer(writer, clock->added);
        wire_put_integer(writer, clock->count);
    }
}

static void put_tasks(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->task_count);
    for (uint32_t i = 0; i < state->task_count; i++) {
        const struct case_task *task = &state->tasks[i];
        wire_put_array(writer, 7);
        wire_put_unsigned(writer, task->id);
        wire_put_integer(writer, task->row);
        wire_put_integer(writer, task->state);
        wire_put_text(writer, task->topic);
        wire_put_text(writer, task->holder);
        wire_put_integer(writer, task->ready_at);
        wire_put_unsigned(writer, task->attempts);
    }
}

static void put_parts(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->part_count);
    for (uint32_t i = 0; i < state->part_count; i++) {
        wire_put_array(writer, 3);
        wire_put_integer(writer, state->parts[i].event);
        wire_put_text(writer, state->parts[i].person);
        wire_put_text(writer, state->parts[i].by);
    }
}

static void put_counts(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->count_count);
    for (uint32_t i = 0; i < state->count_count; i++) {
        const struct case_count *count = &state->counts[i];
        wire_put_array(writer, 5);
        wire_put_integer(writer, count->event);
        wire_put_integer(writer, count->in_case);
        wire_put_integer(writer, count->in_stage);
        wire_put_text(writer, count->last_as);
        wire_put_text(writer, count->last_for);
    }
}

static void put_firsts(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->first_count);
    for (uint32_t i = 0; i < state->first_count; i++) {
        wire_put_array(writer, 3);
        wire_put_integer(writer, state->firsts[i].stage);
        wire_put_integer(writer, state->firsts[i].at);
        wire_put_integer(writer, state->firsts[i].added);
    }
}

static uint32_t sections_of(const struct case_state *state)
{
    uint32_t count = 0;
    for (const struct case_section *const *section = sections; *section; section++)
        count += (*section)->present(state);
    return count;
}

static void put_sections(struct wire_writer *writer, const struct case_state *state, uint32_t count)
{
    wire_put_map(writer, count);
    for (const struct case_section *const *section = sections; *section; section++) {
        if (!(*section)->present(state))
            continue;
        wire_put_unsigned(writer, (*section)->number);
        (*section)->put(writer, state);
    }
}

/* A long people value stands in a row of its own, here its mark. */
static void put_field(struct wire_writer *writer, const struct value *value)
{
    if (!case_value_is_kept(value)) {
        wire_put_value(writer, value);
        return;
    }
    wire_put_map(writer, 1);
    wire_put_text(writer, TEXT("kept"));
    wire_put_unsigned(writer, value->count);
}

struct text case_encode(struct arena *arena, const struct case_state *state)
{
    uint32_t section_count = sections_of(state);
    struct wire_writer writer = {.arena = arena};
    writer.room = case_size(state); /* at least what it takes: so it is never moved */
    writer.data = arena_take(arena, writer.room);
    put_header((uint8_t *)writer.data, state, section_count ? CASE_VERSION : 1);
    writer.size = HEADER_SIZE;
    wire_put_array(&writer, section_count ? BODY_MEMBERS + 1 : BODY_MEMBERS);
    wire_put_text(&writer, state->number);
    wire_put_text(&writer, state->opener);
    wire_put_text(&writer, state->opener_for);
    wire_put_text(&writer, state->asked_by);
    wire_put_integer(&writer, state->asked_add);
    wire_put_array(&writer, state->data_count);
    for (uint32_t i = 0; i < state->data_count; i++)
        put_field(&writer, &state->data[i]);
    put_clocks(&writer, state);
    put_tasks(&writer, state);
    put_parts(&writer, state);
    put_counts(&writer, state);
    put_firsts(&writer, state);
    if (section_count)
        put_sections(&writer, state, section_count);
    return (struct text){.data = writer.data, .size = writer.size};
}

/* ---- reading ---- */

void section_holds(struct wire_reader *reader, bool holds)
{
    reader->failed = reader->failed || !holds;
}

int64_t section_number(struct wire_reader *reader, int64_t least, int64_t most)
{
    int64_t number = wire_get_integer(reader);
    section_holds(reader, number >= least && number <= most);
    return reader->failed ? least : number;
}

int32_t section_row(struct wire_reader *reader, int32_t least, int32_t most)
{
    return (int32_t)section_number(reader, least, most);
}

/* An array of exactly so many members. */
static void get_row(struct wire_reader *reader, uint32_t members)
{
    section_holds(reader, wire_get_array(reader) == members);
}

static uint32_t get_rows(struct wire_reader *reader, uint32_t most)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= most);
    return reader->failed ? 0 : count;
}

static uint32_t get_u32(struct wire_reader *reader)
{
    uint64_t number = wire_get_unsigned(reader);
    section_holds(reader, number <= UINT32_MAX);
    return (uint32_t)number;
}

static void get_clocks(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = get_rows(reader, CASE_CLOCKS_MOST);
    state->clocks = ARENA_ARRAY(reader->arena, struct case_clock, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_clock *clock = &state->clocks[i];
        get_row(reader, 9);
        clock->kind = section_row(reader, CLOCK_STAGE, CLOCK_RETAIN);
        clock->which = section_row(reader, 0, INT32_MAX);
        clock->started = wire_get_integer(reader);
        clock->due = wire_get_integer(reader);
        clock->remaining = wire_get_integer(reader);
        clock->calendar = wire_get_unsigned(reader);
        clock->provisional = wire_get_boolean(reader);
        clock->added = section_row(reader, 0, INT32_MAX);
        clock->count = section_row(reader, 0, INT32_MAX);
        section_holds(reader, clock->remaining >= -1);
        section_holds(reader, i == 0 || clock[-1].kind < clock->kind || (clock[-1].kind == clock->kind && clock[-1].which < clock->which));
    }
    state->clock_count = count;
}

static void get_tasks(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = get_rows(reader, CASE_TASKS_MOST);
    state->tasks = ARENA_ARRAY(reader->arena, struct case_task, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_task *task = &state->tasks[i];
        get_row(reader, 7);
        task->id = wire_get_unsigned(reader);
        task->row = section_row(reader, 0, INT32_MAX);
        task->state = (enum task_state)section_row(reader, TASK_OPEN, TASK_FAILED);
        task->topic = wire_get_text(reader);
        task->holder = wire_get_text(reader);
        task->ready_at = wire_get_integer(reader);
        task->attempts = get_u32(reader);
        section_holds(reader, i == 0 || task[-1].id < task->id);
    }
    state->task_count = count;
}

static void get_parts(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = get_rows(reader, CASE_PARTS_MOST);
    state->parts = ARENA_ARRAY(reader->arena, struct case_part, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        get_row(reader, 3);
        state->parts[i].event = section_row(reader, CASE_EXTEND, INT32_MAX);
        state->parts[i].person = wire_get_text(reader);
        state->parts[i].by = wire_get_text(reader);
    }
    state->part_count = count;
}

static void get_counts(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = get_rows(reader, COUNTS_MOST);
    state->counts = ARENA_ARRAY(reader->arena, struct case_count, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_count *row = &state->counts[i];
        get_row(reader, 5);
        row->event = section_row(reader, CASE_REOPEN, INT32_MAX);
        row->in_case = section_row(reader, 0, INT32_MAX);
        row->in_stage = section_row(reader, 0, INT32_MAX);
        row->last_as = wire_get_text(reader);
        row->last_for = wire_get_text(reader);
        section_holds(reader, i == 0 || row[-1].event < row->event);
    }
    state->count_count = count;
}

static void get_firsts(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = get_rows(reader, COUNTS_MOST);
    state->firsts = ARENA_ARRAY(reader->arena, struct case_first, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_first *first = &state->firsts[i];
        get_row(reader, 3);
        first->stage = section_row(reader, 0, INT32_MAX);
        first->at = wire_get_integer(reader);
        first->added = section_row(reader, 0, INT32_MAX);
        section_holds(reader, i == 0 || first[-1].stage < first->stage);
    }
    state->first_count = count;
}

static void get_data(struct wire_reader *reader, struct case_state *state)
{
    section_holds(reader, wire_get_array(reader) == state->data_count);
    if (reader->failed)
        return;
    state->data = ARENA_ARRAY(reader->arena, struct value, state->data_count);
    for (uint32_t i = 0; i < state->data_count; i++)
        state->data[i] = wire_get_value(reader);
}

/* One form for one case: numbers in their order, none empty. */
static void get_sections(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_map(reader);
    section_holds(reader, count > 0);
    for (const struct case_section *const *section = sections; *section && count > 0 && !reader->failed; section++) {
        struct wire_reader ahead = *reader;
        if (wire_get_unsigned(&ahead) != (*section)->number)
            continue;
        *reader = ahead;
        (*section)->get(reader, state);
        section_holds(reader, (*section)->present(state));
        count--;
    }
    section_holds(reader, count == 0);
}

static void get_body(struct wire_reader *reader, struct case_state *state, uint8_t version)
{
    get_row(reader, version > 1 ? BODY_MEMBERS + 1 : BODY_MEMBERS);
    state->number = wire_get_text(reader);
    state->opener = wire_get_text(reader);
    state->opener_for = wire_get_text(reader);
    state->asked_by = wire_get_text(reader);
    state->asked_add = section_row(reader, 0, INT32_MAX);
    get_data(reader, state);
    get_clocks(reader, state);
    get_tasks(reader, state);
    get_parts(reader, state);
    get_counts(reader, state);
    get_firsts(reader, state);
    if (version > 1)
        get_sections(reader, state);
}

enum err case_decode(struct arena *arena, struct text bytes, struct case_state **out)
{
    struct case_header header;
    enum err code = case_header_read(bytes, &header);
    if (code)
        return code;
    struct case_state *state = ARENA_NEW(arena, struct case_state);
    struct wire_reader reader = wire_reader_of(arena, (struct text){.data = bytes.data + HEADER_SIZE, .size = bytes.size - HEADER_SIZE});
    take_header(bytes.data, &header, state);
    get_body(&reader, state, (uint8_t)bytes.data[OFFSET_VERSION]);
    section_holds(&reader, !(state->flags & ~(uint32_t)ALL_FLAGS) && state->stage >= 0 && state->level >= NONE && state->end >= END_MERGED);
    section_holds(&reader, header.due == case_due(state));
    if (!wire_reader_done(&reader))
        return ERR_CORRUPT;
    *out = state;
    return ERR_OK;
}
