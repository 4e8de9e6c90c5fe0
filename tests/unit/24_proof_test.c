/* proof: heads and paths over a log that is read in several pages are those of the tree over all its records; a log with a gap has no head; whichever
 * call of the store fails, that is said and nothing is left open. */
#include "engine/proof.h"

#include "tests/unit/engines.h"

#include <sodium.h>

enum { MANY = 20500, PER_BATCH = 1000 }; /* three pages */

static struct bed bed;
static struct proof proof;
static struct tree_hash leaves[MANY + 100];
static const struct case_ref first_case = {.kind = CASE_REF_KEY, .text = {"case-key-00000000", ID_SIZE}};

/* ---- a log ---- */

static void decide(struct event event)
{
    event.id = bed_id(&bed);
    event.sender = TEXT("local");
    event.as = TEXT("zhou");
    assert_int_equal(bed_decide(&bed, &event).kind, MESSAGE_APPLIED);
}

static const struct field_value note = {.name = {"note", 4}, .value = {.kind = VALUE_TEXT, .text = {"the water runs", 14}}};

static void open_case(uint32_t number)
{
    struct text key = arena_print(&bed.arena, "case-key-%08u", number);
    decide((struct event){.kind = EVENT_OPEN, .key = {key.data, ID_SIZE}, .workflow = TEXT("bench"), .unit = TEXT("jinnong/grid-3/building-7"), .data = &note, .data_count = 1});
}

static void raise_case(const struct case_ref *subject)
{
    decide((struct event){.kind = EVENT_SEND, .subject = *subject, .name = TEXT("raise"), .data = &note, .data_count = 1});
}

static void open_cases(uint32_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i % PER_BATCH == 0)
            engine_begin(bed.engine, AT(1000));
        open_case(from + i * 10); /* keys are 16 bytes: the last digit is cut off */
        if (i % PER_BATCH == PER_BATCH - 1 || i == count - 1)
            bed_commit(&bed);
    }
}

static void raise_first(void)
{
    engine_begin(bed.engine, AT(2000));
    raise_case(&first_case);
    bed_commit(&bed);
}

static int set_up(void **state)
{
    (void)state;
    struct store *store;
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    bed_deploy_samples(&bed, "workflows/bench/workflow.yaml");
    proof = (struct proof){.engine = bed.engine};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&bed);
    return 0;
}

/* ---- against the tree over all of it ---- */

static enum err give(void *context, uint64_t index, struct tree_hash *hash)
{
    (void)context;
    *hash = leaves[index];
    return ERR_OK;
}

static const struct tree_source all_leaves = {.leaf = give};

static void read_leaves(void)
{
    struct store_txn *txn;
    assert_int_equal(store_begin_read(bed.store, &txn), ERR_OK);
    for (uint64_t position = 1; position <= engine_position(bed.engine); position++) {
        struct record_key key = key_log(0, position);
        struct text record;
        assert_int_equal(store_get(txn, STORE_LOG, key_text(&key), &record), ERR_OK);
        log_hash(record, leaves[position - 1].bytes);
    }
    store_end_read(&txn);
}

static void expect_root(const struct proof_head *head, uint64_t size)
{
    struct tree_hash root;
    assert_int_equal(tree_root(&all_leaves, size, &root), ERR_OK);
    assert_int_equal(head->size, size);
    assert_memory_equal(&head->root, &root, sizeof root);
}

static void test_pages(void **state)
{
    (void)state;
    struct proof_head heads[2];
    struct proof_case found;
    struct tree_path path;
    open_cases(0, MANY / 2);
    raise_first();
    open_cases(MANY * 10, MANY / 2);
    raise_first();
    read_leaves();
    const uint64_t all = engine_position(bed.engine), sizes[] = {1, 2, 9999, 10000, 10001, 20000, all};
    assert_true(all > 20000 && all < sizeof leaves / sizeof *leaves);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(proof_consistency(&proof, sizes[i], all, heads, &path), ERR_OK);
        expect_root(&heads[0], sizes[i]);
        expect_root(&heads[1], all);
        assert_true(tree_is_consistent(sizes[i], &heads[0].root, all, &heads[1].root, &path));
    }
    assert_int_equal(heads[1].time, AT(2000));
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, all, &found), ERR_OK);
    expect_root(&found.head, all);
    assert_int_equal(found.count, 3);
    assert_true(found.records[0].leaf.index < 10000 && found.records[1].leaf.index > 10000 && found.records[2].leaf.index > 20000);
    for (uint32_t i = 0; i < found.count; i++) {
        struct tree_hash leaf;
        assert_true(tree_holds(&found.records[i].leaf, all, &found.head.root));
        log_hash(found.records[i].record, leaf.bytes);
        assert_memory_equal(&leaf, &found.records[i].leaf.hash, sizeof leaf);
    }
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, found.records[1].leaf.index, &found), ERR_OK);
    assert_int_equal(found.count, 1); /* as it was then */
}

/* ---- what goes wrong ---- */

static void test_nothing_yet(void **state)
{
    (void)state;
    struct store *store;
    struct proof_head head;
    bed_close(&bed);
    assert_int_equal(store_memory_open(&store), ERR_OK);
    bed_init(&bed, store);
    proof.engine = bed.engine;
    assert_int_equal(proof_head(&proof, 0, &head), ERR_OK);
    expect_root(&head, 0);
    assert_int_equal(head.time, INT64_MIN);
}

static void test_unknown_and_later(void **state)
{
    (void)state;
    struct proof_case found;
    uint64_t before = engine_position(bed.engine);
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, before, &found), ERR_UNKNOWN_CASE);
    open_cases(0, 1);
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, before, &found), ERR_NOT_FOUND);
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, before + 1, &found), ERR_OK);
}

