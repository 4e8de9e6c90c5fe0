/* The wire at its edges: each thing that a single member can be instead of what it must be, in the words in which its sender is told. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

/* A map of so many members; what follows it is put by hand. */
static struct wire_writer begin(uint32_t count)
{
    struct wire_writer writer = {.arena = &arena};
    wire_put_map(&writer, count);
    return writer;
}

static void put_name(struct wire_writer *writer, const char *name)
{
    wire_put_text(writer, text_of(name));
}

static void put_kind(struct wire_writer *writer, const char *kind)
{
    put_name(writer, "m");
    wire_put_text(writer, text_of(kind));
}

static void must_say(const struct wire_writer *writer, const char *expected)
{
    struct message message;
    struct text why;
    assert_int_equal(wire_decode(&arena, (struct text){writer->data, writer->size}, &message, &why), ERR_MALFORMED);
    if (!text_is(why, expected))
        fail_msg("'%.*s' instead of '%s'", (int)why.size, why.data, expected);
}

/* A member of a kind of message, with that value. */
static void member_must_say(const char *kind, const char *name, struct value value, const char *expected)
{
    struct wire_writer writer = begin(2);
    put_kind(&writer, kind);
    put_name(&writer, name);
    wire_put_value(&writer, &value);
    must_say(&writer, expected);
}

static struct text repeated(const char *piece, uint32_t times)
{
    size_t size = strlen(piece);
    char *all = arena_take(&arena, size * times + 1);
    for (uint32_t i = 0; i < times; i++)
        memcpy(all + size * i, piece, size);
    return (struct text){all, size * times};
}

static struct value nothing(void)
{
    return (struct value){.kind = VALUE_NONE};
}

static void each_member_is_of_its_kind(void **state)
{
    (void)state;
    struct value number = value_integer(1), text = value_text(TEXT("x")), empty = value_text(TEXT(""));
    struct wire_writer writer = begin(1);
    put_name(&writer, "m");
    wire_put_unsigned(&writer, 5);
    must_say(&writer, "member 'm' must be the name of a kind of message");
    member_must_say("deploy", "part", text, "member 'part' must be an integer from 0 to 4294967295");
    member_must_say("deploy", "part", value_integer(INT64_C(4294967296)), "member 'part' must be an integer from 0 to 4294967295");
    member_must_say("list", "r", text, "member 'r' must be an integer from 0 up");
    member_must_say("send", "at", text, "member 'at' must be a time in milliseconds since 1970-01-01 UTC");
    member_must_say("open", "held", number, "member 'held' must be true or false");
    member_must_say("open", "w", number, "member 'w' must be a text of 1 to 64 bytes without control characters");
    member_must_say("open", "w", empty, "member 'w' must be a text of 1 to 64 bytes without control characters");
    member_must_say("open", "w", value_text(repeated("x", 65)), "member 'w' must be a text of 1 to 64 bytes without control characters");
    member_must_say("open", "w", value_text(TEXT("a\x7f")), "member 'w' must be a text of 1 to 64 bytes without control characters");
    member_must_say("open", "w", value_text(TEXT("a\n")), "member 'w' must be a text of 1 to 64 bytes without control characters");
    member_must_say("fail", "why", number, "member 'why' must be a text of at most 65536 bytes");
    member_must_say("fail", "why", value_text(repeated("x", 65537)), "member 'why' must be a text of at most 65536 bytes");
    member_must_say("send", "id", number, "member 'id' must be 16 bytes");
    member_must_say("send", "id", value_bytes("short", 5), "member 'id' must be 16 bytes");
    member_must_say("deploy", "b", text, "member 'b' must be bytes");
}

static void a_case_is_an_id_a_key_or_a_number(void **state)
{
    (void)state;
    static const char sentence[] = "member 'c' must be a case: its id (an integer), its key (16 bytes) or its number (a text)";
    member_must_say("send", "c", nothing(), sentence);
    member_must_say("send", "c", value_integer(0), sentence);
    member_must_say("send", "c", value_bytes("short", 5), sentence);
    member_must_say("send", "c", value_text(TEXT("")), sentence);
    member_must_say("send", "c", value_text(TEXT("a\nb")), sentence);
}

static void fields_have_names_and_values(void **state)
{
    (void)state;
    member_must_say("send", "d", value_integer(1), "member 'd' must be a map of fields");
    struct value pair[2] = {value_text(TEXT("")), value_integer(1)}, map = {.kind = VALUE_MAP, .count = 1, .items = pair};
    member_must_say("send", "d", map, "the field name '' must be a text of 1 to 64 bytes without control characters");
    struct wire_writer writer = begin(2);
    put_kind(&writer, "send");
    put_name(&writer, "d");
    wire_put_map(&writer, 1);
    put_name(&writer, "amount");
    wire_put_unsigned(&writer, UINT64_MAX);
    must_say(&writer, "field 'amount' has an integer beyond 2^63 - 1");
}

static void topics_are_a_list_of_names(void **state)
{
    (void)state;
    static const char sentence[] = "member 'topics' must be a list of at most 256 names of 1 to 64 bytes";
    struct value names[257], map = {.kind = VALUE_MAP};
    for (int i = 0; i < 257; i++)
        names[i] = value_text(TEXT("topic"));
    struct value list = {.kind = VALUE_LIST, .count = 257, .items = names}, other = list;
    member_must_say("register", "topics", list, sentence);
    member_must_say("register", "topics", map, sentence);
    other.count = 1;
    names[0] = value_integer(1);
    member_must_say("register", "topics", other, sentence);
    names[0] = value_text(repeated("x", 65));
    member_must_say("register", "topics", other, sentence);
}

