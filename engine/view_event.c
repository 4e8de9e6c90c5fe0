/* view_event: an event as an entry of its case's history, and as news. See view.h. */
#include "engine/view.h"

static const char *event_name(const struct event *event)
{
    switch (event->kind) {
    case EVENT_OPEN: return "open";
    case EVENT_SEND: return "";
    case EVENT_RELEASE: return "release";
    case EVENT_RETRY: return "retry";
    case EVENT_ACCEPT: return "accept";
    case EVENT_SETTLE: return "settle";
    case EVENT_FAIL: return "fail";
    case EVENT_DUE: return "due";
    case EVENT_RECOMPUTE: return "recompute";
    case EVENT_PARK: return "park";
    case EVENT_UNPARK: return "unpark";
    case EVENT_DEPLOY_PART: return "deploy-part";
    case EVENT_DEPLOY: return "deploy";
    case EVENT_RUN: return "run";
    case EVENT_QUOTA: return "quota";
    case EVENT_CASE: return "";
    case EVENT_MIGRATE: return "migrate";
    case EVENT_ERASE: return "erase";
    case EVENT_COUNT: return "";
    }
    return "";
}

static struct text shown_name(const struct event *event)
{
    return event->kind == EVENT_SEND || event->kind == EVENT_CASE || event->kind == EVENT_COUNT ? event->name : text_of(event_name(event));
}

static const char *clock_name(int32_t kind)
{
    switch ((enum clock_kind)kind) {
    case CLOCK_STAGE: return "stage";
    case CLOCK_WARN: return "warn";
    case CLOCK_REMIND: return "remind";
    case CLOCK_TASK: return "task";
    case CLOCK_CASE: return "case";
    case CLOCK_STOP: return "stop";
    case CLOCK_PUBLICATION: return "publication";
    case CLOCK_RETAIN: return "retain";
    }
    return "";
}

static const char *notice_name(enum notice_kind kind)
{
    switch (kind) {
    case NOTICE_TEXT: return "text";
    case NOTICE_STAGE: return "stage";
    case NOTICE_WARN: return "warn";
    case NOTICE_OVERDUE: return "overdue";
    case NOTICE_REMINDER: return "reminder";
    case NOTICE_CANCELLED: return "cancelled";
    case NOTICE_ENDED: return "ended";
    case NOTICE_EXTENDED: return "extended";
    case NOTICE_ASKED: return "asked";
    case NOTICE_DENIED: return "denied";
    case NOTICE_HANDED_OVER: return "handed-over";
    case NOTICE_STOPPED: return "stopped";
    case NOTICE_RESUMED: return "resumed";
    case NOTICE_VOTED: return "voted";
    case NOTICE_REOPENED: return "reopened";
    case NOTICE_PUBLISHED: return "published";
    case NOTICE_WITHDRAWN: return "withdrawn";
    }
    return "";
}

/* ---- what an entry and news have in common ---- */

/* So many notices stand in one row, at most, so that it fits into a message; a case has at most a few hundred people. */
enum { NOTICES_MOST = 1000, NOTICES_BYTES_MOST = 128 * 1024 };

static struct value notice_row(struct arena *arena, const struct log_notice *notice, struct text who)
{
    struct map_maker map = map_begin(arena);
    map_put_string(&map, "kind", notice_name(notice->kind));
    map_put_text(&map, "who", who);
    if (notice->text_en.size || notice->text_zh.size)
        map_put(&map, "text", map_words(arena, notice->text_en, notice->text_zh));
    return map_end(&map);
}

/* A row in the making, and who is to read it. */
struct entry {
    struct view *view;
    const struct case_state *state; /* NULL: of no case, where nobody is hidden */
    const struct viewer *viewer;
    struct map_maker *row;
    struct list_maker unnamed; /* members that somebody is left out of */
};

static bool is_named(struct entry *entry, struct text person)
{
    return !entry->state || view_names(entry->view, entry->state, entry->viewer, person);
}

static void leave_out(struct entry *entry, const char *member)
{
    for (uint32_t i = 0; i < entry->unnamed.count; i++)
        if (text_is(entry->unnamed.items[i].text, member))
            return;
    list_add(&entry->unnamed, value_text(text_of(member)));
}

static void put_person(struct entry *entry, const char *member, struct text person)
{
    if (is_named(entry, person))
        map_put_text(entry->row, member, person);
    else
        leave_out(entry, member);
}

/* One row per notice and per one who is told: that is how it is delivered. */
static void put_notices(struct entry *entry, const struct log_record *record)
{
    struct arena *arena = entry->view->arena;
    struct list_maker list = {.arena = arena};
    size_t bytes = 0;
    bool all = true;
    for (uint32_t i = 0; i < record->notice_count; i++) {
        const struct log_notice *notice = &record->notices[i];
        for (uint32_t who = 0; who < notice->who_count; who++) {
            if (!is_named(entry, notice->who[who])) {
                leave_out(entry, "notices");
                continue;
            }
            struct value told = notice_row(arena, notice, notice->who[who]);
            bytes += value_weigh(&told).bytes;
            all = all && list.count < NOTICES_MOST && bytes <= NOTICES_BYTES_MOST;
            if (all)
                list_add(&list, told);
        }
    }
    map_put_list(entry->row, "notices", list.items, list.count);
    map_put_flag(entry->row, "notices-cut", !all);
}

/* The day that a run of a recurrence is of, and how many before it were missed; the year of a quota. */
static void put_calendar(struct arena *arena, const struct event *event, struct map_maker *row)
{
    if (event->run)
        map_put_text(row, "run", civil_print(arena, event->run));
    map_put_number(row, "missed", event->missed);
    map_put_number(row, "year", event->year);
    if (event->kind == EVENT_QUOTA)
        map_put(row, "count", value_integer(event->year_count));
    map_put_number(row, "least", event->year_least);
}

