/* access: who is meant by People, in the district of core_world.h, and how that is said. */
#include "engine/access.h"
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"

static struct world w;
static struct builder b;
static struct case_state state;
static struct event current;

static void stand_at(int unit)
{
    state.unit = (uint32_t)world_units[unit].id;
}

static int start(void **unused)
{
    (void)unused;
    world_begin(&w);
    b = workflow_begin(&w.arena, "people");
    field(&b, "applicant", FIELD_PEOPLE);
    field(&b, "respondent", FIELD_PEOPLE);
    group(&b, "parties", "applicant respondent");
    stage(&b, "first");
    opens(&b, "opener", "", "", "", go(&b, "first", NULL));
    state = (struct case_state){.stage = 0, .level = NONE, .end = NONE, .data_count = 2, .opener = TEXT("gao"), .opener_for = TEXT("app:zhao")};
    state.data = ARENA_ARRAY(&w.arena, struct value, 2);
    state.data[0] = people_value(&w, "app:zhao app:sun");
    state.data[1] = people_value(&w, "app:qian app:zhao");
    state.home_unit = (uint32_t)world_units[U_B7].id;
    stand_at(U_GRID3);
    current = (struct event){.kind = EVENT_SEND};
    w.workflow = b.workflow;
    w.state = &state;
    return 0;
}

static int finish(void **unused)
{
    (void)unused;
    world_end(&w);
    return 0;
}

static bool among(const char *words, const char *person)
{
    struct advance_input input = world_input(&w, &current);
    return access_includes(&input, people(&b, words), text_of(person));
}

static const char *listed(uint32_t count, const struct text *items)
{
    struct text all = {0};
    for (uint32_t i = 0; i < count; i++)
        all = arena_print(&w.arena, "%.*s%s%.*s", (int)all.size, all.data, i ? " " : "", (int)items[i].size, items[i].data);
    return arena_string(&w.arena, all);
}

static const char *everyone(struct span span)
{
    struct advance_input input = world_input(&w, &current);
    const struct text *items;
    uint32_t count = access_everyone(&input, &w.arena, span, &items);
    return listed(count, items);
}

static const char *names(const char *words)
{
    struct advance_input input = world_input(&w, &current);
    const struct text *items;
    uint32_t count = access_names(&input, &w.arena, people(&b, words), &items);
    return listed(count, items);
}

static const char *in_words(const char *words)
{
    struct advance_input input = world_input(&w, &current);
    return arena_string(&w.arena, access_words(&input, &w.arena, people(&b, words)));
}

