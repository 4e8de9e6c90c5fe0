/* clocks: deadlines in every form, warnings, reminders, what follows when they run out, extensions, a newer calendar. */
#include "engine/clock.h"
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;
static struct builder b;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "clocks");
    field(&b, "started", FIELD_DATE);
    field(&b, "category", FIELD_CHOICE);
    choices(&b, find_field(&b, "category"), "urgent normal");
    field(&b, "applicant", FIELD_PEOPLE);
    stage(&b, "work");
    stage(&b, "after");
    task(&b, "work", "mediator", NULL);
    struct workflow_event *change = event(&b, "work", "change", any(&b, "mediator"), stay(&b));
    change->may = refs_of_fields(&b, "started category applicant");
    event(&b, "work", "leave", any(&b, "mediator"), go(&b, "after", NULL));
    event(&b, "work", "finish", any(&b, "mediator"), end_with(&b, "done"));
    return 0;
}

static int finish(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static struct workflow_stage *work(void)
{
    return stage_row(&b, "work");
}

static void build(void)
{
    event(&b, "after", "back", any(&b, "mediator"), go(&b, "work", NULL));
    opens(&b, "mediator", "", "", "started category applicant", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
}

static void begin(void)
{
    build();
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void clock_due(int32_t kind, int32_t which, const char *time)
{
    const struct case_clock *clock = case_clock(w.state, kind, which);
    if (!clock)
        fail_msg("no clock of kind %d, %d", kind, which);
    else
        assert_string_equal(arena_string(&w.arena, calendar_print(w.calendar, &w.arena, clock->due)), time);
}

/* ---- the forms of `within` ---- */

static void from_entry_from_opening_from_first_entry(void **state)
{
    (void)state;
    static const struct {
        enum limit_from from;
        const char *first, *again;
    } table[] = {
        {FROM_ENTRY, "2026-03-09 18:00", "2026-03-10 18:00"},
        {FROM_OPENING, "2026-03-09 18:00", "2026-03-09 18:00"},
        {FROM_FIRST_ENTRY, "2026-03-09 18:00", "2026-03-09 18:00"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (i > 0) {
            finish(NULL);
            start(NULL);
        }
        work()->within = limit(&b, "5 working days", table[i].from, NULL);
        begin();
        due_is(&w, table[i].first);
        wait_until(&w, "2026-03-03 10:00");
        applied(&w, "leave", "li");
        due_is(&w, "1970-01-01 08:00");
        applied(&w, "back", "li");
        due_is(&w, table[i].again);
    }
}

static void from_a_date_field_and_it_follows_the_field(void **state)
{
    (void)state;
    work()->within = limit(&b, "56 days", FROM_FIELD, "started");
    work()->warn = lasting(&b, "5 working days");
    begin();
    assert_int_equal(w.state->clock_count, 0); /* nothing to count from yet */
    give_text(&w, "started", "2026-03-02");
    applied(&w, "change", "li");
    due_is(&w, "2026-04-27 18:00");
    clock_due(CLOCK_WARN, 0, "2026-04-20 18:00");
    give_text(&w, "started", "2026-03-03");
    applied(&w, "change", "li");
    due_is(&w, "2026-04-28 18:00");
    clock_due(CLOCK_WARN, 0, "2026-04-21 18:00");
    wait_until(&w, "2026-05-06 10:00");
    assert_true(w.state->flags & CASE_OVERDUE);
    give_text(&w, "started", "2026-05-01");
    applied(&w, "change", "li");
    assert_int_equal(case_due(w.state), 0); /* what has passed has passed */
}

static void until_a_date(void **state)
{
    (void)state;
    work()->within = limit_until(&b, "started");
    build();
    give_text(&w, "started", "2026-03-14"); /* a Saturday */
    opened(&w, "jinnong/grid-3/building-7", "li");
    due_is(&w, "2026-03-16 18:00");
}

static void per_value_of_a_field(void **state)
{
    (void)state;
    int32_t first = limit_row(&b, NONE, value_of_text(&b, "urgent"), "2 hours");
    limit_row(&b, NONE, value_of_text(&b, "normal"), NULL);
    limit_row(&b, NONE, NONE, "10 days");
    work()->within = limit_per(&b, "category", (struct span){first, 3});
    begin();
    due_is(&w, "2026-03-12 18:00"); /* any */
    give_text(&w, "category", "urgent");
    applied(&w, "change", "li");
    due_is(&w, "2026-03-02 11:00");
    give_text(&w, "category", "normal");
    applied(&w, "change", "li");
    assert_int_equal(w.state->clock_count, 0);
}

static void per_level(void **state)
{
    (void)state;
    int32_t first = limit_row(&b, level(&b, "building"), NONE, "1 day");
    limit_row(&b, level(&b, "grid"), NONE, "3 days");
    work()->within = limit_per(&b, NULL, (struct span){first, 2});
    work()->overdue = climb(&b, CLIMB_UP, NULL);
    ladder(&b, "work", "building grid community");
    begin();
    due_is(&w, "2026-03-03 18:00");
    wait_until(&w, "2026-03-03 19:00");
    stands(&w, "work", "grid", "jinnong/grid-3");
    due_is(&w, "2026-03-06 18:00");
    wait_until(&w, "2026-03-20 18:00");
    stands(&w, "work", "community", "jinnong"); /* no limit is given there */
    assert_int_equal(w.state->clock_count, 0);
}

/* ---- warnings, deadlines, reminders ---- */

static void warned_then_overdue_then_reminded(void **state)
{
    (void)state;
    work()->within = limit(&b, "5 working days", FROM_ENTRY, NULL);
    work()->warn = lasting(&b, "1 working day");
    remind(&b, "work", people(&b, "supervisor"), "3 working days", AFTER_DUE);
    remind(&b, "work", people(&b, "applicant"), "1 week", AFTER_ENTRY);
    build();
    give_people(&w, "applicant", "app:zhao");
    opened(&w, "jinnong/grid-3/building-7", "li");
    applied(&w, "claim", "wang");
    clock_due(CLOCK_WARN, 0, "2026-03-06 18:00");
    wait_until(&w, "2026-03-07 09:00");
    told(&w, NOTICE_WARN, "supervisor@jinnong/grid-3/building-7 wang");
    assert_non_null(strstr(arena_string(&w.arena, effect_of(&w, EFFECT_NOTICE, NOTICE_WARN)->text_zh), "2026-03-09 18:00"));
    assert_null(case_clock(w.state, CLOCK_WARN, 0));
    wait_until(&w, "2026-03-09 18:00");
    assert_int_equal(w.state->flags, 0); /* the last moment is in time */
    applied(&w, "change", "li");
    wait_until(&w, "2026-03-09 18:01");
    told(&w, NOTICE_OVERDUE, ""); /* the weekly reminder came after it */
    told(&w, NOTICE_REMINDER, "app:zhao");
    assert_int_equal(w.state->flags, CASE_OVERDUE | CASE_WAS_LATE);
    clock_due(CLOCK_REMIND, 0, "2026-03-12 18:00");
    wait_until(&w, "2026-03-13 09:00");
    told(&w, NOTICE_REMINDER, "supervisor@jinnong/grid-3/building-7");
    assert_int_equal(case_clock(w.state, CLOCK_REMIND, 0)->count, 1);
    clock_due(CLOCK_REMIND, 0, "2026-03-17 18:00");
    applied(&w, "leave", "li");
    assert_int_equal(w.state->clock_count, 0);
    assert_int_equal(w.state->flags, CASE_WAS_LATE);
}

static void a_reminder_that_was_slept_through_comes_once(void **state)
{
    (void)state;
    remind(&b, "work", people(&b, "supervisor"), "1 week", AFTER_ENTRY);
    begin();
    w.now = at_time(&w, "2026-04-15 12:00");
    assert_int_equal(fire(&w, case_clock(w.state, CLOCK_REMIND, 0)), ERR_OK);
    clock_due(CLOCK_REMIND, 0, "2026-04-22 18:00");
}

static void only_those_who_are_missing_are_reminded(void **state)
{
    (void)state;
    int32_t agree = event_row(&b, event(&b, "work", "agree", each(&b, "applicant"), stay(&b)));
    remind(&b, "work", people_missing(&b, agree), "1 week", AFTER_ENTRY);
    build();
    give_people(&w, "applicant", "app:1 app:2 app:3");
    opened(&w, "jinnong/grid-3/building-7", "li");
    applied(&w, "agree", "app:2");
    wait_until(&w, "2026-03-10 09:00");
    told(&w, NOTICE_REMINDER, "app:1 app:3");
    applied(&w, "agree", "app:1");
    applied(&w, "agree", "app:3");
    wait_until(&w, "2026-03-17 09:00");
    told(&w, NOTICE_REMINDER, "app:1 app:2 app:3"); /* complete: from then on it is asked anew */
}

static void a_warning_whose_time_has_passed_comes_at_once(void **state)
{
    (void)state;
    work()->within = limit(&b, "5 working days", FROM_OPENING, NULL);
    work()->warn = lasting(&b, "3 working days");
    begin();
    wait_until(&w, "2026-03-03 10:00");
    applied(&w, "leave", "li");
    wait_until(&w, "2026-03-09 10:00");
    applied(&w, "back", "li");
    assert_true(case_clock(w.state, CLOCK_WARN, 0)->due < w.now);
    applied(&w, "leave", "li");
    wait_until(&w, "2026-03-10 10:00");
    applied(&w, "back", "li");
    assert_null(case_clock(w.state, CLOCK_WARN, 0)); /* too late to warn */
    assert_true(case_due(w.state) < w.now);
    assert_int_equal(fire(&w, case_clock(w.state, CLOCK_STAGE, 0)), ERR_OK);
    assert_true(w.state->flags & CASE_OVERDUE);
}

static void firing_is_idempotent(void **state)
{
    (void)state;
    work()->within = limit(&b, "1 day", FROM_ENTRY, NULL);
    work()->warn = lasting(&b, "2 hours");
    remind(&b, "work", people(&b, "supervisor"), "1 week", AFTER_DUE);
    begin();
    struct case_clock clock = *case_clock(w.state, CLOCK_STAGE, 0);
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW); /* not due yet */
    wait_until(&w, "2026-03-04 09:00");
    const struct case_state *after = w.state;
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW); /* gone */
    clock = *case_clock(w.state, CLOCK_REMIND, 0);
    clock.due--;
    w.now = clock.due + 1000;
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW); /* another time */
    clock.kind = CLOCK_TASK;
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW);
    assert_ptr_equal(w.state, after);
}

