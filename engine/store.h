/* store: ordered tables of bytes under one writer; what is committed is on disk.
 *
 * An interface with two implementations: store_lmdb (the one that keeps data) and store_memory (tests, scenarios, simulator:
 * a durable and a volatile image, and faults on demand). A contract test runs on both alike.
 *
 *     read:  store_begin_read … get, seek, next … store_end_read         short: never across a turn of the loop (pitfall 11)
 *     write: store_begin_write … put, delete (get, seek see them) … store_commit  or  store_abort
 *
 * At most one write transaction at a time. Values that get and seek hand out belong to the store and are valid until the
 * next put or delete in that transaction, or its end. Keys are 1 to STORE_KEY_MOST bytes (asserted: who takes a key from
 * outside checks it at the edge) and compare bytewise; values have a checksum in front on disk (put adds it, get checks and
 * strips it: ERR_CORRUPT), since LMDB has none.
 *
 * A reader sees what was committed when it began, whatever is written meanwhile. After a put or delete that failed with
 * anything but ERR_NOT_FOUND, everything else in that transaction fails with the same code, the commit too; that is no
 * failed commit yet: abort and go on. After a *commit* that failed with anything but ERR_MAP_FULL, nobody knows what the
 * disk holds: every begin gives ERR_IO until store_reopen (or store_close and open), and then the position in META tells. */
#ifndef STAIRCASE_STORE_H
#define STAIRCASE_STORE_H

#include "proto/err.h"
#include "proto/text.h"

enum { STORE_KEY_MOST = 500 };

/* X(name, stored name). What each table's keys and values are: record.h. New tables are added at the end. */
#define STORE_TABLES(X)                                                                                                \
    X(META, "meta")         /* format, partition, epoch, position applied, chain hash, last time */                    \
    X(LOG, "log")           /* one global history, appended */                                                         \
    X(CASE, "case")         /* the cases */                                                                            \
    X(RECEIPT, "receipt")   /* which events were applied, by event id and sender */                                    \
    X(DEADLINE, "deadline") /* what falls due when */                                                                  \
    X(OUTBOX, "outbox")     /* what is owed to worker processes */                                                     \
    X(OPEN, "open")         /* index of open cases by unit path */                                                     \
    X(KEY, "key")           /* sender's case key -> case */                                                            \
    X(NUMBER, "number")     /* case number -> case */                                                                  \
    X(COUNTER, "counter")   /* counters of case numbers, of parked events per sender, of rows */                       \
    X(PARKED, "parked")     /* events whose case is not here yet */                                                    \
    X(INCIDENT, "incident") /* open incidents */                                                                       \
    X(DEPLOYED, "deployed") /* what is deployed: heads, sources and compiled forms in pieces */                        \
    X(ROLL, "roll")         /* who may vote or rate in a case, and how they did */                                     \
    X(KEPT, "kept")         /* long people values of cases */                                                          \
    X(RECUR, "recur")       /* how far the calendar has come: of each recurrence and quota at each unit; since when a unit is there */

enum store_table {
#define STORE_ENUM(table, name) STORE_##table,
    STORE_TABLES(STORE_ENUM)
#undef STORE_ENUM
    STORE_TABLE_COUNT
};

struct store;
struct store_txn;

/* Where seek and next stand: at a key, before the first (a new cursor) or after the last. Open until store_cursor_close or
 * the end of its transaction, whichever is first; a put or delete in the same table leaves it undefined until the next seek. */
struct store_cursor;

struct store_figures;

struct store_verbs {
    enum err (*begin)(struct store *store, bool write, struct store_txn **txn);
    enum err (*get)(struct store_txn *txn, enum store_table table, struct text key, struct text *value);
    enum err (*put)(struct store_txn *txn, enum store_table table, struct text key, struct text value, bool append);
    enum err (*del)(struct store_txn *txn, enum store_table table, struct text key);
    enum err (*cursor_open)(struct store_txn *txn, enum store_table table, struct store_cursor **cursor);
    enum err (*cursor_seek)(struct store_cursor *cursor, struct text from, struct text *key, struct text *value);
    enum err (*cursor_step)(struct store_cursor *cursor, bool back, struct text *key, struct text *value);
    void (*cursor_close)(struct store_cursor *cursor);
    enum err (*commit)(struct store_txn *txn);
    void (*abort)(struct store_txn *txn);
    enum err (*grow)(struct store *store);
    enum err (*figures)(struct store *store, struct store_figures *figures);
    enum err (*housekeep)(struct store *store);
    enum err (*reopen)(struct store *store);
    enum err (*wipe)(struct store *store);
    void (*close)(struct store *store);
};

/* Every implementation's own begin with these. */
struct store {
    const struct store_verbs *verbs;
};

struct store_txn {
    struct store *store;
    bool write;
};

struct store_cursor {
    struct store_txn *txn;
    enum store_table table;
};

struct store_figures {
    uint64_t map_size, map_used; /* bytes; 0 where there is no map. Used: up to the highest page ever used, free ones below included */
    uint64_t rows[STORE_TABLE_COUNT];
};

