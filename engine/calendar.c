/* calendar: see calendar.h. Here: the compiled form, the zone, days and their ranks. */
#include "engine/calendar.h"

#include <assert.h>

enum { MINUTE_MS = 60 * 1000 };
static const int64_t DAY_MS = 24 * 60 * 60 * 1000;

/* ---- the form ---- */

#define MEMBER(kind_, row, member, most)                                                                               \
    {                                                                                                                  \
        .kind = (kind_), .offset = (uint32_t)offsetof(struct calendar_##row, member), .table = (most)                  \
    }
#define NUMBER(row, member) MEMBER(MEMBER_NUMBER, row, member, 0)
#define NAMED(row, member) MEMBER(MEMBER_NEEDED_STRING, row, member, 0)
#define FLAG(row, member) MEMBER(MEMBER_CHOICE, row, member, 2)

static const struct member head_members[] = {
    NAMED(head, name),  NUMBER(head, version), NAMED(head, zone),          NUMBER(head, weekly_off),
    NUMBER(head, from), NUMBER(head, through), FLAG(head, last_day_moves),
};
static const struct member offset_members[] = {MEMBER(MEMBER_WIDE, offset, from, 0), NUMBER(offset, seconds)};
static const struct member hours_members[] = {NUMBER(hours, from), NUMBER(hours, to)};
static const struct member day_members[] = {NUMBER(day, date), FLAG(day, on)}; /* `lead` is made by calendar_bind */

#define SHAPE(table, row, list)                                                                                        \
    [CALENDAR_##table] = {                                                                                             \
        .name = #row, .row_size = sizeof(struct calendar_##row), .member_count = sizeof(list) / sizeof *(list), .members = (list)}

static const struct table_shape shapes[CALENDAR_TABLE_COUNT] = {
    SHAPE(HEAD, head, head_members),
    SHAPE(OFFSETS, offset, offset_members),
    SHAPE(HOURS, hours, hours_members),
    SHAPE(DAYS, day, day_members),
};

const struct form_shape calendar_shape = {.name = "calendar", .version = 1, .shape_count = CALENDAR_TABLE_COUNT, .shapes = shapes};

static bool weekday_works(const struct calendar *calendar, int32_t weekday)
{
    return !(calendar_head(calendar)->weekly_off & (1 << weekday));
}

void calendar_bind(struct calendar *calendar)
{
    if (!calendar->tables.table)
        calendar->tables.table = calendar->table;
    for (int table = 0; table < CALENDAR_TABLE_COUNT; table++)
        calendar->table[table] = calendar->tables.table[table];
    struct calendar_day *days = calendar->table[CALENDAR_DAYS].rows;
    int32_t lead = 0;
    for (int32_t i = 0; i < calendar->table[CALENDAR_DAYS].count; i++) {
        bool weekly = weekday_works(calendar, civil_weekday(days[i].date));
        lead += (days[i].on ? 1 : 0) - (weekly ? 1 : 0);
        days[i].lead = lead;
    }
}

const struct calendar_head *calendar_head(const struct calendar *calendar)
{
    assert(calendar->table[CALENDAR_HEAD].count == 1);
    return calendar->table[CALENDAR_HEAD].rows;
}

const char *calendar_name(const struct calendar *calendar)
{
    return calendar->tables.strings + calendar_head(calendar)->name;
}

/* ---- the zone ---- */

/* First moment of an offset row, in milliseconds; the one past the last never comes. */
int64_t calendar_offset_start(const struct calendar *calendar, int32_t row)
{
    const struct table *table = &calendar->table[CALENDAR_OFFSETS];
    if (row <= 0)
        return INT64_MIN;
    return row < table->count ? ((const struct calendar_offset *)table->rows)[row].from * 1000 : INT64_MAX;
}

static int64_t offset_ms(const struct calendar *calendar, int32_t row)
{
    const struct table *table = &calendar->table[CALENDAR_OFFSETS];
    return table->count ? (int64_t)((const struct calendar_offset *)table->rows)[row].seconds * 1000 : 0;
}

int32_t calendar_offset_row(const struct calendar *calendar, int64_t time)
{
    int32_t low = 0, high = calendar->table[CALENDAR_OFFSETS].count; /* the row is in [low, high) */
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (calendar_offset_start(calendar, middle) <= time)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Times outside the years 1 to 9999 are drawn to their ends, with two days to spare for offsets. */
static int64_t clamp_time(int64_t time)
{
    int64_t least = (CIVIL_FIRST + 2) * DAY_MS, most = (CIVIL_LAST - 1) * DAY_MS;
    return time < least ? least : time > most ? most : time;
}

int64_t calendar_local(const struct calendar *calendar, int64_t time)
{
    time = clamp_time(time);
    return time + offset_ms(calendar, calendar_offset_row(calendar, time));
}

int64_t calendar_moment(const struct calendar *calendar, int64_t local)
{
    local = clamp_time(local);
    /* No offset is as large as two days, so the moment is not before this row; the first row that reaches `local`
     * before its end has it. A row that begins beyond `local` ends a gap. */
    for (int32_t row = calendar_offset_row(calendar, local - 2 * DAY_MS);; row++) {
        int64_t time = local - offset_ms(calendar, row), start = calendar_offset_start(calendar, row);
        if (time < start)
            time = start;
        if (time < calendar_offset_start(calendar, row + 1))
            return time;
    }
}

static int64_t floor_divide(int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

int32_t calendar_date(const struct calendar *calendar, int64_t time)
{
    return (int32_t)floor_divide(calendar_local(calendar, time), DAY_MS);
}

int32_t calendar_minute(const struct calendar *calendar, int64_t time)
{
    int64_t local = calendar_local(calendar, time);
    return (int32_t)((local - floor_divide(local, DAY_MS) * DAY_MS) / MINUTE_MS);
}

int64_t calendar_time(const struct calendar *calendar, int32_t date, int32_t minute)
{
    return calendar_moment(calendar, date * DAY_MS + (int64_t)minute * MINUTE_MS);
}

int32_t calendar_due_date(const struct calendar *calendar, int64_t due)
{
    return (int32_t)floor_divide(calendar_local(calendar, due) - 1, DAY_MS);
}

/* ---- times as text ---- */

static struct text print_local(struct arena *arena, int32_t date, int64_t minute)
{
    struct text day = civil_print(arena, date);
    return arena_print(arena, "%.*s %02d:%02d", (int)day.size, day.data, (int)(minute / 60), (int)(minute % 60));
}

struct text calendar_print(const struct calendar *calendar, struct arena *arena, int64_t time)
{
    return print_local(arena, calendar_date(calendar, time), calendar_minute(calendar, time));
}

struct text calendar_print_due(const struct calendar *calendar, struct arena *arena, int64_t due)
{
    int32_t date = calendar_due_date(calendar, due);
    return print_local(arena, date, (calendar_local(calendar, due) - date * DAY_MS) / MINUTE_MS);
}

/* A text that is read from its front. */
struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, char byte)
{
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

/* Exactly `count` digits that make at most `most`. */
static bool take_number(struct cursor *cursor, int count, int32_t most, int32_t *number)
{
    int32_t made = 0;
    for (int i = 0; i < count; i++, cursor->at++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
            return false;
        made = made * 10 + (*cursor->at - '0');
    }
    *number = made;
    return made <= most;
}

/* [:ss[.fraction]] in milliseconds. */
static bool take_seconds(struct cursor *cursor, int64_t *milliseconds)
{
    int32_t seconds = 0;
    *milliseconds = 0;
    if (!take(cursor, ':'))
        return true;
    if (!take_number(cursor, 2, 59, &seconds))
        return false;
    *milliseconds = seconds * 1000;
    if (!take(cursor, '.'))
        return true;
    const char *first = cursor->at;
    for (int64_t worth = 100; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; worth /= 10)
        *milliseconds += (*cursor->at++ - '0') * worth;
    return cursor->at > first;
}

static bool take_time_of_day(struct cursor *cursor, int64_t *milliseconds)
{
    int32_t hour, minute;
    int64_t rest;
    if (!take_number(cursor, 2, 24, &hour) || !take(cursor, ':') || !take_number(cursor, 2, 59, &minute) ||
        !take_seconds(cursor, &rest))
        return false;
    *milliseconds = ((int64_t)hour * 60 + minute) * MINUTE_MS + rest;
    return *milliseconds <= DAY_MS;
}

/* Z, +hh:mm or +hhmm, in milliseconds. */
static bool take_offset(struct cursor *cursor, int64_t *milliseconds)
{
    int32_t hours, minutes;
    *milliseconds = 0;
    if (take(cursor, 'Z'))
        return true;
    bool west = take(cursor, '-');
    if ((!west && !take(cursor, '+')) || !take_number(cursor, 2, 23, &hours))
        return false;
    take(cursor, ':');
    if (!take_number(cursor, 2, 59, &minutes))
        return false;
    *milliseconds = ((int64_t)hours * 60 + minutes) * MINUTE_MS * (west ? -1 : 1);
    return true;
}

bool calendar_parse(const struct calendar *calendar, struct text text, int64_t *time)
{
    int32_t date;
    int64_t of_day = 0, offset = 0;
    if (text.size < 10 || !civil_parse((struct text){text.data, 10}, &date))
        return false;
    struct cursor cursor = {text.data + 10, text.data + text.size};
    if ((take(&cursor, 'T') || take(&cursor, ' ')) && !take_time_of_day(&cursor, &of_day))
        return false;
    int64_t local = date * DAY_MS + of_day;
    if (cursor.at == cursor.end) {
        *time = calendar_moment(calendar, local);
        return true;
    }
    if (!take_offset(&cursor, &offset) || cursor.at != cursor.end)
        return false;
    *time = local - offset;
    return true;
}

/* ---- days and ranks ---- */

/* How many rows of DAYS have a date before `date`. */
static int32_t days_before(const struct calendar *calendar, int32_t date)
{
    const struct calendar_day *days = calendar->table[CALENDAR_DAYS].rows;
    int32_t low = 0, high = calendar->table[CALENDAR_DAYS].count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (days[middle].date < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool calendar_works(const struct calendar *calendar, int32_t date)
{
    const struct table *table = &calendar->table[CALENDAR_DAYS];
    const struct calendar_day *days = table->rows;
    int32_t row = days_before(calendar, date);
    if (row < table->count && days[row].date == date)
        return days[row].on;
    return weekday_works(calendar, civil_weekday(date));
}

static int32_t week_length(const struct calendar *calendar)
{
    int32_t worked = 0;
    for (int32_t weekday = 1; weekday <= 7; weekday++)
        worked += weekday_works(calendar, weekday);
    return worked;
}

/* Working days before `date` by the weekly rule, counted from Monday 1969-12-29. */
static int32_t weekly_rank(const struct calendar *calendar, int32_t date)
{
    int32_t weekday = civil_weekday(date);
    int32_t rank = (date + 3 - (weekday - 1)) / 7 * week_length(calendar);
    for (int32_t before = 1; before < weekday; before++)
        rank += weekday_works(calendar, before);
    return rank;
}

/* The day that works by the weekly rule and has that rank by it. There is one: the week has a working day. */
static int64_t weekly_ranked(const struct calendar *calendar, int64_t rank)
{
    int32_t length = week_length(calendar);
    int64_t weeks = floor_divide(rank, length), rest = rank - weeks * length;
    int32_t weekday = 1;
    for (; !weekday_works(calendar, weekday) || rest > 0; weekday++)
        rest -= weekday_works(calendar, weekday);
    return weeks * 7 - 3 + weekday - 1;
}

/* What the first `rows` rows of DAYS add to the weekly rank of a later date. */
static int32_t lead_after(const struct calendar *calendar, int32_t rows)
{
    return rows ? ((const struct calendar_day *)calendar->table[CALENDAR_DAYS].rows)[rows - 1].lead : 0;
}

int32_t calendar_rank(const struct calendar *calendar, int32_t date)
{
    return weekly_rank(calendar, date) + lead_after(calendar, days_before(calendar, date));
}

/* The first row of DAYS up to whose date, included, there are more than `rank` working days. */
static int32_t row_reaching(const struct calendar *calendar, int64_t rank)
{
    const struct calendar_day *days = calendar->table[CALENDAR_DAYS].rows;
    int32_t low = 0, high = calendar->table[CALENDAR_DAYS].count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (weekly_rank(calendar, days[middle].date + 1) + days[middle].lead <= rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t calendar_ranked(const struct calendar *calendar, int64_t rank)
{
    const struct table *table = &calendar->table[CALENDAR_DAYS];
    const struct calendar_day *days = table->rows;
    int32_t row = row_reaching(calendar, rank);
    if (row < table->count && calendar_rank(calendar, days[row].date) <= rank)
        return days[row].date;
    if (week_length(calendar) == 0) /* and no listed day is left */
        return CIVIL_LAST;
    int64_t date = weekly_ranked(calendar, rank - lead_after(calendar, row));
    return date < CIVIL_FIRST ? CIVIL_FIRST : date > CIVIL_LAST ? CIVIL_LAST : (int32_t)date;
}

int32_t calendar_next_working(const struct calendar *calendar, int32_t date)
{
    return calendar_ranked(calendar, calendar_rank(calendar, date));
}

int64_t calendar_begin(const struct calendar *calendar, int32_t date)
{
    const struct table *hours = &calendar->table[CALENDAR_HOURS];
    return calendar_time(calendar, date, hours->count ? ((const struct calendar_hours *)hours->rows)[0].from : 0);
}

int64_t calendar_close(const struct calendar *calendar, int32_t date)
{
    const struct table *hours = &calendar->table[CALENDAR_HOURS];
    int32_t minute = hours->count ? ((const struct calendar_hours *)hours->rows)[hours->count - 1].to : 24 * 60;
    return calendar_time(calendar, date, minute);
}
