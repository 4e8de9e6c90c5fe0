/* draw: the model of the picture: its nodes, and what stands in them. Where outcomes lead says draw_walk.c. See draw.h. */
#include "engine/draw_walk.h"

/* ---- what stands in a stage ---- */

static void draw_event(struct walk *walk, int32_t row)
{
    const struct draw_words *words = &walk->words;
    const struct workflow_event *event = workflow_event(words->workflow, row);
    struct happening what = {.way = DRAW_EVENT,
                             .title = draw_title(words, event->name, event->title_zh, event->title_en),
                             .details = draw_by(words, event->by)};
    what.details = draw_with(walk, what.details, draw_labelled(walk, draw_say(words, "needs", "须填"), draw_fields(words, event->needs)));
    what.details = draw_with(walk, what.details, draw_labelled(walk, draw_say(words, "not by who", "回避"), draw_differing(words, event)));
    if (event->when != NONE)
        what.condition = draw_labelled(walk, draw_say(words, "if", "若"), draw_condition(words, event->when));
    if (event->within != NONE)
        what.details = draw_with(walk, what.details, draw_labelled(walk, draw_say(words, "within", "时限"), draw_duration(words, event->within)));
    if (event->most > 0)
        what.details = draw_with(walk, what.details, arena_print(words->arena, draw_say(words, "at most %d times", "至多 %d 次"), event->most));
    if (event->task != NONE) /* its line is that of the task */
        return;
    draw_outcome(walk, event->outcome, event->when, what);
}

static void draw_events(struct walk *walk, struct span events)
{
    for (int32_t i = 0; i < events.count; i++)
        draw_event(walk, events.first + i);
}

/* The titles of tasks are those of the events that settle them. */
static struct text task_title(const struct walk *walk, const struct workflow_stage *stage, int32_t row)
{
    const struct workflow *workflow = walk->words.workflow;
    for (int32_t i = 0; i < stage->events.count; i++) {
        const struct workflow_event *event = workflow_event(workflow, stage->events.first + i);
        if (event->task == row)
            return draw_title(&walk->words, event->name, event->title_zh, event->title_en);
    }
    return text_of(workflow_string(workflow, workflow_task(workflow, row)->name));
}

static struct text task_details(const struct walk *walk, const struct workflow_task *task)
{
    const struct draw_words *words = &walk->words;
    struct text details = draw_people(words, task->people), topics = {0};
    for (int32_t i = 0; i < task->topics.count; i++) {
        int32_t topic = workflow_topic_row(words->workflow, task->topics.first + i)->topic;
        topics = draw_list(words, topics, text_of(workflow_string(words->workflow, topic)));
    }
    details = draw_with(walk, details, draw_labelled(walk, draw_say(words, "program", "程序"), topics));
    if (task->within == NONE)
        return details;
    return draw_with(walk, details, draw_labelled(walk, draw_say(words, "within", "限期"), draw_limit(words, task->within)));
}

/* `of`: the task whose deadline it is; empty: that of the stage. */
static void draw_overdue(struct walk *walk, int32_t outcome, struct text of)
{
    const char *overdue = draw_say(&walk->words, "overdue", "逾期");
    struct text title = of.size ? draw_labelled(walk, overdue, of) : text_of(overdue);
    draw_outcome(walk, outcome, NONE, (struct happening){.way = DRAW_OVERDUE, .title = title});
}

static struct text tasks_done(const struct draw_words *words, const struct workflow_stage *stage)
{
    switch ((enum done_kind)stage->done) {
    case DONE_NONE: break;
    case DONE_ALL: return text_of(draw_say(words, "all tasks done", "任务全部完成"));
    case DONE_ANY: return text_of(draw_say(words, "one task done", "任一任务完成"));
    case DONE_SOME: return arena_print(words->arena, draw_say(words, "%d tasks done", "%d 项任务完成"), stage->done_some);
    }
    return (struct text){0};
}

/* The sign is that of the outcome that opens them; one that the fonts of an office have. */
static struct text children_ended(const struct draw_words *words, const struct workflow_stage *stage)
{
    if (stage->children.count == 0)
        return (struct text){0};
    const struct workflow_wait *wait = workflow_wait(words->workflow, stage->children.first);
    if (wait->wait == DONE_SOME)
        return arena_print(words->arena, draw_say(words, "▣ %d children ended", "▣ %d 个子案件办结"), wait->some);
    return text_of(wait->wait == DONE_ALL ? draw_say(words, "▣ all children ended", "▣ 子案件全部办结") : draw_say(words, "▣ one child ended", "▣ 任一子案件办结"));
}

