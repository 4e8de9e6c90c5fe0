/* explain: see explain.h. */
#include "engine/explain.h"

#include <assert.h>

#include "engine/access.h"
#include "engine/door.h"
#include "engine/engine_past.h"
#include "engine/kin.h"
#include "engine/refusal_words.h"
#include "engine/step.h"

/* What is said from now on is said of that version. */
static void speak_of(struct explain *explain, const struct workflow *workflow)
{
    explain->workflow = explain->input.workflow = workflow;
    explain->en = (struct draw_words){.arena = explain->view->arena, .workflow = workflow, .language = DRAW_EN};
    explain->zh = (struct draw_words){.arena = explain->view->arena, .workflow = workflow, .language = DRAW_ZH};
}

enum err explain_begin(struct explain *explain)
{
    struct arena *arena = explain->view->arena;
    explain->workflow = engine_workflow(explain->view->engine, explain->state->workflow);
    if (!explain->workflow)
        return ERR_CORRUPT;
    engine_input(explain->view->engine, explain->workflow, explain->state, &explain->input);
    speak_of(explain, explain->workflow);
    struct event *looks = ARENA_NEW(arena, struct event);
    *looks = (struct event){.kind = EVENT_SEND, .as = explain->viewer->person};
    explain->input.event = looks;
    if (explain->now > explain->input.now)
        explain->input.now = explain->now;
    return explain->input.directory ? ERR_OK : ERR_CORRUPT;
}

/* Somebody of whom the viewer is not told: as the case stood when it was said, or as it stands now. */
static bool tells_of_hidden(struct explain *explain, const struct decision *decision, struct text words)
{
    return view_tells_of_hidden(explain->view, explain->state, explain->viewer, words) ||
           (decision->after && view_tells_of_hidden(explain->view, decision->after, explain->viewer, words));
}

static struct value trace_value(struct explain *explain, const struct decision *decision)
{
    struct list_maker list = {.arena = explain->view->arena};
    for (uint32_t i = 0; i < decision->trace_count; i++) {
        struct two words = two_trace(explain, &decision->trace[i]);
        if (decision->trace[i].kind != TRACE_REFUSED && !tells_of_hidden(explain, decision, words.en)) /* a refusal is said apart, with what to do */
            list_add(&list, two_value(explain, words));
    }
    return list_end(&list);
}

/* ---- where it is ---- */

enum err explain_case(struct explain *explain, const struct value *because, struct value *out)
{
    struct value shown;
    enum err code = view_case(explain->view, explain->state, explain->viewer, VIEW_TASKS | VIEW_POSSIBLE | VIEW_TITLES, &shown);
    if (code)
        return code;
    struct map_maker row = map_begin(explain->view->arena);
    for (uint32_t i = 0; i < shown.count; i++)
        map_put_named(&row, shown.items[2 * i].text, shown.items[2 * i + 1]);
    map_put(&row, "place", two_value(explain, two_place(explain, explain->state)));
    if (because)
        map_put(&row, "because", *because);
    struct kin_wait wait = kin_waits(explain->workflow, explain->state);
    if (!wait.enough && !(explain->state->flags & CASE_ENDED))
        map_put(&row, "awaits", two_value(explain, (struct two){
            arena_print(explain->view->arena, "child cases: %d of %d have ended as they should, %d are needed", wait.ended, wait.of, wait.needed),
            arena_print(explain->view->arena, "子案件：共 %d 件，须办结 %d 件，已办结 %d 件", wait.of, wait.needed, wait.ended)}));
    map_put_flag(&row, "untold", explain->state->events > EXPLAIN_RECORDS_MOST);
    code = explain_ways(explain, &row); /* an ended case may be opened again */
    if (!(explain->state->flags & CASE_ENDED))
        explain_clocks(explain, &row);
    *out = map_end(&row);
    return code;
}

/* ---- how it came there ---- */

