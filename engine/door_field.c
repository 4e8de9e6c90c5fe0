/* door_field: private fields are checked here, since nobody behind the door can, and sealed. See door.h.
 *
 * A value is sealed in the form in which the case would keep it (a number in units of its scale, a date as days), a text as it came. */
#include "engine/door_owner.h"

#include "engine/intake.h"
#include "engine/map.h"
#include "proto/wire.h"

struct sealing {
    struct door *door;
    struct arena *arena;
    const struct workflow *workflow;
    const struct door_brought *brought;
    struct seal_key keys[2];   /* of the case, and of whom the values belong to */
    uint32_t key_count;
    bool erased;               /* whom they would belong to was erased */
    struct event first;        /* the same event as it came before; without data: it did not */
    struct text wrong;         /* complaints so far */
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

/* ---- what came before ---- */

static const struct value *first_value(const struct sealing *sealing, struct text name)
{
    for (uint32_t i = 0; i < sealing->first.data_count; i++)
        if (text_equal(sealing->first.data[i].name, name))
            return &sealing->first.data[i].value;
    return NULL;
}

/* Whether what was sealed before is this value, or can be opened no more: then nobody can tell, and its sender has the first answer. ERR_OK: it is taken over;
 * ERR_NOT_FOUND: it is another one; store errors. */
static enum err take_first(struct door *door, struct arena *arena, struct text name, struct text plain, struct text before)
{
    struct text was;
    enum err code = unseal_value(door->seal, arena, name, before, &was);
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    if (code == ERR_CORRUPT)
        return ERR_NOT_FOUND;
    return code ? code : text_equal(was, plain) ? ERR_OK : ERR_NOT_FOUND;
}

/* `before`: as it was sealed the first time; NULL: it was not. `erased`: it may only be taken over. */
static enum err seal_one(struct sealing *sealing, struct seal_keys keys, bool erased, struct text name, const struct value *plain, const struct value *before,
                         struct value *out)
{
    struct text bytes = encoded(sealing->arena, plain), sealed = {0};
    enum err code = ERR_NOT_FOUND;
    if (before && before->kind == VALUE_BYTES) {
        *out = *before;
        code = take_first(sealing->door, sealing->arena, name, bytes, before->text);
    }
    if (code != ERR_NOT_FOUND)
        return code;
    if (!erased)
        code = seal_value(sealing->door->seal, sealing->arena, keys, sealing->brought->event_id, name, bytes, &sealed);
    if (code == ERR_NOT_FOUND) {
        complain(sealing, name, erased ? TEXT("belongs to somebody whose private values were erased: under this reference nothing is kept any more; who comes back "
                                              "comes under a new one")
                                       : TEXT("was erased together with its key; nothing can be added to it any more"));
        return ERR_OK;
    }
    *out = value_bytes(sealed.data, sealed.size);
    return code;
}

/* ---- people: the reference and what `with` names in clear, the details under the keys of the case and the person ---- */

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

static enum err seal_person(struct sealing *sealing, int32_t field, struct text name, const struct value *entry, const struct value *before, struct value *out)
{
    bool erased;
    *out = *entry;
    if (!has_details(sealing, field, entry))
        return ERR_OK;
    struct map_maker details = map_begin(sealing->arena), clear = map_begin(sealing->arena);
    for (uint32_t i = 0; i < entry->count; i++)
        map_put_named(stays_clear(sealing, field, entry->items[2 * i].text) ? &clear : &details, entry->items[2 * i].text, entry->items[2 * i + 1]);
    struct text person = value_get(entry, "id")->text;
    struct seal_key keys[] = {sealing->keys[0], seal_key_of_person(person)};
    struct value plain = map_end(&details), sealed = {0};
    enum err code = engine_is_erased(sealing->door->engine, sealing->arena, person, &erased);
    if (!code)
        code = seal_one(sealing, (struct seal_keys){keys, 2}, erased, name, &plain, before ? value_get(before, "sealed") : NULL, &sealed);
    map_put(&clear, "sealed", sealed);
    *out = map_end(&clear);
    return code;
}

static enum err seal_people(struct sealing *sealing, int32_t field, struct text name, const struct value *given, struct value *out)
{
    const struct value *before = first_value(sealing, name);
    if (given->kind != VALUE_LIST)
        return seal_person(sealing, field, name, given, before, out);
    struct value *items = ARENA_ARRAY(sealing->arena, struct value, given->count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < given->count; i++)
        code = seal_person(sealing, field, name, &given->items[i], before && before->kind == VALUE_LIST && i < before->count ? &before->items[i] : NULL, &items[i]);
    *out = (struct value){.kind = VALUE_LIST, .count = given->count, .items = items};
    return code;
}

/* ---- every other private value: under the keys of the case and of whom it belongs to ---- */

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
    return seal_one(sealing, (struct seal_keys){sealing->keys, sealing->key_count}, sealing->erased, name, kept.kind == VALUE_LIST ? given : &kept,
                    first_value(sealing, name), out);
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

static bool anything_to_seal(const struct workflow *workflow, const struct door_brought *brought)
{
    for (uint32_t i = 0; i < brought->count; i++) {
        int32_t row = workflow_find_field(workflow, brought->given[i].name);
        const struct workflow_field *field = row == NONE ? NULL : workflow_field(workflow, row);
        if (field && (field->private || field->type == FIELD_PEOPLE || field->type == FIELD_LIST))
            return true;
    }
    return false;
}

/* Whose it is, and what came of it before. */
static enum err begin_sealing(struct sealing *sealing)
{
    const struct door_brought *brought = sealing->brought;
    struct text owner;
    bool found;
    enum err code = door_find_owner(sealing->door, sealing->arena, brought, &owner, &sealing->erased);
    sealing->keys[sealing->key_count++] = seal_key_of_case(brought->case_key);
    if (owner.size)
        sealing->keys[sealing->key_count++] = seal_key_of_person(owner);
    if (code || brought->sender.size == 0)
        return code;
    code = engine_first_time(sealing->door->engine, brought->event_id, brought->sender, &sealing->first, &found);
    if (!found)
        sealing->first.data_count = 0;
    return code;
}

enum err door_seal_fields(struct door *door, struct arena *arena, const struct workflow *workflow, const struct door_brought *brought,
                          const struct field_value **data, struct text *why)
{
    *data = brought->given;
    if (!anything_to_seal(workflow, brought))
        return ERR_OK;
    struct sealing sealing = {.door = door, .arena = arena, .workflow = workflow, .brought = brought};
    struct field_value *sealed = ARENA_ARRAY(arena, struct field_value, brought->count);
    enum err code = begin_sealing(&sealing);
    for (uint32_t i = 0; !code && i < brought->count; i++)
        code = seal_field(&sealing, &brought->given[i], &sealed[i]);
    *data = sealed;
    *why = sealing.wrong;
    return code ? code : sealing.wrong.size ? ERR_BAD_DATA : ERR_OK;
}
