/* audit_replay: a second engine over an empty store, which is fed the log alone: the same log must give the same state. See audit.h. */
#include "tests/simulate/audit.h"

#include "engine/engine.h"
#include "tests/simulate/host.h"

#include <assert.h>
#include <stdlib.h>

struct replica {
    struct store *store;
    struct engine *engine;
};

static struct replica *open_replica(void)
{
    struct replica *replica = calloc(1, sizeof *replica);
    const char *why;
    assert(replica);
    enum err code = store_memory_open(&replica->store);
    assert(code == ERR_OK);
    code = engine_open(&replica->engine, replica->store, &(struct engine_options){0}, &why);
    assert(code == ERR_OK);
    return replica;
}

struct replica *replica_open(struct sim *sim)
{
    (void)sim;
    return open_replica();
}

void replica_close(struct replica **replica)
{
    engine_close(&(*replica)->engine);
    store_close(&(*replica)->store);
    free(*replica);
    *replica = NULL;
}

void replica_feed(struct sim *sim, struct replica *replica, struct text record, uint64_t position)
{
    const char *why;
    engine_begin(replica->engine, INT64_MIN);
    enum err code = engine_replay(replica->engine, record, &why);
    if (code) {
        sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "record %llu, decided again: %s %s", (unsigned long long)position, err_name(code), why);
        engine_abort(replica->engine);
        code = engine_reload(replica->engine, &why);
    } else {
        code = engine_commit(replica->engine, NULL);
    }
    assert(code == ERR_OK);
}

void replica_compare(struct sim *sim, struct replica *replica, bool whole)
{
    uint64_t position = sim->audit->count;
    const struct seen_record *last = audit_record(sim, position);
    uint8_t ours[HASH_SIZE], theirs[HASH_SIZE];
    if (last && (engine_position(replica->engine) != position || memcmp(engine_hash(replica->engine), last->hash, HASH_SIZE) != 0))
        sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "the replica of the log stands at %llu of %llu, or has another hash",
                   (unsigned long long)engine_position(replica->engine), (unsigned long long)position);
    if (!whole || engine_state_hash(sim->host->store, ours) || engine_state_hash(replica->store, theirs))
        return;
    if (memcmp(ours, theirs, HASH_SIZE) != 0)
        sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "at position %llu the state is not what the log gives", (unsigned long long)position);
}

/* From the beginning, in batches of other sizes than they were written in. */
static struct replica *replay(struct sim *sim, uint64_t count)
{
    struct replica *replica = open_replica();
    uint64_t position = 0;
    while (position < count) {
        uint64_t most = position + 1 + dice_below(&sim->dice, 200);
        const char *why = "";
        enum err code = ERR_OK;
        engine_begin(replica->engine, INT64_MIN);
        for (; position < count && position < most && !code; position++)
            code = engine_replay(replica->engine, sim->audit->records[position]->bytes, &why);
        if (code) {
            sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "record %llu, decided again at the end: %s %s", (unsigned long long)position, err_name(code), why);
            engine_abort(replica->engine);
            return replica;
        }
        code = engine_commit(replica->engine, NULL);
        if (code) {
            sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "records up to %llu, written at the end: %s", (unsigned long long)position, err_name(code));
            return replica;
        }
    }
    return replica;
}

void replica_finish(struct sim *sim)
{
    struct replica *replica = replay(sim, sim->audit->count);
    if (!sim_over(sim))
        replica_compare(sim, replica, true);
    replica_close(&replica);
}

void replica_rebuild(struct sim *sim, uint64_t count)
{
    struct replica *replica = replay(sim, count);
    store_close(&sim->host->store);
    sim->host->store = replica->store;
    engine_close(&replica->engine);
    free(replica);
}
