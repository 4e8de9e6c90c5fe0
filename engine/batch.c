/* batch: see batch.h. */
#include "engine/batch.h"

#include "engine/bytes.h"
#include "engine/log.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_LEAST = 64, SLOTS_FIRST_MOST = 1 << 16 };

void batch_init(struct batch *batch, struct store *store)
{
    *batch = (struct batch){.store = store};
    arena_init(&batch->arena);
}

void batch_close(struct batch *batch)
{
    batch_end_read(batch);
    arena_close(&batch->arena);
}

/* Slots for as many as the batch before had, or half the slots that it had: one that asks a question clears no table for thousands of rows, and one that
 * writes these need not widen it again and again, also when a small one came between. */
static uint32_t slots_for(uint32_t items, uint32_t slots_before)
{
    uint32_t slots = SLOTS_LEAST;
    while ((slots < items * 2 || slots < slots_before / 2) && slots < SLOTS_FIRST_MOST)
        slots *= 2;
    return slots;
}

void batch_begin(struct batch *batch, uint64_t first_position)
{
    batch_end_read(batch);
    struct arena arena = batch->arena;
    arena_reset(&arena);
    *batch = (struct batch){.store = batch->store, .arena = arena, .first_position = first_position, .slot_count = slots_for(batch->row_count, batch->slot_count),
                            .case_slot_count = slots_for(batch->case_count, batch->case_slot_count)};
    batch->slots = ARENA_ARRAY(&batch->arena, struct batch_row *, batch->slot_count);
    batch->case_slots = ARENA_ARRAY(&batch->arena, struct batch_case *, batch->case_slot_count);
}

void batch_end_read(struct batch *batch)
{
    if (batch->txn)
        store_end_read(&batch->txn);
}

enum err batch_txn(struct batch *batch, struct store_txn **txn)
{
    if (!batch->txn) {
        enum err code = store_begin_read(batch->store, &batch->txn);
        if (code)
            return code;
    }
    *txn = batch->txn;
    return ERR_OK;
}

/* ---- rows ---- */

/* Doubles an array of pointers or values in the arena when it is full. */
static void *grown(struct arena *arena, void *items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return items;
    uint32_t wider = *room ? *room * 2 : 256;
    void *copy = arena_take_array(arena, wider, size);
    if (count)
        memcpy(copy, items, count * size);
    *room = wider;
    return copy;
}

static uint32_t hash_key(enum store_table table, struct text key)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) * ((uint64_t)table + 1);
    size_t at = 0;
    for (; at + 8 <= key.size; at += 8) {
        uint64_t word;
        memcpy(&word, key.data + at, 8);
        hash = (hash ^ word) * UINT64_C(0xD6E8FEB86659FD93);
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    memcpy(&tail, key.data + at, key.size - at);
    hash = (hash ^ tail ^ (key.size << 56)) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(hash >> 32);
}

static struct batch_row **find_slot(const struct batch *batch, enum store_table table, struct text key, uint32_t hash)
{
    uint32_t mask = batch->slot_count - 1;
    for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
        struct batch_row *row = batch->slots[at];
        if (!row || (row->hash == hash && row->table == table && text_equal(row->key, key)))
            return &batch->slots[at];
    }
}

static void widen_slots(struct batch *batch)
{
    batch->slot_count *= 2;
    batch->slots = ARENA_ARRAY(&batch->arena, struct batch_row *, batch->slot_count);
    for (uint32_t i = 0; i < batch->row_count; i++) {
        struct batch_row *row = batch->rows[i];
        *find_slot(batch, row->table, row->key, row->hash) = row;
    }
}

static uint64_t order_of(struct text key)
{
    uint8_t bytes[8] = {0};
    if (key.size > 4)
        memcpy(bytes, key.data + 4, key.size - 4 < 8 ? key.size - 4 : 8);
    return bytes_u64(bytes);
}

static struct batch_row *row_for(struct batch *batch, enum store_table table, const struct record_key *key)
{
    assert(table != STORE_LOG && table != STORE_META);
    if (batch->row_count * 2 >= batch->slot_count)
        widen_slots(batch);
    uint32_t hash = hash_key(table, key_text(key));
    struct batch_row **slot = find_slot(batch, table, key_text(key), hash);
    if (!*slot) {
        struct batch_row *row = ARENA_NEW(&batch->arena, struct batch_row);
        row->hash = hash;
        row->table = (uint8_t)table;
        row->key = arena_copy(&batch->arena, key_text(key));
        row->order = order_of(row->key);
        batch->rows = grown(&batch->arena, batch->rows, batch->row_count, &batch->row_room, sizeof *batch->rows);
        batch->rows[batch->row_count++] = row;
        *slot = row;
    }
    return *slot;
}

bool batch_changed(const struct batch *batch, enum store_table table, struct text key, const struct batch_row **row)
{
    *row = *find_slot(batch, table, key, hash_key(table, key));
    return *row != NULL;
}

enum err batch_get(struct batch *batch, enum store_table table, const struct record_key *key, struct text *value)
{
    const struct batch_row *row;
    if (batch_changed(batch, table, key_text(key), &row)) {
        *value = row->value;
        return row->deleted ? ERR_NOT_FOUND : ERR_OK;
    }
    struct store_txn *txn;
    enum err code = batch_txn(batch, &txn);
    return code ? code : store_get(txn, table, key_text(key), value);
}

