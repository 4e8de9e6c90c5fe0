/* access: who is meant by People, and whether someone is among them. Pure. */
#ifndef STAIRCASE_ACCESS_H
#define STAIRCASE_ACCESS_H

#include "engine/advance.h"

/* Is the person (and, for PEOPLE_WORKER, the event's worker and task) among these people of the case now? `unit` is the
 * case's current unit (a row of the directory). */
bool access_includes(const struct advance_input *input, struct span people, struct text person);

/* Everyone that must act for `each`: people fields and groups by their entries (each once, ascending); roles by who holds them now. */
uint32_t access_everyone(const struct advance_input *input, struct arena *arena, struct span people, const struct text **persons);

/* For notices: persons as they are, roles as role@unit-path. */
uint32_t access_names(const struct advance_input *input, struct arena *arena, struct span people, const struct text **names);

/* In words, for refusals: "mediator at jinnong/grid-3, applicant". */
struct text access_words(const struct advance_input *input, struct arena *arena, struct span people);

/* A reference to someone who is not in the directory: app:token, both parts non-empty. */
bool access_is_resident(struct text person);

#endif
