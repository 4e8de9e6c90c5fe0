/* view_field: the fields of a case and of its events: who may see them, where they are, how they are opened. See view.h. */
#include "engine/view.h"

enum { VIEW_PEOPLE_MOST = 200 }; /* of one field, in one row */

#include "engine/access.h"
#include "engine/decimal.h"
#include "engine/limits.h"
#include "proto/wire.h"

/* What becomes of the fields of one row. */
struct fields {
    struct view *view;
    const struct workflow *workflow;
    const struct case_state *state;
    const struct viewer *viewer;
    struct map_maker data;
    struct list_maker private, erased, cut; /* names */
    size_t bytes;                   /* fetched from the log so far */
};

/* One field of it. */
struct seen_field {
    int32_t row;
    const struct workflow *workflow;
    const struct workflow_field *field; /* NULL: an event brought what the workflow does not name (`add` of an extension) */
    struct text name;
    bool details; /* of people: shown to this viewer */
};

/* Of whom the case speaks looks at it as that, and not in an office: a mediator who is complained of is no mediator there. */
static bool is_among(const struct advance_input *input, struct span sees, struct text person, bool party)
{
    for (int32_t i = 0; i < sees.count; i++)
        if (!(party && workflow_people(input->workflow, sees.first + i)->kind == PEOPLE_ROLE) && access_includes(input, (struct span){sees.first + i, 1}, person))
            return true;
    return false;
}

bool view_may_see(struct view *view, const struct workflow *workflow, const struct case_state *state, int32_t field, const struct viewer *viewer)
{
    const struct workflow_field *row = workflow_field(workflow, field);
    if ((state->flags & CASE_FORGOTTEN) && (row->private || row->type == FIELD_PEOPLE))
        return false; /* what still stands of it in the history is nobody's any more */
    if (!row->private)
        return true;
    struct event looks = {.kind = EVENT_SEND, .as = viewer->person, .worker = viewer->worker, .task = viewer->task};
    struct advance_input input;
    engine_input(view->engine, workflow, state, &input);
    input.event = &looks;
    return input.directory && is_among(&input, row->sees, viewer->person, view_is_party(workflow, state, viewer->person));
}

/* ---- opening what is sealed ---- */

/* ERR_NOT_FOUND: its key was destroyed. */
static enum err unseal(struct view *view, struct text field, struct text sealed, struct value *out)
{
    struct text plain;
    enum err code = unseal_value(view->seal, view->arena, field, sealed, &plain);
    if (code)
        return code;
    struct wire_reader reader = wire_reader_of(view->arena, plain);
    *out = wire_get_value(&reader);
    return wire_reader_done(&reader) ? ERR_OK : ERR_CORRUPT;
}

/* As people write it: the way in which an event may bring it. */
static struct value in_words(struct view *view, const struct workflow_field *field, struct value value)
{
    if (field && field->type == FIELD_DATE && value.kind == VALUE_INTEGER)
        return value_text(civil_print(view->arena, (int32_t)value.integer));
    if (field && field->type == FIELD_NUMBER && field->scale > 0 && value.kind == VALUE_INTEGER)
        return value_text(decimal_print(view->arena, value.integer, field->scale));
    return value;
}

static enum err put_details(struct view *view, const struct seen_field *seen, const struct value *entry, struct map_maker *map)
{
    const struct value *sealed = value_get(entry, "sealed");
    if (!sealed || !seen->details)
        return ERR_OK;
    struct value details;
    enum err code = unseal(view, seen->name, sealed->text, &details);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_OK : code; /* erased */
    if (details.kind != VALUE_MAP)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < details.count; i++)
        map_put_named(map, details.items[2 * i].text, details.items[2 * i + 1]);
    return ERR_OK;
}

static void put_with(struct view *view, const struct seen_field *seen, const struct value *entry, struct map_maker *map)
{
    struct span withs = seen->field ? seen->field->with : (struct span){0, 0};
    for (int32_t i = 0; i < withs.count; i++) {
        const struct workflow_with *with = workflow_with(seen->workflow, withs.first + i);
        const char *name = workflow_string(seen->workflow, with->name);
        const struct value *value = case_with(entry, name);
        if (value)
            map_put(map, name, in_words(view, workflow_field(seen->workflow, with->of), *value));
    }
}

