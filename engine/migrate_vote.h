/* migrate_vote: whether what came out of a vote can be told under another version of its workflow. Pure.
 *
 * Its arithmetic is told by the choices and the rule that counted, again and again: so they must be the same there, in the same order. Who may vote in
 * another one, and how long, may have changed. */
#ifndef STAIRCASE_MIGRATE_VOTE_H
#define STAIRCASE_MIGRATE_VOTE_H

#include "engine/workflow.h"

/* Rows of VOTES, or NONE; `rule`: row of VOTE_RULES that decided under `from`, `*same`: that which says so under `to` (of a rating NONE). */
bool migrate_vote(const struct workflow *from, int32_t was, int32_t rule, const struct workflow *to, int32_t is, int32_t *same);

#endif
