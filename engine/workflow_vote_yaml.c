/* workflow_vote_yaml: `vote` of a stage: who may vote, on what, when it passes, what follows. */
#include "engine/workflow_reader.h"

#include "engine/vote.h"

const char *const ballot_words[2] = {"changeable", "final"};
/* Words that stand beside the choice in `pass`. */
static const char *const pass_words[] = {"of", "per", "limits", "any"};

/* ---- choices ---- */

static bool is_pass_word(struct text text)
{
    for (size_t i = 0; i < sizeof pass_words / sizeof *pass_words; i++)
        if (text_is(text, pass_words[i]))
            return true;
    return false;
}

static struct span names_read(struct workflow_reader *reader, const struct node *node, int32_t most, const char *what)
{
    const struct node *item;
    struct span span = {.first = row_count(reader, WORKFLOW_NAMES)};
    if (!words_begin(reader, node, &item))
        return (struct span){0, 0};
    for (; item; item = item->next) {
        const struct node *word = word_node(reader, item);
        struct text text;
        if (!node_text(reader->problems, word, 64, &text))
            continue;
        if (span.count == most) {
            problems_add(reader->problems, word, "there are more than %d %s.", most, what);
            break;
        }
        if (name_find_in(reader, WORKFLOW_NAMES, span, text) != NONE)
            problems_add(reader->problems, word, "\"%s\" stands here a second time.", text.data);
        else if (is_pass_word(text))
            problems_add(reader->problems, word, "\"%s\" is a word of the language and cannot stand here. Use another word.", text.data);
        word_push(reader, item, text, word_title(item));
        span.count++;
    }
    return span;
}

static void choices_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    if (!node)
        return;
    vote->choices = names_read(reader, node, VOTE_CHOICES_MOST, "choices");
    if (vote->choices.count == 1)
        problems_add(reader->problems, node, "there is one choice. A vote needs two at least, such as [approve, reject, abstain].");
}

/* ---- parts: "at least 4/5", "more than 1/2" ---- */

static bool number_read(const char **at, int32_t *out)
{
    const char *start = *at;
    *out = 0;
    for (; **at >= '0' && **at <= '9' && *out <= VOTE_PART_MOST; ++*at)
        *out = *out * 10 + (**at - '0');
    return *at > start && *start != '0' && *out <= VOTE_PART_MOST;
}

static bool part_parse(const char *text, struct workflow_vote_rule *rule)
{
    static const char least[] = "at least ", more[] = "more than ";
    rule->more = strncmp(text, more, sizeof more - 1) == 0;
    if (!rule->more && strncmp(text, least, sizeof least - 1) != 0)
        return false;
    text += rule->more ? sizeof more - 1 : sizeof least - 1;
    return number_read(&text, &rule->numerator) && *text++ == '/' && number_read(&text, &rule->denominator) && *text == '\0';
}

static void part_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote_rule *rule)
{
    rule->numerator = rule->denominator = 1;
    if (node->kind != NODE_SCALAR || !part_parse(node->text.data, rule))
        problems_add(reader->problems, node, "found %s; allowed is such as \"at least 4/5\" or \"more than 1/2\" (unanimous: \"at least 1/1\").",
                     node_found(reader->arena, node));
    else if (rule->numerator > rule->denominator || (rule->more && rule->numerator == rule->denominator))
        problems_add(reader->problems, node, "found %s, which is more than all of them: nothing could reach it.", node_found(reader->arena, node));
}

static void base_read(struct workflow_reader *reader, const struct node *node, const struct node *owner, size_t words, int32_t *of)
{
    if (node)
        node_choice(reader->problems, node, base_words, words, of);
    else
        problems_add(reader->problems, owner, "the base is missing: say of what, such as of: all members (or roll, present, cast).");
}

/* ---- pass ---- */

