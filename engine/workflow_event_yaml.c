/* workflow_event_yaml: events: of a stage, and anywhere. */
#include "engine/workflow_reader.h"

/* ---- declaring ---- */

static bool room_for_event(struct workflow_reader *reader, const struct node *item, int32_t count)
{
    bool room = count < WORKFLOW_EVENTS_MOST && row_count(reader, WORKFLOW_EVENTS) < WORKFLOW_EVENTS_ALL_MOST;
    if (!room)
        problems_add_key(reader->problems, item, "there are more than %d events here, or %d in the whole workflow.", WORKFLOW_EVENTS_MOST,
                         WORKFLOW_EVENTS_ALL_MOST);
    return room;
}

static void event_declare(struct workflow_reader *reader, const struct node *item, struct text name)
{
    struct workflow_event event;
    row_blank(WORKFLOW_EVENTS, &event);
    event.name = string_push(reader, name);
    event.line = item->key_place.line;
    row_push(reader, WORKFLOW_EVENTS, &event, item);
}

struct span events_declare(struct workflow_reader *reader, const struct node *events, const struct node *objections)
{
    struct span span = {.first = row_count(reader, WORKFLOW_EVENTS), .count = 0};
    for (node_each(item, events)) {
        if (!room_for_event(reader, item, span.count))
            break;
        name_allowed(reader, item);
        event_declare(reader, item, item->key);
        span.count++;
    }
    if (objections && room_for_event(reader, objections, span.count)) {
        event_declare(reader, objections, TEXT("object"));
        span.count++;
    }
    return span;
}

/* ---- names of events ---- */

static const char *events_here(const struct workflow_reader *reader)
{
    const char *anywhere = names_listed(reader, WORKFLOW_EVENTS, reader->anywhere);
    if (reader->stage == NONE)
        return anywhere;
    const char *own = names_listed(reader, WORKFLOW_EVENTS, ROW_OF(reader, STAGES, stage, reader->stage)->events);
    return reader->anywhere.count ? arena_print(reader->arena, "%s; anywhere: %s", own, anywhere).data : own;
}

/* The only event of that name in the whole workflow; `*found` counts them. */
static int32_t event_elsewhere(const struct workflow_reader *reader, struct text name, int32_t *found)
{
    int32_t row = NONE;
    *found = 0;
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_EVENTS); i++)
        if (text_is(name, row_name(reader, WORKFLOW_EVENTS, i))) {
            row = i;
            ++*found;
        }
    return row;
}

static int32_t event_here(const struct workflow_reader *reader, struct text name)
{
    int32_t row = NONE;
    if (reader->stage != NONE)
        row = name_find_in(reader, WORKFLOW_EVENTS, ROW_OF(reader, STAGES, stage, reader->stage)->events, name);
    return row != NONE ? row : name_find_in(reader, WORKFLOW_EVENTS, reader->anywhere, name);
}

static void report_no_event(struct workflow_reader *reader, const struct node *node, struct text name)
{
    struct nearest nearest = nearest_to(name);
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_EVENTS) && !problems_full(reader->problems); i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_EVENTS, i)));
    problems_add(reader->problems, node, "there is no event \"%s\".%s Events: %s.", name.data, nearest_hint(&nearest, reader->arena),
                 events_here(reader));
}

int32_t event_resolve(struct workflow_reader *reader, const struct node *node)
{
    struct text name;
    int32_t found;
    if (!node_name(reader->problems, node, &name))
        return NONE;
    int32_t row = event_here(reader, name);
    if (row != NONE)
        return row;
    row = event_elsewhere(reader, name, &found);
    if (found == 0)
        report_no_event(reader, node, name);
    if (found > 1)
        problems_add(reader->problems, node, "an event \"%s\" stands in %d other stages: it is not clear which is meant. Rename one of them.",
                     name.data, found);
    return row;
}

/* ---- not-same-as ---- */

