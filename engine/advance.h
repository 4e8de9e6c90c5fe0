/* advance: the pure step. Workflow, case, event, time, directory and calendars go in as values; a decision comes out.
 *
 * It calls nothing but memory and string functions, reads no clock, writes nothing but the arena, and never changes what it
 * was given. The order in which things happen is section 7 of workflows/LANGUAGE.md; each numbered step stands as a comment
 * beside the code that obeys it. What fell due before the event (step 1) is the engine's to bring: it calls advance with
 * EVENT_DUE for each, oldest first, and then with the event. */
#ifndef STAIRCASE_ADVANCE_H
#define STAIRCASE_ADVANCE_H

#include "engine/calendar.h"
#include "engine/directory.h"
#include "engine/effect.h"

/* Everything that a decision may depend on. */
struct advance_input {
    const struct workflow *workflow;    /* the one that the case is pinned to, or will be */
    const struct directory *directory;  /* always the newest */
    const struct calendar *const *calendars; /* the newest of each name */
    uint32_t calendar_count;
    const struct case_state *before;    /* NULL for EVENT_OPEN */
    const struct event *event;
    int64_t now;       /* effective time, milliseconds UTC; never before before->last_at */
    uint64_t position; /* that the event will have in the log */
    uint32_t partition;
    const struct workflow *target; /* EVENT_MIGRATE: the version that the case is to go on under; NULL: it is not deployed */
    uint64_t sequence; /* EVENT_OPEN: the next number of the series (advance_series) */
    const struct roll_row *rolls; /* the rows that poll_reads asked for, as far as they are there */
    uint32_t roll_count;
    bool explain;      /* fill decision->trace */
};

/* Decides EVENT_OPEN, SEND, RELEASE, RETRY, ACCEPT, SETTLE, FAIL, DUE, RECOMPUTE, CASE and MIGRATE. */
void advance(const struct advance_input *input, struct arena *arena, struct decision *out);

/* The series that the next case number counts in: the reference with unit and year filled in and {number} left; empty when the
 * workflow gives no numbers. One series per text, so no two cases can get one number. */
struct text advance_series(const struct advance_input *input, struct arena *arena);

/* The row of a unit by its permanent id, or of the unit that took it over when it is closed; NONE when there is neither. */
int32_t advance_unit(const struct directory *directory, uint32_t id);

/* The newest calendar that counts at a unit; NULL when the directory names none or it is not deployed. */
const struct calendar *advance_calendar(const struct advance_input *input, int32_t unit);

/* The events that may be sent now, by whomever: names, with extend, claim, hand-over, take-back where they apply. */
void advance_possible(const struct advance_input *input, struct arena *arena, struct decision *out);

#endif
