/* workflow_check: what is declared is used, what is used is filled, and who works can report. Looks at the whole file when all of it
 * has been read; the ways through it are looked at in workflow_flow.c. */
#include "engine/workflow_reader.h"

/* ---- declared and used ---- */

static void check_fields(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_FIELDS) && !reader->doubtful[WORKFLOW_FIELDS]; row++) {
        const char *name = row_name(reader, WORKFLOW_FIELDS, row);
        if (!*name) /* an element of a list */
            continue;
        if (!row_marked(reader, WORKFLOW_FIELDS, row, MARK_USED))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_FIELDS, row),
                             "nothing uses the field \"%s\". Use it (in needs or may of an event, in a condition ...) or leave it out.", name);
        else if (!row_marked(reader, WORKFLOW_FIELDS, row, MARK_FILLED))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_FIELDS, row),
                             "nothing ever fills the field \"%s\": no event brings it (needs, may) and no outcome sets it.", name);
    }
}

static void check_named(struct workflow_reader *reader, enum workflow_table table, const char *advice)
{
    for (int32_t row = 0; row < row_count(reader, table) && !reader->doubtful[table]; row++)
        if (!row_marked(reader, table, row, MARK_USED))
            problems_add_key(reader->problems, row_node(reader, table, row), "\"%s\" is never used. %s", row_name(reader, table, row), advice);
}

/* ---- events of anywhere ---- */

static bool has_own_event(const struct workflow_reader *reader, int32_t stage, const char *name)
{
    return name_find_in(reader, WORKFLOW_EVENTS, ROW_OF(reader, STAGES, stage, stage)->events, text_of(name)) != NONE;
}

static void check_shadowed(struct workflow_reader *reader)
{
    for (int32_t row = reader->anywhere.first; row < reader->anywhere.first + reader->anywhere.count; row++) {
        const char *name = row_name(reader, WORKFLOW_EVENTS, row);
        bool seen = row_count(reader, WORKFLOW_STAGES) == 0;
        for (int32_t stage = 0; stage < row_count(reader, WORKFLOW_STAGES); stage++)
            seen = seen || !has_own_event(reader, stage, name);
        if (!seen)
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_EVENTS, row),
                             "this event can never be sent: every stage has an event \"%s\" of its own, which comes first.", name);
    }
}

/* ---- workers ---- */

static bool any_by_worker(const struct workflow_reader *reader, struct span events)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        if (by_includes(reader, ROW_OF(reader, EVENTS, event, row)->by, PEOPLE_WORKER))
            return true;
    return false;
}

static bool task_has_worker(const struct workflow_reader *reader, int32_t task)
{
    return task != NONE && ROW_OF(reader, TASKS, task, task)->topics.count > 0;
}

static bool stage_has_worker(const struct workflow_reader *reader, const struct workflow_stage *stage)
{
    bool worker = task_has_worker(reader, stage->task);
    for (int32_t row = stage->tasks.first; row < stage->tasks.first + stage->tasks.count; row++)
        worker = worker || task_has_worker(reader, row);
    return worker;
}

/* A named task is settled by the event of its name. */
static void check_named_task(struct workflow_reader *reader, const struct workflow_stage *stage, int32_t task)
{
    const char *name = row_name(reader, WORKFLOW_TASKS, task);
    int32_t event = name_find_in(reader, WORKFLOW_EVENTS, stage->events, text_of(name));
    if (event != NONE && task_has_worker(reader, task) && ROW_OF(reader, EVENTS, event, event)->by != NONE &&
        !by_includes(reader, ROW_OF(reader, EVENTS, event, event)->by, PEOPLE_WORKER))
        problems_add_key(reader->problems, row_node(reader, WORKFLOW_TASKS, task),
                         "a worker does this task, but the event \"%s\" that settles it is not \"by: worker\".", name);
}

static void refuse_worker_events(struct workflow_reader *reader, struct span events, const char *why)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        if (by_includes(reader, ROW_OF(reader, EVENTS, event, row)->by, PEOPLE_WORKER))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_EVENTS, row), "this event is by worker, but %s.", why);
}

