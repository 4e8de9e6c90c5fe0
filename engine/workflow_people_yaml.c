/* workflow_people_yaml: people, wherever they stand, and `by`. A word is a people field, a group, opener, resident or worker; any other
 * word is a role, which the directory must know. */
#include "engine/workflow_reader.h"

#include <assert.h>

static const char *allowed_words(unsigned allowed)
{
    return allowed & ALLOW_CASE ? "a role, a people field, a group, opener, {role: R, of: ...}, or a list of these"
                                : "a role, resident, or a list of these";
}

static struct workflow_people people_blank(enum people_kind kind)
{
    struct workflow_people people;
    row_blank(WORKFLOW_PEOPLE, &people);
    people.kind = (int32_t)kind;
    return people;
}

/* opener, resident, worker: false when the word is none of them. */
static bool special_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_people *people)
{
    static const struct {
        const char *word, *why_not;
        enum people_kind kind;
        unsigned needs;
    } words[] = {
        {"opener", "there is no case yet that somebody has opened", PEOPLE_OPENER, ALLOW_CASE},
        {"resident", "that is anyone, and nobody knows who they all are", PEOPLE_RESIDENT, ALLOW_RESIDENT},
        {"worker", "that is a program, not a person", PEOPLE_WORKER, ALLOW_WORKER},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!node_is(node, words[i].word))
            continue;
        *people = people_blank(words[i].kind);
        if (!(allowed & words[i].needs))
            problems_add(reader->problems, node, "\"%s\" cannot stand here: %s. Allowed is %s.", words[i].word, words[i].why_not,
                         allowed_words(allowed));
        return true;
    }
    return false;
}

/* A role can be misspelt without anybody seeing it before the directory is asked: so near misses are said. */
static void warn_near_miss(struct workflow_reader *reader, const struct node *node, struct text role)
{
    struct nearest nearest = nearest_to(role);
    nearest.most = 2;
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_FIELDS); i++)
        if (ROW_OF(reader, FIELDS, field, i)->type == FIELD_PEOPLE)
            nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_FIELDS, i)));
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_GROUPS); i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_GROUPS, i)));
    nearest_offer(&nearest, TEXT("opener"));
    nearest_offer(&nearest, TEXT("resident"));
    nearest_offer(&nearest, TEXT("worker"));
    if (nearest.best.size)
        problems_warn(reader->problems, node, "\"%s\" is read as a role of the directory.%s", role.data,
                      nearest_hint(&nearest, reader->arena));
}

static struct workflow_people role_named(struct workflow_reader *reader, struct text role)
{
    struct workflow_people people = people_blank(PEOPLE_ROLE);
    people.role = string_push(reader, role);
    return people;
}

static bool word_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_people *people)
{
    struct text name;
    if (special_read(reader, node, allowed, people))
        return true;
    if (!node_name(reader->problems, node, &name))
        return false;
    int32_t field = name_find(reader, WORKFLOW_FIELDS, name), group = name_find(reader, WORKFLOW_GROUPS, name);
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_USED);
    row_mark(reader, WORKFLOW_GROUPS, group, MARK_USED);
    if ((field != NONE || group != NONE) && !(allowed & ALLOW_CASE)) {
        problems_add(reader->problems, node, "\"%s\" is part of the case, which is not there yet. Allowed is %s.", name.data,
                     allowed_words(allowed));
        return false;
    }
    if (field != NONE) {
        *people = people_blank(PEOPLE_FIELD);
        people->field = field;
        return field_check(reader, field, node, OF_TYPE(FIELD_PEOPLE), USE_MOVE, "who may act is said by a role, a group or a field of type") != NONE;
    }
    if (group != NONE) {
        *people = people_blank(PEOPLE_GROUP);
        people->group = group;
        return true;
    }
    if (word_reserved(name)) {
        problems_add(reader->problems, node, "\"%s\" is a word of the language and no role. Allowed is %s.", name.data, allowed_words(allowed));
        return false;
    }
    warn_near_miss(reader, node, name);
    *people = role_named(reader, name);
    return true;
}

