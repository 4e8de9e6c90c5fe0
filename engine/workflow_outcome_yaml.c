/* workflow_outcome_yaml: outcomes, the same wherever one stands: exactly one of go, climb, end, stay, choose, with set, notify and open
 * beside it. Whether `level` is said where it must be depends on the stage that is left: workflow_flow.c. */
#include "engine/workflow_reader.h"

/* ---- set ---- */

static int32_t set_push(struct workflow_reader *reader, int32_t field, enum set_kind kind, int32_t value, int32_t from, const struct node *node)
{
    struct workflow_set set = {.field = field, .kind = (int32_t)kind, .value = value, .from = from, .lookup = NONE};
    return row_push(reader, WORKFLOW_SETS, &set, node);
}

static bool choices_within(const struct workflow_reader *reader, struct span choices, struct span others)
{
    for (int32_t i = 0; i < choices.count; i++)
        if (name_find_in(reader, WORKFLOW_NAMES, others, text_of(row_name(reader, WORKFLOW_NAMES, choices.first + i))) == NONE)
            return false;
    return true;
}

/* Under the same names the same types: what belongs to each person comes along. */
static bool same_withs(const struct workflow_reader *reader, struct span some, struct span others)
{
    bool same = some.count == others.count;
    for (int32_t i = 0; same && i < some.count; i++) {
        const struct workflow_with *with = ROW_OF(reader, WITHS, with, some.first + i);
        int32_t found = name_find_in(reader, WORKFLOW_WITHS, others, text_of(string_at(reader, with->name)));
        if (found == NONE)
            return false;
        const struct workflow_field *one = ROW_OF(reader, FIELDS, field, with->of),
                                    *other = ROW_OF(reader, FIELDS, field, ROW_OF(reader, WITHS, with, found)->of);
        same = one->type == other->type && one->scale == other->scale && choices_within(reader, one->choices, other->choices);
    }
    return same;
}

/* Whatever the one can hold, the other can hold too. */
void check_assignable(struct workflow_reader *reader, int32_t to, int32_t from, const struct node *node)
{
    const struct workflow_field *target = ROW_OF(reader, FIELDS, field, to), *source = ROW_OF(reader, FIELDS, field, from);
    const char *from_name = row_name(reader, WORKFLOW_FIELDS, from), *to_name = row_name(reader, WORKFLOW_FIELDS, to);
    if (source->private)
        problems_add(reader->problems, node, "the field \"%s\" is private (it has \"sees\") and cannot flow into \"%s\".", from_name, to_name);
    else if (source->type != target->type || source->type == FIELD_LIST)
        problems_add(reader->problems, node, "the field \"%s\" is of type %s and cannot be put into \"%s\", which is of type %s.", from_name,
                     type_name(source->type), to_name, type_name(target->type));
    else if (source->scale != target->scale)
        problems_add(reader->problems, node, "\"%s\" has %d decimal places and \"%s\" has %d. They must be the same.", from_name,
                     source->scale, to_name, target->scale);
    else if (!choices_within(reader, source->choices, target->choices))
        problems_add(reader->problems, node, "\"%s\" has choices that \"%s\" does not have.", from_name, to_name);
    else if (!same_withs(reader, source->with, target->with))
        problems_add(reader->problems, node, "what belongs to each person of \"%s\" (\"with\") is not what belongs to each of \"%s\". It must be the same.",
                     from_name, to_name);
}

static void set_scalar(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    enum field_type type = (enum field_type)ROW_OF(reader, FIELDS, field, field)->type;
    int32_t source = node->plain ? name_find(reader, WORKFLOW_FIELDS, node->text) : NONE;
    bool choice = type == FIELD_CHOICE &&
                  name_find_in(reader, WORKFLOW_NAMES, ROW_OF(reader, FIELDS, field, field)->choices, node->text) != NONE;
    if (node->plain && node_is(node, "today")) {
        field_check(reader, field, node, OF_TYPE(FIELD_DATE), USE_MOVE, "\"today\" goes into a field of type");
        set_push(reader, field, SET_TODAY, NONE, NONE, node);
    } else if (source != NONE && choice) {
        problems_add(reader->problems, node, "\"%s\" is a choice of \"%s\" and the name of a field too: it is not clear which is meant. "
                                             "Rename one of them.", node->text.data, row_name(reader, WORKFLOW_FIELDS, field));
    } else if (source != NONE) {
        row_mark(reader, WORKFLOW_FIELDS, source, MARK_USED);
        check_assignable(reader, field, source, node);
        set_push(reader, field, SET_FIELD, NONE, source, node);
    } else {
        set_push(reader, field, SET_VALUE, value_read(reader, field, node), NONE, node);
    }
}

