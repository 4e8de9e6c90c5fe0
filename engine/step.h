/* step: one decision in the making. What the rooms of the core hand to each other while advance decides an event.
 *
 * `state` is a copy of the case that everything is done to; `input.before` points to that copy, so that access and conditions
 * always see the case as it is by now. A function that can refuse returns false after step_refuse: its callers return false
 * in turn, and the copy and the effects are dropped as they are. Nothing outside the arena changes, so there is nothing to undo. */
#ifndef STAIRCASE_STEP_H
#define STAIRCASE_STEP_H

#include "engine/access.h"

struct step {
    struct advance_input input; /* as given; `before` is `state` */
    struct arena *arena;
    struct decision *out;
    const struct workflow *workflow;
    struct case_state *state;
    int32_t unit;                    /* row of the case's current unit in the directory, or NONE */
    const struct calendar *calendar; /* that counts there */
    struct text person;              /* who counts as the sender: the one acted for, else the one who acts */
    uint32_t made;                   /* task ids made by this decision */
    uint32_t depth;                  /* outcomes within outcomes */
    uint32_t followed;               /* stages that waited for nothing */
    bool entered;                    /* the case has left its stage: entered another, the same anew, or ended */
    struct effect unsent;            /* where effects of a held case go: nowhere */
};

enum { STEP_MADE_MOST = 255, STEP_DEPTH_MOST = 16 };

/* Makes the copy. For an opening the case is empty and without a place. */
void step_begin(struct step *step, const struct advance_input *input, struct arena *arena, struct decision *out);
/* Finds unit and calendar of the case's current unit. false: refused. */
bool step_place(struct step *step);

/* Refuses: always false. The sentence gives the particulars; it is printed only here, where it is needed. */
bool step_refused(struct step *step, enum err code, struct text why);
#define step_refuse(step, code, ...) step_refused((step), (code), arena_print((step)->arena, __VA_ARGS__))

/* Adds a line to the trace when one is asked for; costs a branch otherwise. step_tell says beside the words what they speak of:
 * step_tell(step, TRACE(.kind = TRACE_ENDS, .row = end), "ends: %s", name). */
void step_traced(struct step *step, struct trace_line line, struct text words);
#define TRACE(...) ((struct trace_line){__VA_ARGS__})
#define step_tell(step, line, ...)                                                   \
    do {                                                                             \
        if ((step)->input.explain)                                                   \
            step_traced((step), (line), arena_print((step)->arena, __VA_ARGS__));    \
    } while (0)
/* The same with its words in Chinese, a text (printed only when it is asked for). */
#define step_say(step, zh, ...) step_tell((step), TRACE(.kind = TRACE_TOLD, .name = (zh)), __VA_ARGS__)
#define step_trace(step, ...) step_tell((step), TRACE(.kind = TRACE_WORDS), __VA_ARGS__)

/* For "%.*s". */
#define SHOWN(text) (int)(text).size, (text).data

/* An effect of the decision; one that goes nowhere while the case is held. */
struct effect *step_effect(struct step *step, enum effect_kind kind);
/* The next id of a task or of an entry of the outbox. false: refused, one event may make 255. */
bool step_make_id(struct step *step, uint64_t *id);

const struct workflow_stage *step_stage(const struct step *step);
/* Title of a stage for people: {zh, or its name}. */
struct text step_stage_title_zh(const struct step *step);
struct text step_stage_title_en(const struct step *step);

#endif
