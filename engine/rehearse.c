/* rehearse: see rehearse.h. */
#include "engine/rehearse.h"

#include "engine/engine_past.h"

#include <stdlib.h>

enum { WORKFLOWS_KNOWN = 64 };

struct rehearse {
    struct engine *engine;
    struct past *past;
    struct rehearse_options options;
    struct workflow workflow; /* the changed one, under a position that no deployment has */
    struct arena arena;       /* of one case */
    struct {
        uint64_t position;
        bool meant;
    } known[WORKFLOWS_KNOWN]; /* of which name a deployed workflow is */
    uint32_t known_count;
};

enum err rehearse_open(struct rehearse **out, struct engine *engine, const struct rehearse_options *options)
{
    struct rehearse *rehearse = calloc(1, sizeof *rehearse);
    if (!rehearse)
        return ERR_NO_MEMORY;
    rehearse->engine = engine;
    rehearse->options = *options;
    rehearse->workflow = *options->workflow;
    workflow_bind(&rehearse->workflow);
    rehearse->workflow.position = UINT64_MAX;
    rehearse->options.workflow = &rehearse->workflow;
    arena_init(&rehearse->arena);
    enum err code = past_open(&rehearse->past, engine);
    if (code)
        rehearse_close(&rehearse);
    *out = rehearse;
    return code;
}

void rehearse_close(struct rehearse **rehearse)
{
    if (!*rehearse)
        return;
    past_close(&(*rehearse)->past);
    arena_close(&(*rehearse)->arena);
    free(*rehearse);
    *rehearse = NULL;
}

/* ---- what was sealed ---- */

static bool is_sealed(const struct value *value)
{
    if (value->kind == VALUE_BYTES)
        return true;
    return value->kind == VALUE_LIST && value->count > 0 && is_sealed(&value->items[0]);
}

/* Something that the field takes. */
static struct value stand_in(struct arena *arena, const struct workflow *workflow, const struct workflow_field *field)
{
    const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
    switch ((enum field_type)field->type) {
    case FIELD_NUMBER: return value_integer(field->bounded & 1 ? field->least : field->bounded & 2 ? field->most : 0);
    case FIELD_BOOLEAN: return value_boolean(false);
    case FIELD_DATE: return value_integer(0);
    case FIELD_CHOICE: return value_text(text_of(workflow_string(workflow, names[field->choices.first].name)));
    case FIELD_LIST: return stand_in(arena, workflow, workflow_field(workflow, field->of));
    default: return value_text(TEXT("(sealed)"));
    }
}

/* The event's fields as the changed workflow wants them: sealed where they are private there, in clear where not. */
static void adapt(struct rehearse *rehearse, struct event *event, bool *blind)
{
    struct field_value *data = ARENA_ARRAY(&rehearse->arena, struct field_value, event->data_count);
    for (uint32_t i = 0; i < event->data_count; i++) {
        data[i] = event->data[i];
        int32_t row = workflow_find_field(&rehearse->workflow, data[i].name);
        const struct workflow_field *field = row == NONE ? NULL : workflow_field(&rehearse->workflow, row);
        if (!field || field->type == FIELD_PEOPLE || data[i].value.kind == VALUE_NONE || (field->private != 0) == is_sealed(&data[i].value))
            continue;
        *blind = *blind || !field->private;
        data[i].value = field->private ? value_bytes("(rehearsed)", 11) : stand_in(&rehearse->arena, &rehearse->workflow, field);
    }
    event->data = data;
}

/* ---- one event ---- */

/* What is owed has another number here when a deadline has brought it about: counts are about the vote that waits for them, the end of a child about
 * one that is open. */
static void find_owed(const struct case_state *state, struct event *event)
{
    for (uint32_t i = 0; event->kind == EVENT_COUNT && i < state->poll_count; i++)
        if (state->polls[i].owed)
            event->task = state->polls[i].owed;
    bool child = event->kind == EVENT_CASE && event->child && !case_child_by_id(state, event->child);
    for (uint32_t i = 0; child && i < state->child_count; i++)
        if (state->children[i].state == CHILD_OPEN)
            event->child = state->children[i].id;
}

