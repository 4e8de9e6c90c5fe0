/* server_watch: watches: committed events from a position on, as many as credit allows. See server.h and PROTOCOL.md section 9.
 *
 * A watch is a position in the log and a filter, nothing more: it reads what everybody can read, when it is its turn. One that has no
 * credit, or whose connection takes nothing more, costs nothing. */
#include "engine/server_inner.h"

#include <stdlib.h>

enum {
    HANDFUL = 64,    /* records read for one watch before the next has its turn */
    SWEEP_MS = 1000, /* so often, at most, it is looked whose connection is gone */
};

struct watch {
    struct watch *next;
    link_peer peer;
    uint64_t request, position, credit; /* position: the next record to look at */
    struct query_filter filter;         /* texts behind the struct */
    struct text key;                    /* name of the key whose watch it is; empty: local. Behind the struct too */
    uint64_t directory;                 /* position of the one under which it was allowed */
};

static void refuse_watch(struct server *server, const struct item *item, enum err code, const char *why)
{
    if (code == ERR_BUSY)
        server_busy(server, item, code, 5000, text_of(why));
    else
        server_refuse(server, item, code, text_of(why));
}

static struct watch *find_watch(const struct server *server, link_peer peer, uint64_t request)
{
    for (struct watch *watch = server->watches; watch; watch = watch->next)
        if (watch->peer == peer && watch->request == request)
            return watch;
    return NULL;
}

static void end_watch(struct server *server, struct watch *watch)
{
    struct watch **link = &server->watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    server->watch_count--;
    free(watch);
}

static uint32_t watches_of(const struct server *server, link_peer peer)
{
    uint32_t count = 0;
    for (const struct watch *watch = server->watches; watch; watch = watch->next)
        count += watch->peer == peer;
    return count;
}

/* That a connection is gone shows only when something is sent to it, and a watch of a quiet place is told nothing for days. So when there is no
 * place for another, all are told again how far the log has come. */
static void end_gone(struct server *server)
{
    struct message answer = {.kind = MESSAGE_RESULT, .position = engine_position(server->engine), .time = server->walltime.now, .rows = {.kind = VALUE_LIST}};
    if (server->watches_swept && server->walltime.monotonic - server->watches_swept < SWEEP_MS)
        return;
    server->watches_swept = server->walltime.monotonic;
    for (struct watch *watch = server->watches, *next; watch; watch = next) {
        next = watch->next;
        answer.request = watch->request;
        if (server_send(server, watch->peer, &answer) == ERR_NOT_FOUND)
            end_watch(server, watch);
    }
}

static struct text keep(char **at, struct text text)
{
    char *kept = *at;
    if (text.size)
        memcpy(kept, text.data, text.size);
    *at += text.size;
    return (struct text){.data = kept, .size = text.size};
}

static uint64_t directory_position(const struct server *server)
{
    const struct directory *directory = engine_directory(server->engine);
    return directory ? directory->position : 0;
}

static struct watch *make_watch(const struct item *item, uint64_t case_id)
{
    const struct message *question = &item->message;
    const struct principal *who = item->from->who;
    struct text key = who ? who->name : (struct text){0};
    struct watch *watch = calloc(1, sizeof *watch + question->workflow.size + question->unit.size + question->as.size + key.size);
    if (!watch)
        return NULL;
    char *texts = (char *)(watch + 1);
    watch->filter = (struct query_filter){.workflow = keep(&texts, question->workflow), .unit = keep(&texts, question->unit), .case_id = case_id};
    watch->filter.person = keep(&texts, question->as);
    watch->filter.erasures = question->what.size > 0;
    watch->key = keep(&texts, key);
    return watch;
}

/* A mistyped name would be watched in vain for ever. */
static bool workflow_is_deployed(const struct engine *engine, struct text wanted)
{
    struct text name;
    uint64_t position;
    for (uint32_t i = 0; wanted.size && engine_deployed_workflow(engine, i, &name, &position); i++)
        if (text_equal(name, wanted))
            return true;
    return wanted.size == 0;
}

