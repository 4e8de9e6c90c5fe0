/* server_batch: the batch of a turn: everything is decided, committed, then answered. See server.h.
 *
 *     keys ── on disk before ──> the batch ── on disk before ──> answers, tasks, news
 *
 * When the disk is full nothing of the batch counts: it is answered busy where it is known that nothing was written, and not at all where a
 * commit failed, since then nobody knows (pitfall 13, design 12.5). Any other failure ends the process; the next start knows. */
#include "engine/server_inner.h"

#include <sys/statvfs.h>

enum { FULL_TRY_MS = 5000, DISK_LOOK_MS = 1000, LOW_AFTER_MS = 30000, AGAIN_MS = 100, WAITING_TRIES = 16 };

static const struct text low_disk = TEXT("The disk is nearly full: open cases go on, new ones wait until there is room.");

/* ---- room ---- */

static void look_at_disk(struct server *server)
{
    struct statvfs disk;
    if (server->walltime.monotonic - server->disk_looked < DISK_LOOK_MS)
        return;
    server->disk_looked = server->walltime.monotonic;
    bool low = statvfs(server->data, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < LIMIT_DISK_RESERVE;
    if (low != server->disk_low)
        oplog(low ? OPLOG_ERROR : OPLOG_INFO, low ? "disk-nearly-full" : "disk-has-room-again");
    server->disk_low = low;
}

static void go_read_only(struct server *server)
{
    if (server->mode == SERVING)
        server->mode = READ_ONLY;
    server->retry_at = server->walltime.monotonic + FULL_TRY_MS;
    if (!server->disk_full)
        oplog(OPLOG_ERROR, "disk-full", OPLOG_STRING("do", "make room; writing is tried again every 5 s"));
    server->disk_full = true;
}

static void note_room(struct server *server)
{
    if (!server->disk_full || server->done.last < server->done.first)
        return; /* a batch without an event writes nothing */
    oplog(OPLOG_INFO, "disk-not-full-any-more");
    server->disk_full = false;
}

/* ---- deciding ---- */

static bool is_report(const struct item *item)
{
    return item->from->side == LINK_WORKERS;
}

static void refuse_item(struct item *item, enum err code, struct text why)
{
    item->answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = why.size ? why : text_of(err_sentence(code)),
                                    .todo = text_of(err_advice(code))};
}

static void busy_item(struct item *item, enum err code, uint64_t after_ms, struct text why)
{
    item->answer = (struct message){.kind = MESSAGE_BUSY, .has = MESSAGE_HAS_CODE, .code = code, .after = after_ms,
                                    .why = why.size ? why : text_of(err_sentence(code)), .todo = text_of(err_advice(code))};
}

/* The way of every event: through the door, then decided. A refusal leaves no key behind. */
static enum err decide_event(struct server *server, struct item *item, const struct door_origin *origin)
{
    struct event event;
    struct text why;
    uint32_t mark = seal_save(server->seal);
    enum err code = door_event(&server->door, &server->inbox, &item->message, origin, &event, &why);
    if (!code) {
        code = engine_decide(server->engine, &event, &item->answer);
    } else if (err_travels(code)) {
        if (code == ERR_BUSY)
            busy_item(item, ERR_BUSY, AGAIN_MS, (struct text){0});
        else
            refuse_item(item, code, why);
        code = ERR_OK;
    }
    if (item->answer.kind != MESSAGE_APPLIED && item->answer.kind != MESSAGE_PARKED)
        seal_rewind(server->seal, mark);
    return code;
}

static enum err decide_report(struct server *server, struct item *item, struct door_origin *origin)
{
    struct text why;
    bool seen = false;
    if (outbox_note_failed(server->outbox, item->from->peer, &item->message, server_time(server))) {
        item->answer = (struct message){.kind = MESSAGE_APPLIED, .position = engine_position(server->engine), .time = engine_now(server->engine)};
        return ERR_OK;
    }
    enum err code = outbox_check(server->outbox, &server->inbox, item->from->peer, &item->message, origin, &why);
    if (!code) {
        item->checked = true;
        return decide_event(server, item, origin);
    }
    if (!err_travels(code))
        return code;
    enum err refusal = code;
    code = refusal == ERR_STALE_LEASE || refusal == ERR_UNKNOWN_TASK
               ? door_seen(&server->door, &server->inbox, &item->message, origin, &item->answer, &seen)
               : ERR_OK;
    if (!code && !seen)
        refuse_item(item, refusal, why);
    return code;
}

