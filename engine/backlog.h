/* backlog: what has come and is not in a batch yet, how long it will have to wait, and what there is no room for.
 *
 * ZeroMQ keeps what nobody has received, does not say how much that is, and forgets when it came. So when a batch is full the rest is received all
 * the same: as much as can be decided within a short time waits here, and whoever sends more hears busy, and when to send it again. So what is let
 * in keeps its latency however much is offered, and memory has a bound (PROTOCOL.md section 7).
 *
 *     received ── room? ── yes ──> waits ──> a batch
 *                  └────── no ───> busy, `after`: places in the time to come are given out one after the other, as fast as events are decided,
 *                                  so that those who were turned away come back one after the other
 *
 * Each connection has its turn: the first message of everyone goes before the second of anyone, so that who sends one thing at a time hardly waits while
 * others send without an end; and who has nothing waiting is let in for longer than who has. On one connection the order stays. What workers say is let in as long as there is any room: it ends work.
 *
 * No socket and no clock: microseconds come from outside. */
#ifndef STAIRCASE_BACKLOG_H
#define STAIRCASE_BACKLOG_H

#include "engine/limits.h"
#include "engine/link.h"

enum { BACKLOG_PEERS = 1 << 16 };

/* Numbers of entries are one more than their place; 0: none. */
struct backlog_entry {
    struct link_message message; /* bytes on the heap */
    uint32_t next;               /* of its round, or of the free ones */
};
struct backlog_round {
    uint32_t first, last;
};

struct backlog {
    struct backlog_entry *entries;          /* [LIMIT_BACKLOG] */
    struct backlog_round *rounds;           /* [LIMIT_BACKLOG], by number */
    uint32_t free, count;
    uint64_t round;                         /* the one that is being taken; all are below round + LIMIT_BACKLOG */
    size_t bytes;
    uint64_t next_round[BACKLOG_PEERS];     /* of the next message, by a hash of the connection: two may share a place, and are then one */
    int64_t event_ns;                       /* what one event takes, of late */
    int64_t next_place_us;                  /* the first time that is not promised to anybody */
};

/* ERR_OK or ERR_NO_MEMORY. */
enum err backlog_open(struct backlog *backlog);
void backlog_close(struct backlog *backlog);

/* A turn has decided so many in so long. Small batches say nothing about how fast large ones are. */
void backlog_learn(struct backlog *backlog, uint32_t count, uint32_t most, int64_t us);
/* Is there room for one more from that connection? `batch`: so many go into a batch. */
bool backlog_has_room(const struct backlog *backlog, const struct link_message *message, uint32_t batch);
/* When there will be room for what is turned away now, in milliseconds from now: two seconds at most. */
uint64_t backlog_place_ms(struct backlog *backlog, int64_t now_us);

/* Copies. false: no memory. */
bool backlog_put(struct backlog *backlog, const struct link_message *message);
/* The next, its bytes in the arena. false: nothing waits. */
bool backlog_take(struct backlog *backlog, struct arena *arena, struct link_message *message);
/* When keys have changed: `stays` says who it is now, in the message, or false: it is forgotten. NULL: all are. */
void backlog_sift(struct backlog *backlog, bool (*stays)(void *context, struct link_message *message), void *context);

#endif
