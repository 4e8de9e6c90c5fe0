/* workflow_recurs_yaml: what the calendar opens (opens: recurs), and how many cases a year there must be (quota). What a rule may say, and which
 * days it names, is recurrence.c's. */
#include "engine/recurrence.h"
#include "engine/workflow_reader.h"

/* ---- on which days ---- */

/* A mistake is told where it stands in the rule; a plain scalar or one in quotes stands on one line. */
static void rule_problem(struct workflow_reader *reader, const struct node *node, const struct recurrence_fault *fault)
{
    struct place place = node->place;
    place.column += (int32_t)fault->at + (node->plain ? 0 : 1);
    problems_add_at(reader->problems, place, node_path(reader->arena, node), "%.*s", (int)fault->why.size, fault->why.data);
}

/* A month without that day is passed over, which is seldom what is meant. */
static void warn_of_month_end(struct workflow_reader *reader, const struct node *node, struct text rule, int32_t first)
{
    bool monthly = memmem(rule.data, rule.size, "FREQ=MONTHLY", 12) != NULL;
    bool by = memmem(rule.data, rule.size, "BYDAY=", 6) || memmem(rule.data, rule.size, "BYMONTHDAY=", 11);
    if (monthly && !by && civil_of(first).day > 28)
        problems_warn(reader->problems, node, "the first day is the %d. of a month; months without such a day are passed over. For the last day of each month "
                                              "write BYMONTHDAY=-1.", civil_of(first).day);
}

static void rule_read(struct workflow_reader *reader, const struct node *node, const struct node *first, struct workflow_recurs *recurs)
{
    struct text text;
    struct recurrence_fault fault;
    if (!first)
        problems_add(reader->problems, node, "\"first\" is missing beside the rule: the day from which on it is counted, such as first: 2026-01-01.");
    if (!node_text(reader->problems, node, RECURRENCE_TEXT_MOST, &text) || !node_date(reader->problems, first, &recurs->first))
        return;
    if (!recurrence_read(reader->arena, text, recurs->first, &fault))
        rule_problem(reader, node, &fault);
    else
        warn_of_month_end(reader, node, text, recurs->first);
    recurs->rule = string_push(reader, text);
}

/* Kept as the rule DATES=..., in the order of the days. */
static void dates_read(struct workflow_reader *reader, const struct node *node, const struct node *first, struct workflow_recurs *recurs)
{
    const struct node *item;
    uint32_t count;
    int32_t last = INT32_MIN, day;
    struct text rule = TEXT("DATES=");
    if (first)
        problems_add_key(reader->problems, first, "\"first\" belongs to a rule; the first of the dates is the first.");
    if (!node_list(reader->problems, node, false, &item, &count))
        return;
    if (count == 0 || count > RECURRENCE_DATES_MOST)
        problems_add(reader->problems, node, "found %u dates; allowed are 1 to %d.", count, RECURRENCE_DATES_MOST);
    for (; item; item = item->next) {
        if (!node_date(reader->problems, item, &day))
            continue;
        if (day <= last)
            problems_add(reader->problems, item, "this date is not later than the one before it.");
        struct civil civil = civil_of(day);
        rule = arena_print(reader->arena, "%.*s%s%04d%02d%02d", (int)rule.size, rule.data, last == INT32_MIN ? "" : ",", civil.year, civil.month, civil.day);
        recurs->first = last == INT32_MIN ? day : recurs->first;
        last = day;
    }
    recurs->rule = string_push(reader, rule);
}

static void days_read(struct workflow_reader *reader, const struct node *node, struct workflow_recurs *recurs)
{
    const struct node *rule = key_get(node, IN_RECURS, "rule"), *dates = key_get(node, IN_RECURS, "dates"), *first = key_get(node, IN_RECURS, "first");
    if (!node_get(node, "rule") == !node_get(node, "dates"))
        problems_add_key(reader->problems, node, "allowed is exactly one of \"rule\" and \"dates\".");
    else if (rule)
        rule_read(reader, rule, first, recurs);
    else if (dates)
        dates_read(reader, dates, first, recurs);
}

/* ---- for whom ---- */

