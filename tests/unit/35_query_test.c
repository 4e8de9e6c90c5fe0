/* Questions see what is committed, page by page, each row once; what is private stays so. */
#include "tests/unit/rooms.h"

#include "engine/limits.h"

static const char *const buildings[] = {"jinnong/grid-1/building-1", "jinnong/grid-3/building-7", "jinnong/grid-3/building-8", "jinnong/grid-4/building-10"};

struct answers {
    struct rooms *rooms;
    struct message last;
    struct value rows[4096];
    uint32_t row_count, messages;
    bool ended;
};

static struct rooms *rooms;
static struct answers answers;

static int set_up_with(const char *workflow)
{
    rooms = calloc(1, sizeof *rooms);
    rooms_open(rooms, workflow);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with("workflows/bench/workflow.yaml");
}

static int set_up_disputes(void **state)
{
    (void)state;
    return set_up_with("workflows/dispute-mediation/workflow.yaml");
}

static int tear_down(void **state)
{
    (void)state;
    rooms_close(rooms);
    free(rooms);
    return 0;
}

static void take_answer(void *context, const struct message *answer)
{
    struct answers *taken = context;
    assert_false(taken->ended);
    taken->last = recode(taken->rooms, answer);
    taken->messages++;
    for (uint32_t i = 0; taken->last.kind == MESSAGE_RESULT && i < taken->last.rows.count; i++)
        taken->rows[taken->row_count++] = taken->last.rows.items[i];
    taken->ended = !taken->last.more;
}

static void ask(struct message question)
{
    struct arena arena;
    const struct query_figures figures = {.started = AT(0), .applied = 7};
    const struct query query = {.engine = rooms->bed.engine, .seal = rooms->seal, .outbox = rooms->outbox, .figures = &figures, .time = rooms->time};
    const struct query_sink sink = {.answer = take_answer, .context = &answers};
    uint64_t after = question.after;
    uint32_t before = after ? answers.row_count : 0;
    answers.rooms = rooms;
    answers.row_count = before;
    answers.messages = 0;
    answers.ended = false;
    question.request = 99;
    arena_init(&arena);
    assert_int_equal(query_answer(&query, &arena, &question, &sink), ERR_OK);
    arena_close(&arena);
    assert_true(answers.ended);
    assert_int_equal(answers.last.request, 99);
}

/* All pages. */
static uint32_t ask_all(struct message question)
{
    uint32_t pages = 0;
    question.after = 0;
    do {
        ask(question);
        question.after = answers.last.after;
        pages++;
    } while (question.after);
    return pages;
}

static void open_cases(uint32_t count)
{
    rooms_begin(rooms);
    for (uint32_t i = 0; i < count; i++) {
        struct field_value note = field_text("note", "water");
        const char *key = arena_print(&rooms->bed.arena, "case-key-%07u", i).data;
        struct message message = message_open(rooms, key, "bench", buildings[i % 4], "ma", &note, 1);
        expect_applied(rooms_decide(rooms, &message, &rooms_client));
    }
    rooms_commit(rooms);
    rooms_after(rooms);
}

static void lists_are_paged_and_complete(void **state)
{
    (void)state;
    open_cases(50);
    const struct message all = {.kind = MESSAGE_LIST};
    assert_int_equal(ask_all(all), 1);
    assert_int_equal(answers.row_count, 50);
    for (uint32_t limit = 1; limit < 60; limit += 6) {
        struct message question = {.kind = MESSAGE_LIST, .limit = limit};
        uint32_t pages = ask_all(question);
        assert_int_equal(answers.row_count, 50);
        assert_true(pages >= 50 / limit);
        for (uint32_t i = 0; i < 50; i++)
            for (uint32_t j = 0; j < i; j++)
                assert_true(row_number(&answers.rows[i], "case") != row_number(&answers.rows[j], "case"));
    }
    assert_string_equal(row_string(rooms, &answers.rows[0], "s"), "handling");
    assert_string_equal(row_string(rooms, &answers.rows[0], "w"), "bench");
    assert_null(value_get(&answers.rows[0], "data"));
}

