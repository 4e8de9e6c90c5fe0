/* What is owed is handed out once at a time, comes back when nobody reports, and goes only by an event. */
#include "tests/unit/rooms.h"

#include "engine/limits.h"

enum { ALICE = 1001, BOB = 1002, ALICE_AGAIN = 1003 };
static const char *const building = "jinnong/grid-3/building-7";

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

static const char *key_of(struct rooms *rooms, uint32_t number)
{
    return arena_print(&rooms->bed.arena, "case-key-%07u", number).data;
}

static struct message open_at(struct rooms *rooms, uint32_t number, const char *unit)
{
    struct field_value *note = ARENA_NEW(&rooms->bed.arena, struct field_value);
    *note = field_text("note", "water");
    return message_open(rooms, key_of(rooms, number), "bench", unit, "zhou", note, 1);
}

static void open_cases(struct rooms *rooms, uint32_t from, uint32_t count)
{
    rooms_begin(rooms);
    for (uint32_t i = 0; i < count; i++) {
        struct message message = open_at(rooms, from + i, building);
        expect_applied(rooms_decide(rooms, &message, &rooms_client));
    }
    rooms_commit(rooms);
    rooms_after(rooms);
}

static struct message register_worker(struct rooms *rooms, uint64_t peer, const char *name, const char *topic, const char *unit, uint32_t credit)
{
    struct value topics[] = {value_text(text_of(topic))};
    const struct message message = {.kind = MESSAGE_REGISTER, .request = 1, .what = text_of(name), .unit = text_of(unit), .credit = credit,
                                    .topics = {.kind = VALUE_LIST, .count = 1, .items = topics}};
    struct message answer;
    outbox_register(rooms->outbox, peer, &message, rooms->time, &answer);
    return recode(rooms, &answer);
}

static void enlist(struct rooms *rooms, uint64_t peer, const char *name, uint32_t credit)
{
    assert_int_equal(register_worker(rooms, peer, name, "bench", "", credit).kind, MESSAGE_REGISTERED);
}

static const struct message *last(const struct rooms *rooms)
{
    assert_true(rooms->sent_count > 0);
    return &rooms->sent[rooms->sent_count - 1].message;
}

static struct message report(struct rooms *rooms, enum message_kind kind, const struct message *task)
{
    return (struct message){.kind = kind, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .task = task->task, .lease = task->lease,
                            .why = kind == MESSAGE_FAIL ? TEXT("the printer is out of paper") : (struct text){0}, .again = true};
}

static struct message resolve(struct rooms *rooms, const struct message *task)
{
    struct field_value *note = ARENA_NEW(&rooms->bed.arena, struct field_value);
    *note = field_text("note", "done");
    return (struct message){.kind = MESSAGE_SEND, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_ID, .id = task->case_id},
                            .event = TEXT("resolve"), .as = TEXT("zhou"), .data = note, .data_count = 1, .task = task->task, .lease = task->lease};
}

static uint64_t owed(struct rooms *rooms)
{
    struct store_figures figures;
    assert_int_equal(store_read_figures(rooms->bed.store, &figures), ERR_OK);
    return figures.rows[STORE_OUTBOX];
}

static void pass(struct rooms *rooms, int64_t ms)
{
    rooms->time.now += ms;
    rooms->time.monotonic += ms;
}

static void a_task_goes_out_with_its_case(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    assert_int_equal(rooms_pump(rooms), 0); /* nobody there */
    struct message answer = register_worker(rooms, ALICE, "alice", "bench", "", 5);
    assert_int_equal(answer.kind, MESSAGE_REGISTERED);
    assert_int_equal(answer.lease_ms, 30000);
    assert_int_equal(rooms_pump(rooms), 1);
    const struct message *task = last(rooms);
    assert_int_equal(task->kind, MESSAGE_TASK);
    assert_true(text_is(task->topic, "bench"));
    assert_int_equal(task->attempt, 1);
    assert_string_equal(row_string(rooms, &task->rows, "s"), "handling");
    assert_string_equal(row_string(rooms, &task->rows, "u"), building);
    assert_string_equal(row_string(rooms, &task->rows, "as"), "zhou");
    assert_string_equal(row_string(rooms, value_get(&task->rows, "data"), "note"), "water");
    assert_string_equal(row_string(rooms, value_get(&task->rows, "event"), "e"), "open");
    assert_null(value_get(&task->rows, "history"));
    assert_int_equal(rooms_pump(rooms), 0); /* leased */
    assert_int_equal(outbox_lease_count(rooms->outbox), 1);
}

