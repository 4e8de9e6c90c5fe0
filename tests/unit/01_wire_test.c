/* The wire: what is written is canonical and comes back, and nothing that a peer can send does harm. msgpack-c's own
 * unpacker is the judge of what is msgpack at all. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <msgpack/unpack.h>
#include <stdio.h>
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

/* ---- a message with everything ---- */

static const char id_bytes[] = "0123456789abcdef", key_bytes[] = "fedcba9876543210";

static struct message message_full(enum message_kind kind)
{
    static struct value words[2], row[4], list[3];
    static struct field_value fields[4];
    words[0] = value_text(TEXT("grid"));
    words[1] = value_text(TEXT("centre"));
    row[0] = value_text(TEXT("case"));
    row[1] = value_integer(4711);
    row[2] = value_text(TEXT("no"));
    row[3] = value_text(TEXT("金农调字〔2026〕15号"));
    list[0] = (struct value){.kind = VALUE_MAP, .count = 2, .items = row};
    list[1] = (struct value){.kind = VALUE_LIST, .count = 2, .items = words};
    list[2] = (struct value){.kind = VALUE_NONE};
    fields[0] = (struct field_value){TEXT("agreed"), value_boolean(true)};
    fields[1] = (struct field_value){TEXT("amount"), value_integer(-1250)};
    fields[2] = (struct field_value){TEXT("sealed"), value_bytes("\0\1\2", 3)};
    fields[3] = (struct field_value){TEXT("summary"), value_text(TEXT("三楼漏水"))};
    struct text id = {id_bytes, ID_SIZE}, key = {key_bytes, ID_SIZE};
    return (struct message){
        .kind = kind,
        .request = 70000,
        .version = PROTOCOL_VERSION,
        .id = id,
        .key = key,
        .subject = {.kind = CASE_REF_KEY, .text = key},
        .workflow = TEXT("dispute-mediation"),
        .unit = TEXT("jinnong/grid-3"),
        .event = TEXT("raise"),
        .as = TEXT("li"),
        .on_behalf = TEXT("app:7f"),
        .happened_at = -5,
        .data = fields,
        .data_count = 4,
        .held = true,
        .what = TEXT("workflow"),
        .name = TEXT("w.yaml"),
        .part = 1,
        .parts = 3,
        .bytes = TEXT("a: b\n"),
        .history = true,
        .stage = TEXT("mediation"),
        .level = TEXT("grid"),
        .overdue = true,
        .after = 1000,
        .limit = 20,
        .position = 1 << 20,
        .time = 1790000000000,
        .case_id = UINT64_MAX,
        .number = TEXT("15号"),
        .due = 1,
        .end = TEXT("resolved"),
        .code = ERR_NOT_NOW,
        .why = TEXT("why"),
        .todo = TEXT("do"),
        .possible = {.kind = VALUE_LIST, .count = 2, .items = words},
        .rows = {.kind = VALUE_LIST, .count = 3, .items = list},
        .more = true,
        .topics = {.kind = VALUE_LIST, .count = 2, .items = words},
        .credit = 7,
        .task = 9,
        .lease = 10,
        .lease_ms = 30000,
        .attempt = 1,
        .again = true,
        .topic = TEXT("grid"),
        .about = 3,
    };
}

static enum err decode(struct text bytes, struct message *message)
{
    struct text why;
    enum err code = wire_decode(&arena, bytes, message, &why);
    assert_true((code == ERR_OK) == (why.size == 0));
    return code;
}

static void must_equal(struct text a, struct text b)
{
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
}

/* msgpack-c reads one object and all the bytes. */
static bool unpacks(struct text bytes)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t offset = 0;
    msgpack_unpack_return got = msgpack_unpack_next(&unpacked, bytes.data, bytes.size, &offset);
    msgpack_unpacked_destroy(&unpacked);
    return (got == MSGPACK_UNPACK_SUCCESS || got == MSGPACK_UNPACK_EXTRA_BYTES) && offset == bytes.size;
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        struct message full = message_full((enum message_kind)kind), back;
        struct text bytes = wire_encode(&arena, &full);
        assert_true(unpacks(bytes));
        assert_int_equal(decode(bytes, &back), ERR_OK);
        assert_int_equal(back.kind, kind);
        must_equal(wire_encode(&arena, &back), bytes);
    }
}

