/* view: see view.h. */
#include "engine/view.h"

#include <assert.h>

#include "engine/access.h"
#include "engine/log.h"

enum err view_begin(struct view *view)
{
    assert(!view->txn);
    return store_begin_read(engine_store(view->engine), &view->txn);
}

void view_end(struct view *view)
{
    store_end_read(&view->txn);
}

enum err view_record(struct view *view, uint64_t position, struct log_record *record)
{
    struct text bytes;
    enum err code = log_in_store.read(view->txn, engine_partition(view->engine), position, &bytes);
    return code ? code : log_decode(view->arena, arena_copy(view->arena, bytes), record);
}

/* ---- where a case stands ---- */

static const char *unit_path(const struct view *view, uint32_t id)
{
    const struct directory *directory = engine_directory(view->engine);
    int32_t unit = directory ? directory_unit_by_id(directory, id) : NONE;
    return unit == NONE ? "" : directory_unit_path(directory, unit);
}

/* A unit that is nobody's part. */
static int32_t top_unit(const struct directory *directory)
{
    for (int32_t unit = 0; unit < directory_unit_count(directory); unit++)
        if (directory_unit(directory, unit)->parent == NONE)
            return unit;
    return NONE;
}

const char *view_zone(const struct view *view, struct text path)
{
    const struct directory *directory = engine_directory(view->engine);
    int32_t unit = !directory ? NONE : path.size ? directory_find_unit(directory, path) : top_unit(directory);
    const struct calendar *calendar = unit == NONE ? NULL : engine_calendar(view->engine, unit);
    return calendar ? calendar->tables.strings + calendar_head(calendar)->zone : "";
}

static void put_stop(const struct view *view, const struct workflow *workflow, const struct case_state *state, struct map_maker *row)
{
    if (!(state->flags & CASE_STOPPED))
        return;
    const struct workflow_stop *stop = workflow_stop(workflow, workflow_stage(workflow, state->stage)->stop_clock);
    struct map_maker map = map_begin(view->arena);
    struct text zh, en;
    map_put_string(&map, "ground", workflow_choice(workflow, stop->grounds, state->stopped_ground));
    workflow_choice_titles(workflow, stop->grounds, state->stopped_ground, &zh, &en);
    if (zh.size || en.size)
        map_put(&map, "title", map_words(view->arena, en, zh));
    map_put_number(&map, "since", state->stopped_at);
    map_put_number(&map, "until", case_clock(state, CLOCK_STOP, 0)->due);
    map_put(row, "stopped", map_end(&map));
}

static void put_place(const struct view *view, const struct workflow *workflow, const struct case_state *state, struct map_maker *row)
{
    map_put_string(row, "s", workflow_stage_name(workflow, state->stage));
    map_put_string(row, "l", workflow_level_name(workflow, state->level));
    map_put_string(row, "end", workflow_end_name(workflow, state->end));
    map_put_string(row, "u", unit_path(view, state->unit));
    map_put_string(row, "home", unit_path(view, state->home_unit));
    if (!(state->flags & CASE_ENDED))
        map_put_number(row, "due", case_due(state));
    map_put_number(row, "limit", case_limit(state));
    map_put_flag(row, "forgotten", (state->flags & CASE_FORGOTTEN) != 0);
    map_put_flag(row, "overdue", case_flags_overdue(state->flags));
    map_put_flag(row, "late", (state->flags & CASE_WAS_LATE) != 0);
    put_stop(view, workflow, state, row);
    map_put_flag(row, "waits", (state->flags & CASE_WAITS) != 0);
    map_put_flag(row, "held", (state->flags & CASE_HELD) != 0);
    map_put_number(row, "opened", state->opened_at);
    map_put_string(row, "zone", view_zone(view, text_of(unit_path(view, state->unit))));
}

