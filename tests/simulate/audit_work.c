/* audit_work: what is handed to workers, under which lease, and what is owed when everything is drained. See audit.h. */
#include "tests/simulate/audit.h"

#include "engine/case.h"
#include "tests/simulate/host.h"
#include "tests/simulate/workers.h"

/* ---- leases ---- */

static struct lease *lease_of(struct sim *sim, uint64_t task)
{
    struct map_number storage;
    return map_find(&sim->audit->leases, map_key(&storage, task));
}

static struct lease *lease_made(struct sim *sim, uint64_t task)
{
    struct map_number storage;
    void **slot = map_at(&sim->audit->leases, map_key(&storage, task));
    if (!*slot)
        *slot = ARENA_NEW(&sim->memory, struct lease);
    return *slot;
}

/* A row of the outbox for it is on disk. */
static bool is_owed(struct sim *sim, uint64_t task)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value, topic;
    int64_t ready_at;
    uint64_t found = 0;
    if (store_begin_read(sim->host->store, &txn))
        return true; /* the store fails just now: nothing can be said */
    enum err code = store_cursor_open(txn, STORE_OUTBOX, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code && found != task; code = store_cursor_next(cursor, &key, &value))
        key_read_outbox(key, &topic, &ready_at, &found);
    store_end_read(&txn);
    return found == task;
}

static void check_grant(struct sim *sim, const struct speaker *worker, const struct message *message, const struct lease *lease)
{
    if (lease && !lease->over && lease->until > sim_monotonic(sim))
        sim_broken(sim, INVARIANT_ONE_OWNER_PER_LEASE, "task %llu goes to %.*s, but another lease of it holds for %lld ms", (unsigned long long)message->task,
                   SHOW(worker->name), (long long)(lease->until - sim_monotonic(sim)));
    if (message->lease <= sim->audit->last_lease)
        sim_broken(sim, INVARIANT_ONE_OWNER_PER_LEASE, "lease %llu was given out before", (unsigned long long)message->lease);
}

/* ---- credit ---- */

static struct seen_worker *worker_at(struct sim *sim, uint64_t peer)
{
    for (uint32_t i = 0; i < sim->audit->worker_count; i++)
        if (sim->audit->workers[i].peer == peer)
            return &sim->audit->workers[i];
    return NULL;
}

void audit_registered(struct sim *sim, const struct speaker *worker, uint32_t credit)
{
    const struct sim_worker *self = (const struct sim_worker *)worker;
    struct audit *audit = sim->audit;
    uint32_t at = 0;
    while (at < audit->worker_count && !text_equal(audit->workers[at].name, worker->name))
        at++;
    audit->worker_count += at == audit->worker_count;
    audit->workers[at] = (struct seen_worker){.name = worker->name, .topics = self->topics, .peer = worker->peer, .credit = credit,
                                                .everywhere = !self->unit, .heard = sim_monotonic(sim)};
    audit_beat(sim, worker->peer); /* whoever registers again is heard: what it leases on this connection goes on */
}

void audit_credit(struct sim *sim, uint64_t peer, uint32_t credit)
{
    struct seen_worker *worker = worker_at(sim, peer);
    if (!worker)
        return;
    worker->credit += credit;
    worker->busy = false;
    worker->heard = sim_monotonic(sim);
}

void audit_busy(struct sim *sim, uint64_t peer)
{
    struct seen_worker *worker = worker_at(sim, peer);
    if (worker)
        worker->busy = true;
}

static void use_credit(struct sim *sim, const struct speaker *speaker)
{
    struct seen_worker *worker = worker_at(sim, speaker->peer);
    if (!worker || worker->credit == 0)
        sim_broken(sim, INVARIANT_CREDIT_IS_KEPT, "%.*s is handed something and has no credit", SHOW(speaker->name));
    else
        worker->credit--;
}

void audit_rests(struct sim *sim, uint64_t task)
{
    struct lease *lease = lease_of(sim, task);
    if (lease)
        lease->over = lease->rests = true;
}

static bool works_on(const struct seen_worker *worker, struct text topic)
{
    for (int i = 0; i < TOPICS_MOST && worker->topics[i]; i++)
        if (text_is(topic, worker->topics[i]))
            return true;
    return false;
}

