/* workflow_dates: a vote or a publication whose deadline hangs on a date field stays open for as long as the field is empty, and nothing would be late.
 * Where a case can come there without the date, the author hears of it.
 *
 * For each such field: in which stages may a case stand without it? That spreads from the opening along all ways, until nothing new is found. What an
 * event needs or an outcome sets is there; a way that looks at the field, or that a deadline by this very field leads along, is taken as one that has it:
 * a warning that is wrong would be worse than one that is missing. */
#include "engine/workflow_reader.h"

struct search {
    struct workflow_reader *reader;
    const struct workflow_head *head;
    int32_t field;
    bool empty[WORKFLOW_STAGES_MOST]; /* a case may stand there without it */
    bool ended_empty;                 /* may have ended without it */
    bool more;                        /* something new was found */
};

static bool looks_at(const struct search *search, int32_t row)
{
    if (row == NONE)
        return false;
    const struct workflow_condition *condition = ROW_OF(search->reader, CONDITIONS, condition, row);
    bool looks = condition->field == search->field;
    for (int32_t i = 0; condition->kind != CONDITION_LEVEL && i < condition->parts.count; i++) /* those of a level are levels */
        looks = looks || looks_at(search, ref_at(search->reader, condition->parts.first + i));
    return looks;
}

/* Whether it may be empty after what an outcome sets. */
static bool empty_after(const struct search *search, const struct workflow_outcome *outcome, bool empty)
{
    for (int32_t i = 0; i < outcome->sets.count; i++) {
        const struct workflow_set *set = ROW_OF(search->reader, SETS, set, outcome->sets.first + i);
        if (set->field == search->field)
            empty = set->kind == SET_VALUE && set->value == NONE;
    }
    return empty;
}

static void note(struct search *search, bool *place)
{
    search->more = search->more || !*place;
    *place = true;
}

/* `stage` is left, or entered again, by an outcome; the field may be empty then. */
static void spread(struct search *search, int32_t stage, int32_t row, bool empty)
{
    if (row == NONE)
        return;
    const struct workflow_outcome *outcome = ROW_OF(search->reader, OUTCOMES, outcome, row);
    empty = empty_after(search, outcome, empty);
    for (int32_t i = 0; i < outcome->branches.count; i++) {
        const struct workflow_branch *branch = ROW_OF(search->reader, BRANCHES, branch, outcome->branches.first + i);
        spread(search, stage, branch->outcome, empty && !looks_at(search, branch->condition));
    }
    if (!empty || outcome->kind == OUTCOME_CHOOSE)
        return;
    int32_t target = outcome->kind == OUTCOME_GO || outcome->stage != NONE ? outcome->stage : stage;
    if (outcome->kind == OUTCOME_END)
        note(search, &search->ended_empty);
    else if (target != NONE)
        note(search, &search->empty[target]);
}

static void spread_event(struct search *search, int32_t stage, const struct workflow_event *event)
{
    spread(search, stage, event->outcome, !refs_include(search->reader, event->needs, search->field) && !looks_at(search, event->when));
}

static void spread_events(struct search *search, int32_t stage)
{
    struct workflow_reader *reader = search->reader;
    struct span own = ROW_OF(reader, STAGES, stage, stage)->events;
    for (int32_t row = own.first; row < own.first + own.count; row++)
        spread_event(search, stage, ROW_OF(reader, EVENTS, event, row));
    for (int32_t row = reader->anywhere.first; row < reader->anywhere.first + reader->anywhere.count; row++)
        if (name_find_in(reader, WORKFLOW_EVENTS, own, text_of(row_name(reader, WORKFLOW_EVENTS, row))) == NONE)
            spread_event(search, stage, ROW_OF(reader, EVENTS, event, row));
}

/* The limit hangs on the field: until it is there nothing falls due. */
static bool hangs_on(const struct workflow_reader *reader, int32_t row, int32_t field)
{
    const struct workflow_limit *limit = row == NONE ? NULL : ROW_OF(reader, LIMITS, limit, row);
    return limit && ((limit->kind == LIMIT_UNTIL && limit->field == field) || (limit->kind != LIMIT_UNTIL && limit->from == FROM_FIELD && limit->from_field == field));
}

