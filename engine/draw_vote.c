/* draw_vote: a vote, or a rating, of a stage, said in a few words. */
#include "engine/draw_words.h"

#include "engine/vote.h"

static struct text base_words(const struct draw_words *words, int32_t of)
{
    static const char *const english[] = {"all members", "the roll", "those present", "ballots cast"}, *const chinese[] = {"全体成员", "名册", "出席者", "投票者"};
    return text_of(words->language == DRAW_ZH ? chinese[of] : english[of]);
}

/* "at least 4/5 of all members" */
static struct text part_words(const struct draw_words *words, const struct workflow_vote_rule *rule)
{
    struct text base = base_words(words, rule->of);
    const char *format = rule->more ? draw_say(words, "more than %d/%d of %.*s", "超过 %d/%d（%.*s）") : draw_say(words, "at least %d/%d of %.*s", "至少 %d/%d（%.*s）");
    return arena_print(words->arena, format, rule->numerator, rule->denominator, (int)base.size, base.data);
}

static struct text rule_words(const struct draw_words *words, const struct workflow_vote *vote, const struct workflow_vote_rule *rule)
{
    struct text part = part_words(words, rule), choice = draw_choice(words, vote->choices, rule->choice);
    struct text said = arena_print(words->arena, "%.*s %.*s", (int)choice.size, choice.data, (int)part.size, part.data);
    if (vote->field == NONE)
        return said;
    struct text value = rule->value == NONE ? text_of(draw_say(words, "otherwise", "其余")) : draw_value(words, vote->field, rule->value);
    return arena_print(words->arena, draw_say(words, "%.*s: %.*s", "%.*s：%.*s"), (int)value.size, value.data, (int)said.size, said.data);
}

struct text draw_vote_rules(const struct draw_words *words, const struct workflow_vote *vote)
{
    struct text all = {0};
    for (int32_t i = 0; i < vote->rules.count; i++)
        all = draw_list(words, all, rule_words(words, vote, workflow_vote_rule(words->workflow, vote->rules.first + i)));
    return all;
}

struct text draw_raters(const struct draw_words *words, const struct workflow_vote *vote)
{
    struct text all = {0};
    for (int32_t i = 0; i < vote->raters.count; i++) {
        const struct workflow_rater *rater = workflow_rater(words->workflow, vote->raters.first + i);
        struct text who = draw_people(words, rater->people);
        if (vote->raters.count > 1) /* of the only group it goes without saying */
            who = arena_print(words->arena, "%.*s %d", (int)who.size, who.data, rater->weight);
        all = all.size == 0 ? who
                            : arena_print(words->arena, draw_say(words, "%.*s; %.*s", "%.*s；%.*s"), (int)all.size, all.data, (int)who.size, who.data);
    }
    return all;
}

struct text draw_vote_quorum(const struct draw_words *words, const struct workflow_vote *vote)
{
    struct text none = {0};
    return vote->quorum == NONE ? none : part_words(words, workflow_vote_rule(words->workflow, vote->quorum));
}

static struct text weight_words(const struct draw_words *words, const struct workflow_vote_weight *weight)
{
    if (weight->with == NONE)
        return text_of(draw_say(words, "by heads", "按人数"));
    const struct workflow_field *field = workflow_field(words->workflow, workflow_with(words->workflow, weight->with)->of);
    struct text name = draw_title(words, weight->name, field->title_zh, field->title_en);
    return arena_print(words->arena, draw_say(words, "by %.*s", "按%.*s"), (int)name.size, name.data);
}

/* Heads alone go without saying. */
struct text draw_vote_manner(const struct draw_words *words, const struct workflow_vote *vote)
{
    struct text all = {0};
    for (int32_t i = 0; i < vote->weights.count && vote->weights.count > 1; i++)
        all = draw_list(words, all, weight_words(words, workflow_vote_weight(words->workflow, vote->weights.first + i)));
    if (vote->secret)
        all = draw_list(words, all, text_of(draw_say(words, "secret", "无记名")));
    if (vote->early)
        all = draw_list(words, all, text_of(draw_say(words, "closes when the result is certain", "结果确定即结束")));
    return all;
}
