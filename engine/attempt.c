/* attempt: see attempt.h. */
#include "engine/attempt.h"

struct attempt attempt_begin(const struct step *step)
{
    return (struct attempt){.state = case_copy(step->arena, step->state), .effect_count = step->out->effect_count,
                            .roll_count = step->out->roll_count, .made = step->made, .entered = step->entered};
}

/* A failure to find the old unit again cannot be: it was found for this event. */
void attempt_undo(struct step *step, const struct attempt *attempt)
{
    *step->state = *attempt->state;
    step->out->effect_count = attempt->effect_count;
    step->out->roll_count = attempt->roll_count;
    step->made = attempt->made;
    step->entered = attempt->entered;
    step->depth = 0;
    step_place(step);
    step->out->code = ERR_OK;
    step->out->why = (struct text){0};
}
