/* connection: one DEALER socket of a client to one engine, its options (shared rules: PROTOCOL.md section 2) and
 * whether it still stands. client.c and workers/worker.c use it. One thread.
 *
 * A connection that broke is not mended but thrown away, with all that waited in its queues, and made anew: the owner
 * knows what has no answer, and sends exactly that again. */
#ifndef STAIRCASE_CONNECTION_H
#define STAIRCASE_CONNECTION_H

#include "proto/err.h"
#include "proto/key.h"
#include "proto/text.h"

struct connection;

/* `queue`: messages that may wait on either side. `key`: for TCP; copied; NULL for ipc. ERR_OK; ERR_USAGE: not an endpoint, or TCP
 * without a key; ERR_NO_MEMORY. */
enum err connection_open(struct connection **connection, const char *endpoint, const struct key_ring *key, uint32_t queue);
void connection_close(struct connection **connection);
/* Throws away what waits and connects again. ERR_OK, ERR_NO_MEMORY. */
enum err connection_renew(struct connection *connection);

/* ERR_OK; ERR_BUSY: the queue is full. */
enum err connection_send(struct connection *connection, struct text bytes);
/* The next message; its bytes live until the next receive or renewal. ERR_OK; ERR_TIMED_OUT: there is none;
 * ERR_MALFORMED: it had several frames and was dropped. */
enum err connection_receive(struct connection *connection, struct text *bytes);
/* Has a connection that stood been lost since it was opened or renewed? */
bool connection_lost(struct connection *connection);
/* Has the engine said since this was asked last that it does not know the key (any more)? The connection goes on trying. */
bool connection_denied(struct connection *connection);
/* Until something may be there to receive or to notice; at most so long, for ever when negative. False: a signal came.
 */
bool connection_wait(struct connection *connection, long wait_ms);

int connection_descriptor(struct connection *connection);

#endif