static void test_too_long(void **state)
{
    (void)state;
    struct proof_case found;
    open_cases(0, 1);
    uint64_t first = engine_position(bed.engine);
    struct store_txn *txn;
    struct text bytes, last = {0};
    struct log_record record;
    struct record_key key = key_log(0, first);
    /* The same record again and again, each after the one before it: no workflow lets a case live so long so fast. */
    assert_int_equal(store_begin_read(bed.store, &txn), ERR_OK);
    assert_int_equal(store_get(txn, STORE_LOG, key_text(&key), &bytes), ERR_OK);
    assert_int_equal(log_decode(&bed.arena, arena_copy(&bed.arena, bytes), &record), ERR_OK);
    store_end_read(&txn);
    key = key_case(0, first);
    struct case_state *state_then;
    assert_int_equal(store_begin_write(bed.store, &txn), ERR_OK);
    assert_int_equal(store_get(txn, STORE_CASE, key_text(&key), &bytes), ERR_OK);
    assert_int_equal(case_decode(&bed.arena, arena_copy(&bed.arena, bytes), &state_then), ERR_OK);
    for (uint64_t i = 1; i <= PROOF_RECORDS_MOST; i++) {
        struct record_key at = key_log(0, first + i);
        record.previous = first + i - 1;
        last = log_encode(&bed.arena, &record);
        assert_int_equal(store_append(txn, STORE_LOG, key_text(&at), last), ERR_OK);
    }
    state_then->last_position = first + PROOF_RECORDS_MOST;
    assert_int_equal(store_put(txn, STORE_CASE, key_text(&key), case_encode(&bed.arena, state_then)), ERR_OK);
    struct record_key meta = key_meta(0);
    struct meta_row row;
    assert_int_equal(store_get(txn, STORE_META, key_text(&meta), &bytes), ERR_OK);
    assert_int_equal(row_decode_meta(bytes, &row), ERR_OK);
    row.position = first + PROOF_RECORDS_MOST;
    log_hash(last, row.hash);
    assert_int_equal(store_put(txn, STORE_META, key_text(&meta), row_encode_meta(&bed.arena, &row)), ERR_OK);
    assert_int_equal(store_commit(&txn), ERR_OK);
    engine_close(&bed.engine);
    bed_open_engine(&bed);
    proof.engine = bed.engine;
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, first + PROOF_RECORDS_MOST, &found), ERR_TOO_LARGE);
    assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, first + PROOF_RECORDS_MOST - 1, &found), ERR_OK);
    assert_int_equal(found.count, PROOF_RECORDS_MOST);
    assert_true(tree_holds(&found.records[PROOF_RECORDS_MOST - 1].leaf, found.head.size, &found.head.root));
}

static void test_gap(void **state)
{
    (void)state;
    struct proof_head head;
    struct proof_case found;
    struct store_txn *txn;
    open_cases(0, 1);
    uint64_t size = engine_position(bed.engine);
    for (uint64_t position = size; position >= 1; position--) {
        struct record_key key = key_log(0, position);
        struct text record;
        assert_int_equal(store_begin_write(bed.store, &txn), ERR_OK);
        assert_int_equal(store_get(txn, STORE_LOG, key_text(&key), &record), ERR_OK);
        record = arena_copy(&bed.arena, record);
        assert_int_equal(store_delete(txn, STORE_LOG, key_text(&key)), ERR_OK);
        assert_int_equal(store_commit(&txn), ERR_OK);
        assert_int_equal(proof_head(&proof, size, &head), ERR_CORRUPT);
        assert_int_equal(proof_case(&proof, &bed.arena, &first_case, (struct text){0}, size, &found), ERR_CORRUPT);
        assert_int_equal(proof_head(&proof, position - 1, &head), ERR_OK); /* what stands before it */
        assert_int_equal(store_begin_write(bed.store, &txn), ERR_OK);
        assert_int_equal(store_put(txn, STORE_LOG, key_text(&key), record), ERR_OK);
        assert_int_equal(store_commit(&txn), ERR_OK);
    }
    assert_int_equal(proof_head(&proof, size, &head), ERR_OK);
}

enum ask { ASK_HEAD, ASK_CASE, ASK_CONSISTENCY };

static enum err ask(enum ask what)
{
    struct proof_head heads[2];
    struct proof_case found;
    struct tree_path path;
    uint64_t size = engine_position(bed.engine);
    switch (what) {
    case ASK_HEAD: return proof_head(&proof, size, heads);
    case ASK_CASE: return proof_case(&proof, &bed.arena, &first_case, (struct text){0}, size, &found);
    case ASK_CONSISTENCY: return proof_consistency(&proof, 3, size, heads, &path);
    }
    return ERR_OK;
}

static void test_every_fault(void **state)
{
    (void)state;
    open_cases(0, 1);
    raise_first();
    for (enum ask what = ASK_HEAD; what <= ASK_CONSISTENCY; what++) {
        uint32_t faults = 0;
        for (;; faults++) {
            store_memory_set_fault(bed.store, (struct store_memory_fault){.countdown = faults + 1, .code = ERR_IO});
            enum err code = ask(what);
            if (code == ERR_OK)
                break;
            assert_int_equal(code, ERR_IO);
        }
        store_memory_set_fault(bed.store, (struct store_memory_fault){0});
        assert_true(faults > 4);
        assert_int_equal(ask(what), ERR_OK);
        assert_int_equal(store_grow(bed.store), ERR_OK); /* asserts that no transaction is open */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_yet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_and_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_fault, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
