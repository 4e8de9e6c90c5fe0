/* explain_words: stages, people, outcomes and reasons in both languages. See explain.h. */
#include "engine/explain.h"

#include "engine/access_place.h"
#include "engine/step.h"

enum { OUTCOME_DEPTH_MOST = 6 }; /* a `top` may lead to a choose, that to a choose; deeper is not told */

struct two two_text(struct text same)
{
    return (struct two){same, same};
}

struct value two_value(struct explain *explain, struct two two)
{
    return map_words(explain->view->arena, two.en, two.zh);
}

struct two two_join(struct explain *explain, struct two before, const char *en, const char *zh, struct two after)
{
    struct arena *arena = explain->view->arena;
    if (before.en.size == 0)
        return after;
    return (struct two){arena_print(arena, "%.*s%s%.*s", SHOWN(before.en), en, SHOWN(after.en)),
                        arena_print(arena, "%.*s%s%.*s", SHOWN(before.zh), zh, SHOWN(after.zh))};
}

#define PRINT(explain, english, chinese, both)                                                                       \
    ((struct two){arena_print((explain)->view->arena, (english), SHOWN((both).en)), arena_print((explain)->view->arena, (chinese), SHOWN((both).zh))})

/* ---- names ---- */

static struct two titled(struct explain *explain, struct text name, struct text zh)
{
    struct text chinese = zh.size && !text_equal(zh, name) ? arena_print(explain->view->arena, "%.*s（%.*s）", SHOWN(zh), SHOWN(name)) : name;
    return (struct two){name, chinese};
}

static struct text workflow_text(const struct explain *explain, int32_t offset)
{
    return text_of(offset == NONE ? "" : workflow_string(explain->workflow, offset));
}

struct two two_stage(struct explain *explain, int32_t row)
{
    const struct workflow_stage *stage = workflow_stage(explain->workflow, row);
    return titled(explain, workflow_text(explain, stage->name), workflow_text(explain, stage->title_zh));
}

struct two two_event(struct explain *explain, int32_t row)
{
    if (row == CASE_EXTEND)
        return TWO("extend", "延长期限（extend）");
    const struct workflow_event *event = workflow_event(explain->workflow, row);
    return titled(explain, workflow_text(explain, event->name), workflow_text(explain, event->title_zh));
}

/* What the language's own events are called. */
struct two two_given(struct explain *explain, struct text name)
{
    static const struct {
        const char *name, *zh;
    } own[] = {
        {"stop-clock", "中止计时"}, {"resume", "恢复计时"}, {"ballot", "投票"}, {"attend", "签到"}, {"recuse", "回避"}, {"extend", "延长期限"}, {"grant", "同意延长"},
        {"deny", "不同意延长"}, {"claim", "认领"}, {"hand-over", "转交"}, {"take-back", "收回"}, {"unclaim", "放回"}, {"add-handler", "增加协办"},
        {"remove-handler", "移出协办"}, {"reopen", "重新立案"}, {"link", "关联"}, {"merge", "并案"}, {"un-merge", "撤销并案"}, {"split", "分案"},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(name, own[i].name))
            return titled(explain, name, text_of(own[i].zh));
    return (struct two){{0}, {0}};
}

struct two two_field(struct explain *explain, int32_t row)
{
    const struct workflow_field *field = workflow_field(explain->workflow, row);
    return titled(explain, workflow_text(explain, field->name), workflow_text(explain, field->title_zh));
}

struct two two_choice(struct explain *explain, struct span names, int32_t index)
{
    struct text zh, en;
    workflow_choice_titles(explain->workflow, names, index, &zh, &en);
    return titled(explain, text_of(workflow_choice(explain->workflow, names, index)), zh);
}

struct two two_end(struct explain *explain, int32_t row)
{
    struct text zh, en;
    workflow_end_titles(explain->workflow, row, &zh, &en);
    return titled(explain, text_of(workflow_end_name(explain->workflow, row)), zh);
}

struct two two_level(struct explain *explain, int32_t level)
{
    const struct directory *directory = explain->input.directory;
    struct text name = text_of(workflow_level_name(explain->workflow, level));
    int32_t row = directory_find_level(directory, name);
    const struct directory_level *levels = directory->table[DIRECTORY_LEVELS].rows;
    return titled(explain, name, row != NONE ? text_of(directory_string(directory, levels[row].title_zh)) : (struct text){0});
}

struct two two_unit(struct explain *explain, struct text path)
{
    const struct directory *directory = explain->input.directory;
    int32_t row = directory_find_unit(directory, path);
    return titled(explain, path, row != NONE ? text_of(directory_string(directory, directory_unit(directory, row)->title_zh)) : (struct text){0});
}

