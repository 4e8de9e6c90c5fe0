/* advance: see advance.h. The order of things is section 7 of the language; its numbers stand beside the code.
 *
 *     EVENT_OPEN       unit, level, by, fields, number, start
 *     EVENT_SEND       the language's own events (extend, claim, ...), or: find, may, fields, when, parts, outcome, tasks done
 *     EVENT_RELEASE    a held case goes live
 *     EVENT_ACCEPT, SETTLE, FAIL, RETRY               task_report.c
 *     EVENT_DUE, EVENT_RECOMPUTE                      due.c
 *     EVENT_COUNT                                     poll_count.c
 *     EVENT_CASE                                      kin_hear.c
 *     EVENT_MIGRATE                                   migrate.c */
#include "engine/clock.h"
#include "engine/condition.h"
#include "engine/due.h"
#include "engine/extend.h"
#include "engine/intake.h"
#include "engine/kin.h"
#include "engine/migrate.h"
#include "engine/notice.h"
#include "engine/number.h"
#include "engine/outcome.h"
#include "engine/part.h"
#include "engine/poll.h"
#include "engine/reopen.h"
#include "engine/retain.h"
#include "engine/sender.h"
#include "engine/stop.h"
#include "engine/task.h"

#include <assert.h>

int32_t advance_unit(const struct directory *directory, uint32_t id)
{
    int32_t unit = directory_unit_by_id(directory, id);
    /* Successors follow each other only so often: what a directory says in a circle leads nowhere. */
    for (int hop = 0; unit != NONE && directory_unit(directory, unit)->successor; hop++)
        unit = hop < DIRECTORY_DEPTH_MOST ? directory_unit_by_id(directory, (uint32_t)directory_unit(directory, unit)->successor) : NONE;
    return unit;
}

const struct calendar *advance_calendar(const struct advance_input *input, int32_t unit)
{
    const char *name = directory_unit_calendar(input->directory, unit);
    for (uint32_t i = 0; i < input->calendar_count; i++)
        if (strcmp(calendar_name(input->calendars[i]), name) == 0)
            return input->calendars[i];
    return NULL;
}

/* ---- opening ---- */

static bool find_home(struct step *step)
{
    const struct directory *directory = step->input.directory;
    struct text path = step->input.event->unit;
    int32_t unit = directory_find_unit(directory, path);
    if (unit == NONE)
        return step_refuse(step, ERR_UNKNOWN_UNIT, "there is no unit '%.*s'", SHOWN(path));
    const struct directory_unit *row = directory_unit(directory, unit);
    int32_t heir = row->successor ? advance_unit(directory, (uint32_t)row->id) : NONE;
    if (row->successor)
        return step_refuse(step, ERR_UNKNOWN_UNIT, "the unit '%.*s' is closed; '%s' has taken it over", SHOWN(path),
                           heir == NONE ? "none" : directory_unit_path(directory, heir));
    step->state->home_unit = step->state->unit = (uint32_t)row->id;
    return step_place(step);
}

static bool opens_here(struct step *step)
{
    const struct directory *directory = step->input.directory;
    struct span levels = workflow_head(step->workflow)->opens_at;
    const char *level = directory_level_name(directory, directory_unit(directory, step->unit)->level);
    struct text list = {0};
    for (int32_t i = 0; i < levels.count; i++) {
        const char *name = workflow_level_name(step->workflow, workflow_ref(step->workflow, levels.first + i));
        if (strcmp(name, level) == 0)
            return true;
    }
    for (int32_t i = 0; i < levels.count; i++)
        list = arena_print(step->arena, "%.*s%s%s", SHOWN(list), i ? ", " : "",
                           workflow_level_name(step->workflow, workflow_ref(step->workflow, levels.first + i)));
    return levels.count == 0 || step_refuse(step, ERR_BAD_DATA, "unit: %s is of the level %s; such a case is opened at: %.*s",
                                            directory_unit_path(directory, step->unit), level, SHOWN(list));
}