static void members_arrive_in_their_places(void **state)
{
    (void)state;
    struct message full = message_full(MESSAGE_OPEN), back;
    assert_int_equal(decode(wire_encode(&arena, &full), &back), ERR_OK);
    assert_true(back.request == 70000 && text_equal(back.id, full.id) && text_equal(back.key, full.key));
    assert_true(text_is(back.workflow, "dispute-mediation") && text_is(back.unit, "jinnong/grid-3") &&
                text_is(back.as, "li"));
    assert_true(text_is(back.on_behalf, "app:7f") && back.happened_at == -5 && back.has == MESSAGE_HAS_HAPPENED_AT &&
                back.held);
    assert_int_equal(back.data_count, 4);
    assert_true(text_is(back.data[1].name, "amount") && back.data[1].value.integer == -1250);
    assert_true(back.data[2].value.kind == VALUE_BYTES && back.data[2].value.text.size == 3);
    assert_true(back.stage.size == 0 && back.credit == 0); /* an opening has no such members */
    full = message_full(MESSAGE_REFUSED);
    assert_int_equal(decode(wire_encode(&arena, &full), &back), ERR_OK);
    assert_true(back.code == ERR_NOT_NOW && back.has == MESSAGE_HAS_CODE && back.possible.count == 2 &&
                back.case_id == UINT64_MAX);
}

static void what_is_zero_and_not_asked_for_is_left_out(void **state)
{
    (void)state;
    struct message message = {.kind = MESSAGE_LIST, .request = 1}, back;
    must_equal(wire_encode(&arena, &message), TEXT("\x82\xa1m\xa4list\xa1r\x01"));
    message = message_full(MESSAGE_SEND);
    message.happened_at = 0;
    assert_int_equal(decode(wire_encode(&arena, &message), &back), ERR_OK);
    assert_int_equal(back.has, 0);
    message.has = MESSAGE_HAS_HAPPENED_AT;
    assert_int_equal(decode(wire_encode(&arena, &message), &back), ERR_OK);
    assert_int_equal(back.has, MESSAGE_HAS_HAPPENED_AT);
}

static void a_code_of_a_newer_engine_is_a_refusal_all_the_same(void **state)
{
    (void)state;
    struct message back;
    assert_int_equal(decode(TEXT("\x85\xa1m\xa7refused\xa1r\x01\xa4"
                                 "code\xa8tomorrow\xa3why\xa0\xa2"
                                 "do\xa0"),
                            &back),
                     ERR_OK);
    assert_int_equal(back.code, ERR_OTHER);
}

/* ---- bytes that are cut, changed, too much ---- */

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        struct message full = message_full((enum message_kind)kind), back;
        struct text bytes = wire_encode(&arena, &full);
        for (size_t size = 0; size < bytes.size; size++) {
            char *cut = malloc(size ? size : 1); /* exactly so large, so that a sanitizer sees a read beyond it */
            assert_non_null(cut);
            memcpy(cut, bytes.data, size);
            assert_int_equal(decode((struct text){cut, size}, &back), ERR_MALFORMED);
            assert_true(back.request == 0 || back.request == 70000);
            free(cut);
        }
    }
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct text mutated(struct text bytes, uint64_t *seed)
{
    size_t room = bytes.size + 8, size = bytes.size;
    char *copy = malloc(room);
    assert_non_null(copy);
    memcpy(copy, bytes.data, size);
    for (uint64_t change = random_next(seed) % 4 + 1; change; change--) {
        size_t at = random_next(seed) % size;
        switch (random_next(seed) % 4) {
        case 0: copy[at] = (char)random_next(seed); break;
        case 1: copy[at] = (char)(copy[at] ^ (1 << random_next(seed) % 8)); break;
        case 2:
            memmove(copy + at, copy + at + 1, size - at - 1);
            size -= size > 1;
            break;
        default:
            size += size < room;
            memmove(copy + at + 1, copy + at, size - at - 1);
            break;
        }
    }
    return (struct text){.data = copy, .size = size};
}

