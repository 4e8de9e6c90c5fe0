/* audit_agenda: what the calendar does: the rounds of rounds.yaml day by day, and the years of council.yaml, by hand. See audit.h.
 *
 *     version 1: every Tuesday and Saturday, on a day off the next working day, each one caught up
 *     version 2: every Monday and Friday, on a day off the working day before, missed ones reported */
#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"
#include "tests/simulate/model_inner.h"

#define ID(number) (unsigned long long)(number)
enum { NO_DAY = -1000000, COUNCIL_UNITS = 2 };

static const uint32_t grids[AGENDA_GRIDS] = {11, 14, 21};
static const struct {
    uint32_t id;
    const char *path;
} communities[COUNCIL_UNITS] = {{10, "willow"}, {20, "plum"}};

/* ---- the rule ---- */

static bool newer_counts(const struct seen_agenda *agenda, int day)
{
    return agenda->begins[1] != NO_DAY && day >= agenda->begins[1];
}

static bool of_rule(const struct seen_agenda *agenda, int day)
{
    int weekday = (day + 3) % 7; /* Monday is 0 */
    return newer_counts(agenda, day) ? weekday == 0 || weekday == 4 : weekday == 1 || weekday == 5;
}

static int held_on(const struct sim *sim, int day)
{
    const struct audit *audit = sim->audit;
    int by = newer_counts(&audit->agenda, day) ? -1 : 1;
    while (!day_is_worked(audit->calendar_version, day))
        day += by;
    return day;
}

/* ---- runs ---- */

/* Days between that were held on neither of the two: what is said to be missed. */
static uint32_t passed_over(const struct sim *sim, const struct seen_series *series, const struct event *event)
{
    uint32_t count = 0;
    int last = series->last;
    for (int day = series->through + 1; day <= event->run_through; day++) {
        int held = of_rule(&sim->audit->agenda, day) ? held_on(sim, day) : last;
        if (held == last || held == event->run)
            continue;
        last = held;
        count++;
    }
    return count;
}

static void take_run(struct sim *sim, const struct event *event, uint64_t position)
{
    struct seen_agenda *agenda = &sim->audit->agenda;
    struct seen_series *series = NULL;
    for (int i = 0; i < AGENDA_GRIDS; i++)
        if (grids[i] == event->run_of)
            series = &agenda->series[i];
    if (!series) {
        sim_broken(sim, INVARIANT_RUNS_ONCE, "record %llu: a round of unit %u, which is no grid", ID(position), event->run_of);
        return;
    }
    if (event->run_through <= series->through || event->run == series->last)
        sim_broken(sim, INVARIANT_RUNS_ONCE, "record %llu: the round of day %d at unit %u has been before (through %d, last on %d)", ID(position), event->run, event->run_of,
                   series->through, series->last);
    else if (!of_rule(agenda, event->run_through) || held_on(sim, event->run_through) != event->run)
        sim_broken(sim, INVARIANT_RUNS_ONCE, "record %llu: there is no round on day %d for day %d", ID(position), event->run, event->run_through);
    else if (passed_over(sim, series, event) != event->missed)
        sim_broken(sim, INVARIANT_RUNS_ONCE, "record %llu: %u rounds before that of day %d at unit %u were not held, %u are reported", ID(position),
                   passed_over(sim, series, event), event->run, event->run_of, event->missed);
    series->through = event->run_through;
    series->last = event->run;
}

/* Nothing is left to do: so no round is due. They come in the order of the rule's days: one that a newer version has moved to before another waits for that one. */
static void check_series(struct sim *sim, const struct seen_series *series, uint32_t unit, int64_t time)
{
    int today = (int)((time + INT64_C(8) * HOUR) / DAY);
    for (int day = series->through + 1; day <= today + 10; day++) {
        if (!of_rule(&sim->audit->agenda, day))
            continue;
        int held = held_on(sim, day);
        if (held == series->last)
            continue;
        if (business_begins(sim->audit->calendar_version, held) >= time)
            return;
        sim_broken(sim, INVARIANT_RUNS_ONCE, "nothing is left to do, but the round of day %d at unit %u was not opened (through %d)", day, unit, series->through);
    }
}

