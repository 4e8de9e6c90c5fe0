/* intake_value: one value that came with an event, by the type of its field. See intake.h.
 *
 *     text, reference   VALUE_TEXT                         kept as it is; a text above CASE_TEXT_INLINE as [position, size]
 *     number            VALUE_INTEGER in units of the scale, or VALUE_TEXT "12.50"        kept as integer
 *     boolean           VALUE_BOOLEAN, or VALUE_TEXT true / false
 *     date              VALUE_INTEGER days since 1970-01-01, or VALUE_TEXT "2026-10-09"    kept as days
 *     choice, unit      VALUE_TEXT
 *     people            VALUE_TEXT, VALUE_MAP {id, sealed, what the field's `with` names}, or a list of these       kept as a list;
 *                       each in the directory, or app:token, and with everything that `with` names
 *     list              one element                        kept as [position, size], added to the others
 *     private           VALUE_BYTES, whatever the type; but people are references in clear, their details sealed in each */
#include "engine/intake.h"

#include "engine/access.h"
#include "engine/decimal.h"

enum { PERSON_BYTES_MOST = 128, REFERENCE_BYTES_MOST = 256 };

#define GOOD ((struct text){0})

struct value intake_reference(struct step *step, const struct value *given)
{
    struct value *pair = ARENA_ARRAY(step->arena, struct value, 2);
    pair[0] = value_integer((int64_t)step->input.position);
    bool sized = given->kind == VALUE_TEXT || given->kind == VALUE_BYTES;
    pair[1] = value_integer(sized ? (int64_t)given->text.size : 0);
    return (struct value){.kind = VALUE_LIST, .count = 2, .items = pair};
}

static struct value inline_or_reference(struct step *step, const struct value *given)
{
    return given->text.size > CASE_TEXT_INLINE ? intake_reference(step, given) : *given;
}

static struct text check_text(struct step *step, const struct workflow_field *field, const struct value *given, struct value *kept)
{
    if (given->kind != VALUE_TEXT)
        return TEXT("must be a text");
    if (given->text.size == 0)
        return TEXT("may not be empty");
    int64_t characters = 0;
    for (size_t i = 0; i < given->text.size; i++)
        characters += ((unsigned char)given->text.data[i] & 0xc0) != 0x80; /* bytes that begin a character of UTF-8 */
    if ((field->bounded & 2) && characters > field->most)
        return arena_print(step->arena, "has %lld characters, at most %lld are allowed", (long long)characters, (long long)field->most);
    *kept = inline_or_reference(step, given);
    return GOOD;
}

static struct text check_number(struct step *step, const struct workflow_field *field, const struct value *given, struct value *kept)
{
    int64_t number = given->kind == VALUE_INTEGER ? given->integer : 0;
    if (given->kind == VALUE_TEXT && !decimal_parse(given->text, field->scale, &number))
        return arena_print(step->arena, "'%.*s' is not a number with at most %d decimal places", SHOWN(given->text), field->scale);
    if (given->kind != VALUE_INTEGER && given->kind != VALUE_TEXT)
        return TEXT("must be a number");
    if ((field->bounded & 1) && number < field->least)
        return arena_print(step->arena, "is %.*s, at least %.*s is allowed", SHOWN(decimal_print(step->arena, number, field->scale)),
                           SHOWN(decimal_print(step->arena, field->least, field->scale)));
    if ((field->bounded & 2) && number > field->most)
        return arena_print(step->arena, "is %.*s, at most %.*s is allowed", SHOWN(decimal_print(step->arena, number, field->scale)),
                           SHOWN(decimal_print(step->arena, field->most, field->scale)));
    *kept = value_integer(number);
    return GOOD;
}

static struct text check_boolean(const struct value *given, struct value *kept)
{
    bool yes = given->kind == VALUE_TEXT && text_is(given->text, "true");
    bool no = given->kind == VALUE_TEXT && text_is(given->text, "false");
    if (given->kind != VALUE_BOOLEAN && !yes && !no)
        return TEXT("must be true or false");
    *kept = value_boolean(given->kind == VALUE_BOOLEAN ? given->boolean : yes);
    return GOOD;
}

static struct text check_date(const struct value *given, struct value *kept)
{
    int32_t days = 0;
    bool counted = given->kind == VALUE_INTEGER && given->integer >= CIVIL_FIRST && given->integer <= CIVIL_LAST;
    if (counted)
        days = (int32_t)given->integer;
    else if (given->kind != VALUE_TEXT || !civil_parse(given->text, &days))
        return TEXT("must be a date such as 2026-10-09");
    *kept = value_integer(days);
    return GOOD;
}

