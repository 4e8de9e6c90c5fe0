/* The vectors that every implementation shares (proto/vectors/README.md), against ours; and the grammar of PROTOCOL.md
 * against the table. */
#include "proto/message_members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

struct lines {
    FILE *file;
    char *line;
    size_t room;
    struct arena arena;
    struct value vector; /* the line that was read last */
};

static void lines_open(struct lines *lines, const char *path)
{
    *lines = (struct lines){.file = fopen(path, "r")};
    if (!lines->file)
        fail_msg("%s is not there: run from the project's folder", path);
    arena_init(&lines->arena);
}

static bool lines_next(struct lines *lines)
{
    arena_reset(&lines->arena);
    ssize_t size = getline(&lines->line, &lines->room, lines->file);
    if (size < 0)
        return false;
    struct text why;
    assert_int_equal(wire_from_json(&lines->arena, (struct text){lines->line, (size_t)size}, &lines->vector, &why),
                     ERR_OK);
    return true;
}

static void lines_close(struct lines *lines)
{
    fclose(lines->file);
    free(lines->line);
    arena_close(&lines->arena);
}

static struct text member(const struct lines *lines, const char *name)
{
    const struct value *value = value_get(&lines->vector, name);
    return value ? value->text : (struct text){0};
}

static struct text unhex(struct arena *arena, struct text hex)
{
    char *bytes = arena_take(arena, hex.size / 2 + 1);
    for (size_t i = 0; i < hex.size / 2; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex.data + 2 * i, "%2x", &byte), 1);
        bytes[i] = (char)byte;
    }
    return (struct text){.data = bytes, .size = hex.size / 2};
}

static void texts_must_equal(struct text name, struct text a, struct text b)
{
    if (!text_equal(a, b))
        fail_msg("%.*s: %.*s is not %.*s", (int)name.size, name.data, (int)a.size, a.data, (int)b.size, b.data);
}

/* Decodes to what the vector says, and the message made of it has the canonical bytes. */
static void message_must_hold(struct lines *lines)
{
    struct arena *arena = &lines->arena;
    struct text name = member(lines, "name"), bytes = unhex(arena, member(lines, "hex")), why;
    struct message message;
    enum err code = wire_decode(arena, bytes, &message, &why);
    if (code)
        fail_msg("%.*s: refused: %.*s", (int)name.size, name.data, (int)why.size, why.data);
    struct wire_reader reader = wire_reader_of(arena, bytes);
    struct value plain = wire_get_value(&reader);
    assert_true(wire_reader_done(&reader));
    texts_must_equal(name, wire_json(arena, &plain), wire_json(arena, value_get(&lines->vector, "message")));
    struct text canonical = member(lines, "canonical");
    canonical = canonical.size ? unhex(arena, canonical) : bytes;
    struct value made = value_bytes(NULL, 0), wanted = value_bytes(canonical.data, canonical.size);
    made.text = wire_encode(arena, &message);
    texts_must_equal(name, wire_json(arena, &made), wire_json(arena, &wanted));
}

static void good_messages(void **state)
{
    (void)state;
    struct lines lines;
    unsigned count = 0;
    bool kinds[MESSAGE_KIND_COUNT] = {false};
    lines_open(&lines, "proto/vectors/messages.jsonl");
    for (; lines_next(&lines); count++) {
        message_must_hold(&lines);
        struct value kind = *value_get(value_get(&lines.vector, "message"), "m");
        for (unsigned i = 0; i < MESSAGE_KIND_COUNT; i++)
            kinds[i] = kinds[i] || text_is(kind.text, message_kind_name((enum message_kind)i));
    }
    lines_close(&lines);
    assert_true(count > 60);
    for (unsigned i = 0; i < MESSAGE_KIND_COUNT; i++)
        if (!kinds[i])
            fail_msg("there is no vector of %s", message_kind_name((enum message_kind)i));
}

