/* draw_recurs: how many cases a year there must be, and when the calendar opens some, as people say it: "every week on Tuesday, Thursday; at each grid". Of the rules of RFC 5545 the common ones
 * are put into words; one with other parts is shown as it was written, which is better than half of it. */
#include "engine/draw_words.h"

#include "engine/calendar.h"

struct rule {
    struct text freq, interval, month, month_day, day;
    bool other; /* a part, or a value, that has no words here */
};

static struct text until(struct text *rest, char mark)
{
    const char *end = rest->size ? memchr(rest->data, mark, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    struct text part = {.data = rest->data, .size = size};
    size_t past = end ? size + 1 : size;
    *rest = (struct text){.data = rest->data + past, .size = rest->size - past};
    return part;
}

static struct rule rule_of(struct text rest)
{
    struct rule rule = {.other = false};
    while (rest.size) {
        struct text value = until(&rest, ';'), name = until(&value, '=');
        struct text *part = text_is(name, "FREQ")         ? &rule.freq
                            : text_is(name, "INTERVAL")   ? &rule.interval
                            : text_is(name, "BYMONTH")    ? &rule.month
                            : text_is(name, "BYMONTHDAY") ? &rule.month_day
                            : text_is(name, "BYDAY")      ? &rule.day
                                                          : NULL;
        if (part)
            *part = value;
        else
            rule.other = true;
    }
    if (text_is(rule.interval, "1"))
        rule.interval.size = 0;
    return rule;
}

/* ---- lists ---- */

typedef struct text (*one_words)(const struct draw_words *words, struct text one, bool *other);

static struct text each_of(const struct draw_words *words, struct text list, one_words say, bool *other)
{
    struct text all = {0};
    while (list.size)
        all = draw_list(words, all, say(words, until(&list, ','), other));
    return all;
}

static struct text weekday_words(const struct draw_words *words, struct text one, bool *other)
{
    static const char *const days[][3] = {
        {"MO", "Monday", "周一"}, {"TU", "Tuesday", "周二"}, {"WE", "Wednesday", "周三"}, {"TH", "Thursday", "周四"},
        {"FR", "Friday", "周五"}, {"SA", "Saturday", "周六"}, {"SU", "Sunday", "周日"},
    };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (text_is(one, days[i][0]))
            return text_of(draw_say(words, days[i][1], days[i][2]));
    *other = true; /* such as 1MO */
    return one;
}

static struct text month_words(const struct draw_words *words, struct text one, bool *other)
{
    (void)other;
    return arena_print(words->arena, draw_say(words, "month %.*s", "%.*s月"), (int)one.size, one.data);
}

static struct text month_day_words(const struct draw_words *words, struct text one, bool *other)
{
    if (text_is(one, "-1"))
        return text_of(draw_say(words, "the last day", "最后一天"));
    *other = *other || (one.size && *one.data == '-');
    return arena_print(words->arena, draw_say(words, "day %.*s", "%.*s日"), (int)one.size, one.data);
}

/* 20260217 */
static struct text date_words(const struct draw_words *words, struct text one, bool *other)
{
    *other = *other || one.size != 8;
    return *other ? one : arena_print(words->arena, "%.*s-%.*s-%.*s", 4, one.data, 2, one.data + 4, 2, one.data + 6);
}

/* ---- the rule ---- */

static struct text every(const struct draw_words *words, struct rule *rule)
{
    static const struct {
        const char *name, *en, *many, *zh, *many_zh;
    } units[] = {
        {"DAILY", "every day", "days", "每天", "天"},
        {"WEEKLY", "every week", "weeks", "每周", "周"},
        {"MONTHLY", "every month", "months", "每月", "个月"},
        {"YEARLY", "every year", "years", "每年", "年"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!text_is(rule->freq, units[i].name))
            continue;
        if (rule->interval.size == 0)
            return text_of(draw_say(words, units[i].en, units[i].zh));
        return arena_print(words->arena, draw_say(words, "every %.*s %s", "每%.*s%s"), (int)rule->interval.size, rule->interval.data,
                           draw_say(words, units[i].many, units[i].many_zh));
    }
    rule->other = true;
    return rule->freq;
}

static struct text beside(const struct draw_words *words, struct text before, struct text after)
{
    if (before.size == 0 || after.size == 0)
        return before.size ? before : after;
    return arena_print(words->arena, draw_say(words, "%.*s, %.*s", "%.*s%.*s"), (int)before.size, before.data, (int)after.size, after.data);
}

static struct text rule_words(const struct draw_words *words, const struct workflow_recurs *recurs)
{
    static const char dates[] = "DATES=";
    struct text written = text_of(workflow_string(words->workflow, recurs->rule)), said;
    if (strncmp(written.data, dates, sizeof dates - 1) == 0) {
        bool other = false;
        said = each_of(words, text_of(written.data + sizeof dates - 1), date_words, &other);
        return other ? written : said;
    }
    struct rule rule = rule_of(written);
    said = every(words, &rule);
    said = beside(words, said, each_of(words, rule.month, month_words, &rule.other));
    said = beside(words, said, each_of(words, rule.month_day, month_day_words, &rule.other));
    said = beside(words, said, each_of(words, rule.day, weekday_words, &rule.other));
    if (rule.interval.size) { /* which of the months: those that are counted from the first day */
        struct civil first = civil_of(recurs->first);
        said = arena_print(words->arena, draw_say(words, "%.*s, from %04d-%02d-%02d", "%.*s（自 %04d-%02d-%02d 起）"), (int)said.size, said.data, (int)first.year,
                           (int)first.month, (int)first.day);
    }
    return rule.other ? written : said;
}

/* What becomes of a run on a day off; that it stays goes without saying. */
static const char *day_off_words(const struct draw_words *words, int32_t day_off)
{
    switch ((enum day_off)day_off) {
    case DAY_OFF_SKIP: return draw_say(words, "; not on a day off", "，遇休息日取消");
    case DAY_OFF_NEXT: return draw_say(words, "; or the next working day", "，遇休息日顺延");
    case DAY_OFF_PREVIOUS: return draw_say(words, "; or the working day before", "，遇休息日提前");
    case DAY_OFF_KEEP: break;
    }
    return "";
}

struct text draw_recurs(const struct draw_words *words, const struct workflow_recurs *recurs)
{
    struct text rule = rule_words(words, recurs);
    const char *who = arena_string(words->arena, recurs->role != NONE ? draw_role(words, recurs->role) : draw_level(words, recurs->level));
    const char *format = recurs->rotation ? draw_say(words, "the calendar: %.*s%s; in turn: %s", "日历：%.*s%s，轮流：%s")
                                          : draw_say(words, "the calendar: %.*s%s; at each %s", "日历：%.*s%s，每个%s");
    return arena_print(words->arena, format, (int)rule.size, rule.data, day_off_words(words, recurs->day_off), who);
}

/* ---- the quota ---- */

static struct text ends_counted(const struct draw_words *words, struct span ends)
{
    struct text all = {0};
    for (int32_t i = 0; i < ends.count; i++) {
        const struct workflow_end *end = workflow_end(words->workflow, workflow_ref(words->workflow, ends.first + i));
        all = draw_list(words, all, draw_title(words, end->name, end->title_zh, end->title_en));
    }
    return all;
}

struct text draw_quota(const struct draw_words *words, const struct workflow_quota *quota)
{
    struct span opens = workflow_short_opens(words->workflow);
    struct text ends = ends_counted(words, quota->ends), opened = {0};
    for (int32_t i = 0; i < opens.count; i++)
        opened = draw_list(words, opened, text_of(workflow_string(words->workflow, workflow_open(words->workflow, opens.first + i)->workflow)));
    struct text least = arena_print(words->arena, draw_say(words, "at least %d a year at each %s: %.*s", "每年至少 %d 件，每个%s：%.*s"), quota->least,
                                    arena_string(words->arena, draw_level(words, quota->level)), (int)ends.size, ends.data);
    return opened.size ? arena_print(words->arena, draw_say(words, "%.*s; fewer opens %.*s", "%.*s，不足则立案 %.*s"), (int)least.size, least.data, (int)opened.size,
                                     opened.data) : least;
}
