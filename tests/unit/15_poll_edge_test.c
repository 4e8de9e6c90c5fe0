/* poll: votes at their edges, decided by the pure core: what is no ballot, weights that cannot be, counts that are not those of the vote. */
#include "tests/unit/yaml_world.h"

#include "engine/rating.h"

#define AND_THE_REST                                                                                                   \
    "opens: {by: mediator, at: building, may: [score, owners, tenants, matter]}\n"                                            \
    "data:\n"                                                                                                          \
    "  score: {type: number, scale: 1}\n"                                                                                                          \
    "  owners: {type: people, with: {area: {type: number, scale: 2}}}\n"                                               \
    "  tenants: {type: people, with: {area: {type: number, scale: 2}}}\n"                                              \
    "  matter: {type: choice, of: [small, large]}\n"                                                                   \
    "groups: {everyone: [owners, tenants]}\n"                                                                          \
    "ends: {done: {title: {zh: 完, en: Done}}}\n"

static enum err choose(const char *as, const char *choice)
{
    give_text(&w, "choice", choice);
    return say("ballot", as);
}

/* {id: a, area: 50} */
static struct value owner(const char *id, struct value area)
{
    struct value *pairs = ARENA_ARRAY(&w.arena, struct value, 4);
    pairs[0] = value_text(TEXT("id"));
    pairs[1] = value_text(text_of(id));
    pairs[2] = value_text(TEXT("area"));
    pairs[3] = area;
    return (struct value){.kind = VALUE_MAP, .count = 2, .items = pairs};
}

static struct value list_of(uint32_t count, const struct value *items)
{
    return (struct value){.kind = VALUE_LIST, .count = count, .items = memcpy(ARENA_ARRAY(&w.arena, struct value, count), items, count * sizeof *items)};
}

#define BY_MEDIATORS \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    vote:\n" \
    "      roll: mediator\n" \
    "      choices: [agree, disagree]\n" \
    "      pass: {agree: more than 1/2, of: cast}\n" \
    "      ballots: changeable\n" \
    "      recuse: {who: tenants, grounds: [own-case], by: supervisor}\n" \
    "      proxy: {most: 1}\n" \
    "      passed: {go: second}\n" \
    "      failed: {go: second}\n" \
    "    events:\n" \
    "      skip: {by: mediator, go: second}\n" \
    "      confirm-early: {by: mediator, not-same-as: second, stay: true}\n" \
    "  second:\n" \
    "    within: 10 days\n" \
    "    task: {for: mediator, worker: print}\n" \
    "    vote:\n" \
    "      roll: mediator\n" \
    "      choices: [agree, disagree]\n" \
    "      pass: {agree: more than 1/2, of: cast}\n" \
    "      proxy: {most: 2, written: true}\n" \
    "      recuse: tenants\n" \
    "      passed: {go: third}\n" \
    "      failed: {go: third}\n" \
    "    events:\n" \
    "      printed: {by: worker, not-same-as: first, stay: true}\n" \
    "      finish-second: {by: mediator, end: done}\n" \
    "  third:\n" \
    "    events:\n" \
    "      after-first: {by: mediator, not-same-as: first, stay: true}\n" \
    "      after-second: {by: mediator, not-same-as: second, stay: true}\n" \
    "      finish: {by: [mediator, everyone], end: done}\n"

/* ---- ballots ---- */

static void what_names_no_vote_means_the_one_that_runs(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    give(&w, "vote", value_integer(5));
    must(ERR_OK, choose("li", "agree"), "");
    must(ERR_BAD_DATA, (give(&w, "choice", value_integer(1)), say("ballot", "wang")), "choice: must be one of agree, disagree");
    must(ERR_OK, (give_text(&w, "vote", "first"), choose("wang", "agree")), "");
}

static void who_acts_for_themselves_needs_no_proxy(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    give_text(&w, "choice", "agree");
    must(ERR_OK, send_for("ballot", "li", "li"), "");
    must(ERR_OK, send_for("attend", "wang", "wang"), "");
    must(ERR_NOT_ALLOWED, send_for("attend", "li", "wang"), "attend can only be said by wang");
    must(ERR_BAD_DATA, (give_text(&w, "grounds", "x"), say("attend", "wang")), "grounds: does not come");
    must(ERR_NOT_ALLOWED, say("attend", "gao"), "is not on the roll");
}

