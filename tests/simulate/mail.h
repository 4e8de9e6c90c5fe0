/* mail: who speaks, what they have sent, and the network between them and the engine.
 *
 * A letter is one content under one number: sent again it is the same bytes, as PROTOCOL.md asks. The network loses, doubles, delays and so
 * reorders what goes either way, except while the run is draining; with workers it is a connection that breaks. A connection (peer) that was given up hears nothing more. */
#ifndef STAIRCASE_SIMULATE_MAIL_H
#define STAIRCASE_SIMULATE_MAIL_H

#include "proto/wire.h"
#include "tests/simulate/sim.h"

struct speaker {
    struct text name;  /* the principal of a client, the name of a worker */
    bool worker;
    uint64_t peer;     /* its connection; 0: it has none */
    int64_t latest_sent, latest_heard; /* of a worker: when the last of what is under way arrives */
    /* What comes from the engine; the message lives for this happening. */
    void (*hear)(struct sim *sim, struct speaker *speaker, const struct message *message);
};

enum letter_state {
    LETTER_WAITING,   /* no final answer yet */
    LETTER_PARKED,    /* answered parked */
    LETTER_ENDED,     /* applied, duplicate or refused */
    LETTER_FORGOTTEN, /* whoever sent it has died: nobody waits for the answer */
};

/* The first answer, as the sender keeps it. */
struct receipt {
    uint64_t position, case_id;
    int64_t time, due;
    struct text number, stage, level, end;
};

struct letter {
    uint32_t number; /* of the request on the wire */
    struct speaker *from;
    enum message_kind kind;
    struct text id;   /* empty: a report without one */
    struct text bytes;
    struct text words; /* for the trace */
    struct text event; /* of a send by a client */
    void *about;      /* a dossier of clients, a job of workers */
    enum letter_state state;
    enum message_kind heard; /* the last answer, as far as it was heard */
    uint32_t tries;
    bool noted;       /* a notice that failed: it rests, nothing is written */
    bool answered;    /* the host has answered it at least once, whether that was heard or not */
    bool acknowledged; /* the host has said applied or duplicate */
    struct receipt receipt;
};

enum { SPEAKERS_MOST = 24 };

struct mail {
    struct speaker *speakers[SPEAKERS_MOST];
    uint32_t speaker_count;
    uint64_t peers; /* numbers given so far */
    struct letter **letters;
    uint32_t count, room;
};

void mail_begin(struct sim *sim);
void mail_add(struct sim *sim, struct speaker *speaker);
/* A connection of its own, in place of the one before. */
void mail_connect(struct sim *sim, struct speaker *speaker);
void mail_disconnect(struct speaker *speaker);
struct speaker *mail_speaker(const struct sim *sim, uint64_t peer);

/* Encodes; the request number is set here. Everything is copied. */
struct letter *mail_write(struct sim *sim, struct speaker *from, struct message *message, void *about, struct text words);
void mail_post(struct sim *sim, struct letter *letter);
/* Without a letter: what nobody waits for (credit, beats), and what is no message at all. */
void mail_say(struct sim *sim, struct speaker *from, struct text bytes);
/* From the engine. */
void mail_deliver(struct sim *sim, uint64_t peer, const struct message *message);
/* By the number of the request; NULL: there is none. */
struct letter *mail_letter(const struct sim *sim, uint64_t number);

#endif