static struct text refused_bytes(struct lines *lines)
{
    struct text head = unhex(&lines->arena, member(lines, "hex")),
                repeat = unhex(&lines->arena, member(lines, "repeat")),
                tail = unhex(&lines->arena, member(lines, "tail"));
    const struct value *times = value_get(&lines->vector, "times");
    size_t count = times ? (size_t)times->integer : 0;
    struct wire_writer writer = {.arena = &lines->arena};
    wire_put_raw(&writer, head.data, head.size);
    for (size_t i = 0; i < count; i++)
        wire_put_raw(&writer, repeat.data, repeat.size);
    wire_put_raw(&writer, tail.data, tail.size);
    /* Exactly sized memory, so that a sanitizer sees a read beyond the end. */
    char *exact = malloc(writer.size ? writer.size : 1);
    assert_non_null(exact);
    memcpy(exact, writer.data ? writer.data : "", writer.size);
    return (struct text){.data = exact, .size = writer.size};
}

static void refused_messages(void **state)
{
    (void)state;
    struct lines lines;
    unsigned count = 0;
    lines_open(&lines, "proto/vectors/refused.jsonl");
    for (; lines_next(&lines); count++) {
        struct text name = member(&lines, "name"), names = member(&lines, "names"), wanted = member(&lines, "code"),
                    why;
        struct text bytes = refused_bytes(&lines);
        struct message message;
        size_t before = lines.arena.total;
        enum err code = wire_decode(&lines.arena, bytes, &message, &why);
        size_t taken = lines.arena.total - before;
        texts_must_equal(name, text_of(err_name(code)), wanted);
        if (!memmem(why.data, why.size, names.data, names.size))
            fail_msg("%.*s: '%.*s' does not mention %.*s", (int)name.size, name.data, (int)why.size, why.data,
                     (int)names.size, names.data);
        if (message.request != (uint64_t)value_get(&lines.vector, "r")->integer)
            fail_msg("%.*s: r is %llu", (int)name.size, name.data, (unsigned long long)message.request);
        if (taken > 64 * 1024)
            fail_msg("%.*s: took %zu bytes", (int)name.size, name.data, taken);
        free((void *)(uintptr_t)bytes.data);
    }
    lines_close(&lines);
    assert_true(count > 60);
}

/* ---- the grammar of PROTOCOL.md against the table ---- */

static uint64_t member_bit(const char *name, size_t size)
{
    for (unsigned i = 0; i < MEMBER_COUNT; i++)
        if (strlen(message_members[i].name) == size && memcmp(message_members[i].name, name, size) == 0)
            return UINT64_C(1) << i;
    fail_msg("the grammar has a member %.*s", (int)size, name);
    return 0;
}

/* The members named between `from` and `to`. */
static uint64_t members_named(const char *from, const char *to)
{
    uint64_t bits = 0;
    for (const char *at = from; at < to;) {
        size_t gap = strspn(at, " []"), size = strcspn(at + gap, " []}\n;");
        if (at + gap >= to || size == 0)
            break;
        bits |= member_bit(at + gap, size);
        at += gap + size;
    }
    return bits;
}

static void the_grammar_is_the_table(void **state)
{
    (void)state;
    static char protocol[1 << 17];
    FILE *file = fopen("proto/PROTOCOL.md", "r");
    assert_non_null(file);
    assert_in_range(fread(protocol, 1, sizeof protocol - 1, file), 10000, sizeof protocol - 2);
    fclose(file);
    const char *receipt = strstr(protocol, "\nreceipt   = ");
    assert_non_null(receipt);
    uint64_t receipt_bits = members_named(receipt + strlen("\nreceipt   = "), strchr(receipt + 1, ';'));
    for (unsigned kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        char start[64];
        snprintf(start, sizeof start, "= { m:\"%s\" ", message_kind_name((enum message_kind)kind));
        const char *must = strstr(protocol, start);
        if (!must)
            fail_msg("the grammar has no %s", start);
        must += strlen(start);
        const char *end = strchr(must, '}'), *may = must + strcspn(must, "[}");
        uint64_t may_bits = strncmp(may, "[receipt]", 9) == 0 ? receipt_bits : members_named(may, end);
        if (members_named(must, may) != message_carries[kind].must || may_bits != message_carries[kind].may)
            fail_msg("the grammar of %s is not what the table says", start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_messages),
        cmocka_unit_test(refused_messages),
        cmocka_unit_test(the_grammar_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
