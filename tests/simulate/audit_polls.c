/* audit_polls: rolls and ballots, secret ones too; what is published; what is kept of people. See audit.h.
 *
 * The choice of a secret ballot is read here when its record comes, under the key that there still is, so that the count can be held against it. */
#include "engine/seal.h"
#include "tests/simulate/audit.h"
#include "tests/simulate/host.h"
#include "tests/simulate/model_inner.h"

#include <assert.h>

#define ID(number) (unsigned long long)(number)

/* ---- keys ---- */

static void no_random(void *context, void *bytes, size_t size)
{
    (void)context;
    memset(bytes, 0, size);
}

/* As somebody would who reads the disk: nothing is asked of the process. */
static enum err unseal(struct sim *sim, struct text field, struct text sealed, struct text *plain)
{
    struct seal *seal;
    enum err code = seal_open(&seal, sim->host->keys, &(struct seal_random){no_random, NULL});
    assert(code == ERR_OK);
    code = unseal_value(seal, &sim->scratch, field, sealed, plain);
    seal_close(&seal);
    return code;
}

/* ---- ballots, as they come ---- */

static struct seen_roll *roll_at(struct sim *sim, uint64_t case_id, uint32_t roll)
{
    void **slot = map_at(&sim->audit->rolls, arena_print(&sim->scratch, "%llu/%u", ID(case_id), roll));
    if (!*slot)
        *slot = ARENA_NEW(&sim->memory, struct seen_roll);
    return *slot;
}

static void take_sealed(struct sim *sim, const struct log_record *record, const struct value *choice, uint64_t position)
{
    struct map_number storage;
    struct text plain;
    struct seen_ballot *ballot = ARENA_NEW(&sim->memory, struct seen_ballot);
    struct text sealed = choice->items[1].text;
    enum err code = unseal(sim, TEXT("choice"), sealed, &plain);
    if (code)
        sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "record %llu: a secret ballot was taken that cannot be opened: %s", ID(position), err_name(code));
    else
        ballot->choice = arena_copy(&sim->memory, (struct text){plain.data, strnlen(plain.data, plain.size)});
    roll_at(sim, record->case_id, (uint32_t)choice->items[0].integer)->sealed = sealed;
    *map_at(&sim->audit->ballots, map_key(&storage, position)) = ballot;
}

static void take_ballot(struct sim *sim, const struct log_record *record, uint64_t position)
{
    const struct value *choice = NULL, *vote = NULL;
    for (uint32_t i = 0; i < record->event.data_count; i++) {
        const struct field_value *given = &record->event.data[i];
        choice = text_is(given->name, "choice") ? &given->value : choice;
        vote = text_is(given->name, "vote") ? &given->value : vote;
    }
    if (choice && choice->kind == VALUE_LIST && choice->count == 2)
        take_sealed(sim, record, choice, position);
    if (choice && choice->kind == VALUE_TEXT && vote && text_is(vote->text, "hidden-vote"))
        sim_broken(sim, INVARIANT_PRIVATE_STAYS_SEALED, "record %llu: the choice of a secret ballot stands in clear", ID(position));
}

/* ---- counts ---- */

static int64_t count_said(const struct event *event, struct text choice)
{
    for (uint32_t i = 0; i < event->data_count; i++)
        if (text_equal(event->data[i].name, choice))
            return event->data[i].value.integer;
    return 0;
}

static void each_row(struct sim *sim, struct store_txn *txn, uint64_t case_id, uint32_t roll, void (*look)(struct sim *sim, const struct roll_row *row, void *context), void *context)
{
    struct record_key prefix = key_roll(0, case_id, roll, (struct text){0});
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, STORE_ROLL, &cursor);
    code = code ? code : store_cursor_seek(cursor, key_text(&prefix), &key, &value);
    for (; !code && key_begins(key, &prefix); code = store_cursor_next(cursor, &key, &value)) {
        struct roll_row row = {.on_roll = false};
        uint64_t id;
        if (row_decode_roll(value, &row) || !key_read_roll(key, &id, &row.roll, &row.person))
            sim_broken(sim, INVARIANT_BALLOTS_ADD_UP, "case %llu: a row of roll %u cannot be read", ID(case_id), roll);
        else
            look(sim, &row, context);
    }
    store_cursor_close(&cursor);
}

/* How many ballots there are, and how many for one choice. */
struct counted {
    struct text choice;
    int64_t all, chosen;
};

static void count_row(struct sim *sim, const struct roll_row *row, void *context)
{
    struct counted *counted = context;
    struct map_number storage;
    const struct seen_ballot *ballot = row->member.cast && !row->member.gone ? map_find(&sim->audit->ballots, map_key(&storage, row->position)) : NULL;
    counted->all += ballot != NULL;
    counted->chosen += ballot && text_equal(ballot->choice, counted->choice);
}

