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


/* ---- opening ---- */

static void opening_refused(const char *unit, const char *as, enum err code, const char *words)
{
    give_opening();
    enum err got = open_at(&w, unit, as);
    if (got != code || !strstr(arena_string(&w.arena, w.decision.why), words))
        fail_msg("%s by %s: %s: %.*s", unit, as, err_name(got), (int)w.decision.why.size, w.decision.why.data);
}

static void an_opening_is_refused_with_its_reason(void **state)
{
    (void)state;
    w.workflow = dispute_workflow(&w.arena);
    opening_refused("nowhere", "li", ERR_UNKNOWN_UNIT, "no unit 'nowhere'");
    opening_refused("jinnong/grid-3/building-8", "li", ERR_UNKNOWN_UNIT, "'jinnong/grid-3/building-7' has taken it over");
    opening_refused("jinnong/grid-3", "mei", ERR_BAD_DATA, "is of the level grid; such a case is opened at: building, community");
    opening_refused("jinnong/grid-3/building-7", "mei", ERR_NOT_ALLOWED, "mediator at jinnong/grid-3/building-7");
    opening_refused("jinnong/grid-3/building-7", "nemo", ERR_UNKNOWN_PERSON, "'nemo' is neither in the directory");
    opening_refused("jinnong/grid-3/building-7", "", ERR_UNKNOWN_PERSON, "does not say who acts");
}

static void every_wrong_field_is_named_at_once(void **state)
{
    (void)state;
    w.workflow = dispute_workflow(&w.arena);
    give_text(&w, "category", "weather");
    give_text(&w, "agreement", "x");
    give_true(&w, "summary", true);
    give_people(&w, "applicant", "app:zhao app:zhao");
    assert_int_equal(open_at(&w, "jinnong", "chen"), ERR_BAD_DATA);
    assert_string_equal(arena_string(&w.arena, w.decision.why),
                        "agreement: does not come with this event; allowed: summary, category, applicant, respondent; "
                        "applicant: names app:zhao twice; category: 'weather' is not one of neighbour, family, property, labour, other; "
                        "summary: must be a text; respondent: is needed and did not come");
}

static void a_resident_opens_and_an_agent_for_one(void **state)
{
    (void)state;
    w.workflow = dispute_workflow(&w.arena);
    give_opening();
    opened(&w, "jinnong/grid-3/building-7", "app:zhao");
    give_opening();
    w.on_behalf = "app:zhao";
    opened(&w, "jinnong/grid-3/building-7", "gao");
    assert_true(text_is(w.state->opener, "gao"));
    assert_true(text_is(w.state->opener_for, "app:zhao"));
}

/* ---- lookup ---- */

static bool is_possible(const char *name)
{
    for (uint32_t i = 0; i < w.decision.possible_count; i++)
        if (text_is(w.decision.possible[i], name))
            return true;
    return false;
}

static void what_is_not_there_is_refused_with_what_is(void **state)
{
    (void)state;
    open_dispute();
    refused(&w, "sign", "li", ERR_NOT_NOW, "stands in consent, which does not take 'sign'");
    assert_int_equal(w.decision.possible_count, 7);
    assert_true(is_possible("agree-to-mediate") && is_possible("decline") && is_possible("withdraw") && is_possible("comment"));
    assert_true(is_possible("claim") && is_possible("hand-over"));
    refused(&w, "dance", "li", ERR_UNKNOWN_EVENT, "has no event 'dance'");
    refused(&w, "extend", "app:zhao", ERR_NOT_NOW, "cannot be extended");
    refused(&w, "grant", "li", ERR_UNKNOWN_EVENT, "has no event 'grant'");
    applied(&w, "agree-to-mediate", "app:zhao");
    refused(&w, "sign", "li", ERR_NOT_NOW, "consent");
    assert_true(is_possible("take-back"));
}

