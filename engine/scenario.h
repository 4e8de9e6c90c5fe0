/* scenario: a story that a workflow must tell, written by someone who knows the cases, run in virtual time.
 *
 * It runs on what the engine runs on: the same engine, door, seal, outbox, calendar and directory, over a store in memory. Time
 * stands still except where a step waits; then every deadline on the way fires at its own time, in order. A crash throws away
 * what is not committed and opens the engine anew. So what passes here is what happens in the office.
 *
 *     scenario: what it shows
 *     now: 2026-09-24 09:00                  local time where the story begins
 *     workflow: FILE                         (workflow.yaml beside the scenario, or in the folder above; a list for several)
 *     directory: FILE, calendar: FILE        (a small practice district and the official calendar are built in)
 *     people: {li: [mediator at jinnong/grid-3/building-7]}    besides those of the directory
 *     steps:
 *       - open: {unit: …, by: …, data: {…}}  - send: {event: …, by: …, data: {…}}    - wait: until due
 *       - expect: {stage: …, due: …, …}      - refused: not-now                      - crash
 *
 * Nobody in the directory is called zhao: then zhao is the resident scenario:zhao. A refusal is checked by the step right after it;
 * one that is not checked fails. workflows/SCENARIOS.md describes every key; `scenario_keys` is the table of them.
 *
 *   scenario.c         the run, top to bottom            scenario_yaml.c    reading the file
 *   scenario_world.c   the engine around it, and time    scenario_shelf.c   files and what is made of them, kept for the next
 *   scenario_step.c    steps that act                    scenario_expect.c  steps that look
 *   scenario_report.c  what a failure shows */
#ifndef STAIRCASE_SCENARIO_H
#define STAIRCASE_SCENARIO_H

#include "engine/yaml.h"

/* Workflows, directories and calendars that were read for one scenario are kept for the next. */
struct scenario_shelf;

struct scenario_shelf *scenario_shelf_create(void);
void scenario_shelf_destroy(struct scenario_shelf **shelf);

struct scenario_result {
    bool passed;
    struct text title;   /* of the scenario; empty when the file could not be read */
    uint32_t steps;      /* that were run */
    struct place place;  /* of the step that failed */
    struct text failure; /* what was expected and what is, or the mistakes of the file; lines, each with its newline */
    struct text history; /* of the cases so far; lines */
};

/* Reads and runs one file. Everything of the result lives in the arena. A store in memory does not fail: what does is a bug (asserted). */
void scenario_run(struct scenario_shelf *shelf, struct arena *arena, const char *path, struct scenario_result *result);

/* Everything that is wrong with a scenario as it is written; nothing is run. */
void scenario_check(struct arena *arena, const struct node *root, struct problems *problems);

/* The keys of a scenario, for the reference and the tests. */
enum scenario_where {
    SCENARIO_HEAD,
    SCENARIO_PEOPLE, /* names are free */
    SCENARIO_STEP,
    SCENARIO_OPEN,
    SCENARIO_SEND,
    SCENARIO_EXPECT,
    SCENARIO_REFUSED,
    SCENARIO_WORKER,
    SCENARIO_RETRY,
    SCENARIO_VOTE,    /* vote of expect */
    SCENARIO_OPENED,
    SCENARIO_WHERE_COUNT
};
extern const struct keys scenario_keys;

#endif
