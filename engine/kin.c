/* kin: see kin.h. */
#include "engine/kin.h"

#include "engine/clock.h"
#include "engine/decimal.h"
#include "engine/notice.h"
#include "engine/outcome.h"
#include "engine/task.h"

/* ---- saying ---- */

/* An event for another case, owed from now on under that number. (Of a held case it goes nowhere.) */
static struct event *say(struct step *step, uint64_t id, enum event_kind kind, uint32_t unit)
{
    struct event *event = ARENA_NEW(step->arena, struct event);
    struct effect *effect = step_effect(step, EFFECT_SAY);
    *event = (struct event){.kind = kind, .other = {(const char *)step->state->key, ID_SIZE}, .other_case = step->state->id,
                            .other_number = step->state->number, .task = id, .ready_at = step->input.now};
    effect->task = id;
    effect->ready_at = step->input.now;
    effect->event = event;
    effect->unit = unit;
    return event;
}

struct event *kin_say(struct step *step, struct text name, struct text key)
{
    uint64_t id;
    if (!step_make_id(step, &id))
        return NULL;
    struct event *event = say(step, id, EVENT_CASE, 0);
    event->name = name;
    event->subject = (struct case_ref){.kind = CASE_REF_KEY, .text = key};
    return event;
}

void kin_tell_supervisor(struct step *step, struct text zh, struct text en)
{
    notice_to_owners(step, NOTICE_TEXT, NULL, (struct notice_words){zh, en});
}

struct event *kin_say_open(struct step *step, uint32_t unit)
{
    uint64_t id;
    return step_make_id(step, &id) ? say(step, id, EVENT_OPEN, unit) : NULL;
}

/* ---- what a child begins with, what its end gives ---- */

/* References alone: details of people are sealed under the name of their field, and cannot be opened under another. */
static struct value people_as_sent(struct step *step, const struct value *kept)
{
    struct value *items = ARENA_ARRAY(step->arena, struct value, kept->count);
    for (uint32_t i = 0; i < kept->count; i++)
        items[i] = value_text(case_person(&kept->items[i]));
    return (struct value){.kind = VALUE_LIST, .count = kept->count, .items = items};
}

/* A text that stays in the log: [position, size, field]; the engine, which can read the log, puts the text in its place. */
static struct value long_text_as_sent(struct step *step, int32_t field, const struct value *kept)
{
    struct value *items = ARENA_ARRAY(step->arena, struct value, 3);
    items[0] = kept->items[0];
    items[1] = kept->items[1];
    items[2] = kept->count == 3 ? kept->items[2] : value_text(text_of(workflow_field_name(step->workflow, field)));
    return (struct value){.kind = VALUE_LIST, .count = 3, .items = items};
}

/* A field as it would come with an event. */
static struct value as_sent(struct step *step, int32_t row)
{
    const struct workflow_field *field = workflow_field(step->workflow, row);
    const struct value *kept = &step->state->data[row];
    if (field->type == FIELD_PEOPLE && kept->kind == VALUE_LIST)
        return people_as_sent(step, kept);
    if (kept->kind == VALUE_LIST)
        return long_text_as_sent(step, row, kept);
    if (field->type == FIELD_NUMBER && kept->kind == VALUE_INTEGER)
        return value_text(decimal_print(step->arena, kept->integer, field->scale));
    if (field->type == FIELD_DATE && kept->kind == VALUE_INTEGER)
        return value_text(civil_print(step->arena, (int32_t)kept->integer));
    return *kept;
}

/* Fields of an event stand in the order of their names. */
static void put_field(struct field_value *data, uint32_t *count, struct text name, struct value value)
{
    uint32_t at = *count;
    if (value.kind == VALUE_NONE)
        return;
    for (; at > 0 && text_compare(data[at - 1].name, name) > 0; at--)
        data[at] = data[at - 1];
    data[at] = (struct field_value){.name = name, .value = value};
    *count += 1;
}

static struct value given_value(const struct step *step, int32_t row)
{
    const struct workflow_value *value = workflow_value(step->workflow, row);
    return value->kind == VALUE_BOOLEAN ? value_boolean(value->number != 0) : value_text(text_of(workflow_string(step->workflow, value->string)));
}