void batch_put(struct batch *batch, enum store_table table, const struct record_key *key, struct text value)
{
    struct batch_row *row = row_for(batch, table, key);
    row->value = value;
    row->deleted = false;
}

void batch_delete(struct batch *batch, enum store_table table, const struct record_key *key)
{
    struct batch_row *row = row_for(batch, table, key);
    row->value = (struct text){0};
    row->deleted = true;
}

void batch_append_record(struct batch *batch, struct text record)
{
    batch->records = grown(&batch->arena, batch->records, batch->record_count, &batch->record_room, sizeof *batch->records);
    batch->records[batch->record_count++] = record;
}

void batch_replace_record(struct batch *batch, struct text record)
{
    assert(batch->record_count > 0);
    batch->records[batch->record_count - 1] = record;
}

const struct text *batch_record(const struct batch *batch, uint64_t position)
{
    if (position < batch->first_position || position - batch->first_position >= batch->record_count)
        return NULL;
    return &batch->records[position - batch->first_position];
}

/* ---- cases ---- */

static struct batch_case **find_case_slot(const struct batch *batch, uint64_t id)
{
    uint32_t mask = batch->case_slot_count - 1;
    for (uint32_t at = (uint32_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;; at = (at + 1) & mask)
        if (!batch->case_slots[at] || batch->case_slots[at]->id == id)
            return &batch->case_slots[at];
}

static void widen_case_slots(struct batch *batch)
{
    batch->case_slot_count *= 2;
    batch->case_slots = ARENA_ARRAY(&batch->arena, struct batch_case *, batch->case_slot_count);
    for (uint32_t i = 0; i < batch->case_count; i++)
        *find_case_slot(batch, batch->cases[i]->id) = batch->cases[i];
}

struct batch_case *batch_new_case(struct batch *batch, uint64_t id)
{
    if (batch->case_count * 2 >= batch->case_slot_count)
        widen_case_slots(batch);
    struct batch_case *subject = ARENA_NEW(&batch->arena, struct batch_case);
    subject->id = id;
    batch->cases = grown(&batch->arena, batch->cases, batch->case_count, &batch->case_room, sizeof *batch->cases);
    batch->cases[batch->case_count++] = subject;
    *find_case_slot(batch, id) = subject;
    return subject;
}

enum err batch_case(struct batch *batch, uint32_t partition, uint64_t id, struct batch_case **subject)
{
    *subject = *find_case_slot(batch, id);
    if (*subject)
        return ERR_OK;
    struct record_key key = key_case(partition, id);
    struct store_txn *txn;
    struct text value;
    enum err code = batch_txn(batch, &txn);
    code = code ? code : store_get(txn, STORE_CASE, key_text(&key), &value);
    if (code)
        return code;
    struct case_state *state;
    value = arena_copy(&batch->arena, value); /* outlives the read transaction: the batch may be written twice */
    code = case_decode(&batch->arena, value, &state);
    if (code)
        return code;
    *subject = batch_new_case(batch, id);
    (*subject)->state = state;
    (*subject)->encoded = value;
    return kept_read(&batch->arena, txn, partition, state); /* as committed: what this batch changed of a case it knows */
}

/* ---- writing ---- */

static int compare_rows(const void *left, const void *right)
{
    const struct batch_row *a = *(const struct batch_row *const *)left, *b = *(const struct batch_row *const *)right;
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return text_compare(a->key, b->key);
}

static int compare_cases(const void *left, const void *right)
{
    const struct batch_case *a = *(const struct batch_case *const *)left, *b = *(const struct batch_case *const *)right;
    return (a->id > b->id) - (a->id < b->id);
}

static enum err write_cases(struct batch *batch, struct store_txn *txn, uint32_t partition)
{
    if (batch->case_count)
        qsort(batch->cases, batch->case_count, sizeof *batch->cases, compare_cases);
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < batch->case_count && !code; i++) {
        if (!batch->cases[i]->dirty)
            continue;
        struct record_key key = key_case(partition, batch->cases[i]->id);
        code = store_put(txn, STORE_CASE, key_text(&key), batch->cases[i]->encoded);
    }
    return code;
}

static enum err write_row(struct store_txn *txn, const struct batch_row *row)
{
    if (!row->deleted)
        return store_put(txn, (enum store_table)row->table, row->key, row->value);
    enum err code = store_delete(txn, (enum store_table)row->table, row->key);
    return code == ERR_NOT_FOUND ? ERR_OK : code; /* it came and went within this batch */
}

enum err batch_write(struct batch *batch, struct store_txn *txn, uint32_t partition)
{
    enum err code = log_in_store.append(txn, partition, batch->first_position, batch->records, batch->record_count);
    if (!code)
        code = write_cases(batch, txn, partition);
    if (batch->row_count)
        qsort(batch->rows, batch->row_count, sizeof *batch->rows, compare_rows);
    for (uint32_t i = 0; i < batch->row_count && !code; i++)
        code = write_row(txn, batch->rows[i]);
    return code;
}
