/* climbing: where a case comes to stand: ladders, levels that do not exist, top and bottom, go with a level, units from fields. */
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;
static struct builder b;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "climbing");
    field(&b, "where", FIELD_UNIT);
    stage(&b, "work");
    stage(&b, "check");
    ladder(&b, "work", "building grid community centre");
    event(&b, "work", "raise", any(&b, "resident"), climb(&b, CLIMB_UP, NULL));
    event(&b, "work", "return", any(&b, "resident"), climb(&b, CLIMB_DOWN, NULL))->most = 2;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* The stage `work` can be climbed both ways by anyone; a test adds its own events before this, those of `work` first. */
static void begin(const char *unit, const char *first_level)
{
    opens(&b, "resident", "", "", "where", go(&b, "work", first_level));
    w.workflow = workflow_end_building(&b);
    opened(&w, unit, "app:zhao");
}

static void up(const char *level, const char *unit)
{
    applied(&w, "raise", "app:zhao");
    stands(&w, "work", level, unit);
}

static void down(const char *level, const char *unit)
{
    applied(&w, "return", "app:zhao");
    stands(&w, "work", level, unit);
}

static void up_and_down(void **state)
{
    (void)state;
    begin("jinnong/grid-3/building-7", "building");
    stands(&w, "work", "building", "jinnong/grid-3/building-7");
    refused(&w, "return", "app:zhao", ERR_NO_LEVEL, "the ladder of work has no level below building");
    up("grid", "jinnong/grid-3");
    up("community", "jinnong");
    up("centre", "centre");
    refused(&w, "raise", "app:zhao", ERR_NO_LEVEL, "the ladder of work has no level above centre");
    down("community", "jinnong");
    down("grid", "jinnong/grid-3");
    refused(&w, "return", "app:zhao", ERR_TOO_OFTEN, "return has happened 2 times");
    up("community", "jinnong");
}

static void levels_without_a_unit_are_passed_over_and_that_is_told(void **state)
{
    (void)state;
    head_of(&b)->tells = people(&b, "opener");
    begin("east/building-1", "building");
    up("community", "east"); /* there is no grid */
    told(&w, NOTICE_STAGE, "app:zhao");
    assert_true(text_is(effect_of(&w, EFFECT_NOTICE, NOTICE_STAGE)->text_en, "work (passed over, having no unit: grid)"));
    assert_non_null(strstr(arena_string(&w.arena, effect_of(&w, EFFECT_NOTICE, NOTICE_STAGE)->text_zh), "grid"));
    up("centre", "centre");
    assert_int_equal(effect_of(&w, EFFECT_NOTICE, NOTICE_STAGE)->text_en.size, 0);
    down("community", "east");
    down("building", "east/building-1");
}

static void never_below_the_home_unit_s_own_level(void **state)
{
    (void)state;
    begin("jinnong", "building");
    stands(&w, "work", "community", "jinnong"); /* it comes from the community: there is nothing below */
    refused(&w, "return", "app:zhao", ERR_NO_LEVEL, "no level below community");
    up("centre", "centre");
    down("community", "jinnong");
}

static void without_a_level_the_lowest(void **state)
{
    (void)state;
    begin("jinnong/grid-3", NULL);
    stands(&w, "work", "grid", "jinnong/grid-3");
}

static void top_and_bottom(void **state)
{
    (void)state;
    stage_row(&b, "work")->top = end_with(&b, "failed");
    stage_row(&b, "work")->bottom = go(&b, "check", NULL);
    begin("jinnong", NULL);
    const struct case_state *before = w.state;
    applied(&w, "return", "app:zhao");
    stands(&w, "check", "community", "jinnong");
    w.state = before;
    up("centre", "centre");
    applied(&w, "raise", "app:zhao");
    has_ended(&w, "failed");
}

