/* proof: see proof.h. */
#include "engine/proof.h"

#include "engine/log.h"
#include "engine/view.h"

#include <assert.h>

enum { RECORDS_PER_PAGE = 10000 };

_Static_assert((int)TREE_HASH == (int)HASH_SIZE, "the hash of a record is the hash of its leaf");

/* ---- the log, a leaf after the other ---- */

struct leaves {
    const struct proof *proof;
    uint64_t all;
    struct store_txn *txn;
    struct store_cursor *cursor;
};

static void page_close(struct leaves *leaves)
{
    store_end_read(&leaves->txn); /* with its cursor */
    leaves->cursor = NULL;
}

static enum err page_open(struct leaves *leaves, uint64_t position, struct text *key, struct text *record)
{
    const struct engine *engine = leaves->proof->engine;
    struct record_key from = key_log(engine_partition(engine), position);
    page_close(leaves);
    if (leaves->proof->progress)
        leaves->proof->progress(leaves->proof->context, position - 1, leaves->all);
    enum err code = store_begin_read(engine_store(engine), &leaves->txn);
    code = code ? code : store_cursor_open(leaves->txn, STORE_LOG, &leaves->cursor);
    return code ? code : store_cursor_seek(leaves->cursor, key_text(&from), key, record);
}

static enum err read_leaf(void *context, uint64_t index, struct tree_hash *hash)
{
    struct leaves *leaves = context;
    struct text key, record;
    uint64_t position = 0;
    enum err code = index % RECORDS_PER_PAGE == 0 ? page_open(leaves, index + 1, &key, &record) : store_cursor_next(leaves->cursor, &key, &record);
    if (code == ERR_NOT_FOUND || (!code && (!key_read_u64_last(key, &position) || position != index + 1)))
        return ERR_CORRUPT;
    if (!code)
        log_hash(record, hash->bytes);
    return code;
}

static struct tree_source source_of(struct leaves *leaves)
{
    return (struct tree_source){.leaf = read_leaf, .context = leaves};
}

/* ---- heads ---- */

static enum err head_time(const struct proof *proof, struct proof_head *head)
{
    struct view view = {.engine = proof->engine};
    struct log_record record;
    struct arena arena;
    head->time = INT64_MIN;
    if (head->size == 0)
        return ERR_OK;
    arena_init(&arena);
    view.arena = &arena;
    enum err code = view_begin(&view);
    code = code ? code : view_record(&view, head->size, &record);
    view_end(&view);
    if (!code)
        head->time = record.time;
    arena_close(&arena);
    return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
}

enum err proof_head(const struct proof *proof, uint64_t size, struct proof_head *head)
{
    struct leaves leaves = {.proof = proof, .all = size};
    const struct tree_source source = source_of(&leaves);
    assert(size <= engine_position(proof->engine));
    *head = (struct proof_head){.size = size};
    enum err code = tree_root(&source, size, &head->root);
    page_close(&leaves);
    return code ? code : head_time(proof, head);
}

enum err proof_consistency(const struct proof *proof, uint64_t old, uint64_t size, struct proof_head heads[2], struct tree_path *path)
{
    struct leaves leaves = {.proof = proof, .all = size};
    const struct tree_source source = source_of(&leaves);
    assert(size <= engine_position(proof->engine));
    enum err code = proof_head(proof, old, &heads[0]);
    if (code)
        return code;
    heads[1] = (struct proof_head){.size = size};
    code = tree_prove_consistency(&source, old, size, path, &heads[1].root);
    page_close(&leaves);
    return code ? code : head_time(proof, &heads[1]);
}

/* ---- a case ---- */

/* How many records of the case there are among the first `size`, from the last one back; `positions` are the newest first. */
static enum err walk_back(struct view *view, const struct case_state *state, uint64_t size, uint64_t positions[PROOF_RECORDS_MOST], uint32_t *count)
{
    *count = 0;
    for (uint64_t position = state->last_position; position > 0;) {
        struct log_record record;
        struct arena_mark mark = arena_save(view->arena);
        enum err code = view_record(view, position, &record);
        arena_rewind(view->arena, mark);
        if (code || record.case_id != state->id || record.previous >= position)
            return code && code != ERR_NOT_FOUND ? code : ERR_CORRUPT;
        if (position <= size && *count == PROOF_RECORDS_MOST)
            return ERR_TOO_LARGE;
        if (position <= size)
            positions[(*count)++] = position;
        position = record.previous;
    }
    return ERR_OK;
}

static enum err give_record(struct view *view, const struct case_state *state, const struct viewer *viewer, uint64_t position, struct proof_record *out)
{
    struct log_record record;
    struct text bytes;
    bool whole = false;
    enum err code = log_in_store.read(view->txn, engine_partition(view->engine), position, &bytes);
    if (code)
        return code;
    out->leaf.index = position - 1;
    out->record = arena_copy(view->arena, bytes);
    code = log_decode(view->arena, out->record, &record);
    code = code ? code : view_record_is_whole(view, state, &record, viewer, &whole);
    if (!whole)
        out->record = (struct text){0};
    return code;
}

/* A proof is handed out: whoever reads it acts for nobody here. That the case is looked at was decided by who asked for it. */
static bool acts_for_nobody(void *context, struct text person)
{
    (void)context;
    (void)person;
    return false;
}

static bool at_any_unit(void *context, uint32_t unit_id)
{
    (void)context;
    (void)unit_id;
    return true;
}

static const struct sight of_a_stranger = {.acts_for = acts_for_nobody, .at_unit = at_any_unit};

static enum err collect(struct view *view, const struct case_state *state, struct text person, struct proof_case *out)
{
    uint64_t *positions = ARENA_ARRAY(view->arena, uint64_t, PROOF_RECORDS_MOST);
    const struct viewer viewer = {.person = person, .sight = &of_a_stranger};
    uint32_t count;
    enum err code = walk_back(view, state, out->head.size, positions, &count);
    if (code)
        return code;
    out->records = ARENA_ARRAY(view->arena, struct proof_record, count);
    out->count = count;
    for (uint32_t i = 0; !code && i < count; i++)
        code = give_record(view, state, &viewer, positions[count - 1 - i], &out->records[i]);
    return code ? code : count ? ERR_OK : ERR_NOT_FOUND;
}

static enum err prove_records(const struct proof *proof, struct arena *arena, struct proof_case *out)
{
    struct leaves leaves = {.proof = proof, .all = out->head.size};
    const struct tree_source source = source_of(&leaves);
    struct tree_leaf *list = ARENA_ARRAY(arena, struct tree_leaf, out->count);
    for (uint32_t i = 0; i < out->count; i++)
        list[i].index = out->records[i].leaf.index;
    enum err code = tree_prove(&source, out->head.size, list, out->count, &out->head.root);
    page_close(&leaves);
    for (uint32_t i = 0; i < out->count; i++)
        out->records[i].leaf = list[i];
    return code ? code : head_time(proof, &out->head);
}

enum err proof_case(const struct proof *proof, struct arena *arena, const struct case_ref *ref, struct text person, uint64_t size, struct proof_case *out)
{
    struct view view = {.engine = proof->engine, .arena = arena};
    const struct case_state *state;
    assert(size <= engine_position(proof->engine));
    enum err code = engine_find_case(proof->engine, ref, &state);
    if (code)
        return code;
    *out = (struct proof_case){.id = state->id, .number = arena_copy(arena, state->number), .head = {.size = size}};
    code = view_begin(&view);
    code = code ? code : collect(&view, state, person, out);
    view_end(&view);
    return code ? code : prove_records(proof, arena, out);
}
