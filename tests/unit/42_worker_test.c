/* worker: the library against an engine that the test plays by hand, on a real socket and a clock of its own: what is lost, comes
 * twice, too late or from a restarted engine. */
#include "workers/worker.h"

#include "proto/wire.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

enum { PATIENCE_MS = 10000, STEP_MS = 10 };

/* The engine that the test plays: one ROUTER, the worker's routing id, the last message that came. */
struct scene {
    char folder[64], endpoint[128];
    void *context, *router;
    char peer[64];
    size_t peer_size;
    struct arena arena;
    struct message came;
    struct worker *worker;
    struct message given; /* what worker_next gave */
};

static int64_t clock_now;

static int64_t fake_clock(void)
{
    return clock_now;
}

/* ---- the engine's side ---- */

static void engine_start(struct scene *scene)
{
    int zero = 0;
    scene->router = zmq_socket(scene->context, ZMQ_ROUTER);
    assert_non_null(scene->router);
    assert_int_equal(zmq_setsockopt(scene->router, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_bind(scene->router, scene->endpoint), 0);
}

static void engine_stop(struct scene *scene)
{
    assert_int_equal(zmq_close(scene->router), 0);
    scene->router = NULL;
}

static void engine_says(struct scene *scene, const struct message *message)
{
    struct text bytes = wire_encode(&scene->arena, message);
    assert_true(zmq_send(scene->router, scene->peer, scene->peer_size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(scene->router, bytes.data, bytes.size, 0) >= 0);
}

static bool engine_receives(struct scene *scene)
{
    zmq_pollitem_t item = {.socket = scene->router, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, STEP_MS) <= 0)
        return false;
    int size = zmq_recv(scene->router, scene->peer, sizeof scene->peer, 0);
    assert_true(size > 0);
    scene->peer_size = (size_t)size;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    assert_true(zmq_msg_recv(&frame, scene->router, 0) >= 0);
    struct text bytes = arena_copy(&scene->arena, (struct text){.data = zmq_msg_data(&frame), .size = zmq_msg_size(&frame)}), why;
    zmq_msg_close(&frame);
    assert_int_equal(wire_decode(&scene->arena, bytes, &scene->came, &why), ERR_OK);
    return true;
}

/* The next message that is no beat; meanwhile the worker has its turns, and nothing to tell its caller. */
static struct message *engine_hears(struct scene *scene, enum message_kind kind)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        assert_int_equal(worker_next(scene->worker, 0, &scene->given), ERR_TIMED_OUT);
        if (!engine_receives(scene))
            continue;
        if (scene->came.kind == MESSAGE_BEAT && kind != MESSAGE_BEAT)
            continue;
        assert_string_equal(message_kind_name(scene->came.kind), message_kind_name(kind));
        return &scene->came;
    }
    fail_msg("the worker never sent %s", message_kind_name(kind));
    return NULL;
}

static void engine_registers(struct scene *scene)
{
    engine_hears(scene, MESSAGE_REGISTER);
    engine_says(scene, &(struct message){.kind = MESSAGE_REGISTERED, .request = scene->came.request, .lease_ms = 30000});
}

static void engine_gives_task(struct scene *scene, uint64_t task, uint64_t lease)
{
    static const struct value nothing = {.kind = VALUE_MAP};
    engine_says(scene, &(struct message){.kind = MESSAGE_TASK, .task = task, .lease = lease, .lease_ms = 30000, .attempt = 1,
                                         .topic = TEXT("works"), .rows = nothing, .case_id = 7});
}

static void engine_answers(struct scene *scene, enum message_kind kind, uint64_t request)
{
    engine_says(scene, &(struct message){.kind = kind, .request = request, .position = 9, .time = 1,
                                         .code = kind == MESSAGE_REFUSED ? ERR_STALE_LEASE : ERR_OK, .why = TEXT("Because."), .todo = TEXT("Drop it.")});
}

static void engine_refuses(struct scene *scene, enum err code, uint64_t request)
{
    engine_says(scene, &(struct message){.kind = MESSAGE_REFUSED, .request = request, .code = code, .why = TEXT("Because."), .todo = TEXT("Mend it."),
                                         .has = MESSAGE_HAS_CODE});
}

