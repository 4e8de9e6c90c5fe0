/* door_parked: events that waited for their case come back to the door. See door.h. */
#include "engine/door.h"

/* Ends it: nobody can decide it any more. What the sender is told may quote a private value, and the log must not. */
static void give_up(struct door_parked *parked, enum err code, struct text why, struct text logged)
{
    const struct event *event = &parked->event;
    parked->why = why;
    parked->event = (struct event){.kind = EVENT_UNPARK, .sender = event->sender, .subject = event->subject, .parked = event->parked, .code = code,
                                   .why = logged};
}

/* Opens what was sealed as one and seals it field by field, as it would have come if its case had been here. */
static enum err seal_anew(struct door *door, struct arena *arena, const struct case_state *state, struct door_parked *parked)
{
    static const struct text lost = TEXT("What was kept of it cannot be opened any more."), wrong = TEXT("Private fields are not as the workflow asks for.");
    struct event *event = &parked->event;
    const struct workflow *workflow = engine_workflow(door->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    const struct field_value *given;
    uint32_t count;
    enum err code = door_open_whole(door, arena, event->sealed, &given, &count);
    if (code == ERR_NOT_FOUND || code == ERR_CORRUPT) {
        give_up(parked, ERR_BAD_DATA, lost, lost);
        return ERR_OK;
    }
    if (code)
        return code;
    struct text why;
    const struct door_brought brought = {.case_key = {.data = (const char *)state->key, .size = ID_SIZE}, .event_id = event->id, .as = event->as,
                                         .on_behalf = event->on_behalf, .state = state, .given = given, .count = count};
    event->sealed = (struct text){0};
    event->data_count = count;
    code = door_seal_fields(door, arena, workflow, &brought, &event->data, &why);
    if (code != ERR_BAD_DATA)
        return code;
    give_up(parked, code, why, wrong);
    return ERR_OK;
}

/* Both who acts and whom it is for, as when it came. */
static bool may_still(const struct door *door, const struct event *event)
{
    return !door->may || (door->may(door->may_context, event->sender, event->as) && (!event->on_behalf.size || door->may(door->may_context, event->sender, event->on_behalf)));
}

enum err door_unpark(struct door *door, struct arena *arena, struct text case_key, uint64_t *after, struct door_parked *parked)
{
    static const struct text revoked = TEXT("The key that sent it is not trusted with that any more.");
    struct case_ref subject = {.kind = CASE_REF_KEY, .text = case_key};
    uint64_t position;
    enum err code = engine_parked(door->engine, arena, case_key, *after, &position, &parked->event);
    if (code)
        return code;
    const struct case_state *state;
    code = engine_find_case(door->engine, &subject, &state);
    if (code)
        return code == ERR_UNKNOWN_CASE ? ERR_NOT_FOUND : code;
    parked->why = (struct text){0};
    parked->id = parked->event.id;
    parked->sender = parked->event.sender;
    parked->event.kind = EVENT_SEND;
    parked->event.subject = subject;
    parked->event.parked = position;
    if (!may_still(door, &parked->event))
        give_up(parked, ERR_DENIED, revoked, revoked);
    else
        code = seal_anew(door, arena, state, parked);
    if (!code)
        *after = position;
    return code;
}
