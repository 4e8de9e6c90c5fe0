/* door_field: private fields are checked here, since nobody behind the door can, and sealed. See door.h.
 *
 * A value is sealed in the form in which the case would keep it (a number in units of its scale, a date as days), a text as it came. */
#include "engine/door.h"

#include "engine/intake.h"
#include "engine/map.h"
#include "proto/wire.h"

static const struct text whole = TEXT("*"); /* the field of what is sealed as one; no field is called that */

struct sealing {
    struct door *door;
    struct arena *arena;
    const struct workflow *workflow;
    struct seal_key key; /* of the case */
    struct text event_id;
    struct text wrong;   /* complaints so far */
};

static void complain(struct sealing *sealing, struct text name, struct text complaint)
{
    sealing->wrong = arena_print(sealing->arena, "%.*s%s%.*s: %.*s", SHOWN(sealing->wrong), sealing->wrong.size ? "; " : "", SHOWN(name), SHOWN(complaint));
}

static struct text encoded(struct arena *arena, const struct value *value)
{
    struct wire_writer writer = {.arena = arena};
    wire_put_value(&writer, value);
    return (struct text){.data = writer.data, .size = writer.size};
}

static enum err seal_one(struct sealing *sealing, const struct seal_key *key, struct text name, const struct value *plain, struct value *out)
{
    struct text sealed = {0};
    enum err code = seal_value(sealing->door->seal, sealing->arena, key, sealing->event_id, name, encoded(sealing->arena, plain), &sealed);
    if (code == ERR_NOT_FOUND) {
        complain(sealing, name, TEXT("was erased together with its key; nothing can be added to it any more"));
        return ERR_OK;
    }
    *out = value_bytes(sealed.data, sealed.size);
    return code;
}

/* ---- people: the reference and what `with` names in clear, the details under the key of the person ---- */

/* What belongs to each person of the field stays in clear too: the engine reckons with it. */
static bool stays_clear(const struct sealing *sealing, int32_t field, struct text member)
{
    return text_is(member, "id") || workflow_find_with(sealing->workflow, field, member) != NONE;
}

/* A reference alone, or nothing that is a person: then the core says so. */
static bool has_details(const struct sealing *sealing, int32_t field, const struct value *entry)
{
    const struct value *id = value_get(entry, "id");
    if (!id || id->kind != VALUE_TEXT || id->text.size == 0)
        return false;
    for (uint32_t i = 0; i < entry->count; i++)
        if (!stays_clear(sealing, field, entry->items[2 * i].text))
            return true;
    return false;
}

static enum err seal_person(struct sealing *sealing, int32_t field, struct text name, const struct value *entry, struct value *out)
{
    *out = *entry;
    if (!has_details(sealing, field, entry))
        return ERR_OK;
    struct map_maker details = map_begin(sealing->arena), clear = map_begin(sealing->arena);
    for (uint32_t i = 0; i < entry->count; i++)
        map_put_named(stays_clear(sealing, field, entry->items[2 * i].text) ? &clear : &details, entry->items[2 * i].text, entry->items[2 * i + 1]);
    struct seal_key key = seal_key_of_person(value_get(entry, "id")->text);
    struct value plain = map_end(&details), sealed = {0};
    enum err code = seal_one(sealing, &key, name, &plain, &sealed);
    map_put(&clear, "sealed", sealed);
    *out = map_end(&clear);
    return code;
}

static enum err seal_people(struct sealing *sealing, int32_t field, struct text name, const struct value *given, struct value *out)
{
    if (given->kind != VALUE_LIST)
        return seal_person(sealing, field, name, given, out);
    struct value *items = ARENA_ARRAY(sealing->arena, struct value, given->count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < given->count; i++)
        code = seal_person(sealing, field, name, &given->items[i], &items[i]);
    *out = (struct value){.kind = VALUE_LIST, .count = given->count, .items = items};
    return code;
}

/* ---- every other private value: under the key of the case ---- */

static enum err seal_private(struct sealing *sealing, const struct workflow_field *field, struct text name, const struct value *given, struct value *out)
{
    struct step step = {.arena = sealing->arena, .workflow = sealing->workflow};
    engine_input(sealing->door->engine, sealing->workflow, NULL, &step.input);
    struct value kept = {0};
    struct text complaint = intake_value(&step, field, false, given, &kept);
    if (complaint.size) {
        complain(sealing, name, complaint);
        return ERR_OK;
    }
    /* A long text would be kept as its place in the log: what is sealed is the text. */
    return seal_one(sealing, &sealing->key, name, kept.kind == VALUE_LIST ? given : &kept, out);
}

static enum err seal_field(struct sealing *sealing, const struct field_value *given, struct field_value *out)
{
    int32_t row = workflow_find_field(sealing->workflow, given->name);
    *out = *given;
    if (row == NONE || given->value.kind == VALUE_NONE)
        return ERR_OK; /* not of this workflow: refused behind the door */
    const struct workflow_field *field = workflow_field(sealing->workflow, row), *element = field;
    if (field->type == FIELD_LIST)
        element = workflow_field(sealing->workflow, field->of);
    if (element->type == FIELD_PEOPLE)
        return seal_people(sealing, row, given->name, &given->value, &out->value);
    return field->private ? seal_private(sealing, element, given->name, &given->value, &out->value) : ERR_OK;
}

static bool anything_to_seal(const struct workflow *workflow, const struct field_value *given, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t row = workflow_find_field(workflow, given[i].name);
        const struct workflow_field *field = row == NONE ? NULL : workflow_field(workflow, row);
        if (field && (field->private || field->type == FIELD_PEOPLE || field->type == FIELD_LIST))
            return true;
    }
    return false;
}

enum err door_seal_fields(struct door *door, struct arena *arena, const struct workflow *workflow, struct text case_key, struct text event_id,
                          const struct field_value *given, uint32_t count, const struct field_value **data, struct text *why)
{
    *data = given;
    if (!anything_to_seal(workflow, given, count))
        return ERR_OK;
    struct sealing sealing = {.door = door, .arena = arena, .workflow = workflow, .key = seal_key_of_case(case_key), .event_id = event_id};
    struct field_value *sealed = ARENA_ARRAY(arena, struct field_value, count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < count; i++)
        code = seal_field(&sealing, &given[i], &sealed[i]);
    *data = sealed;
    *why = sealing.wrong;
    return code ? code : sealing.wrong.size ? ERR_BAD_DATA : ERR_OK;
}

/* ---- all of it as one ---- */

enum err door_seal_whole(struct door *door, struct arena *arena, struct text case_key, struct text event_id, const struct field_value *given, uint32_t count,
                         struct text *sealed)
{
    struct seal_key key = seal_key_of_case(case_key);
    struct wire_writer writer = {.arena = arena};
    *sealed = (struct text){0};
    if (count == 0)
        return ERR_OK;
    wire_put_map(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_put_text(&writer, given[i].name);
        wire_put_value(&writer, &given[i].value);
    }
    return seal_value(door->seal, arena, &key, event_id, whole, (struct text){.data = writer.data, .size = writer.size}, sealed);
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
