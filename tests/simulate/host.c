/* host: see host.h. */
#include "tests/simulate/host.h"

#include "engine/limits.h"
#include "tests/simulate/audit.h"
#include "tests/simulate/breaks.h"
#include "tests/simulate/trouble.h"
#include "tests/simulate/workers.h"

#include <assert.h>

/* ---- its clock ---- */

static int64_t read_wall(void *context)
{
    const struct sim *sim = context;
    return sim->now + sim->host->skew + sim->host->jump;
}

static int64_t read_monotonic(void *context)
{
    return sim_monotonic(context);
}

/* Whoever starts a machine whose clock is a year off sets it right first. */
static void start_watch(struct sim *sim)
{
    sim->host->jump = 0;
    walltime_init(&sim->host->walltime, &(struct walltime_source){read_wall, read_monotonic, sim});
}

int64_t host_clock(const struct sim *sim)
{
    struct walltime *walltime = &sim->host->walltime;
    walltime_read(walltime);
    return sim->options.broken == BREAK_BELIEVE_CLOCK ? walltime->now + sim->host->jump : walltime->now;
}

int64_t host_ahead(const struct sim *sim)
{
    return host_clock(sim) - sim->now;
}

/* ---- begin and end of a run ---- */

void host_begin(struct sim *sim)
{
    struct host *host = sim->host = ARENA_NEW(&sim->memory, struct host);
    enum err code = store_memory_open(&host->store);
    assert(code == ERR_OK);
    code = store_memory_open(&host->keys);
    assert(code == ERR_OK);
    host->inbox_end = &host->inbox;
    host->turn_at = INT64_MAX;
    host->waiting.arena = &sim->memory;
    host->clock_most = INT64_MIN;
    start_watch(sim);
    arena_init(&host->arena);
}

static void close_all(struct host *host)
{
    outbox_destroy(&host->outbox);
    engine_close(&host->engine);
    seal_close(&host->seal);
    host->alive = false;
}

void host_end(struct sim *sim)
{
    struct host *host = sim->host;
    close_all(host);
    arena_close(&host->arena);
    store_close(&host->store);
    store_close(&host->keys);
}

struct outbox_time host_outbox_time(struct sim *sim)
{
    int64_t clock = host_clock(sim);
    int64_t engine = engine_now(sim->host->engine);
    return (struct outbox_time){.now = clock > engine ? clock : engine, .monotonic = sim_monotonic(sim)};
}

/* ---- the process ---- */

static void fill_random(void *context, void *bytes, size_t size)
{
    struct sim *sim = context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)dice_next(&sim->dice);
}

static enum err send_to_worker(void *context, uint64_t peer, const struct message *message)
{
    struct sim *sim = context;
    struct host *host = sim->host;
    struct speaker *speaker = mail_speaker(sim, peer);
    if (!speaker)
        return ERR_NOT_FOUND;
    if (host->dying || trouble_kills(sim, 300)) {
        host->dying = true; /* nothing more leaves; whoever has called finds it out */
        return ERR_BUSY;
    }
    if (!sim->draining && dice_chance(&sim->dice, 20)) {
        audit_busy(sim, peer);
        return ERR_BUSY;
    }
    audit_handed_out(sim, speaker, message);
    sim_trace(sim, "  to %.*s: %s task %llu lease %llu", SHOW(speaker->name), message_kind_name(message->kind), (unsigned long long)message->task,
              (unsigned long long)message->lease);
    if (sim->options.broken == BREAK_FORGET_CANCEL && message->kind == MESSAGE_CANCEL)
        return ERR_OK;
    mail_deliver(sim, peer, message);
    if (sim->options.broken == BREAK_DOUBLE_LEASE && message->kind == MESSAGE_TASK)
        workers_tell_another(sim, speaker, message);
    return ERR_OK;
}

static void note_parked(struct sim *sim, struct text key)
{
    struct host *host = sim->host;
    for (const struct parked_key *known = host->parked; known; known = known->next)
        if (text_equal(known->key, key))
            return;
    struct parked_key *parked = ARENA_NEW(&sim->memory, struct parked_key);
    *parked = (struct parked_key){.next = host->parked, .key = arena_copy(&sim->memory, key)};
    host->parked = parked;
}