static void put_with(struct step *step, struct span with, struct event *event)
{
    struct field_value *data = ARENA_ARRAY(step->arena, struct field_value, (size_t)with.count);
    for (int32_t i = 0; i < with.count; i++) {
        const struct workflow_given *row = workflow_given(step->workflow, with.first + i);
        put_field(data, &event->data_count, text_of(workflow_string(step->workflow, row->its)),
                  row->from == NONE ? given_value(step, row->value) : as_sent(step, row->from));
    }
    event->data = data;
}

static void put_gives(struct step *step, struct span gives, struct event *event)
{
    struct field_value *data = ARENA_ARRAY(step->arena, struct field_value, (size_t)gives.count);
    for (int32_t i = 0; i < gives.count; i++) {
        int32_t field = workflow_ref(step->workflow, gives.first + i);
        put_field(data, &event->data_count, text_of(workflow_field_name(step->workflow, field)), as_sent(step, field));
    }
    event->data = data;
}

/* ---- opening ---- */

static void refuse_child(struct step *step, struct case_child *child, struct text why)
{
    child->state = CHILD_REFUSED;
    task_mark_incidents(step->state);
    struct effect *effect = step_effect(step, EFFECT_INCIDENT);
    effect->task = child->id;
    effect->why = why;
    step_say(step, arena_print(step->arena, "无法立子案：%.*s", SHOWN(why)), "the child case cannot be opened: %.*s", SHOWN(why));
}

/* The row of the directory where a child is opened, or NONE and why. */
static int32_t child_unit(struct step *step, const struct workflow_open *open, struct text *why)
{
    const struct directory *directory = step->input.directory;
    const struct value *path = open->at == OPEN_AT_FIELD ? &step->state->data[open->field] : NULL;
    int32_t unit = step->unit;
    if (open->at == OPEN_AT_LEVEL) {
        unit = place_level_unit(step, open->level);
        *why = arena_print(step->arena, "no unit of the level %s serves this case", workflow_level_name(step->workflow, open->level));
    }
    if (path) {
        unit = path->kind == VALUE_TEXT ? directory_find_unit(directory, path->text) : NONE;
        *why = arena_print(step->arena, "the field %s, which says where, names no unit of the directory", workflow_field_name(step->workflow, open->field));
    }
    return unit;
}

/* Who opens it is who sent the event that did, or else who opened the parent. */
static void put_opener(const struct step *step, struct event *event)
{
    const struct event *cause = step->input.event;
    bool sent = cause->as.size && (cause->kind == EVENT_SEND || cause->kind == EVENT_OPEN); /* not who tries it again */
    event->as = sent ? cause->as : step->state->opener;
    event->on_behalf = sent ? cause->on_behalf : step->state->opener_for;
}

static void say_open(struct step *step, struct case_child *child)
{
    const struct workflow_open *open = workflow_open(step->workflow, child->open);
    struct text why = {0};
    int32_t unit = child_unit(step, open, &why);
    if (unit == NONE) {
        refuse_child(step, child, why);
        return;
    }
    struct event *event = say(step, child->id, EVENT_OPEN, (uint32_t)directory_unit(step->input.directory, unit)->id);
    event->workflow = text_of(workflow_string(step->workflow, open->workflow));
    event->child = child->id;
    put_opener(step, event);
    put_with(step, open->with, event);
    step_say(step, arena_print(step->arena, "在 %s 立案 %.*s", directory_unit_path(step->input.directory, unit), SHOWN(event->workflow)), "opens %.*s at %s", SHOWN(event->workflow), directory_unit_path(step->input.directory, unit));
}

bool kin_open(struct step *step, struct span opens)
{
    for (int32_t i = 0; i < opens.count; i++) {
        uint64_t id;
        if (step->state->child_count == CASE_CHILDREN_MOST)
            return step_refuse(step, ERR_CASE_FULL, "the case has opened %d others, which is all that it can", CASE_CHILDREN_MOST);
        if (!step_make_id(step, &id))
            return false;
        struct case_child *child = case_add_child(step->arena, step->state, id);
        child->open = opens.first + i;
        child->in_stage = true;
        if (!(step->state->flags & CASE_HELD))
            say_open(step, child);
    }
    return true;
}

void kin_release(struct step *step)
{
    for (uint32_t i = 0; i < step->state->child_count && !(step->state->flags & CASE_ENDED); i++)
        if (step->state->children[i].state == CHILD_OPEN)
            say_open(step, &step->state->children[i]);
}