static void put_names(const struct workflow *workflow, const struct case_state *state, struct map_maker *row)
{
    map_put_number(row, "case", (int64_t)state->id);
    map_put_text(row, "no", state->number);
    map_put_bytes(row, "key", (struct text){.data = (const char *)state->key, .size = ID_SIZE});
    map_put_string(row, "w", workflow_string(workflow, workflow_head(workflow)->name));
    map_put_number(row, "version", workflow_head(workflow)->version);
}

/* ---- its tasks ---- */

static const char *state_name(enum task_state state)
{
    switch (state) {
    case TASK_OPEN: return "open";
    case TASK_HELD: return "held";
    case TASK_DONE: return "done";
    case TASK_FAILED: return "failed";
    }
    return "";
}

/* Who was brought in to handle it too. */
static void put_handlers(struct view *view, const struct case_state *state, int32_t task, const struct viewer *viewer, struct map_maker *row)
{
    struct list_maker list = {.arena = view->arena};
    for (uint32_t i = 0; i < state->handler_count; i++)
        if (state->handlers[i].task == task && view_names(view, state, viewer, state->handlers[i].person))
            list_add(&list, value_text(state->handlers[i].person));
    map_put_list(row, "with", list.items, list.count);
}

static struct value task_row(struct view *view, const struct advance_input *input, const struct viewer *viewer, const struct case_task *task)
{
    const struct workflow_task *form = workflow_task(input->workflow, task->row);
    struct map_maker row = map_begin(view->arena);
    map_put_number(&row, "task", (int64_t)task->id);
    map_put_string(&row, "name", workflow_string(input->workflow, form->name));
    if (form->people.count && input->directory)
        map_put_text(&row, "for", access_words(input, view->arena, form->people));
    map_put_text(&row, "topic", task->topic);
    if (view_names(view, input->before, viewer, task->holder))
        map_put_text(&row, "worker", task->holder);
    put_handlers(view, input->before, task->row, viewer, &row);
    map_put_string(&row, "state", state_name(task->state));
    map_put_number(&row, "try", task->attempts);
    map_put_flag(&row, "incident", task->state == TASK_FAILED);
    return map_end(&row);
}

static void put_tasks(struct view *view, const struct advance_input *input, const struct viewer *viewer, bool all, struct map_maker *row)
{
    const struct case_state *state = input->before;
    struct list_maker list = {.arena = view->arena};
    for (uint32_t i = 0; i < state->task_count; i++)
        if (all || state->tasks[i].state == TASK_FAILED)
            list_add(&list, task_row(view, input, viewer, &state->tasks[i]));
    map_put_list(row, "tasks", list.items, list.count);
}

static void put_possible(struct view *view, const struct advance_input *input, struct decision *possible, struct map_maker *row)
{
    struct list_maker list = {.arena = view->arena};
    if (!input->directory)
        return;
    advance_possible(input, view->arena, possible);
    for (uint32_t i = 0; i < possible->possible_count; i++)
        list_add(&list, value_text(possible->possible[i]));
    map_put_list(row, "can", list.items, list.count);
}

/* ---- all of it ---- */

static enum err put_case(struct view *view, const struct case_state *state, const struct viewer *viewer, unsigned parts, struct map_maker *row)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    struct event looks = {.kind = EVENT_SEND, .as = viewer->person, .worker = viewer->worker, .task = viewer->task};
    struct advance_input input;
    engine_input(view->engine, workflow, state, &input);
    input.event = &looks;
    put_names(workflow, state, row);
    put_place(view, workflow, state, row);
    put_tasks(view, &input, viewer, (parts & VIEW_TASKS) != 0, row);
    if (parts & VIEW_TASKS)
        view_polls(view, workflow, state, row);
    struct decision possible = {0};
    if (parts & VIEW_POSSIBLE)
        put_possible(view, &input, &possible, row);
    enum err code = view_merged_into(view, state, viewer, row);
    if (!code && parts & VIEW_TASKS)
        code = view_kin(view, workflow, state, viewer, row);
    if (code)
        return code;
    if (parts & VIEW_TITLES)
        view_titles(view, workflow, state, &possible, row);
    code = parts & VIEW_DATA ? view_case_data(view, state, viewer, row) : ERR_OK;
    if (!code && parts & VIEW_TITLES)
        view_words(workflow, row);
    return code;
}

