/* The C client against an engine that loses answers, is busy, parks, answers twice, dies and comes back. */
#include "router.h"

static struct router router;

static int setup(void **state)
{
    (void)state;
    router_init(&router);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    router_close(&router);
    return 0;
}

static const char key_bytes[] = "fedcba9876543210";

static struct message event_of(const char *name)
{
    return (struct message){.kind = MESSAGE_SEND,
                            .subject = {.kind = CASE_REF_KEY, .text = {key_bytes, ID_SIZE}},
                            .event = text_of(name),
                            .as = TEXT("li")};
}

static uint64_t submit(struct message message)
{
    uint64_t request = 0;
    assert_int_equal(client_submit(router.client, &message, &request), ERR_OK);
    assert_true(request > 0);
    return request;
}

/* The next answer, which must come. */
static struct message next(void)
{
    struct message answer;
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_OK);
    return answer;
}

static void must_be_quiet(void)
{
    struct message answer;
    for (int turn = 0; turn < 5; turn++)
        assert_int_equal(client_next(router.client, 1, &answer), ERR_TIMED_OUT);
    assert_int_equal(answer.request, 0);
    assert_false(router_poll(&router));
}

static void it_says_hello(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){0});
    while (!router_poll(&router)) {
        struct message answer;
        assert_int_equal(client_next(router.client, 1, &answer), ERR_TIMED_OUT);
    }
    assert_int_equal(router.message.kind, MESSAGE_HELLO);
    assert_true(text_is(router.message.what, "tester") && router.message.version == PROTOCOL_VERSION);
    struct message refusal = {.kind = MESSAGE_REFUSED, .request = router.message.request, .code = ERR_VERSION}, answer;
    router_answer(&router, refusal);
    enum err code = ERR_TIMED_OUT;
    while (code == ERR_TIMED_OUT)
        code = client_next(router.client, 1, &answer);
    assert_int_equal(code, ERR_VERSION);
}

static void many_in_flight_are_answered_in_any_order(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    static uint64_t asked[COUNT], taken[COUNT];
    router_connect(&router, (struct client_options){.in_flight_most = COUNT});
    for (int round = 0; round < 3; round++) { /* the table's places are used again */
        for (int i = 0; i < COUNT; i++)
            asked[i] = submit(event_of("raise"));
        struct message one_more = event_of("raise");
        uint64_t request;
        assert_int_equal(client_submit(router.client, &one_more, &request), ERR_BUSY);
        assert_int_equal(client_outstanding(router.client), COUNT);
        for (int i = 0; i < COUNT; i++) {
            taken[i] = router_take(&router)->request;
            assert_int_equal(taken[i], asked[i]);
        }
        for (int i = COUNT; i-- > 0;)
            router_answer(&router, router_applied(taken[i], (uint64_t)i + 1));
        for (int i = COUNT; i-- > 0;) {
            struct message answer = next();
            assert_true(answer.request == asked[i] && answer.position == (uint64_t)i + 1);
            assert_null(client_id_of(router.client, answer.request));
        }
        assert_int_equal(client_outstanding(router.client), 0);
    }
    must_be_quiet();
}

static void it_makes_ids_where_none_are_given(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){0});
    struct message opening = {.kind = MESSAGE_OPEN, .workflow = TEXT("w"), .unit = TEXT("u"), .as = TEXT("li")};
    uint64_t request = submit(opening);
    struct message *sent = router_take(&router);
    assert_int_equal(sent->id.size, ID_SIZE);
    assert_int_equal(sent->key.size, ID_SIZE);
    assert_int_equal(sent->id.data[6] & 0xf0, 0x70);
    assert_int_equal(sent->id.data[8] & 0xc0, 0x80);
    assert_memory_not_equal(sent->id.data + 6, sent->key.data + 6, 10);
    assert_memory_equal(client_id_of(router.client, request), sent->id.data, ID_SIZE);
    struct message named = event_of("raise");
    named.id = TEXT("0123456789abcdef");
    submit(named);
    assert_memory_equal(router_take(&router)->id.data, "0123456789abcdef", ID_SIZE);
}

