/* server_turn: one turn of the loop, top to bottom: what has come, what is decided about it, who hears of it. See server.h. */
#include "engine/server_inner.h"

#include <stdlib.h>

/* ---- what time it is ---- */

static void note_clock(struct server *server)
{
    walltime_read(&server->walltime);
    int64_t jump = server->walltime.jump;
    bool alarm = walltime_alarm(&server->walltime);
    if (alarm != server->clock_alarmed)
        oplog(alarm ? OPLOG_ERROR : OPLOG_INFO, alarm ? "clock-not-followed" : "clock-followed-again", OPLOG_NUMBER("jump-ms", jump));
    else if (!alarm && (jump > WALLTIME_JUMP_ALARM_MS || jump < -WALLTIME_JUMP_ALARM_MS))
        oplog(OPLOG_WARN, "clock-jumped", OPLOG_NUMBER("jump-ms", jump));
    server->clock_alarmed = alarm;
}

/* ---- parked events whose case is here ---- */

bool server_note_unparkable(struct server *server, struct text case_key)
{
    for (uint32_t i = 0; i < server->unpark_count; i++)
        if (memcmp(server->unpark_keys[i], case_key.data, ID_SIZE) == 0)
            return true;
    if (server->unpark_count == server->unpark_room) {
        uint32_t room = server->unpark_room ? server->unpark_room * 2 : 64;
        void *wider = realloc(server->unpark_keys, (size_t)room * ID_SIZE);
        if (!wider)
            return false;
        server->unpark_keys = wider;
        server->unpark_room = room;
    }
    memcpy(server->unpark_keys[server->unpark_count++], case_key.data, ID_SIZE);
    return true;
}

static void next_unpark_key(struct server *server)
{
    server->unpark_count--;
    memmove(server->unpark_keys[0], server->unpark_keys[1], (size_t)server->unpark_count * ID_SIZE);
    server->unpark_after = 0;
}

/* Takes parked events out, up to a batch of them. What is taken out and not committed is taken out again: `unpark_after` moves on
 * only with the commit. */
static enum err take_unparked(struct server *server)
{
    uint64_t after = server->unpark_after;
    server->unparked_count = 0;
    while (server->unpark_count && server->unparked_count < LIMIT_BATCH_UNPARKED) {
        struct text key = arena_copy(&server->inbox, (struct text){.data = (const char *)server->unpark_keys[0], .size = ID_SIZE});
        enum err code = door_unpark(&server->door, &server->inbox, key, &after, &server->unparked[server->unparked_count]);
        if (code == ERR_BUSY || (code == ERR_NOT_FOUND && server->unparked_count))
            return ERR_OK; /* commit these first */
        if (code == ERR_NOT_FOUND) {
            next_unpark_key(server);
            after = 0;
        } else if (code) {
            return code;
        } else {
            server->unparked_count++;
        }
    }
    return ERR_OK;
}

