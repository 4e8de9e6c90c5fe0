/* store: the contract of store.h, on LMDB and in memory alike, and the checksum. */
#include "tests/unit/stores.h"

enum { MAP_SIZE = 64 << 20 };

static int open_lmdb(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    folder_make(rig->folder, sizeof rig->folder);
    rig->store = lmdb_open(rig->folder, MAP_SIZE);
    *state = rig;
    return 0;
}

static int open_memory(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    *state = rig;
    return store_memory_open(&rig->store) == ERR_OK ? 0 : -1;
}

static int close_either(void **state)
{
    struct rig *rig = *state;
    store_close(&rig->store);
    if (rig->folder[0])
        folder_remove(rig->folder);
    free(rig);
    return 0;
}

static struct store *store_of(void **state)
{
    return ((struct rig *)*state)->store;
}

static void expect_step(enum err err, struct text key, const char *expected)
{
    assert_int_equal(err, expected ? ERR_OK : ERR_NOT_FOUND);
    if (expected && !text_is(key, expected))
        fail_msg("%.*s instead of %s", (int)key.size, key.data, expected);
}

static void expect_seek(struct store_cursor *cursor, const char *from, const char *expected)
{
    struct text key = {0}, value;
    expect_step(store_cursor_seek(cursor, text_of(from), &key, &value), key, expected);
}

static void expect_next(struct store_cursor *cursor, const char *expected)
{
    struct text key = {0}, value;
    expect_step(store_cursor_next(cursor, &key, &value), key, expected);
}

static void expect_previous(struct store_cursor *cursor, const char *expected)
{
    struct text key = {0}, value;
    expect_step(store_cursor_previous(cursor, &key, &value), key, expected);
}

/* ---- rows ---- */

static void an_empty_table_has_nothing(void **state)
{
    struct store_txn *txn = begin_write(store_of(state));
    struct store_cursor *cursor = NULL;
    expect(txn, STORE_CASE, "a", NULL);
    assert_int_equal(store_delete(txn, STORE_CASE, TEXT("a")), ERR_NOT_FOUND);
    assert_int_equal(store_cursor_open(txn, STORE_CASE, &cursor), ERR_OK);
    expect_seek(cursor, "", NULL);
    expect_next(cursor, NULL);
    expect_previous(cursor, NULL);
    expect_previous(cursor, NULL);
    expect_next(cursor, NULL);
    store_cursor_close(&cursor);
    store_abort(&txn);
    assert_null(txn);
}

static void a_commit_keeps_and_an_abort_forgets(void **state)
{
    struct store *store = store_of(state);
    struct store_txn *txn = begin_write(store);
    put(txn, STORE_CASE, "kept", "one");
    put(txn, STORE_CASE, "changed", "one");
    put(txn, STORE_CASE, "gone", "one");
    expect(txn, STORE_CASE, "kept", "one");
    commit(txn);
    txn = begin_write(store);
    put(txn, STORE_CASE, "changed", "two, and longer");
    assert_int_equal(store_delete(txn, STORE_CASE, TEXT("gone")), ERR_OK);
    assert_int_equal(store_delete(txn, STORE_CASE, TEXT("gone")), ERR_NOT_FOUND);
    expect(txn, STORE_CASE, "changed", "two, and longer");
    expect(txn, STORE_CASE, "gone", NULL);
    commit(txn);
    txn = begin_write(store);
    put(txn, STORE_CASE, "kept", "never");
    put(txn, STORE_CASE, "new", "never");
    assert_int_equal(store_delete(txn, STORE_CASE, TEXT("changed")), ERR_OK);
    store_abort(&txn);
    assert_int_equal(store_reopen(store), ERR_OK);
    txn = begin_read(store);
    expect(txn, STORE_CASE, "kept", "one");
    expect(txn, STORE_CASE, "changed", "two, and longer");
    expect(txn, STORE_CASE, "gone", NULL);
    expect(txn, STORE_CASE, "new", NULL);
    store_end_read(&txn);
    assert_null(txn);
}

