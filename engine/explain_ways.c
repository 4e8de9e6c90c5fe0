/* explain_ways: what may happen next: by whom, with which fields, until when, what follows; and what each deadline leads to. See explain.h. */
#include "engine/explain.h"

#include "engine/access.h"
#include "engine/condition.h"
#include "engine/extend.h"
#include "engine/poll.h"
#include "engine/reopen.h"
#include "engine/step.h"
#include "engine/task.h"

static void put_two(struct explain *explain, struct map_maker *map, const char *name, struct two two)
{
    if (two.en.size || two.zh.size)
        map_put(map, name, two_value(explain, two));
}

static void put_names(struct explain *explain, struct map_maker *map, const char *name, struct span fields)
{
    struct list_maker list = {.arena = explain->view->arena};
    for (int32_t i = 0; i < fields.count; i++)
        list_add(&list, value_text(text_of(workflow_field_name(explain->workflow, workflow_ref(explain->workflow, fields.first + i)))));
    map_put_list(map, name, list.items, list.count);
}

/* ---- persons ---- */

static struct value person_row(struct explain *explain, struct text person)
{
    const struct directory *directory = explain->input.directory;
    struct map_maker map = map_begin(explain->view->arena);
    int32_t row = directory_find_person(directory, person);
    map_put_text(&map, "id", person);
    if (row != NONE)
        map_put_string(&map, "name", directory_string(directory, directory_person(directory, row)->title));
    return map_end(&map);
}

static void put_persons(struct explain *explain, struct map_maker *map, const char *name, const struct text *persons, uint32_t count)
{
    struct list_maker list = {.arena = explain->view->arena};
    for (uint32_t i = 0; i < count && i < EXPLAIN_PERSONS_MOST; i++)
        list_add(&list, person_row(explain, persons[i]));
    map_put_list(map, name, list.items, list.count);
}

static bool field_is_shown(struct explain *explain, int32_t field)
{
    if (!view_may_see(explain->view, explain->workflow, explain->state, field, explain->viewer))
        return false;
    if (workflow_field(explain->workflow, field)->private)
        view_note_shown(explain->view, explain->state, text_of(workflow_field_name(explain->workflow, field)));
    return true;
}

/* Who stands in a private field is shown to those who may see it. */
static bool shown(struct explain *explain, const struct workflow_people *people)
{
    if (people->kind == PEOPLE_FIELD)
        return field_is_shown(explain, people->field);
    if (people->kind != PEOPLE_GROUP)
        return true;
    struct span fields = workflow_group(explain->workflow, people->group)->fields;
    for (int32_t i = 0; i < fields.count; i++)
        if (!field_is_shown(explain, workflow_ref(explain->workflow, fields.first + i)))
            return false;
    return true;
}

static bool all_shown(struct explain *explain, struct span people)
{
    for (int32_t i = 0; i < people.count; i++)
        if (!shown(explain, workflow_people(explain->workflow, people.first + i)))
            return false;
    return true;
}

/* Whom it takes, in words and by name. */
static void put_people(struct explain *explain, struct map_maker *map, struct span people)
{
    struct persons all = {.arena = explain->view->arena};
    put_two(explain, map, "who", two_people(explain, people));
    for (int32_t i = 0; i < people.count; i++) {
        const struct text *some;
        struct span one = {people.first + i, 1};
        uint32_t count = shown(explain, workflow_people(explain->workflow, one.first)) ? access_everyone(&explain->input, all.arena, one, &some) : 0;
        for (uint32_t j = 0; j < count; j++)
            if (view_names(explain->view, explain->state, explain->viewer, some[j]))
                persons_add(&all, some[j]);
    }
    put_persons(explain, map, "persons", all.items, all.count);
    if (all.count > EXPLAIN_PERSONS_MOST)
        map_put_number(map, "more", all.count - EXPLAIN_PERSONS_MOST);
}

/* ---- each, at-least ---- */

static bool gave(const struct case_state *state, int32_t event, struct text person)
{
    for (uint32_t i = 0; i < state->part_count; i++)
        if (state->parts[i].event == event && text_equal(state->parts[i].person, person))
            return true;
    return false;
}

