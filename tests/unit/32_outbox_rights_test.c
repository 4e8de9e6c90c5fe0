/* outbox: what a worker may report that it does not lease, whose tasks it is handed when the directory has changed, and what is noted before a task leaves. */
#include "tests/unit/rooms.h"

enum { ALICE = 1001, BOB = 1002 };

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

static void enlist(struct rooms *rooms, uint64_t peer, const char *name, const char *topic, const char *unit)
{
    struct value item = value_text(text_of(topic));
    struct message answer, message = {.kind = MESSAGE_REGISTER, .request = 1, .version = PROTOCOL_VERSION, .what = text_of(name), .unit = text_of(unit), .credit = 100,
                                      .topics = {.kind = VALUE_LIST, .count = 1, .items = &item}};
    outbox_register(rooms->outbox, peer, &message, rooms->time, &answer);
    assert_int_equal(answer.kind, MESSAGE_REGISTERED);
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

static struct message accept_of(struct rooms *rooms, uint64_t task, uint64_t lease)
{
    return (struct message){.kind = MESSAGE_ACCEPT, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .task = task, .lease = lease};
}

static struct message event_for(struct rooms *rooms, uint64_t case_id, const struct message *task)
{
    static const struct field_value done[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"done", 4}}}};
    return (struct message){.kind = MESSAGE_SEND, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .task = task->task, .lease = task->lease, .event = TEXT("resolve"),
                            .as = TEXT("zhou"), .subject = {.kind = CASE_REF_ID, .id = case_id}, .data = done, .data_count = 1};
}

/* As after a restart: the task is there, and nobody leases it. */
static void a_task_that_could_not_be_its_own_is_unknown(void **state)
{
    struct rooms *rooms = *state;
    open_case(rooms, 1);
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message task = *last(rooms);
    rooms_restart(rooms);
    enlist(rooms, ALICE, "alice", "benches", "");
    enlist(rooms, BOB, "bob", "bench", "jinnong/grid-4");
    struct message accepts = accept_of(rooms, task.task, 1);
    expect_refused(rooms_report(rooms, ALICE, &accepts), ERR_UNKNOWN_TASK); /* of another topic */
    expect_refused(rooms_report(rooms, BOB, &accepts), ERR_UNKNOWN_TASK);   /* at another unit */
    enlist(rooms, BOB, "bob", "bench", "jinnong/grid-3");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message accepted = accept_of(rooms, task.task, last(rooms)->lease);
    assert_int_equal(rooms_report(rooms, BOB, &accepted).kind, MESSAGE_APPLIED);
    /* What it holds is its own, whatever it works on by now; another's is not. */
    rooms_restart(rooms);
    enlist(rooms, BOB, "bob", "benches", "jinnong/grid-4");
    enlist(rooms, ALICE, "alice", "benches", "");
    struct message again = accept_of(rooms, task.task, 0);
    expect_refused(rooms_report(rooms, ALICE, &again), ERR_UNKNOWN_TASK);
    struct message done = event_for(rooms, task.case_id, &(struct message){.task = task.task});
    assert_int_equal(rooms_report(rooms, BOB, &done).kind, MESSAGE_APPLIED);
}

static void a_task_gives_no_right_to_another_case(void **state)
{
    struct rooms *rooms = *state;
    uint64_t first = open_case(rooms, 1);
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message task = *last(rooms);
    uint64_t other = open_case(rooms, 2);
    struct message wrong = event_for(rooms, other, &task), nowhere = event_for(rooms, 987654321, &task), right = event_for(rooms, first, &task);
    expect_refused(rooms_report(rooms, ALICE, &wrong), ERR_DENIED);
    expect_refused(rooms_report(rooms, ALICE, &nowhere), ERR_DENIED);
    assert_int_equal(rooms_report(rooms, ALICE, &right).kind, MESSAGE_APPLIED);
}

