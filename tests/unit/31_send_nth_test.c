/* link, client: fail the Nth send and the Nth allocation. What could not be sent is said; what is sent next reaches whom it is for, whole, and
 * nobody else gets a piece of it. */
#include "tests/unit/fault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/limits.h"
#include "engine/link.h"
#include "proto/client.h"
#include "proto/connection.h"

static struct {
    char folder[64], address[128];
    struct arena arena;
    struct link *link;
    struct connection *peers[2];
    link_peer ids[2];
    struct link_message messages[16];
} rig;

static void wait_for(uint32_t wanted)
{
    for (uint32_t count = 0; count < wanted;) {
        struct pollfd descriptor = {.fd = link_descriptor(rig.link, 0), .events = POLLIN};
        if (!link_pending(rig.link))
            assert_true(poll(&descriptor, 1, 10000) > 0);
        count += link_drain(rig.link, &rig.arena, rig.messages + count, 16 - count, LIMIT_BATCH_BYTES);
    }
}

static enum err open_link(void)
{
    const struct link_endpoint endpoint = {LINK_CLIENTS, rig.address, "local"};
    const struct link_options options = {.endpoints = &endpoint, .count = 1, .stranger = TEXT("you chose your id yourself: not heard")};
    struct text why;
    return link_open(&rig.link, &options, &rig.arena, &why);
}

static int set_up(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    snprintf(rig.folder, sizeof rig.folder, "/tmp/staircase-send-XXXXXX");
    assert_non_null(mkdtemp(rig.folder));
    snprintf(rig.address, sizeof rig.address, "ipc://%s/engine.sock", rig.folder);
    arena_init(&rig.arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        connection_close(&rig.peers[i]);
    link_close(&rig.link);
    arena_close(&rig.arena);
    assert_int_equal(rmdir(rig.folder), 0);
    return 0;
}

/* Two that have said something. */
static void two_peers(void)
{
    assert_int_equal(open_link(), ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(connection_open(&rig.peers[i], rig.address, NULL, 100), ERR_OK);
        assert_int_equal(connection_send(rig.peers[i], TEXT("hello")), ERR_OK);
        wait_for(1);
        rig.ids[i] = rig.messages[0].peer;
    }
}

static struct text long_text(char letter)
{
    char *bytes = arena_take(&rig.arena, 1000);
    memset(bytes, letter, 1000);
    return (struct text){bytes, 1000};
}

static enum err receive(struct connection *peer, struct text *bytes)
{
    enum err code = connection_receive(peer, bytes);
    for (int turn = 0; code == ERR_TIMED_OUT && turn < 100; turn++) {
        assert_true(connection_wait(peer, 100)); /* as soon as something is there */
        code = connection_receive(peer, bytes);
    }
    return code;
}

static void must_receive(struct connection *peer, struct text expected)
{
    struct text bytes = {0};
    assert_int_equal(receive(peer, &bytes), ERR_OK);
    assert_true(text_equal(bytes, expected));
}

/* The id's frame, then the frame behind it. */
static void what_was_not_sent_is_said_and_harms_nobody(void **state)
{
    static const struct {
        uint64_t n;
        int error;
        enum err code;
    } faults[] = {
        {1, EHOSTUNREACH, ERR_NOT_FOUND}, {1, EAGAIN, ERR_BUSY}, {1, ENOMEM, ERR_IO}, {1, ETERM, ERR_IO}, {2, EAGAIN, ERR_IO}, {2, ENOMEM, ERR_IO}, {2, EHOSTUNREACH, ERR_IO},
    };
    (void)state;
    two_peers();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct text lost = long_text('l'), second = long_text('s'), first = long_text('f');
        fault_arm(FAULT_SEND, faults[i].n, faults[i].error);
        assert_int_equal(link_send(rig.link, rig.ids[0], lost), faults[i].code);
        assert_true(fault_hit());
        assert_int_equal(link_send(rig.link, rig.ids[1], second), ERR_OK);
        assert_int_equal(link_send(rig.link, rig.ids[0], first), ERR_OK);
        must_receive(rig.peers[1], second);
        if (faults[i].n == 2)
            must_receive(rig.peers[0], TEXT("")); /* the end of what was begun: no message, as its reader finds */
        must_receive(rig.peers[0], first);
    }
}