static enum err decide_item(struct server *server, struct item *item)
{
    struct door_origin origin = {.principal = item->from->principal, .operates = access_is_operator(item->from)};
    item->state = ITEM_DECIDED;
    if (item->message.kind == MESSAGE_DEPLOY)
        return deploy_part(server, item);
    if (is_report(item))
        return decide_report(server, item, &origin);
    if (item->message.kind == MESSAGE_OPEN && server->disk_low) {
        busy_item(item, ERR_BUSY, LOW_AFTER_MS, low_disk);
        return ERR_OK;
    }
    return decide_event(server, item, &origin);
}

static enum err decide_unparked(struct server *server)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < server->unparked_count && !code; i++) {
        const struct event *event = &server->unparked[i].event;
        struct message *answer = &server->unparked_answers[i];
        code = engine_decide(server->engine, event, event->kind == EVENT_SEND ? answer : NULL);
        if (event->kind != EVENT_SEND)
            *answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = event->code, .why = server->unparked[i].why,
                                       .todo = text_of(err_advice(event->code))};
    }
    return code;
}

static enum err decide_lapsed(struct server *server)
{
    struct door_origin origin;
    uint64_t task;
    enum err code = ERR_OK;
    while (!code && server->lapsed_count < LIMIT_BATCH_LAPSED && outbox_lapsed(server->outbox, server_time(server), &origin, &task)) {
        struct event event;
        origin.principal = TEXT("local");
        door_lapse(&server->door, &origin, task, &event);
        server->lapsed[server->lapsed_count++] = task;
        oplog(OPLOG_WARN, "lease-ran-out", OPLOG_TEXT("worker", origin.worker), OPLOG_NUMBER("task", task), OPLOG_NUMBER("attempt", origin.attempt));
        code = engine_decide(server->engine, &event, NULL);
    }
    server->again = server->again || server->lapsed_count == LIMIT_BATCH_LAPSED;
    return code;
}

/* One that is refused stays owed; it is tried again when something new is owed, or at the next start. */
static enum err decide_counted(struct server *server)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < server->counted_count && !code; i++) {
        struct message answer;
        code = engine_decide(server->engine, &server->counted[i], &answer);
        if (code || answer.kind != MESSAGE_REFUSED)
            continue;
        oplog(OPLOG_ERROR, "vote-not-settled", OPLOG_NUMBER("case", server->counted[i].subject.id), OPLOG_TEXT("why", answer.why));
        engine_forget_counts(server->engine);
    }
    return code;
}

static enum err decide_all(struct server *server)
{
    enum err code = decide_unparked(server);
    code = code ? code : decide_counted(server);
    for (uint32_t i = 0; i < server->item_count && !code; i++)
        if (server->items[i].state == ITEM_EVENT)
            code = decide_item(server, &server->items[i]);
    code = code ? code : decide_lapsed(server);
    return code ? code : engine_fire(server->engine, LIMIT_BATCH_FIRED, &server->fired);
}

/* ---- when it fails ---- */

/* Brings memory back to what the disk says: also when the batch is there although its commit failed, and nobody has heard what it brought about. */
static enum err recover(struct server *server)
{
    const char *why = "";
    seal_rewind(server->seal, 0);
    outbox_lapse_again(server->outbox);
    enum err code = store_reopen(server->store);
    code = code ? code : engine_reload(server->engine, &why);
    code = code ? code : server_find_unparkable(server);
    server_forget_later(server);
    outbox_changed(server->outbox, INT64_MIN);
    if (code)
        server_fail(server, code, "reading the store again");
    return code;
}

