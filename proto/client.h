/* client: the C client. One connection to one engine; blocking or polled; one thread.
 *
 * It keeps every event that was submitted and has no final answer yet, and sends it again with the same event id when
 * the connection was lost, when the engine said busy, or when no answer came within the retry time: this is what makes
 * "once only" hold from end to end. The answer of a repeat (duplicate) is the first answer.
 *
 *     client_connect ─ client_submit* ─> outstanding ─(applied, duplicate, refused)─> client_next gives it; forgotten
 *                                           │  ^ (busy: after its time; lost; timeout: sent again)
 *                                           └──┘ (parked: given once as provisional, stays outstanding)
 *
 * A question that is asked again starts anew; when some of its results were given already it is given up instead
 * (ERR_TIMED_OUT). A watch stays outstanding until client_forget: the client gives credit anew as its news are taken
 * and goes on behind the last one after a break, so news come once each, in order.
 *
 * The happy path of a program: connect; submit up to `in_flight_most` events; client_next until all are answered. */
#ifndef STAIRCASE_CLIENT_H
#define STAIRCASE_CLIENT_H

#include "engine/arena.h"
#include "proto/message.h"

struct client;
struct key_ring;

struct client_options {
    const char *endpoint;    /* ipc:///path/engine.sock or tcp://HOST:PORT */
    const struct key_ring *key; /* for TCP (key.h); copied; NULL for ipc */
    const char *name;        /* who speaks, for the engine's log */
    uint32_t in_flight_most; /* events without a final answer; 0 means 1024; at most 1,048,576 */
    uint32_t retry_ms;       /* send again when no answer came in this time; 0 means 5000 */
    uint32_t give_up_ms;     /* 0: never; otherwise ERR_TIMED_OUT for an event that old (watches and parked events are
                                not given up), ERR_NO_ENGINE before any contact */
};

/* Does not wait for the engine. ERR_OK; ERR_USAGE: not an endpoint, or too many in flight; ERR_NO_MEMORY. */
enum err client_connect(struct client **client, const struct client_options *options);
/* Forgets what is outstanding (their event ids may be sent again by another client). */
void client_disconnect(struct client **client);

/* Queues an event (open, send, release, retry, deploy part), a question or a watch, under a new request number, which is
 * returned in `*request` (may be NULL). An event without `id` (and an opening without `key`) is given a new UUIDv7,
 * readable in client_id_of until answered. Copies everything. ERR_OK; ERR_BUSY: in_flight_most are outstanding, take answers first;
 * ERR_TOO_LARGE; ERR_NO_MEMORY. */
enum err client_submit(struct client *client, const struct message *message, uint64_t *request);

/* The next answer, waiting up to wait_ms (0: do not wait; negative: for ever). The message lives in the client until
 * the next call. ERR_OK; ERR_TIMED_OUT when nothing came, or a signal did (`answer->request` is 0), or the oldest event
 * was given up (it names it; `code` and `why` are those of the last busy, if the engine said so); ERR_DENIED: the engine does not know the key, or
 * no longer (nothing is forgotten: it may come to know it); ERR_NO_ENGINE; ERR_MALFORMED: an
 * answer could not be read (`request` names what it was for, if that could; it is forgotten); ERR_VERSION: the engine
 * speaks another one. */
enum err client_next(struct client *client, int wait_ms, struct message *answer);

/* Submits and waits for the final answer (a parked one counts as an answer). For questions with several result messages
 * it returns the first: call client_next while `answer->more`. Answers of others that come meanwhile are dropped, so
 * who pipelines uses client_next alone. ERR_TIMED_OUT, ERR_NO_ENGINE and the others as client_submit and client_next.
 */
enum err client_ask(struct client *client, const struct message *message, struct message *answer);

/* Ends a watch, or gives up waiting for an answer. */
void client_forget(struct client *client, uint64_t request);

uint32_t client_outstanding(const struct client *client);
/* Event id of an outstanding request, 16 bytes; NULL when it is not outstanding. */
const uint8_t *client_id_of(const struct client *client, uint64_t request);

/* File descriptor for poll: readable means: call client_next(…, 0) until ERR_TIMED_OUT (it is edge-triggered). It
 * changes when a connection is made anew, and what is to be sent again is sent by client_next: ask for it before each
 * poll, and poll for a second at most. */
int client_descriptor(struct client *client);

/* A new UUIDv7 from the wall clock and the system's random source. */
void client_new_id(uint8_t id[ID_SIZE]);

/* Hands a deployment over in parts and waits for the answer to the last. `name` is the file's. Otherwise as client_ask.
 */
enum err client_deploy(struct client *client, const char *what, const char *name, struct text source, const char *as,
                       struct message *answer);

#endif