/* Whatever is accepted is msgpack, and its canonical form decodes to the same canonical form. */
static void random_mutations(void **state)
{
    (void)state;
    uint64_t seed = 0x5741495243415345u;
    unsigned accepted = 0, passed = 0;
    for (unsigned round = 0; round < 60000; round++) {
        arena_reset(&arena);
        struct message full = message_full((enum message_kind)(round % MESSAGE_KIND_COUNT)), back, again;
        struct text bytes = mutated(wire_encode(&arena, &full), &seed);
        bool good = wire_check(bytes, NULL) == ERR_OK;
        passed += good;
        if (good)
            assert_true(unpacks(bytes));
        if (decode(bytes, &back) == ERR_OK) {
            accepted++;
            assert_true(good);
            struct text canonical = wire_encode(&arena, &back);
            assert_int_equal(decode(canonical, &again), ERR_OK);
            must_equal(wire_encode(&arena, &again), canonical);
        }
        free((void *)(uintptr_t)bytes.data);
    }
    assert_true(accepted > 1000 && passed > accepted && passed < 50000); /* the seed reaches both sides */
}

static void sixteen_deep_and_no_deeper(void **state)
{
    (void)state;
    char nested[32];
    memset(nested, '\x91', sizeof nested);
    const char *why = NULL;
    nested[16] = '\xc0';
    assert_int_equal(wire_check((struct text){nested, 17}, &why), ERR_OK);
    assert_null(why);
    nested[16] = '\x90';
    assert_int_equal(wire_check((struct text){nested, 17}, &why), ERR_MALFORMED);
    assert_non_null(strstr(why, "16 deep"));
}

static void ten_thousand_elements_and_no_more(void **state)
{
    (void)state;
    struct wire_writer writer = {.arena = &arena};
    wire_put_array(&writer, WIRE_ELEMENTS_MOST);
    for (int i = 0; i < WIRE_ELEMENTS_MOST; i++)
        wire_put_nil(&writer);
    assert_int_equal(wire_check((struct text){writer.data, writer.size}, NULL), ERR_OK);
    struct wire_writer two = {.arena = &arena};
    wire_put_array(&two, 2);
    wire_put_array(&two, WIRE_ELEMENTS_MOST - 2);
    for (int i = 0; i < WIRE_ELEMENTS_MOST - 2; i++)
        wire_put_nil(&two);
    wire_put_boolean(&two, true);
    assert_int_equal(wire_check((struct text){two.data, two.size}, NULL), ERR_OK);
    two.size--;
    wire_put_array(&two, 1);
    wire_put_nil(&two);
    assert_int_equal(wire_check((struct text){two.data, two.size}, NULL), ERR_TOO_LARGE);
}

static void sizes_up_to_the_limit(void **state)
{
    (void)state;
    char *large = calloc(1, WIRE_MESSAGE_MOST);
    assert_non_null(large);
    memset(large, 'x', WIRE_MESSAGE_MOST);
    struct field_value field = {TEXT("t"), value_text((struct text){large, 0})};
    struct message message = message_full(MESSAGE_SEND), back;
    struct text bytes;
    message.data = &field;
    message.data_count = 1;
    static const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 500000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        field.value.text.size = sizes[i];
        assert_int_equal(wire_encode_bounded(&arena, &message, &bytes), ERR_OK);
        assert_true(unpacks(bytes));
        assert_int_equal(decode(bytes, &back), ERR_OK);
        assert_int_equal(back.data[0].value.text.size, sizes[i]);
    }
    field.value.text.size = WIRE_MESSAGE_MOST;
    assert_int_equal(wire_encode_bounded(&arena, &message, &bytes), ERR_TOO_LARGE);
    free(large);
}

/* ---- canonical form ---- */

static void integers_take_their_shortest_form(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        size_t size;
    } cases[] = {{0, 1},      {127, 1},    {128, 2},        {255, 2},         {256, 3},
                 {65535, 3},  {65536, 5},  {UINT32_MAX, 5}, {4294967296, 9},  {INT64_MAX, 9},
                 {-1, 1},     {-32, 1},    {-33, 2},        {-128, 2},        {-129, 3},
                 {-32768, 3}, {-32769, 5}, {INT32_MIN, 5},  {-2147483649, 9}, {INT64_MIN, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire_writer writer = {.arena = &arena};
        wire_put_integer(&writer, cases[i].number);
        assert_int_equal(writer.size, cases[i].size);
        struct wire_reader reader = wire_reader_of(NULL, (struct text){writer.data, writer.size});
        assert_true(wire_get_integer(&reader) == cases[i].number);
        assert_true(wire_reader_done(&reader));
        if (cases[i].number >= 0) {
            struct wire_writer other = {.arena = &arena};
            wire_put_unsigned(&other, (uint64_t)cases[i].number);
            must_equal((struct text){other.data, other.size}, (struct text){writer.data, writer.size});
        }
    }
}

