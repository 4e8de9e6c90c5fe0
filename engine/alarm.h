/* alarm: what an operator is to do something about: its name, which is the same everywhere (health, status, metrics, the runbook), and its sentence in
 * both languages. Whether one stands is the server's to say (server_ask.c); engine/RUNBOOK.md says what each means. */
#ifndef STAIRCASE_ALARM_H
#define STAIRCASE_ALARM_H

#include "proto/text.h"

enum alarm_kind { ALARM_CLOCK_NOT_FOLLOWED, ALARM_CLOCK_BEHIND_LOG, ALARM_DISK_FULL, ALARM_DISK_NEARLY_FULL, ALARM_MAP_NEARLY_FULL, ALARM_KEYS_NOT_READ, ALARM_KINDS };

struct alarm {
    const char *name, *en, *zh;
};
extern const struct alarm alarm_table[ALARM_KINDS];

/* NULL: there is none of that name; an engine of another version may have others. */
const struct alarm *alarm_by_name(struct text name);

#endif
