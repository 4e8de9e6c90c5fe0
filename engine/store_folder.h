/* store_folder: what a store on disk needs of the operating system before LMDB may begin: a folder, its lock, an idea of how
 * much address space there is, and whether the disk is full. */
#ifndef STAIRCASE_STORE_FOLDER_H
#define STAIRCASE_STORE_FOLDER_H

#include "proto/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { STORE_FOLDER_NO_LOCK = -1 };

/* For writing: creates what is missing (the folder, not its parents; 0700), takes `store.lock` in it for itself alone and
 * makes the folder's entry durable. Read-only: shares the lock if there is one (STORE_FOLDER_NO_LOCK when there is none: a
 * copy), creates and changes nothing. `*lock` is a descriptor, closed on exec; the lock holds until store_folder_leave.
 * ERR_LOCKED; ERR_NOT_FOUND (read-only: there is no folder); ERR_DISK_FULL; ERR_IO. */
enum err store_folder_enter(const char *folder, bool read_only, int *lock);
void store_folder_leave(int *lock);
/* Makes the entries of the folder durable (a file's own sync does not promise that its name survives). */
enum err store_folder_sync(const char *folder);

/* There is so little room for more in the folder that a write that failed without a reason may be put down to that. Writes a file there and
 * takes it away again. */
bool store_folder_is_full(const char *folder);

/* How large a map the process may ask for: `wanted`, or half of what RLIMIT_AS allows, if that is less. */
uint64_t store_folder_map_most(uint64_t wanted);
/* There is room for `size` more bytes of address space. */
bool store_folder_has_address_space(uint64_t size);

#endif
