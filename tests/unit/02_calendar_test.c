/* calendar: dates, the zone with its gaps and repeated hours, days and ranks, times and durations as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/calendars.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static void assert_text(struct text text, const char *expected)
{
    assert_string_equal(arena_string(&arena, text), expected);
}

/* ---- dates ---- */

static void every_day_of_ten_thousand_years_counts_up(void **state)
{
    (void)state;
    struct civil date = {1, 1, 1};
    for (int32_t days = CIVIL_FIRST; days <= CIVIL_LAST; days++) {
        struct civil made = civil_of(days);
        if (made.year != date.year || made.month != date.month || made.day != date.day || civil_days(date) != days)
            fail_msg("day %d: %04d-%02d-%02d", days, made.year, made.month, made.day);
        if (date.day++ == civil_month_days(date.year, date.month)) {
            date.day = 1;
            date.year += date.month == 12;
            date.month = date.month % 12 + 1;
        }
    }
    assert_int_equal(date.year, 10000);
    assert_int_equal(day_of(1970, 1, 1), 0);
    assert_int_equal(day_of(2000, 3, 1), 11017);
    assert_int_equal(civil_of(CIVIL_LAST + 1).year, 9999);
    assert_int_equal(civil_of(INT32_MIN).year, 1);
}

static void leap_years_and_weekdays(void **state)
{
    (void)state;
    assert_true(civil_valid((struct civil){2000, 2, 29}));
    assert_true(civil_valid((struct civil){2024, 2, 29}));
    assert_false(civil_valid((struct civil){1900, 2, 29}));
    assert_false(civil_valid((struct civil){2025, 2, 29}));
    assert_false(civil_valid((struct civil){2025, 13, 1}));
    assert_false(civil_valid((struct civil){2025, 4, 31}));
    assert_false(civil_valid((struct civil){0, 1, 1}));
    assert_int_equal(civil_weekday(0), 4);                    /* Thursday */
    assert_int_equal(civil_weekday(-4), 7);                   /* Sunday */
    assert_int_equal(civil_weekday(day_of(2026, 10, 9)), 5);  /* Friday */
    assert_int_equal(civil_weekday(CIVIL_FIRST), 1);          /* Monday */
}

static void dates_as_text(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "2026-1-09",   "2026-10-9",  "2026-10-32", "2025-02-29",
                                        "2026/10/09", "2026-10-09 ", "0000-01-01", "20261009",   "2026-+1-09"};
    int32_t days = 0;
    assert_true(civil_parse(TEXT("2026-10-09"), &days));
    assert_int_equal(days, day_of(2026, 10, 9));
    assert_text(civil_print(&arena, days), "2026-10-09");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (civil_parse(text_of(wrong[i]), &days))
            fail_msg("taken for a date: '%s'", wrong[i]);
}

static void months_end_on_the_last_day_of_shorter_ones(void **state)
{
    (void)state;
    assert_int_equal(civil_add_months(day_of(2025, 1, 31), 1), day_of(2025, 2, 28));
    assert_int_equal(civil_add_months(day_of(2024, 1, 31), 1), day_of(2024, 2, 29));
    assert_int_equal(civil_add_months(day_of(2025, 11, 30), 3), day_of(2026, 2, 28));
    assert_int_equal(civil_add_months(day_of(2025, 12, 15), 1), day_of(2026, 1, 15));
    assert_int_equal(civil_add_months(day_of(2025, 3, 31), -1), day_of(2025, 2, 28));
    assert_int_equal(civil_add_months(day_of(2025, 1, 15), -13), day_of(2023, 12, 15));
    assert_int_equal(civil_add_months(day_of(2025, 1, 31), 1000000), CIVIL_LAST);
    assert_int_equal(civil_add_months(day_of(2025, 1, 31), -1000000), CIVIL_FIRST);
}

/* ---- the zone ---- */

static int64_t utc(int32_t yyyymmdd, int32_t hour, int32_t minute)
{
    return (((int64_t)day_of_number(yyyymmdd) * 24 + hour) * 60 + minute) * 60000;
}

static void local_times(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena), *nl = calendar_netherlands(&arena);
    assert_int_equal(calendar_date(china, utc(20261008, 15, 59)), day_of(2026, 10, 8));
    assert_int_equal(calendar_date(china, utc(20261008, 16, 0)), day_of(2026, 10, 9));
    assert_int_equal(calendar_minute(china, utc(20261008, 16, 0)), 0);
    assert_int_equal(calendar_minute(china, utc(20261008, 15, 59)), 23 * 60 + 59);
    assert_int_equal(calendar_time(china, day_of(2026, 10, 9), 18 * 60), utc(20261009, 10, 0));
    assert_int_equal(calendar_minute(nl, utc(20100115, 12, 0)), 13 * 60);
    assert_int_equal(calendar_minute(nl, utc(20100715, 12, 0)), 14 * 60);
    assert_int_equal(calendar_time(nl, day_of(2010, 7, 15), 24 * 60), utc(20100715, 22, 0));
    assert_int_equal(calendar_date(nl, utc(19691231, 23, 30)), 0);
    assert_int_equal(calendar_minute(nl, utc(19691231, 22, 30)), 23 * 60 + 30); /* below zero the floor counts */
}

