/* period: from a moment and a duration to a due time, and back; see calendar.h.
 *
 * Working time is what lies inside the office hours of working days. Its sums are made of three parts: the ragged days at
 * both ends, clipped; whole days between them, by rank; and the few days on which clocks are changed, which are longer or
 * shorter than the others. */
#include "engine/calendar.h"

#include <assert.h>

static const int64_t MINUTE_MS = 60 * 1000, HOUR_MS = 60 * 60 * 1000, DAY_MS = 24 * 60 * 60 * 1000;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- office hours ---- */

static int32_t hours_count(const struct calendar *calendar)
{
    int32_t count = calendar->table[CALENDAR_HOURS].count;
    return count ? count : 1;
}

/* Without office hours a working day is worked from midnight to midnight. */
static struct calendar_hours hours_at(const struct calendar *calendar, int32_t row)
{
    const struct table *table = &calendar->table[CALENDAR_HOURS];
    return table->count ? ((const struct calendar_hours *)table->rows)[row] : (struct calendar_hours){0, 24 * 60};
}

/* Working milliseconds of a working day on which no clock is changed. */
static int64_t nominal_day(const struct calendar *calendar)
{
    int64_t minutes = 0;
    for (int32_t row = 0; row < hours_count(calendar); row++)
        minutes += hours_at(calendar, row).to - hours_at(calendar, row).from;
    return minutes * MINUTE_MS;
}

/* Working milliseconds of one date that lie in [from, to). */
static int64_t clipped_day(const struct calendar *calendar, int32_t date, int64_t from, int64_t to)
{
    int64_t sum = 0;
    if (!calendar_works(calendar, date))
        return 0;
    for (int32_t row = 0; row < hours_count(calendar); row++) {
        struct calendar_hours hours = hours_at(calendar, row);
        int64_t opens = larger(from, calendar_time(calendar, date, hours.from));
        int64_t closes = smaller(to, calendar_time(calendar, date, hours.to));
        sum += closes > opens ? closes - opens : 0;
    }
    return sum;
}

/* What the dates in [first, last) have more (less: negative) than nominal days, because clocks are changed on them. */
static int64_t changed_clocks(const struct calendar *calendar, int32_t first, int32_t last)
{
    int64_t sum = 0;
    int64_t until = calendar_time(calendar, last, 0);
    int32_t done = first; /* dates before this one are in the sum */
    for (int32_t row = calendar_offset_row(calendar, calendar_time(calendar, first, 0)) + 1;
         calendar_offset_start(calendar, row) < until; row++) {
        /* A change may skip or repeat a midnight: then more than one date is touched. */
        int32_t before = calendar_date(calendar, calendar_offset_start(calendar, row) - 1);
        int32_t after = calendar_date(calendar, calendar_offset_start(calendar, row));
        int32_t date = before < after ? before : after;
        for (date = date < done ? done : date; date <= (before > after ? before : after) && date < last; date++) {
            if (calendar_works(calendar, date))
                sum += clipped_day(calendar, date, INT64_MIN, INT64_MAX) - nominal_day(calendar);
            done = date + 1;
        }
    }
    return sum;
}

int64_t calendar_working_between(const struct calendar *calendar, int64_t from, int64_t to)
{
    if (to <= from)
        return 0;
    /* Two days at each end are clipped, not one: where a clock is put back over midnight, the day after has begun already. */
    int32_t first = calendar_date(calendar, from), last = calendar_date(calendar, to);
    int32_t whole_from = first + 2, whole_to = last - 1 > whole_from ? last - 1 : whole_from;
    int64_t sum = 0;
    for (int32_t date = first; date < whole_from; date++)
        sum += clipped_day(calendar, date, from, to);
    for (int32_t date = whole_to; date <= last + 1; date++)
        sum += clipped_day(calendar, date, from, to);
    if (whole_from == whole_to)
        return sum;
    return sum + (calendar_rank(calendar, whole_to) - calendar_rank(calendar, whole_from)) * nominal_day(calendar) +
           changed_clocks(calendar, whole_from, whole_to);
}

