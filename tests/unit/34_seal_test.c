/* What is sealed can be opened by its key alone, is the same when the event is repeated, and is gone when the key is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "engine/limits.h"
#include "engine/seal.h"
#include "engine/store.h"

static const struct text case_key = TEXT("0123456789abcdef");
static const struct text event_id = TEXT("event-id-16bytes");

struct rig {
    struct store *store;
    struct seal *seal;
    struct arena arena;
};

/* Random enough for a test, and the same each time. */
static void count_up(void *context, void *bytes, size_t size)
{
    uint8_t *next = context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (*next)++;
}

static uint8_t counter;

static int set_up(void **state)
{
    static struct rig rig;
    rig = (struct rig){0};
    counter = 1;
    struct seal_random random = {.fill = count_up, .context = &counter};
    arena_init(&rig.arena);
    assert_int_equal(store_memory_open(&rig.store), ERR_OK);
    assert_int_equal(seal_open(&rig.seal, rig.store, &random), ERR_OK);
    *state = &rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    seal_close(&rig->seal);
    assert_null(rig->seal);
    store_close(&rig->store);
    arena_close(&rig->arena);
    return 0;
}

static struct text seal_in(struct rig *rig, struct seal_key key, struct text id, struct text field, struct text plain)
{
    struct text sealed;
    assert_int_equal(seal_value(rig->seal, &rig->arena, (struct seal_keys){&key, 1}, id, field, plain, &sealed), ERR_OK);
    return sealed;
}

static struct text seal_case(struct rig *rig, struct text field, struct text plain)
{
    return seal_in(rig, seal_key_of_case(case_key), event_id, field, plain);
}

static enum err open_field(struct rig *rig, const char *field, struct text sealed, struct text *plain)
{
    return unseal_value(rig->seal, &rig->arena, text_of(field), sealed, plain);
}

static void expect_plain(struct rig *rig, const char *field, struct text sealed, const char *expected)
{
    struct text plain;
    assert_int_equal(open_field(rig, field, sealed, &plain), ERR_OK);
    assert_true(text_is(plain, expected));
}

/* As after a start: nothing in memory. */
static void start_again(struct rig *rig)
{
    seal_close(&rig->seal);
    struct seal_random random = {.fill = count_up, .context = &counter};
    assert_int_equal(seal_open(&rig->seal, rig->store, &random), ERR_OK);
}

static void is_opened_again(void **state)
{
    struct rig *rig = *state;
    struct text sealed = seal_case(rig, TEXT("summary"), TEXT("漏水"));
    assert_int_equal(sealed.size, SEAL_OVERHEAD + strlen("漏水"));
    assert_null(memmem(sealed.data, sealed.size, "漏水", strlen("漏水")));
    assert_memory_equal(sealed.data + 2, case_key.data, ID_SIZE);
    expect_plain(rig, "summary", sealed, "漏水");
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    expect_plain(rig, "summary", sealed, "漏水");
    start_again(rig);
    expect_plain(rig, "summary", sealed, "漏水");
    expect_plain(rig, "empty", seal_case(rig, TEXT("empty"), TEXT("")), "");
}

