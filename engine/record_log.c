/* record_log: the records of the log.
 *
 *   header, 88 bytes: version 1, event kind 1, 0 2, epoch 4, time 8, effective 8, case id 8, previous 8, case digest 8, due 8,
 *                     predecessor's hash 32
 *   body:             a msgpack map; which members there are stands in the tables below, in their order; what is empty is left out
 *
 * The hash of a record is SHA-256(0x00 || record). */
#include "engine/record.h"

#include "engine/bytes.h"
#include "engine/sha256.h"
#include "proto/wire.h"

#include <assert.h>
#include <stddef.h>

enum { LOG_VERSION = 1, LOG_HEADER = 8 + 6 * 8 + HASH_SIZE };

enum member_type { M_TEXT, M_BYTES, M_U64, M_U32, M_I64, M_I32, M_BOOLEAN, M_HASH, M_SUBJECT, M_DATA, M_PREVIOUS, M_HAPPENED, M_NOTICES, M_CHANGES, M_CODE };

struct log_member {
    const char *name;
    enum member_type type;
    size_t offset;
};

#define IN_EVENT(member) (offsetof(struct log_record, event) + offsetof(struct event, member))
#define IN_RECORD(member) offsetof(struct log_record, member)

static const struct log_member members[] = {
    {"id", M_BYTES, IN_EVENT(id)},
    {"from", M_TEXT, IN_EVENT(sender)},
    {"c", M_SUBJECT, IN_EVENT(subject)},
    {"key", M_BYTES, IN_EVENT(key)},
    {"w", M_TEXT, IN_EVENT(workflow)},
    {"u", M_TEXT, IN_EVENT(unit)},
    {"e", M_TEXT, IN_EVENT(name)},
    {"as", M_TEXT, IN_EVENT(as)},
    {"for", M_TEXT, IN_EVENT(on_behalf)},
    {"at", M_HAPPENED, IN_EVENT(happened_at)},
    {"d", M_DATA, IN_EVENT(data)},
    {"prev", M_PREVIOUS, IN_EVENT(previous)},
    {"held", M_BOOLEAN, IN_EVENT(held)},
    {"worker", M_TEXT, IN_EVENT(worker)},
    {"task", M_U64, IN_EVENT(task)},
    {"topic", M_TEXT, IN_EVENT(topic)},
    {"ready", M_I64, IN_EVENT(ready_at)},
    {"try", M_U32, IN_EVENT(attempt)},
    {"again", M_BOOLEAN, IN_EVENT(again)},
    {"lapsed", M_BOOLEAN, IN_EVENT(lapsed)},
    {"why", M_TEXT, IN_EVENT(why)},
    {"tries", M_U32, IN_EVENT(attempts_most)},
    {"base", M_U32, IN_EVENT(retry_base_ms)},
    {"most", M_U32, IN_EVENT(retry_most_ms)},
    {"clock", M_I32, IN_EVENT(clock_kind)},
    {"which", M_I32, IN_EVENT(clock_which)},
    {"due", M_I64, IN_EVENT(due)},
    {"rolls", M_BOOLEAN, IN_EVENT(rolls)},
    {"parked", M_U64, IN_EVENT(parked)},
    {"sealed", M_BYTES, IN_EVENT(sealed)},
    {"code", M_CODE, IN_EVENT(code)},
    {"what", M_TEXT, IN_EVENT(what)},
    {"n", M_TEXT, IN_EVENT(deployed)},
    {"v", M_U32, IN_EVENT(version)},
    {"part", M_U32, IN_EVENT(part)},
    {"parts", M_U32, IN_EVENT(parts)},
    {"compiled", M_BOOLEAN, IN_EVENT(compiled)},
    {"b", M_BYTES, IN_EVENT(bytes)},
    {"hash", M_HASH, IN_EVENT(hash)},
    {"applies", M_I32, IN_EVENT(applies_from)},
    {"other", M_BYTES, IN_EVENT(other)},
    {"child", M_U64, IN_EVENT(child)},
    {"its-end", M_TEXT, IN_EVENT(end)},
    {"other-case", M_U64, IN_EVENT(other_case)},
    {"other-no", M_TEXT, IN_EVENT(other_number)},
    {"other-u", M_TEXT, IN_EVENT(other_unit)},
    {"was", M_U64, IN_EVENT(migrated_from)},
    {"run", M_I32, IN_EVENT(run)},
    {"through", M_I32, IN_EVENT(run_through)},
    {"of", M_U32, IN_EVENT(run_of)},
    {"turn", M_TEXT, IN_EVENT(turn)},
    {"missed", M_U32, IN_EVENT(missed)},
    {"missed-from", M_I32, IN_EVENT(missed_from)},
    {"year", M_I32, IN_EVENT(year)},
    {"count", M_U32, IN_EVENT(year_count)},
    {"least", M_U32, IN_EVENT(year_least)},
    /* what became of it */
    {"S", M_TEXT, IN_RECORD(stage)},
    {"L", M_TEXT, IN_RECORD(level)},
    {"U", M_TEXT, IN_RECORD(unit)},
    {"E", M_TEXT, IN_RECORD(end)},
    {"No", M_TEXT, IN_RECORD(number)},
    {"say-zh", M_TEXT, IN_RECORD(note_zh)},
    {"say-en", M_TEXT, IN_RECORD(note_en)},
    {"told", M_NOTICES, IN_RECORD(notices)},
    {"changed", M_CHANGES, IN_RECORD(changes)},
};
enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

