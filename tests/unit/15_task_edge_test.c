/* task: tasks at their edges, decided by the pure core: fields that do not come, people who do not hold, workers that come too late, more ids
 * than one event can make. */
#include "tests/unit/core_world.h"
#include "tests/unit/build_workflow.h"
#include "tests/unit/yaml_world.h"

#include "engine/task.h"

#define TWO_TASKS                                                                                                      \
    "opens: {by: mediator, at: building}\n"                                                                            \
    "start: {go: work}\n"                                                                                              \
    "stages:\n"                                                                                                        \
    "  work:\n"                                                                                                        \
    "    within: 10 days\n"                                                                                            \
    "    tasks:\n"                                                                                                     \
    "      one: {for: mediator}\n"                                                                                     \
    "      two: {for: mediator, worker: desk}\n"                                                                       \
    "    done: all\n"                                                                                                  \
    "    events:\n"                                                                                                    \
    "      one: {by: mediator, stay: true}\n"                                                                          \
    "      two: {by: [worker, mediator], stay: true}\n"                                                                \
    "      away: {by: mediator, go: rest}\n"                                                                           \
    "    overdue: {end: done}\n"                                                                                       \
    "    then: {end: done}\n"                                                                                          \
    "  rest:\n"                                                                                                        \
    "    events: {finish: {by: mediator, end: done}}\n"                                                                \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

static struct builder b;

static void begin_building(void)
{
    b = workflow_begin(&w.arena, "crowd");
    stage(&b, "work");
    stage(&b, "after");
    ending(&b, "done");
}

static void open_built(void)
{
    event(&b, "after", "finish", any(&b, "mediator"), end_with(&b, "done"));
    opens(&b, "mediator", "building", "", "", go(&b, "work", NULL));
    w.workflow = workflow_end_building(&b);
    must(ERR_OK, open_with(), "");
}

static void open_tasks(const char *yaml)
{
    load(yaml);
    must(ERR_OK, open_with(), "");
}

static enum err of_task(const char *name, const char *as, const char *task, const char *field, const char *person)
{
    if (task)
        give_text(&w, "task", task);
    if (field)
        give_text(&w, field, person);
    return say(name, as);
}

static enum err report(enum event_kind kind, const char *worker, uint64_t task, uint32_t attempt)
{
    return decide_event((struct event){.kind = kind, .worker = text_of(worker), .task = task, .attempt = attempt, .topic = TEXT("desk"), .why = TEXT("no paper"),
                                       .again = true, .attempts_most = 3, .retry_base_ms = 0, .retry_most_ms = 60000});
}

static uint64_t task_id(uint32_t n)
{
    return w.state->tasks[n].id;
}

/* ---- which task, and whose ---- */

static void which_of_them_is_meant(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_NOT_NOW, of_task("unclaim", "li", "one", NULL, NULL), "no such task is held by a person");
    must(ERR_NOT_NOW, of_task("add-handler", "li", "three", "who", "gao"), "no such task is open to people");
    must(ERR_BAD_DATA, of_task("add-handler", "li", NULL, "who", "gao"), "task: is needed, since more than one task is meant");
    must(ERR_OK, of_task("claim", "li", "one", NULL, NULL), "");
    must(ERR_OK, of_task("claim", "li", "two", NULL, NULL), "");
    must(ERR_BAD_DATA, of_task("unclaim", "li", NULL, NULL, NULL), "task: is needed");
    must(ERR_OK, of_task("unclaim", "li", "one", NULL, NULL), ""); /* for people only: offered to nobody */
    assert_int_equal(effects_of(&w, EFFECT_OFFER), 0);
    must(ERR_OK, of_task("unclaim", "li", NULL, NULL, NULL), "");
    assert_int_equal(effects_of(&w, EFFECT_OFFER), 1);
}

