/* door_count: secret ballots. Their choice is sealed before the door, and counted when the vote has closed; then its key is destroyed. See
 * door.h and poll_count.c.
 *
 * What is sealed has one size, whatever was chosen; the nonce hangs on the event's id, so equal choices look different. Rows and
 * log hold the sealed choice beside the voter; without the key it says nothing, and the key ends with the vote. */
#include "engine/door.h"

#include "engine/poll.h"

enum { CHOICE_SIZE = 256 }; /* of the padded choice: 64 characters of UTF-8 at most */

static const struct text field = TEXT("choice");

static struct text case_key_of(const struct case_state *state)
{
    return (struct text){.data = (const char *)state->key, .size = ID_SIZE};
}

/* ---- a ballot ---- */

static enum err seal_choice(struct door *door, struct arena *arena, const struct case_state *state, const struct case_poll *poll, struct text event_id,
                            struct text choice, struct value *out)
{
    struct seal_key key = seal_key_of_vote(case_key_of(state), poll->roll);
    char *padded = arena_take(arena, CHOICE_SIZE);
    memcpy(padded, choice.data, choice.size);
    struct text sealed;
    enum err code = seal_value(door->seal, arena, (struct seal_keys){&key, 1}, event_id, field, (struct text){padded, CHOICE_SIZE}, &sealed);
    struct value *pair = ARENA_ARRAY(arena, struct value, 2);
    pair[0] = value_integer(poll->roll);
    if (!code)
        pair[1] = value_bytes(sealed.data, sealed.size);
    *out = (struct value){.kind = VALUE_LIST, .count = 2, .items = pair};
    return code;
}

enum err door_seal_ballot(struct door *door, struct arena *arena, const struct workflow *workflow, const struct case_state *state, struct event *event,
                          struct text *why)
{
    const struct case_poll *poll = poll_of_event(workflow, state, event);
    if (!poll || !poll_is_secret(workflow, poll))
        return ERR_OK;
    struct field_value *data = ARENA_ARRAY(arena, struct field_value, event->data_count);
    enum err code = ERR_OK;
    for (uint32_t i = 0; i < event->data_count && !code; i++) {
        data[i] = event->data[i];
        struct value *value = &data[i].value;
        if (!text_equal(data[i].name, field) || value->kind == VALUE_NONE)
            continue;
        bool known = value->kind == VALUE_TEXT && value->text.size <= CHOICE_SIZE && poll_choice(workflow, poll, value->text) >= 0;
        /* What does not count nobody needs to know. What is no choice is refused behind the door, where it is seen first whether this is a repeat of
         * one that came too late for an earlier vote. */
        if (poll->state != POLL_OPEN || !known)
            *value = value_bytes("", 0);
        else
            code = seal_choice(door, arena, state, poll, event->id, value->text, value);
    }
    event->data = data;
    if (code == ERR_NOT_FOUND) {
        *why = TEXT("The vote is over, and its key was destroyed.");
        code = ERR_NOT_NOW;
    }
    return code;
}

/* ---- when it has closed ---- */

struct counting {
    struct door *door;
    struct arena arena; /* of one ballot */
    const struct engine_count *owed;
    int64_t counts[VOTE_CHOICES_MOST];
    int64_t lost;       /* that could not be opened */
};

static enum err count_ballot(struct counting *counting, const struct roll_row *row)
{
    struct text plain;
    if (!row->member.cast || row->member.gone || row->sealed.size == 0)
        return ERR_OK;
    arena_reset(&counting->arena);
    enum err code = unseal_value(counting->door->seal, &counting->arena, field, row->sealed, &plain);
    if (code && code != ERR_NOT_FOUND && code != ERR_CORRUPT)
        return code;
    size_t size = code ? 0 : strnlen(plain.data, plain.size);
    int32_t choice = code ? -1 : poll_choice(counting->owed->workflow, counting->owed->poll, (struct text){plain.data, size});
    if (choice >= 0)
        counting->counts[choice]++;
    else
        counting->lost++;
    return ERR_OK;
}

static enum err count_rows(struct counting *counting, struct store_txn *txn)
{
    struct record_key prefix = key_roll(engine_partition(counting->door->engine), counting->owed->state->id, counting->owed->poll->roll, (struct text){0});
    struct store_cursor *cursor;
    struct text key, value;
    enum err code = store_cursor_open(txn, STORE_ROLL, &cursor);
    if (code)
        return code;
    code = store_cursor_seek(cursor, key_text(&prefix), &key, &value);
    while (!code && key_begins(key, &prefix)) {
        struct roll_row row;
        code = row_decode_roll(value, &row);
        code = code ? code : count_ballot(counting, &row);
        code = code ? code : store_cursor_next(cursor, &key, &value);
    }
    store_cursor_close(&cursor);
    return code == ERR_NOT_FOUND ? ERR_OK : code;
}

/* The counts under their choices, in the order of the names: nothing says in which order the ballots came. */
static void put_counts(struct arena *arena, const struct counting *counting, struct event *event)
{
    const struct workflow *workflow = counting->owed->workflow;
    struct span choices = workflow_vote(workflow, workflow_stage(workflow, counting->owed->poll->stage)->vote)->choices;
    const struct workflow_name *names = workflow->table[WORKFLOW_NAMES].rows;
    struct field_value *data = ARENA_ARRAY(arena, struct field_value, (size_t)choices.count);
    uint32_t count = 0;
    for (int32_t i = 0; i < choices.count; i++) {
        struct text name = text_of(workflow_string(workflow, names[choices.first + i].name));
        uint32_t at = count++;
        for (; at > 0 && text_compare(data[at - 1].name, name) > 0; at--)
            data[at] = data[at - 1];
        data[at] = (struct field_value){.name = name, .value = value_integer(counting->counts[i])};
    }
    event->data = data;
    event->data_count = count;
    if (counting->lost)
        event->why = arena_print(arena, "%lld ballots could not be opened: they count for no choice", (long long)counting->lost);
}

static enum err count_ballots(struct door *door, struct arena *arena, const struct engine_count *owed, struct event *event)
{
    struct counting counting = {.door = door, .owed = owed};
    struct store_txn *txn;
    enum err code = store_begin_read(engine_store(door->engine), &txn);
    if (code)
        return code;
    arena_init(&counting.arena);
    code = count_rows(&counting, txn);
    arena_close(&counting.arena);
    store_end_read(&txn);
    event->name = TEXT("counted");
    if (!code)
        put_counts(arena, &counting, event);
    return code;
}

enum err door_count(struct door *door, struct arena *arena, struct record_key *after, struct event *event)
{
    struct engine_count owed;
    enum err code = engine_next_count(door->engine, after, &owed);
    if (code)
        return code;
    *event = (struct event){.kind = EVENT_COUNT, .name = TEXT("key-destroyed"), .subject = {.kind = CASE_REF_ID, .id = owed.state->id}, .task = owed.task};
    if (owed.poll->state == POLL_COUNTING)
        return count_ballots(door, arena, &owed, event);
    struct seal_key key = seal_key_of_vote(case_key_of(owed.state), owed.poll->roll);
    return seal_destroy(door->seal, &key);
}
