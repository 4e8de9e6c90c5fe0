/* workflow_stop_yaml: `stop-clock` of a stage: who may stop its deadline, on which grounds, for how long. */
#include "engine/workflow_reader.h"

/* Names, each once: who stops the clock gives one of them. */
static struct span grounds_read(struct workflow_reader *reader, const struct node *node)
{
    struct span span = {.first = row_count(reader, WORKFLOW_NAMES), .count = 0};
    const struct node *item;
    struct text name;
    if (!node || !words_begin(reader, node, &item))
        return span;
    for (; item; item = item->next) {
        const struct node *word = word_node(reader, item);
        if (span.count == WORKFLOW_GROUNDS_MOST) {
            problems_add(reader->problems, word, "there are more than %d grounds.", WORKFLOW_GROUNDS_MOST);
            break;
        }
        if (!node_name(reader->problems, word, &name))
            continue;
        if (name_find_in(reader, WORKFLOW_NAMES, span, name) != NONE) {
            problems_add(reader->problems, word, "the ground \"%s\" stands here a second time.", name.data);
            continue;
        }
        word_push(reader, item, name, word_title(item));
        span.count++;
    }
    return span;
}

/* One of them stops it: those who would have to agree could wait for each other until the deadline has passed. */
static int32_t stopped_by(struct workflow_reader *reader, const struct node *node)
{
    int32_t by = by_read(reader, node, ALLOW_CASE);
    if (by != NONE && ROW_OF(reader, BY, by, by)->kind != BY_ANY)
        problems_add(reader->problems, node, "one person stops the clock. Allowed is people; {each: ...} and {at-least: ...} cannot stand here.");
    return by;
}

static void check_restart(struct workflow_reader *reader, const struct node *then, const struct workflow_stage *stage)
{
    if (stage->within != NONE && ROW_OF(reader, LIMITS, limit, stage->within)->kind == LIMIT_UNTIL)
        problems_add(reader->problems, then, "a deadline that is a date (until) cannot begin anew. Allowed is resume.");
}

int32_t stop_read(struct workflow_reader *reader, const struct node *node, const struct workflow_stage *stage)
{
    struct workflow_stop stop;
    row_blank(WORKFLOW_STOPS, &stop);
    if (!key_check(reader, node, IN_STOP))
        return NONE;
    const struct node *then = key_get(node, IN_STOP, "then");
    stop.by = stopped_by(reader, key_get(node, IN_STOP, "by"));
    stop.grounds = grounds_read(reader, key_get(node, IN_STOP, "grounds"));
    stop.longest = duration_read(reader, key_get(node, IN_STOP, "longest"), false);
    if (node_choice(reader->problems, then, stop_words, 2, &stop.restart) && stop.restart)
        check_restart(reader, then, stage);
    return row_push(reader, WORKFLOW_STOPS, &stop, node);
}
