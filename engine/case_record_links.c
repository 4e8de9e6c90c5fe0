/* case_record_links: section 7 of a case: the cases that it is tied to.
 *
 *     latest time that the stage may be due or 0, then six members a link: key, kind, waits, id, number, due */
#include "engine/case_section.h"

enum { CAP_MEMBERS = 1, LINK_MEMBERS = 6 };

static bool present(const struct case_state *state)
{
    return state->link_count || state->due_cap;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, CAP_MEMBERS + LINK_MEMBERS * state->link_count);
    wire_put_integer(writer, state->due_cap);
    for (uint32_t i = 0; i < state->link_count; i++) {
        const struct case_link *link = &state->links[i];
        wire_put_bytes(writer, (struct text){.data = (const char *)link->key, .size = ID_SIZE});
        wire_put_unsigned(writer, (uint64_t)link->kind);
        wire_put_boolean(writer, link->waits);
        wire_put_unsigned(writer, link->id);
        wire_put_text(writer, link->number);
        wire_put_integer(writer, link->due);
    }
}

static void get_link(struct wire_reader *reader, struct case_link *link)
{
    struct text key = wire_get_bytes(reader);
    uint64_t kind = wire_get_unsigned(reader);
    section_holds(reader, key.size == ID_SIZE && kind <= LINK_SPLIT_INTO);
    if (reader->failed)
        return;
    memcpy(link->key, key.data, ID_SIZE);
    link->kind = (enum link_kind)kind;
    link->waits = wire_get_boolean(reader);
    link->id = wire_get_unsigned(reader);
    link->number = wire_get_text(reader);
    link->due = wire_get_integer(reader);
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    uint32_t members = wire_get_array(reader);
    uint32_t count = members < CAP_MEMBERS ? 0 : (members - CAP_MEMBERS) / LINK_MEMBERS;
    if (reader->failed || members != CAP_MEMBERS + LINK_MEMBERS * count || count > CASE_LINKS_HELD) {
        reader->failed = true;
        return;
    }
    state->due_cap = wire_get_integer(reader);
    state->links = ARENA_ARRAY(reader->arena, struct case_link, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        get_link(reader, &state->links[i]);
    state->link_count = count;
}

const struct case_section case_section_links = {.number = 7, .present = present, .put = put, .get = get};