struct telling {
    struct explain *explain;
    struct past *past;
    const struct case_state *state; /* as it stood before the record */
    uint64_t after;
    struct list_maker *entries;
    const struct value **because;
    uint64_t workflow; /* that the case was pinned to then */
    bool lost;         /* what is decided is not what was: the rest has no reasons */
};

static bool moved(const struct case_state *before, const struct case_state *after)
{
    return !before || before->stage != after->stage || before->unit != after->unit || before->level != after->level || before->end != after->end ||
           before->entered_at != after->entered_at;
}

/* The record once more, with its reasons. */
static enum err decide_again(struct telling *telling, uint64_t position, const struct log_record *record, struct decision *decision)
{
    const struct workflow *workflow = engine_workflow(telling->explain->view->engine, telling->workflow);
    const struct past_step step = {.position = position, .workflow = workflow, .event = &record->event, .now = record->effective, .explain = true};
    *decision = (struct decision){0};
    if (telling->lost)
        return ERR_OK;
    if (!workflow)
        return ERR_CORRUPT;
    speak_of(telling->explain, workflow);
    enum err code = past_decide(telling->past, telling->explain->view->arena, &step, telling->state, decision);
    telling->lost = decision->code != ERR_OK;
    return code;
}

static enum err tell_record(struct telling *telling, uint64_t position)
{
    struct explain *explain = telling->explain;
    struct log_record record;
    struct decision decision;
    struct value shown;
    enum err code = view_record(explain->view, position, &record);
    code = code ? code : decide_again(telling, position, &record, &decision);
    code = code ? code : view_history(explain->view, explain->state, position, &record, explain->viewer, &shown);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    struct map_maker row = map_begin(explain->view->arena);
    for (uint32_t i = 0; i < shown.count; i++)
        map_put_named(&row, shown.items[2 * i].text, shown.items[2 * i + 1]);
    int32_t event = telling->state && record.event.kind == EVENT_SEND ? workflow_find_event(explain->workflow, telling->state->stage, record.event.name) : NONE;
    struct two given = event == NONE && record.event.kind == EVENT_SEND ? two_given(explain, record.event.name) : (struct two){{0}, {0}};
    if (event != NONE || given.en.size)
        map_put(&row, "title", two_value(explain, event != NONE ? two_event(explain, event) : given));
    bool known = !telling->lost;
    if (known)
        map_put(&row, "trace", trace_value(explain, &decision));
    struct value *entry = ARENA_NEW(explain->view->arena, struct value);
    *entry = map_end(&row);
    if (known) {
        const struct case_state *before = telling->state;
        code = past_apply(telling->past, &decision, &record, position, &telling->state);
        telling->workflow = telling->state->workflow;
        if (moved(before, telling->state))
            *telling->because = entry;
    }
    if (position > telling->after)
        list_add(telling->entries, *entry);
    return code;
}

static enum err tell_all(struct telling *telling, const uint64_t *positions, uint32_t count)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < count && !code; i++)
        code = tell_record(telling, positions[i]);
    return code;
}

enum err explain_history(struct explain *explain, uint64_t after, struct list_maker *entries, const struct value **because)
{
    struct view *view = explain->view;
    const struct workflow *now = explain->workflow;
    struct telling telling = {.explain = explain, .after = after, .entries = entries, .because = because, .workflow = explain->state->workflow};
    const uint64_t *positions;
    uint32_t count;
    *because = NULL;
    enum err code = past_open(&telling.past, view->engine);
    code = code ? code : past_positions(telling.past, view->txn, view->arena, explain->state->last_position, EXPLAIN_RECORDS_MOST, &positions, &count,
                                        &telling.workflow);
    if (code == ERR_TOO_LARGE)
        code = ERR_OK;
    else
        code = code ? code : tell_all(&telling, positions, count);
    past_close(&telling.past);
    speak_of(explain, now);
    return code;
}

/* ---- what an event would do ---- */

