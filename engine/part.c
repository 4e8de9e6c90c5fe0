/* part: see part.h. */
#include "engine/part.h"

#include "engine/intake.h"

static const char *event_name(const struct step *step, int32_t event)
{
    return event == CASE_EXTEND ? "extend" : workflow_event_name(step->workflow, event);
}

/* Index of the person's part, or part_count. */
static uint32_t find(const struct case_state *state, int32_t event, struct text person)
{
    uint32_t i = 0;
    while (i < state->part_count && (state->parts[i].event != event || !text_equal(state->parts[i].person, person)))
        i++;
    return i;
}

/* He stands in for one who has sent it too: the two of them count once. */
static bool counts_with_another(const struct step *step, const struct workflow_by *by, const struct case_part *part)
{
    for (uint32_t i = 0; i < step->state->part_count; i++)
        if (step->state->parts[i].event == part->event && access_stands_in(&step->input, by->people, part->person, step->state->parts[i].person))
            return true;
    return false;
}

/* How many have sent it who are still meant: for a plain number nobody has to be able to say who they all are. */
static bool enough(struct step *step, const struct workflow_by *by, int32_t event)
{
    int32_t have = 0;
    for (uint32_t i = 0; i < step->state->part_count; i++) {
        const struct case_part *part = &step->state->parts[i];
        have += part->event == event && access_includes(&step->input, by->people, part->person) && !counts_with_another(step, by, part);
    }
    step_tell(step, TRACE(.kind = TRACE_PARTS, .number = have, .row = by->numerator), "%d of at least %d have sent it", have, by->numerator);
    return have > 0 && have >= by->numerator;
}

static bool is_complete(struct step *step, const struct workflow_by *by, int32_t event)
{
    if (by->kind == BY_AT_LEAST && by->denominator == 0)
        return enough(step, by, event);
    const struct text *everyone;
    uint32_t all = access_members(&step->input, step->arena, by->people, &everyone), have = 0;
    for (uint32_t i = 0; i < all; i++)
        have += access_has_sent(&step->input, by->people, event, everyone[i]);
    step_tell(step, TRACE(.kind = TRACE_PARTS, .number = have, .row = (int32_t)all), "%u of %u have sent it", have, all);
    if (by->kind == BY_EACH)
        return all > 0 && have >= all;
    return all > 0 && (uint64_t)have * (uint64_t)by->denominator >= (uint64_t)by->numerator * all;
}

static void drop(struct case_state *state, int32_t event)
{
    for (uint32_t i = state->part_count; i-- > 0;)
        if (state->parts[i].event == event)
            case_drop_part(state, i);
}

bool part_give(struct step *step, int32_t row, int32_t event, bool *complete)
{
    const struct workflow_by *by = workflow_by(step->workflow, row);
    struct case_state *state = step->state;
    *complete = true;
    if (by->kind == BY_ANY)
        return true;
    if (find(state, event, step->person) < state->part_count)
        return step_refuse(step, ERR_TOO_OFTEN, "%.*s has sent %s already and counts once; take-back undoes it until all have sent it",
                           SHOWN(step->person), event_name(step, event));
    struct case_part *part = case_add_part(step->arena, state);
    part->event = event;
    part->person = step->person;
    if (step->input.event->on_behalf.size)
        part->by = step->input.event->as;
    *complete = is_complete(step, by, event);
    if (*complete)
        drop(state, event);
    return true;
}

/* ---- take-back ---- */

/* Which of the person's parts: the one of the event that is named, else the only one. false: refused. */
static bool choose_part(struct step *step, const struct value *named, uint32_t *index)
{
    uint32_t found = 0;
    *index = 0;
    for (uint32_t i = 0; i < step->state->part_count; i++) {
        const struct case_part *part = &step->state->parts[i];
        if (!text_equal(part->person, step->person) || (named && !text_is(named->text, event_name(step, part->event))))
            continue;
        *index = i;
        found++;
    }
    if (found > 1)
        return step_refuse(step, ERR_BAD_DATA, "event: is needed, since %.*s has sent more than one that could be taken back", SHOWN(step->person));
    if (found == 0)
        return step_refuse(step, ERR_NOT_NOW, "%.*s has sent nothing that could still be taken back", SHOWN(step->person));
    return true;
}

bool part_take_back(struct step *step)
{
    struct intake intake = {.besides = {"event", NULL}};
    const struct value *named = intake_given(step->input.event, "event");
    uint32_t index;
    if (!intake_check(step, &intake))
        return false;
    if (named && named->kind != VALUE_TEXT)
        return step_refuse(step, ERR_BAD_DATA, "event: must be the name of an event");
    if (!choose_part(step, named, &index))
        return false;
    int32_t event = step->state->parts[index].event;
    step_say(step, arena_print(step->arena, "%.*s收回%s", SHOWN(step->person), event_name(step, event)), "%.*s takes %s back", SHOWN(step->person), event_name(step, event));
    case_drop_part(step->state, index);
    if (event == CASE_EXTEND && case_parts_of(step->state, CASE_EXTEND) == 0)
        step->state->asked_add = 0; /* nobody asks for anything any more */
    return true;
}
