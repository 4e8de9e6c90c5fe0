/* workflow_sound: what must hold in a compiled workflow beyond its shape. tables.c has checked every number and index by itself; here is
 * what they say together, so that whoever walks the form needs no further checks. */
#include "engine/rating.h"
#include "engine/vote.h"
#include "engine/workflow.h"

/* ---- soundness of a decoded form ---- */

/* Refs of a condition's parts: conditions before `row`, or levels. */
static bool parts_sound(const struct workflow *workflow, struct span parts, int32_t below)
{
    for (int32_t i = 0; i < parts.count; i++) {
        int32_t part = workflow_ref(workflow, parts.first + i);
        if (part < 0 || part >= below)
            return false;
    }
    return true;
}

static bool condition_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_condition *condition = workflow_condition(workflow, row);
    switch ((enum condition_kind)condition->kind) {
    case CONDITION_ALL:
    case CONDITION_ANY:
    case CONDITION_NONE: return parts_sound(workflow, condition->parts, row);
    case CONDITION_LEVEL: return parts_sound(workflow, condition->parts, workflow_count(workflow, WORKFLOW_LEVELS));
    case CONDITION_IN:
    case CONDITION_RANGE: return condition->field != NONE;
    case CONDITION_COUNT: return condition->event != NONE;
    }
    return false;
}

static bool outcome_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_outcome *outcome = workflow_outcome(workflow, row);
    for (int32_t i = 0; i < outcome->branches.count; i++)
        if (workflow_branch(workflow, outcome->branches.first + i)->outcome >= row)
            return false;
    switch ((enum outcome_kind)outcome->kind) {
    case OUTCOME_GO: return outcome->stage != NONE && (outcome->go_level != GO_LEVEL_NAMED || outcome->level != NONE);
    case OUTCOME_END: return outcome->end != NONE;
    case OUTCOME_CHOOSE: return outcome->branches.count > 0;
    case OUTCOME_CLIMB:
    case OUTCOME_STAY: return true;
    }
    return false;
}

static bool people_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_people *people = workflow_people(workflow, row);
    switch ((enum people_kind)people->kind) {
    case PEOPLE_ROLE: return people->role != NONE && (people->where != WHERE_LEVEL || people->level != NONE) &&
                             (people->where != WHERE_FIELD || people->field != NONE);
    case PEOPLE_FIELD: return people->field != NONE;
    case PEOPLE_GROUP: return people->group != NONE;
    case PEOPLE_MISSING: return people->event != NONE;
    case PEOPLE_OPENER:
    case PEOPLE_RESIDENT:
    case PEOPLE_WORKER: return true;
    }
    return false;
}

/* "Missing" is defined by an event's `by`: it may not stand in one itself. */
static bool by_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_by *by = workflow_by(workflow, row);
    for (int32_t i = 0; i < by->people.count; i++)
        if (workflow_people(workflow, by->people.first + i)->kind == PEOPLE_MISSING)
            return false;
    return by->people.count > 0 && (by->kind != BY_AT_LEAST || (by->numerator > 0 && by->denominator >= 0));
}

/* A single value in clear, which the engine may look into. */
static bool with_sound(const struct workflow *workflow, const struct workflow_with *with)
{
    const struct workflow_field *of = workflow_field(workflow, with->of);
    return of->type != FIELD_TEXT && of->type != FIELD_PEOPLE && of->type != FIELD_LIST && !of->private;
}

static bool field_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_field *field = workflow_field(workflow, row);
    if (field->with.count && field->type != FIELD_PEOPLE)
        return false;
    for (int32_t i = 0; i < field->with.count; i++)
        if (!with_sound(workflow, workflow_with(workflow, field->with.first + i)))
            return false;
    if (field->type != FIELD_LIST)
        return field->of == NONE;
    return field->of != NONE && workflow_field(workflow, field->of)->type != FIELD_LIST;
}

static bool limit_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_limit *limit = workflow_limit(workflow, row);
    if (limit->from == FROM_FIELD && limit->from_field == NONE)
        return false;
    switch ((enum limit_kind)limit->kind) {
    case LIMIT_ONE: return limit->duration != NONE;
    case LIMIT_LEVEL: return true;
    case LIMIT_TABLE: return limit->lookup != NONE && workflow_lookup(workflow, limit->lookup)->field == NONE;
    case LIMIT_FIELD:
    case LIMIT_UNTIL: return limit->field != NONE;
    }
    return false;
}

