/* principal: who may connect by TCP, by public key, and what each may do. Only data and the questions about it: the file is read by
 * principal_yaml.c, its place and the engine's own key are key_folder.c's, and who asks is the server (server_access.c).
 *
 *     app        acts for people: residents by the first part of their reference (`app` of app:zhao), people of the directory by name or by
 *                where they hold a role; looks at its units
 *     worker     does the tasks of its topics, at its units; acts as itself (worker:NAME), and for people as an app does
 *     watcher    looks at its units
 *     operator   everything, like who opens the socket in the data folder
 *
 * Nobody is trusted for anything that is not named. An empty list of units is everywhere for a worker, and nowhere for who looks. */
#ifndef STAIRCASE_PRINCIPAL_H
#define STAIRCASE_PRINCIPAL_H

#include "engine/directory.h"
#include "engine/yaml.h"

enum principal_kind { PRINCIPAL_APP, PRINCIPAL_WORKER, PRINCIPAL_WATCHER, PRINCIPAL_OPERATOR };
enum { PRINCIPALS_MOST = 1000, PRINCIPAL_LIST_MOST = 256 };

struct principal_list {
    const struct text *items;
    uint32_t count;
};

struct principal {
    struct text name;                /* the sender of its events; a worker's name */
    enum principal_kind kind;
    struct text key;                 /* public, 64 hexadecimal digits */
    int32_t made, revoked;           /* days; revoked: NONE, or it may nothing any more */
    struct principal_list residents; /* first parts of references */
    struct principal_list persons;   /* ids of the directory */
    struct principal_list people;    /* units: who holds a role there or below */
    struct principal_list topics;    /* of a worker */
    struct principal_list units;     /* paths: those and all below, as the directory has it */
};

struct principals {
    struct principal *items; /* in the order of the file */
    uint32_t count;
};

/* ---- the file ---- */
/* Everything lives in the arena. ERR_OK; ERR_BAD_CONFIG: there are problems, and nothing of it is to be used. */
enum err principals_read(struct principals *principals, struct arena *arena, const char *path, struct text source, struct problems *problems);
/* The file, as principals_read reads it; there is at least one. */
struct text principals_print(const struct principals *principals, struct arena *arena);
const char *principal_kind_name(enum principal_kind kind);

/* ---- who ---- */
/* NULL: nobody, or revoked. */
const struct principal *principals_by_key(const struct principals *principals, struct text key);
const struct principal *principals_by_name(const struct principals *principals, struct text name);
/* May both do the same, under the same name? */
bool principal_equal(const struct principal *a, const struct principal *b);

/* ---- what it may ---- */
/* Act for that person on that day; `directory` may be NULL. */
bool principal_acts_for(const struct principal *principal, const struct directory *directory, int32_t day, struct text person);
/* The unit, by its path or its row, is one of its units or below one. One that is not in the directory is nowhere. */
bool principal_at_unit(const struct principal *principal, const struct directory *directory, struct text unit);
bool principal_at_row(const struct principal *principal, const struct directory *directory, int32_t unit);
bool principal_has_topic(const struct principal *principal, struct text topic);

#endif
