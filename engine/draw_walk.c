/* draw_walk: outcomes become edges between nodes, and what leads nowhere a line of its node. See draw_walk.h. */
#include "engine/draw_walk.h"

/* ---- nodes by what they stand for: start, stages, anywhere, ends ---- */

int32_t draw_stage_node(int32_t stage)
{
    return 1 + stage;
}

int32_t draw_anywhere_node(const struct workflow *workflow)
{
    return 1 + workflow_count(workflow, WORKFLOW_STAGES);
}

int32_t draw_end_node(const struct workflow *workflow, int32_t end)
{
    return draw_anywhere_node(workflow) + 1 + end;
}

static const struct workflow_stage *stage_of(const struct walk *walk)
{
    return walk->stage == NONE ? NULL : workflow_stage(walk->words.workflow, walk->stage);
}

int32_t draw_ended_node(const struct workflow *workflow)
{
    return draw_end_node(workflow, workflow_count(workflow, WORKFLOW_ENDS));
}

/* ---- lines ---- */

struct text draw_two(const struct walk *walk, const char *format, struct text a, struct text b)
{
    return arena_print(walk->words.arena, format, (int)a.size, a.data, (int)b.size, b.data);
}

struct text draw_with(const struct walk *walk, struct text before, struct text detail)
{
    if (before.size == 0 || detail.size == 0)
        return before.size ? before : detail;
    return draw_two(walk, draw_say(&walk->words, "%.*s; %.*s", "%.*s；%.*s"), before, detail);
}

struct text draw_labelled(const struct walk *walk, const char *label, struct text text)
{
    return text.size ? draw_two(walk, draw_say(&walk->words, "%.*s: %.*s", "%.*s：%.*s"), text_of(label), text) : text;
}

void draw_row(struct walk *walk, enum draw_tone tone, struct text text)
{
    draw_add(&walk->words, &walk->drawing->nodes[walk->node].lines, tone, NODE_COLUMNS, text);
}

/* What leads nowhere: a line of the node. */
static void add_inner(struct walk *walk, const struct happening *what, const char *mark)
{
    struct text said = draw_two(walk, "%.*s %.*s", text_of(mark), what->title), details = draw_with(walk, what->details, what->condition);
    if (details.size)
        said = draw_two(walk, draw_say(&walk->words, "%.*s: %.*s", "%.*s：%.*s"), said, details);
    draw_row(walk, what->way == DRAW_OVERDUE ? DRAW_TIME : DRAW_PLAIN, said);
}

/* ---- edges ---- */

static struct draw_edge *edge_between(struct walk *walk, int32_t to, enum draw_way way)
{
    struct drawing *drawing = walk->drawing;
    for (struct draw_edge *edge = drawing->edges; edge; edge = edge->next)
        if (edge->from == walk->node && edge->to == to && edge->way == way)
            return edge;
    struct draw_edge *edge = ARENA_NEW(walk->words.arena, struct draw_edge);
    *edge = (struct draw_edge){.from = walk->node, .to = to, .way = way};
    if (drawing->last_edge)
        drawing->last_edge->next = edge;
    else
        drawing->edges = edge;
    drawing->last_edge = edge;
    return edge;
}

static void add_edge(struct walk *walk, int32_t to, const struct happening *what, const char *mark, struct text where)
{
    struct draw_edge *edge = edge_between(walk, to, what->way);
    struct text title = *mark ? draw_two(walk, "%.*s %.*s", text_of(mark), what->title) : what->title;
    draw_add(&walk->words, &edge->lines, DRAW_TITLE, EDGE_COLUMNS, title);
    draw_add(&walk->words, &edge->lines, DRAW_PLAIN, EDGE_COLUMNS, what->details);
    draw_add(&walk->words, &edge->lines, DRAW_PLAIN, EDGE_COLUMNS, what->condition);
    draw_add(&walk->words, &edge->lines, DRAW_PLAIN, EDGE_COLUMNS, where);
}

/* ---- outcomes ---- */

/* To which level, where that is a question. */
static struct text go_where(const struct walk *walk, const struct workflow_outcome *outcome)
{
    if (outcome->go_level == GO_LEVEL_KEEP)
        return text_of(draw_say(&walk->words, "→ at the same level", "→ 同一层级"));
    if (outcome->go_level == GO_LEVEL_NAMED)
        return draw_two(walk, draw_say(&walk->words, "→ at %.*s%.*s", "→ 层级 %.*s%.*s"),
                         draw_level(&walk->words, outcome->level), TEXT(""));
    return (struct text){0};
}

static void draw_go(struct walk *walk, const struct workflow_outcome *outcome, struct happening what)
{
    struct text where = go_where(walk, outcome);
    if (outcome->stage != walk->stage) {
        add_edge(walk, draw_stage_node(outcome->stage), &what, "", where);
        return;
    }
    what.details = draw_with(walk, what.details, text_of(draw_say(&walk->words, "the stage begins anew", "本阶段重新开始")));
    what.details = draw_with(walk, what.details, where);
    add_inner(walk, &what, "↻");
}

