/* audit_state: all rows of the store against each other. Every case has the rows that it must have, and no row is there without its case. Nothing
 * is taken from the engine but the readers of its formats. See audit.h. */
#include "tests/simulate/audit.h"

#include "engine/case.h"
#include "tests/simulate/host.h"
#include "tests/simulate/sources.h"

struct survey {
    struct sim *sim;
    struct store_txn *txn;
    uint64_t rows[STORE_TABLE_COUNT]; /* that the cases account for */
    uint64_t parked;                  /* by the counters of the senders */
    bool last;                        /* nothing is on its way any more */
};

static bool has(const struct survey *survey, enum store_table table, const struct record_key *key, struct text *value)
{
    return store_get(survey->txn, table, key_text(key), value) == ERR_OK;
}

static void broken(const struct survey *survey, enum invariant which, const struct case_state *state, const char *what)
{
    sim_broken(survey->sim, which, "case %llu: %s", (unsigned long long)state->id, what);
}

/* ---- one case ---- */

static void check_states(const struct survey *survey, const struct case_state *state, const struct seen_case *subject)
{
    const struct workflow *workflow = subject->workflow;
    bool ended = (state->flags & CASE_ENDED) != 0;
    if (state->stage < 0 || state->stage >= workflow_count(workflow, WORKFLOW_STAGES))
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "its stage is none of its workflow");
    else if (!text_is(subject->stage, workflow_stage_name(workflow, state->stage)))
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "its stage is not what its last record says");
    if (state->level != NONE && (state->level < 0 || state->level >= workflow_count(workflow, WORKFLOW_LEVELS)))
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "its level is none of its workflow");
    if (ended != (state->end != NONE) || state->end < END_MERGED || state->end >= workflow_count(workflow, WORKFLOW_ENDS))
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "its end is none of its workflow");
    if (directory_unit_by_id(source_directory(), state->unit) == NONE || directory_unit_by_id(source_directory(), state->home_unit) == NONE)
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "its unit is not in the directory");
    uint32_t kept = case_clock(state, CLOCK_RETAIN, 0) ? 1 : 0; /* until it has been over long enough */
    if (ended && (state->clock_count != state->publication_count + kept || state->task_count || state->part_count))
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "it has ended, and something is still open in it");
    if (!ended && kept)
        broken(survey, INVARIANT_KNOWN_STATES_ONLY, state, "it is open, and the time for which it is kept runs");
}

static void check_names(struct survey *survey, const struct case_state *state, const struct seen_case *subject)
{
    struct record_key key = key_case_key(0, (struct text){(const char *)state->key, ID_SIZE});
    struct text value;
    uint64_t id;
    if (!has(survey, STORE_KEY, &key, &value) || row_decode_number(value, &id) || id != state->id)
        broken(survey, INVARIANT_INDEXES_AGREE, state, "it is not found by its key");
    survey->rows[STORE_KEY]++;
    key = key_number(0, state->number);
    if (state->number.size && (!has(survey, STORE_NUMBER, &key, &value) || row_decode_number(value, &id) || id != state->id))
        broken(survey, INVARIANT_INDEXES_AGREE, state, "it is not found by its number");
    survey->rows[STORE_NUMBER] += state->number.size > 0;
    if (state->last_position != subject->last || state->events != subject->events)
        broken(survey, INVARIANT_HISTORY_EXPLAINS_STATE, state, "it does not know its last record, or how many there are");
}

static void check_open(struct survey *survey, const struct case_state *state)
{
    struct record_key key = key_open(0, state->unit, state->id);
    struct open_row row;
    struct text value;
    bool open = case_flags_listed(state->flags), there = has(survey, STORE_OPEN, &key, &value);
    survey->rows[STORE_OPEN] += open;
    if (open != there)
        broken(survey, INVARIANT_INDEXES_AGREE, state, open ? "it is open and not among the open cases" : "it has ended and is among the open cases");
    else if (open && (row_decode_open(value, &row) || row.stage != state->stage || row.flags != state->flags || row.workflow != state->workflow))
        broken(survey, INVARIANT_INDEXES_AGREE, state, "its row among the open cases says something else");
}

static void check_clocks(struct survey *survey, const struct case_state *state)
{
    for (uint32_t i = 0; i < state->clock_count && !(state->flags & CASE_HELD); i++) {
        const struct case_clock *clock = &state->clocks[i];
        struct record_key key = key_deadline(0, clock->due, state->id, clock->kind, clock->which);
        struct text value;
        if (!case_clock_runs(clock))
            continue;
        survey->rows[STORE_DEADLINE]++;
        if (!has(survey, STORE_DEADLINE, &key, &value))
            broken(survey, INVARIANT_DEADLINES_HOLD, state, "a clock of it runs that nothing will fire");
    }
}