static void the_earliest_is_due_first(void **state)
{
    (void)state;
    struct case_clock clocks[] = {{.kind = CLOCK_STAGE, .due = 20, .remaining = -1}, {.kind = CLOCK_WARN, .due = 10, .remaining = 0},
                                  {.kind = CLOCK_REMIND, .due = 20, .remaining = -1}, {.kind = CLOCK_TASK, .which = 1, .due = 15, .remaining = -1}};
    struct case_state some = {.clocks = clocks, .clock_count = 4};
    assert_null(case_due_before(&some, 15));
    assert_ptr_equal(case_due_before(&some, 16), &clocks[3]);
    clocks[3].due = 20;
    assert_ptr_equal(case_due_before(&some, 21), &clocks[0]); /* ties by kind; a stopped one never */
}

/* ---- extension ---- */

static struct workflow_extend *extendable(const char *who, const char *add, int32_t most, const char *asks)
{
    work()->within = limit(&b, "5 working days", FROM_ENTRY, NULL);
    work()->warn = lasting(&b, "1 working day");
    return extend(&b, "work", each(&b, who), add, most, asks);
}

static void extended_when_each_has_asked(void **state)
{
    (void)state;
    extendable("applicant", "1 month", 1, NULL);
    build();
    give_people(&w, "applicant", "app:1 app:2");
    opened(&w, "jinnong/grid-3/building-7", "li");
    refused(&w, "extend", "li", ERR_NOT_ALLOWED, "applicant");
    applied(&w, "extend", "app:1");
    due_is(&w, "2026-03-09 18:00");
    wait_until(&w, "2026-03-09 09:00"); /* the warning has been given */
    assert_null(case_clock(w.state, CLOCK_WARN, 0));
    applied(&w, "extend", "app:2");
    due_is(&w, "2026-04-09 18:00");
    clock_due(CLOCK_WARN, 0, "2026-04-08 18:00"); /* starts anew */
    told(&w, NOTICE_EXTENDED, "mediator@jinnong/grid-3/building-7");
    refused(&w, "extend", "app:1", ERR_TOO_OFTEN, "extend has happened 1 times");
    wait_until(&w, "2026-04-10 09:00");
    refused(&w, "extend", "app:1", ERR_TOO_LATE, "the deadline of work has passed");
}

