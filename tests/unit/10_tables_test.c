/* tables: a compiled form becomes bytes and comes back; whatever was changed on the way is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/tables.h"
#include "proto/wire.h"

/* A form with one member of every kind. */
enum { TOWNS, ROADS, REFS, TABLE_COUNT };

struct town {
    int32_t name, nick, kind;
    int64_t people;
    struct span roads, twins;
};

struct road {
    int32_t to, length, next;
};

struct ref {
    int32_t row;
};

#define AT(kind_, type, member, table_) {.kind = (kind_), .offset = (uint32_t)offsetof(struct type, member), .table = (table_)}
static const struct member town_members[] = {
    AT(MEMBER_NEEDED_STRING, town, name, 0), AT(MEMBER_STRING, town, nick, 0),      AT(MEMBER_CHOICE, town, kind, 3),
    AT(MEMBER_WIDE, town, people, 0),        AT(MEMBER_SPAN, town, roads, ROADS), AT(MEMBER_REFS, town, twins, TOWNS),
};
static const struct member road_members[] = {
    AT(MEMBER_NEEDED_ROW, road, to, TOWNS),
    AT(MEMBER_NUMBER, road, length, 0),
    AT(MEMBER_ROW, road, next, ROADS),
};
static const struct member ref_members[] = {AT(MEMBER_REF, ref, row, 0)};
static const struct table_shape shapes[TABLE_COUNT] = {
    {"towns", sizeof(struct town), 6, town_members, 0},
    {"roads", sizeof(struct road), 3, road_members, 0},
    {"refs", sizeof(struct ref), 1, ref_members, 0},
};
static const struct form_shape shape = {.name = "map", .version = 1, .shape_count = TABLE_COUNT, .shapes = shapes};

struct sample {
    struct town towns[2];
    struct road roads[2];
    struct ref refs[1];
    struct table table[TABLE_COUNT];
    struct tables tables;
};

static void sample_init(struct sample *sample)
{
    *sample = (struct sample){
        .towns = {{.name = 0, .nick = NONE, .kind = 2, .people = INT64_MIN, .roads = {0, 2}, .twins = {0, 1}},
                  {.name = 5, .nick = 0, .kind = 0, .people = 4000000000, .roads = {2, 0}, .twins = {1, 0}}},
        .roads = {{.to = 1, .length = -70000, .next = 1}, {.to = 0, .length = 12, .next = NONE}},
        .refs = {{.row = 1}},
    };
    static const char pool[] = "here\0there";
    sample->tables = (struct tables){.table = sample->table, .strings = pool, .strings_size = sizeof pool};
    sample->table[TOWNS] = (struct table){.rows = sample->towns, .count = 2};
    sample->table[ROADS] = (struct table){.rows = sample->roads, .count = 2};
    sample->table[REFS] = (struct table){.rows = sample->refs, .count = 1};
}

static int arena_open(void **state)
{
    static struct arena arena;
    arena_init(&arena);
    *state = &arena;
    return 0;
}

static int arena_shut(void **state)
{
    arena_close(*state);
    return 0;
}

static void test_there_and_back(void **state)
{
    struct sample sample;
    sample_init(&sample);
    struct text bytes = tables_encode(*state, &shape, &sample.tables);
    struct tables back;
    assert_int_equal(tables_decode(*state, &shape, bytes, &back), ERR_OK);
    assert_memory_equal(back.table[TOWNS].rows, sample.towns, sizeof sample.towns);
    assert_memory_equal(back.table[ROADS].rows, sample.roads, sizeof sample.roads);
    assert_int_equal(back.table[REFS].count, 1);
    assert_string_equal(back.strings + 5, "there");
    struct text again = tables_encode(*state, &shape, &back);
    assert_true(text_equal(bytes, again));
}

