/* wire: see wire.h. This file reads: the walk over the heads, and the pieces that messages and records are made of.
 * Writing stands in wire_put.c, the members of each message in message_wire.c, JSON in json.c.
 *
 * The cursor is our own and not msgpack-c's unpacker: the walk has to read every head anyway, and the unpacker
 * allocates by what a head claims (five bytes can ask for gigabytes). The tests hold the two against each other. */
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

/* A larger map must be in order, so that finding a name twice stays cheap. */
enum { UNSORTED_PAIRS_MOST = 256 };

/* ---- heads: the first bytes of every item ---- */

enum item {
    ITEM_INVALID,
    ITEM_CUT,
    ITEM_NIL,
    ITEM_FALSE,
    ITEM_TRUE,
    ITEM_UNSIGNED,
    ITEM_SIGNED, /* below 0; `number` holds its two's complement */
    ITEM_TEXT,
    ITEM_BYTES,
    ITEM_LIST,
    ITEM_MAP,
    ITEM_FLOAT,
    ITEM_EXT,
};

struct head {
    enum item item;
    uint64_t number; /* the integer, the size in bytes, or the count */
};

/* What 0xc0 to 0xdf stand for, and how many bytes of number follow. */
static const struct {
    unsigned char item, width;
} long_forms[32] = {
    {ITEM_NIL, 0},      {ITEM_INVALID, 0},  {ITEM_FALSE, 0},    {ITEM_TRUE, 0},     {ITEM_BYTES, 1},  {ITEM_BYTES, 2},
    {ITEM_BYTES, 4},    {ITEM_EXT, 0},      {ITEM_EXT, 0},      {ITEM_EXT, 0},      {ITEM_FLOAT, 0},  {ITEM_FLOAT, 0},
    {ITEM_UNSIGNED, 1}, {ITEM_UNSIGNED, 2}, {ITEM_UNSIGNED, 4}, {ITEM_UNSIGNED, 8}, {ITEM_SIGNED, 1}, {ITEM_SIGNED, 2},
    {ITEM_SIGNED, 4},   {ITEM_SIGNED, 8},   {ITEM_EXT, 0},      {ITEM_EXT, 0},      {ITEM_EXT, 0},    {ITEM_EXT, 0},
    {ITEM_EXT, 0},      {ITEM_TEXT, 1},     {ITEM_TEXT, 2},     {ITEM_TEXT, 4},     {ITEM_LIST, 2},   {ITEM_LIST, 4},
    {ITEM_MAP, 2},      {ITEM_MAP, 4},
};

/* A signed number of `width` bytes, which may turn out not to be below 0. */
static struct head head_signed(uint64_t number, unsigned width)
{
    uint64_t sign = (uint64_t)1 << (8 * width - 1); /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): 1 to 8 */
    number = (number ^ sign) - sign;
    return (struct head){.item = number >> 63 ? ITEM_SIGNED : ITEM_UNSIGNED, .number = number};
}

static struct head head_long(const char **at, const char *end, unsigned char first)
{
    unsigned width = long_forms[first - 0xc0].width;
    struct head head = {.item = (enum item)long_forms[first - 0xc0].item};
    if ((size_t)(end - *at) < width)
        return (struct head){.item = ITEM_CUT};
    for (unsigned i = 0; i < width; i++)
        head.number = head.number << 8 | (unsigned char)(*at)[i];
    *at += width;
    return head.item == ITEM_SIGNED ? head_signed(head.number, width) : head;
}

/* Reads the head of the next item; of text and bytes, the bytes themselves are left. */
static inline struct head head_read(const char **at, const char *end)
{
    if (*at == end)
        return (struct head){.item = ITEM_CUT};
    unsigned char first = (unsigned char)*(*at)++;
    if (first < 0x80)
        return (struct head){.item = ITEM_UNSIGNED, .number = first};
    if (first < 0x90)
        return (struct head){.item = ITEM_MAP, .number = first & 0x0fU};
    if (first < 0xa0)
        return (struct head){.item = ITEM_LIST, .number = first & 0x0fU};
    if (first < 0xc0)
        return (struct head){.item = ITEM_TEXT, .number = first & 0x1fU};
    if (first >= 0xe0)
        return head_signed(first, 1);
    return head_long(at, end, first);
}

/* ---- UTF-8 ---- */

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the well-formed character that begins with `p[0]` >= 0x80; 0 when there is none in `left` bytes.
 * Overlong forms, surrogates and what lies beyond U+10FFFF are not well-formed. */
