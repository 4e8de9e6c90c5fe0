/* outbox: fail the Nth. Each allocation, each call of the store and each send once: nothing is leased that nobody has, nobody has twice what
 * was given out once, and when nothing fails any more, everything that is owed has gone out. */
#include "tests/unit/fault.h"
#include "tests/unit/rooms.h"

#include "engine/limits.h"

enum { ALICE = 1001, BOB = 1002, CASES = 300 };

static const char *key_of(struct rooms *rooms, uint32_t number)
{
    return arena_print(&rooms->bed.arena, "case-key-%07u", number).data;
}

static void open_cases(struct rooms *rooms, uint32_t count)
{
    static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};
    rooms_begin(rooms);
    for (uint32_t i = 0; i < count; i++) {
        struct message message = message_open(rooms, key_of(rooms, i), "bench", "jinnong/grid-3/building-7", "zhou", note, 1);
        expect_applied(rooms_decide(rooms, &message, &rooms_client));
    }
    rooms_commit(rooms);
    rooms_after(rooms);
}

/* An arena that runs out of memory ends the process (arena.h), which is no matter of the outbox: room enough is there before. */
static void warm(struct arena *arena)
{
    struct arena_mark mark = arena_save(arena);
    for (int i = 0; i < 16; i++)
        arena_take(arena, 200 * 1024);
    arena_rewind(arena, mark);
}

/* Nor is the memory of the store, which takes it for the tests only and leaves too when there is none. */
static struct store_verbs quiet;
static const struct store_verbs *loud;

#define QUIETLY(call)                    \
    enum fault_kind kind = fault.kind;   \
    fault.kind = FAULT_NONE;             \
    enum err code = loud->call;          \
    fault.kind = kind;                   \
    return code

static enum err quiet_begin(struct store *store, bool write, struct store_txn **txn)
{
    QUIETLY(begin(store, write, txn));
}

static enum err quiet_get(struct store_txn *txn, enum store_table table, struct text key, struct text *value)
{
    QUIETLY(get(txn, table, key, value));
}

static enum err quiet_cursor_open(struct store_txn *txn, enum store_table table, struct store_cursor **cursor)
{
    QUIETLY(cursor_open(txn, table, cursor));
}

static enum err quiet_seek(struct store_cursor *cursor, struct text from, struct text *key, struct text *value)
{
    QUIETLY(cursor_seek(cursor, from, key, value));
}

static enum err quiet_step(struct store_cursor *cursor, bool back, struct text *key, struct text *value)
{
    QUIETLY(cursor_step(cursor, back, key, value));
}

static void keep_quiet(struct store *store)
{
    loud = store->verbs;
    quiet = *loud;
    quiet.begin = quiet_begin;
    quiet.get = quiet_get;
    quiet.cursor_open = quiet_cursor_open;
    quiet.cursor_seek = quiet_seek;
    quiet.cursor_step = quiet_step;
    store->verbs = &quiet;
}

static int set_up(void **state)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    rooms_open(rooms, "workflows/bench/workflow.yaml");
    *state = rooms;
    return 0;
}

static int tear_down(void **state)
{
    rooms_close(*state);
    free(*state);
    return 0;
}

static struct message registration(struct rooms *rooms, const char *name, const char *unit)
{
    struct value *topics = ARENA_ARRAY(&rooms->bed.arena, struct value, 2);
    topics[0] = value_text(TEXT("bench"));
    topics[1] = value_text(TEXT("print"));
    return (struct message){.kind = MESSAGE_REGISTER, .request = 1, .version = PROTOCOL_VERSION, .what = text_of(name), .unit = text_of(unit), .credit = 1000,
                            .topics = {.kind = VALUE_LIST, .count = 2, .items = topics}};
}

static struct message enlist(struct rooms *rooms, uint64_t peer, const char *name, const char *unit)
{
    struct message message = registration(rooms, name, unit), answer;
    outbox_register(rooms->outbox, peer, &message, rooms->time, &answer);
    return answer;
}

