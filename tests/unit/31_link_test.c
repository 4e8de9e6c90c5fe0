/* Messages come in whole and in order, answers find their connection, and whatever a peer does, nothing waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "engine/limits.h"
#include "engine/link.h"

struct rig {
    char folder[64], clients[128], workers[128];
    struct arena arena;
    struct link *link;
    void *context, *sockets[8]; /* of the peers: closed at the end, also when the test fails */
    uint32_t socket_count;
    struct link_message messages[LIMIT_BATCH_MESSAGES];
};

static const struct text stranger = TEXT("not heard");

static enum err open_endpoints(struct rig *rig, const struct link_endpoint *endpoints, uint32_t count, struct text *why)
{
    struct link_options options = {.endpoints = endpoints, .count = count, .stranger = stranger};
    return link_open(&rig->link, &options, &rig->arena, why);
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/staircase-link-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->clients, sizeof rig->clients, "ipc://%s/engine.sock", rig->folder);
    snprintf(rig->workers, sizeof rig->workers, "ipc://%s/workers.sock", rig->folder);
    arena_init(&rig->arena);
    struct link_endpoint endpoints[] = {{LINK_CLIENTS, rig->clients, "local"}, {LINK_WORKERS, rig->workers, "local"}};
    struct text why;
    assert_int_equal(open_endpoints(rig, endpoints, 2, &why), ERR_OK);
    rig->context = zmq_ctx_new();
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    char path[128];
    for (uint32_t i = 0; i < rig->socket_count; i++)
        zmq_close(rig->sockets[i]);
    zmq_ctx_term(rig->context);
    link_close(&rig->link);
    assert_null(rig->link);
    arena_close(&rig->arena);
    snprintf(path, sizeof path, "%s/engine.sock", rig->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/workers.sock", rig->folder);
    unlink(path);
    assert_int_equal(rmdir(rig->folder), 0);
    free(rig);
    return 0;
}

static void *peer_connect(struct rig *rig, const char *address, const char *own_id)
{
    void *socket = zmq_socket(rig->context, ZMQ_DEALER);
    int zero = 0, most = 100000, patience = 10000;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &most, sizeof most);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    if (own_id)
        zmq_setsockopt(socket, ZMQ_ROUTING_ID, own_id, strlen(own_id));
    rig->sockets[rig->socket_count++] = socket;
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

/* Sleeps on the descriptors as the loop does, until so many messages have come. */
static uint32_t gather(struct rig *rig, uint32_t wanted)
{
    uint32_t count = 0;
    while (count < wanted) {
        struct pollfd descriptors[] = {{.fd = link_descriptor(rig->link, 0), .events = POLLIN}, {.fd = link_descriptor(rig->link, 1), .events = POLLIN}};
        if (!link_pending(rig->link))
            assert_true(poll(descriptors, 2, 10000) > 0);
        count += link_drain(rig->link, &rig->arena, rig->messages + count, LIMIT_BATCH_MESSAGES - count, LIMIT_BATCH_BYTES);
    }
    return count;
}

static void expect_received(void *socket, const char *expected)
{
    char buffer[64];
    int size = zmq_recv(socket, buffer, sizeof buffer, 0);
    assert_int_equal(size, (int)strlen(expected));
    assert_memory_equal(buffer, expected, strlen(expected));
}

static void a_question_is_answered(void **state)
{
    struct rig *rig = *state;
    void *client = peer_connect(rig, rig->clients, NULL), *worker = peer_connect(rig, rig->workers, NULL);
    zmq_send(client, "hello", 5, 0);
    gather(rig, 1);
    assert_true(text_is(rig->messages[0].bytes, "hello"));
    assert_int_equal(rig->messages[0].side, LINK_CLIENTS);
    assert_true(text_is(rig->messages[0].principal, "local"));
    link_peer first = rig->messages[0].peer;
    zmq_send(worker, "work", 4, 0);
    gather(rig, 1);
    assert_int_equal(rig->messages[0].side, LINK_WORKERS);
    assert_int_equal(link_send(rig->link, rig->messages[0].peer, TEXT("to the worker")), ERR_OK);
    assert_int_equal(link_send(rig->link, first, TEXT("to the client")), ERR_OK);
    expect_received(worker, "to the worker");
    expect_received(client, "to the client");
}