/* Events and people fields, both by their names. */
static void report_nobody(struct workflow_reader *reader, const struct node *node, struct text name)
{
    struct nearest nearest = nearest_to(name);
    const char *fields = "";
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_EVENTS) && !problems_full(reader->problems); i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_EVENTS, i)));
    for (int32_t i = 0; i < row_count(reader, WORKFLOW_FIELDS); i++) {
        if (ROW_OF(reader, FIELDS, field, i)->type != FIELD_PEOPLE)
            continue;
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_FIELDS, i)));
        fields = arena_print(reader->arena, "%s%s%s", fields, *fields ? ", " : "", row_name(reader, WORKFLOW_FIELDS, i)).data;
    }
    problems_add(reader->problems, node, "\"%s\" is neither an event, a people field or group, a stage with a vote, nor opener.%s Events: %s. People fields: %s.", name.data,
                 nearest_hint(&nearest, reader->arena), events_here(reader), *fields ? fields : "none");
}

/* What `not-same-as` has named so far. */
struct differing {
    int32_t events[WORKFLOW_LIST_MOST], fields[WORKFLOW_FIELDS_MOST];
    int32_t event_count, field_count, opener, vote;
};

static void differing_add_field(struct workflow_reader *reader, const struct node *item, int32_t field, struct differing *differing)
{
    if (differing->field_count < WORKFLOW_FIELDS_MOST &&
        field_check(reader, field, item, OF_TYPE(FIELD_PEOPLE), USE_MOVE, "\"not-same-as\" takes events or fields of type") != NONE)
        differing->fields[differing->field_count++] = field;
}

/* A stage with a vote: who had a voice in it. Whether it has one is known when all stages are read (check_votes_kept_out). */
static void differing_add_vote(struct workflow_reader *reader, const struct node *item, int32_t stage, struct differing *differing)
{
    if (differing->vote != NONE)
        problems_add(reader->problems, item, "a second vote: only the voters of one can be kept out.");
    differing->vote = stage;
}

/* An event may stand in several stages under one name: each of them is meant. A group means each of its fields. */
static void differing_add(struct workflow_reader *reader, const struct node *item, struct text name, struct differing *differing)
{
    int32_t before = differing->event_count, field = name_find(reader, WORKFLOW_FIELDS, name), group = name_find(reader, WORKFLOW_GROUPS, name);
    int32_t stage = name_find(reader, WORKFLOW_STAGES, name);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_EVENTS) && differing->event_count < WORKFLOW_LIST_MOST; row++)
        if (text_is(name, row_name(reader, WORKFLOW_EVENTS, row)))
            differing->events[differing->event_count++] = row;
    bool event = differing->event_count > before;
    row_mark(reader, WORKFLOW_FIELDS, field, MARK_USED);
    row_mark(reader, WORKFLOW_GROUPS, group, MARK_USED);
    if (event && (field != NONE || group != NONE))
        problems_add(reader->problems, item, "\"%s\" is an event and a %s: it is not clear which is meant. Rename one of them.", name.data,
                     field != NONE ? "field" : "group");
    else if (!event && field == NONE && group == NONE && stage != NONE)
        differing_add_vote(reader, item, stage, differing);
    else if (!event && field == NONE && group == NONE)
        report_nobody(reader, item, name);
    else if (field != NONE)
        differing_add_field(reader, item, field, differing);
    struct span of_group = group == NONE ? (struct span){0, 0} : ROW_OF(reader, GROUPS, group, group)->fields;
    for (int32_t i = 0; i < of_group.count; i++)
        differing_add_field(reader, item, ROW_OF(reader, REFS, ref, of_group.first + i)->row, differing);
}

