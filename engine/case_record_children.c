/* case_record_children: section 4 of a case: the case that opened it, and those that it opened.
 *
 *     parent's key or nil, number there, then five members a child: id, row of OPENS, state, in this stage, end */
#include "engine/case_section.h"

enum { PARENT_MEMBERS = 2, CHILD_MEMBERS = 5 };

static bool present(const struct case_state *state)
{
    return state->child || state->child_count;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, PARENT_MEMBERS + CHILD_MEMBERS * state->child_count);
    wire_put_bytes(writer, (struct text){.data = (const char *)state->parent, .size = state->child ? ID_SIZE : 0});
    wire_put_unsigned(writer, state->child);
    for (uint32_t i = 0; i < state->child_count; i++) {
        const struct case_child *child = &state->children[i];
        wire_put_unsigned(writer, child->id);
        wire_put_integer(writer, child->open);
        wire_put_integer(writer, child->state);
        wire_put_boolean(writer, child->in_stage);
        wire_put_text(writer, child->end);
    }
}

static void get_child(struct wire_reader *reader, struct case_child *child)
{
    child->id = wire_get_unsigned(reader);
    child->open = section_row(reader, 0, INT32_MAX);
    child->state = (enum child_state)section_row(reader, CHILD_OPEN, CHILD_ENDED);
    child->in_stage = wire_get_boolean(reader);
    child->end = wire_get_text(reader);
    section_holds(reader, (child->end.size > 0) == (child->state == CHILD_ENDED));
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    uint32_t members = wire_get_array(reader);
    uint32_t count = members < PARENT_MEMBERS ? 0 : (members - PARENT_MEMBERS) / CHILD_MEMBERS;
    if (reader->failed || members != PARENT_MEMBERS + CHILD_MEMBERS * count || count > CASE_CHILDREN_MOST) {
        reader->failed = true;
        return;
    }
    struct text parent = wire_get_bytes(reader);
    state->child = wire_get_unsigned(reader);
    section_holds(reader, parent.size == (state->child ? ID_SIZE : 0));
    if (!reader->failed && parent.size)
        memcpy(state->parent, parent.data, ID_SIZE);
    state->children = ARENA_ARRAY(reader->arena, struct case_child, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        get_child(reader, &state->children[i]);
        section_holds(reader, i == 0 || state->children[i - 1].id < state->children[i].id);
    }
    state->child_count = count;
}

const struct case_section case_section_children = {.number = 4, .present = present, .put = put, .get = get};
