/* What is private is checked and sealed at the door; a repeat is a repeat; what came before its case comes back. */
#include "tests/unit/rooms.h"

#define KEY_1 "case-key-0000001"
static const char *const unit = "jinnong/grid-3/building-7";

static int set_up(void **state)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    rooms_open(rooms, "workflows/dispute-mediation/workflow.yaml");
    *state = rooms;
    return 0;
}

static int tear_down(void **state)
{
    rooms_close(*state);
    free(*state);
    return 0;
}

static const struct value zhao_map[] = {
    {.kind = VALUE_TEXT, .text = TEXT("id")}, {.kind = VALUE_TEXT, .text = TEXT("app:zhao")},
    {.kind = VALUE_TEXT, .text = TEXT("telephone")}, {.kind = VALUE_TEXT, .text = TEXT("13800001111")}};
static const struct value zhao = {.kind = VALUE_MAP, .count = 2, .items = zhao_map};
static const struct value qian = {.kind = VALUE_TEXT, .text = TEXT("app:qian")};

/* applicant, category, respondent, summary: in order of names, as a decoded message has them. */
static struct message dispute(struct rooms *rooms, const char *summary)
{
    static struct field_value data[4];
    data[0] = (struct field_value){TEXT("applicant"), {.kind = VALUE_LIST, .count = 1, .items = &zhao}};
    data[1] = field_text("category", "neighbour");
    data[2] = (struct field_value){TEXT("respondent"), {.kind = VALUE_LIST, .count = 1, .items = &qian}};
    data[3] = field_text("summary", summary);
    return message_open(rooms, KEY_1, "dispute-mediation", unit, "li", data, 4);
}

static const struct case_state *find(struct rooms *rooms)
{
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY_1)};
    const struct case_state *state;
    assert_int_equal(engine_find_case(rooms->bed.engine, &subject, &state), ERR_OK);
    return state;
}

/* The case's row as someone sees it. */
static struct value seen_by(struct rooms *rooms, const char *person)
{
    struct view view = {.engine = rooms->bed.engine, .seal = rooms->seal, .arena = &rooms->bed.arena};
    const struct viewer viewer = {.person = text_of(person)};
    struct value row;
    assert_int_equal(view_begin(&view), ERR_OK);
    assert_int_equal(view_case(&view, find(rooms), &viewer, VIEW_DATA, &row), ERR_OK);
    row = value_copy(&rooms->bed.arena, &row);
    view_end(&view);
    return row;
}

static void nothing_private_is_stored_in_clear(void **state)
{
    struct rooms *rooms = *state;
    struct message message = dispute(rooms, "厨房漏水到楼下");
    expect_applied(rooms_tell(rooms, &message));
    assert_false(store_holds(rooms->bed.store, "漏水"));
    assert_false(store_holds(rooms->bed.store, "13800001111"));
    assert_true(store_holds(rooms->bed.store, "app:zhao"));
    struct value row = seen_by(rooms, "li"); /* opened it, and is the mediator there */
    const struct value *data = value_get(&row, "data"), *applicant = value_get(data, "applicant");
    assert_string_equal(row_string(rooms, data, "summary"), "厨房漏水到楼下");
    assert_string_equal(row_string(rooms, &applicant->items[0], "telephone"), "13800001111");
    assert_string_equal(row_string(rooms, &applicant->items[0], "id"), "app:zhao");
    bed_assert_replays(&rooms->bed);
}

static void who_may_not_see_it_is_told_that_it_is_there(void **state)
{
    struct rooms *rooms = *state;
    struct message message = dispute(rooms, "厨房漏水到楼下");
    expect_applied(rooms_tell(rooms, &message));
    struct value row = seen_by(rooms, "sun"); /* a mediator, but of another unit */
    const struct value *data = value_get(&row, "data"), *private = value_get(&row, "private");
    assert_string_equal(row_string(rooms, data, "category"), "neighbour");
    assert_null(value_get(data, "summary"));
    assert_null(value_get(data, "applicant"));
    assert_int_equal(private->count, 3);
    row = seen_by(rooms, "app:qian"); /* a party sees the summary, not the people */
    assert_string_equal(row_string(rooms, value_get(&row, "data"), "summary"), "厨房漏水到楼下");
    assert_null(value_get(value_get(&row, "data"), "applicant"));
}

