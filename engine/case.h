/* case: where one matter stands, as a value. At most CASE_BYTES_MOST when encoded (case_record.c).
 *
 * Rows (stage, level, end, fields, events, tasks) are rows of the workflow that the case is pinned to. Texts longer than
 * CASE_TEXT_INLINE and every collected list item stay in the log; the case holds the position of the event that brought them. */
#ifndef STAIRCASE_CASE_H
#define STAIRCASE_CASE_H

#include "engine/event.h"
#include "engine/roll.h"
#include "engine/workflow.h"

enum {
    CASE_BYTES_MOST = 16 * 1024, /* encoded; advance refuses case-full before a case gets there */
    CASE_TEXT_INLINE = 96,
    CASE_PEOPLE_INLINE = 64, /* entries of a people value; a longer one stands in a row of its own (table KEPT), read and written with the case */
    CASE_CLOCKS_MOST = 64,
    CASE_TASKS_MOST = 64,
    CASE_PARTS_MOST = 256,
    CASE_HANDLERS_MOST = 32,
    CASE_STOPS_MOST = 200, /* as many as a workflow has stages */
    CASE_CHILDREN_MOST = 100,
    CASE_PUBLICATIONS_MOST = 50, /* as many as a workflow has */
    CASE_PUBLISHED_MOST = 100,   /* fields of one */
    CASE_POLLS_MOST = 8, /* the last ones; those before them are in the history */
    CASE_DUE_PASSED = -1,
    CASE_LINKS_MOST = 50, /* that people may make; those that other cases make come on top of it */
    CASE_LINKS_HELD = 1000,
};

enum case_flag {
    CASE_HELD = 1,    /* imported: its own times, no effects */
    CASE_OVERDUE = 2, /* the stage's deadline has passed and nothing followed */
    CASE_ENDED = 4,
    CASE_WAS_LATE = 8, /* some deadline of it has been missed: "late at closing" */
    CASE_INCIDENT = 16, /* a task of it, or the opening of a child, has an open incident */
    CASE_OVER_LIMIT = 32, /* the limit of the whole case has passed and it is still open */
    CASE_STOPPED = 64,  /* its clock is stopped */
    CASE_WAITS = 128,   /* its clock stands still while it waits for its children (`stops-clock`) */
    CASE_PUBLISHED = 256, /* something of it is published now; so an ended case stays among the rows of open ones */
    CASE_FORGOTTEN = 512, /* the time for which it is kept after its end is over: it holds nothing of people any more */
};

enum clock_kind {
    CLOCK_STAGE,  /* the stage's `within` */
    CLOCK_WARN,   /* its `warn` */
    CLOCK_REMIND, /* which: row of REMINDERS */
    CLOCK_TASK,   /* which: row of TASKS */
    CLOCK_CASE,   /* the workflow's `limit` */
    CLOCK_STOP,   /* the end of a stop: `longest` */
    CLOCK_PUBLICATION, /* which: row of PUBLICATIONS, of an outcome: it comes down */
    CLOCK_RETAIN, /* of an ended case: the workflow's `retain` */
};

struct case_clock {
    int32_t kind, which; /* which: 0 where there is only one of the kind */
    int64_t started;     /* what the period counts from */
    int64_t due;         /* the last moment in time */
    int64_t remaining;   /* -1: runs. Otherwise it is stopped: it cannot fall due and has no row among the deadlines; what is left of it (its
                            row among the rests says in which unit), or 0 while an extension waits for its answer. `due` still says when it would have been */
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
    struct text topic; /* of workers; empty: people only. A person who claims it empties it: so TASK_HELD with a topic is held by a worker */
    struct text holder; /* person or worker name; empty: nobody yet */
    int64_t ready_at;  /* when a worker may have it (later after a failure) */
    uint32_t attempts; /* failed so far since the last retry by a person */
};

/* Somebody who handles a task besides those whom it is for, as long as it runs. */
struct case_handler {
    int32_t task; /* row of TASKS */
    struct text person;
    struct text by; /* who added them */
};

/* A part of an `each` or `at-least` that has been given. `event` is a row of EVENTS, or CASE_EXTEND. */
struct case_part {
    int32_t event;
    struct text person; /* who counts */
    struct text by;     /* who acted, where it was for someone */
};

