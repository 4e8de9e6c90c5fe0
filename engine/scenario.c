/* scenario: the run of one scenario, top to bottom. See scenario.h. */
#include "engine/scenario_inner.h"

#include <assert.h>
#include <unistd.h>

#define SHOW(text) (int)(text).size, (text).data

/* ---- what is deployed ---- */

const char *world_path(struct world *world, struct text file)
{
    const char *path = world->scenario->path, *slash = strrchr(path, '/');
    if (file.size && file.data[0] == '/')
        return arena_string(world->arena, file);
    return arena_print(world->arena, "%.*s%.*s", slash ? (int)(slash - path + 1) : 0, path, SHOW(file)).data;
}

/* A form of the kind that is wanted there; NULL: failure says why not. */
static const struct shelf_form *get_form(struct world *world, struct scenario_shelf *shelf, const char *path, const struct node *at,
                                         enum source_kind kind)
{
    const struct shelf_form *form = shelf_get(shelf, path);
    struct place start = {1, 1};
    const struct node top = {.place = start};
    if (form->mistakes.size) {
        struct text mistakes = shelf_tell(shelf, form);
        const char *end = mistakes.size && mistakes.data[mistakes.size - 1] != '\n' ? "\n" : "";
        world_fail(world, at ? at : &top, "%s cannot be used%s", path, mistakes.size ? ":" : ", as was said above.");
        world->failure = arena_print(world->arena, "%.*s%.*s%s", SHOW(world->failure), SHOW(mistakes), end);
        return NULL;
    }
    if (form->source.kind != kind) {
        world_fail(world, at ? at : &top, "%s is a %s; a %s is needed here.", path, source_kind_name(form->source.kind),
                   source_kind_name(kind));
        return NULL;
    }
    return form;
}

/* `workflows/w/workflow.yaml` for `workflows/w/scenarios/01.yaml`. */
static const char *path_above(struct world *world, const char *file)
{
    const char *path = world->scenario->path, *slash = strrchr(path, '/'), *before = slash;
    while (before && before > path && before[-1] != '/')
        before--;
    bool named = before && before < slash && *before != '.'; /* a folder with a name of its own: not `.` or `..` */
    if (!named)
        return world_path(world, text_of(arena_print(world->arena, "../%s", file).data));
    return arena_print(world->arena, "%.*s%s", (int)(before - path), path, file).data;
}

/* workflow.yaml beside the scenario, else in the folder above it. */
static const char *default_workflow(struct world *world)
{
    const char *beside = world_path(world, TEXT("workflow.yaml"));
    return access(beside, R_OK) == 0 ? beside : path_above(world, "workflow.yaml");
}

static bool get_workflows(struct world *world, struct scenario_shelf *shelf)
{
    const struct scenario *scenario = world->scenario;
    uint32_t count = scenario->workflow_count ? scenario->workflow_count : 1;
    const struct shelf_form **forms = ARENA_ARRAY(world->arena, const struct shelf_form *, count);
    bool good = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct node *node = scenario->workflow_count ? scenario->workflows[i] : NULL;
        const char *path = node ? world_path(world, node->text) : default_workflow(world);
        forms[i] = get_form(world, shelf, path, node, SOURCE_WORKFLOW);
        good = forms[i] && good;
    }
    world->workflows = forms;
    world->workflow_count = count;
    if (good && count == 1)
        world->workflow = forms[0]->source.name;
    return good;
}

static bool begin_time(struct world *world, const struct shelf_form *calendar)
{
    const struct node *now = world->scenario->now;
    return calendar_parse(&calendar->source.calendar, now->text, &world->now) ||
           world_fail(world, now, "now: found %s; allowed is a local time such as 2026-09-24 09:00.", node_found(world->arena, now));
}

static bool deploy(struct world *world, const struct shelf_form *form)
{
    struct place start = {1, 1};
    const struct node top = {.place = start};
    world_deploy(world, form);
    bool refused = world->unchecked;
    world->unchecked = false;
    return !refused || world_fail(world, &top, "%s cannot be deployed: %.*s", form->path, SHOW(world->answer.why));
}

