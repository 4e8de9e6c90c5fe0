/* metrics: figures as the text that Prometheus reads. Families are written one after the other, each with its help and its samples; numbers are
 * integers, or integers with a decimal point put in. */
#ifndef STAIRCASE_METRICS_H
#define STAIRCASE_METRICS_H

#include "engine/arena.h"

/* How many values were at most so large, for each of some bounds. */
enum { HISTOGRAM_BOUNDS = 11 };
struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each bound, those of lower ones not among them; the last: above all bounds */
    uint64_t sum;
};
void histogram_note(struct histogram *histogram, const uint64_t bounds[HISTOGRAM_BOUNDS], uint64_t value);

enum metrics_kind { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

struct metrics {
    struct arena *arena;
    char *bytes;
    size_t size, room;
    const char *name; /* of the family that is being written */
};

void metrics_begin(struct metrics *metrics, struct arena *arena);
/* A family begins. `name` and `help` are literals: names as Prometheus has them, one line of help. */
void metrics_family(struct metrics *metrics, enum metrics_kind kind, const char *name, const char *help);
/* The family's one sample, or with a label one of its samples. */
void metrics_put(struct metrics *metrics, int64_t number);
void metrics_put_label(struct metrics *metrics, const char *label, struct text value, int64_t number);
/* The last `digits` digits stand behind the point: 1500 with three is 1.500. */
void metrics_put_decimal(struct metrics *metrics, int64_t number, int digits);
void metrics_put_histogram(struct metrics *metrics, const struct histogram *histogram, const uint64_t bounds[HISTOGRAM_BOUNDS], int digits);
struct text metrics_end(const struct metrics *metrics);

#endif
