/* rooms: what the tests of door, outbox and query share: an engine over stores in memory with the rooms around it, messages made by
 * hand, and a list of everything that was sent to workers. Time is a number. */
#ifndef STAIRCASE_TESTS_ROOMS_H
#define STAIRCASE_TESTS_ROOMS_H

#include "engine/outbox.h"
#include "engine/query.h"
#include "proto/wire.h"
#include "tests/unit/engines.h"

enum { SENT_MOST = 4096 };

struct sent {
    uint64_t peer;
    struct message message; /* decoded again: as the worker sees it */
};

struct rooms {
    struct bed bed;
    struct store *keys;
    struct seal *seal;
    struct door door;
    struct outbox *outbox;
    struct sent sent[SENT_MOST];
    uint32_t sent_count;
    enum err refuse_sending; /* what the connections say instead of taking it */
    struct outbox_time time;
    struct engine_done done;
    uint64_t requests;
};

static inline struct message recode(struct rooms *rooms, const struct message *message)
{
    struct message decoded;
    struct text why, bytes = wire_encode(&rooms->bed.arena, message);
    if (wire_decode(&rooms->bed.arena, bytes, &decoded, &why))
        fail_msg("%.*s", (int)why.size, why.data);
    return decoded;
}

static inline enum err rooms_send(void *context, uint64_t peer, const struct message *message)
{
    struct rooms *rooms = context;
    if (rooms->refuse_sending)
        return rooms->refuse_sending;
    assert_true(rooms->sent_count < SENT_MOST);
    rooms->sent[rooms->sent_count++] = (struct sent){.peer = peer, .message = recode(rooms, message)};
    return ERR_OK;
}

static inline void rooms_open_outbox(struct rooms *rooms)
{
    static const struct text history[] = {TEXT("with-history")};
    const struct outbox_options options = {.engine = rooms->bed.engine, .seal = rooms->seal, .sender = {.send = rooms_send, .context = rooms},
                                           .lease_ms = 30000, .first_lease = 1000 + rooms->requests, .history_topics = history, .history_topic_count = 1};
    assert_int_equal(outbox_create(&rooms->outbox, &options), ERR_OK);
}

static inline void rooms_open(struct rooms *rooms, const char *workflow)
{
    struct store *store;
    *rooms = (struct rooms){.time = {.now = AT(1000), .monotonic = 5000}};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    assert_int_equal(store_memory_open(&rooms->keys), ERR_OK);
    bed_init(&rooms->bed, store);
    bed_deploy_samples(&rooms->bed, workflow);
    assert_int_equal(seal_open(&rooms->seal, rooms->keys, NULL), ERR_OK);
    rooms->door = (struct door){.engine = rooms->bed.engine, .seal = rooms->seal, .attempts_most = 3, .retry_base_ms = 1000, .retry_most_ms = 60000};
    rooms_open_outbox(rooms);
}

static inline void rooms_close(struct rooms *rooms)
{
    outbox_destroy(&rooms->outbox);
    seal_close(&rooms->seal);
    store_close(&rooms->keys);
    bed_close(&rooms->bed);
}

/* As after a crash: what was not committed is gone, leases too. */
static inline void rooms_restart(struct rooms *rooms)
{
    outbox_destroy(&rooms->outbox);
    seal_close(&rooms->seal);
    engine_close(&rooms->bed.engine);
    store_memory_crash(rooms->bed.store);
    bed_open_engine(&rooms->bed);
    assert_int_equal(seal_open(&rooms->seal, rooms->keys, NULL), ERR_OK);
    rooms->door.engine = rooms->bed.engine;
    rooms->door.seal = rooms->seal;
    rooms_open_outbox(rooms);
}

/* ---- batches, as the server makes them ---- */

static inline void rooms_begin(struct rooms *rooms)
{
    engine_begin(rooms->bed.engine, rooms->time.now);
}

static inline struct message rooms_decide(struct rooms *rooms, const struct message *message, const struct door_origin *origin)
{
    struct event event;
    struct message answer = {0};
    struct text why;
    uint32_t mark = seal_save(rooms->seal);
    enum err code = door_event(&rooms->door, engine_arena(rooms->bed.engine), message, origin, &event, &why);
    if (code) {
        assert_true(err_travels(code));
        answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = arena_copy(&rooms->bed.arena, why)};
    } else {
        assert_int_equal(engine_decide(rooms->bed.engine, &event, &answer), ERR_OK);
    }
    if (answer.kind == MESSAGE_REFUSED)
        seal_rewind(rooms->seal, mark);
    return answer;
}

static inline void rooms_commit(struct rooms *rooms)
{
    assert_int_equal(seal_commit(rooms->seal), ERR_OK);
    assert_int_equal(engine_commit(rooms->bed.engine, &rooms->done), ERR_OK);
}

static inline void rooms_after(struct rooms *rooms)
{
    outbox_withdrawn(rooms->outbox, rooms->done.withdrawn, rooms->done.withdrawn_count);
    if (rooms->done.outbox_changed)
        outbox_changed(rooms->outbox, rooms->done.outbox_from);
}

static const struct door_origin rooms_client = {.principal = TEXT("local")};

