/* engine_figures: how many cases of each workflow are open, overdue now, closed, and were late at closing: kept as it goes, one row of COUNTER each.
 *
 *     overdue now      open, and a deadline of the stage (or the limit of the whole) has passed and nothing followed
 *     late at closing  closed, and some deadline was missed on the way
 * The two are different figures (domain D5.15): what is behind today, and what was behind when it was over. Imported cases count from
 * their release on; one that was merged into another has not been closed. */
#include "engine/engine_inner.h"

enum { FIGURES = ENGINE_FIGURES };
static const char letters[FIGURES] = {'o', 'd', 'c', 'l'};

void engine_figures_of(uint32_t flags, int32_t end, bool figures[FIGURES])
{
    bool live = !(flags & CASE_HELD), ended = flags & CASE_ENDED;
    figures[0] = live && !ended;
    figures[1] = figures[0] && flags & CASE_OVERDUE;
    figures[2] = live && ended && end != END_MERGED;
    figures[3] = figures[2] && flags & CASE_WAS_LATE;
}

struct record_key engine_figures_key(const struct engine *engine, int figure, struct text workflow)
{
    return key_counter(engine->options.partition, letters[figure], workflow);
}

static enum err change(struct engine *engine, const struct record_key *key, int64_t by)
{
    struct text value;
    uint64_t count = 0;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, key, &value);
    code = code == ERR_NOT_FOUND ? ERR_OK : code ? code : row_decode_number(value, &count);
    if (code || (by < 0 && count < (uint64_t)-by))
        return code ? code : ERR_CORRUPT;
    count += (uint64_t)by;
    if (count) /* none is no row: where batches end must change nothing */
        batch_put(&engine->batch, STORE_COUNTER, key, row_encode_number(&engine->batch.arena, count));
    else
        batch_delete(&engine->batch, STORE_COUNTER, key);
    return ERR_OK;
}

/* What went up, or what went down, goes into the rows. */
static enum err flush(struct engine *engine, bool up)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < engine->moved_count; i++) {
        const struct workflow *workflow = engine_workflow(engine, engine->moved[i].workflow);
        for (int k = 0; k < FIGURES && !code; k++) {
            int64_t by = engine->moved[i].by[k];
            if (by == 0 || (by > 0) != up)
                continue;
            struct record_key key = engine_figures_key(engine, k, text_of(workflow_string(workflow, workflow_head(workflow)->name)));
            code = change(engine, &key, by);
        }
    }
    return code;
}

/* A batch moves a thousand cases of a few workflows: the rows are written once, with it. Versions of one workflow share a row, and a case that is
 * migrated is counted up under one and down under the other: what went up comes first, so that no row is ever less than none. */
enum err engine_figures_flush(struct engine *engine)
{
    enum err code = flush(engine, true);
    code = code ? code : flush(engine, false);
    engine->moved_count = 0;
    return code;
}

static int64_t *moved_of(struct engine *engine, uint64_t workflow)
{
    for (uint32_t i = 0; i < engine->moved_count; i++)
        if (engine->moved[i].workflow == workflow)
            return engine->moved[i].by;
    if (engine->moved_count == ENGINE_MOVED_MOST)
        return NULL;
    engine->moved[engine->moved_count] = (struct moved){.workflow = workflow};
    return engine->moved[engine->moved_count++].by;
}

enum err engine_figures_count(struct engine *engine, const struct case_state *before, const struct case_state *after)
{
    bool was[FIGURES] = {false}, is[FIGURES];
    if (before)
        engine_figures_of(before->flags, before->end, was);
    engine_figures_of(after->flags, after->end, is);
    if (memcmp(was, is, sizeof was) == 0)
        return ERR_OK;
    int64_t *moved = moved_of(engine, after->workflow);
    enum err code = moved ? ERR_OK : engine_figures_flush(engine);
    moved = moved ? moved : moved_of(engine, after->workflow);
    for (int i = 0; i < FIGURES; i++)
        moved[i] += is[i] - was[i];
    return code;
}

enum err engine_figures(struct engine *engine, struct store_txn *txn, struct text workflow, uint64_t figures[ENGINE_FIGURES])
{
    enum err code = ERR_OK;
    for (int i = 0; i < FIGURES && !code; i++) {
        struct record_key key = engine_figures_key(engine, i, workflow);
        struct text value;
        figures[i] = 0;
        code = store_get(txn, STORE_COUNTER, key_text(&key), &value);
        code = code == ERR_NOT_FOUND ? ERR_OK : code ? code : row_decode_number(value, &figures[i]);
    }
    return code;
}