/* The particulars in Chinese, with titles where this room knows them; the core says them in English. */
static struct text particulars_zh(struct explain *explain, const struct trial *trial, const struct case_state *state, enum err code, struct text why)
{
    struct arena *arena = explain->view->arena;
    struct text person = trial->on_behalf.size ? trial->on_behalf : trial->as;
    int32_t event = workflow_find_event(explain->workflow, state->stage, trial->name);
    if (code == ERR_NOT_NOW && event == NONE && workflow_knows_event(explain->workflow, trial->name))
        return arena_print(arena, "案件现在%.*s，该环节不接受“%.*s”", SHOWN(two_stage(explain, state->stage).zh), SHOWN(trial->name));
    if (code == ERR_UNKNOWN_EVENT)
        return arena_print(arena, "该流程没有名为“%.*s”的事件", SHOWN(trial->name));
    if (event == NONE)
        return refusal_zh(arena, why);
    const struct workflow_event *row = workflow_event(explain->workflow, event);
    struct span people = workflow_by(explain->workflow, row->by)->people;
    if (code == ERR_CONDITION && row->when != NONE)
        return arena_print(arena, "须符合条件：%.*s", SHOWN(two_condition(explain, row->when).zh));
    if (code != ERR_NOT_ALLOWED)
        return refusal_zh(arena, why);
    if (access_includes(&explain->input, people, person))
        return arena_print(arena, "%.*s与此前的经办人或相关人相同，须另由他人办理", SHOWN(person));
    return arena_print(arena, "%.*s无权办理；有权办理的是：%.*s", SHOWN(person), SHOWN(two_people(explain, people).zh));
}

static void put_refusal(struct explain *explain, struct map_maker *row, enum err code, struct text why, const struct decision *decision)
{
    struct list_maker can = {.arena = explain->view->arena};
    bool hidden = view_tells_of_hidden(explain->view, explain->state, explain->viewer, why);
    map_put_string(row, "code", err_name(code));
    map_put_text(row, "why", why.size && !hidden ? why : text_of(err_sentence(code)));
    map_put_string(row, "do", err_advice(code));
    for (uint32_t i = 0; i < decision->possible_count; i++)
        list_add(&can, value_text(decision->possible[i]));
    map_put_list(row, "can", can.items, can.count);
}

static void put_after(struct explain *explain, struct map_maker *row, const struct case_state *after)
{
    map_put_string(row, "s", workflow_stage_name(explain->workflow, after->stage));
    map_put_string(row, "l", workflow_level_name(explain->workflow, after->level));
    map_put_string(row, "end", workflow_end_name(explain->workflow, after->end));
    int32_t unit = directory_unit_by_id(explain->input.directory, after->unit);
    if (unit != NONE)
        map_put_string(row, "u", directory_unit_path(explain->input.directory, unit));
    if (!(after->flags & CASE_ENDED))
        map_put_number(row, "due", case_due(after));
    map_put(row, "then", two_value(explain, two_place(explain, after)));
}

/* What the door adds to such an event: which case is meant. */
static enum err find_other(struct explain *explain, struct door *door, struct text id, const struct trial *trial, struct event *event, struct text *why)
{
    const struct message message = {.kind = MESSAGE_SEND, .id = id, .subject = event->subject, .event = trial->name, .data = trial->data, .data_count = trial->data_count};
    enum err code = door_two_cases(door, explain->view->arena, &message, event, why);
    enum err again = engine_find_case(explain->view->engine, &event->subject, &explain->state); /* looking for the other has put it in its place */
    return code ? code : again;
}

