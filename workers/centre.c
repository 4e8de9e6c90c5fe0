/* centre: see centre.h. */
#include "workers/centre.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/command/receipt.h"
#include "engine/command/talk.h"
#include "engine/guard.h"
#include "engine/oplog.h"
#include "engine/store.h"
#include "engine/systemd.h"
#include "engine/walltime.h"
#include "proto/client.h"
#include "workers/desk.h"
#include "workers/worker.h"

enum { IN_FLIGHT = 64, WATCH_CREDIT = 64, WIPE_AGAIN_MS = 60000 };

/* A report about a task that has no answer yet, or an intent that waits for its task to come again. */
struct under_way {
    uint64_t task, sequence; /* sequence 0: the acceptance */
    bool waits;
    uint8_t id[ID_SIZE];
};

struct centre {
    const struct command_line *line;
    struct store *store;
    struct docket *docket;
    struct desk *desk;
    struct worker *worker;
    struct client *client;
    int signals; /* signalfd */
    struct walltime walltime;
    struct arena arena; /* of one step */
    struct under_way *under_way;
    uint32_t under_way_count, under_way_room;
    bool intents;       /* there may be some to send */
    bool unread;        /* and histories to read */
    uint64_t watch;     /* request of the watch for erasures; 0: not yet */
    bool from_now;      /* it began without a position: the docket was empty */
    bool wipe_due;      /* something was destroyed, and its bytes may stand in the file; */
    int64_t wipe_at;    /* not wiped before that (monotonic) */
    struct {
        uint64_t case_id, turn, request; /* request 0: none is being read */
    } reading;
    bool registered;    /* as was said last */
    struct {
        const char *workers, *clients;
        const struct key_ring *worker_key, *client_key; /* NULL: the sockets in the data folder */
    } places;           /* of the engine */
    struct text why;    /* it must leave */
};

/* ---- reports under way ---- */

/* By the id of its event; by its task, where `id` is NULL. */
static struct under_way *find_under_way(struct centre *centre, uint64_t task, const char *id)
{
    for (uint32_t i = 0; i < centre->under_way_count; i++) {
        struct under_way *one = &centre->under_way[i];
        if (one->task == task && (!id || memcmp(one->id, id, ID_SIZE) == 0))
            return one;
    }
    return NULL;
}

static void drop_under_way(struct centre *centre, struct under_way *one)
{
    *one = centre->under_way[--centre->under_way_count];
}

/* As many as there are intents and tasks held. */
static enum err add_under_way(struct centre *centre, uint64_t task, uint64_t sequence, struct text id)
{
    if (centre->under_way_count == centre->under_way_room) {
        uint32_t room = centre->under_way_room ? centre->under_way_room * 2 : 2 * IN_FLIGHT;
        struct under_way *larger = realloc(centre->under_way, room * sizeof *larger);
        if (!larger)
            return ERR_NO_MEMORY;
        centre->under_way = larger;
        centre->under_way_room = room;
    }
    struct under_way *one = &centre->under_way[centre->under_way_count++];
    *one = (struct under_way){.task = task, .sequence = sequence};
    memcpy(one->id, id.data, ID_SIZE);
    return ERR_OK;
}

/* What waits for this task is asked for again: after the acceptance, or to hear that nothing is owed any more. */
static void wake_waiting(struct centre *centre, uint64_t task)
{
    for (uint32_t i = centre->under_way_count; i-- > 0;)
        if (centre->under_way[i].task == task && centre->under_way[i].waits)
            drop_under_way(centre, &centre->under_way[i]);
    centre->intents = true;
}

/* ---- what the engine hands over ---- */

static enum err accept_task(struct centre *centre, uint64_t task)
{
    uint8_t bytes[ID_SIZE];
    struct text id = {.data = (const char *)bytes, .size = ID_SIZE};
    client_new_id(bytes);
    enum err err = worker_accept(centre->worker, task, id);
    return err ? err : add_under_way(centre, task, 0, id);
}

