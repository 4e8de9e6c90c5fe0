/* import_row: see import_row.h. */
#include "engine/command/import_row.h"

#include "engine/bytes.h"
#include "engine/calendar.h"

#include <sodium.h>

static void hash_text(crypto_generichash_state *hash, struct text text)
{
    uint8_t size[8];
    bytes_put_u64(size, text.size);
    crypto_generichash_update(hash, size, sizeof size);
    crypto_generichash_update(hash, (const unsigned char *)text.data, text.size);
}

/* RFC 9562: version 8 is for ids of one's own making; the two bits of the variant are fixed. */
void import_key(const struct import_map *map, struct text subject, uint8_t key[ID_SIZE])
{
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, ID_SIZE);
    hash_text(&hash, map->name);
    hash_text(&hash, subject);
    crypto_generichash_final(&hash, key, ID_SIZE);
    key[6] = (uint8_t)((key[6] & 0x0F) | 0x80);
    key[8] = (uint8_t)((key[8] & 0x3F) | 0x80);
}

void import_id(const struct import_map *map, const struct text *cells, uint32_t cell_count, int64_t time, uint32_t same, uint8_t id[ID_SIZE])
{
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, ID_SIZE);
    hash_text(&hash, map->name);
    for (uint32_t i = 0; i < cell_count; i++)
        hash_text(&hash, cells[i]);
    crypto_generichash_final(&hash, id, ID_SIZE);
    uint8_t stamp[8];
    bytes_put_u64(stamp, time > 0 ? (uint64_t)time : 0);
    memcpy(id, stamp + 2, 6);
    id[6] = (uint8_t)(0x70 | ((same >> 8) & 0x0F));
    id[7] = (uint8_t)same;
    id[8] = (uint8_t)((id[8] & 0x3F) | 0x80);
}

/* A calendar that is nothing but an offset: times are parsed by the one parser that there is. */
bool import_time(const struct import_map *map, const struct text *cells, struct arena *arena, int64_t *time, struct text *why)
{
    struct calendar_offset offset = {.from = INT64_MIN, .seconds = map->offset_minutes * 60};
    struct calendar_head head = {.weekly_off = 0, .from = 0, .through = 0};
    struct calendar calendar = {0};
    calendar.table[CALENDAR_HEAD] = (struct table){&head, 1};
    calendar.table[CALENDAR_OFFSETS] = (struct table){&offset, 1};
    calendar.tables.table = calendar.table;
    struct text text;
    if (!import_cell_text(arena, &map->time, cells, &text, why))
        return false;
    bool absolute = text.size > 10 && (text.data[text.size - 1] == 'Z' || (text.size > 6 && (text.data[text.size - 6] == '+' || text.data[text.size - 6] == '-')));
    if (!absolute && !map->has_offset) {
        *why = arena_print(arena, "the time \"%.*s\" has no offset; say time: {column: ..., offset: \"+08:00\"} in the mapping", (int)text.size, text.data);
        return false;
    }
    if (calendar_parse(&calendar, text, time))
        return true;
    *why = arena_print(arena, "\"%.*s\" is no time such as 2026-10-09T18:00:00+08:00", (int)text.size, text.data);
    return false;
}

static bool add_fields(const struct import_field *fields, uint32_t count, const struct text *cells, struct arena *arena, struct field_value *data,
                       uint32_t *data_count, struct text *why)
{
    for (uint32_t i = 0; i < count; i++) {
        struct text text;
        if (!import_cell_text(arena, &fields[i].cell, cells, &text, why))
            return false;
        if (text.size)
            data[(*data_count)++] = (struct field_value){.name = fields[i].name, .value = value_text(text)};
    }
    return true;
}

bool import_message(const struct import_map *map, const struct import_activity *activity, const struct text *cells, int64_t time,
                    const uint8_t key[ID_SIZE], struct arena *arena, struct message *message, struct text *why)
{
    struct text case_key = {(const char *)key, ID_SIZE};
    *message = (struct message){.kind = activity->opens ? MESSAGE_OPEN : MESSAGE_SEND, .happened_at = time, .has = MESSAGE_HAS_HAPPENED_AT};
    if (!import_cell_text(arena, &map->person, cells, &message->as, why))
        return false;
    if (activity->opens) {
        message->key = case_key;
        message->held = true;
        message->workflow = map->workflow;
        if (!import_cell_text(arena, &map->unit, cells, &message->unit, why))
            return false;
    } else {
        message->subject = (struct case_ref){.kind = CASE_REF_KEY, .text = case_key};
        message->event = activity->event;
    }
    struct field_value *data = ARENA_ARRAY(arena, struct field_value, map->field_count + activity->field_count);
    uint32_t count = 0;
    message->data = data;
    bool whole = add_fields(map->fields, map->field_count, cells, arena, data, &count, why) &&
                 add_fields(activity->fields, activity->field_count, cells, arena, data, &count, why);
    message->data_count = count;
    return whole;
}