static struct two share_words(struct explain *explain, const struct workflow_by *by)
{
    struct arena *arena = explain->view->arena;
    if (by->kind == BY_EACH)
        return TWO("counts when each of them has sent it", "须每一位都办理才生效");
    if (by->denominator == 0)
        return (struct two){arena_print(arena, "counts when %d of them have sent it", by->numerator),
                            arena_print(arena, "须至少 %d 人办理才生效", by->numerator)};
    return (struct two){arena_print(arena, "counts when %d/%d of them have sent it", by->numerator, by->denominator),
                        arena_print(arena, "须至少 %d/%d 的人办理才生效", by->numerator, by->denominator)};
}

static void put_parts(struct explain *explain, struct map_maker *map, const struct workflow_by *by, int32_t event)
{
    struct persons missing = {.arena = explain->view->arena};
    const struct text *everyone;
    if (by->kind == BY_ANY)
        return;
    put_two(explain, map, "share", share_words(explain, by));
    if (!all_shown(explain, by->people))
        return;
    uint32_t count = access_everyone(&explain->input, missing.arena, by->people, &everyone);
    for (uint32_t i = 0; i < count; i++)
        if (!gave(explain->state, event, everyone[i]) && view_names(explain->view, explain->state, explain->viewer, everyone[i]))
            persons_add(&missing, everyone[i]);
    map_put_number(map, "sent", case_parts_of(explain->state, event));
    put_persons(explain, map, "missing", missing.items, missing.count);
}

static void put_by(struct explain *explain, struct map_maker *map, int32_t row, int32_t event)
{
    const struct workflow_by *by = workflow_by(explain->workflow, row);
    put_people(explain, map, by->people);
    put_parts(explain, map, by, event);
}

/* ---- an event of the workflow ---- */

static const struct calendar *calendar_here(const struct explain *explain)
{
    int32_t unit = advance_unit(explain->input.directory, explain->state->unit);
    return unit == NONE ? NULL : advance_calendar(&explain->input, unit);
}

/* The event's own limit, else nothing: the deadline of the stage stands with the clocks. */
static void put_until(struct explain *explain, struct map_maker *map, const struct workflow_event *event)
{
    const struct calendar *calendar = calendar_here(explain);
    if (event->within == NONE || !calendar)
        return;
    struct calendar_due due = calendar_add(calendar, explain->state->entered_at, workflow_duration(explain->workflow, event->within));
    map_put_number(map, "until", due.time);
    map_put_flag(map, "passed", explain->now > due.time);
}

static void put_often(struct explain *explain, struct map_maker *map, int32_t row, int32_t most)
{
    const struct case_count *count = case_count_of(explain->state, row);
    if (most > 0)
        map_put(map, "left", value_integer(count && count->in_case < most ? most - count->in_case : count ? 0 : most));
}

static void put_condition(struct explain *explain, struct map_maker *map, int32_t condition)
{
    if (condition == NONE)
        return;
    put_two(explain, map, "when", two_condition(explain, condition));
    map_put(map, "holds", value_boolean(condition_holds(explain->workflow, explain->state, condition, NULL)));
}

static void put_not_same(struct explain *explain, struct map_maker *map, const struct workflow_event *event)
{
    struct two all = event->not_same_as_opener ? TWO("the opening", "立案") : (struct two){{0}, {0}};
    for (int32_t i = 0; i < event->not_same_as_events.count; i++)
        all = two_join(explain, all, ", ", "、", two_event(explain, workflow_ref(explain->workflow, event->not_same_as_events.first + i)));
    for (int32_t i = 0; i < event->not_same_as_fields.count; i++)
        all = two_join(explain, all, ", ", "、", two_field(explain, workflow_ref(explain->workflow, event->not_same_as_fields.first + i)));
    if (event->not_same_as_vote != NONE)
        all = two_join(explain, all, ", ", "、", two_stage(explain, event->not_same_as_vote));
    put_two(explain, map, "not", all);
}

