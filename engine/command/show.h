/* show: a case and its history on the terminal; for `staircase show`, and for whoever keeps cases of its own (the mediation centre). */
#ifndef STAIRCASE_COMMAND_SHOW_H
#define STAIRCASE_COMMAND_SHOW_H

#include "engine/command/command.h"
#include "proto/value.h"

/* A row of `show` (PROTOCOL.md section 8, case). */
void show_case(const struct command_line *line, const struct value *row);
/* Entries of a history as a table, under an empty line. */
void show_history(const struct command_line *line, const struct value *rows, uint32_t count);

#endif
