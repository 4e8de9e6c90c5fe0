/* query_inner: what the files of the questions share. Nobody else includes it.
 *
 *   query.c        which question it is; show       query_list.c    cases and units
 *   query_explain.c explain
 *   query_figure.c incidents, status, news          query_page.c    rows become messages */
#ifndef STAIRCASE_QUERY_INNER_H
#define STAIRCASE_QUERY_INNER_H

#include "engine/limits.h"
#include "engine/query.h"

/* The answer in the making: rows gather until a message is full. */
struct page {
    const struct query *query;
    const struct message *question;
    const struct query_sink *sink;
    struct view view;
    struct viewer viewer;
    struct arena_mark mark;   /* what comes after it belongs to the rows gathered now */
    struct list_maker rows;
    struct value_weight weight; /* of the rows gathered now */
    size_t bytes;             /* of all of them so far */
    uint32_t count, limit;    /* rows so far, and at most */
    uint32_t looked;          /* rows of the store looked at */
};

void page_begin(struct page *page, const struct query *query, struct arena *arena, const struct message *question, const struct query_sink *sink);
/* The page has its rows, or has looked at enough: the rest is another page. */
bool page_full(const struct page *page);
/* A row that has been copied or lives in the arena. */
void page_add(struct page *page, struct value row);
/* Sends what has gathered; more follows. */
void page_flush(struct page *page);
/* The last message; `after` 0: that was all. */
void page_end(struct page *page, uint64_t after);
/* The only message. */
void page_refuse(struct page *page, enum err code, struct text why);

/* The unit of the question: NONE when it names none. false: refused, it is not in the directory. */
bool page_unit(struct page *page, int32_t *unit);
/* query_late.c */
enum err query_late(struct page *page, int32_t unit);
/* Whether a case stands at the unit or below; NONE: anywhere. */
bool page_covers(const struct page *page, int32_t unit, uint32_t unit_id);

enum err query_explain(struct page *page);
enum err query_list(struct page *page);
enum err query_incidents(struct page *page);
enum err query_status(struct page *page);

#endif
