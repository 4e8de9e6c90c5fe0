/* yaml: libyaml's events become a tree of nodes. See yaml.h for what is refused and why.
 *
 * The event API, not the document API: depth, number of nodes and what is forbidden are looked at as the events come, so that a
 * hostile file is left at its first event too many. Two kinds of mistake: what makes the rest unreadable (a syntax error,
 * too deep, too many nodes) ends the reading; what can be left out (a duplicate key, a tag, an anchor) is reported and left out. */
#include "engine/yaml.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <yaml.h>

struct loader {
    struct arena *arena;
    struct problems *problems;
    struct text source;
    yaml_parser_t parser;
    uint32_t nodes;
    uint32_t depth;
    bool typing_told;     /* slips of the keyboard have been looked for */
    int32_t mistake_line; /* of the last mistake of structure; 0: none */
    int32_t lines_before; /* what is read now, when that is not the whole source (look_further) */
};

static struct place place_of(yaml_mark_t mark)
{
    int32_t line = mark.line < INT32_MAX ? (int32_t)mark.line + 1 : INT32_MAX;
    int32_t column = mark.column < INT32_MAX ? (int32_t)mark.column + 1 : INT32_MAX;
    return (struct place){.line = line, .column = column};
}

/* ---- what libyaml itself refuses ---- */

/* libyaml's marks are not set while it decodes characters; only the offset is right then (pitfall 19). */
static struct place place_of_offset(struct text source, size_t offset)
{
    struct place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < source.size; i++) {
        if (source.data[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)source.data[i] & 0xc0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

/* What libyaml says, in the words of whoever writes the file; NULL where only its own words are known. */
static const char *advice_for(const char *problem)
{
    static const struct {
        const char *problem, *advice;
    } advices[] = {
        {"mapping values are not allowed in this context", "a colon too many, or the line is indented too far; a text with a colon in it goes in quotes"},
        {"did not find expected key", "the line is not indented like those before it, or something before it was not closed"},
        {"did not find expected ',' or '}'", "a { was not closed, or a comma is missing; a text with a comma or colon in it goes in quotes"},
        {"did not find expected ',' or ']'", "a [ was not closed, or a comma is missing; a text with a comma or colon in it goes in quotes"},
        {"did not find expected '-' indicator", "the line is not indented like the entries of the list before it"},
        {"could not find expected ':'", "this should be a key, and a key is followed by a colon and a space"},
        {"found unexpected end of stream", "a quote was opened and not closed"},
        {"found unexpected document indicator", "a quote was opened and not closed"},
        {"found character that cannot start any token", "a text that begins with this sign goes in quotes"},
        {"found a tab character that violates indentation", "a tab stands here; indent with spaces"},
        {"found unknown escape character", "in double quotes \\ has a meaning of its own; write \\\\, or single quotes"},
        {"block sequence entries are not allowed in this context", "a list stands under its key, indented, an entry a line"},
        {"did not find expected node content", "something is missing here: a value, or what belongs between two commas"},
        {"did not find expected <document start>", "this does not belong to what stands before it"},
    };
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strcmp(advices[i].problem, problem) == 0)
            return advices[i].advice;
    return NULL;
}

/* The byte at a place. */
static char sign_at(struct text source, struct place place)
{
    struct place at = {.line = 1, .column = 1};
    for (size_t i = 0; i < source.size; i++) {
        if (at.line == place.line && at.column == place.column)
            return source.data[i];
        if (source.data[i] == '\n')
            at = (struct place){.line = at.line + 1, .column = 1};
        else if (i + 1 < source.size && ((unsigned char)source.data[i + 1] & 0xc0) != 0x80)
            at.column++;
    }
    return '\0';
}

/* For an open quote or bracket the place where it was opened says more than where that was noticed; for a block it does not. */
static bool begin_says_more(const yaml_parser_t *parser)
{
    static const char block[] = "while parsing a block";
    return parser->context && parser->context_mark.index < parser->problem_mark.index &&
           strncmp(parser->context, block, sizeof block - 1) != 0;
}

/* A slip of the keyboard on these lines says better what is wrong. */
static bool told_by_typing(const struct problems *problems, int32_t first, int32_t last)
{
    for (uint32_t i = 0; i < problems->kept; i++)
        if (!problems->items[i].warning && problems->items[i].place.line >= first && problems->items[i].place.line <= last)
            return true;
    return false;
}

static void report_structure(struct loader *loader, struct place begin, struct place end)
{
    const yaml_parser_t *parser = &loader->parser;
    const char *problem = parser->problem ? parser->problem : "cannot be read", *advice = advice_for(problem), *noticed = "";
    char sign = sign_at(loader->source, begin);
    if (!loader->typing_told)
        typing_report(loader->problems, loader->source);
    loader->typing_told = true;
    loader->mistake_line = begin.line;
    /* A wide space at the beginning of a line makes a text of it, and the line below is the one that does not fit. */
    bool below = strcmp(problem, "mapping values are not allowed in this context") == 0;
    if (told_by_typing(loader->problems, below ? begin.line - 1 : begin.line, end.line)) {
        loader->mistake_line = end.line;
        return;
    }
    if (begin.line != end.line)
        noticed = arena_print(loader->arena, " (noticed at %d:%d)", end.line, end.column).data;
    if (sign == '}' || sign == ']')
        problems_add_at(loader->problems, begin, TEXT(""), "a %c too many: nothing is open here that it could close.", sign);
    else if (sign == '-' && strcmp(problem, "did not find expected key") == 0)
        problems_add_at(loader->problems, begin, TEXT(""), "a dash makes an entry of a list, and the lines around this one are keys. Leave the dash out.");
    else if (advice)
        problems_add_at(loader->problems, begin, TEXT(""), "%s%s.", advice, noticed);
    else
        problems_add_at(loader->problems, begin, TEXT(""), "this cannot be read: %s%s%s%s.", parser->context ? parser->context : "",
                        parser->context ? ": " : "", problem, noticed);
}

static void report_syntax(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        abort(); /* as in arena.h: a half-read file has no answer for anyone */
    if (parser->error == YAML_READER_ERROR) {
        problems_add_at(loader->problems, place_of_offset(loader->source, parser->problem_offset), TEXT(""),
                        "this is not readable text: %s. Save the file as UTF-8, without control characters.",
                        parser->problem ? parser->problem : "cannot be read");
        return;
    }
    struct place end = place_of(parser->problem_mark), begin = begin_says_more(parser) ? place_of(parser->context_mark) : end;
    begin.line += loader->lines_before;
    end.line += loader->lines_before;
    report_structure(loader, begin, end);
}

static void parser_begin(struct loader *loader, struct text source)
{
    if (!yaml_parser_initialize(&loader->parser))
        abort(); /* no memory: as in arena.h */
    yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader->parser, (const unsigned char *)(source.size ? source.data : ""), source.size);
}

