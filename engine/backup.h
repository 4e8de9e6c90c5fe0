/* backup: a copy of a data folder, taken while its engine runs, and what is asked of such a copy.
 *
 *     TO.unfinished/ ── store/data.mdb ── keys/ ── mediation-centre/ ── manifest ──> renamed to TO ──> the mark `backup-unfinished` goes
 *
 * The log and the state are copied first, the keys after them: so every value of the copy has its key, unless it was destroyed meanwhile. The docket
 * of the centre, where it stands in the folder, comes last: what the engine then believes the centre has, it has. Both are copied row by row: what was
 * destroyed is in no later backup, not even in a corner of a page. The keys of TCP go along, so that clients connect to what is restored as they did.
 * Whatever stops it half-way leaves a folder with the mark, which neither serve nor verify takes; the next backup to the same place clears it.
 *
 * Taken by a process of its own beside the engine (LMDB's table of readers keeps what is read): the engine's loop does not notice. */
#ifndef STAIRCASE_BACKUP_H
#define STAIRCASE_BACKUP_H

#include "engine/manifest.h"

/* Takes one. ERR_OK; ERR_USAGE: the place is taken; ERR_NOT_FOUND: there is nothing to copy, or the place is in no folder; ERR_LOCKED: another backup
 * is on its way there; errors of the store and the disk. `*why` in the arena: whole sentences. */
enum err backup_take(const char *data, const char *to, struct manifest *manifest, struct arena *arena, struct text *why);

/* Whether the folder is one. ERR_OK with the manifest; ERR_NOT_FOUND: it has none, and is a data folder like any other; ERR_CORRUPT: it was never
 * finished, or its manifest is damaged; ERR_NEWER_FORMAT, ERR_IO. `*why` in the arena. */
enum err backup_read(const char *folder, struct manifest *manifest, struct arena *arena, struct text *why);
/* Whether its files are those of the manifest. ERR_OK; ERR_CORRUPT, ERR_IO with `*why`. */
enum err backup_check(const char *folder, const struct manifest *manifest, struct arena *arena, struct text *why);
/* The same by their sizes alone: quick, and a file that is missing would be made anew, empty. */
enum err backup_glance(const char *folder, const struct manifest *manifest, struct arena *arena, struct text *why);
/* Restoring is a start on it, which may be killed at any moment and begun again:
 *
 *     manifest ── before anything is written: begin_life ──> manifest.restoring ── it stands where it should: has_life ──> manifest.restored
 *
 * From begin_life on it is no backup any more: its files will not be those of the manifest. */
enum err backup_begin_life(const char *folder, struct arena *arena);
/* As backup_read, of one whose life was begun and is not yet sure. */
enum err backup_read_begun(const char *folder, struct manifest *manifest, struct arena *arena, struct text *why);
enum err backup_has_life(const char *folder, struct arena *arena);

#endif
