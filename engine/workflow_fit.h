/* workflow_fit: whether two workflows fit together, one of which opens cases of the other. Each file is checked by itself; where both are at hand this
 * finds before a case runs what would otherwise be an incident on it. */
#ifndef STAIRCASE_WORKFLOW_FIT_H
#define STAIRCASE_WORKFLOW_FIT_H

#include "engine/workflow.h"

/* What does not fit where `parent` opens cases of `child`: a sentence a line, behind its place where that is known ("28:15: with: ..."); empty: all does,
 * or it opens none. */
struct text workflow_fit(struct arena *arena, const struct workflow *parent, const struct workflow *child);
/* Ends that a stage of `parent` waits for and none of these workflows has, which are all that it opens. */
struct text workflow_fit_ends(struct arena *arena, const struct workflow *parent, const struct workflow *const *children, uint32_t count);

#endif
