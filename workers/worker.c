/* worker: see worker.h.
 *
 * Three lists make up its state: what is held (a task or cancellation that was delivered and has no final report), the
 * reports without an answer, in the order in which they were made, and the credit that the engine has left. Everything that
 * the engine forgets when it or the connection breaks is made again from these three by a registration. */
#include "workers/worker.h"

#include "proto/client.h"
#include "proto/connection.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

enum {
    RETRY_MS = 5000,
    BEAT_MOST_MS = 1000, /* also how soon a restarted engine is noticed */
    REGISTER_MS = 1000,  /* an unanswered registration is sent again */
    REPORTS_BESIDE = 1024, /* reports without an answer about tasks that were accepted before */
    QUEUE = 2048,
};

struct held {
    uint64_t task, lease;
    bool reported; /* a report is on its way: no second one */
};

struct report {
    enum message_kind kind;
    uint64_t request, task, lease; /* lease 0: of a task that was accepted before */
    uint8_t id[ID_SIZE];
    int64_t due;                   /* when it is sent (again) */
    char *bytes;                   /* the message; request and lease are put in when it is sent */
    size_t size;
};

struct worker {
    struct worker_options options;
    struct connection *connection;
    struct text person; /* worker:NAME: who acts where an event does not say */
    struct arena names; /* what lives as long as the worker */
    struct arena arena; /* of the message that the caller has, and of what is sent meanwhile */
    enum { UNREGISTERED, REGISTERING, REGISTERED } state;
    enum err refused;          /* the registration was, for good */
    uint64_t requests;         /* running number */
    uint64_t registration;     /* its request */
    int64_t register_at, beat_at;
    uint32_t beat_ms;
    uint32_t credit;           /* that the engine has left */
    struct held *held;         /* [held_most] */
    uint32_t held_count, held_most;
    struct report *reports;    /* [reports_most] */
    uint32_t report_count, reports_most;
};

static int64_t machine_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_of(const struct worker *worker)
{
    return worker->options.clock();
}

/* ---- open and close ---- */

enum err worker_open(struct worker **out, const struct worker_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);
    *out = worker;
    if (!worker)
        return ERR_NO_MEMORY;
    worker->options = *options;
    struct worker_options *own = &worker->options;
    own->in_flight_most = own->in_flight_most ? own->in_flight_most : 1;
    own->retry_ms = own->retry_ms ? own->retry_ms : RETRY_MS;
    own->clock = own->clock ? own->clock : machine_clock;
    arena_init(&worker->arena);
    arena_init(&worker->names);
    worker->person = arena_print(&worker->names, "worker:%s", own->name);
    worker->held_most = 2 * own->in_flight_most; /* see register_send */
    worker->reports_most = worker->held_most + REPORTS_BESIDE;
    worker->beat_ms = BEAT_MOST_MS;
    worker->held = calloc(worker->held_most, sizeof *worker->held);
    worker->reports = calloc(worker->reports_most, sizeof *worker->reports);
    enum err err = worker->held && worker->reports ? connection_open(&worker->connection, own->endpoint, own->key, QUEUE) : ERR_NO_MEMORY;
    if (err)
        worker_close(out);
    return err;
}

void worker_close(struct worker **out)
{
    struct worker *worker = *out;
    *out = NULL;
    if (!worker)
        return;
    connection_close(&worker->connection);
    for (uint32_t i = 0; i < worker->report_count; i++)
        free(worker->reports[i].bytes);
    free(worker->reports);
    free(worker->held);
    arena_close(&worker->arena);
    arena_close(&worker->names);
    free(worker);
}

/* ---- what is held ---- */

static struct held *held_find(const struct worker *worker, uint64_t task)
{
    for (uint32_t i = 0; i < worker->held_count; i++)
        if (worker->held[i].task == task)
            return &worker->held[i];
    return NULL;
}

static void held_drop(struct worker *worker, struct held *held)
{
    *held = worker->held[--worker->held_count];
}

bool worker_holds(const struct worker *worker, uint64_t task)
{
    return held_find(worker, task) != NULL;
}

uint32_t worker_held(const struct worker *worker)
{
    return worker->held_count;
}

/* ---- sending ---- */

/* What could not be sent now has its time to be sent again like what was sent in vain. */
static void send_message(struct worker *worker, const struct message *message)
{
    struct arena_mark mark = arena_save(&worker->arena);
    connection_send(worker->connection, wire_encode(&worker->arena, message));
    arena_rewind(&worker->arena, mark);
}

/* Credit is given as if nothing were held: the engine may have forgotten the leases, and what is held must be able to come again. Where
 * it has not, other tasks come, and are held besides. */
