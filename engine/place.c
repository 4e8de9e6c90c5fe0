/* place: at which unit and level a stage is entered. See outcome.h.
 *
 * A rung of a ladder is the home unit itself or its ancestor of that level, or the unit that serves that level for it. A level
 * without a unit is passed over; so is one below the home unit's own, where a case cannot go. */
#include "engine/outcome.h"

static int32_t home_unit(const struct step *step)
{
    return advance_unit(step->input.directory, step->state->home_unit);
}

static int32_t directory_level(const struct step *step, int32_t level)
{
    return directory_find_level(step->input.directory, text_of(workflow_level_name(step->workflow, level)));
}

/* The unit of a rung, or NONE. */
static int32_t rung_unit(const struct step *step, int32_t level)
{
    const struct directory *directory = step->input.directory;
    int32_t home = home_unit(step), row = directory_level(step, level);
    if (home == NONE || row == NONE || row < directory_unit(directory, home)->level) /* levels stand lowest first */
        return NONE;
    return directory_unit_at(directory, home, row);
}

int32_t place_level_unit(const struct step *step, int32_t level)
{
    return rung_unit(step, level);
}

static int32_t ladder_level(const struct step *step, struct span ladder, int32_t rung)
{
    return workflow_ref(step->workflow, ladder.first + rung);
}

static int32_t ladder_find(const struct step *step, struct span ladder, int32_t level)
{
    for (int32_t rung = 0; rung < ladder.count; rung++)
        if (ladder_level(step, ladder, rung) == level)
            return rung;
    return NONE;
}

static void skip(struct step *step, struct place_to *to, int32_t level)
{
    const char *name = workflow_level_name(step->workflow, level);
    to->skipped = to->skipped.size ? arena_print(step->arena, "%.*s, %s", SHOWN(to->skipped), name) : text_of(name);
}

/* The first rung from `from` on, in steps of `by`, that has a unit. false: none. */
static bool find_rung(struct step *step, struct span ladder, int32_t from, int32_t by, struct place_to *to)
{
    for (int32_t rung = from; rung >= 0 && rung < ladder.count; rung += by) {
        to->level = ladder_level(step, ladder, rung);
        to->unit = rung_unit(step, to->level);
        if (to->unit != NONE)
            return true;
        skip(step, to, to->level);
    }
    return false;
}

static bool refuse_level(struct step *step, int32_t level)
{
    int32_t home = home_unit(step);
    return step_refuse(step, ERR_NO_LEVEL, "no unit of the level %s serves %s, where this case comes from",
                       workflow_level_name(step->workflow, level),
                       home == NONE ? "a unit that is gone" : directory_unit_path(step->input.directory, home));
}

/* Of a stage without a ladder: the level of the unit where it stands, where the workflow speaks of it. */
static int32_t level_of_unit(const struct step *step, int32_t unit)
{
    const struct directory *directory = step->input.directory;
    return workflow_find_level(step->workflow, text_of(directory_level_name(directory, directory_unit(directory, unit)->level)));
}

/* ---- a stage without a ladder ---- */

static bool at_level(struct step *step, int32_t level, struct place_to *to)
{
    to->unit = rung_unit(step, level);
    to->level = level;
    return to->unit != NONE || refuse_level(step, level);
}

static bool at_field(struct step *step, int32_t field, struct place_to *to)
{
    const struct value *path = &step->state->data[field];
    const char *name = workflow_field_name(step->workflow, field);
    if (path->kind != VALUE_TEXT)
        return step_refuse(step, ERR_NO_LEVEL, "the field %s, which says at which unit it goes on, is empty", name);
    int32_t unit = directory_find_unit(step->input.directory, path->text);
    to->unit = unit == NONE ? NONE : advance_unit(step->input.directory, (uint32_t)directory_unit(step->input.directory, unit)->id);
    if (to->unit == NONE)
        return step_refuse(step, ERR_NO_LEVEL, "the field %s names the unit '%.*s', which is not in the directory", name, SHOWN(path->text));
    to->level = level_of_unit(step, to->unit);
    return true;
}

static bool at_previous(struct step *step, struct place_to *to)
{
    int32_t unit = step->state->previous_unit ? advance_unit(step->input.directory, step->state->previous_unit) : step->unit;
    to->unit = unit == NONE ? step->unit : unit;
    to->level = level_of_unit(step, to->unit);
    return true;
}

static bool at_stage(struct step *step, const struct workflow_stage *stage, struct place_to *to)
{
    switch ((enum stage_at)stage->at) {
    case AT_LEVEL: return at_level(step, stage->at_level, to);
    case AT_UNIT_FIELD: return at_field(step, stage->at_field, to);
    case AT_PREVIOUS: return at_previous(step, to);
    case AT_UNCHANGED: break;
    }
    to->unit = step->unit;
    to->level = level_of_unit(step, to->unit);
    return true;
}

/* ---- a stage with a ladder ---- */

/* The rung that a `go` aims at: the named level; the one kept; or, when nothing is said, the lowest. */
static int32_t aimed_rung(const struct step *step, struct span ladder, const struct workflow_outcome *outcome)
{
    if (outcome->go_level == GO_LEVEL_NAMED)
        return ladder_find(step, ladder, outcome->level);
    int32_t kept = outcome->go_level == GO_LEVEL_KEEP ? ladder_find(step, ladder, step->state->level) : NONE;
    return kept == NONE ? 0 : kept;
}

bool place_go(struct step *step, const struct workflow_outcome *outcome, struct place_to *to)
{
    const struct workflow_stage *stage = workflow_stage(step->workflow, outcome->stage);
    *to = (struct place_to){.unit = NONE, .level = NONE};
    if (stage->ladder.count == 0)
        return at_stage(step, stage, to);
    int32_t rung = aimed_rung(step, stage->ladder, outcome);
    if (rung == NONE)
        return refuse_level(step, outcome->level);
    return find_rung(step, stage->ladder, rung, 1, to) || refuse_level(step, ladder_level(step, stage->ladder, rung));
}

bool place_climb(struct step *step, enum climb_direction direction, int32_t target, struct place_to *to, bool *beyond)
{
    struct span ladder = step_stage(step)->ladder;
    int32_t by = direction == CLIMB_UP ? 1 : -1;
    int32_t rung = ladder_find(step, ladder, step->state->level);
    *to = (struct place_to){.unit = NONE, .level = NONE};
    *beyond = rung == NONE || !find_rung(step, ladder, rung + by, by, to);
    if (*beyond)
        return true;
    const struct workflow_stage *stage = workflow_stage(step->workflow, target);
    if (stage->ladder.count == 0)
        return at_stage(step, stage, to);
    return ladder_find(step, stage->ladder, to->level) != NONE || refuse_level(step, to->level);
}
