/* core_world: a small district, its calendar, and one case that events are sent to, for tests of the core.
 *
 *     district (supervisor sun, holds below)                 centre: the terminal mediation centre, serves the district
 *     ├── jinnong (community)        mediator chen
 *     │   ├── jinnong/grid-3         mediator mei, grid-worker gao
 *     │   │   ├── building-7         mediators li, wang, wu
 *     │   │   └── building-8         closed, building-7 took it over
 *     │   └── jinnong/grid-4         grid-worker han
 *     ├── east (community)           mediator ou
 *     │   └── east/building-1        mediator lu               (there is no grid in between)
 *     └── centre                     mediator zhou
 *
 * A test says what happens and what must come of it:
 *     give_text(&w, "reason", "…"); applied(&w, "raise", "li"); stands(&w, "consent", "grid", "jinnong/grid-3"); */
#ifndef STAIRCASE_TEST_CORE_WORLD_H
#define STAIRCASE_TEST_CORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/advance.h"
#include "engine/directory_make.h"
#include "tests/unit/calendars.h"

#define T(literal) {literal, sizeof(literal) - 1}
#define NO_TITLE {{NULL, 0}, {NULL, 0}}
#define EMPTY {NULL, 0}

enum { L_BUILDING, L_GRID, L_COMMUNITY, L_CENTRE, L_DISTRICT };
enum { R_MEDIATOR, R_GRID_WORKER, R_SUPERVISOR };
enum { U_DISTRICT, U_JINNONG, U_GRID3, U_B7, U_B8, U_GRID4, U_EAST, U_EAST_B1, U_CENTRE };
enum { P_LI, P_WANG, P_WU, P_MEI, P_GAO, P_HAN, P_CHEN, P_ZHOU, P_SUN, P_LU, P_OU };

static const struct part_level world_levels[] = {
    {T("building"), NO_TITLE}, {T("grid"), NO_TITLE}, {T("community"), NO_TITLE}, {T("centre"), NO_TITLE}, {T("district"), NO_TITLE},
};
static const struct part_role world_roles[] = {
    {T("mediator"), NO_TITLE, REACH_HERE}, {T("grid-worker"), NO_TITLE, REACH_HERE}, {T("supervisor"), NO_TITLE, REACH_BELOW},
};
static const struct part_unit world_units[] = {
    [U_DISTRICT] = {1, T("district"), NO_TITLE, L_DISTRICT, NONE, T("cn-statutory"), T("江北"), NONE},
    [U_JINNONG] = {2, T("jinnong"), NO_TITLE, L_COMMUNITY, U_DISTRICT, EMPTY, T("金农"), NONE},
    [U_GRID3] = {3, T("jinnong/grid-3"), NO_TITLE, L_GRID, U_JINNONG, EMPTY, EMPTY, NONE},
    [U_B7] = {4, T("jinnong/grid-3/building-7"), NO_TITLE, L_BUILDING, U_GRID3, EMPTY, EMPTY, NONE},
    [U_B8] = {5, T("jinnong/grid-3/building-8"), NO_TITLE, L_BUILDING, U_GRID3, EMPTY, EMPTY, U_B7},
    [U_GRID4] = {6, T("jinnong/grid-4"), NO_TITLE, L_GRID, U_JINNONG, EMPTY, EMPTY, NONE},
    [U_EAST] = {7, T("east"), NO_TITLE, L_COMMUNITY, U_DISTRICT, EMPTY, EMPTY, NONE},
    [U_EAST_B1] = {8, T("east/building-1"), NO_TITLE, L_BUILDING, U_EAST, EMPTY, EMPTY, NONE},
    [U_CENTRE] = {9, T("centre"), NO_TITLE, L_CENTRE, U_DISTRICT, EMPTY, EMPTY, NONE},
};
static const struct part_serve world_serves[] = {{U_DISTRICT, U_CENTRE}};
static const struct part_person world_people[] = {
    [P_LI] = {T("li"), EMPTY},   [P_WANG] = {T("wang"), EMPTY}, [P_WU] = {T("wu"), EMPTY},     [P_MEI] = {T("mei"), EMPTY},
    [P_GAO] = {T("gao"), EMPTY}, [P_HAN] = {T("han"), EMPTY},   [P_CHEN] = {T("chen"), EMPTY}, [P_ZHOU] = {T("zhou"), EMPTY},
    [P_SUN] = {T("sun"), EMPTY}, [P_LU] = {T("lu"), EMPTY},     [P_OU] = {T("ou"), EMPTY},
};
static const struct part_hold world_holds[] = {
    {P_LI, R_MEDIATOR, U_B7, NONE, NONE, NONE},      {P_WANG, R_MEDIATOR, U_B7, NONE, NONE, NONE},     {P_WU, R_MEDIATOR, U_B7, NONE, NONE, NONE},
    {P_MEI, R_MEDIATOR, U_GRID3, NONE, NONE, NONE},  {P_GAO, R_GRID_WORKER, U_GRID3, NONE, NONE, NONE}, {P_HAN, R_GRID_WORKER, U_GRID4, NONE, NONE, NONE},
    {P_CHEN, R_MEDIATOR, U_JINNONG, NONE, NONE, NONE}, {P_ZHOU, R_MEDIATOR, U_CENTRE, NONE, NONE, NONE}, {P_SUN, R_SUPERVISOR, U_DISTRICT, NONE, NONE, NONE},
    {P_LU, R_MEDIATOR, U_EAST_B1, NONE, NONE, NONE}, {P_OU, R_MEDIATOR, U_EAST, NONE, NONE, NONE},
};

