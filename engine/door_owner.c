/* door_owner: see door_owner.h. */
#include "engine/door_owner.h"

bool door_is_resident(struct text person)
{
    static const struct text worker = TEXT("worker:");
    bool is_worker = person.size >= worker.size && memcmp(person.data, worker.data, worker.size) == 0;
    return person.size > 0 && memchr(person.data, ':', person.size) && !is_worker;
}

/* What an official writes after an erasure is written by somebody who may, in a case that must go on: it is the case's. */
static struct text opener(const struct case_state *state)
{
    if (state && door_is_resident(state->opener_for))
        return state->opener_for;
    return state && door_is_resident(state->opener) ? state->opener : (struct text){0};
}

enum err door_find_owner(struct door *door, struct arena *arena, const struct door_brought *brought, struct text *owner, bool *erased)
{
    struct text itself = door_is_resident(brought->on_behalf) ? brought->on_behalf : door_is_resident(brought->as) ? brought->as : (struct text){0};
    *owner = itself.size ? itself : opener(brought->state);
    *erased = false;
    if (owner->size == 0)
        return ERR_OK;
    enum err code = engine_is_erased(door->engine, arena, *owner, erased);
    if (!code && *erased && !itself.size) {
        *owner = (struct text){0};
        *erased = false;
    }
    return code;
}
