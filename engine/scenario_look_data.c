/* scenario_look_data: fields, and what is published, as an `expect` sees them. See scenario_look.h. */
#include "engine/scenario_look.h"

#include <assert.h>

#include "engine/decimal.h"

/* ---- data ---- */

static bool same_value(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found);

/* `zhao`, or {id: zhao, area: 98.50}: every member that is named must be so. */
static bool same_person(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    const struct node *id = wanted->kind == NODE_MAP ? node_get(wanted, "id") : wanted;
    if (!id || !text_equal(case_person(found), world_person(look->world, id->text)))
        return false;
    for (node_each(member, wanted)) {
        int32_t with = workflow_find_with(look->workflow, (int32_t)(field - workflow_field(look->workflow, 0)), member->key);
        const struct value *value = value_get(found, arena_string(look->world->arena, member->key));
        bool same = member == id || (value && (with == NONE ? value->kind == VALUE_TEXT && text_equal(value->text, member->text)
                                                            : same_value(look, workflow_field(look->workflow, workflow_with(look->workflow, with)->of), member, value)));
        if (!same)
            return false;
    }
    return true;
}

static bool same_items(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    const struct workflow_field *of = field->type == FIELD_LIST ? workflow_field(look->workflow, field->of) : NULL;
    const struct node *item = wanted->kind == NODE_LIST ? wanted->first : wanted;
    uint32_t count = wanted->kind == NODE_LIST ? wanted->count : 1;
    if (found->kind != VALUE_LIST || found->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        if (of ? !same_value(look, of, item, &found->items[i]) : !same_person(look, field, item, &found->items[i]))
            return false;
    }
    return true;
}

/* A number with decimal places is shown as text, one without as an integer. */
static bool same_number(const struct workflow_field *field, struct text wanted, const struct value *found)
{
    int64_t left, right = found->kind == VALUE_INTEGER ? found->integer : 0;
    return decimal_parse(wanted, field->scale, &left) && (found->kind != VALUE_TEXT || decimal_parse(found->text, field->scale, &right)) &&
           left == right;
}

static bool same_value(const struct look *look, const struct workflow_field *field, const struct node *wanted, const struct value *found)
{
    if (found->kind == VALUE_NONE)
        return node_is(wanted, "none");
    switch ((enum field_type)field->type) {
    case FIELD_NUMBER: return same_number(field, wanted->text, found);
    case FIELD_BOOLEAN: return found->kind == VALUE_BOOLEAN && node_is(wanted, found->boolean ? "true" : "false");
    case FIELD_PEOPLE:
    case FIELD_LIST: return same_items(look, field, wanted, found);
    default: return found->kind == VALUE_TEXT && wanted->kind == NODE_SCALAR && text_equal(found->text, wanted->text);
    }
}

/* What it is, as the expectation would have been written. */
static struct text print_value(struct arena *arena, const struct value *found)
{
    if (found->kind == VALUE_NONE)
        return TEXT("none");
    return found->kind == VALUE_TEXT ? found->text : wire_json(arena, found);
}

static bool same_field(const struct look *look, const struct node *wanted, const struct value *data, const struct value *private)
{
    static const struct value none = {.kind = VALUE_NONE};
    int32_t row = workflow_find_field(look->workflow, wanted->key);
    if (row == NONE)
        return world_fail(look->world, wanted, "data: the workflow has no field \"%.*s\".", SHOW(wanted->key));
    const struct workflow_field *field = workflow_field(look->workflow, row);
    const struct value *found = value_get(data, arena_string(look->world->arena, wanted->key));
    found = found ? found : &none;
    if (same_value(look, field, wanted, found))
        return true;
    for (uint32_t i = 0; found == &none && private && i < private->count; i++)
        if (text_equal(private->items[i].text, wanted->key))
            return world_fail(look->world, wanted, node_get(look->map, "seen-by")
                              ? "data: \"%.*s\" is private, and this person may not see it where the case is now."
                              : "data: \"%.*s\" is private and there: say `seen-by: PERSON` to look with the eyes of one who may.",
                              SHOW(wanted->key));
    return world_fail(look->world, wanted, "data: expected %.*s to be \"%.*s\", found \"%.*s\".", SHOW(wanted->key), SHOW(wanted->text),
                      SHOW(print_value(look->world->arena, found)));
}

bool look_data(const struct look *look, const struct node *key)
{
    struct world *world = look->world;
    const struct node *eyes = node_get(look->map, "seen-by");
    struct viewer viewer = {.person = eyes ? world_person(world, eyes->text) : (struct text){NULL, 0}};
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct value row;
    bool good = true;
    enum err code = view_begin(&view);
    assert(code == ERR_OK);
    code = view_case(&view, look->state, &viewer, VIEW_DATA, &row);
    assert(code == ERR_OK);
    for (node_each(wanted, key))
        good = same_field(look, wanted, value_get(&row, "data"), value_get(&row, "private")) && good;
    view_end(&view);
    return good;
}

/* Fields of all that is up now, together; `none`: nothing is. */
bool look_published(const struct look *look, const struct node *key)
{
    struct world *world = look->world;
    struct view view = {.engine = world->engine, .seal = world->seal, .arena = world->arena};
    struct list_maker list = {.arena = world->arena};
    enum err code = view_begin(&view);
    code = code ? code : view_publications(&view, look->state, &list);
    assert(code == ERR_OK);
    view_end(&view);
    bool good = key->kind == NODE_MAP || list.count == 0 || world_fail(world, key, "published: expected none, but %u are up.", list.count);
    for (node_each(wanted, key)) {
        const struct value *data = NULL;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct value *one = value_get(&list.items[i], "data");
            data = one && value_get(one, wanted->key.data) ? one : data;
        }
        good = same_field(look, wanted, data, NULL) && good;
    }
    return good;
}