static void not_same_as_read(struct workflow_reader *reader, const struct node *node, struct workflow_event *event)
{
    struct differing differing = {.vote = NONE};
    const struct node *item;
    uint32_t count;
    struct text name;
    if (!node || !node_list(reader->problems, node, true, &item, &count))
        return;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        if (!node_name(reader->problems, item, &name))
            continue;
        if (text_is(name, "opener"))
            differing.opener = 1;
        else
            differing_add(reader, item, name, &differing);
    }
    event->not_same_as_events = refs_push(reader, differing.events, differing.event_count);
    event->not_same_as_fields = refs_push(reader, differing.fields, differing.field_count);
    event->not_same_as_opener = differing.opener;
    event->not_same_as_vote = differing.vote;
}

/* ---- fields of an event ---- */

void fields_check_shared(struct workflow_reader *reader, int32_t by, struct span fields, const struct node *node)
{
    bool several = by != NONE && ROW_OF(reader, BY, by, by)->kind != BY_ANY;
    for (int32_t i = 0; i < fields.count && several; i++) {
        int32_t field = ref_at(reader, fields.first + i);
        if (ROW_OF(reader, FIELDS, field, field)->type != FIELD_LIST)
            problems_add(reader->problems, node, "each of several people brings \"%s\" here, but it can hold only one. Make it a list.",
                         row_name(reader, WORKFLOW_FIELDS, field));
    }
}

static void check_needs_and_may(struct workflow_reader *reader, const struct workflow_event *event, const struct node *may)
{
    for (int32_t i = 0; i < event->may.count; i++) {
        int32_t field = ref_at(reader, event->may.first + i);
        if (refs_include(reader, event->needs, field))
            problems_add(reader->problems, may, "the field \"%s\" stands in \"needs\" already.", row_name(reader, WORKFLOW_FIELDS, field));
    }
}

/* `when` sees the data before the event: looking at what the event itself brings is nearly always a slip. */
static void warn_of_early_look(struct workflow_reader *reader, const struct workflow_event *event, const struct node *when)
{
    for (int32_t i = 0; i < event->needs.count && event->when != NONE; i++) {
        int32_t field = ref_at(reader, event->needs.first + i);
        if (condition_looks_at(reader, event->when, field))
            problems_warn(reader->problems, when, "\"when\" looks at the data before the event, so not at the \"%s\" that the event brings. "
                                                  "To decide by that, use choose.", row_name(reader, WORKFLOW_FIELDS, field));
    }
}

static void event_read(struct workflow_reader *reader, int32_t row)
{
    const struct node *node = row_node(reader, WORKFLOW_EVENTS, row);
    struct workflow_event event = *ROW_OF(reader, EVENTS, event, row);
    if (!key_check(reader, node, IN_EVENT))
        return;
    const struct node *needs = key_get(node, IN_EVENT, "needs"), *may = key_get(node, IN_EVENT, "may");
    const struct node *when = key_get(node, IN_EVENT, "when");
    title_read(reader, key_get(node, IN_EVENT, "title"), &event.title_zh, &event.title_en);
    event.by = by_read(reader, key_get(node, IN_EVENT, "by"), ALLOW_CASE | ALLOW_RESIDENT | ALLOW_WORKER);
    not_same_as_read(reader, key_get(node, IN_EVENT, "not-same-as"), &event);
    if (needs) {
        event.needs = fields_read(reader, needs);
        fields_check_shared(reader, event.by, event.needs, needs);
    }
    if (may) {
        event.may = fields_read(reader, may);
        fields_check_shared(reader, event.by, event.may, may);
        check_needs_and_may(reader, &event, may);
    }
    event.when = condition_read(reader, when);
    warn_of_early_look(reader, &event, when);
    event.within = duration_read(reader, key_get(node, IN_EVENT, "within"), false);
    node_number(reader->problems, key_get(node, IN_EVENT, "most"), 1, 10000, &event.most);
    event.outcome = outcome_read(reader, node, IN_EVENT);
    *ROW_OF(reader, EVENTS, event, row) = event;
}

void events_read(struct workflow_reader *reader, struct span events)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        event_read(reader, row);
}