static void credit_is_kept(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 100);
    enlist(rooms, ALICE, "alice", 3);
    assert_int_equal(rooms_pump(rooms), 3);
    struct message message = resolve(rooms, last(rooms));
    expect_applied(rooms_report(rooms, ALICE, &message));
    assert_int_equal(rooms_pump(rooms), 0); /* a report gives no credit */
    assert_true(outbox_credit(rooms->outbox, ALICE, 40));
    assert_int_equal(rooms_pump(rooms), 40);
    assert_false(outbox_credit(rooms->outbox, BOB, 1));
    /* Each once. */
    for (uint32_t i = 0; i < rooms->sent_count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_true(rooms->sent[i].message.task != rooms->sent[j].message.task && rooms->sent[i].message.lease != rooms->sent[j].message.lease);
}

static void two_workers_share(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 200);
    enlist(rooms, ALICE, "alice", 200);
    enlist(rooms, BOB, "bob", 200);
    assert_int_equal(rooms_pump(rooms), 200);
    uint32_t alice = 0;
    for (uint32_t i = 0; i < rooms->sent_count; i++)
        alice += rooms->sent[i].peer == ALICE;
    assert_true(alice >= 80 && alice <= 120);
    assert_int_equal(rooms_pump(rooms), 0);
}

static void a_turn_is_bounded(void **state)
{
    struct rooms *rooms = *state;
    bool more;
    open_cases(rooms, 1, 700);
    enlist(rooms, ALICE, "alice", 1000);
    uint32_t turns = 0;
    do {
        uint32_t before = rooms->sent_count;
        assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
        assert_true(rooms->sent_count - before <= LIMIT_TURN_OFFERS);
        turns++;
    } while (more);
    assert_int_equal(rooms->sent_count, 700);
    assert_true(turns >= 3);
}

static void an_event_settles_the_task(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    struct message message = resolve(rooms, last(rooms));
    expect_applied(rooms_report(rooms, ALICE, &message));
    assert_int_equal(owed(rooms), 0);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
    assert_int_equal(rooms->sent_count, 1); /* no cancellation for what it did itself */
    assert_int_equal(rooms_report(rooms, ALICE, &message).kind, MESSAGE_DUPLICATE);
    struct message again = resolve(rooms, last(rooms));
    assert_int_equal(rooms_report(rooms, ALICE, &again).kind, MESSAGE_REFUSED);
}

/* It says something about the case, and goes on working; should it die over that, the task comes again. */
static void an_event_that_stays_leaves_the_task_leased(void **state)
{
    struct rooms *rooms = *state;
    static const char errand[] =
        "workflow: errand\nversion: 1\ntitle: {zh: 跑腿, en: Errand}\n"
        "opens: {by: supervisor, at: building}\ndata: {note: {type: text, most: 400}}\nstart: {go: doing}\n"
        "stages:\n  doing:\n    title: {zh: 办理, en: Doing}\n    at: grid\n    within: 5 working days\n    task: {for: mediator, worker: bench}\n"
        "    events:\n      did: {by: worker, end: done}\n      memo: {by: worker, needs: [note], stay: true}\n    overdue: {end: late}\n"
        "ends: {done: {title: {zh: 办结, en: Done}}, late: {title: {zh: 逾期, en: Late}}}\n";
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "errand.yaml", text_of(errand)), ERR_OK);
    struct message message = message_open(rooms, key_of(rooms, 1), "errand", building, "zhou", NULL, 0);
    expect_applied(rooms_tell(rooms, &message));
    enlist(rooms, ALICE, "alice", 5);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message task = *last(rooms), memo = resolve(rooms, &task);
    memo.event = TEXT("memo");
    expect_applied(rooms_report(rooms, ALICE, &memo));
    assert_int_equal(rooms_report(rooms, ALICE, &memo).kind, MESSAGE_DUPLICATE);
    assert_int_equal(owed(rooms), 1);
    assert_int_equal(outbox_lease_count(rooms->outbox), 1);
    assert_int_equal(rooms_pump(rooms), 0);
    pass(rooms, 31000);
    assert_int_equal(rooms_lapse(rooms), 1);
    pass(rooms, 1000);
    enlist(rooms, BOB, "bob", 5);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_true(last(rooms)->task == task.task);
    struct message did = resolve(rooms, last(rooms));
    did.event = TEXT("did");
    did.data_count = 0;
    expect_applied(rooms_report(rooms, rooms->sent[rooms->sent_count - 1].peer, &did));
    assert_int_equal(owed(rooms), 0);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
}