static void tables_are_apart(void **state)
{
    struct store *store = store_of(state);
    struct store_txn *txn = begin_write(store);
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
        put(txn, (enum store_table)table, "key", store_table_name((enum store_table)table));
    commit(txn);
    txn = begin_read(store);
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++)
        expect(txn, (enum store_table)table, "key", store_table_name((enum store_table)table));
    store_end_read(&txn);
}

static void values_of_every_size_and_keys_of_both_ends(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 500, 1990, 2030, 2040, 4096, 65536, 600000};
    struct store *store = store_of(state);
    char *bytes = malloc(600000);
    for (size_t i = 0; i < 600000; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    struct store_txn *txn = begin_write(store);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text value = {.data = sizes[i] ? bytes : NULL, .size = sizes[i]};
        assert_int_equal(store_put(txn, STORE_LOG, (struct text){.data = bytes + i, .size = 1}, value), ERR_OK);
        assert_int_equal(store_put(txn, STORE_KEY, (struct text){.data = bytes + i, .size = STORE_KEY_MOST}, value), ERR_OK);
    }
    commit(txn);
    txn = begin_read(store);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text value = {.data = bytes, .size = sizes[i]}, found;
        assert_int_equal(store_get(txn, STORE_LOG, (struct text){.data = bytes + i, .size = 1}, &found), ERR_OK);
        assert_true(text_equal(found, value));
        assert_int_equal(store_get(txn, STORE_KEY, (struct text){.data = bytes + i, .size = STORE_KEY_MOST}, &found), ERR_OK);
        assert_true(text_equal(found, value));
    }
    store_end_read(&txn);
    free(bytes);
}

/* ---- cursors ---- */

static void keys_are_in_the_order_of_their_bytes(void **state)
{
    static const struct text order[] = {{"\0", 1}, {"\0\0", 2}, {"\0\1", 2}, {"\1", 1}, {"A", 1}, {"AB", 2}, {"AB\0", 3},
                                        {"AC", 2}, {"a", 1},    {"\x7f", 1}, {"\x80", 1}, {"\xff", 1}, {"\xff\xff", 2}};
    enum { COUNT = sizeof order / sizeof *order };
    struct store_txn *txn = begin_write(store_of(state));
    struct store_cursor *cursor = NULL;
    struct text key, value;
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(store_put(txn, STORE_OPEN, order[i * 5 % COUNT], order[i * 5 % COUNT]), ERR_OK);
    assert_int_equal(store_cursor_open(txn, STORE_OPEN, &cursor), ERR_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(store_cursor_next(cursor, &key, &value), ERR_OK); /* a new cursor stands before the first */
        assert_true(text_equal(key, order[i]));
        assert_true(text_equal(value, order[i]));
    }
    expect_next(cursor, NULL);
    for (unsigned i = COUNT; i > 0; i--) {
        assert_int_equal(store_cursor_previous(cursor, &key, &value), ERR_OK);
        assert_true(text_equal(key, order[i - 1]));
        assert_true(text_equal(value, order[i - 1]));
    }
    expect_previous(cursor, NULL);
    commit(txn); /* with the cursor still open */
}

static void seek_finds_the_first_at_or_above(void **state)
{
    struct store *store = store_of(state);
    struct store_txn *txn = begin_write(store);
    struct store_cursor *cursor = NULL;
    put(txn, STORE_DEADLINE, "b", "");
    put(txn, STORE_DEADLINE, "d", "");
    put(txn, STORE_DEADLINE, "f", "");
    commit(txn);
    txn = begin_read(store);
    assert_int_equal(store_cursor_open(txn, STORE_DEADLINE, &cursor), ERR_OK);
    expect_seek(cursor, "", "b");
    expect_seek(cursor, "b", "b");
    expect_seek(cursor, "c", "d");
    expect_next(cursor, "f");
    expect_previous(cursor, "d");
    expect_previous(cursor, "b");
    expect_previous(cursor, NULL);
    expect_next(cursor, "b");
    expect_seek(cursor, "g", NULL);
    expect_next(cursor, NULL);
    expect_previous(cursor, "f");
    expect_previous(cursor, "d");
    expect_seek(cursor, "f", "f");
    expect_next(cursor, NULL);
    expect_previous(cursor, "f");
    store_end_read(&txn); /* closes the cursor */
}

