/* engine: the journey of an event, from the door to the disk. engine.c tells it from top to bottom.
 *
 * It owns the state: the store, the newest directory and calendars, the workflows in use, the working set of the batch. It
 * knows nothing of sockets, clocks, keys or files: the server brings events in and carries answers out.
 *
 *     engine_begin(now) ─ engine_decide … engine_fire … ─ engine_commit ── ERR_OK: answers may be sent
 *                                                                     └─ any error: no answer may be sent (engine_reload or leave)
 *
 * In a batch every event sees the ones before it; nothing is written before all are decided; the log is written first; one
 * transaction, one sync. Answers, and all texts in them, live until the next engine_begin. */
#ifndef STAIRCASE_ENGINE_H
#define STAIRCASE_ENGINE_H

#include "engine/advance.h"
#include "engine/record.h"

struct engine;

struct engine_options {
    uint32_t partition;
    uint32_t cached_workflows_most; /* 0 means 256 */
    bool read_only;                 /* verify: never begins a batch */
};

/* Reads the state; META of a new store is written with its first batch. ERR_OK, ERR_NEWER_FORMAT, ERR_CORRUPT, ERR_IO, ERR_NO_MEMORY; `*why`
 * (static) says more. The store stays the caller's. */
enum err engine_open(struct engine **engine, struct store *store, const struct engine_options *options, const char **why);
void engine_close(struct engine **engine);

/* ---- a batch ---- */
/* The batch's one time is the greater of `now` and the last batch's. */
void engine_begin(struct engine *engine, int64_t now);
int64_t engine_now(const struct engine *engine);
/* Memory of the batch: for events that are made for it. */
struct arena *engine_arena(struct engine *engine);

/* Decides one event after the ones before it; what is due in its case fires first. `answer` is what the sender shall hear after
 * the commit: applied, duplicate, parked or refused. Internal events (due, recompute, fail, unpark) may pass NULL.
 * ERR_OK: decided, one way or the other; otherwise the store could not be read: abort the batch. */
enum err engine_decide(struct engine *engine, const struct event *event, struct message *answer);

/* The first half of that, for an event that will be refused before it is decided (a report on a task that another worker leases by now): whether it
 * was applied before, or is parked, or its id is in use; then the answer. */
enum err engine_answer_seen(struct engine *engine, const struct event *event, struct message *answer, bool *seen);

/* Whether an event of that id is parked: what comes under it is sealed as the parked one was, so that the two can be told apart. Within a batch. */
enum err engine_is_parked(struct engine *engine, struct text id, struct text sender, bool *parked);

/* The event that was applied, or parked, under that id; `*found` false: there is none. Within a batch, which it lives as long as. */
enum err engine_first_time(struct engine *engine, struct text id, struct text sender, struct event *first, bool *found);
/* Whether what was private of the person was erased: nothing is to be sealed for them any more. */
enum err engine_is_erased(struct engine *engine, struct arena *arena, struct text person, bool *erased);

/* Fires what is due by the batch's time, lets cases hear what others had to say to them before this batch, and computes anew what waits for it under a
 * newer calendar, at most `most` events;
 * `*fired` says how many. 0: nothing is due. */
enum err engine_fire(struct engine *engine, uint32_t most, uint32_t *fired);
/* The key of a case that another one opened: of the parent's key and the child's number there. */
struct text engine_child_key(struct arena *arena, struct text parent, uint64_t child);
/* Of a case that is split off from that one by the event of that id. */
struct text engine_split_key(struct arena *arena, struct text from, struct text event_id);
/* When the first deadline is due (milliseconds UTC; INT64_MIN: there is something to do now): the batch that fires it must be later than this. INT64_MAX: none. Between batches. */
int64_t engine_next_due(struct engine *engine);

/* A deployment: source and compiled form; split into pieces and committed by one event, all in this batch. `id` and `sender` as of events. */
struct deployment {
    struct text id, sender, as;
    struct text what, name;
    uint32_t version;
    int32_t applies_from;
    struct text source, compiled;
};
enum err engine_deploy(struct engine *engine, const struct deployment *deployment, struct message *answer);

/* What the commit brought about, for whoever sends effects out. Lives until the next engine_begin. */
struct engine_done {
    uint64_t first, last;        /* positions written; last < first: none */
    bool outbox_changed;         /* something new is owed to workers */
    int64_t outbox_from;         /* the earliest ready_at among that; a late event may owe what was ready in the past */
    const uint64_t *withdrawn;   /* tasks that are no longer to be done: tell who leases them */
    uint32_t withdrawn_count;
    const struct text *unparkable; /* keys of cases that opened while events were parked for them */
    uint32_t unparkable_count;
    const struct text *forgotten;  /* keys of cases whose time is over: what is sealed under them is to be destroyed */
    uint32_t forgotten_count;
};
/* Writes and syncs. ERR_MAP_FULL is mended inside (grow, run again). Any other error: the batch is gone, or it holds and nobody knows; no
 * answer may be sent; before the next batch the store is opened again (store_reopen) and then the engine (engine_reload). */
