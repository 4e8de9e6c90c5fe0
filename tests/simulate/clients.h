/* clients: apps that open cases and send events for them: late, early, twice, wrongly, and again until they have an answer.
 *
 * A client knows of a case what it has sent and what it was answered (a dossier); what others did meanwhile it does not know, so many of its events
 * come too late or at the wrong place, as they do in life. */
#ifndef STAIRCASE_SIMULATE_CLIENTS_H
#define STAIRCASE_SIMULATE_CLIENTS_H

#include "tests/simulate/mail.h"
#include "tests/simulate/sources.h"

enum { CLIENTS_MOST = 6, DOSSIER_PEOPLE_MOST = 16 };

struct client {
    struct speaker speaker; /* first: a speaker of a client is its client */
    uint32_t number;
    uint32_t ids;           /* event ids given so far; other clients give the same ones */
    struct letter **sent;   /* to be repeated some day */
    uint32_t sent_count, sent_room;
};

struct dossier_person {
    int32_t field;
    struct text person;
};

struct dossier {
    char key[ID_SIZE];
    struct client *owner;
    const struct workflow *workflow; /* the version that the client knows of */
    int32_t home, unit;              /* rows of the first directory; unit: where it is believed to stand */
    int32_t stage, level;            /* as was answered last; NONE: unknown */
    struct text opener;
    struct dossier_person people[DOSSIER_PEOPLE_MOST];
    uint32_t people_count;
    struct letter *opening;          /* NULL: events are sent before it */
    bool opened, ended, held, released;
    int64_t happened;                /* of the last event of a held one */
    uint64_t case_id;
    int64_t due;                     /* as was answered last */
    struct text number;
    uint32_t events;
};

struct clients {
    struct client clients[CLIENTS_MOST];
    uint32_t count;
    struct dossier **dossiers;
    uint32_t dossier_count, letters; /* letters: acts done */
    uint32_t erasures;
};

void clients_begin(struct sim *sim);
/* No new acts; everything unanswered is sent until it is answered. */
void clients_drain(struct sim *sim);
/* Nobody waits for an answer any more. */
bool clients_done(const struct sim *sim);
struct dossier *clients_dossier(const struct sim *sim, struct text key);

/* ---- compose.c: messages made from the compiled workflow; NULL: there is nothing to say ---- */
struct letter *compose_open(struct sim *sim, struct client *client, struct dossier *dossier);
struct letter *compose_event(struct sim *sim, struct client *client, struct dossier *dossier);
/* One of those that the language gives: extend, grant ... */
struct letter *compose_given(struct sim *sim, struct client *client, struct dossier *dossier, const char *name);
struct letter *compose_release(struct sim *sim, struct client *client, struct dossier *dossier);
struct letter *compose_erase(struct sim *sim, struct client *client);
struct letter *compose_retry(struct sim *sim, struct client *client, uint64_t task);
struct letter *compose_migrate(struct sim *sim, struct client *client, struct dossier *dossier);
/* The same id, other content. */
struct letter *compose_impostor(struct sim *sim, struct client *client, const struct letter *original);
/* The fields that an event of a worker needs. */
struct field_value *compose_data(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, struct span needs, struct span may, uint32_t *count);

/* ---- for compose_given.c ---- */
struct text compose_anybody(struct sim *sim);
/* Somebody who may, if the client can tell. */
struct text compose_sender(struct sim *sim, const struct workflow *workflow, const struct dossier *dossier, struct span people);
void compose_fields(struct sim *sim, const struct workflow *workflow, struct span fields, uint32_t per_mille, struct field_value *data, uint32_t *count);
/* `name`: this one of those that the language gives, if the stage has it; NULL: any. false: it has not. */
bool compose_fill_given(struct sim *sim, struct dossier *dossier, const struct workflow_stage *stage, const char *name, struct message *message);

#endif
