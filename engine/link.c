/* link: see link.h. With link_zap.c the only file of the engine that knows ZeroMQ; the rules in it are those of pitfalls 1 to 8. Which connections are broken
 * is link_break.c's. */
#include "engine/link_inner.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

enum {
    ROUTING_ID_SIZE = 5, /* of the ids that libzmq makes: a zero byte and a number */
    LEAVE_MS = 500,      /* what was sent has so long to leave when the link is closed */
    CARRIES = 48, /* bytes around a frame at most: of ZMTP and of CURVE */
    ZERO_COPY_RECEIVE = 10, /* ZMQ_ZERO_COPY_RECV, which zmq.h names for drafts only: with it each small message that waits keeps 8 KB */
};

/* ---- addresses ---- */

static bool is_host(struct text host)
{
    char name[64];
    struct in_addr four;
    struct in6_addr six;
    if (host.size == 0 || host.size >= sizeof name)
        return false;
    memcpy(name, host.data, host.size);
    name[host.size] = '\0';
    if (strcmp(name, "*") == 0 || inet_pton(AF_INET, name, &four) == 1)
        return true;
    if (name[0] != '[' || name[host.size - 1] != ']')
        return false;
    name[host.size - 1] = '\0';
    return inet_pton(AF_INET6, name + 1, &six) == 1;
}

static enum err check_tcp(const char *rest, const char *address, struct arena *arena, struct text *why)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest || colon[1] == '\0') {
        *why = arena_print(arena, "%s has no port: write tcp://127.0.0.1:PORT.", address);
        return ERR_BAD_CONFIG;
    }
    if (!is_host((struct text){.data = rest, .size = (size_t)(colon - rest)})) {
        *why = arena_print(arena, "%s does not say where to listen: write tcp://127.0.0.1:PORT for this machine, the number of one of its addresses, or tcp://*:PORT for all of them.",
                           address);
        return ERR_BAD_CONFIG;
    }
    return ERR_OK;
}

static bool is_tcp(const char *address)
{
    return strncmp(address, "tcp://", 6) == 0;
}

enum err link_check_address(const char *address, struct arena *arena, struct text *why)
{
    size_t path_most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
    if (is_tcp(address) && strlen(address) < ADDRESS_MOST)
        return check_tcp(address + 6, address, arena, why);
    if (strncmp(address, "ipc://", 6) != 0 || address[6] == '\0') {
        *why = arena_print(arena, "%s is not an address: write ipc://PATH or tcp://127.0.0.1:PORT.", address);
        return ERR_BAD_CONFIG;
    }
    if (strlen(address + 6) > path_most) {
        *why = arena_print(arena, "The path of the socket %s has %zu bytes; the name of a socket may have %zu: use a data folder with a shorter path.",
                           address + 6, strlen(address + 6), path_most);
        return ERR_BAD_CONFIG;
    }
    return ERR_OK;
}

/* ---- opening ---- */

static bool set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* Every socket is made here, so that none lacks an option. */
static bool set_options(void *socket, const char *address)
{
    int64_t message_most = WIRE_MESSAGE_MOST;
    return set(socket, ZMQ_LINGER, 0) &&                     /* first of all: closing must never hang */
           set(socket, ZMQ_ROUTER_MANDATORY, 1) &&           /* a peer that is gone is an error, not silence */
           set(socket, ZMQ_RCVHWM, LIMIT_LINK_RECEIVE) && set(socket, ZMQ_SNDHWM, LIMIT_LINK_SEND) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_most, sizeof message_most) == 0 &&
           set(socket, ZMQ_HEARTBEAT_IVL, 2000) && set(socket, ZMQ_HEARTBEAT_TIMEOUT, 6000) && set(socket, ZMQ_HEARTBEAT_TTL, 10000) &&
           set(socket, ZMQ_HANDSHAKE_IVL, 2000) && set(socket, ZMQ_BACKLOG, 1024) && set(socket, ZMQ_IPV6, strchr(address, '[') != NULL);
}

/* Before it is bound: from the first connection on nobody is let in without a key. */
static bool set_curve(const struct link *link, void *socket)
{
    static const char domain[] = "staircase";
    return set(socket, ZMQ_CURVE_SERVER, 1) && zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, link->secret, SECRET_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) == 0;
}

