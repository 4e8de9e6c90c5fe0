/* verify: a folder that a real engine made holds; every kind of damage is found, and the sentence says where. */
#include "engine/verify.h"

#include "tests/unit/engines.h"
#include "tests/unit/stores.h"

#include <sys/stat.h>

enum { MAP = 64 << 20 };

/* A folder that is made once; each test damages a copy. */
static char made[64], folder[64], scratch[64];
static uint64_t records;

static const struct field_value note[] = {{.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"the water runs", 14}}}};

/* ---- a life in a folder ---- */

static struct text key_of(int number)
{
    static char keys[8][ID_SIZE];
    memcpy(keys[number], "case-key-number", ID_SIZE);
    keys[number][ID_SIZE - 1] = (char)('0' + number);
    return (struct text){keys[number], ID_SIZE};
}

static struct message open_case(struct bed *bed, int number)
{
    struct event open = {.kind = EVENT_OPEN, .id = bed_id(bed), .sender = TEXT("local"), .key = key_of(number), .workflow = TEXT("bench"),
                         .unit = TEXT("jinnong/grid-3/building-7"), .as = TEXT("zhou"), .data = note, .data_count = 1};
    struct message answer = bed_send(bed, AT(1000 + number), &open);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    return answer;
}

static struct message send(struct bed *bed, int number, const char *name)
{
    struct event event = {.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = key_of(number)},
                          .name = text_of(name), .as = TEXT("zhou"), .data = note, .data_count = 1};
    struct message answer = bed_send(bed, AT(2000), &event);
    assert_int_equal(answer.kind, MESSAGE_APPLIED);
    return answer;
}

static void fail_a_task(struct bed *bed, uint64_t case_id)
{
    struct event fail = {.kind = EVENT_FAIL, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_ID, .id = case_id}, .worker = TEXT("w1"),
                         .task = case_id * 256, .topic = TEXT("bench"), .ready_at = AT(1002), .attempt = 1, .why = TEXT("no paper"), .attempts_most = 3};
    assert_int_equal(bed_send(bed, AT(3000), &fail).kind, MESSAGE_APPLIED);
}

static void park(struct bed *bed)
{
    struct event early = {.kind = EVENT_SEND, .id = bed_id(bed), .sender = TEXT("local"), .subject = {.kind = CASE_REF_KEY, .text = key_of(7)},
                          .name = TEXT("raise"), .as = TEXT("zhou")};
    assert_int_equal(bed_send(bed, AT(4000), &early).kind, MESSAGE_PARKED);
}

