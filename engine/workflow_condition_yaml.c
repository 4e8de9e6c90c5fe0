/* workflow_condition_yaml: conditions, checked against the types of what they look at. Several keys in one mapping: all must hold. */
#include "engine/workflow_reader.h"

enum { LOOKED_AT = OF_TYPE(FIELD_TEXT) | OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_BOOLEAN) | OF_TYPE(FIELD_DATE) | OF_TYPE(FIELD_CHOICE) |
                   OF_TYPE(FIELD_UNIT) | OF_TYPE(FIELD_REFERENCE) };

static struct workflow_condition condition_blank(enum condition_kind kind, const struct node *node)
{
    struct workflow_condition condition;
    row_blank(WORKFLOW_CONDITIONS, &condition);
    condition.kind = (int32_t)kind;
    condition.line = node->key_place.line;
    return condition;
}

static int32_t condition_push(struct workflow_reader *reader, const struct workflow_condition *condition, const struct node *node)
{
    return row_push(reader, WORKFLOW_CONDITIONS, condition, node);
}

/* ---- {all: [...]}, {any: [...]}, {none: [...]} ---- */

static int32_t parts_read(struct workflow_reader *reader, enum condition_kind kind, const struct node *node)
{
    struct workflow_condition condition = condition_blank(kind, node);
    int32_t parts[WORKFLOW_LIST_MOST], found = 0;
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, false, &item, &count))
        return NONE;
    for (; item; item = item->next) {
        if (found == WORKFLOW_LIST_MOST) {
            problems_add(reader->problems, item, "this list has more than %d conditions.", WORKFLOW_LIST_MOST);
            break;
        }
        int32_t part = condition_read(reader, item);
        if (part != NONE)
            parts[found++] = part;
    }
    condition.parts = refs_push(reader, parts, found);
    return condition_push(reader, &condition, node);
}

/* ---- {level: L} ---- */

static bool level_occurs(const struct workflow_reader *reader, int32_t level)
{
    if (reader->reading == READING_STAGE)
        return stage_may_be_at(reader, reader->stage, level);
    for (int32_t stage = 0; stage < row_count(reader, WORKFLOW_STAGES); stage++)
        if (stage_may_be_at(reader, stage, level))
            return true;
    return false;
}

static int32_t level_read(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_condition condition = condition_blank(CONDITION_LEVEL, node);
    condition.parts = levels_read(reader, node);
    if (reader->reading == READING_HEAD) {
        problems_add_key(reader->problems, node, "a case has no level before it has entered its first stage.");
        return NONE;
    }
    for (int32_t i = 0; i < condition.parts.count; i++) {
        int32_t level = ref_at(reader, condition.parts.first + i);
        if (!level_occurs(reader, level))
            problems_add(reader->problems, node, "the case can never be at the level \"%s\" here: the ladder (or \"at\") does not have it.%s",
                         row_name(reader, WORKFLOW_LEVELS, level),
                         reader->stage == NONE ? "" : level_hint(reader, reader->stage, level));
    }
    return condition_push(reader, &condition, node);
}

/* ---- {count: {event: E, least: n, most: n, in: stage | case}} ---- */

static int32_t count_read(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_condition condition = condition_blank(CONDITION_COUNT, node);
    if (!key_check(reader, node, IN_COUNT))
        return NONE;
    condition.event = event_resolve(reader, key_get(node, IN_COUNT, "event"));
    if (node_integer(reader->problems, key_get(node, IN_COUNT, "least"), 1, 10000, &condition.least))
        condition.bounded |= 1;
    if (node_integer(reader->problems, key_get(node, IN_COUNT, "most"), 0, 10000, &condition.most))
        condition.bounded |= 2;
    node_choice(reader->problems, key_get(node, IN_COUNT, "in"), scope_words, 2, &condition.scope);
    if (!node_get(node, "least") && !node_get(node, "most"))
        problems_add(reader->problems, node, "how often is missing: allowed is least, most or both.");
    if (condition.bounded == 3 && condition.least > condition.most)
        problems_add(reader->problems, node, "the most is below the least: this can never hold.");
    return condition.event == NONE ? NONE : condition_push(reader, &condition, node);
}

/* ---- {FIELD: value}, {FIELD: [a, b]}, {FIELD: {least, most, after, before}} ---- */

static int32_t values_read(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    struct workflow_condition condition = condition_blank(CONDITION_IN, node);
    int32_t count = 0;
    const struct node *item;
    uint32_t items;
    if (!node_list(reader->problems, node, true, &item, &items))
        return NONE;
    condition.field = field;
    condition.values.first = row_count(reader, WORKFLOW_VALUES);
    for (uint32_t i = 0; i < items; i++, item = item->next) {
        if (count == WORKFLOW_LIST_MOST) {
            problems_add(reader->problems, item, "this list has more than %d values.", WORKFLOW_LIST_MOST);
            break;
        }
        count += value_read(reader, field, item) != NONE;
    }
    condition.values.count = count;
    return condition_push(reader, &condition, node);
}

