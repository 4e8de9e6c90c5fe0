/* access: see access.h. Roles are asked of the directory at the unit that `where` says, on the civil day of the case's unit;
 * people fields, groups and the opener are read from the case. Words and names for notices: access_words.c. */
#include "engine/access.h"
#include "engine/access_place.h"

struct place access_place(const struct advance_input *input)
{
    struct place place = {.input = input, .unit = NONE};
    place.unit = advance_unit(input->directory, input->before->unit);
    const struct calendar *calendar = place.unit == NONE ? NULL : advance_calendar(input, place.unit);
    if (calendar)
        place.day = calendar_date(calendar, input->now);
    else
        place.unit = NONE; /* without a day nobody holds a role */
    return place;
}

/* The unit in a field, or who took it over; NONE while the field is empty. */
static int32_t field_unit(const struct advance_input *input, int32_t field)
{
    const struct value *path = &input->before->data[field];
    int32_t unit = path->kind == VALUE_TEXT ? directory_find_unit(input->directory, path->text) : NONE;
    return unit == NONE ? NONE : advance_unit(input->directory, (uint32_t)directory_unit(input->directory, unit)->id);
}

int32_t access_role_unit(const struct place *place, const struct workflow_people *people)
{
    const struct directory *directory = place->input->directory;
    if (place->unit == NONE || people->where == WHERE_CURRENT || people->where == WHERE_BELOW)
        return place->unit;
    if (people->where == WHERE_FIELD)
        return field_unit(place->input, people->field);
    int32_t home = advance_unit(directory, place->input->before->home_unit);
    if (people->where == WHERE_HOME || home == NONE)
        return home;
    int32_t level = directory_find_level(directory, text_of(workflow_level_name(place->input->workflow, people->level)));
    return level == NONE ? NONE : directory_unit_at(directory, home, level);
}

bool access_is_resident(struct text person)
{
    const char *colon = person.size ? memchr(person.data, ':', person.size) : NULL;
    return colon && colon > person.data && colon + 1 < person.data + person.size;
}

/* ---- is someone among them? ---- */

static bool holds_role(const struct advance_input *input, const struct workflow_people *people, struct text name)
{
    const struct directory *directory = input->directory;
    int32_t person = directory_find_person(directory, name);
    if (person == NONE)
        return false;
    int32_t role = directory_find_role(directory, text_of(workflow_string(input->workflow, people->role)));
    if (role == NONE)
        return false;
    struct place place = access_place(input);
    int32_t unit = access_role_unit(&place, people);
    if (unit == NONE)
        return false;
    return people->where == WHERE_BELOW ? directory_holds_below(directory, person, role, unit, place.day)
                                        : directory_holds(directory, person, role, unit, place.day);
}

static bool in_group(const struct advance_input *input, int32_t group, struct text person)
{
    struct span fields = workflow_group(input->workflow, group)->fields;
    for (int32_t i = 0; i < fields.count; i++)
        if (case_has_person(&input->before->data[workflow_ref(input->workflow, fields.first + i)], person))
            return true;
    return false;
}

/* The worker of the event holds the task that it names, or is doing it under a lease (which the outbox has checked). */
static bool is_worker(const struct advance_input *input)
{
    const struct event *event = input->event;
    const struct case_task *task = event->worker.size ? case_task_by_id(input->before, event->task) : NULL;
    if (!task || !task->topic.size)
        return false;
    return task->state == TASK_OPEN || (task->state == TASK_HELD && text_equal(task->holder, event->worker));
}

bool access_stands_in(const struct advance_input *input, struct span people, struct text person, struct text other)
{
    const struct directory *directory = input->directory;
    for (int32_t i = 0; i < people.count; i++) {
        const struct workflow_people *row = workflow_people(input->workflow, people.first + i);
        if (row->kind != PEOPLE_ROLE)
            continue;
        int32_t one = directory_find_person(directory, person), two = directory_find_person(directory, other);
        int32_t role = directory_find_role(directory, text_of(workflow_string(input->workflow, row->role)));
        if (one != NONE && two != NONE && role != NONE && directory_stands_in(directory, one, two, role, access_place(input).day))
            return true;
    }
    return false;
}

