/* workflow_build: the tables of a workflow while it is being read: rows, strings, names. See workflow_reader.h. */
#include "engine/workflow_reader.h"

#include <assert.h>

void reader_init(struct workflow_reader *reader, struct arena *arena, struct problems *problems)
{
    *reader = (struct workflow_reader){.arena = arena, .problems = problems, .stage = NONE, .overdue = NONE, .reopen = NONE};
}

/* ---- rows ---- */

void row_blank(enum workflow_table table, void *row)
{
    const struct table_shape *shape = &workflow_shape.shapes[table];
    const int32_t none = NONE;
    memset(row, 0, shape->row_size);
    for (uint32_t i = 0; i < shape->member_count; i++) {
        enum member_kind kind = shape->members[i].kind;
        if (kind == MEMBER_STRING || kind == MEMBER_ROW || kind == MEMBER_NEEDED_STRING || kind == MEMBER_NEEDED_ROW)
            memcpy((char *)row + shape->members[i].offset, &none, sizeof none);
    }
}

static void *grown(struct arena *arena, const void *old, size_t count, size_t room, size_t size)
{
    void *rows = arena_take_array(arena, room, size);
    if (count)
        memcpy(rows, old, count * size);
    return rows;
}

int32_t row_push(struct workflow_reader *reader, enum workflow_table table, const void *row, const struct node *node)
{
    struct growing *growing = &reader->table[table];
    size_t size = workflow_shape.shapes[table].row_size, count = (size_t)growing->count;
    if (growing->count == growing->room) {
        size_t room = growing->room ? (size_t)growing->room * 2 : 16;
        growing->rows = grown(reader->arena, growing->rows, count, room, size);
        growing->nodes = grown(reader->arena, growing->nodes, count, room, sizeof(struct node *));
        growing->marks = grown(reader->arena, growing->marks, count, room, 1);
        growing->room = (int32_t)room;
    }
    memcpy(growing->rows + count * size, row, size);
    growing->nodes[count] = node;
    growing->marks[count] = 0;
    return growing->count++;
}

void *row_at(const struct workflow_reader *reader, enum workflow_table table, int32_t row)
{
    const struct growing *growing = &reader->table[table];
    assert(row >= 0 && row < growing->count);
    return growing->rows + (size_t)row * workflow_shape.shapes[table].row_size;
}

int32_t row_count(const struct workflow_reader *reader, enum workflow_table table)
{
    return reader->table[table].count;
}

const struct node *row_node(const struct workflow_reader *reader, enum workflow_table table, int32_t row)
{
    assert(row >= 0 && row < reader->table[table].count);
    return reader->table[table].nodes[row];
}

void row_mark(struct workflow_reader *reader, enum workflow_table table, int32_t row, enum workflow_mark mark)
{
    if (row == NONE)
        return;
    assert(row >= 0 && row < reader->table[table].count);
    reader->table[table].marks[row] |= (uint8_t)mark;
}

bool row_marked(const struct workflow_reader *reader, enum workflow_table table, int32_t row, enum workflow_mark mark)
{
    assert(row >= 0 && row < reader->table[table].count);
    return (reader->table[table].marks[row] & mark) != 0;
}

struct span refs_push(struct workflow_reader *reader, const int32_t *rows, int32_t count)
{
    struct span span = {.first = row_count(reader, WORKFLOW_REFS), .count = count};
    for (int32_t i = 0; i < count; i++)
        row_push(reader, WORKFLOW_REFS, &(struct workflow_ref){.row = rows[i]}, NULL);
    return span;
}

int32_t ref_at(const struct workflow_reader *reader, int32_t row)
{
    return ROW_OF(reader, REFS, ref, row)->row;
}

/* ---- strings: each once, in the order of their first use ---- */

