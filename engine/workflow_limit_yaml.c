/* workflow_limit_yaml: durations, limits, and what depends on the level or on a field's value (limits and topics). */
#include "engine/workflow_reader.h"

#include "engine/calendar.h"

#include <assert.h>

/* ---- durations ---- */

enum { UNITS = 7, YEARS = UNITS };

static const char *const units_one[UNITS] = {"minute", "hour", "day", "week", "month", "working hour", "working day"};
static const char *const units_many[UNITS] = {"minutes", "hours", "days", "weeks", "months", "working hours", "working days"};

/* What the unit of a duration is called elsewhere. -1: nowhere that is known. */
static int unit_elsewhere(struct text word)
{
    static const struct {
        const char *word;
        int unit;
    } words[] = {
        {"分", 0},   {"分钟", 0}, {"min", 0}, {"小时", 1}, {"时", 1},   {"h", 1},        {"天", 2},           {"日", 2},        {"d", 2},
        {"周", 3},   {"星期", 3}, {"月", 4},  {"工作小时", 5}, {"工作日", 6}, {"business day", 6}, {"business days", 6}, {"年", YEARS}, {"year", YEARS}, {"years", YEARS},
    };
    static const char measure[] = "个"; /* 5个工作日 */
    size_t skipped = word.size > sizeof measure - 1 && memcmp(word.data, measure, sizeof measure - 1) == 0 ? sizeof measure - 1 : 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_is((struct text){word.data + skipped, word.size - skipped}, words[i].word))
            return words[i].unit;
    return -1;
}

static int unit_near(struct text word)
{
    struct nearest nearest = nearest_to(word);
    for (int i = 0; i < UNITS; i++) {
        nearest_offer(&nearest, text_of(units_many[i]));
        nearest_offer(&nearest, text_of(units_one[i]));
    }
    for (int i = 0; i < UNITS; i++)
        if (text_is(nearest.best, units_many[i]) || text_is(nearest.best, units_one[i]))
            return i;
    return -1;
}

/* "5 workdays", "5个工作日", "2 years": the unit that is meant, with the number that was written. */
static const char *duration_hint(struct workflow_reader *reader, struct text text)
{
    size_t digits = 0;
    int count = 0;
    for (; digits < text.size && digits < 6 && text.data[digits] >= '0' && text.data[digits] <= '9'; digits++)
        count = count * 10 + (text.data[digits] - '0');
    size_t start = digits;
    while (start < text.size && text.data[start] == ' ')
        start++;
    struct text word = {.data = text.data + start, .size = text.size - start};
    if (digits == 0 || text.data[0] == '0' || word.size == 0 || strchr(".,0123456789", word.data[0]))
        return "";
    int unit = unit_elsewhere(word);
    unit = unit < 0 ? unit_near(word) : unit;
    if (unit < 0)
        return "";
    if (unit == YEARS)
        return arena_print(reader->arena, " Did you mean \"%d months\"?", 12 * count).data;
    return arena_print(reader->arena, " Did you mean \"%d %s\"?", count, count == 1 ? units_one[unit] : units_many[unit]).data;
}

static int32_t duration_push(struct workflow_reader *reader, const struct node *node, struct text text, bool until)
{
    struct workflow_duration duration;
    if (!duration_parse(text, &duration)) {
        problems_add(reader->problems, node,
                     "found %s; allowed is a duration: a whole number from 1 (without leading zeros), a space, and minutes, hours, working hours, days, working days, weeks or "
                     "months.%s", node_found(reader->arena, node), duration_hint(reader, text));
        return NONE;
    }
    if (duration.unit == UNTIL_DATE && !until) {
        problems_add(reader->problems, node, "found %s; a day of the year stands only in \"within\". Allowed is a duration such as "
                                             "\"5 working days\".", node_found(reader->arena, node));
        return NONE;
    }
    return row_push(reader, WORKFLOW_DURATIONS, &duration, node);
}

static bool is_scalar(struct workflow_reader *reader, const struct node *node)
{
    if (!node)
        return false;
    if (node->kind != NODE_SCALAR || node_empty(node)) {
        problems_add(reader->problems, node, "found %s; allowed is a duration such as \"5 working days\".", node_found(reader->arena, node));
        return false;
    }
    return true;
}

int32_t duration_read(struct workflow_reader *reader, const struct node *node, bool until)
{
    return is_scalar(reader, node) ? duration_push(reader, node, node->text, until) : NONE;
}

int32_t extension_read(struct workflow_reader *reader, const struct node *node, int32_t *up_to)
{
    static const char words[] = "up to ";
    if (!is_scalar(reader, node))
        return NONE;
    struct text text = node->text;
    *up_to = text.size > sizeof words - 1 && memcmp(text.data, words, sizeof words - 1) == 0;
    if (*up_to) {
        text.data += sizeof words - 1;
        text.size -= sizeof words - 1;
    }
    return duration_push(reader, node, text, false);
}