/* How the outbox and the deadlines are worked off: the key that the cursor gave is the one that is deleted. */
static void what_is_found_can_be_deleted_until_nothing_is_left(void **state)
{
    struct store *store = store_of(state);
    struct store_txn *txn = begin_write(store);
    struct store_cursor *cursor = NULL;
    struct text key, value;
    char name[16];
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "%06u", i * 7919 % 2000);
        put(txn, STORE_OUTBOX, name, "a task of some length, so that there are several pages of them");
    }
    commit(txn);
    txn = begin_write(store);
    assert_int_equal(store_cursor_open(txn, STORE_OUTBOX, &cursor), ERR_OK);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "%06u", i);
        assert_int_equal(store_cursor_seek(cursor, (struct text){0}, &key, &value), ERR_OK);
        assert_true(text_is(key, name));
        assert_int_equal(store_delete(txn, STORE_OUTBOX, key), ERR_OK);
    }
    expect_seek(cursor, "", NULL);
    store_cursor_close(&cursor);
    put(txn, STORE_OUTBOX, "again", "one");
    commit(txn);
    expect_now(store, STORE_OUTBOX, "again", "one");
}

static void a_row_can_be_put_from_what_was_handed_out(void **state)
{
    struct store_txn *txn = begin_write(store_of(state));
    struct store_cursor *cursor = NULL;
    struct text key, value;
    char expected[1001] = {0};
    memset(expected, 'x', 1000);
    put(txn, STORE_CASE, "a", expected);
    assert_int_equal(store_get(txn, STORE_CASE, TEXT("a"), &value), ERR_OK);
    assert_int_equal(store_put(txn, STORE_CASE, TEXT("b"), value), ERR_OK);
    expect(txn, STORE_CASE, "b", expected);
    assert_int_equal(store_cursor_open(txn, STORE_CASE, &cursor), ERR_OK);
    assert_int_equal(store_cursor_seek(cursor, TEXT("b"), &key, &value), ERR_OK);
    value.size = 300; /* another size: the row moves while it is being copied from */
    assert_int_equal(store_put(txn, STORE_CASE, key, value), ERR_OK);
    expected[300] = '\0';
    expect(txn, STORE_CASE, "b", expected);
    store_abort(&txn);
}

static void append_keeps_the_order(void **state)
{
    struct store *store = store_of(state);
    char name[16], row[601] = {0};
    memset(row, 'r', 600);
    for (unsigned batch = 0; batch < 5; batch++) {
        struct store_txn *txn = begin_write(store);
        for (unsigned i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "%08u", batch * 100 + i);
            assert_int_equal(store_append(txn, STORE_LOG, text_of(name), text_of(row)), ERR_OK);
            expect(txn, STORE_LOG, name, row);
        }
        expect(txn, STORE_LOG, "00000000", row);
        commit(txn);
    }
    struct store_txn *txn = begin_read(store);
    struct store_cursor *cursor = NULL;
    assert_int_equal(store_cursor_open(txn, STORE_LOG, &cursor), ERR_OK);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "%08u", i);
        expect_next(cursor, name);
    }
    expect_next(cursor, NULL);
    store_cursor_close(&cursor);
    store_end_read(&txn);
}

/* ---- transactions beside each other ---- */