/* ---- the worker's side ---- */

static struct message *worker_gets(struct scene *scene, enum message_kind kind)
{
    enum err err = ERR_TIMED_OUT;
    for (int waited = 0; waited < PATIENCE_MS && err == ERR_TIMED_OUT; waited += STEP_MS) {
        err = worker_next(scene->worker, 0, &scene->given);
        if (err == ERR_TIMED_OUT) {
            zmq_pollitem_t item = {.fd = worker_descriptor(scene->worker), .events = ZMQ_POLLIN};
            zmq_poll(&item, 1, STEP_MS);
        }
    }
    assert_int_equal(err, ERR_OK);
    assert_string_equal(message_kind_name(scene->given.kind), message_kind_name(kind));
    return &scene->given;
}

/* Turns of the worker until it stands as wanted; it has nothing to tell meanwhile. */
static void worker_becomes(struct scene *scene, bool (*wanted)(const struct worker *))
{
    for (int waited = 0; waited < PATIENCE_MS && !wanted(scene->worker); waited += STEP_MS) {
        assert_int_equal(worker_next(scene->worker, 0, &scene->given), ERR_TIMED_OUT);
        zmq_poll(NULL, 0, wanted(scene->worker) ? 0 : STEP_MS);
    }
    assert_true(wanted(scene->worker));
}

static bool unregistered(const struct worker *worker)
{
    return !worker_registered(worker);
}

static bool wakes_in_300(const struct worker *worker)
{
    return worker_wake_ms(worker) == 300;
}

static void begin(struct scene *scene, uint32_t in_flight)
{
    static const char *const topics[] = {"works", "repairs"};
    *scene = (struct scene){.folder = "/tmp/worker-test-XXXXXX"};
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->endpoint, sizeof scene->endpoint, "ipc://%s/workers.sock", scene->folder);
    scene->context = zmq_ctx_new();
    arena_init(&scene->arena);
    engine_start(scene);
    clock_now = 1000000;
    struct worker_options options = {.endpoint = scene->endpoint, .name = "repair-shop", .topics = topics, .topic_count = 2,
                                     .unit = "jinnong", .in_flight_most = in_flight, .retry_ms = 5000, .clock = fake_clock};
    assert_int_equal(worker_open(&scene->worker, &options), ERR_OK);
}

static void begin_registered(struct scene *scene, uint32_t in_flight)
{
    begin(scene, in_flight);
    engine_registers(scene);
}

static void end(struct scene *scene)
{
    worker_close(&scene->worker);
    assert_null(scene->worker);
    engine_stop(scene);
    zmq_ctx_term(scene->context);
    arena_close(&scene->arena);
    char path[128];
    snprintf(path, sizeof path, "%s/workers.sock", scene->folder);
    unlink(path);
    assert_int_equal(rmdir(scene->folder), 0);
}

static void assert_same_id(const uint8_t *id, struct text other)
{
    assert_int_equal(other.size, ID_SIZE);
    assert_memory_equal(id, other.data, ID_SIZE);
}

/* ---- the ordinary day ---- */

static void it_registers_takes_a_task_and_settles_it(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, 3);
    struct message *came = engine_hears(&scene, MESSAGE_REGISTER);
    assert_true(text_is(came->what, "repair-shop"));
    assert_true(text_is(came->unit, "jinnong"));
    assert_int_equal(came->credit, 3);
    assert_int_equal(came->version, PROTOCOL_VERSION);
    assert_int_equal(came->topics.count, 2);
    assert_true(text_is(came->topics.items[1].text, "repairs"));
    assert_false(worker_registered(scene.worker));
    engine_says(&scene, &(struct message){.kind = MESSAGE_REGISTERED, .request = came->request, .lease_ms = 30000});
    engine_gives_task(&scene, 77, 5);
    struct message *given = worker_gets(&scene, MESSAGE_TASK);
    assert_true(worker_registered(scene.worker));
    assert_int_equal(given->task, 77);
    assert_true(worker_holds(scene.worker, 77));
    assert_int_equal(worker_settle(scene.worker, 77, (struct text){0}), ERR_OK);
    assert_int_equal(worker_settle(scene.worker, 77, (struct text){0}), ERR_UNKNOWN_TASK); /* one report is enough */
    came = engine_hears(&scene, MESSAGE_SETTLE);
    assert_int_equal(came->task, 77);
    assert_int_equal(came->lease, 5);
    assert_int_equal(came->id.size, ID_SIZE);
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    given = worker_gets(&scene, MESSAGE_APPLIED);
    assert_int_equal(given->task, 77);
    assert_false(worker_holds(scene.worker, 77));
    assert_int_equal(worker_unanswered(scene.worker), 0);
    assert_int_equal(engine_hears(&scene, MESSAGE_CREDIT)->credit, 1);
    end(&scene);
}

