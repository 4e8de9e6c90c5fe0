/* migrate: see migrate.h. */
#include "engine/migrate_inner.h"

#include "engine/clock.h"
#include "engine/intake.h"
#include "engine/kin.h"
#include "engine/stop.h"
#include "engine/task.h"

bool migrate_no_place(struct migration *migration, struct text what)
{
    return step_refuse(migration->step, ERR_NO_PLACE, "%.*s (version %d)", SHOWN(what), workflow_head(migration->to)->version);
}

/* ---- what the event says ---- */

static bool dropped(const struct migration *migration, const char *name)
{
    for (uint32_t i = 0; migration->drop && i < migration->drop->count; i++)
        if (text_is(migration->drop->items[i].text, name))
            return true;
    return false;
}

static bool read_stages(struct migration *migration)
{
    struct step *step = migration->step;
    const struct value *stages = migration->stages;
    if (stages && stages->kind != VALUE_MAP)
        return step_refuse(step, ERR_BAD_DATA, "stages: must be a mapping of stages to stages");
    for (uint32_t i = 0; stages && i < stages->count; i++) {
        const struct value *from = &stages->items[2 * i], *to = &stages->items[2 * i + 1];
        if (workflow_find_stage(migration->from, from->text) == NONE)
            return step_refuse(step, ERR_BAD_DATA, "stages: version %d, where the case is, has no stage '%.*s'", workflow_head(migration->from)->version, SHOWN(from->text));
        if (to->kind != VALUE_TEXT || workflow_find_stage(migration->to, to->text) == NONE)
            return step_refuse(step, ERR_BAD_DATA, "stages: version %d has no stage '%.*s'", workflow_head(migration->to)->version,
                               to->kind == VALUE_TEXT ? (int)to->text.size : 0, to->kind == VALUE_TEXT ? to->text.data : "");
    }
    return true;
}

static bool can_be_dropped(const struct migration *migration, struct text name)
{
    return workflow_find_field(migration->from, name) != NONE || workflow_knows_event(migration->from, name) || text_is(name, "extend");
}

static bool read_drop(struct migration *migration)
{
    const struct value *drop = migration->drop;
    if (drop && drop->kind != VALUE_LIST)
        return step_refuse(migration->step, ERR_BAD_DATA, "drop: must be a list of names");
    for (uint32_t i = 0; drop && i < drop->count; i++)
        if (drop->items[i].kind != VALUE_TEXT || !can_be_dropped(migration, drop->items[i].text))
            return step_refuse(migration->step, ERR_BAD_DATA, "drop: version %d, where the case is, has no field or event of that name",
                               workflow_head(migration->from)->version);
    return true;
}

static bool read_event(struct migration *migration)
{
    const struct event *event = migration->step->input.event;
    for (uint32_t i = 0; i < event->data_count; i++)
        if (!text_is(event->data[i].name, "stages") && !text_is(event->data[i].name, "drop"))
            return step_refuse(migration->step, ERR_BAD_DATA, "%.*s: does not come with this event; allowed: stages, drop", SHOWN(event->data[i].name));
    migration->stages = intake_given(event, "stages");
    migration->drop = intake_given(event, "drop");
    return read_stages(migration) && read_drop(migration);
}

/* ---- stages and levels ---- */

int32_t migrate_stage_of(const struct migration *migration, int32_t row)
{
    const char *name = workflow_stage_name(migration->from, row);
    const struct value *named = migration->stages ? value_get(migration->stages, name) : NULL;
    return workflow_find_stage(migration->to, named ? named->text : text_of(name));
}

static bool in_ladder(const struct workflow *workflow, struct span ladder, int32_t level)
{
    for (int32_t i = 0; i < ladder.count; i++)
        if (workflow_ref(workflow, ladder.first + i) == level)
            return true;
    return false;
}

static bool map_place(struct migration *migration, struct case_state *state)
{
    const struct directory *directory = migration->step->input.directory;
    const char *name = workflow_stage_name(migration->from, migration->old->stage);
    const char *here = directory_level_name(directory, directory_unit(directory, migration->step->unit)->level);
    const char *level = migration->old->level == NONE ? here : workflow_level_name(migration->from, migration->old->level);
    state->stage = migrate_stage_of(migration, migration->old->stage);
    if (state->stage == NONE)
        return no_place(migration, "the stage '%s', where the case stands, is not there; say which one takes its place", name);
    const struct workflow_stage *stage = workflow_stage(migration->to, state->stage);
    state->level = workflow_find_level(migration->to, text_of(level));
    if (stage->ladder.count && !in_ladder(migration->to, stage->ladder, state->level))
        return no_place(migration, "the case stands at the level '%s', which the ladder of '%s' lacks", level, workflow_stage_name(migration->to, state->stage));
    migration->events = stage->events;
    return true;
}

/* ---- fields ---- */

static bool has_choice(const struct migration *migration, struct span choices, const char *choice)
{
    const struct workflow_name *names = migration->to->table[WORKFLOW_NAMES].rows;
    for (int32_t i = 0; i < choices.count; i++)
        if (strcmp(workflow_string(migration->to, names[choices.first + i].name), choice) == 0)
            return true;
    return false;
}

