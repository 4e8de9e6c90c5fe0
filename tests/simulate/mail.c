/* mail: see mail.h. */
#include "tests/simulate/mail.h"

#include "tests/simulate/host.h"
#include "tests/simulate/workers.h"

#include <assert.h>

struct parcel {
    uint64_t peer;
    struct text bytes;
};

void mail_begin(struct sim *sim)
{
    sim->mail = ARENA_NEW(&sim->memory, struct mail);
}

/* ---- speakers ---- */

void mail_add(struct sim *sim, struct speaker *speaker)
{
    struct mail *mail = sim->mail;
    assert(mail->speaker_count < SPEAKERS_MOST);
    mail->speakers[mail->speaker_count++] = speaker;
}

void mail_connect(struct sim *sim, struct speaker *speaker)
{
    speaker->peer = ++sim->mail->peers;
}

void mail_disconnect(struct speaker *speaker)
{
    speaker->peer = 0;
}

struct speaker *mail_speaker(const struct sim *sim, uint64_t peer)
{
    for (uint32_t i = 0; peer && i < sim->mail->speaker_count; i++)
        if (sim->mail->speakers[i]->peer == peer)
            return sim->mail->speakers[i];
    return NULL;
}

/* ---- the network ---- */

static void arrive_at_host(struct sim *sim, void *subject);

/* What a client has sent may come hours later, by way of a phone without a net. A worker's connection holds nothing back for long: what is in it
 * comes soon or never. */
static int64_t delay(struct sim *sim, uint64_t peer)
{
    const struct speaker *speaker = mail_speaker(sim, peer);
    if (sim->draining)
        return 1;
    if (dice_chance(&sim->dice, sim->profile.slow))
        return dice_tail(&sim->dice, SECOND, speaker && speaker->worker ? 2 * SECOND : 12 * HOUR);
    return dice_between(&sim->dice, 0, 40);
}

/* Nothing in a worker's connection overtakes what was said there before. */
static void bring(struct sim *sim, struct parcel *parcel, sim_happen arrive)
{
    struct speaker *speaker = mail_speaker(sim, parcel->peer);
    int64_t at = sim->now + delay(sim, parcel->peer);
    if (speaker && speaker->worker) {
        int64_t *latest = arrive == arrive_at_host ? &speaker->latest_sent : &speaker->latest_heard;
        at = *latest = at > *latest ? at : *latest;
    }
    sim_at(sim, at, arrive, parcel);
}

/* A worker's connection loses nothing while it lasts: what is lost is lost with it, and whatever else was under way in it. */
static void lose(struct sim *sim, uint64_t peer)
{
    struct speaker *speaker = mail_speaker(sim, peer);
    if (speaker && speaker->worker)
        workers_connect_again(sim, speaker);
}

static void carry(struct sim *sim, uint64_t peer, struct text bytes, sim_happen arrive)
{
    struct parcel *parcel = ARENA_NEW(&sim->memory, struct parcel);
    *parcel = (struct parcel){peer, bytes};
    if (!sim->draining && dice_chance(&sim->dice, sim->profile.lose)) {
        lose(sim, peer);
        return;
    }
    bring(sim, parcel, arrive);
    if (!sim->draining && dice_chance(&sim->dice, sim->profile.twice))
        bring(sim, parcel, arrive);
}

static void arrive_at_host(struct sim *sim, void *subject)
{
    const struct parcel *parcel = subject;
    host_receive(sim, parcel->peer, parcel->bytes);
}

static void arrive_at_speaker(struct sim *sim, void *subject)
{
    const struct parcel *parcel = subject;
    struct speaker *speaker = mail_speaker(sim, parcel->peer);
    struct message message;
    struct text why;
    if (!speaker)
        return;
    if (wire_decode(&sim->scratch, parcel->bytes, &message, &why))
        sim_broken(sim, INVARIANT_EVERY_MESSAGE_ENDS, "the engine has sent what is no message: %.*s", SHOW(why));
    else
        speaker->hear(sim, speaker, &message);
}

/* ---- letters ---- */

struct letter *mail_letter(const struct sim *sim, uint64_t number)
{
    return number >= 1 && number <= sim->mail->count ? sim->mail->letters[number - 1] : NULL;
}

static void keep(struct sim *sim, struct letter *letter)
{
    struct mail *mail = sim->mail;
    if (mail->count == mail->room) {
        uint32_t room = mail->room ? mail->room * 2 : 256;
        struct letter **wider = ARENA_ARRAY(&sim->memory, struct letter *, room);
        if (mail->count)
            memcpy(wider, mail->letters, mail->count * sizeof *wider);
        mail->letters = wider;
        mail->room = room;
    }
    mail->letters[mail->count++] = letter;
}

struct letter *mail_write(struct sim *sim, struct speaker *from, struct message *message, void *about, struct text words)
{
    struct letter *letter = ARENA_NEW(&sim->memory, struct letter);
    keep(sim, letter);
    letter->number = sim->mail->count;
    message->request = letter->number;
    letter->from = from;
    letter->kind = message->kind;
    letter->id = arena_copy(&sim->memory, message->id);
    letter->bytes = arena_copy(&sim->memory, wire_encode(&sim->scratch, message));
    letter->words = arena_copy(&sim->memory, words);
    letter->about = about;
    return letter;
}

void mail_post(struct sim *sim, struct letter *letter)
{
    if (!letter->from->peer)
        return;
    letter->tries++;
    sim_trace(sim, "%.*s sends %.*s%s (letter %u, try %u)", SHOW(letter->from->name), SHOW(letter->words), letter->tries > 1 ? " again" : "", letter->number,
              letter->tries);
    carry(sim, letter->from->peer, letter->bytes, arrive_at_host);
}

void mail_say(struct sim *sim, struct speaker *from, struct text bytes)
{
    if (from->peer)
        carry(sim, from->peer, arena_copy(&sim->memory, bytes), arrive_at_host);
}

void mail_deliver(struct sim *sim, uint64_t peer, const struct message *message)
{
    carry(sim, peer, arena_copy(&sim->memory, wire_encode(&sim->scratch, message)), arrive_at_speaker);
}