/* All: ERR_OK; ERR_NOT_FOUND from get, delete, seek, next and previous; ERR_MAP_FULL (abort, store_grow, run again);
 * ERR_DISK_FULL; ERR_IO; ERR_CORRUPT; ERR_NO_MEMORY. What ends or closes takes a NULL as nothing to do. */
enum err store_begin_read(struct store *store, struct store_txn **txn);
void store_end_read(struct store_txn **txn);
enum err store_begin_write(struct store *store, struct store_txn **txn);
enum err store_get(struct store_txn *txn, enum store_table table, struct text key, struct text *value);
enum err store_put(struct store_txn *txn, enum store_table table, struct text key, struct text value);
/* The key is above every key of the table: cheaper. Anything else is a bug (asserted). */
enum err store_append(struct store_txn *txn, enum store_table table, struct text key, struct text value);
enum err store_delete(struct store_txn *txn, enum store_table table, struct text key);
enum err store_cursor_open(struct store_txn *txn, enum store_table table, struct store_cursor **cursor);
/* The first key at or above `from` (an empty `from` is the first key of the table). */
enum err store_cursor_seek(struct store_cursor *cursor, struct text from, struct text *key, struct text *value);
enum err store_cursor_next(struct store_cursor *cursor, struct text *key, struct text *value);
/* The key before; after a seek or next that found nothing: the last key of the table. */
enum err store_cursor_previous(struct store_cursor *cursor, struct text *key, struct text *value);
void store_cursor_close(struct store_cursor **cursor);
/* Ends the transaction either way. ERR_OK: on disk. Otherwise nothing of it is to be relied on. */
enum err store_commit(struct store_txn **txn);
void store_abort(struct store_txn **txn);
/* Enlarges the map, to twice its size where the address space allows; no transaction may be open (asserted).
 * ERR_NO_MEMORY: there is no room for a larger one, and the store is as it was. */
enum err store_grow(struct store *store);
enum err store_read_figures(struct store *store, struct store_figures *figures);
/* Once a minute: clears the slots of readers that died (pitfall 11). */
enum err store_housekeep(struct store *store);
/* After a failed commit: closes what is behind the store and opens it again, still holding the folder's lock; no transaction
 * may be open (asserted). When it fails it may be called again. */
enum err store_reopen(struct store *store);
/* Overwrites on the disk what no row uses: freed pages, and the corners of those in use. For secrets that were deleted, or overwritten by a row of the same size; it
 * reads the whole file. No transaction may be open (asserted). ERR_OK: on disk; ERR_BUSY: another process still reads what was; ERR_CORRUPT: a page is none
 * of LMDB's, nothing more is overwritten. Whether the disk itself keeps what was overwritten is not in our hands. */
enum err store_wipe(struct store *store);
void store_close(struct store **store);

const char *store_table_name(enum store_table table);

/* Checksum in front of every value on disk (8 bytes, little-endian). Part of the stored format: it never changes. */
enum { STORE_CHECKSUM_SIZE = 8 };
uint64_t store_checksum(struct text key, struct text value);

/* ---- LMDB ---- */
struct store_lmdb_options {
    uint64_t map_size;   /* bytes; 0 means 64 GB, sparse; less where the process may not have that much (RLIMIT_AS) */
    bool read_only;      /* verify, on a stopped folder or a copy: nothing is created, nothing needs to be writable */
    bool beside;         /* with read_only: while another process has it open and writes. LMDB's own table of readers keeps what is read; no lock of ours is taken */
    bool unsafe_no_sync; /* for the test of the power-cut rig only: this store must lose */
};
/* Creates what is missing: the folder itself (0700; its parent must be there) and the files in it (0600). ERR_LOCKED while
 * another has it open for writing (`store.lock` is held for the life of the store; readers of a stopped folder share it);
 * ERR_NOT_FOUND: read-only, and there is no store; ERR_CORRUPT: not a store, or cut short; ERR_NEWER_FORMAT: another format
 * of LMDB's own file (that of the records is found by the engine, in META). */
enum err store_lmdb_open(struct store **store, const char *folder, const struct store_lmdb_options *options);

/* ---- memory ---- */
/* `store_memory_crash` throws the volatile image away: what was not committed is gone, the durable image is what the next
 * begin sees. Transactions and cursors from before are dead: every call on them gives ERR_IO, and ending them (or closing
 * the store) frees them. A crash is also a reopening.
 * Faults: the `countdown`th call of a verb from now (1: the very next; `writes_only`: of those in write transactions, as a full disk shows) fails once with `code`. Of a call that fails nothing
 * is done; only a commit keeps or loses the batch by `commit_holds`: both must be survived. Counted are the verbs that can
 * fail, so not: abort, end_read, cursor_close, close, reopen. */
struct store_memory_fault {
    uint32_t countdown; /* 0: none */
    enum err code;
    bool commit_holds; /* the batch is durable although the commit failed */
    bool writes_only;
};
enum err store_memory_open(struct store **store);
void store_memory_crash(struct store *store);
void store_memory_set_fault(struct store *store, struct store_memory_fault fault);
/* Calls of verbs so far: the simulator's crash points. */
uint64_t store_memory_calls(const struct store *store);

#endif