static bool set_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_set *set = workflow_set(workflow, row);
    if (set->kind == SET_LOOKUP)
        return set->lookup != NONE && workflow_lookup(workflow, set->lookup)->field == set->field;
    return set->kind != SET_FIELD || set->from != NONE;
}

/* A cell for each field. */
static bool lookup_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_lookup *lookup = workflow_lookup(workflow, row);
    for (int32_t i = 0; i < lookup->rows.count; i++)
        if (workflow_lookup_row(workflow, lookup->rows.first + i)->cells.count != lookup->of.count)
            return false;
    return true;
}

/* Nothing that is sealed is shown to everybody. */
static bool publication_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_publication *publication = workflow_publication(workflow, row);
    bool sound = publication->fields.count > 0;
    for (int32_t i = 0; i < publication->fields.count; i++)
        sound = sound && !workflow_field(workflow, workflow_ref(workflow, publication->fields.first + i))->private;
    return sound;
}

/* There is a ground to give, and an end. */
static bool stop_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_stop *stop = workflow_stop(workflow, row);
    return stop->grounds.count > 0 && workflow_duration(workflow, stop->longest)->unit != UNTIL_DATE;
}

/* At the end of a restart the whole limit begins anew, which a date does not. */
static bool restart_sound(const struct workflow *workflow, const struct workflow_stage *stage)
{
    return stage->stop_clock == NONE || !workflow_stop(workflow, stage->stop_clock)->restart || stage->within == NONE ||
           workflow_limit(workflow, stage->within)->kind != LIMIT_UNTIL;
}

/* What a stage publishes stays up while it lasts; what an outcome publishes has an end of its own. */
static bool publish_sound(const struct workflow *workflow, int32_t publish, bool of_stage)
{
    return publish == NONE || (workflow_publication(workflow, publish)->lasting == NONE) == of_stage;
}

static bool stage_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_stage *stage = workflow_stage(workflow, row);
    if (!restart_sound(workflow, stage) || !publish_sound(workflow, stage->publish, true))
        return false;
    return (stage->at != AT_LEVEL || stage->at_level != NONE) && (stage->at != AT_UNIT_FIELD || stage->at_field != NONE);
}

static bool open_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_open *open = workflow_open(workflow, row);
    return (open->at != OPEN_AT_LEVEL || open->level != NONE) && (open->at != OPEN_AT_FIELD || open->field != NONE);
}

static bool given_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_given *given = workflow_given(workflow, row);
    return (given->from == NONE) != (given->value == NONE);
}

static bool wait_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_wait *wait = workflow_wait(workflow, row);
    return wait->wait != DONE_NONE && (wait->wait != DONE_SOME || wait->some > 0);
}

/* Units of a level, or holders of a role, which are always in turn; and somebody opens cases, if not people then the calendar. */
static bool recurs_sound(const struct workflow *workflow)
{
    const struct workflow_recurs *recurs = workflow_recurs(workflow);
    if (!recurs)
        return workflow_head(workflow)->opens_by != NONE;
    for (int32_t i = 0; i < recurs->sets.count; i++) {
        const struct workflow_field *field = workflow_field(workflow, workflow_ref(workflow, recurs->sets.first + i));
        if (field->type != FIELD_DATE && (field->type != FIELD_PEOPLE || recurs->role == NONE))
            return false;
    }
    bool turn = recurs->role != NONE ? recurs->rotation && recurs->level == NONE : recurs->level != NONE;
    return workflow_count(workflow, WORKFLOW_RECURS) == 1 && turn && (recurs->rotation || recurs->of == NONE);
}

/* There is no case: its unit alone says where another is opened, and nothing flows. */
static bool short_open_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_open *open = workflow_open(workflow, row);
    for (int32_t given = open->with.first; given < open->with.first + open->with.count; given++)
        if (workflow_given(workflow, given)->from != NONE)
            return false;
    return open->at == OPEN_AT_LEVEL && open->level != NONE && open->returns.count == 0;
}

/* What follows can only tell people who hold a role, and open cases. */
static bool quota_sound(const struct workflow *workflow)
{
    const struct workflow_quota *quota = workflow_quota(workflow);
    if (!quota)
        return true;
    const struct workflow_outcome *outcome = workflow_outcome(workflow, quota->short_);
    for (int32_t i = 0; i < outcome->notices.count; i++) {
        struct span who = workflow_notice(workflow, outcome->notices.first + i)->who;
        if (workflow_notice(workflow, outcome->notices.first + i)->worker != NONE)
            return false;
        for (int32_t row = who.first; row < who.first + who.count; row++)
            if (workflow_people(workflow, row)->kind != PEOPLE_ROLE)
                return false;
    }
    for (int32_t i = 0; i < outcome->opens.count; i++)
        if (!short_open_sound(workflow, outcome->opens.first + i))
            return false;
    return workflow_count(workflow, WORKFLOW_QUOTAS) == 1 && quota->least > 0 && quota->ends.count > 0 && outcome->kind == OUTCOME_STAY &&
           outcome->sets.count == 0 && outcome->publish == NONE;
}

