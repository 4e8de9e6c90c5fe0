/* outbox_pump: what is owed is handed out. See outbox.h.
 *
 * Each worker reads each of its topics from where it stopped. A row that it passes over (somebody leases it, it is of a unit that is not
 * its own, it is a cancellation for another) it does not come back to, unless something changes there: outbox_look_again. */
#include "engine/outbox_inner.h"

enum { HANDFUL = 16 }; /* tasks that one worker gets of one topic before the next worker has its turn */

/* One turn. */
struct pump {
    struct outbox *outbox;
    struct outbox_time time;
    struct view view;
    struct store_cursor *cursor;
    uint32_t looked, sent;
};

/* A row of the outbox under the cursor. */
struct owed {
    struct text topic;
    struct outbox_place place;
    struct outbox_row row;
};

/* Why reading a topic stopped. */
enum stop {
    STOP_NOT,
    STOP_TURN,  /* enough for this turn, or for this worker: go on later */
    STOP_END,   /* nothing more is owed */
    STOP_LATER, /* the next is not ready yet */
    STOP_FULL,  /* the connection takes no more */
    STOP_GONE,  /* the connection is gone */
};

/* ---- one row ---- */

/* There is a directory: without one nobody registers with a unit. But the path that a worker named may be no unit any more. */
bool worker_at_unit(const struct outbox *outbox, const struct worker_link *worker, uint32_t unit_id)
{
    const struct directory *directory = engine_directory(outbox->options.engine);
    if (worker->unit.size == 0)
        return true;
    int32_t above = directory_find_unit(directory, worker->unit), unit = advance_unit(directory, unit_id);
    return above != NONE && unit != NONE && directory_covers(directory, above, unit);
}

static bool is_for(const struct pump *pump, const struct worker_link *worker, const struct owed *owed)
{
    if (lease_find(pump->outbox, owed->place.task))
        return false;
    if (owed->row.kind == OUTBOX_CANCEL)
        return text_equal(owed->row.worker, worker->name);
    return worker_at_unit(pump->outbox, worker, owed->row.unit);
}

static bool wants_history(const struct outbox *outbox, struct text topic)
{
    for (uint32_t i = 0; i < outbox->options.history_topic_count; i++)
        if (text_equal(outbox->options.history_topics[i], topic))
            return true;
    return false;
}

static struct message describe(const struct pump *pump, const struct case_state *state, const struct owed *owed, const struct lease *lease)
{
    return (struct message){
        .kind = owed->row.kind == OUTBOX_CANCEL ? MESSAGE_CANCEL : MESSAGE_TASK,
        .task = lease->task,
        .lease = lease->number,
        .lease_ms = pump->outbox->options.lease_ms,
        .attempt = lease->attempt,
        .topic = owed->topic,
        .about = owed->row.about,
        .what = owed->row.kind == OUTBOX_TELL ? TEXT("notice") : (struct text){0},
        .case_id = state->id,
        .number = state->number,
        .key = {.data = (const char *)state->key, .size = ID_SIZE},
        .due = case_due(state),
        .position = owed->row.position,
    };
}

static enum err send_row(struct pump *pump, const struct worker_link *worker, const struct case_state *state, const struct owed *owed,
                         const struct lease *lease, bool history)
{
    const struct outbox_sender *sender = &pump->outbox->options.sender;
    uint64_t task = owed->row.kind == OUTBOX_CANCEL ? owed->row.about : lease->task;
    const struct viewer viewer = {.worker = worker->name, .task = task}; /* as a worker: a person of the same name is somebody else */
    struct message message = describe(pump, state, owed, lease);
    struct view_shown shown = {0};
    pump->view.shown = &shown;
    enum err code = view_task(&pump->view, state, &owed->row, &viewer, history, &message.rows);
    pump->view.shown = NULL;
    if (!code && pump->outbox->options.note_shown)
        code = pump->outbox->options.note_shown(pump->outbox->options.context, worker->peer, worker->name, &shown);
    return code ? code : sender->send(sender->context, worker->peer, &message);
}