static void order_and_budget_are_kept(void **state)
{
    struct rig *rig = *state;
    void *client = peer_connect(rig, rig->clients, NULL);
    for (uint32_t i = 0; i < 3000; i++)
        zmq_send(client, &i, sizeof i, 0);
    for (uint32_t expected = 0; expected < 3000;) {
        if (!link_pending(rig->link)) {
            struct pollfd descriptor = {.fd = link_descriptor(rig->link, 0), .events = POLLIN};
            assert_true(poll(&descriptor, 1, 10000) > 0);
        }
        uint32_t count = link_drain(rig->link, &rig->arena, rig->messages, 7, 1000);
        assert_true(count <= 7);
        for (uint32_t i = 0; i < count; i++, expected++)
            assert_memory_equal(rig->messages[i].bytes.data, &expected, sizeof expected);
    }
    assert_int_equal(link_drain(rig->link, &rig->arena, rig->messages, 7, 1000), 0);
    zmq_send(client, "12345678", 8, 0);
    zmq_send(client, "12345678", 8, 0);
    assert_int_equal(gather(rig, 2), 2);
}

static void a_flood_on_one_socket_leaves_the_other_its_turn(void **state)
{
    struct rig *rig = *state;
    void *client = peer_connect(rig, rig->clients, NULL), *worker = peer_connect(rig, rig->workers, NULL);
    zmq_send(client, "first", 5, 0);
    zmq_send(worker, "first", 5, 0);
    gather(rig, 2); /* both are connected */
    for (int i = 0; i < 500; i++) {
        zmq_send(client, "c", 1, 0);
        zmq_send(worker, "w", 1, 0);
    }
    zmq_send(client, "end", 3, 0);
    zmq_send(worker, "end", 3, 0);
    uint32_t from_workers = 0, count = gather(rig, 1002);
    for (uint32_t i = 0; i < count; i++)
        from_workers += rig->messages[i].side == LINK_WORKERS;
    assert_int_equal(from_workers, 501);
}

static void what_is_no_message_is_handed_up_as_such(void **state)
{
    struct rig *rig = *state;
    void *client = peer_connect(rig, rig->clients, NULL);
    zmq_send(client, "a", 1, ZMQ_SNDMORE);
    zmq_send(client, "b", 1, ZMQ_SNDMORE);
    zmq_send(client, "c", 1, 0);
    zmq_send(client, "", 0, 0);
    zmq_send(client, "good", 4, 0);
    assert_int_equal(gather(rig, 3), 3);
    assert_int_equal(rig->messages[0].code, ERR_MALFORMED);
    assert_int_equal(rig->messages[1].bytes.size, 0);
    assert_int_equal(rig->messages[2].code, ERR_OK);
    assert_true(text_is(rig->messages[2].bytes, "good"));
}

static void who_chose_its_own_id_is_told_and_not_heard(void **state)
{
    struct rig *rig = *state;
    void *own = peer_connect(rig, rig->clients, "me"), *client = peer_connect(rig, rig->clients, NULL);
    zmq_send(own, "hello", 5, 0);
    struct pollfd descriptor = {.fd = link_descriptor(rig->link, 0), .events = POLLIN};
    while (!link_pending(rig->link))
        assert_true(poll(&descriptor, 1, 10000) > 0);
    assert_int_equal(link_drain(rig->link, &rig->arena, rig->messages, 10, 1000), 0);
    expect_received(own, "not heard");
    zmq_send(client, "hello", 5, 0);
    assert_int_equal(gather(rig, 1), 1);
}