static void repeats_are_the_same(void **state)
{
    struct rig *rig = *state;
    struct text first = seal_case(rig, TEXT("summary"), TEXT("漏水"));
    assert_true(text_equal(first, seal_case(rig, TEXT("summary"), TEXT("漏水"))));
    seal_commit(rig->seal);
    start_again(rig);
    assert_true(text_equal(first, seal_case(rig, TEXT("summary"), TEXT("漏水"))));
    /* Anything else is other bytes, nonce included. */
    struct seal_key key = seal_key_of_case(case_key);
    struct text others[] = {
        seal_case(rig, TEXT("summary"), TEXT("漏电")),
        seal_case(rig, TEXT("reason"), TEXT("漏水")),
        seal_in(rig, key, TEXT("event-id-another"), TEXT("summary"), TEXT("漏水")),
        seal_in(rig, seal_key_of_person(TEXT("app:zhao")), event_id, TEXT("summary"), TEXT("漏水")),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_memory_not_equal(others[i].data + 2 + ID_SIZE, first.data + 2 + ID_SIZE, 24);
}

static void every_changed_byte_is_found(void **state)
{
    struct rig *rig = *state;
    struct text sealed = seal_case(rig, TEXT("summary"), TEXT("漏水"));
    seal_case(rig, TEXT("other"), TEXT("x"));
    struct text plain;
    for (size_t i = 0; i < sealed.size; i++) {
        struct text changed = arena_copy(&rig->arena, sealed);
        ((char *)(uintptr_t)changed.data)[i] ^= 1;
        assert_int_not_equal(open_field(rig, "summary", changed, &plain), ERR_OK);
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_equal(open_field(rig, "summary", (struct text){.data = sealed.data, .size = size}, &plain), ERR_CORRUPT);
    assert_int_equal(open_field(rig, "reason", sealed, &plain), ERR_CORRUPT);
    assert_int_equal(open_field(rig, "summarysummarysummarysummarysummarysummarysummarysummarysummarysum", sealed, &plain), ERR_CORRUPT);
}

static void a_destroyed_key_is_gone_for_ever(void **state)
{
    struct rig *rig = *state;
    struct seal_key person = seal_key_of_person(TEXT("app:zhao"));
    struct text sealed = seal_in(rig, person, event_id, TEXT("applicant"), TEXT("13800000000"));
    struct text of_case = seal_case(rig, TEXT("summary"), TEXT("漏水")), plain;
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    assert_int_equal(seal_destroy(rig->seal, &person), ERR_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(open_field(rig, "applicant", sealed, &plain), ERR_NOT_FOUND);
        assert_int_equal(seal_value(rig->seal, &rig->arena, (struct seal_keys){&person, 1}, event_id, TEXT("applicant"), TEXT("1"), &plain), ERR_NOT_FOUND);
        expect_plain(rig, "summary", of_case, "漏水");
        start_again(rig);
    }
    struct seal_key never = seal_key_of_person(TEXT("app:nobody"));
    assert_int_equal(seal_destroy(rig->seal, &never), ERR_OK);
}

static uint64_t rows(struct rig *rig)
{
    struct store_figures figures;
    assert_int_equal(store_read_figures(rig->store, &figures), ERR_OK);
    return figures.rows[STORE_KEY];
}

static void refused_events_leave_no_key(void **state)
{
    struct rig *rig = *state;
    seal_case(rig, TEXT("summary"), TEXT("kept"));
    uint32_t mark = seal_save(rig->seal);
    struct text refused = {0}, plain;
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "app:%d", i);
        refused = seal_in(rig, seal_key_of_person(text_of(name)), event_id, TEXT("applicant"), TEXT("x"));
    }
    seal_rewind(rig->seal, mark);
    assert_int_equal(open_field(rig, "applicant", refused, &plain), ERR_NOT_FOUND);
    /* A key that is made again is another one. */
    struct text again = seal_in(rig, seal_key_of_person(TEXT("app:499")), event_id, TEXT("applicant"), TEXT("x"));
    assert_false(text_equal(again, refused));
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    assert_int_equal(rows(rig), 2);
}

static void nothing_new_is_no_sync(void **state)
{
    struct rig *rig = *state;
    seal_case(rig, TEXT("summary"), TEXT("x"));
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    uint64_t calls = store_memory_calls(rig->store);
    seal_case(rig, TEXT("summary"), TEXT("y"));
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    assert_int_equal(store_memory_calls(rig->store), calls);
}

static void new_keys_are_bounded(void **state)
{
    struct rig *rig = *state;
    enum err code = ERR_OK;
    struct text sealed;
    uint32_t made = 0;
    for (; !code; made++) {
        char name[32];
        snprintf(name, sizeof name, "app:%u", made);
        struct seal_key key = seal_key_of_person(text_of(name));
        code = seal_value(rig->seal, &rig->arena, (struct seal_keys){&key, 1}, event_id, TEXT("f"), TEXT("x"), &sealed);
    }
    assert_int_equal(code, ERR_BUSY);
    assert_int_equal(made, LIMIT_NEW_KEYS + 1);
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    assert_int_equal(rows(rig), LIMIT_NEW_KEYS);
}

/* Every call of the store fails once: nothing is sealed under a key that is not kept, and afterwards all is as before. */
static void every_store_failure_is_told(void **state)
{
    struct rig *rig = *state;
    seal_case(rig, TEXT("summary"), TEXT("x"));
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    struct seal_key key = seal_key_of_person(TEXT("app:zhao"));
    for (uint32_t nth = 1;; nth++) {
        store_memory_set_fault(rig->store, (struct store_memory_fault){.countdown = nth, .code = ERR_DISK_FULL});
        struct text sealed, plain;
        enum err code = seal_value(rig->seal, &rig->arena, (struct seal_keys){&key, 1}, event_id, TEXT("f"), TEXT("x"), &sealed);
        code = code ? code : seal_commit(rig->seal);
        store_memory_set_fault(rig->store, (struct store_memory_fault){0});
        if (!code) {
            assert_true(nth > 4);
            break;
        }
        assert_int_equal(code, ERR_DISK_FULL);
        seal_rewind(rig->seal, 0);
        assert_int_equal(store_reopen(rig->store), ERR_OK);
        assert_int_equal(rows(rig), 1);
        start_again(rig);
        assert_int_equal(unseal_value(rig->seal, &rig->arena, TEXT("f"), seal_case(rig, TEXT("f"), TEXT("still")), &plain), ERR_OK);
        assert_int_equal(seal_save(rig->seal), 0);
    }
    assert_int_equal(rows(rig), 2);
}

/* ---- several keys ---- */

