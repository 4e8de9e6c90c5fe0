/* workflow_data_yaml: `data` and `groups`: what a case can hold, and the values that a workflow writes. */
#include "engine/workflow_reader.h"

#include "engine/calendar.h"
#include "proto/value.h"

#include <assert.h>

enum { TEXT_LONGEST = 200000, VALUE_TEXT_MOST = 96 };

const char *type_name(int32_t type)
{
    assert(type >= 0 && type < TYPE_COUNT);
    return type_words[type];
}

/* ---- declaring ---- */

/* Words that stand where a field may stand too. */
static bool field_name_allowed(struct workflow_reader *reader, const struct node *node)
{
    for (size_t i = 0; i < sizeof from_words / sizeof from_words[0]; i++)
        if (text_is(node->key, from_words[i])) {
            problems_add_key(reader->problems, node, "\"%s\" says what a limit counts from and cannot name a field. Use another name.",
                             from_words[i]);
            return false;
        }
    return name_allowed(reader, node);
}

void data_declare(struct workflow_reader *reader, const struct node *data, const struct node *groups)
{
    struct workflow_field field;
    struct workflow_group group;
    row_blank(WORKFLOW_FIELDS, &field);
    row_blank(WORKFLOW_GROUPS, &group);
    for (node_each(item, data)) {
        if (item->index >= WORKFLOW_FIELDS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d fields.", WORKFLOW_FIELDS_MOST);
            break;
        }
        field_name_allowed(reader, item);
        field.name = string_push(reader, item->key);
        row_push(reader, WORKFLOW_FIELDS, &field, item);
    }
    for (node_each(item, groups)) {
        if (item->index >= WORKFLOW_GROUPS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d groups.", WORKFLOW_GROUPS_MOST);
            break;
        }
        if (name_allowed(reader, item) && name_find(reader, WORKFLOW_FIELDS, item->key) != NONE)
            problems_add_key(reader->problems, item, "\"%s\" is the name of a field already. Use another name.", item->key.data);
        group.name = string_push(reader, item->key);
        row_push(reader, WORKFLOW_GROUPS, &group, item);
    }
}

/* ---- types with their options ---- */

/* Which option belongs to which types. */
static const struct {
    const char *key;
    unsigned types;
} options[] = {
    {"of", OF_TYPE(FIELD_CHOICE) | OF_TYPE(FIELD_LIST)},
    {"scale", OF_TYPE(FIELD_NUMBER)},
    {"least", OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_PEOPLE)},
    {"with", OF_TYPE(FIELD_PEOPLE)},
    {"most", OF_TYPE(FIELD_TEXT) | OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_PEOPLE) | OF_TYPE(FIELD_LIST)},
};

static const char *types_listed(struct arena *arena, unsigned wanted)
{
    const char *list = "";
    for (int32_t type = 0; type < TYPE_COUNT; type++)
        if (wanted & OF_TYPE(type))
            list = arena_print(arena, "%s%s%s", list, *list ? ", " : "", type_words[type]).data;
    return list;
}

static bool option_fits(const char *key, int32_t type)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(options[i].key, key) == 0)
            return (options[i].types & OF_TYPE(type)) != 0;
    return false;
}

static void refuse_foreign_options(struct workflow_reader *reader, const struct node *node, int32_t type)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const struct node *option = node_get(node, options[i].key);
        if (option && !option_fits(options[i].key, type))
            problems_add_key(reader->problems, option, "\"%s\" means nothing for the type %s. It belongs to: %s.", options[i].key,
                             type_words[type], types_listed(reader->arena, options[i].types));
    }
}

