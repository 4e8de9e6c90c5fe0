/* record: the keys and values of every table, and the records of the log.
 *
 * The partition is in every key, also while it is 0. Numbers in keys are big-endian, so that bytes order as numbers do. Every value
 * begins with a version byte; an unknown one stops the engine (ERR_NEWER_FORMAT).
 *
 *   table     key (after the partition, 4 bytes)               value
 *   META      "state"                                          format, epoch, position applied, hash of its record, last time
 *             "older"                                          position 8: so far an engine of an older format wrote (engine_upgrade.c); no row: none did
 *   LOG       position 8                                       a log record, below
 *   CASE      case id 8                                        case_record.c
 *   RECEIPT   event id 16, sender                              position 8, digest of the content 8, parked or applied
 *   DEADLINE  due 8, case id 8, clock kind 1, row 2            calendar revision 8   (kind RECORD_CLOCK_PARKED: case id is the position of the park)
 *   OUTBOX    topic, 0, ready at 8, task id 8                  what is owed (struct outbox_row)
 *   OPEN      unit id 4, case id 8                             workflow 8, stage 4, flags 4
 *   KEY       case key 16                                      case id 8
 *   NUMBER    case number                                      case id 8
 *   COUNTER   "n" series | "p" sender | "q" workflow, 0, unit id 4, year 4     count 8
 *             "o" | "d" | "c" | "l" workflow                    cases open, overdue now, closed, late at closing 8
 *             "e" home unit, "/", workflow                     case that ended last there (of workflows with `previous`) 8
 *             "x" digest of a person's reference 16            record by which that person was erased 8
 *   PARKED    case key 16, position 8                          expiry 8, event id, sender
 *   INCIDENT  task id 8                                        case id, time, position, topic, attempts, why
 *   KEPT      case id 8, field 4                               a people value that is too long for the record of its case: msgpack
 *   ROLL      case id 8, number of the roll 4, person          struct roll_row (roll.h): weights, ballot
 *   RECUR     "r" | "q", workflow, 0, unit id 4                struct recur_row (recurrence | quota)
 *             "u", unit id 4                                   day 4: the unit is new, at its level, since then
 *   DEPLOYED  what 1, name, 0, version 4, "H" | "S" | "C", piece 4    head (struct deployed_head) | bytes of the source | of the compiled form
 *
 * A log record is a fixed header and a msgpack map: the event as it was decided, and what became of it. Its hash is
 * SHA-256(0x00 || record), which is its leaf in an RFC 9162 tree; the header holds the hash of the record before it, so the
 * log is a chain. To change a stored format: count its version up, keep the reader of the old one, and add a golden record to the tests. */
#ifndef STAIRCASE_RECORD_H
#define STAIRCASE_RECORD_H

#include "engine/effect.h"
#include "engine/store.h"

enum {
    RECORD_FORMAT = 2,          /* 2: the figures of each workflow among the counters (engine_upgrade.c) */
    HASH_SIZE = 32,
    RECORD_CLOCK_PARKED = 100,
    RECORD_WORD_MOST = 256,     /* bytes of a sender, a topic, a deployed name, a case number: they stand in keys */
    DEPLOY_PIECE = 256 * 1024,
    DEPLOY_PIECES_MOST = 1024,
};

/* What cases have to say to each other stands in the outbox under a topic that no worker can register: no name of a topic has parentheses. */
#define RECORD_TOPIC_CASES "(cases)"
#define RECORD_TOPIC_COUNTS "(counts)"

/* ---- keys ---- */
struct record_key {
    uint8_t bytes[STORE_KEY_MOST];
    size_t size;
};