int64_t duration_rough(const struct workflow_reader *reader, int32_t row)
{
    static const int64_t minutes[] = {
        [MINUTES] = 1,       [HOURS] = 60,   [DAYS] = 1440,  [WEEKS] = 7 * 1440,
        [MONTHS] = 43830, [WORKING_HOURS] = 180, [WORKING_DAYS] = 2016,
    };
    const struct workflow_duration *duration = ROW_OF(reader, DURATIONS, duration, row);
    return duration->unit == UNTIL_DATE ? -1 : minutes[duration->unit] * duration->count;
}

/* ---- mappings whose keys are levels or values of a field, and `any` for the rest ---- */

struct keyed {
    int32_t level, value; /* rows, or NONE; both NONE: any */
    const struct node *node;
};

/* What the keys are: NONE for levels. */
struct keying {
    int32_t field;
    struct keyed rows[WORKFLOW_LIST_MOST];
    int32_t count;
};

/* `per: level` or `per: FIELD`. */
static bool per_read(struct workflow_reader *reader, const struct node *per, struct keying *keying)
{
    keying->field = NONE;
    keying->count = 0;
    if (!per)
        return false;
    static const char *const level = "level";
    if (node_is(per, level)) {
        if (reader->reading != READING_HEAD)
            return true;
        problems_add(reader->problems, per, "the limit of the whole case cannot depend on the level: it changes while the case runs. Allowed is a field.");
        return false;
    }
    if (word_meant(reader, per, &level, 1, "level or a field"))
        return false;
    keying->field = field_resolve(reader, per, OF_TYPE(FIELD_CHOICE) | OF_TYPE(FIELD_BOOLEAN), USE_LOOK, "\"per\" takes level or a field of type");
    return keying->field != NONE;
}

static bool keyed_has(const struct keying *keying, int32_t level, const char *value)
{
    for (int32_t i = 0; i < keying->count; i++) {
        const struct keyed *row = &keying->rows[i];
        if (level != NONE ? row->level == level : row->value != NONE && text_is(row->node->key, value))
            return true;
    }
    return false;
}

static bool key_read(struct workflow_reader *reader, const struct keying *keying, const struct node *node, struct keyed *out)
{
    *out = (struct keyed){.level = NONE, .value = NONE, .node = node};
    if (text_is(node->key, "any"))
        return true;
    if (keying->field != NONE) {
        out->value = value_read(reader, keying->field, key_node(reader, node));
        return out->value != NONE;
    }
    out->level = level_resolve(reader, key_node(reader, node));
    if (out->level == NONE)
        return false;
    if (!stage_may_be_at(reader, reader->stage, out->level))
        problems_add_key(reader->problems, node, "this stage is never at the level \"%s\": its ladder (or \"at\") does not have it.%s",
                         node->key.data, level_hint(reader, reader->stage, out->level));
    return true;
}

/* `any` comes last: the first row that matches counts. */
static void keyed_read(struct workflow_reader *reader, const struct node *map, struct keying *keying)
{
    struct keyed any = {.node = NULL}, row;
    for (node_each(item, map)) {
        if (keying->count + 1 >= WORKFLOW_LIST_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d rows.", WORKFLOW_LIST_MOST);
            break;
        }
        if (!key_read(reader, keying, item, &row))
            continue;
        if (row.level == NONE && row.value == NONE)
            any = row;
        else
            keying->rows[keying->count++] = row;
    }
    if (any.node)
        keying->rows[keying->count++] = any;
}

static void report_uncovered(struct workflow_reader *reader, const struct node *map, const char *what, const char *missing)
{
    if (*missing)
        problems_add_key(reader->problems, map, "there is no limit for %s %s. Add it, or \"any: ...\" for the rest (any: none, if there is to be no limit).", what,
                         missing);
}

static const char *missing_of(struct workflow_reader *reader, const struct keying *keying, const char *list, int32_t level, const char *value)
{
    if (keyed_has(keying, level, value))
        return list;
    return arena_print(reader->arena, "%s%s%s", list, *list ? ", " : "", value).data;
}

static const char *missing_levels(struct workflow_reader *reader, const struct keying *keying)
{
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, reader->stage);
    const char *missing = "";
    for (int32_t i = 0; i < stage->ladder.count; i++) {
        int32_t level = ref_at(reader, stage->ladder.first + i);
        missing = missing_of(reader, keying, missing, level, row_name(reader, WORKFLOW_LEVELS, level));
    }
    if (stage->ladder.count > 0)
        return missing;
    if (stage->at != AT_LEVEL || stage->at_level == NONE)
        return "of every other unit where the case may be";
    return missing_of(reader, keying, missing, stage->at_level, row_name(reader, WORKFLOW_LEVELS, stage->at_level));
}

