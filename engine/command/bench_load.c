/* bench_load: see bench.h. Each slot is one case on its way: open, raise, raise, raise, resolve; the next event leaves when the
 * one before is acknowledged. */
#include "engine/command/bench.h"

#include <stdlib.h>
#include <time.h>

enum { STEPS = 5, NOTE_SIZE = 300 };

enum slot_work { SLOT_CLIMBS, SLOT_OPENS };

struct bench_slot {
    uint8_t key[ID_SIZE];
    uint32_t step;
    int64_t sent_us;
};

static char note[NOTE_SIZE];

int64_t bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- how long answers took ---- */

/* 64 buckets to each doubling. */
static uint32_t bucket_of(uint64_t us)
{
    if (us < 64)
        return (uint32_t)us;
    uint32_t power = 63 - (uint32_t)__builtin_clzll(us);
    uint32_t bucket = (power - 5) * 64 + (uint32_t)((us >> (power - 6)) & 63);
    return bucket < BENCH_BUCKETS ? bucket : BENCH_BUCKETS - 1;
}

static uint64_t bucket_us(uint32_t bucket)
{
    if (bucket < 64)
        return bucket;
    uint32_t power = bucket / 64 + 5;
    return ((uint64_t)64 + bucket % 64) << (power - 6);
}

static void times_add(struct bench_times *times, uint64_t us)
{
    times->count++;
    times->buckets[bucket_of(us)]++;
    if (us > times->most_us)
        times->most_us = us;
}

uint64_t bench_percentile_us(const struct bench_times *times, unsigned per_mille)
{
    uint64_t rank = (times->count * per_mille + 999) / 1000, seen = 0;
    for (uint32_t bucket = 0; bucket < BENCH_BUCKETS; bucket++) {
        seen += times->buckets[bucket];
        if (seen >= rank && seen > 0)
            return bucket_us(bucket);
    }
    return times->most_us;
}

/* ---- sending ---- */

enum err bench_load_open(struct bench_load *load, const struct bench_engine *engine, bool curve, const struct bench_units *units, uint32_t in_flight)
{
    char endpoint[600];
    snprintf(endpoint, sizeof endpoint, "ipc://%s/engine.sock", engine->folder);
    memset(note, 'x', sizeof note);
    *load = (struct bench_load){.units = units, .in_flight = in_flight};
    load->slots = calloc(in_flight, sizeof *load->slots);
    if (!load->slots)
        return ERR_NO_MEMORY;
    struct client_options options = {.endpoint = curve ? engine->listen : endpoint, .key = curve ? &engine->key : NULL, .name = "bench", .in_flight_most = in_flight + 1, .retry_ms = 60000};
    return client_connect(&load->client, &options);
}

void bench_load_close(struct bench_load *load)
{
    if (load->client)
        client_disconnect(&load->client);
    free(load->slots);
    load->slots = NULL;
}

/* Which slot waits for which request: requests are numbered in order, so a ring of the slots is enough. */
struct ring {
    uint32_t *slot_of;
    uint64_t mask;
};

static bool ring_init(struct ring *ring, uint32_t in_flight)
{
    uint64_t size = 1;
    while (size < 4 * (uint64_t)in_flight)
        size *= 2;
    ring->mask = size - 1;
    ring->slot_of = calloc(size, sizeof *ring->slot_of);
    return ring->slot_of != NULL;
}

static void open_message(struct bench_load *load, struct bench_slot *slot, const char *date, struct field_value data[2], struct message *message)
{
    data[0] = (struct field_value){.name = TEXT("note"), .value = value_text((struct text){note, NOTE_SIZE})};
    if (date)
        data[1] = data[0], data[0] = (struct field_value){.name = TEXT("day"), .value = value_text(text_of(date))};
    client_new_id(slot->key);
    *message = (struct message){.kind = MESSAGE_OPEN, .key = {(const char *)slot->key, ID_SIZE}, .workflow = TEXT("bench"),
                                .unit = text_of(load->units->paths[load->next_unit++ * 7919 % load->units->count]),
                                .as = text_of(load->units->person), .data = data, .data_count = date ? 2 : 1};
}

