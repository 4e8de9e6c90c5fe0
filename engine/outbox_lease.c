/* outbox_lease: the table of leases: by task, and by worker in the order of granting. See outbox.h. */
#include "engine/outbox_inner.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 256 };

static uint32_t slot_of(const struct outbox *outbox, uint64_t task)
{
    uint64_t mixed = task * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32) & (outbox->slot_count - 1);
}

/* The slot where the task is, or would be. */
static uint32_t seek(const struct outbox *outbox, uint64_t task)
{
    uint32_t at = slot_of(outbox, task);
    while (outbox->slots[at] && outbox->slots[at]->task != task)
        at = (at + 1) & (outbox->slot_count - 1);
    return at;
}

struct lease *lease_find(const struct outbox *outbox, uint64_t task)
{
    return outbox->slots[seek(outbox, task)];
}

bool leases_init(struct outbox *outbox)
{
    outbox->slot_count = SLOTS_FIRST;
    outbox->slots = calloc(outbox->slot_count, sizeof *outbox->slots);
    return outbox->slots != NULL;
}

void leases_close(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->slot_count; i++)
        free(outbox->slots[i]);
    free(outbox->slots);
}

static bool make_room(struct outbox *outbox)
{
    if (outbox->lease_count * 2 < outbox->slot_count)
        return true;
    struct lease **before = outbox->slots, **wider = calloc(outbox->slot_count * 2, sizeof *wider);
    uint32_t count = outbox->slot_count;
    if (!wider)
        return false;
    outbox->slots = wider;
    outbox->slot_count *= 2;
    for (uint32_t i = 0; i < count; i++)
        if (before[i])
            wider[seek(outbox, before[i]->task)] = before[i];
    free(before);
    return true;
}

static void append_to_worker(struct worker_link *worker, struct lease *lease)
{
    lease->worker = worker;
    lease->older = worker->newest;
    lease->newer = NULL;
    *(worker->newest ? &worker->newest->newer : &worker->oldest) = lease;
    worker->newest = lease;
    worker->leased++;
}

static void take_from_worker(struct lease *lease)
{
    struct worker_link *worker = lease->worker;
    if (!worker)
        return;
    *(lease->older ? &lease->older->newer : &worker->oldest) = lease->newer;
    *(lease->newer ? &lease->newer->older : &worker->newest) = lease->older;
    worker->leased--;
    lease->worker = NULL;
}

struct lease *lease_grant(struct outbox *outbox, struct worker_link *worker, uint64_t task, struct text topic, uint32_t attempt)
{
    if (outbox->lease_count == LIMIT_LEASES || !make_room(outbox))
        return NULL;
    struct lease *lease = calloc(1, sizeof *lease + topic.size);
    if (!lease)
        return NULL;
    memcpy(lease + 1, topic.data, topic.size);
    lease->task = task;
    lease->number = outbox->next_lease++ << LEASE_ATTEMPT_BITS | lease_attempt(attempt);
    lease->attempt = attempt;
    lease->topic = (struct text){.data = (const char *)(lease + 1), .size = topic.size};
    uint32_t at = seek(outbox, task);
    assert(!outbox->slots[at]);
    outbox->slots[at] = lease;
    outbox->lease_count++;
    append_to_worker(worker, lease);
    return lease;
}

void lease_rest(struct outbox *outbox, struct lease *lease, int64_t until)
{
    take_from_worker(lease);
    lease->state = LEASE_RESTING;
    lease->until = until;
    outbox->resting++;
}

/* Fills the gap with those that stand behind it only because it was full. */
static void close_gap(struct outbox *outbox, uint32_t gap)
{
    uint32_t mask = outbox->slot_count - 1;
    outbox->slots[gap] = NULL;
    for (uint32_t at = (gap + 1) & mask; outbox->slots[at]; at = (at + 1) & mask) {
        struct lease *moved = outbox->slots[at];
        outbox->slots[at] = NULL;
        outbox->slots[seek(outbox, moved->task)] = moved;
    }
}

void lease_end(struct outbox *outbox, struct lease *lease)
{
    take_from_worker(lease);
    close_gap(outbox, seek(outbox, lease->task));
    outbox->lease_count--;
    outbox->resting -= lease->state == LEASE_RESTING;
    free(lease);
}

/* Few rest, and rarely: looking through all is enough. */
struct lease *lease_rested(const struct outbox *outbox, int64_t monotonic)
{
    for (uint32_t i = 0; outbox->resting && i < outbox->slot_count; i++)
        if (outbox->slots[i] && outbox->slots[i]->state == LEASE_RESTING && outbox->slots[i]->until <= monotonic)
            return outbox->slots[i];
    return NULL;
}
