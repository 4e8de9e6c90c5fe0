/* query_figure: incidents, status, and committed events as news. See query.h. */
#include "engine/query_inner.h"

enum { LATE_COUNTED = 10000 }; /* deadlines that are due and have not fired are counted so far */

/* ---- incidents ---- */

static enum err incident_row_of(struct page *page, uint64_t task, const struct incident_row *incident, int32_t unit)
{
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = incident->case_id};
    const struct case_state *state;
    enum err code = engine_find_case(page->query->engine, &subject, &state);
    if (code)
        return code == ERR_UNKNOWN_CASE ? ERR_CORRUPT : code;
    const struct workflow *workflow = engine_workflow(page->query->engine, state->workflow);
    const struct directory *directory = engine_directory(page->query->engine);
    if (!workflow || !directory || !page_covers(page, unit, state->unit))
        return workflow ? ERR_OK : ERR_CORRUPT;
    int32_t at = directory_unit_by_id(directory, state->unit);
    struct map_maker row = map_begin(page->view.arena);
    map_put_number(&row, "case", (int64_t)state->id);
    map_put_text(&row, "no", state->number);
    map_put_string(&row, "u", at == NONE ? "" : directory_unit_path(directory, at));
    map_put_string(&row, "zone", at == NONE ? "" : view_zone(&page->view, text_of(directory_unit_path(directory, at))));
    map_put_string(&row, "s", workflow_stage_name(workflow, state->stage));
    map_put_number(&row, "task", (int64_t)task);
    map_put_text(&row, "topic", incident->topic);
    map_put_number(&row, "tries", incident->attempts);
    map_put_text(&row, "why", incident->why);
    map_put_number(&row, "p", (int64_t)incident->position);
    map_put_number(&row, "t", incident->time);
    struct value value = map_end(&row);
    page_add(page, value_copy(page->view.arena, &value));
    return ERR_OK;
}

/* The case of the question; 0: of all. false: refused. */
static enum err asked_case(struct page *page, uint64_t *case_id, bool *known)
{
    const struct case_state *state;
    *case_id = 0;
    *known = true;
    if (page->question->subject.kind == CASE_REF_NONE)
        return ERR_OK;
    enum err code = engine_find_case(page->query->engine, &page->question->subject, &state);
    *known = code == ERR_OK;
    if (*known)
        *case_id = state->id;
    return code == ERR_UNKNOWN_CASE ? ERR_OK : code;
}