static void top_and_bottom_that_lead_to_each_other(void **state)
{
    (void)state;
    ladder(&b, "check", "community");
    stage_row(&b, "check")->top = climb(&b, CLIMB_DOWN, NULL);
    stage_row(&b, "check")->bottom = climb(&b, CLIMB_UP, NULL);
    event(&b, "check", "up", any(&b, "resident"), climb(&b, CLIMB_UP, NULL));
    opens(&b, "resident", "", "", "where", go(&b, "check", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong", "app:zhao");
    refused(&w, "up", "app:zhao", ERR_NO_LEVEL, "lead to each other");
}

static void climbing_into_another_stage(void **state)
{
    (void)state;
    ladder(&b, "check", "grid community");
    event(&b, "work", "over", any(&b, "resident"), climb(&b, CLIMB_UP, "check"));
    begin("jinnong/grid-3/building-7", NULL);
    applied(&w, "over", "app:zhao");
    stands(&w, "check", "grid", "jinnong/grid-3");
    w.state = NULL;
    opened(&w, "jinnong/grid-3/building-7", "app:zhao");
    up("grid", "jinnong/grid-3");
    up("community", "jinnong");
    refused(&w, "over", "app:zhao", ERR_NO_LEVEL, "no unit of the level centre serves");
    stands(&w, "work", "community", "jinnong");
}

static void go_to_a_named_level_or_keep_it(void **state)
{
    (void)state;
    ladder(&b, "check", "building grid community centre");
    event(&b, "work", "keep", any(&b, "resident"), go(&b, "check", "keep"));
    event(&b, "work", "down", any(&b, "resident"), go(&b, "check", "grid"));
    begin("jinnong/grid-3/building-7", NULL);
    up("grid", "jinnong/grid-3");
    up("community", "jinnong");
    const struct case_state *before = w.state;
    applied(&w, "keep", "app:zhao");
    stands(&w, "check", "community", "jinnong");
    w.state = before;
    applied(&w, "down", "app:zhao");
    stands(&w, "check", "grid", "jinnong/grid-3");
}

static void keep_from_a_stage_without_a_ladder(void **state)
{
    (void)state;
    stage_at(&b, "check", "grid");
    event(&b, "work", "look", any(&b, "resident"), go(&b, "check", NULL));
    event(&b, "check", "back", any(&b, "resident"), go(&b, "work", "keep"));
    event(&b, "check", "restart", any(&b, "resident"), go(&b, "work", NULL));
    begin("jinnong/grid-3/building-7", NULL);
    applied(&w, "look", "app:zhao");
    stands(&w, "check", "grid", "jinnong/grid-3");
    const struct case_state *before = w.state;
    applied(&w, "back", "app:zhao");
    stands(&w, "work", "grid", "jinnong/grid-3");
    w.state = before;
    applied(&w, "restart", "app:zhao");
    stands(&w, "work", "building", "jinnong/grid-3/building-7");
}

static void the_unit_in_a_field_and_the_one_before(void **state)
{
    (void)state;
    stage(&b, "again");
    stage_row(&b, "check")->at = AT_UNIT_FIELD;
    stage_row(&b, "check")->at_field = find_field(&b, "where");
    stage_row(&b, "again")->at = AT_PREVIOUS;
    struct workflow_event *assign = event(&b, "work", "assign", any(&b, "resident"), go(&b, "check", NULL));
    assign->may = refs_of_fields(&b, "where");
    event(&b, "check", "done", any(&b, "grid-worker"), go(&b, "again", NULL));
    begin("jinnong/grid-3/building-7", NULL);
    refused(&w, "assign", "app:zhao", ERR_NO_LEVEL, "the field where, which says at which unit it goes on, is empty");
    give_text(&w, "where", "jinnong/grid-4");
    applied(&w, "assign", "app:zhao");
    stands(&w, "check", "grid", "jinnong/grid-4");
    refused(&w, "done", "gao", ERR_NOT_ALLOWED, "grid-worker at jinnong/grid-4");
    applied(&w, "done", "han");
    stands(&w, "again", "building", "jinnong/grid-3/building-7");
    assert_string_equal(unit_of(&w, w.state->previous_unit), "jinnong/grid-4");
}

static void a_level_that_no_unit_has(void **state)
{
    (void)state;
    stage_at(&b, "check", "grid");
    event(&b, "work", "look", any(&b, "resident"), go(&b, "check", NULL));
    begin("east/building-1", NULL);
    refused(&w, "look", "app:zhao", ERR_NO_LEVEL, "no unit of the level grid serves east/building-1, where this case comes from");
}

static void going_to_the_same_stage_enters_it_anew(void **state)
{
    (void)state;
    stage_row(&b, "work")->within = limit(&b, "2 days", FROM_ENTRY, NULL);
    task(&b, "work", "mediator", NULL);
    event(&b, "work", "anew", any(&b, "resident"), go(&b, "work", "keep"));
    int32_t row = event_row(&b, event(&b, "work", "stay", any(&b, "resident"), stay(&b)));
    begin("jinnong/grid-3/building-7", NULL);
    uint64_t task_id = w.state->tasks[0].id;
    int64_t due = case_due(w.state);
    w.now = at_time(&w, "2026-03-03 10:00");
    applied(&w, "stay", "app:zhao");
    assert_true(w.state->tasks[0].id == task_id && case_due(w.state) == due);
    assert_int_equal(case_count_of(w.state, row)->in_stage, 1);
    applied(&w, "anew", "app:zhao");
    assert_true(w.state->tasks[0].id != task_id && case_due(w.state) > due);
    assert_int_equal(case_count_of(w.state, row)->in_stage, 0);
    assert_int_equal(case_count_of(w.state, row)->in_case, 1);
}

/* ---- the deadline climbs ---- */

static void a_deadline_climbs_to_the_top_and_ends(void **state)
{
    (void)state;
    stage_row(&b, "work")->within = limit(&b, "5 working days", FROM_ENTRY, NULL);
    stage_row(&b, "work")->overdue = climb(&b, CLIMB_UP, NULL);
    stage_row(&b, "work")->top = end_with(&b, "failed");
    begin("jinnong/grid-3/building-7", NULL);
    wait_until(&w, "2026-03-10 09:00");
    stands(&w, "work", "grid", "jinnong/grid-3");
    assert_int_equal(w.state->flags, CASE_WAS_LATE);
    wait_until(&w, "2026-04-30 09:00");
    has_ended(&w, "failed");
}

static void an_overdue_that_cannot_be_done_marks_the_case(void **state)
{
    (void)state;
    stage_at(&b, "check", "grid");
    stage_row(&b, "work")->within = limit(&b, "1 day", FROM_ENTRY, NULL);
    stage_row(&b, "work")->overdue = go(&b, "check", NULL);
    task(&b, "work", "mediator", "printing");
    begin("east/building-1", NULL);
    uint64_t task_id = w.state->tasks[0].id;
    wait_until(&w, "2026-03-05 09:00");
    stands(&w, "work", "building", "east/building-1");
    assert_int_equal(w.state->flags, CASE_WAS_LATE | CASE_OVERDUE);
    assert_int_equal(w.state->clock_count, 0); /* it does not fall due for ever */
    assert_true(w.state->task_count == 1 && w.state->tasks[0].id == task_id);
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 0);
    const struct effect *why = &w.decision.effects[w.decision.effect_count - 1];
    assert_non_null(strstr(arena_string(&w.arena, why->text_en), "cannot be done: no unit of the level grid"));
    told(&w, NOTICE_OVERDUE, "mediator@east/building-1 supervisor@east supervisor@east/building-1");
    applied(&w, "raise", "app:zhao");
    stands(&w, "work", "community", "east");
    assert_int_equal(w.state->flags, CASE_WAS_LATE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(up_and_down), TEST(levels_without_a_unit_are_passed_over_and_that_is_told), TEST(never_below_the_home_unit_s_own_level),
        TEST(without_a_level_the_lowest), TEST(top_and_bottom), TEST(top_and_bottom_that_lead_to_each_other), TEST(climbing_into_another_stage),
        TEST(go_to_a_named_level_or_keep_it), TEST(keep_from_a_stage_without_a_ladder), TEST(the_unit_in_a_field_and_the_one_before),
        TEST(a_level_that_no_unit_has), TEST(going_to_the_same_stage_enters_it_anew), TEST(a_deadline_climbs_to_the_top_and_ends),
        TEST(an_overdue_that_cannot_be_done_marks_the_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
