/* edges: what seldom happens to a case, and must come out right all the same. */
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;
static struct builder b;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "edges");
    field(&b, "who", FIELD_PEOPLE);
    field(&b, "where", FIELD_UNIT);
    field(&b, "day", FIELD_DATE);
    field(&b, "count", FIELD_NUMBER);
    stage(&b, "work");
    stage(&b, "after");
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
    opens(&b, "mediator", "", "", "who where day count", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void without_a_unit_or_a_calendar_nothing_is_decided(void **state)
{
    (void)state;
    event(&b, "work", "go", any(&b, "mediator"), go(&b, "after", NULL));
    begin();
    struct case_state *lost = case_copy(&w.arena, w.state);
    const struct case_state *before = w.state;
    lost->unit = 4711;
    w.state = lost;
    refused(&w, "go", "li", ERR_UNKNOWN_UNIT, "no unit with the id 4711");
    w.state = before;
    w.calendar->tables.strings = "other\0Asia/Shanghai";
    refused(&w, "go", "li", ERR_UNKNOWN_UNIT, "no calendar is deployed for the unit jinnong/grid-3/building-7 (the directory names 'cn-statutory')");
    assert_int_equal(open_at(&w, "jinnong", "chen"), ERR_UNKNOWN_UNIT);
}

static void who_has_sent_a_part_is_one_of_those(void **state)
{
    (void)state;
    int32_t sign = event_row(&b, event(&b, "work", "sign", by(&b, BY_AT_LEAST, "mediator resident", 3, 0), stay(&b)));
    event(&b, "work", "check", any(&b, "mediator resident"), stay(&b))->not_same_as_events = refs_of_rows(&b, &sign, 1);
    begin();
    w.on_behalf = "app:zhao";
    applied(&w, "sign", "li");
    refused(&w, "check", "li", ERR_NOT_ALLOWED, "li has sent sign");
    refused(&w, "check", "app:zhao", ERR_NOT_ALLOWED, "app:zhao has sent sign");
    applied(&w, "check", "wang");
}

static void many_effects_and_many_people(void **state)
{
    (void)state;
    int32_t way = stay(&b);
    for (int i = 0; i < 11; i++) {
        struct span who = people(&b, "who");
        struct workflow_notice notice = {who, NONE, string_of(&b, "x"), NONE};
        int32_t row = row_of_table(&b, WORKFLOW_NOTICES, &notice);
        if (i == 0)
            outcome_at(&b, way)->notices.first = row;
        outcome_at(&b, way)->notices.count++;
    }
    event(&b, "work", "tell", any(&b, "mediator"), way)->needs = refs_of_fields(&b, "who");
    begin();
    give_people(&w, "who", "a:9 a:8 a:7 a:6 a:5 a:4 a:3 a:2 a:1 b:1 b:2");
    applied(&w, "tell", "li");
    assert_int_equal(w.decision.effect_count, 11);
    for (uint32_t i = 0; i < 11; i++)
        assert_int_equal(w.decision.effects[i].who_count, 11);
    told(&w, NOTICE_TEXT, "a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9 b:1 b:2");
}

static void more_than_one_event_may_make(void **state)
{
    (void)state;
    int32_t way = stay(&b);
    int32_t siren = string_of(&b, "siren"), words = string_of(&b, "x");
    for (int i = 0; i < BUILDER_ROWS; i++) {
        struct workflow_notice notice = {{0, 0}, siren, words, NONE};
        row_of_table(&b, WORKFLOW_NOTICES, &notice);
    }
    outcome_at(&b, way)->notices = (struct span){0, BUILDER_ROWS};
    event(&b, "work", "alarm", any(&b, "mediator"), way);
    begin();
    refused(&w, "alarm", "li", ERR_CASE_FULL, "more than 255 tasks and notices to workers");
}

static void more_clocks_than_a_case_can_have(void **state)
{
    (void)state;
    event(&b, "work", "go", any(&b, "mediator"), go(&b, "after", NULL));
    for (int i = 0; i < CASE_CLOCKS_MOST + 1; i++)
        remind(&b, "after", people(&b, "mediator"), "1 week", AFTER_ENTRY);
    begin();
    refused(&w, "go", "li", ERR_CASE_FULL, "65 clocks, at most 64");
}

static void a_unit_that_has_gone_since(void **state)
{
    (void)state;
    stage_row(&b, "after")->at = AT_UNIT_FIELD;
    stage_row(&b, "after")->at_field = find_field(&b, "where");
    int32_t where = find_field(&b, "where"), way = go(&b, "after", NULL);
    set_field(&b, way, &(struct workflow_set){where, SET_VALUE, value_of_text(&b, "jinnong/grid-9"), NONE, NONE});
    event(&b, "work", "go", any(&b, "mediator"), way);
    int32_t closed = go(&b, "after", NULL);
    set_field(&b, closed, &(struct workflow_set){where, SET_VALUE, value_of_text(&b, "jinnong/grid-3/building-8"), NONE, NONE});
    event(&b, "work", "closed", any(&b, "mediator"), closed);
    begin();
    refused(&w, "go", "li", ERR_NO_LEVEL, "names the unit 'jinnong/grid-9', which is not in the directory");
    applied(&w, "closed", "li");
    stands(&w, "after", "", "jinnong/grid-3/building-7"); /* who took it over */
}

static void a_level_that_the_ladder_has_not(void **state)
{
    (void)state;
    ladder(&b, "work", "building grid");
    ladder(&b, "after", "building grid");
    event(&b, "work", "go", any(&b, "mediator"), go(&b, "after", "community"));
    event(&b, "work", "climb", any(&b, "mediator"), climb(&b, CLIMB_UP, NULL));
    begin();
    refused(&w, "go", "li", ERR_NO_LEVEL, "level community");
}

static void climbing_into_a_stage_without_a_ladder(void **state)
{
    (void)state;
    ladder(&b, "work", "building grid");
    stage_at(&b, "after", "community");
    event(&b, "work", "over", any(&b, "mediator"), climb(&b, CLIMB_UP, "after"));
    begin();
    applied(&w, "over", "li");
    stands(&w, "after", "community", "jinnong");
}

static void no_deadline_to_extend(void **state)
{
    (void)state;
    stage_row(&b, "work")->within = limit(&b, "3 days", FROM_FIELD, "day");
    extend(&b, "work", any(&b, "mediator"), "1 day", 1, NULL);
    begin();
    refused(&w, "extend", "li", ERR_NOT_NOW, "no deadline runs in work");
}

/* What a deadline hangs on may be taken away while an extension of it waits for its answer. */
static void a_deadline_that_goes_while_an_extension_waits(void **state)
{
    (void)state;
    int32_t clear = stay(&b);
    stage_row(&b, "work")->within = limit_until(&b, "day");
    extend(&b, "work", any(&b, "mediator"), "1 day", 0, "supervisor");
    set_field(&b, clear, &(struct workflow_set){find_field(&b, "day"), SET_VALUE, NONE, NONE, NONE});
    event(&b, "work", "clear", any(&b, "mediator"), clear);
    event(&b, "work", "plan", any(&b, "mediator"), stay(&b))->needs = refs_of_fields(&b, "day");
    opens(&b, "mediator", "", "day", "who where count", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    give_text(&w, "day", "2026-03-10");
    opened(&w, "jinnong/grid-3/building-7", "li");
    applied(&w, "extend", "li");
    applied(&w, "clear", "li");
    refused(&w, "grant", "sun", ERR_NOT_NOW, "no deadline runs in work");
    /* One that comes back waits too. */
    give_text(&w, "day", "2026-03-12");
    applied(&w, "plan", "li");
    assert_true(case_clock(w.state, CLOCK_STAGE, 0)->remaining == 0);
    applied(&w, "grant", "sun");
    assert_true(case_clock(w.state, CLOCK_STAGE, 0)->remaining == -1);
    applied(&w, "extend", "li");
    applied(&w, "clear", "li");
    applied(&w, "deny", "sun");
}

static void an_extension_that_takes_its_deadline_away(void **state)
{
    (void)state;
    int32_t first = limit_row(&b, NONE, value_of_text(&b, "east"), "3 days");
    stage_row(&b, "work")->within = limit_per(&b, "where", (struct span){first, 1});
    extend(&b, "work", any(&b, "mediator"), "1 day", 0, NULL)->needs = refs_of_fields(&b, "where");
    opens(&b, "mediator", "", "where", "who day count", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    give_text(&w, "where", "east");
    opened(&w, "jinnong/grid-3/building-7", "li");
    give_text(&w, "where", "jinnong");
    refused(&w, "extend", "li", ERR_NOT_NOW, "no deadline runs in work");
}

/* An event of `anywhere` that settles a task of one stage is an ordinary event in the others. */
static void the_task_of_another_stage(void **state)
{
    (void)state;
    struct span who = people(&b, "mediator");
    int32_t row = ROW_OF(&b, TASKS, task, .name = string_of(&b, "report"), .people = who, .topic_field = NONE, .within = NONE, .overdue = NONE);
    stage_row(&b, "after")->tasks = (struct span){row, 1};
    stage_row(&b, "after")->done = DONE_ALL;
    stage_row(&b, "after")->then = end_with(&b, "done");
    event(&b, "work", "go", any(&b, "mediator"), go(&b, "after", NULL));
    event(&b, NULL, "report", any(&b, "mediator"), stay(&b))->task = row;
    begin();
    applied(&w, "report", "li");
    stands(&w, "work", "", "jinnong/grid-3/building-7");
    applied(&w, "go", "li");
    applied(&w, "report", "li");
    has_ended(&w, "done");
}

static void a_task_s_deadline_follows_its_field(void **state)
{
    (void)state;
    one_of_tasks(&b, "work", "measure", "mediator", NULL)->within = limit(&b, "10 days", FROM_FIELD, "day");
    one_of_tasks(&b, "work", "ask", "mediator", NULL)->within = limit_until(&b, "day");
    event(&b, "work", "plan", any(&b, "mediator"), stay(&b))->needs = refs_of_fields(&b, "day");
    stage_row(&b, "work")->done = DONE_ALL;
    stage_row(&b, "work")->then = end_with(&b, "done");
    opens(&b, "mediator", "", "", "day", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    give_text(&w, "day", "2026-03-02");
    opened(&w, "jinnong/grid-3/building-7", "li");
    assert_int_equal(w.state->clock_count, 2);
    assert_int_equal(w.state->clocks[0].due, at_time(&w, "2026-03-12 18:00"));
    give_text(&w, "day", "2026-03-03");
    applied(&w, "plan", "li");
    assert_int_equal(w.state->clocks[0].due, at_time(&w, "2026-03-13 18:00"));
    assert_int_equal(w.state->clocks[1].due, at_time(&w, "2026-03-03 18:00"));
    opened(&w, "jinnong/grid-3/building-7", "li");
    assert_int_equal(w.state->clock_count, 0); /* nothing to count from yet */
    give_text(&w, "day", "2026-03-02");
    applied(&w, "plan", "li");
    assert_int_equal(w.state->clock_count, 2);
    wait_until(&w, "2026-03-20 10:00");
    give_text(&w, "day", "2026-03-20");
    applied(&w, "plan", "li");
    assert_int_equal(w.state->clock_count, 0); /* what has passed has passed */
}

static void numbers_set_and_chosen_by(void **state)
{
    (void)state;
    int32_t way = stay(&b);
    set_field(&b, way, &(struct workflow_set){find_field(&b, "count"), SET_VALUE, value_of_number(&b, VALUE_INTEGER, 3), NONE, NONE});
    event(&b, "work", "three", any(&b, "mediator"), way);
    int32_t three = when_in(&b, "count", value_of_number(&b, VALUE_INTEGER, 3), 1);
    event(&b, "work", "go", any(&b, "mediator"), go(&b, "after", NULL))->when = three;
    struct workflow_branch never[] = {{three, stay(&b)}};
    event(&b, "work", "choose", any(&b, "mediator"), choose(&b, never, 1));
    begin();
    refused(&w, "go", "li", ERR_CONDITION, "count is 3");
    refused(&w, "choose", "li", ERR_CONDITION, "no way of the choice holds");
    applied(&w, "three", "li");
    applied(&w, "choose", "li");
    applied(&w, "go", "li");
}

/* Leaving with more held by workers than one event may make entries for is refused, not half done. */
static void what_cannot_all_be_cancelled(void **state)
{
    (void)state;
    int32_t siren = string_of(&b, "siren"), words = string_of(&b, "x"), way = go(&b, "after", NULL);
    for (int i = 0; i < 254; i++) {
        struct workflow_notice notice = {{0, 0}, siren, words, NONE};
        row_of_table(&b, WORKFLOW_NOTICES, &notice);
    }
    outcome_at(&b, way)->notices = (struct span){0, 254};
    task(&b, "work", "mediator", "printing");
    task(&b, "after", "mediator", "printing");
    event(&b, "work", "go", any(&b, "mediator worker"), way);
    begin();
    const struct case_state *before = w.state;
    applied(&w, "go", "li"); /* one task made, 254 told */
    w.state = before;
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_ACCEPT, .worker = TEXT("w1"), .task = before->tasks[0].id}), ERR_OK);
    refused(&w, "go", "li", ERR_CASE_FULL, "more than 255");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(without_a_unit_or_a_calendar_nothing_is_decided), TEST(who_has_sent_a_part_is_one_of_those), TEST(many_effects_and_many_people),
        TEST(more_than_one_event_may_make), TEST(more_clocks_than_a_case_can_have), TEST(a_unit_that_has_gone_since),
        TEST(a_level_that_the_ladder_has_not), TEST(climbing_into_a_stage_without_a_ladder), TEST(no_deadline_to_extend),
        TEST(a_deadline_that_goes_while_an_extension_waits), TEST(an_extension_that_takes_its_deadline_away),
        TEST(the_task_of_another_stage), TEST(a_task_s_deadline_follows_its_field), TEST(numbers_set_and_chosen_by),
        TEST(what_cannot_all_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
