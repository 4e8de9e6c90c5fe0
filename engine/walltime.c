/* walltime: see walltime.h. */
#include "engine/walltime.h"

#include <stddef.h>
#include <time.h>

static int64_t milliseconds(clockid_t which)
{
    struct timespec time;
    clock_gettime(which, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t system_wall(void *context)
{
    (void)context;
    return milliseconds(CLOCK_REALTIME);
}

/* Boot time goes on while the machine sleeps, as the wall clock does: waking up is no jump. */
static int64_t system_monotonic(void *context)
{
    (void)context;
    return milliseconds(CLOCK_BOOTTIME);
}

void walltime_init(struct walltime *walltime, const struct walltime_source *source)
{
    *walltime = (struct walltime){.source = {.wall = system_wall, .monotonic = system_monotonic}};
    if (source)
        walltime->source = *source;
    walltime->monotonic = walltime->source.monotonic(walltime->source.context);
    walltime->now = walltime->source.wall(walltime->source.context);
    walltime->offset = walltime->now - walltime->monotonic;
}

static int64_t magnitude(int64_t number)
{
    return number < 0 ? -number : number;
}

void walltime_read(struct walltime *walltime)
{
    int64_t wall = walltime->source.wall(walltime->source.context);
    walltime->monotonic = walltime->source.monotonic(walltime->source.context);
    walltime->jump = wall - walltime->monotonic - walltime->offset;
    if (magnitude(walltime->jump) <= WALLTIME_JUMP_MOST_MS)
        walltime->offset += walltime->jump;
    walltime->now = walltime->monotonic + walltime->offset;
}

bool walltime_alarm(const struct walltime *walltime)
{
    return magnitude(walltime->jump) > WALLTIME_JUMP_MOST_MS;
}
