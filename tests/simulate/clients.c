/* clients: see clients.h. */
#include "tests/simulate/clients.h"

#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"

#include <stdlib.h>

/* FIRST_WORKFLOWS: that every run begins with. */
enum { FIRST_WORKFLOWS = 10, TRIES_MOST = 9, ERASURES_MOST = 4, PATIENCE_MS = 5 * SECOND };

static void act(struct sim *sim, void *subject);
static void hear(struct sim *sim, struct speaker *speaker, const struct message *message);

void clients_begin(struct sim *sim)
{
    struct clients *clients = sim->clients = ARENA_NEW(&sim->memory, struct clients);
    clients->count = sim->profile.clients;
    clients->dossiers = ARENA_ARRAY(&sim->memory, struct dossier *, sim->profile.cases);
    for (uint32_t i = 0; i < clients->count; i++) {
        struct client *client = &clients->clients[i];
        client->number = i;
        client->speaker = (struct speaker){.name = arena_print(&sim->memory, "app-%u", i), .hear = hear};
        mail_add(sim, &client->speaker);
        mail_connect(sim, &client->speaker);
        sim_after(sim, dice_between(&sim->dice, MINUTE, HOUR), act, client);
    }
}

struct dossier *clients_dossier(const struct sim *sim, struct text key)
{
    for (uint32_t i = 0; i < sim->clients->dossier_count; i++)
        if (memcmp(sim->clients->dossiers[i]->key, key.data, ID_SIZE) == 0)
            return sim->clients->dossiers[i];
    return NULL;
}

/* ---- sending until there is an answer ---- */

static int64_t patience(const struct sim *sim, const struct letter *letter)
{
    if (sim->draining)
        return 10 * SECOND;
    uint32_t doubled = letter->tries < 12 ? letter->tries : 12;
    return (int64_t)PATIENCE_MS << doubled;
}

static void look_after(struct sim *sim, void *subject)
{
    struct letter *letter = subject;
    bool parked = letter->state == LETTER_PARKED;
    if (letter->state != LETTER_WAITING && !parked)
        return;
    if (!sim->draining && letter->tries >= TRIES_MOST)
        return; /* tried again when everything is drained */
    if (parked && sim->draining)
        return;
    mail_post(sim, letter);
    sim_after(sim, parked ? dice_between(&sim->dice, HOUR, 9 * DAY) : patience(sim, letter), look_after, letter);
}

static void send(struct sim *sim, struct client *client, struct letter *letter)
{
    if (client->sent_count == client->sent_room) {
        uint32_t room = client->sent_room ? client->sent_room * 2 : 64;
        struct letter **wider = ARENA_ARRAY(&sim->memory, struct letter *, room);
        if (client->sent_count)
            memcpy(wider, client->sent, client->sent_count * sizeof *wider);
        client->sent = wider;
        client->sent_room = room;
    }
    client->sent[client->sent_count++] = letter;
    audit_letter(sim, letter);
    look_after(sim, letter);
}

/* ---- what is heard ---- */

static void learn(struct sim *sim, struct dossier *dossier, const struct message *answer)
{
    const struct workflow *workflow = dossier->workflow;
    if (!dossier->number.size)
        dossier->number = arena_copy(&sim->memory, answer->number);
    dossier->opened = true;
    dossier->case_id = answer->case_id;
    dossier->due = answer->due;
    dossier->ended = answer->end.size > 0;
    int32_t stage = workflow_find_stage(workflow, answer->stage), level = workflow_find_level(workflow, answer->level);
    dossier->stage = stage;
    dossier->level = level;
    int32_t row = level == NONE ? NONE : directory_find_level(source_directory(), answer->level);
    int32_t unit = row == NONE ? NONE : directory_unit_at(source_directory(), dossier->home, row);
    dossier->unit = unit == NONE ? dossier->home : unit;
}

/* Who has asked for more time hears yes or no, and asks again; who has heard when it is due comes at the last moment. */
static void ask_again(struct sim *sim, void *subject)
{
    struct dossier *dossier = subject;
    static const char *const names[] = {"grant", "grant", "grant", "deny", "extend"};
    struct letter *letter = sim->draining ? NULL : compose_given(sim, dossier->owner, dossier, names[dice_below(&sim->dice, 5)]);
    if (letter)
        send(sim, dossier->owner, letter);
}

