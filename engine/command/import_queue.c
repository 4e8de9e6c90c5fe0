/* import_queue: see import_queue.h. */
#include "engine/command/import_queue.h"

#include <assert.h>
#include <stdlib.h>

bool import_queue_init(struct import_queue *queue)
{
    *queue = (struct import_queue){.case_slots = 1024};
    queue->cases = calloc(queue->case_slots, sizeof *queue->cases);
    queue->rows = calloc(IMPORT_ROWS_MOST, sizeof *queue->rows);
    return queue->cases && queue->rows;
}

void import_queue_close(struct import_queue *queue)
{
    for (uint32_t i = 0; queue->cases && i < queue->case_slots; i++)
        free(queue->cases[i]);
    for (uint32_t i = 0; queue->rows && i < queue->count; i++)
        free(queue->rows[i]);
    free(queue->cases);
    free(queue->rows);
    *queue = (struct import_queue){0};
}

static struct import_case **slot_of(const struct import_queue *queue, const uint8_t key[ID_SIZE])
{
    uint32_t at;
    memcpy(&at, key + 12, sizeof at); /* a hash already */
    for (at &= queue->case_slots - 1;; at = (at + 1) & (queue->case_slots - 1))
        if (!queue->cases[at] || memcmp(queue->cases[at]->key, key, ID_SIZE) == 0)
            return &queue->cases[at];
}

static bool widen(struct import_queue *queue)
{
    struct import_queue wider = *queue;
    wider.case_slots *= 2;
    wider.cases = calloc(wider.case_slots, sizeof *wider.cases);
    if (!wider.cases)
        return false;
    for (uint32_t i = 0; i < queue->case_slots; i++)
        if (queue->cases[i])
            *slot_of(&wider, queue->cases[i]->key) = queue->cases[i];
    free(queue->cases);
    *queue = wider;
    return true;
}

struct import_case *import_queue_case(struct import_queue *queue, const uint8_t key[ID_SIZE])
{
    if (queue->case_count * 2 >= queue->case_slots && !widen(queue))
        return NULL;
    struct import_case **slot = slot_of(queue, key);
    if (!*slot) {
        *slot = calloc(1, sizeof **slot);
        if (!*slot)
            return NULL;
        memcpy((*slot)->key, key, ID_SIZE);
        (*slot)->last_time = INT64_MIN;
        queue->case_count++;
    }
    return *slot;
}

struct import_row *import_queue_row(struct import_case *subject, const struct csv *csv)
{
    size_t size = 0;
    for (uint32_t i = 0; i < csv->cell_count; i++)
        size += csv->cells[i].size + 1;
    struct import_row *row = calloc(1, sizeof *row + csv->cell_count * sizeof row->cells[0] + size);
    if (!row)
        return NULL;
    char *bytes = (char *)(row->cells + csv->cell_count);
    for (uint32_t i = 0; i < csv->cell_count; i++) {
        if (csv->cells[i].size)
            memcpy(bytes, csv->cells[i].data, csv->cells[i].size);
        row->cells[i] = (struct text){bytes, csv->cells[i].size};
        bytes += csv->cells[i].size + 1;
    }
    row->cell_count = csv->cell_count;
    row->line = csv->line;
    row->subject = subject;
    return row;
}

void import_queue_begin(struct import_queue *queue)
{
    queue->chunk++;
    queue->count = queue->rounds = 0;
}

void import_queue_add(struct import_queue *queue, struct import_row *row)
{
    struct import_case *subject = row->subject;
    assert(queue->count < IMPORT_ROWS_MOST);
    if (subject->chunk != queue->chunk)
        subject->rounds = 0;
    subject->chunk = queue->chunk;
    row->round = subject->rounds++;
    if (subject->rounds > queue->rounds)
        queue->rounds = subject->rounds;
    queue->rows[queue->count++] = row;
}

struct import_row *import_queue_take(struct import_queue *queue, uint32_t round, uint32_t *at)
{
    while (*at < queue->count) {
        struct import_row **row = &queue->rows[(*at)++], *found = *row;
        if (!found || found->round != round)
            continue;
        *row = NULL;
        return found;
    }
    return NULL;
}
