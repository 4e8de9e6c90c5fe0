/* workflow_flow: the ways through a workflow: every stage is reached and left, an end can be reached from each, deadlines can be beaten,
 * votes and publications close, and ladders are climbed within their ends. What the conditions of a choose say is not looked at: every way counts as possible. */
#include "engine/workflow_reader.h"

/* ---- walking over outcomes ---- */

enum met_by { MET_BY_EVENT, MET_BY_ANYWHERE, MET_BY_OVERDUE, MET_BY_LIMIT, MET_BY_THEN, MET_BY_TASK, MET_BY_TOP, MET_BY_BOTTOM, MET_BY_VOTE };
typedef void visit(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t outcome, void *context);

/* The outcome itself, or those of a choose one by one. */
static void outcomes_within(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t outcome, visit *seen, void *context)
{
    if (outcome == NONE)
        return;
    struct span branches = ROW_OF(reader, OUTCOMES, outcome, outcome)->branches;
    if (ROW_OF(reader, OUTCOMES, outcome, outcome)->kind != OUTCOME_CHOOSE)
        seen(reader, stage, by, outcome, context);
    for (int32_t i = 0; i < branches.count; i++)
        outcomes_within(reader, stage, by, ROW_OF(reader, BRANCHES, branch, branches.first + i)->outcome, seen, context);
}

static void outcomes_of_events(struct workflow_reader *reader, int32_t stage, enum met_by by, visit *seen, void *context)
{
    struct span own = ROW_OF(reader, STAGES, stage, stage)->events;
    struct span events = by == MET_BY_EVENT ? own : reader->anywhere;
    for (int32_t row = events.first; row < events.first + events.count; row++) {
        struct text name = text_of(row_name(reader, WORKFLOW_EVENTS, row));
        if (by == MET_BY_EVENT || name_find_in(reader, WORKFLOW_EVENTS, own, name) == NONE)
            outcomes_within(reader, stage, by, ROW_OF(reader, EVENTS, event, row)->outcome, seen, context);
    }
}

/* Everything that a case can meet in a stage: its events, those of anywhere that it does not have itself, overdue, that of the whole
 * case, then, of its tasks, top and bottom. */
static void outcomes_of_stage(struct workflow_reader *reader, int32_t row, visit *seen, void *context)
{
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    outcomes_of_events(reader, row, MET_BY_EVENT, seen, context);
    outcomes_of_events(reader, row, MET_BY_ANYWHERE, seen, context);
    outcomes_within(reader, row, MET_BY_OVERDUE, stage->overdue, seen, context);
    outcomes_within(reader, row, MET_BY_LIMIT, reader->overdue, seen, context);
    outcomes_within(reader, row, MET_BY_THEN, stage->then, seen, context);
    for (int32_t task = stage->tasks.first; task < stage->tasks.first + stage->tasks.count; task++)
        outcomes_within(reader, row, MET_BY_TASK, ROW_OF(reader, TASKS, task, task)->overdue, seen, context);
    const struct workflow_vote *vote = stage->vote == NONE ? NULL : ROW_OF(reader, VOTES, vote, stage->vote);
    outcomes_within(reader, row, MET_BY_VOTE, vote ? vote->passed : NONE, seen, context);
    outcomes_within(reader, row, MET_BY_VOTE, vote ? vote->failed : NONE, seen, context);
    outcomes_within(reader, row, MET_BY_VOTE, vote ? vote->no_quorum : NONE, seen, context);
    outcomes_within(reader, row, MET_BY_TOP, stage->top, seen, context);
    outcomes_within(reader, row, MET_BY_BOTTOM, stage->bottom, seen, context);
}

/* ---- reached ---- */

struct frontier {
    int32_t stages[WORKFLOW_STAGES_MOST];
    int32_t count;
};

static void reach(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t outcome, void *context)
{
    struct frontier *frontier = context;
    int32_t target = ROW_OF(reader, OUTCOMES, outcome, outcome)->stage;
    (void)stage;
    (void)by;
    if (target == NONE || row_marked(reader, WORKFLOW_STAGES, target, MARK_REACHED))
        return;
    row_mark(reader, WORKFLOW_STAGES, target, MARK_REACHED);
    frontier->stages[frontier->count++] = target;
}

