/* Small steps of the wall clock are followed, a jump of more than an hour is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/walltime.h"

static int64_t wall_now, monotonic_now;

static int64_t wall(void *context)
{
    (void)context;
    return wall_now;
}

static int64_t monotonic(void *context)
{
    (void)context;
    return monotonic_now;
}

static struct walltime begin(void)
{
    const struct walltime_source source = {.wall = wall, .monotonic = monotonic};
    struct walltime walltime;
    wall_now = 1000000000;
    monotonic_now = 5000;
    walltime_init(&walltime, &source);
    return walltime;
}

static void pass(struct walltime *walltime, int64_t of_wall, int64_t of_monotonic)
{
    wall_now += of_wall;
    monotonic_now += of_monotonic;
    walltime_read(walltime);
}

static void time_goes_on(void **state)
{
    (void)state;
    struct walltime walltime = begin();
    assert_int_equal(walltime.now, 1000000000);
    pass(&walltime, 1234, 1234);
    assert_int_equal(walltime.now, 1000001234);
    assert_int_equal(walltime.monotonic, 6234);
    assert_false(walltime_alarm(&walltime));
}

static void small_steps_are_followed_however_many(void **state)
{
    (void)state;
    struct walltime walltime = begin();
    for (int i = 0; i < 10; i++) {
        pass(&walltime, WALLTIME_JUMP_MOST_MS, 0); /* an hour is still followed */
        assert_false(walltime_alarm(&walltime));
        assert_int_equal(walltime.now, wall_now);
    }
    pass(&walltime, -WALLTIME_JUMP_MOST_MS, 0);
    assert_int_equal(walltime.now, wall_now);
}

static void a_jump_is_not_followed_until_it_is_taken_back(void **state)
{
    (void)state;
    struct walltime walltime = begin();
    const int64_t jumps[] = {WALLTIME_JUMP_MOST_MS + 1, -WALLTIME_JUMP_MOST_MS - 1, INT64_C(40) * 86400000};
    for (int i = 0; i < 3; i++) {
        int64_t before = walltime.now;
        pass(&walltime, jumps[i], 0);
        assert_true(walltime_alarm(&walltime));
        assert_int_equal(walltime.now, before);
        pass(&walltime, 10, 10); /* time goes on */
        assert_int_equal(walltime.now, before + 10);
        assert_true(walltime_alarm(&walltime));
        pass(&walltime, -jumps[i], 0);
        assert_false(walltime_alarm(&walltime));
        assert_int_equal(walltime.now, wall_now);
    }
}

static void the_system_has_clocks(void **state)
{
    (void)state;
    struct walltime walltime;
    walltime_init(&walltime, NULL);
    int64_t first = walltime.monotonic;
    walltime_read(&walltime);
    assert_true(walltime.monotonic >= first && walltime.now > INT64_C(1700000000000));
    assert_false(walltime_alarm(&walltime));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_on),
        cmocka_unit_test(small_steps_are_followed_however_many),
        cmocka_unit_test(a_jump_is_not_followed_until_it_is_taken_back),
        cmocka_unit_test(the_system_has_clocks),
    };
    return cmocka_run_group_tests_name("walltime", tests, NULL, NULL);
}
