/* tables: compiled forms as bytes and back.
 *
 * The bytes are one msgpack array: name of the form, version, string pool, and then each table as one flat array of integers,
 * row after row, member after member (a span is two). Integers have one smallest form each, so equal forms are equal bytes.
 *
 * Decoding believes nothing: counts are held against the bytes that are left before anything is allocated, then every
 * number, index, span and string offset is checked once. After that, whoever walks the form needs no further checks.
 *
 * A form grows at its end only: new tables after the old ones, new members after the old ones of their row, each with the version that
 * brought it. So the bytes of a lower version are those of this one with something left out, and reading them is filling it in. */
#include "engine/tables.h"

#include "proto/wire.h"

#include <assert.h>

/* What every function here needs to know of a form. */
struct form {
    const struct form_shape *shape;
    const struct tables *tables;
};

static uint32_t member_width(const struct member *member)
{
    return member->kind == MEMBER_SPAN || member->kind == MEMBER_REFS ? 2 : 1;
}

/* What version 1 has says 0 or 1. */
static uint32_t version_of(uint32_t since)
{
    return since ? since : 1;
}

/* How many members a row has in that version, and how many numbers they are. */
static uint32_t members_in(const struct table_shape *shape, uint32_t version)
{
    uint32_t count = 0;
    while (count < shape->member_count && version_of(shape->members[count].since) <= version)
        count++;
    return count;
}

static uint32_t row_width(const struct table_shape *shape, uint32_t members)
{
    uint32_t width = 0;
    for (uint32_t i = 0; i < members; i++)
        width += member_width(&shape->members[i]);
    return width;
}

static uint32_t tables_in(const struct form_shape *shape, uint32_t version)
{
    uint32_t count = 0;
    while (count < shape->shape_count && version_of(shape->shapes[count].since) <= version)
        count++;
    return count;
}

static char *row_at(const struct form *form, uint32_t table, int32_t row)
{
    return (char *)form->tables->table[table].rows + (size_t)row * form->shape->shapes[table].row_size;
}

