/* case_record_poll: section 1 of the stored form of a case: its votes and ratings. See case_section.h.
 *
 *     one array a poll: roll, stage, rule, state, early, opened at, closed at, members, late, owed, owed at, number of choices, [lanes]
 *     a lane: all, roll, present, cast, gone, gone present, then the ballots for each choice */
#include "engine/case_section.h"

enum { POLL_MEMBERS = 13, LANE_MEMBERS = 6 };

static bool present(const struct case_state *state)
{
    return state->poll_count > 0;
}

static void put_lane(struct wire_writer *writer, const struct vote_lane *lane, uint32_t choices)
{
    wire_put_array(writer, LANE_MEMBERS + choices);
    wire_put_integer(writer, lane->all);
    wire_put_integer(writer, lane->roll);
    wire_put_integer(writer, lane->present);
    wire_put_integer(writer, lane->cast);
    wire_put_integer(writer, lane->gone);
    wire_put_integer(writer, lane->gone_present);
    for (uint32_t i = 0; i < choices; i++)
        wire_put_integer(writer, lane->choice[i]);
}

static void put(struct wire_writer *writer, const struct case_state *state)
{
    wire_put_array(writer, state->poll_count);
    for (uint32_t i = 0; i < state->poll_count; i++) {
        const struct case_poll *poll = &state->polls[i];
        wire_put_array(writer, POLL_MEMBERS);
        wire_put_unsigned(writer, poll->roll);
        wire_put_integer(writer, poll->stage);
        wire_put_integer(writer, poll->rule);
        wire_put_integer(writer, poll->state);
        wire_put_boolean(writer, poll->early);
        wire_put_integer(writer, poll->opened_at);
        wire_put_integer(writer, poll->closed_at);
        wire_put_unsigned(writer, poll->members);
        wire_put_unsigned(writer, poll->late);
        wire_put_unsigned(writer, poll->owed);
        wire_put_integer(writer, poll->owed_at);
        wire_put_unsigned(writer, poll->tally.choices);
        wire_put_array(writer, poll->tally.lanes);
        for (uint32_t lane = 0; lane < poll->tally.lanes; lane++)
            put_lane(writer, &poll->tally.lane[lane], poll->tally.choices);
    }
}

static int64_t get_weight(struct wire_reader *reader)
{
    return section_number(reader, 0, VOTE_TOTAL_MOST);
}

static uint32_t get_count(struct wire_reader *reader, uint32_t most)
{
    return (uint32_t)section_number(reader, 0, most);
}

static void get_lane(struct wire_reader *reader, struct vote_lane *lane, uint32_t choices)
{
    section_holds(reader, wire_get_array(reader) == LANE_MEMBERS + choices);
    lane->all = get_weight(reader);
    lane->roll = get_weight(reader);
    lane->present = get_weight(reader);
    lane->cast = get_weight(reader);
    lane->gone = get_weight(reader);
    lane->gone_present = get_weight(reader);
    int64_t counted = 0;
    for (uint32_t i = 0; i < choices; i++) {
        lane->choice[i] = get_weight(reader);
        counted += lane->choice[i];
    }
    section_holds(reader, lane->roll <= lane->all && lane->present <= lane->roll && lane->cast <= lane->present && counted <= lane->cast);
    section_holds(reader, lane->gone_present <= lane->gone && lane->cast + lane->gone <= lane->roll);
}

static void get_poll(struct wire_reader *reader, struct case_poll *poll)
{
    section_holds(reader, wire_get_array(reader) == POLL_MEMBERS);
    poll->roll = (uint32_t)section_number(reader, 1, UINT32_MAX);
    poll->stage = (int32_t)section_number(reader, 0, INT32_MAX);
    poll->rule = (int32_t)section_number(reader, NONE, INT32_MAX);
    poll->state = (enum poll_state)section_number(reader, POLL_OPEN, POLL_LEFT);
    poll->early = wire_get_boolean(reader);
    poll->opened_at = wire_get_integer(reader);
    poll->closed_at = wire_get_integer(reader);
    poll->members = get_count(reader, INT32_MAX);
    poll->late = get_count(reader, INT32_MAX);
    poll->owed = wire_get_unsigned(reader);
    poll->owed_at = wire_get_integer(reader);
    poll->tally.choices = get_count(reader, VOTE_CHOICES_MOST);
    poll->tally.lanes = wire_get_array(reader);
    section_holds(reader, poll->tally.lanes <= VOTE_LANES_MOST);
    for (uint32_t lane = 0; lane < poll->tally.lanes && !reader->failed; lane++)
        get_lane(reader, &poll->tally.lane[lane], poll->tally.choices);
    section_holds(reader, (poll->state == POLL_OPEN) == (poll->closed_at == 0));
}

static void get(struct wire_reader *reader, struct case_state *state)
{
    uint32_t count = wire_get_array(reader);
    section_holds(reader, count <= CASE_POLLS_MOST);
    if (reader->failed)
        return;
    state->polls = ARENA_ARRAY(reader->arena, struct case_poll, count);
    state->poll_count = count;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        get_poll(reader, &state->polls[i]);
        section_holds(reader, i == 0 || (state->polls[i - 1].roll < state->polls[i].roll && state->polls[i - 1].state > POLL_COUNTING));
    }
}

const struct case_section case_section_polls = {.number = 1, .present = present, .put = put, .get = get};
