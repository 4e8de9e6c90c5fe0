/* outbox: what happens at its edges: rows of the store that no event wrote, registrations that cannot be, reports that come when they should
 * not, limits of a turn. */
#include "tests/unit/rooms.h"

#include "engine/limits.h"

enum { ALICE = 1001, BOB = 1002, CAROL = 1003 };

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

static struct message enlist_for(struct rooms *rooms, uint64_t peer, const char *name, const char *topic, const char *unit, uint32_t topics)
{
    struct value *list = ARENA_ARRAY(&rooms->bed.arena, struct value, topics + 1);
    for (uint32_t i = 0; i < topics; i++)
        list[i] = value_text(text_of(topic));
    struct message answer, message = {.kind = MESSAGE_REGISTER, .request = 1, .version = PROTOCOL_VERSION, .what = text_of(name), .unit = text_of(unit), .credit = 1000,
                                      .topics = {.kind = VALUE_LIST, .count = topics, .items = list}};
    outbox_register(rooms->outbox, peer, &message, rooms->time, &answer);
    return answer;
}

static void enlist(struct rooms *rooms, uint64_t peer, const char *name)
{
    assert_int_equal(enlist_for(rooms, peer, name, "bench", "", 1).kind, MESSAGE_REGISTERED);
}

static uint64_t open_case(struct rooms *rooms, uint32_t number)
{
    static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};
    const char *key = arena_print(&rooms->bed.arena, "case-key-%07u", number).data;
    struct message message = message_open(rooms, key, "bench", "jinnong/grid-3/building-7", "zhou", note, 1), answer = rooms_tell(rooms, &message);
    expect_applied(answer);
    return answer.case_id;
}

static const struct message *last(const struct rooms *rooms)
{
    assert_true(rooms->sent_count > 0);
    return &rooms->sent[rooms->sent_count - 1].message;
}

static struct message report(struct rooms *rooms, enum message_kind kind, const struct message *task)
{
    return (struct message){.kind = kind, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .task = task->task, .lease = task->lease,
                            .why = kind == MESSAGE_FAIL ? TEXT("no paper") : (struct text){0}, .again = true};
}

static void pass(struct rooms *rooms, int64_t ms)
{
    rooms->time.now += ms;
    rooms->time.monotonic += ms;
}

/* A row as the engine writes them, and some as it does not. */
static void owe(struct rooms *rooms, const char *topic, int64_t ready_at, uint64_t task, const struct outbox_row *row)
{
    struct store_txn *txn;
    struct record_key key = key_outbox(engine_partition(rooms->bed.engine), text_of(topic), ready_at, task);
    assert_int_equal(store_begin_write(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_OUTBOX, key_text(&key), row_encode_outbox(&rooms->bed.arena, row)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    outbox_changed(rooms->outbox, ready_at);
}

static struct outbox_row row_of_case(struct rooms *rooms, uint64_t case_id, uint32_t attempt)
{
    return (struct outbox_row){.kind = OUTBOX_TASK, .case_id = case_id, .position = engine_position(rooms->bed.engine), .attempt = attempt};
}

static enum err pump(struct rooms *rooms)
{
    bool more;
    return outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more);
}

/* ---- registering ---- */

static void what_cannot_be_registered(void **state)
{
    struct rooms *rooms = *state;
    expect_refused(enlist_for(rooms, ALICE, "alice", "bench", "", 0), ERR_BAD_DATA);
    expect_refused(enlist_for(rooms, ALICE, "alice", "bench", "", LIMIT_TOPICS + 1), ERR_BAD_DATA);
    expect_refused(enlist_for(rooms, ALICE, "alice", RECORD_TOPIC_CASES, "", 1), ERR_UNKNOWN_UNIT);
    expect_refused(enlist_for(rooms, ALICE, "alice", RECORD_TOPIC_COUNTS, "", 1), ERR_UNKNOWN_UNIT);
    struct value topic = value_text(TEXT("bench"));
    struct message answer, newer = {.kind = MESSAGE_REGISTER, .version = PROTOCOL_VERSION + 1, .what = TEXT("alice"), .topics = {.kind = VALUE_LIST, .count = 1, .items = &topic}};
    outbox_register(rooms->outbox, ALICE, &newer, rooms->time, &answer);
    expect_refused(answer, ERR_VERSION);
    assert_int_equal(outbox_worker_count(rooms->outbox), 0);
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "bench", "", LIMIT_TOPICS).kind, MESSAGE_REGISTERED);
}

