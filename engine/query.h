/* query: questions about what is committed: show, explain, list, incidents, status. They change nothing.
 *
 * A page is bounded in rows, in bytes and in rows looked at (limits.h), so a question never holds the loop for long; an answer that is not
 * the whole says where to go on. Answers go to a sink one by one as they are made: memory is one message. */
#ifndef STAIRCASE_QUERY_H
#define STAIRCASE_QUERY_H

#include "engine/outbox.h"

/* Figures that only the server has. Members are as in PROTOCOL.md section 8, status. */
struct query_figures {
    int64_t started, now;
    uint64_t applied, duplicate, refused, busy, malformed;
    uint64_t denied, turned_away; /* what a key may not do; connections without a known key */
    bool read_only, stopping;
    const struct text *alarms, *alarm_names; /* sentences; names as in engine/RUNBOOK.md */
    uint32_t alarm_count;
};

struct query {
    struct engine *engine;
    struct seal *seal;
    const struct outbox *outbox; /* NULL: no workers */
    const struct query_figures *figures; /* of status; NULL: none */
    struct outbox_time time;
    const struct sight *sight; /* of the connection; NULL: all */
    struct view_shown *shown;  /* what private fields answers show, noted before they go to the sink; NULL: not wanted */
};

struct query_sink {
    void (*answer)(void *context, const struct message *answer);
    void *context;
};

/* Answers a show, explain, list, incidents or status: results, or a refusal; `request` is copied from the question. Between batches. The arena is
 * rewound between answers. ERR_OK, or a store error that the caller deals with (then nothing final was answered). */
enum err query_answer(const struct query *query, struct arena *arena, const struct message *question, const struct query_sink *sink);

/* Whether a committed event passes the filter of a watch (workflow, unit and all below it, case), and its news. The view has begun; the news
 * lives until the next case is looked for. */
struct query_filter {
    struct text workflow, unit;
    uint64_t case_id;
    struct text person; /* in whose name it is watched; empty: nobody's */
    bool erasures; /* only what was destroyed: of a person, or of a case that was kept long enough */
};
enum err query_news(const struct query *query, struct view *view, const struct query_filter *filter, uint64_t position, bool *passes, struct message *news);

#endif
