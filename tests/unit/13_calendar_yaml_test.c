/* calendar_yaml: what a calendar says becomes tables; each mistake has its sentence and its place; the shipped ones are good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/calendar_yaml.h"
#include "tests/unit/calendars.h"
#include "tests/unit/yaml_mistakes.h"

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

static const char good[] = "calendar: office\n"
                           "version: 2\n"
                           "zone: Asia/Shanghai\n"
                           "weekly-off: [saturday, sunday]\n"
                           "office-hours: [\"09:00-12:00\", \"14:00-18:00\"]\n"
                           "last-day-off: moves\n"
                           "from: 2025-01-01\n"
                           "through: 2026-06-30\n"
                           "years:\n"
                           "  2025:\n"
                           "    working-days: 261\n"
                           "    days-off: [{date: 2025-01-01, wd: 3, name: 元旦}]\n"
                           "    days-on: [{date: 2025-01-04, wd: 6}]\n"
                           "  2026: {working-days: 129}\n";

static void read_good(struct text source, struct calendar *calendar)
{
    struct problems problems;
    enum err err = calendar_read(&arena, "f", source, &problems, calendar);
    if (err || problems.warnings)
        fail_msg("%s", problems_print(&problems, &arena).data);
}

static void a_calendar_becomes_tables(void **state)
{
    (void)state;
    struct calendar calendar;
    read_good(text_of(good), &calendar);
    const struct calendar_head *head = calendar_head(&calendar);
    assert_string_equal(calendar_name(&calendar), "office");
    assert_int_equal(head->version, 2);
    assert_string_equal(calendar.tables.strings + head->zone, "Asia/Shanghai");
    assert_int_equal(head->weekly_off, 1 << 6 | 1 << 7);
    assert_int_equal(head->from, day_of(2025, 1, 1));
    assert_int_equal(head->through, day_of(2026, 6, 30));
    assert_int_equal(head->last_day_moves, 1);
    assert_int_equal(calendar.table[CALENDAR_HOURS].count, 2);
    const struct calendar_hours *hours = calendar.table[CALENDAR_HOURS].rows;
    assert_int_equal(hours[1].from, 14 * 60);
    assert_int_equal(hours[1].to, 18 * 60);
    assert_int_equal(calendar.table[CALENDAR_DAYS].count, 2);
    assert_false(calendar_works(&calendar, day_of(2025, 1, 1)));
    assert_true(calendar_works(&calendar, day_of(2025, 1, 4)));
    assert_false(calendar_works(&calendar, day_of(2025, 1, 5)));
}

static void keys_that_may_be_left_out(void **state)
{
    (void)state;
    struct calendar calendar;
    read_good(TEXT("calendar: plain\nversion: 1\nzone: UTC\nweekly-off: []\nlast-day-off: stays\nfrom: 2025-01-01\n"
                   "through: 2025-12-31\n"),
              &calendar);
    assert_int_equal(calendar_head(&calendar)->weekly_off, 0);
    assert_int_equal(calendar_head(&calendar)->last_day_moves, 0);
    assert_int_equal(calendar.table[CALENDAR_HOURS].count, 0);
    assert_int_equal(calendar.table[CALENDAR_DAYS].count, 0);
}

/* What is stored is read back as it was, ranks included. */
static void stored_and_read_back_it_is_the_same(void **state)
{
    (void)state;
    struct calendar calendar, back = {.position = 0};
    read_good(source_of(&arena, "config/calendar-cn.yaml"), &calendar);
    struct text bytes = tables_encode(&arena, &calendar_shape, &calendar.tables);
    assert_int_equal(tables_decode(&arena, &calendar_shape, bytes, &back.tables), ERR_OK);
    calendar_bind(&back);
    for (int32_t date = day_of(2020, 1, 1); date < day_of(2027, 1, 1); date++)
        assert_int_equal(calendar_rank(&back, date), calendar_rank(&calendar, date));
    struct text again = tables_encode(&arena, &calendar_shape, &back.tables);
    assert_true(text_equal(bytes, again));
}

