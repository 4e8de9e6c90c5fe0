/* engine_state: opening; what is deployed; finding cases. */
#include "engine/engine_inner.h"
#include "engine/sha256.h"

#include <assert.h>
#include <stdlib.h>

/* ---- opening ---- */

/* The last record of the log; position 0: there is none. */
static enum err read_head(const struct engine *engine, struct store_txn *txn, struct log_place *head)
{
    struct store_cursor *cursor;
    struct record_key behind = key_log(engine->options.partition, UINT64_MAX);
    struct text key, value;
    *head = (struct log_place){0};
    enum err code = store_cursor_open(txn, STORE_LOG, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, key_text(&behind), &key, &value);
    if (!code || code == ERR_NOT_FOUND)
        code = store_cursor_previous(cursor, &key, &value);
    if (!code && !key_read_u64_last(key, &head->position))
        code = ERR_CORRUPT;
    if (!code)
        log_hash(value, head->hash);
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* Where the state stands, by its own word and by that of the log: were they apart, the next record would stand in the wrong place. */
static enum err read_place(struct engine *engine, struct store_txn *txn, struct log_place *head)
{
    struct meta_row meta = {.format = RECORD_FORMAT};
    struct record_key key = key_meta(engine->options.partition);
    struct text value;
    enum err code = store_get(txn, STORE_META, key_text(&key), &value);
    code = code == ERR_NOT_FOUND ? ERR_OK : code ? code : row_decode_meta(value, &meta);
    if (!code && (meta.format == 0 || meta.format > RECORD_FORMAT))
        code = meta.format ? ERR_NEWER_FORMAT : ERR_CORRUPT;
    code = code ? code : read_head(engine, txn, head);
    if (code)
        return code;
    if (meta.position != head->position || memcmp(meta.hash, head->hash, HASH_SIZE) != 0) {
        engine->why = "the state does not stand where its log ends";
        return ERR_CORRUPT;
    }
    head->time = meta.time;
    engine->epoch = meta.epoch;
    engine->format = meta.format;
    return ERR_OK;
}

static enum err read_meta(struct engine *engine)
{
    struct store_txn *txn;
    struct log_place head;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = read_place(engine, txn, &head);
    store_end_read(&txn);
    if (!code)
        engine->committed = head;
    return code;
}

static enum err count_parked(struct engine *engine)
{
    struct store_figures figures;
    enum err code = store_read_figures(engine->store, &figures);
    if (!code)
        engine->parked_count = figures.rows[STORE_PARKED];
    return code;
}

enum err engine_open(struct engine **out, struct store *store, const struct engine_options *options, const char **why)
{
    struct engine *engine = calloc(1, sizeof *engine);
    *why = err_sentence(ERR_NO_MEMORY);
    if (!engine)
        return ERR_NO_MEMORY;
    engine->store = store;
    engine->options = *options;
    if (engine->options.cached_workflows_most == 0)
        engine->options.cached_workflows_most = 256;
    arena_init(&engine->names);
    engine_agenda_init(engine);
    batch_init(&engine->batch, store);
    batch_init(&engine->questions, store);
    enum err code = engine_reload(engine, why);
    if (code) {
        engine_close(&engine);
        return code;
    }
    engine->epoch++; /* stands in every record and every META that this run writes */
    *out = engine;
    return ERR_OK;
}

enum err engine_reload(struct engine *engine, const char **why)
{
    assert(!engine->in_batch);
    engine->why = NULL;
    engine_forget(engine);
    uint32_t epoch = engine->epoch;
    enum err code = read_meta(engine);
    code = code ? code : engine_load(engine);
    if (!code && engine->format < RECORD_FORMAT && !engine->options.read_only)
        code = engine_upgrade(engine);
    code = code ? code : count_parked(engine);
    code = code ? code : engine_find_said(engine);
    code = code ? code : engine_find_counts(engine);
    if (epoch > engine->epoch)
        engine->epoch = epoch; /* after a failed commit: still this run */
    engine->working = engine->committed;
    engine->failed = code != ERR_OK;
    engine->sweeping = engine->sweep_back = false;
    if (engine->calendar_count > 0)
        engine_sweep_again(engine);
    *why = !code ? "" : engine->why ? engine->why : err_sentence(code);
    return code;
}

void engine_close(struct engine **out)
{
    struct engine *engine = *out;
    if (!engine)
        return;
    engine_forget(engine);
    batch_close(&engine->batch);
    batch_close(&engine->questions);
    engine_agenda_close(engine);
    arena_close(&engine->names);
    free(engine);
    *out = NULL;
}

/* ---- what is deployed ---- */

/* Closes a list of forms. */
void form_close(struct form **form)
{
    for (struct form *at = *form, *next; at; at = next) {
        next = at->next;
        arena_close(&at->arena);
        free(at);
    }
    *form = NULL;
}

void engine_forget(struct engine *engine)
{
    engine_agenda_forget(engine);
    form_close(&engine->directory);
    for (uint32_t i = 0; i < engine->calendar_count; i++)
        form_close(&engine->calendars[i]);
    form_close(&engine->workflows);
    form_close(&engine->retired);
    engine->calendar_count = engine->workflow_count = engine->deployed_count = engine->deployed_room = 0;
    engine->deployed = NULL;
    arena_reset(&engine->names);
}

/* The pieces of a compiled form, put together. */
static enum err read_pieces(struct engine *engine, const struct deployed *deployed, struct arena *arena, struct text *bytes)
{
    uint32_t count = deployed->head.compileds;
    struct text *pieces = ARENA_ARRAY(arena, struct text, count);
    size_t size = 0;
    for (uint32_t piece = 0; piece < count; piece++) {
        struct record_key key = key_deployed(engine->options.partition, deployed->what, deployed->name, deployed->version, 'C', piece + 1);
        enum err code = batch_get(engine_reading(engine), STORE_DEPLOYED, &key, &pieces[piece]);
        if (code)
            return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
        if (pieces[piece].size > DEPLOY_PIECE)
            return ERR_CORRUPT;
        size += pieces[piece].size;
    }
    char *all = count == 1 ? NULL : arena_take(arena, size), *at = all;
    for (uint32_t piece = 0; all && piece < count; at += pieces[piece++].size)
        memcpy(at, pieces[piece].data, pieces[piece].size);
    *bytes = all ? (struct text){.data = all, .size = size} : pieces[0]; /* most have one */
    return ERR_OK;
}

static enum err decode_form(const struct deployed *deployed, struct text bytes, struct form *form)
{
    enum err code;
    if (text_is(deployed->what, "workflow")) {
        code = tables_decode(&form->arena, &workflow_shape, bytes, &form->workflow.tables);
        if (!code)
            workflow_bind(&form->workflow);
        if (!code && !workflow_sound(&form->workflow))
            code = ERR_CORRUPT;
        form->workflow.position = deployed->head.position;
        memcpy(form->workflow.hash, deployed->head.hash, HASH_SIZE);
    } else if (text_is(deployed->what, "directory")) {
        code = tables_decode(&form->arena, &directory_shape, bytes, &form->directory.tables);
        if (!code)
            directory_bind(&form->directory);
        form->directory.position = deployed->head.position;
        memcpy(form->directory.hash, deployed->head.hash, HASH_SIZE);
    } else {
        code = tables_decode(&form->arena, &calendar_shape, bytes, &form->calendar.tables);
        if (!code)
            calendar_bind(&form->calendar);
        form->calendar.position = deployed->head.position;
        memcpy(form->calendar.hash, deployed->head.hash, HASH_SIZE);
    }
    return code;
}

/* The compiled form decides, so it must be the one that was deployed. */
static enum err check_hash(const struct deployed *deployed, struct text bytes)
{
    uint8_t hash[HASH_SIZE];
    sha256_of(bytes, hash);
    return memcmp(hash, deployed->head.hash, HASH_SIZE) == 0 ? ERR_OK : ERR_CORRUPT;
}

enum err engine_load_form(struct engine *engine, const struct deployed *deployed, struct form **out)
{
    struct form *form = calloc(1, sizeof *form);
    if (!form)
        return ERR_NO_MEMORY;
    arena_init(&form->arena);
    struct arena pieces;
    arena_init(&pieces);
    struct text bytes;
    enum err code = read_pieces(engine, deployed, &pieces, &bytes);
    code = code ? code : check_hash(deployed, bytes);
    code = code ? code : decode_form(deployed, bytes, form);
    arena_close(&pieces);
    if (code)
        form_close(&form);
    else
        *out = form;
    return code;
}

bool engine_add_deployed(struct engine *engine, const struct deployed *deployed)
{
    if (engine->deployed_count == ENGINE_DEPLOYED_MOST)
        return false;
    if (engine->deployed_count == engine->deployed_room) {
        engine->deployed_room = engine->deployed_room ? engine->deployed_room * 2 : 16;
        struct deployed *wider = ARENA_ARRAY(&engine->names, struct deployed, engine->deployed_room); /* the old ones stay behind: who has one may keep it */
        if (engine->deployed_count)
            memcpy(wider, engine->deployed, engine->deployed_count * sizeof *wider);
        engine->deployed = wider;
    }
    engine->deployed[engine->deployed_count++] = *deployed;
    return true;
}

/* A head as it stands in the store. */
static enum err add_head(struct engine *engine, struct text key, struct text value)
{
    struct deployed deployed;
    char part;
    uint32_t piece;
    if (!key_read_deployed(key, &deployed.what, &deployed.name, &deployed.version, &part, &piece))
        return ERR_CORRUPT;
    if (part != 'H')
        return ERR_OK;
    enum err code = row_decode_deployed(value, &deployed.head);
    if (code)
        return code;
    if (deployed.head.sources > DEPLOY_PIECES_MOST || deployed.head.compileds > DEPLOY_PIECES_MOST)
        return ERR_CORRUPT;
    deployed.name = arena_copy(&engine->names, deployed.name);
    return engine_add_deployed(engine, &deployed) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_heads(struct engine *engine)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_begin_read(engine->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_DEPLOYED, &cursor);
    code = code ? code : store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        code = add_head(engine, key, value);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_end_read(&txn);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* Directory and calendars are always the newest. */
static bool is_newest(const struct engine *engine, const struct deployed *deployed)
{
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *other = &engine->deployed[i];
        bool rival = text_equal(other->what, deployed->what) && (text_is(deployed->what, "directory") || text_equal(other->name, deployed->name));
        if (rival && other->head.position > deployed->head.position)
            return false;
    }
    return true;
}

enum err engine_load(struct engine *engine)
{
    batch_begin(&engine->questions, engine->committed.position + 1);
    enum err code = read_heads(engine);
    for (uint32_t i = 0; i < engine->deployed_count && !code; i++) {
        const struct deployed *deployed = &engine->deployed[i];
        if (text_is(deployed->what, "workflow") || !is_newest(engine, deployed))
            continue;
        if (text_is(deployed->what, "directory")) {
            code = engine_load_form(engine, deployed, &engine->directory);
        } else if (engine->calendar_count < ENGINE_CALENDARS_MOST) {
            code = engine_load_form(engine, deployed, &engine->calendars[engine->calendar_count]);
            if (!code) {
                engine->calendar_list[engine->calendar_count] = &engine->calendars[engine->calendar_count]->calendar;
                engine->calendar_count++;
            }
        }
    }
    batch_end_read(&engine->questions);
    return code;
}

bool engine_deployed_workflow(const struct engine *engine, uint32_t n, struct text *name, uint64_t *position)
{
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        if (!text_is(engine->deployed[i].what, "workflow") || n-- > 0)
            continue;
        *name = engine->deployed[i].name;
        *position = engine->deployed[i].head.position;
        return true;
    }
    return false;
}

