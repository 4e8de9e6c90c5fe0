/* store_lmdb_copy: a copy of what a store holds at this moment, from beside the engine that writes it, or of a stopped folder. */
#ifndef STAIRCASE_STORE_LMDB_COPY_H
#define STAIRCASE_STORE_LMDB_COPY_H

#include "engine/store.h"

/* Opens a folder to read: a stopped one under its lock, otherwise beside whoever writes. As store_lmdb_open. */
enum err store_lmdb_open_to_read(struct store **store, const char *folder);
/* Writes the whole store to the descriptor as one file, free pages left out. One read transaction stands open meanwhile, in this process: an engine
 * that writes beside cannot use freed pages again until it is over, so its file grows by what it writes in that time.
 * As store_lmdb_open; ERR_DISK_FULL, ERR_IO: of the file that is written, too. */
enum err store_lmdb_copy(const char *folder, int descriptor);
/* Writes every row anew into a store that is made at `to`. Slower, and unlike a copy of pages nothing that was deleted can be left in what no row
 * uses: for secrets. */
enum err store_lmdb_copy_rows(const char *folder, const char *to);

#endif
