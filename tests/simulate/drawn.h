/* drawn: a workflow that nobody has written. Each seed draws its own: stages with and without ladders, limits of every kind, events of one or of several
 * people, conditions, climbs and what is beyond the last rung. drawn.c throws the dice, drawn_yaml.c tells it to the engine as a file,
 * model_drawn.c follows its cases by these tables, without the file. */
#ifndef STAIRCASE_SIMULATE_DRAWN_H
#define STAIRCASE_SIMULATE_DRAWN_H

#include "engine/arena.h"
#include "tests/simulate/dice.h"

enum { DRAWN_STAGES_MOST = 5, DRAWN_EVENTS_MOST = 4, DRAWN_ENDS = 3, DRAWN_WAYS_MOST = 2, DRAWN_LEVELS = 4, DRAWN_VERSIONS = 2, DRAWN_ALL_EVENTS = DRAWN_STAGES_MOST * DRAWN_EVENTS_MOST };
enum { DRAWN_NOWHERE = -1, DRAWN_KEEP = -2 };

enum drawn_move { DRAWN_STAY, DRAWN_GO, DRAWN_END, DRAWN_UP, DRAWN_DOWN };
enum drawn_when { DRAWN_ALWAYS, DRAWN_FLAG, DRAWN_LARGE, DRAWN_OFTEN, DRAWN_AT_LEVEL };
enum drawn_unit { DRAWN_NO_LIMIT, DRAWN_DAYS, DRAWN_WORKING_DAYS, DRAWN_WORKING_HOURS, DRAWN_HOURS, DRAWN_MONTHS, DRAWN_UNITS };

struct drawn_outcome {
    enum drawn_move move;
    int to;    /* stage or end; of a climb: the stage, or NOWHERE for the same */
    int level; /* of a go: the level, KEEP, or NOWHERE: not said */
};

struct drawn_way {
    enum drawn_when when;
    int value; /* so often; the level */
    struct drawn_outcome outcome;
};

struct drawn_choice {
    struct drawn_way ways[DRAWN_WAYS_MOST];
    int way_count;
    struct drawn_outcome last;
};

struct drawn_event {
    unsigned who;        /* enum who */
    int several;         /* so many must send it; 0: one; EACH: every applicant */
    int most;            /* so often in a case; 0: always */
    unsigned levels;     /* only at these; 0: at all */
    bool flag, size, words, sets_large, tells_archive;
    struct drawn_choice choice;
};
enum { DRAWN_EACH = -1 };

struct drawn_stage {
    unsigned ladder;     /* its levels; 0: it stands at `at` */
    int at;
    enum drawn_unit unit;
    int limit[DRAWN_VERSIONS];
    int centre_days;     /* another limit at the centre; 0: the same */
    bool follows;        /* `overdue` is said */
    struct drawn_choice overdue;
    struct drawn_outcome top, bottom;
    bool has_top, has_bottom;
    int extend;          /* by so many working days; 0: not */
    const char *task, *topic; /* for a role; for a worker; or NULL */
    bool warns, reminds;
    struct drawn_event events[DRAWN_EVENTS_MOST];
    int event_count;
};

struct drawn {
    unsigned opened_by;
    bool at_community, reference, tells;
    const char *late[DRAWN_VERSIONS];
    struct drawn_choice start;
    struct drawn_stage stages[DRAWN_STAGES_MOST];
    int stage_count;
};

/* The one of this run. */
extern struct drawn drawn;

/* Throws the dice until what comes out has no mistake that could be seen here; the checker may still see one. */
void drawn_throw(struct dice *dice);
/* The file, in the arena. Names of stages are s0, s1..., of events s0-e1, of ends end-0. */
struct text drawn_yaml(struct arena *arena, int version);
/* Of all choices there are, the one by number; NULL: there are no more. */
const struct drawn_choice *drawn_choice(int number);

#endif