enum err view_case(struct view *view, const struct case_state *state, const struct viewer *viewer, unsigned parts, struct value *out)
{
    struct map_maker row = map_begin(view->arena);
    enum err code = put_case(view, state, viewer, parts, &row);
    *out = map_end(&row);
    return code;
}

/* ---- what a worker gets ---- */

/* The events of a case by their records, which are chained backwards: newest first, as far as they fit. */
static enum err put_history(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    struct list_maker list = {.arena = view->arena};
    size_t taken = view->arena->total;
    for (uint64_t position = state->last_position; position && view->arena->total - taken < VIEW_HISTORY_BYTES;) {
        struct log_record record;
        struct value entry;
        enum err code = view_record(view, position, &record);
        code = code ? code : view_history(view, state, position, &record, viewer, &entry);
        if (code)
            return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
        list_add(&list, entry);
        position = record.previous;
    }
    for (uint32_t i = 0; i < list.count / 2; i++) { /* oldest first */
        struct value swapped = list.items[i];
        list.items[i] = list.items[list.count - 1 - i];
        list.items[list.count - 1 - i] = swapped;
    }
    map_put_list(row, "history", list.items, list.count);
    return ERR_OK;
}

static bool by_worker(const struct workflow *workflow, const struct workflow_event *event)
{
    struct span people = workflow_by(workflow, event->by)->people;
    for (int32_t i = 0; i < people.count; i++)
        if (workflow_people(workflow, people.first + i)->kind == PEOPLE_WORKER)
            return true;
    return false;
}

/* Of what is possible: the events by which the worker of this task can settle it. One that stays settles only a task of its own name. */
static void put_settles(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    const struct case_task *task = case_task_by_id(state, viewer->task);
    struct advance_input input;
    struct decision possible = {0};
    struct list_maker list = {.arena = view->arena};
    engine_input(view->engine, workflow, state, &input);
    if (!task || !input.directory)
        return;
    advance_possible(&input, view->arena, &possible);
    for (uint32_t i = 0; i < possible.possible_count; i++) {
        int32_t found = workflow_find_event(workflow, state->stage, possible.possible[i]);
        const struct workflow_event *event = found == NONE ? NULL : workflow_event(workflow, found);
        bool stays = event && event->task == NONE && workflow_outcome(workflow, event->outcome)->kind == OUTCOME_STAY;
        if (event && !stays && (event->task == NONE || event->task == task->row) && by_worker(workflow, event))
            list_add(&list, value_text(possible.possible[i]));
    }
    map_put_list(row, "settles", list.items, list.count);
}

enum err view_task(struct view *view, const struct case_state *state, const struct outbox_row *owed, const struct viewer *viewer, bool history,
                   struct value *out)
{
    struct map_maker row = map_begin(view->arena);
    struct log_record record;
    enum err code = put_case(view, state, viewer, VIEW_DATA | VIEW_POSSIBLE, &row);
    code = code ? code : view_record(view, owed->position, &record);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    struct value event;
    code = view_history(view, state, owed->position, &record, viewer, &event);
    if (code)
        return code;
    map_put(&row, "event", event);
    if (view_names(view, state, viewer, record.event.as))
        map_put_text(&row, "as", record.event.as);
    put_settles(view, state, viewer, &row);
    if (owed->text_en.size || owed->text_zh.size)
        map_put(&row, "text", map_words(view->arena, owed->text_en, owed->text_zh));
    if (history)
        code = put_history(view, state, viewer, &row);
    *out = map_end(&row);
    return code;
}