static void abandon(struct server *server, enum err code, bool unknown)
{
    for (uint32_t i = 0; i < server->item_count; i++) {
        struct item *item = &server->items[i];
        if (item->state == ITEM_DECIDED && !unknown && code == ERR_DISK_FULL)
            server_busy(server, item, ERR_READ_ONLY, FULL_TRY_MS, (struct text){0});
        if (item->state == ITEM_DECIDED)
            item->state = ITEM_DONE;
    }
    server->unparked_count = 0;
    server->lapsed_count = 0;
    if (recover(server))
        return;
    if (code == ERR_DISK_FULL)
        go_read_only(server);
    else
        server_fail(server, code, unknown ? "the commit of a batch" : "deciding a batch");
}

/* ---- when it holds ---- */

/* The slot of that id; where it has none, one that it may take: a free one near its place, or else the one whose place that is. */
static struct waiting *waiting_slot(struct server *server, struct text id)
{
    uint32_t hash;
    memcpy(&hash, id.data + ID_SIZE - sizeof hash, sizeof hash); /* the end of a UUID is random */
    struct waiting *place = &server->waiting[hash % LIMIT_PARKED_WAITING], *found = place;
    for (uint32_t i = 0; i < WAITING_TRIES; i++) {
        struct waiting *slot = &server->waiting[(hash + i) % LIMIT_PARKED_WAITING];
        if (slot->peer && memcmp(slot->id, id.data, ID_SIZE) == 0)
            return slot;
        if (!slot->peer && found->peer)
            found = slot;
    }
    return found;
}

static void remember_waiting(struct server *server, const struct item *item)
{
    struct waiting *waiting = waiting_slot(server, item->message.id);
    server->waiting_count += waiting->peer == 0;
    waiting->peer = item->from->peer;
    waiting->request = item->message.request;
    memcpy(waiting->id, item->message.id.data, ID_SIZE);
}

/* The one final answer of a parked event, to the connection that sent it last. */
static void answer_waiting(struct server *server, struct text id, struct message *answer)
{
    if (id.size != ID_SIZE)
        return;
    struct waiting *waiting = waiting_slot(server, id);
    if (!waiting->peer || memcmp(waiting->id, id.data, ID_SIZE) != 0)
        return; /* it is not connected any more: it will send it again */
    answer->request = waiting->request;
    answer->id = id;
    enum err code = server_send(server, waiting->peer, answer);
    if (code)
        oplog(OPLOG_DEBUG, "answer-lost", OPLOG_STRING("kind", message_kind_name(answer->kind)), OPLOG_STRING("code", err_name(code)));
    waiting->peer = 0;
    server->waiting_count--;
}

static void count_answer(struct server *server, struct text principal, enum message_kind kind, const struct message *answer)
{
    struct query_figures *figures = &server->figures;
    figures->applied += answer->kind == MESSAGE_APPLIED;
    figures->duplicate += answer->kind == MESSAGE_DUPLICATE;
    if (answer->kind == MESSAGE_REFUSED)
        refusal_note(server, principal, message_kind_name(kind), answer->code);
    figures->busy += answer->kind == MESSAGE_BUSY;
}

/* Whoever erases hears of it when it is done: when it was put off, the same message sent again is answered as soon as it is. */
static void erase_before_answer(struct server *server, struct item *item)
{
    bool applied = item->answer.kind == MESSAGE_APPLIED || item->answer.kind == MESSAGE_DUPLICATE;
    if (item->message.kind == MESSAGE_ERASE && applied && !server_erase(server, item->message.on_behalf))
        busy_item(item, ERR_READ_ONLY, FULL_TRY_MS, (struct text){0});
}

static void answer_item(struct server *server, struct item *item)
{
    erase_before_answer(server, item);
    if (item->checked)
        outbox_reported(server->outbox, item->from->peer, &item->message, &item->answer);
    if (item->answer.kind == MESSAGE_PARKED)
        remember_waiting(server, item);
    if (item->answer.kind == MESSAGE_REFUSED || item->answer.kind == MESSAGE_BUSY)
        item->answer.id = item->message.id;
    if (is_report(item))
        item->answer.task = item->answer.kind == MESSAGE_BUSY ? 0 : item->message.task;
    count_answer(server, item->from->principal, item->message.kind, &item->answer);
    sight_of_refusal(server, item->from->who, &item->message, &item->answer);
    server_answer(server, item, &item->answer);
    item->state = ITEM_DONE;
}

