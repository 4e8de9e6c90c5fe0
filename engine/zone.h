/* zone: the offsets of a time zone, compiled from the system's tz database.
 *
 * Used only where a calendar is read to be deployed; the offsets travel with it, and nothing in the engine looks at the
 * machine's zones afterwards. Reads TZif (RFC 8536) of version 2 and later: the 64-bit transitions, and then the rule of the
 * footer (such as CET-1CEST,M3.5.0,M10.5.0/3) written out to the end of ZONE_LAST_YEAR. What the file says is not believed:
 * every count and index is held against its bytes. */
#ifndef STAIRCASE_ZONE_H
#define STAIRCASE_ZONE_H

#include "engine/calendar.h"

enum { ZONE_LAST_YEAR = 2100, ZONE_BYTES_MOST = 256 * 1024 };

struct zone {
    const struct calendar_offset *offsets; /* ascending; the first from INT64_MIN; neighbours differ */
    int32_t count;
};

/* The zone of that name (Asia/Shanghai) from $TZDIR, else /usr/share/zoneinfo. ERR_OK; ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT
 * with `*why` a sentence in the arena. */
enum err zone_read(struct arena *arena, struct text name, struct zone *out, struct text *why);

/* The same from the bytes of such a file. ERR_OK or ERR_CORRUPT with `*why`. */
enum err zone_compile(struct arena *arena, struct text bytes, struct zone *out, struct text *why);

/* The rule of a footer, written out from `after` (seconds, not included) to the end of ZONE_LAST_YEAR into `rows`.
 * Returns the number of rows (at most ZONE_RULE_ROWS), or -1 when it is no such rule. */
enum { ZONE_RULE_ROWS = 2 * 300 };
int32_t zone_rule(struct text rule, int64_t after, struct calendar_offset rows[ZONE_RULE_ROWS]);

#endif