static size_t character_size(const unsigned char *p, size_t left)
{
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && is_continuation(p[1]) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        unsigned least = p[0] == 0xe0 ? 0xa0 : 0x80, most = p[0] == 0xed ? 0x9f : 0xbf;
        return left >= 3 && p[1] >= least && p[1] <= most && is_continuation(p[2]) ? 3 : 0;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        unsigned least = p[0] == 0xf0 ? 0x90 : 0x80, most = p[0] == 0xf4 ? 0x8f : 0xbf;
        return left >= 4 && p[1] >= least && p[1] <= most && is_continuation(p[2]) && is_continuation(p[3]) ? 4 : 0;
    }
    return 0;
}

/* Eight bytes at a time where they are ASCII and none is NUL. */
static size_t plain_run(const unsigned char *p, size_t left)
{
    size_t run = 0;
    for (; run + 8 <= left; run += 8) {
        uint64_t eight;
        memcpy(&eight, p + run, 8);
        if ((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u)
            break;
    }
    return run;
}

bool wire_is_text(struct text text)
{
    const unsigned char *p = (const unsigned char *)text.data;
    size_t left = text.size;
    while (left) {
        size_t step = plain_run(p, left);
        if (step == 0)
            step = p[0] >= 0x80 ? character_size(p, left) : p[0] != 0;
        if (step == 0)
            return false;
        p += step;
        left -= step;
    }
    return true;
}

/* ---- the walk ---- */

struct walk {
    const char *at, *end;
    uint64_t elements;
    enum err code;
    const char *why;
};

static bool walk_fail(struct walk *walk, enum err code, const char *why)
{
    walk->code = code;
    walk->why = why;
    return false;
}

static const char cut_short[] = "it ends before its last item is complete";

static bool walk_run(struct walk *walk, uint64_t size, struct text *run)
{
    if (size > (uint64_t)(walk->end - walk->at))
        return walk_fail(walk, ERR_MALFORMED, cut_short);
    *run = (struct text){.data = walk->at, .size = (size_t)size};
    walk->at += size;
    return true;
}

static bool walk_text(struct walk *walk, uint64_t size)
{
    struct text run;
    if (!walk_run(walk, size, &run))
        return false;
    return wire_is_text(run) || walk_fail(walk, ERR_MALFORMED, "a text is not UTF-8, or contains U+0000");
}

/* Every element takes at least one byte: a head that claims more than there are bytes lies, and is not followed. */
static bool walk_claim(struct walk *walk, uint64_t elements)
{
    if (elements > (uint64_t)(walk->end - walk->at))
        return walk_fail(walk, ERR_MALFORMED, cut_short);
    walk->elements += elements;
    return walk->elements <= WIRE_ELEMENTS_MOST || walk_fail(walk, ERR_TOO_LARGE, "it has more than 10,000 elements");
}

/* Steps over one item whose heads are known to be good. */
static void skip_good(const char **at, const char *end)
{
    for (uint64_t pending = 1; pending; pending--) {
        struct head head = head_read(at, end);
        if (head.item == ITEM_TEXT || head.item == ITEM_BYTES)
            *at += head.number;
        else if (head.item == ITEM_LIST)
            pending += head.number;
        else if (head.item == ITEM_MAP)
            pending += 2 * head.number;
    }
}

static struct text text_good(const char **at, const char *end)
{
    struct head head = head_read(at, end);
    struct text text = {.data = *at, .size = (size_t)head.number};
    *at += head.number;
    return text;
}

/* The names of a map that is otherwise good and not in order are compared each with each. */
static bool names_unique(const char *at, const char *end, uint64_t pairs)
{
    struct text names[UNSORTED_PAIRS_MOST];
    for (uint64_t i = 0; i < pairs; i++) {
        names[i] = text_good(&at, end);
        for (uint64_t j = 0; j < i; j++)
            if (text_equal(names[i], names[j]))
                return false;
        skip_good(&at, end);
    }
    return true;
}

static bool walk_value(struct walk *walk, unsigned depth);

static bool walk_name(struct walk *walk, struct text *name)
{
    struct head head = head_read(&walk->at, walk->end);
    if (head.item == ITEM_CUT)
        return walk_fail(walk, ERR_MALFORMED, cut_short);
    if (head.item != ITEM_TEXT)
        return walk_fail(walk, ERR_MALFORMED, "a name in a map is not a text");
    *name = (struct text){.data = walk->at, .size = (size_t)head.number};
    return walk_text(walk, head.number);
}

static bool walk_map(struct walk *walk, uint64_t pairs, unsigned depth)
{
    if (!walk_claim(walk, pairs * 2))
        return false;
    const char *start = walk->at;
    bool ascending = true;
    struct text last = {0};
    for (uint64_t i = 0; i < pairs; i++) {
        struct text name;
        if (!walk_name(walk, &name) || !walk_value(walk, depth))
            return false;
        ascending = ascending && (i == 0 || text_compare(last, name) < 0);
        last = name;
    }
    if (ascending)
        return true;
    if (pairs > UNSORTED_PAIRS_MOST)
        return walk_fail(walk, ERR_MALFORMED, "a map of more than 256 names does not have them in ascending order");
    return names_unique(start, walk->end, pairs) || walk_fail(walk, ERR_MALFORMED, "a map has the same name twice");
}

static bool walk_list(struct walk *walk, uint64_t count, unsigned depth)
{
    if (!walk_claim(walk, count))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!walk_value(walk, depth))
            return false;
    return true;
}