/* An extension that only a worker may ask for, where no worker is. */
static void refuse_worker_extend(struct workflow_reader *reader, const struct workflow_stage *stage)
{
    if (stage->extend != NONE && by_includes(reader, ROW_OF(reader, EXTENDS, extend, stage->extend)->by, PEOPLE_WORKER))
        problems_add_key(reader->problems, row_node(reader, WORKFLOW_EXTENDS, stage->extend),
                         "this extension is by worker, but no worker has a task in this stage.");
}

static void check_workers(struct workflow_reader *reader)
{
    bool some_stage = false;
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++) {
        const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
        some_stage = some_stage || stage_has_worker(reader, stage);
        if (!stage_has_worker(reader, stage)) {
            refuse_worker_events(reader, stage->events, "no worker has a task in this stage. Name one in task: {worker: TOPIC}");
            refuse_worker_extend(reader, stage);
        }
        if (task_has_worker(reader, stage->task) && !any_by_worker(reader, stage->events) && !any_by_worker(reader, reader->anywhere))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_TASKS, stage->task),
                             "a worker does this task, but no event of this stage is \"by: worker\": it could never report.");
        for (int32_t task = stage->tasks.first; task < stage->tasks.first + stage->tasks.count; task++)
            check_named_task(reader, stage, task);
    }
    if (!some_stage)
        refuse_worker_events(reader, reader->anywhere, "no stage has a task for a worker");
}

/* ---- reminders of those who are missing ---- */

static bool span_has(struct span span, int32_t row)
{
    return row >= span.first && row < span.first + span.count;
}

/* Elsewhere residents beside others are refused where they stand. */
static bool is_number_of_residents(const struct workflow_reader *reader, int32_t by)
{
    return by_includes(reader, by, PEOPLE_RESIDENT) && ROW_OF(reader, BY, by, by)->kind == BY_AT_LEAST && ROW_OF(reader, BY, by, by)->denominator == 0;
}

static void check_missing(struct workflow_reader *reader, const struct workflow_stage *stage, int32_t people)
{
    int32_t event = ROW_OF(reader, PEOPLE, people, people)->event;
    const struct node *node = row_node(reader, WORKFLOW_PEOPLE, people);
    if (ROW_OF(reader, PEOPLE, people, people)->kind != PEOPLE_MISSING || event == NONE)
        return;
    int32_t by = ROW_OF(reader, EVENTS, event, event)->by;
    if (!span_has(stage->events, event) && !span_has(reader->anywhere, event))
        problems_add(reader->problems, node, "the event \"%s\" stands in another stage: nobody can be missing here.",
                     row_name(reader, WORKFLOW_EVENTS, event));
    else if (by != NONE && ROW_OF(reader, BY, by, by)->kind == BY_ANY)
        problems_add(reader->problems, node, "\"missing\" needs an event that several people must send (by: {each: ...} or {at-least: ...}); "
                                             "\"%s\" is none.", row_name(reader, WORKFLOW_EVENTS, event));
    else if (is_number_of_residents(reader, by))
        problems_add(reader->problems, node, "of residents nobody knows who is missing: \"%s\" is for any of them.", row_name(reader, WORKFLOW_EVENTS, event));
}

static void check_reminders(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++) {
        const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
        for (int32_t i = 0; i < stage->reminders.count; i++) {
            struct span who = ROW_OF(reader, REMINDERS, reminder, stage->reminders.first + i)->who;
            for (int32_t people = who.first; people < who.first + who.count; people++)
                check_missing(reader, stage, people);
        }
    }
}

/* ---- voters who are kept out ---- */

static void check_votes_kept_out(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_EVENTS); row++) {
        int32_t stage = ROW_OF(reader, EVENTS, event, row)->not_same_as_vote;
        if (stage != NONE && ROW_OF(reader, STAGES, stage, stage)->vote == NONE)
            problems_add(reader->problems, key_get(row_node(reader, WORKFLOW_EVENTS, row), IN_EVENT, "not-same-as"),
                         "the stage \"%s\" has no vote: nobody had a voice there.", row_name(reader, WORKFLOW_STAGES, stage));
    }
}

void check_use(struct workflow_reader *reader)
{
    check_fields(reader);
    check_named(reader, WORKFLOW_GROUPS, "Let it stand where people stand, or leave it out.");
    check_named(reader, WORKFLOW_ENDS, "Let some outcome lead to it (end: ...), or leave it out.");
    check_tables(reader);
    check_shadowed(reader);
    check_workers(reader);
    check_reminders(reader);
    check_votes_kept_out(reader);
}
