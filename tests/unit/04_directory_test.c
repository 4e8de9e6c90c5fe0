/* directory: a small district by hand, every question that the engine asks about it; and a random forest against plain models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/directory_make.h"

enum { BUILDING, GRID, COMMUNITY, CENTRE, STREET, DISTRICT };
enum { GRID_WORKER, MEDIATOR, SUPERVISOR };
enum { U_DISTRICT, U_STREET, U_JINNONG, U_GRID3, U_GRID4, U_B7, U_B8, U_CLOSED, U_CENTRE, U_FAR, U_FAR_CENTRE, U_LONE };
enum { ZHOU, LI, WANG, CHEN, FORMER, NOBODY };

#define NO_TITLE {{NULL, 0}, {NULL, 0}}
#define EMPTY {NULL, 0}
#define T(literal) {literal, sizeof(literal) - 1}
#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof *(array)))

static const struct part_level levels[] = {
    {T("building"), {T("楼院"), T("Building")}}, {T("grid"), NO_TITLE}, {T("community"), NO_TITLE},
    {T("centre"), NO_TITLE}, {T("street"), NO_TITLE}, {T("district"), NO_TITLE},
};
static const struct part_role roles[] = {
    {T("grid-worker"), NO_TITLE, REACH_BELOW},
    {T("mediator"), {T("调解员"), T("Mediator")}, REACH_HERE},
    {T("supervisor"), NO_TITLE, REACH_BELOW},
};
/* Out of order on purpose. The level street is skipped by `far`. */
static const struct part_unit units[] = {
    [U_DISTRICT] = {1, T("district"), {T("金农区"), EMPTY}, DISTRICT, NONE, T("cn-statutory"), EMPTY, NONE},
    [U_STREET] = {20, T("heping"), NO_TITLE, STREET, U_DISTRICT, EMPTY, EMPTY, NONE},
    [U_JINNONG] = {9, T("jinnong"), {T("金农社区"), EMPTY}, COMMUNITY, U_STREET, EMPTY, T("金农"), NONE},
    [U_GRID3] = {31, T("jinnong/grid-3"), NO_TITLE, GRID, U_JINNONG, EMPTY, EMPTY, NONE},
    [U_GRID4] = {30, T("jinnong/grid-4"), NO_TITLE, GRID, U_JINNONG, T("special"), EMPTY, NONE},
    [U_B7] = {7, T("jinnong/grid-3/building-7"), NO_TITLE, BUILDING, U_GRID3, EMPTY, EMPTY, NONE},
    [U_B8] = {8, T("jinnong/grid-3/building-8"), NO_TITLE, BUILDING, U_GRID3, EMPTY, EMPTY, NONE},
    [U_CLOSED] = {5, T("jinnong/grid-4/building-1"), NO_TITLE, BUILDING, U_GRID4, EMPTY, EMPTY, U_B8},
    [U_CENTRE] = {2, T("jinnong-centre"), NO_TITLE, CENTRE, U_DISTRICT, EMPTY, EMPTY, NONE},
    [U_FAR] = {40, T("far"), NO_TITLE, COMMUNITY, U_DISTRICT, EMPTY, EMPTY, NONE},
    [U_FAR_CENTRE] = {41, T("far-centre"), NO_TITLE, CENTRE, U_DISTRICT, EMPTY, EMPTY, NONE},
    [U_LONE] = {42, T("far/lone-building"), NO_TITLE, BUILDING, U_FAR, EMPTY, EMPTY, NONE},
};
static const struct part_serve serves[] = {{U_FAR, U_FAR_CENTRE}, {U_DISTRICT, U_CENTRE}};
static const struct part_person people[] = {
    [ZHOU] = {T("zhou"), T("周宁")}, [LI] = {T("li"), EMPTY}, [WANG] = {T("wang"), EMPTY}, [CHEN] = {T("chen"), EMPTY},
    [FORMER] = {T("former"), EMPTY}, [NOBODY] = {T("nobody"), EMPTY},
};
static const struct part_hold holds[] = {
    {ZHOU, SUPERVISOR, U_JINNONG, NONE, NONE, NONE}, {LI, MEDIATOR, U_B7, NONE, NONE, NONE}, {LI, GRID_WORKER, U_GRID3, NONE, NONE, NONE},
    {WANG, MEDIATOR, U_GRID3, NONE, NONE, NONE}, {CHEN, MEDIATOR, U_JINNONG, NONE, NONE, NONE},
    {FORMER, MEDIATOR, U_GRID3, 100, 200, NONE}, {FORMER, MEDIATOR, U_GRID3, 300, NONE, NONE}, {FORMER, SUPERVISOR, U_DISTRICT, NONE, 99, NONE},
    {ZHOU, SUPERVISOR, U_B7, NONE, NONE, NONE},
};

