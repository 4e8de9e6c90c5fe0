/* head: what `head` and `prove` share: heads of the log as programs and people read them. */
#ifndef STAIRCASE_COMMAND_HEAD_H
#define STAIRCASE_COMMAND_HEAD_H

#include "engine/command/command.h"
#include "engine/proof.h"

/* Over an engine of folder_open; shows how far it is. */
struct proof head_proof(struct command_line *line, struct engine *engine);
/* The number of records that a head shall be of, from a word of the line (NULL: all there are); at least 1. COMMAND_DONE, or what to return. */
int head_size(const struct command_line *line, const struct proof *proof, const char *word, uint64_t *size);
/* {root, size, time}. */
struct value head_row(struct arena *arena, const struct proof_head *head);
/* COMMAND_DONE, or what to return for that error (it was said). */
int head_code(const struct command_line *line, enum err code);

#endif
