/* json: values as JSON and back, for programs that read the command's --json and for `staircase work`. One line, names
 * in order, so the same value is the same text. Bytes become hexadecimal text and do not come back as bytes. */
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

/* ---- writing ---- */

static void put_literal(struct wire_writer *writer, const char *literal)
{
    wire_put_raw(writer, literal, strlen(literal));
}

static void json_put_escape(struct wire_writer *writer, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    char unicode[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    switch (byte) {
    case '"': put_literal(writer, "\\\""); return;
    case '\\': put_literal(writer, "\\\\"); return;
    case '\n': put_literal(writer, "\\n"); return;
    case '\r': put_literal(writer, "\\r"); return;
    case '\t': put_literal(writer, "\\t"); return;
    default: wire_put_raw(writer, unicode, sizeof unicode); return;
    }
}

static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\';
}

static void json_put_text(struct wire_writer *writer, struct text text)
{
    put_literal(writer, "\"");
    for (size_t at = 0; at < text.size;) {
        size_t plain = at;
        while (plain < text.size && !needs_escape((unsigned char)text.data[plain]))
            plain++;
        wire_put_raw(writer, text.data + at, plain - at);
        if (plain < text.size)
            json_put_escape(writer, (unsigned char)text.data[plain++]);
        at = plain;
    }
    put_literal(writer, "\"");
}

static void json_put_bytes(struct wire_writer *writer, struct text bytes)
{
    put_literal(writer, "\"");
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        char pair[2] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
        wire_put_raw(writer, pair, sizeof pair);
    }
    put_literal(writer, "\"");
}

static void json_put_value(struct wire_writer *writer, const struct value *value);

static int pair_compare(const void *a, const void *b)
{
    const struct value *const *left = a, *const *right = b;
    return text_compare((*left)->text, (*right)->text);
}

static void json_put_map(struct wire_writer *writer, const struct value *map)
{
    const struct value **names = ARENA_ARRAY(writer->arena, const struct value *, map->count);
    for (uint32_t i = 0; i < map->count; i++)
        names[i] = &map->items[2 * i];
    if (!wire_map_ascends(map))
        qsort(names, map->count, sizeof names[0], pair_compare);
    put_literal(writer, "{");
    for (uint32_t i = 0; i < map->count; i++) {
        put_literal(writer, i ? "," : "");
        json_put_text(writer, names[i]->text);
        put_literal(writer, ":");
        json_put_value(writer, names[i] + 1);
    }
    put_literal(writer, "}");
}

static void json_put_list(struct wire_writer *writer, const struct value *list)
{
    put_literal(writer, "[");
    for (uint32_t i = 0; i < list->count; i++) {
        put_literal(writer, i ? "," : "");
        json_put_value(writer, &list->items[i]);
    }
    put_literal(writer, "]");
}

static void json_put_value(struct wire_writer *writer, const struct value *value)
{
    struct text number;
    switch (value->kind) {
    case VALUE_NONE: put_literal(writer, "null"); return;
    case VALUE_BOOLEAN: put_literal(writer, value->boolean ? "true" : "false"); return;
    case VALUE_INTEGER:
        number = arena_print(writer->arena, "%lld", (long long)value->integer);
        wire_put_raw(writer, number.data, number.size);
        return;
    case VALUE_TEXT: json_put_text(writer, value->text); return;
    case VALUE_BYTES: json_put_bytes(writer, value->text); return;
    case VALUE_LIST: json_put_list(writer, value); return;
    case VALUE_MAP: json_put_map(writer, value); return;
    }
    assert(0 && "a kind of value that does not exist");
}

struct text wire_json(struct arena *arena, const struct value *value)
{
    struct wire_writer writer = {.arena = arena};
    json_put_value(&writer, value);
    return (struct text){.data = writer.data, .size = writer.size};
}

/* ---- reading ---- */

struct json {
    struct arena *arena;
    const char *start, *at, *end;
    uint32_t elements;
    struct text why;
};

static bool json_fail(struct json *json, const char *why)
{
    if (json->why.size == 0)
        json->why = arena_print(json->arena, "at byte %zu: %s", (size_t)(json->at - json->start), why);
    return false;
}

static void skip_space(struct json *json)
{
    while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
        json->at++;
}

static bool take(struct json *json, char byte)
{
    skip_space(json);
    if (json->at == json->end || *json->at != byte)
        return false;
    json->at++;
    return true;
}

