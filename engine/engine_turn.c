/* engine_turn: whose turn it is in a rotation of units, or of those who hold a role.
 *
 * The order is that of the units' permanent numbers, then of the persons' ids. Only whose turn it was last is remembered: so the rotation goes on whoever comes or
 * goes, and one who left and comes back stands where they stood. A substitute has no turn of his own: he stands in when it is the other's. */
#include "engine/engine_inner.h"

struct turns {
    const struct directory *directory;
    struct turn first, next; /* the first of all, and the first after the one whose turn it was */
    uint32_t last_unit;
    struct text last_person;
};

static int compare_turns(uint32_t unit, struct text person, uint32_t other_unit, struct text other_person)
{
    if (unit != other_unit)
        return unit < other_unit ? -1 : 1;
    return text_compare(person, other_person);
}

static bool comes_before(const struct turns *turns, const struct turn *member, const struct turn *other)
{
    return other->unit == NONE || compare_turns((uint32_t)directory_unit(turns->directory, member->unit)->id, member->person,
                                                (uint32_t)directory_unit(turns->directory, other->unit)->id, other->person) < 0;
}

static void offer(struct turns *turns, struct turn member)
{
    const struct directory_unit *unit = directory_unit(turns->directory, member.unit);
    if (unit->successor)
        return;
    if (comes_before(turns, &member, &turns->first))
        turns->first = member;
    if (compare_turns((uint32_t)unit->id, member.person, turns->last_unit, turns->last_person) > 0 && comes_before(turns, &member, &turns->next))
        turns->next = member;
}

static void offer_holders(struct turns *turns, const struct turn_of *of)
{
    const struct directory *directory = turns->directory;
    int32_t row = directory_find_role(directory, text_of(of->role));
    const struct directory_hold *holds = directory->table[DIRECTORY_HOLDS].rows;
    for (int32_t i = 0; row != NONE && i < directory->table[DIRECTORY_HOLDS].count; i++) {
        bool now = holds[i].instead_of == NONE && (holds[i].from == NONE || holds[i].from <= of->day) && (holds[i].until == NONE || holds[i].until >= of->day);
        if (holds[i].role == row && now && (of->within == NONE || directory_covers(directory, of->within, holds[i].unit)))
            offer(turns, (struct turn){.unit = holds[i].unit, .person = text_of(directory_string(directory, directory_person(directory, holds[i].person)->id))});
    }
}

static void offer_units(struct turns *turns, const struct turn_of *of)
{
    const struct directory *directory = turns->directory;
    int32_t row = directory_find_level(directory, text_of(of->level));
    for (int32_t unit = 0; row != NONE && unit < directory_unit_count(directory); unit++)
        if (directory_unit(directory, unit)->level == row && (of->within == NONE || directory_covers(directory, of->within, unit)))
            offer(turns, (struct turn){.unit = unit});
}

struct turn engine_next_turn(const struct directory *directory, const struct turn_of *of, const struct recur_row *last)
{
    struct turns turns = {.directory = directory, .first.unit = NONE, .next.unit = NONE, .last_unit = last->turn_unit, .last_person = last->turn};
    if (*of->role)
        offer_holders(&turns, of);
    else
        offer_units(&turns, of);
    return turns.next.unit != NONE ? turns.next : turns.first;
}
