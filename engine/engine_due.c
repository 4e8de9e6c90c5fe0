/* engine_due: what falls due, and what is computed anew under a newer calendar.
 *
 * A due clock is an event of its own. Two ways lead to it: before an event of a case is decided, what fell due in that case fires first; and
 * between events the server lets the store's earliest deadlines fire, a bounded number in each batch. Both end in fire_clock. */
#include "engine/engine_inner.h"

#include <assert.h>

enum { SWEEP_ROWS = 2048 }; /* rows of DEADLINE that one call looks at */

struct firing {
    int64_t moment;
    uint32_t all, here;
};

/* The clock of the case that is due next, as an event, and the moment at which it fires. false: none is. */
static bool next_due(const struct case_state *state, int64_t effective, struct firing *firing, struct event *event, int64_t *at)
{
    const struct case_clock *clock = case_due_before(state, effective);
    if (!clock)
        return false;
    int64_t moment = state->flags & CASE_HELD ? clock->due : effective;
    *at = moment > state->last_at ? moment : state->last_at;
    firing->here = firing->all && *at == firing->moment ? firing->here + 1 : 0;
    firing->moment = *at;
    *event = (struct event){
        .kind = EVENT_DUE,
        .subject = {.kind = CASE_REF_ID, .id = state->id},
        .clock_kind = clock->kind,
        .clock_which = clock->which,
        .due = clock->due,
        .rolls = clock->kind == CLOCK_RETAIN,
        .again = firing->here >= ENGINE_CIRCLE_MOST || firing->all >= ENGINE_AT_ONCE_MOST,
    };
    firing->all++;
    return true;
}

/* The decision may not be a refusal: the clock is the case's own. */
enum err engine_fire_case(struct engine *engine, struct batch_case *subject, int64_t effective, uint32_t *fired)
{
    struct firing firing = {0};
    struct event event;
    int64_t at;
    while (next_due(subject->state, effective, &firing, &event, &at)) {
        struct decision decision;
        enum err code = engine_decide_case(engine, &event, subject, at, &decision);
        assert(code || decision.code == ERR_OK);
        if (code)
            return code;
        if (fired)
            *fired += 1;
    }
    return ERR_OK;
}

enum err engine_foresee(struct engine *engine, const struct workflow *workflow, const struct event *event, const struct case_state *state, int64_t effective,
                    struct decision *decision)
{
    struct firing firing = {0};
    struct engine_rolls foreseen = {0};
    struct advance_input input;
    struct event due;
    engine_input(engine, workflow, state, &input);
    input.event = &due;
    while (next_due(input.before, effective, &firing, &due, &input.now)) {
        advance(&input, &engine->batch.arena, decision);
        assert(decision->code == ERR_OK);
        engine_keep_foreseen(engine, decision, &foreseen);
        input.before = decision->after;
        input.position++;
    }
    input.event = event;
    input.now = effective;
    enum err code = engine_read_rolls(engine, event, &foreseen, &input);
    if (!code)
        advance(&input, &engine->batch.arena, decision);
    return code;
}

/* A row of DEADLINE that speaks of nothing would be found again for ever: the indexes disagree, and `verify` must look. */
static enum err expire_parked(struct engine *engine, uint64_t position)
{
    struct log_record record;
    enum err code = engine_read_record(engine, position, &record);
    if (code)
        return code;
    if (record.event.kind != EVENT_PARK)
        return ERR_CORRUPT;
    struct event event = {.kind = EVENT_UNPARK, .subject = record.event.subject, .parked = position, .code = ERR_PARKED_EXPIRED};
    uint64_t before = engine->working.position;
    code = engine_unpark(engine, &event);
    return !code && engine->working.position == before ? ERR_CORRUPT : code;
}

static enum err fire_row(struct engine *engine, const struct deadline_key *row, uint32_t *fired)
{
    if (row->kind == RECORD_CLOCK_PARKED) {
        *fired += 1;
        return expire_parked(engine, row->case_id);
    }
    struct batch_case *subject;
    enum err code = engine_case_by_id(engine, row->case_id, &subject);
    uint32_t before = *fired;
    code = code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    code = code ? code : engine_fire_case(engine, subject, engine->working.time, fired);
    return !code && *fired == before ? ERR_CORRUPT : code;
}