void kin_resume(struct step *step)
{
    for (uint32_t i = 0; i < step->state->child_count; i++)
        if (step->state->children[i].state == CHILD_REFUSED)
            refuse_child(step, &step->state->children[i],
                         arena_print(step->arena, "the child case %s could not be opened before this case had ended",
                                     workflow_string(step->workflow, workflow_open(step->workflow, step->state->children[i].open)->workflow)));
}

void kin_open_again(struct step *step, struct case_child *child)
{
    step_effect(step, EFFECT_INCIDENT_CLOSED)->task = child->id;
    child->state = CHILD_OPEN;
    task_mark_incidents(step->state);
    say_open(step, child);
}

/* ---- ending ---- */

/* Of a case that goes on as another the children go on too. */
static bool end_child(struct step *step, const struct case_child *child)
{
    uint64_t id;
    if (child->state == CHILD_REFUSED)
        step_effect(step, EFFECT_INCIDENT_CLOSED)->task = child->id;
    if (child->state != CHILD_OPEN || case_link_of(step->state, LINK_MERGED_INTO) || workflow_open(step->workflow, child->open)->if_parent_ends != PARENT_ENDS_CANCEL)
        return true;
    if (!step_make_id(step, &id))
        return false;
    struct event *event = say(step, id, EVENT_CASE, 0);
    event->name = TEXT("parent-ended");
    event->child = child->id;
    event->end = text_of(workflow_end_name(step->workflow, step->state->end));
    return true;
}

static bool tell_parent(struct step *step)
{
    int32_t end = step->state->end;
    if (!step->state->child)
        return true;
    struct event *event = kin_say(step, TEXT("child-ended"), (struct text){(const char *)step->state->parent, ID_SIZE});
    if (!event)
        return false;
    event->child = step->state->child;
    event->end = text_of(workflow_end_name(step->workflow, end));
    if (end >= 0)
        put_gives(step, workflow_end(step->workflow, end)->gives, event);
    return true;
}

bool kin_end(struct step *step)
{
    if (step->state->flags & CASE_HELD)
        step->state->child_count = 0; /* none of them was ever opened, and none will be */
    for (uint32_t i = 0; i < step->state->child_count; i++)
        if (!end_child(step, &step->state->children[i]))
            return false;
    task_mark_incidents(step->state);
    return tell_parent(step);
}

/* ---- waiting ---- */

static bool end_counts(const struct workflow *workflow, struct span ends, struct text end)
{
    const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
    for (int32_t i = ends.first; i < ends.first + ends.count; i++)
        if (text_is(end, workflow_string(workflow, names[i].name)))
            return true;
    return ends.count == 0;
}

/* None at all satisfies `all`. */
struct kin_wait kin_waits(const struct workflow *workflow, const struct case_state *state)
{
    struct span waits = workflow_stage(workflow, state->stage)->children;
    struct kin_wait found = {.enough = true};
    if (waits.count == 0)
        return found;
    const struct workflow_wait *wait = workflow_wait(workflow, waits.first);
    for (uint32_t i = 0; i < state->child_count; i++) {
        const struct case_child *child = &state->children[i];
        if (wait->scope == COUNT_STAGE && !child->in_stage)
            continue;
        found.of++;
        found.ended += child->state == CHILD_ENDED && end_counts(workflow, wait->ends, child->end);
    }
    found.needed = wait->wait == DONE_ALL ? found.of : wait->wait == DONE_ANY ? 1 : wait->some;
    found.enough = found.ended >= found.needed;
    return found;
}

bool kin_enough(const struct step *step)
{
    return kin_waits(step->workflow, step->state).enough;
}

void kin_stop_clock(struct step *step)
{
    struct span waits = step_stage(step)->children;
    if (step->state->flags & CASE_WAITS || waits.count == 0 || !workflow_wait(step->workflow, waits.first)->stops_clock)
        return;
    clock_stop(step);
    step->state->flags |= CASE_WAITS;
    step_say(step, TEXT("等待子案期间中止计时"), "the clock stands still while children are waited for");
}

void kin_let_clock_go(struct step *step)
{
    if (!(step->state->flags & CASE_WAITS))
        return;
    clock_go_on(step, step->input.now, false);
    step->state->flags &= ~(uint32_t)CASE_WAITS;
}