/* ---- working hours ---- */

/* The first moment of a date by which `milliseconds` of its working time have passed since `from`; there are that many. */
static int64_t within_day(const struct calendar *calendar, int32_t date, int64_t from, int64_t milliseconds)
{
    int64_t at = from;
    for (int32_t row = 0; milliseconds > 0; row++) {
        assert(row < hours_count(calendar));
        int64_t opens = larger(from, calendar_time(calendar, date, hours_at(calendar, row).from));
        int64_t closes = calendar_time(calendar, date, hours_at(calendar, row).to);
        int64_t passed = closes > opens ? smaller(closes - opens, milliseconds) : 0;
        if (passed > 0)
            at = opens + passed;
        milliseconds -= passed;
    }
    return at;
}

/* The last moment of a date from which `milliseconds` of its working time are left until `to`. */
static int64_t within_day_back(const struct calendar *calendar, int32_t date, int64_t to, int64_t milliseconds)
{
    int64_t at = to;
    for (int32_t row = hours_count(calendar) - 1; milliseconds > 0; row--) {
        assert(row >= 0);
        int64_t opens = calendar_time(calendar, date, hours_at(calendar, row).from);
        int64_t closes = smaller(to, calendar_time(calendar, date, hours_at(calendar, row).to));
        int64_t passed = closes > opens ? smaller(closes - opens, milliseconds) : 0;
        if (passed > 0)
            at = closes - passed;
        milliseconds -= passed;
    }
    return at;
}

static int64_t end_of(const struct calendar *calendar, int32_t date)
{
    return calendar_time(calendar, date, 24 * 60);
}

/* A date at whose end `need` or more has passed since `from`: doubling the number of days, from a first guess. */
static int32_t far_enough(const struct calendar *calendar, int64_t from, int64_t need)
{
    int32_t first = calendar_date(calendar, from);
    for (int64_t days = need / larger(nominal_day(calendar), 1) + 2;; days *= 2) {
        int32_t date = calendar_ranked(calendar, calendar_rank(calendar, first) + days);
        if (date >= CIVIL_LAST - 2 || calendar_working_between(calendar, from, end_of(calendar, date)) >= need)
            return date;
    }
}

static bool published(const struct calendar *calendar, int32_t first, int32_t last)
{
    const struct calendar_head *head = calendar_head(calendar);
    return first >= head->from && last <= head->through;
}

struct calendar_due calendar_add_working(const struct calendar *calendar, int64_t from, int64_t milliseconds)
{
    if (milliseconds <= 0)
        return (struct calendar_due){.time = from};
    milliseconds = smaller(milliseconds, (CIVIL_LAST - CIVIL_FIRST) * DAY_MS);
    int32_t first = calendar_date(calendar, from), low = first, high = far_enough(calendar, from, milliseconds);
    while (low < high) { /* the first date at whose end enough has passed */
        int32_t middle = low + (high - low) / 2;
        if (calendar_working_between(calendar, from, end_of(calendar, middle)) >= milliseconds)
            high = middle;
        else
            low = middle + 1;
    }
    if (low >= CIVIL_LAST - 2)
        return (struct calendar_due){.time = end_of(calendar, CIVIL_LAST - 2), .provisional = true};
    int64_t before = low > first ? calendar_working_between(calendar, from, end_of(calendar, low - 1)) : 0;
    return (struct calendar_due){.time = within_day(calendar, low, from, milliseconds - before),
                                 .provisional = !published(calendar, first, low)};
}

