/* calendar: civil time as a value. Working days, office hours and the zone's offsets, compiled when a calendar is deployed;
 * from then on every time is computed from this value alone, never from the machine's zone data.
 *
 * The rules are those of Civil Code (民法典) art. 200 to 203 and 1259, and of the State Council's yearly notices:
 *   - hours and minutes run from the given moment; days, weeks and months do not count the day of the start (art. 201);
 *   - months end on the corresponding day, or on the last day of a shorter month (art. 202);
 *   - a period in days, weeks or months whose last day is a day off ends on the next working day (art. 203), where the calendar
 *     says so (`last_day_moves`); it ends at the close of business of its last day, where the calendar has office hours, else at
 *     24:00 (the midnight after it is the due time: "in time" is before or at it);
 *   - working days count only days that are worked; make-up weekends (调休上班) are working days;
 *   - working hours run only inside office hours (a calendar without them: over the whole of a working day). They are counted in
 *     milliseconds that really pass, also on a day when clocks are changed.
 * A date outside the published days is computed from the weekly rule alone; a due time that a later publication could change is
 * marked provisional.
 *
 * Nothing here walks through days: counts of working days come from rank tables (calendar_rank), so that a period of years
 * costs what a period of days costs. calendar.c holds zone, days and ranks, period.c the periods, civil.c dates, duration.c
 * durations as text. */
#ifndef STAIRCASE_CALENDAR_H
#define STAIRCASE_CALENDAR_H

#include "engine/tables.h"
#include "engine/workflow.h"

enum calendar_table {
    CALENDAR_HEAD,    /* one row */
    CALENDAR_OFFSETS, /* of the zone, ascending by `from` */
    CALENDAR_HOURS,   /* office hours of a working day, ascending, not overlapping */
    CALENDAR_DAYS,    /* exceptions to the weekly rule, ascending by date */
    CALENDAR_TABLE_COUNT
};

struct calendar_head {
    int32_t name;       /* string */
    int32_t version;
    int32_t zone;       /* string, e.g. Asia/Shanghai */
    int32_t weekly_off; /* bits 1 (Monday) to 7 (Sunday): 1 << weekday */
    int32_t from, through; /* first and last published day: days since 1970-01-01 */
    int32_t last_day_moves; /* 1: art. 203 */
};

struct calendar_offset {
    int64_t from;    /* seconds since 1970-01-01 UTC; the first row is INT64_MIN */
    int32_t seconds; /* local = UTC + seconds */
};

struct calendar_hours {
    int32_t from, to; /* minutes of the day */
};

struct calendar_day {
    int32_t date; /* days since 1970-01-01 */
    int32_t on;   /* 1: worked although the weekly rule says off; 0: off */
    int32_t lead; /* not stored, made by calendar_bind: working days gained (lost: negative) on the weekly rule up to this date, included */
};

struct calendar {
    struct tables tables;
    struct table table[CALENDAR_TABLE_COUNT];
    uint64_t position; /* of its deployment: the revision that clocks refer to */
    uint8_t hash[32];
};

extern const struct form_shape calendar_shape;
/* Ties `tables` to `table` after decoding (or `table` to `tables`, where it was made by hand) and makes the ranks: the rows of
 * DAYS are written to. Call it before anything else. */
void calendar_bind(struct calendar *calendar);
const struct calendar_head *calendar_head(const struct calendar *calendar);
const char *calendar_name(const struct calendar *calendar);

/* ---- civil dates, proleptic Gregorian; days since 1970-01-01 ---- */
struct civil {
    int32_t year, month, day;
};
enum { CIVIL_FIRST = -719162, CIVIL_LAST = 2932896 }; /* 0001-01-01 and 9999-12-31 */
int32_t civil_days(struct civil date); /* of a valid date */
struct civil civil_of(int32_t days);   /* clamped to CIVIL_FIRST .. CIVIL_LAST */
bool civil_valid(struct civil date);
int32_t civil_month_days(int32_t year, int32_t month);
/* The corresponding day so many months later (earlier: negative), or the last day of a shorter month. Clamped. */
int32_t civil_add_months(int32_t days, int64_t months);
int32_t civil_weekday(int32_t days); /* Monday 1 ... Sunday 7 */
/* "2026-10-09" <-> days. false when the text is not such a date. */
bool civil_parse(struct text text, int32_t *days);
struct text civil_print(struct arena *arena, int32_t days);

/* ---- times: milliseconds since 1970-01-01 UTC <-> local ---- */
int32_t calendar_date(const struct calendar *calendar, int64_t time);          /* local date of a moment */
int32_t calendar_minute(const struct calendar *calendar, int64_t time);        /* local minute of the day, 0 to 1439 */
/* The moment of a local date and minute (minute may be 1440: midnight after). In a gap: the moment at which the gap ends;
 * ambiguous: the first. */
