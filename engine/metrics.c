/* metrics: see metrics.h. */
#include "engine/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 8192, NUMBER_MOST = 32 };

void histogram_note(struct histogram *histogram, const uint64_t bounds[HISTOGRAM_BOUNDS], uint64_t value)
{
    int at = 0;
    while (at < HISTOGRAM_BOUNDS && value > bounds[at])
        at++;
    histogram->counts[at]++;
    histogram->sum += value;
}

void metrics_begin(struct metrics *metrics, struct arena *arena)
{
    *metrics = (struct metrics){.arena = arena, .bytes = arena_take(arena, FIRST_ROOM), .room = FIRST_ROOM};
}

static void put_bytes(struct metrics *metrics, const char *bytes, size_t size)
{
    if (metrics->size + size > metrics->room) {
        size_t room = 2 * (metrics->room + size);
        char *wider = arena_take(metrics->arena, room);
        memcpy(wider, metrics->bytes, metrics->size);
        metrics->bytes = wider;
        metrics->room = room;
    }
    memcpy(metrics->bytes + metrics->size, bytes, size);
    metrics->size += size;
}

static void put_string(struct metrics *metrics, const char *string)
{
    put_bytes(metrics, string, strlen(string));
}

/* Integers only: what is printed is exact. */
static void put_number(struct metrics *metrics, int64_t number, int digits)
{
    char bytes[NUMBER_MOST];
    int64_t one = 1;
    for (int i = 0; i < digits; i++)
        one *= 10;
    if (digits && number >= 0)
        snprintf(bytes, sizeof bytes, "%" PRId64 ".%0*" PRId64, number / one, digits, number % one);
    else
        snprintf(bytes, sizeof bytes, "%" PRId64, number / one);
    put_string(metrics, bytes);
}

void metrics_family(struct metrics *metrics, enum metrics_kind kind, const char *name, const char *help)
{
    static const char *const kinds[] = {[METRICS_COUNTER] = "counter", [METRICS_GAUGE] = "gauge", [METRICS_HISTOGRAM] = "histogram"};
    const char *const parts[] = {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", kinds[kind], "\n"};
    metrics->name = name;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_string(metrics, parts[i]);
}

void metrics_put_decimal(struct metrics *metrics, int64_t number, int digits)
{
    put_string(metrics, metrics->name);
    put_string(metrics, " ");
    put_number(metrics, number, digits);
    put_string(metrics, "\n");
}

void metrics_put(struct metrics *metrics, int64_t number)
{
    metrics_put_decimal(metrics, number, 0);
}

void metrics_put_label(struct metrics *metrics, const char *label, struct text value, int64_t number)
{
    const char *const parts[] = {metrics->name, "{", label, "=\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_string(metrics, parts[i]);
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            put_bytes(metrics, "\\", 1);
        put_bytes(metrics, value.data[i] == '\n' ? " " : &value.data[i], 1);
    }
    put_string(metrics, "\"} ");
    put_number(metrics, number, 0);
    put_string(metrics, "\n");
}

static void put_bucket(struct metrics *metrics, const uint64_t *bound, int digits, uint64_t count)
{
    put_string(metrics, metrics->name);
    put_string(metrics, "_bucket{le=\"");
    if (bound)
        put_number(metrics, (int64_t)*bound, digits);
    else
        put_string(metrics, "+Inf");
    put_string(metrics, "\"} ");
    put_number(metrics, (int64_t)count, 0);
    put_string(metrics, "\n");
}

void metrics_put_histogram(struct metrics *metrics, const struct histogram *histogram, const uint64_t bounds[HISTOGRAM_BOUNDS], int digits)
{
    uint64_t count = 0;
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += histogram->counts[i];
        put_bucket(metrics, i < HISTOGRAM_BOUNDS ? &bounds[i] : NULL, digits, count);
    }
    put_string(metrics, metrics->name);
    put_string(metrics, "_sum ");
    put_number(metrics, (int64_t)histogram->sum, digits);
    put_string(metrics, "\n");
    put_string(metrics, metrics->name);
    put_string(metrics, "_count ");
    put_number(metrics, (int64_t)count, 0);
    put_string(metrics, "\n");
}

struct text metrics_end(const struct metrics *metrics)
{
    return (struct text){metrics->bytes, metrics->size};
}