static void draw_tasks(struct walk *walk, const struct workflow_stage *stage)
{
    const struct draw_words *words = &walk->words;
    if (stage->task != NONE) {
        struct text details = task_details(walk, workflow_task(words->workflow, stage->task));
        draw_row(walk, DRAW_WORK, draw_labelled(walk, draw_say(words, "task for", "任务"), details));
    }
    for (int32_t i = 0; i < stage->tasks.count; i++) {
        const struct workflow_task *task = workflow_task(words->workflow, stage->tasks.first + i);
        struct text title = task_title(walk, stage, stage->tasks.first + i);
        draw_row(walk, DRAW_WORK, draw_two(walk, draw_say(words, "☐ %.*s: %.*s", "☐ %.*s：%.*s"), title, task_details(walk, task)));
        if (task->overdue != NONE)
            draw_overdue(walk, task->overdue, title);
    }
    if (stage->then == NONE)
        return;
    struct text title = draw_with(walk, tasks_done(words, stage), children_ended(words, stage));
    if (stage->vote != NONE)
        title = draw_with(walk, title, text_of(draw_say(words, "☑ rated", "☑ 已评议")));
    if (workflow_is_period(stage))
        title = text_of(stage->publish != NONE ? draw_say(words, "its period is over", "公示期满") : draw_say(words, "the time is over", "期满"));
    draw_outcome(walk, stage->then, NONE, (struct happening){.way = DRAW_EVENT, .title = title});
}

static void draw_way(struct walk *walk, int32_t outcome, const char *title)
{
    if (outcome != NONE)
        draw_outcome(walk, outcome, NONE, (struct happening){.way = DRAW_EVENT, .title = text_of(title)});
}

/* Who decides, by which rule, and what follows; after a rating that is `then`. */
static void draw_vote(struct walk *walk, const struct workflow_vote *vote)
{
    const struct draw_words *words = &walk->words;
    bool rating = vote->raters.count > 0;
    draw_row(walk, DRAW_WORK, rating ? draw_labelled(walk, draw_say(words, "☑ rating by", "☑ 评议"), draw_raters(words, vote))
                                    : draw_labelled(walk, draw_say(words, "☑ vote of", "☑ 表决人"), draw_people(words, vote->roll)));
    draw_row(walk, DRAW_WORK, draw_vote_rules(words, vote));
    draw_row(walk, DRAW_WORK, draw_labelled(walk, draw_say(words, "quorum", "法定人数"), draw_vote_quorum(words, vote)));
    draw_row(walk, DRAW_PLAIN, draw_vote_manner(words, vote));
    draw_way(walk, rating ? NONE : vote->passed, draw_say(words, "☑ passed", "☑ 通过"));
    draw_way(walk, rating ? NONE : vote->failed, draw_say(words, "☒ failed", "☒ 未通过"));
    draw_way(walk, vote->no_quorum, rating ? draw_say(words, "too few raters", "评议人数不足") : draw_say(words, "no quorum", "未达到法定人数"));
}

/* The deadline, by how much it can be extended, and what follows. */
static void draw_deadline(struct walk *walk, const struct workflow_stage *stage)
{
    const struct draw_words *words = &walk->words;
    if (stage->within != NONE)
        draw_row(walk, DRAW_TIME, draw_labelled(walk, draw_say(words, "within", "限期"), draw_limit(words, stage->within)));
    if (stage->extend != NONE) {
        const struct workflow_extend *extend = workflow_extend(words->workflow, stage->extend);
        struct text add = draw_duration(words, extend->add);
        if (extend->up_to)
            add = draw_two(walk, draw_say(words, "up to %.*s%.*s", "至多%.*s%.*s"), add, TEXT(""));
        add = draw_with(walk, add, draw_by(words, extend->by));
        add = draw_with(walk, add, draw_labelled(walk, draw_say(words, "granted by", "批准"), draw_people(words, extend->asks)));
        draw_row(walk, DRAW_TIME, draw_labelled(walk, draw_say(words, "extension", "延期"), add));
    }
    if (stage->stop_clock != NONE)
        draw_row(walk, DRAW_TIME, draw_labelled(walk, draw_say(words, "clock stops for", "停止计时"), draw_stop(words, workflow_stop(words->workflow, stage->stop_clock))));
    if (stage->overdue != NONE)
        draw_overdue(walk, stage->overdue, (struct text){0});
}

