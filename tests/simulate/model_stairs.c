/* model_stairs: stairs.yaml, by hand. See model.h. */
#include "tests/simulate/model_inner.h"

enum { CONSENT, MEDIATION, KEEPING };
enum { RESOLVED, REFUSED, FAILED, NOT_KEPT, WITHDRAWN };

static const char *const stages[] = {"consent", "mediation", "keeping", NULL};
static const char *const ends[] = {"resolved", "refused", "failed", "not-kept", "withdrawn", NULL};

static void go_level(struct predicted *p, int stage, int level, int64_t now)
{
    model_enter(p, stage, model_level(p, level, 1), now);
}

static void open(struct predicted *p, const struct log_record *record)
{
    if (model_word(record, "size", "large"))
        go_level(p, MEDIATION, GRID, record->effective);
    else
        go_level(p, CONSENT, BUILDING, record->effective);
}

/* ---- all must send it ---- */

static bool all_have(const struct predicted *p, const struct text *have, int count)
{
    for (int i = 0; i < p->applicant_count; i++)
        if (!model_among(have, count, p->applicants[i]))
            return false;
    for (int i = 0; i < p->respondent_count; i++)
        if (!model_among(have, count, p->respondents[i]))
            return false;
    return true;
}

static void agree(struct predicted *p, const struct log_record *record)
{
    model_join(p->agreed, &p->agreed_count, model_person(record));
    if (all_have(p, p->agreed, p->agreed_count))
        go_level(p, MEDIATION, p->level, record->effective);
}

static void extend(struct predicted *p, const struct log_record *record)
{
    model_join(p->wants_more, &p->wants_more_count, model_person(record));
    if (!all_have(p, p->wants_more, p->wants_more_count))
        return;
    p->wants_more_count = 0;
    p->added = 5;
    p->due = p->rules->stage_due(p, model_calendar);
}

static void take_back(struct predicted *p, const struct log_record *record)
{
    struct text person = model_person(record);
    if (model_among(p->agreed, p->agreed_count, person))
        model_part(p->agreed, &p->agreed_count, person);
    else
        model_part(p->wants_more, &p->wants_more_count, person);
}

/* ---- up and down ---- */

static void climb(struct predicted *p, int stage, int64_t now, int beyond)
{
    int level = model_level(p, p->level + (model_skips_level ? 2 : 1), 1);
    if (level == NOWHERE)
        model_end(p, beyond);
    else
        model_enter(p, stage, level, now);
}

static void raise_up(struct predicted *p, const struct log_record *record)
{
    climb(p, CONSENT, record->effective, FAILED);
}

static void return_down(struct predicted *p, const struct log_record *record)
{
    int level = model_level(p, p->level - 1, -1);
    if (level != NOWHERE)
        model_enter(p, MEDIATION, level, record->effective);
}

/* ---- ends ---- */

static void refuse(struct predicted *p, const struct log_record *record)
{
    (void)record;
    model_end(p, REFUSED);
}

static void withdraw(struct predicted *p, const struct log_record *record)
{
    (void)record;
    model_end(p, WITHDRAWN);
}

static void sign(struct predicted *p, const struct log_record *record)
{
    model_enter(p, KEEPING, GRID, record->effective);
}

static void follow_up(struct predicted *p, const struct log_record *record)
{
    p->follow_ups++;
    if (model_flag(record, "kept"))
        model_end(p, RESOLVED);
    else if (p->follow_ups >= 2)
        model_end(p, NOT_KEPT);
    else
        go_level(p, MEDIATION, GRID, record->effective);
}

static const struct rule events[] = {
    {"agree", CONSENT, BY_PARTY, agree, false},
    {"decline", CONSENT, BY_PARTY, refuse, false},
    {"sign", MEDIATION, BY_MEDIATOR | BY_WORKER, sign, false},
    {"raise", MEDIATION, BY_MEDIATOR | BY_WORKER, raise_up, false},
    {"return", MEDIATION, BY_MEDIATOR | BY_WORKER, return_down, false},
    {"stop", MEDIATION, BY_PARTY, refuse, false},
    {"extend", MEDIATION, BY_PARTY, extend, false},
    {"follow-up", KEEPING, BY_GRID_WORKER, follow_up, false},
    {"withdraw", NOWHERE, BY_APPLICANT, withdraw, false},
    {"comment", NOWHERE, BY_PARTY | BY_MEDIATOR | BY_GRID_WORKER, model_stay, false},
    {"take-back", NOWHERE, BY_ANYONE, take_back, false},
    {"claim", NOWHERE, BY_MEDIATOR | BY_GRID_WORKER, model_stay, false},
    {"unclaim", NOWHERE, BY_MEDIATOR | BY_GRID_WORKER, model_stay, false},
    {"hand-over", NOWHERE, BY_MEDIATOR | BY_GRID_WORKER, model_stay, false},
    {NULL, 0, 0, NULL, false},
};

/* ---- deadlines ---- */

static int64_t consent_due(const struct predicted *p, uint32_t calendar)
{
    switch (p->level) {
    case BUILDING: return working_days_due(calendar, p->entered, 3);
    case CENTRE: return days_due(calendar, p->entered, 5);
    default: return working_days_due(calendar, p->entered, p->version == 1 ? 2 : 4);
    }
}

static int64_t stage_due(const struct predicted *p, uint32_t calendar)
{
    if (p->stage == CONSENT)
        return consent_due(p, calendar);
    if (p->stage == KEEPING)
        return months_due(calendar, p->entered, 1);
    int64_t due = days_due(calendar, p->entered, p->version == 1 ? 10 : 14);
    return p->added ? working_days_due(calendar, due - 1, p->added) : due;
}

/* Nobody has agreed in time. In the second version that is no end: it goes on above; and beyond the top to the grid, where there is one. Where there
 * is none it stays, since a deadline cannot be refused. */
static void nobody_agreed(struct predicted *p, int64_t now)
{
    int level = model_level(p, p->level + 1, 1);
    if (p->version == 1)
        model_end(p, REFUSED);
    else if (level != NOWHERE)
        model_enter(p, MEDIATION, level, now);
    else if (p->reachable[GRID])
        model_enter(p, KEEPING, GRID, now);
}

static void overdue(struct predicted *p, int64_t now)
{
    if (p->stage == MEDIATION)
        climb(p, CONSENT, now, FAILED);
    else if (p->stage == CONSENT)
        nobody_agreed(p, now);
}

const struct rules model_stairs = {
    .workflow = "stairs", .stages = stages, .ends = ends, .opened_by = BY_RESIDENT | BY_GRID_WORKER | BY_MEDIATOR, .events = events,
    .open = open, .overdue = overdue, .stage_due = stage_due,
};
