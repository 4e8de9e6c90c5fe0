/* event: what comes in at the one door: a client's event, a due deadline, a worker's report, a deployment.
 *
 * The server makes it from a message (filling in what a decision needs from outside the case, design 12.7) or makes it itself;
 * the engine decides it; record.c writes it to the log in its canonical form. Private values are sealed before they get here. */
#ifndef STAIRCASE_EVENT_H
#define STAIRCASE_EVENT_H

#include "proto/message.h"

enum event_kind {
    /* from clients */
    EVENT_OPEN = 1,      /* opens a case of `workflow` at `unit` under `key` */
    EVENT_SEND = 2,      /* `name` for `subject` */
    EVENT_RELEASE = 3,   /* a held case goes live */
    EVENT_RETRY = 4,     /* a supervisor sends the task of an incident out again */
    /* from workers */
    EVENT_ACCEPT = 5,    /* holds the task from now on */
    EVENT_SETTLE = 6,    /* has taken note of a notice or a cancellation; or: a task without an event of its own is done */
    EVENT_FAIL = 7,      /* could not do the task, or its lease lapsed */
    /* from the engine itself */
    EVENT_DUE = 8,       /* a clock of the case has run out */
    EVENT_RECOMPUTE = 9, /* a newer calendar: the case's clocks are computed anew, before and after in the history */
    EVENT_PARK = 10,     /* an event whose case is not here yet is kept */
    EVENT_UNPARK = 11,   /* a parked event was decided and refused, or has expired: it goes */
    EVENT_DEPLOY_PART = 12, /* a piece of a source or of a compiled form */
    EVENT_DEPLOY = 13,   /* the pieces before it take effect */
    EVENT_CASE = 14,     /* another case has something to say (kin.h): `name` says what; it was a row of the outbox until now */
    /* from an operator */
    EVENT_MIGRATE = 15,  /* a case goes on under another version of its workflow (`workflow`, `version`) */
    EVENT_COUNT = 16,    /* a secret vote (poll_count.c): `name` is counted, with the counts as data, or key-destroyed; `task`: what was owed */
    /* from the calendar (engine_agenda.c) */
    EVENT_RUN = 17,      /* a run of a recurrence (or what a quota of a `year` opens) that could not be opened: it is passed over, `why` */
    EVENT_QUOTA = 18,    /* a year is over: how many cases a unit had, of how many it must have */
    /* from an operator again */
    EVENT_ERASE = 19,    /* what was private of `on_behalf` is destroyed, `why` (engine_erase.c) */
};

struct event {
    enum event_kind kind;
    struct text id;         /* 16 bytes; empty for the engine's own events */
    struct text sender;     /* the principal that sent it: receipts belong to (sender, id) */
    struct case_ref subject;
    struct text key;        /* of an opening: 16 bytes */
    struct text workflow;   /* of an opening: name */
    struct text unit;       /* of an opening: path */
    struct text name;       /* of a send */
    struct text as;         /* who acts: a person of the directory, or app:token */
    struct text on_behalf;  /* who is acted for, or empty */
    bool has_happened_at;
    int64_t happened_at;    /* milliseconds UTC */
    const struct field_value *data; /* sorted by name, each once; private values sealed */
    uint32_t data_count;
    const struct field_value *previous; /* of an opening: what it takes over from the case before it; put in by the engine (engine_previous.c) */
    uint32_t previous_count;
    bool held;              /* of an opening: imported */

    /* an opening by the calendar (opens: recurs), which nobody sends */
    int32_t run;            /* the day that the run is of (days since 1970-01-01); 0: it is no such opening */
    int32_t run_through;    /* the last day of the rule that it answers for: several may have come to one working day */
    uint32_t run_of;        /* id of the unit whose run it is; of a rotation: the unit that has the rotation, or 0 */
    struct text turn;       /* of a rotation of a role: whose turn it is */
    uint32_t missed;        /* runs before it that were not opened */
    int32_t missed_from;    /* the day of the first of them */
    int32_t year;           /* of a quota; `run_of` is the unit. Of an opening: the quota of that year fell short there (engine_short.c) */
    uint32_t year_count, year_least;

    /* a worker's report, and a send `by: worker` */
    struct text worker;     /* the worker's name, set by the link from its registration; never from the message */
    uint64_t task;
    struct text topic;      /* of a settle of a notice or a cancellation: with ready_at and task it names the outbox row */
    int64_t ready_at;
    uint32_t attempt;       /* of a fail: which attempt this was, 1-based: late or double reports are no-ops */
    bool again;             /* of a fail: worth trying again. Of a due clock: deadlines lead to each other in a circle; it ends here, and nothing follows */
    bool lapsed;            /* of a fail: nobody has reported it; the lease ran out */
    struct text why;        /* of a fail, an unpark, an erasure: one sentence */
    uint32_t attempts_most; /* of a fail: from the configuration */
    uint32_t retry_base_ms, retry_most_ms;

    uint64_t migrated_from; /* of a migrate: position of the workflow that it leaves; the engine's to set */

    /* a due clock */
    int32_t clock_kind, clock_which;
    int64_t due;
    bool rolls;             /* of a due retain: the rolls of the case's votes go with it. Records of older programs are without: there they stayed */

    /* parked events */
    uint64_t parked;        /* position of the EVENT_PARK that this send or unpark comes from; 0: none */
    struct text sealed;     /* of a park: all its data, sealed as one under the key of the case */
    enum err code;          /* of an unpark */

    /* deployments */
    struct text what, deployed; /* "workflow", "directory", "calendar"; its name */
    uint32_t version;
    uint32_t part, parts;   /* pieces of the source first, then of the compiled form */
    bool compiled;          /* of a part: a piece of the compiled form */
    struct text bytes;      /* of a part */
    uint8_t hash[32];       /* of a deploy: SHA-256 of the compiled form */
    int32_t applies_from;   /* of a workflow: days, or NONE */

    /* from another case (an EVENT_CASE, and the opening of a child): `task` and `ready_at` name its row of the outbox */
    struct text other;      /* key of that case: 16 bytes; of an opening: its parent. Empty: from nobody */
    uint64_t child;         /* number of the child at its parent, or 0 */
    struct text end;        /* how the other case has ended; of a link and a merge empty while it is open and live */
    uint64_t other_case;    /* that case as people and lists name it; also, put in at the door, the one that a link or a merge speaks of (with `other`) */
    struct text other_number;
    struct text other_unit; /* of those: where it stands, a path */
};

/* Nobody has sent it: the calendar opens the case. */
static inline bool event_by_calendar(const struct event *event)
{
    return event->run || event->year;
}

#endif
