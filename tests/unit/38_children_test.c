/* Workers are started with their arguments, started again when they end, and stopped with everything that they started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "engine/children.h"

struct rig {
    char folder[64];
    uv_loop_t loop;
    uv_timer_t patience;
    struct children *children;
};

static struct rig rig;

static void give_up(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("it took too long");
}

static int set_up(void **state)
{
    (void)state;
    rig = (struct rig){.folder = "/tmp/staircase-children-XXXXXX"};
    assert_non_null(mkdtemp(rig.folder));
    assert_int_equal(uv_loop_init(&rig.loop), 0);
    uv_timer_init(&rig.loop, &rig.patience);
    uv_timer_start(&rig.patience, give_up, 20000, 0);
    oplog_set_descriptor(open("/dev/null", O_WRONLY));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    if (rig.children)
        children_close(rig.children);
    uv_close((uv_handle_t *)&rig.patience, NULL);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    children_free(&rig.children);
    snprintf(command, sizeof command, "rm -r '%s'", rig.folder);
    return system(command);
}

static void start_worker(const char *script)
{
    static char shell[] = "sh", option[] = "-c", text[512], name[] = "name", data[] = "{data}/said";
    static char *command[] = {shell, option, text, name, data, NULL};
    static struct config_worker worker = {.name = "worker", .command = command};
    static struct config config;
    snprintf(text, sizeof text, "%s", script);
    config_defaults(&config);
    config.workers = &worker;
    config.worker_count = 1;
    assert_int_equal(children_start(&rig.children, &rig.loop, &config, rig.folder, NULL), ERR_OK);
}

/* The numbers that the script has written so far. */
static int said(long numbers[8])
{
    char path[128];
    snprintf(path, sizeof path, "%s/said", rig.folder);
    FILE *file = fopen(path, "re");
    int count = 0;
    while (file && count < 8 && fscanf(file, "%ld\n", &numbers[count]) == 1)
        count++;
    if (file)
        fclose(file);
    return count;
}

static void wait_until_said(long numbers[8], int wanted)
{
    while (said(numbers) < wanted)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
}

/* Ended; whoever must take note of that may not have done so yet. */
static bool is_gone(long process)
{
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    int read = fscanf(file, "%*d (%*[^)]) %c", &state);
    fclose(file);
    return read == 1 && state == 'Z';
}

static void one_is_stopped_with_what_it_started(void **state)
{
    (void)state;
    long numbers[8];
    start_worker("sleep 1000 & echo $! > $1; echo $$ >> $1; wait");
    wait_until_said(numbers, 2);
    assert_int_equal(children_running(rig.children), 1);
    assert_true(getpgid((pid_t)numbers[1]) == numbers[1]); /* a group of its own */
    children_stop(rig.children);
    while (children_running(rig.children))
        uv_run(&rig.loop, UV_RUN_ONCE);
    while (!is_gone(numbers[0]))
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_true(is_gone(numbers[1]));
}

static void one_that_does_not_listen_is_killed(void **state)
{
    (void)state;
    long numbers[8];
    start_worker("trap '' TERM; echo $$ > $1; while :; do sleep 1000; done");
    wait_until_said(numbers, 1);
    children_stop(rig.children);
    children_kill(rig.children);
    while (children_running(rig.children))
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_true(is_gone(numbers[0]));
}

static void one_that_ends_is_started_again(void **state)
{
    (void)state;
    long numbers[8];
    start_worker("echo $$ >> $1");
    wait_until_said(numbers, 2); /* a second later, by the loop's timer */
    assert_true(numbers[0] != numbers[1]);
}

static void a_program_that_is_not_there_is_no_reason_to_stop(void **state)
{
    (void)state;
    static char program[] = "/no/such/program", *command[] = {program, NULL};
    static const struct config_worker worker = {.name = "none", .command = command};
    struct config config;
    config_defaults(&config);
    config.workers = &worker;
    config.worker_count = 1;
    assert_int_equal(children_start(&rig.children, &rig.loop, &config, rig.folder, NULL), ERR_OK);
    while (children_running(rig.children))
        uv_run(&rig.loop, UV_RUN_ONCE);
    children_stop(rig.children);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_is_stopped_with_what_it_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_listen_is_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_ends_is_started_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_is_not_there_is_no_reason_to_stop, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
