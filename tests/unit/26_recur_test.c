/* The calendar opens cases: each day once, whatever the rule, the days off, downtimes, crashes, new versions. A plain model that walks through every day
 * says which days these are. */
#include "tests/unit/engines.h"

#include "engine/calendar_yaml.h"
#include "engine/log.h"

enum { DAY = 86400000, ROUNDS = 60, STEPS = 40, UNITS = 3, DAYS_MOST = 2000 };

static const char *const grids[UNITS] = {"jinnong/grid-3", "jinnong/grid-4", "yinxing/grid-1"};

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

/* ---- the model ---- */

static bool weekly(int32_t day) { return civil_weekday(day) == 2 || civil_weekday(day) == 4; }
static bool daily(int32_t day) { (void)day; return true; }
static bool half_monthly(int32_t day) { return civil_of(day).day == 15 || civil_of(day + 1).day == 1; }
static bool monthly(int32_t day) { return civil_of(day).day == 3; }

static const struct {
    const char *rule;
    bool (*is)(int32_t day);
} rules[] = {{"FREQ=WEEKLY;BYDAY=TU,TH", weekly}, {"FREQ=DAILY", daily}, {"FREQ=MONTHLY;BYMONTHDAY=15,-1", half_monthly}, {"FREQ=MONTHLY;BYMONTHDAY=3", monthly}};

static const char *const days_off[] = {"keep", "skip", "next", "previous"}, *const misseds[] = {"catch-up", "report"};

static int32_t moved(const struct calendar *calendar, uint32_t rule, int32_t day)
{
    if (calendar_works(calendar, day) || rule == 0)
        return day;
    if (rule == 1)
        return 0;
    do
        day += rule == 2 ? 1 : -1;
    while (!calendar_works(calendar, day));
    return day;
}

/* ---- what the engine did ---- */

struct life {
    struct bed bed;
    uint32_t rule, day_off, missed, version;
    int64_t now;
    int32_t begun; /* the day of the first deployment */
};

static void deploy(struct life *life)
{
    struct text text = arena_print(&life->bed.arena,
                                   "workflow: round\nversion: %u\nopens: {recurs: {rule: \"%s\", first: 2026-01-01, for-each: grid, day-off: %s, missed: %s, sets: day}}\n"
                                   "data: {day: {type: date}}\nstart: {go: work}\nstages: {work: {within: {until: day}, task: {for: grid-worker}, events: {done: {by: grid-worker, "
                                   "end: over}}, overdue: {end: over}}}\nends: {over: {}}\n",
                                   ++life->version, rules[life->rule].rule, days_off[life->day_off], misseds[life->missed]);
    assert_int_equal(bed_deploy(&life->bed, life->now, "round.yaml", text), ERR_OK);
}

static void restart(struct life *life)
{
    engine_close(&life->bed.engine);
    store_memory_crash(life->bed.store);
    bed_open_engine(&life->bed);
}

/* Fires all that is due, a few in a batch; now and then a batch dies before, or after, its commit. */
static void fire(struct life *life, bool crashes)
{
    uint32_t fired;
    do {
        engine_begin(life->bed.engine, life->now);
        assert_int_equal(engine_fire(life->bed.engine, 1 + dice(4), &fired), ERR_OK);
        if (crashes && dice(6) == 0) {
            engine_abort(life->bed.engine);
            restart(life);
            fired = 1;
            continue;
        }
        bed_commit(&life->bed);
        if (crashes && dice(6) == 0)
            restart(life);
    } while (fired > 0);
}

/* Time passes while the engine runs: everything at its own moment. */
static void run_to(struct life *life, int64_t target)
{
    for (int64_t due = engine_next_due(life->bed.engine); due < target; due = engine_next_due(life->bed.engine)) {
        life->now = due + 1 > life->now ? due + 1 : life->now;
        fire(life, false);
    }
    life->now = target;
    fire(life, false);
}

/* ---- each day once ---- */

struct seen {
    int32_t opened[DAYS_MOST];
    uint32_t count, missed;
};