static struct text check_choice(struct step *step, const struct workflow_field *field, const struct value *given, struct value *kept)
{
    const struct workflow_name *names = step->workflow->table[WORKFLOW_NAMES].rows;
    struct text list = {0};
    for (int32_t i = field->choices.first; given->kind == VALUE_TEXT && i < field->choices.first + field->choices.count; i++)
        if (text_is(given->text, workflow_string(step->workflow, names[i].name))) {
            *kept = *given;
            return GOOD;
        }
    for (int32_t i = field->choices.first; i < field->choices.first + field->choices.count; i++)
        list = arena_print(step->arena, "%.*s%s%s", SHOWN(list), list.size ? ", " : "", workflow_string(step->workflow, names[i].name));
    if (given->kind != VALUE_TEXT)
        return arena_print(step->arena, "must be one of %.*s", SHOWN(list));
    return arena_print(step->arena, "'%.*s' is not one of %.*s", SHOWN(given->text), SHOWN(list));
}

static struct text check_unit(struct step *step, const struct value *given, struct value *kept)
{
    if (given->kind != VALUE_TEXT)
        return TEXT("must be the path of a unit");
    int32_t unit = directory_find_unit(step->input.directory, given->text);
    if (unit == NONE || directory_unit(step->input.directory, unit)->successor)
        return arena_print(step->arena, "there is no unit '%.*s'", SHOWN(given->text));
    *kept = *given;
    return GOOD;
}

static struct text check_reference(const struct value *given, struct value *kept)
{
    if (given->kind != VALUE_TEXT || given->text.size == 0 || given->text.size > REFERENCE_BYTES_MOST)
        return TEXT("must be a reference: a text of 1 to 256 bytes");
    *kept = *given;
    return GOOD;
}

/* ---- people ---- */

/* {id}, {id, sealed}, and what belongs to each: nothing else about a person may stand in clear. */
static bool is_person_map(struct step *step, const struct workflow_field *field, const struct value *entry)
{
    const struct value *id = value_get(entry, "id"), *sealed = value_get(entry, "sealed");
    uint32_t known = 1 + (sealed != NULL);
    if (!id || id->kind != VALUE_TEXT || (sealed && sealed->kind != VALUE_BYTES))
        return false;
    for (int32_t i = 0; i < field->with.count; i++)
        known += value_get(entry, workflow_string(step->workflow, workflow_with(step->workflow, field->with.first + i)->name)) != NULL;
    return entry->count == known;
}

static struct text check_person(struct step *step, const struct workflow_field *field, const struct value *entry)
{
    if (entry->kind != VALUE_TEXT && !is_person_map(step, field, entry))
        return TEXT("each must be a reference (text), or {id, sealed} with the details sealed");
    struct text person = case_person(entry);
    if (person.size == 0 || person.size > PERSON_BYTES_MOST)
        return arena_print(step->arena, "a person is named by 1 to %d bytes", PERSON_BYTES_MOST);
    /* Nobody could ever act under such a name (engine.c refuses the sender): a party that is mistyped would never consent. */
    if (!access_is_resident(person) && directory_find_person(step->input.directory, person) == NONE)
        return arena_print(step->arena, "'%.*s' is not in the directory; a resident is written app:token", SHOWN(person));
    return GOOD;
}

static void put_member(struct value *map, const char *name, struct value value)
{
    struct value *items = (struct value *)map->items;
    uint32_t at = map->count++;
    for (; at > 0 && text_compare(items[2 * at - 2].text, text_of(name)) > 0; at--)
        memcpy(&items[2 * at], &items[2 * at - 2], 2 * sizeof *items);
    items[2 * at] = value_text(text_of(name));
    items[2 * at + 1] = value;
}

/* What the field's `with` names, all of it, each by its own type. */
static struct text check_with(struct step *step, const struct workflow_field *field, const struct value *entry, struct value *map)
{
    for (int32_t i = 0; i < field->with.count; i++) {
        const struct workflow_with *with = workflow_with(step->workflow, field->with.first + i);
        const char *name = workflow_string(step->workflow, with->name);
        const struct value *given = case_with(entry, name);
        struct value kept = {0};
        if (!given || given->kind == VALUE_NONE)
            return arena_print(step->arena, "%.*s comes without %s", SHOWN(case_person(entry)), name);
        struct text complaint = intake_value(step, workflow_field(step->workflow, with->of), false, given, &kept);
        if (complaint.size)
            return arena_print(step->arena, "%s of %.*s: %.*s", name, SHOWN(case_person(entry)), SHOWN(complaint));
        put_member(map, name, kept);
    }
    return GOOD;
}

