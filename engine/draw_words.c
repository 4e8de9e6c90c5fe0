/* draw_words: see draw_words.h. */
#include "engine/draw_words.h"

#include "engine/calendar.h"
#include "engine/decimal.h"
#include "proto/value.h"

const char *draw_say(const struct draw_words *words, const char *en, const char *zh)
{
    return words->language == DRAW_ZH ? zh : en;
}

struct text draw_title(const struct draw_words *words, int32_t name, int32_t title_zh, int32_t title_en)
{
    int32_t wanted = words->language == DRAW_ZH ? title_zh : title_en, other = words->language == DRAW_ZH ? title_en : title_zh;
    return text_of(workflow_string(words->workflow, wanted != NONE ? wanted : other != NONE ? other : name));
}

struct text draw_choice(const struct draw_words *words, struct span names, int32_t index)
{
    struct text zh, en;
    workflow_choice_titles(words->workflow, names, index, &zh, &en);
    struct text wanted = words->language == DRAW_ZH ? zh : en, other = words->language == DRAW_ZH ? en : zh;
    return wanted.size ? wanted : other.size ? other : text_of(workflow_choice(words->workflow, names, index));
}

static struct text joined(const struct draw_words *words, struct text before, const char *mark, struct text after)
{
    if (before.size == 0)
        return after;
    return arena_print(words->arena, "%.*s%s%.*s", (int)before.size, before.data, mark, (int)after.size, after.data);
}

struct text draw_list(const struct draw_words *words, struct text before, struct text after)
{
    return joined(words, before, draw_say(words, ", ", "、"), after);
}

static struct text field_title(const struct draw_words *words, int32_t row)
{
    const struct workflow_field *field = workflow_field(words->workflow, row);
    return draw_title(words, field->name, field->title_zh, field->title_en);
}

static struct text event_title(const struct draw_words *words, int32_t row)
{
    const struct workflow_event *event = workflow_event(words->workflow, row);
    return draw_title(words, event->name, event->title_zh, event->title_en);
}

struct text draw_fields(const struct draw_words *words, struct span fields)
{
    struct text all = {0};
    for (int32_t i = 0; i < fields.count; i++)
        all = draw_list(words, all, field_title(words, workflow_ref(words->workflow, fields.first + i)));
    return all;
}

/* ---- levels and roles, as the directory calls them ---- */

static struct text directory_title(const struct draw_words *words, int32_t zh, int32_t en, const char *name)
{
    int32_t wanted = words->language == DRAW_ZH ? zh : en;
    return text_of(wanted != NONE ? directory_string(words->directory, wanted) : name);
}

struct text draw_level(const struct draw_words *words, int32_t level)
{
    const char *name = workflow_level_name(words->workflow, level);
    int32_t row = words->directory ? directory_find_level(words->directory, text_of(name)) : NONE;
    if (row == NONE)
        return text_of(name);
    const struct directory_level *found = (const struct directory_level *)words->directory->table[DIRECTORY_LEVELS].rows + row;
    return directory_title(words, found->title_zh, found->title_en, name);
}

struct text draw_role(const struct draw_words *words, int32_t name)
{
    const char *role = workflow_string(words->workflow, name);
    int32_t row = words->directory ? directory_find_role(words->directory, text_of(role)) : NONE;
    if (row == NONE)
        return text_of(role);
    const struct directory_role *found = directory_role(words->directory, row);
    return directory_title(words, found->title_zh, found->title_en, role);
}

/* ---- people ---- */

static struct text role_words(const struct draw_words *words, const struct workflow_people *people)
{
    struct text role = draw_role(words, people->role);
    const char *where = NULL;
    switch (people->where) {
    case WHERE_HOME: where = draw_say(words, "home unit", "立案单位"); break;
    case WHERE_LEVEL: where = arena_string(words->arena, draw_level(words, people->level)); break;
    case WHERE_BELOW: where = draw_say(words, "units below", "下级单位"); break;
    case WHERE_FIELD: where = arena_string(words->arena, field_title(words, people->field)); break;
    default: break; /* WHERE_CURRENT, which goes without saying */
    }
    return where ? arena_print(words->arena, draw_say(words, "%.*s (%s)", "%.*s（%s）"), (int)role.size, role.data, where) : role;
}