static void read_log(struct life *life, struct seen seen[UNITS])
{
    struct store_txn *txn;
    struct text bytes;
    struct log_record record;
    memset(seen, 0, UNITS * sizeof *seen);
    assert_int_equal(store_begin_read(life->bed.store, &txn), ERR_OK);
    for (uint64_t position = 1; position <= engine_position(life->bed.engine); position++) {
        struct arena_mark mark = arena_save(&life->bed.arena);
        assert_int_equal(log_in_store.read(txn, 0, position, &bytes), ERR_OK);
        assert_int_equal(log_decode(&life->bed.arena, bytes, &record), ERR_OK);
        assert_true(record.event.kind != EVENT_RUN);
        for (int unit = 0; record.event.run && unit < UNITS; unit++)
            if (text_is(record.event.unit, grids[unit])) {
                assert_true(seen[unit].count < DAYS_MOST);
                seen[unit].opened[seen[unit].count++] = record.event.run;
                seen[unit].missed += record.event.missed;
                assert_true(life->missed == MISSED_REPORT || record.event.missed == 0);
            }
        arena_rewind(&life->bed.arena, mark);
    }
    store_end_read(&txn);
}

static bool was_opened(const struct seen *seen, int32_t day)
{
    uint32_t times = 0;
    for (uint32_t i = 0; i < seen->count; i++)
        times += seen->opened[i] == day;
    assert_true(times <= 1); /* never doubled */
    return times == 1;
}

static void check_unit(struct life *life, const struct seen *seen)
{
    const struct calendar *calendar = engine_calendar(life->bed.engine, 0);
    uint32_t expected = 0, opened = 0;
    int32_t last = 0, through = calendar_date(calendar, life->now) + 40;
    for (int32_t day = life->begun; day <= through; day++) {
        int32_t on = rules[life->rule].is(day) ? moved(calendar, life->day_off, day) : 0;
        if (!on || on == last || calendar_begin(calendar, on) >= life->now)
            continue;
        last = on;
        expected++;
        opened += was_opened(seen, on);
    }
    assert_int_equal(opened, seen->count); /* nothing but these days */
    assert_int_equal(opened + seen->missed, expected); /* never lost */
    assert_true(expected == 0 || was_opened(seen, last));
}

static void check(struct life *life)
{
    static struct seen seen[UNITS];
    read_log(life, seen);
    for (int unit = 0; unit < UNITS; unit++)
        check_unit(life, &seen[unit]);
}

static void live_a_round(uint64_t number)
{
    struct store *store;
    seed = number * 977 + 5;
    struct life life = {.rule = dice(4), .day_off = dice(4), .missed = dice(2), .now = AT((int64_t)dice(90) * DAY)};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&life.bed, store);
    assert_int_equal(bed_deploy(&life.bed, life.now, "calendar-cn.yaml", bed_file(&life.bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&life.bed, life.now, "directory.yaml", bed_file(&life.bed, "config/practice-directory.yaml")), ERR_OK);
    deploy(&life);
    life.begun = calendar_date(engine_calendar(life.bed.engine, 0), life.now);
    for (int step = 0; step < STEPS; step++) {
        int64_t later = life.now + 1 + (int64_t)dice(dice(5) ? 3 * DAY : 25u * DAY);
        switch (dice(6)) {
        case 0: /* down for a while */
            life.now = later;
            restart(&life);
            fire(&life, true);
            break;
        case 1: deploy(&life); break;
        case 2: /* busy with something else meanwhile: late, and dying on the way */
            life.now = later;
            fire(&life, true);
            break;
        default: run_to(&life, later); break;
        }
        if (step % 8 == 7)
            check(&life);
    }
    fire(&life, false);
    check(&life);
    bed_assert_replays(&life.bed);
    bed_close(&life.bed);
}

static void each_day_is_opened_once(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++)
        live_a_round(round);
}

/* ---- what else the calendar does: the log alone gives it again ---- */

static void deploy_file(struct life *life, const char *name)
{
    assert_int_equal(bed_deploy(&life->bed, life->now, name, bed_file(&life->bed, arena_print(&life->bed.arena, "tests/scenarios/recurs/%s", name).data)), ERR_OK);
}

static uint32_t count_kind(struct life *life, enum event_kind kind, bool is_short)
{
    struct store_txn *txn;
    struct text bytes;
    struct log_record record;
    uint32_t count = 0;
    assert_int_equal(store_begin_read(life->bed.store, &txn), ERR_OK);
    for (uint64_t position = 1; position <= engine_position(life->bed.engine); position++) {
        assert_int_equal(log_in_store.read(txn, 0, position, &bytes), ERR_OK);
        assert_int_equal(log_decode(&life->bed.arena, bytes, &record), ERR_OK);
        count += record.event.kind == kind && (!is_short || record.notice_count == 1);
    }
    store_end_read(&txn);
    return count;
}

