/* word: the words of a command line: cases, ids, moments, fields. Each says on stderr what is wrong with a word and what it should look like. */
#ifndef STAIRCASE_COMMAND_WORD_H
#define STAIRCASE_COMMAND_WORD_H

#include "engine/command/command.h"
#include "engine/map.h"
#include "proto/message.h"

/* A case: its id (12), its key (32 hexadecimal digits, or a UUID), anything else is its number (金农调字〔2026〕15号). */
bool word_case(const struct command_line *line, const char *word, struct case_ref *out);
/* A case number as it is written officially, 金农调字〔2026〕15号, for one typed with other brackets or wide digits. False: it is so already. */
bool word_official(struct arena *arena, struct text *number);

/* 16 bytes as 32 hexadecimal digits or as a UUID. */
bool word_is_id(struct text word, uint8_t id[ID_SIZE]);
/* The value of an option as such; `*out` stays empty when it was not given. */
bool word_id(const struct command_line *line, const char *option, struct text *out);

/* The value of an option as a moment: 2026-09-24 09:00, with T for the blank, with seconds, with Z or +08:00; without an offset it is
 * the local time of this machine. `*given` says whether there is one. */
bool word_time(const struct command_line *line, const char *option, bool *given, int64_t *time);
bool word_is_time(struct text word, int64_t *time);

/* FIELD=VALUE: the value as text, which the engine reads by the field's type (12.50, true, 2026-10-09); a field given several times
 * is a list. FIELD:=JSON: the value as it is. Sorted by name. */
bool word_fields(const struct command_line *line, char **words, int count, const struct field_value **fields, uint32_t *field_count);

/* Every OLD=NEW of an option, two stages each, as a map; a stage is mapped once. */
bool word_stages(const struct command_line *line, const char *option, struct value *out);

#endif