/* One that sends without an end holds up nobody: a turn hears so many of its messages as of anyone's, and that is that. */
static void who_is_not_heard_does_not_fill_a_turn(void **state)
{
    enum { SAID = 1000, TURN = 10 };
    struct rig *rig = *state;
    void *own = peer_connect(rig, rig->clients, "me");
    struct pollfd descriptor = {.fd = link_descriptor(rig->link, 0), .events = POLLIN};
    char buffer[64];
    uint32_t told = 0, turns = 0;
    for (int i = 0; i < SAID; i++)
        zmq_send(own, "hello", 5, 0);
    while (told < SAID) {
        while (zmq_recv(own, buffer, sizeof buffer, ZMQ_DONTWAIT) > 0)
            told++;
        if (told < SAID && (link_pending(rig->link) || (poll(&descriptor, 1, 1) > 0 && link_pending(rig->link)))) {
            assert_int_equal(link_drain(rig->link, &rig->arena, rig->messages, TURN, LIMIT_BATCH_BYTES), 0);
            turns++;
        }
    }
    assert_true(turns >= SAID / TURN);
}

static void who_is_gone_or_full_is_told_apart(void **state)
{
    struct rig *rig = *state;
    void *client = peer_connect(rig, rig->clients, NULL);
    zmq_send(client, "hello", 5, 0);
    gather(rig, 1);
    link_peer peer = rig->messages[0].peer;
    assert_int_equal(link_send(rig->link, peer ^ 0x5a5a5a, TEXT("nobody")), ERR_NOT_FOUND);
    /* It never takes anything: at some point its queue is full, and that is said at once. */
    static char block[1024];
    enum err code = ERR_OK;
    uint32_t sent = 0;
    for (; !code && sent < 1000000; sent++)
        code = link_send(rig->link, peer, (struct text){.data = block, .size = sizeof block});
    assert_int_equal(code, ERR_BUSY);
    assert_true(sent >= LIMIT_LINK_SEND);
    zmq_close(client);
    rig->socket_count = 0;
    code = ERR_OK;
    while (code != ERR_NOT_FOUND) {
        struct pollfd descriptor = {.fd = link_descriptor(rig->link, 0), .events = POLLIN};
        code = link_send(rig->link, peer, TEXT("x"));
        /* What it may have sent must be read before the library lets go of it: the loop always does. */
        if (code != ERR_NOT_FOUND && link_drain(rig->link, &rig->arena, rig->messages, 1, 1000) == 0)
            poll(&descriptor, 1, 100);
    }
}

/* Says it until it is heard: what was said while the connection broke may be lost. */
static link_peer say_until_heard(struct rig *rig, void *socket, const char *words)
{
    struct pollfd descriptor = {.fd = link_descriptor(rig->link, 0), .events = POLLIN};
    for (int tries = 0; tries < 100; tries++) {
        zmq_send(socket, words, strlen(words), 0);
        if (!link_pending(rig->link))
            poll(&descriptor, 1, 100);
        if (link_drain(rig->link, &rig->arena, rig->messages, 1, LIMIT_BATCH_BYTES) == 1)
            return rig->messages[0].peer;
    }
    fail_msg("not heard: %s", words);
    return 0;
}

static void broken_connections_are_made_anew(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(link_break(rig->link), 0); /* there are none yet, and who listens goes on listening */
    void *client = peer_connect(rig, rig->clients, NULL), *worker = peer_connect(rig, rig->workers, NULL);
    zmq_send(client, "hello", 5, 0);
    zmq_send(worker, "hello", 5, 0);
    gather(rig, 2);
    link_peer before = rig->messages[0].side == LINK_CLIENTS ? rig->messages[0].peer : rig->messages[1].peer;
    assert_int_equal(link_break(rig->link), 2);
    link_peer after = say_until_heard(rig, client, "again");
    assert_true(after != before);
    assert_int_equal(link_send(rig->link, before, TEXT("nobody")), ERR_NOT_FOUND);
    assert_int_equal(link_send(rig->link, after, TEXT("heard")), ERR_OK);
    expect_received(client, "heard");
}