static bool bound_read(struct workflow_reader *reader, int32_t field, const struct node *node, int64_t *out)
{
    const struct workflow_field *row = ROW_OF(reader, FIELDS, field, field);
    int32_t date;
    if (row->type == FIELD_NUMBER)
        return node_decimal(reader->problems, node, row->scale, out);
    if (!node_date(reader->problems, node, &date))
        return false;
    *out = date;
    return true;
}

static int32_t range_read(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    struct workflow_condition condition = condition_blank(CONDITION_RANGE, node);
    const struct {
        const char *key;
        int64_t *bound;
    } bounds[] = {{"least", &condition.least}, {"most", &condition.most}, {"after", &condition.after}, {"before", &condition.before}};
    bool date = ROW_OF(reader, FIELDS, field, field)->type == FIELD_DATE;
    if (field_check(reader, field, node, OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_DATE), USE_LOOK, "a range is for fields of type") == NONE ||
        !key_check(reader, node, IN_RANGE))
        return NONE;
    condition.field = field;
    for (int i = 0; i < 4; i++) {
        const struct node *bound = key_get(node, IN_RANGE, bounds[i].key);
        if (bound && i >= 2 && !date)
            problems_add_key(reader->problems, bound, "\"%s\" is for dates; for a number write least or most.", bounds[i].key);
        else if (bound_read(reader, field, bound, bounds[i].bound))
            condition.bounded |= 1 << i;
    }
    if (node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is least, most, after, before.");
    if (((condition.bounded & 3) == 3 && condition.least > condition.most) ||
        ((condition.bounded & 12) == 12 && condition.after >= condition.before))
        problems_add(reader->problems, node, "nothing can lie between these bounds.");
    return condition_push(reader, &condition, node);
}

static int32_t field_condition(struct workflow_reader *reader, const struct node *node)
{
    int32_t field = field_resolve(reader, key_node(reader, node), LOOKED_AT, USE_LOOK, "a condition looks at a field of one of the types");
    if (field == NONE)
        return NONE;
    if (node_empty(node)) {
        problems_add(reader->problems, node, "found nothing; allowed is a value, a list of values, or {least: ..., most: ...}.");
        return NONE;
    }
    return node->kind == NODE_MAP ? range_read(reader, field, node) : values_read(reader, field, node);
}

/* ---- all of them ---- */

static int32_t one_read(struct workflow_reader *reader, const struct node *node)
{
    if (text_is(node->key, "all"))
        return parts_read(reader, CONDITION_ALL, node);
    if (text_is(node->key, "any"))
        return parts_read(reader, CONDITION_ANY, node);
    if (text_is(node->key, "none"))
        return parts_read(reader, CONDITION_NONE, node);
    if (text_is(node->key, "level"))
        return level_read(reader, node);
    if (text_is(node->key, "count"))
        return count_read(reader, node);
    return field_condition(reader, node);
}

int32_t condition_read(struct workflow_reader *reader, const struct node *node)
{
    int32_t parts[WORKFLOW_LIST_MOST], found = 0;
    if (!node)
        return NONE;
    if (node->kind != NODE_MAP || node->count == 0 || node->count > WORKFLOW_LIST_MOST) {
        problems_add(reader->problems, node, "found %s; allowed is a condition such as {FIELD: value}, {level: L} or {any: [...]}.",
                     node->kind == NODE_MAP ? node->count ? "too many keys" : "an empty mapping" : node_found(reader->arena, node));
        return NONE;
    }
    for (node_each(item, node)) {
        int32_t part = one_read(reader, item);
        if (part != NONE)
            parts[found++] = part;
    }
    if (found <= 1)
        return found ? parts[0] : NONE;
    struct workflow_condition condition = condition_blank(CONDITION_ALL, node);
    condition.parts = refs_push(reader, parts, found);
    return condition_push(reader, &condition, node);
}

bool condition_looks_at(const struct workflow_reader *reader, int32_t row, int32_t field)
{
    const struct workflow_condition *condition = ROW_OF(reader, CONDITIONS, condition, row);
    if (condition->kind == CONDITION_IN || condition->kind == CONDITION_RANGE)
        return condition->field == field;
    if (condition->kind == CONDITION_LEVEL || condition->kind == CONDITION_COUNT)
        return false;
    for (int32_t i = 0; i < condition->parts.count; i++)
        if (condition_looks_at(reader, ref_at(reader, condition->parts.first + i), field))
            return true;
    return false;
}