static void choice_check(struct workflow_reader *reader, const struct node *word, struct text text, struct span choices)
{
    if (word->plain && (strstr(text.data, "、") || strstr(text.data, "，")))
        problems_warn(reader->problems, word, "\"%s\" is one choice here. Several are separated by \",\" and a space; one goes in quotes.", text.data);
    if (name_find_in(reader, WORKFLOW_NAMES, choices, text) != NONE)
        problems_add(reader->problems, word, "the choice \"%s\" stands here a second time.", text.data);
    else if (text_is(text, "any"))
        problems_add(reader->problems, word, "\"any\" is a word of the language and cannot be a choice. Use another word.");
}

static void choices_read(struct workflow_reader *reader, const struct node *node, const struct node *owner, struct workflow_field *field)
{
    const struct node *item;
    if (!node) {
        problems_add(reader->problems, owner, "a choice needs \"of\": the list of what can be chosen, such as of: [yard, street].");
        return;
    }
    if (!words_begin(reader, node, &item))
        return;
    field->choices.first = row_count(reader, WORKFLOW_NAMES);
    for (; item && field->choices.count < WORKFLOW_LIST_MOST; item = item->next) {
        const struct node *word = word_node(reader, item);
        struct text text;
        if (!node_text(reader->problems, word, 64, &text))
            continue;
        choice_check(reader, word, text, field->choices);
        word_push(reader, item, text, word_title(item));
        field->choices.count++;
    }
    if (item)
        problems_add(reader->problems, item, "there are more than %d choices.", WORKFLOW_LIST_MOST);
}

static bool bound_read(struct workflow_reader *reader, const struct workflow_field *field, const struct node *node, int64_t *out)
{
    if (field->type == FIELD_NUMBER)
        return node_decimal(reader->problems, node, field->scale, out);
    return node_integer(reader->problems, node, field->type == FIELD_PEOPLE ? 0 : 1,
                        field->type == FIELD_TEXT ? TEXT_LONGEST : WORKFLOW_PEOPLE_MOST, out);
}

static void bounds_read(struct workflow_reader *reader, const struct node *least, const struct node *most, struct workflow_field *field)
{
    if (bound_read(reader, field, least, &field->least))
        field->bounded |= 1;
    if (bound_read(reader, field, most, &field->most))
        field->bounded |= 2;
    if (field->bounded == 3 && field->least > field->most)
        problems_add(reader->problems, most, "the most is below the least: no value could ever be right.");
}

static void element_read(struct workflow_reader *reader, const struct node *node, const struct node *owner, struct workflow_field *list);
static void withs_read(struct workflow_reader *reader, const struct node *node, struct workflow_field *field);

/* What field and element have in common. */
static void type_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where, struct workflow_field *field)
{
    if (!node_choice(reader->problems, key_get(node, where, "type"), type_words, TYPE_COUNT, &field->type))
        return;
    refuse_foreign_options(reader, node, field->type);
    const struct node *of = key_get(node, where, "of"), *scale = key_get(node, where, "scale");
    if (field->type == FIELD_NUMBER && scale && !node_number(reader->problems, scale, 0, WORKFLOW_SCALE_MOST, &field->scale))
        field->scale = WORKFLOW_SCALE_MOST; /* so that what is written with decimal places is not refused for that too */
    if (field->type == FIELD_CHOICE)
        choices_read(reader, of, node, field);
    if (field->type == FIELD_LIST)
        element_read(reader, of, node, field);
    if (field->type == FIELD_PEOPLE && where == IN_FIELD)
        withs_read(reader, key_get(node, where, "with"), field);
    const struct node *least = option_fits("least", field->type) ? key_get(node, where, "least") : NULL;
    const struct node *most = option_fits("most", field->type) ? key_get(node, where, "most") : NULL;
    bounds_read(reader, least, most, field);
}