static void put_event(struct entry *entry, uint64_t position, const struct log_record *record)
{
    const struct event *event = &record->event;
    struct view *view = entry->view;
    struct map_maker *row = entry->row;
    map_put_number(row, "p", (int64_t)position);
    map_put_number(row, "t", record->time);
    map_put_text(row, "e", shown_name(event));
    map_put_bytes(row, "id", event->id);
    put_person(entry, "as", event->as);
    put_person(entry, "for", event->on_behalf);
    put_calendar(view->arena, event, row);
    map_put_text(row, "s", record->stage);
    map_put_text(row, "l", record->level);
    map_put_text(row, "u", record->unit);
    map_put_text(row, "end", record->end);
    map_put_number(row, "due", record->due);
    map_put_string(row, "zone", view_zone(view, record->unit));
    if (record->note_en.size || record->note_zh.size)
        map_put(row, "says", map_words(view->arena, record->note_en, record->note_zh));
    put_notices(entry, record);
    map_put_list(row, "unnamed", entry->unnamed.items, entry->unnamed.count);
}

/* ---- an entry of the history ---- */

/* A reason may name somebody; the key through which it came is told with who sent it. */
static void put_reason(struct entry *entry, const struct event *event)
{
    if (view_tells_of_hidden(entry->view, entry->state, entry->viewer, event->why))
        return;
    map_put_text(entry->row, "why", event->why);
}

static void put_way(struct entry *entry, const struct event *event)
{
    if (event->sender.size && !text_is(event->sender, "local") && is_named(entry, event->as) && is_named(entry, event->on_behalf))
        map_put_text(entry->row, "through", event->sender);
}

static struct value change_row(struct arena *arena, const struct log_change *change)
{
    struct map_maker map = map_begin(arena);
    map_put_string(&map, "clock", clock_name(change->kind));
    map_put_number(&map, "before", change->before);
    map_put_number(&map, "after", change->after);
    return map_end(&map);
}

/* The deadline that fired, or the first that was computed anew; all of them where there are several. */
static void put_clocks(struct arena *arena, const struct log_record *record, struct map_maker *row)
{
    if (record->event.kind == EVENT_DUE)
        map_put_string(row, "clock", clock_name(record->event.clock_kind));
    else if (record->change_count)
        map_put_string(row, "clock", clock_name(record->changes[0].kind));
    if (record->change_count == 0)
        return;
    map_put_number(row, "before", record->changes[0].before);
    map_put_number(row, "after", record->changes[0].after);
    struct list_maker list = {.arena = arena};
    for (uint32_t i = 0; record->change_count > 1 && i < record->change_count; i++)
        list_add(&list, change_row(arena, &record->changes[i]));
    map_put_list(row, "changes", list.items, list.count);
}

static void put_versions(struct view *view, const struct log_record *record, struct map_maker *row)
{
    if (record->event.kind != EVENT_MIGRATE)
        return;
    const struct workflow *from = engine_workflow(view->engine, record->event.migrated_from);
    map_put_number(row, "version", record->event.version);
    if (from)
        map_put_number(row, "from", workflow_head(from)->version);
}

enum err view_history(struct view *view, const struct case_state *state, uint64_t position, const struct log_record *record, const struct viewer *viewer,
                      struct value *out)
{
    struct map_maker row = map_begin(view->arena);
    struct entry entry = {.view = view, .state = state, .viewer = viewer, .row = &row, .unnamed = {.arena = view->arena}};
    put_event(&entry, position, record);
    put_way(&entry, &record->event);
    map_put_number(&row, "at", record->effective);
    map_put_text(&row, "worker", event_by_calendar(&record->event) ? TEXT("calendar") : record->event.worker);
    if (record->event.has_happened_at)
        map_put(&row, "happened", value_integer(record->event.happened_at));
    put_reason(&entry, &record->event);
    put_versions(view, record, &row);
    put_clocks(view->arena, record, &row);
    enum err code = view_other(view, &record->event, viewer, &row);
    code = code ? code : view_event_data(view, state, &record->event, viewer, &row);
    if (!code && !viewer->worker.size) /* programs keep to the words */
        view_words(engine_workflow(view->engine, state->workflow), &row);
    *out = map_end(&row);
    return code;
}

/* ---- news ---- */

struct value view_news(struct view *view, const struct case_state *state, uint64_t position, const struct log_record *record, const struct viewer *viewer)
{
    struct map_maker row = map_begin(view->arena);
    struct entry entry = {.view = view, .state = state, .viewer = viewer, .row = &row, .unnamed = {.arena = view->arena}};
    put_event(&entry, position, record);
    map_put_number(&row, "case", (int64_t)record->case_id);
    map_put_text(&row, "no", record->number);
    if (state) {
        const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
        map_put_bytes(&row, "key", (struct text){.data = (const char *)state->key, .size = ID_SIZE});
        if (workflow)
            map_put_string(&row, "w", workflow_string(workflow, workflow_head(workflow)->name));
    }
    if (!state && record->event.workflow.size)
        map_put_text(&row, "w", record->event.workflow);
    if (record->event.kind == EVENT_RUN || record->event.kind == EVENT_ERASE)
        map_put_text(&row, "why", record->event.why);
    map_put_text(&row, "what", record->event.what);
    map_put_text(&row, "n", record->event.deployed);
    map_put_number(&row, "version", record->event.version);
    return map_end(&row);
}