static enum err task_came(struct centre *centre, const struct message *task)
{
    int64_t now = centre->walltime.now;
    bool fresh;
    if (text_is(task->what, "notice")) {
        enum err err = docket_note(centre->docket, task, now);
        return err ? err : worker_settle(centre->worker, task->task, (struct text){0});
    }
    enum err err = docket_receive(centre->docket, task, now, &fresh);
    if (err == ERR_MALFORMED)
        return worker_fail(centre->worker, task->task, (struct text){0}, TEXT("The task names no case."), false, 0);
    if (err)
        return err;
    if (fresh)
        oplog(OPLOG_INFO, "case-received", OPLOG_NUMBER("case", task->case_id));
    centre->unread |= fresh;
    wake_waiting(centre, task->task);
    return accept_task(centre, task->task);
}

static enum err cancel_came(struct centre *centre, const struct message *cancel)
{
    uint64_t task = cancel->about ? cancel->about : cancel->task;
    enum err err = docket_withdraw(centre->docket, task, centre->walltime.now);
    if (err)
        return err;
    oplog(OPLOG_INFO, "task-withdrawn", OPLOG_NUMBER("task", task));
    wake_waiting(centre, task);
    centre->unread = true;
    return cancel->about ? worker_settle(centre->worker, cancel->task, (struct text){0}) : ERR_OK;
}

/* An intent that is refused as stale-lease waits; every other answer is the final one. */
static enum err intent_answered(struct centre *centre, struct under_way *one, const struct message *answer)
{
    if (answer->kind == MESSAGE_REFUSED && answer->code == ERR_STALE_LEASE) {
        one->waits = true;
        return ERR_OK;
    }
    uint64_t sequence = one->sequence;
    drop_under_way(centre, one);
    centre->unread = centre->intents = true;
    enum err err = docket_answered(centre->docket, sequence, answer, centre->walltime.now);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    desk_answered(centre->desk, answer->id, answer);
    if (answer->kind == MESSAGE_REFUSED)
        oplog(OPLOG_WARN, "event-refused", OPLOG_NUMBER("task", answer->task), OPLOG_STRING("code", err_name(answer->code)));
    return ERR_OK;
}

/* Refused acceptances: nothing is owed any more, or the task comes again under a new lease. */
static enum err answer_came(struct centre *centre, const struct message *answer)
{
    struct under_way *one = find_under_way(centre, answer->task, answer->id.data);
    if (!one)
        return ERR_OK; /* of a cancellation or a notice */
    if (one->sequence)
        return intent_answered(centre, one, answer);
    drop_under_way(centre, one);
    centre->intents = true;
    bool gone = answer->kind == MESSAGE_REFUSED && (answer->code == ERR_UNKNOWN_TASK || answer->code == ERR_UNKNOWN_CASE);
    return gone ? docket_withdraw(centre->docket, answer->task, centre->walltime.now) : ERR_OK;
}

static enum err message_came(struct centre *centre, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_TASK: return task_came(centre, message);
    case MESSAGE_CANCEL: return cancel_came(centre, message);
    default: return answer_came(centre, message);
    }
}

/* A report that could not be made is made when the task comes again. */
static bool passes(enum err err)
{
    return err == ERR_OK || err == ERR_UNKNOWN_TASK || err == ERR_BUSY;
}

static void tell_connection(struct centre *centre)
{
    bool registered = worker_registered(centre->worker);
    if (registered != centre->registered)
        oplog(registered ? OPLOG_INFO : OPLOG_WARN, registered ? "engine-found" : "engine-missing");
    centre->registered = registered;
}

static enum err take_messages(struct centre *centre, bool *progress)
{
    struct message message;
    enum err err;
    while ((err = worker_next(centre->worker, 0, &message)) == ERR_OK) {
        *progress = true;
        tell_connection(centre);
        err = message_came(centre, &message);
        if (!passes(err))
            return err;
    }
    tell_connection(centre);
    if (err == ERR_TIMED_OUT)
        return ERR_OK;
    centre->why = arena_copy(centre->line->arena, message.why);
    return err;
}

/* ---- intents ---- */

