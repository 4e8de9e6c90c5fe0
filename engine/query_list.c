/* query_list: `list`: the open cases of a subtree, unit by unit, and the units themselves. See query.h.
 *
 * Cases are found by the index OPEN: one range for each unit, in the order of the units' permanent ids. A cursor is the place of the unit in
 * that order and the case: it stays good when units are added, and when the last case shown has moved away. */
#include "engine/query_inner.h"

enum { CASE_BITS = 40 }; /* of a cursor; the other 24 are the unit's place */

struct filter {
    struct text workflow, stage, level;
    bool overdue, published;
    int32_t unit;       /* row of the directory, or NONE */
    uint64_t checked;   /* the workflow that was looked up last, */
    bool checked_is_it; /* and whether it is the one */
};

/* ---- cases ---- */

static bool workflow_is(struct page *page, struct filter *filter, uint64_t position)
{
    if (filter->workflow.size == 0)
        return true;
    if (filter->checked != position) {
        const struct workflow *workflow = engine_workflow(page->query->engine, position);
        filter->checked = position;
        filter->checked_is_it = workflow && text_is(filter->workflow, workflow_string(workflow, workflow_head(workflow)->name));
    }
    return filter->checked_is_it;
}

static bool stage_is(struct page *page, const struct filter *filter, const struct open_row *open)
{
    if (filter->stage.size == 0)
        return true;
    const struct workflow *workflow = engine_workflow(page->query->engine, open->workflow);
    return workflow && text_is(filter->stage, workflow_stage_name(workflow, open->stage));
}

static bool level_is(struct page *page, const struct filter *filter, const struct case_state *state)
{
    if (filter->level.size == 0)
        return true;
    const struct workflow *workflow = engine_workflow(page->query->engine, state->workflow);
    return workflow && text_is(filter->level, workflow_level_name(workflow, state->level));
}

static enum err add_publications(struct page *page, const struct case_state *state)
{
    struct list_maker list = {.arena = page->view.arena};
    enum err code = view_publications(&page->view, state, &list);
    for (uint32_t i = 0; !code && i < list.count; i++)
        page_add(page, value_copy(page->view.arena, &list.items[i]));
    return code;
}

/* An ended case has a row while something of it is published; among the open cases it is not listed. */
static bool flags_are(const struct filter *filter, uint32_t flags)
{
    if (filter->published)
        return (flags & CASE_PUBLISHED) != 0;
    return !(flags & CASE_ENDED) && (!filter->overdue || case_flags_overdue(flags));
}

static enum err add_case(struct page *page, const struct filter *filter, uint64_t case_id)
{
    const struct case_ref subject = {.kind = CASE_REF_ID, .id = case_id};
    const struct case_state *state;
    struct value row;
    enum err code = engine_find_case(page->query->engine, &subject, &state);
    if (code == ERR_UNKNOWN_CASE)
        return ERR_CORRUPT;
    if (code || !level_is(page, filter, state))
        return code;
    if (filter->published)
        return add_publications(page, state);
    code = view_case(&page->view, state, &page->viewer, 0, &row);
    if (!code)
        page_add(page, value_copy(page->view.arena, &row)); /* the case lives until the next one is found */
    return code;
}

static enum err look_at(struct page *page, struct filter *filter, struct text value, uint64_t case_id)
{
    struct open_row open;
    enum err code = row_decode_open(value, &open);
    page->looked++;
    if (code || !flags_are(filter, open.flags) || !workflow_is(page, filter, open.workflow) || !stage_is(page, filter, &open))
        return code;
    return add_case(page, filter, case_id);
}

