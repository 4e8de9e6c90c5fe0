/* tasks: several side by side, claim and hand-over, what workers report, incidents. */
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"

static struct world w;
static struct builder b;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "tasks");
    field(&b, "kind", FIELD_TEXT);
    stage(&b, "work");
    stage(&b, "after");
    level(&b, "building");
    stage_at(&b, "after", "grid");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void begin(void)
{
    opens(&b, "mediator", "", "", "kind", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static struct case_task *task_row(uint32_t index)
{
    assert_true(index < w.state->task_count);
    return &w.state->tasks[index];
}

/* ---- several ---- */

static void three_tasks(enum done_kind done, int32_t some)
{
    one_of_tasks(&b, "work", "measure", "mediator", NULL);
    one_of_tasks(&b, "work", "photograph", "mediator", "camera");
    one_of_tasks(&b, "work", "ask", "mediator", NULL);
    event(&b, "work", "drop", any(&b, "mediator"), end_with(&b, "dropped"));
    stage_row(&b, "work")->done = (int32_t)done;
    stage_row(&b, "work")->done_some = some;
    stage_row(&b, "work")->then = go(&b, "after", NULL);
    begin();
    assert_int_equal(w.state->task_count, 3);
    assert_int_equal(effects_of(&w, EFFECT_OFFER), 1);
}

static void all_of_them(void **state)
{
    (void)state;
    three_tasks(DONE_ALL, 0);
    applied(&w, "measure", "li");
    assert_int_equal(task_row(0)->state, TASK_DONE);
    refused(&w, "measure", "li", ERR_NOT_NOW, "the task that 'measure' settles is done");
    assert_int_equal(w.decision.possible_count, 6);
    applied(&w, "photograph", "wang");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    stands(&w, "work", "building", "jinnong/grid-3/building-7");
    applied(&w, "ask", "li");
    stands(&w, "after", "grid", "jinnong/grid-3");
    assert_int_equal(w.state->task_count, 0);
}

static void any_of_them_cancels_the_rest(void **state)
{
    (void)state;
    three_tasks(DONE_ANY, 0);
    applied(&w, "ask", "li");
    stands(&w, "after", "grid", "jinnong/grid-3");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    assert_true(text_is(effect_of(&w, EFFECT_WITHDRAW, 0)->topic, "camera"));
}

static void two_of_them(void **state)
{
    (void)state;
    three_tasks(DONE_SOME, 2);
    applied(&w, "ask", "li");
    stands(&w, "work", "building", "jinnong/grid-3/building-7");
    applied(&w, "measure", "li");
    stands(&w, "after", "grid", "jinnong/grid-3");
}

static void leaving_cancels_and_tells_who_holds(void **state)
{
    (void)state;
    three_tasks(DONE_ALL, 0);
    give_text(&w, "task", "ask");
    applied(&w, "claim", "wang");
    give_text(&w, "task", "measure");
    applied(&w, "claim", "li");
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_ACCEPT, .worker = TEXT("cam"), .task = task_row(1)->id}), ERR_OK);
    uint64_t accepted = task_row(1)->id;
    applied(&w, "drop", "li");
    has_ended(&w, "dropped");
    told(&w, NOTICE_CANCELLED, "wang"); /* li sent it and knows */
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 0);
    const struct effect *cancel = effect_of(&w, EFFECT_CANCEL, 0);
    assert_true(cancel && cancel->about == accepted && text_is(cancel->worker, "cam") && text_is(cancel->topic, "camera"));
    assert_int_equal(cancel->task, (w.position - 1) * 256);
}

static void a_task_has_a_deadline_of_its_own(void **state)
{
    (void)state;
    struct workflow_task *measure = one_of_tasks(&b, "work", "measure", "mediator", NULL);
    one_of_tasks(&b, "work", "ask", "mediator", NULL)->within = limit(&b, "3 days", FROM_ENTRY, NULL);
    measure->within = limit(&b, "1 day", FROM_ENTRY, NULL);
    measure->overdue = go(&b, "after", NULL);
    stage_row(&b, "work")->done = DONE_ALL;
    stage_row(&b, "work")->then = go(&b, "after", NULL);
    begin();
    const struct case_state *before = w.state;
    assert_int_equal(w.state->clock_count, 2);
    wait_until(&w, "2026-03-04 09:00");
    stands(&w, "after", "grid", "jinnong/grid-3");
    assert_int_equal(w.state->flags, CASE_WAS_LATE);
    assert_int_equal(w.state->clock_count, 0);
    w.state = before;
    w.now = before->last_at;
    applied(&w, "measure", "li");
    assert_int_equal(w.state->clock_count, 1);
    wait_until(&w, "2026-03-06 09:00");
    stands(&w, "work", "building", "jinnong/grid-3/building-7"); /* no outcome: marked */
    assert_int_equal(w.state->flags, CASE_WAS_LATE | CASE_OVERDUE);
    told(&w, NOTICE_OVERDUE, "mediator@jinnong/grid-3/building-7 supervisor@jinnong/grid-3 supervisor@jinnong/grid-3/building-7");
    applied(&w, "ask", "li");
    assert_int_equal(w.state->flags, CASE_WAS_LATE);
}

