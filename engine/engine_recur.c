/* engine_recur: what the calendar brought about becomes rows and records: a run that opened a case or could not, a year that is over (and
 * engine_short.c: what follows where it had too few).
 *
 * A row of RECUR says how far a recurrence has come at a unit: the last day of its rule that is answered for. It only moves on, together with
 * the record that moves it, so that each day is answered for once, whatever dies in between. Which day is next is nobody's to store: the agenda finds it. */
#include "engine/engine_inner.h"

#include <assert.h>

enum err engine_read_recur(struct engine *engine, char what, struct text workflow, uint32_t unit, struct recur_row *row)
{
    struct record_key key = key_recur(engine->options.partition, what, workflow, unit);
    struct text value;
    enum err code = batch_get(engine_reading(engine), STORE_RECUR, &key, &value);
    return code ? code : row_decode_recur(value, row);
}

/* ---- runs ---- */

static enum err put_run(struct engine *engine, const struct event *event, uint64_t case_id)
{
    struct recur_row before = {.through = INT32_MIN};
    enum err code = engine_read_recur(engine, RECUR_RUNS, event->workflow, event->run_of, &before);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (event->run_through <= before.through)
        return ERR_CORRUPT; /* answered for before: only a log that is not ours says so */
    struct recur_row row = {.through = event->run_through, .last = event->run, .case_id = case_id, .turn = event->turn, .why = event->why};
    const struct directory *directory = engine_directory(engine);
    int32_t unit = directory && event->unit.size ? directory_find_unit(directory, event->unit) : NONE;
    if (unit != NONE)
        row.turn_unit = (uint32_t)directory_unit(directory, unit)->id;
    if (unit == NONE) { /* nobody's turn: it goes on where it was */
        row.turn_unit = before.turn_unit;
        row.turn = before.turn;
    }
    struct record_key key = key_recur(engine->options.partition, RECUR_RUNS, event->workflow, event->run_of);
    batch_put(&engine->batch, STORE_RECUR, &key, row_encode_recur(&engine->batch.arena, &row));
    return ERR_OK;
}

enum err engine_run_opened(struct engine *engine, const struct event *event, uint64_t case_id)
{
    return put_run(engine, event, case_id);
}

enum err engine_apply_run(struct engine *engine, const struct event *event)
{
    enum err code = event->year ? ERR_OK : put_run(engine, event, 0); /* what a quota opens stands at no place of a recurrence */
    struct log_record record = {.effective = engine->working.time, .unit = event->unit, .event = *event};
    if (!code)
        engine_append(engine, &record);
    return code;
}

/* ---- quotas ---- */

static const struct workflow_quota *quota_of(struct engine *engine, const struct case_state *state, const struct workflow **workflow)
{
    *workflow = engine_workflow(engine, state->workflow);
    return *workflow ? workflow_quota(*workflow) : NULL;
}

static bool counts(const struct workflow *workflow, const struct workflow_quota *quota, const struct case_state *state)
{
    if (!state || !(state->flags & CASE_ENDED))
        return false;
    for (int32_t i = 0; i < quota->ends.count; i++)
        if (workflow_ref(workflow, quota->ends.first + i) == state->end)
            return true;
    return false;
}

/* The unit that a case counts for: that of the quota's level above its home, or its home; NONE: there is none. */
static int32_t counted_unit(const struct directory *directory, const struct workflow *workflow, const struct workflow_quota *quota, const struct case_state *state)
{
    int32_t home = directory ? advance_unit(directory, state->home_unit) : NONE;
    int32_t level = directory ? directory_find_level(directory, text_of(workflow_level_name(workflow, quota->level))) : NONE;
    return home == NONE || level == NONE ? NONE : directory_unit_at(directory, home, level);
}