int64_t calendar_time(const struct calendar *calendar, int32_t date, int32_t minute);
/* The same in milliseconds since 1970-01-01 00:00 local. */
int64_t calendar_local(const struct calendar *calendar, int64_t time);
int64_t calendar_moment(const struct calendar *calendar, int64_t local);
/* The row of OFFSETS that holds at a moment; the moment at which a row begins (INT64_MAX past the last). */
int32_t calendar_offset_row(const struct calendar *calendar, int64_t time);
int64_t calendar_offset_start(const struct calendar *calendar, int32_t row);
/* "2026-10-09 18:00" in local time, for people. */
struct text calendar_print(const struct calendar *calendar, struct arena *arena, int64_t time);
/* A due time, for people: as above, but the midnight that ends a day is "2026-10-09 24:00". */
struct text calendar_print_due(const struct calendar *calendar, struct arena *arena, int64_t due);
/* The last day of a deadline: the local date of `due`, or, where it is a midnight, the day that ends there. */
int32_t calendar_due_date(const struct calendar *calendar, int64_t due);
/* "2026-10-09" (midnight) or "2026-10-09 18:00" or "...T18:00[:ss[.fff]]", with an optional offset (Z, +02:00); without one it is local.
 * "24:00" is the midnight after; what is finer than a millisecond is cut off. */
bool calendar_parse(const struct calendar *calendar, struct text text, int64_t *time);

bool calendar_works(const struct calendar *calendar, int32_t date);
/* How many working days lie before `date`, counted from a fixed day (which one does not matter: use differences). */
int32_t calendar_rank(const struct calendar *calendar, int32_t date);
/* The working day of that rank: calendar_works(day) and calendar_rank(day) == rank. Clamped to CIVIL_FIRST .. CIVIL_LAST. */
int32_t calendar_ranked(const struct calendar *calendar, int64_t rank);
/* The first working day on or after `date`. */
int32_t calendar_next_working(const struct calendar *calendar, int32_t date);
/* The first moment of a day's business: opening of office hours, or 00:00. */
int64_t calendar_begin(const struct calendar *calendar, int32_t date);
/* The last moment of a day's business: close of office hours, or 24:00. */
int64_t calendar_close(const struct calendar *calendar, int32_t date);

/* ---- periods ---- */
struct calendar_due {
    int64_t time;     /* the last moment that is still in time */
    bool provisional; /* it depends on days outside the published ones */
};
/* `duration` from `from`. Never fails: saturates at the year 9999. */
struct calendar_due calendar_add(const struct calendar *calendar, int64_t from, const struct workflow_duration *duration);
/* From a civil date (a date field): as an event at any time of that day; hours and minutes run from the midnight it begins with. */
struct calendar_due calendar_add_date(const struct calendar *calendar, int32_t date, const struct workflow_duration *duration);
/* The end of a date as a deadline (LIMIT_UNTIL): moved off a day off where the calendar says so. */
struct calendar_due calendar_until(const struct calendar *calendar, int32_t date);
/* The moment `duration` before a deadline (for `warn`): working days and hours are counted back on worked time; days and months
 * back to the same time of an earlier day. So many working days before the close of business is the close of business of the day
 * from which that many remain. */
int64_t calendar_before(const struct calendar *calendar, int64_t due, const struct workflow_duration *duration);
/* Working milliseconds between two moments (what remains of a stopped clock); 0 when `to` is not after `from`. */
int64_t calendar_working_between(const struct calendar *calendar, int64_t from, int64_t to);
/* The first moment at which that many working milliseconds have passed since `from` (a stopped clock goes on): the inverse
 * of calendar_working_between. */
struct calendar_due calendar_add_working(const struct calendar *calendar, int64_t from, int64_t milliseconds);

/* ---- what is left of a period when its clock is stopped ----
 * Counted as the period itself is: hours by the milliseconds that pass, working hours by those that are worked, days and longer by days of the
 * calendar, working days by days that are worked. The day on which it stops does not count, as the day of a start does not: who stops a clock in
 * days and lets it go on the same day gains and loses nothing. */

/* DAYS, WORKING_DAYS, HOURS or WORKING_HOURS: in which of these what is left of a period of that unit is counted. */
enum duration_unit calendar_left_unit(enum duration_unit unit);
/* What is left at `now` of a period that is due at `due`: days, or milliseconds. Never below 0. */
int64_t calendar_left(const struct calendar *calendar, enum duration_unit unit, int64_t now, int64_t due);
/* When it is due if it goes on at `from`: the inverse of calendar_left; never before `from`. */
struct calendar_due calendar_go_on(const struct calendar *calendar, enum duration_unit unit, int64_t from, int64_t left);

/* "5 working days" as in the language <-> a duration row; counts from 1 to DURATION_MOST. false when it is none. (duration.c) */
enum { DURATION_MOST = 1000000 };
bool duration_parse(struct text text, struct workflow_duration *out);
struct text duration_print(struct arena *arena, const struct workflow_duration *duration);

#endif
