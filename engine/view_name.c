/* view_name: whom a case concerns, and who is named to whom. See view.h.
 *
 * References to people stand in clear in log and case, since they decide who may act. They are not shown to everybody: who complained may be known by them.
 *
 *     somebody, of whom the case speaks
 *         ├─ the viewer, or stands in a people field that the viewer sees ─────────────> named
 *         ├─ stands in one that the viewer may not see, but that is in a group with one in which the viewer stands: parties know each other ─> named
 *         ├─ stands in a people field that the viewer may not see ─────────────────────> not named
 *         ├─ of the directory: acts in an office ──────────────────────────────────────> named
 *         └─ a resident who stands in no field (opened it, objected, voted) ───────────> named to who handles the case: people of the
 *                                                                                        directory who stand in no field of it, and workers
 *
 * Who asks in nobody's name is told as many as the connection may act for: `local` and operators of all. */
#include "engine/view.h"

#include "engine/access.h"

static bool is_people(const struct workflow *workflow, uint32_t field)
{
    return workflow_field(workflow, (int32_t)field)->type == FIELD_PEOPLE;
}

static bool stands_in(const struct workflow *workflow, const struct case_state *state, struct span fields, struct text person)
{
    for (int32_t i = 0; i < fields.count; i++)
        if (case_has_person(&state->data[workflow_ref(workflow, fields.first + i)], person))
            return true;
    return false;
}

static bool are_of_one_group(const struct workflow *workflow, const struct case_state *state, struct text one, struct text other)
{
    const struct table *groups = &workflow->table[WORKFLOW_GROUPS];
    for (int32_t row = 0; row < groups->count; row++)
        if (stands_in(workflow, state, workflow_group(workflow, row)->fields, one) && stands_in(workflow, state, workflow_group(workflow, row)->fields, other))
            return true;
    return false;
}

enum standing { STANDS_NOWHERE, STANDS_HIDDEN, STANDS_SEEN };

static enum standing standing_of(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer, struct text person)
{
    enum standing standing = STANDS_NOWHERE;
    for (uint32_t field = 0; field < state->data_count; field++) {
        if (!is_people(workflow, field) || !case_has_person(&state->data[field], person))
            continue;
        standing = STANDS_HIDDEN;
        if (!view_may_see(view, workflow, state, (int32_t)field, viewer))
            continue;
        if (workflow_field(workflow, (int32_t)field)->private)
            view_note_shown(view, state, text_of(workflow_field_name(workflow, (int32_t)field)));
        return STANDS_SEEN;
    }
    return standing;
}

bool view_is_party(const struct workflow *workflow, const struct case_state *state, struct text person)
{
    for (uint32_t field = 0; person.size && field < state->data_count; field++)
        if (is_people(workflow, field) && case_has_person(&state->data[field], person))
            return true;
    return false;
}

static bool is_of_directory(const struct view *view, struct text person)
{
    const struct directory *directory = engine_directory(view->engine);
    return directory && directory_find_person(directory, person) != NONE;
}

/* Who has to do with a case in an office, and not as one of whom it speaks. */
static bool handles(const struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer)
{
    return viewer->worker.size || (is_of_directory(view, viewer->person) && !view_is_party(workflow, state, viewer->person));
}

static bool is_nobody(const struct viewer *viewer)
{
    return !viewer->person.size && !viewer->worker.size;
}

bool view_names(struct view *view, const struct case_state *state, const struct viewer *viewer, struct text person)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!person.size || text_equal(person, viewer->person))
        return true;
    if (is_nobody(viewer) && (viewer->sight ? viewer->sight->acts_for(viewer->sight->context, person) : true))
        return true;
    enum standing standing = workflow ? standing_of(view, workflow, state, viewer, person) : STANDS_HIDDEN;
    if (standing == STANDS_HIDDEN && workflow)
        return viewer->person.size && are_of_one_group(workflow, state, person, viewer->person);
    if (standing != STANDS_NOWHERE)
        return standing == STANDS_SEEN;
    if (!access_is_resident(person))
        return true;
    return !(state->flags & CASE_FORGOTTEN) && handles(view, workflow, state, viewer);
}

/* ---- whom it concerns ---- */

static bool has_acted(const struct case_state *state, struct text person)
{
    for (uint32_t i = 0; i < state->count_count; i++)
        if (text_equal(state->counts[i].last_as, person) || text_equal(state->counts[i].last_for, person))
            return true;
    for (uint32_t i = 0; i < state->part_count; i++)
        if (text_equal(state->parts[i].person, person) || text_equal(state->parts[i].by, person))
            return true;
    for (uint32_t i = 0; i < state->task_count; i++)
        if (text_equal(state->tasks[i].holder, person))
            return true;
    for (uint32_t i = 0; i < state->handler_count; i++)
        if (text_equal(state->handlers[i].person, person))
            return true;
    return text_equal(state->opener, person) || text_equal(state->opener_for, person);
}

