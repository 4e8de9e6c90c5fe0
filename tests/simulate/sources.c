/* sources: see sources.h. */
#include "tests/simulate/sources.h"

#include "tests/simulate/drawn.h"
#include "tests/simulate/model.h"

#include <assert.h>
#include <stdio.h>

/* A newer version is an older text with some places changed: each is found exactly once. */
struct change {
    const char *from, *to;
};

enum { CHANGES_MOST = 6 };

/* A break is made longer, as on 2020-01-27, and offices close earlier; then shorter than it was announced first, and offices open earlier; and so on in
 * turn. model_calendar.c knows that too. */
#define LONGER(version)                                                                                                \
    {"config/calendar-cn.yaml",                                                                                        \
     {{"\nversion: 1\n", "\nversion: " version "\n"},                                                                  \
      {"14:00-18:00", "14:00-17:00"},                                                                                  \
      {"  2026:\n    working-days: 248", "  2026:\n    working-days: 246"},                                            \
      {"      - {date: 2026-04-04,", "      - {date: 2026-03-12, wd: 4, name: 临}\n      - {date: 2026-04-04,"},       \
      {"      - {date: 2026-09-25,", "      - {date: 2026-09-23, wd: 3, name: 临}\n      - {date: 2026-09-25,"}}}
#define SHORTER(version)                                                                                               \
    {"config/calendar-cn.yaml",                                                                                        \
     {{"\nversion: 1\n", "\nversion: " version "\n"},                                                                  \
      {"09:00-12:00", "08:00-12:00"},                                                                                  \
      {"  2026:\n    working-days: 248", "  2026:\n    working-days: 250"},                                            \
      {"      - {date: 2026-04-06, wd: 1, name: 清明节}\n", ""},                                                      \
      {"      - {date: 2026-10-07, wd: 3, name: 国庆节}\n", ""}}}

static const struct plan {
    const char *path;
    struct change changes[CHANGES_MOST];
} plans[SOURCE_FILES] = {
    [SOURCE_CALENDAR_1] = {.path = "config/calendar-cn.yaml"},
    [SOURCE_DIRECTORY_1] = {.path = "tests/simulate/directory.yaml"},
    [SOURCE_STAIRS_1] = {.path = "tests/simulate/stairs.yaml"},
    [SOURCE_WORKS_1] = {.path = "tests/simulate/works.yaml"},
    [SOURCE_BENCH] = {.path = "workflows/bench/workflow.yaml"},
    [SOURCE_DISPUTE] = {.path = "workflows/dispute-mediation/workflow.yaml"},
    [SOURCE_MATTER] = {.path = "workflows/grid-matter/workflow.yaml"},
    [SOURCE_FAMILY] = {.path = "tests/simulate/family.yaml"},
    [SOURCE_MEMBER] = {.path = "tests/simulate/member.yaml"},
    [SOURCE_COUNCIL] = {.path = "tests/simulate/council.yaml"},
    [SOURCE_ROUNDS] = {.path = "tests/simulate/rounds.yaml"},
    [SOURCE_CALENDAR_2] = LONGER("2"), [SOURCE_CALENDAR_3] = SHORTER("3"), [SOURCE_CALENDAR_4] = LONGER("4"), [SOURCE_CALENDAR_5] = SHORTER("5"),
    /* A house is closed and another one takes its cases over; a mediator leaves, somebody comes. */
    [SOURCE_DIRECTORY_2] = {"tests/simulate/directory.yaml",
                            {{"version: 1", "version: 2"},
                             {"title: 2号楼}", "title: 2号楼, successor: willow/grid-1/house-1}"},
                             {"{role: mediator, at: willow/grid-1/house-1}, {role: mediator, at: willow/grid-1/house-2}", "{role: mediator, at: willow/grid-1/house-1}"},
                             {"  house-3-m:", "  newcomer:  {name: 新, holds: [{role: mediator, at: willow/grid-1}, {role: grid-worker, at: east}]}\n  house-3-m:"}}},
    [SOURCE_STAIRS_2] = {"tests/simulate/stairs.yaml",
                         {{"version: 1", "version: 2"}, {"any: 2 working days", "any: 4 working days"}, {"within: 10 days", "within: 2 weeks"}, {"overdue: {end: refused}", "overdue: {climb: up, to: mediation}\n    top:     {go: keeping}"},
                          {"title: {zh: 台阶, en: Stairs}", "title: {zh: 台阶, en: Stairs}\nlate: refuse"}}},
    [SOURCE_WORKS_2] = {"tests/simulate/works.yaml",
                        {{"version: 1", "version: 2"}, {"done: 2 of 3", "done: all"}, {"within: 20 working hours", "within: 36 hours"}}},
    [SOURCE_COUNCIL_2] = {"tests/simulate/council.yaml",
                          {{"version: 1", "version: 2"}, {"[plain, 3 working days]", "[plain, 4 working days]"}, {"    within: 2 days", "    within: 3 days"}, {"limit:   25 days", "limit:   20 days"}}},
    [SOURCE_ROUNDS_2] = {"tests/simulate/rounds.yaml",
                         {{"version: 1", "version: 2"}, {"BYDAY=TU,SA", "BYDAY=MO,FR"}, {"day-off: next, missed: catch-up", "day-off: previous, missed: report"}}},
    [SOURCE_DIRECTORY_WRONG] = {"tests/simulate/directory.yaml", {{"{role: grid-worker, at: willow}]", "{role: grid-worker, at: willow}, {role: supervisor, at: east}]"}}},
};