static bool take_literal(struct json *json, const char *literal)
{
    size_t size = strlen(literal);
    if ((size_t)(json->end - json->at) < size || memcmp(json->at, literal, size) != 0)
        return json_fail(json, "a value was expected");
    json->at += size;
    return true;
}

static int hex_digit(char byte)
{
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

static bool read_four_digits(struct json *json, uint32_t *unit)
{
    *unit = 0;
    if (json->end - json->at < 4)
        return json_fail(json, "four hexadecimal digits were expected");
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*json->at);
        if (digit < 0)
            return json_fail(json, "four hexadecimal digits were expected");
        *unit = *unit << 4 | (uint32_t)digit;
        json->at++;
    }
    return true;
}

static void put_character(struct wire_writer *writer, uint32_t character)
{
    unsigned char utf8[4];
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = size; i-- > 1; character >>= 6)
        utf8[i] = (unsigned char)(0x80 | (character & 0x3f));
    utf8[0] = (unsigned char)(lead[size] | character);
    wire_put_raw(writer, utf8, size);
}

/* After "\u": one character, which may take two units. */
static bool read_unicode(struct json *json, struct wire_writer *writer)
{
    uint32_t unit, low;
    if (!read_four_digits(json, &unit))
        return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (json->end - json->at < 2 || json->at[0] != '\\' || json->at[1] != 'u')
            return json_fail(json, "half a character");
        json->at += 2;
        if (!read_four_digits(json, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return json_fail(json, "half a character");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit == 0 || (unit >= 0xdc00 && unit < 0xe000)) {
        return json_fail(json, "half a character, or U+0000");
    }
    put_character(writer, unit);
    return true;
}

static bool read_escape(struct json *json, struct wire_writer *writer)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (json->at == json->end)
        return json_fail(json, "the text does not end");
    char byte = *json->at++;
    if (byte == 'u')
        return read_unicode(json, writer);
    const char *found = byte ? strchr(from, byte) : NULL;
    if (!found)
        return json_fail(json, "there is no such escape");
    wire_put_raw(writer, to + (found - from), 1);
    return true;
}

static bool read_text(struct json *json, struct text *text)
{
    if (!take(json, '"'))
        return json_fail(json, "a text was expected");
    struct wire_writer writer = {.arena = json->arena};
    for (;;) {
        const char *plain = json->at;
        while (json->at < json->end && !needs_escape((unsigned char)*json->at))
            json->at++;
        wire_put_raw(&writer, plain, (size_t)(json->at - plain));
        if (json->at == json->end)
            return json_fail(json, "the text does not end");
        unsigned char byte = (unsigned char)*json->at++;
        if (byte == '"')
            break;
        if (byte == 0x7f)
            wire_put_raw(&writer, "\x7f", 1);
        else if (byte != '\\')
            return json_fail(json, "a control character stands in a text");
        else if (!read_escape(json, &writer))
            return false;
    }
    *text = (struct text){.data = writer.data, .size = writer.size};
    return true;
}

