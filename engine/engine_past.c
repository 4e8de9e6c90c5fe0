/* engine_past: see engine_past.h.
 *
 * Directories and calendars that are no longer the newest are read once and kept until the past is closed; which ones count is found anew only
 * when a position lies on the other side of a deployment. */
#include "engine/engine_inner.h"

#include "engine/engine_past.h"
#include "engine/log.h"
#include "engine/poll.h"

#include <assert.h>
#include <stdlib.h>

struct old_form {
    struct old_form *next;
    uint64_t position;
    struct form *form;
};

struct past {
    struct engine *engine;
    struct old_form *old;
    uint64_t from, until; /* what stands below counts for records at from < position <= until */
    bool known;
    const struct directory *directory;
    const struct calendar *calendars[ENGINE_CALENDARS_MOST];
    uint32_t calendar_count;
    struct store_txn *txn;   /* of a case as it stands: where its rolls are read; NULL: `rolls` has all of them */
    struct roll_row *rolls;  /* what the decisions so far have written */
    uint32_t roll_count, roll_room;
};

enum err past_open(struct past **past, struct engine *engine)
{
    *past = calloc(1, sizeof **past);
    if (!*past)
        return ERR_NO_MEMORY;
    (*past)->engine = engine;
    return ERR_OK;
}

void past_close(struct past **past)
{
    if (!*past)
        return;
    for (struct old_form *old = (*past)->old, *next; old; old = next) {
        next = old->next;
        form_close(&old->form);
        free(old);
    }
    free((*past)->rolls);
    free(*past);
    *past = NULL;
}

/* ---- what counted then ---- */

/* One that is not the newest any more. */
static enum err old_form(struct past *past, const struct deployed *deployed, const struct form **form)
{
    for (const struct old_form *old = past->old; old; old = old->next)
        if (old->position == deployed->head.position) {
            *form = old->form;
            return ERR_OK;
        }
    struct old_form *old = calloc(1, sizeof *old);
    if (!old)
        return ERR_NO_MEMORY;
    enum err code = engine_load_form(past->engine, deployed, &old->form);
    batch_end_read(&past->engine->questions);
    if (code) {
        free(old);
        return code;
    }
    old->position = deployed->head.position;
    old->next = past->old;
    past->old = old;
    *form = old->form;
    return ERR_OK;
}

static bool rivals(const struct deployed *one, const struct deployed *other)
{
    return text_equal(one->what, other->what) && (text_is(one->what, "directory") || text_equal(one->name, other->name));
}

/* The newest of its kind and name among those deployed before the position. */
static bool counted(const struct engine *engine, const struct deployed *deployed, uint64_t position)
{
    if (text_is(deployed->what, "workflow") || deployed->head.position >= position)
        return false;
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *other = &engine->deployed[i];
        if (other->head.position < position && other->head.position > deployed->head.position && rivals(deployed, other))
            return false;
    }
    return true;
}

static enum err use_directory(struct past *past, const struct deployed *deployed)
{
    const struct form *form = past->engine->directory;
    enum err code = form && form->directory.position == deployed->head.position ? ERR_OK : old_form(past, deployed, &form);
    if (!code)
        past->directory = &form->directory;
    return code;
}

static enum err use_calendar(struct past *past, const struct deployed *deployed)
{
    const struct engine *engine = past->engine;
    const struct calendar *calendar = NULL;
    for (uint32_t i = 0; i < engine->calendar_count && !calendar; i++)
        if (engine->calendar_list[i]->position == deployed->head.position)
            calendar = engine->calendar_list[i];
    if (!calendar) {
        const struct form *form;
        enum err code = old_form(past, deployed, &form);
        if (code)
            return code;
        calendar = &form->calendar;
    }
    if (past->calendar_count == ENGINE_CALENDARS_MOST)
        return ERR_CORRUPT;
    past->calendars[past->calendar_count++] = calendar;
    return ERR_OK;
}

static enum err go_to(struct past *past, uint64_t position)
{
    const struct engine *engine = past->engine;
    if (past->known && position > past->from && position <= past->until)
        return ERR_OK;
    past->known = false;
    past->from = 0;
    past->until = UINT64_MAX;
    past->directory = NULL;
    past->calendar_count = 0;
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *deployed = &engine->deployed[i];
        uint64_t at = deployed->head.position;
        if (text_is(deployed->what, "workflow"))
            continue;
        if (at < position && at > past->from)
            past->from = at;
        if (at >= position && at < past->until)
            past->until = at;
        if (!counted(engine, deployed, position))
            continue;
        enum err code = text_is(deployed->what, "directory") ? use_directory(past, deployed) : use_calendar(past, deployed);
        if (code)
            return code;
    }
    past->known = true;
    return ERR_OK;
}

/* ---- records ---- */

enum err past_record(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t position, struct log_record *record)
{
    struct text bytes;
    enum err code = log_in_store.read(txn, past->engine->options.partition, position, &bytes);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    return log_decode(arena, arena_copy(arena, bytes), record);
}

enum err past_positions(const struct past *past, struct store_txn *txn, struct arena *arena, uint64_t last, uint32_t most, const uint64_t **positions,
                        uint32_t *count, uint64_t *workflow)
{
    uint64_t *items = ARENA_ARRAY(arena, uint64_t, most);
    uint32_t at = most;
    while (last) {
        struct log_record record;
        struct arena_mark mark = arena_save(arena);
        if (at == 0)
            return ERR_TOO_LARGE;
        enum err code = past_record(past, txn, arena, last, &record);
        arena_rewind(arena, mark);
        if (!code && record.event.kind == EVENT_MIGRATE)
            *workflow = record.event.migrated_from;
        if (code || record.previous >= last)
            return code ? code : ERR_CORRUPT;
        items[--at] = last;
        last = record.previous;
    }
    *positions = items + at;
    *count = most - at;
    return ERR_OK;
}

