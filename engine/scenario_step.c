/* scenario_step: steps that act: events, workers, time, crashes, deployments. See scenario_inner.h. */
#include "engine/scenario_inner.h"

#include <assert.h>
#include <stdlib.h>

/* ---- cases ---- */

struct world_case *world_add_case(struct world *world, struct text name)
{
    struct world_case *one = ARENA_NEW(world->arena, struct world_case), **link = &world->cases;
    one->name = name;
    while (*link)
        link = &(*link)->next;
    *link = one;
    return one;
}

static struct world_case *make_case(struct world *world, struct text name)
{
    struct world_case *one = world_add_case(world, name);
    world_new_id(world, one->key);
    return one;
}

/* "NAME+1": the first case that was split off from NAME. */
static struct world_case *find_split(struct world *world, struct text name)
{
    const char *plus = name.size ? memrchr(name.data, '+', name.size) : NULL;
    struct world_case *of = plus ? world_find_case(world, (struct text){name.data, (size_t)(plus - name.data)}) : NULL;
    const struct case_state *state = of ? world_state(world, of) : NULL;
    int number = plus ? atoi(plus + 1) : 0;
    for (uint32_t i = 0; state && i < state->link_count; i++)
        if (state->links[i].kind == LINK_SPLIT_INTO && --number == 0) {
            struct text key = arena_copy(world->arena, (struct text){(const char *)state->links[i].key, ID_SIZE});
            struct world_case *found = world_add_case(world, name);
            memcpy(found->key, key.data, ID_SIZE);
            return found;
        }
    return NULL;
}

/* "NAME/2": the second case that NAME has opened; "/2" where the case has no name. NULL: it has not opened so many. */
static struct world_case *find_child(struct world *world, struct text name)
{
    const char *slash = name.size ? memrchr(name.data, '/', name.size) : NULL;
    if (!slash)
        return find_split(world, name);
    struct text parent = {name.data, (size_t)(slash - name.data)};
    struct world_case *of = parent.size ? world_find_case(world, parent) : world->cases;
    const struct case_state *state = of ? world_state(world, of) : NULL;
    int number = atoi(slash + 1); /* what is read from a file ends with a NUL */
    if (!state || number < 1 || (uint32_t)number > state->child_count)
        return NULL;
    struct text key = engine_child_key(world->arena, (struct text){(const char *)of->key, ID_SIZE}, state->children[number - 1].id);
    struct world_case *child = world_add_case(world, name);
    memcpy(child->key, key.data, ID_SIZE);
    return child;
}

struct world_case *world_find_case(struct world *world, struct text name)
{
    if (name.size == 0)
        return world->current;
    for (struct world_case *one = world->cases; one; one = one->next)
        if (text_equal(one->name, name))
            return one;
    return find_child(world, name);
}

/* The case that the step names; one that is not there yet may be sent to all the same: the event waits for it. */
static bool select_case(struct world *world, const struct scenario_step *step)
{
    struct world_case *one = world_find_case(world, step->case_name);
    if (!one && step->case_name.size == 0)
        return world_fail(world, step->node, "no case is open yet: `open` comes first.");
    world->current = one ? one : make_case(world, step->case_name);
    return true;
}

/* ---- moments ---- */

bool world_moment(struct world *world, struct text text, int64_t *time)
{
    const struct case_state *state = world->current ? world_state(world, world->current) : NULL;
    const struct directory *directory = engine_directory(world->engine);
    int32_t unit = state && directory ? directory_unit_by_id(directory, state->unit) : NONE;
    const struct calendar *calendar = world_calendar(world, unit);
    return calendar && calendar_parse(calendar, text, time);
}

static bool read_at(struct world *world, const struct scenario_step *step, struct message *message)
{
    if (!step->at)
        return true;
    message->has |= MESSAGE_HAS_HAPPENED_AT;
    return world_moment(world, step->at->text, &message->happened_at) ||
           world_fail(world, step->at, "found %s; allowed is a local time such as 2026-09-24 09:00.", node_found(world->arena, step->at));
}

/* ---- fields ---- */

static const struct workflow_field *field_of(const struct workflow *workflow, struct text name)
{
    int32_t row = workflow ? workflow_find_field(workflow, name) : NONE;
    return row == NONE ? NULL : workflow_field(workflow, row);
}

/* Everything is sent as text, as from the command line: the engine reads it by the field's type. Names of people are residents where the
 * directory does not have them. */