static bool next_event(struct loader *loader, yaml_event_t *event)
{
    if (yaml_parser_parse(&loader->parser, event))
        return true;
    report_syntax(loader);
    return false;
}

/* ---- nodes ---- */

/* Where a value is about to stand: known before its inside is read, so that problems inside can say their whole path. */
struct spot {
    struct node *parent;
    struct text key;
    struct place key_place;
};

static struct node *node_new(struct loader *loader, const struct spot *spot, enum node_kind kind, const yaml_event_t *event)
{
    struct node *node = ARENA_NEW(loader->arena, struct node);
    node->kind = kind;
    node->parent = spot->parent;
    node->place = node->key_place = place_of(event->start_mark);
    node->text = (struct text){.data = "", .size = 0};
    node->key = spot->key;
    if (spot->key_place.line)
        node->key_place = spot->key_place;
    node->index = spot->parent ? spot->parent->count : 0;
    return node;
}

static void add_child(struct node *parent, struct node **last, struct node *child)
{
    child->index = parent->count++;
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
}

/* Anchors and tags give a value a second meaning that cannot be seen where it stands. */
static void refuse_properties(struct loader *loader, const struct node *node, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct text name = text_of((const char *)anchor), type = text_of((const char *)tag);
    if (anchor)
        problems_add(loader->problems, node, "the anchor &%.*s cannot be used here. Write the value out where it is needed.",
                     text_shown(name), name.data);
    if (tag)
        problems_add(loader->problems, node, "the tag %.*s cannot be used here. Leave it out.", text_shown(type), type.data);
}

static struct text copy_scalar(struct arena *arena, const yaml_event_t *event)
{
    return arena_copy(arena, (struct text){.data = (const char *)event->data.scalar.value, .size = event->data.scalar.length});
}

static struct node *load_value(struct loader *loader, const struct spot *spot, const yaml_event_t *event);

static struct node *load_scalar(struct loader *loader, const struct spot *spot, const yaml_event_t *event)
{
    struct node *node = node_new(loader, spot, NODE_SCALAR, event);
    node->text = copy_scalar(loader->arena, event);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    refuse_properties(loader, node, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(node->text.data, 0, node->text.size))
        problems_add(loader->problems, node, "a zero byte (\\0) stands in this text. Leave it out.");
    return node;
}

