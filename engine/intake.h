/* intake: the fields that come with an event: checked against the workflow, turned into the values that a case keeps, taken over. Pure.
 *
 * What is wrong is said all at once: each field by name, what was found, what is allowed. Private values come sealed
 * (VALUE_BYTES); their type was checked by the server, which saw them in clear. */
#ifndef STAIRCASE_INTAKE_H
#define STAIRCASE_INTAKE_H

#include "engine/step.h"

enum { INTAKE_BESIDES = 4 };

struct intake {
    struct span needs, may;       /* refs of FIELDS; nothing else may come */
    const char *besides[INTAKE_BESIDES]; /* names that an event of the language itself reads on its own (extend: add), or NULL */
    struct intake_field {
        int32_t row;              /* of FIELDS */
        struct value value;       /* as the case will keep it; of a list: its new element */
    } *fields;
    uint32_t count;
    struct text wrong;            /* complaints so far */
};

/* Checks what came against `needs` and `may` and fills `fields`. false: refused, bad-data. */
bool intake_check(struct step *step, struct intake *intake);
/* Takes the checked fields over into the case. */
void intake_take(struct step *step, const struct intake *intake);
/* Takes over what the engine has put into an opening from the case before it (`previous`). */
void intake_previous(struct step *step);
/* One that was checked with intake_value. */
void intake_put(struct step *step, int32_t row, struct value value);
/* The value of a field of the event as it came; NULL when it did not come. */
const struct value *intake_given(const struct event *event, const char *name);

/* ---- intake_value.c ---- */
/* Checks one value against a field (or the element of a list) and turns it into what the case keeps. The complaint is empty when it is good. */
struct text intake_value(struct step *step, const struct workflow_field *field, bool private, const struct value *given, struct value *kept);
/* A pair that stands for something that stays in the log: position of the event, size in bytes. */
struct value intake_reference(struct step *step, const struct value *given);

#endif
