/* calendar_yaml: see calendar_yaml.h. Every part is read on its own, so that one run shows every mistake; then the check sums
 * are held against what was read, and the tables made. */
#include "engine/calendar_yaml.h"

#include "engine/form.h"
#include "engine/zone.h"

#include <stdlib.h>

enum where { IN_CALENDAR, IN_YEAR, IN_DAY };

enum { DAY_MINUTES = 24 * 60, VERSION_MOST = 1000000000, ZONE_MOST = 64, DAY_NAME_MOST = 200, NOTICE_MOST = 1000, YEAR_DAYS_MOST = 366 };

static const char *const weekdays[7] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
static const char *const last_day_words[2] = {"stays", "moves"};

/* ---- the language of the file ---- */

#define CLOCK "([01][0-9]|2[0-4]):[0-5][0-9]"
static const struct form version_form = {.kind = FORM_WHOLE, .least = 1, .most = VERSION_MOST};
static const struct form zone_form = {.kind = FORM_TEXT, .least = 1, .most = ZONE_MOST};
static const struct form weekday_form = FORM_WORDS(weekdays), weekly_off_form = {.kind = FORM_LIST, .of = &weekday_form};
static const struct form some_hours_form = {.kind = FORM_TEXT, .pattern = "^" CLOCK "-" CLOCK "$"}, hours_form = {.kind = FORM_LIST, .least = 1, .of = &some_hours_form};
static const struct form last_day_form = FORM_WORDS(last_day_words);
static const struct form working_days_form = {.kind = FORM_WHOLE, .least = 0, .most = YEAR_DAYS_MOST};
static const struct form notice_form = {.kind = FORM_TEXT, .least = 1, .most = NOTICE_MOST}, notices_form = {.kind = FORM_LIST, .of = &notice_form};
static const struct form day_form = {.kind = FORM_MAP, .where = IN_DAY}, days_form = {.kind = FORM_LIST, .least = 1, .of = &day_form};
static const struct form weekday_number_form = {.kind = FORM_WHOLE, .least = 1, .most = 7};
static const struct form day_name_form = {.kind = FORM_TEXT, .least = 1, .most = DAY_NAME_MOST};
static const struct form year_name_form = {.kind = FORM_TEXT, .pattern = "^[0-9]{4}$"}, year_form = {.kind = FORM_MAP, .where = IN_YEAR};
static const struct form years_form = {.kind = FORM_NAMED, .keys = &year_name_form, .of = &year_form};

