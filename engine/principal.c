/* principal: see principal.h. */
#include "engine/principal.h"

static bool list_has(const struct principal_list *list, struct text word)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (text_equal(list->items[i], word))
            return true;
    return false;
}

static bool list_equal(const struct principal_list *a, const struct principal_list *b)
{
    for (uint32_t i = 0; i < a->count && i < b->count; i++)
        if (!text_equal(a->items[i], b->items[i]))
            return false;
    return a->count == b->count;
}

/* ---- who ---- */

const struct principal *principals_by_key(const struct principals *principals, struct text key)
{
    for (uint32_t i = 0; i < principals->count; i++)
        if (text_equal(principals->items[i].key, key))
            return principals->items[i].revoked == NONE ? &principals->items[i] : NULL;
    return NULL;
}

const struct principal *principals_by_name(const struct principals *principals, struct text name)
{
    for (uint32_t i = 0; i < principals->count; i++)
        if (principals->items[i].revoked == NONE && text_equal(principals->items[i].name, name))
            return &principals->items[i];
    return NULL;
}

bool principal_equal(const struct principal *a, const struct principal *b)
{
    return a->kind == b->kind && a->revoked == b->revoked && text_equal(a->name, b->name) && text_equal(a->key, b->key) &&
           list_equal(&a->residents, &b->residents) && list_equal(&a->persons, &b->persons) && list_equal(&a->people, &b->people) &&
           list_equal(&a->topics, &b->topics) && list_equal(&a->units, &b->units);
}

/* ---- what it may ---- */

static bool acts_for_resident(const struct principal *principal, struct text person)
{
    const char *colon = person.size ? memchr(person.data, ':', person.size) : NULL;
    return colon && list_has(&principal->residents, (struct text){.data = person.data, .size = (size_t)(colon - person.data)});
}

static bool acts_for_people_at(const struct principal *principal, const struct directory *directory, int32_t day, int32_t person)
{
    for (uint32_t i = 0; i < principal->people.count; i++) {
        int32_t unit = directory_find_unit(directory, principal->people.items[i]);
        if (unit != NONE && directory_serves_within(directory, person, unit, day))
            return true;
    }
    return false;
}

bool principal_acts_for(const struct principal *principal, const struct directory *directory, int32_t day, struct text person)
{
    if (principal->kind == PRINCIPAL_OPERATOR)
        return true;
    if (principal->kind == PRINCIPAL_WATCHER)
        return false;
    int32_t row = directory ? directory_find_person(directory, person) : NONE;
    if (row == NONE)
        return acts_for_resident(principal, person);
    return list_has(&principal->persons, person) || acts_for_people_at(principal, directory, day, row);
}

bool principal_at_row(const struct principal *principal, const struct directory *directory, int32_t unit)
{
    for (uint32_t i = 0; unit != NONE && i < principal->units.count; i++) {
        int32_t above = directory_find_unit(directory, principal->units.items[i]);
        if (above != NONE && directory_covers(directory, above, unit))
            return true;
    }
    return false;
}

bool principal_at_unit(const struct principal *principal, const struct directory *directory, struct text unit)
{
    return directory && principal_at_row(principal, directory, directory_find_unit(directory, unit));
}

bool principal_has_topic(const struct principal *principal, struct text topic)
{
    return list_has(&principal->topics, topic);
}
