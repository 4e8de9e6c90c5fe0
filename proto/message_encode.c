/* message_encode: a message to bytes, in the one canonical form. */
#include "proto/message_members.h"

#include <assert.h>
#include <stdlib.h>

static void put_subject(struct wire_writer *writer, const struct case_ref *subject)
{
    if (subject->kind == CASE_REF_ID)
        wire_put_unsigned(writer, subject->id);
    else if (subject->kind == CASE_REF_KEY)
        wire_put_bytes(writer, subject->text);
    else
        wire_put_text(writer, subject->text);
}

static void put_fields(struct wire_writer *writer, const struct message *message)
{
    const struct field_value *fields = message->data;
    for (uint32_t i = 1; i < message->data_count; i++)
        if (text_compare(fields[i - 1].name, fields[i].name) >= 0) {
            struct field_value *sorted = ARENA_ARRAY(writer->arena, struct field_value, message->data_count);
            memcpy(sorted, message->data, message->data_count * sizeof *sorted);
            qsort(sorted, message->data_count, sizeof *sorted, field_value_order);
            fields = sorted;
            break;
        }
    wire_put_map(writer, message->data_count);
    for (uint32_t i = 0; i < message->data_count; i++) {
        wire_put_text(writer, fields[i].name);
        wire_put_value(writer, &fields[i].value);
    }
}

/* An empty list stands for a `rows` or `topics` that must be there and was not given. */
static void put_rows(struct wire_writer *writer, const struct value *rows)
{
    if (rows->kind == VALUE_NONE)
        wire_put_array(writer, 0);
    else
        wire_put_value(writer, rows);
}

static bool member_present(const struct message *message, unsigned index)
{
    const void *field = (const char *)message + message_members[index].offset;
    switch ((enum shape)message_members[index].shape) {
    case SHAPE_KIND: return true;
    case SHAPE_NUMBER: return *(const uint32_t *)field || (message->has & member_has_bit(index));
    case SHAPE_WIDE: return *(const uint64_t *)field;
    case SHAPE_TIME: return *(const int64_t *)field || (message->has & member_has_bit(index));
    case SHAPE_FLAG: return *(const bool *)field;
    case SHAPE_WORD:
    case SHAPE_PROSE:
    case SHAPE_ID:
    case SHAPE_BYTES: return ((const struct text *)field)->size;
    case SHAPE_SUBJECT: return message->subject.kind != CASE_REF_NONE;
    case SHAPE_FIELDS: return message->data_count;
    case SHAPE_CODE: return message->code || (message->has & member_has_bit(index));
    case SHAPE_WORDS:
    case SHAPE_ROWS: return ((const struct value *)field)->kind != VALUE_NONE;
    }
    return false;
}

static void put_member(struct wire_writer *writer, const struct message *message, unsigned index)
{
    const void *field = (const char *)message + message_members[index].offset;
    wire_put_raw(writer, &message_members[index].head, 1U + message_members[index].size);
    switch ((enum shape)message_members[index].shape) {
    case SHAPE_KIND: wire_put_text(writer, message_carries[message->kind].name); return;
    case SHAPE_NUMBER: wire_put_unsigned(writer, *(const uint32_t *)field); return;
    case SHAPE_WIDE: wire_put_unsigned(writer, *(const uint64_t *)field); return;
    case SHAPE_TIME: wire_put_integer(writer, *(const int64_t *)field); return;
    case SHAPE_FLAG: wire_put_boolean(writer, *(const bool *)field); return;
    case SHAPE_WORD:
    case SHAPE_PROSE: wire_put_text(writer, *(const struct text *)field); return;
    case SHAPE_ID:
    case SHAPE_BYTES: wire_put_bytes(writer, *(const struct text *)field); return;
    case SHAPE_SUBJECT: put_subject(writer, &message->subject); return;
    case SHAPE_FIELDS: put_fields(writer, message); return;
    case SHAPE_CODE: wire_put_text(writer, text_of(err_name(message->code))); return;
    case SHAPE_WORDS:
    case SHAPE_ROWS: put_rows(writer, field); return;
    }
    assert(0 && "a shape that does not exist");
}

static struct text encode(struct arena *arena, const struct message *message)
{
    assert((unsigned)message->kind < MESSAGE_KIND_COUNT);
    uint64_t carried = message_carries[message->kind].must | MEMBER_BIT(KIND);
    for (uint64_t may = message_carries[message->kind].may; may; may &= may - 1)
        if (member_present(message, member_lowest(may)))
            carried |= may & -may;
    struct wire_writer writer = {.arena = arena};
    wire_put_map(&writer, (uint32_t)__builtin_popcountll(carried));
    for (; carried; carried &= carried - 1)
        put_member(&writer, message, member_lowest(carried));
    return (struct text){.data = writer.data, .size = writer.size};
}

struct text wire_encode(struct arena *arena, const struct message *message)
{
    struct text bytes = encode(arena, message);
    assert(bytes.size <= WIRE_MESSAGE_MOST);
    return bytes;
}

enum err wire_encode_bounded(struct arena *arena, const struct message *message, struct text *out)
{
    *out = encode(arena, message);
    return wire_check(*out, NULL);
}