static const struct key key_rows[] = {
    {IN_CALENDAR, "calendar", KIND_SCALAR, KEY_NEEDED, "a name such as cn-statutory", "what the calendar is called in the directory", &form_name},
    {IN_CALENDAR, "version", KIND_SCALAR, KEY_NEEDED, "a whole number from 1", "counted up with every change", &version_form},
    {IN_CALENDAR, "zone", KIND_SCALAR, KEY_NEEDED, "a zone of the tz database such as Asia/Shanghai", "whose clocks count", &zone_form},
    {IN_CALENDAR, "weekly-off", KIND_LIST, KEY_NEEDED, "a list of weekdays such as [saturday, sunday]", "days off in every week", &weekly_off_form},
    {IN_CALENDAR, "office-hours", KIND_LIST, 0, "a list such as [\"09:00-12:00\", \"14:00-18:00\"]", "when working days are worked", &hours_form},
    {IN_CALENDAR, "last-day-off", KIND_SCALAR, KEY_NEEDED, "moves or stays", "whether a last day on a day off moves to the next working day", &last_day_form},
    {IN_CALENDAR, "from", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-01-01", "the first published day", &form_date},
    {IN_CALENDAR, "through", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-12-31", "the last published day", &form_date},
    {IN_CALENDAR, "years", KIND_MAP, 0, "a mapping of years to their days", "what differs from the weekly rule", &years_form},
    {IN_YEAR, "working-days", KIND_SCALAR, 0, "a whole number", "check sum: the working days of the year", &working_days_form},
    {IN_YEAR, "notices", KIND_LIST, 0, "a list of addresses", "where the days were published", &notices_form},
    {IN_YEAR, "days-off", KIND_LIST, 0, "a list of days such as {date: 2026-10-01, wd: 4, name: 国庆节}", "days off", &days_form},
    {IN_YEAR, "days-on", KIND_LIST, 0, "a list of days such as {date: 2026-10-10, wd: 6, name: 国庆节}", "days off by the week that are worked", &days_form},
    {IN_DAY, "date", KIND_SCALAR, KEY_NEEDED, "a date such as 2026-10-01", "which day", &form_date},
    {IN_DAY, "wd", KIND_SCALAR, 0, "a whole number from 1 (Monday) to 7 (Sunday)", "check: its weekday", &weekday_number_form},
    {IN_DAY, "name", KIND_SCALAR, 0, "text", "why", &day_name_form},
};
static const struct mapping mappings[] = {[IN_CALENDAR] = {.name = "calendar"}, [IN_YEAR] = {.name = "year"}, [IN_DAY] = {.name = "day"}};

const struct keys calendar_keys = {key_rows, sizeof key_rows / sizeof *key_rows, mappings, sizeof mappings / sizeof *mappings};

/* A day as it is listed. */
struct listed {
    int32_t date;
    bool on;
    const struct node *node;
};

struct reader {
    struct arena *arena;
    struct problems *problems;
    const struct node *root;
    struct calendar_head head;
    struct text name, zone_name;
    struct zone zone;
    struct calendar_hours *hours;
    int32_t hours_count;
    struct listed *days;
    int32_t day_count;
    bool has_published; /* from and through are both there, in order */
    bool has_week;      /* weekly-off was read without a mistake */
};

static const struct node *get(const struct node *map, enum where where, const char *name)
{
    return keys_get(map, &calendar_keys, (int)where, name);
}

/* ---- head ---- */

static void read_zone(struct reader *reader)
{
    const struct node *node = get(reader->root, IN_CALENDAR, "zone");
    struct text why;
    if (node_text(reader->problems, node, ZONE_MOST, &reader->zone_name) && zone_read(reader->arena, reader->zone_name, &reader->zone, &why))
        problems_add(reader->problems, node, "found %s: %s. Allowed is a name such as Asia/Shanghai.", node_found(reader->arena, node),
                     why.data);
}

static void read_weekly_off(struct reader *reader)
{
    const struct node *list = get(reader->root, IN_CALENDAR, "weekly-off");
    uint32_t errors = reader->problems->errors;
    for (node_each(item, list)) {
        int32_t weekday;
        if (!node_choice(reader->problems, item, weekdays, 7, &weekday))
            continue;
        if (reader->head.weekly_off & 1 << (weekday + 1))
            problems_add(reader->problems, item, "\"%s\" is listed twice.", weekdays[weekday]);
        reader->head.weekly_off |= 1 << (weekday + 1);
    }
    if (reader->head.weekly_off == 0xfe)
        problems_add(reader->problems, list, "all seven days are off: no period in working days would ever end.");
    reader->has_week = list && reader->problems->errors == errors;
}

/* "09:00" in minutes; 24:00 is the end of the day. */
static bool parse_clock(const char *text, int32_t *minutes)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false;
    int32_t hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    *minutes = hour * 60 + minute;
    return minute <= 59 && *minutes <= DAY_MINUTES;
}

static bool read_hours(struct reader *reader, const struct node *node, struct calendar_hours *hours)
{
    struct text text;
    if (!node_text(reader->problems, node, 0, &text))
        return false;
    if (text.size != 11 || text.data[5] != '-' || !parse_clock(text.data, &hours->from) || !parse_clock(text.data + 6, &hours->to) ||
        hours->from >= hours->to) {
        problems_add(reader->problems, node, "found %s; allowed are two times of one day, the earlier first, such as \"09:00-12:00\".",
                     node_found(reader->arena, node));
        return false;
    }
    return true;
}

static void read_office_hours(struct reader *reader)
{
    const struct node *list = get(reader->root, IN_CALENDAR, "office-hours"), *first;
    uint32_t count;
    if (!node_list(reader->problems, list, false, &first, &count))
        return;
    reader->hours = ARENA_ARRAY(reader->arena, struct calendar_hours, count);
    for (node_each(item, list)) {
        struct calendar_hours hours;
        if (!read_hours(reader, item, &hours))
            continue;
        if (reader->hours_count > 0 && hours.from < reader->hours[reader->hours_count - 1].to)
            problems_add(reader->problems, item, "%s begins before the hours in front of it end. List them in the order of the day.",
                         node_found(reader->arena, item));
        else
            reader->hours[reader->hours_count++] = hours;
    }
}

static void read_published(struct reader *reader)
{
    const struct node *from = get(reader->root, IN_CALENDAR, "from"), *through = get(reader->root, IN_CALENDAR, "through");
    bool has_from = node_date(reader->problems, from, &reader->head.from);
    bool has_through = node_date(reader->problems, through, &reader->head.through);
    reader->has_published = has_from && has_through && reader->head.from <= reader->head.through;
    if (has_from && has_through && !reader->has_published)
        problems_add(reader->problems, through, "found %s, which is before `from` (%s).", node_found(reader->arena, through),
                     from->text.data);
}

static void read_head(struct reader *reader)
{
    node_name(reader->problems, get(reader->root, IN_CALENDAR, "calendar"), &reader->name);
    node_number(reader->problems, get(reader->root, IN_CALENDAR, "version"), 1, VERSION_MOST, &reader->head.version);
    node_choice(reader->problems, get(reader->root, IN_CALENDAR, "last-day-off"), last_day_words, 2, &reader->head.last_day_moves);
    read_zone(reader);
    read_weekly_off(reader);
    read_office_hours(reader);
    read_published(reader);
}

/* ---- days ---- */

static bool off_by_week(const struct reader *reader, int32_t date)
{
    return reader->head.weekly_off & 1 << civil_weekday(date);
}

static void check_day(struct reader *reader, const struct node *node, const struct listed *day, int32_t year)
{
    const struct node *date = get(node, IN_DAY, "date"), *wd = get(node, IN_DAY, "wd");
    int32_t weekday = civil_weekday(day->date), found;
    struct text name;
    node_text(reader->problems, get(node, IN_DAY, "name"), DAY_NAME_MOST, &name);
    if (node_number(reader->problems, wd, 1, 7, &found) && found != weekday)
        problems_add(reader->problems, wd, "found %d, but %s is a %s (%d). One of the two is wrong.", found, date->text.data,
                     weekdays[weekday - 1], weekday);
    if (civil_of(day->date).year != year)
        problems_add(reader->problems, date, "%s does not lie in %d. List it under its own year.", date->text.data, year);
    else if (reader->has_published && (day->date < reader->head.from || day->date > reader->head.through))
        problems_add(reader->problems, date, "%s lies outside the published days (`from` and `through`).", date->text.data);
    if (day->on && reader->has_week && !off_by_week(reader, day->date))
        problems_add(reader->problems, date, "%s is a %s, which is worked anyway. days-on are days that `weekly-off` makes free.",
                     date->text.data, weekdays[weekday - 1]);
}

static void read_days(struct reader *reader, const struct node *year_node, int32_t year, const char *name, bool on)
{
    const struct node *list = get(year_node, IN_YEAR, name), *first;
    uint32_t count;
    if (!node_list(reader->problems, list, false, &first, &count))
        return;
    for (node_each(item, list)) {
        struct listed day = {.on = on, .node = item};
        if (!keys_check(reader->problems, item, &calendar_keys, IN_DAY) ||
            !node_date(reader->problems, get(item, IN_DAY, "date"), &day.date))
            continue;
        check_day(reader, item, &day, year);
        reader->days[reader->day_count++] = day;
    }
}

static int compare_days(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    if (a->date != b->date)
        return a->date < b->date ? -1 : 1;
    return (a->node->place.line > b->node->place.line) - (a->node->place.line < b->node->place.line);
}

static void sort_days(struct reader *reader)
{
    if (reader->day_count)
        qsort(reader->days, (size_t)reader->day_count, sizeof *reader->days, compare_days);
    for (int32_t i = 1; i < reader->day_count; i++)
        if (reader->days[i].date == reader->days[i - 1].date)
            problems_add(reader->problems, reader->days[i].node, "%s is listed twice (first in line %d).",
                         civil_print(reader->arena, reader->days[i].date).data, reader->days[i - 1].node->place.line);
}

/* Working days of the published part of a year. */
static int32_t count_working_days(const struct reader *reader, int32_t year)
{
    int32_t first = civil_days((struct civil){year, 1, 1}), last = civil_days((struct civil){year, 12, 31}), count = 0;
    first = first < reader->head.from ? reader->head.from : first;
    last = last > reader->head.through ? reader->head.through : last;
    for (int32_t date = first; date <= last; date++)
        count += !off_by_week(reader, date);
    for (int32_t i = 0; i < reader->day_count; i++)
        if (reader->days[i].date >= first && reader->days[i].date <= last)
            count += reader->days[i].on ? 1 : off_by_week(reader, reader->days[i].date) ? 0 : -1;
    return count;
}

static bool read_year(struct reader *reader, const struct node *node, int32_t *year)
{
    int32_t new_year;
    struct text date = arena_print(reader->arena, "%s-01-01", node->key.data);
    if (!civil_parse(date, &new_year)) {
        problems_add_key(reader->problems, node, "found \"%.*s\"; allowed is a year such as 2026.", text_shown(node->key), node->key.data);
        return false;
    }
    *year = civil_of(new_year).year;
    return true;
}

static void read_year_days(struct reader *reader, const struct node *node)
{
    int32_t year;
    if (!read_year(reader, node, &year) || !keys_check(reader->problems, node, &calendar_keys, IN_YEAR))
        return;
    for (node_each(item, get(node, IN_YEAR, "notices"))) {
        struct text address;
        node_text(reader->problems, item, NOTICE_MOST, &address);
    }
    read_days(reader, node, year, "days-off", false);
    read_days(reader, node, year, "days-on", true);
}

/* The check sum of a year and, where years are listed at all, that none of the published ones is missing. Only when all days could be
 * read: otherwise each would be a second complaint about the first mistake. */
static void check_years(struct reader *reader, const struct node *years)
{
    for (int32_t year = civil_of(reader->head.from).year; years && year <= civil_of(reader->head.through).year; year++) {
        const struct node *node = node_find(years, arena_print(reader->arena, "%04d", year)), *sum;
        int32_t counted = count_working_days(reader, year), given;
        if (!node) {
            problems_add_key(reader->problems, years, "%d is missing, although `from` and `through` say that it is published. "
                             "List it (%d: {working-days: %d} if only the weekly rule counts).", year, year, counted);
            continue;
        }
        sum = get(node, IN_YEAR, "working-days");
        if (node_number(reader->problems, sum, 0, YEAR_DAYS_MOST, &given) && given != counted)
            problems_add(reader->problems, sum, "found %d, but the days that are listed make %d working days in %d.", given, counted, year);
    }
}

static void read_years(struct reader *reader)
{
    const struct node *years = get(reader->root, IN_CALENDAR, "years");
    uint32_t count = 0, errors = reader->problems->errors;
    for (node_each(year, years))
        for (node_each(list, year))
            count += list->count;
    reader->days = ARENA_ARRAY(reader->arena, struct listed, count);
    for (node_each(year, years))
        read_year_days(reader, year);
    sort_days(reader);
    if (reader->has_published && reader->has_week && reader->problems->errors == errors)
        check_years(reader, years);
}

/* ---- tables ---- */

static void put_rows(struct arena *arena, struct calendar *out, enum calendar_table table, const void *rows, int32_t count)
{
    size_t size = calendar_shape.shapes[table].row_size;
    void *copy = arena_take_array(arena, (size_t)count, size);
    if (count)
        memcpy(copy, rows, (size_t)count * size);
    out->tables.table[table] = (struct table){.rows = copy, .count = count};
}

static void make_calendar(struct reader *reader, struct calendar *out)
{
    struct text strings = arena_print(reader->arena, "%s%c%s", reader->name.data, '\0', reader->zone_name.data);
    *out = (struct calendar){.tables = {.table = ARENA_ARRAY(reader->arena, struct table, CALENDAR_TABLE_COUNT),
                                        .strings = strings.data, .strings_size = (int32_t)strings.size + 1}};
    reader->head.zone = (int32_t)reader->name.size + 1;
    put_rows(reader->arena, out, CALENDAR_HEAD, &reader->head, 1);
    put_rows(reader->arena, out, CALENDAR_OFFSETS, reader->zone.offsets, reader->zone.count);
    put_rows(reader->arena, out, CALENDAR_HOURS, reader->hours, reader->hours_count);
    struct calendar_day *days = ARENA_ARRAY(reader->arena, struct calendar_day, (size_t)reader->day_count);
    for (int32_t i = 0; i < reader->day_count; i++)
        days[i] = (struct calendar_day){.date = reader->days[i].date, .on = reader->days[i].on};
    put_rows(reader->arena, out, CALENDAR_DAYS, days, reader->day_count);
    calendar_bind(out);
}

enum err calendar_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct calendar *out)
{
    struct reader reader = {.arena = arena, .problems = problems};
    problems_init(problems, arena, file);
    reader.root = yaml_load(arena, source, problems);
    if (!keys_check(problems, reader.root, &calendar_keys, IN_CALENDAR))
        return ERR_INVALID_SOURCE;
    read_head(&reader);
    read_years(&reader);
    if (problems->errors)
        return ERR_INVALID_SOURCE;
    make_calendar(&reader, out);
    return ERR_OK;
}