static void inner_before_outer(void **state)
{
    (void)state;
    struct builder b = workflow_begin(&w.arena, "inner");
    stage(&b, "first");
    stage(&b, "second");
    event(&b, "first", "next", any(&b, "mediator"), go(&b, "second", NULL));
    event(&b, NULL, "next", any(&b, "mediator"), end_with(&b, "done"));
    opens(&b, "mediator", "", "", "", go(&b, "first", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong", "chen");
    applied(&w, "next", "chen");
    stands(&w, "second", "", "jinnong");
    applied(&w, "next", "chen");
    has_ended(&w, "done");
}

static void an_ended_case_refuses_all(void **state)
{
    (void)state;
    open_dispute();
    applied(&w, "decline", "app:qian");
    has_ended(&w, "refused");
    refused(&w, "comment", "app:zhao", ERR_NOT_NOW, "the case has ended: refused");
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RETRY, .as = TEXT("sun")}), ERR_NOT_NOW);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_DUE}), ERR_NOT_NOW);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_NOT_NOW);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RELEASE}), ERR_NOT_NOW);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_ACCEPT, .worker = TEXT("w")}), ERR_UNKNOWN_TASK);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_FAIL, .worker = TEXT("w")}), ERR_UNKNOWN_TASK);
}

/* ---- who, how often, when ---- */

static void who_may_not_is_told_who_may(void **state)
{
    (void)state;
    open_dispute();
    refused(&w, "decline", "li", ERR_NOT_ALLOWED, "li may not send it; it may be sent by: parties");
    refused(&w, "decline", "app:sun", ERR_NOT_ALLOWED, "app:sun");
    refused(&w, "decline", "nemo", ERR_UNKNOWN_PERSON, "'nemo'");
    w.on_behalf = "app:zhao";
    refused(&w, "decline", "nemo", ERR_UNKNOWN_PERSON, "'nemo', who acts for app:zhao");
    w.on_behalf = "app:sun";
    refused(&w, "decline", "app:zhao", ERR_NOT_ALLOWED, "app:sun"); /* the one acted for must be one of them */
    w.on_behalf = "app:zhao";
    applied(&w, "decline", "gao");
}

static struct builder little(void)
{
    struct builder b = workflow_begin(&w.arena, "little");
    field(&b, "kept", FIELD_BOOLEAN);
    field(&b, "applicant", FIELD_PEOPLE);
    stage(&b, "first");
    return b;
}

