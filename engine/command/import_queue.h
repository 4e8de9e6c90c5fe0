/* import_queue: rows of the file, in the order in which they are sent.
 *
 * The events of one old case must reach the engine in their order, also when one of them has to be sent again; and the log should not
 * depend on what was interrupted when. So rows are read ahead in chunks, and a chunk goes out in rounds: the first row of each case in it, all
 * answered; then the second of each; and so on, each round in the order of the file. That order follows from the file alone, so an import that was
 * killed and run again leaves the same log as one that nobody disturbed. */
#ifndef STAIRCASE_COMMAND_IMPORT_QUEUE_H
#define STAIRCASE_COMMAND_IMPORT_QUEUE_H

#include "engine/command/import_map.h"
#include "proto/message.h"

/* Of those in flight only so many may be parked and waited for: the others would have no room. */
enum { IMPORT_ROWS_MOST = 4096, IMPORT_IN_FLIGHT = 256, IMPORT_STRANDED_MOST = IMPORT_IN_FLIGHT / 2 };

struct import_row {
    struct import_case *subject;
    const struct import_activity *activity; /* NULL: a release */
    uint64_t line, request;
    int64_t time;
    uint32_t round;             /* of its chunk, from 0 */
    bool parked;                /* by the engine; the rows after it have gone on */
    bool stranded;              /* parked, and its case is not opened yet */
    uint8_t id[ID_SIZE];
    uint32_t cell_count;
    struct text cells[];        /* the bytes stand behind them */
};

struct import_case {
    uint8_t key[ID_SIZE];
    bool opened;                /* in this run or one before it */
    int64_t last_time;
    uint32_t same;              /* events at last_time before the next */
    uint64_t chunk;             /* the last one that it had rows in */
    uint32_t rounds;            /* rows in that chunk */
};

struct import_queue {
    struct import_case **cases; /* open addressing by key */
    uint32_t case_slots, case_count;
    struct import_row **rows;   /* the chunk, in the order of the file; NULL: taken */
    uint32_t count, rounds;
    uint64_t chunk;             /* counts from 1 */
};

bool import_queue_init(struct import_queue *queue);
void import_queue_close(struct import_queue *queue);
/* The case of that key, made when it is new; NULL: no memory. */
struct import_case *import_queue_case(struct import_queue *queue, const uint8_t key[ID_SIZE]);
/* A copy of the cells, with free(); NULL: no memory. */
struct import_row *import_queue_row(struct import_case *subject, const struct csv *csv);

/* An empty chunk. */
void import_queue_begin(struct import_queue *queue);
/* The row becomes the queue's, until it is taken. There is room for IMPORT_ROWS_MOST. */
void import_queue_add(struct import_queue *queue, struct import_row *row);
/* The next row of that round, behind `*at` (0 to begin with); NULL: that was all. It is the caller's again. */
struct import_row *import_queue_take(struct import_queue *queue, uint32_t round, uint32_t *at);

#endif
