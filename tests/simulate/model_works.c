/* model_works: works.yaml, by hand. See model.h. */
#include "tests/simulate/model_inner.h"

enum { CHECKS, REPORT, REVIEW };
enum { DONE, GIVEN_UP, DROPPED };
enum { SURVEY, PHOTOS, PAPERS, TASKS };

static const char *const stages[] = {"checks", "report", "review", NULL};
static const char *const ends[] = {"done", "given-up", "dropped", NULL};

static void enter_checks(struct predicted *p, int64_t now)
{
    memset(p->done, 0, sizeof p->done);
    model_enter(p, CHECKS, COMMUNITY, now);
}

static void open(struct predicted *p, const struct log_record *record)
{
    const struct value *day = model_field(record, "from-day");
    p->has_from_day = day != NULL;
    p->from_day = day ? day->integer : 0;
    p->roof = model_word(record, "kind", "roof");
    enter_checks(p, record->effective);
}

/* ---- tasks ---- */

static void settle(struct predicted *p, const struct log_record *record, int task)
{
    int done = 0;
    p->done[task] = true;
    for (int i = 0; i < TASKS; i++)
        done += p->done[i];
    if (done >= (p->version == 1 ? 2 : 3))
        model_enter(p, REPORT, CENTRE, record->effective);
}

static void survey(struct predicted *p, const struct log_record *record)
{
    settle(p, record, SURVEY);
}

static void photos(struct predicted *p, const struct log_record *record)
{
    settle(p, record, PHOTOS);
}

static void papers(struct predicted *p, const struct log_record *record)
{
    settle(p, record, PAPERS);
}

/* ---- the report ---- */

static void finish(struct predicted *p, const struct log_record *record)
{
    p->finishes++;
    if (model_flag(record, "good"))
        model_end(p, DONE);
    else if (p->finishes >= 3)
        model_end(p, GIVEN_UP);
    else
        enter_checks(p, record->effective);
}

/* Counts from today on. */
static void restart(struct predicted *p, const struct log_record *record)
{
    p->has_from_day = true;
    p->from_day = (record->effective + INT64_C(8) * HOUR) / DAY;
    enter_checks(p, record->effective);
}

/* The unit before is always the community: everybody comes from there to the centre. */
static void look(struct predicted *p, const struct log_record *record)
{
    model_enter(p, REVIEW, COMMUNITY, record->effective);
}

static void back(struct predicted *p, const struct log_record *record)
{
    model_enter(p, REPORT, CENTRE, record->effective);
}

/* Two of those who may. */
static void close(struct predicted *p, const struct log_record *record)
{
    model_join(p->agreed, &p->agreed_count, model_person(record));
    if (p->agreed_count >= 2)
        model_end(p, DROPPED);
}

static void take_back(struct predicted *p, const struct log_record *record)
{
    model_part(p->agreed, &p->agreed_count, model_person(record));
}

static void drop(struct predicted *p, const struct log_record *record)
{
    (void)record;
    model_end(p, DROPPED);
}

/* "7 working days" */
static void extend(struct predicted *p, const struct log_record *record)
{
    const struct value *add = model_field(record, "add");
    if (p->asked)
        p->wrong = "an extension waits for its answer already";
    p->asked = 0;
    for (size_t i = 0; add && i < add->text.size && add->text.data[i] >= '0' && add->text.data[i] <= '9'; i++)
        p->asked = p->asked * 10 + (add->text.data[i] - '0');
}

static void answer(struct predicted *p)
{
    if (!p->asked)
        p->wrong = "nobody has asked for an extension";
}

static void grant(struct predicted *p, const struct log_record *record)
{
    (void)record;
    answer(p);
    p->added += p->asked;
    p->asked = 0;
    p->due = p->rules->stage_due(p, model_calendar);
}

static void deny(struct predicted *p, const struct log_record *record)
{
    (void)record;
    answer(p);
    p->asked = 0;
}

static const struct rule events[] = {
    {"survey", CHECKS, BY_GRID_WORKER | BY_WORKER, survey, false},
    {"photos", CHECKS, BY_GRID_WORKER | BY_WORKER, photos, false},
    {"papers", CHECKS, BY_CLERK, papers, false},
    {"finish", REPORT, BY_SUPERVISOR | BY_WORKER, finish, false},
    {"restart", REPORT, BY_SUPERVISOR, restart, false},
    {"look", REPORT, BY_SUPERVISOR | BY_CLERK, look, false},
    {"back", REVIEW, BY_SUPERVISOR | BY_CLERK, back, false},
    {"extend", REPORT, BY_SUPERVISOR, extend, false},
    {"grant", REPORT, BY_COMMUNITY_SUPERVISOR, grant, false},
    {"deny", REPORT, BY_COMMUNITY_SUPERVISOR, deny, false},
    {"drop", NOWHERE, BY_SUPERVISOR, drop, false},
    {"close", NOWHERE, BY_SUPERVISOR | BY_CLERK | BY_GRID_WORKER, close, false},
    {"take-back", NOWHERE, BY_ANYONE, take_back, false},
    {"remark", NOWHERE, BY_GRID_WORKER | BY_SUPERVISOR | BY_CLERK, model_stay, false},
    {"claim", NOWHERE, BY_GRID_WORKER | BY_CLERK | BY_SUPERVISOR, model_stay, false},
    {"unclaim", NOWHERE, BY_GRID_WORKER | BY_CLERK | BY_SUPERVISOR, model_stay, false},
    {"hand-over", NOWHERE, BY_GRID_WORKER | BY_CLERK | BY_SUPERVISOR, model_stay, false},
    {NULL, 0, 0, NULL, false},
};

/* ---- deadlines ---- */

/* A date is a whole day: noon will do. */
static int64_t noon_of(int64_t date)
{
    return date * DAY + 4 * HOUR;
}

static int64_t stage_due(const struct predicted *p, uint32_t calendar)
{
    if (p->stage == CHECKS)
        return p->has_from_day ? working_days_due(calendar, noon_of(p->from_day), 8) : NO_DEADLINE;
    if (p->stage == REVIEW)
        return days_due(calendar, p->entered, 3);
    int64_t due = p->version == 1 ? working_hours_due(calendar, p->entered, 20) : p->entered + INT64_C(36) * HOUR;
    return p->added ? working_days_due(calendar, due - 1, p->added) : due;
}

static void overdue(struct predicted *p, int64_t now)
{
    if (p->stage != REPORT)
        model_enter(p, REPORT, CENTRE, now);
}

static int64_t task_due(const struct predicted *p, const char *task, uint32_t calendar)
{
    if (p->stage != CHECKS)
        return NO_DEADLINE;
    if (strcmp(task, "survey") == 0 && !p->done[SURVEY])
        return working_days_due(calendar, p->entered, 2);
    if (strcmp(task, "papers") == 0 && !p->done[PAPERS])
        return p->roof ? working_hours_due(calendar, p->entered, 6) : days_due(calendar, p->entered, 7);
    return NO_DEADLINE;
}

static void task_overdue(struct predicted *p, const char *task, int64_t now)
{
    if (strcmp(task, "papers") == 0)
        model_enter(p, REPORT, CENTRE, now);
}

const struct rules model_works = {
    .workflow = "works", .stages = stages, .ends = ends, .opened_by = BY_SUPERVISOR | BY_GRID_WORKER, .events = events,
    .open = open, .overdue = overdue, .task_due = task_due, .task_overdue = task_overdue, .stage_due = stage_due,
};
