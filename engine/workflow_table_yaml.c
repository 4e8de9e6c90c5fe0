/* workflow_table_yaml: `tables`, small decision tables: what follows from the values of some fields.
 *
 *     tables:
 *       answer-within:
 *         of: [kind, urgent]
 *         rows:
 *           - [water, true, 2 hours]
 *           - [noise, any, 3 days]
 *           - [any, any, 5 working days]
 *
 * The fields and cells of a table are read once, and checked: no two rows fit the same values (a last row of `any` apart, which takes
 * what the others leave), and every value has its row. What a result may be depends on where the table is used: it is read anew for each
 * field that is set by it, and for limits. Each such use has a row of LOOKUPS; the same use again has the same. */
#include "engine/workflow_reader.h"

#include "engine/calendar.h"
#include "engine/decimal.h"
#include "proto/value.h"

enum {
    CELL_UNREAD = -2,      /* a mistake stood there, and has been told */
    COMBINATIONS_MOST = 5000,
    MISSING_SHOWN = 3,
};

struct reader_table {
    const struct node *node;
    int32_t fields[WORKFLOW_COLUMNS_MOST], field_count;
    const struct node **rows; /* those that can be read */
    int32_t *cells;           /* [row_count * field_count]: rows of VALUES, NONE: any, CELL_UNREAD */
    int32_t *spans;           /* [row_count]: the first of a row's LOOKUP_CELLS */
    int32_t row_count;
    bool used;
};

/* ---- declaring ---- */

void tables_declare(struct workflow_reader *reader, const struct node *tables)
{
    if (!tables)
        return;
    reader->tables = ARENA_ARRAY(reader->arena, struct reader_table, WORKFLOW_TABLES_MOST);
    for (node_each(item, tables)) {
        if (item->index >= WORKFLOW_TABLES_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d tables.", WORKFLOW_TABLES_MOST);
            break;
        }
        name_allowed(reader, item);
        reader->tables[reader->table_count++] = (struct reader_table){.node = item};
    }
}

/* ---- reading ---- */

static void of_read(struct workflow_reader *reader, const struct node *node, struct reader_table *table)
{
    static const unsigned types = OF_TYPE(FIELD_CHOICE) | OF_TYPE(FIELD_BOOLEAN) | OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_DATE) | OF_TYPE(FIELD_TEXT) |
                                  OF_TYPE(FIELD_UNIT) | OF_TYPE(FIELD_REFERENCE);
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, true, &item, &count))
        return;
    if (count > WORKFLOW_COLUMNS_MOST) {
        problems_add(reader->problems, node, "a table looks at %d fields at most.", WORKFLOW_COLUMNS_MOST);
        return;
    }
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        int32_t field = field_resolve(reader, item, types, USE_LOOK, "a table looks at fields of type");
        bool twice = false;
        for (int32_t j = 0; field != NONE && j < table->field_count; j++)
            twice = twice || table->fields[j] == field;
        if (twice)
            problems_add(reader->problems, item, "the field \"%s\" stands here a second time.", item->text.data);
        table->fields[table->field_count++] = twice ? NONE : field;
    }
}

static int32_t cell_read(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    if (node_is(node, "any") && node->plain)
        return NONE;
    if (field == NONE)
        return CELL_UNREAD;
    if (node->kind != NODE_SCALAR) {
        problems_add(reader->problems, node, "found %s; allowed is one value of \"%s\", or any.", node_found(reader->arena, node),
                     row_name(reader, WORKFLOW_FIELDS, field));
        return CELL_UNREAD;
    }
    int32_t value = value_read(reader, field, node);
    return value == NONE ? CELL_UNREAD : value;
}

static bool row_read(struct workflow_reader *reader, struct reader_table *table, const struct node *node)
{
    int32_t *cells = table->cells + table->row_count * table->field_count, i = 0;
    if (node->kind != NODE_LIST || node->count != (uint32_t)table->field_count + 1) {
        problems_add(reader->problems, node, "found %s; a row of this table is a list of %d: %s and the result.",
                     node->kind == NODE_LIST ? arena_print(reader->arena, "a list of %u", node->count).data : node_found(reader->arena, node),
                     (int)table->field_count + 1, table->field_count == 1 ? "a value (or any)" : arena_print(reader->arena, "%d values (or any)", (int)table->field_count).data);
        return false;
    }
    for (const struct node *cell = node->first; cell->next; cell = cell->next, i++)
        cells[i] = cell_read(reader, table->fields[i], cell);
    table->rows[table->row_count++] = node;
    return true;
}