/* ERR_OK and the case that is watched (0: all); the refusal; or a store error. */
static enum err check_watch(struct server *server, const struct message *question, uint64_t *case_id)
{
    const struct directory *directory = engine_directory(server->engine);
    const struct case_state *state;
    *case_id = 0;
    if (!engine_knows_person(server->engine, question->as))
        return ERR_UNKNOWN_PERSON;
    if (question->what.size && !text_is(question->what, "erasures"))
        return ERR_BAD_DATA;
    if (question->unit.size && (!directory || directory_find_unit(directory, question->unit) == NONE))
        return ERR_UNKNOWN_UNIT;
    if (!workflow_is_deployed(server->engine, question->workflow))
        return ERR_UNKNOWN_WORKFLOW;
    if (question->subject.kind == CASE_REF_NONE)
        return ERR_OK;
    enum err code = engine_find_case(server->engine, &question->subject, &state);
    if (!code)
        *case_id = state->id;
    return code;
}

void watch_begin(struct server *server, const struct item *item)
{
    const struct message *question = &item->message;
    uint64_t case_id, last = engine_position(server->engine);
    struct watch *same = find_watch(server, item->from->peer, question->request);
    if (same)
        end_watch(server, same);
    enum err code = check_watch(server, question, &case_id);
    if (!code && server->watch_count == LIMIT_WATCHES)
        end_gone(server);
    if (!code && (server->watch_count == LIMIT_WATCHES || watches_of(server, item->from->peer) == LIMIT_WATCHES_PEER))
        code = ERR_BUSY;
    struct watch *watch = code ? NULL : make_watch(item, case_id);
    if (!watch) {
        if (code && !err_travels(code))
            server_fail(server, code, "beginning a watch");
        else
            refuse_watch(server, item, code ? code : ERR_BUSY, code == ERR_BUSY ? "The engine, or this connection, has all the watches that it may have." : "");
        return;
    }
    watch->peer = item->from->peer;
    watch->request = question->request;
    watch->directory = directory_position(server);
    watch->credit = question->credit;
    watch->position = question->position ? question->position : last + 1;
    watch->next = server->watches;
    server->watches = watch;
    server->watch_count++;
    struct message answer = {.kind = MESSAGE_RESULT, .position = last, .time = server->walltime.now, .rows = {.kind = VALUE_LIST}};
    server_answer(server, item, &answer);
}

bool watch_credit(struct server *server, link_peer peer, uint64_t request, uint32_t credit)
{
    struct watch *watch = find_watch(server, peer, request);
    if (!watch)
        return false;
    if (credit == 0)
        end_watch(server, watch);
    else
        watch->credit += credit;
    return true;
}

/* ---- news ---- */

enum served { SERVED, SERVED_FULL, SERVED_GONE };

/* Sends one event's news. What is too large for a message goes without its notices; `show` has them. */
static enum served send_news(struct server *server, struct watch *watch, struct message *news)
{
    news->request = watch->request;
    enum err code = server_send(server, watch->peer, news);
    if (code == ERR_TOO_LARGE) {
        oplog(OPLOG_WARN, "news-too-large", OPLOG_NUMBER("position", news->position));
        news->rows = (struct value){.kind = VALUE_MAP};
        code = server_send(server, watch->peer, news);
    }
    return code == ERR_BUSY ? SERVED_FULL : code ? SERVED_GONE : SERVED;
}

/* A directory may have moved the unit from under whoever watches it, or taken the office of whom it is watched for. */
static bool is_allowed_still(struct server *server, struct watch *watch)
{
    const struct principal *who = principals_by_name(&server->access.principals, watch->key);
    uint64_t position = directory_position(server);
    if (watch->key.size == 0 || (who && watch->directory == position))
        return true;
    watch->directory = position;
    return who && (watch->filter.erasures || access_to_unit(server, who, watch->filter.unit, watch->filter.person));
}

static enum served end_denied(struct server *server, struct watch *watch)
{
    const struct message answer = {.kind = MESSAGE_REFUSED, .request = watch->request, .has = MESSAGE_HAS_CODE, .code = ERR_DENIED,
                                   .why = TEXT("The directory has changed: this key may not watch that any more."), .todo = text_of(err_advice(ERR_DENIED))};
    refusal_note(server, watch->key, message_kind_name(MESSAGE_WATCH), ERR_DENIED);
    enum err code = server_send(server, watch->peer, &answer);
    (void)code; /* it ends, heard or not */
    return SERVED_GONE;
}

