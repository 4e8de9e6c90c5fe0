/* message_decode: bytes to a message. Everything that a peer can do wrong with a single message is found here and
 * named. */
#include "proto/message_members.h"

#include <assert.h>
#include <stdlib.h>

struct decoding {
    struct arena *arena;
    struct wire_reader reader;
    struct message *out;
    uint64_t seen; /* members */
    struct text why;
};

static bool decoding_fail(struct decoding *decoding, struct text why)
{
    decoding->why = why;
    return false;
}

/* A name of the sender's, cut so that the sentence stays a sentence. */
static struct text shown(struct text name)
{
    enum { SHOWN_MOST = 40 };
    if (name.size <= SHOWN_MOST)
        return name;
    size_t size = SHOWN_MOST;
    while (((unsigned char)name.data[size] & 0xc0) == 0x80) /* it is UTF-8: no character has so many bytes */
        size--;
    return (struct text){.data = name.data, .size = size};
}

#define SHOWN(text) (int)shown(text).size, shown(text).data

static bool member_fail(struct decoding *decoding, const struct member *member, const char *expected)
{
    return decoding_fail(decoding, arena_print(decoding->arena, "member '%s' must be %s", member->name, expected));
}

static bool is_word(struct text text, uint32_t most)
{
    if (text.size == 0 || text.size > most)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool read_kind(struct decoding *decoding, const struct member *member)
{
    struct text name = wire_get_text(&decoding->reader);
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++)
        if (text_equal(message_carries[kind].name, name)) {
            decoding->out->kind = (enum message_kind)kind;
            return true;
        }
    if (decoding->reader.failed)
        return member_fail(decoding, member, "the name of a kind of message");
    return decoding_fail(decoding, arena_print(decoding->arena, "there is no kind of message '%.*s'", SHOWN(name)));
}

static bool read_number(struct decoding *decoding, const struct member *member, void *field)
{
    uint64_t number = wire_get_unsigned(&decoding->reader);
    if (decoding->reader.failed || number > UINT32_MAX)
        return member_fail(decoding, member, "an integer from 0 to 4294967295");
    *(uint32_t *)field = (uint32_t)number;
    return true;
}

static bool read_wide(struct decoding *decoding, const struct member *member, void *field)
{
    *(uint64_t *)field = wire_get_unsigned(&decoding->reader);
    return !decoding->reader.failed || member_fail(decoding, member, "an integer from 0 up");
}

static bool read_time(struct decoding *decoding, const struct member *member, void *field)
{
    *(int64_t *)field = wire_get_integer(&decoding->reader);
    return !decoding->reader.failed || member_fail(decoding, member, "a time in milliseconds since 1970-01-01 UTC");
}

static bool read_flag(struct decoding *decoding, const struct member *member, void *field)
{
    *(bool *)field = wire_get_boolean(&decoding->reader);
    return !decoding->reader.failed || member_fail(decoding, member, "true or false");
}

static bool read_word(struct decoding *decoding, const struct member *member, void *field)
{
    struct text word = wire_get_text(&decoding->reader);
    *(struct text *)field = word;
    if (is_word(word, member->most))
        return true;
    return decoding_fail(decoding, arena_print(decoding->arena,
                                               "member '%s' must be a text of 1 to %u bytes without control characters",
                                               member->name, member->most));
}

static bool read_prose(struct decoding *decoding, const struct member *member, void *field)
{
    struct text prose = wire_get_text(&decoding->reader);
    *(struct text *)field = prose;
    if (!decoding->reader.failed && prose.size <= member->most)
        return true;
    return decoding_fail(decoding, arena_print(decoding->arena, "member '%s' must be a text of at most %u bytes",
                                               member->name, member->most));
}

static bool read_id(struct decoding *decoding, const struct member *member, void *field)
{
    struct text id = wire_get_bytes(&decoding->reader);
    *(struct text *)field = id;
    return id.size == ID_SIZE || member_fail(decoding, member, "16 bytes");
}

static bool read_bytes(struct decoding *decoding, const struct member *member, void *field)
{
    *(struct text *)field = wire_get_bytes(&decoding->reader);
    return !decoding->reader.failed || member_fail(decoding, member, "bytes");
}

