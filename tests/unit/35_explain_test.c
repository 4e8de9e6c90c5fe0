/* Why a case is where it is, what may happen next, what an event would do: told without changing anything, and without what is private. */
#include "tests/unit/rooms.h"

#include "engine/engine_past.h"
#include "engine/limits.h"

#define KEY "case-key-0000001"
#define BUILDING "jinnong/grid-3/building-7"

static struct rooms *rooms;
static struct value rows[512];
static uint32_t row_count;
static struct message last;

static int set_up(void **state)
{
    (void)state;
    rooms = calloc(1, sizeof *rooms);
    rooms_open(rooms, "workflows/dispute-mediation/workflow.yaml");
    return 0;
}

/* The records of a case, each decided again as of its time: the case comes out as it is stored, byte for byte. */
static void tell_again(struct past *past, struct store_txn *txn, struct text stored)
{
    struct arena *arena = &rooms->bed.arena;
    const struct case_state *told = NULL;
    struct case_state *is;
    const uint64_t *positions;
    uint32_t count;
    assert_int_equal(case_decode(arena, arena_copy(arena, stored), &is), ERR_OK);
    uint64_t workflow = is->workflow;
    assert_int_equal(past_positions(past, txn, arena, is->last_position, 1000, &positions, &count, &workflow), ERR_OK);
    past_begin(past, NULL);
    for (uint32_t i = 0; i < count; i++) {
        struct log_record record;
        struct decision decision;
        assert_int_equal(past_record(past, txn, arena, positions[i], &record), ERR_OK);
        const struct past_step step = {.position = positions[i], .workflow = engine_workflow(rooms->bed.engine, workflow), .event = &record.event, .now = record.effective};
        assert_int_equal(past_decide(past, arena, &step, told, &decision), ERR_OK);
        assert_int_equal(decision.code, ERR_OK);
        assert_int_equal(past_apply(past, &decision, &record, positions[i], &told), ERR_OK);
        workflow = told->workflow;
    }
    struct text again = case_encode(arena, told);
    assert_int_equal(again.size, stored.size);
    assert_memory_equal(again.data, stored.data, stored.size);
}

static void tell_all_again(void)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct past *past;
    struct text key, value;
    assert_int_equal(past_open(&past, rooms->bed.engine), ERR_OK);
    assert_int_equal(store_begin_read(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_cursor_open(txn, STORE_CASE, &cursor), ERR_OK);
    for (enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value))
        tell_again(past, txn, value);
    store_cursor_close(&cursor);
    store_end_read(&txn);
    past_close(&past);
}

static int tear_down(void **state)
{
    (void)state;
    tell_all_again();
    rooms_close(rooms);
    free(rooms);
    return 0;
}

static void take_answer(void *context, const struct message *answer)
{
    (void)context;
    last = recode(rooms, answer);
    for (uint32_t i = 0; last.kind == MESSAGE_RESULT && i < last.rows.count; i++)
        rows[row_count++] = last.rows.items[i];
}

static void ask(struct message question)
{
    struct arena arena;
    const struct query query = {.engine = rooms->bed.engine, .seal = rooms->seal, .outbox = rooms->outbox, .time = rooms->time};
    const struct query_sink sink = {.answer = take_answer};
    question.kind = MESSAGE_EXPLAIN;
    question.request = 7;
    question.subject = (struct case_ref){.kind = CASE_REF_KEY, .text = TEXT(KEY)};
    row_count = 0;
    arena_init(&arena);
    do {
        assert_int_equal(query_answer(&query, &arena, &question, &sink), ERR_OK);
        question.after = last.after;
    } while (last.after);
    arena_close(&arena);
}

static void open_dispute(void)
{
    struct value zhao = value_text(TEXT("app:zhao")), qian = value_text(TEXT("app:qian"));
    const struct field_value data[] = {{TEXT("applicant"), zhao}, field_text("category", "family"), {TEXT("respondent"), qian}, field_text("summary", "secret words")};
    struct message message = message_open(rooms, KEY, "dispute-mediation", BUILDING, "li", data, 4);
    expect_applied(rooms_tell(rooms, &message));
}

static void tell(const char *event, const char *as, const struct field_value *data, uint32_t count)
{
    struct message message = message_send(rooms, KEY, event, as, data, count);
    expect_applied(rooms_tell(rooms, &message));
}

static const char *said(const struct value *row, const char *name, const char *language)
{
    const struct value *words = value_get(row, name);
    assert_non_null(words);
    return row_string(rooms, words, language);
}

static bool has_reason(const struct value *entry, const char *en)
{
    const struct value *trace = value_get(entry, "trace");
    for (uint32_t i = 0; trace && i < trace->count; i++)
        if (strstr(row_string(rooms, &trace->items[i], "en"), en))
            return true;
    return false;
}