static void register_send(struct worker *worker)
{
    const struct worker_options *options = &worker->options;
    uint32_t room = worker->held_most - worker->held_count;
    struct arena_mark mark = arena_save(&worker->arena);
    struct value *topics = ARENA_ARRAY(&worker->arena, struct value, options->topic_count);
    for (uint32_t i = 0; i < options->topic_count; i++)
        topics[i] = value_text(text_of(options->topics[i]));
    worker->registration = ++worker->requests;
    worker->credit = options->in_flight_most < room ? options->in_flight_most : room;
    send_message(worker, &(struct message){.kind = MESSAGE_REGISTER,
                                           .request = worker->registration,
                                           .version = PROTOCOL_VERSION,
                                           .what = text_of(options->name),
                                           .unit = text_of(options->unit),
                                           .topics = {.kind = VALUE_LIST, .count = options->topic_count, .items = topics},
                                           .credit = worker->credit});
    arena_rewind(&worker->arena, mark);
    worker->state = REGISTERING;
    worker->register_at = now_of(worker) + REGISTER_MS;
}

static void report_send(struct worker *worker, struct report *report)
{
    struct arena_mark mark = arena_save(&worker->arena);
    struct message message;
    struct text why;
    enum err err = wire_decode(&worker->arena, (struct text){.data = report->bytes, .size = report->size}, &message, &why);
    assert(!err);
    message.request = report->request;
    message.lease = report->lease;
    send_message(worker, &message);
    arena_rewind(&worker->arena, mark);
    report->due = now_of(worker) + worker->options.retry_ms;
}

static uint32_t credit_missing(const struct worker *worker)
{
    uint32_t taken = worker->held_count + worker->credit;
    return taken < worker->options.in_flight_most ? worker->options.in_flight_most - taken : 0;
}

/* Everything that is due by now. A report waits for the registration: without it it would only be refused. */
static void send_due(struct worker *worker)
{
    int64_t now = now_of(worker);
    bool unheard = worker->state == REGISTERING && worker->register_at <= now;
    if (connection_lost(worker->connection) || unheard) {
        connection_renew(worker->connection); /* registrations do not pile up in it; what fails here shows as lost at the next call */
        worker->state = UNREGISTERED;
    }
    if (worker->state == UNREGISTERED)
        register_send(worker);
    if (worker->state != REGISTERED)
        return;
    for (uint32_t i = 0; i < worker->report_count; i++)
        if (worker->reports[i].due <= now)
            report_send(worker, &worker->reports[i]);
    if (worker->beat_at <= now) {
        send_message(worker, &(struct message){.kind = MESSAGE_BEAT});
        worker->beat_at = now + worker->beat_ms;
    }
    uint32_t missing = credit_missing(worker);
    if (missing) {
        send_message(worker, &(struct message){.kind = MESSAGE_CREDIT, .credit = missing});
        worker->credit += missing;
    }
}

/* ---- what comes in; each says whether the caller is to see it ---- */

static void registered(struct worker *worker, const struct message *message)
{
    if (worker->state != REGISTERING || message->request != worker->registration)
        return;
    int64_t now = now_of(worker);
    worker->state = REGISTERED;
    worker->beat_ms = message->lease_ms / 3 < BEAT_MOST_MS ? message->lease_ms / 3 : BEAT_MOST_MS;
    worker->beat_ms = worker->beat_ms ? worker->beat_ms : 1;
    worker->beat_at = now + worker->beat_ms;
    for (uint32_t i = 0; i < worker->report_count; i++)
        worker->reports[i].due = now;
}

/* The same task under a new lease. A report that is on its way is sent again with it (as another request: the answer to the
 * first may still come, and would be stale-lease); but what failed has failed under the old lease, and this is the next attempt. */
static bool task_again(struct worker *worker, struct held *held, uint64_t lease)
{
    held->lease = lease;
    for (uint32_t i = 0; i < worker->report_count; i++) {
        struct report *report = &worker->reports[i];
        if (report->task != held->task || report->lease == 0)
            continue;
        if (report->kind == MESSAGE_FAIL) {
            held->reported = false;
            return true;
        }
        report->lease = lease;
        report->request = ++worker->requests;
        report->due = now_of(worker);
    }
    return false;
}

static bool task_came(struct worker *worker, const struct message *message)
{
    worker->credit -= worker->credit > 0;
    struct held *held = held_find(worker, message->task);
    if (held)
        return task_again(worker, held, message->lease);
    if (worker->held_count == worker->held_most)
        return false; /* more than there was credit for: its lease will run out, and it comes again */
    worker->held[worker->held_count++] = (struct held){.task = message->task, .lease = message->lease};
    return true;
}