static void options_are_as_the_pitfalls_say(void **state)
{
    struct rig *rig = *state;
    const struct {
        int option, value;
    } expected[] = {
        {ZMQ_LINGER, 0}, {ZMQ_RCVHWM, LIMIT_LINK_RECEIVE}, {ZMQ_SNDHWM, LIMIT_LINK_SEND}, {ZMQ_MAXMSGSIZE, WIRE_MESSAGE_MOST},
        {ZMQ_HEARTBEAT_IVL, 2000}, {ZMQ_HEARTBEAT_TIMEOUT, 6000}, {ZMQ_HEARTBEAT_TTL, 10000}, {ZMQ_HANDSHAKE_IVL, 2000}, {ZMQ_TYPE, ZMQ_ROUTER},
    };
    for (uint32_t endpoint = 0; endpoint < 2; endpoint++)
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
            assert_int_equal(link_option(rig->link, endpoint, expected[i].option), expected[i].value);
}

static void expect_refused(struct rig *rig, const char *address, const char *words)
{
    struct link *open = rig->link;
    struct link_endpoint endpoint = {LINK_CLIENTS, address, "local"};
    struct text why;
    assert_int_equal(open_endpoints(rig, &endpoint, 1, &why), ERR_BAD_CONFIG);
    if (!memmem(why.data, why.size, words, strlen(words)))
        fail_msg("%s: %.*s", address, (int)why.size, why.data);
    rig->link = open;
}

static void what_cannot_be_an_address_is_refused(void **state)
{
    struct rig *rig = *state;
    expect_refused(rig, "tcp://0.0.0.0:7000", "with keys only");
    expect_refused(rig, "tcp://127.0.0.1:7000", "with keys only");
    expect_refused(rig, "tcp://*:7000", "with keys only");
    expect_refused(rig, "tcp://[::]:7000", "with keys only");
    expect_refused(rig, "tcp://eth0:7000", "where to listen");
    expect_refused(rig, "tcp://localhost:7000", "where to listen");
    expect_refused(rig, "tcp://127.0.0.1", "no port");
    expect_refused(rig, "udp://127.0.0.1:7000", "not an address");
    expect_refused(rig, "engine.sock", "not an address");
    expect_refused(rig, "ipc:///no-such-folder-here/engine.sock", "cannot be bound");
    char longest[256] = "ipc:///tmp/";
    memset(longest + strlen(longest), 'x', 140);
    expect_refused(rig, longest, "shorter path");
}

/* ---- TCP ---- */

/* Who is let in, and how many were not. */
struct door_keeper {
    char known[65];
    uint32_t turned_away;
};

static const void *who(void *context, struct text key, struct text *name)
{
    const struct door_keeper *keeper = context;
    *name = TEXT("grid-app");
    return text_is(key, keeper->known) ? keeper : NULL;
}

static void turned_away(void *context, struct text key, struct text from)
{
    (void)key, (void)from;
    ((struct door_keeper *)context)->turned_away++;
}

static bool nobody_stays(void *context, struct text key)
{
    return text_is(key, ((const struct door_keeper *)context)->known);
}

struct pair {
    char public[41], secret[41];
    uint8_t public_bytes[32], secret_bytes[32];
};

static struct pair pair_make(void)
{
    struct pair pair;
    assert_int_equal(zmq_curve_keypair(pair.public, pair.secret), 0);
    zmq_z85_decode(pair.public_bytes, pair.public);
    zmq_z85_decode(pair.secret_bytes, pair.secret);
    return pair;
}

static void know(struct door_keeper *keeper, const struct pair *pair)
{
    for (int i = 0; i < 32; i++)
        snprintf(keeper->known + (size_t)i * 2, 3, "%02x", pair->public_bytes[i]);
}

