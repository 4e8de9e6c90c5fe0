/* receipt: an answer in one or two lines that a person understands. */
#ifndef STAIRCASE_COMMAND_RECEIPT_H
#define STAIRCASE_COMMAND_RECEIPT_H

#include "engine/command/command.h"
#include "proto/message.h"

/* Applied, duplicate and parked go to stdout; refused and busy, with what to do next, to stderr. `sent` is what was answered;
 * `row` the case as `show` gives it (its zone, what is possible next), or NULL. */
void receipt_print(const struct command_line *line, enum message_kind sent, const struct message *answer, const struct value *row);

/* 16 bytes as a UUID: 0190f1c2-7f3e-7abc-8def-0123456789ab. */
struct text receipt_id(struct arena *arena, struct text id);

/* The sentence and the advice of a code in the language of the command. */
const char *code_sentence(const struct command_line *line, enum err code);
const char *code_advice(const struct command_line *line, enum err code);

#endif