static enum err send_step(struct bench_load *load, struct ring *ring, uint32_t index, const char *date)
{
    struct bench_slot *slot = &load->slots[index];
    struct field_value data[2];
    struct message message;
    uint64_t request;
    if (slot->step == 0) {
        open_message(load, slot, date, data, &message);
    } else {
        data[0] = (struct field_value){.name = TEXT("note"), .value = value_text((struct text){note, NOTE_SIZE})};
        message = (struct message){.kind = MESSAGE_SEND, .subject = {.kind = CASE_REF_KEY, .text = {(const char *)slot->key, ID_SIZE}},
                                   .event = slot->step + 1 < STEPS ? TEXT("raise") : TEXT("resolve"), .as = text_of(load->units->person),
                                   .data = data, .data_count = 1};
    }
    slot->sent_us = bench_now_us();
    enum err code = client_submit(load->client, &message, &request);
    if (!code)
        ring->slot_of[request & ring->mask] = index;
    return code;
}

static void note_answer(struct bench_load *load, const struct message *answer, const struct bench_slot *slot)
{
    times_add(&load->times, (uint64_t)(bench_now_us() - slot->sent_us));
    if (answer->kind == MESSAGE_APPLIED || answer->kind == MESSAGE_DUPLICATE) {
        load->applied++;
        return;
    }
    if (load->refused++ == 0)
        snprintf(load->refusal, sizeof load->refusal, "%s: %.*s", err_name(answer->code), (int)answer->why.size, answer->why.data);
}

/* Takes one answer; `*slot` is the one it was for. */
static enum err take_answer(struct bench_load *load, struct ring *ring, uint32_t *slot)
{
    struct message answer;
    enum err code = client_next(load->client, 30000, &answer);
    if (code)
        return code;
    *slot = ring->slot_of[answer.request & ring->mask];
    note_answer(load, &answer, &load->slots[*slot]);
    return load->refused > 100 ? ERR_BAD_DATA : ERR_OK;
}

enum err bench_load_preload(struct bench_load *load, uint64_t cases, const char *date, const struct command_line *line)
{
    struct ring ring;
    uint64_t sent = 0;
    if (!ring_init(&ring, load->in_flight))
        return ERR_NO_MEMORY;
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < load->in_flight && sent < cases && !code; i++, sent++) {
        load->slots[i].step = 0;
        code = send_step(load, &ring, i, date);
    }
    for (uint64_t answered = 0; answered < cases && !code; answered++) {
        uint32_t slot;
        code = take_answer(load, &ring, &slot);
        if (!code && sent < cases) {
            code = send_step(load, &ring, slot, date);
            sent++;
        }
        if (answered % 1024 == 0)
            command_progress(line, "open", answered, cases);
    }
    command_progress_end(line);
    free(ring.slot_of);
    return code;
}

void bench_load_forget(struct bench_load *load)
{
    load->times = (struct bench_times){0};
    load->applied = 0;
}

enum err bench_load_run(struct bench_load *load, int64_t until_us, bool (*stop)(void *context), void *context)
{
    struct ring ring;
    if (!ring_init(&ring, load->in_flight))
        return ERR_NO_MEMORY;
    enum err code = ERR_OK;
    uint32_t waiting = 0;
    for (; waiting < load->in_flight && !code; waiting++) {
        load->slots[waiting].step = 0;
        code = send_step(load, &ring, waiting, NULL);
    }
    while (waiting > 0 && !code) {
        uint32_t slot;
        code = take_answer(load, &ring, &slot);
        waiting--;
        if (code || bench_now_us() >= until_us || (stop && stop(context)))
            continue;
        load->slots[slot].step = (load->slots[slot].step + 1) % STEPS;
        code = send_step(load, &ring, slot, NULL);
        waiting++;
    }
    free(ring.slot_of);
    return code;
}