/* Its keys are read by their names: beside those of the language stands the choice. */
static bool is_rule(struct workflow_reader *reader, const struct node *node)
{
    if (node && node->kind != NODE_MAP)
        problems_add(reader->problems, node, "found %s; allowed is such as {approve: at least 4/5, of: all members}.", node_found(reader->arena, node));
    return node && node->kind == NODE_MAP;
}

static void no_such_choice(struct workflow_reader *reader, const struct node *item, const struct workflow_vote *vote)
{
    struct nearest nearest = nearest_to(item->key);
    for (int32_t i = 0; i < vote->choices.count; i++)
        nearest_offer(&nearest, text_of(row_name(reader, WORKFLOW_NAMES, vote->choices.first + i)));
    problems_add_key(reader->problems, item, "\"%s\" is no choice of this vote.%s Choices: %s.", item->key.data, nearest_hint(&nearest, reader->arena),
                     names_listed(reader, WORKFLOW_NAMES, vote->choices));
}

/* {CHOICE: "at least 4/5", of: all members} */
static struct workflow_vote_rule rule_read(struct workflow_reader *reader, const struct node *node, const struct workflow_vote *vote)
{
    struct workflow_vote_rule rule;
    const struct node *named = NULL;
    row_blank(WORKFLOW_VOTE_RULES, &rule);
    rule.numerator = rule.denominator = 1;
    for (node_each(item, node)) {
        if (is_pass_word(item->key))
            continue;
        int32_t row = name_find_in(reader, WORKFLOW_NAMES, vote->choices, item->key);
        if (row == NONE)
            no_such_choice(reader, item, vote);
        else if (named)
            problems_add_key(reader->problems, item, "a second choice: only one can be what passes.");
        else
            rule.choice = row - vote->choices.first;
        named = item;
        part_read(reader, item, &rule);
    }
    if (!named)
        problems_add(reader->problems, node, "it does not say which choice must reach what. Allowed is such as {approve: at least 4/5, of: all members}.");
    base_read(reader, key_get(node, IN_PASS, "of"), node, 4, &rule.of);
    return rule;
}

/* Every value of the field must find its rule. */
static void check_covered(struct workflow_reader *reader, const struct node *limits, int32_t field)
{
    const struct workflow_field *row = ROW_OF(reader, FIELDS, field, field);
    for (int32_t i = 0; i < row->choices.count; i++) {
        const char *name = row_name(reader, WORKFLOW_NAMES, row->choices.first + i);
        if (!node_get(limits, name))
            problems_add(reader->problems, limits, "there is no rule for %s. Add it, or \"any: ...\" for the rest.", name);
    }
    if (row->type == FIELD_BOOLEAN && (!node_get(limits, "true") || !node_get(limits, "false")))
        problems_add(reader->problems, limits, "there is no rule for %s. Add it, or \"any: ...\" for the rest.", node_get(limits, "true") ? "false" : "true");
}

/* {per: FIELD, limits: {VALUE: {approve: ...}, any: {...}}}; `any` comes last. */
static int32_t rules_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote, struct workflow_vote_rule *rules)
{
    const struct node *limits = key_get(node, IN_PASS, "limits"), *any = node_get(limits, "any");
    int32_t count = 0;
    vote->field = field_resolve(reader, key_get(node, IN_PASS, "per"), OF_TYPE(FIELD_CHOICE) | OF_TYPE(FIELD_BOOLEAN), USE_LOOK,
                                "\"per\" takes a field of type");
    if (!limits)
        problems_add(reader->problems, node, "\"per\" needs \"limits\": a mapping of the field's values to rules.");
    for (node_each(item, limits)) {
        if (item == any || vote->field == NONE)
            continue;
        if (count == WORKFLOW_LIST_MOST - 1) {
            problems_add_key(reader->problems, item, "there are more than %d rows.", WORKFLOW_LIST_MOST - 1);
            break;
        }
        int32_t value = value_read(reader, vote->field, key_node(reader, item));
        if (!is_rule(reader, item))
            continue;
        rules[count] = rule_read(reader, item, vote);
        rules[count++].value = value;
    }
    if (any && is_rule(reader, any))
        rules[count++] = rule_read(reader, any, vote);
    else if (limits && vote->field != NONE)
        check_covered(reader, limits, vote->field);
    return count;
}

