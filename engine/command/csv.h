/* csv: a table in a file, row by row (RFC 4180: commas, quotes, doubled quotes, line breaks inside quotes; CRLF or LF; a byte
 * order mark is passed over; UTF-8). Reads as it goes: memory is bounded by one row. */
#ifndef STAIRCASE_COMMAND_CSV_H
#define STAIRCASE_COMMAND_CSV_H

#include "engine/arena.h"
#include "proto/err.h"

#include <stdio.h>

enum { CSV_COLUMNS_MOST = 256, CSV_ROW_MOST = 256 * 1024 };

struct csv {
    FILE *file;
    uint64_t line;                 /* of the file: where the last row began */
    uint64_t next_line;
    char *bytes;                   /* [CSV_ROW_MOST]: the cells of the last row */
    struct text cells[CSV_COLUMNS_MOST];
    uint32_t cell_count;
    uint32_t columns;              /* of the head: every row has as many; 0: not read yet */
};

/* ERR_OK, ERR_NOT_FOUND, ERR_IO. */
enum err csv_open(struct csv *csv, const char *path);
void csv_close(struct csv *csv);
/* The next row; its cells live until the next call. ERR_OK; ERR_NOT_FOUND: no more; ERR_MALFORMED: `*why` (static) says what is wrong with the
 * row that begins at csv->line, and the next call goes on behind its line; ERR_IO. The first row gives the number of columns. */
enum err csv_next(struct csv *csv, const char **why);

#endif
