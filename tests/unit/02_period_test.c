/* period: every worked example of the rules, and exhaustive comparison with models that walk day by day or minute by minute. */
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

struct example {
    const char *from, *period, *due;
    bool provisional;
};

static int64_t time_of(const struct calendar *calendar, const char *text)
{
    int64_t time = 0;
    if (!calendar_parse(calendar, text_of(text), &time))
        fail_msg("no time: %s", text);
    return time;
}

static struct workflow_duration period_of(const char *text)
{
    struct workflow_duration duration = {0};
    if (!duration_parse(text_of(text), &duration))
        fail_msg("no duration: %s", text);
    return duration;
}

static struct workflow_duration period(enum duration_unit unit, int32_t count)
{
    return (struct workflow_duration){.unit = (int32_t)unit, .count = count};
}

static void check_examples(const struct calendar *calendar, const struct example *examples, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        struct workflow_duration duration = period_of(examples[i].period);
        struct calendar_due due = calendar_add(calendar, time_of(calendar, examples[i].from), &duration);
        struct text text = calendar_print_due(calendar, &arena, due.time);
        if (!text_is(text, examples[i].due) || due.provisional != examples[i].provisional)
            fail_msg("%s + %s: %.*s%s, expected %s", examples[i].from, examples[i].period, (int)text.size, text.data,
                     due.provisional ? " (provisional)" : "", examples[i].due);
    }
}

/* The table of domain C1, with the close of business of the last day. */
static void worked_examples(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2024-02-08 10:00", "5 working days", "2024-02-21 18:00", false},
        {"2024-04-26 10:00", "2 working days", "2024-04-29 18:00", false},
        {"2024-09-30 10:00", "3 working days", "2024-10-10 18:00", false},
        {"2025-01-24 10:00", "5 working days", "2025-02-07 18:00", false},
        {"2025-09-30 10:00", "1 working day", "2025-10-09 18:00", false},
        {"2020-01-23 10:00", "5 working days", "2020-02-07 18:00", false},
        {"2026-09-18 10:00", "2 working days", "2026-09-21 18:00", false},
        {"2025-01-01 10:00", "30 days", "2025-02-05 18:00", false},
        {"2025-09-01 10:00", "30 days", "2025-10-09 18:00", false},
        {"2024-09-14 10:00", "15 days", "2024-09-29 18:00", false},
        {"2025-01-31 10:00", "1 month", "2025-02-28 18:00", false},
        {"2026-09-24 09:00", "5 working days", "2026-10-09 18:00", false}, /* the scenario of the design */
        {"2026-09-24 00:00", "5 working days", "2026-10-09 18:00", false}, /* the time of the day does not matter */
        {"2026-09-24 23:59", "5 working days", "2026-10-09 18:00", false},
        {"2024-01-31 10:00", "1 month", "2024-02-29 18:00", false},
        {"2025-09-02 10:00", "1 month", "2025-10-09 18:00", false},
        {"2025-09-24 10:00", "1 week", "2025-10-09 18:00", false},
        {"2026-09-26 10:00", "1 working day", "2026-09-28 18:00", false}, /* begun on a day off */
        {"2026-03-05 10:00", "until 12-31", "2026-12-31 18:00", false},
        {"2026-10-03 10:00", "until 10-03", "2026-10-08 18:00", false},
        {"2026-10-09 19:00", "until 10-09", "2027-10-11 18:00", true}, /* after the close of that day: next year's, a Saturday */
        {"2025-03-01 10:00", "until 02-29", "2026-02-28 18:00", false},
    };
    check_examples(calendar_china(&arena), examples, COUNT_OF(examples));
}