/* The same of work: a report is about the task of a worker that is open. */
static void find_task(const struct case_state *state, struct event *event)
{
    find_owed(state, event);
    if (event->kind == EVENT_COUNT || !event->task || case_task_by_id(state, event->task))
        return;
    for (uint32_t i = 0; i < state->task_count; i++)
        if (state->tasks[i].state != TASK_DONE && state->tasks[i].topic.size) {
            event->task = state->tasks[i].id;
            return;
        }
}

static void note_refusal(struct rehearsed *out, const struct log_record *record, const struct decision *decision)
{
    if (out->refused_count++)
        return;
    out->refused = record->event.kind == EVENT_OPEN ? TEXT("open") : record->event.name;
    out->refused_by = record->event.as.size ? record->event.as : record->event.worker;
    out->refused_code = decision->code;
    out->refused_why = decision->why;
    out->refused_at = record->effective;
}

/* Deadlines are the changed workflow's own; moves to other versions are what is asked about. */
static bool is_replayed(enum event_kind kind)
{
    return kind != EVENT_DUE && kind != EVENT_RECOMPUTE && kind != EVENT_MIGRATE;
}

static enum err replay_record(struct rehearse *rehearse, const struct log_record *record, uint64_t position, const struct case_state **state, struct rehearsed *out)
{
    struct event event = record->event;
    struct past_step step = {.position = position, .workflow = &rehearse->workflow, .event = &event, .now = record->effective};
    struct decision decision;
    uint32_t fired = 0;
    enum err code = ERR_OK;
    if (*state)
        code = past_fire(rehearse->past, &rehearse->arena, position, &rehearse->workflow, record->effective, true, state, &fired);
    if (code)
        return code;
    adapt(rehearse, &event, &out->blind);
    if (*state) {
        find_task(*state, &event);
        step.now = (*state)->last_at > step.now ? (*state)->last_at : step.now;
    }
    code = past_decide(rehearse->past, &rehearse->arena, &step, *state, &decision);
    if (code)
        return code;
    if (!decision.code)
        return past_apply(rehearse->past, &decision, record, position, state);
    if (event.kind == EVENT_OPEN || event.kind == EVENT_SEND)
        note_refusal(out, record, &decision);
    return ERR_OK;
}

/* ---- one case ---- */

static enum err replay(struct rehearse *rehearse, struct store_txn *txn, const struct case_state *is, const struct case_state **would, struct rehearsed *out)
{
    const uint64_t *positions;
    uint32_t count, fired = 0;
    uint64_t workflow = is->workflow;
    enum err code = past_positions(rehearse->past, txn, &rehearse->arena, is->last_position, REHEARSE_RECORDS_MOST, &positions, &count, &workflow);
    *would = NULL;
    past_begin(rehearse->past, NULL);
    if (code == ERR_TOO_LARGE)
        out->too_long = true;
    if (code)
        return code == ERR_TOO_LARGE ? ERR_OK : code;
    for (uint32_t i = 0; i < count && !code && (i == 0 || *would); i++) {
        struct log_record record;
        code = past_record(rehearse->past, txn, &rehearse->arena, positions[i], &record);
        if (!code && is_replayed(record.event.kind))
            code = replay_record(rehearse, &record, positions[i], would, out);
    }
    if (code || !*would)
        return code;
    int64_t until = is->flags & CASE_ENDED ? is->last_at : rehearse->options.now;
    return past_fire(rehearse->past, &rehearse->arena, engine_position(rehearse->engine) + 1, &rehearse->workflow, until, true, would, &fired);
}