static bool role_name_free(struct workflow_reader *reader, const struct node *node, struct text role)
{
    bool field = name_find(reader, WORKFLOW_FIELDS, role) != NONE, group = name_find(reader, WORKFLOW_GROUPS, role) != NONE;
    if (!field && !group && !word_reserved(role))
        return true;
    problems_add(reader->problems, node, "\"%s\" is %s and cannot be a role too.", role.data,
                 field ? "a field" : group ? "a group" : "a word of the language");
    return false;
}

/* Which department it is, the case says: before it is opened it says nothing. */
static bool of_field_read(struct workflow_reader *reader, const struct node *of, unsigned allowed, struct workflow_people *people)
{
    key_check(reader, of, IN_AT);
    const struct node *unit = key_get(of, IN_AT, "unit");
    if (!(allowed & ALLOW_CASE)) {
        problems_add(reader->problems, of, "a unit in a field is known only when the case is open. Allowed is home, below or a level.");
        return false;
    }
    people->where = WHERE_FIELD;
    people->field = unit ? field_resolve(reader, unit, OF_TYPE(FIELD_UNIT), USE_LOOK, "a role is held at a unit, in a field of type") : NONE;
    return people->field != NONE;
}

/* {role: R, of: home | LEVEL | below | {unit: FIELD}} */
static bool role_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_people *people)
{
    struct text role;
    key_check(reader, node, IN_ROLE);
    const struct node *named = key_get(node, IN_ROLE, "role"), *of = key_get(node, IN_ROLE, "of");
    if (!node_name(reader->problems, named, &role) || !role_name_free(reader, named, role))
        return false;
    *people = role_named(reader, role);
    if (!of)
        return true;
    if (of->kind == NODE_MAP)
        return of_field_read(reader, of, allowed, people);
    if (node_is(of, "home") || node_is(of, "below")) {
        people->where = node_is(of, "home") ? WHERE_HOME : WHERE_BELOW;
        return true;
    }
    static const char *const words[] = {"home", "below"};
    people->where = WHERE_LEVEL;
    people->level = word_meant(reader, of, words, 2, "home, below or a level") ? NONE : level_resolve(reader, of);
    return people->level != NONE;
}

/* {missing: EVENT}: what it may be is checked when all events have been read (workflow_check.c). */
static bool missing_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_people *people)
{
    key_check(reader, node, IN_MISSING);
    if (!(allowed & ALLOW_MISSING)) {
        problems_add(reader->problems, node, "{missing: EVENT} stands only in \"who\" of a reminder. Allowed is %s.", allowed_words(allowed));
        return false;
    }
    *people = people_blank(PEOPLE_MISSING);
    people->event = event_resolve(reader, key_get(node, IN_MISSING, "missing"));
    return people->event != NONE;
}

static bool one_read(struct workflow_reader *reader, const struct node *node, unsigned allowed, struct workflow_people *people)
{
    if (node->kind == NODE_SCALAR)
        return word_read(reader, node, allowed, people);
    if (node_get(node, "missing"))
        return missing_read(reader, node, allowed, people);
    if (node_get(node, "role") || node_get(node, "of"))
        return role_read(reader, node, allowed, people);
    problems_add(reader->problems, node, "found %s; allowed is %s.", node_found(reader->arena, node), allowed_words(allowed));
    return false;
}

struct span people_read(struct workflow_reader *reader, const struct node *node, unsigned allowed)
{
    struct workflow_people found[WORKFLOW_LIST_MOST];
    const struct node *nodes[WORKFLOW_LIST_MOST], *item;
    int32_t count = 0;
    uint32_t items;
    if (!node_list(reader->problems, node, true, &item, &items))
        return (struct span){0, 0};
    for (uint32_t i = 0; i < items; i++, item = item->next) {
        if (count == WORKFLOW_LIST_MOST) {
            problems_add(reader->problems, item, "this list has more than %d entries.", WORKFLOW_LIST_MOST);
            break;
        }
        nodes[count] = item;
        if (one_read(reader, item, allowed, &found[count]))
            count++;
    }
    struct span span = {.first = row_count(reader, WORKFLOW_PEOPLE), .count = count};
    for (int32_t i = 0; i < count; i++)
        row_push(reader, WORKFLOW_PEOPLE, &found[i], nodes[i]);
    return span;
}