static void without_a_directory_there_are_no_units(void **state)
{
    (void)state;
    struct rooms *rooms = calloc(1, sizeof *rooms);
    struct store *store;
    *rooms = (struct rooms){.time = {.now = AT(1000), .monotonic = 5000}};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    assert_int_equal(store_memory_open(&rooms->keys), ERR_OK);
    bed_init(&rooms->bed, store);
    assert_int_equal(seal_open(&rooms->seal, rooms->keys, NULL), ERR_OK);
    rooms_open_outbox(rooms);
    expect_refused(enlist_for(rooms, ALICE, "alice", "bench", "jinnong", 1), ERR_UNKNOWN_UNIT);
    enlist(rooms, ALICE, "alice");
    rooms_close(rooms);
    free(rooms);
}

static void who_is_there_and_who_is_gone(void **state)
{
    struct rooms *rooms = *state;
    assert_int_equal(outbox_worker_name(rooms->outbox, ALICE).size, 0);
    outbox_gone(rooms->outbox, ALICE); /* never was */
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(outbox_wait(rooms->outbox, rooms->time), 0); /* nobody has looked yet */
    assert_true(text_is(outbox_worker_name(rooms->outbox, ALICE), "alice"));
    assert_int_equal(rooms_pump(rooms), 1);
    struct value rows = outbox_workers(rooms->outbox, &rooms->bed.arena, rooms->time);
    assert_int_equal(rows.count, 1);
    assert_int_equal(row_number(&rows.items[0], "leased"), 1);
    outbox_gone(rooms->outbox, ALICE); /* kept for its lease, and shown to nobody */
    assert_int_equal(outbox_workers(rooms->outbox, &rooms->bed.arena, rooms->time).count, 0);
    assert_int_equal(outbox_worker_name(rooms->outbox, ALICE).size, 0);
}

/* ---- rows that are not what they should be ---- */

static void a_row_whose_case_is_not_there_is_damage(void **state)
{
    struct rooms *rooms = *state;
    enlist(rooms, ALICE, "alice");
    struct outbox_row row = row_of_case(rooms, 777777, 1);
    owe(rooms, "bench", AT(0), 5, &row);
    assert_int_equal(pump(rooms), ERR_CORRUPT);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
}

static void a_row_that_cannot_be_read_is_damage(void **state)
{
    struct rooms *rooms = *state;
    struct store_txn *txn;
    struct record_key prefix = key_outbox_topic(engine_partition(rooms->bed.engine), TEXT("bench"));
    char *bytes = arena_take(&rooms->bed.arena, prefix.size + 3);
    memcpy(bytes, prefix.bytes, prefix.size);
    struct text key = {.data = bytes, .size = prefix.size + 3}; /* a time and a task have sixteen bytes */
    assert_int_equal(store_begin_write(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_OUTBOX, key, TEXT("x")), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(pump(rooms), ERR_CORRUPT);
}

static void an_attempt_that_was_not_counted_is_the_first(void **state)
{
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 0);
    owe(rooms, "print", AT(0), 9, &row);
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "print", "", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(last(rooms)->attempt, 1);
}

