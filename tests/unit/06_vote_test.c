/* vote: early decisions are those at the close, over every small roll; the four bases; the arithmetic in words.
 *
 * The oracle counts members one by one and asks every way in which those who are still out could act. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/vote.h"

enum { MEMBERS_MOST = 8, CHOICES = 3, APPROVE = 0 };

/* How a member stands. The first two are still out. */
enum standing { ABSENT, ATTENDS, CAST_0, CAST_1, CAST_2, RECUSED, VOID, GONE, GONE_ATTENDED, STANDINGS };

struct roll {
    uint32_t count, lanes;
    int64_t weight[MEMBERS_MOST][VOTE_LANES_MOST];
};

/* ---- the oracle: nothing of vote.c ---- */

static bool in_base(enum standing how, enum vote_base of)
{
    if (of == VOTE_ALL)
        return true;
    if (how == RECUSED)
        return false;
    if (of == VOTE_ROLL)
        return true;
    bool cast = how == CAST_0 || how == CAST_1 || how == CAST_2 || how == VOID;
    return cast || (of == VOTE_PRESENT && (how == ATTENDS || how == GONE_ATTENDED));
}

static bool holds(const struct vote_part *part, int64_t some, int64_t base)
{
    __int128 have = (__int128)some * part->denominator, need = (__int128)base * part->numerator;
    return base != 0 && (part->more ? have > need : have >= need);
}

static int64_t sum(const struct roll *roll, const enum standing *how, uint32_t lane, enum vote_base of)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < roll->count; i++)
        total += in_base(how[i], of) ? roll->weight[i][lane] : 0;
    return total;
}

static enum vote_result at_close(const struct vote_rule *rule, const struct roll *roll, const enum standing *how)
{
    bool quorum = true, pass = true;
    for (uint32_t lane = 0; lane < roll->lanes; lane++) {
        int64_t approve = 0, turnout = sum(roll, how, lane, rule->quorum_is_present ? VOTE_PRESENT : VOTE_CAST);
        for (uint32_t i = 0; i < roll->count; i++)
            approve += how[i] == CAST_0 ? roll->weight[i][lane] : 0;
        quorum = quorum && (!rule->has_quorum || holds(&rule->quorum, turnout, sum(roll, how, lane, rule->quorum.of)));
        pass = pass && holds(&rule->pass, approve, sum(roll, how, lane, rule->pass.of));
    }
    return !quorum ? VOTE_NO_QUORUM : pass ? VOTE_PASSED : VOTE_FAILED;
}

/* A bit for every result that those who are still out can bring about. */
static unsigned reachable(const struct vote_rule *rule, const struct roll *roll, enum standing *how, uint32_t from)
{
    while (from < roll->count && how[from] > ATTENDS)
        from++;
    if (from == roll->count)
        return 1u << at_close(rule, roll, how);
    unsigned found = 0;
    enum standing before = how[from];
    for (enum standing next = before; next <= CAST_2; next++) {
        how[from] = next;
        /* Settled for this walk; what stays absent or present is looked at as it is. */
        found |= reachable(rule, roll, how, from + 1);
    }
    how[from] = before;
    return found;
}

static enum vote_result certain(unsigned results)
{
    return results == 1u << VOTE_PASSED      ? VOTE_PASSED
           : results == 1u << VOTE_FAILED    ? VOTE_FAILED
           : results == 1u << VOTE_NO_QUORUM ? VOTE_NO_QUORUM
                                             : VOTE_OPEN;
}

/* ---- the same with vote.c ---- */

static void act(struct vote_tally *tally, struct vote_member *member, enum standing how)
{
    switch (how) {
    case ABSENT:
    case RECUSED: break;
    case ATTENDS: vote_attend(tally, member); break;
    case CAST_0:
    case CAST_1:
    case CAST_2: vote_cast(tally, member, (int32_t)how - CAST_0); break;
    case VOID: vote_cast(tally, member, APPROVE); vote_recuse(tally, member); break;
    case GONE: vote_recuse(tally, member); break;
    case GONE_ATTENDED: vote_attend(tally, member); vote_recuse(tally, member); break;
    case STANDINGS: break;
    }
}

