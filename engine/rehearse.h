/* rehearse: what a changed workflow would have made of the cases that there are. Nothing is written.
 *
 * The history of each case is decided again in memory under the changed workflow: its openings and what people and workers sent, at the times when it
 * took effect, with the directory and the calendars as they counted then; deadlines fire as the changed workflow has them. What
 * comes of it is compared with what came of it: events that would be refused, deadlines that would be missed, votes that would go the other way, where
 * it would stand. And of each open case: whether it has a place in the changed workflow as it stands (migrate.h).
 *
 * What cannot be known is not made up: of a field that was private and would not be any more, the value that is sealed is taken as one that
 * passes (`blind`). A history that went another way is told up to the first event that would be refused, and on as far as the others fit. */
#ifndef STAIRCASE_REHEARSE_H
#define STAIRCASE_REHEARSE_H

#include "engine/engine.h"

enum {
    REHEARSE_PAGE = 256,          /* cases in one read transaction */
    REHEARSE_RECORDS_MOST = 4096, /* a history that is longer is not rehearsed */
};

struct rehearse;

struct rehearse_options {
    const struct workflow *workflow; /* the changed one; its name says whose cases */
    const struct value *stages;      /* map of stages that are called otherwise, or NULL */
    int64_t now;
    bool open_only;
};

/* Where a case stands, or would. Names live as long as the arena and the workflows. */
struct rehearsed_place {
    const char *stage, *level, *end; /* "" where there is none */
    struct text unit;
    int64_t due;                     /* 0: none, or ended */
    bool late;                       /* some deadline was missed */
};

struct rehearsed {
    uint64_t id;
    struct text number;
    int32_t version;                 /* that it is under */
    bool ended;
    struct rehearsed_place is, would;
    bool not_opened;                 /* its opening would be refused: `would` is empty */
    uint32_t refused_count;
    struct text refused, refused_by, refused_why; /* the first: the event, who sent it, why */
    enum err refused_code;
    int64_t refused_at;
    struct text no_place;            /* why it could not go on under the changed workflow as it stands; empty: it could */
    uint32_t flipped;                /* votes that would go the other way */
    bool late, relieved;             /* it would be late and is not; it is and would not be */
    bool elsewhere;                  /* it would stand somewhere else */
    bool blind;
    bool too_long;                   /* not rehearsed */
    const char *zone;
};

/* So many of them. */
struct rehearse_sum {
    uint64_t cases, open, late, relieved, flipped, refused, no_place, elsewhere, too_long, unreadable;
};

/* The engine may have been opened read-only, beside another process that writes. ERR_OK, ERR_NO_MEMORY. */
enum err rehearse_open(struct rehearse **rehearse, struct engine *engine, const struct rehearse_options *options);
void rehearse_close(struct rehearse **rehearse);

/* The next cases after the id `*after` (0: from the first), in one read transaction: each is counted, and taken. ERR_OK: there may be more;
 * ERR_NOT_FOUND: that was all; store errors. What is taken lives until the callback returns. */
typedef void (*rehearse_take)(void *context, const struct rehearsed *rehearsed);
enum err rehearse_some(struct rehearse *rehearse, uint64_t *after, struct rehearse_sum *sum, rehearse_take take, void *context);

/* Something about it is other than it is. */
bool rehearsed_differs(const struct rehearsed *rehearsed);

#endif