/* A unit of which the directory knows nothing (any more) is in nobody's subtree; nor is anything in the subtree of a unit that is not there. */
static void a_unit_that_is_not_there_is_in_no_subtree(void **state)
{
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    row.unit = 999999;
    owe(rooms, "print", AT(0), 9, &row);
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "print", "jinnong", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 0);
    /* Its worker registered with a path that is called otherwise now. */
    row.unit = 1010;
    owe(rooms, "print", AT(0), 10, &row);
    assert_int_equal(enlist_for(rooms, BOB, "bob", "print", "jinnong/grid-4/building-10", 1).kind, MESSAGE_REGISTERED);
    outbox_gone(rooms->outbox, ALICE);
    char *text = arena_string(&rooms->bed.arena, bed_file(&rooms->bed, "config/directory.yaml"));
    for (char *at = text; (at = strstr(at, "grid-4/building-10")) != NULL; at += 18)
        memcpy(at, "grid-4/building-99", 18);
    memcpy(strstr(text, "version: 2"), "version: 3", 10);
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "directory.yaml", text_of(text)), ERR_OK);
    assert_int_equal(rooms_pump(rooms), 0);
    assert_int_equal(enlist_for(rooms, BOB, "bob", "print", "jinnong/grid-4/building-99", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 1);
}

/* ---- limits of a turn ---- */

/* Rows that are for somebody else are passed over, so many in a turn. */
static void a_turn_looks_at_so_many_rows(void **state)
{
    struct rooms *rooms = *state;
    struct store_txn *txn;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    row.kind = OUTBOX_CANCEL;
    row.worker = TEXT("carol");
    struct text value = row_encode_outbox(&rooms->bed.arena, &row);
    assert_int_equal(store_begin_write(rooms->bed.store, &txn), ERR_OK);
    for (uint64_t task = 1; task <= LIMIT_TURN_SCAN + 10; task++) {
        struct record_key key = key_outbox(engine_partition(rooms->bed.engine), TEXT("print"), AT(0), task << 8);
        assert_int_equal(store_put(txn, STORE_OUTBOX, key_text(&key), value), ERR_OK);
    }
    assert_int_equal(store_commit(&txn), ERR_OK);
    outbox_changed(rooms->outbox, AT(0));
    bool more;
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "print", "", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
    assert_true(more);
    assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
    assert_false(more);
    assert_int_equal(rooms->sent_count, 0);
}

/* However many workers have room. */
static void a_turn_hands_out_so_many(void **state)
{
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    for (uint64_t task = 1; task <= LIMIT_TURN_OFFERS + 50; task++)
        owe(rooms, "print", AT(0), task << 40, &row);
    for (uint32_t i = 0; i < 30; i++)
        assert_int_equal(enlist_for(rooms, 5000 + i, "many", "print", "", 1).kind, MESSAGE_REGISTERED);
    bool more;
    assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
    assert_true(more);
    assert_int_equal(rooms->sent_count, LIMIT_TURN_OFFERS);
    assert_int_equal(rooms_pump(rooms), 50);
}

static enum err take_all(void *context, uint64_t peer, const struct message *message)
{
    (void)context, (void)peer, (void)message;
    return ERR_OK;
}

/* Nor does the question how long the oldest waits look at more. */
static void the_oldest_is_looked_for_in_so_many_rows(void **state)
{
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    struct text value = row_encode_outbox(&rooms->bed.arena, &row);
    struct store_txn *txn;
    outbox_destroy(&rooms->outbox);
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = take_all}, .lease_ms = 30000};
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
    assert_int_equal(store_begin_write(rooms->bed.store, &txn), ERR_OK);
    for (uint64_t task = 1; task <= LIMIT_TURN_SCAN + 10; task++) {
        struct record_key key = key_outbox(engine_partition(rooms->bed.engine), TEXT("print"), AT(0), task << 40);
        assert_int_equal(store_put(txn, STORE_OUTBOX, key_text(&key), value), ERR_OK);
    }
    assert_int_equal(store_commit(&txn), ERR_OK);
    int64_t ready_at;
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == AT(0));
    enlist(rooms, BOB, "bob"); /* who takes the case's own */
    enlist_for(rooms, ALICE, "alice", "print", "", 1);
    for (bool more = true; more && outbox_lease_count(rooms->outbox) < LIMIT_TURN_SCAN;) {
        outbox_credit(rooms->outbox, ALICE, 1000);
        assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
    }
    assert_true(outbox_lease_count(rooms->outbox) >= LIMIT_TURN_SCAN);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == INT64_MAX); /* of those that it looked at */
}