/* `of: text` or `of: {type: text, most: 2000}`. Elements have rows of their own, after all named fields. */
static void element_read(struct workflow_reader *reader, const struct node *node, const struct node *owner, struct workflow_field *list)
{
    struct workflow_field element;
    row_blank(WORKFLOW_FIELDS, &element);
    if (!node) {
        problems_add(reader->problems, owner, "a list needs \"of\": what its elements are, such as of: {type: text, most: 2000}.");
        return;
    }
    if (node->kind == NODE_SCALAR) {
        if (!node_choice(reader->problems, node, type_words, TYPE_COUNT, &element.type))
            return;
    } else if (key_check(reader, node, IN_ELEMENT)) {
        if (node_is(node_get(node, "type"), "list"))
            element.type = FIELD_LIST;
        else
            type_read(reader, node, IN_ELEMENT, &element);
    }
    if (element.type == FIELD_LIST || element.type == FIELD_PEOPLE || (element.type == FIELD_CHOICE && node->kind == NODE_SCALAR)) {
        problems_add(reader->problems, node, "the elements of a list cannot be %s. Allowed is: %s.",
                     element.type == FIELD_CHOICE ? "choices without \"of\" (write {type: choice, of: [a, b]})" : element.type == FIELD_LIST ? "lists" : "people",
                     "text, number, boolean, date, choice, unit, reference");
        return;
    }
    list->of = row_push(reader, WORKFLOW_FIELDS, &element, node);
}

/* `area: {type: number, scale: 2}` or `since: date`. The engine reckons with it, so it is in clear; what is only told of a person
 * (a name, a telephone) is sealed with the person's other details and needs no declaration. */
static bool with_type_read(struct workflow_reader *reader, const struct node *node, struct workflow_field *with)
{
    row_blank(WORKFLOW_FIELDS, with);
    bool simple = node->kind == NODE_SCALAR;
    const struct node *type = simple ? node : node_get(node, "type");
    if (type && (node_is(type, "text") || node_is(type, "people") || node_is(type, "list"))) {
        problems_add(reader->problems, node, "what belongs to each person cannot be of type %s. Allowed is: number, boolean, date, choice, unit, "
                                             "reference. Other details of a person come with it undeclared, and are sealed.", type->text.data);
        return false;
    }
    if (!simple && key_check(reader, node, IN_WITH)) {
        type_read(reader, node, IN_WITH, with);
        title_read(reader, key_get(node, IN_WITH, "title"), &with->title_zh, &with->title_en);
    }
    if (simple && node_choice(reader->problems, node, type_words, TYPE_COUNT, &with->type) && with->type == FIELD_CHOICE)
        problems_add(reader->problems, node, "a choice needs \"of\": write {type: choice, of: [a, b]}.");
    return true;
}