/* ---- claim, hand-over ---- */

static void claim_and_hand_over(void **state)
{
    (void)state;
    task(&b, "work", "mediator", NULL);
    event(&b, "work", "finish", any(&b, "mediator"), go(&b, "after", NULL));
    begin();
    refused(&w, "claim", "gao", ERR_NOT_ALLOWED, "not among those whom the task is for");
    applied(&w, "claim", "wang");
    assert_true(task_row(0)->state == TASK_HELD && text_is(task_row(0)->holder, "wang"));
    refused(&w, "claim", "li", ERR_NOT_NOW, "wang holds the task work already");
    refused(&w, "hand-over", "li", ERR_BAD_DATA, "to: is needed");
    give_text(&w, "to", "gao");
    refused(&w, "hand-over", "li", ERR_BAD_DATA, "gao is not among those whom the task work is for: mediator at jinnong/grid-3/building-7");
    give_text(&w, "to", "wang");
    refused(&w, "hand-over", "li", ERR_BAD_DATA, "wang holds the task work already");
    give_text(&w, "to", "wu");
    give_text(&w, "why", "busy");
    refused(&w, "hand-over", "li", ERR_BAD_DATA, "why: does not come with this event; allowed: task, to");
    give_text(&w, "to", "wu");
    applied(&w, "hand-over", "li");
    told(&w, NOTICE_HANDED_OVER, "wu");
    told(&w, NOTICE_CANCELLED, "wang");
    assert_true(text_is(task_row(0)->holder, "wu"));
    applied(&w, "finish", "wu");
    told(&w, NOTICE_CANCELLED, "");
    refused(&w, "claim", "gao", ERR_NOT_NOW, "no such task");
}

static void which_task_must_be_said(void **state)
{
    (void)state;
    three_tasks(DONE_ALL, 0);
    refused(&w, "claim", "li", ERR_BAD_DATA, "task: is needed");
    give_text(&w, "task", "sing");
    refused(&w, "claim", "li", ERR_NOT_NOW, "no such task");
    give_true(&w, "task", true);
    refused(&w, "claim", "li", ERR_BAD_DATA, "task: must be a text");
    give_text(&w, "task", "photograph");
    applied(&w, "claim", "li");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1); /* a person has it: workers are not asked any more */
    assert_int_equal(task_row(1)->topic.size, 0);
}

/* ---- workers ---- */

static void one_worker_task(void)
{
    task(&b, "work", "mediator", "printing");
    event(&b, "work", "printed", any(&b, "mediator worker"), go(&b, "after", NULL));
    event(&b, "work", "jammed", any(&b, "mediator"), stay(&b));
    begin();
}

static enum err report(enum event_kind kind, const char *worker, uint32_t attempt, bool again)
{
    return decide(&w, (struct event){.kind = kind, .worker = text_of(worker), .task = w.state->tasks ? w.state->tasks[0].id : 0, .attempt = attempt,
                                     .again = again, .why = TEXT("no paper"), .attempts_most = 3, .retry_base_ms = 1000, .retry_most_ms = 1500});
}

static void a_worker_settles_by_an_event(void **state)
{
    (void)state;
    one_worker_task();
    const struct effect *offer = effect_of(&w, EFFECT_OFFER, 0);
    assert_true(offer && offer->ready_at == w.now && text_is(offer->topic, "printing"));
    assert_int_equal(report(EVENT_SETTLE, "w1", 0, false), ERR_BAD_DATA);
    assert_non_null(strstr(arena_string(&w.arena, w.decision.why), "send printed"));
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_SEND, .name = TEXT("jammed"), .worker = TEXT("w1"), .task = task_row(0)->id}),
                     ERR_NOT_ALLOWED);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_SEND, .name = TEXT("printed"), .worker = TEXT("w1"), .task = task_row(0)->id}), ERR_OK);
    stands(&w, "after", "grid", "jinnong/grid-3");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    assert_int_equal(effects_of(&w, EFFECT_CANCEL), 0);
}