/* ---- by ---- */

static bool parse_count(struct text text, int32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > 10000)
            return false;
        *out = *out * 10 + (text.data[i] - '0');
    }
    return text.size > 0 && text.data[0] != '0';
}

/* Their parts stand in the case, which is small. */
enum { RESIDENTS_MOST = 100 };

/* 3, or 4/5. */
static bool part_read(struct workflow_reader *reader, const struct node *node, struct workflow_by *by)
{
    if (!node)
        return false;
    const char *slash = memchr(node->text.data, '/', node->text.size);
    struct text whole = {.data = node->text.data, .size = slash ? (size_t)(slash - node->text.data) : node->text.size};
    struct text part = {.data = slash ? slash + 1 : "", .size = slash ? node->text.size - whole.size - 1 : 0};
    bool right = parse_count(whole, &by->numerator) && (!slash || parse_count(part, &by->denominator));
    if (right && slash && by->numerator > by->denominator) {
        problems_add(reader->problems, node, "found %s, which is more than all of them.", node_found(reader->arena, node));
        return false;
    }
    if (!right)
        problems_add(reader->problems, node, "found %s; allowed is a number such as 3, or a part such as 4/5.", node_found(reader->arena, node));
    return right;
}

static int32_t by_push(struct workflow_reader *reader, const struct workflow_by *by, const struct node *node)
{
    return by->people.count ? row_push(reader, WORKFLOW_BY, by, node) : NONE;
}

int32_t by_read(struct workflow_reader *reader, const struct node *node, unsigned allowed)
{
    struct workflow_by by = {.kind = BY_ANY};
    const struct node *each = node_get(node, "each"), *at_least = node_get(node, "at-least");
    if (!node)
        return NONE;
    if (!each && !at_least) {
        by.people = people_read(reader, node, allowed);
        return by_push(reader, &by, node);
    }
    key_check(reader, node, each ? IN_EACH : IN_AT_LEAST);
    /* Of those who cannot be counted nobody can say whether each, or which part of them, has sent it; a number of them can. */
    unsigned counted = allowed & ~(unsigned)(ALLOW_RESIDENT | ALLOW_WORKER);
    if (each) {
        by.kind = BY_EACH;
        by.people = people_read(reader, key_get(node, IN_EACH, "each"), counted);
        return by_push(reader, &by, node);
    }
    by.kind = BY_AT_LEAST;
    bool right = part_read(reader, key_get(node, IN_AT_LEAST, "at-least"), &by);
    by.people = people_read(reader, key_get(node, IN_AT_LEAST, "of"), right && by.denominator == 0 ? allowed & ~(unsigned)ALLOW_WORKER : counted);
    if (!right)
        return NONE;
    int32_t row = by_push(reader, &by, node);
    if (by_includes(reader, row, PEOPLE_RESIDENT) && by.numerator > RESIDENTS_MOST)
        problems_add(reader->problems, at_least, "found %s; of residents at most %d can be asked for: each of them stands in the case until they are enough.",
                     node_found(reader->arena, at_least), RESIDENTS_MOST);
    return row;
}

bool by_includes(const struct workflow_reader *reader, int32_t row, enum people_kind kind)
{
    if (row == NONE)
        return false;
    struct span people = ROW_OF(reader, BY, by, row)->people;
    for (int32_t i = 0; i < people.count; i++)
        if (ROW_OF(reader, PEOPLE, people, people.first + i)->kind == (int32_t)kind)
            return true;
    return false;
}