/* False when the condition says that it never holds at the level. */
static bool possible_at(const struct workflow *workflow, int32_t row, int32_t level)
{
    if (row == NONE)
        return true;
    const struct workflow_condition *condition = workflow_condition(workflow, row);
    bool found = condition->kind != CONDITION_LEVEL;
    if (condition->kind != CONDITION_LEVEL && condition->kind != CONDITION_ALL)
        return true;
    for (int32_t i = 0; i < condition->parts.count; i++) {
        int32_t part = workflow_ref(workflow, condition->parts.first + i);
        if (condition->kind == CONDITION_LEVEL)
            found |= part == level;
        else
            found &= possible_at(workflow, part, level);
    }
    return found;
}

static void add_climb(struct walk *walk, int32_t from, int32_t to, const struct happening *what)
{
    struct draw_node *node = &walk->drawing->nodes[walk->node];
    struct draw_climb *climb = ARENA_NEW(walk->words.arena, struct draw_climb);
    *climb = (struct draw_climb){.from = from, .to = to, .way = what->way, .title = what->title};
    if (node->last_climb)
        node->last_climb->next = climb;
    else
        node->climbs = climb;
    node->last_climb = climb;
}

static void draw_climb(struct walk *walk, const struct workflow_outcome *outcome, int32_t when, const struct happening *what)
{
    const struct workflow *workflow = walk->words.workflow;
    const struct workflow_stage *stage = stage_of(walk);
    bool up = outcome->direction == CLIMB_UP;
    const char *mark = up ? "↑" : "↓";
    if (outcome->stage != NONE && outcome->stage != walk->stage) {
        const char *where = up ? draw_say(&walk->words, "→ at the next level up", "→ 上一层级")
                               : draw_say(&walk->words, "→ at the next level down", "→ 下一层级");
        add_edge(walk, draw_stage_node(outcome->stage), what, mark, text_of(where));
        return;
    }
    add_inner(walk, what, mark);
    if (!stage) /* an event of `anywhere`: the stage is whichever it is in */
        return;
    for (int32_t step = up ? 0 : 1; step < stage->ladder.count - (up ? 1 : 0); step++)
        if (possible_at(workflow, when, workflow_ref(workflow, stage->ladder.first + step)))
            add_climb(walk, step, up ? step + 1 : step - 1, what);
}

static struct text notices_of(const struct walk *walk, const struct workflow_outcome *outcome)
{
    struct text all = {0};
    for (int32_t i = 0; i < outcome->notices.count; i++) {
        const struct workflow_notice *notice = workflow_notice(walk->words.workflow, outcome->notices.first + i);
        struct text who = notice->worker != NONE ? text_of(workflow_string(walk->words.workflow, notice->worker))
                                                 : draw_people(&walk->words, notice->who);
        all = draw_list(&walk->words, all, who);
    }
    return draw_labelled(walk, draw_say(&walk->words, "tells", "告知"), all);
}

/* "opens resolution, survey" */
static struct text opens_of(const struct walk *walk, struct span opens)
{
    struct text all = {0};
    for (int32_t i = 0; i < opens.count; i++)
        all = draw_list(&walk->words, all, text_of(workflow_string(walk->words.workflow, workflow_open(walk->words.workflow, opens.first + i)->workflow)));
    return draw_labelled(walk, draw_say(&walk->words, "▣ opens", "▣ 立子案件"), all);
}

static void draw_choose(struct walk *walk, const struct workflow_outcome *outcome, struct happening what)
{
    struct text before = what.condition;
    for (int32_t i = 0; i < outcome->branches.count; i++) {
        const struct workflow_branch *branch = workflow_branch(walk->words.workflow, outcome->branches.first + i);
        struct text condition = branch->condition != NONE
                                    ? draw_labelled(walk, draw_say(&walk->words, "if", "若"), draw_condition(&walk->words, branch->condition))
                                    : text_of(draw_say(&walk->words, "otherwise", "否则"));
        what.condition = draw_with(walk, before, condition);
        draw_outcome(walk, branch->outcome, branch->condition, what);
    }
}

struct text draw_published(const struct walk *walk, int32_t row)
{
    if (row == NONE)
        return (struct text){0};
    const struct workflow_publication *publication = workflow_publication(walk->words.workflow, row);
    struct text fields = draw_fields(&walk->words, publication->fields);
    if (publication->lasting != NONE)
        fields = draw_with(walk, fields, draw_duration(&walk->words, publication->lasting));
    return draw_labelled(walk, draw_say(&walk->words, "publishes", "公示"), fields);
}

void draw_outcome(struct walk *walk, int32_t row, int32_t when, struct happening what)
{
    const struct workflow_outcome *outcome = workflow_outcome(walk->words.workflow, row);
    struct text told = notices_of(walk, outcome);
    what.details = draw_with(walk, what.details, draw_published(walk, outcome->publish));
    what.details = draw_with(walk, what.details, opens_of(walk, outcome->opens));
    switch (outcome->kind) {
    case OUTCOME_GO: draw_go(walk, outcome, what); break;
    case OUTCOME_CLIMB: draw_climb(walk, outcome, when, &what); break;
    case OUTCOME_END: add_edge(walk, draw_end_node(walk->words.workflow, outcome->end), &what, "", (struct text){0}); break;
    case OUTCOME_CHOOSE: draw_choose(walk, outcome, what); break;
    default: /* it stays: a deadline's says what then happens, an event's whom it tells */
        what.details = draw_with(walk, what.details, told);
        if (what.way == DRAW_OVERDUE && told.size == 0)
            what.details = draw_with(walk, what.details, text_of(draw_say(&walk->words, "stays", "留在原处")));
        add_inner(walk, &what, "•");
    }
}