static void what_is_over_is_unknown_what_is_another_s_is_stale(void **state)
{
    (void)state;
    one_worker_task();
    uint64_t id = task_row(0)->id;
    assert_int_equal(report(EVENT_ACCEPT, "w1", 0, false), ERR_OK);
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    assert_int_equal(report(EVENT_ACCEPT, "w1", 0, false), ERR_OK); /* its answer was lost */
    assert_int_equal(w.decision.effect_count, 0);
    assert_int_equal(report(EVENT_ACCEPT, "w2", 0, false), ERR_STALE_LEASE);
    assert_int_equal(report(EVENT_FAIL, "w2", 1, true), ERR_STALE_LEASE);
    struct event lapse = {.kind = EVENT_FAIL, .worker = TEXT("w1"), .task = id, .attempt = 1, .again = true, .lapsed = true};
    assert_int_equal(decide(&w, lapse), ERR_STALE_LEASE); /* who has accepted has no lease any more that could run out */
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_SEND, .name = TEXT("printed"), .worker = TEXT("w2"), .task = id}), ERR_STALE_LEASE);
    refused(&w, "claim", "li", ERR_NOT_NOW, "no such task is open to people");
    applied(&w, "printed", "li");
    assert_int_equal(effects_of(&w, EFFECT_CANCEL), 1);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_SEND, .name = TEXT("printed"), .worker = TEXT("w1"), .task = id}), ERR_UNKNOWN_TASK);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_ACCEPT, .worker = TEXT("w1"), .task = id}), ERR_UNKNOWN_TASK);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_FAIL, .worker = TEXT("w1"), .task = id, .attempt = 1}), ERR_UNKNOWN_TASK);
}

static void failures_come_back_later_each_time(void **state)
{
    (void)state;
    one_worker_task();
    int64_t ready = task_row(0)->ready_at;
    assert_int_equal(report(EVENT_FAIL, "w1", 2, true), ERR_STALE_LEASE);
    assert_int_equal(report(EVENT_FAIL, "w1", 1, true), ERR_OK);
    const struct effect *offer = effect_of(&w, EFFECT_OFFER, 0), *withdrawn = effect_of(&w, EFFECT_WITHDRAW, 0);
    assert_true(withdrawn && withdrawn->was_ready_at == ready && withdrawn < offer); /* from where it stood, then to where it stands */
    assert_true(offer && offer->ready_at == task_row(0)->ready_at);
    assert_in_range(offer->ready_at - w.now, 500, 1000);
    assert_int_equal(report(EVENT_FAIL, "w1", 1, true), ERR_STALE_LEASE); /* twice the same */
    assert_int_equal(task_row(0)->attempts, 1);
    assert_int_equal(report(EVENT_ACCEPT, "w1", 0, false), ERR_OK);
    assert_int_equal(report(EVENT_FAIL, "w1", 2, true), ERR_OK);
    offer = effect_of(&w, EFFECT_OFFER, 0);
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 0);   /* it had been accepted, and stood nowhere */
    assert_in_range(offer->ready_at - w.now, 750, 1500);    /* doubled, but for the most */
    assert_int_equal(task_row(0)->holder.size, 0);
}

static void fail_for_good(void)
{
    for (uint32_t attempt = 1; attempt <= 3; attempt++)
        assert_int_equal(report(EVENT_FAIL, "w1", attempt, true), ERR_OK);
}

static void the_last_failure_is_an_incident(void **state)
{
    (void)state;
    one_worker_task();
    fail_for_good();
    const struct effect *incident = effect_of(&w, EFFECT_INCIDENT, 0);
    assert_true(incident && text_is(incident->why, "no paper") && text_is(incident->topic, "printing"));
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    assert_int_equal(w.state->flags, CASE_INCIDENT);
    assert_int_equal(report(EVENT_FAIL, "w1", 4, true), ERR_STALE_LEASE);
    assert_int_equal(report(EVENT_ACCEPT, "w1", 0, false), ERR_STALE_LEASE);
    stands(&w, "work", "building", "jinnong/grid-3/building-7");
    applied(&w, "printed", "li"); /* a person gets on with it */
    assert_int_equal(effects_of(&w, EFFECT_INCIDENT_CLOSED), 1);
    assert_int_equal(w.state->flags, 0);
}