static void what_is_not_answered_is_sent_again_under_its_id(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 5});
    uint64_t request = submit(event_of("raise"));
    char id[ID_SIZE];
    memcpy(id, router_take(&router)->id.data, ID_SIZE);
    for (int again = 0; again < 3; again++) {
        struct message *sent = router_take(&router);
        assert_true(sent->request == request);
        assert_memory_equal(sent->id.data, id, ID_SIZE);
    }
    struct message answer = router_applied(request, 7);
    answer.kind = MESSAGE_DUPLICATE;
    router_answer(&router, answer);
    router_answer(&router, answer);
    answer = next();
    assert_true(answer.kind == MESSAGE_DUPLICATE && answer.request == request && answer.position == 7);
    assert_int_equal(client_outstanding(router.client), 0);
    assert_int_equal(client_next(router.client, 20, &answer), ERR_TIMED_OUT); /* the second one is nobody's */
}

static void busy_is_sent_again_after_its_time(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    uint64_t soon = submit(event_of("soon")), late = submit(event_of("late"));
    router_take(&router);
    router_answer(&router, (struct message){.kind = MESSAGE_BUSY, .request = soon, .after = 2});
    assert_true(router_take(&router)->request == late);
    router_answer(&router, (struct message){.kind = MESSAGE_BUSY, .request = late, .after = 60000});
    assert_true(router_take(&router)->request == soon);
    router_answer(&router, (struct message){.kind = MESSAGE_BUSY, .request = soon});
    assert_true(router_take(&router)->request == soon);
    router_answer(&router, router_applied(soon, 1));
    assert_true(next().request == soon);
    must_be_quiet();
    assert_int_equal(client_outstanding(router.client), 1);
}

static void parked_is_given_once_and_stays_outstanding(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 2}); /* a parked one is sent again after 24 ms */
    uint64_t request = submit(event_of("raise"));
    struct message parked = {.kind = MESSAGE_PARKED, .request = request};
    router_take(&router);
    router_answer(&router, parked);
    assert_int_equal(next().kind, MESSAGE_PARKED);
    assert_int_equal(client_outstanding(router.client), 1);
    while (router_take(&router)->request != request) /* router_take sees that the client gives nothing */
        continue;
    router_answer(&router, parked);
    router_take(&router);
    router_answer(&router, (struct message){
                               .kind = MESSAGE_REFUSED, .request = request, .code = ERR_NOT_NOW, .why = TEXT("ended")});
    struct message answer = next();
    assert_true(answer.kind == MESSAGE_REFUSED && answer.code == ERR_NOT_NOW && text_is(answer.why, "ended"));
    assert_int_equal(client_outstanding(router.client), 0);
}

static void after_a_restart_everything_open_is_sent_again_in_order(void **state)
{
    (void)state;
    uint64_t requests[5];
    char ids[5][ID_SIZE];
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    for (int i = 0; i < 5; i++) {
        requests[i] = submit(event_of("raise"));
        memcpy(ids[i], router_take(&router)->id.data, ID_SIZE);
    }
    router_answer(&router, router_applied(requests[1], 1));
    router_answer(&router, (struct message){.kind = MESSAGE_PARKED, .request = requests[2]});
    router_answer(&router, (struct message){.kind = MESSAGE_BUSY, .request = requests[3], .after = 60000});
    assert_true(next().request == requests[1]);
    assert_true(next().request == requests[2]);
    must_be_quiet();
    router_stop(&router);
    router_start(&router);
    static const int expected[] = {0, 2, 4};
    for (int i = 0; i < 3; i++) {
        struct message *sent = router_take(&router);
        assert_true(sent->request == requests[expected[i]]);
        assert_memory_equal(sent->id.data, ids[expected[i]], ID_SIZE);
        router_answer(&router, router_applied(sent->request, 2));
    }
    for (int i = 0; i < 3; i++)
        assert_true(next().request == requests[expected[i]]);
    must_be_quiet();
}

/* Without an engine the repeats fill the socket's queue; what does not fit any more waits its turn. */
static void a_full_socket_keeps_the_order(void **state)
{
    (void)state;
    enum { COUNT = 8, TURNS = 60 };
    struct message answer;
    uint64_t requests[COUNT], last = 0, position = 0;
    router_stop(&router);
    router_connect(&router, (struct client_options){.retry_ms = 1, .in_flight_most = COUNT});
    for (int i = 0; i < COUNT; i++) {
        for (int turn = 0; turn < TURNS; turn++)
            assert_int_equal(client_next(router.client, 1, &answer), ERR_TIMED_OUT);
        requests[i] = submit(event_of("raise"));
    }
    router_start(&router);
    while (last < requests[COUNT - 1]) {
        uint64_t request = router_take(&router)->request;
        if (request <= last)
            continue;
        last = request;
        assert_true(request == requests[position]); /* seen for the first time: the one after the last */
        position++;
    }
    assert_int_equal(position, COUNT);
}

