/* server_reads: that somebody was shown something private is recorded before it leaves (reads.h), and who may see it is told of that. See server.h.
 *
 * What cannot be recorded is not shown: the question is answered busy, the task waits. */
#include "engine/server_inner.h"

enum { SYNC_MS = 1000, ROWS_MOST = 500 };

static void on_sync(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (reads_sync(server->reads))
        oplog(OPLOG_ERROR, "reads-not-on-disk");
}

void server_watch_reads(struct server *server)
{
    uv_timer_init(&server->loop, &server->reads_timer);
    server->reads_timer.data = server;
}

void server_close_reads(struct server *server)
{
    if (server->reads && reads_sync(server->reads))
        oplog(OPLOG_ERROR, "reads-not-on-disk");
    reads_close(&server->reads);
}

static bool record(struct server *server, const struct reads_row *row)
{
    if (reads_put(server->reads, row)) {
        oplog(OPLOG_ERROR, "read-not-recorded", OPLOG_TEXT("what", row->what));
        return false;
    }
    if (!uv_is_active((uv_handle_t *)&server->reads_timer))
        uv_timer_start(&server->reads_timer, on_sync, SYNC_MS, 0);
    return true;
}

/* Names that were not recorded yet; a comma before them is none of them. */
static struct text news_of(struct view_shown *shown)
{
    struct text names = {.data = shown->names + shown->told, .size = shown->size - shown->told};
    if (names.size && names.data[0] == ',')
        names = (struct text){.data = names.data + 1, .size = names.size - 1};
    return names;
}

bool server_note_shown(struct server *server, struct text person, struct text through, const char *what, struct view_shown *shown)
{
    if (shown->told == shown->size)
        return true;
    const struct reads_row row = {.time = server_time(server).now, .case_id = shown->case_id, .person = person, .through = through, .what = text_of(what),
                                  .fields = news_of(shown), .cut = shown->cut};
    shown->told = shown->size;
    return record(server, &row);
}

enum err server_note_task(void *context, uint64_t peer, struct text worker, struct view_shown *shown)
{
    struct server *server = context;
    struct text person = arena_print(&server->scratch, "worker:%.*s", (int)worker.size, worker.data);
    return server_note_shown(server, person, link_is_tcp(server->link, peer) ? worker : TEXT("local"), "task", shown) ? ERR_OK : ERR_BUSY;
}

/* ---- who was shown what ---- */

static struct value read_row(struct server *server, const struct reads_row *read)
{
    struct arena *arena = &server->scratch;
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = read->case_id};
    const struct case_state *state;
    struct map_maker row = map_begin(arena);
    struct list_maker fields = {.arena = arena};
    for (size_t at = 0, end; at < read->fields.size; at = end + 1) {
        const char *comma = memchr(read->fields.data + at, ',', read->fields.size - at);
        end = comma ? (size_t)(comma - read->fields.data) : read->fields.size;
        list_add(&fields, value_text((struct text){.data = read->fields.data + at, .size = end - at}));
    }
    map_put_number(&row, "p", (int64_t)read->number);
    map_put_number(&row, "t", read->time);
    map_put_number(&row, "case", (int64_t)read->case_id);
    if (engine_find_case(server->engine, &subject, &state) == ERR_OK)
        map_put_text(&row, "no", arena_copy(arena, state->number));
    map_put_text(&row, "what", read->what);
    map_put_text(&row, "as", read->person);
    map_put_text(&row, "through", read->through);
    map_put_list(&row, "fields", fields.items, fields.count);
    map_put_flag(&row, "cut", read->cut);
    return map_end(&row);
}

static enum err collect(struct server *server, const struct message *question, uint64_t case_id, struct list_maker *rows, uint64_t *after)
{
    uint32_t most = question->limit && question->limit < ROWS_MOST ? question->limit : ROWS_MOST;
    struct reads_row read;
    enum err code = ERR_OK;
    *after = question->after;
    for (uint32_t looked = 0; !code && rows->count < most && looked < LIMIT_PAGE_SCAN; looked++) {
        struct arena_mark mark = arena_save(&server->scratch);
        code = reads_next(server->reads, &server->scratch, after, LIMIT_TURN_SCAN, &read);
        if (!code && (!case_id || read.case_id == case_id) && (!question->on_behalf.size || text_equal(read.person, question->on_behalf)))
            list_add(rows, read_row(server, &read));
        else
            arena_rewind(&server->scratch, mark);
    }
    if (code == ERR_NOT_FOUND)
        *after = 0;
    return code == ERR_NOT_FOUND || code == ERR_BUSY ? ERR_OK : code;
}

/* The case that is asked about, 0: none. Who is no operator asks about one at which they supervise. */
static bool find_case(struct server *server, const struct item *item, uint64_t *case_id)
{
    const struct message *question = &item->message;
    const struct case_state *state;
    struct view view = {.engine = server->engine, .arena = &server->scratch};
    bool operates = !item->from->who || access_is_operator(item->from);
    *case_id = 0;
    if (question->subject.kind == CASE_REF_NONE && operates)
        return true;
    bool found = question->subject.kind != CASE_REF_NONE && engine_find_case(server->engine, &question->subject, &state) == ERR_OK;
    if (!operates && (!found || !view_supervises(&view, state, question->as))) {
        access_refuse(server, item, TEXT("Who was shown something private is told to operators, and of one case to a supervisor of its unit."));
        return false;
    }
    if (!found)
        server_refuse(server, item, ERR_UNKNOWN_CASE, (struct text){0});
    else
        *case_id = state->id;
    return found;
}

enum err server_answer_reads(struct server *server, const struct item *item)
{
    struct arena_mark mark = arena_save(&server->scratch);
    struct message answer = {.kind = MESSAGE_RESULT, .position = engine_position(server->engine), .time = server->walltime.now};
    uint64_t case_id;
    enum err code = ERR_OK;
    if (!engine_knows_person(server->engine, item->message.as)) {
        server_refuse(server, item, ERR_UNKNOWN_PERSON, (struct text){0});
    } else if (find_case(server, item, &case_id)) {
        struct list_maker rows = {.arena = &server->scratch};
        code = collect(server, &item->message, case_id, &rows, &answer.after);
        answer.rows = list_end(&rows);
        if (!code)
            server_answer(server, item, &answer);
    }
    arena_rewind(&server->scratch, mark);
    return code;
}