static void cells_push(struct workflow_reader *reader, struct reader_table *table)
{
    table->spans = ARENA_ARRAY(reader->arena, int32_t, (size_t)table->row_count);
    for (int32_t row = 0; row < table->row_count; row++) {
        table->spans[row] = row_count(reader, WORKFLOW_LOOKUP_CELLS);
        for (int32_t i = 0; i < table->field_count; i++) {
            int32_t cell = table->cells[row * table->field_count + i];
            row_push(reader, WORKFLOW_LOOKUP_CELLS, &(struct workflow_lookup_cell){.value = cell < 0 ? NONE : cell}, table->rows[row]);
        }
    }
}

/* ---- rows that overlap ---- */

static bool same_value(const struct workflow_value *a, const struct workflow_value *b)
{
    return a->kind == b->kind && a->number == b->number && a->string == b->string; /* equal strings have one offset */
}

static bool cells_meet(const struct workflow_reader *reader, int32_t one, int32_t other)
{
    if (one == CELL_UNREAD || other == CELL_UNREAD)
        return false; /* nobody knows */
    return one == NONE || other == NONE || same_value(ROW_OF(reader, VALUES, value, one), ROW_OF(reader, VALUES, value, other));
}

static bool rows_overlap(const struct workflow_reader *reader, const struct reader_table *table, int32_t one, int32_t other)
{
    for (int32_t i = 0; i < table->field_count; i++)
        if (!cells_meet(reader, table->cells[one * table->field_count + i], table->cells[other * table->field_count + i]))
            return false;
    return true;
}

static bool catches_all(const struct reader_table *table, int32_t row)
{
    for (int32_t i = 0; i < table->field_count; i++)
        if (table->cells[row * table->field_count + i] != NONE)
            return false;
    return true;
}

static void refuse_overlaps(struct workflow_reader *reader, const struct reader_table *table)
{
    for (int32_t row = 0; row < table->row_count; row++)
        for (int32_t before = 0; before < row; before++) {
            if ((row == table->row_count - 1 && catches_all(table, row)) || !rows_overlap(reader, table, before, row))
                continue;
            problems_add(reader->problems, table->rows[row],
                         "the rows of line %d and line %d overlap: some values fit both. Change one of them; only a last row of any may catch the rest.",
                         (int)table->rows[before]->place.line, (int)table->rows[row]->place.line);
            break;
        }
}

/* ---- values without a row ---- */

/* The values that a column tells apart: all that its field can have, or those that are written and one besides. */
struct column {
    int32_t field;
    struct workflow_value values[WORKFLOW_LIST_MOST + 1]; /* VALUE_NONE: any other */
    int32_t count;
};

static void column_add(struct column *column, struct workflow_value value)
{
    for (int32_t i = 0; i < column->count; i++)
        if (same_value(&column->values[i], &value))
            return;
    column->values[column->count++] = value;
}

static void column_fill(struct workflow_reader *reader, const struct reader_table *table, int32_t at, struct column *column)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, table->fields[at]);
    column->field = table->fields[at];
    column->count = 0;
    for (int32_t row = 0; row < table->row_count; row++) {
        int32_t cell = table->cells[row * table->field_count + at];
        if (cell >= 0)
            column_add(column, *ROW_OF(reader, VALUES, value, cell));
    }
    for (int32_t i = 0; field->type == FIELD_BOOLEAN && i < 2; i++)
        column_add(column, (struct workflow_value){.kind = VALUE_BOOLEAN, .number = i, .string = NONE});
    for (int32_t i = 0; field->type == FIELD_CHOICE && i < field->choices.count; i++)
        column_add(column, (struct workflow_value){.kind = VALUE_TEXT, .string = ROW_OF(reader, NAMES, name, field->choices.first + i)->name});
    if (field->type != FIELD_BOOLEAN && field->type != FIELD_CHOICE)
        column->values[column->count++] = (struct workflow_value){.kind = VALUE_NONE};
}

static const char *value_shown(const struct workflow_reader *reader, const struct column *column, int32_t at)
{
    const struct workflow_value *value = &column->values[at];
    if (value->kind == VALUE_NONE)
        return "any other";
    if (value->kind == VALUE_BOOLEAN)
        return value->number ? "true" : "false";
    if (value->kind == VALUE_TEXT)
        return string_at(reader, value->string);
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, column->field);
    return field->type == FIELD_DATE ? civil_print(reader->arena, (int32_t)value->number).data : decimal_print(reader->arena, value->number, field->scale).data;
}

