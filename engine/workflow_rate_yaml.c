/* workflow_rate_yaml: `rate` of a stage: who rates, in which grades, where the score goes. What it makes is a vote without `pass`. */
#include "engine/workflow_reader.h"

#include "engine/rating.h"
#include "engine/vote.h"

/* ---- raters ---- */

static void rater_read(struct workflow_reader *reader, const struct node *node, struct workflow_rater *rater)
{
    row_blank(WORKFLOW_RATERS, rater);
    rater->weight = rater->least = 1;
    if (!name_allowed(reader, node) || !key_check(reader, node, IN_RATER))
        return;
    const struct node *who = key_get(node, IN_RATER, "who");
    rater->name = string_push(reader, node->key);
    if (who)
        rater->people = people_read(reader, who, ALLOW_CASE);
    title_read(reader, key_get(node, IN_RATER, "title"), &rater->title_zh, &rater->title_en);
    node_number(reader->problems, key_get(node, IN_RATER, "weight"), 1, RATING_WEIGHT_MOST, &rater->weight);
    node_number(reader->problems, key_get(node, IN_RATER, "least"), 1, RATING_RATERS_MOST, &rater->least);
}

static void raters_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *rating)
{
    struct workflow_rater raters[RATING_GROUPS_MOST];
    int32_t count = 0;
    for (node_each(item, node)) {
        if (count == RATING_GROUPS_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d groups of raters.", RATING_GROUPS_MOST);
            break;
        }
        rater_read(reader, item, &raters[count++]);
    }
    if (node && node->count == 0)
        problems_add(reader->problems, node, "found an empty mapping; at least one group of raters is needed.");
    rating->raters = (struct span){.first = row_count(reader, WORKFLOW_RATERS), .count = count};
    for (int32_t i = 0; i < count; i++)
        row_push(reader, WORKFLOW_RATERS, &raters[i], node);
}

/* ---- grades ---- */

/* `good: 100`, or `good: {worth: 100, title: {...}}`. Returns the title, or NULL. */
static const struct node *grade_read(struct workflow_reader *reader, const struct node *item, struct workflow_grade *grade)
{
    if (item->kind != NODE_MAP) {
        node_number(reader->problems, item, 0, RATING_GRADE_MOST, &grade->value);
        return NULL;
    }
    key_check(reader, item, IN_GRADE);
    node_number(reader->problems, key_get(item, IN_GRADE, "worth"), 0, RATING_GRADE_MOST, &grade->value);
    return key_get(item, IN_GRADE, "title");
}

static void grades_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *rating)
{
    rating->choices.first = row_count(reader, WORKFLOW_NAMES);
    rating->grades.first = row_count(reader, WORKFLOW_GRADES);
    for (node_each(item, node)) {
        struct workflow_grade grade = {.value = 0};
        if (rating->choices.count == VOTE_CHOICES_MOST) {
            problems_add_key(reader->problems, item, "there are more than %d grades.", VOTE_CHOICES_MOST);
            break;
        }
        const struct node *title = grade_read(reader, item, &grade);
        word_push(reader, item, item->key, title);
        row_push(reader, WORKFLOW_GRADES, &grade, item);
        rating->choices.count++;
        rating->grades.count++;
    }
    if (node && node->count < 2)
        problems_add(reader->problems, node, "a rating needs two grades at least, such as {satisfied: 100, dissatisfied: 0}.");
}

/* ---- where the score goes ---- */

/* 10 to the scale, as far as the field's own bounds can matter. */
static int64_t scaled(int64_t grade, int32_t scale)
{
    for (; scale > 0; scale--)
        grade *= 10;
    return grade;
}

/* Every score must be one that the field can hold. */
static void check_room(struct workflow_reader *reader, const struct node *node, const struct workflow_vote *rating)
{
    const struct workflow_field *field = ROW_OF(reader, FIELDS, field, rating->sets);
    int64_t least = RATING_GRADE_MOST, most = 0;
    for (int32_t i = 0; i < rating->grades.count; i++) {
        int64_t value = ROW_OF(reader, GRADES, grade, rating->grades.first + i)->value;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    if ((field->bounded & 1 && scaled(least, field->scale) < field->least) || (field->bounded & 2 && scaled(most, field->scale) > field->most))
        problems_add(reader->problems, node, "a score can be from %lld to %lld, and \"%s\" does not take all of these (its \"least\" and \"most\").",
                     (long long)least, (long long)most, row_name(reader, WORKFLOW_FIELDS, rating->sets));
}

static void sets_read(struct workflow_reader *reader, const struct node *node, struct workflow_vote *rating)
{
    rating->sets = field_resolve(reader, node, OF_TYPE(FIELD_NUMBER), USE_LOOK, "a score goes into a field of type");
    if (rating->sets == NONE)
        return;
    row_mark(reader, WORKFLOW_FIELDS, rating->sets, MARK_FILLED);
    check_room(reader, node, rating);
}

/* ---- the rating ---- */

static void check_company(struct workflow_reader *reader, const struct node *node, const struct workflow_vote *rating)
{
    static const char *const companions[] = {"vote", "tasks", "done", "children", "overdue"};
    const struct node *stage = row_node(reader, WORKFLOW_STAGES, reader->stage);
    if (!node_get(stage, "within"))
        problems_add_key(reader->problems, node, "a rating needs \"within\" beside it: until when it is open.");
    if (!node_get(stage, "then"))
        problems_add_key(reader->problems, node, "a rating needs \"then\" beside it: what follows when there is a score.");
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
        if (node_get(stage, companions[i]))
            problems_add_key(reader->problems, node_get(stage, companions[i]), "\"%s\" cannot stand beside \"rate\": a rating stands alone, and \"then\" and "
                                                                               "\"no-quorum\" say what follows.", companions[i]);
    if (rating->secret && rating->raters.count > 1)
        problems_add(reader->problems, node_get(node, "secret"), "a secret rating has one group of raters: in a small group a grade could be told from the others.");
}

void rate_read(struct workflow_reader *reader, const struct node *node, struct workflow_stage *stage)
{
    struct workflow_vote rating;
    bool secret = false;
    row_blank(WORKFLOW_VOTES, &rating);
    if (!key_check(reader, node, IN_RATE))
        return;
    raters_read(reader, key_get(node, IN_RATE, "raters"), &rating);
    grades_read(reader, key_get(node, IN_RATE, "grades"), &rating);
    sets_read(reader, key_get(node, IN_RATE, "sets"), &rating);
    recuse_read(reader, key_get(node, IN_RATE, "recuse"), &rating);
    rating.final = 1;
    node_choice(reader->problems, key_get(node, IN_RATE, "ballots"), ballot_words, 2, &rating.final);
    if (node_boolean(reader->problems, key_get(node, IN_RATE, "secret"), &secret))
        rating.secret = secret;
    rating.no_quorum = outcome_alone(reader, key_get(node, IN_RATE, "no-quorum"));
    rating.passed = rating.failed = stage->then; /* one way: a rating has no other result than a score */
    check_company(reader, node, &rating);
    stage->vote = row_push(reader, WORKFLOW_VOTES, &rating, node);
}