static void it_beats_while_the_caller_works(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    for (int i = 0; i < 5; i++) {
        assert_in_range(worker_wake_ms(scene.worker), 1, 10000); /* at most a third of the lease */
        clock_now += worker_wake_ms(scene.worker);
        engine_hears(&scene, MESSAGE_BEAT);
    }
    end(&scene);
}

static void it_accepts_and_sends_the_event_later(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    assert_int_equal(worker_accept(scene.worker, 77, (struct text){0}), ERR_OK);
    engine_answers(&scene, MESSAGE_APPLIED, engine_hears(&scene, MESSAGE_ACCEPT)->request);
    worker_gets(&scene, MESSAGE_APPLIED);
    engine_hears(&scene, MESSAGE_CREDIT);
    struct field_value reason = {.name = TEXT("reason"), .value = value_text(TEXT("不归本中心"))};
    struct message event = {.task = 77, .subject = {.kind = CASE_REF_ID, .id = 7}, .event = TEXT("return"), .data = &reason, .data_count = 1};
    assert_int_equal(worker_send_event(scene.worker, &event), ERR_OK);
    struct message *came = engine_hears(&scene, MESSAGE_SEND);
    assert_int_equal(came->lease, 0);
    assert_int_equal(came->task, 77);
    assert_true(text_is(came->as, "worker:repair-shop"));
    assert_true(text_is(came->data[0].value.text, "不归本中心"));
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    assert_int_equal(worker_gets(&scene, MESSAGE_APPLIED)->task, 77);
    end(&scene);
}

/* ---- what is lost ---- */

static void a_report_without_answer_is_sent_again_under_its_id(void **state)
{
    struct scene scene;
    uint8_t id[ID_SIZE];
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    static const char given[] = "sixteen bytes, 1";
    assert_int_equal(worker_settle(scene.worker, 77, (struct text){.data = given, .size = ID_SIZE}), ERR_OK);
    memcpy(id, engine_hears(&scene, MESSAGE_SETTLE)->id.data, ID_SIZE);
    assert_memory_equal(id, given, ID_SIZE);
    clock_now += 4999;
    engine_hears(&scene, MESSAGE_BEAT);
    clock_now += 1;
    struct message *came = engine_hears(&scene, MESSAGE_SETTLE);
    assert_same_id(id, came->id);
    assert_true(worker_holds(scene.worker, 77));
    engine_answers(&scene, MESSAGE_DUPLICATE, came->request);
    assert_same_id(id, worker_gets(&scene, MESSAGE_DUPLICATE)->id);
    engine_answers(&scene, MESSAGE_DUPLICATE, came->request); /* the first answer after all: known already */
    engine_hears(&scene, MESSAGE_CREDIT);
    engine_gives_task(&scene, 78, 6);
    assert_int_equal(worker_gets(&scene, MESSAGE_TASK)->task, 78);
    end(&scene);
}

static void a_busy_engine_is_asked_again_when_it_said(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    worker_settle(scene.worker, 77, (struct text){0});
    struct message *came = engine_hears(&scene, MESSAGE_SETTLE);
    engine_says(&scene, &(struct message){.kind = MESSAGE_BUSY, .request = came->request, .after = 300});
    worker_becomes(&scene, wakes_in_300);
    clock_now += 299;
    assert_int_equal(worker_next(scene.worker, 0, &scene.given), ERR_TIMED_OUT);
    assert_int_equal(worker_wake_ms(scene.worker), 1);
    clock_now += 1;
    engine_hears(&scene, MESSAGE_SETTLE);
    end(&scene);
}

