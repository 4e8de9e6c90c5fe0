/* door: a message becomes an event. What a decision needs from outside its case is put into the event here, and what nobody but the
 * right people may read is sealed here (design 12.6, 12.7); the core behind it sees ciphertext.
 *
 * Private fields are checked against the workflow before they are sealed, since nobody behind the door can. A message for a case that
 * is not here has no workflow to say what is private: all its data are sealed as one, and opened again when the case comes.
 *
 * No clock, no socket, no thread: server, simulator and scenarios come through the same door. */
#ifndef STAIRCASE_DOOR_H
#define STAIRCASE_DOOR_H

#include "engine/engine.h"
#include "engine/seal.h"

struct door {
    struct engine *engine;
    struct seal *seal;
    struct text operator; /* the principal who alone may bring old cases along; empty: whoever comes */
    /* Whether who sent a parked event may still speak for that person, when it is decided; NULL: everybody may. */
    bool (*may)(void *context, struct text principal, struct text person);
    void *may_context;
    /* of the configuration, put into every failure: the core reads no configuration */
    uint32_t attempts_most, retry_base_ms, retry_most_ms;
};

/* Who brings a message, as the link and the outbox know it; never from the message itself. */
struct door_origin {
    struct text principal;
    struct text worker;  /* empty: a client */
    bool operates;       /* by its key it may what door.operator may */
    /* of a report: what the outbox knows of the task */
    uint64_t case_id;
    struct text topic;
    int64_t ready_at;
    uint32_t attempt;
};

/* Within a batch. `message` is an open, send, release, migrate, retry, accept, settle or fail; event and texts live as long as message and arena.
 * ERR_OK; what the sender is to be refused with (err_travels), `*why` in the arena; otherwise a store error: give the batch up. */
enum err door_event(struct door *door, struct arena *arena, const struct message *message, const struct door_origin *origin, struct event *event,
                    struct text *why);

/* Within a batch: whether a message that is to be refused was applied before, as an event of this origin: then `*answer` is its first answer. */
enum err door_seen(struct door *door, struct arena *arena, const struct message *message, const struct door_origin *origin, struct message *answer,
                   bool *seen);

/* A task whose worker said nothing any more: the failure that follows. */
void door_lapse(const struct door *door, const struct door_origin *origin, uint64_t task, struct event *event);

/* ---- parked events (door_parked.c) ---- */
struct door_parked {
    struct event event;      /* to be decided in the next batch */
    struct text id, sender;  /* whose final answer it brings */
    struct text why;         /* of an EVENT_UNPARK: what its sender is told; the event says it without the values, since it goes to the log */
};

/* Between batches: the next event that waits for this case key, after position *after (0: the first), opened and sealed field by field: an
 * EVENT_SEND with `parked`; or, where it can never be decided, the EVENT_UNPARK that ends it, with code and why. `*after` moves on.
 * ERR_OK; ERR_NOT_FOUND: no more, or the case is not here; ERR_BUSY: too many new keys, commit first; store errors. */
enum err door_unpark(struct door *door, struct arena *arena, struct text case_key, uint64_t *after, struct door_parked *parked);

/* ---- events that speak of two cases (door_kin.c) ---- */
bool door_speaks_of_two(const struct event *event);
/* Finds the other case and puts it into the event; seals what a split brings. As door_event. */
enum err door_two_cases(struct door *door, struct arena *arena, const struct message *message, struct event *event, struct text *why);

/* ---- secret ballots (door_count.c) ---- */
/* The choice of a ballot for a secret vote is checked and sealed to the key of that vote. ERR_OK (also where the vote is not secret); ERR_BAD_DATA, ERR_NOT_NOW
 * with `*why`; ERR_BUSY; store errors. */
enum err door_seal_ballot(struct door *door, struct arena *arena, const struct workflow *workflow, const struct case_state *state, struct event *event,
                          struct text *why);
/* Between batches: the event for the next secret vote to which something is owed, behind `after` (size 0: the first), to be decided in the next batch: its
 * ballots are opened and counted; or its key is destroyed, on disk when this returns. ERR_NOT_FOUND: no more; store errors. */
enum err door_count(struct door *door, struct arena *arena, struct record_key *after, struct event *event);

/* ---- fields (door_field.c) ---- */
/* What an event brings, and what decides to whom it belongs (door_owner.h). */
struct door_brought {
    struct text case_key;
    struct text event_id;
    struct text sender;             /* empty: it cannot have been here before */
    struct text as, on_behalf;
    const struct case_state *state; /* of the case; of a split: of the one that is split; NULL: it is not here */
    const struct field_value *given;
    uint32_t count;
};
/* Checks private fields and seals them under the keys of the case and of whom they belong to, and the details of people under those of the case and of each. What came
 * before is taken over as it was sealed then, where it is the same, or can be opened no more and so be compared no more: so the repeated event has the bytes
 * of the first, whatever became of the keys. `*data` is sorted by name. ERR_OK; ERR_BAD_DATA with `*why`; ERR_BUSY; store errors. */
enum err door_seal_fields(struct door *door, struct arena *arena, const struct workflow *workflow, const struct door_brought *brought,
                          const struct field_value **data, struct text *why);
/* All fields as one, under the keys of the case, of the sender and of everybody of whom it holds details; and back. */
enum err door_seal_whole(struct door *door, struct arena *arena, const struct door_brought *brought, struct text *sealed, struct text *why);
enum err door_open_whole(struct door *door, struct arena *arena, struct text sealed, const struct field_value **data, uint32_t *count);

#endif