static enum err open_keys(struct link *link, const struct link_keys *keys)
{
    memcpy(link->secret, keys->secret, SECRET_SIZE);
    link->spoken = calloc(LIMIT_DESCRIPTORS, sizeof *link->spoken);
    return link->spoken ? zap_open(&link->zap, link->context, keys) : ERR_NO_MEMORY;
}

static enum err bind_endpoint(struct link *link, const struct link_endpoint *wanted, struct arena *arena, struct text *why)
{
    struct endpoint *endpoint = &link->endpoints[link->count];
    endpoint->socket = zmq_socket(link->context, ZMQ_ROUTER);
    if (!endpoint->socket)
        return ERR_NO_MEMORY;
    link->count++;
    endpoint->side = wanted->side;
    endpoint->principal = text_of(wanted->principal);
    endpoint->tcp = is_tcp(wanted->address);
    if (!set_options(endpoint->socket, wanted->address) || (endpoint->tcp && !set_curve(link, endpoint->socket)))
        return ERR_IO;
    if (zmq_bind(endpoint->socket, wanted->address) != 0) {
        int error = errno;
        *why = arena_print(arena, "%s cannot be bound: %s.", wanted->address, zmq_strerror(error));
        return error == EADDRINUSE ? ERR_LOCKED : error == EACCES || error == ENOENT || error == EADDRNOTAVAIL ? ERR_BAD_CONFIG : ERR_IO;
    }
    size_t size = sizeof endpoint->address, descriptor_size = sizeof endpoint->descriptor;
    if (zmq_getsockopt(endpoint->socket, ZMQ_LAST_ENDPOINT, endpoint->address, &size) != 0 ||
        zmq_getsockopt(endpoint->socket, ZMQ_FD, &endpoint->descriptor, &descriptor_size) != 0)
        return ERR_IO;
    return ERR_OK;
}

static enum err check_addresses(const struct link_options *options, struct arena *arena, struct text *why)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < options->count; i++) {
        const char *address = options->endpoints[i].address;
        code = link_check_address(address, arena, why);
        if (!code && is_tcp(address) && !options->keys) {
            *why = arena_print(arena, "%s would be open to anyone who reaches it: TCP is bound with keys only.", address);
            code = ERR_BAD_CONFIG;
        }
    }
    return code;
}

enum err link_open(struct link **out, const struct link_options *options, struct arena *arena, struct text *why)
{
    assert(options->count >= 1 && options->count <= LIMIT_ENDPOINTS);
    *why = (struct text){0};
    enum err code = check_addresses(options, arena, why);
    if (code)
        return code;
    struct link *link = calloc(1, sizeof *link);
    char *stranger = malloc(options->stranger.size + 1);
    if (!link || !stranger) {
        free(link);
        free(stranger);
        return ERR_NO_MEMORY;
    }
    if (options->stranger.size)
        memcpy(stranger, options->stranger.data, options->stranger.size);
    link->stranger = stranger;
    link->stranger_size = options->stranger.size;
    link->context = zmq_ctx_new();
    code = link->context ? ERR_OK : ERR_NO_MEMORY;
    if (!code) /* a library without it works as well, but needs more memory under load */
        zmq_ctx_set(link->context, ZERO_COPY_RECEIVE, 0);
    if (!code && options->keys)
        code = open_keys(link, options->keys); /* first: a socket of CURVE without a handler lets every key in (pitfall 4) */
    for (uint32_t i = 0; !code && i < options->count; i++)
        code = bind_endpoint(link, &options->endpoints[i], arena, why);
    if (code)
        link_close(&link);
    else
        *out = link;
    return code;
}

void link_close(struct link **link)
{
    if (!*link)
        return;
    for (uint32_t i = 0; i < (*link)->count; i++) {
        set((*link)->endpoints[i].socket, ZMQ_LINGER, LEAVE_MS);
        zmq_close((*link)->endpoints[i].socket);
    }
    zap_close(&(*link)->zap); /* last: until then each socket has its handler */
    if ((*link)->context)
        zmq_ctx_term((*link)->context);
    for (uint32_t i = 0; i < (*link)->count; i++)
        if (strncmp((*link)->endpoints[i].address, "ipc://", 6) == 0)
            unlink((*link)->endpoints[i].address + 6); /* the library leaves the file behind */
    explicit_bzero((*link)->secret, sizeof (*link)->secret);
    free((*link)->spoken);
    free((*link)->stranger);
    free(*link);
    *link = NULL;
}

