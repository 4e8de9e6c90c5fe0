/* sender: who sends an event, and whether they may; how often it was completed. Pure. */
#ifndef STAIRCASE_SENDER_H
#define STAIRCASE_SENDER_H

#include "engine/step.h"

/* The event says who acts, and who acts for someone is someone we know of. false: refused. */
bool sender_named(struct step *step);
/* The one who counts is among these people. false: refused. */
bool sender_among(struct step *step, struct span people);
/* Neither the one who acts nor the one acted for is the one of those events and fields. false: refused. */
bool sender_not_same(struct step *step, const struct workflow_event *event);
/* The event (row of EVENTS, or CASE_EXTEND) has been completed fewer than `most` times in this case (0: any number). false: refused. */
bool sender_not_too_often(struct step *step, int32_t event, int32_t most);
/* The event is complete: it is counted, and who sent it is remembered. */
void sender_count(struct step *step, int32_t event);

#endif
