/* model_drawn: where the cases of a drawn workflow must stand, by the tables that it was drawn in. See drawn.h and model.h. */
#include "tests/simulate/drawn.h"
#include "tests/simulate/model_inner.h"

#include <stdio.h>

enum { EXTENSIONS_MOST = 2, GIVEN = 5 };

/* Besides what stands in every predicted case. */
struct drawn_case {
    bool large;
    int sent[DRAWN_ALL_EVENTS];
    int extended;
};

static const char *const stages[] = {"s0", "s1", "s2", "s3", "s4", NULL};
static const char *const ends[] = {"end-0", "end-1", "end-2", NULL};

/* ---- moving ---- */

/* The first rung of the ladder, from this level on, that this home has. */
static int rung(const struct predicted *p, unsigned ladder, int from, int by)
{
    for (int level = from; level >= 0 && level < LEVELS; level += by)
        if (ladder & 1u << level && p->reachable[level])
            return level;
    return NOWHERE;
}

static void enter(struct predicted *p, int stage, int from, int64_t now)
{
    const struct drawn_stage *to = &drawn.stages[stage];
    model_enter(p, stage, to->ladder ? rung(p, to->ladder, from < 0 ? BUILDING : from, 1) : to->at, now);
}

static void follow(struct predicted *p, const struct drawn_outcome *outcome, int64_t now)
{
    const struct drawn_stage *stage = &drawn.stages[p->stage];
    int by = outcome->move == DRAWN_UP ? 1 : -1, level;
    switch (outcome->move) {
    case DRAWN_STAY: return;
    case DRAWN_END: model_end(p, outcome->to); return;
    case DRAWN_GO: enter(p, outcome->to, outcome->level == DRAWN_KEEP ? p->level : outcome->level, now); return;
    case DRAWN_UP:
    case DRAWN_DOWN:
        level = rung(p, stage->ladder, p->level + by * (model_skips_level ? 2 : 1), by);
        if (level == NOWHERE)
            follow(p, by > 0 ? &stage->top : &stage->bottom, now);
        else
            model_enter(p, outcome->to == NOWHERE ? p->stage : outcome->to, level, now);
    }
}

static bool holds(const struct predicted *p, const struct drawn_way *way, const struct log_record *record, int sent)
{
    switch (way->when) {
    case DRAWN_FLAG: return model_flag(record, "flag");
    case DRAWN_LARGE: return p->drawn->large;
    case DRAWN_OFTEN: return sent >= way->value;
    case DRAWN_AT_LEVEL: return p->level == way->value;
    case DRAWN_ALWAYS: return true;
    }
    return false;
}

static void choose(struct predicted *p, const struct drawn_choice *choice, const struct log_record *record, int sent, int64_t now)
{
    for (int i = 0; i < choice->way_count; i++)
        if (holds(p, &choice->ways[i], record, sent)) {
            follow(p, &choice->ways[i].outcome, now);
            return;
        }
    follow(p, &choice->last, now);
}

/* ---- events ---- */

static bool is_complete(const struct predicted *p, const struct drawn_event *event)
{
    if (event->several > 0)
        return p->agreed_count >= event->several;
    for (int i = 0; i < p->applicant_count; i++)
        if (!model_among(p->agreed, p->agreed_count, p->applicants[i]))
            return false;
    return p->applicant_count > 0;
}

/* No stage has two events that several must send. */
static bool is_part(struct predicted *p, const struct drawn_event *event, const struct log_record *record)
{
    if (event->several == 0)
        return false;
    model_join(p->agreed, &p->agreed_count, model_person(record));
    return !is_complete(p, event);
}

static void happen(struct predicted *p, const struct log_record *record)
{
    int number = record->event.name.data[4] - '0', *sent = &p->drawn->sent[p->stage * DRAWN_EVENTS_MOST + number];
    const struct drawn_event *event = &drawn.stages[p->stage].events[number];
    if (event->levels && !(event->levels & 1u << p->level))
        p->wrong = "it is not for this level";
    if (is_part(p, event, record))
        return;
    ++*sent;
    if (event->most && *sent > event->most)
        p->wrong = "it was sent too often before";
    if (model_field(record, "size"))
        p->drawn->large = model_word(record, "size", "large");
    p->drawn->large = p->drawn->large || event->sets_large;
    choose(p, &event->choice, record, *sent, record->effective);
}

