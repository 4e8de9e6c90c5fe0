/* log: see log.h. The log in the store: appended in key order, which is the cheapest way into its tree. */
#include "engine/log.h"

#include "engine/record.h"

static enum err append(struct store_txn *txn, uint32_t partition, uint64_t first, const struct text *records, uint32_t count)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < count && !code; i++) {
        struct record_key key = key_log(partition, first + i);
        code = store_append(txn, STORE_LOG, key_text(&key), records[i]);
    }
    return code;
}

static enum err read_one(struct store_txn *txn, uint32_t partition, uint64_t position, struct text *record)
{
    struct record_key key = key_log(partition, position);
    return store_get(txn, STORE_LOG, key_text(&key), record);
}

const struct log_verbs log_in_store = {.append = append, .read = read_one, .with_state = true};
