/* directory_yaml: what an office writes becomes a directory; each mistake has its sentence and its place; the shipped ones are good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/calendar.h"
#include "engine/directory_yaml.h"
#include "tests/unit/yaml_mistakes.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static const char good[] =
    "directory: office\n"
    "version: 4\n"
    "levels:\n"
    "  - {level: building, title: {zh: 楼院, en: Building}}\n"
    "  - {level: grid, title: 网格}\n"
    "  - {level: centre}\n"
    "  - {level: district}\n"
    "roles:\n"
    "  mediator: {title: {zh: 调解员, en: Mediator}, reach: here}\n"
    "  supervisor: {reach: below}\n"
    "units:\n"
    "  east: {id: 1, level: district, title: 东区, calendar: cn-statutory}\n"
    "  east-centre: {id: 2, level: centre, in: east, short: 东, serves: east}\n"
    "  grid-3: {id: 31, level: grid, in: east}\n"
    "  grid-3/building-7: {id: 7, level: building, title: {zh: 七号楼, en: Building 7}}\n"
    "  grid-4: {id: 32, level: grid, in: east, successor: grid-3}\n"
    "people:\n"
    "  li: {name: 李某, holds: [{role: mediator, at: grid-3, from: 2026-01-01, until: 2026-12-31}]}\n"
    "  wang: {holds: [{role: supervisor, at: east}]}\n";

static void read_good(struct text source, struct directory *directory)
{
    struct problems problems;
    enum err err = directory_read(&arena, "f", source, &problems, directory);
    if (err || problems.warnings)
        fail_msg("%s", problems_print(&problems, &arena).data);
}

static int32_t unit_of(const struct directory *directory, const char *path)
{
    int32_t unit = directory_find_unit(directory, text_of(path));
    if (unit == NONE)
        fail_msg("no unit %s", path);
    return unit;
}

static int32_t person_of(const struct directory *directory, const char *id)
{
    int32_t person = directory_find_person(directory, text_of(id));
    if (person == NONE)
        fail_msg("no person %s", id);
    return person;
}

static void a_directory_becomes_tables(void **state)
{
    (void)state;
    struct directory directory;
    read_good(text_of(good), &directory);
    int32_t east = unit_of(&directory, "east"), building = unit_of(&directory, "grid-3/building-7"), grid = unit_of(&directory, "grid-3");
    const struct directory_unit *unit = directory_unit(&directory, building);
    assert_string_equal(directory_name(&directory), "office");
    assert_int_equal(directory_version(&directory), 4);
    assert_int_equal(directory_unit_count(&directory), 5);
    assert_int_equal(unit->id, 7);
    assert_int_equal(unit->parent, grid);
    assert_string_equal(directory_string(&directory, unit->title_zh), "七号楼");
    assert_string_equal(directory_string(&directory, unit->title_en), "Building 7");
    assert_string_equal(directory_string(&directory, directory_unit(&directory, east)->title_zh), "东区");
    assert_int_equal(directory_unit(&directory, grid)->parent, east); /* as `in` says: the path does not */
    assert_string_equal(directory_unit_calendar(&directory, building), "cn-statutory");
    assert_int_equal(directory_unit_at(&directory, building, directory_find_level(&directory, TEXT("centre"))),
                     unit_of(&directory, "east-centre"));
    assert_int_equal(directory_unit_at(&directory, unit_of(&directory, "grid-4"), directory_find_level(&directory, TEXT("grid"))), grid);
    int32_t li = person_of(&directory, "li"), mediator = directory_find_role(&directory, TEXT("mediator")), first, last;
    assert_true(civil_parse(TEXT("2026-01-01"), &first));
    assert_true(civil_parse(TEXT("2026-12-31"), &last));
    assert_string_equal(directory_string(&directory, directory_person(&directory, li)->title), "李某");
    assert_true(directory_holds(&directory, li, mediator, grid, first));
    assert_true(directory_holds(&directory, li, mediator, grid, last));
    assert_false(directory_holds(&directory, li, mediator, grid, first - 1));
    assert_false(directory_holds(&directory, li, mediator, grid, last + 1));
    assert_false(directory_holds(&directory, li, mediator, building, first));
    assert_true(directory_holds(&directory, person_of(&directory, "wang"), directory_find_role(&directory, TEXT("supervisor")), building, 0));
}