static uint32_t count_of(struct message question)
{
    ask_all(question);
    return answers.row_count;
}

static void lists_are_filtered(void **state)
{
    (void)state;
    open_cases(40);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = TEXT("jinnong/grid-3")}), 20);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = TEXT("jinnong/grid-3/building-8")}), 10);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = TEXT("jinnong"), .limit = 7}), 40);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .workflow = TEXT("bench")}), 40);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .workflow = TEXT("other")}), 0);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .stage = TEXT("handling")}), 40);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .stage = TEXT("waiting")}), 0);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .level = TEXT("grid")}), 0);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .overdue = true}), 0);
    struct field_value note = field_text("note", "up");
    struct message raise = message_send(rooms, "case-key-0000001", "raise", "ma", &note, 1);
    expect_applied(rooms_tell(rooms, &raise));
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .level = TEXT("grid")}), 1);
    assert_string_equal(row_string(rooms, &answers.rows[0], "u"), "jinnong/grid-3");
    assert_string_equal(row_string(rooms, &answers.rows[0], "home"), buildings[1]);
    ask((struct message){.kind = MESSAGE_LIST, .unit = TEXT("no-such-unit")});
    expect_refused(answers.last, ERR_UNKNOWN_UNIT);
    ask((struct message){.kind = MESSAGE_LIST, .what = TEXT("people")});
    expect_refused(answers.last, ERR_BAD_DATA);
}

/* A mistyped name must not look as if there were nothing. */
static void what_is_not_there_cannot_be_asked_for(void **state)
{
    (void)state;
    const struct {
        struct message question;
        enum err code;
    } tries[] = {
        {{.workflow = TEXT("bnech")}, ERR_UNKNOWN_WORKFLOW},
        {{.stage = TEXT("no-such-stage")}, ERR_BAD_DATA},
        {{.level = TEXT("gird")}, ERR_BAD_DATA},
        {{.as = TEXT("nobody")}, ERR_UNKNOWN_PERSON},
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct message question = tries[i].question;
        question.kind = MESSAGE_LIST;
        ask(question);
        expect_refused(answers.last, tries[i].code);
    }
    ask((struct message){.kind = MESSAGE_LIST, .as = TEXT("app:anyone")});
    assert_int_equal(answers.last.kind, MESSAGE_RESULT);
    assert_int_equal(answers.row_count, 0);
}

static void units_are_listed(void **state)
{
    (void)state;
    uint32_t all = count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("units")});
    assert_true(all > 3000);
    assert_true(answers.messages > 0);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("units"), .unit = TEXT("jinnong/grid-3"), .limit = 2}), 4);
    assert_string_equal(row_string(rooms, &answers.rows[0], "l"), "grid");
    assert_string_equal(row_string(rooms, value_get(&answers.rows[0], "title"), "zh"), "第3网格");
    uint32_t grids = count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("units"), .level = TEXT("grid")});
    assert_int_equal(grids, 635);
}

static void a_case_is_shown_with_its_history(void **state)
{
    (void)state;
    open_cases(2);
    for (int i = 0; i < 3; i++) {
        struct field_value note = field_text("note", "up");
        struct message message = message_send(rooms, "case-key-0000001", "raise", "ma", &note, 1);
        expect_applied(rooms_tell(rooms, &message));
    }
    ask((struct message){.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_KEY, .text = TEXT("case-key-0000001")}});
    assert_int_equal(answers.row_count, 1);
    const struct value *row = &answers.rows[0];
    assert_string_equal(row_string(rooms, value_get(row, "data"), "note"), "up");
    assert_non_null(value_get(row, "tasks"));
    assert_non_null(value_get(row, "can"));
    assert_true(row_number(row, "due") > rooms->time.now);
    struct message question = {.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = (uint64_t)row_number(row, "case")}, .history = true};
    ask_all(question);
    uint32_t whole = answers.row_count;
    assert_int_equal(whole, 5);
    assert_string_equal(row_string(rooms, &answers.rows[1], "e"), "open");
    for (uint32_t i = 2; i < whole; i++)
        assert_true(row_number(&answers.rows[i], "p") > row_number(&answers.rows[i - 1], "p"));
    question.limit = 2;
    ask_all(question);
    assert_int_equal(answers.row_count, whole); /* the case once, then each event once */
    ask((struct message){.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_ID, .id = 77777}});
    expect_refused(answers.last, ERR_UNKNOWN_CASE);
}

