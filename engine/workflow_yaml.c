/* workflow_yaml: the top of a workflow file. See workflow_yaml.h, and workflow_reader.h for how the reading goes. */
#include "engine/workflow_reader.h"

#include <assert.h>

/* ---- head ---- */

/* {number} makes numbers differ; {unit} and {year} begin a new series. Each once: a number stands in keys, and those have an end. */
static void check_reference(struct workflow_reader *reader, const struct node *node, struct text reference)
{
    static const char *const known[] = {"number", "unit", "year"};
    int times[3] = {0};
    const char *at = reference.data, *end = reference.data + reference.size;
    while (at && at < end && (at = memchr(at, '{', (size_t)(end - at)))) {
        const char *close = memchr(at, '}', (size_t)(end - at));
        struct text word = {.data = at + 1, .size = close ? (size_t)(close - at - 1) : 0};
        bool found = false;
        for (size_t i = 0; close && i < 3; i++) {
            bool same = text_is(word, known[i]);
            found = found || same;
            times[i] += same;
        }
        if (!found) {
            problems_add(reader->problems, node, "found %s; only {unit}, {year} and {number} can stand in braces.", node_found(reader->arena, node));
            return;
        }
        at = close + 1;
    }
    if (times[1] > 1 || times[2] > 1)
        problems_add(reader->problems, node, "{%s} stands in it twice; once is enough.", known[times[1] > 1 ? 1 : 2]);
    if (node->plain && (strstr(node->text.data, "“") || strstr(node->text.data, "”")))
        problems_warn(reader->problems, node, "the quotes “ ” are part of every number here. Quotes of YAML are straight: \".");
    if (times[0] != 1)
        problems_add(reader->problems, node, "{number} must stand in it exactly once, or two cases would have one number.");
}

static void opens_read(struct workflow_reader *reader, const struct node *node, struct workflow_head *head)
{
    if (!key_check(reader, node, IN_OPENS))
        return;
    const struct node *at = key_get(node, IN_OPENS, "at"), *by = key_get(node, IN_OPENS, "by");
    const struct node *needs = key_get(node, IN_OPENS, "needs"), *may = key_get(node, IN_OPENS, "may");
    if (!by && !node_get(node, "recurs"))
        problems_add_key(reader->problems, node, "who opens a case is missing: \"by\" (people), \"recurs\" (the calendar), or both.");
    head->opens_by = by ? by_read(reader, by, ALLOW_RESIDENT) : NONE;
    if (head->opens_by != NONE && ROW_OF(reader, BY, by, head->opens_by)->kind != BY_ANY)
        problems_add(reader->problems, by, "a case is opened by one person. Allowed is a role, resident, or a list of these.");
    if (at)
        head->opens_at = levels_read(reader, at);
    if (needs)
        head->opens_needs = fields_read(reader, needs);
    if (may)
        head->opens_may = fields_read(reader, may);
    for (int32_t i = 0; i < head->opens_may.count; i++) {
        int32_t field = ref_at(reader, head->opens_may.first + i);
        if (refs_include(reader, head->opens_needs, field))
            problems_add(reader->problems, may, "the field \"%s\" stands in \"needs\" already.", row_name(reader, WORKFLOW_FIELDS, field));
    }
    recurs_read(reader, key_get(node, IN_OPENS, "recurs"), head);
}

static void head_read(struct workflow_reader *reader, const struct node *root, struct workflow_head *head)
{
    struct text text;
    const struct node *reference = key_get(root, IN_WORKFLOW, "reference"), *tells = key_get(root, IN_WORKFLOW, "tells");
    if (node_name(reader->problems, key_get(root, IN_WORKFLOW, "workflow"), &text))
        head->name = string_push(reader, text);
    node_number(reader->problems, key_get(root, IN_WORKFLOW, "version"), 1, WORKFLOW_VERSION_MOST, &head->version);
    title_read(reader, key_get(root, IN_WORKFLOW, "title"), &head->title_zh, &head->title_en);
    title_read(reader, key_get(root, IN_WORKFLOW, "about"), &head->about_zh, &head->about_en);
    head->applies_from = NONE;
    node_date(reader->problems, key_get(root, IN_WORKFLOW, "applies-from"), &head->applies_from);
    if (node_text(reader->problems, reference, WORKFLOW_REFERENCE_MOST, &text)) {
        check_reference(reader, reference, text);
        head->reference = string_push(reader, text);
    }
    node_choice(reader->problems, key_get(root, IN_WORKFLOW, "late"), late_words, 3, &head->late);
    head->limit = limit_read(reader, key_get(root, IN_WORKFLOW, "limit"));
    if (key_get(root, IN_WORKFLOW, "retain"))
        head->retain = duration_read(reader, key_get(root, IN_WORKFLOW, "retain"), false);
    if (tells)
        head->tells = people_read(reader, tells, ALLOW_CASE);
    opens_read(reader, key_get(root, IN_WORKFLOW, "opens"), head);
    head->previous = previous_read(reader, key_get(root, IN_WORKFLOW, "previous"));
}

