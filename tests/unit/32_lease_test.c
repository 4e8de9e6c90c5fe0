/* The table of leases against a list that does the same: found while they last, never mixed up, in the order of granting at each worker. */
#include "engine/outbox_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORKERS = 3, STEPS = 20000, TASKS = 700 };

/* Tasks that all want the same few places of the table, however wide it has become. */
static uint64_t task_of(uint32_t n)
{
    return (uint64_t)(n % 7) | (uint64_t)(n / 7) << 40;
}

static uint32_t throw_die(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void assert_in_order(const struct worker_link *worker)
{
    uint32_t count = 0;
    const struct lease *before = NULL;
    for (const struct lease *lease = worker->oldest; lease; before = lease, lease = lease->newer, count++) {
        assert_ptr_equal(lease->worker, worker);
        assert_ptr_equal(lease->older, before);
        assert_true(!before || before->number < lease->number);
    }
    assert_ptr_equal(worker->newest, before);
    assert_int_equal(worker->leased, count);
}

static void what_is_leased_is_found(void **state)
{
    (void)state;
    struct outbox outbox = {.next_lease = 1};
    struct worker_link workers[WORKERS] = {0};
    struct lease *list[TASKS] = {0};
    uint64_t seed = 11;
    assert_true(leases_init(&outbox));
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t n = throw_die(&seed) % TASKS, what = throw_die(&seed) % 8;
        uint64_t task = task_of(n);
        assert_ptr_equal(lease_find(&outbox, task), list[n]);
        if (!list[n] && what < 6) {
            list[n] = lease_grant(&outbox, &workers[what % WORKERS], task, TEXT("topic"), 1);
            assert_non_null(list[n]);
        } else if (list[n] && what == 6 && list[n]->state != LEASE_RESTING) {
            lease_rest(&outbox, list[n], n);
        } else if (list[n] && (what == 7 || step % 3000 > 2500)) {
            lease_end(&outbox, list[n]);
            list[n] = NULL;
        }
    }
    uint32_t there = 0, resting = 0;
    for (uint32_t n = 0; n < TASKS; n++) {
        assert_ptr_equal(lease_find(&outbox, task_of(n)), list[n]);
        assert_true(!list[n] || (list[n]->task == task_of(n) && text_is(list[n]->topic, "topic")));
        there += list[n] != NULL;
        resting += list[n] && list[n]->state == LEASE_RESTING;
    }
    assert_true(there > 300 && resting > 10);
    assert_int_equal(outbox.lease_count, there);
    assert_int_equal(outbox.resting, resting);
    for (int i = 0; i < WORKERS; i++)
        assert_in_order(&workers[i]);
    leases_close(&outbox);
}

static void they_rest_until_their_time(void **state)
{
    (void)state;
    struct outbox outbox = {.next_lease = 1};
    struct worker_link worker = {0};
    assert_true(leases_init(&outbox));
    struct lease *lease = lease_grant(&outbox, &worker, 5, TEXT("a"), 1), *other = lease_grant(&outbox, &worker, 6, TEXT("a"), 1);
    assert_null(lease_rested(&outbox, INT64_MAX));
    lease_rest(&outbox, lease, 100);
    assert_null(lease_rested(&outbox, 99));
    assert_ptr_equal(lease_rested(&outbox, 100), lease);
    lease_end(&outbox, lease);
    assert_null(lease_rested(&outbox, INT64_MAX));
    assert_ptr_equal(lease_find(&outbox, 6), other);
    leases_close(&outbox);
}

static void there_are_so_many_and_no_more(void **state)
{
    (void)state;
    struct outbox outbox = {.next_lease = 1};
    struct worker_link worker = {0};
    assert_true(leases_init(&outbox));
    for (uint64_t task = 1; task <= LIMIT_LEASES; task++)
        assert_non_null(lease_grant(&outbox, &worker, task << 8, TEXT("t"), 1));
    assert_null(lease_grant(&outbox, &worker, 1, TEXT("t"), 1));
    assert_int_equal(outbox.lease_count, LIMIT_LEASES);
    lease_end(&outbox, lease_find(&outbox, 256));
    assert_non_null(lease_grant(&outbox, &worker, 1, TEXT("t"), 1));
    leases_close(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_leased_is_found),
        cmocka_unit_test(they_rest_until_their_time),
        cmocka_unit_test(there_are_so_many_and_no_more),
    };
    return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
