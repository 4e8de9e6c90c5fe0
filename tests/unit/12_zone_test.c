/* zone: known changes of clocks, the C library as a second opinion on many zones, rules of footers, and files that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "engine/zone.h"

#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof *(array)))

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

static struct zone zone_of(const char *name)
{
    struct zone zone = {0};
    struct text why = {0};
    if (zone_read(&arena, text_of(name), &zone, &why) != ERR_OK)
        fail_msg("%s: %s", name, why.data);
    return zone;
}

static int32_t seconds_at(const struct zone *zone, int64_t time)
{
    int32_t row = 0;
    while (row + 1 < zone->count && zone->offsets[row + 1].from <= time)
        row++;
    return zone->offsets[row].seconds;
}

static int64_t utc(int32_t year, int32_t month, int32_t day, int32_t hour)
{
    return civil_days((struct civil){year, month, day}) * INT64_C(86400) + hour * 3600;
}

static void known_changes(void **state)
{
    (void)state;
    struct zone amsterdam = zone_of("Europe/Amsterdam"), shanghai = zone_of("Asia/Shanghai");
    assert_int_equal(seconds_at(&amsterdam, utc(2010, 3, 28, 1) - 1), 3600);
    assert_int_equal(seconds_at(&amsterdam, utc(2010, 3, 28, 1)), 7200);
    assert_int_equal(seconds_at(&amsterdam, utc(2010, 10, 31, 1) - 1), 7200);
    assert_int_equal(seconds_at(&amsterdam, utc(2010, 10, 31, 1)), 3600);
    assert_int_equal(seconds_at(&amsterdam, utc(2038, 3, 28, 1)), 7200); /* past what 32 bits hold: by the rule */
    assert_int_equal(seconds_at(&amsterdam, utc(2100, 3, 28, 1) - 1), 3600);
    assert_int_equal(seconds_at(&amsterdam, utc(2100, 3, 28, 1)), 7200);
    assert_int_equal(seconds_at(&amsterdam, utc(2100, 10, 31, 1)), 3600);
    assert_int_equal(amsterdam.offsets[amsterdam.count - 1].from, utc(2100, 10, 31, 1)); /* nothing after that year */
    assert_int_equal(seconds_at(&shanghai, utc(1991, 9, 14, 17) - 1), 9 * 3600);
    assert_int_equal(seconds_at(&shanghai, utc(1991, 9, 14, 17)), 8 * 3600);
    assert_int_equal(seconds_at(&shanghai, utc(1991, 8, 1, 0)), 9 * 3600);
    assert_int_equal(seconds_at(&shanghai, utc(2026, 7, 1, 0)), 8 * 3600);
    assert_int_equal(seconds_at(&shanghai, utc(1900, 1, 1, 0)), 29143); /* the sun's time, to the second */
    assert_true(shanghai.offsets[shanghai.count - 1].from < utc(1992, 1, 1, 0));
}

static void zone_is_ascending(const char *name, const struct zone *zone)
{
    if (zone->offsets[0].from != INT64_MIN)
        fail_msg("%s", name);
    for (int32_t i = 1; i < zone->count; i++)
        if (zone->offsets[i].from <= zone->offsets[i - 1].from || zone->offsets[i].seconds == zone->offsets[i - 1].seconds)
            fail_msg("%s, row %d", name, i);
}

static void same_as_the_library(const char *name, const struct zone *zone, int64_t at)
{
    time_t time = (time_t)at;
    struct tm local;
    if (!localtime_r(&time, &local) || local.tm_gmtoff != seconds_at(zone, at))
        fail_msg("%s at %lld: %d, but the library says %ld", name, (long long)at, seconds_at(zone, at), local.tm_gmtoff);
}

