/* message: what travels between the engine and its clients and workers. PROTOCOL.md is the contract; this is its shape in C.
 *
 * One struct serves every kind; which members a kind must and may carry stands in the table of message_members.c (and in PROTOCOL.md
 * section "Messages"). Members point into the received bytes or the arena they were decoded to: copy what you keep. */
#ifndef STAIRCASE_MESSAGE_H
#define STAIRCASE_MESSAGE_H

#include "proto/err.h"
#include "proto/value.h"

enum { PROTOCOL_VERSION = 1, ID_SIZE = 16 };

/* X(C name, name on the wire) */
#define MESSAGE_KINDS(X)                                                                                               \
    /* a client asks */                                                                                                \
    X(HELLO, "hello")         /* who speaks, in which versions; answered by welcome */                                 \
    X(OPEN, "open")           /* opens a case */                                                                       \
    X(SEND, "send")           /* an event for a case */                                                                \
    X(RELEASE, "release")     /* an imported, held case goes live */                                                   \
    X(DEPLOY, "deploy")       /* a part of a workflow, directory or calendar; the last part deploys it */              \
    X(MIGRATE, "migrate")     /* a case goes on under another version of its workflow */                              \
    X(RETRY, "retry")         /* a supervisor sends the task of an incident out again */                               \
    X(ERASE, "erase")         /* what is private of a person is destroyed */                                           \
    X(SHOW, "show")           /* one case, with its history if asked */                                                \
    X(EXPLAIN, "explain")     /* why a case is where it is, what may happen; what an event would do */                 \
    X(LIST, "list")           /* open cases by unit subtree, workflow, stage, overdue */                               \
    X(INCIDENTS, "incidents") /* open incidents */                                                                     \
    X(STATUS, "status")       /* the engine's figures; what is deployed */                                             \
    X(WATCH, "watch")         /* committed events from a position on, as many as credit allows */                      \
    /* either side */                                                                                                  \
    X(CREDIT, "credit")       /* so many more news or tasks may be sent */                                             \
    X(BEAT, "beat")           /* a worker is alive; its leases are prolonged */                                        \
    /* the engine answers */                                                                                           \
    X(WELCOME, "welcome")                                                                                              \
    X(APPLIED, "applied")     /* on disk */                                                                            \
    X(DUPLICATE, "duplicate") /* was applied before: the first answer again */                                         \
    X(PARKED, "parked")       /* kept until its case arrives; one final answer follows */                              \
    X(REFUSED, "refused")     /* nothing changed: code, why, do */                                                     \
    X(BUSY, "busy")           /* nothing changed: send the same again after so many milliseconds */                    \
    X(RESULT, "result")       /* of show, list, incidents, status: rows; `more` when another message follows */        \
    X(NEWS, "news")           /* of watch: one committed event */                                                      \
    /* a worker and the engine */                                                                                      \
    X(REGISTER, "register")   /* worker: name, topics, unit subtree, credit */                                         \
    X(REGISTERED, "registered")                                                                                        \
    X(TASK, "task")           /* engine: work under a lease */                                                         \
    X(CANCEL, "cancel")       /* engine: a leased or accepted task is no longer wanted */                              \
    X(ACCEPT, "accept")       /* worker: the task is on my disk; I hold it until I settle it by an event */            \
    X(SETTLE, "settle")       /* worker: done (a notice or a cancellation is taken note of; or an event settles) */    \
    X(FAIL, "fail")           /* worker: could not do it, why, and whether to try again */

enum message_kind {
#define MESSAGE_ENUM(kind, name) MESSAGE_##kind,
    MESSAGE_KINDS(MESSAGE_ENUM)
#undef MESSAGE_ENUM
    MESSAGE_KIND_COUNT
};

/* A case as people and programs name it: exactly one of three. */
enum case_ref_kind { CASE_REF_NONE, CASE_REF_ID, CASE_REF_KEY, CASE_REF_NUMBER };

struct case_ref {
    enum case_ref_kind kind;
    uint64_t id;
    struct text text; /* of a key: 16 bytes; of a number: UTF-8 */
};

/* A member is absent when it is 0, NULL or of size 0, unless `has` says otherwise for its bit. On the wire every member has
 * the short name that stands beside it. Times are milliseconds since 1970-01-01 UTC. */
struct message {
    enum message_kind kind;     /* "m" */
    uint64_t request;           /* "r": the sender's number for this request; the answer carries it back */
    uint64_t has;               /* bits of MESSAGE_HAS_ for members where 0 is a value */

    uint32_t version;           /* "v": hello, welcome, and the version of a deployment */
    struct text id;             /* "id": event id, 16 bytes, UUIDv7 expected */
    struct text key;            /* "key": case key of an opening, 16 bytes */
    struct case_ref subject;    /* "c": uint id, bin key or str number */
    struct text workflow;       /* "w" */
    struct text unit;           /* "u": path such as jinnong/grid-3/building-7 */
    struct text event;          /* "e" */
    struct text as;             /* "as": the person who acts */
    struct text on_behalf;      /* "for": the person acted for */
    int64_t happened_at;        /* "at" */
    const struct field_value *data; /* "d": map of fields */
    uint32_t data_count;
    bool held;                  /* "held": an imported case; its own times, no effects until released */

    struct text what;           /* "what": workflow, directory or calendar (deploy); name of a client or worker (hello, register); of the
                                   engine (welcome, registered); cases or units (list); task or notice (task) */
    struct text name;           /* "n": deploy: the file's name, for messages about it; its answer: the name that was deployed */
    uint32_t part, parts;       /* "part", "parts": 1-based part of a deployment */
    struct text bytes;          /* "b": the part's bytes */

    bool history;               /* "history": show: with its events */
    struct text stage;          /* "s": list: only this stage; applied: the stage it is in now */
    struct text level;          /* "l": applied: the level it is at now */
    bool overdue;               /* "overdue" list: only these */
    uint64_t after;             /* "after": show, list, incidents, result: cursor; busy, fail: milliseconds */
    uint32_t limit;             /* "limit": rows wanted at most */

    uint64_t position;          /* "p": position in the log; watch: the first that is wanted */
    int64_t time;               /* "t": received-at */
    uint64_t case_id;           /* "case" */
    struct text number;         /* "no": case number */
    int64_t due;                /* "due": applied: the next deadline of the case, 0 for none */
    struct text end;            /* "end": applied: the end it has reached */
    enum err code;              /* "code" */
    struct text why;            /* "why": one sentence with the particulars */
    struct text todo;           /* "do": what the sender should do next */
    struct value possible;      /* "can": refused not-now, unknown-event: list of event names */
    struct value rows;          /* "rows": result: list of maps; news, task, cancel: one map; refused invalid-source: the mistakes */
    bool more;                  /* "more" */

    struct value topics;        /* "topics": register: list of text */
    uint32_t credit;            /* "credit": register, credit, watch */
    uint64_t task;              /* "task": id of a task (position of the event that owes it * 256 + its number) */
    uint64_t lease;             /* "lease": which grant; a report must carry it back */
    uint32_t lease_ms;          /* "ms": how long the lease holds without a beat */
    uint32_t attempt;           /* "try": 1-based */
    bool again;                 /* "again": fail: worth trying again */
    struct text topic;          /* "topic" */
    uint64_t about;             /* "about": cancel: the accepted task that is no longer wanted; `task` is then the cancellation's own */
};

enum message_has {
    MESSAGE_HAS_HAPPENED_AT = 1,
    MESSAGE_HAS_CODE = 2,
    MESSAGE_HAS_PART = 4,
};

#endif
