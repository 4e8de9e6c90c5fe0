/* engine_upgrade: a store that an older version wrote, brought to the format of this one, at start and in one transaction.
 *
 *     format 1 → 2   the figures of each workflow (engine_figures.c) are counted over the cases that are there
 *
 * How far the older version came stands in META from then on: what it told to whom a later one may decide otherwise (engine_replay).
 *
 * The log is never touched: formats of its records, of cases and of compiled forms carry versions of their own, and old ones are read for
 * ever. Breaking off half-way leaves the old format; it is done again. A newer format is not opened at all. */
#include "engine/engine_inner.h"

struct tally {
    struct text name; /* of a workflow, each once */
    uint64_t figures[ENGINE_FIGURES];
};

static struct tally *tally_of(const struct engine *engine, struct tally *tallies, uint32_t *count, uint64_t workflow)
{
    const struct deployed *deployed = NULL;
    for (uint32_t i = 0; i < engine->deployed_count && !deployed; i++)
        if (engine->deployed[i].head.position == workflow)
            deployed = &engine->deployed[i];
    if (!deployed)
        return NULL;
    for (uint32_t i = 0; i < *count; i++)
        if (text_equal(tallies[i].name, deployed->name))
            return &tallies[i];
    tallies[*count].name = deployed->name;
    return &tallies[(*count)++];
}

static enum err count_cases(const struct engine *engine, struct store_txn *txn, struct tally *tallies, uint32_t *count)
{
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, STORE_CASE, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, (struct text){0}, &key, &value);
    while (!code) {
        struct case_header header;
        code = case_header_read(value, &header);
        struct tally *tally = code ? NULL : tally_of(engine, tallies, count, header.workflow);
        if (!code && !tally)
            code = ERR_CORRUPT;
        bool figures[ENGINE_FIGURES] = {false};
        if (!code)
            engine_figures_of(header.flags, header.end, figures);
        for (int i = 0; !code && i < ENGINE_FIGURES; i++)
            tally->figures[i] += figures[i];
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err put_all(struct engine *engine, struct store_txn *txn, struct arena *arena)
{
    uint32_t count = 0;
    struct tally *tallies = ARENA_ARRAY(arena, struct tally, engine->deployed_count + 1);
    struct meta_row meta = {.format = RECORD_FORMAT, .epoch = engine->epoch, .position = engine->committed.position, .time = engine->committed.time};
    memcpy(meta.hash, engine->committed.hash, HASH_SIZE);
    enum err code = count_cases(engine, txn, tallies, &count);
    for (uint32_t i = 0; i < count && !code; i++)
        for (int k = 0; k < ENGINE_FIGURES && !code; k++) {
            struct record_key key = engine_figures_key(engine, k, tallies[i].name);
            if (tallies[i].figures[k])
                code = store_put(txn, STORE_COUNTER, key_text(&key), row_encode_number(arena, tallies[i].figures[k]));
        }
    struct record_key key = key_meta(engine->options.partition);
    code = code ? code : store_put(txn, STORE_META, key_text(&key), row_encode_meta(arena, &meta));
    key = key_meta_older(engine->options.partition);
    return code ? code : store_put(txn, STORE_META, key_text(&key), row_encode_number(arena, meta.position));
}

enum err engine_upgrade(struct engine *engine)
{
    struct arena arena;
    enum err code = ERR_MAP_FULL;
    arena_init(&arena);
    for (int turn = 0; code == ERR_MAP_FULL && turn < 2; turn++) {
        struct store_txn *txn;
        code = turn ? store_grow(engine->store) : ERR_OK;
        code = code ? code : store_begin_write(engine->store, &txn);
        if (code)
            break;
        code = put_all(engine, txn, &arena);
        if (code)
            store_abort(&txn);
        else
            code = store_commit(&txn);
    }
    arena_close(&arena);
    return code;
}
