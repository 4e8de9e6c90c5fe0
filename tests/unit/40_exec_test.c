/* exec: a program is started, fed, listened to and ended. The programs are small shell lines. */
#include "workers/exec.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- helpers ---- */

static void run_to_end(struct exec *exec)
{
    struct pollfd descriptors[EXEC_DESCRIPTORS];
    while (!exec_step(exec)) {
        uint32_t count = exec_watch(exec, descriptors);
        assert_in_range(count, 1, EXEC_DESCRIPTORS);
        assert_int_not_equal(poll(descriptors, count, 20000), 0);
    }
    assert_int_equal(exec_watch(exec, descriptors), 0);
}

static struct exec *run(const char *line, struct text input)
{
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)line, NULL};
    struct exec *exec;
    assert_int_equal(exec_start(&exec, argv, input), ERR_OK);
    run_to_end(exec);
    return exec;
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

/* ---- tests ---- */

static void the_task_comes_on_standard_input_and_the_answer_is_kept(void **state)
{
    (void)state;
    struct exec *exec = run("cat; echo done >&2", TEXT("{\"case\":1}\n"));
    assert_int_equal(exec_end(exec)->status, 0);
    assert_int_equal(exec_end(exec)->signal, 0);
    assert_false(exec_end(exec)->overflowed);
    assert_text(exec_end(exec)->output, "{\"case\":1}\n");
    assert_text(exec_end(exec)->last_line, "done");
    exec_close(&exec);
    assert_null(exec);
}

static void more_than_a_pipe_holds_goes_both_ways(void **state)
{
    (void)state;
    size_t size = 200 * 1024;
    char *input = malloc(size);
    memset(input, 'x', size);
    struct exec *exec = run("cat", (struct text){.data = input, .size = size});
    assert_int_equal(exec_end(exec)->output.size, size);
    assert_memory_equal(exec_end(exec)->output.data, input, size);
    assert_false(exec_end(exec)->overflowed);
    exec_close(&exec);
    free(input);
}

static void too_much_output_is_read_and_told(void **state)
{
    (void)state;
    struct exec *exec = run("head -c 1000000 /dev/zero", TEXT(""));
    assert_true(exec_end(exec)->overflowed);
    assert_in_range(exec_end(exec)->output.size, 1, EXEC_OUTPUT_MOST);
    assert_int_equal(exec_end(exec)->status, 0);
    exec_close(&exec);
}

static void a_program_that_does_not_read_its_task_is_none_the_worse(void **state)
{
    (void)state;
    size_t size = 200 * 1024;
    char *input = calloc(1, size);
    struct exec *exec = run("exec <&-; echo fine", (struct text){.data = input, .size = size});
    assert_int_equal(exec_end(exec)->status, 0);
    assert_text(exec_end(exec)->output, "fine\n");
    exec_close(&exec);
    free(input);
}

static void the_reason_is_the_last_line_that_is_not_blank(void **state)
{
    (void)state;
    struct exec *exec = run("printf 'first\\n  no such household \\n\\n \\n' >&2; exit 3", TEXT(""));
    assert_int_equal(exec_end(exec)->status, 3);
    assert_text(exec_end(exec)->last_line, "no such household");
    exec_close(&exec);
    exec = run("printf 'unfinished' >&2; exit 75", TEXT(""));
    assert_int_equal(exec_end(exec)->status, 75);
    assert_text(exec_end(exec)->last_line, "unfinished");
    exec_close(&exec);
    exec = run("exit 1", TEXT(""));
    assert_int_equal(exec_end(exec)->last_line.size, 0);
    assert_text(exec_end(exec)->output, "");
    assert_non_null(exec_end(exec)->output.data);
    exec_close(&exec);
}

static void the_reason_is_always_text(void **state)
{
    (void)state;
    struct exec *exec = run("printf '\\344\\270\\215\\346\\230\\216 \\377\\001 \\303\\n' >&2; exit 1", TEXT(""));
    assert_text(exec_end(exec)->last_line, "不明 \?\? ?");
    exec_close(&exec);
    exec = run("head -c 600 /dev/zero | tr '\\0' 'y' >&2; exit 1", TEXT(""));
    assert_int_equal(exec_end(exec)->last_line.size, EXEC_LINE_MOST);
    exec_close(&exec);
}

