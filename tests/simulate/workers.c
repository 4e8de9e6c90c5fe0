/* workers: see workers.h. */
#include "tests/simulate/workers.h"

#include "tests/simulate/audit.h"
#include "tests/simulate/clients.h"
#include "tests/simulate/host.h"
#include "tests/simulate/sources.h"

#include <assert.h>

enum { PATIENCE_MS = 5 * SECOND };

static void hear(struct sim *sim, struct speaker *speaker, const struct message *message);
static void rise(struct sim *sim, void *subject);
static void refresh(struct sim *sim, void *subject);

static const struct {
    const char *name, *topics[TOPICS_MOST], *unit;
} staff[] = {
    {"docket-a", {"docket", "mediation-centre"}, NULL}, {"docket-b", {"docket", "mediation-centre", "bench"}, NULL},
    {"field", {"survey", "photo", "camera"}, NULL},     {"field-willow", {"survey", "photo"}, "willow"},
    {"office", {"reports", "archive"}, NULL},           {"office-b", {"reports", "archive", "camera"}, NULL},
};
enum { STAFF = sizeof staff / sizeof *staff };

void workers_begin(struct sim *sim)
{
    struct workers *workers = sim->workers = ARENA_NEW(&sim->memory, struct workers);
    _Static_assert((int)STAFF <= (int)WORKERS_MOST, "everybody has room");
    for (uint32_t i = 0; i < STAFF; i++) {
        struct sim_worker *worker = &workers->workers[workers->count++];
        worker->speaker = (struct speaker){.name = text_of(staff[i].name), .worker = true, .hear = hear};
        memcpy(worker->topics, staff[i].topics, sizeof worker->topics);
        worker->unit = staff[i].unit;
        mail_add(sim, &worker->speaker);
        sim_after(sim, dice_between(&sim->dice, MINUTE, HOUR), rise, worker);
        sim_after(sim, DAY, refresh, worker);
    }
}

/* ---- reports ---- */

static void look_after(struct sim *sim, void *subject)
{
    struct letter *letter = subject;
    if (letter->state != LETTER_WAITING)
        return;
    mail_post(sim, letter);
    uint32_t doubled = letter->tries < 10 ? letter->tries : 10;
    sim_after(sim, sim->draining ? 20 * SECOND : (int64_t)PATIENCE_MS << doubled, look_after, letter);
}

static void give_id(struct sim *sim, struct sim_worker *worker, struct message *message)
{
    char *id = arena_take(&sim->memory, ID_SIZE);
    uint32_t number = ++worker->ids;
    memcpy(id, "event-of-wor", 12);
    for (int i = 0; i < 4; i++)
        id[ID_SIZE - 1 - i] = (char)(number >> (8 * i));
    message->id = (struct text){id, ID_SIZE};
}

static void report(struct sim *sim, struct job *job, struct message *message)
{
    struct text words = arena_print(&sim->scratch, "%s %.*s task %llu", message_kind_name(message->kind), SHOW(message->event), (unsigned long long)job->task);
    message->task = job->task;
    if (!message->id.size && (message->kind == MESSAGE_SEND || dice_chance(&sim->dice, 500)))
        give_id(sim, job->worker, message);
    job->report = mail_write(sim, &job->worker->speaker, message, job, words);
    job->state = JOB_REPORTED;
    audit_letter(sim, job->report);
    look_after(sim, job->report);
    if (dice_chance(&sim->dice, 100))
        mail_post(sim, job->report); /* answers twice */
}

/* The task has come again, and what was reported about it has no answer: the same is said once more, under the new lease. To say something else
 * now would be to contradict oneself, since nobody knows whether the first was heard. */
static void report_again(struct sim *sim, struct job *job)
{
    struct message message;
    struct text why;
    enum err code = wire_decode(&sim->scratch, job->report->bytes, &message, &why);
    assert(code == ERR_OK);
    job->report->state = LETTER_FORGOTTEN;
    message.lease = job->lease;
    report(sim, job, &message);
}