static void test_empty_form(void **state)
{
    struct table none[TABLE_COUNT] = {{.rows = NULL}};
    struct tables tables = {.table = none, .strings = "", .strings_size = 0};
    struct tables back;
    assert_int_equal(tables_decode(*state, &shape, tables_encode(*state, &shape, &tables), &back), ERR_OK);
    assert_int_equal(back.table[TOWNS].count, 0);
}

/* The same rows under another name, or with another number where the version stands. */
static enum err decode_as(struct arena *arena, const char *name, char version)
{
    struct sample sample;
    sample_init(&sample);
    struct form_shape other = shape;
    other.name = name;
    struct tables back;
    struct text bytes = tables_encode(arena, &other, &sample.tables);
    char *changed = arena_string(arena, bytes);
    changed[5] = version; /* behind the array and "map" */
    return tables_decode(arena, &shape, (struct text){.data = changed, .size = bytes.size}, &back);
}

static void test_versions(void **state)
{
    assert_int_equal(decode_as(*state, "map", 1), ERR_OK);
    assert_int_equal(decode_as(*state, "map", 2), ERR_NEWER_FORMAT);
    assert_int_equal(decode_as(*state, "map", 0), ERR_CORRUPT);
    assert_int_equal(decode_as(*state, "mop", 1), ERR_CORRUPT);
}

/* ---- the form as it has grown: roads have a toll and a town that keeps them, and there are rivers ---- */

enum { RIVERS = TABLE_COUNT, GROWN_COUNT };

struct grown_road {
    int32_t to, length, next, toll, keeper;
    int64_t traffic;
    struct span along;
};

struct river {
    int32_t name;
};

static const struct member grown_road_members[] = {
    AT(MEMBER_NEEDED_ROW, grown_road, to, TOWNS), AT(MEMBER_NUMBER, grown_road, length, 0), AT(MEMBER_ROW, grown_road, next, ROADS),
    {MEMBER_CHOICE, offsetof(struct grown_road, toll), 3, 2},    {MEMBER_ROW, offsetof(struct grown_road, keeper), TOWNS, 2},
    {MEMBER_WIDE, offsetof(struct grown_road, traffic), 0, 3}, {MEMBER_SPAN, offsetof(struct grown_road, along), TOWNS, 3},
};
static const struct member river_members[] = {AT(MEMBER_NEEDED_STRING, river, name, 0)};
static const struct table_shape grown_shapes[GROWN_COUNT] = {
    {"towns", sizeof(struct town), 6, town_members, 0},
    {"roads", sizeof(struct grown_road), 7, grown_road_members, 0},
    {"refs", sizeof(struct ref), 1, ref_members, 0},
    {"rivers", sizeof(struct river), 1, river_members, 2},
};
static const struct form_shape grown = {.name = "map", .version = 3, .shape_count = GROWN_COUNT, .shapes = grown_shapes};

static struct text old_bytes(struct arena *arena)
{
    struct sample sample;
    sample_init(&sample);
    return tables_encode(arena, &shape, &sample.tables);
}

static void test_an_older_form_is_read(void **state)
{
    struct tables back;
    assert_int_equal(tables_decode(*state, &grown, old_bytes(*state), &back), ERR_OK);
    const struct grown_road *road = back.table[ROADS].rows;
    assert_true(back.table[ROADS].count == 2 && road[0].length == -70000 && road[1].length == 12);
    assert_true(road[1].toll == 0 && road[1].keeper == NONE && road[1].traffic == 0 && road[1].along.count == 0);
    assert_int_equal(back.table[RIVERS].count, 0);
}

static void test_what_says_nothing_new_keeps_its_bytes(void **state)
{
    struct tables back;
    struct text old = old_bytes(*state);
    assert_int_equal(tables_decode(*state, &grown, old, &back), ERR_OK);
    assert_true(text_equal(tables_encode(*state, &grown, &back), old));
}