static void what_comes_with_it_is_checked(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_BAD_DATA, (give_text(&w, "note", "x"), of_task("unclaim", "li", "one", NULL, NULL)), "note: does not come");
    must(ERR_BAD_DATA, (give_text(&w, "note", "x"), of_task("remove-handler", "li", "one", "who", "gao")), "note: does not come");
    must(ERR_BAD_DATA, (give(&w, "task", value_integer(1)), say("unclaim", "li")), "task: must be a text");
    must(ERR_BAD_DATA, of_task("add-handler", "li", "one", NULL, NULL), "who: is needed");
    must(ERR_BAD_DATA, of_task("add-handler", "li", "one", "who", ""), "who: is needed");
    must(ERR_BAD_DATA, (give(&w, "who", value_integer(1)), of_task("add-handler", "li", "one", NULL, NULL)), "who: is needed");
}

/* ---- handlers ---- */

#define FOR_TWO_ROLES                                                                                                  \
    "opens: {by: mediator, at: building}\n"                                                                            \
    "start: {go: work}\n"                                                                                              \
    "stages:\n"                                                                                                        \
    "  work:\n"                                                                                                        \
    "    tasks:\n"                                                                                                     \
    "      one: {for: mediator}\n"                                                                                     \
    "      two: {for: supervisor}\n"                                                                                   \
    "    done: all\n"                                                                                                  \
    "    events:\n"                                                                                                    \
    "      one: {by: mediator, stay: true}\n"                                                                          \
    "      two: {by: supervisor, stay: true}\n"                                                                        \
    "    then: {end: done}\n"                                                                                          \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

static void handlers_come_and_go_with_their_task(void **state)
{
    (void)state;
    open_tasks(FOR_TWO_ROLES);
    must(ERR_OK, of_task("add-handler", "li", "one", "who", "gao"), "");
    must(ERR_OK, of_task("add-handler", "sun", "two", "who", "gao"), "");
    must(ERR_OK, of_task("add-handler", "li", "one", "who", "han"), "");
    must(ERR_NOT_ALLOWED, of_task("add-handler", "sun", "one", "who", "ou"), "who handles the task one is said by");
    must(ERR_NOT_ALLOWED, of_task("remove-handler", "sun", "one", "who", "gao"), "who handles the task one is said by");
    must(ERR_NOT_NOW, of_task("remove-handler", "li", "three", "who", "gao"), "no such task");
    must(ERR_BAD_DATA, of_task("remove-handler", "sun", "two", "who", "han"), "han has not been added to the task two");
    /* gao does it: gao need not be told that it is over, han is; two stays as it was. */
    must(ERR_OK, say("one", "gao"), "");
    told(&w, NOTICE_CANCELLED, "han");
    assert_int_equal(w.state->handler_count, 1);
    must(ERR_OK, send_for("two", "wang", "gao"), ""); /* nor when another does it for gao */
    told(&w, NOTICE_CANCELLED, "");
    assert_int_equal(w.state->handler_count, 0);
    has_ended(&w, "done");
}

static void so_many_handlers_and_no_more(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    struct case_state *full = case_copy(&w.arena, w.state);
    for (int i = 0; i < CASE_HANDLERS_MOST; i++) {
        struct case_handler *handler = case_add_handler(&w.arena, full);
        *handler = (struct case_handler){.task = full->tasks[0].row, .person = arena_print(&w.arena, "person-%d", i), .by = TEXT("li")};
    }
    w.state = full;
    must(ERR_CASE_FULL, of_task("add-handler", "li", "one", "who", "gao"), "a case has 32 such handlers at most");
}

/* ---- claiming and handing over ---- */

static void handing_over_what_nobody_holds(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, of_task("hand-over", "li", "one", "to", "wang"), "");
    told(&w, NOTICE_CANCELLED, "");
    must(ERR_OK, of_task("hand-over", "wang", "one", "to", "wu"), ""); /* one's own: told is only who has it now */
    told(&w, NOTICE_CANCELLED, "");
    told(&w, NOTICE_HANDED_OVER, "wu");
    must(ERR_OK, of_task("hand-over", "li", "one", "to", "wang"), "");
    told(&w, NOTICE_CANCELLED, "wu");
}