static void an_engine_that_forgot_it_is_told_everything_again(void **state)
{
    struct scene scene;
    uint8_t id[ID_SIZE];
    (void)state;
    begin_registered(&scene, 3);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    worker_settle(scene.worker, 77, (struct text){0});
    memcpy(id, engine_hears(&scene, MESSAGE_SETTLE)->id.data, ID_SIZE);
    engine_refuses(&scene, ERR_NOT_REGISTERED, 0);
    struct message *came = engine_hears(&scene, MESSAGE_REGISTER);
    assert_int_equal(came->credit, 3); /* one is held, and must be able to come again */
    engine_says(&scene, &(struct message){.kind = MESSAGE_REGISTERED, .request = came->request, .lease_ms = 30000});
    assert_same_id(id, engine_hears(&scene, MESSAGE_SETTLE)->id);
    end(&scene);
}

static void a_lost_connection_is_made_anew(void **state)
{
    struct scene scene;
    uint8_t id[ID_SIZE];
    (void)state;
    begin_registered(&scene, 2);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    worker_settle(scene.worker, 77, (struct text){0});
    memcpy(id, engine_hears(&scene, MESSAGE_SETTLE)->id.data, ID_SIZE);
    engine_stop(&scene);
    worker_becomes(&scene, unregistered);
    engine_start(&scene);
    engine_registers(&scene);
    assert_same_id(id, engine_hears(&scene, MESSAGE_SETTLE)->id);
    end(&scene);
}

static void what_is_held_comes_again_from_an_engine_that_forgot_it(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    engine_refuses(&scene, ERR_NOT_REGISTERED, 0);
    struct message *came = engine_hears(&scene, MESSAGE_REGISTER);
    assert_int_equal(came->credit, 1);
    engine_says(&scene, &(struct message){.kind = MESSAGE_REGISTERED, .request = came->request, .lease_ms = 30000});
    engine_gives_task(&scene, 78, 6); /* or another one, where it forgot nothing: it waits its turn */
    worker_gets(&scene, MESSAGE_TASK);
    engine_gives_task(&scene, 77, 7);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 78, .lease = 6});
    worker_gets(&scene, MESSAGE_CANCEL);
    assert_int_equal(worker_settle(scene.worker, 77, (struct text){0}), ERR_OK);
    came = engine_hears(&scene, MESSAGE_SETTLE);
    assert_int_equal(came->lease, 7);
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    worker_gets(&scene, MESSAGE_APPLIED);
    assert_int_equal(engine_hears(&scene, MESSAGE_CREDIT)->credit, 1); /* all used up again: one place, one task */
    end(&scene);
}

static void an_unanswered_registration_is_sent_again(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, 1);
    uint64_t first = engine_hears(&scene, MESSAGE_REGISTER)->request;
    clock_now += 1000;
    struct message *came = engine_hears(&scene, MESSAGE_REGISTER);
    assert_int_not_equal(came->request, first);
    engine_says(&scene, &(struct message){.kind = MESSAGE_REGISTERED, .request = came->request, .lease_ms = 30000});
    worker_becomes(&scene, worker_registered);
    end(&scene);
}

/* ---- what comes twice ---- */

static void the_same_task_again_is_one_task_with_a_new_lease(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 2);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    engine_gives_task(&scene, 77, 6);
    assert_int_equal(engine_hears(&scene, MESSAGE_CREDIT)->credit, 1); /* it took one for nothing */
    assert_int_equal(worker_held(scene.worker), 1);
    worker_settle(scene.worker, 77, (struct text){0});
    struct message *came = engine_hears(&scene, MESSAGE_SETTLE);
    assert_int_equal(came->lease, 6);
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    worker_gets(&scene, MESSAGE_APPLIED);
    end(&scene);
}