static void pass_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    struct workflow_vote_rule rules[WORKFLOW_LIST_MOST];
    int32_t count = 1;
    if (!is_rule(reader, node))
        return;
    if (node_get(node, "per"))
        count = rules_read(reader, node, vote, rules);
    else
        rules[0] = rule_read(reader, node, vote);
    vote->rules = (struct span){.first = row_count(reader, WORKFLOW_VOTE_RULES), .count = count};
    for (int32_t i = 0; i < count; i++)
        row_push(reader, WORKFLOW_VOTE_RULES, &rules[i], node);
}

static void quorum_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    struct workflow_vote_rule rule;
    row_blank(WORKFLOW_VOTE_RULES, &rule);
    if (!key_check(reader, node, IN_QUORUM))
        return;
    const struct node *turnout = key_get(node, IN_QUORUM, "turnout"), *present = key_get(node, IN_QUORUM, "present"), *part = present ? present : turnout;
    if ((turnout != NULL) == (present != NULL))
        problems_add(reader->problems, node, "a quorum says either \"turnout\" (who gives a ballot) or \"present\" (who attends or gives one).");
    rule.present = present != NULL;
    rule.numerator = rule.denominator = 1;
    if (part)
        part_read(reader, part, &rule);
    base_read(reader, key_get(node, IN_QUORUM, "of"), node, 2, &rule.of);
    vote->quorum = row_push(reader, WORKFLOW_VOTE_RULES, &rule, node);
    if (turnout)
        problems_warn(reader->problems, node, "a quorum of participation invites boycott: who is against does best to stay away. (Civil Code art. 278 "
                                              "asks for one all the same.)");
}

/* ---- weights ---- */

/* The `with` of that name of one field: NONE when it has none, or another type. */
static int32_t with_of(struct workflow_reader *reader, int32_t field, struct text name)
{
    struct span with = ROW_OF(reader, FIELDS, field, field)->with;
    for (int32_t row = with.first; row < with.first + with.count; row++) {
        const struct workflow_with *one = ROW_OF(reader, WITHS, with, row);
        if (text_is(name, string_at(reader, one->name)))
            return ROW_OF(reader, FIELDS, field, one->of)->type == FIELD_NUMBER ? row : NONE;
    }
    return NONE;
}

struct weighing {
    struct workflow_reader *reader;
    const struct node *node;
    int32_t with; /* of the first field */
    bool good;
};

static void weigh_field(struct weighing *weighing, int32_t field)
{
    struct workflow_reader *reader = weighing->reader;
    int32_t with = with_of(reader, field, weighing->node->text);
    if (with == NONE) {
        problems_add(reader->problems, weighing->node, "found %s; allowed is heads, or a number that belongs to each of the people in \"%s\" (its \"with\").",
                     node_found(reader->arena, weighing->node), row_name(reader, WORKFLOW_FIELDS, field));
        weighing->good = false;
        return;
    }
    int32_t scale = ROW_OF(reader, FIELDS, field, ROW_OF(reader, WITHS, with, with)->of)->scale;
    if (weighing->with == NONE)
        weighing->with = with;
    else if (ROW_OF(reader, FIELDS, field, ROW_OF(reader, WITHS, with, weighing->with)->of)->scale != scale)
        problems_add(reader->problems, weighing->node, "\"%s\" has another number of decimal places in \"%s\" than in the other fields of the roll.",
                     weighing->node->text.data, row_name(reader, WORKFLOW_FIELDS, field));
}

