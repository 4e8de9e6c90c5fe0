/* case: where one matter stands, as a value. At most CASE_BYTES_MOST when encoded (case_record.c).
 *
 * Rows (stage, level, end, fields, events, tasks) are rows of the workflow that the case is pinned to. Texts longer than
 * CASE_TEXT_INLINE and every collected list item stay in the log; the case holds the position of the event that brought them. */
#ifndef STAIRCASE_CASE_H
#define STAIRCASE_CASE_H

#include "engine/event.h"
#include "engine/workflow.h"

enum { CASE_BYTES_MOST = 16 * 1024, CASE_TEXT_INLINE = 96, CASE_CLOCKS_MOST = 64, CASE_TASKS_MOST = 64 };

enum case_flag {
    CASE_HELD = 1,    /* imported: its own times, no effects */
    CASE_OVERDUE = 2, /* the stage's deadline has passed and nothing followed */
    CASE_ENDED = 4,
    CASE_WAS_LATE = 8, /* some deadline of it has been missed: "late at closing" */
    CASE_INCIDENT = 16, /* a task of it has an open incident */
};

enum clock_kind {
    CLOCK_STAGE,  /* the stage's `within` */
    CLOCK_WARN,   /* its `warn` */
    CLOCK_REMIND, /* which: row of REMINDERS */
    CLOCK_TASK,   /* which: row of TASKS */
};

struct case_clock {
    int32_t kind, which;
    int64_t started;     /* what the period counts from */
    int64_t due;         /* the last moment in time */
    int64_t remaining;   /* milliseconds of working time left when stopped; -1: runs */
    uint64_t calendar;   /* revision (position of deployment) it was computed by */
    bool provisional;
    int32_t added;       /* CLOCK_STAGE: units of the stage's `extend.add` that were added */
    int32_t count;       /* CLOCK_REMIND: how often it has fired */
};

enum task_state {
    TASK_OPEN,     /* owed; to people by role, or offered to workers of `topic` */
    TASK_HELD,     /* `holder` has it: a person who claimed it, or a worker that accepted it */
    TASK_DONE,     /* settled; the stage has others */
    TASK_FAILED,   /* an incident stands on it */
};

struct case_task {
    uint64_t id;       /* position of the event that made it * 256 + its number among that event's effects */
    int32_t row;       /* of TASKS */
    enum task_state state;
    struct text topic; /* of workers; empty: people only */
    struct text holder; /* person or worker name; empty: nobody yet */
    int64_t ready_at;  /* when a worker may have it (later after a failure) */
    uint32_t attempts; /* failed so far since the last retry by a person */
};

/* A part of an `each` or `at-least` that has been given. `event` is a row of EVENTS, or CASE_EXTEND. */
struct case_part {
    int32_t event;
    struct text person; /* who counts */
    struct text by;     /* who acted, where it was for someone */
};

/* How often an event was completed. `event` is a row of EVENTS, or CASE_EXTEND. */
struct case_count {
    int32_t event;
    int32_t in_case, in_stage;
    struct text last_as, last_for; /* who sent it last: not-same-as */
};

enum { CASE_EXTEND = -2 };

struct case_first {
    int32_t stage;
    int64_t at; /* of its first entry */
};

struct case_state {
    uint32_t partition;
    uint64_t id;            /* position of its opening */
    uint8_t key[ID_SIZE];   /* sender's; also names the key its private values are sealed under */
    uint64_t workflow;      /* position of the deployment it is pinned to */
    uint32_t home_unit, unit, previous_unit; /* permanent ids; previous_unit 0: none */
    int32_t stage;          /* row of STAGES; the last one when ended */
    int32_t level;          /* row of LEVELS, or NONE: the stage has no ladder */
    int32_t end;            /* row of ENDS, or NONE */
    uint32_t flags;         /* enum case_flag */
    int64_t opened_at, entered_at, last_at; /* effective times: opening, entry of the stage, last event */
    uint8_t last_id[ID_SIZE]; /* of the last client event: order of equal times in a held case */
    uint64_t last_position; /* of its last record in the log: the head of its history */
    uint32_t events;        /* records in its history */
    struct text number;     /* 金农调字〔2026〕15号, or empty */
    struct text opener, opener_for;
    struct text asked_by;   /* an extension waits for grant or deny; empty: none */
    int32_t asked_add;      /* how much was asked */

    struct value *data;     /* [field count of the workflow]; VALUE_NONE: empty. A text kept in the log is a VALUE_LIST of two
                               integers: position of the event, size in bytes; a collected list is a VALUE_LIST of such pairs. People are a
                               VALUE_LIST of texts, or of maps {id: text, sealed: bytes} where details were given. Private: VALUE_BYTES */
    uint32_t data_count;
    struct case_clock *clocks;
    uint32_t clock_count;
    struct case_task *tasks;
    uint32_t task_count;
    struct case_part *parts;
    uint32_t part_count;
    struct case_count *counts;
    uint32_t count_count;
    struct case_first *firsts;
    uint32_t first_count;
};

/* The clock of that kind and row, or NULL. */
struct case_clock *case_clock(const struct case_state *state, int32_t kind, int32_t which);
/* The earliest clock that is due strictly before `time` (ties: by kind, then row), or NULL. */
const struct case_clock *case_due_before(const struct case_state *state, int64_t time);
/* The stage's deadline, 0 when there is none. */
int64_t case_due(const struct case_state *state);
struct case_task *case_task_by_id(const struct case_state *state, uint64_t id);
/* A copy whose arrays may be changed; texts and values are shared. */
struct case_state *case_copy(struct arena *arena, const struct case_state *state);
/* Is `person` in the people field's value? */
bool case_has_person(const struct value *people, struct text person);
/* The opaque reference of one entry of a people value. */
struct text case_person(const struct value *entry);

/* ---- case_record.c: the stored form (fixed header, then msgpack); not among the pure rooms ---- */
struct text case_encode(struct arena *arena, const struct case_state *state);
/* ERR_OK, ERR_CORRUPT, ERR_NEWER_FORMAT. Texts point into `bytes`, which the caller keeps (or copies first). */
enum err case_decode(struct arena *arena, struct text bytes, struct case_state **out);

#endif
