/* outbox_report: what workers report, what happens to leases then, and to those of workers that say nothing. See outbox.h. */
#include "engine/outbox_inner.h"

#include <assert.h>

enum { REST_MS = 5000 }; /* a notice or cancellation that a worker could not take note of is owed again so much later */

/* ---- before the decision ---- */

/* A worker that does not hold a task may speak of those only that could be its own: of its topics, at its units. */
static bool could_have(const struct outbox *outbox, const struct worker_link *worker, const struct case_task *task, uint32_t unit_id)
{
    if (task->state == TASK_HELD && text_equal(task->holder, worker->name))
        return true;
    for (uint32_t i = 0; i < worker->topic_count; i++)
        if (text_equal(worker->topics[i].topic, task->topic))
            return worker_at_unit(outbox, worker, unit_id);
    return false;
}

/* What its worker accepted has no lease. One that was accepted in a later attempt than the failure speaks of must not fail by it: a failure came
 * late, or is a repeat whose first answer was lost. */
static enum err check_failure(struct arena *arena, const struct message *message, const struct case_task *task, struct text *why)
{
    if (message->kind != MESSAGE_FAIL)
        return ERR_OK;
    if (!message->lease && !message->id.size) {
        *why = TEXT("id: is needed where a failure has no lease (0): without either, a repeat of it would be the failure of another attempt.");
        return ERR_MALFORMED;
    }
    if (!message->lease || lease_attempt(message->lease) == lease_attempt(task->attempts + 1))
        return ERR_OK;
    *why = arena_print(arena, "The attempt that this lease was for is over: the task has failed %u times.", task->attempts);
    return ERR_STALE_LEASE;
}

/* Accepting has no end that is known beforehand, so it must not begin by mistake: of two copies of one report the first may have been refused while another
 * leased the task, and its sender has dropped it. A lease that is over accepts nothing any more; who has not heard that it holds the task hears it again. */
static enum err check_acceptance(const struct message *message, const struct case_task *task, struct text worker, struct text *why)
{
    if (message->kind != MESSAGE_ACCEPT || (task->state == TASK_HELD && text_equal(task->holder, worker)))
        return ERR_OK;
    *why = TEXT("Its lease was over before it was accepted: while the task waits to be done it comes again.");
    return ERR_STALE_LEASE;
}

/* A task that nobody leases: it was accepted, the engine was started again, or the lease ran out and the task waits for its next attempt. Its case says
 * whether the report still counts. */
static enum err origin_of_case(struct outbox *outbox, const struct worker_link *worker, struct arena *arena, const struct message *message, struct door_origin *origin,
                               struct text *why)
{
    uint64_t id = message->task;
    struct view view = {.engine = outbox->options.engine, .seal = outbox->options.seal, .arena = arena};
    struct log_record record = {0};
    const struct case_state *state;
    enum err code = view_begin(&view);
    if (code)
        return code;
    code = view_record(&view, id >> 8, &record);
    view_end(&view);
    if (code && code != ERR_NOT_FOUND)
        return code;
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = record.case_id};
    code = record.case_id ? engine_find_case(outbox->options.engine, &subject, &state) : ERR_UNKNOWN_CASE;
    const struct case_task *task = code ? NULL : case_task_by_id(state, id);
    if (code && code != ERR_UNKNOWN_CASE)
        return code;
    origin->case_id = record.case_id;
    if (!task || !could_have(outbox, worker, task, state->unit)) { /* which of the two is not said */
        *why = TEXT("Nobody leases this task, and there is none such for this worker any more.");
        return ERR_UNKNOWN_TASK;
    }
    origin->topic = arena_copy(arena, task->topic);
    origin->ready_at = task->ready_at;
    origin->attempt = task->attempts + 1;
    code = check_acceptance(message, task, origin->worker, why);
    return code ? code : check_failure(arena, message, task, why);
}

/* An event that names a task is one of the task's case: the task gives no right to another. */
static enum err check_subject(struct outbox *outbox, const struct message *message, uint64_t case_id, struct text *why)
{
    const struct case_state *state;
    if (message->kind != MESSAGE_SEND)
        return ERR_OK;
    enum err code = engine_find_case(outbox->options.engine, &message->subject, &state);
    if (code == ERR_OK && state->id == case_id)
        return ERR_OK;
    *why = TEXT("The task that it names is not one of that case.");
    return code && code != ERR_UNKNOWN_CASE ? code : ERR_DENIED;
}

enum err outbox_check(struct outbox *outbox, struct arena *arena, uint64_t peer, const struct message *message, struct door_origin *origin,
                      struct text *why)
{
    const struct worker_link *worker = worker_by_peer(outbox, peer);
    *why = (struct text){0};
    if (!worker)
        return ERR_NOT_REGISTERED;
    if (!message->task) {
        *why = TEXT("A worker sends events about its tasks only: this one names no task.");
        return ERR_DENIED;
    }
    origin->worker = worker->name;
    const struct lease *lease = lease_find(outbox, message->task);
    if (!lease || (lease->state != LEASE_HELD && lease->kind == OUTBOX_TASK)) {
        enum err code = origin_of_case(outbox, worker, arena, message, origin, why);
        return code ? code : check_subject(outbox, message, origin->case_id, why);
    }
    origin->case_id = lease->case_id;
    if (lease->state != LEASE_HELD) /* a notice or cancellation that rests: it comes under a new lease */
        return ERR_STALE_LEASE;
    if (!text_equal(lease->worker->name, worker->name) || (message->lease && message->lease != lease->number))
        return ERR_STALE_LEASE;
    origin->topic = arena_copy(arena, lease->topic);
    origin->ready_at = lease->ready_at;
    origin->attempt = lease->attempt;
    return check_subject(outbox, message, origin->case_id, why);
}

