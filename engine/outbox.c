/* outbox: see outbox.h. */
#include "engine/outbox_inner.h"

#include <assert.h>
#include <stdlib.h>

enum { SILENT_LEASES = 3 }; /* who is silent for so many times a lease is forgotten, and told so when it speaks again */

static const struct outbox_place beginning = {.ready_at = INT64_MIN};

enum err outbox_create(struct outbox **out, const struct outbox_options *options)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return ERR_NO_MEMORY;
    outbox->options = *options;
    outbox->next_lease = options->first_lease ? options->first_lease : 1;
    if (!leases_init(outbox)) {
        free(outbox);
        return ERR_NO_MEMORY;
    }
    *out = outbox;
    return ERR_OK;
}

static void worker_free(struct worker_link *worker)
{
    free(worker->topics);
    free(worker->memory);
    free(worker);
}

void outbox_destroy(struct outbox **outbox)
{
    if (!*outbox)
        return;
    leases_close(*outbox);
    for (struct worker_link *worker = (*outbox)->workers, *next; worker; worker = next) {
        next = worker->next;
        worker_free(worker);
    }
    free(*outbox);
    *outbox = NULL;
}

/* ---- workers ---- */

struct worker_link *worker_by_peer(const struct outbox *outbox, uint64_t peer)
{
    for (struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        if (worker->peer == peer && !worker->gone)
            return worker;
    return NULL;
}

static void refuse(struct message *answer, const struct message *message, enum err code, struct text why)
{
    *answer = (struct message){.kind = MESSAGE_REFUSED, .request = message->request, .has = MESSAGE_HAS_CODE, .code = code, .why = why,
                               .todo = text_of(err_advice(code))};
}

static char *keep(char *at, struct text text, struct text *kept)
{
    if (text.size)
        memcpy(at, text.data, text.size);
    *kept = (struct text){.data = at, .size = text.size};
    return at + text.size;
}

/* Takes the message's texts into memory of the worker's own. false: no memory. */
static bool keep_texts(struct worker_link *worker, const struct message *message)
{
    size_t size = message->what.size + message->unit.size + 1;
    for (uint32_t i = 0; i < message->topics.count; i++)
        size += message->topics.items[i].text.size;
    char *memory = malloc(size);
    struct subscription *topics = calloc(message->topics.count + 1, sizeof *topics);
    if (!memory || !topics) {
        free(memory);
        free(topics);
        return false;
    }
    free(worker->memory);
    free(worker->topics);
    worker->memory = memory;
    worker->topics = topics;
    worker->topic_count = message->topics.count;
    char *at = keep(memory, message->what, &worker->name);
    at = keep(at, message->unit, &worker->unit);
    for (uint32_t i = 0; i < worker->topic_count; i++) {
        at = keep(at, message->topics.items[i].text, &topics[i].topic);
        topics[i].place = beginning;
        topics[i].wake = INT64_MIN;
    }
    return true;
}

static struct worker_link *worker_add(struct outbox *outbox, uint64_t peer)
{
    if (outbox->worker_count == LIMIT_WORKERS)
        return NULL;
    struct worker_link *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->peer = peer;
    worker->next = outbox->workers;
    outbox->workers = worker;
    outbox->worker_count++;
    return worker;
}

static void worker_remove(struct outbox *outbox, struct worker_link *worker)
{
    struct worker_link **link = &outbox->workers;
    assert(!worker->leased);
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
    outbox->worker_count--;
    worker_free(worker);
}

/* Why not, or an empty text. */
static struct text check_registration(const struct outbox *outbox, const struct message *message, enum err *code)
{
    const struct directory *directory = engine_directory(outbox->options.engine);
    *code = ERR_BAD_DATA;
    if (message->topics.count == 0)
        return TEXT("A worker registers at least one topic.");
    if (message->topics.count > LIMIT_TOPICS)
        return TEXT("A worker registers 256 topics at most.");
    *code = ERR_UNKNOWN_UNIT;
    for (uint32_t i = 0; i < message->topics.count; i++)
        if (text_is(message->topics.items[i].text, RECORD_TOPIC_CASES) || text_is(message->topics.items[i].text, RECORD_TOPIC_COUNTS))
            return TEXT("What cases have to say to each other, and what is owed to secret votes, is not for workers.");
    if (message->unit.size && (!directory || directory_find_unit(directory, message->unit) == NONE))
        return TEXT("There is no such unit in the directory.");
    return (struct text){0};
}

void outbox_register(struct outbox *outbox, uint64_t peer, const struct message *message, struct outbox_time time, struct message *answer)
{
    enum err code;
    struct text wrong = check_registration(outbox, message, &code);
    if (wrong.size) {
        refuse(answer, message, code, wrong);
        return;
    }
    if (message->version > PROTOCOL_VERSION) {
        refuse(answer, message, ERR_VERSION, TEXT("This engine speaks version 1."));
        return;
    }
    outbox_sweep(outbox, time);
    struct worker_link *worker = worker_by_peer(outbox, peer);
    bool added = !worker;
    worker = worker ? worker : worker_add(outbox, peer);
    if (!worker || !keep_texts(worker, message)) {
        if (worker && added)
            worker_remove(outbox, worker);
        *answer = (struct message){.kind = MESSAGE_BUSY, .request = message->request, .has = MESSAGE_HAS_CODE, .code = ERR_BUSY, .after = 5000,
                                   .why = TEXT("The engine has all the workers that it can take."), .todo = text_of(err_advice(ERR_BUSY))};
        return;
    }
    worker->credit = message->credit < LIMIT_CREDIT ? message->credit : LIMIT_CREDIT;
    worker->heard = time.monotonic;
    worker->stuffed = false;
    *answer = (struct message){.kind = MESSAGE_REGISTERED, .request = message->request, .version = PROTOCOL_VERSION, .what = TEXT("staircase"),
                               .lease_ms = outbox->options.lease_ms, .position = engine_position(outbox->options.engine), .time = time.now};
}

bool outbox_credit(struct outbox *outbox, uint64_t peer, uint32_t credit)
{
    struct worker_link *worker = worker_by_peer(outbox, peer);
    if (!worker)
        return false;
    uint32_t room = LIMIT_CREDIT - worker->credit;
    worker->credit += credit < room ? credit : room;
    worker->stuffed = false;
    return true;
}

bool outbox_beat(struct outbox *outbox, uint64_t peer, struct outbox_time time)
{
    struct worker_link *worker = worker_by_peer(outbox, peer);
    if (!worker)
        return false;
    worker->heard = time.monotonic;
    worker->stuffed = false;
    return true;
}

void outbox_gone(struct outbox *outbox, uint64_t peer)
{
    struct worker_link *worker = worker_by_peer(outbox, peer);
    if (!worker)
        return;
    worker->gone = true;
    worker->credit = 0;
    if (!worker->leased)
        worker_remove(outbox, worker);
}

void outbox_sweep(struct outbox *outbox, struct outbox_time time)
{
    for (struct worker_link *worker = outbox->workers, *next; worker; worker = next) {
        next = worker->next;
        bool silent = time.monotonic - worker->heard > (int64_t)outbox->options.lease_ms * SILENT_LEASES;
        if ((worker->gone || silent) && !worker->leased)
            worker_remove(outbox, worker);
    }
}

/* ---- where to look ---- */

static bool before(struct outbox_place a, struct outbox_place b)
{
    return a.ready_at != b.ready_at ? a.ready_at < b.ready_at : a.task < b.task;
}

void outbox_look_again(struct outbox *outbox, struct text topic, struct outbox_place place)
{
    for (struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        for (uint32_t i = 0; i < worker->topic_count; i++) {
            struct subscription *subscription = &worker->topics[i];
            if (topic.size && !text_equal(subscription->topic, topic))
                continue;
            if (before(place, subscription->place))
                subscription->place = place;
            if (subscription->wake > place.ready_at)
                subscription->wake = place.ready_at;
        }
}

void outbox_changed(struct outbox *outbox, int64_t earliest)
{
    outbox_look_again(outbox, (struct text){0}, (struct outbox_place){.ready_at = earliest});
}

int64_t lease_expiry(const struct outbox *outbox, const struct lease *lease)
{
    int64_t from = lease->granted > lease->worker->heard ? lease->granted : lease->worker->heard;
    return from + outbox->options.lease_ms;
}

static int64_t sooner(int64_t wait, int64_t other)
{
    other = other < 0 ? 0 : other;
    return other < wait ? other : wait;
}

int64_t outbox_wait(const struct outbox *outbox, struct outbox_time time)
{
    int64_t wait = INT64_MAX;
    for (const struct worker_link *worker = outbox->workers; worker; worker = worker->next) {
        if (worker->oldest)
            wait = sooner(wait, lease_expiry(outbox, worker->oldest) - time.monotonic);
        for (uint32_t i = 0; worker->credit && !worker->stuffed && i < worker->topic_count; i++)
            if (worker->topics[i].wake != INT64_MAX)
                wait = sooner(wait, worker->topics[i].wake == INT64_MIN ? 0 : worker->topics[i].wake - time.now);
    }
    for (uint32_t i = 0; outbox->resting && i < outbox->slot_count; i++)
        if (outbox->slots[i] && outbox->slots[i]->state == LEASE_RESTING)
            wait = sooner(wait, outbox->slots[i]->until - time.monotonic);
    return wait;
}

/* ---- figures ---- */

uint32_t outbox_worker_count(const struct outbox *outbox)
{
    uint32_t count = 0;
    for (const struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        count += !worker->gone;
    return count;
}

void outbox_set_history(struct outbox *outbox, const struct text *topics, uint32_t count)
{
    outbox->options.history_topics = topics;
    outbox->options.history_topic_count = count;
}

uint32_t outbox_lease_count(const struct outbox *outbox)
{
    return outbox->lease_count - outbox->resting;
}

struct text outbox_worker_name(const struct outbox *outbox, uint64_t peer)
{
    const struct worker_link *worker = worker_by_peer(outbox, peer);
    return worker ? worker->name : (struct text){0};
}

static struct value worker_row(const struct worker_link *worker, struct arena *arena, struct outbox_time time)
{
    struct map_maker row = map_begin(arena);
    struct list_maker topics = {.arena = arena};
    for (uint32_t i = 0; i < worker->topic_count; i++)
        list_add(&topics, value_text(arena_copy(arena, worker->topics[i].topic)));
    map_put_text(&row, "what", arena_copy(arena, worker->name));
    map_put_list(&row, "topics", topics.items, topics.count);
    map_put_text(&row, "u", arena_copy(arena, worker->unit));
    map_put(&row, "credit", value_integer(worker->credit));
    map_put(&row, "leased", value_integer(worker->leased));
    map_put(&row, "seen", value_integer(time.now - (time.monotonic - worker->heard)));
    return map_end(&row);
}

struct value outbox_workers(const struct outbox *outbox, struct arena *arena, struct outbox_time time)
{
    struct list_maker list = {.arena = arena};
    for (const struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        if (!worker->gone)
            list_add(&list, worker_row(worker, arena, time));
    return list_end(&list);
}
