/* yaml: a YAML file as a tree of nodes that know where they stand, and the list of everything that is wrong with it.
 *
 * The only way into libyaml: the readers of workflows, directories, calendars, configurations, mappings and scenarios stand on
 * this. What libyaml would let pass is refused here (pitfall 17): duplicate keys, a second document, anchors, aliases, tags,
 * `<<`, more than YAML_DEPTH_MOST levels, YAML_NODES_MOST nodes or YAML_BYTES_MOST bytes.
 *
 * A scalar is text until the reader asks for something else (pitfall 18): `on`, `no` and `012` mean nothing by themselves.
 *
 * What cannot be read as YAML at all hides what stands after it. Slips of the keyboard (yaml_typing.c) are told all the same, and
 * the sections after the mistake (keys at the very beginning of a line) are looked at by themselves for theirs.
 *
 * Mistakes are collected, not thrown: a typed reader that finds something wrong adds a problem and returns false, and the caller
 * goes on with the next node, so that one run shows every mistake of a file. Nodes and texts live in the arena.
 *
 *     struct problems problems;
 *     problems_init(&problems, &arena, "directory.yaml");
 *     const struct node *root = yaml_load(&arena, source, &problems);
 *     if (root && keys_check(&problems, root, &directory_keys, IN_DIRECTORY)) { ... node_get(root, "units") ... }
 *     if (problems.errors) print problems_print(&problems, &arena) */
#ifndef STAIRCASE_YAML_H
#define STAIRCASE_YAML_H

#include "engine/arena.h"
#include "proto/err.h"

enum {
    YAML_BYTES_MOST = 1024 * 1024,
    YAML_DEPTH_MOST = 32,
    YAML_NODES_MOST = 100000,
    PROBLEMS_KEPT = 1000,  /* found beyond these are only counted */
    PROBLEMS_SHOWN = 100,  /* the first by place; then "and N more" */
};

/* ---- nodes ---- */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

/* Bits for what may stand somewhere. */
enum node_kinds {
    KIND_SCALAR = 1 << NODE_SCALAR,
    KIND_LIST = 1 << NODE_LIST,
    KIND_MAP = 1 << NODE_MAP,
    KIND_ANY = KIND_SCALAR | KIND_LIST | KIND_MAP,
};

struct place {
    int32_t line, column; /* from 1; columns count characters, not bytes */
};

struct node {
    enum node_kind kind;
    bool plain;              /* of a scalar: written without quotes (and not as a block): may be meant as a number or boolean */
    struct text text;        /* of a scalar; NUL-terminated */
    struct text key;         /* under which it stands in a mapping; empty otherwise; NUL-terminated */
    struct place place;      /* of the value */
    struct place key_place;  /* of the key; of the value where there is none */
    const struct node *parent; /* NULL for the root */
    struct node *first, *next; /* first child; next sibling */
    uint32_t count;          /* children */
    uint32_t index;          /* among its siblings, from 0 */
};

/* for (node_each(item, list)) ... works for lists and mappings, and for NULL and scalars (nothing). */
#define node_each(item, of) const struct node *item = node_first(of); item; item = item->next

struct problems;

/* The one document of a source. NULL when nothing could be read (then there is a problem that says why); otherwise the tree,
 * although problems may have been added (a duplicate key is reported and left out; an anchor is reported and ignored). */
const struct node *yaml_load(struct arena *arena, struct text source, struct problems *problems);

const struct node *node_first(const struct node *node);
/* The value under a key; NULL when it is not there, or `map` is NULL or no mapping. */
const struct node *node_get(const struct node *map, const char *key);
const struct node *node_find(const struct node *map, struct text key);
/* "stages.consent.events.raise", "start.choose[2].go": for problems. */
struct text node_path(struct arena *arena, const struct node *node);
/* What was found, for problems: `"abc"`, `a list`, `a mapping`, `nothing`. */
const char *node_found(struct arena *arena, const struct node *node);
/* How many bytes of a text a problem shows: at most 60, cut between characters, and nothing that moves a terminal's cursor. */
int text_shown(struct text text);
/* A scalar that is exactly this word. */
bool node_is(const struct node *node, const char *word);
/* A plain scalar without any text, `~` or `null`: where a value was forgotten. */
bool node_empty(const struct node *node);

/* ---- slips of the keyboard ---- */

/* For a source that cannot be read: every tab or wide space that indents, wide sign of YAML (`：，｛【“`), and missing space after a
 * colon, each as an error at its place; not in comments, quotes and Chinese text. */
void typing_report(struct problems *problems, struct text source);
/* ` (with the full-width "３": write "3")` for a word that would be ASCII without such signs; otherwise "". */
const char *typing_hint(struct arena *arena, struct text text);

/* ---- problems ---- */

struct problem {
    struct place place;
    bool warning;
    struct text path, text;
    uint32_t number; /* order of finding, among those of one place */
};

struct problems {
    struct arena *arena;
    const char *file;
    struct problem *items; /* unsorted; the first `kept` of all that were found */
    uint32_t kept, room;
    uint32_t errors, warnings; /* found, also those that were not kept */
};