static void put_event(struct explain *explain, struct map_maker *map, int32_t row)
{
    const struct workflow_event *event = workflow_event(explain->workflow, row);
    put_two(explain, map, "title", two_event(explain, row));
    put_by(explain, map, event->by, row);
    put_not_same(explain, map, event);
    put_names(explain, map, "needs", event->needs);
    put_two(explain, map, "needs-words", two_fields(explain, event->needs));
    put_names(explain, map, "may", event->may);
    put_two(explain, map, "may-words", two_fields(explain, event->may));
    put_condition(explain, map, event->when);
    put_until(explain, map, event);
    put_often(explain, map, row, event->most);
    put_two(explain, map, "leads", two_outcome(explain, event->outcome));
    if (event->task != NONE)
        put_two(explain, map, "settles", TWO("the task of that name is done", "完成同名交办事项"));
}

/* ---- events of the language itself ---- */

static void put_extend(struct explain *explain, struct map_maker *map, bool answers)
{
    const struct workflow_stage *stage = workflow_stage(explain->workflow, explain->state->stage);
    const struct workflow_extend *extend = workflow_extend(explain->workflow, stage->extend);
    struct two add = {draw_duration(&explain->en, extend->add), draw_duration(&explain->zh, extend->add)};
    if (answers) {
        put_people(explain, map, extend->asks);
        return;
    }
    put_by(explain, map, extend->by, CASE_EXTEND);
    put_names(explain, map, "needs", extend->needs);
    struct two needs = two_fields(explain, extend->needs);
    put_two(explain, map, "needs-words", extend->up_to ? two_join(explain, TWO("add: how much", "延长多少（add）"), ", ", "、", needs) : needs);
    put_often(explain, map, CASE_EXTEND, extend->most);
    map_put_number(map, "until", case_due(explain->state));
    put_two(explain, map, "leads", two_join(explain, extend->up_to ? TWO("the deadline moves by up to", "时限最多延长") : TWO("the deadline moves by", "时限延长"), " ", "", add));
}

static void put_stop(struct explain *explain, struct map_maker *map, bool stops)
{
    int32_t row = workflow_stage(explain->workflow, explain->state->stage)->stop_clock;
    if (row == NONE)
        return;
    const struct workflow_stop *stop = workflow_stop(explain->workflow, row);
    struct two grounds = {{0}, {0}}, longest = {draw_duration(&explain->en, stop->longest), draw_duration(&explain->zh, stop->longest)};
    for (int32_t i = 0; i < stop->grounds.count; i++)
        grounds = two_join(explain, grounds, ", ", "、", two_choice(explain, stop->grounds, i));
    put_by(explain, map, stop->by, NONE);
    if (!stops)
        return;
    put_two(explain, map, "needs-words", two_join(explain, TWO("ground", "理由（ground）"), ": ", "：", grounds));
    put_two(explain, map, "leads", two_join(explain, TWO("the clock stands still, in this stage for at most", "计时中止，在本环节合计最长"), " ", "", longest));
}

/* Whether this member may still send it: who has given a final ballot is through, and who was recused is out. */
static bool may_still(const struct roll_row *row, const struct workflow_vote *vote, struct text event)
{
    const struct vote_member *member = &row->member;
    if (!row->on_roll || member->recused || member->gone)
        return false;
    if (text_is(event, "ballot"))
        return !member->cast || !vote->final;
    return !text_is(event, "attend") || !(member->attended || member->cast);
}