/* Where nobody may open a case the calendar may not either. */
static void check_opens_at(struct workflow_reader *reader, const struct node *node, int32_t level, const struct workflow_head *head)
{
    if (level != NONE && head->opens_at.count > 0 && !refs_include(reader, head->opens_at, level))
        problems_add(reader->problems, node, "\"at\" of opens does not name the level \"%s\": no case can be opened there.", row_name(reader, WORKFLOW_LEVELS, level));
}

static int32_t member_read(struct workflow_reader *reader, const struct node *node, const struct workflow_recurs *recurs)
{
    if (!node)
        return NONE;
    if (recurs->role == NONE)
        problems_add(reader->problems, node, "\"sets\" stands beside \"role\": a unit whose turn it is is where its case is opened.");
    int32_t field = field_resolve(reader, node, OF_TYPE(FIELD_PEOPLE), USE_MOVE, "whose turn it is goes into a field of type");
    if (field != NONE && ROW_OF(reader, FIELDS, field, field)->with.count > 0)
        problems_add(reader->problems, node, "the field \"%s\" has \"with\": the calendar does not know what belongs to a person.", node->text.data);
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_FILLED);
    return field;
}

/* The field for whose turn it is, or NONE. */
static int32_t turn_read(struct workflow_reader *reader, const struct node *node, struct workflow_recurs *recurs)
{
    struct text text;
    if (!key_check(reader, node, IN_TURN))
        return NONE;
    const struct node *role = key_get(node, IN_TURN, "role"), *level = key_get(node, IN_TURN, "level"), *in = key_get(node, IN_TURN, "in");
    recurs->rotation = 1;
    if (!node_get(node, "role") == !node_get(node, "level"))
        problems_add(reader->problems, node, "allowed is exactly one of \"role\" (whose holders take turns) and \"level\" (whose units do).");
    else if (node_name(reader->problems, role, &text))
        recurs->role = string_push(reader, text);
    else if (level)
        recurs->level = level_resolve(reader, level);
    if (in && !node_is(in, "rotation"))
        problems_add(reader->problems, in, "found %s; allowed is rotation.", node_found(reader->arena, in));
    if (key_get(node, IN_TURN, "of"))
        recurs->of = level_resolve(reader, key_get(node, IN_TURN, "of"));
    return member_read(reader, key_get(node, IN_TURN, "sets"), recurs);
}

static int32_t for_each_read(struct workflow_reader *reader, const struct node *node, const struct workflow_head *head, struct workflow_recurs *recurs)
{
    int32_t member = NONE;
    if (!node)
        return NONE;
    if (node->kind == NODE_MAP)
        member = turn_read(reader, node, recurs);
    else
        recurs->level = level_resolve(reader, node);
    check_opens_at(reader, node, recurs->level, head);
    return member;
}

static int32_t day_read(struct workflow_reader *reader, const struct node *node)
{
    if (!node)
        return NONE;
    int32_t field = field_resolve(reader, node, OF_TYPE(FIELD_DATE), USE_LOOK, "the day of a run goes into a field of type");
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_FILLED);
    return field;
}

/* Who opened a case is asked about where nobody does. */
static void check_opener(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_PEOPLE); row++)
        if (ROW_OF(reader, PEOPLE, people, row)->kind == PEOPLE_OPENER)
            problems_add(reader->problems, row_node(reader, WORKFLOW_PEOPLE, row), "only the calendar opens such cases (opens has no \"by\"): there is no opener.");
}

/* ---- recurs ---- */

void recurs_read(struct workflow_reader *reader, const struct node *node, struct workflow_head *head)
{
    struct workflow_recurs recurs;
    int32_t sets[2], count = 0;
    row_blank(WORKFLOW_RECURS, &recurs);
    if (!node || !key_check(reader, node, IN_RECURS))
        return;
    days_read(reader, node, &recurs);
    int32_t member = for_each_read(reader, key_get(node, IN_RECURS, "for-each"), head, &recurs);
    int32_t day = day_read(reader, key_get(node, IN_RECURS, "sets"));
    node_choice(reader->problems, key_get(node, IN_RECURS, "day-off"), day_off_words, 4, &recurs.day_off);
    node_choice(reader->problems, key_get(node, IN_RECURS, "missed"), missed_words, 2, &recurs.missed);
    if (day != NONE)
        sets[count++] = day;
    if (member != NONE)
        sets[count++] = member;
    recurs.sets = refs_push(reader, sets, count);
    row_push(reader, WORKFLOW_RECURS, &recurs, node);
}

