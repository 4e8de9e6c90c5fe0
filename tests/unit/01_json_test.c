/* JSON: what a value is written as, what is read, and what is refused with its place. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static enum err parse(const char *json, struct value *value, struct text *why)
{
    /* A copy of exactly this size, so that a sanitizer sees a read beyond it. */
    size_t size = strlen(json);
    char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, json, size);
    enum err code = wire_from_json(&arena, (struct text){exact, size}, value, why);
    free(exact);
    return code;
}

static void must_become(const char *json, const char *wanted)
{
    struct value value;
    struct text why;
    if (parse(json, &value, &why))
        fail_msg("%s: %.*s", json, (int)why.size, why.data);
    struct text written = wire_json(&arena, &value);
    if (!text_is(written, wanted))
        fail_msg("%s became %.*s, not %s", json, (int)written.size, written.data, wanted);
}

static void values_come_back(void **state)
{
    (void)state;
    static const char *same[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "\"\"",
        "\"漏水\"",
        "[]",
        "{}",
        "[1,[2,[]],{}]",
        "{\"a\":null,\"b\":{\"c\":[true,\"x\"]}}",
        "\"\\\"\\\\\\n\\r\\t\\u001f\\u007f\"",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        must_become(same[i], same[i]);
}

static void space_order_and_escapes_are_normalised(void **state)
{
    (void)state;
    must_become(" \t\r\n[ 1 , 2 ] \n", "[1,2]");
    must_become("{ \"b\" : 1 , \"a\" : 2, \"aa\":3 }", "{\"a\":2,\"aa\":3,\"b\":1}");
    must_become("\"\\u6f0f\\u6c34 \\/ \\ud83d\\ude00 \\b\\f\\u00e9\"", "\"漏水 / 😀 \\u0008\\u000cé\"");
    must_become("-0", "0");
}

static void numbers_that_64_bits_do_not_hold_stay_text(void **state)
{
    (void)state;
    must_become("1.50", "\"1.50\"");
    must_become("1e3", "\"1e3\"");
    must_become("-0.1E-7", "\"-0.1E-7\"");
    must_become("9223372036854775808", "\"9223372036854775808\"");
    must_become("-9223372036854775809", "\"-9223372036854775809\"");
    must_become("123456789012345678901234567890", "\"123456789012345678901234567890\"");
}

static void bytes_are_written_in_hexadecimal(void **state)
{
    (void)state;
    struct value bytes = value_bytes("\x00\xfe\x10", 3);
    assert_true(text_is(wire_json(&arena, &bytes), "\"00fe10\""));
}

static void unsorted_maps_are_written_sorted(void **state)
{
    (void)state;
    struct value items[] = {value_text(TEXT("z")), value_integer(1), value_text(TEXT("a")), value_integer(2)};
    struct value map = {.kind = VALUE_MAP, .count = 2, .items = items};
    assert_true(text_is(wire_json(&arena, &map), "{\"a\":2,\"z\":1}"));
}

static void mistakes_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *json, *why;
    } bad[] = {
        {"", "at byte 0: a value was expected"},
        {"  ", "at byte 2"},
        {"nul", "at byte 0"},
        {"True", "a value was expected"},
        {"1 2", "at byte 2: something follows"},
        {"[1", "at byte 2: ',' or ']'"},
        {"[1,]", "at byte 3"},
        {"[,1]", "a value was expected"},
        {"{\"a\"}", "':' was expected"},
        {"{\"a\":1", "',' or '}'"},
        {"{\"a\":1,}", "a text was expected"},
        {"{a:1}", "a text was expected"},
        {"{1:1}", "a text was expected"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "same name twice"},
        {"{\"a\":1,\"\\u0061\":3}", "same name twice"},
        {"\"a", "does not end"},
        {"\"a\\", "does not end"},
        {"\"\\x\"", "no such escape"},
        {"\"\\u12\"", "four hexadecimal digits"},
        {"\"\\u123g\"", "four hexadecimal digits"},
        {"\"\\ud83d\"", "half a character"},
        {"\"\\ud83d\\u0041\"", "half a character"},
        {"\"\\ude00\"", "half a character"},
        {"\"\\u0000\"", "U+0000"},
        {"\"a\nb\"", "control character"},
        {"\"\xff\"", "not UTF-8"},
        {"01", "begins with 0"},
        {"-", "a digit was expected"},
        {"1.", "a digit was expected"},
        {".5", "a value was expected"},
        {"1e", "a digit was expected"},
        {"+1", "a value was expected"},
        {"NaN", "a value was expected"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "more than 16 deep"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct value value;
        struct text why;
        assert_int_equal(parse(bad[i].json, &value, &why), ERR_MALFORMED);
        if (!memmem(why.data, why.size, bad[i].why, strlen(bad[i].why)))
            fail_msg("%s: '%.*s' does not mention %s", bad[i].json, (int)why.size, why.data, bad[i].why);
    }
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[1,-2.5e3,true,null,\"\\u6f0f\\ud83d\\ude00漏\"],\"b\":{\"c\":false}}";
    struct value value;
    struct text why;
    assert_int_equal(parse(whole, &value, &why), ERR_OK);
    for (size_t size = 0; size + 1 < sizeof whole; size++) {
        char cut[sizeof whole] = {0};
        memcpy(cut, whole, size);
        assert_int_equal(parse(cut, &value, &why), ERR_MALFORMED);
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct wire_writer writer = {.arena = &arena};
    struct value value;
    struct text why;
    wire_put_raw(&writer, "[1", 2);
    for (int i = 1; i < WIRE_ELEMENTS_MOST; i++)
        wire_put_raw(&writer, ",1", 2);
    wire_put_raw(&writer, "]", 1);
    assert_int_equal(wire_from_json(&arena, (struct text){writer.data, writer.size}, &value, &why), ERR_OK);
    assert_int_equal(value.count, WIRE_ELEMENTS_MOST);
    writer.size--;
    wire_put_raw(&writer, ",1]", 3);
    assert_int_equal(wire_from_json(&arena, (struct text){writer.data, writer.size}, &value, &why), ERR_MALFORMED);
    struct text large = {.data = arena_take(&arena, WIRE_MESSAGE_MOST + 1), .size = WIRE_MESSAGE_MOST + 1};
    memset((char *)(uintptr_t)large.data, ' ', large.size);
    assert_int_equal(wire_from_json(&arena, large, &value, &why), ERR_MALFORMED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(values_come_back),
        TEST(space_order_and_escapes_are_normalised),
        TEST(numbers_that_64_bits_do_not_hold_stay_text),
        TEST(bytes_are_written_in_hexadecimal),
        TEST(unsorted_maps_are_written_sorted),
        TEST(mistakes_are_refused_with_their_place),
        TEST(cut_at_every_byte),
        TEST(too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
