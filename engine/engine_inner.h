/* engine_inner: what the files of the engine share. Nobody else includes it.
 *
 *   engine.c         the journey: begin, decide, commit                  (read this first)
 *   engine_apply.c   an applied decision becomes rows of the working set and a record of the log
 *   engine_parked.c  events whose case is not here yet
 *   engine_due.c     what falls due, and what is computed anew
 *   engine_kin.c     what cases have to say to each other
 *   engine_state.c   what is deployed; finding cases
 *   engine_recur.c   what the calendar brought about: runs, years     engine_agenda.c  when it will; engine_turn.c: whose turn
 *   engine_deploy.c  deployments       engine_erase.c  a person's private values are destroyed
 *   engine_figures.c  how many cases are open, overdue, closed, late
 *   engine_previous.c what an opening takes over from the case before it
 *   engine_past.c    what a case went through, decided again in memory
 *   engine_upgrade.c stores of older formats
 *   engine_replay.c  replay and the hash of the state
 *   batch.c          the working set */
#ifndef STAIRCASE_ENGINE_INNER_H
#define STAIRCASE_ENGINE_INNER_H

#include "engine/batch.h"
#include "engine/engine.h"

enum {
    ENGINE_DEPLOYED_MOST = 4096,     /* names and versions */
    ENGINE_CALENDARS_MOST = 64,
    ENGINE_PARKED_MOST = 10000,      /* of one sender */
    ENGINE_PARKED_MS_PER_DAY = 86400000,
    ENGINE_PARKED_DAYS = 30,
    ENGINE_FUTURE_MS = 5 * 60 * 1000, /* a sender's clock may be that much ahead */
    ENGINE_MOVED_MOST = 32,
    ENGINE_LATE_MS = 10 * 60 * 1000,  /* `late: refuse` means older than this */
    ENGINE_CIRCLE_MOST = 256,         /* clocks of one case that fire at one moment: more than a ladder has levels, or a few stages tasks */
    ENGINE_AT_ONCE_MOST = 4096,       /* and before one event: a held case lives years in it */
};

/* A directory or a calendar or a workflow in memory, in an arena of its own. */
struct form {
    struct form *next;
    struct arena arena;
    union {
        struct workflow workflow;
        struct directory directory;
        struct calendar calendar;
    };
};

/* A head of DEPLOYED. */
struct deployed {
    struct text what, name; /* in the engine's arena of names */
    uint32_t version;
    struct deployed_head head;
};

/* What the calendar will bring next, worked out from what is deployed and the rows of RECUR; never stored. */
struct series {
    int64_t due;
    const struct recurring *first; /* the oldest version of the workflow; the newer ones follow */
    uint32_t unit;                 /* permanent id; 0: one rotation for the whole district */
    bool quota;
};
struct agenda {
    struct arena arena;
    bool stale;              /* something was deployed, or happened outside of it */
    struct series *series;   /* a heap: the first is due first */
    uint32_t count;
    struct recurring *workflows; /* one for each name, each followed by its newer versions */
    struct arena forms;          /* of these: they stay as long as nothing is forgotten */
    uint32_t known;              /* heads of DEPLOYED that have been looked at */
};

/* Where the log stands. */
struct log_place {
    uint64_t position;
    uint8_t hash[HASH_SIZE];
    int64_t time;
};

struct engine {
    struct store *store;
    struct engine_options options;
    uint32_t epoch;
    struct log_place committed, working; /* working: with the events of the open batch */
    struct moved {                       /* figures that this batch has moved, by workflow (engine_figures.c) */
        uint64_t workflow;
        int64_t by[ENGINE_FIGURES];
    } moved[ENGINE_MOVED_MOST];
    uint32_t moved_count;
    uint32_t format;                     /* of the store, as it was found */
    bool failed;                         /* a commit failed: engine_reload first */