/* What a person had, and gave back, begins anew. */
static void check_attempts(struct survey *survey, const struct case_state *state, const struct case_task *task)
{
    const struct seen_case *subject = audit_case(survey->sim, state->id);
    static const struct seen_task never_failed;
    struct map_number storage;
    const struct seen_task *seen = map_find(&survey->sim->audit->tasks, map_key(&storage, task->id));
    seen = seen ? seen : &never_failed;
    if (subject->unclaimed ? task->attempts > seen->failures : task->attempts != seen->failures)
        broken(survey, INVARIANT_EVERYTHING_OWED_ARRIVES, state, "a task of it has failed more or less often than was reported");
    if ((task->state == TASK_FAILED && !seen->incident && !subject->unclaimed) || (task->state == TASK_OPEN && seen->incident && !subject->unclaimed))
        broken(survey, INVARIANT_EVERYTHING_OWED_ARRIVES, state, "a task of it was given up too early, or too late");
}

static void check_tasks(struct survey *survey, const struct case_state *state)
{
    struct text value;
    for (uint32_t i = 0; i < state->task_count; i++) {
        const struct case_task *task = &state->tasks[i];
        struct record_key key = key_outbox(0, task->topic, task->ready_at, task->id);
        bool owed = task->state == TASK_OPEN && task->topic.size && !(state->flags & CASE_HELD);
        survey->rows[STORE_OUTBOX] += owed;
        check_attempts(survey, state, task);
        if (owed && !has(survey, STORE_OUTBOX, &key, &value))
            broken(survey, INVARIANT_EVERYTHING_OWED_ARRIVES, state, "a task of it is open and not owed to any worker");
        if (task->state != TASK_FAILED)
            continue;
        key = key_incident(0, task->id);
        survey->rows[STORE_INCIDENT]++;
        if (!has(survey, STORE_INCIDENT, &key, &value) || !(state->flags & CASE_INCIDENT))
            broken(survey, INVARIANT_EVERYTHING_OWED_ARRIVES, state, "a task of it has failed, and no incident stands where a person sees it");
    }
}

/* Who was merged names the one that goes on for it, and that one names it. */
static void check_links(struct survey *survey, const struct case_state *state)
{
    bool merged = false;
    for (uint32_t i = 0; i < state->link_count; i++) {
        const struct case_link *link = &state->links[i];
        const struct seen_case *other = map_find(&survey->sim->audit->keys, (struct text){(const char *)link->key, ID_SIZE});
        merged = merged || link->kind == LINK_MERGED_INTO;
        bool unanswered = link->kind == LINK_ABSORBED && link->waits;
        if (!other || (survey->last && unanswered))
            broken(survey, INVARIANT_HEARD_ONCE, state, "it is tied to a case that has never answered");
        else if (survey->last && link->kind == LINK_ABSORBED && !text_is(other->end, "merged"))
            broken(survey, INVARIANT_HEARD_ONCE, state, "it has taken another over that goes on by itself");
    }
    if (merged != (state->end == END_MERGED))
        broken(survey, INVARIANT_HEARD_ONCE, state, "it was merged and does not know where it went, or the other way round");
}

static struct text state_word(enum child_state state)
{
    return state == CHILD_OPEN ? TEXT("open") : state == CHILD_ENDED ? TEXT("ended") : TEXT("refused");
}

/* When nothing is on its way any more, parent and child say the same. */
static void check_child(struct survey *survey, const struct case_state *parent, const struct case_child *child)
{
    struct text key = engine_child_key(&survey->sim->scratch, (struct text){(const char *)parent->key, ID_SIZE}, child->id);
    const struct seen_case *subject = map_find(&survey->sim->audit->keys, key);
    bool there = subject != NULL, ended = there && subject->end.size > 0;
    enum child_state should = !there ? CHILD_REFUSED : ended ? CHILD_ENDED : CHILD_OPEN;
    bool unmerged = text_is(child->end, "merged") && there && !ended;
    if (survey->last && !(parent->flags & CASE_HELD) && child->state != should && !unmerged)
        sim_broken(survey->sim, INVARIANT_HEARD_ONCE, "case %llu says that child %llu is %.*s, and it is %.*s", (unsigned long long)parent->id, (unsigned long long)child->id,
                   SHOW(state_word(child->state)), SHOW(state_word(should)));
    if (child->state != CHILD_REFUSED || parent->flags & CASE_ENDED)
        return;
    struct record_key row = key_incident(0, child->id);
    struct text value;
    survey->rows[STORE_INCIDENT]++;
    if (!has(survey, STORE_INCIDENT, &row, &value) || !(parent->flags & CASE_INCIDENT))
        broken(survey, INVARIANT_HEARD_ONCE, parent, "a child of it could not be opened, and no incident stands where a person sees it");
}

