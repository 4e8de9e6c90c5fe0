/* schema_text: see schema_text.h. */
#include "engine/schema_text.h"

static void put(struct schema_text *text, const char *bytes, size_t size)
{
    if (text->size + size > text->room) {
        text->room = (text->room + size) * 2;
        char *larger = arena_take(text->arena, text->room);
        if (text->size)
            memcpy(larger, text->bytes, text->size);
        text->bytes = larger;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static void put_line(struct schema_text *text)
{
    put(text, "\n", 1);
    for (uint32_t i = 0; i < text->depth; i++)
        put(text, "  ", 2);
}

static void put_quoted(struct schema_text *text, const char *string)
{
    put(text, "\"", 1);
    for (const char *at = string; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            put(text, "\\", 1);
            put(text, at, 1);
        } else if (byte < ' ') {
            struct text escaped = arena_print(text->arena, "\\u%04x", byte);
            put(text, escaped.data, escaped.size);
        } else {
            put(text, at, 1);
        }
    }
    put(text, "\"", 1);
}

/* Whatever stands before a value: a comma, the line, its name. */
static void begin(struct schema_text *text, const char *name)
{
    if (text->begun)
        put(text, ",", 1);
    if (text->depth)
        put_line(text);
    text->begun = true;
    if (!name)
        return;
    put_quoted(text, name);
    put(text, ": ", 2);
}

void schema_open(struct schema_text *text, const char *name, char bracket)
{
    begin(text, name);
    put(text, &bracket, 1);
    text->depth++;
    text->begun = false;
}

void schema_close(struct schema_text *text, char bracket)
{
    text->depth--;
    if (text->begun)
        put_line(text);
    put(text, &bracket, 1);
    if (text->depth == 0)
        put(text, "\n", 1);
    text->begun = true;
}

void schema_string(struct schema_text *text, const char *name, const char *value)
{
    begin(text, name);
    put_quoted(text, value);
}

void schema_number(struct schema_text *text, const char *name, int64_t value)
{
    begin(text, name);
    struct text digits = arena_print(text->arena, "%lld", (long long)value);
    put(text, digits.data, digits.size);
}

void schema_boolean(struct schema_text *text, const char *name, bool value)
{
    begin(text, name);
    put(text, value ? "true" : "false", value ? 4 : 5);
}

void schema_null(struct schema_text *text, const char *name)
{
    begin(text, name);
    put(text, "null", 4);
}