    struct arena names;                  /* of the deployed heads */
    struct deployed *deployed;
    uint32_t deployed_count, deployed_room;
    struct form *directory;
    struct form *calendars[ENGINE_CALENDARS_MOST];
    const struct calendar *calendar_list[ENGINE_CALENDARS_MOST];
    uint32_t calendar_count;
    struct form *workflows;              /* cache, newest use first */
    uint32_t workflow_count;
    struct form *retired;                /* replaced in this batch: freed when the next begins */

    struct agenda agenda;

    uint64_t parked_count;               /* rows of PARKED, open batch included */
    uint32_t parked_here;                /* events that this batch has parked */
    bool sweeping;                       /* looking for clocks computed under an older calendar */
    struct record_key sweep_from;
    bool sweep_back;                     /* after the commit from there again: rows of the open batch were not in the store to be seen */
    struct record_key sweep_back_to;
    bool said;                           /* there may be rows of what cases have to say to each other */
    bool counts;                         /* there may be rows of what is owed to secret votes */
    bool said_here;                      /* some of this batch: they are heard in the next */

    bool in_batch;
    struct batch batch;
    enum err trouble;                    /* something could not be read in this batch: nothing that is decided in it may count */
    uint64_t older;                      /* of a log that is decided again: so far an older version decided */
    enum err unread;                     /* why the workflow that was asked for last could not be loaded; ERR_OK: it was, or there is none */
    struct log_record last;              /* the record that was appended last, for its answer */
    struct engine_done done;
    struct batch questions;              /* what is asked between batches is read here, so that the answers of the last one live on */
    const char *why;                     /* static */
};

/* ---- engine.c ---- */
/* Decides an event of a known case: what is due in it fires first, then the event. `*decision` says what became of it. */
enum err engine_decide_case(struct engine *engine, const struct event *event, struct batch_case *subject, int64_t effective, struct decision *decision);
void engine_refuse(struct message *answer, enum err code, struct text why);

/* ---- engine_apply.c ---- */
/* Takes over an applied decision: rows, effects, the record. `before` may be NULL (an opening). */
enum err engine_apply(struct engine *engine, const struct event *event, const struct case_state *before, const struct decision *decision, int64_t effective);
/* Appends a record that belongs to no case, or leaves its case as it is. */
void engine_append(struct engine *engine, struct log_record *record);
void engine_answer(struct engine *engine, enum message_kind kind, uint64_t position, const struct log_record *record, struct message *answer);
void engine_put_receipt(struct engine *engine, const struct event *event, uint64_t position, bool parked);
uint64_t engine_next_position(const struct engine *engine);
/* A record of the log, of this batch or before. */
enum err engine_read_record(struct engine *engine, uint64_t position, struct log_record *record);

/* ---- engine_figures.c ---- */
/* A case has moved: counts it where it counts now. */
enum err engine_figures_count(struct engine *engine, const struct case_state *before, const struct case_state *after);
/* What the batch has moved goes into its rows: before it is written. */
enum err engine_figures_flush(struct engine *engine);
/* In which of them a case counts. */
void engine_figures_of(uint32_t flags, int32_t end, bool figures[ENGINE_FIGURES]);
struct record_key engine_figures_key(const struct engine *engine, int figure, struct text workflow);

/* ---- engine_upgrade.c ---- */
/* The store is of an older format: brings it to this one. */
enum err engine_upgrade(struct engine *engine);

/* ---- engine_previous.c ---- */
/* Fills event->previous of an opening, unless it comes with it (replay). */
enum err engine_previous_fill(struct engine *engine, const struct workflow *workflow, struct event *event);
/* Remembers a case that has just ended, where openings after it will look at it. */
void engine_previous_note(struct engine *engine, const struct case_state *before, const struct case_state *after);

