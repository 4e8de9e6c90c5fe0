/* scenario_calendar: steps that look at what the calendar did: cases that it opened, years that fell short. See scenario_inner.h. */
#include "engine/scenario_inner.h"

#include <assert.h>

#define SHOW(text) (int)(text).size, (text).data

/* Every record since the last step that acted, one after the other. */
struct since {
    struct world *world;
    struct view view;
    uint64_t position;
    struct log_record record;
};

static struct since since_begin(struct world *world)
{
    struct since since = {.world = world, .view = {.engine = world->engine, .seal = world->seal, .arena = world->arena}, .position = world->acted};
    enum err code = view_begin(&since.view);
    assert(code == ERR_OK);
    return since;
}

static bool since_next(struct since *since)
{
    if (since->position >= engine_position(since->world->engine)) {
        view_end(&since->view);
        return false;
    }
    enum err code = view_record(&since->view, ++since->position, &since->record);
    assert(code == ERR_OK);
    return true;
}

/* ---- opened ---- */

static bool has_name(const struct world *world, struct text key)
{
    for (const struct world_case *one = world->cases; one; one = one->next)
        if (memcmp(one->key, key.data, ID_SIZE) == 0)
            return true;
    return false;
}

static bool fits(const struct scenario_step *step, const struct event *event)
{
    int32_t day;
    if (step->at && civil_parse(step->at->text, &day) && day != event->run)
        return false;
    return (step->unit.size == 0 || text_equal(step->unit, event->unit)) && (step->workflow.size == 0 || text_equal(step->workflow, event->workflow));
}

static struct text opening_words(struct arena *arena, struct text list, const struct event *event)
{
    return arena_print(arena, "%.*s%s%.*s at %.*s for %.*s", SHOW(list), list.size ? "; " : "", SHOW(event->workflow), SHOW(event->unit),
                       SHOW(event->run ? civil_print(arena, event->run) : arena_print(arena, "%d", event->year)));
}

static bool look_count(struct world *world, const struct scenario_step *step, uint32_t count, struct text list)
{
    struct text wanted = step->node->text, found = count ? arena_print(world->arena, "%u", count) : TEXT("none");
    if (text_equal(wanted, found) || (count == 0 && text_is(wanted, "0")))
        return true;
    return world_fail(world, step->node, "opened by the calendar: expected %.*s, it is %.*s%s%.*s.", SHOW(wanted), SHOW(found), count ? ": " : "", SHOW(list));
}

bool look_opened(struct world *world, const struct scenario_step *step)
{
    struct since since = since_begin(world);
    struct text list = {0}, key = {0};
    uint32_t count = 0, fitting = 0;
    while (since_next(&since)) {
        const struct event *event = &since.record.event;
        if (event->kind != EVENT_OPEN || !event_by_calendar(event))
            continue;
        list = opening_words(world->arena, list, event);
        count++;
        if (step->node->kind != NODE_MAP || !fits(step, event) || has_name(world, event->key))
            continue;
        key = fitting++ == 0 ? arena_copy(world->arena, event->key) : key;
    }
    if (step->node->kind != NODE_MAP)
        return look_count(world, step, count, list);
    if (fitting != 1)
        return world_fail(world, step->node, "expected one such case that the calendar opened and that has no name yet, there are %u. Opened were: %.*s.", fitting,
                          SHOW(count ? list : TEXT("none")));
    world->current = world_add_case(world, step->case_name);
    memcpy(world->current->key, key.data, ID_SIZE);
    return true;
}

/* ---- short ---- */

static bool is_listed(const struct node *node, struct text unit)
{
    if (node->kind == NODE_SCALAR)
        return text_equal(node->text, unit);
    for (node_each(item, node))
        if (text_equal(item->text, unit))
            return true;
    return false;
}

bool look_short(struct world *world, const struct scenario_step *step)
{
    struct since since = since_begin(world);
    struct text list = {0};
    uint32_t found = 0, wanted = step->node->kind == NODE_LIST ? step->node->count : !node_is(step->node, "none");
    bool good = true;
    while (since_next(&since)) {
        const struct event *event = &since.record.event;
        if (event->kind != EVENT_QUOTA || event->year_count >= event->year_least)
            continue;
        found++;
        good = good && is_listed(step->node, event->unit);
        list = arena_print(world->arena, "%.*s%s%.*s (%u of %u in %d)", SHOW(list), list.size ? ", " : "", SHOW(event->unit), event->year_count,
                           event->year_least, event->year);
    }
    return (good && found == wanted) || world_fail(world, step->node, "short of their quota were: %.*s.", SHOW(found ? list : TEXT("none")));
}
