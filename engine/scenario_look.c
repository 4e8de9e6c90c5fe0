/* scenario_look: where the case stands, as an `expect` sees it. See scenario_look.h. */
#include "engine/scenario_look.h"

bool look_differs(const struct look *look, const struct node *key, struct text found)
{
    return world_fail(look->world, key, "%.*s: expected \"%.*s\", found \"%.*s\".", SHOW(key->key), SHOW(key->text), SHOW(found));
}

/* `none` stands for nothing. */
bool look_same_text(const struct look *look, const struct node *key, struct text found)
{
    bool none = found.size == 0;
    if (none ? node_is(key, "none") : text_equal(key->text, found))
        return true;
    return look_differs(look, key, none ? TEXT("none") : found);
}

bool look_same_flag(const struct look *look, const struct node *key, bool found)
{
    return look_same_text(look, key, found ? TEXT("true") : TEXT("false"));
}

struct text look_unit_path(const struct look *look, uint32_t id)
{
    int32_t unit = look->directory ? directory_unit_by_id(look->directory, id) : NONE;
    return unit == NONE ? TEXT("") : text_of(directory_unit_path(look->directory, unit));
}

/* ---- where the case stands ---- */

bool look_stage(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, text_of(workflow_stage_name(look->workflow, look->state->stage)));
}

bool look_level(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, text_of(look->state->level == NONE ? "" : workflow_level_name(look->workflow, look->state->level)));
}

bool look_unit(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, look_unit_path(look, look->state->unit));
}

bool look_home(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, look_unit_path(look, look->state->home_unit));
}

/* A date alone stands for any time of that day. */
static bool same_due(const struct look *look, const struct node *key, int64_t due)
{
    struct text found = due ? calendar_print_due(look->calendar, look->world->arena, due) : TEXT("");
    bool day_only = key->text.size == 10 && found.size > 10;
    return (day_only && memcmp(key->text.data, found.data, 10) == 0) || look_same_text(look, key, found);
}

bool look_due(const struct look *look, const struct node *key)
{
    return same_due(look, key, case_due(look->state));
}

bool look_limit(const struct look *look, const struct node *key)
{
    return same_due(look, key, case_limit(look->state));
}

bool look_overdue(const struct look *look, const struct node *key)
{
    return look_same_flag(look, key, case_flags_overdue(look->state->flags));
}

bool look_late(const struct look *look, const struct node *key)
{
    return look_same_flag(look, key, look->state->flags & CASE_WAS_LATE);
}

bool look_stopped(const struct look *look, const struct node *key)
{
    const struct case_state *state = look->state;
    if (!(state->flags & CASE_STOPPED))
        return look_same_text(look, key, TEXT(""));
    const struct workflow_stop *stop = workflow_stop(look->workflow, workflow_stage(look->workflow, state->stage)->stop_clock);
    return look_same_text(look, key, text_of(workflow_choice(look->workflow, stop->grounds, state->stopped_ground)));
}

bool look_end(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, text_of(look->state->end == NONE ? "" : workflow_end_name(look->workflow, look->state->end)));
}

bool look_held(const struct look *look, const struct node *key)
{
    return look_same_flag(look, key, look->state->flags & CASE_HELD);
}

bool look_number(const struct look *look, const struct node *key)
{
    return look_same_text(look, key, look->state->number);
}

bool look_incident(const struct look *look, const struct node *key)
{
    return look_same_flag(look, key, look->state->flags & CASE_INCIDENT);
}