static void set_by_table(struct workflow_reader *reader, int32_t field, const struct node *node)
{
    enum field_type type = (enum field_type)ROW_OF(reader, FIELDS, field, field)->type;
    key_check(reader, node, IN_SET_TABLE);
    const struct node *table = key_get(node, IN_SET_TABLE, "table");
    if (type == FIELD_PEOPLE || type == FIELD_LIST) {
        problems_add(reader->problems, node, "the field \"%s\" is of type %s, which no table gives.", row_name(reader, WORKFLOW_FIELDS, field), type_name((int32_t)type));
        reader->doubtful[WORKFLOW_LOOKUPS] = true;
        return;
    }
    int32_t lookup = table ? lookup_read(reader, table, field) : NONE;
    if (lookup == NONE)
        return;
    int32_t set = set_push(reader, field, SET_LOOKUP, NONE, NONE, node);
    ROW_OF(reader, SETS, set, set)->lookup = lookup;
}

/* The engine cannot seal, so it can only empty a private field. */
static void set_one(struct workflow_reader *reader, const struct node *node)
{
    int32_t field = name_resolve(reader, WORKFLOW_FIELDS, key_node(reader, node));
    if (field == NONE)
        return;
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_FILLED);
    if (node_empty(node))
        set_push(reader, field, SET_VALUE, NONE, NONE, node);
    else if (ROW_OF(reader, FIELDS, field, field)->private)
        problems_add(reader->problems, node, "the field \"%s\" is private (it has \"sees\"): the engine can empty it (null), but not fill it.",
                     row_name(reader, WORKFLOW_FIELDS, field));
    else if (node->kind == NODE_MAP)
        set_by_table(reader, field, node);
    else if (node->kind == NODE_LIST)
        problems_add(reader->problems, node, "found a list; allowed is a value, the name of a field, today (a date), or null to empty it.");
    else
        set_scalar(reader, field, node);
}

static struct span sets_read(struct workflow_reader *reader, const struct node *node)
{
    struct span span = {.first = row_count(reader, WORKFLOW_SETS), .count = 0};
    for (node_each(item, node))
        set_one(reader, item);
    if (node && node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is {FIELD: value}.");
    span.count = row_count(reader, WORKFLOW_SETS) - span.first;
    return span;
}

/* ---- notify ---- */

/* Whoever writes {summary} expects it to be filled in; a notice may not carry data that its reader may not see. */
static void warn_of_braces(struct workflow_reader *reader, const struct node *text)
{
    for (node_each(item, text))
        if (item->kind == NODE_SCALAR && memchr(item->text.data, '{', item->text.size))
            problems_warn(reader->problems, item, "what stands in braces is not filled in: the notice is sent as it is written here.");
}

static void notice_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_notice *notice)
{
    struct text topic;
    row_blank(WORKFLOW_NOTICES, notice);
    if (!key_check(reader, node, IN_NOTIFY))
        return;
    const struct node *who = key_get(node, IN_NOTIFY, "who"), *worker = key_get(node, IN_NOTIFY, "worker");
    if (!node_get(node, "who") == !node_get(node, "worker"))
        problems_add(reader->problems, node, "allowed is exactly one of \"who\" (people) and \"worker\" (a topic).");
    if (who)
        notice->who = people_read(reader, who, allowed);
    if (node_name(reader->problems, worker, &topic))
        notice->worker = string_push(reader, topic);
    title_read(reader, key_get(node, IN_NOTIFY, "text"), &notice->text_zh, &notice->text_en);
    warn_of_braces(reader, key_get(node, IN_NOTIFY, "text"));
}

struct span notices_read(struct workflow_reader *reader, const struct node *node, unsigned allowed)
{
    struct workflow_notice notices[WORKFLOW_NOTICES_MOST];
    struct span span = {.first = row_count(reader, WORKFLOW_NOTICES), .count = 0};
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, true, &item, &count))
        return span;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        if (i == WORKFLOW_NOTICES_MOST) {
            problems_add(reader->problems, item, "there are more than %d notices.", WORKFLOW_NOTICES_MOST);
            break;
        }
        notice_read(reader, item, allowed, &notices[span.count++]);
    }
    for (int32_t i = 0; i < span.count; i++)
        row_push(reader, WORKFLOW_NOTICES, &notices[i], node);
    return span;
}

/* ---- choose ---- */

static void check_way(struct workflow_reader *reader, const struct node *node, bool last)
{
    const struct node *when = node_get(node, "when");
    if (last && when)
        problems_add_key(reader->problems, when, "the last way of a choose has no \"when\": it is taken when no other is. Add such a way.");
    if (!last && !when)
        problems_add(reader->problems, node, "this way has no \"when\", so the ways after it could never be taken. Give it a condition, or put it last.");
}

static struct span branches_read(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_branch branches[WORKFLOW_LIST_MOST];
    struct span span = {.first = 0, .count = 0};
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, false, &item, &count))
        return span;
    if (count == 1)
        problems_add(reader->problems, node, "a choose with one way chooses nothing. Write the outcome itself.");
    if (count > WORKFLOW_LIST_MOST) {
        problems_add(reader->problems, node, "there are more than %d ways.", WORKFLOW_LIST_MOST);
        return span;
    }
    for (; item; item = item->next) {
        struct workflow_branch branch = {.condition = NONE, .outcome = NONE};
        if (!key_check(reader, item, IN_BRANCH))
            continue;
        check_way(reader, item, item->next == NULL);
        branch.condition = condition_read(reader, key_get(item, IN_BRANCH, "when"));
        branch.outcome = outcome_read(reader, item, IN_BRANCH);
        if (branch.outcome != NONE)
            branches[span.count++] = branch;
    }
    span.first = row_count(reader, WORKFLOW_BRANCHES);
    for (int32_t i = 0; i < span.count; i++)
        row_push(reader, WORKFLOW_BRANCHES, &branches[i], node);
    return span;
}

