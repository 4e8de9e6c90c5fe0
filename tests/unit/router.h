/* router: a fake engine for tests of clients: one ROUTER whose every message the test takes and answers by hand.
 * Everything runs in the test's own thread; where something has to happen first, the client is run, never slept for. */
#ifndef STAIRCASE_TEST_ROUTER_H
#define STAIRCASE_TEST_ROUTER_H

#include "proto/client.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

enum { ROUTER_TURNS_MOST = 5000 }; /* turns of the client before the test gives up waiting */

struct router {
    char folder[64], endpoint[96];
    void *context, *socket;
    struct client *client;
    struct arena arena;
    char peer[64]; /* routing id of who sent the last message */
    int peer_size;
    char *bytes; /* of the last message */
    struct message message;
};

static void router_start(struct router *router)
{
    int zero = 0;
    router->context = zmq_ctx_new();
    router->socket = zmq_socket(router->context, ZMQ_ROUTER);
    zmq_setsockopt(router->socket, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(router->socket, router->endpoint), 0);
}

/* Returns when nothing of it is left, so that it can be started again at the same place. */
static void router_stop(struct router *router)
{
    if (router->socket)
        zmq_close(router->socket);
    if (router->context)
        zmq_ctx_term(router->context);
    router->socket = router->context = NULL;
}

static void router_init(struct router *router)
{
    *router = (struct router){.folder = "/tmp/staircase-client-XXXXXX"};
    assert_non_null(mkdtemp(router->folder));
    snprintf(router->endpoint, sizeof router->endpoint, "ipc://%s/engine.sock", router->folder);
    arena_init(&router->arena);
    router_start(router);
}

static void router_close(struct router *router)
{
    client_disconnect(&router->client);
    router_stop(router);
    arena_close(&router->arena);
    free(router->bytes);
    unlink(router->endpoint + strlen("ipc://"));
    assert_int_equal(rmdir(router->folder), 0);
}

static void router_connect(struct router *router, struct client_options options)
{
    options.endpoint = router->endpoint;
    options.name = "tester";
    assert_int_equal(client_connect(&router->client, &options), ERR_OK);
}

/* Takes a message if one is there: its sender, its bytes, and what they say. */
static bool router_poll(struct router *router)
{
    router->peer_size = zmq_recv(router->socket, router->peer, sizeof router->peer, ZMQ_DONTWAIT);
    if (router->peer_size < 0)
        return false;
    zmq_msg_t frame;
    struct text why;
    zmq_msg_init(&frame);
    assert_true(zmq_msg_recv(&frame, router->socket, 0) >= 0);
    assert_false(zmq_msg_more(&frame));
    size_t size = zmq_msg_size(&frame);
    free(router->bytes);
    router->bytes = malloc(size + 1);
    assert_non_null(router->bytes);
    memcpy(router->bytes, zmq_msg_data(&frame), size);
    zmq_msg_close(&frame);
    arena_reset(&router->arena);
    assert_int_equal(wire_decode(&router->arena, (struct text){router->bytes, size}, &router->message, &why), ERR_OK);
    return true;
}

/* The next message that is no hello; the client runs until it comes, and must have nothing to say meanwhile. */
static struct message *router_take(struct router *router)
{
    for (int turn = 0; turn < ROUTER_TURNS_MOST; turn++) {
        struct message answer;
        while (router_poll(router))
            if (router->message.kind != MESSAGE_HELLO)
                return &router->message;
        if (router->client) {
            assert_int_equal(client_next(router->client, 1, &answer), ERR_TIMED_OUT);
            assert_int_equal(answer.request, 0);
        }
    }
    fail_msg("the client sends nothing");
    return NULL;
}

static void router_send_bytes(struct router *router, const void *bytes, size_t size)
{
    assert_true(zmq_send(router->socket, router->peer, (size_t)router->peer_size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router->socket, bytes, size, 0) >= 0);
}

/* Answers whoever sent the last message. */
static void router_answer(struct router *router, struct message answer)
{
    struct text bytes = wire_encode(&router->arena, &answer);
    router_send_bytes(router, bytes.data, bytes.size);
}

static inline struct message router_applied(uint64_t request, uint64_t position)
{
    return (struct message){.kind = MESSAGE_APPLIED, .request = request, .position = position, .time = 1790000000000};
}

#endif
