/* engine_kin: what cases have to say to each other, on its way.
 *
 *     decided ─ row of the outbox (topic RECORD_TOPIC_CASES) ─ commit ─ engine_hear, in a later batch ─ decided for the other case, row gone
 *
 * The row goes in the batch that the event is applied in: so whatever breaks off in between, it is heard exactly once. What cannot be heard is not
 * lost: an opening that is refused comes back to the parent as an event of its own, and anything else goes into the log with the reason.
 *
 * The key of a child follows from its parent's key and its number there, and the id of every such event from its sender's key and its row: the
 * same log gives the same ones, and a second delivery from another machine would be a duplicate. */
#include "engine/engine_inner.h"
#include "engine/bytes.h"

#include <assert.h>

static const struct text topic = {RECORD_TOPIC_CASES, sizeof RECORD_TOPIC_CASES - 1};

bool engine_was_said(const struct event *event)
{
    return event->kind == EVENT_CASE || (event->kind == EVENT_OPEN && event->other.size > 0);
}

/* ---- names ---- */

/* 16 bytes in the form of a UUID of version 8, which is made by whoever needs one. */
static struct text derive_of(struct arena *arena, char what, struct text key, struct text rest)
{
    uint8_t source[1 + 2 * ID_SIZE], hash[HASH_SIZE];
    assert(key.size == ID_SIZE && rest.size <= ID_SIZE);
    source[0] = (uint8_t)what;
    memcpy(source + 1, key.data, ID_SIZE);
    memcpy(source + 1 + ID_SIZE, rest.data, rest.size);
    log_hash((struct text){(const char *)source, 1 + ID_SIZE + rest.size}, hash);
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
    return arena_copy(arena, (struct text){(const char *)hash, ID_SIZE});
}

static struct text derive(struct arena *arena, char what, struct text key, uint64_t number)
{
    uint8_t bytes[8];
    bytes_put_u64(bytes, number);
    return derive_of(arena, what, key, (struct text){(const char *)bytes, sizeof bytes});
}

struct text engine_split_key(struct arena *arena, struct text from, struct text event_id)
{
    return derive_of(arena, 's', from, event_id);
}

struct text engine_child_key(struct arena *arena, struct text parent, uint64_t child)
{
    return derive(arena, 'c', parent, child);
}

/* ---- said ---- */

static bool is_long_text(const struct value *value)
{
    return value->kind == VALUE_LIST && value->count == 3 && value->items[0].kind == VALUE_INTEGER;
}

/* [position, size, field] (kin.c): the text itself, from the log or from the event that is just being applied. */
static enum err fetch_text(struct engine *engine, const struct event *now, struct value *value)
{
    uint64_t position = (uint64_t)value->items[0].integer;
    struct log_record record;
    const struct event *event = now;
    if (position != engine_next_position(engine)) {
        enum err code = engine_read_record(engine, position, &record);
        if (code)
            return code;
        event = &record.event;
    }
    const struct value *text = case_referred(event, value->items[2].text, value);
    if (!text || text->kind != VALUE_TEXT)
        return ERR_CORRUPT;
    *value = *text;
    return ERR_OK;
}

static enum err fetch_texts(struct engine *engine, const struct event *now, struct event *said)
{
    struct field_value *data = ARENA_ARRAY(&engine->batch.arena, struct field_value, said->data_count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < said->data_count && !code; i++) {
        data[i] = said->data[i];
        if (is_long_text(&data[i].value))
            code = fetch_text(engine, now, &data[i].value);
    }
    said->data = data;
    return code;
}

enum err engine_say(struct engine *engine, const struct event *now, const struct case_state *after, const struct effect *effect)
{
    struct arena *arena = &engine->batch.arena;
    struct log_record record = {.event = *effect->event};
    struct event *said = &record.event;
    said->id = derive(arena, 'e', said->other, said->task);
    if (said->kind == EVENT_OPEN)
        said->key = said->child ? engine_child_key(arena, said->other, said->child) : engine_split_key(arena, said->other, now->id);
    else if (said->subject.kind == CASE_REF_NONE)
        said->subject = (struct case_ref){.kind = CASE_REF_KEY, .text = engine_child_key(arena, said->other, said->child)};
    enum err code = fetch_texts(engine, now, said);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    struct outbox_row row = {.kind = OUTBOX_SAY, .case_id = after->id, .position = engine_next_position(engine), .unit = effect->unit,
                             .said = log_encode(arena, &record)};
    struct record_key key = key_outbox(engine->options.partition, topic, said->ready_at, said->task);
    batch_put(&engine->batch, STORE_OUTBOX, &key, row_encode_outbox(arena, &row));
    engine->said = engine->said_here = true;
    return ERR_OK;
}

void engine_said_gone(struct engine *engine, const struct event *event)
{
    struct record_key key = key_outbox(engine->options.partition, topic, event->ready_at, event->task);
    batch_delete(&engine->batch, STORE_OUTBOX, &key);
}