static const uint8_t no_hash[HASH_SIZE];

static bool is_empty(const struct log_record *record, const struct log_member *member)
{
    const char *at = (const char *)record + member->offset;
    switch (member->type) {
    case M_TEXT:
    case M_BYTES: return ((const struct text *)(const void *)at)->size == 0;
    case M_U64: return *(const uint64_t *)(const void *)at == 0;
    case M_I64: return *(const int64_t *)(const void *)at == 0;
    case M_U32: return *(const uint32_t *)(const void *)at == 0;
    case M_I32: return *(const int32_t *)(const void *)at == 0;
    case M_BOOLEAN: return !*(const bool *)at;
    case M_HASH: return memcmp(at, no_hash, HASH_SIZE) == 0;
    case M_SUBJECT: return record->event.subject.kind == CASE_REF_NONE;
    case M_DATA: return record->event.data_count == 0;
    case M_PREVIOUS: return record->event.previous_count == 0;
    case M_HAPPENED: return !record->event.has_happened_at;
    case M_NOTICES: return record->notice_count == 0;
    case M_CHANGES: return record->change_count == 0;
    case M_CODE: return record->event.code == ERR_OK;
    }
    return true;
}

static void put_subject(struct wire_writer *writer, const struct case_ref *ref)
{
    if (ref->kind == CASE_REF_ID)
        wire_put_unsigned(writer, ref->id);
    else if (ref->kind == CASE_REF_KEY)
        wire_put_bytes(writer, ref->text);
    else
        wire_put_text(writer, ref->text);
}

static void put_data(struct wire_writer *writer, const struct field_value *data, uint32_t count)
{
    wire_put_map(writer, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_put_text(writer, data[i].name);
        wire_put_value(writer, &data[i].value);
    }
}

static void put_notices(struct wire_writer *writer, const struct log_record *record)
{
    wire_put_array(writer, record->notice_count);
    for (uint32_t i = 0; i < record->notice_count; i++) {
        const struct log_notice *notice = &record->notices[i];
        wire_put_array(writer, 4);
        wire_put_unsigned(writer, (uint64_t)notice->kind);
        wire_put_array(writer, notice->who_count);
        for (uint32_t k = 0; k < notice->who_count; k++)
            wire_put_text(writer, notice->who[k]);
        wire_put_text(writer, notice->text_zh);
        wire_put_text(writer, notice->text_en);
    }
}

static void put_changes(struct wire_writer *writer, const struct log_record *record)
{
    wire_put_array(writer, record->change_count);
    for (uint32_t i = 0; i < record->change_count; i++) {
        wire_put_array(writer, 4);
        wire_put_integer(writer, record->changes[i].kind);
        wire_put_integer(writer, record->changes[i].which);
        wire_put_integer(writer, record->changes[i].before);
        wire_put_integer(writer, record->changes[i].after);
    }
}

static void put_member(struct wire_writer *writer, const struct log_record *record, const struct log_member *member)
{
    const char *at = (const char *)record + member->offset;
    switch (member->type) {
    case M_TEXT: wire_put_text(writer, *(const struct text *)(const void *)at); break;
    case M_BYTES: wire_put_bytes(writer, *(const struct text *)(const void *)at); break;
    case M_U64: wire_put_unsigned(writer, *(const uint64_t *)(const void *)at); break;
    case M_U32: wire_put_unsigned(writer, *(const uint32_t *)(const void *)at); break;
    case M_HAPPENED:
    case M_I64: wire_put_integer(writer, *(const int64_t *)(const void *)at); break;
    case M_I32: wire_put_integer(writer, *(const int32_t *)(const void *)at); break;
    case M_BOOLEAN: wire_put_boolean(writer, true); break;
    case M_HASH: wire_put_bytes(writer, (struct text){.data = at, .size = HASH_SIZE}); break;
    case M_SUBJECT: put_subject(writer, &record->event.subject); break;
    case M_DATA: put_data(writer, record->event.data, record->event.data_count); break;
    case M_PREVIOUS: put_data(writer, record->event.previous, record->event.previous_count); break;
    case M_NOTICES: put_notices(writer, record); break;
    case M_CHANGES: put_changes(writer, record); break;
    case M_CODE: wire_put_text(writer, text_of(err_name(record->event.code))); break;
    }
}

