/* pending: see pending.h. */
#include "proto/pending.h"

#include <assert.h>
#include <stdlib.h>

enum { KEEP_ROOM_MOST = 16 * 1024 }; /* a larger buffer is given back with its row */

bool pending_init(struct pending_table *table, uint32_t most)
{
    assert(most > 0 && most <= PENDING_MOST);
    *table = (struct pending_table){.most = most, .oldest = PENDING_NONE, .newest = PENDING_NONE};
    for (int queue = 0; queue < PENDING_QUEUE_COUNT; queue++)
        table->first[queue] = table->last[queue] = PENDING_NONE;
    table->rows = calloc(most, sizeof *table->rows);
    for (uint32_t place = 0; table->rows && place < most; place++)
        table->rows[place].newer = place + 1 < most ? (int32_t)place + 1 : PENDING_NONE;
    return table->rows;
}

static void row_free(struct pending *row)
{
    free(row->bytes);
    free(row->busy_why);
}

void pending_close(struct pending_table *table)
{
    for (uint32_t place = 0; table->rows && place < table->most; place++)
        row_free(&table->rows[place]);
    free(table->rows);
    *table = (struct pending_table){0};
}

static int32_t place_of(const struct pending_table *table, const struct pending *row)
{
    return (int32_t)(row - table->rows);
}

static struct pending *row_at(const struct pending_table *table, int32_t place)
{
    return place == PENDING_NONE ? NULL : &table->rows[place];
}

struct pending *pending_take(struct pending_table *table, int64_t now)
{
    struct pending *row = row_at(table, table->free);
    if (!row)
        return NULL;
    int32_t place = table->free;
    table->free = row->newer;
    *row = (struct pending){
        .request = ++table->running << PENDING_PLACE_BITS | (uint64_t)place,
        .queue = PENDING_STANDING,
        .submitted = now,
        .bytes = row->bytes,
        .room = row->room,
        .older = table->newest,
        .newer = PENDING_NONE,
    };
    if (table->newest == PENDING_NONE)
        table->oldest = place;
    else
        table->rows[table->newest].newer = place;
    table->newest = place;
    table->used++;
    return row;
}

static void queue_leave(struct pending_table *table, struct pending *row)
{
    if (row->queue == PENDING_STANDING)
        return;
    if (row->before == PENDING_NONE)
        table->first[row->queue] = row->after;
    else
        table->rows[row->before].after = row->after;
    if (row->after == PENDING_NONE)
        table->last[row->queue] = row->before;
    else
        table->rows[row->after].before = row->before;
    row->queue = PENDING_STANDING;
}

void pending_release(struct pending_table *table, struct pending *row)
{
    queue_leave(table, row);
    if (row->older == PENDING_NONE)
        table->oldest = row->newer;
    else
        table->rows[row->older].newer = row->newer;
    if (row->newer == PENDING_NONE)
        table->newest = row->older;
    else
        table->rows[row->newer].older = row->older;
    if (row->room > KEEP_ROOM_MOST) {
        free(row->bytes);
        row->bytes = NULL;
        row->room = 0;
    }
    free(row->busy_why);
    row->busy_why = NULL;
    row->request = 0;
    row->newer = table->free;
    table->free = place_of(table, row);
    table->used--;
}

struct pending *pending_find(const struct pending_table *table, uint64_t request)
{
    uint64_t place = request & (PENDING_MOST - 1);
    if (request == 0 || place >= table->most || table->rows[place].request != request)
        return NULL;
    return &table->rows[place];
}

bool pending_keep(struct pending *row, struct text bytes)
{
    if (row->room < bytes.size) {
        char *larger = realloc(row->bytes, bytes.size * 2);
        if (!larger)
            return false;
        row->bytes = larger;
        row->room = bytes.size * 2;
    }
    memcpy(row->bytes, bytes.data, bytes.size);
    row->size = bytes.size;
    return true;
}

/* Searched from the end: what enters a queue is nearly always due last in it. */
void pending_move(struct pending_table *table, struct pending *row, enum pending_queue queue, int64_t due)
{
    queue_leave(table, row);
    row->due = due;
    if (queue == PENDING_STANDING)
        return;
    int32_t before = table->last[queue], place = place_of(table, row);
    while (before != PENDING_NONE && table->rows[before].due > due)
        before = table->rows[before].before;
    int32_t after = before == PENDING_NONE ? table->first[queue] : table->rows[before].after;
    row->queue = queue;
    row->before = before;
    row->after = after;
    if (before == PENDING_NONE)
        table->first[queue] = place;
    else
        table->rows[before].after = place;
    if (after == PENDING_NONE)
        table->last[queue] = place;
    else
        table->rows[after].before = place;
}

struct pending *pending_first(const struct pending_table *table, enum pending_queue queue)
{
    return row_at(table, table->first[queue]);
}

struct pending *pending_oldest(const struct pending_table *table)
{
    return row_at(table, table->oldest);
}

struct pending *pending_newer(const struct pending_table *table, const struct pending *row)
{
    return row_at(table, row->newer);
}
