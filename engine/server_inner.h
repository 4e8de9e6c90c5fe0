/* server_inner: what the files of the server share. Nobody else includes it. */
#ifndef STAIRCASE_SERVER_INNER_H
#define STAIRCASE_SERVER_INNER_H

#include <uv.h>

#include "engine/alarm.h"
#include "engine/backlog.h"
#include "engine/children.h"
#include "engine/door.h"
#include "engine/key_folder.h"
#include "engine/limits.h"
#include "engine/link.h"
#include "engine/map.h"
#include "engine/metrics.h"
#include "engine/outbox.h"
#include "engine/query.h"
#include "engine/reads.h"
#include "engine/seal.h"
#include "engine/server.h"
#include "engine/source.h"

enum server_mode {
    SERVING,
    READ_ONLY, /* the disk is full: events are answered busy, questions answered; from time to time a batch is tried */
    STOPPING,  /* everything is answered busy */
};

/* What becomes of one message of a turn. */
enum item_state {
    ITEM_DONE,     /* answered, or needs no answer */
    ITEM_EVENT,    /* to be decided in the batch */
    ITEM_DECIDED,  /* `answer` is sent when the batch is on disk */
    ITEM_QUESTION, /* to be answered when the batch is on disk */
};

struct item {
    enum item_state state;
    const struct link_message *from;
    struct message message, answer;
    bool checked; /* a report whose lease held: the outbox hears what was decided */
};

/* Counted since the start, besides what `status` tells. */
struct meter {
    struct histogram sizes, commits; /* of batches: records, microseconds */
    uint64_t refused[ERR_COUNT];     /* by code */
    uint64_t fired;
};

/* Someone waits for the final answer of a parked event. */
struct waiting {
    uint8_t id[ID_SIZE];
    link_peer peer; /* 0: nobody */
    uint64_t request;
};

struct watch;
struct upload;

/* Who may connect by TCP (server_access.c). */
struct access {
    bool on;                    /* there are addresses of TCP */
    bool mistaken;              /* the list on disk is not the one that holds: it has mistakes */
    struct key_ring ring;       /* the engine's own */
    struct link_keys keys;
    struct arena arena;         /* of the list */
    struct principals principals;
    struct key_stamp stamp;     /* of the file that was read last */
    uv_timer_t look;
};

/* Lines of the log about refusals in this second (server_refusal.c). */
struct refusals {
    int64_t second;
    uint32_t logged, unlogged;
};

struct server {
    const struct config *config;  /* now */
    const struct config *started; /* at the start: the caller's */
    struct arena reloaded;        /* of a configuration that was read again */
    const char *data;
    struct store *store, *keys;
    struct engine *engine;
    struct seal *seal;
    struct door door;
    struct outbox *outbox;
    struct link *link;
    uint32_t endpoint_count;
    struct walltime walltime;
    int64_t now_started;
    struct access access;
    struct reads *reads;        /* to whom something private was shown */
    uv_timer_t reads_timer;
    enum server_mode mode;
    enum err failure;           /* what it leaves with */
    int64_t retry_at;           /* READ_ONLY: monotonic time of the next try */
    int64_t counts_at;          /* what is owed to secret votes is not brought before that: the disk of the keys was full (monotonic) */
    bool forget_due;            /* there may be cases whose time is over and whose key is still there; */
    int64_t forget_at;          /* not looked for before that (monotonic) */
    bool disk_full;             /* since a batch did not fit, until one does */
    bool disk_low;              /* new cases wait */
    int64_t disk_looked;        /* monotonic time of the last look */
    bool clock_alarmed;
    bool map_low;               /* the map of a store is used to four fifths */

    /* one turn */
    struct arena inbox;         /* messages and everything made of them */
    struct arena scratch;       /* rows on their way out */
    struct link_message *received;
    struct item *items;
    uint32_t item_count;
    size_t item_bytes;
    uint32_t expected;          /* how many came in the last turn that had any */
    int64_t turn_us;            /* how long the last turn with a commit took */
    struct door_parked *unparked;
    struct message *unparked_answers;
    uint32_t unparked_count;
    struct event counted[LIMIT_BATCH_COUNTED]; /* what was owed to secret votes */
    uint32_t counted_count;
    uint64_t *lapsed;
    uint32_t lapsed_count;
    uint32_t fired;
    struct engine_done done;

