/* workflow_open_yaml: child cases: `open` beside an outcome, `children` of a stage, `gives` of an end; and cases that are opened where there is none (a
 * quota's `short`).
 *
 * What the child's workflow has (its fields, its ends) is not known here: the files are deployed each by itself. What does not fit there is
 * found when the child is opened, and then an incident stands on the parent. Private fields neither flow out nor come back: the engine
 * that carries values from case to case cannot unseal them. */
#include "engine/workflow_reader.h"
#include "proto/value.h"

/* ---- what flows ---- */

/* A field of this workflow whose value another case gets. */
static void check_flows_out(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    const struct workflow_field *row = ROW_OF(reader, FIELDS, field, field);
    const char *name = row_name(reader, WORKFLOW_FIELDS, field);
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_USED);
    if (row->private)
        problems_add(reader->problems, node, "the field \"%s\" is private (it has \"sees\") and cannot flow into another case.", name);
    else if (row->type == FIELD_LIST)
        problems_add(reader->problems, node, "the field \"%s\" is a list and cannot flow into another case as a whole.", name);
}

/* A field of the child, as a name. */
static int32_t its_read(struct workflow_reader *reader, const struct node *node)
{
    struct text name;
    return node_name(reader->problems, node, &name) ? string_push(reader, name) : NONE;
}

static int32_t push_value(struct workflow_reader *reader, enum value_kind kind, int64_t number, struct text text)
{
    struct workflow_value value = {.kind = (int32_t)kind, .number = number, .string = kind == VALUE_TEXT ? string_push(reader, text) : NONE};
    return row_push(reader, WORKFLOW_VALUES, &value, NULL);
}

/* A value as the child's field takes it: every type but boolean is written as text there too (intake_value.c). */
static int32_t value_for_child(struct workflow_reader *reader, const struct node *node)
{
    enum { VALUE_MOST = 96 };
    struct text text;
    if (node->plain && (node_is(node, "true") || node_is(node, "false")))
        return push_value(reader, VALUE_BOOLEAN, node_is(node, "true"), (struct text){0});
    if (!node_text(reader->problems, node, 0, &text))
        return NONE;
    if (text.size > VALUE_MOST)
        problems_add(reader->problems, node, "this value has %zu bytes; at most %d can be given.", text.size, VALUE_MOST);
    struct nearest nearest = nearest_to(text);
    nearest.most = 2;
    for (int32_t i = 0; node->plain && i < row_count(reader, WORKFLOW_FIELDS); i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_FIELDS, i)));
    if (nearest.best.size)
        problems_warn(reader->problems, node, "\"%s\" is no field, so it is given as this text.%s Put it in quotes when the text is meant.", text.data,
                      nearest_hint(&nearest, reader->arena));
    return push_value(reader, VALUE_TEXT, 0, text);
}

static void given_one(struct workflow_reader *reader, const struct node *node, bool of_case, struct workflow_given *given)
{
    row_blank(WORKFLOW_GIVENS, given);
    given->its = its_read(reader, key_node(reader, node));
    if (node->kind != NODE_SCALAR || node_empty(node)) {
        problems_add(reader->problems, node, "found %s; allowed is a field of this workflow, or a value.", node_found(reader->arena, node));
        return;
    }
    given->from = node->plain ? name_find(reader, WORKFLOW_FIELDS, node->text) : NONE;
    if (given->from != NONE && !of_case)
        problems_add(reader->problems, node, "\"%s\" is a field of a case, and here there is none. Allowed is a value; put it in quotes when this text is meant.",
                     node->text.data);
    else if (given->from != NONE)
        check_flows_out(reader, given->from, node);
    else
        given->value = value_for_child(reader, node);
}

static struct span givens_read(struct workflow_reader *reader, const struct node *node, bool of_case)
{
    struct workflow_given givens[WORKFLOW_FIELDS_MOST];
    int32_t found = 0;
    for (node_each(item, node)) {
        if (found == WORKFLOW_FIELDS_MOST) {
            problems_add(reader->problems, node, "there are more than %d fields.", WORKFLOW_FIELDS_MOST);
            break;
        }
        given_one(reader, item, of_case, &givens[found++]);
    }
    struct span span = {.first = row_count(reader, WORKFLOW_GIVENS), .count = found};
    for (int32_t i = 0; i < found; i++)
        row_push(reader, WORKFLOW_GIVENS, &givens[i], node);
    return span;
}

