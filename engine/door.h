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
    /* of the configuration, put into every failure: the core reads no configuration */
    uint32_t attempts_most, retry_base_ms, retry_most_ms;
};

/* Who brings a message, as the link and the outbox know it; never from the message itself. */
struct door_origin {
    struct text principal;
    struct text worker;  /* empty: a client */
    struct text topic;   /* of a report: where the outbox keeps what is reported on */
    int64_t ready_at;
    uint32_t attempt;
};

/* Within a batch. `message` is an open, send, release, retry, accept, settle or fail; event and texts live as long as message and arena.
 * ERR_OK; what the sender is to be refused with, `*why` in the arena; ERR_IO, ERR_CORRUPT and the like: the store could not be read, give
 * the batch up. */
enum err door_event(struct door *door, struct arena *arena, const struct message *message, const struct door_origin *origin, struct event *event,
                    struct text *why);

/* A task whose worker said nothing any more: the failure that follows. */
void door_lapse(struct door *door, const struct door_origin *origin, uint64_t task, struct event *event);

/* ---- parked events ---- */
/* Within a batch: the next event that waits for this case key, after position *after (0: the first), opened and ready to be decided: an EVENT_SEND
 * with `parked`, or, where it can never be decided (its key is destroyed, its data are not as the workflow says), the EVENT_UNPARK that refuses it, with
 * code and why. `*after` moves on. ERR_OK; ERR_NOT_FOUND: no more; store errors. */
enum err door_unpark(struct door *door, struct arena *arena, struct text case_key, uint64_t *after, struct event *event);
/* The event that follows when a parked one was decided and refused. */
void door_refused(const struct event *event, const struct message *answer, struct event *unpark);

#endif