static void not_worth_another_try_is_one_at_once(void **state)
{
    (void)state;
    one_worker_task();
    assert_int_equal(report(EVENT_FAIL, "w1", 1, false), ERR_OK);
    assert_int_equal(task_row(0)->state, TASK_FAILED);
    assert_int_equal(effects_of(&w, EFFECT_INCIDENT), 1);
    applied(&w, "claim", "wang"); /* or takes it over */
    assert_int_equal(effects_of(&w, EFFECT_INCIDENT_CLOSED), 1);
    assert_int_equal(w.state->flags, 0);
}

static void a_supervisor_tries_again(void **state)
{
    (void)state;
    one_worker_task();
    uint64_t id = task_row(0)->id;
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RETRY, .as = TEXT("sun"), .task = id}), ERR_UNKNOWN_INCIDENT);
    fail_for_good();
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RETRY, .as = TEXT("li"), .task = id}), ERR_NOT_ALLOWED);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RETRY, .as = TEXT("sun"), .task = id}), ERR_OK);
    const struct effect *offer = effect_of(&w, EFFECT_OFFER, 0);
    assert_true(offer && offer->ready_at == w.now);
    assert_int_equal(effects_of(&w, EFFECT_INCIDENT_CLOSED), 1);
    assert_true(task_row(0)->attempts == 0 && task_row(0)->state == TASK_OPEN && w.state->flags == 0);
    fail_for_good();
    assert_int_equal(task_row(0)->state, TASK_FAILED);
}

static void topics_by_level_and_by_field(void **state)
{
    (void)state;
    struct workflow_task *one = task(&b, "work", "mediator", NULL);
    int32_t first = topic_row(&b, NONE, value_of_text(&b, "loud"), "noise");
    topic_row(&b, NONE, NONE, "other");
    one->topics = (struct span){first, 2};
    one->topic_field = find_field(&b, "kind");
    event(&b, "work", "finish", any(&b, "mediator"), go(&b, "after", NULL));
    int32_t rows = topic_row(&b, level(&b, "community"), NONE, "community-work");
    topic_row(&b, level(&b, "grid"), NONE, "grid-work");
    task(&b, "after", "mediator", NULL)->topics = (struct span){rows, 2};
    give_text(&w, "kind", "loud");
    begin();
    assert_true(text_is(task_row(0)->topic, "noise"));
    applied(&w, "finish", "li");
    assert_true(text_is(task_row(0)->topic, "grid-work"));
    give_text(&w, "kind", "quiet");
    opened(&w, "jinnong/grid-3/building-7", "li");
    assert_true(text_is(task_row(0)->topic, "other"));
}

static void release_offers_what_is_open(void **state)
{
    (void)state;
    w.held = true;
    one_worker_task();
    assert_int_equal(w.decision.effect_count, 0);
    w.now += 5000;
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RELEASE}), ERR_OK);
    const struct effect *offer = effect_of(&w, EFFECT_OFFER, 0);
    assert_true(offer && offer->task == task_row(0)->id && offer->ready_at == w.now);
}

static void more_tasks_than_a_case_can_have(void **state)
{
    (void)state;
    for (int i = 0; i < CASE_TASKS_MOST + 1; i++)
        one_of_tasks(&b, "after", arena_string(&w.arena, arena_print(&w.arena, "t%d", i)), "mediator", NULL);
    event(&b, "work", "finish", any(&b, "mediator"), go(&b, "after", NULL));
    begin();
    refused(&w, "finish", "li", ERR_CASE_FULL, "65 tasks, at most 64");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(all_of_them), TEST(any_of_them_cancels_the_rest), TEST(two_of_them), TEST(leaving_cancels_and_tells_who_holds),
        TEST(a_task_has_a_deadline_of_its_own), TEST(claim_and_hand_over), TEST(which_task_must_be_said), TEST(a_worker_settles_by_an_event),
        TEST(what_is_over_is_unknown_what_is_another_s_is_stale), TEST(failures_come_back_later_each_time),
        TEST(the_last_failure_is_an_incident), TEST(not_worth_another_try_is_one_at_once), TEST(a_supervisor_tries_again),
        TEST(topics_by_level_and_by_field), TEST(release_offers_what_is_open), TEST(more_tasks_than_a_case_can_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
