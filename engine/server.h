/* server: the running engine: one loop that gathers, decides, commits, answers, and hands out what is owed.
 *
 *     sockets ─ link ─┐                                     ┌─> answers
 *     due deadlines ──┼─ a turn: gather ─ decide ─ commit ──┼─> outbox: tasks to workers
 *     lapsed leases ──┘            (engine.h)               └─> news to watchers
 *
 * A turn takes what has come, at most a batch of it: alone, an event is committed at once; under load batches fill by themselves while the
 * disk works, and those that were just answered are given a moment to be in the next one (server_turn.c). Nothing is answered before it is on disk (design 12.5 for what happens when that fails).
 *
 *   server.c        life: open, run, stop        server_turn.c    one turn, top to bottom
 *   server_ask.c    everything that is no event  server_watch.c   watches
 *   server_deploy.c deployments in parts         children.c       worker processes
 *   server_memory.c memory that connections hold     server_metrics.c figures for Prometheus
 *   server_reload.c the configuration, read again   server_folder.c the data folder at the start
 *   server_access.c who may do what over TCP    server_manager.c what systemd is told */
#ifndef STAIRCASE_SERVER_H
#define STAIRCASE_SERVER_H

#include "engine/walltime.h"
#include "engine/config.h"

struct server;
struct store;

struct server_options {
    const char *data;               /* the data folder; its parent is there */
    const struct config *config;    /* stays the caller's */
    const char *program;            /* path of this program: workers without a slash are looked for beside it first; NULL: in PATH alone */
    bool quiet_signals;             /* tests: leave signals alone */
    /* Tests only; all NULL otherwise. */
    const struct walltime_source *clock;
    struct store *store, *keys;     /* instead of those in the data folder; they become the server's */
};

/* Takes the folder's lock, opens stores and engine, deploys what the configuration lists, binds the sockets, scans for parked events that can be
 * decided, starts the workers. ERR_OK; ERR_LOCKED, ERR_NEWER_FORMAT, ERR_CORRUPT, ERR_BAD_CONFIG, ERR_INVALID_SOURCE, ERR_IO ... with
 * `*why` in the arena: whole sentences, what to do included. */
enum err server_open(struct server **server, const struct server_options *options, struct arena *arena, struct text *why);
/* Runs until SIGINT, SIGTERM or server_stop: then stops within 5 s. ERR_OK, or what made it leave. */
enum err server_run(struct server *server);
/* One round of the loop; `wait`: until something happens. False: it has stopped. */
bool server_step(struct server *server, bool wait);
void server_stop(struct server *server);
void server_close(struct server **server);

/* Reads the configuration again, as SIGHUP does: all of it or nothing. What only a start can change stays. ERR_OK; ERR_NOT_FOUND, ERR_BAD_CONFIG: the log says why. */
enum err server_reload(struct server *server);

/* Where clients and workers connect; with the port that was bound, where the configuration names one. */
const char *server_address(const struct server *server, uint32_t endpoint);

#endif