/* ERR_BUSY and ERR_NOT_FOUND speak of the connection. */
static enum err send_case(struct pump *pump, const struct worker_link *worker, const struct owed *owed, const struct lease *lease)
{
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = owed->row.case_id};
    const struct case_state *state;
    enum err code = engine_find_case(pump->outbox->options.engine, &subject, &state);
    if (code)
        return code == ERR_UNKNOWN_CASE ? ERR_CORRUPT : code;
    code = send_row(pump, worker, state, owed, lease, wants_history(pump->outbox, owed->topic));
    return code == ERR_TOO_LARGE ? send_row(pump, worker, state, owed, lease, false) : code;
}

static struct lease *grant(struct pump *pump, struct worker_link *worker, const struct owed *owed)
{
    struct lease *lease = lease_grant(pump->outbox, worker, owed->place.task, owed->topic, owed->row.attempt ? owed->row.attempt : 1);
    if (!lease)
        return NULL;
    lease->kind = owed->row.kind;
    lease->ready_at = owed->place.ready_at;
    lease->case_id = owed->row.case_id;
    lease->granted = pump->time.monotonic;
    return lease;
}

static enum err hand_over(struct pump *pump, struct worker_link *worker, const struct owed *owed, enum stop *stop)
{
    struct lease *lease = grant(pump, worker, owed);
    if (!lease) {
        *stop = STOP_FULL;
        return ERR_OK;
    }
    enum err code = send_case(pump, worker, owed, lease);
    if (code) {
        lease_end(pump->outbox, lease);
        *stop = code == ERR_BUSY ? STOP_FULL : code == ERR_NOT_FOUND ? STOP_GONE : STOP_NOT;
        return *stop == STOP_NOT ? code : ERR_OK;
    }
    worker->credit--;
    pump->sent++;
    return ERR_OK;
}

/* ---- one topic of one worker ---- */

static enum err read_owed(struct pump *pump, struct text key, struct text value, struct owed *owed)
{
    if (!key_read_outbox(key, &owed->topic, &owed->place.ready_at, &owed->place.task))
        return ERR_CORRUPT;
    owed->topic = arena_copy(pump->view.arena, owed->topic);
    return row_decode_outbox(arena_copy(pump->view.arena, value), &owed->row);
}

static enum err take_row(struct pump *pump, struct worker_link *worker, struct subscription *topic, struct text key, struct text value, enum stop *stop)
{
    struct owed owed;
    enum err code = read_owed(pump, key, value, &owed);
    if (code)
        return code;
    if (owed.place.ready_at > pump->time.now) {
        topic->wake = owed.place.ready_at;
        *stop = STOP_LATER;
        return ERR_OK;
    }
    pump->looked++;
    if (is_for(pump, worker, &owed))
        code = hand_over(pump, worker, &owed, stop);
    if (!code && *stop == STOP_NOT)
        topic->place = (struct outbox_place){.ready_at = owed.place.ready_at, .task = owed.place.task + 1};
    return code;
}

static struct record_key place_key(const struct pump *pump, const struct subscription *topic)
{
    uint32_t partition = engine_partition(pump->outbox->options.engine);
    return topic->place.ready_at == INT64_MIN ? key_outbox_topic(partition, topic->topic)
                                              : key_outbox(partition, topic->topic, topic->place.ready_at, topic->place.task);
}

