/* engine_days: see engine_days.h. */
#include "engine/engine_days.h"

enum { LEFT_OUT_MOST = 4000 /* days off in a row that a rule is followed over: ten years of every day */ };

static int32_t begins(const struct search *search, const struct recurring *version)
{
    int32_t day = calendar_date(search->calendar, version->deployed_at);
    if (version->applies_from != NONE && version->applies_from > day)
        day = version->applies_from;
    return day;
}

/* The newest version that applies on a day. */
static const struct recurring *version_on(const struct search *search, int32_t day)
{
    const struct recurring *newest = NULL;
    for (const struct recurring *version = search->first; version; version = version->newer)
        if (begins(search, version) <= day)
            newest = version;
    return newest;
}

static bool is_level(const struct search *search, const char *level)
{
    const struct directory *directory = engine_directory(search->engine);
    return search->row != NONE && *level && strcmp(directory_level_name(directory, directory_unit(directory, search->row)->level), level) == 0;
}

static bool recurs_here(const struct search *search, const struct recurring *version)
{
    if (!version->rule)
        return false;
    return version->rotation && !*version->of ? search->row == NONE : is_level(search, version->rotation ? version->of : version->level);
}

static bool ask_rule(const struct recurring *version, int32_t after, int32_t *day)
{
    struct recurring *memory = (struct recurring *)(uintptr_t)version;
    uint32_t at = 0;
    while (at < ANSWERS_KEPT && !(memory->answers[at].asked && memory->answers[at].after == after))
        at++;
    if (at == ANSWERS_KEPT) {
        at = memory->answer_count++ % ANSWERS_KEPT;
        memory->answers[at].asked = true;
        memory->answers[at].after = after;
        memory->answers[at].found = recurrence_next(version->rule, after, &memory->answers[at].day);
    }
    *day = memory->answers[at].day;
    return memory->answers[at].found;
}

/* The next day of the rules after a day, whichever version decides about it. */
static const struct recurring *next_day(const struct search *search, int32_t after, int32_t *day)
{
    const struct recurring *best = NULL;
    for (const struct recurring *version = search->first; version; version = version->newer) {
        int32_t found, from = begins(search, version) > search->since ? begins(search, version) : search->since;
        if (!recurs_here(search, version) || !ask_rule(version, after < from - 1 ? from - 1 : after, &found) || version_on(search, found) != version)
            continue;
        if (!best || found < *day) {
            best = version;
            *day = found;
        }
    }
    return best;
}

/* Several days of the rules may come to one day, also by different versions: they are one run. */
static int32_t last_of_day(const struct search *search, int32_t day, int32_t moved)
{
    int32_t next, later;
    const struct recurring *version;
    while ((version = next_day(search, day, &next)) && recurrence_moved(search->calendar, version->day_off, next, &later) && later == moved)
        day = next;
    return day;
}

/* The next run after a day of the rule, not on a day that has had one: where it is held, and up to which day of the rule it answers. */
bool days_next_run(const struct search *search, int32_t after, int32_t last, struct found *found)
{
    int32_t day, moved;
    for (int left_out = 0; left_out < LEFT_OUT_MOST; left_out++, after = day) {
        const struct recurring *version = next_day(search, after, &day);
        if (!version)
            return false;
        if (!recurrence_moved(search->calendar, version->day_off, day, &moved) || moved == last)
            continue;
        *found = (struct found){.version = version, .day = moved, .through = last_of_day(search, day, moved), .due = calendar_begin(search->calendar, moved)};
        return true;
    }
    return false;
}

/* The first year after `through` that is to be closed. The version that applies on its last day decides. */
bool days_next_year(const struct search *search, int32_t through, struct found *found)
{
    for (const struct recurring *version = search->first; version; version = version->newer) {
        if (!version->least || !is_level(search, version->quota_level))
            continue;
        int32_t from = begins(search, version) > search->since ? begins(search, version) : search->since;
        int32_t year = civil_of(from).year > through ? civil_of(from).year : through + 1;
        int32_t last_day = civil_days((struct civil){.year = year, .month = 12, .day = 31});
        if (version_on(search, last_day) != version)
            continue;
        *found = (struct found){.version = version, .year = year, .due = calendar_time(search->calendar, last_day + 1, 0)};
        return true;
    }
    return false;
}
