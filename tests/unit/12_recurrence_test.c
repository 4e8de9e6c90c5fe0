/* recurrence: the days of rules, what is wrong with a rule and where, days off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/recurrence.h"
#include "tests/unit/calendars.h"

static struct arena arena;

static int arena_begin(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static const struct recurrence *good(const char *rule, int32_t first)
{
    struct recurrence_fault fault = {0};
    const struct recurrence *recurrence = recurrence_read(&arena, text_of(rule), first, &fault);
    if (!recurrence)
        fail_msg("%s: %.*s (at %zu)", rule, (int)fault.why.size, fault.why.data, fault.at);
    return recurrence;
}

/* "2026-01-06 2026-01-08", at most `most` days after a day; "." behind them: no more. */
static const char *days_after(const struct recurrence *recurrence, int32_t after, int most)
{
    struct text list = {0};
    for (int i = 0; i < most; i++) {
        if (!recurrence_next(recurrence, after, &after))
            return arena_print(&arena, "%.*s.", (int)list.size, list.data).data;
        struct text day = civil_print(&arena, after);
        list = arena_print(&arena, "%.*s%s%.*s", (int)list.size, list.data, i ? " " : "", (int)day.size, day.data);
    }
    return list.data;
}

static void rules_name_their_days(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int32_t first, after;
        const char *days;
    } table[] = {
        {"FREQ=WEEKLY;BYDAY=TU,TH", 20260101, 0, "2026-01-01 2026-01-06 2026-01-08"},
        {"FREQ=WEEKLY;BYDAY=TU,TH", 20260101, 20991231, "2100-01-05 2100-01-07 2100-01-12"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", 20260105, 20260601, "2026-06-08 2026-06-22 2026-07-06"},
        {"FREQ=MONTHLY;BYMONTHDAY=15,-1", 20260101, 20260214, "2026-02-15 2026-02-28 2026-03-15"},
        {"FREQ=MONTHLY;INTERVAL=3", 20260115, 20270115, "2027-04-15 2027-07-15 2027-10-15"},
        {"FREQ=MONTHLY;BYDAY=1MO", 20260101, 20260101, "2026-01-05 2026-02-02 2026-03-02"},
        {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 20260101, 20260101, "2026-01-30 2026-02-27 2026-03-31"},
        {"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=20", 20260101, 20261220, "2027-12-20 2028-12-20 2029-12-20"},
        {"FREQ=YEARLY", 20240229, 20240229, "2028-02-29 2032-02-29 2036-02-29"},
        {"FREQ=DAILY;COUNT=2", 20260101, 0, "2026-01-01 2026-01-02."},
        {"FREQ=DAILY;COUNT=2", 20260101, 20260102, "."},
        {"FREQ=DAILY;UNTIL=20260103", 20260101, 20260101, "2026-01-02 2026-01-03."},
        {"FREQ=DAILY;INTERVAL=1000", 20260101, 20260101, "2028-09-27 2031-06-24 2034-03-20"},
        {"DATES=20260216,20261018", 20260216, 0, "2026-02-16 2026-10-18."},
        {"DATES=20260216,20261018", 20260216, 20260216, "2026-10-18."},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int32_t after = table[i].after ? day_of_number(table[i].after) : INT32_MIN / 2;
        assert_string_equal(days_after(good(table[i].rule, day_of_number(table[i].first)), after, 3), table[i].days);
    }
}

static void mistakes_are_told_where_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        size_t at;
        const char *begins;
    } table[] = {
        {"", 0, "the rule is empty"},
        {"FREQ", 0, "\"FREQ\" is no part"},
        {"INTERVAL=2", 0, "FREQ is missing"},
        {"FREQ=MINUTELY", 5, "MINUTELY comes more often"},
        {"FREQ=WEEKLY;BYHOUR=9", 12, "\"BYHOUR\" cannot be said"},
        {"FREQ=WEEKLY;FREQ=DAILY", 12, "FREQ stands here a second time"},
        {"FREQ=WEEKLY;", 12, "\"\" is no part"},
        {"FREQ=WEEKLY;BYDAY=", 12, "BYDAY has no value"},
        {"FREQ=WEEKLY;BYDAY=MO,", 21, "BYDAY: found \"\""},
        {"FREQ=WEEKLY;BYDAY=MO,XX", 21, "BYDAY: found \"XX\""},
        {"FREQ=MONTHLY;BYDAY=0MO", 19, "BYDAY: found \"0MO\""},
        {"FREQ=WEEKLY;BYMONTHDAY=1", 23, "BYMONTHDAY stands only beside"},
        {"FREQ=MONTHLY;BYWEEKNO=1", 22, "BYWEEKNO stands only beside"},
        {"FREQ=MONTHLY;BYSETPOS=1", 22, "BYSETPOS chooses among"},
        {"FREQ=MONTHLY;BYMONTHDAY=32", 24, "BYMONTHDAY: found \"32\""},
        {"FREQ=MONTHLY;BYMONTH=-1", 21, "BYMONTH: found \"-1\""},
        {"FREQ=DAILY;INTERVAL=0", 20, "INTERVAL: found \"0\""},
        {"FREQ=DAILY;COUNT=9999999999", 17, "COUNT: found"},
        {"FREQ=DAILY;UNTIL=20260230", 17, "UNTIL: found"},
        {"FREQ=DAILY;UNTIL=20250101", 17, "UNTIL: it is over"},
        {"FREQ=DAILY;COUNT=3;UNTIL=20280101", 25, "COUNT and UNTIL"},
        {"FREQ=DAILY;WKST=XX", 16, "WKST: found"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0, "no day is ever such"},
        {"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", 0, "no day is ever such"},
        {"FREQ=DAILY;DATES=20260101", 17, "a list of dates stands alone"},
        {"DATES=20260101,20260101", 15, "\"20260101\" is not later"},
        {"DATES=2026", 6, "found \"2026\""},
        {"RRULE:FREQ=DAILY", 0, "the rule stands here without"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct recurrence_fault fault = {.at = SIZE_MAX};
        assert_null(recurrence_read(&arena, text_of(table[i].rule), day_of(2026, 1, 1), &fault));
        if (fault.at != table[i].at || strncmp(fault.why.data, table[i].begins, strlen(table[i].begins)) != 0)
            fail_msg("%s: at %zu: %s", table[i].rule, fault.at, fault.why.data);
    }
}