static const struct value *way(const char *event)
{
    const struct value *ways = value_get(&rows[0], "ways");
    for (uint32_t i = 0; ways && i < ways->count; i++)
        if (strcmp(row_string(rooms, &ways->items[i], "e"), event) == 0)
            return &ways->items[i];
    return NULL;
}

static void the_history_has_its_reasons(void **state)
{
    (void)state;
    open_dispute();
    tell("agree-to-mediate", "app:zhao", NULL, 0);
    tell("agree-to-mediate", "app:qian", NULL, 0);
    struct field_value reason = field_text("reason", "too far apart");
    tell("raise", "li", &reason, 1);
    ask((struct message){0});
    assert_int_equal(row_count, 5);
    assert_string_equal(row_string(rooms, &rows[1], "e"), "open");
    assert_true(has_reason(&rows[1], "enters consent · building, " BUILDING));
    assert_true(has_reason(&rows[2], "1 of 2 have sent it"));
    assert_true(has_reason(&rows[3], "enters mediation"));
    assert_true(has_reason(&rows[4], "enters consent · grid"));
    assert_string_equal(row_string(rooms, value_get(&rows[0], "because"), "e"), "raise");
    assert_string_equal(said(&rows[0], "place", "en"), "consent · grid, jinnong/grid-3");
    assert_non_null(strstr(said(&rows[0], "place", "zh"), "征求双方同意（consent）"));
    ask((struct message){.limit = 2});
    assert_int_equal(row_count, 5); /* page by page the same */
}

static void a_deadline_that_passed_is_a_reason(void **state)
{
    (void)state;
    open_dispute();
    rooms->time.now += INT64_C(40) * 24 * 3600 * 1000;
    uint32_t fired = 0;
    rooms_begin(rooms);
    assert_int_equal(engine_fire(rooms->bed.engine, 100, &fired), ERR_OK);
    rooms_commit(rooms);
    assert_true(fired > 0);
    ask((struct message){0});
    assert_string_equal(row_string(rooms, value_get(&rows[0], "because"), "e"), "due");
    assert_true(has_reason(value_get(&rows[0], "because"), "the deadline of the stage has passed"));
    assert_true(has_reason(value_get(&rows[0], "because"), "the case ends: refused"));
    assert_null(value_get(&rows[0], "ways"));
}

static void what_may_happen_is_told_with_the_people(void **state)
{
    (void)state;
    open_dispute();
    tell("agree-to-mediate", "app:zhao", NULL, 0);
    ask((struct message){.as = TEXT("li")}); /* a mediator: sees who the parties are */
    const struct value *agree = way("agree-to-mediate");
    assert_non_null(agree);
    assert_string_equal(said(agree, "leads", "en"), "goes to mediation at the same level");
    assert_non_null(strstr(said(agree, "share", "zh"), "每一位"));
    assert_int_equal(value_get(agree, "missing")->count, 1);
    assert_string_equal(row_string(rooms, &value_get(agree, "missing")->items[0], "id"), "app:qian");
    const struct value *comment = way("comment"), *persons = value_get(comment, "persons");
    assert_true(text_is(value_get(comment, "needs")->items[0].text, "comments"));
    bool li = false;
    for (uint32_t i = 0; i < persons->count; i++)
        li = li || (strcmp(row_string(rooms, &persons->items[i], "id"), "li") == 0 && *row_string(rooms, &persons->items[i], "name"));
    assert_true(li);
    assert_non_null(way("take-back"));
    const struct value *clocks = value_get(&rows[0], "clocks");
    assert_string_equal(row_string(rooms, &clocks->items[0], "clock"), "stage");
    assert_string_equal(said(&clocks->items[0], "leads", "en"), "the case ends: refused");
}

static void who_stands_in_a_private_field_is_not_named_to_everyone(void **state)
{
    (void)state;
    open_dispute();
    ask((struct message){0});
    assert_null(value_get(way("agree-to-mediate"), "persons"));
    assert_null(value_get(way("agree-to-mediate"), "missing"));
    for (uint32_t i = 0; i < row_count; i++) {
        struct text json = wire_json(&rooms->bed.arena, &rows[i]);
        assert_null(memmem(json.data, json.size, "secret words", 12));
    }
}

static struct value trial_of(const char *event, const char *as, const struct field_value *data, uint32_t count)
{
    uint64_t position = engine_position(rooms->bed.engine);
    uint32_t keys = seal_save(rooms->seal);
    ask((struct message){.event = text_of(event), .as = text_of(as), .data = data, .data_count = count});
    assert_int_equal(row_count, 1);
    assert_int_equal(engine_position(rooms->bed.engine), position);
    assert_int_equal(seal_save(rooms->seal), keys);
    return *value_get(&rows[0], "trial");
}

