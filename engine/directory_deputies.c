/* directory_deputies: who stands in for whom, and who may act for whom. Read when everybody is known, since each names another person.
 *
 * A substitute holds the other's role in that time: it becomes a hold like any other, with dates, and the one who is substituted keeps the role
 * (a holiday may end early). Acting for someone is the other way: the deed is the other's, and both are recorded; it needs a basis and an end. */
#include "engine/directory_draft.h"

enum { BASIS_MOST = 200 };

static int32_t other_person(struct draft *draft, const struct node *node, int32_t person)
{
    struct text id;
    if (!node_text(draft->problems, node, 0, &id))
        return NONE;
    for (int32_t i = 0; i < draft->person_count; i++) {
        if (!text_equal(draft->people[i].id, id))
            continue;
        if (i != person)
            return i;
        problems_add(draft->problems, node, "nobody stands in for himself: \"%s\" is this very person.", id.data);
        return NONE;
    }
    struct nearest nearest = nearest_to(id);
    for (int32_t i = 0; i < draft->person_count && !problems_full(draft->problems); i++)
        nearest_offer(&nearest, draft->people[i].id);
    problems_add(draft->problems, node, "there is no person %s in `people`.%s", node_found(draft->arena, node), nearest_hint(&nearest, draft->arena));
    return NONE;
}

static bool times_read(struct draft *draft, const struct node *node, enum directory_where where, int32_t *from, int32_t *until)
{
    const struct node *last = draft_get(node, where, "until");
    *from = *until = NONE;
    bool first_read = node_date(draft->problems, draft_get(node, where, "from"), from), both = node_date(draft->problems, last, until) && first_read;
    if (both && *until < *from)
        problems_add(draft->problems, last, "found %s, which is before `from`.", node_found(draft->arena, last));
    return *until != NONE && (!both || *from <= *until);
}

/* ---- substitutes ---- */

static bool same_office(const struct part_hold *hold, const struct part_hold *other)
{
    return hold->role == other->role && hold->unit == other->unit;
}

/* Whether the person holds that role there on all those days. */
static bool holds_all(const struct draft *draft, int32_t person, const struct part_hold *hold)
{
    for (int32_t i = 0; i < draft->hold_count; i++) {
        const struct part_hold *held = &draft->holds[i];
        if (held->person == person && same_office(held, hold) && (held->from == NONE || held->from <= hold->from) &&
            (held->until == NONE || held->until >= hold->until))
            return true;
    }
    return false;
}

static bool holds_some(const struct draft *draft, const struct part_hold *hold)
{
    for (int32_t i = 0; i < draft->hold_count; i++) {
        const struct part_hold *held = &draft->holds[i];
        if (held->person == hold->person && same_office(held, hold) && (held->from == NONE || held->from <= hold->until) &&
            (held->until == NONE || held->until >= hold->from))
            return true;
    }
    return false;
}

static void substitute_read(struct draft *draft, const struct node *node, int32_t person)
{
    struct part_hold hold = {.person = person, .from = NONE, .until = NONE, .instead_of = NONE};
    if (!draft_check(draft, node, IN_SUBSTITUTE))
        return;
    int32_t other = other_person(draft, draft_get(node, IN_SUBSTITUTE, "for"), person);
    hold.instead_of = other;
    hold.role = draft_role(draft, draft_get(node, IN_SUBSTITUTE, "role"));
    hold.unit = draft_unit(draft, draft_get(node, IN_SUBSTITUTE, "at"));
    if (!times_read(draft, node, IN_SUBSTITUTE, &hold.from, &hold.until) || hold.from == NONE || other == NONE || hold.role == NONE || hold.unit == NONE)
        return;
    const char *role = draft->roles[hold.role].name.data, *unit = draft->units[hold.unit].path.data;
    if (!holds_all(draft, other, &hold))
        problems_add(draft->problems, node, "%s does not hold %s at %s on all these days: there is nothing to substitute.", draft->people[other].id.data, role, unit);
    else if (holds_some(draft, &hold))
        problems_add(draft->problems, node, "this person holds %s at %s already, in the same time.", role, unit);
    else
        draft->holds[draft->hold_count++] = hold;
}

/* ---- acting for someone ---- */

static void delegation_read(struct draft *draft, const struct node *node, int32_t person)
{
    struct part_delegation delegation = {.person = person, .basis = TEXT("")};
    if (!draft_check(draft, node, IN_DELEGATION))
        return;
    delegation.on_behalf = other_person(draft, draft_get(node, IN_DELEGATION, "for"), person);
    bool basis = node_text(draft->problems, draft_get(node, IN_DELEGATION, "basis"), BASIS_MOST, &delegation.basis);
    if (!times_read(draft, node, IN_DELEGATION, &delegation.from, &delegation.until) || !basis || delegation.on_behalf == NONE)
        return;
    draft->delegations[draft->delegation_count++] = delegation;
}

/* ---- both ---- */

static size_t count_under(const struct node *people, const char *key)
{
    size_t count = 0;
    for (node_each(person, people)) {
        const struct node *list = node_get(person, key);
        count += list ? list->count : 0;
    }
    return count;
}

/* Holds of substitutes come after all others: a substitute of a substitute is none. */
void draft_deputies(struct draft *draft, const struct node *people)
{
    struct part_hold *holds = ARENA_ARRAY(draft->arena, struct part_hold, (size_t)draft->hold_count + count_under(people, "substitutes"));
    if (draft->hold_count)
        memcpy(holds, draft->holds, (size_t)draft->hold_count * sizeof *holds);
    draft->holds = holds;
    draft->delegations = ARENA_ARRAY(draft->arena, struct part_delegation, count_under(people, "acts-for"));
    int32_t person = 0;
    for (const struct node *node = node_first(people); node; node = node->next, person++) {
        for (node_each(item, node_get(node, "substitutes")))
            substitute_read(draft, item, person);
        for (node_each(item, node_get(node, "acts-for")))
            delegation_read(draft, item, person);
    }
}
