/* import_map: how the columns of a CSV of events become events. Written by the office, in YAML:
 *
 *     import: permit-receipts            # a name of its own: case keys and event ids are made from it
 *     workflow: permit-receipt
 *     case: case                         # the column that tells cases apart
 *     event: activity                    # the column that says what happened
 *     time: time                         # when; ISO 8601; {column: time, offset: "+08:00"} where the file gives no offset
 *     person: person                     # who; or {always: chen}, or {column: clerk, app: old-system} for people who are not in the directory
 *     unit: {column: department, of: {General: municipality/general}}   # where a case opens; or {always: PATH}
 *     fields:                            # that any event may bring; an empty cell brings nothing
 *       channel: channel                 # field: column
 *     events:
 *       Confirmation of receipt: {opens: true, fields: {started: {column: started, as: date}}}
 *       T02 Check confirmation of receipt: {event: check-confirmation}
 *       Printed: skip
 *
 * `as: date` takes the civil date that an ISO time begins with; `of` translates values (a value that is not in it is a mistake of the row). */
#ifndef STAIRCASE_COMMAND_IMPORT_MAP_H
#define STAIRCASE_COMMAND_IMPORT_MAP_H

#include "engine/command/csv.h"
#include "engine/yaml.h"

enum { IMPORT_FIELDS_MOST = 64 };

/* Where a text comes from. */
struct import_cell {
    int32_t column;        /* of the CSV, or -1: always */
    struct text column_name;
    struct text always;
    struct text app;       /* before the value, with a colon */
    const struct node *of; /* a mapping that translates, or NULL */
    bool date;
};

struct import_field {
    struct text name;
    struct import_cell cell;
};

struct import_activity {
    struct text activity, event;
    bool opens, skip;
    struct import_field *fields;
    uint32_t field_count;
};

struct import_map {
    struct text name, workflow;
    struct import_cell subject, activity, time, person, unit;
    int32_t offset_minutes;
    bool has_offset;
    struct import_field *fields;
    uint32_t field_count;
    struct import_activity *activities;
    uint32_t activity_count;
};

/* All mistakes of a file in one run. Everything lives in the arena. ERR_OK or ERR_INVALID_SOURCE. */
enum err import_map_read(struct arena *arena, struct text source, struct problems *problems, struct import_map *map);
/* Finds the columns in the head of the CSV; `*missing` names the first that is not there. */
bool import_map_bind(struct import_map *map, const struct csv *csv, struct text *missing);
const struct import_activity *import_map_find(const struct import_map *map, struct text activity);
/* The text of a row; false with `*why` (in the arena). */
bool import_cell_text(struct arena *arena, const struct import_cell *cell, const struct text *cells, struct text *out, struct text *why);

#endif