/* The cases at one unit from a case id on. `*at` is the one to go on with, when the page is full. */
static enum err list_unit(struct page *page, struct filter *filter, struct store_cursor *cursor, uint32_t unit_id, uint64_t *at)
{
    uint32_t partition = engine_partition(page->query->engine);
    struct record_key prefix = key_open_unit(partition, unit_id), from = key_open(partition, unit_id, *at);
    struct text key, value;
    enum err code = store_cursor_seek(cursor, key_text(&from), &key, &value);
    page->looked++;
    *at = 0;
    while (!code && key_begins(key, &prefix)) {
        uint32_t unit;
        if (!key_read_open(key, &unit, at))
            return ERR_CORRUPT;
        if (page_full(page))
            return ERR_OK;
        code = look_at(page, filter, value, *at);
        *at = 0;
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static const struct directory_unit_id *unit_ids(const struct directory *directory, uint32_t *count)
{
    const struct table *table = &directory->table[DIRECTORY_UNIT_IDS];
    *count = (uint32_t)table->count;
    return table->rows;
}

static enum err list_units_in_turn(struct page *page, struct filter *filter, struct store_cursor *cursor)
{
    const struct directory *directory = engine_directory(page->query->engine);
    uint32_t count, place = (uint32_t)(page->question->after >> CASE_BITS);
    uint64_t at = page->question->after & ((UINT64_C(1) << CASE_BITS) - 1);
    const struct directory_unit_id *ids = unit_ids(directory, &count);
    enum err code = ERR_OK;
    for (; !code && place < count; place++, at = 0) {
        /* Cases at a closed unit stand there, and at the one that took it over. */
        if (filter->unit != NONE && !directory_covers(directory, filter->unit, ids[place].unit) && !page_covers(page, filter->unit, (uint32_t)ids[place].id))
            continue;
        code = list_unit(page, filter, cursor, (uint32_t)ids[place].id, &at);
        if (!code && (at || page_full(page)))
            break; /* at 0: this unit is done, the next page begins behind it */
    }
    if (code)
        return code;
    if (place < count && at == 0)
        place++;
    page_end(page, place < count ? (uint64_t)place << CASE_BITS | at : 0);
    return ERR_OK;
}

static enum err list_cases(struct page *page, int32_t unit)
{
    const struct message *question = page->question;
    struct filter filter = {.workflow = question->workflow, .stage = question->stage, .level = question->level, .overdue = question->overdue, .unit = unit,
                            .published = text_is(question->what, "published")};
    struct store_cursor *cursor;
    enum err code = store_cursor_open(page->view.txn, STORE_OPEN, &cursor);
    if (code)
        return code;
    code = list_units_in_turn(page, &filter, cursor);
    store_cursor_close(&cursor);
    return code;
}

/* ---- units ---- */

static struct value unit_row(struct page *page, const struct directory *directory, int32_t row)
{
    const struct directory_unit *unit = directory_unit(directory, row);
    struct map_maker map = map_begin(page->view.arena);
    map_put_string(&map, "u", directory_unit_path(directory, row));
    map_put_number(&map, "unit", unit->id);
    map_put_string(&map, "l", directory_level_name(directory, unit->level));
    map_put(&map, "title", map_words(page->view.arena, text_of(directory_string(directory, unit->title_en)), text_of(directory_string(directory, unit->title_zh))));
    map_put_string(&map, "calendar", directory_unit_calendar(directory, row));
    int32_t successor = unit->successor ? directory_unit_by_id(directory, (uint32_t)unit->successor) : NONE;
    if (successor != NONE)
        map_put_string(&map, "successor", directory_unit_path(directory, successor));
    return map_end(&map);
}

static enum err list_units(struct page *page, int32_t above)
{
    const struct directory *directory = engine_directory(page->query->engine);
    int32_t count = directory_unit_count(directory), row = (int32_t)(page->question->after & INT32_MAX);
    for (; row < count && !page_full(page); row++)
        if ((above == NONE || directory_covers(directory, above, row)) &&
            (page->question->level.size == 0 || text_is(page->question->level, directory_level_name(directory, directory_unit(directory, row)->level))))
            page_add(page, unit_row(page, directory, row));
    page_end(page, row < count ? (uint64_t)row : 0);
    return ERR_OK;
}

/* ---- what is asked for must be there: a mistyped name would only look as if there were nothing ---- */

static bool known_workflow(struct page *page)
{
    struct text name, wanted = page->question->workflow;
    uint64_t position;
    bool known = wanted.size == 0;
    for (uint32_t i = 0; !known && engine_deployed_workflow(page->query->engine, i, &name, &position); i++)
        known = text_equal(name, wanted);
    if (!known)
        page_refuse(page, ERR_UNKNOWN_WORKFLOW, arena_print(page->view.arena, "There is no workflow \"%.*s\".", (int)wanted.size, wanted.data));
    return known;
}

static bool known_stage(struct page *page)
{
    const struct message *question = page->question;
    struct text name;
    uint64_t position;
    bool known = question->stage.size == 0;
    for (uint32_t i = 0; !known && engine_deployed_workflow(page->query->engine, i, &name, &position); i++) {
        const struct workflow *workflow = question->workflow.size == 0 || text_equal(name, question->workflow) ? engine_workflow(page->query->engine, position) : NULL;
        known = workflow && workflow_find_stage(workflow, question->stage) != NONE;
    }
    if (!known)
        page_refuse(page, ERR_BAD_DATA, arena_print(page->view.arena, "No workflow that is deployed has a stage \"%.*s\".", (int)question->stage.size, question->stage.data));
    return known;
}

static bool known_level(struct page *page)
{
    const struct directory *directory = engine_directory(page->query->engine);
    struct text wanted = page->question->level, list = TEXT("");
    if (wanted.size == 0 || !directory || directory_find_level(directory, wanted) != NONE)
        return true;
    for (int32_t row = 0; row < directory->table[DIRECTORY_LEVELS].count; row++)
        list = arena_print(page->view.arena, "%.*s%s%s", (int)list.size, list.data, row ? ", " : "", directory_level_name(directory, row));
    page_refuse(page, ERR_BAD_DATA, arena_print(page->view.arena, "There is no level \"%.*s\". Levels: %.*s.", (int)wanted.size, wanted.data, (int)list.size, list.data));
    return false;
}

static bool can_be_listed(struct text what)
{
    static const char *const lists[] = {"", "cases", "units", "published", "late"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (text_is(what, lists[i]))
            return true;
    return false;
}

enum err query_list(struct page *page)
{
    int32_t unit;
    struct text what = page->question->what;
    if (!can_be_listed(what)) {
        page_refuse(page, ERR_BAD_DATA, TEXT("What can be listed is `cases`, `units`, `published`, `late` or `reads`."));
        return ERR_OK;
    }
    if (!page_unit(page, &unit) || !known_workflow(page) || !known_stage(page) || !known_level(page))
        return ERR_OK;
    if (!engine_directory(page->query->engine)) {
        page_end(page, 0); /* nothing is deployed yet: there are no units, and no cases */
        return ERR_OK;
    }
    if (text_is(what, "late"))
        return query_late(page, unit);
    return text_is(what, "units") ? list_units(page, unit) : list_cases(page, unit);
}