static void an_event_is_tried_and_forgotten(void **state)
{
    (void)state;
    open_dispute();
    struct value trial = trial_of("agree-to-mediate", "chen", NULL, 0);
    assert_string_equal(row_string(rooms, &trial, "code"), "not-allowed");
    assert_non_null(strstr(row_string(rooms, &trial, "why-zh"), "无权办理"));
    trial = trial_of("sign", "li", NULL, 0);
    assert_string_equal(row_string(rooms, &trial, "code"), "not-now");
    assert_true(value_get(&trial, "can")->count > 3);
    trial = trial_of("sing", "li", NULL, 0);
    assert_string_equal(row_string(rooms, &trial, "code"), "unknown-event");
    struct field_value danger = field_text("danger", "knives"), wrong = field_text("colour", "red");
    trial = trial_of("report-danger", "li", &danger, 1); /* private: sealed for the trial, and the key forgotten */
    assert_string_equal(row_string(rooms, &trial, "code"), "");
    assert_string_equal(row_string(rooms, &trial, "s"), "consent");
    trial = trial_of("report-danger", "li", &wrong, 1);
    assert_string_equal(row_string(rooms, &trial, "code"), "bad-data");
    assert_non_null(strstr(row_string(rooms, &trial, "why-zh"), "colour：不随本事件填写；可填：danger；danger：须填写而没有填"));
    trial = trial_of("agree-to-mediate", "app:zhao", NULL, 0);
    assert_string_equal(row_string(rooms, &trial, "code"), "");
    assert_non_null(strstr(said(&trial, "then", "en"), "consent"));
    ask((struct message){0});
    assert_int_equal(row_count, 2); /* nothing of it happened */
}

static void what_is_due_before_fires_in_the_trial_too(void **state)
{
    (void)state;
    open_dispute();
    rooms->time.now += INT64_C(40) * 24 * 3600 * 1000;
    struct value trial = trial_of("agree-to-mediate", "app:zhao", NULL, 0);
    assert_true(row_number(&trial, "fired") > 0);
    assert_string_equal(row_string(rooms, &trial, "code"), "not-now");
    assert_non_null(strstr(row_string(rooms, &trial, "why"), "has ended"));
    assert_non_null(strstr(row_string(rooms, &trial, "why-zh"), "案件已办结"));
}

/* Who held which role, and which days were working days, is as it was: a directory and a calendar that came later change nothing of it. */
static void what_counted_then_counts_in_the_telling(void **state)
{
    (void)state;
    open_dispute();
    struct text directory = bed_file(&rooms->bed, "config/directory.yaml");
    const char *whole = arena_string(&rooms->bed.arena, directory), *version = strstr(whole, "\nversion: "), *li = strstr(whole, "\n  li:");
    assert_non_null(version);
    assert_non_null(li);
    struct text newer = arena_print(&rooms->bed.arena, "%.*s\nversion: 900%.*s%s", (int)(version - whole), whole, (int)(li - strchr(version + 1, '\n')),
                                    strchr(version + 1, '\n'), strchr(li + 1, '\n'));
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "directory.yaml", newer), ERR_OK); /* li is gone */
    tell("agree-to-mediate", "app:zhao", NULL, 0);
    ask((struct message){0});
    assert_int_equal(row_count, 3);
    assert_true(has_reason(&rows[1], "li may send it"));
}

static void questions_that_cannot_be_answered_are_refused(void **state)
{
    (void)state;
    ask((struct message){0});
    expect_refused(last, ERR_UNKNOWN_CASE);
    open_dispute();
    ask((struct message){.event = TEXT("sign")});
    expect_refused(last, ERR_BAD_DATA);
    ask((struct message){.event = TEXT("sign"), .as = TEXT("nobody")});
    expect_refused(last, ERR_UNKNOWN_PERSON);
    ask((struct message){.event = TEXT("sign"), .as = TEXT("li"), .on_behalf = TEXT("nobody")});
    expect_refused(last, ERR_UNKNOWN_PERSON);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_history_has_its_reasons),
        TEST(a_deadline_that_passed_is_a_reason),
        TEST(what_may_happen_is_told_with_the_people),
        TEST(who_stands_in_a_private_field_is_not_named_to_everyone),
        TEST(an_event_is_tried_and_forgotten),
        TEST(what_is_due_before_fires_in_the_trial_too),
        TEST(what_counted_then_counts_in_the_telling),
        TEST(questions_that_cannot_be_answered_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
