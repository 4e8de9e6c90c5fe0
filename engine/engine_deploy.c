/* engine_deploy: a workflow, a directory or a calendar takes effect.
 *
 * In one batch: the pieces of the source and of the compiled form, each an event with a position of its own, and then the event
 * that makes them count. The compiled form decides and its hash names the content: the same name and version with other content is refused,
 * with the same content it is a duplicate. */
#include "engine/engine_inner.h"
#include "engine/sha256.h"

#include <assert.h>

/* ---- taking effect (also on replay) ---- */

enum err engine_apply_part(struct engine *engine, const struct event *event)
{
    struct record_key key = key_deployed(engine->options.partition, event->what, event->deployed, event->version, event->compiled ? 'C' : 'S', event->part);
    batch_put(&engine->batch, STORE_DEPLOYED, &key, arena_copy(&engine->batch.arena, event->bytes));
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_append(engine, &record);
    return ERR_OK;
}

static void retire(struct engine *engine, struct form *form)
{
    form->next = engine->retired;
    engine->retired = form;
}

/* They stand in the order of their names, as the store has them: which one is the first must not depend on when the engine was started. */
static enum err use_calendar(struct engine *engine, struct form *form)
{
    uint32_t at = 0;
    while (at < engine->calendar_count && strcmp(calendar_name(engine->calendar_list[at]), calendar_name(&form->calendar)) < 0)
        at++;
    if (at < engine->calendar_count && strcmp(calendar_name(engine->calendar_list[at]), calendar_name(&form->calendar)) == 0) {
        retire(engine, engine->calendars[at]);
    } else {
        if (engine->calendar_count == ENGINE_CALENDARS_MOST)
            return ERR_CORRUPT; /* check_room refused it before */
        size_t behind = engine->calendar_count++ - at;
        memmove(&engine->calendars[at + 1], &engine->calendars[at], behind * sizeof *engine->calendars);
        memmove(&engine->calendar_list[at + 1], &engine->calendar_list[at], behind * sizeof *engine->calendar_list);
    }
    engine->calendars[at] = form;
    engine->calendar_list[at] = &form->calendar;
    engine_sweep_again(engine);
    return ERR_OK;
}

static enum err use_form(struct engine *engine, const struct deployed *deployed)
{
    struct form *form;
    enum err code = engine_load_form(engine, deployed, &form);
    if (code)
        return code;
    if (text_is(deployed->what, "workflow")) {
        form->next = engine->workflows;
        engine->workflows = form;
        engine->workflow_count++;
    } else if (text_is(deployed->what, "directory")) {
        if (engine->directory) {
            engine_note_units(engine, &engine->directory->directory, &form->directory);
            retire(engine, engine->directory);
        }
        engine->directory = form;
        if (engine->calendar_count > 1)
            engine_sweep_again(engine); /* a unit may have been given another calendar */
    } else {
        code = use_calendar(engine, form);
        if (code)
            form_close(&form);
    }
    return code;
}

enum err engine_apply_deploy(struct engine *engine, const struct event *event, uint64_t *position)
{
    struct arena *arena = &engine->batch.arena;
    *position = engine_next_position(engine);
    if (engine->deployed_count == ENGINE_DEPLOYED_MOST)
        return ERR_CORRUPT;
    struct deployed deployed = {
        .what = text_is(event->what, "workflow") ? TEXT("workflow") : text_is(event->what, "directory") ? TEXT("directory") : TEXT("calendar"),
        .name = arena_copy(&engine->names, event->deployed),
        .version = event->version,
        .head = {.position = *position, .sources = event->part, .compileds = event->parts, .applies_from = event->applies_from},
    };
    memcpy(deployed.head.hash, event->hash, HASH_SIZE);
    struct record_key key = key_deployed(engine->options.partition, event->what, event->deployed, event->version, 'H', 0);
    batch_put(&engine->batch, STORE_DEPLOYED, &key, row_encode_deployed(arena, &deployed.head));
    struct log_record record = {.effective = engine->working.time, .event = *event};
    engine_append(engine, &record);
    engine_put_receipt(engine, event, *position, false);
    engine_add_deployed(engine, &deployed);
    engine->agenda.stale = true;
    return use_form(engine, &deployed);
}

/* ---- deciding ---- */

static enum err check_version(const struct engine *engine, const struct deployment *deployment)
{
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *other = &engine->deployed[i];
        if (!text_equal(other->what, deployment->what) || other->version <= deployment->version)
            continue;
        if (text_is(other->what, "directory") || text_equal(other->name, deployment->name))
            return ERR_OLDER_VERSION;
    }
    return ERR_OK;
}

static enum err check_room(const struct engine *engine, const struct deployment *deployment)
{
    if (engine->deployed_count == ENGINE_DEPLOYED_MOST)
        return ERR_BUSY;
    bool calendar = text_is(deployment->what, "calendar");
    return calendar && engine->calendar_count == ENGINE_CALENDARS_MOST ? ERR_BUSY : ERR_OK;
}