static void take_back(struct predicted *p, const struct log_record *record)
{
    model_part(p->agreed, &p->agreed_count, model_person(record));
}

static void extend(struct predicted *p, const struct log_record *record)
{
    (void)record;
    if (++p->drawn->extended > EXTENSIONS_MOST)
        p->wrong = "it was extended twice before";
    if (p->due == NO_DEADLINE)
        p->wrong = "nothing is due";
    p->added += drawn.stages[p->stage].extend;
    p->due = p->rules->stage_due(p, model_calendar);
}

static void begin(struct sim *sim, struct predicted *p, const struct log_record *record)
{
    p->drawn = ARENA_NEW(&sim->memory, struct drawn_case);
    p->drawn->large = model_word(record, "size", "large");
}

static void open(struct predicted *p, const struct log_record *record)
{
    choose(p, &drawn.start, record, 0, record->effective);
}

/* ---- deadlines ---- */

static int64_t limit(const struct predicted *p, uint32_t calendar)
{
    const struct drawn_stage *stage = &drawn.stages[p->stage];
    int limit = stage->limit[p->version - 1];
    if (stage->centre_days && p->level == CENTRE)
        return days_due(calendar, p->entered, stage->centre_days);
    switch (stage->unit) {
    case DRAWN_DAYS: return days_due(calendar, p->entered, limit);
    case DRAWN_WORKING_DAYS: return working_days_due(calendar, p->entered, limit);
    case DRAWN_WORKING_HOURS: return working_hours_due(calendar, p->entered, limit);
    case DRAWN_HOURS: return p->entered + (int64_t)limit * HOUR;
    case DRAWN_MONTHS: return months_due(calendar, p->entered, limit);
    case DRAWN_NO_LIMIT:
    case DRAWN_UNITS: break;
    }
    return NO_DEADLINE;
}

static int64_t stage_due(const struct predicted *p, uint32_t calendar)
{
    int64_t due = limit(p, calendar);
    return p->added ? working_days_due(calendar, due - 1, p->added) : due;
}

static void overdue(struct predicted *p, int64_t now)
{
    const struct drawn_stage *stage = &drawn.stages[p->stage];
    const struct log_record nothing = {0};
    if (stage->follows)
        choose(p, &stage->overdue, &nothing, 0, now);
}

/* ---- the rules of this run ---- */

static char names[DRAWN_ALL_EVENTS][8];
static struct rule events[DRAWN_ALL_EVENTS + DRAWN_STAGES_MOST + GIVEN];

struct rules model_drawn = {
    .workflow = "drawn", .stages = stages, .ends = ends, .events = events, .open = open, .overdue = overdue, .stage_due = stage_due, .begin = begin,
};

void model_learn_drawn(void)
{
    static const char *const given[] = {"claim", "unclaim", "hand-over"};
    struct rule *rule = events;
    memset(events, 0, sizeof events);
    model_drawn.opened_by = drawn.opened_by;
    for (int s = 0; s < drawn.stage_count; s++) {
        for (int e = 0; e < drawn.stages[s].event_count; e++) {
            char *name = names[s * DRAWN_EVENTS_MOST + e];
            snprintf(name, sizeof names[0], "s%d-e%d", s % DRAWN_STAGES_MOST, e % DRAWN_EVENTS_MOST);
            *rule++ = (struct rule){name, s, drawn.stages[s].events[e].who, happen, false};
        }
        if (drawn.stages[s].extend)
            *rule++ = (struct rule){"extend", s, BY_SUPERVISOR | BY_APPLICANT, extend, false};
    }
    *rule++ = (struct rule){"take-back", NOWHERE, BY_ANYONE, take_back, false};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        *rule++ = (struct rule){given[i], NOWHERE, BY_MEDIATOR | BY_GRID_WORKER | BY_SUPERVISOR, model_stay, false};
}
