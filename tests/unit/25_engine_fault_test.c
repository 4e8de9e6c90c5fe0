/* engine: fail the Nth. A run of some sixty events is played once undisturbed; then again and again, and each time another call of the store
 * fails, once. Of the batch that it hits nobody hears an answer; the store and the engine are opened again, the senders repeat what they sent,
 * at the same time: and the end is the same, to the last byte of log and state. */
#include "tests/unit/engines.h"

enum { STEPS_MOST = 96, TURNS_MOST = 48, FIRED_MOST = 3 };

/* What somebody sends, and what they heard in the undisturbed run. */
struct step {
    struct event event;
    const struct deployment *deployment; /* instead of the event */
    enum message_kind kind;
    enum err code;
    uint64_t position, case_id;
    int64_t due;
};

/* One batch. */
struct turn {
    int64_t now;
    uint32_t first, count;
};

static struct {
    struct step steps[STEPS_MOST];
    struct turn turns[TURNS_MOST];
    uint32_t step_count, turn_count;
    uint64_t calls;                     /* of the store */
    uint8_t state[HASH_SIZE], log[HASH_SIZE];
    uint64_t position;
} script;

static struct bed base, run;

/* ---- a store to begin with ---- */

static void copy_table(struct store_txn *from, struct store_txn *to, enum store_table table)
{
    struct store_cursor *cursor;
    struct text key, value;
    assert_int_equal(store_cursor_open(from, table, &cursor), ERR_OK);
    for (enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value))
        assert_int_equal(store_append(to, table, key, value), ERR_OK);
    store_cursor_close(&cursor);
}

static struct store *copy_store(struct store *original)
{
    struct store *copy;
    struct store_txn *from, *to;
    assert_int_equal(store_memory_open(&copy), ERR_OK);
    assert_int_equal(store_begin_read(original, &from), ERR_OK);
    assert_int_equal(store_begin_write(copy, &to), ERR_OK);
    for (int table = 0; table < STORE_TABLE_COUNT; table++)
        copy_table(from, to, (enum store_table)table);
    store_end_read(&from);
    assert_int_equal(store_commit(&to), ERR_OK);
    return copy;
}

/* Few workflows are kept in memory, so that they are read again and again, and reading them can fail. */
static enum err open_engine(struct bed *bed)
{
    const struct engine_options options = {.cached_workflows_most = 1};
    const char *why;
    return engine_open(&bed->engine, bed->store, &options, &why);
}

static void begin_run(void)
{
    run = (struct bed){.store = copy_store(base.store)};
    arena_init(&run.arena);
    assert_int_equal(open_engine(&run), ERR_OK);
}

/* ---- the script, played for the first time ---- */

static void play(struct step *step)
{
    struct message answer;
    enum err code = step->deployment ? engine_deploy(run.engine, step->deployment, &answer) : engine_decide(run.engine, &step->event, &answer);
    assert_int_equal(code, ERR_OK);
    step->kind = answer.kind;
    step->code = answer.code;
    step->position = answer.position;
    step->case_id = answer.case_id;
    step->due = answer.due;
}

static void end_turn(void)
{
    if (script.turn_count == 0)
        return;
    struct turn *turn = &script.turns[script.turn_count - 1];
    uint32_t fired;
    turn->count = script.step_count - turn->first;
    assert_int_equal(engine_fire(run.engine, FIRED_MOST, &fired), ERR_OK);
    bed_commit(&run);
}

static void turn_at(int64_t now)
{
    end_turn();
    assert_true(script.turn_count < TURNS_MOST);
    script.turns[script.turn_count++] = (struct turn){.now = now, .first = script.step_count};
    engine_begin(run.engine, now);
}

static const struct step *say(struct event event, enum message_kind expected, enum err code)
{
    assert_true(script.step_count < STEPS_MOST);
    struct step *step = &script.steps[script.step_count++];
    *step = (struct step){.event = event};
    play(step);
    if (step->kind != expected || (expected == MESSAGE_REFUSED && step->code != code))
        fail_msg("step %u: %d %s", script.step_count - 1, (int)step->kind, err_name(step->code));
    return step;
}

/* ---- its words; their texts are base's ---- */

static struct text case_key(int number)
{
    return arena_print(&base.arena, "case-key-%07d", number);
}

static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"water", 5}}}};