static struct vote_tally tallied(const struct roll *roll, const enum standing *how)
{
    struct vote_tally tally = {.lanes = roll->lanes, .choices = CHOICES};
    struct vote_member members[MEMBERS_MOST] = {0};
    for (uint32_t i = 0; i < roll->count; i++) {
        members[i] = (struct vote_member){.recused = how[i] == RECUSED, .choice = -1};
        memcpy(members[i].weight, roll->weight[i], sizeof members[i].weight);
        assert_true(vote_draw(&tally, &members[i]));
    }
    for (uint32_t i = 0; i < roll->count; i++)
        act(&tally, &members[i], how[i]);
    return tally;
}

/* ---- every rule worth asking ---- */

static const int32_t parts[][2] = {{1, 2}, {2, 3}, {3, 4}, {4, 5}, {1, 1}, {1, 3}};
enum { PARTS = sizeof parts / sizeof *parts, QUORUMS = 5, RULES = PARTS * 2 * 4 * QUORUMS };

static struct vote_rule rule_number(uint32_t number)
{
    const int32_t *part = parts[number % PARTS];
    number /= PARTS;
    struct vote_rule rule = {.choice = APPROVE, .pass = {.numerator = part[0], .denominator = part[1], .more = number % 2}};
    number /= 2;
    rule.pass.of = (enum vote_base)(number % 4);
    number /= 4;
    rule.has_quorum = number > 0;
    rule.quorum_is_present = number % 2;
    rule.quorum = (struct vote_part){.numerator = number > 2 ? 2 : 1, .denominator = number > 2 ? 3 : 2, .more = number <= 2,
                                     .of = number % 2 ? VOTE_ALL : VOTE_ROLL};
    return rule;
}

static void compare(const struct roll *roll, enum standing *how)
{
    struct vote_tally tally = tallied(roll, how);
    for (uint32_t number = 0; number < RULES; number++) {
        struct vote_rule rule = rule_number(number);
        assert_int_equal(vote_close(&rule, &tally), at_close(&rule, roll, how));
        assert_int_equal(vote_early(&rule, &tally), certain(reachable(&rule, roll, how, 0)));
    }
}

/* Every way in which `count` members can stand; members of one weight are alike, so each mixture once. */
static void walk_mixtures(const struct roll *roll, enum standing *how, uint32_t at)
{
    if (at == roll->count) {
        compare(roll, how);
        return;
    }
    for (enum standing next = at ? how[at - 1] : ABSENT; next < STANDINGS; next++) {
        how[at] = next;
        walk_mixtures(roll, how, at + 1);
    }
}

static void every_small_roll_by_heads(void **state)
{
    (void)state;
    for (uint32_t count = 0; count <= 4; count++) {
        struct roll roll = {.count = count, .lanes = 1};
        enum standing how[MEMBERS_MOST] = {0};
        for (uint32_t i = 0; i < count; i++)
            roll.weight[i][0] = 1;
        walk_mixtures(&roll, how, 0);
    }
}

/* Larger ones: who is out is counted, not walked one by one (members are alike): so many approve, reject, attend, stay away. */
static unsigned reachable_alike(const struct vote_rule *rule, const struct roll *roll, const enum standing *how)
{
    enum standing filled[MEMBERS_MOST];
    uint32_t away[MEMBERS_MOST], here[MEMBERS_MOST], absent = 0, attending = 0;
    unsigned found = 0;
    for (uint32_t i = 0; i < roll->count; i++) {
        filled[i] = how[i];
        if (how[i] == ABSENT)
            away[absent++] = i;
        if (how[i] == ATTENDS)
            here[attending++] = i;
    }
    for (uint32_t a = 0; a <= absent; a++)             /* of the absent: approve */
        for (uint32_t b = 0; a + b <= absent; b++)     /* reject */
            for (uint32_t c = 0; a + b + c <= absent; c++) /* come */
                for (uint32_t d = 0; d <= attending; d++)
                    for (uint32_t e = 0; d + e <= attending; e++) {
                        for (uint32_t i = 0; i < absent; i++)
                            filled[away[i]] = i < a ? CAST_0 : i < a + b ? CAST_1 : i < a + b + c ? ATTENDS : ABSENT;
                        for (uint32_t i = 0; i < attending; i++)
                            filled[here[i]] = i < d ? CAST_0 : i < d + e ? CAST_1 : ATTENDS;
                        found |= 1u << at_close(rule, roll, filled);
                    }
    return found;
}