static enum err read_topic(struct pump *pump, struct worker_link *worker, struct subscription *topic, enum stop *stop)
{
    struct record_key prefix = key_outbox_topic(engine_partition(pump->outbox->options.engine), topic->topic), from = place_key(pump, topic);
    uint32_t enough = pump->sent + HANDFUL;
    struct text key, value;
    struct arena_mark mark = arena_save(pump->view.arena);
    enum err code = store_cursor_seek(pump->cursor, key_text(&from), &key, &value);
    *stop = STOP_NOT;
    while (!code && key_begins(key, &prefix) && *stop == STOP_NOT) {
        if (worker->credit == 0 || pump->sent == enough || pump->sent == LIMIT_TURN_OFFERS || pump->looked == LIMIT_TURN_SCAN)
            *stop = STOP_TURN;
        else
            code = take_row(pump, worker, topic, key, value, stop);
        arena_rewind(pump->view.arena, mark);
        if (!code && *stop == STOP_NOT)
            code = store_cursor_next(pump->cursor, &key, &value);
    }
    if (*stop == STOP_NOT && (!code || code == ERR_NOT_FOUND))
        *stop = STOP_END;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* ---- everybody ---- */

/* Its topics in turn, one handful of each. */
static enum err serve(struct pump *pump, struct worker_link *worker, bool *more)
{
    for (uint32_t i = 0; i < worker->topic_count; i++) {
        struct subscription *topic = &worker->topics[(worker->turn + i) % worker->topic_count];
        enum stop stop;
        if (worker->credit == 0 || worker->stuffed)
            return ERR_OK; /* who is gone has no credit */
        if (topic->wake > pump->time.now)
            continue;
        enum err code = read_topic(pump, worker, topic, &stop);
        if (code)
            return code;
        if (stop == STOP_END)
            topic->wake = INT64_MAX;
        worker->stuffed = stop == STOP_FULL;
        *more = *more || (stop == STOP_TURN && worker->credit > 0);
        if (stop == STOP_GONE) {
            outbox_gone(pump->outbox, worker->peer); /* and the worker with it */
            return ERR_OK;
        }
    }
    worker->turn++;
    return ERR_OK;
}

static enum err serve_all(struct pump *pump, bool *more)
{
    struct outbox *outbox = pump->outbox;
    uint32_t first = outbox->turn++ % outbox->worker_count, at = 0; /* there is one that has something to do */
    struct worker_link *next;
    enum err code = ERR_OK;
    /* Twice around from the one whose turn it is: those before it and those behind it. */
    for (int round = 0; round < 2; round++) {
        at = 0;
        for (struct worker_link *worker = outbox->workers; worker && !code; worker = next, at++) {
            next = worker->next;
            if ((round == 0) == (at >= first))
                code = serve(pump, worker, more);
        }
    }
    return code;
}

/* Those whose unit is not theirs any more are as if they had gone: they hear it when they register again. */
static void part_with_some(struct outbox *outbox)
{
    const struct outbox_options *options = &outbox->options;
    for (struct worker_link *worker = outbox->workers, *next; options->may_still && worker; worker = next) {
        next = worker->next;
        if (!worker->gone && !options->may_still(options->context, worker->peer, worker->name, worker->unit))
            outbox_gone(outbox, worker->peer);
    }
}

/* Units may have moved: everything is looked at again. */
static void notice_directory(struct outbox *outbox)
{
    const struct directory *directory = engine_directory(outbox->options.engine);
    uint64_t position = directory ? directory->position : 0;
    if (outbox->directory != position) {
        part_with_some(outbox);
        outbox_look_again(outbox, (struct text){0}, (struct outbox_place){.ready_at = INT64_MIN});
    }
    outbox->directory = position;
}

static bool anything_to_do(const struct outbox *outbox, struct outbox_time time)
{
    for (const struct worker_link *worker = outbox->workers; worker; worker = worker->next)
        for (uint32_t i = 0; worker->credit && !worker->stuffed && i < worker->topic_count; i++)
            if (worker->topics[i].wake <= time.now)
                return true;
    return false;
}

enum err outbox_pump(struct outbox *outbox, struct arena *arena, struct outbox_time time, bool *more)
{
    *more = false;
    notice_directory(outbox);
    if (!anything_to_do(outbox, time))
        return ERR_OK;
    struct pump pump = {.outbox = outbox, .time = time, .view = {.engine = outbox->options.engine, .seal = outbox->options.seal, .arena = arena}};
    enum err code = view_begin(&pump.view);
    code = code ? code : store_cursor_open(pump.view.txn, STORE_OUTBOX, &pump.cursor);
    code = code ? code : serve_all(&pump, more);
    store_cursor_close(&pump.cursor);
    view_end(&pump.view);
    return code;
}