/* A handful of records for one watch. `*looked` counts them. */
static enum err serve_watch(struct server *server, struct view *view, const struct query *query, struct watch *watch, uint32_t *looked, enum served *served)
{
    uint64_t last = engine_position(server->engine);
    struct server_sight sight;
    struct query sees = *query;
    *served = SERVED;
    if (!is_allowed_still(server, watch)) {
        *served = end_denied(server, watch);
        return ERR_OK;
    }
    sees.sight = sight_of(server, watch->key.size ? principals_by_name(&server->access.principals, watch->key) : NULL, &sight);
    for (uint32_t i = 0; i < HANDFUL && watch->credit && watch->position <= last; i++, ++*looked) {
        struct arena_mark mark = arena_save(&server->scratch);
        struct message news;
        bool passes;
        enum err code = query_news(&sees, view, &watch->filter, watch->position, &passes, &news);
        if (!code && passes)
            *served = link_takes(server->link, watch->peer) ? send_news(server, watch, &news) : SERVED_FULL;
        arena_rewind(&server->scratch, mark);
        if (code || *served != SERVED)
            return code;
        watch->credit -= passes;
        watch->position++;
    }
    return ERR_OK;
}

static bool wants_news(const struct server *server, const struct watch *watch)
{
    return watch->credit && watch->position <= engine_position(server->engine);
}

static bool anyone_wants_news(const struct server *server)
{
    for (const struct watch *watch = server->watches; watch; watch = watch->next)
        if (wants_news(server, watch))
            return true;
    return false;
}

/* The next turn begins with this one. */
static void begin_with(struct server *server, struct watch *watch)
{
    struct watch *before = server->watches, *last = watch;
    if (before == watch)
        return;
    while (before->next != watch)
        before = before->next;
    while (last->next)
        last = last->next;
    before->next = NULL;
    last->next = server->watches;
    server->watches = watch;
}

/* Everyone who wants something has a handful, as far as a turn goes: others wait for their answers meanwhile. `*more`: some want more still. */
static enum err serve_round(struct server *server, struct view *view, const struct query *query, uint32_t *looked, bool *more)
{
    struct watch *watch, *next;
    *more = false;
    for (watch = server->watches; watch && *looked < LIMIT_TURN_NEWS; watch = next) {
        enum served served = SERVED;
        next = watch->next;
        if (!wants_news(server, watch))
            continue;
        enum err code = serve_watch(server, view, query, watch, looked, &served);
        if (code)
            return code;
        if (served == SERVED && wants_news(server, watch))
            *more = true;
        if (served == SERVED_GONE)
            end_watch(server, watch);
        server->held_back = server->held_back || served == SERVED_FULL;
    }
    if (watch) {
        *more = true;
        begin_with(server, watch);
    }
    return ERR_OK;
}

void watch_serve(struct server *server)
{
    struct view view = {.engine = server->engine, .seal = server->seal, .arena = &server->scratch};
    const struct query query = {.engine = server->engine, .seal = server->seal, .time = server_time(server)};
    uint32_t looked = 0;
    bool more = true;
    server->held_back = false;
    if (!anyone_wants_news(server))
        return;
    enum err code = view_begin(&view);
    while (!code && more && looked < LIMIT_TURN_NEWS)
        code = serve_round(server, &view, &query, &looked, &more);
    view_end(&view);
    if (code)
        server_fail(server, code == ERR_NOT_FOUND ? ERR_CORRUPT : code, "reading the log for a watch");
    server->again = server->again || more;
}

uint64_t watch_lag(const struct server *server)
{
    uint64_t behind = engine_position(server->engine) + 1, most = 0;
    for (const struct watch *watch = server->watches; watch; watch = watch->next)
        if (watch->position < behind && behind - watch->position > most)
            most = behind - watch->position;
    return most;
}

void watch_close_all(struct server *server)
{
    while (server->watches)
        end_watch(server, server->watches);
}
