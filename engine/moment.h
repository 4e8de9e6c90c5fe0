/* moment: when a clock of a case is due, computed from the case as it stands: its limit, what extensions added, the calendar that counts. Pure.
 *
 * The same answer is asked for when a clock starts, when a field that it hangs on changes, and when a newer calendar counts: so nothing but
 * what the case keeps may go into it. A clock that was stopped counts from where it went on: what was left then, or its limit anew. */
#ifndef STAIRCASE_MOMENT_H
#define STAIRCASE_MOMENT_H

#include "engine/step.h"

struct moment {
    int64_t started, due; /* what the period counts from, the last moment in time */
    bool provisional;
};

/* The calendar that a clock of that kind follows: the limit of the whole case that of the home unit, so that it stands still while the case
 * climbs; every other that of the unit where the case is. */
const struct calendar *moment_calendar(const struct step *step, int32_t kind);

/* The deadline of the stage with so many units of `extend.add` added, but not later than a case was due that was merged into this one. false: no
 * limit here, or the field that it counts from is empty. */
bool moment_of_stage(const struct step *step, int32_t added, struct moment *out);
/* Of a task of `tasks` (row of TASKS), of the whole case. false: as above. */
bool moment_of_task(const struct step *step, int32_t task, struct moment *out);
bool moment_of_case(const struct step *step, struct moment *out);
/* The warning before that deadline of the stage. */
struct moment moment_of_warning(const struct step *step, const struct case_clock *deadline);
/* The next time of a reminder (row of REMINDERS) after `from`. */
struct moment moment_of_reminder(const struct step *step, int32_t reminder, int64_t from);

/* When a publication of an outcome (row of PUBLICATIONS) comes down that was put up at `from`. */
struct moment moment_of_publication(const struct step *step, int32_t publication, int64_t from);
/* The end of a stop, when all that `longest` allows in the stage is used up. */
struct moment moment_of_stop(const struct step *step);

/* ---- clocks that are or were stopped ---- */

/* From where a clock (as in struct case_clock) went on, or NULL. */
struct case_rest *moment_rest(const struct step *step, int32_t kind, int32_t which);
/* How what is left of it is counted. */
enum duration_unit moment_unit(const struct step *step, const struct case_clock *clock);
/* When its limit alone would be due, as if it had never been stopped or extended; 0: it has none. */
int64_t moment_plain(const struct step *step, int32_t kind, int32_t which);
/* A field that moves the limit moves what was left of it by as much. */
void moment_follow_rest(const struct step *step, int32_t kind, int32_t which);

/* Whatever kind of clock it is, computed anew. false: what it counts from is gone. */
bool moment_anew(const struct step *step, const struct case_clock *clock, struct moment *out);
/* Its limit is the day in a field: nothing to begin anew. */
bool moment_is_date(const struct step *step, const struct case_clock *clock);
/* Whether the clock's limit depends on a field. */
bool moment_hangs_on_field(const struct step *step, int32_t kind, int32_t which);

#endif