static void gaps_and_repeated_hours(void **state)
{
    (void)state;
    struct calendar *nl = calendar_netherlands(&arena);
    int32_t spring = day_of(2010, 3, 28), autumn = day_of(2010, 10, 31);
    assert_int_equal(calendar_time(nl, spring, 119), utc(20100328, 0, 59));
    assert_int_equal(calendar_time(nl, spring, 120), utc(20100328, 1, 0)); /* 02:00 to 02:59 are not there */
    assert_int_equal(calendar_time(nl, spring, 150), utc(20100328, 1, 0));
    assert_int_equal(calendar_time(nl, spring, 179), utc(20100328, 1, 0));
    assert_int_equal(calendar_time(nl, spring, 180), utc(20100328, 1, 0));
    assert_int_equal(calendar_time(nl, spring, 181), utc(20100328, 1, 1));
    assert_int_equal(calendar_time(nl, autumn, 120), utc(20101031, 0, 0)); /* 02:00 to 02:59 are there twice: the first */
    assert_int_equal(calendar_time(nl, autumn, 179), utc(20101031, 0, 59));
    assert_int_equal(calendar_time(nl, autumn, 180), utc(20101031, 2, 0));
    assert_int_equal(calendar_minute(nl, utc(20101031, 1, 30)), 150);
}

/* From local to moment and back, every quarter of an hour of four years. */
static void moments_and_local_times_are_inverse(void **state)
{
    (void)state;
    struct calendar *nl = calendar_netherlands(&arena);
    int64_t last = INT64_MIN;
    for (int32_t date = day_of(2009, 1, 1); date < day_of(2013, 1, 1); date++)
        for (int32_t minute = 0; minute < 24 * 60; minute += 15) {
            int64_t time = calendar_time(nl, date, minute), local = ((int64_t)date * 24 * 60 + minute) * 60000;
            int64_t back = calendar_local(nl, time);
            bool in_gap = back != local;
            if (time < last || (in_gap && !(back > local && back - local <= 3600000)))
                fail_msg("%s", arena_string(&arena, calendar_print(nl, &arena, time)));
            last = time;
        }
}

static void times_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t day, hour, minute; /* UTC */
    } right[] = {
        {"2010-10-01", 20100930, 22, 0},
        {"2010-10-01 18:00", 20101001, 16, 0},
        {"2010-10-01T18:00", 20101001, 16, 0},
        {"2010-12-01T18:00:00", 20101201, 17, 0},
        {"2010-10-01 24:00", 20101001, 22, 0},
        {"2010-10-01T18:00Z", 20101001, 18, 0},
        {"2010-10-01T18:00:00.000+02:00", 20101001, 16, 0},
        {"2010-10-01 18:00-0330", 20101001, 21, 30},
        {"2010-10-01+02:00", 20100930, 22, 0},
        {"2010-03-28 02:30", 20100328, 1, 0},
    };
    static const char *const wrong[] = {"",  "2010-10-0", "2010-10-01T", "2010-10-01 8:00", "2010-10-01 24:01", "2010-10-01 18:60",
                                        "2010-10-01 18:00:60", "2010-10-01 18:00:00.", "2010-10-01 18:00+2:00", "2010-10-01 18:00 ",
                                        "2010-10-01 18:00+02:00x", "2010-02-29 18:00", "2010-10-01 18", "2010-10-01 18:00+24:00"};
    struct calendar *nl = calendar_netherlands(&arena);
    int64_t time = 0;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        if (!calendar_parse(nl, text_of(right[i].text), &time) || time != utc(right[i].day, right[i].hour, right[i].minute))
            fail_msg("%s: %lld", right[i].text, (long long)time);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (calendar_parse(nl, text_of(wrong[i]), &time))
            fail_msg("taken for a time: '%s'", wrong[i]);
    assert_true(calendar_parse(nl, TEXT("2010-10-01T00:00:12.3456+02:00"), &time));
    assert_int_equal(time, utc(20100930, 22, 0) + 12345);
    assert_text(calendar_print(nl, &arena, utc(20101001, 16, 0)), "2010-10-01 18:00");
    assert_text(calendar_print(nl, &arena, utc(20101001, 22, 0)), "2010-10-02 00:00");
    assert_text(calendar_print_due(nl, &arena, utc(20101001, 22, 0)), "2010-10-01 24:00");
    assert_text(calendar_print_due(nl, &arena, utc(20101001, 16, 0)), "2010-10-01 18:00");
}

/* ---- days and ranks ---- */

static bool listed(const int32_t *list, int32_t count, int32_t date)
{
    for (int32_t i = 0; i < count; i++)
        if (day_of_number(list[i]) == date)
            return true;
    return false;
}

static bool china_works(int32_t date)
{
    if (listed(china_on, COUNT_OF(china_on), date))
        return true;
    return civil_weekday(date) <= 5 && !listed(china_off, COUNT_OF(china_off), date);
}

