/* record_row: the small values. A version byte, then fixed-width numbers, then texts with their lengths.
 * The version counts for all of them; to change one, see the ritual in record.h. */
#include "engine/record.h"

#include "engine/bytes.h"

#include <assert.h>

enum { ROW_VERSION = 1 };

struct row_writer {
    uint8_t *at;
    size_t size, room;
};

static struct row_writer row_begin(struct arena *arena, size_t room)
{
    struct row_writer writer = {.at = arena_take(arena, room), .room = room};
    writer.at[writer.size++] = ROW_VERSION;
    return writer;
}

static void put_u8(struct row_writer *writer, uint8_t number)
{
    assert(writer->size < writer->room);
    writer->at[writer->size++] = number;
}

static void put_u32(struct row_writer *writer, uint32_t number)
{
    assert(writer->size + 4 <= writer->room);
    bytes_put_u32(writer->at + writer->size, number);
    writer->size += 4;
}

static void put_u64(struct row_writer *writer, uint64_t number)
{
    assert(writer->size + 8 <= writer->room);
    bytes_put_u64(writer->at + writer->size, number);
    writer->size += 8;
}

static void put_bytes(struct row_writer *writer, const void *data, size_t size)
{
    assert(writer->size + size <= writer->room);
    if (size)
        memcpy(writer->at + writer->size, data, size);
    writer->size += size;
}

static void put_text(struct row_writer *writer, struct text text)
{
    put_u32(writer, (uint32_t)text.size);
    put_bytes(writer, text.data, text.size);
}

static struct text row_end(const struct row_writer *writer)
{
    return (struct text){.data = (const char *)writer->at, .size = writer->size};
}

struct row_reader {
    const char *at;
    size_t left;
    bool failed;
};

static enum err read_begin(struct text bytes, struct row_reader *reader)
{
    if (bytes.size == 0)
        return ERR_CORRUPT;
    if ((uint8_t)bytes.data[0] != ROW_VERSION)
        return (uint8_t)bytes.data[0] > ROW_VERSION ? ERR_NEWER_FORMAT : ERR_CORRUPT;
    *reader = (struct row_reader){.at = bytes.data + 1, .left = bytes.size - 1};
    return ERR_OK;
}

static const char *take(struct row_reader *reader, size_t size)
{
    static const char zeros[64];
    if (reader->failed || reader->left < size) {
        reader->failed = true;
        return zeros;
    }
    const char *at = reader->at;
    reader->at += size;
    reader->left -= size;
    return at;
}

static uint8_t get_u8(struct row_reader *reader)
{
    return (uint8_t)*take(reader, 1);
}

static bool get_boolean(struct row_reader *reader)
{
    uint8_t number = get_u8(reader);
    reader->failed = reader->failed || number > 1;
    return number == 1;
}

static uint32_t get_u32(struct row_reader *reader)
{
    return bytes_u32(take(reader, 4));
}

static uint64_t get_u64(struct row_reader *reader)
{
    return bytes_u64(take(reader, 8));
}

static struct text get_text(struct row_reader *reader)
{
    uint32_t size = get_u32(reader);
    if (reader->failed || size > reader->left) {
        reader->failed = true;
        return (struct text){0};
    }
    return (struct text){.data = take(reader, size), .size = size};
}

static enum err read_end(const struct row_reader *reader)
{
    return reader->failed || reader->left ? ERR_CORRUPT : ERR_OK;
}

#define READ(reader, bytes)                                                                                            \
    struct row_reader reader;                                                                                          \
    enum err begun = read_begin((bytes), &reader);                                                                     \
    if (begun)                                                                                                         \
        return begun

struct text row_encode_meta(struct arena *arena, const struct meta_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 4 + 4 + 8 + HASH_SIZE + 8);
    put_u32(&writer, row->format);
    put_u32(&writer, row->epoch);
    put_u64(&writer, row->position);
    put_bytes(&writer, row->hash, HASH_SIZE);
    put_u64(&writer, bytes_time(row->time));
    return row_end(&writer);
}

enum err row_decode_meta(struct text bytes, struct meta_row *row)
{
    READ(reader, bytes);
    row->format = get_u32(&reader);
    row->epoch = get_u32(&reader);
    row->position = get_u64(&reader);
    memcpy(row->hash, take(&reader, HASH_SIZE), HASH_SIZE);
    row->time = bytes_time_back(get_u64(&reader));
    return read_end(&reader);
}

