/* progress: how far long work has come. Declared in command.h. */
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "engine/command/command.h"

enum { PROGRESS_EVERY_MS = 100 };

static bool shown; /* a line of progress stands on the terminal */

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void command_progress(const struct command_line *line, const char *what, uint64_t done, uint64_t total)
{
    static int64_t last;
    (void)line;
    int64_t now = monotonic_ms();
    if (!isatty(STDERR_FILENO) || (shown && now - last < PROGRESS_EVERY_MS))
        return;
    last = now;
    shown = true;
    if (total)
        fprintf(stderr, "\r\033[K%s: %" PRIu64 " / %" PRIu64 " (%" PRIu64 " %%)", what, done, total, done * 100 / total);
    else
        fprintf(stderr, "\r\033[K%s: %" PRIu64, what, done);
}

void command_progress_end(const struct command_line *line)
{
    (void)line;
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}
