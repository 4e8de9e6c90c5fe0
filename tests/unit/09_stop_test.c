/* stopped clocks, and the limit of the whole case: what is kept, what it adds up to, what ends a stop. */
#include "engine/clock.h"
#include "engine/stop.h"
#include "tests/unit/core_world.h"
#include "tests/unit/dispute.h"

static struct world w;
static struct builder b;

static int start(void **state)
{
    (void)state;
    world_begin(&w);
    b = workflow_begin(&w.arena, "stops");
    field(&b, "kind", FIELD_CHOICE);
    choices(&b, find_field(&b, "kind"), "urgent normal");
    stage(&b, "work");
    stage(&b, "after");
    task(&b, "work", "mediator", NULL);
    event(&b, "work", "change", any(&b, "mediator"), stay(&b))->may = refs_of_fields(&b, "kind");
    event(&b, "work", "leave", any(&b, "mediator"), go(&b, "after", NULL));
    event(&b, "work", "finish", any(&b, "mediator"), end_with(&b, "done"));
    event(&b, "after", "back", any(&b, "mediator"), go(&b, "work", NULL));
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

static struct workflow_stop *stoppable(const char *within, const char *longest)
{
    work()->within = limit(&b, within, FROM_ENTRY, NULL);
    work()->stop_clock = stopping(&b, "mediator", "hearing expert", longest);
    return ROW_AT(&b, STOPS, stop, work()->stop_clock);
}

static void begin(void)
{
    opens(&b, "mediator", "", "", "kind", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    opened(&w, "jinnong/grid-3/building-7", "li");
}

static void stop(const char *ground)
{
    give_text(&w, "ground", ground);
    applied(&w, "stop-clock", "li");
}

static void limit_is(const char *time)
{
    assert_string_equal(arena_string(&w.arena, calendar_print(w.calendar, &w.arena, case_limit(w.state))), time);
}

/* ---- what is kept ---- */

static void each_period_keeps_what_it_counts(void **state)
{
    (void)state;
    static const struct {
        const char *within, *due, *stop, *go_on, *later;
    } table[] = {
        /* all from a Monday at 9:00 */
        {"5 working days", "2026-03-09 18:00", "2026-03-04 10:00", "2026-03-10 10:00", "2026-03-13 18:00"},
        {"5 working days", "2026-03-09 18:00", "2026-03-04 10:00", "2026-03-07 10:00", "2026-03-11 18:00"}, /* a Saturday */
        {"10 days", "2026-03-12 18:00", "2026-03-04 10:00", "2026-03-10 10:00", "2026-03-18 18:00"},
        {"10 days", "2026-03-12 18:00", "2026-03-04 10:00", "2026-03-06 10:00", "2026-03-16 18:00"}, /* the 14th is a Saturday */
        {"1 month", "2026-04-02 18:00", "2026-03-30 10:00", "2026-03-31 10:00", "2026-04-03 18:00"},
        {"48 hours", "2026-03-04 09:00", "2026-03-03 10:00", "2026-03-06 10:00", "2026-03-07 09:00"},
        {"5 working days", "2026-03-09 18:00", "2026-03-09 10:00", "2026-03-10 17:00", "2026-03-10 18:00"}, /* the rest of its last day */
        {"5 working days", "2026-03-09 18:00", "2026-03-09 10:00", "2026-03-09 19:00", "2026-03-10 18:00"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (i > 0) {
            finish(NULL);
            start(NULL);
        }
        stoppable(table[i].within, "60 days");
        begin();
        due_is(&w, table[i].due);
        wait_until(&w, table[i].stop);
        stop("hearing");
        wait_until(&w, table[i].go_on);
        assert_false(w.state->flags & CASE_OVERDUE);
        applied(&w, "resume", "wang");
        due_is(&w, table[i].later);
        assert_false(w.state->flags & CASE_STOPPED);
    }
}

static void working_hours_are_kept_to_the_millisecond(void **state)
{
    (void)state;
    stoppable("20 working hours", "60 days");
    begin();
    wait_until(&w, "2026-03-03 10:17");
    int64_t left = calendar_working_between(w.calendar, w.now, case_due(w.state));
    stop("expert");
    wait_until(&w, "2026-03-08 22:03"); /* a Sunday night */
    applied(&w, "resume", "li");
    assert_int_equal(calendar_working_between(w.calendar, w.now, case_due(w.state)), left);
}

static void stopping_for_no_time_changes_nothing(void **state)
{
    (void)state;
    static const char *const withins[] = {"30 minutes", "7 hours", "13 working hours", "3 days", "1 week", "1 month", "1 working day", "9 working days"};
    for (size_t i = 0; i < sizeof withins / sizeof *withins; i++) {
        finish(NULL);
        start(NULL);
        stoppable(withins[i], "10 working days");
        work()->warn = lasting(&b, "20 minutes");
        begin();
        const struct case_state *first = w.state;
        int64_t step = (case_due(first) - w.now) / 37;
        for (int64_t at = w.now; at <= case_due(first); at += step) {
            w.state = first;
            w.now = at;
            stop("hearing");
            applied(&w, "resume", "li");
            assert_int_equal(case_due(w.state), case_due(first));
            assert_int_equal(case_clock(w.state, CLOCK_WARN, 0)->due, case_clock(first, CLOCK_WARN, 0)->due);
        }
    }
}

/* The longer it stands, the later it is due; never earlier than before, never before it goes on. */
static void a_longer_stop_is_never_worth_less(void **state)
{
    (void)state;
    static const enum duration_unit units[] = {HOURS, WORKING_HOURS, DAYS, WORKING_DAYS};
    static const char *const periods[] = {"50 hours", "9 working hours", "20 days", "6 working days"};
    for (size_t u = 0; u < 4; u++) {
        struct workflow_duration period;
        assert_true(duration_parse(text_of(periods[u]), &period));
        for (int64_t from = at_time(&w, "2026-09-15 07:00"); from < at_time(&w, "2026-10-12 00:00"); from += 7 * 3600000 + 11) { /* over the holidays */
            int64_t due = calendar_add(w.calendar, from, &period).time;
            for (int64_t stop_at = from; stop_at <= due; stop_at += (due - from) / 7 + 1) {
                int64_t left = calendar_left(w.calendar, units[u], stop_at, due), last = due;
                assert_int_equal(calendar_go_on(w.calendar, units[u], stop_at, left).time, due);
                for (int64_t on = stop_at; on < stop_at + 30 * (int64_t)86400000; on += 5 * 3600000 + 7) {
                    int64_t later = calendar_go_on(w.calendar, units[u], on, left).time;
                    assert_true(later >= last && later >= on);
                    last = later;
                }
            }
        }
    }
}

static void what_was_left_survives_what_comes_after(void **state)
{
    (void)state;
    stoppable("10 days", "60 days");
    work()->extend = extend_row(&b, "mediator", "10 days");
    begin();
    due_is(&w, "2026-03-12 18:00");
    stop("hearing");
    refused(&w, "extend", "li", ERR_NOT_NOW, "is stopped");
    wait_until(&w, "2026-03-06 10:00");
    applied(&w, "resume", "li");
    due_is(&w, "2026-03-16 18:00");
    applied(&w, "extend", "li"); /* counts from the deadline as it is now */
    due_is(&w, "2026-03-26 18:00");
    wait_until(&w, "2026-03-10 10:00");
    stop("hearing");
    wait_until(&w, "2026-03-12 10:00");
    applied(&w, "resume", "li");
    due_is(&w, "2026-03-30 18:00"); /* the 28th is a Saturday */
    w.calendar->position = 9;
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_OK);
    due_is(&w, "2026-03-30 18:00");
    applied(&w, "extend", "li");
    due_is(&w, "2026-04-09 18:00");
}

static void a_field_moves_what_was_left(void **state)
{
    (void)state;
    stoppable("10 days", "60 days");
    int32_t urgent = limit_row(&b, NONE, value_of_text(&b, "urgent"), "5 days");
    limit_row(&b, NONE, NONE, "10 days");
    work()->within = limit_per(&b, "kind", (struct span){urgent, 2});
    begin();
    due_is(&w, "2026-03-12 18:00");
    stop("hearing");
    wait_until(&w, "2026-03-03 10:00");
    applied(&w, "resume", "li");
    due_is(&w, "2026-03-13 18:00");
    give_text(&w, "kind", "urgent");
    applied(&w, "change", "li");
    due_is(&w, "2026-03-10 18:00"); /* the limit alone has moved from the 12th to the 9th (the 7th is a Saturday): by three days */
}

/* Until a new calendar has come round to the case, the case may go on of itself. What has moved with the calendar then is nothing that a field has moved. */
static void what_was_left_goes_on_under_a_newer_calendar(void **state)
{
    (void)state;
    stoppable("5 working days", "60 days");
    int32_t urgent = limit_row(&b, NONE, value_of_text(&b, "urgent"), "2 working days");
    limit_row(&b, NONE, NONE, "5 working days");
    work()->within = limit_per(&b, "kind", (struct span){urgent, 2});
    begin();
    due_is(&w, "2026-03-09 18:00");
    wait_until(&w, "2026-03-03 10:00");
    stop("hearing");
    another_calendar(&w, day_of(2026, 3, 4));
    applied(&w, "resume", "li");
    due_is(&w, "2026-03-10 18:00");
    applied(&w, "change", "li"); /* which changes nothing, but looks at the limit again */
    due_is(&w, "2026-03-10 18:00");
}

static void restart_begins_anew(void **state)
{
    (void)state;
    stoppable("5 working days", "60 days")->restart = 1;
    begin();
    wait_until(&w, "2026-03-06 10:00");
    stop("expert");
    wait_until(&w, "2026-03-16 10:00");
    applied(&w, "resume", "li");
    due_is(&w, "2026-03-23 18:00");
    w.calendar->position = 9;
    assert_int_equal(decide(&w, (struct event){.kind = EVENT_RECOMPUTE}), ERR_OK);
    due_is(&w, "2026-03-23 18:00");
}

/* ---- who, when, how long ---- */

static void who_stops_when_and_why(void **state)
{
    (void)state;
    stoppable("5 working days", "10 days");
    begin();
    refused(&w, "resume", "li", ERR_NOT_NOW, "is not stopped");
    refused(&w, "stop-clock", "mei", ERR_NOT_ALLOWED, "mediator");
    refused(&w, "stop-clock", "li", ERR_BAD_DATA, "ground: must be one of hearing, expert");
    give_text(&w, "ground", "holiday");
    refused(&w, "stop-clock", "li", ERR_BAD_DATA, "ground: must be one of hearing, expert");
    stop("expert");
    told(&w, NOTICE_STOPPED, "mediator@jinnong/grid-3/building-7");
    assert_int_equal(w.state->stopped_ground, 1);
    give_text(&w, "ground", "hearing");
    refused(&w, "stop-clock", "li", ERR_NOT_NOW, "stopped already: expert");
    refused(&w, "resume", "mei", ERR_NOT_ALLOWED, "mediator");
    applied(&w, "resume", "wu");
    told(&w, NOTICE_RESUMED, "mediator@jinnong/grid-3/building-7");
    wait_until(&w, "2026-03-10 10:00");
    give_text(&w, "ground", "hearing");
    refused(&w, "stop-clock", "li", ERR_TOO_LATE, "has passed");
}

static void all_stops_together_last_no_longer(void **state)
{
    (void)state;
    stoppable("20 days", "10 days");
    begin();
    due_is(&w, "2026-03-23 18:00"); /* the 22nd is a Sunday */
    stop("hearing");
    wait_until(&w, "2026-03-06 10:00");
    applied(&w, "resume", "li"); /* four days are used */
    due_is(&w, "2026-03-27 18:00");
    applied(&w, "leave", "li");
    applied(&w, "back", "li");
    due_is(&w, "2026-03-26 18:00");
    stop("hearing");
    wait_until(&w, "2026-03-12 17:00"); /* six days later at close of business it goes on by itself */
    assert_true(w.state->flags & CASE_STOPPED);
    wait_until(&w, "2026-03-13 10:00");
    assert_false(w.state->flags & CASE_STOPPED);
    due_is(&w, "2026-04-01 18:00");
    give_text(&w, "ground", "hearing");
    refused(&w, "stop-clock", "li", ERR_TOO_OFTEN, "10 days in this stage");
}

static void leaving_ends_a_stop(void **state)
{
    (void)state;
    stoppable("5 working days", "10 days");
    begin();
    stop("hearing");
    applied(&w, "finish", "li");
    has_ended(&w, "done");
    assert_int_equal(w.state->stopped_at, 0);
}

static void first_entry_keeps_what_was_left(void **state)
{
    (void)state;
    stoppable("10 days", "20 days");
    work()->within = limit(&b, "10 days", FROM_FIRST_ENTRY, NULL);
    begin();
    stop("hearing");
    wait_until(&w, "2026-03-06 10:00");
    applied(&w, "leave", "li");
    applied(&w, "back", "li");
    due_is(&w, "2026-03-16 18:00");
}

/* ---- the whole case ---- */

static void the_whole_case_has_a_limit_beside(void **state)
{
    (void)state;
    stoppable("10 days", "20 days");
    work()->extend = extend_row(&b, "mediator", "10 days");
    head_of(&b)->limit = limit(&b, "30 days", FROM_OPENING, NULL);
    begin();
    limit_is("2026-04-01 18:00");
    applied(&w, "extend", "li");
    limit_is("2026-04-01 18:00"); /* does not move */
    applied(&w, "leave", "li");
    limit_is("2026-04-01 18:00"); /* goes on where no deadline runs */
    wait_until(&w, "2026-03-04 10:00");
    applied(&w, "back", "li");
    stop("hearing");
    wait_until(&w, "2026-03-11 10:00");
    applied(&w, "leave", "li");
    limit_is("2026-04-08 18:00"); /* stopped for seven days, with the stage */
    wait_until(&w, "2026-04-09 10:00");
    assert_true(w.state->flags & CASE_OVER_LIMIT);
    assert_true(w.state->flags & CASE_WAS_LATE);
    assert_false(w.state->flags & CASE_OVERDUE);
    applied(&w, "back", "li");
    assert_true(w.state->flags & CASE_OVER_LIMIT); /* whichever stage it stands in */
    limit_is("1970-01-01 08:00");
    applied(&w, "finish", "li");
    has_ended(&w, "done");
    assert_false(w.state->flags & CASE_OVER_LIMIT);
    assert_true(w.state->flags & CASE_WAS_LATE);
}

static void what_follows_the_limit_follows_anywhere(void **state)
{
    (void)state;
    head_of(&b)->limit = limit(&b, "10 working days", FROM_OPENING, NULL);
    head_of(&b)->overdue = end_with(&b, "done");
    begin();
    applied(&w, "leave", "li");
    wait_until(&w, "2026-03-16 18:00");
    assert_false(w.state->flags & CASE_ENDED);
    wait_until(&w, "2026-03-16 18:01");
    told(&w, NOTICE_OVERDUE, "supervisor@jinnong/grid-3 supervisor@jinnong/grid-3/building-7");
    has_ended(&w, "done");
}

/* What is sent is the word; who is told reads what people call it, and the word where it has no title in that language. */
static void a_ground_is_told_by_its_title(void **state)
{
    (void)state;
    struct span grounds = stoppable("5 working days", "60 days")->grounds;
    ROW_AT(&b, NAMES, name, grounds.first)->title_zh = string_of(&b, "听证");
    begin();
    stop("hearing");
    const struct effect *notice = effect_of(&w, EFFECT_NOTICE, NOTICE_STOPPED);
    assert_non_null(notice);
    assert_non_null(strstr(arena_string(&w.arena, notice->text_zh), "计时中止（听证）"));
    assert_non_null(strstr(arena_string(&w.arena, notice->text_en), "The clock is stopped (hearing)"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(each_period_keeps_what_it_counts), TEST(working_hours_are_kept_to_the_millisecond), TEST(stopping_for_no_time_changes_nothing),
        TEST(a_longer_stop_is_never_worth_less), TEST(what_was_left_survives_what_comes_after), TEST(a_field_moves_what_was_left),
        TEST(what_was_left_goes_on_under_a_newer_calendar),
        TEST(what_was_left_goes_on_under_a_newer_calendar), TEST(restart_begins_anew), TEST(who_stops_when_and_why), TEST(all_stops_together_last_no_longer), TEST(leaving_ends_a_stop),
        TEST(first_entry_keeps_what_was_left), TEST(the_whole_case_has_a_limit_beside), TEST(what_follows_the_limit_follows_anywhere), TEST(a_ground_is_told_by_its_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