/* How often an event was completed. `event` is a row of EVENTS, or CASE_EXTEND, CASE_REOPEN. */
struct case_count {
    int32_t event;
    int32_t in_case, in_stage;
    struct text last_as, last_for; /* who sent it last: not-same-as */
};

enum { CASE_EXTEND = -2, CASE_REOPEN = -3 };

/* Kept for stages whose `within` counts from their first entry. */
struct case_first {
    int32_t stage;
    int64_t at;    /* of its first entry */
    int32_t added; /* what extensions had added when it was left: the deadline survives leaving, and so do they */
};

/* From where a clock goes on that was stopped: what counts from then on is no longer its beginning but what was left. */
struct case_rest {
    int32_t kind, which; /* as in struct case_clock; of CLOCK_STAGE: row of STAGES */
    int64_t at;          /* when it was stopped, and then when it went on */
    int64_t left;        /* in `unit`, or CASE_REST_ANEW: its whole limit */
    int32_t unit;        /* enum duration_unit: DAYS, WORKING_DAYS, or milliseconds of HOURS or WORKING_HOURS */
    int32_t added;       /* what extensions had added by then: it is in `left` */
    int64_t plain;       /* when the limit alone was due, as if nothing had been stopped or extended; 0: it had none */
};

enum { CASE_REST_ANEW = -1 };

/* What is left of `longest`, of all stops in a stage. */
struct case_stop {
    int32_t stage;
    int64_t left; /* days or milliseconds, as the unit of `longest` is counted */
};

enum child_state {
    CHILD_OPEN,    /* it was, or will be, opened */
    CHILD_REFUSED, /* it could not be opened: an incident stands on it */
    CHILD_ENDED,
};

/* A case that this one opened. */
struct case_child {
    uint64_t id;       /* made like a task's; parent and id give the child its key (engine_kin.c) */
    int32_t open;      /* row of OPENS */
    enum child_state state;
    bool in_stage;     /* opened since the stage was entered */
    struct text end;   /* of CHILD_ENDED: as its workflow calls it */
};

enum poll_state {
    POLL_OPEN,
    POLL_COUNTING,  /* secret and closed: the counts are owed by the server, which holds the key */
    POLL_PASSED, POLL_FAILED, POLL_NO_QUORUM,
    POLL_LEFT,      /* the stage was left while it was open */
};

/* A vote (or a rating) of this case: what the rows of its roll add up to. */
struct case_poll {
    uint32_t roll;       /* number of its roll, from 1, rising: with the case it names the rows (roll.h) */
    int32_t stage;       /* row of STAGES */
    int32_t rule;        /* row of VOTE_RULES that decides, chosen when it opened; of a rating NONE */
    enum poll_state state;
    bool early;          /* closed before its deadline, since the result was certain */
    int64_t opened_at, closed_at; /* closed_at 0: it is open */
    uint32_t members;    /* rows of the roll, those recused before it was frozen included */
    uint32_t late;       /* ballots that came after the close and do not count */
    uint64_t owed;       /* of a secret vote that is over: id of what the server owes it, the counts and then the end of its key; 0: nothing */
    int64_t owed_at;
    struct vote_tally tally;
};

enum link_kind {
    LINK_OTHER,       /* they have to do with each other */
    LINK_MERGED_INTO, /* this case has ended as merged, and the other goes on for both */
    LINK_ABSORBED,    /* the other has been, or is asked to be, merged into this one */
    LINK_SPLIT_FROM,  /* this one was split off from it */
    LINK_SPLIT_INTO,
};

/* Another case that this one is tied to (kin_link.c). */
struct case_link {
    uint8_t key[ID_SIZE];
    enum link_kind kind;
    bool waits;         /* of LINK_ABSORBED: asked, and not yet answered; of LINK_MERGED_INTO: it was over the limit of the whole case */
    uint64_t id;        /* as people and lists name it; number: may be empty */
    struct text number;
    int64_t due;        /* of a merge: when the merged one was due, 0: no deadline (any more); CASE_DUE_PASSED: it was overdue */
};

/* What is published now. */
struct case_publication {
    int32_t row;          /* of PUBLICATIONS */
    int64_t at;           /* when it was put up */
    struct value *values; /* of its fields, as they were then */
    uint32_t count;
};

