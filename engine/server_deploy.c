/* server_deploy: deployments: received in parts, compiled, deployed; and those that the configuration lists. See server.h.
 *
 * Parts are held in memory, one deployment of a connection at a time, until the last has come: then the file is compiled here, and either
 * all of it takes effect by one commit, or every mistake goes back and nothing has changed. */
#include "engine/server_inner.h"

#include <stdlib.h>

enum { UPLOAD_IDLE_MS = 60000 }; /* one that has not gone on for so long gives its place to another */

struct upload {
    link_peer peer; /* 0: free */
    uint8_t id[ID_SIZE];
    uint32_t parts, next;
    int64_t touched; /* monotonic */
    char *bytes;     /* [LIMIT_DEPLOY_BYTES] */
    size_t size;
};

/* ---- parts ---- */

static void drop_upload(struct upload *upload)
{
    free(upload->bytes);
    *upload = (struct upload){0};
}

static struct upload *find_upload(struct server *server, link_peer peer)
{
    for (uint32_t i = 0; server->uploads && i < LIMIT_DEPLOYS; i++)
        if (server->uploads[i].peer == peer)
            return &server->uploads[i];
    return NULL;
}

/* A place for a new one: a free place, or that of one that has been idle for long. NULL: too many at once, or no memory. */
static struct upload *new_upload(struct server *server, const struct item *item)
{
    if (!server->uploads)
        server->uploads = calloc(LIMIT_DEPLOYS, sizeof *server->uploads);
    struct upload *upload = find_upload(server, item->from->peer);
    for (uint32_t i = 0; server->uploads && !upload && i < LIMIT_DEPLOYS; i++)
        if (server->uploads[i].peer == 0 || server->walltime.monotonic - server->uploads[i].touched > UPLOAD_IDLE_MS)
            upload = &server->uploads[i];
    if (!upload)
        return NULL;
    drop_upload(upload);
    upload->bytes = malloc(LIMIT_DEPLOY_BYTES);
    if (!upload->bytes)
        return NULL;
    upload->peer = item->from->peer;
    upload->parts = item->message.parts;
    upload->next = 1;
    memcpy(upload->id, item->message.id.data, ID_SIZE);
    return upload;
}

static void refuse(struct item *item, enum err code, struct text why)
{
    item->answer = (struct message){.kind = MESSAGE_REFUSED, .has = MESSAGE_HAS_CODE, .code = code, .why = why, .todo = text_of(err_advice(code))};
}

/* The part that came last, once more: its sender has not had the answer. */
static bool is_repeated(const struct upload *upload, const struct message *message)
{
    return upload && message->part > 1 && message->part + 1 == upload->next && message->parts == upload->parts &&
           memcmp(upload->id, message->id.data, ID_SIZE) == 0;
}

static void go_on(struct item *item)
{
    item->answer = (struct message){.kind = MESSAGE_RESULT, .rows = {.kind = VALUE_LIST}};
}

/* Takes the part in. NULL: it is answered already. */
static struct upload *take_part(struct server *server, struct item *item)
{
    const struct message *message = &item->message;
    struct upload *upload = message->part == 1 ? new_upload(server, item) : find_upload(server, item->from->peer);
    if (!upload && message->part == 1) {
        item->answer = (struct message){.kind = MESSAGE_BUSY, .has = MESSAGE_HAS_CODE, .code = ERR_BUSY, .after = 5000,
                                        .why = TEXT("Too many deployments are being received."), .todo = text_of(err_advice(ERR_BUSY))};
        return NULL;
    }
    if (is_repeated(upload, message)) {
        go_on(item);
        return NULL;
    }
    if (!upload || message->part != upload->next || message->parts != upload->parts || message->part > message->parts ||
        memcmp(upload->id, message->id.data, ID_SIZE) != 0) {
        refuse(item, ERR_MALFORMED, TEXT("This part does not follow the one before it. Send all parts again, from part 1."));
        return NULL;
    }
    if (message->parts > LIMIT_DEPLOY_PARTS || message->bytes.size > LIMIT_DEPLOY_PART || upload->size + message->bytes.size > LIMIT_DEPLOY_BYTES) {
        drop_upload(upload);
        refuse(item, ERR_TOO_LARGE, TEXT("A source has at most 1,048,576 bytes, in at most 64 parts of at most 262,144 bytes."));
        return NULL;
    }
    if (message->bytes.size)
        memcpy(upload->bytes + upload->size, message->bytes.data, message->bytes.size);
    upload->size += message->bytes.size;
    upload->next++;
    upload->touched = server->walltime.monotonic;
    return upload;
}

/* ---- mistakes ---- */

static struct value problem_row(struct arena *arena, const struct problem *problem)
{
    struct map_maker row = map_begin(arena);
    map_put_number(&row, "line", problem->place.line);
    map_put_number(&row, "column", problem->place.column);
    map_put_text(&row, "path", problem->path);
    map_put_text(&row, "why", problem->text);
    map_put_flag(&row, "warning", problem->warning);
    return map_end(&row);
}