static void pass(struct rooms *rooms, int64_t ms)
{
    rooms->time.now += ms;
    rooms->time.monotonic += ms;
}

/* Every task once, under a lease of its own, and as many leases as were sent. */
static void assert_each_once(const struct rooms *rooms, uint32_t count)
{
    if (rooms->sent_count != count)
        fail_msg("%u tasks went out instead of %u", rooms->sent_count, count);
    assert_int_equal(outbox_lease_count(rooms->outbox), count);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_true(rooms->sent[i].message.task != rooms->sent[j].message.task && rooms->sent[i].message.lease != rooms->sent[j].message.lease);
}

/* ---- memory ---- */

static void there_is_an_outbox_or_there_is_none(void **state)
{
    struct rooms *rooms = *state;
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .lease_ms = 30000};
    uint64_t n = 1;
    for (bool hit = true; hit; n++) {
        struct outbox *outbox = NULL;
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        enum err code = outbox_create(&outbox, &options);
        hit = fault_hit();
        assert_int_equal(code, hit ? ERR_NO_MEMORY : ERR_OK);
        assert_true((outbox == NULL) == hit);
        outbox_destroy(&outbox);
    }
    assert_true(n > 3);
}

static void who_cannot_be_registered_comes_later(void **state)
{
    struct rooms *rooms = *state;
    uint64_t n = 1;
    warm(&rooms->bed.arena);
    for (bool hit = true; hit; n++) {
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        struct message answer = enlist(rooms, ALICE, "alice", "jinnong");
        hit = fault_hit();
        assert_int_equal(answer.kind, hit ? MESSAGE_BUSY : MESSAGE_REGISTERED);
        assert_int_equal(outbox_worker_count(rooms->outbox), hit ? 0 : 1);
        assert_true(!hit || (answer.after > 0 && outbox_worker_name(rooms->outbox, ALICE).size == 0));
    }
    assert_int_equal(n, 5); /* worker, texts, topics; and none */
}

/* What it registered before holds. */
static void who_cannot_be_registered_anew_stays_what_it_was(void **state)
{
    struct rooms *rooms = *state;
    assert_int_equal(enlist(rooms, ALICE, "alice", "jinnong").kind, MESSAGE_REGISTERED);
    warm(&rooms->bed.arena);
    uint64_t n = 1;
    for (bool hit = true; hit; n++) {
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        struct message answer = enlist(rooms, ALICE, "alicia", "");
        hit = fault_hit();
        assert_int_equal(answer.kind, hit ? MESSAGE_BUSY : MESSAGE_REGISTERED);
        assert_int_equal(outbox_worker_count(rooms->outbox), 1);
        assert_true(text_is(outbox_worker_name(rooms->outbox, ALICE), hit ? "alice" : "alicia"));
    }
    assert_int_equal(n, 4);
}

static void what_cannot_be_leased_is_not_sent(void **state)
{
    uint64_t n = 1;
    (void)state;
    for (bool hit = true; hit; n += n > 110 && n < 140 ? 1 : 13) { /* each of those among which the table of leases grows */
        struct rooms *rooms = calloc(1, sizeof *rooms);
        rooms_open(rooms, "workflows/bench/workflow.yaml");
        open_cases(rooms, CASES); /* more than the table of leases holds at first */
        assert_int_equal(enlist(rooms, ALICE, "alice", "").kind, MESSAGE_REGISTERED);
        warm(&rooms->bed.arena);
        warm(engine_arena(rooms->bed.engine));
        keep_quiet(rooms->bed.store);
        fault_arm(FAULT_ALLOCATE, n, ENOMEM);
        uint32_t sent = rooms_pump(rooms);
        hit = fault_hit();
        assert_true(hit ? sent < CASES : sent == CASES);
        assert_int_equal(outbox_lease_count(rooms->outbox), sent);
        assert_true(outbox_beat(rooms->outbox, ALICE, rooms->time)); /* the queue was full: it goes on when the worker says something */
        rooms_pump(rooms);
        assert_each_once(rooms, CASES);
        rooms_close(rooms);
        free(rooms);
    }
    assert_true(n > CASES);
}