/* Most that are drawn have a mistake (a stage that nothing leads to, a field that nothing looks at): those are thrown away. */
enum { DRAWS_MOST = 10000 };

static struct arena memory, drawn_memory;
static struct sim_source loaded[SOURCE_FILES];

static bool apply(const char *path, const struct change *change, struct text *text)
{
    char *whole = arena_string(&memory, *text), *at = strstr(whole, change->from);
    if (!at || strstr(at + 1, change->from)) {
        fprintf(stderr, "simulate: %s: '%s' is not there exactly once\n", path, change->from);
        return false;
    }
    size_t before = (size_t)(at - whole), from = strlen(change->from), to = strlen(change->to);
    char *changed = arena_take(&memory, text->size - from + to + 1);
    memcpy(changed, whole, before);
    memcpy(changed + before, change->to, to);
    memcpy(changed + before + to, at + from, text->size - before - from);
    *text = (struct text){changed, text->size - from + to};
    return true;
}

static bool load(const char *root, const struct plan *plan, struct sim_source *out)
{
    struct text why;
    struct problems problems;
    out->name = plan->path;
    if (source_load(&memory, arena_print(&memory, "%s/%s", root, plan->path).data, &out->text, &why)) {
        fprintf(stderr, "simulate: %.*s (set STAIRCASE_SOURCE to the repository)\n", (int)why.size, why.data);
        return false;
    }
    for (int i = 0; i < CHANGES_MOST && plan->changes[i].from; i++)
        if (!apply(plan->path, &plan->changes[i], &out->text))
            return false;
    if (source_read(&memory, plan->path, out->text, &problems, &out->source) == ERR_OK)
        return true;
    struct text list = problems_print(&problems, &memory);
    fprintf(stderr, "%.*s\n", (int)list.size, list.data);
    return false;
}

bool sources_load(const char *root)
{
    arena_init(&memory);
    arena_init(&drawn_memory);
    for (int i = 0; i < SOURCE_FILES; i++)
        if (plans[i].path && !load(root, &plans[i], &loaded[i]))
            return false;
    return true;
}

void sources_unload(void)
{
    arena_close(&memory);
    arena_close(&drawn_memory);
}

static bool read_drawn(enum source_name name, int version)
{
    struct problems problems;
    loaded[name] = (struct sim_source){.name = "drawn.yaml", .text = drawn_yaml(&drawn_memory, version)};
    return source_read(&drawn_memory, loaded[name].name, loaded[name].text, &problems, &loaded[name].source) == ERR_OK;
}

void sources_draw(uint64_t seed)
{
    struct dice dice = {seed * 0xd1342543de82ef95u + 0x7654321u};
    bool read = false;
    for (int i = 0; i < DRAWS_MOST && !read; i++) {
        arena_reset(&drawn_memory);
        drawn_throw(&dice);
        read = read_drawn(SOURCE_DRAWN_1, 1) && read_drawn(SOURCE_DRAWN_2, 2);
    }
    assert(read && "not one workflow of so many was without a mistake");
    model_learn_drawn();
}

const struct sim_source *source_of(enum source_name name)
{
    return &loaded[name];
}

const struct workflow *source_workflow(struct text name, uint32_t version)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (loaded[i].source.kind == SOURCE_WORKFLOW && text_equal(loaded[i].source.name, name) && loaded[i].source.version == version)
            return &loaded[i].source.workflow;
    return NULL;
}

const struct directory *source_directory(void)
{
    return &loaded[SOURCE_DIRECTORY_1].source.directory;
}