static void header_write(const struct log_record *record, uint8_t header[LOG_HEADER])
{
    header[0] = LOG_VERSION;
    header[1] = (uint8_t)record->event.kind;
    header[2] = header[3] = 0;
    bytes_put_u32(header + 4, record->epoch);
    bytes_put_u64(header + 8, bytes_time(record->time));
    bytes_put_u64(header + 16, bytes_time(record->effective));
    bytes_put_u64(header + 24, record->case_id);
    bytes_put_u64(header + 32, record->previous);
    bytes_put_u64(header + 40, record->case_digest);
    bytes_put_u64(header + 48, bytes_time(record->due));
    memcpy(header + 56, record->predecessor, HASH_SIZE);
}

struct text log_encode(struct arena *arena, const struct log_record *record)
{
    uint8_t header[LOG_HEADER];
    header_write(record, header);
    uint8_t present[MEMBER_COUNT];
    uint32_t count = 0;
    for (uint32_t i = 0; i < MEMBER_COUNT; i++)
        if (!is_empty(record, &members[i]))
            present[count++] = (uint8_t)i;
    struct wire_writer writer = {.arena = arena};
    wire_put_raw(&writer, header, sizeof header);
    wire_put_map(&writer, count);
    for (uint32_t i = 0; i < count; i++) {
        wire_put_text(&writer, text_of(members[present[i]].name));
        put_member(&writer, record, &members[present[i]]);
    }
    return (struct text){.data = writer.data, .size = writer.size};
}

/* ---- reading ---- */

static void get_subject(struct wire_reader *reader, struct case_ref *ref)
{
    struct value value = wire_get_value(reader);
    if (value.kind == VALUE_INTEGER && value.integer >= 0)
        *ref = (struct case_ref){.kind = CASE_REF_ID, .id = (uint64_t)value.integer};
    else if (value.kind == VALUE_BYTES)
        *ref = (struct case_ref){.kind = CASE_REF_KEY, .text = value.text};
    else if (value.kind == VALUE_TEXT)
        *ref = (struct case_ref){.kind = CASE_REF_NUMBER, .text = value.text};
    else
        reader->failed = true;
}

static const struct field_value *get_data(struct wire_reader *reader, uint32_t *data_count)
{
    uint32_t count = wire_get_map(reader);
    if (count > WIRE_ELEMENTS_MOST)
        reader->failed = true;
    *data_count = 0;
    if (reader->failed)
        return NULL;
    struct field_value *data = ARENA_ARRAY(reader->arena, struct field_value, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        data[i].name = wire_get_text(reader);
        data[i].value = wire_get_value(reader);
    }
    *data_count = count;
    return data;
}

static uint32_t get_u32(struct wire_reader *reader)
{
    uint64_t number = wire_get_unsigned(reader);
    reader->failed = reader->failed || number > UINT32_MAX;
    return (uint32_t)number;
}

static int32_t get_i32(struct wire_reader *reader)
{
    int64_t number = wire_get_integer(reader);
    reader->failed = reader->failed || number < INT32_MIN || number > INT32_MAX;
    return (int32_t)number;
}

static void get_notices(struct wire_reader *reader, struct log_record *record)
{
    uint32_t count = wire_get_array(reader);
    struct log_notice *notices = ARENA_ARRAY(reader->arena, struct log_notice, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (wire_get_array(reader) != 4)
            reader->failed = true;
        notices[i].kind = (enum notice_kind)get_u32(reader);
        reader->failed = reader->failed || notices[i].kind > NOTICE_WITHDRAWN;
        notices[i].who_count = wire_get_array(reader);
        struct text *who = ARENA_ARRAY(reader->arena, struct text, notices[i].who_count);
        for (uint32_t k = 0; k < notices[i].who_count; k++)
            who[k] = wire_get_text(reader);
        notices[i].who = who;
        notices[i].text_zh = wire_get_text(reader);
        notices[i].text_en = wire_get_text(reader);
    }
    record->notices = notices;
    record->notice_count = count;
}

