/* yaml_keys: the keys of a mapping against the reader's table: unknown, missing, of the wrong kind, not carried yet. See yaml.h. */
#include "engine/yaml.h"

#include <assert.h>

static const struct key *find_key(const struct keys *keys, int where, struct text name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i].where == where && name.size && *keys->key[i].name == *name.data && text_is(name, keys->key[i].name))
            return &keys->key[i];
    return NULL;
}

static bool key_allows(const struct key *key, const struct node *value)
{
    return !node_empty(value) && (key->kinds & (1u << value->kind)) != 0;
}

static const char *keys_listed(struct arena *arena, const struct keys *keys, int where)
{
    const char *list = "";
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i].where == where && !(keys->key[i].flags & KEY_LATER))
            list = arena_print(arena, "%s%s%s", list, *list ? ", " : "", keys->key[i].name).data;
    return list;
}

/* `{by: clerk, secretary}` makes a key of the second. */
static const struct node *list_without_brackets(const struct node *value)
{
    const struct node *before = NULL;
    for (node_each(item, value->parent)) {
        if (item == value)
            break;
        before = item;
    }
    return before && node_empty(value) && before->kind == NODE_SCALAR && !node_empty(before) ? before : NULL;
}

static void report_unknown(struct problems *problems, const struct node *value, const struct keys *keys, int where)
{
    const struct node *before = list_without_brackets(value);
    if (before) {
        problems_add_key(problems, value, "there is no key \"%.*s\" here. Several stand in brackets: %.*s: [%.*s, %.*s].", text_shown(value->key),
                         value->key.data, text_shown(before->key), before->key.data, text_shown(before->text), before->text.data,
                         text_shown(value->key), value->key.data);
        return;
    }
    struct nearest nearest = nearest_to(value->key);
    for (size_t i = 0; i < keys->count && !problems_full(problems); i++)
        if (keys->key[i].where == where)
            nearest_offer(&nearest, text_of(keys->key[i].name));
    problems_add_key(problems, value, "there is no key \"%.*s\" here.%s Allowed: %s.", text_shown(value->key), value->key.data,
                     nearest_hint(&nearest, problems->arena), keys_listed(problems->arena, keys, where));
}

static void check_value(struct problems *problems, const struct node *value, const struct keys *keys, int where)
{
    const struct key *key = find_key(keys, where, value->key);
    if (!key)
        report_unknown(problems, value, keys, where);
    else if (key->flags & KEY_LATER)
        problems_add_key(problems, value, "\"%s\" belongs to the language, but this version of Staircase does not carry it yet. "
                                          "Leave it out for now.", key->name);
    else if (!key_allows(key, value))
        problems_add(problems, value, "found %s; allowed is %s.", node_found(problems->arena, value), key->shape);
}

bool keys_check(struct problems *problems, const struct node *map, const struct keys *keys, int where)
{
    if (!map)
        return false;
    if (map->kind != NODE_MAP) {
        problems_add(problems, map, "found %s; allowed is a mapping with the keys: %s.", node_found(problems->arena, map),
                     keys_listed(problems->arena, keys, where));
        return false;
    }
    for (node_each(value, map))
        check_value(problems, value, keys, where);
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->key[i];
        if (key->where == where && (key->flags & KEY_NEEDED) && !node_get(map, key->name))
            problems_add_key(problems, map, "the key \"%s\" is missing: %s (%s).", key->name, key->shape, key->meaning);
    }
    return true;
}

const struct node *keys_get(const struct node *map, const struct keys *keys, int where, const char *name)
{
    const struct key *key = find_key(keys, where, text_of(name));
    assert(key);
    const struct node *value = node_get(map, name);
    return value && !(key->flags & KEY_LATER) && key_allows(key, value) ? value : NULL;
}

bool keys_have(const struct keys *keys, int where, const char *name)
{
    return find_key(keys, where, text_of(name)) != NULL;
}