static void a_signal_ends_the_program_and_what_it_started(void **state)
{
    (void)state;
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                    (char *)(uintptr_t) "tail -f /dev/null & echo $!; wait", NULL};
    struct exec *exec;
    assert_int_equal(exec_start(&exec, argv, TEXT("")), ERR_OK);
    assert_false(exec_step(exec));
    exec_signal(exec, SIGTERM);
    run_to_end(exec);
    assert_int_equal(exec_end(exec)->status, -1);
    assert_int_equal(exec_end(exec)->signal, SIGTERM);
    exec_signal(exec, SIGTERM); /* ended: nothing, and above all nobody else */
    exec_close(&exec);
}

static void what_it_leaves_running_does_not_delay_its_end(void **state)
{
    (void)state;
    struct exec *exec = run("tail -f /dev/null & echo $!", TEXT(""));
    assert_int_equal(exec_end(exec)->status, 0);
    char number[32] = {0};
    assert_in_range(exec_end(exec)->output.size, 2, sizeof number - 1);
    memcpy(number, exec_end(exec)->output.data, exec_end(exec)->output.size);
    pid_t left = (pid_t)strtol(number, NULL, 10);
    assert_true(left > 1);
    assert_int_equal(kill(left, SIGKILL), 0); /* it does run on: it is not ours to judge */
    exec_close(&exec);
}

static void closing_kills_what_still_runs(void **state)
{
    (void)state;
    char *argv[] = {(char *)(uintptr_t) "tail", (char *)(uintptr_t) "-f", (char *)(uintptr_t) "/dev/null", NULL};
    struct exec *exec;
    assert_int_equal(exec_start(&exec, argv, TEXT("")), ERR_OK);
    assert_false(exec_step(exec));
    exec_close(&exec);
    assert_null(exec);
    exec_close(&exec);
}

static void nothing_of_ours_is_inherited(void **state)
{
    (void)state;
    int open_one = open("/dev/null", O_RDONLY); /* not close-on-exec, as a careless library would leave it */
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGUSR1, SIG_IGN);
    struct exec *exec = run("ls /proc/self/fd | wc -l; sed -nE 's/^Sig(Blk|Ign):.*(.{7})$/\\1 \\2/p' /proc/self/status", TEXT(""));
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    signal(SIGUSR1, SIG_DFL);
    assert_text(exec_end(exec)->output, "4\nBlk 0000000\nIgn 0000000\n"); /* 0 1 2, and the folder ls reads; signals 1 to 28 */
    exec_close(&exec);
    close(open_one);
}

static void a_program_that_is_not_there_is_told_before_and_at_the_start(void **state)
{
    (void)state;
    char *argv[] = {(char *)(uintptr_t) "no-such-program-anywhere", NULL};
    struct exec *exec;
    assert_int_equal(exec_find("sh"), ERR_OK);
    assert_int_equal(exec_find("/bin/sh"), ERR_OK);
    assert_int_equal(exec_find(argv[0]), ERR_NOT_FOUND);
    assert_int_equal(exec_find("/etc/passwd"), ERR_NOT_FOUND);
    assert_int_equal(exec_find(""), ERR_NOT_FOUND);
    assert_int_equal(exec_start(&exec, argv, TEXT("")), ERR_NOT_FOUND);
    assert_null(exec);
    argv[0] = (char *)(uintptr_t) "/etc/passwd";
    assert_int_equal(exec_start(&exec, argv, TEXT("")), ERR_NOT_FOUND);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as every main of this project */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_task_comes_on_standard_input_and_the_answer_is_kept),
        cmocka_unit_test(more_than_a_pipe_holds_goes_both_ways),
        cmocka_unit_test(too_much_output_is_read_and_told),
        cmocka_unit_test(a_program_that_does_not_read_its_task_is_none_the_worse),
        cmocka_unit_test(the_reason_is_the_last_line_that_is_not_blank),
        cmocka_unit_test(the_reason_is_always_text),
        cmocka_unit_test(a_signal_ends_the_program_and_what_it_started),
        cmocka_unit_test(what_it_leaves_running_does_not_delay_its_end),
        cmocka_unit_test(closing_kills_what_still_runs),
        cmocka_unit_test(nothing_of_ours_is_inherited),
        cmocka_unit_test(a_program_that_is_not_there_is_told_before_and_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