static void a_report_on_its_way_follows_the_new_lease(void **state)
{
    struct scene scene;
    uint8_t id[ID_SIZE];
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    worker_accept(scene.worker, 77, (struct text){0});
    struct message *came = engine_hears(&scene, MESSAGE_ACCEPT);
    uint64_t first = came->request;
    memcpy(id, came->id.data, ID_SIZE);
    engine_gives_task(&scene, 77, 6); /* crossed: the lease had run out */
    engine_refuses(&scene, ERR_STALE_LEASE, first);
    came = engine_hears(&scene, MESSAGE_ACCEPT); /* and the caller has heard nothing of it */
    assert_int_equal(came->lease, 6);
    assert_same_id(id, came->id);
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    worker_gets(&scene, MESSAGE_APPLIED);
    assert_false(worker_holds(scene.worker, 77));
    end(&scene);
}

static void the_next_attempt_of_what_failed_is_a_task_again(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    assert_int_equal(worker_fail(scene.worker, 77, (struct text){0}, TEXT("no ladder"), true, 0), ERR_OK);
    struct message *came = engine_hears(&scene, MESSAGE_FAIL);
    assert_true(came->again);
    assert_true(text_is(came->why, "no ladder"));
    uint64_t failed = came->request;
    engine_gives_task(&scene, 77, 6); /* its answer is lost, the next attempt comes */
    assert_int_equal(worker_gets(&scene, MESSAGE_TASK)->lease, 6);
    engine_answers(&scene, MESSAGE_DUPLICATE, failed);
    worker_gets(&scene, MESSAGE_DUPLICATE);
    assert_true(worker_holds(scene.worker, 77)); /* that was about the first attempt */
    worker_settle(scene.worker, 77, (struct text){0});
    assert_int_equal(engine_hears(&scene, MESSAGE_SETTLE)->lease, 6);
    end(&scene);
}

static void more_than_there_was_credit_for_is_left(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    engine_gives_task(&scene, 78, 6);
    worker_gets(&scene, MESSAGE_TASK);
    engine_gives_task(&scene, 79, 7);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 77, .lease = 5});
    worker_gets(&scene, MESSAGE_CANCEL);
    assert_int_equal(worker_held(scene.worker), 1);
    assert_false(worker_holds(scene.worker, 79));
    end(&scene);
}

/* ---- what is not wanted ---- */

static void a_cancelled_task_is_held_no_more(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 77, .lease = 5});
    struct message *given = worker_gets(&scene, MESSAGE_CANCEL);
    assert_int_equal(given->task, 77);
    assert_int_equal(given->about, 0);
    assert_false(worker_holds(scene.worker, 77));
    assert_int_equal(worker_settle(scene.worker, 77, (struct text){0}), ERR_UNKNOWN_TASK);
    assert_int_equal(engine_hears(&scene, MESSAGE_CREDIT)->credit, 1);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 77, .lease = 5});
    engine_gives_task(&scene, 78, 6);
    assert_int_equal(worker_gets(&scene, MESSAGE_TASK)->task, 78);
    end(&scene);
}

static void a_cancel_that_our_own_report_brought_about_is_no_news(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    assert_int_equal(worker_accept(scene.worker, 77, (struct text){0}), ERR_OK);
    uint64_t request = engine_hears(&scene, MESSAGE_ACCEPT)->request;
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 77, .lease = 5});
    engine_answers(&scene, MESSAGE_APPLIED, request);
    worker_gets(&scene, MESSAGE_APPLIED);
    assert_false(worker_holds(scene.worker, 77));
    end(&scene);
}

static void the_cancellation_of_an_accepted_task_is_settled(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 2);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 90, .lease = 8, .about = 81});
    struct message *given = worker_gets(&scene, MESSAGE_CANCEL);
    assert_int_equal(given->about, 81);
    engine_says(&scene, &(struct message){.kind = MESSAGE_CANCEL, .task = 90, .lease = 9, .about = 81});
    engine_hears(&scene, MESSAGE_CREDIT);
    assert_int_equal(worker_settle(scene.worker, 90, (struct text){0}), ERR_OK);
    struct message *came = engine_hears(&scene, MESSAGE_SETTLE);
    assert_int_equal(came->lease, 9);
    engine_answers(&scene, MESSAGE_APPLIED, came->request);
    assert_int_equal(worker_gets(&scene, MESSAGE_APPLIED)->task, 90);
    end(&scene);
}