static void maps_and_fields_are_written_in_order(void **state)
{
    (void)state;
    struct value inner[] = {value_text(TEXT("b")), value_integer(1),       value_text(TEXT("a")),
                            value_integer(2),      value_text(TEXT("aa")), value_integer(3)};
    struct value map = {.kind = VALUE_MAP, .count = 3, .items = inner};
    struct field_value unsorted[] = {{TEXT("z"), map}, {TEXT("k"), value_integer(1)}},
                       sorted[] = {{TEXT("k"), value_integer(1)}, {TEXT("z"), map}};
    struct message message = message_full(MESSAGE_SEND), back;
    message.data_count = 2;
    message.data = unsorted;
    struct text bytes = wire_encode(&arena, &message);
    message.data = sorted;
    must_equal(wire_encode(&arena, &message), bytes);
    assert_non_null(memmem(bytes.data, bytes.size,
                           "\xa1"
                           "a\x02\xa2"
                           "aa\x03\xa1"
                           "b\x01",
                           10));
    assert_int_equal(decode(bytes, &back), ERR_OK);
    assert_true(text_is(back.data[0].name, "k") && wire_map_ascends(&back.data[1].value));
    assert_int_equal(value_get(&back.data[1].value, "aa")->integer, 3);
}

static void fields_sent_in_any_order_arrive_in_order(void **state)
{
    (void)state;
    struct wire_writer writer = {.arena = &arena};
    struct message message = message_full(MESSAGE_SEND), back;
    message.data_count = 0;
    struct text head = wire_encode(&arena, &message);
    wire_put_raw(&writer, head.data, head.size);
    writer.data[0]++;
    wire_put_text(&writer, TEXT("d"));
    wire_put_map(&writer, 3);
    for (int i = 3; i > 0; i--) {
        wire_put_text(&writer, (struct text){&"abc"[i - 1], 1});
        wire_put_integer(&writer, i);
    }
    assert_int_equal(decode((struct text){writer.data, writer.size}, &back), ERR_OK);
    for (int i = 0; i < 3; i++)
        assert_true(back.data[i].name.data[0] == "abc"[i] && back.data[i].value.integer == i + 1);
}

/* ---- pieces ---- */

static void a_reader_that_failed_stays_failed(void **state)
{
    (void)state;
    struct wire_writer writer = {.arena = &arena};
    wire_put_text(&writer, TEXT("x"));
    wire_put_unsigned(&writer, 5);
    struct wire_reader reader = wire_reader_of(&arena, (struct text){writer.data, writer.size});
    assert_true(text_is(wire_get_text(&reader), "x"));
    assert_false(wire_reader_done(&reader));
    assert_false(wire_get_boolean(&reader));
    assert_true(reader.failed);
    assert_true(wire_get_unsigned(&reader) == 0 && wire_get_text(&reader).size == 0 && wire_get_map(&reader) == 0);
    assert_int_equal(wire_get_value(&reader).kind, VALUE_NONE);
    assert_false(wire_reader_done(&reader));
}

static void counts_that_the_bytes_do_not_bear_out(void **state)
{
    (void)state;
    static const struct text lies[] = {{"\xdd\xff\xff\xff\xff", 5},
                                       {"\xdf\xff\xff\xff\xff", 5},
                                       {"\xdb\xff\xff\xff\xff", 5},
                                       {"\xc6\xff\xff\xff\xff", 5},
                                       {"\x92\xc0", 2},
                                       {"\xa5"
                                        "abc",
                                        4}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        size_t before = arena.total;
        struct wire_reader reader = wire_reader_of(&arena, lies[i]);
        wire_get_value(&reader);
        assert_true(reader.failed);
        assert_true(arena.total - before < 1024);
        reader = wire_reader_of(&arena, lies[i]);
        wire_skip(&reader);
        assert_true(reader.failed);
    }
}

