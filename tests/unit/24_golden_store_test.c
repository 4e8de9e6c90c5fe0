/* Stores that engines of each format wrote (tests/golden/README.md says how they were made), as they stand for ever. That of format 1 is brought to
 * today's format when it is opened, verified, and gone on with where it was left: nothing of it is lost, nothing is done twice. That of format 2 has
 * something of every section of a case and of every table: read, and decided again from its log, it is the same bytes. */
#include "tests/unit/rooms.h"
#include "tests/unit/stores.h"

#include "engine/verify.h"

#include <sodium.h>

enum { LINE_MOST = 1 << 20, MAP = 64 << 20, OLD_CASES = 29, OLD_RECORDS = 117 };

static const int64_t left_at = INT64_C(1790643961000);
static char folder[64], scratch[64];
static struct rooms rooms;

/* ---- the rows ---- */

static struct text bytes_of(struct arena *arena, const char *base64)
{
    size_t size = strlen(base64), used = 0;
    char *bytes = arena_take(arena, size + 1);
    assert_int_equal(sodium_base642bin((unsigned char *)bytes, size, base64, size, NULL, &used, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
    return (struct text){bytes, used};
}

static enum store_table table_of(const char *name)
{
    for (int table = 0; table < STORE_TABLE_COUNT; table++)
        if (strcmp(store_table_name((enum store_table)table), name) == 0)
            return (enum store_table)table;
    fail_msg("there is no table %s", name);
    return STORE_META;
}

/* One line a row: store or keys, the table, key and value. */
static void load_rows(const char *name, struct store *store, struct store *keys)
{
    static char line[LINE_MOST];
    struct arena arena;
    arena_init(&arena);
    const char *root = getenv("STAIRCASE_SOURCE");
    FILE *file = fopen(arena_print(&arena, "%s/tests/golden/%s", root ? root : ".", name).data, "re");
    assert_non_null(file);
    struct store_txn *into_store = begin_write(store), *into_keys = begin_write(keys);
    while (fgets(line, sizeof line, file)) {
        char *rest = line, *words[4] = {NULL};
        if (line[0] == '#')
            continue;
        for (int i = 0; i < 4; i++)
            words[i] = strtok_r(NULL, " \n", &rest);
        assert_non_null(words[2]);
        struct text value = words[3] ? bytes_of(&arena, words[3]) : (struct text){0};
        assert_int_equal(store_put(strcmp(words[0], "keys") == 0 ? into_keys : into_store, table_of(words[1]), bytes_of(&arena, words[2]), value), ERR_OK);
    }
    commit(into_store);
    commit(into_keys);
    fclose(file);
    arena_close(&arena);
}

static void open_rooms(void)
{
    rooms.bed.store = lmdb_open(folder, MAP);
    bed_open_engine(&rooms.bed);
    assert_int_equal(seal_open(&rooms.seal, rooms.keys, NULL), ERR_OK);
    rooms.door = (struct door){.engine = rooms.bed.engine, .seal = rooms.seal, .attempts_most = 3, .retry_base_ms = 1000, .retry_most_ms = 60000};
    rooms_open_outbox(&rooms);
}

static int set_up_from(const char *name)
{
    folder_make(folder, sizeof folder);
    folder_make(scratch, sizeof scratch);
    setenv("TMPDIR", scratch, 1);
    rooms = (struct rooms){.time = {.now = left_at, .monotonic = 5000}};
    arena_init(&rooms.bed.arena);
    assert_int_equal(store_memory_open(&rooms.keys), ERR_OK);
    struct store *store = lmdb_open(folder, MAP);
    load_rows(name, store, rooms.keys);
    store_close(&store);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_from("store-format-1.txt");
}

static int set_up_second(void **state)
{
    (void)state;
    return set_up_from("store-format-2.txt");
}

static int tear_down(void **state)
{
    (void)state;
    store_close(&rooms.keys);
    arena_close(&rooms.bed.arena);
    folder_remove(folder);
    folder_remove(scratch);
    return 0;
}

static void close_rooms(void)
{
    outbox_destroy(&rooms.outbox);
    seal_close(&rooms.seal);
    engine_close(&rooms.bed.engine);
    store_close(&rooms.bed.store);
}

static void verify(uint64_t records, uint64_t cases)
{
    struct verify_report report;
    enum err code = verify_folder(folder, &report, NULL, NULL);
    if (code)
        fail_msg("%s: %s", err_name(code), report.problem);
    assert_int_equal(report.records, records);
    assert_int_equal(report.cases, cases);
}

static const struct case_state *case_of(const char *key)
{
    const struct case_ref ref = {.kind = CASE_REF_KEY, .text = text_of(key)};
    const struct case_state *state;
    assert_int_equal(strlen(key), ID_SIZE);
    assert_int_equal(engine_find_case(rooms.bed.engine, &ref, &state), ERR_OK);
    return state;
}

static void stands(const char *key, const char *stage, int32_t task_state)
{
    const struct case_state *state = case_of(key);
    const struct workflow *workflow = engine_workflow(rooms.bed.engine, state->workflow);
    assert_string_equal(workflow_stage_name(workflow, state->stage), stage);
    assert_true(task_state < 0 || (state->task_count == 1 && (int32_t)state->tasks[0].state == task_state));
}

static void ended(const char *key, const char *end)
{
    const struct case_state *state = case_of(key);
    assert_string_equal(workflow_end_name(engine_workflow(rooms.bed.engine, state->workflow), state->end), end);
}

static void figures_are(const char *workflow, uint64_t open, uint64_t closed)
{
    uint64_t figures[ENGINE_FIGURES];
    struct store_txn *txn = begin_read(rooms.bed.store);
    assert_int_equal(engine_figures(rooms.bed.engine, txn, text_of(workflow), figures), ERR_OK);
    store_end_read(&txn);
    if (figures[0] != open || figures[2] != closed)
        fail_msg("%s: %llu open and %llu closed", workflow, (unsigned long long)figures[0], (unsigned long long)figures[2]);
}

static struct message say(const char *key, const char *event, const char *as, const char *field, const char *text)
{
    struct field_value *data = ARENA_NEW(&rooms.bed.arena, struct field_value);
    if (field)
        *data = field_text(field, text);
    struct message message = message_send(&rooms, key, event, as, field ? data : NULL, field ? 1 : 0);
    return rooms_tell(&rooms, &message);
}

/* ---- what holds ---- */

static void it_is_what_its_log_says(void **state)
{
    (void)state;
    struct verify_report report;
    assert_int_equal(verify_folder(folder, &report, NULL, NULL), ERR_OLDER_VERSION); /* it says what is to be done */
    open_rooms();
    assert_int_equal(engine_position(rooms.bed.engine), OLD_RECORDS);
    close_rooms();
    verify(OLD_RECORDS, OLD_CASES); /* and brought to today's format */
}

static void every_case_stands_where_it_stood(void **state)
{
    (void)state;
    open_rooms();
    stands("bnc-key-00000007", "handling", -1);
    ended("bnc-key-00000004", "resolved");
    ended("bnc-key-00000005", "resolved");
    stands("dsp-key-00000001", "consent", -1);
    stands("dsp-key-00000002", "keeping", -1);
    stands("dsp-key-00000003", "consent", -1);
    stands("dsp-key-00000004", "mediation", -1);
    stands("dsp-key-00000005", "mediation", TASK_HELD);
    ended("dsp-key-00000006", "refused");
    ended("dsp-key-00000007", "withdrawn");
    stands("mat-key-00000001", "visit", -1);
    stands("mat-key-00000002", "handling", -1);
    ended("mat-key-00000004", "dismissed");
    assert_true(case_of("bnc-key-00000090")->flags & CASE_HELD);
    figures_are("bench", 10, 2);
    figures_are("dispute-mediation", 6, 2);
    figures_are("grid-matter", 7, 1);
    close_rooms();
}

/* What was sealed then is opened now, for whom it concerns. */
static void what_was_sealed_is_opened(void **state)
{
    (void)state;
    open_rooms();
    struct value row;
    struct view view = {.engine = rooms.bed.engine, .seal = rooms.seal, .arena = &rooms.bed.arena};
    const struct viewer mediator = {.person = TEXT("li")}, stranger = {.person = TEXT("worker-113")};
    assert_int_equal(view_begin(&view), ERR_OK);
    assert_int_equal(view_case(&view, case_of("dsp-key-00000000"), &mediator, VIEW_DATA, &row), ERR_OK);
    assert_string_equal(row_string(&rooms, value_get(&row, "data"), "summary"), "楼上漏水，多次协商不成");
    assert_int_equal(view_case(&view, case_of("dsp-key-00000000"), &stranger, VIEW_DATA, &row), ERR_OK);
    assert_string_equal(row_string(&rooms, value_get(&row, "data"), "summary"), "");
    view_end(&view);
    close_rooms();
}

static uint64_t incidents(void)
{
    struct store_figures figures;
    assert_int_equal(store_read_figures(rooms.bed.store, &figures), ERR_OK);
    return figures.rows[STORE_INCIDENT];
}

static uint64_t failed_task(void)
{
    struct store_cursor *cursor;
    struct text key, value;
    uint64_t task;
    struct store_txn *txn = begin_read(rooms.bed.store);
    assert_int_equal(store_cursor_open(txn, STORE_INCIDENT, &cursor), ERR_OK);
    assert_int_equal(store_cursor_seek(cursor, (struct text){0}, &key, &value), ERR_OK);
    assert_true(key_read_u64_last(key, &task));
    store_cursor_close(&cursor);
    store_end_read(&txn);
    return task;
}

/* Repeats get their first answers, what waited comes in, workers take what is owed, deadlines fall due. */
static void its_life_goes_on(void **state)
{
    (void)state;
    open_rooms();
    rooms.bed.ids = 1000; /* ids of its first life are taken */
    expect_applied(say("dsp-key-00000000", "agree-to-mediate", "app:zhao", NULL, NULL));
    expect_applied(say("dsp-key-00000001", "agree-to-mediate", "app:sun", NULL, NULL));
    stands("dsp-key-00000001", "mediation", -1);
    expect_applied(say("bnc-key-00000007", "resolve", "zhou", "note", "done"));
    ended("bnc-key-00000007", "resolved");
    struct field_value note = field_text("note", "water");
    struct message again = message_open(&rooms, "bnc-key-00000001", "bench", "jinnong/grid-3/building-7", "zhou", &note, 1);
    expect_refused(rooms_tell(&rooms, &again), ERR_KEY_TAKEN);
    struct message retry = {.kind = MESSAGE_RETRY, .request = 1, .id = bed_id(&rooms.bed), .as = TEXT("zhou"), .task = failed_task()};
    uint64_t before = incidents();
    expect_applied(rooms_tell(&rooms, &retry));
    assert_int_equal(incidents(), before - 1);
    struct message release = {.kind = MESSAGE_RELEASE, .request = 2, .id = bed_id(&rooms.bed), .as = TEXT("zhou"), .subject = {.kind = CASE_REF_KEY, .text = TEXT("bnc-key-00000090")}};
    expect_applied(rooms_tell(&rooms, &release));
    struct value topic = value_text(TEXT("bench"));
    const struct message registration = {.kind = MESSAGE_REGISTER, .request = 1, .what = TEXT("bob"), .credit = 100, .topics = {.kind = VALUE_LIST, .count = 1, .items = &topic}};
    struct message answer;
    outbox_register(rooms.outbox, 1002, &registration, rooms.time, &answer);
    assert_int_equal(answer.kind, MESSAGE_REGISTERED);
    assert_true(rooms_pump(&rooms) >= 2);
    for (int week = 0; week < 20; week++) {
        uint32_t fired = 1;
        rooms.time.now += INT64_C(7) * 86400000;
        while (fired) {
            rooms_begin(&rooms);
            assert_int_equal(engine_fire(rooms.bed.engine, 64, &fired), ERR_OK);
            rooms_commit(&rooms);
            rooms_after(&rooms);
        }
    }
    ended("dsp-key-00000000", "refused");
    uint64_t records = engine_position(rooms.bed.engine);
    assert_true(records > OLD_RECORDS + 50);
    close_rooms();
    verify(records, OLD_CASES);
}

/* ---- format 2 ---- */

/* Change this only with a new format: then this store is an old one, and another is made. */
static const char state_of_format_2[] = "fcc6fb9b335c6dee3759713eceaf2de8f77cb623d009b5b0b8a1d5205c969708";

static void it_is_the_same_bytes_for_ever(void **state)
{
    (void)state;
    uint8_t hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    verify(68, 14);
    open_rooms();
    assert_int_equal(engine_state_hash(rooms.bed.store, hash), ERR_OK);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    assert_string_equal(hex, state_of_format_2);
    close_rooms();
    verify(68, 14);
}

/* A case that is read and written again is what it was, in each of its sections. */
static void its_cases_are_written_as_they_were_read(void **state)
{
    (void)state;
    struct store_cursor *cursor;
    struct text key, value;
    uint32_t count = 0;
    struct store *store = lmdb_open(folder, MAP);
    struct store_txn *txn = begin_read(store);
    assert_int_equal(store_cursor_open(txn, STORE_CASE, &cursor), ERR_OK);
    for (enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value)) {
        struct case_state *read;
        struct text bytes = arena_copy(&rooms.bed.arena, value);
        assert_int_equal(case_decode(&rooms.bed.arena, bytes, &read), ERR_OK);
        assert_true(text_equal(case_encode(&rooms.bed.arena, read), bytes));
        count++;
    }
    assert_int_equal(count, 14);
    store_cursor_close(&cursor);
    store_end_read(&txn);
    store_close(&store);
}

/* ---- how far an older version may differ ---- */

static struct text with_another_notice(struct arena *arena, struct text bytes, uint64_t digest)
{
    struct log_record record;
    const struct text who[] = {TEXT("li")};
    const struct log_notice notice = {.kind = NOTICE_TEXT, .who = who, .who_count = 1, .text_zh = TEXT("旧"), .text_en = TEXT("old")};
    assert_int_equal(log_decode(arena, bytes, &record), ERR_OK);
    record.notices = &notice;
    record.notice_count = 1;
    record.case_digest ^= digest;
    return log_encode(arena, &record);
}

/* Replays the log with another last record; the hash of that, where it is taken. */
static enum err replay_with(const struct bed *bed, uint64_t older, uint64_t digest)
{
    struct bed other;
    struct store *store;
    struct text bytes;
    enum err code = ERR_OK;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&other, store);
    engine_replay_older(other.engine, older);
    engine_begin(other.engine, INT64_MIN);
    struct store_txn *txn = begin_read(bed->store);
    uint64_t last = engine_position(bed->engine);
    for (uint64_t position = 1; position <= last && !code; position++) {
        const char *why;
        struct record_key key = key_log(0, position);
        assert_int_equal(store_get(txn, STORE_LOG, key_text(&key), &bytes), ERR_OK);
        if (position == last)
            bytes = with_another_notice(&other.arena, bytes, digest);
        code = engine_replay(other.engine, bytes, &why);
    }
    store_end_read(&txn);
    if (code) {
        engine_abort(other.engine);
    } else {
        uint8_t hash[HASH_SIZE];
        log_hash(bytes, hash);
        bed_commit(&other);
        assert_memory_equal(engine_hash(other.engine), hash, HASH_SIZE);
    }
    bed_close(&other);
    return code;
}

