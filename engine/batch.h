/* batch: the working set of one batch. Every event sees what the ones before it changed; nothing is written until all are decided.
 *
 * Rows that the batch changes stand in a hash table over (table, key); reads look there first, then in the store's read
 * transaction. Cases are kept decoded. batch_write puts all into a write transaction: the log first, then the tables, each in
 * the order of its keys (neighbouring rows share pages: that is what decides the speed of LMDB). All memory is the batch's
 * arena, so a batch can be written again after the map was enlarged. */
#ifndef STAIRCASE_BATCH_H
#define STAIRCASE_BATCH_H

#include "engine/case.h"
#include "engine/record.h"

struct batch_row {
    uint64_t order;         /* the first eight bytes of the key behind the partition: what sorting looks at first */
    struct text key, value; /* in the arena */
    uint32_t hash;
    uint8_t table;          /* enum store_table */
    bool deleted;
};

struct batch_case {
    uint64_t id;
    const struct case_state *state; /* as it stands now */
    struct text encoded;            /* as it was read, or as the last event left it */
    bool dirty;
    bool fits;                      /* checked against its workflow */
};

struct batch {
    struct store *store;
    struct store_txn *txn;     /* the read transaction, opened when first needed */
    struct arena arena;
    struct batch_row **slots;  /* open addressing, a power of two */
    uint32_t slot_count;
    struct batch_row **rows;
    uint32_t row_count, row_room;
    struct batch_case **case_slots;
    uint32_t case_slot_count;
    struct batch_case **cases;
    uint32_t case_count, case_room;
    struct text *records;      /* of the log, from first_position on */
    uint32_t record_count, record_room;
    uint64_t first_position;
};

void batch_init(struct batch *batch, struct store *store);
void batch_close(struct batch *batch);
void batch_begin(struct batch *batch, uint64_t first_position);
/* Ends the read transaction; memory stays until batch_begin. */
void batch_end_read(struct batch *batch);
/* The read transaction of this batch, for cursors. */
enum err batch_txn(struct batch *batch, struct store_txn **txn);

/* ERR_OK, ERR_NOT_FOUND, store errors. The value lives until the batch ends. */
enum err batch_get(struct batch *batch, enum store_table table, const struct record_key *key, struct text *value);
/* Whether the batch itself says something about the key: true and the row, or false. */
bool batch_changed(const struct batch *batch, enum store_table table, struct text key, const struct batch_row **row);
/* The value must live in the batch's arena. */
void batch_put(struct batch *batch, enum store_table table, const struct record_key *key, struct text value);
void batch_delete(struct batch *batch, enum store_table table, const struct record_key *key);
/* The record at the next position. */
void batch_append_record(struct batch *batch, struct text record);
/* Another form of the record that was appended last. */
void batch_replace_record(struct batch *batch, struct text record);
/* A record of this batch; NULL: it is none of this batch. */
const struct text *batch_record(const struct batch *batch, uint64_t position);

/* The case, decoded once per batch. ERR_NOT_FOUND, ERR_CORRUPT, ERR_NEWER_FORMAT, store errors. */
enum err batch_case(struct batch *batch, uint32_t partition, uint64_t id, struct batch_case **subject);
/* A case that this batch opens. */
struct batch_case *batch_new_case(struct batch *batch, uint64_t id);

/* Puts everything into the transaction. */
enum err batch_write(struct batch *batch, struct store_txn *txn, uint32_t partition);

#endif
