/* link: all ZeroMQ of the engine. Sockets in, messages out, and nothing else: it does not know what a message says.
 *
 * One ROUTER per endpoint. A message is one frame behind the connection's routing id, which the library makes; anything else is handed up
 * as what it is, so that it can be refused. Who speaks over a file's socket is the endpoint's principal (`local`). TCP is CURVE, always: who speaks is
 * whose key it is, asked once when a connection is made (ZAP, answered here before anything is bound) and again for each message, so that
 * a key that was revoked is heard no more.
 *
 * Nothing here waits, but for link_wait. A peer that does not take its answers loses them when its queue is full, and asks again (pitfall 2); one that
 * is gone is told apart. After every call of link_drain or link_send the descriptor may not become readable although something has
 * come (pitfall 1): ask link_pending before the loop sleeps. */
#ifndef STAIRCASE_LINK_H
#define STAIRCASE_LINK_H

#include "engine/arena.h"
#include "proto/err.h"

struct link;

enum link_side { LINK_CLIENTS, LINK_WORKERS };

struct link_endpoint {
    enum link_side side;
    const char *address;   /* ipc://PATH, tcp://ADDRESS:PORT or tcp://[ADDRESS]:PORT (ADDRESS `*`: all; PORT `*`: any free one) */
    const char *principal; /* of ipc */
};

/* Who may connect by TCP. A key is 64 hexadecimal digits. */
struct link_keys {
    const uint8_t *secret; /* 32 bytes: this end's; copied */
    /* Whose key it is, and the name; NULL: nobody's any more. The name lives until the answer changes. */
    const void *(*who)(void *context, struct text key, struct text *name);
    /* A connection was not let in, or something came over one whose key is nobody's any more. `from`: its address, or empty. */
    void (*turned_away)(void *context, struct text key, struct text from);
    void *context;
};

/* A connection: which endpoint, and the id that the library gave it. Never 0, never used again. */
typedef uint64_t link_peer;

struct link_message {
    link_peer peer;
    enum link_side side;
    struct text principal; /* lives as long as the link; of TCP as long as link_keys.who says */
    const void *who;       /* what link_keys.who said; NULL: ipc */
    struct text bytes;     /* in the arena */
    enum err code;         /* ERR_OK, or why it cannot be a message: ERR_MALFORMED (several frames) */
};

struct link_options {
    const struct link_endpoint *endpoints; /* at most LIMIT_ENDPOINTS */
    uint32_t count;
    struct text stranger; /* sent to whoever chose its routing id itself: such a peer is not heard */
    const struct link_keys *keys; /* NULL: no TCP */
};

/* Whether it can be an address, before anything is bound or written: ERR_OK or ERR_BAD_CONFIG. */
enum err link_check_address(const char *address, struct arena *arena, struct text *why);
/* Checks, then binds. `*why` says in a sentence what is wrong: ERR_BAD_CONFIG: an address that is none, is too long for a socket's name, or is
 * TCP without keys; ERR_LOCKED: in use; ERR_IO. It is in the arena. */
enum err link_open(struct link **link, const struct link_options *options, struct arena *arena, struct text *why);
/* What was sent has half a second to leave. */
void link_close(struct link **link);

/* Something can be received. */
bool link_pending(struct link *link);
/* The same, but for at most so many microseconds (below a second) it waits for it: the only call that waits. */
bool link_wait(struct link *link, uint32_t most_us);
/* Receives what is there, taking the endpoints in turn: at most `most` messages or `bytes` bytes. Returns how many. */
uint32_t link_drain(struct link *link, struct arena *arena, struct link_message *messages, uint32_t most, size_t bytes);
/* How many messages of peers that chose their routing id themselves have been refused so far. */
uint64_t link_strangers(const struct link *link);
/* ERR_OK; ERR_NOT_FOUND: the connection is gone; ERR_BUSY: it has too much that it has not taken; ERR_NO_MEMORY; ERR_IO. Copies. */
enum err link_send(struct link *link, link_peer peer, struct text bytes);

/* Whether it came by TCP, with a key. */
bool link_is_tcp(const struct link *link, link_peer peer);

/* Whether the connection reads what is sent to it. false: much lies in the system's queue, and what is sent now stays in our memory. */
bool link_takes(struct link *link, link_peer peer);

/* Breaks the connections that do not read, and says how many. */
uint32_t link_break_unread(struct link *link);

/* Breaks the TCP connections that have sent LIMIT_LINK_UNSPOKEN bytes or more that were no message, and says how many: a message without an end. (Over a file's
 * socket the system does not count.) */
uint32_t link_break_unspoken(struct link *link);

/* Breaks every connection, and says how many: what has come of a message that is not whole is forgotten. */
uint32_t link_break(struct link *link);

/* Breaks each TCP connection over which nobody has spoken whose key stays: what was on its way to them is lost. Says how many. */
uint32_t link_break_others(struct link *link, bool (*stays)(void *context, struct text key), void *context);

/* For the loop's poll: readable means: look at link_pending. One per endpoint, then that of ZAP where there are keys. */
uint32_t link_descriptor_count(const struct link *link);
int link_descriptor(struct link *link, uint32_t number);
/* The address that was bound, with its port. */
const char *link_address(const struct link *link, uint32_t endpoint);
/* An option of ZeroMQ as it is set, for the test that reads them back. */
int link_option(struct link *link, uint32_t endpoint, int option);

#endif
