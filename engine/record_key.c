/* record_key: the keys of every table; the layout is drawn in record.h. */
#include "engine/record.h"

#include "engine/bytes.h"

#include <assert.h>

struct text key_text(const struct record_key *key)
{
    return (struct text){.data = (const char *)key->bytes, .size = key->size};
}

static void add_u8(struct record_key *key, uint8_t number)
{
    assert(key->size + 1 <= sizeof key->bytes);
    key->bytes[key->size++] = number;
}

static void add_u32(struct record_key *key, uint32_t number)
{
    assert(key->size + 4 <= sizeof key->bytes);
    bytes_put_u32(key->bytes + key->size, number);
    key->size += 4;
}

static void add_u64(struct record_key *key, uint64_t number)
{
    assert(key->size + 8 <= sizeof key->bytes);
    bytes_put_u64(key->bytes + key->size, number);
    key->size += 8;
}

static void add_text(struct record_key *key, struct text text)
{
    assert(key->size + text.size <= sizeof key->bytes);
    if (text.size)
        memcpy(key->bytes + key->size, text.data, text.size);
    key->size += text.size;
}

/* Every key begins with its partition. The bytes behind `size` stay as they are: a key is 500 bytes wide and used often. */
#define KEY(name, partition)                                                                                           \
    struct record_key name;                                                                                            \
    name.size = 0;                                                                                                     \
    add_u32(&name, (partition))

struct record_key key_meta(uint32_t partition)
{
    KEY(key, partition);
    add_text(&key, TEXT("state"));
    return key;
}

struct record_key key_meta_older(uint32_t partition)
{
    KEY(key, partition);
    add_text(&key, TEXT("older"));
    return key;
}

struct record_key key_log(uint32_t partition, uint64_t position)
{
    KEY(key, partition);
    add_u64(&key, position);
    return key;
}

struct record_key key_case(uint32_t partition, uint64_t id)
{
    return key_log(partition, id);
}

struct record_key key_receipt(uint32_t partition, struct text event_id, struct text sender)
{
    assert(event_id.size == ID_SIZE);
    KEY(key, partition);
    add_text(&key, event_id);
    add_text(&key, sender);
    return key;
}

struct record_key key_deadline(uint32_t partition, int64_t due, uint64_t case_id, int32_t kind, int32_t which)
{
    KEY(key, partition);
    add_u64(&key, bytes_time(due));
    add_u64(&key, case_id);
    add_u8(&key, (uint8_t)kind);
    add_u32(&key, (uint32_t)which);
    return key;
}

struct record_key key_outbox_topic(uint32_t partition, struct text topic)
{
    KEY(key, partition);
    add_text(&key, topic);
    add_u8(&key, 0);
    return key;
}

struct record_key key_outbox(uint32_t partition, struct text topic, int64_t ready_at, uint64_t task)
{
    struct record_key key = key_outbox_topic(partition, topic);
    add_u64(&key, bytes_time(ready_at));
    add_u64(&key, task);
    return key;
}

struct record_key key_open_unit(uint32_t partition, uint32_t unit)
{
    KEY(key, partition);
    add_u32(&key, unit);
    return key;
}

struct record_key key_open(uint32_t partition, uint32_t unit, uint64_t case_id)
{
    struct record_key key = key_open_unit(partition, unit);
    add_u64(&key, case_id);
    return key;
}

struct record_key key_case_key(uint32_t partition, struct text case_key)
{
    assert(case_key.size == ID_SIZE);
    KEY(key, partition);
    add_text(&key, case_key);
    return key;
}

struct record_key key_number(uint32_t partition, struct text number)
{
    KEY(key, partition);
    add_text(&key, number);
    return key;
}

struct record_key key_counter(uint32_t partition, char what, struct text name)
{
    KEY(key, partition);
    add_u8(&key, (uint8_t)what);
    add_text(&key, name);
    return key;
}

struct record_key key_recur(uint32_t partition, char what, struct text workflow, uint32_t unit)
{
    KEY(key, partition);
    add_u8(&key, (uint8_t)what);
    add_text(&key, workflow);
    add_u8(&key, 0);
    add_u32(&key, unit);
    return key;
}

struct record_key key_recur_unit(uint32_t partition, uint32_t unit)
{
    KEY(key, partition);
    add_u8(&key, RECUR_UNIT);
    add_u32(&key, unit);
    return key;
}

struct record_key key_counter_year(uint32_t partition, struct text workflow, uint32_t unit, int32_t year)
{
    struct record_key key = key_recur(partition, RECUR_QUOTA, workflow, unit);
    add_u32(&key, (uint32_t)year);
    return key;
}

