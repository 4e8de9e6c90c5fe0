/* an ended case opened again: the one event that it takes, by whom, until when, and which clocks begin anew. */
#include "engine/reopen.h"
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;
static struct builder b;

static struct workflow_reopen *reopens(void)
{
    return ROW_AT(&b, REOPENS, reopen, head_of(&b)->reopen);
}

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "reopens");
    field(&b, "reason", FIELD_TEXT);
    stage(&b, "work");
    task(&b, "work", "mediator", NULL);
    stage_row(&b, "work")->within = limit(&b, "10 days", FROM_OPENING, NULL);
    event(&b, "work", "finish", any(&b, "mediator"), end_with(&b, "done"));
    event(&b, "work", "note", any(&b, "mediator"), stay(&b))->most = 1;
    head_of(&b)->limit = limit(&b, "30 days", FROM_OPENING, NULL);
    int32_t who = any(&b, "mediator"), within = lasting(&b, "30 days"), follows = go(&b, "work", NULL);
    struct span needs = refs_of_fields(&b, "reason");
    head_of(&b)->reopen = ROW_OF(&b, REOPENS, reopen, .by = who, .needs = needs, .within = within, .most = 2, .outcome = follows);
    opens(&b, "mediator", "", "", "", go(&b, "work", NULL));
    head_of(&b)->tells = people(&b, "opener");
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
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void reopen(void)
{
    give_text(&w, "reason", "returned");
    applied(&w, "reopen", "wang");
}

static void limit_is(const char *time)
{
    assert_string_equal(arena_string(&w.arena, calendar_print(w.calendar, &w.arena, case_limit(w.state))), time);
}

static void it_is_the_one_event_of_an_ended_case(void **state)
{
    (void)state;
    begin();
    give_text(&w, "reason", "early");
    refused(&w, "reopen", "wang", ERR_NOT_NOW, "has not ended");
    applied(&w, "note", "li");
    applied(&w, "finish", "li");
    refused(&w, "note", "li", ERR_NOT_NOW, "ended: done");
    refused(&w, "reopen", "wang", ERR_BAD_DATA, "reason: is needed");
    give_text(&w, "reason", "returned");
    refused(&w, "reopen", "mei", ERR_NOT_ALLOWED, "mediator");
    reopen();
    told(&w, NOTICE_REOPENED, "li");
    told(&w, NOTICE_STAGE, "li mediator@jinnong/grid-3/building-7");
    stands(&w, "work", "", "jinnong/grid-3/building-7");
    assert_false(w.state->flags & CASE_ENDED);
    assert_int_equal(w.state->task_count, 1);
    refused(&w, "note", "li", ERR_TOO_OFTEN, "note has happened 1 times"); /* what has happened still counts */
}

static void until_when_and_how_often(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 2; i++) {
        applied(&w, "finish", "li");
        reopen();
    }
    applied(&w, "finish", "li");
    give_text(&w, "reason", "again");
    refused(&w, "reopen", "wang", ERR_TOO_OFTEN, "reopen has happened 2 times");
    finish(NULL);
    start(NULL);
    begin();
    applied(&w, "finish", "li");
    w.now = at_time(&w, "2026-04-01 18:00");
    const struct case_state *ended = w.state;
    reopen(); /* exactly at its time is in time */
    w.state = ended;
    w.now++;
    give_text(&w, "reason", "late");
    refused(&w, "reopen", "wang", ERR_TOO_LATE, "until 2026-04-01 18:00");
}

static void every_clock_begins_anew(void **state)
{
    (void)state;
    begin();
    due_is(&w, "2026-03-12 18:00");
    limit_is("2026-04-01 18:00");
    wait_until(&w, "2026-03-10 10:00");
    applied(&w, "finish", "li");
    has_ended(&w, "done");
    w.now = at_time(&w, "2026-03-16 10:00");
    reopen();
    due_is(&w, "2026-03-26 18:00"); /* counts from the opening: the last one */
    limit_is("2026-04-15 18:00");
    assert_int_equal(w.state->rest_count, 0);
    wait_until(&w, "2026-04-16 10:00");
    assert_true(w.state->flags & CASE_OVER_LIMIT && w.state->flags & CASE_OVERDUE);
    applied(&w, "finish", "li");
    reopen();
    assert_false(w.state->flags & (CASE_OVER_LIMIT | CASE_OVERDUE));
    assert_true(w.state->flags & CASE_WAS_LATE);
}

static void the_limit_may_go_on(void **state)
{
    (void)state;
    reopens()->resume = 1;
    begin();
    wait_until(&w, "2026-03-10 10:00");
    applied(&w, "finish", "li");
    has_ended(&w, "done");
    w.now = at_time(&w, "2026-03-16 10:00");
    reopen();
    limit_is("2026-04-07 18:00"); /* six days later */
    wait_until(&w, "2026-04-08 10:00");
    assert_true(w.state->flags & CASE_OVER_LIMIT);
    applied(&w, "finish", "li");
    reopen();
    limit_is("2026-04-08 18:00"); /* nothing is left but the day itself */
}

static void a_workflow_without_it_knows_no_such_event(void **state)
{
    (void)state;
    head_of(&b)->reopen = NONE;
    begin();
    applied(&w, "finish", "li");
    give_text(&w, "reason", "x");
    refused(&w, "reopen", "wang", ERR_UNKNOWN_EVENT, "no event 'reopen'");
    assert_int_equal(w.state->ended_at, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(it_is_the_one_event_of_an_ended_case), TEST(until_when_and_how_often), TEST(every_clock_begins_anew), TEST(the_limit_may_go_on),
        TEST(a_workflow_without_it_knows_no_such_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