/* ---- the store ---- */

static void fail_store(struct rooms *rooms, uint32_t n)
{
    store_memory_set_fault(rooms->bed.store, (struct store_memory_fault){.countdown = n, .code = ERR_IO});
}

/* Returns how often it failed. */
static uint32_t pump_until_done(struct rooms *rooms)
{
    uint32_t failures = 0;
    for (bool more = true; more;) {
        enum err code = outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more);
        if (code != ERR_OK && code != ERR_IO)
            fail_msg("%s", err_name(code));
        failures += code != ERR_OK;
        more = more || code;
    }
    return failures;
}

static void what_cannot_be_read_is_not_lost(void **state)
{
    uint32_t n = 1;
    (void)state;
    for (uint32_t failed = 1; failed; n++) {
        struct rooms *rooms = calloc(1, sizeof *rooms);
        rooms_open(rooms, "workflows/bench/workflow.yaml");
        open_cases(rooms, 5);
        rooms_restart(rooms); /* what was cached is forgotten */
        assert_int_equal(enlist(rooms, ALICE, "alice", "").kind, MESSAGE_REGISTERED);
        fail_store(rooms, n);
        failed = pump_until_done(rooms);
        assert_true(failed <= 1);
        fail_store(rooms, 0);
        assert_each_once(rooms, 5);
        rooms_close(rooms);
        free(rooms);
    }
    assert_true(n > 10);
}

/* A report about a task that nobody leases is looked up in the store: an error is said, and is no answer about the task. */
static void a_report_that_cannot_be_looked_up_is_no_refusal(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin;
    struct text why;
    open_cases(rooms, 1);
    enlist(rooms, ALICE, "alice", "");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message settle = {.kind = MESSAGE_SETTLE, .id = bed_id(&rooms->bed), .task = rooms->sent[0].message.task};
    uint32_t n = 1;
    for (enum err code = ERR_IO; code; n++) {
        rooms_restart(rooms);
        enlist(rooms, ALICE, "alice", "");
        fail_store(rooms, n);
        origin = rooms_client;
        code = outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &settle, &origin, &why);
        fail_store(rooms, 0);
        if (code != ERR_OK && code != ERR_IO)
            fail_msg("call %u: %s: %.*s", n, err_name(code), (int)why.size, why.data);
    }
    assert_true(n > 4);
    assert_true(text_is(origin.topic, "bench") && text_is(origin.worker, "alice") && origin.attempt == 1);
}

/* What cannot be looked up counts as owed and stays leased: silence brings it out again. */
static void an_event_whose_task_cannot_be_looked_up_leaves_the_lease(void **state)
{
    for (uint32_t n = 1; n <= 2; n++) {
        struct rooms *rooms = *state;
        rooms->sent_count = 0;
        open_cases(rooms, 1);
        enlist(rooms, ALICE, "alice", "");
        assert_int_equal(rooms_pump(rooms), 1);
        const struct message report = {.kind = MESSAGE_SEND, .task = rooms->sent[0].message.task}, answer = {.kind = MESSAGE_APPLIED};
        fail_store(rooms, n);
        outbox_reported(rooms->outbox, ALICE, &report, &answer);
        fail_store(rooms, 0);
        assert_int_equal(outbox_lease_count(rooms->outbox), 1);
        pass(rooms, 31000);
        assert_int_equal(rooms_lapse(rooms), 1);
        if (n == 1) {
            tear_down(state);
            set_up(state);
        }
    }
}

