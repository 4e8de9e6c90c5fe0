/* host_turn: one turn of the loop, in the order of a server:
 *
 *     gather ─ door ─ decide ─┐
 *     parked events ──────────┤
 *     lapsed leases ──────────┼─ seal keys ─ commit ─ answers ─ outbox
 *     what is due ────────────┘
 *
 * The process may be killed before the commit, after it, between two answers, between two messages to workers, and whenever the store is called. */
#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"
#include "tests/simulate/mail.h"
#include "tests/simulate/trouble.h"
#include "tests/simulate/workers.h"

#include <assert.h>

enum { LAPSED_MOST = 16, UNPARKED_MOST = 64, COUNTED_MOST = 8 };

/* What a message has come to. */
struct outcome {
    struct outcome *next;
    uint64_t peer;
    struct message message, answer;
    bool reported; /* a report that the outbox has checked */
};

struct turn {
    struct sim *sim;
    struct host *host;
    struct outcome *first, **end;
    uint64_t lapsed[LAPSED_MOST];
    uint32_t lapsed_count, fired;
    struct event counted[COUNTED_MOST]; /* for secret votes */
    uint32_t counted_count;
    struct message deployed; /* the answer to a deployment */
    bool more;
};

/* Whether the error is one that the sender hears of, or one that ends the batch. */
static bool is_refusal(enum err code)
{
    return code && err_travels(code);
}

static void refuse(struct message *answer, enum err code, struct text why)
{
    *answer = (struct message){.kind = MESSAGE_REFUSED, .code = code, .has = MESSAGE_HAS_CODE, .why = why.size ? why : text_of(err_sentence(code)),
                               .todo = text_of(err_advice(code))};
}

static struct outcome *add(struct turn *turn, uint64_t peer)
{
    struct outcome *outcome = ARENA_NEW(&turn->host->arena, struct outcome);
    outcome->peer = peer;
    *turn->end = outcome;
    turn->end = &outcome->next;
    return outcome;
}

/* ---- one message ---- */

static struct text waiting_key(struct arena *arena, struct text sender, struct text id)
{
    return arena_print(arena, "%.*s %08x%08x%08x%08x", SHOW(sender), sim_short((struct text){id.data - 12, ID_SIZE}), sim_short((struct text){id.data - 8, ID_SIZE}),
                       sim_short((struct text){id.data - 4, ID_SIZE}), sim_short(id));
}

/* Through the door and decided. */
static enum err decide(struct turn *turn, const struct message *message, const struct door_origin *origin, struct message *answer)
{
    struct host *host = turn->host;
    struct event event;
    struct text why = {0};
    uint32_t mark = seal_save(host->seal);
    enum err code = door_event(&host->door, &host->arena, message, origin, &event, &why);
    if (is_refusal(code)) {
        refuse(answer, code, why);
        code = ERR_OK;
    } else if (!code) {
        code = engine_decide(host->engine, &event, answer);
    }
    if (answer->kind == MESSAGE_REFUSED || answer->kind == MESSAGE_DUPLICATE)
        seal_rewind(host->seal, mark);
    return code;
}

static enum err take_from_client(struct turn *turn, const struct speaker *client, struct outcome *outcome)
{
    const struct message *message = &outcome->message;
    struct door_origin origin = {.principal = client->name};
    switch (message->kind) {
    case MESSAGE_OPEN:
    case MESSAGE_SEND:
    case MESSAGE_RELEASE:
    case MESSAGE_MIGRATE:
    case MESSAGE_ERASE:
    case MESSAGE_RETRY: break;
    default: refuse(&outcome->answer, ERR_DENIED, TEXT("The simulated server takes only events.")); return ERR_OK;
    }
    enum err code = decide(turn, message, &origin, &outcome->answer);
    if (!code && outcome->answer.kind == MESSAGE_PARKED)
        *map_at(&turn->host->waiting, waiting_key(&turn->host->arena, client->name, message->id)) = mail_letter(turn->sim, message->request);
    return code;
}