static void ranks_agree_with_walking_day_by_day(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    int32_t first = day_of(2019, 6, 1), last = day_of(2027, 6, 1), rank = calendar_rank(china, first);
    for (int32_t date = first; date <= last; date++) {
        bool works = china_works(date);
        if (calendar_works(china, date) != works || calendar_rank(china, date) != rank ||
            (works && calendar_ranked(china, rank) != date))
            fail_msg("%s", arena_string(&arena, civil_print(&arena, date)));
        rank += works;
    }
    for (int32_t date = last, next = 0; date >= first; date--) {
        next = china_works(date) ? date : next;
        if (next)
            assert_int_equal(calendar_next_working(china, date), next);
    }
}

static void years_have_their_published_number_of_working_days(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    for (int32_t i = 0; i < COUNT_OF(china_years); i++) {
        int32_t year = china_years[i].year;
        assert_int_equal(calendar_rank(china, day_of(year + 1, 1, 1)) - calendar_rank(china, day_of(year, 1, 1)),
                         china_years[i].working_days);
    }
}

static void ranks_hold_far_away_and_in_odd_weeks(void **state)
{
    (void)state;
    struct calendar *calendar = calendar_netherlands(&arena);
    struct calendar_head *head = calendar->table[CALENDAR_HEAD].rows;
    for (int32_t off = 0; off < 127; off++) { /* every week but the one without a working day */
        head->weekly_off = off << 1;
        calendar_bind(calendar);
        for (int32_t date = -800, rank = calendar_rank(calendar, date); date < 800; date++) {
            bool works = !(off >> (civil_weekday(date) - 1) & 1);
            assert_int_equal(calendar_rank(calendar, date), rank);
            if (works)
                assert_int_equal(calendar_ranked(calendar, rank), date);
            rank += works;
        }
        assert_int_equal(calendar_ranked(calendar, INT32_MAX), CIVIL_LAST);
        assert_int_equal(calendar_ranked(calendar, INT32_MIN), CIVIL_FIRST);
    }
    head->weekly_off = 127 << 1;
    calendar_bind(calendar);
    assert_int_equal(calendar_next_working(calendar, 0), CIVIL_LAST);
}

static void business_closes(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena), *nl = calendar_netherlands(&arena);
    assert_int_equal(calendar_close(china, day_of(2026, 10, 9)), utc(20261009, 10, 0));
    assert_int_equal(calendar_close(nl, day_of(2010, 11, 26)), utc(20101126, 23, 0));
}

/* ---- durations ---- */

static void durations_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
        int32_t unit, count;
    } right[] = {
        {"30 minutes", "30 minutes", MINUTES, 30},   {"1 minute", "1 minute", MINUTES, 1},
        {"2 hours", "2 hours", HOURS, 2},            {"2 working hours", "2 working hours", WORKING_HOURS, 2},
        {"3 days", "3 days", DAYS, 3},               {"1 days", "1 day", DAYS, 1},
        {"5 working days", "5 working days", WORKING_DAYS, 5}, {"1 working day", "1 working day", WORKING_DAYS, 1},
        {"1 week", "1 week", WEEKS, 1},              {"12 months", "12 months", MONTHS, 12},
        {"1000000 days", "1000000 days", DAYS, DURATION_MOST},
    };
    static const char *const wrong[] = {"",          "days",   "0 days",   "-1 days",     "1000001 days", "5",           "5 ",
                                        "5days",     "5  days", "05 days", "5 Days",      "5 years",      "1.5 days",    "99999999999 days",
                                        "until",     "until ",  "until 2-3", "until 02-30", "until 13-01", "until 12-31 ", "5 working  days"};
    struct workflow_duration duration;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        if (!duration_parse(text_of(right[i].text), &duration) || duration.unit != right[i].unit || duration.count != right[i].count)
            fail_msg("%s", right[i].text);
        assert_text(duration_print(&arena, &duration), right[i].printed);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (duration_parse(text_of(wrong[i]), &duration))
            fail_msg("taken for a duration: '%s'", wrong[i]);
    assert_true(duration_parse(TEXT("until 02-29"), &duration));
    assert_int_equal(duration.unit, UNTIL_DATE);
    assert_int_equal(duration.month, 2);
    assert_int_equal(duration.day, 29);
    assert_text(duration_print(&arena, &duration), "until 02-29");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_day_of_ten_thousand_years_counts_up),
        TEST(leap_years_and_weekdays),
        TEST(dates_as_text),
        TEST(months_end_on_the_last_day_of_shorter_ones),
        TEST(local_times),
        TEST(gaps_and_repeated_hours),
        TEST(moments_and_local_times_are_inverse),
        TEST(times_as_text),
        TEST(ranks_agree_with_walking_day_by_day),
        TEST(years_have_their_published_number_of_working_days),
        TEST(ranks_hold_far_away_and_in_odd_weeks),
        TEST(business_closes),
        TEST(durations_as_text),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