static void begin_case(struct step *step)
{
    const struct event *event = step->input.event;
    struct case_state *state = step->state;
    assert(event->key.size == ID_SIZE); /* the door lets no other in */
    state->partition = step->input.partition;
    state->id = step->input.position;
    memcpy(state->key, event->key.data, ID_SIZE);
    state->workflow = step->workflow->position;
    state->flags = event->held ? CASE_HELD : 0;
    state->opened_at = state->entered_at = step->input.now;
    state->data_count = (uint32_t)workflow_count(step->workflow, WORKFLOW_FIELDS);
    state->data = ARENA_ARRAY(step->arena, struct value, state->data_count);
}

static void give_number(struct step *step)
{
    struct text series = advance_series(&step->input, step->arena);
    if (series.size)
        step->state->number = number_in(step->arena, series, step->input.sequence);
}

/* A child is opened by the workflow of its parent, whoever sent the event that led to it; a run of a recurrence by the calendar, and so is what a quota
 * opens. */
static bool may_open(struct step *step, const struct workflow_head *head)
{
    const struct event *event = step->input.event;
    if (event_by_calendar(event))
        return true;
    if (!event->other.size && head->opens_by == NONE)
        return step_refuse(step, ERR_NOT_ALLOWED, "only the calendar opens such cases");
    if (!event->other.size)
        return sender_named(step) && sender_among(step, workflow_by(step->workflow, head->opens_by)->people);
    if (event->child)
        memcpy(step->state->parent, event->other.data, ID_SIZE);
    step->state->child = event->child;
    return true;
}

/* Which fields come with it: those that people are asked for, or those that a run of the calendar fills. */
static struct intake opening_fields(const struct step *step)
{
    const struct workflow_head *head = workflow_head(step->workflow);
    if (!step->input.event->run)
        return (struct intake){.needs = head->opens_needs, .may = head->opens_may};
    const struct workflow_recurs *recurs = workflow_recurs(step->workflow);
    return (struct intake){.may = recurs ? recurs->sets : (struct span){0}};
}

/* Runs that were not opened while the engine was down: the supervisor hears which. */
static void tell_missed(struct step *step)
{
    const struct event *event = step->input.event;
    if (event->missed == 0)
        return;
    struct text from = civil_print(step->arena, event->missed_from);
    notice_to_owners(step, NOTICE_TEXT, NULL,
                     (struct notice_words){arena_print(step->arena, "有 %u 次未开展，自 %.*s 起", event->missed, SHOWN(from)),
                                           arena_print(step->arena, "%u runs before this one were missed, the first of %.*s", event->missed, SHOWN(from))});
}

static bool open_case(struct step *step)
{
    const struct workflow_head *head = workflow_head(step->workflow);
    struct intake intake = opening_fields(step);
    begin_case(step);
    if (!find_home(step) || !opens_here(step) || !may_open(step, head) || !intake_check(step, &intake))
        return false;
    step->state->opener = step->input.event->as; /* only now: until then who opens it is not of the case */
    step->state->opener_for = step->input.event->on_behalf;
    intake_take(step, &intake);
    intake_previous(step);
    give_number(step);
    if (!outcome_run(step, head->start))
        return false;
    tell_missed(step);
    clock_begin(step);
    return !step->input.event->other.size || step->input.event->child || kin_was_split_off(step);
}

/* ---- an event of the workflow ---- */

static bool refuse_not_now(struct step *step)
{
    struct text name = step->input.event->name;
    advance_possible(&step->input, step->arena, step->out);
    if (workflow_knows_event(step->workflow, name))
        return step_refuse(step, ERR_NOT_NOW, "the case stands in %s, which does not take '%.*s'",
                           workflow_stage_name(step->workflow, step->state->stage), SHOWN(name));
    return step_refuse(step, ERR_UNKNOWN_EVENT, "the workflow %s has no event '%.*s'",
                       workflow_string(step->workflow, workflow_head(step->workflow)->name), SHOWN(name));
}

/* 2. Looked up in the stage, then anywhere. An event that settles a task which is done already is not there any more. */
static bool find_event(struct step *step, int32_t *row)
{
    *row = workflow_find_event(step->workflow, step->state->stage, step->input.event->name);
    if (*row == NONE)
        return refuse_not_now(step);
    int32_t task = workflow_event(step->workflow, *row)->task;
    if (task == NONE || !task_is_settled(step->state, task))
        return true;
    advance_possible(&step->input, step->arena, step->out);
    return step_refuse(step, ERR_NOT_NOW, "the task that '%.*s' settles is done", SHOWN(step->input.event->name));
}

