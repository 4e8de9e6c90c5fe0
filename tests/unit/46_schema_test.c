/* schema: what the tables of keys say stands in the schemas made of them, all of it and nothing else, and always in the same bytes. Whether shipped
 * files are valid is asked of another validator: tests/process/schema_test.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>

#include "engine/calendar.h"
#include "engine/calendar_yaml.h"
#include "engine/config.h"
#include "engine/directory_yaml.h"
#include "engine/form.h"
#include "engine/scenario.h"
#include "engine/schema.h"
#include "engine/workflow_yaml.h"
#include "proto/wire.h"

static struct arena arena;

static const struct {
    const char *name;
    const struct keys *keys;
} tables[] = {
    {"workflow", &workflow_keys}, {"scenario", &scenario_keys}, {"directory", &directory_keys}, {"calendar", &calendar_keys}, {"configuration", &config_keys},
};
enum { TABLES = sizeof tables / sizeof *tables };

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

static const struct value *member(const struct value *map, const char *name)
{
    assert_non_null(map);
    assert_int_equal(map->kind, VALUE_MAP);
    for (uint32_t i = 0; i < map->count; i++)
        if (text_is(map->items[2 * i].text, name))
            return &map->items[2 * i + 1];
    return NULL;
}

static const struct value *parse(struct text schema)
{
    struct value *value = ARENA_NEW(&arena, struct value);
    struct text why = {0};
    if (wire_from_json(&arena, schema, value, &why) != ERR_OK)
        fail_msg("the schema is no JSON: %.*s", (int)why.size, why.data);
    return value;
}

static struct text make(int table)
{
    return schema_make(&arena, tables[table].keys, tables[table].keys->key[0].where, tables[table].name);
}

/* The schema of a kind of mapping: the whole, or a definition; NULL: nothing refers to it. */
static const struct value *mapping_of(const struct value *schema, const struct keys *keys, int where)
{
    if (where == keys->key[0].where)
        return schema;
    return member(member(schema, "definitions"), keys->mapping[where].name);
}

static bool listed(const struct value *list, const char *word)
{
    for (uint32_t i = 0; list && i < list->count; i++)
        if (text_is(list->items[i].text, word))
            return true;
    return false;
}

/* [{"required": [word]}, ...] */
static bool offered(const struct value *choice, const char *word)
{
    for (uint32_t i = 0; choice && i < choice->count; i++)
        if (listed(member(&choice->items[i], "required"), word))
            return true;
    return false;
}

/* ---- the tables ---- */

static void every_key_has_a_form_of_its_kinds(void **state)
{
    (void)state;
    for (int table = 0; table < TABLES; table++) {
        const struct keys *keys = tables[table].keys;
        for (size_t i = 0; i < keys->count; i++) {
            const struct key *key = &keys->key[i];
            bool later = key->flags & KEY_LATER;
            if (later != !key->form || (key->form && form_kinds(key->form) != key->kinds))
                fail_msg("%s: the form of \"%s\" (kind of mapping %d) is not what its kinds are", tables[table].name, key->name, key->where);
            assert_true(key->where >= 0 && (size_t)key->where < keys->mapping_count);
            assert_non_null(keys->mapping[key->where].name);
        }
    }
}

/* ---- the schemas ---- */

static void the_same_table_gives_the_same_bytes(void **state)
{
    (void)state;
    for (int table = 0; table < TABLES; table++)
        assert_true(text_equal(make(table), make(table)));
}

static void check_key(const struct value *schema, const struct keys *keys, const struct key *key)
{
    const struct value *mapping = mapping_of(schema, keys, key->where);
    const struct value *found = mapping ? member(member(mapping, "properties"), key->name) : NULL;
    if (key->flags & KEY_LATER) {
        if (found)
            fail_msg("\"%s\" is not carried yet, and stands in the schema", key->name);
        return;
    }
    if (!found)
        fail_msg("\"%s\" (%s) does not stand in the schema", key->name, keys->mapping[key->where].name);
    const struct value *description = member(found, "description");
    assert_true(text_equal(description->text, arena_print(&arena, "%s: %s", key->meaning, key->shape)));
    assert_int_equal(listed(member(mapping, "required"), key->name), (key->flags & KEY_NEEDED) != 0);
    assert_int_equal(offered(member(mapping, "oneOf"), key->name), (key->flags & KEY_ONE) != 0);
    assert_int_equal(offered(member(mapping, "anyOf"), key->name), (key->flags & KEY_SOME) != 0);
}

static void every_key_is_there_with_its_meaning(void **state)
{
    (void)state;
    for (int table = 0; table < TABLES; table++) {
        const struct keys *keys = tables[table].keys;
        const struct value *schema = parse(make(table));
        assert_true(text_is(member(schema, "title")->text, tables[table].name));
        for (size_t i = 0; i < keys->count; i++)
            check_key(schema, keys, &keys->key[i]);
    }
}

static void nothing_else_is_there(void **state)
{
    (void)state;
    for (int table = 0; table < TABLES; table++) {
        const struct keys *keys = tables[table].keys;
        const struct value *schema = parse(make(table));
        for (size_t where = 0; where < keys->mapping_count; where++) {
            const struct value *mapping = keys->mapping[where].name ? mapping_of(schema, keys, (int)where) : NULL;
            uint32_t carried = 0;
            for (size_t i = 0; i < keys->count; i++)
                carried += keys->key[i].where == (int)where && !(keys->key[i].flags & KEY_LATER);
            assert_int_equal(mapping ? member(mapping, "properties")->count : 0, carried);
            if (!mapping)
                continue;
            const struct value *others = member(mapping, "additionalProperties");
            assert_non_null(others);
            assert_int_equal(others->kind == VALUE_BOOLEAN, keys->mapping[where].others == NULL);
        }
    }
}

