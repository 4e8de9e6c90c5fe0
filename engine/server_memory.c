/* server_memory: memory that the engine never sees. ZeroMQ hands over whole messages only, and counts whole messages: a connection that sends
 * one without an end fills our memory, and so does one that does not read its answers; no option of it says where that stops (pitfall 6). So resident
 * memory is looked at. Where it is tight, nothing more is kept for who does not read; beyond a limit the connections that do not read are broken, and those
 * that have sent much that is no message; and when there are none, all. Nothing is lost by that: who has no answer connects again and sends the same again. */
#include "engine/server_inner.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EACH_MS = 100, TRIMS = 10, GRACE = 5 /* looks */, TRIM_EACH_MS = 1000 };

/* The store's map does not count. */
int64_t server_resident(void)
{
    char figures[128];
    long long size, pages, shared;
    int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    ssize_t got = read(descriptor, figures, sizeof figures - 1);
    close(descriptor);
    figures[got > 0 ? got : 0] = '\0';
    if (sscanf(figures, "%lld %lld %lld", &size, &pages, &shared) != 3)
        return -1;
    return (pages - shared) * sysconf(_SC_PAGESIZE);
}

/* Much of it may be nobody's any more: what a broken connection held is given back in a while, by another thread, and not to the system. */
static void trim(struct server *server)
{
    bool now = server->memory_trims > 0 || (server->memory_tight && server->walltime.monotonic - server->memory_trimmed >= TRIM_EACH_MS);
    if (!now)
        return;
    malloc_trim(0);
    server->memory_trimmed = server->walltime.monotonic;
    server->memory_trims -= server->memory_trims > 0;
}

/* First those that are to blame; all of them only when nobody was, and what was broken before has had its time to be given back. */
static uint32_t break_some(struct server *server)
{
    uint32_t broken = link_break_unread(server->link) + link_break_unspoken(server->link);
    if (!broken && server->memory_trims > TRIMS - GRACE)
        return 0;
    if (!broken)
        broken = link_break(server->link);
    server->memory_trims = TRIMS;
    return broken;
}

static void on_look(uv_timer_t *timer)
{
    struct server *server = timer->data;
    trim(server);
    int64_t bytes = server_resident();
    server->memory_tight = bytes >= LIMIT_MEMORY_TIGHT;
    if (bytes < LIMIT_MEMORY_HELD)
        return;
    uint32_t broken = break_some(server);
    if (broken)
        oplog(OPLOG_ERROR, "memory-full", OPLOG_NUMBER("bytes", bytes), OPLOG_NUMBER("connections-broken", broken),
              OPLOG_STRING("do", "a client does not read its answers, sends more than it lets the engine read, or a message without an end"));
}

void memory_watch(struct server *server)
{
    uv_timer_init(&server->loop, &server->memory);
    server->memory.data = server;
    uv_timer_start(&server->memory, on_look, LOOK_EACH_MS, LOOK_EACH_MS);
}
