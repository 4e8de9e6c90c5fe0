/* engine_apply: an applied decision becomes rows of the working set and a record of the log. */
#include "engine/engine_inner.h"
#include "engine/log.h"

#include <assert.h>

/* ---- the record ---- */

void engine_append(struct engine *engine, struct log_record *record)
{
    record->epoch = engine->epoch;
    record->time = engine->working.time;
    memcpy(record->predecessor, engine->working.hash, HASH_SIZE);
    struct text bytes = log_encode(&engine->batch.arena, record);
    log_hash(bytes, engine->working.hash);
    engine->working.position++;
    batch_append_record(&engine->batch, bytes);
    engine->last = *record;
}

enum err engine_read_record(struct engine *engine, uint64_t position, struct log_record *record)
{
    struct text bytes;
    const struct text *fresh = batch_record(&engine->batch, position);
    if (fresh)
        return log_decode(&engine->batch.arena, *fresh, record);
    struct store_txn *txn;
    enum err code = batch_txn(&engine->batch, &txn);
    code = code ? code : log_in_store.read(txn, engine->options.partition, position, &bytes);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    return log_decode(&engine->batch.arena, arena_copy(&engine->batch.arena, bytes), record);
}

void engine_answer(struct engine *engine, enum message_kind kind, uint64_t position, const struct log_record *record, struct message *answer)
{
    *answer = (struct message){
        .kind = kind,
        .position = position,
        .time = record->time,
        .case_id = record->case_id,
        .number = record->number,
        .stage = record->stage,
        .level = record->level,
        .unit = record->unit,
        .due = kind == MESSAGE_PARKED ? engine_park_expires(record->time) : record->due,
        .end = record->end,
        .why = record->note_zh.size && record->note_en.size ? arena_print(&engine->batch.arena, "%.*s %.*s", (int)record->note_zh.size, record->note_zh.data,
                                                                         (int)record->note_en.size, record->note_en.data)
                                                           : record->note_en,
    };
}

void engine_put_receipt(struct engine *engine, const struct event *event, uint64_t position, bool parked)
{
    if (event->id.size == 0)
        return;
    struct record_key key = key_receipt(engine->options.partition, event->id, event->sender);
    struct receipt_row row = {.position = position, .digest = event_digest(&engine->batch.arena, event), .parked = parked};
    batch_put(&engine->batch, STORE_RECEIPT, &key, row_encode_receipt(&engine->batch.arena, &row));
}

/* ---- rows that follow from the case ---- */

static bool is_live(const struct case_state *state)
{
    return state && !(state->flags & CASE_HELD);
}

static const struct case_clock *same_clock(const struct case_state *state, const struct case_clock *clock)
{
    const struct case_clock *found = is_live(state) ? case_clock(state, clock->kind, clock->which) : NULL;
    return found && found->remaining < 0 && found->due == clock->due && found->calendar == clock->calendar ? found : NULL;
}

/* A clock that runs in a live case has a row; a row that stays as it is is not written again. */
static void put_deadlines(struct engine *engine, const struct case_state *before, const struct case_state *after)
{
    uint32_t partition = engine->options.partition;
    for (uint32_t i = 0; is_live(before) && i < before->clock_count; i++) {
        const struct case_clock *clock = &before->clocks[i];
        if (clock->remaining >= 0 || same_clock(after, clock))
            continue;
        struct record_key key = key_deadline(partition, clock->due, before->id, clock->kind, clock->which);
        batch_delete(&engine->batch, STORE_DEADLINE, &key);
    }
    for (uint32_t i = 0; is_live(after) && i < after->clock_count; i++) {
        const struct case_clock *clock = &after->clocks[i];
        if (clock->remaining >= 0 || same_clock(before, clock))
            continue;
        struct record_key key = key_deadline(partition, clock->due, after->id, clock->kind, clock->which);
        batch_put(&engine->batch, STORE_DEADLINE, &key, row_encode_number(&engine->batch.arena, clock->calendar));
        if (!engine_calendar_is_newest(engine, clock->calendar))
            engine_sweep_from(engine, &key); /* it was held, or stopped, while a newer calendar came */
    }
}