static void withs_read(struct workflow_reader *reader, const struct node *node, struct workflow_field *field)
{
    struct workflow_field with;
    if (!node)
        return;
    field->with.first = row_count(reader, WORKFLOW_WITHS);
    for (node_each(item, node)) {
        if (item->index >= WORKFLOW_WITHS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d things that belong to each person.", WORKFLOW_WITHS_MOST);
            break;
        }
        if (node_key_name(reader->problems, item) && (text_is(item->key, "id") || text_is(item->key, "sealed")))
            problems_add_key(reader->problems, item, "\"%s\" says who the person is and cannot name what belongs to it. Use another name.", item->key.data);
        if (!with_type_read(reader, item, &with))
            continue;
        struct workflow_with row = {.name = string_push(reader, item->key), .of = row_push(reader, WORKFLOW_FIELDS, &with, item)};
        row_push(reader, WORKFLOW_WITHS, &row, item);
        field->with.count++;
    }
    if (node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is {NAME: TYPE}.");
}

static void field_read(struct workflow_reader *reader, int32_t row)
{
    const struct node *node = row_node(reader, WORKFLOW_FIELDS, row);
    struct workflow_field field = *ROW_OF(reader, FIELDS, field, row);
    if (!key_check(reader, node, IN_FIELD))
        return;
    title_read(reader, key_get(node, IN_FIELD, "title"), &field.title_zh, &field.title_en);
    type_read(reader, node, IN_FIELD, &field);
    field.private = key_get(node, IN_FIELD, "sees") != NULL;
    *ROW_OF(reader, FIELDS, field, row) = field;
}

static void group_read(struct workflow_reader *reader, int32_t row)
{
    const struct node *node = row_node(reader, WORKFLOW_GROUPS, row), *item;
    uint32_t count;
    int32_t fields[WORKFLOW_FIELDS_MOST], found = 0;
    if (!node_list(reader->problems, node, false, &item, &count))
        return;
    for (; item; item = item->next) {
        int32_t field = field_resolve(reader, item, OF_TYPE(FIELD_PEOPLE), USE_MOVE, "a group joins fields of type");
        bool twice = false;
        for (int32_t i = 0; i < found; i++)
            twice = twice || fields[i] == field;
        if (twice)
            problems_add(reader->problems, item, "the field \"%s\" stands here a second time.", item->text.data);
        else if (field != NONE)
            fields[found++] = field;
    }
    ROW_OF(reader, GROUPS, group, row)->fields = refs_push(reader, fields, found);
}

/* Types first, since groups ask for them; then groups; then who sees what, since that may be a group. */
void data_read(struct workflow_reader *reader)
{
    int32_t named = row_count(reader, WORKFLOW_FIELDS);
    for (int32_t row = 0; row < named; row++)
        field_read(reader, row);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_GROUPS); row++)
        group_read(reader, row);
    for (int32_t row = 0; row < named; row++) {
        const struct node *node = row_node(reader, WORKFLOW_FIELDS, row);
        const struct node *sees = node->kind == NODE_MAP ? key_get(node, IN_FIELD, "sees") : NULL;
        if (sees)
            ROW_OF(reader, FIELDS, field, row)->sees = people_read(reader, sees, ALLOW_CASE | ALLOW_WORKER);
    }
}

/* ---- fields where they are named ---- */

int32_t field_check(struct workflow_reader *reader, int32_t row, const struct node *node, unsigned allowed, enum field_use use,
                    const char *purpose)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, row);
    if (!(allowed & OF_TYPE(field->type))) {
        problems_add(reader->problems, node, "%s %s, but \"%s\" is a field of type %s.", purpose, types_listed(reader->arena, allowed),
                     row_name(reader, WORKFLOW_FIELDS, row), type_words[field->type]);
        return NONE;
    }
    if (field->private && use == USE_LOOK) {
        problems_add(reader->problems, node, "the field \"%s\" is private (it has \"sees\"): the engine keeps it sealed and cannot look "
                                             "into it here.", row_name(reader, WORKFLOW_FIELDS, row));
        return NONE;
    }
    return row;
}

int32_t field_resolve(struct workflow_reader *reader, const struct node *node, unsigned allowed, enum field_use use, const char *purpose)
{
    int32_t row = name_resolve(reader, WORKFLOW_FIELDS, node);
    return row == NONE ? NONE : field_check(reader, row, node, allowed, use, purpose);
}

struct span fields_read(struct workflow_reader *reader, const struct node *node)
{
    const struct node *item;
    uint32_t count;
    int32_t fields[WORKFLOW_FIELDS_MOST], found = 0;
    if (!node_list(reader->problems, node, true, &item, &count))
        return (struct span){0, 0};
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        int32_t field = name_resolve(reader, WORKFLOW_FIELDS, item);
        row_mark(reader, WORKFLOW_FIELDS, field, MARK_FILLED);
        bool twice = false;
        for (int32_t j = 0; j < found; j++)
            twice = twice || fields[j] == field;
        if (twice)
            problems_add(reader->problems, item, "the field \"%s\" stands here a second time.", item->text.data);
        else if (field != NONE)
            fields[found++] = field;
    }
    return refs_push(reader, fields, found);
}

/* ---- values ---- */

