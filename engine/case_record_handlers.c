/* case_record_handlers: section 6 of the stored form of a case: who handles a task besides those whom it is for. See case_section.h.
 *
 *     [[task, person, by], ...], in the order in which they were added; none twice */
#include "engine/case_section.h"

static bool present(const struct case_state *state)
{
    return state->handler_count > 0;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->handler_count);
    for (uint32_t i = 0; i < state->handler_count; i++) {
        wire_put_array(writer, 3);
        wire_put_integer(writer, state->handlers[i].task);
        wire_put_text(writer, state->handlers[i].person);
        wire_put_text(writer, state->handlers[i].by);
    }
}

static bool stands_before(const struct case_state *state, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (state->handlers[i].task == state->handlers[index].task && text_equal(state->handlers[i].person, state->handlers[index].person))
            return true;
    return false;
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_HANDLERS_MOST);
    state->handlers = ARENA_ARRAY(reader->arena, struct case_handler, reader->failed ? 0 : count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        section_holds(reader, wire_get_array(reader) == 3);
        state->handlers[i].task = section_row(reader, 0, INT32_MAX);
        state->handlers[i].person = wire_get_text(reader);
        state->handlers[i].by = wire_get_text(reader);
        section_holds(reader, !stands_before(state, i));
    }
    state->handler_count = reader->failed ? 0 : count;
}

const struct case_section case_section_handlers = {.number = 6, .present = present, .put = put, .get = get};