static bool cancel_came(struct worker *worker, const struct message *message)
{
    if (message->about)
        return task_came(worker, message);
    struct held *held = held_find(worker, message->task);
    if (!held || held->reported)
        return false; /* the answer to the report says it: it may well be that report which settled the task */
    held_drop(worker, held);
    return true;
}

static struct report *report_find(const struct worker *worker, uint64_t request)
{
    for (uint32_t i = 0; i < worker->report_count; i++)
        if (worker->reports[i].request == request)
            return &worker->reports[i];
    return NULL;
}

static void report_drop(struct worker *worker, struct report *report)
{
    free(report->bytes);
    uint32_t behind = worker->report_count-- - (uint32_t)(report - worker->reports) - 1;
    memmove(report, report + 1, behind * sizeof *report);
}

/* After an applied report, and where nothing is owed any more, the task is held no longer. After another refusal it still is:
 * its lease runs on, and the caller may report something else (only of a failure there is nothing else to report). */
static bool nothing_owed(const struct report *report, const struct message *answer)
{
    return answer->kind != MESSAGE_REFUSED || answer->code == ERR_UNKNOWN_TASK || answer->code == ERR_STALE_LEASE ||
           answer->code == ERR_UNKNOWN_CASE || report->kind == MESSAGE_FAIL;
}

static bool answered(struct worker *worker, struct message *answer)
{
    struct report *report = report_find(worker, answer->request);
    if (!report)
        return false;
    struct held *held = held_find(worker, report->task);
    if (held && held->lease == report->lease && nothing_owed(report, answer))
        held_drop(worker, held);
    else if (held && held->lease == report->lease)
        held->reported = false;
    answer->task = report->task;
    answer->id = arena_copy(&worker->arena, (struct text){.data = (const char *)report->id, .size = ID_SIZE});
    report_drop(worker, report);
    return true;
}

/* Not final: the engine stops, or has forgotten us. */
static bool passing(enum err code)
{
    return code == ERR_NOT_REGISTERED || code == ERR_STOPPING || code == ERR_READ_ONLY || code == ERR_BUSY;
}

static bool refusal_came(struct worker *worker, struct message *message)
{
    if (message->code == ERR_NOT_REGISTERED && worker->state == REGISTERED)
        worker->state = UNREGISTERED;
    if (passing(message->code))
        return false;
    if (worker->state == REGISTERING && message->request == worker->registration) {
        worker->refused = message->code;
        return true;
    }
    return answered(worker, message);
}

static void busy_came(struct worker *worker, const struct message *message)
{
    int64_t after = message->after < INT32_MAX ? (int64_t)message->after : INT32_MAX;
    struct report *report = report_find(worker, message->request);
    if (report)
        report->due = now_of(worker) + after;
    else if (worker->state == REGISTERING && message->request == worker->registration)
        worker->register_at = now_of(worker) + after;
}

static bool message_came(struct worker *worker, struct message *message)
{
    switch (message->kind) {
    case MESSAGE_REGISTERED: registered(worker, message); return false;
    case MESSAGE_TASK: return task_came(worker, message);
    case MESSAGE_CANCEL: return cancel_came(worker, message);
    case MESSAGE_APPLIED:
    case MESSAGE_DUPLICATE: return answered(worker, message);
    case MESSAGE_REFUSED: return refusal_came(worker, message);
    case MESSAGE_BUSY: busy_came(worker, message); return false;
    default: return false; /* beats; and what a newer engine may say to workers that know it */
    }
}

/* ---- the caller's turn ---- */

/* What is not a message is no reason to stop: whatever it was, it is sent again when it matters. */
static enum err take_one(struct worker *worker, struct message *message)
{
    struct text bytes, why;
    enum err err;
    while ((err = connection_receive(worker->connection, &bytes)) != ERR_TIMED_OUT) {
        arena_reset(&worker->arena);
        if (err || wire_decode(&worker->arena, arena_copy(&worker->arena, bytes), message, &why))
            continue;
        if (message_came(worker, message))
            return worker->refused;
    }
    return ERR_TIMED_OUT;
}

/* Whatever is due is sent before the last look at what has come: a send may swallow the sign that something can be read
 * (pitfall 1), and after ERR_TIMED_OUT the caller sleeps on that sign. */