static size_t hash_of(struct text text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds the string, or the free one where it belongs. */
static int32_t *slot_of(const struct workflow_reader *reader, struct text text)
{
    for (size_t at = hash_of(text);; at++) {
        int32_t *slot = &reader->slots[at % reader->slot_count];
        if (*slot == NONE || text_is(text, reader->strings + *slot))
            return slot;
    }
}

static void grow_slots(struct workflow_reader *reader)
{
    size_t old_count = reader->slot_count;
    const int32_t *old = reader->slots;
    reader->slot_count = old_count ? old_count * 2 : 256;
    reader->slots = ARENA_ARRAY(reader->arena, int32_t, reader->slot_count);
    memset(reader->slots, 0xff, reader->slot_count * sizeof(int32_t)); /* NONE */
    for (size_t i = 0; i < old_count; i++)
        if (old[i] != NONE)
            *slot_of(reader, text_of(reader->strings + old[i])) = old[i];
}

static int32_t append_string(struct workflow_reader *reader, struct text text)
{
    size_t needed = reader->strings_size + text.size + 1;
    if (needed > reader->strings_room) {
        reader->strings_room = needed * 2;
        reader->strings = grown(reader->arena, reader->strings, reader->strings_size, reader->strings_room, 1);
    }
    int32_t offset = (int32_t)reader->strings_size;
    if (text.size)
        memcpy(reader->strings + offset, text.data, text.size);
    reader->strings[needed - 1] = '\0';
    reader->strings_size = needed;
    return offset;
}

int32_t string_push(struct workflow_reader *reader, struct text text)
{
    if (text.size && memchr(text.data, 0, text.size)) /* has been reported by the loader */
        text.size = strlen(text.data);
    if (reader->slots_used * 2 >= reader->slot_count)
        grow_slots(reader);
    int32_t *slot = slot_of(reader, text);
    if (*slot == NONE) {
        *slot = append_string(reader, text);
        reader->slots_used++;
    }
    return *slot;
}

const char *string_at(const struct workflow_reader *reader, int32_t offset)
{
    return offset == NONE ? "" : reader->strings + offset;
}

/* ---- names ---- */

/* The name of a row; every table that is looked up by name begins its rows with it. */
_Static_assert(offsetof(struct workflow_field, name) == 0 && offsetof(struct workflow_group, name) == 0 &&
                   offsetof(struct workflow_stage, name) == 0 && offsetof(struct workflow_event, name) == 0 &&
                   offsetof(struct workflow_end, name) == 0 && offsetof(struct workflow_task, name) == 0 &&
                   offsetof(struct workflow_name, name) == 0 && offsetof(struct workflow_level, name) == 0 && offsetof(struct workflow_with, name) == 0,
               "rows that are looked up by name begin with it");

const char *row_name(const struct workflow_reader *reader, enum workflow_table table, int32_t row)
{
    int32_t name;
    memcpy(&name, row_at(reader, table, row), sizeof name);
    return string_at(reader, name);
}

int32_t name_find_in(const struct workflow_reader *reader, enum workflow_table table, struct span rows, struct text name)
{
    for (int32_t row = rows.first; name.size && row < rows.first + rows.count; row++)
        if (text_is(name, row_name(reader, table, row)))
            return row;
    return NONE;
}

static struct span whole(const struct workflow_reader *reader, enum workflow_table table)
{
    return (struct span){.first = 0, .count = row_count(reader, table)};
}

int32_t name_find(const struct workflow_reader *reader, enum workflow_table table, struct text name)
{
    return name_find_in(reader, table, whole(reader, table), name);
}

/* As an author reads it: a word with its title beside it. */
static const char *listed_name(const struct workflow_reader *reader, enum workflow_table table, int32_t row)
{
    int32_t title = table == WORKFLOW_NAMES ? ROW_OF(reader, NAMES, name, row)->title_zh : NONE;
    return title == NONE ? row_name(reader, table, row) : arena_print(reader->arena, "%s (%s)", row_name(reader, table, row), string_at(reader, title)).data;
}

const char *names_listed(const struct workflow_reader *reader, enum workflow_table table, struct span rows)
{
    enum { LISTED = 12 };
    const char *list = "";
    int32_t listed = 0;
    for (int32_t row = rows.first; row < rows.first + rows.count; row++) {
        if (!*row_name(reader, table, row))
            continue;
        if (listed++ == LISTED)
            return arena_print(reader->arena, "%s, ...", list).data;
        list = arena_print(reader->arena, "%s%s%s", list, *list ? ", " : "", listed_name(reader, table, row)).data;
    }
    return *list ? list : "none";
}

/* Of the tables that are looked up by name. */
static const struct {
    const char *one, *many;
} table_words[WORKFLOW_TABLE_COUNT] = {
    [WORKFLOW_FIELDS] = {"field", "Fields"}, [WORKFLOW_GROUPS] = {"group", "Groups"}, [WORKFLOW_STAGES] = {"stage", "Stages"},
    [WORKFLOW_ENDS] = {"end", "Ends"},
};

/* A stage where an end is meant, or the other way round; otherwise the nearest name. */
static const char *other_or_nearest(struct workflow_reader *reader, enum workflow_table table, struct text name, const struct nearest *nearest)
{
    if (table == WORKFLOW_STAGES && name_find(reader, WORKFLOW_ENDS, name) != NONE)
        return arena_print(reader->arena, " \"%s\" is an end: write end: %s.", name.data, name.data).data;
    if (table == WORKFLOW_ENDS && name_find(reader, WORKFLOW_STAGES, name) != NONE)
        return arena_print(reader->arena, " \"%s\" is a stage: write go: %s.", name.data, name.data).data;
    return nearest_hint(nearest, reader->arena);
}

/* Reports the name and gives the nearest row, or NONE. */
static int32_t name_unknown(struct workflow_reader *reader, enum workflow_table table, const struct node *node, struct text name)
{
    struct nearest nearest = nearest_to(name);
    if (table == WORKFLOW_STAGES && row_count(reader, table) == 0 && reader->problems->errors)
        return NONE; /* that there are none at all has been said, or why they could not be read */
    if (problems_full(reader->problems)) { /* counted, but not worth the search */
        problems_add(reader->problems, node, "unknown");
        return NONE;
    }
    for (int32_t i = 0; i < row_count(reader, table); i++)
        nearest_offer(&nearest, text_of(row_name(reader, table, i)));
    problems_add(reader->problems, node, "there is no %s \"%s\".%s %s: %s.", table_words[table].one, name.data,
                 other_or_nearest(reader, table, name, &nearest), table_words[table].many, names_listed(reader, table, whole(reader, table)));
    return name_find(reader, table, nearest.best);
}

int32_t name_resolve(struct workflow_reader *reader, enum workflow_table table, const struct node *node)
{
    struct text name;
    int32_t row = NONE;
    assert(table_words[table].one);
    if (node_name(reader->problems, node, &name)) {
        row = name_find(reader, table, name);
        row = row == NONE ? name_unknown(reader, table, node, name) : row;
    }
    reader->doubtful[table] = reader->doubtful[table] || row == NONE;
    row_mark(reader, table, row, MARK_USED);
    return row;
}

bool word_reserved(struct text word)
{
    static const char *const words[] = {
        "level",  "count", "all",   "any",  "none",       "today",  "previous", "opener", "resident",  "worker",
        "extend", "grant", "deny",  "stop-clock", "resume", "claim",  "hand-over", "unclaim", "add-handler", "remove-handler", "ballot", "attend", "recuse", "take-back", "reopen",
        "link", "merge", "un-merge", "split",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_is(word, words[i]))
            return true;
    return false;
}

bool word_meant(struct workflow_reader *reader, const struct node *node, const char *const *words, size_t count, const char *allowed)
{
    if (node->kind != NODE_SCALAR || name_find(reader, WORKFLOW_FIELDS, node->text) != NONE ||
        name_find(reader, WORKFLOW_LEVELS, node->text) != NONE)
        return false;
    struct nearest nearest = nearest_to(node->text);
    nearest.most = 2;
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, text_of(words[i]));
    if (nearest.best.size == 0)
        return false;
    problems_add(reader->problems, node, "found %s; allowed is %s.%s", node_found(reader->arena, node), allowed,
                 nearest_hint(&nearest, reader->arena));
    return true;
}