/* ---- random rules ---- */

static uint64_t seed = 20261121;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

static const char *random_rule(void)
{
    static const char *const parts[] = {"DAILY",          "DAILY;BYDAY=MO,TH",     "DAILY;BYMONTH=3,11", "WEEKLY",           "WEEKLY;BYDAY=TU,TH,SU", "WEEKLY;BYMONTH=1,6",
                                        "MONTHLY",        "MONTHLY;BYMONTHDAY=15,-1", "MONTHLY;BYDAY=1MO,-1FR", "MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                                        "MONTHLY;BYMONTHDAY=13;BYDAY=FR", "YEARLY", "YEARLY;BYMONTH=2,9;BYMONTHDAY=1,28", "YEARLY;BYWEEKNO=1,20;BYDAY=WE",
                                        "YEARLY;BYYEARDAY=1,100,-1", "YEARLY;BYDAY=20MO"};
    return arena_print(&arena, "FREQ=%s;INTERVAL=%u", parts[dice(sizeof parts / sizeof *parts)], 1 + dice(4)).data;
}

/* A rule that is counted is walked through from its first day; the same without COUNT begins where it is wanted. Both must say the same. */
static void a_rule_begun_in_the_middle_is_the_same_rule(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        struct arena_mark mark = arena_save(&arena);
        int32_t first = day_of(2020, 1, 1) + (int32_t)dice(2000), day = first - 1;
        const char *rule = random_rule();
        struct recurrence_fault fault;
        const struct recurrence *jumping = recurrence_read(&arena, text_of(rule), first, &fault);
        const struct recurrence *walking = recurrence_read(&arena, arena_print(&arena, "%s;COUNT=60", rule), first, &fault);
        assert_true(!jumping == !walking);
        while (jumping && recurrence_next(walking, day, &day)) {
            int32_t jumped, before = day - 1 - (int32_t)dice(3);
            assert_true(recurrence_next(jumping, day - 1, &jumped));
            if (jumped != day)
                fail_msg("%s from %s: %s, not %s", rule, civil_print(&arena, first).data, civil_print(&arena, jumped).data, civil_print(&arena, day).data);
            assert_true(recurrence_next(jumping, before, &jumped) && jumped <= day && jumped > before);
        }
        arena_rewind(&arena, mark);
    }
}

/* No bytes can do harm. */
static void noise_is_no_rule(void **state)
{
    (void)state;
    static const char signs[] = "FREQ=WKLYDAIMONTH;,BY-+0123456789UNTILCOSEP:";
    for (int round = 0; round < 20000; round++) {
        struct arena_mark mark = arena_save(&arena);
        char rule[64];
        size_t size = dice(sizeof rule);
        struct recurrence_fault fault = {.at = 0};
        for (size_t i = 0; i < size; i++)
            rule[i] = signs[dice(sizeof signs - 1)];
        if (dice(2))
            memcpy(rule, "FREQ=DAILY;", size < 11 ? size : 11);
        if (!recurrence_read(&arena, (struct text){rule, size}, day_of(2026, 1, 1), &fault))
            assert_true(fault.why.size > 0 && fault.at <= size);
        arena_rewind(&arena, mark);
    }
}

/* ---- days off ---- */

static int32_t moved(const struct calendar *calendar, enum day_off rule, int32_t number)
{
    int32_t day;
    return recurrence_moved(calendar, rule, day_of_number(number), &day) ? day : 0;
}

static void days_off_are_kept_left_out_or_moved(void **state)
{
    (void)state;
    const struct calendar *china = calendar_china(&arena);
    assert_int_equal(moved(china, DAY_OFF_KEEP, 20261001), day_of(2026, 10, 1));
    assert_int_equal(moved(china, DAY_OFF_SKIP, 20261001), 0);
    assert_int_equal(moved(china, DAY_OFF_NEXT, 20261001), day_of(2026, 10, 8));
    assert_int_equal(moved(china, DAY_OFF_PREVIOUS, 20261001), day_of(2026, 9, 30));
    assert_int_equal(moved(china, DAY_OFF_NEXT, 20261008), day_of(2026, 10, 8)); /* it is worked */
    assert_int_equal(moved(china, DAY_OFF_SKIP, 20261010), day_of(2026, 10, 10)); /* a Saturday, made up for */
    assert_int_equal(moved(china, DAY_OFF_PREVIOUS, 20260215), day_of(2026, 2, 14)); /* likewise */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)
    const struct CMUnitTest tests[] = {TEST(rules_name_their_days), TEST(mistakes_are_told_where_they_stand), TEST(a_rule_begun_in_the_middle_is_the_same_rule),
                                       TEST(noise_is_no_rule), TEST(days_off_are_kept_left_out_or_moved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
