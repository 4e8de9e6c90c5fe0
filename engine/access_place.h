/* access_place: what access.c and access_words.c share: where and on which day roles are asked for. */
#ifndef STAIRCASE_ACCESS_PLACE_H
#define STAIRCASE_ACCESS_PLACE_H

#include "engine/access.h"

struct place {
    const struct advance_input *input;
    int32_t unit; /* where the case stands: row of the directory, or NONE */
    int32_t day;  /* there, now */
};

struct place access_place(const struct advance_input *input);
/* The unit at which a role of People is asked for; NONE when there is none. */
int32_t access_role_unit(const struct place *place, const struct workflow_people *people);

/* Everyone whom that row of PEOPLE means now. */
void access_add_people(const struct advance_input *input, struct persons *persons, int32_t people);

#endif