static void a_reader_sees_what_was_there_when_it_began(void **state)
{
    struct store *store = store_of(state);
    put_now(store, STORE_CASE, "a", "old");
    struct store_txn *before = begin_read(store);
    struct store_txn *writer = begin_write(store);
    put(writer, STORE_CASE, "a", "new");
    put(writer, STORE_CASE, "b", "new");
    struct store_txn *meanwhile = begin_read(store);
    expect(before, STORE_CASE, "a", "old");
    expect(meanwhile, STORE_CASE, "a", "old");
    commit(writer);
    struct store_txn *after = begin_read(store);
    expect(before, STORE_CASE, "a", "old");
    expect(before, STORE_CASE, "b", NULL);
    expect(meanwhile, STORE_CASE, "b", NULL);
    expect(after, STORE_CASE, "a", "new");
    expect(after, STORE_CASE, "b", "new");
    store_end_read(&before);
    store_end_read(&after);
    store_end_read(&meanwhile);
    expect_now(store, STORE_CASE, "a", "new");
}

static void ending_nothing_is_nothing_to_do(void **state)
{
    struct store_txn *txn = NULL;
    struct store_cursor *cursor = NULL;
    struct store *store = NULL;
    (void)state;
    store_end_read(&txn);
    store_abort(&txn);
    store_cursor_close(&cursor);
    store_close(&store);
}

static void growing_and_housekeeping_change_no_row(void **state)
{
    struct store *store = store_of(state);
    struct store_figures before, after;
    put_now(store, STORE_CASE, "a", "one");
    put_now(store, STORE_CASE, "b", "two");
    put_now(store, STORE_INCIDENT, "c", "three");
    assert_int_equal(store_read_figures(store, &before), ERR_OK);
    assert_int_equal(store_grow(store), ERR_OK);
    assert_int_equal(store_housekeep(store), ERR_OK);
    assert_int_equal(store_read_figures(store, &after), ERR_OK);
    assert_int_equal(after.map_size, 2 * before.map_size);
    assert_int_equal(after.map_used, before.map_used);
    for (unsigned table = 0; table < STORE_TABLE_COUNT; table++) {
        assert_int_equal(before.rows[table], table == STORE_CASE ? 2 : table == STORE_INCIDENT ? 1 : 0);
        assert_int_equal(after.rows[table], before.rows[table]);
    }
    expect_now(store, STORE_CASE, "b", "two");
    put_now(store, STORE_CASE, "d", "four");
    expect_now(store, STORE_CASE, "d", "four");
}

/* ---- against a model: a sorted array, and everything that can be done to a table, by chance from a seed ---- */

#ifndef CHANCE_STEPS
#define CHANCE_STEPS 40000
#endif
#ifndef CHANCE_SEED
#define CHANCE_SEED 1
#endif

enum { MODEL_KEYS = 4000, MODEL_TABLES = 3 };

/* A row of the model: whether it is there, and which of the values that value_of makes. */
struct model {
    uint32_t version[MODEL_TABLES][MODEL_KEYS]; /* 0: not there */
};

static const enum store_table model_tables[MODEL_TABLES] = {STORE_CASE, STORE_OPEN, STORE_OUTBOX};

struct chance {
    uint64_t word;
};

static uint32_t chance_below(struct chance *chance, uint32_t limit)
{
    chance->word ^= chance->word << 13;
    chance->word ^= chance->word >> 7;
    chance->word ^= chance->word << 17;
    return (uint32_t)((chance->word >> 20) % limit);
}

/* Ascending with the number; of several lengths, as separators of different size are what a tree has trouble with. */
static struct text key_of(uint32_t number, char *room)
{
    int size = snprintf(room, 200, "%05u", number);
    uint32_t more = number % 7 == 0 ? number % 150 : number % 3;
    memset(room + size, 'k', more);
    return (struct text){.data = room, .size = (size_t)size + more};
}

static struct text value_of(uint32_t number, uint32_t version, char *room)
{
    uint32_t mixed = number * 2654435761u ^ version * 40503u;
    uint32_t size = mixed % 50 == 0 ? mixed % 9000 : mixed % 300;
    memset(room, (int)(mixed % 251), size);
    return (struct text){.data = room, .size = size};
}

