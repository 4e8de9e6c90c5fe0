/* docket_order: what people of the centre order, the intents that come of it, and what the engine answers them. See docket.h. */
#include "workers/docket_inner.h"

#include <assert.h>

/* ---- orders ---- */

struct ordering {
    const struct message *order;
    struct arena *arena; /* of the answer */
    int64_t now;
    struct message *answer;
};

static enum err refuse(struct ordering *ordering, enum err code, struct text why)
{
    *ordering->answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .id = ordering->order->id, .code = code, .why = why,
                                         .todo = text_of(err_advice(code))};
    return ERR_OK;
}

/* What was ordered, without who carries it: the same id with another order is a mistake of its sender. */
static enum err digest_of(struct docket *docket, const struct message *order, uint64_t *digest)
{
    struct text bytes;
    enum err err = docket_encode_message(&docket->arena, order, &bytes);
    *digest = err ? 0 : store_checksum(order->id, bytes);
    return err;
}

/* Under its event id: the digest of the order, and what was answered. */
static enum err put_answer(struct docket *docket, struct store_txn *txn, struct text id, uint64_t digest, const struct message *answer)
{
    struct wire_writer writer = {.arena = &docket->arena};
    struct text bytes;
    enum err err = docket_encode_message(&docket->arena, answer, &bytes);
    if (err)
        return err;
    struct docket_key head = docket_key_number(digest);
    wire_put_raw(&writer, head.bytes, head.size);
    wire_put_raw(&writer, bytes.data, bytes.size);
    return store_put(txn, STORE_KEY, id, (struct text){.data = writer.data, .size = writer.size});
}

static enum err get_answer(struct arena *arena, struct store_txn *txn, struct text id, uint64_t *digest, struct message *answer)
{
    struct text value;
    enum err err = store_get(txn, STORE_KEY, id, &value);
    if (err)
        return err;
    if (value.size < 8)
        return ERR_CORRUPT;
    *digest = docket_key_read(value, 0);
    return docket_decode_message(arena, (struct text){.data = value.data + 8, .size = value.size - 8}, answer);
}

static enum err answer_again(struct ordering *ordering, uint64_t before, uint64_t digest, const struct message *answer)
{
    if (before != digest)
        return refuse(ordering, ERR_ID_REUSED, TEXT("This id was used for another order."));
    *ordering->answer = *answer;
    if (answer->kind == MESSAGE_APPLIED)
        ordering->answer->kind = MESSAGE_DUPLICATE;
    return ERR_OK;
}

static enum err claim(struct docket *docket, struct store_txn *txn, struct ordering *ordering, struct docket_entry *entry, uint64_t digest)
{
    if (entry->state == DOCKET_ACCEPTED)
        return refuse(ordering, ERR_NOT_NOW, arena_print(ordering->arena, "%.*s has accepted it already.", (int)entry->by.size, entry->by.data));
    entry->state = DOCKET_ACCEPTED;
    entry->accepted = entry->changed = ordering->now;
    entry->by = ordering->order->as;
    *ordering->answer = (struct message){.kind = MESSAGE_APPLIED, .id = ordering->order->id, .case_id = entry->case_id,
                                         .number = arena_copy(ordering->arena, entry->number), .time = ordering->now};
    enum err err = put_answer(docket, txn, ordering->order->id, digest, ordering->answer);
    return err ? err : docket_put_entry(docket, txn, entry);
}

static enum err next_sequence(struct docket *docket, struct store_txn *txn, uint64_t *sequence)
{
    struct text value;
    enum err err = store_get(txn, STORE_META, TEXT("docket"), &value);
    if (!err)
        err = docket_decode_number(value, sequence);
    if (err)
        return err;
    ++*sequence;
    return store_put(txn, STORE_META, TEXT("docket"), docket_encode_number(&docket->arena, *sequence));
}

