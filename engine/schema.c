/* schema: see schema.h. One function for each kind of form; what has a name is referred to, and written among the definitions once. */
#include "engine/schema.h"

#include <assert.h>

#include "engine/form.h"
#include "engine/schema_text.h"

enum { DEFINITIONS_MOST = 100 };

/* Something with a name: a form, or (form NULL) a kind of mapping. */
struct definition {
    const struct form *form;
    int where;
};

struct schema {
    struct schema_text text;
    const struct keys *keys;
    struct definition definitions[DEFINITIONS_MOST]; /* in the order in which they were first referred to */
    uint32_t definition_count;
};

static const char *definition_name(const struct schema *schema, struct definition definition)
{
    return definition.form ? definition.form->name : schema->keys->mapping[definition.where].name;
}

/* {"$ref": ...}, or with `name` a member; the definition is written later, unless it is among them already. */
static void refer(struct schema *schema, struct definition definition)
{
    const char *name = definition_name(schema, definition);
    uint32_t at = 0;
    while (at < schema->definition_count && strcmp(definition_name(schema, schema->definitions[at]), name) != 0)
        at++;
    if (at == schema->definition_count) {
        assert(at < DEFINITIONS_MOST);
        schema->definitions[schema->definition_count++] = definition;
    }
    assert(schema->definitions[at].form == definition.form && schema->definitions[at].where == definition.where); /* a name is given once */
    schema_string(&schema->text, "$ref", arena_print(schema->text.arena, "#/definitions/%s", name).data);
}

/* ---- forms: the members of the schema of a value, into an object that is open ---- */

static void put_form(struct schema *schema, const struct form *form);

static void put_use(struct schema *schema, const char *name, const struct form *form)
{
    schema_open(&schema->text, name, '{');
    if (form->name)
        refer(schema, (struct definition){.form = form});
    else
        put_form(schema, form);
    schema_close(&schema->text, '}');
}

static void put_text(struct schema *schema, const struct form *form)
{
    schema_string(&schema->text, "type", "string");
    if (form->least)
        schema_number(&schema->text, "minLength", form->least);
    if (form->most)
        schema_number(&schema->text, "maxLength", form->most);
    if (form->pattern)
        schema_string(&schema->text, "pattern", form->pattern);
}

static void put_words(struct schema *schema, const struct form *form)
{
    schema_open(&schema->text, "enum", '[');
    for (size_t i = 0; i < form->word_count; i++)
        schema_string(&schema->text, NULL, form->words[i]);
    schema_close(&schema->text, ']');
}

static void put_whole(struct schema *schema, const struct form *form)
{
    schema_string(&schema->text, "type", "integer");
    schema_number(&schema->text, "minimum", form->least);
    schema_number(&schema->text, "maximum", form->most);
}

static void put_list(struct schema *schema, const struct form *form)
{
    schema_string(&schema->text, "type", "array");
    put_use(schema, "items", form->of);
    if (form->least)
        schema_number(&schema->text, "minItems", form->least);
    if (form->most)
        schema_number(&schema->text, "maxItems", form->most);
}

static void put_named(struct schema *schema, const struct form *form)
{
    schema_string(&schema->text, "type", "object");
    put_use(schema, "propertyNames", form->keys);
    put_use(schema, "additionalProperties", form->of);
    if (form->least)
        schema_number(&schema->text, "minProperties", form->least);
}

static void put_either(struct schema *schema, const struct form *form)
{
    schema_open(&schema->text, "anyOf", '[');
    for (const struct form *const *part = form->parts; *part; part++)
        put_use(schema, NULL, *part);
    schema_close(&schema->text, ']');
}

static void put_form(struct schema *schema, const struct form *form)
{
    switch (form->kind) {
    case FORM_ANY: return;
    case FORM_NOTHING: schema_string(&schema->text, "type", "null"); return;
    case FORM_TEXT: put_text(schema, form); return;
    case FORM_WORD: put_words(schema, form); return;
    case FORM_WHOLE: put_whole(schema, form); return;
    case FORM_NUMBER: schema_string(&schema->text, "type", "number"); return;
    case FORM_BOOLEAN: schema_string(&schema->text, "type", "boolean"); return;
    case FORM_TRUE: schema_boolean(&schema->text, "const", true); return;
    case FORM_LIST: put_list(schema, form); return;
    case FORM_NAMED: put_named(schema, form); return;
    case FORM_MAP: refer(schema, (struct definition){.where = form->where}); return;
    case FORM_EITHER: put_either(schema, form); return;
    }
}

