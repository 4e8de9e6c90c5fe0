/* case_record_reopen: section 8 of the stored form of a case: when it ended and when it was opened again. See case_section.h.
 *
 *     [ended at, opened again at] */
#include "engine/case_section.h"

static bool present(const struct case_state *state)
{
    return state->ended_at || state->reopened_at;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, 2);
    wire_put_integer(writer, state->ended_at);
    wire_put_integer(writer, state->reopened_at);
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    section_holds(reader, wire_get_array(reader) == 2);
    state->ended_at = wire_get_integer(reader);
    state->reopened_at = wire_get_integer(reader);
}

const struct case_section case_section_reopen = {.number = 8, .present = present, .put = put, .get = get};