static void check_reached(struct workflow_reader *reader, int32_t start)
{
    struct frontier frontier = {.count = 0};
    outcomes_within(reader, NONE, MET_BY_EVENT, start, reach, &frontier);
    outcomes_within(reader, NONE, MET_BY_EVENT, reader->reopen, reach, &frontier);
    for (int32_t i = 0; i < frontier.count; i++)
        outcomes_of_stage(reader, frontier.stages[i], reach, &frontier);
    bool doubtful = reader->doubtful[WORKFLOW_STAGES] || frontier.count == 0;
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES) && !doubtful; row++)
        if (!row_marked(reader, WORKFLOW_STAGES, row, MARK_REACHED))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_STAGES, row),
                             "no way leads into the stage \"%s\". Let some outcome lead there (go: %s), or leave it out.",
                             row_name(reader, WORKFLOW_STAGES, row), row_name(reader, WORKFLOW_STAGES, row));
}

/* ---- left ---- */

/* Which outcomes lead out of a stage. */
struct exits {
    bool by_event, by_anywhere, by_overdue, by_other;
};

static void leave(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    struct exits *exits = context;
    const struct workflow_outcome *outcome = ROW_OF(reader, OUTCOMES, outcome, row);
    bool leads_out = outcome->kind == OUTCOME_END || (outcome->stage != NONE && outcome->stage != stage);
    bool by_overdue = by == MET_BY_OVERDUE || by == MET_BY_LIMIT || by == MET_BY_TASK;
    if (!leads_out)
        return;
    exits->by_event = exits->by_event || by == MET_BY_EVENT || by == MET_BY_VOTE;
    exits->by_anywhere = exits->by_anywhere || by == MET_BY_ANYWHERE;
    exits->by_overdue = exits->by_overdue || by_overdue;
    exits->by_other = exits->by_other || by == MET_BY_THEN || by == MET_BY_TOP || by == MET_BY_BOTTOM;
}

/* A stage with an event whose outcome could not be read may be left by it. */
static bool events_whole(const struct workflow_reader *reader, struct span events)
{
    for (int32_t row = events.first; row < events.first + events.count; row++)
        if (ROW_OF(reader, EVENTS, event, row)->outcome == NONE)
            return false;
    return true;
}

/* Children that are fewer, or that end otherwise, would never be enough. */
static bool may_wait_for_ever(const struct workflow_reader *reader, const struct workflow_stage *stage)
{
    const struct workflow_wait *wait = stage->children.count ? ROW_OF(reader, WAITS, wait, stage->children.first) : NULL;
    return wait && (wait->wait != DONE_ALL || wait->ends.count > 0);
}

static void check_left(struct workflow_reader *reader, int32_t row)
{
    struct exits exits = {.by_event = false};
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    const struct node *node = row_node(reader, WORKFLOW_STAGES, row);
    outcomes_of_stage(reader, row, leave, &exits);
    if (!events_whole(reader, stage->events) || !events_whole(reader, reader->anywhere) || reader->doubtful[WORKFLOW_STAGES] ||
        reader->doubtful[WORKFLOW_ENDS])
        return;
    if (!exits.by_event && !exits.by_anywhere && !exits.by_overdue && !exits.by_other)
        problems_add_key(reader->problems, node, "no way leads out of the stage \"%s\": a case that comes here stays for ever. Add an event "
                                                 "that leads to another stage or to an end.", row_name(reader, WORKFLOW_STAGES, row));
    else if (exits.by_overdue && !exits.by_event && !exits.by_anywhere && !exits.by_other)
        problems_add_key(reader->problems, node, "nothing that anyone can do leads out of the stage \"%s\" before its deadline, so nobody could "
                                                 "keep it. Add an event.", row_name(reader, WORKFLOW_STAGES, row));
    else if (may_wait_for_ever(reader, stage) && !exits.by_event && !exits.by_anywhere && !exits.by_overdue)
        problems_add_key(reader->problems, node_get(node, "children"),
                         "nothing but its children leads out of the stage \"%s\": when they end otherwise, the case stays for ever. Add an event or a deadline "
                         "that leads out.", row_name(reader, WORKFLOW_STAGES, row));
    else if (!exits.by_event && !exits.by_overdue && !exits.by_other)
        problems_warn(reader->problems, node, "only events of \"anywhere\" lead out of the stage \"%s\".",
                      row_name(reader, WORKFLOW_STAGES, row));
}

/* Such a deadline is met by nobody who needs it: the whole case is over its limit first. */
void check_within_limit(struct workflow_reader *reader, int32_t limit)
{
    int64_t longest = limit_longest(reader, limit);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES) && longest >= 0; row++) {
        int32_t within = ROW_OF(reader, STAGES, stage, row)->within;
        if (within != NONE && limit_shortest(reader, within) > longest)
            problems_warn(reader->problems, node_get(row_node(reader, WORKFLOW_STAGES, row), "within"),
                          "this deadline is longer than the limit of the whole case, which comes first.");
    }
}