static struct text seal_both(struct rig *rig, const char *plain)
{
    struct seal_key keys[] = {seal_key_of_case(case_key), seal_key_of_person(TEXT("app:zhao"))};
    struct text sealed;
    assert_int_equal(seal_value(rig->seal, &rig->arena, (struct seal_keys){keys, 2}, event_id, TEXT("summary"), text_of(plain), &sealed), ERR_OK);
    return sealed;
}

static void all_keys_are_needed(void **state)
{
    struct rig *rig = *state;
    struct seal_key person = seal_key_of_person(TEXT("app:zhao")), nobody = seal_key_of_person(TEXT("app:nobody"));
    struct text sealed = seal_both(rig, "漏水"), plain, alone = seal_case(rig, TEXT("summary"), TEXT("漏水"));
    assert_int_equal(sealed.data[0], 2);
    assert_int_equal(alone.data[0], 1);
    assert_int_equal(sealed.size, SEAL_OVERHEAD + 1 + (1 + ID_SIZE) + strlen("漏水"));
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    start_again(rig);
    expect_plain(rig, "summary", sealed, "漏水");
    assert_true(text_equal(sealed, seal_both(rig, "漏水")));
    assert_int_equal(seal_can_open(rig->seal, sealed), ERR_OK);
    assert_int_equal(seal_knows(rig->seal, &person), ERR_OK);
    assert_int_equal(seal_knows(rig->seal, &nobody), ERR_NOT_FOUND);
    for (size_t i = 0; i < sealed.size; i++) {
        struct text changed = arena_copy(&rig->arena, sealed);
        ((char *)(uintptr_t)changed.data)[i] ^= 1;
        assert_int_not_equal(open_field(rig, "summary", changed, &plain), ERR_OK);
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_equal(open_field(rig, "summary", (struct text){.data = sealed.data, .size = size}, &plain), ERR_CORRUPT);
    assert_int_equal(seal_destroy(rig->seal, &person), ERR_OK);
    assert_int_equal(open_field(rig, "summary", sealed, &plain), ERR_NOT_FOUND);
    assert_int_equal(seal_can_open(rig->seal, sealed), ERR_NOT_FOUND);
    assert_int_equal(seal_can_open(rig->seal, alone), ERR_OK);
    assert_int_equal(seal_knows(rig->seal, &person), ERR_OK);
    expect_plain(rig, "summary", alone, "漏水");
}

static void the_first_of_two_keys_is_enough_to_lose(void **state)
{
    struct rig *rig = *state;
    struct seal_key of_case = seal_key_of_case(case_key);
    struct text sealed = seal_both(rig, "漏水"), plain;
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    assert_int_equal(seal_destroy(rig->seal, &of_case), ERR_OK);
    assert_int_equal(open_field(rig, "summary", sealed, &plain), ERR_NOT_FOUND);
}

/* As many keys as there are places in the cache, and more: each is looked for while others take its place. */
static void many_keys_at_once(void **state)
{
    struct rig *rig = *state;
    struct seal_key keys[SEAL_KEYS_MOST];
    struct text sealed;
    for (int i = 0; i < SEAL_KEYS_MOST; i++) {
        char name[32];
        snprintf(name, sizeof name, "app:%d", i);
        keys[i] = seal_key_of_person(text_of(name));
    }
    assert_int_equal(seal_value(rig->seal, &rig->arena, (struct seal_keys){keys, SEAL_KEYS_MOST}, event_id, TEXT("f"), TEXT("x"), &sealed), ERR_OK);
    assert_int_equal(seal_commit(rig->seal), ERR_OK);
    start_again(rig);
    expect_plain(rig, "f", sealed, "x");
    assert_int_equal(seal_destroy(rig->seal, &keys[SEAL_KEYS_MOST - 1]), ERR_OK);
    struct text plain;
    assert_int_equal(open_field(rig, "f", sealed, &plain), ERR_NOT_FOUND);
}

static void one_wipe_serves_until_something_is_destroyed(void **state)
{
    struct rig *rig = *state;
    struct seal_key person = seal_key_of_person(TEXT("app:zhao"));
    assert_true(seal_wipe_due(rig->seal)); /* the run before may have ended in between */
    assert_int_equal(seal_wipe(rig->seal), ERR_OK);
    assert_false(seal_wipe_due(rig->seal));
    assert_int_equal(seal_destroy(rig->seal, &person), ERR_OK);
    assert_true(seal_wipe_due(rig->seal));
    assert_int_equal(seal_wipe(rig->seal), ERR_OK);
    assert_int_equal(seal_destroy(rig->seal, &person), ERR_OK); /* again: nothing to do */
    assert_false(seal_wipe_due(rig->seal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_opened_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeats_are_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_byte_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_destroyed_key_is_gone_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_events_leave_no_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_new_is_no_sync, set_up, tear_down),
        cmocka_unit_test_setup_teardown(new_keys_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_store_failure_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_keys_are_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_of_two_keys_is_enough_to_lose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_keys_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_wipe_serves_until_something_is_destroyed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
