/* outcome: see outcome.h. */
#include "engine/outcome.h"

#include "engine/clock.h"
#include "engine/condition.h"
#include "engine/kin.h"
#include "engine/lookup.h"
#include "engine/notice.h"
#include "engine/poll.h"
#include "engine/publication.h"
#include "engine/reopen.h"
#include "engine/retain.h"
#include "engine/stop.h"
#include "engine/task.h"

/* ---- set ---- */

static struct value value_of(struct step *step, int32_t field, int32_t row)
{
    if (row == NONE)
        return (struct value){.kind = VALUE_NONE};
    const struct workflow_value *value = workflow_value(step->workflow, row);
    if (value->kind == VALUE_BOOLEAN)
        return value_boolean(value->number != 0);
    if (value->kind == VALUE_INTEGER)
        return value_integer(value->number);
    struct value text = value_text(text_of(workflow_string(step->workflow, value->string)));
    if (workflow_field(step->workflow, field)->type != FIELD_PEOPLE)
        return text;
    struct value *one = ARENA_NEW(step->arena, struct value);
    *one = text;
    return (struct value){.kind = VALUE_LIST, .count = 1, .items = one};
}

static struct value looked_up(struct step *step, const struct workflow_set *set)
{
    int32_t row = lookup_find(step->workflow, step->state, set->lookup);
    step_trace(step, "table %s: %s", workflow_string(step->workflow, workflow_lookup(step->workflow, set->lookup)->name),
               row == NONE ? "no row fits" : arena_print(step->arena, "the row of line %d", (int)workflow_lookup_row(step->workflow, row)->line).data);
    return value_of(step, set->field, row == NONE ? NONE : workflow_lookup_row(step->workflow, row)->value);
}

/* A long text stays in the log under the name that it came with: [position, size, that name]. */
static struct value copy_of(struct step *step, int32_t from)
{
    const struct value *value = &step->state->data[from];
    if (workflow_field(step->workflow, from)->type != FIELD_TEXT || value->kind != VALUE_LIST || value->count != 2)
        return *value;
    struct value *items = ARENA_ARRAY(step->arena, struct value, 3);
    memcpy(items, value->items, 2 * sizeof *items);
    items[2] = value_text(text_of(workflow_field_name(step->workflow, from)));
    return (struct value){.kind = VALUE_LIST, .count = 3, .items = items};
}

static void apply_sets(struct step *step, struct span sets)
{
    for (int32_t i = 0; i < sets.count; i++) {
        const struct workflow_set *set = workflow_set(step->workflow, sets.first + i);
        struct value *field = &step->state->data[set->field];
        switch ((enum set_kind)set->kind) {
        case SET_VALUE: *field = value_of(step, set->field, set->value); break;
        case SET_FIELD: *field = copy_of(step, set->from); break;
        case SET_LOOKUP: *field = looked_up(step, set); break;
        case SET_TODAY: *field = value_integer(calendar_date(step->calendar, step->input.now)); break;
        }
        step_tell(step, TRACE(.kind = TRACE_SET, .row = set->field), "set %s", workflow_field_name(step->workflow, set->field));
    }
}

/* ---- leaving ---- */

static void forget_stage(struct case_state *state)
{
    state->part_count = 0;
    state->asked_by = (struct text){0};
    state->asked_add = 0;
    state->flags &= ~(uint32_t)CASE_OVERDUE;
    for (uint32_t i = 0; i < state->count_count; i++)
        state->counts[i].in_stage = 0;
    for (uint32_t i = 0; i < state->child_count; i++)
        state->children[i].in_stage = false;
    state->due_cap = 0;
    for (uint32_t i = 0; i < state->link_count; i++)
        if (state->links[i].kind == LINK_ABSORBED)
            state->links[i].due = 0;
}

static bool leave(struct step *step)
{
    if (step->state->stage == NONE)
        return true; /* an opening comes from nowhere */
    step->entered = true;
    if (!task_cancel_all(step))
        return false;
    stop_leave(step);
    kin_let_clock_go(step);
    if (!poll_leave(step))
        return false;
    publication_leave(step);
    clock_leave(step);
    forget_stage(step->state);
    return true;
}

