/* condition: see condition.h. */
#include "engine/condition.h"

#include "engine/calendar.h"
#include "engine/decimal.h"

#include <assert.h>

/* ---- does it hold? ---- */

bool condition_value_is(const struct workflow *workflow, const struct value *value, const struct workflow_value *wanted)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: return wanted->kind == VALUE_BOOLEAN && value->boolean == (wanted->number != 0);
    case VALUE_INTEGER: return wanted->kind == VALUE_INTEGER && value->integer == wanted->number;
    case VALUE_TEXT: return wanted->kind == VALUE_TEXT && text_is(value->text, workflow_string(workflow, wanted->string));
    case VALUE_LIST: /* people; in other lists, and in texts that are kept in the log, nothing can be compared */
        return wanted->kind == VALUE_TEXT && case_has_person(value, text_of(workflow_string(workflow, wanted->string)));
    case VALUE_NONE:
    case VALUE_BYTES:
    case VALUE_MAP: break;
    }
    return false;
}

static bool in_holds(const struct workflow *workflow, const struct case_state *state, const struct workflow_condition *condition)
{
    const struct value *value = &state->data[condition->field];
    for (int32_t i = 0; i < condition->values.count; i++)
        if (condition_value_is(workflow, value, workflow_value(workflow, condition->values.first + i)))
            return true;
    return false;
}

static bool range_holds(const struct case_state *state, const struct workflow_condition *condition)
{
    const struct value *value = &state->data[condition->field];
    if (value->kind != VALUE_INTEGER)
        return false;
    int64_t number = value->integer;
    return !((condition->bounded & 1) && number < condition->least) && !((condition->bounded & 2) && number > condition->most) &&
           !((condition->bounded & 4) && number <= condition->after) && !((condition->bounded & 8) && number >= condition->before);
}

static bool level_holds(const struct workflow *workflow, const struct case_state *state, const struct workflow_condition *condition)
{
    for (int32_t i = 0; i < condition->parts.count; i++)
        if (workflow_ref(workflow, condition->parts.first + i) == state->level)
            return true;
    return false;
}

static bool count_holds(const struct case_state *state, const struct workflow_condition *condition)
{
    const struct case_count *counted = case_count_of(state, condition->event);
    int32_t count = !counted ? 0 : condition->scope == COUNT_STAGE ? counted->in_stage : counted->in_case;
    return !((condition->bounded & 1) && count < condition->least) && !((condition->bounded & 2) && count > condition->most);
}

/* `all`: the first part that fails is the reason. `any`, `none`: the whole is. */
static bool parts_hold(const struct workflow *workflow, const struct case_state *state,
                       const struct workflow_condition *condition, int32_t *failed)
{
    for (int32_t i = 0; i < condition->parts.count; i++) {
        int32_t part = workflow_ref(workflow, condition->parts.first + i);
        bool holds = condition_holds(workflow, state, part, condition->kind == CONDITION_ALL ? failed : NULL);
        if (holds != (condition->kind == CONDITION_ALL))
            return condition->kind == CONDITION_ANY;
    }
    return condition->kind != CONDITION_ANY;
}

bool condition_holds(const struct workflow *workflow, const struct case_state *state, int32_t row, int32_t *failed)
{
    const struct workflow_condition *condition = workflow_condition(workflow, row);
    if (failed)
        *failed = row;
    switch ((enum condition_kind)condition->kind) {
    case CONDITION_ALL:
    case CONDITION_ANY:
    case CONDITION_NONE: return parts_hold(workflow, state, condition, failed);
    case CONDITION_IN: return in_holds(workflow, state, condition);
    case CONDITION_RANGE: return range_holds(state, condition);
    case CONDITION_LEVEL: return level_holds(workflow, state, condition);
    case CONDITION_COUNT: return count_holds(state, condition);
    }
    assert(false && "a kind of condition that does not exist");
    return false;
}

/* ---- in words ---- */

static struct text joined(struct arena *arena, struct text before, const char *between, struct text after)
{
    if (!before.size)
        return after;
    return arena_print(arena, "%.*s%s%.*s", (int)before.size, before.data, between, (int)after.size, after.data);
}