static void get_changes(struct wire_reader *reader, struct log_record *record)
{
    uint32_t count = wire_get_array(reader);
    struct log_change *changes = ARENA_ARRAY(reader->arena, struct log_change, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (wire_get_array(reader) != 4)
            reader->failed = true;
        changes[i].kind = get_i32(reader);
        changes[i].which = get_i32(reader);
        changes[i].before = wire_get_integer(reader);
        changes[i].after = wire_get_integer(reader);
    }
    record->changes = changes;
    record->change_count = count;
}

static void get_hash(struct wire_reader *reader, char *at)
{
    struct text bytes = wire_get_bytes(reader);
    if (bytes.size == HASH_SIZE)
        memcpy(at, bytes.data, HASH_SIZE);
    else
        reader->failed = true;
}

static void get_code(struct wire_reader *reader, struct event *event)
{
    struct text name = wire_get_text(reader);
    event->code = err_from_name(name.data, name.size);
    if (event->code == ERR_COUNT)
        reader->failed = true;
}

static void get_member(struct wire_reader *reader, struct log_record *record, const struct log_member *member)
{
    char *at = (char *)record + member->offset;
    switch (member->type) {
    case M_TEXT: *(struct text *)(void *)at = wire_get_text(reader); break;
    case M_BYTES: *(struct text *)(void *)at = wire_get_bytes(reader); break;
    case M_U64: *(uint64_t *)(void *)at = wire_get_unsigned(reader); break;
    case M_U32: *(uint32_t *)(void *)at = get_u32(reader); break;
    case M_HAPPENED: record->event.has_happened_at = true; /* fall through */
    case M_I64: *(int64_t *)(void *)at = wire_get_integer(reader); break;
    case M_I32: *(int32_t *)(void *)at = get_i32(reader); break;
    case M_BOOLEAN: *(bool *)at = wire_get_boolean(reader); break;
    case M_HASH: get_hash(reader, at); break;
    case M_SUBJECT: get_subject(reader, &record->event.subject); break;
    case M_DATA: record->event.data = get_data(reader, &record->event.data_count); break;
    case M_PREVIOUS: record->event.previous = get_data(reader, &record->event.previous_count); break;
    case M_NOTICES: get_notices(reader, record); break;
    case M_CHANGES: get_changes(reader, record); break;
    case M_CODE: get_code(reader, &record->event); break;
    }
    reader->failed = reader->failed || is_empty(record, member); /* what is empty is left out: one record has one form */
}

/* ---- what the engine relies on when it decides a record again ---- */

static bool is_id(struct text id)
{
    return id.size == 0 || id.size == ID_SIZE;
}

/* These become parts of keys, which have an end. */
static bool is_word(struct text word)
{
    return word.size <= RECORD_WORD_MOST;
}

static bool subject_holds(const struct event *event)
{
    const struct case_ref *subject = &event->subject;
    if (event->kind == EVENT_PARK || event->kind == EVENT_UNPARK)
        return subject->kind == CASE_REF_KEY && subject->text.size == ID_SIZE;
    if (event->kind == EVENT_DUE || event->kind == EVENT_RECOMPUTE || event->kind == EVENT_COUNT)
        return subject->kind == CASE_REF_ID;
    if (event->kind == EVENT_CASE)
        return subject->kind == CASE_REF_KEY && subject->text.size == ID_SIZE && event->other.size == ID_SIZE;
    return subject->kind == CASE_REF_KEY ? subject->text.size == ID_SIZE : is_word(subject->text);
}

static bool deployment_holds(const struct event *event)
{
    if (event->kind != EVENT_DEPLOY && event->kind != EVENT_DEPLOY_PART)
        return true;
    bool known = text_is(event->what, "workflow") || text_is(event->what, "directory") || text_is(event->what, "calendar");
    return known && event->deployed.size > 0 && is_word(event->deployed) && event->part <= DEPLOY_PIECES_MOST && event->parts <= DEPLOY_PIECES_MOST &&
           event->bytes.size <= DEPLOY_PIECE;
}

/* These too are parts of keys. */
static bool run_holds(const struct event *event)
{
    bool calendar = event->kind == EVENT_RUN || event->kind == EVENT_QUOTA;
    return is_word(event->turn) && (!calendar || (event->workflow.size > 0 && is_word(event->workflow)));
}

static bool event_holds(const struct event *event)
{
    return event->kind >= EVENT_OPEN && event->kind <= EVENT_ERASE && is_id(event->id) && is_id(event->key) && is_id(event->other) &&
           (event->kind != EVENT_OPEN || event->key.size == ID_SIZE) && (event->kind != EVENT_PARK || event->id.size == ID_SIZE) &&
           is_word(event->sender) && is_word(event->topic) && run_holds(event) && subject_holds(event) && deployment_holds(event);
}