static void hours(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2026-09-24 09:00", "30 minutes", "2026-09-24 09:30", false},
        {"2026-09-24 23:00", "48 hours", "2026-09-26 23:00", false},
        {"2026-09-24 11:00", "1 working hour", "2026-09-24 12:00", false}, /* not 14:00 */
        {"2026-09-24 11:30", "1 working hour", "2026-09-24 14:30", false},
        {"2026-09-24 12:30", "1 working hour", "2026-09-24 15:00", false},
        {"2026-09-24 16:00", "2 working hours", "2026-09-24 18:00", false},
        {"2026-09-24 17:00", "2 working hours", "2026-09-28 10:00", false}, /* over Mid-Autumn and a weekend */
        {"2026-09-26 08:00", "4 working hours", "2026-09-28 15:00", false}, /* begun on a day off */
        {"2026-09-18 17:00", "3 working hours", "2026-09-20 11:00", false}, /* a make-up Sunday works */
        {"2026-09-24 08:00", "7 working hours", "2026-09-24 18:00", false},
        {"2026-09-24 08:00", "35 working hours", "2026-10-08 18:00", false},
        {"2026-12-31 17:00", "2 working hours", "2027-01-01 10:00", true}, /* not published: by the weekly rule */
    };
    check_examples(calendar_china(&arena), examples, COUNT_OF(examples));
}

static void past_the_published_days_it_is_provisional(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2026-12-30 10:00", "1 working day", "2026-12-31 18:00", false},
        {"2026-12-30 10:00", "2 working days", "2027-01-01 18:00", true},
        {"2026-12-01 10:00", "30 days", "2026-12-31 18:00", false},
        {"2026-12-01 10:00", "31 days", "2027-01-01 18:00", true},
        {"2026-12-01 10:00", "2 months", "2027-02-01 18:00", true},
        {"2019-12-30 10:00", "1 working day", "2019-12-31 18:00", true}, /* before the first published day as well */
        {"2019-12-31 10:00", "1 working day", "2020-01-02 18:00", false},
        {"2027-03-01 10:00", "36 hours", "2027-03-02 22:00", false}, /* depends on no calendar */
    };
    check_examples(calendar_china(&arena), examples, COUNT_OF(examples));
}

/* No office hours, a last day stays, clocks change: the deadlines of the permits. */
static void where_a_last_day_stays(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2010-10-01T00:00:00.020+02:00", "8 weeks", "2010-11-26 24:00", false},
        {"2010-10-01 12:00", "56 days", "2010-11-26 24:00", false},
        {"2010-10-02 12:00", "56 days", "2010-11-27 24:00", false}, /* a Saturday */
        {"2010-03-26 12:00", "2 days", "2010-03-28 24:00", false},  /* a day of 23 hours */
        {"2012-12-31 12:00", "56 days", "2013-02-25 24:00", false}, /* no published day could change it */
        {"2010-10-30 12:00", "24 hours", "2010-10-31 11:00", false},
        {"2010-10-29 12:00", "20 working hours", "2010-11-01 08:00", false}, /* without office hours the whole day works */
        {"2010-12-31 12:00", "1 working day", "2011-01-03 24:00", false},
    };
    struct calendar *nl = calendar_netherlands(&arena);
    check_examples(nl, examples, COUNT_OF(examples));
    struct workflow_duration weeks = period(WEEKS, 8);
    struct calendar_due due = calendar_add_date(nl, day_of(2010, 10, 1), &weeks);
    assert_int_equal(calendar_due_date(nl, due.time), day_of(2010, 11, 26));
    assert_int_equal(calendar_due_date(nl, calendar_until(nl, day_of(2010, 11, 27)).time), day_of(2010, 11, 27));
}

