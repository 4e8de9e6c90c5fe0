/* recurrence: the days of a rule of RFC 5545 (RRULE), from a first day on. The only way into libical.
 *
 * A rule names days, nothing finer: what comes more often than daily is refused, and so is what never comes. The words of a rule are
 * checked here, part by part, so that an author is told which part is wrong; libical only finds the days. Instead of a rule there may be
 * a list of days, for feasts that no rule computes: DATES=20260217,20261019.
 *
 * Days off are not looked at here: recurrence_moved says where a day goes under a calendar. */
#ifndef STAIRCASE_RECURRENCE_H
#define STAIRCASE_RECURRENCE_H

#include "engine/calendar.h"

enum {
    RECURRENCE_TEXT_MOST = 500,      /* bytes of a rule */
    RECURRENCE_DATES_MOST = 40,      /* of a list: as many as its text has room for */
    RECURRENCE_COUNT_MOST = 1000,    /* COUNT: the days of such a rule are counted from its first one, each time */
    RECURRENCE_INTERVAL_MOST = 1000,
};

/* Where in the text of a rule a mistake stands, and what it is. */
struct recurrence_fault {
    size_t at; /* byte */
    struct text why;
};

struct recurrence;

/* Reads and checks a rule; NULL and `*fault` when it cannot be. Everything lives in the arena. */
struct recurrence *recurrence_read(struct arena *arena, struct text rule, int32_t first, struct recurrence_fault *fault);
/* The first of its days later than `after`. false: there is none (within the years that libical knows, to 2582). */
bool recurrence_next(const struct recurrence *recurrence, int32_t after, int32_t *day);

/* The day on which a run of `day` is, where a day off is treated so; false: that run is left out. Days that follow each other never change
 * places by it, but several may come to one. */
bool recurrence_moved(const struct calendar *calendar, enum day_off rule, int32_t day, int32_t *moved);

#endif