static void a_destroyed_key_hides_the_value_for_ever(void **state)
{
    struct rooms *rooms = *state;
    struct message message = dispute(rooms, "厨房漏水到楼下");
    expect_applied(rooms_tell(rooms, &message));
    struct seal_key person = seal_key_of_person(TEXT("app:zhao")), of_case = seal_key_of_case(TEXT(KEY_1));
    assert_int_equal(seal_destroy(rooms->seal, &person), ERR_OK);
    assert_int_equal(seal_destroy(rooms->seal, &of_case), ERR_OK);
    struct value row = seen_by(rooms, "li");
    const struct value *data = value_get(&row, "data");
    assert_null(value_get(data, "summary"));
    assert_int_equal(value_get(data, "applicant")->items[0].kind, VALUE_TEXT);
    bed_assert_replays(&rooms->bed);
    struct field_value danger = field_text("danger", "持刀");
    message = message_send(rooms, KEY_1, "report-danger", "li", &danger, 1);
    expect_refused(rooms_tell(rooms, &message), ERR_BAD_DATA);
}

static void a_repeat_is_a_duplicate_also_after_a_restart(void **state)
{
    struct rooms *rooms = *state;
    struct message message = dispute(rooms, "厨房漏水到楼下");
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_DUPLICATE);
    rooms_restart(rooms);
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_DUPLICATE);
    struct message other = dispute(rooms, "卫生间漏水到楼下");
    other.id = message.id;
    expect_refused(rooms_tell(rooms, &other), ERR_ID_REUSED);
}

/* Between the first time and the second a version was deployed that calls another field private. */
static void a_repeat_is_a_duplicate_also_under_a_newer_workflow(void **state)
{
    struct rooms *rooms = *state;
    static const char survey[] =
        "workflow: survey\nversion: %d\ntitle: {zh: 走访, en: Survey}\nopens: {by: mediator, at: building, needs: [age]}\n"
        "data: {age: {type: number%s}}\nstart: {go: visit}\n"
        "stages:\n  visit:\n    title: {zh: 走访, en: Visit}\n    at: building\n    within: 5 working days\n    task: {for: mediator}\n"
        "    events:\n      record: {by: mediator, end: done}\n    overdue: {end: done}\nends: {done: {title: {zh: 办结, en: Done}}}\n";
    char first[1024], second[1024];
    snprintf(first, sizeof first, survey, 1, "");
    snprintf(second, sizeof second, survey, 2, ", sees: [supervisor]");
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "survey.yaml", text_of(first)), ERR_OK);
    struct field_value age = {.name = TEXT("age"), .value = {.kind = VALUE_INTEGER, .integer = 81}};
    struct message message = message_open(rooms, KEY_1, "survey", unit, "li", &age, 1);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "survey.yaml", text_of(second)), ERR_OK);
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_DUPLICATE);
    message.id = bed_id(&rooms->bed);
    expect_refused(rooms_tell(rooms, &message), ERR_KEY_TAKEN);
    message.key = TEXT("case-key-0000002");
    expect_applied(rooms_tell(rooms, &message));
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = message.key};
    const struct case_state *second_case;
    assert_int_equal(engine_find_case(rooms->bed.engine, &subject, &second_case), ERR_OK);
    assert_int_equal(second_case->data[0].kind, VALUE_BYTES);
}

static void private_fields_are_checked_here(void **state)
{
    struct rooms *rooms = *state;
    struct message message = dispute(rooms, "");
    struct message answer = rooms_tell(rooms, &message);
    expect_refused(answer, ERR_BAD_DATA);
    assert_non_null(memmem(answer.why.data, answer.why.size, "summary", 7));
    message = dispute(rooms, "x");
    struct field_value *data = (struct field_value *)(uintptr_t)message.data;
    data[3].value = value_bytes("\1\1looks sealed", 14);
    expect_refused(rooms_tell(rooms, &message), ERR_BAD_DATA);
    data[3].value = value_integer(5);
    expect_refused(rooms_tell(rooms, &message), ERR_BAD_DATA);
    struct store_figures figures;
    assert_int_equal(store_read_figures(rooms->keys, &figures), ERR_OK);
    assert_int_equal(figures.rows[STORE_KEY], 0); /* refused events leave no keys */
}