struct text row_encode_receipt(struct arena *arena, const struct receipt_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 8 + 8 + 1);
    put_u64(&writer, row->position);
    put_u64(&writer, row->digest);
    put_u8(&writer, row->parked);
    return row_end(&writer);
}

enum err row_decode_receipt(struct text bytes, struct receipt_row *row)
{
    READ(reader, bytes);
    row->position = get_u64(&reader);
    row->digest = get_u64(&reader);
    row->parked = get_boolean(&reader);
    return read_end(&reader);
}

struct text row_encode_open(struct arena *arena, const struct open_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 8 + 4 + 4);
    put_u64(&writer, row->workflow);
    put_u32(&writer, (uint32_t)row->stage);
    put_u32(&writer, row->flags);
    return row_end(&writer);
}

enum err row_decode_open(struct text bytes, struct open_row *row)
{
    READ(reader, bytes);
    row->workflow = get_u64(&reader);
    row->stage = (int32_t)get_u32(&reader);
    row->flags = get_u32(&reader);
    return read_end(&reader);
}

struct text row_encode_outbox(struct arena *arena, const struct outbox_row *row)
{
    size_t room = 1 + 1 + 8 + 8 + 8 + 4 + 4 + 12 + row->worker.size + row->text_zh.size + row->text_en.size + 4 + row->said.size;
    struct row_writer writer = row_begin(arena, room);
    put_u8(&writer, (uint8_t)row->kind);
    put_u64(&writer, row->case_id);
    put_u64(&writer, row->position);
    put_u64(&writer, row->about);
    put_u32(&writer, row->attempt);
    put_u32(&writer, row->unit);
    put_text(&writer, row->worker);
    put_text(&writer, row->text_zh);
    put_text(&writer, row->text_en);
    if (row->kind == OUTBOX_SAY)
        put_text(&writer, row->said);
    return row_end(&writer);
}

enum err row_decode_outbox(struct text bytes, struct outbox_row *row)
{
    READ(reader, bytes);
    row->kind = (enum outbox_kind)get_u8(&reader);
    row->case_id = get_u64(&reader);
    row->position = get_u64(&reader);
    row->about = get_u64(&reader);
    row->attempt = get_u32(&reader);
    row->unit = get_u32(&reader);
    row->worker = get_text(&reader);
    row->text_zh = get_text(&reader);
    row->text_en = get_text(&reader);
    row->said = row->kind == OUTBOX_SAY ? get_text(&reader) : (struct text){0};
    return row->kind > OUTBOX_COUNT ? ERR_CORRUPT : read_end(&reader);
}

struct text row_encode_parked(struct arena *arena, const struct parked_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 8 + 8 + row->id.size + row->sender.size);
    put_u64(&writer, bytes_time(row->expires));
    put_text(&writer, row->id);
    put_text(&writer, row->sender);
    return row_end(&writer);
}

enum err row_decode_parked(struct text bytes, struct parked_row *row)
{
    READ(reader, bytes);
    row->expires = bytes_time_back(get_u64(&reader));
    row->id = get_text(&reader);
    row->sender = get_text(&reader);
    return read_end(&reader);
}

struct text row_encode_incident(struct arena *arena, const struct incident_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 8 + 8 + 8 + 4 + 8 + row->topic.size + row->why.size);
    put_u64(&writer, row->case_id);
    put_u64(&writer, row->position);
    put_u64(&writer, bytes_time(row->time));
    put_u32(&writer, row->attempts);
    put_text(&writer, row->topic);
    put_text(&writer, row->why);
    return row_end(&writer);
}

enum err row_decode_incident(struct text bytes, struct incident_row *row)
{
    READ(reader, bytes);
    row->case_id = get_u64(&reader);
    row->position = get_u64(&reader);
    row->time = bytes_time_back(get_u64(&reader));
    row->attempts = get_u32(&reader);
    row->topic = get_text(&reader);
    row->why = get_text(&reader);
    return read_end(&reader);
}

struct text row_encode_recur(struct arena *arena, const struct recur_row *row)
{
    struct row_writer writer = row_begin(arena, 1 + 4 + 4 + 8 + 4 + 8 + row->turn.size + row->why.size);
    put_u32(&writer, (uint32_t)row->through);
    put_u32(&writer, (uint32_t)row->last);
    put_u64(&writer, row->case_id);
    put_u32(&writer, row->turn_unit);
    put_text(&writer, row->turn);
    put_text(&writer, row->why);
    return row_end(&writer);
}