static void an_extension_survives_with_first_entry(void **state)
{
    (void)state;
    extendable("mediator", "10 days", 2, NULL)->by = any(&b, "mediator");
    work()->within = limit(&b, "5 days", FROM_FIRST_ENTRY, NULL);
    begin();
    due_is(&w, "2026-03-09 18:00"); /* Saturday the 7th moves */
    applied(&w, "extend", "li");
    due_is(&w, "2026-03-19 18:00");
    applied(&w, "leave", "li");
    applied(&w, "back", "li");
    due_is(&w, "2026-03-19 18:00");
    applied(&w, "extend", "li");
    due_is(&w, "2026-03-30 18:00"); /* twenty days after the 9th: Sunday the 29th moves */
}

static void up_to_so_much(void **state)
{
    (void)state;
    extendable("mediator", "10 working days", 0, NULL)->up_to = 1;
    begin();
    const char *bad[] = {"", "11 working days", "3 days", "0 working days", "soon"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (*bad[i])
            give_text(&w, "add", bad[i]);
        refused(&w, "extend", "li", ERR_BAD_DATA, "add: must say how much, at most 10 working days");
    }
    give_text(&w, "add", "3 working days");
    applied(&w, "extend", "li");
    give_text(&w, "add", "4 working days");
    refused(&w, "extend", "wu", ERR_BAD_DATA, "the others have asked for 3");
    applied(&w, "take-back", "li");
    give_text(&w, "add", "4 working days");
    applied(&w, "extend", "li");
    applied(&w, "extend", "wang"); /* asks for the same */
    applied(&w, "extend", "wu");
    due_is(&w, "2026-03-13 18:00");
}

