/* store_lmdb_wipe: overwrites what LMDB has no use for in its file.
 *
 * LMDB never changes a page in place: what was deleted still stands in the page as it was, which is free now, and, since pages are made in memory that
 * was used before, in the corner between the ends of any other page. So the file is read from its beginning to its end:
 *
 *     0, 1     LMDB's own two pages, without rows          left
 *     free     by LMDB's own list, or behind its last page  zeros, all of it
 *     in use   branch or leaf                              zeros between `lower` and `upper`, where LMDB keeps nothing
 *              overflow: one large row over many pages     left
 *
 * A page that says of itself anything else is no page of LMDB's, and nothing more is written. */
#ifndef STAIRCASE_STORE_LMDB_WIPE_H
#define STAIRCASE_STORE_LMDB_WIPE_H

#include "engine/store_lmdb_file.h"

/* The environment was opened just now and has no transaction: only then no page that is made later can bring old bytes along. As store_wipe. */
enum err lmdb_file_wipe(struct lmdb_file *file);

#endif