/* ---- what it does about a task ---- */

static bool is_by_worker(const struct workflow *workflow, const struct workflow_event *event)
{
    struct span people = workflow_by(workflow, event->by)->people;
    for (int32_t i = people.first; i < people.first + people.count; i++)
        if (workflow_people(workflow, i)->kind == PEOPLE_WORKER)
            return true;
    return false;
}

/* Of several tasks each has its topics; the event bears the name of the task. */
static bool settles(const struct workflow *workflow, const struct workflow_event *event, struct text topic)
{
    if (event->task == NONE)
        return true;
    struct span topics = workflow_task(workflow, event->task)->topics;
    for (int32_t i = topics.first; i < topics.first + topics.count; i++)
        if (text_is(topic, workflow_string(workflow, workflow_topic_row(workflow, i)->topic)))
            return true;
    return false;
}

static const struct workflow_event *choose_event(struct sim *sim, const struct workflow *workflow, const struct job *job)
{
    int32_t row = workflow_find_stage(workflow, job->stage);
    const struct workflow_event *found[16];
    uint32_t count = 0;
    if (row == NONE)
        return NULL;
    struct span events = workflow_stage(workflow, row)->events;
    for (int32_t i = events.first; i < events.first + events.count && count < 16; i++) {
        const struct workflow_event *event = workflow_event(workflow, i);
        if (is_by_worker(workflow, event) && settles(workflow, event, job->topic))
            found[count++] = event;
    }
    return count ? found[dice_below(&sim->dice, count)] : NULL;
}

static void fail(struct sim *sim, struct job *job)
{
    struct message message = {.kind = MESSAGE_FAIL, .lease = job->lease, .why = TEXT("It could not be done."), .again = dice_chance(&sim->dice, 800)};
    if (dice_chance(&sim->dice, 200))
        message.after = (uint64_t)dice_between(&sim->dice, SECOND, DAY);
    report(sim, job, &message);
}

static void settle_by_event(struct sim *sim, struct job *job)
{
    const struct workflow *workflow = source_workflow(job->workflow, 1);
    const struct workflow_event *event = workflow ? choose_event(sim, workflow, job) : NULL;
    if (!event) {
        fail(sim, job);
        return;
    }
    struct message message = {.kind = MESSAGE_SEND, .lease = job->kept ? 0 : job->lease, .subject = {.kind = CASE_REF_ID, .id = job->case_id},
                              .event = text_of(workflow_string(workflow, event->name)), .as = arena_print(&sim->scratch, "worker:%.*s", SHOW(job->topic))};
    message.data = compose_data(sim, workflow, NULL, event->needs, event->may, &message.data_count);
    report(sim, job, &message);
}

static void accept(struct sim *sim, struct job *job)
{
    struct message message = {.kind = MESSAGE_ACCEPT, .lease = job->lease};
    job->kept = true;
    report(sim, job, &message);
}

static struct job *find_job(const struct sim_worker *worker, uint64_t task)
{
    struct job *job = worker->jobs;
    while (job && job->task != task)
        job = job->next;
    return job;
}

static void end_job(struct job *job)
{
    job->state = JOB_OVER;
    job->kept = false;
}

/* What it had accepted is no longer wanted: struck from the ledger, then the cancellation is settled. */
static void settle(struct sim *sim, struct job *job)
{
    struct message message = {.kind = MESSAGE_SETTLE, .lease = job->lease};
    struct job *cancelled = job->about ? find_job(job->worker, job->about) : NULL;
    if (cancelled)
        end_job(cancelled);
    report(sim, job, &message);
}

static void die(struct sim *sim, struct sim_worker *worker);