static struct text one_people(const struct draw_words *words, const struct workflow_people *people)
{
    switch (people->kind) {
    case PEOPLE_ROLE: return role_words(words, people);
    case PEOPLE_FIELD: return field_title(words, people->field);
    case PEOPLE_GROUP: return draw_fields(words, workflow_group(words->workflow, people->group)->fields);
    case PEOPLE_OPENER: return text_of(draw_say(words, "opener", "立案人"));
    case PEOPLE_RESIDENT: return text_of(draw_say(words, "resident", "居民"));
    case PEOPLE_WORKER: return text_of(draw_say(words, "worker program", "办事程序"));
    default: return text_of(workflow_event_name(words->workflow, people->event)); /* PEOPLE_MISSING: of reminders, which are not drawn */
    }
}

struct text draw_people(const struct draw_words *words, struct span people)
{
    struct text all = {0};
    for (int32_t i = 0; i < people.count; i++)
        all = draw_list(words, all, one_people(words, workflow_people(words->workflow, people.first + i)));
    return all;
}

struct text draw_by(const struct draw_words *words, int32_t row)
{
    const struct workflow_by *by = workflow_by(words->workflow, row);
    struct text people = draw_people(words, by->people);
    int size = (int)people.size;
    if (by->kind == BY_EACH)
        return arena_print(words->arena, draw_say(words, "each of: %.*s", "%.*s（每一位）"), size, people.data);
    if (by->kind == BY_AT_LEAST && by->denominator == 0)
        return words->language == DRAW_ZH ? arena_print(words->arena, "%.*s（至少 %d 人）", size, people.data, by->numerator)
                                          : arena_print(words->arena, "at least %d of: %.*s", by->numerator, size, people.data);
    if (by->kind == BY_AT_LEAST)
        return words->language == DRAW_ZH
                   ? arena_print(words->arena, "%.*s（至少 %d/%d）", size, people.data, by->numerator, by->denominator)
                   : arena_print(words->arena, "at least %d/%d of: %.*s", by->numerator, by->denominator, size, people.data);
    return people;
}

struct text draw_differing(const struct draw_words *words, const struct workflow_event *event)
{
    struct text all = event->not_same_as_opener ? text_of(draw_say(words, "opened it", "立案人")) : (struct text){0}, fields = draw_fields(words, event->not_same_as_fields);
    for (int32_t i = 0; i < event->not_same_as_events.count; i++)
        all = draw_list(words, all, event_title(words, workflow_ref(words->workflow, event->not_same_as_events.first + i)));
    if (event->not_same_as_vote != NONE) {
        const struct workflow_stage *stage = workflow_stage(words->workflow, event->not_same_as_vote);
        all = draw_list(words, all, draw_title(words, stage->name, stage->title_zh, stage->title_en));
    }
    return fields.size ? draw_list(words, all, fields) : all;
}

/* ---- time ---- */

struct text draw_duration(const struct draw_words *words, int32_t row)
{
    static const struct {
        const char *one, *many, *zh;
    } units[] = {
        [MINUTES] = {"minute", "minutes", "分钟"},
        [HOURS] = {"hour", "hours", "小时"},
        [DAYS] = {"day", "days", "天"},
        [WEEKS] = {"week", "weeks", "周"},
        [MONTHS] = {"month", "months", "个月"},
        [WORKING_HOURS] = {"working hour", "working hours", "个工作小时"},
        [WORKING_DAYS] = {"working day", "working days", "个工作日"},
    };
    const struct workflow_duration *duration = workflow_duration(words->workflow, row);
    if (duration->unit == UNTIL_DATE)
        return arena_print(words->arena, draw_say(words, "until %02d-%02d", "至 %02d-%02d"), duration->month, duration->day);
    if (words->language == DRAW_ZH)
        return arena_print(words->arena, "%d%s", duration->count, units[duration->unit].zh);
    return arena_print(words->arena, "%d %s", duration->count,
                       duration->count == 1 ? units[duration->unit].one : units[duration->unit].many);
}

static struct text limit_row(const struct draw_words *words, const struct workflow_limit *limit, const struct workflow_limit_row *row)
{
    struct text what = row->level != NONE   ? draw_level(words, row->level)
                       : row->value != NONE ? draw_value(words, limit->field, row->value)
                                            : text_of(draw_say(words, "otherwise", "其他"));
    struct text time = row->duration != NONE ? draw_duration(words, row->duration) : text_of(draw_say(words, "no limit", "不限"));
    return joined(words, what, " ", time);
}