static void put_open(struct engine *engine, const struct case_state *before, const struct case_state *after)
{
    bool was = before && case_flags_listed(before->flags), is = case_flags_listed(after->flags);
    if (was && (!is || before->unit != after->unit)) {
        struct record_key key = key_open(engine->options.partition, before->unit, before->id);
        batch_delete(&engine->batch, STORE_OPEN, &key);
    }
    if (!is)
        return;
    if (was && before->unit == after->unit && before->stage == after->stage && before->flags == after->flags && before->workflow == after->workflow)
        return;
    struct record_key key = key_open(engine->options.partition, after->unit, after->id);
    struct open_row row = {.workflow = after->workflow, .stage = after->stage, .flags = after->flags};
    batch_put(&engine->batch, STORE_OPEN, &key, row_encode_open(&engine->batch.arena, &row));
}

static void put_names(struct engine *engine, const struct case_state *after)
{
    struct text id = row_encode_number(&engine->batch.arena, after->id);
    struct record_key key = key_case_key(engine->options.partition, (struct text){.data = (const char *)after->key, .size = ID_SIZE});
    batch_put(&engine->batch, STORE_KEY, &key, id);
    if (after->number.size == 0)
        return;
    key = key_number(engine->options.partition, after->number);
    batch_put(&engine->batch, STORE_NUMBER, &key, id);
}

/* ---- rows that follow from the effects ---- */

static void put_outbox(struct engine *engine, const struct case_state *after, const struct effect *effect, enum outbox_kind kind)
{
    struct outbox_row row = {.kind = kind, .case_id = after->id, .position = engine_next_position(engine), .unit = after->unit,
                             .about = effect->about, .worker = effect->worker, .text_zh = effect->text_zh, .text_en = effect->text_en, .attempt = 1};
    const struct case_task *task = kind == OUTBOX_TASK ? case_task_by_id(after, effect->task) : NULL;
    if (task)
        row.attempt = task->attempts + 1;
    struct record_key key = key_outbox(engine->options.partition, effect->topic, effect->ready_at, effect->task);
    batch_put(&engine->batch, STORE_OUTBOX, &key, row_encode_outbox(&engine->batch.arena, &row));
    if (!engine->done.outbox_changed || effect->ready_at < engine->done.outbox_from)
        engine->done.outbox_from = effect->ready_at;
    engine->done.outbox_changed = true;
}

/* Tasks that are withdrawn are collected in the arena, so that whoever leases them can be told. */
static void note_withdrawn(struct engine *engine, uint64_t task)
{
    uint32_t count = engine->done.withdrawn_count;
    if ((count & (count - 1)) == 0) { /* 0, 1, 2, 4, 8 ...: full */
        uint64_t *wider = ARENA_ARRAY(&engine->batch.arena, uint64_t, count ? count * 2 : 1);
        if (count)
            memcpy(wider, engine->done.withdrawn, count * sizeof *wider);
        engine->done.withdrawn = wider;
    }
    ((uint64_t *)(uintptr_t)engine->done.withdrawn)[count] = task;
    engine->done.withdrawn_count++;
}

static void withdraw(struct engine *engine, const struct effect *effect)
{
    struct record_key key = key_outbox(engine->options.partition, effect->topic, effect->was_ready_at, effect->task);
    batch_delete(&engine->batch, STORE_OUTBOX, &key);
    note_withdrawn(engine, effect->task);
}

static void put_incident(struct engine *engine, const struct case_state *after, const struct effect *effect)
{
    const struct case_task *task = case_task_by_id(after, effect->task);
    struct incident_row row = {.case_id = after->id, .position = engine_next_position(engine), .time = engine->working.time,
                               .attempts = task ? task->attempts : 0, .topic = task ? task->topic : effect->topic, .why = effect->why};
    struct record_key key = key_incident(engine->options.partition, effect->task);
    batch_put(&engine->batch, STORE_INCIDENT, &key, row_encode_incident(&engine->batch.arena, &row));
}

