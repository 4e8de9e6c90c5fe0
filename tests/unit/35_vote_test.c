/* votes in the engine: a ballot writes one row of the longest roll; a secret choice stands nowhere, survives every break until it is counted,
 * and is gone for ever afterwards; the log gives the same rows. */
#include "engine/view.h"
#include "tests/unit/rooms.h"

#define SECRET                                                                                                         \
    "workflow: secret\nversion: 1\nopens: {by: secretary, at: community}\nstart: {go: box}\nstages:\n  box:\n    within: 3 days\n"  \
    "    vote: {roll: council-member, choices: [xyzzy, plugh-that-is-longer], pass: {xyzzy: more than 1/2, of: cast},\n"            \
    "           secret: true, passed: {end: passed}, failed: {end: failed}}\nends: {passed: , failed: }\n"
#define TWICE                                                                                                          \
    "workflow: twice\nversion: 1\nopens: {by: secretary, at: community}\nstart: {go: box}\nstages:\n  box:\n    within: 3 days\n"   \
    "    vote: {roll: council-member, choices: [xyzzy, plugh], pass: {xyzzy: more than 1/2, of: cast},\n"                          \
    "           secret: true, passed: {end: passed}, failed: {go: talk}}\n  talk:\n    within: 90 days\n"                         \
    "    overdue: {end: failed}\n    events:\n      call: {by: secretary, go: box}\nends: {passed: , failed: }\n"
#define OPEN_VOTE                                                                                                      \
    "workflow: large\nversion: 1\nopens: {by: secretary, at: community}\nstart: {go: box}\nstages:\n  box:\n    within: 3 days\n"   \
    "    vote: {roll: owner, choices: [yes-please, no-thanks], pass: {yes-please: more than 1/2, of: all members},\n"               \
    "           early: true, passed: {end: passed}, failed: {end: failed}}\nends: {passed: , failed: }\n"

static const char key[] = "votes-0123456789";
enum { CLOSED = 5 * 24 * 3600 * 1000 }; /* after the deadline */

static void deploy(struct rooms *rooms, const char *file, const char *text)
{
    assert_int_equal(bed_deploy(&rooms->bed, rooms->time.now, file, text_of(text)), ERR_OK);
}

static struct message ballot_of(struct rooms *rooms, const char *person, const char *choice)
{
    struct field_value *data = ARENA_NEW(&rooms->bed.arena, struct field_value);
    *data = field_text("choice", choice);
    return message_send(rooms, key, "ballot", arena_copy(&rooms->bed.arena, text_of(person)).data, data, 1);
}

static void cast(struct rooms *rooms, const char *person, const char *choice)
{
    const struct message ballot = ballot_of(rooms, person, choice);
    expect_applied(rooms_tell(rooms, &ballot));
}

static const struct case_state *state_of(struct rooms *rooms)
{
    const struct case_ref subject = {.kind = CASE_REF_KEY, .text = TEXT("votes-0123456789")};
    const struct case_state *state;
    assert_int_equal(engine_find_case(rooms->bed.engine, &subject, &state), ERR_OK);
    return state;
}

/* ---- a long roll ---- */

enum { ROLL = 5500 };

static const char *long_directory(struct rooms *rooms)
{
    size_t room = ROLL * 64 + 1024, size = 0;
    char *text = arena_take(&rooms->bed.arena, room);
    size += (size_t)snprintf(text, room, "directory: estate\nversion: 1\nlevels:\n  - {level: community, title: {en: Community}}\n"
                                         "roles:\n  owner: {title: {en: Owner}, reach: here}\n  secretary: {title: {en: Secretary}, reach: here}\n"
                                         "units:\n  estate: {id: 1, level: community, title: Estate, calendar: cn-statutory}\n"
                                         "people:\n  boss: {name: Boss, holds: [{role: secretary, at: estate}]}\n");
    for (int i = 0; i < ROLL; i++)
        size += (size_t)snprintf(text + size, room - size, "  o%d: {name: O, holds: [{role: owner, at: estate}]}\n", i);
    return text;
}

struct rows {
    uint32_t count;
    uint64_t sums[ROLL + 8];
};