static enum err walk_incidents(struct page *page, struct store_cursor *cursor, int32_t unit, uint64_t case_id)
{
    struct record_key from = key_incident(engine_partition(page->query->engine), page->question->after + 1);
    struct text key, value;
    uint64_t task = 0;
    enum err code = store_cursor_seek(cursor, key_text(&from), &key, &value);
    while (!code && !page_full(page)) {
        struct incident_row incident;
        if (!key_read_u64_last(key, &task))
            return ERR_CORRUPT;
        page->looked++;
        code = row_decode_incident(value, &incident);
        if (!code && (!case_id || incident.case_id == case_id))
            code = incident_row_of(page, task, &incident, unit);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    if (code && code != ERR_NOT_FOUND)
        return code;
    page_end(page, code ? 0 : task);
    return ERR_OK;
}

enum err query_incidents(struct page *page)
{
    int32_t unit;
    uint64_t case_id;
    bool known;
    if (!page_unit(page, &unit))
        return ERR_OK;
    enum err code = asked_case(page, &case_id, &known);
    if (code || !known) {
        if (!code)
            page_refuse(page, ERR_UNKNOWN_CASE, (struct text){0});
        return code;
    }
    struct store_cursor *cursor;
    code = store_cursor_open(page->view.txn, STORE_INCIDENT, &cursor);
    code = code ? code : walk_incidents(page, cursor, unit, case_id);
    store_cursor_close(&cursor);
    return code;
}

/* ---- status ---- */

static enum err count_late(struct page *page, int64_t now, struct map_maker *row)
{
    struct store_cursor *cursor;
    struct text key, value;
    struct deadline_key deadline;
    uint32_t late = 0;
    enum err code = store_cursor_open(page->view.txn, STORE_DEADLINE, &cursor);
    if (code)
        return code;
    for (code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code && late < LATE_COUNTED; code = store_cursor_next(cursor, &key, &value)) {
        if (!key_read_deadline(key, &deadline))
            code = ERR_CORRUPT;
        if (code || deadline.due >= now)
            break;
        late++;
    }
    store_cursor_close(&cursor);
    map_put(row, "late", value_integer(late));
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static const char *deployed_kind(struct text what)
{
    return what.size == 0 ? "" : what.data[0] == 'w' ? "workflow" : what.data[0] == 'd' ? "directory" : "calendar";
}

static enum err add_deployed(struct page *page, struct text key, struct text value, struct list_maker *list)
{
    struct text what, name;
    struct deployed_head head;
    uint32_t version, piece;
    char part;
    if (!key_read_deployed(key, &what, &name, &version, &part, &piece))
        return ERR_CORRUPT;
    if (part != 'H')
        return ERR_OK;
    enum err code = row_decode_deployed(value, &head);
    if (code)
        return code;
    struct map_maker row = map_begin(page->view.arena);
    map_put_string(&row, "what", deployed_kind(what));
    map_put_text(&row, "n", arena_copy(page->view.arena, name));
    map_put_number(&row, "version", version);
    map_put_number(&row, "p", (int64_t)head.position);
    map_put_bytes(&row, "hash", arena_copy(page->view.arena, (struct text){.data = (const char *)head.hash, .size = HASH_SIZE}));
    if (head.applies_from != NONE)
        map_put_text(&row, "from", civil_print(page->view.arena, head.applies_from));
    list_add(list, map_end(&row));
    return ERR_OK;
}

static enum err put_deployed(struct page *page, struct map_maker *row)
{
    struct store_cursor *cursor;
    struct text key, value;
    struct list_maker list = {.arena = page->view.arena};
    enum err code = store_cursor_open(page->view.txn, STORE_DEPLOYED, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code && list.count < LIMIT_PAGE_ROWS / 4) {
        code = add_deployed(page, key, value, &list);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    map_put_list(row, "deployed", list.items, list.count);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static bool is_another_version(const struct engine *engine, uint32_t n, struct text name)
{
    struct text other;
    uint64_t position;
    for (uint32_t i = 0; i < n && engine_deployed_workflow(engine, i, &other, &position); i++)
        if (text_equal(other, name))
            return true;
    return false;
}

/* Of each workflow that is deployed, all its versions together. */
static enum err put_kinds(struct page *page, struct map_maker *row)
{
    struct engine *engine = page->query->engine;
    struct list_maker list = {.arena = page->view.arena};
    struct text name;
    uint64_t position, figures[ENGINE_FIGURES];
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && list.count < LIMIT_PAGE_ROWS / 4 && engine_deployed_workflow(engine, i, &name, &position); i++) {
        if (is_another_version(engine, i, name))
            continue;
        code = engine_figures(engine, page->view.txn, name, figures);
        struct map_maker one = map_begin(page->view.arena);
        map_put_text(&one, "w", name);
        map_put(&one, "open", value_integer((int64_t)figures[0]));
        map_put(&one, "overdue", value_integer((int64_t)figures[1]));
        map_put(&one, "closed", value_integer((int64_t)figures[2]));
        map_put(&one, "late", value_integer((int64_t)figures[3]));
        if (figures[0] || figures[2])
            list_add(&list, map_end(&one));
    }
    map_put_list(row, "kinds", list.items, list.count);
    return code;
}

/* What the calendar does next, for each workflow that recurs or has a quota. */
static enum err put_calendar(struct page *page, struct map_maker *row)
{
    struct engine_upcoming *coming;
    uint32_t count;
    struct arena *arena = page->view.arena;
    struct list_maker list = {.arena = arena};
    enum err code = engine_upcoming(page->query->engine, arena, LIMIT_PAGE_ROWS / 8, &coming, &count);
    for (uint32_t i = 0; i < count && !code; i++) {
        struct map_maker one = map_begin(arena);
        map_put_string(&one, "e", coming[i].quota ? "quota" : "open");
        map_put_text(&one, "w", coming[i].workflow);
        map_put_string(&one, "u", coming[i].unit);
        map_put_number(&one, "units", coming[i].units);
        map_put_number(&one, "due", coming[i].due);
        map_put_string(&one, "zone", view_zone(&page->view, text_of(coming[i].unit)));
        map_put_text(&one, "why", coming[i].why);
        list_add(&list, map_end(&one));
    }
    map_put_list(row, "calendar", list.items, list.count);
    return code;
}

static enum err put_store(struct page *page, struct map_maker *row)
{
    struct store_figures figures;
    enum err code = store_read_figures(engine_store(page->query->engine), &figures);
    if (code)
        return code;
    struct map_maker size = map_begin(page->view.arena);
    map_put(&size, "size", value_integer((int64_t)figures.map_size));
    map_put(&size, "used", value_integer((int64_t)figures.map_used));
    map_put(row, "store", map_end(&size));
    map_put(row, "cases", value_integer((int64_t)figures.rows[STORE_OPEN]));
    map_put(row, "parked", value_integer((int64_t)figures.rows[STORE_PARKED]));
    map_put(row, "incidents", value_integer((int64_t)figures.rows[STORE_INCIDENT]));
    map_put(row, "owed", value_integer((int64_t)figures.rows[STORE_OUTBOX]));
    return ERR_OK;
}

static void put_figures(struct page *page, struct map_maker *row)
{
    const struct query_figures *figures = page->query->figures;
    if (!figures)
        return;
    map_put_number(row, "started", figures->started);
    map_put(row, "applied", value_integer((int64_t)figures->applied));
    map_put(row, "duplicate", value_integer((int64_t)figures->duplicate));
    map_put(row, "refused", value_integer((int64_t)figures->refused));
    map_put(row, "busy", value_integer((int64_t)figures->busy));
    map_put(row, "malformed", value_integer((int64_t)figures->malformed));
    map_put(row, "denied", value_integer((int64_t)figures->denied));
    map_put(row, "turned-away", value_integer((int64_t)figures->turned_away));
    map_put_flag(row, "read-only", figures->read_only);
    map_put_flag(row, "stopping", figures->stopping);
    struct list_maker alarms = {.arena = page->view.arena}, names = {.arena = page->view.arena};
    for (uint32_t i = 0; i < figures->alarm_count; i++) {
        list_add(&alarms, value_text(figures->alarms[i]));
        list_add(&names, value_text(figures->alarm_names[i]));
    }
    map_put_list(row, "alarms", alarms.items, alarms.count);
    map_put_list(row, "alarm-names", names.items, names.count);
}

static void put_engine(struct page *page, struct map_maker *row)
{
    struct engine *engine = page->query->engine;
    int64_t next = engine_next_due(engine);
    map_put_string(row, "name", "staircase");
    map_put_string(row, "version", STAIRCASE_VERSION);
    map_put(row, "protocol", value_integer(PROTOCOL_VERSION));
    map_put(row, "partition", value_integer(engine_partition(engine)));
    map_put(row, "epoch", value_integer(engine_epoch(engine)));
    map_put(row, "p", value_integer((int64_t)engine_position(engine)));
    map_put_bytes(row, "hash", arena_copy(page->view.arena, (struct text){.data = (const char *)engine_hash(engine), .size = HASH_SIZE}));
    map_put(row, "t", value_integer(page->query->time.now));
    map_put_string(row, "zone", view_zone(&page->view, TEXT("")));
    if (next != INT64_MAX)
        map_put(row, "next", value_integer(next));
}

enum err query_status(struct page *page)
{
    const struct query *query = page->query;
    struct map_maker row = map_begin(page->view.arena);
    put_engine(page, &row);
    put_figures(page, &row);
    if (query->outbox) {
        struct value workers = outbox_workers(query->outbox, page->view.arena, query->time);
        map_put_list(&row, "workers", workers.items, workers.count);
    }
    enum err code = put_store(page, &row);
    code = code ? code : count_late(page, query->time.now, &row);
    code = code ? code : put_kinds(page, &row);
    code = code ? code : put_deployed(page, &row);
    code = code ? code : put_calendar(page, &row);
    if (code)
        return code;
    page_add(page, map_end(&row));
    page_end(page, 0);
    return ERR_OK;
}

/* ---- news ---- */

/* A run that was passed over, or a year that fell short: they belong to no case, but people are told of them. */
static bool is_of_calendar(const struct event *event)
{
    return event->kind == EVENT_RUN || (event->kind == EVENT_QUOTA && event->year_count < event->year_least);
}

/* What was private is gone: whoever keeps copies of it has to destroy them too. */
static bool is_erasure(const struct event *event)
{
    return event->kind == EVENT_ERASE || (event->kind == EVENT_DUE && event->clock_kind == CLOCK_RETAIN);
}

static bool is_of_workflow(struct text name, const struct log_record *record, const struct workflow *workflow)
{
    return workflow ? text_is(name, workflow_string(workflow, workflow_head(workflow)->name)) : record->event.workflow.size && text_equal(name, record->event.workflow);
}

static bool filter_passes(const struct query *query, const struct query_filter *filter, const struct log_record *record, const struct case_state *state)
{
    const struct workflow *workflow = state ? engine_workflow(query->engine, state->workflow) : NULL;
    if (filter->erasures && !is_erasure(&record->event))
        return false;
    if (filter->erasures && record->event.kind == EVENT_ERASE)
        return true; /* it belongs to no unit */
    if (filter->case_id && record->case_id != filter->case_id)
        return false;
    if (filter->workflow.size && !is_of_workflow(filter->workflow, record, workflow))
        return false;
    if (filter->unit.size == 0)
        return true;
    const struct directory *directory = engine_directory(query->engine);
    int32_t above = directory ? directory_find_unit(directory, filter->unit) : NONE;
    int32_t unit = directory ? directory_find_unit(directory, record->unit) : NONE;
    if (above == NONE || unit == NONE)
        return false;
    int32_t heir = advance_unit(directory, (uint32_t)directory_unit(directory, unit)->id);
    return directory_covers(directory, above, unit) || (heir != NONE && directory_covers(directory, above, heir));
}

/* That a case was forgotten, and nothing else about it: those hear of it too who may see nothing there. */
static struct value forgotten_row(struct view *view, const struct case_state *state, uint64_t position, const struct log_record *record)
{
    struct map_maker row = map_begin(view->arena);
    map_put_number(&row, "p", (int64_t)position);
    map_put_number(&row, "t", record->time);
    map_put_number(&row, "case", (int64_t)record->case_id);
    map_put_bytes(&row, "key", arena_copy(view->arena, (struct text){.data = (const char *)state->key, .size = ID_SIZE}));
    map_put_string(&row, "e", "due");
    map_put_string(&row, "clock", "retain");
    return map_end(&row);
}

enum err query_news(const struct query *query, struct view *view, const struct query_filter *filter, uint64_t position, bool *passes, struct message *news)
{
    struct log_record record;
    const struct case_state *state = NULL;
    enum err code = view_record(view, position, &record);
    *passes = !code && (record.case_id || record.event.kind == EVENT_DEPLOY || record.event.kind == EVENT_ERASE || is_of_calendar(&record.event));
    if (code || !*passes)
        return code;
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = record.case_id};
    if (record.case_id)
        code = engine_find_case(query->engine, &subject, &state);
    if (code)
        return code == ERR_UNKNOWN_CASE ? ERR_CORRUPT : code;
    *passes = filter_passes(query, filter, &record, state);
    const struct viewer viewer = {.person = filter->person, .sight = query->sight};
    if (*passes)
        *news = (struct message){.kind = MESSAGE_NEWS, .position = position, .time = record.time, .case_id = record.case_id,
                                 .rows = filter->erasures && state ? forgotten_row(view, state, position, &record) : view_news(view, state, position, &record, &viewer),
                                 .more = position < engine_position(query->engine)};
    return ERR_OK;
}