static bool is_digit(const struct json *json)
{
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

static bool read_digits(struct json *json)
{
    if (!is_digit(json))
        return json_fail(json, "a digit was expected");
    while (is_digit(json))
        json->at++;
    return true;
}

/* The integer that the digits give, when 64 bits hold it. */
static bool integer_fits(struct text digits, int64_t *integer)
{
    bool negative = digits.data[0] == '-';
    int64_t sum = 0;
    for (size_t i = negative; i < digits.size; i++) {
        int64_t digit = digits.data[i] - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *integer = negative ? sum : -sum;
    return true;
}

/* A number that is no integer of 64 bits stays the text that it was: nothing here rounds. */
static bool read_number(struct json *json, struct value *out)
{
    const char *start = json->at;
    bool whole = true;
    if (*json->at == '-')
        json->at++;
    bool zero = json->at < json->end && *json->at == '0';
    const char *first = json->at;
    if (!read_digits(json))
        return false;
    if (zero && json->at - first > 1)
        return json_fail(json, "a number begins with 0");
    if (json->at < json->end && *json->at == '.') {
        whole = false;
        json->at++;
        if (!read_digits(json))
            return false;
    }
    if (json->at < json->end && (*json->at == 'e' || *json->at == 'E')) {
        whole = false;
        json->at++;
        if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
            json->at++;
        if (!read_digits(json))
            return false;
    }
    struct text number = {.data = start, .size = (size_t)(json->at - start)};
    int64_t integer;
    *out =
        whole && integer_fits(number, &integer) ? value_integer(integer) : value_text(arena_copy(json->arena, number));
    return true;
}

static bool read_value(struct json *json, unsigned depth, struct value *out);

/* Items of a list or map while its end is not known: doubled as they come. */
struct items {
    struct value *data;
    uint32_t count, room;
};

static struct value *items_add(struct arena *arena, struct items *items)
{
    if (items->count == items->room) {
        items->room = items->room ? items->room * 2 : 8;
        struct value *data = ARENA_ARRAY(arena, struct value, items->room);
        if (items->count)
            memcpy(data, items->data, items->count * sizeof *data);
        items->data = data;
    }
    return &items->data[items->count++];
}

static bool count_element(struct json *json)
{
    return ++json->elements <= WIRE_ELEMENTS_MOST || json_fail(json, "more than 10,000 elements");
}

static bool read_list(struct json *json, unsigned depth, struct value *out)
{
    struct items items = {0};
    if (!take(json, ']')) {
        do {
            if (!count_element(json) || !read_value(json, depth, items_add(json->arena, &items)))
                return false;
        } while (take(json, ','));
        if (!take(json, ']'))
            return json_fail(json, "',' or ']' was expected");
    }
    *out = (struct value){.kind = VALUE_LIST, .count = items.count, .items = items.data};
    return true;
}

struct pair {
    struct value name, value;
};

static int pair_order(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    return text_compare(left->name.text, right->name.text);
}

static bool map_close(struct json *json, struct items *items, struct value *out)
{
    uint32_t count = items->count / 2;
    *out = (struct value){.kind = VALUE_MAP, .count = count, .items = items->data};
    if (wire_map_ascends(out))
        return true;
    qsort(items->data, count, sizeof(struct pair), pair_order); /* NOLINT(clang-analyzer-core.NonNullParamChecker): nothing is in order */
    return wire_map_ascends(out) || json_fail(json, "a map has the same name twice");
}

static bool read_map(struct json *json, unsigned depth, struct value *out)
{
    struct items items = {0};
    if (!take(json, '}')) {
        do {
            struct text name;
            if (!count_element(json) || !count_element(json) || !read_text(json, &name)) /* NOLINT(misc-redundant-expression): the name counts, and the value */
                return false;
            *items_add(json->arena, &items) = value_text(name);
            if (!take(json, ':'))
                return json_fail(json, "':' was expected");
            if (!read_value(json, depth, items_add(json->arena, &items)))
                return false;
        } while (take(json, ','));
        if (!take(json, '}'))
            return json_fail(json, "',' or '}' was expected");
    }
    return map_close(json, &items, out);
}

static bool read_value(struct json *json, unsigned depth, struct value *out)
{
    *out = (struct value){.kind = VALUE_NONE};
    skip_space(json);
    if (json->at == json->end)
        return json_fail(json, "a value was expected");
    switch (*json->at) {
    case 'n': return take_literal(json, "null");
    case 't': *out = value_boolean(true); return take_literal(json, "true");
    case 'f': *out = value_boolean(false); return take_literal(json, "false");
    case '"': out->kind = VALUE_TEXT; return read_text(json, &out->text);
    case '[':
    case '{':
        if (depth == WIRE_DEPTH_MOST)
            return json_fail(json, "nested more than 16 deep");
        return *json->at++ == '[' ? read_list(json, depth + 1, out) : read_map(json, depth + 1, out);
    default: break;
    }
    if (*json->at == '-' || is_digit(json))
        return read_number(json, out);
    return json_fail(json, "a value was expected");
}

enum err wire_from_json(struct arena *arena, struct text text, struct value *out, struct text *why)
{
    struct json json = {.arena = arena, .start = text.data, .at = text.data, .end = text.data + text.size};
    *out = (struct value){.kind = VALUE_NONE};
    *why = (struct text){0};
    if (text.size > WIRE_MESSAGE_MOST)
        json_fail(&json, "more than 524,288 bytes");
    else if (!wire_is_text(text))
        json_fail(&json, "not UTF-8");
    else if (read_value(&json, 0, out)) {
        skip_space(&json);
        if (json.at != json.end)
            json_fail(&json, "something follows after the end");
    }
    *why = json.why;
    return why->size ? ERR_MALFORMED : ERR_OK;
}