static void come_at_the_last_moment(struct sim *sim, void *subject)
{
    struct dossier *dossier = subject;
    if (!sim->draining)
        send(sim, dossier->owner, compose_event(sim, dossier->owner, dossier));
}

/* The next member. */
static void vote_on(struct sim *sim, void *subject)
{
    struct dossier *dossier = subject;
    struct letter *letter = sim->draining || dossier->ended ? NULL : compose_given(sim, dossier->owner, dossier, "ballot");
    if (letter)
        send(sim, dossier->owner, letter);
}

static void turn_clock(struct sim *sim, void *subject)
{
    struct dossier *dossier = subject;
    static const char *const names[] = {"stop-clock", "resume", "resume", "extend"};
    struct letter *letter = sim->draining || dossier->ended ? NULL : compose_given(sim, dossier->owner, dossier, names[dice_below(&sim->dice, 4)]);
    if (letter)
        send(sim, dossier->owner, letter);
}

static void follow_up(struct sim *sim, struct dossier *dossier, struct text event)
{
    if (text_is(event, "extend") || text_is(event, "grant") || text_is(event, "deny"))
        sim_after(sim, dice_tail(&sim->dice, MINUTE, HOUR), ask_again, dossier);
    const struct workflow_stage *stage = dossier->stage == NONE ? NULL : workflow_stage(dossier->workflow, dossier->stage);
    if (stage && stage->vote != NONE && !dossier->ended && dice_chance(&sim->dice, 850))
        sim_after(sim, dice_tail(&sim->dice, MINUTE, 12 * HOUR), vote_on, dossier);
    if (stage && stage->stop_clock != NONE && dice_chance(&sim->dice, 400))
        sim_after(sim, dice_tail(&sim->dice, MINUTE, 4 * DAY), turn_clock, dossier);
    if (dossier->due > sim->now && dice_chance(&sim->dice, 100))
        sim_at(sim, dossier->due - dice_between(&sim->dice, 0, 60), come_at_the_last_moment, dossier);
}

static void hear(struct sim *sim, struct speaker *speaker, const struct message *message)
{
    struct letter *letter = mail_letter(sim, message->request);
    if (!letter || letter->from != speaker)
        return;
    letter->heard = message->kind;
    switch (message->kind) {
    case MESSAGE_APPLIED:
    case MESSAGE_DUPLICATE:
        if (letter->about && message->case_id)
            learn(sim, letter->about, message);
        if (letter->about && letter->state != LETTER_ENDED)
            follow_up(sim, letter->about, letter->event);
        letter->state = LETTER_ENDED;
        if (letter->about && letter->kind == MESSAGE_RELEASE)
            ((struct dossier *)letter->about)->released = true;
        break;
    case MESSAGE_PARKED:
        if (letter->state == LETTER_WAITING) {
            letter->state = LETTER_PARKED;
            sim_after(sim, dice_between(&sim->dice, HOUR, 9 * DAY), look_after, letter);
        }
        break;
    case MESSAGE_REFUSED:
        if (letter->state != LETTER_ENDED && !sim->draining && dice_chance(&sim->dice, 60)) {
            sim_after(sim, dice_tail(&sim->dice, MINUTE, 2 * DAY), look_after, letter); /* the same again, some day: decided anew */
            letter->state = LETTER_WAITING;
        } else {
            letter->state = LETTER_ENDED;
        }
        break;
    default: break; /* busy: it is sent again anyway */
    }
}

/* ---- acts ---- */

static const struct workflow *choose_workflow(struct sim *sim)
{
    static const enum source_name names[] = {SOURCE_STAIRS_1, SOURCE_STAIRS_1, SOURCE_STAIRS_1, SOURCE_WORKS_1, SOURCE_WORKS_1, SOURCE_WORKS_1,
                                             SOURCE_BENCH,    SOURCE_DISPUTE,  SOURCE_DISPUTE,  SOURCE_MATTER,  SOURCE_MATTER,
                                             SOURCE_FAMILY,   SOURCE_FAMILY,   SOURCE_MEMBER,  SOURCE_COUNCIL, SOURCE_COUNCIL,
                                             SOURCE_COUNCIL,  SOURCE_COUNCIL,  SOURCE_COUNCIL, SOURCE_DRAWN_1, SOURCE_DRAWN_1,
                                             SOURCE_DRAWN_1,  SOURCE_DRAWN_1,  SOURCE_DRAWN_1, SOURCE_DRAWN_1, SOURCE_DRAWN_1, SOURCE_DRAWN_1, SOURCE_DRAWN_1};
    return &source_of(names[dice_below(&sim->dice, sizeof names / sizeof *names)])->source.workflow;
}