struct two two_fields(struct explain *explain, struct span fields)
{
    struct two all = {{0}, {0}};
    for (int32_t i = 0; i < fields.count; i++)
        all = two_join(explain, all, ", ", "、", two_field(explain, workflow_ref(explain->workflow, fields.first + i)));
    return all;
}

struct two two_condition(struct explain *explain, int32_t row)
{
    return (struct two){draw_condition(&explain->en, row), draw_condition(&explain->zh, row)};
}

/* ---- people ---- */

static struct two role_title(struct explain *explain, struct text name)
{
    const struct directory *directory = explain->input.directory;
    int32_t row = directory_find_role(directory, name);
    return titled(explain, name, row != NONE ? text_of(directory_string(directory, directory_role(directory, row)->title_zh)) : (struct text){0});
}

static struct two role_words(struct explain *explain, int32_t row)
{
    const struct workflow_people *people = workflow_people(explain->workflow, row);
    struct two role = role_title(explain, workflow_text(explain, people->role));
    struct arena *arena = explain->view->arena;
    struct place place = access_place(&explain->input);
    int32_t at = access_role_unit(&place, people);
    if (at == NONE && people->where == WHERE_FIELD)
        return (struct two){arena_print(arena, "%.*s (of a unit that is not known yet)", SHOWN(role.en)), arena_print(arena, "%.*s（单元尚未确定）", SHOWN(role.zh))};
    if (at == NONE)
        return (struct two){arena_print(arena, "%.*s (there is no unit of that level)", SHOWN(role.en)),
                            arena_print(arena, "%.*s（没有该层级的单元）", SHOWN(role.zh))};
    struct two unit = two_unit(explain, text_of(directory_unit_path(explain->input.directory, at)));
    bool below = people->where == WHERE_BELOW;
    return (struct two){arena_print(arena, "%.*s %s %.*s", SHOWN(role.en), below ? "below" : "at", SHOWN(unit.en)),
                        arena_print(arena, "%.*s%s的%.*s", SHOWN(unit.zh), below ? "下级" : "", SHOWN(role.zh))};
}

/* `placed`: with the unit where the case stands now. */
static struct two one_people(struct explain *explain, int32_t row, bool placed)
{
    const struct workflow_people *people = workflow_people(explain->workflow, row);
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return placed ? role_words(explain, row) : role_title(explain, workflow_text(explain, people->role));
    case PEOPLE_FIELD: return two_field(explain, people->field);
    case PEOPLE_GROUP: return two_fields(explain, workflow_group(explain->workflow, people->group)->fields);
    case PEOPLE_OPENER: return TWO("who opened the case", "立案人");
    case PEOPLE_RESIDENT: return TWO("any resident, through an app", "任何居民（经由应用）");
    case PEOPLE_WORKER: return TWO("the worker program that holds the task", "持有该任务的办事程序");
    default: break;
    }
    struct text names = access_words(&explain->input, explain->view->arena, (struct span){row, 1});
    return people->kind == PEOPLE_MISSING ? PRINT(explain, "who has not sent %.*s yet", "尚未办理%.*s的人", two_event(explain, people->event)) : two_text(names);
}

static struct two people_words(struct explain *explain, struct span people, bool placed)
{
    struct two all = {{0}, {0}};
    for (int32_t i = 0; i < people.count; i++)
        all = two_join(explain, all, ", ", "、", one_people(explain, people.first + i, placed));
    return all;
}

struct two two_people(struct explain *explain, struct span people)
{
    return people_words(explain, people, true);
}

/* ---- outcomes ---- */

static struct two outcome_words(struct explain *explain, int32_t row, int depth);

static struct two choose_words(struct explain *explain, struct span branches, int depth)
{
    struct two all = {{0}, {0}};
    for (int32_t i = 0; i < branches.count; i++) {
        const struct workflow_branch *branch = workflow_branch(explain->workflow, branches.first + i);
        struct two follows = outcome_words(explain, branch->outcome, depth);
        struct two when = TWO("otherwise", "否则");
        if (branch->condition != NONE)
            when = PRINT(explain, "if %.*s", "若%.*s", two_condition(explain, branch->condition));
        all = two_join(explain, all, "; ", "；", two_join(explain, when, ": ", "：", follows));
    }
    return all;
}

static struct two go_words(struct explain *explain, const struct workflow_outcome *outcome)
{
    struct two words = PRINT(explain, "goes to %.*s", "转入%.*s", two_stage(explain, outcome->stage));
    if (outcome->go_level == GO_LEVEL_NAMED)
        return two_join(explain, words, " at the level ", "，层级", two_level(explain, outcome->level));
    return outcome->go_level == GO_LEVEL_KEEP ? two_join(explain, words, "", "", TWO(" at the same level", "，层级不变")) : words;
}