/* A client's message in a batch of its own. */
static inline struct message rooms_tell(struct rooms *rooms, const struct message *message)
{
    rooms_begin(rooms);
    struct message answer = rooms_decide(rooms, message, &rooms_client);
    rooms_commit(rooms);
    rooms_after(rooms);
    return answer;
}

/* A worker's report in a batch of its own. */
static inline struct message rooms_report(struct rooms *rooms, uint64_t peer, const struct message *message)
{
    struct door_origin origin = rooms_client;
    struct text why;
    enum err code = outbox_check(rooms->outbox, &rooms->bed.arena, peer, message, &origin, &why);
    struct message answer = {.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = why};
    bool seen = false;
    rooms_begin(rooms);
    if (code == ERR_STALE_LEASE || code == ERR_UNKNOWN_TASK)
        assert_int_equal(door_seen(&rooms->door, &rooms->bed.arena, message, &origin, &answer, &seen), ERR_OK);
    else if (!code)
        answer = rooms_decide(rooms, message, &origin);
    if (!seen && code)
        answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = why};
    rooms_commit(rooms);
    outbox_reported(rooms->outbox, peer, message, &answer);
    rooms_after(rooms);
    return answer;
}

static inline uint32_t rooms_pump(struct rooms *rooms)
{
    bool more = true;
    uint32_t before = rooms->sent_count;
    while (more)
        assert_int_equal(outbox_pump(rooms->outbox, &rooms->bed.arena, rooms->time, &more), ERR_OK);
    return rooms->sent_count - before;
}

/* Decides every lease that ran out; how many. */
static inline uint32_t rooms_lapse(struct rooms *rooms)
{
    uint64_t task, done[64];
    struct door_origin origin;
    uint32_t count = 0;
    rooms_begin(rooms);
    while (count < 64 && outbox_lapsed(rooms->outbox, rooms->time, &origin, &task)) {
        struct event event;
        origin.principal = TEXT("local");
        door_lapse(&rooms->door, &origin, task, &event);
        assert_int_equal(engine_decide(rooms->bed.engine, &event, NULL), ERR_OK);
        done[count++] = task;
    }
    rooms_commit(rooms);
    for (uint32_t i = 0; i < count; i++)
        outbox_lapse_done(rooms->outbox, done[i]);
    rooms_after(rooms);
    return count;
}

/* ---- messages ---- */

static inline struct field_value field_text(const char *name, const char *text)
{
    return (struct field_value){.name = text_of(name), .value = value_text(text_of(text))};
}

static inline struct message message_open(struct rooms *rooms, const char *key, const char *workflow, const char *unit, const char *as,
                                          const struct field_value *data, uint32_t count)
{
    assert_int_equal(strlen(key), ID_SIZE);
    return (struct message){.kind = MESSAGE_OPEN, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .key = text_of(key), .workflow = text_of(workflow),
                            .unit = text_of(unit), .as = text_of(as), .data = data, .data_count = count};
}

static inline struct message message_send(struct rooms *rooms, const char *key, const char *event, const char *as, const struct field_value *data, uint32_t count)
{
    return (struct message){.kind = MESSAGE_SEND, .request = ++rooms->requests, .id = bed_id(&rooms->bed), .subject = {.kind = CASE_REF_KEY, .text = text_of(key)},
                            .event = text_of(event), .as = text_of(as), .data = data, .data_count = count};
}

static inline void expect_applied(struct message answer)
{
    if (answer.kind != MESSAGE_APPLIED)
        fail_msg("%d %s: %.*s", answer.kind, err_name(answer.code), (int)answer.why.size, answer.why.data);
}

static inline void expect_refused(struct message answer, enum err code)
{
    if (answer.kind != MESSAGE_REFUSED || answer.code != code)
        fail_msg("kind %d, %s instead of %s: %.*s", answer.kind, err_name(answer.code), err_name(code), (int)answer.why.size, answer.why.data);
}

static inline const char *row_string(struct rooms *rooms, const struct value *row, const char *name)
{
    const struct value *value = value_get(row, name);
    return value && value->kind == VALUE_TEXT ? arena_string(&rooms->bed.arena, value->text) : "";
}

static inline int64_t row_number(const struct value *row, const char *name)
{
    const struct value *value = value_get(row, name);
    return value && value->kind == VALUE_INTEGER ? value->integer : 0;
}

/* Whether these bytes stand anywhere in the store. */
static inline bool store_holds(struct store *store, const char *needle)
{
    struct store_txn *txn;
    bool found = false;
    assert_int_equal(store_begin_read(store, &txn), ERR_OK);
    for (int table = 0; table < STORE_TABLE_COUNT; table++) {
        struct store_cursor *cursor;
        struct text key, value;
        if (table == STORE_DEPLOYED)
            continue;
        assert_int_equal(store_cursor_open(txn, (enum store_table)table, &cursor), ERR_OK);
        for (enum err code = store_cursor_seek(cursor, (struct text){0}, &key, &value); !code; code = store_cursor_next(cursor, &key, &value))
            found = found || memmem(value.data, value.size, needle, strlen(needle)) || memmem(key.data, key.size, needle, strlen(needle));
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return found;
}

#endif