struct record_key key_parked_case(uint32_t partition, struct text case_key)
{
    return key_case_key(partition, case_key);
}

struct record_key key_parked(uint32_t partition, struct text case_key, uint64_t position)
{
    struct record_key key = key_case_key(partition, case_key);
    add_u64(&key, position);
    return key;
}

struct record_key key_incident(uint32_t partition, uint64_t task)
{
    return key_log(partition, task);
}

static char deployed_letter(struct text what)
{
    assert(what.size > 0);
    return what.data[0]; /* w, d or c: workflow, directory, calendar */
}

struct record_key key_deployed_prefix(uint32_t partition, struct text what, struct text name)
{
    KEY(key, partition);
    add_u8(&key, (uint8_t)deployed_letter(what));
    if (name.size) {
        add_text(&key, name);
        add_u8(&key, 0);
    }
    return key;
}

struct record_key key_deployed(uint32_t partition, struct text what, struct text name, uint32_t version, char part,
                               uint32_t piece)
{
    struct record_key key = key_deployed_prefix(partition, what, name);
    add_u32(&key, version);
    add_u8(&key, (uint8_t)part);
    add_u32(&key, piece);
    return key;
}

struct record_key key_kept(uint32_t partition, uint64_t case_id, uint32_t field)
{
    struct record_key key = key_log(partition, case_id);
    add_u32(&key, field);
    return key;
}

struct record_key key_roll(uint32_t partition, uint64_t case_id, uint32_t roll, struct text person)
{
    struct record_key key = key_log(partition, case_id);
    add_u32(&key, roll);
    add_text(&key, person);
    return key;
}

bool key_begins(struct text key, const struct record_key *prefix)
{
    return key.size >= prefix->size && memcmp(key.data, prefix->bytes, prefix->size) == 0;
}

bool key_read_deadline(struct text key, struct deadline_key *out)
{
    if (key.size != 4 + 8 + 8 + 1 + 4)
        return false;
    const char *at = key.data + 4;
    out->due = bytes_time_back(bytes_u64(at));
    out->case_id = bytes_u64(at + 8);
    out->kind = (uint8_t)at[16];
    out->which = (int32_t)bytes_u32(at + 17);
    return true;
}

bool key_read_outbox(struct text key, struct text *topic, int64_t *ready_at, uint64_t *task)
{
    if (key.size < 4 + 1 + 16)
        return false;
    const char *tail = key.data + key.size - 16;
    *topic = (struct text){.data = key.data + 4, .size = key.size - 4 - 1 - 16};
    *ready_at = bytes_time_back(bytes_u64(tail));
    *task = bytes_u64(tail + 8);
    return tail[-1] == 0;
}

bool key_read_open(struct text key, uint32_t *unit, uint64_t *case_id)
{
    if (key.size != 4 + 4 + 8)
        return false;
    *unit = bytes_u32(key.data + 4);
    *case_id = bytes_u64(key.data + 8);
    return true;
}

bool key_read_u64_last(struct text key, uint64_t *number)
{
    if (key.size < 12)
        return false;
    *number = bytes_u64(key.data + key.size - 8);
    return true;
}

bool key_read_kept(struct text key, uint64_t *case_id, uint32_t *field)
{
    if (key.size != 4 + 8 + 4)
        return false;
    *case_id = bytes_u64(key.data + 4);
    *field = bytes_u32(key.data + 12);
    return true;
}

bool key_read_roll(struct text key, uint64_t *case_id, uint32_t *roll, struct text *person)
{
    if (key.size <= 4 + 8 + 4)
        return false;
    *case_id = bytes_u64(key.data + 4);
    *roll = bytes_u32(key.data + 12);
    *person = (struct text){.data = key.data + 16, .size = key.size - 16};
    return true;
}

bool key_read_deployed(struct text key, struct text *what, struct text *name, uint32_t *version, char *part,
                       uint32_t *piece)
{
    if (key.size < 4 + 1 + 1 + 1 + 9)
        return false;
    const char letter = key.data[4], *tail = key.data + key.size - 9;
    *what = letter == 'w' ? TEXT("workflow") : letter == 'd' ? TEXT("directory") : TEXT("calendar");
    *name = (struct text){.data = key.data + 5, .size = key.size - 5 - 1 - 9};
    *version = bytes_u32(tail);
    *part = tail[4];
    *piece = bytes_u32(tail + 5);
    return tail[-1] == 0;
}
