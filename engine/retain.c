/* retain: see retain.h. */
#include "engine/retain.h"

struct calendar_due retain_due(const struct step *step, int64_t ended_at)
{
    return calendar_add(step->calendar, ended_at, workflow_duration(step->workflow, workflow_head(step->workflow)->retain));
}

void retain_begin(struct step *step)
{
    if (workflow_head(step->workflow)->retain == NONE)
        return;
    struct calendar_due due = retain_due(step, step->input.now);
    struct case_clock *clock = case_add_clock(step->arena, step->state, CLOCK_RETAIN, 0);
    clock->started = step->input.now;
    clock->due = due.time;
    clock->provisional = due.provisional;
    clock->calendar = step->calendar->position;
}

void retain_end(struct step *step)
{
    case_drop_clock(step->state, CLOCK_RETAIN, 0);
}

/* What is sealed could not be opened any more, and who is meant is nobody's business any more. Numbers, dates and choices stay: they say what
 * kind of matter it was. */
static bool is_of_people(const struct workflow_field *field)
{
    return field->private || field->type == FIELD_PEOPLE;
}

/* What is published says who was meant as the case does. */
static void forget_published(const struct step *step, struct case_publication *publication)
{
    struct span fields = workflow_publication(step->workflow, publication->row)->fields;
    struct value *values = ARENA_ARRAY(step->arena, struct value, publication->count);
    for (uint32_t i = 0; i < publication->count; i++)
        if (!is_of_people(workflow_field(step->workflow, workflow_ref(step->workflow, fields.first + (int32_t)i))))
            values[i] = publication->values[i];
    publication->values = values;
}

void retain_fire(struct step *step)
{
    struct case_state *state = step->state;
    const struct text nobody = {0};
    retain_end(step);
    for (uint32_t i = 0; i < state->data_count; i++)
        if (is_of_people(workflow_field(step->workflow, (int32_t)i)))
            state->data[i] = (struct value){.kind = VALUE_NONE};
    for (uint32_t i = 0; i < state->publication_count; i++)
        forget_published(step, &state->publications[i]);
    for (uint32_t i = 0; i < state->count_count; i++)
        state->counts[i].last_as = state->counts[i].last_for = nobody;
    state->opener = state->opener_for = nobody;
    state->flags |= CASE_FORGOTTEN;
    step_trace(step, "what was kept of people is destroyed");
}

bool retain_lets(struct step *step)
{
    enum event_kind kind = step->input.event->kind;
    if (!(step->state->flags & CASE_FORGOTTEN) || kind == EVENT_RELEASE || kind == EVENT_DUE || kind == EVENT_RECOMPUTE || kind == EVENT_CASE || kind == EVENT_COUNT)
        return true;
    return step_refuse(step, ERR_NOT_NOW, "the case has ended, and the time for which it is kept is over: what it held of people has been destroyed");
}