struct text key_text(const struct record_key *key);
struct record_key key_meta(uint32_t partition);
struct record_key key_meta_older(uint32_t partition);
struct record_key key_log(uint32_t partition, uint64_t position);
struct record_key key_case(uint32_t partition, uint64_t id);
struct record_key key_receipt(uint32_t partition, struct text event_id, struct text sender);
struct record_key key_deadline(uint32_t partition, int64_t due, uint64_t case_id, int32_t kind, int32_t which);
struct record_key key_outbox(uint32_t partition, struct text topic, int64_t ready_at, uint64_t task);
struct record_key key_outbox_topic(uint32_t partition, struct text topic); /* prefix */
struct record_key key_open(uint32_t partition, uint32_t unit, uint64_t case_id);
struct record_key key_open_unit(uint32_t partition, uint32_t unit); /* prefix */
struct record_key key_case_key(uint32_t partition, struct text case_key);
struct record_key key_number(uint32_t partition, struct text number);
struct record_key key_counter(uint32_t partition, char what, struct text name);
struct record_key key_parked(uint32_t partition, struct text case_key, uint64_t position);
struct record_key key_parked_case(uint32_t partition, struct text case_key); /* prefix */
struct record_key key_incident(uint32_t partition, uint64_t task);
/* `what`: RECUR_RUNS or RECUR_QUOTA. Unit 0: one for the whole district. */
struct record_key key_recur(uint32_t partition, char what, struct text workflow, uint32_t unit);
struct record_key key_recur_unit(uint32_t partition, uint32_t unit);
struct record_key key_counter_year(uint32_t partition, struct text workflow, uint32_t unit, int32_t year);
struct record_key key_deployed(uint32_t partition, struct text what, struct text name, uint32_t version, char part, uint32_t piece);
struct record_key key_deployed_prefix(uint32_t partition, struct text what, struct text name); /* of a name's versions; empty name: of all names */
struct record_key key_kept(uint32_t partition, uint64_t case_id, uint32_t field);
struct record_key key_roll(uint32_t partition, uint64_t case_id, uint32_t roll, struct text person); /* person empty: prefix of the roll */
bool key_begins(struct text key, const struct record_key *prefix);

/* Fields of keys that are read back. */
struct deadline_key {
    int64_t due;
    uint64_t case_id;
    int32_t kind, which;
};
bool key_read_deadline(struct text key, struct deadline_key *out);
bool key_read_outbox(struct text key, struct text *topic, int64_t *ready_at, uint64_t *task);
bool key_read_open(struct text key, uint32_t *unit, uint64_t *case_id);
bool key_read_u64_last(struct text key, uint64_t *number); /* the last 8 bytes: LOG, CASE, PARKED, INCIDENT */
bool key_read_kept(struct text key, uint64_t *case_id, uint32_t *field);
bool key_read_roll(struct text key, uint64_t *case_id, uint32_t *roll, struct text *person);
bool key_read_deployed(struct text key, struct text *what, struct text *name, uint32_t *version, char *part, uint32_t *piece);

/* ---- small values ---- */
struct meta_row {
    uint32_t format, epoch;
    uint64_t position; /* of the last record; 0: none */
    uint8_t hash[HASH_SIZE]; /* of the last record */
    int64_t time;      /* of the last batch */
};
struct receipt_row {
    uint64_t position, digest;
    bool parked;
};
struct open_row {
    uint64_t workflow;
    int32_t stage;
    uint32_t flags; /* enum case_flag */
};
enum outbox_kind { OUTBOX_TASK, OUTBOX_CANCEL, OUTBOX_TELL, OUTBOX_SAY, OUTBOX_COUNT };
struct outbox_row {
    enum outbox_kind kind;
    uint64_t case_id, position; /* of the event that made it */
    uint64_t about;             /* of a cancel: the task that is no longer wanted */
    uint32_t attempt;           /* which attempt the next one is, 1-based */
    uint32_t unit;              /* where the case stood: which workers may have it */
    struct text worker;         /* of a cancel: who held it */
    struct text text_zh, text_en; /* of a tell */
    struct text said;           /* of a say, under RECORD_TOPIC_CASES: the event for another case, encoded as a record of the log */
};
struct parked_row {
    int64_t expires;
    struct text id, sender;
};
struct incident_row {
    uint64_t case_id, position;
    int64_t time;
    uint32_t attempts;
    struct text topic, why;
};
enum { RECUR_RUNS = 'r', RECUR_QUOTA = 'q', RECUR_UNIT = 'u' };
struct recur_row {
    int32_t through;     /* runs: the last day of the rule that is answered for; quota: the last year that was closed */
    int32_t last;        /* runs: the day of the last one; quota: how many there were in that year */
    uint64_t case_id;    /* runs: the case that it opened; 0: none, `why` says why */
    uint32_t turn_unit;  /* of a rotation: whose turn it was: the unit, */
    struct text turn;    /* and of a role the person */
    struct text why;
};
struct deployed_head {
    uint64_t position;
    uint8_t hash[HASH_SIZE];
    uint32_t sources, compileds; /* pieces */
    int32_t applies_from;
};