static enum err put_effect(struct engine *engine, const struct event *event, const struct case_state *after, const struct effect *effect)
{
    struct record_key key;
    switch (effect->kind) {
    case EFFECT_OFFER: put_outbox(engine, after, effect, OUTBOX_TASK); break;
    case EFFECT_CANCEL: put_outbox(engine, after, effect, OUTBOX_CANCEL); break;
    case EFFECT_TELL_WORKER: put_outbox(engine, after, effect, OUTBOX_TELL); break;
    case EFFECT_WITHDRAW: withdraw(engine, effect); break;
    case EFFECT_INCIDENT: put_incident(engine, after, effect); break;
    case EFFECT_INCIDENT_CLOSED:
        key = key_incident(engine->options.partition, effect->task);
        batch_delete(&engine->batch, STORE_INCIDENT, &key);
        break;
    case EFFECT_COUNT: engine_owe_count(engine, after, effect); break;
    case EFFECT_COUNTED: engine_counted(engine, effect); break;
    case EFFECT_SAY: return engine_say(engine, event, after, effect);
    case EFFECT_NOTICE: break; /* in the record: read by those who watch */
    }
    return ERR_OK;
}

/* ---- rolls ---- */

static void put_rolls(struct engine *engine, const struct case_state *after, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->roll_count; i++) {
        const struct roll_row *row = &decision->rolls[i];
        struct record_key key = key_roll(engine->options.partition, after->id, row->roll, row->person);
        batch_put(&engine->batch, STORE_ROLL, &key, row_encode_roll(&engine->batch.arena, row));
    }
}

/* ---- what the history says ---- */

static void record_notices(struct arena *arena, const struct decision *decision, struct log_record *record)
{
    struct log_notice *notices = ARENA_ARRAY(arena, struct log_notice, decision->effect_count);
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->kind == EFFECT_NOTICE)
            notices[record->notice_count++] = (struct log_notice){.kind = effect->notice, .who = effect->who, .who_count = effect->who_count,
                                                                  .text_zh = effect->text_zh, .text_en = effect->text_en};
    }
    record->notices = notices;
}

static void record_changes(struct arena *arena, const struct decision *decision, struct log_record *record)
{
    struct log_change *changes = ARENA_ARRAY(arena, struct log_change, decision->changed_count);
    for (uint32_t i = 0; i < decision->changed_count; i++)
        changes[i] = (struct log_change){.kind = decision->changed[i].kind, .which = decision->changed[i].which,
                                         .before = decision->changed[i].before, .after = decision->changed[i].after};
    record->changes = changes;
    record->change_count = decision->changed_count;
}

static void record_outcome(struct engine *engine, const struct case_state *after, struct log_record *record)
{
    const struct workflow *workflow = engine_workflow(engine, after->workflow);
    const struct directory *directory = engine_directory(engine);
    int32_t unit = directory ? directory_unit_by_id(directory, after->unit) : NONE;
    record->stage = text_of(workflow_stage_name(workflow, after->stage));
    record->level = text_of(workflow_level_name(workflow, after->level));
    record->end = text_of(workflow_end_name(workflow, after->end));
    if (unit != NONE)
        record->unit = text_of(directory_unit_path(directory, unit));
    record->number = after->number;
    record->due = case_due(after);
}

/* ---- all of it ---- */

void engine_note_forgotten(struct engine *engine, const struct case_state *state)
{
    uint32_t count = engine->done.forgotten_count;
    struct text *wider = ARENA_ARRAY(&engine->batch.arena, struct text, count + 1); /* a bounded number fires in a batch */
    if (count)
        memcpy(wider, engine->done.forgotten, count * sizeof *wider);
    wider[count] = arena_copy(&engine->batch.arena, (struct text){.data = (const char *)state->key, .size = ID_SIZE});
    engine->done.forgotten = wider;
    engine->done.forgotten_count = count + 1;
}