/* Rows in every table. */
static void live(struct bed *bed)
{
    assert_int_equal(bed_deploy(bed, AT(0), "calendar-cn.yaml", bed_file(bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "directory.yaml", bed_file(bed, "config/practice-directory.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "workflow.yaml", bed_file(bed, "workflows/bench/workflow.yaml")), ERR_OK);
    for (int i = 0; i < 5; i++)
        open_case(bed, i);
    send(bed, 0, "raise");
    send(bed, 1, "resolve");
    send(bed, 0, "raise");
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = key_of(2)};
    const struct case_state *state;
    assert_int_equal(engine_find_case(bed->engine, &ref, &state), ERR_OK);
    fail_a_task(bed, state->id);
    park(bed);
}

static int make_folder(void **state)
{
    (void)state;
    struct bed bed;
    folder_make(made, sizeof made);
    folder_make(scratch, sizeof scratch);
    setenv("TMPDIR", scratch, 1);
    bed_init(&bed, lmdb_open(made, MAP));
    live(&bed);
    records = engine_position(bed.engine);
    bed_close(&bed);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    folder_remove(made);
    folder_remove(scratch);
    return 0;
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t size; (size = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static const char *data_in(const char *place)
{
    static char path[2][96];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/data.mdb", place);
    return path[turn];
}

static struct arena arena;

static int copy_folder(void **state)
{
    (void)state;
    arena_init(&arena);
    folder_make(folder, sizeof folder);
    copy_file(data_in(made), data_in(folder));
    return 0;
}

static int remove_copy(void **state)
{
    (void)state;
    arena_close(&arena);
    folder_remove(folder);
    return 0;
}

/* ---- expecting ---- */

static void holds(uint64_t expected_records)
{
    struct verify_report report;
    enum err code = verify_folder(folder, &report, NULL, NULL);
    if (code)
        fail_msg("%s: %s", err_name(code), report.problem);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.records, expected_records);
}

/* Whatever it finds, it cleans up behind itself. */
static void scratch_is_empty(void)
{
    DIR *listing = opendir(scratch);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        assert_true(entry->d_name[0] == '.');
    closedir(listing);
}

static void fails(enum err expected, const char *sentence)
{
    struct verify_report report;
    enum err code = verify_folder(folder, &report, NULL, NULL);
    if (code != expected || !strstr(report.problem, sentence) || (!*sentence && report.problem[0]))
        fail_msg("%s: '%s' instead of '%s'", err_name(code), report.problem, sentence);
    scratch_is_empty();
}

static struct text row_at(enum store_table table, struct text key)
{
    struct store *store = lmdb_open(folder, MAP);
    struct store_txn *txn = begin_read(store);
    struct text value;
    assert_int_equal(store_get(txn, table, key, &value), ERR_OK);
    value = arena_copy(&arena, value);
    store_end_read(&txn);
    store_close(&store);
    return value;
}

/* NULL data: deletes. */
static void write_row(enum store_table table, struct text key, struct text value)
{
    struct store *store = lmdb_open(folder, MAP);
    struct store_txn *txn = begin_write(store);
    assert_int_equal(value.data ? store_put(txn, table, key, value) : store_delete(txn, table, key), ERR_OK);
    commit(txn);
    store_close(&store);
}

static struct text turned(struct text value, size_t at)
{
    char *copy = arena_string(&arena, value);
    copy[at] = (char)(copy[at] ^ 1);
    return (struct text){copy, value.size};
}

static struct record_key first_key(enum store_table table)
{
    struct store *store = lmdb_open(folder, MAP);
    struct store_txn *txn = begin_read(store);
    struct store_cursor *cursor;
    struct text key, value;
    struct record_key out;
    assert_int_equal(store_cursor_open(txn, table, &cursor), ERR_OK);
    assert_int_equal(store_cursor_seek(cursor, (struct text){0}, &key, &value), ERR_OK);
    memcpy(out.bytes, key.data, key.size);
    out.size = key.size;
    store_end_read(&txn);
    store_close(&store);
    return out;
}

/* ---- it holds ---- */

static uint64_t steps_said;

static void count_step(void *context, const char *step, uint64_t done, uint64_t all)
{
    (void)step;
    assert_ptr_equal(context, &steps_said);
    assert_true(done <= all);
    steps_said++;
}

static void a_folder_that_an_engine_made_holds(void **state)
{
    (void)state;
    struct verify_report report, again;
    uint8_t hash[HASH_SIZE];
    steps_said = 0;
    assert_int_equal(verify_folder(folder, &report, &steps_said, count_step), ERR_OK);
    assert_true(steps_said > 0);
    assert_true(report.records == records && report.cases == 5 && report.open_cases == 4 && report.rows > 40);
    struct store *store = lmdb_open(folder, MAP);
    assert_int_equal(engine_state_hash(store, hash), ERR_OK);
    store_close(&store);
    assert_memory_equal(report.state_hash, hash, HASH_SIZE);
    scratch_is_empty();
    assert_int_equal(verify_folder(folder, &again, NULL, NULL), ERR_OK);
    assert_memory_equal(&report, &again, sizeof report);
}

static void it_changes_nothing(void **state)
{
    (void)state;
    struct stat before, after;
    assert_int_equal(stat(data_in(folder), &before), 0);
    holds(records);
    assert_int_equal(stat(data_in(folder), &after), 0);
    assert_true(before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    assert_int_equal(chmod(data_in(folder), 0400), 0);
    holds(records);
}

/* ---- the log ---- */

static void change_record(uint64_t position, size_t at)
{
    struct record_key key = key_log(0, position);
    write_row(STORE_LOG, key_text(&key), turned(row_at(STORE_LOG, key_text(&key)), at));
}

static const char *sentence(const char *format, uint64_t number)
{
    return arena_print(&arena, "%s %llu%s", "record", (unsigned long long)number, format).data;
}

static void a_changed_record_is_found(void **state)
{
    (void)state;
    change_record(records / 2, 7); /* its epoch: a record as good as any other */
    fails(ERR_CORRUPT, sentence(" does not follow the one before it", records / 2 + 1));
}

static void the_last_record_changed_is_found(void **state)
{
    (void)state;
    change_record(records, 7);
    fails(ERR_CORRUPT, sentence(", the last one, is not the one that the state remembers", records));
}

static void a_record_that_is_none_is_found(void **state)
{
    (void)state;
    change_record(5, 2);
    fails(ERR_CORRUPT, sentence(" cannot be read", 5));
}

static void a_missing_record_is_found(void **state)
{
    (void)state;
    struct record_key key = key_log(0, 6);
    write_row(STORE_LOG, key_text(&key), (struct text){0});
    fails(ERR_CORRUPT, "record 6 is missing");
}

static void a_log_cut_short_is_found(void **state)
{
    (void)state;
    struct record_key key = key_log(0, records);
    write_row(STORE_LOG, key_text(&key), (struct text){0});
    fails(ERR_CORRUPT, sentence(" is the last of the log, but the state stands at position", records - 1));
}

/* Somebody who can compute hashes: the chain is whole, but nothing of the sort would have been decided. */
static void a_forged_record_is_found(void **state)
{
    (void)state;
    uint8_t hash[HASH_SIZE];
    uint64_t forged = records - 3;
    for (uint64_t position = forged; position <= records; position++) {
        struct record_key key = key_log(0, position);
        struct log_record record;
        assert_int_equal(log_decode(&arena, row_at(STORE_LOG, key_text(&key)), &record), ERR_OK);
        if (position == forged)
            record.stage = TEXT("elsewhere");
        else
            memcpy(record.predecessor, hash, HASH_SIZE);
        struct text bytes = log_encode(&arena, &record);
        log_hash(bytes, hash);
        write_row(STORE_LOG, key_text(&key), bytes);
    }
    struct record_key key = key_meta(0);
    struct meta_row meta;
    assert_int_equal(row_decode_meta(row_at(STORE_META, key_text(&key)), &meta), ERR_OK);
    memcpy(meta.hash, hash, HASH_SIZE);
    write_row(STORE_META, key_text(&key), row_encode_meta(&arena, &meta));
    fails(ERR_CORRUPT, sentence(": deciding the record again gives another outcome", forged));
}

/* A disk that changes a bit of the file itself, in every copy of the page. */
static void a_flipped_bit_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(data_in(folder), "r+e");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    char *bytes = malloc(size);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, size, file), size);
    uint64_t flips = 0;
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "the water runs", 14)) != NULL; at += 14, flips++)
        at[4] ^= 1;
    rewind(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
    assert_true(flips > 0);
    fails(ERR_CORRUPT, " does not match its checksum");
}