/* One of a level at which such cases are opened. */
static int32_t choose_home(struct sim *sim, const struct workflow *workflow)
{
    struct span levels = workflow_head(workflow)->opens_at;
    const struct directory *directory = source_directory();
    for (int tries = 0; tries < 60; tries++) {
        int32_t unit = (int32_t)dice_below(&sim->dice, (uint32_t)directory_unit_count(directory));
        const char *level = directory_level_name(directory, directory_unit(directory, unit)->level);
        for (int32_t i = 0; i < levels.count; i++)
            if (strcmp(level, workflow_level_name(workflow, workflow_ref(workflow, levels.first + i))) == 0)
                return unit;
    }
    return 0;
}

static struct dossier *new_dossier(struct sim *sim, struct client *client)
{
    struct clients *clients = sim->clients;
    struct dossier *dossier = ARENA_NEW(&sim->memory, struct dossier);
    dossier->owner = client;
    dossier->workflow = choose_workflow(sim);
    dossier->home = dossier->unit = choose_home(sim, dossier->workflow);
    dossier->stage = dossier->level = NONE;
    dossier->held = dice_chance(&sim->dice, sim->profile.held);
    dossier->happened = sim->now - dice_between(&sim->dice, DAY, 60 * DAY);
    for (int i = 0; i < ID_SIZE; i++)
        dossier->key[i] = (char)dice_next(&sim->dice);
    clients->dossiers[clients->dossier_count++] = dossier;
    return dossier;
}

/* A few at a time: cases shall get somewhere. */
static struct dossier *choose_dossier(struct sim *sim)
{
    struct clients *clients = sim->clients;
    uint32_t recent = clients->dossier_count < 8 ? clients->dossier_count : 8;
    if (clients->dossier_count == 0)
        return NULL;
    if (dice_chance(&sim->dice, 150))
        return clients->dossiers[dice_below(&sim->dice, clients->dossier_count)];
    struct dossier *dossier = clients->dossiers[clients->dossier_count - 1 - dice_below(&sim->dice, recent)];
    return dossier->ended && dice_chance(&sim->dice, 900) ? NULL : dossier;
}

/* A case that the calendar has opened, as a list shows it. */
static bool take_up_run(struct sim *sim, struct client *client)
{
    const struct audit *audit = sim->audit;
    const struct seen_record *seen = audit->count ? audit->records[audit->count - 1 - dice_below(&sim->dice, audit->count < 20 ? (uint32_t)audit->count : 20)] : NULL;
    if (!seen || seen->record.event.kind != EVENT_OPEN || !seen->record.event.run || clients_dossier(sim, seen->record.event.key))
        return false;
    struct dossier *dossier = new_dossier(sim, client);
    dossier->workflow = seen->subject->workflow;
    dossier->home = dossier->unit = directory_find_unit(source_directory(), seen->record.unit);
    dossier->stage = 0;
    dossier->held = false;
    dossier->opened = true;
    dossier->case_id = seen->record.case_id;
    memcpy(dossier->key, seen->record.event.key.data, ID_SIZE);
    return true;
}

static void open_one(struct sim *sim, struct client *client)
{
    if (sim->clients->dossier_count == sim->profile.cases || (dice_chance(&sim->dice, 500) && take_up_run(sim, client)))
        return;
    struct dossier *dossier = new_dossier(sim, client);
    if (!dice_chance(&sim->dice, sim->profile.early))
        send(sim, client, compose_open(sim, client, dossier));
}

