/* import_map: see import_map.h. */
#include "engine/command/import_map.h"

#include <ctype.h>

enum where { IN_MAP, IN_CELL, IN_TIME, IN_ACTIVITY };

static const struct key rows[] = {
    {IN_MAP, "import", KIND_SCALAR, KEY_NEEDED, "a name in kebab-case", "names this source of cases for ever", NULL},
    {IN_MAP, "workflow", KIND_SCALAR, KEY_NEEDED, "the name of a workflow", "what the cases are opened as", NULL},
    {IN_MAP, "case", KIND_SCALAR | KIND_MAP, KEY_NEEDED, "the name of a column", "tells cases apart", NULL},
    {IN_MAP, "event", KIND_SCALAR | KIND_MAP, KEY_NEEDED, "the name of a column", "says what happened", NULL},
    {IN_MAP, "time", KIND_SCALAR | KIND_MAP, KEY_NEEDED, "the name of a column", "says when", NULL},
    {IN_MAP, "person", KIND_SCALAR | KIND_MAP, KEY_NEEDED, "the name of a column, or {always: PERSON}", "says who", NULL},
    {IN_MAP, "unit", KIND_SCALAR | KIND_MAP, KEY_NEEDED, "the name of a column, or {always: PATH}", "says where a case opens", NULL},
    {IN_MAP, "fields", KIND_MAP, 0, "a mapping of fields to columns", "what any event may bring", NULL},
    {IN_MAP, "events", KIND_MAP, KEY_NEEDED, "a mapping of what happened to events", "which is which", NULL},
    {IN_CELL, "column", KIND_SCALAR, 0, "the name of a column", "where the value stands", NULL},
    {IN_CELL, "always", KIND_SCALAR, 0, "a text", "the same for all rows", NULL},
    {IN_CELL, "of", KIND_MAP, 0, "a mapping of values", "translates", NULL},
    {IN_CELL, "app", KIND_SCALAR, 0, "a name", "who speaks for people that are not in the directory", NULL},
    {IN_CELL, "as", KIND_SCALAR, 0, "date", "the civil date that an ISO time begins with", NULL},
    {IN_TIME, "column", KIND_SCALAR, KEY_NEEDED, "the name of a column", "where the time stands", NULL},
    {IN_TIME, "offset", KIND_SCALAR, 0, "an offset such as \"+08:00\"", "of times without one", NULL},
    {IN_ACTIVITY, "event", KIND_SCALAR, 0, "the name of an event", "what it is in the workflow", NULL},
    {IN_ACTIVITY, "opens", KIND_SCALAR, 0, "true", "it opens the case", NULL},
    {IN_ACTIVITY, "fields", KIND_MAP, 0, "a mapping of fields to columns", "what this event brings besides", NULL},
};
static const struct keys keys = {rows, sizeof rows / sizeof *rows, NULL, 0};

static void read_cell(struct problems *problems, const struct node *node, struct import_cell *cell)
{
    *cell = (struct import_cell){.column = -1};
    if (!node)
        return;
    if (node->kind == NODE_SCALAR) {
        node_text(problems, node, 0, &cell->column_name);
        return;
    }
    if (!keys_check(problems, node, &keys, IN_CELL))
        return;
    const struct node *column = keys_get(node, &keys, IN_CELL, "column"), *always = keys_get(node, &keys, IN_CELL, "always");
    if (!column == !always)
        problems_add(problems, node, "Say either column or always.");
    static const char *const forms[] = {"date"};
    int32_t form;
    if (column)
        node_text(problems, column, 0, &cell->column_name);
    if (always)
        node_text(problems, always, 0, &cell->always);
    const struct node *app = keys_get(node, &keys, IN_CELL, "app"), *as = keys_get(node, &keys, IN_CELL, "as");
    if (app)
        node_name(problems, app, &cell->app);
    if (as)
        cell->date = node_choice(problems, as, forms, 1, &form);
    cell->of = keys_get(node, &keys, IN_CELL, "of");
}

static bool parse_offset(struct text text, int32_t *minutes)
{
    const char *at = text.data;
    if (text.size != 6 || (at[0] != '+' && at[0] != '-') || at[3] != ':' || !isdigit((unsigned char)at[1]) || !isdigit((unsigned char)at[2]) ||
        !isdigit((unsigned char)at[4]) || !isdigit((unsigned char)at[5]))
        return false;
    *minutes = ((at[1] - '0') * 10 + at[2] - '0') * 60 + (at[4] - '0') * 10 + at[5] - '0';
    if (at[0] == '-')
        *minutes = -*minutes;
    return true;
}

static void read_time(struct problems *problems, const struct node *node, struct import_map *map)
{
    if (!node || node->kind == NODE_SCALAR) {
        read_cell(problems, node, &map->time);
        return;
    }
    map->time = (struct import_cell){.column = -1};
    if (!keys_check(problems, node, &keys, IN_TIME))
        return;
    const struct node *column = keys_get(node, &keys, IN_TIME, "column"), *offset = keys_get(node, &keys, IN_TIME, "offset");
    if (column)
        node_text(problems, column, 0, &map->time.column_name);
    if (!offset)
        return;
    map->has_offset = parse_offset(offset->text, &map->offset_minutes);
    if (!map->has_offset)
        problems_add(problems, offset, "%s is no offset. Write it as \"+08:00\".", node_found(problems->arena, offset));
}

