/* walltime: what time it is, and whether to believe it.
 *
 * The wall clock stamps events and decides deadlines, so a jump of it would fire a month of deadlines at once or stop them for a month
 * (design 12.2). Against the monotonic clock a jump shows: up to an hour it is followed (and logged from a minute on); beyond an hour
 * it is not, and time goes on as the monotonic clock does until the engine is started again; an alarm says so. Small steps are followed each
 * time, so a clock that is slewed is no jump. */
#ifndef STAIRCASE_WALLTIME_H
#define STAIRCASE_WALLTIME_H

#include <stdbool.h>
#include <stdint.h>

/* Where time comes from: the system, or a test. Milliseconds; `wall` since 1970-01-01 UTC. */
struct walltime_source {
    int64_t (*wall)(void *context);
    int64_t (*monotonic)(void *context);
    void *context;
};

struct walltime {
    struct walltime_source source;
    int64_t offset;     /* wall minus monotonic, as believed */
    int64_t jump;       /* how far the wall clock stands from what is believed; beyond an hour it is not followed */
    int64_t now;        /* wall time as believed, at the last reading */
    int64_t monotonic;
};

enum { WALLTIME_JUMP_ALARM_MS = 60 * 1000, WALLTIME_JUMP_MOST_MS = 60 * 60 * 1000 };

/* NULL: the system's clocks. */
void walltime_init(struct walltime *walltime, const struct walltime_source *source);
/* Reads both clocks; `now` and `monotonic` are as of this moment. */
void walltime_read(struct walltime *walltime);
/* The wall clock stands so far off that it is not followed. */
bool walltime_alarm(const struct walltime *walltime);

#endif
