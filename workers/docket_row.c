/* docket_row: see docket_row.h. */
#include "workers/docket_row.h"

#include <assert.h>

static const char *const state_names[DOCKET_STATE_COUNT] = {
    [DOCKET_RECEIVED] = "received",   [DOCKET_ACCEPTED] = "accepted",   [DOCKET_RETURNED] = "returned",
    [DOCKET_CONCLUDED] = "concluded", [DOCKET_HANDED_ON] = "handed-on", [DOCKET_WITHDRAWN] = "withdrawn",
};

const char *docket_state_name(enum docket_state state)
{
    assert((unsigned)state < DOCKET_STATE_COUNT);
    return state_names[state];
}

/* ---- keys ---- */

static void key_add_number(struct docket_key *key, uint64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        key->bytes[key->size++] = (char)(unsigned char)(number >> (56 - 8 * i));
}

struct text docket_key_text(const struct docket_key *key)
{
    return (struct text){.data = key->bytes, .size = key->size};
}

struct docket_key docket_key_number(uint64_t number)
{
    struct docket_key key = {.size = 0};
    key_add_number(&key, number);
    return key;
}

struct docket_key docket_key_pair(uint64_t first, uint64_t second)
{
    struct docket_key key = docket_key_number(first);
    key_add_number(&key, second);
    return key;
}

struct docket_key docket_key_name(char what, struct text name)
{
    struct docket_key key = {.bytes = {what}, .size = 1};
    assert(name.size < sizeof key.bytes);
    if (name.size)
        memcpy(key.bytes + 1, name.data, name.size);
    key.size += name.size;
    return key;
}

uint64_t docket_key_read(struct text key, unsigned index)
{
    assert(key.size >= 8 * (index + 1));
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | (unsigned char)key.data[8 * index + i];
    return number;
}

/* ---- encoding ---- */

static struct wire_writer writer_of(struct arena *arena)
{
    struct wire_writer writer = {.arena = arena};
    wire_put_raw(&writer, &(char){DOCKET_FORMAT}, 1);
    return writer;
}

static struct text written(const struct wire_writer *writer)
{
    return (struct text){.data = writer->data, .size = writer->size};
}

struct text docket_encode_number(struct arena *arena, uint64_t number)
{
    struct wire_writer writer = writer_of(arena);
    wire_put_unsigned(&writer, number);
    return written(&writer);
}

struct text docket_encode_value(struct arena *arena, const struct value *value)
{
    struct wire_writer writer = writer_of(arena);
    wire_put_value(&writer, value);
    return written(&writer);
}

enum err docket_encode_message(struct arena *arena, const struct message *message, struct text *out)
{
    struct message kept = *message;
    struct wire_writer writer = writer_of(arena);
    struct text bytes;
    kept.request = 0;
    enum err err = wire_encode_bounded(arena, &kept, &bytes);
    if (err)
        return err;
    wire_put_raw(&writer, bytes.data, bytes.size);
    *out = written(&writer);
    return ERR_OK;
}

/* Every member, so that the stored form is the shown one and nothing is told apart by its absence but what is empty. */
struct value docket_entry_row(struct arena *arena, const struct docket_entry *entry)
{
    struct map_maker map = map_begin(arena);
    map_put_number(&map, "case", (int64_t)entry->case_id);
    map_put_number(&map, "task", (int64_t)entry->task);
    map_put_text(&map, "state", text_of(docket_state_name(entry->state)));
    map_put_text(&map, "no", entry->number);
    map_put_number(&map, "received", entry->received);
    map_put_number(&map, "changed", entry->changed);
    map_put_number(&map, "accepted", entry->accepted);
    map_put_text(&map, "by", entry->by);
    map_put_text(&map, "event", entry->event);
    map_put_number(&map, "sending", (int64_t)entry->sending);
    map_put_text(&map, "code", entry->code);
    map_put_text(&map, "why", entry->why);
    map_put_number(&map, "visits", entry->visits);
    if (entry->notes.kind == VALUE_LIST)
        map_put(&map, "notes", entry->notes);
    return map_end(&map);
}

struct text docket_encode_entry(struct arena *arena, const struct docket_entry *entry)
{
    struct value row = docket_entry_row(arena, entry);
    return docket_encode_value(arena, &row);
}

/* ---- decoding ---- */

static enum err open_value(struct text *bytes)
{
    if (bytes->size == 0)
        return ERR_CORRUPT;
    if ((unsigned char)bytes->data[0] != DOCKET_FORMAT)
        return ERR_NEWER_FORMAT;
    *bytes = (struct text){.data = bytes->data + 1, .size = bytes->size - 1};
    return ERR_OK;
}

enum err docket_decode_number(struct text bytes, uint64_t *number)
{
    enum err err = open_value(&bytes);
    if (err)
        return err;
    struct wire_reader reader = wire_reader_of(NULL, bytes);
    *number = wire_get_unsigned(&reader);
    return wire_reader_done(&reader) ? ERR_OK : ERR_CORRUPT;
}

enum err docket_decode_value(struct arena *arena, struct text bytes, struct value *value)
{
    enum err err = open_value(&bytes);
    if (err)
        return err;
    struct wire_reader reader = wire_reader_of(arena, arena_copy(arena, bytes));
    *value = wire_get_value(&reader);
    return wire_reader_done(&reader) ? ERR_OK : ERR_CORRUPT;
}

enum err docket_decode_message(struct arena *arena, struct text bytes, struct message *message)
{
    struct text why;
    enum err err = open_value(&bytes);
    if (err)
        return err;
    return wire_decode(arena, arena_copy(arena, bytes), message, &why) ? ERR_CORRUPT : ERR_OK;
}

static struct text member_text(const struct value *map, const char *name)
{
    const struct value *value = value_get(map, name);
    return value && value->kind == VALUE_TEXT ? value->text : (struct text){0};
}

static int64_t member_number(const struct value *map, const char *name)
{
    const struct value *value = value_get(map, name);
    return value && value->kind == VALUE_INTEGER ? value->integer : 0;
}

enum err docket_decode_entry(struct arena *arena, struct text bytes, struct docket_entry *entry)
{
    struct value row;
    enum err err = docket_decode_value(arena, bytes, &row);
    if (err)
        return err;
    const struct value *notes = value_get(&row, "notes");
    struct text state = member_text(&row, "state");
    *entry = (struct docket_entry){
        .case_id = (uint64_t)member_number(&row, "case"),
        .task = (uint64_t)member_number(&row, "task"),
        .number = member_text(&row, "no"),
        .received = member_number(&row, "received"),
        .changed = member_number(&row, "changed"),
        .accepted = member_number(&row, "accepted"),
        .by = member_text(&row, "by"),
        .event = member_text(&row, "event"),
        .sending = (uint64_t)member_number(&row, "sending"),
        .code = member_text(&row, "code"),
        .why = member_text(&row, "why"),
        .visits = (uint32_t)member_number(&row, "visits"),
        .notes = notes ? *notes : (struct value){0},
    };
    while (entry->state < DOCKET_STATE_COUNT && !text_is(state, state_names[entry->state]))
        entry->state++;
    return entry->state < DOCKET_STATE_COUNT && entry->case_id ? ERR_OK : ERR_CORRUPT;
}