/* What lies beyond the ladder is told only where the case stands on its last rung: place says so when it comes to it. */
static struct two climb_words(struct explain *explain, const struct workflow_outcome *outcome, int depth)
{
    bool up = outcome->direction == CLIMB_UP;
    struct two words = up ? TWO("climbs to the next level up", "上报上一层级") : TWO("goes down one level", "退回下一层级");
    if (outcome->stage != NONE)
        words = two_join(explain, words, ", into ", "，转入", two_stage(explain, outcome->stage));
    if (explain->state->stage == NONE)
        return words;
    const struct workflow_stage *stage = workflow_stage(explain->workflow, explain->state->stage);
    int32_t beyond = up ? stage->top : stage->bottom;
    if (beyond == NONE)
        return words;
    struct two instead = up ? TWO("; at the top", "；已到顶层时") : TWO("; at the bottom", "；已到底层时");
    return two_join(explain, two_join(explain, words, "", "", instead), ": ", "：", outcome_words(explain, beyond, depth));
}

static struct two kind_words(struct explain *explain, const struct workflow_outcome *outcome, int depth)
{
    switch ((enum outcome_kind)outcome->kind) {
    case OUTCOME_GO: return go_words(explain, outcome);
    case OUTCOME_CLIMB: return climb_words(explain, outcome, depth);
    case OUTCOME_END: return PRINT(explain, "the case ends: %.*s", "结案：%.*s", two_end(explain, outcome->end));
    case OUTCOME_STAY: return TWO("the case stays", "留在本环节");
    case OUTCOME_CHOOSE: return choose_words(explain, outcome->branches, depth);
    }
    return two_text((struct text){0});
}

static struct two outcome_words(struct explain *explain, int32_t row, int depth)
{
    if (row == NONE || depth == OUTCOME_DEPTH_MOST)
        return two_text((struct text){0});
    const struct workflow_outcome *outcome = workflow_outcome(explain->workflow, row);
    struct two words = kind_words(explain, outcome, depth + 1);
    if (outcome->publish != NONE)
        words = two_join(explain, words, "; publishes ", "；并公示", two_fields(explain, workflow_publication(explain->workflow, outcome->publish)->fields));
    for (int32_t i = 0; i < outcome->opens.count; i++)
        words = two_join(explain, words, "; opens a case of ", "；并立案 ",
                         two_text(workflow_text(explain, workflow_open(explain->workflow, outcome->opens.first + i)->workflow)));
    return words;
}

struct two two_outcome(struct explain *explain, int32_t outcome)
{
    return outcome_words(explain, outcome, 0);
}

struct two two_place(struct explain *explain, const struct case_state *state)
{
    const struct directory *directory = explain->input.directory;
    if (state->end != NONE)
        return PRINT(explain, "ended: %.*s", "已结案：%.*s", two_end(explain, state->end));
    struct two words = two_stage(explain, state->stage);
    int32_t unit = directory_unit_by_id(directory, state->unit);
    if (state->level != NONE)
        words = two_join(explain, words, " · ", " · ", two_level(explain, state->level));
    return unit == NONE ? words : two_join(explain, words, ", ", "，", two_unit(explain, text_of(directory_unit_path(directory, unit))));
}

/* ---- reasons ---- */

static struct two fires_words(struct explain *explain, const struct trace_line *line)
{
    static const struct {
        const char *en, *zh;
    } clocks[] = {
        [CLOCK_STAGE] = {"the deadline of the stage has passed (%.*s)", "本环节时限已过（%.*s）"},
        [CLOCK_WARN] = {"the time for the warning has come (%.*s)", "预警时间已到（%.*s）"},
        [CLOCK_REMIND] = {"the time for a reminder has come (%.*s)", "催办时间已到（%.*s）"},
        [CLOCK_CASE] = {"the limit of the whole case has passed (%.*s)", "全案总时限已过（%.*s）"},
        [CLOCK_PUBLICATION] = {"the time of what is published is over (%.*s)", "公示期满（%.*s）"},
        [CLOCK_STOP] = {"the clock was stopped for as long as it may be (%.*s)", "中止计时已到最长期限（%.*s）"},
        [CLOCK_RETAIN] = {"the time for which the case is kept is over (%.*s)", "保存期限已满（%.*s）"},
        [CLOCK_TASK] = {"the deadline of a task has passed (%.*s)", "交办事项时限已过（%.*s）"},
    };
    if (line->number < 0 || (size_t)line->number >= sizeof clocks / sizeof *clocks)
        return two_text(line->words);
    return PRINT(explain, clocks[line->number].en, clocks[line->number].zh, two_text(line->name));
}