/* ---- votes and publications close ---- */

/* Some value, or level, for which a limit gives no time. */
static bool has_no_limit_sometimes(const struct workflow_reader *reader, int32_t row)
{
    const struct workflow_limit *limit = ROW_OF(reader, LIMITS, limit, row);
    struct span looked = limit->lookup == NONE ? (struct span){0, 0} : ROW_OF(reader, LOOKUPS, lookup, limit->lookup)->rows;
    bool none = false;
    for (int32_t i = 0; i < limit->rows.count; i++)
        none = none || ROW_OF(reader, LIMIT_ROWS, limit_row, limit->rows.first + i)->duration == NONE;
    for (int32_t i = 0; i < looked.count; i++)
        none = none || ROW_OF(reader, LOOKUP_ROWS, lookup_row, looked.first + i)->duration == NONE;
    return none;
}

/* When it has closed nothing is waited for any more, and nobody would be late. */
static void refuse_stay(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    const char *what = context;
    if ((by == MET_BY_VOTE || by == MET_BY_THEN) && ROW_OF(reader, OUTCOMES, outcome, row)->kind == OUTCOME_STAY)
        problems_add(reader->problems, row_node(reader, WORKFLOW_OUTCOMES, row),
                     "%s of \"%s\" is over then: the case would stand there, and nothing would ever be due. Let it go on (go, climb) or end.", what,
                     row_name(reader, WORKFLOW_STAGES, stage));
}

static void check_closes(struct workflow_reader *reader, int32_t row)
{
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    bool rates = stage->vote != NONE && ROW_OF(reader, VOTES, vote, stage->vote)->raters.count > 0;
    char what[] = "the publication", vote[] = "the vote", rating[] = "the rating";
    char *name = stage->vote == NONE ? what : rates ? rating : vote;
    if ((stage->vote == NONE && stage->publish == NONE) || reader->problems->errors) /* what is unclear has been said */
        return;
    if (stage->within != NONE && has_no_limit_sometimes(reader, stage->within))
        problems_add(reader->problems, node_get(row_node(reader, WORKFLOW_STAGES, row), "within"),
                     "%s of \"%s\" would never close where there is no limit (none). Give each a duration.", name, row_name(reader, WORKFLOW_STAGES, row));
    outcomes_of_stage(reader, row, refuse_stay, name);
}

/* ---- ended ---- */

static void lead_to_end(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    const struct workflow_outcome *outcome = ROW_OF(reader, OUTCOMES, outcome, row);
    (void)by;
    if (row_marked(reader, WORKFLOW_STAGES, stage, MARK_ENDS))
        return;
    if (outcome->kind == OUTCOME_END || (outcome->stage != NONE && row_marked(reader, WORKFLOW_STAGES, outcome->stage, MARK_ENDS))) {
        row_mark(reader, WORKFLOW_STAGES, stage, MARK_ENDS);
        *(bool *)context = true;
    }
}

static void check_ended(struct workflow_reader *reader)
{
    bool more = true;
    if (reader->problems->errors) /* where something is unclear, or a stage is never left, that has been said and is reason enough */
        return;
    while (more) {
        more = false;
        for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++)
            outcomes_of_stage(reader, row, lead_to_end, &more);
    }
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++)
        if (!row_marked(reader, WORKFLOW_STAGES, row, MARK_ENDS))
            problems_add_key(reader->problems, row_node(reader, WORKFLOW_STAGES, row),
                             "no way leads from the stage \"%s\" to an end: a case that comes here could never be over.",
                             row_name(reader, WORKFLOW_STAGES, row));
}

/* ---- levels and ladders ---- */

/* Problems of an outcome, once, also when it stands in `anywhere` and is looked at for every stage. */
static bool first_report(struct workflow_reader *reader, int32_t outcome)
{
    bool first = !row_marked(reader, WORKFLOW_OUTCOMES, outcome, MARK_REPORTED);
    row_mark(reader, WORKFLOW_OUTCOMES, outcome, MARK_REPORTED);
    return first;
}

#define REPORT(reader, outcome, ...)                                                                                   \
    do {                                                                                                               \
        if (first_report((reader), (outcome)))                                                                         \
            problems_add((reader)->problems, row_node((reader), WORKFLOW_OUTCOMES, (outcome)), __VA_ARGS__);           \
    } while (0)

static struct span ladder_of(const struct workflow_reader *reader, int32_t stage)
{
    return stage == NONE ? (struct span){0, 0} : ROW_OF(reader, STAGES, stage, stage)->ladder;
}

