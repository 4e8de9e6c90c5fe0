/* backlog: see backlog.h. */
#include "engine/backlog.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_GUESS_NS = 50000, AFTER_LEAST_MS = 20, AFTER_MOST_MS = 2000, PACE_SHARE = 8 };

enum err backlog_open(struct backlog *backlog)
{
    *backlog = (struct backlog){.event_ns = FIRST_GUESS_NS, .free = 1};
    backlog->entries = calloc(LIMIT_BACKLOG, sizeof *backlog->entries);
    backlog->rounds = calloc(LIMIT_BACKLOG, sizeof *backlog->rounds);
    for (uint32_t i = 0; backlog->entries && i < LIMIT_BACKLOG - 1; i++)
        backlog->entries[i].next = i + 2;
    return backlog->entries && backlog->rounds ? ERR_OK : ERR_NO_MEMORY;
}

void backlog_close(struct backlog *backlog)
{
    if (backlog->entries && backlog->rounds)
        backlog_sift(backlog, NULL, NULL);
    free(backlog->entries);
    free(backlog->rounds);
    *backlog = (struct backlog){0};
}

/* ---- is there room? ---- */

void backlog_learn(struct backlog *backlog, uint32_t count, uint32_t most, int64_t us)
{
    if (count == 0 || count * 2 < most)
        return;
    int64_t now = us * 1000 / count;
    backlog->event_ns += (now - backlog->event_ns) / PACE_SHARE;
    if (backlog->event_ns < 1)
        backlog->event_ns = 1;
}

static uint32_t place_of(link_peer peer)
{
    return (uint32_t)(peer * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

/* Of the next message of that connection: behind those of its own that wait. */
static uint64_t round_for(const struct backlog *backlog, link_peer peer)
{
    uint64_t next = backlog->next_round[place_of(peer)];
    return next > backlog->round ? next : backlog->round;
}

static int64_t wait_us(const struct backlog *backlog, uint32_t more)
{
    return (int64_t)(backlog->count + more) * backlog->event_ns / 1000;
}

bool backlog_has_room(const struct backlog *backlog, const struct link_message *message, uint32_t batch)
{
    uint64_t round = round_for(backlog, message->peer);
    if (backlog->count == LIMIT_BACKLOG || round - backlog->round >= LIMIT_BACKLOG || backlog->bytes + message->bytes.size > LIMIT_BACKLOG_BYTES)
        return false;
    if (message->side == LINK_WORKERS || backlog->count < batch)
        return true;
    return wait_us(backlog, batch) <= (round == backlog->round ? 2 * LIMIT_WAIT_US : LIMIT_WAIT_US);
}

uint64_t backlog_place_ms(struct backlog *backlog, int64_t now_us)
{
    int64_t earliest = now_us + wait_us(backlog, 0), latest = now_us + AFTER_MOST_MS * INT64_C(1000);
    if (backlog->next_place_us < earliest)
        backlog->next_place_us = earliest;
    if (backlog->next_place_us > latest) /* whoever comes before its time is given another place: they must not put off everybody for ever */
        backlog->next_place_us = latest;
    int64_t after_ms = (backlog->next_place_us - now_us) / 1000;
    backlog->next_place_us += backlog->event_ns / 1000 + 1;
    return (uint64_t)(after_ms < AFTER_LEAST_MS ? AFTER_LEAST_MS : after_ms > AFTER_MOST_MS ? AFTER_MOST_MS : after_ms);
}

/* ---- waiting ---- */

static void append(struct backlog *backlog, uint64_t number, uint32_t entry)
{
    struct backlog_round *round = &backlog->rounds[number % LIMIT_BACKLOG];
    *(round->last ? &backlog->entries[round->last - 1].next : &round->first) = entry;
    round->last = entry;
    backlog->entries[entry - 1].next = 0;
}

bool backlog_put(struct backlog *backlog, const struct link_message *message)
{
    uint64_t round = round_for(backlog, message->peer);
    uint32_t number = backlog->free;
    assert(number && round - backlog->round < LIMIT_BACKLOG);
    char *bytes = malloc(message->bytes.size + 1);
    if (!bytes)
        return false;
    if (message->bytes.size)
        memcpy(bytes, message->bytes.data, message->bytes.size);
    struct backlog_entry *entry = &backlog->entries[number - 1];
    backlog->free = entry->next;
    entry->message = *message;
    entry->message.bytes.data = bytes;
    append(backlog, round, number);
    backlog->next_round[place_of(message->peer)] = round + 1;
    backlog->bytes += message->bytes.size;
    backlog->count++;
    return true;
}

static void drop(struct backlog *backlog, uint32_t number)
{
    struct backlog_entry *entry = &backlog->entries[number - 1];
    backlog->bytes -= entry->message.bytes.size;
    backlog->count--;
    free((char *)entry->message.bytes.data);
    entry->next = backlog->free;
    backlog->free = number;
}

bool backlog_take(struct backlog *backlog, struct arena *arena, struct link_message *message)
{
    if (!backlog->count)
        return false;
    while (!backlog->rounds[backlog->round % LIMIT_BACKLOG].first)
        backlog->round++;
    struct backlog_round *round = &backlog->rounds[backlog->round % LIMIT_BACKLOG];
    uint32_t number = round->first;
    const struct backlog_entry *entry = &backlog->entries[number - 1];
    round->first = entry->next;
    round->last = entry->next ? round->last : 0;
    *message = entry->message;
    message->bytes = arena_copy(arena, entry->message.bytes);
    drop(backlog, number);
    return true;
}

void backlog_sift(struct backlog *backlog, bool (*stays)(void *context, struct link_message *message), void *context)
{
    for (uint32_t i = 0; backlog->count && i < LIMIT_BACKLOG; i++) {
        struct backlog_round *round = &backlog->rounds[(backlog->round + i) % LIMIT_BACKLOG];
        uint32_t number = round->first, next;
        *round = (struct backlog_round){0};
        for (; number; number = next) {
            next = backlog->entries[number - 1].next;
            if (stays && stays(context, &backlog->entries[number - 1].message))
                append(backlog, backlog->round + i, number);
            else
                drop(backlog, number);
        }
    }
}