enum err worker_next(struct worker *worker, int wait_ms, struct message *message)
{
    int64_t until = wait_ms < 0 ? INT64_MAX : now_of(worker) + wait_ms;
    arena_reset(&worker->arena);
    for (;;) {
        if (worker->refused)
            worker->state = UNREGISTERED; /* whoever calls again after a refusal asks for another try */
        worker->refused = ERR_OK;
        send_due(worker);
        if (connection_denied(worker->connection)) {
            *message = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = ERR_DENIED, .why = TEXT("The engine does not know this key, or knows it no longer.")};
            return ERR_DENIED;
        }
        enum err err = take_one(worker, message);
        if (err != ERR_TIMED_OUT)
            return err;
        int wake = worker_wake_ms(worker);
        if (wake == 0)
            continue; /* what came has made something due */
        int64_t left = until - now_of(worker);
        if (left <= 0)
            return ERR_TIMED_OUT;
        if (!connection_wait(worker->connection, left < wake ? (long)left : wake))
            return ERR_TIMED_OUT;
    }
}

int worker_descriptor(struct worker *worker)
{
    return connection_descriptor(worker->connection);
}

int worker_wake_ms(const struct worker *worker)
{
    int64_t now = now_of(worker);
    int64_t wake = worker->state == REGISTERED    ? worker->beat_at
                   : worker->state == REGISTERING ? worker->register_at
                                                  : now;
    if (worker->state == REGISTERED && credit_missing(worker))
        wake = now;
    for (uint32_t i = 0; i < worker->report_count && worker->state == REGISTERED; i++)
        wake = worker->reports[i].due < wake ? worker->reports[i].due : wake;
    return wake <= now ? 0 : wake - now < BEAT_MOST_MS ? (int)(wake - now) : BEAT_MOST_MS;
}

bool worker_registered(const struct worker *worker)
{
    return worker->state == REGISTERED;
}

uint32_t worker_unanswered(const struct worker *worker)
{
    return worker->report_count;
}

/* ---- reports ---- */

static enum err report_keep(struct worker *worker, struct message *message, struct text id, uint64_t lease)
{
    uint8_t fresh[ID_SIZE];
    if (worker->report_count == worker->reports_most)
        return ERR_BUSY;
    assert(id.size == 0 || id.size == ID_SIZE);
    if (id.size == 0)
        client_new_id(fresh);
    message->id = id.size ? id : (struct text){.data = (const char *)fresh, .size = sizeof fresh};
    message->request = ++worker->requests;
    struct arena_mark mark = arena_save(&worker->arena);
    struct text bytes;
    enum err err = wire_encode_bounded(&worker->arena, message, &bytes);
    char *copy = err ? NULL : malloc(bytes.size);
    if (copy) {
        struct report *report = &worker->reports[worker->report_count++];
        *report = (struct report){.kind = message->kind, .request = message->request, .task = message->task, .lease = lease, .bytes = copy, .size = bytes.size};
        report->due = now_of(worker);
        memcpy(copy, bytes.data, bytes.size);
        memcpy(report->id, message->id.data, ID_SIZE);
    }
    arena_rewind(&worker->arena, mark);
    return err ? err : copy ? ERR_OK : ERR_NO_MEMORY;
}

/* Kept, then sent at once where that is possible: worker_next need not be called for it. */
static enum err report_make(struct worker *worker, struct message *message, struct text id, struct held *held)
{
    message->lease = held ? held->lease : 0;
    enum err err = report_keep(worker, message, id, message->lease);
    if (err)
        return err;
    if (held)
        held->reported = true;
    send_due(worker);
    return ERR_OK;
}

static enum err report_held(struct worker *worker, struct message *message, struct text id)
{
    struct held *held = held_find(worker, message->task);
    if (!held || held->reported)
        return ERR_UNKNOWN_TASK;
    return report_make(worker, message, id, held);
}

enum err worker_accept(struct worker *worker, uint64_t task, struct text id)
{
    return report_held(worker, &(struct message){.kind = MESSAGE_ACCEPT, .task = task}, id);
}

enum err worker_settle(struct worker *worker, uint64_t task, struct text id)
{
    return report_held(worker, &(struct message){.kind = MESSAGE_SETTLE, .task = task}, id);
}

enum err worker_fail(struct worker *worker, uint64_t task, struct text id, struct text why, bool again, uint32_t after_ms)
{
    struct message fail = {.kind = MESSAGE_FAIL, .task = task, .why = why, .again = again, .after = after_ms};
    return report_held(worker, &fail, id);
}

enum err worker_send_event(struct worker *worker, const struct message *event)
{
    struct message send = *event;
    send.kind = MESSAGE_SEND;
    send.as = event->as.size ? event->as : worker->person;
    struct held *held = held_find(worker, send.task);
    if (held && held->reported)
        return ERR_UNKNOWN_TASK;
    return report_make(worker, &send, event->id, held);
}
