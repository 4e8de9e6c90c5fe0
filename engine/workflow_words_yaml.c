/* workflow_words_yaml: words that values are (choices of a field or a vote, grades, grounds) and what people call them.
 *
 *     [question, complaint]                          words alone
 *     {question: {zh: 咨询, en: Question}, other: }  words with titles; one with nothing behind it has none */
#include "engine/workflow_reader.h"

static bool has_titles(const struct node *item)
{
    return item->parent && item->parent->kind == NODE_MAP;
}

bool words_begin(struct workflow_reader *reader, const struct node *node, const struct node **first)
{
    uint32_t count;
    if (!node || node->kind != NODE_MAP)
        return node_list(reader->problems, node, false, first, &count);
    *first = node->first;
    if (node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is a list such as [a, b], or a mapping of words to titles such as {a: {zh: ..., en: ...}}.");
    return node->count > 0;
}

/* How a key was quoted is not known: nothing is warned of in it. */
const struct node *word_node(const struct workflow_reader *reader, const struct node *item)
{
    if (!has_titles(item))
        return item;
    struct node *word = ARENA_NEW(reader->arena, struct node);
    *word = *key_node(reader, item);
    word->plain = false;
    return word;
}

void word_push(struct workflow_reader *reader, const struct node *item, struct text word, const struct node *title)
{
    struct workflow_name name;
    row_blank(WORKFLOW_NAMES, &name);
    name.name = string_push(reader, word);
    if (title && title->kind == NODE_MAP)
        title_read(reader, title, &name.title_zh, &name.title_en);
    else if (title && !node_empty(title))
        problems_add(reader->problems, title, "found %s; allowed is the word's title {zh: ..., en: ...}, or nothing.", node_found(reader->arena, title));
    row_push(reader, WORKFLOW_NAMES, &name, item);
}

const struct node *word_title(const struct node *item)
{
    return has_titles(item) ? item : NULL;
}
