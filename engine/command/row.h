/* row: members of the rows that the engine answers questions with (PROTOCOL.md, "Rows"), for people. */
#ifndef STAIRCASE_COMMAND_ROW_H
#define STAIRCASE_COMMAND_ROW_H

#include "engine/arena.h"
#include "proto/value.h"

/* Members; empty, 0, false or NULL where they are not there, are of another kind, or `row` is NULL. */
struct text row_text(const struct value *row, const char *name);
int64_t row_integer(const struct value *row, const char *name);
bool row_flag(const struct value *row, const char *name);
const struct value *row_list(const struct value *row, const char *name);
const struct value *row_map(const struct value *row, const char *name);

/* What people call a name that stands in a row, by the row's `titles`: under a member (`s`), or under a name in one of them (`can`, `data`).
 * In Chinese "征求双方同意（consent）"; the name alone where it has no title, and in English, whose words the names are. */
struct text row_title(struct arena *arena, const struct value *row, const char *member, struct text name, bool chinese);
/* All events that are possible, as people call them. */
struct text row_possible(struct arena *arena, const struct value *row, bool chinese);

/* A value in words: text as it is, lists by ", ", maps as "name: value". */
struct text value_words(struct arena *arena, const struct value *value);

/* What a field of the row's data holds, in words; in Chinese those that have titles (the row's `words`) as "咨询（question）". */
struct text row_value(struct arena *arena, const struct value *row, struct text field, const struct value *value, bool chinese);

/* A moment as the people of the zone write it, "2026-10-09 18:00"; where no zone is named, or this machine does not know it, in UTC
 * with a Z. The second for deadlines: the midnight that ends a day is "2026-10-09 24:00". Empty for 0. */
struct text time_words(struct arena *arena, struct text zone, int64_t time);
struct text due_words(struct arena *arena, struct text zone, int64_t due);
/* Of a member, in the row's own `zone`. */
struct text row_time(struct arena *arena, const struct value *row, const char *name);
struct text row_due(struct arena *arena, const struct value *row, const char *name);

#endif