bool name_allowed(struct workflow_reader *reader, const struct node *node)
{
    if (!node_key_name(reader->problems, node))
        return false;
    if (!word_reserved(node->key))
        return true;
    problems_add_key(reader->problems, node, "\"%s\" is a word of the language and cannot be a name. Use another name.", node->key.data);
    return false;
}

/* ---- levels: what is named is one; the directory knows whether it exists ---- */

int32_t level_resolve(struct workflow_reader *reader, const struct node *node)
{
    struct text name;
    if (!node_name(reader->problems, node, &name))
        return NONE;
    if (word_reserved(name) || text_is(name, "keep") || text_is(name, "home") || text_is(name, "below")) {
        problems_add(reader->problems, node, "\"%s\" is a word of the language and cannot be a level. Levels are named by the "
                                             "directory, such as building, grid or community.", name.data);
        return NONE;
    }
    int32_t row = name_find(reader, WORKFLOW_LEVELS, name);
    if (row != NONE)
        return row;
    if (row_count(reader, WORKFLOW_LEVELS) >= WORKFLOW_LEVELS_MOST) {
        problems_add(reader->problems, node, "this workflow names more than %d levels.", WORKFLOW_LEVELS_MOST);
        return NONE;
    }
    return row_push(reader, WORKFLOW_LEVELS, &(struct workflow_level){.name = string_push(reader, name)}, node);
}