static struct node *load_list(struct loader *loader, const struct spot *spot, const yaml_event_t *start)
{
    struct node *list = node_new(loader, spot, NODE_LIST, start), *last = NULL;
    struct spot inside = {.parent = list, .key = TEXT("")};
    refuse_properties(loader, list, start->data.sequence_start.anchor, start->data.sequence_start.tag);
    yaml_event_t event;
    while (next_event(loader, &event)) {
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return list;
        }
        struct node *item = load_value(loader, &inside, &event);
        yaml_event_delete(&event);
        if (!item)
            break;
        add_child(list, &last, item);
    }
    return NULL;
}

/* A key that is no scalar is reported; its value is read past, under an empty key, and left out. */
static bool load_key(struct loader *loader, const yaml_event_t *event, struct spot *spot, bool *usable)
{
    spot->key = TEXT("");
    spot->key_place = place_of(event->start_mark);
    struct node *node = load_value(loader, spot, event);
    if (!node)
        return false;
    *usable = node->kind == NODE_SCALAR && !text_is(node->text, "<<");
    spot->key = node->text;
    if (node->kind != NODE_SCALAR)
        problems_add(loader->problems, node, "a key must be one word or text, found %s.", node_found(loader->arena, node));
    else if (!*usable)
        problems_add(loader->problems, node, "`<<` cannot be used here. Write the keys out where they are needed.");
    return true;
}

/* `{by：clerk}` and `{go:work}` are one key without a value. False when it is such a slip, which has been reported. */
static bool is_key(struct loader *loader, const struct node *value)
{
    if (!node_empty(value) || value->key.size == 0)
        return true;
    const char *wide = strstr(value->key.data, "：");
    struct text name = {.data = value->key.data, .size = strcspn(value->key.data, ":")};
    if (wide)
        name.size = (size_t)(wide - name.data);
    while (name.size && name.data[name.size - 1] == ' ')
        name.size--;
    if (!name_holds(name) || (!wide && name.size == value->key.size))
        return true;
    problems_add_key(loader->problems, value, "after the key \"%.*s\" comes an ordinary colon and a space (\"%.*s: \").", (int)name.size, name.data,
                     (int)name.size, name.data);
    return false;
}

static int compare_keys(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left, *b = *(const struct node *const *)right;
    int order = text_compare(a->key, b->key);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* The first of equal keys counts; the later ones are reported and taken out. Sorted, so that a long mapping costs no more
 * than it must. */
static void refuse_duplicates(struct loader *loader, struct node *map)
{
    if (map->count < 2)
        return;
    struct node **keys = ARENA_ARRAY(loader->arena, struct node *, map->count);
    uint32_t count = 0;
    for (struct node *item = map->first; item; item = item->next)
        keys[count++] = item;
    qsort(keys, count, sizeof(struct node *), compare_keys);
    uint32_t first = 0;
    for (uint32_t i = 1; i < count; i++) {
        if (!text_equal(keys[i]->key, keys[first]->key)) {
            first = i;
            continue;
        }
        problems_add_key(loader->problems, keys[i], "the key \"%.*s\" stands here a second time (first in line %d). Keep one.",
                         text_shown(keys[i]->key), keys[i]->key.data, keys[first]->key_place.line);
        keys[i]->index = UINT32_MAX;
    }
    struct node *last = NULL, *item = map->first;
    map->first = NULL;
    map->count = 0;
    for (struct node *next; item; item = next) {
        next = item->next;
        item->next = NULL;
        if (item->index != UINT32_MAX)
            add_child(map, &last, item);
    }
}

static struct node *load_map(struct loader *loader, const struct spot *spot, const yaml_event_t *start)
{
    struct node *map = node_new(loader, spot, NODE_MAP, start), *last = NULL;
    struct spot inside = {.parent = map};
    refuse_properties(loader, map, start->data.mapping_start.anchor, start->data.mapping_start.tag);
    yaml_event_t event;
    while (next_event(loader, &event)) {
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            refuse_duplicates(loader, map);
            return map;
        }
        bool usable, read = load_key(loader, &event, &inside, &usable);
        yaml_event_delete(&event);
        if (!read || !next_event(loader, &event))
            break;
        struct node *value = load_value(loader, &inside, &event);
        yaml_event_delete(&event);
        if (!value)
            break;
        if (usable && is_key(loader, value))
            add_child(map, &last, value);
    }
    return NULL;
}