const struct deployed *engine_find_deployed(const struct engine *engine, struct text what, struct text name, uint32_t version)
{
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *deployed = &engine->deployed[i];
        if (deployed->version == version && text_equal(deployed->what, what) && text_equal(deployed->name, name))
            return deployed;
    }
    return NULL;
}

/* One that is deployed and cannot be read must not look like one that is not there. */
static enum err load_workflow(struct engine *engine, const struct deployed *deployed, struct form **form)
{
    enum err code = engine_load_form(engine, deployed, form);
    engine->unread = code;
    if (!engine->in_batch)
        batch_end_read(&engine->questions);
    else if (code && !engine->trouble)
        engine->trouble = code;
    return code;
}

const struct workflow *engine_workflow(struct engine *engine, uint64_t position)
{
    engine->unread = ERR_OK;
    for (struct form **link = &engine->workflows; *link; link = &(*link)->next) {
        struct form *form = *link;
        if (form->workflow.position != position)
            continue;
        *link = form->next; /* to the front: the next question is most likely about it again */
        form->next = engine->workflows;
        engine->workflows = form;
        return &form->workflow;
    }
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *deployed = &engine->deployed[i];
        struct form *form;
        if (deployed->head.position != position || !text_is(deployed->what, "workflow"))
            continue;
        enum err code = load_workflow(engine, deployed, &form);
        if (code)
            return NULL;
        form->next = engine->workflows;
        engine->workflows = form;
        engine->workflow_count++;
        return &form->workflow;
    }
    return NULL;
}

