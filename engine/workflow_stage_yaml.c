/* workflow_stage_yaml: stages: where the case stands, its deadline, its work, its events. */
#include "engine/workflow_reader.h"

void stages_declare(struct workflow_reader *reader, const struct node *stages)
{
    struct workflow_stage stage;
    for (node_each(item, stages)) {
        if (item->index >= WORKFLOW_STAGES_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d stages.", WORKFLOW_STAGES_MOST);
            break;
        }
        row_blank(WORKFLOW_STAGES, &stage);
        name_allowed(reader, item);
        stage.name = string_push(reader, item->key);
        stage.line = item->key_place.line;
        bool map = item->kind == NODE_MAP;
        stage.events = events_declare(reader, map ? key_get(item, IN_STAGE, "events") : NULL, map ? key_get(item, IN_STAGE, "objections") : NULL);
        row_push(reader, WORKFLOW_STAGES, &stage, item);
    }
}

/* ---- where ---- */

static void at_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    if (!node)
        return;
    if (node->kind == NODE_MAP) {
        key_check(reader, node, IN_AT);
        stage->at = AT_UNIT_FIELD;
        stage->at_field = field_resolve(reader, key_get(node, IN_AT, "unit"), OF_TYPE(FIELD_UNIT), USE_LOOK, "\"at\" takes a field of type");
    } else if (node_is(node, "previous")) {
        stage->at = AT_PREVIOUS;
    } else {
        static const char *const previous = "previous";
        stage->at = AT_LEVEL;
        stage->at_level = word_meant(reader, node, &previous, 1, "a level, {unit: FIELD} or previous") ? NONE : level_resolve(reader, node);
    }
}

static void place_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    const struct node *at = key_get(node, IN_STAGE, "at"), *ladder = key_get(node, IN_STAGE, "ladder");
    at_read(reader, at, stage);
    if (ladder)
        stage->ladder = levels_read(reader, ladder);
    if (at && ladder)
        problems_add_key(reader->problems, at, "\"at\" and \"ladder\" cannot stand in one stage: with a ladder the level says where the case is.");
}

bool stage_may_be_at(const struct workflow_reader *reader, int32_t row, int32_t level)
{
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    if (stage->ladder.count > 0)
        return refs_include(reader, stage->ladder, level);
    return stage->at != AT_LEVEL || stage->at_level == NONE || stage->at_level == level;
}

const char *level_hint(const struct workflow_reader *reader, int32_t row, int32_t level)
{
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    struct nearest nearest = nearest_to(text_of(row_name(reader, WORKFLOW_LEVELS, level)));
    for (int32_t i = 0; i < stage->ladder.count; i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_LEVELS, ref_at(reader, stage->ladder.first + i))));
    if (stage->at_level != NONE)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_LEVELS, stage->at_level)));
    return nearest_hint(&nearest, reader->arena);
}

/* ---- deadline ---- */

/* A warning that goes out before the stage is entered warns nobody. */
static void warn_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    stage->warn = duration_read(reader, node, false);
    if (stage->warn == NONE || stage->within == NONE)
        return;
    int64_t shortest = limit_shortest(reader, stage->within);
    if (shortest >= 0 && duration_rough(reader, stage->warn) >= shortest)
        problems_add(reader->problems, node, "found %s, which is not shorter than the limit itself: the warning would come at once.",
                     node_found(reader->arena, node));
}

static void reminder_read(struct workflow_reader *reader, const struct node *node, struct workflow_reminder *reminder)
{
    row_blank(WORKFLOW_REMINDERS, reminder);
    if (!key_check(reader, node, IN_REMIND))
        return;
    const struct node *who = key_get(node, IN_REMIND, "who");
    if (who)
        reminder->who = people_read(reader, who, ALLOW_CASE | ALLOW_MISSING);
    reminder->every = duration_read(reader, key_get(node, IN_REMIND, "every"), false);
    const struct node *after = key_get(node, IN_REMIND, "after");
    if (node_choice(reader->problems, after, after_words, 2, &reminder->after) && reminder->after == AFTER_DUE &&
        !node_get(row_node(reader, WORKFLOW_STAGES, reader->stage), "within"))
        problems_add(reader->problems, after, "\"after: due\" needs a deadline, and this stage has no \"within\".");
}

static void reminders_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_reminder reminders[WORKFLOW_REMINDERS_MOST];
    int32_t found = 0;
    const struct node *item;
    uint32_t count;
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return;
    if (count > WORKFLOW_REMINDERS_MOST)
        problems_add(reader->problems, node, "there are more than %d reminders.", WORKFLOW_REMINDERS_MOST);
    for (uint32_t i = 0; i < count && i < WORKFLOW_REMINDERS_MOST; i++, item = item->next)
        reminder_read(reader, item, &reminders[found++]);
    stage->reminders = (struct span){.first = row_count(reader, WORKFLOW_REMINDERS), .count = found};
    for (int32_t i = 0; i < found; i++)
        row_push(reader, WORKFLOW_REMINDERS, &reminders[i], node);
}

