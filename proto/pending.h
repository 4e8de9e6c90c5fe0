/* pending: what a client has sent and not yet seen answered. A table indexed by request number, and queues by time, so
 * that nothing is ever searched: 1,024 in flight at 50,000 a second cost no more than one. Only client.c uses it.
 *
 * A request number is (a running number << 20 | place in the table): the place finds the row, the rest shows whether
 * the row is still about that request. A row keeps the encoded bytes, and its buffer when it is free, so steady work
 * allocates nothing. */
#ifndef STAIRCASE_PENDING_H
#define STAIRCASE_PENDING_H

#include "proto/message.h"

enum { PENDING_PLACE_BITS = 20, PENDING_MOST = 1 << PENDING_PLACE_BITS, PENDING_NONE = -1 };

enum pending_queue {
    PENDING_ANSWER, /* sent; `due` is when it is sent again */
    PENDING_LATER,  /* not to be sent before `due`: the engine was busy, or the socket full */
    PENDING_PARKED, /* provisionally answered; sent again at `due` in case the final answer was lost */
    PENDING_QUEUE_COUNT,
    PENDING_STANDING = PENDING_QUEUE_COUNT, /* a watch: in no queue */
};

struct pending {
    uint64_t request; /* 0: free */
    enum message_kind kind;
    uint8_t id[ID_SIZE];
    enum pending_queue queue;
    int64_t submitted, due; /* milliseconds of a clock that does not jump */
    enum err busy;          /* the last busy's code, ERR_OK for none */
    char *busy_why;         /* and what it said; NULL: nothing, or no memory for it */
    bool told_parked;       /* the provisional answer was given to the program */
    bool begun;             /* a question of which some results were given */
    uint32_t credit, taken; /* of a watch: granted at first; news since credit was last given */
    uint64_t position;      /* of a watch: where to go on; 0: from what is committed next */
    char *bytes;
    size_t size, room;
    int32_t before, after; /* neighbours in the queue, by due */
    int32_t older, newer;  /* neighbours in the order of submission; `newer` also links the free rows */
};

struct pending_table {
    struct pending *rows;
    uint32_t most, used;
    uint64_t running; /* of request numbers */
    int32_t first[PENDING_QUEUE_COUNT], last[PENDING_QUEUE_COUNT];
    int32_t oldest, newest, free;
};

bool pending_init(struct pending_table *table, uint32_t most);
void pending_close(struct pending_table *table);

/* A free row with a new request number, in no queue yet; NULL when all are in use. */
struct pending *pending_take(struct pending_table *table, int64_t now);
void pending_release(struct pending_table *table, struct pending *row);
struct pending *pending_find(const struct pending_table *table, uint64_t request);
/* Keeps a copy; false: no memory. */
bool pending_keep(struct pending *row, struct text bytes);

/* Moves it into that queue (or out of all: PENDING_STANDING), in order of due. */
void pending_move(struct pending_table *table, struct pending *row, enum pending_queue queue, int64_t due);
/* The row that is due first in a queue, NULL when it is empty. */
struct pending *pending_first(const struct pending_table *table, enum pending_queue queue);
/* Through all rows in order of submission. */
struct pending *pending_oldest(const struct pending_table *table);
struct pending *pending_newer(const struct pending_table *table, const struct pending *row);

#endif