/* A form with something in it that the first version does not have: written as the version that has it, not as the newest. */
static void grows(struct arena *arena, const struct grown_road *last, int32_t rivers, char version)
{
    struct tables back, again;
    static struct river river = {.name = 0};
    assert_int_equal(tables_decode(arena, &grown, old_bytes(arena), &back), ERR_OK);
    struct grown_road *road = back.table[ROADS].rows;
    road[1] = *last;
    back.table[RIVERS] = (struct table){.rows = &river, .count = rivers};
    struct text bytes = tables_encode(arena, &grown, &back);
    assert_int_equal(bytes.data[5], version);
    assert_int_equal(tables_decode(arena, &grown, bytes, &again), ERR_OK);
    assert_true(text_equal(tables_encode(arena, &grown, &again), bytes));
    assert_int_equal(again.table[RIVERS].count, rivers);
    assert_int_equal(((struct grown_road *)again.table[ROADS].rows)[1].keeper, last->keeper);
    assert_int_equal(tables_decode(arena, &shape, bytes, &back), version == 1 ? ERR_OK : ERR_NEWER_FORMAT);
}

static void test_the_lowest_version_that_says_all(void **state)
{
    struct grown_road road = {.to = 0, .length = 12, .next = NONE, .keeper = NONE};
    grows(*state, &road, 0, 1);
    grows(*state, &road, 1, 2);
    road.toll = 2, grows(*state, &road, 0, 2);
    road.toll = 0, road.keeper = 0, grows(*state, &road, 0, 2);
    road.traffic = -1, grows(*state, &road, 1, 3);
    road.traffic = 0, road.along = (struct span){0, 1}, grows(*state, &road, 0, 3);
}

/* Two forms of one content must not be: a higher version than its content needs is refused. */
static void test_a_version_for_nothing_is_corrupt(void **state)
{
    struct tables back;
    struct wire_writer writer = {.arena = *state};
    wire_put_array(&writer, 7);
    wire_put_text(&writer, TEXT("map"));
    wire_put_unsigned(&writer, 2);
    wire_put_bytes(&writer, (struct text){.data = "", .size = 0});
    for (int table = 0; table < GROWN_COUNT; table++)
        wire_put_array(&writer, 0);
    assert_int_equal(tables_decode(*state, &grown, (struct text){.data = writer.data, .size = writer.size}, &back), ERR_CORRUPT);
}

/* Rows written by hand, so that they may lie. */
static struct text form_bytes(struct arena *arena, const int64_t town[8], const int64_t road[3], int64_t ref)
{
    struct wire_writer writer = {.arena = arena};
    wire_put_array(&writer, 6);
    wire_put_text(&writer, TEXT("map"));
    wire_put_unsigned(&writer, 1);
    wire_put_bytes(&writer, (struct text){.data = "a\0b", .size = 4});
    wire_put_array(&writer, 8);
    for (int i = 0; i < 8; i++)
        wire_put_integer(&writer, town[i]);
    wire_put_array(&writer, 3);
    for (int i = 0; i < 3; i++)
        wire_put_integer(&writer, road[i]);
    wire_put_array(&writer, 1);
    wire_put_integer(&writer, ref);
    return (struct text){.data = writer.data, .size = writer.size};
}