/* What it speaks of is not its own any more: because it was reported already, or else it is refused. */
static enum err refuse_report(struct turn *turn, struct outcome *outcome, const struct door_origin *origin, enum err refusal, struct text why)
{
    struct host *host = turn->host;
    bool seen = false;
    enum err code = ERR_OK;
    if (refusal == ERR_STALE_LEASE || refusal == ERR_UNKNOWN_TASK)
        code = door_seen(&host->door, &host->arena, &outcome->message, origin, &outcome->answer, &seen);
    if (!code && !seen)
        refuse(&outcome->answer, refusal, why);
    return code;
}

static enum err take_report(struct turn *turn, const struct speaker *worker, struct outcome *outcome)
{
    struct host *host = turn->host;
    struct door_origin origin = {.principal = worker->name};
    struct text why = {0};
    if (outbox_note_failed(host->outbox, worker->peer, &outcome->message, host_outbox_time(turn->sim))) {
        struct letter *letter = mail_letter(turn->sim, outcome->message.request);
        if (letter)
            letter->noted = true;
        audit_rests(turn->sim, outcome->message.task);
        outcome->answer = (struct message){.kind = MESSAGE_APPLIED, .position = engine_position(host->engine), .time = engine_now(host->engine)};
        return ERR_OK;
    }
    enum err code = outbox_check(host->outbox, &host->arena, outcome->peer, &outcome->message, &origin, &why);
    outcome->reported = !code;
    if (!code)
        return decide(turn, &outcome->message, &origin, &outcome->answer);
    return is_refusal(code) ? refuse_report(turn, outcome, &origin, code, why) : code;
}

static void enroll(struct turn *turn, const struct speaker *worker, struct outcome *outcome)
{
    struct message message = outcome->message;
    if (turn->sim->options.broken == BREAK_MORE_CREDIT)
        message.credit++;
    outbox_register(turn->host->outbox, outcome->peer, &message, host_outbox_time(turn->sim), &outcome->answer);
    if (outcome->answer.kind == MESSAGE_REGISTERED)
        audit_registered(turn->sim, worker, outcome->message.credit);
}

static enum err take_from_worker(struct turn *turn, const struct speaker *worker, struct outcome *outcome)
{
    struct host *host = turn->host;
    const struct message *message = &outcome->message;
    bool known = true;
    switch (message->kind) {
    case MESSAGE_ACCEPT:
    case MESSAGE_SETTLE:
    case MESSAGE_FAIL:
    case MESSAGE_SEND: return take_report(turn, worker, outcome);
    case MESSAGE_REGISTER: enroll(turn, worker, outcome); return ERR_OK;
    case MESSAGE_CREDIT:
        known = outbox_credit(host->outbox, outcome->peer, message->credit);
        audit_credit(turn->sim, outcome->peer, known ? message->credit : 0);
        break;
    case MESSAGE_BEAT: known = outbox_beat(host->outbox, outcome->peer, host_outbox_time(turn->sim)); break;
    default: refuse(&outcome->answer, ERR_DENIED, TEXT("Workers report, beat and give credit.")); return ERR_OK;
    }
    if (!known)
        refuse(&outcome->answer, ERR_NOT_REGISTERED, (struct text){0});
    return ERR_OK;
}

static enum err take(struct turn *turn, const struct inbox_item *item)
{
    const struct speaker *speaker = mail_speaker(turn->sim, item->peer);
    struct text why;
    if (!speaker)
        return ERR_OK; /* the connection is gone: what was still under way in it is lost */
    struct outcome *outcome = add(turn, item->peer);
    enum err code = wire_decode(&turn->host->arena, item->bytes, &outcome->message, &why);
    if (code) {
        refuse(&outcome->answer, code, why);
        return ERR_OK;
    }
    return speaker->worker ? take_from_worker(turn, speaker, outcome) : take_from_client(turn, speaker, outcome);
}

static enum err take_all(struct turn *turn)
{
    struct host *host = turn->host;
    enum err code = ERR_OK;
    for (uint32_t i = 0; host->inbox && i < turn->sim->profile.batch && !code; i++) {
        code = take(turn, host->inbox);
        host->inbox = host->inbox->next;
        host->inbox_count--;
    }
    if (!host->inbox)
        host->inbox_end = &host->inbox;
    turn->more = host->inbox != NULL;
    return code;
}

/* ---- what is not asked for ---- */

