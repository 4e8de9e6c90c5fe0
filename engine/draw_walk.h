/* draw_walk: what the files of the model of a picture share: where it stands in the workflow, and where outcomes lead. Only for draw.c and draw_walk.c. */
#ifndef STAIRCASE_DRAW_WALK_H
#define STAIRCASE_DRAW_WALK_H

#include "engine/draw_words.h"

/* Columns of a line in a node, and beside an edge. */
enum { NODE_COLUMNS = 44, EDGE_COLUMNS = 28 };

/* What happens, as it is said wherever it leads: what it is called, who does it and with what, and on which condition it leads there. */
struct happening {
    enum draw_way way;
    struct text title, details, condition;
};

struct walk {
    struct draw_words words;
    struct drawing *drawing;
    int32_t node;  /* from where */
    int32_t stage; /* its row, or NONE */
};

/* Nodes by what they stand for: 0 is where a case is opened; what leads out of every end stands once. */
int32_t draw_stage_node(int32_t stage);
int32_t draw_anywhere_node(const struct workflow *workflow);
int32_t draw_end_node(const struct workflow *workflow, int32_t end);
int32_t draw_ended_node(const struct workflow *workflow);

/* Two texts in a format with two `%.*s`. */
struct text draw_two(const struct walk *walk, const char *format, struct text a, struct text b) __attribute__((format(printf, 2, 0)));
/* `before; detail`, or whichever there is. */
struct text draw_with(const struct walk *walk, struct text before, struct text detail);
/* `label: text`; nothing for no text. */
struct text draw_labelled(const struct walk *walk, const char *label, struct text text);
/* A line of the node where the walk is. */
void draw_row(struct walk *walk, enum draw_tone tone, struct text text);
/* What everybody sees of a publication (a row, or NONE), and for how long. */
struct text draw_published(const struct walk *walk, int32_t row);
/* Where an outcome leads: edges, or a line of the node. `when`: the condition nearest above it, or NONE. */
void draw_outcome(struct walk *walk, int32_t row, int32_t when, struct happening what);

#endif