static void asked_for_and_granted(void **state)
{
    (void)state;
    extendable("mediator", "5 working days", 1, "supervisor")->by = any(&b, "mediator");
    begin();
    refused(&w, "grant", "sun", ERR_NOT_NOW, "no extension waits");
    applied(&w, "extend", "li");
    told(&w, NOTICE_ASKED, "supervisor@jinnong/grid-3/building-7");
    assert_null(case_due_before(w.state, INT64_MAX)); /* the deadline waits with it, and its warning */
    refused(&w, "extend", "wang", ERR_NOT_NOW, "the extension that li asked for waits");
    refused(&w, "grant", "li", ERR_NOT_ALLOWED, "supervisor");
    struct case_clock clock = *case_clock(w.state, CLOCK_STAGE, 0);
    wait_until(&w, "2026-03-10 09:00");
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW);
    applied(&w, "grant", "sun");
    due_is(&w, "2026-03-16 18:00");
    told(&w, NOTICE_EXTENDED, "mediator@jinnong/grid-3/building-7");
    assert_true(case_clock_runs(case_clock(w.state, CLOCK_STAGE, 0)) && case_clock_runs(case_clock(w.state, CLOCK_WARN, 0)));
    assert_true(text_is(case_count_of(w.state, CASE_EXTEND)->last_as, "li"));
    refused(&w, "extend", "li", ERR_TOO_OFTEN, "extend");
}

static void asked_for_and_denied(void **state)
{
    (void)state;
    extendable("mediator", "5 working days", 1, "supervisor")->by = any(&b, "mediator");
    begin();
    applied(&w, "extend", "li");
    wait_until(&w, "2026-03-10 09:00");
    applied(&w, "deny", "sun");
    told(&w, NOTICE_DENIED, "li");
    due_is(&w, "2026-03-09 18:00");
    assert_non_null(case_due_before(w.state, w.now)); /* it goes on as it was: overdue by now */
    assert_null(case_count_of(w.state, CASE_EXTEND));
    wait_until(&w, "2026-03-10 09:01");
    assert_true(w.state->flags & CASE_OVERDUE);
}

static void leaving_drops_what_was_asked(void **state)
{
    (void)state;
    extendable("mediator", "5 working days", 1, "supervisor")->by = any(&b, "mediator");
    begin();
    applied(&w, "extend", "li");
    applied(&w, "leave", "li");
    assert_int_equal(w.state->asked_by.size, 0);
    refused(&w, "grant", "sun", ERR_NOT_NOW, "no extension waits");
}

/* ---- a newer calendar ---- */

