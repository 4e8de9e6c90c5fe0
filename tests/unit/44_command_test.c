/* command: a command line is read, its mistakes are told with the nearest right word, and every way out has its exit code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "engine/command/command.h"
#include "engine/command/receipt.h"
#include "engine/command/row.h"
#include "engine/command/word.h"
#include "tests/unit/command_run.h"

static char folder[64];
static struct arena arena;

#define assert_says(text, words)                                                                                       \
    do {                                                                                                               \
        if (!strstr((text), (words)))                                                                                  \
            print_error("wanted: %s\nfound: %s\n", (words), (text));                                                   \
        assert_non_null(strstr((text), (words)));                                                                      \
    } while (0)

static const char *write_file(const char *name, const char *text)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/command-XXXXXX");
    arena_init(&arena);
    unsetenv("LANG");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"a.yaml", "b.yaml", "c.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    arena_close(&arena);
    return 0;
}

/* ---- how it is called ---- */

static void help_is_an_answer_and_no_command_is_a_mistake(void **state)
{
    (void)state;
    assert_int_equal(run("--help"), COMMAND_DONE);
    assert_says(out, "open a case");
    assert_says(out, "Exit codes");
    assert_int_equal(run("help"), COMMAND_DONE);
    assert_int_equal(run("send", "--help"), COMMAND_DONE);
    assert_says(out, "staircase send CASE EVENT --as PERSON");
    assert_says(out, "--timeout SECONDS");
    assert_int_equal(run("help", "send"), COMMAND_DONE);
    assert_says(out, "staircase send CASE EVENT");
    assert_int_equal(run("--version"), COMMAND_DONE);
    assert_says(out, "staircase ");
    assert_int_equal(run_arguments((char *[]){"staircase", NULL}), COMMAND_USAGE);
    assert_string_equal(out, "");
    assert_says(err, "Exit codes");
}

static void mistakes_name_the_nearest_word(void **state)
{
    (void)state;
    assert_int_equal(run("shwo", "4"), COMMAND_USAGE);
    assert_says(err, "Did you mean \"show\"?");
    assert_int_equal(run("show", "4", "--histroy"), COMMAND_USAGE);
    assert_says(err, "Did you mean --history?");
    assert_int_equal(run("help", "lst"), COMMAND_USAGE);
    assert_says(err, "Did you mean \"list\"?");
    assert_int_equal(run("zzzzzz"), COMMAND_USAGE);
    assert_null(strstr(err, "Did you mean"));
    assert_string_equal(out, "");
}

static void wrong_calls_do_nothing(void **state)
{
    (void)state;
    assert_int_equal(run("show"), COMMAND_USAGE);
    assert_says(err, "CASE is missing: staircase show CASE");
    assert_int_equal(run("open", "dispute-mediation"), COMMAND_USAGE);
    assert_says(err, "UNIT is missing: staircase open WORKFLOW UNIT");
    assert_int_equal(run("show", "4", "5"), COMMAND_USAGE);
    assert_says(err, "\"5\" is too much");
    assert_int_equal(run("list", "--limit"), COMMAND_USAGE);
    assert_says(err, "--limit needs a value: --limit N.");
    assert_int_equal(run("list", "--limit", "many"), COMMAND_USAGE);
    assert_says(err, "a whole number from 0");
    assert_int_equal(run("list", "--limit=-1"), COMMAND_USAGE);
    assert_int_equal(run("list", "--overdue=yes"), COMMAND_USAGE);
    assert_says(err, "--overdue takes no value.");
    assert_int_equal(run("list", "--unit", "a", "--unit", "b"), COMMAND_USAGE);
    assert_says(err, "--unit is given twice.");
    assert_int_equal(run("show", "4", "-x"), COMMAND_USAGE);
    assert_says(err, "two dashes");
    assert_int_equal(run("list", "--lang", "fr"), COMMAND_USAGE);
    assert_says(err, "zh or en");
    assert_int_equal(run("open", "w", "u"), COMMAND_USAGE);
    assert_says(err, "--as PERSON is needed");
    assert_int_equal(run("open", "w", "u", "--as", "li", "--key", "12"), COMMAND_USAGE);
    assert_says(err, "32 hexadecimal digits");
    assert_int_equal(run("open", "w", "u", "--as", "li", "--at", "tomorrow"), COMMAND_USAGE);
    assert_says(err, "2026-09-24 09:00");
    assert_int_equal(run("send", "4", "raise", "--as", "li", "reason"), COMMAND_USAGE);
    assert_says(err, "FIELD=VALUE");
    assert_int_equal(run("incidents", "rety", "4"), COMMAND_USAGE);
    assert_int_equal(run("watch", "--from", "0"), COMMAND_USAGE);
    assert_string_equal(out, "");
}

