/* limits: every ceiling of the running engine in one place, and how they hang together.
 *
 * What a message may hold stands in proto/wire.h, since the clients obey it too; what a case may hold in case.h. Everything
 * here bounds memory or the length of a turn of the loop: nothing in the server grows without one of these. */
#ifndef STAIRCASE_LIMITS_H
#define STAIRCASE_LIMITS_H

#include "proto/wire.h"

#define STAIRCASE_VERSION "0.2" /* of the program; protocol and stored formats have versions of their own */

enum {
    /* A turn of the loop. */
    LIMIT_BATCH_MESSAGES = 1024,     /* gathered into one batch */
    LIMIT_GATHER_US = 500,           /* waited at most for those that answer a batch with their next event */
    LIMIT_BATCH_BYTES = 8 << 20,     /* of these messages together: then the batch is closed */
    LIMIT_BACKLOG = 16384,           /* received, and in no batch yet; */
    LIMIT_BACKLOG_BYTES = 64 << 20,  /* of these together; */
    LIMIT_WAIT_US = 250000,          /* and no more than can be decided in so long: the rest hears busy */
    LIMIT_BATCH_FIRED = 256,         /* deadlines fired in one batch, after what clients sent */
    LIMIT_BATCH_UNPARKED = 256,      /* parked events decided in one batch */
    LIMIT_BATCH_COUNTED = 8,           /* secret votes of which one batch settles what is owed */
    LIMIT_BATCH_LAPSED = 64,         /* leases that ran out, decided in one batch */

    /* Sockets. */
    LIMIT_LINK_RECEIVE = 1024,       /* receive high-water mark of a connection */
    LIMIT_LINK_SEND = 8192,          /* send high-water mark: answers that a connection has not taken; beyond it they are dropped */
    LIMIT_LINK_UNREAD = 128 << 10,   /* bytes in the system's queue of a connection: it does not read, and what can wait waits */
    LIMIT_LINK_UNSPOKEN = 64 << 20,  /* bytes that have come and are no message: one without an end (or heartbeats of half a month) */
    LIMIT_ENDPOINTS = 4,
    LIMIT_DESCRIPTORS = 16384,       /* wanted of RLIMIT_NOFILE */
    LIMIT_MEMORY_HELD = 512 << 20,   /* resident, besides the store's map; beyond it connections are broken */
    LIMIT_MEMORY_TIGHT = 160 << 20,  /* beyond this nothing more is kept for who does not read: its answers are lost, as of a full queue */

    /* Questions and watches. */
    LIMIT_PAGE_ROWS = 1000,          /* rows of one page, also when more are asked for */
    LIMIT_PAGE_BYTES = 4 << 20,      /* of one page */
    LIMIT_PAGE_SCAN = 20000,         /* rows looked at for one page */
    LIMIT_LONG_BYTES = 256 * 1024,   /* of one row: long texts and collected items fetched from the log, then they are left out */
    LIMIT_TURN_QUESTIONS_MS = 50,    /* for the questions of one turn; then they are asked again */
    LIMIT_WATCHES = 1024,            /* of all connections */
    LIMIT_WATCHES_PEER = 16,         /* of one */
    LIMIT_TURN_NEWS = 1024,          /* records read for watches in one turn */

    /* Workers. */
    LIMIT_WORKERS = 256,
    LIMIT_TOPICS = 256,              /* of one worker */
    LIMIT_LEASES = 65536,
    LIMIT_CREDIT = 16384,            /* of one worker */
    LIMIT_TURN_OFFERS = 256,         /* tasks handed out in one turn */
    LIMIT_TURN_SCAN = 4096,          /* rows of the outbox looked at in one turn */
    LIMIT_CHILDREN = 32,             /* worker processes started by the engine */

    /* Deployments and keys in memory. */
    LIMIT_DEPLOY_BYTES = 1 << 20,    /* of one source */
    LIMIT_DEPLOY_PART = 256 * 1024,
    LIMIT_DEPLOY_PARTS = 64,
    LIMIT_DEPLOYS = 16,              /* being received at the same time, one of a connection */
    LIMIT_NEW_KEYS = 16384,          /* of one batch */
    LIMIT_KEYS_CACHED = 4096,

    /* Waiting answers of parked events; an older one that falls out is answered when it is sent again. */
    LIMIT_PARKED_WAITING = 4096,

    /* Room: below this much on the disk new cases are answered busy, so that what is begun can be finished. */
    LIMIT_DISK_RESERVE = 64 << 20,
};

/* A batch with every answer has room in a connection's queue, twice: so one connection may have everything of a batch. */
_Static_assert(LIMIT_LINK_SEND >= 2 * LIMIT_BATCH_MESSAGES, "the answers of a batch fit into the queue of one connection");
_Static_assert(LIMIT_LINK_RECEIVE >= LIMIT_BATCH_MESSAGES, "one connection alone can fill a batch");
_Static_assert((int)LIMIT_MEMORY_HELD >= 32 * (int)LIMIT_BATCH_BYTES, "what waits to be read while a batch is on its way is no reason to break connections");
_Static_assert(LIMIT_BACKLOG >= 2 * LIMIT_BATCH_MESSAGES, "while one batch is decided the next one waits");
_Static_assert((int)LIMIT_BACKLOG_BYTES <= (int)LIMIT_MEMORY_HELD / 4, "what waits is no reason to break connections");
_Static_assert((int)LIMIT_BATCH_BYTES >= 2 * (int)WIRE_MESSAGE_MOST, "a batch holds the largest message");
_Static_assert((int)LIMIT_PAGE_BYTES >= 2 * (int)WIRE_MESSAGE_MOST, "a page holds more than one answer");
_Static_assert((int)LIMIT_LONG_BYTES <= (int)WIRE_MESSAGE_MOST / 2, "a row with its long texts fits into a message");
_Static_assert((int)LIMIT_DEPLOY_PART < (int)WIRE_MESSAGE_MOST, "a part fits into a message");
_Static_assert(LIMIT_DEPLOY_BYTES <= LIMIT_DEPLOY_PARTS * LIMIT_DEPLOY_PART, "a source can be sent in its parts");
_Static_assert(LIMIT_TURN_OFFERS <= LIMIT_TURN_SCAN, "what is handed out has been looked at");
_Static_assert(LIMIT_CREDIT <= LIMIT_LEASES, "one worker alone cannot be owed more leases than there are");
_Static_assert(LIMIT_NEW_KEYS >= LIMIT_BATCH_MESSAGES, "every message of a batch may open a case");

#endif