void recurs_check(struct workflow_reader *reader, const struct workflow_head *head)
{
    if (row_count(reader, WORKFLOW_RECURS) > 0 && head->opens_by == NONE && !reader->doubtful[WORKFLOW_PEOPLE])
        check_opener(reader);
}

/* ---- quota ---- */

static struct span ends_named(struct workflow_reader *reader, const struct node *node)
{
    int32_t ends[WORKFLOW_ENDS_MOST], found = 0;
    const struct node *item;
    uint32_t count;
    if (!node_list(reader->problems, node, true, &item, &count))
        return (struct span){0};
    if (count == 0)
        problems_add(reader->problems, node, "found an empty list; at least one end counts.");
    for (; count && found < WORKFLOW_ENDS_MOST; count--, item = item->next) {
        int32_t end = name_find(reader, WORKFLOW_ENDS, item->text); /* not marked as used: something must lead there all the same */
        if (item->kind != NODE_SCALAR || end == NONE)
            end = name_resolve(reader, WORKFLOW_ENDS, item);
        bool twice = false;
        for (int32_t i = 0; i < found; i++)
            twice = twice || ends[i] == end;
        if (twice && end != NONE)
            problems_add(reader->problems, item, "the end \"%s\" stands here a second time.", item->text.data);
        else if (end != NONE)
            ends[found++] = end;
    }
    return refs_push(reader, ends, found);
}

/* What an outcome has besides is about a case. */
static bool asks_for_case(struct workflow_reader *reader, const struct node *node)
{
    static const char *const words[] = {"go", "level", "climb", "to", "end", "stay", "choose", "set", "publish"};
    bool asks = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct node *found = node_get(node, words[i]);
        asks = asks || found;
        if (found)
            problems_add_key(reader->problems, found, "\"%s\" is about a case, and here there is none: a unit has had too few. Allowed: notify, open.", words[i]);
    }
    return asks;
}

/* There is no case, so nothing of one can be meant. */
static int32_t short_read(struct workflow_reader *reader, const struct node *node, int32_t level)
{
    struct workflow_outcome outcome;
    row_blank(WORKFLOW_OUTCOMES, &outcome);
    outcome.kind = OUTCOME_STAY;
    if (!node || asks_for_case(reader, node) || !key_check(reader, node, IN_SHORT))
        return NONE;
    const struct node *notify = key_get(node, IN_SHORT, "notify"), *open = key_get(node, IN_SHORT, "open");
    if (!node_get(node, "notify") && !node_get(node, "open"))
        problems_add(reader->problems, node, "nothing follows. Allowed is \"notify\" (who is told), \"open\" (a case), or both.");
    if (notify)
        outcome.notices = notices_read(reader, notify, 0);
    outcome.opens = opens_read_short(reader, open, level);
    for (int32_t i = 0; i < outcome.notices.count; i++)
        if (ROW_OF(reader, NOTICES, notice, outcome.notices.first + i)->worker != NONE)
            problems_add(reader->problems, notify, "a worker process is told about a case, and here there is none. Allowed is \"who\".");
    return row_push(reader, WORKFLOW_OUTCOMES, &outcome, node);
}

void quota_read(struct workflow_reader *reader, const struct node *node)
{
    struct workflow_quota quota;
    row_blank(WORKFLOW_QUOTAS, &quota);
    if (!node || !key_check(reader, node, IN_QUOTA))
        return;
    const struct node *a = key_get(node, IN_QUOTA, "a"), *level = key_get(node, IN_QUOTA, "for-each");
    node_number(reader->problems, key_get(node, IN_QUOTA, "least"), 1, WORKFLOW_QUOTA_MOST, &quota.least);
    if (a && !node_is(a, "year"))
        problems_add(reader->problems, a, "found %s; allowed is year.", node_found(reader->arena, a));
    if (level)
        quota.level = level_resolve(reader, level);
    if (key_get(node, IN_QUOTA, "ends"))
        quota.ends = ends_named(reader, key_get(node, IN_QUOTA, "ends"));
    quota.short_ = short_read(reader, key_get(node, IN_QUOTA, "short"), quota.level);
    row_push(reader, WORKFLOW_QUOTAS, &quota, node);
}