static void spread_stage(struct search *search, int32_t row)
{
    struct workflow_reader *reader = search->reader;
    const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
    const struct workflow_vote *vote = stage->vote == NONE ? NULL : ROW_OF(reader, VOTES, vote, stage->vote);
    bool fell_due = !hangs_on(reader, stage->within, search->field), waits = stage->tasks.count > 0 || stage->children.count > 0;
    bool closes_before = vote && (vote->early || vote->raters.count > 0);
    spread_events(search, row);
    spread(search, row, stage->overdue, fell_due);
    spread(search, row, stage->then, waits || closes_before || fell_due);
    spread(search, row, reader->overdue, true);
    for (int32_t task = stage->tasks.first; task < stage->tasks.first + stage->tasks.count; task++)
        spread(search, row, ROW_OF(reader, TASKS, task, task)->overdue, true);
    for (int32_t way = 0; vote && way < 3; way++)
        spread(search, row, way == 0 ? vote->passed : way == 1 ? vote->failed : vote->no_quorum, closes_before || fell_due);
    spread(search, row, stage->top, true);
    spread(search, row, stage->bottom, true);
}

/* By people with what they must bring, by the calendar with what it fills. */
static bool opened_empty(const struct search *search, const struct workflow_recurs *recurs)
{
    bool by_people = search->head->opens_by != NONE && !refs_include(search->reader, search->head->opens_needs, search->field);
    return by_people || (recurs && !refs_include(search->reader, recurs->sets, search->field));
}

static void find_empty(struct search *search)
{
    struct workflow_reader *reader = search->reader;
    const struct workflow_recurs *recurs = row_count(reader, WORKFLOW_RECURS) ? ROW_OF(reader, RECURS, recurs, 0) : NULL;
    const struct workflow_reopen *reopen = search->head->reopen == NONE ? NULL : ROW_OF(reader, REOPENS, reopen, search->head->reopen);
    spread(search, NONE, search->head->start, opened_empty(search, recurs));
    do {
        search->more = false;
        for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES); row++)
            if (search->empty[row])
                spread_stage(search, row);
        if (reopen && search->ended_empty)
            spread(search, NONE, reopen->outcome, !refs_include(reader, reopen->needs, search->field));
    } while (search->more);
}

/* The date field on which the deadline hangs, or NONE. */
static int32_t date_of(const struct workflow_reader *reader, int32_t row)
{
    const struct workflow_limit *limit = row == NONE ? NULL : ROW_OF(reader, LIMITS, limit, row);
    int32_t field = !limit ? NONE : limit->kind == LIMIT_UNTIL ? limit->field : limit->from == FROM_FIELD ? limit->from_field : NONE;
    return field;
}

void check_dates(struct workflow_reader *reader, const struct workflow_head *head)
{
    for (int32_t row = 0; row < row_count(reader, WORKFLOW_STAGES) && !reader->problems->errors; row++) {
        const struct workflow_stage *stage = ROW_OF(reader, STAGES, stage, row);
        int32_t field = stage->vote == NONE && stage->publish == NONE ? NONE : date_of(reader, stage->within);
        if (field == NONE)
            continue;
        struct search search = {.reader = reader, .head = head, .field = field};
        find_empty(&search);
        if (search.empty[row])
            problems_warn(reader->problems, node_get(row_node(reader, WORKFLOW_STAGES, row), "within"),
                          "a case can come to \"%s\" without \"%s\": %s stays open there until somebody fills it. Let what leads here need it (needs: [%s]).",
                          row_name(reader, WORKFLOW_STAGES, row), row_name(reader, WORKFLOW_FIELDS, field), stage->vote == NONE ? "the publication" : "the vote",
                          row_name(reader, WORKFLOW_FIELDS, field));
    }
}