static struct value make_value(struct world *world, bool people, const struct node *node)
{
    if (node_empty(node))
        return (struct value){.kind = VALUE_NONE};
    if (node->kind == NODE_SCALAR)
        return value_text(people ? world_person(world, node->text) : node->text);
    bool map = node->kind == NODE_MAP;
    struct value *items = ARENA_ARRAY(world->arena, struct value, (size_t)node->count * 2), *item = items;
    for (node_each(child, node)) {
        if (map)
            *item++ = value_text(child->key);
        *item++ = make_value(world, people && (!map || text_is(child->key, "id")), child);
    }
    return (struct value){.kind = map ? VALUE_MAP : VALUE_LIST, .count = node->count, .items = items};
}

static int compare_fields(const void *a, const void *b)
{
    return text_compare(((const struct field_value *)a)->name, ((const struct field_value *)b)->name);
}

static void make_data(struct world *world, const struct workflow *workflow, const struct node *node, struct message *message)
{
    if (!node || node->count == 0)
        return;
    struct field_value *fields = ARENA_ARRAY(world->arena, struct field_value, node->count);
    uint32_t count = 0;
    for (node_each(child, node)) {
        const struct workflow_field *field = field_of(workflow, child->key);
        bool people = field ? field->type == FIELD_PEOPLE : text_is(child->key, "to") || text_is(child->key, "person") ||
                             text_is(child->key, "who"); /* of a hand-over, of a recusal, of a handler */
        fields[count++] = (struct field_value){child->key, make_value(world, people, child)};
    }
    qsort(fields, count, sizeof *fields, compare_fields);
    message->data = fields;
    message->data_count = count;
}

/* ---- events ---- */

static struct text keep_id(struct world *world)
{
    uint8_t *id = arena_take(world->arena, ID_SIZE);
    world_new_id(world, id);
    return (struct text){(const char *)id, ID_SIZE};
}

static struct message begin_message(struct world *world, const struct scenario_step *step, enum message_kind kind)
{
    return (struct message){
        .kind = kind, .id = keep_id(world), .as = world_person(world, step->by), .on_behalf = world_person(world, step->on_behalf)};
}

static struct case_ref current_ref(const struct world *world)
{
    return (struct case_ref){.kind = CASE_REF_KEY, .text = {(const char *)world->current->key, ID_SIZE}};
}

static bool act_open(struct world *world, const struct scenario_step *step)
{
    struct world_case *named = step->case_name.size ? world_find_case(world, step->case_name) : NULL;
    struct text workflow = step->workflow.size ? step->workflow : world->workflow;
    world->current = named ? named : make_case(world, step->case_name);
    if (workflow.size == 0)
        return world_fail(world, step->node, "which workflow? There are several: say `workflow: NAME`.");
    struct message message = begin_message(world, step, MESSAGE_OPEN);
    message.key = current_ref(world).text;
    message.workflow = workflow;
    message.unit = step->unit;
    message.held = step->held;
    make_data(world, engine_newest_workflow(world->engine, workflow, world->now), step->data, &message);
    if (!read_at(world, step, &message))
        return false;
    world_send(world, &message, step->crash);
    return true;
}

static const struct workflow *workflow_of(struct world *world)
{
    const struct case_state *state = world_state(world, world->current);
    return state ? engine_workflow(world->engine, state->workflow) : engine_newest_workflow(world->engine, world->workflow, world->now);
}

/* Of a link and a merge: the other case, as the scenario calls it. */
static void name_other(struct world *world, struct message *message)
{
    bool two = text_is(message->event, "link") || text_is(message->event, "merge");
    struct field_value *field = (struct field_value *)(uintptr_t)message->data;
    struct world_case *current = world->current;
    if (!two || message->data_count != 1 || !text_is(field->name, "case") || field->value.kind != VALUE_TEXT)
        return;
    struct world_case *other = world_find_case(world, field->value.text);
    if (other)
        field->value = value_bytes((const char *)other->key, ID_SIZE);
    world->current = current;
}

static bool send_one(struct world *world, const struct scenario_step *step)
{
    struct message message = begin_message(world, step, MESSAGE_SEND);
    message.subject = current_ref(world);
    message.event = step->event;
    make_data(world, workflow_of(world), step->data, &message);
    name_other(world, &message);
    if (!read_at(world, step, &message))
        return false;
    world_send(world, &message, step->crash);
    return true;
}