static void read_rows(struct rooms *rooms, struct rows *rows)
{
    struct store_txn *txn;
    struct store_cursor *cursor;
    struct text row_key, value;
    rows->count = 0;
    assert_int_equal(store_begin_read(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_cursor_open(txn, STORE_ROLL, &cursor), ERR_OK);
    for (enum err code = store_cursor_seek(cursor, (struct text){0}, &row_key, &value); !code; code = store_cursor_next(cursor, &row_key, &value))
        rows->sums[rows->count++] = store_checksum(row_key, value);
    store_cursor_close(&cursor);
    store_end_read(&txn);
}

static uint32_t changed_rows(const struct rows *before, const struct rows *after)
{
    uint32_t changed = 0;
    assert_int_equal(before->count, after->count);
    for (uint32_t i = 0; i < before->count; i++)
        changed += before->sums[i] != after->sums[i];
    return changed;
}

/* The estate alone: a directory may not lose units, so the sample one is not deployed before it. */
static void open_estate(struct rooms *rooms)
{
    struct store *store;
    *rooms = (struct rooms){.time = {.now = AT(1000), .monotonic = 5000}};
    assert_int_equal(store_memory_open(&store), ERR_OK);
    assert_int_equal(store_memory_open(&rooms->keys), ERR_OK);
    bed_init(&rooms->bed, store);
    assert_int_equal(bed_deploy(&rooms->bed, AT(0), "calendar-cn.yaml", bed_file(&rooms->bed, "config/calendar-cn.yaml")), ERR_OK);
    deploy(rooms, "estate.yaml", long_directory(rooms));
    deploy(rooms, "large.yaml", OPEN_VOTE);
    assert_int_equal(seal_open(&rooms->seal, rooms->keys, NULL), ERR_OK);
    rooms->door = (struct door){.engine = rooms->bed.engine, .seal = rooms->seal};
    rooms_open_outbox(rooms);
}

static void a_ballot_writes_one_row_of_a_roll_of_thousands(void **state)
{
    (void)state;
    static struct rooms rooms;
    static struct rows before, after;
    open_estate(&rooms);
    struct message open = message_open(&rooms, key, "large", "estate", "boss", NULL, 0);
    expect_applied(rooms_tell(&rooms, &open));
    read_rows(&rooms, &before);
    assert_int_equal(before.count, ROLL);
    assert_int_equal(state_of(&rooms)->polls[0].members, ROLL);
    cast(&rooms, "o1234", "yes-please");
    read_rows(&rooms, &after);
    assert_int_equal(changed_rows(&before, &after), 1);
    char name[16];
    for (int i = 0; i < ROLL / 2; i++) { /* o1234 among them */
        snprintf(name, sizeof name, "o%d", i);
        const struct message ballot = ballot_of(&rooms, name, "yes-please");
        if (i != 1234)
            expect_applied(rooms_tell(&rooms, &ballot));
    }
    assert_int_equal(state_of(&rooms)->polls[0].state, POLL_OPEN); /* exactly half is not more than half */
    cast(&rooms, "o5000", "yes-please");
    assert_int_equal(state_of(&rooms)->polls[0].state, POLL_PASSED);
    bed_assert_replays(&rooms.bed);
    rooms_close(&rooms);
}

/* ---- a secret vote ---- */

static void open_secret(struct rooms *rooms)
{
    rooms_open(rooms, "workflows/grid-matter/workflow.yaml");
    deploy(rooms, "secret.yaml", SECRET);
    struct message open = message_open(rooms, key, "secret", "jinnong", "secretary-11", NULL, 0);
    expect_applied(rooms_tell(rooms, &open));
}

static void let_it_close(struct rooms *rooms)
{
    uint32_t fired;
    rooms->time.now += CLOSED;
    rooms_begin(rooms);
    assert_int_equal(engine_fire(rooms->bed.engine, 100, &fired), ERR_OK);
    assert_int_equal(fired, 1);
    rooms_commit(rooms);
}

/* What is owed next, as the server would bring it: the event, not decided yet. */
static struct event owed(struct rooms *rooms, const char *name)
{
    struct record_key after = {.size = 0};
    struct event event;
    assert_true(engine_owes_counts(rooms->bed.engine));
    assert_int_equal(door_count(&rooms->door, &rooms->bed.arena, &after, &event), ERR_OK);
    assert_true(text_is(event.name, name));
    return event;
}

static void decide_owed(struct rooms *rooms, const char *name)
{
    const struct event event = owed(rooms, name);
    struct message answer;
    rooms_begin(rooms);
    assert_int_equal(engine_decide(rooms->bed.engine, &event, &answer), ERR_OK);
    expect_applied(answer);
    rooms_commit(rooms);
}

static bool nothing_owed(struct rooms *rooms)
{
    struct record_key after = {.size = 0};
    struct event event;
    return !engine_owes_counts(rooms->bed.engine) || door_count(&rooms->door, &rooms->bed.arena, &after, &event) == ERR_NOT_FOUND;
}

static struct roll_row row_of(struct rooms *rooms, const char *person)
{
    struct store_txn *txn;
    struct text value;
    struct roll_row row;
    struct record_key row_key = key_roll(0, state_of(rooms)->id, 1, text_of(person));
    assert_int_equal(store_begin_read(rooms->bed.store, &txn), ERR_OK);
    assert_int_equal(store_get(txn, STORE_ROLL, key_text(&row_key), &value), ERR_OK);
    assert_int_equal(row_decode_roll(arena_copy(&rooms->bed.arena, value), &row), ERR_OK);
    store_end_read(&txn);
    return row;
}

/* Whether these bytes stand anywhere in the store, but for what was deployed before the case was opened. */
static bool stands_anywhere(struct rooms *rooms, const char *needle)
{
    uint64_t opened = state_of(rooms)->id, position;
    struct store_txn *txn;
    bool found = false;
    assert_int_equal(store_begin_read(rooms->bed.store, &txn), ERR_OK);
    for (int table = 0; table < STORE_TABLE_COUNT; table++) {
        struct store_cursor *cursor;
        struct text row_key, value;
        assert_int_equal(store_cursor_open(txn, (enum store_table)table, &cursor), ERR_OK);
        for (enum err code = store_cursor_seek(cursor, (struct text){0}, &row_key, &value); !code; code = store_cursor_next(cursor, &row_key, &value)) {
            bool deployed = table == STORE_DEPLOYED || (table == STORE_LOG && key_read_u64_last(row_key, &position) && position < opened);
            found = found || (!deployed && memmem(value.data, value.size, needle, strlen(needle)));
        }
        store_cursor_close(&cursor);
    }
    store_end_read(&txn);
    return found;
}

static void a_choice_stands_nowhere(void **state)
{
    (void)state;
    static struct rooms rooms;
    open_secret(&rooms);
    cast(&rooms, "council-11-1", "xyzzy");
    cast(&rooms, "council-11-2", "plugh-that-is-longer");
    cast(&rooms, "council-11-3", "xyzzy");
    assert_true(stands_anywhere(&rooms, "council-11-1")); /* the turnout does */
    assert_false(stands_anywhere(&rooms, "xyzzy"));
    assert_false(stands_anywhere(&rooms, "plugh"));
    struct text one = row_of(&rooms, "council-11-1").sealed, two = row_of(&rooms, "council-11-2").sealed, three = row_of(&rooms, "council-11-3").sealed;
    assert_int_equal(one.size, two.size); /* a longer word is no longer */
    assert_false(text_equal(one, three)); /* the same choice looks different */
    assert_int_equal(row_of(&rooms, "council-11-1").member.choice, -1);
    assert_int_equal(state_of(&rooms)->polls[0].tally.lane[0].choice[0], 0);
    assert_int_equal(state_of(&rooms)->polls[0].tally.lane[0].cast, 3);
    rooms_close(&rooms);
}

/* Whoever sends a ballot again with each of the choices learns nothing, before and after. */
static void a_repeat_tells_nothing(void **state)
{
    (void)state;
    static struct rooms rooms;
    open_secret(&rooms);
    struct message ballot = ballot_of(&rooms, "council-11-1", "xyzzy"), other = ballot;
    const struct field_value changed = field_text("choice", "plugh-that-is-longer");
    other.data = &changed;
    expect_applied(rooms_tell(&rooms, &ballot));
    assert_int_equal(rooms_tell(&rooms, &ballot).kind, MESSAGE_DUPLICATE);
    assert_int_equal(rooms_tell(&rooms, &other).kind, MESSAGE_DUPLICATE);
    let_it_close(&rooms);
    decide_owed(&rooms, "counted");
    decide_owed(&rooms, "key-destroyed");
    assert_int_equal(rooms_tell(&rooms, &ballot).kind, MESSAGE_DUPLICATE);
    assert_int_equal(rooms_tell(&rooms, &other).kind, MESSAGE_DUPLICATE);
    /* Another person under the same id is another event. */
    other.as = TEXT("council-11-2");
    expect_refused(rooms_tell(&rooms, &other), ERR_ID_REUSED);
    rooms_close(&rooms);
}

/* The history shows that somebody has voted, to nobody how, also while the key is there. */
static void the_history_opens_no_choice(void **state)
{
    (void)state;
    static struct rooms rooms;
    open_secret(&rooms);
    cast(&rooms, "council-11-1", "xyzzy");
    struct view view = {.engine = rooms.bed.engine, .seal = rooms.seal, .arena = &rooms.bed.arena};
    const struct viewer viewer = {.person = TEXT("council-11-1")};
    struct log_record record;
    struct value row;
    const struct case_state *now = state_of(&rooms);
    assert_int_equal(view_begin(&view), ERR_OK);
    assert_int_equal(view_record(&view, now->last_position, &record), ERR_OK);
    assert_int_equal(view_history(&view, now, now->last_position, &record, &viewer, &row), ERR_OK);
    view_end(&view);
    assert_string_equal(row_string(&rooms, &row, "e"), "ballot");
    assert_string_equal(row_string(&rooms, &row, "as"), "council-11-1");
    assert_null(value_get(&row, "data"));
    const struct value *hidden = value_get(&row, "private");
    assert_true(hidden && hidden->count == 1 && text_is(hidden->items[0].text, "choice"));
    rooms_close(&rooms);
}

/* The engine dies at every step between the close and the end: what is owed is done once, and the key ends. */
static void the_counts_survive_every_break(void **state)
{
    (void)state;
    static struct rooms rooms;
    open_secret(&rooms);
    cast(&rooms, "council-11-1", "xyzzy");
    cast(&rooms, "council-11-2", "plugh-that-is-longer");
    cast(&rooms, "council-11-3", "xyzzy");
    rooms_restart(&rooms);
    let_it_close(&rooms);
    assert_int_equal(state_of(&rooms)->polls[0].state, POLL_COUNTING);
    rooms_restart(&rooms);
    owed(&rooms, "counted"); /* counted, but never decided */
    rooms_restart(&rooms);
    decide_owed(&rooms, "counted");
    assert_int_equal(state_of(&rooms)->polls[0].state, POLL_PASSED);
    assert_int_equal(state_of(&rooms)->polls[0].tally.lane[0].choice[0], 2);
    assert_int_equal(state_of(&rooms)->polls[0].tally.lane[0].choice[1], 1);
    rooms_restart(&rooms);
    struct text plain, sealed = row_of(&rooms, "council-11-1").sealed;
    assert_int_equal(unseal_value(rooms.seal, &rooms.bed.arena, TEXT("choice"), sealed, &plain), ERR_OK);
    owed(&rooms, "key-destroyed"); /* destroyed, but the log does not say so yet */
    assert_int_equal(unseal_value(rooms.seal, &rooms.bed.arena, TEXT("choice"), sealed, &plain), ERR_NOT_FOUND);
    rooms_restart(&rooms);
    decide_owed(&rooms, "key-destroyed");
    assert_true(nothing_owed(&rooms));
    rooms_restart(&rooms);
    assert_true(nothing_owed(&rooms));
    assert_int_equal(unseal_value(rooms.seal, &rooms.bed.arena, TEXT("choice"), sealed, &plain), ERR_NOT_FOUND);
    bed_assert_replays(&rooms.bed);
    rooms_close(&rooms);
}

/* A key that was lost: the ballots count for no choice, and the history says how many. */
static void ballots_that_cannot_be_opened(void **state)
{
    (void)state;
    static struct rooms rooms;
    open_secret(&rooms);
    cast(&rooms, "council-11-1", "xyzzy");
    struct seal_key lost = seal_key_of_vote(text_of(key), 1);
    assert_int_equal(seal_destroy(rooms.seal, &lost), ERR_OK);
    const struct message late = ballot_of(&rooms, "council-11-2", "xyzzy");
    expect_refused(rooms_tell(&rooms, &late), ERR_NOT_NOW);
    let_it_close(&rooms);
    assert_non_null(memmem(owed(&rooms, "counted").why.data, 30, "1 ballots could not be opened", 29));
    decide_owed(&rooms, "counted");
    assert_int_equal(state_of(&rooms)->polls[0].state, POLL_FAILED);
    rooms_close(&rooms);
}

/* Too late it is noted, whatever it says; the same ballot again has the same answer, also when the next vote is open and knows no such choice. */
static void a_late_ballot_again_while_the_next_vote_is_open(void **state)
{
    (void)state;
    static struct rooms rooms;
    rooms_open(&rooms, "workflows/grid-matter/workflow.yaml");
    deploy(&rooms, "twice.yaml", TWICE);
    struct message open = message_open(&rooms, key, "twice", "jinnong", "secretary-11", NULL, 0);
    expect_applied(rooms_tell(&rooms, &open));
    let_it_close(&rooms);
    decide_owed(&rooms, "counted");
    decide_owed(&rooms, "key-destroyed");
    const struct message late = ballot_of(&rooms, "council-11-1", "perhaps");
    struct message first = rooms_tell(&rooms, &late), again;
    expect_applied(first);
    struct message call = message_send(&rooms, key, "call", "secretary-11", NULL, 0);
    expect_applied(rooms_tell(&rooms, &call));
    assert_int_equal(state_of(&rooms)->polls[state_of(&rooms)->poll_count - 1].state, POLL_OPEN);
    again = rooms_tell(&rooms, &late);
    assert_int_equal(again.kind, MESSAGE_DUPLICATE);
    assert_int_equal(again.position, first.position);
    const struct message odd = ballot_of(&rooms, "council-11-2", "perhaps");
    again = rooms_tell(&rooms, &odd);
    expect_refused(again, ERR_BAD_DATA);
    assert_non_null(memmem(again.why.data, again.why.size, "choice: must be one of xyzzy, plugh", 35));
    cast(&rooms, "council-11-2", "plugh");
    bed_assert_replays(&rooms.bed);
    rooms_close(&rooms);
}

/* Nobody can say whether a vote of a case that is not here is secret: so its ballots do not wait in the log. */
static void a_ballot_is_never_parked(void **state)
{
    (void)state;
    static struct rooms rooms;
    rooms_open(&rooms, "workflows/grid-matter/workflow.yaml");
    const struct message ballot = ballot_of(&rooms, "council-11-1", "xyzzy");
    expect_refused(rooms_tell(&rooms, &ballot), ERR_UNKNOWN_CASE);
    assert_false(store_holds(rooms.bed.store, "xyzzy"));
    rooms_close(&rooms);
}

/* ---- the row ---- */

static void a_row_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct arena arena;
    struct roll_row again, row = {.on_roll = true, .late = true, .lanes = 2, .proxies = 3, .position = UINT64_C(1) << 40, .by = TEXT("zhao"), .sealed = TEXT("\x01\x02"),
                                  .member = {.weight = {1, VOTE_TOTAL_MOST}, .attended = true, .cast = true, .choice = 2}};
    arena_init(&arena);
    struct text bytes = row_encode_roll(&arena, &row);
    assert_int_equal(row_decode_roll(bytes, &again), ERR_OK);
    assert_memory_equal(&again.member, &row.member, sizeof row.member);
    assert_true(again.on_roll && again.late && again.lanes == 2 && again.proxies == 3 && again.position == row.position);
    assert_true(text_equal(again.by, row.by) && text_equal(again.sealed, row.sealed));
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_not_equal(row_decode_roll((struct text){bytes.data, size}, &again), ERR_OK);
    struct roll_row bad = row;
    bad.member.choice = VOTE_CHOICES_MOST, assert_int_equal(row_decode_roll(row_encode_roll(&arena, &bad), &again), ERR_CORRUPT);
    bad = row, bad.member.weight[1] = -1, assert_int_equal(row_decode_roll(row_encode_roll(&arena, &bad), &again), ERR_CORRUPT);
    /* Its form, for ever: version, bits, lanes, weights, choice, proxies, position, by, sealed. */
    static const uint8_t golden[] = {1, 1 | 8 | 16 | 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
                                     0, 0, 0, 0, 0, 0, 0, 0};
    const struct roll_row small = {.on_roll = true, .late = true, .lanes = 1, .position = 7, .member = {.weight = {1}, .attended = true, .cast = true, .choice = -1}};
    struct text form = row_encode_roll(&arena, &small);
    assert_int_equal(form.size, sizeof golden);
    assert_memory_equal(form.data, golden, sizeof golden);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ballot_writes_one_row_of_a_roll_of_thousands),
        cmocka_unit_test(a_choice_stands_nowhere),
        cmocka_unit_test(a_repeat_tells_nothing),
        cmocka_unit_test(the_history_opens_no_choice),
        cmocka_unit_test(the_counts_survive_every_break),
        cmocka_unit_test(ballots_that_cannot_be_opened),
        cmocka_unit_test(a_late_ballot_again_while_the_next_vote_is_open),
        cmocka_unit_test(a_ballot_is_never_parked),
        cmocka_unit_test(a_row_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests_name("votes", tests, NULL, NULL);
}