/* What people call the stage, the place, the events and fields stands beside their names. */
static void a_shown_case_has_titles(void **state)
{
    (void)state;
    struct value zhao = value_text(TEXT("app:zhao")), qian = value_text(TEXT("app:qian"));
    const struct field_value data[] = {{TEXT("applicant"), zhao}, field_text("category", "family"), {TEXT("respondent"), qian}, field_text("summary", "x")};
    struct message message = message_open(rooms, "case-key-0000001", "dispute-mediation", buildings[1], "li", data, 4);
    expect_applied(rooms_tell(rooms, &message));
    ask((struct message){.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_KEY, .text = TEXT("case-key-0000001")}});
    const struct value *titles = value_get(&answers.rows[0], "titles");
    assert_non_null(titles);
    const struct {
        const char *group, *name, *zh;
    } wanted[] = {{NULL, "w", "矛盾纠纷调处"}, {NULL, "s", "征求双方同意"}, {NULL, "l", "楼院"}, {NULL, "u", "7号楼院"},
                  {"can", "decline", "不同意调解"}, {"data", "category", "类别"}, {"data", "applicant", "申请人"}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct value *group = wanted[i].group ? value_get(titles, wanted[i].group) : titles, *title = group ? value_get(group, wanted[i].name) : NULL;
        assert_non_null(title);
        assert_string_equal(row_string(rooms, title, "zh"), wanted[i].zh);
    }
    assert_null(value_get(value_get(titles, "data"), "agreement")); /* it holds none */
    const struct value *words = value_get(&answers.rows[0], "words"), *family = words ? value_get(value_get(words, "category"), "family") : NULL;
    assert_non_null(family);
    assert_string_equal(row_string(rooms, family, "zh"), "婚姻家庭");
    assert_int_equal(words->count, 1);
    assert_string_equal(row_string(rooms, value_get(&answers.rows[0], "data"), "category"), "family"); /* the word is what it holds */
    ask((struct message){.kind = MESSAGE_LIST});
    assert_null(value_get(&answers.rows[0], "titles"));
}

static void what_is_long_comes_from_the_log(void **state)
{
    (void)state;
    static char summary[1500];
    memset(summary, 'x', sizeof summary - 1);
    struct value zhao = value_text(TEXT("app:zhao")), qian = value_text(TEXT("app:qian"));
    const struct field_value data[] = {{TEXT("applicant"), {.kind = VALUE_LIST, .count = 1, .items = &zhao}}, field_text("category", "family"),
                                       {TEXT("respondent"), {.kind = VALUE_LIST, .count = 1, .items = &qian}}, field_text("summary", summary)};
    struct message message = message_open(rooms, "case-key-0000001", "dispute-mediation", buildings[1], "li", data, 4);
    expect_applied(rooms_tell(rooms, &message));
    for (int i = 0; i < 150; i++) {
        struct field_value comment = field_text("comments", summary);
        message = message_send(rooms, "case-key-0000001", "comment", "li", &comment, 1);
        expect_applied(rooms_tell(rooms, &message));
    }
    struct message question = {.kind = MESSAGE_SHOW, .subject = {.kind = CASE_REF_KEY, .text = TEXT("case-key-0000001")}, .as = TEXT("li"), .history = true};
    ask_all(question);
    assert_int_equal(answers.row_count, 152);
    const struct value *row_data = value_get(&answers.rows[0], "data");
    assert_true(text_is(value_get(row_data, "summary")->text, summary));
    assert_int_equal(value_get(row_data, "comments")->count, 150);
    assert_true(text_is(value_get(value_get(&answers.rows[5], "data"), "comments")->text, summary));
    /* Too much for one message: what fits, and its name. */
    for (int i = 0; i < 40; i++) {
        struct field_value comment = field_text("comments", summary);
        message = message_send(rooms, "case-key-0000001", "comment", "li", &comment, 1);
        expect_applied(rooms_tell(rooms, &message));
    }
    question.history = false;
    ask(question);
    const struct value *cut = value_get(&answers.rows[0], "cut");
    assert_non_null(cut);
    assert_true(text_is(cut->items[0].text, "comments"));
    assert_true(value_get(value_get(&answers.rows[0], "data"), "comments")->count > 100);
    question.as = TEXT("sun");
    ask(question);
    assert_null(value_get(value_get(&answers.rows[0], "data"), "comments"));
}