void problems_init(struct problems *problems, struct arena *arena, const char *file);
/* An error at a node's value, at its key, or at a place. One sentence or two: what was found, what is allowed, the nearest. */
void problems_add(struct problems *problems, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
void problems_add_key(struct problems *problems, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problems_add_at(struct problems *problems, struct place place, struct text path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A warning at a node's value: the file is used all the same. */
void problems_warn(struct problems *problems, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* No further problem is kept: what only makes it more helpful can be left out. */
bool problems_full(const struct problems *problems);
/* All of them sorted by place, a line each: "file:line:col: path: text" or "file:line:col: warning: path: text"; at most
 * PROBLEMS_SHOWN, then "and N more". Empty when there are none. */
struct text problems_print(const struct problems *problems, struct arena *arena);
/* The same rows for programs that want the parts (`staircase check --json`): sorted, `*count` of them. */
const struct problem *problems_sorted(const struct problems *problems, struct arena *arena, uint32_t *count);

/* The nearest of some words to one that is not among them: offer each, then ask. "" when none is near (edit distance above a
 * third of the longer word). */
struct nearest {
    struct text wanted, best;
    size_t distance;
    size_t most; /* greatest distance that is near; 0: a third of the longer word */
};
struct nearest nearest_to(struct text wanted);
void nearest_offer(struct nearest *nearest, struct text word);
/* ` Did you mean "within"?` or "". */
const char *nearest_hint(const struct nearest *nearest, struct arena *arena);

/* ---- typed scalars. Each adds a problem and returns false when the node is something else; NULL is false without a problem
 * (a needed key is reported by keys_check). `*out` is untouched then. ---- */

/* Text of 1 to `most` characters (0: any number). Warned when a plain scalar means something else to other readers of YAML. */
bool node_text(struct problems *problems, const struct node *node, uint32_t most, struct text *out);
/* A whole number from `least` to `most`, in plain decimal digits (no leading zero, no plus sign, not in quotes). */
bool node_integer(struct problems *problems, const struct node *node, int64_t least, int64_t most, int64_t *out);
/* The same for members of 32 bits. */
bool node_number(struct problems *problems, const struct node *node, int32_t least, int32_t most, int32_t *out);
/* A number with at most `scale` decimal places, in units of the scale: 12.5 with scale 2 is 1250. */
bool node_decimal(struct problems *problems, const struct node *node, int32_t scale, int64_t *out);
/* true or false; yes, no, on and off are refused with the right word. */
bool node_boolean(struct problems *problems, const struct node *node, bool *out);
/* A date such as 2026-10-09, as days since 1970-01-01; with or without quotes. */
bool node_date(struct problems *problems, const struct node *node, int32_t *days);
/* A name in kebab-case: a lower-case letter first, then those, digits and single hyphens; at most 64 bytes. */
bool node_name(struct problems *problems, const struct node *node, struct text *out);
/* The same of the key under which the node stands. */
bool node_key_name(struct problems *problems, const struct node *node);
bool name_holds(struct text name);
/* One of `count` words; `*out` is which. */
bool node_choice(struct problems *problems, const struct node *node, const char *const *words, size_t count, int32_t *out);
/* A list; a scalar or mapping alone stands for a list of one where `single` allows it. `*first` is the first item (walk by
 * `next`, `*count` times). */
bool node_list(struct problems *problems, const struct node *node, bool single, const struct node **first, uint32_t *count);
bool node_map(struct problems *problems, const struct node *node);

/* ---- keys of mappings, from a table ---- */

enum key_flag {
    KEY_NEEDED = 1, /* must be there */
    KEY_LATER = 2,  /* belongs to the language, but this version does not carry it: refused with a sentence that says so */
    KEY_ONE = 4,    /* of the keys of a mapping that are marked so exactly one must be there; the reader says it in its own words */
    KEY_SOME = 8,   /* of those marked so at least one must be there; likewise */
};

struct form; /* form.h */

/* One key that may stand in one kind of mapping. A reader has one table of all its keys: it drives reading, and the reference
 * and schema are made from it. */
struct key {
    int where;           /* which kind of mapping: the reader's own enum */
    const char *name;
    unsigned kinds;      /* bits of enum node_kinds */
    unsigned flags;      /* bits of enum key_flag */
    const char *shape;   /* what is allowed, in words: `a duration such as "5 working days"` */
    const char *meaning; /* one line */
    const struct form *form; /* what is allowed, for the schema; NULL: of a key that no schema shows */
};

/* One kind of mapping, for the schema. */
struct mapping {
    const char *name;
    const struct form *others; /* of what stands under keys that are not in the table; NULL: there can be none */
    int64_t least;             /* keys that must be there, whichever */
    const struct form *other_keys; /* what those others may be called; NULL: names in kebab-case */
};

struct keys {
    const struct key *key;
    size_t count;
    const struct mapping *mapping; /* [where]; NULL where no schema is made */
    size_t mapping_count;
};

/* The node is a mapping whose keys are all known at `where`, have a right kind of value each, and none that is needed is missing.
 * Adds a problem for each that is not so. False only when the node is NULL or no mapping: whatever else is wrong, the
 * right keys can be read. A key with a wrong kind of value is not given out by keys_get. */
bool keys_check(struct problems *problems, const struct node *map, const struct keys *keys, int where);
/* node_get, but NULL also for a value of a kind that the table does not allow (which keys_check has reported). */
const struct node *keys_get(const struct node *map, const struct keys *keys, int where, const char *name);
/* The table has that key there: keys_get may ask for it. */
bool keys_have(const struct keys *keys, int where, const char *name);

#endif
