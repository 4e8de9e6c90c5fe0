/* scenario_world: the engine of a scenario, its time, its workers. See scenario_inner.h.
 *
 * It does what the server does with a message, without sockets and loop: door, decide, commit, answer, and then what follows from
 * the commit. The store in memory does not fail, so every error of a store is a bug here. Time for leases stands still: a
 * worker of a scenario is never too slow, it vanishes when a step says so. */
#include "engine/scenario_inner.h"

#include <assert.h>

#include "engine/config.h"

enum { WORKER_CREDIT = 1000, FIRE_AT_ONCE = 256 };

static const struct text principal = {"scenario", 8};

/* Ids and nonces need not be hard to guess here, only different and the same in every run. */
static void fill_counting(void *context, void *bytes, size_t size)
{
    uint64_t *state = context;
    for (size_t i = 0; i < size; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)bytes)[i] = (uint8_t)(*state >> 56);
    }
}

void world_new_id(struct world *world, uint8_t id[ID_SIZE])
{
    memset(id, 0, ID_SIZE);
    uint64_t number = ++world->ids;
    for (int i = 0; i < 8; i++)
        id[ID_SIZE - 1 - i] = (uint8_t)(number >> (8 * i));
}

static struct outbox_time outbox_now(const struct world *world)
{
    return (struct outbox_time){.now = world->now, .monotonic = world->monotonic};
}

/* ---- workers of the scenario ---- */

static void keep_task(struct world *world, struct text topic, const struct message *message)
{
    struct world_task *task = ARENA_NEW(world->arena, struct world_task);
    *task = (struct world_task){.topic = topic, .task = message->task, .lease = message->lease, .case_id = message->case_id,
                                 .cancels = message->kind == MESSAGE_CANCEL};
    const struct value *of = value_get(&message->rows, "case");
    if (task->case_id == 0 && of && of->kind == VALUE_INTEGER)
        task->case_id = (uint64_t)of->integer;
    struct world_task **link = &world->tasks;
    while (*link)
        link = &(*link)->next;
    *link = task;
}

static void drop_task(struct world *world, uint64_t id)
{
    for (struct world_task **link = &world->tasks; *link; link = &(*link)->next)
        if ((*link)->task == id) {
            *link = (*link)->next;
            return;
        }
}

/* What the engine sends to a worker: work, or that a task is no longer wanted. A cancellation that is owed is work too. */
static enum err to_worker(void *context, uint64_t peer, const struct message *message)
{
    struct world *world = context;
    struct text topic = world->topics[peer - 1];
    if (message->kind == MESSAGE_CANCEL)
        drop_task(world, message->about ? message->about : message->task);
    if (message->kind == MESSAGE_TASK || (message->kind == MESSAGE_CANCEL && message->about))
        keep_task(world, topic, message);
    return ERR_OK;
}

static void register_worker(struct world *world, uint32_t topic)
{
    struct value *name = ARENA_NEW(world->arena, struct value);
    *name = value_text(world->topics[topic]);
    struct message hello = {.kind = MESSAGE_REGISTER,
                            .what = world->topics[topic],
                            .credit = WORKER_CREDIT,
                            .topics = {.kind = VALUE_LIST, .count = 1, .items = name}};
    struct message answer = {0};
    outbox_register(world->outbox, topic + 1, &hello, outbox_now(world), &answer);
    assert(answer.kind == MESSAGE_REGISTERED);
}

static void hand_out(struct world *world)
{
    struct arena arena;
    bool more = true;
    arena_init(&arena);
    while (more) {
        enum err code = outbox_pump(world->outbox, &arena, outbox_now(world), &more);
        assert(code == ERR_OK);
        arena_reset(&arena);
    }
    arena_close(&arena);
}

/* Every topic that a step of the scenario works on has a worker from the start. */
static void find_topics(struct world *world)
{
    const struct scenario *scenario = world->scenario;
    world->topics = ARENA_ARRAY(world->arena, struct text, scenario->step_count);
    for (uint32_t i = 0; i < scenario->step_count; i++) {
        uint32_t known = 0;
        struct text topic = scenario->steps[i].topic;
        while (known < world->topic_count && !text_equal(world->topics[known], topic))
            known++;
        if (topic.size && known == world->topic_count)
            world->topics[world->topic_count++] = topic;
    }
}

