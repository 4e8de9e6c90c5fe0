/* desk: see desk.h. */
#include "workers/desk.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/link.h"
#include "proto/wire.h"

enum {
    WAITING_MOST = 256,    /* whoever comes when so many wait is answered at once */
    ORDER_MS = 3000,       /* so long an order waits for the engine's answer */
    SHOW_MS = 1500,        /* and a question for the history */
    MESSAGES_A_TURN = 64,
    LIST_ROWS = 500,
    HISTORY_ROWS = 200,
};

/* Someone whose answer comes later: to an order by its id, to a question by its case. */
struct waiting {
    link_peer peer;
    uint64_t request, case_id;
    bool history;
    uint8_t id[ID_SIZE];
    enum message_kind kind;
    int64_t until;
};

struct desk {
    struct link *link;
    struct docket *docket;
    struct text person;
    struct arena arena; /* of one message and its answers */
    struct waiting waiting[WAITING_MOST];
    uint32_t waiting_count;
};

static struct message refusal(enum err code, struct text why)
{
    return (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = why, .todo = text_of(err_advice(code))};
}

/* ---- open and close ---- */

enum err desk_open(struct desk **out, const struct desk_options *options, struct arena *arena, struct text *why)
{
    struct link_endpoint endpoint = {.side = LINK_CLIENTS, .address = options->address, .principal = "local"};
    struct message stranger = refusal(ERR_MALFORMED, TEXT("A peer that chooses its own routing id is not heard."));
    struct desk *desk = calloc(1, sizeof *desk);
    *out = desk;
    if (!desk)
        return ERR_NO_MEMORY;
    arena_init(&desk->arena);
    desk->docket = options->docket;
    desk->person = text_of(options->person);
    struct link_options link = {.endpoints = &endpoint, .count = 1, .stranger = wire_encode(&desk->arena, &stranger)};
    enum err err = link_open(&desk->link, &link, arena, why);
    if (err)
        desk_close(out);
    return err;
}

void desk_close(struct desk **out)
{
    struct desk *desk = *out;
    *out = NULL;
    if (!desk)
        return;
    if (desk->link)
        link_close(&desk->link);
    arena_close(&desk->arena);
    free(desk);
}

int desk_descriptor(const struct desk *desk)
{
    return link_descriptor(desk->link, 0);
}

int desk_wake_ms(const struct desk *desk, int64_t now)
{
    int64_t until = INT64_MAX;
    if (link_pending(desk->link))
        return 0;
    for (uint32_t i = 0; i < desk->waiting_count; i++)
        until = desk->waiting[i].until < until ? desk->waiting[i].until : until;
    return until == INT64_MAX ? -1 : until <= now ? 0 : (int)(until - now);
}

/* ---- answering ---- */

/* Who is gone, or takes nothing, asks again. */
static void answer(struct desk *desk, link_peer peer, uint64_t request, const struct message *message)
{
    struct message addressed = *message;
    struct text bytes;
    addressed.request = request;
    if (wire_encode_bounded(&desk->arena, &addressed, &bytes)) {
        addressed = refusal(ERR_TOO_LARGE, TEXT("The answer is larger than a message may be."));
        addressed.request = request;
        bytes = wire_encode(&desk->arena, &addressed);
    }
    link_send(desk->link, peer, bytes);
}

/* A list as results of as many rows as fit; `more`: of the last of them too. */
static void answer_rows(struct desk *desk, link_peer peer, uint64_t request, const struct value *rows, bool more, uint64_t after)
{
    uint32_t at = 0;
    do {
        uint32_t fit = wire_rows_fit(rows->items + at, rows->count - at);
        struct value part = {.kind = VALUE_LIST, .count = fit, .items = rows->items + at};
        at += fit;
        bool last = at >= rows->count;
        answer(desk, peer, request, &(struct message){.kind = MESSAGE_RESULT, .rows = part, .more = !last || more, .after = last && !more ? after : 0});
    } while (at < rows->count);
}