static void expect_all(struct store_txn *txn, const struct model *model)
{
    char key_room[200], value_room[9000];
    for (unsigned table = 0; table < MODEL_TABLES; table++) {
        struct store_cursor *cursor = NULL;
        struct text key, value;
        assert_int_equal(store_cursor_open(txn, model_tables[table], &cursor), ERR_OK);
        for (uint32_t i = 0; i < MODEL_KEYS; i++) {
            uint32_t version = model->version[table][i];
            if (!version)
                continue;
            assert_int_equal(store_cursor_next(cursor, &key, &value), ERR_OK);
            assert_true(text_equal(key, key_of(i, key_room)));
            assert_true(text_equal(value, value_of(i, version, value_room)));
        }
        assert_int_equal(store_cursor_next(cursor, &key, &value), ERR_NOT_FOUND);
        store_cursor_close(&cursor);
    }
}

static void walk(struct store_txn *txn, const struct model *model, struct chance *chance)
{
    unsigned table = chance_below(chance, MODEL_TABLES);
    bool back = chance_below(chance, 2), seeking = true;
    char room[9000];
    struct store_cursor *cursor = NULL;
    struct text key, value;
    int32_t at = (int32_t)chance_below(chance, MODEL_KEYS);
    assert_int_equal(store_cursor_open(txn, model_tables[table], &cursor), ERR_OK);
    for (unsigned steps = 0; steps < 6; steps++) {
        enum err err = seeking ? store_cursor_seek(cursor, key_of((uint32_t)at, room), &key, &value)
                       : back  ? store_cursor_previous(cursor, &key, &value)
                               : store_cursor_next(cursor, &key, &value);
        int32_t way = back && !seeking ? -1 : 1;
        at += seeking ? 0 : way;
        while (at >= 0 && at < MODEL_KEYS && !model->version[table][at])
            at += way;
        seeking = false;
        bool there = at >= 0 && at < MODEL_KEYS;
        assert_int_equal(err, there ? ERR_OK : ERR_NOT_FOUND);
        if (!there)
            continue; /* at -1 or beyond the last; turning back, it starts from there */
        assert_true(text_equal(key, key_of((uint32_t)at, room)));
        assert_true(text_equal(value, value_of((uint32_t)at, model->version[table][at], room)));
        if (chance_below(chance, 4) == 0)
            back = !back;
    }
    store_cursor_close(&cursor);
}

static void change(struct store_txn *txn, struct model *model, struct chance *chance, uint32_t step, bool shrink)
{
    unsigned table = chance_below(chance, MODEL_TABLES);
    char key_room[200], value_room[9000];
    static uint32_t near;
    near = chance_below(chance, 3) ? (near + chance_below(chance, 5)) % MODEL_KEYS : chance_below(chance, MODEL_KEYS);
    uint32_t *version = &model->version[table][near];
    struct text key = key_of(near, key_room), value;
    enum err err = store_get(txn, model_tables[table], key, &value);
    assert_int_equal(err, *version ? ERR_OK : ERR_NOT_FOUND);
    if (*version)
        assert_true(text_equal(value, value_of(near, *version, value_room)));
    if (chance_below(chance, 10) < (shrink ? 7 : 2)) {
        assert_int_equal(store_delete(txn, model_tables[table], key), *version ? ERR_OK : ERR_NOT_FOUND);
        *version = 0;
    } else {
        *version = step + 1;
        assert_int_equal(store_put(txn, model_tables[table], key, value_of(near, *version, value_room)), ERR_OK);
    }
}

static void everything_by_chance_agrees_with_a_model(void **state)
{
    struct store *store = store_of(state);
    struct chance chance = {.word = 0x9e3779b97f4a7c15u + CHANCE_SEED};
    struct model *model = calloc(2, sizeof *model), *durable = model + 1;
    struct store_txn *txn = begin_write(store);
    for (uint32_t step = 0; step < CHANCE_STEPS; step++) {
        change(txn, model, &chance, step, step / 8000 % 2);
        if (chance_below(&chance, 8) == 0)
            walk(txn, model, &chance);
        if (chance_below(&chance, 400) > 0)
            continue;
        expect_all(txn, model);
        if (chance_below(&chance, 4) == 0) {
            store_abort(&txn);
            *model = *durable;
        } else {
            commit(txn);
            *durable = *model;
        }
        struct store_txn *reader = begin_read(store);
        expect_all(reader, durable);
        store_end_read(&reader);
        txn = begin_write(store);
    }
    store_abort(&txn);
    free(model);
}

