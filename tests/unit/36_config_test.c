/* Everything has a default; every mistake is told with its place; what contradicts itself is a mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "engine/config.h"
#include "engine/limits.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct config read_good(const char *source)
{
    struct config config;
    struct problems problems;
    if (config_read(&config, &arena, "some/where/engine.yaml", text_of(source), &problems))
        fail_msg("%s", problems_print(&problems, &arena).data);
    return config;
}

/* The mistakes, as they are printed. */
static void expect_mistakes(const char *source, const char *expected)
{
    struct config config;
    struct problems problems;
    assert_int_equal(config_read(&config, &arena, "c.yaml", text_of(source), &problems), ERR_BAD_CONFIG);
    struct text printed = problems_print(&problems, &arena);
    if (!strstr(printed.data, expected))
        fail_msg("%s\ninstead of\n%s", printed.data, expected);
}

static void everything_has_a_default(void **state)
{
    (void)state;
    struct config config = read_good("");
    assert_int_equal(config.batch_most, LIMIT_BATCH_MESSAGES);
    assert_int_equal(config.retry_attempts, 8);
    assert_int_equal(config.lease_ms, 30000);
    assert_int_equal(config.log_level, OPLOG_INFO);
    assert_null(config.listen_clients);
    assert_null(config.user);
    assert_int_equal(config.worker_count + config.deploy_count + config.history_topic_count, 0);
    config = read_good("# nothing but a comment\n");
    assert_int_equal(config.retry_most_ms, 3600000);
}

static void every_setting_is_read(void **state)
{
    (void)state;
    struct config config = read_good("log: debug\n"
                                     "user: staircase\n"
                                     "batch: 100\n"
                                     "lease-seconds: 5\n"
                                     "listen: {clients: tcp://127.0.0.1:7001, workers: \"tcp://[::1]:7002\"}\n"
                                     "retry: {attempts: 3, base-seconds: 1, most-seconds: 60}\n"
                                     "store: {map-gigabytes: 2}\n"
                                     "prometheus: {file: out/x.prom, seconds: 5}\n"
                                     "history: [mediation-centre, other]\n"
                                     "workers:\n"
                                     "  - {name: centre, command: [mediation_centre, serve, --data, \"{data}\"]}\n"
                                     "deploy:\n"
                                     "  - calendar: cn.yaml\n"
                                     "  - workflow: /absolute/w.yaml\n");
    assert_int_equal(config.log_level, OPLOG_DEBUG);
    assert_string_equal(config.user, "staircase");
    assert_int_equal(config.batch_most, 100);
    assert_string_equal(config.metrics_file, "some/where/out/x.prom");
    assert_int_equal(config.metrics_seconds, 5);
    assert_int_equal(config.lease_ms, 5000);
    assert_string_equal(config.listen_clients, "tcp://127.0.0.1:7001");
    assert_string_equal(config.listen_workers, "tcp://[::1]:7002");
    assert_int_equal(config.retry_attempts, 3);
    assert_int_equal(config.retry_base_ms, 1000);
    assert_int_equal(config.retry_most_ms, 60000);
    assert_true(config.map_bytes == UINT64_C(2) << 30);
    assert_int_equal(config.history_topic_count, 2);
    assert_true(text_is(config.history_topics[1], "other"));
    assert_int_equal(config.worker_count, 1);
    assert_string_equal(config.workers[0].name, "centre");
    assert_string_equal(config.workers[0].command[3], "{data}");
    assert_null(config.workers[0].command[4]);
    assert_int_equal(config.deploy_count, 2);
    assert_string_equal(config.deploys[0].what, "calendar");
    assert_string_equal(config.deploys[0].path, "some/where/cn.yaml"); /* beside the file, wherever the engine was started */
    assert_string_equal(config.deploys[1].path, "/absolute/w.yaml");
}

static void every_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    expect_mistakes("retries: {}\n", "c.yaml:1:1: retries: ");
    expect_mistakes("retries: {}\n", "Did you mean \"retry\"?");
    expect_mistakes("batch: many\n", "c.yaml:1:8: batch: ");
    expect_mistakes("user: Big Boss\n", "c.yaml:1:7: user: ");
    expect_mistakes("user: 0\n", "in small letters");
    expect_mistakes("batch: 0\n", "c.yaml:1:8: batch: ");
    expect_mistakes("batch: 4096\n", "c.yaml:1:8: batch: ");
    expect_mistakes("log: loud\n", "c.yaml:1:6: log: ");
    expect_mistakes("lease-seconds: -1\n", "c.yaml:1:16: lease-seconds: ");
    expect_mistakes("batch: 1\nbatch: 2\n", "c.yaml:2:1");
    expect_mistakes("listen: {clients: localhost}\n", "tcp://127.0.0.1:PORT");
    expect_mistakes("listen: {clients: tcp://everywhere:7000}\n", "c.yaml:1:19: listen.clients: tcp://everywhere:7000 does not say where to listen");
    expect_mistakes("workers: [{name: centre}]\n", "command");
    expect_mistakes("workers: [{name: centre, command: []}]\n", "empty list");
    expect_mistakes("workers: [{name: Big Centre, command: [x]}]\n", "c.yaml:1:18");
    expect_mistakes("deploy: [{calender: x.yaml}]\n", "Did you mean \"calendar\"?");
    expect_mistakes("deploy: [{calendar: x.yaml, workflow: y.yaml}]\n", "each item of the list names one file");
    expect_mistakes("- a list\n", "c.yaml:1:1");
    expect_mistakes("log: [\n", "c.yaml:");
    /* All of them in one run. */
    struct config config;
    struct problems problems;
    assert_int_equal(config_read(&config, &arena, "c.yaml", TEXT("batch: no\nlog: loud\nlease-seconds: x\n"), &problems), ERR_BAD_CONFIG);
    assert_int_equal(problems.errors, 3);
}

static void contradictions_are_mistakes(void **state)
{
    (void)state;
    expect_mistakes("retry: {base-seconds: 120, most-seconds: 60}\n", "c.yaml:1:8: retry: The first delay (base-seconds: 120) is longer than the longest");
    expect_mistakes("listen: {clients: tcp://127.0.0.1:7000, workers: tcp://127.0.0.1:7000}\n", "cannot share the address");
    expect_mistakes("workers:\n  - {name: a, command: [x]}\n  - {name: a, command: [y]}\n", "c.yaml:3:12: ");
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct config config;
    struct problems problems;
    assert_int_equal(config_load(&config, &arena, "/no/such/file.yaml", &problems), ERR_NOT_FOUND);
    assert_non_null(strstr(problems_print(&problems, &arena).data, "/no/such/file.yaml"));
    assert_int_equal(config.batch_most, LIMIT_BATCH_MESSAGES);
}

/* The default file says what it has for default. */
static void the_shipped_file_is_good(void **state)
{
    (void)state;
    const char *root = getenv("STAIRCASE_SOURCE");
    struct config config, defaults;
    struct problems problems;
    const char *path = arena_print(&arena, "%s/config/staircase.yaml", root ? root : ".").data;
    config_defaults(&defaults);
    if (config_load(&config, &arena, path, &problems))
        fail_msg("%s", problems_print(&problems, &arena).data);
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(config.retry_attempts, defaults.retry_attempts);
    assert_int_equal(config.lease_ms, defaults.lease_ms);
    assert_true(config.deploy_count >= 4);
    assert_int_equal(config.worker_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_has_a_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_setting_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_mistake_is_told_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(contradictions_are_mistakes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_shipped_file_is_good, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
