/* help: what `PROGRAM --help` and `PROGRAM COMMAND --help` print. */
#ifndef STAIRCASE_COMMAND_HELP_H
#define STAIRCASE_COMMAND_HELP_H

#include "engine/command/command.h"

/* All commands of line->program with their one line, the options that all have, the exit codes. */
void help_overview(const struct command_line *line, FILE *out, const struct command_option *common);

/* The help of line->command: what it does, how it is called, its options, examples. */
void help_command(const struct command_line *line, FILE *out, const struct command_option *common);

#endif