/* Two that reject differ from one that abstains in nothing: so two choices are enough here. */
static void walk_alike(const struct roll *roll, enum standing *how, uint32_t at)
{
    if (at < roll->count) {
        for (enum standing next = at ? how[at - 1] : ABSENT; next < STANDINGS; next++)
            if (next != CAST_2) {
                how[at] = next;
                walk_alike(roll, how, at + 1);
            }
        return;
    }
    struct vote_tally tally = tallied(roll, how);
    for (uint32_t number = 0; number < RULES; number++) {
        struct vote_rule rule = rule_number(number);
        assert_int_equal(vote_close(&rule, &tally), at_close(&rule, roll, how));
        assert_int_equal(vote_early(&rule, &tally), certain(reachable_alike(&rule, roll, how)));
    }
}

static void every_roll_of_up_to_seven(void **state)
{
    (void)state;
    for (uint32_t count = 5; count <= 7; count++) {
        struct roll roll = {.count = count, .lanes = 1};
        enum standing how[MEMBERS_MOST] = {0};
        for (uint32_t i = 0; i < count; i++)
            roll.weight[i][0] = 1;
        walk_alike(&roll, how, 0);
    }
}

/* Heads and area: each member another one, so every one in every standing. */
static void walk_all(const struct roll *roll, enum standing *how, uint32_t at)
{
    if (at == roll->count) {
        compare(roll, how);
        return;
    }
    for (how[at] = ABSENT; how[at] < STANDINGS; how[at]++)
        walk_all(roll, how, at + 1);
}

static void heads_and_area(void **state)
{
    (void)state;
    static const int64_t areas[][3] = {{1, 2, 4}, {100, 1, 1}, {3, 3, 2}, {0, 5, 7}};
    for (size_t set = 0; set < sizeof areas / sizeof *areas; set++) {
        struct roll roll = {.count = 3, .lanes = 2};
        enum standing how[MEMBERS_MOST] = {0};
        for (uint32_t i = 0; i < roll.count; i++) {
            roll.weight[i][0] = 1;
            roll.weight[i][1] = areas[set][i];
        }
        walk_all(&roll, how, 0);
    }
}

/* ---- in every order: what has been decided early is decided so, whatever comes then ---- */

struct play {
    struct vote_rule rule;
    struct roll roll;
    struct vote_member members[MEMBERS_MOST];
    enum standing how[MEMBERS_MOST];
    uint64_t played;
};

static enum standing after(enum standing before, enum standing move)
{
    if (move != GONE)
        return move;
    return before == ATTENDS ? GONE_ATTENDED : before >= CAST_0 && before <= CAST_2 ? VOID : GONE;
}