/* Beyond the ends of the ladder. To stay there is what everybody expects. */
static void draw_beyond(struct walk *walk, int32_t outcome, const char *title)
{
    if (outcome == NONE)
        return;
    const struct workflow_outcome *beyond = workflow_outcome(walk->words.workflow, outcome);
    if (beyond->kind != OUTCOME_STAY || beyond->notices.count)
        draw_outcome(walk, outcome, NONE, (struct happening){.way = DRAW_EVENT, .title = text_of(title)});
}

static struct text at_words(const struct walk *walk, const struct workflow_stage *stage)
{
    const struct workflow *workflow = walk->words.workflow;
    switch (stage->at) {
    case AT_LEVEL: return draw_level(&walk->words, stage->at_level);
    case AT_UNIT_FIELD: {
        const struct workflow_field *field = workflow_field(workflow, stage->at_field);
        return draw_title(&walk->words, field->name, field->title_zh, field->title_en);
    }
    case AT_PREVIOUS: return text_of(draw_say(&walk->words, "the unit before", "前一单位"));
    default: return (struct text){0};
    }
}

/* ---- nodes ---- */

/* `kind_name`, with underlines for hyphens. */
static struct text id_of(const struct walk *walk, const char *kind, const char *name)
{
    char *id = arena_string(walk->words.arena, draw_two(walk, "%.*s_%.*s", text_of(kind), text_of(name)));
    for (char *at = id; *at; at++)
        if (*at == '-')
            *at = '_';
    return text_of(id);
}

static struct walk walk_at(const struct draw_words *words, struct drawing *drawing, int32_t node, int32_t stage)
{
    return (struct walk){.words = *words, .drawing = drawing, .node = node, .stage = stage};
}

static void begin_node(struct walk *walk, enum draw_kind kind, struct text id, struct text title)
{
    struct draw_node *node = &walk->drawing->nodes[walk->node];
    *node = (struct draw_node){.kind = kind, .id = id};
    draw_add(&walk->words, &node->lines, DRAW_TITLE, kind == DRAW_END ? EDGE_COLUMNS : NODE_COLUMNS, title);
}

static void draw_stage(const struct draw_words *words, struct drawing *drawing, int32_t row)
{
    const struct workflow_stage *stage = workflow_stage(words->workflow, row);
    struct walk walk = walk_at(words, drawing, draw_stage_node(row), row);
    struct draw_node *node = &drawing->nodes[walk.node];
    begin_node(&walk, DRAW_STAGE, id_of(&walk, "stage", workflow_stage_name(words->workflow, row)),
               draw_title(words, stage->name, stage->title_zh, stage->title_en));
    node->step_count = stage->ladder.count;
    node->steps = ARENA_ARRAY(words->arena, struct text, (size_t)stage->ladder.count);
    for (int32_t i = 0; i < stage->ladder.count; i++)
        node->steps[i] = draw_level(words, workflow_ref(words->workflow, stage->ladder.first + i));
    draw_row(&walk, DRAW_PLAIN, draw_labelled(&walk, draw_say(words, "at", "所在"), at_words(&walk, stage)));
    draw_tasks(&walk, stage);
    node->ballot = stage->vote != NONE;
    node->publishes = stage->publish != NONE;
    draw_row(&walk, DRAW_WORK, draw_published(&walk, stage->publish));
    if (stage->vote != NONE)
        draw_vote(&walk, workflow_vote(words->workflow, stage->vote));
    draw_deadline(&walk, stage);
    draw_events(&walk, stage->events);
    draw_beyond(&walk, stage->top, draw_say(words, "beyond the last level", "最高层级之上"));
    draw_beyond(&walk, stage->bottom, draw_say(words, "below the first level", "最低层级之下"));
}