enum err row_decode_recur(struct text bytes, struct recur_row *row)
{
    READ(reader, bytes);
    row->through = (int32_t)get_u32(&reader);
    row->last = (int32_t)get_u32(&reader);
    row->case_id = get_u64(&reader);
    row->turn_unit = get_u32(&reader);
    row->turn = get_text(&reader);
    row->why = get_text(&reader);
    return read_end(&reader);
}

struct text row_encode_deployed(struct arena *arena, const struct deployed_head *row)
{
    struct row_writer writer = row_begin(arena, 1 + 8 + HASH_SIZE + 4 + 4 + 4);
    put_u64(&writer, row->position);
    put_bytes(&writer, row->hash, HASH_SIZE);
    put_u32(&writer, row->sources);
    put_u32(&writer, row->compileds);
    put_u32(&writer, (uint32_t)row->applies_from);
    return row_end(&writer);
}

enum err row_decode_deployed(struct text bytes, struct deployed_head *row)
{
    READ(reader, bytes);
    row->position = get_u64(&reader);
    memcpy(row->hash, take(&reader, HASH_SIZE), HASH_SIZE);
    row->sources = get_u32(&reader);
    row->compileds = get_u32(&reader);
    row->applies_from = (int32_t)get_u32(&reader);
    return read_end(&reader);
}

enum roll_bit { ROLL_ON = 1, ROLL_RECUSED = 2, ROLL_GONE = 4, ROLL_ATTENDED = 8, ROLL_CAST = 16, ROLL_LATE = 32 };

struct text row_encode_roll(struct arena *arena, const struct roll_row *row)
{
    const struct vote_member *member = &row->member;
    struct row_writer writer = row_begin(arena, 1 + 1 + 4 + 8 * (size_t)row->lanes + 4 + 4 + 8 + 4 + row->by.size + 4 + row->sealed.size);
    put_u8(&writer, (uint8_t)((row->on_roll ? ROLL_ON : 0) | (member->recused ? ROLL_RECUSED : 0) | (member->gone ? ROLL_GONE : 0) |
                              (member->attended ? ROLL_ATTENDED : 0) | (member->cast ? ROLL_CAST : 0) | (row->late ? ROLL_LATE : 0)));
    put_u32(&writer, row->lanes);
    for (uint32_t i = 0; i < row->lanes; i++)
        put_u64(&writer, (uint64_t)member->weight[i]);
    put_u32(&writer, (uint32_t)member->choice);
    put_u32(&writer, row->proxies);
    put_u64(&writer, row->position);
    put_text(&writer, row->by);
    put_text(&writer, row->sealed);
    return row_end(&writer);
}

enum err row_decode_roll(struct text bytes, struct roll_row *row)
{
    READ(reader, bytes);
    uint8_t bits = get_u8(&reader);
    *row = (struct roll_row){.on_roll = bits & ROLL_ON, .late = bits & ROLL_LATE};
    row->member = (struct vote_member){.recused = bits & ROLL_RECUSED, .gone = bits & ROLL_GONE, .attended = bits & ROLL_ATTENDED, .cast = bits & ROLL_CAST};
    row->lanes = get_u32(&reader);
    if (bits >= ROLL_LATE << 1 || row->lanes > VOTE_LANES_MOST)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < row->lanes; i++) {
        row->member.weight[i] = (int64_t)get_u64(&reader);
        reader.failed = reader.failed || row->member.weight[i] < 0 || row->member.weight[i] > VOTE_TOTAL_MOST;
    }
    row->member.choice = (int32_t)get_u32(&reader);
    row->proxies = get_u32(&reader);
    row->position = get_u64(&reader);
    row->by = get_text(&reader);
    row->sealed = get_text(&reader);
    reader.failed = reader.failed || row->member.choice < -1 || row->member.choice >= VOTE_CHOICES_MOST;
    return read_end(&reader);
}

struct text row_encode_number(struct arena *arena, uint64_t number)
{
    struct row_writer writer = row_begin(arena, 1 + 8);
    put_u64(&writer, number);
    return row_end(&writer);
}

enum err row_decode_number(struct text bytes, uint64_t *number)
{
    READ(reader, bytes);
    *number = get_u64(&reader);
    return read_end(&reader);
}
