/* engine_agenda: when the calendar will do what: open the next case of a recurrence, close a year of a quota.
 *
 * Nothing here is stored. What is deployed and the rows of RECUR say everything, so the agenda is made when it is first asked for, and anew when
 * something was deployed: a newer version, units that came or went, days off that were published. Each series (a workflow at a unit) stands in it
 * once, with the moment of its next event. When that has passed the event is made, with the day that libical and the calendar gave: the
 * record holds the day, so that replaying it asks neither. */
#include "engine/engine_days.h"
#include "engine/log.h"
#include "engine/sha256.h"

#include <assert.h>

/* ---- what is deployed ---- */

static struct text kept(struct engine *engine, const struct workflow *workflow, int32_t string)
{
    return arena_copy(&engine->agenda.forms, text_of(workflow_string(workflow, string)));
}

static const char *kept_string(struct engine *engine, const char *text)
{
    return arena_string(&engine->agenda.forms, text_of(text));
}

static enum err read_recurrence(struct engine *engine, const struct workflow *workflow, struct recurring *out)
{
    const struct workflow_recurs *recurs = workflow_recurs(workflow);
    const struct workflow_quota *quota = workflow_quota(workflow);
    struct recurrence_fault fault;
    if (quota) {
        out->least = quota->least;
        out->quota_level = kept_string(engine, workflow_level_name(workflow, quota->level));
    }
    if (!recurs)
        return ERR_OK;
    out->rule = recurrence_read(&engine->agenda.forms, kept(engine, workflow, recurs->rule), recurs->first, &fault);
    out->level = kept_string(engine, workflow_level_name(workflow, recurs->level));
    out->role = kept_string(engine, workflow_string(workflow, recurs->role));
    out->of = kept_string(engine, workflow_level_name(workflow, recurs->of));
    out->rotation = recurs->rotation != 0;
    out->day_off = (enum day_off)recurs->day_off;
    out->missed = (enum missed)recurs->missed;
    return out->rule ? ERR_OK : ERR_CORRUPT; /* the reader has read it: only a compiled form that is not ours is so */
}

static enum err read_deployed_at(struct engine *engine, uint64_t position, int64_t *time)
{
    struct batch *batch = engine_reading(engine);
    const struct text *fresh = batch_record(batch, position);
    struct log_record record;
    struct store_txn *txn;
    struct text bytes = {0};
    enum err code = ERR_OK;
    if (fresh) {
        bytes = *fresh;
    } else {
        code = batch_txn(batch, &txn);
        code = code ? code : log_in_store.read(txn, engine->options.partition, position, &bytes);
        bytes = code ? bytes : arena_copy(&batch->arena, bytes);
    }
    code = code ? code : log_decode(&batch->arena, bytes, &record);
    *time = code ? 0 : record.time;
    return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
}

static void add_version(struct engine *engine, struct recurring *version)
{
    struct recurring **name = &engine->agenda.workflows;
    while (*name && !text_equal((*name)->name, version->name))
        name = &(*name)->next;
    if (!*name) {
        *name = version;
        return;
    }
    /* The oldest stands first and carries `next`. */
    struct recurring *oldest = *name;
    if (version->version < oldest->version) {
        version->next = oldest->next;
        version->newer = oldest;
        *name = version;
        return;
    }
    while (oldest->newer && oldest->newer->version < version->version)
        oldest = oldest->newer;
    version->newer = oldest->newer;
    oldest->newer = version;
}

static enum err read_workflow(struct engine *engine, const struct deployed *deployed)
{
    const struct workflow *workflow = engine_workflow(engine, deployed->head.position);
    if (!workflow)
        return engine->trouble ? engine->trouble : ERR_CORRUPT;
    struct recurring *version = ARENA_NEW(&engine->agenda.forms, struct recurring);
    *version = (struct recurring){.name = arena_copy(&engine->agenda.forms, deployed->name), .version = deployed->version,
                                  .applies_from = deployed->head.applies_from, .level = "", .role = "", .of = "", .quota_level = ""};
    enum err code = read_recurrence(engine, workflow, version);
    code = code ? code : read_deployed_at(engine, deployed->head.position, &version->deployed_at);
    if (!code)
        add_version(engine, version);
    return code;
}

static enum err read_workflows(struct engine *engine)
{
    struct agenda *agenda = &engine->agenda;
    enum err code = ERR_OK;
    for (; agenda->known < engine->deployed_count && !code; agenda->known++)
        if (text_is(engine->deployed[agenda->known].what, "workflow"))
            code = read_workflow(engine, &engine->deployed[agenda->known]);
    return code;
}