bool access_has_sent(const struct advance_input *input, struct span people, int32_t event, struct text member)
{
    for (uint32_t i = 0; i < input->before->part_count; i++) {
        const struct case_part *part = &input->before->parts[i];
        if (part->event == event && (text_equal(part->person, member) || access_stands_in(input, people, part->person, member)))
            return true;
    }
    return false;
}

/* Who substitutes one that has sent it is not waited for either. */
static bool is_waited_for(const struct advance_input *input, struct span people, int32_t event, struct text person)
{
    for (uint32_t i = 0; i < input->before->part_count; i++)
        if (input->before->parts[i].event == event && access_stands_in(input, people, person, input->before->parts[i].person))
            return false;
    return !access_has_sent(input, people, event, person);
}

static bool is_missing(const struct advance_input *input, int32_t event, struct text person)
{
    const struct workflow_by *by = workflow_by(input->workflow, workflow_event(input->workflow, event)->by);
    return access_includes(input, by->people, person) && is_waited_for(input, by->people, event, person);
}

/* ---- those who were brought in to handle a task: they count as whom the task is for ---- */

static bool same_people(const struct workflow_people *a, const struct workflow_people *b)
{
    return a->kind == b->kind && a->role == b->role && a->where == b->where && a->level == b->level && a->field == b->field && a->group == b->group &&
           a->event == b->event;
}

static bool task_is_for(const struct workflow *workflow, int32_t task, const struct workflow_people *people)
{
    struct span whom = workflow_task(workflow, task)->people;
    for (int32_t i = 0; i < whom.count; i++)
        if (same_people(workflow_people(workflow, whom.first + i), people))
            return true;
    return false;
}

static bool handles(const struct advance_input *input, const struct workflow_people *people, struct text person)
{
    const struct case_state *state = input->before;
    for (uint32_t i = 0; i < state->handler_count; i++)
        if (text_equal(state->handlers[i].person, person) && task_is_for(input->workflow, state->handlers[i].task, people))
            return true;
    return false;
}

static bool included(const struct advance_input *input, const struct workflow_people *people, struct text person)
{
    const struct case_state *state = input->before;
    if (people->kind == PEOPLE_WORKER)
        return is_worker(input);
    if (!person.size)
        return false;
    if (handles(input, people, person))
        return true;
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return holds_role(input, people, person);
    case PEOPLE_FIELD: return case_has_person(&state->data[people->field], person);
    case PEOPLE_GROUP: return in_group(input, people->group, person);
    case PEOPLE_OPENER: return text_equal(person, state->opener) || text_equal(person, state->opener_for);
    case PEOPLE_RESIDENT: return access_is_resident(person);
    case PEOPLE_MISSING: return is_missing(input, people->event, person);
    case PEOPLE_WORKER: break;
    }
    return false;
}

bool access_includes(const struct advance_input *input, struct span people, struct text person)
{
    for (int32_t i = 0; i < people.count; i++)
        if (included(input, workflow_people(input->workflow, people.first + i), person))
            return true;
    return false;
}

bool access_knows(const struct advance_input *input, struct text person)
{
    const struct case_state *state = input->before;
    if (access_is_resident(person) || directory_find_person(input->directory, person) != NONE)
        return true;
    if (person.size && (text_equal(person, state->opener) || text_equal(person, state->opener_for)))
        return true;
    for (uint32_t field = 0; field < state->data_count; field++)
        if (workflow_field(input->workflow, (int32_t)field)->type == FIELD_PEOPLE && case_has_person(&state->data[field], person))
            return true;
    return false;
}

/* ---- all of them ---- */

void persons_add(struct persons *persons, struct text person)
{
    uint32_t low = 0, high = persons->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = text_compare(persons->items[middle], person);
        if (order == 0)
            return;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (persons->count == persons->room) {
        persons->room = persons->room ? persons->room * 2 : 8;
        struct text *grown = ARENA_ARRAY(persons->arena, struct text, persons->room);
        if (persons->count)
            memcpy(grown, persons->items, persons->count * sizeof *grown);
        persons->items = grown;
    }
    memmove(persons->items + low + 1, persons->items + low, (persons->count - low) * sizeof *persons->items);
    persons->items[low] = person;
    persons->count++;
}

static void add_field(const struct advance_input *input, struct persons *persons, int32_t field)
{
    const struct value *people = &input->before->data[field];
    for (uint32_t i = 0; people->kind == VALUE_LIST && i < people->count; i++)
        persons_add(persons, case_person(&people->items[i]));
}