static void test_what_members_refuse(void **state)
{
    static const struct {
        int64_t town[8], road[3], ref;
        enum err expected;
    } cases[] = {
        {{0, 2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_OK},
        {{1, 2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},    /* in the middle of a string */
        {{4, 2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},    /* beyond the pool */
        {{NONE, 2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT}, /* a name is needed */
        {{0, NONE, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_OK},
        {{0, -2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 3, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT}, /* an enum out of range */
        {{0, 2, -1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, INT64_MAX, 0, 1, 0, 1}, {0, 5, NONE}, 0, ERR_OK},
        {{0, 2, 1, 5, 0, 2, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT}, /* a span too long */
        {{0, 2, 1, 5, 2, 0, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, -1, 1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, 0, -1, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, INT32_MAX, INT32_MAX, 0, 1}, {0, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, 0, 1, 0, 2}, {0, 5, NONE}, 0, ERR_CORRUPT}, /* refs beyond their table */
        {{0, 2, 1, 5, 0, 1, 0, 1}, {0, 5, NONE}, 1, ERR_CORRUPT}, /* a ref that points nowhere */
        {{0, 2, 1, 5, 0, 1, 0, 0}, {0, 5, NONE}, 1, ERR_OK},      /* nobody uses it */
        {{0, 2, 1, 5, 0, 1, 0, 1}, {1, 5, NONE}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, 0, 1, 0, 1}, {NONE, 5, NONE}, 0, ERR_CORRUPT}, /* a row is needed */
        {{0, 2, 1, 5, 0, 1, 0, 1}, {0, 5, 1}, 0, ERR_CORRUPT},
        {{0, 2, 1, 5, 0, 1, 0, 1}, {0, INT64_C(1) << 31, NONE}, 0, ERR_CORRUPT}, /* does not fit */
        {{0, 2, 1, 5, 0, 1, 0, 1}, {0, -(INT64_C(1) << 31) - 1, NONE}, 0, ERR_CORRUPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tables back;
        enum err err = tables_decode(*state, &shape, form_bytes(*state, cases[i].town, cases[i].road, cases[i].ref), &back);
        if (err != cases[i].expected)
            fail_msg("case %zu: %s", i, err_name(err));
    }
}

/* A copy without slack, so that reading past its end is seen by the sanitizers. */
static enum err decode_tight(struct arena *arena, const char *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    struct tables back;
    enum err err = tables_decode(arena, &shape, (struct text){.data = copy, .size = size}, &back);
    free(copy);
    return err;
}

static void test_truncated_and_longer(void **state)
{
    struct sample sample;
    sample_init(&sample);
    struct text bytes = tables_encode(*state, &shape, &sample.tables);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(decode_tight(*state, bytes.data, size), ERR_CORRUPT);
    char *longer = arena_take(*state, bytes.size + 1);
    memcpy(longer, bytes.data, bytes.size);
    assert_int_equal(decode_tight(*state, longer, bytes.size + 1), ERR_CORRUPT);
}

/* Every byte set to every value: never a crash, and what decodes encodes again. */
static void test_every_byte_changed(void **state)
{
    struct sample sample;
    sample_init(&sample);
    struct text bytes = tables_encode(*state, &shape, &sample.tables);
    char *copy = malloc(bytes.size);
    assert_non_null(copy);
    for (size_t at = 0; at < bytes.size; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct arena_mark mark = arena_save(*state);
            memcpy(copy, bytes.data, bytes.size);
            copy[at] = (char)byte;
            struct tables back;
            enum err err = tables_decode(*state, &shape, (struct text){.data = copy, .size = bytes.size}, &back);
            assert_true(err == ERR_OK || err == ERR_CORRUPT || err == ERR_NEWER_FORMAT);
            if (err == ERR_OK)
                tables_encode(*state, &shape, &back);
            arena_rewind(*state, mark);
        }
    }
    free(copy);
}

/* A count that claims four thousand million numbers in a few bytes must not be believed. */
static void test_count_without_bytes(void **state)
{
    struct wire_writer writer = {.arena = *state};
    wire_put_array(&writer, 6);
    wire_put_text(&writer, TEXT("map"));
    wire_put_unsigned(&writer, 1);
    wire_put_bytes(&writer, TEXT(""));
    wire_put_array(&writer, 0xfffffff8u);
    size_t before = ((struct arena *)*state)->total;
    assert_int_equal(decode_tight(*state, writer.data, writer.size), ERR_CORRUPT);
    assert_true(((struct arena *)*state)->total - before < 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_empty_form, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_versions, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_an_older_form_is_read, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_what_says_nothing_new_keeps_its_bytes, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_the_lowest_version_that_says_all, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_a_version_for_nothing_is_corrupt, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_what_members_refuse, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_truncated_and_longer, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_every_byte_changed, arena_open, arena_shut),
        cmocka_unit_test_setup_teardown(test_count_without_bytes, arena_open, arena_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
