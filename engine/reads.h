/* reads: to whom something private was shown, of which case, which fields, when, over which key. Names of fields, never what stood in them.
 *
 * A ring of files beside the log (DATA/reads), outside its chain and of its backup: READS_MOST of them are kept, the oldest go. Each file has its room on
 * the disk before anything is written into it, so a full disk keeps nobody's look from being recorded: when there is no room for another file, the oldest is
 * written over before its time.
 *
 *     0000000000000003            the file of rows 3 x READS_FILE + 1 and following; READS_FILE rows of READS_ROW bytes:
 *         number 8 | time 8 | case 8 | check 8 | sizes of four texts, 2 each | cut 1 | the texts, one after the other | zeros
 *
 * A row is written when reads_put returns: it outlives the process. It outlives the machine when reads_sync has returned, once a second (server_reads.c). One
 * that was torn by a power cut has a wrong check, and is passed over. */
#ifndef STAIRCASE_READS_H
#define STAIRCASE_READS_H

#include "engine/arena.h"
#include "proto/err.h"

struct reads;

enum { READS_ROW = 512, READS_FILE = 512, READS_FILES = 512, READS_MOST = READS_FILE * READS_FILES };

struct reads_row {
    uint64_t number;     /* from 1 on, in order; of reads_put: given by it */
    int64_t time;
    uint64_t case_id;
    struct text person;  /* to whom it was shown: of the directory, app:token, or worker:NAME */
    struct text through; /* name of the key, or local */
    struct text what;    /* show, explain, task */
    struct text fields;  /* names, one comma after each but the last */
    bool cut;            /* there were more fields */
};

/* Makes the folder where it is not there. ERR_OK; ERR_IO, ERR_DISK_FULL, ERR_NO_MEMORY with `*why` in the arena. */
enum err reads_open(struct reads **reads, const char *folder, struct arena *arena, struct text *why);
void reads_close(struct reads **reads);
/* Texts that are too long for a row are cut. ERR_OK, or ERR_IO: then nobody may be shown it. */
enum err reads_put(struct reads *reads, const struct reads_row *row);
/* What was put is on disk. Nothing to do: ERR_OK. */
enum err reads_sync(struct reads *reads);
/* The first row behind that number; at most `most` places are looked at, and `*after` moves on. ERR_OK; ERR_NOT_FOUND: there are no more; ERR_BUSY: not
 * among the first `most`; ERR_IO. Texts in the arena. */
enum err reads_next(const struct reads *reads, struct arena *arena, uint64_t *after, uint32_t most, struct reads_row *row);

#endif