/* ---- life ---- */

static void start(struct world *world)
{
    const char *why = NULL;
    struct config config;
    config_defaults(&config);
    enum err code = seal_open(&world->seal, world->keys, &(struct seal_random){fill_counting, &world->random});
    assert(code == ERR_OK);
    code = engine_open(&world->engine, world->store, &(struct engine_options){0}, &why);
    assert(code == ERR_OK);
    struct outbox_options options = {.engine = world->engine,
                                     .seal = world->seal,
                                     .sender = {to_worker, world},
                                     .lease_ms = config.lease_ms,
                                     .first_lease = world->ids + 1};
    code = outbox_create(&world->outbox, &options);
    assert(code == ERR_OK);
    world->lease_ms = config.lease_ms;
    world->door = (struct door){.engine = world->engine,
                                .seal = world->seal,
                                .attempts_most = config.retry_attempts,
                                .retry_base_ms = config.retry_base_ms,
                                .retry_most_ms = config.retry_most_ms};
    for (uint32_t i = 0; i < world->topic_count; i++)
        register_worker(world, i);
}

static void stop(struct world *world)
{
    outbox_destroy(&world->outbox);
    engine_close(&world->engine);
    seal_close(&world->seal);
}

void world_open(struct world *world, struct arena *arena, const struct scenario *scenario)
{
    *world = (struct world){.arena = arena, .scenario = scenario};
    enum err code = store_memory_open(&world->store);
    assert(code == ERR_OK);
    code = store_memory_open(&world->keys);
    assert(code == ERR_OK);
    find_topics(world);
    start(world);
}

void world_close(struct world *world)
{
    stop(world);
    store_close(&world->store);
    store_close(&world->keys);
}

/* Leases are forgotten, acceptances are not: what was accepted stays with its worker. */
void world_crash(struct world *world)
{
    stop(world);
    store_memory_crash(world->store);
    store_memory_crash(world->keys);
    for (struct world_task **link = &world->tasks; *link;)
        if ((*link)->lease)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    start(world);
    hand_out(world);
}

/* ---- a batch ---- */

/* What the commit brought about besides the answer, kept beyond the batch. */
struct follow_up {
    struct text *keys;
    uint32_t count;
};

static void commit(struct world *world, struct engine_done *done)
{
    enum err code = seal_commit(world->seal);
    assert(code == ERR_OK);
    code = engine_commit(world->engine, done);
    assert(code == ERR_OK);
    for (uint32_t i = 0; i < done->forgotten_count; i++) {
        struct seal_key gone = seal_key_of_case(done->forgotten[i]);
        code = seal_destroy(world->seal, &gone);
        assert(code == ERR_OK);
    }
}

/* The outbox hears of a commit after it has heard what was reported in it: a task that was accepted is not withdrawn from its worker. */
static struct follow_up committed(struct world *world, const struct engine_done *done)
{
    outbox_withdrawn(world->outbox, done->withdrawn, done->withdrawn_count);
    if (done->outbox_changed)
        outbox_changed(world->outbox, done->outbox_from);
    struct follow_up found = {.keys = ARENA_ARRAY(world->arena, struct text, done->unparkable_count), .count = done->unparkable_count};
    for (uint32_t i = 0; i < found.count; i++)
        found.keys[i] = arena_copy(world->arena, done->unparkable[i]);
    return found;
}

static struct follow_up commit_all(struct world *world)
{
    struct engine_done done;
    commit(world, &done);
    return committed(world, &done);
}

/* The answer lives in the batch: kept in the arena of the run. */
static void keep_answer(struct world *world, const struct message *answer)
{
    struct text why;
    struct text bytes = wire_encode(world->arena, answer);
    enum err code = wire_decode(world->arena, bytes, &world->answer, &why);
    assert(code == ERR_OK);
    world->unchecked = answer->kind == MESSAGE_REFUSED || answer->kind == MESSAGE_PARKED;
}

static void refuse(struct message *answer, enum err code, struct text why)
{
    *answer = (struct message){
        .kind = MESSAGE_REFUSED, .code = code, .why = why.size ? why : text_of(err_sentence(code)), .todo = text_of(err_advice(code))};
}