/* As it stands, could it go on under the changed workflow? */
static enum err find_place(struct rehearse *rehearse, const struct workflow *workflow, const struct case_state *is, struct rehearsed *out)
{
    const struct workflow_head *head = workflow_head(&rehearse->workflow);
    struct field_value stages = {TEXT("stages"), {0}};
    if (rehearse->options.stages)
        stages.value = *rehearse->options.stages;
    struct event event = {.kind = EVENT_MIGRATE, .subject = {.kind = CASE_REF_ID, .id = is->id}, .workflow = text_of(workflow_string(&rehearse->workflow, head->name)),
                          .version = (uint32_t)head->version, .data = &stages, .data_count = rehearse->options.stages ? 1 : 0};
    struct past_step step = {.position = engine_position(rehearse->engine) + 1, .workflow = workflow, .target = &rehearse->workflow, .event = &event,
                             .now = is->last_at > rehearse->options.now ? is->last_at : rehearse->options.now};
    struct decision decision;
    enum err code = past_decide(rehearse->past, &rehearse->arena, &step, is, &decision);
    if (code)
        return code;
    if (decision.code)
        out->no_place = decision.why;
    return ERR_OK;
}

static void describe(const struct rehearse *rehearse, const struct workflow *workflow, const struct case_state *state, struct rehearsed_place *out)
{
    const struct directory *directory = engine_directory(rehearse->engine);
    int32_t unit = directory ? directory_unit_by_id(directory, state->unit) : NONE;
    *out = (struct rehearsed_place){
        .stage = workflow_stage_name(workflow, state->stage),
        .level = workflow_level_name(workflow, state->level),
        .end = workflow_end_name(workflow, state->end),
        .unit = text_of(unit == NONE ? "" : directory_unit_path(directory, unit)),
        .due = state->flags & CASE_ENDED ? 0 : case_due(state),
        .late = (state->flags & (CASE_WAS_LATE | CASE_OVERDUE)) != 0,
    };
}

/* The name that a stage has in the changed workflow. */
static const char *called_there(struct rehearse *rehearse, const char *stage)
{
    const struct value *named = rehearse->options.stages ? value_get(rehearse->options.stages, stage) : NULL;
    return named ? arena_string(&rehearse->arena, named->text) : stage;
}

/* Votes of the same stage, one after the other, that came out otherwise. */
static uint32_t count_flipped(struct rehearse *rehearse, const struct workflow *workflow, const struct case_state *is, const struct case_state *would)
{
    uint32_t flipped = 0;
    for (uint32_t i = 0; i < is->poll_count && i < would->poll_count; i++) {
        const struct case_poll *was = &is->polls[i], *other = &would->polls[i];
        bool over = was->state >= POLL_PASSED && was->state <= POLL_NO_QUORUM && other->state >= POLL_PASSED && other->state <= POLL_NO_QUORUM;
        const char *stage = called_there(rehearse, workflow_stage_name(workflow, was->stage));
        flipped += over && (was->state == POLL_PASSED) != (other->state == POLL_PASSED) && strcmp(stage, workflow_stage_name(&rehearse->workflow, other->stage)) == 0;
    }
    return flipped;
}

static void compare(struct rehearse *rehearse, const struct case_state *is, const struct case_state *would, struct rehearsed *out)
{
    out->late = out->would.late && !out->is.late;
    out->relieved = out->is.late && !out->would.late;
    bool same = strcmp(out->is.end, out->would.end) == 0 && (*out->is.end || strcmp(called_there(rehearse, out->is.stage), out->would.stage) == 0);
    out->elsewhere = !same || (!*out->is.end && (is->unit != would->unit || strcmp(out->is.level, out->would.level) != 0));
}

static enum err rehearse_case(struct rehearse *rehearse, struct store_txn *txn, const struct case_state *is, struct rehearsed *out)
{
    const struct workflow *workflow = engine_workflow(rehearse->engine, is->workflow);
    const struct case_state *would;
    *out = (struct rehearsed){.id = is->id, .number = is->number, .ended = (is->flags & CASE_ENDED) != 0};
    if (!workflow || !case_fits(is, workflow))
        return ERR_CORRUPT;
    out->version = workflow_head(workflow)->version;
    describe(rehearse, workflow, is, &out->is);
    const struct directory *directory = engine_directory(rehearse->engine);
    int32_t unit = directory ? advance_unit(directory, is->unit) : NONE;
    const struct calendar *calendar = unit == NONE ? NULL : engine_calendar(rehearse->engine, unit);
    out->zone = calendar ? calendar->tables.strings + calendar_head(calendar)->zone : "";
    enum err code = replay(rehearse, txn, is, &would, out);
    if (!code && !out->ended)
        code = find_place(rehearse, workflow, is, out);
    if (code)
        return code;
    out->not_opened = !would && !out->too_long;
    if (!would)
        return ERR_OK;
    describe(rehearse, &rehearse->workflow, would, &out->would);
    compare(rehearse, is, would, out);
    /* A vote that was over with the case may be open still: its deadline decides it. */
    uint32_t fired = 0;
    code = past_fire(rehearse->past, &rehearse->arena, engine_position(rehearse->engine) + 1, &rehearse->workflow, rehearse->options.now, true, &would, &fired);
    out->flipped = code ? 0 : count_flipped(rehearse, workflow, is, would);
    return code;
}