static void an_accepted_task_is_held_without_a_lease(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    struct message task = *last(rooms), message = report(rooms, MESSAGE_ACCEPT, &task);
    expect_applied(rooms_report(rooms, ALICE, &message));
    assert_int_equal(owed(rooms), 0);
    pass(rooms, 10 * 60 * 1000);
    assert_int_equal(rooms_lapse(rooms), 0);
    rooms_restart(rooms);
    enlist(rooms, BOB, "bob", 5);
    assert_int_equal(rooms_pump(rooms), 0);
    struct message foreign = resolve(rooms, &task);
    expect_refused(rooms_report(rooms, BOB, &foreign), ERR_STALE_LEASE);
    expect_refused(rooms_report(rooms, ALICE, &foreign), ERR_NOT_REGISTERED);
    enlist(rooms, ALICE, "alice", 5);
    foreign.lease = 0;
    expect_applied(rooms_report(rooms, ALICE, &foreign));
}

static void silence_is_a_failed_attempt(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    pass(rooms, 20000);
    assert_true(outbox_beat(rooms->outbox, ALICE, rooms->time));
    pass(rooms, 20000);
    assert_int_equal(rooms_lapse(rooms), 0); /* it was heard */
    assert_int_equal(outbox_wait(rooms->outbox, rooms->time), 10000);
    pass(rooms, 10001);
    assert_int_equal(rooms_lapse(rooms), 1);
    assert_int_equal(owed(rooms), 1);
    assert_int_equal(rooms_pump(rooms), 0); /* later */
    int64_t wait = outbox_wait(rooms->outbox, rooms->time);
    assert_true(wait > 0 && wait <= 1000);
    pass(rooms, wait);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(last(rooms)->attempt, 2);
}

/* The report and the end of the lease meet in one batch. */
static void accepted_in_the_last_moment_is_accepted(void **state)
{
    struct rooms *rooms = *state;
    struct door_origin origin = rooms_client;
    struct event event;
    struct text why;
    uint64_t lapsed;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    struct message accept = report(rooms, MESSAGE_ACCEPT, last(rooms));
    pass(rooms, 31000);
    rooms_begin(rooms);
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &accept, &origin, &why), ERR_OK);
    struct message answer = rooms_decide(rooms, &accept, &origin);
    expect_applied(answer);
    assert_true(outbox_lapsed(rooms->outbox, rooms->time, &origin, &lapsed));
    door_lapse(&rooms->door, &origin, lapsed, &event);
    assert_int_equal(engine_decide(rooms->bed.engine, &event, NULL), ERR_OK);
    rooms_commit(rooms);
    outbox_reported(rooms->outbox, ALICE, &accept, &answer);
    outbox_lapse_done(rooms->outbox, lapsed);
    rooms_after(rooms);
    assert_int_equal(owed(rooms), 0);
    assert_int_equal(rooms_pump(rooms), 0);
    bed_assert_replays(&rooms->bed);
}

static void who_comes_late_is_told(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 1);
    rooms_pump(rooms);
    struct message task = *last(rooms);
    pass(rooms, 31000);
    assert_int_equal(rooms_lapse(rooms), 1);
    pass(rooms, 1000);
    enlist(rooms, BOB, "bob", 1);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message late = resolve(rooms, &task);
    expect_refused(rooms_report(rooms, ALICE, &late), ERR_STALE_LEASE);
    struct message fail = report(rooms, MESSAGE_FAIL, &task);
    expect_refused(rooms_report(rooms, ALICE, &fail), ERR_STALE_LEASE);
    struct message unknown = report(rooms, MESSAGE_ACCEPT, &(struct message){.task = 77, .lease = 1});
    expect_refused(rooms_report(rooms, BOB, &unknown), ERR_UNKNOWN_TASK);
    struct message none = report(rooms, MESSAGE_SEND, &(struct message){.task = 0});
    expect_refused(rooms_report(rooms, BOB, &none), ERR_DENIED);
}

