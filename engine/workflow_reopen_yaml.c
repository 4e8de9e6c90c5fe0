/* workflow_reopen_yaml: `reopen` of a workflow: who opens an ended case again, how long after, into which stage. */
#include "engine/workflow_reader.h"

static int32_t reopened_by(struct workflow_reader *reader, const struct node *node)
{
    int32_t by = by_read(reader, node, ALLOW_CASE | ALLOW_RESIDENT);
    if (by != NONE && ROW_OF(reader, BY, by, by)->kind != BY_ANY)
        problems_add(reader->problems, node, "a case is opened again by one person. Allowed is people; {each: ...} and {at-least: ...} cannot stand here.");
    return by;
}

int32_t reopen_read(struct workflow_reader *reader, const struct node *node, bool has_limit)
{
    struct workflow_reopen reopen;
    row_blank(WORKFLOW_REOPENS, &reopen);
    if (!key_check(reader, node, IN_REOPEN))
        return NONE;
    const struct node *needs = key_get(node, IN_REOPEN, "needs"), *may = key_get(node, IN_REOPEN, "may"), *limit = key_get(node, IN_REOPEN, "limit");
    static const char *const limits[] = {"restart", "resume"};
    reopen.by = reopened_by(reader, key_get(node, IN_REOPEN, "by"));
    if (needs)
        reopen.needs = fields_read(reader, needs);
    if (may)
        reopen.may = fields_read(reader, may);
    reopen.within = duration_read(reader, key_get(node, IN_REOPEN, "within"), false);
    node_number(reader->problems, key_get(node, IN_REOPEN, "most"), 1, 10000, &reopen.most);
    node_choice(reader->problems, limit, limits, 2, &reopen.resume);
    if (limit && !has_limit)
        problems_add_key(reader->problems, limit, "\"limit\" says what becomes of the limit of the whole case, and this workflow has none.");
    reopen.outcome = outcome_read(reader, node, IN_REOPEN);
    return row_push(reader, WORKFLOW_REOPENS, &reopen, node);
}
