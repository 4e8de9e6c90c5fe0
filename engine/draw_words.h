/* draw_words: people, durations, limits and conditions of a workflow, said in a few words of one language. Private to the rooms of
 * draw, and to those that explain cases. */
#ifndef STAIRCASE_DRAW_WORDS_H
#define STAIRCASE_DRAW_WORDS_H

#include "engine/draw.h"

/* What everything is said with. */
struct draw_words {
    struct arena *arena;
    const struct workflow *workflow;
    const struct directory *directory; /* whose titles levels and roles have; NULL: they are called by their names */
    enum draw_language language;
};

/* One of the two; both may be formats (the compiler checks both). */
const char *draw_say(const struct draw_words *words, const char *en, const char *zh) __attribute__((format_arg(2), format_arg(3)));
/* The title in the language, or in the other, or the name. */
struct text draw_title(const struct draw_words *words, int32_t name, int32_t title_zh, int32_t title_en);
/* One of a span of NAMES, by its title. */
struct text draw_choice(const struct draw_words *words, struct span names, int32_t index);
/* A value of a field (row of VALUES), as people call it. */
struct text draw_value(const struct draw_words *words, int32_t field, int32_t value);
/* `before`, the mark that separates in a list, `after`; only `after` when there is nothing before it. */
struct text draw_list(const struct draw_words *words, struct text before, struct text after);

/* The level of that row, the role of that name: as the directory calls them. */
struct text draw_level(const struct draw_words *words, int32_t level);
struct text draw_role(const struct draw_words *words, int32_t name);
struct text draw_people(const struct draw_words *words, struct span people);
struct text draw_by(const struct draw_words *words, int32_t by);
/* Who may not send it although `by` lets them: what they have sent, and the fields in which they stand, by their titles. */
struct text draw_differing(const struct draw_words *words, const struct workflow_event *event);
/* `fields` are refs. */
struct text draw_fields(const struct draw_words *words, struct span fields);
/* draw_recurs.c: "the calendar: every week, Tuesday, Thursday; or the next working day; at each grid" */
struct text draw_recurs(const struct draw_words *words, const struct workflow_recurs *recurs);
/* "a year at each grid at least 4: visited; fewer opens explanation" */
struct text draw_quota(const struct draw_words *words, const struct workflow_quota *quota);
/* Of a vote (draw_vote.c): "approve at least 4/5 of all members"; its quorum; "heads, area, secret". Empty where there is nothing to say. */
struct text draw_vote_rules(const struct draw_words *words, const struct workflow_vote *vote);
/* Of a rating, who rates with which weight: "street office 30; representatives 60". */
struct text draw_raters(const struct draw_words *words, const struct workflow_vote *vote);
struct text draw_vote_quorum(const struct draw_words *words, const struct workflow_vote *vote);
struct text draw_vote_manner(const struct draw_words *words, const struct workflow_vote *vote);
struct text draw_duration(const struct draw_words *words, int32_t duration);
struct text draw_limit(const struct draw_words *words, int32_t limit);
struct text draw_condition(const struct draw_words *words, int32_t condition);
/* "season, budget; at most 6 months; supervisor" */
struct text draw_stop(const struct draw_words *words, const struct workflow_stop *stop);

/* Adds a text as lines of at most `columns` (a Chinese character takes two), broken where a reader would break them; an empty text adds
 * nothing. */
void draw_add(const struct draw_words *words, struct draw_lines *lines, enum draw_tone tone, int columns, struct text text);

#endif