static void how_long_the_oldest_waits(void **state)
{
    struct rooms *rooms = *state;
    int64_t ready_at;
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == INT64_MAX);
    int64_t since = rooms->time.now;
    open_cases(rooms, 3);
    pass(rooms, 1000);
    uint32_t n = 1;
    for (enum err code = ERR_IO; code; n++) {
        fail_store(rooms, n);
        code = outbox_oldest(rooms->outbox, rooms->time, &ready_at);
        fail_store(rooms, 0);
        assert_true(code == ERR_OK || code == ERR_IO);
    }
    assert_true(n > 4);
    assert_true(ready_at == since);
    /* Before it was owed nothing waited. */
    assert_int_equal(outbox_oldest(rooms->outbox, (struct outbox_time){.now = since - 1}, &ready_at), ERR_OK);
    assert_true(ready_at == INT64_MAX);
    /* Nothing waits that a worker has; what comes then, does. */
    enlist(rooms, ALICE, "alice", "");
    assert_int_equal(rooms_pump(rooms), 3);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == INT64_MAX);
    /* A row whose key is none. */
    struct store_txn *txn;
    assert_int_equal(store_begin_write(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_OUTBOX, TEXT("\0\0\0\0x"), TEXT("x")), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_CORRUPT);
}

/* ---- sending ---- */

static struct {
    struct rooms *rooms;
    uint32_t countdown;
    enum err code;
} mail;

static enum err failing_send(void *context, uint64_t peer, const struct message *message)
{
    if (mail.countdown > 0 && --mail.countdown == 0)
        return mail.code;
    return rooms_send(context, peer, message);
}

static void open_mail(struct rooms *rooms, uint32_t countdown, enum err code)
{
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = failing_send, .context = rooms}, .lease_ms = 30000, .first_lease = 1};
    outbox_destroy(&rooms->outbox);
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
    mail.countdown = countdown;
    mail.code = code;
}

/* Full: until it says something. Gone: another brings the rest, and what the first has got when its time is over. Anything else: an error, and once more. */
static void every_send_fails_once(enum err code)
{
    for (uint32_t n = 1; n <= 6; n++) {
        struct rooms *rooms = calloc(1, sizeof *rooms);
        rooms_open(rooms, "workflows/bench/workflow.yaml");
        open_cases(rooms, 5);
        open_mail(rooms, n, code);
        enlist(rooms, ALICE, "alice", "");
        bool more, disturbed = n <= 5;
        enum err pumped = outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more);
        assert_int_equal(pumped, disturbed && code == ERR_IO ? ERR_IO : ERR_OK);
        assert_int_equal(rooms->sent_count, n - 1);
        assert_int_equal(outbox_lease_count(rooms->outbox), n - 1);
        assert_int_equal(outbox_beat(rooms->outbox, ALICE, rooms->time), !(disturbed && code == ERR_NOT_FOUND));
        enlist(rooms, BOB, "alice", "");
        rooms_pump(rooms);
        assert_each_once(rooms, 5);
        rooms_close(rooms);
        free(rooms);
    }
}

static void a_connection_that_fails_loses_nothing(void **state)
{
    (void)state;
    every_send_fails_once(ERR_BUSY);
    every_send_fails_once(ERR_NOT_FOUND);
    every_send_fails_once(ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_is_an_outbox_or_there_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_cannot_be_registered_comes_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_cannot_be_registered_anew_stays_what_it_was, set_up, tear_down),
        cmocka_unit_test(what_cannot_be_leased_is_not_sent),
        cmocka_unit_test(what_cannot_be_read_is_not_lost),
        cmocka_unit_test_setup_teardown(a_report_that_cannot_be_looked_up_is_no_refusal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_whose_task_cannot_be_looked_up_leaves_the_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(how_long_the_oldest_waits, set_up, tear_down),
        cmocka_unit_test(a_connection_that_fails_loses_nothing),
    };
    return cmocka_run_group_tests_name("outbox, fail the nth", tests, NULL, NULL);
}
