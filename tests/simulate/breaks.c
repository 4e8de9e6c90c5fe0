/* breaks: see breaks.h. */
#include "tests/simulate/breaks.h"

#include "engine/case.h"
#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"
#include "tests/simulate/trouble.h"

enum { ACTS_MOST = 12 };

/* What becomes of one row. */
typedef bool (*row_change)(struct sim *sim, struct store_txn *txn, struct text key, struct text value);

static bool drop(struct store_txn *txn, enum store_table table, struct text key)
{
    return store_delete(txn, table, key) == ERR_OK;
}

static bool drop_receipt(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    (void)sim, (void)value;
    return drop(txn, STORE_RECEIPT, key);
}

static bool drop_task(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct outbox_row row;
    (void)sim;
    return row_decode_outbox(value, &row) == ERR_OK && row.kind == OUTBOX_TASK && drop(txn, STORE_OUTBOX, key);
}

static bool drop_said(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct outbox_row row;
    (void)sim;
    return row_decode_outbox(value, &row) == ERR_OK && row.kind == OUTBOX_SAY && drop(txn, STORE_OUTBOX, key);
}

static bool drop_deadline(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct deadline_key row;
    (void)sim, (void)value;
    return key_read_deadline(key, &row) && row.kind != RECORD_CLOCK_PARKED && drop(txn, STORE_DEADLINE, key);
}

static bool drop_open(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    (void)sim, (void)value;
    return drop(txn, STORE_OPEN, key);
}

/* With them goes what the engine would look up before it gives a number a second time. */
static bool drop_numbers(struct store_txn *txn)
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, STORE_NUMBER, &cursor);
    if (code)
        return false;
    while ((code = store_cursor_seek(cursor, (struct text){0}, &key, &value)) == ERR_OK && drop(txn, STORE_NUMBER, key))
        ;
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND;
}

static bool turn_counter(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    uint64_t number;
    if (key.data[4] != 'n' || row_decode_number(value, &number) || number == 0)
        return false;
    return drop_numbers(txn) && store_put(txn, STORE_COUNTER, key, row_encode_number(&sim->scratch, number - 1)) == ERR_OK;
}

static bool edit_log(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    char *bytes = arena_take(&sim->scratch, value.size);
    memcpy(bytes, value.data, value.size);
    bytes[value.size - 1] ^= 1;
    return store_put(txn, STORE_LOG, key, (struct text){bytes, value.size}) == ERR_OK;
}

static bool change_case(struct sim *sim, struct store_txn *txn, struct text key, struct text value, int32_t stage)
{
    struct case_state *state;
    if (case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state))
        return false;
    if (stage != NONE)
        state->stage = stage;
    else
        state->opened_at++;
    return store_put(txn, STORE_CASE, key, case_encode(&sim->scratch, state)) == ERR_OK;
}

static bool edit_case(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    return change_case(sim, txn, key, value, NONE);
}

static bool unknown_stage(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    return change_case(sim, txn, key, value, 77);
}

static const struct act {
    enum broken broken;
    enum store_table table;
    row_change change;
    bool look; /* at once: the engine itself would stop over it */
} acts[] = {
    {BREAK_FORGET_RECEIPTS, STORE_RECEIPT, drop_receipt, false}, {BREAK_DROP_OUTBOX, STORE_OUTBOX, drop_task, false},
    {BREAK_DROP_SAID, STORE_OUTBOX, drop_said, false},
    {BREAK_LOSE_DEADLINE, STORE_DEADLINE, drop_deadline, false},
    {BREAK_DROP_INDEX, STORE_OPEN, drop_open, false},            {BREAK_TURN_COUNTER, STORE_COUNTER, turn_counter, false},
    {BREAK_EDIT_LOG, STORE_LOG, edit_log, false},                {BREAK_EDIT_CASE, STORE_CASE, edit_case, false},
    {BREAK_UNKNOWN_STAGE, STORE_CASE, unknown_stage, true},
};

/* A row somewhere in the table, and those behind it until one can be changed. */
static bool change_some(struct sim *sim, const struct act *act, struct store_txn *txn)
{
    struct store_cursor *cursor;
    struct text key, value;
    uint32_t skip = dice_below(&sim->dice, 20);
    bool changed = false;
    if (store_cursor_open(txn, act->table, &cursor))
        return false;
    enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code && !changed; code = code ? code : changed ? ERR_OK : store_cursor_next(cursor, &key, &value))
        if (skip == 0 || --skip == 0)
            changed = act->change(sim, txn, arena_copy(&sim->scratch, key), arena_copy(&sim->scratch, value));
    store_cursor_close(&cursor);
    return changed;
}

void breaks_act(struct sim *sim)
{
    const struct act *act = NULL;
    struct store_txn *txn;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].broken == sim->options.broken)
            act = &acts[i];
    if (!act || sim->trouble->acts == ACTS_MOST || !dice_chance(&sim->dice, 200) || store_begin_write(sim->host->store, &txn))
        return;
    bool changed = change_some(sim, act, txn);
    sim->trouble->acts += changed;
    if (!changed)
        store_abort(&txn);
    else if (store_commit(&txn))
        sim_trace(sim, "breaking did not work: the store failed");
    if (changed && act->look)
        audit_whole(sim);
}
