/* calendar_yaml: a calendar as people write it.
 *
 *     calendar: cn-statutory            name in kebab-case; with `version` it names the content for ever
 *     version: 1
 *     zone: Asia/Shanghai               its offsets are taken from the tz database when this is read
 *     weekly-off: [saturday, sunday]    [] where every day is worked
 *     office-hours: ["09:00-12:00", "14:00-18:00"]     left out: working days are worked from midnight to midnight
 *     last-day-off: moves               or stays: a period whose last day is a day off
 *     from: 2020-01-01                  the published days; outside them the weekly rule counts, provisionally
 *     through: 2026-12-31
 *     years:                            left out where the weekly rule is everything
 *       2020:
 *         working-days: 249             check sum: the working days of that year
 *         notices: [http://...]         where it was published (not compiled)
 *         days-off: [{date: 2020-01-24, wd: 5, name: 春节}]    wd: its weekday, 1 Monday to 7 Sunday, as a check
 *         days-on: [{date: 2020-01-19, wd: 7, name: 春节}]     days off by the weekly rule that are worked */
#ifndef STAIRCASE_CALENDAR_YAML_H
#define STAIRCASE_CALENDAR_YAML_H

#include "engine/calendar.h"
#include "engine/yaml.h"

/* ERR_OK, or ERR_INVALID_SOURCE with every mistake in `problems` (which is begun here). `out` is bound, lives in the arena, and is
 * undefined unless ERR_OK; its hash and position are for who deploys it. */
enum err calendar_read(struct arena *arena, const char *file, struct text source, struct problems *problems, struct calendar *out);

/* The table of keys, for the schema. */
extern const struct keys calendar_keys;

#endif
