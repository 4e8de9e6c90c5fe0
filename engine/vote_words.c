/* vote_words: the result of a vote with its arithmetic, as a sentence. See vote.h. */
#include "engine/decimal.h"
#include "engine/vote.h"

#include <string.h>

#define PRINT(text) (int)(text).size, (text).data

const char *vote_result_word(enum vote_result result)
{
    static const char *const words[] = {"open", "passed", "failed", "no-quorum"};
    return words[result];
}

static const char *base_word(enum vote_base base, bool chinese)
{
    static const char *const english[] = {"members", "on the roll", "present", "cast"}, *const zh[] = {"全体成员", "名册（回避后）", "出席", "投票"};
    return chinese ? zh[base] : english[base];
}

static const char *result_words(enum vote_result result, bool chinese)
{
    static const char *const english[] = {"open", "passed", "failed", "no quorum"}, *const zh[] = {"进行中", "通过", "未通过", "未达到法定人数"};
    return chinese ? zh[result] : english[result];
}

/* "5 × 13 = 65 ≥ 4 × 16 = 64" */
static struct text arithmetic(struct arena *arena, const struct vote_part *part, int64_t count, int64_t base, int32_t scale, bool chinese)
{
    if (base == 0)
        return chinese ? TEXT("基数为零，不能成立") : TEXT("nothing passes on an empty base");
    int64_t have = count * part->denominator, need = base * part->numerator;
    bool holds = vote_reaches(part, count, base);
    const char *sign = part->more ? (holds ? ">" : "≤") : (holds ? "≥" : "<");
    struct text counts[] = {decimal_print(arena, count, scale), decimal_print(arena, have, scale), decimal_print(arena, base, scale),
                            decimal_print(arena, need, scale)};
    return arena_print(arena, "%d × %.*s = %.*s %s %d × %.*s = %.*s", part->denominator, PRINT(counts[0]), PRINT(counts[1]), sign,
                       part->numerator, PRINT(counts[2]), PRINT(counts[3]));
}

/* "13 of 16 members: ..." */
static struct text comparison(struct arena *arena, const struct vote_part *part, int64_t count, int64_t base, int32_t scale, const char *what, bool chinese)
{
    struct text shown = decimal_print(arena, count, scale), of = decimal_print(arena, base, scale);
    struct text sum = arithmetic(arena, part, count, base, scale, chinese);
    if (chinese)
        return arena_print(arena, "%s %.*s，%s %.*s：%.*s", what, PRINT(shown), base_word(part->of, true), PRINT(of), PRINT(sum));
    return arena_print(arena, "%s%s%.*s of %.*s %s: %.*s", what, *what ? " " : "", PRINT(shown), PRINT(of), base_word(part->of, false), PRINT(sum));
}

static struct text lane_sentence(struct arena *arena, const struct vote_rule *rule, const struct vote_lane *lane, int32_t scale, const struct vote_words *words,
                                 bool chinese)
{
    struct text quorum = {0}, pass = {0};
    if (rule->has_quorum) {
        int64_t turnout = rule->quorum_is_present ? lane->present : lane->cast;
        const char *what = rule->quorum_is_present ? (chinese ? "出席" : "present") : (chinese ? "参与" : "turnout");
        quorum = comparison(arena, &rule->quorum, turnout, vote_base_of(lane, rule->quorum.of), scale, what, chinese);
    }
    if (words->secret_open)
        pass = arena_print(arena, chinese ? "已投 %lld 票（无记名）" : "%lld ballots given (secret)", (long long)lane->cast);
    else
        pass = comparison(arena, &rule->pass, lane->choice[rule->choice], vote_base_of(lane, rule->pass.of), scale,
                          chinese ? words->choice[rule->choice] : "", chinese);
    return arena_print(arena, "%.*s%s%.*s", PRINT(quorum), quorum.size ? (chinese ? "；" : "; ") : "", PRINT(pass));
}

/* Other weights are called as the author has called them. */
static const char *lane_word(const struct vote_words *words, uint32_t lane, bool chinese)
{
    if (chinese && words->lane_zh[lane])
        return words->lane_zh[lane];
    return chinese && strcmp(words->lane[lane], "heads") == 0 ? "人数" : words->lane[lane];
}

struct text vote_sentence(struct arena *arena, const struct vote_rule *rule, const struct vote_tally *tally, enum vote_result result,
                          const struct vote_words *words, bool chinese)
{
    struct text all = {0};
    for (uint32_t i = 0; i < tally->lanes; i++) {
        struct text one = lane_sentence(arena, rule, &tally->lane[i], words->scale[i], words, chinese);
        all = arena_print(arena, "%.*s%s%s%s%.*s", PRINT(all), i ? (chinese ? "；" : "; ") : "", tally->lanes > 1 ? lane_word(words, i, chinese) : "",
                          tally->lanes > 1 ? (chinese ? "：" : ": ") : "", PRINT(one));
    }
    return arena_print(arena, "%.*s%s%s", PRINT(all), chinese ? "，" : ", ", result_words(result, chinese));
}
