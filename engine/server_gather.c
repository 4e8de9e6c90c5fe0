/* server_gather: what has come becomes the items of a turn: at most a batch of it. The rest waits, or hears busy (backlog.h). See server.h. */
#include "engine/server_inner.h"

enum { SHED_CHUNK = 256, SHED_LEAST_US = 2000 };

static bool is_full(const struct server *server)
{
    return server->item_count == server->config->batch_most || server->item_bytes >= LIMIT_BATCH_BYTES;
}

/* In the order in which they came: what waits goes first. */
static void take_backlog(struct server *server)
{
    while (!is_full(server) && backlog_take(&server->backlog, &server->inbox, &server->received[server->item_count]))
        server->item_bytes += server->received[server->item_count++].bytes.size;
}

static void drain(struct server *server)
{
    if (is_full(server))
        return;
    uint32_t from = server->item_count;
    server->item_count += link_drain(server->link, &server->inbox, server->received + from, server->config->batch_most - from, LIMIT_BATCH_BYTES - server->item_bytes);
    for (uint32_t i = from; i < server->item_count; i++)
        server->item_bytes += server->received[i].bytes.size;
}

/* Who was answered in the last turn is about to send its next event. Where more were answered than have come back so far, a moment's patience
 * makes one commit of what would be two: it is measured by what a commit costs (a quarter of the last turn), so that it can never
 * cost more than it saves; and one sender alone waits for nobody. At 64 in flight on a slow disk this is half as much again. */
static void drain_stragglers(struct server *server)
{
    int64_t patience = server->turn_us / 4 < LIMIT_GATHER_US ? server->turn_us / 4 : LIMIT_GATHER_US;
    int64_t until = server_monotonic_us() + patience;
    while (server->item_count && server->item_count < server->expected && !is_full(server)) {
        int64_t left = until - server_monotonic_us();
        if (left <= 0 || !link_wait(server->link, (uint32_t)left))
            break;
        drain(server);
    }
    if (server->item_count)
        server->expected = server->item_count;
}

/* ---- more than a batch ---- */

/* What needs no batch (credit, a beat) is done at once; everything else is to be sent again. */
static void turn_down(struct server *server, const struct link_message *message)
{
    struct item item = {.from = message};
    server_read(server, &item);
    if (item.state != ITEM_DONE)
        server_busy(server, &item, ERR_BUSY, backlog_place_ms(&server->backlog, server_monotonic_us()), (struct text){0});
}

/* A handful of what is left, into the backlog or away. How many there were. */
static uint32_t shed_some(struct server *server)
{
    struct arena_mark mark = arena_save(&server->inbox);
    struct link_message *some = ARENA_ARRAY(&server->inbox, struct link_message, SHED_CHUNK);
    uint32_t count = link_drain(server->link, &server->inbox, some, SHED_CHUNK, LIMIT_BATCH_BYTES);
    for (uint32_t i = 0; i < count; i++)
        if (!backlog_has_room(&server->backlog, &some[i], server->config->batch_most) || !backlog_put(&server->backlog, &some[i]))
            turn_down(server, &some[i]);
    arena_rewind(&server->inbox, mark);
    return count;
}

/* Half as long as deciding takes: under any flood most of the time goes into what was let in. */
static void shed(struct server *server)
{
    int64_t most = server->turn_us / 2 > SHED_LEAST_US ? server->turn_us / 2 : SHED_LEAST_US;
    int64_t until = server_monotonic_us() + most;
    while (shed_some(server) && server_monotonic_us() < until)
        ;
}

void server_gather(struct server *server)
{
    arena_reset(&server->inbox);
    arena_reset(&server->scratch);
    server->item_count = 0;
    server->item_bytes = 0;
    take_backlog(server);
    drain(server);
    drain_stragglers(server);
    if (is_full(server))
        shed(server);
    server->again = is_full(server) || server->backlog.count;
    for (uint64_t told = link_strangers(server->link); server->strangers < told; server->strangers++)
        refusal_note(server, TEXT(""), "unread", ERR_DENIED);
    refusal_sum_up(server);
    for (uint32_t i = 0; i < server->item_count; i++) {
        server->items[i].from = &server->received[i];
        server_read(server, &server->items[i]);
    }
}
