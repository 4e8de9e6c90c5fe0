/* drawn_yaml: a drawn workflow as a supervisor would have written it. See drawn.h. */
#include "tests/simulate/drawn.h"

#include "tests/simulate/model_inner.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const levels[] = {"building", "grid", "community", "centre"};

struct paper {
    char *text;
    size_t size, room;
};

static void put(struct paper *paper, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct paper *paper, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(paper->text + paper->size, paper->room - paper->size, format, arguments);
    va_end(arguments);
    paper->size += size > 0 && (size_t)size < paper->room - paper->size ? (size_t)size : 0;
}

/* ---- lists ---- */

static void put_levels(struct paper *paper, unsigned ladder)
{
    const char *comma = "";
    put(paper, "[");
    for (int i = 0; i < DRAWN_LEVELS; i++)
        if (ladder & 1u << i) {
            put(paper, "%s%s", comma, levels[i]);
            comma = ", ";
        }
    put(paper, "]");
}

static void put_people(struct paper *paper, unsigned who)
{
    static const struct {
        unsigned who;
        const char *name;
    } names[] = {{BY_APPLICANT, "applicant"}, {BY_WORKER, "worker"}, {BY_RESIDENT, "resident"}, {BY_MEDIATOR, "mediator"},
                 {BY_GRID_WORKER, "grid-worker"}, {BY_SUPERVISOR, "supervisor"}, {BY_CLERK, "community-clerk"}};
    const char *comma = "";
    put(paper, "[");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (who & names[i].who) {
            put(paper, "%s%s", comma, names[i].name);
            comma = ", ";
        }
    put(paper, "]");
}

/* ---- outcomes, without their braces ---- */

static void put_outcome(struct paper *paper, const struct drawn_outcome *outcome)
{
    switch (outcome->move) {
    case DRAWN_STAY: put(paper, "stay: true"); return;
    case DRAWN_END: put(paper, "end: end-%d", outcome->to); return;
    case DRAWN_UP:
    case DRAWN_DOWN:
        put(paper, "climb: %s", outcome->move == DRAWN_UP ? "up" : "down");
        if (outcome->to != NOWHERE)
            put(paper, ", to: s%d", outcome->to);
        return;
    case DRAWN_GO:
        put(paper, "go: s%d", outcome->to);
        if (outcome->level != NOWHERE)
            put(paper, ", level: %s", outcome->level == DRAWN_KEEP ? "keep" : levels[outcome->level]);
    }
}

static void put_condition(struct paper *paper, const struct drawn_way *way, const char *event)
{
    switch (way->when) {
    case DRAWN_ALWAYS: put(paper, "{}"); return;
    case DRAWN_FLAG: put(paper, "{flag: true}"); return;
    case DRAWN_LARGE: put(paper, "{size: large}"); return;
    case DRAWN_OFTEN: put(paper, "{count: {event: %s, least: %d}}", event, way->value); return;
    case DRAWN_AT_LEVEL: put(paper, "{level: %s}", levels[way->value]); return;
    }
}

static void put_choice(struct paper *paper, const struct drawn_choice *choice, const char *event)
{
    if (choice->way_count == 0) {
        put_outcome(paper, &choice->last);
        return;
    }
    put(paper, "choose: [");
    for (int i = 0; i < choice->way_count; i++) {
        put(paper, "{when: ");
        put_condition(paper, &choice->ways[i], event);
        put(paper, ", ");
        put_outcome(paper, &choice->ways[i].outcome);
        put(paper, "}, ");
    }
    put(paper, "{");
    put_outcome(paper, &choice->last);
    put(paper, "}]");
}

/* ---- events ---- */

static void put_by(struct paper *paper, const struct drawn_event *event)
{
    put(paper, "by: ");
    if (event->several == 0) {
        put_people(paper, event->who);
        return;
    }
    if (event->several == DRAWN_EACH)
        put(paper, "{each: ");
    else
        put(paper, "{at-least: %d, of: ", event->several);
    put_people(paper, event->who);
    put(paper, "}");
}

static void put_event(struct paper *paper, int stage, int number, const struct drawn_event *event)
{
    char name[16];
    snprintf(name, sizeof name, "s%d-e%d", stage, number);
    put(paper, "      %s: {", name);
    put_by(paper, event);
    if (event->flag || event->words)
        put(paper, ", needs: [%s%s%s]", event->flag ? "flag" : "", event->flag && event->words ? ", " : "", event->words ? "words" : "");
    if (event->size)
        put(paper, ", may: [size]");
    if (event->levels) {
        put(paper, ", when: {level: ");
        put_levels(paper, event->levels);
        put(paper, "}");
    }
    if (event->most)
        put(paper, ", most: %d", event->most);
    if (event->sets_large)
        put(paper, ", set: {size: large}");
    if (event->tells_archive)
        put(paper, ", notify: {worker: archive, text: {zh: 知会, en: Told}}");
    put(paper, ", ");
    put_choice(paper, &event->choice, name);
    put(paper, "}\n");
}

/* ---- stages ---- */