/* The shipped calendar and the one that the tests of the core are made with say the same of every day. */
static void the_shipped_chinese_calendar(void **state)
{
    (void)state;
    struct calendar shipped, *by_hand = calendar_china(&arena);
    read_good(source_of(&arena, "config/calendar-cn.yaml"), &shipped);
    assert_string_equal(calendar_name(&shipped), "cn-statutory");
    for (int32_t date = day_of(2019, 1, 1); date < day_of(2028, 1, 1); date++) {
        assert_int_equal(calendar_works(&shipped, date), calendar_works(by_hand, date));
        assert_int_equal(calendar_close(&shipped, date), calendar_close(by_hand, date));
    }
    struct workflow_duration week = {.unit = WORKING_DAYS, .count = 5};
    int64_t from;
    assert_true(calendar_parse(&shipped, TEXT("2026-09-24 09:00"), &from));
    assert_string_equal(calendar_print_due(&shipped, &arena, calendar_add(&shipped, from, &week).time).data, "2026-10-09 18:00");
}

static void the_shipped_dutch_calendar(void **state)
{
    (void)state;
    struct calendar shipped, *by_hand = calendar_netherlands(&arena);
    read_good(source_of(&arena, "workflows/examples/permit-receipts/calendar.yaml"), &shipped);
    struct workflow_duration weeks = {.unit = WEEKS, .count = 8};
    for (int32_t date = day_of(2010, 1, 1); date < day_of(2012, 9, 1); date++) {
        struct calendar_due due = calendar_add_date(&shipped, date, &weeks);
        assert_int_equal(due.time, calendar_add_date(by_hand, date, &weeks).time);
        assert_int_equal(calendar_due_date(&shipped, due.time), date + 56);
        assert_false(due.provisional);
    }
}

/* Field `wanted` of a line without quotes, from 0. */
static struct text field_of(const char *line, int wanted)
{
    for (; wanted > 0; wanted--)
        line = strchr(line, ',') + 1;
    return (struct text){.data = line, .size = strcspn(line, ",\r\n")};
}

/* The legal deadlines of real permits: eight weeks from `started` in 1,080 of the 1,434 cases, otherwise suspended or extended. */
static void the_deadlines_of_real_permits(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/data/real/permit-receipts.csv", "r");
    if (!file) {
        print_message("skipped: ../shared/data/real is not here\n");
        skip();
    }
    struct calendar calendar;
    read_good(source_of(&arena, "workflows/examples/permit-receipts/calendar.yaml"), &calendar);
    struct workflow_duration weeks = {.unit = WEEKS, .count = 8};
    char line[1000];
    int32_t cases = 0, equal = 0;
    while (fgets(line, sizeof line, file)) {
        int64_t started, deadline;
        if (!text_is(field_of(line, 4), "Confirmation of receipt") || /* every case has one */
            !calendar_parse(&calendar, field_of(line, 3), &started) || !calendar_parse(&calendar, field_of(line, 8), &deadline))
            continue;
        int64_t due = calendar_add(&calendar, started, &weeks).time;
        equal += calendar_due_date(&calendar, due) == calendar_date(&calendar, deadline);
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 1434);
    assert_int_equal(equal, 1080);
}

