/* engine_short: a year is over, and a unit has had fewer cases than the quota of its workflow asks for: who is told, and which cases are opened there.
 *
 * There is no case that could go anywhere, whose fields could be set or published: so that is all that can follow. The year's own record (EVENT_QUOTA)
 * holds who is told. Behind it each case is opened by an event of its own, in the same batch: both are on disk, or neither. Replaying the log finds
 * the openings there and makes none. One that cannot be opened is passed over, and the log says why, as of a run of a recurrence. */
#include "engine/access.h"
#include "engine/engine_inner.h"

/* Roles at the unit. One that stands there and holds nothing lends its place. */
void engine_tell_short(struct engine *engine, const struct workflow *workflow, uint32_t unit, struct log_record *record)
{
    struct arena *arena = &engine->batch.arena;
    const struct workflow_outcome *outcome = workflow_outcome(workflow, workflow_quota(workflow)->short_);
    struct case_state place = {.home_unit = unit, .unit = unit, .stage = NONE, .level = NONE, .end = NONE};
    struct log_notice *notices = ARENA_ARRAY(arena, struct log_notice, (size_t)outcome->notices.count);
    struct advance_input input;
    engine_input(engine, workflow, &place, &input);
    for (int32_t i = 0; i < outcome->notices.count; i++) {
        const struct workflow_notice *notice = workflow_notice(workflow, outcome->notices.first + i);
        struct persons names = {.arena = arena};
        access_add_names(&input, &names, notice->who);
        if (names.count)
            notices[record->notice_count++] = (struct log_notice){.kind = NOTICE_TEXT, .who = names.items, .who_count = names.count,
                                                                  .text_zh = text_of(workflow_string(workflow, notice->text_zh)),
                                                                  .text_en = text_of(workflow_string(workflow, notice->text_en))};
    }
    record->notices = notices;
}

/* Sorted by name, as they come from outside. */
static void put_with(struct arena *arena, const struct workflow *workflow, struct span with, struct event *event)
{
    struct field_value *data = ARENA_ARRAY(arena, struct field_value, (size_t)with.count);
    for (; event->data_count < (uint32_t)with.count; event->data_count++) {
        const struct workflow_given *given = workflow_given(workflow, with.first + (int32_t)event->data_count);
        const struct workflow_value *value = workflow_value(workflow, given->value);
        struct text name = arena_copy(arena, text_of(workflow_string(workflow, given->its)));
        uint32_t at = event->data_count;
        for (; at > 0 && text_compare(data[at - 1].name, name) > 0; at--)
            data[at] = data[at - 1];
        data[at] = (struct field_value){.name = name, .value = value->kind == VALUE_BOOLEAN ? value_boolean(value->number != 0)
                                                                  : value_text(arena_copy(arena, text_of(workflow_string(workflow, value->string))))};
    }
    event->data = data;
}

static enum err open_one(struct engine *engine, const struct event *year, const struct workflow *workflow, const struct workflow_open *open)
{
    struct arena *arena = &engine->batch.arena;
    const struct directory *directory = engine_directory(engine);
    struct message answer;
    struct event event = {.kind = EVENT_OPEN, .workflow = arena_copy(arena, text_of(workflow_string(workflow, open->workflow))), .run_of = year->run_of,
                          .year = year->year, .key = engine_calendar_key(engine)};
    int32_t from = directory_unit_by_id(directory, year->run_of), level = directory_find_level(directory, text_of(workflow_level_name(workflow, open->level)));
    int32_t unit = level == NONE ? NONE : directory_unit_at(directory, from, level);
    if (unit == NONE) {
        struct text why = arena_print(arena, "no unit of the level %s serves %.*s", workflow_level_name(workflow, open->level), (int)year->unit.size, year->unit.data);
        event.unit = year->unit;
        return engine_pass_over(engine, &event, ERR_UNKNOWN_UNIT, why);
    }
    event.unit = text_of(directory_unit_path(directory, unit));
    put_with(arena, workflow, open->with, &event);
    enum err code = engine_decide(engine, &event, &answer);
    if (!code && answer.kind == MESSAGE_REFUSED)
        code = engine_pass_over(engine, &event, answer.code, answer.why);
    return code;
}

enum err engine_open_short(struct engine *engine, const struct event *year)
{
    const struct deployed *deployed = engine_find_deployed(engine, TEXT("workflow"), year->workflow, year->version);
    const struct workflow *workflow = deployed ? engine_workflow(engine, deployed->head.position) : NULL;
    struct span opens = workflow && year->year_count < year->year_least ? workflow_short_opens(workflow) : (struct span){0, 0};
    enum err code = ERR_OK;
    for (int32_t i = 0; i < opens.count && !code; i++)
        code = open_one(engine, year, workflow, workflow_open(workflow, opens.first + i));
    return code;
}