static void details_named_sealed_are_details(void **state)
{
    struct rooms *rooms = *state;
    const struct value forged[] = {{.kind = VALUE_TEXT, .text = TEXT("id")}, {.kind = VALUE_TEXT, .text = TEXT("app:zhao")},
                                   {.kind = VALUE_TEXT, .text = TEXT("sealed")}, {.kind = VALUE_BYTES, .text = TEXT("forged bytes")}};
    struct value person = {.kind = VALUE_MAP, .count = 2, .items = forged};
    struct message message = dispute(rooms, "x");
    ((struct field_value *)(uintptr_t)message.data)[0].value.items = &person;
    expect_applied(rooms_tell(rooms, &message));
    assert_false(store_holds(rooms->bed.store, "forged bytes"));
}

/* ---- parked ---- */

static struct message agreeing(struct rooms *rooms, const char *as)
{
    return message_send(rooms, KEY_1, "agree-to-mediate", as, NULL, 0);
}

static struct message commenting(struct rooms *rooms, const char *comment)
{
    struct field_value *data = ARENA_NEW(&rooms->bed.arena, struct field_value);
    *data = field_text("comments", comment);
    return message_send(rooms, KEY_1, "comment", "li", data, 1);
}

/* What the server does after a commit that says so; the answers by event id. */
static uint32_t unpark(struct rooms *rooms, struct message *answers)
{
    uint64_t after = 0;
    uint32_t count = 0;
    struct door_parked parked[8];
    while (count < 8) {
        enum err code = door_unpark(&rooms->door, &rooms->bed.arena, TEXT(KEY_1), &after, &parked[count]);
        if (code == ERR_NOT_FOUND)
            break;
        assert_int_equal(code, ERR_OK);
        count++;
    }
    rooms_begin(rooms);
    for (uint32_t i = 0; i < count; i++) {
        bool decided = parked[i].event.kind == EVENT_SEND;
        assert_int_equal(engine_decide(rooms->bed.engine, &parked[i].event, decided ? &answers[i] : NULL), ERR_OK);
        if (!decided)
            answers[i] = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = parked[i].event.code, .why = parked[i].why};
    }
    rooms_commit(rooms);
    return count;
}

static void what_came_before_its_case_is_sealed_whole_and_decided_later(void **state)
{
    struct rooms *rooms = *state;
    struct message answers[8], comment = commenting(rooms, "住户说漏水已三天"), consent = agreeing(rooms, "app:qian"), bad = commenting(rooms, "");
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    assert_int_equal(rooms_tell(rooms, &consent).kind, MESSAGE_PARKED);
    assert_int_equal(rooms_tell(rooms, &bad).kind, MESSAGE_PARKED);
    assert_false(store_holds(rooms->bed.store, "漏水"));
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);

    rooms_restart(rooms);
    struct message message = dispute(rooms, "厨房");
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms->done.unparkable_count, 1);
    assert_int_equal(unpark(rooms, answers), 3);
    expect_applied(answers[0]);
    expect_applied(answers[1]);
    expect_refused(answers[2], ERR_BAD_DATA);
    assert_false(store_holds(rooms->bed.store, "漏水"));
    struct value row = seen_by(rooms, "li");
    const struct value *comments = value_get(value_get(&row, "data"), "comments");
    assert_int_equal(comments->count, 1);
    assert_true(text_is(comments->items[0].text, "住户说漏水已三天"));
    assert_int_equal(unpark(rooms, answers), 0);

    /* Sent again it is a duplicate; the refused one is decided anew. */
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_DUPLICATE);
    assert_int_equal(rooms_tell(rooms, &consent).kind, MESSAGE_DUPLICATE);
    expect_refused(rooms_tell(rooms, &bad), ERR_BAD_DATA);
    bed_assert_replays(&rooms->bed);
}

/* Its case is here, but what is parked for it has not been decided yet: still parked, not another event under its id. */
static void a_repeat_between_opening_and_unparking_is_still_parked(void **state)
{
    struct rooms *rooms = *state;
    struct message answers[8], comment = commenting(rooms, "住户说漏水已三天");
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    struct message message = dispute(rooms, "厨房");
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    /* Another event under its id would be told that it was applied when this one is. */
    struct message other = commenting(rooms, "已签和解书");
    other.id = comment.id;
    expect_refused(rooms_tell(rooms, &other), ERR_ID_REUSED);
    assert_int_equal(unpark(rooms, answers), 1);
    expect_applied(answers[0]);
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_DUPLICATE);
    expect_refused(rooms_tell(rooms, &other), ERR_ID_REUSED);
}

