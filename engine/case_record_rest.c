/* case_record_rest: section 5 of the stored form of a case: stopped clocks. See case_section.h.
 *
 *     [stopped at, ground, [rests], [stops]]      members of the rows in the order of the struct */
#include "engine/case_section.h"

static bool present(const struct case_state *state)
{
    return state->stopped_at || state->rest_count || state->stop_count;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, 4);
    wire_put_integer(writer, state->stopped_at);
    wire_put_integer(writer, state->stopped_ground);
    wire_put_array(writer, state->rest_count);
    for (uint32_t i = 0; i < state->rest_count; i++) {
        const struct case_rest *rest = &state->rests[i];
        wire_put_array(writer, 7);
        wire_put_integer(writer, rest->kind);
        wire_put_integer(writer, rest->which);
        wire_put_integer(writer, rest->at);
        wire_put_integer(writer, rest->left);
        wire_put_integer(writer, rest->unit);
        wire_put_integer(writer, rest->added);
        wire_put_integer(writer, rest->plain);
    }
    wire_put_array(writer, state->stop_count);
    for (uint32_t i = 0; i < state->stop_count; i++) {
        wire_put_array(writer, 2);
        wire_put_integer(writer, state->stops[i].stage);
        wire_put_integer(writer, state->stops[i].left);
    }
}

/* In days there are at most three million of them; in milliseconds what fits between two dates. */
static bool left_holds(const struct case_rest *rest)
{
    bool days = rest->unit == DAYS || rest->unit == WORKING_DAYS;
    return rest->left >= CASE_REST_ANEW && rest->left <= (days ? INT32_MAX : INT64_MAX / 4) && (days || rest->unit == HOURS || rest->unit == WORKING_HOURS);
}

static void get_rests(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_CLOCKS_MOST);
    if (reader->failed)
        return;
    state->rests = ARENA_ARRAY(reader->arena, struct case_rest, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_rest *rest = &state->rests[i];
        section_holds(reader, wire_get_array(reader) == 7);
        rest->kind = section_row(reader, CLOCK_STAGE, CLOCK_CASE);
        rest->which = section_row(reader, 0, INT32_MAX);
        rest->at = wire_get_integer(reader);
        rest->left = wire_get_integer(reader);
        rest->unit = section_row(reader, 0, WORKING_DAYS);
        rest->added = section_row(reader, 0, INT32_MAX);
        rest->plain = wire_get_integer(reader);
        section_holds(reader, left_holds(rest));
        section_holds(reader, i == 0 || rest[-1].kind < rest->kind || (rest[-1].kind == rest->kind && rest[-1].which < rest->which));
    }
    state->rest_count = count;
}

static void get_stops(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_STOPS_MOST);
    if (reader->failed)
        return;
    state->stops = ARENA_ARRAY(reader->arena, struct case_stop, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct case_stop *stop = &state->stops[i];
        section_holds(reader, wire_get_array(reader) == 2);
        stop->stage = section_row(reader, 0, INT32_MAX);
        stop->left = wire_get_integer(reader);
        section_holds(reader, stop->left >= 0 && (i == 0 || stop[-1].stage < stop->stage));
    }
    state->stop_count = count;
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    section_holds(reader, wire_get_array(reader) == 4);
    state->stopped_at = wire_get_integer(reader);
    state->stopped_ground = section_row(reader, 0, INT32_MAX);
    section_holds(reader, state->stopped_at != 0 || state->stopped_ground == 0);
    get_rests(reader, state);
    get_stops(reader, state);
}

const struct case_section case_section_rest = {.number = 5, .present = present, .put = put, .get = get};
