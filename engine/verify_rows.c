/* verify_rows: see verify_rows.h. */
#include "engine/verify_rows.h"

#include <stdio.h>

/* ---- names ---- */

static struct text hex(struct arena *arena, struct text bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_take(arena, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[(uint8_t)bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return (struct text){.data = out, .size = 2 * bytes.size};
}

/* Behind the partition. */
static struct text rest_of(struct text key, size_t from)
{
    return key.size > 4 + from ? (struct text){.data = key.data + 4 + from, .size = key.size - 4 - from} : (struct text){0};
}

static struct text name_in_hex(struct arena *arena, const char *format, struct text bytes)
{
    struct text shown = hex(arena, bytes);
    return arena_print(arena, "%s %.*s", format, (int)shown.size, shown.data);
}

static struct text deadline_name(struct arena *arena, struct text key)
{
    struct deadline_key row;
    if (!key_read_deadline(key, &row))
        return name_in_hex(arena, "the deadline", key);
    return arena_print(arena, row.kind == RECORD_CLOCK_PARKED ? "the expiry of the event parked at position %llu" : "a deadline of case %llu",
                       (unsigned long long)row.case_id);
}

static struct text outbox_name(struct arena *arena, struct text key)
{
    struct text topic;
    int64_t ready_at;
    uint64_t task;
    if (!key_read_outbox(key, &topic, &ready_at, &task))
        return name_in_hex(arena, "the row of the outbox", key);
    return arena_print(arena, "task %llu, owed to workers of %.*s,", (unsigned long long)task, (int)topic.size, topic.data);
}

static struct text open_name(struct arena *arena, struct text key)
{
    uint32_t unit;
    uint64_t case_id;
    if (!key_read_open(key, &unit, &case_id))
        return name_in_hex(arena, "the row of the open cases", key);
    return arena_print(arena, "case %llu among the open cases of unit %u", (unsigned long long)case_id, unit);
}

static struct text deployed_name(struct arena *arena, struct text key)
{
    struct text what, name;
    uint32_t version, piece;
    char part;
    if (!key_read_deployed(key, &what, &name, &version, &part, &piece))
        return name_in_hex(arena, "the deployment", key);
    const char *which = part == 'H' ? "the head" : part == 'S' ? "a piece of the source" : "a piece of the compiled form";
    return arena_print(arena, "%s of %.*s %.*s version %u", which, (int)what.size, what.data, (int)name.size, name.data, version);
}

static struct text roll_name(struct arena *arena, struct text key)
{
    uint64_t case_id;
    uint32_t roll;
    struct text person;
    if (!key_read_roll(key, &case_id, &roll, &person))
        return name_in_hex(arena, "the row of a roll", key);
    return arena_print(arena, "%.*s on roll %u of case %llu", (int)person.size, person.data, roll, (unsigned long long)case_id);
}

static struct text kept_name(struct arena *arena, struct text key)
{
    uint64_t case_id;
    uint32_t field;
    if (!key_read_kept(key, &case_id, &field))
        return name_in_hex(arena, "the people of a case", key);
    return arena_print(arena, "the people in field %u of case %llu", field, (unsigned long long)case_id);
}

static struct text numbered(struct arena *arena, const char *what, struct text key)
{
    uint64_t number = 0;
    if (!key_read_u64_last(key, &number))
        return name_in_hex(arena, what, key);
    return arena_print(arena, "%s %llu", what, (unsigned long long)number);
}

struct text verify_row_name(struct arena *arena, enum store_table table, struct text key)
{
    struct text rest = rest_of(key, 0);
    switch (table) {
    case STORE_META: return TEXT("the state's own row");
    case STORE_LOG: return numbered(arena, "record", key);
    case STORE_CASE: return numbered(arena, "case", key);
    case STORE_RECEIPT: return name_in_hex(arena, "the receipt of event", (struct text){rest.data, rest.size < ID_SIZE ? rest.size : ID_SIZE});
    case STORE_DEADLINE: return deadline_name(arena, key);
    case STORE_OUTBOX: return outbox_name(arena, key);
    case STORE_OPEN: return open_name(arena, key);
    case STORE_KEY: return name_in_hex(arena, "the case key", rest);
    case STORE_NUMBER: return arena_print(arena, "the case number %.*s", (int)rest.size, rest.data);
    case STORE_COUNTER:
        if (rest.size > 1 && rest.data[0] == 'x')
            return name_in_hex(arena, "that somebody was erased:", rest_of(key, 1));
        return arena_print(arena, "the counter %.*s", (int)rest_of(key, 1).size, rest_of(key, 1).data);
    case STORE_PARKED: return numbered(arena, "the event parked at position", key);
    case STORE_INCIDENT: return numbered(arena, "the incident on task", key);
    case STORE_DEPLOYED: return deployed_name(arena, key);
    case STORE_ROLL: return roll_name(arena, key);
    case STORE_KEPT: return kept_name(arena, key);
    case STORE_RECUR: return name_in_hex(arena, "how far the calendar has come:", rest);
    case STORE_TABLE_COUNT: break;
    }
    return (struct text){0};
}

/* ---- comparing ---- */

struct side {
    struct store_cursor *cursor;
    struct text key, value;
    enum err code; /* of the last step; ERR_NOT_FOUND: it has no more rows */
};

static enum err side_begin(struct side *side, struct store_txn *txn, enum store_table table)
{
    enum err code = store_cursor_open(txn, table, &side->cursor);
    if (!code)
        side->code = store_cursor_seek(side->cursor, (struct text){0}, &side->key, &side->value);
    return code;
}

static void side_next(struct side *side)
{
    side->code = store_cursor_next(side->cursor, &side->key, &side->value);
}

static bool side_fails(const struct side *side)
{
    return side->code && side->code != ERR_NOT_FOUND;
}

static enum err found(char problem[VERIFY_PROBLEM_MOST], enum store_table table, struct text key, const char *what)
{
    struct arena arena;
    arena_init(&arena);
    struct text name = verify_row_name(&arena, table, key);
    snprintf(problem, VERIFY_PROBLEM_MOST, "%.*s %s (table %s)", (int)name.size, name.data, what, store_table_name(table));
    arena_close(&arena);
    return ERR_CORRUPT;
}

static enum err compare_side_by_side(struct side *one, struct side *other, enum store_table table, char problem[VERIFY_PROBLEM_MOST], uint64_t *rows)
{
    for (;; side_next(one), side_next(other), ++*rows) {
        if (one->code == ERR_CORRUPT)
            snprintf(problem, VERIFY_PROBLEM_MOST, "row %llu of table %s does not match its checksum", (unsigned long long)*rows + 1, store_table_name(table));
        if (side_fails(one) || side_fails(other))
            return side_fails(one) ? one->code : other->code;
        if (one->code && other->code)
            return ERR_OK;
        int order = one->code ? 1 : other->code ? -1 : text_compare(one->key, other->key);
        if (order > 0)
            return found(problem, table, other->key, "is missing");
        if (order < 0)
            return found(problem, table, one->key, "is there, but its log knows nothing of it");
        if (!text_equal(one->value, other->value))
            return found(problem, table, one->key, "differs from what its log gives");
    }
}

static enum err compare_table(struct store_txn *txn, struct store_txn *other_txn, enum store_table table, char problem[VERIFY_PROBLEM_MOST], uint64_t *rows)
{
    struct side one = {0}, other = {0};
    uint64_t alike = 0;
    enum err code = side_begin(&one, txn, table);
    code = code ? code : side_begin(&other, other_txn, table);
    code = code ? code : compare_side_by_side(&one, &other, table, problem, &alike);
    if (other.cursor)
        store_cursor_close(&other.cursor);
    if (one.cursor)
        store_cursor_close(&one.cursor);
    *rows += alike;
    return code;
}

enum err verify_rows_compare(struct store_txn *one, struct store_txn *other, char problem[VERIFY_PROBLEM_MOST], uint64_t *rows)
{
    enum err code = ERR_OK;
    for (int table = 0; table < STORE_TABLE_COUNT && !code; table++)
        if (table != STORE_LOG && table != STORE_META)
            code = compare_table(one, other, (enum store_table)table, problem, rows);
    return code;
}
