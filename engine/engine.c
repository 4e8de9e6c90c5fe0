/* engine: see engine.h. One event's journey, top to bottom:
 *
 *     seen before? ─ find its case ─ its effective time ─ what is due in the case fires ─ ADVANCE ─ apply (rows, record)
 *
 * Authentication came before (link), sealing too (door); the answer leaves after the commit (server). A refusal changes nothing of
 * its own, but what fell due before the event has fired all the same: that was owed anyway. (In a held case nothing is: there a refusal changes
 * nothing at all.) */
#include "engine/engine_inner.h"
#include "engine/poll.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the journey ---- */

/* Was this event applied before (answered with the first answer), or is it parked, or is its id in use for another one? */
enum err engine_answer_seen(struct engine *engine, const struct event *event, struct message *answer, bool *seen)
{
    *seen = false;
    if (event->id.size == 0)
        return ERR_OK;
    struct record_key key = key_receipt(engine->options.partition, event->id, event->sender);
    struct text value;
    struct receipt_row receipt;
    enum err code = batch_get(&engine->batch, STORE_RECEIPT, &key, &value);
    if (code == ERR_NOT_FOUND && event->parked) {
        *seen = true; /* it had its one final answer: it has expired meanwhile */
        engine_refuse(answer, ERR_PARKED_EXPIRED, (struct text){0});
    }
    if (code == ERR_NOT_FOUND)
        return ERR_OK;
    code = code ? code : row_decode_receipt(value, &receipt);
    if (code)
        return code;
    if (receipt.parked && receipt.position == event->parked)
        return ERR_OK; /* its day has come */
    *seen = true;
    if (receipt.digest != event_digest(&engine->batch.arena, event)) {
        engine_refuse(answer, ERR_ID_REUSED, (struct text){0});
        return ERR_OK;
    }
    struct log_record record;
    code = engine_read_record(engine, receipt.position, &record);
    if (!code)
        engine_answer(engine, receipt.parked ? MESSAGE_PARKED : MESSAGE_DUPLICATE, receipt.position, &record, answer);
    return code;
}

bool engine_knows_person(const struct engine *engine, struct text person)
{
    if (person.size == 0 || memchr(person.data, ':', person.size))
        return true; /* nobody; or app:token, a resident: not in the directory */
    return engine->directory && directory_find_person(&engine->directory->directory, person) != NONE;
}

/* "40 days": so that the slip can be seen, a wrong year for instance. */
static const char *span_words(struct arena *arena, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "days"}, {3600000, "hours"}, {60000, "minutes"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (ms >= 2 * units[i].ms)
            return arena_print(arena, "%lld %s", (long long)(ms / units[i].ms), units[i].unit).data;
    return arena_print(arena, "%lld seconds", (long long)(ms / 1000)).data;
}

/* Everything about an event that can be told without its case. ERR_OK or the refusal. */
static enum err check_event(const struct engine *engine, const struct event *event, struct text *why, struct arena *arena)
{
    int64_t now = engine->working.time;
    if (event->has_happened_at && event->happened_at > now + ENGINE_FUTURE_MS) {
        *why = arena_print(arena, "It says that it happened %s after now.", span_words(arena, event->happened_at - now));
        return ERR_BAD_TIME;
    }
    struct text persons[] = {event->as, event->kind == EVENT_ERASE ? TEXT("") : event->on_behalf}; /* who is erased has left the directory, if ever there */
    if (engine_was_said(event))
        return ERR_OK; /* whoever it was has been asked when the other case decided */
    for (int i = 0; i < 2; i++)
        if (!engine_knows_person(engine, persons[i])) {
            *why = arena_print(arena, "\"%.*s\" is not in the directory.", (int)persons[i].size, persons[i].data);
            return ERR_UNKNOWN_PERSON;
        }
    return ERR_OK;
}

/* A held case lives in the time of its own events, in their order; a live one in the time of receipt, or, where its workflow says so, in the time of
 * the event, but never before the case's last event. */