/* ---- all of them ---- */

static bool is_meant(struct rehearse *rehearse, uint64_t position)
{
    for (uint32_t i = 0; i < rehearse->known_count; i++)
        if (rehearse->known[i].position == position)
            return rehearse->known[i].meant;
    const struct workflow *workflow = engine_workflow(rehearse->engine, position);
    const char *name = workflow_string(&rehearse->workflow, workflow_head(&rehearse->workflow)->name);
    bool meant = workflow && strcmp(workflow_string(workflow, workflow_head(workflow)->name), name) == 0;
    if (workflow && rehearse->known_count < WORKFLOWS_KNOWN) {
        rehearse->known[rehearse->known_count].position = position;
        rehearse->known[rehearse->known_count++].meant = meant;
    }
    return meant;
}

bool rehearsed_differs(const struct rehearsed *rehearsed)
{
    return rehearsed->late || rehearsed->relieved || rehearsed->flipped || rehearsed->refused_count || rehearsed->no_place.size || rehearsed->elsewhere ||
           rehearsed->not_opened || rehearsed->too_long;
}

static void count(const struct rehearsed *rehearsed, struct rehearse_sum *sum)
{
    sum->cases++;
    sum->open += !rehearsed->ended;
    sum->late += rehearsed->late;
    sum->relieved += rehearsed->relieved;
    sum->flipped += rehearsed->flipped > 0;
    sum->refused += rehearsed->refused_count > 0;
    sum->no_place += rehearsed->no_place.size > 0;
    sum->elsewhere += rehearsed->elsewhere;
    sum->too_long += rehearsed->too_long;
}

static enum err rehearse_row(struct rehearse *rehearse, struct store_txn *txn, struct text bytes, struct rehearse_sum *sum, rehearse_take take, void *context)
{
    struct case_header header;
    struct case_state *state;
    struct rehearsed out;
    enum err code = case_header_read(bytes, &header);
    if (code || !is_meant(rehearse, header.workflow) || (rehearse->options.open_only && header.flags & CASE_ENDED))
        return code;
    arena_reset(&rehearse->arena);
    code = case_decode(&rehearse->arena, bytes, &state);
    code = code ? code : kept_read(&rehearse->arena, txn, engine_partition(rehearse->engine), state);
    code = code ? code : rehearse_case(rehearse, txn, state, &out);
    if (code == ERR_CORRUPT) { /* opened while this ran, under what was deployed since; `verify` tells what is really broken */
        sum->unreadable++;
        return ERR_OK;
    }
    if (code)
        return code;
    count(&out, sum);
    take(context, &out);
    return ERR_OK;
}

enum err rehearse_some(struct rehearse *rehearse, uint64_t *after, struct rehearse_sum *sum, rehearse_take take, void *context)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_begin_read(engine_store(rehearse->engine), &txn);
    if (code)
        return code;
    struct record_key from = key_case(engine_partition(rehearse->engine), *after + 1);
    code = store_cursor_open(txn, STORE_CASE, &cursor);
    code = code ? code : store_cursor_seek(cursor, key_text(&from), &key, &value);
    for (uint32_t i = 0; i < REHEARSE_PAGE && !code; i++) {
        code = key_read_u64_last(key, after) ? rehearse_row(rehearse, txn, value, sum, take, context) : ERR_CORRUPT;
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_end_read(&txn);
    return code;
}