/* ---- after the commit ---- */

static struct outbox_place place_of(const struct lease *lease)
{
    return (struct outbox_place){.ready_at = lease->ready_at, .task = lease->task};
}

/* Owed again at once, where it stands. */
static void owe_again(struct outbox *outbox, struct lease *lease)
{
    outbox_look_again(outbox, lease->topic, place_of(lease));
    lease_end(outbox, lease);
}

/* Notices and cancellations have no attempts: one that failed rests for a while. */
bool outbox_note_failed(struct outbox *outbox, uint64_t peer, const struct message *report, struct outbox_time time)
{
    struct lease *lease = lease_find(outbox, report->task);
    const struct worker_link *worker = worker_by_peer(outbox, peer);
    if (report->kind != MESSAGE_FAIL || !lease || lease->kind == OUTBOX_TASK || lease->state != LEASE_HELD || !worker ||
        !text_equal(lease->worker->name, worker->name) || report->lease != lease->number)
        return false; /* by its name: it may have come back on another connection since */
    int64_t rest = report->after > REST_MS && report->after < 3600000 ? (int64_t)report->after : REST_MS;
    lease_rest(outbox, lease, time.monotonic + rest);
    return true;
}

/* An event of the workflow need not settle the task that it names: one that stays leaves it owed. When that cannot be read, silence will tell. */
static bool still_owed(const struct outbox *outbox, const struct lease *lease)
{
    struct record_key key = key_outbox(engine_partition(outbox->options.engine), lease->topic, lease->ready_at, lease->task);
    struct store_txn *txn;
    struct text value;
    if (store_begin_read(engine_store(outbox->options.engine), &txn))
        return true;
    enum err code = store_get(txn, STORE_OUTBOX, key_text(&key), &value);
    store_end_read(&txn);
    return code != ERR_NOT_FOUND;
}

void outbox_reported(struct outbox *outbox, uint64_t peer, const struct message *report, const struct message *answer)
{
    const struct worker_link *worker = worker_by_peer(outbox, peer);
    struct lease *lease = lease_find(outbox, report->task);
    if (!worker || !lease || lease->state != LEASE_HELD || !text_equal(lease->worker->name, worker->name) ||
        (report->lease && report->lease != lease->number))
        return;
    bool done = answer->kind == MESSAGE_APPLIED || answer->kind == MESSAGE_DUPLICATE;
    if (done && report->kind == MESSAGE_SEND && still_owed(outbox, lease))
        return;
    if (answer->kind == MESSAGE_APPLIED)
        lease_end(outbox, lease);
    else if (done || answer->code == ERR_UNKNOWN_TASK || answer->code == ERR_STALE_LEASE)
        owe_again(outbox, lease); /* the worker is through with it: if it is owed all the same (an old failure, said again), it must go out again */
    /* After any other refusal it still has the task, and may report otherwise. */
}

void outbox_withdrawn(struct outbox *outbox, const uint64_t *tasks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct lease *lease = lease_find(outbox, tasks[i]);
        if (!lease)
            continue;
        if (lease->state == LEASE_HELD && !lease->worker->gone) {
            const struct message cancel = {.kind = MESSAGE_CANCEL, .task = lease->task, .lease = lease->number, .topic = lease->topic};
            enum err code = outbox->options.sender.send(outbox->options.sender.context, lease->worker->peer, &cancel);
            (void)code; /* a courtesy: who does not hear it has its report refused */
        }
        lease_end(outbox, lease);
    }
}

/* ---- silence ---- */

static struct lease *find_expired(const struct outbox *outbox, int64_t monotonic)
{
    for (const struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        for (struct lease *lease = worker->oldest; lease && lease_expiry(outbox, lease) <= monotonic; lease = lease->newer)
            if (lease->state == LEASE_HELD)
                return lease;
    return NULL;
}

bool outbox_lapsed(struct outbox *outbox, struct outbox_time time, struct door_origin *origin, uint64_t *task)
{
    struct lease *lease;
    while ((lease = lease_rested(outbox, time.monotonic)) != NULL)
        owe_again(outbox, lease);
    while ((lease = find_expired(outbox, time.monotonic)) != NULL && lease->kind != OUTBOX_TASK)
        owe_again(outbox, lease);
    if (!lease)
        return false;
    lease->state = LEASE_LAPSING;
    *task = lease->task;
    *origin = (struct door_origin){.worker = lease->worker->name, .case_id = lease->case_id, .topic = lease->topic, .ready_at = lease->ready_at,
                                   .attempt = lease->attempt};
    return true;
}

void outbox_lapse_done(struct outbox *outbox, uint64_t task)
{
    struct lease *lease = lease_find(outbox, task);
    if (lease && lease->state == LEASE_LAPSING)
        owe_again(outbox, lease); /* when its failure was refused the row stands where it was */
}

void outbox_lapse_again(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->slot_count; i++)
        if (outbox->slots[i] && outbox->slots[i]->state == LEASE_LAPSING)
            outbox->slots[i]->state = LEASE_HELD;
}
