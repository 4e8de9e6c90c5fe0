/* workflow_fit: see workflow_fit.h. */
#include "engine/workflow_fit.h"

#include "engine/calendar.h"
#include "engine/decimal.h"
#include "proto/value.h"

struct fitting {
    struct arena *arena;
    const struct workflow *parent, *child;
    const struct workflow_place *place; /* of what is looked at, in the source of the parent; NULL: not known */
    struct text wrong;
};

#define COMPLAIN(fitting, ...) complain((fitting), arena_print((fitting)->arena, __VA_ARGS__))

static void complain(struct fitting *fitting, struct text sentence)
{
    struct text place = {0};
    if (fitting->place)
        place = arena_print(fitting->arena, "%d:%d: ", fitting->place->line, fitting->place->column);
    fitting->wrong = arena_print(fitting->arena, "%.*s%.*s%.*s\n", (int)fitting->wrong.size, fitting->wrong.data, (int)place.size, place.data,
                                 (int)sentence.size, sentence.data);
}

static bool among(const struct workflow *workflow, struct span fields, int32_t field)
{
    for (int32_t i = 0; i < fields.count; i++)
        if (workflow_ref(workflow, fields.first + i) == field)
            return true;
    return false;
}

/* What an event brings for a list is one element. */
static const struct workflow_field *element_of(const struct workflow *workflow, int32_t row)
{
    const struct workflow_field *field = workflow_field(workflow, row);
    return field->type == FIELD_LIST ? workflow_field(workflow, field->of) : field;
}

static bool has_choice(const struct workflow *workflow, struct span choices, const char *wanted)
{
    for (int32_t i = 0; i < choices.count; i++)
        if (strcmp(workflow_choice(workflow, choices, i), wanted) == 0)
            return true;
    return false;
}

/* Whatever the one can hold, the other can hold too; bounds are left to the case. */
static bool flows(const struct workflow *from, const struct workflow_field *source, const struct workflow *to, const struct workflow_field *target)
{
    if (source->type != target->type || source->scale > target->scale)
        return false;
    for (int32_t i = 0; i < source->choices.count; i++)
        if (!has_choice(to, target->choices, workflow_choice(from, source->choices, i)))
            return false;
    return true;
}

/* ---- with ---- */

static bool literal_fits(const struct workflow *child, const struct workflow_field *target, const struct workflow *parent, const struct workflow_value *value)
{
    const char *text = workflow_string(parent, value->string);
    int64_t number;
    int32_t days;
    if (value->kind == VALUE_BOOLEAN)
        return target->type == FIELD_BOOLEAN;
    switch ((enum field_type)target->type) {
    case FIELD_CHOICE: return has_choice(child, target->choices, text);
    case FIELD_NUMBER: return decimal_parse(text_of(text), target->scale, &number);
    case FIELD_DATE: return civil_parse(text_of(text), &days);
    case FIELD_BOOLEAN: return false; /* true and false are read as such */
    default: return true;
    }
}

static void check_given(struct fitting *fitting, const struct workflow_given *given)
{
    const struct workflow *parent = fitting->parent, *child = fitting->child;
    const struct workflow_head *head = workflow_head(child);
    const char *name = workflow_string(parent, given->its), *whom = workflow_string(child, head->name);
    int32_t row = workflow_find_field(child, text_of(name));
    if (row == NONE) {
        COMPLAIN(fitting, "with: %s has no field \"%s\".", whom, name);
        return;
    }
    const struct workflow_field *target = element_of(child, row);
    if (!among(child, head->opens_needs, row) && !among(child, head->opens_may, row))
        COMPLAIN(fitting, "with: the opening of %s does not take \"%s\": it stands neither in its needs nor in its may.", whom, name);
    else if (workflow_field(child, row)->private && target->type != FIELD_PEOPLE)
        COMPLAIN(fitting, "with: \"%s\" of %s is private (it has \"sees\"): what another case gives cannot be sealed for it.", name, whom);
    else if (given->from != NONE ? !flows(parent, element_of(parent, given->from), child, target)
                                 : !literal_fits(child, target, parent, workflow_value(parent, given->value)))
        COMPLAIN(fitting, "with: \"%s\" of %s cannot hold what it is given.", name, whom);
}

static bool is_given(const struct workflow *parent, struct span with, const char *name)
{
    for (int32_t i = 0; i < with.count; i++)
        if (strcmp(workflow_string(parent, workflow_given(parent, with.first + i)->its), name) == 0)
            return true;
    return false;
}

static void check_needs(struct fitting *fitting, struct span with)
{
    const struct workflow_head *head = workflow_head(fitting->child);
    for (int32_t i = 0; i < head->opens_needs.count; i++) {
        const char *name = workflow_field_name(fitting->child, workflow_ref(fitting->child, head->opens_needs.first + i));
        if (!is_given(fitting->parent, with, name))
            COMPLAIN(fitting, "with: %s cannot be opened without \"%s\", which is not given.", workflow_string(fitting->child, head->name), name);
    }
}