/* Parked events whose case is here already: the process died between the two. */
static enum err find_parked(struct sim *sim)
{
    struct host *host = sim->host;
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_begin_read(host->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_PARKED, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        note_parked(sim, (struct text){key.data + 4, ID_SIZE});
        code = store_cursor_next(cursor, &key, &value);
    }
    store_end_read(&txn);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err open_all(struct sim *sim, const char **why)
{
    static const struct text history[] = {{"docket", 6}};
    struct host *host = sim->host;
    enum err code = seal_open(&host->seal, host->keys, &(struct seal_random){fill_random, sim});
    code = code ? code : engine_open(&host->engine, host->store, &(struct engine_options){0}, why);
    if (code)
        return code;
    struct outbox_options options = {.engine = host->engine, .seal = host->seal, .sender = {send_to_worker, sim}, .lease_ms = sim->profile.lease_ms,
                                     .first_lease = host->leases + 1, .history_topics = history, .history_topic_count = 1};
    host->leases += UINT64_C(1) << 32;
    code = outbox_create(&host->outbox, &options);
    host->door = (struct door){.engine = host->engine, .seal = host->seal, .attempts_most = sim->profile.attempts,
                               .retry_base_ms = sim->profile.retry_base_ms, .retry_most_ms = sim->profile.retry_most_ms};
    code = code ? code : find_parked(sim);
    return code ? code : host_forget_again(sim);
}

static void try_again(struct sim *sim, void *subject)
{
    (void)subject;
    if (!sim->host->alive)
        host_start(sim);
}

void host_wake(struct sim *sim)
{
    sim_after(sim, 1, try_again, NULL);
}

bool host_start(struct sim *sim)
{
    struct host *host = sim->host;
    const char *why = "";
    assert(!host->alive);
    host->parked = NULL;
    host->reload = host->dying = false;
    start_watch(sim);
    trouble_before_start(sim);
    host->waiting = (struct map){.arena = &sim->memory};
    enum err code = open_all(sim, &why);
    if (code) {
        sim_trace(sim, "the engine does not start: %s %s", err_name(code), why);
        if (!host_fault_came(sim))
            sim_broken(sim, INVARIANT_ONLY_THE_DISK_FAILS, "starting: %s: %s", err_name(code), why);
        close_all(host);
        store_memory_crash(host->store);
        store_memory_crash(host->keys);
        host_disarm(sim);
        sim_after(sim, trouble_disk_is_full(sim) ? MINUTE : SECOND, try_again, NULL);
        return false;
    }
    host->alive = true;
    host->turn_at = INT64_MAX;
    sim_trace(sim, "the engine starts at position %llu", (unsigned long long)engine_position(host->engine));
    audit_disk(sim);
    audit_process(sim, engine_epoch(host->engine));
    workers_engine_is_back(sim);
    host_plan_turn(sim, sim->now);
    return true;
}

/* What was decided in the open batch is forgotten. */
static void give_up(struct sim *sim)
{
    struct host *host = sim->host;
    if (host->in_batch)
        engine_abort(host->engine);
    host->in_batch = false;
}

void host_crash(struct sim *sim, const char *where)
{
    struct host *host = sim->host;
    sim_trace(sim, "the engine is killed %s", where);
    host->crashes++;
    give_up(sim);
    close_all(host);
    store_memory_crash(host->store);
    store_memory_crash(host->keys);
    host_disarm(sim);
    host->inbox = NULL;
    host->inbox_end = &host->inbox;
    host->inbox_count = 0;
    host->turn_at = INT64_MAX;
    audit_leases_forgotten(sim);
    trouble_lose_last(sim);
    breaks_at_rest(sim);
    bool unnoticed = !sim->draining && dice_chance(&sim->dice, sim->profile.down);
    sim_after(sim, sim->draining ? 1 : unnoticed ? dice_tail(&sim->dice, HOUR, 6 * DAY) : dice_tail(&sim->dice, 100, HOUR), try_again, NULL);
}

/* ---- faults ---- */

static bool came(const struct store *store, bool armed, uint64_t at)
{
    return armed && store_memory_calls(store) >= at;
}

bool host_fault_came(const struct sim *sim)
{
    const struct host *host = sim->host;
    return came(host->store, host->store_armed, host->store_fails_at) || came(host->keys, host->keys_armed, host->keys_fails_at);
}

void host_disarm(struct sim *sim)
{
    struct host *host = sim->host;
    host->store_armed = host->keys_armed = false;
    store_memory_set_fault(host->store, (struct store_memory_fault){0});
    store_memory_set_fault(host->keys, (struct store_memory_fault){0});
}

static void pause(struct store *store, bool armed, uint64_t at, struct store_memory_fault *fault)
{
    uint64_t calls = store_memory_calls(store);
    fault->countdown = armed && at > calls ? (uint32_t)(at - calls) : 0;
    if (armed)
        store_memory_set_fault(store, (struct store_memory_fault){0});
}

static void resume(struct store *store, bool armed, uint64_t *at, const struct store_memory_fault *fault)
{
    if (!armed || fault->countdown == 0)
        return;
    store_memory_set_fault(store, *fault);
    *at = store_memory_calls(store) + fault->countdown;
}

void host_pause_faults(struct sim *sim)
{
    struct host *host = sim->host;
    pause(host->store, host->store_armed, host->store_fails_at, &host->store_fault);
    pause(host->keys, host->keys_armed, host->keys_fails_at, &host->keys_fault);
}

void host_resume_faults(struct sim *sim)
{
    struct host *host = sim->host;
    resume(host->store, host->store_armed, &host->store_fails_at, &host->store_fault);
    resume(host->keys, host->keys_armed, &host->keys_fails_at, &host->keys_fault);
}

void host_failed(struct sim *sim, enum err code, const char *where)
{
    struct host *host = sim->host;
    sim_trace(sim, "the store fails: %s (%s)", err_name(code), where);
    if (!host_fault_came(sim))
        sim_broken(sim, INVARIANT_ONLY_THE_DISK_FAILS, "%s: %s", where, err_name(code));
    bool full = trouble_disk_is_full(sim);
    host->faults += !full;
    host_disarm(sim);
    give_up(sim);
    seal_rewind(host->seal, 0);
    outbox_lapse_again(host->outbox);
    /* A server leaves, or, where only room is missing, reads the state again and goes on. */
    if (dice_chance(&sim->dice, full ? 50 : 500)) {
        host_crash(sim, "after the failure");
        return;
    }
    host->reload = true;
    host_plan_turn(sim, sim->now + (full ? 5 * SECOND : SECOND));
}

/* ---- what comes in ---- */

void host_receive(struct sim *sim, uint64_t peer, struct text bytes)
{
    struct host *host = sim->host;
    if (!host->alive)
        return;
    struct inbox_item *item = ARENA_NEW(&sim->memory, struct inbox_item);
    *item = (struct inbox_item){.peer = peer, .bytes = bytes};
    *host->inbox_end = item;
    host->inbox_end = &item->next;
    host->inbox_count++;
    int64_t due = dice_chance(&sim->dice, 300) && !host->reload ? engine_next_due(host->engine) : INT64_MAX;
    if (due != INT64_MAX && due != INT64_MIN) /* neither is a moment */
        due -= host_ahead(sim);
    if (due >= sim->now && due < sim->now + 100)
        host_plan_turn(sim, due); /* exactly at a deadline: that is in time */
    else
        host_plan_turn(sim, sim->now + dice_between(&sim->dice, 0, 5));
}

static void turn_comes(struct sim *sim, void *subject)
{
    (void)subject;
    struct host *host = sim->host;
    if (!host->alive || host->turn_at > sim->now)
        return; /* it died, or the turn was put off */
    host->turn_at = INT64_MAX;
    host_turn(sim);
}

/* The earliest of what is asked for counts. */
void host_plan_turn(struct sim *sim, int64_t at)
{
    struct host *host = sim->host;
    at = at > sim->now ? at : sim->now;
    if (host->turn_at <= at)
        return;
    host->turn_at = at;
    sim_at(sim, at, turn_comes, NULL);
}