static void begin_little(struct builder *b)
{
    opens(b, "mediator", "", "", "applicant kept", go(b, "first", NULL));
    w.workflow = workflow_end_building(b);
    give_people(&w, "applicant", "wang");
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void not_the_same_person_twice(void **state)
{
    (void)state;
    struct builder b = little();
    int32_t approve = event_row(&b, event(&b, "first", "approve", any(&b, "mediator"), stay(&b)));
    struct workflow_event *confirm = event(&b, "first", "confirm", any(&b, "mediator resident"), stay(&b));
    confirm->not_same_as_events = refs_of_rows(&b, &approve, 1);
    confirm->not_same_as_fields = refs_of_fields(&b, "applicant");
    event(&b, "first", "allow", any(&b, "mediator"), stay(&b))->not_same_as_opener = 1;
    begin_little(&b);
    refused(&w, "allow", "li", ERR_NOT_ALLOWED, "li has opened this case");
    applied(&w, "approve", "li");
    refused(&w, "confirm", "li", ERR_NOT_ALLOWED, "li has sent approve");
    refused(&w, "confirm", "wang", ERR_NOT_ALLOWED, "wang is named in applicant");
    w.on_behalf = "app:x";
    refused(&w, "confirm", "li", ERR_NOT_ALLOWED, "li has sent approve"); /* neither who acts nor who is acted for */
    w.on_behalf = "wu";
    applied(&w, "approve", "app:agent");
    w.on_behalf = NULL;
    refused(&w, "confirm", "wu", ERR_NOT_ALLOWED, "wu has sent approve");
    applied(&w, "confirm", "li");
}

static void only_so_long_after_entry_and_only_so_often(void **state)
{
    (void)state;
    struct builder b = little();
    event(&b, "first", "correct", any(&b, "mediator"), stay(&b))->within = lasting(&b, "2 hours");
    event(&b, "first", "urge", any(&b, "mediator"), go(&b, "first", NULL))->most = 2;
    begin_little(&b);
    wait_until(&w, "2026-03-02 11:00");
    applied(&w, "correct", "li"); /* the last moment is in time */
    w.now++;
    refused(&w, "correct", "li", ERR_TOO_LATE, "it was possible until 2026-03-02 11:00");
    applied(&w, "urge", "li");
    applied(&w, "correct", "li"); /* entered anew */
    applied(&w, "urge", "li");
    refused(&w, "urge", "li", ERR_TOO_OFTEN, "urge has happened 2 times");
}

static void a_condition_is_refused_by_its_part(void **state)
{
    (void)state;
    struct builder b = little();
    int32_t parts[] = {when_true(&b, "kept"), when_level(&b, "building")};
    event(&b, "first", "close", any(&b, "mediator"), end_with(&b, "done"))->when = when_parts(&b, CONDITION_ALL, parts, 2);
    struct workflow_event *keep = event(&b, "first", "keep", any(&b, "mediator"), stay(&b));
    keep->may = refs_of_fields(&b, "kept");
    begin_little(&b);
    refused(&w, "close", "li", ERR_CONDITION, "it takes that kept is true (line 42 of the workflow)");
    give_true(&w, "kept", true);
    applied(&w, "keep", "li");
    w.explain = true;
    applied(&w, "close", "li");
    explained(&w, "when: (kept is true and the level is building)");
    explained(&w, "ends: done");
    has_ended(&w, "done");
}

/* ---- each, at-least ---- */

static void each_person_counts_once(void **state)
{
    (void)state;
    open_dispute();
    applied(&w, "agree-to-mediate", "app:zhao");
    assert_int_equal(w.decision.effect_count, 0);
    assert_int_equal(w.state->part_count, 1);
    assert_null(case_count_of(w.state, 0));
    refused(&w, "agree-to-mediate", "app:zhao", ERR_TOO_OFTEN, "app:zhao has sent agree-to-mediate already");
    applied(&w, "take-back", "app:zhao");
    refused(&w, "take-back", "app:zhao", ERR_NOT_NOW, "nothing that could still be taken back");
    applied(&w, "agree-to-mediate", "app:qian");
    stands(&w, "consent", "building", "jinnong/grid-3/building-7");
    w.on_behalf = "app:zhao";
    applied(&w, "agree-to-mediate", "app:qian"); /* an agent counts for each it acts for */
    stands(&w, "mediation", "building", "jinnong/grid-3/building-7");
    assert_int_equal(w.state->part_count, 0);
    assert_int_equal(case_count_of(w.state, 0)->in_case, 1);
    assert_true(text_is(case_count_of(w.state, 0)->last_for, "app:zhao"));
}

static void parts_are_dropped_when_the_stage_is_left(void **state)
{
    (void)state;
    open_dispute();
    consent();
    applied(&w, "extend", "app:zhao");
    assert_int_equal(w.state->part_count, 1);
    give_text(&w, "reason", "x");
    applied(&w, "raise", "li");
    assert_int_equal(w.state->part_count, 0);
}

static void the_group_is_read_anew(void **state)
{
    (void)state;
    struct builder b = little();
    struct workflow_event *change = event(&b, "first", "change", any(&b, "mediator"), stay(&b));
    change->needs = refs_of_fields(&b, "applicant");
    event(&b, "first", "agree", each(&b, "applicant"), end_with(&b, "done"));
    begin_little(&b);
    give_people(&w, "applicant", "app:1 app:2 app:3");
    applied(&w, "change", "li");
    applied(&w, "agree", "app:1");
    applied(&w, "agree", "app:3");
    give_people(&w, "applicant", "app:3 app:4");
    applied(&w, "change", "li");
    refused(&w, "agree", "app:1", ERR_NOT_ALLOWED, "app:1");
    applied(&w, "agree", "app:4");
    has_ended(&w, "done");
}

static void at_least_so_many_or_such_a_part(void **state)
{
    (void)state;
    struct builder b = little();
    event(&b, "first", "sign", by(&b, BY_AT_LEAST, "resident", 3, 0), end_with(&b, "signed"));
    event(&b, "first", "vote", by(&b, BY_AT_LEAST, "applicant", 4, 5), end_with(&b, "voted"));
    struct workflow_event *change = event(&b, "first", "change", any(&b, "mediator"), stay(&b));
    change->needs = refs_of_fields(&b, "applicant");
    begin_little(&b);
    const struct case_state *before = w.state;
    applied(&w, "sign", "app:1");
    applied(&w, "sign", "app:2");
    assert_int_equal(w.state->part_count, 2);
    applied(&w, "sign", "app:3");
    has_ended(&w, "signed");
    w.state = before;
    give_people(&w, "applicant", "a:1 a:2 a:3 a:4 a:5");
    applied(&w, "change", "li");
    const char *voters[] = {"a:1", "a:2", "a:3"};
    for (int i = 0; i < 3; i++)
        applied(&w, "vote", voters[i]);
    stands(&w, "first", "", "jinnong/grid-3/building-7");
    applied(&w, "vote", "a:5"); /* 4 of 5 is at least 4/5 */
    has_ended(&w, "voted");
}

static void take_back_says_which(void **state)
{
    (void)state;
    struct builder b = little();
    event(&b, "first", "sign", by(&b, BY_AT_LEAST, "resident", 3, 0), end_with(&b, "signed"));
    event(&b, "first", "vote", by(&b, BY_AT_LEAST, "resident", 3, 0), end_with(&b, "voted"));
    begin_little(&b);
    applied(&w, "sign", "app:1");
    applied(&w, "vote", "app:1");
    refused(&w, "take-back", "app:1", ERR_BAD_DATA, "event: is needed");
    give_text(&w, "event", "vote");
    applied(&w, "take-back", "app:1");
    assert_int_equal(w.state->part_count, 1);
    assert_int_equal(w.state->parts[0].event, 0);
    give_text(&w, "which", "sign");
    refused(&w, "take-back", "app:1", ERR_BAD_DATA, "which: does not come with this event; allowed: event");
}

/* ---- sets, choices, notices ---- */

static void choose_sees_what_was_set(void **state)
{
    (void)state;
    struct builder b = workflow_begin(&w.arena, "sets");
    int32_t verdict = field(&b, "verdict", FIELD_TEXT), copy = field(&b, "copy", FIELD_TEXT), day = field(&b, "day", FIELD_DATE);
    int32_t kept = field(&b, "kept", FIELD_BOOLEAN), who = field(&b, "who", FIELD_PEOPLE);
    stage(&b, "first");
    struct workflow_branch ways[] = {{when_text(&b, "copy", "good"), stay(&b)}, {NONE, end_with(&b, "bad")}};
    int32_t way = choose(&b, ways, 2);
    set_field(&b, way, &(struct workflow_set){copy, SET_FIELD, NONE, verdict, NONE});
    set_field(&b, way, &(struct workflow_set){day, SET_TODAY, NONE, NONE, NONE});
    set_field(&b, way, &(struct workflow_set){kept, SET_VALUE, value_of_number(&b, VALUE_BOOLEAN, 1), NONE, NONE});
    set_field(&b, way, &(struct workflow_set){who, SET_VALUE, value_of_text(&b, "li"), NONE, NONE});
    event(&b, "first", "judge", any(&b, "mediator"), way)->needs = refs_of_fields(&b, "verdict");
    int32_t clear = stay(&b);
    set_field(&b, clear, &(struct workflow_set){verdict, SET_VALUE, NONE, NONE, NONE});
    event(&b, "first", "clear", any(&b, "who"), clear);
    opens(&b, "mediator", "", "", "", go(&b, "first", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong/grid-3/building-7", "li");
    refused(&w, "clear", "li", ERR_NOT_ALLOWED, "who");
    give_text(&w, "verdict", "good");
    applied(&w, "judge", "li");
    stands(&w, "first", "", "jinnong/grid-3/building-7");
    assert_int_equal(field_of(&w, "day")->integer, day_of(2026, 3, 2));
    assert_true(field_of(&w, "kept")->boolean);
    applied(&w, "clear", "li");
    assert_int_equal(field_of(&w, "verdict")->kind, VALUE_NONE);
    give_text(&w, "verdict", "poor");
    applied(&w, "judge", "li");
    has_ended(&w, "bad");
}

static void the_workflow_tells_people_and_workers(void **state)
{
    (void)state;
    struct builder b = little();
    int32_t alarm = stay(&b);
    notify(&b, alarm, "supervisor applicant", "siren", "请注意");
    event(&b, "first", "alarm", any(&b, "mediator"), alarm);
    begin_little(&b);
    applied(&w, "alarm", "li");
    told(&w, NOTICE_TEXT, "supervisor@jinnong/grid-3/building-7 wang");
    const struct effect *tell = effect_of(&w, EFFECT_TELL_WORKER, 0);
    assert_true(tell && text_is(tell->topic, "siren") && text_is(tell->text_zh, "请注意"));
    assert_int_equal(tell->task, (w.position - 1) * 256);
}

/* ---- held cases, explaining, bounds ---- */

static void a_held_case_tells_nobody(void **state)
{
    (void)state;
    w.held = true;
    open_dispute();
    assert_int_equal(w.decision.effect_count, 0);
    assert_int_equal(w.state->flags, CASE_HELD);
    consent();
    give_text(&w, "reason", "x");
    applied(&w, "raise", "li");
    assert_int_equal(w.decision.effect_count, 0);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RELEASE}), ERR_OK);
    assert_int_equal(w.state->flags, 0);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RELEASE}), ERR_NOT_NOW);
    applied(&w, "decline", "app:zhao");
    told(&w, NOTICE_ENDED, "app:qian app:zhao");
}

