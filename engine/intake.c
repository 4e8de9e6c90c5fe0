/* intake: see intake.h. */
#include "engine/intake.h"

const struct value *intake_given(const struct event *event, const char *name)
{
    for (uint32_t i = 0; i < event->data_count; i++)
        if (text_is(event->data[i].name, name))
            return event->data[i].value.kind == VALUE_NONE ? NULL : &event->data[i].value;
    return NULL;
}

static void complain(struct step *step, struct intake *intake, const char *field, struct text complaint)
{
    intake->wrong = arena_print(step->arena, "%.*s%s%s: %.*s", SHOWN(intake->wrong), intake->wrong.size ? "; " : "", field, SHOWN(complaint));
}

static int32_t find_among(const struct workflow *workflow, struct span fields, struct text name)
{
    for (int32_t i = 0; i < fields.count; i++) {
        int32_t row = workflow_ref(workflow, fields.first + i);
        if (text_is(name, workflow_field_name(workflow, row)))
            return row;
    }
    return NONE;
}

static struct text names_of(struct step *step, struct span fields, struct text names)
{
    for (int32_t i = 0; i < fields.count; i++)
        names = arena_print(step->arena, "%.*s%s%s", SHOWN(names), names.size ? ", " : "",
                            workflow_field_name(step->workflow, workflow_ref(step->workflow, fields.first + i)));
    return names;
}

static struct text allowed_names(struct step *step, const struct intake *intake)
{
    struct text names = names_of(step, intake->may, names_of(step, intake->needs, (struct text){0}));
    for (int i = 0; i < INTAKE_BESIDES; i++)
        if (intake->besides[i])
            names = arena_print(step->arena, "%.*s%s%s", SHOWN(names), names.size ? ", " : "", intake->besides[i]);
    return names;
}

static bool is_besides(const struct intake *intake, struct text name)
{
    for (int i = 0; i < INTAKE_BESIDES; i++)
        if (intake->besides[i] && text_is(name, intake->besides[i]))
            return true;
    return false;
}

static void refuse_field(struct step *step, struct intake *intake, struct text name)
{
    struct text allowed = allowed_names(step, intake);
    struct text complaint = allowed.size ? arena_print(step->arena, "does not come with this event; allowed: %.*s", SHOWN(allowed))
                                         : TEXT("does not come with this event, which takes no fields");
    complain(step, intake, arena_string(step->arena, name), complaint);
}

static void check_given(struct step *step, struct intake *intake, const struct field_value *given)
{
    int32_t row = find_among(step->workflow, intake->needs, given->name);
    if (row == NONE)
        row = find_among(step->workflow, intake->may, given->name);
    if (row == NONE) {
        if (!is_besides(intake, given->name))
            refuse_field(step, intake, given->name);
        return;
    }
    if (given->value.kind == VALUE_NONE)
        return; /* as if it had not come */
    const struct workflow_field *field = workflow_field(step->workflow, row);
    struct intake_field *kept = &intake->fields[intake->count];
    struct text complaint = intake_value(step, field, field->private != 0, &given->value, &kept->value);
    if (complaint.size)
        complain(step, intake, workflow_field_name(step->workflow, row), complaint);
    kept->row = row;
    intake->count++;
}

static bool came(const struct intake *intake, int32_t row)
{
    for (uint32_t i = 0; i < intake->count; i++)
        if (intake->fields[i].row == row)
            return true;
    return false;
}

bool intake_check(struct step *step, struct intake *intake)
{
    const struct event *event = step->input.event;
    if (event->data_count == 0 && intake->needs.count == 0)
        return true;
    intake->fields = ARENA_ARRAY(step->arena, struct intake_field, event->data_count);
    for (uint32_t i = 0; i < event->data_count; i++)
        check_given(step, intake, &event->data[i]);
    for (int32_t i = 0; i < intake->needs.count; i++) {
        int32_t row = workflow_ref(step->workflow, intake->needs.first + i);
        if (!came(intake, row))
            complain(step, intake, workflow_field_name(step->workflow, row), TEXT("is needed and did not come"));
    }
    return intake->wrong.size == 0 || step_refused(step, ERR_BAD_DATA, intake->wrong);
}

/* A list keeps a reference to each of its elements. */
static struct value with_element(struct step *step, const struct value *list, struct value element)
{
    uint32_t count = list->kind == VALUE_LIST ? list->count : 0;
    struct value *items = ARENA_ARRAY(step->arena, struct value, (size_t)count + 1);
    if (count)
        memcpy(items, list->items, count * sizeof *items);
    items[count] = element;
    return (struct value){.kind = VALUE_LIST, .count = count + 1, .items = items};
}

void intake_put(struct step *step, int32_t row, struct value value)
{
    struct value *kept = &step->state->data[row];
    *kept = workflow_field(step->workflow, row)->type == FIELD_LIST ? with_element(step, kept, value) : value;
}

void intake_take(struct step *step, const struct intake *intake)
{
    for (uint32_t i = 0; i < intake->count; i++)
        intake_put(step, intake->fields[i].row, intake->fields[i].value);
}

static bool is_choice(const struct workflow *workflow, const struct workflow_field *field, struct text text)
{
    const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
    for (int32_t i = field->choices.first; i < field->choices.first + field->choices.count; i++)
        if (text_is(text, workflow_string(workflow, names[i].name)))
            return true;
    return false;
}

/* The other case may have been of another version: what no longer fits is left out. */
static bool fits_field(const struct workflow *workflow, const struct workflow_field *field, const struct value *value)
{
    if (field->type == FIELD_BOOLEAN)
        return value->kind == VALUE_BOOLEAN;
    if (field->type == FIELD_CHOICE)
        return value->kind == VALUE_TEXT && is_choice(workflow, field, value->text);
    return value->kind == VALUE_INTEGER && (!(field->bounded & 1) || value->integer >= field->least) &&
           (!(field->bounded & 2) || value->integer <= field->most);
}

void intake_previous(struct step *step)
{
    const struct workflow *workflow = step->workflow;
    struct span rows = workflow_head(workflow)->previous;
    const struct event *event = step->input.event;
    for (int32_t i = 0; i < rows.count; i++) {
        int32_t row = workflow_previous(workflow, rows.first + i)->field;
        for (uint32_t k = 0; k < event->previous_count; k++)
            if (text_is(event->previous[k].name, workflow_field_name(workflow, row)) &&
                fits_field(workflow, workflow_field(workflow, row), &event->previous[k].value))
                step->state->data[row] = event->previous[k].value;
    }
}