/* ---- series ---- */

static enum err unit_since(struct engine *engine, uint32_t unit, int32_t *day)
{
    struct record_key key = key_recur_unit(engine->options.partition, unit);
    struct text value;
    uint64_t number;
    *day = INT32_MIN;
    enum err code = batch_get(engine_reading(engine), STORE_RECUR, &key, &value);
    code = code ? code : row_decode_number(value, &number);
    if (!code)
        *day = (int32_t)(int64_t)number;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err begin_search(struct engine *engine, const struct recurring *first, uint32_t unit, struct search *search)
{
    const struct directory *directory = engine_directory(engine);
    *search = (struct search){.engine = engine, .first = first, .unit = unit, .row = NONE, .since = INT32_MIN};
    if (unit)
        search->row = directory_unit_by_id(directory, unit);
    search->calendar = engine_calendar(engine, search->row == NONE ? 0 : search->row);
    return unit ? unit_since(engine, unit, &search->since) : ERR_OK;
}

/* Where a series stands now: false: it has no next event. */
static enum err look_ahead(const struct search *search, bool quota, struct recur_row *row, struct found *found, bool *any)
{
    *row = (struct recur_row){.through = INT32_MIN, .last = INT32_MIN};
    *any = false;
    enum err code = engine_read_recur(search->engine, quota ? RECUR_QUOTA : RECUR_RUNS, search->first->name, search->unit, row);
    if (code == ERR_NOT_FOUND)
        code = ERR_OK;
    if (!code && search->calendar)
        *any = quota ? days_next_year(search, row->through, found) : days_next_run(search, row->through, row->last, found);
    return code;
}

static bool earlier(const struct series *a, const struct series *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    int order = a->first == b->first ? 0 : text_compare(a->first->name, b->first->name);
    if (order)
        return order < 0;
    return a->unit != b->unit ? a->unit < b->unit : a->quota < b->quota;
}

static void sift_down(struct agenda *agenda, uint32_t at)
{
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < agenda->count && earlier(&agenda->series[child], &agenda->series[least]))
                least = child;
        if (least == at)
            return;
        struct series series = agenda->series[at];
        agenda->series[at] = agenda->series[least];
        agenda->series[least] = series;
        at = least;
    }
}

/* A workflow that no version of ever recurs or counts needs no look at any unit. */
static bool concerns(const struct recurring *first, bool quota)
{
    for (; first; first = first->newer)
        if (quota ? first->least > 0 : first->rule != NULL)
            return true;
    return false;
}

static enum err add_series(struct engine *engine, const struct recurring *first, uint32_t unit, bool quota)
{
    struct search search;
    struct recur_row row;
    struct found found;
    bool any;
    enum err code = begin_search(engine, first, unit, &search);
    code = code ? code : look_ahead(&search, quota, &row, &found, &any);
    if (!code && any)
        engine->agenda.series[engine->agenda.count++] = (struct series){.due = found.due, .first = first, .unit = unit, .quota = quota};
    return code;
}

static enum err add_workflow(struct engine *engine, const struct recurring *first, bool quota)
{
    const struct directory *directory = engine_directory(engine);
    enum err code = ERR_OK;
    if (!concerns(first, quota))
        return ERR_OK;
    if (!quota)
        code = add_series(engine, first, 0, quota);
    for (int32_t unit = 0; unit < directory_unit_count(directory) && !code; unit++)
        if (!directory_unit(directory, unit)->successor)
            code = add_series(engine, first, (uint32_t)directory_unit(directory, unit)->id, quota);
    return code;
}

static enum err make(struct engine *engine)
{
    struct agenda *agenda = &engine->agenda;
    const struct directory *directory = engine_directory(engine);
    size_t names = 0;
    enum err code = read_workflows(engine);
    arena_reset(&agenda->arena);
    agenda->count = 0;
    for (const struct recurring *first = agenda->workflows; first; first = first->next)
        names += (size_t)concerns(first, false) + concerns(first, true);
    if (!code && directory && engine->calendar_count > 0)
        agenda->series = ARENA_ARRAY(&agenda->arena, struct series, names * ((size_t)directory_unit_count(directory) + 1));
    for (const struct recurring *first = agenda->workflows; first && directory && engine->calendar_count > 0 && !code; first = first->next) {
        code = add_workflow(engine, first, false);
        code = code ? code : add_workflow(engine, first, true);
    }
    for (uint32_t at = agenda->count / 2; at-- > 0;)
        sift_down(agenda, at);
    agenda->stale = code != ERR_OK;
    if (!engine->in_batch)
        batch_end_read(&engine->questions);
    return code;
}