static void it_waits_for_an_engine_that_comes_later(void **state)
{
    (void)state;
    router_stop(&router);
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    uint64_t request = submit(event_of("raise"));
    struct message answer;
    assert_int_equal(client_next(router.client, 1, &answer), ERR_TIMED_OUT);
    router_start(&router);
    assert_true(router_take(&router)->request == request);
    router_answer(&router, router_applied(request, 1));
    assert_true(next().request == request);
}

static void a_question_gives_all_its_results(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    uint64_t request = submit((struct message){.kind = MESSAGE_LIST});
    router_take(&router);
    for (int i = 0; i < 3; i++)
        router_answer(&router, (struct message){
                                   .kind = MESSAGE_RESULT, .request = request, .position = (uint64_t)i, .more = i < 2});
    for (int i = 0; i < 3; i++) {
        assert_int_equal(client_outstanding(router.client), 1);
        struct message answer = next();
        assert_true(answer.request == request && answer.position == (uint64_t)i && answer.more == (i < 2));
    }
    assert_int_equal(client_outstanding(router.client), 0);
}

static void a_question_without_answer_is_asked_on_a_new_connection(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 30});
    uint64_t request = submit((struct message){.kind = MESSAGE_STATUS}), event = submit(event_of("raise"));
    char first[64];
    router_take(&router);
    int size = router.peer_size;
    memcpy(first, router.peer, (size_t)size);
    struct message *sent;
    do {
        sent = router_take(&router);
    } while (size == router.peer_size && memcmp(first, router.peer, (size_t)size) == 0);
    assert_true(sent->request == request);
    assert_true(router_take(&router)->request == event);
}

static void a_question_half_answered_is_given_up(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    uint64_t request = submit((struct message){.kind = MESSAGE_LIST});
    router_take(&router);
    router_answer(&router, (struct message){.kind = MESSAGE_RESULT, .request = request, .more = true});
    assert_true(next().more);
    router_stop(&router);
    router_start(&router);
    struct message answer;
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_TIMED_OUT);
    assert_true(answer.request == request);
    assert_int_equal(client_outstanding(router.client), 0);
}

static void news(uint64_t request, uint64_t position)
{
    router_answer(
        &router,
        (struct message){
            .kind = MESSAGE_NEWS, .request = request, .position = position, .time = 1, .rows = {.kind = VALUE_MAP}});
}

static void a_watch_gives_credit_and_goes_on_after_a_break(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 60000, .give_up_ms = 60000});
    uint64_t request = submit((struct message){.kind = MESSAGE_WATCH, .credit = 4, .unit = TEXT("jinnong")});
    assert_int_equal(router_take(&router)->position, 0);
    router_answer(&router, (struct message){.kind = MESSAGE_RESULT, .request = request, .position = 9});
    assert_int_equal(next().kind, MESSAGE_RESULT);
    for (uint64_t position = 11; position < 15; position++)
        news(request, position);
    for (uint64_t position = 11; position < 15; position++)
        assert_true(next().position == position);
    for (int i = 0; i < 2; i++) {
        struct message *credit = router_take(&router);
        assert_true(credit->kind == MESSAGE_CREDIT && credit->request == request && credit->credit == 2);
    }
    router_stop(&router);
    router_start(&router);
    struct message *anew = router_take(&router);
    assert_true(anew->kind == MESSAGE_WATCH && anew->request == request && anew->position == 15 && anew->credit == 4);
    assert_true(text_is(anew->unit, "jinnong"));
    router_answer(&router, (struct message){.kind = MESSAGE_RESULT, .request = request, .position = 20});
    news(request, 14); /* an engine that begins too early is no reason to tell twice */
    news(request, 16);
    assert_true(next().position == 16);
    client_forget(router.client, request);
    struct message *end;
    do {
        end = router_take(&router);
        assert_int_equal(end->kind, MESSAGE_CREDIT);
    } while (end->credit > 0);
    assert_int_equal(client_outstanding(router.client), 0);
}