/* ---- the checksum ---- */

/* Part of the stored format: if these change, no store that exists can be read any more. */
static void the_checksum_is_what_it_always_was(void **state)
{
    (void)state;
    assert_int_equal(store_checksum(TEXT("k"), TEXT("")), 0xe0fdcb521063e411u);
    assert_int_equal(store_checksum(TEXT("key"), TEXT("value")), 0x9e45273e76e7c73fu);
    assert_int_equal(store_checksum(TEXT("case 42"), TEXT("a value of more than sixteen bytes, and then some")), 0xd144dac5932fcc1u);
}

static void every_bit_of_key_and_value_moves_about_half_of_the_checksum(void **state)
{
    (void)state;
    char bytes[120];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37);
    uint64_t moved = 0, flips = 0;
    for (size_t key_size = 1; key_size < 40; key_size += 3)
        for (size_t size = key_size; size <= sizeof bytes; size += 1) {
            struct text key = {.data = bytes, .size = key_size}, value = {.data = bytes + key_size, .size = size - key_size};
            uint64_t before = store_checksum(key, value);
            for (size_t bit = 0; bit < 8 * size; bit++, flips++) {
                bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
                uint64_t difference = before ^ store_checksum(key, value);
                bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
                unsigned bits = (unsigned)__builtin_popcountll(difference);
                if (bits < 8 || bits > 56)
                    fail_msg("bit %zu of %zu + %zu bytes moves %u bits", bit, key_size, size - key_size, bits);
                moved += bits;
            }
        }
    assert_in_range(moved * 1000 / flips, 31950, 32050);
}

static void the_checksum_knows_where_the_key_ends(void **state)
{
    (void)state;
    static const char zeros[64];
    uint64_t seen[64 * 64];
    unsigned count = 0;
    for (size_t key = 1; key < 40; key++)
        for (size_t value = 0; value < 40; value++)
            seen[count++] = store_checksum((struct text){zeros, key}, (struct text){zeros, value});
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
    assert_true(store_checksum(TEXT("ab"), TEXT("c")) != store_checksum(TEXT("a"), TEXT("bc")));
    assert_true(store_checksum(TEXT("a"), TEXT("b")) != store_checksum(TEXT("b"), TEXT("a")));
}

#define ON_BOTH(test)                                                                                                  \
    {"LMDB: " #test, test, open_lmdb, close_either, NULL}, {"memory: " #test, test, open_memory, close_either, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_empty_table_has_nothing),
        ON_BOTH(a_commit_keeps_and_an_abort_forgets),
        ON_BOTH(tables_are_apart),
        ON_BOTH(values_of_every_size_and_keys_of_both_ends),
        ON_BOTH(keys_are_in_the_order_of_their_bytes),
        ON_BOTH(seek_finds_the_first_at_or_above),
        ON_BOTH(what_is_found_can_be_deleted_until_nothing_is_left),
        ON_BOTH(a_row_can_be_put_from_what_was_handed_out),
        ON_BOTH(append_keeps_the_order),
        ON_BOTH(a_reader_sees_what_was_there_when_it_began),
        ON_BOTH(ending_nothing_is_nothing_to_do),
        ON_BOTH(growing_and_housekeeping_change_no_row),
        ON_BOTH(everything_by_chance_agrees_with_a_model),
        cmocka_unit_test(the_checksum_is_what_it_always_was),
        cmocka_unit_test(every_bit_of_key_and_value_moves_about_half_of_the_checksum),
        cmocka_unit_test(the_checksum_knows_where_the_key_ends),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