    /* between turns */
    struct backlog backlog;     /* what has come and is in no batch yet */
    uint8_t (*unpark_keys)[ID_SIZE]; /* of cases for which parked events are to be decided */
    uint32_t unpark_count, unpark_room;
    uint64_t unpark_after;      /* position in the first of them */
    struct waiting *waiting;    /* [LIMIT_PARKED_WAITING], by id */
    uint32_t waiting_count;
    struct watch *watches;
    uint32_t watch_count;
    int64_t watches_swept;      /* monotonic time; 0: never */
    struct upload *uploads;     /* [LIMIT_DEPLOYS] */
    struct query_figures figures;
    struct meter meter;
    struct refusals refusals;
    uint64_t strangers;         /* of the link, counted so far */
    bool metrics_failed;        /* the file could not be written */
    bool again;                 /* there is work left: do not sleep */
    bool held_back;             /* news wait for somebody to read */

    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_poll_t polls[LIMIT_ENDPOINTS + 1];
    uv_timer_t wake, minute, stop_timer, memory, metrics, beat;
    uint32_t memory_trims;
    int64_t memory_trimmed;     /* monotonic */
    bool memory_tight;
    uv_signal_t signals[3];
    bool in_terminal;           /* who closes it wants an end */
    uint64_t stop_began;        /* by the loop's clock */
    bool loop_open, stopped;
    struct children *children;
};

/* ---- server.c ---- */
struct outbox_time server_time(const struct server *server);
/* By how many milliseconds the log is ahead of the clock: its time never goes back (design 12.2). 0 or less: it is not. */
int64_t server_is_ahead(const struct server *server);
/* Encodes and sends. ERR_OK; ERR_BUSY, ERR_NOT_FOUND: the connection; ERR_TOO_LARGE. */
enum err server_send(struct server *server, link_peer peer, const struct message *message);
/* Memory is tight, and this connection does not read what it is sent: nothing more is kept for it. */
bool server_is_deaf(struct server *server, link_peer peer);
/* An answer to a message: its request, and what every refusal says. */
void server_answer(struct server *server, const struct item *item, struct message *answer);
void server_refuse(struct server *server, const struct item *item, enum err code, struct text why);
/* The answer alone: who calls it has counted and logged. */
void server_tell_refusal(struct server *server, const struct item *item, enum err code, struct text why);
void server_busy(struct server *server, const struct item *item, enum err code, uint64_t after_ms, struct text why);
/* Leaves with that, as soon as the turn is over. */
void server_fail(struct server *server, enum err code, const char *doing);

/* ---- server_folder.c ---- */
/* Makes it where it is not there. ERR_OK; otherwise `*why`, as of the other two. */
enum err server_make_folder(const struct server *server, struct arena *arena, struct text *why);
/* Takes the folder's lock; before anything is bound. */
enum err server_open_stores(struct server *server, const struct server_options *options, struct arena *arena, struct text *why);
/* When the folder is a backup, it has been restored by this start. */
enum err server_note_restored(struct server *server, struct arena *arena, struct text *why);
/* Whether the maps of the stores have room. Between batches. ERR_OK or a store error. */
enum err server_look_at_maps(struct server *server);

/* ---- server_gather.c ---- */
/* What has come becomes the items of this turn. */
void server_gather(struct server *server);

/* ---- server_turn.c ---- */
void server_turn(struct server *server);
/* Something is owed to a secret vote, and may be brought now. */
bool server_owes_counts(const struct server *server);
/* Parked events of the case are to be decided. false: no memory. */
bool server_note_unparkable(struct server *server, struct text case_key);
/* At the start, and after a commit that failed: parked events whose case is here. */
enum err server_find_unparkable(struct server *server);

/* ---- server_forget.c ---- */
/* What is sealed under the key of the case can be opened by nobody any more. When the disk of the keys is full it is done later; any other failure ends the
 * server, and its next start does it. */
void server_forget(struct server *server, struct text case_key);
/* The same for a person who is erased. false: not yet, or the server leaves: nobody may be told that it is done. */
bool server_erase(struct server *server, struct text person);
/* Overwrites what the disk still holds of destroyed keys, where any were destroyed. */
void server_wipe(struct server *server);
/* From now on server_forget_again does the same for every case whose time is over, and every person who was erased: after a start, and after a commit of which nobody knows whether it held. */
void server_forget_later(struct server *server);
/* Between batches, while no key is new. */
enum err server_forget_again(struct server *server);

/* ---- server_batch.c ---- */
/* Decides everything that is due in this turn and commits it. */
void server_batch(struct server *server);

/* ---- server_ask.c ---- */
/* Decodes the message and does what needs no batch and no store; the rest is left as an event or a question. */
void server_read(struct server *server, struct item *item);
void server_question(struct server *server, const struct item *item);

bool server_alarm_stands(const struct server *server, enum alarm_kind kind);