static void extend_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_extend extend;
    row_blank(WORKFLOW_EXTENDS, &extend);
    if (!key_check(reader, node, IN_EXTEND))
        return;
    const struct node *needs = key_get(node, IN_EXTEND, "needs"), *asks = key_get(node, IN_EXTEND, "asks");
    extend.by = by_read(reader, key_get(node, IN_EXTEND, "by"), ALLOW_CASE | ALLOW_WORKER);
    if (needs) {
        extend.needs = fields_read(reader, needs);
        fields_check_shared(reader, extend.by, extend.needs, needs);
    }
    extend.add = extension_read(reader, key_get(node, IN_EXTEND, "add"), &extend.up_to);
    node_number(reader->problems, key_get(node, IN_EXTEND, "most"), 1, 10000, &extend.most);
    if (asks)
        extend.asks = people_read(reader, asks, ALLOW_CASE);
    stage->extend = row_push(reader, WORKFLOW_EXTENDS, &extend, node);
}

/* `warn`, `overdue`, `extend` and `stop-clock` hang on a deadline. */
static void deadline_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    static const char *const dependents[] = {"warn", "overdue", "extend", "stop-clock"};
    stage->within = limit_read(reader, key_get(node, IN_STAGE, "within"));
    warn_read(reader, key_get(node, IN_STAGE, "warn"), stage);
    stage->overdue = outcome_alone(reader, key_get(node, IN_STAGE, "overdue"));
    reminders_read(reader, key_get(node, IN_STAGE, "remind"), stage);
    extend_read(reader, key_get(node, IN_STAGE, "extend"), stage);
    stage->stop_clock = stop_read(reader, key_get(node, IN_STAGE, "stop-clock"), stage);
    for (size_t i = 0; i < sizeof dependents / sizeof dependents[0]; i++) {
        const struct node *dependent = node_get(node, dependents[i]);
        if (dependent && !node_get(node, "within"))
            problems_add_key(reader->problems, dependent, "\"%s\" needs a deadline, and this stage has no \"within\".", dependents[i]);
    }
}

/* ---- work ---- */

static void work_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where, struct workflow_task *task)
{
    const struct node *people = key_get(node, where, "for");
    if (people)
        task->people = people_read(reader, people, ALLOW_CASE);
    task->topics = topics_read(reader, key_get(node, where, "worker"), &task->topic_field);
    if (!node_get(node, "for") && !node_get(node, "worker"))
        problems_add_key(reader->problems, node, "nobody is named for this work. Allowed is \"for\" (people), \"worker\" (a topic), or both.");
}

static void task_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_task task;
    row_blank(WORKFLOW_TASKS, &task);
    if (!key_check(reader, node, IN_TASK))
        return;
    work_read(reader, node, IN_TASK, &task);
    stage->task = row_push(reader, WORKFLOW_TASKS, &task, node);
}

static void named_task_read(struct workflow_reader *reader, const struct node *node, struct workflow_task *task)
{
    row_blank(WORKFLOW_TASKS, task);
    name_allowed(reader, node);
    task->name = string_push(reader, node->key);
    if (!key_check(reader, node, IN_TASKS))
        return;
    work_read(reader, node, IN_TASKS, task);
    task->within = limit_read(reader, key_get(node, IN_TASKS, "within"));
    task->overdue = outcome_alone(reader, key_get(node, IN_TASKS, "overdue"));
    if (node_get(node, "overdue") && !node_get(node, "within"))
        problems_add_key(reader->problems, node_get(node, "overdue"), "\"overdue\" needs a deadline, and this task has no \"within\".");
}

static void tasks_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_task tasks[WORKFLOW_TASKS_MOST];
    int32_t found = 0;
    if (!node)
        return;
    if (node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is a mapping of tasks.");
    for (node_each(item, node)) {
        if (found == WORKFLOW_TASKS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d tasks.", WORKFLOW_TASKS_MOST);
            break;
        }
        named_task_read(reader, item, &tasks[found++]);
    }
    stage->tasks = (struct span){.first = row_count(reader, WORKFLOW_TASKS), .count = found};
    uint32_t index = 0;
    for (const struct node *item = node->first; item && index < (uint32_t)found; item = item->next)
        row_push(reader, WORKFLOW_TASKS, &tasks[index++], item);
}

/* "2 of 3" */
bool some_read(struct text text, int32_t *some, int32_t *of)
{
    int32_t numbers[2] = {0, 0};
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        size_t start = at;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9' && numbers[i] < 1000; at++)
            numbers[i] = numbers[i] * 10 + (text.data[at] - '0');
        if (at == start)
            return false;
        if (i == 0 && (text.size - at < 4 || memcmp(text.data + at, " of ", 4) != 0))
            return false;
        at += i == 0 ? 4 : 0;
    }
    *some = numbers[0];
    *of = numbers[1];
    return at == text.size;
}