/* Through the door and decided, within the batch. */
static void decide(struct world *world, const struct message *message, const struct door_origin *origin, struct message *answer)
{
    struct event event;
    struct text why = {0};
    uint32_t mark = seal_save(world->seal);
    enum err code = door_event(&world->door, engine_arena(world->engine), message, origin, &event, &why);
    if (code == ERR_OK)
        code = engine_decide(world->engine, &event, answer);
    else
        refuse(answer, code, why);
    assert(code != ERR_IO && code != ERR_CORRUPT && code != ERR_NO_MEMORY);
    if (answer->kind == MESSAGE_REFUSED)
        seal_rewind(world->seal, mark);
}

/* The events that waited for a case that has come, in their order; a refusal is the answer to whoever sent the event. */
static void unpark(struct world *world, struct text key)
{
    uint64_t after = 0;
    struct door_parked parked;
    while (door_unpark(&world->door, world->arena, key, &after, &parked) == ERR_OK) {
        struct message answer = {0};
        engine_begin(world->engine, world->now);
        enum err code = engine_decide(world->engine, &parked.event, &answer);
        assert(code == ERR_OK);
        if (parked.event.kind == EVENT_UNPARK)
            refuse(&answer, parked.event.code, parked.why);
        if (answer.kind == MESSAGE_REFUSED)
            keep_answer(world, &answer);
        commit_all(world);
    }
}

static void fire(struct world *world);

/* What cases have to say to each other waits for the next batch. */
static void follow(struct world *world, const struct follow_up *after)
{
    if (engine_next_due(world->engine) == INT64_MIN || engine_owes_counts(world->engine))
        fire(world);
    for (uint32_t i = 0; i < after->count; i++)
        unpark(world, after->keys[i]);
    hand_out(world);
}

/* One event in a batch of its own. False: the engine died and nobody has an answer. */
static bool deliver(struct world *world, const struct message *message, const struct door_origin *origin, enum scenario_crash crash)
{
    struct message answer = {0};
    engine_begin(world->engine, world->now);
    decide(world, message, origin, &answer);
    if (crash == CRASH_BEFORE_COMMIT) {
        engine_abort(world->engine);
        world_crash(world);
        return false;
    }
    keep_answer(world, &answer);
    struct follow_up after = commit_all(world);
    if (crash == CRASH_AFTER_COMMIT) {
        world_crash(world);
        follow(world, &after);
        return false;
    }
    follow(world, &after);
    return true;
}

void world_send(struct world *world, const struct message *message, enum scenario_crash crash)
{
    struct door_origin origin = {.principal = principal};
    world->sent = *message;
    world->has_sent = true;
    if (!deliver(world, message, &origin, crash))
        deliver(world, message, &origin, CRASH_NONE); /* no answer came: its sender sends it again */
}

void world_report(struct world *world, struct world_task *task, const struct message *message)
{
    uint32_t topic = 0;
    while (!text_equal(world->topics[topic], task->topic))
        topic++;
    struct door_origin origin = {0};
    struct message report = *message, answer = {0};
    struct text why = {0};
    report.task = task->task;
    report.lease = task->lease;
    engine_begin(world->engine, world->now);
    enum err code = outbox_check(world->outbox, engine_arena(world->engine), topic + 1, &report, &origin, &why);
    if (code == ERR_OK)
        decide(world, &report, &origin, &answer);
    else
        refuse(&answer, code, why);
    keep_answer(world, &answer);
    struct engine_done done;
    commit(world, &done);
    outbox_reported(world->outbox, topic + 1, &report, &world->answer);
    struct follow_up after = committed(world, &done);
    outbox_credit(world->outbox, topic + 1, 1);
    if (!world->unchecked && message->kind == MESSAGE_ACCEPT)
        task->lease = 0; /* held from now on, without a lease */
    else if (!world->unchecked)
        drop_task(world, task->task);
    follow(world, &after);
}