static void who_was_told_may_differ_and_nothing_else(void **state)
{
    (void)state;
    struct bed bed;
    struct store *store;
    const struct field_value note = field_text("note", "water");
    const struct event event = {.kind = EVENT_OPEN, .id = TEXT("0123456789abcdef"), .sender = TEXT("local"), .key = TEXT("case-key-0000001"), .workflow = TEXT("bench"),
                                .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = &note, .data_count = 1};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    bed_deploy_samples(&bed, "workflows/bench/workflow.yaml");
    assert_int_equal(bed_send(&bed, AT(1000), &event).kind, MESSAGE_APPLIED);
    uint64_t last = engine_position(bed.engine);
    assert_int_equal(replay_with(&bed, 0, 0), ERR_CORRUPT);
    assert_int_equal(replay_with(&bed, last - 1, 0), ERR_CORRUPT);
    assert_int_equal(replay_with(&bed, last, 0), ERR_OK);
    assert_int_equal(replay_with(&bed, last, 1), ERR_CORRUPT); /* another case */
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_what_its_log_says, set_up, tear_down), cmocka_unit_test_setup_teardown(every_case_stands_where_it_stood, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_sealed_is_opened, set_up, tear_down), cmocka_unit_test_setup_teardown(its_life_goes_on, set_up, tear_down),
        cmocka_unit_test(who_was_told_may_differ_and_nothing_else),
        cmocka_unit_test_setup_teardown(it_is_the_same_bytes_for_ever, set_up_second, tear_down),
        cmocka_unit_test_setup_teardown(its_cases_are_written_as_they_were_read, set_up_second, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("golden stores", tests, NULL, NULL);
}
