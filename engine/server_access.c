/* server_access: who may do what over TCP: the keys of the data folder, read at the start and again whenever the file changes, and the question
 * that is asked of each message before it is looked at any further. See server.h; what a principal may is principal.h's.
 *
 *     a new list ─ all good? ─ no ──> the old one holds, and an alarm stands
 *                      │ yes
 *                      └─> holds from the next message on; connections whose key is not what it was are broken
 *
 * Who comes by the sockets in the data folder is `local` and may everything. Each refusal is counted, and logged by name of the key, kind of
 * message and reason, which is a literal here: never by whom or what it was about. */
#include "engine/server_inner.h"

#include <stdlib.h>

enum { LOOK_EACH_MS = 100 };

/* ---- what was refused ---- */

static struct text beginning(struct text key)
{
    return (struct text){.data = key.data, .size = key.size < 8 ? key.size : 8};
}

static void on_turned_away(void *context, struct text key, struct text from)
{
    struct server *server = context;
    server->figures.turned_away++;
    if (refusal_may_log(server))
        oplog(OPLOG_WARN, "key-not-known", OPLOG_TEXT("key", beginning(key)), OPLOG_TEXT("from", from));
}

void access_refuse(struct server *server, const struct item *item, struct text why)
{
    const struct principal *principal = item->from->who;
    server->figures.denied++;
    refusal_count(server, ERR_DENIED);
    if (refusal_may_log(server))
        oplog(OPLOG_WARN, "not-trusted-for-that", OPLOG_TEXT("key", principal->name), OPLOG_STRING("kind", principal_kind_name(principal->kind)),
              OPLOG_STRING("message", message_kind_name(item->message.kind)), OPLOG_TEXT("why", why));
    server_tell_refusal(server, item, ERR_DENIED, why);
}

/* ---- what a message may ---- */

static const struct text nobody = TEXT("");
static const struct text not_for_person = TEXT("This key is not trusted to act for that person.");
static const struct text not_its_unit = TEXT("This key looks at its own units: name one of them, or one below.");
static const struct text operators_only = TEXT("That is for operators.");

/* On the day of the engine: roles in the directory begin and end. */
static int32_t today(const struct server *server)
{
    return (int32_t)(server->walltime.now / 86400000);
}

bool access_acts_for(struct server *server, const struct principal *principal, struct text person)
{
    return principal_acts_for(principal, engine_directory(server->engine), today(server), person);
}

/* Who acts, and for whom: the rights may be those of either. */
static struct text check_persons(struct server *server, const struct principal *principal, const struct message *message)
{
    bool as = !message->as.size || access_acts_for(server, principal, message->as);
    return as && (!message->on_behalf.size || access_acts_for(server, principal, message->on_behalf)) ? nobody : not_for_person;
}

bool access_to_unit(struct server *server, const struct principal *principal, struct text unit, struct text person)
{
    return principal->kind == PRINCIPAL_OPERATOR || (principal_at_unit(principal, engine_directory(server->engine), unit) &&
                                                     (!person.size || access_acts_for(server, principal, person)));
}

/* The whole list, or one unit's: what is published is everybody's, and so is that something was destroyed, without anything else about it: whoever
 * keeps copies must hear of it. */
static struct text check_place(struct server *server, const struct principal *principal, const struct message *message)
{
    struct text why = check_persons(server, principal, message);
    if (message->kind == MESSAGE_LIST && text_is(message->what, "reads")) /* `for` is whose reads are wanted */
        return message->as.size && access_acts_for(server, principal, message->as) ? nobody : operators_only; /* and by its case: server_reads.c */
    if (why.size || (message->kind == MESSAGE_LIST && text_is(message->what, "published")) || (message->kind == MESSAGE_WATCH && text_is(message->what, "erasures")))
        return why;
    return principal_at_unit(principal, engine_directory(server->engine), message->unit) ? nobody : not_its_unit;
}

static struct text check_client(struct server *server, const struct principal *principal, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_HELLO:
    case MESSAGE_CREDIT: return nobody;
    case MESSAGE_OPEN:
    case MESSAGE_SEND:
    case MESSAGE_RETRY:
    case MESSAGE_SHOW:
    case MESSAGE_EXPLAIN: return check_persons(server, principal, message); /* of these two also by its case: access_to_case */
    case MESSAGE_LIST:
    case MESSAGE_INCIDENTS:
    case MESSAGE_WATCH: return check_place(server, principal, message);
    default: return operators_only;
    }
}

static bool is_itself(const struct principal *principal, struct text person)
{
    return person.size == principal->name.size + 7 && memcmp(person.data, "worker:", 7) == 0 && memcmp(person.data + 7, principal->name.data, principal->name.size) == 0;
}

static bool works_at(const struct server *server, const struct principal *principal, struct text unit)
{
    return principal->units.count == 0 || principal_at_unit(principal, engine_directory(server->engine), unit);
}

bool access_works_at(void *context, uint64_t peer, struct text name, struct text unit)
{
    const struct server *server = context;
    const struct principal *principal = link_is_tcp(server->link, peer) ? principals_by_name(&server->access.principals, name) : NULL;
    return !link_is_tcp(server->link, peer) || (principal && works_at(server, principal, unit));
}

static struct text check_registration(const struct server *server, const struct principal *principal, const struct message *message)
{
    if (!text_equal(message->what, principal->name))
        return TEXT("A worker registers under the name of its key.");
    for (uint32_t i = 0; i < message->topics.count; i++)
        if (!principal_has_topic(principal, message->topics.items[i].text))
            return TEXT("This key is not trusted with that topic.");
    if (!works_at(server, principal, message->unit))
        return TEXT("This key works at its own units: register with one of them, or one below.");
    return nobody;
}