void world_vanish(struct world *world, uint32_t topic)
{
    struct door_origin origin;
    uint64_t task;
    outbox_gone(world->outbox, topic + 1);
    world->monotonic += world->lease_ms + 1;
    for (uint32_t other = 0; other < world->topic_count; other++)
        if (other != topic)
            outbox_beat(world->outbox, other + 1, outbox_now(world));
    while (outbox_lapsed(world->outbox, outbox_now(world), &origin, &task)) {
        struct event event;
        engine_begin(world->engine, world->now);
        door_lapse(&world->door, &origin, task, &event);
        enum err code = engine_decide(world->engine, &event, NULL);
        assert(code == ERR_OK);
        commit_all(world);
        outbox_lapse_done(world->outbox, task);
        drop_task(world, task);
    }
    register_worker(world, topic);
    hand_out(world);
}

/* ---- time ---- */

/* What is owed to secret votes: their counts, then the end of their keys. */
static void settle_votes(struct world *world)
{
    struct record_key after = {.size = 0};
    struct event event;
    while (engine_owes_counts(world->engine) && door_count(&world->door, world->arena, &after, &event) == ERR_OK) {
        struct message answer;
        engine_begin(world->engine, world->now);
        enum err code = engine_decide(world->engine, &event, &answer);
        assert(code == ERR_OK && answer.kind == MESSAGE_APPLIED);
        commit_all(world);
        after.size = 0;
    }
}

/* Everything that is due before now, as the server fires it. */
static void fire(struct world *world)
{
    uint32_t fired;
    do {
        engine_begin(world->engine, world->now);
        enum err code = engine_fire(world->engine, FIRE_AT_ONCE, &fired);
        assert(code == ERR_OK);
        commit_all(world);
    } while (fired > 0);
    settle_votes(world);
}

/* An event exactly at its due time is in time, so a deadline fires a millisecond later. */
void world_wait(struct world *world, int64_t target)
{
    for (int64_t due = engine_next_due(world->engine); due < target; due = engine_next_due(world->engine)) {
        world->now = due + 1 > world->now ? due + 1 : world->now;
        fire(world);
        assert(engine_next_due(world->engine) >= world->now);
    }
    world->now = target;
    fire(world);
    assert(engine_next_due(world->engine) >= target); /* no due deadline is left unfired */
    hand_out(world);
}

void world_down(struct world *world, int64_t target)
{
    world->now = target;
    world_crash(world);
    fire(world);
    hand_out(world);
}

/* ---- deployments ---- */

void world_deploy(struct world *world, const struct shelf_form *form)
{
    uint8_t id[ID_SIZE];
    struct message answer = {0};
    world_new_id(world, id);
    struct deployment deployment = {.id = {(const char *)id, ID_SIZE},
                                    .sender = principal,
                                    .as = TEXT("scenario:author"),
                                    .what = text_of(source_kind_name(form->source.kind)),
                                    .name = form->source.name,
                                    .version = form->source.version,
                                    .applies_from = form->source.applies_from,
                                    .source = form->text,
                                    .compiled = form->source.compiled};
    engine_begin(world->engine, world->now);
    enum err code = engine_deploy(world->engine, &deployment, &answer);
    assert(code == ERR_OK);
    keep_answer(world, &answer);
    struct follow_up after = commit_all(world);
    fire(world); /* a newer calendar: deadlines are computed anew */
    follow(world, &after);
}

/* ---- looking ---- */

const struct calendar *world_calendar(const struct world *world, int32_t unit)
{
    const struct directory *directory = engine_directory(world->engine);
    if (!directory || directory_unit_count(directory) == 0)
        return NULL;
    return engine_calendar(world->engine, unit == NONE ? 0 : unit);
}

const struct case_state *world_state(struct world *world, const struct world_case *one)
{
    struct case_ref ref = {.kind = CASE_REF_KEY, .text = {(const char *)one->key, ID_SIZE}};
    const struct case_state *state = NULL;
    enum err code = engine_find_case(world->engine, &ref, &state);
    assert(code == ERR_OK || code == ERR_UNKNOWN_CASE);
    return code == ERR_OK ? state : NULL;
}

struct text world_person(struct world *world, struct text name)
{
    const struct directory *directory = engine_directory(world->engine);
    bool known = directory && directory_find_person(directory, name) != NONE;
    if (known || name.size == 0 || memchr(name.data, ':', name.size))
        return name;
    return arena_print(world->arena, "scenario:%.*s", (int)name.size, name.data);
}
