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

/* Of the first community (audit_agenda.c), in the year in which every run begins. */
static bool turn_year(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct record_key row = key_counter_year(0, TEXT("council"), 10, 2026);
    uint64_t number = 0;
    (void)key;
    if (!store_get(txn, STORE_COUNTER, key_text(&row), &value) && row_decode_number(value, &number))
        return false;
    return store_put(txn, STORE_COUNTER, key_text(&row), row_encode_number(&sim->scratch, number + 1)) == ERR_OK;
}

static bool lose_ballot(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct roll_row row;
    if (row_decode_roll(value, &row) || !row.member.cast)
        return false;
    row.member.cast = false;
    row.member.choice = -1;
    return store_put(txn, STORE_ROLL, key, row_encode_roll(&sim->scratch, &row)) == ERR_OK;
}

static bool add_member(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    char *changed = arena_take(&sim->scratch, key.size);
    struct roll_row row;
    if (row_decode_roll(value, &row) || row.member.cast)
        return false;
    memcpy(changed, key.data, key.size);
    changed[key.size - 1] = 'z';
    return store_put(txn, STORE_ROLL, (struct text){changed, key.size}, arena_copy(&sim->scratch, value)) == ERR_OK;
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

static struct case_state *read_state(struct sim *sim, struct text value)
{
    struct case_state *state;
    return case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state) ? NULL : state;
}

/* The stage's clock, or the limit's, runs again; its row says so too. */
static bool tick_stopped(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct case_state *state = read_state(sim, value);
    struct case_clock *clock = state && state->flags & CASE_STOPPED && !(state->flags & CASE_HELD) ? case_clock(state, CLOCK_STAGE, 0) : NULL;
    if (!clock || case_clock_runs(clock))
        return false;
    clock->remaining = -1;
    struct record_key row = key_deadline(0, clock->due, state->id, clock->kind, clock->which);
    return !store_put(txn, STORE_CASE, key, case_encode(&sim->scratch, state)) &&
           !store_put(txn, STORE_DEADLINE, key_text(&row), row_encode_number(&sim->scratch, clock->calendar));
}

static bool keep_published(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct case_state *state = read_state(sim, value);
    for (uint32_t i = 0; state && i < state->clock_count && !(state->flags & CASE_HELD); i++) {
        const struct case_clock clock = state->clocks[i];
        if (clock.kind != CLOCK_PUBLICATION)
            continue;
        struct record_key row = key_deadline(0, clock.due, state->id, clock.kind, clock.which);
        case_drop_clock(state, clock.kind, clock.which);
        return !store_delete(txn, STORE_DEADLINE, key_text(&row)) && !store_put(txn, STORE_CASE, key, case_encode(&sim->scratch, state));
    }
    return false;
}

static bool drop_runs(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    (void)sim, (void)value;
    return key.data[4] == RECUR_RUNS && drop(txn, STORE_RECUR, key);
}

static bool drop_year(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    (void)sim, (void)value;
    return key.data[4] == RECUR_QUOTA && drop(txn, STORE_RECUR, key);
}

static bool skip_runs(struct sim *sim, struct store_txn *txn, struct text key, struct text value)
{
    struct recur_row row;
    if (key.data[4] != RECUR_RUNS || row_decode_recur(value, &row))
        return false;
    row.through += 14;
    return store_put(txn, STORE_RECUR, key, row_encode_recur(&sim->scratch, &row)) == ERR_OK;
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
    {BREAK_UNKNOWN_STAGE, STORE_CASE, unknown_stage, true},      {BREAK_LOSE_BALLOT, STORE_ROLL, lose_ballot, true},
    {BREAK_LATE_MEMBER, STORE_ROLL, add_member, true},           {BREAK_TURN_YEAR, STORE_COUNTER, turn_year, false},
    {BREAK_TICK_STOPPED, STORE_CASE, tick_stopped, false},       {BREAK_KEEP_PUBLISHED, STORE_CASE, keep_published, false},
}, rests[] = {
    {BREAK_RUN_AGAIN, STORE_RECUR, drop_runs, false}, {BREAK_LOSE_RUN, STORE_RECUR, skip_runs, false}, {BREAK_YEAR_AGAIN, STORE_RECUR, drop_year, false},
};

/* A row somewhere in the table, and those behind it until one can be changed. */
static bool change_behind(struct sim *sim, const struct act *act, struct store_txn *txn, uint32_t skip)
{
    struct store_cursor *cursor;
    struct text key, value;
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

static bool change_some(struct sim *sim, const struct act *act, struct store_txn *txn)
{
    return change_behind(sim, act, txn, dice_below(&sim->dice, 20)) || change_behind(sim, act, txn, 0);
}

void breaks_at_rest(struct sim *sim)
{
    struct store_txn *txn;
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        if (rests[i].broken != sim->options.broken || store_begin_write(sim->host->store, &txn))
            continue;
        if (!change_behind(sim, &rests[i], txn, 0))
            store_abort(&txn);
        else if (store_commit(&txn))
            sim_trace(sim, "breaking did not work: the store failed");
    }
}

/* ---- keys ---- */

static bool is_vote_key(struct text key)
{
    return key.data[0] == SEAL_VOTE;
}

void breaks_note_keys(struct sim *sim)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    sim->trouble->kept_count = 0;
    if (sim->options.broken != BREAK_KEEP_VOTE_KEY || store_begin_read(sim->host->keys, &txn))
        return;
    enum err code = store_cursor_open(txn, STORE_KEY, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code && sim->trouble->kept_count < KEPT_KEYS_MOST; code = store_cursor_next(cursor, &key, &value))
        if (is_vote_key(key))
            sim->trouble->kept[sim->trouble->kept_count++] = (struct kept_key){arena_copy(&sim->memory, key), arena_copy(&sim->memory, value)};
    store_end_read(&txn);
}

void breaks_restore_keys(struct sim *sim)
{
    struct store_txn *txn;
    if (store_begin_write(sim->host->keys, &txn))
        return;
    for (uint32_t i = 0; i < sim->trouble->kept_count; i++)
        if (store_put(txn, STORE_KEY, sim->trouble->kept[i].key, sim->trouble->kept[i].value))
            sim_trace(sim, "breaking did not work: the store failed");
    if (store_commit(&txn))
        sim_trace(sim, "breaking did not work: the store failed");
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
