/* directory: units, levels, roles and the people who hold them, as a value. Residents are not in it.
 *
 * directory_yaml.c makes it and checks it (one tree, levels rising, every name known), tables.c stores it. Every question asked
 * here for each event is answered by binary search and by walking up the tree, never by walking through a table.
 *
 * A unit has a permanent numeric id; its path and title are for people. Units form one tree of any depth; each unit has a
 * level. A unit may serve a level for another one (a terminal mediation centre is nobody's ancestor): then a case of that
 * other unit, or of anything below it, that goes to the level comes to the unit that serves it. A unit that was closed stays
 * listed and names its successor: what comes to it by its level comes to the successor. */
#ifndef STAIRCASE_DIRECTORY_H
#define STAIRCASE_DIRECTORY_H

#include "engine/tables.h"

enum directory_table {
    DIRECTORY_HEAD,
    DIRECTORY_LEVELS, /* lowest first */
    DIRECTORY_ROLES,
    DIRECTORY_UNITS,    /* sorted by path */
    DIRECTORY_UNIT_IDS, /* struct directory_unit_id, sorted by id */
    DIRECTORY_SERVES,   /* sorted by unit, level */
    DIRECTORY_PEOPLE,   /* sorted by id */
    DIRECTORY_HOLDS,    /* sorted by person, role, unit; people point into it */
    DIRECTORY_HELD,     /* struct directory_held: the same by unit, role, person; who holds a role at a unit */
    DIRECTORY_DELEGATIONS, /* sorted by person, on_behalf, from */
    DIRECTORY_TABLE_COUNT
};

struct directory_head {
    int32_t name; /* string */
    int32_t version;
};

struct directory_level {
    int32_t name, title_zh, title_en;
};

enum role_reach { REACH_HERE, REACH_BELOW };

struct directory_role {
    int32_t name, title_zh, title_en;
    int32_t reach; /* enum role_reach: holds at its unit only, or also at every unit below it */
};

struct directory_unit {
    int32_t id;       /* permanent, above 0 */
    int32_t path;     /* string: jinnong/grid-3/building-7 */
    int32_t title_zh, title_en;
    int32_t level;    /* row of LEVELS */
    int32_t parent;   /* row of UNITS or NONE */
    int32_t calendar; /* string: name of a calendar, or NONE: the nearest ancestor's */
    int32_t short_zh; /* string for case numbers (金农), or NONE: the nearest ancestor's */
    int32_t successor; /* id of the unit that took this one over (it is closed), or 0 */
    struct span serves;  /* SERVES: which unit serves which level for this unit and those below */
};

struct directory_unit_id {
    int32_t id, unit; /* unit: row of UNITS */
};

struct directory_serve {
    int32_t unit;  /* row of UNITS: for whom */
    int32_t level; /* row of LEVELS */
    int32_t by;    /* row of UNITS: who serves */
};

struct directory_person {
    int32_t id;    /* string */
    int32_t title; /* string: the name, for people, or NONE */
    struct span holds; /* HOLDS */
};

struct directory_hold {
    int32_t person; /* row of PEOPLE */
    int32_t role;   /* row of ROLES */
    int32_t unit;   /* row of UNITS */
    int32_t from, until; /* days, inclusive, or NONE: without such a bound */
    int32_t instead_of;  /* row of PEOPLE: whom this one substitutes; NONE: holds it for himself */
};

struct directory_held {
    int32_t unit, role, hold; /* rows; sorted by unit, then role, then person */
};

/* The person may act for another one of the directory. */
struct directory_delegation {
    int32_t person, on_behalf; /* rows of PEOPLE */
    int32_t basis;             /* string */
    int32_t from, until;       /* days, inclusive; from: or NONE */
};

struct directory {
    struct tables tables;
    struct table table[DIRECTORY_TABLE_COUNT];
    uint64_t position; /* of its deployment */
    uint8_t hash[32];
};

extern const struct form_shape directory_shape;
void directory_bind(struct directory *directory);

int32_t directory_version(const struct directory *directory);
const char *directory_name(const struct directory *directory);
int32_t directory_unit_count(const struct directory *directory);

/* Rows, or NONE. */
int32_t directory_find_unit(const struct directory *directory, struct text path);
int32_t directory_unit_by_id(const struct directory *directory, uint32_t id);
int32_t directory_find_level(const struct directory *directory, struct text name);
int32_t directory_find_role(const struct directory *directory, struct text name);
int32_t directory_find_person(const struct directory *directory, struct text id);

const struct directory_unit *directory_unit(const struct directory *directory, int32_t row);
const struct directory_person *directory_person(const struct directory *directory, int32_t row);
const struct directory_role *directory_role(const struct directory *directory, int32_t row);
const char *directory_string(const struct directory *directory, int32_t offset); /* "" for NONE */
const char *directory_unit_path(const struct directory *directory, int32_t unit);
const char *directory_level_name(const struct directory *directory, int32_t level);
/* The name of the calendar that counts at a unit (nearest ancestor that names one), "" when none does. */
const char *directory_unit_calendar(const struct directory *directory, int32_t unit);
/* {unit} in case numbers: the nearest short name, else the last piece of the path. */
const char *directory_unit_short(const struct directory *directory, int32_t unit);
/* The unit that this name belongs to (the nearest with a short name, else the unit itself): who counts case numbers by it
 * gives no number twice. */
int32_t directory_unit_numbering(const struct directory *directory, int32_t unit);

/* `above` is `unit` itself or one of its ancestors. */
bool directory_covers(const struct directory *directory, int32_t above, int32_t unit);
/* The unit of that level for `home`: itself or its ancestor of the level; else who serves the level for it (nearest first); its
 * successor where it is closed; else NONE. */
int32_t directory_unit_at(const struct directory *directory, int32_t home, int32_t level);
/* Whether the person holds the role at the unit on that day (at the unit itself, or above it where the role reaches below). */
bool directory_holds(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day);
/* Whether the person holds any role at that unit, or below it, on that day. */
bool directory_serves_within(const struct directory *directory, int32_t person, int32_t unit, int32_t day);
/* Whether the person holds the role at any unit below `unit` (not at `unit` itself), reaching roles from above included. */
bool directory_holds_below(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day);
/* Does the person hold it there on that day as a substitute, and not for himself? */
bool directory_only_substitutes(const struct directory *directory, int32_t person, int32_t role, int32_t unit, int32_t day);
/* Does the one hold the role on that day in place of the other? */
bool directory_stands_in(const struct directory *directory, int32_t person, int32_t other, int32_t role, int32_t day);
/* Who holds the role at the unit that day, reaching roles from above included; ascending by person, each once.
 * Writes at most `most` rows of PEOPLE, returns how many there are. */
int32_t directory_holders(const struct directory *directory, int32_t role, int32_t unit, int32_t day, int32_t *people, int32_t most);
/* Whether it says at all who acts for whom. */
bool directory_delegates(const struct directory *directory);
/* What lets the person act for the other on that day; NULL: nothing. `*ended` is then the last that once did, or NULL. */
const struct directory_delegation *directory_delegation(const struct directory *directory, int32_t person, int32_t on_behalf, int32_t day,
                                                        const struct directory_delegation **ended);
/* Unit ids from the top down to `unit`: written big-endian, 4 bytes each, a prefix of it selects a subtree. Returns the depth (at
 * most DIRECTORY_DEPTH_MOST). */
enum { DIRECTORY_DEPTH_MOST = 12 };
int32_t directory_id_path(const struct directory *directory, int32_t unit, uint32_t ids[DIRECTORY_DEPTH_MOST]);

#endif