/* The mirror image of calendar_add_working. */
static int64_t subtract_working(const struct calendar *calendar, int64_t due, int64_t milliseconds)
{
    if (milliseconds <= 0)
        return due;
    int32_t last = calendar_due_date(calendar, due), high = last, low = last;
    for (int64_t days = milliseconds / larger(nominal_day(calendar), 1) + 2; low > CIVIL_FIRST + 2; days *= 2) {
        low = calendar_ranked(calendar, calendar_rank(calendar, last) - days);
        if (calendar_working_between(calendar, calendar_time(calendar, low, 0), due) >= milliseconds)
            break;
    }
    if (low <= CIVIL_FIRST + 2)
        return calendar_time(calendar, CIVIL_FIRST + 2, 0);
    while (low < high) { /* the last date from whose beginning enough is left */
        int32_t middle = low + (high - low + 1) / 2;
        if (calendar_working_between(calendar, calendar_time(calendar, middle, 0), due) >= milliseconds)
            low = middle;
        else
            high = middle - 1;
    }
    int64_t after = calendar_working_between(calendar, calendar_time(calendar, low + 1, 0), due);
    return within_day_back(calendar, low, due, milliseconds - after);
}

/* ---- days, weeks, months, working days ---- */

/* The end of a period whose last day, before it is moved, is `date`. */
static struct calendar_due last_day(const struct calendar *calendar, int64_t date)
{
    int32_t last = date > CIVIL_LAST ? CIVIL_LAST : (int32_t)date;
    if (!calendar_head(calendar)->last_day_moves)
        return (struct calendar_due){.time = calendar_close(calendar, last)};
    int32_t moved = calendar_next_working(calendar, last);
    return (struct calendar_due){.time = calendar_close(calendar, moved), .provisional = !published(calendar, last, moved)};
}

/* So many working days after a date, which does not count. */
static struct calendar_due working_days(const struct calendar *calendar, int32_t date, int32_t count)
{
    int32_t last = calendar_ranked(calendar, (int64_t)calendar_rank(calendar, date + 1) + count - 1);
    return (struct calendar_due){.time = calendar_close(calendar, last), .provisional = !published(calendar, date + 1, last)};
}

/* The day of a month in a year; the last one of a shorter February. */
static int32_t day_of_year(int32_t year, const struct workflow_duration *duration)
{
    int32_t last = civil_month_days(year, duration->month);
    return civil_days((struct civil){year, duration->month, duration->day < last ? duration->day : last});
}

/* The next such day on or after `date`. */
static struct calendar_due next_such_day(const struct calendar *calendar, int32_t date, const struct workflow_duration *duration)
{
    int32_t year = civil_of(date).year;
    int32_t day = day_of_year(year, duration);
    return calendar_until(calendar, day >= date || year == 9999 ? day : day_of_year(year + 1, duration));
}

struct calendar_due calendar_until(const struct calendar *calendar, int32_t date)
{
    return last_day(calendar, date);
}

struct calendar_due calendar_add_date(const struct calendar *calendar, int32_t date, const struct workflow_duration *duration)
{
    int64_t count = duration->count;
    assert(count >= 0);
    switch ((enum duration_unit)duration->unit) {
    case DAYS: return last_day(calendar, date + count);
    case WEEKS: return last_day(calendar, date + 7 * count);
    case MONTHS: return last_day(calendar, civil_add_months(date, count));
    case WORKING_DAYS: return working_days(calendar, date, duration->count);
    case UNTIL_DATE: return next_such_day(calendar, date, duration);
    case MINUTES:
    case HOURS:
    case WORKING_HOURS: break;
    }
    return calendar_add(calendar, calendar_time(calendar, date, 0), duration);
}

struct calendar_due calendar_add(const struct calendar *calendar, int64_t from, const struct workflow_duration *duration)
{
    int64_t end_of_time = end_of(calendar, CIVIL_LAST - 2);
    struct calendar_due due;
    assert(duration->count >= 0);
    from = smaller(from, end_of_time);
    switch ((enum duration_unit)duration->unit) {
    case MINUTES: return (struct calendar_due){.time = smaller(from + duration->count * MINUTE_MS, end_of_time)};
    case HOURS: return (struct calendar_due){.time = smaller(from + duration->count * HOUR_MS, end_of_time)};
    case WORKING_HOURS: return calendar_add_working(calendar, from, duration->count * HOUR_MS);
    case UNTIL_DATE:
        due = calendar_add_date(calendar, calendar_date(calendar, from), duration);
        /* After the close of business of that very day the next year's is meant. */
        return due.time >= from ? due : calendar_add_date(calendar, calendar_date(calendar, from) + 1, duration);
    case DAYS:
    case WEEKS:
    case MONTHS:
    case WORKING_DAYS: break;
    }
    return calendar_add_date(calendar, calendar_date(calendar, from), duration);
}