static void incidents_and_status(void **state)
{
    (void)state;
    open_cases(3);
    const struct value topics[] = {value_text(TEXT("bench"))};
    const struct message registration = {.kind = MESSAGE_REGISTER, .what = TEXT("alice"), .credit = 10, .topics = {.kind = VALUE_LIST, .count = 1, .items = topics}};
    struct message answer;
    outbox_register(rooms->outbox, 1, &registration, rooms->time, &answer);
    assert_int_equal(rooms_pump(rooms), 3);
    for (uint32_t i = 0; i < 2; i++) {
        struct message fail = {.kind = MESSAGE_FAIL, .id = bed_id(&rooms->bed), .task = rooms->sent[i].message.task, .lease = rooms->sent[i].message.lease,
                               .why = TEXT("no paper")};
        expect_applied(rooms_report(rooms, 1, &fail));
    }
    assert_int_equal(count_of((struct message){.kind = MESSAGE_INCIDENTS, .limit = 1}), 2);
    assert_string_equal(row_string(rooms, &answers.rows[0], "why"), "no paper");
    assert_string_equal(row_string(rooms, &answers.rows[0], "topic"), "bench");
    assert_int_equal(row_number(&answers.rows[0], "tries"), 1);
    struct case_ref subject = {.kind = CASE_REF_ID, .id = (uint64_t)row_number(&answers.rows[0], "case")};
    assert_int_equal(count_of((struct message){.kind = MESSAGE_INCIDENTS, .subject = subject}), 1);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_INCIDENTS, .unit = TEXT("jinnong/grid-1")}), 1);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = TEXT("jinnong/grid-1")}), 1);
    assert_int_equal(value_get(&answers.rows[0], "tasks")->count, 1); /* the failed one, in the list too */
    ask((struct message){.kind = MESSAGE_STATUS});
    const struct value *row = &answers.rows[0];
    assert_int_equal(row_number(row, "cases"), 3);
    assert_int_equal(row_number(row, "incidents"), 2);
    assert_int_equal(row_number(row, "owed"), 1);
    assert_int_equal(row_number(row, "applied"), 7);
    assert_int_equal(value_get(row, "workers")->count, 1);
    assert_int_equal(value_get(row, "deployed")->count, 3);
    assert_int_equal(value_get(row, "hash")->text.size, HASH_SIZE);
}

static void news_pass_filters(void **state)
{
    (void)state;
    open_cases(4);
    const struct query query = {.engine = rooms->bed.engine, .seal = rooms->seal, .time = rooms->time};
    struct view view = {.engine = rooms->bed.engine, .seal = rooms->seal, .arena = &rooms->bed.arena};
    const struct query_filter filters[] = {{.case_id = 0}, {.workflow = TEXT("bench")}, {.unit = TEXT("jinnong/grid-3")}, {.workflow = TEXT("other")}};
    uint32_t passed[4] = {0}, deployments = 0;
    assert_int_equal(view_begin(&view), ERR_OK);
    for (uint64_t position = 1; position <= engine_position(rooms->bed.engine); position++)
        for (int i = 0; i < 4; i++) {
            struct message news;
            bool passes;
            assert_int_equal(query_news(&query, &view, &filters[i], position, &passes, &news), ERR_OK);
            passed[i] += passes;
            if (!passes)
                continue;
            assert_int_equal(row_number(&news.rows, "p"), (int64_t)position);
            deployments += i == 0 && strcmp(row_string(rooms, &news.rows, "e"), "deploy") == 0;
        }
    view_end(&view);
    assert_int_equal(deployments, 3);
    assert_int_equal(passed[0], 7);
    assert_int_equal(passed[1], 4);
    assert_int_equal(passed[2], 2);
    assert_int_equal(passed[3], 0);
}