struct case_state {
    uint32_t partition;
    uint64_t id;            /* position of its opening */
    uint8_t key[ID_SIZE];   /* sender's; also names the key its private values are sealed under */
    uint64_t workflow;      /* position of the deployment it is pinned to */
    uint32_t home_unit, unit, previous_unit; /* permanent ids; previous_unit 0: none */
    int32_t stage;          /* row of STAGES; the last one when ended */
    int32_t level;          /* row of LEVELS: the rung of the stage's ladder, else the level of the current unit; NONE: a level that the workflow does not name */
    int32_t end;            /* row of ENDS, an enum built_in_end, or NONE */
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
                               integers: position of the event, size in bytes (and, set from another field, the name of that one); a collected list is a VALUE_LIST of such pairs. People are a
                               VALUE_LIST of texts, or of maps {id: text, sealed: bytes, ...} where details were given (sealed) or
                               something belongs to each (`with`: in clear, each under its name). Private: VALUE_BYTES */
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
    struct case_handler *handlers;
    uint32_t handler_count;

    /* stopped clocks: case_record_rest.c */
    int64_t stopped_at;     /* 0: the clock runs (CASE_STOPPED) */
    int32_t stopped_ground; /* which of the stage's grounds */
    struct case_rest *rests;
    uint32_t rest_count;
    struct case_stop *stops;
    uint32_t stop_count;

    uint64_t child;         /* its number at the case that opened it; 0: it is nobody's child */
    uint8_t parent[ID_SIZE]; /* key of that case */
    struct case_child *children;
    uint32_t child_count;
    struct case_poll *polls; /* by roll, the newest last; at most one is open */
    uint32_t poll_count;
    struct case_publication *publications; /* by row: case_record_publications.c */
    uint32_t publication_count;

    /* re-openings: case_record_reopen.c */
    int64_t ended_at;    /* of an ended case that may be opened again; otherwise 0 */
    int64_t reopened_at; /* the last time; 0: never */
    struct case_link *links;
    uint32_t link_count;
    int64_t due_cap;        /* the stage is due at that time at the latest: a merged case was; 0: nothing like it */
};

/* Rows of the arrays below are kept in the order that makes the stored form canonical: clocks by kind and which, counts by event,
 * firsts and stops by stage, rests by kind and which, tasks and children by id, parts and links as they came. Pointers into an array are good until something is added to it or dropped from it. */

/* The clock of that kind and row, or NULL. */
struct case_clock *case_clock(const struct case_state *state, int32_t kind, int32_t which);
/* It can fall due. */
bool case_clock_runs(const struct case_clock *clock);
/* The earliest running clock that is due strictly before `time` (ties: by kind, then row), or NULL. */
const struct case_clock *case_due_before(const struct case_state *state, int64_t time);
/* The stage's deadline, 0 when there is none. */
int64_t case_due(const struct case_state *state);
struct case_task *case_task_by_id(const struct case_state *state, uint64_t id);
/* The same for a task that is not done. */
struct case_task *case_task_by_row(const struct case_state *state, int32_t row);
struct case_count *case_count_of(const struct case_state *state, int32_t event);
struct case_first *case_first_of(const struct case_state *state, int32_t stage);
struct case_rest *case_rest_of(const struct case_state *state, int32_t kind, int32_t which);
struct case_stop *case_stop_of(const struct case_state *state, int32_t stage);
/* The first of that kind, or NULL. */
struct case_link *case_link_of(const struct case_state *state, enum link_kind kind);
/* When the limit of the whole case is due, 0 when there is none. */
int64_t case_limit(const struct case_state *state);
struct case_child *case_child_by_id(const struct case_state *state, uint64_t id);
/* From when on the whole case counts: its opening, or the last time that it was opened again. */
int64_t case_began(const struct case_state *state);
/* Adding replaces what was up of that row. Dropping: false, there was none. */
struct case_publication *case_add_publication(struct arena *arena, struct case_state *state, int32_t row);
bool case_drop_publication(struct case_state *state, int32_t row);
/* How many parts of that event have been given. */
uint32_t case_parts_of(const struct case_state *state, int32_t event);

/* The vote or rating that runs in the stage where the case is (open, or closed and being counted), or NULL. */
struct case_poll *case_poll_now(const struct case_state *state);

/* The ballots of a secret vote are still to be opened and counted. */
bool case_poll_counting(const struct case_state *state);