const struct workflow *engine_version(struct engine *engine, struct text name, uint32_t version)
{
    const struct deployed *deployed = engine_find_deployed(engine, TEXT("workflow"), name, version);
    return deployed ? engine_workflow(engine, deployed->head.position) : NULL;
}

/* The day on which a workflow is asked for, by the first calendar's zone (UTC before any calendar is deployed). */
int32_t engine_day(const struct engine *engine, int64_t time)
{
    if (engine->calendar_count)
        return calendar_date(engine->calendar_list[0], time);
    return (int32_t)(time >= 0 ? time / 86400000 : -((86399999 - time) / 86400000));
}

const struct workflow *engine_newest_workflow(struct engine *engine, struct text name, int64_t now)
{
    const struct deployed *newest = NULL;
    int32_t day = engine_day(engine, now);
    for (uint32_t i = 0; i < engine->deployed_count; i++) {
        const struct deployed *deployed = &engine->deployed[i];
        if (!text_is(deployed->what, "workflow") || !text_equal(deployed->name, name))
            continue;
        if (deployed->head.applies_from != NONE && deployed->head.applies_from > day)
            continue;
        if (!newest || deployed->version > newest->version)
            newest = deployed;
    }
    return newest ? engine_workflow(engine, newest->head.position) : NULL;
}