static void rows_are_a_list_or_a_map(void **state)
{
    (void)state;
    static const char sentence[] = "member 'rows' must be a list or a map, with no integer beyond 2^63 - 1";
    member_must_say("result", "rows", value_integer(1), sentence);
    struct wire_writer writer = begin(2);
    put_kind(&writer, "result");
    put_name(&writer, "rows");
    wire_put_array(&writer, 1);
    wire_put_unsigned(&writer, UINT64_MAX);
    must_say(&writer, sentence);
}

/* What the sender wrote is shown, but not all of it, and no half of a character. */
static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    struct wire_writer writer = begin(1);
    put_name(&writer, "m");
    wire_put_text(&writer, repeated("漏", 20));
    must_say(&writer, "there is no kind of message '漏漏漏漏漏漏漏漏漏漏漏漏漏'");
    writer = begin(1);
    put_name(&writer, "m");
    wire_put_text(&writer, repeated("x", 41));
    must_say(&writer, "there is no kind of message 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'");
}

/* A reader that is given bytes that nobody has checked goes no deeper than one that has. */
static void unchecked_bytes_are_read_sixteen_deep(void **state)
{
    (void)state;
    char nested[32];
    for (int what = 0; what < 2; what++)
        for (unsigned depth = 15; depth <= 18; depth++) {
            struct wire_writer writer = {.arena = &arena};
            for (unsigned i = 0; i < depth; i++) {
                if (what == 0)
                    wire_put_array(&writer, 1);
                else {
                    wire_put_map(&writer, 1);
                    wire_put_text(&writer, TEXT("a"));
                }
            }
            wire_put_nil(&writer);
            struct wire_reader reader = wire_reader_of(&arena, (struct text){writer.data, writer.size});
            wire_get_value(&reader);
            assert_int_equal(reader.failed, depth > WIRE_DEPTH_MOST);
        }
    memset(nested, '\xc1', sizeof nested); /* used by nothing */
    struct wire_reader reader = wire_reader_of(&arena, (struct text){nested, sizeof nested});
    wire_get_value(&reader);
    assert_true(reader.failed);
}

/* What no message may hold is not stepped over either. */
static void what_is_no_value_is_not_skipped(void **state)
{
    (void)state;
    static const struct text bad[] = {{"\xc1", 1}, {"\xd4\0\0", 3}, {"\xca\0\0\0\0", 5}, {"\xcb\0\0\0\0\0\0\0\0", 9}, {"\xcd\0", 2}, {"", 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wire_reader reader = wire_reader_of(&arena, bad[i]);
        wire_skip(&reader);
        assert_true(reader.failed);
    }
}

static void rows_of_all_kinds_are_measured(void **state)
{
    (void)state;
    struct text large = repeated("x", WIRE_MESSAGE_MOST / 2);
    struct value pair[2] = {value_text(TEXT("a")), value_bytes(large.data, large.size)};
    struct value rows[3] = {{.kind = VALUE_MAP, .count = 1, .items = pair}, {.kind = VALUE_MAP, .count = 1, .items = pair}, value_integer(1)};
    assert_int_equal(wire_rows_fit(rows, 3), 1);
    struct value lists[2] = {{.kind = VALUE_LIST, .count = 2, .items = pair}, {.kind = VALUE_LIST, .count = 2, .items = pair}};
    assert_int_equal(wire_rows_fit(lists, 2), 1);
    /* One that is too large for itself is said to fit, so that whoever asks for it is told that it is too large, and does not ask for ever. */
    struct text huge = repeated("x", WIRE_MESSAGE_MOST);
    struct value alone[2] = {value_text(huge), value_integer(1)};
    assert_int_equal(wire_rows_fit(alone, 1), 1);
    assert_int_equal(wire_rows_fit(alone, 2), 1);
}

static void a_code_is_written_where_there_is_one(void **state)
{
    (void)state;
    struct message back;
    struct text why;
    const struct message with = {.kind = MESSAGE_BUSY, .request = 1, .after = 5, .code = ERR_BUSY}, without = {.kind = MESSAGE_BUSY, .request = 1, .after = 5},
                         asked = {.kind = MESSAGE_BUSY, .request = 1, .after = 5, .has = MESSAGE_HAS_CODE};
    assert_int_equal(wire_decode(&arena, wire_encode(&arena, &with), &back, &why), ERR_OK);
    assert_true(back.code == ERR_BUSY && back.has == MESSAGE_HAS_CODE);
    assert_int_equal(wire_decode(&arena, wire_encode(&arena, &without), &back, &why), ERR_OK);
    assert_int_equal(back.has, 0);
    assert_int_equal(wire_decode(&arena, wire_encode(&arena, &asked), &back, &why), ERR_OK);
    assert_true(back.code == ERR_OK && back.has == MESSAGE_HAS_CODE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_member_is_of_its_kind), TEST(a_case_is_an_id_a_key_or_a_number), TEST(fields_have_names_and_values), TEST(topics_are_a_list_of_names),
        TEST(rows_are_a_list_or_a_map), TEST(long_names_are_cut_between_characters), TEST(unchecked_bytes_are_read_sixteen_deep),
        TEST(what_is_no_value_is_not_skipped), TEST(rows_of_all_kinds_are_measured), TEST(a_code_is_written_where_there_is_one),
    };
    return cmocka_run_group_tests_name("wire, edges", tests, NULL, NULL);
}