/* For advance: adding returns the row, zeroed but for what names it (an existing one of that name as it is). */
struct case_clock *case_add_clock(struct arena *arena, struct case_state *state, int32_t kind, int32_t which);
struct case_task *case_add_task(struct arena *arena, struct case_state *state, uint64_t id);
struct case_part *case_add_part(struct arena *arena, struct case_state *state);
struct case_count *case_add_count(struct arena *arena, struct case_state *state, int32_t event);
struct case_first *case_add_first(struct arena *arena, struct case_state *state, int32_t stage);
struct case_rest *case_add_rest(struct arena *arena, struct case_state *state, int32_t kind, int32_t which);
struct case_stop *case_add_stop(struct arena *arena, struct case_state *state, int32_t stage);
struct case_child *case_add_child(struct arena *arena, struct case_state *state, uint64_t id);
/* A new one, with the next number of a roll; the oldest to which nothing is owed goes when there are too many. NULL: something is owed to each. */
struct case_poll *case_add_poll(struct arena *arena, struct case_state *state);
struct case_handler *case_add_handler(struct arena *arena, struct case_state *state);
void case_drop_handler(struct case_state *state, uint32_t index);
struct case_link *case_add_link(struct arena *arena, struct case_state *state);
void case_drop_clock(struct case_state *state, int32_t kind, int32_t which);
void case_drop_part(struct case_state *state, uint32_t index);
void case_drop_link(struct case_state *state, uint32_t index);

/* A people value that is too long to stand in the case's record: there its mark stands instead. */
bool case_value_is_kept(const struct value *value);
/* What is read from a record where such a value belongs: {kept: how many}. */
bool case_value_is_mark(const struct value *value);
/* At least as many bytes as the stored form has; cheap. */
size_t case_size(const struct case_state *state);
/* ---- case_fits.c ---- */

/* Every row of the case is one of the workflow's. What is read back from a disk is asked this once; advance relies on it. */
bool case_fits(const struct case_state *state, const struct workflow *workflow);
/* The same of one rest: the workflow has such a clock, and a date does not begin anew. */
bool case_rest_fits(const struct case_rest *rest, const struct workflow *workflow);

/* ---- values ---- */

/* A copy whose arrays may be changed; texts and values are shared. */
struct case_state *case_copy(struct arena *arena, const struct case_state *state);
/* What stayed in the log: the value that a field's reference [position, size] or [position, size, name] stands for, in the event at that position.
 * NULL: it is not there. */
const struct value *case_referred(const struct event *event, struct text field, const struct value *reference);
/* Is `person` in the people field's value? */
bool case_has_person(const struct value *people, struct text person);
/* The opaque reference of one entry of a people value. */
struct text case_person(const struct value *entry);
/* What belongs to that person under a name that the field's `with` gives; NULL: an entry that came without it. */
const struct value *case_with(const struct value *entry, const char *name);

/* ---- case_record.c: the stored form (fixed header, then msgpack); not among the pure rooms ---- */

/* Overdue now: a deadline that still counts has passed. (CASE_WAS_LATE: some deadline was missed at some time: late at closing.) */
static inline bool case_flags_overdue(uint32_t flags)
{
    return (flags & (CASE_OVERDUE | CASE_OVER_LIMIT)) != 0;
}

/* It has a row among the open cases: it is open, or something of it is published. */
static inline bool case_flags_listed(uint32_t flags)
{
    return !(flags & CASE_ENDED) || (flags & CASE_PUBLISHED);
}

/* What lists need, by offset, without decoding the rest. */
struct case_header {
    uint32_t flags, partition;
    uint64_t id, workflow, last_position;
    uint8_t key[ID_SIZE];
    uint32_t home_unit, unit, previous_unit, events;
    int32_t stage, level, end;
    int64_t opened_at, entered_at, last_at;
    int64_t due; /* the stage's deadline, 0: none */
};
/* ERR_OK, ERR_CORRUPT (too short), ERR_NEWER_FORMAT. */
enum err case_header_read(struct text bytes, struct case_header *out);

struct text case_encode(struct arena *arena, const struct case_state *state);
/* ERR_OK, ERR_CORRUPT, ERR_NEWER_FORMAT. Texts point into `bytes`, which the caller keeps (or copies first). */
enum err case_decode(struct arena *arena, struct text bytes, struct case_state **out);

#endif
