/* desk: where the people of the mediation centre are served: `mediation_centre list, show, accept, return, conclude, send` ask here.
 *
 * The serving process owns the docket (a store has one owner), so the commands talk to it, over a socket in its folder that only the owner
 * may open. They speak PROTOCOL.md: list, show and send, with the answers that the engine would give. What is different here:
 *
 *   list    `what`: `cases`, those not done (default), or `all`. Rows are cases, each with a member `docket`
 *   show    the case with `docket`, then its history; it is read anew from the engine first, when that answers soon
 *   send    `claim` is the docket's own event: a person takes the case on. Any other is kept as an intent, and answered as soon as the
 *           engine has answered it. `parked` after a few seconds without: it is on the docket's disk and goes to the engine when that is back */
#ifndef STAIRCASE_DESK_H
#define STAIRCASE_DESK_H

#include "workers/docket.h"

struct desk;

struct desk_options {
    const char *address; /* ipc://PATH */
    const char *person;  /* who acts where an order does not say */
    struct docket *docket;
};

/* What a turn brought about. */
struct desk_turn {
    bool heard;   /* something came */
    bool ordered; /* there is a new intent */
    bool wanted;  /* a history is to be read */
};

/* As link_open. */
enum err desk_open(struct desk **desk, const struct desk_options *options, struct arena *arena, struct text *why);
void desk_close(struct desk **desk);
int desk_descriptor(const struct desk *desk);
/* How long poll may wait at most, `now` in monotonic milliseconds; -1: as long as nothing comes. */
int desk_wake_ms(const struct desk *desk, int64_t now);

/* Serves what has come, and whom it has let wait long enough. `wall` and `now`: milliseconds, of the world and monotonic. ERR_OK or an
 * error of the docket. */
enum err desk_serve(struct desk *desk, int64_t wall, int64_t now, struct desk_turn *turn);
/* The engine has answered the event of that id. */
void desk_answered(struct desk *desk, struct text id, const struct message *answer);
/* The history of that case is read. ERR_OK or an error of the docket. */
enum err desk_read(struct desk *desk, uint64_t case_id);

#endif
