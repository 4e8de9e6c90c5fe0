/* table: aligned columns for people. A Chinese character is two columns wide, a combining mark none; what a case holds
 * cannot move the cursor or colour the terminal: control characters are shown as a replacement, line breaks as spaces.
 *
 * The widths are a small table of our own, so that they do not depend on the locale of whoever runs the command. */
#ifndef STAIRCASE_COMMAND_TABLE_H
#define STAIRCASE_COMMAND_TABLE_H

#include <stdio.h>

#include "engine/command/command.h"

enum { TEXT_TABLE_COLUMNS_MOST = 12 };

struct text_table {
    struct arena *arena;
    int columns;
    bool right[TEXT_TABLE_COLUMNS_MOST]; /* numbers: aligned to the right */
    bool colour;                         /* the heading is bold */
    bool headed;                         /* the first row is a heading */
    int width;                           /* of the terminal: the last column is cut to fit; 0: it is not */
    struct text *cells;
    size_t count, room;
};

/* A table of so many columns; set `right`, `colour`, `headed`, `width` before the first cell. */
void text_table_init(struct text_table *table, struct arena *arena, int columns);
/* The same with a heading in the language of the command, as wide as the terminal on stdout. */
void text_table_begin(struct text_table *table, const struct command_line *line, struct arena *arena, const struct command_words *heads, int columns);
/* The next cell, row by row; copied, made harmless. */
void text_table_cell(struct text_table *table, struct text cell);
/* The last column is not padded: lines have no trailing spaces. An unfinished row is a bug (asserted). */
void text_table_print(const struct text_table *table, FILE *out);

/* Columns that the text takes on a terminal. */
int text_width(struct text text);
/* The longest beginning that takes at most so many columns, with "…" where something was left out. */
struct text text_fit(struct arena *arena, struct text text, int columns);
/* A copy without control characters, line breaks, and marks that change the direction of writing. */
struct text text_harmless(struct arena *arena, struct text text);
/* The same, but its lines stay lines. */
struct text text_harmless_lines(struct arena *arena, struct text text);
/* Columns of the terminal behind that descriptor; 0: it is none. */
int terminal_width(int descriptor);

#endif