enum { GIVEN_MOST = 32 };

struct world {
    struct arena arena;
    struct directory directory;
    struct calendar *calendar;
    const struct calendar *calendars[1];
    const struct workflow *workflow;
    const struct case_state *state; /* the case as it stands; NULL before it is opened */
    struct decision decision;       /* the last one */
    int64_t now;
    uint64_t position;              /* of the next event */
    bool explain, held;
    struct field_value given[GIVEN_MOST]; /* for the next event */
    uint32_t given_count;
    const char *on_behalf;                /* of the next event */
};

static inline int64_t at_time(const struct world *w, const char *text)
{
    int64_t time;
    assert_true(calendar_parse(w->calendar, text_of(text), &time));
    return time;
}

static inline void world_begin(struct world *w)
{
    *w = (struct world){.position = 100};
    arena_init(&w->arena);
    struct directory_parts parts = {
        .name = T("district"), .version = 1, .levels = world_levels, .roles = world_roles, .units = world_units,
        .serves = world_serves, .people = world_people, .holds = world_holds, .level_count = COUNT_OF(world_levels),
        .role_count = COUNT_OF(world_roles), .unit_count = COUNT_OF(world_units), .serve_count = COUNT_OF(world_serves),
        .person_count = COUNT_OF(world_people), .hold_count = COUNT_OF(world_holds),
    };
    directory_make(&w->arena, &parts, &w->directory);
    w->calendar = calendar_china(&w->arena);
    w->calendar->position = 2;
    w->calendars[0] = w->calendar;
    w->now = at_time(w, "2026-03-02 09:00"); /* a Monday */
}

static inline void world_end(struct world *w)
{
    arena_close(&w->arena);
}

/* ---- fields of the next event, kept sorted by name as an event's are ---- */

static inline void give(struct world *w, const char *name, struct value value)
{
    uint32_t at = w->given_count++;
    assert_true(at < GIVEN_MOST);
    for (; at > 0 && text_compare(w->given[at - 1].name, text_of(name)) > 0; at--)
        w->given[at] = w->given[at - 1];
    w->given[at] = (struct field_value){text_of(name), value};
}

static inline void give_text(struct world *w, const char *name, const char *text)
{
    give(w, name, value_text(text_of(text)));
}

static inline void give_true(struct world *w, const char *name, bool yes)
{
    give(w, name, value_boolean(yes));
}

