/* recurrence: see recurrence.h. First the words of a rule, then its days.
 *
 * libical's errors are global and it may be told to die of them: so nothing is asked of it that was not checked before, and that it does
 * not die is said each time. */
#include "engine/recurrence.h"

#include <assert.h>
#include <ctype.h>
#include <libical/ical.h>
#include <stdlib.h>

struct recurrence {
    struct icalrecurrencetype rule; /* unless there is a list of dates */
    int32_t first;
    bool walked;                    /* its days are found from the first one on, each time */
    const int32_t *dates;           /* ascending; NULL: there is a rule */
    uint32_t date_count;
};

/* ---- the words of a rule ---- */

enum part { PART_FREQ, PART_UNTIL, PART_COUNT, PART_INTERVAL, PART_BYDAY, PART_BYMONTHDAY, PART_BYYEARDAY, PART_BYWEEKNO, PART_BYMONTH,
            PART_BYSETPOS, PART_WKST, PART_DATES, PART_KINDS };

static const char *const part_names[PART_KINDS] = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH",
                                                   "BYSETPOS", "WKST", "DATES"};
static const char *const frequencies[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
enum frequency { DAILY, WEEKLY, MONTHLY, YEARLY, FREQUENCIES };

struct reading {
    struct arena *arena;
    struct text rule;
    struct text value[PART_KINDS]; /* data NULL: not there */
    struct recurrence_fault *fault;
    enum frequency frequency;
};

/* Always false. */
static bool fail(struct reading *reading, const char *at, struct text why)
{
    *reading->fault = (struct recurrence_fault){.at = (size_t)(at - reading->rule.data), .why = why};
    return false;
}
#define FAIL(reading, at, ...) fail((reading), (at), arena_print((reading)->arena, __VA_ARGS__))
#define SHOWN(text) (int)(text).size, (text).data

static bool has(const struct reading *reading, enum part part)
{
    return reading->value[part].data != NULL;
}

/* Cuts the next piece off, up to `separator`; false: there is none. */
static bool cut(struct text *rest, char separator, struct text *piece)
{
    if (!rest->data)
        return false;
    const char *end = memchr(rest->data, separator, rest->size);
    *piece = (struct text){.data = rest->data, .size = end ? (size_t)(end - rest->data) : rest->size};
    *rest = end ? (struct text){.data = end + 1, .size = rest->size - piece->size - 1} : (struct text){0};
    return true;
}

static bool unknown_part(struct reading *reading, struct text name)
{
    static const char *const finer[] = {"BYHOUR", "BYMINUTE", "BYSECOND"};
    for (size_t i = 0; i < sizeof finer / sizeof *finer; i++)
        if (text_is(name, finer[i]))
            return FAIL(reading, name.data, "\"%s\" cannot be said: a rule names days. A case is opened when business begins on that day.", finer[i]);
    if (name.size >= 5 && memcmp(name.data, "RRULE", 5) == 0)
        return FAIL(reading, name.data, "the rule stands here without the word RRULE: begin with FREQ=.");
    return FAIL(reading, name.data, "there is no part \"%.*s\". Allowed: FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, BYWEEKNO, BYYEARDAY, BYSETPOS, "
                                    "COUNT, UNTIL, WKST.", SHOWN(name));
}

static bool take_part(struct reading *reading, struct text piece)
{
    const char *equals = memchr(piece.data, '=', piece.size);
    if (!equals)
        return FAIL(reading, piece.data, "\"%.*s\" is no part of a rule; a rule is such as FREQ=WEEKLY;BYDAY=TU,TH (NAME=VALUE, parts separated by semicolons).", SHOWN(piece));
    struct text name = {.data = piece.data, .size = (size_t)(equals - piece.data)};
    struct text value = {.data = equals + 1, .size = piece.size - name.size - 1};
    for (int part = 0; part < PART_KINDS; part++) {
        if (!text_is(name, part_names[part]))
            continue;
        if (has(reading, (enum part)part))
            return FAIL(reading, name.data, "%s stands here a second time.", part_names[part]);
        if (value.size == 0)
            return FAIL(reading, name.data, "%s has no value.", part_names[part]);
        reading->value[part] = value;
        return true;
    }
    return unknown_part(reading, name);
}

static bool take_parts(struct reading *reading)
{
    struct text rest = reading->rule, piece;
    if (rest.size == 0)
        return FAIL(reading, reading->rule.data, "the rule is empty; it begins with FREQ=, such as FREQ=WEEKLY;BYDAY=TU,TH.");
    while (cut(&rest, ';', &piece))
        if (!take_part(reading, piece))
            return false;
    return true;
}

static bool read_frequency(struct reading *reading)
{
    static const char *const finer[] = {"SECONDLY", "MINUTELY", "HOURLY"};
    struct text value = reading->value[PART_FREQ];
    if (!has(reading, PART_FREQ))
        return FAIL(reading, reading->rule.data, "FREQ is missing: one of FREQ=DAILY, WEEKLY, MONTHLY, YEARLY.");
    for (size_t i = 0; i < sizeof finer / sizeof *finer; i++)
        if (text_is(value, finer[i]))
            return FAIL(reading, value.data, "%s comes more often than daily; DAILY is the finest.", finer[i]);
    for (int i = 0; i < FREQUENCIES; i++)
        if (text_is(value, frequencies[i])) {
            reading->frequency = (enum frequency)i;
            return true;
        }
    return FAIL(reading, value.data, "FREQ: found \"%.*s\"; allowed is DAILY, WEEKLY, MONTHLY or YEARLY.", SHOWN(value));
}

/* Decimal digits with an optional sign. */
static bool read_whole(struct text text, bool sign, int32_t *out)
{
    bool negative = sign && text.size > 1 && text.data[0] == '-';
    size_t from = sign && text.size > 1 && (text.data[0] == '-' || text.data[0] == '+');
    int32_t number = 0;
    if (text.size - from == 0 || text.size - from > 6)
        return false;
    for (size_t i = from; i < text.size; i++) {
        if (!isdigit((unsigned char)text.data[i]))
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *out = negative ? -number : number;
    return true;
}

static bool check_one(struct reading *reading, enum part part, int32_t most)
{
    int32_t number;
    struct text value = reading->value[part];
    if (!has(reading, part) || (read_whole(value, false, &number) && number >= 1 && number <= most))
        return true;
    return FAIL(reading, value.data, "%s: found \"%.*s\"; allowed is a whole number from 1 to %d.", part_names[part], SHOWN(value), most);
}

/* Numbers from 1 to `most`, or counted from the end where `sign` allows it. */
static bool check_numbers(struct reading *reading, enum part part, int32_t most, bool sign)
{
    struct text rest = reading->value[part], piece;
    int32_t number;
    while (cut(&rest, ',', &piece))
        if (!read_whole(piece, sign, &number) || number == 0 || abs(number) > most)
            return FAIL(reading, piece.data, "%s: found \"%.*s\"; allowed is a number from 1 to %d%s.", part_names[part], SHOWN(piece), most,
                        sign ? arena_print(reading->arena, ", or counted from the end, from -1 to -%d", most).data : "");
    return true;
}

static bool is_weekday(struct text word)
{
    static const char *const days[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (text_is(word, days[i]))
            return true;
    return false;
}

static bool check_weekday(struct reading *reading, struct text piece)
{
    struct text day = piece, count = {0};
    int32_t number = 0, most = reading->frequency == MONTHLY ? 5 : 53;
    if (piece.size > 2) {
        day = (struct text){.data = piece.data + piece.size - 2, .size = 2};
        count = (struct text){.data = piece.data, .size = piece.size - 2};
    }
    if (!is_weekday(day))
        return FAIL(reading, piece.data, "BYDAY: found \"%.*s\"; allowed is MO, TU, WE, TH, FR, SA or SU, in a month or year also such as 1MO or -1FR.",
                    SHOWN(piece));
    if (count.size == 0)
        return true;
    if (reading->frequency != MONTHLY && reading->frequency != YEARLY)
        return FAIL(reading, piece.data, "BYDAY: \"%.*s\" counts within a month or a year; here FREQ is %s. Write %.*s.", SHOWN(piece),
                    frequencies[reading->frequency], SHOWN(day));
    if (has(reading, PART_BYWEEKNO))
        return FAIL(reading, piece.data, "BYDAY: \"%.*s\" cannot stand beside BYWEEKNO. Write %.*s.", SHOWN(piece), SHOWN(day));
    if (!read_whole(count, true, &number) || number == 0 || abs(number) > most)
        return FAIL(reading, piece.data, "BYDAY: found \"%.*s\"; before the day stands a number from 1 to %d, or from -1 to -%d.", SHOWN(piece), most, most);
    return true;
}

static bool check_weekdays(struct reading *reading)
{
    struct text rest = reading->value[PART_BYDAY], piece, wkst = reading->value[PART_WKST];
    while (cut(&rest, ',', &piece))
        if (!check_weekday(reading, piece))
            return false;
    if (has(reading, PART_WKST) && !is_weekday(wkst))
        return FAIL(reading, wkst.data, "WKST: found \"%.*s\"; allowed is MO, TU, WE, TH, FR, SA or SU.", SHOWN(wkst));
    return true;
}

/* 20260217 */
static bool read_day(struct text text, int32_t *day)
{
    int32_t head = 0, tail = 0;
    if (text.size != 8 || !read_whole((struct text){.data = text.data, .size = 4}, false, &head) ||
        !read_whole((struct text){.data = text.data + 4, .size = 4}, false, &tail))
        return false;
    struct civil civil = {.year = head, .month = tail / 100, .day = tail % 100};
    if (!civil_valid(civil))
        return false;
    *day = civil_days(civil);
    return true;
}

static bool check_until(struct reading *reading, int32_t first)
{
    struct text value = reading->value[PART_UNTIL];
    int32_t day;
    if (!has(reading, PART_UNTIL))
        return true;
    if (has(reading, PART_COUNT))
        return FAIL(reading, value.data, "COUNT and UNTIL cannot stand together: keep one.");
    if (!read_day(value, &day))
        return FAIL(reading, value.data, "UNTIL: found \"%.*s\"; allowed is a day such as 20281231.", SHOWN(value));
    return day >= first || FAIL(reading, value.data, "UNTIL: it is over before its first day.");
}

/* Which parts mean something beside which frequency (RFC 5545, 3.3.10). */
static bool check_company(struct reading *reading)
{
    static const struct {
        enum part part;
        unsigned frequencies;
        const char *where;
    } rules[] = {
        {PART_BYWEEKNO, 1u << YEARLY, "YEARLY"},
        {PART_BYYEARDAY, 1u << YEARLY, "YEARLY"},
        {PART_BYMONTHDAY, 1u << DAILY | 1u << MONTHLY | 1u << YEARLY, "DAILY, MONTHLY or YEARLY"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (has(reading, rules[i].part) && !(rules[i].frequencies & 1u << reading->frequency))
            return FAIL(reading, reading->value[rules[i].part].data, "%s stands only beside FREQ=%s.", part_names[rules[i].part], rules[i].where);
    if (has(reading, PART_BYSETPOS) && reading->frequency != MONTHLY && reading->frequency != YEARLY)
        return FAIL(reading, reading->value[PART_BYSETPOS].data, "BYSETPOS stands only beside FREQ=MONTHLY or YEARLY.");
    bool by = has(reading, PART_BYDAY) || has(reading, PART_BYMONTHDAY) || has(reading, PART_BYYEARDAY) || has(reading, PART_BYWEEKNO) || has(reading, PART_BYMONTH);
    if (has(reading, PART_BYSETPOS) && !by)
        return FAIL(reading, reading->value[PART_BYSETPOS].data, "BYSETPOS chooses among the days of another part: BYDAY, BYMONTHDAY ...");
    if (has(reading, PART_DATES))
        return FAIL(reading, reading->value[PART_DATES].data, "a list of dates stands alone, without FREQ.");
    return true;
}

static bool check_rule(struct reading *reading, int32_t first)
{
    return read_frequency(reading) && check_company(reading) && check_one(reading, PART_COUNT, RECURRENCE_COUNT_MOST) &&
           check_one(reading, PART_INTERVAL, RECURRENCE_INTERVAL_MOST) && check_until(reading, first) && check_weekdays(reading) &&
           check_numbers(reading, PART_BYMONTHDAY, 31, true) && check_numbers(reading, PART_BYYEARDAY, 366, true) &&
           check_numbers(reading, PART_BYWEEKNO, 53, true) && check_numbers(reading, PART_BYMONTH, 12, false) &&
           check_numbers(reading, PART_BYSETPOS, 366, true);
}

/* ---- a list of days ---- */

static bool read_dates(struct reading *reading, struct recurrence *out)
{
    struct text rest = reading->value[PART_DATES], piece;
    int32_t *dates = ARENA_ARRAY(reading->arena, int32_t, reading->rule.size / 8 + 1);
    if (!text_is((struct text){.data = reading->rule.data, .size = 6}, "DATES=") || memchr(reading->rule.data, ';', reading->rule.size))
        return FAIL(reading, reading->rule.data, "a list of dates stands alone: DATES=20260217,20261019.");
    while (cut(&rest, ',', &piece)) {
        int32_t *date = &dates[out->date_count];
        if (!read_day(piece, date))
            return FAIL(reading, piece.data, "found \"%.*s\"; allowed is a day such as 20260217.", SHOWN(piece));
        if (out->date_count > 0 && *date <= dates[out->date_count - 1])
            return FAIL(reading, piece.data, "\"%.*s\" is not later than the date before it.", SHOWN(piece));
        out->date_count++;
    }
    out->dates = dates;
    return true;
}

/* ---- days ---- */

static struct icaltimetype ical_day(int32_t day)
{
    struct civil civil = civil_of(day);
    /* Not icaltime_null_date, whose hours are -1: with them libical finds other days, or looks for ever. */
    return (struct icaltimetype){.year = civil.year, .month = civil.month, .day = civil.day, .is_date = 1};
}

static bool next_of_dates(const struct recurrence *recurrence, int32_t after, int32_t *day)
{
    for (uint32_t i = 0; i < recurrence->date_count; i++)
        if (recurrence->dates[i] > after && recurrence->dates[i] >= recurrence->first) {
            *day = recurrence->dates[i];
            return true;
        }
    return false;
}

static bool next_of_rule(const struct recurrence *recurrence, int32_t after, int32_t *day)
{
    enum { LIBICAL_LAST_YEAR = 2582 };
    int32_t from = after < recurrence->first ? recurrence->first : after < CIVIL_LAST ? after + 1 : CIVIL_LAST;
    if (civil_of(from).year >= LIBICAL_LAST_YEAR)
        return false;
    icalrecur_iterator *iterator = icalrecur_iterator_new(recurrence->rule, ical_day(recurrence->first));
    if (!iterator)
        return false;
    if (!recurrence->walked && from > recurrence->first)
        icalrecur_iterator_set_start(iterator, ical_day(from));
    bool found = false;
    for (struct icaltimetype at = icalrecur_iterator_next(iterator); !found && !icaltime_is_null_time(at); at = icalrecur_iterator_next(iterator)) {
        *day = civil_days((struct civil){.year = at.year, .month = at.month, .day = at.day});
        found = *day >= from;
    }
    icalrecur_iterator_free(iterator);
    return found;
}

bool recurrence_next(const struct recurrence *recurrence, int32_t after, int32_t *day)
{
    return recurrence->dates ? next_of_dates(recurrence, after, day) : next_of_rule(recurrence, after, day);
}

static bool comes_ever(struct reading *reading, const struct recurrence *recurrence)
{
    int32_t day;
    if (recurrence_next(recurrence, recurrence->first - 1, &day))
        return true;
    return FAIL(reading, reading->rule.data, "no day is ever such: the parts of the rule exclude each other, or it is over before its first day.");
}

struct recurrence *recurrence_read(struct arena *arena, struct text rule, int32_t first, struct recurrence_fault *fault)
{
    /* A copy that ends with a NUL, as libical wants it; places are the same in both. */
    struct text copy = arena_print(arena, "%.*s", SHOWN(rule));
    struct reading reading = {.arena = arena, .rule = copy, .fault = fault};
    struct recurrence *out = ARENA_NEW(arena, struct recurrence);
    out->first = first;
    if (rule.size > RECURRENCE_TEXT_MOST)
        return FAIL(&reading, copy.data, "the rule is longer than %d characters.", RECURRENCE_TEXT_MOST), NULL;
    if (copy.size != rule.size) /* a NUL within */
        return FAIL(&reading, copy.data, "the rule has characters that no rule has."), NULL;
    if (!take_parts(&reading))
        return NULL;
    if (has(&reading, PART_DATES) && !has(&reading, PART_FREQ))
        return read_dates(&reading, out) && comes_ever(&reading, out) ? out : NULL;
    if (!check_rule(&reading, first))
        return NULL;
    icalerror_set_errors_are_fatal(0);
    out->rule = icalrecurrencetype_from_string(copy.data);
    /* What is counted has to be walked through, and it is not long. Weeks of the year are few, and libical 3.0.16 begins them wrongly in the
     * middle. Everything else begins where it is wanted. */
    out->walked = has(&reading, PART_COUNT) || has(&reading, PART_BYWEEKNO);
    if (out->rule.freq == ICAL_NO_RECURRENCE)
        return FAIL(&reading, copy.data, "the parts of this rule cannot stand together."), NULL;
    return comes_ever(&reading, out) ? out : NULL;
}

/* ---- days off ---- */

bool recurrence_moved(const struct calendar *calendar, enum day_off rule, int32_t day, int32_t *moved)
{
    *moved = day;
    if (calendar_works(calendar, day) || rule == DAY_OFF_KEEP)
        return true;
    if (rule == DAY_OFF_NEXT)
        *moved = calendar_next_working(calendar, day);
    if (rule == DAY_OFF_PREVIOUS)
        *moved = calendar_ranked(calendar, (int64_t)calendar_rank(calendar, day) - 1);
    return rule != DAY_OFF_SKIP;
}
