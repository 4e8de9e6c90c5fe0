/* client: see client.h. What is outstanding stands in pending.c, the socket in connection.c; here is what becomes of
 * each message, and when it is sent again. */
#include "proto/client.h"

#include "proto/connection.h"
#include "proto/pending.h"
#include "proto/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum {
    IN_FLIGHT_DEFAULT = 1024,
    RETRY_MS_DEFAULT = 5000,
    QUEUE_SPARE = 64,         /* room in the socket's queues besides the events: hello, credit */
    QUEUE_FACTOR = 2,         /* ZeroMQ gives room back only when half a queue has been sent */
    FULL_SOCKET_MS = 20,      /* how long to wait when the socket's queue is full */
    BUSY_MS_MOST = 60 * 1000, /* however long the engine asks to wait */
    PARKED_FACTOR = 12,       /* parked events are sent again this much more rarely */
    RECEIVED_BETWEEN_CHECKS = 64,
    WAIT_MS_MOST = 1000,
    DENIED_MS = 1000, /* until the next try of who was turned away: ZeroMQ itself makes none */
    HELLO_REQUEST = 1, /* below every number that pending.c gives */
};

struct client {
    struct connection *connection;
    struct pending_table pending;
    struct arena arena;   /* of the answer that was given last */
    struct arena scratch; /* of what is being encoded */
    char *name;
    int64_t retry_ms, give_up_ms;
    int64_t connected_at;
    int64_t full_until; /* the socket's queue was full: nothing is sent before this, so that the order stays */
    int64_t renew_at;   /* it was turned away: 0, or when it tries again */
    bool contact;       /* the engine has said something */
    uint32_t received;  /* since lost connections and due times were looked at */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- sending ---- */

static bool is_question(enum message_kind kind)
{
    return kind == MESSAGE_SHOW || kind == MESSAGE_EXPLAIN || kind == MESSAGE_LIST || kind == MESSAGE_INCIDENTS || kind == MESSAGE_STATUS;
}

static bool is_event(enum message_kind kind)
{
    return kind == MESSAGE_OPEN || kind == MESSAGE_SEND || kind == MESSAGE_RELEASE || kind == MESSAGE_DEPLOY ||
           kind == MESSAGE_RETRY || kind == MESSAGE_MIGRATE || kind == MESSAGE_ERASE;
}

/* False: the socket is full. */
static bool row_send(struct client *client, struct pending *row, int64_t now)
{
    if (now < client->full_until)
        return false;
    if (connection_send(client->connection, (struct text){.data = row->bytes, .size = row->size}) == ERR_OK) {
        pending_move(&client->pending, row, PENDING_ANSWER, now + client->retry_ms);
        return true;
    }
    client->full_until = now + FULL_SOCKET_MS;
    return false;
}

/* What the socket does not take waits in the order in which it came. */
static void row_send_or_wait(struct client *client, struct pending *row, int64_t now)
{
    if (!row_send(client, row, now))
        pending_move(&client->pending, row, PENDING_LATER, now);
}

/* Lost when the queue is full: hello is a courtesy, and credit is given again with the next news. */
static bool side_send(struct client *client, const struct message *message)
{
    arena_reset(&client->scratch);
    return connection_send(client->connection, wire_encode(&client->scratch, message)) == ERR_OK;
}

static void hello_send(struct client *client)
{
    side_send(client, &(struct message){.kind = MESSAGE_HELLO,
                                        .request = HELLO_REQUEST,
                                        .version = PROTOCOL_VERSION,
                                        .what = text_of(client->name)});
}

static bool row_encode(struct client *client, struct pending *row, const struct message *message, enum err *code)
{
    struct text bytes;
    arena_reset(&client->scratch);
    *code = wire_encode_bounded(&client->scratch, message, &bytes);
    if (*code == ERR_OK && !pending_keep(row, bytes))
        *code = ERR_NO_MEMORY;
    return *code == ERR_OK;
}

/* A watch goes on behind the last news that were given. */
static void watch_move_on(struct client *client, struct pending *row)
{
    struct message message;
    struct text why;
    enum err code;
    row->taken = 0;
    if (row->position == 0)
        return;
    struct arena_mark mark = arena_save(&client->arena);
    code = wire_decode(&client->arena, (struct text){.data = row->bytes, .size = row->size}, &message, &why);
    assert(code == ERR_OK); /* our own bytes */
    message.position = row->position;
    bool kept = row_encode(client, row, &message, &code);
    assert(kept); /* nine bytes more at most; without memory for that there is no going on (arena.h) */
    arena_rewind(&client->arena, mark);
}

/* A question of which the program has some results already cannot start anew unnoticed: its rows would come twice. */
static bool cannot_repeat(const struct pending *row)
{
    return row->begun && row->kind != MESSAGE_WATCH;
}

/* Everything that has no final answer is sent again, in the order in which it was submitted; what the engine put off
 * waits on. */
static void client_renew(struct client *client, int64_t now)
{
    if (connection_renew(client->connection) != ERR_OK)
        return; /* connection_lost stays true: tried again at the next check */
    client->full_until = 0;
    hello_send(client);
    for (struct pending *row = pending_oldest(&client->pending); row; row = pending_newer(&client->pending, row)) {
        if (cannot_repeat(row)) {
            pending_move(&client->pending, row, PENDING_ANSWER, now); /* given up at the next check */
            continue;
        }
        if (row->kind == MESSAGE_WATCH)
            watch_move_on(client, row);
        if (row->queue != PENDING_LATER)
            row_send_or_wait(client, row, now);
    }
}

/* ---- submitting ---- */

void client_new_id(uint8_t id[ID_SIZE])
{
    for (size_t have = 0; have < ID_SIZE;) {
        ssize_t got = getrandom(id + have, ID_SIZE - have, 0);
        assert(got > 0 || errno == EINTR);
        have += got > 0 ? (size_t)got : 0;
    }
    uint64_t now = (uint64_t)clock_ms(CLOCK_REALTIME);
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(now >> (40 - 8 * i));
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

/* Fills in what the sender of an event makes itself. */
static void ids_complete(struct message *message, struct pending *row, uint8_t key[ID_SIZE])
{
    if (!is_event(message->kind))
        return;
    if (message->id.size == 0)
        client_new_id(row->id);
    else
        memcpy(row->id, message->id.data, ID_SIZE);
    message->id = (struct text){.data = (const char *)row->id, .size = ID_SIZE};
    if (message->kind == MESSAGE_OPEN && message->key.size == 0) {
        client_new_id(key);
        message->key = (struct text){.data = (const char *)key, .size = ID_SIZE};
    }
}

enum err client_submit(struct client *client, const struct message *given, uint64_t *request)
{
    assert(is_event(given->kind) || is_question(given->kind) || given->kind == MESSAGE_WATCH);
    assert(given->id.size == 0 || given->id.size == ID_SIZE);
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    struct pending *row = pending_take(&client->pending, now);
    if (!row)
        return ERR_BUSY;
    struct message message = *given;
    uint8_t key[ID_SIZE];
    enum err code;
    ids_complete(&message, row, key);
    message.request = row->request;
    row->kind = message.kind;
    row->credit = message.credit;
    row->position = message.position;
    if (!row_encode(client, row, &message, &code)) {
        pending_release(&client->pending, row);
        return code;
    }
    if (request)
        *request = row->request;
    const struct pending *waiting = pending_first(&client->pending, PENDING_LATER);
    if (waiting && waiting->due <= now)
        pending_move(&client->pending, row, PENDING_LATER, now);
    else
        row_send_or_wait(client, row, now);
    return ERR_OK;
}

/* ---- answers ---- */

enum outcome {
    OUTCOME_NONE, /* nothing for the program */
    OUTCOME_GIVE, /* the answer is the program's */
};

static void watch_credit(struct client *client, struct pending *row)
{
    if (++row->taken * 2 < row->credit)
        return;
    struct message credit = {.kind = MESSAGE_CREDIT, .request = row->request, .credit = row->taken};
    if (side_send(client, &credit))
        row->taken = 0;
}

static enum outcome watch_answer(struct client *client, struct pending *row, const struct message *answer)
{
    pending_move(&client->pending, row, PENDING_STANDING, 0);
    if (answer->kind == MESSAGE_NEWS) {
        if (row->position > answer->position)
            return OUTCOME_NONE; /* given already */
        row->position = answer->position + 1;
        watch_credit(client, row);
    } else if (row->position == 0) {
        row->position = answer->position + 1;
    }
    bool again = row->begun && answer->kind == MESSAGE_RESULT; /* of a watch that was made anew */
    row->begun = true;
    return again ? OUTCOME_NONE : OUTCOME_GIVE;
}

static enum outcome parked_answer(struct client *client, struct pending *row, int64_t now)
{
    pending_move(&client->pending, row, PENDING_PARKED, now + client->retry_ms * PARKED_FACTOR);
    bool told = row->told_parked;
    row->told_parked = true;
    return told ? OUTCOME_NONE : OUTCOME_GIVE;
}

static enum outcome busy_answer(struct client *client, struct pending *row, const struct message *answer, int64_t now)
{
    int64_t after = answer->after < BUSY_MS_MOST ? (int64_t)answer->after : BUSY_MS_MOST;
    row->busy = answer->code ? answer->code : ERR_BUSY;
    free(row->busy_why);
    row->busy_why = answer->why.size ? strndup(answer->why.data, answer->why.size) : NULL;
    pending_move(&client->pending, row, PENDING_LATER, now + (after ? after : 1));
    return OUTCOME_NONE;
}

/* More results of the same question follow: its time begins anew. */
static enum outcome partial_answer(struct client *client, struct pending *row, int64_t now)
{
    row->begun = true;
    pending_move(&client->pending, row, PENDING_ANSWER, now + client->retry_ms);
    return OUTCOME_GIVE;
}

/* One message of the engine's. An answer to nothing that is outstanding is a second one, to an earlier sending. */
static enum outcome answer_take(struct client *client, const struct message *answer)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    struct pending *row = pending_find(&client->pending, answer->request);
    if (!row)
        return OUTCOME_NONE;
    if (answer->kind == MESSAGE_BUSY)
        return busy_answer(client, row, answer, now);
    if (row->kind == MESSAGE_WATCH && (answer->kind == MESSAGE_NEWS || answer->kind == MESSAGE_RESULT))
        return watch_answer(client, row, answer);
    if (answer->kind == MESSAGE_PARKED)
        return parked_answer(client, row, now);
    if (answer->kind == MESSAGE_RESULT && answer->more)
        return partial_answer(client, row, now);
    pending_release(&client->pending, row);
    return OUTCOME_GIVE;
}

/* ERR_OK: `answer` is the program's. ERR_TIMED_OUT: nothing is there. Others: see client_next. */
static enum err client_receive(struct client *client, struct message *answer)
{
    struct text bytes, why;
    for (uint32_t i = 0; i < RECEIVED_BETWEEN_CHECKS; i++) {
        enum err code = connection_receive(client->connection, &bytes);
        if (code)
            return code;
        arena_reset(&client->arena);
        code = wire_decode(&client->arena, bytes, answer, &why);
        client->contact = true;
        if (code == ERR_OK && answer->request == HELLO_REQUEST) {
            if (answer->kind == MESSAGE_REFUSED && answer->code == ERR_VERSION)
                return ERR_VERSION;
            continue;
        }
        if (code == ERR_OK && answer_take(client, answer) == OUTCOME_GIVE)
            return ERR_OK;
        if (code) {
            struct pending *row = pending_find(&client->pending, answer->request);
            if (row)
                pending_release(&client->pending, row);
            answer->why = why;
            return code;
        }
    }
    return ERR_TIMED_OUT;
}

/* ---- time ---- */

/* The program hears of an event that is given up; it may submit it again under the same id. */
static enum err give_up(struct client *client, struct pending *row, struct message *answer)
{
    answer->request = row->request;
    answer->code = row->busy;
    arena_reset(&client->arena);
    answer->why = row->busy_why ? arena_copy(&client->arena, text_of(row->busy_why)) : (struct text){0};
    pending_release(&client->pending, row);
    return ERR_TIMED_OUT;
}

static bool may_be_given_up(const struct pending *row)
{
    return row->kind != MESSAGE_WATCH && !row->told_parked;
}

static struct pending *oldest_waiting(const struct client *client)
{
    struct pending *row = pending_oldest(&client->pending);
    while (row && !may_be_given_up(row))
        row = pending_newer(&client->pending, row);
    return row;
}

/* Sends again what is due. A question without an answer makes the connection anew, so that no answer of the first
 * asking can mix with those of the second. ERR_TIMED_OUT: one was given up. */
static enum err queues_run(struct client *client, int64_t now, struct message *answer)
{
    for (int queue = 0; queue < PENDING_QUEUE_COUNT; queue++) {
        struct pending *row;
        while ((row = pending_first(&client->pending, (enum pending_queue)queue)) && row->due <= now) {
            if (cannot_repeat(row))
                return give_up(client, row, answer);
            if (queue != PENDING_LATER && !is_event(row->kind)) {
                client_renew(client, now);
                return ERR_OK;
            }
            if (!row_send(client, row, now))
                return ERR_OK;
        }
    }
    return ERR_OK;
}

/* ERR_OK: nothing to tell. */
static enum err client_check(struct client *client, struct message *answer)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    client->received = 0;
    if (connection_denied(client->connection)) {
        client->renew_at = now + DENIED_MS;
        return ERR_DENIED;
    }
    if (connection_lost(client->connection) || (client->renew_at && client->renew_at <= now)) {
        client->renew_at = 0;
        client_renew(client, now);
    }
    if (client->give_up_ms) {
        if (!client->contact && now - client->connected_at >= client->give_up_ms)
            return ERR_NO_ENGINE;
        struct pending *row = oldest_waiting(client);
        if (row && now - row->submitted >= client->give_up_ms)
            return give_up(client, row, answer);
    }
    return queues_run(client, now, answer);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something must be done even if nothing is received. */
static int64_t next_due(const struct client *client, int64_t now)
{
    int64_t due = now + WAIT_MS_MOST;
    for (int queue = 0; queue < PENDING_QUEUE_COUNT; queue++) {
        const struct pending *row = pending_first(&client->pending, (enum pending_queue)queue);
        if (row)
            due = earlier(due, row->due > client->full_until ? row->due : client->full_until);
    }
    if (client->give_up_ms && !client->contact)
        due = earlier(due, client->connected_at + client->give_up_ms);
    const struct pending *oldest = client->give_up_ms ? oldest_waiting(client) : NULL;
    return oldest ? earlier(due, oldest->submitted + client->give_up_ms) : due;
}

enum err client_next(struct client *client, int wait_ms, struct message *answer)
{
    int64_t until = wait_ms < 0 ? INT64_MAX : -1;
    for (;;) {
        *answer = (struct message){0};
        enum err code = ++client->received < RECEIVED_BETWEEN_CHECKS ? client_receive(client, answer) : ERR_TIMED_OUT;
        if (code != ERR_TIMED_OUT)
            return code;
        *answer = (struct message){0};
        code = client_check(client, answer);
        if (code)
            return code;
        code = client_receive(client, answer);
        if (code != ERR_TIMED_OUT)
            return code;
        *answer = (struct message){0};
        int64_t now = clock_ms(CLOCK_MONOTONIC);
        until = until < 0 ? now + wait_ms : until;
        int64_t wait = earlier(until, next_due(client, now)) - now;
        if (now >= until ||
            !connection_wait(client->connection, wait > 0 ? (long)wait : 1)) /* 1: a failed renewal must not spin */
            return ERR_TIMED_OUT;
    }
}

/* ---- the rest ---- */

enum err client_connect(struct client **out, const struct client_options *options)
{
    *out = NULL;
    uint32_t most = options->in_flight_most ? options->in_flight_most : IN_FLIGHT_DEFAULT;
    if (most > PENDING_MOST)
        return ERR_USAGE;
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return ERR_NO_MEMORY;
    arena_init(&client->arena);
    arena_init(&client->scratch);
    client->retry_ms = options->retry_ms ? options->retry_ms : RETRY_MS_DEFAULT;
    client->give_up_ms = options->give_up_ms;
    client->connected_at = clock_ms(CLOCK_MONOTONIC);
    client->name = strdup(options->name && *options->name ? options->name : "client");
    enum err code = client->name && pending_init(&client->pending, most) ? ERR_OK : ERR_NO_MEMORY;
    if (code == ERR_OK)
        code = connection_open(&client->connection, options->endpoint, options->key, most * QUEUE_FACTOR + QUEUE_SPARE);
    *out = client;
    if (code)
        client_disconnect(out);
    else
        hello_send(client);
    return code;
}

void client_disconnect(struct client **out)
{
    struct client *client = *out;
    *out = NULL;
    if (!client)
        return;
    connection_close(&client->connection);
    pending_close(&client->pending);
    arena_close(&client->arena);
    arena_close(&client->scratch);
    free(client->name);
    free(client);
}

enum err client_ask(struct client *client, const struct message *message, struct message *answer)
{
    uint64_t request;
    enum err code = client_submit(client, message, &request);
    while (code == ERR_OK) {
        code = client_next(client, -1, answer);
        if (answer->request == request || code == ERR_NO_ENGINE || code == ERR_VERSION || code == ERR_DENIED)
            break;
        code = ERR_OK; /* about another one, or a signal */
    }
    return code;
}

void client_forget(struct client *client, uint64_t request)
{
    struct pending *row = pending_find(&client->pending, request);
    if (!row)
        return;
    if (row->kind == MESSAGE_WATCH)
        side_send(client, &(struct message){.kind = MESSAGE_CREDIT, .request = request, .credit = 0});
    pending_release(&client->pending, row);
}

uint32_t client_outstanding(const struct client *client)
{
    return client->pending.used;
}

const uint8_t *client_id_of(const struct client *client, uint64_t request)
{
    const struct pending *row = pending_find(&client->pending, request);
    return row && is_event(row->kind) ? row->id : NULL;
}

int client_descriptor(struct client *client)
{
    return connection_descriptor(client->connection);
}