static void what_comes_with_a_claim_is_checked(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_BAD_DATA, (give_text(&w, "note", "x"), of_task("claim", "li", "one", NULL, NULL)), "note: does not come");
    must(ERR_BAD_DATA, (give(&w, "task", value_integer(1)), say("claim", "li")), "task: must be a text");
    must(ERR_BAD_DATA, (give_text(&w, "note", "x"), of_task("hand-over", "li", "one", "to", "wang")), "note: does not come");
    must(ERR_BAD_DATA, (give(&w, "task", value_integer(1)), of_task("hand-over", "li", NULL, "to", "wang")), "task: must be a text");
    must(ERR_BAD_DATA, (give(&w, "to", value_integer(1)), of_task("hand-over", "li", "one", NULL, NULL)), "to: must be a text");
    must(ERR_BAD_DATA, of_task("hand-over", "li", "one", NULL, NULL), "to: is needed");
}

/* Whose task it is need not be told that it is over, also when another says so in their name. */
static void what_is_done_in_the_holder_s_name(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, of_task("claim", "li", "one", NULL, NULL), "");
    must(ERR_OK, send_for("one", "wang", "li"), "");
    told(&w, NOTICE_CANCELLED, "");
}

/* ---- workers ---- */

static void what_a_worker_cannot_report(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_STALE_LEASE, report(EVENT_ACCEPT, "w1", task_id(0), 1), "is not offered to workers");
    must(ERR_STALE_LEASE, report(EVENT_FAIL, "w1", task_id(0), 1), "is over");
    must(ERR_UNKNOWN_TASK, report(EVENT_SETTLE, "w1", task_id(1) + 7, 1), "was never one of this case");
    must(ERR_UNKNOWN_TASK, report(EVENT_ACCEPT, "w1", task_id(1) + 7, 1), "was never one of this case");
    must(ERR_UNKNOWN_TASK, report(EVENT_FAIL, "w1", task_id(1) + 7, 1), "was never one of this case");
    /* An event that names no task speaks for none. */
    must(ERR_OK, of_task("claim", "li", "two", NULL, NULL), "");
    must(ERR_STALE_LEASE, report(EVENT_ACCEPT, "w1", task_id(1), 1), "li holds the task two");
    must(ERR_NOT_ALLOWED, decide_event((struct event){.kind = EVENT_SEND, .name = TEXT("two"), .worker = TEXT("w1")}), "w1 may not send it");
}

#define WITH_WORKERS(events)                                                                                           \
    "opens: {by: mediator, at: building}\n"                                                                            \
    "start: {go: work}\n"                                                                                              \
    "stages:\n"                                                                                                        \
    "  work:\n"                                                                                                        \
    "    task: {for: mediator, worker: desk}\n"                                                                        \
    "    events:\n" events                                                                                             \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

static void which_events_settle_a_task(void **state)
{
    (void)state;
    open_tasks(WITH_WORKERS("      fits: {by: worker, end: done}\n      fails: {by: worker, end: done}\n"));
    must(ERR_BAD_DATA, report(EVENT_SETTLE, "w1", task_id(0), 1), "send fits, fails");
    begin_building();
    task(&b, "work", "mediator", "desk");
    event(&b, "work", "go-on", any(&b, "mediator"), go(&b, "after", NULL));
    open_built();
    must(ERR_BAD_DATA, report(EVENT_SETTLE, "w1", task_id(0), 1), "send one that its stage has");
}

static void who_does_it_need_not_be_told(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "");
    must(ERR_OK, say("away", "li"), "");
    assert_int_equal(effects_of(&w, EFFECT_CANCEL), 1);
    must(ERR_OK, open_with(), "");
    must(ERR_OK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "");
    must(ERR_OK, decide_event((struct event){.kind = EVENT_SEND, .name = TEXT("two"), .worker = TEXT("w1"), .task = task_id(1)}), "");
    assert_int_equal(effects_of(&w, EFFECT_CANCEL), 0);
    /* Another's event about the same task: a person, on the way of whom no worker stands. */
    must(ERR_OK, open_with(), "");
    must(ERR_OK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "");
    must(ERR_OK, decide_event((struct event){.kind = EVENT_SEND, .name = TEXT("two"), .as = TEXT("li"), .task = task_id(1)}), "");
    assert_int_equal(effects_of(&w, EFFECT_CANCEL), 1);
    must(ERR_UNKNOWN_TASK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "is settled, or was never one of this case");
}