static bool row_fits(const struct workflow_reader *reader, const struct reader_table *table, int32_t row, const struct column *columns, const int32_t *picked)
{
    for (int32_t i = 0; i < table->field_count; i++) {
        int32_t cell = table->cells[row * table->field_count + i];
        if (cell != NONE && !same_value(ROW_OF(reader, VALUES, value, cell), &columns[i].values[picked[i]]))
            return false;
    }
    return true;
}

static bool any_row_fits(const struct workflow_reader *reader, const struct reader_table *table, const struct column *columns, const int32_t *picked)
{
    for (int32_t row = 0; row < table->row_count; row++)
        if (row_fits(reader, table, row, columns, picked))
            return true;
    return false;
}

/* The next combination, the last column fastest; false after the last. */
static bool pick_next(const struct reader_table *table, const struct column *columns, int32_t *picked)
{
    for (int32_t i = table->field_count - 1; i >= 0; i--) {
        if (++picked[i] < columns[i].count)
            return true;
        picked[i] = 0;
    }
    return false;
}

static const char *combination(struct workflow_reader *reader, const struct reader_table *table, const struct column *columns, const int32_t *picked)
{
    const char *words = "";
    for (int32_t i = 0; i < table->field_count; i++)
        words = arena_print(reader->arena, "%s%s%s: %s", words, i ? ", " : "", row_name(reader, WORKFLOW_FIELDS, columns[i].field),
                            value_shown(reader, &columns[i], picked[i])).data;
    return words;
}

static void refuse_gaps(struct workflow_reader *reader, const struct reader_table *table, const struct node *rows)
{
    struct column *columns = ARENA_ARRAY(reader->arena, struct column, (size_t)table->field_count);
    int32_t picked[WORKFLOW_COLUMNS_MOST] = {0}, missing = 0;
    int64_t combinations = 1;
    const char *list = "";
    if (catches_all(table, table->row_count - 1))
        return;
    for (int32_t i = 0; i < table->field_count; i++) {
        column_fill(reader, table, i, &columns[i]);
        combinations *= combinations > COMBINATIONS_MOST ? 1 : columns[i].count;
    }
    if (combinations > COMBINATIONS_MOST) {
        problems_add_key(reader->problems, rows, "there are too many values to see whether each has a row: end with a row of any, which catches the rest.");
        return;
    }
    do {
        if (any_row_fits(reader, table, columns, picked))
            continue;
        if (missing++ < MISSING_SHOWN)
            list = arena_print(reader->arena, "%s%s(%s)", list, *list ? ", " : "", combination(reader, table, columns, picked)).data;
    } while (pick_next(table, columns, picked));
    if (missing)
        problems_add_key(reader->problems, rows, "no row is for %s%s. Add %s, or a last row of any, which catches the rest.", list,
                         missing > MISSING_SHOWN ? arena_print(reader->arena, " and %d more", (int)(missing - MISSING_SHOWN)).data : "", missing > 1 ? "them" : "it");
}

/* ---- one table ---- */

static bool all_read(const struct reader_table *table)
{
    for (int32_t i = 0; i < table->field_count; i++)
        if (table->fields[i] == NONE)
            return false;
    for (int32_t i = 0; i < table->row_count * table->field_count; i++)
        if (table->cells[i] == CELL_UNREAD)
            return false;
    return table->field_count > 0 && table->row_count > 0;
}

static void table_read(struct workflow_reader *reader, struct reader_table *table)
{
    const struct node *item;
    uint32_t count, errors = reader->problems->errors;
    if (!key_check(reader, table->node, IN_TABLE))
        return;
    const struct node *rows = key_get(table->node, IN_TABLE, "rows");
    of_read(reader, key_get(table->node, IN_TABLE, "of"), table);
    if (table->field_count == 0 || !node_list(reader->problems, rows, false, &item, &count))
        return;
    if (count > WORKFLOW_LIST_MOST) {
        problems_add(reader->problems, rows, "there are more than %d rows.", WORKFLOW_LIST_MOST);
        return;
    }
    table->rows = ARENA_ARRAY(reader->arena, const struct node *, count);
    table->cells = ARENA_ARRAY(reader->arena, int32_t, count * (uint32_t)table->field_count);
    for (; item; item = item->next)
        row_read(reader, table, item);
    cells_push(reader, table);
    refuse_overlaps(reader, table);
    if (errors == reader->problems->errors && all_read(table))
        refuse_gaps(reader, table, rows);
}

