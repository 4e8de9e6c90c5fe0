/* migrate_inner: what the files of a migration share. Only for migrate.c (the case, its stage, its fields, its events) and migrate_work.c (what is open in
 * it or was: tasks, children, votes, publications, stops). */
#ifndef STAIRCASE_MIGRATE_INNER_H
#define STAIRCASE_MIGRATE_INNER_H

#include "engine/migrate.h"

struct migration {
    struct step *step;
    const struct workflow *from, *to;
    const struct case_state *old; /* as it stood */
    const struct value *stages, *drop;
    struct span events; /* of the stage where it will stand */
};

/* Refused, with the version that has no place. */
#define no_place(migration, ...) migrate_no_place((migration), arena_print((migration)->step->arena, __VA_ARGS__))
bool migrate_no_place(struct migration *migration, struct text what);

/* The stage of the other version: the one that the event names, else the one of the same name; or NONE. */
int32_t migrate_stage_of(const struct migration *migration, int32_t row);

/* Each finds places for what it is called after; false: refused. What only counts on, where it can, refuses nothing. */
bool migrate_tasks(struct migration *migration, struct case_state *state);
bool migrate_children(struct migration *migration, struct case_state *state);
bool migrate_polls(struct migration *migration, struct case_state *state);
bool migrate_publications(struct migration *migration, struct case_state *state);
void migrate_handlers(struct migration *migration, struct case_state *state);
void migrate_rests(struct migration *migration, struct case_state *state);
void migrate_stops(struct migration *migration, struct case_state *state);

#endif