enum err engine_effective_time(const struct engine *engine, const struct event *event, const struct case_state *state, const struct workflow *workflow,
                               int64_t *effective, struct text *why)
{
    int64_t now = engine->working.time;
    int64_t happened = event->has_happened_at && event->happened_at < now ? event->happened_at : now;
    bool held = state ? (state->flags & CASE_HELD) != 0 : event->held;
    int64_t last = state ? state->last_at : INT64_MIN;
    *effective = now;
    if (held && event->kind != EVENT_RELEASE) {
        if (!event->has_happened_at) {
            *why = TEXT("An event of an imported case must say when it happened, until the case is released.");
            return ERR_BAD_DATA;
        }
        if (happened < last)
            return ERR_OUT_OF_ORDER;
        if (state && happened == last && event->id.size == ID_SIZE && memcmp(event->id.data, state->last_id, ID_SIZE) <= 0)
            return ERR_OUT_OF_ORDER;
        *effective = happened;
        return ERR_OK;
    }
    int32_t late = event->kind == EVENT_SEND ? workflow_head(workflow)->late : LATE_NOW;
    if (late == LATE_REFUSE && happened + ENGINE_LATE_MS < now)
        return ERR_TOO_LATE;
    if (late == LATE_THEN)
        *effective = happened > last ? happened : last;
    return ERR_OK;
}

void engine_input(const struct engine *engine, const struct workflow *workflow, const struct case_state *state, struct advance_input *input)
{
    *input = (struct advance_input){
        .workflow = workflow,
        .directory = engine->directory ? &engine->directory->directory : NULL,
        .calendars = engine->calendar_list,
        .calendar_count = engine->calendar_count,
        .before = state,
        .now = engine->working.time,
        .position = engine_next_position(engine),
        .partition = engine->options.partition,
    };
}

enum err engine_advance_and_apply(struct engine *engine, const struct event *event, const struct workflow *workflow, const struct case_state *before,
                                  int64_t effective, uint64_t sequence, struct decision *decision)
{
    struct advance_input input;
    engine_input(engine, workflow, before, &input);
    if (before && event->kind == EVENT_MIGRATE) {
        struct event *leaving = ARENA_NEW(&engine->batch.arena, struct event);
        *leaving = *event;
        leaving->migrated_from = before->workflow;
        event = leaving;
        input.target = engine_version(engine, event->workflow, event->version);
    }
    input.event = event;
    input.now = effective;
    input.sequence = sequence;
    *decision = (struct decision){0};
    enum err code = engine_read_rolls(engine, event, NULL, &input);
    if (code)
        return code;
    advance(&input, &engine->batch.arena, decision);
    return decision->code ? ERR_OK : engine_apply(engine, event, before, decision, effective);
}

