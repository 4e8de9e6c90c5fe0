/* children: the worker processes that the configuration names: started with the engine, started again when they end, stopped with it.
 *
 *     started ──ends──> waits (1 s, doubling up to a minute; a second again after it ran for a minute) ──> started
 *         └── children_stop: SIGTERM; after the grace period SIGKILL ──> all ended
 *
 * A child has a session of its own, so that Ctrl-C in the terminal reaches the engine alone, which then stops its children in order. When the
 * engine dies, however it dies, the kernel sends its children SIGTERM. It inherits no descriptor but standard error, which its output goes to, too. */
#ifndef STAIRCASE_CHILDREN_H
#define STAIRCASE_CHILDREN_H

#include "engine/config.h"

typedef struct uv_loop_s uv_loop_t;

struct children;

/* Starts them. `data` replaces `{data}` in arguments; a program without a slash is looked for beside `program` first. */
enum err children_start(struct children **children, uv_loop_t *loop, const struct config *config, const char *data, const char *program);
/* SIGTERM to all; none is started again. */
void children_stop(struct children *children);
/* SIGKILL to those that are still there. */
void children_kill(struct children *children);
uint32_t children_running(const struct children *children);
/* Kills what still runs and closes the handles; children_free when the loop has run once more. */
void children_close(struct children *children);
void children_free(struct children **children);

#endif