static void weigh_people(struct weighing *weighing, const struct workflow_people *people)
{
    struct workflow_reader *reader = weighing->reader;
    struct span fields = people->kind == PEOPLE_GROUP ? ROW_OF(reader, GROUPS, group, people->group)->fields : (struct span){0, 0};
    if (people->kind == PEOPLE_FIELD)
        weigh_field(weighing, people->field);
    for (int32_t i = 0; i < fields.count; i++)
        weigh_field(weighing, ref_at(reader, fields.first + i));
    if (people->kind != PEOPLE_FIELD && people->kind != PEOPLE_GROUP) {
        problems_add(reader->problems, weighing->node, "found %s; who holds a role counts by heads: other weights belong to the people of a field.",
                     node_found(reader->arena, weighing->node));
        weighing->good = false;
    }
}

static void weight_read(struct workflow_reader *reader, const struct node *node, const struct workflow_vote *vote, struct workflow_vote_weight *weight)
{
    struct text name = {0};
    row_blank(WORKFLOW_VOTE_WEIGHTS, weight);
    weight->name = string_push(reader, TEXT("heads"));
    if (!node_name(reader->problems, node, &name) || text_is(name, "heads"))
        return;
    struct weighing weighing = {.reader = reader, .node = node, .with = NONE, .good = true};
    for (int32_t i = 0; i < vote->roll.count && weighing.good; i++)
        weigh_people(&weighing, ROW_OF(reader, PEOPLE, people, vote->roll.first + i));
    weight->name = string_push(reader, name);
    weight->with = weighing.with;
}

static void weights_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    struct workflow_vote_weight weights[VOTE_LANES_MOST];
    const struct node *item = NULL;
    uint32_t count = 0;
    int32_t found = 0;
    row_blank(WORKFLOW_VOTE_WEIGHTS, &weights[0]);
    weights[0].name = string_push(reader, TEXT("heads"));
    if (node && node_list(reader->problems, node, false, &item, &count))
        for (; item && found < VOTE_LANES_MOST; item = item->next, found++)
            weight_read(reader, item, vote, &weights[found]);
    if (item)
        problems_add(reader->problems, item, "there are more than %d weights.", VOTE_LANES_MOST);
    found = found ? found : 1;
    vote->weights = (struct span){.first = row_count(reader, WORKFLOW_VOTE_WEIGHTS), .count = found};
    for (int32_t i = 0; i < found; i++) {
        for (int32_t k = 0; k < i; k++)
            if (weights[k].name == weights[i].name)
                problems_add(reader->problems, node, "a weight stands here a second time.");
        row_push(reader, WORKFLOW_VOTE_WEIGHTS, &weights[i], node);
    }
}

static bool by_heads_alone(const struct workflow_reader *reader, const struct workflow_vote *vote)
{
    return vote->weights.count == 1 && strcmp(string_at(reader, ROW_OF(reader, VOTE_WEIGHTS, vote_weight, vote->weights.first)->name), "heads") == 0;
}

/* ---- recusal, proxies ---- */

/* PEOPLE, or {who: PEOPLE, grounds: [...], by: PEOPLE} */
void recuse_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    if (!node)
        return;
    if (node->kind != NODE_MAP || node_get(node, "role")) {
        vote->recuse = people_read(reader, node, ALLOW_CASE);
        return;
    }
    key_check(reader, node, IN_RECUSE);
    const struct node *who = key_get(node, IN_RECUSE, "who"), *grounds = key_get(node, IN_RECUSE, "grounds"), *by = key_get(node, IN_RECUSE, "by");
    if (who)
        vote->recuse = people_read(reader, who, ALLOW_CASE);
    if (grounds)
        vote->grounds = names_read(reader, grounds, WORKFLOW_LIST_MOST, "grounds");
    if (by)
        vote->recused_by = people_read(reader, by, ALLOW_CASE);
}