static void no_engine_is_said_at_once(void **state)
{
    (void)state;
    char *const commands[][4] = {{"show", "4"}, {"list"}, {"status"}, {"incidents"}, {"watch"}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *arguments[8] = {"staircase", commands[i][0], "--data", folder, commands[i][1], NULL};
        assert_int_equal(run_arguments(arguments), COMMAND_NO_ENGINE);
        assert_says(err, "no engine runs on");
        assert_says(err, "staircase serve --data");
        assert_string_equal(out, "");
    }
    assert_int_equal(run("--data", folder, "status"), COMMAND_NO_ENGINE);
    char deep[300];
    snprintf(deep, sizeof deep, "%s/%0150d", folder, 7);
    assert_int_equal(run("status", "--data", deep), COMMAND_USAGE);
    assert_says(err, "too long for a socket");
}

static void language_follows_the_environment(void **state)
{
    (void)state;
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_int_equal(run("shwo"), COMMAND_USAGE);
    assert_says(err, "没有命令");
    assert_int_equal(run("list", "--lang", "en", "--limit", "x"), COMMAND_USAGE);
    assert_says(err, "a whole number");
    setenv("LC_ALL", "en_US.UTF-8", 1);
    assert_int_equal(run("shwo"), COMMAND_USAGE);
    assert_says(err, "there is no command");
    unsetenv("LC_ALL");
    unsetenv("LANG");
    assert_int_equal(run("send", "--help", "--lang", "zh"), COMMAND_DONE);
    assert_says(out, "向案件发送事件");
}

/* ---- files ---- */

#define SOUND                                                                                                          \
    "workflow: w\nversion: 1\nopens: {by: resident, at: building, needs: [a]}\ndata: {a: {type: text, most: 9}}\nstart: {go: s}\n"                                \
    "stages: {s: {task: {for: mediator}, events: {e: {by: mediator, end: x}}}}\nends: {x: {title: {en: X}}}\n"

static void check_tells_mistakes_with_their_place(void **state)
{
    (void)state;
    const char *path = write_file("a.yaml", SOUND);
    assert_int_equal(run("check", (char *)path), COMMAND_DONE);
    assert_says(out, "workflow w version 1, no mistakes.");
    path = write_file("b.yaml", "workflow: w\nversion: 1\nopens: {by: resident}\nstart: {go: somewhere}\nstgaes: {}\nends: {}\n");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "b.yaml:5:1:");
    assert_says(out, "Did you mean \"stages\"?");
    assert_int_equal(run("check", (char *)path, "--json"), COMMAND_REFUSED);
    assert_says(out, "\"line\":5");
    assert_true(out[0] == '{');
    path = write_file("c.yaml", "worflow: w\n");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "c.yaml:1:1: worflow: found the first key \"worflow\"; a workflow, directory, calendar or scenario begins with the key of that name. "
                     "Did you mean \"workflow\"?");
    path = write_file("g.yaml", "deply: []\n");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "g.yaml:1:1: deply: there is no key \"deply\" here. Did you mean \"deploy\"?");
    path = write_file("d.yaml", "title: {en: W}\nworkflow: w\n");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "d.yaml:2:1: workflow: the key \"workflow\" must stand first");
    path = write_file("e.yaml", "workflow：w\nversion: 1\n");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "e.yaml:1:9: found the full-width \"：\"");
    path = write_file("f.yaml", "# old line ends\rworkflow: w\r");
    assert_int_equal(run("check", (char *)path), COMMAND_REFUSED);
    assert_says(out, "the key \"version\" is missing");
    assert_int_equal(run("check", "/nowhere/at/all.yaml"), COMMAND_FAILED);
    assert_says(err, "/nowhere/at/all.yaml");
}

static void check_holds_a_workflow_against_a_directory(void **state)
{
    (void)state;
    char workflow[128], directory[128];
    strcpy(workflow, write_file("a.yaml", SOUND));
    strcpy(directory, write_file("b.yaml", "directory: d\nversion: 1\nlevels: [{level: grid}]\nroles: {meditator: {reach: here}}\nunits: {top: {id: 1, level: grid, title: T, calendar: c}}\n"));
    assert_int_equal(run("check", workflow, "--directory", directory), COMMAND_REFUSED);
    assert_says(out, "no role \"mediator\". Did you mean \"meditator\"?");
    assert_says(out, "no level \"building\"");
    assert_int_equal(run("check", workflow, "--directory", workflow), COMMAND_USAGE);
}