/* Sent are those about tasks that nothing is under way for: one thing at a time. */
static enum err send_intents(struct centre *centre)
{
    struct docket_intent intent = {.sequence = 0};
    enum err err;
    centre->intents = false;
    arena_reset(&centre->arena);
    while (!(err = docket_next_intent(centre->docket, &centre->arena, intent.sequence, &intent))) {
        if (find_under_way(centre, intent.task, NULL))
            continue;
        err = worker_send_event(centre->worker, &intent.event);
        if (err == ERR_OK)
            err = add_under_way(centre, intent.task, intent.sequence, intent.event.id);
        if (!passes(err))
            return err;
        arena_reset(&centre->arena);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- histories ---- */

static enum err ask_history(struct centre *centre, uint64_t after)
{
    struct message question = {.kind = MESSAGE_SHOW, .as = TEXT(CENTRE_NAME), .history = true, .after = after};
    question.subject = (struct case_ref){.kind = CASE_REF_ID, .id = centre->reading.case_id};
    return client_submit(centre->client, &question, &centre->reading.request);
}

static enum err read_next(struct centre *centre)
{
    enum err err = docket_next_unread(centre->docket, centre->reading.case_id, &centre->reading.case_id, &centre->reading.turn);
    if (err == ERR_NOT_FOUND) /* from the beginning again: some may have come behind us */
        err = docket_next_unread(centre->docket, 0, &centre->reading.case_id, &centre->reading.turn);
    centre->unread = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err ? err : ask_history(centre, 0);
}

/* A task with what is erased by now may have come after the news of it. */
static bool tells_of_erasure(const struct value *rows)
{
    for (uint32_t i = 0; rows->kind == VALUE_LIST && i < rows->count; i++)
        if (value_get(&rows->items[i], "erased"))
            return true;
    return false;
}

/* What the engine does not show, to us or to anyone, is not asked for again until something happens to the case. */
static enum err history_came(struct centre *centre, const struct message *answer)
{
    bool shown = answer->kind == MESSAGE_RESULT, last = !shown || (!answer->more && !answer->after);
    struct value none = {.kind = VALUE_LIST};
    enum err err = docket_read(centre->docket, centre->reading.case_id, centre->reading.turn, shown ? &answer->rows : &none, last);
    centre->wipe_due |= shown && tells_of_erasure(&answer->rows);
    if (err || answer->more)
        return err;
    centre->reading.request = 0;
    if (!last)
        return ask_history(centre, answer->after);
    if (!shown)
        oplog(OPLOG_WARN, "history-not-read", OPLOG_NUMBER("case", centre->reading.case_id), OPLOG_STRING("code", err_name(answer->code)));
    return desk_read(centre->desk, centre->reading.case_id);
}

/* A question that the client has given up in the middle begins anew; an answer that is none is as good as none. */
static enum err answer_failed(struct centre *centre, enum err code)
{
    struct message none = {.kind = MESSAGE_REFUSED, .code = code};
    if (code != ERR_TIMED_OUT)
        return history_came(centre, &none);
    centre->reading.request = 0;
    return ask_history(centre, 0);
}

/* ---- what is destroyed ---- */

static enum err begin_watch(struct centre *centre)
{
    struct message watch = {.kind = MESSAGE_WATCH, .what = TEXT("erasures"), .credit = WATCH_CREDIT};
    uint64_t position;
    enum err err = docket_watched(centre->docket, &position);
    if (!err && !position)
        err = docket_is_empty(centre->docket, &centre->from_now);
    if (!centre->from_now)
        watch.position = position + 1;
    return err ? err : client_submit(centre->client, &watch, &centre->watch);
}

static enum err lose(struct centre *centre, const struct docket_loss *loss)
{
    enum err err = docket_lose(centre->docket, loss);
    centre->unread = centre->wipe_due = true;
    centre->wipe_at = 0;
    return err;
}

/* An engine that knows no such watch destroys nothing either. */
static enum err news_came(struct centre *centre, enum err code, const struct message *news)
{
    if (code || (news->kind != MESSAGE_NEWS && news->kind != MESSAGE_RESULT)) {
        oplog(OPLOG_WARN, "erasures-not-watched", OPLOG_STRING("code", err_name(code ? code : news->code)));
        return ERR_OK;
    }
    if (news->kind == MESSAGE_RESULT) {
        struct docket_loss nothing = {.position = news->position};
        bool first = centre->from_now;
        centre->from_now = false;
        return first ? docket_lose(centre->docket, &nothing) : ERR_OK;
    }
    const struct value *person = value_get(&news->rows, "for"), *e = value_get(&news->rows, "e");
    bool erased = e && e->kind == VALUE_TEXT && text_is(e->text, "erase"), told = erased && person && person->kind == VALUE_TEXT;
    struct docket_loss loss = {.position = news->position, .person = told ? person->text : (struct text){0}, .case_id = news->case_id, .anyone = erased && !told};
    return lose(centre, &loss);
}

/* When all that was to be read again is read. What cannot be done now, since a backup reads, is done a minute later. */
static enum err wipe(struct centre *centre)
{
    if (!centre->wipe_due || centre->unread || centre->reading.request || centre->walltime.monotonic < centre->wipe_at)
        return ERR_OK;
    enum err err = store_wipe(centre->store);
    centre->wipe_due = err != ERR_OK;
    centre->wipe_at = centre->walltime.monotonic + WIPE_AGAIN_MS;
    return err == ERR_BUSY ? ERR_OK : err;
}

static enum err take_answers(struct centre *centre, bool *progress)
{
    struct message answer;
    enum err err, code;
    while ((code = client_next(centre->client, 0, &answer)) == ERR_OK || answer.request) {
        *progress = true;
        if (answer.request == centre->watch) {
            err = news_came(centre, code, &answer);
            if (err)
                return err;
        }
        if (answer.request != centre->reading.request)
            continue;
        err = code ? answer_failed(centre, code) : history_came(centre, &answer);
        if (err)
            return err;
    }
    return ERR_OK;
}

/* ---- the loop ---- */

static enum err turn_once(struct centre *centre, bool *progress)
{
    struct desk_turn turn = {0};
    walltime_read(&centre->walltime);
    enum err err = take_messages(centre, progress);
    if (!err)
        err = take_answers(centre, progress);
    if (!err)
        err = desk_serve(centre->desk, centre->walltime.now, centre->walltime.monotonic, &turn);
    *progress |= turn.heard;
    centre->intents |= turn.ordered;
    centre->unread |= turn.wanted;
    if (!err && centre->intents) {
        *progress = true;
        err = send_intents(centre);
    }
    if (!err && centre->unread && !centre->reading.request) {
        *progress = true;
        err = read_next(centre);
    }
    return err ? err : wipe(centre);
}

static bool stop_asked(const struct centre *centre)
{
    struct signalfd_siginfo info;
    return read(centre->signals, &info, sizeof info) == sizeof info;
}

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* Turns until one brings nothing: then all that came has been taken, and the descriptors tell of what comes (pitfall 1). */
static enum err run(struct centre *centre)
{
    centre->intents = centre->unread = centre->wipe_due = true; /* the run before may have ended in the middle of it */
    enum err began = begin_watch(centre);
    if (began)
        return began;
    while (!stop_asked(centre)) {
        bool progress = false;
        enum err err = turn_once(centre, &progress);
        if (err)
            return err;
        if (progress)
            continue;
        struct pollfd descriptors[] = {
            {.fd = centre->signals, .events = POLLIN},
            {.fd = worker_descriptor(centre->worker), .events = POLLIN},
            {.fd = client_descriptor(centre->client), .events = POLLIN},
            {.fd = desk_descriptor(centre->desk), .events = POLLIN},
        };
        poll(descriptors, 4, sooner(worker_wake_ms(centre->worker), desk_wake_ms(centre->desk, centre->walltime.monotonic)));
    }
    return ERR_OK;
}

/* ---- open and close ---- */

static bool catch_signals(struct centre *centre)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &stops, NULL) != 0)
        return false;
    centre->signals = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
    return centre->signals >= 0;
}