static struct two choose_line(struct explain *explain, const struct trace_line *line)
{
    if (line->row == NONE)
        return TWO("none of these: the last way is taken", "以上都不符合：按最后一项办理");
    struct two condition = two_condition(explain, line->row);
    return line->number ? PRINT(explain, "chosen because %.*s", "因%.*s，按此办理", condition) : PRINT(explain, "not: %.*s", "不符合：%.*s", condition);
}

static struct two enters_words(struct explain *explain, const struct trace_line *line)
{
    struct two words = two_stage(explain, line->row);
    if (line->number != NONE)
        words = two_join(explain, words, " · ", " · ", two_level(explain, (int32_t)line->number));
    words = two_join(explain, words, ", ", "，", two_unit(explain, line->name));
    return PRINT(explain, "enters %.*s", "进入%.*s", words);
}

/* A task that is the only one of its stage has no name, and none is needed. */
static struct two task_words(struct explain *explain, const struct trace_line *line)
{
    const struct workflow_task *task = workflow_task(explain->workflow, line->row);
    struct arena *arena = explain->view->arena;
    struct text name = workflow_text(explain, task->name);
    struct two people = people_words(explain, task->people, false); /* the line may be of another time and place */
    if (line->kind == TRACE_TASK_DONE)
        return (struct two){line->words, arena_print(arena, "交办事项%.*s已完成", SHOWN(name))};
    struct two words = name.size ? PRINT(explain, "task %.*s", "交办%.*s", two_text(name)) : TWO("task", "交办");
    words = task->people.count ? two_join(explain, words, " for ", "：", people) : words;
    return line->name.size ? two_join(explain, words, ", offered to worker programs of ", "，派给办事程序 ", two_text(line->name)) : words;
}

struct two two_trace(struct explain *explain, const struct trace_line *line)
{
    struct arena *arena = explain->view->arena;
    struct two name = two_text(line->name);
    switch (line->kind) {
    case TRACE_SENDER: return PRINT(explain, "%.*s may send it", "%.*s有权办理", name);
    case TRACE_WHEN: return PRINT(explain, "its condition holds: %.*s", "条件成立：%.*s", two_condition(explain, line->row));
    case TRACE_CHOOSE: return choose_line(explain, line);
    case TRACE_SET: return PRINT(explain, "sets %.*s", "写入%.*s", two_field(explain, line->row));
    case TRACE_ENTERS: return enters_words(explain, line);
    case TRACE_STAYS: return TWO("stays in its stage", "留在本环节");
    case TRACE_ENDS: return PRINT(explain, "the case ends: %.*s", "结案：%.*s", two_end(explain, line->row));
    case TRACE_BEYOND:
        return line->number == CLIMB_UP ? TWO("the ladder ends here: what follows at the top", "已到最高层级：按到顶处理")
                                        : TWO("the ladder ends here: what follows at the bottom", "已到最低层级：按到底处理");
    case TRACE_DUE: return PRINT(explain, "due %.*s", "时限 %.*s", name);
    case TRACE_FIRES: return fires_words(explain, line);
    case TRACE_PARTS:
        return (struct two){arena_print(arena, "%lld of %d have sent it", (long long)line->number, line->row),
                            arena_print(arena, "已有 %lld 人办理，共需 %d 人", (long long)line->number, line->row)};
    case TRACE_TASK:
    case TRACE_TASK_DONE: return task_words(explain, line);
    case TRACE_DONE: return TWO("everything that the stage waits for is done", "本环节所需事项均已完成");
    case TRACE_EXTENDED: return PRINT(explain, "the deadline is extended to %.*s", "时限延长至 %.*s", name);
    case TRACE_ASKED: return TWO("an extension is asked for: the deadline waits for the answer", "已申请延长：时限等待答复");
    case TRACE_CALENDAR: return PRINT(explain, "the calendar has changed: due %.*s now", "日历已变更：时限改为 %.*s", name);
    case TRACE_VERSION:
        return (struct two){line->words, arena_print(arena, "改按流程第 %lld 版继续", (long long)line->number)};
    case TRACE_REFUSED: return (struct two){line->words, arena_print(arena, "不予受理：%.*s", SHOWN(line->words))};
    case TRACE_TOLD: return (struct two){line->words, line->name};
    case TRACE_WORDS: break;
    }
    return two_text(line->words);
}