static const char *ladder_listed(const struct workflow_reader *reader, struct span ladder)
{
    const char *list = "";
    for (int32_t i = 0; i < ladder.count; i++)
        list = arena_print(reader->arena, "%s%s%s", list, i ? ", " : "", row_name(reader, WORKFLOW_LEVELS, ref_at(reader, ladder.first + i))).data;
    return list;
}

/* The first level of refs [from, to) of a ladder that another ladder lacks, or NONE. */
static int32_t level_lacking(const struct workflow_reader *reader, struct span ladder, int32_t from, int32_t to, struct span other)
{
    for (int32_t i = from; i < to; i++)
        if (!refs_include(reader, other, ref_at(reader, ladder.first + i)))
            return ref_at(reader, ladder.first + i);
    return NONE;
}

/* The level of the stage that is left must be known, and in the ladder of the one that is entered. */
static void check_keep(struct workflow_reader *reader, int32_t stage, int32_t row, struct span ladder, const char *target)
{
    if (stage == NONE) {
        REPORT(reader, row, "a case that is opened has no level yet to keep. Name one (%s), or leave \"level\" out for the lowest.",
               ladder_listed(reader, ladder));
        return;
    }
    const struct workflow_stage *source = ROW_OF(reader, STAGES, stage, stage);
    int32_t lacking = level_lacking(reader, source->ladder, 0, source->ladder.count, ladder);
    if (source->at == AT_LEVEL && source->at_level != NONE && !refs_include(reader, ladder, source->at_level))
        lacking = source->at_level;
    if (source->ladder.count == 0 && source->at != AT_LEVEL)
        REPORT(reader, row, "\"level: keep\" cannot be: \"%s\" has no ladder, and its level is not certain. Name a level (%s), or leave \"level\" "
                            "out for the lowest.", row_name(reader, WORKFLOW_STAGES, stage), ladder_listed(reader, ladder));
    else if (lacking != NONE)
        REPORT(reader, row, "\"level: keep\" cannot be: the case may come from the level \"%s\" of \"%s\", which the ladder of \"%s\" lacks.",
               row_name(reader, WORKFLOW_LEVELS, lacking), row_name(reader, WORKFLOW_STAGES, stage), target);
}

static void check_go(struct workflow_reader *reader, int32_t stage, int32_t row)
{
    const struct workflow_outcome *outcome = ROW_OF(reader, OUTCOMES, outcome, row);
    if (outcome->stage == NONE)
        return;
    struct span ladder = ladder_of(reader, outcome->stage);
    const char *target = row_name(reader, WORKFLOW_STAGES, outcome->stage);
    if (ladder.count == 0 && outcome->go_level != GO_LEVEL_NONE)
        REPORT(reader, row, "the stage \"%s\" has no ladder, so \"level\" means nothing here. Leave it out.", target);
    else if (ladder.count > 0 && ladder_of(reader, stage).count > 0 && outcome->go_level == GO_LEVEL_NONE)
        REPORT(reader, row, "the case comes from a ladder (\"%s\") to a ladder (\"%s\"): say at which level it goes on (level: keep, or one of %s).",
               row_name(reader, WORKFLOW_STAGES, stage), target, ladder_listed(reader, ladder));
    else if (outcome->go_level == GO_LEVEL_NAMED && outcome->level != NONE && !refs_include(reader, ladder, outcome->level))
        REPORT(reader, row, "the level \"%s\" is not in the ladder of \"%s\".%s Levels: %s.", row_name(reader, WORKFLOW_LEVELS, outcome->level),
               target, level_hint(reader, outcome->stage, outcome->level), ladder_listed(reader, ladder));
    else if (outcome->go_level == GO_LEVEL_KEEP)
        check_keep(reader, stage, row, ladder, target);
}

