/* zone_rule: the rule of a TZif footer (POSIX TZ with the extensions of RFC 8536) written out as transitions. See zone.h.
 *
 *     CET-1CEST,M3.5.0,M10.5.0/3      name, offset west of Greenwich, name in summer [offset], from, to
 *     <+08>-8                         no summer time: nothing to write out */
#include "engine/zone.h"

/* When, in a year, clocks are changed. */
enum rule_kind { RULE_MONTH_WEEK_DAY, RULE_JULIAN, RULE_DAY_OF_YEAR };

struct rule_day {
    enum rule_kind kind;
    int32_t month, week, day; /* M3.5.0: the last Sunday of March; Jn: day 1 to 365, no 29 February; n: 0 to 365 */
    int32_t seconds;          /* local, from that midnight; -167 to 167 hours */
};

struct rule {
    int32_t standard, summer; /* local = UTC + seconds */
    bool has_summer;
    struct rule_day from, to;
};

/* ---- reading ---- */

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

static bool take_number(struct cursor *cursor, int32_t least, int32_t most, int32_t *number)
{
    int32_t made = 0;
    const char *first = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (cursor->at - first > 3)
            return false;
        made = made * 10 + (*cursor->at - '0');
    }
    *number = made;
    return cursor->at > first && made >= least && made <= most;
}

/* At least three letters, or anything readable between < and >. */
static bool take_name(struct cursor *cursor)
{
    const char *first = cursor->at;
    if (take(cursor, '<')) {
        while (cursor->at < cursor->end && *cursor->at != '>')
            cursor->at++;
        return take(cursor, '>') && cursor->at - first >= 5;
    }
    while (cursor->at < cursor->end && ((*cursor->at >= 'A' && *cursor->at <= 'Z') || (*cursor->at >= 'a' && *cursor->at <= 'z')))
        cursor->at++;
    return cursor->at - first >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_clock(struct cursor *cursor, int32_t hours_most, int32_t *seconds)
{
    int32_t hours, minutes = 0, rest = 0;
    bool negative = take(cursor, '-');
    if (!negative)
        take(cursor, '+');
    if (!take_number(cursor, 0, hours_most, &hours))
        return false;
    if (take(cursor, ':') && !take_number(cursor, 0, 59, &minutes))
        return false;
    if (take(cursor, ':') && !take_number(cursor, 0, 59, &rest))
        return false;
    *seconds = (hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
    return true;
}

static bool take_day(struct cursor *cursor, struct rule_day *day)
{
    bool read;
    if (take(cursor, 'M')) {
        day->kind = RULE_MONTH_WEEK_DAY;
        read = take_number(cursor, 1, 12, &day->month) && take(cursor, '.') && take_number(cursor, 1, 5, &day->week) &&
               take(cursor, '.') && take_number(cursor, 0, 6, &day->day);
    } else if (take(cursor, 'J')) {
        day->kind = RULE_JULIAN;
        read = take_number(cursor, 1, 365, &day->day);
    } else {
        day->kind = RULE_DAY_OF_YEAR;
        read = take_number(cursor, 0, 365, &day->day);
    }
    day->seconds = 2 * 3600;
    return read && (!take(cursor, '/') || take_clock(cursor, 167, &day->seconds));
}

static bool read_rule(struct text text, struct rule *rule)
{
    struct cursor cursor = {text.data, text.data + text.size};
    int32_t west;
    if (!take_name(&cursor) || !take_clock(&cursor, 24, &west))
        return false;
    *rule = (struct rule){.standard = -west};
    if (cursor.at == cursor.end)
        return true;
    rule->has_summer = true;
    rule->summer = rule->standard + 3600;
    if (!take_name(&cursor))
        return false;
    if (cursor.at < cursor.end && *cursor.at != ',') {
        if (!take_clock(&cursor, 24, &west))
            return false;
        rule->summer = -west;
    }
    return take(&cursor, ',') && take_day(&cursor, &rule->from) && take(&cursor, ',') && take_day(&cursor, &rule->to) &&
           cursor.at == cursor.end;
}

/* ---- writing out ---- */

/* The date that a rule names in a year, as days since 1970-01-01. */
static int32_t date_of(const struct rule_day *day, int32_t year)
{
    int32_t new_year = civil_days((struct civil){year, 1, 1});
    if (day->kind == RULE_DAY_OF_YEAR)
        return new_year + day->day;
    if (day->kind == RULE_JULIAN)
        return new_year + day->day - 1 + (day->day > 59 && civil_month_days(year, 2) == 29);
    int32_t first = civil_days((struct civil){year, day->month, 1});
    int32_t date = first + (day->day - civil_weekday(first) % 7 + 7) % 7 + 7 * (day->week - 1);
    return date < first + civil_month_days(year, day->month) ? date : date - 7; /* the fifth may be the fourth */
}

static struct calendar_offset change(const struct rule_day *day, int32_t year, int32_t before, int32_t after)
{
    return (struct calendar_offset){date_of(day, year) * INT64_C(86400) + day->seconds - before, after};
}

int32_t zone_rule(struct text text, int64_t after, struct calendar_offset rows[ZONE_RULE_ROWS])
{
    struct rule rule;
    if (!read_rule(text, &rule))
        return -1;
    if (!rule.has_summer)
        return 0;
    int64_t first = -25567 * INT64_C(86400); /* 1900-01-01: no zone had such a rule before */
    int32_t count = 0, year = civil_of((int32_t)((after > first ? after : first) / 86400)).year - 1;
    for (; year <= ZONE_LAST_YEAR && count + 2 <= ZONE_RULE_ROWS; year++) {
        struct calendar_offset summer = change(&rule.from, year, rule.standard, rule.summer);
        struct calendar_offset winter = change(&rule.to, year, rule.summer, rule.standard);
        bool north = summer.from < winter.from;
        const struct calendar_offset pair[2] = {north ? summer : winter, north ? winter : summer};
        for (int i = 0; i < 2; i++) {
            if (pair[i].from <= after)
                continue;
            /* Summer time all the year ends at the moment at which it begins: the beginning counts. */
            if (count > 0 && rows[count - 1].from >= pair[i].from)
                count--;
            rows[count++] = pair[i];
        }
    }
    return count;
}
