/* effect: what should happen because of a decision, as values. engine.c writes them with the batch; nothing happens before the commit. */
#ifndef STAIRCASE_EFFECT_H
#define STAIRCASE_EFFECT_H

#include "engine/case.h"

enum effect_kind {
    EFFECT_OFFER,    /* a task is owed to a worker process of `topic` from `ready_at` on. Again, after a failure: it is withdrawn where it
                        stood first, then offered with a later one */
    EFFECT_WITHDRAW, /* it is no longer to be offered (settled, cancelled, accepted); it was ready at `was_ready_at` */
    EFFECT_CANCEL,   /* a worker that holds `task` (accepted it) is told that it is no longer wanted: owed until settled */
    EFFECT_TELL_WORKER, /* a notice to a worker topic: owed until settled */
    EFFECT_COUNT,    /* the ballots of a secret vote are to be counted, or its key is to be destroyed: owed by whoever holds the keys */
    EFFECT_COUNTED,  /* that is done: nothing is owed any more; it was ready at `was_ready_at` */
    EFFECT_NOTICE,   /* people are told; leaves by the log (news), nothing is owed */
    EFFECT_INCIDENT, /* a person must look at `task` */
    EFFECT_INCIDENT_CLOSED,
    EFFECT_SAY,      /* `event` shall come in at the door for another case: owed until it has */
};

enum notice_kind {
    NOTICE_TEXT,      /* the workflow's own `notify` */
    NOTICE_STAGE,     /* the case changed its stage or level: `tells`, and who is owed work there */
    NOTICE_WARN, NOTICE_OVERDUE, NOTICE_REMINDER,
    NOTICE_CANCELLED, /* work that someone held is no longer wanted */
    NOTICE_ENDED,
    NOTICE_EXTENDED,
    NOTICE_ASKED,       /* an extension waits for grant or deny; to those who are asked */
    NOTICE_DENIED,
    NOTICE_HANDED_OVER, /* someone else holds the task now */
    NOTICE_STOPPED, NOTICE_RESUMED, /* the clock */
    NOTICE_VOTED,       /* a vote has closed: its result with the arithmetic */
    NOTICE_REOPENED,
    NOTICE_PUBLISHED, NOTICE_WITHDRAWN, /* to `tells`: what everybody can see now, or no longer */
};

struct effect {
    enum effect_kind kind;
    uint64_t task;         /* id; for TELL_WORKER and CANCEL the id of the new outbox entry (made like a task's) */
    uint64_t about;        /* CANCEL: the task that was accepted */
    struct text topic;
    int64_t ready_at, was_ready_at;
    enum notice_kind notice;
    const struct text *who; /* persons as they are; roles as role@unit-path */
    uint32_t who_count;
    struct text text_zh, text_en;
    struct text why;       /* INCIDENT */
    struct text worker;    /* CANCEL: who held it */
    const struct event *event; /* SAY: an EVENT_OPEN of a child (the engine gives it its key), or an EVENT_CASE; for a child, which is named by
                              `child` alone, the engine puts its key into `subject` */
    uint32_t unit;         /* SAY of an opening: where */
};

/* A clock that was computed anew under a newer calendar. */
struct clock_change {
    int32_t kind, which;   /* as in struct case_clock */
    int64_t before, after; /* when it was due, when it is */
};

/* What a line of a trace speaks of, for who says it in another language: rows of the workflow, a number, a name. */
enum trace_kind {
    TRACE_WORDS,    /* nothing but its words */
    TRACE_TOLD,     /* name: the same words in Chinese */
    TRACE_SENDER,   /* name: who may send it */
    TRACE_WHEN,     /* row: of CONDITIONS; it holds */
    TRACE_CHOOSE,   /* row: of CONDITIONS, or NONE: the last way; number 1: it holds */
    TRACE_SET,      /* row: of FIELDS */
    TRACE_ENTERS,   /* row: of STAGES; number: row of LEVELS, or NONE; name: path of the unit */
    TRACE_STAYS,
    TRACE_ENDS,     /* row: of ENDS */
    TRACE_BEYOND,   /* number: enum climb_direction */
    TRACE_DUE,      /* name: when the stage is due */
    TRACE_FIRES,    /* number: enum clock_kind; name: when it was due */
    TRACE_PARTS,    /* number: who have sent it; row: of how many */
    TRACE_TASK,     /* row: of TASKS; name: topic of the workers it is offered to, or empty */
    TRACE_TASK_DONE, /* row: of TASKS */
    TRACE_DONE,     /* all of the stage's work that is needed */
    TRACE_EXTENDED, /* name: when the stage is due */
    TRACE_ASKED,    /* the deadline waits for grant or deny */
    TRACE_CALENDAR, /* name: when it is due now */
    TRACE_VERSION,  /* number: the version of the workflow that it goes on under */
    TRACE_REFUSED,  /* row: enum err */
};

struct trace_line {
    struct text words;
    enum trace_kind kind;
    int32_t row;
    int64_t number;
    struct text name;
};

/* What became of an event. */
struct decision {
    enum err code;            /* ERR_OK: applied */
    struct text why;          /* of a refusal: one sentence with the particulars */
    const struct text *possible; /* of not-now and unknown-event: what may be sent now */
    uint32_t possible_count;
    struct case_state *after; /* of an applied event; last_position and events are the engine's to set */
    struct effect *effects;
    uint32_t effect_count;
    struct clock_change *changed; /* of DUE and RECOMPUTE: what a newer calendar moved; goes into the history */
    uint32_t changed_count;
    struct roll_row *rolls;   /* rows of rolls that are new or changed */
    uint32_t roll_count, roll_room;
    struct text note_zh, note_en; /* what is worth saying of it besides: the arithmetic of a vote that it has closed; goes into the history */
    const struct trace_line *trace; /* what was looked at, in order; only when asked for */
    uint32_t trace_count;
};

/* Appends to a decision's effects; grows in the arena. */
struct effect *effect_add(struct arena *arena, struct decision *decision, enum effect_kind kind);

/* A row to be written: a copy of this one. */
void roll_change(struct arena *arena, struct decision *decision, const struct roll_row *row);

#endif