static const char *missing_values(struct workflow_reader *reader, const struct keying *keying)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, keying->field);
    const char *missing = "";
    if (field->type == FIELD_BOOLEAN)
        missing = missing_of(reader, keying, missing_of(reader, keying, missing, NONE, "true"), NONE, "false");
    for (int32_t i = 0; i < field->choices.count; i++)
        missing = missing_of(reader, keying, missing, NONE, row_name(reader, WORKFLOW_NAMES, field->choices.first + i));
    return missing;
}

/* Every level at which the stage can be, or every value that the field can have, has a limit. */
static void check_covered(struct workflow_reader *reader, const struct node *map, const struct keying *keying)
{
    bool any = keying->count && keying->rows[keying->count - 1].level == NONE && keying->rows[keying->count - 1].value == NONE;
    if (!any && keying->field == NONE)
        report_uncovered(reader, map, "the level", missing_levels(reader, keying));
    if (!any && keying->field != NONE)
        report_uncovered(reader, map, "the value", missing_values(reader, keying));
}

/* ---- limits ---- */

static struct span limit_rows(struct workflow_reader *reader, const struct node *map, struct keying *keying)
{
    struct workflow_limit_row rows[WORKFLOW_LIST_MOST];
    keyed_read(reader, map, keying);
    check_covered(reader, map, keying);
    for (int32_t i = 0; i < keying->count; i++) {
        const struct keyed *keyed = &keying->rows[i];
        rows[i] = (struct workflow_limit_row){.level = keyed->level, .value = keyed->value, .duration = NONE};
        if (!node_is(keyed->node, "none"))
            rows[i].duration = duration_read(reader, keyed->node, true);
    }
    struct span span = {.first = row_count(reader, WORKFLOW_LIMIT_ROWS), .count = keying->count};
    for (int32_t i = 0; i < keying->count; i++)
        row_push(reader, WORKFLOW_LIMIT_ROWS, &rows[i], keying->rows[i].node);
    return span;
}

/* The whole case counts from its opening, or from a date. */
static void from_of_case(struct workflow_reader *reader, const struct node *from, struct workflow_limit *limit)
{
    limit->from = FROM_OPENING;
    if (from && (node_is(from, "entry") || node_is(from, "first-entry")))
        problems_add(reader->problems, from, "the whole case is not entered. Allowed is opening, or a date field.");
    else if (from && !node_is(from, "opening")) {
        limit->from = FROM_FIELD;
        limit->from_field = field_resolve(reader, from, OF_TYPE(FIELD_DATE), USE_LOOK, "a limit of the whole case counts from opening or a field of type");
    }
}

static void from_read(struct workflow_reader *reader, const struct node *from, struct workflow_limit *limit)
{
    if (reader->reading == READING_HEAD) {
        from_of_case(reader, from, limit);
        return;
    }
    for (int32_t i = 0; from && i < 3; i++)
        if (node_is(from, from_words[i])) {
            limit->from = i;
            return;
        }
    if (!from || word_meant(reader, from, from_words, 3, "entry, first-entry, opening or a date field"))
        return;
    limit->from = FROM_FIELD;
    limit->from_field = field_resolve(reader, from, OF_TYPE(FIELD_DATE), USE_LOOK, "a limit counts from entry, first-entry, opening or a field of type");
}

static void per_limit_read(struct workflow_reader *reader, const struct node *node, struct workflow_limit *limit)
{
    struct keying keying;
    const struct node *limits = key_get(node, IN_LIMIT, "limits");
    if (!limits) {
        if (!node_get(node, "limits"))
            problems_add(reader->problems, node, "\"per\" needs \"limits\": a mapping such as limits: {building: 5 days, any: 10 days}.");
        return;
    }
    if (!per_read(reader, key_get(node, IN_LIMIT, "per"), &keying))
        return;
    limit->kind = keying.field == NONE ? LIMIT_LEVEL : LIMIT_FIELD;
    limit->field = keying.field;
    limit->rows = limit_rows(reader, limits, &keying);
}