/* Levels without a unit are skipped, and a case may begin anywhere: so every climb may go beyond the ends of the ladder. */
static void check_climb(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row)
{
    const struct workflow_outcome *outcome = ROW_OF(reader, OUTCOMES, outcome, row);
    struct span ladder = ladder_of(reader, stage);
    bool up = outcome->direction == CLIMB_UP;
    const char *name = row_name(reader, WORKFLOW_STAGES, stage), *word = up ? "top" : "bottom";
    const struct workflow_stage *source = ROW_OF(reader, STAGES, stage, stage);
    if (by == MET_BY_TOP || by == MET_BY_BOTTOM) {
        REPORT(reader, row, "there is nowhere to climb from the %s of a ladder. Allowed is go, end, stay or choose.", by == MET_BY_TOP ? "top" : "bottom");
        return;
    }
    if (ladder.count == 0) {
        REPORT(reader, row, "the stage \"%s\" has no ladder to climb. Give it one (ladder: [...]), or name a stage (go: ...).", name);
        return;
    }
    if ((up ? source->top : source->bottom) == NONE && !node_get(row_node(reader, WORKFLOW_STAGES, stage), word))
        REPORT(reader, row, "the stage \"%s\" needs \"%s\": what happens when the case is at the %s level already.", name, word, up ? "last" : "first");
    if (outcome->stage == NONE)
        return;
    struct span target = ladder_of(reader, outcome->stage);
    int32_t lacking = level_lacking(reader, ladder, up ? 1 : 0, up ? ladder.count : ladder.count - 1, target);
    if (lacking != NONE)
        REPORT(reader, row, "the case may climb to the level \"%s\", which the ladder of \"%s\" lacks.", row_name(reader, WORKFLOW_LEVELS, lacking),
               row_name(reader, WORKFLOW_STAGES, outcome->stage));
}

static void check_place(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    bool *climbs = context;
    const struct workflow_outcome *outcome = ROW_OF(reader, OUTCOMES, outcome, row);
    if (outcome->kind == OUTCOME_GO)
        check_go(reader, stage, row);
    if (outcome->kind == OUTCOME_CLIMB) {
        climbs[outcome->direction] = true;
        check_climb(reader, stage, by, row);
    }
}

static void check_ends_of_ladder(struct workflow_reader *reader, int32_t stage, const char *word, const char *direction, bool climbs)
{
    const struct node *given = node_get(row_node(reader, WORKFLOW_STAGES, stage), word);
    if (given && !climbs && events_whole(reader, ROW_OF(reader, STAGES, stage, stage)->events))
        problems_add_key(reader->problems, given, "\"%s\" is never used: nothing climbs %s in this stage.", word, direction);
}

static void check_start(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    (void)by;
    (void)context;
    if (ROW_OF(reader, OUTCOMES, outcome, row)->kind == OUTCOME_GO)
        check_go(reader, stage, row);
    else
        REPORT(reader, row, "a case starts in a stage. Allowed is {go: STAGE}, or a choose of these.");
}

static void check_reopened(struct workflow_reader *reader, int32_t stage, enum met_by by, int32_t row, void *context)
{
    (void)by;
    (void)context;
    if (ROW_OF(reader, OUTCOMES, outcome, row)->kind == OUTCOME_GO)
        check_go(reader, stage, row);
    else
        REPORT(reader, row, "a case that is opened again goes on in a stage. Allowed is {go: STAGE}, or a choose of these.");
}

/* Two ladders that go through the same two levels go through them in the same order. */
static void check_ladder_order(struct workflow_reader *reader, int32_t one, int32_t other)
{
    struct span a = ladder_of(reader, one), b = ladder_of(reader, other);
    int32_t last = -1;
    for (int32_t i = 0; i < a.count; i++)
        for (int32_t j = 0; j < b.count; j++) {
            if (ref_at(reader, a.first + i) != ref_at(reader, b.first + j))
                continue;
            if (j < last) {
                problems_add(reader->problems, node_get(row_node(reader, WORKFLOW_STAGES, other), "ladder"),
                             "this ladder goes through its levels in another order than that of \"%s\" (%s). The lowest comes first.",
                             row_name(reader, WORKFLOW_STAGES, one), ladder_listed(reader, a));
                return;
            }
            last = j;
        }
}

static void check_ladders(struct workflow_reader *reader, int32_t start)
{
    int32_t first = NONE;
    outcomes_within(reader, NONE, MET_BY_EVENT, start, check_start, NULL);
    outcomes_within(reader, NONE, MET_BY_EVENT, reader->reopen, check_reopened, NULL);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++) {
        bool climbs[2] = {false, false};
        outcomes_of_stage(reader, row, check_place, climbs);
        check_ends_of_ladder(reader, row, "top", "up", climbs[CLIMB_UP]);
        check_ends_of_ladder(reader, row, "bottom", "down", climbs[CLIMB_DOWN]);
        if (ladder_of(reader, row).count == 0)
            continue;
        if (first != NONE)
            check_ladder_order(reader, first, row);
        first = first == NONE ? row : first;
    }
}

void check_flow(struct workflow_reader *reader, int32_t start)
{
    check_reached(reader, start);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++)
        if (row_marked(reader, WORKFLOW_STAGES, row, MARK_REACHED))
            check_left(reader, row);
    check_ladders(reader, start);
    check_ended(reader);
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++)
        check_closes(reader, row);
}