/* ---- ends ---- */

static void ends_declare(struct workflow_reader *reader, const struct node *ends)
{
    struct workflow_end end;
    row_blank(WORKFLOW_ENDS, &end);
    for (node_each(item, ends)) {
        if (item->index >= WORKFLOW_ENDS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d ends.", WORKFLOW_ENDS_MOST);
            break;
        }
        name_allowed(reader, item);
        end.name = string_push(reader, item->key);
        row_push(reader, WORKFLOW_ENDS, &end, item);
    }
}

static void ends_read(struct workflow_reader *reader)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_ENDS); row++) {
        const struct node *node = row_node(reader, WORKFLOW_ENDS, row);
        struct workflow_end *end = ROW_OF(reader, ENDS, end, row);
        if (text_is(node->key, "cancelled") || text_is(node->key, "merged")) /* by what another case does: no outcome needs to lead there */
            row_mark(reader, WORKFLOW_ENDS, row, MARK_USED);
        if (node_empty(node)) /* `closed:` alone: an end that needs no title */
            continue;
        if (!key_check(reader, node, IN_END))
            continue;
        title_read(reader, key_get(node, IN_END, "title"), &end->title_zh, &end->title_en);
        end->gives = gives_read(reader, key_get(node, IN_END, "gives"));
    }
}

/* ---- the whole ---- */

static void refuse_empty(struct workflow_reader *reader, const struct node *node, const char *what)
{
    if (node && node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; at least one %s is needed.", what);
}

static void declare(struct workflow_reader *reader, const struct node *root)
{
    const struct node *stages = key_get(root, IN_WORKFLOW, "stages"), *ends = key_get(root, IN_WORKFLOW, "ends");
    data_declare(reader, key_get(root, IN_WORKFLOW, "data"), key_get(root, IN_WORKFLOW, "groups"));
    tables_declare(reader, key_get(root, IN_WORKFLOW, "tables"));
    stages_declare(reader, stages);
    reader->anywhere = events_declare(reader, key_get(root, IN_WORKFLOW, "anywhere"), NULL);
    ends_declare(reader, ends);
    refuse_empty(reader, stages, "stage");
    refuse_empty(reader, ends, "end");
}

/* At the limit of the whole case, in whichever stage it stands. */
static void overdue_read(struct workflow_reader *reader, const struct node *root, struct workflow_head *head)
{
    const struct node *overdue = key_get(root, IN_WORKFLOW, "overdue");
    head->overdue = reader->overdue = outcome_alone(reader, overdue);
    if (overdue && !node_get(root, "limit"))
        problems_add_key(reader->problems, overdue, "\"overdue\" of the whole case needs its \"limit\", and there is none.");
    if (head->limit != NONE)
        check_within_limit(reader, head->limit);
}

static void root_read(struct workflow_reader *reader, const struct node *root)
{
    struct workflow_head head;
    row_blank(WORKFLOW_HEAD, &head);
    declare(reader, root);
    data_read(reader);
    tables_read(reader);
    head_read(reader, root, &head);
    head.start = outcome_alone(reader, key_get(root, IN_WORKFLOW, "start"));
    stages_read(reader);
    reader->reading = READING_ANYWHERE;
    events_read(reader, reader->anywhere);
    overdue_read(reader, root, &head);
    head.reopen = reopen_read(reader, key_get(root, IN_WORKFLOW, "reopen"), head.limit != NONE);
    reader->reopen = head.reopen == NONE ? NONE : ROW_OF(reader, REOPENS, reopen, head.reopen)->outcome;
    head.anywhere = reader->anywhere;
    ends_read(reader);
    quota_read(reader, key_get(root, IN_WORKFLOW, "quota"));
    recurs_check(reader, &head);
    check_use(reader);
    check_children(reader);
    check_flow(reader, head.start);
    check_dates(reader, &head);
    check_directory(reader);
    row_push(reader, WORKFLOW_HEAD, &head, root);
}

enum err workflow_read(struct arena *arena, const char *file_name, struct text source, struct problems *problems,
                       struct workflow *out)
{
    return workflow_read_for(arena, file_name, source, NULL, problems, out);
}

enum err workflow_read_for(struct arena *arena, const char *file_name, struct text source, const struct directory *directory,
                           struct problems *problems, struct workflow *out)
{
    struct workflow_reader reader;
    struct workflow workflow;
    problems_init(problems, arena, file_name);
    const struct node *root = yaml_load(arena, source, problems);
    reader_init(&reader, arena, problems);
    reader.directory = directory;
    if (root && key_check(&reader, root, IN_WORKFLOW))
        root_read(&reader, root);
    if (problems->errors)
        return ERR_INVALID_SOURCE;
    reader_finish(&reader, &workflow);
    assert(workflow_sound(&workflow));
    *out = workflow;
    return ERR_OK;
}