static void each_mistake_has_its_sentence_and_place(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"calendar: office\n", "",
         "f:1:1: the key \"calendar\" is missing: a name such as cn-statutory (what the calendar is "
         "called in the directory).\n"},
        {"calendar: office", "calendar: Office 1",
         "f:1:11: calendar: found \"Office 1\"; allowed is a name of small letters a to z, digits and "
         "single hyphens, beginning with a letter, at most 64.\n"},
        {"version: 2", "version: 0",
         "f:2:10: version: found 0; allowed is a whole number from 1 to 1000000000.\n"},
        {"version: 2", "version: '2'",
         "f:2:10: version: found \"2\" in quotes, which is text; allowed is a whole number without "
         "quotes.\n"},
        {"zone: Asia/Shanghai", "zone: Asia/Shanghia",
         "f:3:7: zone: found \"Asia/Shanghia\": the tz database of this machine has no such zone. "
         "Allowed is a name such as Asia/Shanghai.\n"},
        {"zone: Asia/Shanghai", "zone: ../../etc/passwd",
         "f:3:7: zone: found \"../../etc/passwd\": the tz database of this machine has no such zone. "
         "Allowed is a name such as Asia/Shanghai.\n"},
        {"weekly-off: [saturday, sunday]", "weekly-off: [saturday, sonday, saturday]",
         "f:4:24: weekly-off[2]: found \"sonday\"; allowed is monday, tuesday, wednesday, thursday, "
         "friday, saturday or sunday. Did you mean \"monday\"?\n"
         "f:4:32: weekly-off[3]: \"saturday\" is listed twice.\n"},
        {"weekly-off: [saturday, sunday]", "weekly-off: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
         "f:4:13: weekly-off: all seven days are off: no period in working days would ever end.\n"},
        {"weekly-off: [saturday, sunday]", "weekly-off: saturday",
         "f:4:13: weekly-off: found \"saturday\"; allowed is a list of weekdays such as [saturday, "
         "sunday].\n"},
        {"[\"09:00-12:00\", \"14:00-18:00\"]", "[\"9:00-12:00\", \"14:00-13:00\", \"14:00-24:01\"]",
         "f:5:16: office-hours[1]: found \"9:00-12:00\"; allowed are two times of one day, the earlier "
         "first, such as \"09:00-12:00\".\n"
         "f:5:30: office-hours[2]: found \"14:00-13:00\"; allowed are two times of one day, the earlier "
         "first, such as \"09:00-12:00\".\n"
         "f:5:45: office-hours[3]: found \"14:00-24:01\"; allowed are two times of one day, the earlier "
         "first, such as \"09:00-12:00\".\n"},
        {"[\"09:00-12:00\", \"14:00-18:00\"]", "[\"14:00-18:00\", \"09:00-12:00\"]",
         "f:5:31: office-hours[2]: \"09:00-12:00\" begins before the hours in front of it end. List "
         "them in the order of the day.\n"},
        {"[\"09:00-12:00\", \"14:00-18:00\"]", "[\"09:00-12:00\", \"11:59-18:00\"]",
         "f:5:31: office-hours[2]: \"11:59-18:00\" begins before the hours in front of it end. List "
         "them in the order of the day.\n"},
        {"[\"09:00-12:00\", \"14:00-18:00\"]", "[]",
         "f:5:15: office-hours: found an empty list; allowed is a list such as [a, b].\n"},
        {"last-day-off: moves", "last-day-off: move",
         "f:6:15: last-day-off: found \"move\"; allowed is stays or moves. Did you mean \"moves\"?\n"},
        {"through: 2026-06-30", "through: 2024-12-31",
         "f:8:10: through: found \"2024-12-31\", which is before `from` (2025-01-01).\n"},
        {"through: 2026-06-30", "through: 2026-02-29",
         "f:8:10: through: found \"2026-02-29\"; allowed is a date that exists, written as 2026-10-09.\n"},
        {"through: 2026-06-30", "through: 2027-06-30",
         "f:9:1: years: 2027 is missing, although `from` and `through` say that it is published. List "
         "it (2027: {working-days: 129} if only the weekly rule counts).\n"
         "f:14:24: years.2026.working-days: found 129, but the days that are listed make 261 working "
         "days in 2026.\n"},
        {"  2026: {", "  '26': {",
         "f:14:3: years.26: found \"26\"; allowed is a year such as 2026.\n"},
        {"working-days: 261", "working-days: 260",
         "f:11:19: years.2025.working-days: found 260, but the days that are listed make 261 working "
         "days in 2025.\n"},
        {"wd: 3", "wd: 2",
         "f:12:39: years.2025.days-off[1].wd: found 2, but 2025-01-01 is a wednesday (3). One of the "
         "two is wrong.\n"},
        {"wd: 3", "wd: 8",
         "f:12:39: years.2025.days-off[1].wd: found 8; allowed is a whole number from 1 to 7.\n"},
        {"date: 2025-01-04, wd: 6", "date: 2025-01-06",
         "f:13:22: years.2025.days-on[1].date: 2025-01-06 is a monday, which is worked anyway. "
         "days-on are days that `weekly-off` makes free.\n"},
        {"date: 2025-01-04, wd: 6", "date: 2024-01-06",
         "f:13:22: years.2025.days-on[1].date: 2024-01-06 does not lie in 2025. List it under its own "
         "year.\n"},
        {"date: 2025-01-04, wd: 6", "date: 2025-01-01",
         "f:13:15: years.2025.days-on[1]: 2025-01-01 is listed twice (first in line 12).\n"
         "f:13:22: years.2025.days-on[1].date: 2025-01-01 is a wednesday, which is worked anyway. "
         "days-on are days that `weekly-off` makes free.\n"},
        {"{working-days: 129}", "{working-days: 129, days-off: [{date: 2026-07-01}]}",
         "f:14:47: years.2026.days-off[1].date: 2026-07-01 lies outside the published days (`from` "
         "and `through`).\n"},
        {"days-on:", "day-on:",
         "f:13:5: years.2025.day-on: there is no key \"day-on\" here. Did you mean \"days-on\"? Allowed: "
         "working-days, notices, days-off, days-on.\n"},
        {"{date: 2025-01-04, wd: 6}", "2025-01-04",
         "f:13:15: years.2025.days-on[1]: found \"2025-01-04\"; allowed is a mapping with the keys: "
         "date, wd, name.\n"},
        {"{date: 2025-01-04, wd: 6}", "{wd: 6}",
         "f:13:15: years.2025.days-on[1]: the key \"date\" is missing: a date such as 2026-10-01 (which "
         "day).\n"},
        {"office-hours:", "offices-hours:",
         "f:5:1: offices-hours: there is no key \"offices-hours\" here. Did you mean \"office-hours\"? "
         "Allowed: calendar, version, zone, weekly-off, office-hours, last-day-off, from, through, "
         "years.\n"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct problems problems;
        struct calendar calendar;
        struct text source = source_with(&arena, good, mistakes[i].from, mistakes[i].to);
        assert_int_equal(calendar_read(&arena, "f", source, &problems, &calendar), ERR_INVALID_SOURCE);
        assert_string_equal(problems_print(&problems, &arena).data, mistakes[i].printed);
    }
}