static enum err decide_parked(struct turn *turn, const struct door_parked *parked)
{
    struct message answer = {0};
    enum err code = engine_decide(turn->host->engine, &parked->event, &answer);
    struct text key = waiting_key(&turn->host->arena, parked->sender, parked->id);
    struct letter *letter = map_find(&turn->host->waiting, key);
    if (code || !letter)
        return code;
    if (parked->event.kind == EVENT_UNPARK)
        refuse(&answer, parked->event.code, parked->why);
    struct outcome *outcome = add(turn, letter->from->peer);
    outcome->message.request = letter->number;
    outcome->answer = answer;
    *map_at(&turn->host->waiting, key) = NULL;
    return ERR_OK;
}

/* Between batches: reads and seals them. */
static enum err fetch_parked(struct turn *turn, struct door_parked *parked, uint32_t most, uint32_t *count)
{
    struct host *host = turn->host;
    uint64_t after = 0;
    enum err code = ERR_OK;
    *count = 0;
    while (host->parked && *count < most && !code) {
        code = door_unpark(&host->door, &host->arena, host->parked->key, &after, &parked[*count]);
        if (!code) {
            *count += 1;
        } else if (code == ERR_NOT_FOUND && *count == 0) {
            host->parked = host->parked->next;
            after = 0;
            code = ERR_OK;
        }
    }
    /* A key is struck from the list only when nothing more waits for it on disk. */
    return code == ERR_NOT_FOUND || code == ERR_BUSY ? ERR_OK : code;
}

static enum err decide_lapsed(struct turn *turn)
{
    struct host *host = turn->host;
    struct door_origin origin;
    enum err code = ERR_OK;
    uint64_t task;
    while (!code && turn->lapsed_count < LAPSED_MOST && outbox_lapsed(host->outbox, host_outbox_time(turn->sim), &origin, &task)) {
        struct event event;
        audit_lapsed(turn->sim, task);
        sim_trace(turn->sim, "  the lease of task %llu has run out (%.*s)", (unsigned long long)task, SHOW(origin.worker));
        turn->lapsed[turn->lapsed_count++] = task;
        door_lapse(&host->door, &origin, task, &event);
        code = engine_decide(host->engine, &event, NULL);
    }
    if (turn->lapsed_count < LAPSED_MOST)
        audit_lapsed_quietly(turn->sim);
    return code;
}

static enum err fire(struct turn *turn)
{
    if (turn->sim->options.broken == BREAK_NEVER_FIRE)
        return ERR_OK;
    return engine_fire(turn->host->engine, turn->sim->profile.fire, &turn->fired);
}

/* ---- after the commit ---- */

static bool died(struct sim *sim)
{
    if (sim->host->dying)
        host_crash(sim, "between two messages to workers");
    return !sim->host->alive;
}

void host_answer(struct sim *sim, uint64_t peer, const struct message *answer)
{
    struct letter *letter = mail_letter(sim, answer->request);
    struct message sent = *answer;
    if (sim->options.broken == BREAK_SWALLOW_ANSWER && answer->request % 16 == 3)
        return;
    if (sim->options.broken == BREAK_OTHER_ANSWER && answer->kind == MESSAGE_DUPLICATE)
        sent.time++;
    if (sim->options.broken == BREAK_FALSE_REFUSAL && answer->kind == MESSAGE_REFUSED && answer->code == ERR_NOT_NOW)
        sent.code = ERR_UNKNOWN_CASE;
    if (letter)
        audit_answer(sim, letter, &sent);
    if (letter && answer->kind == MESSAGE_REFUSED)
        sim_trace(sim, "  answer to letter %u: refused %s: %.*s", letter->number, err_name(answer->code), SHOW(answer->why));
    else if (letter)
        sim_trace(sim, "  answer to letter %u: %s position %llu case %llu %.*s/%.*s %.*s", letter->number, message_kind_name(answer->kind),
                  (unsigned long long)answer->position, (unsigned long long)answer->case_id, SHOW(answer->stage), SHOW(answer->level), SHOW(answer->end));
    if (mail_speaker(sim, peer))
        mail_deliver(sim, peer, &sent);
}

