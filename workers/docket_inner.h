/* docket_inner: what the files of the docket share; nobody else includes it. */
#ifndef STAIRCASE_DOCKET_INNER_H
#define STAIRCASE_DOCKET_INNER_H

#include "workers/docket_row.h"

struct docket {
    struct store *store;
    struct arena arena; /* of one transaction */
};

typedef enum err (*docket_body)(struct docket *docket, struct store_txn *txn, void *context);
enum err docket_write(struct docket *docket, docket_body body, void *context);

/* The entry and its place in the index of what is not done. */
enum err docket_put_entry(struct docket *docket, struct store_txn *txn, const struct docket_entry *entry);
/* The history of the case is to be read (again). */
enum err docket_put_want(struct docket *docket, struct store_txn *txn, uint64_t case_id);
/* A row that the engine showed: an entry of the history by its position; 0: the case itself. */
enum err docket_put_shown(struct docket *docket, struct store_txn *txn, uint64_t case_id, uint64_t position, const struct value *row);
/* A row that was shown, with fields added to its data where they are not there. */
struct value docket_with_fields(struct arena *arena, const struct value *row, const struct value *fields);
/* Takes away the data of every row of the case: it was kept long enough, and what may still be seen of it follows. */
enum err docket_strip(struct docket *docket, struct store_txn *txn, uint64_t case_id);
/* ERR_NOT_FOUND. */
enum err docket_get_entry(struct arena *arena, struct store_txn *txn, uint64_t case_id, struct docket_entry *entry);
/* ERR_UNKNOWN_CASE. */
enum err docket_get_case(struct store_txn *txn, const struct case_ref *ref, uint64_t *case_id);
/* Nothing more is to be done about it here. */
bool docket_is_done(enum docket_state state);

#endif
