/* workflow_publication_yaml: `publish` of a stage and of an outcome, and the `objections` to what a stage publishes. */
#include "engine/workflow_reader.h"

/* Everybody sees what is published: nothing private, and people only where the author has thought of it. */
static struct span published(struct workflow_reader *reader, const struct node *node)
{
    int32_t fields[WORKFLOW_FIELDS_MOST], found = 0;
    const struct node *item;
    uint32_t count;
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return (struct span){0, 0};
    for (uint32_t i = 0; i < count && found < WORKFLOW_FIELDS_MOST; i++, item = item->next) {
        int32_t field = name_resolve(reader, WORKFLOW_FIELDS, item);
        bool twice = false;
        for (int32_t j = 0; j < found; j++)
            twice = twice || fields[j] == field;
        if (field == NONE)
            continue;
        if (twice)
            problems_add(reader->problems, item, "the field \"%s\" stands here a second time.", item->text.data);
        else if (ROW_OF(reader, FIELDS, field, field)->private)
            problems_add(reader->problems, item, "the field \"%s\" is private (it has \"sees\") and cannot be published. Publish a text of its own.", item->text.data);
        else
            fields[found++] = field;
        if (ROW_OF(reader, FIELDS, field, field)->type == FIELD_PEOPLE && !ROW_OF(reader, FIELDS, field, field)->private)
            problems_warn(reader->problems, item, "everybody will see who stands in \"%s\".", item->text.data);
    }
    return refs_push(reader, fields, found);
}

int32_t publish_read(struct workflow_reader *reader, const struct node *node, enum workflow_where where)
{
    struct workflow_publication publication;
    row_blank(WORKFLOW_PUBLICATIONS, &publication);
    if (!key_check(reader, node, where))
        return NONE;
    if (row_count(reader, WORKFLOW_PUBLICATIONS) == WORKFLOW_PUBLICATIONS_MOST) {
        problems_add(reader->problems, node, "this workflow publishes in more than %d places.", WORKFLOW_PUBLICATIONS_MOST);
        return NONE;
    }
    publication.fields = published(reader, key_get(node, where, "fields"));
    if (where == IN_PUBLISH_FOR)
        publication.lasting = duration_read(reader, key_get(node, where, "for"), false);
    return row_push(reader, WORKFLOW_PUBLICATIONS, &publication, node);
}

/* What hangs together: a period, what follows at its end; objections need something to object to. */
void publish_check(struct workflow_reader *reader, const struct node *stage)
{
    const struct node *publish = node_get(stage, "publish"), *objections = node_get(stage, "objections"), *overdue = node_get(stage, "overdue");
    static const char *const alone[] = {"tasks", "vote", "rate", "children"};
    if (objections && !publish)
        problems_add_key(reader->problems, objections, "\"objections\" means something only in a stage that publishes, and this one has no \"publish\".");
    const struct node *own = objections ? node_get(node_get(stage, "events"), "object") : NULL;
    if (own)
        problems_add_key(reader->problems, own, "\"object\" is the event that \"objections\" gives here. Use another name.");
    if (!publish)
        return;
    if (!node_get(stage, "within"))
        problems_add_key(reader->problems, publish, "a publication needs a period: say \"within\".");
    if (!node_get(stage, "then"))
        problems_add_key(reader->problems, publish, "\"publish\" needs \"then\": what follows when its period is over.");
    if (overdue)
        problems_add_key(reader->problems, overdue, "at the end of a publication nobody is late: what follows is said by \"then\". Leave \"overdue\" out.");
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        if (node_get(stage, alone[i]))
            problems_add_key(reader->problems, node_get(stage, alone[i]), "\"%s\" cannot stand in a stage that publishes: give it a stage of its own.", alone[i]);
}
