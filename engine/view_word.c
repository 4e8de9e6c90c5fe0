/* view_word: what people call the words that a row's data hold: choices, grades, grounds. See view.h.
 *
 *     words: {FIELD: {WORD: {en, zh}}}      only words with titles; who sees a value sees its title */
#include "engine/view.h"

/* The titles of what one field holds. */
struct words {
    const struct workflow *workflow;
    struct map_maker map;
};

static bool is_known(const struct words *words, struct text word)
{
    for (uint32_t i = 0; i < words->map.pairs; i++)
        if (text_equal(words->map.items[2 * i].text, word))
            return true;
    return false;
}

static void put_value(struct words *words, struct span names, const struct value *value)
{
    struct text zh, en;
    for (uint32_t i = 0; value->kind == VALUE_LIST && i < value->count; i++)
        put_value(words, names, &value->items[i]);
    int32_t index = value->kind == VALUE_TEXT ? workflow_find_choice(words->workflow, names, value->text) : NONE;
    if (index == NONE || is_known(words, value->text))
        return;
    workflow_choice_titles(words->workflow, names, index, &zh, &en);
    if (zh.size || en.size)
        map_put_named(&words->map, value->text, map_words(words->map.arena, en, zh));
}

/* What belongs to each person. */
static void put_people(struct words *words, int32_t field, const struct value *value)
{
    for (uint32_t i = 0; value->kind == VALUE_LIST && i < value->count; i++)
        put_people(words, field, &value->items[i]);
    for (uint32_t i = 0; value->kind == VALUE_MAP && i < value->count; i++) {
        int32_t with = workflow_find_with(words->workflow, field, value->items[2 * i].text);
        if (with != NONE)
            put_value(words, workflow_field(words->workflow, workflow_with(words->workflow, with)->of)->choices, &value->items[2 * i + 1]);
    }
}

static void put_field(struct words *words, int32_t row, const struct value *value)
{
    const struct workflow_field *field = workflow_field(words->workflow, row);
    if (field->type == FIELD_PEOPLE)
        put_people(words, row, value);
    else
        put_value(words, field->type == FIELD_LIST ? workflow_field(words->workflow, field->of)->choices : field->choices, value);
}

/* What the language's own events bring: the choice of a ballot, the grounds of a recusal, the ground of a stopped clock. */
static void put_own(struct words *words, struct text name, const struct value *value)
{
    const struct workflow *workflow = words->workflow;
    bool choice = text_is(name, "choice");
    for (int32_t row = 0; (choice || text_is(name, "grounds")) && row < workflow_count(workflow, WORKFLOW_VOTES); row++)
        put_value(words, choice ? workflow_vote(workflow, row)->choices : workflow_vote(workflow, row)->grounds, value);
    for (int32_t row = 0; text_is(name, "ground") && row < workflow_count(workflow, WORKFLOW_STOPS); row++)
        put_value(words, workflow_stop(workflow, row)->grounds, value);
}

void view_words(const struct workflow *workflow, struct map_maker *row)
{
    struct map_maker all = map_begin(row->arena);
    const struct value *data = NULL;
    for (uint32_t i = 0; i < row->pairs; i++)
        if (text_is(row->items[2 * i].text, "data"))
            data = &row->items[2 * i + 1];
    for (uint32_t i = 0; data && i < data->count; i++) {
        struct words words = {.workflow = workflow, .map = map_begin(row->arena)};
        struct text name = data->items[2 * i].text;
        int32_t field = workflow_find_field(workflow, name);
        if (field != NONE)
            put_field(&words, field, &data->items[2 * i + 1]);
        else
            put_own(&words, name, &data->items[2 * i + 1]);
        if (words.map.pairs)
            map_put_named(&all, name, map_end(&words.map));
    }
    if (all.pairs)
        map_put(row, "words", map_end(&all));
}