/* {id} alone is the text: one form for one thing. Members stand in the order of their names. */
static struct text keep_person(struct step *step, const struct workflow_field *field, const struct value *entry, struct value *kept)
{
    const struct value *sealed = value_get(entry, "sealed");
    *kept = value_text(case_person(entry));
    if (!sealed && field->with.count == 0)
        return GOOD;
    struct value map = {.kind = VALUE_MAP, .items = ARENA_ARRAY(step->arena, struct value, 2 * ((size_t)field->with.count + 2))};
    put_member(&map, "id", *kept);
    if (sealed)
        put_member(&map, "sealed", *sealed);
    struct text complaint = check_with(step, field, entry, &map);
    *kept = map;
    return complaint;
}

static struct text check_entries(struct step *step, const struct workflow_field *field, const struct value *entries, uint32_t count, struct value *kept)
{
    struct value *items = ARENA_ARRAY(step->arena, struct value, count);
    *kept = (struct value){.kind = VALUE_LIST, .items = items};
    for (uint32_t i = 0; i < count; i++) {
        struct text complaint = check_person(step, field, &entries[i]);
        if (complaint.size)
            return complaint;
        if (case_has_person(kept, case_person(&entries[i])))
            return arena_print(step->arena, "names %.*s twice", SHOWN(case_person(&entries[i])));
        complaint = keep_person(step, field, &entries[i], &items[kept->count]);
        if (complaint.size)
            return complaint;
        kept->count++;
    }
    return GOOD;
}

static struct text check_people(struct step *step, const struct workflow_field *field, const struct value *given, struct value *kept)
{
    bool many = given->kind == VALUE_LIST;
    struct text complaint = check_entries(step, field, many ? given->items : given, many ? given->count : 1, kept);
    if (complaint.size)
        return complaint;
    if (kept->count == 0)
        return TEXT("may not be empty");
    if ((field->bounded & 1) && kept->count < field->least)
        return arena_print(step->arena, "names %u, at least %lld are needed", kept->count, (long long)field->least);
    if ((field->bounded & 2) && kept->count > field->most)
        return arena_print(step->arena, "names %u, at most %lld are allowed", kept->count, (long long)field->most);
    return GOOD;
}

/* ---- lists, private values ---- */

static struct text check_list(struct step *step, const struct workflow_field *field, bool private, const struct value *given, struct value *kept)
{
    int32_t row = (int32_t)(field - (const struct workflow_field *)step->workflow->table[WORKFLOW_FIELDS].rows);
    const struct value *list = &step->state->data[row];
    uint32_t count = list->kind == VALUE_LIST ? list->count : 0;
    if ((field->bounded & 2) && count >= field->most)
        return arena_print(step->arena, "holds %u already, and no more are allowed", count);
    struct text complaint = intake_value(step, workflow_field(step->workflow, field->of), private, given, kept);
    *kept = intake_reference(step, given);
    return complaint;
}

static struct text check_sealed(struct step *step, const struct value *given, struct value *kept)
{
    if (given->kind != VALUE_BYTES)
        return TEXT("is private and must arrive sealed");
    *kept = inline_or_reference(step, given);
    return GOOD;
}

struct text intake_value(struct step *step, const struct workflow_field *field, bool private, const struct value *given, struct value *kept)
{
    if (field->type == FIELD_LIST)
        return check_list(step, field, private, given, kept);
    if (field->type == FIELD_PEOPLE)
        return check_people(step, field, given, kept);
    if (private)
        return check_sealed(step, given, kept);
    if (given->kind == VALUE_BYTES)
        return TEXT("is not private and must arrive in clear");
    switch ((enum field_type)field->type) {
    case FIELD_TEXT: return check_text(step, field, given, kept);
    case FIELD_NUMBER: return check_number(step, field, given, kept);
    case FIELD_BOOLEAN: return check_boolean(given, kept);
    case FIELD_DATE: return check_date(given, kept);
    case FIELD_CHOICE: return check_choice(step, field, given, kept);
    case FIELD_UNIT: return check_unit(step, given, kept);
    case FIELD_REFERENCE: return check_reference(given, kept);
    case FIELD_PEOPLE:
    case FIELD_LIST: break;
    }
    return TEXT("is of a type that does not exist");
}
