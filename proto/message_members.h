/* message_members: which members there are, and which of them each kind of message carries. PROTOCOL.md section
 * "Messages" says the same in words.
 *
 * The order of the members in the table is their order on the wire. To add one: a row here, a field in message.h, its
 * bit in the kinds that carry it (message_members.c), a line in PROTOCOL.md, vectors. A member that an old peer would
 * refuse needs a new PROTOCOL_VERSION, since unknown members are refused. Only message_decode.c, message_encode.c
 * and a test include this. */
#ifndef STAIRCASE_MESSAGE_MEMBERS_H
#define STAIRCASE_MESSAGE_MEMBERS_H

#include "proto/wire.h"

enum shape {
    SHAPE_KIND,
    SHAPE_NUMBER,  /* uint32_t */
    SHAPE_WIDE,    /* uint64_t */
    SHAPE_TIME,    /* int64_t */
    SHAPE_FLAG,    /* bool */
    SHAPE_WORD,    /* text of 1 to `most` bytes, no control characters */
    SHAPE_PROSE,   /* text of 0 to `most` bytes */
    SHAPE_ID,      /* 16 bytes */
    SHAPE_BYTES,
    SHAPE_SUBJECT, /* case id, key or number */
    SHAPE_FIELDS,  /* map of fields */
    SHAPE_CODE,
    SHAPE_WORDS,   /* list of words */
    SHAPE_ROWS,    /* list or map */
};

enum { NUMBER_TEXT_MOST = 128, WORDS_MOST = 256 };

/* X(C name, name on the wire, field of struct message, shape, most bytes) */
#define MEMBERS(X)                                                                                                     \
    X(KIND, "m", kind, SHAPE_KIND, 0)                                                                                  \
    X(REQUEST, "r", request, SHAPE_WIDE, 0)                                                                            \
    X(VERSION, "v", version, SHAPE_NUMBER, 0)                                                                          \
    X(ID, "id", id, SHAPE_ID, ID_SIZE)                                                                                 \
    X(KEY, "key", key, SHAPE_ID, ID_SIZE)                                                                              \
    X(SUBJECT, "c", subject, SHAPE_SUBJECT, NUMBER_TEXT_MOST)                                                          \
    X(WORKFLOW, "w", workflow, SHAPE_WORD, WIRE_NAME_MOST)                                                             \
    X(UNIT, "u", unit, SHAPE_WORD, WIRE_PATH_MOST)                                                                     \
    X(EVENT, "e", event, SHAPE_WORD, WIRE_NAME_MOST)                                                                   \
    X(AS, "as", as, SHAPE_WORD, WIRE_PERSON_MOST)                                                                      \
    X(FOR, "for", on_behalf, SHAPE_WORD, WIRE_PERSON_MOST)                                                             \
    X(AT, "at", happened_at, SHAPE_TIME, 0)                                                                            \
    X(DATA, "d", data, SHAPE_FIELDS, 0)                                                                                \
    X(HELD, "held", held, SHAPE_FLAG, 0)                                                                               \
    X(WHAT, "what", what, SHAPE_WORD, WIRE_NAME_MOST)                                                                  \
    X(NAME, "n", name, SHAPE_WORD, WIRE_NAME_MOST)                                                                     \
    X(PART, "part", part, SHAPE_NUMBER, 0)                                                                             \
    X(PARTS, "parts", parts, SHAPE_NUMBER, 0)                                                                          \
    X(BYTES, "b", bytes, SHAPE_BYTES, WIRE_MESSAGE_MOST)                                                               \
    X(HISTORY, "history", history, SHAPE_FLAG, 0)                                                                      \
    X(STAGE, "s", stage, SHAPE_WORD, WIRE_NAME_MOST)                                                                   \
    X(LEVEL, "l", level, SHAPE_WORD, WIRE_NAME_MOST)                                                                   \
    X(OVERDUE, "overdue", overdue, SHAPE_FLAG, 0)                                                                      \
    X(AFTER, "after", after, SHAPE_WIDE, 0)                                                                            \
    X(LIMIT, "limit", limit, SHAPE_NUMBER, 0)                                                                          \
    X(POSITION, "p", position, SHAPE_WIDE, 0)                                                                          \
    X(TIME, "t", time, SHAPE_TIME, 0)                                                                                  \
    X(CASE, "case", case_id, SHAPE_WIDE, 0)                                                                            \
    X(NUMBER, "no", number, SHAPE_WORD, NUMBER_TEXT_MOST)                                                              \
    X(DUE, "due", due, SHAPE_TIME, 0)                                                                                  \
    X(END, "end", end, SHAPE_WORD, WIRE_NAME_MOST)                                                                     \
    X(CODE, "code", code, SHAPE_CODE, WIRE_NAME_MOST)                                                                  \
    X(WHY, "why", why, SHAPE_PROSE, WIRE_PROSE_MOST)                                                                   \
    X(DO, "do", todo, SHAPE_PROSE, WIRE_PROSE_MOST)                                                                    \
    X(CAN, "can", possible, SHAPE_WORDS, WIRE_NAME_MOST)                                                               \
    X(ROWS, "rows", rows, SHAPE_ROWS, 0)                                                                               \
    X(MORE, "more", more, SHAPE_FLAG, 0)                                                                               \
    X(TOPICS, "topics", topics, SHAPE_WORDS, WIRE_NAME_MOST)                                                           \
    X(CREDIT, "credit", credit, SHAPE_NUMBER, 0)                                                                       \
    X(TASK, "task", task, SHAPE_WIDE, 0)                                                                               \
    X(LEASE, "lease", lease, SHAPE_WIDE, 0)                                                                            \
    X(MS, "ms", lease_ms, SHAPE_NUMBER, 0)                                                                             \
    X(TRY, "try", attempt, SHAPE_NUMBER, 0)                                                                            \
    X(AGAIN, "again", again, SHAPE_FLAG, 0)                                                                            \
    X(TOPIC, "topic", topic, SHAPE_WORD, WIRE_NAME_MOST)                                                               \
    X(ABOUT, "about", about, SHAPE_WIDE, 0)

enum member_index {
#define MEMBER_INDEX(index, name, field, shape, most) INDEX_##index,
    MEMBERS(MEMBER_INDEX)
#undef MEMBER_INDEX
    MEMBER_COUNT
};
_Static_assert(MEMBER_COUNT <= 64, "the members of a message are bits of one word");

struct member {
    unsigned char head; /* of the name in msgpack; head and name together are the name as it travels */
    char name[8];
    unsigned char size; /* of the name */
    unsigned char shape;
    uint32_t offset, most;
};

struct message_carries {
    struct text name;    /* of the kind */
    uint64_t must, may;  /* bits of members; `m` itself, which every message has, is in neither */
};

extern const struct member message_members[MEMBER_COUNT];
extern const struct message_carries message_carries[MESSAGE_KIND_COUNT];

#define MEMBER_BIT(index) (UINT64_C(1) << INDEX_##index)

static inline unsigned member_lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

/* The bit of `has` that says that a member is there although it is 0. */
static inline uint64_t member_has_bit(unsigned index)
{
    return index == INDEX_AT     ? MESSAGE_HAS_HAPPENED_AT
           : index == INDEX_CODE ? MESSAGE_HAS_CODE
           : index == INDEX_PART ? MESSAGE_HAS_PART
                                 : 0;
}

/* Orders fields by name, for qsort. */
static inline int field_value_order(const void *a, const void *b)
{
    const struct field_value *left = a, *right = b;
    return text_compare(left->name, right->name);
}

#endif