/* ---- connections ---- */

static link_peer peer_of(uint32_t endpoint, const uint8_t id[ROUTING_ID_SIZE])
{
    uint32_t number;
    memcpy(&number, id + 1, sizeof number);
    return (uint64_t)(endpoint + 1) << 32 | number;
}

static uint32_t endpoint_of(const struct link *link, link_peer peer)
{
    uint32_t endpoint = (uint32_t)(peer >> 32) - 1;
    assert(endpoint < link->count);
    return endpoint;
}

static void put_id(uint8_t id[ROUTING_ID_SIZE], link_peer peer)
{
    uint32_t number = (uint32_t)peer;
    id[0] = 0;
    memcpy(id + 1, &number, sizeof number);
}

/* ---- receiving ---- */

static bool readable(void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

bool link_pending(struct link *link)
{
    for (uint32_t i = 0; i < link->count; i++)
        if (readable(link->endpoints[i].socket))
            return true;
    return link->zap.socket && readable(link->zap.socket);
}

bool link_wait(struct link *link, uint32_t most_us)
{
    struct pollfd polls[LIMIT_ENDPOINTS + 1];
    uint32_t count = link_descriptor_count(link);
    if (link_pending(link))
        return true;
    for (uint32_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = link_descriptor(link, i), .events = POLLIN};
    const struct timespec most = {.tv_nsec = (long)most_us * 1000};
    ppoll(polls, count, &most, NULL); /* an error or a signal is like nothing having come */
    return link_pending(link);
}

/* Reads on to the end of a message of too many frames, and says how many bytes have come with it. They have all come already: ZeroMQ hands over a message
 * whole. */
static uint64_t skip_frames(void *socket, zmq_msg_t *frame)
{
    uint64_t bytes = zmq_msg_size(frame) + CARRIES;
    while (zmq_msg_more(frame)) {
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0)
            break;
        bytes += zmq_msg_size(frame) + CARRIES;
    }
    return bytes;
}

/* Before its id is sent, so that there is memory for both. */
static bool message_of(zmq_msg_t *message, struct text bytes)
{
    if (zmq_msg_init_size(message, bytes.size) != 0)
        return false;
    memcpy(zmq_msg_data(message), bytes.data, bytes.size);
    return true;
}

/* Behind an id that was taken. When it cannot be sent, an empty frame ends the message: otherwise what is sent next, to another, would be taken for
 * the rest of it. */
static enum err send_last(void *socket, zmq_msg_t *message)
{
    if (zmq_msg_send(message, socket, ZMQ_DONTWAIT) >= 0)
        return ERR_OK;
    zmq_msg_close(message);
    zmq_send(socket, "", 0, ZMQ_DONTWAIT);
    return ERR_IO;
}