static void read_fields(struct arena *arena, struct problems *problems, const struct node *node, struct import_field **fields, uint32_t *count)
{
    *count = 0;
    if (!node)
        return;
    if (node->count > IMPORT_FIELDS_MOST) {
        problems_add(problems, node, "There are %u fields; at most %d can be mapped.", node->count, IMPORT_FIELDS_MOST);
        return;
    }
    *fields = ARENA_ARRAY(arena, struct import_field, node->count);
    for (node_each(item, node)) {
        node_key_name(problems, item);
        (*fields)[*count].name = item->key;
        read_cell(problems, item, &(*fields)[*count].cell);
        *count += 1;
    }
}

static void read_activity(struct arena *arena, struct problems *problems, const struct node *node, struct import_activity *activity)
{
    activity->activity = node->key;
    if (node_is(node, "skip")) {
        activity->skip = true;
        return;
    }
    if (node->kind == NODE_SCALAR) {
        node_name(problems, node, &activity->event);
        return;
    }
    if (!keys_check(problems, node, &keys, IN_ACTIVITY))
        return;
    const struct node *event = keys_get(node, &keys, IN_ACTIVITY, "event"), *opens = keys_get(node, &keys, IN_ACTIVITY, "opens");
    if (opens)
        node_boolean(problems, opens, &activity->opens);
    if (event)
        node_name(problems, event, &activity->event);
    if (!event == !activity->opens)
        problems_add(problems, node, "Say either event: NAME or opens: true, or write skip.");
    read_fields(arena, problems, keys_get(node, &keys, IN_ACTIVITY, "fields"), &activity->fields, &activity->field_count);
}

static void read_activities(struct arena *arena, struct problems *problems, const struct node *node, struct import_map *map)
{
    bool opens = false;
    if (!node)
        return;
    map->activities = ARENA_ARRAY(arena, struct import_activity, node->count);
    for (node_each(item, node)) {
        struct import_activity *activity = &map->activities[map->activity_count++];
        read_activity(arena, problems, item, activity);
        opens |= activity->opens;
    }
    if (!opens)
        problems_add_key(problems, node, "Nothing opens a case. Mark what does with opens: true.");
}

enum err import_map_read(struct arena *arena, struct text source, struct problems *problems, struct import_map *map)
{
    *map = (struct import_map){0};
    const struct node *root = yaml_load(arena, source, problems);
    if (!root || !keys_check(problems, root, &keys, IN_MAP))
        return ERR_INVALID_SOURCE;
    const struct node *name = keys_get(root, &keys, IN_MAP, "import"), *workflow = keys_get(root, &keys, IN_MAP, "workflow");
    if (name)
        node_name(problems, name, &map->name);
    if (workflow)
        node_name(problems, workflow, &map->workflow);
    read_cell(problems, keys_get(root, &keys, IN_MAP, "case"), &map->subject);
    read_cell(problems, keys_get(root, &keys, IN_MAP, "event"), &map->activity);
    read_cell(problems, keys_get(root, &keys, IN_MAP, "person"), &map->person);
    read_cell(problems, keys_get(root, &keys, IN_MAP, "unit"), &map->unit);
    read_time(problems, keys_get(root, &keys, IN_MAP, "time"), map);
    read_fields(arena, problems, keys_get(root, &keys, IN_MAP, "fields"), &map->fields, &map->field_count);
    read_activities(arena, problems, keys_get(root, &keys, IN_MAP, "events"), map);
    return problems->errors ? ERR_INVALID_SOURCE : ERR_OK;
}

/* ---- with a CSV ---- */

static bool bind(struct import_cell *cell, const struct csv *csv, struct text *missing)
{
    if (cell->column_name.size == 0)
        return true;
    for (uint32_t i = 0; i < csv->cell_count; i++)
        if (text_equal(csv->cells[i], cell->column_name)) {
            cell->column = (int32_t)i;
            return true;
        }
    *missing = cell->column_name;
    return false;
}

static bool bind_fields(struct import_field *fields, uint32_t count, const struct csv *csv, struct text *missing)
{
    for (uint32_t i = 0; i < count; i++)
        if (!bind(&fields[i].cell, csv, missing))
            return false;
    return true;
}

bool import_map_bind(struct import_map *map, const struct csv *csv, struct text *missing)
{
    struct import_cell *cells[] = {&map->subject, &map->activity, &map->time, &map->person, &map->unit};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (!bind(cells[i], csv, missing))
            return false;
    for (uint32_t i = 0; i < map->activity_count; i++)
        if (!bind_fields(map->activities[i].fields, map->activities[i].field_count, csv, missing))
            return false;
    return bind_fields(map->fields, map->field_count, csv, missing);
}

const struct import_activity *import_map_find(const struct import_map *map, struct text activity)
{
    for (uint32_t i = 0; i < map->activity_count; i++)
        if (text_equal(map->activities[i].activity, activity))
            return &map->activities[i];
    return NULL;
}

bool import_cell_text(struct arena *arena, const struct import_cell *cell, const struct text *cells, struct text *out, struct text *why)
{
    *out = cell->column < 0 ? cell->always : cells[cell->column];
    if (out->size == 0)
        return true;
    if (cell->of) {
        const struct node *translated = node_find(cell->of, *out);
        if (!translated || translated->kind != NODE_SCALAR) {
            *why = arena_print(arena, "the value \"%.*s\" of column %s is not in the mapping", (int)out->size, out->data, cell->column_name.data);
            return false;
        }
        *out = translated->text;
    }
    if (cell->date && out->size > 10)
        out->size = 10;
    if (cell->app.size)
        *out = arena_print(arena, "%.*s:%.*s", (int)cell->app.size, cell->app.data, (int)out->size, out->data);
    return true;
}
