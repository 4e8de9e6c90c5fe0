/* link_zap: see link_zap.h. */
#include "engine/link_zap.h"

#include <zmq.h>

enum {
    SECRET_SIZE = 32,
    KEY_DIGITS = 64,
    REPLY_FRAMES = 8,
};

/* Of a request for CURVE. */
enum { FRAME_PEER, FRAME_EMPTY, FRAME_VERSION, FRAME_REQUEST, FRAME_DOMAIN, FRAME_ADDRESS, FRAME_ROUTING_ID, FRAME_MECHANISM, FRAME_KEY, ZAP_FRAMES };

struct zap_request {
    struct text frames[ZAP_FRAMES];
    char bytes[ZAP_FRAMES][256];
    uint32_t count;
};

/* Longer frames are cut, and then are not what they should be. */
static bool receive_request(void *zap, struct zap_request *request)
{
    int more = 1;
    size_t size = sizeof more;
    request->count = 0;
    while (more) {
        char surplus[1];
        bool room = request->count < ZAP_FRAMES;
        char *at = room ? request->bytes[request->count] : surplus;
        int got = zmq_recv(zap, at, room ? sizeof request->bytes[0] : sizeof surplus, ZMQ_DONTWAIT);
        if (got < 0)
            return false;
        if (room) {
            size_t most = sizeof request->bytes[0];
            request->frames[request->count] = (struct text){.data = at, .size = (size_t)got < most ? (size_t)got : most};
        }
        request->count++;
        if (zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &size) != 0)
            return false;
    }
    return true;
}

static void put_digits(struct text key, char digits[KEY_DIGITS])
{
    for (size_t i = 0; i < key.size; i++) {
        digits[2 * i] = "0123456789abcdef"[(uint8_t)key.data[i] >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[(uint8_t)key.data[i] & 15];
    }
}

static bool is_of_curve(const struct zap_request *request)
{
    return request->count == ZAP_FRAMES && text_is(request->frames[FRAME_VERSION], "1.0") && text_is(request->frames[FRAME_MECHANISM], "CURVE") &&
           request->frames[FRAME_KEY].size == SECRET_SIZE;
}

/* The key itself is the name under which each message of the connection will be known. */
static void answer_request(const struct zap *zap, const struct zap_request *request)
{
    char digits[KEY_DIGITS];
    struct text key = {.data = digits, .size = 0}, name;
    bool whole = is_of_curve(request);
    if (whole) {
        put_digits(request->frames[FRAME_KEY], digits);
        key.size = KEY_DIGITS;
    }
    bool known = whole && zap->keys.who(zap->keys.context, key, &name);
    if (!known)
        zap->keys.turned_away(zap->keys.context, key, request->count > FRAME_ADDRESS ? request->frames[FRAME_ADDRESS] : TEXT(""));
    if (request->count <= FRAME_REQUEST)
        return;
    const struct text reply[REPLY_FRAMES] = {request->frames[FRAME_PEER], TEXT(""), TEXT("1.0"), request->frames[FRAME_REQUEST],
                                             known ? TEXT("200") : TEXT("400"), known ? TEXT("OK") : TEXT("key not known"), known ? key : TEXT(""), TEXT("")};
    for (int i = 0; i < REPLY_FRAMES; i++)
        if (zmq_send(zap->socket, reply[i].data, reply[i].size, ZMQ_DONTWAIT | (i < REPLY_FRAMES - 1 ? ZMQ_SNDMORE : 0)) < 0) {
            if (i > 0)
                zmq_send(zap->socket, "", 0, ZMQ_DONTWAIT); /* the end of half a reply, which lets nobody in: the next reply is one of its own */
            return; /* whoever asked is gone */
        }
}

void zap_answer(struct zap *zap)
{
    struct zap_request request;
    while (zap->socket && receive_request(zap->socket, &request))
        answer_request(zap, &request);
}

/* ---- opening ---- */

enum err zap_open(struct zap *zap, void *context, const struct link_keys *keys)
{
    int zero = 0;
    size_t size = sizeof zap->descriptor;
    zap->keys = *keys;
    zap->socket = zmq_socket(context, ZMQ_ROUTER);
    if (!zap->socket)
        return ERR_NO_MEMORY;
    if (zmq_setsockopt(zap->socket, ZMQ_LINGER, &zero, sizeof zero) != 0 || zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0 ||
        zmq_getsockopt(zap->socket, ZMQ_FD, &zap->descriptor, &size) != 0)
        return ERR_IO;
    return ERR_OK;
}

void zap_close(struct zap *zap)
{
    if (zap->socket)
        zmq_close(zap->socket);
    zap->socket = NULL;
}