static void skipping_steps_over_one_value(void **state)
{
    (void)state;
    struct wire_writer writer = {.arena = &arena};
    struct message full = message_full(MESSAGE_RESULT);
    wire_put_value(&writer, &full.rows);
    wire_put_bytes(&writer, TEXT("\0\1"));
    wire_put_integer(&writer, -7);
    wire_put_nil(&writer);
    struct wire_reader reader = wire_reader_of(NULL, (struct text){writer.data, writer.size});
    wire_skip(&reader);
    wire_skip(&reader);
    assert_int_equal(wire_get_integer(&reader), -7);
    wire_get_nil(&reader);
    assert_true(wire_reader_done(&reader));
}

static void rows_are_split_where_a_message_is_full(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    struct value *rows = ARENA_ARRAY(&arena, struct value, COUNT);
    struct text large = {.data = arena_take(&arena, 4000), .size = 4000};
    memset((char *)(uintptr_t)large.data, 'x', large.size);
    for (int i = 0; i < COUNT; i++)
        rows[i] = value_text(large);
    uint32_t sent = 0, messages = 0;
    for (; sent < COUNT; messages++) {
        uint32_t fit = wire_rows_fit(rows + sent, COUNT - sent);
        struct message result = {.kind = MESSAGE_RESULT,
                                 .request = UINT64_MAX,
                                 .more = true,
                                 .after = UINT64_MAX,
                                 .position = UINT64_MAX,
                                 .time = INT64_MIN,
                                 .rows = {.kind = VALUE_LIST, .count = fit, .items = rows + sent}};
        struct text bytes;
        assert_int_equal(wire_encode_bounded(&arena, &result, &bytes), ERR_OK);
        sent += fit;
    }
    assert_true(sent == COUNT && messages == 4);
    struct value *many = ARENA_ARRAY(&arena, struct value, 20000);
    for (int i = 0; i < 20000; i++)
        many[i] = value_integer(i);
    assert_in_range(wire_rows_fit(many, 20000), 9900, WIRE_ELEMENTS_MOST);
    assert_int_equal(wire_rows_fit(many, 0), 0);
}

static void text_is_utf8_without_nul(void **state)
{
    (void)state;
    static const char *good[] = {"",
                                 "a",
                                 "金农调字〔2026〕15号",
                                 "\xf0\x90\x80\x80",
                                 "\xf4\x8f\xbf\xbf",
                                 "\xed\x9f\xbf",
                                 "\xee\x80\x80",
                                 "\xef\xbf\xbf",
                                 "12345678中"};
    static const char *bad[] = {"\x80",
                                "\xc1\xbf",
                                "\xc2",
                                "\xe0\x9f\xbf",
                                "\xed\xa0\x80",
                                "\xf0\x8f\xbf\xbf",
                                "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80",
                                "\xff",
                                "\xf0\x90\x41\x80",
                                "\xf0\x90\x80\x41",
                                "12345678\xe4\xb8",
                                "1234567\x80",
                                "中\xe4\xb8"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(wire_is_text(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wire_is_text(text_of(bad[i])));
    for (size_t at = 0; at < 20; at++) {
        char text[20];
        memset(text, 'x', sizeof text);
        assert_true(wire_is_text((struct text){text, sizeof text}));
        text[at] = 0;
        assert_false(wire_is_text((struct text){text, sizeof text}));
        text[at] = '\x80';
        assert_false(wire_is_text((struct text){text, sizeof text}));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_comes_back),
        TEST(members_arrive_in_their_places),
        TEST(what_is_zero_and_not_asked_for_is_left_out),
        TEST(a_code_of_a_newer_engine_is_a_refusal_all_the_same),
        TEST(cut_at_every_byte),
        TEST(random_mutations),
        TEST(sixteen_deep_and_no_deeper),
        TEST(ten_thousand_elements_and_no_more),
        TEST(sizes_up_to_the_limit),
        TEST(integers_take_their_shortest_form),
        TEST(maps_and_fields_are_written_in_order),
        TEST(fields_sent_in_any_order_arrive_in_order),
        TEST(a_reader_that_failed_stays_failed),
        TEST(counts_that_the_bytes_do_not_bear_out),
        TEST(skipping_steps_over_one_value),
        TEST(rows_are_split_where_a_message_is_full),
        TEST(text_is_utf8_without_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