static void it_gives_up_when_told_to(void **state)
{
    (void)state;
    router_stop(&router);
    router_connect(&router, (struct client_options){.give_up_ms = 20, .retry_ms = 5});
    struct message event = event_of("raise"), answer;
    assert_int_equal(client_ask(router.client, &event, &answer), ERR_NO_ENGINE);
    client_disconnect(&router.client);
    router_start(&router);
    router_connect(&router, (struct client_options){.give_up_ms = 1500, .retry_ms = 60000});
    uint64_t first = submit(event_of("first")), second = submit(event_of("second"));
    router_take(&router);
    router_answer(&router,
                  (struct message){.kind = MESSAGE_BUSY, .request = first, .after = 60000, .code = ERR_READ_ONLY, .why = TEXT("not a byte left")});
    router_take(&router);
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_TIMED_OUT);
    assert_true(answer.request == first && answer.code == ERR_READ_ONLY && text_is(answer.why, "not a byte left"));
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_TIMED_OUT);
    assert_true(answer.request == second && answer.code == ERR_OK && answer.why.size == 0);
    assert_int_equal(client_outstanding(router.client), 0);
}

static void answers_that_cannot_be_read(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){.retry_ms = 60000});
    uint64_t request = submit(event_of("raise"));
    router_take(&router);
    struct wire_writer writer = {.arena = &router.arena};
    wire_put_map(&writer, 2);
    wire_put_text(&writer, TEXT("r"));
    wire_put_unsigned(&writer, request);
    wire_put_text(&writer, TEXT("m"));
    wire_put_text(&writer, TEXT("maybe"));
    router_send_bytes(&router, writer.data, writer.size);
    struct message answer;
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_MALFORMED);
    assert_true(answer.request == request && answer.why.size > 0);
    assert_int_equal(client_outstanding(router.client), 0);
    router_send_bytes(&router, "\xc1", 1);
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_MALFORMED);
    assert_int_equal(answer.request, 0);
    assert_true(zmq_send(router.socket, router.peer, (size_t)router.peer_size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router.socket, "a", 1, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router.socket, "b", 1, 0) >= 0);
    assert_int_equal(client_next(router.client, 5000, &answer), ERR_MALFORMED);
    uint64_t after = submit(event_of("raise")); /* and it goes on */
    router_take(&router);
    router_answer(&router, router_applied(after, 1));
    assert_true(next().request == after);
}

static void what_is_too_large_is_refused_here(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){0});
    char *large = calloc(1, WIRE_MESSAGE_MOST);
    assert_non_null(large);
    struct field_value field = {TEXT("t"), value_text((struct text){large, WIRE_MESSAGE_MOST})};
    struct message event = event_of("raise");
    event.data = &field;
    event.data_count = 1;
    assert_int_equal(client_submit(router.client, &event, NULL), ERR_TOO_LARGE);
    assert_int_equal(client_outstanding(router.client), 0);
    free(large);
    struct client *client = NULL;
    assert_int_equal(client_connect(&client, &(struct client_options){.endpoint = "nowhere"}), ERR_USAGE);
    assert_null(client);
    assert_int_equal(
        client_connect(&client, &(struct client_options){.endpoint = router.endpoint, .in_flight_most = UINT32_MAX}),
        ERR_USAGE);
    assert_null(client);
}

/* ---- a question and a deployment need the other side while they wait: a thread plays it ---- */

enum { SOURCE_SIZE = 600 * 1024 };

struct deployed {
    char *source; /* put together from the parts */
    uint32_t parts, restarts;
};

/* Takes the parts; after the second one it forgets everything once, as an engine does that is started again. */
static void *deploy_engine(void *argument)
{
    struct deployed *deployed = argument;
    uint32_t last = 0, parts = 1;
    while (last < parts) {
        while (!router_poll(&router))
            zmq_poll(&(zmq_pollitem_t){.socket = router.socket, .events = ZMQ_POLLIN}, 1, 1000);
        if (router.message.kind != MESSAGE_DEPLOY)
            continue;
        struct message *part = &router.message;
        struct message answer = {.kind = MESSAGE_RESULT, .request = part->request};
        if (part->part == 3 && deployed->restarts == 0) {
            deployed->restarts++;
            last = 0;
        }
        if (part->part == last + 1) {
            memcpy(deployed->source + (size_t)last * 256 * 1024, part->bytes.data, part->bytes.size);
            last = part->part;
            parts = part->parts;
            deployed->parts++;
            if (last == parts)
                answer = router_applied(part->request, 42);
        } else {
            answer = (struct message){.kind = MESSAGE_REFUSED, .request = part->request, .code = ERR_MALFORMED};
        }
        router_answer(&router, answer);
    }
    return NULL;
}