/* A unit, once deployed, stays listed: cases name it by its id for ever. It is closed by naming its successor. */
static enum err check_units(const struct directory *now, const struct directory *next, struct arena *arena, struct text *why)
{
    for (int32_t unit = 0; now && unit < directory_unit_count(now); unit++) {
        uint32_t id = (uint32_t)directory_unit(now, unit)->id;
        if (directory_unit_by_id(next, id) != NONE)
            continue;
        *why = arena_print(arena, "Unit %u (%s) is missing; keep it, with its successor.", id, directory_unit_path(now, unit));
        return ERR_UNIT_IN_USE;
    }
    return ERR_OK;
}

static bool calendar_is_deployed(const struct engine *engine, const char *name)
{
    for (uint32_t i = 0; i < engine->calendar_count; i++)
        if (strcmp(calendar_name(engine->calendar_list[i]), name) == 0)
            return true;
    return false;
}

/* Deadlines could not be counted at a unit whose calendar is not here. */
static enum err check_calendars(const struct engine *engine, const struct directory *next, struct arena *arena, struct text *why)
{
    for (int32_t unit = 0; unit < directory_unit_count(next); unit++) {
        const char *name = directory_unit_calendar(next, unit);
        if (calendar_is_deployed(engine, name))
            continue;
        *why = arena_print(arena, "The calendar \"%s\" of unit %s is not deployed. Deploy it first.", name, directory_unit_path(next, unit));
        return ERR_INVALID_SOURCE;
    }
    return ERR_OK;
}

static enum err check_directory(struct engine *engine, const struct deployment *deployment, struct text *why)
{
    if (!text_is(deployment->what, "directory"))
        return ERR_OK;
    struct arena *arena = &engine->batch.arena;
    struct directory next = {0};
    enum err code = tables_decode(arena, &directory_shape, deployment->compiled, &next.tables);
    if (code)
        return code;
    directory_bind(&next);
    code = check_units(engine_directory(engine), &next, arena, why);
    return code ? code : check_calendars(engine, &next, arena, why);
}

static uint32_t pieces_of(struct text bytes)
{
    return (uint32_t)((bytes.size + DEPLOY_PIECE - 1) / DEPLOY_PIECE);
}

static enum err put_pieces(struct engine *engine, const struct deployment *deployment, bool compiled)
{
    struct text bytes = compiled ? deployment->compiled : deployment->source;
    uint32_t pieces = pieces_of(bytes);
    for (uint32_t piece = 1; piece <= pieces; piece++) {
        size_t from = (size_t)(piece - 1) * DEPLOY_PIECE;
        size_t size = bytes.size - from < DEPLOY_PIECE ? bytes.size - from : DEPLOY_PIECE;
        struct event event = {
            .kind = EVENT_DEPLOY_PART, .what = deployment->what, .deployed = deployment->name, .version = deployment->version,
            .compiled = compiled, .part = piece, .parts = pieces, .bytes = {.data = bytes.data + from, .size = size},
        };
        enum err code = engine_apply_part(engine, &event);
        if (code)
            return code;
    }
    return ERR_OK;
}

static enum err put_deployment(struct engine *engine, const struct deployment *deployment, const struct event *event, struct message *answer)
{
    uint64_t position;
    enum err code = put_pieces(engine, deployment, false);
    code = code ? code : put_pieces(engine, deployment, true);
    code = code ? code : engine_apply_deploy(engine, event, &position);
    if (!code)
        engine_answer(engine, MESSAGE_APPLIED, position, &engine->last, answer);
    return code;
}

enum err engine_deploy(struct engine *engine, const struct deployment *deployment, struct message *answer)
{
    assert(engine->in_batch);
    struct event event = {
        .kind = EVENT_DEPLOY, .id = deployment->id, .sender = deployment->sender, .as = deployment->as, .what = deployment->what,
        .deployed = deployment->name, .version = deployment->version, .applies_from = deployment->applies_from,
        .part = pieces_of(deployment->source), .parts = pieces_of(deployment->compiled),
    };
    sha256_of(deployment->compiled, event.hash);
    bool seen;
    enum err first = engine_answer_seen(engine, &event, answer, &seen);
    if (first || seen)
        return first;
    const struct deployed *same = engine_find_deployed(engine, deployment->what, deployment->name, deployment->version);
    if (same && memcmp(same->head.hash, event.hash, HASH_SIZE) == 0) {
        struct log_record record;
        enum err code = engine_read_record(engine, same->head.position, &record);
        if (!code)
            engine_answer(engine, MESSAGE_DUPLICATE, same->head.position, &record, answer);
        return code;
    }
    struct text why = {0};
    enum err refusal = same ? ERR_OTHER_CONTENT : check_version(engine, deployment);
    refusal = refusal ? refusal : check_room(engine, deployment);
    refusal = refusal ? refusal : check_directory(engine, deployment, &why);
    if (refusal) {
        engine_refuse(answer, refusal, why);
        return ERR_OK;
    }
    return put_deployment(engine, deployment, &event, answer);
}