static void nothing_is_deployed_when_one_file_has_mistakes(void **state)
{
    (void)state;
    char good[128], bad[128];
    strcpy(good, write_file("a.yaml", SOUND));
    strcpy(bad, write_file("b.yaml", "calendar: c\n"));
    assert_int_equal(run("deploy", "--data", folder, good, bad), COMMAND_REFUSED);
    assert_says(err, "Nothing was deployed.");
    assert_int_equal(run("deploy", "--data", folder, good), COMMAND_NO_ENGINE);
    strcpy(bad, write_file("b.yaml", "scenario: s\nnow: 2026-01-01 09:00\nsteps: [crash]\n"));
    assert_int_equal(run("deploy", "--data", folder, good, bad), COMMAND_REFUSED);
    assert_says(err, "it is not deployed");
    strcpy(bad, write_file("b.yaml", "# an operator's\nlog: warn\n"));
    assert_int_equal(run("deploy", "--data", folder, good, bad), COMMAND_REFUSED);
    assert_int_equal(run("check", bad), COMMAND_DONE);
    assert_says(out, "a configuration, no mistakes.");
    strcpy(bad, write_file("b.yaml", "log: loud\n"));
    assert_int_equal(run("check", bad), COMMAND_REFUSED);
    assert_says(out, "b.yaml:1:6: log:");
}

static void test_counts_what_passed(void **state)
{
    (void)state;
    char workflow[128];
    strcpy(workflow, write_file("a.yaml", SOUND));
    write_file("b.yaml", "scenario: good\nnow: 2026-01-05 09:00\nworkflow: a.yaml\nsteps:\n"
                         "  - open: {unit: jinnong/grid-3/building-7, by: zhao, data: {a: x}}\n  - expect: {stage: s}\n");
    assert_int_equal(run("test", folder), COMMAND_DONE);
    assert_says(out, "1 passed, 0 failed");
    write_file("c.yaml", "scenario: bad\nnow: 2026-01-05 09:00\nworkflow: a.yaml\nsteps:\n"
                         "  - open: {unit: jinnong/grid-3/building-7, by: zhao, data: {a: x}}\n  - expect: {stage: t}\n");
    assert_int_equal(run("test", folder), COMMAND_REFUSED);
    assert_says(out, "c.yaml:6:21: stage: expected \"t\", found \"s\".");
    assert_says(out, "What happened until then:");
    assert_says(out, "1 passed, 1 failed");
    assert_int_equal(run("test", folder, "--json"), COMMAND_REFUSED);
    assert_says(out, "\"passed\":false");
    assert_int_equal(run("test", "/nowhere"), COMMAND_REFUSED);
}

/* ---- words ---- */

static const struct command_option no_options[] = {{0}};
static const struct command_program program = {.name = "staircase"};
static const struct command plain = {.name = "plain", .synopsis = "", .options = no_options};

static struct command_line a_line(void)
{
    return (struct command_line){.program = &program, .command = &plain, .arena = &arena};
}

static void cases_are_named_in_three_ways(void **state)
{
    (void)state;
    struct command_line line = a_line();
    struct case_ref ref;
    assert_true(word_case(&line, "42", &ref));
    assert_int_equal(ref.kind, CASE_REF_ID);
    assert_int_equal(ref.id, 42);
    assert_true(word_case(&line, "金农调字〔2026〕15号", &ref));
    assert_int_equal(ref.kind, CASE_REF_NUMBER);
    assert_true(word_case(&line, "0190f1c2-7f3e-7abc-8DEF-0123456789ab", &ref));
    assert_int_equal(ref.kind, CASE_REF_KEY);
    assert_memory_equal(ref.text.data, "\x01\x90\xf1\xc2\x7f\x3e\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab", 16);
    assert_true(word_case(&line, "0190f1c27f3e7abc8def0123456789ab", &ref));
    assert_int_equal(ref.kind, CASE_REF_KEY);
    assert_true(word_case(&line, "0190f1c2-7f3e-7abc-8def0-123456789ab", &ref));
    assert_int_equal(ref.kind, CASE_REF_NUMBER); /* a hyphen in the wrong place */
    assert_true(word_case(&line, "12345678901234567890", &ref));
    assert_int_equal(ref.kind, CASE_REF_NUMBER); /* too long for an id */
    static const char *const typed[] = {"金农调字(2026)15号", "金农调字（2026）15号", "金农调字[２０２６]１５号", "金农调字【2026］15号"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        struct text number = text_of(typed[i]);
        assert_true(word_official(&arena, &number));
        assert_true(text_is(number, "金农调字〔2026〕15号"));
        assert_false(word_official(&arena, &number));
    }
    assert_string_equal(receipt_id(&arena, (struct text){"\x01\x90\xf1\xc2\x7f\x3e\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab", 16}).data,
                        "0190f1c2-7f3e-7abc-8def-0123456789ab");
}