static struct arena arena;
static struct directory directory;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    struct directory_parts parts = {
        .name = T("sample"), .version = 3, .levels = levels, .roles = roles, .units = units, .serves = serves,
        .people = people, .holds = holds, .level_count = COUNT_OF(levels), .role_count = COUNT_OF(roles),
        .unit_count = COUNT_OF(units), .serve_count = COUNT_OF(serves), .person_count = COUNT_OF(people),
        .hold_count = COUNT_OF(holds),
    };
    directory_make(&arena, &parts, &directory);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static int32_t unit(int part)
{
    return directory_find_unit(&directory, units[part].path);
}

static int32_t person(int part)
{
    return directory_find_person(&directory, people[part].id);
}

static void everything_is_found_by_name_and_by_id(void **state)
{
    (void)state;
    assert_string_equal(directory_name(&directory), "sample");
    assert_int_equal(directory_version(&directory), 3);
    assert_int_equal(directory_unit_count(&directory), COUNT_OF(units));
    for (int32_t i = 0; i < COUNT_OF(units); i++) {
        int32_t row = unit(i);
        assert_int_not_equal(row, NONE);
        assert_int_equal(directory_unit_by_id(&directory, (uint32_t)units[i].id), row);
        assert_int_equal(directory_unit(&directory, row)->level, units[i].level);
        assert_string_equal(directory_unit_path(&directory, row), units[i].path.data);
    }
    for (int32_t i = 0; i < COUNT_OF(people); i++)
        assert_string_equal(directory_string(&directory, directory_person(&directory, person(i))->id), people[i].id.data);
    assert_string_equal(directory_string(&directory, directory_person(&directory, person(ZHOU))->title), "周宁");
    assert_int_equal(directory_find_level(&directory, TEXT("community")), COMMUNITY);
    assert_int_equal(directory_find_role(&directory, TEXT("mediator")), MEDIATOR);
    assert_string_equal(directory_string(&directory, directory_role(&directory, MEDIATOR)->title_zh), "调解员");
    assert_string_equal(directory_level_name(&directory, CENTRE), "centre");
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const char *const absent[] = {"", "a", "jinnong/", "jinnong/grid", "jinnong/grid-33", "jinnong/grid-3/", "zzz", "JINNONG"};
    for (int32_t i = 0; i < COUNT_OF(absent); i++) {
        assert_int_equal(directory_find_unit(&directory, text_of(absent[i])), NONE);
        assert_int_equal(directory_find_person(&directory, text_of(absent[i])), NONE);
        assert_int_equal(directory_find_level(&directory, text_of(absent[i])), NONE);
        assert_int_equal(directory_find_role(&directory, text_of(absent[i])), NONE);
    }
    assert_int_equal(directory_unit_by_id(&directory, 0), NONE);
    assert_int_equal(directory_unit_by_id(&directory, 6), NONE);
    assert_int_equal(directory_unit_by_id(&directory, UINT32_MAX), NONE);
    assert_string_equal(directory_unit_path(&directory, NONE), "");
    assert_string_equal(directory_level_name(&directory, NONE), "");
    assert_string_equal(directory_string(&directory, NONE), "");
}

static void the_nearest_above_counts(void **state)
{
    (void)state;
    assert_string_equal(directory_unit_calendar(&directory, unit(U_B7)), "cn-statutory");
    assert_string_equal(directory_unit_calendar(&directory, unit(U_CLOSED)), "special");
    assert_string_equal(directory_unit_short(&directory, unit(U_B7)), "金农");
    assert_string_equal(directory_unit_short(&directory, unit(U_LONE)), "lone-building");
    assert_string_equal(directory_unit_short(&directory, unit(U_FAR)), "far");
    assert_int_equal(directory_unit_numbering(&directory, unit(U_B7)), unit(U_JINNONG));
    assert_int_equal(directory_unit_numbering(&directory, unit(U_B8)), unit(U_JINNONG));
    assert_int_equal(directory_unit_numbering(&directory, unit(U_LONE)), unit(U_LONE));
}