static void choose_read(struct workflow_reader *reader, const struct node *node, struct workflow_outcome *outcome)
{
    outcome->kind = OUTCOME_CHOOSE;
    if (reader->choose_depth == WORKFLOW_CHOOSE_MOST) {
        problems_add(reader->problems, node, "choose stands within choose more than %d deep.", WORKFLOW_CHOOSE_MOST);
        return;
    }
    reader->choose_depth++;
    outcome->branches = branches_read(reader, node);
    reader->choose_depth--;
}

/* ---- the verbs ---- */

static void go_read(struct workflow_reader *reader, const struct node *go, const struct node *level, struct workflow_outcome *outcome)
{
    outcome->kind = OUTCOME_GO;
    outcome->stage = name_resolve(reader, WORKFLOW_STAGES, go);
    if (!level)
        return;
    outcome->go_level = node_is(level, "keep") ? GO_LEVEL_KEEP : GO_LEVEL_NAMED;
    if (outcome->go_level == GO_LEVEL_NAMED)
        outcome->level = level_resolve(reader, level);
}

static void climb_read(struct workflow_reader *reader, const struct node *climb, const struct node *to, struct workflow_outcome *outcome)
{
    outcome->kind = OUTCOME_CLIMB;
    node_choice(reader->problems, climb, direction_words, 2, &outcome->direction);
    if (to)
        outcome->stage = name_resolve(reader, WORKFLOW_STAGES, to);
}

static void stay_read(struct workflow_reader *reader, const struct node *stay, struct workflow_outcome *outcome)
{
    bool stays;
    outcome->kind = OUTCOME_STAY;
    if (node_boolean(reader->problems, stay, &stays) && !stays)
        problems_add(reader->problems, stay, "\"stay: false\" says nothing. Write where the case goes instead.");
}

/* Which verb the mapping has; NULL with a problem when it is not exactly one. */
static const char *verb_of(struct workflow_reader *reader, const struct node *node)
{
    static const char *const verbs[] = {"go", "climb", "end", "stay", "choose"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct node *verb = node_get(node, verbs[i]);
        if (verb && found) {
            problems_add_key(reader->problems, verb, "both \"%s\" and \"%s\" stand here. One thing can follow: keep one.", found, verbs[i]);
            return NULL;
        }
        found = verb ? verbs[i] : found;
    }
    if (!found)
        problems_add_key(reader->problems, node, "what follows is missing. Allowed is exactly one of: go (to a stage), climb (up or down), end, "
                                                 "stay: true, choose.");
    return found;
}

/* `level` belongs to go, `to` to climb. */
static void check_company(struct workflow_reader *reader, const struct node *node, const char *key, const char *verb)
{
    const struct node *companion = node_get(node, key);
    if (companion && !node_get(node, verb))
        problems_add_key(reader->problems, companion, "\"%s\" means something only beside \"%s\".", key, verb);
}

int32_t outcome_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where)
{
    struct workflow_outcome outcome;
    row_blank(WORKFLOW_OUTCOMES, &outcome);
    const struct node *set = key_get(node, where, "set"), *notify = key_get(node, where, "notify");
    const char *verb = verb_of(reader, node);
    check_company(reader, node, "level", "go");
    if (keys_have(&workflow_keys, (int)where, "to"))
        check_company(reader, node, "to", "climb");
    if (set)
        outcome.sets = sets_read(reader, set);
    if (notify)
        outcome.notices = notices_read(reader, notify, ALLOW_CASE);
    outcome.opens = opens_read_children(reader, key_get(node, where, "open"));
    outcome.publish = publish_read(reader, key_get(node, where, "publish"), IN_PUBLISH_FOR);
    /* keys_check has spoken of a verb that cannot stand here */
    const struct node *value = verb && keys_have(&workflow_keys, (int)where, verb) ? key_get(node, where, verb) : NULL;
    if (!value)
        return NONE;
    if (text_is(value->key, "go"))
        go_read(reader, value, key_get(node, where, "level"), &outcome);
    else if (text_is(value->key, "climb"))
        climb_read(reader, value, key_get(node, where, "to"), &outcome);
    else if (text_is(value->key, "stay"))
        stay_read(reader, value, &outcome);
    else if (text_is(value->key, "choose"))
        choose_read(reader, value, &outcome);
    else {
        outcome.kind = OUTCOME_END;
        outcome.end = name_resolve(reader, WORKFLOW_ENDS, value);
    }
    return row_push(reader, WORKFLOW_OUTCOMES, &outcome, node);
}

int32_t outcome_alone(struct workflow_reader *reader, const struct node *node)
{
    return key_check(reader, node, IN_OUTCOME) ? outcome_read(reader, node, IN_OUTCOME) : NONE;
}
