/* invariants: see invariants.h. */
#include "tests/simulate/invariants.h"

static const struct {
    const char *name, *says;
} invariants[] = {
#define ROW(NAME, name, says) {#name, says},
    INVARIANTS(ROW)
#undef ROW
};

static const struct {
    const char *name, *does;
    enum invariant invariant;
} breaks[] = {
    {"nothing", "", INVARIANT_COUNT},
#define ROW(NAME, name, invariant, does) {name, does, INVARIANT_##invariant},
    BREAKS(ROW)
#undef ROW
};

const char *invariant_name(enum invariant which)
{
    return invariants[which].name;
}

const char *invariant_says(enum invariant which)
{
    return invariants[which].says;
}

const char *broken_name(enum broken which)
{
    return breaks[which].name;
}

const char *broken_does(enum broken which)
{
    return breaks[which].does;
}

enum invariant broken_invariant(enum broken which)
{
    return breaks[which].invariant;
}