static bool deploy_all(struct world *world, struct scenario_shelf *shelf)
{
    const struct scenario *scenario = world->scenario;
    struct problems problems;
    problems_init(&problems, world->arena, scenario->path);
    const struct shelf_form *calendar = get_form(world, shelf,
                                                 scenario->calendar ? world_path(world, scenario->calendar->text) : SHELF_CALENDAR,
                                                 scenario->calendar, SOURCE_CALENDAR);
    const struct shelf_form *directory = get_form(world, shelf,
                                                  scenario->directory ? world_path(world, scenario->directory->text) : SHELF_DIRECTORY,
                                                  scenario->directory, SOURCE_DIRECTORY);
    if (!get_workflows(world, shelf) || !calendar || !directory)
        return false;
    directory = people_add(world->arena, directory, scenario, world->workflows, world->workflow_count, &problems);
    if (problems.errors) {
        world->failure = problems_print(&problems, world->arena);
        return false;
    }
    bool good = begin_time(world, calendar) && deploy(world, calendar) && deploy(world, directory);
    for (uint32_t i = 0; good && i < world->workflow_count; i++)
        good = deploy(world, world->workflows[i]);
    return good;
}

/* ---- the steps ---- */

/* Without its full stop: some sentences come from people's files, and some from the engine. */
static struct text text_unpointed(struct text text)
{
    if (text.size && text.data[text.size - 1] == '.')
        text.size--;
    return text;
}

static bool looks(const struct scenario_step *step)
{
    return step->kind >= STEP_EXPECT;
}

/* What was probably meant, and what is possible. */
static const char *refusal_hint(struct world *world)
{
    const struct message *answer = &world->answer, *sent = &world->sent;
    const struct directory *directory = engine_directory(world->engine);
    bool unit = answer->code == ERR_UNKNOWN_UNIT && directory;
    struct nearest nearest = nearest_to(unit ? sent->unit : sent->event);
    const char *possible = "";
    for (int32_t i = 0; unit && i < directory_unit_count(directory); i++)
        nearest_offer(&nearest, text_of(directory_unit_path(directory, i)));
    for (uint32_t i = 0; answer->possible.kind == VALUE_LIST && i < answer->possible.count; i++) {
        nearest_offer(&nearest, answer->possible.items[i].text);
        possible = arena_print(world->arena, "%s%s%.*s", possible, i ? ", " : "", SHOW(answer->possible.items[i].text)).data;
    }
    bool hint = unit || answer->code == ERR_UNKNOWN_EVENT;
    return arena_print(world->arena, "%s%s%s%s", hint ? nearest_hint(&nearest, world->arena) : "", *possible ? " Possible now: " : "", possible,
                       *possible ? "." : "").data;
}

/* A refusal that nobody looks at would hide everything after it. */
static bool answer_is_looked_at(struct world *world, const struct scenario_step *step, const struct scenario_step *next)
{
    if (!world->unchecked || (next && (next->kind == STEP_REFUSED || next->kind == STEP_PARKED)))
        return true;
    if (world->answer.kind == MESSAGE_PARKED)
        return world_fail(world, step->node,
                          "the event waits for its case, which is not open. If that is meant, the next step is `- parked`.");
    return world_fail(world, step->node, "it was refused as %s: %.*s.%s\n    If that is meant, the next step is `- refused: %s`.",
                      err_name(world->answer.code), SHOW(text_unpointed(world->answer.why)), refusal_hint(world), err_name(world->answer.code));
}

static bool run_steps(struct world *world, struct scenario_shelf *shelf, struct scenario_result *result)
{
    const struct scenario *scenario = world->scenario;
    for (uint32_t i = 0; i < scenario->step_count; i++) {
        const struct scenario_step *step = &scenario->steps[i], *next = i + 1 < scenario->step_count ? step + 1 : NULL;
        result->place = step->node->place;
        result->steps++;
        if (looks(step) ? !scenario_look(world, step) : !scenario_act(world, shelf, step) || !answer_is_looked_at(world, step, next))
            return false;
    }
    return true;
}

static void run(struct scenario_shelf *shelf, struct arena *arena, const struct scenario *scenario, struct scenario_result *result)
{
    struct world world;
    world_open(&world, arena, scenario);
    result->passed = deploy_all(&world, shelf) && run_steps(&world, shelf, result);
    if (!result->passed) {
        result->failure = world.failure;
        result->history = report_history(&world);
    }
    world_close(&world);
}

void scenario_run(struct scenario_shelf *shelf, struct arena *arena, const char *path, struct scenario_result *result)
{
    struct scenario scenario = {.path = path};
    struct problems problems;
    struct text source, why;
    *result = (struct scenario_result){.place = {1, 1}};
    if (source_load(arena, path, &source, &why) != ERR_OK) {
        result->failure = arena_print(arena, "%.*s\n", SHOW(why));
        return;
    }
    problems_init(&problems, arena, path);
    const struct node *root = yaml_load(arena, source, &problems);
    if (root)
        scenario_read(arena, root, &problems, &scenario);
    result->title = scenario.title;
    if (problems.errors) {
        result->failure = problems_print(&problems, arena);
        return;
    }
    run(shelf, arena, &scenario, result);
}
