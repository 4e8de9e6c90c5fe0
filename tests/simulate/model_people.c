/* model_people: directory.yaml, by hand. See model.h. */
#include "tests/simulate/model_inner.h"

static const struct holding {
    const char *person;
    unsigned role;
    const char *unit;
} holdings[] = {
    {"boss", BY_SUPERVISOR, "east"},
    {"deputy", BY_SUPERVISOR, "willow"},
    {"deputy", BY_SUPERVISOR, "east-centre"},
    {"centre-m", BY_MEDIATOR, "east-centre"},
    {"willow-m", BY_MEDIATOR, "willow"},
    {"willow-m", BY_CLERK, "willow"},
    {"plum-m", BY_MEDIATOR, "plum"},
    {"plum-m", BY_CLERK, "plum"},
    {"grid-1-m", BY_MEDIATOR, "willow/grid-1"},
    {"grid-2-m", BY_MEDIATOR, "willow/grid-2"},
    {"plum-1-m", BY_MEDIATOR, "plum/grid-1"},
    {"walker", BY_GRID_WORKER, "willow"},
    {"runner", BY_GRID_WORKER, "plum"},
    {"house-1-m", BY_MEDIATOR, "willow/grid-1/house-1"},
    {"house-1-m", BY_MEDIATOR, "willow/grid-1/house-2"},
    {"house-3-m", BY_MEDIATOR, "willow/grid-2/house-3"},
    {"house-3-m", BY_MEDIATOR, "willow/house-9"},
    /* from the second version of the directory on */
    {"newcomer", BY_MEDIATOR, "willow/grid-1"},
    {"newcomer", BY_GRID_WORKER, "east"},
};

static bool begins(struct text path, const char *above)
{
    size_t size = strlen(above);
    return path.size >= size && memcmp(path.data, above, size) == 0 && (path.size == size || path.data[size] == '/');
}

static bool is_below(struct text path, const char *above)
{
    if (strcmp(above, "east") == 0)
        return true;
    if (strcmp(above, "river") == 0)
        return begins(path, "willow") || begins(path, "plum");
    return begins(path, above);
}

bool people_hold(struct text person, unsigned role, struct text unit)
{
    for (size_t i = 0; i < sizeof holdings / sizeof *holdings; i++) {
        const struct holding *holding = &holdings[i];
        if (!text_is(person, holding->person) || holding->role != role)
            continue;
        /* A mediator is one only where it is given; the others also below. */
        if (role == BY_MEDIATOR ? text_is(unit, holding->unit) : is_below(unit, holding->unit))
            return true;
    }
    return false;
}

struct text people_community(struct text unit)
{
    return begins(unit, "willow") ? TEXT("willow") : begins(unit, "plum") ? TEXT("plum") : unit;
}