static void a_ballot_for_another_is_changed_by_the_same_or_by_another(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    give_text(&w, "choice", "agree");
    must(ERR_OK, send_for("ballot", "li", "wang"), "");
    give_text(&w, "choice", "disagree");
    must(ERR_OK, send_for("ballot", "li", "wang"), ""); /* the same proxy again: counted once */
    give_text(&w, "choice", "agree");
    must(ERR_OK, send_for("ballot", "wu", "wang"), ""); /* another's */
    give_text(&w, "choice", "agree");
    must(ERR_TOO_OFTEN, send_for("ballot", "wu", "li"), "has given ballots for others (1)");
    /* Who is recused brings nobody's ballot. */
    must(ERR_OK, (give_text(&w, "grounds", "own-case"), say("recuse", "li")), "");
    give_text(&w, "choice", "agree");
    must(ERR_NOT_ALLOWED, send_for("ballot", "li", "wang"), "li is recused");
    give_text(&w, "choice", "agree");
    must(ERR_NOT_ALLOWED, send_for("ballot", "gao", "li"), "li is recused");
}

static void a_proxy_s_paper_has_its_size(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    must(ERR_OK, say("skip", "li"), "");
    assert_int_equal(w.state->polls[0].state, POLL_LEFT);
    char *paper = arena_take(&w.arena, 502);
    memset(paper, 'p', 501);
    give_text(&w, "choice", "agree");
    give_text(&w, "proxy", paper);
    must(ERR_BAD_DATA, send_for("ballot", "li", "wang"), "at most 500 bytes");
    paper[500] = '\0';
    give_text(&w, "choice", "agree");
    give_text(&w, "proxy", paper);
    must(ERR_OK, send_for("ballot", "li", "wang"), "");
}

/* ---- recusal ---- */

static void who_is_recused_by_whom(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    must(ERR_BAD_DATA, (give_text(&w, "grounds", "weather"), say("recuse", "li")), "grounds: must be one of own-case");
    give_text(&w, "grounds", "own-case");
    must(ERR_NOT_ALLOWED, send_for("recuse", "li", "wang"), "can only be said by wang");
    give_text(&w, "grounds", "own-case");
    give_text(&w, "person", "li");
    must(ERR_OK, say("recuse", "li"), ""); /* of oneself, by name */
    give_text(&w, "grounds", "own-case");
    give_text(&w, "person", "wang");
    must(ERR_NOT_ALLOWED, say("recuse", "wu"), "wu may not recuse wang");
    give_text(&w, "grounds", "own-case");
    give_text(&w, "person", "wang");
    must(ERR_OK, say("recuse", "sun"), "");
    give_text(&w, "grounds", "own-case");
    give_text(&w, "person", "wang");
    must(ERR_NOT_ALLOWED, say("recuse", "sun"), "is recused");
    give_text(&w, "grounds", "own-case");
    must(ERR_NOT_ALLOWED, say("recuse", "sun"), "not on the roll");
    give_text(&w, "grounds", "own-case");
    must(ERR_BAD_DATA, (give_text(&w, "note", "x"), say("recuse", "wu")), "note: does not come");
}

static void grounds_in_one_s_own_words_have_their_size(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    must(ERR_OK, say("skip", "li"), "");
    char *words = arena_take(&w.arena, 502);
    memset(words, 'w', 501);
    must(ERR_BAD_DATA, (give_text(&w, "grounds", ""), say("recuse", "li")), "grounds: must say why");
    must(ERR_BAD_DATA, (give_text(&w, "grounds", words), say("recuse", "li")), "in at most 500 bytes");
    words[500] = '\0';
    must(ERR_OK, (give_text(&w, "grounds", words), say("recuse", "li")), "");
}

/* ---- when no vote runs ---- */

