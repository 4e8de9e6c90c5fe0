/* workflow_previous_yaml: `previous`, what an opening takes over from the case before it. See workflow_reader.h. */
#include "engine/workflow_reader.h"

enum { TAKEN_OVER = OF_TYPE(FIELD_NUMBER) | OF_TYPE(FIELD_BOOLEAN) | OF_TYPE(FIELD_DATE) | OF_TYPE(FIELD_CHOICE) };

static void previous_one(struct workflow_reader *reader, const struct node *node)
{
    const struct node *key = key_node(reader, node);
    int32_t field = name_resolve(reader, WORKFLOW_FIELDS, key);
    int32_t from = field_resolve(reader, node, TAKEN_OVER, USE_LOOK, "what is taken over from the case before stands in a field of type");
    if (field == NONE || from == NONE)
        return;
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_FILLED);
    if (ROW_OF(reader, FIELDS, field, field)->private)
        problems_add(reader->problems, key, "the field \"%s\" is private (it has \"sees\"): the engine cannot fill it.", row_name(reader, WORKFLOW_FIELDS, field));
    else
        check_assignable(reader, field, from, node);
    struct workflow_previous row;
    row_blank(WORKFLOW_PREVIOUS, &row);
    row.field = field;
    row.from = from;
    row_push(reader, WORKFLOW_PREVIOUS, &row, node);
}

struct span previous_read(struct workflow_reader *reader, const struct node *node)
{
    struct span span = {.first = row_count(reader, WORKFLOW_PREVIOUS), .count = 0};
    for (node_each(item, node))
        previous_one(reader, item);
    if (node && node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; allowed is {FIELD: FIELD of the case before}.");
    span.count = row_count(reader, WORKFLOW_PREVIOUS) - span.first;
    return span;
}