static enum err put_intent(struct docket *docket, struct store_txn *txn, struct ordering *ordering, struct docket_entry *entry, uint64_t digest)
{
    struct message event = *ordering->order;
    uint64_t sequence;
    struct text bytes;
    event.kind = MESSAGE_SEND;
    event.subject = (struct case_ref){.kind = CASE_REF_ID, .id = entry->case_id};
    event.task = entry->task;
    event.lease = 0;
    enum err err = docket_encode_message(&docket->arena, &event, &bytes);
    if (err)
        return refuse(ordering, err, text_of(err_sentence(err)));
    err = next_sequence(docket, txn, &sequence);
    if (err)
        return err;
    struct docket_key key = docket_key_number(sequence);
    entry->sending = sequence;
    entry->event = event.event;
    entry->code = entry->why = (struct text){0};
    entry->changed = ordering->now;
    *ordering->answer = (struct message){.kind = MESSAGE_PARKED, .id = ordering->order->id, .time = ordering->now};
    err = store_put(txn, STORE_OUTBOX, docket_key_text(&key), bytes);
    if (!err)
        err = put_answer(docket, txn, ordering->order->id, digest, ordering->answer);
    return err ? err : docket_put_entry(docket, txn, entry);
}

static enum err order_body(struct docket *docket, struct store_txn *txn, void *context)
{
    struct ordering *ordering = context;
    const struct message *order = ordering->order;
    struct docket_entry entry;
    struct message before;
    uint64_t digest, digest_before, case_id;
    enum err err = digest_of(docket, order, &digest);
    if (err)
        return refuse(ordering, err, text_of(err_sentence(err)));
    err = get_answer(ordering->arena, txn, order->id, &digest_before, &before);
    if (err != ERR_NOT_FOUND)
        return err ? err : answer_again(ordering, digest_before, digest, &before);
    err = docket_get_case(txn, &order->subject, &case_id);
    if (err == ERR_UNKNOWN_CASE)
        return refuse(ordering, err, TEXT("This case is not in the docket."));
    if (!err)
        err = docket_get_entry(&docket->arena, txn, case_id, &entry);
    if (err)
        return err;
    struct text why = {0};
    if (entry.sending)
        why = arena_print(ordering->arena, "The event \"%.*s\" is on its way to the engine.", (int)entry.event.size, entry.event.data);
    else if (docket_is_done(entry.state))
        why = arena_print(ordering->arena, "The case is no longer with the centre: %s.", docket_state_name(entry.state));
    if (why.size)
        return refuse(ordering, ERR_NOT_NOW, why);
    return text_is(order->event, "claim") ? claim(docket, txn, ordering, &entry, digest) : put_intent(docket, txn, ordering, &entry, digest);
}

enum err docket_order(struct docket *docket, struct arena *arena, const struct message *order, int64_t now, struct message *answer)
{
    struct ordering ordering = {.order = order, .arena = arena, .now = now, .answer = answer};
    assert(order->id.size == ID_SIZE);
    return docket_write(docket, order_body, &ordering);
}

/* ---- intents ---- */