static void what_no_vote_takes_any_more(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    must(ERR_OK, choose("li", "agree"), "");
    fall_due();
    assert_int_equal(w.state->polls[0].state, POLL_PASSED);
    fall_due();
    assert_string_equal(workflow_stage_name(w.workflow, w.state->stage), "third");
    must(ERR_NOT_NOW, say("attend", "li"), "no vote runs in third");
    must(ERR_NOT_NOW, (give_text(&w, "grounds", "x"), say("recuse", "li")), "no vote runs in third");
    must(ERR_NOT_NOW, (give_text(&w, "vote", "nowhere"), choose("li", "agree")), "no vote runs");
    must(ERR_NOT_NOW, (give_text(&w, "vote", "nowhere"), say("attend", "li")), "no vote runs");
    must(ERR_NOT_NOW, (give_text(&w, "vote", "nowhere"), give_text(&w, "grounds", "x"), say("recuse", "li")), "no vote runs");
    must(ERR_OK, (give_text(&w, "vote", "first"), choose("wang", "agree")), "");
    assert_int_equal(w.state->polls[0].late, 1);
    must(ERR_OK, say("finish", "li"), "");
    give_text(&w, "choice", "agree");
    must(ERR_OK, send_for("ballot", "wu", ""), "");
    give_text(&w, "choice", "agree");
    must(ERR_UNKNOWN_PERSON, send_for("ballot", "nobody", "wu"), "who acts for wu");
}

static void voters_are_kept_out_of_what_follows(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    open_votes();
    must(ERR_OK, say("confirm-early", "li"), ""); /* there has been no second vote */
    must(ERR_OK, (give_text(&w, "grounds", "own-case"), say("recuse", "li")), "");
    give_text(&w, "choice", "agree");
    must(ERR_OK, send_for("ballot", "wang", "wu"), "");
    fall_due();
    /* A worker is nobody who votes. */
    must(ERR_OK, decide_event((struct event){.kind = EVENT_SEND, .name = TEXT("printed"), .worker = TEXT("w1"), .task = w.state->tasks[0].id}), "");
    fall_due();
    must(ERR_OK, say("after-first", "li"), ""); /* recused */
    must(ERR_NOT_ALLOWED, say("after-first", "wang"), "had a voice in the vote of first");
    must(ERR_NOT_ALLOWED, say("after-second", "li"), "had a voice in the vote of second");
    /* Who is in no key is in no roll. */
    char *long_name = arena_take(&w.arena, 300);
    memset(long_name, 'x', 299);
    assert_int_not_equal(say("after-first", long_name), ERR_OK);
}

/* ---- weights ---- */

#define BY_AREA \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    vote:\n" \
    "      roll: [everyone, owners]\n" \
    "      choices: [agree, disagree]\n" \
    "      weights: [area]\n" \
    "      pass: {agree: more than 1/2, of: cast}\n" \
    "      passed: {end: done}\n" \
    "      failed: {end: done}\n"

static void weights_of_a_group_s_fields_are_added(void **state)
{
    (void)state;
    load(AND_THE_REST BY_AREA);
    struct value owners[] = {owner("app:a", value_integer(5000)), owner("app:b", value_integer(3000))}, tenants[] = {owner("app:b", value_integer(100))};
    give(&w, "owners", list_of(2, owners));
    give(&w, "tenants", list_of(1, tenants));
    open_votes();
    assert_int_equal(w.state->polls[0].tally.lane[0].all, 5000 + 3000 + 100 + 5000 + 3000); /* who stands twice in the roll counts so */
    /* Nobody has moved in yet. */
    give(&w, "owners", list_of(2, owners));
    open_votes();
    assert_int_equal(w.state->polls[0].tally.lane[0].all, 16000);
}

static void weights_that_cannot_be(void **state)
{
    (void)state;
    load(AND_THE_REST BY_AREA);
    struct value below[] = {owner("app:a", value_integer(-1))}, heavy[] = {owner("app:a", value_integer(VOTE_TOTAL_MOST))}, more[] = {owner("app:a", value_integer(1))};
    give(&w, "owners", list_of(1, below));
    must(ERR_BAD_DATA, open_with(), "the weight of app:a is below 0");
    give(&w, "tenants", list_of(1, below));
    must(ERR_BAD_DATA, open_with(), "the weight of app:a is below 0");
    give(&w, "tenants", list_of(1, heavy));
    give(&w, "owners", list_of(1, more));
    must(ERR_BAD_DATA, open_with(), "or the roll becomes too heavy");
}