static void refuse_source(struct server *server, struct item *item, const struct problems *problems)
{
    uint32_t count;
    const struct problem *sorted = problems_sorted(problems, &server->inbox, &count);
    struct list_maker rows = {.arena = &server->inbox};
    for (uint32_t i = 0; i < count && i < PROBLEMS_SHOWN; i++)
        list_add(&rows, problem_row(&server->inbox, &sorted[i]));
    struct text why = problems_print(problems, &server->inbox);
    while (why.size > 0 && (why.size > WIRE_PROSE_MOST || why.data[why.size - 1] == '\n'))
        why.size--; /* ends with a whole line, or is cut: the rows have them all */
    refuse(item, ERR_INVALID_SOURCE, wire_is_text(why) ? why : TEXT("See the rows."));
    item->answer.rows = list_end(&rows);
}

/* ---- deploying ---- */

/* Within a batch. `source` lives as long as its arena; the compiled form is written with the batch. */
static enum err deploy_source(struct server *server, const struct source *source, struct text text, struct deployment *deployment, struct message *answer)
{
    deployment->what = text_of(source_kind_name(source->kind));
    deployment->name = source->name;
    deployment->version = source->version;
    deployment->applies_from = source->applies_from;
    deployment->source = text;
    deployment->compiled = source->compiled;
    enum err code = engine_deploy(server->engine, deployment, answer);
    if (!code)
        oplog(answer->kind == MESSAGE_REFUSED ? OPLOG_WARN : OPLOG_INFO, "deploy", OPLOG_TEXT("what", deployment->what), OPLOG_TEXT("name", deployment->name),
              OPLOG_NUMBER("version", deployment->version), OPLOG_STRING("answer", answer->kind == MESSAGE_REFUSED ? err_name(answer->code) : message_kind_name(answer->kind)));
    return code;
}

enum err deploy_part(struct server *server, struct item *item)
{
    struct upload *upload = take_part(server, item);
    if (!upload)
        return ERR_OK;
    if (upload->next <= upload->parts) {
        go_on(item);
        return ERR_OK;
    }
    struct text text = arena_copy(&server->inbox, (struct text){.data = upload->bytes, .size = upload->size});
    drop_upload(upload);
    struct problems problems;
    struct source source;
    const char *name = arena_string(&server->inbox, item->message.name);
    if (source_read_for(&server->inbox, name, text, engine_directory(server->engine), &problems, &source)) {
        refuse_source(server, item, &problems);
        return ERR_OK;
    }
    if (!text_is(item->message.what, source_kind_name(source.kind))) {
        refuse(item, ERR_BAD_DATA, arena_print(&server->inbox, "The file is a %s, but `what` says otherwise.", source_kind_name(source.kind)));
        return ERR_OK;
    }
    struct deployment deployment = {.id = item->message.id, .sender = item->from->principal, .as = item->message.as};
    enum err code = deploy_source(server, &source, text, &deployment, &item->answer);
    if (!code && item->answer.kind != MESSAGE_REFUSED) {
        item->answer.what = deployment.what;
        item->answer.name = deployment.name;
        item->answer.version = deployment.version;
    }
    return code;
}

void deploy_close_all(struct server *server)
{
    for (uint32_t i = 0; server->uploads && i < LIMIT_DEPLOYS; i++)
        drop_upload(&server->uploads[i]);
    free(server->uploads);
    server->uploads = NULL;
}

/* ---- what the configuration lists ---- */

/* The same content has the same event id, so that starting again repeats an event and adds none. */
static struct text id_of_content(struct arena *arena, const struct source *source)
{
    uint64_t halves[2] = {store_checksum(TEXT("configured-1"), source->compiled), store_checksum(TEXT("configured-2"), source->compiled)};
    return arena_copy(arena, (struct text){.data = (const char *)halves, .size = sizeof halves});
}

static enum err deploy_file(struct server *server, const struct config_deploy *listed, struct arena *arena, struct text *why)
{
    struct problems problems;
    struct source source;
    struct text text;
    enum err code = source_load(arena, listed->path, &text, why);
    if (code)
        return code;
    code = source_read(arena, listed->path, text, &problems, &source);
    if (code) {
        *why = problems_print(&problems, arena);
        return code;
    }
    if (strcmp(listed->what, source_kind_name(source.kind)) != 0) {
        *why = arena_print(arena, "%s is a %s, but the configuration lists it as a %s.", listed->path, source_kind_name(source.kind), listed->what);
        return ERR_BAD_CONFIG;
    }
    struct deployment deployment = {.id = id_of_content(arena, &source), .sender = TEXT("local"), .as = TEXT("local:serve")};
    struct message answer;
    engine_begin(server->engine, server->walltime.now);
    code = deploy_source(server, &source, text, &deployment, &answer);
    if (code) {
        engine_abort(server->engine);
        return code;
    }
    bool bad = answer.kind == MESSAGE_REFUSED && answer.code == ERR_INVALID_SOURCE;
    if (bad)
        *why = arena_print(arena, "%s: %.*s", listed->path, (int)answer.why.size, answer.why.data);
    code = engine_commit(server->engine, &server->done);
    return code ? code : bad ? ERR_INVALID_SOURCE : ERR_OK;
}

enum err deploy_configured(struct server *server, struct arena *arena, struct text *why)
{
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < server->config->deploy_count && !code; i++)
        code = deploy_file(server, &server->config->deploys[i], arena, why);
    return code;
}
