/* docket: see docket.h. Here: its transactions and entries, and what the engine hands over.
 *
 *   docket_order.c   what people order, and the intents that come of it    docket_read.c   histories
 *   docket_view.c    what people are shown                                docket_row.c    keys and values
 *   docket_forget.c  what the engine has destroyed */
#include "workers/docket_inner.h"

#include <stdlib.h>

/* ---- transactions ---- */

/* What is written at one time: `body` may be run again when the map has grown, so it keeps nothing outside. */
enum err docket_write(struct docket *docket, docket_body body, void *context)
{
    enum err err;
    do {
        struct store_txn *txn;
        arena_reset(&docket->arena);
        err = store_begin_write(docket->store, &txn);
        if (err)
            return err;
        err = body(docket, txn, context);
        if (err)
            store_abort(&txn);
        else
            err = store_commit(&txn);
    } while (err == ERR_MAP_FULL && !store_grow(docket->store));
    return err;
}

static enum err open_body(struct docket *docket, struct store_txn *txn, void *context)
{
    struct text value;
    uint64_t sequence;
    (void)context;
    enum err err = store_get(txn, STORE_META, TEXT("docket"), &value);
    if (err == ERR_NOT_FOUND)
        return store_put(txn, STORE_META, TEXT("docket"), docket_encode_number(&docket->arena, 0));
    return err ? err : docket_decode_number(value, &sequence);
}

enum err docket_open(struct docket **out, struct store *store)
{
    struct docket *docket = calloc(1, sizeof *docket);
    *out = docket;
    if (!docket)
        return ERR_NO_MEMORY;
    docket->store = store;
    arena_init(&docket->arena);
    enum err err = docket_write(docket, open_body, NULL);
    if (err)
        docket_close(out);
    return err;
}

void docket_close(struct docket **out)
{
    if (!*out)
        return;
    arena_close(&(*out)->arena);
    free(*out);
    *out = NULL;
}

/* ---- entries ---- */

enum err docket_get_entry(struct arena *arena, struct store_txn *txn, uint64_t case_id, struct docket_entry *entry)
{
    struct docket_key key = docket_key_number(case_id);
    struct text value;
    enum err err = store_get(txn, STORE_CASE, docket_key_text(&key), &value);
    return err ? err : docket_decode_entry(arena, value, entry);
}

bool docket_is_done(enum docket_state state)
{
    return state != DOCKET_RECEIVED && state != DOCKET_ACCEPTED;
}