enum err docket_next_intent(struct docket *docket, struct arena *arena, uint64_t after, struct docket_intent *intent)
{
    struct docket_key from = docket_key_number(after + 1);
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err err = store_begin_read(docket->store, &txn);
    if (err)
        return err;
    err = store_cursor_open(txn, STORE_OUTBOX, &cursor);
    if (!err) {
        err = store_cursor_seek(cursor, docket_key_text(&from), &key, &value);
        if (!err)
            err = docket_decode_message(arena, value, &intent->event);
        if (!err)
            intent->sequence = docket_key_read(key, 0);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    if (err)
        return err;
    intent->case_id = intent->event.subject.id;
    intent->task = intent->event.task;
    return ERR_OK;
}

struct answering {
    uint64_t sequence;
    const struct message *answer;
    int64_t now;
};

static bool same_member(const struct value *row, const char *name, struct text text)
{
    const struct value *value = value_get(row, name);
    return text_equal(value && value->kind == VALUE_TEXT ? value->text : (struct text){0}, text);
}

/* An event that stays leaves the case with the centre. */
static enum err case_moved(struct docket *docket, struct store_txn *txn, uint64_t case_id, const struct message *answer, bool *moved)
{
    struct docket_key key = docket_key_pair(case_id, 0);
    struct text value;
    struct value row;
    *moved = true;
    enum err err = store_get(txn, STORE_LOG, docket_key_text(&key), &value);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    err = docket_decode_value(&docket->arena, value, &row);
    if (!err)
        *moved = answer->end.size || !same_member(&row, "s", answer->stage) || !same_member(&row, "l", answer->level) ||
                 !same_member(&row, "u", answer->unit);
    return err;
}

static enum docket_state state_after(struct text event, const struct message *answer)
{
    if (text_is(event, "return"))
        return DOCKET_RETURNED;
    return text_is(event, "sign") || text_is(event, "conclude") || answer->end.size ? DOCKET_CONCLUDED : DOCKET_HANDED_ON;
}

/* Only what is about the visit that the docket knows last changes how the case stands. */
static enum err entry_after(struct docket *docket, struct store_txn *txn, struct docket_entry *entry, const struct message *event,
                            const struct answering *answering)
{
    const struct message *answer = answering->answer;
    bool moved = false, ours = entry->task == event->task;
    enum err err = ERR_OK;
    if (entry->sending == answering->sequence)
        entry->sending = 0;
    if (answer->kind == MESSAGE_REFUSED) {
        entry->code = text_of(err_name(answer->code));
        entry->why = answer->why;
        if (ours && !docket_is_done(entry->state) && (answer->code == ERR_UNKNOWN_TASK || answer->code == ERR_UNKNOWN_CASE))
            entry->state = DOCKET_WITHDRAWN;
    } else if (ours) {
        err = case_moved(docket, txn, entry->case_id, answer, &moved);
        if (moved)
            entry->state = state_after(event->event, answer);
    }
    entry->changed = answering->now;
    return err;
}

/* What the centre itself has brought into the case it knows, also where the engine does not show it any more once the case has moved on. */
static enum err put_own_event(struct docket *docket, struct store_txn *txn, const struct message *event, const struct message *answer)
{
    struct docket_key key = docket_key_pair(event->subject.id, 0);
    struct map_maker data = map_begin(&docket->arena), entry = map_begin(&docket->arena);
    for (uint32_t i = 0; i < event->data_count; i++)
        map_put_named(&data, event->data[i].name, event->data[i].value);
    struct value fields = map_end(&data), shown = {.kind = VALUE_MAP};
    map_put_number(&entry, "p", (int64_t)answer->position);
    map_put_number(&entry, "t", answer->time);
    map_put_text(&entry, "e", event->event);
    map_put_text(&entry, "as", event->as);
    if (fields.count)
        map_put(&entry, "data", fields);
    struct value whole = map_end(&entry);
    enum err err = docket_put_shown(docket, txn, event->subject.id, answer->position, &whole);
    struct text bytes = {0};
    if (!err)
        err = store_get(txn, STORE_LOG, docket_key_text(&key), &bytes);
    if (!err)
        err = docket_decode_value(&docket->arena, bytes, &shown);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    struct value known = docket_with_fields(&docket->arena, &shown, &fields);
    return docket_put_shown(docket, txn, event->subject.id, 0, &known);
}

static enum err answered_body(struct docket *docket, struct store_txn *txn, void *context)
{
    const struct answering *answering = context;
    struct docket_key key = docket_key_number(answering->sequence);
    struct docket_entry entry;
    struct message event, before;
    struct text value;
    uint64_t digest;
    enum err err = store_get(txn, STORE_OUTBOX, docket_key_text(&key), &value);
    if (!err)
        err = docket_decode_message(&docket->arena, value, &event);
    if (err)
        return err;
    err = get_answer(&docket->arena, txn, event.id, &digest, &before);
    if (!err)
        err = docket_get_entry(&docket->arena, txn, event.subject.id, &entry);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    err = entry_after(docket, txn, &entry, &event, answering);
    if (!err && answering->answer->kind != MESSAGE_REFUSED && answering->answer->position)
        err = put_own_event(docket, txn, &event, answering->answer);
    if (!err)
        err = docket_put_entry(docket, txn, &entry);
    if (!err)
        err = put_answer(docket, txn, event.id, digest, answering->answer);
    if (!err)
        err = store_delete(txn, STORE_OUTBOX, docket_key_text(&key));
    return err ? err : docket_put_want(docket, txn, entry.case_id);
}

enum err docket_answered(struct docket *docket, uint64_t sequence, const struct message *answer, int64_t now)
{
    return docket_write(docket, answered_body, &(struct answering){.sequence = sequence, .answer = answer, .now = now});
}
