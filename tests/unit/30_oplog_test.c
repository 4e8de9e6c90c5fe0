/* A line is one event, whatever stands in its values; the log never makes the engine wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/oplog.h"

static int ends[2];

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(pipe(ends), 0);
    oplog_set_descriptor(ends[1]);
    oplog_set_level(OPLOG_INFO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    oplog_set_descriptor(STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What stands behind the time, with the newline. */
static const char *line(void)
{
    static char bytes[4096];
    ssize_t size = read(ends[0], bytes, sizeof bytes - 1);
    assert_true(size > 0);
    bytes[size] = '\0';
    int year, month, day, hour, minute, second, millisecond, behind = 0;
    assert_int_equal(sscanf(bytes, "time=%d-%d-%dT%d:%d:%d.%dZ %n", &year, &month, &day, &hour, &minute, &second, &millisecond, &behind), 7);
    assert_true(year >= 2024 && behind > 0);
    return bytes + behind;
}

static void fields_are_words_or_quoted(void **state)
{
    (void)state;
    oplog(OPLOG_INFO, "listening", OPLOG_STRING("endpoint", "ipc://var/engine.sock"), OPLOG_NUMBER("batch", 1024));
    assert_string_equal(line(), "level=info event=listening endpoint=ipc://var/engine.sock batch=1024\n");
    oplog(OPLOG_WARN, "odd", OPLOG_STRING("a", "two words"), OPLOG_STRING("b", ""), OPLOG_STRING("c", "x=1 level=error"), OPLOG_STRING("d", "say \"no\""),
          OPLOG_NUMBER("e", -5));
    assert_string_equal(line(), "level=warn event=odd a=\"two words\" b=\"\" c=\"x=1 level=error\" d=\"say \\\"no\\\"\" e=-5\n");
    oplog(OPLOG_ERROR, "lines", OPLOG_STRING("a", "one\ntwo\r\x1b[31m"), OPLOG_TEXT("b", TEXT("漏水")));
    assert_string_equal(line(), "level=error event=lines a=\"one\\ntwo[31m\" b=漏水\n");
    oplog(OPLOG_INFO, "bare");
    assert_string_equal(line(), "level=info event=bare\n");
}

static void what_is_long_is_cut_and_stays_one_line(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    oplog(OPLOG_INFO, "long", OPLOG_STRING("a", text), OPLOG_STRING("b", text), OPLOG_STRING("c", text), OPLOG_STRING("d", text), OPLOG_STRING("e", text));
    const char *got = line();
    assert_true(strlen(got) < 2048);
    assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

static void levels_below_are_not_written(void **state)
{
    (void)state;
    enum oplog_level level;
    oplog(OPLOG_DEBUG, "quiet");
    oplog(OPLOG_INFO, "loud");
    assert_string_equal(line(), "level=info event=loud\n");
    assert_true(oplog_level_of(TEXT("warn"), &level) && level == OPLOG_WARN);
    assert_false(oplog_level_of(TEXT("loud"), &level));
}

/* Nobody reads: nothing waits, and later it says how many were lost. */
static void a_full_pipe_loses_lines(void **state)
{
    (void)state;
    char block[4096];
    for (int i = 0; i < 10000; i++)
        oplog(OPLOG_INFO, "flood", OPLOG_NUMBER("i", i));
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while (read(ends[0], block, sizeof block) > 0)
        ;
    oplog(OPLOG_INFO, "again");
    int lost = 0;
    assert_int_equal(sscanf(line(), "level=info event=again lost=%d\n", &lost), 1);
    assert_true(lost > 1000 && lost < 10000);
    oplog(OPLOG_INFO, "after");
    assert_string_equal(line(), "level=info event=after\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_are_words_or_quoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_long_is_cut_and_stays_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_below_are_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_pipe_loses_lines, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("oplog", tests, NULL, NULL);
}
