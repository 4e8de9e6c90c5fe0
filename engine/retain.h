/* retain: how long a case is kept after its end. Then what it held of people goes: here who they are, and in the server the key under which its private
 * values are sealed. The history stays, and its chain verifies; nobody can read in it any more what was private. Pure. */
#ifndef STAIRCASE_RETAIN_H
#define STAIRCASE_RETAIN_H

#include "engine/step.h"

/* The case has ended: its time begins, where its workflow says how long. */
void retain_begin(struct step *step);
/* It goes on after all. */
void retain_end(struct step *step);
/* When the time is over that began at `ended_at`. */
struct calendar_due retain_due(const struct step *step, int64_t ended_at);
/* The time is over. */
void retain_fire(struct step *step);
/* What a forgotten case may still take: nothing that would need what it held. false: refused. */
bool retain_lets(struct step *step);

#endif