enum err engine_commit(struct engine *engine, struct engine_done *done);
/* Gives the batch up. What was decided in it is in memory in part: unless nothing was, engine_reload comes before the next batch. */
void engine_abort(struct engine *engine);
/* Reads position, directory, calendars from the store again, between batches. When it fails it may be called again. */
enum err engine_reload(struct engine *engine, const char **why);

/* ---- what the server asks, inside a batch (seeing its events) or between batches (seeing what is committed) ---- */
/* ERR_OK; ERR_UNKNOWN_CASE; store errors. The state lives until the batch ends; between batches until the next call. */
enum err engine_find_case(struct engine *engine, const struct case_ref *ref, const struct case_state **state);
/* The workflow that an opening on this day would take; by position: the one that a case is pinned to. NULL: none. */
const struct workflow *engine_newest_workflow(struct engine *engine, struct text name, int64_t now);
const struct workflow *engine_workflow(struct engine *engine, uint64_t position);
/* That version of a workflow; NULL: it is not deployed. */
const struct workflow *engine_version(struct engine *engine, struct text name, uint32_t version);
/* The n-th workflow that is deployed, every version by itself; false: there are no more. */
bool engine_deployed_workflow(const struct engine *engine, uint32_t n, struct text *name, uint64_t *position);
/* In the directory; or app:token, which is nobody's to know. */
bool engine_knows_person(const struct engine *engine, struct text person);
const struct directory *engine_directory(const struct engine *engine); /* NULL: none deployed */
const struct calendar *engine_calendar(const struct engine *engine, int32_t unit); /* NULL: none */
/* For access checks outside a decision (who may see): an input with everything but an event. */
void engine_input(const struct engine *engine, const struct workflow *workflow, const struct case_state *state, struct advance_input *input);
/* How many cases of a workflow, all versions: open, overdue now, closed, late at closing; in that order. */
enum { ENGINE_FIGURES = 4 };
enum err engine_figures(struct engine *engine, struct store_txn *txn, struct text workflow, uint64_t figures[ENGINE_FIGURES]);
uint64_t engine_position(const struct engine *engine); /* of the last committed record */
const uint8_t *engine_hash(const struct engine *engine); /* of that record */
uint32_t engine_epoch(const struct engine *engine);
uint32_t engine_partition(const struct engine *engine);
struct store *engine_store(const struct engine *engine);

/* The next parked event of a case key after position `after`: its position and its sealed data. ERR_NOT_FOUND: no more. */
enum err engine_parked(struct engine *engine, struct arena *arena, struct text case_key, uint64_t after, uint64_t *position, struct event *event);

/* Who was erased, and by which record. Between batches: the next behind `after` (size 0: the first), which moves on. ERR_NOT_FOUND: no more. */
struct engine_erased {
    struct text person; /* in the arena */
    uint64_t position;
};
enum err engine_next_erased(struct engine *engine, struct arena *arena, struct record_key *after, struct engine_erased *out);

/* ---- secret votes (poll_count.c): what is owed to them by whoever holds the keys. Between batches. ---- */
struct engine_count {
    const struct case_state *state; /* lives until the next question */
    const struct case_poll *poll;   /* of that case: COUNTING: its counts are owed; otherwise the end of its key */
    const struct workflow *workflow;
    uint64_t task;                  /* what the event must name */
};
bool engine_owes_counts(const struct engine *engine);
/* The first behind `after` (size 0: the very first), which moves on. ERR_NOT_FOUND: no more; ERR_CORRUPT; store errors. */
enum err engine_next_count(struct engine *engine, struct record_key *after, struct engine_count *out);
/* What is owed could not be brought: it is not asked for again before something new is owed, or the engine is read again. */
void engine_forget_counts(struct engine *engine);

/* What the calendar does next (opens: recurs, quota): one row for each workflow, of its earliest moment. Between batches. */
struct engine_upcoming {
    struct text workflow;
    bool quota;       /* a year is closed; otherwise cases are opened */
    int64_t due;
    const char *unit; /* path of the first unit; "": nobody's turn yet */
    uint32_t units;   /* that are due at that moment */
    struct text why;  /* why the run before it was passed over there; empty: it was not */
};
enum err engine_upcoming(struct engine *engine, struct arena *arena, uint32_t most, struct engine_upcoming **out, uint32_t *count);

/* ---- replay: the same log gives the same state ---- */
/* Decides the record, inside a batch (begun with time INT64_MIN), as the next one of this engine, at the record's own time; ERR_CORRUPT with `*why` when
 * anything but the same record comes of it. As many records in a batch as one likes: where batches end changes nothing. */
enum err engine_replay(struct engine *engine, struct text record, const char **why);
/* Records up to this position were decided by an engine of an older format: each must give the same case, but who was told of it may differ, and
 * stays as it was told. */
void engine_replay_older(struct engine *engine, uint64_t position);
/* SHA-256 over every row of every table but the log, in order: two engines with the same log have the same. */
enum err engine_state_hash(struct store *store, uint8_t hash[HASH_SIZE]);

#endif