enum err engine_decide_case(struct engine *engine, const struct event *event, struct batch_case *subject, int64_t effective, struct decision *decision)
{
    const struct workflow *workflow = engine_workflow(engine, subject->state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    return engine_advance_and_apply(engine, event, workflow, subject->state, effective, 0, decision);
}

static void answer_refused(const struct decision *decision, struct arena *arena, struct message *answer)
{
    engine_refuse(answer, decision->code, decision->why);
    if (decision->possible_count == 0)
        return;
    struct value *names = ARENA_ARRAY(arena, struct value, decision->possible_count);
    for (uint32_t i = 0; i < decision->possible_count; i++)
        names[i] = value_text(decision->possible[i]);
    answer->possible = (struct value){.kind = VALUE_LIST, .count = decision->possible_count, .items = names};
}

/* The answer to what was decided: the record that was just appended, or the refusal. */
enum err engine_answer_decision(struct engine *engine, const struct decision *decision, struct message *answer)
{
    if (decision->code) {
        answer_refused(decision, &engine->batch.arena, answer);
        return ERR_OK;
    }
    engine_answer(engine, MESSAGE_APPLIED, engine->working.position, &engine->last, answer);
    return ERR_OK;
}

static enum err decide_known(struct engine *engine, const struct event *event, struct batch_case *subject, struct message *answer)
{
    const struct workflow *workflow = engine_workflow(engine, subject->state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    int64_t effective;
    struct text why = {0};
    enum err refusal = engine_effective_time(engine, event, subject->state, workflow, &effective, &why);
    if (refusal) {
        engine_refuse(answer, refusal, why);
        return ERR_OK;
    }
    enum err code = ERR_OK;
    struct decision decision = {.code = ERR_OK};
    /* A held case lives by its own events, and one that is refused is none: its time has not come to where that one claims to stand. */
    bool held = (subject->state->flags & CASE_HELD) && event->kind != EVENT_RELEASE;
    if (held && case_due_before(subject->state, effective))
        code = engine_foresee(engine, workflow, event, subject->state, effective, &decision);
    if (code)
        return code;
    if (decision.code)
        return engine_answer_decision(engine, &decision, answer);
    code = engine_fire_case(engine, subject, effective, NULL);
    code = code ? code : engine_decide_case(engine, event, subject, effective, &decision);
    return code ? code : engine_answer_decision(engine, &decision, answer);
}

static enum err decide_for_case(struct engine *engine, const struct event *event, struct message *answer)
{
    struct batch_case *subject;
    enum err code = engine_case_by_ref(engine, &event->subject, &subject);
    if (code == ERR_OK)
        return decide_known(engine, event, subject, answer);
    if (code != ERR_NOT_FOUND)
        return code;
    if (event->kind == EVENT_SEND && event->subject.kind == CASE_REF_KEY && event->id.size == ID_SIZE && event->worker.size == 0 &&
        !poll_is_event(event->name)) /* nobody can say yet whether the vote is secret */
        return engine_park(engine, event, answer);
    engine_refuse(answer, ERR_UNKNOWN_CASE, (struct text){0});
    return ERR_OK;
}

/* A notice or a cancellation that a worker has taken note of: its row of the outbox goes. A task is settled by an event, as its case says. */
static enum err decide_settled_notice(struct engine *engine, const struct event *event, struct message *answer)
{
    struct record_key key = key_outbox(engine->options.partition, event->topic, event->ready_at, event->task);
    struct text value;
    enum err code = batch_get(&engine->batch, STORE_OUTBOX, &key, &value);
    struct outbox_row row = {0};
    code = code ? code : row_decode_outbox(value, &row);
    if ((code == ERR_NOT_FOUND || (!code && row.kind == OUTBOX_TASK)) && event->subject.kind == CASE_REF_ID)
        return decide_for_case(engine, event, answer);
    if (code == ERR_NOT_FOUND) {
        engine_refuse(answer, ERR_UNKNOWN_TASK, (struct text){0});
        return ERR_OK;
    }
    if (code)
        return code;
    batch_delete(&engine->batch, STORE_OUTBOX, &key);
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_append(engine, &record);
    engine_put_receipt(engine, event, engine->working.position, false);
    engine_answer(engine, MESSAGE_APPLIED, engine->working.position, &record, answer);
    return ERR_OK;
}

static enum err decide_kind(struct engine *engine, const struct event *event, struct message *answer)
{
    switch (event->kind) {
    case EVENT_OPEN: return engine_decide_open(engine, event, answer);
    case EVENT_SETTLE: return decide_settled_notice(engine, event, answer);
    case EVENT_ERASE: return engine_erase(engine, event, answer);
    case EVENT_SEND:
    case EVENT_RELEASE:
    case EVENT_MIGRATE:
    case EVENT_RETRY:
    case EVENT_ACCEPT:
    case EVENT_CASE:
    case EVENT_COUNT:
    case EVENT_FAIL: return decide_for_case(engine, event, answer);
    case EVENT_UNPARK: return engine_unpark(engine, event);
    case EVENT_DUE:
    case EVENT_RECOMPUTE:
    case EVENT_PARK:
    case EVENT_DEPLOY_PART:
    case EVENT_RUN:
    case EVENT_QUOTA:
    case EVENT_DEPLOY: break; /* engine_fire, engine_park and engine_deploy make these */
    }
    abort();
}

enum err engine_decide(struct engine *engine, const struct event *event, struct message *answer)
{
    assert(engine->in_batch);
    struct message unheard = {0};
    if (!answer)
        answer = &unheard;
    *answer = unheard;
    bool seen;
    enum err code = engine_answer_seen(engine, event, answer, &seen);
    if (code || seen)
        return code;
    struct text why = {0};
    enum err refusal = check_event(engine, event, &why, &engine->batch.arena);
    if (refusal)
        engine_refuse(answer, refusal, why);
    else
        code = decide_kind(engine, event, answer);
    if (engine->trouble)
        return engine->trouble; /* also where it looks like a refusal: a workflow that could not be read is not an unknown one */
    if (!code && event->parked && answer->kind == MESSAGE_REFUSED) {
        /* Its one final answer is no: it goes, and the log says why. */
        struct event gone = {.kind = EVENT_UNPARK, .subject = event->subject, .parked = event->parked, .code = answer->code, .why = answer->why};
        code = engine_unpark(engine, &gone);
    }
    return code;
}

void engine_refuse(struct message *answer, enum err code, struct text why)
{
    *answer = (struct message){
        .kind = MESSAGE_REFUSED,
        .code = code,
        .has = MESSAGE_HAS_CODE,
        .why = why.size ? why : text_of(err_sentence(code)),
        .todo = text_of(err_advice(code)),
    };
}

/* ---- the batch ---- */

void engine_begin(struct engine *engine, int64_t now)
{
    assert(!engine->in_batch && !engine->failed && !engine->options.read_only);
    form_close(&engine->retired);
    if (engine->workflow_count > engine->options.cached_workflows_most) {
        form_close(&engine->workflows); /* loaded again when asked for */
        engine->workflow_count = 0;
    }
    batch_begin(&engine->batch, engine->committed.position + 1);
    engine->working = engine->committed;
    if (now > engine->working.time)
        engine->working.time = now;
    engine->done = (struct engine_done){.first = engine->committed.position + 1, .last = engine->committed.position};
    engine->parked_here = 0;
    engine->moved_count = 0;
    engine->sweep_back = false;
    engine->said_here = false;
    engine->trouble = ERR_OK;
    engine->in_batch = true;
}

void engine_abort(struct engine *engine)
{
    assert(engine->in_batch);
    batch_end_read(&engine->batch);
    engine->in_batch = false;
    engine->failed = engine->working.position != engine->committed.position; /* memory may hold what was not written */
    engine->working = engine->committed;
}

static enum err write_meta(struct engine *engine, struct store_txn *txn)
{
    struct meta_row meta = {.format = RECORD_FORMAT, .epoch = engine->epoch, .position = engine->working.position, .time = engine->working.time};
    memcpy(meta.hash, engine->working.hash, HASH_SIZE);
    struct record_key key = key_meta(engine->options.partition);
    return store_put(txn, STORE_META, key_text(&key), row_encode_meta(&engine->batch.arena, &meta));
}

static enum err write_once(struct engine *engine)
{
    struct store_txn *txn;
    enum err code = store_begin_write(engine->store, &txn);
    if (code)
        return code;
    code = batch_write(&engine->batch, txn, engine->options.partition);
    code = code ? code : write_meta(engine, txn);
    if (code) {
        store_abort(&txn);
        return code;
    }
    return store_commit(&txn);
}

enum err engine_commit(struct engine *engine, struct engine_done *done)
{
    assert(engine->in_batch);
    enum err code = engine_figures_flush(engine);
    batch_end_read(&engine->batch);
    if (!code && engine->working.position != engine->committed.position) {
        code = write_once(engine);
        for (int grown = 0; code == ERR_MAP_FULL && grown < 8; grown++) {
            code = store_grow(engine->store);
            code = code ? code : write_once(engine);
        }
    }
    engine->in_batch = false;
    if (code) {
        engine->failed = true;
        return code;
    }
    engine_sweep_committed(engine);
    engine->committed = engine->working;
    engine->done.last = engine->committed.position;
    if (done)
        *done = engine->done;
    return ERR_OK;
}

int64_t engine_now(const struct engine *engine)
{
    return engine->working.time;
}

struct arena *engine_arena(struct engine *engine)
{
    return &engine->batch.arena;
}

uint64_t engine_next_position(const struct engine *engine)
{
    return engine->working.position + 1;
}