/* What rests waits for a worker again; of several topics the oldest counts, wherever it stands. */
static void what_rests_waits_and_the_oldest_topic_counts(void **state)
{
    struct rooms *rooms = *state;
    int64_t ready_at;
    uint64_t id = open_case(rooms, 1);
    enlist(rooms, BOB, "bob");
    assert_int_equal(rooms_pump(rooms), 1); /* the case's own task is nobody's matter here */
    struct outbox_row row = row_of_case(rooms, id, 1);
    row.kind = OUTBOX_TELL;
    owe(rooms, "alpha", AT(500), 7 << 8, &row);
    owe(rooms, "beta", AT(700), 8 << 8, &row);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == AT(500));
    owe(rooms, "gamma", AT(300), 9 << 8, &row);
    owe(rooms, "later", AT(900000), 10 << 8, &row);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == AT(300));
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "gamma", "", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == AT(500));
    struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
    assert_true(outbox_note_failed(rooms->outbox, ALICE, &fail, rooms->time));
    assert_int_equal(outbox_oldest(rooms->outbox, rooms->time, &ready_at), ERR_OK);
    assert_true(ready_at == AT(300));
    assert_int_equal(outbox_wait(rooms->outbox, rooms->time), 5000); /* for it, and not for what bob has */
    /* It comes under a new lease: what is said under the old one is stale. */
    struct door_origin origin;
    struct text why;
    struct message settle = report(rooms, MESSAGE_SETTLE, last(rooms));
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &settle, &origin, &why), ERR_STALE_LEASE);
}

/* ---- reports ---- */

static void a_notice_rests_as_long_as_its_worker_asks_within_an_hour(void **state)
{
    static const struct { uint64_t after; int64_t rests; } asks[] = {{0, 5000}, {4000, 5000}, {20000, 20000}, {3599999, 3599999}, {3600000, 5000}, {UINT64_MAX / 2, 5000}};
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    row.kind = OUTBOX_TELL;
    owe(rooms, "alpha", AT(500), 7 << 8, &row);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        assert_int_equal(enlist_for(rooms, ALICE, "alice", "alpha", "", 1).kind, MESSAGE_REGISTERED);
        assert_int_equal(rooms_pump(rooms), 1);
        struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
        fail.after = asks[i].after;
        assert_true(outbox_note_failed(rooms->outbox, ALICE, &fail, rooms->time));
        assert_int_equal(outbox_wait(rooms->outbox, rooms->time), asks[i].rests);
        pass(rooms, asks[i].rests);
        assert_int_equal(rooms_lapse(rooms), 0);
    }
}

static void who_may_not_say_that_a_notice_failed(void **state)
{
    struct rooms *rooms = *state;
    uint64_t id = open_case(rooms, 1);
    struct outbox_row row = row_of_case(rooms, id, 1);
    row.kind = OUTBOX_TELL;
    owe(rooms, "alpha", AT(500), 7 << 8, &row);
    assert_int_equal(enlist_for(rooms, ALICE, "alice", "alpha", "", 1).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message fail = report(rooms, MESSAGE_FAIL, last(rooms)), other = fail;
    assert_false(outbox_note_failed(rooms->outbox, BOB, &fail, rooms->time)); /* registered nowhere */
    enlist(rooms, BOB, "bob");
    assert_false(outbox_note_failed(rooms->outbox, BOB, &fail, rooms->time)); /* has another's */
    other.lease++;
    assert_false(outbox_note_failed(rooms->outbox, ALICE, &other, rooms->time));
    other = fail;
    other.task++;
    assert_false(outbox_note_failed(rooms->outbox, ALICE, &other, rooms->time));
    other = fail;
    other.kind = MESSAGE_SETTLE;
    assert_false(outbox_note_failed(rooms->outbox, ALICE, &other, rooms->time));
    assert_true(outbox_note_failed(rooms->outbox, ALICE, &fail, rooms->time));
    assert_false(outbox_note_failed(rooms->outbox, ALICE, &fail, rooms->time)); /* it rests already */
}

/* A task that nobody leases any more is reported by who could have it: by its topic. Of others it is not even said whether there are any. */
static void who_could_never_have_a_task_knows_nothing_of_it(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin;
    struct text why;
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message settle = report(rooms, MESSAGE_SETTLE, last(rooms));
    settle.lease = 0;
    rooms_restart(rooms);
    assert_int_equal(enlist_for(rooms, BOB, "bob", "print", "", 2).kind, MESSAGE_REGISTERED);
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, BOB, &settle, &origin, &why), ERR_UNKNOWN_TASK);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &settle, &origin, &why), ERR_OK);
    settle.task += 1;
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &settle, &origin, &why), ERR_UNKNOWN_TASK);
}