static void stored_and_read_back_it_is_the_same(void **state)
{
    (void)state;
    struct directory directory, back = {.position = 0};
    read_good(source_of(&arena, "config/directory.yaml"), &directory);
    struct text bytes = tables_encode(&arena, &directory_shape, &directory.tables);
    assert_int_equal(tables_decode(&arena, &directory_shape, bytes, &back.tables), ERR_OK);
    directory_bind(&back);
    struct text again = tables_encode(&arena, &directory_shape, &back.tables);
    assert_true(text_equal(bytes, again));
    assert_int_equal(directory_find_unit(&back, TEXT("jinnong/grid-3/building-7")), unit_of(&directory, "jinnong/grid-3/building-7"));
}

/* ---- the shipped ones ---- */

static int32_t units_of_level(const struct directory *directory, const char *level)
{
    int32_t count = 0, wanted = directory_find_level(directory, text_of(level));
    for (int32_t unit = 0; unit < directory_unit_count(directory); unit++)
        count += directory_unit(directory, unit)->level == wanted;
    return count;
}

static void deputies(void **state)
{
    (void)state;
    struct directory directory;
    const struct directory_delegation *ended, *found;
    int32_t may, june;
    assert_true(civil_parse(TEXT("2026-05-01"), &may));
    assert_true(civil_parse(TEXT("2026-06-01"), &june));
    read_good(source_with(&arena, good, "{holds: [{role: supervisor, at: east}]}",
                          "{substitutes: [{for: li, role: mediator, at: grid-3, from: 2026-05-01, until: 2026-05-31}], "
                          "acts-for: [{for: li, basis: 授权书 3 号, from: 2026-04-01, until: 2026-05-31}]}"),
              &directory);
    int32_t li = person_of(&directory, "li"), wang = person_of(&directory, "wang"), mediator = directory_find_role(&directory, TEXT("mediator"));
    int32_t grid = directory_find_unit(&directory, TEXT("grid-3"));
    assert_true(directory_holds(&directory, wang, mediator, grid, may) && directory_holds(&directory, li, mediator, grid, may));
    assert_false(directory_holds(&directory, wang, mediator, grid, may - 1) || directory_holds(&directory, wang, mediator, grid, june));
    assert_true(directory_delegates(&directory));
    found = directory_delegation(&directory, wang, li, may, &ended);
    assert_non_null(found);
    assert_string_equal(directory_string(&directory, found->basis), "授权书 3 号");
    assert_null(directory_delegation(&directory, wang, li, june, &ended));
    assert_int_equal(ended->until, june - 1);
    assert_null(directory_delegation(&directory, wang, li, may - 60, &ended));
    assert_null(ended); /* it has not begun */
    assert_null(directory_delegation(&directory, li, wang, may, &ended));
    struct text bytes = tables_encode(&arena, &directory_shape, &directory.tables);
    struct directory back = {.position = 0};
    assert_int_equal(tables_decode(&arena, &directory_shape, bytes, &back.tables), ERR_OK);
    directory_bind(&back);
    assert_true(directory_delegates(&back));
}

static bool holds(const struct directory *directory, const char *person, const char *role, const char *unit)
{
    return directory_holds(directory, person_of(directory, person), directory_find_role(directory, text_of(role)),
                           unit_of(directory, unit), 20000);
}

static void the_sample_district(void **state)
{
    (void)state;
    static const char *const roles[] = {"grid-worker", "grid-leader", "mediator", "supervisor", "community-clerk", "handling-unit", "secretary",
                                        "council-member", "party-committee", "service-centre", "department", "duty-officer"};
    struct directory directory;
    read_good(source_of(&arena, "config/directory.yaml"), &directory);
    assert_int_equal(units_of_level(&directory, "community"), 56);
    assert_int_equal(units_of_level(&directory, "grid"), 635);
    assert_int_equal(units_of_level(&directory, "building"), 2312);
    assert_int_equal(units_of_level(&directory, "district"), 1);
    assert_int_equal(units_of_level(&directory, "department"), 4);
    assert_int_equal(directory.table[DIRECTORY_ROLES].count, 24);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        assert_int_not_equal(directory_find_role(&directory, text_of(roles[i])), NONE);
    int32_t building = unit_of(&directory, "jinnong/grid-3/building-7");
    assert_string_equal(directory_unit_short(&directory, building), "金农");
    assert_string_equal(directory_unit_calendar(&directory, building), "cn-statutory");
    assert_true(holds(&directory, "li", "grid-worker", "jinnong/grid-3/building-7"));
    assert_true(holds(&directory, "li", "mediator", "jinnong/grid-3/building-7"));
    assert_true(holds(&directory, "wang", "mediator", "jinnong/grid-3"));
    assert_false(holds(&directory, "wang", "mediator", "jinnong/grid-3/building-7"));
    assert_true(holds(&directory, "chen", "mediator", "jinnong"));
    assert_true(holds(&directory, "sun", "mediator", "jinnong-centre"));
    assert_true(holds(&directory, "zhou", "supervisor", "jinnong/grid-3/building-7"));
    assert_false(holds(&directory, "zhou", "supervisor", "jinnong-centre"));
    assert_true(holds(&directory, "council-11-16", "council-member", "jinnong"));
    assert_true(holds(&directory, "secretary-11", "party-committee", "jinnong"));
}