/* Nothing is written while a batch is decided, so the cursor stands firm; rows that the batch took away are passed over. */
static enum err fire_due(struct engine *engine, struct store_cursor *cursor, uint32_t most, uint32_t *fired)
{
    struct record_key from = {.size = 0};
    struct text key, value;
    from = key_deadline(engine->options.partition, INT64_MIN, 0, 0, 0);
    enum err code = store_cursor_seek(cursor, key_text(&from), &key, &value);
    while (!code && *fired < most) {
        struct deadline_key row;
        const struct batch_row *changed;
        if (!key_read_deadline(key, &row))
            return ERR_CORRUPT;
        if (row.due >= engine->working.time)
            return ERR_OK;
        if (!batch_changed(&engine->batch, STORE_DEADLINE, key, &changed))
            code = fire_row(engine, &row, fired);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* ---- a newer calendar ---- */

static void sooner(bool *asked, struct record_key *at, const struct record_key *from)
{
    if (!*asked || text_compare(key_text(from), key_text(at)) < 0)
        *at = *from;
    *asked = true;
}

/* A sweep reads the store, where the rows of the open batch are not yet: once they are, it comes there again. */
void engine_sweep_from(struct engine *engine, const struct record_key *from)
{
    sooner(&engine->sweeping, &engine->sweep_from, from);
    if (engine->in_batch)
        sooner(&engine->sweep_back, &engine->sweep_back_to, from);
}

void engine_sweep_committed(struct engine *engine)
{
    if (engine->sweep_back)
        sooner(&engine->sweeping, &engine->sweep_from, &engine->sweep_back_to);
    engine->sweep_back = false;
}

void engine_sweep_again(struct engine *engine)
{
    struct record_key first = key_deadline(engine->options.partition, INT64_MIN, 0, 0, 0);
    engine_sweep_from(engine, &first);
}

bool engine_calendar_is_newest(const struct engine *engine, uint64_t revision)
{
    for (uint32_t i = 0; i < engine->calendar_count; i++)
        if (engine->calendar_list[i]->position == revision)
            return true;
    return false;
}

static enum err recompute(struct engine *engine, uint64_t case_id, uint32_t *fired)
{
    struct batch_case *subject;
    enum err code = engine_case_by_id(engine, case_id, &subject);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    struct event event = {.kind = EVENT_RECOMPUTE, .subject = {.kind = CASE_REF_ID, .id = case_id}};
    int64_t now = engine->working.time;
    struct decision decision;
    code = engine_decide_case(engine, &event, subject, now > subject->state->last_at ? now : subject->state->last_at, &decision);
    if (!code && !decision.code)
        *fired += 1;
    return code;
}

/* Whether the deadline was computed under the calendar that counts for its case now. Where there is but one calendar the row itself says so;
 * otherwise the unit may have been given another. */
static enum err is_current(struct engine *engine, const struct deadline_key *row, uint64_t revision, bool *current)
{
    *current = row->kind == RECORD_CLOCK_PARKED || engine_calendar_is_newest(engine, revision);
    if (row->kind == RECORD_CLOCK_PARKED || !*current || engine->calendar_count == 1)
        return ERR_OK;
    struct batch_case *subject;
    enum err code = engine_case_by_id(engine, row->case_id, &subject);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    bool of_home = row->kind == CLOCK_CASE; /* as moment_calendar */
    int32_t unit = advance_unit(engine_directory(engine), of_home ? subject->state->home_unit : subject->state->unit);
    const struct calendar *calendar = unit == NONE ? NULL : engine_calendar(engine, unit);
    *current = !calendar || calendar->position == revision;
    return ERR_OK;
}

static enum err sweep(struct engine *engine, struct store_cursor *cursor, uint32_t most, uint32_t *fired)
{
    struct text key, value;
    enum err code = store_cursor_seek(cursor, key_text(&engine->sweep_from), &key, &value);
    for (uint32_t looked = 0; !code && looked < SWEEP_ROWS && *fired < most; looked++) {
        struct deadline_key row;
        const struct batch_row *changed;
        uint64_t revision;
        if (!key_read_deadline(key, &row) || row_decode_number(value, &revision))
            return ERR_CORRUPT;
        bool current = true;
        if (!batch_changed(&engine->batch, STORE_DEADLINE, key, &changed))
            code = is_current(engine, &row, revision, &current);
        if (!code && !current)
            code = recompute(engine, row.case_id, fired);
        /* From just behind this row: keys are at most as wide as this one. */
        engine->sweep_from = key_deadline(engine->options.partition, row.due, row.case_id, row.kind, row.which);
        engine->sweep_from.bytes[engine->sweep_from.size++] = 0;
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    if (code == ERR_NOT_FOUND) {
        engine->sweeping = false;
        return ERR_OK;
    }
    return code;
}

enum err engine_fire(struct engine *engine, uint32_t most, uint32_t *fired)
{
    assert(engine->in_batch);
    *fired = 0;
    struct store_txn *txn;
    struct store_cursor *cursor;
    enum err code = batch_txn(&engine->batch, &txn);
    code = code ? code : store_cursor_open(txn, STORE_DEADLINE, &cursor);
    if (code)
        return code;
    code = fire_due(engine, cursor, most, fired);
    code = code ? code : engine_hear(engine, most, fired);
    if (!code && engine->sweeping)
        code = sweep(engine, cursor, most, fired);
    store_cursor_close(&cursor);
    code = code ? code : engine_agenda_fire(engine, most, fired);
    return engine->trouble ? engine->trouble : code;
}

int64_t engine_next_due(struct engine *engine)
{
    assert(!engine->in_batch);
    if (engine->sweeping || engine->said)
        return INT64_MIN;
    struct record_key from = key_deadline(engine->options.partition, INT64_MIN, 0, 0, 0);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    struct deadline_key row = {.due = INT64_MAX};
    if (store_begin_read(engine->store, &txn))
        return INT64_MAX; /* the next batch meets the error and says so */
    if (store_cursor_open(txn, STORE_DEADLINE, &cursor) == ERR_OK &&
        store_cursor_seek(cursor, key_text(&from), &key, &value) == ERR_OK && !key_read_deadline(key, &row))
        row.due = INT64_MAX;
    store_end_read(&txn);
    int64_t calendar;
    if (engine_agenda_next(engine, &calendar) == ERR_OK && calendar < row.due) /* likewise */
        return calendar;
    return row.due;
}