static enum err open_docket(struct centre *centre)
{
    struct arena *arena = centre->line->arena;
    const char *folder = arena_print(arena, "%s/%s", centre->line->data, CENTRE_NAME).data;
    if (mkdir(centre->line->data, 0700) != 0 && errno != EEXIST) {
        centre->why = arena_print(arena, "%s: %s", centre->line->data, strerror(errno));
        return ERR_IO;
    }
    enum err err = store_lmdb_open(&centre->store, folder, &(struct store_lmdb_options){0});
    if (err == ERR_LOCKED)
        centre->why = text_of(command_say(centre->line, "another mediation centre serves this docket.", "另有调解中心进程在使用此卷宗。"));
    else if (err)
        centre->why = arena_print(arena, "%s: %s", folder, err_sentence(err));
    return err ? err : docket_open(&centre->docket, centre->store);
}

static enum err open_all(struct centre *centre)
{
    static const char *const topics[] = {CENTRE_NAME};
    struct arena *arena = centre->line->arena;
    const char *data = centre->line->data;
    enum err err = open_docket(centre);
    if (err)
        return err;
    struct desk_options desk = {.address = arena_print(arena, "ipc://%s/%s/docket.sock", data, CENTRE_NAME).data, .person = CENTRE_NAME, .docket = centre->docket};
    err = desk_open(&centre->desk, &desk, arena, &centre->why);
    if (err)
        return err;
    struct worker_options worker = {.name = CENTRE_NAME, .topics = topics, .topic_count = 1, .in_flight_most = IN_FLIGHT};
    worker.endpoint = centre->places.workers;
    worker.key = centre->places.worker_key;
    err = worker_open(&centre->worker, &worker);
    if (err)
        return err;
    struct client_options client = {.endpoint = centre->places.clients, .key = centre->places.client_key, .name = CENTRE_NAME, .in_flight_most = 2};
    return client_connect(&centre->client, &client);
}