/* Southern summers, half hours, a negative summer time, lost days, Ramadan, years without a rule. */
static void the_library_agrees(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Europe/Amsterdam", "Asia/Shanghai", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
        "Australia/Sydney", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Gaza",
        "America/Sao_Paulo", "Antarctica/Troll", "Asia/Tehran", "America/Nuuk", "Asia/Urumqi", "Pacific/Chatham", "UTC",
    };
    for (int32_t i = 0; i < COUNT_OF(names); i++) {
        struct zone zone = zone_of(names[i]);
        zone_is_ascending(names[i], &zone);
        setenv("TZ", names[i], 1);
        tzset();
        for (int32_t row = 1; row < zone.count; row++) {
            same_as_the_library(names[i], &zone, zone.offsets[row].from - 1);
            same_as_the_library(names[i], &zone, zone.offsets[row].from);
        }
        for (int64_t at = utc(1880, 1, 1, 0); at < utc(2100, 12, 1, 0); at += 5 * 86400)
            same_as_the_library(names[i], &zone, at);
        arena_reset(&arena);
    }
}

static void names_that_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {"", "Asia/Shanghia", "../../../etc/passwd", "/etc/passwd", "Asia", "Asia/Shang hai", "zone.tab",
                                        "Asia/../Asia/Shanghai"};
    for (int32_t i = 0; i < COUNT_OF(names); i++) {
        struct zone zone;
        struct text why;
        if (zone_read(&arena, text_of(names[i]), &zone, &why) == ERR_OK || why.size == 0)
            fail_msg("taken for a zone: '%s'", names[i]);
    }
}

/* ---- rules ---- */

static void rules_written_out(void **state)
{
    (void)state;
    struct calendar_offset *rows = ARENA_ARRAY(&arena, struct calendar_offset, ZONE_RULE_ROWS);
    static const struct {
        const char *rule;
        int64_t first; /* the first change in 2023 */
        int32_t count, seconds;
    } right[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1679792400, 156, 7200},
        {"EST5EDT,M3.2.0,M11.1.0", 1678604400, 156, -4 * 3600},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1680361200 - 30 * 60 + 30 * 60, 156, 37800}, /* southern: winter comes first */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1679792400, 156, 3600},
        {"AAA3BBB,J60/0,J300/0", 1677639600, 156, -2 * 3600}, /* J60 is always 1 March */
        {"AAA3BBB,59/0,300/0", 1677639600, 156, -2 * 3600},   /* 59 is 29 February in leap years */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1679792400, 156, -3600},
    };
    for (int32_t i = 0; i < COUNT_OF(right); i++) {
        int32_t count = zone_rule(text_of(right[i].rule), utc(2023, 1, 1, 12), rows);
        if (count != right[i].count || rows[0].from != right[i].first || rows[0].seconds != right[i].seconds)
            fail_msg("%s: %d rows, first %lld (%d)", right[i].rule, count, (long long)rows[0].from, rows[0].seconds);
    }
    assert_int_equal(zone_rule(TEXT("CST-8"), 0, rows), 0);
    assert_int_equal(zone_rule(TEXT("<+08>-8"), INT64_MIN, rows), 0);
    int32_t count = zone_rule(TEXT("XXX3EDT4,0/0,J365/23"), utc(2023, 1, 1, 12), rows); /* summer all the year */
    assert_true(count > 0);
    for (int32_t i = 0; i + 1 < count; i++)
        assert_int_equal(rows[i].seconds, -4 * 3600);
}

static void rules_that_are_none(void **state)
{
    (void)state;
    struct calendar_offset *rows = ARENA_ARRAY(&arena, struct calendar_offset, ZONE_RULE_ROWS);
    static const char *const wrong[] = {
        "", "C", "CET", "CE-1", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300", "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0 ",
        "CET-1CEST,M3.5.0,M10.5.0/3:60", "<CET-1", "<>-1", "CET-1CE,M3.5.0,M10.5.0", "CET-1CEST,M3.5.0M10.5.0", "CET--1", "CET-99999999999",
    };
    for (int32_t i = 0; i < COUNT_OF(wrong); i++)
        if (zone_rule(text_of(wrong[i]), 0, rows) != -1)
            fail_msg("taken for a rule: '%s'", wrong[i]);
}

/* ---- files that lie ---- */

enum { MADE_MOST = 512 };

struct made {
    char bytes[MADE_MOST];
    size_t size;
};

static void put(struct made *made, const void *bytes, size_t size)
{
    assert_true(made->size + size <= MADE_MOST);
    memcpy(made->bytes + made->size, bytes, size);
    made->size += size;
}

static void put_number(struct made *made, int64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--)
        put(made, &(char){(char)((uint64_t)number >> (8 * i))}, 1);
}

