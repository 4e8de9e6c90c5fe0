/* wire: msgpack, both ways. The only room that knows msgpack.
 *
 * Reading never trusts: wire_check walks the headers first (size, depth, sum of declared elements against the bytes that are
 * left, one value and nothing after it, no ext, no float, UTF-8, unique map keys) without allocating; decoding then cannot
 * run away. Writing is canonical: smallest form of every integer and length, members in the order of their table, `data`
 * and other free maps sorted by name: the same message is the same bytes, so bytes may be hashed. */
#ifndef STAIRCASE_WIRE_H
#define STAIRCASE_WIRE_H

#include "engine/arena.h"
#include "proto/message.h"

enum {
    WIRE_MESSAGE_MOST = 512 * 1024, /* bytes of one message */
    WIRE_DEPTH_MOST = 16,
    WIRE_ELEMENTS_MOST = 10000,
    WIRE_NAME_MOST = 64,            /* bytes of a field, event, stage, workflow or topic name */
    WIRE_PERSON_MOST = 128,
    WIRE_PATH_MOST = 256,
    WIRE_PROSE_MOST = 64 * 1024,    /* bytes of `why` and `do` */
};

/* UTF-8, well-formed, without U+0000. */
bool wire_is_text(struct text text);

/* ERR_OK, ERR_TOO_LARGE, or ERR_MALFORMED with `*why` a constant sentence (may be NULL). */
enum err wire_check(struct text bytes, const char **why);

/* Decodes a whole message. Text, bytes and data point into `bytes`; lists and maps are taken from the arena.
 * ERR_OK; ERR_TOO_LARGE; ERR_VERSION; ERR_MALFORMED; `*why` (in the arena) names the member. `out->request` is set whenever
 * it could be read, so that a refusal can be addressed. */
enum err wire_decode(struct arena *arena, struct text bytes, struct message *out, struct text *why);

/* Encodes into the arena: every member that the kind must carry, those it may carry where they are present, no others.
 * Never fails: a message beyond the limits is a bug of the caller (asserted). */
struct text wire_encode(struct arena *arena, const struct message *message);

/* The same for who has the members from outside: ERR_TOO_LARGE instead of an assertion. */
enum err wire_encode_bounded(struct arena *arena, const struct message *message, struct text *out);

/* How many of these rows, from the first on, fit into one result (at least 1, unless there are none): the rest goes into the
 * next message, with `more` in this one. A single row that is too large for a message is the caller's to cut. */
uint32_t wire_rows_fit(const struct value *rows, uint32_t count);

const char *message_kind_name(enum message_kind kind);

/* ---- pieces, for records ---- */

/* Grows in the arena. Zero-initialise with an arena set: `struct wire_writer writer = {.arena = arena};` */
struct wire_writer {
    struct arena *arena;
    char *data;
    size_t size, room;
};

/* The names of a map stand in ascending order. */
bool wire_map_ascends(const struct value *map);

void wire_put_nil(struct wire_writer *writer);
void wire_put_boolean(struct wire_writer *writer, bool boolean);
void wire_put_unsigned(struct wire_writer *writer, uint64_t number);
void wire_put_integer(struct wire_writer *writer, int64_t number);
void wire_put_text(struct wire_writer *writer, struct text text);
void wire_put_bytes(struct wire_writer *writer, struct text bytes);
void wire_put_array(struct wire_writer *writer, uint32_t count);
void wire_put_map(struct wire_writer *writer, uint32_t pairs);
void wire_put_value(struct wire_writer *writer, const struct value *value);
/* Bytes as they are (a record's fixed header, or something encoded before). */
void wire_put_raw(struct wire_writer *writer, const void *data, size_t size);

/* Reads what was checked or written by us; the first failure sticks, and every later read gives zero. */
struct wire_reader {
    struct arena *arena; /* for lists and maps; may be NULL where none are read */
    const char *at, *end;
    bool failed;
};

struct wire_reader wire_reader_of(struct arena *arena, struct text bytes);
void wire_get_nil(struct wire_reader *reader);
bool wire_get_boolean(struct wire_reader *reader);
/* Unsigned: 0 to 2^64 - 1; integer: -2^63 to 2^63 - 1. */
uint64_t wire_get_unsigned(struct wire_reader *reader);
int64_t wire_get_integer(struct wire_reader *reader);
struct text wire_get_text(struct wire_reader *reader);
struct text wire_get_bytes(struct wire_reader *reader);
uint32_t wire_get_array(struct wire_reader *reader);
uint32_t wire_get_map(struct wire_reader *reader);
/* Any value; the names of its maps come in order, whatever order they were sent in. */
struct value wire_get_value(struct wire_reader *reader);
/* Steps over one value. */
void wire_skip(struct wire_reader *reader);
/* Everything was read and nothing failed. */
bool wire_reader_done(const struct wire_reader *reader);

/* A value as one line of JSON (bytes as hexadecimal text), for programs and for `staircase work`. */
struct text wire_json(struct arena *arena, const struct value *value);
/* JSON text to a value: no floats (a number with a fraction becomes text), depth and size as on the wire.
 * ERR_OK or ERR_MALFORMED with `*why` in the arena. */
enum err wire_from_json(struct arena *arena, struct text json, struct value *out, struct text *why);

#endif
