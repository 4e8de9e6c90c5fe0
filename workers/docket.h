/* docket: the mediation centre's list of the cases that have climbed to it, on its own disk. Each case stands in it exactly once,
 * whatever crashes and however often its task is delivered; what the centre decides about it goes out exactly once.
 *
 *              ┌──────────────── a new task: the case has come up again ────────────────┐
 *              v                                                                         │
 *   task ─> received ── claim ──> accepted ──┬─ event applied ─> returned, concluded, handed-on
 *              └─────────────────────────────┘                                           │
 *              └─ cancelled, or the engine knows no such task ─> withdrawn <─────────────┘ (no: what is done stays done)
 *
 * An event of the centre (return, sign, ...) is first an *intent*: kept with its event id in the same commit that shows the case as
 * `sending`, sent until the engine answers it, and struck out with the answer. Applied: the case is done. Refused: the case is as it was, the
 * refusal stands beside it, and another event may be tried. One intent at a time for a case.
 *
 * The caller acknowledges only what is here already: accept a task after docket_receive, settle a cancellation after
 * docket_withdraw. Both may be repeated.
 *
 * The docket's tables are those of store.h, in a store of its own, with a meaning of its own (docket_row.h). It holds the history of its cases as
 * the engine shows it to the centre, private fields included, in clear: its folder is for its owner alone. What the engine destroys goes here as soon as
 * the news of it come (docket_lose). One thread, no clock, no socket. */
#ifndef STAIRCASE_DOCKET_H
#define STAIRCASE_DOCKET_H

#include "engine/arena.h"
#include "proto/message.h"

struct docket;
struct store;

enum docket_state { DOCKET_RECEIVED, DOCKET_ACCEPTED, DOCKET_RETURNED, DOCKET_CONCLUDED, DOCKET_HANDED_ON, DOCKET_WITHDRAWN, DOCKET_STATE_COUNT };

/* Names of states, as they are stored and shown. */
const char *docket_state_name(enum docket_state state);

/* All below: ERR_OK; what is named; otherwise an error of the store, after which nothing of it is to be relied on: leave and open again.
 * The store stays the caller's. ERR_NEWER_FORMAT, ERR_CORRUPT. */
enum err docket_open(struct docket **docket, struct store *store);
void docket_close(struct docket **docket);

/* ---- what the engine hands over ---- */
/* A task: on disk when this returns. `*fresh`: it was not here before. */
enum err docket_receive(struct docket *docket, const struct message *task, int64_t now, bool *fresh);
/* A notice about a case: noted beside it; nothing when the case is not here. */
enum err docket_note(struct docket *docket, const struct message *notice, int64_t now);
/* The task is no longer wanted. */
enum err docket_withdraw(struct docket *docket, uint64_t task, int64_t now);

/* ---- what people of the centre do ---- */
/* `claim` (a person takes the case on) or an event of the workflow, with `subject`, `id`, `as`, `data`. The answer, in the arena:
 *   APPLIED     a claim: done
 *   PARKED      an event: it is an intent now, or was one already; the engine will answer it
 *   DUPLICATE, REFUSED   the final answer to this id, given before; or refused here: unknown-case, not-now, id-reused */
enum err docket_order(struct docket *docket, struct arena *arena, const struct message *order, int64_t now, struct message *answer);

/* ---- intents ---- */
struct docket_intent {
    uint64_t sequence;
    uint64_t case_id, task;
    struct message event; /* a send: id, subject, event, as, data, task; in the arena */
};
/* The first intent above `after` (0: the first of all). ERR_NOT_FOUND: there is none. */
enum err docket_next_intent(struct docket *docket, struct arena *arena, uint64_t after, struct docket_intent *intent);
/* The engine's final answer to it: applied, duplicate or refused. ERR_NOT_FOUND: it was answered before. */
enum err docket_answered(struct docket *docket, uint64_t sequence, const struct message *answer, int64_t now);

/* ---- histories ---- */
/* The first case above `after` (0: the first of all) whose history has to be read (again); `*turn` tells which reading that is. ERR_NOT_FOUND: none. */
enum err docket_next_unread(struct docket *docket, uint64_t after, uint64_t *case_id, uint64_t *turn);
/* The history of this case is to be read again. ERR_NOT_FOUND: it is not here. */
enum err docket_want(struct docket *docket, uint64_t case_id);
/* Rows of a `show`: the case itself (no `p`), and entries of its history (by their `p`). `last`: that was all of this turn; it is read then,
 * unless something has happened to it since the turn began. */
enum err docket_read(struct docket *docket, uint64_t case_id, uint64_t turn, const struct value *rows, bool last);

/* ---- what is destroyed ---- */
/* News of an erasure: of a person, or of a case that was kept long enough; or of neither, and the news have come that far. The histories of the cases that
 * are meant are to be read again: what is named under `erased` there goes here too, and of a forgotten case everything that is not shown any more. The bytes
 * stay in the file until it is wiped (store_wipe), which is for the caller, when nothing is unread. */
struct docket_loss {
    uint64_t position;  /* of the news */
    struct text person; /* or size 0 */
    uint64_t case_id;   /* or 0 */
    bool anyone;        /* a person, and who is not told to us: it may be in any case */
};
enum err docket_lose(struct docket *docket, const struct docket_loss *loss);
/* Position of the last news of an erasure; 0: none yet. */
enum err docket_watched(struct docket *docket, uint64_t *position);
/* No case was ever here: older news mean nobody. */
enum err docket_is_empty(struct docket *docket, bool *empty);

/* ---- questions ---- */
/* ERR_UNKNOWN_CASE. */
enum err docket_find(struct docket *docket, const struct case_ref *ref, uint64_t *case_id);
/* One row: the case as `show` of the engine gave it last, and under `docket` what the docket knows: state, received, accepted, by, event, sending, code,
 * why, visits, notes. ERR_UNKNOWN_CASE. */
enum err docket_case(struct docket *docket, struct arena *arena, uint64_t case_id, struct value *row);
/* The next entries of its history after position `after`: at most `most`, about 256 KB. `*after` moves on; 0: that was all. */
enum err docket_history(struct docket *docket, struct arena *arena, uint64_t case_id, uint64_t *after, uint32_t most, struct value *rows);
/* Cases above `after`, without data: those not done, or all; at most `most`, fewer where they are long. `*after` moves on; 0: that was all. */
enum err docket_list(struct docket *docket, struct arena *arena, bool all, uint64_t *after, uint32_t most, struct value *rows);

#endif