/* The workflow means them somewhere, as roles and fields are now. Any resident at all is not meant by that. */
static bool is_meant(const struct advance_input *input, struct text person)
{
    const struct table *people = &input->workflow->table[WORKFLOW_PEOPLE];
    for (int32_t row = 0; row < people->count; row++) {
        enum people_kind kind = (enum people_kind)workflow_people(input->workflow, row)->kind;
        if (kind != PEOPLE_RESIDENT && kind != PEOPLE_WORKER && kind != PEOPLE_MISSING && access_includes(input, (struct span){row, 1}, person))
            return true;
    }
    return false;
}

static bool supervises(const struct advance_input *input, struct text person)
{
    const struct directory *directory = input->directory;
    int32_t unit = advance_unit(directory, input->before->unit), row = directory_find_person(directory, person);
    int32_t role = directory_find_role(directory, TEXT("supervisor"));
    const struct calendar *calendar = unit == NONE ? NULL : advance_calendar(input, unit);
    return calendar && row != NONE && role != NONE && directory_holds(directory, row, role, unit, calendar_date(calendar, input->now));
}

bool view_supervises(struct view *view, const struct case_state *state, struct text person)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    struct advance_input input;
    if (!person.size || !workflow)
        return false;
    engine_input(view->engine, workflow, state, &input);
    return input.directory && supervises(&input, person);
}

bool view_concerns(struct view *view, const struct case_state *state, struct text person)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    struct event looks = {.kind = EVENT_SEND, .as = person};
    struct advance_input input;
    if (!person.size || !workflow)
        return false;
    engine_input(view->engine, workflow, state, &input);
    input.event = &looks;
    return has_acted(state, person) || view_is_party(workflow, state, person) ||
           (input.directory && (is_meant(&input, person) || supervises(&input, person)));
}

bool view_shows_case(struct view *view, const struct case_state *state, const struct viewer *viewer)
{
    return !viewer->sight || viewer->sight->at_unit(viewer->sight->context, state->unit) || view_concerns(view, state, viewer->person);
}

/* ---- words in which somebody may be named ---- */

static bool is_of_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == ':';
}

/* As a word of its own. Chinese is written without spaces: around a name it is no part of it. */
static bool mentions(struct text words, struct text person)
{
    for (size_t at = 0; person.size && at + person.size <= words.size; at++) {
        if (memcmp(words.data + at, person.data, person.size) != 0)
            continue;
        char before = at ? words.data[at - 1] : ' ', after = at + person.size < words.size ? words.data[at + person.size] : ' ';
        if (!is_of_word(before) && !is_of_word(after))
            return true;
    }
    return false;
}

struct mention {
    struct view *view;
    const struct case_state *state;
    const struct viewer *viewer;
    struct text words;
};

static bool tells_of(const struct mention *mention, struct text person)
{
    return person.size && mentions(mention->words, person) && !view_names(mention->view, mention->state, mention->viewer, person);
}

static bool tells_of_fields(const struct mention *mention)
{
    const struct workflow *workflow = engine_workflow(mention->view->engine, mention->state->workflow);
    for (uint32_t field = 0; workflow && field < mention->state->data_count; field++) {
        const struct value *people = &mention->state->data[field];
        for (uint32_t i = 0; is_people(workflow, field) && people->kind == VALUE_LIST && i < people->count; i++)
            if (tells_of(mention, case_person(&people->items[i])))
                return true;
    }
    return false;
}

bool view_tells_of_hidden(struct view *view, const struct case_state *state, const struct viewer *viewer, struct text words)
{
    const struct mention mention = {view, state, viewer, words};
    if (!words.size || (is_nobody(viewer) && !viewer->sight))
        return false;
    bool told = tells_of(&mention, state->opener) || tells_of(&mention, state->opener_for) || tells_of(&mention, state->asked_by);
    for (uint32_t i = 0; !told && i < state->count_count; i++)
        told = tells_of(&mention, state->counts[i].last_as) || tells_of(&mention, state->counts[i].last_for);
    for (uint32_t i = 0; !told && i < state->part_count; i++)
        told = tells_of(&mention, state->parts[i].person) || tells_of(&mention, state->parts[i].by);
    for (uint32_t i = 0; !told && i < state->task_count; i++)
        told = tells_of(&mention, state->tasks[i].holder);
    return told || tells_of_fields(&mention);
}