static enum err answer_show(struct desk *desk, link_peer peer, uint64_t request, uint64_t case_id, bool history)
{
    struct value row, rows = {.kind = VALUE_LIST, .count = 1, .items = &row};
    uint64_t after = 0;
    enum err err = docket_case(desk->docket, &desk->arena, case_id, &row);
    if (err)
        return err;
    answer_rows(desk, peer, request, &rows, history, 0);
    while (history) {
        err = docket_history(desk->docket, &desk->arena, case_id, &after, HISTORY_ROWS, &rows);
        if (err)
            return err;
        history = after != 0;
        answer_rows(desk, peer, request, &rows, history, 0);
    }
    return ERR_OK;
}

/* ---- those who wait ---- */

/* False: too many wait already. The same request again (its sender has lost patience) takes the place of the first. */
static bool wait_for(struct desk *desk, const struct waiting *waiting)
{
    for (uint32_t i = 0; i < desk->waiting_count; i++)
        if (desk->waiting[i].peer == waiting->peer && desk->waiting[i].request == waiting->request) {
            desk->waiting[i] = *waiting;
            return true;
        }
    if (desk->waiting_count == WAITING_MOST)
        return false;
    desk->waiting[desk->waiting_count++] = *waiting;
    return true;
}

static void waiting_drop(struct desk *desk, uint32_t index)
{
    desk->waiting[index] = desk->waiting[--desk->waiting_count];
}

static void answer_parked(struct desk *desk, link_peer peer, uint64_t request, const uint8_t id[ID_SIZE])
{
    answer(desk, peer, request, &(struct message){.kind = MESSAGE_PARKED, .id = {.data = (const char *)id, .size = ID_SIZE}});
}

void desk_answered(struct desk *desk, struct text id, const struct message *message)
{
    arena_reset(&desk->arena);
    for (uint32_t i = desk->waiting_count; i-- > 0;) {
        const struct waiting *waiting = &desk->waiting[i];
        if (waiting->kind != MESSAGE_SEND || !text_equal(id, (struct text){.data = (const char *)waiting->id, .size = ID_SIZE}))
            continue;
        answer(desk, waiting->peer, waiting->request, message);
        waiting_drop(desk, i);
    }
}

enum err desk_read(struct desk *desk, uint64_t case_id)
{
    enum err err = ERR_OK;
    arena_reset(&desk->arena);
    for (uint32_t i = desk->waiting_count; !err && i-- > 0;) {
        const struct waiting *waiting = &desk->waiting[i];
        if (waiting->kind != MESSAGE_SHOW || waiting->case_id != case_id)
            continue;
        err = answer_show(desk, waiting->peer, waiting->request, case_id, waiting->history);
        waiting_drop(desk, i);
    }
    return err;
}

static enum err let_go(struct desk *desk, int64_t now)
{
    enum err err = ERR_OK;
    for (uint32_t i = desk->waiting_count; !err && i-- > 0;) {
        struct waiting waiting = desk->waiting[i];
        if (waiting.until > now)
            continue;
        waiting_drop(desk, i);
        if (waiting.kind == MESSAGE_SHOW)
            err = answer_show(desk, waiting.peer, waiting.request, waiting.case_id, waiting.history);
        else
            answer_parked(desk, waiting.peer, waiting.request, waiting.id);
    }
    return err;
}

/* ---- what comes ---- */

struct visit {
    link_peer peer;
    const struct message *message;
    int64_t wall, now;
    struct desk_turn *turn;
};

static enum err serve_list(struct desk *desk, const struct visit *visit)
{
    const struct message *message = visit->message;
    bool all = text_is(message->what, "all");
    uint64_t after = message->after;
    uint32_t most = message->limit && message->limit < LIST_ROWS ? message->limit : LIST_ROWS;
    struct value rows;
    if (message->what.size && !all && !text_is(message->what, "cases")) {
        struct message refused = refusal(ERR_BAD_DATA, TEXT("What is listed here is 'cases' or 'all'."));
        answer(desk, visit->peer, message->request, &refused);
        return ERR_OK;
    }
    enum err err = docket_list(desk->docket, &desk->arena, all, &after, most, &rows);
    if (!err)
        answer_rows(desk, visit->peer, message->request, &rows, false, after);
    return err;
}

