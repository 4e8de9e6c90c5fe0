/* server_ask: a message is read, and what needs no batch is answered: greetings, credit, beats, questions. See server.h. */
#include "engine/server_inner.h"

static void say_hello(struct server *server, const struct item *item)
{
    struct message answer = {.kind = MESSAGE_WELCOME, .version = PROTOCOL_VERSION, .what = TEXT("staircase"),
                             .position = engine_position(server->engine), .time = server->walltime.now};
    if (item->message.version == 0 || item->message.version > PROTOCOL_VERSION) {
        server_refuse(server, item, ERR_VERSION, TEXT("This engine speaks version 1."));
        return;
    }
    oplog(OPLOG_DEBUG, "hello", OPLOG_TEXT("client", item->message.what));
    server_answer(server, item, &answer);
}

static void take_beat(struct server *server, const struct item *item)
{
    struct message answer = {.kind = MESSAGE_BEAT};
    if (outbox_beat(server->outbox, item->from->peer, server_time(server)))
        server_answer(server, item, &answer);
    else
        server_refuse(server, item, ERR_NOT_REGISTERED, (struct text){0});
}

static void register_worker(struct server *server, const struct item *item)
{
    struct message answer;
    outbox_register(server->outbox, item->from->peer, &item->message, server_time(server), &answer);
    if (answer.kind == MESSAGE_REFUSED)
        refusal_note(server, item->from->principal, "register", answer.code);
    else
        oplog(OPLOG_INFO, "worker-registered", OPLOG_TEXT("worker", item->message.what), OPLOG_NUMBER("credit", item->message.credit),
              OPLOG_STRING("answer", message_kind_name(answer.kind)));
    server_answer(server, item, &answer);
}

/* ---- which message it is ---- */

static const struct text not_here = TEXT("This connection is for workers: questions and events of clients go to engine.sock.");
static const struct text not_a_worker = TEXT("This is a report of a worker; workers connect to workers.sock.");
static const struct text not_for_us = TEXT("The engine sends such messages and takes none.");

static enum item_state read_client(struct server *server, const struct item *item)
{
    const struct message *message = &item->message;
    switch (message->kind) {
    case MESSAGE_SEND:
        if (!message->task && !message->lease)
            return ITEM_EVENT;
        server_refuse(server, item, ERR_DENIED, not_a_worker);
        return ITEM_DONE;
    case MESSAGE_OPEN:
    case MESSAGE_RELEASE:
    case MESSAGE_MIGRATE:
    case MESSAGE_RETRY:
    case MESSAGE_ERASE:
    case MESSAGE_DEPLOY: return ITEM_EVENT;
    case MESSAGE_SHOW:
    case MESSAGE_EXPLAIN:
    case MESSAGE_LIST:
    case MESSAGE_INCIDENTS:
    case MESSAGE_STATUS:
    case MESSAGE_WATCH: return ITEM_QUESTION;
    case MESSAGE_HELLO: say_hello(server, item); return ITEM_DONE;
    case MESSAGE_CREDIT: watch_credit(server, item->from->peer, message->request, message->credit); return ITEM_DONE;
    case MESSAGE_REGISTER:
    case MESSAGE_BEAT:
    case MESSAGE_ACCEPT:
    case MESSAGE_SETTLE:
    case MESSAGE_FAIL: server_refuse(server, item, ERR_DENIED, not_a_worker); return ITEM_DONE;
    default: server_refuse(server, item, ERR_MALFORMED, not_for_us); return ITEM_DONE;
    }
}

static enum item_state read_worker(struct server *server, const struct item *item)
{
    switch (item->message.kind) {
    case MESSAGE_SEND:
    case MESSAGE_ACCEPT:
    case MESSAGE_SETTLE:
    case MESSAGE_FAIL: return ITEM_EVENT;
    case MESSAGE_REGISTER: register_worker(server, item); return ITEM_DONE;
    case MESSAGE_BEAT: take_beat(server, item); return ITEM_DONE;
    case MESSAGE_CREDIT: outbox_credit(server->outbox, item->from->peer, item->message.credit); return ITEM_DONE; /* its next beat tells who is not known */
    case MESSAGE_HELLO: say_hello(server, item); return ITEM_DONE;
    case MESSAGE_OPEN:
    case MESSAGE_RELEASE:
    case MESSAGE_MIGRATE:
    case MESSAGE_RETRY:
    case MESSAGE_ERASE:
    case MESSAGE_DEPLOY:
    case MESSAGE_SHOW:
    case MESSAGE_EXPLAIN:
    case MESSAGE_LIST:
    case MESSAGE_INCIDENTS:
    case MESSAGE_STATUS:
    case MESSAGE_WATCH: server_refuse(server, item, ERR_DENIED, not_here); return ITEM_DONE;
    default: server_refuse(server, item, ERR_MALFORMED, not_for_us); return ITEM_DONE;
    }
}

