/* query_late: `list` with `what` = `late`: every case, open or ended, of which some deadline was missed. See query.h.
 *
 * Who is overdue now is in the rows of open cases; who was late at closing only the cases themselves say. So they are walked, by their headers, a bounded
 * number for one page; a cursor is the last case that was looked at. */
#include "engine/query_inner.h"

static bool workflow_is(const struct page *page, uint64_t position)
{
    struct text wanted = page->question->workflow;
    const struct workflow *workflow = wanted.size ? engine_workflow(page->query->engine, position) : NULL;
    return wanted.size == 0 || (workflow && text_is(wanted, workflow_string(workflow, workflow_head(workflow)->name)));
}

static enum err add_case(struct page *page, uint64_t case_id)
{
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = case_id};
    const struct case_state *state;
    struct value row;
    enum err code = engine_find_case(page->query->engine, &subject, &state);
    code = code == ERR_UNKNOWN_CASE ? ERR_CORRUPT : code;
    code = code ? code : view_case(&page->view, state, &page->viewer, 0, &row);
    if (!code)
        page_add(page, value_copy(page->view.arena, &row)); /* the case lives until the next one is found */
    return code;
}

static enum err look_at(struct page *page, int32_t unit, struct text value, uint64_t case_id)
{
    struct case_header header;
    enum err code = case_header_read(value, &header);
    page->looked++;
    if (code || !(header.flags & CASE_WAS_LATE) || !page_covers(page, unit, header.unit) || !workflow_is(page, header.workflow))
        return code;
    return add_case(page, case_id);
}

enum err query_late(struct page *page, int32_t unit)
{
    struct record_key from = key_case(engine_partition(page->query->engine), page->question->after + 1);
    struct store_cursor *cursor;
    struct text key, value;
    uint64_t last = page->question->after;
    enum err code = store_cursor_open(page->view.txn, STORE_CASE, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, key_text(&from), &key, &value);
    while (!code && !page_full(page)) {
        if (!key_read_u64_last(key, &last))
            code = ERR_CORRUPT;
        code = code ? code : look_at(page, unit, value, last);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    if (code && code != ERR_NOT_FOUND)
        return code;
    page_end(page, code ? 0 : last);
    return ERR_OK;
}