static struct text check_worker(struct server *server, const struct principal *principal, const struct message *message)
{
    if (message->kind == MESSAGE_REGISTER)
        return check_registration(server, principal, message);
    if (message->kind != MESSAGE_SEND || (is_itself(principal, message->as) && !message->on_behalf.size))
        return nobody; /* of the tasks that it holds: the outbox knows */
    return check_persons(server, principal, message);
}

bool access_allows(struct server *server, const struct item *item, struct text *why)
{
    const struct principal *principal = item->from->who;
    *why = nobody;
    if (!principal || (principal->kind == PRINCIPAL_OPERATOR && item->from->side == LINK_CLIENTS))
        return true;
    if ((principal->kind == PRINCIPAL_WORKER) != (item->from->side == LINK_WORKERS))
        *why = TEXT("Keys of workers are for the address of workers, all others for that of clients.");
    else
        *why = item->from->side == LINK_WORKERS ? check_worker(server, principal, &item->message) : check_client(server, principal, &item->message);
    return why->size == 0;
}

bool access_is_operator(const struct link_message *from)
{
    const struct principal *principal = from->who;
    return principal && principal->kind == PRINCIPAL_OPERATOR;
}

bool access_still(void *context, struct text name, struct text person)
{
    struct server *server = context;
    const struct principal *principal = principals_by_name(&server->access.principals, name);
    return text_equal(name, server->door.operator) || (principal && access_acts_for(server, principal, person));
}

/* ---- the list ---- */

static const void *who(void *context, struct text key, struct text *name)
{
    const struct server *server = context;
    const struct principal *principal = principals_by_key(&server->access.principals, key);
    if (principal)
        *name = principal->name;
    return principal;
}

/* What a connection was let in for, the key may still. */
struct change {
    const struct principals *before, *after;
};

static bool stays(void *context, struct text key)
{
    const struct change *change = context;
    const struct principal *before = principals_by_key(change->before, key), *after = principals_by_key(change->after, key);
    return before && after && principal_equal(before, after);
}

/* What came over a connection that was not broken is its sender's still, under the list as it is now. */
static bool stays_in_backlog(void *context, struct link_message *message)
{
    const struct change *change = context;
    const struct principal *before = message->who, *after = before ? principals_by_key(change->after, before->key) : NULL;
    if (!before)
        return true;
    if (!after || !principal_equal(before, after))
        return false;
    message->who = after;
    message->principal = after->name;
    return true;
}

static void take_list(struct server *server, struct arena *arena, const struct principals *principals)
{
    struct access *access = &server->access;
    const struct change change = {.before = &access->principals, .after = principals};
    uint32_t broken = link_break_others(server->link, stays, (void *)&change);
    backlog_sift(&server->backlog, stays_in_backlog, (void *)&change);
    oplog(OPLOG_INFO, "keys-read", OPLOG_NUMBER("keys", principals->count), OPLOG_NUMBER("connections-broken", broken));
    arena_close(&access->arena);
    access->arena = *arena;
    access->principals = *principals;
}

/* A list with a mistake changes nothing: half of what somebody wanted may be worse than nothing of it. */
static void read_again(struct server *server)
{
    struct arena arena;
    struct principals principals;
    struct text why = {0};
    arena_init(&arena);
    enum err code = key_folder_read(server->data, &arena, &principals, &why);
    server->access.mistaken = code != ERR_OK;
    if (code) {
        oplog(OPLOG_ERROR, "keys-not-read", OPLOG_TEXT("why", why), OPLOG_STRING("do", "mend the file: until then who was known before is"));
        arena_close(&arena);
        return;
    }
    take_list(server, &arena, &principals);
}

static void on_look(uv_timer_t *timer)
{
    struct server *server = timer->data;
    struct key_stamp stamp = key_folder_stamp(server->data, &server->scratch);
    if (memcmp(&stamp, &server->access.stamp, sizeof stamp) == 0)
        return;
    server->access.stamp = stamp; /* before it is read: what changes while it is read is read once more */
    read_again(server);
}

void access_watch(struct server *server)
{
    if (!server->access.on)
        return;
    uv_timer_init(&server->loop, &server->access.look);
    server->access.look.data = server;
    uv_timer_start(&server->access.look, on_look, LOOK_EACH_MS, LOOK_EACH_MS);
}

/* Nobody comes by a key, but what keys sent before may still wait for its case. Of a list that cannot be read nobody is trusted. */
static void read_for_parked(struct server *server, struct arena *arena)
{
    struct text why = {0};
    if (key_folder_read(server->data, &server->access.arena, &server->access.principals, &why) == ERR_OK)
        return;
    server->access.principals = (struct principals){0};
    oplog(OPLOG_WARN, "keys-not-read", OPLOG_TEXT("why", arena_copy(arena, why)), OPLOG_STRING("do", "mend the file: parked events of keys are refused until then"));
}

enum err access_open(struct server *server, struct arena *arena, struct text *why)
{
    struct access *access = &server->access;
    arena_init(&access->arena);
    access->on = server->config->listen_clients || server->config->listen_workers;
    if (!access->on) {
        read_for_parked(server, arena);
        return ERR_OK;
    }
    enum err code = key_folder_server(server->data, arena, &access->ring, why);
    access->stamp = key_folder_stamp(server->data, arena);
    if (!code && (code = key_folder_read(server->data, &access->arena, &access->principals, why)))
        *why = arena_copy(arena, *why);
    access->keys = (struct link_keys){.secret = access->ring.secret_key, .who = who, .turned_away = on_turned_away, .context = server};
    return code;
}

void access_close(struct server *server)
{
    arena_close(&server->access.arena);
    explicit_bzero(&server->access.ring, sizeof server->access.ring);
}
