/* docket_row: the keys and values of the docket's tables. Numbers in keys are big-endian; values begin with a version byte.
 *
 *   table     key                       value
 *   META      "docket"                  format; the sequence number of the last intent
 *             "watched"                 position of the last news of an erasure
 *   CASE      case id 8                 the entry, below
 *   OPEN      case id 8                 -                             the cases that are not done
 *   RECEIPT   task id 8                 case id                       every task that was received
 *   NUMBER    "n" number | "k" key      case id
 *   LOG       case id 8, position 8     an entry of its history; position 0: the case itself. As the engine showed it
 *   DEADLINE  case id 8                 -                             whose history is to be read
 *   OUTBOX    sequence 8                an intent: the encoded `send`
 *   KEY       event id 16               what was ordered under this id: the encoded answer; `parked` while it is an intent
 *
 * To change a stored form: count its version up and keep the reader of the old one. */
#ifndef STAIRCASE_DOCKET_ROW_H
#define STAIRCASE_DOCKET_ROW_H

#include "engine/map.h"
#include "engine/store.h"
#include "proto/wire.h"
#include "workers/docket.h"

enum { DOCKET_FORMAT = 1, DOCKET_NOTES_MOST = 16 };

struct docket_entry {
    uint64_t case_id, task; /* task: the last one received */
    enum docket_state state;
    struct text number;     /* empty: it has none */
    int64_t received, changed, accepted; /* milliseconds; accepted 0: nobody has claimed it */
    struct text by;         /* who claimed it */
    struct text event;      /* the last event of the centre about it: sent, or being sent */
    uint64_t sending;       /* sequence of the intent; 0: none */
    struct text code, why;  /* of the refusal of that event; empty: it was not refused */
    uint32_t visits;        /* how often it has come up here */
    struct value notes;     /* list of maps {t, text: {en, zh}}; the newest DOCKET_NOTES_MOST */
};

struct docket_key {
    char bytes[STORE_KEY_MOST];
    size_t size;
};

struct text docket_key_text(const struct docket_key *key);
struct docket_key docket_key_number(uint64_t number);
struct docket_key docket_key_pair(uint64_t first, uint64_t second);
/* 'n' and a case number, 'k' and a case key. */
struct docket_key docket_key_name(char what, struct text name);
/* The big-endian number at the `index`th 8 bytes. */
uint64_t docket_key_read(struct text key, unsigned index);

struct text docket_encode_number(struct arena *arena, uint64_t number);
struct text docket_encode_entry(struct arena *arena, const struct docket_entry *entry);
struct text docket_encode_value(struct arena *arena, const struct value *value);
/* A message as it travels, request 0. */
enum err docket_encode_message(struct arena *arena, const struct message *message, struct text *out);

/* ERR_OK, ERR_CORRUPT, ERR_NEWER_FORMAT. What they give lives in the arena, texts too. */
enum err docket_decode_number(struct text bytes, uint64_t *number);
enum err docket_decode_entry(struct arena *arena, struct text bytes, struct docket_entry *entry);
enum err docket_decode_value(struct arena *arena, struct text bytes, struct value *value);
enum err docket_decode_message(struct arena *arena, struct text bytes, struct message *message);

/* The entry as a map, for people. */
struct value docket_entry_row(struct arena *arena, const struct docket_entry *entry);

#endif
