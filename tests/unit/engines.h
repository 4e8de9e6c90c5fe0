/* engines: what the tests of the engine share: an engine over a store, with the shipped calendar and directory and a workflow. */
#ifndef STAIRCASE_TESTS_ENGINES_H
#define STAIRCASE_TESTS_ENGINES_H

#include "engine/engine.h"
#include "engine/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>

#define AT(date_ms) (INT64_C(1790211600000) + (date_ms)) /* 2026-09-24 09:00 in Shanghai */

struct bed {
    struct store *store;
    struct engine *engine;
    struct arena arena;
    uint64_t ids; /* event ids given so far */
};

static inline struct text bed_file(struct bed *bed, const char *path)
{
    const char *root = getenv("STAIRCASE_SOURCE");
    struct text source, why = {0};
    const char *full = arena_print(&bed->arena, "%s/%s", root ? root : ".", path).data;
    if (source_load(&bed->arena, full, &source, &why))
        fail_msg("%s", why.data);
    return source;
}

static inline struct text bed_id(struct bed *bed)
{
    char *id = arena_take(&bed->arena, ID_SIZE);
    snprintf(id, ID_SIZE, "id%012llu", (unsigned long long)++bed->ids);
    return (struct text){id, ID_SIZE};
}

static inline void bed_commit(struct bed *bed)
{
    struct engine_done done;
    assert_int_equal(engine_commit(bed->engine, &done), ERR_OK);
}

/* One deployment in a batch of its own; the answer's code. */
static inline enum err bed_deploy(struct bed *bed, int64_t now, const char *name, struct text text)
{
    struct problems problems;
    struct source source;
    if (source_read(&bed->arena, name, text, &problems, &source))
        fail_msg("%s", problems_print(&problems, &bed->arena).data);
    struct deployment deployment = {.id = bed_id(bed), .sender = TEXT("local"), .what = text_of(source_kind_name(source.kind)), .name = source.name,
                                    .version = source.version, .applies_from = source.applies_from, .source = text, .compiled = source.compiled};
    struct message answer;
    engine_begin(bed->engine, now);
    assert_int_equal(engine_deploy(bed->engine, &deployment, &answer), ERR_OK);
    bed_commit(bed);
    return answer.kind == MESSAGE_REFUSED ? answer.code : ERR_OK;
}

static inline void bed_open_engine(struct bed *bed)
{
    const struct engine_options options = {.partition = 0};
    const char *why;
    assert_int_equal(engine_open(&bed->engine, bed->store, &options, &why), ERR_OK);
}

static inline void bed_init(struct bed *bed, struct store *store)
{
    *bed = (struct bed){.store = store};
    arena_init(&bed->arena);
    bed_open_engine(bed);
}

static inline void bed_deploy_samples(struct bed *bed, const char *workflow)
{
    assert_int_equal(bed_deploy(bed, AT(0), "calendar-cn.yaml", bed_file(bed, "config/calendar-cn.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), "directory.yaml", bed_file(bed, "config/directory.yaml")), ERR_OK);
    assert_int_equal(bed_deploy(bed, AT(0), workflow, bed_file(bed, workflow)), ERR_OK);
}

static inline void bed_close(struct bed *bed)
{
    engine_close(&bed->engine);
    if (bed->store)
        store_close(&bed->store);
    arena_close(&bed->arena);
}

/* Decides in the open batch. */
static inline struct message bed_decide(struct bed *bed, const struct event *event)
{
    struct message answer;
    assert_int_equal(engine_decide(bed->engine, event, &answer), ERR_OK);
    return answer;
}

/* Decides in a batch of its own. Texts of the answer live until the next batch. */
static inline struct message bed_send(struct bed *bed, int64_t now, const struct event *event)
{
    engine_begin(bed->engine, now);
    struct message answer = bed_decide(bed, event);
    bed_commit(bed);
    return answer;
}

static inline void bed_hash(struct bed *bed, uint8_t hash[HASH_SIZE])
{
    assert_int_equal(engine_state_hash(bed->store, hash), ERR_OK);
}

/* Replays the whole log into an empty store, in batches of at most so many records, and compares the hashes of both states. */
static inline void bed_assert_replays_by(struct bed *bed, uint32_t most)
{
    struct bed other;
    struct store *store;
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    uint8_t ours[HASH_SIZE], theirs[HASH_SIZE];
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&other, store);
    assert_int_equal(store_begin_read(bed->store, &txn), ERR_OK);
    assert_int_equal(store_cursor_open(txn, STORE_LOG, &cursor), ERR_OK);
    uint32_t count = 0;
    engine_begin(other.engine, INT64_MIN);
    for (enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value)) {
        const char *why;
        if (count == most) {
            bed_commit(&other);
            engine_begin(other.engine, INT64_MIN);
            count = 0;
        }
        count++;
        if (engine_replay(other.engine, value, &why))
            fail_msg("%s", why);
    }
    store_cursor_close(&cursor);
    store_end_read(&txn);
    bed_commit(&other);
    bed_hash(bed, ours);
    bed_hash(&other, theirs);
    assert_memory_equal(ours, theirs, HASH_SIZE);
    assert_memory_equal(engine_hash(bed->engine), engine_hash(other.engine), HASH_SIZE);
    bed_close(&other);
}

/* All of it as one batch. */
static inline void bed_assert_replays(struct bed *bed)
{
    bed_assert_replays_by(bed, UINT32_MAX);
}

#endif