static void a_deployment_goes_in_parts_and_begins_again(void **state)
{
    (void)state;
    router_connect(&router, (struct client_options){0});
    struct deployed deployed = {.source = calloc(1, SOURCE_SIZE)};
    char *source = malloc(SOURCE_SIZE);
    assert_true(source && deployed.source);
    for (size_t i = 0; i < SOURCE_SIZE; i++)
        source[i] = (char)(i * 7 + i / 255);
    void *engine = zmq_threadstart((void (*)(void *))(void (*)(void))deploy_engine, &deployed);
    struct message answer;
    assert_int_equal(
        client_deploy(router.client, "workflow", "w.yaml", (struct text){source, SOURCE_SIZE}, "chief", &answer),
        ERR_OK);
    zmq_threadclose(engine);
    assert_true(answer.kind == MESSAGE_APPLIED && answer.position == 42);
    assert_true(deployed.parts == 5 && deployed.restarts == 1);
    assert_memory_equal(deployed.source, source, SOURCE_SIZE);
    free(source);
    free(deployed.source);
}

/* ---- everything at once ---- */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

enum { CHAOS_EVENTS = 3000, CHAOS_IN_FLIGHT = 64 };

/* One message of the client's: lost, put off, parked, answered once or twice, or the connection breaks. */
static void chaos_engine(uint64_t *seed)
{
    uint64_t request = router.message.request;
    struct message applied = router_applied(request, request);
    if (router.message.kind == MESSAGE_HELLO)
        return;
    switch (random_next(seed) % 12) {
    case 0: return;
    case 1:
        router_answer(&router,
                      (struct message){.kind = MESSAGE_BUSY, .request = request, .after = random_next(seed) % 3});
        return;
    case 2: router_answer(&router, (struct message){.kind = MESSAGE_PARKED, .request = request}); return;
    case 3:
        router_answer(&router, (struct message){.kind = MESSAGE_PARKED, .request = request});
        router_answer(&router, applied);
        return;
    case 4:
        router_answer(&router, applied);
        router_answer(&router, applied);
        return;
    default: router_answer(&router, applied); return;
    }
}

static void every_event_ends_once_whatever_happens(void **state)
{
    (void)state;
    static uint64_t final[CHAOS_EVENTS];
    uint64_t seed = 20260924, submitted = 0, ended = 0, restarts = 0;
    router_connect(&router, (struct client_options){.in_flight_most = CHAOS_IN_FLIGHT, .retry_ms = 3});
    while (ended < CHAOS_EVENTS) {
        struct message answer, event = event_of("raise");
        uint64_t request;
        while (submitted < CHAOS_EVENTS && client_submit(router.client, &event, &request) == ERR_OK)
            submitted++;
        while (router_poll(&router))
            chaos_engine(&seed);
        if (client_next(router.client, 1, &answer) == ERR_OK && answer.kind == MESSAGE_APPLIED)
            final[ended++] = answer.request;
        if (ended / 1000 > restarts) {
            restarts++;
            router_stop(&router);
            router_start(&router);
        }
    }
    assert_int_equal(client_outstanding(router.client), 0);
    /* Every request number was given to one event only, so each final answer must be of another one. */
    static bool seen[CHAOS_EVENTS + 1];
    for (int i = 0; i < CHAOS_EVENTS; i++) {
        uint64_t running = final[i] >> 20;
        assert_in_range(running, 1, CHAOS_EVENTS);
        assert_false(seen[running]);
        seen[running] = true;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_says_hello),
        TEST(many_in_flight_are_answered_in_any_order),
        TEST(it_makes_ids_where_none_are_given),
        TEST(what_is_not_answered_is_sent_again_under_its_id),
        TEST(busy_is_sent_again_after_its_time),
        TEST(parked_is_given_once_and_stays_outstanding),
        TEST(after_a_restart_everything_open_is_sent_again_in_order),
        TEST(a_full_socket_keeps_the_order),
        TEST(it_waits_for_an_engine_that_comes_later),
        TEST(a_question_gives_all_its_results),
        TEST(a_question_without_answer_is_asked_on_a_new_connection),
        TEST(a_question_half_answered_is_given_up),
        TEST(a_watch_gives_credit_and_goes_on_after_a_break),
        TEST(it_gives_up_when_told_to),
        TEST(answers_that_cannot_be_read),
        TEST(what_is_too_large_is_refused_here),
        TEST(a_deployment_goes_in_parts_and_begins_again),
        TEST(every_event_ends_once_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