static void header_read(const char *at, struct log_record *record)
{
    *record = (struct log_record){
        .epoch = bytes_u32(at + 4),
        .time = bytes_time_back(bytes_u64(at + 8)),
        .effective = bytes_time_back(bytes_u64(at + 16)),
        .case_id = bytes_u64(at + 24),
        .previous = bytes_u64(at + 32),
        .case_digest = bytes_u64(at + 40),
        .due = bytes_time_back(bytes_u64(at + 48)),
    };
    record->event.kind = (enum event_kind)(uint8_t)at[1];
    memcpy(record->predecessor, at + 56, HASH_SIZE);
}

enum err log_decode(struct arena *arena, struct text bytes, struct log_record *record)
{
    if (bytes.size < LOG_HEADER)
        return ERR_CORRUPT;
    if ((uint8_t)bytes.data[0] != LOG_VERSION)
        return (uint8_t)bytes.data[0] > LOG_VERSION ? ERR_NEWER_FORMAT : ERR_CORRUPT;
    if (bytes.data[2] || bytes.data[3])
        return ERR_CORRUPT;
    header_read(bytes.data, record);
    struct wire_reader reader = wire_reader_of(arena, (struct text){.data = bytes.data + LOG_HEADER, .size = bytes.size - LOG_HEADER});
    uint32_t count = wire_get_map(&reader);
    uint32_t next = 0; /* members come in the order of the table */
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        struct text name = wire_get_text(&reader);
        while (next < MEMBER_COUNT && !text_is(name, members[next].name))
            next++;
        if (next == MEMBER_COUNT)
            return ERR_CORRUPT;
        get_member(&reader, record, &members[next++]);
    }
    return wire_reader_done(&reader) && event_holds(&record->event) ? ERR_OK : ERR_CORRUPT;
}

bool log_same_case(struct text one, struct text other)
{
    assert(one.size >= LOG_HEADER && other.size >= LOG_HEADER); /* they are records */
    return memcmp(one.data, other.data, LOG_HEADER) == 0;
}

void log_hash(struct text record, uint8_t hash[HASH_SIZE])
{
    static const unsigned char leaf = 0;
    struct sha256 state;
    sha256_start(&state);
    sha256_add(&state, &leaf, 1);
    sha256_add(&state, record.data, record.size);
    sha256_end(&state, hash);
}

/* The choice of a secret ballot is left out: by sending it again with one choice after the other nobody shall find out which it was, and when its key
 * is gone the same ballot shall still be known. */
static void put_said(struct wire_writer *writer, struct arena *arena, const struct event *event)
{
    struct field_value *data = ARENA_ARRAY(arena, struct field_value, event->data_count);
    bool ballot = text_is(event->name, "ballot");
    for (uint32_t i = 0; i < event->data_count; i++) {
        data[i] = event->data[i];
        if (ballot && text_is(data[i].name, "choice") && (data[i].value.kind == VALUE_LIST || data[i].value.kind == VALUE_BYTES))
            data[i].value = (struct value){.kind = VALUE_NONE};
    }
    put_data(writer, data, event->data_count);
}

/* Left out: the sender's name and the id, which the receipt is found by, and what the engine adds, which may be another thing when the
 * event is repeated: the worker's name, where the task stands in the outbox, the configured retries, the park that it comes from, the workflow that a
 * migrated case leaves. */
uint64_t event_digest(struct arena *arena, const struct event *event)
{
    struct arena_mark mark = arena_save(arena);
    struct wire_writer writer = {.arena = arena};
    wire_put_unsigned(&writer, (uint64_t)event->kind);
    put_subject(&writer, &event->subject);
    const struct text texts[] = {event->key, event->workflow, event->unit, event->name,     event->as, event->on_behalf,
                                 event->sealed, event->why,   event->what, event->deployed, {(const char *)event->hash, sizeof event->hash}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        wire_put_bytes(&writer, texts[i]);
    wire_put_integer(&writer, event->has_happened_at ? event->happened_at : INT64_MIN);
    wire_put_boolean(&writer, event->held);
    wire_put_boolean(&writer, event->again);
    wire_put_unsigned(&writer, event->task);
    wire_put_unsigned(&writer, event->version);
    put_said(&writer, arena, event);
    uint64_t digest = store_checksum(event->id, (struct text){.data = writer.data, .size = writer.size});
    arena_rewind(arena, mark);
    return digest;
}