/* ---- engine_parked.c ---- */
/* When an event that was parked at that time goes unheard. */
int64_t engine_park_expires(int64_t parked_at);
enum err engine_park(struct engine *engine, const struct event *event, struct message *answer);
/* The parked event goes: applied (as event `position`), refused or expired. `record` false: the rows alone (the event itself is the record). */
enum err engine_unpark_rows(struct engine *engine, struct text case_key, uint64_t parked, struct parked_row *row);
enum err engine_unpark(struct engine *engine, const struct event *event);
/* Notes the key for engine_done when events are parked for it. */
enum err engine_note_unparkable(struct engine *engine, struct text case_key);
void engine_note_forgotten(struct engine *engine, const struct case_state *state);

/* ---- engine_due.c ---- */
/* Fires every clock of the case that is due strictly before `effective`; `subject->state` moves on. */
enum err engine_fire_case(struct engine *engine, struct batch_case *subject, int64_t effective, uint32_t *fired);
/* What would be decided about the event after all that. Nothing is changed. */
enum err engine_foresee(struct engine *engine, const struct workflow *workflow, const struct event *event, const struct case_state *state, int64_t effective,
                    struct decision *decision);
/* Looks at every deadline again, or at those from a row on: some may have been computed under an older calendar. */
void engine_sweep_again(struct engine *engine);
void engine_sweep_from(struct engine *engine, const struct record_key *from);
/* The batch that asked for it is in the store. */
void engine_sweep_committed(struct engine *engine);
/* That calendar is the newest of its name. */
bool engine_calendar_is_newest(const struct engine *engine, uint64_t revision);

/* ---- engine_kin.c ---- */
/* It comes from another case: an EVENT_CASE, or the opening of a child. */
bool engine_was_said(const struct event *event);
/* Puts an EFFECT_SAY of the case into the outbox. `now`: the event that it follows from, whose record is not written yet. */
enum err engine_say(struct engine *engine, const struct event *now, const struct case_state *after, const struct effect *effect);
/* It has been heard: its row goes. */
void engine_said_gone(struct engine *engine, const struct event *event);
/* It could not be heard (`code`, `why`): its row goes, and the log says why. */
enum err engine_drop_said(struct engine *engine, const struct event *event);
/* Brings what was said before this batch to the cases that it is for, up to `most` events, counting `*heard` on. */
enum err engine_hear(struct engine *engine, uint32_t most, uint32_t *heard);
/* Whether anything waits to be heard: of a store that was just opened. */
enum err engine_find_said(struct engine *engine);

/* ---- engine_roll.c ---- */
/* Rows of rolls that decisions would write which are only foreseen. */
struct engine_rolls {
    const struct roll_row *rows;
    uint32_t count;
};
/* Puts the rows of a roll that the event needs into the input: as they were foreseen (NULL: nothing was), else as the batch has them. */
enum err engine_read_rolls(struct engine *engine, const struct event *event, const struct engine_rolls *foreseen, struct advance_input *input);
/* The rolls of all its votes: it was kept long enough. */
enum err engine_forget_rolls(struct engine *engine, uint64_t case_id);
void engine_keep_foreseen(struct engine *engine, const struct decision *decision, struct engine_rolls *foreseen);

/* ---- engine_count.c ---- */
void engine_owe_count(struct engine *engine, const struct case_state *after, const struct effect *effect);
void engine_counted(struct engine *engine, const struct effect *effect);
enum err engine_find_counts(struct engine *engine);

/* ---- engine.c: the steps of an event's journey that openings take too ---- */
/* When the event takes effect (design 12.3); ERR_OK, or the refusal. `state`: NULL for an opening. */
enum err engine_effective_time(const struct engine *engine, const struct event *event, const struct case_state *state, const struct workflow *workflow,
                               int64_t *effective, struct text *why);
/* ADVANCE and, when it says yes, apply. */
enum err engine_advance_and_apply(struct engine *engine, const struct event *event, const struct workflow *workflow, const struct case_state *before,
                                  int64_t effective, uint64_t sequence, struct decision *decision);
enum err engine_answer_decision(struct engine *engine, const struct decision *decision, struct message *answer);