static bool vote_rule_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_vote_rule *rule = workflow_vote_rule(workflow, row);
    return rule->numerator > 0 && rule->denominator > 0 && rule->numerator <= VOTE_PART_MOST && rule->denominator <= VOTE_PART_MOST &&
           rule->choice >= 0 && rule->choice < VOTE_CHOICES_MOST;
}

static bool rater_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_rater *rater = workflow_rater(workflow, row);
    return rater->people.count > 0 && rater->weight > 0 && rater->weight <= RATING_WEIGHT_MOST && rater->least > 0 && rater->least <= RATING_RATERS_MOST;
}

static bool grade_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_grade *grade = workflow_grade(workflow, row);
    return grade->value >= 0 && grade->value <= RATING_GRADE_MOST;
}

static bool rating_sound(const struct workflow *workflow, const struct workflow_vote *vote)
{
    return vote->raters.count <= RATING_GROUPS_MOST && vote->choices.count >= 2 && vote->choices.count <= VOTE_CHOICES_MOST &&
           vote->grades.count == vote->choices.count && vote->no_quorum != NONE && vote->sets != NONE && !vote->early && vote->proxy_most == 0 &&
           workflow_field(workflow, vote->sets)->type == FIELD_NUMBER && (!vote->secret || vote->raters.count == 1);
}

static bool vote_sound(const struct workflow *workflow, int32_t row)
{
    const struct workflow_vote *vote = workflow_vote(workflow, row);
    if (vote->raters.count)
        return rating_sound(workflow, vote);
    bool sound = vote->roll.count > 0 && vote->choices.count >= 2 && vote->choices.count <= VOTE_CHOICES_MOST && vote->weights.count > 0 &&
                 vote->weights.count <= VOTE_LANES_MOST && vote->rules.count > 0 && vote->seats >= 0 && vote->proxy_most >= 0 &&
                 (vote->quorum == NONE) == (vote->no_quorum == NONE) && (!vote->early || vote->final) && (!vote->secret || !vote->early);
    for (int32_t i = 0; sound && i < vote->rules.count; i++) {
        const struct workflow_vote_rule *rule = workflow_vote_rule(workflow, vote->rules.first + i);
        sound = rule->choice < vote->choices.count && (rule->value == NONE || vote->field != NONE);
    }
    for (int32_t i = 0; sound && i < vote->weights.count; i++)
        sound = !vote->secret || workflow_vote_weight(workflow, vote->weights.first + i)->with == NONE;
    return sound;
}

bool workflow_sound(const struct workflow *workflow)
{
    static const struct {
        enum workflow_table table;
        bool (*sound)(const struct workflow *workflow, int32_t row);
    } checks[] = {
        {WORKFLOW_CONDITIONS, condition_sound}, {WORKFLOW_OUTCOMES, outcome_sound}, {WORKFLOW_PEOPLE, people_sound},
        {WORKFLOW_BY, by_sound},                {WORKFLOW_FIELDS, field_sound},     {WORKFLOW_LIMITS, limit_sound},
        {WORKFLOW_SETS, set_sound},             {WORKFLOW_LOOKUPS, lookup_sound},   {WORKFLOW_STOPS, stop_sound},
        {WORKFLOW_PUBLICATIONS, publication_sound},
        {WORKFLOW_OPENS, open_sound},           {WORKFLOW_GIVENS, given_sound},     {WORKFLOW_WAITS, wait_sound},
        {WORKFLOW_STAGES, stage_sound},
        {WORKFLOW_VOTE_RULES, vote_rule_sound}, {WORKFLOW_VOTES, vote_sound},
        {WORKFLOW_RATERS, rater_sound},         {WORKFLOW_GRADES, grade_sound},
    };
    if (workflow_count(workflow, WORKFLOW_HEAD) != 1)
        return false;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        for (int32_t row = 0; row < workflow_count(workflow, checks[i].table); row++)
            if (!checks[i].sound(workflow, row))
                return false;
    return recurs_sound(workflow) && quota_sound(workflow);
}