/* Somebody who waits for just that; NULL: nobody. */
static const struct seen_worker *who_waits(const struct sim *sim, struct text topic, const struct outbox_row *row)
{
    for (uint32_t i = 0; i < sim->audit->worker_count; i++) {
        const struct seen_worker *worker = &sim->audit->workers[i];
        bool meant = row->kind != OUTBOX_CANCEL || text_equal(row->worker, worker->name);
        bool waits = worker->credit && worker->everywhere && !worker->busy && sim_monotonic(sim) - worker->heard <= sim->profile.lease_ms;
        if (meant && waits && mail_speaker(sim, worker->peer) && works_on(worker, topic))
            return worker;
    }
    return NULL;
}

static void look_at_owed(struct sim *sim, int64_t time, struct text key, struct text value)
{
    struct text topic;
    struct outbox_row row;
    int64_t ready_at;
    uint64_t task;
    if (!key_read_outbox(key, &topic, &ready_at, &task) || row_decode_outbox(value, &row) || ready_at > time)
        return;
    const struct lease *lease = lease_of(sim, task);
    const struct seen_worker *worker = who_waits(sim, topic, &row);
    if (worker && (!lease || lease->over) && !(lease && lease->rests))
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "%llu of %.*s is ready since %lld ms, %.*s waits for it, and it is not handed out", (unsigned long long)task,
                   SHOW(topic), (long long)(time - ready_at), SHOW(worker->name));
}

void audit_handed_all(struct sim *sim, int64_t time)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    host_pause_faults(sim);
    if (!store_begin_read(sim->host->store, &txn)) {
        enum err code = store_cursor_open(txn, STORE_OUTBOX, &cursor);
        code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
        for (; !code && !sim_over(sim); code = store_cursor_next(cursor, &key, &value))
            look_at_owed(sim, time, key, value);
        store_end_read(&txn);
    }
    host_resume_faults(sim);
}

/* ---- leases that hold, and those that do not ---- */

void audit_handed_out(struct sim *sim, const struct speaker *worker, const struct message *message)
{
    struct lease *lease = lease_of(sim, message->task);
    if (message->kind == MESSAGE_CANCEL && !message->about)
        return; /* a courtesy: nothing is handed out */
    host_pause_faults(sim);
    if (message->task / 256 > sim->audit->count || !is_owed(sim, message->task))
        sim_broken(sim, INVARIANT_NOTHING_UNCOMMITTED_LEAVES, "task %llu goes to %.*s, but is not owed on disk", (unsigned long long)message->task, SHOW(worker->name));
    host_resume_faults(sim);
    check_grant(sim, worker, message, lease);
    use_credit(sim, worker);
    lease = lease_made(sim, message->task);
    *lease = (struct lease){.number = message->lease, .peer = worker->peer, .task = message->task,
                            .is_task = message->kind == MESSAGE_TASK && !text_is(message->what, "notice"), .until = sim_monotonic(sim) + sim->profile.lease_ms};
    sim->audit->last_lease = message->lease;
}

void audit_beat(struct sim *sim, uint64_t peer)
{
    const struct map *leases = &sim->audit->leases;
    audit_credit(sim, peer, 0);
    for (uint32_t i = 0; i < leases->room; i++) {
        struct lease *lease = leases->slots[i].value;
        if (lease && lease->peer == peer && !lease->over)
            lease->until = sim_monotonic(sim) + sim->profile.lease_ms;
    }
}

void audit_lease_over(struct sim *sim, uint64_t task)
{
    struct lease *lease = lease_of(sim, task);
    if (lease)
        lease->over = true;
}

void audit_lapsed(struct sim *sim, uint64_t task)
{
    struct lease *lease = lease_of(sim, task);
    if (lease && !lease->over && lease->until > sim_monotonic(sim))
        sim_broken(sim, INVARIANT_ONE_OWNER_PER_LEASE, "the lease of task %llu is said to have run out %lld ms before its time", (unsigned long long)task,
                   (long long)(lease->until - sim_monotonic(sim)));
    audit_lease_over(sim, task);
}