/* A task gives no right to another case than its own. */
static void an_event_is_of_the_task_s_case(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin;
    struct text why;
    uint64_t other = open_case(rooms, 2), id = open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 2);
    struct message event = report(rooms, MESSAGE_SEND, last(rooms));
    event.subject = (struct case_ref){.kind = CASE_REF_ID, .id = id};
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &event, &origin, &why), ERR_OK);
    event.subject.id = other;
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &event, &origin, &why), ERR_DENIED);
    event.subject.id = 4711;
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &event, &origin, &why), ERR_DENIED);
    event.subject.id = id;
    rooms_restart(rooms);
    enlist(rooms, ALICE, "alice");
    event.lease = 0;
    uint32_t n = 1;
    for (enum err code = ERR_IO; code; n++) {
        rooms_begin(rooms); /* what was cached is forgotten */
        rooms_commit(rooms);
        store_memory_set_fault(rooms->bed.store, (struct store_memory_fault){.countdown = n, .code = ERR_IO});
        code = outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &event, &origin, &why);
        store_memory_set_fault(rooms->bed.store, (struct store_memory_fault){0});
        assert_true(code == ERR_OK || code == ERR_IO);
    }
    assert_true(n > 4);
}

static bool bob_may_not(void *context, uint64_t peer, struct text name, struct text unit)
{
    (void)context, (void)peer, (void)unit;
    return !text_is(name, "bob");
}

static void whose_unit_is_not_theirs_any_more_is_gone(void **state)
{
    struct rooms *rooms = *state;
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = rooms_send, .context = rooms}, .lease_ms = 30000, .may_still = bob_may_not};
    outbox_destroy(&rooms->outbox);
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
    open_case(rooms, 1);
    enlist(rooms, CAROL, "carol");
    assert_int_equal(rooms_pump(rooms), 1);
    outbox_gone(rooms->outbox, CAROL); /* kept for her lease */
    enlist(rooms, ALICE, "alice");
    enlist(rooms, BOB, "bob");
    assert_int_equal(outbox_worker_count(rooms->outbox), 2);
    char *text = arena_string(&rooms->bed.arena, bed_file(&rooms->bed, "config/directory.yaml"));
    memcpy(strstr(text, "version: 2"), "version: 3", 10);
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "directory.yaml", text_of(text)), ERR_OK);
    rooms_pump(rooms);
    assert_int_equal(outbox_worker_count(rooms->outbox), 1);
    assert_true(text_is(outbox_worker_name(rooms->outbox, ALICE), "alice"));
}

/* The lease of another attempt, by the same worker's name. */
static void an_older_lease_is_stale(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin;
    struct text why;
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message accept = report(rooms, MESSAGE_ACCEPT, last(rooms));
    accept.lease--;
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &accept, &origin, &why), ERR_STALE_LEASE);
    const struct message applied = {.kind = MESSAGE_APPLIED};
    outbox_reported(rooms->outbox, ALICE, &accept, &applied);
    assert_int_equal(outbox_lease_count(rooms->outbox), 1);
    /* Without one it is hers. */
    accept.lease = 0;
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &accept, &origin, &why), ERR_OK);
}