/* Its sender is told which value was wrong; the log, which cannot forget, is not. */
static void a_wrong_private_value_that_was_parked_stays_out_of_the_log(void **state)
{
    struct rooms *rooms = *state;
    static const char survey[] =
        "workflow: survey\nversion: 1\ntitle: {zh: 走访, en: Survey}\nopens: {by: mediator, at: building}\n"
        "data: {illness: {type: choice, of: [none, chronic], sees: [supervisor]}}\nstart: {go: visit}\n"
        "stages:\n  visit:\n    title: {zh: 走访, en: Visit}\n    at: building\n    within: 5 working days\n    task: {for: mediator}\n"
        "    events:\n      record: {by: mediator, needs: [illness], end: done}\n    overdue: {end: done}\nends: {done: {title: {zh: 办结, en: Done}}}\n";
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, "survey.yaml", text_of(survey)), ERR_OK);
    struct field_value illness = field_text("illness", "tuberculosis");
    struct message answers[8], message = message_send(rooms, KEY_1, "record", "li", &illness, 1);
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_PARKED);
    struct message opening = message_open(rooms, KEY_1, "survey", unit, "li", NULL, 0);
    expect_applied(rooms_tell(rooms, &opening));
    assert_int_equal(unpark(rooms, answers), 1);
    expect_refused(answers[0], ERR_BAD_DATA);
    assert_non_null(memmem(answers[0].why.data, answers[0].why.size, "tuberculosis", 12));
    assert_false(store_holds(rooms->bed.store, "tuberculosis"));
    bed_assert_replays(&rooms->bed);
}

/* A key that may no longer speak for that person, or was revoked since, has what it sent before refused: not decided as if it still could. */
static bool li_only(void *context, struct text principal, struct text person)
{
    (void)context;
    assert_true(text_equal(principal, rooms_client.principal));
    return text_is(person, "li");
}

static void what_a_key_may_is_asked_when_a_parked_event_is_decided(void **state)
{
    struct rooms *rooms = *state;
    struct message answers[8], comment = commenting(rooms, "住户说漏水已三天"), consent = agreeing(rooms, "app:qian");
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    assert_int_equal(rooms_tell(rooms, &consent).kind, MESSAGE_PARKED);
    struct message message = dispute(rooms, "厨房");
    expect_applied(rooms_tell(rooms, &message));
    rooms->door.may = li_only;
    assert_int_equal(unpark(rooms, answers), 2);
    expect_applied(answers[0]);
    expect_refused(answers[1], ERR_DENIED);
    assert_int_equal(unpark(rooms, answers), 0);
    bed_assert_replays(&rooms->bed);
}

/* No workflow says who may bring old cases along. */
static void held_cases_are_the_operators(void **state)
{
    struct rooms *rooms = *state;
    const struct door_origin app = {.principal = TEXT("grid-app")};
    struct message message = dispute(rooms, "厨房"), release = {.kind = MESSAGE_RELEASE, .request = 1, .id = bed_id(&rooms->bed), .as = TEXT("li"),
                                                              .subject = {.kind = CASE_REF_KEY, .text = TEXT(KEY_1)}};
    rooms->door.operator = TEXT("local");
    message.held = true;
    message.has = MESSAGE_HAS_HAPPENED_AT;
    message.happened_at = rooms->time.now - 1000;
    rooms_begin(rooms);
    expect_refused(rooms_decide(rooms, &message, &app), ERR_DENIED);
    expect_applied(rooms_decide(rooms, &message, &rooms_client));
    expect_refused(rooms_decide(rooms, &release, &app), ERR_DENIED);
    expect_applied(rooms_decide(rooms, &release, &rooms_client));
    rooms_commit(rooms);
}

static void an_erased_park_is_refused_for_good(void **state)
{
    struct rooms *rooms = *state;
    struct message answers[8], comment = commenting(rooms, "住户说漏水已三天");
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    struct seal_key key = seal_key_of_case(TEXT(KEY_1));
    assert_int_equal(seal_destroy(rooms->seal, &key), ERR_OK);
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED); /* the answer that it had */
    struct message another = commenting(rooms, "住户说漏水已四天");
    expect_refused(rooms_tell(rooms, &another), ERR_BAD_DATA);
    struct message message = dispute(rooms, "厨房");
    expect_refused(rooms_tell(rooms, &message), ERR_BAD_DATA); /* nothing can be sealed for this case any more */
    assert_int_equal(unpark(rooms, answers), 0);
}