/* {id, sealed, ...} as {id, what belongs to it, and the details}; as the reference alone where there is nothing else to see. */
static enum err open_person(struct view *view, const struct seen_field *seen, const struct value *entry, struct value *out)
{
    struct map_maker map = map_begin(view->arena);
    *out = value_text(case_person(entry));
    map_put(&map, "id", *out);
    put_with(view, seen, entry, &map);
    enum err code = put_details(view, seen, entry, &map);
    if (!code && map.pairs > 1)
        *out = map_end(&map);
    return code;
}

static enum err open_people(struct view *view, const struct seen_field *seen, const struct value *value, struct value *out)
{
    if (value->kind != VALUE_LIST)
        return open_person(view, seen, value, out);
    struct list_maker list = {.arena = view->arena};
    for (uint32_t i = 0; i < value->count && i < VIEW_PEOPLE_MOST; i++) {
        struct value person;
        enum err code = open_person(view, seen, &value->items[i], &person);
        if (code)
            return code;
        list_add(&list, person);
    }
    *out = list_end(&list);
    return value->count > VIEW_PEOPLE_MOST ? ERR_TOO_LARGE : ERR_OK; /* the first of them, and that there are more */
}

/* A value that is here, by the type of its field. ERR_NOT_FOUND: it cannot be opened any more. */
static enum err open_value(struct view *view, const struct seen_field *seen, const struct value *value, struct value *out)
{
    const struct workflow_field *field = seen->field;
    if (field && field->type == FIELD_PEOPLE)
        return open_people(view, seen, value, out);
    enum err code = ERR_OK;
    *out = *value;
    if (value->kind == VALUE_BYTES)
        code = unseal(view, seen->name, value->text, out);
    *out = in_words(view, field, *out);
    return code;
}

/* ---- fetching what stayed in the log ---- */

static bool is_reference(const struct workflow_field *field, const struct value *value)
{
    return field->type != FIELD_PEOPLE && value->kind == VALUE_LIST && value->count >= 2 && value->items[0].kind == VALUE_INTEGER &&
           value->items[1].kind == VALUE_INTEGER;
}

/* What a reference stands for (case_referred), as it was sealed. ERR_TOO_LARGE: the row has enough already. */
static enum err fetch_sealed(struct fields *fields, const struct seen_field *seen, const struct value *reference, const struct value **out)
{
    struct view *view = fields->view;
    struct log_record record;
    if (reference->kind != VALUE_LIST || reference->count < 2)
        return ERR_CORRUPT;
    fields->bytes += (size_t)reference->items[1].integer;
    if (fields->bytes > LIMIT_LONG_BYTES)
        return ERR_TOO_LARGE;
    enum err code = view_record(view, (uint64_t)reference->items[0].integer, &record);
    if (code)
        return code == ERR_NOT_FOUND ? ERR_CORRUPT : code;
    *out = case_referred(&record.event, seen->name, reference);
    return *out ? ERR_OK : ERR_CORRUPT;
}

static enum err fetch(struct fields *fields, const struct seen_field *seen, const struct value *reference, struct value *out)
{
    const struct value *value;
    enum err code = fetch_sealed(fields, seen, reference, &value);
    return code ? code : open_value(fields->view, seen, value, out);
}

static enum err fetch_items(struct fields *fields, const struct seen_field *seen, const struct value *value, struct value *out)
{
    struct list_maker list = {.arena = fields->view->arena};
    struct seen_field element = *seen;
    element.field = workflow_field(fields->workflow, seen->field->of);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < value->count; i++) {
        struct value item;
        code = fetch(fields, &element, &value->items[i], &item);
        if (!code)
            list_add(&list, item);
        code = code == ERR_NOT_FOUND ? ERR_OK : code; /* erased; others brought the others */
    }
    *out = list_end(&list);
    return code;
}

/* ---- what was erased: everybody is told that it was, so that whoever keeps a copy destroys it ---- */