static void moments_have_an_offset_or_are_local(void **state)
{
    (void)state;
    int64_t time;
    setenv("TZ", "Asia/Shanghai", 1);
    assert_true(word_is_time(TEXT("2026-10-09 18:00"), &time));
    assert_int_equal(time, 1791540000000);
    assert_true(word_is_time(TEXT("2026-10-09T10:00Z"), &time));
    assert_int_equal(time, 1791540000000);
    assert_true(word_is_time(TEXT("2026-10-09T18:00:30+08:00"), &time));
    assert_int_equal(time, 1791540030000);
    assert_true(word_is_time(TEXT("2026-10-09 05:30-04:30"), &time));
    assert_int_equal(time, 1791540000000);
    static const char *const wrong[] = {"", "2026-10-09", "2026-10-09 24:00", "2026-10-09 18:60", "2026-02-30 10:00", "2026-10-09 18:00 ", "2026-10-09 18:00+8", "2026-10-09x18:00", "18:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(word_is_time(text_of(wrong[i]), &time));
}

static void fields_are_texts_lists_or_json(void **state)
{
    (void)state;
    struct command_line line = a_line();
    const struct field_value *fields;
    uint32_t count;
    char *words[] = {"summary=a=b, c", "applicant=zhao", "cost:=1250", "applicant=qian", "empty=", "tags:=[\"x\",true]"};
    assert_true(word_fields(&line, words, 6, &fields, &count));
    assert_int_equal(count, 5);
    assert_true(text_is(fields[0].name, "applicant"));
    assert_int_equal(fields[0].value.kind, VALUE_LIST);
    assert_int_equal(fields[0].value.count, 2);
    assert_true(text_is(fields[0].value.items[1].text, "qian"));
    assert_int_equal(fields[1].value.integer, 1250);
    assert_true(text_is(fields[2].name, "empty"));
    assert_int_equal(fields[2].value.kind, VALUE_TEXT);
    assert_true(text_is(fields[3].value.text, "a=b, c"));
    assert_int_equal(fields[4].value.kind, VALUE_LIST);
    char *wrong[][1] = {{"=x"}, {":=1"}, {"cost:={"}, {"plain"}, {"a=\xff"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(word_fields(&line, wrong[i], 1, &fields, &count));
}

static void times_are_those_of_the_zone(void **state)
{
    (void)state;
    int64_t moment = 1791540000000; /* 2026-10-09 18:00 in Shanghai */
    assert_true(text_is(time_words(&arena, TEXT("Asia/Shanghai"), moment), "2026-10-09 18:00"));
    assert_true(text_is(time_words(&arena, TEXT("Europe/Amsterdam"), moment), "2026-10-09 12:00"));
    assert_true(text_is(time_words(&arena, TEXT(""), moment), "2026-10-09 10:00Z"));
    assert_true(text_is(time_words(&arena, TEXT("Moon/Base"), moment), "2026-10-09 10:00Z"));
    assert_true(text_is(time_words(&arena, TEXT("../../etc/passwd"), moment), "2026-10-09 10:00Z"));
    assert_true(text_is(due_words(&arena, TEXT("Asia/Shanghai"), moment + 6 * 3600000), "2026-10-09 24:00"));
    assert_true(text_is(time_words(&arena, TEXT("Asia/Shanghai"), moment + 6 * 3600000), "2026-10-10 00:00"));
    assert_int_equal(time_words(&arena, TEXT("Asia/Shanghai"), 0).size, 0);
}

static void every_code_speaks_chinese(void **state)
{
    (void)state;
    struct command_line line = a_line();
    line.language = LANGUAGE_ZH;
    for (int code = 0; code < ERR_COUNT; code++) {
        assert_string_not_equal(code_sentence(&line, (enum err)code), err_sentence((enum err)code));
        assert_string_not_equal(code_advice(&line, (enum err)code), err_advice((enum err)code));
    }
    line.language = LANGUAGE_EN;
    assert_string_equal(code_sentence(&line, ERR_NOT_NOW), err_sentence(ERR_NOT_NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_is_an_answer_and_no_command_is_a_mistake),
        cmocka_unit_test(mistakes_name_the_nearest_word),
        cmocka_unit_test(wrong_calls_do_nothing),
        cmocka_unit_test(no_engine_is_said_at_once),
        cmocka_unit_test(language_follows_the_environment),
        cmocka_unit_test(check_tells_mistakes_with_their_place),
        cmocka_unit_test(check_holds_a_workflow_against_a_directory),
        cmocka_unit_test(nothing_is_deployed_when_one_file_has_mistakes),
        cmocka_unit_test(test_counts_what_passed),
        cmocka_unit_test(cases_are_named_in_three_ways),
        cmocka_unit_test(moments_have_an_offset_or_are_local),
        cmocka_unit_test(times_are_those_of_the_zone),
        cmocka_unit_test(every_code_speaks_chinese),
        cmocka_unit_test(fields_are_texts_lists_or_json),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
