/* door_field: private fields are checked here, since nobody behind the door can, and sealed. See door.h.
 *
 * A value is sealed in the form in which the case would keep it (a number in units of its scale, a date as days), a text as it came. */
#include "engine/door.h"

#include "engine/intake.h"
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

/* ---- people: the reference in clear, the details under the key of the person ---- */

static enum err seal_person(struct sealing *sealing, struct text name, const struct value *entry, struct value *out)
{
    const struct value *id = value_get(entry, "id");
    *out = *entry;
    if (entry->kind != VALUE_MAP || entry->count < 2 || !id || id->kind != VALUE_TEXT || id->text.size == 0)
        return ERR_OK; /* a reference alone; or nothing that is a person, and then the core says so */
    struct value *details = ARENA_ARRAY(sealing->arena, struct value, 2 * (entry->count - 1)), *pair = ARENA_ARRAY(sealing->arena, struct value, 4);
    uint32_t count = 0;
    for (uint32_t i = 0; i < entry->count; i++)
        if (&entry->items[2 * i + 1] != id) {
            details[2 * count] = entry->items[2 * i];
            details[2 * count++ + 1] = entry->items[2 * i + 1];
        }
    struct seal_key key = seal_key_of_person(id->text);
    struct value plain = {.kind = VALUE_MAP, .count = count, .items = details};
    pair[0] = value_text(TEXT("id"));
    pair[1] = *id;
    pair[2] = value_text(TEXT("sealed"));
    *out = (struct value){.kind = VALUE_MAP, .count = 2, .items = pair};
    return seal_one(sealing, &key, name, &plain, &pair[3]);
}

static enum err seal_people(struct sealing *sealing, struct text name, const struct value *given, struct value *out)
{
    if (given->kind != VALUE_LIST)
        return seal_person(sealing, name, given, out);
    struct value *items = ARENA_ARRAY(sealing->arena, struct value, given->count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < given->count; i++)
        code = seal_person(sealing, name, &given->items[i], &items[i]);
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
        return seal_people(sealing, given->name, &given->value, &out->value);
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
