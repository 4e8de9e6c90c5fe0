/* model_calendar: the days of 2026 in China and the office hours of the district, by walking through them. See model.h.
 * The list is that of config/calendar-cn.yaml, written down a second time; the later versions are those of sources.c. */
#include "tests/simulate/model_inner.h"

bool model_wrong_calendar;

#define EIGHT_HOURS (INT64_C(8) * HOUR) /* Shanghai; no summer time since 1991 */

struct day {
    int month, day;
};

static const struct day off_days[] = {
    {1, 1},  {1, 2},  {1, 3},  {2, 15}, {2, 16}, {2, 17}, {2, 18}, {2, 19}, {2, 20}, {2, 21}, {2, 22}, {2, 23}, {4, 4},  {4, 5},  {4, 6},  {5, 1},  {5, 2},
    {5, 3},  {5, 4},  {5, 5},  {6, 19}, {6, 20}, {6, 21}, {9, 25}, {9, 26}, {9, 27}, {10, 1}, {10, 2}, {10, 3}, {10, 4}, {10, 5}, {10, 6}, {10, 7},
};
static const struct day on_days[] = {{1, 4}, {2, 14}, {2, 28}, {5, 9}, {9, 20}, {10, 10}};
static const struct day more_off[] = {{3, 12}, {9, 23}};
static const struct day less_off[] = {{4, 6}, {10, 7}};

/* Versions 2 and 4 of the calendar; 3 and 5. */
static bool longer(uint32_t calendar)
{
    return calendar > 1 && calendar % 2 == 0;
}

static bool shorter(uint32_t calendar)
{
    return calendar > 1 && calendar % 2 == 1;
}

#define AMONG(days, which) among(days, sizeof(days) / sizeof *(days), which)

static bool among(const struct day *days, size_t count, struct day which)
{
    for (size_t i = 0; i < count; i++)
        if (days[i].month == which.month && days[i].day == which.day)
            return true;
    return false;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year % 4 == 0 ? 29 : days[month - 1]; /* 2100 is far */
}

/* From 2025-01-01, which is day 20089 since 1970-01-01. */
static void date_of(int64_t date, int *year, struct day *day)
{
    int64_t left = date - 20089;
    *year = 2025;
    *day = (struct day){1, 1};
    for (; left >= month_days(*year, day->month); day->month = day->month % 12 + 1) {
        left -= month_days(*year, day->month);
        *year += day->month == 12;
    }
    day->day += (int)left;
}

static bool works(uint32_t calendar, int64_t date)
{
    int year;
    struct day day;
    bool weekend = (date + 3) % 7 >= 5; /* 1970-01-01 was a Thursday */
    date_of(date, &year, &day);
    if (year != 2026)
        return !weekend;
    if (AMONG(on_days, day))
        return true;
    if (longer(calendar) && AMONG(more_off, day))
        return false;
    if ((shorter(calendar) && AMONG(less_off, day)) || (model_wrong_calendar && (day.day == 1 || day.day == 18)))
        return !weekend;
    return !weekend && !AMONG(off_days, day);
}

static int64_t local_date(int64_t time)
{
    return (time + EIGHT_HOURS) / DAY;
}

static int64_t at_hour(int64_t date, int hour)
{
    return date * DAY - EIGHT_HOURS + (int64_t)hour * HOUR;
}

static int64_t close_of(uint32_t calendar, int64_t date)
{
    return at_hour(date, longer(calendar) ? 17 : 18);
}

bool day_is_worked(uint32_t calendar, int64_t date)
{
    return works(calendar, date);
}

int64_t business_begins(uint32_t calendar, int64_t date)
{
    return at_hour(date, shorter(calendar) ? 8 : 9);
}

void day_date(int64_t date, int *year, int *month, int *day)
{
    struct day of;
    date_of(date, year, &of);
    *month = of.month;
    *day = of.day;
}

/* A last day on a day off moves; it ends at the close of business. */
static int64_t end_of(uint32_t calendar, int64_t date)
{
    while (!works(calendar, date))
        date++;
    return close_of(calendar, date);
}

int64_t days_due(uint32_t calendar, int64_t from, int days)
{
    return end_of(calendar, local_date(from) + days);
}

int64_t working_days_due(uint32_t calendar, int64_t from, int days)
{
    int64_t date = local_date(from);
    while (days > 0)
        days -= works(calendar, ++date);
    return close_of(calendar, date);
}

int64_t months_due(uint32_t calendar, int64_t from, int months)
{
    int64_t date = local_date(from);
    int year;
    struct day day;
    date_of(date, &year, &day);
    int wanted = day.day;
    for (date -= day.day - 1; months > 0; months--) {
        date += month_days(year, day.month);
        year += day.month == 12;
        day.month = day.month % 12 + 1;
    }
    int last = month_days(year, day.month);
    return end_of(calendar, date + (wanted < last ? wanted : last) - 1);
}

int64_t working_hours_due(uint32_t calendar, int64_t from, int hours)
{
    int64_t left = (int64_t)hours * HOUR;
    for (int64_t date = local_date(from);; date++)
        for (int half = 0; half < 2 && works(calendar, date); half++) {
            int64_t begin = at_hour(date, half ? 14 : shorter(calendar) ? 8 : 9), end = half ? close_of(calendar, date) : at_hour(date, 12);
            begin = begin > from ? begin : from;
            if (begin >= end)
                continue;
            if (left <= end - begin)
                return begin + left;
            left -= end - begin;
        }
}
