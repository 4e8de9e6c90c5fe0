/* migrate: a case goes on under another version of its workflow. Pure.
 *
 * All or nothing: everything that the case holds has its place in the other version, by its name or by what the event says, or it is refused and
 * says what has none. The case stays in its stage, at its level and unit, entered when it was; its deadlines are counted anew from there under the new
 * version, reminders begin now. Nothing else happens: no notice, no outcome; what is overdue by then fires afterwards as ever.
 *
 *     fields of the event:  stages {OLD: NEW, ...}   a stage that is called otherwise
 *                           drop   [NAME, ...]       fields whose data may be lost; events whose parts may be; `extend`: what it added */
#ifndef STAIRCASE_MIGRATE_H
#define STAIRCASE_MIGRATE_H

#include "engine/step.h"

/* EVENT_MIGRATE, to input.target; true: applied. */
bool migrate_case(struct step *step);

#endif