static bool in_time(struct step *step, const struct workflow_event *event)
{
    if (event->within == NONE)
        return true;
    struct calendar_due due = calendar_add(step->calendar, step->state->entered_at, workflow_duration(step->workflow, event->within));
    return step->input.now <= due.time || step_refuse(step, ERR_TOO_LATE, "it was possible until %.*s",
                                                      SHOWN(calendar_print(step->calendar, step->arena, due.time)));
}

static bool condition_of(struct step *step, const struct workflow_event *event)
{
    int32_t failed;
    if (event->when == NONE)
        return true;
    if (condition_holds(step->workflow, step->state, event->when, &failed)) {
        step_tell(step, TRACE(.kind = TRACE_WHEN, .row = event->when), "when: %.*s", SHOWN(condition_words(step->workflow, step->arena, event->when)));
        return true;
    }
    struct text words = condition_words(step->workflow, step->arena, failed);
    return step_refuse(step, ERR_CONDITION, "it takes that %.*s (line %d of the workflow)", SHOWN(words),
                       workflow_condition(step->workflow, failed)->line);
}

/* 9. `then`, when everything that it waits for is done. */
static bool follow_tasks(struct step *step, int32_t task)
{
    if (task == NONE)
        return true;
    if (!task_settle(step, task))
        return false;
    int32_t then = step_stage(step)->then;
    if (!task_stage_done(step) || !kin_enough(step) || then == NONE)
        return true;
    step_tell(step, TRACE(.kind = TRACE_DONE), "all that is needed is done");
    return task_cancel_all(step) && outcome_run(step, then);
}

static bool send_event(struct step *step)
{
    int32_t row;
    bool complete;
    if (!task_may_report(step) || !find_event(step, &row))
        return false;
    const struct workflow_event *event = workflow_event(step->workflow, row);
    struct intake intake = {.needs = event->needs, .may = event->may};
    /* 3. Who, when, how often, with what, under which condition. */
    if (!sender_among(step, workflow_by(step->workflow, event->by)->people) || !sender_not_same(step, event) || !in_time(step, event) ||
        !sender_not_too_often(step, row, event->most) || !intake_check(step, &intake) || !condition_of(step, event))
        return false;
    /* 5. before 4.: what comes with a part is taken over with the part. */
    intake_take(step, &intake);
    if (!part_give(step, event->by, row, &complete))
        return false;
    if (!complete) {
        clock_follow(step);
        return true;
    }
    sender_count(step, row);
    /* 6. to 8. */
    if (!outcome_run(step, event->outcome))
        return false;
    if (step->entered)
        return true;
    clock_follow(step);
    return follow_tasks(step, event->task);
}

/* ---- any event of a client ---- */

static const struct given_event {
    const char *name;
    bool (*decide)(struct step *step);
} given_events[] = {
    {"extend", extend_ask},   {"grant", extend_grant},         {"deny", extend_deny},
    {"stop-clock", stop_clock}, {"resume", stop_resume},     {"reopen", reopen_case},
    {"link", kin_link},       {"merge", kin_merge},           {"un-merge", kin_unmerge},   {"split", kin_split},
    {"ballot", poll_ballot},   {"attend", poll_attend},         {"recuse", poll_recuse},
    {"claim", task_claim},    {"hand-over", task_hand_over},   {"take-back", part_take_back},
    {"unclaim", task_unclaim}, {"add-handler", task_add_handler}, {"remove-handler", task_remove_handler},
};

static bool send(struct step *step)
{
    struct text name = step->input.event->name;
    if (!sender_named(step))
        return false;
    for (size_t i = 0; i < sizeof given_events / sizeof *given_events; i++) {
        if (!text_is(name, given_events[i].name))
            continue;
        if (!workflow_knows_event(step->workflow, name))
            return refuse_not_now(step);
        if (given_events[i].decide(step))
            return true;
        if (step->out->code == ERR_NOT_NOW)
            advance_possible(&step->input, step->arena, step->out);
        return false;
    }
    return send_event(step);
}

