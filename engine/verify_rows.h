/* verify_rows: are two states the same, row by row? And what the first row that differs is called, so that people know where to look. */
#ifndef STAIRCASE_VERIFY_ROWS_H
#define STAIRCASE_VERIFY_ROWS_H

#include "engine/record.h"

enum { VERIFY_PROBLEM_MOST = 256 };

/* What a key of a table speaks of: "case 17", "a deadline of case 17". In the arena. */
struct text verify_row_name(struct arena *arena, enum store_table table, struct text key);

/* Compares every table but LOG and META: `one` is the folder's, `other` what its log gives. `*rows` counts what is alike. ERR_OK; ERR_CORRUPT
 * with a sentence in `problem`; other store errors. */
enum err verify_rows_compare(struct store_txn *one, struct store_txn *other, char problem[VERIFY_PROBLEM_MOST], uint64_t *rows);

#endif
