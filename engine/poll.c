/* poll: see poll.h. */
#include "engine/poll.h"

#include "engine/condition.h"
#include "engine/intake.h"
#include "engine/rating.h"

#include <assert.h>

enum { GROUNDS_MOST = 500, PROXY_MOST = 500 }; /* bytes */

/* ---- which vote, whose rows ---- */

bool poll_is_event(struct text name)
{
    return text_is(name, "ballot") || text_is(name, "attend") || text_is(name, "recuse");
}

bool poll_takes_ballots(const struct case_state *state)
{
    const struct case_poll *poll = case_poll_now(state);
    return poll && poll->state == POLL_OPEN;
}

static struct text text_given(const struct event *event, const char *name)
{
    const struct value *given = intake_given(event, name);
    return given && given->kind == VALUE_TEXT ? given->text : (struct text){0};
}

/* The vote that the event names by its stage, the newest of that stage; else the one that runs here, else the newest. NULL: none. */
static struct case_poll *poll_meant(const struct workflow *workflow, const struct case_state *state, const struct event *event)
{
    struct text stage = text_given(event, "vote");
    struct case_poll *now = case_poll_now(state);
    if (now && (!stage.size || text_is(stage, workflow_stage_name(workflow, now->stage))))
        return now;
    for (uint32_t i = state->poll_count; i-- > 0;)
        if (!stage.size || text_is(stage, workflow_stage_name(workflow, state->polls[i].stage)))
            return &state->polls[i];
    return NULL;
}

const struct case_poll *poll_of_event(const struct workflow *workflow, const struct case_state *state, const struct event *event)
{
    return poll_meant(workflow, state, event);
}

/* The newest of that stage. NULL: none. */
static const struct case_poll *poll_of_stage(const struct case_state *state, int32_t stage)
{
    for (uint32_t i = state->poll_count; i-- > 0;)
        if (state->polls[i].stage == stage)
            return &state->polls[i];
    return NULL;
}

/* The vote whose voters may not send this event. */
static const struct case_poll *poll_kept_out(const struct workflow *workflow, const struct case_state *state, const struct event *event)
{
    int32_t row = workflow_find_event(workflow, state->stage, event->name);
    int32_t stage = row == NONE ? NONE : workflow_event(workflow, row)->not_same_as_vote;
    return stage == NONE ? NULL : poll_of_stage(state, stage);
}

static struct text person_of(const struct event *event)
{
    return event->on_behalf.size ? event->on_behalf : event->as;
}

uint32_t poll_reads(const struct workflow *workflow, const struct case_state *state, const struct event *event, uint32_t *roll,
                    struct text persons[POLL_READS_MOST])
{
    if (event->kind != EVENT_SEND)
        return 0;
    bool of_vote = poll_is_event(event->name);
    const struct case_poll *poll = of_vote ? poll_meant(workflow, state, event) : poll_kept_out(workflow, state, event);
    struct text wanted[POLL_READS_MOST] = {person_of(event), event->on_behalf.size ? event->as : (struct text){0}, of_vote ? text_given(event, "person") : (struct text){0}};
    uint32_t count = 0;
    for (int i = 0; poll && i < POLL_READS_MOST; i++)
        if (wanted[i].size && wanted[i].size <= 256)
            persons[count++] = wanted[i];
    *roll = poll ? poll->roll : 0;
    return count;
}

/* The row of a person, as this decision may change it; one that is not on the roll has none. The rows that came in are those of this vote: it is
 * found for the event as poll_reads found it. */
static struct roll_row row_of(const struct step *step, const struct case_poll *poll, struct text person)
{
    for (uint32_t i = 0; i < step->input.roll_count; i++)
        if (text_equal(step->input.rolls[i].person, person))
            return step->input.rolls[i];
    return (struct roll_row){.roll = poll->roll, .person = person, .member = {.choice = -1}};
}

bool poll_had_voice(const struct step *step, int32_t stage, struct text person)
{
    const struct case_poll *poll = poll_of_stage(step->state, stage);
    if (!poll || person.size == 0)
        return false;
    struct roll_row row = row_of(step, poll, person);
    return (row.on_roll && !row.member.recused && !row.member.gone) || row.proxies > 0;
}

static const struct workflow_vote *vote_of(const struct step *step, const struct case_poll *poll)
{
    return workflow_vote(step->workflow, workflow_stage(step->workflow, poll->stage)->vote);
}

/* ---- drawing the roll ---- */