static void all_mistakes_are_shown_in_one_run(void **state)
{
    (void)state;
    struct problems problems;
    struct calendar calendar;
    struct text source = TEXT("calendar: 7\nversion: one\nzone: Nowhere\nweekly-off: [sat]\nlast-day-off: no\nfrom: x\nthrough: y\n"
                              "years: {x: {}, 2025: {days-off: [{date: 2025-13-01}, 3]}}\nmore: 1\n");
    assert_int_equal(calendar_read(&arena, "f", source, &problems, &calendar), ERR_INVALID_SOURCE);
    assert_int_equal(problems.errors, 11);
    assert_int_equal(calendar_read(&arena, "f", TEXT("[1]"), &problems, &calendar), ERR_INVALID_SOURCE);
    assert_int_equal(problems.errors, 1);
    assert_int_equal(calendar_read(&arena, "f", TEXT(""), &problems, &calendar), ERR_INVALID_SOURCE);
    assert_int_equal(problems.errors, 1);
}

static void read_any(struct text source)
{
    struct problems problems;
    struct calendar calendar;
    calendar_read(&arena, "f", source, &problems, &calendar);
}

static void no_damage_does_harm(void **state)
{
    (void)state;
    read_damaged(&arena, good, read_any);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_calendar_becomes_tables),
        TEST(keys_that_may_be_left_out),
        TEST(stored_and_read_back_it_is_the_same),
        TEST(the_shipped_chinese_calendar),
        TEST(the_shipped_dutch_calendar),
        TEST(the_deadlines_of_real_permits),
        TEST(each_mistake_has_its_sentence_and_place),
        TEST(all_mistakes_are_shown_in_one_run),
        TEST(no_damage_does_harm),
    };
    return cmocka_run_group_tests_name("calendar_yaml", tests, NULL, NULL);
}
