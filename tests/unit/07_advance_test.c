/* advance: opening, events, fields, parts, tasks, ends: what is sent, and the decision it must give, with its reason. */
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void give_opening(void)
{
    give_text(&w, "summary", "漏水");
    give_text(&w, "category", "neighbour");
    give_people(&w, "applicant", "app:zhao");
    give_people(&w, "respondent", "app:qian");
}

static void open_dispute(void)
{
    w.workflow = dispute_workflow(&w.arena);
    give_opening();
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void consent(void)
{
    applied(&w, "agree-to-mediate", "app:zhao");
    applied(&w, "agree-to-mediate", "app:qian");
}

/* ---- the whole of it ---- */

static void a_case_climbs_all_the_stairs(void **state)
{
    (void)state;
    open_dispute();
    stands(&w, "consent", "building", "jinnong/grid-3/building-7");
    assert_true(text_is(w.state->number, "金农调字〔2026〕15号"));
    told(&w, NOTICE_STAGE, "app:qian app:zhao mediator@jinnong/grid-3/building-7");
    due_is(&w, "2026-03-09 18:00");
    applied(&w, "agree-to-mediate", "app:zhao");
    stands(&w, "consent", "building", "jinnong/grid-3/building-7");
    applied(&w, "agree-to-mediate", "app:qian");
    stands(&w, "mediation", "building", "jinnong/grid-3/building-7");
    due_is(&w, "2026-04-02 18:00");
    give_text(&w, "reason", "调解不成");
    applied(&w, "raise", "li");
    stands(&w, "consent", "grid", "jinnong/grid-3");
    consent();
    give_text(&w, "reason", "调解不成");
    applied(&w, "raise", "mei");
    consent();
    stands(&w, "mediation", "community", "jinnong");
    give_text(&w, "reason", "调解不成");
    applied(&w, "raise", "chen");
    consent();
    stands(&w, "mediation", "centre", "centre");
    const struct effect *offer = effect_of(&w, EFFECT_OFFER, 0);
    assert_non_null(offer);
    assert_true(text_is(offer->topic, "mediation-centre"));
    assert_int_equal(offer->task, (w.position - 1) * 256);
    give_text(&w, "agreement", "双方同意");
    applied(&w, "sign", "zhou");
    assert_int_equal(effects_of(&w, EFFECT_WITHDRAW), 1);
    stands(&w, "keeping", "grid", "jinnong/grid-3");
    give_true(&w, "kept", true);
    applied(&w, "follow-up", "gao");
    has_ended(&w, "resolved");
    told(&w, NOTICE_ENDED, "app:qian app:zhao");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_case_climbs_all_the_stairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