/* ---- whose a private value is, and what becomes of it ---- */

static struct message erasure(struct rooms *rooms, const char *person)
{
    return (struct message){.kind = MESSAGE_ERASE, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .as = TEXT("li"), .on_behalf = text_of(person),
                            .why = TEXT("asked for")};
}

/* As the server does it: the event, then the key. */
static void erase(struct rooms *rooms, const char *person)
{
    struct message message = erasure(rooms, person);
    struct seal_key key = seal_key_of_person(text_of(person));
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(seal_destroy(rooms->seal, &key), ERR_OK);
}

static bool is_named(const struct value *row, const char *member, const char *name)
{
    const struct value *names = value_get(row, member);
    for (uint32_t i = 0; names && i < names->count; i++)
        if (text_is(names->items[i].text, name))
            return true;
    return false;
}

/* Opened by an official for app:zhao. */
static void open_for_zhao(struct rooms *rooms, struct message *opening)
{
    *opening = dispute(rooms, "厨房漏水到楼下");
    opening->on_behalf = TEXT("app:zhao");
    expect_applied(rooms_tell(rooms, opening));
}

static void what_was_sent_for_somebody_goes_with_their_key(void **state)
{
    struct rooms *rooms = *state;
    struct message opening, report;
    open_for_zhao(rooms, &opening);
    struct field_value danger = field_text("danger", "持刀");
    report = message_send(rooms, KEY_1, "report-danger", "li", &danger, 1); /* an official's own words about the case of zhao */
    expect_applied(rooms_tell(rooms, &report));
    erase(rooms, "app:zhao");
    struct value row = seen_by(rooms, "li");
    const struct value *data = value_get(&row, "data");
    assert_null(value_get(data, "summary"));
    assert_null(value_get(data, "danger"));
    assert_int_equal(value_get(data, "applicant")->items[0].kind, VALUE_TEXT);
    assert_true(is_named(&row, "erased", "summary") && is_named(&row, "erased", "danger") && is_named(&row, "erased", "applicant"));
    assert_true(is_named(&row, "private", "summary") && !is_named(&row, "erased", "respondent"));
    row = seen_by(rooms, "sun"); /* who could never see it is told as well */
    assert_true(is_named(&row, "erased", "summary") && is_named(&row, "erased", "applicant"));
    /* Sent again they have their first answers, though nobody can tell any more whether they are the same. */
    assert_int_equal(rooms_tell(rooms, &opening).kind, MESSAGE_DUPLICATE);
    assert_int_equal(rooms_tell(rooms, &report).kind, MESSAGE_DUPLICATE);
    rooms_restart(rooms);
    assert_int_equal(rooms_tell(rooms, &opening).kind, MESSAGE_DUPLICATE);
    opening.unit = TEXT("jinnong/grid-3");
    expect_refused(rooms_tell(rooms, &opening), ERR_ID_REUSED); /* what is in clear is compared */
    bed_assert_replays(&rooms->bed);
}

static void a_case_goes_on_without_whom_it_was_opened_for(void **state)
{
    struct rooms *rooms = *state;
    struct message opening;
    open_for_zhao(rooms, &opening);
    erase(rooms, "app:zhao");
    struct field_value danger = field_text("danger", "持刀");
    struct message report = message_send(rooms, KEY_1, "report-danger", "li", &danger, 1);
    report.on_behalf = TEXT("app:zhao");
    expect_refused(rooms_tell(rooms, &report), ERR_BAD_DATA); /* nothing is kept for that reference any more */
    report.on_behalf = TEXT("");
    report.id = bed_id(&rooms->bed);
    expect_applied(rooms_tell(rooms, &report));
    struct value row = seen_by(rooms, "li");
    assert_string_equal(row_string(rooms, value_get(&row, "data"), "danger"), "持刀");
    struct message again = dispute(rooms, "又漏水了");
    again.key = TEXT("case-key-0000002");
    expect_refused(rooms_tell(rooms, &again), ERR_BAD_DATA); /* its details of zhao */
}