/* ---- firing ---- */

/* The sender of an opening gives its key; the calendar's comes from where it stands in the log, which nobody can know before. */
struct text engine_calendar_key(struct engine *engine)
{
    static const char purpose[] = "opened by the calendar";
    struct sha256 state;
    uint8_t *hash = arena_take(&engine->batch.arena, HASH_SIZE);
    sha256_start(&state);
    sha256_add(&state, purpose, sizeof purpose);
    sha256_add(&state, engine->working.hash, HASH_SIZE);
    sha256_end(&state, hash);
    return (struct text){.data = (const char *)hash, .size = ID_SIZE};
}

/* What the calendar fills in, by the version under which the case will be opened. */
static void put_data(struct engine *engine, struct event *event)
{
    const struct workflow *workflow = engine_newest_workflow(engine, event->workflow, engine->working.time);
    const struct workflow_recurs *recurs = workflow ? workflow_recurs(workflow) : NULL;
    if (!recurs)
        return;
    struct field_value *data = ARENA_ARRAY(&engine->batch.arena, struct field_value, (size_t)recurs->sets.count);
    for (int32_t i = 0; i < recurs->sets.count; i++) {
        const struct workflow_field *field = workflow_field(workflow, workflow_ref(workflow, recurs->sets.first + i));
        struct field_value *value = &data[event->data_count];
        value->name = arena_copy(&engine->batch.arena, text_of(workflow_string(workflow, field->name)));
        value->value = field->type == FIELD_DATE ? value_integer(event->run) : value_text(event->turn);
        event->data_count += field->type == FIELD_DATE || event->turn.size > 0;
    }
    if (event->data_count == 2 && text_compare(data[1].name, data[0].name) < 0) {
        struct field_value first = data[0];
        data[0] = data[1];
        data[1] = first;
    }
    event->data = data;
}

/* Runs whose moment has passed too: the newest is opened, and says how many it is that were not. */
static void pass_missed(const struct search *search, struct found *found, struct event *event)
{
    struct found later;
    while (found->version->missed == MISSED_REPORT && days_next_run(search, found->through, found->day, &later) && later.due < search->engine->working.time) {
        if (event->missed++ == 0)
            event->missed_from = found->day;
        *found = later;
    }
}

enum err engine_pass_over(struct engine *engine, struct event *event, enum err code, struct text why)
{
    event->kind = EVENT_RUN;
    event->key = (struct text){0};
    event->data_count = 0;
    event->code = code;
    event->why = why;
    return engine_apply_run(engine, event);
}

static struct turn whose_turn(const struct search *search, const struct found *found, const struct recur_row *row)
{
    if (!found->version->rotation)
        return (struct turn){.unit = search->row};
    const struct turn_of of = {.role = found->version->role, .level = found->version->level, .within = search->row, .day = found->day};
    return engine_next_turn(engine_directory(search->engine), &of, row);
}

static enum err fire_run(const struct search *search, struct found *found, const struct recur_row *row)
{
    struct engine *engine = search->engine;
    const struct directory *directory = engine_directory(engine);
    struct message answer;
    struct event event = {.kind = EVENT_OPEN, .workflow = search->first->name, .run_of = search->unit};
    pass_missed(search, found, &event);
    struct turn member = whose_turn(search, found, row);
    event.run = found->day;
    event.run_through = found->through;
    event.turn = member.person;
    if (member.unit == NONE)
        return engine_pass_over(engine, &event, ERR_UNKNOWN_PERSON, TEXT("It is nobody's turn: there is no such unit, or nobody holds the role."));
    event.unit = text_of(directory_unit_path(directory, member.unit));
    event.key = engine_calendar_key(engine);
    put_data(engine, &event);
    enum err code = engine_decide(engine, &event, &answer);
    if (!code && answer.kind == MESSAGE_REFUSED)
        code = engine_pass_over(engine, &event, answer.code, answer.why);
    return code;
}

static enum err fire_year(const struct search *search, const struct found *found)
{
    struct engine *engine = search->engine;
    struct event event = {.kind = EVENT_QUOTA, .workflow = search->first->name, .version = found->version->version, .run_of = search->unit, .year = found->year,
                          .year_least = (uint32_t)found->version->least, .unit = text_of(directory_unit_path(engine_directory(engine), search->row))};
    struct record_key key = key_counter_year(engine->options.partition, event.workflow, event.run_of, event.year);
    struct text value;
    uint64_t count = 0;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, &key, &value);
    code = code ? code : row_decode_number(value, &count);
    event.year_count = (uint32_t)count;
    code = code && code != ERR_NOT_FOUND ? code : engine_apply_quota(engine, &event);
    return code ? code : engine_open_short(engine, &event);
}