/* Cases stay at a unit that is closed until an event moves them; whoever took it over must see them. */
static void cases_of_a_closed_unit_are_seen_at_its_successor(void **state)
{
    (void)state;
    struct bed *bed = &rooms->bed;
    open_cases(4);
    struct text text = bed_file(bed, "config/directory.yaml");
    const char *source = arena_string(&bed->arena, text), *version = strstr(source, "version: ") + strlen("version: ");
    const char *line = strstr(version, "building-8: {") + strlen("building-8: {");
    text = arena_print(&bed->arena, "%.*s9%.*ssuccessor: %s, %s", (int)(version - source), source, (int)(line - version), version, buildings[1], line);
    assert_int_equal(bed_deploy(bed, rooms->time.now, "directory.yaml", text), ERR_OK);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = text_of(buildings[1])}), 2);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .unit = text_of(buildings[2])}), 1);
    const struct query query = {.engine = bed->engine, .seal = rooms->seal, .time = rooms->time};
    struct view view = {.engine = bed->engine, .seal = rooms->seal, .arena = &bed->arena};
    const struct query_filter filter = {.unit = text_of(buildings[1])};
    uint32_t passed = 0;
    assert_int_equal(view_begin(&view), ERR_OK);
    for (uint64_t position = 1; position <= engine_position(bed->engine); position++) {
        struct message news;
        bool passes;
        assert_int_equal(query_news(&query, &view, &filter, position, &passes, &news), ERR_OK);
        passed += passes;
    }
    view_end(&view);
    assert_int_equal(passed, 2);
}

static int set_up_published(void **state)
{
    (void)state;
    return set_up_with("tests/scenarios/publication/workflow.yaml");
}

/* Time passes until that day; what falls due on the way fires. */
static void go_to(int64_t time)
{
    uint32_t fired = 1;
    rooms->time.now = time;
    while (fired) {
        rooms_begin(rooms);
        assert_int_equal(engine_fire(rooms->bed.engine, 100, &fired), ERR_OK);
        rooms_commit(rooms);
    }
}

/* Everybody sees the text and nothing else; an ended case is seen for what it published, and is not among the open ones. */
static void what_is_published_is_for_everybody(void **state)
{
    (void)state;
    static const int64_t DAY_MS = 86400000;
    int64_t began = rooms->time.now;
    struct value zhao = value_text(TEXT("app:zhao"));
    struct field_value open[] = {{TEXT("asked-by"), {.kind = VALUE_LIST, .count = 1, .items = &zhao}}, field_text("summary", "lamps")};
    struct message message = message_open(rooms, "case-key-0000001", "published-decision", "jinnong", "clerk-11", open, 2);
    expect_applied(rooms_tell(rooms, &message));
    const struct message published = {.kind = MESSAGE_LIST, .what = TEXT("published")}, late = {.kind = MESSAGE_LIST, .what = TEXT("late")};
    assert_int_equal(count_of(published), 0);
    struct field_value decide[] = {field_text("decision", "three lamps"), field_text("note", "internal")};
    message = message_send(rooms, "case-key-0000001", "decide", "clerk-11", decide, 2);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(count_of(published), 1);
    const struct value *data = value_get(&answers.rows[0], "data");
    assert_int_equal(data->count, 2);
    assert_string_equal(row_string(rooms, data, "decision"), "three lamps");
    assert_true(value_get(&answers.rows[0], "objections")->boolean);
    assert_null(value_get(&answers.rows[0], "s"));
    go_to(began + 15 * DAY_MS);
    assert_int_equal(count_of(published), 0);
    struct field_value done = field_text("result", "done");
    message = message_send(rooms, "case-key-0000001", "done", "clerk-11", &done, 1);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(count_of(published), 1);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("published"), .unit = TEXT("jinnong/grid-3")}), 0);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST}), 0);
    assert_int_equal(count_of(late), 0);
    go_to(began + 60 * DAY_MS);
    assert_int_equal(count_of(published), 0);
}

