/* tables: how a compiled form looks. A workflow, a directory and a calendar are each a handful of tables of rows; a row is a
 * struct whose members are int32_t or int64_t: plain numbers, indexes of rows in another table (or NONE), spans of rows, and
 * offsets of strings in one pool. No pointers inside rows: so one descriptor per form is enough to encode it canonically, to
 * decode it with every index checked, and to hash it; and a decision about it needs no allocation. */
#ifndef STAIRCASE_TABLES_H
#define STAIRCASE_TABLES_H

#include "engine/arena.h"
#include "proto/err.h"

#define NONE (-1)

/* Rows [first, first + count) of another table. */
struct span {
    int32_t first, count;
};

enum member_kind {
    MEMBER_NUMBER,      /* int32_t, any value */
    MEMBER_WIDE,        /* int64_t, any value */
    MEMBER_STRING,      /* int32_t, offset of a NUL-terminated string in the pool, or NONE */
    MEMBER_ROW,         /* int32_t, row of `table`, or NONE */
    MEMBER_SPAN,        /* struct span of rows of `table` */
    MEMBER_CHOICE,      /* int32_t, an enum: 0 <= value < `table` */
    MEMBER_NEEDED_STRING, /* as MEMBER_STRING, but never NONE */
    MEMBER_NEEDED_ROW,  /* as MEMBER_ROW, but never NONE */
    MEMBER_REF,         /* int32_t, the only member of the form's one table of refs: a row of the table that the MEMBER_REFS
                           which points here names */
    MEMBER_REFS,        /* struct span of rows of the table of refs, each of them a row of `table` */
};

struct member {
    enum member_kind kind;
    uint32_t offset; /* in the row */
    uint32_t table;  /* which table a row, span or refs point to; of a MEMBER_CHOICE: how many values there are */
    uint32_t since;  /* the version of the form that brought it; 0: it was always there. Never of a MEMBER_NEEDED_*, _REF. The last of its row */
};

struct table_shape {
    const char *name;
    uint32_t row_size;
    uint32_t member_count;
    const struct member *members;
    uint32_t since; /* as in struct member; the last of the form */
};

/* Rows of one table. `rows` is an array of the table's struct. */
struct table {
    void *rows;
    int32_t count;
};

/* A compiled form in memory: `tables` in the order of `shapes`, and the string pool. */
struct tables {
    struct table *table; /* [shape_count] */
    const char *strings; /* the pool: NUL-terminated strings one after the other */
    int32_t strings_size;
};

struct form_shape {
    const char *name; /* "workflow", "directory", "calendar" */
    uint32_t version; /* of the compiled form: counted up, once a release, when a table or member is added at the end */
    uint32_t shape_count;
    const struct table_shape *shapes;
};

/* Canonical bytes of a form: equal forms give equal bytes, so that a hash of them names the content. They have the lowest version that
 * says all of it, without the tables and members that came later and are empty (no rows; 0, NONE, an empty span): so what an author wrote before a version keeps
 * its hash after it. An index that points nowhere is a bug (asserted). (tables.c; uses wire, so it is not among the pure rooms.) */
struct text tables_encode(struct arena *arena, const struct form_shape *shape, const struct tables *tables);
/* ERR_OK, ERR_NEWER_FORMAT (a version above ours), ERR_CORRUPT (also: an index that points nowhere, an offset that is not the
 * beginning of a string, an enum out of range). What a lower version does not have comes out empty. Copies all into the arena; `out` is undefined
 * unless ERR_OK. */
enum err tables_decode(struct arena *arena, const struct form_shape *shape, struct text bytes, struct tables *out);

#endif