static int64_t weight_in(const struct step *step, int32_t field, const char *with, struct text person)
{
    const struct value *people = &step->state->data[field];
    for (uint32_t i = 0; people->kind == VALUE_LIST && i < people->count; i++)
        if (text_equal(case_person(&people->items[i]), person)) {
            const struct value *weight = case_with(&people->items[i], with);
            return weight && weight->kind == VALUE_INTEGER ? weight->integer : 0;
        }
    return 0;
}

/* false: below 0, or more than a whole roll may weigh. */
static bool add_weight(int64_t *total, int64_t weight)
{
    bool holds = weight >= 0 && weight <= VOTE_TOTAL_MOST - *total;
    *total += holds ? weight : 0;
    return holds;
}

/* Of someone who stands in several fields of the roll: together. -1: out of bounds. */
static int64_t weight_of(const struct step *step, const struct poll_lane *lane, struct text person)
{
    int64_t total = 0;
    const char *with = workflow_string(step->workflow, lane->with_name);
    if (lane->with_name == NONE)
        return 1;
    for (int32_t i = 0; i < lane->people.count; i++) {
        const struct workflow_people *people = workflow_people(step->workflow, lane->people.first + i);
        if (people->kind == PEOPLE_FIELD && !add_weight(&total, weight_in(step, people->field, with, person)))
            return -1;
        struct span fields = people->kind == PEOPLE_GROUP ? workflow_group(step->workflow, people->group)->fields : (struct span){0, 0};
        for (int32_t k = 0; k < fields.count; k++)
            if (!add_weight(&total, weight_in(step, workflow_ref(step->workflow, fields.first + k), with, person)))
                return -1;
    }
    return total;
}