/* Parked events that expired in this batch: whoever is still there hears that this was their end. */
static void answer_expired(struct server *server)
{
    struct view view = {.engine = server->engine, .seal = server->seal, .arena = &server->scratch};
    if (!server->fired || !server->waiting_count || view_begin(&view))
        return;
    for (uint64_t position = server->done.first; position <= server->done.last; position++) {
        struct arena_mark mark = arena_save(&server->scratch);
        struct log_record gone, parked;
        if (view_record(&view, position, &gone) == ERR_OK && gone.event.kind == EVENT_UNPARK && gone.event.code == ERR_PARKED_EXPIRED &&
            view_record(&view, gone.event.parked, &parked) == ERR_OK) {
            struct message answer = {.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = ERR_PARKED_EXPIRED,
                                     .why = text_of(err_sentence(ERR_PARKED_EXPIRED)), .todo = text_of(err_advice(ERR_PARKED_EXPIRED))};
            refusal_note(server, parked.event.sender, message_kind_name(MESSAGE_SEND), ERR_PARKED_EXPIRED);
            answer_waiting(server, parked.event.id, &answer);
        }
        arena_rewind(&server->scratch, mark);
    }
    view_end(&view);
}

static void tell_outbox(struct server *server)
{
    const struct engine_done *done = &server->done;
    for (uint32_t i = 0; i < server->lapsed_count; i++)
        outbox_lapse_done(server->outbox, server->lapsed[i]);
    outbox_withdrawn(server->outbox, done->withdrawn, done->withdrawn_count);
    if (done->outbox_changed)
        outbox_changed(server->outbox, done->outbox_from);
}

/* What was parked is refused like anything else: who sent it hears what is theirs to know. */
static void tell_parked_no_more(struct server *server, const struct door_parked *parked, struct message *answer)
{
    const struct event *event = &parked->event;
    const struct message sent = {.kind = MESSAGE_SEND, .subject = event->subject, .as = event->as, .on_behalf = event->on_behalf};
    const struct principal *principal = principals_by_name(&server->access.principals, parked->sender);
    if (principal || text_is(parked->sender, "local"))
        sight_of_refusal(server, principal, &sent, answer);
}

static void settle(struct server *server)
{
    for (uint32_t i = 0; i < server->done.forgotten_count; i++)
        server_forget(server, server->done.forgotten[i]);
    note_room(server);
    for (uint32_t i = 0; i < server->unparked_count; i++) {
        server->unpark_after = server->unparked[i].event.parked;
        count_answer(server, server->unparked[i].sender, MESSAGE_SEND, &server->unparked_answers[i]);
        tell_parked_no_more(server, &server->unparked[i], &server->unparked_answers[i]);
        answer_waiting(server, server->unparked[i].id, &server->unparked_answers[i]);
    }
    for (uint32_t i = 0; i < server->item_count; i++)
        if (server->items[i].state == ITEM_DECIDED)
            answer_item(server, &server->items[i]);
    answer_expired(server);
    tell_outbox(server);
    for (uint32_t i = 0; i < server->done.unparkable_count; i++)
        if (!server_note_unparkable(server, server->done.unparkable[i]))
            server_fail(server, ERR_NO_MEMORY, "parked events"); /* the next start looks for them */
}

/* ---- the batch ---- */

void server_batch(struct server *server)
{
    look_at_disk(server);
    engine_begin(server->engine, server->walltime.now);
    enum err code = decide_all(server);
    int64_t from = server_monotonic_us();
    if (!code) {
        code = seal_commit(server->seal);
        if (code == ERR_DISK_FULL && store_reopen(server->keys))
            code = ERR_IO;
    }
    if (code) {
        engine_abort(server->engine);
        abandon(server, code, false);
        return;
    }
    code = engine_commit(server->engine, &server->done);
    if (code) {
        abandon(server, code, true);
        return;
    }
    if (server->done.last >= server->done.first)
        meter_batch(&server->meter, server->done.last - server->done.first + 1, server_monotonic_us() - from);
    server->meter.fired += server->fired;
    settle(server);
}