/* One after the other; of several only the last may be refused, since only that answer is looked at. */
static bool act_send(struct world *world, const struct scenario_step *step)
{
    if (!step->senders)
        return send_one(world, step);
    for (node_each(sender, step->senders)) {
        struct scenario_step one = *step;
        one.by = sender->text;
        if (!send_one(world, &one))
            return false;
        if (world->unchecked && sender->next)
            return world_fail(world, sender, "what %.*s sent was refused: %.*s", (int)sender->text.size, sender->text.data, (int)world->answer.why.size,
                              world->answer.why.data);
    }
    return true;
}

static bool act_release(struct world *world, const struct scenario_step *step)
{
    struct message message = begin_message(world, step, MESSAGE_RELEASE);
    message.subject = current_ref(world);
    world_send(world, &message, CRASH_NONE);
    return true;
}

static bool act_retry(struct world *world, const struct scenario_step *step)
{
    const struct case_state *state = world_state(world, world->current);
    struct message message = begin_message(world, step, MESSAGE_RETRY);
    for (uint32_t i = 0; state && i < state->task_count && message.task == 0; i++)
        message.task = state->tasks[i].state == TASK_FAILED ? state->tasks[i].id : 0;
    for (uint32_t i = 0; state && i < state->child_count && message.task == 0; i++)
        message.task = state->children[i].state == CHILD_REFUSED ? state->children[i].id : 0;
    if (message.task == 0)
        return world_fail(world, step->node, "no task of this case has failed, and every child was opened: there is nothing to retry.");
    world_send(world, &message, CRASH_NONE);
    return true;
}

/* The same event again, under the same id: it must count once. */
static bool act_repeat(struct world *world, const struct scenario_step *step)
{
    if (!world->has_sent)
        return world_fail(world, step->node, "no event was sent yet that could be repeated.");
    bool applied = world->answer.kind == MESSAGE_APPLIED || world->answer.kind == MESSAGE_DUPLICATE;
    struct message message = world->sent;
    world_send(world, &message, CRASH_NONE);
    if (applied && world->answer.kind != MESSAGE_DUPLICATE)
        return world_fail(world, step->node, "the event was applied and sent again: expected duplicate, the answer is %s.",
                          message_kind_name(world->answer.kind));
    return true;
}

/* ---- workers ---- */

/* An event is sent for work, as long as there is some; what says that work is no longer wanted waits to be settled. */
static struct world_task *find_task(struct world *world, struct text topic, bool sends)
{
    const struct case_state *state = world_state(world, world->current);
    struct world_task *found = NULL;
    for (struct world_task *task = world->tasks; state && task; task = task->next)
        if (text_equal(task->topic, topic) && task->case_id == state->id && (!found || (sends && found->cancels)))
            found = task;
    return found;
}

static bool act_vanish(struct world *world, const struct scenario_step *step)
{
    for (uint32_t topic = 0; topic < world->topic_count; topic++)
        if (text_equal(world->topics[topic], step->topic))
            world_vanish(world, topic);
    return true;
}

static bool act_worker(struct world *world, const struct scenario_step *step)
{
    static const enum message_kind kinds[] = {
        [WORKER_SENDS] = MESSAGE_SEND, [WORKER_ACCEPTS] = MESSAGE_ACCEPT, [WORKER_SETTLES] = MESSAGE_SETTLE, [WORKER_FAILS] = MESSAGE_FAIL};
    if (step->does == WORKER_VANISHES)
        return act_vanish(world, step);
    struct world_task *task = find_task(world, step->topic, step->does == WORKER_SENDS);
    if (!task)
        return world_fail(world, step->node, "the worker of %.*s has no task of this case.", (int)step->topic.size, step->topic.data);
    struct message message = begin_message(world, step, kinds[step->does]);
    if (step->does == WORKER_SENDS) {
        message.subject = (struct case_ref){.kind = CASE_REF_ID, .id = task->case_id};
        message.event = step->event;
        if (step->by.size == 0)
            message.as = arena_print(world->arena, "worker:%.*s", (int)step->topic.size, step->topic.data);
        make_data(world, workflow_of(world), step->data, &message);
    }
    if (step->does == WORKER_FAILS) {
        message.why = step->why.size ? step->why : TEXT("The scenario says so.");
        message.again = step->again;
    }
    world_report(world, task, &message);
    return true;
}

/* ---- time ---- */

/* So many working days on, at the same time of day. */
static int32_t working_days_on(const struct calendar *calendar, int32_t date, int32_t days)
{
    int32_t rank = calendar_rank(calendar, date) + (calendar_works(calendar, date) ? 0 : -1);
    return calendar_ranked(calendar, (int64_t)rank + days);
}