static enum err count_year(struct engine *engine, const struct workflow *workflow, uint32_t unit, int32_t year, bool more)
{
    struct text name = text_of(workflow_string(workflow, workflow_head(workflow)->name)), value;
    struct record_key key = key_counter_year(engine->options.partition, name, unit, year);
    uint64_t count = 0;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, &key, &value);
    code = code ? code : row_decode_number(value, &count);
    if (code && code != ERR_NOT_FOUND)
        return code;
    count = more ? count + 1 : count > 0 ? count - 1 : 0;
    batch_put(&engine->batch, STORE_COUNTER, &key, row_encode_number(&engine->batch.arena, count));
    return ERR_OK;
}

/* When a case had ended that goes on now: what has happened to it since (a publication came down, a late ballot) moved its last event. */
static int64_t had_ended_at(const struct case_state *state)
{
    return state->ended_at ? state->ended_at : state->last_at;
}

/* A case that is opened again no longer counts in the year in which it had ended. */
enum err engine_count_end(struct engine *engine, const struct case_state *before, const struct case_state *after, int64_t effective)
{
    const struct workflow *workflow;
    bool is_over = (after->flags & CASE_ENDED) != 0, was_over = before && before->flags & CASE_ENDED;
    if (is_over == was_over)
        return ERR_OK;
    const struct case_state *ended = is_over ? after : before;
    const struct workflow_quota *quota = quota_of(engine, ended, &workflow);
    const struct directory *directory = engine_directory(engine);
    if (!quota || !counts(workflow, quota, ended))
        return ERR_OK;
    int32_t unit = counted_unit(directory, workflow, quota, ended);
    const struct calendar *calendar = unit == NONE ? NULL : engine_calendar(engine, unit);
    if (!calendar)
        return ERR_OK;
    int32_t year = civil_of(calendar_date(calendar, is_over ? effective : had_ended_at(before))).year;
    return count_year(engine, workflow, (uint32_t)directory_unit(directory, unit)->id, year, is_over);
}

enum err engine_apply_quota(struct engine *engine, const struct event *event)
{
    struct recur_row before = {.through = INT32_MIN};
    enum err code = engine_read_recur(engine, RECUR_QUOTA, event->workflow, event->run_of, &before);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (event->year <= before.through)
        return ERR_CORRUPT;
    struct recur_row row = {.through = event->year, .last = (int32_t)event->year_count};
    struct record_key key = key_recur(engine->options.partition, RECUR_QUOTA, event->workflow, event->run_of);
    batch_put(&engine->batch, STORE_RECUR, &key, row_encode_recur(&engine->batch.arena, &row));
    struct log_record record = {.effective = engine->working.time, .unit = event->unit, .event = *event};
    const struct deployed *deployed = engine_find_deployed(engine, TEXT("workflow"), event->workflow, event->version);
    const struct workflow *workflow = deployed ? engine_workflow(engine, deployed->head.position) : NULL;
    if (event->year_count < event->year_least && workflow && workflow_quota(workflow))
        engine_tell_short(engine, workflow, event->run_of, &record);
    engine_append(engine, &record);
    return ERR_OK;
}

/* ---- units ---- */

/* The same unit, open, at the same level. */
static bool was_there(const struct directory *before, const struct directory *after, int32_t unit)
{
    int32_t old = directory_unit_by_id(before, (uint32_t)directory_unit(after, unit)->id);
    return old != NONE && !directory_unit(before, old)->successor &&
           strcmp(directory_level_name(before, directory_unit(before, old)->level), directory_level_name(after, directory_unit(after, unit)->level)) == 0;
}

void engine_note_units(struct engine *engine, const struct directory *before, const struct directory *after)
{
    for (int32_t unit = 0; unit < directory_unit_count(after); unit++) {
        const struct directory_unit *row = directory_unit(after, unit);
        if (row->successor || was_there(before, after, unit))
            continue;
        struct record_key key = key_recur_unit(engine->options.partition, (uint32_t)row->id);
        int32_t day = engine_day(engine, engine->working.time);
        batch_put(&engine->batch, STORE_RECUR, &key, row_encode_number(&engine->batch.arena, (uint64_t)(int64_t)day));
    }
}