/* ---- back from a deadline ---- */

/* The same time of another day; `time` may be the midnight that ends its day. */
static int64_t same_time_on(const struct calendar *calendar, int64_t time, int64_t date)
{
    int64_t of_day = calendar_local(calendar, time) - calendar_due_date(calendar, time) * DAY_MS;
    return calendar_moment(calendar, larger(date, CIVIL_FIRST) * DAY_MS + of_day);
}

int64_t calendar_before(const struct calendar *calendar, int64_t due, const struct workflow_duration *duration)
{
    int32_t last = calendar_due_date(calendar, due), year = civil_of(last).year, day;
    int64_t count = duration->count;
    assert(count >= 0);
    switch ((enum duration_unit)duration->unit) {
    case MINUTES: return due - count * MINUTE_MS;
    case HOURS: return due - count * HOUR_MS;
    case WORKING_HOURS: return subtract_working(calendar, due, count * HOUR_MS);
    case DAYS: return same_time_on(calendar, due, last - count);
    case WEEKS: return same_time_on(calendar, due, last - 7 * count);
    case MONTHS: return same_time_on(calendar, due, civil_add_months(last, -count));
    case WORKING_DAYS: return same_time_on(calendar, due, calendar_ranked(calendar, calendar_rank(calendar, last) - count));
    case UNTIL_DATE: break;
    }
    day = day_of_year(year, duration);
    return same_time_on(calendar, due, day < last || year == 1 ? day : day_of_year(year - 1, duration));
}

/* ---- what is left of a period ---- */

enum duration_unit calendar_left_unit(enum duration_unit unit)
{
    switch (unit) {
    case MINUTES:
    case HOURS: return HOURS;
    case WORKING_HOURS: return WORKING_HOURS;
    case WORKING_DAYS: return WORKING_DAYS;
    case DAYS:
    case WEEKS:
    case MONTHS:
    case UNTIL_DATE: break;
    }
    return DAYS;
}

int64_t calendar_left(const struct calendar *calendar, enum duration_unit unit, int64_t now, int64_t due)
{
    int32_t today = calendar_date(calendar, now), last = calendar_due_date(calendar, due);
    if (due <= now)
        return 0;
    switch (calendar_left_unit(unit)) {
    case HOURS: return due - now;
    case WORKING_HOURS: return calendar_working_between(calendar, now, due);
    case WORKING_DAYS: return larger(calendar_rank(calendar, last + 1) - calendar_rank(calendar, today + 1), 0);
    default: return larger(last - today, 0);
    }
}

/* So many days after a date, which does not count; none: the rest of the date itself, when it is a working day. */
static struct calendar_due days_left(const struct calendar *calendar, enum duration_unit unit, int32_t date, int64_t left)
{
    if (calendar_left_unit(unit) == DAYS)
        return last_day(calendar, date + left);
    if (left > 0)
        return working_days(calendar, date, (int32_t)smaller(left, CIVIL_LAST));
    int32_t last = calendar_next_working(calendar, date);
    return (struct calendar_due){.time = calendar_close(calendar, last), .provisional = !published(calendar, date, last)};
}

struct calendar_due calendar_go_on(const struct calendar *calendar, enum duration_unit unit, int64_t from, int64_t left)
{
    int64_t end_of_time = end_of(calendar, CIVIL_LAST - 2);
    from = smaller(from, end_of_time);
    if (calendar_left_unit(unit) == HOURS)
        return (struct calendar_due){.time = smaller(from + smaller(left, end_of_time - from), end_of_time)};
    if (calendar_left_unit(unit) == WORKING_HOURS)
        return calendar_add_working(calendar, from, left);
    int32_t date = calendar_date(calendar, from);
    struct calendar_due due = days_left(calendar, unit, date, left);
    return due.time >= from ? due : days_left(calendar, unit, date + 1, left); /* after the close of business of its last day */
}