static void return_one(struct workflow_reader *reader, const struct node *node, struct workflow_return *back)
{
    row_blank(WORKFLOW_RETURNS, back);
    back->field = name_resolve(reader, WORKFLOW_FIELDS, key_node(reader, node));
    back->its = its_read(reader, node);
    row_mark(reader, WORKFLOW_FIELDS, back->field, MARK_FILLED);
    if (back->field != NONE && ROW_OF(reader, FIELDS, field, back->field)->private)
        problems_add(reader->problems, node, "the field \"%s\" is private (it has \"sees\"): what another case gives cannot be sealed for it.",
                     row_name(reader, WORKFLOW_FIELDS, back->field));
}

static struct span returns_read(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_return returns[WORKFLOW_FIELDS_MOST];
    int32_t found = 0;
    for (node_each(item, node))
        if (found < WORKFLOW_FIELDS_MOST)
            return_one(reader, item, &returns[found++]);
    struct span span = {.first = row_count(reader, WORKFLOW_RETURNS), .count = found};
    for (int32_t i = 0; i < found; i++)
        row_push(reader, WORKFLOW_RETURNS, &returns[i], node);
    return span;
}

/* ---- open ---- */

static void place_read(struct workflow_reader *reader, const struct node *node, struct workflow_open *open)
{
    if (!node)
        return;
    if (node->kind != NODE_MAP) {
        open->at = OPEN_AT_LEVEL;
        open->level = level_resolve(reader, node);
    } else if (key_check(reader, node, IN_AT)) {
        open->at = OPEN_AT_FIELD;
        open->field = field_resolve(reader, key_get(node, IN_AT, "unit"), OF_TYPE(FIELD_UNIT), USE_LOOK, "\"at\" takes a field of type");
    }
}

static void open_read(struct workflow_reader *reader, const struct node *node, struct workflow_open *open)
{
    struct text name;
    row_blank(WORKFLOW_OPENS, open);
    if (!key_check(reader, node, IN_CHILD))
        return;
    if (node_name(reader->problems, key_get(node, IN_CHILD, "workflow"), &name))
        open->workflow = string_push(reader, name);
    place_read(reader, key_get(node, IN_CHILD, "at"), open);
    open->with = givens_read(reader, key_get(node, IN_CHILD, "with"), true);
    open->returns = returns_read(reader, key_get(node, IN_CHILD, "returns"));
    const struct node *parent_ends = key_get(node, IN_CHILD, "if-parent-ends");
    if (parent_ends)
        node_choice(reader->problems, parent_ends, parent_ends_words, 2, &open->if_parent_ends);
}

/* Opened at a unit, not by a case: nothing comes back from it. */
static void short_open_read(struct workflow_reader *reader, const struct node *node, int32_t level, struct workflow_open *open)
{
    struct text name;
    row_blank(WORKFLOW_OPENS, open);
    if (!key_check(reader, node, IN_SHORT_OPEN))
        return;
    const struct node *at = key_get(node, IN_SHORT_OPEN, "at");
    if (node_name(reader->problems, key_get(node, IN_SHORT_OPEN, "workflow"), &name))
        open->workflow = string_push(reader, name);
    open->at = OPEN_AT_LEVEL;
    open->level = at ? level_resolve(reader, at) : level;
    open->with = givens_read(reader, key_get(node, IN_SHORT_OPEN, "with"), false);
}

/* `level`: of the units that fall short; of children NONE. */
static struct span opens_read(struct workflow_reader *reader, const struct node *node, bool of_case, int32_t level)
{
    struct workflow_open opens[WORKFLOW_OPENS_MOST];
    const struct node *item, *places[WORKFLOW_OPENS_MOST];
    uint32_t count;
    int32_t found = 0;
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return (struct span){0, 0};
    if (count > WORKFLOW_OPENS_MOST)
        problems_add(reader->problems, node, "there are more than %d cases to be opened.", WORKFLOW_OPENS_MOST);
    for (uint32_t i = 0; i < count && i < WORKFLOW_OPENS_MOST; i++, item = item->next) {
        places[found] = item;
        if (of_case)
            open_read(reader, item, &opens[found++]);
        else
            short_open_read(reader, item, level, &opens[found++]);
    }
    struct span span = {.first = row_count(reader, WORKFLOW_OPENS), .count = found};
    for (int32_t i = 0; i < found; i++)
        row_push(reader, WORKFLOW_OPENS, &opens[i], places[i]);
    return span;
}