/* The results that ballots and attendance can still bring about from here; recusals are played too, but an early close comes before them. */
static unsigned play_on(struct play *play, const struct vote_tally *tally)
{
    enum vote_result early = vote_early(&play->rule, tally), now = vote_close(&play->rule, tally);
    unsigned found = 1u << now;
    play->played++;
    assert_int_equal(now, at_close(&play->rule, &play->roll, play->how));
    for (uint32_t i = 0; i < play->roll.count; i++) {
        enum standing before = play->how[i];
        struct vote_member member = play->members[i];
        for (enum standing move = ATTENDS; move <= GONE; move++) {
            bool out = before == ABSENT || before == ATTENDS;
            bool possible = move == ATTENDS ? before == ABSENT : move <= CAST_2 ? out : move == GONE && before <= CAST_2;
            if (!possible)
                continue;
            struct vote_tally next = *tally;
            if (move == ATTENDS)
                vote_attend(&next, &play->members[i]);
            else if (move <= CAST_2)
                vote_cast(&next, &play->members[i], (int32_t)move - CAST_0);
            else
                vote_recuse(&next, &play->members[i]);
            play->how[i] = after(before, move);
            unsigned then = play_on(play, &next);
            found |= move == GONE ? 0 : then;
            play->how[i] = before;
            play->members[i] = member;
        }
    }
    assert_int_equal(early, certain(found));
    return found;
}

static void every_order_of_ballots(void **state)
{
    (void)state;
    uint64_t played = 0;
    for (uint32_t count = 1; count <= 3; count++)
        for (uint32_t number = 0; number < RULES; number += count == 3 ? 7 : 1) {
            struct play play = {.rule = rule_number(number), .roll = {.count = count, .lanes = 1}};
            struct vote_tally tally = {.lanes = 1, .choices = CHOICES};
            for (uint32_t i = 0; i < count; i++) {
                play.members[i] = (struct vote_member){.weight = {1}, .choice = -1};
                play.roll.weight[i][0] = 1;
                assert_true(vote_draw(&tally, &play.members[i]));
            }
            play_on(&play, &tally);
            played += play.played;
        }
    assert_true(played > 10000);
}

/* ---- single things ---- */

static void changing_a_ballot(void **state)
{
    (void)state;
    struct vote_tally tally = {.lanes = 1, .choices = CHOICES};
    struct vote_member member = {.weight = {1}, .choice = -1};
    assert_true(vote_draw(&tally, &member));
    vote_attend(&tally, &member);
    vote_attend(&tally, &member);
    vote_cast(&tally, &member, 1);
    vote_cast(&tally, &member, 0);
    assert_int_equal(tally.lane[0].present, 1);
    assert_int_equal(tally.lane[0].cast, 1);
    assert_int_equal(tally.lane[0].choice[0], 1);
    assert_int_equal(tally.lane[0].choice[1], 0);
    vote_recuse(&tally, &member);
    vote_recuse(&tally, &member);
    assert_int_equal(tally.lane[0].cast, 1); /* no base changes */
    assert_int_equal(tally.lane[0].choice[0], 0);
    assert_int_equal(tally.lane[0].gone, 0);
}

static void totals_are_bounded(void **state)
{
    (void)state;
    struct vote_tally tally = {.lanes = 1, .choices = CHOICES};
    struct vote_member heavy = {.weight = {VOTE_TOTAL_MOST}, .choice = -1}, light = {.weight = {1}, .choice = -1}, below = {.weight = {-1}, .choice = -1};
    assert_true(vote_draw(&tally, &heavy));
    assert_false(vote_draw(&tally, &light));
    assert_false(vote_draw(&tally, &below));
    assert_false(vote_add_vacant(&tally, 0, 1));
    vote_cast(&tally, &heavy, 0);
    const struct vote_rule rule = {.pass = {.numerator = VOTE_PART_MOST, .denominator = VOTE_PART_MOST, .of = VOTE_ALL}};
    assert_int_equal(vote_close(&rule, &tally), VOTE_PASSED);
}

static void vacant_seats_count_against(void **state)
{
    (void)state;
    struct vote_tally tally = {.lanes = 1, .choices = CHOICES};
    struct vote_member member[13];
    const struct vote_rule rule = {.pass = {.numerator = 4, .denominator = 5, .of = VOTE_ALL}};
    for (int i = 0; i < 13; i++) {
        member[i] = (struct vote_member){.weight = {1}, .choice = -1};
        assert_true(vote_draw(&tally, &member[i]));
    }
    for (int i = 0; i < 13; i++)
        vote_cast(&tally, &member[i], 0);
    assert_true(vote_add_vacant(&tally, 0, 3));
    assert_int_equal(vote_close(&rule, &tally), VOTE_PASSED); /* 13 of 16 */
    assert_true(vote_add_vacant(&tally, 0, 1));
    assert_int_equal(vote_early(&rule, &tally), VOTE_FAILED); /* 13 of 17 */
}