static struct text limit_from(const struct draw_words *words, const struct workflow_limit *limit)
{
    switch (limit->from) {
    case FROM_FIRST_ENTRY: return text_of(draw_say(words, "from the first entry", "自首次进入起"));
    case FROM_OPENING: return text_of(draw_say(words, "from the opening", "自立案起"));
    case FROM_FIELD: {
        struct text field = field_title(words, limit->from_field);
        return arena_print(words->arena, draw_say(words, "from: %.*s", "自%.*s起"), (int)field.size, field.data);
    }
    default: return (struct text){0}; /* FROM_ENTRY, which goes without saying */
    }
}

static struct text result_words(const struct draw_words *words, const struct workflow_lookup *lookup, int32_t at)
{
    int32_t duration = workflow_lookup_row(words->workflow, lookup->rows.first + at)->duration;
    return duration == NONE ? text_of(draw_say(words, "no limit", "不限")) : draw_duration(words, duration);
}

/* What a table can give, each once. */
static struct text looked_up(const struct draw_words *words, const struct workflow_lookup *lookup)
{
    struct text all = {0};
    for (int32_t i = 0; i < lookup->rows.count; i++) {
        struct text one = result_words(words, lookup, i);
        bool again = false;
        for (int32_t before = 0; before < i; before++)
            again = again || text_equal(one, result_words(words, lookup, before));
        if (!again)
            all = draw_list(words, all, one);
    }
    return arena_print(words->arena, draw_say(words, "by table %s: %.*s", "按表 %s：%.*s"), workflow_string(words->workflow, lookup->name), (int)all.size, all.data);
}

struct text draw_limit(const struct draw_words *words, int32_t row)
{
    const struct workflow_limit *limit = workflow_limit(words->workflow, row);
    struct text all = {0}, from = limit_from(words, limit);
    if (limit->kind == LIMIT_UNTIL) {
        struct text field = field_title(words, limit->field);
        return arena_print(words->arena, draw_say(words, "until: %.*s", "至%.*s"), (int)field.size, field.data);
    }
    if (limit->kind == LIMIT_ONE)
        all = draw_duration(words, limit->duration);
    for (int32_t i = 0; i < limit->rows.count && limit->kind != LIMIT_ONE; i++)
        all = draw_list(words, all, limit_row(words, limit, workflow_limit_row(words->workflow, limit->rows.first + i)));
    if (limit->kind == LIMIT_TABLE)
        all = looked_up(words, workflow_lookup(words->workflow, limit->lookup));
    if (from.size == 0)
        return all;
    return arena_print(words->arena, draw_say(words, "%.*s (%.*s)", "%.*s（%.*s）"), (int)all.size, all.data, (int)from.size, from.data);
}

/* ---- conditions ---- */

static struct text date_words(const struct draw_words *words, int64_t days)
{
    struct civil date = civil_of((int32_t)days);
    return arena_print(words->arena, "%04d-%02d-%02d", (int)date.year, (int)date.month, (int)date.day);
}

static struct text number_words(const struct draw_words *words, int32_t field, int64_t number)
{
    const struct workflow_field *of = workflow_field(words->workflow, field);
    return of->type == FIELD_DATE ? date_words(words, number) : decimal_print(words->arena, number, of->scale);
}

struct text draw_value(const struct draw_words *words, int32_t field, int32_t row)
{
    const struct workflow_value *value = workflow_value(words->workflow, row);
    struct span choices = workflow_field(words->workflow, field)->choices;
    if (value->kind == VALUE_BOOLEAN)
        return text_of(value->number ? draw_say(words, "yes", "是") : draw_say(words, "no", "否"));
    if (value->kind == VALUE_INTEGER)
        return number_words(words, field, value->number);
    struct text word = text_of(workflow_string(words->workflow, value->string));
    int32_t choice = workflow_find_choice(words->workflow, choices, word);
    return choice == NONE ? word : draw_choice(words, choices, choice);
}