/* Rows of PARKED are in the order of case keys: one look for each key. */
static enum err look_for_cases(struct server *server, struct store_cursor *cursor, struct store_txn *txn)
{
    uint32_t partition = engine_partition(server->engine);
    struct record_key from = {.size = 0};
    struct text key, value, ignored;
    enum err code;
    while ((code = store_cursor_seek(cursor, key_text(&from), &key, &value)) == ERR_OK) {
        if (key.size < sizeof partition + ID_SIZE)
            return ERR_CORRUPT;
        struct text case_key = arena_copy(&server->inbox, (struct text){.data = key.data + sizeof partition, .size = ID_SIZE});
        struct record_key named = key_case_key(partition, case_key);
        code = store_get(txn, STORE_KEY, key_text(&named), &ignored);
        if (code == ERR_OK && !server_note_unparkable(server, case_key))
            return ERR_NO_MEMORY;
        if (code && code != ERR_NOT_FOUND)
            return code;
        from = key_parked(partition, case_key, UINT64_MAX);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

enum err server_find_unparkable(struct server *server)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    enum err code = store_begin_read(server->store, &txn);
    if (code)
        return code;
    code = store_cursor_open(txn, STORE_PARKED, &cursor);
    if (!code) {
        code = look_for_cases(server, cursor, txn);
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return code;
}

/* ---- is there anything to decide? ---- */

static bool any_event(const struct server *server)
{
    for (uint32_t i = 0; i < server->item_count; i++)
        if (server->items[i].state == ITEM_EVENT)
            return true;
    return false;
}

static bool due_by_itself(struct server *server)
{
    struct outbox_time time = server_time(server);
    return outbox_wait(server->outbox, time) <= 0 || engine_next_due(server->engine) < time.now;
}

/* While the disk is full events are turned away; from time to time a batch is tried. */
static void turn_away(struct server *server)
{
    bool stopping = server->mode == STOPPING;
    for (uint32_t i = 0; i < server->item_count; i++) {
        struct item *item = &server->items[i];
        if (item->state != ITEM_EVENT)
            continue;
        if (stopping)
            server_busy(server, item, ERR_STOPPING, 1000, (struct text){0});
        else
            server_busy(server, item, ERR_READ_ONLY, 5000, (struct text){0});
        item->state = ITEM_DONE;
    }
}

static bool may_write(struct server *server)
{
    if (server->mode == READ_ONLY && server->walltime.monotonic >= server->retry_at) {
        oplog(OPLOG_DEBUG, "trying-to-write-again");
        server->mode = SERVING;
    }
    return server->mode == SERVING;
}

enum { COUNTS_AGAIN_MS = 5000 };

bool server_owes_counts(const struct server *server)
{
    return engine_owes_counts(server->engine) && server->walltime.monotonic >= server->counts_at;
}

/* What is owed to secret votes is brought by this server, which holds their keys. */
static enum err take_counts(struct server *server)
{
    struct record_key after = {.size = 0};
    enum err code = ERR_OK;
    while (!code && server->counted_count < LIMIT_BATCH_COUNTED) {
        code = door_count(&server->door, &server->inbox, &after, &server->counted[server->counted_count]);
        server->counted_count += code == ERR_OK;
    }
    if (code == ERR_DISK_FULL) { /* of the keys: it stays owed */
        oplog(OPLOG_ERROR, "vote-not-settled", OPLOG_STRING("why", err_sentence(code)));
        server->counts_at = server->walltime.monotonic + COUNTS_AGAIN_MS;
        if (store_reopen(server->keys))
            return ERR_IO;
    }
    return code == ERR_NOT_FOUND || code == ERR_DISK_FULL ? ERR_OK : code;
}

static void decide(struct server *server)
{
    server->unparked_count = 0;
    server->lapsed_count = 0;
    server->counted_count = 0;
    server->fired = 0;
    if (!may_write(server)) {
        turn_away(server);
        return;
    }
    enum err code = server_owes_counts(server) ? take_counts(server) : ERR_OK; /* first: keys are destroyed while none is new */
    if (code) {
        server_fail(server, code, "secret votes");
        return;
    }
    code = server_forget_again(server);
    if (code) {
        server_fail(server, code, "destroying keys of cases");
        return;
    }
    code = server->unpark_count ? take_unparked(server) : ERR_OK;
    if (code) {
        server_fail(server, code, "parked events");
        return;
    }
    if (any_event(server) || server->unparked_count || server->counted_count || due_by_itself(server))
        server_batch(server);
}

/* ---- who hears of it ---- */

static int64_t clock_ms(const struct server *server)
{
    return server->walltime.source.monotonic(server->walltime.source.context);
}

/* Each is bounded (query.h), but a batch may bring a thousand of them: what does not fit into the turn's time is asked again, and events that have
 * come meanwhile go before it. */
static void answer_questions(struct server *server)
{
    int64_t until = clock_ms(server) + LIMIT_TURN_QUESTIONS_MS;
    for (uint32_t i = 0; i < server->item_count && !server->failure; i++) {
        if (server->items[i].state != ITEM_QUESTION || server_is_deaf(server, server->items[i].from->peer))
            continue; /* who does not read asks again */
        if (clock_ms(server) <= until)
            server_question(server, &server->items[i]);
        else
            server_busy(server, &server->items[i], ERR_BUSY, 100, TEXT("Too many questions at once."));
    }
}

static void hand_out(struct server *server)
{
    bool more = false;
    if (server->mode == STOPPING)
        return;
    enum err code = outbox_pump(server->outbox, &server->scratch, server_time(server), &more);
    if (code)
        server_fail(server, code, "the outbox");
    server->again = server->again || more;
}

void server_turn(struct server *server)
{
    if (server->failure)
        return;
    note_clock(server);
    server_gather(server);
    int64_t from = server_monotonic_us();
    decide(server);
    if (server->item_count)
        server->turn_us = server_monotonic_us() - from;
    backlog_learn(&server->backlog, server->item_count, server->config->batch_most, server->turn_us);
    if (!server->failure)
        answer_questions(server);
    if (!server->failure)
        hand_out(server);
    if (!server->failure)
        watch_serve(server);
}