static void roles_hold_where_they_are_asked_for(void **unused)
{
    (void)unused;
    static const struct {
        int at;
        const char *people, *person;
        bool included;
    } table[] = {
        {U_GRID3, "mediator", "mei", true},         {U_GRID3, "mediator", "li", false},          {U_B7, "mediator", "li", true},
        {U_B7, "mediator", "mei", false},           {U_GRID3, "mediator@home", "li", true},      {U_GRID3, "mediator@home", "mei", false},
        {U_B7, "mediator@community", "chen", true}, {U_B7, "mediator@centre", "zhou", true},     {U_B7, "mediator@centre", "chen", false},
        {U_JINNONG, "mediator@below", "mei", true}, {U_JINNONG, "mediator@below", "li", true},   {U_JINNONG, "mediator@below", "ou", false},
        {U_GRID3, "supervisor", "sun", true},       {U_DISTRICT, "supervisor", "sun", true},     {U_GRID3, "grid-worker mediator", "gao", true},
        {U_GRID3, "inventor", "gao", false},        {U_GRID3, "mediator", "app:zhao", false},    {U_GRID3, "mediator", "", false},
        {U_GRID3, "mediator@planet", "mei", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        stand_at(table[i].at);
        if (among(table[i].people, table[i].person) != table[i].included)
            fail_msg("%s among %s", table[i].person, table[i].people);
    }
}

static void a_closed_unit_is_the_one_that_took_it_over(void **unused)
{
    (void)unused;
    stand_at(U_B8);
    assert_true(among("mediator", "li"));
    assert_string_equal(names("mediator"), "mediator@jinnong/grid-3/building-7");
}

static void people_of_the_case(void **unused)
{
    (void)unused;
    assert_true(among("applicant", "app:sun"));
    assert_false(among("applicant", "app:qian"));
    assert_true(among("parties", "app:qian"));
    assert_false(among("parties", "app:li"));
    assert_true(among("opener", "gao"));
    assert_true(among("opener", "app:zhao"));
    assert_false(among("opener", "app:qian"));
}

static void residents_are_whom_an_app_speaks_for(void **unused)
{
    (void)unused;
    static const struct {
        const char *person;
        bool resident;
    } table[] = {{"app:1", true}, {"a:b:c", true}, {"li", false}, {":1", false}, {"app:", false}, {"", false}, {":", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(access_is_resident(text_of(table[i].person)), table[i].resident);
        assert_int_equal(among("resident", table[i].person), table[i].resident);
    }
}

static void a_worker_by_the_task_it_holds(void **unused)
{
    (void)unused;
    struct case_task *task = case_add_task(&w.arena, &state, 77);
    task->topic = TEXT("printing");
    current.worker = TEXT("w1");
    assert_false(among("worker", ""));
    current.task = 77;
    assert_true(among("worker", "")); /* under a lease */
    task->state = TASK_HELD;
    task->holder = TEXT("w2");
    assert_false(among("worker", ""));
    task->holder = TEXT("w1");
    assert_true(among("worker", ""));
    task->state = TASK_DONE;
    assert_false(among("worker", ""));
    current.worker = (struct text){0};
    task->state = TASK_OPEN;
    assert_false(among("worker", ""));
}

static void everyone_is_each_once_in_order(void **unused)
{
    (void)unused;
    stand_at(U_B7);
    assert_string_equal(everyone(people(&b, "parties")), "app:qian app:sun app:zhao");
    assert_string_equal(everyone(people(&b, "mediator")), "li wang wu");
    assert_string_equal(everyone(people(&b, "mediator opener supervisor")), "app:zhao li sun wang wu");
    assert_string_equal(everyone(people(&b, "resident worker inventor")), "");
    stand_at(U_JINNONG);
    assert_string_equal(everyone(people(&b, "mediator@below")), "li mei wang wu");
    state.data[0] = state.data[1] = (struct value){.kind = VALUE_NONE};
    assert_string_equal(everyone(people(&b, "parties")), "");
}

static void who_is_missing(void **unused)
{
    (void)unused;
    int32_t agree = event_row(&b, event(&b, "first", "agree", each(&b, "parties"), stay(&b)));
    struct span missing = people_missing(&b, agree);
    struct case_part *part = case_add_part(&w.arena, &state);
    part->event = agree;
    part->person = TEXT("app:zhao");
    struct advance_input input = world_input(&w, &current);
    assert_string_equal(everyone(missing), "app:qian app:sun");
    assert_true(access_includes(&input, missing, TEXT("app:sun")));
    assert_false(access_includes(&input, missing, TEXT("app:zhao")));
}

static void names_and_words(void **unused)
{
    (void)unused;
    stand_at(U_GRID3);
    assert_string_equal(names("mediator applicant mediator@below"), "app:sun app:zhao mediator@jinnong/grid-3 mediator@jinnong/grid-3/");
    assert_string_equal(names("worker resident"), "");
    assert_string_equal(in_words("mediator parties worker"), "mediator at jinnong/grid-3, parties, the worker that holds the task");
    assert_string_equal(in_words("mediator@below opener resident"), "mediator below jinnong/grid-3, who opened the case, a resident (app:token)");
    assert_string_equal(in_words("mediator@planet"), "mediator (at no unit: there is none of that level)");
    assert_string_equal(in_words(""), "nobody");
}

static void whom_an_event_may_speak_of(void **unused)
{
    (void)unused;
    struct advance_input input = world_input(&w, &current);
    state.data[1] = people_value(&w, "bare-name");
    assert_true(access_knows(&input, TEXT("li")));
    assert_true(access_knows(&input, TEXT("app:anyone")));
    assert_true(access_knows(&input, TEXT("bare-name")));
    assert_true(access_knows(&input, TEXT("gao")));
    assert_false(access_knows(&input, TEXT("nemo")));
    assert_false(access_knows(&input, TEXT("")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(roles_hold_where_they_are_asked_for), TEST(a_closed_unit_is_the_one_that_took_it_over), TEST(people_of_the_case),
        TEST(residents_are_whom_an_app_speaks_for), TEST(a_worker_by_the_task_it_holds), TEST(everyone_is_each_once_in_order),
        TEST(who_is_missing), TEST(names_and_words), TEST(whom_an_event_may_speak_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
