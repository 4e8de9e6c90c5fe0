/* view: how a case, an event, a task are shown: the rows of PROTOCOL.md section 8, as values.
 *
 * Private values are opened for those who may see them and left out for everyone else, with their names under `private`, so that a person
 * sees that there is something. Details of people are shown only where the field says who sees them. Ciphertext never leaves. Long texts
 * and collected items are fetched from their places in the log; what is too much for one row is left out and named under `cut`.
 *
 *   view.c       a look, a case        view_field.c  its fields: who may see them, where they are
 *   view_name.c  whom it concerns, who is named to whom        view_shown.c  what private fields were shown
 *   view_event.c an event, news        view_title.c  what people call things
 *   view_kin.c   the cases it knows     view_word.c  what people call the words that fields hold
 *   map.c        making maps */
#ifndef STAIRCASE_VIEW_H
#define STAIRCASE_VIEW_H

#include "engine/engine.h"
#include "engine/map.h"
#include "engine/seal.h"

/* What a connection may besides what those may whom it speaks for. */
struct sight {
    bool (*acts_for)(void *context, struct text person);
    bool (*at_unit)(void *context, uint32_t unit_id); /* its cases may be looked at */
    void *context;
};

/* Who looks. Both may be empty: then private values are left out. */
struct viewer {
    struct text person; /* of the directory, or app:token */
    struct text worker; /* the name of a worker process that has `task` of the case: `worker` in `sees` */
    uint64_t task;
    const struct sight *sight; /* NULL: a connection that may act for anyone and look at everything */
};

/* Names of private fields that were shown of a case, each once: who looks is held to them (reads.h). */
struct view_shown {
    uint64_t case_id;
    char names[1024]; /* a comma after each but the last */
    size_t size;
    size_t told;      /* so many bytes of them are recorded already */
    bool cut;         /* there were more */
};

/* One look at what is committed: one read transaction, never across a turn of the loop. Zero-initialise with engine, seal and arena. */
struct view {
    struct engine *engine;
    struct seal *seal;
    struct arena *arena;
    struct store_txn *txn;
    struct view_shown *shown; /* NULL: nobody is shown it, or nothing of it is private */
};

/* ERR_OK or a store error. */
enum err view_begin(struct view *view);
void view_end(struct view *view);

enum { VIEW_HISTORY_BYTES = 256 * 1024 }; /* of memory, for the history that comes with a task */

enum view_parts {
    VIEW_DATA = 1,
    VIEW_TASKS = 2,        /* all of them; otherwise those that failed; and its votes */
    VIEW_POSSIBLE = 4,
    VIEW_TITLES = 8,       /* what people call what the row names */
};

/* All: ERR_OK; ERR_CORRUPT; store errors. Values live in the arena. */
enum err view_case(struct view *view, const struct case_state *state, const struct viewer *viewer, unsigned parts, struct value *row);
/* The name of the time zone that counts at a unit (of no unit: at the top one), "" where none does: rows carry it, so that who shows a time can show it as people there do. */
const char *view_zone(const struct view *view, struct text unit_path);
/* The record at a position. ERR_NOT_FOUND: there is none. */
enum err view_record(struct view *view, uint64_t position, struct log_record *record);
/* A record of a case as an entry of its history. */
enum err view_history(struct view *view, const struct case_state *state, uint64_t position, const struct log_record *record, const struct viewer *viewer,
                      struct value *row);
/* A record as news; `state` NULL where it belongs to no case. */
struct value view_news(struct view *view, const struct case_state *state, uint64_t position, const struct log_record *record, const struct viewer *viewer);
/* What a worker gets with a task; `history`: with the last events of its case (VIEW_HISTORY_BYTES). */
enum err view_task(struct view *view, const struct case_state *state, const struct outbox_row *owed, const struct viewer *viewer, bool history,
                   struct value *row);

/* Whether the viewer may see a field of the case. */
bool view_may_see(struct view *view, const struct workflow *workflow, const struct case_state *state, int32_t field, const struct viewer *viewer);

/* ---- view_name.c ---- */
/* Whether the person stands in a people field of the case. */
bool view_is_party(const struct workflow *workflow, const struct case_state *state, struct text person);
/* Whether the viewer is told that this person has to do with the case. */
bool view_names(struct view *view, const struct case_state *state, const struct viewer *viewer, struct text person);
/* Whether words about the case name somebody who is not named to the viewer. */
bool view_tells_of_hidden(struct view *view, const struct case_state *state, const struct viewer *viewer, struct text words);
/* Whether the person is a supervisor at the case's unit. */
bool view_supervises(struct view *view, const struct case_state *state, struct text person);
/* The case speaks of the person, or they have, or had, something to do in it by their office. */
bool view_concerns(struct view *view, const struct case_state *state, struct text person);
/* Whether the viewer's connection may show them the case: it concerns them, or stands at the connection's units. */
bool view_shows_case(struct view *view, const struct case_state *state, const struct viewer *viewer);

/* ---- view_shown.c ---- */
/* A private field of that name is shown. */
void view_note_shown(struct view *view, const struct case_state *state, struct text name);

/* ---- view_field.c ---- */
/* The fields of a case, or those that an event brought, into `row` under data, private and cut. */
enum err view_case_data(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row);
enum err view_event_data(struct view *view, const struct case_state *state, const struct event *event, const struct viewer *viewer, struct map_maker *row);

/* Whether the viewer is shown everything that a record says: nothing of it is private to others, sealed under a field that is no more, or a secret
 * choice, and everybody who stands in it is named to them. No key is needed for that. ERR_OK; ERR_CORRUPT. */
enum err view_record_is_whole(struct view *view, const struct case_state *state, const struct log_record *record, const struct viewer *viewer, bool *whole);

/* ---- view_kin.c ---- */
/* Under parent, children, links: the cases that this one knows, with where they stand. */
enum err view_kin(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer, struct map_maker *row);
/* Under other: the case that an event speaks of besides its own, as far as the viewer may look at it. */
enum err view_other(struct view *view, const struct event *event, const struct viewer *viewer, struct map_maker *row);
/* Under merged-into: the case that goes on for this one. */
enum err view_merged_into(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row);
/* ---- view_publication.c ---- */
/* One row for each publication of the case that is up. */
enum err view_publications(struct view *view, const struct case_state *state, struct list_maker *list);

/* ---- view_title.c ---- */
void view_titles(const struct view *view, const struct workflow *workflow, const struct case_state *state, const struct decision *possible, struct map_maker *row);

/* ---- view_word.c ---- */
/* Under words: what people call the words that `data` of the row holds. */
void view_words(const struct workflow *workflow, struct map_maker *row);

/* ---- view_poll.c ---- */
void view_polls(const struct view *view, const struct workflow *workflow, const struct case_state *state, struct map_maker *row);

#endif
