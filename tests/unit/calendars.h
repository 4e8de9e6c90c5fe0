/* calendars: calendars made by hand, for tests that may not read files.
 *
 * calendar_china: the State Council's days off and make-up working days 2020 to 2026 (as in config/calendar-cn.yaml; a test of the
 * reader compares the two), offices open 09:00-12:00 and 14:00-18:00. calendar_netherlands: 2009 to 2012 with its clock
 * changes, weekends off, no office hours, a last day stays where it is. */
#ifndef STAIRCASE_TEST_CALENDARS_H
#define STAIRCASE_TEST_CALENDARS_H

#include "engine/calendar.h"

static const int32_t china_off[] = {
    20200101, 20200124, 20200125, 20200126, 20200127, 20200128, 20200129, 20200130, 20200131, 20200201, 20200202, 20200404,
    20200405, 20200406, 20200501, 20200502, 20200503, 20200504, 20200505, 20200625, 20200626, 20200627, 20201001, 20201002,
    20201003, 20201004, 20201005, 20201006, 20201007, 20201008, 20210101, 20210102, 20210103, 20210211, 20210212, 20210213,
    20210214, 20210215, 20210216, 20210217, 20210403, 20210404, 20210405, 20210501, 20210502, 20210503, 20210504, 20210505,
    20210612, 20210613, 20210614, 20210919, 20210920, 20210921, 20211001, 20211002, 20211003, 20211004, 20211005, 20211006,
    20211007, 20220101, 20220102, 20220103, 20220131, 20220201, 20220202, 20220203, 20220204, 20220205, 20220206, 20220403,
    20220404, 20220405, 20220430, 20220501, 20220502, 20220503, 20220504, 20220603, 20220604, 20220605, 20220910, 20220911,
    20220912, 20221001, 20221002, 20221003, 20221004, 20221005, 20221006, 20221007, 20221231, 20230101, 20230102, 20230121,
    20230122, 20230123, 20230124, 20230125, 20230126, 20230127, 20230405, 20230429, 20230430, 20230501, 20230502, 20230503,
    20230622, 20230623, 20230624, 20230929, 20230930, 20231001, 20231002, 20231003, 20231004, 20231005, 20231006, 20240101,
    20240210, 20240211, 20240212, 20240213, 20240214, 20240215, 20240216, 20240217, 20240404, 20240405, 20240406, 20240501,
    20240502, 20240503, 20240504, 20240505, 20240610, 20240915, 20240916, 20240917, 20241001, 20241002, 20241003, 20241004,
    20241005, 20241006, 20241007, 20250101, 20250128, 20250129, 20250130, 20250131, 20250201, 20250202, 20250203, 20250204,
    20250404, 20250405, 20250406, 20250501, 20250502, 20250503, 20250504, 20250505, 20250531, 20250601, 20250602, 20251001,
    20251002, 20251003, 20251004, 20251005, 20251006, 20251007, 20251008, 20260101, 20260102, 20260103, 20260215, 20260216,
    20260217, 20260218, 20260219, 20260220, 20260221, 20260222, 20260223, 20260404, 20260405, 20260406, 20260501, 20260502,
    20260503, 20260504, 20260505, 20260619, 20260620, 20260621, 20260925, 20260926, 20260927, 20261001, 20261002, 20261003,
    20261004, 20261005, 20261006, 20261007,
};
static const int32_t china_on[] = {
    20200119, 20200426, 20200509, 20200628, 20200927, 20201010, 20210207, 20210220, 20210425, 20210508, 20210918, 20210926,
    20211009, 20220129, 20220130, 20220402, 20220424, 20220507, 20221008, 20221009, 20230128, 20230129, 20230423, 20230506,
    20230625, 20231007, 20231008, 20240204, 20240218, 20240407, 20240428, 20240511, 20240914, 20240929, 20241012, 20250126,
    20250208, 20250427, 20250928, 20251011, 20260104, 20260214, 20260228, 20260509, 20260920, 20261010,
};
static const struct {
    int32_t year, working_days;
} china_years[] = {{2020, 249}, {2021, 250}, {2022, 249}, {2023, 249}, {2024, 251}, {2025, 248}, {2026, 248}};

