/* door: see door.h. */
#include "engine/door.h"

#include "engine/poll.h"

#include <assert.h>

enum { AFTER_MOST_MS = 7 * 24 * 60 * 60 * 1000 }; /* a worker may ask to be given a failed task again so much later at most */

static enum event_kind kind_of(enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_OPEN: return EVENT_OPEN;
    case MESSAGE_SEND: return EVENT_SEND;
    case MESSAGE_RELEASE: return EVENT_RELEASE;
    case MESSAGE_MIGRATE: return EVENT_MIGRATE;
    case MESSAGE_RETRY: return EVENT_RETRY;
    case MESSAGE_ERASE: return EVENT_ERASE;
    case MESSAGE_ACCEPT: return EVENT_ACCEPT;
    case MESSAGE_SETTLE: return EVENT_SETTLE;
    case MESSAGE_FAIL: return EVENT_FAIL;
    default: assert(false && "a message that is no event came to the door"); return 0;
    }
}

/* Everything that is taken over as it is. */
/* Who sent it is copied: a case may keep its name until the end of the batch, and its connection may register otherwise or end before that. */
static void take_over(struct arena *arena, const struct message *message, const struct door_origin *origin, struct event *event)
{
    *event = (struct event){
        .kind = kind_of(message->kind),
        .id = message->id,
        .sender = arena_copy(arena, origin->principal),
        .subject = message->subject,
        .key = message->key,
        .workflow = message->workflow,
        .unit = message->unit,
        .name = message->event,
        .as = message->as,
        .on_behalf = message->on_behalf,
        .has_happened_at = (message->has & MESSAGE_HAS_HAPPENED_AT) != 0,
        .happened_at = message->happened_at,
        .held = message->held,
        .version = message->version,
        .worker = arena_copy(arena, origin->worker),
        .task = message->task,
    };
}

/* ---- what brings fields ---- */

static struct door_brought brought_by(const struct message *message, const struct event *event, struct text case_key, const struct case_state *state)
{
    return (struct door_brought){.case_key = case_key, .event_id = event->id, .sender = event->sender, .as = event->as, .on_behalf = event->on_behalf,
                                 .state = state, .given = message->data, .count = message->data_count};
}

/* Of a case that is here already this is the same opening again, or one that will be refused: it is sealed as the first one was, also when a newer
 * version says otherwise by now what is private. Else the one of the day that the engine will ask for too. NULL: none. */
static enum err workflow_of_opening(struct door *door, const struct message *message, const struct event *event, const struct workflow **workflow)
{
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = message->key};
    const struct case_state *state;
    enum err code = engine_find_case(door->engine, &subject, &state);
    if (code && code != ERR_UNKNOWN_CASE)
        return code;
    int64_t day = event->held && event->has_happened_at ? event->happened_at : engine_now(door->engine);
    *workflow = code ? engine_newest_workflow(door->engine, message->workflow, day) : engine_workflow(door->engine, state->workflow);
    return ERR_OK;
}

static enum err seal_opening(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why)
{
    const struct workflow *workflow;
    enum err code = workflow_of_opening(door, message, event, &workflow);
    if (code)
        return code;
    if (!workflow || !engine_directory(door->engine))
        return ERR_OK; /* refused behind the door, without its fields */
    event->data_count = message->data_count;
    const struct door_brought brought = brought_by(message, event, message->key, NULL);
    return door_seal_fields(door, arena, workflow, &brought, &event->data, why);
}

/* For a case that is not here yet. */
static enum err seal_parked(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why)
{
    const struct door_brought brought = brought_by(message, event, message->subject.text, NULL);
    return door_seal_whole(door, arena, &brought, &event->sealed, why);
}