static void put_limit(struct paper *paper, const struct drawn_stage *stage, int version)
{
    static const char *const units[] = {"", "days", "working days", "working hours", "hours", "month"};
    if (stage->unit == DRAWN_NO_LIMIT)
        return;
    if (stage->centre_days)
        put(paper, "    within: {per: level, limits: {centre: %d days, any: %d %s}}\n", stage->centre_days, stage->limit[version - 1], units[stage->unit]);
    else
        put(paper, "    within: %d %s\n", stage->limit[version - 1], units[stage->unit]);
}

static void put_stage(struct paper *paper, int number, int version)
{
    const struct drawn_stage *stage = &drawn.stages[number];
    put(paper, "  s%d:\n", number);
    if (stage->ladder) {
        put(paper, "    ladder: ");
        put_levels(paper, stage->ladder);
        put(paper, "\n");
    } else {
        put(paper, "    at: %s\n", levels[stage->at]);
    }
    put_limit(paper, stage, version);
    if (stage->warns)
        put(paper, "    warn: 1 working day\n");
    if (stage->extend)
        put(paper, "    extend: {by: [supervisor, applicant], add: %d working days, most: 2}\n", stage->extend);
    if (stage->task && stage->topic)
        put(paper, "    task: {for: %s, worker: %s}\n", stage->task, stage->topic);
    else if (stage->task)
        put(paper, "    task: {for: %s}\n", stage->task);
    if (stage->reminds)
        put(paper, "    remind: {who: supervisor, every: 2 working days, after: entry}\n");
    put(paper, "    events:\n");
    for (int i = 0; i < stage->event_count; i++)
        put_event(paper, number, i, &stage->events[i]);
    if (stage->follows) {
        put(paper, "    overdue: {");
        put_choice(paper, &stage->overdue, "");
        put(paper, "}\n");
    }
    const struct {
        const char *name;
        bool has;
        const struct drawn_outcome *outcome;
    } beyond[] = {{"top", stage->has_top, &stage->top}, {"bottom", stage->has_bottom, &stage->bottom}};
    for (int i = 0; i < 2; i++)
        if (beyond[i].has) {
            put(paper, "    %s: {", beyond[i].name);
            put_outcome(paper, beyond[i].outcome);
            put(paper, "}\n");
        }
}

/* ---- the file ---- */

/* Only what is used may be declared. */
static bool uses_end(const struct drawn_outcome *outcome, int end)
{
    return outcome->move == DRAWN_END && outcome->to == end;
}

static bool is_end_used(int end)
{
    const struct drawn_choice *choice;
    for (int i = 0; (choice = drawn_choice(i)); i++) {
        bool used = uses_end(&choice->last, end);
        for (int w = 0; w < choice->way_count; w++)
            used = used || uses_end(&choice->ways[w].outcome, end);
        if (used)
            return true;
    }
    for (int i = 0; i < drawn.stage_count; i++) {
        const struct drawn_stage *stage = &drawn.stages[i];
        if ((stage->has_top && uses_end(&stage->top, end)) || (stage->has_bottom && uses_end(&stage->bottom, end)))
            return true;
    }
    return false;
}

static bool any_event(bool (*has)(const struct drawn_event *event))
{
    for (int i = 0; i < drawn.stage_count; i++)
        for (int e = 0; e < drawn.stages[i].event_count; e++)
            if (has(&drawn.stages[i].events[e]))
                return true;
    return false;
}

static bool has_flag(const struct drawn_event *event)
{
    return event->flag;
}

static bool has_words(const struct drawn_event *event)
{
    return event->words;
}

struct text drawn_yaml(struct arena *arena, int version)
{
    struct paper paper = {.text = arena_take(arena, 16384), .room = 16384};
    put(&paper, "workflow: drawn\nversion: %d\nlate: %s\n%s", version, drawn.late[version - 1], drawn.reference ? "reference: \"{unit}随〔{year}〕{number}号\"\n" : "");
    put(&paper, "opens: {by: ");
    put_people(&paper, drawn.opened_by);
    put(&paper, ", at: [building, grid%s], needs: [applicant], may: [size]}\n", drawn.at_community ? ", community" : "");
    put(&paper, "data:\n  applicant: {type: people, least: 1, most: 3}\n  size: {type: choice, of: [small, large]}\n%s%s",
        any_event(has_flag) ? "  flag: {type: boolean}\n" : "", any_event(has_words) ? "  words: {type: text, most: 200, sees: [mediator, opener]}\n" : "");
    put(&paper, "start: {");
    put_choice(&paper, &drawn.start, "");
    put(&paper, "}\nstages:\n");
    for (int i = 0; i < drawn.stage_count; i++)
        put_stage(&paper, i, version);
    put(&paper, "%sends:\n", drawn.tells ? "tells: [applicant]\n" : "");
    for (int i = 0; i < DRAWN_ENDS; i++)
        if (is_end_used(i))
            put(&paper, "  end-%d: {title: {zh: 结%d, en: End %d}}\n", i, i, i);
    return (struct text){paper.text, paper.size};
}
