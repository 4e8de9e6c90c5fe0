/* engine: where rooms meet: several calendars, ids that are used twice, reports that come to the wrong door, states that cannot be. */
#include "tests/unit/engines.h"

static const char key_bytes[ID_SIZE] = "case-key-0000001";
static const struct text case_key = {key_bytes, ID_SIZE};
static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};

static struct event opening(struct bed *bed)
{
    return (struct event){.kind = EVENT_OPEN, .id = bed_id(bed), .sender = TEXT("local"), .key = case_key, .workflow = TEXT("bench"),
                          .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static struct event sending(struct bed *bed, const char *name)
{
    return (struct event){.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = case_key},
                          .name = text_of(name), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static int set_up_empty(void **state)
{
    static struct bed bed;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    *state = &bed;
    return 0;
}

static int set_up(void **state)
{
    set_up_empty(state);
    struct bed *bed = *state;
    assert_int_equal(bed_deploy(bed, AT(0), "calendar-cn.yaml", bed_file(bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "directory.yaml", bed_file(bed, "config/practice-directory.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "workflow.yaml", bed_file(bed, "workflows/bench/workflow.yaml")), ERR_OK);
    return 0;
}

static int tear_down(void **state)
{
    bed_close(*state);
    return 0;
}

static void assert_text(struct text text, const char *expected)
{
    if (!text_is(text, expected))
        fail_msg("'%.*s' is not '%s'", (int)text.size, text.data, expected);
}

/* The text with one place changed. */
static struct text changed(struct bed *bed, struct text text, const char *from, const char *to)
{
    const char *source = arena_string(&bed->arena, text), *at = strstr(source, from);
    assert_non_null(at);
    return arena_print(&bed->arena, "%.*s%s%s", (int)(at - source), source, to, at + strlen(from));
}

/* ---- deployments ---- */

/* The day on which a workflow applies is told by the first calendar: the same one before and after a start, and in a replay. */
static void the_first_calendar_is_the_same_after_a_start(void **state)
{
    struct bed *bed = *state;
    int64_t morning = AT(INT64_C(-5) * 3600000); /* 04:00 of the 24th in Shanghai, the evening of the 23rd in Amsterdam */
    assert_int_equal(bed_deploy(bed, AT(-86400000), "nl.yaml", bed_file(bed, "workflows/examples/permit-receipts/calendar.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(-86400000), "cn.yaml", bed_file(bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(-86400000), "directory.yaml", bed_file(bed, "config/practice-directory.yaml")), ERR_OK);
    struct text later = changed(bed, bed_file(bed, "workflows/bench/workflow.yaml"), "version: 1", "version: 1\napplies-from: 2026-09-24");
    assert_int_equal(bed_deploy(bed, AT(-86400000), "later.yaml", later), ERR_OK);
    struct event open = opening(bed);
    assert_int_equal(bed_send(bed, morning, &open).kind, MESSAGE_APPLIED);
    engine_close(&bed->engine);
    bed_open_engine(bed);
    assert_non_null(engine_newest_workflow(bed->engine, TEXT("bench"), morning));
    bed_assert_replays(bed);
}

static void an_id_in_use_deploys_nothing(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    bed_send(bed, AT(1000), &open);
    struct problems problems;
    struct source source;
    struct text text = changed(bed, bed_file(bed, "workflows/bench/workflow.yaml"), "version: 1", "version: 2");
    assert_int_equal(source_read(&bed->arena, "w", text, &problems, &source), ERR_OK);
    struct deployment deployment = {.id = open.id, .sender = open.sender, .what = TEXT("workflow"), .name = source.name, .version = 2,
                                    .applies_from = source.applies_from, .source = text, .compiled = source.compiled};
    struct message answer;
    engine_begin(bed->engine, AT(2000));
    assert_int_equal(engine_deploy(bed->engine, &deployment, &answer), ERR_OK);
    assert_int_equal(answer.code, ERR_ID_REUSED);
    bed_commit(bed);
    assert_int_equal(bed_send(bed, AT(3000), &open).kind, MESSAGE_DUPLICATE); /* its receipt is as it was */
    deployment.id = bed_id(bed);
    for (int i = 0; i < 2; i++) {
        engine_begin(bed->engine, AT(4000));
        assert_int_equal(engine_deploy(bed->engine, &deployment, &answer), ERR_OK);
        assert_int_equal(answer.kind, i ? MESSAGE_DUPLICATE : MESSAGE_APPLIED);
        bed_commit(bed);
    }
    bed_assert_replays(bed);
}

/* Two series may meet in one text: whoever writes it down must find the one case that bears it. */
static void no_two_cases_have_one_number(void **state)
{
    struct bed *bed = *state;
    static const char keys[12][ID_SIZE + 1] = {"number-key-00001", "number-key-00002", "number-key-00003", "number-key-00004", "number-key-00005", "number-key-00006",
                                               "number-key-00007", "number-key-00008", "number-key-00009", "number-key-00010", "number-key-00011", "number-key-00012"};
    struct text short_one = changed(bed, bed_file(bed, "workflows/bench/workflow.yaml"), "{unit}测字〔{year}〕{number}号", "K{number}");
    struct text long_one = changed(bed, changed(bed, short_one, "workflow: bench", "workflow: other"), "K{number}", "K1{number}");
    assert_int_equal(bed_deploy(bed, AT(0), "short.yaml", changed(bed, short_one, "version: 1", "version: 2")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "long.yaml", long_one), ERR_OK);
    for (int i = 0; i < 12; i++) {
        struct event open = opening(bed);
        open.key = (struct text){keys[i], ID_SIZE};
        open.workflow = i ? TEXT("bench") : TEXT("other");
        struct message answer = bed_send(bed, AT(1000 + i), &open);
        assert_int_equal(answer.kind, MESSAGE_APPLIED);
        assert_text(answer.number, i == 0 ? "K11" : i < 11 ? arena_print(&bed->arena, "K%d", i).data : "K12");
    }
    struct case_ref ref = {.kind = CASE_REF_NUMBER, .text = TEXT("K11")};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    assert_memory_equal(found->key, keys[0], ID_SIZE);
    bed_assert_replays(bed);
}

/* ---- answers ---- */

static void answers_outlive_the_questions_between_batches(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    engine_begin(bed->engine, AT(1000));
    struct message answer = bed_decide(bed, &open);
    struct engine_done done;
    assert_int_equal(engine_commit(bed->engine, &done), ERR_OK);
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
        assert_text(found->number, "金农测字〔2026〕1号");
        assert_non_null(engine_workflow(bed->engine, found->workflow));
        assert_text(found->number, "金农测字〔2026〕1号");
    }
    assert_text(answer.number, "金农测字〔2026〕1号");
    assert_text(answer.stage, "handling");
    assert_true(done.outbox_changed);
}

/* ---- reports ---- */

static uint64_t the_task(struct bed *bed)
{
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    assert_int_equal(found->task_count, 1);
    return found->tasks[0].id;
}

/* It is not unknown: it is settled by an event of the workflow, and its worker must hear which. */
static void a_task_is_not_settled_like_a_notice(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    uint64_t id = bed_send(bed, AT(1000), &open).case_id, task = the_task(bed);
    struct event settle = {.kind = EVENT_SETTLE, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_ID, .id = id},
                           .worker = TEXT("w1"), .task = task, .topic = TEXT("bench"), .ready_at = AT(1000)};
    struct message answer = bed_send(bed, AT(2000), &settle);
    assert_int_equal(answer.code, ERR_BAD_DATA);
    assert_non_null(strstr(answer.why.data, "raise, resolve"));
    struct event accept = settle;
    accept.kind = EVENT_ACCEPT;
    accept.id = bed_id(bed);
    assert_int_equal(bed_send(bed, AT(3000), &accept).kind, MESSAGE_APPLIED);
    settle.id = bed_id(bed);
    assert_int_equal(bed_send(bed, AT(4000), &settle).code, ERR_BAD_DATA); /* accepted, it has no row in the outbox */
    settle.task++;
    assert_int_equal(bed_send(bed, AT(5000), &settle).code, ERR_UNKNOWN_TASK);
    bed_assert_replays(bed);
}

/* ---- parked ---- */

static void a_parked_event_whose_park_is_gone_is_over(void **state)
{
    struct bed *bed = *state;
    struct event raise = sending(bed, "raise"), open = opening(bed);
    raise.data = NULL;
    raise.data_count = 0;
    uint64_t parked = bed_send(bed, AT(1000), &raise).position;
    uint32_t fired;
    engine_begin(bed->engine, AT(INT64_C(31) * 86400000));
    assert_int_equal(engine_fire(bed->engine, 100, &fired), ERR_OK);
    bed_decide(bed, &open);
    raise.parked = parked;
    raise.data = note;
    raise.data_count = 1;
    assert_int_equal(bed_decide(bed, &raise).code, ERR_PARKED_EXPIRED); /* one final answer, and it was given */
    bed_commit(bed);
    bed_assert_replays(bed);
}

/* ---- held ---- */

static struct event held_opening(struct bed *bed, int64_t happened_at)
{
    struct event open = opening(bed);
    open.held = open.has_happened_at = true;
    open.happened_at = happened_at;
    return open;
}

static int64_t stage_due(struct bed *bed)
{
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    return case_due(found);
}

/* No calendar touches a held case; once released it follows the newest one without waiting for its deadline. */
static void a_released_case_follows_the_newest_calendar(void **state)
{
    struct bed *bed = *state;
    struct event open = held_opening(bed, AT(0));
    bed_send(bed, AT(1000), &open);
    int64_t before = stage_due(bed);
    struct text newer = changed(bed, bed_file(bed, "config/calendar-cn.yaml"), "version: 1", "version: 2");
    newer = changed(bed, newer, "14:00-18:00", "14:00-17:00"); /* so the deadline comes an hour earlier */
    assert_int_equal(bed_deploy(bed, AT(2000), "newer.yaml", newer), ERR_OK);
    uint32_t fired;
    do {
        engine_begin(bed->engine, AT(3000));
        assert_int_equal(engine_fire(bed->engine, 100, &fired), ERR_OK);
        bed_commit(bed);
    } while (engine_next_due(bed->engine) == INT64_MIN);
    assert_true(stage_due(bed) == before);
    struct event release = {.kind = EVENT_RELEASE, .id = bed_id(bed), .sender = TEXT("local"), .as = TEXT("zhou"), .subject = {.kind = CASE_REF_KEY, .text = case_key}};
    assert_int_equal(bed_send(bed, AT(4000), &release).kind, MESSAGE_APPLIED);
    assert_true(engine_next_due(bed->engine) == INT64_MIN);
    engine_begin(bed->engine, AT(5000));
    assert_int_equal(engine_fire(bed->engine, 100, &fired), ERR_OK);
    assert_int_equal(fired, 1);
    bed_commit(bed);
    assert_true(stage_due(bed) == before - 3600000);
    bed_assert_replays(bed);
}

/* An import whose mapping was wrong is run again: what was refused the first time has not moved the case on. */
static void what_a_held_case_refuses_does_not_move_its_time(void **state)
{
    struct bed *bed = *state;
    struct event open = held_opening(bed, AT(INT64_C(-30) * 86400000));
    bed_send(bed, AT(1000), &open);
    uint64_t before = engine_position(bed->engine);
    struct event later = sending(bed, "no-such-event"), raise = sending(bed, "raise");
    later.has_happened_at = raise.has_happened_at = true;
    later.happened_at = AT(INT64_C(-10) * 86400000); /* its deadline was over by then */
    raise.happened_at = AT(INT64_C(-29) * 86400000);
    assert_int_equal(bed_send(bed, AT(2000), &later).code, ERR_NOT_NOW); /* it ended as late before that */
    assert_true(engine_position(bed->engine) == before);
    assert_int_equal(bed_send(bed, AT(3000), &raise).kind, MESSAGE_APPLIED);
    later.name = TEXT("resolve");
    assert_int_equal(bed_send(bed, AT(4000), &later).code, ERR_NOT_NOW); /* so it would at the grid */
    struct event release = {.kind = EVENT_RELEASE, .id = bed_id(bed), .sender = TEXT("local"), .as = TEXT("zhou"), .subject = {.kind = CASE_REF_KEY, .text = case_key}};
    struct message answer = bed_send(bed, AT(5000), &release);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    assert_text(answer.end, "late");
    bed_assert_replays(bed);
}

static struct text earlier_calendar(struct bed *bed)
{
    struct text newer = changed(bed, bed_file(bed, "config/calendar-cn.yaml"), "version: 1", "version: 2");
    return changed(bed, newer, "14:00-18:00", "14:00-17:00"); /* so a deadline comes an hour earlier */
}

static uint32_t fire(struct bed *bed)
{
    uint32_t fired;
    assert_int_equal(engine_fire(bed->engine, 100, &fired), ERR_OK);
    return fired;
}

/* The rows of a batch are not in the store while it is decided: whoever looks through the store for old deadlines must come again. */
static void what_one_batch_releases_and_sweeps_follows_the_newest_calendar(void **state)
{
    struct bed *bed = *state;
    struct event open = held_opening(bed, AT(0));
    bed_send(bed, AT(1000), &open);
    int64_t before = stage_due(bed);
    assert_int_equal(bed_deploy(bed, AT(2000), "newer.yaml", earlier_calendar(bed)), ERR_OK);
    struct event release = {.kind = EVENT_RELEASE, .id = bed_id(bed), .sender = TEXT("local"), .as = TEXT("zhou"), .subject = {.kind = CASE_REF_KEY, .text = case_key}};
    engine_begin(bed->engine, AT(3000));
    assert_int_equal(bed_decide(bed, &release).kind, MESSAGE_APPLIED);
    fire(bed);
    bed_commit(bed);
    assert_true(engine_next_due(bed->engine) == INT64_MIN);
    engine_begin(bed->engine, AT(4000));
    fire(bed);
    bed_commit(bed);
    assert_true(stage_due(bed) == before - 3600000);
    bed_assert_replays(bed);
}

static void a_calendar_in_the_middle_of_a_batch_moves_what_was_opened_before_it(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    struct problems problems;
    struct source source;
    struct text text = earlier_calendar(bed);
    assert_int_equal(source_read(&bed->arena, "newer.yaml", text, &problems, &source), ERR_OK);
    const struct deployment deployment = {.id = bed_id(bed), .sender = TEXT("local"), .what = TEXT("calendar"), .name = source.name, .version = source.version,
                                          .applies_from = source.applies_from, .source = text, .compiled = source.compiled};
    struct message answer;
    engine_begin(bed->engine, AT(1000));
    int64_t before = bed_decide(bed, &open).due;
    assert_int_equal(engine_deploy(bed->engine, &deployment, &answer), ERR_OK);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    fire(bed);
    bed_commit(bed);
    engine_begin(bed->engine, AT(2000));
    fire(bed);
    bed_commit(bed);
    assert_true(stage_due(bed) == before - 3600000);
    bed_assert_replays(bed);
}

/* A unit may be given another calendar by a new directory: its deadlines follow, and do not wait until the old ones are over. */
static void deadlines_follow_the_calendar_of_their_unit(void **state)
{
    struct bed *bed = *state;
    struct event open = opening(bed);
    bed_send(bed, AT(1000), &open);
    int64_t before = stage_due(bed);
    struct text other = changed(bed, changed(bed, bed_file(bed, "config/calendar-cn.yaml"), "calendar: cn-statutory", "calendar: early"), "14:00-18:00", "14:00-17:00");
    assert_int_equal(bed_deploy(bed, AT(2000), "early.yaml", other), ERR_OK);
    struct text directory = changed(bed, bed_file(bed, "config/practice-directory.yaml"), "calendar: cn-statutory", "calendar: early");
    assert_int_equal(bed_deploy(bed, AT(3000), "directory.yaml", changed(bed, directory, "version: ", "version: 9")), ERR_OK);
    for (int i = 0; i < 3; i++) {
        engine_begin(bed->engine, AT(4000 + i));
        fire(bed);
        bed_commit(bed);
    }
    assert_true(stage_due(bed) == before - 3600000);
    assert_true(engine_next_due(bed->engine) != INT64_MIN);
    bed_assert_replays(bed);
}

static int64_t limit_due(struct bed *bed)
{
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    return case_limit(found);
}

/* The limit of the whole case follows the calendar of the home unit, also while the case stands at another one. */
static void the_limit_of_a_case_follows_the_calendar_of_its_home(void **state)
{
    struct bed *bed = *state;
    struct text climbing = TEXT("workflow: climbing\nversion: 1\nopens: {by: grid-worker, at: grid}\nlimit: 10 working days\nstart: {go: above}\nstages:\n"
                                "  above: {at: community, within: 20 days, task: {for: supervisor}, events: {done: {by: supervisor, end: over}}}\nends: {over: }\n");
    assert_int_equal(bed_deploy(bed, AT(0), "climbing.yaml", climbing), ERR_OK);
    struct event open = opening(bed);
    open.workflow = TEXT("climbing");
    open.unit = TEXT("jinnong/grid-3");
    open.as = TEXT("li");
    open.data_count = 0;
    assert_int_equal(bed_send(bed, AT(1000), &open).kind, MESSAGE_APPLIED);
    int64_t stage = stage_due(bed), limit = limit_due(bed);
    struct text other = changed(bed, changed(bed, bed_file(bed, "config/calendar-cn.yaml"), "calendar: cn-statutory", "calendar: early"), "14:00-18:00", "14:00-17:00");
    assert_int_equal(bed_deploy(bed, AT(2000), "early.yaml", other), ERR_OK);
    struct text directory = changed(bed, bed_file(bed, "config/practice-directory.yaml"), "{id: 103, level: grid,", "{id: 103, level: grid, calendar: early,");
    assert_int_equal(bed_deploy(bed, AT(3000), "directory.yaml", changed(bed, directory, "version: ", "version: 9")), ERR_OK);
    for (int i = 0; i < 3; i++) {
        engine_begin(bed->engine, AT(4000 + i));
        fire(bed);
        bed_commit(bed);
    }
    assert_true(stage_due(bed) == stage);
    assert_true(limit_due(bed) == limit - 3600000);
    bed_assert_replays(bed);
}

/* A matter that stood still for a year is due at every level once, and nobody is reminded in the past: the batch that releases it stays small. */
static void a_year_of_reminders_is_not_caught_up_with(void **state)
{
    struct bed *bed = *state;
    static const struct field_value data[] = {{.name = {"kind", 4}, .value = {.kind = VALUE_TEXT, .text = {"facility", 8}}},
                                              {.name = {"summary", 7}, .value = {.kind = VALUE_TEXT, .text = {"lamp", 4}}}};
    struct text always = changed(bed, bed_file(bed, "workflows/grid-matter/workflow.yaml"), "applies-from: 2026-01-01\n", "");
    assert_int_equal(bed_deploy(bed, AT(0), "matter.yaml", always), ERR_OK);
    struct event open = held_opening(bed, AT(INT64_C(-400) * 86400000));
    open.workflow = TEXT("grid-matter");
    open.unit = TEXT("jinnong/grid-3");
    open.as = TEXT("li");
    open.data = data;
    open.data_count = 2;
    struct message answer = bed_send(bed, AT(1000), &open);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    struct event release = {.kind = EVENT_RELEASE, .id = bed_id(bed), .sender = TEXT("local"), .as = TEXT("zhou"), .subject = {.kind = CASE_REF_KEY, .text = case_key}};
    assert_int_equal(bed_send(bed, AT(2000), &release).kind, MESSAGE_APPLIED);
    assert_in_range(engine_position(bed->engine) - answer.position, 4, 8); /* warned and overdue at three levels, and the release */
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    assert_true((found->flags & CASE_OVERDUE) && found->clock_count == 1 && found->clocks[0].kind == CLOCK_REMIND);
    assert_true(found->clocks[0].due > AT(2000) && found->clocks[0].due < AT(7 * 86400000));
    assert_true(engine_next_due(bed->engine) == INT64_MIN || engine_next_due(bed->engine) == found->clocks[0].due);
    bed_assert_replays(bed);
}

/* Deadlines that lead to each other, all of them over already: the case stays somewhere, marked, and the engine goes on. */
static void deadlines_that_lead_in_a_circle_come_to_an_end(void **state)
{
    struct bed *bed = *state;
    static const char workflow[] = "workflow: circle\nversion: 1\ntitle: {zh: 循环, en: Circle}\nopens: {by: supervisor, at: building, needs: [day]}\n"
                                   "data: {day: {type: date}}\nstart: {go: one}\nstages:\n"
                                   "  one: {title: {zh: 一, en: One}, at: building, within: {until: day}, task: {for: mediator}, overdue: {go: two},\n"
                                   "    events: {settle: {by: supervisor, end: done}}}\n"
                                   "  two: {title: {zh: 二, en: Two}, at: building, within: {until: day}, task: {for: mediator}, overdue: {go: one},\n"
                                   "    events: {settle: {by: supervisor, end: done}}}\n"
                                   "ends: {done: {title: {zh: 办结, en: Done}}}\n";
    static const struct field_value day[] = {{.name = {"day", 3}, .value = {.kind = VALUE_TEXT, .text = {"2026-09-23", 10}}}};
    assert_int_equal(bed_deploy(bed, AT(0), "circle.yaml", text_of(workflow)), ERR_OK);
    struct event open = opening(bed);
    open.workflow = TEXT("circle");
    open.data = day;
    open.data_count = 1;
    assert_int_equal(bed_send(bed, AT(1000), &open).kind, MESSAGE_APPLIED);
    uint64_t before = engine_position(bed->engine);
    engine_begin(bed->engine, AT(2000));
    fire(bed);
    bed_commit(bed);
    assert_in_range(engine_position(bed->engine) - before, 2, 300);
    assert_true(engine_next_due(bed->engine) == INT64_MAX || engine_next_due(bed->engine) == INT64_MIN);
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key};
    const struct case_state *found;
    assert_int_equal(engine_find_case(bed->engine, &ref, &found), ERR_OK);
    assert_true((found->flags & CASE_OVERDUE) && found->clock_count == 0);
    struct event settle = sending(bed, "settle");
    settle.data_count = 0;
    assert_int_equal(bed_send(bed, AT(3000), &settle).kind, MESSAGE_APPLIED);
    bed_assert_replays(bed);
}

/* Whatever a sender says about the time: it is answered, and what is applied can be replayed. */
static void times_at_the_ends_of_the_world(void **state)
{
    struct bed *bed = *state;
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -62135596800000 - 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    static char keys[8][ID_SIZE];
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        snprintf(keys[i], ID_SIZE, "ends-of-time-%zu", i);
        struct event open = held_opening(bed, times[i]), raise = sending(bed, "raise");
        open.key = raise.subject.text = (struct text){keys[i], ID_SIZE};
        struct message answer = bed_send(bed, AT(1000), &open);
        assert_true(answer.kind == MESSAGE_APPLIED || answer.kind == MESSAGE_REFUSED);
        if (answer.kind == MESSAGE_REFUSED)
            continue;
        raise.has_happened_at = true;
        raise.happened_at = times[i] + 1;
        answer = bed_send(bed, AT(1000), &raise);
        assert_true(answer.kind == MESSAGE_APPLIED || answer.kind == MESSAGE_REFUSED);
    }
    bed_assert_replays(bed);
}

/* ---- a state that cannot be ---- */

static enum err open_again(struct bed *bed, const char **why)
{
    const struct engine_options options = {.partition = 0};
    struct engine *engine;
    enum err code = engine_open(&engine, bed->store, &options, why);
    if (!code)
        engine_close(&engine);
    return code;
}

static void change_meta(struct bed *bed, const struct meta_row *meta)
{
    struct store_txn *txn;
    struct record_key key = key_meta(0);
    assert_int_equal(store_begin_write(bed->store, &txn), ERR_OK);
    assert_int_equal(store_put(txn, STORE_META, key_text(&key), row_encode_meta(&bed->arena, meta)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
}

static void a_state_that_is_not_where_its_log_ends_is_not_opened(void **state)
{
    struct bed *bed = *state;
    const char *why;
    struct meta_row meta = {.format = RECORD_FORMAT, .epoch = 1, .position = engine_position(bed->engine), .time = AT(0)}, other;
    memcpy(meta.hash, engine_hash(bed->engine), HASH_SIZE);
    assert_int_equal(open_again(bed, &why), ERR_OK);
    other = meta, other.position--, change_meta(bed, &other);
    assert_int_equal(open_again(bed, &why), ERR_CORRUPT);
    assert_string_equal(why, "the state does not stand where its log ends");
    other = meta, other.hash[5] ^= 1, change_meta(bed, &other);
    assert_int_equal(open_again(bed, &why), ERR_CORRUPT);
    other = meta, other.format++, change_meta(bed, &other);
    assert_int_equal(open_again(bed, &why), ERR_NEWER_FORMAT);
    change_meta(bed, &meta);
    assert_int_equal(open_again(bed, &why), ERR_OK);
}

/* What a version before this one wrote, which did not count cases by workflow: counted at start, and then it is what replaying the log gives. */
static void an_older_state_is_brought_up_to_date(void **state)
{
    struct bed *bed = *state;
    const char *why;
    struct store_txn *txn;
    uint8_t before[HASH_SIZE], after[HASH_SIZE];
    struct record_key open_row = key_counter(0, 'o', TEXT("bench"));
    struct event open = opening(bed);
    assert_int_equal(bed_send(bed, AT(1000), &open).kind, MESSAGE_APPLIED);
    bed_hash(bed, before);
    struct meta_row meta = {.format = 1, .epoch = engine_epoch(bed->engine), .position = engine_position(bed->engine), .time = AT(1000)};
    memcpy(meta.hash, engine_hash(bed->engine), HASH_SIZE);
    change_meta(bed, &meta);
    assert_int_equal(store_begin_write(bed->store, &txn), ERR_OK);
    assert_int_equal(store_delete(txn, STORE_COUNTER, key_text(&open_row)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    assert_int_equal(open_again(bed, &why), ERR_OK);
    bed_hash(bed, after);
    assert_memory_equal(before, after, HASH_SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_calendar_is_the_same_after_a_start, set_up_empty, tear_down),
        TEST(an_id_in_use_deploys_nothing), TEST(no_two_cases_have_one_number), TEST(answers_outlive_the_questions_between_batches), TEST(a_task_is_not_settled_like_a_notice),
        TEST(a_parked_event_whose_park_is_gone_is_over), TEST(a_released_case_follows_the_newest_calendar), TEST(what_one_batch_releases_and_sweeps_follows_the_newest_calendar),
        TEST(a_calendar_in_the_middle_of_a_batch_moves_what_was_opened_before_it), TEST(what_a_held_case_refuses_does_not_move_its_time), TEST(deadlines_follow_the_calendar_of_their_unit), TEST(the_limit_of_a_case_follows_the_calendar_of_its_home),
        TEST(a_year_of_reminders_is_not_caught_up_with),
        TEST(deadlines_that_lead_in_a_circle_come_to_an_end), TEST(times_at_the_ends_of_the_world),
        TEST(a_state_that_is_not_where_its_log_ends_is_not_opened), TEST(an_older_state_is_brought_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