/* Every building climbs the whole ladder, and meets a mediator and a supervisor on each of its steps. */
static void the_ladder_is_whole_everywhere(void **state)
{
    (void)state;
    static const char *const ladder[] = {"building", "grid", "community", "centre"};
    struct directory directory;
    read_good(source_of(&arena, "config/directory.yaml"), &directory);
    int32_t mediator = directory_find_role(&directory, TEXT("mediator")), supervisor = directory_find_role(&directory, TEXT("supervisor"));
    int32_t lowest = directory_find_level(&directory, TEXT("building")), people[4];
    for (int32_t home = 0; home < directory_unit_count(&directory); home++)
        for (size_t i = 0; i < 4 && directory_unit(&directory, home)->level == lowest; i++) {
            int32_t unit = directory_unit_at(&directory, home, directory_find_level(&directory, text_of(ladder[i])));
            if (unit == NONE || directory_holders(&directory, mediator, unit, 20000, people, 4) < 1 ||
                directory_holders(&directory, supervisor, unit, 20000, people, 4) < 1)
                fail_msg("%s at level %s", directory_unit_path(&directory, home), ladder[i]);
        }
}

static void the_office_of_the_permits(void **state)
{
    (void)state;
    struct directory directory;
    read_good(source_of(&arena, "workflows/examples/permit-receipts/directory.yaml"), &directory);
    assert_string_equal(directory_unit_calendar(&directory, unit_of(&directory, "municipality/experts")), "nl-permits");
    assert_true(holds(&directory, "Resource26", "clerk", "municipality/general"));
    assert_true(holds(&directory, "head", "supervisor", "municipality/customer-contact"));
}

/* From two levels to twelve; a unit may skip as many as it likes. */
static void two_to_twelve_levels(void **state)
{
    (void)state;
    for (int32_t levels = 2; levels <= DIRECTORY_DEPTH_MOST; levels++) {
        struct directory directory;
        struct text list = TEXT(""), units = TEXT(""), path = TEXT("");
        for (int32_t i = 0; i < levels; i++)
            list = arena_print(&arena, "%s  - {level: l%d}\n", list.data, i);
        for (int32_t i = levels - 1; i >= 0; i--) {
            path = arena_print(&arena, "%s%su%d", path.data, path.size ? "/" : "", i);
            units = arena_print(&arena, "%s  %s: {id: %d, level: l%d%s}\n", units.data, path.data, i + 1, i, i == levels - 1 ? ", calendar: c" : "");
        }
        struct text source = arena_print(&arena, "directory: d\nversion: 1\nlevels:\n%sroles: {clerk: {reach: here}}\nunits:\n%s"
                                         "  skipping: {id: 99, level: l0, in: u%d}\n", list.data, units.data, levels - 1);
        read_good(source, &directory);
        uint32_t ids[DIRECTORY_DEPTH_MOST];
        int32_t lowest = unit_of(&directory, path.data);
        assert_int_equal(directory_id_path(&directory, lowest, ids), levels);
        assert_int_equal(directory_id_path(&directory, unit_of(&directory, "skipping"), ids), 2);
        for (int32_t level = 0; level < levels; level++)
            assert_int_not_equal(directory_unit_at(&directory, lowest, level), NONE);
    }
}

/* ---- mistakes ---- */