static void a_decision_explains_itself(void **state)
{
    (void)state;
    open_dispute();
    assert_int_equal(w.decision.trace_count, 0);
    w.explain = true;
    applied(&w, "agree-to-mediate", "app:zhao");
    explained(&w, "app:zhao may send it");
    explained(&w, "1 of 2 have sent it");
    applied(&w, "agree-to-mediate", "app:qian");
    explained(&w, "enters mediation at jinnong/grid-3/building-7, level building");
    explained(&w, "the stage is due 2026-04-02 18:00");
    send_as(&w, "sign", "li");
    explained(&w, "refused bad-data: agreement: is needed");
}

static void a_full_case_takes_no_more(void **state)
{
    (void)state;
    struct builder b = workflow_begin(&w.arena, "full");
    int32_t notes = field(&b, "notes", FIELD_LIST), element = field(&b, NULL, FIELD_TEXT);
    field_row(&b, notes)->of = element;
    stage(&b, "first");
    event(&b, "first", "note", any(&b, "mediator"), stay(&b))->needs = refs_of_fields(&b, "notes");
    event(&b, "first", "sign", by(&b, BY_AT_LEAST, "resident", 1000, 0), end_with(&b, "signed"));
    opens(&b, "mediator", "", "", "", go(&b, "first", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong", "chen");
    const struct case_state *empty = w.state;
    int notes_taken = 0;
    for (; give_text(&w, "notes", "x"), send_as(&w, "note", "chen") == ERR_OK; notes_taken++)
        ;
    assert_int_equal(w.decision.code, ERR_CASE_FULL);
    assert_true(notes_taken > 400 && case_size(w.state) <= CASE_BYTES_MOST);
    w.state = empty;
    for (int i = 0; i < CASE_PARTS_MOST; i++)
        applied(&w, "sign", arena_string(&w.arena, arena_print(&w.arena, "a:%d", i)));
    refused(&w, "sign", "a:last", ERR_CASE_FULL, "257 people");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_case_climbs_all_the_stairs), TEST(an_opening_is_refused_with_its_reason), TEST(every_wrong_field_is_named_at_once),
        TEST(a_resident_opens_and_an_agent_for_one), TEST(what_is_not_there_is_refused_with_what_is), TEST(inner_before_outer),
        TEST(an_ended_case_refuses_all), TEST(who_may_not_is_told_who_may), TEST(not_the_same_person_twice),
        TEST(only_so_long_after_entry_and_only_so_often), TEST(a_condition_is_refused_by_its_part), TEST(each_person_counts_once),
        TEST(parts_are_dropped_when_the_stage_is_left), TEST(the_group_is_read_anew), TEST(at_least_so_many_or_such_a_part),
        TEST(take_back_says_which), TEST(choose_sees_what_was_set), TEST(the_workflow_tells_people_and_workers),
        TEST(a_held_case_tells_nobody), TEST(a_decision_explains_itself), TEST(a_full_case_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