static struct text in_words(const struct draw_words *words, const struct workflow_condition *condition)
{
    struct text all = {0};
    for (int32_t i = 0; i < condition->values.count; i++)
        all = joined(words, all, "/", draw_value(words, condition->field, condition->values.first + i));
    return joined(words, field_title(words, condition->field), " = ", all);
}

static struct text bound_words(const struct draw_words *words, const struct workflow_condition *condition, struct text what)
{
    static const char *const marks[] = {" ≥\u00a0", " ≤\u00a0", " >\u00a0", " <\u00a0"}; /* the number stays with the mark */
    const int64_t bounds[] = {condition->least, condition->most, condition->after, condition->before};
    struct text all = {0};
    for (int i = 0; i < 4; i++) {
        if (!(condition->bounded & 1 << i))
            continue;
        struct text bound = condition->kind == CONDITION_COUNT ? arena_print(words->arena, "%lld", (long long)bounds[i])
                                                               : number_words(words, condition->field, bounds[i]);
        all = joined(words, all, draw_say(words, " and ", " 且 "), joined(words, what, marks[i], bound));
    }
    return all;
}

static struct text count_words(const struct draw_words *words, const struct workflow_condition *condition)
{
    struct text event = event_title(words, condition->event);
    bool stage = condition->scope == COUNT_STAGE;
    const char *format = stage ? draw_say(words, "times \"%.*s\" in this stage", "本阶段“%.*s”次数")
                               : draw_say(words, "times \"%.*s\"", "“%.*s”次数");
    return bound_words(words, condition, arena_print(words->arena, format, (int)event.size, event.data));
}

static struct text level_words(const struct draw_words *words, const struct workflow_condition *condition)
{
    struct text all = {0};
    for (int32_t i = 0; i < condition->parts.count; i++) {
        int32_t level = workflow_ref(words->workflow, condition->parts.first + i);
        all = joined(words, all, "/", draw_level(words, level));
    }
    return joined(words, text_of(draw_say(words, "level", "层级")), " = ", all);
}

/* Said with "and" or "or" of its own. */
static bool is_of_several(const struct draw_words *words, int32_t row)
{
    const struct workflow_condition *condition = workflow_condition(words->workflow, row);
    return (condition->kind == CONDITION_ANY || condition->kind == CONDITION_ALL) && condition->parts.count > 1;
}

static struct text parts_words(const struct draw_words *words, const struct workflow_condition *condition)
{
    const char *mark = condition->kind == CONDITION_ALL ? draw_say(words, " and ", " 且 ") : draw_say(words, " or ", " 或 ");
    struct text all = {0};
    for (int32_t i = 0; i < condition->parts.count; i++) {
        int32_t row = workflow_ref(words->workflow, condition->parts.first + i);
        struct text part = draw_condition(words, row);
        if (condition->parts.count > 1 && is_of_several(words, row))
            part = arena_print(words->arena, draw_say(words, "(%.*s)", "（%.*s）"), (int)part.size, part.data);
        all = joined(words, all, mark, part);
    }
    if (condition->kind == CONDITION_NONE)
        return arena_print(words->arena, draw_say(words, "not (%.*s)", "非（%.*s）"), (int)all.size, all.data);
    return all;
}

struct text draw_condition(const struct draw_words *words, int32_t row)
{
    const struct workflow_condition *condition = workflow_condition(words->workflow, row);
    switch (condition->kind) {
    case CONDITION_IN: return in_words(words, condition);
    case CONDITION_RANGE: return bound_words(words, condition, field_title(words, condition->field));
    case CONDITION_LEVEL: return level_words(words, condition);
    case CONDITION_COUNT: return count_words(words, condition);
    default: return parts_words(words, condition); /* all, any, none */
    }
}

/* ---- stopped clocks ---- */

struct text draw_stop(const struct draw_words *words, const struct workflow_stop *stop)
{
    struct text all = {0}, longest = draw_duration(words, stop->longest), by = draw_by(words, stop->by);
    for (int32_t i = 0; i < stop->grounds.count; i++)
        all = draw_list(words, all, draw_choice(words, stop->grounds, i));
    return arena_print(words->arena, draw_say(words, "%.*s; at most %.*s; %.*s", "%.*s；至多%.*s；%.*s"), (int)all.size, all.data, (int)longest.size,
                       longest.data, (int)by.size, by.data);
}