static void proxy_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *vote)
{
    bool written = false;
    if (!key_check(reader, node, IN_PROXY))
        return;
    node_number(reader->problems, key_get(node, IN_PROXY, "most"), 1, 10000, &vote->proxy_most);
    if (node_boolean(reader->problems, key_get(node, IN_PROXY, "written"), &written))
        vote->proxy_written = written;
}

/* ---- the vote ---- */

static void flag_read(struct workflow_reader *reader, const struct node *node, int32_t *flag)
{
    bool given = false;
    if (node_boolean(reader->problems, node, &given))
        *flag = given;
}

static void check_vote(struct workflow_reader *reader, const struct node *node, const struct workflow_vote *vote)
{
    static const char *const companions[] = {"tasks", "done", "then", "overdue"};
    const struct node *stage = row_node(reader, WORKFLOW_STAGES, reader->stage), *early = node_get(node, "early"), *secret = node_get(node, "secret");
    if (!node_get(stage, "within"))
        problems_add_key(reader->problems, node, "a vote needs \"within\" beside it: until when ballots can be given.");
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
        if (node_get(stage, companions[i]))
            problems_add_key(reader->problems, node_get(stage, companions[i]), "\"%s\" cannot stand beside \"vote\": a vote says itself what follows.",
                             companions[i]);
    if (vote->early && !vote->final)
        problems_add(reader->problems, early, "\"early\" asks for ballots: final. While a ballot can be changed no result is certain.");
    if (vote->secret && vote->early)
        problems_add(reader->problems, secret, "a secret vote cannot close early: when it closes would say how the last ballot was given.");
    if (vote->secret && !by_heads_alone(reader, vote))
        problems_add(reader->problems, secret, "a secret vote counts heads: by its weight a ballot could be told from the others.");
    if (vote->seats && !by_heads_alone(reader, vote))
        problems_add(reader->problems, node_get(node, "seats"), "\"seats\" means something only where heads alone are counted.");
    if ((vote->quorum == NONE) != !node_get(node, "no-quorum"))
        problems_add_key(reader->problems, node, vote->quorum == NONE ? "\"no-quorum\" is never used: this vote has no quorum."
                                                                      : "a vote with a quorum needs \"no-quorum\": what follows when it is not reached.");
}

void vote_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_vote vote;
    row_blank(WORKFLOW_VOTES, &vote);
    if (!key_check(reader, node, IN_VOTE))
        return;
    const struct node *roll = key_get(node, IN_VOTE, "roll");
    if (roll)
        vote.roll = people_read(reader, roll, ALLOW_CASE);
    choices_read(reader, key_get(node, IN_VOTE, "choices"), &vote);
    pass_read(reader, key_get(node, IN_VOTE, "pass"), &vote);
    quorum_read(reader, key_get(node, IN_VOTE, "quorum"), &vote);
    weights_read(reader, key_get(node, IN_VOTE, "weights"), &vote);
    node_number(reader->problems, key_get(node, IN_VOTE, "seats"), 1, WORKFLOW_PEOPLE_MOST, &vote.seats);
    recuse_read(reader, key_get(node, IN_VOTE, "recuse"), &vote);
    vote.final = 1;
    node_choice(reader->problems, key_get(node, IN_VOTE, "ballots"), ballot_words, 2, &vote.final);
    flag_read(reader, key_get(node, IN_VOTE, "early"), &vote.early);
    flag_read(reader, key_get(node, IN_VOTE, "secret"), &vote.secret);
    proxy_read(reader, key_get(node, IN_VOTE, "proxy"), &vote);
    vote.passed = outcome_alone(reader, key_get(node, IN_VOTE, "passed"));
    vote.failed = outcome_alone(reader, key_get(node, IN_VOTE, "failed"));
    vote.no_quorum = outcome_alone(reader, key_get(node, IN_VOTE, "no-quorum"));
    check_vote(reader, node, &vote);
    stage->vote = row_push(reader, WORKFLOW_VOTES, &vote, node);
}