static void either_key_is_the_end(void **state)
{
    struct rooms *rooms = *state;
    struct message opening;
    struct seal_key key = seal_key_of_case(TEXT(KEY_1));
    open_for_zhao(rooms, &opening);
    assert_int_equal(seal_destroy(rooms->seal, &key), ERR_OK);
    struct value row = seen_by(rooms, "li");
    assert_true(is_named(&row, "erased", "summary") && is_named(&row, "erased", "applicant"));
    assert_int_equal(rooms_tell(rooms, &opening).kind, MESSAGE_DUPLICATE);
}

static void who_is_erased_is_checked(void **state)
{
    struct rooms *rooms = *state;
    struct message opening, message = erasure(rooms, "app:nobody");
    open_for_zhao(rooms, &opening);
    expect_refused(rooms_tell(rooms, &message), ERR_UNKNOWN_PERSON);
    rooms->door.operator = TEXT("somebody else");
    message = erasure(rooms, "app:zhao");
    expect_refused(rooms_tell(rooms, &message), ERR_DENIED);
    rooms->door.operator = TEXT("local");
    message.as = TEXT("nobody");
    expect_refused(rooms_tell(rooms, &message), ERR_UNKNOWN_PERSON);
    message = erasure(rooms, "app:zhao");
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(rooms_tell(rooms, &message).kind, MESSAGE_DUPLICATE);
    message = erasure(rooms, "app:zhao");
    expect_refused(rooms_tell(rooms, &message), ERR_NOT_NOW);
    struct record_key after = {.size = 0};
    struct engine_erased erased;
    assert_int_equal(engine_next_erased(rooms->bed.engine, &rooms->bed.arena, &after, &erased), ERR_OK);
    assert_true(text_is(erased.person, "app:zhao"));
    assert_int_equal(engine_next_erased(rooms->bed.engine, &rooms->bed.arena, &after, &erased), ERR_NOT_FOUND);
    bed_assert_replays(&rooms->bed);
}

/* The details of an official, who left the directory, can be erased; of one who is in it they cannot. */
static void who_is_in_the_directory_stays(void **state)
{
    struct rooms *rooms = *state;
    static const struct value wang_map[] = {{.kind = VALUE_TEXT, .text = TEXT("id")}, {.kind = VALUE_TEXT, .text = TEXT("wang")},
                                            {.kind = VALUE_TEXT, .text = TEXT("telephone")}, {.kind = VALUE_TEXT, .text = TEXT("13900002222")}};
    static const struct value wang = {.kind = VALUE_MAP, .count = 2, .items = wang_map};
    struct message opening = dispute(rooms, "厨房漏水到楼下");
    ((struct field_value *)(uintptr_t)opening.data)[0].value.items = &wang;
    expect_applied(rooms_tell(rooms, &opening));
    struct message message = erasure(rooms, "wang");
    expect_refused(rooms_tell(rooms, &message), ERR_NOT_ALLOWED);
}

static struct text sealed_alone(struct rooms *rooms, struct seal_key key, struct text event_id, const char *field, const struct value *plain)
{
    struct wire_writer writer = {.arena = &rooms->bed.arena};
    struct text sealed;
    wire_put_value(&writer, plain);
    assert_int_equal(seal_value(rooms->seal, &rooms->bed.arena, (struct seal_keys){&key, 1}, event_id, text_of(field), (struct text){writer.data, writer.size}, &sealed), ERR_OK);
    return sealed;
}

/* The name of a worker belongs to its connection, which may register otherwise, or end, while the case still keeps the name until the batch is written. */
static void an_event_keeps_its_own_copy_of_who_sent_it(void **state)
{
    struct rooms *rooms = *state;
    char worker[] = "office-b", principal[] = "grid-app";
    struct door_origin origin = {.principal = text_of(principal), .worker = text_of(worker)};
    struct message opening = dispute(rooms, "厨房漏水到楼下"), answer;
    struct event event;
    struct text why;
    rooms_begin(rooms);
    assert_int_equal(door_event(&rooms->door, engine_arena(rooms->bed.engine), &opening, &origin, &event, &why), ERR_OK);
    memset(worker, 'x', sizeof worker - 1);
    memset(principal, 'x', sizeof principal - 1);
    assert_true(text_is(event.worker, "office-b"));
    assert_true(text_is(event.sender, "grid-app"));
    assert_int_equal(engine_decide(rooms->bed.engine, &event, &answer), ERR_OK);
    rooms_commit(rooms);
}