/* ---- the state's own row ---- */

static struct meta_row read_meta(void)
{
    struct record_key key = key_meta(0);
    struct meta_row meta;
    assert_int_equal(row_decode_meta(row_at(STORE_META, key_text(&key)), &meta), ERR_OK);
    return meta;
}

static void write_meta(const struct meta_row *meta)
{
    struct record_key key = key_meta(0);
    write_row(STORE_META, key_text(&key), row_encode_meta(&arena, meta));
}

static void a_state_that_stands_elsewhere_is_found(void **state)
{
    (void)state;
    struct meta_row meta = read_meta(), wrong;
    wrong = meta, wrong.position++, write_meta(&wrong);
    fails(ERR_CORRUPT, sentence(" is the last of the log, but the state stands at position", records));
    wrong = meta, wrong.position = 0, write_meta(&wrong);
    fails(ERR_CORRUPT, "but the state stands at position 0");
    wrong = meta, wrong.hash[9] ^= 1, write_meta(&wrong);
    fails(ERR_CORRUPT, sentence(", the last one, is not the one that the state remembers", records));
    wrong = meta, wrong.time++, write_meta(&wrong);
    fails(ERR_CORRUPT, "another run or time");
    wrong = meta, wrong.epoch++, write_meta(&wrong);
    fails(ERR_CORRUPT, "another run or time");
    write_meta(&meta);
    holds(records);
}

static void a_state_without_its_row_is_found(void **state)
{
    (void)state;
    struct record_key key = key_meta(0);
    struct text row = row_at(STORE_META, key_text(&key));
    write_row(STORE_META, key_text(&key), (struct text){row.data, row.size - 1});
    fails(ERR_CORRUPT, "its own row cannot be read");
    write_row(STORE_META, key_text(&key), (struct text){0});
    fails(ERR_CORRUPT, "records, but no state");
}

static void a_newer_format_is_not_judged(void **state)
{
    (void)state;
    struct meta_row meta = read_meta(), newer = meta;
    newer.format = RECORD_FORMAT + 1;
    write_meta(&newer);
    fails(ERR_NEWER_FORMAT, "");
    write_meta(&meta);
    struct record_key key = key_log(0, 3);
    char *record = arena_string(&arena, row_at(STORE_LOG, key_text(&key)));
    record[0] = 2;
    write_row(STORE_LOG, key_text(&key), (struct text){record, row_at(STORE_LOG, key_text(&key)).size});
    fails(ERR_NEWER_FORMAT, "");
}