static bool is_among(const struct text *people, uint32_t count, struct text person)
{
    uint32_t low = 0;
    while (low < count) {
        uint32_t middle = low + (count - low) / 2;
        int order = text_compare(people[middle], person);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return false;
}

struct drawn {
    const struct text *people[VOTE_LANES_MOST];
    uint32_t count[VOTE_LANES_MOST];
};

/* Who is in several groups of raters rates in the first of them. */
static bool draw_member(struct step *step, struct case_poll *poll, const struct poll_lane *lanes, const struct drawn *drawn, struct text person, bool recused)
{
    struct roll_row row = {.roll = poll->roll, .person = person, .on_roll = true, .lanes = poll->tally.lanes, .member = {.recused = recused, .choice = -1}};
    bool once = vote_of(step, poll)->raters.count > 0, found = false;
    for (uint32_t i = 0; i < poll->tally.lanes && !(once && found); i++) {
        found = is_among(drawn->people[i], drawn->count[i], person);
        if (found)
            row.member.weight[i] = weight_of(step, &lanes[i], person);
    }
    if (!vote_draw(&poll->tally, &row.member))
        return step_refuse(step, ERR_BAD_DATA, "the weight of %.*s is below 0, or the roll becomes too heavy", SHOWN(person));
    poll->members++;
    if (once && poll->members > RATING_RATERS_MOST)
        return step_refuse(step, ERR_BAD_DATA, "there are more than %d raters", RATING_RATERS_MOST);
    roll_change(step->arena, step->out, &row);
    return true;
}

bool poll_draw(struct step *step, struct case_poll *poll, const struct poll_lane *lanes, struct span recuse)
{
    struct drawn drawn;
    struct persons all = {.arena = step->arena};
    const struct text *recused;
    uint32_t recused_count = access_everyone(&step->input, step->arena, recuse, &recused);
    for (uint32_t i = 0; i < poll->tally.lanes; i++) {
        drawn.count[i] = access_members(&step->input, step->arena, lanes[i].people, &drawn.people[i]);
        for (uint32_t k = 0; k < drawn.count[i]; k++)
            persons_add(&all, drawn.people[i][k]);
    }
    for (uint32_t i = 0; i < all.count; i++)
        if (!draw_member(step, poll, lanes, &drawn, all.items[i], is_among(recused, recused_count, all.items[i])))
            return false;
    step_say(step, arena_print(step->arena, "第 %u 次表决人名册：%u 人", poll->roll, all.count), "roll %u: %u members, %lld of them recused", poll->roll, all.count,
               (long long)(poll->tally.lane[0].all - poll->tally.lane[0].roll));
    return true;
}

/* The first whose value is that of the field; the checker sees to it that one fits. */
static int32_t rule_now(const struct step *step, const struct workflow_vote *vote)
{
    for (int32_t row = vote->rules.first; row < vote->rules.first + vote->rules.count; row++) {
        const struct workflow_vote_rule *rule = workflow_vote_rule(step->workflow, row);
        if (rule->value == NONE || condition_value_is(step->workflow, &step->state->data[vote->field], workflow_value(step->workflow, rule->value)))
            return row;
    }
    return NONE;
}

/* Where heads alone are counted: so many that no sum of them is too heavy. */
static void add_vacant_seats(struct case_poll *poll, const struct workflow_vote *vote)
{
    for (uint32_t i = 0; vote->seats && i < poll->tally.lanes; i++) {
        int64_t vacant = vote->seats - poll->tally.lane[i].all;
        if (vacant <= 0)
            continue;
        bool added = vote_add_vacant(&poll->tally, i, vacant);
        assert(added);
    }
}

bool poll_open(struct step *step)
{
    int32_t row = step_stage(step)->vote;
    if (row == NONE)
        return true;
    const struct workflow_vote *vote = workflow_vote(step->workflow, row);
    struct poll_lane lanes[VOTE_LANES_MOST] = {{.people = {0, 0}}};
    int32_t rule = rule_now(step, vote);
    if (rule == NONE && !vote->raters.count)
        return step_refuse(step, ERR_CONDITION, "no rule of the vote fits %s", workflow_field_name(step->workflow, vote->field));
    struct case_poll *poll = case_add_poll(step->arena, step->state);
    if (!poll)
        return step_refuse(step, ERR_CASE_FULL, "%d secret votes of the case are over and not yet counted or destroyed: another can begin only then", CASE_POLLS_MOST);
    poll->stage = step->state->stage;
    poll->opened_at = step->input.now;
    poll->rule = rule;
    poll->tally.choices = (uint32_t)vote->choices.count;
    poll->tally.lanes = (uint32_t)(vote->raters.count ? vote->raters.count : vote->weights.count);
    for (int32_t i = 0; i < vote->raters.count; i++)
        lanes[i] = (struct poll_lane){.people = workflow_rater(step->workflow, vote->raters.first + i)->people, .with_name = NONE};
    for (int32_t i = 0; i < vote->weights.count; i++) {
        const struct workflow_vote_weight *weight = workflow_vote_weight(step->workflow, vote->weights.first + i);
        lanes[i] = (struct poll_lane){.people = vote->roll, .with_name = weight->with == NONE ? NONE : weight->name};
    }
    if (!poll_draw(step, poll, lanes, vote->recuse))
        return false;
    add_vacant_seats(poll, vote);
    return true;
}

bool poll_leave(struct step *step)
{
    struct case_poll *poll = case_poll_now(step->state);
    if (!poll)
        return true;
    poll->state = POLL_LEFT;
    poll->closed_at = step->input.now;
    step_say(step, TEXT("表决未有结果即终止"), "the vote ends without a result");
    return poll_owe(step, poll);
}

/* ---- who may ---- */

/* What came, and only what may come; one sentence for all of it. */
static bool check_given(struct step *step, const char *needed, const char *may, const char *may_too)
{
    struct intake intake = {.besides = {needed, "vote", may, may_too}};
    if (!intake_check(step, &intake))
        return false;
    if (needed && !intake_given(step->input.event, needed))
        return step_refuse(step, ERR_BAD_DATA, "%s: is needed and did not come", needed);
    return true;
}

static bool on_roll(struct step *step, const struct roll_row *row)
{
    if (row->on_roll)
        return true;
    return step_refuse(step, ERR_NOT_ALLOWED, "%.*s is not on the roll of this vote, which was drawn when it opened", SHOWN(row->person));
}

static bool not_recused(struct step *step, const struct roll_row *row)
{
    if (!row->member.recused && !row->member.gone)
        return true;
    return step_refuse(step, ERR_NOT_ALLOWED, "%.*s is recused from this vote", SHOWN(row->person));
}

static bool refuse_no_vote(struct step *step)
{
    return step_refuse(step, ERR_NOT_NOW, "no vote runs in %s", workflow_stage_name(step->workflow, step->state->stage));
}

static bool for_oneself(struct step *step)
{
    const struct event *event = step->input.event;
    if (!event->on_behalf.size || text_equal(event->as, event->on_behalf))
        return true;
    return step_refuse(step, ERR_NOT_ALLOWED, "%.*s can only be said by %.*s", SHOWN(event->name), SHOWN(event->on_behalf));
}

/* ---- a ballot ---- */

/* It came when the vote was over, or happened before the vote that runs now began: so it is none of its ballots. */
static bool is_late(const struct step *step, const struct case_poll *poll)
{
    const struct event *event = step->input.event;
    return poll->state != POLL_OPEN || (event->has_happened_at && event->happened_at < poll->opened_at);
}

bool poll_is_late_ballot(const struct step *step)
{
    const struct event *event = step->input.event;
    const struct case_poll *poll = event->kind == EVENT_SEND && text_is(event->name, "ballot") ? poll_meant(step->workflow, step->state, event) : NULL;
    return poll != NULL; /* of an ended case none is open any more */
}

/* In the history, and nowhere else. Once each: otherwise a history could be made to grow for ever. */
static bool take_late(struct step *step, struct case_poll *poll, struct roll_row *row)
{
    if (row->late || row->member.cast)
        return step_refuse(step, ERR_TOO_OFTEN, "the vote is over, and %.*s has given a ballot already", SHOWN(row->person));
    row->late = true;
    poll->late++;
    roll_change(step->arena, step->out, row);
    step->out->note_zh = poll->state == POLL_OPEN ? TEXT("选票填写于本次表决开始之前：已记录，不计入结果。") : TEXT("表决已结束：选票已记录，不计入结果。");
    step->out->note_en = poll->state == POLL_OPEN ? TEXT("The ballot was given before this vote began: it is recorded and does not count.")
                                                  : TEXT("The vote was over: the ballot is recorded and does not count.");
    step_say(step, step->out->note_zh, "%.*s", SHOWN(step->out->note_en));
    return true;
}

static bool is_for_another(const struct event *event)
{
    return event->on_behalf.size && !text_equal(event->as, event->on_behalf);
}

static bool takes_proxies(struct step *step, const struct workflow_vote *vote)
{
    const struct event *event = step->input.event;
    return !is_for_another(event) || vote->proxy_most > 0 ||
           step_refuse(step, ERR_NOT_ALLOWED, "this vote takes no proxies: %.*s votes in person", SHOWN(event->on_behalf));
}

/* The one who acts counts their proxies in a row of their own, on the roll or not. */
static bool take_proxy(struct step *step, const struct workflow_vote *vote, struct case_poll *poll, const struct roll_row *member)
{
    const struct event *event = step->input.event;
    if (!is_for_another(event))
        return !intake_given(event, "proxy") || step_refuse(step, ERR_BAD_DATA, "proxy: comes only with a ballot for somebody else");
    struct roll_row actor = row_of(step, poll, event->as);
    struct text paper = text_given(event, "proxy");
    if (!not_recused(step, &actor))
        return false;
    if (vote->proxy_written && (paper.size == 0 || paper.size > PROXY_MOST))
        return step_refuse(step, ERR_BAD_DATA, "proxy: is needed: which paper says that %.*s may vote for %.*s (at most %d bytes)", SHOWN(event->as),
                           SHOWN(event->on_behalf), PROXY_MOST);
    if (member->member.cast && text_equal(member->by, event->as))
        return true; /* changes a ballot that was given so already */
    if (actor.proxies >= (uint32_t)vote->proxy_most)
        return step_refuse(step, ERR_TOO_OFTEN, "%.*s has given ballots for others (%u), which is all that is allowed", SHOWN(event->as), actor.proxies);
    actor.proxies++;
    roll_change(step->arena, step->out, &actor);
    return true;
}

int32_t poll_choice(const struct workflow *workflow, const struct case_poll *poll, struct text name)
{
    struct span choices = workflow_vote(workflow, workflow_stage(workflow, poll->stage)->vote)->choices;
    const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
    for (int32_t i = 0; i < choices.count; i++)
        if (text_is(name, workflow_string(workflow, names[choices.first + i].name)))
            return i;
    return -1;
}

static bool refuse_choice(struct step *step, const struct workflow_vote *vote)
{
    const struct workflow_name *names = step->workflow->table[WORKFLOW_NAMES].rows;
    struct text list = {0};
    for (int32_t i = 0; i < vote->choices.count; i++)
        list = arena_print(step->arena, "%.*s%s%s", SHOWN(list), i ? ", " : "", workflow_string(step->workflow, names[vote->choices.first + i].name));
    return step_refuse(step, ERR_BAD_DATA, "choice: must be one of %.*s", SHOWN(list));
}

/* Of a secret vote it comes sealed, and only the count of ballots changes. */
static bool read_choice(struct step *step, const struct workflow_vote *vote, const struct case_poll *poll, struct roll_row *row, int32_t *choice)
{
    const struct value *given = intake_given(step->input.event, "choice");
    *choice = -1;
    if (vote->secret) {
        if (given->kind == VALUE_BYTES && given->text.size == 0) /* the door knew no such choice */
            return refuse_choice(step, vote);
        if (given->kind != VALUE_LIST || given->count != 2 || given->items[0].kind != VALUE_INTEGER || given->items[1].kind != VALUE_BYTES)
            return step_refuse(step, ERR_BAD_DATA, "choice: must come sealed, since the vote is secret");
        if (given->items[0].integer != poll->roll)
            return step_refuse(step, ERR_NOT_NOW, "the vote that it was sealed for is over");
        row->sealed = given->items[1].text;
        return true;
    }
    *choice = given->kind == VALUE_TEXT ? poll_choice(step->workflow, poll, given->text) : -1;
    return *choice >= 0 || refuse_choice(step, vote);
}

static bool not_final(struct step *step, const struct workflow_vote *vote, const struct roll_row *row)
{
    if (!vote->final || !row->member.cast)
        return true;
    return step_refuse(step, ERR_TOO_OFTEN, "%.*s has given a ballot, and ballots of this vote are final", SHOWN(row->person));
}

bool poll_ballot(struct step *step)
{
    struct case_poll *poll = poll_meant(step->workflow, step->state, step->input.event);
    int32_t choice;
    if (!check_given(step, "choice", "proxy", NULL))
        return false;
    if (!poll)
        return refuse_no_vote(step);
    const struct workflow_vote *vote = vote_of(step, poll);
    struct roll_row row = row_of(step, poll, step->person);
    if (!on_roll(step, &row) || !not_recused(step, &row) || !takes_proxies(step, vote))
        return false;
    if (is_late(step, poll))
        return take_late(step, poll, &row);
    if (!not_final(step, vote, &row) || !read_choice(step, vote, poll, &row, &choice) || !take_proxy(step, vote, poll, &row))
        return false;
    vote_cast(&poll->tally, &row.member, choice);
    row.position = step->input.position;
    row.by = step->input.event->on_behalf.size ? step->input.event->as : (struct text){0};
    roll_change(step->arena, step->out, &row);
    step_say(step, poll_sentence(step->workflow, step->arena, poll, true), "%.*s", SHOWN(poll_sentence(step->workflow, step->arena, poll, false)));
    poll_look_early(step, poll);
    return true;
}

bool poll_attend(struct step *step)
{
    struct case_poll *poll = poll_meant(step->workflow, step->state, step->input.event);
    if (!poll || poll->state != POLL_OPEN)
        return refuse_no_vote(step);
    struct roll_row row = row_of(step, poll, step->person);
    if (!for_oneself(step) || !check_given(step, NULL, NULL, NULL) || !on_roll(step, &row) || !not_recused(step, &row))
        return false;
    vote_attend(&poll->tally, &row.member);
    roll_change(step->arena, step->out, &row);
    poll_look_early(step, poll);
    return true;
}

/* ---- recusal ---- */

static bool grounds_hold(struct step *step, const struct workflow_vote *vote)
{
    const struct workflow_name *names = step->workflow->table[WORKFLOW_NAMES].rows;
    struct text given = text_given(step->input.event, "grounds"), list = {0};
    if (vote->grounds.count == 0)
        return (given.size > 0 && given.size <= GROUNDS_MOST) || step_refuse(step, ERR_BAD_DATA, "grounds: must say why, in at most %d bytes", GROUNDS_MOST);
    for (int32_t i = 0; i < vote->grounds.count; i++) {
        const char *name = workflow_string(step->workflow, names[vote->grounds.first + i].name);
        if (text_is(given, name))
            return true;
        list = arena_print(step->arena, "%.*s%s%s", SHOWN(list), i ? ", " : "", name);
    }
    return step_refuse(step, ERR_BAD_DATA, "grounds: must be one of %.*s", SHOWN(list));
}

bool poll_recuse(struct step *step)
{
    struct case_poll *poll = poll_meant(step->workflow, step->state, step->input.event);
    if (!poll || poll->state != POLL_OPEN)
        return refuse_no_vote(step);
    const struct workflow_vote *vote = vote_of(step, poll);
    const struct value *other = intake_given(step->input.event, "person");
    struct roll_row row = row_of(step, poll, other ? text_given(step->input.event, "person") : step->person);
    if (!for_oneself(step) || !check_given(step, "grounds", "person", NULL) || !grounds_hold(step, vote))
        return false;
    if (other && !text_equal(row.person, step->person) && !access_includes(&step->input, vote->recused_by, step->person))
        return step_refuse(step, ERR_NOT_ALLOWED, "%.*s may not recuse %.*s", SHOWN(step->person), SHOWN(row.person));
    if (!on_roll(step, &row) || !not_recused(step, &row))
        return false;
    vote_recuse(&poll->tally, &row.member);
    row.sealed = (struct text){0};
    roll_change(step->arena, step->out, &row);
    poll_look_early(step, poll);
    return true;
}