/* The first of the agenda, whose moment has passed; then it stands where its next one is. */
static enum err fire_first(struct engine *engine)
{
    struct agenda *agenda = &engine->agenda;
    struct series *series = &agenda->series[0];
    struct search search;
    struct recur_row row;
    struct found found;
    bool any;
    enum err code = begin_search(engine, series->first, series->unit, &search);
    code = code ? code : look_ahead(&search, series->quota, &row, &found, &any);
    assert(code || (any && found.due == series->due));
    code = code ? code : series->quota ? fire_year(&search, &found) : fire_run(&search, &found, &row);
    code = code ? code : look_ahead(&search, series->quota, &row, &found, &any);
    if (code)
        return code;
    if (any)
        series->due = found.due;
    else
        *series = agenda->series[--agenda->count];
    sift_down(agenda, 0);
    return ERR_OK;
}

enum err engine_agenda_fire(struct engine *engine, uint32_t most, uint32_t *fired)
{
    enum err code = engine->agenda.stale ? make(engine) : ERR_OK;
    while (!code && *fired < most && engine->agenda.count > 0 && engine->agenda.series[0].due < engine->working.time) {
        code = fire_first(engine);
        *fired += !code;
    }
    engine->agenda.stale = engine->agenda.stale || code;
    return code;
}

enum err engine_agenda_next(struct engine *engine, int64_t *due)
{
    enum err code = engine->agenda.stale ? make(engine) : ERR_OK;
    *due = !code && engine->agenda.count > 0 ? engine->agenda.series[0].due : INT64_MAX;
    return code;
}

/* ---- for people ---- */

static struct engine_upcoming *upcoming_of(struct engine_upcoming *list, uint32_t count, const struct series *series)
{
    for (uint32_t i = 0; i < count; i++)
        if (text_equal(list[i].workflow, series->first->name) && list[i].quota == series->quota)
            return &list[i];
    return NULL;
}

static enum err describe(struct engine *engine, struct arena *arena, const struct series *series, struct engine_upcoming *out)
{
    const struct directory *directory = engine_directory(engine);
    struct recur_row row = {.why = {0}};
    int32_t unit = series->unit ? directory_unit_by_id(directory, series->unit) : NONE;
    enum err code = series->quota ? ERR_OK : engine_read_recur(engine, RECUR_RUNS, series->first->name, series->unit, &row);
    *out = (struct engine_upcoming){.workflow = series->first->name, .quota = series->quota, .due = series->due, .units = 1,
                                    .unit = unit == NONE ? "" : directory_unit_path(directory, unit), .why = arena_copy(arena, row.why)};
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err engine_upcoming(struct engine *engine, struct arena *arena, uint32_t most, struct engine_upcoming **out, uint32_t *count)
{
    assert(!engine->in_batch);
    struct agenda *agenda = &engine->agenda;
    struct engine_upcoming *list = ARENA_ARRAY(arena, struct engine_upcoming, most);
    enum err code = agenda->stale ? make(engine) : ERR_OK;
    *count = 0;
    for (uint32_t i = 0; i < agenda->count && !code; i++) {
        const struct series *series = &agenda->series[i];
        struct engine_upcoming *same = upcoming_of(list, *count, series);
        if (same && same->due < series->due)
            continue;
        if (same && same->due == series->due)
            same->units++;
        else if (same || *count < most)
            code = describe(engine, arena, series, same ? same : &list[(*count)++]);
    }
    batch_end_read(&engine->questions);
    *out = list;
    return code;
}

/* ---- life ---- */

void engine_agenda_init(struct engine *engine)
{
    arena_init(&engine->agenda.arena);
    arena_init(&engine->agenda.forms);
    engine->agenda.stale = true;
}

void engine_agenda_forget(struct engine *engine)
{
    struct agenda *agenda = &engine->agenda;
    arena_reset(&agenda->arena);
    arena_reset(&agenda->forms);
    agenda->workflows = NULL;
    agenda->series = NULL;
    agenda->known = agenda->count = 0;
    agenda->stale = true;
}

void engine_agenda_close(struct engine *engine)
{
    arena_close(&engine->agenda.arena);
    arena_close(&engine->agenda.forms);
}