/* ---- entering ---- */

static bool move(struct step *step, const struct place_to *to)
{
    struct case_state *state = step->state;
    uint32_t unit = (uint32_t)directory_unit(step->input.directory, to->unit)->id;
    if (unit != state->unit) {
        state->previous_unit = state->unit;
        state->unit = unit;
    }
    state->level = to->level;
    return to->unit == step->unit || step_place(step);
}

/* Says what was passed over on the way, where something was; otherwise the case says where it stands. */
static struct notice_words entry_words(struct step *step, const struct place_to *to)
{
    if (!to->skipped.size)
        return NOTICE_NO_WORDS;
    return (struct notice_words){
        arena_print(step->arena, "%.*s（越过没有对应单元的层级：%.*s）", SHOWN(step_stage_title_zh(step)), SHOWN(to->skipped)),
        arena_print(step->arena, "%.*s (passed over, having no unit: %.*s)", SHOWN(step_stage_title_en(step)), SHOWN(to->skipped)),
    };
}

static bool arrive(struct step *step, int32_t stage, const struct place_to *to)
{
    if (!move(step, to))
        return false;
    step->state->stage = stage;
    step->state->entered_at = step->input.now;
    step_tell(step, TRACE(.kind = TRACE_ENTERS, .row = stage, .number = to->level, .name = text_of(directory_unit_path(step->input.directory, step->unit))),
              "enters %s at %s, level %s", workflow_stage_name(step->workflow, stage), directory_unit_path(step->input.directory, step->unit),
              workflow_level_name(step->workflow, to->level));
    clock_enter(step);
    publication_enter(step);
    if (!task_enter(step) || !poll_open(step))
        return false;
    notice_to_told(step, NOTICE_STAGE, true, entry_words(step, to));
    return true;
}

static bool enter(struct step *step, int32_t stage, const struct place_to *to)
{
    return leave(step) && arrive(step, stage, to);
}

/* ---- the outcomes ---- */

static bool run_go(struct step *step, const struct workflow_outcome *outcome)
{
    struct place_to to;
    return place_go(step, outcome, &to) && enter(step, outcome->stage, &to);
}

static bool refuse_climb(struct step *step, enum climb_direction direction)
{
    return step_refuse(step, ERR_NO_LEVEL, "the ladder of %s has no level %s %s that has a unit for this case",
                       workflow_stage_name(step->workflow, step->state->stage), direction == CLIMB_UP ? "above" : "below",
                       workflow_level_name(step->workflow, step->state->level));
}

static bool run_climb(struct step *step, const struct workflow_outcome *outcome)
{
    const struct workflow_stage *stage = step_stage(step);
    int32_t target = outcome->stage == NONE ? step->state->stage : outcome->stage;
    struct place_to to;
    bool beyond;
    if (!place_climb(step, (enum climb_direction)outcome->direction, target, &to, &beyond))
        return false;
    if (!beyond)
        return enter(step, target, &to);
    int32_t instead = outcome->direction == CLIMB_UP ? stage->top : stage->bottom;
    if (instead == NONE)
        return refuse_climb(step, (enum climb_direction)outcome->direction);
    step_tell(step, TRACE(.kind = TRACE_BEYOND, .number = outcome->direction), "beyond the %s of the ladder", outcome->direction == CLIMB_UP ? "top" : "bottom");
    return outcome_run(step, instead);
}

static bool end_as(struct step *step, int32_t end)
{
    struct notice_words words;
    if (!leave(step))
        return false;
    reopen_remember(step);
    retain_begin(step);
    step->state->end = end;
    step->state->flags = (step->state->flags & ~(uint32_t)CASE_OVER_LIMIT) | CASE_ENDED;
    step->entered = true;
    step_tell(step, TRACE(.kind = TRACE_ENDS, .row = end), "ends: %s", workflow_end_name(step->workflow, end));
    workflow_end_titles(step->workflow, end, &words.zh, &words.en);
    notice_to_told(step, NOTICE_ENDED, false, words);
    return kin_end(step);
}

