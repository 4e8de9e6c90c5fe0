/* explain: why a case is where it is, what may happen next, and what an event would do or why it is refused.
 *
 * The history is decided again in memory (engine_past.h), with the reasons that advance gives when it is asked; what may happen is read from
 * the workflow at the case's place, with the people of the directory by name; an event that is only tried is sealed and decided as
 * at the door, and forgotten. Nothing is written. Everything is said in English and in Chinese: maps {en, zh}.
 *
 * Names of fields, stages and people's references are shown to everyone, as `show` does; values of private fields never are, and who
 * stands in a private people field only to those who may see it.
 *
 *   explain.c        the question: history, trial          explain_ways.c   what may happen, what the deadlines lead to
 *   explain_words.c  the words for all of it */
#ifndef STAIRCASE_EXPLAIN_H
#define STAIRCASE_EXPLAIN_H

#include "engine/draw_words.h"
#include "engine/view.h"

enum {
    EXPLAIN_RECORDS_MOST = 4096, /* a history that is longer is told without its reasons */
    EXPLAIN_PERSONS_MOST = 20,   /* named one by one; how many more there are is said */
};

/* The same in both languages. */
struct two {
    struct text en, zh;
};

/* What is explained. Zero-initialise with view, viewer, state and now. */
struct explain {
    struct view *view;
    const struct viewer *viewer;
    const struct case_state *state;
    int64_t now;
    const struct workflow *workflow;
    struct advance_input input;
    struct draw_words en, zh;
};

/* ERR_OK; ERR_CORRUPT: its workflow is not here. */
enum err explain_begin(struct explain *explain);

/* The case, as `show` has it without data, with `ways` and `clocks`. ERR_OK, ERR_CORRUPT, store errors. */
enum err explain_case(struct explain *explain, const struct value *because, struct value *row);
/* The entries of its history after a position, oldest first, with their reasons; `*because` is the one that brought it where it is (NULL: none).
 * A history that is too long has no reasons and `*because` is NULL. */
enum err explain_history(struct explain *explain, uint64_t after, struct list_maker *entries, const struct value **because);

/* An event that is only tried; with a version a migration. */
struct trial {
    struct text name, as, on_behalf, workflow;
    uint32_t version;
    const struct field_value *data;
    uint32_t data_count;
};
/* What would become of it: {e, code, why, trace, s, l, u, end, due, then, fired}. */
enum err explain_trial(struct explain *explain, const struct trial *trial, struct value *row);

/* ---- explain_ways.c ---- */
/* ERR_OK, store errors. */
enum err explain_ways(struct explain *explain, struct map_maker *row);
void explain_clocks(struct explain *explain, struct map_maker *row);

/* ---- explain_words.c ---- */
struct value two_value(struct explain *explain, struct two two);
struct two two_text(struct text same);
#define TWO(english, chinese) ((struct two){text_of(english), text_of(chinese)})
/* In English the name, in Chinese its title and the name behind it. */
struct two two_stage(struct explain *explain, int32_t stage);
struct two two_event(struct explain *explain, int32_t event);
/* Of an event of the language itself, such as `ballot`; empty: it is none. */
struct two two_given(struct explain *explain, struct text name);
struct two two_field(struct explain *explain, int32_t field);
struct two two_choice(struct explain *explain, struct span names, int32_t index);
struct two two_end(struct explain *explain, int32_t end);
struct two two_level(struct explain *explain, int32_t level);
struct two two_unit(struct explain *explain, struct text path);
struct two two_fields(struct explain *explain, struct span fields); /* refs */
struct two two_condition(struct explain *explain, int32_t condition);
struct two two_people(struct explain *explain, struct span people);
/* What an outcome does; NONE: nothing. */
struct two two_outcome(struct explain *explain, int32_t outcome);
/* A line of a trace. */
struct two two_trace(struct explain *explain, const struct trace_line *line);
/* Where a case stands: stage, level, unit, or its end. */
struct two two_place(struct explain *explain, const struct case_state *state);
struct two two_join(struct explain *explain, struct two before, const char *en, const char *zh, struct two after);

#endif