static struct event open_event(int number)
{
    return (struct event){.kind = EVENT_OPEN, .id = bed_id(&base), .sender = TEXT("local"), .key = case_key(number), .workflow = TEXT("bench"),
                          .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static struct event matter_event(int number)
{
    static const struct field_value data[] = {{.name = {"kind", 4}, .value = {.kind = VALUE_TEXT, .text = {"facility", 8}}},
                                              {.name = {"summary", 7}, .value = {.kind = VALUE_TEXT, .text = {"lamp", 4}}}};
    struct event open = open_event(number);
    open.workflow = TEXT("grid-matter");
    open.unit = TEXT("jinnong/grid-3");
    open.as = TEXT("li");
    open.data = data;
    open.data_count = 2;
    return open;
}

static struct event send_event(int number, const char *name)
{
    return (struct event){.kind = EVENT_SEND, .id = bed_id(&base), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = case_key(number)},
                          .name = text_of(name), .as = TEXT("zhou"), .data = note, .data_count = 1};
}

static struct event bare(struct event event)
{
    event.data = NULL;
    event.data_count = 0;
    return event;
}

static struct event at(struct event event, int64_t time)
{
    event.has_happened_at = true;
    event.happened_at = time;
    return event;
}

static uint64_t task_of(uint64_t case_id)
{
    const struct case_ref ref = {.kind = CASE_REF_ID, .id = case_id};
    const struct case_state *state;
    assert_int_equal(engine_find_case(run.engine, &ref, &state), ERR_OK);
    assert_true(state->task_count > 0);
    return state->tasks[0].id;
}

static struct event report(enum event_kind kind, uint64_t case_id, uint32_t attempt)
{
    return (struct event){.kind = kind, .id = bed_id(&base), .sender = TEXT("local"), .subject = {.kind = CASE_REF_ID, .id = case_id}, .worker = TEXT("w1"),
                          .task = task_of(case_id), .topic = TEXT("bench"), .attempt = attempt, .why = kind == EVENT_FAIL ? TEXT("no paper") : (struct text){0},
                          .again = kind == EVENT_FAIL, .attempts_most = 2, .retry_base_ms = 1000, .retry_most_ms = 8000};
}

static void deploy(const char *path, const char *from, const char *to)
{
    struct problems problems;
    struct source source;
    char *text = arena_string(&base.arena, bed_file(&base, path));
    for (char *found = text; *from && (found = strstr(found, from)) != NULL; found += strlen(to))
        memcpy(found, to, strlen(to));
    assert_int_equal(source_read(&base.arena, path, text_of(text), &problems, &source), ERR_OK);
    struct deployment *deployment = ARENA_NEW(&base.arena, struct deployment);
    *deployment = (struct deployment){.id = bed_id(&base), .sender = TEXT("local"), .what = text_of(source_kind_name(source.kind)), .name = source.name,
                                      .version = source.version, .applies_from = source.applies_from, .source = text_of(text), .compiled = source.compiled};
    struct step *step = &script.steps[script.step_count++];
    *step = (struct step){.deployment = deployment};
    play(step);
    assert_int_equal(step->kind, MESSAGE_APPLIED);
}

/* ---- the story ---- */

static void climbs(void)
{
    turn_at(AT(1000));
    for (int i = 0; i < 6; i++)
        say(open_event(i), MESSAGE_APPLIED, ERR_OK);
    struct event twice = send_event(0, "raise");
    say(twice, MESSAGE_APPLIED, ERR_OK);
    say(twice, MESSAGE_DUPLICATE, ERR_OK);
    turn_at(AT(2000));
    say(send_event(0, "raise"), MESSAGE_APPLIED, ERR_OK);
    say(send_event(1, "raise"), MESSAGE_APPLIED, ERR_OK);
    say(send_event(1, "resolve"), MESSAGE_APPLIED, ERR_OK);
    say(matter_event(10), MESSAGE_APPLIED, ERR_OK);
    say(matter_event(11), MESSAGE_APPLIED, ERR_OK);
}

/* One refusal to a turn: what was refused may be possible when all that came after it has been applied. */
static void is_refused(void)
{
    turn_at(AT(3000));
    say(send_event(1, "raise"), MESSAGE_REFUSED, ERR_NOT_NOW);
    turn_at(AT(3000));
    say(bare(send_event(0, "raise")), MESSAGE_REFUSED, ERR_BAD_DATA);
    turn_at(AT(3000));
    say(open_event(0), MESSAGE_REFUSED, ERR_KEY_TAKEN);
    turn_at(AT(3000));
    struct event unknown = open_event(20);
    unknown.workflow = TEXT("nothing");
    say(unknown, MESSAGE_REFUSED, ERR_UNKNOWN_WORKFLOW);
    turn_at(AT(3000));
    say(at(send_event(0, "raise"), AT(86400000)), MESSAGE_REFUSED, ERR_BAD_TIME);
}

static void workers_report(void)
{
    uint64_t accepted = script.steps[2].case_id, failed = script.steps[3].case_id;
    turn_at(AT(4000));
    say(report(EVENT_ACCEPT, accepted, 1), MESSAGE_APPLIED, ERR_OK);
    say(report(EVENT_FAIL, failed, 1), MESSAGE_APPLIED, ERR_OK);
    say(report(EVENT_FAIL, failed, 2), MESSAGE_APPLIED, ERR_OK); /* an incident */
    turn_at(AT(5000));
    say(report(EVENT_SETTLE, accepted, 1), MESSAGE_REFUSED, ERR_BAD_DATA);
    turn_at(AT(5000));
    struct event retry = report(EVENT_RETRY, failed, 0);
    retry.as = TEXT("zhou");
    retry.worker = (struct text){0};
    say(retry, MESSAGE_APPLIED, ERR_OK);
    const struct step *raised = say(send_event(2, "raise"), MESSAGE_APPLIED, ERR_OK); /* so the accepted task is cancelled */
    struct event settle = report(EVENT_SETTLE, accepted, 1);
    settle.ready_at = AT(5000);
    turn_at(AT(6000));
    settle.task = raised->position * 256; /* the cancellation is the first thing that the climb made */
    say(settle, MESSAGE_APPLIED, ERR_OK);
}

static void parks(void)
{
    struct event early = bare(send_event(30, "raise")), second = bare(send_event(30, "raise")), lost = bare(send_event(31, "raise"));
    turn_at(AT(7000));
    uint64_t first = say(early, MESSAGE_PARKED, ERR_OK)->position;
    uint64_t other = say(second, MESSAGE_PARKED, ERR_OK)->position;
    say(lost, MESSAGE_PARKED, ERR_OK);
    say(early, MESSAGE_PARKED, ERR_OK);
    turn_at(AT(8000));
    say(open_event(30), MESSAGE_APPLIED, ERR_OK);
    early.parked = first;
    early.data = note;
    early.data_count = 1;
    turn_at(AT(9000));
    say(early, MESSAGE_APPLIED, ERR_OK);
    turn_at(AT(9000));
    second.parked = other; /* without its note it is refused, and goes */
    say(second, MESSAGE_REFUSED, ERR_BAD_DATA);
}

static void is_imported(void)
{
    struct event open = at(open_event(40), AT(INT64_C(-30) * 86400000)), release = bare(send_event(40, ""));
    open.held = true;
    turn_at(AT(10000));
    say(open, MESSAGE_APPLIED, ERR_OK);
    say(at(send_event(40, "raise"), AT(INT64_C(-29) * 86400000)), MESSAGE_APPLIED, ERR_OK);
    turn_at(AT(11000));
    say(at(send_event(40, "raise"), AT(INT64_C(-30) * 86400000)), MESSAGE_REFUSED, ERR_OUT_OF_ORDER);
    release.kind = EVENT_RELEASE;
    turn_at(AT(12000));
    say(release, MESSAGE_APPLIED, ERR_OK); /* what fell due in all that time fires before */
    turn_at(AT(13000));
}

static void rules_change(void)
{
    turn_at(AT(14000));
    deploy("workflows/bench/workflow.yaml", "version: 1", "version: 2");
    say(open_event(50), MESSAGE_APPLIED, ERR_OK);
    turn_at(AT(15000));
    deploy("config/calendar-cn.yaml", "version: 1", "version: 2");
    say(send_event(3, "raise"), MESSAGE_APPLIED, ERR_OK);
    for (int i = 0; i < 5; i++)
        turn_at(AT(16000 + i)); /* the rest is computed anew, some in every turn */
}

static void time_passes(void)
{
    for (int day = 1; day <= 14; day++) {
        turn_at(AT((int64_t)day * 3 * 86400000)); /* deadlines, and the parked event that nobody came for */
        if (day == 2)
            say(send_event(50, "raise"), MESSAGE_APPLIED, ERR_OK);
    }
}

static void record_script(void)
{
    begin_run();
    uint64_t before = store_memory_calls(run.store);
    climbs();
    is_refused();
    workers_report();
    parks();
    is_imported();
    rules_change();
    time_passes();
    end_turn();
    script.calls = store_memory_calls(run.store) - before;
    script.position = engine_position(run.engine);
    bed_hash(&run, script.state);
    memcpy(script.log, engine_hash(run.engine), HASH_SIZE);
    bed_assert_replays(&run);
    bed_close(&run);
}

static int set_up(void **state)
{
    (void)state;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&base, store);
    assert_int_equal(bed_deploy(&base, AT(0), "calendar-cn.yaml", bed_file(&base, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&base, AT(0), "directory.yaml", bed_file(&base, "config/practice-directory.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&base, AT(0), "bench.yaml", bed_file(&base, "workflows/bench/workflow.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(&base, AT(0), "matter.yaml", bed_file(&base, "workflows/grid-matter/workflow.yaml")), ERR_OK);
    record_script();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&base);
    return 0;
}

/* ---- played again, disturbed ---- */

static void compare_answer(const struct step *step, const struct message *answer, bool again)
{
    bool same = answer->kind == step->kind || (again && step->kind == MESSAGE_APPLIED && answer->kind == MESSAGE_DUPLICATE);
    if (!same || (answer->kind == MESSAGE_REFUSED && answer->code != step->code))
        fail_msg("step %u: another answer: %d %s", (unsigned)(step - script.steps), (int)answer->kind, err_name(answer->code));
    assert_true(answer->kind == MESSAGE_REFUSED || (answer->position == step->position && answer->case_id == step->case_id && answer->due == step->due));
}

/* One batch up to its commit. Answers are looked at only when it is on disk: so is it with those who wait for them. */
static enum err try_turn(const struct turn *turn, bool again)
{
    struct message answers[STEPS_MOST];
    uint32_t fired;
    enum err code = ERR_OK;
    engine_begin(run.engine, turn->now);
    for (uint32_t i = 0; i < turn->count && !code; i++) {
        const struct step *step = &script.steps[turn->first + i];
        code = step->deployment ? engine_deploy(run.engine, step->deployment, &answers[i]) : engine_decide(run.engine, &step->event, &answers[i]);
    }
    code = code ? code : engine_fire(run.engine, FIRED_MOST, &fired);
    if (code) {
        engine_abort(run.engine);
        return code;
    }
    code = engine_commit(run.engine, NULL);
    for (uint32_t i = 0; i < turn->count && !code; i++)
        compare_answer(&script.steps[turn->first + i], &answers[i], again);
    return code;
}

static void recover(void)
{
    const char *why;
    assert_int_equal(store_reopen(run.store), ERR_OK);
    assert_int_equal(engine_reload(run.engine, &why), ERR_OK);
}

/* Nobody brings an event again whose park is gone. */
static bool park_is_gone(const struct event *event)
{
    struct event parked;
    uint64_t position;
    return event->parked && engine_parked(run.engine, &run.arena, event->subject.text, event->parked - 1, &position, &parked) == ERR_NOT_FOUND;
}

/* What a batch has on disk although its commit failed is repeated by its senders only, and fires nothing again. */
static enum err repeat_turn(const struct turn *turn, uint64_t position_before)
{
    bool there = engine_position(run.engine) > position_before;
    if (!there)
        return try_turn(turn, true);
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct step *step = &script.steps[turn->first + i];
        struct message answer;
        if (park_is_gone(&step->event))
            continue;
        engine_begin(run.engine, turn->now);
        assert_int_equal(step->deployment ? engine_deploy(run.engine, step->deployment, &answer) : engine_decide(run.engine, &step->event, &answer), ERR_OK);
        bed_commit(&run);
        compare_answer(step, &answer, true);
    }
    return ERR_OK;
}

static uint32_t play_script(void)
{
    uint32_t failures = 0;
    for (uint32_t i = 0; i < script.turn_count; i++) {
        uint64_t before = engine_position(run.engine);
        if (try_turn(&script.turns[i], false) == ERR_OK)
            continue;
        failures++;
        recover();
        assert_int_equal(repeat_turn(&script.turns[i], before), ERR_OK); /* a fault comes once */
    }
    return failures;
}

static void assert_same_end(uint64_t call)
{
    uint8_t hash[HASH_SIZE];
    if (engine_position(run.engine) != script.position)
        fail_msg("call %llu: %llu records instead of %llu", (unsigned long long)call, (unsigned long long)engine_position(run.engine), (unsigned long long)script.position);
    bed_hash(&run, hash);
    if (memcmp(hash, script.state, HASH_SIZE) != 0 || memcmp(engine_hash(run.engine), script.log, HASH_SIZE) != 0)
        fail_msg("call %llu: another state or another log", (unsigned long long)call);
}

static void every_call_fails_once(enum err code, bool holds)
{
    uint64_t failures = 0, mended = 0;
    for (uint64_t call = 1; call <= script.calls; call++) {
        begin_run();
        store_memory_set_fault(run.store, (struct store_memory_fault){.countdown = (uint32_t)call, .code = code, .commit_holds = holds});
        uint32_t failed = play_script();
        failures += failed;
        mended += failed == 0;
        assert_same_end(call);
        bed_close(&run);
    }
    assert_int_equal(failures + mended, script.calls);
    assert_true(code == ERR_MAP_FULL ? mended > 0 : mended == 0); /* only a full map is mended without anyone noticing */
}

static void reading_and_writing_fail_and_the_batch_is_lost(void **state)
{
    (void)state;
    every_call_fails_once(ERR_IO, false);
}

static void the_commit_fails_but_the_batch_is_there(void **state)
{
    (void)state;
    every_call_fails_once(ERR_IO, true);
}

static void the_map_is_full(void **state)
{
    (void)state;
    every_call_fails_once(ERR_MAP_FULL, false);
}

static void the_disk_is_full(void **state)
{
    (void)state;
    every_call_fails_once(ERR_DISK_FULL, false);
}

/* ---- opening and opening again ---- */

static void opening_fails_at_every_call(void **state)
{
    (void)state;
    uint32_t call = 1;
    for (enum err code = ERR_IO; code; call++) {
        run = (struct bed){.store = copy_store(base.store)};
        arena_init(&run.arena);
        store_memory_set_fault(run.store, (struct store_memory_fault){.countdown = call, .code = ERR_IO});
        code = open_engine(&run);
        if (code) {
            assert_int_equal(code, ERR_IO);
            assert_null(run.engine);
            assert_int_equal(open_engine(&run), ERR_OK);
        }
        store_memory_set_fault(run.store, (struct store_memory_fault){0});
        assert_int_equal(play_script(), 0);
        assert_same_end(call);
        bed_close(&run);
    }
    assert_true(call > 10);
}

static void reloading_fails_and_is_done_again(void **state)
{
    (void)state;
    const char *why;
    uint32_t call = 1;
    for (enum err code = ERR_IO; code; call++) {
        begin_run();
        for (uint32_t i = 0; i < script.turn_count / 2; i++)
            assert_int_equal(try_turn(&script.turns[i], false), ERR_OK);
        store_memory_set_fault(run.store, (struct store_memory_fault){.countdown = call, .code = ERR_IO});
        code = engine_reload(run.engine, &why);
        if (code) {
            assert_int_equal(code, ERR_IO);
            assert_string_equal(why, err_sentence(ERR_IO));
            assert_int_equal(engine_reload(run.engine, &why), ERR_OK);
        }
        assert_string_equal(why, "");
        store_memory_set_fault(run.store, (struct store_memory_fault){0});
        for (uint32_t i = script.turn_count / 2; i < script.turn_count; i++)
            assert_int_equal(try_turn(&script.turns[i], false), ERR_OK);
        assert_same_end(call);
        bed_close(&run);
    }
    assert_true(call > 10);
}

/* What is asked between batches says that it failed, and is answered when it is asked again. */
static void questions_fail_and_are_asked_again(void **state)
{
    (void)state;
    begin_run();
    for (uint32_t i = 0; i < script.turn_count / 2; i++)
        assert_int_equal(try_turn(&script.turns[i], false), ERR_OK);
    const struct case_ref ref = {.kind = CASE_REF_KEY, .text = case_key(0)};
    const struct case_state *found;
    uint32_t call = 1;
    for (enum err code = ERR_IO; code; call++) {
        engine_begin(run.engine, engine_now(run.engine)); /* what was cached is forgotten */
        assert_int_equal(engine_commit(run.engine, NULL), ERR_OK);
        store_memory_set_fault(run.store, (struct store_memory_fault){.countdown = call, .code = ERR_IO});
        code = engine_find_case(run.engine, &ref, &found);
        store_memory_set_fault(run.store, (struct store_memory_fault){0});
        assert_true(code == ERR_OK || code == ERR_IO);
        assert_int_equal(engine_find_case(run.engine, &ref, &found), ERR_OK);
        assert_true(text_is(found->number, "金农测字〔2026〕1号"));
    }
    assert_true(call > 4);
    bed_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing_fail_and_the_batch_is_lost), cmocka_unit_test(the_commit_fails_but_the_batch_is_there),
        cmocka_unit_test(the_map_is_full), cmocka_unit_test(the_disk_is_full), cmocka_unit_test(opening_fails_at_every_call),
        cmocka_unit_test(reloading_fails_and_is_done_again), cmocka_unit_test(questions_fail_and_are_asked_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