/* Its answer was lost, and by now another has the task: the first answer all the same. */
static void a_repeated_failure_is_a_duplicate(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 1);
    rooms_pump(rooms);
    struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
    expect_applied(rooms_report(rooms, ALICE, &fail));
    assert_int_equal(rooms_report(rooms, ALICE, &fail).kind, MESSAGE_DUPLICATE);
    pass(rooms, 1000);
    enlist(rooms, BOB, "bob", 1);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(rooms_report(rooms, ALICE, &fail).kind, MESSAGE_DUPLICATE);
    /* Said again under a lease of the next attempt, it says nothing about that one, but who says it is through: it goes out again. */
    fail.lease = last(rooms)->lease;
    outbox_gone(rooms->outbox, ALICE);
    enlist(rooms, BOB, "alice", 1);
    assert_int_equal(rooms_report(rooms, BOB, &fail).kind, MESSAGE_DUPLICATE);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(last(rooms)->attempt, 2);
}

/* Its answer was lost, and by now its own sender has accepted the next attempt: that one goes on. */
static void a_failure_speaks_of_the_attempt_of_its_lease(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
    fail.id = (struct text){0};
    expect_applied(rooms_report(rooms, ALICE, &fail));
    pass(rooms, 1000);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message second = *last(rooms), accept = report(rooms, MESSAGE_ACCEPT, &second);
    assert_int_equal(second.attempt, 2);
    expect_applied(rooms_report(rooms, ALICE, &accept));
    expect_refused(rooms_report(rooms, ALICE, &fail), ERR_STALE_LEASE);
    assert_int_equal(owed(rooms), 0);
    /* Without a lease nothing but an id tells a repeat of it from the failure of the attempt after it. */
    fail.lease = 0;
    expect_refused(rooms_report(rooms, ALICE, &fail), ERR_MALFORMED);
    fail.id = bed_id(&rooms->bed);
    expect_applied(rooms_report(rooms, ALICE, &fail));
    pass(rooms, 60000);
    enlist(rooms, ALICE, "alice", 5);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(last(rooms)->attempt, 3);
    struct message third = *last(rooms);
    accept = report(rooms, MESSAGE_ACCEPT, &third);
    expect_applied(rooms_report(rooms, ALICE, &accept));
    assert_int_equal(rooms_report(rooms, ALICE, &fail).kind, MESSAGE_DUPLICATE);
    /* Under its own lease it fails what was accepted under it. */
    fail = report(rooms, MESSAGE_FAIL, &third);
    expect_applied(rooms_report(rooms, ALICE, &fail));
    bed_assert_replays(&rooms->bed);
}

static void a_late_report_that_nobody_contests_counts(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 1);
    rooms_pump(rooms);
    struct message message = resolve(rooms, last(rooms));
    rooms_restart(rooms); /* the engine forgot the lease; the worker did its work */
    enlist(rooms, ALICE, "alice", 0);
    expect_applied(rooms_report(rooms, ALICE, &message));
    assert_int_equal(owed(rooms), 0);
}

/* Two copies of one acceptance: the first comes while another has the task, and its sender drops it; so the second must not count either. */
static void an_acceptance_that_was_refused_stays_refused(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 1);
    rooms_pump(rooms);
    struct message accept = report(rooms, MESSAGE_ACCEPT, last(rooms));
    pass(rooms, 31000);
    assert_int_equal(rooms_lapse(rooms), 1);
    pass(rooms, 1000);
    enlist(rooms, BOB, "bob", 1);
    assert_int_equal(rooms_pump(rooms), 1);
    expect_refused(rooms_report(rooms, ALICE, &accept), ERR_STALE_LEASE);
    pass(rooms, 31000);
    assert_int_equal(rooms_lapse(rooms), 1);
    enlist(rooms, ALICE, "alice", 0);
    expect_refused(rooms_report(rooms, ALICE, &accept), ERR_STALE_LEASE);
    rooms_restart(rooms);
    enlist(rooms, ALICE, "alice", 1);
    expect_refused(rooms_report(rooms, ALICE, &accept), ERR_STALE_LEASE);
    /* It comes again, and is accepted once; who holds it hears so however often it asks. */
    pass(rooms, 60000);
    outbox_beat(rooms->outbox, ALICE, rooms->time);
    assert_int_equal(rooms_pump(rooms), 1);
    accept = report(rooms, MESSAGE_ACCEPT, last(rooms));
    expect_applied(rooms_report(rooms, ALICE, &accept));
    assert_int_equal(rooms_report(rooms, ALICE, &accept).kind, MESSAGE_DUPLICATE);
    accept.id = (struct text){0};
    expect_applied(rooms_report(rooms, ALICE, &accept));
    bed_assert_replays(&rooms->bed);
}