/* ---- returns ---- */

static bool some_end_gives(const struct workflow *child, int32_t field)
{
    for (int32_t row = 0; row < workflow_count(child, WORKFLOW_ENDS); row++)
        if (among(child, workflow_end(child, row)->gives, field))
            return true;
    return false;
}

static void check_return(struct fitting *fitting, const struct workflow_return *back)
{
    const char *name = workflow_string(fitting->parent, back->its), *whom = workflow_string(fitting->child, workflow_head(fitting->child)->name);
    int32_t row = workflow_find_field(fitting->child, text_of(name));
    if (row == NONE)
        COMPLAIN(fitting, "returns: %s has no field \"%s\".", whom, name);
    else if (!some_end_gives(fitting->child, row))
        COMPLAIN(fitting, "returns: no end of %s gives \"%s\".", whom, name);
    else if (!flows(fitting->child, workflow_field(fitting->child, row), fitting->parent, element_of(fitting->parent, back->field)))
        COMPLAIN(fitting, "returns: \"%s\" cannot hold what \"%s\" of %s gives.", workflow_field_name(fitting->parent, back->field), name, whom);
}

/* ---- at ---- */

static void check_level(struct fitting *fitting, const struct workflow_open *open)
{
    const struct workflow_head *head = workflow_head(fitting->child);
    const char *level = workflow_level_name(fitting->parent, open->level);
    for (int32_t i = 0; i < head->opens_at.count; i++)
        if (strcmp(workflow_level_name(fitting->child, workflow_ref(fitting->child, head->opens_at.first + i)), level) == 0)
            return;
    if (open->at == OPEN_AT_LEVEL && head->opens_at.count)
        COMPLAIN(fitting, "at: cases of %s are not opened at the level %s.", workflow_string(fitting->child, head->name), level);
}

static bool opens(const struct workflow *parent, const struct workflow_open *open, const struct workflow *child)
{
    return strcmp(workflow_string(parent, open->workflow), workflow_string(child, workflow_head(child)->name)) == 0;
}

struct text workflow_fit(struct arena *arena, const struct workflow *parent, const struct workflow *child)
{
    struct fitting fitting = {.arena = arena, .parent = parent, .child = child};
    for (int32_t row = 0; row < workflow_count(parent, WORKFLOW_OPENS); row++) {
        const struct workflow_open *open = workflow_open(parent, row);
        if (!opens(parent, open, child))
            continue;
        fitting.place = parent->opens_at ? &parent->opens_at[row] : NULL;
        check_level(&fitting, open);
        for (int32_t i = 0; i < open->with.count; i++)
            check_given(&fitting, workflow_given(parent, open->with.first + i));
        check_needs(&fitting, open->with);
        for (int32_t i = 0; i < open->returns.count; i++)
            check_return(&fitting, workflow_return(parent, open->returns.first + i));
    }
    return fitting.wrong;
}

/* ---- ends that are waited for ---- */

static bool all_known(const struct workflow *parent, const struct workflow *const *children, uint32_t count)
{
    for (int32_t row = 0; row < workflow_count(parent, WORKFLOW_OPENS); row++) {
        bool known = false;
        for (uint32_t i = 0; i < count && !known; i++)
            known = opens(parent, workflow_open(parent, row), children[i]);
        if (!known)
            return false;
    }
    return true;
}

static bool may_end_so(const struct workflow *parent, const struct workflow *const *children, uint32_t count, const char *end)
{
    if (strcmp(end, "cancelled") == 0 || strcmp(end, "merged") == 0)
        return true;
    for (int32_t row = 0; row < workflow_count(parent, WORKFLOW_OPENS); row++)
        for (uint32_t i = 0; i < count; i++)
            if (opens(parent, workflow_open(parent, row), children[i]) && workflow_find_end(children[i], text_of(end)) != NONE)
                return true;
    return false;
}

struct text workflow_fit_ends(struct arena *arena, const struct workflow *parent, const struct workflow *const *children, uint32_t count)
{
    struct fitting fitting = {.arena = arena, .parent = parent};
    for (int32_t row = 0; row < workflow_count(parent, WORKFLOW_WAITS) && all_known(parent, children, count); row++) {
        struct span ends = workflow_wait(parent, row)->ends;
        fitting.place = parent->waits_at ? &parent->waits_at[row] : NULL;
        for (int32_t i = 0; i < ends.count; i++)
            if (!may_end_so(parent, children, count, workflow_choice(parent, ends, i)))
                COMPLAIN(&fitting, "children: a stage waits for the end \"%s\", which nothing that it opens has.", workflow_choice(parent, ends, i));
    }
    return fitting.wrong;
}