static void each_mistake_has_its_sentence_and_place(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"directory: office", "directory: Our office",
         "f:1:12: directory: found \"Our office\"; allowed is a name of small letters a to z, digits "
         "and single hyphens, beginning with a letter, at most 64.\n"},
        {"version: 4", "version: 4.0",
         "f:2:10: version: found \"4.0\"; allowed is a whole number.\n"},
        {"{level: grid, title: 网格}", "{level: building}",
         "f:5:13: levels[2].level: the level building is listed twice.\n"},
        {"{level: centre}", "{level: centre, titel: 中心}",
         "f:6:21: levels[3].titel: there is no key \"titel\" here. Did you mean \"title\"? Allowed: "
         "level, title.\n"},
        {"{level: centre}", "centre",
         "f:6:5: levels[3]: found \"centre\"; allowed is a mapping with the keys: level, title.\n"},
        {"{zh: 楼院, en: Building}", "{zh: 楼院, de: Haus}",
         "f:4:39: levels[1].title.de: there is no key \"de\" here. Allowed: zh, en.\n"},
        {"reach: here", "reach: hier",
         "f:9:53: roles.mediator.reach: found \"hier\"; allowed is here or below. Did you mean \"here\"?\n"},
        {"supervisor: {reach: below}", "supervisor: {}",
         "f:10:3: roles.supervisor: the key \"reach\" is missing: here or below (holds at its unit "
         "only, or at every unit below it too).\n"},
        {"supervisor: {reach: below}", "opener: {reach: below}",
         "f:10:3: roles.opener: \"opener\" has a meaning of its own in workflows. Use another name.\n"},
        {"supervisor: {reach: below}", "Super Visor: {reach: below}",
         "f:10:3: roles.Super Visor: found the name \"Super Visor\"; allowed is a name of small letters "
         "a to z, digits and single hyphens, beginning with a letter, at most 64.\n"},
        {"{id: 31,", "{id: 7,",
         "f:15:27: units.grid-3/building-7.id: the id 7 is that of grid-3 already (line 14). Give "
         "every unit its own, and never one that was used before.\n"},
        {"{id: 31,", "{id: 0,",
         "f:14:16: units.grid-3.id: found 0; allowed is a whole number from 1 to 2147483647.\n"},
        {"{id: 31,", "{",
         "f:14:3: units.grid-3: the key \"id\" is missing: a whole number from 1 (permanent: never "
         "changed, never given again).\n"},
        {"level: grid, in: east}", "level: gird, in: east}",
         "f:14:27: units.grid-3.level: there is no level \"gird\" in `levels`. Did you mean \"grid\"?\n"},
        {"level: grid, in: east}", "level: district, in: east}",
         "f:14:27: units.grid-3.level: a district cannot lie in east, which is a district. Levels "
         "rise towards the top, in the order of `levels`.\n"},
        {"level: building, title: {zh", "level: grid, title: {zh",
         "f:5:13: levels[2].level: the level grid is listed twice.\n"},
        {"id: 31, level: grid, in: east", "id: 31, level: grid, in: grid-3",
         "f:14:27: units.grid-3.level: a grid cannot lie in grid-3, which is a grid. Levels rise "
         "towards the top, in the order of `levels`.\n"},
        {"grid-3/building-7:", "grid-5/building-7:",
         "f:15:3: units.grid-5/building-7: the unit above, \"grid-5\", is not listed. Did you mean "
         "\"grid-3\"? List it, or say with `in` where this unit belongs.\n"},
        {"grid-3/building-7:", "grid-3/Building 7:",
         "f:15:3: units.grid-3/Building 7: found the path \"grid-3/Building 7\"; allowed are names of "
         "small letters, digits and hyphens, with a slash between them, such as jinnong/grid-3; at "
         "most 256 bytes.\n"},
        {"grid-3/building-7:", "grid-3//building-7:",
         "f:15:3: units.grid-3//building-7: found the path \"grid-3//building-7\"; allowed are names of "
         "small letters, digits and hyphens, with a slash between them, such as jinnong/grid-3; at "
         "most 256 bytes.\n"
         "f:15:3: units.grid-3//building-7: the unit above, \"grid-3/\", is not listed. Did you mean "
         "\"grid-3\"? List it, or say with `in` where this unit belongs.\n"},
        {"level: grid, in: east}", "level: grid}",
         "f:14:3: units.grid-3: there is a top unit already, east (line 12). Say with `in` which unit "
         "this one belongs to.\n"},
        {", calendar: cn-statutory", "",
         "f:12:3: units.east: the top unit must name a `calendar`: it counts wherever no unit below "
         "names another.\n"},
        {"in: east, short: 东", "in: west, short: 东",
         "f:13:43: units.east-centre.in: there is no unit \"west\" in `units`. Did you mean \"east\"?\n"},
        {"short: 东", "short: 东东东东东东东东东东东东东东东东东",
         "f:13:56: units.east-centre.short: this text has 17 characters; at most 16 are allowed.\n"},
        {"serves: east}", "serves: [east-centre, esat]}",
         "f:13:68: units.east-centre.serves[1]: east-centre lies in this unit: it is served without "
         "being named.\n"
         "f:13:81: units.east-centre.serves[2]: there is no unit \"esat\" in `units`. Did you mean "
         "\"east\"?\n"},
        {"serves: east}", "serves: [east, east]}",
         "f:13:74: units.east-centre.serves[2]: east is served by east-centre for this level already "
         "(line 13).\n"},
        {"id: 31, level: grid, in: east", "id: 31, level: grid, in: east, serves: grid-3/building-7",
         "f:14:51: units.grid-3.serves: grid-3/building-7 lies in this unit: it is served without "
         "being named.\n"},
        {"successor: grid-3", "successor: grid-4",
         "f:16:54: units.grid-4.successor: a unit cannot be its own successor.\n"},
        {"successor: grid-3", "successor: grid-33",
         "f:16:54: units.grid-4.successor: there is no unit \"grid-33\" in `units`. Did you mean "
         "\"grid-3\"?\n"},
        {"{id: 31, level: grid, in: east}", "{id: 31, level: grid, in: east, successor: grid-4}",
         "f:14:54: units.grid-3.successor: grid-4 is closed itself. Name the unit that took both "
         "over.\n"
         "f:16:54: units.grid-4.successor: grid-3 is closed itself. Name the unit that took both "
         "over.\n"},
        {"  li:", "  li:zhang:",
         "f:18:3: people.li:zhang: found \"li:zhang\"; allowed is an id of letters, digits, hyphens, "
         "underscores and points, at most 128 bytes, beginning with a letter or digit.\n"},
        {"  li:", "  li zhang:",
         "f:18:3: people.li zhang: found \"li zhang\"; allowed is an id of letters, digits, hyphens, "
         "underscores and points, at most 128 bytes, beginning with a letter or digit.\n"},
        {"  wang:", "  li:",
         "f:19:3: people.li: the key \"li\" stands here a second time (first in line 18). Keep one.\n"},
        {"{role: supervisor, at: east}", "{role: supervizor, at: east}",
         "f:19:25: people.wang.holds[1].role: there is no role \"supervizor\" in `roles`. Did you mean "
         "\"supervisor\"?\n"},
        {"{role: supervisor, at: east}", "{role: supervisor, at: eest}",
         "f:19:41: people.wang.holds[1].at: there is no unit \"eest\" in `units`. Did you mean \"east\"?\n"},
        {"{role: supervisor, at: east}", "{role: supervisor}",
         "f:19:18: people.wang.holds[1]: the key \"at\" is missing: the path of a unit (where it is "
         "held).\n"},
        {"{role: supervisor, at: east}", "{role: supervisor, at: east}, {role: supervisor, at: east, from: 2026-01-01}",
         "f:19:48: people.wang.holds[2]: this person holds supervisor at east already, in the same "
         "time.\n"},
        {"until: 2026-12-31", "until: 2025-12-31",
         "f:18:80: people.li.holds[1].until: found \"2025-12-31\", which is before `from`.\n"},
        {"until: 2026-12-31", "until: 31.12.2026",
         "f:18:80: people.li.holds[1].until: found \"31.12.2026\"; allowed is a date that exists, "
         "written as 2026-10-09.\n"},
        {"until: 2026-12-31", "til: 2026-12-31",
         "f:18:73: people.li.holds[1].til: there is no key \"til\" here. Did you mean \"until\"? Allowed: "
         "role, at, from, until.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{substitutes: [{for: lee, role: mediator, at: grid-3, from: 2026-05-01, until: 2026-05-31}]}",
         "f:19:30: people.wang.substitutes[1].for: there is no person \"lee\" in `people`.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{substitutes: [{for: wang, role: mediator, at: grid-3, from: 2026-05-01, until: 2026-05-31}]}",
         "f:19:30: people.wang.substitutes[1].for: nobody stands in for himself: \"wang\" is this very person.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{substitutes: [{for: li, role: mediator, at: grid-3, from: 2026-12-01, until: 2027-01-31}]}",
         "f:19:24: people.wang.substitutes[1]: li does not hold mediator at grid-3 on all these days: there is nothing to substitute.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{substitutes: [{for: li, role: mediator, at: grid-3, until: 2026-01-31}]}",
         "f:19:24: people.wang.substitutes[1]: the key \"from\" is missing: a date such as 2026-05-01 (the first day).\n"},
        {"{holds: [{role: supervisor, at: east}]}",
         "{holds: [{role: mediator, at: grid-3, until: 2026-05-01}], substitutes: [{for: li, role: mediator, at: grid-3, from: 2026-05-01, until: 2026-05-31}]}",
         "f:19:82: people.wang.substitutes[1]: this person holds mediator at grid-3 already, in the same time.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{acts-for: [{for: li, basis: 授权书, from: 2026-05-01, until: 2026-04-30}]}",
         "f:19:68: people.wang.acts-for[1].until: found \"2026-04-30\", which is before `from`.\n"},
        {"{holds: [{role: supervisor, at: east}]}", "{acts-for: [{for: li, until: 2026-04-30}]}",
         "f:19:21: people.wang.acts-for[1]: the key \"basis\" is missing: text (on what it rests, such as a written authorisation).\n"},
        {"people:\n", "peeple:\n",
         "f:17:1: peeple: there is no key \"peeple\" here. Did you mean \"people\"? Allowed: directory, "
         "version, levels, roles, units, people.\n"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct problems problems;
        struct directory directory;
        struct text source = source_with(&arena, good, mistakes[i].from, mistakes[i].to);
        assert_int_equal(directory_read(&arena, "f", source, &problems, &directory), ERR_INVALID_SOURCE);
        assert_string_equal(problems_print(&problems, &arena).data, mistakes[i].printed);
    }
}

