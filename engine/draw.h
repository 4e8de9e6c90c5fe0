/* draw: a workflow as a picture. draw_workflow makes a small model of it, in words of one language; draw_dot.c, draw_mermaid.c and
 * draw_svg.c each write that model in their format, and know nothing of workflows.
 *
 * What is drawn: a node for the start, for each stage, for each end, one for the events that are possible anywhere, and one for what opens an
 * ended case again. What leads from one to another is an edge: of an event (who sends it, with what, on which condition) or, dashed, of time that ran out. Edges of a kind
 * with the same ends are one, with one paragraph for each way. What leads nowhere (a comment, a notice, a climb within the stage) is a line in its node: so the
 * picture of a long workflow has few edges. A vote or a rating has a shape of its own. A stage with a ladder has steps, lowest first, and climbs between neighbouring steps.
 *
 * The same workflow and language give the same model in the same order. Levels and roles have the titles of the directory; without one, or where it has none, their names.
 * Texts are as the author wrote them, except that characters that no XML may hold are blanks; each format escapes them. */
#ifndef STAIRCASE_DRAW_H
#define STAIRCASE_DRAW_H

#include <stdio.h>

#include "engine/directory.h"
#include "engine/workflow.h"

enum draw_language { DRAW_EN, DRAW_ZH };

enum draw_tone {
    DRAW_TITLE,  /* what a thing is called */
    DRAW_PLAIN,  /* who, with what, when */
    DRAW_WORK,   /* tasks */
    DRAW_TIME,   /* deadlines, and what follows when they pass */
};

/* One line, short enough to stand in a picture. */
struct draw_line {
    struct draw_line *next;
    enum draw_tone tone;
    struct text text;
};

struct draw_lines {
    struct draw_line *first, *last;
};

enum draw_way { DRAW_EVENT, DRAW_OVERDUE };

/* From one step of a ladder to its neighbour, within the stage. */
struct draw_climb {
    struct draw_climb *next;
    int32_t from, to; /* steps */
    enum draw_way way;
    struct text title;
};

/* DRAW_ABSENT: the workflow has no such node (nothing is possible anywhere). */
enum draw_kind { DRAW_ABSENT, DRAW_START, DRAW_STAGE, DRAW_ANYWHERE, DRAW_END };

struct draw_node {
    enum draw_kind kind;
    struct text id;          /* letters, digits and underlines; unique in the drawing */
    struct draw_lines lines; /* the first has the title */
    struct text *steps;      /* levels of the ladder, lowest first */
    int32_t step_count;
    bool publishes;          /* a publication: everybody sees something of it */
    bool ballot;             /* of a stage: a vote or a rating: drawn so that it is seen at once */
    struct draw_climb *climbs, *last_climb;
};

struct draw_edge {
    struct draw_edge *next;
    int32_t from, to; /* nodes */
    enum draw_way way;
    struct draw_lines lines;
};

struct drawing {
    struct arena *arena;
    struct text title;
    struct draw_node *nodes;
    int32_t node_count;
    struct draw_edge *edges, *last_edge;
};

/* All of it lives in the arena. */
struct drawing draw_workflow(struct arena *arena, const struct workflow *workflow, const struct directory *directory, enum draw_language language);

/* Writes the drawing. What goes wrong with `out` is for the caller to find (ferror). */
void draw_dot(const struct drawing *drawing, FILE *out);
void draw_mermaid(const struct drawing *drawing, FILE *out);

/* The drawing laid out by Graphviz, whose library is loaded here and by nobody else: no other command waits for it. ERR_OK; ERR_NOT_FOUND: it is not
 * on this machine; ERR_IO: it could not draw; `*why` is a sentence. `*svg` is in the arena. */
enum err draw_svg(const struct drawing *drawing, struct text *svg, struct text *why);

#endif