/* `depth` is the number of lists and maps around the value. */
static bool walk_value(struct walk *walk, unsigned depth)
{
    struct head head = head_read(&walk->at, walk->end);
    struct text run;
    switch (head.item) {
    case ITEM_NIL:
    case ITEM_FALSE:
    case ITEM_TRUE:
    case ITEM_UNSIGNED:
    case ITEM_SIGNED: return true;
    case ITEM_TEXT: return walk_text(walk, head.number);
    case ITEM_BYTES: return walk_run(walk, head.number, &run);
    case ITEM_LIST:
    case ITEM_MAP:
        if (depth == WIRE_DEPTH_MOST)
            return walk_fail(walk, ERR_MALFORMED, "it is nested more than 16 deep");
        return head.item == ITEM_LIST ? walk_list(walk, head.number, depth + 1)
                                      : walk_map(walk, head.number, depth + 1);
    case ITEM_FLOAT:
        return walk_fail(walk, ERR_MALFORMED,
                         "it has a floating-point number; numbers are integers of a declared scale");
    case ITEM_EXT: return walk_fail(walk, ERR_MALFORMED, "it has an extension type");
    case ITEM_CUT: return walk_fail(walk, ERR_MALFORMED, cut_short);
    case ITEM_INVALID: break;
    }
    return walk_fail(walk, ERR_MALFORMED, "it has a byte that msgpack does not use");
}

enum err wire_check(struct text bytes, const char **why)
{
    struct walk walk = {.at = bytes.data, .end = bytes.data + bytes.size, .code = ERR_OK};
    if (bytes.size > WIRE_MESSAGE_MOST)
        walk_fail(&walk, ERR_TOO_LARGE, "it has more than 524,288 bytes");
    else if (walk_value(&walk, 0) && walk.at != walk.end)
        walk_fail(&walk, ERR_MALFORMED, "something follows after its end");
    if (why)
        *why = walk.why;
    return walk.code;
}

/* ---- reading ---- */

struct wire_reader wire_reader_of(struct arena *arena, struct text bytes)
{
    return (struct wire_reader){.arena = arena, .at = bytes.data, .end = bytes.data + bytes.size};
}

static struct head reader_head(struct wire_reader *reader)
{
    if (reader->failed)
        return (struct head){.item = ITEM_INVALID};
    return head_read(&reader->at, reader->end);
}

/* The number of the next head when it is of the wanted item, 0 and failed otherwise. */
static uint64_t reader_expect(struct wire_reader *reader, enum item item)
{
    struct head head = reader_head(reader);
    if (head.item != item) {
        reader->failed = true;
        return 0;
    }
    return head.number;
}

static struct text reader_run(struct wire_reader *reader, uint64_t size)
{
    if (reader->failed || size > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return (struct text){0};
    }
    struct text run = {.data = reader->at, .size = (size_t)size};
    reader->at += size;
    return run;
}

static uint32_t reader_count(struct wire_reader *reader, uint64_t count, unsigned each)
{
    if (reader->failed || count * each > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return 0;
    }
    return (uint32_t)count;
}

void wire_get_nil(struct wire_reader *reader)
{
    reader_expect(reader, ITEM_NIL);
}

bool wire_get_boolean(struct wire_reader *reader)
{
    struct head head = reader_head(reader);
    if (head.item != ITEM_TRUE && head.item != ITEM_FALSE)
        reader->failed = true;
    return head.item == ITEM_TRUE;
}

uint64_t wire_get_unsigned(struct wire_reader *reader)
{
    return reader_expect(reader, ITEM_UNSIGNED);
}