enum err engine_find_said(struct engine *engine)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    struct record_key prefix = key_outbox_topic(engine->options.partition, topic);
    engine->said = false;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_OUTBOX, &cursor);
    if (!code) {
        code = store_cursor_seek(cursor, key_text(&prefix), &key, &value);
        engine->said = !code && key_begins(key, &prefix);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* ---- heard ---- */

enum err engine_drop_said(struct engine *engine, const struct event *event)
{
    assert(event->kind == EVENT_CASE && event->code);
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_said_gone(engine, event);
    engine_append(engine, &record);
    return ERR_OK;
}

/* Decided; where it is refused, that is what the log says of it. */
static enum err hear_or_drop(struct engine *engine, struct event *event)
{
    struct message answer;
    enum err code = engine_decide(engine, event, &answer);
    if (code || answer.kind == MESSAGE_APPLIED)
        return code;
    event->id = (struct text){0};
    event->code = answer.kind == MESSAGE_REFUSED ? answer.code : ERR_ID_REUSED;
    event->why = answer.why;
    return engine_drop_said(engine, event);
}

/* What the child gave under the names of its fields stands under those that it fills at the parent. */
static enum err turn_returns_around(struct engine *engine, struct event *event)
{
    struct batch_case *parent;
    enum err code = engine_case_by_ref(engine, &event->subject, &parent);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_OK : code; /* refused when it is decided */
    const struct workflow *workflow = engine_workflow(engine, parent->state->workflow);
    const struct case_child *child = case_child_by_id(parent->state, event->child);
    if (!workflow || !child)
        return workflow ? ERR_OK : ERR_CORRUPT;
    struct span returns = workflow_open(workflow, child->open)->returns;
    struct field_value *data = ARENA_ARRAY(&engine->batch.arena, struct field_value, (size_t)returns.count);
    uint32_t count = 0;
    for (int32_t i = 0; i < returns.count; i++) {
        const struct workflow_return *back = workflow_return(workflow, returns.first + i);
        for (uint32_t k = 0; k < event->data_count; k++)
            if (text_is(event->data[k].name, workflow_string(workflow, back->its)))
                data[count++] = (struct field_value){.name = text_of(workflow_field_name(workflow, back->field)), .value = event->data[k].value};
    }
    for (uint32_t i = 1; i < count; i++) /* in the order of their names */
        for (uint32_t k = i; k > 0 && text_compare(data[k - 1].name, data[k].name) > 0; k--) {
            struct field_value swapped = data[k];
            data[k] = data[k - 1];
            data[k - 1] = swapped;
        }
    event->data = data;
    event->data_count = count;
    return ERR_OK;
}

static enum err hear_opening(struct engine *engine, const struct event *opening, uint32_t unit_id)
{
    const struct directory *directory = engine_directory(engine);
    struct event event = *opening;
    struct message answer = {0};
    int32_t unit = directory ? advance_unit(directory, unit_id) : NONE;
    if (unit == NONE)
        engine_refuse(&answer, ERR_UNKNOWN_UNIT, TEXT("the unit where it was to be opened is not in the directory any more"));
    else
        event.unit = text_of(directory_unit_path(directory, unit));
    enum err code = unit == NONE ? ERR_OK : engine_decide(engine, &event, &answer);
    if (code || answer.kind == MESSAGE_APPLIED)
        return code;
    struct event refused = {.kind = EVENT_CASE, .name = opening->child ? TEXT("child-refused") : TEXT("split-refused"), .subject = {.kind = CASE_REF_KEY, .text = opening->other}, .other = opening->key,
                            .child = opening->child, .task = opening->task, .ready_at = opening->ready_at, .why = answer.why};
    return hear_or_drop(engine, &refused);
}

static enum err hear_row(struct engine *engine, struct text value)
{
    struct arena *arena = &engine->batch.arena;
    struct outbox_row row;
    struct log_record said;
    enum err code = row_decode_outbox(arena_copy(arena, value), &row);
    code = code ? code : row.kind == OUTBOX_SAY ? log_decode(arena, row.said, &said) : ERR_CORRUPT;
    if (code)
        return code;
    if (said.event.kind == EVENT_OPEN)
        return hear_opening(engine, &said.event, row.unit);
    if (text_is(said.event.name, "child-ended"))
        code = turn_returns_around(engine, &said.event);
    return code ? code : hear_or_drop(engine, &said.event);
}

static enum err hear_rows(struct engine *engine, struct store_cursor *cursor, uint32_t most, uint32_t *heard)
{
    struct record_key prefix = key_outbox_topic(engine->options.partition, topic);
    struct text key, value;
    enum err code = store_cursor_seek(cursor, key_text(&prefix), &key, &value);
    while (!code && *heard < most) {
        const struct batch_row *changed;
        if (!key_begins(key, &prefix))
            break;
        if (!batch_changed(&engine->batch, STORE_OUTBOX, key, &changed)) {
            code = hear_row(engine, value);
            *heard += 1;
        }
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    engine->said = engine->said_here || *heard >= most;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err engine_hear(struct engine *engine, uint32_t most, uint32_t *heard)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    if (!engine->said || *heard >= most)
        return ERR_OK;
    enum err code = batch_txn(&engine->batch, &txn);
    code = code ? code : store_cursor_open(txn, STORE_OUTBOX, &cursor);
    if (code)
        return code;
    code = hear_rows(engine, cursor, most, heard);
    store_cursor_close(&cursor);
    return code;
}