static void answer_all(struct turn *turn)
{
    struct sim *sim = turn->sim;
    for (struct outcome *outcome = turn->first; outcome && turn->host->alive; outcome = outcome->next) {
        if (!outcome->answer.kind)
            continue;
        if (trouble_kills(sim, 100)) {
            host_crash(sim, "between two answers");
            return;
        }
        outcome->answer.request = outcome->message.request;
        host_answer(sim, outcome->peer, &outcome->answer);
    }
}

static void tell_outbox(struct turn *turn, const struct engine_done *done)
{
    struct outbox *outbox = turn->host->outbox;
    for (struct outcome *outcome = turn->first; outcome; outcome = outcome->next) {
        if (!outcome->reported)
            continue;
        outbox_reported(outbox, outcome->peer, &outcome->message, &outcome->answer);
        enum message_kind kind = outcome->answer.kind;
        if (kind == MESSAGE_APPLIED || kind == MESSAGE_DUPLICATE || outcome->answer.code == ERR_UNKNOWN_TASK || outcome->answer.code == ERR_STALE_LEASE)
            audit_lease_over(turn->sim, outcome->message.task);
    }
    for (uint32_t i = 0; i < done->withdrawn_count; i++)
        audit_lease_over(turn->sim, done->withdrawn[i]);
    outbox_withdrawn(outbox, done->withdrawn, done->withdrawn_count);
    for (uint32_t i = 0; i < turn->lapsed_count; i++)
        outbox_lapse_done(outbox, turn->lapsed[i]);
    if (done->outbox_changed && turn->sim->options.broken != BREAK_DEAF_OUTBOX)
        outbox_changed(outbox, done->outbox_from);
}

static void hand_out(struct turn *turn)
{
    bool more = true;
    for (int i = 0; more && i < 4 && turn->host->alive; i++) {
        enum err code = outbox_pump(turn->host->outbox, &turn->host->arena, host_outbox_time(turn->sim), &more);
        if (died(turn->sim))
            return;
        if (code) {
            host_failed(turn->sim, code, "handing out tasks");
            return;
        }
    }
    turn->more = turn->more || more;
    if (!more && turn->host->alive)
        audit_handed_all(turn->sim, host_outbox_time(turn->sim).now);
}

/* The keys of those who were erased, before anybody hears that they were. */
static enum err erase(struct turn *turn)
{
    enum err code = ERR_OK;
    for (struct outcome *outcome = turn->first; outcome && !code; outcome = outcome->next)
        if (outcome->message.kind == MESSAGE_ERASE && (outcome->answer.kind == MESSAGE_APPLIED || outcome->answer.kind == MESSAGE_DUPLICATE))
            code = host_erase(turn->sim, outcome->message.on_behalf);
    return code;
}

static void note_unparkable(struct turn *turn, const struct engine_done *done)
{
    struct host *host = turn->host;
    for (uint32_t i = 0; i < done->unparkable_count; i++) {
        struct parked_key *key = ARENA_NEW(&turn->sim->memory, struct parked_key);
        *key = (struct parked_key){.next = host->parked, .key = arena_copy(&turn->sim->memory, done->unparkable[i])};
        host->parked = key;
    }
}

/* ---- the turn ---- */

static enum err decide_all(struct turn *turn, const struct door_parked *parked, uint32_t parked_count)
{
    enum err code = trouble_deploy(turn->sim, &turn->deployed);
    for (uint32_t i = 0; i < parked_count && !code; i++)
        code = decide_parked(turn, &parked[i]);
    code = code ? code : host_decide_counts(turn->sim, turn->counted, turn->counted_count);
    code = code ? code : take_all(turn);
    code = code ? code : decide_lapsed(turn);
    return code ? code : fire(turn);
}

static void begin(struct turn *turn)
{
    struct sim *sim = turn->sim;
    struct host *host = turn->host;
    int64_t clock = host_clock(sim);
    if (clock > host->clock_most)
        host->clock_most = clock;
    engine_begin(host->engine, clock + (sim->options.broken == BREAK_FIRE_EARLY ? DAY : 0));
    host->in_batch = true;
}