static void check_count(struct sim *sim, struct store_txn *txn, const struct log_record *record, uint64_t position, uint32_t roll)
{
    static const char *const choices[] = {"secretly-for", "secretly-against"};
    for (int i = 0; i < 2; i++) {
        struct counted counted = {.choice = text_of(choices[i])};
        each_row(sim, txn, record->case_id, roll, count_row, &counted);
        int64_t said = count_said(&record->event, counted.choice);
        if (said != counted.chosen)
            sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "record %llu: %lld secret ballots are counted for %s, there were %lld among %lld", ID(position), (long long)said,
                       choices[i], (long long)counted.chosen, (long long)counted.all);
    }
    if (++roll_at(sim, record->case_id, roll)->counted > 1)
        sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "record %llu: roll %u of case %llu is counted a second time", ID(position), roll, ID(record->case_id));
}

static void take_count(struct sim *sim, struct store_txn *txn, const struct log_record *record, uint64_t position)
{
    struct record_key key = key_case(0, record->case_id);
    struct case_state *state;
    struct text value;
    if (!text_is(record->event.name, "counted"))
        return;
    if (store_get(txn, STORE_CASE, key_text(&key), &value) || case_decode(&sim->scratch, arena_copy(&sim->scratch, value), &state))
        return;
    for (uint32_t i = 0; i < state->poll_count; i++)
        if (state->polls[i].owed == record->event.task)
            check_count(sim, txn, record, position, state->polls[i].roll);
}

void audit_poll_record(struct sim *sim, struct store_txn *txn, const struct seen_record *seen, uint64_t position)
{
    const struct event *event = &seen->record.event;
    if (event->kind == EVENT_SEND && text_is(event->name, "ballot"))
        take_ballot(sim, &seen->record, position);
    if (event->kind == EVENT_COUNT)
        take_count(sim, txn, &seen->record, position);
}

/* ---- rolls, as they stand ---- */

struct summed {
    struct vote_tally tally;
    uint32_t members, late;
    struct text names;
    bool secret;
};

static void sum_row(struct sim *sim, const struct roll_row *row, void *context)
{
    struct summed *summed = context;
    const struct vote_member *member = &row->member;
    summed->late += row->late;
    if (!row->on_roll)
        return;
    summed->members++;
    summed->names = arena_print(&sim->scratch, "%.*s %.*s", SHOW(summed->names), SHOW(row->person));
    for (uint32_t i = 0; i < summed->tally.lanes; i++) {
        struct vote_lane *lane = &summed->tally.lane[i];
        int64_t weight = member->weight[i];
        lane->all += weight;
        lane->roll += member->recused ? 0 : weight;
        lane->present += member->cast || member->attended ? weight : 0;
        lane->cast += member->cast ? weight : 0;
        if (member->cast && !member->gone && member->choice >= 0)
            lane->choice[member->choice] += weight;
    }
}

static bool same_lane(const struct vote_lane *one, const struct vote_lane *other, uint32_t choices, bool secret)
{
    bool same = one->all == other->all && one->roll == other->roll && one->present == other->present && one->cast == other->cast;
    for (uint32_t i = 0; i < choices && !secret; i++)
        same = same && one->choice[i] == other->choice[i];
    return same;
}

static void check_roll(struct sim *sim, const struct case_state *state, const struct case_poll *poll, const struct summed *summed)
{
    struct seen_roll *seen = roll_at(sim, state->id, poll->roll);
    if (!seen->members.size)
        seen->members = arena_copy(&sim->memory, summed->names);
    if (!text_equal(seen->members, summed->names) || summed->members != poll->members)
        sim_broken(sim, INVARIANT_ROLLS_STAY, "case %llu: roll %u was drawn with%.*s, and now has%.*s", ID(state->id), poll->roll, SHOW(seen->members), SHOW(summed->names));
    for (uint32_t i = 0; i < poll->tally.lanes; i++)
        if (!same_lane(&poll->tally.lane[i], &summed->tally.lane[i], poll->tally.choices, summed->secret))
            sim_broken(sim, INVARIANT_BALLOTS_ADD_UP, "case %llu: roll %u says %lld ballots of %lld, its rows come to %lld of %lld, or to other choices", ID(state->id), poll->roll,
                       (long long)poll->tally.lane[i].cast, (long long)poll->tally.lane[i].all, (long long)summed->tally.lane[i].cast, (long long)summed->tally.lane[i].all);
    if (poll->late != summed->late)
        sim_broken(sim, INVARIANT_BALLOTS_ADD_UP, "case %llu: roll %u says %u late ballots, its rows %u", ID(state->id), poll->roll, poll->late, summed->late);
}

