/* connection: see connection.h. The one file of the client that knows ZeroMQ. */
#include "proto/connection.h"

#include "proto/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

struct connection {
    void *context, *socket;
    void *monitor; /* tells when the socket's connection is lost */
    char *endpoint;
    bool keyed;
    struct key_ring key;
    bool lost, denied; /* what the monitor has told and nobody has asked for */
    uint32_t queue;
    uint32_t renewals; /* makes the monitor's name unique */
    zmq_msg_t message; /* the last one received */
};

static void option_set(void *socket, int option, int value)
{
    int failed = zmq_setsockopt(socket, option, &value, sizeof value);
    assert(!failed); /* only a wrong option or value can fail here */
}

/* LINGER first: without it a socket that fails further on would hang the end of the program (pitfall 8). */
static void *socket_create(void *context, int type, uint32_t queue)
{
    void *socket = zmq_socket(context, type);
    if (!socket)
        return NULL;
    option_set(socket, ZMQ_LINGER, 0);
    option_set(socket, ZMQ_SNDHWM, (int)queue);
    option_set(socket, ZMQ_RCVHWM, (int)queue);
    if (type != ZMQ_DEALER)
        return socket;
    int64_t most = WIRE_MESSAGE_MOST;
    int failed = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    assert(!failed);
    option_set(socket, ZMQ_HEARTBEAT_IVL, 2000);
    option_set(socket, ZMQ_HEARTBEAT_TIMEOUT, 6000);
    option_set(socket, ZMQ_HEARTBEAT_TTL, 10000);
    option_set(socket, ZMQ_HANDSHAKE_IVL, 2000);
    option_set(socket, ZMQ_RECONNECT_IVL, 50);
    option_set(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
    return socket;
}

static void *monitor_create(struct connection *connection)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://connection-%u", connection->renewals++);
    if (zmq_socket_monitor(connection->socket, name, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0)
        return NULL;
    void *monitor = socket_create(connection->context, ZMQ_PAIR, 16);
    if (monitor && zmq_connect(monitor, name) != 0) {
        zmq_close(monitor);
        monitor = NULL;
    }
    return monitor;
}

static void sockets_close(struct connection *connection)
{
    if (connection->monitor) {
        zmq_socket_monitor(connection->socket, NULL, 0);
        zmq_close(connection->monitor);
    }
    if (connection->socket)
        zmq_close(connection->socket);
    connection->monitor = connection->socket = NULL;
}

static bool key_use(void *socket, const struct key_ring *key)
{
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, key->server_key, KEY_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key->public_key, KEY_SIZE) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key->secret_key, KEY_SIZE) == 0;
}

static enum err sockets_open(struct connection *connection)
{
    connection->lost = connection->denied = false;
    connection->socket = socket_create(connection->context, ZMQ_DEALER, connection->queue);
    if (!connection->socket)
        return ERR_NO_MEMORY;
    if (connection->keyed && !key_use(connection->socket, &connection->key))
        return ERR_USAGE;
    connection->monitor = monitor_create(connection);
    if (!connection->monitor)
        return ERR_NO_MEMORY;
    if (zmq_connect(connection->socket, connection->endpoint) == 0)
        return ERR_OK;
    return errno == EMTHREAD || errno == EMFILE ? ERR_NO_MEMORY : ERR_USAGE;
}

enum err connection_open(struct connection **out, const char *endpoint, const struct key_ring *key, uint32_t queue)
{
    *out = NULL;
    if (!key && strncmp(endpoint, "tcp://", 6) == 0)
        return ERR_USAGE;
    struct connection *connection = calloc(1, sizeof *connection);
    *out = connection;
    if (!connection)
        return ERR_NO_MEMORY;
    zmq_msg_init(&connection->message);
    connection->queue = queue;
    connection->keyed = key != NULL;
    if (key)
        connection->key = *key;
    connection->endpoint = strdup(endpoint);
    connection->context = zmq_ctx_new();
    enum err code = connection->endpoint && connection->context ? sockets_open(connection) : ERR_NO_MEMORY;
    if (code)
        connection_close(out);
    return code;
}

void connection_close(struct connection **out)
{
    struct connection *connection = *out;
    *out = NULL;
    if (!connection)
        return;
    sockets_close(connection);
    zmq_msg_close(&connection->message);
    if (connection->context)
        zmq_ctx_term(connection->context);
    free(connection->endpoint);
    explicit_bzero(&connection->key, sizeof connection->key);
    free(connection);
}

enum err connection_renew(struct connection *connection)
{
    sockets_close(connection);
    return sockets_open(connection);
}

enum err connection_send(struct connection *connection, struct text bytes)
{
    if (!connection->socket)
        return ERR_BUSY; /* a renewal failed; the next one may not */
    for (;;) {
        if (zmq_send(connection->socket, bytes.data, bytes.size, ZMQ_DONTWAIT) >= 0)
            return ERR_OK;
        if (errno != EINTR)
            return ERR_BUSY;
    }
}

/* Takes the rest of a message that has more than one frame. */
static bool frames_drain(struct connection *connection)
{
    bool several = false;
    while (zmq_msg_more(&connection->message)) {
        several = true;
        if (zmq_msg_recv(&connection->message, connection->socket, ZMQ_DONTWAIT) < 0 && errno != EINTR)
            break;
    }
    return several;
}

enum err connection_receive(struct connection *connection, struct text *bytes)
{
    if (!connection->socket)
        return ERR_TIMED_OUT;
    while (zmq_msg_recv(&connection->message, connection->socket, ZMQ_DONTWAIT) < 0)
        if (errno != EINTR)
            return ERR_TIMED_OUT;
    if (frames_drain(connection))
        return ERR_MALFORMED;
    *bytes = (struct text){.data = zmq_msg_data(&connection->message), .size = zmq_msg_size(&connection->message)};
    return ERR_OK;
}

/* Two frames: number and value of the event, and the address. */
static void monitor_take(struct connection *connection)
{
    char event[256];
    int size;
    bool first = true;
    while (connection->monitor && (size = zmq_recv(connection->monitor, event, sizeof event, ZMQ_DONTWAIT)) >= 0) {
        uint16_t number = 0;
        if (first && size >= (int)sizeof number)
            memcpy(&number, event, sizeof number);
        connection->lost = connection->lost || number == ZMQ_EVENT_DISCONNECTED;
        connection->denied = connection->denied || number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
        first = !first;
    }
}

bool connection_lost(struct connection *connection)
{
    if (!connection->monitor)
        return true; /* a renewal failed */
    monitor_take(connection);
    bool lost = connection->lost;
    connection->lost = false;
    return lost;
}

bool connection_denied(struct connection *connection)
{
    monitor_take(connection);
    bool denied = connection->denied;
    connection->denied = false;
    return denied;
}

bool connection_wait(struct connection *connection, long wait_ms)
{
    zmq_pollitem_t items[] = {
        {.socket = connection->socket, .events = ZMQ_POLLIN},
        {.socket = connection->monitor, .events = ZMQ_POLLIN},
    };
    int count = connection->monitor ? 2 : 0;
    return zmq_poll(items, count, wait_ms) >= 0;
}

int connection_descriptor(struct connection *connection)
{
    int descriptor = -1;
    size_t size = sizeof descriptor;
    if (connection->socket)
        zmq_getsockopt(connection->socket, ZMQ_FD, &descriptor, &size);
    return descriptor;
}