/* Who may release what was imported is the door's to say: it is an operator's act, not one of the workflow. */
static bool release(struct step *step)
{
    if (!(step->state->flags & CASE_HELD))
        return step_refuse(step, ERR_NOT_NOW, "the case is not held");
    step->state->flags &= ~(uint32_t)CASE_HELD;
    clock_release(step);
    task_offer_all(step);
    kin_release(step);
    poll_release(step);
    return true;
}

/* An ended case takes nothing more than being opened again; but an imported one that had ended when it came still goes live, since it may be reopened. */
static bool refuse_ended(struct step *step)
{
    const char *end = workflow_end_name(step->workflow, step->state->end);
    struct text survivor = kin_survivor(step);
    enum event_kind kind = step->input.event->kind;
    bool report = kind == EVENT_ACCEPT || kind == EVENT_SETTLE || kind == EVENT_FAIL;
    if (survivor.size && !report)
        return step_refuse(step, ERR_NOT_NOW, "the case was merged into %.*s: send it there", SHOWN(survivor));
    if (kind == EVENT_SEND)
        advance_possible(&step->input, step->arena, step->out);
    return step_refuse(step, report ? ERR_UNKNOWN_TASK : ERR_NOT_NOW, "the case has ended: %s", end);
}

/* The one thing that a case takes which was merged into another. */
static bool asks_for_unmerge(struct step *step)
{
    return step->input.event->kind == EVENT_SEND && text_is(step->input.event->name, "un-merge") && kin_survivor(step).size;
}

static bool decide(struct step *step)
{
    enum event_kind kind = step->input.event->kind;
    if (kind == EVENT_OPEN)
        return open_case(step);
    if (kind == EVENT_RELEASE)
        return step_place(step) && release(step);
    if (!retain_lets(step))
        return false;
    bool reopens = kind == EVENT_SEND && text_is(step->input.event->name, "reopen") && !kin_survivor(step).size;
    bool of_clocks = kind == EVENT_DUE || kind == EVENT_RECOMPUTE; /* of what is published still, and of how long it is kept */
    if ((step->state->flags & CASE_ENDED) && kind != EVENT_CASE && kind != EVENT_COUNT && !reopens && !of_clocks && !asks_for_unmerge(step))
        return poll_is_late_ballot(step) ? sender_named(step) && poll_ballot(step) : refuse_ended(step);
    if (!step_place(step))
        return false;
    switch (kind) {
    case EVENT_SEND: return send(step);
    case EVENT_RETRY: return task_retry(step);
    case EVENT_ACCEPT: return task_accept(step);
    case EVENT_SETTLE: return task_settled_by_report(step);
    case EVENT_FAIL: return task_fail(step);
    case EVENT_DUE: return due_fire(step);
    case EVENT_RECOMPUTE: return due_recompute(step);
    case EVENT_CASE: return kin_hear(step);
    case EVENT_MIGRATE: return migrate_case(step);
    case EVENT_COUNT: return poll_counted(step);
    default: break;
    }
    assert(false && "an event that does not concern a case");
    return false;
}

/* What a client sends must leave the case within its bounds. The engine's own events do not make a case grow, but for what a deadline
 * leads to, and that is bounded where it happens: they must never be refused for good. */
static bool within_bounds(struct step *step)
{
    enum event_kind kind = step->input.event->kind;
    return (kind != EVENT_OPEN && kind != EVENT_SEND && kind != EVENT_MIGRATE) || due_within_bounds(step);
}

void advance(const struct advance_input *input, struct arena *arena, struct decision *out)
{
    struct step step;
    *out = (struct decision){.code = ERR_OK};
    assert((input->before == NULL) == (input->event->kind == EVENT_OPEN));
    step_begin(&step, input, arena, out);
    if (!decide(&step) || !within_bounds(&step)) {
        out->effect_count = out->changed_count = out->roll_count = 0;
        return;
    }
    clock_follow_case(&step);
    if (input->event->id.size == ID_SIZE)
        memcpy(step.state->last_id, input->event->id.data, ID_SIZE);
    step.state->last_at = input->now;
    out->after = step.state;
}