void tables_read(struct workflow_reader *reader)
{
    for (int32_t i = 0; i < reader->table_count; i++)
        table_read(reader, &reader->tables[i]);
}

void check_tables(struct workflow_reader *reader)
{
    for (int32_t i = 0; i < reader->table_count && !reader->doubtful[WORKFLOW_LOOKUPS]; i++)
        if (!reader->tables[i].used)
            problems_add_key(reader->problems, reader->tables[i].node, "nothing uses the table \"%s\". Use it (within: {table: %s}, set: {FIELD: {table: %s}}) or leave it out.",
                             reader->tables[i].node->key.data, reader->tables[i].node->key.data, reader->tables[i].node->key.data);
}

/* ---- where a table is used ---- */

static struct reader_table *table_find(struct workflow_reader *reader, struct text name)
{
    for (int32_t i = 0; i < reader->table_count; i++)
        if (text_equal(reader->tables[i].node->key, name))
            return &reader->tables[i];
    return NULL;
}

static struct reader_table *table_resolve(struct workflow_reader *reader, const struct node *node)
{
    struct text name;
    if (!node_name(reader->problems, node, &name))
        return NULL;
    struct reader_table *table = table_find(reader, name);
    if (table)
        return table;
    struct nearest nearest = nearest_to(name);
    const char *list = "";
    for (int32_t i = 0; i < reader->table_count; i++) {
        nearest_offer(&nearest, reader->tables[i].node->key);
        list = arena_print(reader->arena, "%s%s%s", list, i ? ", " : "", reader->tables[i].node->key.data).data;
    }
    problems_add(reader->problems, node, "there is no table \"%s\".%s Tables: %s.", name.data, nearest_hint(&nearest, reader->arena), *list ? list : "none");
    reader->doubtful[WORKFLOW_LOOKUPS] = true;
    return table_find(reader, nearest.best);
}

/* The last entry of each row, as this use needs it: a duration (or none), or a value of the field (or null, which empties it). */
static struct workflow_lookup_row result_read(struct workflow_reader *reader, const struct reader_table *table, int32_t row, int32_t field)
{
    const struct node *result = table->rows[row]->first;
    while (result->next)
        result = result->next;
    struct workflow_lookup_row out = {
        .cells = {table->spans[row], table->field_count}, .value = NONE, .duration = NONE, .line = table->rows[row]->place.line};
    if (field == NONE)
        out.duration = node_is(result, "none") ? NONE : duration_read(reader, result, true);
    else if (!node_empty(result))
        out.value = value_read(reader, field, result);
    return out;
}

static int32_t known_use(const struct workflow_reader *reader, const char *name, int32_t field)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_LOOKUPS); row++)
        if (ROW_OF(reader, LOOKUPS, lookup, row)->field == field && strcmp(row_name(reader, WORKFLOW_LOOKUPS, row), name) == 0)
            return row;
    return NONE;
}

int32_t lookup_read(struct workflow_reader *reader, const struct node *node, int32_t field)
{
    struct reader_table *table = table_resolve(reader, node);
    if (!table)
        return NONE;
    table->used = true;
    int32_t known = known_use(reader, table->node->key.data, field);
    if (known != NONE || table->row_count == 0)
        return known;
    struct workflow_lookup lookup = {.name = string_push(reader, table->node->key), .field = field};
    struct workflow_lookup_row *rows = ARENA_ARRAY(reader->arena, struct workflow_lookup_row, (size_t)table->row_count);
    uint32_t errors = reader->problems->errors;
    for (int32_t row = 0; row < table->row_count && (errors == reader->problems->errors || row < MISSING_SHOWN); row++)
        rows[row] = result_read(reader, table, row, field);
    lookup.of = refs_push(reader, table->fields, table->field_count);
    lookup.rows = (struct span){row_count(reader, WORKFLOW_LOOKUP_ROWS), table->row_count};
    for (int32_t row = 0; row < table->row_count; row++)
        row_push(reader, WORKFLOW_LOOKUP_ROWS, &rows[row], table->rows[row]);
    return row_push(reader, WORKFLOW_LOOKUPS, &lookup, table->node);
}
