/* folder: the data folder itself, for commands that read it without asking an engine: while one runs on it, when it is stopped, or a copy. */
#ifndef STAIRCASE_COMMAND_FOLDER_H
#define STAIRCASE_COMMAND_FOLDER_H

#include "engine/command/command.h"
#include "engine/engine.h"

/* A data folder holds its store in `store`; a bare copy of the store is taken as it is. */
const char *folder_store(const struct command_line *line, const char *folder);

struct folder {
    struct store *store;
    struct engine *engine; /* reads what there is, and never begins a batch */
};

/* Opens the data folder of the line. COMMAND_DONE, or what to return (it was said why); folder_close either way. */
int folder_open(const struct command_line *line, struct folder *folder);
void folder_close(struct folder *folder);

#endif
