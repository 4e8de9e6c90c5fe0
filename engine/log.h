/* log: the seam of the engine: where its records go, and where they are read from.
 *
 * A small table of verbs. The state remembers the position it has applied in the transaction that applies it, so a log and a state that
 * stand apart can be brought together at any start by reading the log from there (engine_replay does it record by record). One implementation
 * is here: the log as a table beside the state, in the same transaction (log_in_store). A journal file, or a log kept by several machines, is another
 * one: its append is durable when it returns, and the store's commit may then come later; nothing above this header changes. */
#ifndef STAIRCASE_LOG_H
#define STAIRCASE_LOG_H

#include "engine/store.h"

struct log_verbs {
    /* Takes `count` records from position `first` on, which follows the last one. On disk when this returns, or (where `with_state`) when
     * the transaction commits. ERR_OK, or what the store's put may say. */
    enum err (*append)(struct store_txn *txn, uint32_t partition, uint64_t first, const struct text *records, uint32_t count);
    /* One record, valid as long as what get gives. ERR_NOT_FOUND: there is no such position. */
    enum err (*read)(struct store_txn *txn, uint32_t partition, uint64_t position, struct text *record);
    bool with_state; /* durable by the commit of the state: one sync for both */
};

/* The log as a table of the store. */
extern const struct log_verbs log_in_store;

#endif