/* Long people values get rows of their own, written only when they change; they are shared from one state to the next while they do not. */
static void put_kept(struct engine *engine, const struct case_state *before, const struct case_state *after)
{
    static const struct value none = {.kind = VALUE_NONE};
    uint32_t fields = before && before->data_count > after->data_count ? before->data_count : after->data_count;
    for (uint32_t i = 0; i < fields; i++) {
        const struct value *was = before && i < before->data_count ? &before->data[i] : &none, *is = i < after->data_count ? &after->data[i] : &none;
        if ((!case_value_is_kept(was) && !case_value_is_kept(is)) || was->items == is->items)
            continue;
        struct record_key key = key_kept(engine->options.partition, after->id, i);
        if (case_value_is_kept(is))
            batch_put(&engine->batch, STORE_KEPT, &key, row_encode_kept(&engine->batch.arena, is));
        else
            batch_delete(&engine->batch, STORE_KEPT, &key);
    }
}

/* The case as the next event will see it. */
static enum err keep_case(struct engine *engine, struct case_state *after, bool opening, struct text *encoded)
{
    struct batch_case *subject;
    if (opening) {
        subject = batch_new_case(&engine->batch, after->id);
    } else {
        enum err code = batch_case(&engine->batch, engine->options.partition, after->id, &subject);
        if (code)
            return code;
    }
    *encoded = case_encode(&engine->batch.arena, after);
    subject->state = after;
    subject->encoded = *encoded;
    subject->dirty = true;
    subject->fits = true;
    return ERR_OK;
}

/* With everything else that the case held of people; where ballots are still to be opened, which stand in the rolls, when they are counted. */
static bool rolls_go(const struct event *event, const struct case_state *after)
{
    bool counted = event->kind == EVENT_COUNT && (after->flags & CASE_FORGOTTEN);
    return (event->rolls || counted) && !case_poll_counting(after);
}

enum err engine_apply(struct engine *engine, const struct event *event, const struct case_state *before, const struct decision *decision, int64_t effective)
{
    struct case_state *after = decision->after;
    uint64_t position = engine_next_position(engine);
    struct log_record record = {.effective = effective, .case_id = after->id, .previous = before ? before->last_position : 0, .event = *event};
    after->last_position = position;
    after->events = before ? before->events + 1 : 1;
    if (event->id.size == ID_SIZE)
        memcpy(after->last_id, event->id.data, ID_SIZE);
    struct text encoded;
    enum err code = keep_case(engine, after, !before, &encoded);
    if (code)
        return code;
    struct record_key key = key_case(engine->options.partition, after->id);
    record.case_digest = store_checksum(key_text(&key), encoded);
    put_kept(engine, before, after);
    put_deadlines(engine, before, after);
    put_open(engine, before, after);
    if (before && (after->flags & ~before->flags & CASE_FORGOTTEN))
        engine_note_forgotten(engine, after);
    engine_previous_note(engine, before, after);
    code = engine_figures_count(engine, before, after);
    if (code)
        return code;
    if (!before)
        put_names(engine, after);
    for (uint32_t i = 0; is_live(after) && i < decision->effect_count && !code; i++)
        code = put_effect(engine, event, after, &decision->effects[i]);
    if (code)
        return code;
    if (engine_was_said(event))
        engine_said_gone(engine, event);
    put_rolls(engine, after, decision);
    if (rolls_go(event, after))
        code = engine_forget_rolls(engine, after->id);
    if (code)
        return code;
    record.note_zh = decision->note_zh;
    record.note_en = decision->note_en;
    record_notices(&engine->batch.arena, decision, &record);
    record_changes(&engine->batch.arena, decision, &record);
    record_outcome(engine, after, &record);
    engine_append(engine, &record);
    engine_put_receipt(engine, event, position, false);
    if (event->run)
        code = engine_run_opened(engine, event, after->id);
    code = code ? code : engine_count_end(engine, before, after, effective);
    if (!code && event->parked) {
        struct parked_row gone;
        code = engine_unpark_rows(engine, event->subject.text, event->parked, &gone);
    }
    return code;
}
