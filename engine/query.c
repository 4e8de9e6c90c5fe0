/* query: see query.h. */
#include "engine/query_inner.h"

#include <assert.h>

/* ---- show ---- */

/* Positions of the case's records after `after`, newest first: the chain runs backwards. */
struct positions {
    uint64_t *items;
    uint32_t count;
};

static enum err walk_back(struct page *page, const struct case_state *state, struct positions *positions)
{
    positions->items = ARENA_ARRAY(page->view.arena, uint64_t, LIMIT_PAGE_SCAN);
    positions->count = 0;
    for (uint64_t position = state->last_position; position > page->question->after;) {
        struct log_record record;
        struct arena_mark mark = arena_save(page->view.arena);
        enum err code = view_record(&page->view, position, &record);
        if (code)
            return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
        arena_rewind(page->view.arena, mark);
        if (positions->count == LIMIT_PAGE_SCAN) /* the oldest are wanted: those go */
            memmove(positions->items, positions->items + 1, --positions->count * sizeof *positions->items);
        positions->items[positions->count++] = position;
        position = record.previous;
    }
    return ERR_OK;
}

static enum err show_history(struct page *page, const struct case_state *state)
{
    struct positions positions;
    enum err code = walk_back(page, state, &positions);
    page->mark = arena_save(page->view.arena);
    uint64_t last = 0;
    page->count = 0;
    while (!code && positions.count && !page_full(page)) {
        struct log_record record;
        struct value row;
        last = positions.items[--positions.count];
        code = view_record(&page->view, last, &record);
        code = code ? code : view_history(&page->view, state, last, &record, &page->viewer, &row);
        if (!code)
            page_add(page, row);
    }
    if (!code)
        page_end(page, positions.count ? last : 0);
    return code;
}

static enum err query_show(struct page *page)
{
    const struct case_state *found;
    enum err code = engine_find_case(page->query->engine, &page->question->subject, &found);
    if (code == ERR_UNKNOWN_CASE) {
        page_refuse(page, code, (struct text){0});
        return ERR_OK;
    }
    if (code)
        return code;
    const struct case_state *state = found;
    page->mark = arena_save(page->view.arena);
    if (page->question->after == 0) {
        struct value row;
        code = view_case(&page->view, state, &page->viewer, VIEW_DATA | VIEW_TASKS | VIEW_POSSIBLE | VIEW_TITLES, &row);
        if (code)
            return code;
        page_add(page, row);
        if (!page->question->history)
            page_end(page, 0);
        else
            page_flush(page);
    }
    return page->question->history || page->question->after ? show_history(page, state) : ERR_OK;
}

/* ---- which ---- */

static enum err answer_kind(struct page *page)
{
    switch (page->question->kind) {
    case MESSAGE_SHOW: return query_show(page);
    case MESSAGE_EXPLAIN: return query_explain(page);
    case MESSAGE_LIST: return query_list(page);
    case MESSAGE_INCIDENTS: return query_incidents(page);
    case MESSAGE_STATUS: return query_status(page);
    default: assert(false && "a message that is no question was asked"); return ERR_OK;
    }
}

enum err query_answer(const struct query *query, struct arena *arena, const struct message *question, const struct query_sink *sink)
{
    struct page page;
    struct arena_mark mark = arena_save(arena);
    page_begin(&page, query, arena, question, sink);
    enum err code = view_begin(&page.view);
    if (!code && !engine_knows_person(query->engine, question->as))
        page_refuse(&page, ERR_UNKNOWN_PERSON, arena_print(arena, "\"%.*s\" is not in the directory.", (int)question->as.size, question->as.data));
    else
        code = code ? code : answer_kind(&page);
    view_end(&page.view);
    arena_rewind(arena, mark);
    return code;
}