struct span opens_read_children(struct workflow_reader *reader, const struct node *node)
{
    return opens_read(reader, node, true, NONE);
}

struct span opens_read_short(struct workflow_reader *reader, const struct node *node, int32_t level)
{
    struct span span = opens_read(reader, node, false, level);
    reader->short_opens += span.count;
    return span;
}

/* ---- children ---- */

static bool something_opens(const struct workflow_reader *reader)
{
    return row_count(reader, WORKFLOW_OPENS) > reader->short_opens;
}

static void wait_read(struct workflow_reader *reader, const struct node *node, struct workflow_wait *wait)
{
    int32_t of;
    wait->wait = DONE_ALL; /* as if it had been said, after a mistake */
    if (!node)
        return;
    if (node_is(node, "all") || node_is(node, "any"))
        wait->wait = node_is(node, "all") ? DONE_ALL : DONE_ANY;
    else if (!some_read(node->text, &wait->some, &of) || wait->some < 1 || wait->some > of)
        problems_add(reader->problems, node, "found %s; allowed is all, any, or such as \"2 of 3\".", node_found(reader->arena, node));
    else
        wait->wait = DONE_SOME;
}

/* Names of ends of other workflows. */
static struct span ends_awaited(struct workflow_reader *reader, const struct node *node)
{
    const struct node *item;
    uint32_t count;
    struct span span = {.first = row_count(reader, WORKFLOW_NAMES), .count = 0};
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return span;
    for (; count && span.count < WORKFLOW_ENDS_MOST; count--, item = item->next) {
        struct text name;
        if (!node_name(reader->problems, item, &name))
            continue;
        word_push(reader, item, name, NULL);
        span.count++;
    }
    return span;
}

/* The clock can stand still for one reason at a time. */
static int32_t stops_clock_read(struct workflow_reader *reader, const struct node *node)
{
    static const char *const others[] = {"stop-clock", "extend"};
    const struct node *stage = row_node(reader, WORKFLOW_STAGES, reader->stage);
    bool stops = false;
    if (!node || !node_boolean(reader->problems, node, &stops) || !stops)
        return 0;
    if (!node_get(stage, "within"))
        problems_add(reader->problems, node, "\"stops-clock\" needs a deadline, and this stage has no \"within\".");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (node_get(stage, others[i]))
            problems_add(reader->problems, node, "\"stops-clock\" and \"%s\" cannot stand in one stage: the deadline would stand still for two reasons.", others[i]);
    return 1;
}

void children_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_wait wait;
    row_blank(WORKFLOW_WAITS, &wait);
    if (!node || !key_check(reader, node, IN_CHILDREN))
        return;
    const struct node *scope = key_get(node, IN_CHILDREN, "of");
    wait_read(reader, key_get(node, IN_CHILDREN, "wait"), &wait);
    if (scope)
        node_choice(reader->problems, scope, scope_words, 2, &wait.scope);
    wait.ends = ends_awaited(reader, key_get(node, IN_CHILDREN, "ends"));
    wait.stops_clock = stops_clock_read(reader, key_get(node, IN_CHILDREN, "stops-clock"));
    stage->children = (struct span){row_push(reader, WORKFLOW_WAITS, &wait, node), 1};
    if (!something_opens(reader))
        reader->children_awaited = node; /* something opens them further down, or nothing does: check_children */
}

void check_children(struct workflow_reader *reader)
{
    if (reader->children_awaited && !something_opens(reader) && !reader->doubtful[WORKFLOW_OPENS])
        problems_add_key(reader->problems, reader->children_awaited, "this stage waits for child cases, but nothing opens any. Let some outcome do so (open: [...]).");
}

/* ---- gives ---- */

struct span gives_read(struct workflow_reader *reader, const struct node *node)
{
    int32_t fields[WORKFLOW_FIELDS_MOST], found = 0;
    const struct node *item;
    uint32_t count;
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return (struct span){0, 0};
    for (; count && found < WORKFLOW_FIELDS_MOST; count--, item = item->next) {
        int32_t field = name_resolve(reader, WORKFLOW_FIELDS, item);
        if (field == NONE)
            continue;
        check_flows_out(reader, field, item);
        fields[found++] = field;
    }
    return refs_push(reader, fields, found);
}