static void a_date_is_an_event_at_any_time_of_its_day(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    static const char *const periods[] = {"5 working days", "30 days", "1 month", "2 weeks", "until 12-31"};
    for (int32_t date = day_of(2025, 1, 1); date < day_of(2026, 1, 1); date++)
        for (int32_t i = 0; i < COUNT_OF(periods); i++) {
            struct workflow_duration duration = period_of(periods[i]);
            struct calendar_due a = calendar_add_date(china, date, &duration);
            struct calendar_due b = calendar_add(china, calendar_time(china, date, 10 * 60), &duration);
            assert_int_equal(a.time, b.time);
            assert_int_equal(a.provisional, b.provisional);
        }
    struct workflow_duration hours_of_work = period(WORKING_HOURS, 3);
    assert_int_equal(calendar_add_date(china, day_of(2025, 1, 2), &hours_of_work).time, time_of(china, "2025-01-02 12:00"));
    assert_int_equal(calendar_until(china, day_of(2026, 10, 3)).time, time_of(china, "2026-10-08 18:00"));
    assert_true(calendar_until(china, day_of(2027, 1, 3)).provisional);
}

static void before_a_deadline(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2026-10-09 18:00", "2 working days", "2026-09-30 18:00", false},
        {"2026-10-09 18:00", "5 working days", "2026-09-24 18:00", false},
        {"2026-10-09 18:00", "1 day", "2026-10-08 18:00", false},
        {"2026-10-09 18:00", "1 week", "2026-10-02 18:00", false},
        {"2026-03-31 18:00", "1 month", "2026-02-28 18:00", false},
        {"2026-10-09 18:00", "90 minutes", "2026-10-09 16:30", false},
        {"2026-10-09 18:00", "2 hours", "2026-10-09 16:00", false},
        {"2026-10-09 18:00", "4 working hours", "2026-10-09 14:00", false},
        {"2026-10-09 18:00", "5 working hours", "2026-10-09 11:00", false},
        {"2026-10-09 14:00", "1 working hour", "2026-10-09 11:00", false},
        {"2026-10-09 18:00", "15 working hours", "2026-09-30 17:00", false},
        {"2026-10-10 24:00", "1 working day", "2026-10-09 24:00", false},
        {"2026-10-09 18:00", "until 10-01", "2026-10-01 18:00", false},
        {"2026-10-09 18:00", "until 12-31", "2025-12-31 18:00", false},
    };
    struct calendar *china = calendar_china(&arena);
    for (int32_t i = 0; i < COUNT_OF(examples); i++) {
        struct workflow_duration duration = period_of(examples[i].period);
        int64_t before = calendar_before(china, time_of(china, examples[i].from), &duration);
        struct text text = calendar_print_due(china, &arena, before);
        if (!text_is(text, examples[i].due))
            fail_msg("%s before %s: %.*s, expected %s", examples[i].period, examples[i].from, (int)text.size, text.data, examples[i].due);
    }
}

/* ---- against a walk from day to day ---- */

static int32_t walk(const struct calendar *calendar, int32_t date, int32_t working_days)
{
    while (working_days > 0)
        working_days -= calendar_works(calendar, ++date);
    return date;
}

static void working_days_agree_with_walking(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    for (int32_t date = day_of(2019, 11, 1); date < day_of(2027, 2, 1); date++) {
        int32_t last = date;
        for (int32_t count = 1; count <= 260; count++) {
            struct workflow_duration duration = period(WORKING_DAYS, count);
            last = walk(china, last, 1);
            struct calendar_due due = calendar_add_date(china, date, &duration);
            bool provisional = date + 1 < day_of(2020, 1, 1) || last > day_of(2026, 12, 31);
            if (due.time != calendar_close(china, last) || due.provisional != provisional)
                fail_msg("%d working days from day %d", count, date);
            /* A working day's close lies so many working days before the close that they lead to. */
            if (calendar_works(china, date) && calendar_before(china, due.time, &duration) != calendar_close(china, date))
                fail_msg("%d working days back to day %d", count, date);
        }
    }
}