/* ---- years ---- */

static int year_of(int64_t time)
{
    int year, month, day;
    day_date((time + INT64_C(8) * HOUR) / DAY, &year, &month, &day);
    return year;
}

static struct seen_year *year_at(struct sim *sim, uint32_t unit, int year)
{
    void **slot = map_at(&sim->audit->years, arena_print(&sim->scratch, "%u/%d", unit, year));
    if (!*slot)
        *slot = ARENA_NEW(&sim->memory, struct seen_year);
    return *slot;
}

static bool is_of_council(const struct seen_case *subject)
{
    return subject->workflow && strcmp(workflow_string(subject->workflow, workflow_head(subject->workflow)->name), "council") == 0;
}

/* It has ended so that it counts; or it goes on after it had. */
void audit_case_ended(struct sim *sim, struct seen_case *subject, const struct log_record *record)
{
    bool over = record->end.size > 0, was = subject->end.size > 0;
    if (record->event.kind == EVENT_OPEN)
        subject->community = memmem(record->unit.data, record->unit.size, "plum", 4) ? 20 : 10;
    if (over == was || !is_of_council(subject))
        return;
    struct text end = over ? record->end : subject->end;
    if (over)
        subject->ended_in = year_of(record->effective);
    if (text_is(end, "adopted") || text_is(end, "rejected"))
        year_at(sim, subject->community, subject->ended_in)->ended += over ? 1 : -1;
}

static void take_year(struct sim *sim, const struct event *event, uint64_t position)
{
    struct seen_year *year = year_at(sim, event->run_of, event->year);
    if (year->closed)
        sim_broken(sim, INVARIANT_YEARS_CLOSED_ONCE, "record %llu: %d is closed at unit %u, and was before at %llu", ID(position), event->year, event->run_of, ID(year->closed));
    if ((int)event->year_count != year->ended)
        sim_broken(sim, INVARIANT_YEARS_CLOSED_ONCE, "record %llu: %d is closed at unit %u with %u cases, %d have ended in it", ID(position), event->year, event->run_of,
                   event->year_count, year->ended);
    year->closed = position;
}

static void check_years(struct sim *sim, int64_t time)
{
    for (int i = 0; i < COUNCIL_UNITS; i++)
        for (int year = sim->audit->agenda.quota_from; year && year < year_of(time - 1); year++)
            if (!year_at(sim, communities[i].id, year)->closed)
                sim_broken(sim, INVARIANT_YEARS_CLOSED_ONCE, "nothing is left to do, but %d was not closed at %s", year, communities[i].path);
}

/* ---- all of it ---- */

void audit_agenda_begin(struct sim *sim)
{
    struct seen_agenda *agenda = &sim->audit->agenda;
    agenda->begins[0] = agenda->begins[1] = NO_DAY;
    for (int i = 0; i < AGENDA_GRIDS; i++)
        agenda->series[i].last = NO_DAY;
}

void audit_agenda_record(struct sim *sim, const struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    struct seen_agenda *agenda = &sim->audit->agenda;
    if (event->kind == EVENT_DEPLOY && text_is(event->deployed, "rounds") && event->version <= 2) {
        agenda->begins[event->version - 1] = (int)((seen->record.time + INT64_C(8) * HOUR) / DAY);
        for (int i = 0; i < AGENDA_GRIDS && event->version == 1; i++)
            agenda->series[i].through = agenda->begins[0] - 1;
    }
    if (event->kind == EVENT_DEPLOY && text_is(event->deployed, "council") && !agenda->quota_from)
        agenda->quota_from = year_of(seen->record.time);
    if (event->run)
        take_run(sim, event, position);
    if (event->kind == EVENT_QUOTA)
        take_year(sim, event, position);
}

void audit_agenda_quiet(struct sim *sim, int64_t time)
{
    for (int i = 0; i < AGENDA_GRIDS && sim->audit->agenda.begins[0] != NO_DAY; i++)
        check_series(sim, &sim->audit->agenda.series[i], grids[i], time);
    if (sim->audit->agenda.begins[0] != NO_DAY)
        check_years(sim, time);
}
