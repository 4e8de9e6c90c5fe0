/* publication: see publication.h. */
#include "engine/publication.h"

#include "engine/clock.h"
#include "engine/notice.h"

static void mark(struct case_state *state)
{
    state->flags &= ~(uint32_t)CASE_PUBLISHED;
    if (state->publication_count)
        state->flags |= CASE_PUBLISHED;
}

static struct text names_of(struct step *step, const struct workflow_publication *row)
{
    struct text names = {0};
    for (int32_t i = 0; i < row->fields.count; i++)
        names = arena_print(step->arena, "%.*s%s%s", SHOWN(names), i ? ", " : "",
                            workflow_field_name(step->workflow, workflow_ref(step->workflow, row->fields.first + i)));
    return names;
}

static void put_up(struct step *step, int32_t row)
{
    const struct workflow_publication *form = workflow_publication(step->workflow, row);
    struct case_publication *publication = case_add_publication(step->arena, step->state, row);
    publication->at = step->input.now;
    publication->count = (uint32_t)form->fields.count;
    publication->values = ARENA_ARRAY(step->arena, struct value, publication->count);
    for (int32_t i = 0; i < form->fields.count; i++)
        publication->values[i] = step->state->data[workflow_ref(step->workflow, form->fields.first + i)];
    mark(step->state);
    step_say(step, arena_print(step->arena, "公示：%.*s", SHOWN(names_of(step, form))), "published: %.*s", SHOWN(names_of(step, form)));
    notice_to_told(step, NOTICE_PUBLISHED, false, NOTICE_NO_WORDS);
}

static void take_down(struct step *step, int32_t row)
{
    case_drop_clock(step->state, CLOCK_PUBLICATION, row);
    if (case_drop_publication(step->state, row))
        step_trace(step, "no longer published: %.*s", SHOWN(names_of(step, workflow_publication(step->workflow, row))));
    mark(step->state);
}

void publication_enter(struct step *step)
{
    if (step_stage(step)->publish != NONE)
        put_up(step, step_stage(step)->publish);
}

void publication_leave(struct step *step)
{
    if (step_stage(step)->publish != NONE)
        take_down(step, step_stage(step)->publish);
}

void publication_put_up(struct step *step, int32_t row)
{
    if (row == NONE)
        return;
    take_down(step, row);
    put_up(step, row);
    clock_start_publication(step, row);
}

void publication_fire(struct step *step, int32_t row)
{
    take_down(step, row);
}

void publication_withdraw(struct step *step)
{
    if (step->state->publication_count == 0)
        return;
    while (step->state->publication_count)
        take_down(step, step->state->publications[0].row);
    notice_to_told(step, NOTICE_WITHDRAWN, false, NOTICE_NO_WORDS);
}