static bool read_subject(struct decoding *decoding, const struct member *member, struct case_ref *subject)
{
    struct value value = wire_get_value(&decoding->reader);
    if (value.kind == VALUE_INTEGER && value.integer > 0)
        *subject = (struct case_ref){.kind = CASE_REF_ID, .id = (uint64_t)value.integer};
    else if (value.kind == VALUE_BYTES && value.text.size == ID_SIZE)
        *subject = (struct case_ref){.kind = CASE_REF_KEY, .text = value.text};
    else if (value.kind == VALUE_TEXT && is_word(value.text, member->most))
        *subject = (struct case_ref){.kind = CASE_REF_NUMBER, .text = value.text};
    else
        return member_fail(decoding, member, "a case: its id (an integer), its key (16 bytes) or its number (a text)");
    return true;
}

/* Fields in order of their names: everything behind this sees one order, whatever the sender's. */
static bool read_fields(struct decoding *decoding, const struct member *member)
{
    uint32_t count = wire_get_map(&decoding->reader);
    struct field_value *fields = ARENA_ARRAY(decoding->arena, struct field_value, count);
    bool ascending = true;
    for (uint32_t i = 0; i < count; i++) {
        fields[i].name = wire_get_text(&decoding->reader);
        if (!is_word(fields[i].name, WIRE_NAME_MOST))
            return decoding_fail(
                decoding,
                arena_print(decoding->arena,
                            "the field name '%.*s' must be a text of 1 to 64 bytes without control characters",
                            SHOWN(fields[i].name)));
        fields[i].value = wire_get_value(&decoding->reader);
        if (decoding->reader.failed)
            return decoding_fail(decoding, arena_print(decoding->arena, "field '%.*s' has an integer beyond 2^63 - 1",
                                                       SHOWN(fields[i].name)));
        ascending = ascending && (i == 0 || text_compare(fields[i - 1].name, fields[i].name) < 0);
    }
    if (decoding->reader.failed)
        return member_fail(decoding, member, "a map of fields");
    if (!ascending)
        qsort(fields, count, sizeof fields[0], field_value_order);
    decoding->out->data = fields;
    decoding->out->data_count = count;
    return true;
}

static bool read_code(struct decoding *decoding, const struct member *member)
{
    struct text name;
    if (!read_word(decoding, member, &name))
        return false;
    enum err code = err_from_name(name.data, name.size);
    decoding->out->code = code == ERR_COUNT ? ERR_OTHER : code; /* a newer engine may have codes of its own */
    return true;
}

static bool read_words(struct decoding *decoding, const struct member *member, struct value *words)
{
    *words = wire_get_value(&decoding->reader);
    bool good = words->kind == VALUE_LIST && words->count <= WORDS_MOST;
    for (uint32_t i = 0; good && i < words->count; i++)
        good = words->items[i].kind == VALUE_TEXT && is_word(words->items[i].text, member->most);
    return good || member_fail(decoding, member, "a list of at most 256 names of 1 to 64 bytes");
}

static bool read_rows(struct decoding *decoding, const struct member *member, struct value *rows)
{
    *rows = wire_get_value(&decoding->reader);
    bool good = !decoding->reader.failed && (rows->kind == VALUE_LIST || rows->kind == VALUE_MAP);
    return good || member_fail(decoding, member, "a list or a map, with no integer beyond 2^63 - 1");
}

static bool read_member(struct decoding *decoding, const struct member *member)
{
    void *field = (char *)decoding->out + member->offset;
    switch ((enum shape)member->shape) {
    case SHAPE_KIND: return read_kind(decoding, member);
    case SHAPE_NUMBER: return read_number(decoding, member, field);
    case SHAPE_WIDE: return read_wide(decoding, member, field);
    case SHAPE_TIME: return read_time(decoding, member, field);
    case SHAPE_FLAG: return read_flag(decoding, member, field);
    case SHAPE_WORD: return read_word(decoding, member, field);
    case SHAPE_PROSE: return read_prose(decoding, member, field);
    case SHAPE_ID: return read_id(decoding, member, field);
    case SHAPE_BYTES: return read_bytes(decoding, member, field);
    case SHAPE_SUBJECT: return read_subject(decoding, member, field);
    case SHAPE_FIELDS: return read_fields(decoding, member);
    case SHAPE_CODE: return read_code(decoding, member);
    case SHAPE_WORDS: return read_words(decoding, member, field);
    case SHAPE_ROWS: return read_rows(decoding, member, field);
    }
    assert(0 && "a shape that does not exist");
    return false;
}