static void without_memory_nothing_is_begun(void **state)
{
    (void)state;
    two_peers();
    fault_arm(FAULT_ALLOCATE, 1, ENOMEM);
    assert_int_equal(link_send(rig.link, rig.ids[0], long_text('l')), ERR_NO_MEMORY);
    assert_true(fault_hit());
    struct text first = long_text('f');
    assert_int_equal(link_send(rig.link, rig.ids[0], first), ERR_OK);
    must_receive(rig.peers[0], first);
}

/* Who chose its routing id itself is told so, or is not: nobody else notices. */
static void a_stranger_that_cannot_be_answered(void **state)
{
    (void)state;
    two_peers();
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    int zero = 0, patience = 10000;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(socket, ZMQ_ROUTING_ID, "somebody", 8);
    assert_int_equal(zmq_connect(socket, rig.address), 0);
    for (int n = 0; n <= 3; n++) {
        char buffer[64];
        assert_true(__real_zmq_send(socket, "hello", 5, 0) == 5);
        struct pollfd descriptor = {.fd = link_descriptor(rig.link, 0), .events = POLLIN};
        while (!link_pending(rig.link))
            assert_true(poll(&descriptor, 1, 10000) > 0);
        if (n == 3)
            fault_arm(FAULT_ALLOCATE, 2, ENOMEM); /* the first is the arena's, which takes a block */
        else
            fault_arm(n ? FAULT_SEND : FAULT_NONE, (uint64_t)n, EAGAIN);
        arena_take(&rig.arena, 300 * 1024);
        assert_int_equal(link_drain(rig.link, &rig.arena, rig.messages, 16, LIMIT_BATCH_BYTES), 0);
        assert_int_equal(fault_hit(), n > 0);
        if (n == 0)
            assert_true(zmq_recv(socket, buffer, sizeof buffer, 0) > 30);
        if (n == 2)
            assert_int_equal(zmq_recv(socket, buffer, sizeof buffer, 0), 0);
        struct text first = long_text('f');
        assert_int_equal(link_send(rig.link, rig.ids[0], first), ERR_OK);
        must_receive(rig.peers[0], first);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
}

/* ---- opening ---- */

static void a_link_opens_or_leaves_nothing(void **state)
{
    (void)state;
    uint64_t n = 1;
    arena_take(&rig.arena, 1000); /* its block is there */
    for (bool hit = true; hit; n++) {
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        enum err code = open_link();
        hit = fault_hit();
        assert_int_equal(code, hit ? ERR_NO_MEMORY : ERR_OK);
        assert_true((rig.link == NULL) == hit);
        link_close(&rig.link);
    }
    assert_true(n > 3);
}

static void a_connection_opens_or_leaves_nothing(void **state)
{
    (void)state;
    uint64_t n = 1;
    for (bool hit = true; hit; n++) {
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        enum err code = connection_open(&rig.peers[0], rig.address, NULL, 100);
        hit = fault_hit();
        assert_int_equal(code, hit ? ERR_NO_MEMORY : ERR_OK);
        assert_true((rig.peers[0] == NULL) == hit);
        connection_close(&rig.peers[0]);
    }
    assert_true(n > 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_not_sent_is_said_and_harms_nobody), TEST(without_memory_nothing_is_begun), TEST(a_stranger_that_cannot_be_answered),
        TEST(a_link_opens_or_leaves_nothing), TEST(a_connection_opens_or_leaves_nothing),
    };
    return cmocka_run_group_tests_name("sending, fail the nth", tests, NULL, NULL);
}
