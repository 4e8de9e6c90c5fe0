/* directory_make: a directory from its parts in any order: sorts them, ties them by row numbers, puts their strings in one pool.
 *
 * The same parts make the same directory, byte for byte, however they were ordered (levels apart: their order is their meaning;
 * roles keep theirs). The reader of YAML and tests stand on it. What the parts must be (names unique, one tree, levels rising
 * towards the top, everything that is pointed to there) is the caller's to check: it is asserted here where it costs nothing. */
#ifndef STAIRCASE_DIRECTORY_MAKE_H
#define STAIRCASE_DIRECTORY_MAKE_H

#include "engine/directory.h"

/* A title in two languages; either may be empty. */
struct part_title {
    struct text zh, en;
};

struct part_level {
    struct text name;
    struct part_title title;
};

struct part_role {
    struct text name;
    struct part_title title;
    enum role_reach reach;
};

struct part_unit {
    int32_t id;
    struct text path;
    struct part_title title;
    int32_t level;      /* index of levels */
    int32_t parent;     /* index of units, or NONE */
    struct text calendar, short_zh; /* or empty */
    int32_t successor;  /* index of units, or NONE */
};

struct part_serve {
    int32_t unit, by; /* indexes of units: `by` is the unit of its own level for `unit` and those below */
};

struct part_person {
    struct text id, title; /* title: or empty */
};

struct part_hold {
    int32_t person, role, unit; /* indexes */
    int32_t from, until;        /* days, or NONE */
    int32_t instead_of;         /* index of people: whom this one substitutes, or NONE */
};

struct part_delegation {
    int32_t person, on_behalf; /* indexes of people: who acts, for whom */
    struct text basis;
    int32_t from, until;       /* days; from: or NONE */
};

struct directory_parts {
    struct text name;
    int32_t version;
    const struct part_level *levels; /* lowest first */
    const struct part_role *roles;
    const struct part_unit *units;
    const struct part_serve *serves;
    const struct part_person *people;
    const struct part_hold *holds;
    const struct part_delegation *delegations;
    int32_t level_count, role_count, unit_count, serve_count, person_count, hold_count, delegation_count;
};

/* Everything, strings too, is copied into the arena; the result is bound. */
void directory_make(struct arena *arena, const struct directory_parts *parts, struct directory *out);

#endif
