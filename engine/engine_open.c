/* engine_open: a case is opened: where, under which version of which workflow, with which number. What follows is decided like any event (engine.c). */
#include "engine/engine_inner.h"
#include "engine/number.h"

/* Two series may meet in one text ("K{number}" and "K1{number}" in K11): a number that a case has is passed over. */
static enum err pass_taken_numbers(struct engine *engine, struct text series, uint64_t *sequence)
{
    struct arena *arena = &engine->batch.arena;
    struct text taken;
    enum err code = ERR_OK;
    for (; !code; *sequence += code == ERR_OK) {
        struct arena_mark mark = arena_save(arena);
        struct record_key key = key_number(engine->options.partition, number_in(arena, series, *sequence));
        arena_rewind(arena, mark);
        code = batch_get(&engine->batch, STORE_NUMBER, &key, &taken);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* The next number of the series that the opening counts in. */
static enum err next_in_series(struct engine *engine, const struct advance_input *input, struct record_key *key, uint64_t *sequence)
{
    struct text series = advance_series(input, &engine->batch.arena);
    *sequence = 0;
    key->size = 0;
    if (series.size == 0)
        return ERR_OK;
    *key = key_counter(engine->options.partition, 'n', series);
    struct text value;
    enum err code = batch_get(&engine->batch, STORE_COUNTER, key, &value);
    if (code == ERR_OK)
        code = row_decode_number(value, sequence);
    *sequence += 1;
    return code == ERR_NOT_FOUND || !code ? pass_taken_numbers(engine, series, sequence) : code;
}

static enum err open_case(struct engine *engine, const struct event *event, const struct workflow *workflow, int64_t effective, struct message *answer)
{
    struct advance_input input;
    engine_input(engine, workflow, NULL, &input);
    input.event = event;
    input.now = effective;
    struct record_key counter;
    uint64_t sequence;
    enum err code = next_in_series(engine, &input, &counter, &sequence);
    struct decision decision;
    code = code ? code : engine_advance_and_apply(engine, event, workflow, NULL, effective, sequence, &decision);
    if (code)
        return code;
    if (!decision.code && counter.size)
        batch_put(&engine->batch, STORE_COUNTER, &counter, row_encode_number(&engine->batch.arena, sequence));
    code = engine_answer_decision(engine, &decision, answer);
    if (!code && !decision.code)
        code = engine_note_unparkable(engine, event->key);
    return code;
}

/* Which names there are: it may only be mistyped. */
static struct text workflow_why(const struct engine *engine, struct text wanted, struct arena *arena)
{
    enum { NAMED_MOST = 20 };
    struct text name, last = {0}, list = {0};
    uint64_t position;
    bool known = false;
    uint32_t named = 0;
    for (uint32_t i = 0; named < NAMED_MOST && engine_deployed_workflow(engine, i, &name, &position); i++) {
        known = known || text_equal(name, wanted);
        if (text_equal(name, last)) /* another version: they stand together */
            continue;
        list = arena_print(arena, "%.*s%s%.*s", (int)list.size, list.data, list.size ? ", " : "", (int)name.size, name.data);
        last = name;
        named++;
    }
    if (known)
        return arena_print(arena, "\"%.*s\" is deployed, but no version of it applies yet.", (int)wanted.size, wanted.data);
    if (named == 0)
        list = TEXT("none");
    return arena_print(arena, "There is no workflow \"%.*s\". Deployed: %.*s.", (int)wanted.size, wanted.data, (int)list.size, list.data);
}

enum err engine_decide_open(struct engine *engine, const struct event *event, struct message *answer)
{
    struct arena *arena = &engine->batch.arena;
    struct record_key key = key_case_key(engine->options.partition, event->key);
    struct text value;
    enum err code = batch_get(&engine->batch, STORE_KEY, &key, &value);
    if (code == ERR_OK) {
        engine_refuse(answer, ERR_KEY_TAKEN, (struct text){0});
        return ERR_OK;
    }
    if (code != ERR_NOT_FOUND)
        return code;
    const struct directory *directory = engine_directory(engine);
    if (!directory || directory_find_unit(directory, event->unit) == NONE) {
        engine_refuse(answer, ERR_UNKNOWN_UNIT, arena_print(arena, "\"%.*s\" is not in the directory.", (int)event->unit.size, event->unit.data));
        return ERR_OK;
    }
    int64_t day_of = event->held && event->has_happened_at ? event->happened_at : engine->working.time;
    const struct workflow *workflow = engine_newest_workflow(engine, event->workflow, day_of);
    if (!workflow) {
        engine_refuse(answer, ERR_UNKNOWN_WORKFLOW, workflow_why(engine, event->workflow, arena));
        return ERR_OK;
    }
    int64_t effective;
    struct text why = {0};
    enum err refusal = engine_effective_time(engine, event, NULL, workflow, &effective, &why);
    if (refusal) {
        engine_refuse(answer, refusal, why);
        return ERR_OK;
    }
    struct event filled = *event;
    code = engine_previous_fill(engine, workflow, &filled);
    return code ? code : open_case(engine, &filled, workflow, effective, answer);
}