static void close_all(struct centre *centre)
{
    if (centre->client)
        client_disconnect(&centre->client);
    worker_close(&centre->worker);
    desk_close(&centre->desk);
    docket_close(&centre->docket);
    store_close(&centre->store);
    if (centre->signals >= 0)
        close(centre->signals);
    arena_close(&centre->arena);
    free(centre->under_way);
    free(centre);
}

/* Where the engine is: in the data folder, or both of its addresses, with a key for each: one is a worker's, one who may read histories. COMMAND_DONE, or what to return. */
static int find_engine(struct centre *centre)
{
    const struct command_line *line = centre->line;
    int code = talk_place_of(line, "workers", "key-file", "workers.sock", &centre->places.workers, &centre->places.worker_key);
    if (code == COMMAND_DONE)
        code = talk_place_of(line, "clients", "clients-key-file", "engine.sock", &centre->places.clients, &centre->places.client_key);
    if (code == COMMAND_DONE && !centre->places.worker_key != !centre->places.client_key)
        code = command_misuse(line, "%s", command_say(line, "--workers and --clients go together: both or neither.", "--workers 与 --clients 须同时给出。"));
    return code;
}

int centre_serve(const struct command_line *line)
{
    struct centre *centre = calloc(1, sizeof *centre);
    if (!centre)
        return command_fail(line, COMMAND_FAILED, "%s", code_sentence(line, ERR_NO_MEMORY));
    centre->line = line;
    centre->signals = -1;
    arena_init(&centre->arena);
    guard_rights();
    systemd_begin();
    walltime_init(&centre->walltime, NULL);
    int place = find_engine(centre);
    if (place != COMMAND_DONE) {
        close_all(centre);
        return place;
    }
    enum err err = catch_signals(centre) ? open_all(centre) : ERR_IO;
    if (!err) {
        oplog(OPLOG_INFO, "docket-serving", OPLOG_STRING("data", line->data));
        systemd_tell("READY=1");
        err = run(centre);
    }
    int code = COMMAND_DONE;
    struct text why = centre->why.size ? centre->why : text_of(code_sentence(line, err));
    if (err)
        code = command_fail(line, command_exit_of(err), "%.*s", (int)why.size, why.data);
    else
        oplog(OPLOG_INFO, "docket-stopped");
    close_all(centre);
    return code;
}
