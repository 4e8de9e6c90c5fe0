/* door_kin: events of a supervisor that speak of two cases. See door.h and kin_link.c.
 *
 * The core sees one case at a time: key, number and unit of the other are put into the event here (design 12.7). What a case that is split off begins with
 * is sealed under the key that it will have. */
#include "engine/door.h"

static struct text kept_key(struct arena *arena, const struct case_state *state)
{
    return arena_copy(arena, (struct text){(const char *)state->key, ID_SIZE});
}

static void put_other(struct door *door, struct arena *arena, const struct case_state *other, struct event *event)
{
    const struct directory *directory = engine_directory(door->engine);
    int32_t unit = directory ? advance_unit(directory, other->unit) : NONE;
    event->other = kept_key(arena, other);
    event->other_case = other->id;
    event->other_number = arena_copy(arena, other->number);
    event->other_unit = unit != NONE ? text_of(directory_unit_path(directory, unit)) : (struct text){0};
}

/* As people name a case: its number, or the id that lists show; programs also by its key. */
static bool read_ref(const struct value *value, struct case_ref *ref)
{
    *ref = (struct case_ref){.kind = CASE_REF_NUMBER, .text = value->text};
    if (value->kind == VALUE_INTEGER && value->integer > 0)
        *ref = (struct case_ref){.kind = CASE_REF_ID, .id = (uint64_t)value->integer};
    else if (value->kind == VALUE_BYTES && value->text.size == ID_SIZE)
        ref->kind = CASE_REF_KEY;
    else if (value->kind != VALUE_TEXT || value->text.size == 0 || value->text.size > RECORD_WORD_MOST)
        return false;
    uint64_t id = 0;
    for (size_t i = 0; value->kind == VALUE_TEXT && i < value->text.size; i++) {
        if (value->text.data[i] < '0' || value->text.data[i] > '9' || value->text.size > 18)
            return true;
        id = id * 10 + (uint64_t)(value->text.data[i] - '0');
    }
    if (value->kind == VALUE_TEXT)
        *ref = (struct case_ref){.kind = CASE_REF_ID, .id = id};
    return true;
}

/* The field `case`, and nothing besides. */
static enum err find_named(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why)
{
    struct case_ref ref;
    const struct case_state *other;
    if (message->data_count != 1 || !text_is(message->data[0].name, "case") || !read_ref(&message->data[0].value, &ref)) {
        *why = TEXT("case: the number of the other case is needed, and nothing else.");
        return ERR_BAD_DATA;
    }
    enum err code = engine_find_case(door->engine, &ref, &other);
    if (code == ERR_UNKNOWN_CASE)
        *why = TEXT("case: there is no such case.");
    if (code)
        return code;
    event->data = message->data;
    event->data_count = message->data_count;
    put_other(door, arena, other, event);
    /* Said in the event, and not refused here: a repeat of what was applied before must have its first answer, and by then it has ended. */
    const struct workflow *workflow = engine_workflow(door->engine, other->workflow);
    if (other->flags & CASE_HELD)
        event->end = TEXT("imported, not released");
    else if (other->flags & CASE_ENDED && workflow)
        event->end = text_of(workflow_end_name(workflow, other->end));
    return ERR_OK;
}

/* The one that this case was merged into; none: the core says so. */
static enum err find_survivor(struct door *door, struct arena *arena, const struct case_state *state, struct event *event)
{
    const struct case_link *link = case_link_of(state, LINK_MERGED_INTO);
    if (!link)
        return ERR_OK;
    const struct case_ref ref = {.kind = CASE_REF_KEY, .text = arena_copy(arena, (struct text){(const char *)link->key, ID_SIZE})};
    enum err code = engine_find_case(door->engine, &ref, &state);
    if (!code)
        put_other(door, arena, state, event);
    return code == ERR_UNKNOWN_CASE ? ERR_CORRUPT : code;
}

static enum err seal_split(struct door *door, struct arena *arena, const struct message *message, const struct case_state *state, struct event *event,
                           struct text *why)
{
    const struct workflow *workflow = engine_workflow(door->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    struct text key = engine_split_key(arena, kept_key(arena, state), message->id);
    event->data_count = message->data_count;
    const struct door_brought brought = {.case_key = key, .event_id = message->id, .sender = event->sender, .as = event->as, .on_behalf = event->on_behalf,
                                         .state = state, .given = message->data, .count = message->data_count};
    return door_seal_fields(door, arena, workflow, &brought, &event->data, why);
}

bool door_speaks_of_two(const struct event *event)
{
    return event->kind == EVENT_SEND && (text_is(event->name, "link") || text_is(event->name, "merge") || text_is(event->name, "un-merge") || text_is(event->name, "split"));
}

enum err door_two_cases(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why)
{
    const struct case_state *state;
    enum err code = engine_find_case(door->engine, &message->subject, &state);
    if (code == ERR_UNKNOWN_CASE)
        *why = TEXT("There is no such case.");
    if (code)
        return code; /* not parked: who ties two cases has both before him */
    if (text_is(event->name, "split"))
        return seal_split(door, arena, message, state, event, why);
    if (text_is(event->name, "un-merge"))
        return find_survivor(door, arena, state, event);
    return find_named(door, arena, message, event, why);
}
