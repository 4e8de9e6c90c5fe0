/* model: see model.h. */
#include "tests/simulate/model_inner.h"

#include "engine/case.h"
#include "tests/simulate/host.h"

#include <stdio.h>

uint32_t model_calendar;
bool model_skips_level;

static const char *const level_names[] = {"building", "grid", "community", "centre"};

struct model {
    struct predicted **cases;
    uint32_t count, room;
};

struct model *model_begin(struct sim *sim)
{
    model_calendar = 0;
    model_wrong_calendar = sim->options.broken == BREAK_WRONG_CALENDAR;
    model_skips_level = sim->options.broken == BREAK_SKIP_LEVEL;
    return ARENA_NEW(&sim->memory, struct model);
}

/* ---- moving ---- */

int model_level(const struct predicted *p, int from, int by)
{
    for (int level = from; level >= 0 && level < LEVELS; level += by)
        if (p->reachable[level])
            return level;
    return NOWHERE;
}

void model_enter(struct predicted *p, int stage, int level, int64_t now)
{
    p->stage = stage;
    p->level = level;
    p->entered = now;
    p->agreed_count = p->wants_more_count = 0;
    p->added = p->asked = 0;
    p->due = p->rules->stage_due(p, model_calendar);
}

void model_end(struct predicted *p, int end)
{
    p->end = end;
    p->due = NO_DEADLINE;
}

void model_stay(struct predicted *p, const struct log_record *record)
{
    (void)p, (void)record;
}

/* ---- reading ---- */

struct text model_person(const struct log_record *record)
{
    return record->event.on_behalf.size ? record->event.on_behalf : record->event.as;
}

const struct value *model_field(const struct log_record *record, const char *name)
{
    for (uint32_t i = 0; i < record->event.data_count; i++)
        if (text_is(record->event.data[i].name, name))
            return &record->event.data[i].value;
    return NULL;
}

bool model_flag(const struct log_record *record, const char *name)
{
    const struct value *value = model_field(record, name);
    return value && value->kind == VALUE_BOOLEAN && value->boolean;
}

bool model_word(const struct log_record *record, const char *name, const char *word)
{
    const struct value *value = model_field(record, name);
    return value && value->kind == VALUE_TEXT && text_is(value->text, word);
}

bool model_among(const struct text *people, int count, struct text person)
{
    for (int i = 0; i < count; i++)
        if (text_equal(people[i], person))
            return true;
    return false;
}

void model_join(struct text *people, int *count, struct text person)
{
    if (!model_among(people, *count, person))
        people[(*count)++] = person;
}

void model_part(struct text *people, int *count, struct text person)
{
    for (int i = 0; i < *count; i++)
        if (text_equal(people[i], person))
            people[i--] = people[--*count];
}

/* ---- opening ---- */

void model_read_people(const struct log_record *record, const char *field, struct text *people, int *count)
{
    const struct value *value = model_field(record, field);
    uint32_t entries = !value ? 0 : value->kind == VALUE_LIST ? value->count : 1;
    for (uint32_t i = 0; i < entries && *count < PARTIES_MOST; i++) {
        const struct value *entry = value->kind == VALUE_LIST ? &value->items[i] : value;
        const struct value *id = entry->kind == VALUE_MAP ? value_get(entry, "id") : entry;
        people[(*count)++] = id->text;
    }
}

/* Which levels there are above each home, itself included. */
static void read_home(struct predicted *p)
{
    bool house = strstr(p->home.data, "house") != NULL, grid = memmem(p->home.data, p->home.size, "grid", 4) != NULL;
    p->reachable[BUILDING] = house;
    p->reachable[GRID] = grid;
    p->reachable[COMMUNITY] = p->reachable[CENTRE] = true;
}

