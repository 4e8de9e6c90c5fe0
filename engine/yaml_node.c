/* yaml_node: the tree as its readers see it: looking up, naming a node's place, lists. See yaml.h. */
#include "engine/yaml.h"

const struct node *node_first(const struct node *node)
{
    return node ? node->first : NULL;
}

const struct node *node_find(const struct node *map, struct text key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (node_each(item, map))
        if (text_equal(item->key, key))
            return item;
    return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
    return node_find(map, text_of(key));
}

struct text node_path(struct arena *arena, const struct node *node)
{
    struct text path = TEXT("");
    for (; node && node->parent; node = node->parent) {
        const char *point = path.size && path.data[0] != '[' ? "." : "";
        if (node->parent->kind == NODE_LIST)
            path = arena_print(arena, "[%u]%s%s", node->index + 1, point, path.data);
        else
            path = arena_print(arena, "%.*s%s%s", text_shown(node->key), node->key.data, point, path.data);
    }
    return path;
}

int text_shown(struct text text)
{
    enum { SHOWN = 60 };
    size_t size = 0;
    while (size < text.size && size < SHOWN && (unsigned char)text.data[size] >= ' ' && text.data[size] != 0x7f)
        size++;
    while (size > 0 && size < text.size && ((unsigned char)text.data[size] & 0xc0) == 0x80)
        size--;
    return (int)size;
}

const char *node_found(struct arena *arena, const struct node *node)
{
    if (!node || node_empty(node))
        return "nothing";
    if (node->kind == NODE_LIST)
        return "a list";
    if (node->kind == NODE_MAP)
        return "a mapping";
    int size = text_shown(node->text);
    return arena_print(arena, "\"%.*s%s\"%s", size, node->text.data, (size_t)size < node->text.size ? "…" : "",
                       node->plain ? typing_hint(arena, node->text) : "").data;
}

bool node_is(const struct node *node, const char *word)
{
    return node && node->kind == NODE_SCALAR && text_is(node->text, word);
}

bool node_empty(const struct node *node)
{
    return node && node->kind == NODE_SCALAR && node->plain &&
           (node->text.size == 0 || text_is(node->text, "~") || text_is(node->text, "null"));
}

bool node_list(struct problems *problems, const struct node *node, bool single, const struct node **first, uint32_t *count)
{
    if (!node)
        return false;
    if (node->kind == NODE_LIST && node->count > 0) {
        *first = node->first;
        *count = node->count;
        return true;
    }
    if (node->kind != NODE_LIST && single && !node_empty(node)) {
        *first = node;
        *count = 1;
        return true;
    }
    problems_add(problems, node, "found %s; allowed is a list such as [a, b].",
                 node->kind == NODE_LIST ? "an empty list" : node_found(problems->arena, node));
    return false;
}

bool node_map(struct problems *problems, const struct node *node)
{
    if (!node)
        return false;
    if (node->kind != NODE_MAP)
        problems_add(problems, node, "found %s; allowed is a mapping (key: value).", node_found(problems->arena, node));
    return node->kind == NODE_MAP;
}
