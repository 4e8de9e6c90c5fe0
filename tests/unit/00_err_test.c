/* The list of codes: names that travel are unique and stand in PROTOCOL.md with what the sender should do. */
#include "proto/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *file_read(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *content = calloc(1, 1 << 20);
    assert_non_null(content);
    size_t size = fread(content, 1, (1 << 20) - 1, file);
    assert_true(size > 0 && size < (1 << 20) - 1);
    fclose(file);
    return content;
}

static void names_are_unique_and_found(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ERR_COUNT; a++) {
        const char *name = err_name((enum err)a);
        assert_int_equal(err_from_name(name, strlen(name)), a);
        for (const char *p = name; *p; p++)
            assert_true(islower((unsigned char)*p) || *p == '-');
    }
    assert_int_equal(err_from_name("no-such-code", 12), ERR_COUNT);
    assert_int_equal(err_from_name("", 0), ERR_COUNT);
    assert_int_equal(err_from_name("busy-", 5), ERR_COUNT);
}

static void every_code_says_what_happened_and_what_to_do(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ERR_COUNT; a++) {
        const char *sentence = err_sentence((enum err)a), *advice = err_advice((enum err)a);
        assert_true(strlen(sentence) > 3 && sentence[strlen(sentence) - 1] == '.');
        assert_true(strlen(advice) > 3 && advice[strlen(advice) - 1] == '.');
    }
}

static void an_unknown_number_reads_as_corrupt(void **state)
{
    (void)state;
    assert_string_equal(err_name((enum err)10000), "corrupt");
    assert_string_equal(err_sentence((enum err) - 1), err_sentence(ERR_CORRUPT));
}

static void the_protocol_names_every_travelling_code(void **state)
{
    (void)state;
    char *protocol = file_read("proto/PROTOCOL.md");
    const char *refusals = strstr(protocol, "## 11. Refusals"), *end = strstr(protocol, "## 12.");
    assert_true(refusals && end);
    for (unsigned a = 0; a < ERR_COUNT; a++) {
        char row[80];
        snprintf(row, sizeof row, "\n| `%s` |", err_name((enum err)a));
        const char *found = strstr(refusals, row);
        bool named = found && found < end;
        if (named != err_travels((enum err)a))
            fail_msg("%s %s", err_name((enum err)a),
                     named ? "is named and does not travel" : "travels and is not named");
    }
    free(protocol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(every_code_says_what_happened_and_what_to_do),
        cmocka_unit_test(an_unknown_number_reads_as_corrupt),
        cmocka_unit_test(the_protocol_names_every_travelling_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