static struct text number_words(const struct workflow *workflow, struct arena *arena, int32_t field, int64_t number)
{
    const struct workflow_field *row = workflow_field(workflow, field);
    return row->type == FIELD_DATE ? civil_print(arena, (int32_t)number) : decimal_print(arena, number, row->scale);
}

static struct text value_words(const struct workflow *workflow, struct arena *arena, int32_t field, const struct workflow_value *value)
{
    if (value->kind == VALUE_BOOLEAN)
        return value->number ? TEXT("true") : TEXT("false");
    if (value->kind == VALUE_INTEGER)
        return number_words(workflow, arena, field, value->number);
    return text_of(workflow_string(workflow, value->string));
}

static struct text in_words(const struct workflow *workflow, struct arena *arena, const struct workflow_condition *condition)
{
    struct text list = {0};
    for (int32_t i = 0; i < condition->values.count; i++)
        list = joined(arena, list, ", ",
                      value_words(workflow, arena, condition->field, workflow_value(workflow, condition->values.first + i)));
    return arena_print(arena, "%s is %s%.*s", workflow_field_name(workflow, condition->field),
                       condition->values.count > 1 ? "one of " : "", (int)list.size, list.data);
}

static struct text range_words(const struct workflow *workflow, struct arena *arena, const struct workflow_condition *condition)
{
    const struct {
        const char *word;
        int64_t bound;
    } bounds[] = {{"at least", condition->least}, {"at most", condition->most}, {"after", condition->after}, {"before", condition->before}};
    struct text list = {0};
    for (int i = 0; i < 4; i++) {
        if (!(condition->bounded & 1 << i))
            continue;
        struct text bound = number_words(workflow, arena, condition->field, bounds[i].bound);
        list = joined(arena, list, " and ", arena_print(arena, "%s %.*s", bounds[i].word, (int)bound.size, bound.data));
    }
    return arena_print(arena, "%s is %.*s", workflow_field_name(workflow, condition->field), (int)list.size, list.data);
}

static struct text level_words(const struct workflow *workflow, struct arena *arena, const struct workflow_condition *condition)
{
    struct text list = {0};
    for (int32_t i = 0; i < condition->parts.count; i++)
        list = joined(arena, list, ", ", text_of(workflow_level_name(workflow, workflow_ref(workflow, condition->parts.first + i))));
    return arena_print(arena, "the level is %s%.*s", condition->parts.count > 1 ? "one of " : "", (int)list.size, list.data);
}

static struct text count_words(const struct workflow *workflow, struct arena *arena, const struct workflow_condition *condition)
{
    struct text list = {0};
    if (condition->bounded & 1)
        list = arena_print(arena, "at least %lld", (long long)condition->least);
    if (condition->bounded & 2)
        list = joined(arena, list, " and ", arena_print(arena, "at most %lld", (long long)condition->most));
    return arena_print(arena, "%s has happened %.*s times in this %s", workflow_event_name(workflow, condition->event), (int)list.size,
                       list.data, condition->scope == COUNT_STAGE ? "stage" : "case");
}

static struct text parts_words(const struct workflow *workflow, struct arena *arena, const struct workflow_condition *condition)
{
    struct text list = {0};
    for (int32_t i = 0; i < condition->parts.count; i++)
        list = joined(arena, list, condition->kind == CONDITION_ALL ? " and " : " or ",
                      condition_words(workflow, arena, workflow_ref(workflow, condition->parts.first + i)));
    if (condition->kind == CONDITION_NONE)
        return arena_print(arena, "not (%.*s)", (int)list.size, list.data);
    return condition->parts.count > 1 ? arena_print(arena, "(%.*s)", (int)list.size, list.data) : list;
}

struct text condition_words(const struct workflow *workflow, struct arena *arena, int32_t row)
{
    const struct workflow_condition *condition = workflow_condition(workflow, row);
    switch ((enum condition_kind)condition->kind) {
    case CONDITION_ALL:
    case CONDITION_ANY:
    case CONDITION_NONE: return parts_words(workflow, arena, condition);
    case CONDITION_IN: return in_words(workflow, arena, condition);
    case CONDITION_RANGE: return range_words(workflow, arena, condition);
    case CONDITION_LEVEL: return level_words(workflow, arena, condition);
    case CONDITION_COUNT: return count_words(workflow, arena, condition);
    }
    assert(false && "a kind of condition that does not exist");
    return (struct text){0};
}