enum err docket_put_entry(struct docket *docket, struct store_txn *txn, const struct docket_entry *entry)
{
    struct docket_key key = docket_key_number(entry->case_id);
    enum err err = store_put(txn, STORE_CASE, docket_key_text(&key), docket_encode_entry(&docket->arena, entry));
    if (err)
        return err;
    if (!docket_is_done(entry->state) || entry->sending)
        return store_put(txn, STORE_OPEN, docket_key_text(&key), (struct text){0});
    err = store_delete(txn, STORE_OPEN, docket_key_text(&key));
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Which turn of reading is wanted counts up, so that one that began before something happened does not pass for one after it. */
enum err docket_put_want(struct docket *docket, struct store_txn *txn, uint64_t case_id)
{
    struct docket_key key = docket_key_number(case_id);
    struct text value;
    uint64_t turn = 0;
    enum err err = store_get(txn, STORE_DEADLINE, docket_key_text(&key), &value);
    if (!err)
        err = docket_decode_number(value, &turn);
    if (err && err != ERR_NOT_FOUND)
        return err;
    return store_put(txn, STORE_DEADLINE, docket_key_text(&key), docket_encode_number(&docket->arena, turn + 1));
}

static enum err put_name(struct docket *docket, struct store_txn *txn, char what, struct text name, uint64_t case_id)
{
    if (name.size == 0)
        return ERR_OK;
    struct docket_key key = docket_key_name(what, name);
    return store_put(txn, STORE_NUMBER, docket_key_text(&key), docket_encode_number(&docket->arena, case_id));
}

/* ---- what the engine hands over ---- */

struct receiving {
    const struct message *task;
    uint64_t case_id;
    int64_t now;
    bool fresh;
};

static uint64_t case_of(const struct message *message)
{
    const struct value *member = value_get(&message->rows, "case");
    return message->case_id ? message->case_id : member && member->kind == VALUE_INTEGER ? (uint64_t)member->integer : 0;
}

/* A new visit: what the centre decided at the last one stands in the history. An intent that has no answer yet stays. */
static enum err put_visit(struct docket *docket, struct store_txn *txn, struct receiving *receiving)
{
    const struct message *task = receiving->task;
    struct docket_entry entry = {0};
    enum err err = docket_get_entry(&docket->arena, txn, receiving->case_id, &entry);
    if (err && err != ERR_NOT_FOUND)
        return err;
    struct docket_entry visit = {
        .case_id = receiving->case_id,
        .task = task->task,
        .state = DOCKET_RECEIVED,
        .number = task->number.size ? task->number : entry.number,
        .received = receiving->now,
        .changed = receiving->now,
        .sending = entry.sending,
        .event = entry.sending ? entry.event : (struct text){0},
        .visits = entry.visits + 1,
        .notes = entry.notes,
    };
    return docket_put_entry(docket, txn, &visit);
}

static enum err receive_body(struct docket *docket, struct store_txn *txn, void *context)
{
    struct receiving *receiving = context;
    const struct message *task = receiving->task;
    struct docket_key key = docket_key_number(task->task);
    struct text value;
    enum err err = store_get(txn, STORE_RECEIPT, docket_key_text(&key), &value);
    receiving->fresh = err == ERR_NOT_FOUND;
    if (!receiving->fresh)
        return err;
    err = store_put(txn, STORE_RECEIPT, docket_key_text(&key), docket_encode_number(&docket->arena, receiving->case_id));
    if (!err)
        err = put_visit(docket, txn, receiving);
    if (!err)
        err = put_name(docket, txn, 'n', task->number, receiving->case_id);
    if (!err)
        err = put_name(docket, txn, 'k', task->key, receiving->case_id);
    if (!err && task->rows.kind == VALUE_MAP)
        err = docket_put_shown(docket, txn, receiving->case_id, 0, &task->rows);
    return err ? err : docket_put_want(docket, txn, receiving->case_id);
}

enum err docket_receive(struct docket *docket, const struct message *task, int64_t now, bool *fresh)
{
    struct receiving receiving = {.task = task, .case_id = case_of(task), .now = now};
    *fresh = false;
    if (!receiving.case_id)
        return ERR_MALFORMED;
    enum err err = docket_write(docket, receive_body, &receiving);
    *fresh = !err && receiving.fresh;
    return err;
}

/* The newest notes; the oldest falls out. */
static struct value with_note(struct arena *arena, const struct value *notes, const struct value *note)
{
    struct list_maker list = {.arena = arena};
    uint32_t count = notes->kind == VALUE_LIST ? notes->count : 0;
    for (uint32_t i = count >= DOCKET_NOTES_MOST; i < count; i++)
        list_add(&list, notes->items[i]);
    list_add(&list, *note);
    return list_end(&list);
}

static enum err note_body(struct docket *docket, struct store_txn *txn, void *context)
{
    struct receiving *receiving = context;
    struct docket_key key = docket_key_number(receiving->task->task);
    const struct value *words = value_get(&receiving->task->rows, "text");
    struct docket_entry entry;
    struct text value;
    enum err err = store_get(txn, STORE_RECEIPT, docket_key_text(&key), &value);
    if (err != ERR_NOT_FOUND)
        return err; /* noted before, or the store failed */
    err = docket_get_entry(&docket->arena, txn, receiving->case_id, &entry);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    struct map_maker note = map_begin(&docket->arena);
    map_put(&note, "t", value_integer(receiving->now));
    if (words)
        map_put(&note, "text", *words);
    struct value map = map_end(&note);
    entry.notes = with_note(&docket->arena, &entry.notes, &map);
    err = store_put(txn, STORE_RECEIPT, docket_key_text(&key), docket_encode_number(&docket->arena, receiving->case_id));
    return err ? err : docket_put_entry(docket, txn, &entry);
}

enum err docket_note(struct docket *docket, const struct message *notice, int64_t now)
{
    struct receiving receiving = {.task = notice, .case_id = case_of(notice), .now = now};
    return receiving.case_id ? docket_write(docket, note_body, &receiving) : ERR_OK;
}

static enum err get_task_entry(struct docket *docket, struct store_txn *txn, uint64_t task, struct docket_entry *entry)
{
    struct docket_key key = docket_key_number(task);
    struct text value;
    uint64_t case_id = 0;
    enum err err = store_get(txn, STORE_RECEIPT, docket_key_text(&key), &value);
    if (!err)
        err = docket_decode_number(value, &case_id);
    return err ? err : docket_get_entry(&docket->arena, txn, case_id, entry);
}

static enum err withdraw_body(struct docket *docket, struct store_txn *txn, void *context)
{
    struct receiving *receiving = context;
    struct docket_entry entry;
    enum err err = get_task_entry(docket, txn, receiving->case_id, &entry);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (entry.task != receiving->case_id || docket_is_done(entry.state))
        return ERR_OK;
    entry.state = DOCKET_WITHDRAWN;
    entry.changed = receiving->now;
    err = docket_put_entry(docket, txn, &entry);
    return err ? err : docket_put_want(docket, txn, entry.case_id);
}

enum err docket_withdraw(struct docket *docket, uint64_t task, int64_t now)
{
    return docket_write(docket, withdraw_body, &(struct receiving){.case_id = task, .now = now});
}
