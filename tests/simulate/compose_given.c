/* compose_given: the events that the language gives: extend, claim, ballot, stop-clock, reopen and so on. See clients.h. */
#include "tests/simulate/clients.h"

enum { GIVEN_MOST = 24, GIVEN_DATA_MOST = 8 };

struct given {
    const char *name;
    struct span people; /* who may; none: the parties */
};

struct given_list {
    struct given rows[GIVEN_MOST];
    uint32_t count;
};

static const struct span no_one = {0, 0};

static void add(struct given_list *list, const char *name, struct span people)
{
    if (list->count < GIVEN_MOST)
        list->rows[list->count++] = (struct given){name, people};
}

static void add_extend(struct given_list *list, const struct workflow *workflow, const struct workflow_stage *stage)
{
    const struct workflow_extend *extend = workflow_extend(workflow, stage->extend);
    add(list, "extend", workflow_by(workflow, extend->by)->people);
    if (!extend->asks.count)
        return;
    add(list, "grant", extend->asks);
    add(list, "deny", extend->asks);
}

static bool is_modelled(const struct workflow *workflow)
{
    const char *name = workflow_string(workflow, workflow_head(workflow)->name);
    return strcmp(name, "stairs") == 0 || strcmp(name, "works") == 0 || strcmp(name, "council") == 0 || strcmp(name, "drawn") == 0;
}

static void add_claims(struct given_list *list, const struct workflow *workflow, const struct workflow_stage *stage)
{
    const struct workflow_task *task = workflow_task(workflow, stage->task);
    if (!task->people.count)
        return;
    add(list, "claim", task->people);
    add(list, "unclaim", task->people);
    add(list, "hand-over", task->people);
    if (is_modelled(workflow))
        return; /* the models know no handlers */
    add(list, "add-handler", task->people);
    add(list, "remove-handler", task->people);
}

/* Who stands on the roll: of a rating, one of the groups. */
static struct span electors(struct sim *sim, const struct workflow *workflow, const struct workflow_vote *vote)
{
    if (!vote->raters.count)
        return vote->roll;
    return workflow_rater(workflow, vote->raters.first + (int32_t)dice_below(&sim->dice, (uint32_t)vote->raters.count))->people;
}

static void add_votes(struct sim *sim, struct given_list *list, const struct workflow *workflow, const struct workflow_vote *vote)
{
    for (int i = 0; i < 6; i++)
        add(list, "ballot", electors(sim, workflow, vote));
    add(list, "attend", electors(sim, workflow, vote));
    add(list, "recuse", electors(sim, workflow, vote));
}

static void add_stops(struct given_list *list, const struct workflow *workflow, const struct workflow_stage *stage)
{
    struct span people = workflow_by(workflow, workflow_stop(workflow, stage->stop_clock)->by)->people;
    for (int i = 0; i < 2; i++) {
        add(list, "stop-clock", people);
        add(list, "resume", people);
    }
}

/* Some vote of the workflow; NULL: it has none. */
static const struct workflow_stage *stage_with_vote(struct sim *sim, const struct workflow *workflow)
{
    int32_t stages = workflow_count(workflow, WORKFLOW_STAGES), first = (int32_t)dice_below(&sim->dice, (uint32_t)stages);
    for (int32_t i = 0; i < stages; i++) {
        const struct workflow_stage *stage = workflow_stage(workflow, (first + i) % stages);
        if (stage->vote != NONE)
            return stage;
    }
    return NULL;
}

static void add_afterwards(struct sim *sim, struct given_list *list, const struct workflow *workflow)
{
    const struct workflow_stage *vote = stage_with_vote(sim, workflow);
    int32_t reopen = workflow_head(workflow)->reopen;
    if (vote)
        add(list, "ballot", electors(sim, workflow, workflow_vote(workflow, vote->vote)));
    for (int i = 0; reopen != NONE && i < 3; i++)
        add(list, "reopen", workflow_by(workflow, workflow_reopen(workflow, reopen)->by)->people);
}

/* As far as the stage has them. */
static void list_given(struct sim *sim, const struct dossier *dossier, const struct workflow_stage *stage, struct given_list *list)
{
    const struct workflow *workflow = dossier->workflow;
    if (dossier->ended)
        add_afterwards(sim, list, workflow);
    if (stage->extend != NONE)
        add_extend(list, workflow, stage);
    if (stage->task != NONE)
        add_claims(list, workflow, stage);
    if (stage->vote != NONE)
        add_votes(sim, list, workflow, workflow_vote(workflow, stage->vote));
    if (stage->stop_clock != NONE)
        add_stops(list, workflow, stage);
    add(list, "take-back", no_one);
}