/* Who could vote, and how they did, goes with everything else of people; what came of it stays. */
static void check_forgotten_roll(struct sim *sim, const struct case_state *state, const struct case_poll *poll, const struct summed *summed)
{
    if (summed->names.size && !case_poll_counting(state))
        sim_broken(sim, INVARIANT_FORGOTTEN_IS_GONE, "case %llu: the time for which it is kept is over, and roll %u still has%.*s", ID(state->id), poll->roll, SHOW(summed->names));
}

/* Of a secret vote that is over, when nothing is on its way any more. */
static void check_secret(struct sim *sim, const struct case_state *state, const struct case_poll *poll, bool last)
{
    const struct seen_roll *seen = roll_at(sim, state->id, poll->roll);
    struct text plain;
    if (last && poll->state != POLL_OPEN && poll->owed && !(state->flags & CASE_HELD))
        sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "case %llu: the secret vote of roll %u is over, and its counts or the end of its key are still owed", ID(state->id), poll->roll);
    if (poll->state == POLL_OPEN || poll->owed)
        return;
    if (seen->sealed.size && unseal(sim, TEXT("choice"), seen->sealed, &plain) != ERR_NOT_FOUND)
        sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "case %llu: the secret vote of roll %u is over, and its ballots can still be opened", ID(state->id), poll->roll);
    if (poll->state != POLL_LEFT && seen->counted != 1)
        sim_broken(sim, INVARIANT_SECRETS_COUNTED_ONCE, "case %llu: the secret vote of roll %u was counted %u times", ID(state->id), poll->roll, seen->counted);
}

void audit_polls(struct sim *sim, struct store_txn *txn, const struct case_state *state, const struct workflow *workflow, bool last)
{
    for (uint32_t i = 0; i < state->poll_count && !sim_over(sim); i++) {
        const struct case_poll *poll = &state->polls[i];
        struct summed summed = {.tally = {.lanes = poll->tally.lanes}, .secret = workflow_vote(workflow, workflow_stage(workflow, poll->stage)->vote)->secret != 0};
        each_row(sim, txn, state->id, poll->roll, sum_row, &summed);
        if (state->flags & CASE_FORGOTTEN)
            check_forgotten_roll(sim, state, poll, &summed);
        else
            check_roll(sim, state, poll, &summed);
        if (summed.secret)
            check_secret(sim, state, poll, last);
    }
}

/* ---- what is published ---- */

/* What stays up beside the work does so for four days (council.yaml); a stage's is down when the stage is left. */
void audit_published(struct sim *sim, const struct case_state *state, const struct workflow *workflow, int64_t time)
{
    for (uint32_t i = 0; i < state->publication_count && !(state->flags & CASE_HELD); i++) {
        const struct case_publication *up = &state->publications[i];
        bool lasting = workflow_publication(workflow, up->row)->lasting != NONE, ended = (state->flags & CASE_ENDED) != 0;
        if (lasting ? days_due(sim->audit->calendar_version, up->at, 4) < time : ended || workflow_stage(workflow, state->stage)->publish != up->row)
            sim_broken(sim, INVARIANT_PUBLISHED_COMES_DOWN, "case %llu: what was published at %lld is still up", ID(state->id), (long long)up->at);
    }
}

/* ---- what is kept of people ---- */

void audit_private_record(struct sim *sim, struct seen_case *subject, const struct log_record *record)
{
    (void)sim;
    for (uint32_t i = 0; i < record->event.data_count && !subject->sealed.size; i++)
        if (record->event.kind == EVENT_OPEN && record->event.data[i].value.kind == VALUE_BYTES) {
            subject->sealed_name = record->event.data[i].name;
            subject->sealed = record->event.data[i].value.text;
        }
}

void audit_forgotten(struct sim *sim, const struct case_state *state, const struct workflow *workflow, const struct seen_case *subject, bool last)
{
    struct text plain;
    if (!(state->flags & CASE_FORGOTTEN))
        return;
    bool empty = state->opener.size == 0;
    for (uint32_t i = 0; i < state->data_count; i++) {
        const struct workflow_field *field = workflow_field(workflow, (int32_t)i);
        empty = empty && ((!field->private && field->type != FIELD_PEOPLE) || state->data[i].kind == VALUE_NONE);
    }
    if (!empty || (last && subject->sealed.size && unseal(sim, subject->sealed_name, subject->sealed, &plain) != ERR_NOT_FOUND))
        sim_broken(sim, INVARIANT_FORGOTTEN_IS_GONE, "case %llu: the time for which it is kept is over, and what it held of people is still there", ID(state->id));
}
