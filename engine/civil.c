/* civil: dates of the proleptic Gregorian calendar as day numbers. Years 1 to 9999; see calendar.h. */
#include "engine/calendar.h"

enum {
    DAYS_BEFORE_1970 = 719162, /* from 0001-01-01 */
    DAYS_IN_400_YEARS = 146097,
    DAYS_IN_100_YEARS = 36524,
    DAYS_IN_4_YEARS = 1461,
};

static bool leap_year(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t civil_month_days(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && leap_year(year));
}

bool civil_valid(struct civil date)
{
    return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= civil_month_days(date.year, date.month);
}

static int32_t days_before_month(int32_t year, int32_t month)
{
    static const int16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return days[month - 1] + (month > 2 && leap_year(year));
}

int32_t civil_days(struct civil date)
{
    int32_t past = date.year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400 + days_before_month(date.year, date.month) + date.day - 1 -
           DAYS_BEFORE_1970;
}

struct civil civil_of(int32_t days)
{
    if (days < CIVIL_FIRST)
        days = CIVIL_FIRST;
    if (days > CIVIL_LAST)
        days = CIVIL_LAST;
    int32_t rest = days + DAYS_BEFORE_1970;
    int32_t cycles = rest / DAYS_IN_400_YEARS;
    rest %= DAYS_IN_400_YEARS;
    /* The last day of a cycle, and of four years, is the leap day: it belongs to the century, and year, before it. */
    int32_t centuries = rest / DAYS_IN_100_YEARS < 4 ? rest / DAYS_IN_100_YEARS : 3;
    rest -= centuries * DAYS_IN_100_YEARS;
    int32_t fours = rest / DAYS_IN_4_YEARS;
    rest %= DAYS_IN_4_YEARS;
    int32_t years = rest / 365 < 4 ? rest / 365 : 3;
    rest -= years * 365;
    struct civil date = {.year = cycles * 400 + centuries * 100 + fours * 4 + years + 1, .month = 1, .day = 1};
    while (date.month < 12 && rest >= days_before_month(date.year, date.month + 1))
        date.month++;
    date.day = rest - days_before_month(date.year, date.month) + 1;
    return date;
}

int32_t civil_weekday(int32_t days)
{
    int32_t since_monday = (days + 3) % 7; /* 1970-01-01 was a Thursday */
    return (since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

int32_t civil_add_months(int32_t days, int64_t months)
{
    struct civil date = civil_of(days);
    int64_t total = (int64_t)date.year * 12 + date.month - 1 + months;
    if (total < 12)
        return CIVIL_FIRST;
    if (total > (int64_t)9999 * 12 + 11)
        return CIVIL_LAST;
    date.year = (int32_t)(total / 12);
    date.month = (int32_t)(total % 12) + 1;
    int32_t last = civil_month_days(date.year, date.month);
    if (date.day > last)
        date.day = last;
    return civil_days(date);
}

/* `count` digits at `at`; -1 when one of them is none. */
static int32_t digits(struct text text, size_t at, size_t count)
{
    int32_t number = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= text.size || text.data[i] < '0' || text.data[i] > '9')
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

bool civil_parse(struct text text, int32_t *days)
{
    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-')
        return false;
    struct civil date = {.year = digits(text, 0, 4), .month = digits(text, 5, 2), .day = digits(text, 8, 2)};
    if (!civil_valid(date))
        return false;
    *days = civil_days(date);
    return true;
}

struct text civil_print(struct arena *arena, int32_t days)
{
    struct civil date = civil_of(days);
    return arena_print(arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}