static void units_turns_and_years_are_replayed(void **state)
{
    (void)state;
    struct store *store;
    struct life life = {.now = AT(0)};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&life.bed, store);
    assert_int_equal(bed_deploy(&life.bed, life.now, "calendar-cn.yaml", bed_file(&life.bed, "config/calendar-cn.yaml")), ERR_OK);
    deploy_file(&life, "district-1.yaml");
    deploy_file(&life, "round.yaml");
    deploy_file(&life, "evening.yaml");
    deploy_file(&life, "visits.yaml");
    run_to(&life, AT(INT64_C(40) * DAY));
    deploy_file(&life, "district-2.yaml");
    run_to(&life, AT(INT64_C(80) * DAY));
    assert_int_equal(count_kind(&life, EVENT_RUN, false), 0);
    deploy_file(&life, "district-3.yaml");
    life.now = AT(INT64_C(500) * DAY); /* beyond the end of 2026 and of 2027 */
    restart(&life);
    fire(&life, true);
    assert_int_equal(count_kind(&life, EVENT_RUN, false), 14);   /* December 2026 to January 2028: nobody is host */
    assert_int_equal(count_kind(&life, EVENT_QUOTA, true), 2 * 2); /* two grids are left, two years */
    bed_assert_replays(&life.bed);
    deploy_file(&life, "district-4.yaml");
    run_to(&life, AT(INT64_C(560) * DAY));
    assert_int_equal(count_kind(&life, EVENT_RUN, false), 14);
    bed_assert_replays(&life.bed);
    bed_close(&life.bed);
}

/* What a quota opens where a year had too few, and what of it cannot be opened. */
static void cases_that_a_quota_opens_are_replayed(void **state)
{
    (void)state;
    struct store *store;
    struct life life = {.now = AT(0)};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&life.bed, store);
    assert_int_equal(bed_deploy(&life.bed, life.now, "calendar-cn.yaml", bed_file(&life.bed, "config/calendar-cn.yaml")), ERR_OK);
    deploy_file(&life, "district-1.yaml");
    deploy_file(&life, "team-visits.yaml");
    life.now = AT(INT64_C(200) * DAY); /* 2026 is over; nobody knows the workflow of what is to be opened */
    fire(&life, true);
    assert_int_equal(count_kind(&life, EVENT_QUOTA, true), 2);
    assert_int_equal(count_kind(&life, EVENT_RUN, false), 2 * 2);
    deploy_file(&life, "explanation.yaml");
    life.now = AT(INT64_C(500) * DAY); /* and 2027 */
    fire(&life, true);
    assert_int_equal(count_kind(&life, EVENT_QUOTA, true), 2 * 2);
    assert_int_equal(count_kind(&life, EVENT_RUN, false), 2 * 2);
    assert_int_equal(count_kind(&life, EVENT_OPEN, false), 2 * 2);
    bed_assert_replays(&life.bed);
    bed_close(&life.bed);
}

/* What people are told that comes next. */
static void what_comes_next_is_told(void **state)
{
    (void)state;
    struct store *store;
    struct engine_upcoming *coming;
    uint32_t count;
    struct life life = {.now = AT(0)};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&life.bed, store);
    assert_int_equal(engine_upcoming(life.bed.engine, &life.bed.arena, 10, &coming, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(bed_deploy(&life.bed, life.now, "calendar-cn.yaml", bed_file(&life.bed, "config/calendar-cn.yaml")), ERR_OK);
    deploy_file(&life, "round.yaml");
    deploy_file(&life, "visits.yaml");
    assert_int_equal(engine_upcoming(life.bed.engine, &life.bed.arena, 10, &coming, &count), ERR_OK);
    assert_int_equal(count, 0); /* there are no units yet */
    deploy_file(&life, "district-1.yaml");
    assert_int_equal(engine_upcoming(life.bed.engine, &life.bed.arena, 10, &coming, &count), ERR_OK);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(coming[i].units, 2);
        assert_string_equal(calendar_print(engine_calendar(life.bed.engine, 0), &life.bed.arena, coming[i].due).data,
                            coming[i].quota ? "2027-01-01 00:00" : "2026-10-10 09:00");
    }
    fire(&life, false); /* the calendar was new: deadlines were looked at */
    assert_true(engine_next_due(life.bed.engine) == coming[coming[0].quota].due);
    bed_close(&life.bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_day_is_opened_once), cmocka_unit_test(units_turns_and_years_are_replayed),
                                       cmocka_unit_test(cases_that_a_quota_opens_are_replayed), cmocka_unit_test(what_comes_next_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
