/* model: what should become of cases, said a second time and naively: plain numbers and walks through days, by hand for the two workflows of the
 * simulator. It is told what was applied and what fell due, in the order of the log, and says where each case must stand, when its stage
 * is due, and who may have sent the event. It shares no code with the engine but the reader of records.
 *
 *   model.c            every record: who may, what follows, is it so?       model_stairs.c   stairs.yaml by hand
 *   model_calendar.c   the days of 2026                                     model_works.c    works.yaml by hand
 *   model_people.c     directory.yaml by hand */
#ifndef STAIRCASE_SIMULATE_MODEL_H
#define STAIRCASE_SIMULATE_MODEL_H

#include "tests/simulate/audit.h"

struct model;

struct model *model_begin(struct sim *sim);
void model_apply(struct sim *sim, struct model *model, const struct seen_record *seen, uint64_t position);
/* At the end: the same summary of all cases as the store gives. */
void model_finish(struct sim *sim);

/* Another workflow was drawn (drawn.h). */
void model_learn_drawn(void);

#endif
