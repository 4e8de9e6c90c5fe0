/* directory_draft: what directory_yaml.c (levels, roles, people), directory_units.c (units) and directory_deputies.c share. Not for others. */
#ifndef STAIRCASE_DIRECTORY_DRAFT_H
#define STAIRCASE_DIRECTORY_DRAFT_H

#include "engine/directory_make.h"
#include "engine/yaml.h"

enum directory_where { IN_DIRECTORY, IN_LEVEL, IN_ROLE, IN_UNIT, IN_PERSON, IN_HOLD, IN_TITLE, IN_SUBSTITUTE, IN_DELEGATION };

enum { DIRECTORY_SHORT_MOST = 16 }; /* characters of a name in case numbers */

/* A unit as it is written, beside its part of the same index. */
struct unit_source {
    const struct node *node;
    bool has_level; /* its level was read without a mistake */
};

struct draft {
    struct arena *arena;
    struct problems *problems;
    const struct node *root;
    struct text name;
    int32_t version;
    struct part_level *levels;
    struct part_role *roles;
    struct part_unit *units;
    struct unit_source *sources; /* [unit_count] */
    int32_t *by_path;            /* [unit_count]: units in the order of their paths */
    struct part_serve *serves;
    struct part_person *people;
    struct part_hold *holds;
    struct part_delegation *delegations;
    int32_t level_count, role_count, unit_count, serve_count, person_count, hold_count, delegation_count;
    /* There and read without a mistake (units: there). Where not, what names one of them is not complained about: it may be right. */
    bool levels_hold, roles_hold, units_hold;
};

const struct node *draft_get(const struct node *map, enum directory_where where, const char *name);
bool draft_check(struct draft *draft, const struct node *map, enum directory_where where);
/* Text for the Chinese title, or {zh, en}. */
void draft_title(struct draft *draft, const struct node *map, enum directory_where where, struct part_title *title);
/* The index of the level, or NONE with a problem; NONE without one for NULL. */
int32_t draft_level(struct draft *draft, const struct node *node);
/* The unit of that path; NONE. */
int32_t draft_find_unit(const struct draft *draft, struct text path);
/* The unit that a node names, or NONE with a problem; NONE without one for NULL. */
int32_t draft_unit(struct draft *draft, const struct node *node);
/* ` Did you mean "..."?` or "": the nearest path. Left out once there are very many mistakes, so that a hostile file buys no time. */
const char *draft_nearest_unit(const struct draft *draft, struct text path);

/* The index of the role, or NONE with a problem. */
int32_t draft_role(struct draft *draft, const struct node *node);

/* Reads everything under `units`. */
void draft_units(struct draft *draft);
/* Reads `substitutes` and `acts-for` of all people, when each of them has been read. */
void draft_deputies(struct draft *draft, const struct node *people);

#endif
