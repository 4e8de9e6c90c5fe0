/* scenario_inner: what the files of the scenario runner share. Nobody else includes it. */
#ifndef STAIRCASE_SCENARIO_INNER_H
#define STAIRCASE_SCENARIO_INNER_H

#include "engine/outbox.h"
#include "engine/scenario.h"
#include "engine/source.h"
#include "proto/wire.h"

/* ---- the file, read (scenario_yaml.c) ---- */

enum scenario_step_kind {
    STEP_OPEN, STEP_SEND, STEP_RELEASE, STEP_RETRY, STEP_REPEAT, STEP_WORKER, STEP_WAIT, STEP_DOWN, STEP_CRASH, STEP_DEPLOY, /* act */
    STEP_EXPECT, STEP_REFUSED, STEP_PARKED, STEP_OPENED, STEP_SHORT,                                                                       /* look */
};

/* A crash in the middle of an event; its sender has no answer and sends it again. */
enum scenario_crash { CRASH_NONE, CRASH_BEFORE_COMMIT, CRASH_AFTER_COMMIT };

enum worker_does { WORKER_SENDS, WORKER_ACCEPTS, WORKER_SETTLES, WORKER_FAILS, WORKER_VANISHES };

struct scenario_step {
    enum scenario_step_kind kind;
    const struct node *node;        /* its value, with its place */
    struct text case_name;          /* which case; empty: the one before */
    struct text workflow, unit, event, by, on_behalf;
    const struct node *senders;     /* several that send the same, or NULL */
    const struct node *data, *at;   /* or NULL */
    bool held, again;               /* again: a failure that is worth trying again */
    enum scenario_crash crash;
    enum worker_does does;
    struct text topic, why, file;   /* of a worker; of a deploy */
};

struct scenario_hold {
    struct text person, role, unit;
    const struct node *node;
};

enum { SCENARIO_WORKFLOWS_MOST = 16 };

struct scenario {
    const char *path;
    struct text title;
    const struct node *now;
    const struct node *directory, *calendar; /* or NULL: built in */
    const struct node *workflows[SCENARIO_WORKFLOWS_MOST]; /* scalars; none: the one beside */
    uint32_t workflow_count;
    const struct scenario_hold *holds;
    uint32_t hold_count;
    const struct scenario_step *steps;
    uint32_t step_count;
};

/* Problems are added; the scenario is good when there are none. */
void scenario_read(struct arena *arena, const struct node *root, struct problems *problems, struct scenario *out);

/* What the kinds of notices are called, by enum notice_kind. */
extern const char *const notice_words[NOTICE_WITHDRAWN + 1];

/* What the states of a vote are called, by enum poll_state. */
extern const char *const poll_words[POLL_LEFT + 1];

/* ---- files (scenario_shelf.c) ---- */

/* A file that was read and compiled. */
struct shelf_form {
    struct shelf_form *next;
    const char *path;
    struct text text;     /* as it stands in the file */
    struct source source;
    struct text mistakes; /* why it is not to be used; empty: it is */
    bool told;            /* they have been shown: once is enough for all scenarios */
};

/* The file at a path; lives as long as the shelf. SHELF_DIRECTORY and SHELF_CALENDAR name what the program brings along. */
#define SHELF_DIRECTORY "(built in) practice-directory.yaml"
#define SHELF_CALENDAR "(built in) calendar-cn.yaml"
const struct shelf_form *shelf_get(struct scenario_shelf *shelf, const char *path);
/* Its mistakes, the first time; empty when they have been told already. */
struct text shelf_tell(struct scenario_shelf *shelf, const struct shelf_form *form);

/* The directory with the scenario's people added, as a form in the arena. Roles that only the workflows know come along, reaching no
 * further than their unit. Problems are added for units and roles that nobody knows. (scenario_people.c) */
const struct shelf_form *people_add(struct arena *arena, const struct shelf_form *directory, const struct scenario *scenario,
                                    const struct shelf_form *const *workflows, uint32_t workflow_count, struct problems *problems);

/* ---- the engine around it (scenario_world.c) ---- */