static void check_case(struct survey *survey, struct text key, struct text value)
{
    struct sim *sim = survey->sim;
    struct case_state *state;
    uint64_t id = 0;
    key_read_u64_last(key, &id);
    const struct seen_case *subject = audit_case(sim, id);
    if (!subject || !subject->workflow || case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state) || state->id != id) {
        sim_broken(sim, INVARIANT_HISTORY_EXPLAINS_STATE, "case %llu cannot be read, or the log does not know it", (unsigned long long)id);
        return;
    }
    survey->rows[STORE_CASE]++;
    check_states(survey, state, subject);
    check_names(survey, state, subject);
    check_open(survey, state);
    check_clocks(survey, state);
    check_tasks(survey, state);
    for (uint32_t i = 0; i < state->child_count; i++)
        check_child(survey, state, &state->children[i]);
    check_links(survey, state);
    audit_polls(sim, survey->txn, state, subject->workflow, survey->last);
    audit_forgotten(sim, state, subject->workflow, subject, survey->last);
}

/* ---- all rows ---- */

static void each_row(struct survey *survey, enum store_table table, void (*look)(struct survey *survey, struct text key, struct text value))
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(survey->txn, table, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    for (; !code && !sim_over(survey->sim); code = store_cursor_next(cursor, &key, &value))
        look(survey, key, value);
    store_cursor_close(&cursor);
}

static void count_owed(struct survey *survey, struct text key, struct text value)
{
    struct outbox_row row;
    (void)key;
    if (row_decode_outbox(value, &row))
        sim_broken(survey->sim, INVARIANT_INDEXES_AGREE, "a row of the outbox cannot be read");
    else if (row.kind != OUTBOX_TASK)
        survey->rows[STORE_OUTBOX]++; /* notices and cancellations stand for themselves */
}

static void count_parked(struct survey *survey, struct text key, struct text value)
{
    uint64_t number;
    if (key.size > 4 && key.data[4] == 'p' && row_decode_number(value, &number) == ERR_OK)
        survey->parked += number;
}

static void look_for_secrets(struct survey *survey, struct text key, struct text value)
{
    (void)key;
    if (memmem(value.data, value.size, "GEHEIM", 6))
        sim_broken(survey->sim, INVARIANT_PRIVATE_STAYS_SEALED, "a row holds what is private in clear");
}

static void count_rows(struct survey *survey)
{
    static const enum store_table tables[] = {STORE_CASE, STORE_KEY, STORE_NUMBER, STORE_OPEN, STORE_DEADLINE, STORE_OUTBOX, STORE_INCIDENT, STORE_PARKED};
    struct store_figures figures;
    if (store_read_figures(survey->sim->host->store, &figures))
        return;
    survey->rows[STORE_PARKED] = survey->sim->audit->undecided;
    survey->rows[STORE_DEADLINE] += survey->rows[STORE_PARKED];
    if (survey->parked != survey->rows[STORE_PARKED])
        sim_broken(survey->sim, INVARIANT_INDEXES_AGREE, "%llu events are parked, by the counters of their senders %llu", (unsigned long long)survey->rows[STORE_PARKED],
                   (unsigned long long)survey->parked);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (figures.rows[tables[i]] != survey->rows[tables[i]])
            sim_broken(survey->sim, INVARIANT_INDEXES_AGREE, "table %s has %llu rows, cases and log account for %llu", store_table_name(tables[i]),
                       (unsigned long long)figures.rows[tables[i]], (unsigned long long)survey->rows[tables[i]]);
}

void audit_state(struct sim *sim, bool last)
{
    struct survey survey = {.sim = sim, .last = last};
    if (store_begin_read(sim->host->store, &survey.txn))
        return;
    each_row(&survey, STORE_CASE, check_case);
    each_row(&survey, STORE_OUTBOX, count_owed);
    each_row(&survey, STORE_COUNTER, count_parked);
    for (int table = 0; last && table < STORE_TABLE_COUNT; table++)
        each_row(&survey, (enum store_table)table, look_for_secrets);
    store_end_read(&survey.txn);
    if (!sim_over(sim))
        count_rows(&survey);
}