static enum err serve_show(struct desk *desk, const struct visit *visit)
{
    const struct message *message = visit->message;
    struct waiting waiting = {.kind = MESSAGE_SHOW, .peer = visit->peer, .request = message->request, .history = message->history};
    waiting.until = visit->now + SHOW_MS;
    enum err err = docket_find(desk->docket, &message->subject, &waiting.case_id);
    if (err == ERR_UNKNOWN_CASE) {
        struct message refused = refusal(ERR_UNKNOWN_CASE, TEXT("This case is not in the docket."));
        answer(desk, visit->peer, message->request, &refused);
        return ERR_OK;
    }
    if (!err)
        err = docket_want(desk->docket, waiting.case_id);
    if (err)
        return err;
    visit->turn->wanted = true;
    return wait_for(desk, &waiting) ? ERR_OK : answer_show(desk, visit->peer, message->request, waiting.case_id, message->history);
}

static enum err serve_order(struct desk *desk, const struct visit *visit)
{
    struct message order = *visit->message, message;
    struct waiting waiting = {.peer = visit->peer, .request = order.request, .kind = MESSAGE_SEND, .until = visit->now + ORDER_MS};
    order.as = order.as.size ? order.as : desk->person;
    memcpy(waiting.id, order.id.data, ID_SIZE);
    enum err err = docket_order(desk->docket, &desk->arena, &order, visit->wall, &message);
    if (err)
        return err;
    visit->turn->ordered |= message.kind == MESSAGE_PARKED;
    if (message.kind != MESSAGE_PARKED)
        answer(desk, visit->peer, order.request, &message);
    else if (!wait_for(desk, &waiting))
        answer_parked(desk, visit->peer, order.request, waiting.id);
    return ERR_OK;
}

static enum err serve_message(struct desk *desk, const struct visit *visit)
{
    const struct message *message = visit->message;
    struct message other = refusal(ERR_DENIED, TEXT("The docket takes list, show and send."));
    switch (message->kind) {
    case MESSAGE_HELLO: {
        struct message welcome = {.kind = MESSAGE_WELCOME, .version = PROTOCOL_VERSION, .what = TEXT("mediation-centre")};
        answer(desk, visit->peer, message->request, &welcome);
        return ERR_OK;
    }
    case MESSAGE_LIST: return serve_list(desk, visit);
    case MESSAGE_SHOW: return serve_show(desk, visit);
    case MESSAGE_SEND: return serve_order(desk, visit);
    default: answer(desk, visit->peer, message->request, &other); return ERR_OK;
    }
}

enum err desk_serve(struct desk *desk, int64_t wall, int64_t now, struct desk_turn *turn)
{
    struct link_message messages[MESSAGES_A_TURN];
    arena_reset(&desk->arena);
    uint32_t count = link_drain(desk->link, &desk->arena, messages, MESSAGES_A_TURN, WIRE_MESSAGE_MOST);
    enum err err = ERR_OK;
    *turn = (struct desk_turn){.heard = count > 0};
    for (uint32_t i = 0; !err && i < count; i++) {
        struct message message = {0};
        struct text why = TEXT("A message is one frame.");
        enum err code = messages[i].code ? messages[i].code : wire_decode(&desk->arena, messages[i].bytes, &message, &why);
        struct visit visit = {.peer = messages[i].peer, .message = &message, .wall = wall, .now = now, .turn = turn};
        if (code) {
            struct message refused = refusal(code, why);
            answer(desk, visit.peer, message.request, &refused);
        } else {
            err = serve_message(desk, &visit);
        }
    }
    return err ? err : let_go(desk, now);
}