/* ---- rolls ---- */

void past_begin(struct past *past, struct store_txn *rolls)
{
    past->txn = rolls;
    past->roll_count = 0;
}

static struct roll_row *known_roll(const struct past *past, uint32_t roll, struct text person)
{
    for (uint32_t i = 0; i < past->roll_count; i++)
        if (past->rolls[i].roll == roll && text_equal(past->rolls[i].person, person))
            return &past->rolls[i];
    return NULL;
}

static bool keep_rolls(struct past *past, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->roll_count; i++) {
        struct roll_row *known = known_roll(past, decision->rolls[i].roll, decision->rolls[i].person);
        if (!known && past->roll_count == past->roll_room) {
            uint32_t room = past->roll_room ? past->roll_room * 2 : 64;
            struct roll_row *wider = realloc(past->rolls, room * sizeof *wider);
            if (!wider)
                return false;
            past->rolls = wider;
            past->roll_room = room;
        }
        *(known ? known : &past->rolls[past->roll_count++]) = decision->rolls[i];
    }
    return true;
}

static enum err stored_roll(const struct past *past, struct arena *arena, uint64_t id, uint32_t roll, struct text person, struct roll_row *row)
{
    struct text value;
    struct record_key key = key_roll(past->engine->options.partition, id, roll, person);
    enum err code = store_get(past->txn, STORE_ROLL, key_text(&key), &value);
    code = code ? code : row_decode_roll(arena_copy(arena, value), row);
    row->roll = roll;
    row->person = person;
    return code;
}

static enum err read_rolls(struct past *past, struct arena *arena, const struct event *event, struct advance_input *input)
{
    struct text persons[POLL_READS_MOST];
    uint32_t roll, wanted = input->before ? poll_reads(input->workflow, input->before, event, &roll, persons) : 0;
    struct roll_row *rows = wanted ? ARENA_ARRAY(arena, struct roll_row, wanted) : NULL;
    for (uint32_t i = 0; i < wanted; i++) {
        const struct roll_row *known = known_roll(past, roll, persons[i]);
        enum err code = known ? ERR_OK : ERR_NOT_FOUND;
        if (known)
            rows[input->roll_count] = *known;
        else if (past->txn)
            code = stored_roll(past, arena, input->before->id, roll, persons[i], &rows[input->roll_count]);
        if (code && code != ERR_NOT_FOUND)
            return code;
        input->roll_count += code == ERR_OK;
    }
    input->rolls = rows;
    return ERR_OK;
}

/* ---- deciding again ---- */

enum err past_decide(struct past *past, struct arena *arena, const struct past_step *step, const struct case_state *before, struct decision *decision)
{
    enum err code = go_to(past, step->position);
    struct advance_input input = {
        .workflow = step->workflow,
        .directory = past->directory,
        .calendars = past->calendars,
        .calendar_count = past->calendar_count,
        .before = before,
        .event = step->event,
        .now = step->now,
        .position = step->position,
        .partition = past->engine->options.partition,
        .target = step->target,
        .explain = step->explain,
    };
    if (!code && !past->directory)
        code = ERR_CORRUPT;
    if (!code && step->event->kind == EVENT_MIGRATE && !input.target)
        input.target = engine_version(past->engine, step->event->workflow, step->event->version);
    code = code ? code : read_rolls(past, arena, step->event, &input);
    *decision = (struct decision){0};
    if (!code)
        advance(&input, arena, decision);
    return code;
}

enum err past_apply(struct past *past, const struct decision *decision, const struct log_record *record, uint64_t position, const struct case_state **state)
{
    struct case_state *after = decision->after;
    after->last_position = position;
    after->events = *state ? (*state)->events + 1 : 1;
    if (record && !*state)
        after->number = record->number; /* counted by the engine, once */
    *state = after;
    return keep_rolls(past, decision) ? ERR_OK : ERR_NO_MEMORY;
}

enum err past_fire(struct past *past, struct arena *arena, uint64_t position, const struct workflow *workflow, int64_t time, bool as_it_fell,
                   const struct case_state **state, uint32_t *fired)
{
    int64_t moment = INT64_MIN;
    for (uint32_t all = 0, here = 0;; all++) {
        const struct case_clock *clock = case_due_before(*state, time);
        if (!clock)
            return ERR_OK;
        struct event event = {.kind = EVENT_DUE, .subject = {.kind = CASE_REF_ID, .id = (*state)->id},
                              .clock_kind = clock->kind, .clock_which = clock->which, .due = clock->due};
        struct past_step step = {.position = position, .workflow = workflow, .event = &event, .now = as_it_fell ? clock->due + 1 : time};
        struct decision decision;
        if ((*state)->flags & CASE_HELD)
            step.now = clock->due;
        step.now = step.now > (*state)->last_at ? step.now : (*state)->last_at;
        here = step.now == moment ? here + 1 : 0;
        moment = step.now;
        event.again = here >= ENGINE_CIRCLE_MOST || all >= ENGINE_AT_ONCE_MOST; /* as engine_fire_case */
        enum err code = past_decide(past, arena, &step, *state, &decision);
        if (!code && decision.code)
            code = ERR_CORRUPT; /* a clock of the case's own cannot be refused */
        code = code ? code : past_apply(past, &decision, NULL, position, state);
        if (code)
            return code;
        *fired += 1;
    }
}