/* What is no task just becomes owed again; nobody says so. */
void audit_lapsed_quietly(struct sim *sim)
{
    const struct map *leases = &sim->audit->leases;
    for (uint32_t i = 0; i < leases->room; i++) {
        struct lease *lease = leases->slots[i].value;
        if (lease && !lease->is_task && lease->until <= sim_monotonic(sim))
            lease->over = true;
    }
}

void audit_leases_forgotten(struct sim *sim)
{
    const struct map *leases = &sim->audit->leases;
    for (uint32_t i = 0; i < leases->room; i++)
        if (leases->slots[i].value)
            *(struct lease *)leases->slots[i].value = (struct lease){.over = true};
    sim->audit->worker_count = 0;
}

/* ---- what is owed ---- */

static void check_task(struct sim *sim, const struct case_state *state, const struct case_task *task)
{
    unsigned long long id = task->id;
    if (task->topic.size == 0 || (state->flags & CASE_HELD))
        return; /* people's; or nothing of it leaves before the release */
    if (task->state == TASK_OPEN)
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "task %llu (%.*s) was handed to nobody", id, SHOW(task->topic));
    if (task->state == TASK_HELD && !workers_keeps(sim, task->holder, task->id))
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "task %llu is held by %.*s, which does not know it", id, SHOW(task->holder));
}

/* Tasks of the case that the worker keeps. */
static bool holds(const struct case_state *state, struct text worker, uint64_t id)
{
    const struct case_task *task = state ? case_task_by_id(state, id) : NULL;
    return task && task->state == TASK_HELD && text_equal(task->holder, worker);
}

static const struct case_state *read_case(struct sim *sim, uint64_t id)
{
    struct store_txn *txn;
    struct text value;
    struct case_state *state = NULL;
    struct record_key key = key_case(0, id);
    if (store_begin_read(sim->host->store, &txn))
        return NULL;
    if (store_get(txn, STORE_CASE, key_text(&key), &value) || case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state))
        state = NULL;
    store_end_read(&txn);
    return state;
}

static void check_ledger(struct sim *sim, const struct sim_worker *worker)
{
    for (const struct job *job = worker->jobs; job; job = job->next)
        if (job->kept && !holds(read_case(sim, job->case_id), worker->speaker.name, job->task))
            sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "%.*s keeps task %llu, which is no longer its own; nobody has told it", SHOW(worker->speaker.name),
                       (unsigned long long)job->task);
}

struct text audit_first_owed(struct sim *sim)
{
    static const char *const kinds[] = {[OUTBOX_TASK] = "task", [OUTBOX_CANCEL] = "cancellation", [OUTBOX_TELL] = "notice", [OUTBOX_SAY] = "word to a case", [OUTBOX_COUNT] = "count"};
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value, topic, found = {0};
    struct outbox_row row;
    int64_t ready_at;
    uint64_t task;
    if (store_begin_read(sim->host->store, &txn))
        return TEXT("a store that cannot be read");
    if (!store_cursor_open(txn, STORE_OUTBOX, &cursor) && !store_cursor_seek(cursor, (struct text){0}, &key, &value) &&
        key_read_outbox(key, &topic, &ready_at, &task) && !row_decode_outbox(value, &row))
        found = arena_print(&sim->scratch, "%s %llu of %.*s, attempt %u, ready since %lld ms", kinds[row.kind], (unsigned long long)task, SHOW(topic), row.attempt,
                            (long long)(host_clock(sim) - ready_at));
    store_end_read(&txn);
    return found;
}

void audit_owed(struct sim *sim)
{
    struct text owed = audit_first_owed(sim);
    if (owed.size)
        sim_broken(sim, INVARIANT_EVERYTHING_OWED_ARRIVES, "all workers wait, and this is still owed to them: %.*s", SHOW(owed));
    for (uint64_t i = 0; i < sim->audit->count && !sim_over(sim); i++) {
        const struct seen_record *seen = sim->audit->records[i];
        const struct case_state *state = seen->record.event.kind == EVENT_OPEN ? read_case(sim, i + 1) : NULL;
        for (uint32_t t = 0; state && t < state->task_count; t++)
            check_task(sim, state, &state->tasks[t]);
    }
    for (uint32_t i = 0; i < sim->workers->count && !sim_over(sim); i++)
        check_ledger(sim, &sim->workers->workers[i]);
}