void server_read(struct server *server, struct item *item)
{
    struct text why = {0};
    item->state = ITEM_DONE;
    item->checked = false;
    item->message.request = 0;
    enum err code = item->from->code;
    if (code)
        why = TEXT("A message is one frame: this one had several.");
    else
        code = wire_decode(&server->inbox, item->from->bytes, &item->message, &why);
    if (code) {
        item->message = (struct message){.request = item->message.request};
        server->figures.malformed++;
        refusal_note(server, item->from->principal, "unread", code); /* of which kind it would have been is not known */
        server_tell_refusal(server, item, code, why);
        return;
    }
    if (!access_allows(server, item, &why)) {
        access_refuse(server, item, why);
        return;
    }
    item->state = item->from->side == LINK_CLIENTS ? read_client(server, item) : read_worker(server, item);
}

/* ---- questions ---- */

struct asker {
    struct server *server;
    const struct item *item;
    struct view_shown shown;
    bool unrecorded; /* what it was to be shown could not be recorded: it has been put off */
};

/* Nothing private leaves before it is recorded that it did. */
static bool is_recorded(struct asker *asker)
{
    const struct item *item = asker->item;
    if (asker->unrecorded || server_note_shown(asker->server, item->message.as, item->from->principal, message_kind_name(item->message.kind), &asker->shown))
        return !asker->unrecorded;
    asker->unrecorded = true;
    server_busy(asker->server, item, ERR_BUSY, 5000, TEXT("That this is read cannot be recorded now, so it cannot be shown."));
    return false;
}

static void send_answer(void *context, const struct message *answer)
{
    struct asker *asker = context;
    struct message copy = *answer;
    if (!is_recorded(asker))
        return;
    if (answer->kind == MESSAGE_REFUSED)
        refusal_note(asker->server, asker->item->from->principal, message_kind_name(asker->item->message.kind), answer->code);
    server_answer(asker->server, asker->item, &copy);
}

static bool clock_not_followed(const struct server *server)
{
    return server->clock_alarmed;
}

static bool clock_behind_log(const struct server *server)
{
    return server_is_ahead(server) > WALLTIME_JUMP_MOST_MS;
}

static bool disk_full(const struct server *server)
{
    return server->disk_full;
}

static bool disk_nearly_full(const struct server *server)
{
    return server->disk_low;
}

static bool keys_not_read(const struct server *server)
{
    return server->access.mistaken;
}

static bool map_nearly_full(const struct server *server)
{
    return server->map_low;
}

static bool (*const stands[ALARM_KINDS])(const struct server *server) = {
    [ALARM_CLOCK_NOT_FOLLOWED] = clock_not_followed, [ALARM_CLOCK_BEHIND_LOG] = clock_behind_log, [ALARM_DISK_FULL] = disk_full,
    [ALARM_DISK_NEARLY_FULL] = disk_nearly_full,     [ALARM_MAP_NEARLY_FULL] = map_nearly_full,   [ALARM_KEYS_NOT_READ] = keys_not_read,
};

bool server_alarm_stands(const struct server *server, enum alarm_kind kind)
{
    return stands[kind](server);
}

static uint32_t list_alarms(struct server *server, struct text names[ALARM_KINDS], struct text sentences[ALARM_KINDS])
{
    uint32_t count = 0;
    for (int kind = 0; kind < ALARM_KINDS; kind++)
        if (stands[kind](server)) {
            names[count] = text_of(alarm_table[kind].name);
            sentences[count++] = text_of(alarm_table[kind].en);
        }
    return count;
}

/* A status of something: its figures for Prometheus. */
static void answer_status_of(struct server *server, const struct item *item)
{
    enum err code = ERR_OK;
    if (!text_is(item->message.what, "metrics"))
        server_refuse(server, item, ERR_BAD_DATA, TEXT("A status is that of the engine, without `what`, or `what` is metrics."));
    else if (!engine_knows_person(server->engine, item->message.as))
        server_refuse(server, item, ERR_UNKNOWN_PERSON, (struct text){0});
    else
        code = metrics_answer(server, item);
    if (code)
        server_fail(server, code, "reading figures");
}

void server_question(struct server *server, const struct item *item)
{
    struct text sentences[ALARM_KINDS], names[ALARM_KINDS];
    struct query_figures figures = server->figures;
    struct asker asker = {.server = server, .item = item};
    struct server_sight sight;
    const struct query query = {.engine = server->engine, .seal = server->seal, .outbox = server->outbox, .figures = &figures, .time = server_time(server),
                                .sight = sight_of(server, item->from->who, &sight), .shown = &asker.shown};
    const struct query_sink sink = {.answer = send_answer, .context = &asker};
    struct text why;
    if (!access_to_case(server, item, &why)) {
        access_refuse(server, item, why);
        return;
    }
    if (item->message.kind == MESSAGE_WATCH) {
        watch_begin(server, item);
        return;
    }
    if (item->message.kind == MESSAGE_STATUS && item->message.what.size) {
        answer_status_of(server, item);
        return;
    }
    if (item->message.kind == MESSAGE_LIST && text_is(item->message.what, "reads")) {
        enum err code = server_answer_reads(server, item);
        if (code)
            server_fail(server, code, "reading who was shown what");
        return;
    }
    figures.started = server->now_started;
    figures.read_only = server->mode == READ_ONLY;
    figures.stopping = server->mode == STOPPING;
    figures.alarms = sentences;
    figures.alarm_names = names;
    figures.alarm_count = list_alarms(server, names, sentences);
    enum err code = query_answer(&query, &server->scratch, &item->message, &sink);
    if (code)
        server_fail(server, code, "answering a question");
}