/* Sealed by an older program, which had one key for each value; its sender has no answer yet and sends it again. */
static void a_repeat_of_what_an_older_program_sealed_is_one(void **state)
{
    struct rooms *rooms = *state;
    struct message opening = dispute(rooms, "厨房漏水到楼下"), answer;
    struct event event;
    struct text why;
    opening.on_behalf = TEXT("app:zhao");
    rooms_begin(rooms);
    assert_int_equal(door_event(&rooms->door, engine_arena(rooms->bed.engine), &opening, &rooms_client, &event, &why), ERR_OK);
    struct value summary = value_text(TEXT("厨房漏水到楼下")), details = {.kind = VALUE_MAP, .count = 1, .items = (struct value *)(uintptr_t)(zhao_map + 2)};
    struct text alone = sealed_alone(rooms, seal_key_of_person(TEXT("app:zhao")), opening.id, "applicant", &details);
    struct value entry[] = {zhao_map[0], zhao_map[1], value_text(TEXT("sealed")), value_bytes(alone.data, alone.size)}, person = {.kind = VALUE_MAP, .count = 2, .items = entry};
    struct field_value old[4] = {event.data[0], event.data[1], event.data[2], event.data[3]};
    old[0].value = (struct value){.kind = VALUE_LIST, .count = 1, .items = &person};
    alone = sealed_alone(rooms, seal_key_of_case(TEXT(KEY_1)), opening.id, "summary", &summary);
    old[3].value = value_bytes(alone.data, alone.size);
    assert_false(text_equal(old[3].value.text, event.data[3].value.text));
    event.data = old;
    assert_int_equal(engine_decide(rooms->bed.engine, &event, &answer), ERR_OK);
    expect_applied(answer);
    rooms_commit(rooms);
    struct value row = seen_by(rooms, "li");
    assert_string_equal(row_string(rooms, value_get(&row, "data"), "summary"), "厨房漏水到楼下");
    assert_string_equal(row_string(rooms, &value_get(value_get(&row, "data"), "applicant")->items[0], "telephone"), "13800001111");
    assert_int_equal(rooms_tell(rooms, &opening).kind, MESSAGE_DUPLICATE);
    struct message other = dispute(rooms, "卫生间漏水到楼下");
    other.id = opening.id;
    other.on_behalf = opening.on_behalf;
    expect_refused(rooms_tell(rooms, &other), ERR_ID_REUSED);
}

/* A parked event is sealed for everybody of whom it holds details. */
static void a_park_goes_with_whom_it_speaks_of(void **state)
{
    struct rooms *rooms = *state;
    struct message answers[8], opening;
    static struct field_value data[2];
    data[0] = (struct field_value){TEXT("witness"), zhao};
    data[1] = field_text("text", "住户说漏水已三天");
    struct message comment = message_send(rooms, KEY_1, "comment", "app:qian", data, 2);
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    erase(rooms, "app:zhao");
    assert_int_equal(rooms_tell(rooms, &comment).kind, MESSAGE_PARKED);
    opening = dispute(rooms, "厨房");
    static const struct value reference = {.kind = VALUE_TEXT, .text = TEXT("app:zhao")};
    ((struct field_value *)(uintptr_t)opening.data)[0].value.items = &reference;
    expect_applied(rooms_tell(rooms, &opening));
    assert_int_equal(unpark(rooms, answers), 1);
    expect_refused(answers[0], ERR_BAD_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_private_is_stored_in_clear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_may_not_see_it_is_told_that_it_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_destroyed_key_hides_the_value_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_is_a_duplicate_also_after_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_is_a_duplicate_also_under_a_newer_workflow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(private_fields_are_checked_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(details_named_sealed_are_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_came_before_its_case_is_sealed_whole_and_decided_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_between_opening_and_unparking_is_still_parked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_private_value_that_was_parked_stays_out_of_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_key_may_is_asked_when_a_parked_event_is_decided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_cases_are_the_operators, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_erased_park_is_refused_for_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_sent_for_somebody_goes_with_their_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_case_goes_on_without_whom_it_was_opened_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(either_key_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_erased_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_in_the_directory_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeat_of_what_an_older_program_sealed_is_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_event_keeps_its_own_copy_of_who_sent_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_park_goes_with_whom_it_speaks_of, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