/* Whoever chose its routing id may have chosen another's: it is told so and not heard. */
static void answer_stranger(const struct link *link, void *socket, zmq_msg_t *id)
{
    zmq_msg_t body;
    if (!link->stranger_size || !message_of(&body, (struct text){.data = link->stranger, .size = link->stranger_size}))
        return;
    if (zmq_msg_send(id, socket, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        send_last(socket, &body);
    else
        zmq_msg_close(&body);
}

/* Who speaks, by the frame's connection. False: nobody who may (any more), and nothing is said to that. */
static bool speaker(struct link *link, const struct endpoint *endpoint, zmq_msg_t *frame, int descriptor, struct link_message *out)
{
    if (!endpoint->tcp) {
        out->principal = endpoint->principal;
        return true;
    }
    const char *user = zmq_msg_gets(frame, "User-Id"); /* what was answered to its request: the key, proved */
    struct text key = text_of(user);
    out->who = user && key.size == KEY_DIGITS ? link->zap.keys.who(link->zap.keys.context, key, &out->principal) : NULL;
    if (!out->who)
        link->zap.keys.turned_away(link->zap.keys.context, key, (struct text){0});
    else if (descriptor >= 0 && descriptor < LIMIT_DESCRIPTORS)
        memcpy(link->spoken[descriptor].key, user, KEY_DIGITS);
    return out->who != NULL;
}

enum received { RECEIVED_NOTHING, RECEIVED_MESSAGE, RECEIVED_STRANGER };

static enum received receive(struct link *link, uint32_t number, struct arena *arena, struct link_message *out)
{
    const struct endpoint *endpoint = &link->endpoints[number];
    zmq_msg_t id, frame;
    zmq_msg_init(&id);
    zmq_msg_init(&frame);
    enum received received = RECEIVED_NOTHING;
    if (zmq_msg_recv(&id, endpoint->socket, ZMQ_DONTWAIT) < 0 || zmq_msg_recv(&frame, endpoint->socket, ZMQ_DONTWAIT) < 0)
        goto out;
    const uint8_t *bytes = zmq_msg_data(&id);
    int descriptor = zmq_msg_get(&frame, ZMQ_SRCFD);
    *out = (struct link_message){.side = endpoint->side};
    if (!speaker(link, endpoint, &frame, descriptor, out)) {
        skip_frames(endpoint->socket, &frame);
        received = RECEIVED_STRANGER;
        goto out;
    }
    if (zmq_msg_size(&id) != ROUTING_ID_SIZE || bytes[0] != 0) {
        skip_frames(endpoint->socket, &frame);
        answer_stranger(link, endpoint->socket, &id);
        link->strangers++;
        received = RECEIVED_STRANGER;
        goto out;
    }
    out->peer = peer_of(number, bytes);
    link_note_heard(link, out->peer, descriptor);
    out->bytes = arena_copy(arena, (struct text){.data = zmq_msg_data(&frame), .size = zmq_msg_size(&frame)});
    out->code = zmq_msg_more(&frame) ? ERR_MALFORMED : ERR_OK;
    link_note_spoken(link, descriptor, out->peer, skip_frames(endpoint->socket, &frame));
    received = RECEIVED_MESSAGE;
out:
    zmq_msg_close(&id);
    zmq_msg_close(&frame);
    return received;
}

uint32_t link_drain(struct link *link, struct arena *arena, struct link_message *messages, uint32_t most, size_t bytes)
{
    uint32_t count = 0, strangers = 0, empty = 0;
    size_t size = 0;
    zap_answer(&link->zap);
    /* One from each in turn, until none has anything: a flood on one socket does not keep the other waiting. */
    while (count + strangers < most && size < bytes && empty < link->count) {
        enum received received = receive(link, link->turn, arena, &messages[count]);
        link->turn = (link->turn + 1) % link->count;
        empty = received == RECEIVED_NOTHING ? empty + 1 : 0;
        strangers += received == RECEIVED_STRANGER;
        if (received == RECEIVED_MESSAGE)
            size += messages[count++].bytes.size;
    }
    return count;
}

uint64_t link_strangers(const struct link *link)
{
    return link->strangers;
}

bool link_is_tcp(const struct link *link, link_peer peer)
{
    return link->endpoints[endpoint_of(link, peer)].tcp;
}

/* ---- sending ---- */

enum err link_send(struct link *link, link_peer peer, struct text bytes)
{
    void *socket = link->endpoints[endpoint_of(link, peer)].socket;
    uint8_t id[ROUTING_ID_SIZE];
    zmq_msg_t body;
    if (!message_of(&body, bytes))
        return ERR_NO_MEMORY;
    put_id(id, peer);
    /* When the id is not taken, nothing may follow it. */
    if (zmq_send(socket, id, sizeof id, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        enum err code = errno == EHOSTUNREACH ? ERR_NOT_FOUND : errno == EAGAIN ? ERR_BUSY : ERR_IO;
        zmq_msg_close(&body);
        return code;
    }
    return send_last(socket, &body);
}

uint32_t link_descriptor_count(const struct link *link)
{
    return link->count + (link->zap.socket != NULL);
}

int link_descriptor(struct link *link, uint32_t number)
{
    assert(number < link_descriptor_count(link));
    return number < link->count ? link->endpoints[number].descriptor : link->zap.descriptor;
}

const char *link_address(const struct link *link, uint32_t endpoint)
{
    assert(endpoint < link->count);
    return link->endpoints[endpoint].address;
}

int link_option(struct link *link, uint32_t endpoint, int option)
{
    int value = 0;
    int64_t wide = 0;
    size_t size = sizeof value, wide_size = sizeof wide;
    assert(endpoint < link->count);
    if (option == ZMQ_MAXMSGSIZE)
        return zmq_getsockopt(link->endpoints[endpoint].socket, option, &wide, &wide_size) == 0 ? (int)wide : -1;
    return zmq_getsockopt(link->endpoints[endpoint].socket, option, &value, &size) == 0 ? value : -1;
}