static void failing_too_often_is_an_incident_until_a_supervisor_retries(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 10);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(rooms_pump(rooms), 1);
        assert_int_equal(last(rooms)->attempt, attempt);
        struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
        expect_applied(rooms_report(rooms, ALICE, &fail));
        pass(rooms, 60000);
        outbox_beat(rooms->outbox, ALICE, rooms->time);
    }
    assert_int_equal(rooms_pump(rooms), 0);
    assert_int_equal(owed(rooms), 0);
    struct message retry = {.kind = MESSAGE_RETRY, .request = 1, .id = bed_id(&rooms->bed), .as = TEXT("zhou"), .task = last(rooms)->task};
    expect_applied(rooms_tell(rooms, &retry));
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(last(rooms)->attempt, 1);
    assert_int_equal(rooms_tell(rooms, &retry).kind, MESSAGE_DUPLICATE); /* the incident is gone, the answer is not */
    retry.id = bed_id(&rooms->bed);
    expect_refused(rooms_tell(rooms, &retry), ERR_UNKNOWN_INCIDENT);
}

static void a_wished_delay_is_kept(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 10);
    rooms_pump(rooms);
    struct message fail = report(rooms, MESSAGE_FAIL, last(rooms));
    fail.after = 20000;
    expect_applied(rooms_report(rooms, ALICE, &fail));
    int64_t wait = outbox_wait(rooms->outbox, rooms->time);
    assert_true(wait >= 10000 && wait <= 20000);
}

static void what_is_withdrawn_is_cancelled(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    rooms_pump(rooms);
    uint64_t task = last(rooms)->task, lease = last(rooms)->lease;
    struct field_value note = field_text("note", "settled by hand");
    struct message message = message_send(rooms, key_of(rooms, 1), "resolve", "zhou", &note, 1);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms->sent_count, 2);
    assert_int_equal(last(rooms)->kind, MESSAGE_CANCEL);
    assert_true(last(rooms)->task == task && last(rooms)->lease == lease && last(rooms)->about == 0);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
}

static void the_cancellation_of_an_accepted_task_is_owed_to_its_holder(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 1);
    enlist(rooms, ALICE, "alice", 5);
    enlist(rooms, BOB, "bob", 0);
    rooms_pump(rooms);
    struct message task = *last(rooms), message = report(rooms, MESSAGE_ACCEPT, &task);
    expect_applied(rooms_report(rooms, ALICE, &message));
    struct field_value note = field_text("note", "settled by hand");
    message = message_send(rooms, key_of(rooms, 1), "resolve", "zhou", &note, 1);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(owed(rooms), 1);
    rooms_restart(rooms);
    enlist(rooms, BOB, "bob", 5);
    assert_int_equal(rooms_pump(rooms), 0);
    enlist(rooms, ALICE, "alice", 5);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message cancel = *last(rooms);
    assert_int_equal(cancel.kind, MESSAGE_CANCEL);
    assert_true(cancel.about == task.task && cancel.task != task.task);

    /* It could not take note: it rests, then comes again; nothing of it is an attempt. */
    struct message fail = report(rooms, MESSAGE_FAIL, &cancel);
    assert_true(outbox_note_failed(rooms->outbox, ALICE, &fail, rooms->time));
    assert_int_equal(rooms_pump(rooms), 0);
    pass(rooms, 5000);
    assert_int_equal(rooms_lapse(rooms), 0);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message stale = report(rooms, MESSAGE_SETTLE, &cancel);
    expect_refused(rooms_report(rooms, ALICE, &stale), ERR_STALE_LEASE);
    /* So it does when she says so on another connection than the one that it came by. */
    fail = report(rooms, MESSAGE_FAIL, last(rooms));
    enlist(rooms, ALICE_AGAIN, "alice", 5);
    assert_true(outbox_note_failed(rooms->outbox, ALICE_AGAIN, &fail, rooms->time));
    pass(rooms, 5000);
    assert_int_equal(rooms_lapse(rooms), 0);
    assert_int_equal(rooms_pump(rooms), 1);
    outbox_gone(rooms->outbox, ALICE_AGAIN);
    /* Silence: owed again at once. */
    pass(rooms, 31000);
    enlist(rooms, ALICE, "alice", 5);
    assert_int_equal(rooms_lapse(rooms), 0);
    assert_int_equal(rooms_pump(rooms), 1);
    struct message settle = report(rooms, MESSAGE_SETTLE, last(rooms));
    expect_applied(rooms_report(rooms, ALICE, &settle));
    assert_int_equal(owed(rooms), 0);
    assert_int_equal(rooms_report(rooms, ALICE, &settle).kind, MESSAGE_DUPLICATE);
    settle.id = bed_id(&rooms->bed);
    expect_refused(rooms_report(rooms, ALICE, &settle), ERR_UNKNOWN_TASK);
    bed_assert_replays(&rooms->bed);
}

