/* files: what `check` and `deploy` share: a file that was read and checked here, before an engine is asked. */
#ifndef STAIRCASE_COMMAND_FILES_H
#define STAIRCASE_COMMAND_FILES_H

#include "engine/command/command.h"
#include "engine/source.h"

struct checked_file {
    const char *path;
    struct text text;
    struct source source; /* of a scenario: its kind only; of a configuration: SOURCE_NONE */
    bool good;
};

/* Reads the file and prints what is wrong with it on stdout (file:line:column: path: sentence; with --json an object for each). `directory`
 * may be NULL; otherwise roles and levels of a workflow must be there. COMMAND_DONE, COMMAND_REFUSED (mistakes), COMMAND_FAILED (no such file). */
int file_check(const struct command_line *line, const char *path, const struct directory *directory, struct checked_file *out);

#endif