/* Members usually come in the order of the table, so the search goes on where the last one was found.
 * Comparing eight bytes at once is safe: no text has a NUL, and no name is longer than seven. */
static unsigned member_find(struct text name, unsigned from)
{
    char wanted[8] = {0};
    if (name.size >= sizeof wanted)
        return MEMBER_COUNT;
    memcpy(wanted, name.data, name.size);
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        unsigned index = from + i < MEMBER_COUNT ? from + i : from + i - MEMBER_COUNT;
        if (memcmp(message_members[index].name, wanted, sizeof wanted) == 0)
            return index;
    }
    return MEMBER_COUNT;
}

static bool read_members(struct decoding *decoding, uint32_t count)
{
    unsigned from = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct text name = wire_get_text(&decoding->reader);
        unsigned index = member_find(name, from);
        if (index == MEMBER_COUNT)
            return decoding_fail(decoding, arena_print(decoding->arena, "there is no member '%.*s'", SHOWN(name)));
        if (!read_member(decoding, &message_members[index]))
            return false;
        decoding->seen |= UINT64_C(1) << index;
        decoding->out->has |= member_has_bit(index);
        from = index + 1;
    }
    return true;
}

/* Nothing is missing and nothing is there that the kind does not carry. */
static bool members_fit(struct decoding *decoding)
{
    enum message_kind kind = decoding->out->kind;
    if (!(decoding->seen & MEMBER_BIT(KIND)))
        return decoding_fail(decoding, TEXT("member 'm', the kind of message, is missing"));
    uint64_t missing = message_carries[kind].must & ~decoding->seen;
    if (missing)
        return decoding_fail(decoding,
                             arena_print(decoding->arena, "member '%s' of %s is missing",
                                         message_members[member_lowest(missing)].name, message_kind_name(kind)));
    uint64_t foreign = decoding->seen & ~(message_carries[kind].must | message_carries[kind].may | MEMBER_BIT(KIND));
    if (foreign)
        return decoding_fail(decoding, arena_print(decoding->arena, "%s has no member '%s'", message_kind_name(kind),
                                                   message_members[member_lowest(foreign)].name));
    return true;
}

/* In these kinds `v` is the protocol's version and decides before everything else, as a newer version may have members
 * that this one has not. */
static bool other_version(const struct decoding *decoding)
{
    const struct message *message = decoding->out;
    bool tells = message->kind == MESSAGE_HELLO || message->kind == MESSAGE_WELCOME ||
                 message->kind == MESSAGE_REGISTER || message->kind == MESSAGE_REGISTERED;
    return (decoding->seen & MEMBER_BIT(KIND)) && (decoding->seen & MEMBER_BIT(VERSION)) && tells &&
           message->version != PROTOCOL_VERSION;
}

/* The request number of a message that is broken further on, as far as it can be read, so that the refusal finds its
 * way. */
static void request_find(struct decoding *decoding)
{
    struct wire_reader *reader = &decoding->reader;
    uint32_t count = wire_get_map(reader);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (text_is(wire_get_text(reader), "r")) {
            decoding->out->request = wire_get_unsigned(reader);
            return;
        }
        wire_skip(reader);
    }
}

enum err wire_decode(struct arena *arena, struct text bytes, struct message *out, struct text *why)
{
    *out = (struct message){0};
    struct decoding decoding = {.arena = arena, .reader = wire_reader_of(arena, bytes), .out = out};
    const char *broken = NULL;
    enum err code = wire_check(bytes, &broken);
    *why = (struct text){0};
    if (code) {
        *why = text_of(broken);
        request_find(&decoding);
        return code;
    }
    uint32_t count = wire_get_map(&decoding.reader);
    if (decoding.reader.failed) {
        *why = TEXT("a message is a map");
        return ERR_MALFORMED;
    }
    if (read_members(&decoding, count) && members_fit(&decoding) && !other_version(&decoding))
        return ERR_OK;
    if (other_version(&decoding)) {
        *why = arena_print(arena, "version %u is asked for; %d is spoken here", out->version, PROTOCOL_VERSION);
        return ERR_VERSION;
    }
    *why = decoding.why;
    if (!(decoding.seen & MEMBER_BIT(REQUEST))) {
        decoding.reader = wire_reader_of(arena, bytes);
        request_find(&decoding);
    }
    return ERR_MALFORMED;
}
