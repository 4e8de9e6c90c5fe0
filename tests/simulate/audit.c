/* audit: see audit.h. */
#include "tests/simulate/audit.h"

#include "engine/case.h"
#include "tests/simulate/host.h"
#include "tests/simulate/model.h"

#include <string.h>

enum { WHOLE_EVERY = 60 }; /* records between two looks at everything */

void audit_begin(struct sim *sim)
{
    struct audit *audit = sim->audit = ARENA_NEW(&sim->memory, struct audit);
    struct map *maps[] = {&audit->cases, &audit->identities, &audit->numbers, &audit->keys, &audit->parks, &audit->fired, &audit->leases, &audit->tasks,
                          &audit->rolls, &audit->ballots, &audit->years, &audit->persons};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        maps[i]->arena = &sim->memory;
    audit->time = INT64_MIN;
    audit_agenda_begin(sim);
    audit->model = model_begin(sim);
    audit->replica = replica_open(sim);
}

void audit_end(struct sim *sim)
{
    replica_close(&sim->audit->replica);
}

/* ---- finding ---- */

const struct seen_record *audit_record(const struct sim *sim, uint64_t position)
{
    return position >= 1 && position <= sim->audit->count ? sim->audit->records[position - 1] : NULL;
}

struct seen_case *audit_case(const struct sim *sim, uint64_t id)
{
    struct map_number storage;
    return map_find(&sim->audit->cases, map_key(&storage, id));
}

struct identity *audit_identity(struct sim *sim, struct text sender, struct text id)
{
    char bytes[256] = {0};
    size_t size = sender.size < sizeof bytes - ID_SIZE - 1 ? sender.size : sizeof bytes - ID_SIZE - 1;
    if (size)
        memcpy(bytes, sender.data, size);
    memcpy(bytes + size + 1, id.data, id.size);
    void **slot = map_at(&sim->audit->identities, (struct text){bytes, size + 1 + id.size});
    if (!*slot)
        *slot = ARENA_NEW(&sim->memory, struct identity);
    return *slot;
}

/* ---- what is new on disk ---- */

static void keep(struct sim *sim, struct seen_record *seen)
{
    struct audit *audit = sim->audit;
    if (audit->count == audit->room) {
        uint64_t room = audit->room ? audit->room * 2 : 256;
        struct seen_record **wider = ARENA_ARRAY(&sim->memory, struct seen_record *, room);
        if (audit->count)
            memcpy(wider, audit->records, audit->count * sizeof *wider);
        audit->records = wider;
        audit->room = room;
    }
    audit->records[audit->count++] = seen;
}

static void take_record(struct sim *sim, struct store_txn *txn, struct text bytes)
{
    struct seen_record *seen = ARENA_NEW(&sim->memory, struct seen_record);
    uint64_t position = sim->audit->count + 1;
    seen->bytes = arena_copy(&sim->memory, bytes);
    log_hash(seen->bytes, seen->hash);
    if (log_decode(&sim->memory, seen->bytes, &seen->record)) {
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, "record %llu cannot be read", (unsigned long long)position);
        return;
    }
    keep(sim, seen);
    audit_log_record(sim, seen, position);
    audit_poll_record(sim, txn, seen, position);
    audit_agenda_record(sim, seen, position);
    model_apply(sim, sim->audit->model, seen, position);
    replica_feed(sim, sim->audit->replica, seen->bytes, position);
}