/* The number that belongs to a person may have been left out before it was needed. */
static void a_person_without_the_number_weighs_nothing(void **state)
{
    (void)state;
    load(AND_THE_REST BY_AREA);
    struct value people[] = {owner("app:a", value_integer(5000)), value_text(TEXT("app:b")), owner("app:c", (struct value){.kind = VALUE_NONE})};
    give(&w, "owners", list_of(1, people));
    open_votes();
    struct case_state *changed = case_copy(&w.arena, w.state);
    changed->data[1] = list_of(3, people);
    w.state = changed;
    assert_int_equal(case_fits(w.state, w.workflow), true);
    struct case_poll *poll = case_add_poll(&w.arena, changed);
    poll->stage = changed->stage;
    poll->tally.choices = 2;
    poll->tally.lanes = 1;
    struct event event = {.kind = EVENT_SEND, .as = TEXT("li")};
    struct advance_input input = world_input(&w, &event);
    struct step step;
    step_begin(&step, &input, &w.arena, &w.decision);
    assert_true(step_place(&step));
    const struct workflow_vote *vote = workflow_vote(w.workflow, workflow_stage(w.workflow, changed->stage)->vote);
    const struct poll_lane lane = {.people = vote->roll, .with_name = workflow_vote_weight(w.workflow, vote->weights.first)->name};
    w.decision = (struct decision){.code = ERR_OK};
    struct case_poll *drawn = &step.state->polls[step.state->poll_count - 1];
    assert_true(poll_draw(&step, drawn, &lane, (struct span){0, 0}));
    assert_int_equal(drawn->tally.lane[0].all, 10000);
    assert_int_equal(drawn->members, 3);
}

#define BY_SEATS \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    vote:\n" \
    "      roll: everyone\n" \
    "      choices: [agree, disagree]\n" \
    "      seats: 3\n" \
    "      pass: {per: matter, limits: {small: {agree: more than 1/2, of: all members}, any: {agree: at least 3/4, of: all members}}}\n" \
    "      passed: {end: done}\n" \
    "      failed: {end: done}\n"

static void seats_that_nobody_holds_count(void **state)
{
    (void)state;
    load(AND_THE_REST BY_SEATS);
    const struct value owners[] = {owner("app:a", value_integer(1)), owner("app:b", value_integer(1)), owner("app:c", value_integer(1)), owner("app:d", value_integer(1))};
    for (uint32_t count = 1; count <= 4; count++) {
        give(&w, "owners", list_of(count, owners));
        give_text(&w, "matter", count % 2 ? "small" : "large");
        open_votes();
        assert_int_equal(w.state->polls[0].tally.lane[0].all, count < 3 ? 3 : count);
    }
}

#define BY_MATTER \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    vote:\n" \
    "      roll: everyone\n" \
    "      choices: [agree, disagree]\n" \
    "      pass: {per: matter, limits: {small: {agree: more than 1/2, of: all members}, large: {agree: at least 3/4, of: all members}}}\n" \
    "      passed: {end: done}\n" \
    "      failed: {end: done}\n"

static void a_vote_without_a_rule_does_not_open(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MATTER);
    must(ERR_CONDITION, open_with(), "no rule of the vote fits matter");
    give_text(&w, "matter", "large");
    open_votes();
}

#define BY_GRADES \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    rate:\n" \
    "      raters: {people: {who: everyone, weight: 1}}\n" \
    "      grades: {good: 100, poor: 0}\n" \
    "      sets: score\n" \
    "      no-quorum: {end: done}\n" \
    "    then: {end: done}\n"

/* More than one message can bring, but a case may have come to them in several. */
static void so_many_rate_and_no_more(void **state)
{
    (void)state;
    load(AND_THE_REST BY_GRADES);
    open_votes();
    struct value *people = ARENA_ARRAY(&w.arena, struct value, RATING_RATERS_MOST + 1);
    for (int i = 0; i <= RATING_RATERS_MOST; i++)
        people[i] = value_text(arena_print(&w.arena, "app:%05d", i));
    for (uint32_t count = RATING_RATERS_MOST; count <= RATING_RATERS_MOST + 1; count++) {
        struct case_state *state_now = case_copy(&w.arena, w.state);
        state_now->data[1] = (struct value){.kind = VALUE_LIST, .count = count, .items = people};
        struct event event = {.kind = EVENT_SEND, .as = TEXT("li")};
        struct advance_input input = world_input(&w, &event);
        struct step step;
        w.decision = (struct decision){.code = ERR_OK};
        input.before = state_now;
        step_begin(&step, &input, &w.arena, &w.decision);
        assert_true(step_place(&step));
        step.state->poll_count = 0;
        assert_int_equal(poll_open(&step), count == RATING_RATERS_MOST);
    }
    must(ERR_BAD_DATA, w.decision.code, "there are more than 10000 raters");
}