static void the_unit_of_a_level(void **state)
{
    (void)state;
    static const struct {
        int home, level, expected;
    } rows[] = {
        {U_B7, BUILDING, U_B7},     {U_B7, GRID, U_GRID3},         {U_B7, COMMUNITY, U_JINNONG},
        {U_B7, STREET, U_STREET},   {U_B7, DISTRICT, U_DISTRICT},  {U_B7, CENTRE, U_CENTRE}, /* nobody's ancestor */
        {U_LONE, CENTRE, U_FAR_CENTRE},                            /* the nearest that names one */
        {U_LONE, GRID, NONE},       {U_LONE, STREET, NONE},        /* levels that are skipped */
        {U_JINNONG, BUILDING, NONE},                               /* never downwards */
        {U_CENTRE, CENTRE, U_CENTRE}, {U_CLOSED, BUILDING, U_B8}, {U_CLOSED, GRID, U_GRID4},
    };
    for (int32_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t expected = rows[i].expected == NONE ? NONE : unit(rows[i].expected);
        if (directory_unit_at(&directory, unit(rows[i].home), rows[i].level) != expected)
            fail_msg("row %d", i);
    }
}

static void covering(void **state)
{
    (void)state;
    assert_true(directory_covers(&directory, unit(U_B7), unit(U_B7)));
    assert_true(directory_covers(&directory, unit(U_DISTRICT), unit(U_B7)));
    assert_true(directory_covers(&directory, unit(U_GRID3), unit(U_B7)));
    assert_false(directory_covers(&directory, unit(U_B7), unit(U_GRID3)));
    assert_false(directory_covers(&directory, unit(U_GRID4), unit(U_B7)));
    assert_false(directory_covers(&directory, unit(U_CENTRE), unit(U_B7)));
}

static void id_paths_begin_alike_below_one_unit(void **state)
{
    (void)state;
    uint32_t ids[DIRECTORY_DEPTH_MOST];
    assert_int_equal(directory_id_path(&directory, unit(U_B7), ids), 5);
    static const uint32_t expected[] = {1, 20, 9, 31, 7};
    assert_memory_equal(ids, expected, sizeof expected);
    assert_int_equal(directory_id_path(&directory, unit(U_DISTRICT), ids), 1);
    assert_int_equal(ids[0], 1);
}

static void holding_here_and_below(void **state)
{
    (void)state;
    static const struct {
        int person, role, unit, day;
        bool holds, below;
    } rows[] = {
        {LI, GRID_WORKER, U_GRID3, 0, true, true},  {LI, GRID_WORKER, U_B7, 0, true, false}, {LI, GRID_WORKER, U_B8, 0, true, false},
        {LI, GRID_WORKER, U_JINNONG, 0, false, true}, {LI, GRID_WORKER, U_GRID4, 0, false, false},
        {LI, MEDIATOR, U_B7, 0, true, false},       {LI, MEDIATOR, U_B8, 0, false, false},   {LI, MEDIATOR, U_GRID3, 0, false, true},
        {CHEN, MEDIATOR, U_JINNONG, 0, true, false}, {CHEN, MEDIATOR, U_GRID3, 0, false, false}, {CHEN, MEDIATOR, U_DISTRICT, 0, false, true},
        {ZHOU, SUPERVISOR, U_B8, 0, true, false},   {ZHOU, SUPERVISOR, U_LONE, 0, false, false}, {ZHOU, SUPERVISOR, U_JINNONG, 0, true, true},
        {FORMER, MEDIATOR, U_GRID3, 99, false, false}, {FORMER, MEDIATOR, U_GRID3, 100, true, false},
        {FORMER, MEDIATOR, U_GRID3, 200, true, false}, {FORMER, MEDIATOR, U_GRID3, 201, false, false},
        {FORMER, MEDIATOR, U_GRID3, 300, true, false}, {FORMER, SUPERVISOR, U_B7, 99, true, false}, {FORMER, SUPERVISOR, U_B7, 100, false, false},
        {NOBODY, MEDIATOR, U_B7, 0, false, false},  {CHEN, SUPERVISOR, U_JINNONG, 0, false, false},
    };
    for (int32_t i = 0; i < COUNT_OF(rows); i++) {
        int32_t who = person(rows[i].person), where = unit(rows[i].unit);
        if (directory_holds(&directory, who, rows[i].role, where, rows[i].day) != rows[i].holds ||
            directory_holds_below(&directory, who, rows[i].role, where, rows[i].day) != rows[i].below)
            fail_msg("row %d", i);
    }
}