static void a_store_that_fails_is_no_refusal(void **state)
{
    struct rooms *rooms = *state;
    uint64_t first = open_case(rooms, 1);
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 1);
    struct message task = *last(rooms), right = event_for(rooms, first, &task);
    struct door_origin origin = rooms_client;
    struct text why;
    store_memory_set_fault(rooms->bed.store, (struct store_memory_fault){.countdown = 1, .code = ERR_IO});
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &right, &origin, &why), ERR_IO);
    store_memory_set_fault(rooms->bed.store, (struct store_memory_fault){0});
    assert_int_equal(outbox_check(rooms->outbox, &rooms->bed.arena, ALICE, &right, &origin, &why), ERR_OK);
}

/* ---- what the server is asked ---- */

struct asked {
    uint32_t still, shown;
    bool may;
    enum err note;
};

static bool may_still(void *context, uint64_t peer, struct text name, struct text unit)
{
    struct asked *asked = context;
    asked->still++;
    assert_int_equal(unit.size, 0);
    return asked->may || peer == BOB || text_is(name, "bob");
}

static enum err note_shown(void *context, uint64_t peer, struct text worker, struct view_shown *shown)
{
    struct asked *asked = context;
    asked->shown++;
    assert_true(peer && worker.size && shown->size == 0); /* nothing of it is private */
    return asked->note;
}

static void open_asking(struct rooms *rooms, struct asked *asked)
{
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = rooms_send, .context = rooms}, .lease_ms = 30000,
                                           .may_still = may_still, .note_shown = note_shown, .context = asked};
    outbox_destroy(&rooms->outbox);
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
}

static void who_may_no_more_under_a_new_directory_is_gone(void **state)
{
    struct rooms *rooms = *state;
    struct asked asked = {.may = false};
    open_asking(rooms, &asked);
    enlist(rooms, ALICE, "alice", "bench", "");
    enlist(rooms, BOB, "bob", "benches", "");
    open_case(rooms, 1);
    assert_int_equal(rooms_pump(rooms), 0); /* the first look is at a directory that it has not seen */
    assert_int_equal(asked.still, 2);
    assert_int_equal(outbox_worker_count(rooms->outbox), 1);
    asked.may = true;
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(asked.still, 2); /* asked once for each directory */
}

static void who_is_gone_is_not_asked(void **state)
{
    struct rooms *rooms = *state;
    struct asked asked = {.may = true};
    open_case(rooms, 1);
    open_asking(rooms, &asked);
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 1);
    outbox_gone(rooms->outbox, ALICE); /* it leases one, and is kept for that */
    struct text directory = bed_file(&rooms->bed, "config/directory.yaml");
    char *version = memmem(directory.data, directory.size, "version: ", 9);
    version[9]++;
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "directory.yaml", directory), ERR_OK);
    enlist(rooms, BOB, "bob", "bench", "");
    rooms_pump(rooms);
    assert_int_equal(asked.still, 2); /* bob was */
}

static void what_cannot_be_noted_does_not_leave(void **state)
{
    struct rooms *rooms = *state;
    struct asked asked = {.may = true, .note = ERR_BUSY};
    open_case(rooms, 1);
    open_asking(rooms, &asked);
    enlist(rooms, ALICE, "alice", "bench", "");
    assert_int_equal(rooms_pump(rooms), 0);
    assert_int_equal(outbox_lease_count(rooms->outbox), 0);
    asked.note = ERR_OK;
    assert_true(outbox_beat(rooms->outbox, ALICE, rooms->time));
    assert_int_equal(rooms_pump(rooms), 1);
    assert_int_equal(asked.shown, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_task_that_could_not_be_its_own_is_unknown), TEST(a_task_gives_no_right_to_another_case), TEST(a_store_that_fails_is_no_refusal),
        TEST(who_may_no_more_under_a_new_directory_is_gone), TEST(who_is_gone_is_not_asked), TEST(what_cannot_be_noted_does_not_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