static void done_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    int32_t of;
    if (!node)
        return;
    if (node_is(node, "all") || node_is(node, "any")) {
        stage->done = node_is(node, "all") ? DONE_ALL : DONE_ANY;
    } else if (!some_read(node->text, &stage->done_some, &of)) {
        problems_add(reader->problems, node, "found %s; allowed is all, any, or such as \"2 of 3\".", node_found(reader->arena, node));
    } else {
        stage->done = DONE_SOME;
        if (stage->tasks.count && (of != stage->tasks.count || stage->done_some < 1 || stage->done_some > of))
            problems_add(reader->problems, node, "found %s, but there are %d tasks.", node_found(reader->arena, node), stage->tasks.count);
    }
}

/* tasks, done and then belong together; `then` may also wait for children. */
static void check_work_company(struct workflow_reader *reader, const struct node *node)
{
    const struct node *task = node_get(node, "task"), *tasks = node_get(node, "tasks");
    if (task && tasks)
        problems_add_key(reader->problems, tasks, "\"task\" and \"tasks\" cannot stand in one stage: make the one task one of the others.");
    const struct node *children = node_get(node, "children"), *done = node_get(node, "done"), *then = node_get(node, "then");
    if (tasks && !done)
        problems_add_key(reader->problems, tasks, "\"tasks\" needs \"done\": all, any or N of M.");
    if (tasks && !then)
        problems_add_key(reader->problems, tasks, "\"tasks\" needs \"then\": what follows when they are done.");
    if (children && !then)
        problems_add_key(reader->problems, children, "\"children\" needs \"then\": what follows when they have ended.");
    if (done && !tasks)
        problems_add_key(reader->problems, done, "\"done\" means something only beside \"tasks\".");
    bool period = then && !tasks && !children && !node_get(node, "rate") && !node_get(node, "publish");
    if (period && !node_get(node, "within"))
        problems_add_key(reader->problems, then, "\"then\" means something only beside \"tasks\", \"children\", \"rate\", \"publish\", or a \"within\" whose end it follows.");
    if (period && node_get(node, "overdue"))
        problems_add_key(reader->problems, then, "\"then\" says that nobody is late when the period is over, \"overdue\" that somebody is. Leave one of them out.");
    publish_check(reader, node);
}

/* The event of a task's name settles it. */
static void tie_events(struct workflow_reader *reader, const struct workflow_stage *stage)
{
    for (int32_t row = stage->tasks.first; row < stage->tasks.first + stage->tasks.count; row++) {
        const char *name = row_name(reader, WORKFLOW_TASKS, row);
        int32_t event = name_find_in(reader, WORKFLOW_EVENTS, stage->events, text_of(name));
        if (event == NONE) {
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_TASKS, row),
                             "nothing settles this task: an event \"%s\" (with stay: true) is missing in this stage.", name);
            continue;
        }
        struct workflow_event *settles = ROW_OF(reader, EVENTS, event, event);
        settles->task = row;
        if (settles->outcome != NONE && ROW_OF(reader, OUTCOMES, outcome, settles->outcome)->kind != OUTCOME_STAY)
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_EVENTS, event),
                             "this event settles the task \"%s\", so it must be stay: true; what follows is said by \"then\".", name);
    }
}

/* ---- the stage ---- */

/* The ladder is written back at once: limits, topics and conditions ask for it. */
static void stage_read(struct workflow_reader *reader, int32_t row)
{
    const struct node *node = row_node(reader, WORKFLOW_STAGES, row);
    struct workflow_stage stage = *ROW_OF(reader, STAGES, stage, row);
    if (!key_check(reader, node, IN_STAGE))
        return;
    title_read(reader, key_get(node, IN_STAGE, "title"), &stage.title_zh, &stage.title_en);
    place_read(reader, node, &stage);
    *ROW_OF(reader, STAGES, stage, row) = stage;
    deadline_read(reader, node, &stage);
    task_read(reader, key_get(node, IN_STAGE, "task"), &stage);
    tasks_read(reader, key_get(node, IN_STAGE, "tasks"), &stage);
    done_read(reader, key_get(node, IN_STAGE, "done"), &stage);
    children_read(reader, key_get(node, IN_STAGE, "children"), &stage);
    check_work_company(reader, node);
    stage.publish = publish_read(reader, key_get(node, IN_STAGE, "publish"), IN_PUBLISH);
    vote_read(reader, key_get(node, IN_STAGE, "vote"), &stage);
    events_read(reader, stage.events);
    tie_events(reader, &stage);
    stage.top = outcome_alone(reader, key_get(node, IN_STAGE, "top"));
    stage.bottom = outcome_alone(reader, key_get(node, IN_STAGE, "bottom"));
    stage.then = outcome_alone(reader, key_get(node, IN_STAGE, "then"));
    rate_read(reader, key_get(node, IN_STAGE, "rate"), &stage);
    *ROW_OF(reader, STAGES, stage, row) = stage;
}

void stages_read(struct workflow_reader *reader)
{
    reader->reading = READING_STAGE;
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++) {
        reader->stage = row;
        stage_read(reader, row);
    }
    reader->stage = NONE;
}