static void work_on(struct sim *sim, void *subject)
{
    struct job *job = subject;
    const struct profile *profile = &sim->profile;
    uint32_t roll = dice_below(&sim->dice, 1000);
    if (job->state != JOB_NEW || !job->worker->alive)
        return;
    if (!sim->draining && roll < profile->die) {
        die(sim, job->worker);
    } else if (job->kept) {
        accept(sim, job); /* it may have been accepted already: whoever has said so must know the answer before anything else */
    } else if (!sim->draining && roll < profile->die + profile->silent) {
        sim_trace(sim, "%.*s falls silent", SHOW(job->worker->speaker.name));
        job->worker->silent_until = sim->now + dice_tail(&sim->dice, SECOND, 4 * (int64_t)profile->lease_ms);
        sim_at(sim, job->worker->silent_until, work_on, job); /* as if nothing had been */
    } else if (!sim->draining && roll < profile->die + profile->silent + profile->fail) {
        fail(sim, job);
    } else if (job->notice || job->about || (!sim->draining && dice_chance(&sim->dice, 20))) {
        settle(sim, job); /* a task is not settled like that: it is told so */
    } else if (sim->draining || dice_chance(&sim->dice, profile->hold)) {
        accept(sim, job);
    } else {
        settle_by_event(sim, job);
    }
}

static void finish(struct sim *sim, void *subject)
{
    struct job *job = subject;
    if (job->state != JOB_HELD || sim->draining)
        return;
    if (job->worker->alive)
        settle_by_event(sim, job);
    else
        sim_after(sim, DAY, finish, job);
}

static void hold(struct sim *sim, struct job *job)
{
    job->state = JOB_HELD;
    if (dice_chance(&sim->dice, 800))
        sim_after(sim, dice_tail(&sim->dice, HOUR, 8 * DAY), finish, job);
}

/* ---- registering ---- */

static void enroll(struct sim *sim, struct sim_worker *worker)
{
    struct value topics[TOPICS_MOST];
    uint32_t count = 0;
    if (worker->registration && worker->registration->state == LETTER_WAITING)
        worker->registration->state = LETTER_FORGOTTEN;
    while (count < TOPICS_MOST && worker->topics[count]) {
        topics[count] = value_text(text_of(worker->topics[count]));
        count++;
    }
    struct message message = {.kind = MESSAGE_REGISTER, .what = worker->speaker.name, .credit = sim->draining ? 100 : sim->profile.credit,
                              .topics = {.kind = VALUE_LIST, .count = count, .items = topics}, .unit = text_of(worker->unit)};
    worker->registered = false;
    worker->registration = mail_write(sim, &worker->speaker, &message, NULL, TEXT("register"));
    look_after(sim, worker->registration);
}

static void rise(struct sim *sim, void *subject)
{
    struct sim_worker *worker = subject;
    if (worker->alive)
        return;
    worker->alive = true;
    sim_trace(sim, "%.*s starts", SHOW(worker->speaker.name));
    mail_connect(sim, &worker->speaker);
    enroll(sim, worker);
}

/* Nobody waits for the answers to what was reported about it. */
static void forget(struct sim *sim, const struct job *job)
{
    for (uint32_t i = 0; i < sim->mail->count; i++)
        if (sim->mail->letters[i]->about == job && sim->mail->letters[i]->state == LETTER_WAITING)
            sim->mail->letters[i]->state = LETTER_FORGOTTEN;
}

/* What it has not written down is gone, and nobody waits for those answers. */
static void die(struct sim *sim, struct sim_worker *worker)
{
    sim_trace(sim, "%.*s dies", SHOW(worker->speaker.name));
    worker->alive = worker->registered = false;
    mail_disconnect(&worker->speaker);
    if (worker->registration && worker->registration->state == LETTER_WAITING)
        worker->registration->state = LETTER_FORGOTTEN;
    for (struct job *job = worker->jobs; job; job = job->next) {
        if (job->kept)
            continue;
        job->state = JOB_OVER;
        forget(sim, job);
    }
    sim_after(sim, dice_tail(&sim->dice, SECOND, 2 * DAY), rise, worker);
}