static void assert_says(const struct vote_rule *rule, const struct vote_tally *tally, bool chinese, const char *expected)
{
    static const struct vote_words words = {.lane = {"heads", "area"}, .scale = {0, 2}, .choice = {"approve", "reject", "abstain"}};
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(vote_sentence(&arena, rule, tally, vote_close(rule, tally), &words, chinese).data, expected);
    arena_close(&arena);
}

static void the_sentence(void **state)
{
    (void)state;
    struct vote_tally tally = {.lanes = 1, .choices = 3, .lane = {{.all = 16, .roll = 16, .present = 14, .cast = 14, .choice = {13, 1}}}};
    struct vote_rule rule = {.pass = {.numerator = 4, .denominator = 5, .of = VOTE_ALL}};
    assert_says(&rule, &tally, false, "13 of 16 members: 5 × 13 = 65 ≥ 4 × 16 = 64, passed");
    assert_says(&rule, &tally, true, "approve 13，全体成员 16：5 × 13 = 65 ≥ 4 × 16 = 64，通过");
    tally.lane[0].choice[0] = 12;
    assert_says(&rule, &tally, false, "12 of 16 members: 5 × 12 = 60 < 4 × 16 = 64, failed");
    rule.pass = (struct vote_part){.numerator = 1, .denominator = 2, .more = true, .of = VOTE_CAST};
    tally.lane[0].choice[0] = 7;
    rule.has_quorum = true;
    rule.quorum = (struct vote_part){.numerator = 2, .denominator = 3, .of = VOTE_ALL};
    assert_says(&rule, &tally, false, "turnout 14 of 16 members: 3 × 14 = 42 ≥ 2 × 16 = 32; 7 of 14 cast: 2 × 7 = 14 ≤ 1 × 14 = 14, failed");
    tally = (struct vote_tally){.lanes = 2, .choices = 3, .lane = {{.all = 3, .roll = 3, .cast = 2, .present = 2, .choice = {2}},
                                                                    {.all = 30000, .roll = 30000, .cast = 19999, .present = 19999, .choice = {19999}}}};
    assert_says(&rule, &tally, false,
                "heads: turnout 2 of 3 members: 3 × 2 = 6 ≥ 2 × 3 = 6; 2 of 2 cast: 2 × 2 = 4 > 1 × 2 = 2; "
                "area: turnout 199.99 of 300.00 members: 3 × 199.99 = 599.97 < 2 × 300.00 = 600.00; "
                "199.99 of 199.99 cast: 2 × 199.99 = 399.98 > 1 × 199.99 = 199.99, no quorum");
    rule.has_quorum = false;
    assert_says(&rule, &tally, true, "人数：approve 2，投票 2：2 × 2 = 4 > 1 × 2 = 2；area：approve 199.99，投票 199.99：2 × 199.99 = 399.98 > 1 × 199.99 = 199.99，通过");
    tally = (struct vote_tally){.lanes = 1, .choices = 3, .lane = {{.all = 3, .roll = 3}}};
    assert_says(&rule, &tally, false, "0 of 0 cast: nothing passes on an empty base, failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changing_a_ballot),     cmocka_unit_test(totals_are_bounded),        cmocka_unit_test(vacant_seats_count_against),
        cmocka_unit_test(the_sentence),          cmocka_unit_test(every_small_roll_by_heads), cmocka_unit_test(every_roll_of_up_to_seven),
        cmocka_unit_test(heads_and_area),        cmocka_unit_test(every_order_of_ballots),
    };
    return cmocka_run_group_tests_name("vote", tests, NULL, NULL);
}