/* ---- engine_open.c ---- */
enum err engine_decide_open(struct engine *engine, const struct event *event, struct message *answer);

/* ---- engine_recur.c: what the calendar brought about becomes rows and records ---- */
/* A run has opened a case. */
enum err engine_run_opened(struct engine *engine, const struct event *event, uint64_t case_id);
/* EVENT_RUN, EVENT_QUOTA: also on replay. */
enum err engine_apply_run(struct engine *engine, const struct event *event);
enum err engine_apply_quota(struct engine *engine, const struct event *event);
/* A case has ended, or goes on after it had: the year in which it did. */
enum err engine_count_end(struct engine *engine, const struct case_state *before, const struct case_state *after, int64_t effective);
/* A directory takes the place of another: since when its new units are there. */
void engine_note_units(struct engine *engine, const struct directory *before, const struct directory *after);
/* ERR_NOT_FOUND: nothing yet. Texts live as long as what is read now. */
enum err engine_read_recur(struct engine *engine, char what, struct text workflow, uint32_t unit, struct recur_row *row);

/* ---- engine_short.c: a year had fewer cases than its quota asks for ---- */
/* Who is told stands in the record of the year. */
void engine_tell_short(struct engine *engine, const struct workflow *workflow, uint32_t unit, struct log_record *record);
/* The cases that follow, each an event of its own, behind the year's (EVENT_QUOTA). */
enum err engine_open_short(struct engine *engine, const struct event *year);

/* ---- engine_turn.c ---- */
struct turn {
    int32_t unit;       /* row of UNITS, or NONE: it is nobody's turn */
    struct text person; /* of a rotation of a role */
};
struct turn_of {
    const char *role, *level; /* its holders, or ("") the units of the level */
    int32_t within;           /* row of the unit that has the rotation, or NONE: all */
    int32_t day;
};
struct turn engine_next_turn(const struct directory *directory, const struct turn_of *of, const struct recur_row *last);

/* ---- engine_agenda.c: when the calendar will do what ---- */
void engine_agenda_init(struct engine *engine);
void engine_agenda_close(struct engine *engine);
/* Nothing of it holds any more: everything is read again. */
void engine_agenda_forget(struct engine *engine);
enum err engine_agenda_next(struct engine *engine, int64_t *due);
/* Of a case that the calendar opens now. */
struct text engine_calendar_key(struct engine *engine);
/* An opening by the calendar that cannot be: the log says why. */
enum err engine_pass_over(struct engine *engine, struct event *event, enum err code, struct text why);
enum err engine_agenda_fire(struct engine *engine, uint32_t most, uint32_t *fired);

/* ---- engine_state.c ---- */
enum err engine_load(struct engine *engine);
void engine_forget(struct engine *engine);
/* Takes a copy. false: there are ENGINE_DEPLOYED_MOST. */
bool engine_add_deployed(struct engine *engine, const struct deployed *deployed);
enum err engine_load_form(struct engine *engine, const struct deployed *deployed, struct form **form);
/* Where reading stands now: the open batch, or what serves questions between batches. */
struct batch *engine_reading(struct engine *engine);
enum err engine_case_by_id(struct engine *engine, uint64_t id, struct batch_case **subject);
enum err engine_case_by_ref(struct engine *engine, const struct case_ref *ref, struct batch_case **subject);
const struct deployed *engine_find_deployed(const struct engine *engine, struct text what, struct text name, uint32_t version);
int32_t engine_day(const struct engine *engine, int64_t time);
void form_close(struct form **form);

/* ---- engine_erase.c ---- */
/* Decides an EVENT_ERASE. */
enum err engine_erase(struct engine *engine, const struct event *event, struct message *answer);

/* ---- engine_deploy.c ---- */
enum err engine_apply_part(struct engine *engine, const struct event *event);
enum err engine_apply_deploy(struct engine *engine, const struct event *event, uint64_t *position);

#endif