/* false: the batch is gone, and the process perhaps with it. */
static bool commit(struct turn *turn, struct engine_done *done)
{
    struct sim *sim = turn->sim;
    struct host *host = turn->host;
    if (sim->options.broken == BREAK_ANSWER_EARLY)
        answer_all(turn);
    if (!host->alive)
        return false;
    if (trouble_kills(sim, 400)) {
        host_crash(sim, "before the commit");
        return false;
    }
    enum err code = seal_commit(host->seal);
    if (!code && trouble_kills(sim, 50)) {
        host_crash(sim, "between the keys and the commit");
        return false;
    }
    if (!code) {
        host->in_batch = false;
        code = engine_commit(host->engine, done);
    }
    if (code) {
        host_failed(sim, code, "committing");
        return false;
    }
    audit_disk(sim);
    return true;
}

static void plan_next(struct turn *turn)
{
    struct sim *sim = turn->sim;
    struct host *host = turn->host;
    int64_t due = engine_next_due(host->engine), wait = outbox_wait(host->outbox, host_outbox_time(sim));
    if (turn->more || host->parked || host->inbox || turn->lapsed_count == LAPSED_MOST || host_owes_counts(sim)) {
        host_plan_turn(sim, sim->now + 1);
        return;
    }
    if (engine_owes_counts(host->engine))
        host_plan_turn(sim, sim->now + host->counts_at - sim_monotonic(sim));
    /* A turn may see the deadline a millisecond after it; a clock that is behind sees it later. */
    if (due != INT64_MAX && sim->options.broken != BREAK_NEVER_FIRE)
        host_plan_turn(sim, due == INT64_MIN ? sim->now + 1 : due + 1 - host_ahead(sim));
    if (wait != INT64_MAX)
        host_plan_turn(sim, sim->now + (wait > 0 ? wait : 1));
}

static bool reload(struct sim *sim)
{
    struct host *host = sim->host;
    const char *why = "";
    enum err code = store_reopen(host->store);
    code = code ? code : store_reopen(host->keys);
    code = code ? code : engine_reload(host->engine, &why);
    code = code ? code : host_forget_again(sim);
    if (code) {
        host_failed(sim, code, "reading the state again");
        return false;
    }
    host->reload = false;
    sim_trace(sim, "the engine has read its state again, position %llu", (unsigned long long)engine_position(host->engine));
    audit_disk(sim);
    outbox_changed(host->outbox, INT64_MIN);
    return true;
}

void host_turn(struct sim *sim)
{
    struct host *host = sim->host;
    struct turn turn = {.sim = sim, .host = host};
    struct door_parked parked[UNPARKED_MOST];
    struct engine_done done = {0};
    uint32_t parked_count = 0;
    turn.end = &turn.first;
    host->turns++;
    arena_reset(&host->arena);
    trouble_before_turn(sim);
    if (host->reload && !reload(sim))
        return;
    workers_beat(sim);
    bool quiet = !host->inbox && !host->parked;
    enum err code = host_take_counts(sim, turn.counted, COUNTED_MOST, &turn.counted_count); /* first: keys are destroyed while none is new */
    code = code ? code : fetch_parked(&turn, parked, UNPARKED_MOST, &parked_count);
    if (code) {
        host_failed(sim, code, "reading what is owed or parked");
        return;
    }
    begin(&turn);
    code = decide_all(&turn, parked, parked_count);
    if (code) {
        host_failed(sim, code, "deciding");
        return;
    }
    int64_t time = engine_now(host->engine);
    if (!commit(&turn, &done) || sim_over(sim))
        return;
    trouble_deployed(sim, &turn.deployed);
    if (trouble_kills(sim, 200)) {
        host_crash(sim, "after the commit");
        return;
    }
    code = host_forget(sim, &done);
    code = code ? code : erase(&turn);
    if (code) {
        host_failed(sim, code, "destroying the key of a case");
        return;
    }
    tell_outbox(&turn, &done);
    if (died(sim))
        return;
    note_unparkable(&turn, &done);
    if (sim->options.broken != BREAK_ANSWER_EARLY)
        answer_all(&turn);
    if (!host->alive)
        return;
    if (quiet && done.last < done.first && turn.fired == 0)
        audit_quiet(sim, time);
    trouble_after_turn(sim);
    hand_out(&turn);
    if (host->alive && !host->reload)
        plan_next(&turn);
}