static void add_group(const struct advance_input *input, struct persons *persons, int32_t group)
{
    struct span fields = workflow_group(input->workflow, group)->fields;
    for (int32_t i = 0; i < fields.count; i++)
        add_field(input, persons, workflow_ref(input->workflow, fields.first + i));
}

static struct text person_id(const struct directory *directory, int32_t person)
{
    return text_of(directory_string(directory, directory_person(directory, person)->id));
}

static void add_holders(const struct place *place, struct persons *persons, int32_t role, int32_t unit)
{
    const struct directory *directory = place->input->directory;
    int32_t count = directory_holders(directory, role, unit, place->day, NULL, 0);
    int32_t *rows = ARENA_ARRAY(persons->arena, int32_t, (size_t)count);
    directory_holders(directory, role, unit, place->day, rows, count);
    for (int32_t i = 0; i < count; i++)
        if (!persons->members || !directory_only_substitutes(directory, rows[i], role, unit, place->day))
            persons_add(persons, person_id(directory, rows[i]));
}

static void add_holders_below(const struct place *place, struct persons *persons, int32_t role, int32_t unit)
{
    const struct directory *directory = place->input->directory;
    const struct directory_hold *holds = directory->table[DIRECTORY_HOLDS].rows;
    for (int32_t i = 0; i < directory->table[DIRECTORY_HOLDS].count; i++)
        if (holds[i].role == role && !(persons->members && holds[i].instead_of != NONE) && directory_covers(directory, unit, holds[i].unit) &&
            directory_holds_below(directory, holds[i].person, role, unit, place->day))
            persons_add(persons, person_id(directory, holds[i].person));
}

static void add_role(const struct advance_input *input, struct persons *persons, const struct workflow_people *people)
{
    struct place place = access_place(input);
    int32_t role = directory_find_role(input->directory, text_of(workflow_string(input->workflow, people->role)));
    int32_t unit = access_role_unit(&place, people);
    if (role == NONE || unit == NONE)
        return;
    if (people->where == WHERE_BELOW)
        add_holders_below(&place, persons, role, unit);
    else
        add_holders(&place, persons, role, unit);
}

static void add_missing(const struct advance_input *input, struct persons *persons, int32_t event)
{
    const struct workflow_by *by = workflow_by(input->workflow, workflow_event(input->workflow, event)->by);
    const struct text *meant;
    uint32_t count = access_everyone(input, persons->arena, by->people, &meant);
    for (uint32_t i = 0; i < count; i++)
        if (is_waited_for(input, by->people, event, meant[i]))
            persons_add(persons, meant[i]);
}

static void add_people(const struct advance_input *input, struct persons *persons, const struct workflow_people *people)
{
    const struct case_state *state = input->before;
    for (uint32_t i = 0; i < state->handler_count; i++)
        if (task_is_for(input->workflow, state->handlers[i].task, people))
            persons_add(persons, state->handlers[i].person);
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: add_role(input, persons, people); break;
    case PEOPLE_FIELD: add_field(input, persons, people->field); break;
    case PEOPLE_GROUP: add_group(input, persons, people->group); break;
    case PEOPLE_OPENER: persons_add(persons, state->opener_for.size ? state->opener_for : state->opener); break;
    case PEOPLE_MISSING: add_missing(input, persons, people->event); break;
    case PEOPLE_RESIDENT: /* nobody can say who they all are */
    case PEOPLE_WORKER: break;
    }
}

static uint32_t everyone(const struct advance_input *input, struct arena *arena, struct span people, bool members, const struct text **persons)
{
    struct persons found = {.arena = arena, .members = members};
    for (int32_t i = 0; i < people.count; i++)
        add_people(input, &found, workflow_people(input->workflow, people.first + i));
    *persons = found.items;
    return found.count;
}

uint32_t access_everyone(const struct advance_input *input, struct arena *arena, struct span people, const struct text **persons)
{
    return everyone(input, arena, people, false, persons);
}

uint32_t access_members(const struct advance_input *input, struct arena *arena, struct span people, const struct text **persons)
{
    return everyone(input, arena, people, true, persons);
}

void access_add_people(const struct advance_input *input, struct persons *persons, int32_t people)
{
    add_people(input, persons, workflow_people(input->workflow, people));
}