/* Of what it holds sealed something can be opened no more. */
static enum err find_gone(struct view *view, const struct value *value, bool *gone)
{
    enum err code = ERR_OK;
    if (value->kind == VALUE_BYTES)
        code = seal_can_open(view->seal, value->text);
    uint32_t items = value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
    for (uint32_t i = 0; i < items && !code && !*gone; i++)
        code = find_gone(view, &value->items[i], gone);
    *gone = *gone || code == ERR_NOT_FOUND;
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

static enum err find_gone_behind(struct fields *fields, const struct seen_field *seen, const struct value *reference, bool *gone)
{
    const struct value *sealed;
    enum err code = fetch_sealed(fields, seen, reference, &sealed);
    return code ? code : find_gone(fields->view, sealed, gone);
}

/* Of a field as the case holds it. What is too much to be looked through is looked through by the history. */
static enum err note_gone_of_case(struct fields *fields, const struct seen_field *seen, const struct value *value)
{
    const struct workflow_field *element = seen->field->type == FIELD_LIST ? workflow_field(fields->workflow, seen->field->of) : seen->field;
    size_t bytes = fields->bytes; /* looked at, and not shown */
    bool gone = false;
    enum err code = ERR_OK;
    if (!seen->field->private && element->type != FIELD_PEOPLE)
        return ERR_OK;
    if (seen->field->type == FIELD_LIST)
        for (uint32_t i = 0; i < value->count && !code && !gone; i++)
            code = find_gone_behind(fields, seen, &value->items[i], &gone);
    else if (is_reference(seen->field, value))
        code = find_gone_behind(fields, seen, value, &gone);
    else
        code = find_gone(fields->view, value, &gone);
    if (gone)
        list_add(&fields->erased, value_text(seen->name));
    fields->bytes = bytes;
    return code == ERR_TOO_LARGE ? ERR_OK : code;
}

static enum err note_gone_of_event(struct fields *fields, const struct field_value *given)
{
    bool gone = false;
    enum err code = find_gone(fields->view, &given->value, &gone);
    if (gone)
        list_add(&fields->erased, value_text(given->name));
    return code;
}

/* ---- all fields of a row ---- */

/* Puts the value where it belongs by what became of it. */
static enum err put_opened(struct fields *fields, const struct seen_field *seen, enum err code, struct value value)
{
    if (code == ERR_TOO_LARGE)
        list_add(&fields->cut, value_text(seen->name));
    if (code == ERR_NOT_FOUND)
        list_add(&fields->private, value_text(seen->name)); /* erased: nobody may see it any more */
    if (code == ERR_TOO_LARGE && value.kind == VALUE_LIST && value.count)
        code = ERR_OK; /* the first items of it */
    if (code == ERR_OK)
        map_put_named(&fields->data, seen->name, value);
    return code == ERR_TOO_LARGE || code == ERR_NOT_FOUND ? ERR_OK : code;
}

static struct fields fields_begin(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct viewer *viewer)
{
    struct list_maker list = {.arena = view->arena};
    return (struct fields){.view = view, .workflow = workflow, .state = state, .viewer = viewer, .data = map_begin(view->arena), .private = list, .erased = list, .cut = list};
}

static void fields_end(struct fields *fields, struct map_maker *row)
{
    if (fields->data.pairs)
        map_put(row, "data", map_end(&fields->data));
    map_put_list(row, "private", fields->private.items, fields->private.count);
    map_put_list(row, "erased", fields->erased.items, fields->erased.count);
    map_put_list(row, "cut", fields->cut.items, fields->cut.count);
}

/* Whether the viewer may see it at all; if not, its name is noted. */
static bool look(struct fields *fields, struct seen_field *seen)
{
    seen->details = seen->field && seen->field->private;
    if (!seen->field || view_may_see(fields->view, fields->workflow, fields->state, seen->row, fields->viewer)) {
        if (seen->details)
            view_note_shown(fields->view, fields->state, seen->name);
        return true;
    }
    list_add(&fields->private, value_text(seen->name));
    return false;
}

static enum err case_field(struct fields *fields, int32_t row)
{
    const struct value *value = &fields->state->data[row];
    struct seen_field seen = {.row = row, .workflow = fields->workflow, .field = workflow_field(fields->workflow, row), .name = text_of(workflow_field_name(fields->workflow, row))};
    struct value opened = {0};
    if (value->kind == VALUE_NONE)
        return ERR_OK;
    enum err code = note_gone_of_case(fields, &seen, value);
    if (code || !look(fields, &seen))
        return code;
    if (seen.field->type == FIELD_LIST)
        code = fetch_items(fields, &seen, value, &opened);
    else if (is_reference(seen.field, value))
        code = fetch(fields, &seen, value, &opened);
    else
        code = open_value(fields->view, &seen, value, &opened);
    return put_opened(fields, &seen, code, opened);
}

enum err view_case_data(struct view *view, const struct case_state *state, const struct viewer *viewer, struct map_maker *row)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    struct fields fields = fields_begin(view, workflow, state, viewer);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < state->data_count; i++)
        code = case_field(&fields, (int32_t)i);
    fields_end(&fields, row);
    return code;
}