static void go_on(struct sim *sim, struct client *client, struct dossier *dossier)
{
    if (!dossier->opening && !dossier->opened && dossier->owner == client && dice_chance(&sim->dice, 400)) {
        send(sim, client, compose_open(sim, client, dossier));
        return;
    }
    if (!dossier->opening && !dossier->opened && dossier->people_count == 0 && dossier->events > 4)
        return; /* its opening will come or not; enough events wait for it */
    if (dossier->held && dossier->opened && !dossier->released && dice_chance(&sim->dice, 150)) {
        send(sim, client, compose_release(sim, client, dossier));
        return;
    }
    if (dossier->opened && dice_chance(&sim->dice, sim->profile.migrate) && sim->audit->workflow_count > FIRST_WORKFLOWS) {
        send(sim, client, compose_migrate(sim, client, dossier));
        return;
    }
    if (dossier->opening && dice_chance(&sim->dice, 15)) {
        send(sim, client, compose_open(sim, client, dossier)); /* a second one under the same key */
        return;
    }
    send(sim, client, compose_event(sim, client, dossier));
}

static void repeat(struct sim *sim, struct client *client)
{
    if (client->sent_count == 0)
        return;
    struct letter *letter = client->sent[dice_below(&sim->dice, client->sent_count)];
    mail_post(sim, letter);
}

static void impersonate(struct sim *sim, struct client *client)
{
    if (client->sent_count == 0)
        return;
    struct letter *letter = compose_impostor(sim, client, client->sent[dice_below(&sim->dice, client->sent_count)]);
    if (letter)
        send(sim, client, letter);
}

/* A supervisor looks at the list of incidents. */
static void retry_incident(struct sim *sim, struct client *client)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text key, value;
    uint64_t task = 0;
    if (!sim->host->alive || store_begin_read(sim->host->store, &txn))
        return;
    if (!store_cursor_open(txn, STORE_INCIDENT, &cursor) && !store_cursor_seek(cursor, (struct text){0}, &key, &value))
        key_read_u64_last(key, &task);
    store_end_read(&txn);
    if (task)
        send(sim, client, compose_retry(sim, client, task));
}

static void garbage(struct sim *sim, struct client *client)
{
    char bytes[40];
    uint32_t size = 1 + dice_below(&sim->dice, sizeof bytes);
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (char)dice_next(&sim->dice);
    mail_say(sim, &client->speaker, (struct text){bytes, size});
}

/* A few of the residents, in the course of a run: what would be kept for them from then on is refused. */
static void erase_somebody(struct sim *sim, struct client *client)
{
    if (sim->clients->erasures++ < ERASURES_MOST)
        send(sim, client, compose_erase(sim, client));
}

static void act(struct sim *sim, void *subject)
{
    struct client *client = subject;
    struct dossier *dossier;
    if (sim->draining)
        return;
    uint32_t roll = dice_below(&sim->dice, 1000);
    sim->clients->letters++;
    if (roll < sim->profile.repeat)
        repeat(sim, client);
    else if (roll < sim->profile.repeat + sim->profile.impostor)
        impersonate(sim, client);
    else if (roll < sim->profile.repeat + sim->profile.impostor + 10)
        garbage(sim, client);
    else if (roll < sim->profile.repeat + sim->profile.impostor + 30)
        retry_incident(sim, client);
    else if (roll < sim->profile.repeat + sim->profile.impostor + 34)
        erase_somebody(sim, client);
    else if (dice_chance(&sim->dice, 150) || !(dossier = choose_dossier(sim)))
        open_one(sim, client);
    else
        go_on(sim, client, dossier);
    bool away = dice_chance(&sim->dice, sim->profile.away); /* a holiday, or no net for a month */
    sim_after(sim, away ? dice_between(&sim->dice, 2 * DAY, 40 * DAY) : dice_tail(&sim->dice, sim->profile.pace / 4, sim->profile.pace * 16), act, client);
}

/* ---- the end ---- */

void clients_drain(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->mail->count; i++) {
        struct letter *letter = sim->mail->letters[i];
        if (letter->from->worker)
            continue;
        if (letter->state == LETTER_PARKED)
            letter->state = LETTER_WAITING; /* once more: the final answer, or still parked */
        if (letter->state == LETTER_WAITING)
            look_after(sim, letter);
    }
}

bool clients_done(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->mail->count; i++)
        if (sim->mail->letters[i]->state == LETTER_WAITING && sim->mail->letters[i]->tries)
            return false;
    return true;
}