static enum err read_new(struct sim *sim, struct store_txn *txn)
{
    struct store_cursor *cursor;
    struct text key, value;
    struct record_key from = key_log(0, sim->audit->count + 1);
    uint64_t position;
    enum err code = store_cursor_open(txn, STORE_LOG, &cursor);
    code = code ? code : store_cursor_seek(cursor, key_text(&from), &key, &value);
    while (!code && !sim_over(sim)) {
        if (!key_read_u64_last(key, &position) || position != sim->audit->count + 1) {
            sim_broken(sim, INVARIANT_CHAIN_HOLDS, "after record %llu the log goes on with %llu", (unsigned long long)sim->audit->count, (unsigned long long)position);
            return ERR_OK;
        }
        take_record(sim, txn, value);
        code = store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* The state must remember the last record, and may not have forgotten any. */
static enum err check_meta(struct sim *sim, struct store_txn *txn)
{
    struct record_key key = key_meta(0);
    struct meta_row meta = {0};
    struct text value;
    enum err code = store_get(txn, STORE_META, key_text(&key), &value);
    code = code ? code : row_decode_meta(value, &meta);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (meta.position < sim->audit->count) {
        sim_broken(sim, INVARIANT_ACKNOWLEDGED_IS_KEPT, "the log had %llu records, now the state stands at %llu", (unsigned long long)sim->audit->count,
                   (unsigned long long)meta.position);
        sim->audit->count = meta.position;
    }
    return ERR_OK;
}

void audit_disk(struct sim *sim)
{
    struct store_txn *txn;
    sim->audit->before = sim->audit->count;
    host_pause_faults(sim);
    enum err code = store_begin_read(sim->host->store, &txn);
    if (!code) {
        code = check_meta(sim, txn);
        code = code ? code : read_new(sim, txn);
        store_end_read(&txn);
    }
    if (code)
        sim_broken(sim, INVARIANT_ONLY_THE_DISK_FAILS, "the audit cannot read the log: %s", err_name(code));
    if (!sim_over(sim))
        replica_compare(sim, sim->audit->replica, false);
    host_resume_faults(sim);
    if (sim->audit->count - sim->audit->checked >= WHOLE_EVERY && !sim_over(sim))
        audit_whole(sim);
}

void audit_process(struct sim *sim, uint32_t epoch)
{
    if (epoch <= sim->audit->epoch)
        sim_broken(sim, INVARIANT_CHAIN_HOLDS, "a process starts as number %u, and one of number %u has written before", epoch, sim->audit->epoch);
    sim->audit->process = epoch;
}

/* ---- everything ---- */

void audit_whole(struct sim *sim)
{
    host_pause_faults(sim);
    sim->audit->checked = sim->audit->count;
    audit_state(sim, false);
    if (!sim_over(sim))
        replica_compare(sim, sim->audit->replica, true);
    host_resume_faults(sim);
}

static void look_at_published(struct sim *sim, struct store_txn *txn, int64_t time)
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, STORE_CASE, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code; code = store_cursor_next(cursor, &key, &value)) {
        struct case_header header;
        struct case_state *state;
        const struct seen_case *subject = case_header_read(value, &header) || !(header.flags & CASE_PUBLISHED) ? NULL : audit_case(sim, header.id);
        if (subject && !case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state))
            audit_published(sim, state, subject->workflow, time);
    }
    store_cursor_close(&cursor);
}

void audit_quiet(struct sim *sim, int64_t time)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    struct deadline_key row;
    host_pause_faults(sim);
    audit_agenda_quiet(sim, time);
    if (!store_begin_read(sim->host->store, &txn)) {
        if (!store_cursor_open(txn, STORE_DEADLINE, &cursor) && !store_cursor_seek(cursor, (struct text){0}, &key, &value) &&
            key_read_deadline(key, &row) && row.due < time)
            sim_broken(sim, INVARIANT_DEADLINES_HOLD, "nothing is left to do, but a clock of case %llu (kind %d) is due since %lld ms", (unsigned long long)row.case_id,
                       row.kind, (long long)(time - row.due));
        look_at_published(sim, txn, time);
        store_end_read(&txn);
    }
    host_resume_faults(sim);
}

/* The log, read again from its beginning, is what it was when each record was committed. */
void audit_chain(struct sim *sim)
{
    struct store_txn *txn;
    struct text value;
    if (store_begin_read(sim->host->store, &txn))
        return;
    for (uint64_t position = 1; position <= sim->audit->count; position++) {
        struct record_key key = key_log(0, position);
        uint8_t hash[HASH_SIZE] = {0};
        if (store_get(txn, STORE_LOG, key_text(&key), &value) == ERR_OK)
            log_hash(value, hash);
        if (memcmp(hash, sim->audit->records[position - 1]->hash, HASH_SIZE) != 0) {
            sim_broken(sim, INVARIANT_CHAIN_HOLDS, "record %llu is not what was committed", (unsigned long long)position);
            break;
        }
    }
    store_end_read(&txn);
}

/* Every letter has an answer; what is parked waits for a case that has not come. */
void audit_ends(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->mail->count; i++) {
        const struct letter *letter = sim->mail->letters[i];
        if (letter->state == LETTER_WAITING && letter->tries)
            sim_broken(sim, INVARIANT_EVERY_MESSAGE_ENDS, "letter %u (%.*s of %.*s) has no answer after %u tries", letter->number, SHOW(letter->words),
                       SHOW(letter->from->name), letter->tries);
    }
    for (uint64_t i = 0; i < sim->audit->count; i++) {
        struct map_number storage;
        const struct seen_record *park = map_find(&sim->audit->parks, map_key(&storage, i + 1));
        if (park && map_find(&sim->audit->keys, park->record.event.subject.text))
            sim_broken(sim, INVARIANT_EVERY_MESSAGE_ENDS, "the event parked at %llu is still parked, although its case has come", (unsigned long long)(i + 1));
    }
}

static void look_for_due(struct sim *sim)
{
    audit_quiet(sim, host_clock(sim));
}

void audit_finish(struct sim *sim)
{
    void (*const looks[])(struct sim *) = {audit_disk, audit_chain, audit_ends, audit_owed, look_for_due, model_finish};
    host_disarm(sim);
    for (size_t i = 0; i < sizeof looks / sizeof *looks && !sim_over(sim); i++)
        looks[i](sim);
    if (!sim_over(sim))
        audit_state(sim, true);
    audit_persons(sim);
    if (!sim_over(sim))
        replica_finish(sim);
}