static void what_a_refusal_leaves_can_be_reported_otherwise(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 2);
    engine_gives_task(&scene, 77, 5);
    worker_gets(&scene, MESSAGE_TASK);
    struct message event = {.task = 77, .subject = {.kind = CASE_REF_ID, .id = 7}, .event = TEXT("repaired")};
    assert_int_equal(worker_send_event(scene.worker, &event), ERR_OK);
    assert_int_equal(worker_send_event(scene.worker, &event), ERR_UNKNOWN_TASK);
    engine_refuses(&scene, ERR_BAD_DATA, engine_hears(&scene, MESSAGE_SEND)->request);
    assert_int_equal(worker_gets(&scene, MESSAGE_REFUSED)->code, ERR_BAD_DATA);
    assert_true(worker_holds(scene.worker, 77));
    assert_int_equal(worker_fail(scene.worker, 77, (struct text){0}, TEXT("no such field"), false, 0), ERR_OK);
    engine_refuses(&scene, ERR_STALE_LEASE, engine_hears(&scene, MESSAGE_FAIL)->request);
    assert_int_equal(worker_gets(&scene, MESSAGE_REFUSED)->code, ERR_STALE_LEASE);
    assert_false(worker_holds(scene.worker, 77));
    end(&scene);
}

static void a_registration_can_be_refused(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, 1);
    engine_refuses(&scene, ERR_UNKNOWN_UNIT, engine_hears(&scene, MESSAGE_REGISTER)->request);
    enum err err = ERR_TIMED_OUT;
    for (int waited = 0; waited < PATIENCE_MS && err == ERR_TIMED_OUT; waited += STEP_MS) {
        err = worker_next(scene.worker, 0, &scene.given);
        zmq_poll(NULL, 0, err == ERR_TIMED_OUT ? STEP_MS : 0);
    }
    assert_int_equal(err, ERR_UNKNOWN_UNIT);
    assert_true(text_is(scene.given.why, "Because."));
    engine_registers(&scene); /* whoever calls again tries again */
    worker_becomes(&scene, worker_registered);
    end(&scene);
}

static void rubbish_does_not_disturb_it(void **state)
{
    struct scene scene;
    (void)state;
    begin_registered(&scene, 1);
    assert_true(zmq_send(scene.router, scene.peer, scene.peer_size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(scene.router, "\xc1", 1, 0) >= 0);
    assert_true(zmq_send(scene.router, scene.peer, scene.peer_size, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(scene.router, "two", 3, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(scene.router, "frames", 6, 0) >= 0);
    engine_answers(&scene, MESSAGE_APPLIED, 4711); /* an answer to nothing */
    engine_gives_task(&scene, 77, 5);
    assert_int_equal(worker_gets(&scene, MESSAGE_TASK)->task, 77);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_takes_a_task_and_settles_it),
        cmocka_unit_test(it_beats_while_the_caller_works),
        cmocka_unit_test(it_accepts_and_sends_the_event_later),
        cmocka_unit_test(a_report_without_answer_is_sent_again_under_its_id),
        cmocka_unit_test(a_busy_engine_is_asked_again_when_it_said),
        cmocka_unit_test(an_engine_that_forgot_it_is_told_everything_again),
        cmocka_unit_test(a_lost_connection_is_made_anew),
        cmocka_unit_test(what_is_held_comes_again_from_an_engine_that_forgot_it),
        cmocka_unit_test(an_unanswered_registration_is_sent_again),
        cmocka_unit_test(the_same_task_again_is_one_task_with_a_new_lease),
        cmocka_unit_test(a_report_on_its_way_follows_the_new_lease),
        cmocka_unit_test(the_next_attempt_of_what_failed_is_a_task_again),
        cmocka_unit_test(more_than_there_was_credit_for_is_left),
        cmocka_unit_test(a_cancelled_task_is_held_no_more),
        cmocka_unit_test(a_cancel_that_our_own_report_brought_about_is_no_news),
        cmocka_unit_test(the_cancellation_of_an_accepted_task_is_settled),
        cmocka_unit_test(what_a_refusal_leaves_can_be_reported_otherwise),
        cmocka_unit_test(a_registration_can_be_refused),
        cmocka_unit_test(rubbish_does_not_disturb_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