/* By name those of the roll who may still send it: it was frozen, so the directory of today does not say who they are. */
static enum err put_roll(struct explain *explain, struct map_maker *map, const struct workflow_vote *vote, const struct case_poll *poll, struct text event)
{
    struct persons all = {.arena = explain->view->arena};
    struct record_key prefix = key_roll(engine_partition(explain->view->engine), explain->state->id, poll->roll, (struct text){0});
    struct store_cursor *cursor;
    struct text key, value;
    put_two(explain, map, "who", two_people(explain, vote->roll));
    if (!all_shown(explain, vote->roll))
        return ERR_OK;
    enum err code = store_cursor_open(explain->view->txn, STORE_ROLL, &cursor);
    if (code)
        return code;
    for (code = store_cursor_seek(cursor, key_text(&prefix), &key, &value); !code && key_begins(key, &prefix);) {
        struct roll_row row;
        uint64_t of;
        uint32_t number;
        code = row_decode_roll(value, &row);
        if (!code && may_still(&row, vote, event) && key_read_roll(key, &of, &number, &row.person))
            persons_add(&all, arena_copy(all.arena, row.person));
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    put_persons(explain, map, "persons", all.items, all.count);
    if (all.count > EXPLAIN_PERSONS_MOST)
        map_put_number(map, "more", all.count - EXPLAIN_PERSONS_MOST);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err put_vote(struct explain *explain, struct map_maker *map, struct text event)
{
    int32_t row = workflow_stage(explain->workflow, explain->state->stage)->vote;
    const struct case_poll *poll = case_poll_now(explain->state);
    if (row == NONE || !poll)
        return ERR_OK;
    const struct workflow_vote *vote = workflow_vote(explain->workflow, row);
    struct two choices = {{0}, {0}};
    for (int32_t i = 0; i < vote->choices.count; i++)
        choices = two_join(explain, choices, ", ", "、", two_choice(explain, vote->choices, i));
    enum err code = put_roll(explain, map, vote, poll, event);
    if (code || !text_is(event, "ballot"))
        return code;
    put_two(explain, map, "needs-words", two_join(explain, TWO("choice", "选项（choice）"), ": ", "：", choices));
    put_two(explain, map, "share", (struct two){poll_sentence(explain->workflow, explain->view->arena, poll, false),
                                                poll_sentence(explain->workflow, explain->view->arena, poll, true)});
    return ERR_OK;
}

static void put_task_people(struct explain *explain, struct map_maker *map)
{
    const struct case_state *state = explain->state;
    for (uint32_t i = 0; i < state->task_count; i++) {
        struct span people = workflow_task(explain->workflow, state->tasks[i].row)->people;
        if (state->tasks[i].state != TASK_DONE && people.count) {
            put_people(explain, map, people);
            return;
        }
    }
}

static void put_reopen(struct explain *explain, struct map_maker *map)
{
    int32_t row = workflow_head(explain->workflow)->reopen;
    if (row == NONE)
        return;
    const struct workflow_reopen *reopen = workflow_reopen(explain->workflow, row);
    int64_t last = reopen_last_moment(&explain->input);
    put_by(explain, map, reopen->by, NONE);
    put_names(explain, map, "needs", reopen->needs);
    put_two(explain, map, "needs-words", two_fields(explain, reopen->needs));
    put_names(explain, map, "may", reopen->may);
    put_two(explain, map, "may-words", two_fields(explain, reopen->may));
    if (last != INT64_MAX)
        map_put_number(map, "until", last);
    put_often(explain, map, CASE_REOPEN, reopen->most);
    put_two(explain, map, "leads", two_outcome(explain, reopen->outcome));
}

static enum err put_given(struct explain *explain, struct map_maker *map, struct text name)
{
    put_two(explain, map, "title", two_given(explain, name));
    if (text_is(name, "reopen"))
        put_reopen(explain, map);
    bool extends = workflow_stage(explain->workflow, explain->state->stage)->extend != NONE;
    if (extends && (text_is(name, "extend") || text_is(name, "grant") || text_is(name, "deny")))
        put_extend(explain, map, !text_is(name, "extend"));
    if (text_is(name, "stop-clock") || text_is(name, "resume"))
        put_stop(explain, map, text_is(name, "stop-clock"));
    if (poll_is_event(name))
        return put_vote(explain, map, name);
    if (text_is(name, "claim") || text_is(name, "hand-over") || text_is(name, "add-handler"))
        put_task_people(explain, map);
    if (text_is(name, "take-back"))
        put_two(explain, map, "who", TWO("who has sent a part that still waits for others", "已办理但尚待他人办理的人"));
    return ERR_OK;
}

enum err explain_ways(struct explain *explain, struct map_maker *row)
{
    struct list_maker list = {.arena = explain->view->arena};
    struct decision possible = {0};
    advance_possible(&explain->input, explain->view->arena, &possible);
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < possible.possible_count && !code; i++) {
        struct map_maker map = map_begin(explain->view->arena);
        int32_t event = workflow_find_event(explain->workflow, explain->state->stage, possible.possible[i]);
        map_put_text(&map, "e", possible.possible[i]);
        if (event != NONE)
            put_event(explain, &map, event);
        else
            code = put_given(explain, &map, possible.possible[i]);
        list_add(&list, map_end(&map));
    }
    map_put_list(row, "ways", list.items, list.count);
    return code;
}

/* ---- clocks ---- */

static void put_overdue(struct explain *explain, struct map_maker *map, int32_t outcome)
{
    struct two follows = two_outcome(explain, outcome);
    if (outcome == NONE)
        follows = TWO("the case is marked overdue and stays", "标记逾期，留在本环节");
    put_two(explain, map, "leads", follows);
}

/* At its deadline a vote is counted. */
static struct two vote_closes(struct explain *explain, const struct workflow_vote *vote)
{
    struct two ways = TWO("the vote closes and is counted", "表决结束并计票");
    if (vote->passed != NONE)
        ways = two_join(explain, ways, "; passed: ", "；通过：", two_outcome(explain, vote->passed));
    if (vote->failed != NONE)
        ways = two_join(explain, ways, "; not passed: ", "；未通过：", two_outcome(explain, vote->failed));
    return vote->no_quorum == NONE ? ways : two_join(explain, ways, "; no quorum: ", "；未达法定人数：", two_outcome(explain, vote->no_quorum));
}

static void put_leads(struct explain *explain, struct map_maker *map, const struct case_clock *clock)
{
    const struct workflow_stage *stage = workflow_stage(explain->workflow, explain->state->stage);
    switch ((enum clock_kind)clock->kind) {
    case CLOCK_STAGE:
        map_put_string(map, "clock", "stage");
        if (workflow_is_period(stage))
            put_two(explain, map, "leads", two_join(explain, (stage->publish != NONE ? TWO("the period of the publication is over", "公示期满") : TWO("the period is over", "期满")), ": ", "：", two_outcome(explain, stage->then)));
        else if (stage->vote != NONE && case_poll_now(explain->state))
            put_two(explain, map, "leads", vote_closes(explain, workflow_vote(explain->workflow, stage->vote)));
        else
            put_overdue(explain, map, stage->overdue);
        break;
    case CLOCK_WARN:
        map_put_string(map, "clock", "warn");
        put_two(explain, map, "leads", TWO("a warning to who owns the work and to the supervisor", "预警通知承办人与督办人"));
        break;
    case CLOCK_REMIND:
        map_put_string(map, "clock", "remind");
        put_two(explain, map, "leads", two_join(explain, TWO("a reminder to", "催办"), " ", "", two_people(explain, workflow_reminder(explain->workflow, clock->which)->who)));
        break;
    case CLOCK_TASK:
        map_put_string(map, "clock", "task");
        map_put_string(map, "task", workflow_string(explain->workflow, workflow_task(explain->workflow, clock->which)->name));
        put_overdue(explain, map, workflow_task(explain->workflow, clock->which)->overdue);
        break;
    case CLOCK_CASE:
        map_put_string(map, "clock", "case");
        put_overdue(explain, map, workflow_head(explain->workflow)->overdue);
        break;
    case CLOCK_PUBLICATION:
        map_put_string(map, "clock", "publication");
        put_two(explain, map, "leads", TWO("what is published comes down", "公示撤下"));
        break;
    case CLOCK_RETAIN:
        map_put_string(map, "clock", "retain");
        put_two(explain, map, "leads", TWO("what the case holds of people is destroyed", "销毁案件中涉及个人的内容"));
        break;
    case CLOCK_STOP:
        map_put_string(map, "clock", "stop");
        put_two(explain, map, "leads", TWO("the clock goes on", "恢复计时"));
        break;
    default: break;
    }
}

void explain_clocks(struct explain *explain, struct map_maker *row)
{
    struct list_maker list = {.arena = explain->view->arena};
    for (uint32_t i = 0; i < explain->state->clock_count; i++) {
        const struct case_clock *clock = &explain->state->clocks[i];
        struct map_maker map = map_begin(explain->view->arena);
        map_put_number(&map, "due", clock->due);
        map_put_number(&map, "since", clock->started);
        map_put_flag(&map, "stopped", !case_clock_runs(clock));
        map_put_flag(&map, "provisional", clock->provisional);
        put_leads(explain, &map, clock);
        list_add(&list, map_end(&map));
    }
    map_put_list(row, "clocks", list.items, list.count);
}
