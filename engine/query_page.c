/* query_page: rows become messages. See query.h. */
#include "engine/query_inner.h"

enum { MESSAGE_BYTES = WIRE_MESSAGE_MOST - 4096, MESSAGE_ELEMENTS = WIRE_ELEMENTS_MOST - 64 };

void page_begin(struct page *page, const struct query *query, struct arena *arena, const struct message *question, const struct query_sink *sink)
{
    *page = (struct page){
        .query = query,
        .question = question,
        .sink = sink,
        .view = {.engine = query->engine, .seal = query->seal, .arena = arena, .shown = query->shown},
        .viewer = {.person = question->as, .sight = query->sight},
        .mark = arena_save(arena),
        .rows = {.arena = arena},
        .limit = question->limit && question->limit < LIMIT_PAGE_ROWS ? question->limit : LIMIT_PAGE_ROWS,
    };
}

bool page_full(const struct page *page)
{
    return page->count >= page->limit || page->bytes >= LIMIT_PAGE_BYTES || page->looked >= LIMIT_PAGE_SCAN;
}

static void send_rows(struct page *page, bool more, uint64_t after)
{
    const struct message answer = {
        .kind = MESSAGE_RESULT,
        .request = page->question->request,
        .rows = list_end(&page->rows),
        .more = more,
        .after = after,
        .position = engine_position(page->query->engine),
        .time = page->query->time.now,
    };
    page->sink->answer(page->sink->context, &answer);
    page->rows = (struct list_maker){.arena = page->view.arena};
    page->weight = (struct value_weight){0};
    arena_rewind(page->view.arena, page->mark);
}

void page_flush(struct page *page)
{
    send_rows(page, true, 0);
}

void page_add(struct page *page, struct value row)
{
    struct value_weight weight = value_weigh(&row);
    if (page->rows.count && (page->weight.bytes + weight.bytes > MESSAGE_BYTES || page->weight.elements + weight.elements > MESSAGE_ELEMENTS)) {
        /* The row lies behind the mark too: it is taken along. */
        struct arena aside;
        arena_init(&aside);
        struct value kept = value_copy(&aside, &row);
        page_flush(page);
        row = value_copy(page->view.arena, &kept);
        arena_close(&aside);
    }
    list_add(&page->rows, row);
    page->weight.bytes += weight.bytes;
    page->weight.elements += weight.elements;
    page->bytes += weight.bytes;
    page->count++;
}

void page_end(struct page *page, uint64_t after)
{
    send_rows(page, false, after);
}

void page_refuse(struct page *page, enum err code, struct text why)
{
    const struct message answer = {
        .kind = MESSAGE_REFUSED,
        .request = page->question->request,
        .has = MESSAGE_HAS_CODE,
        .code = code,
        .why = why.size ? why : text_of(err_sentence(code)),
        .todo = text_of(err_advice(code)),
    };
    page->sink->answer(page->sink->context, &answer);
}

bool page_unit(struct page *page, int32_t *unit)
{
    const struct directory *directory = engine_directory(page->query->engine);
    *unit = NONE;
    if (page->question->unit.size == 0)
        return true;
    *unit = directory ? directory_find_unit(directory, page->question->unit) : NONE;
    if (*unit != NONE)
        return true;
    page_refuse(page, ERR_UNKNOWN_UNIT, arena_print(page->view.arena, "\"%.*s\" is not in the directory.", (int)page->question->unit.size,
                                                    page->question->unit.data));
    return false;
}

bool page_covers(const struct page *page, int32_t unit, uint32_t unit_id)
{
    const struct directory *directory = engine_directory(page->query->engine);
    if (unit == NONE)
        return true;
    int32_t row = directory ? advance_unit(directory, unit_id) : NONE;
    return row != NONE && directory_covers(directory, unit, row);
}