/* Every value that the one field can hold, the other can. */
static bool takes_choices(const struct migration *migration, const struct workflow_field *from, const struct workflow_field *to)
{
    const struct workflow_name *names = migration->from->table[WORKFLOW_NAMES].rows;
    for (int32_t i = 0; i < from->choices.count; i++)
        if (!has_choice(migration, to->choices, workflow_string(migration->from, names[from->choices.first + i].name)))
            return false;
    return true;
}

static bool same_kind(const struct migration *migration, const struct workflow_field *from, const struct workflow_field *to)
{
    if (from->type != to->type || from->scale != to->scale || from->private != to->private)
        return false;
    return from->type != FIELD_LIST || same_kind(migration, workflow_field(migration->from, from->of), workflow_field(migration->to, to->of));
}

static bool fits_field(struct migration *migration, int32_t row, int32_t target)
{
    const struct workflow_field *from = workflow_field(migration->from, row), *to = workflow_field(migration->to, target);
    const struct value *value = &migration->old->data[row];
    const char *name = workflow_field_name(migration->from, row);
    if (!same_kind(migration, from, to))
        return no_place(migration, "the field '%s' holds something, and is of another kind there%s", name, from->private != to->private ? " (private or not)" : "");
    bool fits = from->type != FIELD_CHOICE || value->kind != VALUE_TEXT || has_choice(migration, to->choices, arena_string(migration->step->arena, value->text));
    if (from->type == FIELD_LIST && workflow_field(migration->from, from->of)->type == FIELD_CHOICE)
        fits = takes_choices(migration, workflow_field(migration->from, from->of), workflow_field(migration->to, to->of));
    return fits || no_place(migration, "the field '%s' holds a choice that is not there", name);
}

static bool map_fields(struct migration *migration, struct case_state *state)
{
    state->data_count = (uint32_t)workflow_count(migration->to, WORKFLOW_FIELDS);
    state->data = ARENA_ARRAY(migration->step->arena, struct value, state->data_count);
    for (uint32_t row = 0; row < migration->old->data_count; row++) {
        const char *name = workflow_field_name(migration->from, (int32_t)row);
        int32_t target = workflow_find_field(migration->to, text_of(name));
        if (migration->old->data[row].kind == VALUE_NONE || dropped(migration, name))
            continue;
        if (target == NONE)
            return no_place(migration, "the field '%s' holds something, and is not there; say that it may be dropped", name);
        if (!fits_field(migration, (int32_t)row, target))
            return false;
        state->data[target] = migration->old->data[row];
    }
    return true;
}

/* ---- events: counts and parts ---- */

static int32_t event_in(const struct workflow *workflow, struct span events, struct text name)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        if (text_is(name, workflow_event_name(workflow, row)))
            return row;
    return NONE;
}

/* The stage of the old version that has the event; NONE: `anywhere`. */
static int32_t stage_with(const struct workflow *workflow, int32_t event)
{
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_STAGES); row++) {
        struct span events = workflow_stage(workflow, row)->events;
        if (event >= events.first && event < events.first + events.count)
            return row;
    }
    return NONE;
}

static int32_t event_of(const struct migration *migration, int32_t row)
{
    if (row == CASE_EXTEND || row == CASE_REOPEN)
        return row;
    struct text name = text_of(workflow_event_name(migration->from, row));
    int32_t stage = stage_with(migration->from, row), target = stage == NONE ? NONE : migrate_stage_of(migration, stage), found = NONE;
    if (target != NONE)
        found = event_in(migration->to, workflow_stage(migration->to, target)->events, name);
    return found == NONE ? event_in(migration->to, workflow_head(migration->to)->anywhere, name) : found;
}

/* What has no event any more is history. */
static void map_counts(struct migration *migration, struct case_state *state)
{
    state->counts = NULL;
    state->count_count = 0;
    for (uint32_t i = 0; i < migration->old->count_count; i++) {
        const struct case_count *old = &migration->old->counts[i];
        int32_t event = event_of(migration, old->event);
        if (event == NONE)
            continue;
        struct case_count *count = case_add_count(migration->step->arena, state, event);
        count->in_case += old->in_case;
        count->in_stage += old->in_stage;
        if (old->last_as.size) {
            count->last_as = old->last_as;
            count->last_for = old->last_for;
        }
    }
}

/* A part is what somebody has said: it is not lost by the way. */
static bool map_parts(struct migration *migration, struct case_state *state)
{
    state->parts = NULL;
    state->part_count = 0;
    for (uint32_t i = 0; i < migration->old->part_count; i++) {
        const struct case_part *old = &migration->old->parts[i];
        const char *name = old->event == CASE_EXTEND ? "extend" : workflow_event_name(migration->from, old->event);
        int32_t event = event_of(migration, old->event);
        bool waits = event >= 0 && workflow_by(migration->to, workflow_event(migration->to, event)->by)->kind != BY_ANY;
        if (event == CASE_EXTEND)
            waits = workflow_stage(migration->to, state->stage)->extend != NONE;
        if (dropped(migration, name))
            continue;
        if (!waits)
            return no_place(migration, "%.*s has sent '%s', which waits for others, and there nothing waits for it; say that it may be dropped",
                            SHOWN(old->person), name);
        struct case_part *part = case_add_part(migration->step->arena, state);
        *part = *old;
        part->event = event;
    }
    return true;
}