static int32_t push_number(struct workflow_reader *reader, enum value_kind kind, int64_t number)
{
    struct workflow_value value = {.kind = (int32_t)kind, .number = number, .string = NONE};
    return row_push(reader, WORKFLOW_VALUES, &value, NULL);
}

static int32_t push_text(struct workflow_reader *reader, struct text text)
{
    struct workflow_value value = {.kind = VALUE_TEXT, .string = string_push(reader, text)};
    return row_push(reader, WORKFLOW_VALUES, &value, NULL);
}

static int32_t choice_value(struct workflow_reader *reader, int32_t row, const struct node *node)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, row);
    if (field->choices.count == 0) /* which has been said */
        return NONE;
    if (node->kind == NODE_SCALAR && name_find_in(reader, WORKFLOW_NAMES, field->choices, node->text) != NONE)
        return push_text(reader, node->text);
    struct nearest nearest = nearest_to(node->text);
    for (int32_t i = 0; i < field->choices.count; i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_NAMES, field->choices.first + i)));
    problems_add(reader->problems, node, "found %s, which is no choice of \"%s\".%s Choices: %s.", node_found(reader->arena, node),
                 row_name(reader, WORKFLOW_FIELDS, row), nearest_hint(&nearest, reader->arena),
                 names_listed(reader, WORKFLOW_NAMES, field->choices));
    return NONE;
}

static int32_t number_value(struct workflow_reader *reader, int32_t row, const struct node *node)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, row);
    int64_t number;
    if (!node_decimal(reader->problems, node, field->scale, &number))
        return NONE;
    if (((field->bounded & 1) && number < field->least) || ((field->bounded & 2) && number > field->most))
        problems_add(reader->problems, node, "found %s, which lies outside the least and most of \"%s\".", node_found(reader->arena, node),
                     row_name(reader, WORKFLOW_FIELDS, row));
    return push_number(reader, VALUE_INTEGER, number);
}

/* Longer texts are kept in the log: the engine does not look into them. */
static int32_t text_value(struct workflow_reader *reader, const struct node *node)
{
    struct text text;
    if (!node_text(reader->problems, node, 0, &text))
        return NONE;
    if (text.size > VALUE_TEXT_MOST)
        problems_add(reader->problems, node, "this value has %zu bytes; the engine compares and sets at most %d.", text.size, VALUE_TEXT_MOST);
    return push_text(reader, text);
}

/* A field whose type is wrong or missing has been told of; nobody knows which values it would have. */
static bool type_is_known(const struct workflow_reader *reader, int32_t row)
{
    const struct node *type = node_get(row_node(reader, WORKFLOW_FIELDS, row), "type");
    for (int i = 0; type && i < TYPE_COUNT; i++)
        if (text_is(type->text, type_words[i]))
            return true;
    return false;
}

int32_t value_read(struct workflow_reader *reader, int32_t row, const struct node *node)
{
    if (!type_is_known(reader, row))
        return NONE;
    enum field_type type = (enum field_type)ROW_OF(reader, FIELDS, field, row)->type;
    bool boolean;
    int32_t date;
    switch (type) {
    case FIELD_BOOLEAN: return node_boolean(reader->problems, node, &boolean) ? push_number(reader, VALUE_BOOLEAN, boolean) : NONE;
    case FIELD_DATE: return node_date(reader->problems, node, &date) ? push_number(reader, VALUE_INTEGER, date) : NONE;
    case FIELD_NUMBER: return number_value(reader, row, node);
    case FIELD_CHOICE: return choice_value(reader, row, node);
    case FIELD_TEXT:
    case FIELD_UNIT:
    case FIELD_REFERENCE: return text_value(reader, node);
    case FIELD_PEOPLE:
    case FIELD_LIST: break;
    }
    problems_add(reader->problems, node, "the field \"%s\" is of type %s: no value can be written for it here.",
                 row_name(reader, WORKFLOW_FIELDS, row), type_words[type]);
    return NONE;
}