static void days_and_months_agree_with_walking(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    for (int32_t date = day_of(2019, 12, 1); date < day_of(2027, 1, 1); date++)
        for (int32_t count = 1; count <= 90; count++) {
            struct workflow_duration days = period(DAYS, count), months = period(MONTHS, count);
            int32_t last = calendar_works(china, date + count) ? date + count : walk(china, date + count, 1);
            assert_int_equal(calendar_add_date(china, date, &days).time, calendar_close(china, last));
            struct civil civil = civil_of(date);
            int32_t month = (civil.month - 1 + count) % 12 + 1, year = civil.year + (civil.month - 1 + count) / 12;
            while (!civil_valid((struct civil){year, month, civil.day}))
                civil.day--;
            last = day_of(year, month, civil.day);
            last = calendar_works(china, last) ? last : walk(china, last, 1);
            assert_int_equal(calendar_add_date(china, date, &months).time, calendar_close(china, last));
        }
}

/* ---- working time against a walk in steps of a quarter of an hour ---- */

enum { QUARTER = 15 * 60 * 1000, DAYS_MODELLED = 40, QUARTERS = DAYS_MODELLED * 96 };

static bool works_at(const struct calendar *calendar, int64_t time)
{
    const struct table *hours_table = &calendar->table[CALENDAR_HOURS];
    const struct calendar_hours *rows = hours_table->rows;
    int32_t minute = calendar_minute(calendar, time);
    bool open = hours_table->count == 0;
    for (int32_t i = 0; i < hours_table->count; i++)
        open |= minute >= rows[i].from && minute < rows[i].to;
    return open && calendar_works(calendar, calendar_date(calendar, time));
}

/* All pairs of moments, every quarter of an hour, of forty days from `first`. */
static void compare_working_time(const struct calendar *calendar, int32_t first)
{
    static int64_t worked[QUARTERS + 1]; /* working milliseconds from the beginning */
    int64_t begin = calendar_time(calendar, first, 0);
    for (int32_t i = 0; i < QUARTERS; i++)
        worked[i + 1] = worked[i] + (works_at(calendar, begin + (int64_t)i * QUARTER) ? QUARTER : 0);
    for (int32_t i = 0; i < QUARTERS; i += 5)
        for (int32_t j = i; j <= QUARTERS; j += 7) {
            int64_t from = begin + (int64_t)i * QUARTER, to = begin + (int64_t)j * QUARTER, between = worked[j] - worked[i];
            if (calendar_working_between(calendar, from, to) != between)
                fail_msg("%lld..%lld: %lld, expected %lld", (long long)from, (long long)to,
                         (long long)calendar_working_between(calendar, from, to), (long long)between);
            /* Worked up to the very moment before `to`: then going on from `from` leads to `to`, and to nowhere earlier. */
            if (j > i && worked[j] > worked[j - 1] && calendar_add_working(calendar, from, between).time != to)
                fail_msg("%lld + %lld is not %lld", (long long)from, (long long)between, (long long)to);
        }
}

static void working_time_agrees_with_walking(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena), *nl = calendar_netherlands(&arena);
    compare_working_time(china, day_of(2026, 9, 10));
    compare_working_time(china, day_of(2020, 1, 10));
    compare_working_time(nl, day_of(2010, 3, 10));
    struct calendar_head *head = nl->table[CALENDAR_HEAD].rows;
    head->weekly_off = 0; /* the days on which clocks change work */
    calendar_bind(nl);
    compare_working_time(nl, day_of(2010, 3, 10));
    compare_working_time(nl, day_of(2010, 10, 10));
    struct calendar_hours night[] = {{60, 150}, {150, 165}, {170, 1440}}; /* with both ends in the changed hour */
    put_table(nl, CALENDAR_HOURS, night, COUNT_OF(night));
    nl->tables.table[CALENDAR_HOURS] = nl->table[CALENDAR_HOURS];
    for (int32_t year = 2010; year <= 2012; year++)
        for (int32_t month = 3; month <= 10; month += 7)
            for (int32_t date = day_of(year, month, 20); date < day_of(year, month, 31); date++) {
                int64_t from = calendar_time(nl, date, 0), to = calendar_time(nl, date + 30, 0);
                int64_t sum = 0;
                for (int64_t at = from; at < to; at += QUARTER)
                    sum += calendar_working_between(nl, at, at + QUARTER);
                assert_int_equal(sum, calendar_working_between(nl, from, to));
            }
}