/* The choice of a secret ballot is opened for nobody, also while its key is there. */
static bool is_secret_choice(const struct event *event, const struct field_value *given)
{
    return text_is(event->name, "ballot") && text_is(given->name, "choice") && (given->value.kind == VALUE_BYTES || given->value.kind == VALUE_LIST);
}

static bool has_sealed(const struct value *value)
{
    if (value->kind == VALUE_BYTES)
        return true;
    uint32_t items = value->kind == VALUE_MAP ? value->count * 2 : value->kind == VALUE_LIST ? value->count : 0;
    for (uint32_t i = 0; i < items; i++)
        if (has_sealed(&value->items[i]))
            return true;
    return false;
}

/* Sealed under an older version of the workflow, whose field is gone or is not private any more: nobody can say who may see it. */
static bool was_private(const struct seen_field *seen, const struct value *value)
{
    return (!seen->field || !seen->field->private) && has_sealed(value);
}

static enum err event_field(struct fields *fields, const struct field_value *given)
{
    struct seen_field seen = {.row = workflow_find_field(fields->workflow, given->name), .workflow = fields->workflow, .name = given->name};
    if (seen.row != NONE)
        seen.field = workflow_field(fields->workflow, seen.row);
    struct value opened = {0};
    if (given->value.kind == VALUE_NONE)
        return ERR_OK;
    enum err code = note_gone_of_event(fields, given);
    if (code || !look(fields, &seen))
        return code;
    if (was_private(&seen, &given->value)) {
        list_add(&fields->private, value_text(seen.name));
        return ERR_OK;
    }
    if (seen.field && seen.field->type == FIELD_LIST)
        seen.field = workflow_field(fields->workflow, seen.field->of);
    fields->bytes += value_weigh(&given->value).bytes;
    if (fields->bytes > LIMIT_LONG_BYTES)
        return put_opened(fields, &seen, ERR_TOO_LARGE, opened);
    code = open_value(fields->view, &seen, &given->value, &opened);
    return put_opened(fields, &seen, code, opened);
}

enum err view_event_data(struct view *view, const struct case_state *state, const struct event *event, const struct viewer *viewer, struct map_maker *row)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    struct fields fields = fields_begin(view, workflow, state, viewer);
    enum err code = ERR_OK;
    for (uint32_t i = 0; !code && i < event->data_count; i++) {
        if (is_secret_choice(event, &event->data[i]))
            list_add(&fields.private, value_text(event->data[i].name));
        else
            code = event_field(&fields, &event->data[i]);
    }
    fields_end(&fields, row);
    return code;
}

static bool field_is_whole(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct field_value *given,
                           const struct viewer *viewer)
{
    struct seen_field seen = {.row = workflow_find_field(workflow, given->name)};
    if (seen.row != NONE)
        seen.field = workflow_field(workflow, seen.row);
    if (given->value.kind == VALUE_NONE)
        return true;
    return !was_private(&seen, &given->value) && (!seen.field || view_may_see(view, workflow, state, seen.row, viewer));
}

static bool event_is_whole(struct view *view, const struct workflow *workflow, const struct case_state *state, const struct event *event, const struct viewer *viewer)
{
    bool whole = event->sealed.size == 0;
    for (uint32_t i = 0; i < event->data_count; i++)
        whole = whole && !is_secret_choice(event, &event->data[i]) && field_is_whole(view, workflow, state, &event->data[i], viewer);
    for (uint32_t i = 0; i < event->previous_count; i++)
        whole = whole && field_is_whole(view, workflow, state, &event->previous[i], viewer);
    return whole && view_names(view, state, viewer, event->as) && view_names(view, state, viewer, event->on_behalf) &&
           !view_tells_of_hidden(view, state, viewer, event->why);
}

enum err view_record_is_whole(struct view *view, const struct case_state *state, const struct log_record *record, const struct viewer *viewer, bool *whole)
{
    const struct workflow *workflow = engine_workflow(view->engine, state->workflow);
    if (!workflow)
        return ERR_CORRUPT;
    *whole = event_is_whole(view, workflow, state, &record->event, viewer);
    for (uint32_t i = 0; i < record->notice_count; i++)
        for (uint32_t who = 0; *whole && who < record->notices[i].who_count; who++)
            *whole = view_names(view, state, viewer, record->notices[i].who[who]);
    return ERR_OK;
}