struct text row_encode_meta(struct arena *arena, const struct meta_row *row);
struct text row_encode_receipt(struct arena *arena, const struct receipt_row *row);
struct text row_encode_open(struct arena *arena, const struct open_row *row);
struct text row_encode_outbox(struct arena *arena, const struct outbox_row *row);
struct text row_encode_parked(struct arena *arena, const struct parked_row *row);
struct text row_encode_incident(struct arena *arena, const struct incident_row *row);
struct text row_encode_recur(struct arena *arena, const struct recur_row *row);
struct text row_encode_deployed(struct arena *arena, const struct deployed_head *row);
struct text row_encode_roll(struct arena *arena, const struct roll_row *row);
struct text row_encode_kept(struct arena *arena, const struct value *value);
struct text row_encode_number(struct arena *arena, uint64_t number); /* KEY, NUMBER, COUNTER, DEADLINE */
/* ERR_OK, ERR_CORRUPT, ERR_NEWER_FORMAT. Texts point into `bytes`. */
enum err row_decode_meta(struct text bytes, struct meta_row *row);
enum err row_decode_receipt(struct text bytes, struct receipt_row *row);
enum err row_decode_open(struct text bytes, struct open_row *row);
enum err row_decode_outbox(struct text bytes, struct outbox_row *row);
enum err row_decode_parked(struct text bytes, struct parked_row *row);
enum err row_decode_incident(struct text bytes, struct incident_row *row);
enum err row_decode_recur(struct text bytes, struct recur_row *row);
enum err row_decode_deployed(struct text bytes, struct deployed_head *row);
enum err row_decode_roll(struct text bytes, struct roll_row *row); /* roll and person stand in the key */
enum err row_decode_kept(struct arena *arena, struct text bytes, struct value *value);
/* Of a case that was just decoded: its long people values, to where their marks stand. ERR_OK, ERR_CORRUPT, store errors. */
enum err kept_read(struct arena *arena, struct store_txn *txn, uint32_t partition, struct case_state *state);
enum err row_decode_number(struct text bytes, uint64_t *number);

/* ---- the log ---- */
struct log_notice {
    enum notice_kind kind;
    const struct text *who;
    uint32_t who_count;
    struct text text_zh, text_en;
};
struct log_change { /* a deadline that was computed anew */
    int32_t kind, which;
    int64_t before, after;
};
struct log_record {
    uint32_t epoch;
    int64_t time;        /* of the batch: received-at */
    int64_t effective;   /* when it took effect: the `now` of its decision */
    uint64_t case_id;    /* 0: none */
    uint64_t previous;   /* position of the case's record before; 0: none */
    uint64_t case_digest; /* checksum of the case as it stood afterwards; 0: no case */
    uint8_t predecessor[HASH_SIZE];
    struct event event;
    /* what became of it */
    struct text stage, level, unit, end, number; /* as they stand after it; unit is the path at that time */
    int64_t due;         /* the case's deadline after it; 0: none */
    struct text note_zh, note_en; /* of the decision (effect.h) */
    const struct log_notice *notices;
    uint32_t notice_count;
    const struct log_change *changes;
    uint32_t change_count;
};

struct text log_encode(struct arena *arena, const struct log_record *record);
/* ERR_OK, ERR_CORRUPT, ERR_NEWER_FORMAT. Texts point into `bytes`. */
enum err log_decode(struct arena *arena, struct text bytes, struct log_record *record);
void log_hash(struct text record, uint8_t hash[HASH_SIZE]);
/* Whether two records say the same of their case: the same event at the same time, and the same case afterwards. What was told besides may differ. */
bool log_same_case(struct text one, struct text other);

/* What makes two events of one id the same event: a digest over everything that its sender said. */
uint64_t event_digest(struct arena *arena, const struct event *event);

#endif