static void put_header(struct made *made, char version, int64_t times, int64_t types, int64_t leap)
{
    static const char reserved[15];
    put(made, "TZif", 4);
    put(made, &version, 1);
    put(made, reserved, sizeof reserved);
    const int64_t counts[] = {0, 0, leap, times, types, 4};
    for (int i = 0; i < 6; i++)
        put_number(made, counts[i], 4);
}

/* Two changes, of +1 and +2 hours, and a footer. */
static struct made zone_file(char version, int64_t first, int64_t second, char kind, int64_t seconds, int64_t leap, const char *footer)
{
    struct made made = {.size = 0};
    put_header(&made, version, 0, 1, 0);
    put(&made, "\0\0\0\0\0\0AAA\0", 10);
    put_header(&made, version, 2, 2, leap);
    put_number(&made, first, 8);
    put_number(&made, second, 8);
    put(&made, (char[]){kind, 0}, 2);
    put_number(&made, 3600, 4);
    put(&made, "\0\0", 2);
    put_number(&made, seconds, 4);
    put(&made, "\1\0", 2);
    put(&made, "AAA\0", 4);
    put(&made, footer, strlen(footer));
    return made;
}

static enum err compile(const struct made *made)
{
    struct zone zone = {0};
    struct text why = {0};
    /* A copy of exactly that size: a sanitizer sees a step beyond it. */
    char *copy = malloc(made->size ? made->size : 1);
    assert_non_null(copy);
    memcpy(copy, made->bytes, made->size);
    enum err err = zone_compile(&arena, (struct text){copy, made->size}, &zone, &why);
    free(copy);
    assert_true(err == ERR_OK || why.size > 0);
    return err;
}

static void files_that_lie_are_refused(void **state)
{
    (void)state;
    const char *rule = "\nAAA-1\n";
    struct made right = zone_file('2', 1000, 2000, 1, 7200, 0, rule);
    assert_int_equal(compile(&right), ERR_OK);
    const struct made wrong[] = {
        zone_file(0, 1000, 2000, 1, 7200, 0, rule),         /* version 1 */
        zone_file('2', 2000, 1000, 1, 7200, 0, rule),       /* not ascending */
        zone_file('2', 1000, 1000, 1, 7200, 0, rule),
        zone_file('2', 1000, (int64_t)1 << 59, 1, 7200, 0, rule), /* beyond all years */
        zone_file('2', 1000, 2000, 2, 7200, 0, rule),       /* a type that is not there */
        zone_file('2', 1000, 2000, 1, 100000, 0, rule),     /* 27 hours */
        zone_file('2', 1000, 2000, 1, 7200, 1, rule),       /* leap seconds */
        zone_file('2', 1000, 2000, 1, 7200, 0, "AAA-1\n"),  /* no footer */
        zone_file('2', 1000, 2000, 1, 7200, 0, "\nAAA-1"),
        zone_file('2', 1000, 2000, 1, 7200, 0, "\nA\n"),
    };
    for (int32_t i = 0; i < COUNT_OF(wrong); i++)
        if (compile(&wrong[i]) != ERR_CORRUPT)
            fail_msg("file %d", i);
    struct made ancient = zone_file('2', -((int64_t)1 << 59), 2000, 1, 7200, 0, "\n\n"); /* where some begin their time; no rule */
    assert_int_equal(compile(&ancient), ERR_OK);
}

/* Every length, and every byte set to several values: an answer, never a step beyond the bytes. */
static void no_damage_does_harm(void **state)
{
    (void)state;
    const struct made right = zone_file('2', 1000, 2000, 1, 7200, 0, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    for (size_t size = 0; size < right.size; size++) {
        struct made cut = right;
        cut.size = size;
        assert_int_equal(compile(&cut), ERR_CORRUPT);
        for (int value = 0; value < 256; value += 15) {
            struct made changed = right;
            changed.bytes[size] = (char)value;
            compile(&changed);
            arena_reset(&arena);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_changes),
        TEST(the_library_agrees),
        TEST(names_that_are_none),
        TEST(rules_written_out),
        TEST(rules_that_are_none),
        TEST(files_that_lie_are_refused),
        TEST(no_damage_does_harm),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