static void *keyed_connect(struct rig *rig, const char *address, const struct pair *own, const struct pair *server)
{
    void *socket = zmq_socket(rig->context, ZMQ_DEALER);
    int zero = 0, patience = 10000;
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server->public, 41);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public, 41);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret, 41);
    rig->sockets[rig->socket_count++] = socket;
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

/* The loop's turn: until the condition holds, or a message has come. */
static uint32_t turns(struct rig *rig, const uint32_t *counter, uint32_t wanted)
{
    for (int i = 0; i < 1000; i++) {
        link_wait(rig->link, 10000);
        uint32_t got = link_drain(rig->link, &rig->arena, rig->messages, 1, 1000);
        if (got || (counter && *counter >= wanted))
            return got;
    }
    fail_msg("nothing has happened");
    return 0;
}

static void who_has_no_known_key_is_not_heard(void **state)
{
    struct rig *rig = *state;
    struct link *files = rig->link;
    struct door_keeper keeper = {0};
    struct pair server = pair_make(), own = pair_make(), outsider = pair_make();
    struct link_keys keys = {.secret = server.secret_bytes, .who = who, .turned_away = turned_away, .context = &keeper};
    struct link_endpoint endpoint = {LINK_CLIENTS, "tcp://127.0.0.1:*", ""};
    struct link_options options = {.endpoints = &endpoint, .count = 1, .stranger = stranger, .keys = &keys};
    struct text why;
    know(&keeper, &own);
    assert_int_equal(link_open(&rig->link, &options, &rig->arena, &why), ERR_OK);
    assert_int_equal(link_descriptor_count(rig->link), 2);
    assert_int_equal(link_option(rig->link, 0, ZMQ_CURVE_SERVER), 1);
    const char *address = link_address(rig->link, 0);

    void *outside = keyed_connect(rig, address, &outsider, &server);
    zmq_send(outside, "let me in", 9, 0);
    assert_int_equal(turns(rig, &keeper.turned_away, 1), 0);
    void *client = keyed_connect(rig, address, &own, &server);
    zmq_send(client, "hello", 5, 0);
    assert_int_equal(turns(rig, NULL, 0), 1);
    assert_true(text_is(rig->messages[0].bytes, "hello"));
    assert_true(text_is(rig->messages[0].principal, "grid-app"));
    assert_ptr_equal(rig->messages[0].who, &keeper);
    link_peer peer = rig->messages[0].peer;
    assert_int_equal(link_send(rig->link, peer, TEXT("welcome")), ERR_OK);
    expect_received(client, "welcome");

    /* Nothing of another key's is broken; then it is revoked: what is on its way is not heard, and the connection is broken. */
    zmq_send(client, "more", 4, 0);
    assert_int_equal(turns(rig, NULL, 0), 1);
    link_break_others(rig->link, nobody_stays, &keeper);
    zmq_send(client, "still here", 10, 0);
    assert_int_equal(turns(rig, NULL, 0), 1);
    keeper.known[0] = '\0';
    uint32_t before = keeper.turned_away;
    zmq_send(client, "and now", 7, 0);
    assert_int_equal(turns(rig, &keeper.turned_away, before + 1), 0);
    assert_true(link_break_others(rig->link, nobody_stays, &keeper) >= 1);
    while (link_send(rig->link, peer, TEXT("nothing")) != ERR_NOT_FOUND)
        link_wait(rig->link, 10000);
    link_close(&rig->link);
    rig->link = files;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(options_are_as_the_pitfalls_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_an_address_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_question_is_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_no_known_key_is_not_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_and_budget_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_on_one_socket_leaves_the_other_its_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_message_is_handed_up_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_chose_its_own_id_is_told_and_not_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_heard_does_not_fill_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_gone_or_full_is_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_connections_are_made_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