static void holders_come_once_and_in_order(void **state)
{
    (void)state;
    int32_t found[8] = {0};
    assert_int_equal(directory_holders(&directory, SUPERVISOR, unit(U_B7), 50, found, 8), 2); /* zhou holds it twice over */
    assert_int_equal(found[0], person(FORMER));
    assert_int_equal(found[1], person(ZHOU));
    assert_int_equal(directory_holders(&directory, SUPERVISOR, unit(U_B7), 150, found, 8), 1);
    assert_int_equal(found[0], person(ZHOU));
    assert_int_equal(directory_holders(&directory, MEDIATOR, unit(U_GRID3), 150, found, 8), 2);
    assert_int_equal(directory_holders(&directory, MEDIATOR, unit(U_GRID3), 250, found, 8), 1);
    assert_int_equal(found[0], person(WANG));
    assert_int_equal(directory_holders(&directory, MEDIATOR, unit(U_B8), 0, found, 8), 0); /* mediators do not reach below */
    found[1] = -7;
    assert_int_equal(directory_holders(&directory, MEDIATOR, unit(U_GRID3), 150, found, 1), 2);
    assert_int_equal(found[0], person(FORMER));
    assert_int_equal(found[1], -7); /* no more than asked for is written */
    assert_int_equal(directory_holders(&directory, MEDIATOR, unit(U_GRID3), 150, NULL, 0), 2);
}

/* ---- a random tree and random holds against the plain meaning of the words ---- */

static uint32_t seed;

static int32_t roll(int32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (int32_t)((seed >> 8) % (uint32_t)below);
}

enum { R_UNITS = 60, R_PEOPLE = 15, R_HOLDS = 80 };

static bool below_or_same(const struct part_unit *tree, int32_t above, int32_t part)
{
    while (part != NONE && part != above)
        part = tree[part].parent;
    return part == above;
}

static bool model_holds(const struct part_unit *tree, const struct part_hold *held, int32_t who, int32_t role, int32_t part, int32_t day)
{
    for (int32_t i = 0; i < R_HOLDS; i++)
        if (held[i].person == who && held[i].role == role && day >= held[i].from && day <= held[i].until &&
            (held[i].unit == part || (roles[role].reach == REACH_BELOW && below_or_same(tree, held[i].unit, part))))
            return true;
    return false;
}

