/* engine_days: which day comes next at a unit: the next run of a recurrence, the next year to be closed. Only for engine_agenda.c, which says what follows.
 *
 * A day is decided about by the newest version that applies on it. No day counts from before the version was deployed, or the unit was there. */
#ifndef STAIRCASE_ENGINE_DAYS_H
#define STAIRCASE_ENGINE_DAYS_H

#include "engine/engine_inner.h"
#include "engine/recurrence.h"

enum { ANSWERS_KEPT = 4 };

/* One version of a workflow, as far as the calendar is concerned. */
struct recurring {
    struct recurring *newer, *next; /* versions of the name, ascending; the next name (of the oldest) */
    struct text name;
    uint32_t version;
    int32_t applies_from;
    int64_t deployed_at;
    struct recurrence *rule; /* NULL: it does not recur */
    const char *level, *role, *of; /* names; "": not said */
    bool rotation;
    enum day_off day_off;
    enum missed missed;
    int32_t least;           /* of a quota; 0: it has none */
    const char *quota_level;
    struct {                 /* the last questions that were put to the rule, and the answers: units ask for the same days */
        int32_t after, day;
        bool asked, found;
    } answers[ANSWERS_KEPT];
    uint32_t answer_count;
};

/* A series while its next event is looked for. */
struct search {
    struct engine *engine;
    const struct recurring *first;
    uint32_t unit;
    int32_t row;                     /* of the unit, or NONE: the whole district */
    const struct calendar *calendar; /* that counts there */
    int32_t since;                   /* the unit is there from that day on */
};

/* The next event of a series. */
struct found {
    const struct recurring *version;
    int64_t due;
    int32_t day, through; /* of a run */
    int32_t year;         /* of a quota */
};

/* The next run after a day of the rule, not on a day that has had one. false: there is none. */
bool days_next_run(const struct search *search, int32_t after, int32_t last, struct found *found);
/* The first year after `through` that is to be closed. */
bool days_next_year(const struct search *search, int32_t through, struct found *found);

#endif