/* An integer of the value model: -2^63 to 2^63 - 1. */
static int64_t integer_of(struct wire_reader *reader, struct head head)
{
    bool fits = head.item == ITEM_SIGNED || (head.item == ITEM_UNSIGNED && head.number <= INT64_MAX);
    if (!fits)
        reader->failed = true;
    return fits ? (int64_t)head.number : 0;
}

int64_t wire_get_integer(struct wire_reader *reader)
{
    return integer_of(reader, reader_head(reader));
}

struct text wire_get_text(struct wire_reader *reader)
{
    return reader_run(reader, reader_expect(reader, ITEM_TEXT));
}

struct text wire_get_bytes(struct wire_reader *reader)
{
    return reader_run(reader, reader_expect(reader, ITEM_BYTES));
}

uint32_t wire_get_array(struct wire_reader *reader)
{
    return reader_count(reader, reader_expect(reader, ITEM_LIST), 1);
}

uint32_t wire_get_map(struct wire_reader *reader)
{
    return reader_count(reader, reader_expect(reader, ITEM_MAP), 2);
}

bool wire_map_ascends(const struct value *map)
{
    for (uint32_t i = 1; i < map->count; i++)
        if (text_compare(map->items[2 * i - 2].text, map->items[2 * i].text) >= 0)
            return false;
    return true;
}

static struct value get_value(struct wire_reader *reader, unsigned depth);

static struct value get_list(struct wire_reader *reader, uint64_t claimed, unsigned depth)
{
    uint32_t count = reader_count(reader, claimed, 1);
    struct value *items = ARENA_ARRAY(reader->arena, struct value, count);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        items[i] = get_value(reader, depth);
    return (struct value){.kind = VALUE_LIST, .count = count, .items = items};
}

struct pair {
    struct value name, value;
};

static int pair_order(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    return text_compare(left->name.text, right->name.text);
}

static struct value get_map(struct wire_reader *reader, uint64_t claimed, unsigned depth)
{
    uint32_t count = reader_count(reader, claimed, 2);
    struct value *items = ARENA_ARRAY(reader->arena, struct value, 2 * (size_t)count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        items[2 * i] = value_text(wire_get_text(reader));
        items[2 * i + 1] = get_value(reader, depth);
    }
    struct value map = {.kind = VALUE_MAP, .count = count, .items = items};
    if (!reader->failed && !wire_map_ascends(&map))
        qsort(items, count, sizeof(struct pair), pair_order);
    return map;
}

static struct value get_value(struct wire_reader *reader, unsigned depth)
{
    struct head head = reader_head(reader);
    switch (head.item) {
    case ITEM_NIL: return (struct value){.kind = VALUE_NONE};
    case ITEM_FALSE:
    case ITEM_TRUE: return value_boolean(head.item == ITEM_TRUE);
    case ITEM_UNSIGNED:
    case ITEM_SIGNED: return value_integer(integer_of(reader, head));
    case ITEM_TEXT: return value_text(reader_run(reader, head.number));
    case ITEM_BYTES: return (struct value){.kind = VALUE_BYTES, .text = reader_run(reader, head.number)};
    case ITEM_LIST:
    case ITEM_MAP:
        if (depth == WIRE_DEPTH_MOST)
            break;
        return head.item == ITEM_LIST ? get_list(reader, head.number, depth + 1)
                                      : get_map(reader, head.number, depth + 1);
    case ITEM_INVALID:
    case ITEM_CUT:
    case ITEM_FLOAT:
    case ITEM_EXT: break;
    }
    reader->failed = true;
    return (struct value){.kind = VALUE_NONE};
}

struct value wire_get_value(struct wire_reader *reader)
{
    return get_value(reader, 0);
}

void wire_skip(struct wire_reader *reader)
{
    for (uint64_t pending = 1; pending && !reader->failed; pending--) {
        struct head head = reader_head(reader);
        if (head.item == ITEM_TEXT || head.item == ITEM_BYTES)
            reader_run(reader, head.number);
        else if (head.item == ITEM_LIST)
            pending += reader_count(reader, head.number, 1);
        else if (head.item == ITEM_MAP)
            pending += 2 * (uint64_t)reader_count(reader, head.number, 2);
        else if (head.item == ITEM_INVALID || head.item == ITEM_CUT || head.item == ITEM_EXT || head.item == ITEM_FLOAT)
            reader->failed = true;
    }
}

bool wire_reader_done(const struct wire_reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}