static void check_random_directory(void)
{
    struct part_unit tree[R_UNITS];
    struct part_person crowd[R_PEOPLE];
    struct part_hold held[R_HOLDS];
    for (int32_t i = 0; i < R_UNITS; i++) {
        int32_t parent = i == 0 ? NONE : roll(i), level = i == 0 ? DISTRICT : tree[parent].level - 1;
        if (level < 0) {
            parent = 0;
            level = DISTRICT - 1;
        }
        tree[i] = (struct part_unit){.id = 1000 - i * 7, .path = arena_print(&arena, "unit-%d", roll(1000) * 100 + i), .level = level,
                                     .parent = parent, .successor = NONE};
    }
    for (int32_t i = 0; i < R_PEOPLE; i++)
        crowd[i] = (struct part_person){.id = arena_print(&arena, "p%d", roll(1000) * 100 + i)};
    for (int32_t i = 0; i < R_HOLDS; i++)
        held[i] = (struct part_hold){roll(R_PEOPLE), roll(3), roll(R_UNITS), roll(5), 5 + roll(5), NONE};
    struct directory_parts parts = {
        .name = T("random"), .version = 1, .levels = levels, .roles = roles, .units = tree, .people = crowd, .holds = held,
        .level_count = COUNT_OF(levels), .role_count = COUNT_OF(roles), .unit_count = R_UNITS, .person_count = R_PEOPLE,
        .hold_count = R_HOLDS,
    };
    directory_make(&arena, &parts, &directory);
    for (int32_t part = 0; part < R_UNITS; part++) {
        int32_t row = directory_find_unit(&directory, tree[part].path), day = roll(11);
        for (int32_t role = 0; role < 3; role++) {
            int32_t listed[R_PEOPLE], expected = 0;
            int32_t count = directory_holders(&directory, role, row, day, listed, R_PEOPLE);
            for (int32_t who = 0; who < R_PEOPLE; who++) {
                bool holds_it = model_holds(tree, held, who, role, part, day), below = false;
                for (int32_t other = 0; other < R_UNITS; other++)
                    below |= other != part && below_or_same(tree, part, other) && model_holds(tree, held, who, role, other, day);
                int32_t who_row = directory_find_person(&directory, crowd[who].id);
                assert_int_equal(directory_holds(&directory, who_row, role, row, day), holds_it);
                assert_int_equal(directory_holds_below(&directory, who_row, role, row, day), below);
                expected += holds_it;
            }
            assert_int_equal(count, expected);
            for (int32_t i = 1; i < count; i++)
                assert_true(listed[i - 1] < listed[i]);
        }
    }
}

static void random_directories_agree_with_the_plain_meaning(void **state)
{
    (void)state;
    for (uint32_t tried = 1; tried <= 40; tried++) {
        arena_reset(&arena);
        seed = tried;
        check_random_directory();
    }
}

/* The same parts in another order are the same directory. */
static void the_order_of_the_parts_does_not_matter(void **state)
{
    (void)state;
    struct part_unit turned[COUNT_OF(units)];
    struct part_hold turned_holds[COUNT_OF(holds)];
    int32_t last = COUNT_OF(units) - 1;
    for (int32_t i = 0; i <= last; i++) {
        turned[last - i] = units[i];
        if (units[i].parent != NONE)
            turned[last - i].parent = last - units[i].parent;
        if (units[i].successor != NONE)
            turned[last - i].successor = last - units[i].successor;
    }
    for (int32_t i = 0; i < COUNT_OF(holds); i++) {
        turned_holds[COUNT_OF(holds) - 1 - i] = holds[i];
        turned_holds[COUNT_OF(holds) - 1 - i].unit = last - holds[i].unit;
    }
    struct part_serve turned_serves[] = {{last - U_DISTRICT, last - U_CENTRE}, {last - U_FAR, last - U_FAR_CENTRE}};
    struct directory_parts parts = {
        .name = T("sample"), .version = 3, .levels = levels, .roles = roles, .units = turned, .serves = turned_serves,
        .people = people, .holds = turned_holds, .level_count = COUNT_OF(levels), .role_count = COUNT_OF(roles),
        .unit_count = COUNT_OF(units), .serve_count = COUNT_OF(serves), .person_count = COUNT_OF(people),
        .hold_count = COUNT_OF(holds),
    };
    struct directory other;
    directory_make(&arena, &parts, &other);
    assert_int_equal(other.tables.strings_size, directory.tables.strings_size);
    assert_memory_equal(other.tables.strings, directory.tables.strings, (size_t)other.tables.strings_size);
    for (int table = 0; table < DIRECTORY_TABLE_COUNT; table++) {
        assert_int_equal(other.table[table].count, directory.table[table].count);
        assert_memory_equal(other.table[table].rows, directory.table[table].rows,
                            (size_t)other.table[table].count * directory_shape.shapes[table].row_size);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_is_found_by_name_and_by_id),
        TEST(what_is_not_there_is_not_found),
        TEST(the_nearest_above_counts),
        TEST(the_unit_of_a_level),
        TEST(covering),
        TEST(id_paths_begin_alike_below_one_unit),
        TEST(holding_here_and_below),
        TEST(holders_come_once_and_in_order),
        TEST(random_directories_agree_with_the_plain_meaning),
        TEST(the_order_of_the_parts_does_not_matter),
    };
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
