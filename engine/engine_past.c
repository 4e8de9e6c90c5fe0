/* engine_past: see engine_past.h.
 *
 * Directories and calendars that are no longer the newest are read once and kept until the past is closed; which ones count is found anew only
 * when a position lies on the other side of a deployment. */
#include "engine/engine_inner.h"

#include "engine/engine_past.h"
#include "engine/log.h"

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

enum err past_input(struct past *past, uint64_t position, const struct workflow *workflow, const struct case_state *before, struct advance_input *input)
{
    enum err code = go_to(past, position);
    *input = (struct advance_input){
        .workflow = workflow,
        .directory = past->directory,
        .calendars = past->calendars,
        .calendar_count = past->calendar_count,
        .before = before,
        .position = position,
        .partition = past->engine->options.partition,
    };
    return !code && !past->directory ? ERR_CORRUPT : code;
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
                        uint32_t *count)
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
        if (code || record.previous >= last)
            return code ? code : ERR_CORRUPT;
        items[--at] = last;
        last = record.previous;
    }
    *positions = items + at;
    *count = most - at;
    return ERR_OK;
}

/* ---- deciding again ---- */

void past_apply(const struct decision *decision, const struct log_record *record, uint64_t position, const struct case_state **state)
{
    struct case_state *after = decision->after;
    after->last_position = position;
    after->events = *state ? (*state)->events + 1 : 1;
    if (record && !*state)
        after->number = record->number; /* counted by the engine, once */
    *state = after;
}

enum err past_fire(struct past *past, uint64_t position, const struct workflow *workflow, struct arena *arena, int64_t time, bool explain,
                   const struct case_state **state, uint32_t *fired, struct decision *last)
{
    for (;;) {
        const struct case_clock *clock = case_due_before(*state, time);
        if (!clock)
            return ERR_OK;
        bool held = ((*state)->flags & CASE_HELD) != 0;
        struct event event = {.kind = EVENT_DUE, .subject = {.kind = CASE_REF_ID, .id = (*state)->id},
                              .clock_kind = clock->kind, .clock_which = clock->which, .due = clock->due};
        struct advance_input input;
        enum err code = past_input(past, position, workflow, *state, &input);
        if (code)
            return code;
        input.event = &event;
        input.now = held ? clock->due : time;
        input.now = input.now > (*state)->last_at ? input.now : (*state)->last_at;
        input.explain = explain;
        *last = (struct decision){0};
        advance(&input, arena, last);
        if (last->code)
            return ERR_CORRUPT; /* a clock of the case's own cannot be refused */
        past_apply(last, NULL, position, state);
        *fired += 1;
    }
}