/* ---- what they bring ---- */

static void put(struct message *message, const char *name, struct value value)
{
    struct field_value *data = (struct field_value *)(uintptr_t)message->data;
    data[message->data_count++] = (struct field_value){text_of(name), value};
}

/* Most are for it: cases shall get somewhere. */
static const char *any_choice(struct sim *sim, const struct workflow *workflow, const struct workflow_vote *vote)
{
    if (dice_chance(&sim->dice, 500))
        return workflow_choice(workflow, vote->choices, 0);
    return workflow_choice(workflow, vote->choices, (int32_t)dice_below(&sim->dice, (uint32_t)vote->choices.count));
}

/* A ballot that says which vote it is for is not taken for one of another. A secret one always says so. */
static void put_ballot(struct sim *sim, const struct workflow *workflow, const struct workflow_stage *stage, struct message *message)
{
    if (stage->vote == NONE || dice_chance(&sim->dice, sim->profile.wrong / 4))
        stage = stage_with_vote(sim, workflow);
    const struct workflow_vote *vote = workflow_vote(workflow, stage->vote);
    put(message, "choice", value_text(text_of(any_choice(sim, workflow, vote))));
    if (dice_chance(&sim->dice, 60))
        put(message, "proxy", value_text(TEXT("paper 3")));
    if (vote->secret || dice_chance(&sim->dice, 300))
        put(message, "vote", value_text(text_of(workflow_string(workflow, stage->name))));
}

static void put_grounds(struct sim *sim, const struct workflow *workflow, const struct workflow_stage *stage, const struct dossier *dossier, struct message *message)
{
    const struct workflow_vote *vote = stage->vote == NONE ? NULL : workflow_vote(workflow, stage->vote);
    bool listed = vote && vote->grounds.count;
    put(message, "grounds", value_text(text_of(listed ? workflow_choice(workflow, vote->grounds, (int32_t)dice_below(&sim->dice, (uint32_t)vote->grounds.count)) : "kin")));
    if (vote && vote->recused_by.count && dossier->people_count && dice_chance(&sim->dice, 400)) {
        message->as = compose_sender(sim, workflow, dossier, vote->recused_by);
        put(message, "person", value_text(dossier->people[dice_below(&sim->dice, dossier->people_count)].person));
    }
}

static void put_extension(struct sim *sim, const struct workflow *workflow, const struct workflow_extend *extend, struct message *message)
{
    if (extend->up_to)
        put(message, "add", value_text(arena_print(&sim->scratch, "%u working days", 1 + dice_below(&sim->dice, 10))));
    compose_fields(sim, workflow, extend->needs, 1000, (struct field_value *)(uintptr_t)message->data, &message->data_count);
}

static void put_data(struct sim *sim, const struct dossier *dossier, const struct workflow_stage *stage, struct message *message)
{
    const struct workflow *workflow = dossier->workflow;
    message->data = ARENA_ARRAY(&sim->scratch, struct field_value, GIVEN_DATA_MOST);
    if (text_is(message->event, "hand-over"))
        put(message, "to", value_text(compose_anybody(sim)));
    else if (text_is(message->event, "add-handler") || text_is(message->event, "remove-handler"))
        put(message, "who", value_text(dice_chance(&sim->dice, 600) ? TEXT("handler") : compose_anybody(sim)));
    else if (text_is(message->event, "extend"))
        put_extension(sim, workflow, workflow_extend(workflow, stage->extend), message);
    else if (text_is(message->event, "ballot"))
        put_ballot(sim, workflow, stage, message);
    else if (text_is(message->event, "recuse"))
        put_grounds(sim, workflow, stage, dossier, message);
    else if (text_is(message->event, "stop-clock"))
        put(message, "ground", value_text(dice_chance(&sim->dice, 500) ? TEXT("hearing") : TEXT("survey")));
}

/* `name`: this one, if the stage has it; NULL: any. */
bool compose_fill_given(struct sim *sim, struct dossier *dossier, const struct workflow_stage *stage, const char *name, struct message *message)
{
    struct given_list list = {.count = 0};
    list_given(sim, dossier, stage, &list);
    uint32_t which = dice_below(&sim->dice, list.count);
    for (which = name ? 0 : which; name && which < list.count && strcmp(list.rows[which].name, name) != 0;)
        which++;
    if (which == list.count)
        return false;
    const struct given *chosen = &list.rows[which];
    message->event = text_of(chosen->name);
    message->as = chosen->people.count ? compose_sender(sim, dossier->workflow, dossier, chosen->people)
                  : dossier->people_count ? dossier->people[0].person : compose_anybody(sim);
    put_data(sim, dossier, stage, message);
    return true;
}