static enum err seal_trial(struct explain *explain, const struct trial *trial, struct event *event, enum err *refusal, struct text *why)
{
    static const char no_id[ID_SIZE];
    struct door door = {.engine = explain->view->engine, .seal = explain->view->seal};
    struct text id = {.data = no_id, .size = ID_SIZE};
    const struct door_brought brought = {.case_key = {.data = (const char *)explain->state->key, .size = ID_SIZE}, .event_id = id, .as = event->as,
                                         .on_behalf = event->on_behalf, .state = explain->state, .given = trial->data, .count = trial->data_count};
    uint32_t mark = seal_save(explain->view->seal);
    *refusal = ERR_OK;
    event->data = trial->data;
    event->data_count = trial->data_count;
    if (event->kind == EVENT_MIGRATE)
        return ERR_OK;
    enum err code;
    if (door_speaks_of_two(event))
        code = find_other(explain, &door, id, trial, event, why);
    else
        code = door_seal_fields(&door, explain->view->arena, explain->workflow, &brought, &event->data, why);
    if (!code)
        code = door_seal_ballot(&door, explain->view->arena, explain->workflow, explain->state, event, why);
    seal_rewind(explain->view->seal, mark);
    *refusal = code == ERR_BAD_DATA || code == ERR_UNKNOWN_CASE ? code : ERR_OK;
    return *refusal ? ERR_OK : code;
}

static enum err decide_trial(struct explain *explain, const struct trial *trial, struct past *past, const struct event *event, struct map_maker *row)
{
    const struct case_state *state = explain->state;
    struct decision decision;
    uint32_t fired = 0;
    uint64_t position = engine_position(explain->view->engine) + 1;
    bool held = (state->flags & CASE_HELD) != 0;
    int64_t now = held || explain->input.now < state->last_at ? state->last_at : explain->input.now;
    struct past_step step = {.position = position, .workflow = explain->workflow, .event = event, .now = now, .explain = true};
    past_begin(past, explain->view->txn);
    enum err code = past_fire(past, explain->view->arena, position, explain->workflow, now, false, &state, &fired);
    if (event->kind == EVENT_MIGRATE)
        step.target = engine_version(explain->view->engine, event->workflow, event->version);
    code = code ? code : past_decide(past, explain->view->arena, &step, state, &decision);
    if (code)
        return code;
    map_put_number(row, "fired", fired);
    if (event->kind == EVENT_SEND)
        map_put(row, "trace", trace_value(explain, &decision));
    if (decision.code) {
        put_refusal(explain, row, decision.code, decision.why, &decision);
        bool hidden = view_tells_of_hidden(explain->view, explain->state, explain->viewer, decision.why);
        struct text why = hidden ? TEXT("") : decision.why;
        map_put_text(row, "why-zh", event->kind == EVENT_SEND ? particulars_zh(explain, trial, state, decision.code, why) : refusal_zh(explain->view->arena, why));
    } else {
        const struct workflow *under = explain->workflow;
        speak_of(explain, step.target ? step.target : under);
        put_after(explain, row, decision.after);
        speak_of(explain, under);
    }
    return ERR_OK;
}

enum err explain_trial(struct explain *explain, const struct trial *trial, struct value *out)
{
    struct map_maker row = map_begin(explain->view->arena);
    struct event event = {.kind = trial->version ? EVENT_MIGRATE : EVENT_SEND, .workflow = trial->workflow, .version = trial->version, .subject = {.kind = CASE_REF_ID, .id = explain->state->id}, .name = trial->name, .as = trial->as,
                          .on_behalf = trial->on_behalf};
    struct decision nothing = {0};
    struct past *past = NULL;
    struct text why = {0};
    enum err refusal;
    map_put_text(&row, "e", trial->name);
    map_put_text(&row, "as", trial->as);
    map_put_text(&row, "for", trial->on_behalf);
    enum err code = seal_trial(explain, trial, &event, &refusal, &why);
    if (!code && refusal) {
        put_refusal(explain, &row, refusal, why, &nothing);
        map_put_text(&row, "why-zh", refusal_zh(explain->view->arena, why));
    }
    code = code ? code : past_open(&past, explain->view->engine);
    if (!code && !refusal)
        code = decide_trial(explain, trial, past, &event, &row);
    past_close(&past);
    *out = map_end(&row);
    return code;
}