const struct directory *engine_directory(const struct engine *engine)
{
    return engine->directory ? &engine->directory->directory : NULL;
}

const struct calendar *engine_calendar(const struct engine *engine, int32_t unit)
{
    struct advance_input input;
    engine_input(engine, NULL, NULL, &input);
    return input.directory ? advance_calendar(&input, unit) : NULL;
}

/* ---- cases ---- */

struct batch *engine_reading(struct engine *engine)
{
    return engine->in_batch ? &engine->batch : &engine->questions;
}

enum err engine_case_by_id(struct engine *engine, uint64_t id, struct batch_case **subject)
{
    enum err code = batch_case(engine_reading(engine), engine->options.partition, id, subject);
    if (code || (*subject)->fits)
        return code;
    /* What comes from the disk is believed only as far as it was checked: rows that its workflow does not have would lead astray. */
    const struct workflow *workflow = engine_workflow(engine, (*subject)->state->workflow);
    (*subject)->fits = workflow && case_fits((*subject)->state, workflow);
    if (!workflow && engine->unread)
        return engine->unread; /* a disk that fails now is not a case that is damaged */
    return (*subject)->fits ? ERR_OK : ERR_CORRUPT;
}

enum err engine_case_by_ref(struct engine *engine, const struct case_ref *ref, struct batch_case **subject)
{
    uint32_t partition = engine->options.partition;
    if (ref->kind == CASE_REF_ID)
        return engine_case_by_id(engine, ref->id, subject);
    if (ref->kind == CASE_REF_NONE || ref->text.size == 0 || ref->text.size > 256 || (ref->kind == CASE_REF_KEY && ref->text.size != ID_SIZE))
        return ERR_NOT_FOUND;
    bool by_key = ref->kind == CASE_REF_KEY;
    struct record_key key = by_key ? key_case_key(partition, ref->text) : key_number(partition, ref->text);
    struct text value;
    uint64_t id;
    enum err code = batch_get(engine_reading(engine), by_key ? STORE_KEY : STORE_NUMBER, &key, &value);
    code = code ? code : row_decode_number(value, &id);
    return code ? code : engine_case_by_id(engine, id, subject);
}

enum err engine_find_case(struct engine *engine, const struct case_ref *ref, const struct case_state **state)
{
    struct batch_case *subject;
    if (!engine->in_batch)
        batch_begin(&engine->questions, engine->committed.position + 1);
    enum err code = engine_case_by_ref(engine, ref, &subject);
    if (!engine->in_batch)
        batch_end_read(&engine->questions);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_UNKNOWN_CASE : code;
    *state = subject->state;
    return ERR_OK;
}

uint64_t engine_position(const struct engine *engine)
{
    return engine->committed.position;
}

const uint8_t *engine_hash(const struct engine *engine)
{
    return engine->committed.hash;
}

uint32_t engine_epoch(const struct engine *engine)
{
    return engine->epoch;
}

uint32_t engine_partition(const struct engine *engine)
{
    return engine->options.partition;
}

struct store *engine_store(const struct engine *engine)
{
    return engine->store;
}