static bool end_by(struct step *step, const char *name, enum built_in_end otherwise)
{
    int32_t own = workflow_find_end(step->workflow, text_of(name));
    return end_as(step, own == NONE ? (int32_t)otherwise : own);
}

bool outcome_cancel(struct step *step)
{
    return end_by(step, "cancelled", END_CANCELLED);
}

bool outcome_end_merged(struct step *step)
{
    return end_by(step, "merged", END_MERGED);
}

bool outcome_resume(struct step *step)
{
    struct place_to to = {.unit = step->unit, .level = step->state->level};
    step->state->flags &= ~(uint32_t)CASE_ENDED;
    step->state->end = NONE;
    step->state->ended_at = 0;
    retain_end(step);
    int64_t cap = step->state->due_cap;
    if (!leave(step))
        return false;
    step->state->due_cap = cap; /* by which it was due when it ended: leaving has forgotten it */
    clock_begin(step);
    kin_resume(step);
    return arrive(step, step->state->stage, &to);
}

static bool run_choose(struct step *step, const struct workflow_outcome *outcome)
{
    for (int32_t i = 0; i < outcome->branches.count; i++) {
        const struct workflow_branch *branch = workflow_branch(step->workflow, outcome->branches.first + i);
        bool holds = branch->condition == NONE || condition_holds(step->workflow, step->state, branch->condition, NULL);
        if (branch->condition != NONE)
            step_tell(step, TRACE(.kind = TRACE_CHOOSE, .row = branch->condition, .number = holds), "choose: %.*s: %s",
                      SHOWN(condition_words(step->workflow, step->arena, branch->condition)), holds ? "yes" : "no");
        else
            step_tell(step, TRACE(.kind = TRACE_CHOOSE, .row = NONE, .number = 1), "choose: otherwise");
        if (holds)
            return outcome_run(step, branch->outcome);
    }
    return step_refuse(step, ERR_CONDITION, "no way of the choice holds");
}

static bool run_kind(struct step *step, const struct workflow_outcome *outcome)
{
    switch ((enum outcome_kind)outcome->kind) {
    case OUTCOME_GO: return run_go(step, outcome);
    case OUTCOME_CLIMB: return run_climb(step, outcome);
    case OUTCOME_END: return end_as(step, outcome->end);
    case OUTCOME_CHOOSE: return run_choose(step, outcome);
    case OUTCOME_STAY: step_tell(step, TRACE(.kind = TRACE_STAYS), "stays"); return true;
    }
    return false;
}

/* 9. Children that were opened on the way may be none, or have ended already: then nothing is waited for. */
bool outcome_follow(struct step *step)
{
    if (step->state->flags & CASE_ENDED)
        return true;
    const struct workflow_stage *stage = step_stage(step);
    if (stage->children.count == 0 || stage->then == NONE)
        return true;
    if (!kin_enough(step)) {
        kin_stop_clock(step);
        return true;
    }
    kin_let_clock_go(step);
    if (stage->tasks.count && !task_stage_done(step))
        return true;
    if (step->followed++ == STEP_DEPTH_MOST)
        return step_refuse(step, ERR_NO_LEVEL, "stages that wait for nothing follow each other in a circle, %s among them",
                           workflow_stage_name(step->workflow, step->state->stage));
    step_say(step, TEXT("没有需要等待的子案"), "no child is waited for");
    return task_cancel_all(step) && outcome_run(step, stage->then);
}

/* Its notices come last: who is told by role is told where the case stands then. */
bool outcome_run(struct step *step, int32_t row)
{
    const struct workflow_outcome *outcome = workflow_outcome(step->workflow, row);
    if (step->depth == STEP_DEPTH_MOST)
        return step_refuse(step, ERR_NO_LEVEL, "top and bottom of the ladder of %s lead to each other",
                           workflow_stage_name(step->workflow, step->state->stage));
    step->depth++;
    apply_sets(step, outcome->sets);
    bool ran = run_kind(step, outcome);
    if (ran)
        publication_put_up(step, outcome->publish);
    ran = ran && kin_open(step, outcome->opens) && notice_workflow(step, outcome->notices);
    step->depth--;
    return ran && (step->depth || outcome_follow(step));
}