static struct predicted *open_case(struct sim *sim, struct model *model, const struct seen_record *seen)
{
    static const struct rules *const known[] = {&model_stairs, &model_works, &model_council, &model_drawn};
    const struct log_record *record = &seen->record;
    struct predicted *p = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!text_is(record->event.workflow, known[i]->workflow))
            continue;
        p = ARENA_NEW(&sim->memory, struct predicted);
        p->rules = known[i];
    }
    if (!p)
        return NULL; /* a workflow that was not written down here */
    p->subject = seen->subject;
    p->version = (uint32_t)workflow_head(seen->subject->workflow)->version;
    p->home = p->unit = text_of(arena_string(&sim->memory, record->event.unit));
    p->end = NOT_ENDED;
    p->opened = record->effective;
    read_home(p);
    model_read_people(record, "applicant", p->applicants, &p->applicant_count);
    model_read_people(record, "respondent", p->respondents, &p->respondent_count);
    if (model->count == model->room) {
        uint32_t room = model->room ? model->room * 2 : 64;
        struct predicted **wider = ARENA_ARRAY(&sim->memory, struct predicted *, room);
        if (model->count)
            memcpy(wider, model->cases, model->count * sizeof *wider);
        model->cases = wider;
        model->room = room;
    }
    if (p->rules->begin)
        p->rules->begin(sim, p, record);
    return model->cases[model->count++] = p;
}

/* ---- who may ---- */

static bool is_resident(struct text person)
{
    return person.size && memchr(person.data, ':', person.size) != NULL;
}

static bool may(const struct predicted *p, const struct log_record *record, unsigned who)
{
    static const unsigned roles[] = {BY_MEDIATOR, BY_GRID_WORKER, BY_SUPERVISOR, BY_CLERK};
    struct text person = model_person(record);
    bool applicant = model_among(p->applicants, p->applicant_count, person), respondent = model_among(p->respondents, p->respondent_count, person);
    if ((who & BY_ANYONE) || ((who & BY_WORKER) && record->event.worker.size) || ((who & BY_RESIDENT) && is_resident(person)))
        return true;
    if (((who & BY_APPLICANT) && applicant) || ((who & BY_PARTY) && (applicant || respondent)))
        return true;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if ((who & roles[i]) && people_hold(person, roles[i], p->unit))
            return true;
    return (who & BY_COMMUNITY_SUPERVISOR) && people_hold(person, BY_SUPERVISOR, people_community(p->home));
}

static void check_who(struct sim *sim, const struct predicted *p, const struct log_record *record, unsigned who, uint64_t position)
{
    struct text person = model_person(record);
    if (!may(p, record, who))
        sim_broken(sim, INVARIANT_ONLY_WHO_MAY, "record %llu: %.*s was applied for %.*s, who may not, at %.*s", (unsigned long long)position, SHOW(record->event.name),
                   SHOW(person), SHOW(p->unit));
}

/* ---- events ---- */

static const struct rule *find_rule(const struct predicted *p, struct text name)
{
    for (const struct rule *rule = p->rules->events; rule->event; rule++)
        if (text_is(name, rule->event) && (rule->stage == NOWHERE || rule->stage == p->stage))
            return rule;
    return NULL;
}

static void send(struct sim *sim, struct predicted *p, const struct log_record *record, uint64_t position)
{
    const struct rule *rule = find_rule(p, record->event.name);
    if (!rule || (p->end != NOT_ENDED && !rule->afterwards)) {
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: %.*s was applied in %s, where it is not possible", (unsigned long long)position, SHOW(record->event.name),
                   p->rules->stages[p->stage]);
        return;
    }
    check_who(sim, p, record, rule->who, position);
    rule->follow(p, record);
    if (p->wrong)
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: %.*s was applied, but %s", (unsigned long long)position, SHOW(record->event.name), p->wrong);
    p->wrong = NULL;
}