static void who_is_recused_from_the_beginning_had_no_voice(void **state)
{
    (void)state;
    load(AND_THE_REST BY_MEDIATORS);
    const struct value tenant[] = {owner("wu", value_integer(1))};
    give(&w, "tenants", list_of(1, tenant));
    open_votes();
    must(ERR_NOT_ALLOWED, choose("wu", "agree"), "wu is recused");
    must(ERR_OK, choose("li", "agree"), "");
    fall_due();
    fall_due();
    must(ERR_OK, say("after-first", "wu"), "");
    must(ERR_NOT_ALLOWED, say("after-first", "li"), "had a voice");
}

#define EARLY \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    within: 10 days\n" \
    "    vote: {roll: [mediator, everyone], choices: [agree, disagree], pass: {agree: more than 1/2, of: all members}, early: true, passed: {end: done}, failed: {end: done}}\n"

static void a_vote_that_is_certain_closes_early(void **state)
{
    (void)state;
    load(AND_THE_REST EARLY);
    open_votes();
    must(ERR_OK, choose("li", "agree"), "");
    must(ERR_OK, choose("wang", "agree"), "");
    has_ended(&w, "done");
    assert_true(w.state->polls[0].early);
}

/* ---- ways that cannot be gone ---- */

#define TO_THE_GRID \
    "start: {go: first}\n" \
    "stages:\n" \
    "  first:\n" \
    "    at: building\n" \
    "    within: 10 days\n" \
    "    vote:\n" \
    "      roll: [mediator, everyone]\n" \
    "      choices: [agree, disagree]\n" \
    "      pass: {agree: more than 1/2, of: cast}\n" \
    "      passed: {go: keeping}\n" \
    "      failed: {end: done}\n" \
    "  keeping:\n" \
    "    at: grid\n" \
    "    events: {finish: {by: mediator, end: done}}\n"

static void where_its_way_cannot_be_gone_the_case_is_overdue(void **state)
{
    (void)state;
    load(AND_THE_REST TO_THE_GRID);
    must(ERR_OK, decide_event((struct event){.kind = EVENT_OPEN, .key = TEXT("KEYKEYKEYKEYKEYK"), .unit = TEXT("east/building-1"), .as = TEXT("lu")}), "");
    must(ERR_OK, choose("lu", "agree"), "");
    fall_due();
    assert_int_equal(w.state->polls[0].state, POLL_PASSED);
    assert_string_equal(workflow_stage_name(w.workflow, w.state->stage), "first");
    assert_true(w.state->flags & CASE_OVERDUE);
}

/* ---- secret votes ---- */

#define BY_BOX \
    "start: {go: box}\n" \
    "stages:\n" \
    "  box:\n" \
    "    within: 3 days\n" \
    "    vote:\n" \
    "      roll: [mediator, everyone]\n" \
    "      choices: [yes-1, no-1]\n" \
    "      pass: {yes-1: more than 1/2, of: cast}\n" \
    "      ballots: changeable\n" \
    "      secret: true\n" \
    "      passed: {go: box}\n" \
    "      failed: {end: done}\n" \
    "    events:\n" \
    "      again: {by: mediator, go: box}\n"

static enum err choose_sealed(const char *as, struct value choice)
{
    give(&w, "choice", choice);
    return say("ballot", as);
}

static struct value sealed(int64_t roll)
{
    const struct value items[] = {value_integer(roll), value_bytes("sealed", 6)};
    return list_of(2, items);
}

static void a_secret_choice_comes_sealed(void **state)
{
    (void)state;
    load(AND_THE_REST BY_BOX);
    open_votes();
    const struct value number = value_integer(1), bytes = value_bytes("sealed", 6), mixed[] = {bytes, number}, twice[] = {number, number}, three[] = {number, bytes, bytes};
    must(ERR_BAD_DATA, choose_sealed("li", value_bytes("", 0)), "choice: must be one of yes-1, no-1");
    must(ERR_BAD_DATA, choose_sealed("li", bytes), "must come sealed");
    must(ERR_BAD_DATA, choose_sealed("li", value_text(TEXT("yes-1"))), "must come sealed");
    must(ERR_BAD_DATA, choose_sealed("li", list_of(1, &number)), "must come sealed");
    must(ERR_BAD_DATA, choose_sealed("li", list_of(3, three)), "must come sealed");
    must(ERR_BAD_DATA, choose_sealed("li", list_of(2, mixed)), "must come sealed");
    must(ERR_BAD_DATA, choose_sealed("li", list_of(2, twice)), "must come sealed");
    must(ERR_NOT_NOW, choose_sealed("li", sealed(2)), "the vote that it was sealed for is over");
    must(ERR_OK, choose_sealed("li", sealed(1)), "");
}