/* ---- the tables ---- */

/* One damage to the first row of a table, looked at, and mended. */
static void damage(enum store_table table, const char *name)
{
    struct record_key key = first_key(table), more = key;
    struct text value = row_at(table, key_text(&key));
    const char *table_name = arena_print(&arena, "(table %s)", store_table_name(table)).data;
    write_row(table, key_text(&key), turned(value, value.size - 1));
    fails(ERR_CORRUPT, arena_print(&arena, "%s differs from what its log gives %s", name, table_name).data);
    write_row(table, key_text(&key), (struct text){0});
    fails(ERR_CORRUPT, arena_print(&arena, "%s is missing %s", name, table_name).data);
    write_row(table, key_text(&key), value);
    more.bytes[3] = 9; /* in another partition: behind all the others */
    write_row(table, key_text(&more), value);
    fails(ERR_CORRUPT, arena_print(&arena, "is there, but its log knows nothing of it %s", table_name).data);
    write_row(table, key_text(&more), (struct text){0});
}

/* The number that the first key of a table ends with. */
static unsigned long long first_number(enum store_table table)
{
    struct record_key key = first_key(table);
    uint64_t number = 0;
    assert_true(key_read_u64_last(key_text(&key), &number));
    return number;
}

static void every_damaged_row_is_found(void **state)
{
    (void)state;
    struct record_key due = first_key(STORE_DEADLINE), open = first_key(STORE_OPEN);
    struct deadline_key first = {0};
    uint64_t open_case_id = 0;
    uint32_t unit = 0;
    assert_true(key_read_deadline(key_text(&due), &first));
    assert_true(key_read_open(key_text(&open), &unit, &open_case_id));
    damage(STORE_CASE, arena_print(&arena, "case %llu", first_number(STORE_CASE)).data);
    damage(STORE_RECEIPT, "the receipt of event 69643030303030303030303030310000"); /* id000000000001 */
    damage(STORE_DEADLINE, arena_print(&arena, "a deadline of case %llu", (unsigned long long)first.case_id).data);
    damage(STORE_OUTBOX, arena_print(&arena, "task %llu, owed to workers of bench,", first_number(STORE_OUTBOX)).data);
    damage(STORE_OPEN, arena_print(&arena, "case %llu among the open cases of unit %u", (unsigned long long)open_case_id, unit).data);
    damage(STORE_KEY, "the case key 636173652d6b65792d6e756d62657230"); /* case-key-number0 */
    damage(STORE_NUMBER, "the case number 金农测字〔2026〕1号");
    damage(STORE_COUNTER, "the counter bench");
    damage(STORE_PARKED, arena_print(&arena, "the event parked at position %llu", first_number(STORE_PARKED)).data);
    damage(STORE_INCIDENT, arena_print(&arena, "the incident on task %llu", first_number(STORE_INCIDENT)).data);
    damage(STORE_DEPLOYED, "a piece of the compiled form of calendar cn-statutory version 1");
    holds(records);
}

/* ---- what is no stopped folder ---- */

static void a_folder_in_use_is_left_alone(void **state)
{
    (void)state;
    struct store *store = lmdb_open(folder, MAP);
    fails(ERR_LOCKED, "");
    store_close(&store);
    holds(records);
}

static void nothing_holds_too(void **state)
{
    (void)state;
    assert_int_equal(unlink(data_in(folder)), 0);
    fails(ERR_NOT_FOUND, "");
    struct store *store = lmdb_open(folder, MAP);
    store_close(&store);
    holds(0);
    struct verify_report report;
    assert_int_equal(verify_folder("/nowhere/at/all", &report, NULL, NULL), ERR_NOT_FOUND);
    assert_string_equal(report.problem, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, copy_folder, remove_copy)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_that_an_engine_made_holds), TEST(it_changes_nothing), TEST(a_changed_record_is_found), TEST(the_last_record_changed_is_found),
        TEST(a_record_that_is_none_is_found), TEST(a_missing_record_is_found), TEST(a_log_cut_short_is_found), TEST(a_forged_record_is_found),
        TEST(a_flipped_bit_is_found), TEST(a_state_that_stands_elsewhere_is_found), TEST(a_state_without_its_row_is_found),
        TEST(a_newer_format_is_not_judged), TEST(every_damaged_row_is_found), TEST(a_folder_in_use_is_left_alone), TEST(nothing_holds_too),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
