/* schema_text: JSON with line breaks, written from the outside in. For schema.c only; what goes over a wire is wire_json's. */
#ifndef STAIRCASE_SCHEMA_TEXT_H
#define STAIRCASE_SCHEMA_TEXT_H

#include "engine/arena.h"

struct schema_text {
    struct arena *arena;
    char *bytes;
    size_t size, room;
    uint32_t depth;
    bool begun; /* something stands in the object or list that is open: the next needs a comma */
};

/* `name` is the member's name; NULL in a list and for the whole. */
void schema_open(struct schema_text *text, const char *name, char bracket);  /* { or [ */
void schema_close(struct schema_text *text, char bracket);                   /* } or ] */
void schema_string(struct schema_text *text, const char *name, const char *value);
void schema_number(struct schema_text *text, const char *name, int64_t value);
void schema_boolean(struct schema_text *text, const char *name, bool value);
void schema_null(struct schema_text *text, const char *name);

#endif