struct world_case {
    struct world_case *next;
    struct text name;
    uint8_t key[ID_SIZE];
};

/* A task that a worker of the scenario has been given. */
struct world_task {
    struct world_task *next;
    struct text topic;
    uint64_t task, lease, case_id; /* lease 0: accepted */
    bool cancels;                  /* it says that other work is no longer wanted, which the worker settles */
};

struct world {
    struct arena *arena;            /* of the run */
    const struct scenario *scenario;
    struct store *store, *keys;
    struct seal *seal;
    struct engine *engine;
    struct outbox *outbox;
    struct door door;
    int64_t now, monotonic, lease_ms;
    uint64_t random;
    uint64_t ids;                   /* event ids and case keys that were made */
    struct world_case *cases, *current; /* in the order of their openings */
    struct text *topics;            /* of the scenario's workers: topic n is worked on by connection n + 1 */
    uint32_t topic_count;
    struct world_task *tasks;       /* given out and not reported on, oldest first */

    struct message sent, answer;    /* the last event, and what its sender heard; in the arena */
    bool has_sent, from_worker;
    bool unchecked;                 /* a refusal that no step has looked at yet */
    uint64_t acted;                 /* position before the last step that acted: what it brought about lies behind */
    struct text workflow;           /* what `open` opens unless it says; empty: there are several */
    const struct shelf_form *const *workflows; /* those the scenario began with */
    uint32_t workflow_count;
    struct text failure;            /* lines: why the run cannot go on; empty: it can */
};

void world_open(struct world *world, struct arena *arena, const struct scenario *scenario);
void world_close(struct world *world);
/* Deploys; the answer is world->answer. */
void world_deploy(struct world *world, const struct shelf_form *form);
/* Delivers an event and waits for its answer (world->answer), with what follows from it: parked events, tasks to workers. */
void world_send(struct world *world, const struct message *message, enum scenario_crash crash);
/* A worker's report on its oldest task of the topic. */
void world_report(struct world *world, struct world_task *task, const struct message *message);
/* Time goes on to `target`; what falls due before it fires at its own time. */
void world_wait(struct world *world, int64_t target);
void world_crash(struct world *world);
/* The engine is down until `target`; then it starts, and finds what has fallen due. */
void world_down(struct world *world, int64_t target);
/* The worker of a topic says nothing any more; its leases run out. */
void world_vanish(struct world *world, uint32_t topic);
void world_new_id(struct world *world, uint8_t id[ID_SIZE]);

/* The calendar that counts at a unit; of the first unit where it is NONE. */
const struct calendar *world_calendar(const struct world *world, int32_t unit);
/* The case as it stands; NULL: it is not there. Lives until the next call. */
const struct case_state *world_state(struct world *world, const struct world_case *one);
/* A name as the engine knows it: a person of the directory, or the resident scenario:NAME. */
struct text world_person(struct world *world, struct text name);

/* ---- what went wrong ---- */
/* Adds "FILE:LINE:COLUMN: sentence" to world->failure; always false. */
bool world_fail(struct world *world, const struct node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A line for each event of each case so far. (scenario_report.c) */
struct text report_history(struct world *world);
/* Where a case stands, in one line. */
struct text report_place(struct world *world, const struct log_record *record);

/* ---- steps ---- */
/* Both: false when it did not go as the step says; world->failure says why. */
bool scenario_act(struct world *world, struct scenario_shelf *shelf, const struct scenario_step *step);
bool scenario_look(struct world *world, const struct scenario_step *step);

/* A case under a name. */
struct world_case *world_add_case(struct world *world, struct text name);
/* opened, short: what the calendar did since the last step that acted. (scenario_calendar.c) */
bool look_opened(struct world *world, const struct scenario_step *step);
bool look_short(struct world *world, const struct scenario_step *step);

/* The case a step is about; NULL: there is none of that name (and no case before). */
struct world_case *world_find_case(struct world *world, struct text name);
/* A file beside the scenario, unless the path is absolute. */
const char *world_path(struct world *world, struct text file);
/* A moment as a step writes it, in the local time of the current case. */
bool world_moment(struct world *world, struct text text, int64_t *time);

#endif