/* ---- server_metrics.c ---- */
int64_t server_monotonic_us(void);
void meter_batch(struct meter *meter, uint64_t events, int64_t commit_us);
void meter_refusal(struct meter *meter, enum err code);
/* Everything there is to tell, as Prometheus reads it. ERR_OK or a store error. */
enum err metrics_collect(struct server *server, struct arena *arena, struct text *out);
enum err metrics_answer(struct server *server, const struct item *item);
/* From now on in the configured file, as often as configured; not at all where none is. */
void metrics_write_regularly(struct server *server);

/* ---- server_refusal.c ---- */
/* Counts a refusal and tells the log of it. `message`: the kind that was refused. */
void refusal_note(struct server *server, struct text principal, const char *message, enum err code);
void refusal_count(struct server *server, enum err code);
/* Whether there may be another line about what was refused in this second; if not, it is counted. */
bool refusal_may_log(struct server *server);
/* At the end of a second: how many had no line. */
void refusal_sum_up(struct server *server);

/* ---- server_access.c ---- */
/* Before anything is bound: the engine's own key, and the list, where TCP is to be bound at all. */
enum err access_open(struct server *server, struct arena *arena, struct text *why);
/* From now on the list is read again when it changes. */
void access_watch(struct server *server);
void access_close(struct server *server);
/* Whether whoever sent the message may, by what it says alone. */
bool access_allows(struct server *server, const struct item *item, struct text *why);
bool access_acts_for(struct server *server, const struct principal *principal, struct text person);
/* Whether it may look at that unit, and all below, in that person's name (empty: nobody's). */
bool access_to_unit(struct server *server, const struct principal *principal, struct text unit, struct text person);
/* Whether the worker of that name and connection may work at that unit (outbox_options.may_still). */
bool access_works_at(void *server, uint64_t peer, struct text name, struct text unit);
void access_refuse(struct server *server, const struct item *item, struct text why);
bool access_is_operator(const struct link_message *from);
/* Whether that principal may still speak for that person: for what it sent long ago. */
bool access_still(void *server, struct text name, struct text person);

/* ---- server_sight.c ---- */
struct server_sight {
    struct sight sight;
    struct server *server;
    const struct principal *principal;
};
/* What that principal (NULL: local) sees, in the caller's memory; NULL: everything. */
const struct sight *sight_of(struct server *server, const struct principal *principal, struct server_sight *sight);
/* Between batches: whether whoever sent the message may look at the case that it asks about. */
bool access_to_case(struct server *server, const struct item *item, struct text *why);
/* Between batches: takes out of a refusal what its sender is not to know about the case. */
void sight_of_refusal(struct server *server, const struct principal *principal, const struct message *sent, struct message *answer);

/* ---- server_reads.c ---- */
/* From now on what is recorded is synced, a second after it was. */
void server_watch_reads(struct server *server);
void server_close_reads(struct server *server);
/* Before an answer leaves: records what it shows that was not told yet. false: it could not be, so the answer may not leave. */
bool server_note_shown(struct server *server, struct text person, struct text through, const char *what, struct view_shown *shown);
/* The same for a task (outbox_options.note_shown). */
enum err server_note_task(void *server, uint64_t peer, struct text worker, struct view_shown *shown);
/* `list` of what was read. ERR_OK, or what the server leaves with. */
enum err server_answer_reads(struct server *server, const struct item *item);

/* ---- server_memory.c ---- */
/* Resident memory that is not of a file; -1: cannot be read. */
int64_t server_resident(void);
/* From now on memory is looked at, and bounded. */
void memory_watch(struct server *server);

/* ---- server_manager.c ---- */
/* From now on the loop beats, where the service manager wants that. */
void manager_watch(struct server *server);
void manager_ready(void);
void manager_stopping(void);

/* ---- server_watch.c ---- */
void watch_begin(struct server *server, const struct item *item);
/* More credit for a watch; 0 ends it. false: there is no such watch. */
bool watch_credit(struct server *server, link_peer peer, uint64_t request, uint32_t credit);
/* News as far as credit and the limits of a turn go. */
void watch_serve(struct server *server);
/* How many records the watch that is furthest behind has not looked at. */
uint64_t watch_lag(const struct server *server);
void watch_close_all(struct server *server);

/* ---- server_deploy.c ---- */
/* Within a batch: a part of a deployment; the last one deploys. ERR_OK: `item->answer` is made; or a store error. */
enum err deploy_part(struct server *server, struct item *item);
/* What the configuration lists. ERR_OK; ERR_INVALID_SOURCE, ERR_NOT_FOUND, store errors with `*why`. */
enum err deploy_configured(struct server *server, struct arena *arena, struct text *why);
void deploy_close_all(struct server *server);

#endif