static int32_t limit_mapping(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_limit limit;
    row_blank(WORKFLOW_LIMITS, &limit);
    key_check(reader, node, IN_LIMIT);
    const struct node *one = node_get(node, "limit"), *until = node_get(node, "until"), *per = node_get(node, "per"), *table = node_get(node, "table");
    const struct node *from = key_get(node, IN_LIMIT, "from");
    if ((one != NULL) + (until != NULL) + (per != NULL) + (table != NULL) != 1) {
        problems_add(reader->problems, node, "found %s; allowed is exactly one of: limit (a duration), until (a date field), per with limits, table.",
                     one || until || per || table ? "several of them" : "none of them");
        return NONE;
    }
    if (!per && node_get(node, "limits"))
        problems_add_key(reader->problems, node_get(node, "limits"), "\"limits\" stands only beside \"per\".");
    if (until && from)
        problems_add_key(reader->problems, from, "\"from\" means nothing beside \"until\".");
    from_read(reader, until ? NULL : from, &limit);
    if (one)
        limit.duration = duration_read(reader, key_get(node, IN_LIMIT, "limit"), true);
    if (until) {
        limit.kind = LIMIT_UNTIL;
        limit.field = field_resolve(reader, key_get(node, IN_LIMIT, "until"), OF_TYPE(FIELD_DATE), USE_LOOK, "\"until\" takes a field of type");
    }
    if (per)
        per_limit_read(reader, node, &limit);
    if (table && key_get(node, IN_LIMIT, "table")) {
        limit.kind = LIMIT_TABLE;
        limit.lookup = lookup_read(reader, table, NONE);
    }
    return row_push(reader, WORKFLOW_LIMITS, &limit, node);
}

int32_t limit_read(struct workflow_reader *reader, const struct node *node)
{
    if (!node)
        return NONE;
    if (node->kind == NODE_MAP)
        return limit_mapping(reader, node);
    struct workflow_limit limit;
    row_blank(WORKFLOW_LIMITS, &limit);
    limit.from = reader->reading == READING_HEAD ? FROM_OPENING : FROM_ENTRY;
    limit.duration = duration_read(reader, node, true);
    return row_push(reader, WORKFLOW_LIMITS, &limit, node);
}

static int64_t extreme(const struct workflow_reader *reader, int64_t found, int32_t duration, bool longest)
{
    int64_t rough = duration == NONE ? -1 : duration_rough(reader, duration);
    return rough >= 0 && (found < 0 || (longest ? rough > found : rough < found)) ? rough : found;
}

/* Of all that a limit may be. */
static int64_t limit_extreme(const struct workflow_reader *reader, int32_t row, bool longest)
{
    const struct workflow_limit *limit = ROW_OF(reader, LIMITS, limit, row);
    int64_t found = extreme(reader, -1, limit->duration, longest);
    for (int32_t i = 0; i < limit->rows.count; i++)
        found = extreme(reader, found, ROW_OF(reader, LIMIT_ROWS, limit_row, limit->rows.first + i)->duration, longest);
    struct span looked = limit->lookup == NONE ? (struct span){0, 0} : ROW_OF(reader, LOOKUPS, lookup, limit->lookup)->rows;
    for (int32_t i = 0; i < looked.count; i++)
        found = extreme(reader, found, ROW_OF(reader, LOOKUP_ROWS, lookup_row, looked.first + i)->duration, longest);
    return found;
}

int64_t limit_shortest(const struct workflow_reader *reader, int32_t limit)
{
    return limit_extreme(reader, limit, false);
}

int64_t limit_longest(const struct workflow_reader *reader, int32_t limit)
{
    return limit_extreme(reader, limit, true);
}

/* ---- topics ---- */

static struct span topic_rows(struct workflow_reader *reader, const struct node *map, struct keying *keying)
{
    struct span span = {.first = row_count(reader, WORKFLOW_TOPIC_ROWS), .count = 0};
    keyed_read(reader, map, keying);
    for (int32_t i = 0; i < keying->count; i++) {
        const struct keyed *keyed = &keying->rows[i];
        struct text topic;
        if (!node_name(reader->problems, keyed->node, &topic))
            continue;
        struct workflow_topic_row row = {.level = keyed->level, .value = keyed->value, .topic = string_push(reader, topic)};
        row_push(reader, WORKFLOW_TOPIC_ROWS, &row, keyed->node);
        span.count++;
    }
    return span;
}

struct span topics_read(struct workflow_reader *reader, const struct node *node, int32_t *topic_field)
{
    struct span span = {.first = row_count(reader, WORKFLOW_TOPIC_ROWS), .count = 0};
    struct workflow_topic_row row = {.level = NONE, .value = NONE};
    struct keying keying;
    struct text topic;
    *topic_field = NONE;
    if (!node)
        return span;
    if (node->kind == NODE_MAP) {
        key_check(reader, node, IN_WORKER);
        const struct node *topics = key_get(node, IN_WORKER, "topics");
        if (!per_read(reader, key_get(node, IN_WORKER, "per"), &keying) || !topics)
            return span;
        *topic_field = keying.field;
        return topic_rows(reader, topics, &keying);
    }
    if (!node_name(reader->problems, node, &topic))
        return span;
    row.topic = string_push(reader, topic);
    row_push(reader, WORKFLOW_TOPIC_ROWS, &row, node);
    span.count = 1;
    return span;
}