static enum err seal_sent(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why)
{
    const struct case_state *state;
    if (message->data_count == 0)
        return ERR_OK;
    enum err code = engine_find_case(door->engine, &message->subject, &state);
    if (code == ERR_UNKNOWN_CASE && message->subject.kind == CASE_REF_KEY && event->worker.size == 0 && !poll_is_event(event->name))
        return seal_parked(door, arena, message, event, why);
    if (code)
        return code == ERR_UNKNOWN_CASE ? ERR_OK : code; /* refused behind the door, without its fields */
    /* Its case has come, but what is parked under its id was sealed as one: so is this, and both are the same event or are not. */
    bool parked;
    code = engine_is_parked(door->engine, event->id, event->sender, &parked);
    if (code)
        return code;
    if (parked && message->subject.kind == CASE_REF_KEY)
        return seal_parked(door, arena, message, event, why);
    const struct workflow *workflow = engine_workflow(door->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    const struct door_brought brought = brought_by(message, event, (struct text){.data = (const char *)state->key, .size = ID_SIZE}, state);
    event->data_count = message->data_count;
    if (poll_is_event(event->name)) { /* brings no fields of the workflow */
        event->data = message->data;
        return text_is(event->name, "ballot") ? door_seal_ballot(door, arena, workflow, state, event, why) : ERR_OK;
    }
    return door_seal_fields(door, arena, workflow, &brought, &event->data, why);
}

/* ---- what speaks of a task ---- */

/* The case whose event made the task. Not the row of the incident: that is gone when the same message comes again, and then it must still
 * be the same event, to have the first answer. */
static enum err find_case_of_task(struct door *door, struct arena *arena, struct event *event)
{
    struct store_txn *txn;
    enum err code = store_begin_read(engine_store(door->engine), &txn);
    if (code)
        return code;
    struct record_key key = key_log(engine_partition(door->engine), event->task >> 8);
    struct text bytes;
    struct log_record record = {0};
    code = store_get(txn, STORE_LOG, key_text(&key), &bytes);
    code = code ? code : log_decode(arena, arena_copy(arena, bytes), &record);
    store_end_read(&txn);
    if (code == ERR_NOT_FOUND || (!code && !record.case_id))
        return ERR_UNKNOWN_INCIDENT;
    event->subject = (struct case_ref){.kind = CASE_REF_ID, .id = record.case_id};
    return code;
}

static void take_report(const struct door *door, const struct door_origin *origin, struct event *event)
{
    if (origin->case_id)
        event->subject = (struct case_ref){.kind = CASE_REF_ID, .id = origin->case_id};
    event->topic = origin->topic;
    event->ready_at = origin->ready_at;
    event->attempt = origin->attempt;
    event->attempts_most = door->attempts_most;
    event->retry_base_ms = door->retry_base_ms;
    event->retry_most_ms = door->retry_most_ms;
}

/* The wish for a certain delay is one that does not grow. */
static void take_failure(const struct message *message, struct event *event)
{
    event->why = message->why;
    event->again = message->again;
    if (message->after)
        event->retry_base_ms = event->retry_most_ms = message->after < AFTER_MOST_MS ? (uint32_t)message->after : AFTER_MOST_MS;
}

/* Bringing old cases along, or cases to another version, and erasing are the operator's acts, whoever is named in them: no workflow says who may. */
static bool is_operators(const struct event *event)
{
    return event->kind == EVENT_RELEASE || event->kind == EVENT_MIGRATE || event->kind == EVENT_ERASE || (event->kind == EVENT_OPEN && event->held);
}

/* A reference that was mistyped must not look as if somebody had been erased. */
static enum err take_erasure(struct door *door, const struct message *message, struct event *event, struct text *why)
{
    struct seal_key key = seal_key_of_person(event->on_behalf);
    enum err code = seal_knows(door->seal, &key);
    event->why = message->why;
    if (code != ERR_NOT_FOUND)
        return code;
    *why = TEXT("Nothing was ever sealed for that reference: no private value belongs to it. What an official wrote without saying for whom (`for`) belongs to its "
                "case: it goes when the case is forgotten (`retain`).");
    return ERR_UNKNOWN_PERSON;
}

enum err door_event(struct door *door, struct arena *arena, const struct message *message, const struct door_origin *origin, struct event *event,
                    struct text *why)
{
    *why = (struct text){0};
    take_over(arena, message, origin, event);
    if (is_operators(event) && door->operator.size && !origin->operates && !text_equal(origin->principal, door->operator)) {
        *why = TEXT("Old cases are opened held, and released, cases are moved to another version, and private values are erased, by the operator: over the socket in the data folder, or with an operator's key.");
        return ERR_DENIED;
    }
    switch (event->kind) {
    case EVENT_OPEN: return seal_opening(door, arena, message, event, why);
    case EVENT_SEND: return door_speaks_of_two(event) ? door_two_cases(door, arena, message, event, why) : seal_sent(door, arena, message, event, why);
    case EVENT_RETRY: return event->subject.kind == CASE_REF_NONE ? find_case_of_task(door, arena, event) : ERR_OK;
    case EVENT_MIGRATE: /* its fields are names of the workflow: nothing to seal */
        event->data = message->data;
        event->data_count = message->data_count;
        return ERR_OK;
    case EVENT_ERASE: return take_erasure(door, message, event, why);
    case EVENT_ACCEPT: take_report(door, origin, event); return ERR_OK;
    case EVENT_SETTLE:
        take_report(door, origin, event);
        if (message->data_count == 0)
            return ERR_OK;
        *why = TEXT("A settlement brings no fields: send the event of the workflow that does.");
        return ERR_BAD_DATA;
    case EVENT_FAIL:
        take_report(door, origin, event);
        take_failure(message, event);
        return ERR_OK;
    default: return ERR_OK;
    }
}

enum err door_seen(struct door *door, struct arena *arena, const struct message *message, const struct door_origin *origin, struct message *answer,
                   bool *seen)
{
    struct event event;
    struct text why;
    *seen = false;
    if (message->id.size == 0)
        return ERR_OK;
    uint32_t mark = seal_save(door->seal);
    enum err code = door_event(door, arena, message, origin, &event, &why);
    if (!code)
        code = engine_answer_seen(door->engine, &event, answer, seen);
    seal_rewind(door->seal, mark); /* what was applied has its keys already */
    return code && err_travels(code) ? ERR_OK : code;
}

void door_lapse(const struct door *door, const struct door_origin *origin, uint64_t task, struct event *event)
{
    *event = (struct event){.kind = EVENT_FAIL, .sender = origin->principal, .worker = origin->worker, .task = task, .again = true, .lapsed = true,
                            .why = TEXT("The lease ran out: nothing was heard of the worker any more.")};
    take_report(door, origin, event);
}