static enum err count_event(const char *name, uint64_t task)
{
    return decide_event((struct event){.kind = EVENT_COUNT, .name = text_of(name), .task = task, .subject = {.kind = CASE_REF_ID, .id = w.state->id}});
}

static void the_counts_are_those_of_the_vote(void **state)
{
    (void)state;
    load(AND_THE_REST BY_BOX);
    open_votes();
    must(ERR_OK, choose_sealed("li", sealed(1)), "");
    must(ERR_OK, choose_sealed("wang", sealed(1)), "");
    must(ERR_UNKNOWN_TASK, count_event("counted", 1), "nothing is owed");
    fall_due();
    assert_int_equal(w.state->polls[0].state, POLL_COUNTING);
    uint64_t owed = w.state->polls[0].owed;
    must(ERR_UNKNOWN_TASK, count_event("counted", owed + 1), "nothing is owed");
    must(ERR_NOT_NOW, count_event("key-destroyed", owed), "not counted yet");
    must(ERR_NOT_NOW, say("attend", "li"), "no vote runs");
    must(ERR_BAD_DATA, (give(&w, "maybe", value_integer(1)), count_event("counted", owed)), "not those of this vote");
    must(ERR_BAD_DATA, (give(&w, "yes-1", value_text(TEXT("1"))), count_event("counted", owed)), "not those of this vote");
    must(ERR_BAD_DATA, (give(&w, "yes-1", value_integer(-1)), count_event("counted", owed)), "not those of this vote");
    give(&w, "yes-1", value_integer(2));
    must(ERR_BAD_DATA, (give(&w, "no-1", value_integer(1)), count_event("counted", owed)), "not those of this vote");
    give(&w, "yes-1", value_integer(1));
    must(ERR_OK, (give(&w, "no-1", value_integer(1)), count_event("counted", owed)), "");
    has_ended(&w, "done");
    must(ERR_NOT_NOW, count_event("counted", owed), "not being counted");
    must(ERR_OK, count_event("key-destroyed", owed), "");
    must(ERR_UNKNOWN_TASK, count_event("key-destroyed", owed), "nothing is owed");
}

/* Left while it is being counted: what is owed is owed once. */
static void a_vote_that_is_left_while_it_is_counted(void **state)
{
    (void)state;
    load(AND_THE_REST BY_BOX);
    open_votes();
    must(ERR_OK, choose_sealed("li", sealed(1)), "");
    fall_due();
    uint64_t owed = w.state->polls[0].owed;
    must(ERR_OK, say("again", "li"), "");
    assert_int_equal(w.state->polls[0].state, POLL_LEFT);
    assert_true(w.state->polls[0].owed == owed);
    must(ERR_OK, say("again", "li"), "");
    must(ERR_NOT_NOW, count_event("counted", owed), "not being counted");
    must(ERR_OK, count_event("key-destroyed", w.state->polls[1].owed), ""); /* the second of them */
    must(ERR_OK, count_event("key-destroyed", owed), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(what_names_no_vote_means_the_one_that_runs), TEST(who_acts_for_themselves_needs_no_proxy), TEST(a_ballot_for_another_is_changed_by_the_same_or_by_another),
        TEST(a_proxy_s_paper_has_its_size), TEST(who_is_recused_by_whom), TEST(grounds_in_one_s_own_words_have_their_size), TEST(what_no_vote_takes_any_more),
        TEST(voters_are_kept_out_of_what_follows), TEST(weights_of_a_group_s_fields_are_added), TEST(weights_that_cannot_be), TEST(a_person_without_the_number_weighs_nothing),
        TEST(seats_that_nobody_holds_count), TEST(a_vote_without_a_rule_does_not_open), TEST(so_many_rate_and_no_more), TEST(a_vote_that_is_certain_closes_early),
        TEST(who_is_recused_from_the_beginning_had_no_voice), TEST(where_its_way_cannot_be_gone_the_case_is_overdue), TEST(a_secret_choice_comes_sealed), TEST(the_counts_are_those_of_the_vote), TEST(a_vote_that_is_left_while_it_is_counted),
    };
    return cmocka_run_group_tests_name("poll, edges", tests, NULL, NULL);
}