static void map_firsts(struct migration *migration, struct case_state *state)
{
    state->firsts = NULL;
    state->first_count = 0;
    for (uint32_t i = 0; i < migration->old->first_count; i++) {
        const struct case_first *old = &migration->old->firsts[i];
        int32_t stage = migrate_stage_of(migration, old->stage);
        if (stage == NONE)
            continue;
        struct case_first *first = case_add_first(migration->step->arena, state, stage);
        first->at = first->at && first->at < old->at ? first->at : old->at;
        first->added += old->added;
    }
}

/* ---- what cannot go along ---- */

/* The case is not entering the stage: what begins there with the entry would never begin. */
static bool has_begun(struct migration *migration, struct case_state *state)
{
    const struct workflow_stage *from = workflow_stage(migration->from, migration->old->stage), *to = workflow_stage(migration->to, state->stage);
    const char *name = workflow_stage_name(migration->to, state->stage);
    if (to->vote != NONE && from->vote == NONE)
        return no_place(migration, "'%s' holds a vote, which begins only when it is entered", name);
    if (to->publish != NONE && from->publish == NONE)
        return no_place(migration, "'%s' is a publication, which is put up only when it is entered", name);
    return true;
}

static bool nothing_waits(struct migration *migration)
{
    if (migration->old->asked_by.size)
        return no_place(migration, "an extension that %.*s asked for waits for its answer; let it be granted or denied first", SHOWN(migration->old->asked_by));
    if (stop_is_stopped(migration->old))
        return no_place(migration, "the clock of the case is stopped; let it go on first");
    return true;
}

/* ---- all of it ---- */

/* What extensions added is kept where it is counted in the same unit; `*added` is 0 where there was nothing. */
static bool map_extension(struct migration *migration, const struct case_state *state, int32_t *added)
{
    const struct case_clock *deadline = case_clock(migration->old, CLOCK_STAGE, 0);
    int32_t from = workflow_stage(migration->from, migration->old->stage)->extend, to = workflow_stage(migration->to, state->stage)->extend;
    *added = deadline && !dropped(migration, "extend") ? deadline->added : 0;
    if (*added == 0)
        return true;
    bool same = from != NONE && to != NONE && workflow_duration(migration->from, workflow_extend(migration->from, from)->add)->unit ==
                                                  workflow_duration(migration->to, workflow_extend(migration->to, to)->add)->unit;
    return same || no_place(migration, "the deadline was extended, and '%s' has no such extension; say that extend may be dropped",
                            workflow_stage_name(migration->to, state->stage));
}

static bool map_all(struct migration *migration, struct case_state *state, int32_t *added)
{
    if (!nothing_waits(migration) || !map_place(migration, state) || !has_begun(migration, state) || !map_fields(migration, state) || !map_parts(migration, state) ||
        !migrate_tasks(migration, state) || !migrate_children(migration, state) || !migrate_polls(migration, state) || !migrate_publications(migration, state) || !map_extension(migration, state, added))
        return false;
    map_counts(migration, state);
    map_firsts(migration, state);
    migrate_handlers(migration, state);
    migrate_rests(migration, state);
    migrate_stops(migration, state);
    return true;
}

bool migrate_case(struct step *step)
{
    struct case_state *state = step->state;
    kin_let_clock_go(step); /* by the version under which it stands still */
    struct migration migration = {.step = step, .from = step->workflow, .to = step->input.target, .old = case_copy(step->arena, state)};
    int32_t added;
    if (!migration.to)
        return step_refuse(step, ERR_UNKNOWN_WORKFLOW, "version %u of %s is not deployed", step->input.event->version,
                           workflow_string(step->workflow, workflow_head(step->workflow)->name));
    if (!text_is(step->input.event->workflow, workflow_string(step->workflow, workflow_head(step->workflow)->name)))
        return step_refuse(step, ERR_BAD_DATA, "the case is one of %s, and stays one", workflow_string(step->workflow, workflow_head(step->workflow)->name));
    if (migration.to->position == state->workflow)
        return step_refuse(step, ERR_NOT_NOW, "the case is under version %d already", workflow_head(migration.to)->version);
    if (!read_event(&migration) || !map_all(&migration, state, &added))
        return false;
    step->workflow = step->input.workflow = migration.to;
    state->workflow = migration.to->position;
    clock_migrate(step, migration.old, added);
    step_tell(step, TRACE(.kind = TRACE_VERSION, .number = workflow_head(migration.to)->version), "goes on under version %d", workflow_head(migration.to)->version);
    if (!task_migrate(step))
        return false;
    /* What a later version of this program keeps in a case and this room does not know of. */
    if (!case_fits(state, migration.to))
        return no_place(&migration, "the case holds something that cannot be taken along");
    kin_try_to_go_on(step); /* the new version may wait for fewer children, or for none that there are */
    return true;
}
