/* guard: what a process of ours gives up before it begins to work: leaving its memory behind, gaining rights, and being root.
 *
 *     started as root, `user: NAME` ─> the data folder is made, or handed over once ─> groups, group, user: NAME for ever
 *     started as root, none         ─> goes on as root, and the log warns (running-as-root)
 *     started as NAME               ─> nothing to do                  started as anybody else: refused
 *
 * A core dump would hold private values in clear, and so would the memory of a process that another one of the same user may look into: neither is
 * left to anybody. What it starts inherits all of it but the last. */
#ifndef STAIRCASE_GUARD_H
#define STAIRCASE_GUARD_H

#include "engine/arena.h"
#include "proto/err.h"

/* No core dumps, and nobody but root looks into this process. Of every program of ours, first thing. */
void guard_memory(void);

/* Of what serves: files that it makes are its owner's alone, and no program that it starts gains rights (setuid). */
void guard_rights(void);

/* Started as root with the name of a user, it becomes that user for good; `data` is the data folder, which is theirs then. `user` NULL: stays who it is.
 * ERR_OK; ERR_DENIED: who started it cannot become that user, the folder is somebody else's, or the user cannot come to it; ERR_BAD_CONFIG: there is no
 * such user; ERR_NOT_FOUND, ERR_IO: `*why` in the arena, whole sentences. */
enum err guard_user(const char *user, const char *data, struct arena *arena, struct text *why);

#endif