static void what_is_missing_altogether(void **state)
{
    (void)state;
    struct problems problems;
    struct directory directory;
    assert_int_equal(directory_read(&arena, "f", TEXT("people: {li: {holds: [{role: r, at: u}]}}\n"), &problems, &directory), ERR_INVALID_SOURCE);
    assert_string_equal(
        problems_print(&problems, &arena).data,
        "f:1:1: the key \"directory\" is missing: a name such as jinnong (what the directory is called).\n"
        "f:1:1: the key \"version\" is missing: a whole number from 1 (counted up with every change).\n"
        "f:1:1: the key \"levels\" is missing: a list such as [{level: building}, {level: grid}] (the levels of units, lowest first).\n"
        "f:1:1: the key \"roles\" is missing: a mapping of roles (what people can be at a unit).\n"
        "f:1:1: the key \"units\" is missing: a mapping of paths to units (the tree of units).\n");
    assert_int_equal(directory_read(&arena, "f", TEXT("3"), &problems, &directory), ERR_INVALID_SOURCE);
    assert_int_equal(problems.errors, 1);
}

static void too_many_levels(void **state)
{
    (void)state;
    struct problems problems;
    struct directory directory;
    struct text levels = TEXT("{level: a}");
    for (int i = 0; i < DIRECTORY_DEPTH_MOST; i++)
        levels = arena_print(&arena, "%s, {level: b%d}", levels.data, i);
    struct text source = arena_print(&arena, "directory: d\nversion: 1\nlevels: [%s]\nroles: {}\nunits: {}\n", levels.data);
    assert_int_equal(directory_read(&arena, "f", source, &problems, &directory), ERR_INVALID_SOURCE);
    assert_string_equal(problems_print(&problems, &arena).data, "f:3:9: levels: found 13 levels; at most 12 are allowed.\n"
                                                                "f:5:8: units: found an empty mapping; allowed is at least one unit.\n");
}

static void read_any(struct text source)
{
    struct problems problems;
    struct directory directory;
    directory_read(&arena, "f", source, &problems, &directory);
}

static void no_damage_does_harm(void **state)
{
    (void)state;
    read_damaged(&arena, good, read_any);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deputies),
        TEST(a_directory_becomes_tables),
        TEST(stored_and_read_back_it_is_the_same),
        TEST(the_sample_district),
        TEST(the_ladder_is_whole_everywhere),
        TEST(the_office_of_the_permits),
        TEST(two_to_twelve_levels),
        TEST(each_mistake_has_its_sentence_and_place),
        TEST(what_is_missing_altogether),
        TEST(too_many_levels),
        TEST(no_damage_does_harm),
    };
    return cmocka_run_group_tests_name("directory_yaml", tests, NULL, NULL);
}
