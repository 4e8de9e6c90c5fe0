/* door_whole: an event whose case is not here yet has no workflow that would say what of it is private: all its fields are sealed as one. See door.h.
 *
 * Under the key of the case, of the resident who sent it or for whom it was sent, and of everybody of whom it holds details: whoever of them is erased,
 * it can be opened no more, and will be refused. */
#include "engine/door_owner.h"

#include "proto/wire.h"

static const struct text whole = TEXT("*"); /* the field of what is sealed as one; no field is called that */

/* ---- under which keys ---- */

struct holders {
    struct door *door;
    struct arena *arena;
    struct seal_key keys[SEAL_KEYS_MOST];
    uint32_t count;
    bool too_many, erased;
};

static bool has_key(const struct holders *holders, const struct seal_key *key)
{
    for (uint32_t i = 0; i < holders->count; i++)
        if (holders->keys[i].kind == key->kind && memcmp(holders->keys[i].id, key->id, ID_SIZE) == 0)
            return true;
    return false;
}

static enum err add_person(struct holders *holders, struct text person)
{
    struct seal_key key = seal_key_of_person(person);
    bool erased;
    if (has_key(holders, &key))
        return ERR_OK;
    if (holders->count == SEAL_KEYS_MOST) {
        holders->too_many = true;
        return ERR_OK;
    }
    holders->keys[holders->count++] = key;
    enum err code = engine_is_erased(holders->door->engine, holders->arena, person, &erased);
    holders->erased = holders->erased || (!code && erased);
    return code;
}

/* Whatever might be an entry of a people field with details. */
static enum err add_people(struct holders *holders, const struct value *value)
{
    const struct value *id = value->kind == VALUE_MAP ? value_get(value, "id") : NULL;
    if (id && id->kind == VALUE_TEXT && id->text.size && value->count > 1)
        return add_person(holders, id->text);
    enum err code = ERR_OK;
    for (uint32_t i = 0; value->kind == VALUE_LIST && i < value->count && !code; i++)
        code = add_people(holders, &value->items[i]);
    return code;
}

static enum err find_holders(struct holders *holders, const struct door_brought *brought)
{
    struct text owner;
    holders->keys[holders->count++] = seal_key_of_case(brought->case_key);
    enum err code = door_find_owner(holders->door, holders->arena, brought, &owner, &holders->erased);
    if (!code && owner.size)
        code = add_person(holders, owner);
    for (uint32_t i = 0; i < brought->count && !code; i++)
        code = add_people(holders, &brought->given[i].value);
    return code;
}

/* ---- sealing ---- */

static struct text encode(struct arena *arena, const struct door_brought *brought)
{
    struct wire_writer writer = {.arena = arena};
    wire_put_map(&writer, brought->count);
    for (uint32_t i = 0; i < brought->count; i++) {
        wire_put_text(&writer, brought->given[i].name);
        wire_put_value(&writer, &brought->given[i].value);
    }
    return (struct text){.data = writer.data, .size = writer.size};
}

/* As it was sealed the first time, where it is the same or can be opened no more. */
static enum err take_first(struct door *door, struct arena *arena, const struct door_brought *brought, struct text plain, struct text *sealed)
{
    struct event first;
    struct text was;
    bool found;
    enum err code = engine_first_time(door->engine, brought->event_id, brought->sender, &first, &found);
    if (code || !found || first.sealed.size == 0)
        return code;
    code = unseal_value(door->seal, arena, whole, first.sealed, &was);
    if (code == ERR_NOT_FOUND || (!code && text_equal(was, plain)))
        *sealed = first.sealed;
    return code == ERR_NOT_FOUND || code == ERR_CORRUPT ? ERR_OK : code;
}

enum err door_seal_whole(struct door *door, struct arena *arena, const struct door_brought *brought, struct text *sealed, struct text *why)
{
    *sealed = (struct text){0};
    if (brought->count == 0)
        return ERR_OK;
    struct holders *holders = ARENA_NEW(arena, struct holders);
    struct text plain = encode(arena, brought);
    *holders = (struct holders){.door = door, .arena = arena};
    enum err code = take_first(door, arena, brought, plain, sealed);
    if (code || sealed->size)
        return code;
    code = find_holders(holders, brought);
    if (!code && holders->too_many) {
        *why = TEXT("It has details of too many people for an event whose case is not here yet: send it when the case is.");
        return ERR_BAD_DATA;
    }
    if (!code && !holders->erased)
        code = seal_value(door->seal, arena, (struct seal_keys){holders->keys, holders->count}, brought->event_id, whole, plain, sealed);
    if (code != ERR_NOT_FOUND && !holders->erased)
        return code;
    *why = TEXT("The key of this case, or of somebody whose private values it holds, was destroyed; nothing can be added under it any more.");
    return code && code != ERR_NOT_FOUND ? code : ERR_BAD_DATA;
}

enum err door_open_whole(struct door *door, struct arena *arena, struct text sealed, const struct field_value **data, uint32_t *count)
{
    struct text plain;
    *data = NULL;
    *count = 0;
    if (sealed.size == 0)
        return ERR_OK;
    enum err code = unseal_value(door->seal, arena, whole, sealed, &plain);
    if (code)
        return code;
    struct wire_reader reader = wire_reader_of(arena, plain);
    uint32_t fields = wire_get_map(&reader);
    struct field_value *out = ARENA_ARRAY(arena, struct field_value, fields);
    for (uint32_t i = 0; i < fields && !reader.failed; i++) {
        out[i].name = wire_get_text(&reader);
        out[i].value = wire_get_value(&reader);
    }
    *data = out;
    *count = fields;
    return wire_reader_done(&reader) ? ERR_OK : ERR_CORRUPT;
}
