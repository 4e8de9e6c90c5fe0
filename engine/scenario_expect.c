/* scenario_expect: steps that look: what must be so, or how the event before was refused. See scenario_inner.h; the keys: scenario_look.h. */
#include "engine/scenario_look.h"

/* ---- expect ---- */

static const struct {
    const char *key;
    bool (*holds)(const struct look *look, const struct node *key);
} looks[] = {
    {"stage", look_stage}, {"level", look_level}, {"unit", look_unit}, {"home", look_home}, {"due", look_due},
    {"overdue", look_overdue}, {"limit", look_limit}, {"late", look_late}, {"stopped", look_stopped},
    {"published", look_published}, {"end", look_end}, {"held", look_held}, {"number", look_number}, {"task", look_task},
    {"holder", look_holder}, {"incident", look_incident}, {"possible", look_possible}, {"impossible", look_impossible},
    {"notices", look_notices}, {"told", look_told}, {"data", look_data}, {"children", look_children}, {"parent", look_parent},
    {"links", look_links}, {"vote", look_vote}, {"says", look_says},
};

static bool look_expect(struct world *world, const struct scenario_step *step)
{
    struct world_case *one = world_find_case(world, step->case_name);
    const struct case_state *state = one ? world_state(world, one) : NULL;
    if (!state)
        return world_fail(world, step->node, "there is no such case: none was opened, or its opening was refused.");
    world->current = one;
    struct look look = {.world = world, .map = step->node};
    look.workflow = engine_workflow(world->engine, state->workflow);
    look.directory = engine_directory(world->engine);
    bool good = true;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        const struct node *key = keys_get(step->node, &scenario_keys, SCENARIO_EXPECT, looks[i].key);
        if (!key)
            continue;
        look.state = world_state(world, one); /* lives until the engine is asked again */
        look.calendar = world_calendar(world, look.directory ? directory_unit_by_id(look.directory, look.state->unit) : NONE);
        good = looks[i].holds(&look, key) && good;
    }
    return good;
}

/* ---- refused, parked ---- */

static bool same_possible(struct world *world, const struct node *key)
{
    struct found_words found = {.count = 0};
    struct look look = {.world = world};
    for (uint32_t i = 0; world->answer.possible.kind == VALUE_LIST && i < world->answer.possible.count; i++)
        look_words_add(&found, world->answer.possible.items[i].text);
    return look_words(&look, key, &found, false);
}

static bool look_refused(struct world *world, const struct scenario_step *step)
{
    const struct node *code = step->node->kind == NODE_SCALAR ? step->node : node_get(step->node, "code");
    const struct node *says = node_get(step->node, "says"), *possible = node_get(step->node, "possible");
    struct text found = text_of(err_name(world->answer.code)), why = world->answer.why;
    if (!world->unchecked || world->answer.kind != MESSAGE_REFUSED)
        return world_fail(world, step->node, "expected that it is refused as %.*s, but it was %s.", SHOW(code->text),
                          world->has_sent ? message_kind_name(world->answer.kind) : "never sent");
    world->unchecked = false;
    if (!text_equal(found, code->text))
        return world_fail(world, code, "expected that it is refused as %.*s, but it was refused as %.*s: %.*s", SHOW(code->text),
                          SHOW(found), SHOW(why));
    if (says && !memmem(why.data, why.size, says->text.data, says->text.size))
        return world_fail(world, says, "expected that the refusal says \"%.*s\", but it says: %.*s", SHOW(says->text), SHOW(why));
    return !possible || same_possible(world, possible);
}

bool scenario_look(struct world *world, const struct scenario_step *step)
{
    if (step->kind == STEP_EXPECT)
        return look_expect(world, step);
    if (step->kind == STEP_REFUSED)
        return look_refused(world, step);
    if (step->kind == STEP_OPENED)
        return look_opened(world, step);
    if (step->kind == STEP_SHORT)
        return look_short(world, step);
    bool parked = world->unchecked && world->answer.kind == MESSAGE_PARKED;
    world->unchecked = false;
    return parked || world_fail(world, step->node, "expected that the event before waits for its case, but it was %s.",
                                world->has_sent ? message_kind_name(world->answer.kind) : "never sent");
}