static void a_newer_calendar_moves_what_runs(void **state)
{
    (void)state;
    work()->within = limit(&b, "5 working days", FROM_ENTRY, NULL);
    work()->warn = lasting(&b, "1 working day");
    remind(&b, "work", people(&b, "supervisor"), "1 month", AFTER_ENTRY);
    begin();
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_NOT_NOW);
    int64_t before = case_due(w.state);
    another_calendar(&w, day_of(2026, 3, 4));
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_OK);
    due_is(&w, "2026-03-10 18:00");
    clock_due(CLOCK_WARN, 0, "2026-03-09 18:00");
    assert_int_equal(w.decision.changed_count, 2); /* the reminder stays where it is */
    assert_int_equal(w.decision.changed[0].kind, CLOCK_STAGE);
    assert_true(w.decision.changed[0].before == before && w.decision.changed[0].after == case_due(w.state));
    for (uint32_t i = 0; i < w.state->clock_count; i++)
        assert_int_equal(w.state->clocks[i].calendar, 50);
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_NOT_NOW);
}

static void a_newer_calendar_moves_nothing_silently(void **state)
{
    (void)state;
    work()->within = limit(&b, "5 working days", FROM_FIELD, "started");
    build();
    give_text(&w, "started", "2026-03-02");
    opened(&w, "jinnong/grid-3/building-7", "li");
    due_is(&w, "2026-03-09 18:00");
    int64_t before = case_due(w.state);
    another_calendar(&w, day_of(2026, 3, 4));
    applied(&w, "change", "li"); /* which changes nothing, but looks at the field again */
    due_is(&w, "2026-03-10 18:00");
    assert_int_equal(w.decision.changed_count, 1);
    assert_true(w.decision.changed[0].before == before && w.decision.changed[0].after == case_due(w.state));
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_NOT_NOW);
}

static void an_older_clock_is_computed_anew_before_it_fires(void **state)
{
    (void)state;
    work()->within = limit(&b, "5 working days", FROM_ENTRY, NULL);
    begin();
    struct case_clock clock = *case_clock(w.state, CLOCK_STAGE, 0);
    another_calendar(&w, day_of(2026, 3, 4));
    w.now = clock.due + 1;
    assert_int_equal(fire(&w, &clock), ERR_OK);
    assert_int_equal(w.decision.changed_count, 1);
    assert_int_equal(w.decision.effect_count, 0);
    assert_int_equal(w.state->flags, 0); /* not due any more */
    due_is(&w, "2026-03-10 18:00");
    assert_int_equal(fire(&w, &clock), ERR_NOT_NOW);
    clock = *case_clock(w.state, CLOCK_STAGE, 0);
    another_calendar(&w, day_of(2026, 5, 6));
    w.calendar->position = 51;
    w.now = clock.due + 1;
    assert_int_equal(fire(&w, &clock), ERR_OK); /* under this one it was due on the 9th already */
    assert_int_equal(w.decision.changed_count, 1);
    assert_true(w.state->flags & CASE_OVERDUE);
}

static void an_extended_deadline_keeps_its_extension(void **state)
{
    (void)state;
    extendable("mediator", "5 working days", 1, NULL)->by = any(&b, "mediator");
    begin();
    applied(&w, "extend", "li");
    due_is(&w, "2026-03-16 18:00");
    another_calendar(&w, day_of(2026, 3, 4));
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_OK);
    due_is(&w, "2026-03-17 18:00");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(from_entry_from_opening_from_first_entry), TEST(from_a_date_field_and_it_follows_the_field), TEST(until_a_date),
        TEST(per_value_of_a_field), TEST(per_level), TEST(warned_then_overdue_then_reminded), TEST(a_reminder_that_was_slept_through_comes_once),
        TEST(only_those_who_are_missing_are_reminded), TEST(a_warning_whose_time_has_passed_comes_at_once), TEST(firing_is_idempotent),
        TEST(the_earliest_is_due_first), TEST(extended_when_each_has_asked), TEST(an_extension_survives_with_first_entry), TEST(up_to_so_much),
        TEST(asked_for_and_granted), TEST(asked_for_and_denied), TEST(leaving_drops_what_was_asked), TEST(a_newer_calendar_moves_what_runs),
        TEST(a_newer_calendar_moves_nothing_silently),
        TEST(an_older_clock_is_computed_anew_before_it_fires), TEST(an_extended_deadline_keeps_its_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