/* While its failure is being decided, its case says whether a report still counts. */
static void a_report_meets_the_end_of_its_lease(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin;
    struct text why;
    uint64_t lapsed;
    uint64_t id = open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message settle = report(rooms, MESSAGE_SETTLE, last(rooms));
    pass(rooms, 31000);
    assert_true(outbox_lapsed(rooms->outbox, rooms->time, &origin, &lapsed));
    assert_true(lapsed == settle.task);
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &settle, &origin, &why), ERR_OK);
    assert_true(origin.case_id == id && origin.attempt == 1);
    /* The batch is given up: it comes again; and what was settled meanwhile ends nothing. */
    outbox_lapse_again(rooms->outbox);
    outbox_lapse_done(rooms->outbox, lapsed);
    outbox_lapse_done(rooms->outbox, lapsed + 1);
    assert_int_equal(outbox_lease_count(rooms->outbox), 1);
    assert_true(outbox_lapsed(rooms->outbox, rooms->time, &origin, &lapsed));
    outbox_lapse_done(rooms->outbox, lapsed);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
}

static void after_a_refusal_the_worker_still_has_the_task(void **state)
{
    static const struct { enum err code; uint32_t leases; } refusals[] = {{ERR_BAD_DATA, 1}, {ERR_STALE_LEASE, 0}, {ERR_UNKNOWN_TASK, 0}};
    struct rooms *rooms = *state;
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        assert_true(rooms_pump(rooms) == 1 || i == 1);
        struct message settle = report(rooms, MESSAGE_SETTLE, last(rooms));
        const struct message refused = {.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = refusals[i].code};
        outbox_reported(rooms->outbox, ALICE, &settle, &refused);
        assert_int_equal(outbox_lease_count(rooms->outbox), refusals[i].leases);
    }
}

/* Who is gone is told nothing; what it held is let go. */
static void nobody_is_told_who_is_gone(void **state)
{
    struct rooms *rooms = *state;
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 1);
    const uint64_t tasks[] = {last(rooms)->task, 12345};
    outbox_gone(rooms->outbox, ALICE);
    outbox_withdrawn(rooms->outbox, tasks, 2);
    assert_int_equal(rooms->sent_count, 1);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
}

/* ---- sending ---- */

static uint32_t too_large;

static enum err refuse_first(void *context, uint64_t peer, const struct message *message)
{
    return too_large++ == 0 ? ERR_TOO_LARGE : rooms_send(context, peer, message);
}

static void what_is_too_large_goes_without_its_history(void **state)
{
    struct rooms *rooms = *state;
    static const struct text history[] = {TEXT("bench")};
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = refuse_first, .context = rooms}, .lease_ms = 30000,
                                           .history_topics = history, .history_topic_count = 1};
    outbox_destroy(&rooms->outbox);
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
    too_large = 0;
    open_case(rooms, 1);
    open_case(rooms, 2);
    enlist(rooms, ALICE, "alice");
    assert_int_equal(rooms_pump(rooms), 2);
    assert_int_equal(too_large, 3);
    assert_null(value_get(&rooms->sent[0].message.rows, "history"));
    assert_non_null(value_get(&rooms->sent[1].message.rows, "history"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_registered), cmocka_unit_test(without_a_directory_there_are_no_units), TEST(who_is_there_and_who_is_gone),
        TEST(a_row_whose_case_is_not_there_is_damage), TEST(a_row_that_cannot_be_read_is_damage), TEST(an_attempt_that_was_not_counted_is_the_first),
        TEST(a_unit_that_is_not_there_is_in_no_subtree), TEST(a_turn_looks_at_so_many_rows), TEST(a_turn_hands_out_so_many), TEST(the_oldest_is_looked_for_in_so_many_rows),
        TEST(what_rests_waits_and_the_oldest_topic_counts), TEST(a_notice_rests_as_long_as_its_worker_asks_within_an_hour),
        TEST(who_may_not_say_that_a_notice_failed), TEST(who_could_never_have_a_task_knows_nothing_of_it), TEST(an_event_is_of_the_task_s_case),
        TEST(whose_unit_is_not_theirs_any_more_is_gone), TEST(an_older_lease_is_stale), TEST(a_report_meets_the_end_of_its_lease),
        TEST(after_a_refusal_the_worker_still_has_the_task), TEST(nobody_is_told_who_is_gone), TEST(what_is_too_large_goes_without_its_history),
    };
    return cmocka_run_group_tests_name("outbox, edges", tests, NULL, NULL);
}