/* People separated by spaces. */
static inline struct value people_value(struct world *w, const char *words)
{
    struct value *items = ARENA_ARRAY(&w->arena, struct value, 16);
    uint32_t count = 0;
    while (*words) {
        size_t size = strcspn(words, " ");
        items[count++] = value_text((struct text){words, size});
        words += size + (words[size] == ' ');
    }
    return (struct value){.kind = VALUE_LIST, .count = count, .items = items};
}

static inline void give_people(struct world *w, const char *name, const char *words)
{
    give(w, name, people_value(w, words));
}

/* ---- deciding ---- */

static inline struct advance_input world_input(const struct world *w, const struct event *event)
{
    return (struct advance_input){
        .workflow = w->workflow, .directory = &w->directory, .calendars = w->calendars, .calendar_count = 1, .before = w->state,
        .event = event, .now = w->now, .position = w->position, .sequence = 15, .explain = w->explain,
    };
}

/* Decides; an applied event becomes the case. The case before must not have been changed: it is compared with a copy. */
static inline enum err decide(struct world *w, struct event event)
{
    static const char id[ID_SIZE + 1] = "0123456789abcdef";
    if (event.kind <= EVENT_RETRY)
        event.id = (struct text){id, ID_SIZE};
    if (w->given_count) {
        struct field_value *data = ARENA_ARRAY(&w->arena, struct field_value, w->given_count);
        memcpy(data, w->given, w->given_count * sizeof *data);
        event.data = data;
        event.data_count = w->given_count;
    }
    if (w->on_behalf)
        event.on_behalf = text_of(w->on_behalf);
    struct advance_input input = world_input(w, &event);
    advance(&input, &w->arena, &w->decision);
    w->given_count = 0;
    w->on_behalf = NULL;
    assert_true((w->decision.code == ERR_OK) == (w->decision.after != NULL));
    if (w->decision.code == ERR_OK) {
        assert_true(case_fits(w->decision.after, w->workflow));
        w->state = w->decision.after;
        w->position++;
    } else {
        assert_int_not_equal(w->decision.why.size, 0);
        assert_int_equal(w->decision.effect_count, 0);
    }
    return w->decision.code;
}

static inline void fail_unapplied(struct world *w, const char *what)
{
    if (w->decision.code != ERR_OK)
        fail_msg("%s: %s: %.*s", what, err_name(w->decision.code), (int)w->decision.why.size, w->decision.why.data);
}

static inline enum err open_at(struct world *w, const char *unit, const char *as)
{
    static const char key[ID_SIZE + 1] = "KEYKEYKEYKEYKEYK";
    w->state = NULL;
    return decide(w, (struct event){.kind = EVENT_OPEN, .key = {key, ID_SIZE}, .unit = text_of(unit), .as = text_of(as), .held = w->held});
}

static inline void opened(struct world *w, const char *unit, const char *as)
{
    open_at(w, unit, as);
    fail_unapplied(w, "open");
}

static inline enum err send_as(struct world *w, const char *name, const char *as)
{
    return decide(w, (struct event){.kind = EVENT_SEND, .name = text_of(name), .as = text_of(as)});
}

static inline void applied(struct world *w, const char *name, const char *as)
{
    send_as(w, name, as);
    fail_unapplied(w, name);
}

/* Refused with that code, and `why` contains these words. */
static inline void refused(struct world *w, const char *name, const char *as, enum err code, const char *words)
{
    enum err got = send_as(w, name, as);
    const char *why = arena_string(&w->arena, w->decision.why);
    if (got != code || !strstr(why, words))
        fail_msg("%s by %s: %s: %s (wanted %s: %s)", name, as, err_name(got), why, err_name(code), words);
}

/* ---- time ---- */

static inline enum err fire(struct world *w, const struct case_clock *clock)
{
    return decide(w, (struct event){.kind = EVENT_DUE, .clock_kind = clock->kind, .clock_which = clock->which, .due = clock->due});
}

/* Time passes: what falls due on the way fires, oldest first, as the engine does it, a millisecond late. */
static inline void wait_until(struct world *w, const char *time)
{
    int64_t end = at_time(w, time);
    const struct case_clock *clock;
    while ((clock = case_due_before(w->state, end))) {
        w->now = clock->due + 1 > w->now ? clock->due + 1 : w->now;
        assert_int_equal(fire(w, clock), ERR_OK);
    }
    w->now = end;
}