/* What may never break, also in zones that skip or repeat a midnight: sums add up, and adding undoes subtracting. */
static void working_time_is_additive_in_odd_zones(void **state)
{
    (void)state;
    static const struct calendar_offset odd[] = {
        {INT64_MIN, -12600},
        {1288497660, -12600 - 3600}, /* 2010-10-31 00:01 becomes 23:01 of the day before */
        {1325239200, 50400},         /* 2011-12-30 is skipped */
        {1341100800, -36000},        /* and another day is lived through twice */
    };
    static const char names[] = "odd\0Odd/Zone";
    struct calendar *calendar = calendar_by_hand(&arena, names, sizeof names, odd, COUNT_OF(odd));
    calendar_bind(calendar);
    for (int32_t change = 1; change < COUNT_OF(odd); change++)
        for (int64_t step = -200; step < 200; step++) {
            int64_t from = odd[change].from * 1000 + step * 1234567, to = from + 9 * 86400000;
            int64_t whole = calendar_working_between(calendar, from, to), sum = 0;
            for (int64_t at = from; at < to; at += 7200000)
                sum += calendar_working_between(calendar, at, at + 7200000);
            assert_int_equal(sum, whole);
            int64_t due = calendar_add_working(calendar, from, whole).time;
            assert_true(due <= to);
            assert_int_equal(calendar_working_between(calendar, from, due), whole);
            assert_int_equal(calendar_working_between(calendar, from, due - 1), whole - 1);
        }
}

static void back_is_the_mirror_of_forth(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena);
    for (int64_t step = 0; step < 3000; step++) {
        int64_t due = time_of(china, "2026-02-10 09:00") + step * 1234567;
        for (int32_t count = 1; count < 100; count += 9) {
            struct workflow_duration duration = period(WORKING_HOURS, count);
            int64_t before = calendar_before(china, due, &duration);
            assert_int_equal(calendar_working_between(china, before, due), count * 3600000);
            assert_int_equal(calendar_working_between(china, before + 1, due), count * 3600000 - 1);
        }
    }
}

static void periods_of_absurd_length_end(void **state)
{
    (void)state;
    struct calendar *china = calendar_china(&arena), *nl = calendar_netherlands(&arena);
    for (int32_t unit = MINUTES; unit <= WORKING_DAYS; unit++) {
        struct workflow_duration longest = period((enum duration_unit)unit, INT32_MAX);
        int64_t from = time_of(china, "2026-09-24 09:00");
        int64_t due = calendar_add(china, from, &longest).time;
        assert_in_range(calendar_date(china, due), day_of(4000, 1, 1), CIVIL_LAST);
        assert_true(calendar_before(nl, from, &longest) < from);
        assert_true(calendar_add(nl, INT64_MAX, &longest).time > from);
        assert_true(calendar_add(nl, INT64_MIN / 4, &longest).time < INT64_MAX);
    }
    assert_true(calendar_add_working(china, 0, INT64_MAX).time > time_of(china, "9000-01-01"));
    assert_int_equal(calendar_add_working(china, 5, 0).time, 5);
    assert_int_equal(calendar_working_between(china, 5, 5), 0);
    assert_int_equal(calendar_working_between(china, 86400000, 5), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(worked_examples),
        TEST(hours),
        TEST(past_the_published_days_it_is_provisional),
        TEST(where_a_last_day_stays),
        TEST(a_date_is_an_event_at_any_time_of_its_day),
        TEST(before_a_deadline),
        TEST(working_days_agree_with_walking),
        TEST(days_and_months_agree_with_walking),
        TEST(working_time_agrees_with_walking),
        TEST(working_time_is_additive_in_odd_zones),
        TEST(back_is_the_mirror_of_forth),
        TEST(periods_of_absurd_length_end),
    };
    return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}
