/* duration: "5 working days" as text; see calendar.h and workflows/LANGUAGE.md. */
#include "engine/calendar.h"

static const struct {
    const char *one, *many;
    enum duration_unit unit;
} units[] = {
    {"minute", "minutes", MINUTES},
    {"hour", "hours", HOURS},
    {"day", "days", DAYS},
    {"week", "weeks", WEEKS},
    {"month", "months", MONTHS},
    {"working hour", "working hours", WORKING_HOURS},
    {"working day", "working days", WORKING_DAYS},
};

enum { UNIT_COUNT = sizeof units / sizeof *units, LEAP_YEAR = 2000 };

/* "until 12-31": a day that exists at least in leap years. */
static bool parse_until(struct text text, struct workflow_duration *out)
{
    static const char until[] = "until ";
    int32_t days;
    char date[] = "2000-mm-dd";
    if (text.size != sizeof until - 1 + 5 || memcmp(text.data, until, sizeof until - 1) != 0)
        return false;
    memcpy(date + 5, text.data + sizeof until - 1, 5);
    if (!civil_parse(text_of(date), &days))
        return false;
    struct civil civil = civil_of(days);
    *out = (struct workflow_duration){.unit = UNTIL_DATE, .month = civil.month, .day = civil.day};
    return civil.year == LEAP_YEAR;
}

bool duration_parse(struct text text, struct workflow_duration *out)
{
    size_t at = 0;
    int32_t count = 0;
    if (parse_until(text, out))
        return true;
    for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        count = count * 10 + (text.data[at] - '0');
        if (count > DURATION_MOST)
            return false;
    }
    if (count == 0 || text.data[0] == '0' || at == text.size || text.data[at] != ' ')
        return false;
    struct text unit = {text.data + at + 1, text.size - at - 1};
    for (int i = 0; i < UNIT_COUNT; i++)
        if (text_is(unit, units[i].one) || text_is(unit, units[i].many)) {
            *out = (struct workflow_duration){.unit = (int32_t)units[i].unit, .count = count};
            return true;
        }
    return false;
}

struct text duration_print(struct arena *arena, const struct workflow_duration *duration)
{
    if (duration->unit == UNTIL_DATE)
        return arena_print(arena, "until %02d-%02d", duration->month, duration->day);
    for (int i = 0; i < UNIT_COUNT; i++)
        if ((int32_t)units[i].unit == duration->unit)
            return arena_print(arena, "%d %s", duration->count, duration->count == 1 ? units[i].one : units[i].many);
    return TEXT("");
}