static inline void due_is(struct world *w, const char *time)
{
    struct text due = calendar_print(w->calendar, &w->arena, case_due(w->state));
    if (!text_is(due, time))
        fail_msg("due %.*s, wanted %s", (int)due.size, due.data, time);
}

/* ---- looking ---- */

static inline const char *unit_of(const struct world *w, uint32_t id)
{
    return directory_unit_path(&w->directory, directory_unit_by_id(&w->directory, id));
}

static inline void stands(const struct world *w, const char *stage, const char *level, const char *unit)
{
    assert_string_equal(workflow_stage_name(w->workflow, w->state->stage), stage);
    assert_string_equal(workflow_level_name(w->workflow, w->state->level), level);
    assert_string_equal(unit_of(w, w->state->unit), unit);
    assert_int_equal(w->state->end, NONE);
}

static inline void has_ended(const struct world *w, const char *end)
{
    assert_true(w->state->flags & CASE_ENDED);
    assert_string_equal(workflow_end_name(w->workflow, w->state->end), end);
    assert_int_equal(w->state->clock_count, 0);
    assert_int_equal(w->state->task_count, 0);
    assert_int_equal(w->state->part_count, 0);
}

static inline uint32_t effects_of(const struct world *w, enum effect_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->decision.effect_count; i++)
        count += w->decision.effects[i].kind == kind;
    return count;
}

/* The first effect of that kind; for notices, of that notice (pass 0 for other kinds). NULL: none. */
static inline const struct effect *effect_of(const struct world *w, enum effect_kind kind, enum notice_kind notice)
{
    for (uint32_t i = 0; i < w->decision.effect_count; i++)
        if (w->decision.effects[i].kind == kind && (kind != EFFECT_NOTICE || w->decision.effects[i].notice == notice))
            return &w->decision.effects[i];
    return NULL;
}

/* The last decision told exactly these (separated by spaces, ascending) that; "" : nobody was. */
static inline void told(struct world *w, enum notice_kind notice, const char *names)
{
    const struct effect *effect = effect_of(w, EFFECT_NOTICE, notice);
    struct text all = {0};
    for (uint32_t i = 0; effect && i < effect->who_count; i++)
        all = arena_print(&w->arena, "%.*s%s%.*s", (int)all.size, all.data, i ? " " : "", (int)effect->who[i].size, effect->who[i].data);
    assert_string_equal(arena_string(&w->arena, all), names);
}

static inline const struct value *field_of(const struct world *w, const char *name)
{
    int32_t row = workflow_find_field(w->workflow, text_of(name));
    assert_int_not_equal(row, NONE);
    return &w->state->data[row];
}

/* The trace of the last decision has a line with these words. */
static inline void explained(struct world *w, const char *words)
{
    for (uint32_t i = 0; i < w->decision.trace_count; i++)
        if (strstr(arena_string(&w->arena, w->decision.trace[i].words), words))
            return;
    for (uint32_t i = 0; i < w->decision.trace_count; i++)
        print_message("%.*s\n", (int)w->decision.trace[i].words.size, w->decision.trace[i].words.data);
    fail_msg("the trace does not say: %s", words);
}

/* From now on the same calendar with one more day off counts. */
static inline void another_calendar(struct world *w, int32_t day_off)
{
    struct calendar *newer = calendar_china(&w->arena);
    const struct calendar_day *days = newer->table[CALENDAR_DAYS].rows;
    int32_t count = newer->table[CALENDAR_DAYS].count, at = 0;
    struct calendar_day *more = ARENA_ARRAY(&w->arena, struct calendar_day, (size_t)count + 1);
    for (int32_t i = 0; i < count; i++) {
        if (at == i && days[i].date > day_off)
            more[at++] = (struct calendar_day){.date = day_off};
        more[at++] = days[i];
    }
    newer->table[CALENDAR_DAYS] = (struct table){more, at};
    calendar_bind(newer);
    newer->position = 50;
    w->calendar = newer;
    w->calendars[0] = newer;
}

#endif