/* ---- kinds of mapping ---- */

static bool stands_in(const struct key *key, int where)
{
    return key->where == where && !(key->flags & KEY_LATER);
}

/* What a key means stands beside a reference, where draft-07 would not see it: so the reference goes one deeper. */
static void put_property(struct schema *schema, const struct key *key)
{
    bool refers = key->form->name || key->form->kind == FORM_MAP;
    schema_open(&schema->text, key->name, '{');
    schema_string(&schema->text, "description", arena_print(schema->text.arena, "%s: %s", key->meaning, key->shape).data);
    if (refers) {
        schema_open(&schema->text, "allOf", '[');
        put_use(schema, NULL, key->form);
        schema_close(&schema->text, ']');
    } else {
        put_form(schema, key->form);
    }
    schema_close(&schema->text, '}');
}

static void put_properties(struct schema *schema, int where)
{
    schema_open(&schema->text, "properties", '{');
    for (size_t i = 0; i < schema->keys->count; i++)
        if (stands_in(&schema->keys->key[i], where))
            put_property(schema, &schema->keys->key[i]);
    schema_close(&schema->text, '}');
}

static bool any_flagged(const struct keys *keys, int where, unsigned flag)
{
    for (size_t i = 0; i < keys->count; i++)
        if (stands_in(&keys->key[i], where) && (keys->key[i].flags & flag))
            return true;
    return false;
}

static void put_required(struct schema *schema, int where)
{
    if (!any_flagged(schema->keys, where, KEY_NEEDED))
        return;
    schema_open(&schema->text, "required", '[');
    for (size_t i = 0; i < schema->keys->count; i++)
        if (stands_in(&schema->keys->key[i], where) && (schema->keys->key[i].flags & KEY_NEEDED))
            schema_string(&schema->text, NULL, schema->keys->key[i].name);
    schema_close(&schema->text, ']');
}

/* [{"required": ["go"]}, {"required": ["end"]}]: one of them, or some of them. */
static void put_choice(struct schema *schema, int where, const char *name, unsigned flag)
{
    if (!any_flagged(schema->keys, where, flag))
        return;
    schema_open(&schema->text, name, '[');
    for (size_t i = 0; i < schema->keys->count; i++) {
        const struct key *key = &schema->keys->key[i];
        if (!stands_in(key, where) || !(key->flags & flag))
            continue;
        schema_open(&schema->text, NULL, '{');
        schema_open(&schema->text, "required", '[');
        schema_string(&schema->text, NULL, key->name);
        schema_close(&schema->text, ']');
        schema_close(&schema->text, '}');
    }
    schema_close(&schema->text, ']');
}

static void put_mapping(struct schema *schema, int where)
{
    const struct mapping *mapping = &schema->keys->mapping[where];
    schema_string(&schema->text, "type", "object");
    put_properties(schema, where);
    if (mapping->others)
        put_use(schema, "additionalProperties", mapping->others);
    else
        schema_boolean(&schema->text, "additionalProperties", false);
    if (mapping->others)
        put_use(schema, "propertyNames", mapping->other_keys ? mapping->other_keys : &form_name);
    if (mapping->least)
        schema_number(&schema->text, "minProperties", mapping->least);
    put_required(schema, where);
    put_choice(schema, where, "oneOf", KEY_ONE);
    put_choice(schema, where, "anyOf", KEY_SOME);
}

/* ---- the whole ---- */

/* Writing one may refer to others: the list grows until all are written. */
static void put_definitions(struct schema *schema)
{
    schema_open(&schema->text, "definitions", '{');
    for (uint32_t i = 0; i < schema->definition_count; i++) {
        struct definition definition = schema->definitions[i];
        schema_open(&schema->text, definition_name(schema, definition), '{');
        if (definition.form)
            put_form(schema, definition.form);
        else
            put_mapping(schema, definition.where);
        schema_close(&schema->text, '}');
    }
    schema_close(&schema->text, '}');
}

struct text schema_make(struct arena *arena, const struct keys *keys, int root, const char *title)
{
    struct schema schema = {.text = {.arena = arena}, .keys = keys};
    assert(keys->mapping && root >= 0 && (size_t)root < keys->mapping_count);
    schema_open(&schema.text, NULL, '{');
    schema_string(&schema.text, "$schema", "http://json-schema.org/draft-07/schema#");
    schema_string(&schema.text, "title", title);
    put_mapping(&schema, root);
    put_definitions(&schema);
    schema_close(&schema.text, '}');
    return (struct text){schema.text.bytes, schema.text.size};
}
