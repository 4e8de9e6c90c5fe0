/* query_explain: `explain`: where a case stands and what may happen, its history with the reasons; or what one event would do. See explain.h. */
#include "engine/query_inner.h"

#include "engine/explain.h"

static enum err answer_trial(struct page *page, struct explain *explain)
{
    const struct message *question = page->question;
    const struct trial trial = {.name = question->event, .as = question->as, .on_behalf = question->on_behalf, .data = question->data,
                                .workflow = question->workflow, .version = question->version, .data_count = question->data_count};
    struct value why, row;
    if (!question->as.size && question->event.size) {
        page_refuse(page, ERR_BAD_DATA, TEXT("Who would send it? `as` is missing."));
        return ERR_OK;
    }
    if (!engine_knows_person(page->query->engine, question->on_behalf)) {
        page_refuse(page, ERR_UNKNOWN_PERSON, arena_print(page->view.arena, "\"%.*s\" is not in the directory.", (int)question->on_behalf.size, question->on_behalf.data));
        return ERR_OK;
    }
    enum err code = explain_trial(explain, &trial, &why);
    struct map_maker both = map_begin(page->view.arena);
    if (question->version) { /* asked of a thousand cases: what stands in a list of them is known */
        map_put_number(&both, "case", (int64_t)explain->state->id);
        row.count = 0;
    } else {
        code = code ? code : explain_case(explain, NULL, &row);
    }
    if (code)
        return code;
    for (uint32_t i = 0; i < row.count; i++)
        map_put_named(&both, row.items[2 * i].text, row.items[2 * i + 1]);
    map_put(&both, "trial", why);
    page_add(page, map_end(&both));
    page_end(page, 0);
    return ERR_OK;
}

static enum err answer_case(struct page *page, struct explain *explain)
{
    struct list_maker entries = {.arena = page->view.arena};
    const struct value *because;
    struct value row;
    uint64_t after = page->question->after, last = 0;
    enum err code = explain_history(explain, after, &entries, &because);
    code = code || after ? code : explain_case(explain, because, &row);
    if (code)
        return code;
    page->mark = arena_save(page->view.arena); /* what was gathered stays while messages go out */
    if (!after)
        page_add(page, row);
    uint32_t told = 0;
    while (told < entries.count && !page_full(page)) {
        last = (uint64_t)value_get(&entries.items[told], "p")->integer;
        page_add(page, entries.items[told++]);
    }
    page_end(page, told < entries.count ? last : 0);
    return ERR_OK;
}

enum err query_explain(struct page *page)
{
    const struct case_state *state;
    enum err code = engine_find_case(page->query->engine, &page->question->subject, &state);
    if (code == ERR_UNKNOWN_CASE) {
        page_refuse(page, code, (struct text){0});
        return ERR_OK;
    }
    struct explain explain = {.view = &page->view, .viewer = &page->viewer, .state = code ? NULL : state, .now = page->query->time.now};
    code = code ? code : explain_begin(&explain);
    if (code)
        return code;
    if (page->question->workflow.size && !page->question->version) {
        page_refuse(page, ERR_BAD_DATA, TEXT("To which version? `v` is missing."));
        return ERR_OK;
    }
    return page->question->event.size || page->question->version ? answer_trial(page, &explain) : answer_case(page, &explain);
}
