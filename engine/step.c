/* step: see step.h. */
#include "engine/step.h"

void step_begin(struct step *step, const struct advance_input *input, struct arena *arena, struct decision *out)
{
    *step = (struct step){
        .input = *input, .arena = arena, .out = out, .workflow = input->workflow, .unit = NONE,
        .person = input->event->on_behalf.size ? input->event->on_behalf : input->event->as,
    };
    if (input->before) {
        step->state = case_copy(arena, input->before);
    } else {
        step->state = ARENA_NEW(arena, struct case_state);
        step->state->stage = step->state->level = step->state->end = NONE;
    }
    step->input.before = step->state;
}

bool step_place(struct step *step)
{
    const struct directory *directory = step->input.directory;
    step->unit = advance_unit(directory, step->state->unit);
    if (step->unit == NONE)
        return step_refuse(step, ERR_UNKNOWN_UNIT, "the directory has no unit with the id %u, where this case stands",
                           step->state->unit);
    step->calendar = advance_calendar(&step->input, step->unit);
    if (!step->calendar)
        return step_refuse(step, ERR_UNKNOWN_UNIT, "no calendar is deployed for the unit %s (the directory names '%s')",
                           directory_unit_path(directory, step->unit), directory_unit_calendar(directory, step->unit));
    return true;
}

bool step_refused(struct step *step, enum err code, struct text why)
{
    step->out->code = code;
    step->out->why = why;
    step_tell(step, TRACE(.kind = TRACE_REFUSED, .row = (int32_t)code), "refused %s: %.*s", err_name(code), SHOWN(why));
    return false;
}

void step_traced(struct step *step, struct trace_line line, struct text words)
{
    struct decision *out = step->out;
    struct trace_line *grown = ARENA_ARRAY(step->arena, struct trace_line, out->trace_count + 1);
    line.words = words;
    if (out->trace_count)
        memcpy(grown, out->trace, out->trace_count * sizeof *grown);
    grown[out->trace_count++] = line;
    out->trace = grown;
}

struct effect *step_effect(struct step *step, enum effect_kind kind)
{
    if (!(step->state->flags & CASE_HELD))
        return effect_add(step->arena, step->out, kind);
    step->unsent = (struct effect){.kind = kind};
    return &step->unsent;
}

bool step_make_id(struct step *step, uint64_t *id)
{
    if (step->made == STEP_MADE_MOST)
        return step_refuse(step, ERR_CASE_FULL, "one event would make more than %d tasks and notices to workers", STEP_MADE_MOST);
    *id = step->input.position * 256 + step->made++;
    return true;
}

const struct workflow_stage *step_stage(const struct step *step)
{
    return workflow_stage(step->workflow, step->state->stage);
}

static struct text title(const struct step *step, int32_t title, int32_t name)
{
    return text_of(workflow_string(step->workflow, title == NONE ? name : title));
}

struct text step_stage_title_zh(const struct step *step)
{
    return title(step, step_stage(step)->title_zh, step_stage(step)->name);
}

struct text step_stage_title_en(const struct step *step)
{
    return title(step, step_stage(step)->title_en, step_stage(step)->name);
}