/* NULL ends the reading; the reason has been reported. */
static struct node *load_value(struct loader *loader, const struct spot *spot, const yaml_event_t *event)
{
    struct place place = place_of(event->start_mark);
    if (++loader->nodes > YAML_NODES_MOST) {
        problems_add_at(loader->problems, place, TEXT(""), "the file holds more than %d values. Split it.", YAML_NODES_MOST);
        return NULL;
    }
    if (event->type == YAML_SCALAR_EVENT)
        return load_scalar(loader, spot, event);
    if (event->type == YAML_ALIAS_EVENT) {
        struct node *node = node_new(loader, spot, NODE_SCALAR, event);
        struct text name = text_of((const char *)event->data.alias.anchor);
        problems_add(loader->problems, node, "the alias *%.*s cannot be used here. Write the value out where it is needed.",
                     text_shown(name), name.data);
        return node;
    }
    assert(event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT);
    if (loader->depth >= YAML_DEPTH_MOST) {
        problems_add_at(loader->problems, place, TEXT(""), "lists and mappings are nested more than %d deep.", YAML_DEPTH_MOST);
        return NULL;
    }
    loader->depth++;
    struct node *node =
        event->type == YAML_SEQUENCE_START_EVENT ? load_list(loader, spot, event) : load_map(loader, spot, event);
    loader->depth--;
    return node;
}

/* ---- the stream ---- */

/* Expects an event of a type where nothing else can come. */
static bool pass_event(struct loader *loader, yaml_event_type_t type)
{
    yaml_event_t event;
    if (!next_event(loader, &event))
        return false;
    bool passed = event.type == type;
    yaml_event_delete(&event);
    return passed;
}

static struct node *load_document(struct loader *loader)
{
    yaml_event_t event;
    if (!pass_event(loader, YAML_STREAM_START_EVENT) || !next_event(loader, &event))
        return NULL;
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (empty) {
        problems_add_at(loader->problems, (struct place){1, 1}, TEXT(""), "the file is empty.");
        return NULL;
    }
    if (!next_event(loader, &event))
        return NULL;
    struct spot top = {.key = TEXT("")};
    struct node *root = load_value(loader, &top, &event);
    yaml_event_delete(&event);
    return root && pass_event(loader, YAML_DOCUMENT_END_EVENT) ? root : NULL;
}

static bool load_end(struct loader *loader)
{
    yaml_event_t event;
    if (!next_event(loader, &event))
        return false;
    bool second = event.type != YAML_STREAM_END_EVENT;
    if (second)
        problems_add_at(loader->problems, place_of(event.start_mark), TEXT(""),
                        "a second document begins here (---). A file holds one.");
    yaml_event_delete(&event);
    return !second;
}

/* ---- after a mistake ---- */

enum { FURTHER_MOST = 8 }; /* each look may read to the end of the file */

/* Where the first line after a line begins that begins with a small letter: a section. At the end of the source when there is none. */
static size_t next_section(struct text source, int32_t after, int32_t *lines_before)
{
    size_t at = 0;
    for (int32_t line = 1; at < source.size; line++) {
        if (line > after && source.data[at] >= 'a' && source.data[at] <= 'z') {
            *lines_before = line - 1;
            return at;
        }
        const char *end = memchr(source.data + at, '\n', source.size - at);
        at = end ? (size_t)(end - source.data) + 1 : source.size;
    }
    return at;
}

/* Reads without keeping anything, to the end or the next mistake. */
static void read_past(struct loader *loader, struct text rest)
{
    yaml_event_t event;
    bool more = true;
    yaml_parser_delete(&loader->parser);
    parser_begin(loader, rest);
    loader->mistake_line = 0;
    while (more && next_event(loader, &event)) {
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
}

/* A section whose structure is broken hides those after it: they are looked at by themselves, each until its first mistake. */
static void look_further(struct loader *loader)
{
    for (int looks = 0; looks < FURTHER_MOST && loader->mistake_line; looks++) {
        size_t start = next_section(loader->source, loader->mistake_line, &loader->lines_before);
        if (start >= loader->source.size)
            return;
        read_past(loader, (struct text){loader->source.data + start, loader->source.size - start});
    }
}

/* Some editors begin a file with an invisible mark; libyaml would count it as a column of the first line. */
static struct text without_mark(struct text source)
{
    bool marked = source.size >= 3 && memcmp(source.data, "\xef\xbb\xbf", 3) == 0;
    return marked ? (struct text){.data = source.data + 3, .size = source.size - 3} : source;
}

const struct node *yaml_load(struct arena *arena, struct text whole, struct problems *problems)
{
    struct text source = without_mark(whole);
    struct loader loader = {.arena = arena, .problems = problems, .source = source};
    if (source.size > YAML_BYTES_MOST) {
        problems_add_at(problems, (struct place){1, 1}, TEXT(""), "the file has %zu bytes; at most %d are read. Split it.",
                        source.size, YAML_BYTES_MOST);
        return NULL;
    }
    parser_begin(&loader, source);
    struct node *root = load_document(&loader);
    if (root && !load_end(&loader))
        root = NULL;
    look_further(&loader);
    yaml_parser_delete(&loader.parser);
    return root;
}
