/* case_record_publications: section 3 of the stored form of a case: what is published. See case_section.h.
 *
 *     [[publication, put up at, [values]], ...]      by publication; values as in the fields of a case */
#include "engine/case_section.h"

static bool present(const struct case_state *state)
{
    return state->publication_count > 0;
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->publication_count);
    for (uint32_t i = 0; i < state->publication_count; i++) {
        const struct case_publication *publication = &state->publications[i];
        wire_put_array(writer, 3);
        wire_put_integer(writer, publication->row);
        wire_put_integer(writer, publication->at);
        wire_put_array(writer, publication->count);
        for (uint32_t j = 0; j < publication->count; j++)
            wire_put_value(writer, &publication->values[j]);
    }
}

static void get_one(struct wire_reader *reader, struct case_publication *publication)
{
    section_holds(reader, wire_get_array(reader) == 3);
    publication->row = section_row(reader, 0, INT32_MAX);
    publication->at = wire_get_integer(reader);
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_PUBLISHED_MOST);
    if (reader->failed)
        return;
    publication->values = ARENA_ARRAY(reader->arena, struct value, count);
    publication->count = count;
    for (uint32_t i = 0; i < count; i++)
        publication->values[i] = wire_get_value(reader);
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_PUBLICATIONS_MOST);
    if (reader->failed)
        return;
    state->publications = ARENA_ARRAY(reader->arena, struct case_publication, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        get_one(reader, &state->publications[i]);
        section_holds(reader, i == 0 || state->publications[i - 1].row < state->publications[i].row);
    }
    state->publication_count = count;
}

const struct case_section case_section_publications = {.number = 3, .present = present, .put = put, .get = get};