static void a_wait_of_nothing_is_a_millisecond(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, report(EVENT_FAIL, "w1", task_id(1), 1), "");
    assert_true(w.state->tasks[1].ready_at == w.now || w.state->tasks[1].ready_at == w.now + 1);
    must(ERR_BAD_DATA, report(EVENT_SETTLE, "w1", task_id(1), 2), "send two");
}

static void who_may_retry(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, decide_event((struct event){.kind = EVENT_FAIL, .worker = TEXT("w1"), .task = task_id(1), .attempt = 1, .attempts_most = 1, .retry_most_ms = 1}), "");
    struct event retry = {.kind = EVENT_RETRY, .task = task_id(1), .as = TEXT("nobody")};
    must(ERR_NOT_ALLOWED, decide_event(retry), "is retried by a supervisor");
    retry.as = TEXT("li");
    must(ERR_NOT_ALLOWED, decide_event(retry), "is retried by a supervisor");
    retry.as = TEXT("stranger");
    retry.on_behalf = TEXT("sun");
    must(ERR_UNKNOWN_PERSON, decide_event(retry), "who acts for sun");
    retry.as = TEXT("li");
    retry.on_behalf = TEXT("gao");
    must(ERR_NOT_ALLOWED, decide_event(retry), "is retried by a supervisor");
    retry.on_behalf = TEXT("sun");
    must(ERR_OK, decide_event(retry), "");
    retry.task++;
    must(ERR_UNKNOWN_INCIDENT, decide_event(retry), "no incident");
}

/* Where the directory knows of no supervisors nobody is one. */
static void without_supervisors_nobody_retries(void **state)
{
    (void)state;
    open_tasks(TWO_TASKS);
    must(ERR_OK, decide_event((struct event){.kind = EVENT_FAIL, .worker = TEXT("w1"), .task = task_id(1), .attempt = 1, .attempts_most = 1, .retry_most_ms = 1}), "");
    static const struct part_role roles[] = {{T("mediator"), NO_TITLE, REACH_HERE}, {T("grid-worker"), NO_TITLE, REACH_HERE}};
    struct directory_parts parts = {
        .name = T("district"), .version = 2, .levels = world_levels, .roles = roles, .units = world_units, .people = world_people, .holds = world_holds,
        .level_count = COUNT_OF(world_levels), .role_count = COUNT_OF(roles), .unit_count = COUNT_OF(world_units), .person_count = COUNT_OF(world_people), .hold_count = 3,
    };
    directory_make(&w.arena, &parts, &w.directory);
    must(ERR_NOT_ALLOWED, decide_event((struct event){.kind = EVENT_RETRY, .task = task_id(1), .as = TEXT("li")}), "is retried by a supervisor");
}

/* ---- more than one event can make ---- */

/* So many notices to workers that no id is left. */
static int32_t crowd(struct builder *of, int32_t outcome)
{
    struct span who = people(of, "mediator");
    int32_t topic = string_of(of, "bell"), words = string_of(of, "响");
    int32_t first = workflow_count(of->workflow, WORKFLOW_NOTICES);
    for (int i = 0; i < STEP_MADE_MOST; i++)
        ROW_OF(of, NOTICES, notice, .who = who, .worker = topic, .text_zh = words, .text_en = NONE);
    outcome_at(of, outcome)->notices = (struct span){first, STEP_MADE_MOST};
    return outcome;
}

/* A stage whose tasks are all there at once, held by a worker but for the first. */
static void tasks_of_worker(enum done_kind done)
{
    begin_building();
    one_of_tasks(&b, "work", "t0", "mediator", NULL);
    one_of_tasks(&b, "work", "t1", "worker", "desk");
    stage_row(&b, "work")->done = (int32_t)done;
    stage_row(&b, "work")->then = go(&b, "after", NULL);
}

static void a_task_that_cannot_be_cancelled_is_not_settled(void **state)
{
    (void)state;
    tasks_of_worker(DONE_ALL);
    struct workflow_event *by_hand = event(&b, "work", "by-hand", any(&b, "mediator"), crowd(&b, stay(&b)));
    by_hand->task = stage_row(&b, "work")->tasks.first + 1;
    open_built();
    must(ERR_OK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "");
    must(ERR_CASE_FULL, say("by-hand", "li"), "more than 255 tasks and notices");
}