struct span levels_read(struct workflow_reader *reader, const struct node *node)
{
    int32_t levels[WORKFLOW_LEVELS_MOST], found = 0;
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, true, &item, &count))
        return (struct span){0, 0};
    for (uint32_t i = 0; i < count && found < WORKFLOW_LEVELS_MOST; i++, item = item->next) {
        int32_t level = level_resolve(reader, item);
        bool twice = false;
        for (int32_t j = 0; j < found; j++)
            twice = twice || levels[j] == level;
        if (twice)
            problems_add(reader->problems, item, "the level \"%s\" stands here a second time.", item->text.data);
        else if (level != NONE)
            levels[found++] = level;
    }
    return refs_push(reader, levels, found);
}

bool refs_include(const struct workflow_reader *reader, struct span refs, int32_t row)
{
    for (int32_t i = 0; i < refs.count; i++)
        if (ref_at(reader, refs.first + i) == row)
            return true;
    return false;
}

/* ---- keys and titles ---- */

const struct node *key_node(const struct workflow_reader *reader, const struct node *node)
{
    struct node *key = ARENA_NEW(reader->arena, struct node);
    *key = (struct node){.kind = NODE_SCALAR, .plain = true, .text = node->key, .key = node->key, .place = node->key_place,
                         .key_place = node->key_place, .parent = node->parent, .index = node->index};
    return key;
}

const struct node *key_get(const struct node *map, enum workflow_where where, const char *name)
{
    return keys_get(map, &workflow_keys, (int)where, name);
}

/* What stands under a key that could not be read may use anything. */
bool key_check(struct workflow_reader *reader, const struct node *map, enum workflow_where where)
{
    uint32_t errors = reader->problems->errors;
    bool is_map = keys_check(reader->problems, map, &workflow_keys, (int)where);
    for (int table = 0; table < WORKFLOW_TABLE_COUNT && reader->problems->errors > errors; table++)
        reader->doubtful[table] = true;
    return is_map;
}

void title_read(struct workflow_reader *reader, const struct node *node, int32_t *zh, int32_t *en)
{
    struct text text;
    *zh = *en = NONE;
    if (!key_check(reader, node, IN_TITLE))
        return;
    if (node_text(reader->problems, key_get(node, IN_TITLE, "zh"), WORKFLOW_TEXT_MOST, &text))
        *zh = string_push(reader, text);
    if (node_text(reader->problems, key_get(node, IN_TITLE, "en"), WORKFLOW_TEXT_MOST, &text))
        *en = string_push(reader, text);
    if (node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is {zh: ..., en: ...}.");
}

/* ---- the result ---- */

static const struct workflow_place *places_of(const struct workflow_reader *reader, enum workflow_table table)
{
    struct workflow_place *places = ARENA_ARRAY(reader->arena, struct workflow_place, (size_t)row_count(reader, table));
    for (int32_t row = 0; row < row_count(reader, table); row++) {
        const struct node *node = row_node(reader, table, row);
        places[row] = (struct workflow_place){node->place.line, node->place.column};
    }
    return places;
}

void reader_finish(struct workflow_reader *reader, struct workflow *out)
{
    struct table *tables = ARENA_ARRAY(reader->arena, struct table, WORKFLOW_TABLE_COUNT);
    for (int table = 0; table < WORKFLOW_TABLE_COUNT; table++)
        tables[table] = (struct table){.rows = reader->table[table].rows, .count = reader->table[table].count};
    *out = (struct workflow){
        .tables = {.table = tables, .strings = reader->strings ? reader->strings : "", .strings_size = (int32_t)reader->strings_size},
    };
    workflow_bind(out);
    out->opens_at = places_of(reader, WORKFLOW_OPENS);
    out->waits_at = places_of(reader, WORKFLOW_WAITS);
}