/* ---- a small table, by hand ---- */

enum { IN_HOUSE, IN_DOOR };
static const char *const colours[] = {"red", "blue"};
static const struct form colour = FORM_WORDS(colours), door = {.kind = FORM_MAP, .where = IN_DOOR}, doors = {.kind = FORM_LIST, .least = 1, .most = 9, .of = &door},
                         width = {.kind = FORM_WHOLE, .least = 1, .most = 5}, wide = FORM_ONE_OF(((const struct form *const[]){&width, &form_nothing, NULL})),
                         said = {.kind = FORM_TEXT, .least = 1, .pattern = "^\"\\\\"};
static const struct key small[] = {
    {IN_HOUSE, "doors", KIND_LIST, KEY_NEEDED, "a list", "its \"doors\"", &doors},
    {IN_HOUSE, "roof", KIND_MAP, KEY_LATER, "a roof", "its roof", NULL},
    {IN_DOOR, "colour", KIND_SCALAR, KEY_ONE, "red or blue", "how it looks", &colour},
    {IN_DOOR, "wide", KIND_SCALAR, KEY_ONE, "a width", "how wide", &wide},
};
static const struct mapping small_mappings[] = {{.name = "house"}, {.name = "door", .others = &said, .least = 1}};
static const struct keys small_keys = {small, sizeof small / sizeof *small, small_mappings, 2};

/* Without the line breaks, and what each line is set in. */
static const char *on_one_line(struct text text)
{
    char *line = arena_take(&arena, text.size + 1);
    size_t size = 0;
    bool begins = true;
    for (size_t i = 0; i < text.size; i++) {
        begins = text.data[i] == '\n' || (begins && text.data[i] == ' ');
        if (!begins)
            line[size++] = text.data[i];
    }
    return line;
}

static void a_small_table_word_for_word(void **state)
{
    (void)state;
    struct text schema = schema_make(&arena, &small_keys, IN_HOUSE, "A house");
    assert_string_equal(on_one_line(schema),
        "{\"$schema\": \"http://json-schema.org/draft-07/schema#\",\"title\": \"A house\",\"type\": \"object\",\"properties\": {"
        "\"doors\": {\"description\": \"its \\\"doors\\\": a list\",\"type\": \"array\",\"items\": {\"$ref\": \"#/definitions/door\"},\"minItems\": 1,\"maxItems\": 9}},"
        "\"additionalProperties\": false,\"required\": [\"doors\"],\"definitions\": {"
        "\"door\": {\"type\": \"object\",\"properties\": {\"colour\": {\"description\": \"how it looks: red or blue\",\"enum\": [\"red\",\"blue\"]},"
        "\"wide\": {\"description\": \"how wide: a width\",\"anyOf\": [{\"type\": \"integer\",\"minimum\": 1,\"maximum\": 5},{\"type\": \"null\"}]}},"
        "\"additionalProperties\": {\"type\": \"string\",\"minLength\": 1,\"pattern\": \"^\\\"\\\\\\\\\"},\"propertyNames\": {\"$ref\": \"#/definitions/name\"},"
        "\"minProperties\": 1,\"oneOf\": [{\"required\": [\"colour\"]},{\"required\": [\"wide\"]}]},"
        "\"name\": {\"type\": \"string\",\"minLength\": 1,\"maxLength\": 64,\"pattern\": \"^[a-z][a-z0-9]*(-[a-z0-9]+)*$\"}}}");
    assert_true(schema.data[schema.size - 1] == '\n');
}

/* ---- patterns say what the readers say ---- */

static bool matches(const struct form *form, const char *text)
{
    regex_t pattern;
    assert_int_equal(regcomp(&pattern, form->pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&pattern, text, 0, NULL, 0) == 0;
    regfree(&pattern);
    return found;
}

static void durations_are_those_of_the_reader(void **state)
{
    (void)state;
    static const char *const words[] = {"1 minute", "30 minutes", "1 hour", "2 working hours", "1 working hour", "3 days", "1 day", "1 week", "2 weeks", "1 month", "12 months",
                                        "5 working days", "1 working day", "0 days", "05 days", "5  days", "5 workdays", "5", "days", " 5 days", "5 days ", "-5 days", "5 Days",
                                        "5 minutess", "1 year", "until 12-31", ""};
    struct workflow_duration duration;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        bool read = duration_parse(text_of(words[i]), &duration) && duration.unit != UNTIL_DATE;
        if (matches(&form_duration, words[i]) != read)
            fail_msg("\"%s\": the reader and the schema differ", words[i]);
    }
    for (int unit = MINUTES; unit < UNTIL_DATE; unit++)
        for (int count = 1; count <= 2; count++)
            assert_true(matches(&form_duration, duration_print(&arena, &(struct workflow_duration){.unit = unit, .count = count}).data));
}

static void names_are_those_of_the_reader(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "grid-3", "a1-b2-c3", "", "A", "3a", "-a", "a-", "a--b", "a_b", "a b", "\xe7\xbd\x91"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(matches(&form_name, words[i]), name_holds(text_of(words[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_form_of_its_kinds),  cmocka_unit_test(the_same_table_gives_the_same_bytes),
        cmocka_unit_test(every_key_is_there_with_its_meaning), cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(a_small_table_word_for_word),         cmocka_unit_test(durations_are_those_of_the_reader),
        cmocka_unit_test(names_are_those_of_the_reader),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