/* Credit that got lost on the way comes back with a new registration. */
static void refresh(struct sim *sim, void *subject)
{
    struct sim_worker *worker = subject;
    if (sim->draining)
        return;
    if (worker->alive && sim->host->alive)
        enroll(sim, worker);
    sim_after(sim, dice_between(&sim->dice, HOUR, 2 * DAY), refresh, worker);
}

static void connect_again(struct sim *sim, void *subject)
{
    struct sim_worker *worker = subject;
    if (!worker->alive || !sim->host->alive)
        return;
    mail_connect(sim, &worker->speaker);
    enroll(sim, worker);
}

void workers_connect_again(struct sim *sim, struct speaker *speaker)
{
    mail_disconnect(speaker);
    sim_after(sim, dice_between(&sim->dice, 1, 10 * SECOND), connect_again, speaker);
}

void workers_engine_is_back(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->workers->count; i++)
        sim_after(sim, sim->draining ? 10 : dice_between(&sim->dice, 1, MINUTE), connect_again, &sim->workers->workers[i]);
}

void workers_beat(struct sim *sim)
{
    struct workers *workers = sim->workers;
    for (uint32_t i = 0; i < workers->count; i++) {
        struct sim_worker *worker = &workers->workers[i];
        if (!worker->alive || !worker->speaker.peer || worker->silent_until > sim->now)
            continue;
        if (outbox_beat(sim->host->outbox, worker->speaker.peer, host_outbox_time(sim)))
            audit_beat(sim, worker->speaker.peer);
        else if (worker->registered)
            enroll(sim, worker); /* it is told that it is not known; who has just registered waits for the answer */
    }
}

/* ---- what is heard ---- */

static struct text row_text(const struct sim *sim, const struct message *message, const char *name)
{
    const struct value *value = value_get(&message->rows, name);
    (void)sim;
    return value && value->kind == VALUE_TEXT ? value->text : (struct text){0};
}

static void hear_task(struct sim *sim, struct sim_worker *worker, const struct message *message)
{
    struct job *job = find_job(worker, message->task);
    if (!job) {
        job = ARENA_NEW(&sim->memory, struct job);
        *job = (struct job){.next = worker->jobs, .worker = worker, .task = message->task, .state = JOB_OVER};
        worker->jobs = job;
    }
    if (job->lease == message->lease && job->state != JOB_OVER)
        return; /* the network has doubled it */
    if (job->lease > message->lease)
        return; /* it was slow: a newer one has come already */
    job->lease = message->lease;
    job->about = message->kind == MESSAGE_CANCEL ? message->about : 0;
    job->notice = text_is(message->what, "notice");
    job->case_id = message->case_id;
    job->topic = arena_copy(&sim->memory, message->topic);
    job->workflow = arena_copy(&sim->memory, row_text(sim, message, "w"));
    job->stage = arena_copy(&sim->memory, row_text(sim, message, "s"));
    if (job->report && job->report->state == LETTER_WAITING) {
        report_again(sim, job);
        return;
    }
    job->state = JOB_NEW;
    sim_after(sim, sim->draining ? 5 : dice_tail(&sim->dice, 50, 3 * (int64_t)sim->profile.lease_ms), work_on, job);
}

static void give_credit(struct sim *sim, struct sim_worker *worker)
{
    const struct message credit = {.kind = MESSAGE_CREDIT, .credit = 1};
    mail_say(sim, &worker->speaker, wire_encode(&sim->scratch, &credit));
}

static void hear_yes(struct sim *sim, struct job *job, enum message_kind what)
{
    if (what == MESSAGE_ACCEPT)
        hold(sim, job);
    else
        end_job(job);
}