static void a_stage_that_cannot_be_left_is_not_done(void **state)
{
    (void)state;
    tasks_of_worker(DONE_ANY);
    struct workflow_event *own = event(&b, "work", "own", any(&b, "mediator"), crowd(&b, stay(&b)));
    own->task = stage_row(&b, "work")->tasks.first;
    open_built();
    must(ERR_OK, report(EVENT_ACCEPT, "w1", task_id(1), 1), "");
    must(ERR_CASE_FULL, say("own", "li"), "more than 255 tasks and notices");
}

/* `then` after the notices of the event: the next stage's tasks find no id. */
static void a_stage_that_cannot_be_entered(void **state)
{
    (void)state;
    for (int several = 0; several < 2; several++) {
        tasks_of_worker(DONE_ANY);
        struct workflow_event *own = event(&b, "work", "own", any(&b, "mediator"), crowd(&b, stay(&b)));
        own->task = stage_row(&b, "work")->tasks.first;
        if (several)
            one_of_tasks(&b, "after", "t2", "mediator", NULL);
        else
            task(&b, "after", "mediator", NULL);
        open_built();
        must(ERR_CASE_FULL, say("own", "li"), "more than 255 tasks and notices");
    }
}

/* Done, and nothing follows of itself; and a stage that has only children waits for no task. */
static void what_is_done_without_then_stays(void **state)
{
    (void)state;
    tasks_of_worker(DONE_ANY);
    stage_row(&b, "work")->then = NONE;
    stage_row(&b, "after")->done = DONE_ALL; /* of none */
    event(&b, "work", "go-on", any(&b, "mediator"), go(&b, "after", NULL));
    open_built();
    must(ERR_OK, say("t0", "li"), "");
    assert_string_equal(workflow_stage_name(w.workflow, w.state->stage), "work");
    assert_true(task_stage_done(&(struct step){.workflow = w.workflow, .state = case_copy(&w.arena, w.state)}));
    must(ERR_OK, say("go-on", "li"), "");
    assert_false(task_stage_done(&(struct step){.workflow = w.workflow, .state = case_copy(&w.arena, w.state)}));
}

/* A task for workers alone is nobody's to claim, and a topic by the value of a field of which nothing is said is none. */
static void a_task_for_workers_alone(void **state)
{
    (void)state;
    begin_building();
    struct workflow_task *only = one_of_tasks(&b, "work", "t0", "worker", "desk");
    only->people = (struct span){0, 0};
    int32_t kind = field(&b, "kind", FIELD_CHOICE);
    choices(&b, kind, "a b");
    struct workflow_task *other = one_of_tasks(&b, "work", "t1", "mediator", NULL);
    other->topics = (struct span){topic_row(&b, NONE, value_of_text(&b, "a"), "never"), 1};
    event(&b, "work", "go-on", any(&b, "mediator"), go(&b, "after", NULL));
    open_built();
    assert_int_equal(w.state->tasks[1].topic.size, 0);
    must(ERR_NOT_NOW, of_task("claim", "li", "t0", NULL, NULL), "no such task is open to people");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(which_of_them_is_meant), TEST(what_comes_with_it_is_checked), TEST(handlers_come_and_go_with_their_task), TEST(so_many_handlers_and_no_more),
        TEST(handing_over_what_nobody_holds), TEST(what_comes_with_a_claim_is_checked),
        TEST(what_is_done_in_the_holder_s_name), TEST(what_a_worker_cannot_report), TEST(which_events_settle_a_task), TEST(who_does_it_need_not_be_told), TEST(a_wait_of_nothing_is_a_millisecond), TEST(who_may_retry),
        TEST(without_supervisors_nobody_retries), TEST(a_task_that_cannot_be_cancelled_is_not_settled), TEST(a_stage_that_cannot_be_left_is_not_done),
        TEST(a_stage_that_cannot_be_entered), TEST(what_is_done_without_then_stays), TEST(a_task_for_workers_alone),
    };
    return cmocka_run_group_tests_name("task, edges", tests, NULL, NULL);
}