static void units_limit_a_worker(void **state)
{
    struct rooms *rooms = *state;
    expect_refused(register_worker(rooms, ALICE, "alice", "bench", "no-such-unit", 5), ERR_UNKNOWN_UNIT);
    struct message none = {.kind = MESSAGE_REGISTER, .request = 1, .what = TEXT("alice"), .unit = TEXT("jinnong"), .credit = 5}, answer;
    outbox_register(rooms->outbox, ALICE, &none, rooms->time, &answer);
    expect_refused(answer, ERR_BAD_DATA); /* it names no topic: its unit is right */
    open_cases(rooms, 1, 3);
    struct message other = open_at(rooms, 9, "jinnong/grid-4/building-10");
    expect_applied(rooms_tell(rooms, &other));
    assert_int_equal(register_worker(rooms, ALICE, "alice", "bench", "jinnong/grid-4", 5).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 1);
    assert_string_equal(row_string(rooms, &last(rooms)->rows, "u"), "jinnong/grid-4/building-10");
    assert_int_equal(register_worker(rooms, ALICE, "alice", "bench", "jinnong", 5).kind, MESSAGE_REGISTERED); /* replaces */
    assert_int_equal(rooms_pump(rooms), 3);
}

static void another_topic_is_another_queue(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 3);
    assert_int_equal(register_worker(rooms, ALICE, "alice", "benches", "", 5).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 0);
    assert_int_equal(register_worker(rooms, BOB, "bob", "benc", "", 5).kind, MESSAGE_REGISTERED);
    assert_int_equal(rooms_pump(rooms), 0);
}

static void a_full_or_lost_connection_leases_nothing(void **state)
{
    struct rooms *rooms = *state;
    open_cases(rooms, 1, 3);
    enlist(rooms, ALICE, "alice", 5);
    rooms->refuse_sending = ERR_BUSY;
    assert_int_equal(rooms_pump(rooms), 0);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
    rooms->refuse_sending = ERR_OK;
    assert_int_equal(rooms_pump(rooms), 0); /* until it says something */
    outbox_beat(rooms->outbox, ALICE, rooms->time);
    assert_int_equal(rooms_pump(rooms), 3);
    open_cases(rooms, 10, 1);
    rooms->refuse_sending = ERR_NOT_FOUND;
    assert_int_equal(rooms_pump(rooms), 0);
    assert_false(outbox_beat(rooms->outbox, ALICE, rooms->time));
    assert_int_equal(outbox_lease_count(rooms->outbox), 3); /* it may be back on another connection */
    rooms->refuse_sending = ERR_OK;
    enlist(rooms, BOB, "alice", 5);
    struct message message = resolve(rooms, &rooms->sent[0].message);
    expect_applied(rooms_report(rooms, BOB, &message));
    pass(rooms, 31000);
    assert_int_equal(rooms_lapse(rooms), 2);
}

static void the_silent_are_forgotten(void **state)
{
    struct rooms *rooms = *state;
    enlist(rooms, ALICE, "alice", 5);
    pass(rooms, 91000);
    enlist(rooms, BOB, "bob", 5); /* sweeps */
    assert_int_equal(outbox_worker_count(rooms->outbox), 1);
    assert_false(outbox_beat(rooms->outbox, ALICE, rooms->time));
    for (uint32_t i = 0; i < LIMIT_WORKERS - 1; i++)
        enlist(rooms, 5000 + i, "many", 1);
    assert_int_equal(register_worker(rooms, 9999, "one-more", "bench", "", 1).kind, MESSAGE_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_task_goes_out_with_its_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(credit_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_workers_share, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_turn_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_settles_the_task, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_that_stays_leaves_the_task_leased, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_accepted_task_is_held_without_a_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_a_failed_attempt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_comes_late_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accepted_in_the_last_moment_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_failure_is_a_duplicate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_speaks_of_the_attempt_of_its_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_report_that_nobody_contests_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_acceptance_that_was_refused_stays_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failing_too_often_is_an_incident_until_a_supervisor_retries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wished_delay_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_withdrawn_is_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_cancellation_of_an_accepted_task_is_owed_to_its_holder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_limit_a_worker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_topic_is_another_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_or_lost_connection_leases_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_silent_are_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