#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof *(array)))

static inline int32_t day_of(int32_t year, int32_t month, int32_t day)
{
    return civil_days((struct civil){year, month, day});
}

static inline int32_t day_of_number(int32_t yyyymmdd)
{
    return day_of(yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
}

static inline void put_table(struct calendar *calendar, enum calendar_table table, void *rows, int32_t count)
{
    calendar->table[table] = (struct table){.rows = rows, .count = count};
}

/* A calendar with weekends off and nothing else; `offsets` are copied. */
static inline struct calendar *calendar_by_hand(struct arena *arena, const char *names, int32_t names_size,
                                                const struct calendar_offset *offsets, int32_t offset_count)
{
    struct calendar *calendar = ARENA_NEW(arena, struct calendar);
    struct calendar_head *head = ARENA_NEW(arena, struct calendar_head);
    struct calendar_offset *copy = ARENA_ARRAY(arena, struct calendar_offset, (size_t)offset_count);
    memcpy(copy, offsets, sizeof *copy * (size_t)offset_count);
    *head = (struct calendar_head){.version = 1, .zone = (int32_t)strlen(names) + 1, .weekly_off = 1 << 6 | 1 << 7};
    calendar->tables.strings = names;
    calendar->tables.strings_size = names_size;
    put_table(calendar, CALENDAR_HEAD, head, 1);
    put_table(calendar, CALENDAR_OFFSETS, copy, offset_count);
    return calendar;
}

static inline struct calendar_day *china_days(struct arena *arena)
{
    int32_t off = 0, on = 0, count = COUNT_OF(china_off) + COUNT_OF(china_on);
    struct calendar_day *days = ARENA_ARRAY(arena, struct calendar_day, (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        bool next_is_on = off == COUNT_OF(china_off) || (on < COUNT_OF(china_on) && china_on[on] < china_off[off]);
        days[i].date = day_of_number(next_is_on ? china_on[on++] : china_off[off++]);
        days[i].on = next_is_on;
    }
    return days;
}

static inline struct calendar *calendar_china(struct arena *arena)
{
    static const char names[] = "cn-statutory\0Asia/Shanghai";
    static const struct calendar_offset offsets[] = {{INT64_MIN, 8 * 3600}};
    static struct calendar_hours hours[] = {{9 * 60, 12 * 60}, {14 * 60, 18 * 60}};
    struct calendar *calendar = calendar_by_hand(arena, names, sizeof names, offsets, 1);
    struct calendar_head *head = calendar->table[CALENDAR_HEAD].rows;
    head->from = day_of(2020, 1, 1);
    head->through = day_of(2026, 12, 31);
    head->last_day_moves = 1;
    put_table(calendar, CALENDAR_HOURS, hours, COUNT_OF(hours));
    put_table(calendar, CALENDAR_DAYS, china_days(arena), COUNT_OF(china_off) + COUNT_OF(china_on));
    calendar_bind(calendar);
    return calendar;
}

static inline struct calendar *calendar_netherlands(struct arena *arena)
{
    static const char names[] = "nl-permits\0Europe/Amsterdam";
    static const int32_t changes[] = {20090329, 20091025, 20100328, 20101031, 20110327, 20111030, 20120325, 20121028};
    struct calendar_offset offsets[1 + COUNT_OF(changes)] = {{INT64_MIN, 3600}};
    for (int32_t i = 0; i < COUNT_OF(changes); i++) /* all at 01:00 UTC */
        offsets[i + 1] = (struct calendar_offset){day_of_number(changes[i]) * (int64_t)86400 + 3600, i % 2 ? 3600 : 7200};
    struct calendar *calendar = calendar_by_hand(arena, names, sizeof names, offsets, COUNT_OF(offsets));
    struct calendar_head *head = calendar->table[CALENDAR_HEAD].rows;
    head->from = day_of(2010, 1, 1);
    head->through = day_of(2012, 12, 31);
    calendar_bind(calendar);
    return calendar;
}

#endif