/* Computed under an older calendar, it is computed anew first, and fires only if it is still due. */
static void stage_is_due(struct sim *sim, struct predicted *p, const struct log_record *record, uint64_t position)
{
    int64_t now = record->effective;
    if (record->event.due != p->due || p->asked)
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: a deadline fell due at %lld, it should be %lld%s", (unsigned long long)position,
                   (long long)record->event.due, (long long)p->due, p->asked ? ", and waits for an answer" : "");
    int64_t due = p->rules->stage_due(p, model_calendar);
    if (due != p->due && record->change_count == 0)
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: a deadline of an older calendar has fired, and was not computed anew", (unsigned long long)position);
    p->due = due;
    if (p->due > now)
        return;
    p->due = NO_DEADLINE;
    p->rules->overdue(p, now);
}

static void task_is_due(struct predicted *p, const struct log_record *record, const struct workflow *workflow)
{
    const char *task = workflow_string(workflow, workflow_task(workflow, record->event.clock_which)->name);
    int64_t due = p->rules->task_due ? p->rules->task_due(p, task, model_calendar) : NO_DEADLINE;
    if (due != NO_DEADLINE && due <= record->effective)
        p->rules->task_overdue(p, task, record->effective);
}

/* A newer calendar counts for all clocks of the case when it is looked at under it; the record says whether it was. */
static void count_anew(struct predicted *p, const struct log_record *record)
{
    if (p->due != NO_DEADLINE && record->due == p->rules->stage_due(p, model_calendar))
        p->due = record->due;
}

/* The stage counts from when it was entered, by the other version. What has passed has passed, unless there is time again. */
static void migrate(struct predicted *p, const struct log_record *record)
{
    if (p->rules->migrated)
        p->rules->migrated(p, record->event.version);
    p->version = record->event.version;
    int64_t due = p->rules->stage_due(p, model_calendar);
    if (p->due != NO_DEADLINE || due > record->effective)
        p->due = due;
}

static void follow(struct sim *sim, struct predicted *p, const struct seen_record *seen, uint64_t position)
{
    const struct log_record *record = &seen->record;
    switch (record->event.kind) {
    case EVENT_OPEN:
        check_who(sim, p, record, p->rules->opened_by, position);
        p->rules->open(p, record);
        break;
    case EVENT_SEND:
        send(sim, p, record, position);
        if (record->change_count)
            count_anew(p, record);
        break;
    case EVENT_RECOMPUTE: count_anew(p, record); break;
    case EVENT_MIGRATE: migrate(p, record); break;
    case EVENT_COUNT: p->rules->counted(p, record); break;
    case EVENT_DUE:
        if (record->event.clock_kind == CLOCK_STAGE) {
            stage_is_due(sim, p, record, position);
            break;
        }
        if (record->event.clock_kind == CLOCK_TASK)
            task_is_due(p, record, seen->subject->workflow);
        else if (p->rules->other_due)
            p->rules->other_due(p, record);
        if (p->wrong)
            sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: a clock has fired, but %s", (unsigned long long)position, p->wrong);
        p->wrong = NULL;
        count_anew(p, record);
        break;
    default: break; /* reports, release, retry: they move tasks, not cases */
    }
}

static void compare(struct sim *sim, const struct predicted *p, const struct log_record *record, uint64_t position)
{
    const char *stage = p->rules->stages[p->stage], *level = p->level == NOWHERE ? "" : level_names[p->level], *end = p->end == NOT_ENDED ? "" : p->rules->ends[p->end];
    if (!text_is(record->stage, stage) || !text_is(record->level, level) || !text_is(record->end, end))
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: the case stands at %.*s/%.*s %.*s, and should at %s/%s %s", (unsigned long long)position, SHOW(record->stage),
                   SHOW(record->level), SHOW(record->end), stage, level, end);
    else if (record->due != p->due && !p->still)
        sim_broken(sim, INVARIANT_AS_PREDICTED, "record %llu: %s is due at %lld, and should be at %lld (calendar %u)", (unsigned long long)position, stage,
                   (long long)record->due, (long long)p->due, model_calendar);
}

