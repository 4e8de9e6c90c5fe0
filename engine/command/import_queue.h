/* import_queue: rows that wait for the row of their case before them.
 *
 * The events of one old case must reach the engine in their order, also when one of them has to be sent again; so each case has at most one
 * event under way, and its further rows wait here. Different cases go side by side. Bounded by IMPORT_ROWS_MOST rows. */
#ifndef STAIRCASE_COMMAND_IMPORT_QUEUE_H
#define STAIRCASE_COMMAND_IMPORT_QUEUE_H

#include "engine/command/import_map.h"
#include "proto/message.h"

/* Of those in flight only so many may be parked and waited for: the others would have no room. */
enum { IMPORT_ROWS_MOST = 4096, IMPORT_IN_FLIGHT = 256, IMPORT_STRANDED_MOST = IMPORT_IN_FLIGHT / 2 };

struct import_row {
    struct import_row *next;    /* of its case, waiting */
    struct import_case *subject;
    const struct import_activity *activity; /* NULL: a release */
    uint64_t line, request;
    int64_t time;
    bool parked;                /* by the engine; the rows after it have gone on */
    bool stranded;              /* parked, and its case is not opened yet */
    uint8_t id[ID_SIZE];
    uint32_t cell_count;
    struct text cells[];        /* the bytes stand behind them */
};

struct import_case {
    uint8_t key[ID_SIZE];
    bool under_way;
    bool opened;                /* in this run or one before it */
    int64_t last_time;
    uint32_t same;              /* events at last_time before the next */
    struct import_row *first, *last; /* waiting */
};

struct import_queue {
    struct import_case **cases; /* open addressing by key */
    uint32_t case_slots, case_count;
    uint32_t rows;              /* held: waiting or under way */
};

bool import_queue_init(struct import_queue *queue);
void import_queue_close(struct import_queue *queue);
/* The case of that key, made when it is new; NULL: no memory. */
struct import_case *import_queue_case(struct import_queue *queue, const uint8_t key[ID_SIZE]);
/* A copy of the cells. NULL: no memory. */
struct import_row *import_queue_row(struct import_queue *queue, struct import_case *subject, const struct csv *csv);
void import_queue_free(struct import_queue *queue, struct import_row *row);
/* Gives the row back when it may leave now; otherwise it waits and NULL is given. */
struct import_row *import_queue_add(struct import_row *row);
/* The row is answered: the next one of its case, or NULL. */
struct import_row *import_queue_done(struct import_case *subject);

#endif