static void figures_are(const char *workflow, int open, int overdue, int closed, int late)
{
    ask((struct message){.kind = MESSAGE_STATUS});
    const struct value *kinds = value_get(&answers.rows[0], "kinds");
    for (uint32_t i = 0; kinds && i < kinds->count; i++) {
        const struct value *kind = &kinds->items[i];
        if (!text_is(value_get(kind, "w")->text, workflow))
            continue;
        assert_int_equal(value_get(kind, "open")->integer, open);
        assert_int_equal(value_get(kind, "overdue")->integer, overdue);
        assert_int_equal(value_get(kind, "closed")->integer, closed);
        assert_int_equal(value_get(kind, "late")->integer, late);
        return;
    }
    fail_msg("no figures of %s", workflow);
}

/* Late at closing is not overdue now. */
static void who_was_late_is_listed_also_when_it_is_over(void **state)
{
    (void)state;
    struct value zhao = value_text(TEXT("app:zhao"));
    struct field_value open[] = {{TEXT("asked-by"), {.kind = VALUE_LIST, .count = 1, .items = &zhao}}, field_text("summary", "lamps")};
    struct message message = message_open(rooms, "case-key-0000002", "published-decision", "jinnong", "clerk-11", open, 2);
    const struct message late = {.kind = MESSAGE_LIST, .what = TEXT("late")}, overdue = {.kind = MESSAGE_LIST, .overdue = true};
    expect_applied(rooms_tell(rooms, &message));
    go_to(rooms->time.now + INT64_C(60) * 86400000);
    assert_int_equal(count_of(overdue), 1);
    assert_int_equal(count_of(late), 1);
    figures_are("published-decision", 1, 1, 0, 0);
    struct field_value decide = field_text("decision", "three lamps");
    message = message_send(rooms, "case-key-0000002", "decide", "clerk-11", &decide, 1);
    expect_applied(rooms_tell(rooms, &message));
    assert_int_equal(count_of(overdue), 0);
    assert_int_equal(count_of(late), 1);
    figures_are("published-decision", 1, 0, 0, 0);
    go_to(rooms->time.now + INT64_C(15) * 86400000);
    struct field_value done = field_text("result", "done");
    message = message_send(rooms, "case-key-0000002", "done", "clerk-11", &done, 1);
    expect_applied(rooms_tell(rooms, &message));
    figures_are("published-decision", 0, 0, 1, 1);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("late"), .unit = TEXT("jinnong"), .workflow = TEXT("published-decision")}), 1);
    assert_int_equal(count_of((struct message){.kind = MESSAGE_LIST, .what = TEXT("late"), .unit = TEXT("jinnong/grid-3")}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_are_paged_and_complete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_are_filtered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_cannot_be_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_case_is_shown_with_its_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shown_case_has_titles, set_up_disputes, tear_down),
        cmocka_unit_test_setup_teardown(what_is_long_comes_from_the_log, set_up_disputes, tear_down),
        cmocka_unit_test_setup_teardown(incidents_and_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(news_pass_filters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_published_is_for_everybody, set_up_published, tear_down),
        cmocka_unit_test_setup_teardown(who_was_late_is_listed_also_when_it_is_over, set_up_published, tear_down),
        cmocka_unit_test_setup_teardown(cases_of_a_closed_unit_are_seen_at_its_successor, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