static void draw_start(const struct draw_words *words, struct drawing *drawing, const struct workflow_head *head)
{
    struct walk walk = walk_at(words, drawing, 0, NONE);
    struct text levels = {0};
    begin_node(&walk, DRAW_START, TEXT("start"), text_of(draw_say(words, "A case is opened", "立案")));
    if (head->opens_by != NONE)
        draw_row(&walk, DRAW_PLAIN, draw_by(words, head->opens_by));
    if (workflow_recurs(words->workflow))
        draw_row(&walk, DRAW_PLAIN, draw_recurs(words, workflow_recurs(words->workflow)));
    for (int32_t i = 0; i < head->opens_at.count; i++)
        levels = draw_list(words, levels, draw_level(words, workflow_ref(words->workflow, head->opens_at.first + i)));
    draw_row(&walk, DRAW_PLAIN, draw_labelled(&walk, draw_say(words, "at", "层级"), levels));
    if (workflow_quota(words->workflow))
        draw_row(&walk, DRAW_PLAIN, draw_quota(words, workflow_quota(words->workflow)));
    if (head->limit != NONE)
        draw_row(&walk, DRAW_TIME, draw_labelled(&walk, draw_say(words, "the whole within", "总时限"), draw_limit(words, head->limit)));
    draw_outcome(&walk, head->start, NONE, (struct happening){.way = DRAW_EVENT});
}

static void draw_reopen(struct walk *walk, const struct workflow_reopen *reopen)
{
    const struct draw_words *words = &walk->words;
    begin_node(walk, DRAW_ANYWHERE, TEXT("ended"), text_of(draw_say(words, "After any end", "办结之后")));
    struct happening what = {.way = DRAW_EVENT, .title = text_of(draw_say(words, "opened again", "重新办理")), .details = draw_by(words, reopen->by)};
    if (reopen->within != NONE)
        what.details = draw_with(walk, what.details, draw_labelled(walk, draw_say(words, "within", "时限"), draw_duration(words, reopen->within)));
    draw_outcome(walk, reopen->outcome, NONE, what);
}

static void draw_ends(const struct draw_words *words, struct drawing *drawing)
{
    for (int32_t row = 0; row < workflow_count(words->workflow, WORKFLOW_ENDS); row++) {
        const struct workflow_end *end = workflow_end(words->workflow, row);
        struct walk walk = walk_at(words, drawing, draw_end_node(words->workflow, row), NONE);
        begin_node(&walk, DRAW_END, id_of(&walk, "end", workflow_end_name(words->workflow, row)),
                   draw_title(words, end->name, end->title_zh, end->title_en));
    }
    if (workflow_head(words->workflow)->reopen != NONE) {
        struct walk walk = walk_at(words, drawing, draw_ended_node(words->workflow), NONE);
        draw_reopen(&walk, workflow_reopen(words->workflow, workflow_head(words->workflow)->reopen));
    }
}

struct drawing draw_workflow(struct arena *arena, const struct workflow *workflow, const struct directory *directory, enum draw_language language)
{
    struct draw_words words = {.arena = arena, .workflow = workflow, .directory = directory, .language = language};
    const struct workflow_head *head = workflow_head(workflow);
    struct drawing drawing = {.arena = arena};
    struct draw_lines title = {0};
    draw_add(&words, &title, DRAW_TITLE, INT32_MAX, draw_title(&words, head->name, head->title_zh, head->title_en));
    drawing.title = title.first ? title.first->text : (struct text){0};
    drawing.node_count = draw_ended_node(workflow) + 1;
    drawing.nodes = ARENA_ARRAY(arena, struct draw_node, (size_t)drawing.node_count);
    draw_start(&words, &drawing, head);
    for (int32_t row = 0; row < workflow_count(workflow, WORKFLOW_STAGES); row++)
        draw_stage(&words, &drawing, row);
    struct walk walk = walk_at(&words, &drawing, draw_anywhere_node(workflow), NONE);
    if (head->anywhere.count || head->overdue != NONE)
        begin_node(&walk, DRAW_ANYWHERE, TEXT("anywhere"), text_of(draw_say(&words, "At any stage", "任何阶段")));
    draw_events(&walk, head->anywhere);
    if (head->overdue != NONE) /* at the limit of the whole case */
        draw_overdue(&walk, head->overdue, text_of(draw_say(&words, "the whole", "总时限")));
    draw_ends(&words, &drawing);
    return drawing;
}