static int32_t read_number(const char *at)
{
    int32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

/* ---- checking ---- */

static bool string_holds(const struct tables *tables, int32_t offset)
{
    return offset >= 0 && offset < tables->strings_size && (offset == 0 || tables->strings[offset - 1] == '\0');
}

static bool row_holds(const struct form *form, uint32_t table, int32_t row)
{
    return row >= 0 && row < form->tables->table[table].count;
}

static bool span_holds(const struct form *form, uint32_t table, struct span span)
{
    int32_t rows = form->tables->table[table].count;
    return span.first >= 0 && span.count >= 0 && span.first <= rows && span.count <= rows - span.first;
}

/* The one table of refs of a form; shape_count when it has none. */
static uint32_t refs_table(const struct form_shape *shape)
{
    uint32_t table = 0;
    while (table < shape->shape_count && shape->shapes[table].members[0].kind != MEMBER_REF)
        table++;
    return table;
}

static bool refs_hold(const struct form *form, uint32_t table, struct span span)
{
    uint32_t refs = refs_table(form->shape);
    assert(refs < form->shape->shape_count);
    if (!span_holds(form, refs, span))
        return false;
    for (int32_t i = 0; i < span.count; i++)
        if (!row_holds(form, table, read_number(row_at(form, refs, span.first + i))))
            return false;
    return true;
}

static bool member_holds(const struct form *form, const struct member *member, const char *row)
{
    const char *at = row + member->offset;
    int32_t number = member->kind == MEMBER_WIDE ? 0 : read_number(at);
    struct span span = {0, 0};
    if (member_width(member) == 2)
        memcpy(&span, at, sizeof span);
    switch (member->kind) {
    case MEMBER_NUMBER:
    case MEMBER_WIDE:
    case MEMBER_REF: return true;
    case MEMBER_STRING: return number == NONE || string_holds(form->tables, number);
    case MEMBER_NEEDED_STRING: return string_holds(form->tables, number);
    case MEMBER_ROW: return number == NONE || row_holds(form, member->table, number);
    case MEMBER_NEEDED_ROW: return row_holds(form, member->table, number);
    case MEMBER_CHOICE: return number >= 0 && (uint32_t)number < member->table;
    case MEMBER_SPAN: return span_holds(form, member->table, span);
    case MEMBER_REFS: return refs_hold(form, member->table, span);
    }
    return false;
}

static bool form_holds(const struct form *form)
{
    const struct tables *tables = form->tables;
    if (tables->strings_size > 0 && tables->strings[tables->strings_size - 1] != '\0')
        return false;
    for (uint32_t table = 0; table < form->shape->shape_count; table++) {
        const struct table_shape *shape = &form->shape->shapes[table];
        for (int32_t row = 0; row < tables->table[table].count; row++)
            for (uint32_t i = 0; i < shape->member_count; i++)
                if (!member_holds(form, &shape->members[i], row_at(form, table, row)))
                    return false;
    }
    return true;
}

/* ---- what a version adds ---- */

/* What stands where a member is not: the bytes of a lower version do not have it. */
static void empty_member(const struct member *member, char *row)
{
    bool absent = member->kind == MEMBER_STRING || member->kind == MEMBER_ROW;
    int32_t number = absent ? NONE : 0;
    assert(member->kind != MEMBER_NEEDED_STRING && member->kind != MEMBER_NEEDED_ROW && member->kind != MEMBER_REF);
    if (member->kind == MEMBER_WIDE)
        memset(row + member->offset, 0, sizeof(int64_t));
    else if (member_width(member) == 2)
        memset(row + member->offset, 0, sizeof(struct span));
    else
        memcpy(row + member->offset, &number, sizeof number);
}

static bool member_is_empty(const struct member *member, const char *row)
{
    const char *at = row + member->offset;
    if (member->kind == MEMBER_WIDE) {
        int64_t wide;
        memcpy(&wide, at, sizeof wide);
        return wide == 0;
    }
    if (member_width(member) == 2) {
        struct span span;
        memcpy(&span, at, sizeof span);
        return span.count == 0;
    }
    bool absent = member->kind == MEMBER_STRING || member->kind == MEMBER_ROW;
    return read_number(at) == (absent ? NONE : 0);
}

/* The version that a table needs: that of the last member which says something in one of its rows. */
static uint32_t table_needs(const struct form *form, uint32_t table)
{
    const struct table_shape *shape = &form->shape->shapes[table];
    int32_t rows = form->tables->table[table].count;
    uint32_t needed = rows ? version_of(shape->since) : 1;
    for (uint32_t i = 0; i < shape->member_count; i++)
        for (int32_t row = 0; row < rows && version_of(shape->members[i].since) > needed; row++)
            if (!member_is_empty(&shape->members[i], row_at(form, table, row)))
                needed = version_of(shape->members[i].since);
    return needed;
}

static uint32_t version_needed(const struct form *form)
{
    uint32_t needed = 1;
    for (uint32_t table = 0; table < form->shape->shape_count; table++) {
        uint32_t version = table_needs(form, table);
        needed = version > needed ? version : needed;
    }
    return needed;
}

/* ---- encoding ---- */

static void encode_member(struct wire_writer *writer, const struct member *member, const char *row)
{
    const char *at = row + member->offset;
    if (member->kind == MEMBER_WIDE) {
        int64_t wide;
        memcpy(&wide, at, sizeof wide);
        wire_put_integer(writer, wide);
        return;
    }
    for (uint32_t i = 0; i < member_width(member); i++)
        wire_put_integer(writer, read_number(at + i * sizeof(int32_t)));
}

struct text tables_encode(struct arena *arena, const struct form_shape *shape, const struct tables *tables)
{
    struct form form = {.shape = shape, .tables = tables};
    assert(form_holds(&form));
    struct wire_writer writer = {.arena = arena};
    uint32_t version = version_needed(&form), count = tables_in(shape, version);
    wire_put_array(&writer, 3 + count);
    wire_put_text(&writer, text_of(shape->name));
    wire_put_unsigned(&writer, version);
    wire_put_bytes(&writer, (struct text){.data = tables->strings, .size = (size_t)tables->strings_size});
    for (uint32_t table = 0; table < count; table++) {
        const struct table_shape *rows = &shape->shapes[table];
        uint32_t members = members_in(rows, version);
        wire_put_array(&writer, (uint32_t)tables->table[table].count * row_width(rows, members));
        for (int32_t row = 0; row < tables->table[table].count; row++)
            for (uint32_t i = 0; i < members; i++)
                encode_member(&writer, &rows->members[i], row_at(&form, table, row));
    }
    return (struct text){.data = writer.data, .size = writer.size};
}

/* ---- decoding ---- */

static bool decode_narrow(struct wire_reader *reader, char *at)
{
    int64_t wide = wire_get_integer(reader);
    if (wide < INT32_MIN || wide > INT32_MAX)
        return false;
    int32_t number = (int32_t)wide;
    memcpy(at, &number, sizeof number);
    return true;
}

static bool decode_member(struct wire_reader *reader, const struct member *member, char *row)
{
    char *at = row + member->offset;
    if (member->kind == MEMBER_WIDE) {
        int64_t wide = wire_get_integer(reader);
        memcpy(at, &wide, sizeof wide);
        return true;
    }
    for (uint32_t i = 0; i < member_width(member); i++)
        if (!decode_narrow(reader, at + i * sizeof(int32_t)))
            return false;
    return true;
}

/* An element is at least one byte: so a count beyond the bytes that are left is a lie, found before it costs memory. */
static bool decode_table(struct wire_reader *reader, const struct table_shape *shape, uint32_t version, struct table *out)
{
    uint32_t elements = wire_get_array(reader);
    uint32_t members = members_in(shape, version), width = row_width(shape, members);
    if (reader->failed || elements > (size_t)(reader->end - reader->at) || /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a row has members */
        elements % width != 0 || elements / width > INT32_MAX)
        return false;
    out->count = (int32_t)(elements / width);
    char *rows = arena_take_array(reader->arena, (size_t)out->count, shape->row_size);
    out->rows = rows;
    for (int32_t row = 0; row < out->count; row++) {
        char *at = rows + (size_t)row * shape->row_size;
        for (uint32_t i = 0; i < members; i++)
            if (!decode_member(reader, &shape->members[i], at) || reader->failed)
                return false;
        for (uint32_t i = members; i < shape->member_count; i++)
            empty_member(&shape->members[i], at);
    }
    return true;
}

static bool decode_strings(struct wire_reader *reader, struct tables *out)
{
    struct text strings = wire_get_bytes(reader);
    if (reader->failed || strings.size > INT32_MAX)
        return false;
    out->strings = arena_string(reader->arena, strings);
    out->strings_size = (int32_t)strings.size;
    return true;
}

enum err tables_decode(struct arena *arena, const struct form_shape *shape, struct text bytes, struct tables *out)
{
    struct wire_reader reader = wire_reader_of(arena, bytes);
    uint32_t elements = wire_get_array(&reader);
    struct text name = wire_get_text(&reader);
    uint64_t version = wire_get_unsigned(&reader);
    if (reader.failed || !text_is(name, shape->name))
        return ERR_CORRUPT;
    if (version > shape->version)
        return ERR_NEWER_FORMAT;
    uint32_t count = tables_in(shape, (uint32_t)version);
    if (version == 0 || elements != 3 + count || !decode_strings(&reader, out))
        return ERR_CORRUPT;
    out->table = ARENA_ARRAY(arena, struct table, shape->shape_count);
    for (uint32_t table = 0; table < count; table++)
        if (!decode_table(&reader, &shape->shapes[table], (uint32_t)version, &out->table[table]))
            return ERR_CORRUPT;
    struct form form = {.shape = shape, .tables = out};
    bool good = wire_reader_done(&reader) && form_holds(&form) && version_needed(&form) == version;
    return good ? ERR_OK : ERR_CORRUPT;
}