/* A wait ends at the same time of day, not at the close of business as a deadline does. */
static int64_t wait_target(const struct calendar *calendar, int64_t now, const struct workflow_duration *duration)
{
    int32_t date = calendar_date(calendar, now), later = date;
    int64_t count = duration->count;
    switch ((enum duration_unit)duration->unit) {
    case MINUTES: return now + count * 60000;
    case HOURS: return now + count * 3600000;
    case WORKING_HOURS: return calendar_add(calendar, now, duration).time;
    case DAYS: later = date + duration->count; break;
    case WEEKS: later = date + 7 * duration->count; break;
    case MONTHS: later = civil_add_months(date, count); break;
    case WORKING_DAYS: later = working_days_on(calendar, date, duration->count); break;
    case UNTIL_DATE: break; /* refused when read */
    }
    int64_t local = calendar_local(calendar, now) + ((int64_t)later - date) * 86400000;
    return calendar_moment(calendar, local);
}

static bool wait_due(struct world *world, const struct scenario_step *step, bool limit)
{
    const struct case_state *state = world->current ? world_state(world, world->current) : NULL;
    int64_t due = !state ? 0 : limit ? case_limit(state) : case_due(state);
    if (due == 0)
        return world_fail(world, step->node, "there is nothing to wait for: the case has no %s.", limit ? "limit" : "deadline");
    if (due < world->now)
        return world_fail(world, step->node, "there is nothing to wait for: the deadline has passed.");
    world_wait(world, due + 1);
    return true;
}

static bool act_wait(struct world *world, const struct scenario_step *step)
{
    struct text text = step->why;
    struct workflow_duration duration;
    int64_t target;
    if (text_is(text, "until due") || text_is(text, "until limit"))
        return wait_due(world, step, text_is(text, "until limit"));
    if (duration_parse(text, &duration))
        target = wait_target(world_calendar(world, NONE), world->now, &duration);
    else if (!world_moment(world, (struct text){text.data + 6, text.size - 6}, &target))
        return world_fail(world, step->node,
                          "found \"%.*s\"; allowed is a duration, `until due`, `until limit`, or a moment such as `until 2026-10-09 18:00`.",
                          (int)text.size, text.data);
    if (target < world->now)
        return world_fail(world, step->node, "that is in the past: it is %s.",
                          calendar_print(world_calendar(world, NONE), world->arena, world->now).data);
    if (step->kind == STEP_DOWN)
        world_down(world, target);
    else
        world_wait(world, target);
    return true;
}

/* ---- crashes, deployments ---- */

static bool act_deploy(struct world *world, struct scenario_shelf *shelf, const struct scenario_step *step)
{
    const struct shelf_form *form = shelf_get(shelf, world_path(world, step->file));
    struct problems problems;
    if (form->mistakes.size)
        return world_fail(world, step->node, "cannot be deployed:\n%.*s", (int)form->mistakes.size, form->mistakes.data);
    if (form->source.kind == SOURCE_DIRECTORY) {
        problems_init(&problems, world->arena, world->scenario->path);
        form = people_add(world->arena, form, world->scenario, world->workflows, world->workflow_count, &problems);
        if (problems.errors) {
            struct text list = problems_print(&problems, world->arena);
            return world_fail(world, step->node, "the people of this scenario do not fit:\n%.*s", (int)list.size, list.data);
        }
    }
    world_deploy(world, form);
    return true;
}

bool scenario_act(struct world *world, struct scenario_shelf *shelf, const struct scenario_step *step)
{
    bool about_case = step->kind == STEP_SEND || step->kind == STEP_RELEASE || step->kind == STEP_RETRY || step->kind == STEP_WORKER;
    if (about_case && !select_case(world, step))
        return false;
    world->acted = engine_position(world->engine);
    switch (step->kind) {
    case STEP_OPEN: return act_open(world, step);
    case STEP_SEND: return act_send(world, step);
    case STEP_RELEASE: return act_release(world, step);
    case STEP_RETRY: return act_retry(world, step);
    case STEP_REPEAT: return act_repeat(world, step);
    case STEP_WORKER: return act_worker(world, step);
    case STEP_WAIT:
    case STEP_DOWN: return act_wait(world, step);
    case STEP_DEPLOY: return act_deploy(world, shelf, step);
    case STEP_CRASH: world_crash(world); return true;
    case STEP_EXPECT:
    case STEP_REFUSED:
    case STEP_PARKED:
    case STEP_OPENED:
    case STEP_SHORT: break;
    }
    assert(step->kind < STEP_EXPECT); /* steps that look do not come here */
    return false;
}