void model_apply(struct sim *sim, struct model *model, const struct seen_record *seen, uint64_t position)
{
    const struct log_record *record = &seen->record;
    model_calendar = sim->audit->calendar_version;
    if (!seen->subject)
        return;
    if (record->event.kind == EVENT_OPEN)
        seen->subject->predicted = open_case(sim, model, seen);
    struct predicted *p = seen->subject->predicted;
    if (!p)
        return;
    follow(sim, p, seen, position);
    p->unit = record->unit;
    compare(sim, p, record, position);
}

/* ---- the summary ---- */

enum { SUMMARY_MOST = 4096 };

/* One line for each way in which cases stand, with how many. */
static void add_line(char lines[][96], uint32_t counts[], uint32_t *line_count, const char *workflow, const char *stage, const char *level, const char *end)
{
    char line[96];
    snprintf(line, sizeof line, "%s %s %s %s", workflow, stage, level, end);
    uint32_t at = 0;
    while (at < *line_count && strcmp(lines[at], line) != 0)
        at++;
    if (at == *line_count)
        memcpy(lines[(*line_count)++], line, sizeof line);
    counts[at]++;
}

enum { LINES = 256 };

struct summary {
    char lines[LINES][96];
    uint32_t counts[LINES], count;
};

static void summarize_store(struct sim *sim, struct summary *summary)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    if (store_begin_read(sim->host->store, &txn))
        return;
    enum err code = store_cursor_open(txn, STORE_CASE, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code; code = store_cursor_next(cursor, &key, &value)) {
        struct case_state *state;
        if (case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state))
            continue;
        const struct seen_case *subject = audit_case(sim, state->id);
        if (!subject || !subject->predicted)
            continue;
        add_line(summary->lines, summary->counts, &summary->count, workflow_string(subject->workflow, workflow_head(subject->workflow)->name),
                 workflow_stage_name(subject->workflow, state->stage), workflow_level_name(subject->workflow, state->level), workflow_end_name(subject->workflow, state->end));
    }
    store_end_read(&txn);
}

static void summarize_model(const struct model *model, struct summary *summary)
{
    for (uint32_t i = 0; i < model->count; i++) {
        const struct predicted *p = model->cases[i];
        add_line(summary->lines, summary->counts, &summary->count, p->rules->workflow, p->rules->stages[p->stage], p->level == NOWHERE ? "" : level_names[p->level],
                 p->end == NOT_ENDED ? "" : p->rules->ends[p->end]);
    }
}

static uint32_t count_of(const struct summary *summary, const char *line)
{
    for (uint32_t i = 0; i < summary->count; i++)
        if (strcmp(summary->lines[i], line) == 0)
            return summary->counts[i];
    return 0;
}

/* When everything has come to rest, every deadline is the one that the newest calendar gives; those of imported cases wait for their
 * release, those that are stopped for an answer wait for that. */
static void check_calendars(struct sim *sim, const struct model *model)
{
    for (uint32_t i = 0; i < model->count; i++) {
        const struct predicted *p = model->cases[i];
        if (p->due == NO_DEADLINE || p->asked || p->still || p->subject->held || p->due == p->rules->stage_due(p, model_calendar))
            continue;
        sim_broken(sim, INVARIANT_AS_PREDICTED, "case %llu: its deadline is still that of an older calendar", (unsigned long long)p->subject->id);
    }
}

void model_finish(struct sim *sim)
{
    struct summary store = {.count = 0}, model = {.count = 0};
    summarize_store(sim, &store);
    summarize_model(sim->audit->model, &model);
    check_calendars(sim, sim->audit->model);
    for (uint32_t i = 0; i < model.count; i++)
        if (count_of(&store, model.lines[i]) != model.counts[i])
            sim_broken(sim, INVARIANT_AS_PREDICTED, "the model has %u cases '%s', the store %u", model.counts[i], model.lines[i], count_of(&store, model.lines[i]));
    if (model.count != store.count)
        sim_broken(sim, INVARIANT_AS_PREDICTED, "the store has cases where the model has none");
}