/* Whoever is told to drop the report drops it. Otherwise the task is still its own, and something else must be done about it. */
static void hear_no(struct sim *sim, struct job *job, enum message_kind what, enum err code)
{
    bool gone = code == ERR_UNKNOWN_TASK || code == ERR_STALE_LEASE || code == ERR_UNKNOWN_CASE;
    if (gone) {
        end_job(job);
        return;
    }
    if (what == MESSAGE_SEND && job->kept) {
        hold(sim, job);
        return;
    }
    job->state = JOB_NEW;
    sim_after(sim, dice_between(&sim->dice, SECOND, MINUTE), work_on, job);
}

static void hear_answer(struct sim *sim, struct sim_worker *worker, struct letter *letter, const struct message *message)
{
    struct job *job = letter->about;
    if (letter->state != LETTER_WAITING)
        return;
    if (message->kind == MESSAGE_REFUSED && message->code == ERR_NOT_REGISTERED) {
        if (worker->registered)
            enroll(sim, worker); /* the letter is sent again after its patience */
        return;
    }
    if (message->kind == MESSAGE_BUSY)
        return;
    letter->state = LETTER_ENDED;
    if (letter == worker->registration) {
        worker->registered = message->kind == MESSAGE_REGISTERED;
        return;
    }
    if (!job || job->report != letter || job->state != JOB_REPORTED)
        return;
    if (message->kind == MESSAGE_REFUSED)
        hear_no(sim, job, letter->kind, message->code);
    else
        hear_yes(sim, job, letter->kind);
    give_credit(sim, worker);
}

static void hear(struct sim *sim, struct speaker *speaker, const struct message *message)
{
    struct sim_worker *worker = (struct sim_worker *)speaker;
    struct letter *letter = mail_letter(sim, message->request);
    if (message->kind == MESSAGE_TASK || (message->kind == MESSAGE_CANCEL && message->about)) {
        hear_task(sim, worker, message);
    } else if (message->kind == MESSAGE_CANCEL) {
        struct job *job = find_job(worker, message->task);
        if (job && job->lease == message->lease && job->state == JOB_NEW) {
            end_job(job);
            give_credit(sim, worker);
        }
    } else if (letter && letter->from == speaker) {
        hear_answer(sim, worker, letter, message);
    } else if (message->kind == MESSAGE_REFUSED && message->code == ERR_NOT_REGISTERED && worker->registered) {
        enroll(sim, worker);
    }
}

/* ---- the end ---- */

void workers_drain(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->workers->count; i++) {
        struct sim_worker *worker = &sim->workers->workers[i];
        worker->silent_until = 0;
        for (uint32_t l = 0; l < sim->mail->count; l++)
            if (sim->mail->letters[l]->from == &worker->speaker)
                look_after(sim, sim->mail->letters[l]);
        if (worker->alive)
            enroll(sim, worker);
        else
            rise(sim, worker);
        for (struct job *job = worker->jobs; job; job = job->next)
            work_on(sim, job);
    }
}

bool workers_done(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->workers->count; i++)
        for (const struct job *job = sim->workers->workers[i].jobs; job; job = job->next)
            if (job->state == JOB_NEW || job->state == JOB_REPORTED)
                return false;
    return true;
}

bool workers_keeps(const struct sim *sim, struct text name, uint64_t task)
{
    for (uint32_t i = 0; i < sim->workers->count; i++) {
        const struct sim_worker *worker = &sim->workers->workers[i];
        const struct job *job = text_equal(worker->speaker.name, name) ? find_job(worker, task) : NULL;
        if (job && job->kept)
            return true;
    }
    return false;
}

void workers_tell_another(struct sim *sim, const struct speaker *first, const struct message *message)
{
    for (uint32_t i = 0; i < sim->workers->count; i++) {
        const struct speaker *other = &sim->workers->workers[i].speaker;
        if (other == first || !other->peer)
            continue;
        audit_handed_out(sim, other, message);
        mail_deliver(sim, other->peer, message);
        return;
    }
}
